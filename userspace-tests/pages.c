// SPDX-License-Identifier: GPL-2.0-only
/*
 * The right page, always: whatever is done to a VMA, the address that is left
 * shows the page of the device that it showed before. Would catch an offset
 * computed from the start of the VMA.
 */
#include "bar.h"

static void *fresh(int fd, size_t first, size_t nr)
{
	return must(map_pages(fd, PROT_READ | PROT_WRITE, first, nr));
}

/* After @what, are pages [from, to) right, and in how many faults? */
static void check(int fd, void *map, size_t first, size_t from, size_t to,
		  const char *what)
{
	uint64_t before = bar_info(fd).faults;

	ok(stamped(page_word(map, from), first + from, to - from),
	   "%s: the pages are right", what);
	ok(bar_info(fd).faults - before ==
	   faults_in_order(page_word(map, from), first + from, to - from, 0),
	   "%s: in a window that stays in the VMA", what);
}

static void test_partial_munmap(int fd)
{
	void *map = fresh(fd, 100, 64);

	must(munmap(map, page_size));
	check(fd, map, 100, 1, 64, "munmap of the first page");
	munmap(map, 64 * page_size);

	map = fresh(fd, 100, 64);
	must(munmap(page_word(map, 63), page_size));
	check(fd, map, 100, 0, 63, "munmap of the last page");
	is(touch(page_word(map, 63)), SIGSEGV, "... which is gone");
	munmap(map, 64 * page_size);

	/* Two VMAs are left, each with faults of its own. */
	map = fresh(fd, 100, 64);
	must(munmap(page_word(map, 30), 4 * page_size));
	check(fd, map, 100, 0, 30, "munmap in the middle, the part before");
	check(fd, map, 100, 34, 64, "munmap in the middle, the part after");
	munmap(map, 64 * page_size);
}

static void test_mprotect(int fd)
{
	void *map = fresh(fd, 200, 64);

	must(mprotect(page_word(map, 20), 8 * page_size, PROT_READ));
	check(fd, map, 200, 0, 20, "mprotect in the middle, the part before");
	check(fd, map, 200, 20, 28, "mprotect in the middle, that part");
	check(fd, map, 200, 28, 64, "mprotect in the middle, the part after");
	must(mprotect(page_word(map, 20), 8 * page_size,
		      PROT_READ | PROT_WRITE));
	store(page_word(map, 21), 21);
	is(load(page_word(map, 21)), 21, "... writable again");
	store(page_word(map, 21), stamp(221));
	munmap(map, 64 * page_size);
}

static void test_mremap(int fd)
{
	char *place = must(mmap(NULL, 256 * page_size, PROT_NONE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	void *map = fresh(fd, 300, 64), *moved;
	uint64_t before;

	/* Half of it touched before, so that PTEs move as well. */
	(void)stamped(map, 300, 32);
	before = bar_info(fd).faults;
	moved = must(mremap(map, 64 * page_size, 64 * page_size,
			    MREMAP_MAYMOVE | MREMAP_FIXED, place));
	ok(moved == place && stamped(moved, 300, 64),
	   "mremap that moves: the pages are right");
	ok(bar_info(fd).faults - before <=
	   faults_in_order(moved, 300, 64, 0),
	   "... in no more faults than without");
	is(touch(map), SIGSEGV, "... and gone from the old place");

	moved = must(mremap(moved, 64 * page_size, 16 * page_size, 0));
	ok(stamped(moved, 300, 16), "mremap that shrinks: the pages are right");
	is(touch(page_word(moved, 16)), SIGSEGV, "... and it ends there");

	moved = must(mremap(page_word(moved, 4), 8 * page_size, 8 * page_size,
			    MREMAP_MAYMOVE | MREMAP_FIXED, place + 128 * page_size));
	ok(stamped(moved, 304, 8), "mremap of the middle: the pages are right");

	fails(mremap(moved, 8 * page_size, 16 * page_size, MREMAP_MAYMOVE) ==
	      MAP_FAILED, EFAULT, "mremap that grows");
	ok(stamped(moved, 304, 8), "... leaves the mapping as it was");
	munmap(place, 256 * page_size);
}

static void test_offset(int fd)
{
	size_t nr = bar_pages(fd);
	void *map = fresh(fd, nr - 3, 3);

	check(fd, map, nr - 3, 0, 3, "a mapping of the last pages");
	munmap(map, 3 * page_size);
}

static void test_two_mappings(int fd)
{
	void *one = fresh(fd, 40, 8), *two = fresh(fd, 42, 8);
	uint64_t before = bar_info(fd).faults;

	store(page_word(one, 5), 0xabc);
	is(load(page_word(two, 3)), 0xabc, "two mappings of a page show the same");
	is(bar_info(fd).faults - before, 2, "... one fault each");
	store(page_word(two, 3), stamp(45));
	is(load(page_word(one, 5)), stamp(45), "... both ways");
	munmap(one, 8 * page_size);
	ok(stamped(two, 42, 8), "... and one stays when the other goes");
	munmap(two, 8 * page_size);
}

int main(void)
{
	int fd = bar_open(O_RDWR);

	stamp_all(fd);
	test_partial_munmap(fd);
	test_mprotect(fd);
	test_mremap(fd);
	test_offset(fd);
	test_two_mappings(fd);
	close(fd);
	return done();
}
