// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages were written?
 *
 * While a region is tracked, every page is mapped read-only until it is written.
 * The fault of the write sets the page's bit and then makes it writable, both
 * under the PTE lock, or both under the gate where core sets the PTE. A collect
 * takes the bits, passes through the gate, and zaps the pages whose bits it took,
 * in this order. So no write is lost:
 *
 *  - The bit is set after it was taken: the next collect finds it.
 *  - The bit was set before. Under the PTE lock, the page table was published
 *    before that (the barrier in fill() is in between), so the zap finds
 *    the table, and waits for its lock. Under the gate, the bump waits for the
 *    install. Either way the PTE is there when the zap comes, and what was
 *    written through it is in the page when the collect returns. What was not
 *    yet, faults again, and sets the bit again.
 *
 * Were the bit set after the PTE, a thread could write and a collect miss it in
 * between. Were the bits taken after the gate was passed, an install that came
 * through it next could set its bit, lose it, and then set its PTE.
 *
 * pfnfault_pfn_mkwrite() never lets core upgrade the PTE that was read: core
 * compares its value only, and between a collect's zap and that comparison, a
 * read may have put the same value back.
 */
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pgtable.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "compat.h"
#include "internal.h"

/**
 * pfnfault_dirty_mark() - a page is about to be written
 * @region: the region
 * @index: the page
 * @pfn: where it is
 *
 * Context: what the sequence was compared under is still held.
 */
void pfnfault_dirty_mark(struct pfnfault_region *region, unsigned long index,
			 unsigned long pfn)
{
	const struct page *dummy = READ_ONCE(region->dummy);
	unsigned long *dirty;

	rcu_read_lock();
	dirty = rcu_dereference(region->dirty);
	/*
	 * What is written to the dummy page is not the region's. That the
	 * region was revoked does not tell: until the bump, faults that
	 * resolved before still install its memory.
	 */
	if (dirty && !(dummy && page_to_pfn(dummy) == pfn))
		set_bit(index, dirty);
	rcu_read_unlock();
}

/**
 * pfnfault_dirty_start() - begin to track writes
 * @region: the region
 *
 * * Takes a bit of memory for each page, until pfnfault_dirty_stop() or the
 *   end of the region.
 * * Everything is unmapped once, to come back read-only.
 * * Writes by the CPU are tracked: by programs, by the kernel on their behalf,
 *   by debuggers. What the device writes is the driver's to know.
 *
 * Context: as pfnfault_invalidate(), but allocates memory: no lock that reclaim
 *   takes is held.
 * Return: 0; -EINVAL, the region has more than INT_MAX pages; -EBUSY, writes are
 * tracked already; -ENOMEM.
 */
int pfnfault_dirty_start(struct pfnfault_region *region)
{
	unsigned long *dirty;

	/* What core's bitmaps count, on some architectures and kernels. */
	if (region->nr_pages > INT_MAX)
		return -EINVAL;
	/* Before the lock: reclaim on behalf of this may collect. */
	dirty = kvcalloc(BITS_TO_LONGS(region->nr_pages), sizeof(long),
			 GFP_KERNEL_ACCOUNT);
	if (!dirty)
		return -ENOMEM;
	mutex_lock(&region->dirty_lock);
	if (rcu_access_pointer(region->dirty)) {
		mutex_unlock(&region->dirty_lock);
		kvfree(dirty);
		return -EBUSY;
	}
	rcu_assign_pointer(region->dirty, dirty);
	pfnfault_bump(region, false);
	pfnfault_zap(region, 0, region->nr_pages);
	mutex_unlock(&region->dirty_lock);
	return 0;
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_dirty_start);

/**
 * pfnfault_dirty_collect() - which pages were written since the last collect?
 * @region: the region
 * @bitmap: filled: a bit for each page of the region, BITS_TO_LONGS(nr_pages)
 *	longs
 *
 * * Every page that was written between the last collect (or the start) and
 *   this call is in @bitmap.
 * * A write while this runs is in @bitmap, in that of the next collect, or in
 *   both; where it is not in the next one, what it wrote is in the page on
 *   return.
 * * A page that is in @bitmap is unmapped, and neighbours with it: the next
 *   write to it is told by the next collect.
 *
 * Context: as pfnfault_invalidate(), memory reclaim included.
 * Return: how many pages; -EINVAL, writes are not tracked.
 */
long pfnfault_dirty_collect(struct pfnfault_region *region,
			    unsigned long *bitmap)
{
	const unsigned long nr = region->nr_pages;
	unsigned long i, end, *dirty;
	long count = -EINVAL;

	mutex_lock(&region->dirty_lock);
	dirty = rcu_dereference_protected(region->dirty,
					  lockdep_is_held(&region->dirty_lock));
	if (!dirty)
		goto unlock;
	/* A full barrier, before the zap: litmus/dirty. */
	for (i = 0; i < BITS_TO_LONGS(nr); i++)
		bitmap[i] = xchg(&dirty[i], 0);
	pfnfault_bump(region, false);
	count = bitmap_weight(bitmap, nr);
	/* By page tables: a flush for each page would take for ever. */
	for (i = find_first_bit(bitmap, nr); i < nr;
	     i = find_next_bit(bitmap, nr, end)) {
		end = min(nr, round_up(i + 1, PTRS_PER_PTE));
		pfnfault_zap(region, i, end - i);
		cond_resched();
	}
unlock:
	mutex_unlock(&region->dirty_lock);
	return count;
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_dirty_collect);

/**
 * pfnfault_dirty_stop() - track writes no more
 * @region: the region
 *
 * What was written since the last collect is forgotten. Pages become writable
 * as they are written. Does nothing where writes are not tracked.
 *
 * Context: process context, sleeps.
 */
void pfnfault_dirty_stop(struct pfnfault_region *region)
{
	unsigned long *dirty;

	mutex_lock(&region->dirty_lock);
	dirty = rcu_replace_pointer(region->dirty, NULL,
				    lockdep_is_held(&region->dirty_lock));
	mutex_unlock(&region->dirty_lock);
	if (!dirty)
		return;
	synchronize_rcu();
	kvfree(dirty);
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_dirty_stop);
