// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where regions may lie, their life, what is counted of them. Would catch a region
 * with a page that no file offset reaches, and a count that a CPU is left out of.
 */
#include "test.h"
#include "pfnfault/region.c"

static const struct {
	const char *name;
	unsigned long base, nr_pages;
	int err;
} sizes[] = {
	{ "one page", 0, 1, 0 },
	{ "no page", 0, 0, -EINVAL },
	{ "no page, at the end", MAX_PAGES, 0, -EINVAL },
	{ "the largest file", 0, MAX_PAGES, 0 },
	{ "a page more", 0, MAX_PAGES + 1, -EINVAL },
	{ "the largest file, from page 1 on", 1, MAX_PAGES, -EINVAL },
	{ "all but page 0", 1, MAX_PAGES - 1, 0 },
	{ "the last page", MAX_PAGES - 1, 1, 0 },
	{ "the page behind", MAX_PAGES, 1, -EINVAL },
	{ "100 pages at the end", MAX_PAGES - 100, 100, 0 },
	{ "101 of them", MAX_PAGES - 100, 101, -EINVAL },
	{ "as much as a number can say", 0, ULONG_MAX, -EINVAL },
	{ "base and nr overflow to 0", 1, ULONG_MAX, -EINVAL },
	{ "base and nr overflow to 9", ULONG_MAX, 10, -EINVAL },
};

TABLE(sizes);

static void regions_lie_in_files(struct kunit *test)
{
	const typeof(sizes[0]) *row = test->param_value;
	struct fixture *fixture = fixture_start(test, 0, 1);
	struct pfnfault_region region;
	int err, regions = pfnfault_live_regions();

	err = pfnfault_region_init(&region, &fixture->ops, &fixture->space,
				   row->base, row->nr_pages);
	KUNIT_EXPECT_EQ_MSG(test, row->err, err, "%s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, regions + !err, pfnfault_live_regions(),
			    "regions there are: %s", row->name);
	if (err)
		return;
	KUNIT_EXPECT_EQ_MSG(test, row->base, region.base, "%s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->nr_pages, region.nr_pages, "%s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, PTES, region.window, "%s", row->name);
	fixture->ops.release = NULL;
	pfnfault_region_put(&region);
	KUNIT_EXPECT_EQ_MSG(test, regions, pfnfault_live_regions(),
			    "... and are left: %s", row->name);
}

static void ops_are_checked(struct kunit *test)
{
	struct fixture *fixture = fixture_start(test, 0, 1);
	struct pfnfault_ops ops = { .flags = PFNFAULT_COW | PFNFAULT_TOUCHED };
	struct pfnfault_region region;
	int regions = pfnfault_live_regions();

	KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
			    pfnfault_region_init(&region, NULL, &fixture->space,
						 0, 1), "no ops");
	KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
			    pfnfault_region_init(&region, &ops, &fixture->space,
						 0, 1), "no resolve()");
	ops.resolve = fixture->ops.resolve;
	KUNIT_EXPECT_EQ_MSG(test, 0,
			    pfnfault_region_init(&region, &ops, &fixture->space,
						 0, 1), "all the flags there are");
	pfnfault_region_put(&region);
	ops.flags = PFNFAULT_TOUCHED << 1;
	KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
			    pfnfault_region_init(&region, &ops, &fixture->space,
						 0, 1), "one more");
	KUNIT_EXPECT_EQ(test, regions, pfnfault_live_regions());
}

static void the_last_reference_releases(struct kunit *test)
{
	struct fixture *fixture = fixture_start(test, 0, 1);

	pfnfault_region_get(&fixture->region);
	pfnfault_region_put(&fixture->region);
	KUNIT_EXPECT_EQ_MSG(test, 0, fixture->released, "one is left");
	pfnfault_region_put(&fixture->region);
	KUNIT_EXPECT_EQ_MSG(test, 1, fixture->released, "none is");
	test->priv = NULL;
}

static void every_cpu_counts(struct kunit *test)
{
	struct fixture *fixture = fixture_start(test, 0, 1);
	struct pfnfault_stats stats = { .faults = 12345 };
	u64 cpu, cpus = 0;

	for_each_possible_cpu(cpu) {
		per_cpu_ptr(fixture->region.percpu, cpu)->stats =
			(struct pfnfault_stats){ 1, 10, 100, 1000, 1ull << 40,
						  2, 20 };
		cpus++;
	}
	pfnfault_region_stats(&fixture->region, &stats);
	KUNIT_EXPECT_GT_MSG(test, cpus, 1, "a guest has two");
	KUNIT_EXPECT_EQ_MSG(test, cpus, stats.faults, "faults");
	KUNIT_EXPECT_EQ_MSG(test, 10 * cpus, stats.installed, "installed");
	KUNIT_EXPECT_EQ_MSG(test, 100 * cpus, stats.huge, "huge");
	KUNIT_EXPECT_EQ_MSG(test, 1000 * cpus, stats.retries, "retries");
	KUNIT_EXPECT_EQ_MSG(test, cpus << 40, stats.lost, "lost");
	KUNIT_EXPECT_EQ_MSG(test, 2 * cpus, stats.waits, "waits");
	KUNIT_EXPECT_EQ_MSG(test, 20 * cpus, stats.invalidations, "invalidations");
}

static struct kunit_case region_cases[] = {
	CASE_OF(sizes, regions_lie_in_files),
	KUNIT_CASE(ops_are_checked),
	KUNIT_CASE(the_last_reference_releases),
	KUNIT_CASE(every_cpu_counts),
	{}
};

SUITE(region);
