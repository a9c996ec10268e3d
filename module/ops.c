// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which ops of a region run? A revocation waits for them; nobody else asks.
 *
 * So faults count in words of their own CPU, as percpu_ref and SRCU do: what
 * all faults of a region wrote, on all CPUs of all programs that map it, would
 * be what each of them waits for. And faults have no barrier there: the
 * revocation makes every CPU execute one instead, as sys_membarrier() does.
 *
 *	fault				revocation
 *	-----				----------
 *	entered++			revoked = true
 *	(barrier, made from there)	barrier on every CPU
 *	revoked? then do not call it	until sum of left == sum of entered: wait
 *	the op				barrier on every CPU
 *	(barrier, made from there)	what the op used is free
 *	left++
 *	revoked? then wake
 *
 * The first barrier comes, on the fault's CPU, either
 *  - before the look at "revoked": that sees true, and the op is not called; or
 *  - after it, and so after "entered++", which the sum sees.
 * It is the same between "left++" and the look after it: either the sum sees
 * the op leave, or the op sees that somebody is to be woken. A task that is on
 * another CPU by then was scheduled there, which is a barrier. Without it,
 * "entered" could still be in a store buffer: an op runs when the revocation is
 * done.
 *
 * The sum of "left" is taken first: who entered in between counts as running.
 * Those who are refused count, too; their two counts may be of two CPUs, and
 * seeing but the second would hide somebody who runs. A barrier between them,
 * paired with the one between the sums, prevents that. Who is not refused was
 * seen to enter, by the first barrier.
 *
 * The second barrier makes what an op did come before what the revocation does
 * next. Without it, on a CPU that reorders stores, the last store of an op
 * could follow "left++", and so be to memory that has another owner.
 */
#include <linux/percpu.h>

#include "ops.h"

/**
 * pfnfault_enter_op() - before an op of a region is called
 * @region: the region
 *
 * Context: process context.
 * Return: true: call the op, and then pfnfault_leave_op(). False: the region was
 * revoked.
 */
bool pfnfault_enter_op(struct pfnfault_region *region)
{
	race_enter_op(region);
	barrier();	/* paired with race_everywhere(): see above */
	if (likely(!pfnfault_revoked(region)))
		return true;
	/* Paired with the one in none_runs(): litmus/op-counts. */
	smp_mb();
	pfnfault_leave_op(region);
	return false;
}

static bool none_runs(struct pfnfault_region *region)
{
	unsigned long entered = 0, left = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		left += READ_ONCE(per_cpu_ptr(region->percpu, cpu)->left);
	/* Paired with the one in pfnfault_enter_op(): litmus/op-counts. */
	smp_mb();
	for_each_possible_cpu(cpu)
		entered += READ_ONCE(per_cpu_ptr(region->percpu, cpu)->entered);
	return entered == left;
}

/**
 * pfnfault_wait_for_ops() - wait until no op of a region runs
 * @region: the region; region->revoked was set
 *
 * None is called again, either.
 *
 * Context: process context, sleeps; interrupts every CPU twice.
 */
void pfnfault_wait_for_ops(struct pfnfault_region *region)
{
	/* litmus/op-* */
	race_everywhere();
	wait_event(region->waitq, none_runs(region));
	race_everywhere();
}
