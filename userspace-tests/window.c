// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many pages a fault installs. Would catch a window that does not grow where
 * a program goes through memory, that does where it does not, that starts over
 * at each page table; advice or a limit that is not obeyed; a neighbour's error
 * that the program sees.
 */
#include "made.h"

#define PAGES PFNFAULT_TEST_PAGES

static int fd;

/* All of the region, the first page at the beginning of a page table. */
static char *map_aligned(int prot)
{
	const size_t size = PAGES * page_size;
	char *room = must(mmap(NULL, 2 * size, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	char *map = room + size - (uintptr_t)room % size;

	must(munmap(room, 2 * size));
	must(mmap(map, size, prot, MAP_SHARED | MAP_FIXED, fd, 0));
	madvise(map, size, MADV_NOHUGEPAGE);
	return map;
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

	is(installs(map, 0), START, "the first page: a small window");
	is(installs(map, START), 8 * START, "... behind it, one that grows");
	is(installs(map, 9 * START), TABLE - 9 * START,
	   "... to the end of the table");
	is(installs(map, TABLE), TABLE,
	   "a table whose predecessor is full: all of it at once");
	ok(in_place(map, 0, 0, PAGES), "... and all pages are right");
	made_unmap(map);
}

static void test_downwards(void)
{
	char *map = map_aligned(PROT_READ);
	uint64_t before;

	is(installs(map, PAGES - 1), START, "the last page: a small window");
	is(installs(map, PAGES - 1 - START), 8 * START,
	   "... before it, one that grows");
	before = made_info(fd).faults;
	for (size_t page = PAGES; page > 0; page--)
		(void)load(page_word(map, page - 1));
	is(made_info(fd).faults - before, 2, "... to a table a fault");
	ok(in_place(map, 0, 0, PAGES), "... and all pages are right");
	made_unmap(map);
}

/* In the middle of each fourth block; then what a program does at random. */
static void test_random(void)
{
	char *map = map_aligned(PROT_READ);
	struct pfnfault_test_info before = made_info(fd), after;
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
	for (int i = 0; i < 24; i++) {
		seed = seed * 1664525 + 1013904223;
		(void)load(page_word(map, (seed >> 8) % PAGES));
	}
	after = made_info(fd);
	ok(after.installed - before.installed <= 24 * START,
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
	is(installs(map, 100), TABLE - 100,
	   "MADV_SEQUENTIAL: from the page to the end of its table");
	must(madvise(map, size, MADV_NORMAL));
	is(installs(map, TABLE + 5), START, "MADV_NORMAL: as before");
	made_unmap(map);
}

static void test_limit(void)
{
	const unsigned int wrong[] = { 0, 3, 1024, ~0u };
	char *map = map_aligned(PROT_READ);

	must(ioctl(fd, PFNFAULT_TEST_WINDOW, 4));
	is(installs(map, 1), 4, "a region's limit: the block of so many");
	is(installs(map, 4), 4, "... and it does not grow beyond");
	must(ioctl(fd, PFNFAULT_TEST_WINDOW, 1));
	is(installs(map, 9), 1, "... at run time");
	must(set_window("2"));
	must(ioctl(fd, PFNFAULT_TEST_WINDOW, 64));
	is(installs(map, 33), 2, "... the module's counts where it is lower");
	must(set_window("512"));
	is(installs(map, 64), START, "... and the region's where that is");
	is(installs(map, 64 + START), 64, "... for a window that grows");
	must(madvise(map, PAGES * page_size, MADV_SEQUENTIAL));
	is(installs(map, TABLE), 64, "... and for MADV_SEQUENTIAL");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		fails(ioctl(fd, PFNFAULT_TEST_WINDOW, wrong[i]) < 0, EINVAL,
		      "a limit that is none");
	must(ioctl(fd, PFNFAULT_TEST_WINDOW, 512));
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
	if (set_window("512")) {
		printf("1..0 # SKIP cannot set %s\n", WINDOW);
		return 0;
	}
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
