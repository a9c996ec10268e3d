// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/pfnfault-xip: an image that programs read, and execute, in place, as
 * from DCSS or ROM. Needs no hardware.
 *
 * Readers map it shared, or private: then a write makes a copy of the page for
 * who writes (PFNFAULT_COW). Who opens it O_WRONLY is the loader: what it wrote
 * becomes the image when it closes the node, for all mappings at once, and only
 * then, and what it did not write is zero. A descriptor for both could be mapped
 * writable, and is refused: O_RDWR is EACCES.
 */
#include <linux/bitops.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/highmem.h>	/* flush_icache_range(), from Linux 5.10 on */
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pfnfault.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "demo.h"
#include "pfnfault_demo.h"

/* The image is one run of pages, and longer runs are hard to come by. */
#define MAX_PAGES 256

/* One for the module: there is no device that could come and go. */
static struct {
	struct pfnfault_region region;
	struct pfnfault_space space;
	void *image;		/* the place; changed by the loader alone */
	unsigned long loading;	/* bit 0: there is a loader */
} xip;

static unsigned int xip_pages = SZ_1M >> PAGE_SHIFT;

static int xip_pages_set(const char *val, const struct kernel_param *kp)
{
	return demo_set_count(val, kp, MAX_PAGES);
}

static const struct kernel_param_ops xip_pages_ops = {
	.set = xip_pages_set, .get = param_get_uint,
};

module_param_cb(xip_pages, &xip_pages_ops, &xip_pages, 0444);
MODULE_PARM_DESC(xip_pages, "size of /dev/pfnfault-xip, in pages: 1 to 256; default 1 MiB");

static size_t xip_size(void)
{
	return (size_t)xip_pages << PAGE_SHIFT;
}

static void *xip_alloc(void)
{
	void *image = alloc_pages_exact(xip_size(),
					GFP_KERNEL_ACCOUNT | __GFP_ZERO);

	if (image)
		atomic_add(xip_pages, &demo_pages);
	return image;
}

/* Overwritten, so that whoever could still reach it would see it. */
static void xip_free(void *image)
{
	memset(image, 0xdb, xip_size());
	free_pages_exact(image, xip_size());
	atomic_sub(xip_pages, &demo_pages);
}

/* Where is page @index? In the image of now, as are all the others. */
static int xip_resolve(struct pfnfault_region *region, unsigned long index,
		       struct pfnfault_extent *extent)
{
	extent->index = 0;
	extent->nr = region->nr_pages;
	extent->pfn = page_to_pfn(virt_to_page(READ_ONCE(xip.image)));
	extent->cache = PFNFAULT_WB;
	return 0;
}

static const struct pfnfault_ops xip_ops = {
	.resolve = xip_resolve,
	.flags = PFNFAULT_COW,
};

/* The order of the three steps is what keeps programs off freed memory. */
static void xip_switch(void *image)
{
	void *old = xip.image;

	/* What was written as data can be executed. */
	flush_icache_range((unsigned long)image,
			   (unsigned long)image + xip_size());
	/* From here on, resolve() says the new place ... */
	WRITE_ONCE(xip.image, image);
	/* ... here, no PTE of the old one is left, nor a fault to set one ... */
	pfnfault_invalidate(&xip.region, 0, xip.region.nr_pages);
	/* ... and so it can go. */
	xip_free(old);
}

/* All that can fail is done here: the loader's close must not. */
static int xip_start_load(struct file *file)
{
	if (test_and_set_bit_lock(0, &xip.loading))
		return -EBUSY;
	file->private_data = xip_alloc();
	if (file->private_data)
		return 0;
	clear_bit_unlock(0, &xip.loading);
	return -ENOMEM;
}

static int xip_open(struct inode *inode, struct file *file)
{
	const fmode_t both = FMODE_READ | FMODE_WRITE;
	int err = 0;

	if ((file->f_mode & both) == both)
		return -EACCES;
	if (file->f_mode & FMODE_WRITE)
		err = xip_start_load(file);
	if (!err)
		pfnfault_file_open(&xip.space, file);
	return err;
}

static int xip_close(struct inode *inode, struct file *file)
{
	pfnfault_file_release(file);
	if (file->f_mode & FMODE_WRITE) {
		xip_switch(file->private_data);
		clear_bit_unlock(0, &xip.loading);
	}
	return 0;
}

/* A write that goes past the end is cut there, and the next one fails. */
static ssize_t xip_write(struct file *file, const char __user *buf, size_t len,
			 loff_t *pos)
{
	if (len && *pos >= xip_size())
		return -ENOSPC;
	return simple_write_to_buffer(file->private_data, xip_size(), pos, buf,
				      len);
}

static int xip_mmap(struct file *file, struct vm_area_struct *vma)
{
	return pfnfault_mmap(&xip.region, vma);
}

static long xip_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	if (cmd != PFNFAULT_DEMO_INFO)
		return -ENOTTY;
	return demo_info(&xip.region, arg);
}

static const struct file_operations xip_fops = {
	.owner = THIS_MODULE,
	.open = xip_open,
	.release = xip_close,
	.write = xip_write,
	.mmap = xip_mmap,
	.unlocked_ioctl = xip_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice xip_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pfnfault-xip",
	.fops = &xip_fops,
	.mode = 0600,
};

/* The node comes last: from then on, programs may open it. */
int xip_init(void)
{
	int err = pfnfault_space_init(&xip.space);

	if (err)
		return err;
	err = pfnfault_region_init(&xip.region, &xip_ops, &xip.space, 0,
				   xip_pages);
	if (err)
		goto destroy_space;
	err = -ENOMEM;
	xip.image = xip_alloc();
	if (!xip.image)
		goto put_region;
	err = misc_register(&xip_misc);
	if (err)
		goto free_image;
	return 0;

free_image:
	xip_free(xip.image);
put_region:
	pfnfault_region_put(&xip.region);
destroy_space:
	pfnfault_space_destroy(&xip.space);
	return err;
}

/* No file is open, for it would hold the module: see mspec_exit(). */
void xip_exit(void)
{
	misc_deregister(&xip_misc);
	pfnfault_revoke(&xip.region, PFNFAULT_REVOKE_SIGBUS);
	xip_free(xip.image);
	pfnfault_region_put(&xip.region);
	pfnfault_space_destroy(&xip.space);
}
