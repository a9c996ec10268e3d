/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels and architectures. No other file of the project
 * asks for a version.
 */
#ifndef PFNFAULT_COMPAT_H
#define PFNFAULT_COMPAT_H

#include <linux/export.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/version.h>

#ifdef CONFIG_X86
#include <asm/processor.h>
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "pfnfault needs Linux 6.1 or newer"
#endif

/*
 * PTEs are set by a module's own code, which links on these alone; see
 * "What is supported" in README.md.
 */
#if !defined(CONFIG_X86_64) && !defined(CONFIG_ARM64)
#error "pfnfault: this architecture is not supported yet; amd64 and arm64 are"
#endif

/* 6.13, cdd30ebb1b9f: the namespace is a string */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define EXPORT_SYMBOL_PFNFAULT(sym) EXPORT_SYMBOL_NS_GPL(sym, PFNFAULT)
#else
#define EXPORT_SYMBOL_PFNFAULT(sym) EXPORT_SYMBOL_NS_GPL(sym, "PFNFAULT")
#endif

/* 6.3, bc292ab00f6c: vm_flags are set under the VMA's lock */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}
#endif

/* 6.7, 161e393c0f63: the one that needs no VMA got another name */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define pfnfault_mkwrite pte_mkwrite
#else
#define pfnfault_mkwrite pte_mkwrite_novma
#endif

/* 6.17, 21aa65bf82a7: a PFN is a number */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#include <linux/pfn_t.h>

static inline vm_fault_t pfnfault_insert_mixed(struct vm_area_struct *vma,
					       unsigned long addr,
					       unsigned long pfn)
{
	return vmf_insert_mixed(vma, addr, pfn_to_pfn_t(pfn));
}
#else
#define pfnfault_insert_mixed vmf_insert_mixed
#endif

/* 7.1: zap_vma_ptes() got another name */
static inline void pfnfault_zap_pte(struct vm_area_struct *vma,
				    unsigned long addr)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0)
	zap_vma_ptes(vma, addr, PAGE_SIZE);
#else
	zap_special_vma_range(vma, addr, PAGE_SIZE);
#endif
}

/*
 * A function of one set_pte_at(), of a special PTE. arm64 keeps tags, by a
 * function that is not exported, of what is not special: it is left out where the
 * compiler sees that, which it does in a function of its own.
 */
#ifdef CONFIG_ARM64
#define PFNFAULT_SET_PTE noinline
#else
#define PFNFAULT_SET_PTE __always_inline
#endif

/* Of a PTE that is present, the one for the next PFN. */
static inline pte_t pfnfault_next_pte(pte_t pte)
{
#ifdef CONFIG_X86
	return __pte(pte_val(pte) + PAGE_SIZE);
#else
	return pfn_pte(pte_pfn(pte) + 1, pte_pgprot(pte));
#endif
}

/* PMD_ORDER is not in all headers. */
#define PFNFAULT_PMD_ORDER (PMD_SHIFT - PAGE_SHIFT)

/*
 * 6.12, 3e509c9b03f9 and the commits around it: huge entries can be special,
 * where the architecture has a bit for it. Before, their PFNs had to do with
 * struct page, whatever vmf_insert_pfn_pmd() said.
 */
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
#define PFNFAULT_LEAVES 1
#endif

/* Is there a page table behind a PMD entry of ours? */
static inline bool pfnfault_is_table(pmd_t pmd)
{
#ifdef PFNFAULT_LEAVES
	if (pmd_leaf(pmd))
		return false;
#endif
	return !pmd_none(pmd);
}

#ifdef PFNFAULT_LEAVES
/* 6.17, 21aa65bf82a7: as above */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define PFNFAULT_LEAF_PFN(pfn) __pfn_to_pfn_t(pfn, PFN_DEV)
#else
#define PFNFAULT_LEAF_PFN(pfn) (pfn)
#endif

static inline vm_fault_t pfnfault_insert_leaf(struct vm_fault *vmf,
					      unsigned long pfn, bool write)
{
	return vmf_insert_pfn_pmd(vmf, PFNFAULT_LEAF_PFN(pfn), write);
}
#endif

/*
 * x86 decides the cache mode of a PFN by what is reserved for it, and tells
 * only core; elsewhere the caller's pgprot_t is what the PTE carries.
 */
#ifdef CONFIG_X86
#define PFNFAULT_TRACKED_MEMTYPE 1
#define PFNFAULT_CACHE_MASK _PAGE_CACHE_MASK

/* A PTE with more bits than the CPU has is a reserved-bit fault. */
static inline bool pfnfault_pfn_exists(unsigned long pfn)
{
	return !(pfn >> (boot_cpu_data.x86_phys_bits - PAGE_SHIFT));
}

static inline pgprot_t pfnfault_pte_cache(pte_t pte)
{
	return __pgprot(pte_flags(pte) & PFNFAULT_CACHE_MASK);
}
#else
#define PFNFAULT_TRACKED_MEMTYPE 0
#define PFNFAULT_CACHE_MASK 0

static inline bool pfnfault_pfn_exists(unsigned long pfn)
{
	return !(pfn & ~(PHYS_MASK >> PAGE_SHIFT));
}

static inline pgprot_t pfnfault_pte_cache(pte_t pte)
{
	return __pgprot(0);
}
#endif

#endif /* PFNFAULT_COMPAT_H */
