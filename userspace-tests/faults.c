// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many faults it takes. Would catch a window that is not filled, a fault
 * that is taken twice, PTEs that are overwritten by whoever comes second, a
 * window that spills over the end of a VMA or a page table.
 */
#include <pthread.h>

#include "bar.h"

#define THREADS 8

static pthread_barrier_t barrier;
static void *shared_map;

static void test_one_touch(int fd)
{
	void *map = must(map_pages(fd, PROT_READ | PROT_WRITE, 0, 512));
	struct pfnfault_demo_info before = bar_info(fd);

	(void)load(page_word(map, 17));
	is(bar_info(fd).faults - before.faults, 1, "a touch is one fault");
	(void)load(page_word(map, 17));
	store(page_word(map, 17), 1);
	is(bar_info(fd).faults - before.faults, 1,
	   "another read and a write of the page are none");
	is(bar_info(fd).retries - before.retries, 0, "... and no retry");
	munmap(map, 512 * page_size);
}

static void test_first_write(int fd)
{
	void *map = must(map_pages(fd, PROT_READ | PROT_WRITE, 0, 1));
	uint64_t before = bar_info(fd).faults;

	store(map, 42);
	is(bar_info(fd).faults - before, 1, "a first write is one fault, not two");
	munmap(map, page_size);
}

static void test_in_order(int fd, size_t nr)
{
	void *map = must(map_pages(fd, PROT_READ, 0, nr));
	struct pfnfault_demo_info before = bar_info(fd), after;

	ok(stamped(map, 0, nr), "all %zu pages in order, window %u", nr,
	   get_window());
	after = bar_info(fd);
	is(after.faults - before.faults, faults_in_order(map, 0, nr, 0),
	   "... in a window that grows");
	is(after.installed - before.installed, nr,
	   "... each page installed once");
	munmap(map, nr * page_size);
}

/* A VMA that begins and ends inside a block: not a page more. */
static void test_clipping(int fd)
{
	void *map = must(map_pages(fd, PROT_READ, 10, 100));
	uint64_t before = bar_info(fd).installed, nr;

	must(munmap(map, 33 * page_size));
	must(munmap(page_word(map, 66), 34 * page_size));
	for (size_t page = 33; page < 66; page++)
		(void)load(page_word(map, page));
	nr = bar_info(fd).installed - before;
	is(nr, 33, "a VMA inside a block gets its own pages, no others");
	ok(stamped(page_word(map, 33), 43, 33), "... the right ones");
	munmap(map, 100 * page_size);
}

/* The window is the aligned block around the fault, not what follows it. */
static void test_block(int fd)
{
	void *map = must(map_pages(fd, PROT_READ, 0, 64));
	uintptr_t first = (uintptr_t)map / page_size;
	uint64_t before = bar_info(fd).installed;

	(void)load(page_word(map, 32 - first % 16 + 5));
	is(bar_info(fd).installed - before, 16,
	   "window 16: the block around the fault");
	munmap(map, 64 * page_size);
}

/* A PTE that is present is left alone, and not counted again. */
static void test_present_stays(int fd)
{
	size_t nr = 512;
	void *map;
	uint64_t before;

	if (set_window("1")) {
		skip("a present PTE is never overwritten", "cannot set " WINDOW);
		return;
	}
	map = must(map_pages(fd, PROT_READ, 0, nr));
	before = bar_info(fd).installed;
	(void)load(page_word(map, 100));
	(void)load(page_word(map, 102));
	is(bar_info(fd).installed - before, 2, "window 1: a page a fault");
	must(set_window_to(TABLE));
	for (size_t page = 0; page < nr; page++)
		(void)load(page_word(map, page));
	is(bar_info(fd).installed - before, nr,
	   "a present PTE is never overwritten");
	ok(stamped(map, 0, nr), "... and all pages are right");
	munmap(map, nr * page_size);
}

static void *touch_page(void *page)
{
	pthread_barrier_wait(&barrier);
	return (void *)(uintptr_t)(load(page_word(shared_map, (size_t)page)) ==
				   stamp((size_t)page));
}

/* ... of a page table that is not there yet, either. */
static void test_same_page(int fd)
{
	struct pfnfault_demo_info before = bar_info(fd), after;
	size_t right = 0, rounds = 64;

	for (size_t round = 0; round < rounds; round++) {
		pthread_t threads[THREADS];
		void *was_right;
		size_t page;

		shared_map = must(map_pages(fd, PROT_READ, 0, 2 * TABLE));
		page = round % (TABLE / 2) +
			TABLE - (uintptr_t)shared_map / page_size % TABLE;
		must(pthread_barrier_init(&barrier, NULL, THREADS) ? -1 : 0);
		for (int i = 0; i < THREADS; i++)
			must(pthread_create(&threads[i], NULL, touch_page,
					    (void *)page) ? -1 : 0);
		for (int i = 0; i < THREADS; i++) {
			pthread_join(threads[i], &was_right);
			right += !!was_right;
		}
		munmap(shared_map, 2 * TABLE * page_size);
	}
	after = bar_info(fd);
	is(right, rounds * THREADS, "8 threads on one page at once all read it");
	ok(after.faults - before.faults >= rounds &&
	   after.faults - before.faults <= rounds * THREADS,
	   "... in at most a fault each");
	is(after.lost - before.lost, 0, "... none of them lost");
}

int main(void)
{
	int fd = bar_open(O_RDWR);
	char window[16];

	snprintf(window, sizeof(window), "%u", get_window());
	stamp_all(fd);
	test_one_touch(fd);
	test_first_write(fd);
	test_clipping(fd);
	stamp_all(fd);
	test_in_order(fd, bar_pages(fd));
	if (!set_window("16")) {
		test_in_order(fd, 1024);
		test_block(fd);
	}
	test_present_stays(fd);
	test_same_page(fd);
	must(set_window(window));

	fails(set_window("3"), EINVAL, "a window that is no power of two");
	fails(set_window("0"), EINVAL, "no window");
	fails(set_window("1048576"), EINVAL, "a window of more than a table");
	fails(set_window("many"), EINVAL, "a window that is no number");
	ok(get_window() == strtoul(window, NULL, 10), "... and it is as it was");
	close(fd);
	return done();
}
