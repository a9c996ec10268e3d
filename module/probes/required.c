// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the module cannot do without, in the one form that it knows.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pseudo_fs.h>

struct probe {
	vm_fault_t (*vmf_insert_pfn_prot)(struct vm_area_struct *vma,
					  unsigned long addr, unsigned long pfn,
					  pgprot_t prot);
	int (*apply_to_page_range)(struct mm_struct *mm, unsigned long addr,
				   unsigned long size, pte_fn_t fn, void *data);
	void (*unmap_mapping_range)(struct address_space *mapping,
				    loff_t const begin, loff_t const size,
				    int even_cows);
	vm_fault_t (*handle_mm_fault)(struct vm_area_struct *vma,
				      unsigned long addr, unsigned int flags,
				      struct pt_regs *regs);
	struct inode *(*alloc_anon_inode)(struct super_block *sb);
	struct pseudo_fs_context *(*init_pseudo)(struct fs_context *fc,
						 unsigned long magic);
};

static const struct probe probe __maybe_unused = {
	.vmf_insert_pfn_prot = vmf_insert_pfn_prot,
	.apply_to_page_range = apply_to_page_range,
	.unmap_mapping_range = unmap_mapping_range,
	.handle_mm_fault = handle_mm_fault,
	.alloc_anon_inode = alloc_anon_inode,
	.init_pseudo = init_pseudo,
};

static vm_fault_t probe_fault(struct vm_fault *vmf)
{
	return vmf->flags & FAULT_FLAG_USER ? VM_FAULT_NOPAGE : 0;
}

static const struct vm_operations_struct probe_vm_ops __maybe_unused = {
	.fault = probe_fault,
	.pfn_mkwrite = probe_fault,
};
