// SPDX-License-Identifier: GPL-2.0-only
/*
 * Huge entries of memory that is taken back. Would catch one that is kept when a
 * part of it is moved, tracked or revoked; a PTE that is installed into a huge entry
 * (core warns, and the kernel's log is searched).
 */
#include "huge.h"

static void test_move(void)
{
	char *map, *other;

	begin();
	map = map_all();
	other = map_all();
	ok(in_place(map, 0, 0, PAGES) && in_place(other, 0, 0, PAGES),
	   "two mappings");
	made_range(fd, PFNFAULT_TEST_INVALIDATE, 20, 1);
	ok(in_place(map, 0, 0, PAGES) && in_place(other, 0, 0, PAGES),
	   "one page invalidated: all pages are right");
	is(made_info(fd).huge, 4 + 2, "... by new huge entries");
	made_range(fd, PFNFAULT_TEST_MOVE, 0, PAGES);
	ok(in_place(map, 1, 0, PAGES) && in_place(other, 1, 0, PAGES),
	   "moved: all pages are in the other place");
	unmap_all(map);
	unmap_all(other);
}

static void test_fork(void)
{
	char *map;
	pid_t pid;

	begin();
	map = map_all();
	ok(in_place(map, 0, 0, PAGES), "before a fork");
	pid = child();
	if (!pid) {
		made_range(fd, PFNFAULT_TEST_MOVE, 0, PAGES);
		_exit(!in_place(map, 1, 0, PAGES));
	}
	is(status_of(pid), 0, "... the child moves it");
	ok(in_place(map, 1, 0, PAGES), "... and the parent sees");
	unmap_all(map);
}

static void test_dirty(void)
{
	uint64_t bitmap[PFNFAULT_TEST_MAX_PAGES / 64];
	size_t one = AT(77), other = AT(777);
	char *map;

	begin();
	map = map_all();
	ok(in_place(map, 0, 0, PAGES), "before writes are tracked");
	must(ioctl(fd, PFNFAULT_TEST_DIRTY_START));
	store(page_word(map, one) + 1, 1);
	store(page_word(map, other) + 1, 1);
	(void)load(page_word(map, one + 1));
	is(ioctl(fd, PFNFAULT_TEST_DIRTY_COLLECT, bitmap), 2,
	   "two pages are written, and two are told");
	bitmap[one / 64] ^= 1ull << one % 64;
	bitmap[other / 64] ^= 1ull << other % 64;
	for (size_t i = 1; i < PFNFAULT_TEST_MAX_PAGES / 64; i++)
		bitmap[0] |= bitmap[i];
	ok(!bitmap[0], "... the right ones");
	is(made_info(fd).huge, 2, "... by PTEs");
	must(ioctl(fd, PFNFAULT_TEST_DIRTY_STOP));
	unmap_all(map);
	map = map_all();
	ok(in_place(map, 0, 0, PAGES) && made_info(fd).huge == 4,
	   "tracked no more: huge again");
	unmap_all(map);
}

static void test_revoke(void)
{
	char *map;

	begin();
	map = map_all();
	ok(in_place(map, 0, 0, PAGES), "before a revocation");
	made_revoke(fd, REVOKE_SIGBUS);
	ok(touch_is_sigbus(page_word(map, 5)), "... SIGBUS after it");
	unmap_all(map);

	begin();
	map = map_all();
	ok(in_place(map, 0, 0, PAGES), "before another");
	made_revoke(fd, REVOKE_ONES);
	ok(load(page_word(map, 5)) == ~0ull && load(page_word(map, AT(999))) == ~0ull,
	   "... all ones after it");
	unmap_all(map);
}

/*
 * The driver changes its mind about a place before it invalidates it, while
 * threads touch it: a block is asked for as huge and by PTEs at once.
 */
static char *race_map;
static volatile bool race_over;

static void *race_thread(void *arg)
{
	uint32_t seed = (uintptr_t)arg;
	uintptr_t wrong = 0;

	while (!race_over) {
		size_t page;
		uint64_t word;

		seed = seed * 1664525 + 1013904223;
		page = (seed >> 8) % PAGES;
		word = load(page_word(race_map, page));
		wrong += word != PFNFAULT_TEST_WORD(0, page) &&
			word != PFNFAULT_TEST_WORD(1, page);
		if (seed & 1)
			store(page_word(race_map, page) + 1, seed);
	}
	return (void *)wrong;
}

static void test_race(void)
{
	double end = seconds(CLOCK_MONOTONIC) + 3;
	pthread_t threads[3];
	void *wrong, *sum = NULL;
	int rounds;

	begin();
	race_map = map_all();
	for (size_t i = 0; i < 3; i++)
		threads[i] = start_thread(race_thread, (void *)(i + 1));
	for (rounds = 0; seconds(CLOCK_MONOTONIC) < end; rounds++) {
		made_setup(fd, rounds & 1 ? TEST_REGION : TEST_REGION_SHORT, 8,
			   0, rounds & 2);
		if (rounds % 5 == 0) {
			/* New tables, so that blocks can be huge again. */
			must(mmap(race_map + rounds % 2 * SIZE / 2, SIZE / 2,
				  RW, MAP_SHARED | MAP_FIXED, fd,
				  rounds % 2 * SIZE / 2));
		}
		made_range(fd, PFNFAULT_TEST_MOVE, 0, PAGES);
	}
	race_over = true;
	for (size_t i = 0; i < 3; i++) {
		pthread_join(threads[i], &wrong);
		sum = (char *)sum + (uintptr_t)wrong;
	}
	made_setup(fd, TEST_REGION, 0, 0, 0);
	ok(!sum, "a place that is told as huge and as small: %d times", rounds);
	is(!!made_info(fd).huge, !!machine()->block, "... it was mapped as both");
	unmap_all(race_map);
}

int main(void)
{
	begin();	/* page_size is known from here on */
	if (PAGES > MADE_PAGES)
		skip_all("two huge entries, or page tables, map more than a region has");
	test_fork();
	test_revoke();
	test_race();
	if (machine()->block) {
		test_move();
		test_dirty();
	}
	return done();
}
