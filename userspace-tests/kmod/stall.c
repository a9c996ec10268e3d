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
/* Where a task can be held up, and which one is to be. */
struct place {
	struct kprobe probe;
	struct task_struct *task;
	unsigned int ms;
	bool until_stirred;
	bool was_stirred;
};

static bool stirred;
static unsigned int stalls;

static int stall(struct kprobe *probe, struct pt_regs *regs)
{
	struct place *place = container_of(probe, struct place, probe);
	bool wait = place->until_stirred;
	int ms;

	if (READ_ONCE(place->task) != current)
		return 0;
	/* Who is held up elsewhere goes on now, or waits for another. */
	WRITE_ONCE(stirred, !wait);
	WRITE_ONCE(place->task, NULL);
	WRITE_ONCE(stalls, stalls + 1);
	/* However late a guest's other CPU is. */
	for (ms = 0; wait && !READ_ONCE(stirred) && ms < STIR_MS; ms++)
		mdelay(1);
	WRITE_ONCE(place->was_stirred, READ_ONCE(stirred));
	mdelay(place->ms);
	return 0;
}

#define PLACE(symbol) { .probe = { .symbol_name = symbol, .pre_handler = stall } }

/* Indexed by enum pfnfault_test_stall. */
static struct place places[] = {
	[TEST_STALL_FILL] = PLACE("pfnfault_install_ptes"),
	[TEST_STALL_TABLE] = PLACE("pfnfault_allocate_table"),
	[TEST_STALL_CORE] = PLACE("vmf_insert_pfn_prot"),
	[TEST_STALL_OP] = PLACE("pfnfault_enter_op"),
	[TEST_STALL_GATE] = PLACE("down_write"),
};

/*
 * The current task stalls the next time that it comes to @where, for @ms, or from
 * test_stir() on if it is to @wait for that. -EOPNOTSUPP: no task can be made to.
 */
int test_stall(unsigned int where, unsigned int ms, bool wait)
{
	struct place *place = &places[where];
	int err;

	if (where >= TEST_STALLS)
		return -EINVAL;
	/* A kprobe that is registered again must be as new. */
	place->probe.addr = NULL;
	place->probe.flags = 0;
	err = register_kprobe(&place->probe);
	if (err)
		return err == -EINVAL || err == -EILSEQ ? -EOPNOTSUPP : err;
	place->ms = ms;
	place->until_stirred = wait;
	WRITE_ONCE(place->task, current);
	return 0;
}

/* Something is about to be changed. */
void test_stir(void)
{
	WRITE_ONCE(stirred, true);
}

/* Did test_stir() end the last stall there? */
bool test_stirred(unsigned int where)
{
	return READ_ONCE(places[where].was_stirred);
}

unsigned int test_stalls(void)
{
	return READ_ONCE(stalls);
}

void test_unstall(unsigned int where)
{
	WRITE_ONCE(places[where].task, NULL);
	unregister_kprobe(&places[where].probe);
}
#else
int test_stall(unsigned int where, unsigned int ms, bool wait)
{
	return -EOPNOTSUPP;
}

void test_stir(void)
{
}

bool test_stirred(unsigned int where)
{
	return false;
}

unsigned int test_stalls(void)
{
	return 0;
}

void test_unstall(unsigned int where)
{
}
#endif /* CONFIG_KPROBES */
