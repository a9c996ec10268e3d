// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fault on a region: sample the sequence, resolve, install under the
 * sequence check; where the page has no place at the moment, drop the lock of
 * the fault, pause, and let core come again.
 */
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/srcu.h>

#include "compat.h"
#include "internal.h"

/* Installs that a fault may lose in a row before it gives up the lock. */
#define LOST_IN_A_ROW 3

/*
 * Held for reading around ops.resolve(). The revoker sets region->revoked and
 * then waits for the readers: those that missed it are through, and no other
 * calls the ops again. One for all regions, as readers are short. It need not
 * cover the install, which the sequence guards.
 */
DEFINE_STATIC_SRCU(ops_srcu);

/**
 * pfnfault_drain_ops() - wait until no op of a revoked region runs
 *
 * Context: process context, sleeps; not from an op.
 */
void pfnfault_drain_ops(void)
{
	synchronize_srcu(&ops_srcu);
}

/* The driver's answer is used as page-table content: believe none of it. */
static bool extent_sane(const struct pfnfault_region *region,
			unsigned long index,
			const struct pfnfault_extent *extent)
{
	if (extent->index <= index && index - extent->index < extent->nr &&
	    extent->index < region->nr_pages &&
	    extent->nr <= region->nr_pages - extent->index &&
	    extent->pfn + extent->nr > extent->pfn &&
	    pfnfault_pfn_exists(extent->pfn + extent->nr - 1) &&
	    extent->cache <= PFNFAULT_UC && !extent->flags)
		return true;
	pr_warn_once("pfnfault: %ps: bad extent for page %lu of %lu: %lu pages from %lu on at PFN %#lx, cache %u, flags %#x; SIGBUS\n",
		     region->ops->resolve, index, region->nr_pages, extent->nr,
		     extent->index, extent->pfn, extent->cache, extent->flags);
	return false;
}

static int resolve(struct pfnfault_region *region, unsigned long index,
		   struct pfnfault_extent *extent)
{
	int idx = srcu_read_lock(&ops_srcu);
	int err = -ENODEV;

	if (!READ_ONCE(region->revoked))
		err = region->ops->resolve(region, index, extent);
	srcu_read_unlock(&ops_srcu, idx);
	if (err)
		return err < 0 ? err : -EINVAL;
	return extent_sane(region, index, extent) ? 0 : -EINVAL;
}

static int resolve_and_install(struct pfnfault_region *region,
			       struct vm_fault *vmf)
{
	unsigned long index = vmf->pgoff - region->base;
	struct pfnfault_extent extent = {};
	/*
	 * Before resolve(): whoever invalidates after this makes the install
	 * lose. An acquire, paired with the barrier before the bump in
	 * pfnfault_invalidate(): with the new sequence come the new place
	 * and, if it was a revocation, region->revoked.
	 */
	unsigned long seq = atomic_long_read_acquire(&region->seq);
	int err = resolve(region, index, &extent);

	return err ?: pfnfault_install(region, vmf, &extent, seq);
}

/*
 * Pause for a tick in the state this fault may wait in, without the lock of
 * the fault where core lets it go.
 *
 * Return: what to return from the fault, or 0: the lock was not to be dropped,
 * try again.
 */
static vm_fault_t pause_fault(struct vm_fault *vmf)
{
	unsigned int state = pfnfault_wait_state(vmf);
	struct file *file;
	bool released;

	if (state == TASK_RUNNING)
		return VM_FAULT_RETRY;
	/*
	 * With the lock goes the VMA, with it the file, with that the driver's
	 * module, and with that this one, whose text we run: hold the file. Its
	 * last fput() is done when the task returns to user mode.
	 */
	file = get_file(vmf->vma->vm_file);
	released = pfnfault_release_lock(vmf);
	/* Nothing of the VMA or the region from here on, if released. */
	set_current_state(state);
	schedule_timeout(1);
	fput(file);
	if (released)
		return VM_FAULT_RETRY;
	return signal_pending_state(state, current) ? VM_FAULT_SIGBUS : 0;
}

static bool again(int err)
{
	switch (err) {
	case PFNFAULT_LOST:
	case -EAGAIN:
	case -EBUSY:
	/* Of a resolve() that slept after all; the pause sees to the signal. */
	case -EINTR:
	case -ERESTARTSYS:
		return true;
	}
	return false;
}

static vm_fault_t pfnfault_fault(struct vm_fault *vmf)
{
	struct pfnfault_region *region = vmf->vma->vm_private_data;
	unsigned int lost = 0;
	vm_fault_t ret;
	int err;

	atomic_long_inc(&region->faults);
	for (;;) {
		err = resolve_and_install(region, vmf);
		if (!again(err))
			return pfnfault_errno(err);
		if (err == PFNFAULT_LOST && ++lost < LOST_IN_A_ROW)
			continue;
		lost = 0;
		atomic_long_inc(&region->retries);
		ret = pause_fault(vmf);
		if (ret)
			return ret;
	}
}

/* Fork, split and move make a VMA out of this one: it has a reference too. */
static void pfnfault_vma_open(struct vm_area_struct *vma)
{
	pfnfault_region_get(vma->vm_private_data);
}

static void pfnfault_vma_close(struct vm_area_struct *vma)
{
	pfnfault_region_put(vma->vm_private_data);
}

static const struct vm_operations_struct pfnfault_vm_ops = {
	.open = pfnfault_vma_open,
	.close = pfnfault_vma_close,
	.fault = pfnfault_fault,
};

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
 * * The mapping cannot grow, is not dumped, and get_user_pages() refuses it:
 *   no O_DIRECT, no RDMA, no MAP_POPULATE.
 * * vma->vm_page_prot is the base of what the PTEs carry, but for the cache
 *   mode. For device memory, a driver passes it through pgprot_decrypted()
 *   before; for RAM it does not.
 *
 * Context: ->mmap; mmap_lock is held for writing.
 * Return: 0; -EINVAL, a private (copy-on-write) mapping, or a file without
 * pfnfault_file_open(); -ENXIO, not all of it lies in the region; -ENODEV, the
 * region was revoked.
 */
int pfnfault_mmap(struct pfnfault_region *region, struct vm_area_struct *vma)
{
	unsigned long index = vma->vm_pgoff - region->base;

	if (READ_ONCE(region->revoked))
		return -ENODEV;
	if (vma->vm_file->f_mapping != region->space->inode->i_mapping) {
		pr_warn_once("pfnfault: %ps: no pfnfault_file_open() with the region's space in ->open; mmap refused\n",
			     vma->vm_file->f_op->mmap);
		return -EINVAL;
	}
	if (is_cow_mapping(vma->vm_flags))
		return -EINVAL;
	if (vma->vm_pgoff < region->base || index >= region->nr_pages ||
	    vma_pages(vma) > region->nr_pages - index)
		return -ENXIO;

	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = region;
	vma->vm_ops = &pfnfault_vm_ops;
	pfnfault_region_get(region);
	return 0;
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_mmap);
