// SPDX-License-Identifier: GPL-2.0-only
/* /dev/pfnfault-bench: see pfnfault_bench.h. For measurements only. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pfnfault.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "pfnfault_bench.h"

#define BAR 2

static struct pci_dev *bar_device;
static unsigned long bar_pfn;
static unsigned long bar_pages;

/* One for each open file; freed with the last reference to @region. */
struct bench {
	struct pfnfault_region region;
	struct pfnfault_space space;
	unsigned long *bitmap;		/* what was written, for collect */
	unsigned long extent;		/* pages of one; 0: all */
	bool busy;			/* no page has a place */
	bool beaten;			/* another thread is first */
	struct vm_area_struct *vma;	/* ... in this VMA */
};

/*
 * Stands for a thread that faulted on the same page a moment before, and is
 * done when this one comes to its install.
 */
static void other_thread(struct bench *bench, unsigned long index)
{
	struct vm_area_struct *vma = bench->vma;

	vmf_insert_pfn(vma, vma->vm_start +
		       ((index - vma->vm_pgoff) << PAGE_SHIFT),
		       bar_pfn + index);
}

/* With what a driver's would not have. */
static noinline int odd_resolve(struct bench *bench, unsigned long index,
				struct pfnfault_extent *extent)
{
	if (READ_ONCE(bench->busy))
		return -EAGAIN;
	if (bench->beaten)
		other_thread(bench, index);
	if (bench->extent) {
		extent->index = index & ~(bench->extent - 1);
		extent->nr = bench->extent;
		extent->pfn = bar_pfn + extent->index;
	}
	return 0;
}

static int bench_resolve(struct pfnfault_region *region, unsigned long index,
			 struct pfnfault_extent *extent)
{
	struct bench *bench = container_of(region, struct bench, region);

	extent->nr = region->nr_pages;
	extent->pfn = bar_pfn;
	/* As pfnfault_demo.ko has reserved it. */
	extent->cache = PFNFAULT_WC;
	if (bench->busy || bench->beaten || bench->extent)
		return odd_resolve(bench, index, extent);
	return 0;
}

static void bench_free(struct pfnfault_region *region)
{
	struct bench *bench = container_of(region, struct bench, region);

	pfnfault_space_destroy(&bench->space);
	kvfree(bench->bitmap);
	kfree(bench);
}

static const struct pfnfault_ops bench_ops = {
	.resolve = bench_resolve,
	.release = bench_free,
};

static int bench_open(struct inode *inode, struct file *file)
{
	struct bench *bench = kzalloc(sizeof(*bench), GFP_KERNEL);
	int err = -ENOMEM;

	if (!bench)
		return -ENOMEM;
	bench->bitmap = kvcalloc(BITS_TO_LONGS(bar_pages), sizeof(long),
				 GFP_KERNEL);
	if (!bench->bitmap)
		goto free;
	err = pfnfault_space_init(&bench->space);
	if (err)
		goto free_bitmap;
	err = pfnfault_region_init(&bench->region, &bench_ops, &bench->space,
				   0, bar_pages);
	if (err)
		goto destroy;
	pfnfault_file_open(&bench->space, file);
	file->private_data = bench;
	return 0;

destroy:
	pfnfault_space_destroy(&bench->space);
free_bitmap:
	kvfree(bench->bitmap);
free:
	kfree(bench);
	return err;
}

static int bench_close(struct inode *inode, struct file *file)
{
	struct bench *bench = file->private_data;

	pfnfault_file_release(file);
	pfnfault_region_put(&bench->region);
	return 0;
}

static int bench_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct bench *bench = file->private_data;

	bench->vma = vma;
	vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
	return pfnfault_mmap(&bench->region, vma);
}

static size_t dirty_size(const struct pfnfault_region *region)
{
	const void *bitmap = rcu_access_pointer(region->dirty);

	if (!bitmap)
		return 0;
	return is_vmalloc_addr(bitmap) ?
		PAGE_ALIGN(BITS_TO_LONGS(region->nr_pages) * sizeof(long)) :
		ksize(bitmap);
}

static long bench_info(struct bench *bench, void __user *arg)
{
	struct pfnfault_bench_info info = {
		.pages = bar_pages,
		.region_size = sizeof(struct pfnfault_region),
		.dirty_size = dirty_size(&bench->region),
	};
	struct pfnfault_stats stats;

	pfnfault_region_stats(&bench->region, &stats);
	info.faults = stats.faults;
	info.installed = stats.installed;
	info.retries = stats.retries;
	info.lost = stats.lost;
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long bench_busy(struct bench *bench, bool busy)
{
	WRITE_ONCE(bench->busy, busy);
	if (!busy)
		pfnfault_wake(&bench->region);
	return 0;
}

static long bench_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct bench *bench = file->private_data;
	struct pfnfault_region *region = &bench->region;

	switch (cmd) {
	case PFNFAULT_BENCH_INFO:
		return bench_info(bench, (void __user *)arg);
	case PFNFAULT_BENCH_EXTENT:
		bench->extent = arg;
		return 0;
	case PFNFAULT_BENCH_BEATEN:
		bench->beaten = arg;
		return 0;
	case PFNFAULT_BENCH_BUSY:
		return bench_busy(bench, arg);
	case PFNFAULT_BENCH_INVALIDATE:
		pfnfault_invalidate(region, 0, bar_pages);
		return 0;
	case PFNFAULT_BENCH_BEGIN:
		pfnfault_invalidate_begin(region, 0, bar_pages);
		return 0;
	case PFNFAULT_BENCH_END:
		pfnfault_invalidate_end(region);
		return 0;
	case PFNFAULT_BENCH_REVOKE:
		pfnfault_revoke(region, arg);
		return 0;
	case PFNFAULT_BENCH_DIRTY_START:
		return pfnfault_dirty_start(region);
	case PFNFAULT_BENCH_DIRTY_COLLECT:
		return pfnfault_dirty_collect(region, bench->bitmap);
	case PFNFAULT_BENCH_DIRTY_STOP:
		pfnfault_dirty_stop(region);
		return 0;
	}
	return -ENOTTY;
}

static const struct file_operations bench_fops = {
	.owner = THIS_MODULE,
	.open = bench_open,
	.release = bench_close,
	.mmap = bench_mmap,
	.unlocked_ioctl = bench_ioctl,
};

static struct miscdevice bench_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pfnfault-bench",
	.fops = &bench_fops,
	.mode = 0600,
};

static int __init bench_init(void)
{
	int err;

	bar_device = pci_get_device(PCI_VENDOR_ID_REDHAT_QUMRANET, 0x1110,
				    NULL);
	if (!bar_device)
		return -ENODEV;
	bar_pfn = PHYS_PFN(pci_resource_start(bar_device, BAR));
	bar_pages = PHYS_PFN(pci_resource_len(bar_device, BAR));
	err = misc_register(&bench_misc);
	if (err)
		pci_dev_put(bar_device);
	return err;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	misc_deregister(&bench_misc);
	pci_dev_put(bar_device);
}
module_exit(bench_exit);

PFNFAULT_IMPORT;
MODULE_DESCRIPTION("A BAR mapped by pfnfault, to be measured");
MODULE_AUTHOR("The pfnfault developers");
MODULE_LICENSE("GPL");
