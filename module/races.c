// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests only: see races.h. A memory model in software, for one mover and one
 * fault at a time. The bump of the sequence stays in a "store buffer", which
 * the barrier after it empties, or else the end of the zap, once a fault has
 * compared. The load of the sequence is made early, and made again where the
 * barrier says so. In the same way an op that was entered is counted when a
 * revocation's barrier says so, or else when it is through.
 */
#include <linux/delay.h>
#include <linux/moduleparam.h>

#include "races.h"

#define SKIP_CHECK	1
#define SKIP_FAULT_MB	2
#define SKIP_BUMP_MB	4
#define SKIP_EVERYWHERE	8

static bool race_weak;
module_param_named(weak, race_weak, bool, 0644);
MODULE_PARM_DESC(weak, "tests only: order nothing that no barrier orders");

static unsigned int race_skip;
module_param_named(skip, race_skip, uint, 0644);
MODULE_PARM_DESC(skip, "tests only: leave out the check (1), the fault's barrier (2), the invalidation's (4), the revocation's (8)");

#define LATE_MS 10000	/* no store is later than that */

static struct pfnfault_region *buffered;
static bool compared;		/* since it was */
static struct task_struct *early_task;
static unsigned long early_seq;

static void empty_buffer(void)
{
	struct pfnfault_region *region = xchg(&buffered, NULL);

	if (region)
		atomic_long_inc(&region->seq);
}

void race_load_early(struct pfnfault_region *region)
{
	if (!race_weak)
		return;
	early_seq = atomic_long_read(&region->seq);
	WRITE_ONCE(early_task, current);
}

void race_fault_mb(void)
{
	if (!(race_skip & SKIP_FAULT_MB))
		cmpxchg(&early_task, current, NULL);
	smp_mb();	/* as in races.h */
}

bool race_lost(struct pfnfault_region *region, unsigned long seq)
{
	unsigned long now = atomic_long_read(&region->seq);

	if (cmpxchg(&early_task, current, NULL) == current)
		now = early_seq;
	WRITE_ONCE(compared, true);
	return now != seq && !(race_skip & SKIP_CHECK);
}

void race_bump(struct pfnfault_region *region)
{
	WRITE_ONCE(compared, false);
	if (!race_weak)
		atomic_long_inc(&region->seq);
	else
		WRITE_ONCE(buffered, region);
}

void race_bump_mb(struct pfnfault_region *region)
{
	if (!(race_skip & SKIP_BUMP_MB))
		empty_buffer();
	smp_mb__after_atomic();	/* as in races.h */
}

void race_zapped(struct pfnfault_region *region)
{
	int ms;

	for (ms = 0; READ_ONCE(buffered) && !READ_ONCE(compared) &&
	     ms < LATE_MS; ms++)
		mdelay(1);
	empty_buffer();
}

static struct pfnfault_region *entered;		/* and not counted */

static void count_op(void)
{
	struct pfnfault_region *region = xchg(&entered, NULL);

	if (region)
		this_cpu_inc(region->percpu->entered);
}

void race_enter_op(struct pfnfault_region *region)
{
	if (!race_weak)
		this_cpu_inc(region->percpu->entered);
	else
		WRITE_ONCE(entered, region);
}

void race_leave_op(void)
{
	count_op();
}

void race_everywhere(void)
{
	if (!(race_skip & SKIP_EVERYWHERE))
		count_op();
}
