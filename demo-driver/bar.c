// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/pfnfault-bar: a PCI BAR that programs map, of QEMU's ivshmem-plain.
 *
 * The memory has one place as long as the device is there, so resolve() is
 * four assignments. What takes care is the end: programs may have the BAR
 * mapped when the device is pulled. remove() revokes it, and the object lives
 * on until the last file and the last mapping let go of it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pfnfault.h>
#include <linux/slab.h>

#include "demo.h"
#include "pfnfault_demo.h"

#define BAR 2

/* One for each device; freed with the last reference to @region. */
struct bar {
	struct pfnfault_region region;
	struct pfnfault_space space;
	struct miscdevice misc;		/* the node */
	char name[24];			/* ... and its name */
	int id;				/* ... and its number */
	unsigned long pfn;		/* first page of the BAR */
	void __iomem *regs;		/* reserves the memory type: bar_map() */
};

static DEFINE_IDA(bar_ids);

/* The cache mode: a module parameter, by name. */
static const char * const cache_names[] = {
	[PFNFAULT_WB] = "wb", [PFNFAULT_WC] = "wc", [PFNFAULT_UC] = "uc",
};

static int bar_cache = PFNFAULT_WC;

static int cache_set(const char *val, const struct kernel_param *kp)
{
	int cache = sysfs_match_string(cache_names, val);

	if (cache < 0) {
		pr_err("cache=%s: must be wb, wc or uc\n", val);
		return cache;
	}
	bar_cache = cache;
	return 0;
}

static int cache_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", cache_names[bar_cache]);
}

static const struct kernel_param_ops cache_ops = {
	.set = cache_set, .get = cache_get,
};

module_param_cb(cache, &cache_ops, NULL, 0444);
MODULE_PARM_DESC(cache, "cache mode of the BAR: wb, wc (default) or uc");

/* Where is page @index? At the same place as ever, and so is all the rest. */
static int bar_resolve(struct pfnfault_region *region, unsigned long index,
		       struct pfnfault_extent *extent)
{
	struct bar *bar = container_of(region, struct bar, region);

	extent->index = 0;
	extent->nr = region->nr_pages;
	extent->pfn = bar->pfn;
	extent->cache = bar_cache;
	return 0;
}

static void bar_free(struct pfnfault_region *region)
{
	struct bar *bar = container_of(region, struct bar, region);

	pfnfault_space_destroy(&bar->space);
	kfree(bar);
}

static const struct pfnfault_ops bar_ops = {
	.resolve = bar_resolve,
	.release = bar_free,
};

/* misc_open() holds the lock that misc_deregister() takes: the bar is there. */
static int bar_open(struct inode *inode, struct file *file)
{
	struct bar *bar = container_of(file->private_data, struct bar, misc);

	pfnfault_region_get(&bar->region);
	file->private_data = bar;
	pfnfault_file_open(&bar->space, file);
	return 0;
}

static int bar_close(struct inode *inode, struct file *file)
{
	struct bar *bar = file->private_data;

	pfnfault_file_release(file);
	pfnfault_region_put(&bar->region);
	return 0;
}

/* What huge entries carry, but on x86: one that says it, as extents do. */
static pgprot_t bar_prot(pgprot_t prot)
{
	/* Device memory is not encrypted, whatever RAM is. */
	prot = pgprot_decrypted(prot);
	/* Where there are none, it is not for modules (s390x). */
	if (!IS_ENABLED(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP))
		return prot;
	if (bar_cache == PFNFAULT_WC)
		return pgprot_writecombine(prot);
	if (bar_cache == PFNFAULT_UC)
		return pgprot_noncached(prot);
	return prot;
}

static int bar_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct bar *bar = file->private_data;

	vma->vm_page_prot = bar_prot(vma->vm_page_prot);
	return pfnfault_mmap(&bar->region, vma);
}

static long bar_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct bar *bar = file->private_data;

	if (cmd != PFNFAULT_DEMO_INFO)
		return -ENOTTY;
	return demo_info(&bar->region, arg);
}

static const struct file_operations bar_fops = {
	.owner = THIS_MODULE,
	.open = bar_open,
	.release = bar_close,
	.mmap = bar_mmap,
	.get_unmapped_area = thp_get_unmapped_area,
	.unlocked_ioctl = bar_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct bar *bar_alloc(unsigned long pfn, unsigned long nr_pages)
{
	struct bar *bar = kzalloc(sizeof(*bar), GFP_KERNEL);
	int err;

	if (!bar)
		return ERR_PTR(-ENOMEM);
	bar->pfn = pfn;
	err = pfnfault_space_init(&bar->space);
	if (err)
		goto free;
	err = pfnfault_region_init(&bar->region, &bar_ops, &bar->space, 0,
				   nr_pages);
	if (err)
		goto destroy_space;
	return bar;	/* from here on, freed by putting the region */

destroy_space:
	pfnfault_space_destroy(&bar->space);
free:
	kfree(bar);
	return ERR_PTR(err);
}

/*
 * A live mapping of the kernel's reserves the memory type of the BAR (x86). Not
 * every architecture has ioremap_cache().
 */
static void __iomem *bar_map(resource_size_t start, resource_size_t size)
{
	switch (bar_cache) {
	case PFNFAULT_WB:
		return (void __iomem __force *)memremap(start, size,
							MEMREMAP_WB);
	case PFNFAULT_WC:
		return ioremap_wc(start, size);
	}
	return ioremap(start, size);
}

static void bar_unmap(void __iomem *regs)
{
	if (bar_cache == PFNFAULT_WB)
		memunmap((void __force *)regs);
	else
		iounmap(regs);
}

/*
 * ioremap() of some 32-bit kernels (x86, Linux 6.1) forgets what an address has
 * beyond 4 GiB, and maps other memory.
 */
static bool bar_can_be_mapped(const struct pci_dev *pdev)
{
	return !IS_ENABLED(CONFIG_X86_32) ||
		!upper_32_bits(pci_resource_end(pdev, BAR));
}

static int bar_start(struct bar *bar, struct pci_dev *pdev)
{
	int err = pci_enable_device_mem(pdev);

	if (err)
		return err;
	err = pci_request_region(pdev, BAR, "pfnfault-bar");
	if (err)
		goto disable;
	if (!bar_can_be_mapped(pdev)) {
		pci_info(pdev, "BAR %d (%pR) is above 4 GiB, cache=%s is not reserved: programs' mappings are uncached\n",
			 BAR, &pdev->resource[BAR], cache_names[bar_cache]);
		return 0;
	}
	bar->regs = bar_map(pci_resource_start(pdev, BAR),
			    pci_resource_len(pdev, BAR));
	if (bar->regs)
		return 0;

	pci_err(pdev, "the kernel does not map BAR %d (%pR) as cache=%s\n",
		BAR, &pdev->resource[BAR], cache_names[bar_cache]);
	err = -EBUSY;
	pci_release_region(pdev, BAR);
disable:
	pci_disable_device(pdev);
	return err;
}

static void bar_stop(struct bar *bar, struct pci_dev *pdev)
{
	if (bar->regs)
		bar_unmap(bar->regs);
	pci_release_region(pdev, BAR);
	pci_disable_device(pdev);
}

static int bar_add_node(struct bar *bar, struct pci_dev *pdev)
{
	int err;

	bar->id = ida_alloc(&bar_ids, GFP_KERNEL);
	if (bar->id < 0)
		return bar->id;
	snprintf(bar->name, sizeof(bar->name), bar->id ? "pfnfault-bar%d" :
		 "pfnfault-bar", bar->id);
	bar->misc.minor = MISC_DYNAMIC_MINOR;
	bar->misc.name = bar->name;
	bar->misc.fops = &bar_fops;
	bar->misc.mode = 0600;
	bar->misc.parent = &pdev->dev;
	err = misc_register(&bar->misc);
	if (err)
		ida_free(&bar_ids, bar->id);
	return err;
}

static int bar_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	resource_size_t start = pci_resource_start(pdev, BAR);
	resource_size_t size = pci_resource_len(pdev, BAR);
	struct bar *bar;
	int err;

	/* What shares a page with the BAR is not the program's to map. */
	if (!(pci_resource_flags(pdev, BAR) & IORESOURCE_MEM) || !size ||
	    !PAGE_ALIGNED(start) || !PAGE_ALIGNED(size)) {
		pci_err(pdev, "BAR %d (%pR, size %pa) is not memory in whole pages of %lu bytes\n",
			BAR, &pdev->resource[BAR], &size, PAGE_SIZE);
		return -ENODEV;
	}
	bar = bar_alloc(PHYS_PFN(start), PHYS_PFN(size));
	if (IS_ERR(bar))
		return PTR_ERR(bar);
	err = bar_start(bar, pdev);
	if (err)
		goto put;
	pci_set_drvdata(pdev, bar);
	err = bar_add_node(bar, pdev);
	if (err)
		goto stop;
	vram_give(bar->pfn, bar->region.nr_pages, bar->regs, bar_cache);
	pci_info(pdev, "/dev/%s: %pR, cache=%s requested\n", bar->name,
		 &pdev->resource[BAR], cache_names[bar_cache]);
	return 0;

stop:
	bar_stop(bar, pdev);
put:
	pfnfault_region_put(&bar->region);
	return err;
}

/* First no new files, then no mapping, then the BAR may go. */
static void bar_remove(struct pci_dev *pdev)
{
	struct bar *bar = pci_get_drvdata(pdev);

	misc_deregister(&bar->misc);
	ida_free(&bar_ids, bar->id);
	pfnfault_revoke(&bar->region, PFNFAULT_REVOKE_SIGBUS);
	vram_take_back(bar->pfn, bar->region.nr_pages);
	bar_stop(bar, pdev);
	pfnfault_region_put(&bar->region);
}

static const struct pci_device_id bar_table[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT_QUMRANET, 0x1110) },
	{ }
};
MODULE_DEVICE_TABLE(pci, bar_table);

struct pci_driver bar_driver = {
	.name = "pfnfault-bar",
	.id_table = bar_table,
	.probe = bar_probe,
	.remove = bar_remove,
};
