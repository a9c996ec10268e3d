// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/pfnfault-mspec: a page comes at the first touch, is zero, is shared by
 * all who map its offset, and goes with the last close. Would catch a page that
 * shows what was in it before, a page for each mapping, a page too many where
 * CPUs race, pages that outlive the last close or do not live that long.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "bar.h"

#define NODE "/dev/pfnfault-mspec"
#define RW (PROT_READ | PROT_WRITE)
#define PAGES (page_size > 16384 ? 128 : 512)	/* 8 MiB at most */
#define THREADS 8

static unsigned int held_before;	/* by all patterns, NODE closed */

static int mspec_open(void)
{
	return node_open(NODE, O_RDWR, "no " NODE " (modules not loaded)");
}

/* Pages that NODE holds. */
static unsigned int held(void)
{
	return demo_pages() - held_before;
}

static bool zero(void *map, size_t nr)
{
	for (size_t i = 0; i < nr * page_size / 8; i++)
		if (load((uint64_t *)map + i))
			return false;
	return true;
}

/* What was in the pages must not be seen again: fill them, free them, look. */
static void test_zeroed(void)
{
	int fd = mspec_open();
	char *map = must(map_pages(fd, RW, 0, PAGES));

	memset(map, 0x5a, PAGES * page_size);
	is(held(), PAGES, "a page is allocated for each that is touched");
	munmap(map, PAGES * page_size);
	is(held(), PAGES, "... and kept when the mapping goes");
	close(fd);
	is(held(), 0, "... and freed by the last close");

	fd = mspec_open();
	map = must(map_pages(fd, PROT_READ, 0, PAGES));
	ok(zero(map, PAGES), "after the last close, all pages are zero again");
	munmap(map, PAGES * page_size);
	close(fd);
}

static void test_counts(void)
{
	int fd = mspec_open();
	void *map = must(map_pages(fd, RW, 0, PAGES));
	struct pfnfault_demo_info before = bar_info(fd), after;

	is(held(), 0, "a mapping alone allocates nothing");
	(void)load(page_word(map, 9));
	store(page_word(map, PAGES / 2), 1);
	store(page_word(map, 9), 1);
	after = bar_info(fd);
	is(held(), 2, "two pages read or written: two pages of RAM");
	is(after.faults - before.faults, 2, "... two faults");
	is(after.installed - before.installed, 2, "... two PTEs");
	is(after.retries - before.retries, 0, "... no retry");
	munmap(map, PAGES * page_size);
	close(fd);
}

static void test_shared(void)
{
	int fd = mspec_open(), other = mspec_open();
	void *map = must(map_pages(fd, RW, 0, PAGES));
	void *second = must(map_pages(fd, RW, 5, 1));
	void *third = must(map_pages(other, RW, 5, 1));
	pid_t pid;

	store(page_word(map, 5), 0x5eed);
	is(load(second), 0x5eed, "another mapping has the same page");
	is(load(third), 0x5eed, "... and one of another descriptor");
	is(held(), 1, "... which is one page of RAM");
	pid = child();
	if (!pid) {
		int own = mspec_open();
		void *theirs = map_pages(own, RW, 0, PAGES);

		if (theirs == MAP_FAILED ||
		    load(page_word(theirs, 5)) != 0x5eed ||
		    load(page_word(map, 5)) != 0x5eed)
			_exit(1);
		store(page_word(theirs, 6), 0xfeed);
		store(page_word(map, 7), 0xbeef);
		_exit(0);
	}
	is(status_of(pid), 0, "another process has the same page");
	is(load(page_word(map, 6)), 0xfeed, "... and we have one of its own");
	is(load(page_word(map, 7)), 0xbeef,
	   "... and one of the mapping that it inherited");
	is(held(), 3, "... three pages of RAM");
	munmap(map, PAGES * page_size);
	munmap(second, page_size);
	munmap(third, page_size);
	close(other);
	is(held(), 3, "a close that is not the last frees nothing");
	close(fd);
	is(held(), 0, "... the last does");
}

/* The page under an address is that of the file's offset, whatever is cut. */
static void test_offsets(void)
{
	int fd = mspec_open();
	void *map;

	for (size_t page = 0; page < 64; page++) {
		map = must(map_pages(fd, RW, page, 1));
		store(map, stamp(page));
		munmap(map, page_size);
	}
	map = must(map_pages(fd, RW, 16, 32));
	must(munmap(map, page_size));
	must(mprotect(page_word(map, 10), 4 * page_size, PROT_READ));
	ok(stamped(page_word(map, 1), 17, 31),
	   "a mapping without its first page, split by mprotect: same pages");
	must(munmap(page_word(map, 20), page_size));
	is(touch(page_word(map, 20)), SIGSEGV, "a hole in it is a hole");
	ok(stamped(page_word(map, 21), 37, 11), "... and what is after it stays");
	is(held(), 64, "... and no page was allocated for it");
	munmap(map, 32 * page_size);
	close(fd);
}

/* The mapping holds the file, and so the last close is its end. */
static void test_mapping_is_a_file(void)
{
	int fd = mspec_open();
	void *map = must(map_pages(fd, RW, 0, 4));

	store(map, 0x5eed);
	close(fd);
	fd = mspec_open();
	store(page_word(map, 1), 0xfeed);
	close(fd);
	ok(load(map) == 0x5eed && load(page_word(map, 1)) == 0xfeed,
	   "a mapping whose descriptor was closed keeps its pages");
	is(held(), 2, "... two of them");
	must(munmap(map, page_size));
	is(held(), 2, "... also those that are not mapped any more");
	munmap(page_word(map, 1), 3 * page_size);
	is(held(), 0, "... until the rest of it is unmapped");
}

static pthread_barrier_t barrier;
static int race_fd;

/* Each thread with a mapping of its own: all of them fault on every page. */
static void *race(void *arg)
{
	size_t thread = (uintptr_t)arg;
	void *map = must(map_pages(race_fd, RW, 0, PAGES));

	pthread_barrier_wait(&barrier);
	for (size_t page = 0; page < PAGES; page++)
		store(page_word(map, page) + thread, stamp(page));
	munmap(map, PAGES * page_size);
	return NULL;
}

static bool raced(void *map)
{
	for (size_t page = 0; page < PAGES; page++)
		for (size_t thread = 0; thread < THREADS; thread++)
			if (load(page_word(map, page) + thread) != stamp(page))
				return false;
	return true;
}

static void test_races(void)
{
	int rounds = 16, right = 0, exact = 0, freed = 0;
	pthread_t threads[THREADS];

	pthread_barrier_init(&barrier, NULL, THREADS);
	for (int round = 0; round < rounds; round++) {
		void *map;

		race_fd = mspec_open();
		for (uintptr_t i = 0; i < THREADS; i++)
			pthread_create(&threads[i], NULL, race, (void *)i);
		for (size_t i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		exact += held() == PAGES;
		map = must(map_pages(race_fd, PROT_READ, 0, PAGES));
		right += raced(map);
		munmap(map, PAGES * page_size);
		close(race_fd);
		freed += !held();
	}
	is(exact, rounds, "threads race to touch: each page is allocated once");
	is(right, rounds, "... what each wrote is in the one page");
	is(freed, rounds, "... and freed once");
}

static atomic_bool stop;

/* Last closes, each with all pages to free. */
static void *close_all(void *arg)
{
	while (!stop) {
		int fd = mspec_open();
		void *map = must(map_pages(fd, RW, 0, PAGES));

		for (size_t page = 0; page < PAGES; page++)
			store(page_word(map, page), 1);
		munmap(map, PAGES * page_size);
		close(fd);
	}
	return arg;
}

/*
 * Opens, some of them while the pages go: the page that goes last must not go
 * once it is mapped. If it did, another mapping would get another page.
 */
static void test_open_against_last_close(void)
{
	int rounds = 500, right = 0;
	pthread_t thread;

	pthread_create(&thread, NULL, close_all, NULL);
	for (int round = 0; round < rounds; round++) {
		void *map, *again;
		int fd;

		usleep(300);
		fd = mspec_open();
		map = must(map_pages(fd, RW, PAGES - 1, 1));
		again = must(map_pages(fd, PROT_READ, PAGES - 1, 1));
		store(page_word(map, 0) + 1, stamp(round));
		usleep(300);
		right += load(page_word(again, 0) + 1) == stamp(round);
		munmap(map, page_size);
		munmap(again, page_size);
		close(fd);
	}
	stop = true;
	pthread_join(thread, NULL);
	is(right, rounds, "opens race last closes: no page goes while it is mapped");
	is(held(), 0, "... and all go in the end");
}

static bool refused(int fd, int flags, size_t first, size_t nr)
{
	void *map = mmap(NULL, nr * page_size, PROT_READ, flags, fd,
			 first * page_size);

	if (map != MAP_FAILED)
		munmap(map, nr * page_size);
	return map == MAP_FAILED;
}

static void test_refused(void)
{
	int fd = mspec_open();
	size_t nr = bar_pages(fd);

	fails(refused(fd, MAP_PRIVATE, 0, 1), EINVAL, "a private mapping");
	fails(refused(fd, MAP_SHARED, nr, 1), ENXIO, "the page after the last");
	fails(refused(fd, MAP_SHARED, nr - 1, 2), ENXIO,
	      "a mapping that ends past the end");
	ok(!refused(fd, MAP_SHARED, nr - 1, 1), "the last page is there");
	fails(ioctl(fd, _IO('P', 0), NULL), ENOTTY, "an unknown ioctl");
	close(fd);
}

int main(void)
{
	int fd = mspec_open();

	is(bar_pages(fd), get_number("/sys/module/pfnfault_demo/parameters/mspec_pages"),
	   "the size is that of mspec_pages=");
	close(fd);
	held_before = demo_pages();

	test_zeroed();
	test_counts();
	test_shared();
	test_offsets();
	test_mapping_is_a_file();
	test_races();
	test_open_against_last_close();
	test_refused();
	return done();
}
