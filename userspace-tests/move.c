// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that moves and goes while it is faulted in. Would catch an install of
 * what was resolved before an invalidation, an error of then that is a program's, and
 * an op that is called after a revocation.
 */
#include <pthread.h>

#include "stalled.h"

/* Long against what is done meanwhile; what it waits for, it polls. */
#define DELAY_MS 500

/*
 * Touch a page while resolve() dawdles: it has looked where the page is, and
 * now, before it returns, the page moves.
 */
static void move_during_fault(int fd, void *map, size_t page, int to,
			      const char *what)
{
	struct pfnfault_test_info before = made_info(fd), after;
	struct toucher toucher;
	uint64_t word;

	made_setup(fd, TEST_REGION, 0, 0, DELAY_MS);
	start_touch(&toucher, page_word(map, page));
	while (made_info(fd).entered == before.entered)
		usleep(1000);
	made_range(fd, PFNFAULT_TEST_MOVE, 0, MADE_PAGES);
	word = end_touch(&toucher);
	made_setup(fd, TEST_REGION, 0, 0, 0);
	after = made_info(fd);
	is(word, PFNFAULT_TEST_WORD(to, page), what);
	is(after.lost - before.lost, 1, "... the install lost");
	is(after.calls - before.calls, 2, "... and it was resolved again");
	is(after.faults - before.faults, 1, "... in the same fault");
}

/*
 * The same in the last moment: the fault has sampled, resolved and compared what
 * it can without a lock, and is held up right before it installs.
 */
static void *move_beside(struct stalled *read, int where, bool known, unsigned int ms)
{
	void *map;

	*read = (struct stalled){
		.fd = made_open(O_RDWR),
		.access = { .where = where, .ms = ms, .stirred = 1 },
	};
	map = made_map_at(read->fd, PROT_READ | PROT_WRITE, MADE_PAGES / 2);
	if (known)	/* core has installed a page of it, in another table */
		(void)load(page_word(map, MADE_PAGES - 1));
	must(stall(read, page_word(map, 3)) ? 0 : -1);
	made_range(read->fd, PFNFAULT_TEST_MOVE, 0, MADE_PAGES);
	/* Not a touch before the reader is through: it would heal the page. */
	must(let_go(read) ? -1 : 0);
	return map;
}

static void move_before_install(int where, bool known, const char *what)
{
	int fd = made_open(O_RDWR);
	bool can = can_stall(fd, where, what);
	struct stalled read;
	void *map;

	close(fd);
	if (!can)
		return;
	map = move_beside(&read, where, known, DELAY_MS);
	/* A stale page is not excused. */
	for (int late = 4; late <= LATE && where == TEST_STALL_FILL &&
	     !made_info(read.fd).lost && in_place(map, 1, 0, MADE_PAGES);
	     late *= 4) {
		made_unmap(map);
		close(read.fd);
		map = move_beside(&read, where, known, late * DELAY_MS);
	}
	ok(in_place(map, 1, 0, MADE_PAGES), "%s", what);
	if (where == TEST_STALL_FILL) {
		is(read.access.word, PFNFAULT_TEST_WORD(1, 3),
		   "... nor by the reader that was held up");
		is(made_info(read.fd).lost, 1, "... whose install lost");
	}
	made_unmap(map);
	close(read.fd);
}

/* Does a fault on @page come through core's one-page install? */
static bool asks_core(int fd, void *map, size_t page)
{
	struct pfnfault_test_stalled read = {
		.addr = (uintptr_t)page_word(map, page),
		.where = TEST_STALL_CORE, .ms = 1,
	};
	unsigned int stalls = made_info(fd).stalls;

	must(ioctl(fd, PFNFAULT_TEST_STALLED_READ, &read));
	return made_info(fd).stalls != stalls;
}

/* x86: core says once what memory type an extent has, until it is taken back. */
static void test_verdict(void)
{
	const char *what = "core is asked once for an extent";
	int fd = made_open(O_RDWR);
	void *map;

	if (!memory_types() || by_core()) {
		skip(what, memory_types() ? "core is asked for every page" :
		     "this kernel keeps no list of memory types");
		close(fd);
		return;
	}
	if (!can_stall(fd, TEST_STALL_CORE, what)) {
		close(fd);
		return;
	}
	map = made_map(fd);
	made_setup(fd, TEST_REGION, 0, 0, 0);
	ok(asks_core(fd, map, 0), "the first fault of an extent asks core");
	ok(!asks_core(fd, map, MADE_PAGES - 1),
	   "... and the next, in another page table, does not");
	made_range(fd, PFNFAULT_TEST_INVALIDATE, 0, 1);
	ok(asks_core(fd, map, 0), "... until something of it is invalidated");
	made_range(fd, PFNFAULT_TEST_MOVE, 0, MADE_PAGES);
	ok(asks_core(fd, map, 0), "... or it moves");
	made_unmap(map);
	close(fd);
}

static void test_move(void)
{
	int fd = made_open(O_RDWR);
	void *map = made_map(fd);
	uint64_t faults;

	ok(in_place(map, 0, 0, MADE_PAGES), "all pages, at first");
	made_range(fd, PFNFAULT_TEST_MOVE, 0, MADE_PAGES);
	ok(in_place(map, 1, 0, MADE_PAGES), "moved: all from there");
	made_range(fd, PFNFAULT_TEST_MOVE, 10, 5);
	ok(in_place(map, 0, 10, 15), "only some invalidated: those from there");
	ok(in_place(map, 1, 0, 10) && in_place(map, 1, 15, MADE_PAGES / 2),
	   "... and the others not");
	faults = made_info(fd).faults;
	made_range(fd, PFNFAULT_TEST_INVALIDATE, 10, 0);
	ok(in_place(map, 0, 10, 15), "none invalidated");
	is(made_info(fd).faults, faults, "... no fault");
	made_unmap(map);
	close(fd);

	/* The first install of an extent is core's, later ones our own. */
	fd = made_open(O_RDWR);
	map = made_map(fd);
	move_during_fault(fd, map, MADE_PAGES * 7 / 10, 1, "moved during the very first fault");
	move_during_fault(fd, map, 100, 0, "moved during a first fault again");
	made_unmap(map);
	map = made_map(fd);
	ok(in_place(map, 0, MADE_PAGES - 24, MADE_PAGES - 23),
	   "the extent is known now");
	move_during_fault(fd, map, 100, 1, "moved during a later fault");
	made_unmap(map);
	close(fd);

	move_before_install(TEST_STALL_FILL, true,
			    "moved before the table is filled: no old page");
	move_before_install(TEST_STALL_CORE, false,
			    "moved before core installs: no old page");
}

/* Threads read while the pages move; each move overwrites nothing, but tells. */
static volatile bool stop_reading;
static int moved_fd;

static void *read_moving(void *map)
{
	size_t wrong = 0;

	for (size_t i = 0; !stop_reading; i++) {
		size_t page = i * 67 % MADE_PAGES;
		uint64_t got = load(page_word(map, page));

		wrong += got != PFNFAULT_TEST_WORD(0, page) &&
			 got != PFNFAULT_TEST_WORD(1, page);
	}
	return (void *)wrong;
}

static void test_move_under_readers(void)
{
	pthread_t threads[3];
	size_t wrong = 0;
	void *map, *result;

	moved_fd = made_open(O_RDWR);
	map = made_map(moved_fd);
	stop_reading = false;
	for (int i = 0; i < 3; i++)
		must(pthread_create(&threads[i], NULL, read_moving, map) ? -1 : 0);
	for (int i = 0; i < 2000; i++)
		made_range(moved_fd, PFNFAULT_TEST_MOVE, 0,
			   MADE_PAGES);
	stop_reading = true;
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], &result);
		wrong += (size_t)result;
	}
	is(wrong, 0, "2000 moves under three readers: no wrong page");
	ok(in_place(map, 0, 0, MADE_PAGES), "... and the end is right");
	tap_comment("%llu faults, %llu installs lost",
		    (unsigned long long)made_info(moved_fd).faults,
		    (unsigned long long)made_info(moved_fd).lost);
	made_unmap(map);
	close(moved_fd);
}

/* Revoked while resolve() runs: it is waited for, and comes to nothing. */
static void test_revoke(void)
{
	uint64_t calls;
	void *map;

	moved_fd = made_open(O_RDWR);
	map = made_map(moved_fd);
	made_revoke(moved_fd, REVOKE_SIGBUS);
	ok(touch_is_sigbus(map), "revoke of an idle region gives SIGBUS");
	is(made_info(moved_fd).calls, 0, "... with no op called");
	made_unmap(map);
	close(moved_fd);

	moved_fd = made_open(O_RDWR);
	map = made_map(moved_fd);
	made_setup(moved_fd, TEST_REGION, 0, 0, DELAY_MS);
	if (!child())
		_exit(!touch_is_sigbus(map));
	while (!made_info(moved_fd).entered)
		usleep(1000);
	is(made_info(moved_fd).calls, 0, "an op is running");
	made_revoke(moved_fd, REVOKE_SIGBUS);
	calls = made_info(moved_fd).calls;
	is(calls, 1, "... and through when revoke returns");
	is(status_of(-1), 0, "... and its fault is SIGBUS");
	ok(touch_is_sigbus(page_word(map, 3)), "so is every later one");
	is(made_info(moved_fd).calls, calls, "... with no op called again");
	made_revoke(moved_fd, REVOKE_SIGBUS);
	ok(touch_is_sigbus(map), "revoked again: the same");
	fails(map_pages(moved_fd, PROT_READ, 0, 1) == MAP_FAILED, ENODEV,
	      "mmap of a revoked region");
	made_unmap(map);
	close(moved_fd);
}

/* A move overtakes resolve(), which says then that there is an error. */
static void test_error_overtaken(int kind, int value, const char *what)
{
	int fd = made_open(O_RDWR);
	uint64_t *map = made_map(fd);
	pid_t pid;

	made_setup(fd, kind, value, ALWAYS, DELAY_MS);
	pid = child();
	if (!pid)
		_exit(touch_is_sigbus(map));
	while (!made_info(fd).entered)
		usleep(1000);
	made_range(fd, PFNFAULT_TEST_BEGIN, 0, MADE_PAGES);
	ok(comes_true(made_info(fd).retries), "%s, but of before a move: waits for its end",
	   what);
	is(made_info(fd).calls, 1, "... and does not ask again before");
	made_setup(fd, TEST_REGION, 0, 0, 0);
	must(ioctl(fd, PFNFAULT_TEST_END));
	is(status_of(pid), 0, "... which has the page");
	made_unmap(map);
	close(fd);
}

/* Two moves at once: faults wait for both, and on what lies between them, too. */
static void test_two_moves(void)
{
	static const size_t pages[] = { 10, 60, 149 };
	int fd = made_open(O_RDWR);
	struct pfnfault_test_info info;
	struct toucher touchers[3];
	void *map = made_map(fd);

	made_range(fd, PFNFAULT_TEST_BEGIN, 100, 50);
	made_range(fd, PFNFAULT_TEST_BEGIN, 10, 20);
	ok(in_place(map, 0, 0, 10) && in_place(map, 0, 150, 200),
	   "pages 100 to 149 move, and 10 to 29: others can be read");
	for (int i = 0; i < 3; i++) {
		info = made_info(fd);
		start_touch(&touchers[i], page_word(map, pages[i]));
		ok(comes_true(made_info(fd).retries > info.retries),
		   "... page %zu waits", pages[i]);
	}
	info = made_info(fd);
	must(ioctl(fd, PFNFAULT_TEST_END));
	ok(comes_true(made_info(fd).retries >= info.retries + 3),
	   "one has come to its end: all three look, and wait again");
	is(made_info(fd).calls, info.calls, "... without asking resolve()");
	must(ioctl(fd, PFNFAULT_TEST_END));
	for (int i = 0; i < 3; i++)
		ok(end_touch(&touchers[i]) == PFNFAULT_TEST_WORD(0, pages[i]),
		   "the other one, too: page %zu is there", pages[i]);
	made_unmap(map);
	close(fd);
}

int main(void)
{
	test_move();
	test_verdict();
	test_move_under_readers();
	test_revoke();
	test_error_overtaken(TEST_REGION, -EIO, "an error");
	test_error_overtaken(TEST_REGION_BAD, TEST_EXTENT_BEYOND,
			     "an answer that makes no sense");
	test_two_moves();
	return done();
}
