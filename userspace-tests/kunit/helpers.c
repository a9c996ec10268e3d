// SPDX-License-Identifier: GPL-2.0-only
/*
 * The helpers for a handler that exists: errnos, states to wait in, which VMAs
 * and ranges are taken. Would catch a code that core takes for another thing, and
 * a page that is mapped outside of the range that the driver gave.
 */
#include "test.h"

/* What would have been installed. */
static struct pfnfault_run installed;
static struct pfnfault_piece piece_installed;
static unsigned int installs;

static int install_run(struct pfnfault_run *run,
		       const struct pfnfault_extent *extent)
{
	installed = *run;
	piece_installed = *run->pieces;
	installs++;
	return 0;
}

#undef pfnfault_install_run
#define pfnfault_install_run install_run
#include "pfnfault/helpers.c"

static const struct {
	const char *name;
	int err;
	vm_fault_t code;
} errnos[] = {
	{ "0", 0, VM_FAULT_NOPAGE },
	{ "-EINTR", -EINTR, VM_FAULT_NOPAGE },
	{ "-ERESTARTSYS", -ERESTARTSYS, VM_FAULT_NOPAGE },
	{ "-EAGAIN", -EAGAIN, VM_FAULT_RETRY },
	{ "-EBUSY", -EBUSY, VM_FAULT_RETRY },
	{ "-ENOMEM", -ENOMEM, VM_FAULT_OOM },
	{ "-EHWPOISON", -EHWPOISON, VM_FAULT_HWPOISON },
	{ "-EPERM", -EPERM, VM_FAULT_SIGBUS },
	{ "-ENOENT", -ENOENT, VM_FAULT_SIGBUS },
	{ "-EIO", -EIO, VM_FAULT_SIGBUS },
	{ "-ENXIO", -ENXIO, VM_FAULT_SIGBUS },
	{ "-EFAULT", -EFAULT, VM_FAULT_SIGBUS },
	{ "-ENODEV", -ENODEV, VM_FAULT_SIGBUS },
	{ "-EINVAL", -EINVAL, VM_FAULT_SIGBUS },
	{ "-ENOSPC", -ENOSPC, VM_FAULT_SIGBUS },
	{ "-ETIMEDOUT", -ETIMEDOUT, VM_FAULT_SIGBUS },
	{ "-ERESTARTNOINTR", -ERESTARTNOINTR, VM_FAULT_SIGBUS },
	{ "INT_MIN", INT_MIN, VM_FAULT_SIGBUS },
	{ "EAGAIN, without a sign", EAGAIN, VM_FAULT_SIGBUS },
	{ "ENOMEM, without a sign", ENOMEM, VM_FAULT_SIGBUS },
};

TABLE(errnos);

static void errnos_have_codes(struct kunit *test)
{
	const typeof(errnos[0]) *row = test->param_value;

	KUNIT_EXPECT_EQ_MSG(test, row->code, pfnfault_errno(row->err), "%s",
			    row->name);
}

#define RETRY FAULT_FLAG_ALLOW_RETRY
#define NOWAIT FAULT_FLAG_RETRY_NOWAIT
#define USER FAULT_FLAG_USER

static const struct {
	const char *name;
	unsigned int flags, state;
} waits[] = {
	{ "user mode, may retry", USER | RETRY, TASK_INTERRUPTIBLE },
	{ "user mode, a later attempt", USER | RETRY | FAULT_FLAG_TRIED, TASK_INTERRUPTIBLE },
	{ "user mode, may not retry", USER, TASK_KILLABLE },
	{ "kernel mode, may retry", RETRY, TASK_KILLABLE },
	{ "kernel mode, interruptible", RETRY | FAULT_FLAG_INTERRUPTIBLE, TASK_KILLABLE },
	{ "kernel mode, may not retry", 0, TASK_KILLABLE },
	{ "must not wait", RETRY | NOWAIT, TASK_RUNNING },
	{ "must not wait, user mode", USER | RETRY | NOWAIT, TASK_RUNNING },
	{ "must not wait, nor retry", NOWAIT, TASK_KILLABLE },
};

TABLE(waits);

static void waits_have_states(struct kunit *test)
{
	const typeof(waits[0]) *row = test->param_value;
	struct vm_fault vmf = { .flags = row->flags };

	KUNIT_EXPECT_EQ_MSG(test, row->state, pfnfault_wait_state(&vmf), "%s",
			    row->name);
}

/* Without a VMA, so that a release would be noticed. */
static void locks_are_kept(struct kunit *test)
{
	static const unsigned int flags[] = { 0, USER, NOWAIT, RETRY | NOWAIT };
	struct vm_fault vmf = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		vmf.flags = flags[i];
		KUNIT_EXPECT_FALSE_MSG(test, pfnfault_release_lock(&vmf),
				       "flags %#x", flags[i]);
	}
}

static unsigned long nopfn_says;

static unsigned long nopfn(struct vm_fault *vmf)
{
	return nopfn_says;
}

static const struct vm_operations_struct vm_ops;

static const struct {
	const char *name;
	unsigned long pfn;
	vm_fault_t code;
} nopfns[] = {
	{ "SIGBUS", PFNFAULT_NOPFN_SIGBUS, VM_FAULT_SIGBUS },
	{ "OOM", PFNFAULT_NOPFN_OOM, VM_FAULT_OOM },
	{ "REFAULT", PFNFAULT_NOPFN_REFAULT, VM_FAULT_NOPAGE },
	{ "the next number, which is no PFN", ~0ul - 3, VM_FAULT_SIGBUS },
};

TABLE(nopfns);

static void nopfn_is_told(struct kunit *test)
{
	const typeof(nopfns[0]) *row = test->param_value;
	struct vm_area_struct vma = {
		.vm_start = HERE,
		.vm_end = HERE + PAGE_SIZE,
		.vm_flags = VM_PFNMAP | VM_SHARED,
		.vm_ops = &vm_ops,
	};
	struct vm_fault vmf = fault_at(&vma, 0, 0);

	nopfn_says = row->pfn;
	KUNIT_EXPECT_EQ_MSG(test, row->code, pfnfault_nopfn(&vmf, nopfn), "%s",
			    row->name);
}

#define LAST_PFN ((1ul << (boot_cpu_data.x86_phys_bits - PAGE_SHIFT)) - 1)

/* In a VMA of 20 pages, from page 1000 of the file on, in one page table. */
static bool insert(vm_flags_t flags, unsigned long page, unsigned long index,
		   unsigned long pfn, unsigned long nr)
{
	struct vm_area_struct vma = {
		.vm_start = HERE,
		.vm_end = HERE + 20 * PAGE_SIZE,
		.vm_pgoff = 1000,
		.vm_flags = flags,
		.vm_ops = &vm_ops,
	};
	struct vm_fault vmf = fault_at(&vma, page, 0);
	vm_fault_t ret;

	memset(&installed, 0, sizeof(installed));
	installs = 0;
	ret = pfnfault_insert_range(&vmf, index, pfn, nr, PAGE_READONLY);
	return installs && ret == VM_FAULT_NOPAGE;
}

static const struct {
	const char *name;
	vm_flags_t flags;
	unsigned long page, index, nr;
	long start, end;
	unsigned long skipped;
} ranges[] = {
	{ "all of the VMA", VM_PFNMAP, 10, 1000, 20, -10, 10 },
	{ "more than the VMA", VM_PFNMAP, 10, 990, 100, -10, 10, 10 },
	{ "a part of it", VM_PFNMAP, 10, 1008, 5, -2, 3 },
	{ "from the page on", VM_PFNMAP, 10, 1010, 5, 0, 5 },
	{ "up to the page", VM_PFNMAP, 10, 1006, 5, -4, 1 },
	{ "the page alone", VM_PFNMAP, 10, 1010, 1, 0, 1 },
	{ "all that there can be", VM_PFNMAP, 10, 0, ULONG_MAX, -10, 10, 1000 },
	{ "index and nr overflow", VM_PFNMAP, 10, 1010, ULONG_MAX, 0, 10 },
	{ "a VMA of mixed pages", VM_MIXEDMAP, 10, 1000, 20, 0, 1, 10 },
	{ "ends before the page", VM_PFNMAP, 10, 1000, 10 },
	{ "begins behind it", VM_PFNMAP, 10, 1011, 10 },
	{ "begins at the end of all", VM_PFNMAP, 10, ULONG_MAX, 10 },
	{ "no pages", VM_PFNMAP, 10, 1010, 0 },
	{ "an ordinary VMA", 0, 10, 1000, 20 },
	{ "a VMA of both types", VM_PFNMAP | VM_MIXEDMAP, 10, 1000, 20 },
	{ "a private VMA", VM_PFNMAP | VM_MAYWRITE, 10, 1000, 20 },
	{ "before the VMA", VM_PFNMAP, -1ul, 999, 20 },
	{ "behind the VMA", VM_PFNMAP, 20, 1000, 21 },
};

TABLE(ranges);

static void ranges_are_clipped(struct kunit *test)
{
	const typeof(ranges[0]) *row = test->param_value;
	bool inserted = insert(row->flags, row->page, row->index, PFN, row->nr);

	KUNIT_EXPECT_EQ_MSG(test, !!row->end, inserted, "%s", row->name);
	if (!row->end)
		return;
	KUNIT_EXPECT_EQ_MSG(test, row->start, installed.start, "start: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->end, installed.end, "end: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->start, piece_installed.start,
			    "start of the piece: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->end, piece_installed.end,
			    "end of the piece: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, PFN + row->skipped, piece_installed.pfn,
			    "PFN: %s", row->name);
}

static void neighbours_that_cannot_be(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, insert(VM_PFNMAP, 10, 1000, LAST_PFN - 19, 20));
	KUNIT_EXPECT_EQ_MSG(test, 10, installed.end, "up to the last PFN");
	KUNIT_EXPECT_TRUE(test, insert(VM_PFNMAP, 10, 1000, LAST_PFN - 18, 20));
	KUNIT_EXPECT_EQ_MSG(test, 1, installed.end, "one more");
	KUNIT_EXPECT_EQ_MSG(test, LAST_PFN - 18, piece_installed.pfn,
			    "those before it are there");
	KUNIT_EXPECT_FALSE_MSG(test, insert(VM_PFNMAP, 10, 1000, LAST_PFN - 9, 20),
			       "the page itself");
	KUNIT_EXPECT_TRUE(test, insert(VM_PFNMAP, 10, 1000, -10ul, 20));
	KUNIT_EXPECT_EQ_MSG(test, 0, installed.start, "before PFN 0");
	KUNIT_EXPECT_EQ_MSG(test, 0, piece_installed.pfn, "from PFN 0 on");
}

static void ram_in_mixed_vmas(struct kunit *test)
{
	void *ram = kunit_kzalloc(test, 1, GFP_KERNEL);
	unsigned long pfn = virt_to_phys(ram) >> PAGE_SHIFT;

	KUNIT_ASSERT_NOT_NULL(test, ram);
	KUNIT_EXPECT_FALSE_MSG(test, insert(VM_MIXEDMAP, 0, 1000, pfn, 1),
			       "what core would count");
	KUNIT_EXPECT_TRUE_MSG(test, insert(VM_PFNMAP, 0, 1000, pfn, 1),
			      "what it would not");
}

static struct kunit_case helpers_cases[] = {
	CASE_OF(errnos, errnos_have_codes),
	CASE_OF(waits, waits_have_states),
	KUNIT_CASE(locks_are_kept),
	CASE_OF(nopfns, nopfn_is_told),
	CASE_OF(ranges, ranges_are_clipped),
	KUNIT_CASE(neighbours_that_cannot_be),
	KUNIT_CASE(ram_in_mixed_vmas),
	{}
};

SUITE(helpers);
