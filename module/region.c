// SPDX-License-Identifier: GPL-2.0-only
/* Regions: their life, and taking their memory back from programs. */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/mm.h>

#include "compat.h"
#include "internal.h"

/**
 * pfnfault_region_init() - initialise a region
 * @region: embedded in the driver's object, zeroed or not
 * @ops: the driver's callbacks; must live as long as the region
 * @space: space whose files map it; must live as long as the region
 * @base: page offset in those files of the region's first page, in pages
 * @nr_pages: size, in pages
 *
 * The caller has the only reference, and gives it back with
 * pfnfault_region_put(); no file can map it before the driver calls
 * pfnfault_mmap().
 *
 * Context: any.
 * Return: 0; -EINVAL: no ops.resolve, no pages, or an end that no file offset
 * reaches.
 */
int pfnfault_region_init(struct pfnfault_region *region,
			 const struct pfnfault_ops *ops,
			 struct pfnfault_space *space,
			 unsigned long base, unsigned long nr_pages)
{
	const unsigned long max_pages = MAX_LFS_FILESIZE >> PAGE_SHIFT;

	if (!ops || !ops->resolve || !nr_pages || nr_pages > max_pages ||
	    base > max_pages - nr_pages)
		return -EINVAL;

	memset(region, 0, sizeof(*region));
	region->ops = ops;
	region->space = space;
	region->base = base;
	region->nr_pages = nr_pages;
	kref_init(&region->kref);
	init_rwsem(&region->gate);
	seqlock_init(&region->verdict_lock);
	return 0;
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_region_init);

/**
 * pfnfault_region_get() - take a reference
 * @region: the caller has, or is kept alive by, another one
 *
 * Context: any.
 */
void pfnfault_region_get(struct pfnfault_region *region)
{
	kref_get(&region->kref);
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_region_get);

static void region_release(struct kref *kref)
{
	struct pfnfault_region *region =
		container_of(kref, struct pfnfault_region, kref);

	if (region->ops->release)
		region->ops->release(region);
}

/**
 * pfnfault_region_put() - give a reference back
 * @region: gone on return, unless the caller has another reference
 *
 * With the last one, ops.release() is called.
 *
 * Context: process context; may sleep if ops.release() does.
 */
void pfnfault_region_put(struct pfnfault_region *region)
{
	kref_put(&region->kref, region_release);
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_region_put);

/**
 * pfnfault_region_stats() - what has happened to a region
 * @region: the region
 * @stats: filled
 *
 * The counters are read one by one while faults go on.
 *
 * Context: any.
 */
void pfnfault_region_stats(const struct pfnfault_region *region,
			   struct pfnfault_stats *stats)
{
	stats->faults = atomic_long_read(&region->faults);
	stats->installed = atomic_long_read(&region->installed);
	stats->retries = atomic_long_read(&region->retries);
	stats->lost = atomic_long_read(&region->lost);
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_region_stats);

/**
 * pfnfault_invalidate() - take pages back because they move
 * @region: the region
 * @index: first page, counted from the region's first
 * @nr: number of pages
 *
 * The driver first makes ops.resolve() answer with the new place (or -EAGAIN),
 * and then calls this. On return:
 *
 * * no CPU can reach the old place through any mapping of these pages, of any
 *   process, node or descriptor;
 * * no fault that resolved before can install it any more;
 * * the next access faults, and resolves again.
 *
 * Pages outside of the region are the caller's mistake: one warning, and the
 * whole region is taken back.
 *
 * Context: process context, sleeps. Not from an op of any region. Takes the
 * region's gate, i_mmap_rwsem, MMU notifiers' locks and PTE locks; mmap_lock, and
 * locks that ops.resolve() takes, may be held.
 */
void pfnfault_invalidate(struct pfnfault_region *region, unsigned long index,
			 unsigned long nr)
{
	if (WARN_ON_ONCE(index > region->nr_pages ||
			 nr > region->nr_pages - index)) {
		index = 0;
		nr = region->nr_pages;
	}
	if (!nr)
		return;

	/* Waits for faults that install by core: they compare under the gate. */
	down_write(&region->gate);
	pfnfault_forget_verdict(region);
	/*
	 * The new place, and that the verdict is forgotten, before the
	 * sequence: pairs with the acquire in resolve_and_install(). Without
	 * it, a fault could sample the new sequence and install the old place,
	 * or the old cache mode, after the zap.
	 */
	smp_mb__before_atomic();
	atomic_long_inc(&region->seq);
	/*
	 * The sequence before the zap looks for page tables: pairs with the
	 * smp_mb() in fill_table(). Without it, the zap could miss a table
	 * that a fault publishes while that fault misses the bump.
	 */
	smp_mb__after_atomic();
	up_write(&region->gate);

	unmap_mapping_range(region->space->inode->i_mapping,
			    (loff_t)(region->base + index) << PAGE_SHIFT,
			    (loff_t)nr << PAGE_SHIFT, 1);
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_invalidate);

/**
 * pfnfault_revoke() - take a region back for good
 * @region: the region; the caller holds a reference
 * @policy: what programs get from now on
 *
 * On return:
 *
 * * no PTE of the region is left, in any process, and none will be installed;
 * * no op of the region runs, and none but ops.release() will be called again;
 * * every access to an existing mapping does what @policy says, and new
 *   mappings are refused with -ENODEV.
 *
 * May be called again, and concurrently: each call returns with all of this
 * true.
 *
 * Context: process context, sleeps. Not from an op of any region, nor with a
 * lock held that an op takes: it waits for ops that run. Otherwise as
 * pfnfault_invalidate().
 */
void pfnfault_revoke(struct pfnfault_region *region,
		     enum pfnfault_revoke_policy policy)
{
	WARN_ON_ONCE(policy != PFNFAULT_REVOKE_SIGBUS);

	/* Ordered before the bump by the barrier in pfnfault_invalidate(). */
	WRITE_ONCE(region->revoked, true);
	pfnfault_invalidate(region, 0, region->nr_pages);
	pfnfault_drain_ops();
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_revoke);
