// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a page is: which answers of a driver are believed, what is cut off of
 * them while pages move, what a revoked region gives. Would catch an answer that
 * puts a page of somebody else's into a page table.
 */
#include "test.h"

/* Another fault, which is as far as this one, and faster. */
static struct fixture *overtaken;
static struct page *overtaker;

static struct page *allocate(gfp_t gfp)
{
	if (overtaken)
		overtaken->region.dummy = overtaker;
	return alloc_pages(gfp, 0);
}

#undef alloc_page
#define alloc_page allocate
#include "pfnfault/place.c"

static const struct {
	const char *name;
	unsigned long nr_pages, index;
	struct pfnfault_extent extent;
	unsigned int flags;
	bool sane;
} answers[] = {
	{ "all of the region", 100, 7, { 0, 100, PFN }, 0, true },
	{ "one page", 100, 7, { 7, 1, PFN }, 0, true },
	{ "the last page", 100, 99, { 99, 1, PFN }, 0, true },
	{ "no pages", 100, 7, { 7, 0, PFN }, 0, false },
	{ "the page before", 100, 7, { 6, 1, PFN }, 0, false },
	{ "the page behind", 100, 7, { 8, 1, PFN }, 0, false },
	{ "up to the page", 100, 7, { 0, 7, PFN }, 0, false },
	{ "up to the page, with it", 100, 7, { 0, 8, PFN }, 0, true },
	{ "a page more than there are", 100, 7, { 0, 101, PFN }, 0, false },
	{ "the last page and one more", 100, 99, { 99, 2, PFN }, 0, false },
	{ "half of it behind the end", 100, 99, { 50, 51, PFN }, 0, false },
	{ "from the last page on, all", 100, 99, { 99, ULONG_MAX, PFN }, 0, false },
	{ "index and nr overflow", 100, 7, { 7, ULONG_MAX - 6, PFN }, 0, false },
	{ "an index near the end of all", 100, 7, { ULONG_MAX, 9, PFN }, 0, false },
	{ "all that there can be", MAX_PAGES, 7, { 0, MAX_PAGES, PFN }, 0, false },
	{ "the last page that there can be", MAX_PAGES, MAX_PAGES - 1,
	  { MAX_PAGES - 1, 1, PFN }, 0, true },
	{ "PFN 0", 100, 7, { 0, 100, 0 }, 0, true },
	{ "PFNs that overflow to PFN 0", 100, 7, { 0, 100, -100ul }, 0, false },
	{ "PFNs that overflow to PFN 48", 100, 7, { 0, 100, -50ul }, 0, false },
	{ "the last PFN that is a number", 100, 7, { 7, 1, -1ul }, 0, false },
	{ "the last but one", 100, 7, { 7, 1, -2ul }, 0, false },
	{ "write-combining", 100, 7, { 0, 100, PFN, PFNFAULT_WC }, 0, true },
	{ "uncached", 100, 7, { 0, 100, PFN, PFNFAULT_UC }, 0, true },
	{ "no cache mode", 100, 7, { 0, 100, PFN, PFNFAULT_UC + 1 }, 0, false },
	{ "a flag", 100, 7, { 0, 100, PFN, 0, 1 }, 0, false },
	{ "pfnfault's own flag", 100, 7, { 0, 100, PFN, 0, PFNFAULT_DUMMY }, 0, false },
	{ "COW", 100, 7, { 0, 100, PFN }, PFNFAULT_COW, true },
	{ "COW, write-combining", 100, 7, { 0, 100, PFN, PFNFAULT_WC }, PFNFAULT_COW, false },
	{ "COW, uncached", 100, 7, { 0, 100, PFN, PFNFAULT_UC }, PFNFAULT_COW, false },
};

TABLE(answers);

static void answers_are_checked(struct kunit *test)
{
	const typeof(answers[0]) *row = test->param_value;
	struct fixture *fixture = fixture_start(test, 0, row->nr_pages);

	fixture->ops.flags = row->flags;
	KUNIT_EXPECT_EQ_MSG(test, row->sane,
			    extent_sane(&fixture->region, row->index,
					&row->extent), "%s", row->name);
}

static void pfns_end_where_the_cpus_do(struct kunit *test)
{
	struct fixture *fixture = fixture_start(test, 0, 100);
	unsigned long last =
		(1ul << (boot_cpu_data.x86_phys_bits - PAGE_SHIFT)) - 1;
	struct pfnfault_extent extent = { .nr = 100, .pfn = last - 99 };

	KUNIT_EXPECT_TRUE_MSG(test, extent_sane(&fixture->region, 0, &extent),
			      "up to the last PFN");
	extent.pfn++;
	KUNIT_EXPECT_FALSE_MSG(test, extent_sane(&fixture->region, 0, &extent),
			       "one more");
}

static const struct {
	const char *name;
	struct pfnfault_extent extent;
	unsigned long index, start, end;
	struct pfnfault_extent rest;
} clips[] = {
	{ "before what moves", { 0, 100, PFN }, 10, 20, 30, { 0, 20, PFN } },
	{ "right before", { 0, 100, PFN }, 19, 20, 30, { 0, 20, PFN } },
	{ "behind", { 0, 100, PFN }, 40, 20, 30, { 30, 70, PFN + 30 } },
	{ "right behind", { 0, 100, PFN }, 30, 20, 30, { 30, 70, PFN + 30 } },
	{ "the last page is left", { 0, 100, PFN }, 99, 20, 99, { 99, 1, PFN + 99 } },
	{ "the first page is left", { 0, 100, PFN }, 0, 1, 99, { 0, 1, PFN } },
	{ "ends where it moves", { 0, 20, PFN }, 10, 20, 30, { 0, 20, PFN } },
	{ "ends before", { 0, 19, PFN }, 10, 20, 30, { 0, 19, PFN } },
	{ "ends in what moves", { 5, 20, PFN }, 10, 20, 30, { 5, 15, PFN } },
	{ "begins where it ends to move", { 30, 20, PFN }, 35, 20, 30, { 30, 20, PFN } },
	{ "begins behind", { 31, 20, PFN }, 35, 20, 30, { 31, 20, PFN } },
	{ "begins in what moves", { 25, 20, PFN }, 35, 20, 30, { 30, 15, PFN + 5 } },
	{ "begins with its last page", { 29, 20, PFN }, 35, 20, 30, { 30, 19, PFN + 1 } },
	{ "at the end, before", { MAX_PAGES - 10, 10, PFN }, MAX_PAGES - 10,
	  MAX_PAGES - 9, MAX_PAGES - 5, { MAX_PAGES - 10, 1, PFN } },
	{ "at the end, behind", { MAX_PAGES - 10, 10, PFN }, MAX_PAGES - 1,
	  MAX_PAGES - 9, MAX_PAGES - 1, { MAX_PAGES - 1, 1, PFN + 9 } },
};

TABLE(clips);

static void what_moves_is_cut_off(struct kunit *test)
{
	const typeof(clips[0]) *row = test->param_value;
	struct pfnfault_extent extent = row->extent;

	clip_to(&extent, row->index, row->start, row->end);
	KUNIT_EXPECT_EQ_MSG(test, row->rest.index, extent.index, "index: %s",
			    row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->rest.nr, extent.nr, "nr: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->rest.pfn, extent.pfn, "PFN: %s",
			    row->name);
}

static const struct pfnfault_extent whole = { 0, 100, PFN };

static struct fixture *start(struct kunit *test)
{
	struct fixture *fixture = fixture_start(test, 1000, 100);

	fixture->places = &whole;
	fixture->nr_places = 1;
	atomic_long_set(&fixture->region.seq, 5);
	return fixture;
}

/* Where is page @index? @extent tells, and @calls how often the driver was asked. */
static void locate(struct kunit *test, unsigned long index, int expected,
		   struct pfnfault_extent *extent, unsigned int calls)
{
	struct fixture *fixture = test->priv;
	unsigned long seq = 0;
	int err;

	*extent = (struct pfnfault_extent){};
	fixture->calls = 0;
	err = pfnfault_locate(&fixture->region, index, extent, &seq);
	KUNIT_EXPECT_EQ_MSG(test, expected, err, "page %lu", index);
	KUNIT_EXPECT_EQ_MSG(test, 5, seq, "the sequence is that from before");
	KUNIT_EXPECT_EQ_MSG(test, calls, fixture->calls, "calls of resolve()");
}

static void invalidate(struct fixture *fixture)
{
	atomic_long_inc(&fixture->region.seq);
}

static void pages_are_located(struct kunit *test)
{
	struct fixture *fixture = start(test);
	struct pfnfault_extent extent;

	fixture->meanwhile = invalidate;
	locate(test, 99, 0, &extent, 1);
	KUNIT_EXPECT_EQ_MSG(test, PFN, extent.pfn, "as resolve() said");
	KUNIT_EXPECT_EQ_MSG(test, 100, extent.nr, "all of it");
}

static const struct {
	const char *name;
	int err, expected;
} errors[] = {
	{ "-EAGAIN", -EAGAIN, -EAGAIN },
	{ "-ENOMEM", -ENOMEM, -ENOMEM },
	{ "-EHWPOISON", -EHWPOISON, -EHWPOISON },
	{ "INT_MIN", INT_MIN, INT_MIN },
	{ "PFNFAULT_LOST is not a driver's", PFNFAULT_LOST, -EINVAL },
	{ "PFNFAULT_MOVING is not", PFNFAULT_MOVING, -EINVAL },
	{ "PFNFAULT_RESIZE is not", PFNFAULT_RESIZE, -EINVAL },
	{ "INT_MAX", INT_MAX, -EINVAL },
};

TABLE(errors);

static void errors_are_passed_on(struct kunit *test)
{
	const typeof(errors[0]) *row = test->param_value;
	struct fixture *fixture = start(test);
	struct pfnfault_extent extent;

	fixture->err = row->err;
	locate(test, 0, row->expected, &extent, 1);
}

static void errors_of_before_are_not_believed(struct kunit *test)
{
	static const struct pfnfault_extent bad = { 0, 101, PFN };
	struct fixture *fixture = start(test);
	struct pfnfault_extent extent;

	fixture->meanwhile = invalidate;
	fixture->err = -EIO;
	locate(test, 7, PFNFAULT_LOST, &extent, 1);
	atomic_long_set(&fixture->region.seq, 5);
	fixture->err = 0;
	fixture->places = &bad;
	locate(test, 7, PFNFAULT_LOST, &extent, 1);
	atomic_long_set(&fixture->region.seq, 5);
	fixture->meanwhile = NULL;
	locate(test, 7, -EINVAL, &extent, 1);
}

static void moving_pages_have_no_place(struct kunit *test)
{
	struct fixture *fixture = start(test);
	struct pfnfault_extent extent;

	fixture->region.moves = 1;
	fixture->region.moves_start = 20;
	fixture->region.moves_end = 30;
	locate(test, 20, PFNFAULT_MOVING, &extent, 0);
	locate(test, 29, PFNFAULT_MOVING, &extent, 0);
	locate(test, 19, 0, &extent, 1);
	KUNIT_EXPECT_EQ_MSG(test, 20, extent.nr, "before: what does not move");
	locate(test, 30, 0, &extent, 1);
	KUNIT_EXPECT_EQ_MSG(test, 30, extent.index, "behind: from there on");
	fixture->region.moves = 0;
	locate(test, 25, 0, &extent, 1);
	KUNIT_EXPECT_EQ_MSG(test, 100, extent.nr, "when it is over: all");
}

static void revoke_now(struct fixture *fixture)
{
	fixture->region.revoked = true;
}

static void revoked_with_sigbus(struct kunit *test)
{
	struct fixture *fixture = start(test);
	struct pfnfault_extent extent;

	/* SIGBUS is policy 0. */
	fixture->meanwhile = revoke_now;
	locate(test, 7, PFNFAULT_LOST, &extent, 1);
	locate(test, 7, -ENODEV, &extent, 0);
}

static void revoked_with(struct kunit *test, u8 policy, int byte)
{
	struct fixture *fixture = start(test);
	int pages = pfnfault_live_pages();
	struct pfnfault_extent extent;
	unsigned long pfn;
	void *content;

	fixture->region.policy = policy;
	fixture->region.revoked = true;
	locate(test, 99, 0, &extent, 0);
	KUNIT_EXPECT_EQ_MSG(test, 99, extent.index, "the page that was asked for");
	KUNIT_EXPECT_EQ_MSG(test, 1, extent.nr, "and no other");
	KUNIT_EXPECT_EQ_MSG(test, PFNFAULT_DUMMY, extent.flags, "flags");
	KUNIT_EXPECT_EQ_MSG(test, pages + 1, pfnfault_live_pages(), "the count");
	pfn = extent.pfn;
	KUNIT_ASSERT_TRUE(test, pfn_valid(pfn));
	content = page_address(pfn_to_page(pfn));
	KUNIT_EXPECT_PTR_EQ_MSG(test, NULL, memchr_inv(content, byte, PAGE_SIZE),
				"all of the page is %#x", byte);
	locate(test, 0, 0, &extent, 0);
	KUNIT_EXPECT_EQ_MSG(test, pfn, extent.pfn, "one page for all");
	KUNIT_EXPECT_EQ_MSG(test, pages + 1, pfnfault_live_pages(), "one count");
}

static void revoked_with_zeros(struct kunit *test)
{
	revoked_with(test, PFNFAULT_REVOKE_ZEROS, 0);
}

static void revoked_with_ones(struct kunit *test)
{
	revoked_with(test, PFNFAULT_REVOKE_ONES, 0xff);
}

static void two_at_once_have_one_page(struct kunit *test)
{
	struct fixture *fixture = fixture_start(test, 0, 100);
	struct pfnfault_extent extent;
	int pages = pfnfault_live_pages();

	overtaker = alloc_pages(GFP_KERNEL, 0);
	KUNIT_ASSERT_NOT_NULL(test, overtaker);
	overtaken = fixture;
	atomic_long_set(&fixture->region.seq, 5);
	fixture->region.policy = PFNFAULT_REVOKE_ZEROS;
	fixture->region.revoked = true;
	locate(test, 5, 0, &extent, 0);
	overtaken = NULL;
	KUNIT_EXPECT_EQ_MSG(test, page_to_pfn(overtaker), extent.pfn,
			    "that of who came first");
	KUNIT_EXPECT_EQ_MSG(test, pages, pfnfault_live_pages(), "who counts it");
	fixture->region.dummy = NULL;
	__free_page(overtaker);
}

static struct kunit_case place_cases[] = {
	KUNIT_CASE(two_at_once_have_one_page),
	CASE_OF(answers, answers_are_checked),
	KUNIT_CASE(pfns_end_where_the_cpus_do),
	CASE_OF(clips, what_moves_is_cut_off),
	KUNIT_CASE(pages_are_located),
	CASE_OF(errors, errors_are_passed_on),
	KUNIT_CASE(errors_of_before_are_not_believed),
	KUNIT_CASE(moving_pages_have_no_place),
	KUNIT_CASE(revoked_with_sigbus),
	KUNIT_CASE(revoked_with_zeros),
	KUNIT_CASE(revoked_with_ones),
	{}
};

SUITE(place);
