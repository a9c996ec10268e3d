// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fault on a region: locate the page, install it under the sequence check;
 * where it has no place at the moment, drop the lock of the fault, wait, and
 * let core come again, as often as it takes.
 *
 * While it waits, a fault holds the file and a reference to the region, and no
 * lock where core lets it go. A device can go while programs wait for it: a
 * revocation wakes them first, and then waits for what still runs.
 */
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "compat.h"
#include "internal.h"

/* Installs that a fault may lose in a row before it gives up the lock. */
#define LOST_IN_A_ROW 3

/* How often to look again where the driver tells nobody (HZ is a second). */
#define POLL (HZ / 10)

/**
 * pfnfault_locate_and_install() - the fault, but for the waiting
 * @region: the region
 * @vmf: the fault
 * @mapped: filled on success: how many pages from the faulting one on
 *
 * Context: the lock of the fault is held; may sleep.
 * Return: as pfnfault_locate() and pfnfault_install().
 */
int pfnfault_locate_and_install(struct pfnfault_region *region,
				struct vm_fault *vmf, unsigned long *mapped)
{
	struct pfnfault_extent extent;
	unsigned long seq;
	int err = pfnfault_locate(region, vmf->pgoff - region->base, &extent,
				  &seq);

	return err ?: pfnfault_install(region, vmf, &extent, seq, mapped);
}

/**
 * pfnfault_wake() - wake the faults that wait
 * @region: the region
 *
 * To be called after ops.resolve() may have come to another answer than
 * -EAGAIN: what the driver wrote before is seen by the faults that wake.
 *
 * Context: any, also in interrupts.
 */
void pfnfault_wake(struct pfnfault_region *region)
{
	/* A release, paired with the acquire in handle_fault(). */
	atomic_inc_return_release(&region->wakes);
	/* The count before we look for sleepers, who look at it last. */
	if (wq_has_sleeper(&region->waitq))
		wake_up_all(&region->waitq);
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_wake);

static int call_wait(struct pfnfault_region *region, unsigned long index,
		     unsigned int state)
{
	int err;

	if (!pfnfault_enter_op(region))
		return 0;
	err = region->ops->wait(region, index, state);
	pfnfault_leave_op(region);
	return err;
}

/*
 * Until pfnfault_wake() was called since @wakes, the time is up, or a signal
 * comes that @state lets through.
 */
static void sleep_on(struct pfnfault_region *region, int wakes,
		     unsigned int state, long timeout)
{
	(void)___wait_event(region->waitq,
			    ___wait_cond_timeout(atomic_read(&region->wakes) !=
						 wakes),
			    state, 0, timeout,
			    __ret = schedule_timeout(__ret));
}

/* @why is what pfnfault_locate_and_install() said. */
static void wait_for_place(struct pfnfault_region *region, unsigned long index,
			   int why, int wakes, unsigned int state)
{
	long timeout = 1;

	switch (why) {
	case PFNFAULT_MOVING:
		timeout = MAX_SCHEDULE_TIMEOUT;
		break;
	case -EAGAIN:
	case -EBUSY:
		if (!region->ops->wait)
			timeout = POLL;
		else if (!call_wait(region, index, state))
			return;
	}
	/*
	 * A tick where an install lost again and again, or a wait() failed:
	 * not at full speed, whatever it says of signals. A signal that may
	 * end this wait ends it at once.
	 */
	sleep_on(region, wakes, state, timeout);
}

/*
 * Wait in the state that this fault may wait in, without the lock of the fault
 * where core lets it go.
 *
 * Return: what to return from the fault, or 0: the lock was not to be dropped,
 * try again.
 */
static vm_fault_t wait_and_retry(struct vm_fault *vmf, int why, int wakes)
{
	struct pfnfault_region *region = vmf->vma->vm_private_data;
	unsigned long index = vmf->pgoff - region->base;
	unsigned int state = pfnfault_wait_state(vmf);
	bool user = vmf->flags & FAULT_FLAG_USER;
	struct file *file;
	bool released;

	if (state == TASK_RUNNING)
		return VM_FAULT_RETRY;
	/*
	 * With the lock goes the VMA, with it the file, with that the driver's
	 * module, and with that this one, whose text we run: hold the file. A
	 * task's last fput() is done when it returns to user mode.
	 */
	file = get_file(vmf->vma->vm_file);
	pfnfault_region_get(region);
	released = pfnfault_release_lock(vmf);
	/* Nothing of the VMA from here on, if released. */
	wait_for_place(region, index, why, wakes, state);
	pfnfault_region_put(region);
	fput(file);
	if (released)
		return VM_FAULT_RETRY;
	cond_resched();
	if (!fatal_signal_pending(current))
		return 0;
	/* In user mode, it dies of the signal before it faults again. */
	return user ? VM_FAULT_NOPAGE : VM_FAULT_SIGBUS;
}

/* Is @err no error that the program must see? */
static bool again(int err)
{
	switch (err) {
	case PFNFAULT_LOST:
	case PFNFAULT_MOVING:
	case -EAGAIN:
	case -EBUSY:
	/* Of a resolve() that slept after all; the wait sees to the signal. */
	case -EINTR:
	case -ERESTARTSYS:
		return true;
	}
	return false;
}

static vm_fault_t handle_fault(struct vm_fault *vmf)
{
	struct pfnfault_region *region = vmf->vma->vm_private_data;
	unsigned int lost = 0;
	unsigned long mapped;
	vm_fault_t ret;
	int err, wakes;

	for (;;) {
		/*
		 * Before all else: who wakes us after this ends the wait. An
		 * acquire, paired with the release in pfnfault_wake().
		 */
		wakes = atomic_read_acquire(&region->wakes);
		err = pfnfault_locate_and_install(region, vmf, &mapped);
		if (!again(err))
			return pfnfault_errno(err);
		if (err == PFNFAULT_LOST && ++lost < LOST_IN_A_ROW)
			continue;
		lost = 0;
		atomic_long_inc(&region->retries);
		ret = wait_and_retry(vmf, err, wakes);
		if (ret)
			return ret;
	}
}

static vm_fault_t pfnfault_fault(struct vm_fault *vmf)
{
	struct pfnfault_region *region = vmf->vma->vm_private_data;

	atomic_long_inc(&region->faults);
	return handle_fault(vmf);
}

/*
 * A write to a page that is mapped read-only: because writes are tracked, or
 * were, or mprotect() was there. Map it anew as for a write, and do not let
 * core upgrade the PTE: dirty.c tells why.
 *
 * Core takes no VM_FAULT_RETRY here. Who can come again is sent to fault(),
 * whose own wait drops the lock; kernel mode must not return without a PTE, and
 * waits under the lock.
 */
static vm_fault_t pfnfault_pfn_mkwrite(struct vm_fault *vmf)
{
	struct pfnfault_region *region = vmf->vma->vm_private_data;
	struct vm_fault write = {
		.vma = vmf->vma,
		.address = vmf->address,
		.pgoff = vmf->pgoff,
		.flags = vmf->flags & ~(FAULT_FLAG_ALLOW_RETRY |
					FAULT_FLAG_RETRY_NOWAIT),
	};
	unsigned long mapped;
	int err;

	atomic_long_inc(&region->faults);
	/* In this mapping alone: there may be thousands. */
	pfnfault_zap_pte(vmf->vma, vmf->address);
	if (!(vmf->flags & (FAULT_FLAG_USER | FAULT_FLAG_RETRY_NOWAIT)))
		return handle_fault(&write);
	err = pfnfault_locate_and_install(region, &write, &mapped);
	return again(err) ? VM_FAULT_NOPAGE : pfnfault_errno(err);
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

	if (is_cow_mapping(vma->vm_flags))
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
 * * The mapping cannot grow, is not dumped, and get_user_pages() refuses it:
 *   no O_DIRECT, no RDMA, no MAP_POPULATE.
 * * vma->vm_page_prot is the base of what the PTEs carry, but for the cache
 *   mode. For device memory, a driver passes it through pgprot_decrypted()
 *   before; for RAM it does not.
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
	if (is_cow_mapping(vma->vm_flags) &&
	    !(region->ops->flags & PFNFAULT_COW))
		return -EINVAL;
	if (vma->vm_pgoff < region->base || index >= region->nr_pages ||
	    vma_pages(vma) > region->nr_pages - index)
		return -ENXIO;

	vm_flags_set(vma, flags_for(vma));
	vma->vm_private_data = region;
	vma->vm_ops = &pfnfault_vm_ops;
	pfnfault_region_get(region);
	return 0;
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_mmap);
