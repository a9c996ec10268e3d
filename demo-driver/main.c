// SPDX-License-Identifier: GPL-2.0-only
/* pfnfault_demo.ko: load, unload, and what the patterns share. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>

#include "demo.h"
#include "pfnfault_demo.h"

atomic_t demo_pages = ATOMIC_INIT(0);

/* Called at load, where it is given: core calls .set without asking. */
static int pages_set(const char *val, const struct kernel_param *kp)
{
	pr_err("pages=%s: is a count, to be read\n", val);
	return -EPERM;
}

static int pages_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&demo_pages));
}

static const struct kernel_param_ops pages_ops = {
	.set = pages_set, .get = pages_get,
};

module_param_cb(pages, &pages_ops, NULL, 0444);
MODULE_PARM_DESC(pages, "RAM that the patterns hold for programs now, in pages; read only");

int demo_set_count(const char *val, const struct kernel_param *kp,
		   unsigned int max)
{
	unsigned int count;
	int err = kstrtouint(val, 0, &count);

	if (!err && (!count || count > max))
		err = -EINVAL;
	if (err)
		pr_err("%s=%s: must be from 1 to %u\n", kp->name, val, max);
	else
		*(unsigned int *)kp->arg = count;
	return err;
}

/* PFNFAULT_DEMO_INFO, for any node. */
long demo_info(const struct pfnfault_region *region, unsigned long arg)
{
	struct pfnfault_stats stats;
	struct pfnfault_demo_info info = {
		.size = (u64)region->nr_pages << PAGE_SHIFT,
	};

	pfnfault_region_stats(region, &stats);
	info.faults = stats.faults;
	info.installed = stats.installed;
	info.huge = stats.huge;
	info.retries = stats.retries;
	info.lost = stats.lost;
	return copy_to_user((void __user *)arg, &info, sizeof(info)) ?
		-EFAULT : 0;
}

static int bar_init(void)
{
	return pci_register_driver(&bar_driver);
}

static void bar_exit(void)
{
	pci_unregister_driver(&bar_driver);
}

/* In this order: vram's objects may live in a BAR. */
static const struct {
	int (*init)(void);
	void (*exit)(void);
} patterns[] = {
	{ mspec_init, mspec_exit },
	{ xip_init, xip_exit },
	{ spe_init, spe_exit },
	{ bar_init, bar_exit },
	{ vram_init, vram_exit },
};

static void exit_patterns(unsigned int nr)
{
	while (nr--)
		patterns[nr].exit();
}

static int __init demo_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(patterns); i++) {
		err = patterns[i].init();
		if (err) {
			exit_patterns(i);
			return err;
		}
	}
	return 0;
}
module_init(demo_init);

static void __exit demo_exit(void)
{
	exit_patterns(ARRAY_SIZE(patterns));
}
module_exit(demo_exit);

PFNFAULT_IMPORT;
MODULE_DESCRIPTION("Sample drivers for pfnfault");
MODULE_AUTHOR("The pfnfault developers");
MODULE_LICENSE("GPL");
MODULE_VERSION("1.0.0");
