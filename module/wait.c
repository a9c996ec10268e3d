// SPDX-License-Identifier: GPL-2.0-only
/*
 * The wait of a fault, until its page may have a place: without the lock of the
 * fault, where core lets it go.
 *
 * While it waits, a fault holds the file and a reference to the region. A device can
 * go while programs wait for it: a revocation wakes them first, and then waits for
 * what still runs.
 */
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "compat.h"
#include "ops.h"

#include <trace/events/pfnfault.h>

/* How often to look again where the driver tells nobody (HZ is a second). */
#define POLL (HZ / 10)

/**
 * pfnfault_wake() - wake the faults that wait
 * @region: the region
 *
 * To be called after ops.resolve() may have come to another answer than
 * -EAGAIN: what the driver wrote before is seen by the faults that wake.
 *
 * Context: any, also in interrupts; with PREEMPT_RT in threaded ones, as it takes
 * a spin lock.
 */
void pfnfault_wake(struct pfnfault_region *region)
{
	/* A release, paired with the acquire in attempt() of fault.c: litmus/wake. */
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
 * comes that @state lets through. litmus/wake.
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

/**
 * pfnfault_wait_and_retry() - wait in the state that a fault may wait in
 * @vmf: the fault
 * @why: what pfnfault_locate_and_install() said
 * @wakes: region->wakes, from before it was called
 *
 * Context: the lock of the fault is held; it is released where core lets it go.
 * Return: what to return from the fault, or 0: the lock was not to be dropped,
 * try again.
 */
vm_fault_t pfnfault_wait_and_retry(struct vm_fault *vmf, int why,
				   int wakes)
{
	struct pfnfault_region *region = vmf->vma->vm_private_data;
	unsigned long index = vmf->pgoff - region->base;
	unsigned int state = pfnfault_wait_state(vmf);
	bool user = vmf->flags & FAULT_FLAG_USER;
	struct file *file;
	bool released;
	u64 start;

	pfnfault_trace(retry, region->id, index, why);
	if (state == TASK_RUNNING)
		return VM_FAULT_RETRY;
	/*
	 * With the lock goes the VMA, with it the file, with that the driver's
	 * module, and with that this one, whose text we run: hold the file. A
	 * task's last fput() is done when it returns to user mode; that of a
	 * kernel thread, which took on the mm of a program, a tick later.
	 */
	file = get_file(vmf->vma->vm_file);
	pfnfault_region_get(region);
	released = pfnfault_release_lock(vmf);
	/* Nothing of the VMA from here on, if released. */
	this_cpu_inc(region->percpu->stats.waits);
	start = pfnfault_trace_start(wait);
	wait_for_place(region, index, why, wakes, state);
	pfnfault_trace(wait, region->id, index, why, start);
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
