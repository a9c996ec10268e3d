// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmf_insert_mixed(), vmf_insert_pfn_pmd(): a PFN is a number, not a pfn_t.
 * Linux 6.17, 21aa65bf82a7 ("mm: remove callers of pfn_t functionality")
 */
#include <linux/mm.h>
#ifndef PROBE_NEW
#include <linux/pfn_t.h>
#endif

static vm_fault_t __maybe_unused probe(struct vm_area_struct *vma,
				       unsigned long pfn)
{
#ifdef PROBE_NEW
	return vmf_insert_mixed(vma, 0, pfn);
#else
	return vmf_insert_mixed(vma, 0, pfn_to_pfn_t(pfn));
#endif
}
