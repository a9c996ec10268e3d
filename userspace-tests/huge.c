// SPDX-License-Identifier: GPL-2.0-only
/*
 * Huge entries. Would catch one that maps the wrong pages, or is kept when a
 * part of it is unmapped; one that is installed where it must not be; a page that
 * costs attempt after attempt.
 */
#include "huge.h"

/* Where nothing else is: core asks for more than a PMD first. */
static char *map_apart(void)
{
	const size_t size = 1ul << 30;
	char *room = must(mmap(NULL, 2 * size, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			       -1, 0));
	char *map = room + size - (uintptr_t)room % size;

	must(munmap(room, 2 * size));
	return must(mmap(map, SIZE, RW, MAP_SHARED | MAP_FIXED, fd, 0));
}

static void test_touch(void)
{
	char *map;

	begin();
	map = map_apart();
	(void)load(page_word(map, AT(700)));
	ok(made_info(fd).huge == 1 && made_info(fd).installed == BLOCK,
	   "a touch installs one huge entry");
	is(made_info(fd).faults, 1, "... in one call");
	store(page_word(map, AT(700)) + 1, 1);
	ok(in_place(map, 0, BLOCK, PAGES) && made_info(fd).faults == 1,
	   "... writable, and no other page of it faults");
	store(page_word(map, 3) + 1, 2);
	ok(in_place(map, 0, 0, PAGES) && made_info(fd).huge == 2,
	   "a write installs the other");
	ok(load(page_word(map, 3) + 1) == 2 && made_info(fd).faults == 2 &&
	   made_info(fd).installed == PAGES, "... and nothing faults any more");
	unmap_all(map);

	begin();
	map = map_all();
	must(madvise(map, SIZE, MADV_NOHUGEPAGE));
	ok(in_place(map, 0, 0, PAGES) && !made_info(fd).huge,
	   "MADV_NOHUGEPAGE: none");
	unmap_all(map);
}

/* Where none fits, one call of a handler is all it takes. */
static void test_unaligned(void)
{
	const struct {
		size_t first, nr, off;
		const char *what;
	} cases[] = {
		{ 0, PAGES, 1, "an address that does not fit" },
		{ 1, PAGES - 1, -1, "a page that does not" },
		{ 0, BLOCK - 1, 0, "a VMA that is too short" },
		{ 1, BLOCK, 0, "a VMA around a boundary" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t first = cases[i].first, nr = cases[i].nr;
		char *map;

		begin();
		map = map_at(first, nr, cases[i].off, PROT_READ);
		(void)load(page_word(map, AT(100)));
		is(made_info(fd).faults, 1, cases[i].what);
		for (size_t page = 0; page < nr; page++)
			if (load(page_word(map, page)) !=
			    PFNFAULT_TEST_WORD(0, first + page))
				first = -1;
		ok(first == cases[i].first, "... the pages are right");
		is(made_info(fd).huge, 0, "... by PTEs");
		munmap(map, nr * page_size);
	}
}

static void test_short_extents(void)
{
	char *map;

	begin();
	made_setup(fd, TEST_REGION_SHORT, BLOCK / 2, 0, 0);
	map = map_all();
	(void)load(map);
	is(made_info(fd).faults, 1, "extents that are too short: one call");
	made_setup(fd, TEST_REGION, 0, 0, 0);
	ok(in_place(map, 0, 0, PAGES), "longer ones later: the pages are right");
	is(made_info(fd).huge, 1, "... a table that is there stays");
	unmap_all(map);
}

/* Split by the program. */
static void test_split(void)
{
	char *map;

	begin();
	map = map_all();
	ok(in_place(map, 0, 0, PAGES), "two huge entries");
	must(munmap(page_word(map, 10), page_size));
	ok(in_place(map, 0, 0, 10) && in_place(map, 0, 11, PAGES),
	   "... a hole in one: the pages are right");
	is(touch(page_word(map, 10)), SIGSEGV, "... and one is gone");
	is(made_info(fd).huge, 2, "... no huge entry covers it");
	must(mprotect(page_word(map, AT(600)), page_size, PROT_READ));
	ok(in_place(map, 0, 11, PAGES), "a page of the other, read-only");
	store(page_word(map, AT(600) + 1) + 1, 1);
	ok(in_place(map, 0, AT(600) + 1, AT(600) + 2),
	   "... its neighbour is not");
	unmap_all(map);

	begin();
	map = map_all();
	ok(in_place(map, 0, 0, PAGES), "two more");
	must(mprotect(map, SIZE, PROT_READ));
	must(mprotect(map, SIZE, RW));
	for (size_t page = 0; page < PAGES; page += AT(100))
		store(page_word(map, page) + 1, page);
	ok(in_place(map, 0, 0, PAGES), "read-only, and writable again");
	must(mprotect(map, SIZE, PROT_NONE));
	is(touch(map), SIGSEGV, "... no access");
	must(mprotect(map, SIZE, PROT_READ));
	ok(in_place(map, 0, 0, PAGES), "... and access again");
	unmap_all(map);
}

static void test_mremap(void)
{
	char *map, *moved;

	begin();
	map = map_all();
	ok(in_place(map, 0, 0, PAGES), "two, to be moved");
	moved = must(mremap(map, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
			    map + SIZE + 5 * page_size));
	ok(in_place(moved, 0, 0, PAGES), "... to where they do not fit");
	is(touch(map), SIGSEGV, "... and away from where they were");
	unmap_all(moved);
}

/* Core is to meet none: it has a moment in which a zap would not. */
static void test_none_is_moved(void)
{
	char *map, *moved;
	uint64_t faults;

	begin();
	map = map_all();
	ok(in_place(map, 0, 0, PAGES), "two, of which one is moved");
	moved = must(mremap(map, SIZE / 2, SIZE / 2, MREMAP_MAYMOVE | MREMAP_FIXED,
			    map + SIZE));
	faults = made_info(fd).faults;
	ok(in_place(map, 0, BLOCK, PAGES), "... the other");
	is(made_info(fd).faults, faults, "... stays there");
	ok(in_place(moved, 0, 0, BLOCK), "... and the one");
	is(made_info(fd).faults, faults + 1, "... comes back by a fault");
	is(made_info(fd).huge, 3, "... as a huge one");
	munmap(moved, SIZE / 2);
	munmap(page_word(map, BLOCK), SIZE / 2);
}

static void test_prefault(void)
{
	struct pfnfault_test_prefault prefault = { .nr = PAGES };
	uint64_t faults;
	char *map;

	begin();
	map = map_all();
	prefault.addr = (uintptr_t)map;
	is(ioctl(fd, PFNFAULT_TEST_PREFAULT, &prefault), 0, "a prefault");
	is(made_info(fd).huge, 2, "... by huge entries");
	faults = made_info(fd).faults;
	ok(in_place(map, 0, 0, PAGES) && made_info(fd).faults == faults,
	   "... and nothing faults");
	is(ioctl(fd, PFNFAULT_TEST_PREFAULT, &prefault), 0, "... nor again");
	unmap_all(map);

	map = map_all();
	(void)load(map);
	must(munmap(page_word(map, 1), page_size));
	prefault.addr = (uintptr_t)page_word(map, 2);
	prefault.index = 2;
	prefault.nr = PAGES - 2;
	is(ioctl(fd, PFNFAULT_TEST_PREFAULT, &prefault), 0,
	   "of a VMA with a split block");
	faults = made_info(fd).faults;
	ok(in_place(map, 0, 2, PAGES) && made_info(fd).faults == faults,
	   "... nothing faults");
	unmap_all(map);
}

/* The demo driver's mappings begin where they fit. */
static void test_bar(void)
{
	int bar = open(BAR_NODE, O_RDWR);
	struct pfnfault_demo_info before;
	char *map;

	if (bar < 0) {
		skip("a BAR's mapping", "no " BAR_NODE);
		return;
	}
	stamp_all(bar);
	before = bar_info(bar);
	map = must(mmap(NULL, SIZE, RW, MAP_SHARED, bar, 0));
	ok(!((uintptr_t)map % (BLOCK * page_size)), "a BAR's mapping fits");
	(void)load(map);
	ok(bar_info(bar).huge == before.huge + 1 &&
	   bar_info(bar).installed == before.installed + BLOCK,
	   "... and a touch installs a huge entry");
	ok(stamped(map, 0, PAGES) && bar_info(bar).huge == before.huge + 2,
	   "... of the right pages, as is the other");
	must(munmap(page_word(map, 10), page_size));
	ok(stamped(map, 0, 10) && stamped(page_word(map, 11), 11, PAGES - 11),
	   "... a hole in one: the pages are right");
	is(touch(page_word(map, 10)), SIGSEGV, "... and one is gone");
	unmap_all(map);
	close(bar);
}

/* The BAR is all that has room for a huge entry where one maps 32 MiB. */
static void test_long_blocks(void)
{
	char *map;

	begin();
	map = made_map_at(fd, RW, 0);
	must(madvise(map, MADE_PAGES * page_size, MADV_HUGEPAGE));
	ok(in_place(map, 0, 0, MADE_PAGES) && !made_info(fd).huge,
	   "memory shorter than a huge entry: none");
	munmap(map, MADE_PAGES * page_size);
	test_bar();
	skip("other huge entries", "two of them are more than a region has");
}

static void test_none(void)
{
	char *map;

	begin();
	map = map_all();
	ok(in_place(map, 0, 0, PAGES) && !made_info(fd).huge,
	   "a kernel without special huge entries: none");
	unmap_all(map);
	skip("huge entries", "this kernel has none for PFNs");
}

int main(void)
{
	begin();	/* page_size is known from here on */
	if (PAGES > MADE_PAGES) {
		if (machine()->block)
			test_long_blocks();
		else
			skip_all("a page table maps more than a region has");
		return done();
	}
	test_unaligned();
	test_mremap();
	if (!machine()->block) {
		test_none();
		return done();
	}
	test_touch();
	test_short_extents();
	test_split();
	test_none_is_moved();
	test_prefault();
	test_bar();
	return done();
}
