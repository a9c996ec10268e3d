// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/pfnfault-mspec: memory that comes with the first touch, as from SGI's
 * mspec. Needs no hardware.
 *
 * resolve() does more than look: where a page has no memory yet, it allocates
 * some. All who map the same offset share the page. Nothing is taken back while
 * programs run, so there is no layer 3 here but at the end: a mapping holds its
 * file, and so at the last close of the node no mapping is left, and the pages
 * can be freed.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pfnfault.h>
#include <linux/sched.h>
#include <linux/xarray.h>

#include "demo.h"
#include "pfnfault_demo.h"

#define MAX_PAGES 1048576

/* One for the module: there is no device that could come and go. */
static struct {
	struct pfnfault_region region;
	struct pfnfault_space space;
	struct xarray pages;	/* those that were touched, by index */
	struct mutex lock;	/* the last close against the next open */
	unsigned int files;	/* open ones; under @lock */
} mspec;

static unsigned int mspec_pages = 4096;

static int mspec_pages_set(const char *val, const struct kernel_param *kp)
{
	return demo_set_count(val, kp, MAX_PAGES);
}

static const struct kernel_param_ops mspec_pages_ops = {
	.set = mspec_pages_set, .get = param_get_uint,
};

module_param_cb(mspec_pages, &mspec_pages_ops, &mspec_pages, 0444);
MODULE_PARM_DESC(mspec_pages, "size of /dev/pfnfault-mspec, in pages: 1 to 1048576, default 4096");

/* Cleared: what was in the page before is nobody's business. */
static struct page *mspec_alloc(void)
{
	struct page *page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);

	if (page)
		atomic_inc(&demo_pages);
	return page;
}

static void mspec_free(struct page *page)
{
	__free_page(page);
	atomic_dec(&demo_pages);
}

/* The first touch of page @index. Another CPU may be here for the same page. */
static struct page *mspec_add(unsigned long index)
{
	struct page *page = mspec_alloc(), *other;

	if (!page)
		return ERR_PTR(-ENOMEM);
	other = xa_cmpxchg(&mspec.pages, index, NULL, page, GFP_KERNEL_ACCOUNT);
	if (!other)
		return page;
	/* The other CPU was first: its page is the one that all share. */
	mspec_free(page);
	return xa_is_err(other) ? ERR_PTR(xa_err(other)) : other;
}

/* Where is page @index? Where it was before, or else in a new page. */
static int mspec_resolve(struct pfnfault_region *region, unsigned long index,
			 struct pfnfault_extent *extent)
{
	struct page *page = xa_load(&mspec.pages, index);

	if (!page)
		page = mspec_add(index);
	if (IS_ERR(page))
		return PTR_ERR(page);
	extent->index = index;
	extent->nr = 1;		/* its neighbours lie elsewhere */
	extent->pfn = page_to_pfn(page);
	extent->cache = PFNFAULT_WB;
	return 0;
}

static const struct pfnfault_ops mspec_ops = {
	.resolve = mspec_resolve,
	/* It allocates: not what nobody has touched. */
	.flags = PFNFAULT_TOUCHED,
};

static void mspec_free_all(void)
{
	struct page *page;
	unsigned long index;

	xa_for_each(&mspec.pages, index, page) {
		mspec_free(page);
		cond_resched();
	}
	xa_destroy(&mspec.pages);
}

/* A file that is opened while the last one closes waits for the pages to go. */
static int mspec_open(struct inode *inode, struct file *file)
{
	mutex_lock(&mspec.lock);
	mspec.files++;
	mutex_unlock(&mspec.lock);
	pfnfault_file_open(&mspec.space, file);
	return 0;
}

static int mspec_close(struct inode *inode, struct file *file)
{
	pfnfault_file_release(file);
	mutex_lock(&mspec.lock);
	if (!--mspec.files)
		mspec_free_all();
	mutex_unlock(&mspec.lock);
	return 0;
}

static int mspec_mmap(struct file *file, struct vm_area_struct *vma)
{
	return pfnfault_mmap(&mspec.region, vma);
}

static long mspec_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	if (cmd != PFNFAULT_DEMO_INFO)
		return -ENOTTY;
	return demo_info(&mspec.region, arg);
}

/* With the owner, the module cannot go while a file is open. */
static const struct file_operations mspec_fops = {
	.owner = THIS_MODULE,
	.open = mspec_open,
	.release = mspec_close,
	.mmap = mspec_mmap,
	.unlocked_ioctl = mspec_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice mspec_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pfnfault-mspec",
	.fops = &mspec_fops,
	.mode = 0600,
};

/* The node comes last: from then on, programs may open it. */
int mspec_init(void)
{
	int err = pfnfault_space_init(&mspec.space);

	if (err)
		return err;
	err = pfnfault_region_init(&mspec.region, &mspec_ops, &mspec.space, 0,
				   mspec_pages);
	if (err)
		goto destroy_space;
	xa_init(&mspec.pages);
	mutex_init(&mspec.lock);
	err = misc_register(&mspec_misc);
	if (err)
		goto put_region;
	return 0;

put_region:
	pfnfault_region_put(&mspec.region);
destroy_space:
	pfnfault_space_destroy(&mspec.space);
	return err;
}

/*
 * Here no file is open, for it would hold the module, and so nothing is mapped.
 * A driver whose device can go before its files do needs this revocation, and
 * frees the pages after it.
 */
void mspec_exit(void)
{
	misc_deregister(&mspec_misc);
	pfnfault_revoke(&mspec.region, PFNFAULT_REVOKE_SIGBUS);
	pfnfault_region_put(&mspec.region);
	pfnfault_space_destroy(&mspec.space);
}
