// SPDX-License-Identifier: GPL-2.0-only
/*
 * What vram.c's objects live in: the end of a BAR, which bar.c gives and takes
 * back, or memory that is set aside where there is no device.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitmap.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pgtable.h>
#include <linux/sizes.h>

#include "demo.h"
#include "vram.h"

struct vram vram = { .lock = __MUTEX_INITIALIZER(vram.lock) };

static unsigned int vram_pages = SZ_4M >> PAGE_SHIFT;

static int vram_pages_set(const char *val, const struct kernel_param *kp)
{
	return demo_set_count(val, kp, 1048576);
}

static const struct kernel_param_ops vram_pages_ops = {
	.set = vram_pages_set, .get = param_get_uint,
};

module_param_cb(vram_pages, &vram_pages_ops, &vram_pages, 0444);
MODULE_PARM_DESC(vram_pages, "size of VRAM, in pages, 1 to 1048576; default 4 MiB; less where there is no such run of RAM");

static void *set_aside;		/* what VRAM is, or NULL */
static unsigned long *used;	/* a bit for each page */

/*
 * Consecutive pages, or VRAM_NONE. Large objects begin where a huge entry may;
 * the BAR itself does.
 */
unsigned long vram_allocate_pages(unsigned long nr)
{
	unsigned long align = nr < PTRS_PER_PTE ? 0 : PTRS_PER_PTE - 1;
	unsigned long page = bitmap_find_next_zero_area(used, vram.nr_pages, 0,
							nr, align);

	if (page >= vram.nr_pages)
		return VRAM_NONE;
	bitmap_set(used, page, nr);
	return page;
}

/* Some machines (s390x) reach a BAR by other instructions than RAM. */
void vram_read(void *to, unsigned long page, unsigned long size)
{
	unsigned long offset = page << PAGE_SHIFT;

	if (set_aside)
		memcpy(to, set_aside + offset, size);
	else
		memcpy_fromio(to, vram.io + offset, size);
}

void vram_write(unsigned long page, const void *from, unsigned long size)
{
	unsigned long offset = page << PAGE_SHIFT;

	if (set_aside)
		memcpy(set_aside + offset, from, size);
	else
		memcpy_toio(vram.io + offset, from, size);
}

/* They are somebody else's from now on. */
void vram_free_pages(unsigned long page, unsigned long nr)
{
	unsigned long offset = page << PAGE_SHIFT;

	if (set_aside)
		memset(set_aside + offset, VRAM_POISON, nr << PAGE_SHIFT);
	else
		memset_io(vram.io + offset, VRAM_POISON, nr << PAGE_SHIFT);
	bitmap_clear(used, page, nr);
}

/**
 * vram_give() - the end of a BAR becomes VRAM
 * @pfn: of the BAR
 * @nr_pages: of the BAR
 * @io: the kernel's mapping of it; NULL, it has none: then it is no VRAM
 * @cache: ... and its cache mode
 *
 * Until vram_take_back(). Only one BAR is taken, and only where it is at least
 * twice as large as VRAM shall be.
 */
void vram_give(unsigned long pfn, unsigned long nr_pages, void __iomem *io,
	       enum pfnfault_cache cache)
{
	mutex_lock(&vram.lock);
	if (io && !vram.nr_pages && nr_pages / 2 >= vram_pages) {
		vram.nr_pages = vram_pages;
		vram.pfn = pfn + nr_pages - vram_pages;
		vram.io = io + ((nr_pages - vram_pages) << PAGE_SHIFT);
		vram.cache = cache;
	}
	mutex_unlock(&vram.lock);
}

/**
 * vram_take_back() - the BAR goes
 * @pfn: of the BAR
 * @nr_pages: of the BAR
 *
 * What is in it moves to system memory.
 */
void vram_take_back(unsigned long pfn, unsigned long nr_pages)
{
	mutex_lock(&vram.lock);
	if (!set_aside && vram.pfn >= pfn && vram.pfn - pfn < nr_pages) {
		vram_empty();
		vram.nr_pages = 0;
		vram.pfn = 0;
	}
	mutex_unlock(&vram.lock);
}

/*
 * As much as was asked for, or half of that, and so on: how many consecutive
 * pages there can be, differs between machines.
 */
static int allocate(void)
{
	for (; vram_pages; vram_pages /= 2) {
		set_aside = alloc_pages_exact((size_t)vram_pages << PAGE_SHIFT,
					      GFP_KERNEL | __GFP_NOWARN);
		if (set_aside)
			break;
	}
	if (!set_aside)
		return -ENOMEM;
	vram.nr_pages = vram_pages;
	vram.pfn = page_to_pfn(virt_to_page(set_aside));
	vram.cache = PFNFAULT_WB;
	atomic_add(vram_pages, &demo_pages);
	return 0;
}

int vram_memory_init(void)
{
	int err;

	used = bitmap_zalloc(vram_pages, GFP_KERNEL);
	if (!used)
		return -ENOMEM;
	mutex_lock(&vram.lock);
	err = vram.nr_pages ? 0 : allocate();
	mutex_unlock(&vram.lock);
	if (err)
		bitmap_free(used);
	else
		pr_info("VRAM is %u pages %s\n", vram_pages,
			set_aside ? "of RAM" : "at the end of a BAR");
	return err;
}

void vram_memory_exit(void)
{
	if (set_aside) {
		free_pages_exact(set_aside, (size_t)vram_pages << PAGE_SHIFT);
		atomic_sub(vram_pages, &demo_pages);
	}
	bitmap_free(used);
}
