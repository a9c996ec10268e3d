// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds up one task between what pfnfault has decided and what it is about to
 * do, so that a race which takes nanoseconds takes place. By kprobes: the module
 * under test is the one that is shipped.
 */
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/sched.h>

#include "test.h"

static struct task_struct *stalled_task;
static unsigned int stall_ms;
static unsigned int stalls;

static int stall(struct kprobe *probe, struct pt_regs *regs)
{
	if (READ_ONCE(stalled_task) == current) {
		WRITE_ONCE(stalled_task, NULL);
		WRITE_ONCE(stalls, stalls + 1);
		mdelay(stall_ms);
	}
	return 0;
}

/* Indexed by enum pfnfault_test_stall. */
static struct kprobe probes[] = {
	[TEST_STALL_FILL] = {
		.symbol_name = "pfnfault_install_ptes", .pre_handler = stall,
	},
	[TEST_STALL_CORE] = {
		.symbol_name = "vmf_insert_pfn_prot", .pre_handler = stall,
	},
	[TEST_STALL_OP] = {
		.symbol_name = "pfnfault_enter_op", .pre_handler = stall,
	},
};

/* The current task stalls the next time that it comes to @where. */
int test_stall(unsigned int where, unsigned int ms)
{
	int err;

	if (where >= TEST_STALLS)
		return -EINVAL;
	err = register_kprobe(&probes[where]);
	if (err)
		return err;
	stall_ms = ms;
	WRITE_ONCE(stalled_task, current);
	return 0;
}

unsigned int test_stalls(void)
{
	return READ_ONCE(stalls);
}

void test_unstall(unsigned int where)
{
	WRITE_ONCE(stalled_task, NULL);
	unregister_kprobe(&probes[where]);
	/* A kprobe that is registered again must be as new. */
	probes[where].addr = NULL;
	probes[where].flags = 0;
}
