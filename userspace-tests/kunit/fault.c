// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a fault returns, where it need not wait for it. Would catch an error that
 * makes a program fault for ever, and a lost install that is told as an error.
 */
#include "test.h"

/* So many installs lose, and then they come to this. */
static unsigned int losing;
static int in_the_end;
static unsigned int installs;
static unsigned int flags_of_install;

static int install(struct pfnfault_region *region, struct vm_fault *vmf,
		   const struct pfnfault_extent *extent, unsigned long seq,
		   unsigned long *nr)
{
	flags_of_install = vmf->flags;
	installs++;
	if (!losing)
		return in_the_end;
	losing--;
	return PFNFAULT_LOST;
}

static unsigned int zaps;

static void count_zap(struct vm_area_struct *vma, unsigned long addr,
		      unsigned long size)
{
	zaps++;
}

/* What the tests run in is one. */
static unsigned int kthread;

#undef PF_KTHREAD
#define PF_KTHREAD kthread
#undef pfnfault_install
#define pfnfault_install install
#define pfnfault_zap_vma count_zap
#include "pfnfault/fault.c"

/* Who says so gets VM_FAULT_RETRY instead of a wait. */
#define NOWAIT (FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_RETRY_NOWAIT)
#define USER FAULT_FLAG_USER

static const struct pfnfault_extent place = { 0, 100, PFN };

static struct fixture *start(struct kunit *test, int err, unsigned int lost,
			     int install_err)
{
	struct fixture *fixture = fixture_start(test, 1000, 100);

	fixture->places = &place;
	fixture->nr_places = 1;
	fixture->err = err;
	losing = lost;
	in_the_end = install_err;
	installs = 0;
	zaps = 0;
	return fixture;
}

static struct vm_area_struct vma_in(struct fixture *fixture)
{
	return vma_of_pages(&fixture->region, HERE, 0, 100, VM_SHARED | VM_PFNMAP);
}

static const struct {
	const char *name;
	int resolve, install;
	unsigned int lost;
	bool huge;
	vm_fault_t code;
	unsigned int installs, retries;
} faults[] = {
	{ "installed", 0, 0, 0, false, VM_FAULT_NOPAGE, 1 },
	{ "installed, huge", 0, 0, 0, true, VM_FAULT_NOPAGE, 1 },
	{ "-ENOENT", -ENOENT, 0, 0, false, VM_FAULT_SIGBUS },
	{ "-ENOMEM", -ENOMEM, 0, 0, false, VM_FAULT_OOM },
	{ "-EHWPOISON", -EHWPOISON, 0, 0, false, VM_FAULT_HWPOISON },
	{ "a number that is no errno", 2, 0, 0, false, VM_FAULT_SIGBUS },
	{ "-EAGAIN", -EAGAIN, 0, 0, false, VM_FAULT_RETRY, 0, 1 },
	{ "-EBUSY", -EBUSY, 0, 0, false, VM_FAULT_RETRY, 0, 1 },
	{ "-EINTR", -EINTR, 0, 0, false, VM_FAULT_RETRY, 0, 1 },
	{ "-ERESTARTSYS", -ERESTARTSYS, 0, 0, false, VM_FAULT_RETRY, 0, 1 },
	{ "lost once", 0, 0, 1, false, VM_FAULT_NOPAGE, 2 },
	{ "lost twice", 0, 0, 2, false, VM_FAULT_NOPAGE, 3 },
	{ "lost three times", 0, 0, 3, false, VM_FAULT_RETRY, 3, 1 },
	{ "lost, then no memory", 0, -ENOMEM, 1, false, VM_FAULT_OOM, 2 },
	{ "no memory", 0, -ENOMEM, 0, false, VM_FAULT_OOM, 1 },
	{ "core refuses it", 0, -EFAULT, 0, false, VM_FAULT_SIGBUS, 1 },
	{ "killed", 0, -EINTR, 0, false, VM_FAULT_RETRY, 1, 1 },
	{ "a huge entry is there", 0, PFNFAULT_RESIZE, 0, false, VM_FAULT_NOPAGE, 1 },
	{ "a table is there", 0, PFNFAULT_RESIZE, 0, true, VM_FAULT_FALLBACK, 1 },
};

TABLE(faults);

static void faults_have_codes(struct kunit *test)
{
	const typeof(faults[0]) *row = test->param_value;
	struct fixture *fixture =
		start(test, row->resolve, row->lost, row->install);
	struct vm_area_struct vma = vma_in(fixture);
	struct vm_fault vmf = fault_at(&vma, 7, USER | NOWAIT);
	struct pfnfault_stats stats;

	KUNIT_EXPECT_EQ_MSG(test, row->code, handle_fault(&vmf, row->huge), "%s",
			    row->name);
	pfnfault_region_stats(&fixture->region, &stats);
	KUNIT_EXPECT_EQ_MSG(test, row->installs, installs, "installs: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->retries, stats.retries, "retries: %s",
			    row->name);
}

/* As a task of user mode has it, which KUnit's are not. */
#define THREAD 0x00200000

static const struct {
	const char *name;
	unsigned int flags, program;
	int err;
	bool waits;
} waiters[] = {
	{ "a program", 0, 0, -EAGAIN, true },
	{ "a program, of what moves", 0, 0, PFNFAULT_MOVING, true },
	{ "a task that exits", PF_EXITING, 0, -EAGAIN, false },
	{ "... of a page that is busy", PF_EXITING, 0, -EBUSY, false },
	{ "... of what moves", PF_EXITING, 0, PFNFAULT_MOVING, true },
	{ "... of an install that lost", PF_EXITING, 0, PFNFAULT_LOST, true },
	{ "a task whose program exits", 0, SIGNAL_GROUP_EXIT, -EAGAIN, false },
	{ "... of what moves", 0, SIGNAL_GROUP_EXIT, PFNFAULT_MOVING, true },
	{ "a task whose program stops", 0, SIGNAL_STOP_STOPPED, -EAGAIN, true },
	{ "a kernel thread", THREAD, 0, -EAGAIN, false },
	{ "... of what moves", THREAD, 0, PFNFAULT_MOVING, true },
};

TABLE(waiters);

static void who_hears_no_signal_does_not_wait(struct kunit *test)
{
	const typeof(waiters[0]) *row = test->param_value;
	struct task_struct *task = kunit_kzalloc(test, sizeof(*task), GFP_KERNEL);
	struct signal_struct *signal =
		kunit_kzalloc(test, sizeof(*signal), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, task);
	KUNIT_ASSERT_NOT_NULL(test, signal);
	task->flags = row->flags;
	task->signal = signal;
	signal->flags = row->program;
	kthread = THREAD;
	KUNIT_EXPECT_EQ_MSG(test, row->waits, !cannot_wait(task, row->err), "%s",
			    row->name);
	kthread = 0;
}

static void moving_pages_are_waited_for(struct kunit *test)
{
	struct fixture *fixture = start(test, 0, 0, 0);
	struct vm_area_struct vma = vma_in(fixture);
	struct vm_fault vmf = fault_at(&vma, 7, USER | NOWAIT);

	fixture->region.moves = 1;
	fixture->region.moves_end = 8;
	KUNIT_EXPECT_EQ(test, VM_FAULT_RETRY, pfnfault_fault(&vmf));
	KUNIT_EXPECT_EQ_MSG(test, 0, fixture->calls, "the driver is not asked");
	fixture->region.moves_end = 7;
	KUNIT_EXPECT_EQ(test, VM_FAULT_NOPAGE, pfnfault_fault(&vmf));
}

static void what_is_handled_is_counted(struct kunit *test)
{
	struct fixture *fixture = start(test, 0, 0, 0);
	struct vm_area_struct vma = vma_in(fixture);
	struct vm_fault vmf = fault_at(&vma, 7, USER | NOWAIT);
	unsigned int expected = 1;
	struct pfnfault_stats stats;

	pfnfault_fault(&vmf);
#ifdef PFNFAULT_LEAVES
	KUNIT_EXPECT_EQ_MSG(test, VM_FAULT_FALLBACK,
			    pfnfault_huge_fault(&vmf, PUD_SHIFT - PAGE_SHIFT),
			    "no PUD entries");
	KUNIT_EXPECT_EQ_MSG(test, 1, installs, "nothing is installed");
	KUNIT_EXPECT_EQ_MSG(test, VM_FAULT_NOPAGE,
			    pfnfault_huge_fault(&vmf, PFNFAULT_PMD_ORDER),
			    "but PMD entries");
	expected++;
#endif
	pfnfault_region_stats(&fixture->region, &stats);
	KUNIT_EXPECT_EQ(test, expected, stats.faults);
}

static const struct {
	const char *name;
	unsigned int flags;
	int resolve;
	vm_fault_t code;
} mkwrites[] = {
	{ "mapped anew", USER | FAULT_FLAG_ALLOW_RETRY, 0, VM_FAULT_NOPAGE },
	{ "busy: fault() may wait for it", USER | FAULT_FLAG_ALLOW_RETRY, -EAGAIN,
	  VM_FAULT_NOPAGE },
	{ "busy, and no retry: likewise", USER, -EBUSY, VM_FAULT_NOPAGE },
	{ "must not wait", NOWAIT, -EAGAIN, VM_FAULT_NOPAGE },
	{ "no memory", USER, -ENOMEM, VM_FAULT_OOM },
	{ "gone", USER, -ENODEV, VM_FAULT_SIGBUS },
	{ "kernel mode", FAULT_FLAG_ALLOW_RETRY, 0, VM_FAULT_NOPAGE },
	{ "kernel mode, gone", FAULT_FLAG_ALLOW_RETRY, -ENODEV, VM_FAULT_SIGBUS },
};

TABLE(mkwrites);

static void mkwrite_never_retries(struct kunit *test)
{
	const typeof(mkwrites[0]) *row = test->param_value;
	struct fixture *fixture = start(test, row->resolve, 0, 0);
	struct vm_area_struct vma = vma_in(fixture);
	struct vm_fault vmf = fault_at(&vma, 7, row->flags | FAULT_FLAG_WRITE);

	flags_of_install = FAULT_FLAG_WRITE;
	KUNIT_EXPECT_EQ_MSG(test, row->code, pfnfault_pfn_mkwrite(&vmf), "%s",
			    row->name);
	KUNIT_EXPECT_EQ_MSG(test, 1, zaps, "it is mapped anew: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, FAULT_FLAG_WRITE,
			    flags_of_install & (NOWAIT | FAULT_FLAG_WRITE),
			    "for the write, without a retry: %s", row->name);
}

static struct kunit_case fault_cases[] = {
	CASE_OF(faults, faults_have_codes),
	CASE_OF(waiters, who_hears_no_signal_does_not_wait),
	KUNIT_CASE(moving_pages_are_waited_for),
	KUNIT_CASE(what_is_handled_is_counted),
	CASE_OF(mkwrites, mkwrite_never_retries),
	{}
};

SUITE(fault);
