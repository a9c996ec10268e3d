// SPDX-License-Identifier: GPL-2.0-only
/*
 * unplug [hotplug]: a PCI device goes while it is in use, and comes back. With
 * "hotplug", the host pulls it out, too: scripts/unplug is there. Would catch a
 * mapping that outlives the device or comes alive with the next one, a removal
 * that waits for a program, a reference that is lost.
 */
#include <sched.h>

#include "unplug.h"

#define THREADS 3

/* ---- Mapped and idle ---- */

static int look_when_gone(void *arg)
{
	(void)arg;
	if (!stamped(old_map, 0, PAGES / 2))
		return 1;
	ready();
	while (!gone_yet())
		usleep(1000);
	return !all_sigbus(old_map, PAGES);
}

static void before_idle(void)
{
	start(look_when_gone, NULL);
	all_ready(1, "... a child has half of it mapped");
}

static void after_idle(void)
{
	all_end("... in a child");
}

/* ---- Faulted, by threads of processes ---- */

/* Maps, touches and unmaps: the right words, until SIGBUS or ENODEV. */
static void *fault_on_and_on(void *arg)
{
	bool told = false;

	(void)arg;
	for (;;) {
		void *map = map_pages(old_fd, PROT_READ, 0, PAGES);

		if (map == MAP_FAILED)
			return (void *)(intptr_t)(errno != ENODEV);
		for (size_t page = 0; page < PAGES; page++) {
			void *word = page_word(map, page);
			int signo = touch(word);

			if (signo)
				return (void *)(intptr_t)
					(signo != SIGBUS ||
					 touch_info.si_addr != word);
			if (touch_word != stamp(page))
				return (void *)2;
		}
		munmap(map, PAGES * page_size);
		if (!told)
			ready();
		told = true;
	}
}

static int fault_with_threads(void *arg)
{
	pthread_t threads[THREADS];
	void *wrong;
	int failed = 0;

	for (int i = 0; i < THREADS; i++)
		threads[i] = start_thread(fault_on_and_on, arg);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &wrong);
		failed |= (intptr_t)wrong;
	}
	return failed;
}

static void before_faulted(void)
{
	for (int i = 0; i < THREADS; i++)
		start(fault_with_threads, NULL);
	all_ready(THREADS * THREADS, "... threads of processes fault");
}

static void after_faulted(void)
{
	all_end("... each thread got the right words, and then SIGBUS");
}

/* ---- A fault that is about to ask the driver ---- */

#define CAME_LATE 2	/* a status: the fault was let go before the revocation came */
#define MOST_MS 8000

static int made;
static unsigned int held_ms = 1000;	/* the fault is held up for, once it goes */
static bool again;	/* for longer */

static int read_held_up(void *arg)
{
	struct pfnfault_test_stalled read = {
		.where = TEST_STALL_OP, .ms = held_ms,
	};
	cpu_set_t last;
	void *map;
	int err;

	(void)arg;
	/* The first one serves the devices' interrupts. */
	CPU_ZERO(&last);
	CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &last);
	must(sched_setaffinity(0, sizeof(last), &last));
	/* Again, where the host took its time: nobody is held up for that long. */
	do {
		map = map_pages(old_fd, PROT_READ, 0, 1);
		if (map == MAP_FAILED)
			return errno != ENODEV;
		read.addr = (uintptr_t)map;
		read.stirred = 1;
		err = ioctl(made, PFNFAULT_TEST_STALLED_READ, &read) ? errno : 0;
		munmap(map, page_size);
	} while (!err && !read.stirred);
	return err == EFAULT ? 0 : err ? 1 : CAME_LATE;
}

static bool can_hold_up(void)
{
	bool can;

	made = made_open(O_RDWR);
	can = can_stall(made, TEST_STALL_OP, "a fault is held up");
	close(made);
	return can;
}

static void before_held_up(void)
{
	unsigned int stalls;

	made = made_open(O_RDWR);
	stalls = made_info(made).stalls;
	start(read_held_up, NULL);
	ok(comes_true(made_info(made).stalls != stalls),
	   "... a fault is about to ask where its page is");
}

static void after_held_up(void)
{
	int status = status_of(pids[--nr_pids]);

	again = status == CAME_LATE && held_ms < MOST_MS;
	if (again) {
		held_ms *= 2;
		skip("... it fails", "it was let go before the revocation came");
	} else {
		is(status, 0, "... it fails");
	}
	close(made);
}

static const struct scenario scenarios[] = {
	{ .name = "mapped and idle", .before = before_idle, .after = after_idle },
	{ .name = "faulted", .before = before_faulted, .after = after_faulted },
	{ .name = "asked", .can = can_hold_up, .before = before_held_up,
	  .after = after_held_up },
};

/* ---- What else may be done to it ---- */

/* A mapping alone holds what is left, and nobody when that is gone. */
static void test_freed(const struct way *way)
{
	struct counts before = counts(), none = before;
	int fd = must(open(BAR_NODE, O_RDWR));
	void *map = must(map_pages(fd, PROT_READ, 0, PAGES));

	(void)load(map);
	close(fd);
	happens(way, way->go, gone, "a mapping is all that there is");
	ok(counts().regions == before.regions, "... it holds the region");
	munmap(map, PAGES * page_size);
	none.regions--;
	none.references--;
	counts_are(none, "... which ends with it");
	happens(way, way->come, is_back, "it comes back");
	counts_are(before, "... as new");
}

static void test_reset(void)
{
	int fd = bar_open(O_RDWR);
	void *map = must(map_pages(fd, PROT_READ, 0, PAGES));

	stamp_all(fd);
	if (access(in_device("reset"), F_OK)) {
		skip("a reset of the function", "the device has none");
	} else {
		ok(stamped(map, 0, PAGES), "mapped, to be reset");
		write_file(in_device("reset"), "1");
		ok(stamped(map, 0, PAGES), "... it is there, and the same");
	}
	munmap(map, PAGES * page_size);
	close(fd);
}

int main(int argc, char **argv)
{
	bool hotplug = has_hotplug(argc, argv);
	void *untouched;
	int second;

	start_unplug();
	second = must(open(BAR_NODE "1", O_RDWR));
	stamp_all(second);
	untouched = must(map_pages(second, PROT_READ, 0, bar_pages(second)));
	for (int i = 0; i < WAYS; i++) {
		if (!can_go(&ways[i], hotplug))
			continue;
		for (int j = 0; j < 3; j++)
			do {
				go_and_come(&ways[i], &scenarios[j]);
			} while (again);
		test_freed(&ways[i]);
	}
	test_reset();
	ok(stamped(untouched, 0, bar_pages(second)),
	   "another device is what it was, all the time");
	munmap(untouched, bar_pages(second) * page_size);
	close(second);
	return done();
}
