/* SPDX-License-Identifier: GPL-2.0-only */
/* What handlers.c is about, and is not shown there. */
#include <linux/mm.h>

struct thing {
	phys_addr_t start;
	unsigned long nr;
};

bool thing_has(struct thing *thing, struct vm_fault *vmf);
unsigned long thing_pfn(struct vm_fault *vmf);
void thing_find(struct vm_area_struct **vma);

vm_fault_t all_of_a_sum(struct vm_fault *vmf);
vm_fault_t all_of_what_is_added_to(struct vm_fault *vmf);
vm_fault_t one_where_the_page_is_looked_at(struct vm_fault *vmf);
vm_fault_t one_where_others_look_at_it(struct vm_fault *vmf);
vm_fault_t one_where_others_look_at_a_sum(struct vm_fault *vmf);
vm_fault_t one_with_a_name(struct vm_fault *vmf);
vm_fault_t one_with_bits_of_its_own(struct vm_fault *vmf);
vm_fault_t one_with_a_result(struct vm_fault *vmf);
vm_fault_t one_with_a_result_behind_a_name(struct vm_fault *vmf);
vm_fault_t left_at_another_address(struct vm_fault *vmf);
vm_fault_t left_in_a_loop(struct vm_fault *vmf);
vm_fault_t left_in_another_vma(struct vm_fault *vmf);
vm_fault_t left_in_what_may_be_another_vma(struct vm_fault *vmf);
vm_fault_t left_in_the_vma_of_a_caller(struct vm_area_struct *vma,
				       struct vm_fault *vmf);
vm_fault_t left_without_a_fault(struct vm_area_struct *vma,
				unsigned long address, unsigned long pfn);
vm_fault_t left_where_there_may_be_pages(struct vm_fault *vmf);
