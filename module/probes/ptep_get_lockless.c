// SPDX-License-Identifier: GPL-2.0-only
/*
 * ptep_get_lockless(): reads a PTE that is more than one word.
 * Linux 5.11, 2a4a06da8a4b ("mm/gup: Provide gup_get_pte() more generic")
 */
#include <linux/mm.h>
#include <linux/pgtable.h>

static pte_t __maybe_unused probe(pte_t *pte)
{
#ifdef PROBE_NEW
	return ptep_get_lockless(pte);
#else
	return READ_ONCE(*pte);
#endif
}
