// SPDX-License-Identifier: GPL-2.0-only
/* pfnfault.ko: load, unload, parameters. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/log2.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pgtable.h>
#include <linux/string.h>

#include "compat.h"
#include "internal.h"

unsigned int pfnfault_window = PTRS_PER_PTE;

static int window_set(const char *val, const struct kernel_param *kp)
{
	unsigned int pages;

	if (kstrtouint(val, 0, &pages) || !is_power_of_2(pages) ||
	    pages > PTRS_PER_PTE) {
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
MODULE_PARM_DESC(window, "most pages that one fault installs: a power of two, at most one page table, which is the default");

static int __init pfnfault_init(void)
{
	return pfnfault_spaces_start();
}
module_init(pfnfault_init);

static void __exit pfnfault_exit(void)
{
	pfnfault_spaces_stop();
}
module_exit(pfnfault_exit);

MODULE_DESCRIPTION("Page faults on device memory, for drivers that let programs mmap it");
MODULE_AUTHOR("The pfnfault developers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
