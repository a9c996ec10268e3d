// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fault on a region: locate the page, install it under the sequence check;
 * where it has no place at the moment, wait (wait.c), and let core come again, as
 * often as it takes.
 */
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>

#include "compat.h"
#include "internal.h"

#include <trace/events/pfnfault.h>

/* Installs that a fault may lose in a row before it gives up the lock. */
#define LOST_IN_A_ROW 3

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

/*
 * A task that exits hears no signal any more, from when it took the SIGKILL that all of
 * its program get, and the kernel still touches memory for it: requests of io_uring, its
 * list of robust futexes, the word of clear_child_tid. A kernel thread that took on the
 * mm of a program (vhost's) hears none at all, and has locks that the program's exit
 * waits for. What the page waits for may be what the program gives back when its files
 * are closed, which comes later. So these wait for a move, which ends, and for nothing
 * that a driver may never provide.
 */
static bool cannot_wait(const struct task_struct *task, int err)
{
	return err < 0 && ((task->flags & (PF_EXITING | PF_KTHREAD)) ||
			   (READ_ONCE(task->signal->flags) & SIGNAL_GROUP_EXIT));
}

/* Of no install that was tried is it told. */
static noinline int not_located(struct pfnfault_region *region,
				const struct vm_fault *vmf, int err)
{
	if (!again(err))
		pfnfault_trace(install, region->id, vmf->pgoff - region->base,
			       0, 0, err);
	return err;
}

static __always_inline int
locate_and_install(struct pfnfault_region *region, struct vm_fault *vmf,
		   bool huge, unsigned long *nr)
{
	struct pfnfault_extent extent = {};
	unsigned long seq;
	int err = pfnfault_locate(region, vmf->pgoff - region->base, &extent,
				  &seq);

	if (err)
		return not_located(region, vmf, err);
	if (huge && pfnfault_huge_fits(region, vmf, &extent))
		return pfnfault_install_huge(region, vmf, &extent, seq);
	return pfnfault_install(region, vmf, &extent, seq, nr);
}

/**
 * pfnfault_locate_and_install() - the fault, but for the waiting
 * @region: the region
 * @vmf: the fault
 * @huge: does core ask for a huge entry?
 * @nr: as for pfnfault_install()
 *
 * What no huge entry can map is mapped by PTEs, whatever core asked for: that is
 * one call of the handler.
 *
 * Context: the lock of the fault is held; may sleep.
 * Return: as pfnfault_locate(), pfnfault_install() and pfnfault_install_huge().
 */
int pfnfault_locate_and_install(struct pfnfault_region *region,
				struct vm_fault *vmf, bool huge,
				unsigned long *nr)
{
	return locate_and_install(region, vmf, huge, nr);
}

/* One attempt. *@wakes is for the wait after it. */
static __always_inline int attempt(struct vm_fault *vmf, bool huge,
				   int *wakes)
{
	struct pfnfault_region *region = vmf->vma->vm_private_data;
	unsigned long nr = 0;

	/*
	 * Before all else: who wakes us after this ends the wait. An acquire,
	 * paired with the release in pfnfault_wake(): litmus/wake.
	 */
	*wakes = atomic_read_acquire(&region->wakes);
	return locate_and_install(region, vmf, huge, &nr);
}

/* @err and @wakes are those of an attempt that failed. */
static noinline vm_fault_t handle_failure(struct vm_fault *vmf, bool huge,
					  int err, int wakes)
{
	struct pfnfault_region *region = vmf->vma->vm_private_data;
	unsigned int lost = 0;
	vm_fault_t ret;

	for (; err; err = attempt(vmf, huge, &wakes)) {
		/* Not a PTE: another thread has a huge entry there. */
		if (err == PFNFAULT_RESIZE)
			return huge ? VM_FAULT_FALLBACK : VM_FAULT_NOPAGE;
		if (!again(err))
			return pfnfault_errno(err);
		if (cannot_wait(current, err))
			return VM_FAULT_SIGBUS;
		if (err == PFNFAULT_LOST && ++lost < LOST_IN_A_ROW)
			continue;
		lost = 0;
		this_cpu_inc(region->percpu->stats.retries);
		ret = pfnfault_wait_and_retry(vmf, err, wakes);
		if (ret)
			return ret;
	}
	return VM_FAULT_NOPAGE;
}

static __always_inline vm_fault_t handle_fault(struct vm_fault *vmf, bool huge)
{
	int wakes, err = attempt(vmf, huge, &wakes);

	return err ? handle_failure(vmf, huge, err, wakes) : VM_FAULT_NOPAGE;
}

static __always_inline vm_fault_t handle_page(struct vm_fault *vmf)
{
	if (pfnfault_is_marked(vmf))
		return VM_FAULT_SIGBUS;
	return handle_fault(vmf, false);
}

/* Away from the faults that nobody looks at. */
static noinline vm_fault_t trace_handler(struct vm_fault *vmf,
					 vm_fault_t (*handle)(struct vm_fault *))
{
	struct pfnfault_region *region = vmf->vma->vm_private_data;
	unsigned long index = vmf->pgoff - region->base;
	bool write = vmf->flags & FAULT_FLAG_WRITE;
	unsigned int id = region->id;
	u64 start = ktime_get_ns();
	vm_fault_t ret = handle(vmf);

	/* Nothing of the VMA, nor of the region, which may be gone with it. */
	pfnfault_trace(fault, id, index, write, ret, start);
	return ret;
}

/**
 * pfnfault_fault() - ->fault
 * @vmf: the fault
 *
 * Context: the lock of the fault is held; it is released where core asks to come
 * again.
 * Return: as ->fault.
 */
vm_fault_t pfnfault_fault(struct vm_fault *vmf)
{
	struct pfnfault_region *region = vmf->vma->vm_private_data;

	this_cpu_inc(region->percpu->stats.faults);
	if (pfnfault_traced(fault))
		return trace_handler(vmf, handle_page);
	return handle_page(vmf);
}

#ifdef PFNFAULT_LEAVES
static vm_fault_t handle_huge(struct vm_fault *vmf)
{
	return handle_fault(vmf, true);
}

/**
 * pfnfault_huge_fault() - ->huge_fault
 * @vmf: the fault
 * @order: of the entry; core asks from the hugest on, where nothing is below
 *
 * Context: as pfnfault_fault().
 * Return: as ->huge_fault.
 */
vm_fault_t pfnfault_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct pfnfault_region *region = vmf->vma->vm_private_data;

	/*
	 * No such entry (huge.c tells why), and nothing to count: core asks for a
	 * smaller one next. Whether it begins with a PUD depends on what else the
	 * program has in the same GiB.
	 */
	if (order != PFNFAULT_PMD_ORDER)
		return VM_FAULT_FALLBACK;
	this_cpu_inc(region->percpu->stats.faults);
	if (pfnfault_traced(fault))
		return trace_handler(vmf, handle_huge);
	return handle_fault(vmf, true);
}
#endif

static vm_fault_t handle_mkwrite(struct vm_fault *vmf)
{
	struct pfnfault_region *region = vmf->vma->vm_private_data;
	struct vm_fault write = {
		.vma = vmf->vma,
		.address = vmf->address,
		.pgoff = vmf->pgoff,
		.pmd = vmf->pmd,
		.flags = vmf->flags & ~(FAULT_FLAG_ALLOW_RETRY |
					FAULT_FLAG_RETRY_NOWAIT),
	};
	unsigned long nr = 0;
	int err;

	/* In this mapping alone: there may be thousands. */
	pfnfault_zap_vma(vmf->vma, vmf->address, PAGE_SIZE);
	if (!(vmf->flags & (FAULT_FLAG_USER | FAULT_FLAG_RETRY_NOWAIT)))
		return handle_fault(&write, false);
	err = pfnfault_locate_and_install(region, &write, false, &nr);
	return again(err) ? VM_FAULT_NOPAGE : pfnfault_errno(err);
}

/**
 * pfnfault_pfn_mkwrite() - ->pfn_mkwrite
 * @vmf: the fault
 *
 * A write to a page that is mapped read-only: because writes are tracked, or
 * were, or mprotect() was there. Map it anew as for a write, and do not let
 * core upgrade the PTE: dirty.c tells why.
 *
 * Core takes no VM_FAULT_RETRY here. Who can come again is sent to fault(),
 * whose own wait drops the lock; kernel mode must not return without a PTE, and
 * waits under the lock.
 *
 * Context: the lock of the fault is held, and is on return.
 * Return: as ->pfn_mkwrite.
 */
vm_fault_t pfnfault_pfn_mkwrite(struct vm_fault *vmf)
{
	struct pfnfault_region *region = vmf->vma->vm_private_data;

	this_cpu_inc(region->percpu->stats.faults);
	if (pfnfault_traced(fault))
		return trace_handler(vmf, handle_mkwrite);
	return handle_mkwrite(vmf);
}
