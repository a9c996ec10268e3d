// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/pfnfault/regions: a line for each region, of what it is and what
 * has happened to it. Of pfnfault.ko alone, as its parameters are.
 *
 * Who reads holds no reference to a region: see region.c. The module stays for as
 * long as somebody has the file open; and debugfs_remove() waits for who reads.
 */
#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "internal.h"

static const char *state_of(const struct pfnfault_region *region)
{
	static const char * const policies[] = {
		[PFNFAULT_REVOKE_SIGBUS] = "sigbus",
		[PFNFAULT_REVOKE_ZEROS] = "zeros",
		[PFNFAULT_REVOKE_ONES] = "ones",
	};

	/* Who sees it sees the policy: litmus/revoke-policy. */
	if (smp_load_acquire(&region->revoked))
		return policies[region->policy];
	return READ_ONCE(region->moves) ? "moving" : "live";
}

static void show_region(const struct pfnfault_region *region, void *data)
{
	struct seq_file *file = data;
	struct pfnfault_stats stats;

	pfnfault_region_stats(region, &stats);
	seq_printf(file, "%u %lu %d %llu %llu %llu %llu %llu %llu %llu %s %ps\n",
		   region->id, region->nr_pages, atomic_read(&region->vmas),
		   stats.faults, stats.installed, stats.huge, stats.retries,
		   stats.waits, stats.lost, stats.invalidations,
		   state_of(region), region->ops->resolve);
}

static int regions_show(struct seq_file *file, void *unused)
{
	seq_puts(file, "id pages vmas faults installed huge retries waits lost invalidations state resolve\n");
	pfnfault_look_at_regions(show_region, file);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(regions);

static struct dentry *dir;

/** pfnfault_debugfs_start() - the module comes */
void pfnfault_debugfs_start(void)
{
	dir = debugfs_create_dir("pfnfault", NULL);
	debugfs_create_file("regions", 0444, dir, NULL, &regions_fops);
}

/** pfnfault_debugfs_stop() - the module goes */
void pfnfault_debugfs_stop(void)
{
	debugfs_remove_recursive(dir);
}
