// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fault handlers for scripts/pfnfault.cocci, which changes a handler as its name
 * says: to map all pages of the VMA, to map one, or not at all.
 */
#include <linux/mm.h>
#include <linux/module.h>

#include "handlers.h"

vm_fault_t all_of_a_sum(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct thing *thing = vma->vm_private_data;
	unsigned long page;
	unsigned long pfn;

	page = (vmf->address - vma->vm_start) >> PAGE_SHIFT;
	pfn = (thing->start >> PAGE_SHIFT) + page;
	return vmf_insert_pfn(vma, vmf->address, pfn);
}

vm_fault_t all_of_what_is_added_to(struct vm_fault *vmf)
{
	struct thing *thing = vmf->vma->vm_private_data;
	unsigned long pfn = thing->start >> PAGE_SHIFT;

	pfn += (vmf->address - vmf->vma->vm_start) >> PAGE_SHIFT;
	return vmf_insert_pfn(vmf->vma, vmf->address, pfn);
}

/* Of the pages of the VMA, some are refused. */
vm_fault_t one_where_the_page_is_looked_at(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct thing *thing = vma->vm_private_data;
	unsigned long page, pfn;

	if (vmf->pgoff >= thing->nr)
		return VM_FAULT_SIGBUS;
	page = (vmf->address - vma->vm_start) >> PAGE_SHIFT;
	pfn = (thing->start >> PAGE_SHIFT) + page;
	return vmf_insert_pfn(vma, vmf->address, pfn);
}

vm_fault_t one_where_others_look_at_it(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct thing *thing = vma->vm_private_data;
	unsigned long page, pfn;

	if (!thing_has(thing, vmf))
		return VM_FAULT_SIGBUS;
	page = (vmf->address - vma->vm_start) >> PAGE_SHIFT;
	pfn = (thing->start >> PAGE_SHIFT) + page;
	return vmf_insert_pfn(vma, vmf->address, pfn);
}

vm_fault_t one_where_others_look_at_a_sum(struct vm_fault *vmf)
{
	struct thing *thing = vmf->vma->vm_private_data;
	unsigned long pfn = thing->start >> PAGE_SHIFT;

	if (!thing_has(thing, vmf))
		return VM_FAULT_SIGBUS;
	pfn += (vmf->address - vmf->vma->vm_start) >> PAGE_SHIFT;
	return vmf_insert_pfn(vmf->vma, vmf->address, pfn);
}

/* The VMA has a name for that call alone. */
vm_fault_t one_with_a_name(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	return vmf_insert_pfn(vma, vmf->address & PAGE_MASK, thing_pfn(vmf));
}

vm_fault_t one_with_bits_of_its_own(struct vm_fault *vmf)
{
	pgprot_t prot = pgprot_writecombine(vmf->vma->vm_page_prot);

	return vmf_insert_pfn_prot(vmf->vma, vmf->address, thing_pfn(vmf), prot);
}

/* A failure is no failure there: faulted for ever. */
vm_fault_t one_with_a_result(struct vm_fault *vmf)
{
	vmf_insert_pfn(vmf->vma, vmf->address, thing_pfn(vmf));
	return VM_FAULT_NOPAGE;
}

vm_fault_t one_with_a_result_behind_a_name(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	vmf_insert_pfn(vma, vmf->address, thing_pfn(vmf));
	return VM_FAULT_NOPAGE;
}

vm_fault_t left_at_another_address(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	return vmf_insert_pfn(vma, vma->vm_start, thing_pfn(vmf));
}

vm_fault_t left_in_a_loop(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long address = vmf->address;
	vm_fault_t ret;

	do {
		ret = vmf_insert_pfn(vma, address, thing_pfn(vmf));
		address += PAGE_SIZE;
	} while (ret == VM_FAULT_NOPAGE && address < vma->vm_end);
	return ret;
}

vm_fault_t left_in_another_vma(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	vma = find_vma(vma->vm_mm, vma->vm_end);
	return vmf_insert_pfn(vma, vmf->address, thing_pfn(vmf));
}

vm_fault_t left_in_what_may_be_another_vma(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	thing_find(&vma);
	return vmf_insert_pfn(vma, vmf->address, thing_pfn(vmf));
}

vm_fault_t left_in_the_vma_of_a_caller(struct vm_area_struct *vma,
				       struct vm_fault *vmf)
{
	return vmf_insert_pfn(vma, vmf->address, thing_pfn(vmf));
}

vm_fault_t left_without_a_fault(struct vm_area_struct *vma,
				unsigned long address, unsigned long pfn)
{
	return vmf_insert_pfn(vma, address, pfn);
}

vm_fault_t left_where_there_may_be_pages(struct vm_fault *vmf)
{
	return vmf_insert_mixed(vmf->vma, vmf->address, thing_pfn(vmf));
}

MODULE_DESCRIPTION("fault handlers for scripts/pfnfault.cocci");
MODULE_LICENSE("GPL");
