// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is at the pages of a window: the faulting page's extent, cut to it, and
 * the extents that follow. Would catch pages that get the PFN of a neighbour, or
 * lie outside of the window, at any end of extents, windows and regions.
 */
#include "test.h"

/* What would have been installed. */
static struct pfnfault_run installed;
static struct pfnfault_piece pieces_installed[PFNFAULT_PIECES];
static int install_err;

static int install_ptes(struct pfnfault_run *run,
			const struct pfnfault_extent *extent)
{
	installed = *run;
	memcpy(pieces_installed, run->pieces,
	       min(run->nr, (unsigned int)PFNFAULT_PIECES) *
	       sizeof(*run->pieces));
	run->installed = 1000;
	return install_err;
}

#undef pfnfault_install_ptes
#define pfnfault_install_ptes install_ptes
#include "pfnfault/gather.c"

static const struct {
	const char *name;
	unsigned long base, page, index, nr;
	long from, to;
	int start, end;
	unsigned long skipped;
} pieces[] = {
	{ "larger than the window", 0, 100, 0, 512, -10, 20, -10, 20, 90 },
	{ "smaller", 0, 100, 95, 10, -10, 20, -5, 5, 0 },
	{ "begins before", 0, 100, 80, 25, -10, 20, -10, 5, 10 },
	{ "ends behind", 0, 100, 95, 100, -10, 20, -5, 20, 0 },
	{ "the same", 0, 100, 90, 30, -10, 20, -10, 20, 0 },
	{ "the faulting page alone", 0, 100, 100, 1, -10, 20, 0, 1, 0 },
	{ "a window of one page", 0, 100, 0, 512, 0, 1, 0, 1, 100 },
	{ "a region behind others", 5000, 100, 0, 512, -10, 20, -10, 20, 90 },
	{ "a region at the end", MAX_PAGES - 512, 511, 0, 512, -10, 1, -10, 1, 501 },
	{ "all that there can be", 0, MAX_PAGES - 1, 0, MAX_PAGES, -10, 1, -10, 1,
	  MAX_PAGES - 11 },
	{ "the next one, smaller", 0, 100, 105, 5, 5, 20, 5, 10, 0 },
	{ "the next one, larger", 0, 100, 105, 100, 5, 20, 5, 20, 0 },
	{ "the next one, begins before", 0, 100, 102, 100, 5, 20, 5, 20, 3 },
	{ "the one before, smaller", 0, 100, 93, 2, -10, -5, -7, -5, 0 },
	{ "the one before, larger", 0, 100, 0, 97, -10, -5, -10, -5, 90 },
};

TABLE(pieces);

static void extents_are_cut(struct kunit *test)
{
	const typeof(pieces[0]) *row = test->param_value;
	struct fixture *fixture =
		fixture_start(test, row->base, row->index + row->nr);
	struct pfnfault_extent extent = { row->index, row->nr, PFN };
	struct vm_area_struct vma = { .vm_pgoff = row->base };
	struct vm_fault vmf = fault_at(&vma, row->page, 0);
	struct pfnfault_piece place;
	struct pfnfault_run run = {
		.vmf = &vmf, .region = &fixture->region, .pieces = &place,
	};

	add_piece(&run, &extent, row->from, row->to);
	KUNIT_EXPECT_EQ_MSG(test, 1, run.nr, "pieces: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->start, place.start, "start: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->end, place.end, "end: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, PFN + row->skipped, place.pfn, "PFN: %s",
			    row->name);
}

/* What happens while more pages are asked for. */
static void (*while_gathering)(struct fixture *fixture);

/* A fault on page 100 of 200, which resolve() answers from @places. */
static struct fixture *start(struct kunit *test,
			     const struct pfnfault_extent *places,
			     unsigned int nr_places)
{
	struct fixture *fixture = fixture_start(test, 5000, 200);

	fixture->places = places;
	fixture->nr_places = nr_places;
	memset(&installed, 0, sizeof(installed));
	install_err = 0;
	while_gathering = NULL;
	return fixture;
}

/* Pages 100 to 163 are in the window. Returns what pfnfault_install() does. */
static int fault(struct fixture *fixture, unsigned long *nr)
{
	struct vm_area_struct vma =
		vma_of_pages(&fixture->region, HERE, 0, 200, VM_SEQ_READ);
	struct vm_fault vmf = fault_at(&vma, 100, 0);
	struct pfnfault_extent extent = {};
	unsigned long seq;

	fixture->region.window = 64;
	if (pfnfault_locate(&fixture->region, 100, &extent, &seq))
		return -EINVAL;
	fixture->calls = 0;
	fixture->meanwhile = while_gathering;
	return pfnfault_install(&fixture->region, &vmf, &extent, seq, nr);
}

static void expect_piece(struct kunit *test, unsigned int i, int start, int end,
			 unsigned long pfn)
{
	const struct pfnfault_piece *piece = &pieces_installed[i];

	KUNIT_EXPECT_EQ_MSG(test, start, piece->start, "start of piece %u", i);
	KUNIT_EXPECT_EQ_MSG(test, end, piece->end, "end of piece %u", i);
	KUNIT_EXPECT_EQ_MSG(test, pfn, piece->pfn, "PFN of piece %u", i);
}

static void expect_run(struct kunit *test, unsigned int nr, long end,
		       unsigned int calls)
{
	struct fixture *fixture = test->priv;

	KUNIT_EXPECT_EQ_MSG(test, nr, installed.nr, "pieces");
	KUNIT_EXPECT_EQ_MSG(test, 0, installed.start, "start of the run");
	KUNIT_EXPECT_EQ_MSG(test, end, installed.end, "end of the run");
	KUNIT_EXPECT_EQ_MSG(test, calls, fixture->calls, "more calls of resolve()");
}

static const struct pfnfault_extent three[] = {
	{ 90, 20, PFN }, { 110, 5, PFN + 500 }, { 115, 85, PFN + 1000 },
};

static void extents_follow(struct kunit *test)
{
	struct fixture *fixture = start(test, three, 3);
	unsigned long nr = 0;

	KUNIT_EXPECT_EQ(test, 0, fault(fixture, &nr));
	expect_run(test, 3, 64, 2);
	expect_piece(test, 0, 0, 10, PFN + 10);
	expect_piece(test, 1, 10, 15, PFN + 500);
	expect_piece(test, 2, 15, 64, PFN + 1000);
	KUNIT_EXPECT_EQ_MSG(test, 64, nr, "pages that are mapped");
}

static void a_hole_ends_it(struct kunit *test)
{
	struct fixture *fixture = start(test, three, 2);
	unsigned long nr = 0;

	KUNIT_EXPECT_EQ(test, 0, fault(fixture, &nr));
	expect_run(test, 2, 15, 2);
	KUNIT_EXPECT_EQ_MSG(test, 15, nr, "pages that are mapped");
}

static void what_is_not_wanted_is_not_asked_for(struct kunit *test)
{
	struct fixture *fixture = start(test, three, 3);
	unsigned long nr = 0;

	fixture->ops.flags = PFNFAULT_TOUCHED;
	KUNIT_EXPECT_EQ(test, 0, fault(fixture, &nr));
	expect_run(test, 1, 10, 0);
	nr = 10;
	fixture->ops.flags = 0;
	KUNIT_EXPECT_EQ(test, 0, fault(fixture, &nr));
	expect_run(test, 1, 10, 0);
	nr = 11;
	KUNIT_EXPECT_EQ(test, 0, fault(fixture, &nr));
	expect_run(test, 2, 11, 1);
	expect_piece(test, 1, 10, 11, PFN + 500);
}

static void pieces_are_counted(struct kunit *test)
{
	static struct pfnfault_extent single[200];
	struct fixture *fixture = start(test, single, 200);
	unsigned long i, nr = 0;

	for (i = 0; i < ARRAY_SIZE(single); i++)
		single[i] = (struct pfnfault_extent){ i, 1, PFN + 2 * i };
	KUNIT_EXPECT_EQ(test, 0, fault(fixture, &nr));
	expect_run(test, PFNFAULT_PIECES, PFNFAULT_PIECES, PFNFAULT_PIECES - 1);
	expect_piece(test, PFNFAULT_PIECES - 1, PFNFAULT_PIECES - 1,
		     PFNFAULT_PIECES, PFN + 2 * (100 + PFNFAULT_PIECES - 1));
}

static void downwards(struct kunit *test)
{
	static const struct pfnfault_extent down[] = {
		{ 99, 2, PFN }, { 80, 19, PFN + 500 }, { 0, 80, PFN + 1000 },
	};
	struct fixture *fixture = start(test, down, 3);
	struct vm_area_struct vma = { .vm_pgoff = 5000 };
	struct vm_fault vmf = fault_at(&vma, 100, 0);
	struct pfnfault_run run = {
		.vmf = &vmf, .region = &fixture->region,
		.pieces = pieces_installed,
	};
	struct pfnfault_piece *first = add_piece(&run, &down[0], -30, 1);

	run.start = first->start;
	run.end = first->end;
	gather(&run, -30, 1);
	KUNIT_EXPECT_EQ_MSG(test, 3, run.nr, "pieces");
	KUNIT_EXPECT_EQ_MSG(test, -30, run.start, "start of the run");
	expect_piece(test, 0, -1, 1, PFN);
	expect_piece(test, 1, -20, -1, PFN + 500);
	expect_piece(test, 2, -30, -20, PFN + 1000 + 70);
}

static void invalidate(struct fixture *fixture)
{
	if (fixture->calls == 1)
		atomic_long_inc(&fixture->region.seq);
}

static void an_invalidation_ends_it(struct kunit *test)
{
	struct fixture *fixture = start(test, three, 3);
	unsigned long nr = 0;

	/* While the second extent is asked for: the third one's is another time. */
	atomic_long_set(&fixture->region.seq, -1);
	while_gathering = invalidate;
	KUNIT_EXPECT_EQ(test, 0, fault(fixture, &nr));
	expect_run(test, 2, 15, 2);
	KUNIT_EXPECT_EQ_MSG(test, -1ul, installed.seq, "what is compared");
}

static void revoked_pages_stand_alone(struct kunit *test)
{
	struct fixture *fixture = start(test, three, 3);
	unsigned long nr = 0;

	fixture->region.policy = PFNFAULT_REVOKE_ZEROS;
	fixture->region.revoked = true;
	KUNIT_EXPECT_EQ(test, 0, fault(fixture, &nr));
	expect_run(test, 1, 1, 0);
}

static void what_is_counted(struct kunit *test)
{
	struct fixture *fixture = start(test, three, 3);
	struct pfnfault_stats stats;
	unsigned long nr = 0;

	fault(fixture, &nr);
	install_err = PFNFAULT_LOST;
	KUNIT_EXPECT_EQ(test, PFNFAULT_LOST, fault(fixture, &nr));
	pfnfault_region_stats(&fixture->region, &stats);
	KUNIT_EXPECT_EQ_MSG(test, 2000, stats.installed, "installed");
	KUNIT_EXPECT_EQ_MSG(test, 1, stats.lost, "lost");
}

static const struct {
	const char *name;
	unsigned int parameter, window;
	bool tracked;
	unsigned int flags;
	long limit;
} limits[] = {
	{ "a table", UINT_MAX, PTRS_PER_PTE, false, 0, PTES },
	{ "the parameter", 16, PTRS_PER_PTE, false, 0, 16 },
	{ "the region's", 16, 4, false, 0, 4 },
	{ "tracked, a write", 16, 4, true, FAULT_FLAG_WRITE, 1 },
	{ "tracked, a read", 16, 4, true, FAULT_FLAG_USER, 4 },
	{ "a write, not tracked", 16, 4, false, FAULT_FLAG_WRITE, 4 },
};

TABLE(limits);

static void windows_are_limited(struct kunit *test)
{
	const typeof(limits[0]) *row = test->param_value;
	struct pfnfault_region region = { .window = row->window };
	struct vm_fault vmf = { .flags = row->flags };
	unsigned int parameter = pfnfault_window;
	unsigned long dirty = 0;

	if (row->tracked)
		RCU_INIT_POINTER(region.dirty, &dirty);
	pfnfault_window = row->parameter;
	KUNIT_EXPECT_EQ_MSG(test, row->limit, limit_of(&region, &vmf), "%s",
			    row->name);
	pfnfault_window = parameter;
}

static struct kunit_case gather_cases[] = {
	CASE_OF(pieces, extents_are_cut),
	KUNIT_CASE(extents_follow),
	KUNIT_CASE(a_hole_ends_it),
	KUNIT_CASE(what_is_not_wanted_is_not_asked_for),
	KUNIT_CASE(pieces_are_counted),
	KUNIT_CASE(downwards),
	KUNIT_CASE(an_invalidation_ends_it),
	KUNIT_CASE(revoked_pages_stand_alone),
	KUNIT_CASE(what_is_counted),
	CASE_OF(limits, windows_are_limited),
	{}
};

SUITE(gather);
