// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfnfault.ko: load, unload, parameters. All else may be compiled into a driver
 * instead (Kbuild.vendor): there is nothing to start or to stop.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bug.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pgtable.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <generated/utsrelease.h>

#include "compat.h"
#include "internal.h"

static int window_set(const char *val, const struct kernel_param *kp)
{
	unsigned int pages;

	if (kstrtouint(val, 0, &pages) || !pfnfault_is_window(pages)) {
		pr_err("window=%.*s: must be a power of two from 1 to %u (pages)\n",
		       (int)strcspn(val, "\n"), val,
		       (unsigned int)PTRS_PER_PTE);
		return -EINVAL;
	}
	WRITE_ONCE(pfnfault_window, pages);
	return 0;
}

static const struct kernel_param_ops window_ops = {
	.set = window_set,
	.get = param_get_uint,
};

module_param_cb(window, &window_ops, &pfnfault_window, 0644);
MODULE_PARM_DESC(window, "most pages that one fault installs, but for huge entries: a power of two, at most one page table, which is the default");

/* How PTEs are set, by name. */
static const char * const installer_names[] = { "direct", "core" };

static int installer_set(const char *val, const struct kernel_param *kp)
{
	int installer = sysfs_match_string(installer_names, val);

	if (installer < 0) {
		pr_err("installer=%.*s: must be direct or core\n",
		       (int)strcspn(val, "\n"), val);
		return installer;
	}
	if (!PFNFAULT_DIRECT && !installer) {
		pr_err("installer=direct: a module cannot set PTEs on this architecture; core does\n");
		return -EOPNOTSUPP;
	}
	WRITE_ONCE(pfnfault_by_core, installer);
	return 0;
}

static int installer_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", installer_names[pfnfault_by_core]);
}

static const struct kernel_param_ops installer_ops = {
	.set = installer_set, .get = installer_get,
};

module_param_cb(installer, &installer_ops, NULL, 0644);
MODULE_PARM_DESC(installer, "how PTEs are set: direct (default), a table at once, or core, one by one, as where a module cannot");

static int count_get(char *buf, const struct kernel_param *kp)
{
	int (*count)(void) = kp->arg;

	return sysfs_emit(buf, "%d\n", count());
}

/* Where it is given at load, core calls .set without a look at the mode. */
static int count_set(const char *val, const struct kernel_param *kp)
{
	pr_err("%s= is a count, to be read\n", kp->name);
	return -EPERM;
}

static const struct kernel_param_ops count_ops = {
	.set = count_set, .get = count_get,
};

module_param_cb(regions, &count_ops, pfnfault_live_regions, 0444);
MODULE_PARM_DESC(regions, "regions that drivers have now; read only");
module_param_cb(pages, &count_ops, pfnfault_live_pages, 0444);
MODULE_PARM_DESC(pages, "pages that stand in for revoked regions, now; read only");
module_param_cb(references, &count_ops, pfnfault_live_references, 0444);
MODULE_PARM_DESC(references, "spaces of drivers, and files open on them, now; read only");

static int stats_get(char *buf, const struct kernel_param *kp)
{
	struct pfnfault_stats stats;

	pfnfault_total_stats(&stats);
	return sysfs_emit(buf,
			  "faults %llu\ninstalled %llu\nhuge %llu\n"
			  "retries %llu\nwaits %llu\nlost %llu\ninvalidations %llu\n",
			  stats.faults, stats.installed, stats.huge,
			  stats.retries, stats.waits, stats.lost,
			  stats.invalidations);
}

static const struct kernel_param_ops stats_ops = {
	.set = count_set, .get = stats_get,
};

module_param_cb(stats, &stats_ops, NULL, 0444);
MODULE_PARM_DESC(stats, "what has happened to all regions so far, a name and a number a line; read only");

static int __init pfnfault_init(void)
{
	if (PFNFAULT_UNTESTED)
		pr_info("Linux %s is newer than %s, the newest that this was tested on\n",
			UTS_RELEASE, PFNFAULT_NEWEST);
	/* As what it is, to be read. */
	pfnfault_window = min_t(unsigned int, pfnfault_window, PTRS_PER_PTE);
	pfnfault_debugfs_start();
	return 0;
}
module_init(pfnfault_init);

static void __exit pfnfault_exit(void)
{
	pfnfault_debugfs_stop();
	WARN(pfnfault_live_regions(), "a driver leaked %d region(s)\n",
	     pfnfault_live_regions());
	pfnfault_spaces_stop();
}
module_exit(pfnfault_exit);

MODULE_DESCRIPTION("Page faults on device memory, for drivers that let programs mmap it");
MODULE_AUTHOR("The pfnfault developers");
MODULE_LICENSE("GPL");
MODULE_VERSION("1.0.0");
MODULE_INFO(tested, "Linux " PFNFAULT_OLDEST " to " PFNFAULT_NEWEST);
