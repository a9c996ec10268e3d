// SPDX-License-Identifier: GPL-2.0-only
/*
 * zap_special_vma_range(): another name for zap_vma_ptes().
 * Linux 7.1 ("mm: rename zap_vma_ptes() to zap_special_vma_range()")
 */
#include <linux/mm.h>

static void __maybe_unused probe(struct vm_area_struct *vma)
{
#ifdef PROBE_NEW
	zap_special_vma_range(vma, vma->vm_start, PAGE_SIZE);
#else
	zap_vma_ptes(vma, vma->vm_start, PAGE_SIZE);
#endif
}
