// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the wake to the touch: a thread has faulted on a page that has no place
 * and waits; the page gets one, pfnfault_wake() is called, and the clock runs
 * until the thread has its data. A thread that reads from a pipe is there for
 * scale. The median, and the least.
 */
#include <pthread.h>

#include "bench.h"

#define RUNS 51

static const struct strategy pipe_read = { .name = "pipe" };

static int fd;			/* of the region */
static char *map;
static int pipes[2];
static uint64_t woken_at;	/* by the thread, before it ends */

static void *touch_page(void *page)
{
	expect(load(page) == stamp(((char *)page - map) / 4096),
	       "another page after the wait");
	woken_at = now();
	return NULL;
}

static void *read_pipe(void *unused)
{
	char byte;

	(void)unused;
	must(read(pipes[0], &byte, 1));
	woken_at = now();
	return NULL;
}

static uint64_t wake_fault(void)
{
	uint64_t start = now();

	must(ioctl(fd, PFNFAULT_BENCH_BUSY, 0));
	return start;
}

static uint64_t wake_reader(void)
{
	uint64_t start = now();

	must(write(pipes[1], "", 1));
	return start;
}

static int ascending(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The thread that @run makes has fallen asleep when @wake is called. */
static void measure(const struct strategy *strategy, void *(*run)(void *),
		    uint64_t (*wake)(void))
{
	uint64_t took[RUNS];

	for (int i = 0; i < RUNS; i++) {
		pthread_t thread;
		uint64_t start;

		must(ioctl(fd, PFNFAULT_BENCH_BUSY, 1));
		must(pthread_create(&thread, NULL, run, map + i * 4096) ?
		     -1 : 0);
		usleep(10000);	/* it sleeps by then */
		start = wake();
		must(pthread_join(thread, NULL) ? -1 : 0);
		took[i] = woken_at - start - clock_cost();
		must(ioctl(fd, PFNFAULT_BENCH_BUSY, 0));
	}
	qsort(took, RUNS, sizeof(*took), ascending);
	result(strategy, "wake", 1, took[RUNS / 2], "ns", " least=%llu",
	       (unsigned long long)took[0]);
}

int main(void)
{
	bench_start();
	fd = open_strategy(&window_1);
	map = map_all(&window_1, fd);
	must(pipe(pipes));
	measure(&pipe_read, read_pipe, wake_reader);
	measure(&window_1, touch_page, wake_fault);
	expect(bench_info(fd).retries >= RUNS, "not every fault has waited");
	unmap_all(map);
	close_strategy(fd);
	return bench_done();
}
