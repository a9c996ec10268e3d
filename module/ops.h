/* SPDX-License-Identifier: GPL-2.0-only */
/* To be called before and after an op of a driver: see ops.c. */
#ifndef PFNFAULT_OPS_H
#define PFNFAULT_OPS_H

#include <linux/wait.h>

#include "races.h"

bool pfnfault_enter_op(struct pfnfault_region *region);
void pfnfault_wait_for_ops(struct pfnfault_region *region);

/**
 * pfnfault_leave_op() - after an op of a region was called
 * @region: the region
 *
 * On the way of every fault, and short enough to be inlined.
 *
 * Context: process context.
 */
static inline void pfnfault_leave_op(struct pfnfault_region *region)
{
	race_leave_op();
	barrier();	/* paired with race_everywhere(): see ops.c */
	this_cpu_inc(region->percpu->left);
	barrier();	/* likewise */
	/*
	 * Takes the lock of the queue, whoever is in it: a waiter that came
	 * first is woken, one that comes later sees the count. litmus/op-wake.
	 */
	if (pfnfault_revoked(region))
		wake_up_all(&region->waitq);
}

#endif /* PFNFAULT_OPS_H */
