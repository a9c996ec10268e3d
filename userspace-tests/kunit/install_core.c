// SPDX-License-Identifier: GPL-2.0-only
/*
 * The installer that asks core for every page. Would catch pages of a piece that
 * get the PFNs of another, and an error of a neighbour that becomes the fault's.
 */
#include "test.h"

/* The pages that core was asked for, in order, and what it refuses. */
static long asked[16];
static unsigned int calls;
static long refused;
static vm_fault_t refusal;

static vm_fault_t insert(struct pfnfault_run *run,
			 const struct pfnfault_piece *piece, long offset)
{
	if (calls < ARRAY_SIZE(asked))
		asked[calls] = offset;
	calls++;
	return offset == refused ? refusal : VM_FAULT_NOPAGE;
}

static int allocate_table(struct pfnfault_run *run)
{
	return 0;
}

#undef pfnfault_insert_by_core
#define pfnfault_insert_by_core insert
#undef pfnfault_allocate_table
#define pfnfault_allocate_table allocate_table
#include "pfnfault/install_core.c"

#define NONE 99

/* A run of three pieces: pages 0 to 2, 3 and 4, -2 and -1. */
static const struct {
	const char *name;
	long refused;
	vm_fault_t refusal;
	int err;
	long end;
	unsigned int nr;
	long asked[7];
} runs[] = {
	{ "all of it", NONE, 0, 0, 5, 7, { 0, 1, 2, 3, 4, -2, -1 } },
	{ "the faulting page is refused", 0, VM_FAULT_SIGBUS, -EFAULT, 5, 1, { 0 } },
	{ "no memory for it", 0, VM_FAULT_OOM, -ENOMEM, 5, 1, { 0 } },
	{ "the next one is refused", 1, VM_FAULT_SIGBUS, 0, 1, 4, { 0, 1, -2, -1 } },
	{ "the next piece is refused", 3, VM_FAULT_OOM, 0, 3, 6, { 0, 1, 2, 3, -2, -1 } },
	{ "one before is refused", -2, VM_FAULT_SIGBUS, 0, 5, 7,
	  { 0, 1, 2, 3, 4, -2, -1 } },
};

TABLE(runs);

static void core_is_asked_for(struct kunit *test)
{
	const typeof(runs[0]) *row = test->param_value;
	struct pfnfault_piece pieces[] = {
		{ .start = 0, .end = 3 },
		{ .start = 3, .end = 5 },
		{ .start = -2, .end = 0 },
	};
	struct pfnfault_run run = {
		.start = -2, .end = 5, .nr = 3, .pieces = pieces,
	};
	unsigned int i;

	calls = 0;
	refused = row->refused;
	refusal = row->refusal;
	KUNIT_EXPECT_EQ_MSG(test, row->err, pfnfault_install_core(&run), "%s",
			    row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->end, run.end, "end: %s", row->name);
	KUNIT_ASSERT_EQ_MSG(test, row->nr, calls, "pages: %s", row->name);
	for (i = 0; i < row->nr; i++)
		KUNIT_EXPECT_EQ_MSG(test, row->asked[i], asked[i],
				    "page %u: %s", i, row->name);
}

static void only_what_is_still_true(struct kunit *test)
{
	struct fixture *fixture = fixture_start(test, 0, 100);
	struct pfnfault_region *region = &fixture->region;
	struct pfnfault_piece piece = { .end = 1 };
	struct vm_fault vmf = {};
	struct pfnfault_run run = {
		.vmf = &vmf, .region = region, .seq = -1, .end = 1, .nr = 1,
		.pieces = &piece,
	};

	calls = 0;
	refused = NONE;
	KUNIT_EXPECT_EQ(test, PFNFAULT_LOST, pfnfault_install_core(&run));
	KUNIT_EXPECT_EQ_MSG(test, 0, calls, "core is not asked");
	atomic_long_set(&region->seq, -1);
	KUNIT_EXPECT_EQ(test, 0, pfnfault_install_core(&run));
	KUNIT_EXPECT_EQ_MSG(test, 1, calls, "core is asked");
	KUNIT_EXPECT_FALSE_MSG(test, rwsem_is_locked(&region->gate),
			       "the gate is free again");
}

static struct kunit_case install_core_cases[] = {
	CASE_OF(runs, core_is_asked_for),
	KUNIT_CASE(only_what_is_still_true),
	{}
};

SUITE(install_core);
