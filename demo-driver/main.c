// SPDX-License-Identifier: GPL-2.0-only
/* pfnfault_demo.ko: load, unload, and what the patterns share. */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/uaccess.h>

#include "demo.h"
#include "pfnfault_demo.h"

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
	info.retries = stats.retries;
	info.lost = stats.lost;
	return copy_to_user((void __user *)arg, &info, sizeof(info)) ?
		-EFAULT : 0;
}

static int __init demo_init(void)
{
	return pci_register_driver(&bar_driver);
}
module_init(demo_init);

static void __exit demo_exit(void)
{
	pci_unregister_driver(&bar_driver);
}
module_exit(demo_exit);

PFNFAULT_IMPORT;
MODULE_DESCRIPTION("Sample drivers for pfnfault");
MODULE_AUTHOR("The pfnfault developers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
