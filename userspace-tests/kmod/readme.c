// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ten-line driver of README.md, word for word (scripts/build takes it from
 * there), on a page of RAM, as /dev/pfnfault-readme.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pfnfault.h>

struct my_device {
	struct pfnfault_region region;
	struct pfnfault_space space;
	unsigned long first_pfn;
};

static struct my_device my;

#include "readme.inc"

static const struct file_operations my_fops = {
	.owner = THIS_MODULE,
	.open = my_open,
	.release = my_release,
	.mmap = my_mmap,
};

static struct miscdevice my_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pfnfault-readme",
	.fops = &my_fops,
	.mode = 0600,
};

static unsigned long my_page;

static int __init my_init(void)
{
	int err;

	my_page = get_zeroed_page(GFP_KERNEL);
	if (!my_page)
		return -ENOMEM;
	strscpy((char *)my_page, "ten lines", PAGE_SIZE);
	my.first_pfn = page_to_pfn(virt_to_page((void *)my_page));
	err = my_probe(&my, 1);
	if (err)
		goto free;
	err = misc_register(&my_misc);
	if (err)
		goto remove;
	return 0;

remove:
	my_remove();
free:
	free_page(my_page);
	return err;
}
module_init(my_init);

static void __exit my_exit(void)
{
	misc_deregister(&my_misc);
	my_remove();
	free_page(my_page);
}
module_exit(my_exit);

PFNFAULT_IMPORT;
MODULE_DESCRIPTION("The driver of pfnfault's README");
MODULE_LICENSE("GPL");
