// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfnfault_baseline.ko: what drivers do without pfnfault, to measure it against.
 *
 * One node, /dev/pfnfault-baseline-NAME, for each strategy, each written as a
 * driver would write it at its best: no counters, no locks of its own, no
 * memory that can go. All map the same memory, BAR 2 of the first ivshmem
 * device, write-combining, which pfnfault_demo.ko has bound and reserved so
 * (its parameter cache=wc, the default). Offset 0 of a node is that of the BAR.
 *
 * Not for use: nothing here survives the device, and it is not installed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pgtable.h>

#include "../module/compat.h"
#include "pfnfault_baseline.h"

#define BAR 2

static struct pci_dev *bar_device;
static unsigned long bar_pfn;
static unsigned long bar_pages;

static unsigned long pfn_of(const struct vm_fault *vmf)
{
	return bar_pfn + vmf->pgoff;
}

/* uio, vfio before huge pages, and most: the page that was touched. */
static vm_fault_t one_fault(struct vm_fault *vmf)
{
	return vmf_insert_pfn(vmf->vma, vmf->address, pfn_of(vmf));
}

/* The page, and as many after it as the VMA has; only the page itself can fail. */
static vm_fault_t insert_loop(struct vm_fault *vmf, unsigned long nr)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long addr = vmf->address;
	unsigned long pfn = pfn_of(vmf);
	unsigned long i;
	vm_fault_t ret;

	nr = min(nr, (vma->vm_end - addr) >> PAGE_SHIFT);
	for (i = 0; i < nr; i++) {
		ret = vmf_insert_pfn_prot(vma, addr + i * PAGE_SIZE, pfn + i,
					  vma->vm_page_prot);
		if (ret & VM_FAULT_ERROR)
			return i ? VM_FAULT_NOPAGE : ret;
	}
	return VM_FAULT_NOPAGE;
}

/* TTM: TTM_BO_VM_NUM_PREFAULT pages. */
static vm_fault_t loop16_fault(struct vm_fault *vmf)
{
	return insert_loop(vmf, 16);
}

static vm_fault_t loop512_fault(struct vm_fault *vmf)
{
	return insert_loop(vmf, PTRS_PER_PTE);
}

struct apply {
	struct mm_struct *mm;
	unsigned long pfn;
	pgprot_t prot;
};

static int set_one(pte_t *pte, unsigned long addr, void *data)
{
	struct apply *apply = data;

	set_pte_at(apply->mm, addr, pte,
		   pte_mkspecial(pfn_pte(apply->pfn, apply->prot)));
	apply->pfn++;
	return 0;
}

/* i915, a page table at a time: a callback for each PTE, present or not. */
static vm_fault_t apply_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long start = max(vmf->address & PMD_MASK, vma->vm_start);
	unsigned long end = pmd_addr_end(vmf->address, vma->vm_end);
	struct apply apply = {
		.mm = vma->vm_mm,
		.pfn = pfn_of(vmf) - ((vmf->address - start) >> PAGE_SHIFT),
		.prot = vma->vm_page_prot,
	};

	if (apply_to_page_range(vma->vm_mm, start, end - start, set_one,
				&apply))
		return VM_FAULT_SIGBUS;
	return VM_FAULT_NOPAGE;
}

/* Another thread was here just now: its insert, and then this fault's. */
static vm_fault_t twice_fault(struct vm_fault *vmf)
{
	vm_fault_t ret = one_fault(vmf);

	return ret == VM_FAULT_NOPAGE ? one_fault(vmf) : ret;
}

static const struct vm_operations_struct one_ops = { .fault = one_fault };
static const struct vm_operations_struct loop16_ops = { .fault = loop16_fault };
static const struct vm_operations_struct loop512_ops = {
	.fault = loop512_fault,
};

static const struct vm_operations_struct apply_ops = { .fault = apply_fault };
static const struct vm_operations_struct twice_ops = { .fault = twice_fault };

#ifdef CONFIG_PER_VMA_LOCK
/* That it is there lets ->fault run under the lock of the VMA. */
static vm_fault_t map_no_pages(struct vm_fault *vmf, pgoff_t start, pgoff_t end)
{
	return 0;
}

static const struct vm_operations_struct one_vma_lock_ops = {
	.fault = one_fault,
	.map_pages = map_no_pages,
};
#endif

#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
static vm_fault_t pmd_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	unsigned long addr = vmf->address & PMD_MASK;
	unsigned long pfn = pfn_of(vmf) - ((vmf->address - addr) >> PAGE_SHIFT);

	if (order != PMD_SHIFT - PAGE_SHIFT || addr < vmf->vma->vm_start ||
	    addr + PMD_SIZE > vmf->vma->vm_end ||
	    !IS_ALIGNED(pfn, PTRS_PER_PTE))
		return VM_FAULT_FALLBACK;
	return pfnfault_insert_leaf(vmf, pfn,
				       vmf->flags & FAULT_FLAG_WRITE);
}

static const struct vm_operations_struct pmd_ops = {
	.fault = one_fault,
	.huge_fault = pmd_huge_fault,
};
#endif

/**
 * struct peer - a strategy
 * @misc: its node
 * @ops: how its faults are handled; NULL: all is mapped by mmap()
 */
struct peer {
	struct miscdevice misc;
	const struct vm_operations_struct *ops;
};

static long baseline_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	if (cmd != PFNFAULT_BASELINE_ZAP)
		return -ENOTTY;
	unmap_mapping_range(file->f_mapping, 0, 0, 1);
	return 0;
}

static int baseline_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct peer *peer = container_of(file->private_data, struct peer,
					 misc);

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_pgoff >= bar_pages ||
	    vma_pages(vma) > bar_pages - vma->vm_pgoff)
		return -ENXIO;
	vma->vm_page_prot =
		pgprot_writecombine(pgprot_decrypted(vma->vm_page_prot));
	if (!peer->ops)
		return remap_pfn_range(vma, vma->vm_start,
				       bar_pfn + vma->vm_pgoff,
				       vma->vm_end - vma->vm_start,
				       vma->vm_page_prot);
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = peer->ops;
	return 0;
}

static const struct file_operations baseline_fops = {
	.owner = THIS_MODULE,
	.mmap = baseline_mmap,
	.unlocked_ioctl = baseline_ioctl,
};

static struct peer peers[] = {
	{ { .name = "pfnfault-baseline-one" }, &one_ops },
#ifdef CONFIG_PER_VMA_LOCK
	{ { .name = "pfnfault-baseline-one-vma-lock" }, &one_vma_lock_ops },
#endif
	{ { .name = "pfnfault-baseline-loop16" }, &loop16_ops },
	{ { .name = "pfnfault-baseline-loop512" }, &loop512_ops },
	{ { .name = "pfnfault-baseline-apply" }, &apply_ops },
	{ { .name = "pfnfault-baseline-remap" }, NULL },
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
	{ { .name = "pfnfault-baseline-pmd" }, &pmd_ops },
#endif
	{ { .name = "pfnfault-baseline-twice" }, &twice_ops },
};

static void remove_nodes(unsigned int nr)
{
	while (nr--)
		misc_deregister(&peers[nr].misc);
	pci_dev_put(bar_device);
}

static int __init baseline_init(void)
{
	unsigned int i;
	int err;

	bar_device = pci_get_device(PCI_VENDOR_ID_REDHAT_QUMRANET, 0x1110,
				    NULL);
	if (!bar_device)
		return -ENODEV;
	bar_pfn = PHYS_PFN(pci_resource_start(bar_device, BAR));
	bar_pages = PHYS_PFN(pci_resource_len(bar_device, BAR));
	for (i = 0; i < ARRAY_SIZE(peers); i++) {
		peers[i].misc.minor = MISC_DYNAMIC_MINOR;
		peers[i].misc.mode = 0600;
		peers[i].misc.fops = &baseline_fops;
		err = misc_register(&peers[i].misc);
		if (err) {
			remove_nodes(i);
			return err;
		}
	}
	return 0;
}
module_init(baseline_init);

static void __exit baseline_exit(void)
{
	remove_nodes(ARRAY_SIZE(peers));
}
module_exit(baseline_exit);

MODULE_DESCRIPTION("Fault handlers as drivers have them, to measure pfnfault against");
MODULE_AUTHOR("The pfnfault developers");
MODULE_LICENSE("GPL");
