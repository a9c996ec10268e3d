/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels and architectures. No other file of the project
 * asks for a version; and this one only where kernels are not patched with more
 * than their version says. What distributions take over from later kernels is
 * probed: module/probes/.
 */
#ifndef PFNFAULT_COMPAT_H
#define PFNFAULT_COMPAT_H

#include <linux/build_bug.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/version.h>

#ifdef CONFIG_X86
#include <asm/processor.h>
#endif

#include <probes/namespace_string.h>
#include <probes/plain_pfn.h>
#include <probes/pte_mkwrite_novma.h>
#include <probes/ptep_get_lockless.h>
#include <probes/vm_flags_set.h>
#include <probes/zap_special_vma_range.h>
#include "tested.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(PFNFAULT_OLDEST_MAJOR, \
					PFNFAULT_OLDEST_MINOR, 0)
#error "pfnfault: this kernel is older than the oldest in module/tested.h"
#endif

/* Nobody has seen how it does there. */
#define PFNFAULT_UNTESTED \
	(LINUX_VERSION_CODE >= KERNEL_VERSION(PFNFAULT_NEWEST_MAJOR, \
					      PFNFAULT_NEWEST_MINOR + 1, 0))

/*
 * Can a module set PTEs by itself? Elsewhere, what set_pte_at() needs is not
 * exported (ppc64, riscv, s390 before 7.2), or page tables may be out of the
 * kernel's sight (32-bit, CONFIG_HIGHPTE): core sets them, as installer=core
 * has it everywhere.
 */
#if defined(CONFIG_X86_64) || defined(CONFIG_ARM64)
#define PFNFAULT_DIRECT 1
#else
#define PFNFAULT_DIRECT 0
#endif

#ifdef PFNFAULT_VENDOR
#define EXPORT_SYMBOL_PFNFAULT(sym) static_assert(sizeof(typeof(sym) *))
#elif PFNFAULT_HAS_NAMESPACE_STRING
#define EXPORT_SYMBOL_PFNFAULT(sym) EXPORT_SYMBOL_NS_GPL(sym, "PFNFAULT")
#else
#define EXPORT_SYMBOL_PFNFAULT(sym) EXPORT_SYMBOL_NS_GPL(sym, PFNFAULT)
#endif

#if !PFNFAULT_HAS_VM_FLAGS_SET
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}
#endif

/* Does a write make a copy? Core's own is in other headers in each kernel. */
static inline bool pfnfault_is_cow(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
}

/* On x86-32, two words, the first of which tells nothing without the second. */
#if defined(pmd_read_atomic)
#define pfnfault_read_pmd(pmdp) pmd_read_atomic(pmdp)
#elif defined(pmdp_get_lockless)
#define pfnfault_read_pmd(pmdp) pmdp_get_lockless(pmdp)
#else
#define pfnfault_read_pmd(pmdp) READ_ONCE(*(pmdp))
#endif

/* Whether there is a PTE, is in either half of it. */
#if !PFNFAULT_HAS_PTEP_GET_LOCKLESS
#define ptep_get_lockless(ptep) READ_ONCE(*(ptep))
#endif

/*
 * Has userfaultfd put a marker where there was no PTE? Linux 6.7 to 7.1 let programs
 * track writes to any VMA so (UFFD_FEATURE_WP_ASYNC). Core alone can take it away, and
 * says that it has installed a PTE where it leaves one: a read() into such a page would
 * fault for ever, deaf to SIGKILL.
 */
#ifdef CONFIG_PTE_MARKER_UFFD_WP
static inline bool pfnfault_is_marked(const struct vm_fault *vmf)
{
	return (vmf->flags & FAULT_FLAG_ORIG_PTE_VALID) &&
	       !pte_none(vmf->orig_pte) && !pte_present(vmf->orig_pte);
}
#else
static inline bool pfnfault_is_marked(const struct vm_fault *vmf)
{
	return false;
}
#endif

/*
 * The PTE of @addr, to be read, in the table that @pmd points to. A 32-bit kernel
 * may have it where it has no address.
 */
#ifdef CONFIG_HIGHPTE
#include <linux/highmem.h>

/* Linux 5.11 has them; the older ones are as good for a look. */
#ifndef kunmap_local
#define kmap_local_page kmap_atomic
#define kunmap_local kunmap_atomic
#endif

static inline pte_t *pfnfault_map_pte(pmd_t pmd, unsigned long addr)
{
	return (pte_t *)kmap_local_page(pmd_page(pmd)) + pte_index(addr);
}

#define pfnfault_unmap_pte(pte) kunmap_local(pte)
#else
#define pfnfault_map_pte(pmd, addr) pte_offset_kernel(&(pmd), addr)
#define pfnfault_unmap_pte(pte) ((void)(pte))
#endif

#if PFNFAULT_HAS_PTE_MKWRITE_NOVMA
#define pfnfault_mkwrite pte_mkwrite_novma
#else
#define pfnfault_mkwrite pte_mkwrite
#endif

#if PFNFAULT_HAS_PLAIN_PFN
#define PFNFAULT_RAM_PFN(pfn) (pfn)
#define PFNFAULT_DEV_PFN(pfn) (pfn)
#else
#include <linux/pfn_t.h>
#define PFNFAULT_RAM_PFN(pfn) __pfn_to_pfn_t(pfn, 0)
#define PFNFAULT_DEV_PFN(pfn) __pfn_to_pfn_t(pfn, PFN_DEV)
#endif

static inline vm_fault_t pfnfault_insert_mixed(struct vm_area_struct *vma,
					       unsigned long addr,
					       unsigned long pfn)
{
	return vmf_insert_mixed(vma, addr, PFNFAULT_RAM_PFN(pfn));
}

static inline void pfnfault_zap_vma(struct vm_area_struct *vma,
				    unsigned long addr, unsigned long size)
{
#if PFNFAULT_HAS_ZAP_SPECIAL_VMA_RANGE
	zap_special_vma_range(vma, addr, size);
#else
	zap_vma_ptes(vma, addr, size);
#endif
}

/*
 * s390 has cache modes for PCI alone, by bits that it does not export; and there,
 * VM_FAULT_HWPOISON is a bug of whoever returns it.
 */
#ifdef CONFIG_S390
#define pfnfault_writecombine(prot) (prot)
#define pfnfault_noncached(prot) (prot)
#define pfnfault_ioremap_wc ioremap
#define PFNFAULT_HWPOISON VM_FAULT_SIGBUS
#else
#define pfnfault_writecombine(prot) pgprot_writecombine(prot)
#define pfnfault_noncached(prot) pgprot_noncached(prot)
#define pfnfault_ioremap_wc ioremap_wc
#define PFNFAULT_HWPOISON VM_FAULT_HWPOISON
#endif

/*
 * Write-back again, where a driver gave its VMA another mode, for its huge entries. On x86
 * what is reserved decides. Nobody gives back the permission to execute, which arm64 takes
 * away with write-back.
 */
#if defined(CONFIG_ARM64)
#define pfnfault_writeback(prot) \
	__pgprot_modify(prot, PTE_ATTRINDX_MASK, PTE_ATTRINDX(MT_NORMAL))
#elif defined(CONFIG_PPC)
#define pfnfault_writeback(prot) pgprot_cached(prot)
#elif defined(CONFIG_RISCV)
#define pfnfault_writeback(prot) __pgprot(pgprot_val(prot) & ~_PAGE_MTMASK)
#else
#define pfnfault_writeback(prot) (prot)
#endif

/*
 * What a PTE of PFN 0 carries. pte_pgprot() is another thing on s390 and on riscv
 * with the T-Head errata, and nothing on other riscv before 6.13; only x86 has more
 * in such a PTE, where it is not present.
 */
#ifdef CONFIG_X86
#define pfnfault_pte_prot(pte) pte_pgprot(pte)
#else
#define pfnfault_pte_prot(pte) __pgprot(pte_val(pte))
#endif

/* Where there is none, what is not RAM is not cached. */
#ifdef ioremap_cache
#define pfnfault_ioremap_cache ioremap_cache
#else
#define pfnfault_ioremap_cache ioremap
#endif

#if PFNFAULT_DIRECT
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
	unsigned long pfn = pte_pfn(pte);
	pteval_t bare = pte_val(pfn_pte(pfn, __pgprot(0)));

	return pfn_pte(pfn + 1, __pgprot(pte_val(pte) ^ bare));
#endif
}

#endif /* PFNFAULT_DIRECT */

/*
 * Is it mapped at @io, in a page of its own? ioremap() of x86-32 loses what is
 * above 4 GiB of an address in some kernels, Debian's 6.1 among them.
 */
#ifdef CONFIG_X86_32
static inline bool pfnfault_io_is(void __iomem *io, unsigned long pfn)
{
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long __force)io, &level);

	return pte && level == PG_LEVEL_4K && pte_pfn(*pte) == pfn;
}
#else
static inline bool pfnfault_io_is(void __iomem *io, unsigned long pfn)
{
	return true;
}
#endif

/* PMD_ORDER is not in all headers. */
#define PFNFAULT_PMD_ORDER (PMD_SHIFT - PAGE_SHIFT)

/*
 * 6.12, 3e509c9b03f9 and the commits around it: huge entries can be special,
 * where the architecture has a bit for it. Before, their PFNs had to do with
 * struct page, whatever vmf_insert_pfn_pmd() said.
 */
#if defined(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP) && \
	defined(CONFIG_TRANSPARENT_HUGEPAGE)	/* which PREEMPT_RT has not */
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
static inline vm_fault_t pfnfault_insert_leaf(struct vm_fault *vmf,
					      unsigned long pfn, bool write)
{
	return vmf_insert_pfn_pmd(vmf, PFNFAULT_DEV_PFN(pfn), write);
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
	return !((u64)pfn >> (boot_cpu_data.x86_phys_bits - PAGE_SHIFT));
}

static inline pgprot_t pfnfault_pte_cache(pte_t pte)
{
	return __pgprot(pte_flags(pte) & PFNFAULT_CACHE_MASK);
}
#else
#define PFNFAULT_TRACKED_MEMTYPE 0
#define PFNFAULT_CACHE_MASK 0

/*
 * Does it fit into a PTE? On s390 every PFN does, and the kernel does not know
 * what there is behind those that are not RAM: the CPU does, when a program uses
 * it (an addressing exception: SIGILL).
 */
static inline bool pfnfault_pfn_exists(unsigned long pfn)
{
	return pte_pfn(pfn_pte(pfn, PAGE_KERNEL)) == pfn;
}

static inline pgprot_t pfnfault_pte_cache(pte_t pte)
{
	return __pgprot(0);
}
#endif

#endif /* PFNFAULT_COMPAT_H */
