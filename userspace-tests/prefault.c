// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages mapped before they are touched. Would catch a page that still faults, a
 * range or VMA that is not checked, an error that is lost.
 */
#include "made.h"

#define PAGES MADE_PAGES

/* pfnfault_prefault() in the VMA at @addr: 0 or the errno. */
static int prefault(int fd, void *addr, uint64_t index, uint64_t nr)
{
	struct pfnfault_test_prefault prefault = {
		.addr = (uintptr_t)addr, .index = index, .nr = nr,
	};

	return ioctl(fd, PFNFAULT_TEST_PREFAULT, &prefault) ? errno : 0;
}

static void test_whole(void)
{
	int fd = made_open(O_RDWR);
	void *map = made_map(fd);

	is(prefault(fd, map, 0, PAGES), 0, "all of a region");
	is(made_info(fd).installed, PAGES, "... is installed");
	is(made_info(fd).faults, 0, "... without a fault");
	ok(in_place(map, 0, 0, PAGES), "... and is all there");
	for (size_t page = 0; page < PAGES; page++)
		store(page_word(map, page) + 1, page);
	is(made_info(fd).faults, 0, "... no touch and no write faults");
	is(prefault(fd, map, 5, 10), 0, "again: what is there stays");
	is(made_info(fd).installed, PAGES, "... and nothing is installed");
	made_unmap(map);
	close(fd);
}

static void test_part(void)
{
	int fd = made_open(O_RDWR);
	void *map;
	bool mapped = true;

	must(set_window("1"));
	map = must(map_pages(fd, PROT_READ, 100, 50));
	is(prefault(fd, map, 110, 20), 0, "20 pages of a part");
	is(made_info(fd).installed, 20, "... are what is installed");
	for (size_t page = 0; page < 50; page++)
		mapped &= !!pte_of(fd, page_word(map, page)).value ==
			  (page >= 10 && page < 30);
	ok(mapped, "... and at the right addresses");
	is(load(page_word(map, 12)), PFNFAULT_TEST_WORD(0, 112),
	   "... with the right contents");
	is(made_info(fd).faults, 0, "... without a fault");
	must(set_window_to(TABLE));
	made_setup(fd, TEST_REGION_SHORT, 8, 0, 0);
	is(prefault(fd, map, 100, 50), 0, "from short extents");
	ok(made_info(fd).installed == 50, "... all pages");
	munmap(map, 50 * page_size);
	close(fd);
}

static void test_wrong(void)
{
	int fd = made_open(O_RDWR), other = made_open(O_RDWR);
	void *map = must(map_pages(fd, PROT_READ, 100, 50));
	void *foreign = made_map(other);

	is(prefault(fd, map, 99, 2), EINVAL, "before the VMA: EINVAL");
	is(prefault(fd, map, 149, 2), EINVAL, "past its end: EINVAL");
	is(prefault(fd, map, 100, 51), EINVAL, "more than it: EINVAL");
	is(prefault(fd, map, 100, ~0ULL), EINVAL, "much more: EINVAL");
	is(prefault(fd, map, ~0ULL, 1), EINVAL, "far away: EINVAL");
	is(prefault(fd, foreign, 0, 1), EINVAL, "a VMA of another region: EINVAL");
	is(prefault(fd, &fd, 0, 1), EINVAL, "a VMA of something else: EINVAL");
	is(prefault(fd, map, 100, 0), 0, "nothing at all is no error");
	must(mprotect(map, 50 * page_size, PROT_NONE));
	is(prefault(fd, map, 100, 1), EINVAL, "a VMA without access: EINVAL");
	must(mprotect(map, 50 * page_size, PROT_READ));
	is(made_info(fd).installed + made_info(other).installed, 0,
	   "nothing was installed");

	made_setup(fd, TEST_REGION, -EAGAIN, 1, 0);
	is(prefault(fd, map, 100, 1), EAGAIN, "a busy page: EAGAIN");
	made_setup(fd, TEST_REGION, -EBUSY, 1, 0);
	is(prefault(fd, map, 100, 1), EAGAIN, "... or EBUSY: EAGAIN");
	made_setup(fd, TEST_REGION, -EIO, 1, 0);
	is(prefault(fd, map, 100, 1), EIO, "what resolve() says: EIO");
	made_setup(fd, TEST_REGION, -ENOMEM, 1, 0);
	is(prefault(fd, map, 100, 1), ENOMEM, "... ENOMEM");
	made_range(fd, PFNFAULT_TEST_BEGIN, 0, PAGES);
	is(prefault(fd, map, 100, 1), EAGAIN, "a page that moves: EAGAIN");
	must(ioctl(fd, PFNFAULT_TEST_END));
	is(prefault(fd, map, 100, 1), 0, "... until it has moved");
	is(load(map), PFNFAULT_TEST_WORD(0, 100), "... with what it held");
	made_revoke(fd, REVOKE_SIGBUS);
	is(prefault(fd, map, 100, 1), ENODEV, "a revoked region: ENODEV");
	munmap(map, 50 * page_size);
	made_unmap(foreign);
	close(fd);
	close(other);
}

/* Pages around one that was copied, of an extent that core is asked for. */
static void test_private(void)
{
	struct pfnfault_test_setup setup = { .kind = TEST_REGION, .cow = 1 };
	int fd = made_open(O_RDWR);
	size_t half = PAGES / 2;
	uint64_t faults;
	void *map;

	must(ioctl(fd, PFNFAULT_TEST_SETUP, &setup));
	map = must(mmap(NULL, PAGES * page_size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE, fd, 0));
	store(map, 7);
	store(page_word(map, half), 7);
	made_range(fd, PFNFAULT_TEST_INVALIDATE, 0, PAGES);
	is(prefault(fd, map, 0, PAGES), 0, "a private mapping with copies");
	faults = made_info(fd).faults;
	ok(in_place(map, 0, 1, half) && in_place(map, 0, half + 1, PAGES),
	   "... is all there");
	ok(load(map) == 7 && load(page_word(map, half)) == 7,
	   "... with its copies");
	is(made_info(fd).faults, faults, "... without a fault");
	made_revoke(fd, REVOKE_ONES);
	ok(load(map) == 7 && load(page_word(map, 1)) == ~0ULL,
	   "revoked, the copies stay, and the rest is ones");
	store(page_word(map, 1), 8);
	ok(load(page_word(map, 1)) == 8 && load(page_word(map, 2)) == ~0ULL,
	   "... and a write makes a copy still");
	made_unmap(map);
	close(fd);
}

/* Where not even the upper page tables are: 1 GiB, 512 GiB and 256 TiB further. */
static void test_far(void)
{
	const uint64_t bits[] = { 44, 30, 52 };
	int fd = made_open(O_RDWR);
	uintptr_t at = 0;
	uint64_t faults;

	for (size_t i = 0; i < 3 && sizeof(at) == 8; i++) {
		/* A wish: elsewhere if the machine has no such address. */
		at += (uintptr_t)1 << bits[i];
		void *map = must(mmap((void *)at, PAGES * page_size, PROT_READ,
				      MAP_SHARED, fd, 0));

		is(prefault(fd, map, 0, PAGES), 0, "all of a region, far away");
		faults = made_info(fd).faults;
		ok(in_place(map, 0, 0, PAGES), "... is all there");
		is(made_info(fd).faults, faults, "... without a fault");
	}
	close(fd);
}

int main(void)
{
	test_whole();
	test_part();
	test_wrong();
	test_private();
	test_far();
	return done();
}
