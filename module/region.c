// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions: their life, and what is counted of it.
 *
 * All of them are on a list, for who looks from outside and holds no reference. The
 * list's lock is enough to look into a region: its last reference takes it off the
 * list, under the lock, before anything of it is freed. What it counted is added to
 * the total in the same section: a region is in one of the two, and nobody sees it
 * in both, or in none.
 */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/pgtable.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "compat.h"
#include "internal.h"

static LIST_HEAD(regions);
static DEFINE_MUTEX(regions_lock);	/* innermost; nothing is allocated in it */
static struct pfnfault_stats released;	/* of regions that are gone */
static unsigned int live;
static unsigned int last_id;

/**
 * pfnfault_live_regions() - regions that were initialised and not released
 *
 * Return: how many.
 */
int pfnfault_live_regions(void)
{
	return READ_ONCE(live);
}

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
 * pfnfault_mmap(). What @region held before is lost, where this fails with
 * -ENOMEM, too.
 *
 * Context: process context, may sleep.
 * Return: 0; -EINVAL: no ops.resolve, unknown ops.flags, no pages, or an end
 * that no file offset reaches; -ENOMEM.
 */
int pfnfault_region_init(struct pfnfault_region *region,
			 const struct pfnfault_ops *ops,
			 struct pfnfault_space *space,
			 unsigned long base, unsigned long nr_pages)
{
	const unsigned long max_pages = MAX_LFS_FILESIZE >> PAGE_SHIFT;

	if (!ops || !ops->resolve || (ops->flags & ~(PFNFAULT_COW | PFNFAULT_TOUCHED)))
		return -EINVAL;
	if (!nr_pages || nr_pages > max_pages || base > max_pages - nr_pages)
		return -EINVAL;

	memset(region, 0, sizeof(*region));
	region->percpu = alloc_percpu_gfp(struct pfnfault_percpu,
					  GFP_KERNEL_ACCOUNT);
	if (!region->percpu)
		return -ENOMEM;
	region->ops = ops;
	region->space = space;
	region->base = base;
	region->nr_pages = nr_pages;
	region->window = PTRS_PER_PTE;
	kref_init(&region->kref);
	init_rwsem(&region->gate);
	spin_lock_init(&region->lock);
	seqcount_spinlock_init(&region->verdict_seq, &region->lock);
	init_waitqueue_head(&region->waitq);
	mutex_init(&region->dirty_lock);
	mutex_lock(&regions_lock);
	region->id = ++last_id;
	list_add_tail(&region->list, &regions);
	WRITE_ONCE(live, live + 1);
	mutex_unlock(&regions_lock);
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

static void add_stats(struct pfnfault_stats *sum,
		      const struct pfnfault_region *region)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct pfnfault_stats *its =
			&per_cpu_ptr(region->percpu, cpu)->stats;

		sum->faults += READ_ONCE(its->faults);
		sum->installed += READ_ONCE(its->installed);
		sum->huge += READ_ONCE(its->huge);
		sum->retries += READ_ONCE(its->retries);
		sum->lost += READ_ONCE(its->lost);
		sum->waits += READ_ONCE(its->waits);
		sum->invalidations += READ_ONCE(its->invalidations);
	}
}

static void region_release(struct kref *kref)
{
	struct pfnfault_region *region =
		container_of(kref, struct pfnfault_region, kref);
	struct pfnfault_percpu __percpu *percpu = region->percpu;

	mutex_lock(&regions_lock);
	list_del(&region->list);
	add_stats(&released, region);
	WRITE_ONCE(live, live - 1);
	mutex_unlock(&regions_lock);
	/* No VMA is left, and so no PTE, nor a fault. */
	pfnfault_free_dummy(region);
	kvfree(rcu_dereference_protected(region->dirty, 1));
	if (region->ops->release)
		region->ops->release(region);
	/* It may have asked for them. */
	free_percpu(percpu);
}

/**
 * pfnfault_region_put() - give a reference back
 * @region: gone on return, unless the caller has another reference
 *
 * With the last one, ops.release() is called.
 *
 * Context: process context; may sleep.
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
 * The counters, of each CPU its own, are read one by one while faults go on.
 *
 * Context: any.
 */
void pfnfault_region_stats(const struct pfnfault_region *region,
			   struct pfnfault_stats *stats)
{
	*stats = (struct pfnfault_stats){};
	add_stats(stats, region);
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_region_stats);

/**
 * pfnfault_total_stats() - what has happened to all regions, those that are gone too
 * @stats: filled
 *
 * Context: process context, may sleep.
 */
void pfnfault_total_stats(struct pfnfault_stats *stats)
{
	struct pfnfault_region *region;

	mutex_lock(&regions_lock);
	*stats = released;
	list_for_each_entry(region, &regions, list) {
		add_stats(stats, region);
		cond_resched();
	}
	mutex_unlock(&regions_lock);
}

/**
 * pfnfault_look_at_regions() - look at all regions
 * @look: called for each, the oldest first; must not give up a reference
 * @data: for @look
 *
 * Context: process context, may sleep.
 */
void pfnfault_look_at_regions(pfnfault_look_t look, void *data)
{
	struct pfnfault_region *region;

	mutex_lock(&regions_lock);
	list_for_each_entry(region, &regions, list) {
		look(region, data);
		cond_resched();
	}
	mutex_unlock(&regions_lock);
}
