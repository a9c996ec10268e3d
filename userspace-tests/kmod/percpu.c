// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lets an allocation of per-CPU memory fail, which the kernel's fault injection does
 * not reach: by a kprobe that returns in the place of the allocator.
 */
#include <linux/kprobes.h>
#include <linux/sched.h>

#include "test.h"

#if defined(CONFIG_KPROBES) && defined(CONFIG_X86_64)
static struct task_struct *victim;
static bool registered;

static int give_nothing(struct kprobe *probe, struct pt_regs *regs)
{
	if (READ_ONCE(victim) != current)
		return 0;
	WRITE_ONCE(victim, NULL);
	regs_set_return_value(regs, 0);
	regs->ip = *(unsigned long *)regs->sp;
	regs->sp += sizeof(long);
	return 1;
}

/* Without one, a kprobe that ftrace makes must not change where it goes on. */
static void go_on(struct kprobe *probe, struct pt_regs *regs,
		  unsigned long flags)
{
}

static struct kprobe probe = {
	.pre_handler = give_nothing,
	.post_handler = go_on,
};

/*
 * The next one of the current task fails. Its name depends on the kernel.
 * -EOPNOTSUPP: it cannot be made to.
 */
int test_fail_percpu(void)
{
	static const char * const names[] = {
		"pcpu_alloc_noprof", "__alloc_percpu_gfp",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names) && !registered; i++) {
		probe.addr = NULL;
		probe.flags = 0;
		probe.symbol_name = names[i];
		registered = !register_kprobe(&probe);
	}
	if (!registered)
		return -EOPNOTSUPP;
	WRITE_ONCE(victim, current);
	return 0;
}

/* Did it? None does any more. */
bool test_percpu_failed(void)
{
	return xchg(&victim, NULL) != current;
}

void test_percpu_exit(void)
{
	if (registered)
		unregister_kprobe(&probe);
}
#else
int test_fail_percpu(void)
{
	return -EOPNOTSUPP;
}

bool test_percpu_failed(void)
{
	return false;
}

void test_percpu_exit(void)
{
}
#endif /* CONFIG_KPROBES && CONFIG_X86_64 */
