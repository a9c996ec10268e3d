// SPDX-License-Identifier: GPL-2.0-only
/*
 * pte_mkwrite_novma(): a name of its own for the one that needs no VMA.
 * Linux 6.7, 2f0584f3f4bd ("mm: Rename arch pte_mkwrite()'s to
 * pte_mkwrite_novma()")
 */
#include <linux/mm.h>
#include <linux/pgtable.h>

static pte_t __maybe_unused probe(pte_t pte)
{
#ifdef PROBE_NEW
	return pte_mkwrite_novma(pte);
#else
	return pte_mkwrite(pte);
#endif
}
