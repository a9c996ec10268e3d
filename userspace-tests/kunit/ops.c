// SPDX-License-Identifier: GPL-2.0-only
/*
 * The counts of who is in an op. Would catch a revocation that does not wait for
 * an op, or waits for ever, because of the CPUs that it came and went on.
 */
#include "test.h"
#include "pfnfault/ops.c"

static void counts_of(struct fixture *fixture, int cpu, unsigned long entered,
		      unsigned long left)
{
	per_cpu_ptr(fixture->region.percpu, cpu)->entered = entered;
	per_cpu_ptr(fixture->region.percpu, cpu)->left = left;
}

static const struct {
	const char *name;
	unsigned long entered[2], left[2];
	bool none;
} counts[] = {
	{ "none ever", { 0, 0 }, { 0, 0 }, true },
	{ "one, on the first CPU", { 1, 0 }, { 0, 0 }, false },
	{ "one, on the second CPU", { 0, 1 }, { 0, 0 }, false },
	{ "one of two", { 1, 1 }, { 1, 0 }, false },
	{ "both have left", { 1, 1 }, { 1, 1 }, true },
	{ "left on another CPU", { 1, 0 }, { 0, 1 }, true },
	{ "left on another CPU, one is there", { 2, 0 }, { 0, 1 }, false },
	{ "a count at its end", { 0, 0 }, { -1ul, 1 }, true },
	{ "a count at its end, one is there", { 1, 0 }, { -1ul, 1 }, false },
};

TABLE(counts);

static void cpus_are_summed(struct kunit *test)
{
	const typeof(counts[0]) *row = test->param_value;
	struct fixture *fixture = fixture_start(test, 0, 1);

	/* The guests' CPUs are 0 and 1. */
	KUNIT_ASSERT_GE(test, nr_cpu_ids, 2);
	counts_of(fixture, 0, row->entered[0], row->left[0]);
	counts_of(fixture, 1, row->entered[1], row->left[1]);
	KUNIT_EXPECT_EQ_MSG(test, row->none, none_runs(&fixture->region), "%s",
			    row->name);
}

static void who_enters_is_waited_for(struct kunit *test)
{
	struct fixture *fixture = fixture_start(test, 0, 1);
	struct pfnfault_region *region = &fixture->region;

	KUNIT_EXPECT_TRUE_MSG(test, pfnfault_enter_op(region), "enters");
	KUNIT_EXPECT_FALSE_MSG(test, none_runs(region), "is in it");
	region->revoked = true;
	KUNIT_EXPECT_FALSE_MSG(test, none_runs(region), "is still in it");
	KUNIT_EXPECT_FALSE_MSG(test, pfnfault_enter_op(region), "no other one is");
	KUNIT_EXPECT_FALSE_MSG(test, none_runs(region),
			       "who was refused does not count as the one in it");
	pfnfault_leave_op(region);
	KUNIT_EXPECT_TRUE_MSG(test, none_runs(region), "has left");
	pfnfault_wait_for_ops(region);
}

static struct kunit_case ops_cases[] = {
	CASE_OF(counts, cpus_are_summed),
	KUNIT_CASE(who_enters_is_waited_for),
	{}
};

SUITE(ops);
