// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mapping as userfaultfd leaves it where a program tracks its writes, on kernels that
 * let it do so here: a marker in each PTE. On others, too.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/swap.h>
#include <linux/swapops.h>

#include "../../module/compat.h"
#include "test.h"

#ifdef CONFIG_PTE_MARKER_UFFD_WP
static int mark(pte_t *pte, unsigned long addr, void *data)
{
	set_pte(pte, make_pte_marker(PTE_MARKER_UFFD_WP));
	return 0;
}

int test_mark(struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_UFFD_WP);
	return apply_to_page_range(vma->vm_mm, vma->vm_start,
				   vma->vm_end - vma->vm_start, mark, NULL);
}
#else
int test_mark(struct vm_area_struct *vma)
{
	return -EOPNOTSUPP;
}
#endif
