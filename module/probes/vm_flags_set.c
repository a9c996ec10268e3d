// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm_flags_set(): vm_flags are changed under the VMA's lock.
 * Linux 6.3, bc292ab00f6c ("mm: introduce vma->vm_flags wrapper functions")
 */
#include <linux/mm.h>

static void __maybe_unused probe(struct vm_area_struct *vma)
{
#ifdef PROBE_NEW
	vm_flags_set(vma, VM_IO);
#else
	vma->vm_flags |= VM_IO;
#endif
}
