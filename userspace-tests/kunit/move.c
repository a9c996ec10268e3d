// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking memory back: which pages are zapped, how the sequence goes on, how moves
 * are counted. Would catch a page that is left mapped at either end of a range,
 * wherever in a file the region lies, and an invalidation that no fault notices.
 */
#include "test.h"

/* Of the last zap, in bytes; and how many there were. */
static loff_t zap_start, zap_length;
static unsigned int zaps, warnings;

static void zap(struct address_space *mapping, loff_t start, loff_t length,
		int even_cows)
{
	zap_start = start;
	zap_length = length;
	zaps++;
	if (even_cows)
		warnings++;
}

#define unmap_mapping_range zap
/* A warning here would be one in the log, which is searched for them. */
#undef WARN_ONCE
#define WARN_ONCE(condition, ...) ({					\
	bool __warn = (condition);					\
									\
	warnings += __warn;						\
	__warn; })
#include "pfnfault/move.c"

static struct fixture *start(struct kunit *test, unsigned long base,
			     unsigned long nr)
{
	zap_start = -1;
	zap_length = -1;
	zaps = 0;
	warnings = 0;
	return fixture_start(test, base, nr);
}

static const struct {
	const char *name;
	unsigned long index, nr;
	bool wrong;
} ranges[] = {
	{ "all of it", 0, 100 },
	{ "nothing at the start", 0, 0 },
	{ "nothing at the end", 100, 0 },
	{ "the last page", 99, 1 },
	{ "all but the first page", 1, 99 },
	{ "all but the last page", 0, 99 },
	{ "a page more", 0, 101, true },
	{ "the page behind the end", 100, 1, true },
	{ "the last page and one more", 99, 2, true },
	{ "nothing behind the end", 101, 0, true },
	{ "as much as a number can say", 0, ULONG_MAX, true },
	{ "index and nr overflow to 0", 1, ULONG_MAX, true },
	{ "index and nr overflow to 50", 51, ULONG_MAX, true },
	{ "index and nr overflow to 1", 50, ULONG_MAX - 48, true },
	{ "the last index there is", ULONG_MAX, 1, true },
	{ "... and nothing", ULONG_MAX, 0, true },
};

TABLE(ranges);

static void ranges_are_checked(struct kunit *test)
{
	const typeof(ranges[0]) *row = test->param_value;
	struct fixture *fixture = start(test, 0, 100);
	unsigned long index = row->index, nr = row->nr;

	check_range(&fixture->region, &index, &nr);
	KUNIT_EXPECT_EQ_MSG(test, row->wrong, warnings, "warnings: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->wrong ? 0 : row->index, index, "index: %s",
			    row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->wrong ? 100 : row->nr, nr, "nr: %s",
			    row->name);
}

static const struct {
	const char *name;
	unsigned long base, nr_pages, index, nr;
	loff_t start, length;
} places[] = {
	{ "the first page of a file", 0, 100, 0, 1, 0, PAGE_SIZE },
	{ "all of it", 0, 100, 0, 100, 0, 100 * PAGE_SIZE },
	{ "the last page", 0, 100, 99, 1, 99 * PAGE_SIZE, PAGE_SIZE },
	{ "behind other regions", 1000, 100, 7, 2, 1007 * PAGE_SIZE, 2 * PAGE_SIZE },
	{ "above 4 GiB", SZ_4G >> PAGE_SHIFT, 100, 1, 1, SZ_4G + PAGE_SIZE, PAGE_SIZE },
	{ "the last page of any file", MAX_PAGES - 100, 100, 99, 1,
	  (loff_t)(MAX_PAGES - 1) << PAGE_SHIFT, PAGE_SIZE },
	{ "the largest file", 0, MAX_PAGES, 0, MAX_PAGES, 0,
	  (loff_t)MAX_PAGES << PAGE_SHIFT },
};

TABLE(places);

static void pages_are_zapped(struct kunit *test)
{
	const typeof(places[0]) *row = test->param_value;
	struct fixture *fixture = start(test, row->base, row->nr_pages);

	pfnfault_invalidate(&fixture->region, row->index, row->nr);
	KUNIT_EXPECT_EQ_MSG(test, 1, zaps, "zaps: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->start, zap_start, "start: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->length, zap_length, "length: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, 0, warnings, "and no program's copies");
	KUNIT_EXPECT_EQ_MSG(test, 1, atomic_long_read(&fixture->region.seq),
			    "one bump");
}

static void nothing_is_no_invalidation(struct kunit *test)
{
	struct fixture *fixture = start(test, 0, 100);

	pfnfault_invalidate(&fixture->region, 100, 0);
	KUNIT_EXPECT_EQ_MSG(test, 0, zaps, "zaps");
	KUNIT_EXPECT_EQ_MSG(test, 0, atomic_long_read(&fixture->region.seq),
			    "bumps");
}

static void bumps(struct kunit *test)
{
	struct fixture *fixture = start(test, 0, 100);
	struct pfnfault_region *region = &fixture->region;

	region->verdict_nr = 100;
	atomic_long_set(&region->seq, LONG_MAX);
	pfnfault_bump(region, false);
	KUNIT_EXPECT_EQ_MSG(test, LONG_MIN, atomic_long_read(&region->seq),
			    "the sequence goes on behind LONG_MAX");
	KUNIT_EXPECT_EQ_MSG(test, 100, region->verdict_nr,
			    "nothing moved: the memory type is known");
	atomic_long_set(&region->seq, -1);
	pfnfault_bump(region, true);
	KUNIT_EXPECT_EQ_MSG(test, 0, atomic_long_read(&region->seq),
			    "... and behind its end");
	KUNIT_EXPECT_EQ_MSG(test, 0, region->verdict_nr,
			    "pages moved: the memory type is forgotten");
	KUNIT_EXPECT_TRUE_MSG(test, down_write_trylock(&region->gate),
			      "the gate is free again");
	up_write(&region->gate);
}

static void expect_moves(struct kunit *test, unsigned int moves,
			 unsigned long start, unsigned long end)
{
	const struct fixture *fixture = test->priv;
	const struct pfnfault_region *region = &fixture->region;

	KUNIT_EXPECT_EQ_MSG(test, moves, region->moves, "moves under way");
	KUNIT_EXPECT_EQ_MSG(test, start, region->moves_start, "of %u moves", moves);
	KUNIT_EXPECT_EQ_MSG(test, end, region->moves_end, "of %u moves", moves);
}

static void moves_are_counted(struct kunit *test)
{
	struct fixture *fixture = start(test, 0, 100);
	struct pfnfault_region *region = &fixture->region;

	pfnfault_invalidate_begin(region, 30, 10);
	expect_moves(test, 1, 30, 40);
	KUNIT_EXPECT_EQ(test, 30 * PAGE_SIZE, zap_start);
	pfnfault_invalidate_begin(region, 35, 1);
	expect_moves(test, 2, 30, 40);
	pfnfault_invalidate_begin(region, 90, 10);
	expect_moves(test, 3, 30, 100);
	pfnfault_invalidate_begin(region, 0, 1);
	expect_moves(test, 4, 0, 100);
	KUNIT_EXPECT_EQ_MSG(test, 4, zaps, "each zaps");
	KUNIT_EXPECT_EQ_MSG(test, 4, atomic_long_read(&region->seq),
			    "... and bumps");
	pfnfault_invalidate_end(region);
	pfnfault_invalidate_end(region);
	pfnfault_invalidate_end(region);
	expect_moves(test, 1, 0, 100);
	pfnfault_invalidate_end(region);
	KUNIT_EXPECT_EQ_MSG(test, 0, region->moves, "all have ended");
	KUNIT_EXPECT_EQ_MSG(test, 4, atomic_read(&region->wakes),
			    "each end wakes");
	pfnfault_invalidate_begin(region, 50, 1);
	expect_moves(test, 1, 50, 51);
	KUNIT_EXPECT_EQ(test, 0, warnings);
}

static void wrong_moves(struct kunit *test)
{
	struct fixture *fixture = start(test, 0, 100);
	struct pfnfault_region *region = &fixture->region;

	pfnfault_invalidate_end(region);
	KUNIT_EXPECT_EQ_MSG(test, 1, warnings, "an end without a beginning");
	KUNIT_EXPECT_EQ_MSG(test, 0, region->moves, "... is not counted");
	pfnfault_invalidate_begin(region, 99, 2);
	KUNIT_EXPECT_EQ_MSG(test, 2, warnings, "pages that are not the region's");
	expect_moves(test, 1, 0, 100);
}

static void revocations(struct kunit *test)
{
	struct fixture *fixture = start(test, 1000, 100);
	struct pfnfault_region *region = &fixture->region;

	pfnfault_revoke(region, PFNFAULT_REVOKE_ONES);
	KUNIT_EXPECT_TRUE_MSG(test, pfnfault_revoked(region), "revoked");
	KUNIT_EXPECT_EQ_MSG(test, 1000 * PAGE_SIZE, zap_start, "all of it");
	KUNIT_EXPECT_EQ_MSG(test, 100 * PAGE_SIZE, zap_length, "all of it");
	KUNIT_EXPECT_EQ_MSG(test, 1, atomic_read(&region->wakes), "wakes");
	pfnfault_revoke(region, PFNFAULT_REVOKE_ZEROS);
	KUNIT_EXPECT_EQ_MSG(test, PFNFAULT_REVOKE_ONES, region->policy,
			    "the first policy counts");
	KUNIT_EXPECT_EQ_MSG(test, 2, zaps, "each call zaps");
	KUNIT_EXPECT_EQ_MSG(test, 2, atomic_long_read(&region->seq),
			    "... and bumps");
}

static void a_wrong_policy(struct kunit *test)
{
	struct fixture *fixture = start(test, 0, 100);

	pfnfault_revoke(&fixture->region, PFNFAULT_REVOKE_ONES + 1);
	KUNIT_EXPECT_EQ_MSG(test, 1, warnings, "warns");
	KUNIT_EXPECT_EQ_MSG(test, PFNFAULT_REVOKE_SIGBUS,
			    fixture->region.policy, "and is SIGBUS");
}

static struct kunit_case move_cases[] = {
	CASE_OF(ranges, ranges_are_checked),
	CASE_OF(places, pages_are_zapped),
	KUNIT_CASE(nothing_is_no_invalidation),
	KUNIT_CASE(bumps),
	KUNIT_CASE(moves_are_counted),
	KUNIT_CASE(wrong_moves),
	KUNIT_CASE(revocations),
	KUNIT_CASE(a_wrong_policy),
	{}
};

SUITE(move);
