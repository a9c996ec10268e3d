// SPDX-License-Identifier: GPL-2.0-only
/* Fault handlers as a driver without regions has them, to test layer 1. */
#include <linux/sched.h>
#include <linux/slab.h>

#include "../../module/compat.h"
#include "test.h"

static vm_fault_t beyond_the_vma(struct vm_fault *vmf, unsigned long pfn)
{
	struct vm_fault *copy = kmemdup(vmf, sizeof(*vmf), GFP_KERNEL);
	vm_fault_t ret;

	if (!copy)
		return VM_FAULT_OOM;
	*(unsigned long *)&copy->address = vmf->vma->vm_end;
	ret = pfnfault_insert_pfn(copy, pfn);
	kfree(copy);
	return ret;
}

static unsigned long test_nopfn(struct vm_fault *vmf)
{
	struct test *test = vmf->vma->vm_private_data;

	if (test_inject(test)) {
		switch (test->setup.value) {
		case TEST_NOPFN_SIGBUS:
			return PFNFAULT_NOPFN_SIGBUS;
		case TEST_NOPFN_OOM:
			return PFNFAULT_NOPFN_OOM;
		case TEST_NOPFN_REFAULT:
			return PFNFAULT_NOPFN_REFAULT;
		}
	}
	return test_pfn(test, vmf->pgoff);
}

static unsigned long last_pfn(void)
{
	unsigned long pfn = 1;

	while (pfn != ~0UL && pfnfault_pfn_exists(pfn << 1 | 1))
		pfn = pfn << 1 | 1;
	return pfn;
}

static vm_fault_t test_range(struct test *test, struct vm_fault *vmf)
{
	unsigned long index = 0, nr = TEST_PAGES, pfn = -test->setup.value;

	switch (test->setup.kind) {
	case TEST_RANGE:
		index = test->setup.value;
		nr -= index;
		pfn = test_pfn(test, index);
		break;
	case TEST_RANGE_LAST:
		pfn += last_pfn();
		break;
	case TEST_RANGE_FIRST:
		nr = test->setup.value + 1;
		break;
	}
	atomic_long_inc(&test->calls);
	return pfnfault_insert_range(vmf, index, pfn, nr,
				     vmf->vma->vm_page_prot);
}

static vm_fault_t test_errno(struct test *test, struct vm_fault *vmf)
{
	vm_fault_t ret = pfnfault_errno(test->setup.value);

	if (!test_inject(test))
		return pfnfault_insert_pfn(vmf, test_pfn(test, vmf->pgoff));
	if ((ret & VM_FAULT_RETRY) && !pfnfault_release_lock(vmf))
		return VM_FAULT_SIGBUS;
	return ret;
}

static vm_fault_t test_fault(struct vm_fault *vmf)
{
	struct test *test = vmf->vma->vm_private_data;
	unsigned long pfn = test_pfn(test, vmf->pgoff);
	unsigned int state = pfnfault_wait_state(vmf);

	test->wait_state = state == TASK_RUNNING ? 0 :
			   state == TASK_INTERRUPTIBLE ? 1 : 2;
	switch (test->setup.kind) {
	case TEST_INSERT_PFN:
		atomic_long_inc(&test->calls);
		if (test->setup.value == TEST_INSERT_ADDRESS)
			return beyond_the_vma(vmf, pfn);
		if (test->setup.value == TEST_INSERT_NO_PFN)
			pfn = NO_PFN;
		return pfnfault_insert_pfn(vmf, pfn);
	case TEST_NOPFN:
		return pfnfault_nopfn(vmf, test_nopfn);
	case TEST_RANGE:
	case TEST_RANGE_LAST:
	case TEST_RANGE_FIRST:
		return test_range(test, vmf);
	case TEST_ERRNO:
		return test_errno(test, vmf);
	}
	return VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct test_vm_ops = { .fault = test_fault };

/* As careless as drivers are: no check for private mappings, nor for the end. */
int test_mmap_handler(struct test *test, struct vm_area_struct *vma)
{
	unsigned long flags = VM_IO | VM_PFNMAP;

	if (test->setup.kind == TEST_INSERT_PFN) {
		if (test->setup.value == TEST_INSERT_NO_TYPE)
			flags = VM_IO;
		if (test->setup.value == TEST_INSERT_MIXED)
			flags = VM_IO | VM_MIXEDMAP;
	}
	vm_flags_set(vma, flags);
	vma->vm_private_data = test;	/* the file holds the region */
	vma->vm_ops = &test_vm_ops;
	return 0;
}

/* PFNFAULT_TEST_CODE */
long test_code(int err)
{
	switch (pfnfault_errno(err)) {
	case VM_FAULT_NOPAGE:
		return TEST_CODE_NOPAGE;
	case VM_FAULT_RETRY:
		return TEST_CODE_RETRY;
	case VM_FAULT_OOM:
		return TEST_CODE_OOM;
	case VM_FAULT_SIGBUS:
		return TEST_CODE_SIGBUS;
	case VM_FAULT_HWPOISON:
		return TEST_CODE_HWPOISON;
	}
	return TEST_CODE_OTHER;
}
