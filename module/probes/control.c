// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control of all other probes: what must compile on any kernel, and what
 * must on none.
 */
#include <linux/mm.h>
#include <linux/module.h>

#ifdef PROBE_NEW
static unsigned long __maybe_unused probe(const struct vm_area_struct *vma)
{
	return vma->vm_start;
}
#else
static unsigned long __maybe_unused probe(const struct vm_area_struct *vma)
{
	return pfnfault_no_such_function(vma->pfnfault_no_such_member);
}
#endif
