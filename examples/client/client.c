// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that uses pfnfault, whole, to begin one from: /dev/pfnfault_client
 * shows PAGES pages, which a device would have, and are RAM here. Page N begins
 * with "page N of pfnfault_client".
 */
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pfnfault.h>

#define PAGES 16

static struct {
	struct pfnfault_region region;
	struct pfnfault_space space;
	void *memory;
} client;

/* Where is page @index? In one place with all the others, for good. */
static int client_resolve(struct pfnfault_region *region, unsigned long index,
			  struct pfnfault_extent *extent)
{
	extent->index = 0;
	extent->nr = region->nr_pages;
	extent->pfn = page_to_pfn(virt_to_page(client.memory));
	extent->cache = PFNFAULT_WB;	/* RAM; PFNFAULT_UC for registers */
	return 0;
}

static const struct pfnfault_ops client_ops = { .resolve = client_resolve };

static int client_open(struct inode *inode, struct file *file)
{
	pfnfault_file_open(&client.space, file);
	return 0;
}

static int client_release(struct inode *inode, struct file *file)
{
	pfnfault_file_release(file);
	return 0;
}

static int client_mmap(struct file *file, struct vm_area_struct *vma)
{
	return pfnfault_mmap(&client.region, vma);
}

static const struct file_operations client_fops = {
	.owner = THIS_MODULE,	/* an open file, or a mapping, holds the module */
	.open = client_open,
	.release = client_release,
	.mmap = client_mmap,
};

static struct miscdevice client_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.fops = &client_fops,
	.mode = 0600,
};

static int client_alloc(void)
{
	unsigned int i;

	client.memory = alloc_pages_exact(PAGES * PAGE_SIZE,
					  GFP_KERNEL | __GFP_ZERO);
	if (!client.memory)
		return -ENOMEM;
	for (i = 0; i < PAGES; i++)
		snprintf(client.memory + i * PAGE_SIZE, PAGE_SIZE,
			 "page %u of %s", i, KBUILD_MODNAME);
	return 0;
}

/* The node comes last: from then on, programs may open it. */
static int __init client_init(void)
{
	int err = client_alloc();

	if (err)
		return err;
	err = pfnfault_space_init(&client.space);
	if (err)
		goto free;
	err = pfnfault_region_init(&client.region, &client_ops, &client.space,
				   0, PAGES);
	if (err)
		goto destroy_space;
	err = misc_register(&client_misc);
	if (err)
		goto put_region;
	return 0;

put_region:
	pfnfault_region_put(&client.region);
destroy_space:
	pfnfault_space_destroy(&client.space);
free:
	free_pages_exact(client.memory, PAGES * PAGE_SIZE);
	return err;
}
module_init(client_init);

/* No file is open. A device that can go before its files: demo-driver/bar.c. */
static void __exit client_exit(void)
{
	misc_deregister(&client_misc);
	pfnfault_revoke(&client.region, PFNFAULT_REVOKE_SIGBUS);
	pfnfault_region_put(&client.region);
	pfnfault_space_destroy(&client.space);
	free_pages_exact(client.memory, PAGES * PAGE_SIZE);
}
module_exit(client_exit);

PFNFAULT_IMPORT;
MODULE_DESCRIPTION("A driver that uses pfnfault");
MODULE_AUTHOR("The pfnfault developers");
MODULE_LICENSE("GPL");
