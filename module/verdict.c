// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict on an extent's memory type.
 *
 * x86 keeps a memory type for each physical range, and a PTE that disagrees
 * with it is undefined behaviour of the CPU. Modules cannot look it up;
 * vmf_insert_pfn_prot() does, and puts the answer into the PTE that it installs.
 * So core installs one page of an extent that was not met before, under the
 * gate, and the bits of that PTE are the verdict for the whole extent. The one
 * of the extent that was last faulted on is remembered in the region, until
 * something of the region is invalidated.
 */
#include <linux/mm.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>

#include "compat.h"
#include "internal.h"

/**
 * pfnfault_adopt_verdict() - do as core did
 * @piece: its prot is filled
 * @pfn: page of @piece that core installed
 * @pte: what the page table has there now
 *
 * Return: false where that is not what core just put there, for then another
 * CPU has zapped or replaced it.
 */
bool pfnfault_adopt_verdict(struct pfnfault_piece *piece, unsigned long pfn,
			    pte_t pte)
{
	unsigned long bits = pgprot_val(pfnfault_pte_cache(pte));

	if (!pte_present(pte) || pte_pfn(pte) != pfn)
		return false;
	piece->prot = pfnfault_with_cache_bits(piece->prot, bits);
	return true;
}

/**
 * pfnfault_remember_verdict() - for the next fault on an extent
 * @region: the region
 * @extent: of which a page was installed by core
 * @prot: with the verdict
 *
 * Context: under the gate, so that an invalidation forgets it after it was
 * written.
 */
void pfnfault_remember_verdict(struct pfnfault_region *region,
			       const struct pfnfault_extent *extent,
			       pgprot_t prot)
{
	spin_lock(&region->lock);
	write_seqcount_begin(&region->verdict_seq);
	region->verdict_pfn = extent->pfn;
	region->verdict_nr = extent->nr;
	region->verdict_cache = extent->cache;
	region->verdict_bits = pgprot_val(prot) & PFNFAULT_CACHE_MASK;
	write_seqcount_end(&region->verdict_seq);
	spin_unlock(&region->lock);
}

/**
 * pfnfault_forget_verdict() - let core say again what memory type an extent has
 * @region: its gate is held for writing
 */
void pfnfault_forget_verdict(struct pfnfault_region *region)
{
	spin_lock(&region->lock);
	write_seqcount_begin(&region->verdict_seq);
	region->verdict_nr = 0;
	write_seqcount_end(&region->verdict_seq);
	spin_unlock(&region->lock);
}
