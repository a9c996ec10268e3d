// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where is a page now? Asks the driver, unless the region was revoked or the
 * page is being moved, and believes none of what it says.
 */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>

#include "compat.h"
#include "ops.h"

/* The driver's answer is used as page-table content. */
static __always_inline bool extent_sane(const struct pfnfault_region *region,
					unsigned long index,
					const struct pfnfault_extent *extent)
{
	if (extent->index <= index && index - extent->index < extent->nr &&
	    extent->index < region->nr_pages &&
	    extent->nr <= region->nr_pages - extent->index &&
	    extent->pfn + extent->nr > extent->pfn &&
	    pfnfault_pfn_exists(extent->pfn + extent->nr - 1) &&
	    extent->cache <= PFNFAULT_UC && !extent->flags &&
	    (extent->cache == PFNFAULT_WB ||
	     !(region->ops->flags & PFNFAULT_COW)))
		return true;
	return false;
}

static void complain(const struct pfnfault_region *region, unsigned long index,
		     const struct pfnfault_extent *extent)
{
	pr_warn_once("pfnfault: %ps: bad extent for page %lu of %lu: %lu pages from %lu on at PFN %#lx, cache %u, flags %#x; SIGBUS\n",
		     region->ops->resolve, index, region->nr_pages, extent->nr,
		     extent->index, extent->pfn, extent->cache, extent->flags);
}

/* @seq was sampled before. */
static __always_inline int resolve(struct pfnfault_region *region,
				   unsigned long index,
				   struct pfnfault_extent *extent,
				   unsigned long seq)
{
	int err;

	if (!pfnfault_enter_op(region))
		return PFNFAULT_LOST;
	err = region->ops->resolve(region, index, extent);
	pfnfault_leave_op(region);
	/* Whatever it said: the policy counts now. */
	if (pfnfault_revoked(region))
		return PFNFAULT_LOST;
	if (!err && extent_sane(region, index, extent))
		return 0;
	/*
	 * An error in the middle of a move is the driver's own affair, as a place
	 * is: with what it wrote after pfnfault_invalidate_begin() comes the new
	 * sequence. Paired with race_bump_mb() in pfnfault_bump(): litmus/answer.
	 * Without it, such an error would be the program's SIGBUS.
	 */
	smp_rmb();
	if (atomic_long_read(&region->seq) != seq)
		return PFNFAULT_LOST;
	if (!err)
		complain(region, index, extent);
	return err < 0 ? err : -EINVAL;
}

/* Of the extent, the part around @index that is not in [start, end). */
static void clip_to(struct pfnfault_extent *extent, unsigned long index,
		    unsigned long start, unsigned long end)
{
	if (index < start) {
		extent->nr = min(extent->nr, start - extent->index);
	} else if (extent->index < end) {
		extent->nr -= end - extent->index;
		extent->pfn += end - extent->index;
		extent->index = end;
	}
}

/*
 * Where pages of the region are being moved, perhaps this one. Out of line, for that
 * is seldom.
 *
 * Called after the sequence was sampled: a move that begins later makes the
 * install lose, and one that has begun before is seen here.
 */
static noinline int locate_beside_move(struct pfnfault_region *region,
				       unsigned long index,
				       struct pfnfault_extent *extent,
				       unsigned long seq)
{
	unsigned long start, end;
	bool moves;
	int err;

	/* Who sees the move sees of what: litmus/move. */
	spin_lock(&region->lock);
	moves = region->moves;
	start = region->moves_start;
	end = region->moves_end;
	spin_unlock(&region->lock);
	if (moves && index >= start && index < end)
		return PFNFAULT_MOVING;
	err = resolve(region, index, extent, seq);
	if (!err && moves)
		clip_to(extent, index, start, end);
	return err;
}

static atomic_t dummies;

/**
 * pfnfault_live_pages() - pages that stand in for revoked regions
 *
 * Return: how many there are now.
 */
int pfnfault_live_pages(void)
{
	return atomic_read(&dummies);
}

/**
 * pfnfault_free_dummy() - free what stood in for a revoked region
 * @region: the region, of which no VMA is left, and so no PTE
 */
void pfnfault_free_dummy(struct pfnfault_region *region)
{
	if (!region->dummy)
		return;
	__free_page(region->dummy);
	atomic_dec(&dummies);
}

/* The page that stands in for all of a revoked region; freed with it. */
static int dummy_extent(struct pfnfault_region *region, unsigned long index,
			struct pfnfault_extent *extent)
{
	struct page *page = READ_ONCE(region->dummy);

	if (!page) {
		page = alloc_page(GFP_KERNEL_ACCOUNT);
		if (!page)
			return -ENOMEM;
		memset(page_address(page),
		       region->policy == PFNFAULT_REVOKE_ONES ? 0xff : 0,
		       PAGE_SIZE);
		/*
		 * A full barrier: who maps the page maps what was written.
		 * litmus/revoke-dummy.
		 */
		if (cmpxchg(&region->dummy, NULL, page)) {
			__free_page(page);
			page = READ_ONCE(region->dummy);
		} else {
			atomic_inc(&dummies);
		}
	}
	extent->index = index;
	extent->nr = 1;
	extent->pfn = page_to_pfn(page);
	extent->cache = PFNFAULT_WB;
	extent->flags = PFNFAULT_DUMMY;
	return 0;
}

/**
 * pfnfault_locate() - find out where a page is
 * @region: the region
 * @index: page, less than region->nr_pages
 * @extent: zeroed; filled: contains @index; no page of it is being moved
 * @seq: filled: @extent is true as long as region->seq has this value
 *
 * Context: process context, may sleep.
 * Return: 0; PFNFAULT_MOVING; PFNFAULT_LOST, revoked just now, or invalidated
 * since an answer that was none; -ENODEV, the region was revoked, with SIGBUS;
 * -ENOMEM; -EINVAL for an answer that makes no sense; what ops.resolve() says.
 */
int pfnfault_locate(struct pfnfault_region *region, unsigned long index,
		    struct pfnfault_extent *extent, unsigned long *seq)
{
	unsigned long sampled;

	/*
	 * Before all else: whoever invalidates after this makes the install
	 * lose. An acquire, paired with the barrier before the bump in
	 * pfnfault_bump(): with the new sequence comes what led to it.
	 * litmus/new-place, litmus/move, litmus/revoke.
	 */
	sampled = atomic_long_read_acquire(&region->seq);
	*seq = sampled;
	/* Acquire: the policy was written before. litmus/revoke-policy. */
	if (smp_load_acquire(&region->revoked))
		return region->policy == PFNFAULT_REVOKE_SIGBUS ? -ENODEV :
			dummy_extent(region, index, extent);
	/* Paired with the release in pfnfault_invalidate_end(): litmus/move. */
	if (smp_load_acquire(&region->moves))
		return locate_beside_move(region, index, extent, sampled);
	return resolve(region, index, extent, sampled);
}
