// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many pages a fault installs. Would catch a window that does not grow where
 * a program goes through memory, that does where it does not, that starts over
 * at each page table; advice or a limit that is not obeyed; a neighbour's error
 * that the program sees.
 */
#include "made.h"

#define PAGES MADE_PAGES

static int fd;

/* All of the region, the first page at the beginning of a page table. */
static char *map_aligned(int prot)
{
	return made_map_at(fd, prot, 0);
}

/*
 * Of @nr pages from @page on, or, downwards, before and with it, how many lie
 * in the region and in the page table of @page: a window is no more.
 */
static size_t clipped(size_t page, size_t nr)
{
	size_t table = TABLE - page % TABLE, region = PAGES - page;

	nr = nr < table ? nr : table;
	return nr < region ? nr : region;
}

static size_t clipped_down(size_t page, size_t nr)
{
	return nr < page % TABLE + 1 ? nr : page % TABLE + 1;
}

/* What touching page @page installs, in pages. */
static uint64_t installs(void *map, size_t page)
{
	uint64_t before = made_info(fd).installed;

	(void)load(page_word(map, page));
	return made_info(fd).installed - before;
}

static void test_upwards(void)
{
	char *map = map_aligned(PROT_READ);
	size_t page = START;

	is(installs(map, 0), START, "the first page: a small window");
	is(installs(map, page), clipped(page, 8 * START),
	   "... behind it, one that grows");
	page += clipped(page, 8 * START);
	is(installs(map, page), clipped(page, TABLE),
	   "... to the end of the table");
	/* Where two windows have filled a table, that was the second one. */
	page += clipped(page, TABLE);
	if (page < PAGES)
		is(installs(map, page), TABLE,
		   "a table whose predecessor is full: all of it at once");
	else
		skip("a table whose predecessor is full",
		     "all of the region is one table");
	ok(in_place(map, 0, 0, PAGES), "... and all pages are right");
	made_unmap(map);
}

static void test_downwards(void)
{
	char *map = map_aligned(PROT_READ);
	size_t page = PAGES - 1 - START, left;
	uint64_t before;

	is(installs(map, PAGES - 1), START, "the last page: a small window");
	is(installs(map, page), clipped_down(page, 8 * START),
	   "... before it, one that grows");
	left = page + 1 - clipped_down(page, 8 * START);
	before = made_info(fd).faults;
	for (page = PAGES; page > 0; page--)
		(void)load(page_word(map, page - 1));
	is(made_info(fd).faults - before, (left + TABLE - 1) / TABLE,
	   "... to a table a fault");
	ok(in_place(map, 0, 0, PAGES), "... and all pages are right");
	made_unmap(map);
}

/* In the middle of each fourth block; then what a program does at random. */
static void test_random(void)
{
	char *map = map_aligned(PROT_READ);
	struct pfnfault_test_info before = made_info(fd), after;
	size_t touches = PAGES * 24 / 1024;
	uint32_t seed = 20061001;

	for (size_t page = 5; page < PAGES; page += 4 * START)
		(void)load(page_word(map, page));
	after = made_info(fd);
	is(after.faults - before.faults, PAGES / (4 * START), "far apart");
	is(after.installed - before.installed, PAGES / 4,
	   "... the aligned block around each, and no more");
	made_unmap(map);

	map = map_aligned(PROT_READ);
	before = made_info(fd);
	for (size_t i = 0; i < touches; i++) {
		seed = seed * 1664525 + 1013904223;
		(void)load(page_word(map, (seed >> 8) % PAGES));
	}
	after = made_info(fd);
	ok(after.installed - before.installed <= touches * START,
	   "at random: no window grows");
	made_unmap(map);
}

static void test_advice(void)
{
	char *map = map_aligned(PROT_READ);
	const size_t size = PAGES * page_size;

	must(madvise(map, size, MADV_RANDOM));
	is(installs(map, 0), 1, "MADV_RANDOM: one page");
	is(installs(map, 1), 1, "... and the next one");
	must(madvise(map, size, MADV_SEQUENTIAL));
	is(installs(map, 100), clipped(100, TABLE),
	   "MADV_SEQUENTIAL: from the page to the end of its table");
	must(madvise(map, size, MADV_NORMAL));
	is(installs(map, 2 * START + 5), START, "MADV_NORMAL: as before");
	made_unmap(map);
}

static void test_limit(void)
{
	const unsigned int wrong[] = { 0, 3, 2 * TABLE, ~0u };
	/* Less than a table, however short that is. */
	const size_t limit = TABLE > 64 ? 64 : TABLE / 2;
	char *map = map_aligned(PROT_READ);

	must(ioctl(fd, PFNFAULT_TEST_WINDOW, 4));
	is(installs(map, 1), 4, "a region's limit: the block of so many");
	is(installs(map, 4), 4, "... and it does not grow beyond");
	must(ioctl(fd, PFNFAULT_TEST_WINDOW, 1));
	is(installs(map, 9), 1, "... at run time");
	must(set_window("2"));
	must(ioctl(fd, PFNFAULT_TEST_WINDOW, limit));
	is(installs(map, 33), 2, "... the module's counts where it is lower");
	must(set_window_to(TABLE));
	is(installs(map, 64), START, "... and the region's where that is");
	is(installs(map, 64 + START), clipped(64 + START, limit),
	   "... for a window that grows");
	must(madvise(map, PAGES * page_size, MADV_SEQUENTIAL));
	is(installs(map, PAGES / 2), limit, "... and for MADV_SEQUENTIAL");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		fails(ioctl(fd, PFNFAULT_TEST_WINDOW, wrong[i]) < 0, EINVAL,
		      "a limit that is none");
	must(ioctl(fd, PFNFAULT_TEST_WINDOW, TABLE));
	made_unmap(map);
}

/* Nobody has touched what resolve() fails for. */
static void test_neighbours(void)
{
	struct pfnfault_test_setup setup = {
		.kind = TEST_REGION_SHORT, .value = 8, .hole = 40,
	};
	struct pfnfault_test_info before = made_info(fd);
	char *map = map_aligned(PROT_READ);

	must(ioctl(fd, PFNFAULT_TEST_SETUP, &setup));
	ok(in_place(map, 0, 0, 40), "pages before one that fails");
	is(made_info(fd).installed - before.installed, 40, "... are all there");
	is(made_info(fd).retries - before.retries, 0, "... without a wait");
	ok(touch_is_sigbus(page_word(map, 40)), "... and it is SIGBUS");
	made_unmap(map);
	made_setup(fd, TEST_REGION, 0, 0, 0);
}

static void test_touched(void)
{
	struct pfnfault_test_setup setup = {
		.kind = TEST_REGION_SHORT, .value = 1, .touched = 1,
	};
	char *map = map_aligned(PROT_READ);
	uint64_t before;

	must(ioctl(fd, PFNFAULT_TEST_SETUP, &setup));
	before = made_info(fd).entered;
	ok(in_place(map, 0, 0, 100), "PFNFAULT_TOUCHED: 100 pages in order");
	is(made_info(fd).entered - before, 100, "... are asked for one by one");
	made_unmap(map);
	made_setup(fd, TEST_REGION, 0, 0, 0);
}

int main(void)
{
	fd = made_open(O_RDWR);
	if (set_window_to(TABLE))
		skip_all("cannot set " WINDOW);
	test_upwards();
	test_downwards();
	test_random();
	test_advice();
	test_limit();
	test_neighbours();
	test_touched();
	close(fd);
	return done();
}
