// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds up one task between what pfnfault has decided and what it is about to
 * do, so that a race which takes nanoseconds takes place. By kprobes: the module
 * under test is the one that is shipped. Where a kernel has none, or none at a
 * function's entry, test_stall() says so.
 */
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/sched.h>

#include "test.h"

#define STIR_MS 5000	/* no other is later than that */

#ifdef CONFIG_KPROBES
static struct task_struct *stalled_task;
static unsigned int stall_ms;
static bool until_stirred;
static bool stirred;
static unsigned int stalls;

static int stall(struct kprobe *probe, struct pt_regs *regs)
{
	int ms;

	if (READ_ONCE(stalled_task) != current)
		return 0;
	WRITE_ONCE(stirred, false);
	WRITE_ONCE(stalled_task, NULL);
	WRITE_ONCE(stalls, stalls + 1);
	/* However late a guest's other CPU is. */
	for (ms = 0; until_stirred && !READ_ONCE(stirred) && ms < STIR_MS; ms++)
		mdelay(1);
	mdelay(stall_ms);
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

/*
 * The current task stalls the next time that it comes to @where, for @ms, or from
 * test_stir() on if it is to @wait for that. -EOPNOTSUPP: no task can be made to.
 */
int test_stall(unsigned int where, unsigned int ms, bool wait)
{
	int err;

	if (where >= TEST_STALLS)
		return -EINVAL;
	/* A kprobe that is registered again must be as new. */
	probes[where].addr = NULL;
	probes[where].flags = 0;
	err = register_kprobe(&probes[where]);
	if (err)
		return err == -EINVAL || err == -EILSEQ ? -EOPNOTSUPP : err;
	stall_ms = ms;
	until_stirred = wait;
	WRITE_ONCE(stalled_task, current);
	return 0;
}

/* Something is about to be changed. */
void test_stir(void)
{
	WRITE_ONCE(stirred, true);
}

unsigned int test_stalls(void)
{
	return READ_ONCE(stalls);
}

void test_unstall(unsigned int where)
{
	WRITE_ONCE(stalled_task, NULL);
	unregister_kprobe(&probes[where]);
}
#else
int test_stall(unsigned int where, unsigned int ms, bool wait)
{
	return -EOPNOTSUPP;
}

void test_stir(void)
{
}

unsigned int test_stalls(void)
{
	return 0;
}

void test_unstall(unsigned int where)
{
}
#endif /* CONFIG_KPROBES */
