// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bits of pages that were written. Would catch a write that is told of
 * another page, twice or not at all, and a page that stays writable when its write
 * was told.
 */
#include "test.h"

#define MOST_ZAPS 8

static struct {
	unsigned long index, nr;
} zapped[MOST_ZAPS];
static unsigned int zaps;

static void zap(struct pfnfault_region *region, unsigned long index,
		unsigned long nr)
{
	if (zaps < MOST_ZAPS) {
		zapped[zaps].index = index;
		zapped[zaps].nr = nr;
	}
	zaps++;
}

#undef pfnfault_zap
#define pfnfault_zap zap
#include "pfnfault/dirty.c"

#define MOST_PAGES (3 * PTRS_PER_PTE)

static unsigned long bitmap[BITS_TO_LONGS(MOST_PAGES)];

/* A region whose writes are tracked. */
static struct fixture *start(struct kunit *test, unsigned long nr_pages)
{
	struct fixture *fixture = fixture_start(test, 1000, nr_pages);

	KUNIT_ASSERT_EQ(test, 0, pfnfault_dirty_start(&fixture->region));
	zaps = 0;
	memset(bitmap, 0xff, sizeof(bitmap));
	return fixture;
}

static void mark(struct pfnfault_region *region, unsigned long index)
{
	pfnfault_dirty_mark(region, index, PFN + index);
}

/* Up to 3 marks, 3 zaps; a zap of no pages is none. */
static const struct {
	const char *name;
	unsigned long nr_pages;
	unsigned int marks;
	unsigned long marked[3];
	unsigned long zapped[3][2];
} collects[] = {
	{ "nothing", 100, 0 },
	{ "one page of one", 1, 1, { 0 }, { { 0, 1 } } },
	{ "the first", 100, 1, { 0 }, { { 0, 100 } } },
	{ "the last", 100, 1, { 99 }, { { 99, 1 } } },
	{ "the last of 63", 63, 1, { 62 }, { { 62, 1 } } },
	{ "the last of 64", 64, 1, { 63 }, { { 63, 1 } } },
	{ "the last of 65", 65, 1, { 64 }, { { 64, 1 } } },
	{ "two of one table", 1500, 2, { 5, 300 }, { { 5, 507 } } },
	{ "the last of a table", 1500, 1, { 511 }, { { 511, 1 } } },
	{ "the first of a table", 1500, 1, { 512 }, { { 512, 512 } } },
	{ "on both sides of an edge", 1500, 2, { 511, 512 }, { { 511, 1 }, { 512, 512 } } },
	{ "one of each table", 1500, 3, { 0, 700, 1499 },
	  { { 0, 512 }, { 700, 324 }, { 1499, 1 } } },
	{ "not of the table between", 1500, 2, { 1, 1024 }, { { 1, 511 }, { 1024, 476 } } },
};

TABLE(collects);

static void writes_are_collected(struct kunit *test)
{
	const typeof(collects[0]) *row = test->param_value;
	struct fixture *fixture = start(test, row->nr_pages);
	struct pfnfault_region *region = &fixture->region;
	unsigned int i, expected = 0;

	for (i = 0; i < row->marks; i++) {
		mark(region, row->marked[i]);
		mark(region, row->marked[i]);
	}
	KUNIT_EXPECT_EQ_MSG(test, row->marks,
			    pfnfault_dirty_collect(region, bitmap),
			    "pages: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->marks,
			    bitmap_weight(bitmap, BITS_TO_LONGS(row->nr_pages) *
					  BITS_PER_LONG),
			    "bits, also behind the last: %s", row->name);
	for (i = 0; i < row->marks; i++)
		KUNIT_EXPECT_TRUE_MSG(test, test_bit(row->marked[i], bitmap),
				      "page %lu: %s", row->marked[i], row->name);
	for (i = 0; i < ARRAY_SIZE(row->zapped) && row->zapped[i][1]; i++) {
		expected++;
		KUNIT_EXPECT_EQ_MSG(test, row->zapped[i][0], zapped[i].index,
				    "zap %u from: %s", i, row->name);
		KUNIT_EXPECT_EQ_MSG(test, row->zapped[i][1], zapped[i].nr,
				    "zap %u, pages: %s", i, row->name);
	}
	KUNIT_EXPECT_EQ_MSG(test, expected, zaps, "zaps: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, 0, pfnfault_dirty_collect(region, bitmap),
			    "told once: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, 3, atomic_long_read(&region->seq),
			    "bumps of the start and of each collect");
}

static void start_and_stop(struct kunit *test)
{
	struct fixture *fixture = fixture_start(test, 1000, 100);
	struct pfnfault_region *region = &fixture->region;

	bitmap[0] = 0x55;
	KUNIT_EXPECT_EQ_MSG(test, -EINVAL, pfnfault_dirty_collect(region, bitmap),
			    "nothing is tracked");
	KUNIT_EXPECT_EQ_MSG(test, 0x55, bitmap[0], "... and nothing told");
	mark(region, 1);
	zaps = 0;
	KUNIT_EXPECT_EQ(test, 0, pfnfault_dirty_start(region));
	KUNIT_EXPECT_EQ_MSG(test, 1, zaps, "what is mapped is to come back");
	KUNIT_EXPECT_EQ_MSG(test, 0, zapped[0].index, "from the first page");
	KUNIT_EXPECT_EQ_MSG(test, 100, zapped[0].nr, "to the last");
	mark(region, 2);
	KUNIT_EXPECT_EQ_MSG(test, -EBUSY, pfnfault_dirty_start(region), "twice");
	KUNIT_EXPECT_EQ_MSG(test, 1, zaps, "... does nothing");
	KUNIT_EXPECT_EQ_MSG(test, 1, pfnfault_dirty_collect(region, bitmap),
			    "... and forgets nothing");
	KUNIT_EXPECT_EQ_MSG(test, 1ul << 2, bitmap[0], "... of what was written");
	mark(region, 3);
	pfnfault_dirty_stop(region);
	pfnfault_dirty_stop(region);
	KUNIT_EXPECT_EQ_MSG(test, -EINVAL, pfnfault_dirty_collect(region, bitmap),
			    "no more");
	KUNIT_EXPECT_EQ(test, 0, pfnfault_dirty_start(region));
	KUNIT_EXPECT_EQ_MSG(test, 0, pfnfault_dirty_collect(region, bitmap),
			    "begins anew");
}

static void more_than_bitmaps_count(struct kunit *test)
{
	struct fixture *fixture = fixture_start(test, 0, INT_MAX + 1UL);

	KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
			    pfnfault_dirty_start(&fixture->region), "2^31 pages");
}

static void what_stands_in_is_not_written(struct kunit *test)
{
	struct fixture *fixture = start(test, 100);
	struct pfnfault_region *region = &fixture->region;
	struct page *dummy = virt_to_page(fixture);

	mark(region, 7);
	region->revoked = true;
	mark(region, 8);
	region->dummy = dummy;
	mark(region, 9);
	pfnfault_dirty_mark(region, 10, page_to_pfn(dummy));
	region->dummy = NULL;
	KUNIT_EXPECT_EQ_MSG(test, 3, pfnfault_dirty_collect(region, bitmap),
			    "what was written to the region's own pages");
	KUNIT_EXPECT_EQ_MSG(test, 7ul << 7, bitmap[0], "the bits");
}

static struct kunit_case dirty_cases[] = {
	CASE_OF(collects, writes_are_collected),
	KUNIT_CASE(start_and_stop),
	KUNIT_CASE(more_than_bitmaps_count),
	KUNIT_CASE(what_stands_in_is_not_written),
	{}
};

SUITE(dirty);
