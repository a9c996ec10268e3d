// SPDX-License-Identifier: GPL-2.0-only
/* Waits, moves, revocations, prefaults and tracked writes, made to order. */
#include <linux/bitmap.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "test.h"

/* An op that runs after pfnfault_revoke() has returned was called too late. */
void test_enter_op(struct test *test)
{
	atomic_inc(&test->running);
	/* Paired with the one in test_revoke(): one of the two sees the other. */
	smp_mb__after_atomic();
	if (READ_ONCE(test->revoked))
		atomic_inc(&test->late);
}

void test_leave_op(struct test *test)
{
	atomic_dec(&test->running);
}

int test_wait(struct pfnfault_region *region, unsigned long index,
	      unsigned int state)
{
	struct test *test = container_of(region, struct test, region);
	int err = test->setup.wait_value;

	test_enter_op(test);
	test->wait_state = state == TASK_INTERRUPTIBLE ? 1 : 2;
	atomic_long_inc(&test->waits);
	atomic_inc(&test->waiting);
	if (test->setup.wait == TEST_WAIT_EVENT)
		err = pfnfault_wait_event(region, READ_ONCE(test->awake),
					  state);
	atomic_dec(&test->waiting);
	test_leave_op(test);
	return err;
}

static void wake(struct test *test)
{
	atomic_set(&test->times, 0);
	WRITE_ONCE(test->awake, true);
	pfnfault_wake(&test->region);
}

void test_revoke(struct test *test, unsigned long policy)
{
	int place;

	pfnfault_revoke(&test->region, policy);
	WRITE_ONCE(test->revoked, true);
	smp_mb();	/* as in test_enter_op() */
	atomic_add(atomic_read(&test->running), &test->late);
	/* Nobody has it any more: somebody else gets it. */
	for (place = 0; place < 2; place++)
		memset(test->memory[place], POISON, PLACE_SIZE);
}

/* The second half of a move of all of it, between begin and end. */
static void move(struct test *test)
{
	int from = test->place;

	memcpy(test->memory[!from], test->memory[from], PLACE_SIZE);
	memset(test->memory[from], POISON, PLACE_SIZE);
	WRITE_ONCE(test->place, !from);
	pfnfault_invalidate_end(&test->region);
}

static long prefault(struct test *test, void __user *arg)
{
	struct pfnfault_test_prefault prefault;
	struct vm_area_struct *vma;
	long err = -EFAULT;

	if (copy_from_user(&prefault, arg, sizeof(prefault)))
		return -EFAULT;
	mmap_read_lock(current->mm);
	vma = find_vma(current->mm, prefault.addr);
	if (vma)
		err = pfnfault_prefault(&test->region, vma, prefault.index,
					prefault.nr);
	mmap_read_unlock(current->mm);
	return err;
}

static u32 code_of(vm_fault_t ret)
{
	switch (ret & ~VM_FAULT_MAJOR) {
	case VM_FAULT_NOPAGE:
		return TEST_CODE_NOPAGE;
	case VM_FAULT_RETRY:
		return TEST_CODE_RETRY;
	case VM_FAULT_SIGBUS:
		return TEST_CODE_SIGBUS;
	}
	return TEST_CODE_OTHER;
}

/* As KVM does, and futexes. */
static long fixup(void __user *arg)
{
	const unsigned int nowait = FAULT_FLAG_ALLOW_RETRY |
		FAULT_FLAG_RETRY_NOWAIT | FAULT_FLAG_WRITE;
	struct pfnfault_test_fixup fixup;
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	long err = 0;

	if (copy_from_user(&fixup, arg, sizeof(fixup)))
		return -EFAULT;
	mmap_read_lock(mm);
	vma = find_vma(mm, fixup.addr);
	if (!vma)
		err = -EFAULT;
	else if (fixup.nowait)
		fixup.code = code_of(handle_mm_fault(vma, fixup.addr, nowait,
						     NULL));
	else
		err = fixup_user_fault(mm, fixup.addr, FAULT_FLAG_WRITE, NULL);
	/* Nobody else has it for writing, so it is we who hold it, or nobody. */
	fixup.locked = rwsem_is_locked(&mm->mmap_lock);
	mmap_read_unlock(mm);
	if (!err && copy_to_user(arg, &fixup, sizeof(fixup)))
		return -EFAULT;
	return err;
}

static long collect(struct test *test, void __user *arg)
{
	DECLARE_BITMAP(bitmap, PFNFAULT_TEST_MAX_PAGES) = { };
	long count;

	/* As a driver's shrinker: lockdep tells of a lock that is not for that. */
	fs_reclaim_acquire(GFP_KERNEL);
	count = pfnfault_dirty_collect(&test->region, bitmap);
	fs_reclaim_release(GFP_KERNEL);
	if (count >= 0 && copy_to_user(arg, bitmap, sizeof(bitmap)))
		return -EFAULT;
	return count;
}

long test_engine_ioctl(struct test *test, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	struct pfnfault_test_range range;

	switch (cmd) {
	case PFNFAULT_TEST_REVOKE:
		test_revoke(test, arg);
		return 0;
	case PFNFAULT_TEST_UNPLUG:
		test_go_with_device(test, arg);
		return 0;
	case PFNFAULT_TEST_BEGIN:
		if (copy_from_user(&range, user, sizeof(range)))
			return -EFAULT;
		pfnfault_invalidate_begin(&test->region, range.index, range.nr);
		return 0;
	case PFNFAULT_TEST_END:
		move(test);
		return 0;
	case PFNFAULT_TEST_WAKE:
		wake(test);
		return 0;
	case PFNFAULT_TEST_PREFAULT:
		return prefault(test, user);
	case PFNFAULT_TEST_FIXUP:
		return fixup(user);
	case PFNFAULT_TEST_WINDOW:
		return pfnfault_region_set_window(&test->region, arg);
	case PFNFAULT_TEST_DIRTY_START:
		return pfnfault_dirty_start(&test->region);
	case PFNFAULT_TEST_DIRTY_COLLECT:
		return collect(test, user);
	case PFNFAULT_TEST_DIRTY_STOP:
		pfnfault_dirty_stop(&test->region);
		return 0;
	}
	return -ENOTTY;
}
