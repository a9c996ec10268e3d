// SPDX-License-Identifier: GPL-2.0-only
/*
 * More contexts than slots. Would catch a context that sees another's memory, or
 * loses what it wrote when it is preempted; a slot that is not shared fairly, or
 * is taken from who holds it.
 */
#include <stdatomic.h>

#include "spe.h"

#define CONTEXTS 6
#define ROUNDS 40
#define SLICE "/sys/module/pfnfault_demo/parameters/spe_slice_ms"

static uint64_t mark(int context, size_t page, uint64_t round)
{
	return (uint64_t)(context + 1) << 48 | (uint64_t)page << 32 | round;
}

static void test_one(void)
{
	struct spe spe = spe_new();
	bool zero = true;

	for (size_t page = 0; page < LS_PAGES; page++)
		zero &= !load(page_word(spe.map, page));
	ok(zero, "a new context's local store is zero");
	is(spe_info(&spe).slot, -1, "... and needs no slot");
	store(page_word(spe.map, 3), 33);
	store(problem(&spe), 44);
	ok(spe_info(&spe).slot >= 0, "a touch of the problem state loads it");
	is(load(page_word(spe.map, 3)), 33, "... with its local store");
	is(spe_info(&spe).loads, 1, "... once");
	fails(map_pages(spe.fd, PROT_READ, 0, LS_PAGES + 2) == MAP_FAILED,
	      ENXIO, "mmap past the problem state");
	fails(ioctl(spe.fd, 12345) < 0, ENOTTY, "an ioctl that is none");
	spe_end(&spe);
}

/* Without a touch of the problem state, local stores are there, and move. */
static void test_preempted(void)
{
	struct spe spe = spe_new();

	store(page_word(spe.map, 1), 11);
	store(problem(&spe), 12);
	is(load(page_word(spe.map, 1)), 11, "loaded");
	hold_all();
	is(spe_info(&spe).slot, -1, "preempted, as others hold every slot");
	is(load(page_word(spe.map, 1)), 11, "its local store is still there");
	store(page_word(spe.map, 1), 13);
	let_all_go();
	is(load(problem(&spe)), 12, "loaded again: the problem state is back");
	is(load(page_word(spe.map, 1)), 13,
	   "... and what was written to the local store meanwhile");
	is(spe_info(&spe).loads, 2, "... it was loaded twice");
	spe_end(&spe);
}

/*
 * Processes that compute, each with a context: for ROUNDS, and until each was
 * preempted, which needs the others. @preempted is shared.
 */
static int compute(int me, atomic_int *preempted)
{
	struct spe spe = spe_new();
	bool counted = false;

	for (uint64_t round = 1;
	     round <= ROUNDS || atomic_load(preempted) < CONTEXTS; round++) {
		for (size_t page = 0; page < LS_PAGES; page += 7)
			store(page_word(spe.map, page), mark(me, page, round));
		store(problem(&spe), mark(me, LS_PAGES, round));
		for (size_t page = 0; page < LS_PAGES; page += 7)
			if (load(page_word(spe.map, page)) !=
			    mark(me, page, round))
				return 1;
		if (load(problem(&spe)) != mark(me, LS_PAGES, round))
			return 2;
		if (!counted && spe_info(&spe).loads >= 2) {
			counted = true;
			atomic_fetch_add(preempted, 1);
		}
		usleep(1000);
	}
	spe_end(&spe);
	return 0;
}

static void test_many(int slice_ms)
{
	atomic_int *preempted = must(mmap(NULL, page_size,
					  PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	int status, wrong = 0;

	for (int i = 0; i < CONTEXTS; i++)
		if (!child()) {
			alarm(60);
			_exit(compute(i, preempted));
		}
	for (int i = 0; i < CONTEXTS; i++) {
		status = status_of(-1);
		wrong = status ?: wrong;
	}
	ok(!wrong, "six contexts on two slots, %d ms each: each has its own (%d)",
	   slice_ms, wrong);
	is(atomic_load(preempted), CONTEXTS, "... and each was preempted, and got on");
	munmap(preempted, page_size);
}

static void set_slice(int ms)
{
	FILE *file = fopen(SLICE, "w");

	if (!file || fprintf(file, "%d", ms) < 0 || fclose(file))
		must(-1);
}

/* A child and its parent share a context; a passed descriptor does too. */
static void test_shared(void)
{
	struct spe spe = spe_new();

	store(problem(&spe), 1);
	if (!child()) {
		store(problem(&spe), load(problem(&spe)) + 1);
		store(spe.map, 5);
		_exit(0);
	}
	is(status_of(-1), 0, "a child uses the context");
	is(load(problem(&spe)), 2, "... as its parent sees");
	is(load(spe.map), 5, "... in the local store too");
	spe_end(&spe);
}

/* Who holds a slot keeps it; who waits for one can be interrupted. */
static void nothing(int signo)
{
	(void)signo;
}

static void test_hold(void)
{
	struct spe spe = spe_new();

	hold_all();
	ualarm(100000, 0);
	fails(ioctl(spe.fd, PFNFAULT_SPE_HOLD) < 0, EINTR,
	      "waiting for a slot, a signal");
	is(spe_info(&holders[0]).slot != -1, 1, "who holds a slot has it still");
	spe_let_go(&holders[0]);
	spe_hold(&spe);
	ok(spe_info(&spe).slot >= 0, "let go of, it is somebody else's");
	is(spe_info(&holders[0]).slot, -1, "... and not its own any more");
	let_all_go();
	spe_end(&spe);
}

static void *hold(void *spe)
{
	int fd = ((struct spe *)spe)->fd;

	return (void *)(intptr_t)(ioctl(fd, PFNFAULT_SPE_HOLD) ? errno : 0);
}

/* Two threads wait by one file; a signal is for one of them. */
static void test_hold_by_two(void)
{
	struct spe spe = spe_new(), other = spe_new();
	pthread_t threads[2];
	void *err;

	hold_all();
	for (int i = 0; i < 2; i++)
		threads[i] = start_thread(hold, &spe);
	do {
		usleep(10000);
		pthread_kill(threads[0], SIGALRM);
	} while (pthread_tryjoin_np(threads[0], &err));
	is((intptr_t)err, EINTR, "two wait for a slot, and one gets a signal");
	spe_let_go(&holders[0]);
	pthread_join(threads[1], &err);
	is((intptr_t)err, 0, "... the other one gets the slot");
	ualarm(100000, 0);
	fails(ioctl(other.fd, PFNFAULT_SPE_HOLD) < 0, EINTR, "... and keeps it");
	ok(spe_info(&spe).slot >= 0, "... has it still");
	let_all_go();
	spe_end(&other);
	spe_end(&spe);
}

int main(void)
{
	struct sigaction action = { .sa_handler = nothing };

	page_size = sysconf(_SC_PAGESIZE);
	test_one();
	test_preempted();
	test_many(10);
	if (!geteuid()) {
		set_slice(0);	/* a slot is another's before one looks */
		test_many(0);
		set_slice(10);
	}
	test_shared();
	sigaction(SIGALRM, &action, NULL);
	test_hold();
	test_hold_by_two();
	return done();
}
