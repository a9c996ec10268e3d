// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page that has no place for a while: who waits, how, and who does not. Would
 * catch a wait under a lock, a lost wake-up, a poll, a retry where none is
 * allowed, a removal that waits for a waiter, an op called after it.
 */
#include "made.h"

/* One thread waits; it is woken; nothing was polled. */
static void test_wake(int wait, const char *what)
{
	int fd = made_open(O_RDWR);
	void *map = made_map(fd);
	struct pfnfault_test_info info;
	struct toucher toucher;
	uint64_t word;
	double woken;

	made_busy(fd, wait);
	start_touch(&toucher, page_word(map, 7));
	ok(comes_true(made_info(fd).retries == 1), "%s", what);
	usleep(450000);
	info = made_info(fd);
	if (wait == TEST_WAIT_EVENT) {
		is(info.calls, 1, "... without asking again");
		is(info.waits, 1, "... in one call of wait()");
		is(info.wait_state, 1, "... that a signal could end");
	} else {
		/* Fewer where the machine is busy. */
		ok(info.calls >= 3 && info.calls <= 6,
		   "... asking again every 100 ms (%d times in 450)",
		   (int)info.calls);
	}
	woken = seconds(CLOCK_MONOTONIC);
	made_wake(fd);
	word = end_touch(&toucher);
	woken = seconds(CLOCK_MONOTONIC) - woken;
	ok(woken < 0.09, "... and goes on when woken (%d us)",
	   (int)(woken * 1e6));
	is(word, PFNFAULT_TEST_WORD(0, 7), "... with the page");
	is(made_info(fd).retries, info.retries,
	   "... and waits no more");
	made_unmap(map);
	close(fd);
}

/* Many threads, many pages: one call wakes all. */
static void test_many(void)
{
	int fd = made_open(O_RDWR), wrong = 0;
	size_t apart = MADE_PAGES / 16;
	struct toucher touchers[16];
	void *map = made_map(fd);

	made_busy(fd, TEST_WAIT_EVENT);
	for (int i = 0; i < 16; i++)
		start_touch(&touchers[i], page_word(map, i * apart));
	ok(waits_in(fd, 16), "16 threads wait");
	made_wake(fd);
	for (int i = 0; i < 16; i++)
		wrong += end_touch(&touchers[i]) !=
			PFNFAULT_TEST_WORD(0, i * apart);
	is(wrong, 0, "... and one call wakes them all");
	made_unmap(map);
	close(fd);
}

/* The slowest of @rounds maps, touches and unmaps, in seconds. */
static double slowest_round(int fd, int rounds)
{
	double slowest = 0;

	for (int i = 0; i < rounds; i++) {
		double start = seconds(CLOCK_MONOTONIC);
		void *map = made_map(fd);
		char *heap = must(mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

		heap[i * page_size % (1 << 20)] = 1;
		if (!in_place(map, 0, 0, 4))
			must(-1);
		must(mprotect(map, page_size, PROT_READ));
		must(munmap(heap, 1 << 20));
		made_unmap(map);
		start = seconds(CLOCK_MONOTONIC) - start;
		slowest = start > slowest ? start : slowest;
	}
	return slowest;
}

/*
 * While one thread waits, and was woken for nothing again and again (so that
 * its fault is on a later attempt), another maps, unmaps and faults.
 */
static void test_nobody_stalls(void)
{
	int busy = made_open(O_RDWR), other = made_open(O_RDWR);
	void *map = made_map(busy);
	struct toucher toucher;
	double slowest;

	made_busy(busy, TEST_WAIT_EVENT);
	start_touch(&toucher, map);
	ok(waits_in(busy, 1), "a thread waits");
	slowest = slowest_round(other, 20);
	ok(slowest < 0.25, "... others map, touch and unmap (slowest %d us)",
	   (int)(slowest * 1e6));
	for (int i = 1; i <= 5; i++) {
		/* Woken, but busy again before it could look. */
		made_wake(busy);
		made_busy(busy, TEST_WAIT_EVENT);
		comes_true(made_info(busy).retries > (uint64_t)i ||
			   made_info(busy).waiting);
	}
	slowest = slowest_round(other, 20);
	ok(slowest < 0.25, "... after many attempts too (slowest %d us)",
	   (int)(slowest * 1e6));
	made_wake(busy);
	is(end_touch(&toucher), PFNFAULT_TEST_WORD(0, 0),
	   "... and it ends well");
	made_unmap(map);
	close(busy);
	close(other);
}

/* The same fault retried for sure: resolve() is busy N times, wait() returns. */
static void test_attempts(void)
{
	struct pfnfault_test_setup setup = {
		.kind = TEST_REGION, .value = -EAGAIN, .times = 7,
		.wait = TEST_WAIT_ERROR, .wait_value = 0,
	};
	int fd = made_open(O_RDWR);
	void *map = made_map(fd);

	must(ioctl(fd, PFNFAULT_TEST_SETUP, &setup));
	ok(in_place(map, 0, 0, 1), "busy seven times: eight attempts");
	is(made_info(fd).faults, 8, "... are eight faults: each gave up its lock");
	is(made_info(fd).waits, 7, "... and waited");
	made_unmap(map);
	close(fd);
}

/* What wait() says but for a signal is nobody's business: resolve() decides. */
static void test_wait_errors(void)
{
	static const int errors[] = {
		-EIO, -ENOMEM, -EHWPOISON, -EAGAIN, -EBUSY, -EINVAL, -EINTR,
		-512 /* ERESTARTSYS, without a signal */, 1,
	};

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		struct pfnfault_test_setup setup = {
			.kind = TEST_REGION, .value = -EAGAIN, .times = ALWAYS,
			.wait = TEST_WAIT_ERROR, .wait_value = errors[i],
		};
		int fd = made_open(O_RDWR);
		void *map = made_map(fd);
		struct toucher toucher;
		double took;
		int waits;

		must(ioctl(fd, PFNFAULT_TEST_SETUP, &setup));
		took = seconds(CLOCK_MONOTONIC);
		start_touch(&toucher, page_word(map, 1));
		usleep(100000);
		ok(comes_true(made_info(fd).waits >= 2),
		   "a wait() that gives %d is called again", errors[i]);
		waits = made_info(fd).waits;
		took = seconds(CLOCK_MONOTONIC) - took;
		ok(waits < 600 * took, "... not at full speed (%d times in %d ms)",
		   waits, (int)(took * 1000));
		made_wake(fd);
		is(end_touch(&toucher), PFNFAULT_TEST_WORD(0, 1),
		   "... and the page comes when there is one");
		made_unmap(map);
		close(fd);
	}
}

/* A fault that may not drop its lock waits under it; nowait does not wait. */
static void *fixup_thread(void *arg)
{
	struct { int fd; struct pfnfault_test_fixup fixup; } *call = arg;

	return (void *)(intptr_t)(ioctl(call->fd, PFNFAULT_TEST_FIXUP,
					&call->fixup) ? -errno : 0);
}

static void test_fixup(void)
{
	int fd = made_open(O_RDWR);
	void *map = made_map(fd), *ret;
	struct { int fd; struct pfnfault_test_fixup fixup; } call = {
		.fd = fd, .fixup = { .addr = (uintptr_t)page_word(map, 9) },
	};
	uint64_t bits[PFNFAULT_TEST_MAX_PAGES / 64];
	pthread_t thread;

	made_busy(fd, TEST_WAIT_EVENT);
	call.fixup.nowait = 1;
	is((intptr_t)fixup_thread(&call), 0, "a fault that shall not wait");
	is(call.fixup.code, TEST_CODE_RETRY, "... gives RETRY at once");
	is(call.fixup.locked, 1, "... with the lock held");
	is(made_info(fd).waits, 0, "... and without a wait()");
	is(pte_of(fd, page_word(map, 9)).value, 0, "... nothing is mapped");

	call.fixup.nowait = 0;
	thread = start_thread(fixup_thread, &call);
	ok(waits_in(fd, 1), "a fault that may not retry waits");
	is(made_info(fd).wait_state, 2, "... for a fatal signal only");
	made_wake(fd);
	pthread_join(thread, &ret);
	is((intptr_t)ret, 0, "... and succeeds");
	ok(pte_of(fd, page_word(map, 9)).value, "... with the page mapped");

	must(ioctl(fd, PFNFAULT_TEST_DIRTY_START));
	(void)load(page_word(map, 9));
	made_busy(fd, TEST_WAIT_EVENT);
	thread = start_thread(fixup_thread, &call);
	ok(waits_in(fd, 1), "a write to a page that was read: it waits too");
	made_wake(fd);
	pthread_join(thread, &ret);
	is((intptr_t)ret, 0, "... and succeeds");
	ok(pte_of(fd, page_word(map, 9)).value, "... with the page mapped");
	is(must(ioctl(fd, PFNFAULT_TEST_DIRTY_COLLECT, bits)), 1,
	   "... and told as written");

	made_busy(fd, TEST_WAIT_EVENT);
	made_range(fd, PFNFAULT_TEST_INVALIDATE, 0, MADE_PAGES);
	fflush(stdout);
	if (!child()) {
		alarm(1);	/* SIGALRM is fatal */
		fixup_thread(&call);
		_exit(0);
	}
	is(status_of(-1), 128 + SIGALRM, "... killed while it waits, it ends");
	made_unmap(map);
	close(fd);
}

/* Between begin and end of a move, without an op. */
static void test_moving(void)
{
	int fd = made_open(O_RDWR);
	void *map = made_map(fd);
	struct pfnfault_test_info info;
	struct toucher toucher;

	ok(in_place(map, 0, 0, MADE_PAGES), "all mapped");
	made_range(fd, PFNFAULT_TEST_BEGIN, 100, 50);
	info = made_info(fd);
	ok(in_place(map, 0, 0, 100) && in_place(map, 0, 150, 200),
	   "pages 100 to 149 are moving: the others can be read");
	is(made_info(fd).faults, info.faults, "... without a fault");
	start_touch(&toucher, page_word(map, 149));
	ok(comes_true(made_info(fd).retries == info.retries + 1),
	   "a thread on page 149 waits");
	usleep(300000);
	is(made_info(fd).retries, info.retries + 1, "... and does not poll");
	is(made_info(fd).calls, info.calls, "... nor asks resolve()");
	made_range(fd, PFNFAULT_TEST_INVALIDATE, 0, MADE_PAGES);
	ok(in_place(map, 0, 0, 100) && in_place(map, 0, 150, 200),
	   "faults on the others do not wait");
	is(pte_of(fd, page_word(map, 120)).value, 0,
	   "... nor install what moves");
	must(ioctl(fd, PFNFAULT_TEST_END));
	is(end_touch(&toucher), PFNFAULT_TEST_WORD(0, 149),
	   "it ends with the page as it was, from its new place");
	made_unmap(map);
	close(fd);
}

/* Revoked while it waits: by wait(), by polling, by a move. */
static void revoke_in_wait(int wait, bool move, unsigned long policy)
{
	int fd = made_open(O_RDWR);
	void *map = made_map(fd);
	uint64_t calls;
	double took;
	pid_t pid;

	if (move)
		made_range(fd, PFNFAULT_TEST_BEGIN, 0, MADE_PAGES);
	else
		made_busy(fd, wait);
	pid = child();
	if (!pid) {
		int signo = touch(page_word(map, 5));

		if (policy == REVOKE_SIGBUS)
			_exit(signo != SIGBUS);
		_exit(signo || load(page_word(map, 5)) != promised(policy));
	}
	ok(comes_true(made_info(fd).retries) &&
	   (wait == TEST_WAIT_NONE || waits_in(fd, 1)),
	   "revoked while a program waits %s, policy %lu",
	   move ? "for a move" : wait ? "in wait()" : "without a wait()",
	   policy);
	took = seconds(CLOCK_MONOTONIC);
	made_revoke(fd, policy);
	took = seconds(CLOCK_MONOTONIC) - took;
	ok(took < 0.5, "... takes no time (%d us)", (int)(took * 1e6));
	calls = made_info(fd).calls + made_info(fd).waits;
	is(status_of(pid), 0, "... and the program gets what the policy says");
	is(made_info(fd).calls + made_info(fd).waits, calls,
	   "... no op is called again");
	is(made_info(fd).late, 0, "... nor was one running");
	made_unmap(map);
	close(fd);
}

int main(void)
{
	test_wake(TEST_WAIT_EVENT, "a thread waits in wait()");
	test_wake(TEST_WAIT_NONE, "a thread waits without a wait()");
	test_many();
	test_nobody_stalls();
	test_attempts();
	test_wait_errors();
	test_fixup();
	test_moving();
	for (unsigned long policy = 0; policy <= REVOKE_ONES; policy++) {
		revoke_in_wait(TEST_WAIT_EVENT, false, policy);
		revoke_in_wait(TEST_WAIT_NONE, false, policy);
		revoke_in_wait(TEST_WAIT_NONE, true, policy);
	}
	return done();
}
