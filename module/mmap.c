// SPDX-License-Identifier: GPL-2.0-only
/* A VMA of a region: how it is made, and what core calls for it. */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/mm.h>

#include "compat.h"
#include "internal.h"

#ifdef CONFIG_PER_VMA_LOCK
/*
 * There is nothing to map from here, under RCU; but core calls fault() under the
 * per-VMA lock, and not under mmap_lock, only where there is a map_pages(). It
 * is fit for that: nothing in it reads more of the mm than the VMA, and the page
 * tables that the VMA's lock keeps.
 */
static vm_fault_t pfnfault_map_pages(struct vm_fault *vmf, pgoff_t start,
				     pgoff_t end)
{
	return 0;
}
#endif

static void count_vma(struct pfnfault_region *region)
{
	pfnfault_region_get(region);
	atomic_inc(&region->vmas);
}

/* Fork, split and move make a VMA out of this one: it has a reference too. */
static void pfnfault_vma_open(struct vm_area_struct *vma)
{
	count_vma(vma->vm_private_data);
	pfnfault_huge_copy(vma);
}

static void pfnfault_vma_close(struct vm_area_struct *vma)
{
	struct pfnfault_region *region = vma->vm_private_data;

	atomic_dec(&region->vmas);
	pfnfault_region_put(region);
}

static const struct vm_operations_struct pfnfault_vm_ops = {
	.open = pfnfault_vma_open,
	.close = pfnfault_vma_close,
	.fault = pfnfault_fault,
#ifdef PFNFAULT_LEAVES
	.huge_fault = pfnfault_huge_fault,
#endif
#ifdef CONFIG_PER_VMA_LOCK
	.map_pages = pfnfault_map_pages,
#endif
	.pfn_mkwrite = pfnfault_pfn_mkwrite,
	.access = pfnfault_access,
};

/**
 * pfnfault_vma_is_of() - does a VMA map a region?
 * @vma: any VMA
 * @region: the region
 *
 * Context: mmap_lock is held.
 * Return: true, it was made by pfnfault_mmap() of @region, or out of such a one.
 */
bool pfnfault_vma_is_of(const struct vm_area_struct *vma,
			const struct pfnfault_region *region)
{
	return vma->vm_ops == &pfnfault_vm_ops &&
	       vma->vm_private_data == region;
}

/* VM_PFNMAP, but for what core copies on write: that has to be VM_MIXEDMAP. */
static vm_flags_t flags_for(const struct vm_area_struct *vma)
{
	const vm_flags_t flags = VM_IO | VM_DONTEXPAND | VM_DONTDUMP;

	if (pfnfault_is_cow(vma))
		return flags | VM_MIXEDMAP;
	return flags | VM_PFNMAP;
}

/**
 * pfnfault_mmap() - map a region: the whole of a driver's ->mmap
 * @region: region to map; the caller holds a reference
 * @vma: VMA of a file that went through pfnfault_file_open() with the
 *	region's space
 *
 * * Nothing is mapped yet: pages come with the faults on them.
 * * Page vma->vm_pgoff - region->base is where the VMA begins. The page under
 *   an address does not change when the VMA is split, shrunk or moved.
 * * Each VMA holds a reference to the region, for as long as it lives.
 * * vma->vm_ops and vma->vm_private_data are pfnfault's from here on.
 * * The mapping cannot grow, is not dumped, and get_user_pages() refuses it:
 *   no O_DIRECT, no RDMA, no MAP_POPULATE.
 * * vma->vm_page_prot is the base of what the PTEs carry, but for the cache
 *   mode. For device memory, a driver passes it through pgprot_decrypted()
 *   before; for RAM it does not. The PTEs of a private mapping carry nothing
 *   else, those of what stands in after a revocation, too.
 *
 * To be the last step of ->mmap that can fail: where ->mmap fails after it,
 * core does not call ->close, and the reference is never given back.
 *
 * Context: ->mmap; mmap_lock is held for writing.
 * Return: 0; -EINVAL, a private (copy-on-write) mapping of a region without
 * PFNFAULT_COW, or a file without pfnfault_file_open(); -ENXIO, not all of it
 * lies in the region; -ENODEV, the region was revoked.
 */
int pfnfault_mmap(struct pfnfault_region *region, struct vm_area_struct *vma)
{
	unsigned long index = vma->vm_pgoff - region->base;

	if (pfnfault_revoked(region))
		return -ENODEV;
	if (vma->vm_file->f_mapping != region->space->inode->i_mapping) {
		pr_warn_once("pfnfault: %ps: no pfnfault_file_open() with the region's space in ->open; mmap refused\n",
			     vma->vm_file->f_op->mmap);
		return -EINVAL;
	}
	if (pfnfault_is_cow(vma) &&
	    !(region->ops->flags & PFNFAULT_COW))
		return -EINVAL;
	if (vma->vm_pgoff < region->base || index >= region->nr_pages ||
	    vma_pages(vma) > region->nr_pages - index)
		return -ENXIO;

	vm_flags_set(vma, flags_for(vma));
	vma->vm_private_data = region;
	vma->vm_ops = &pfnfault_vm_ops;
	count_vma(region);
	return 0;
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_mmap);
