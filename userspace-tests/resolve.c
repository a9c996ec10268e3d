// SPDX-License-Identifier: GPL-2.0-only
/*
 * What resolve() says reaches the program: each error as its signal, once; a
 * busy device as a wait that can be interrupted and stalls no one else; short
 * extents as they are; wrong ones as SIGBUS. Would catch an error that is lost or
 * repeated, a wait with the lock held, an extent that is believed.
 */
#include <pthread.h>
#include <time.h>

#include "made.h"

static int busy_fd;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* What resolve() says reaches the program once, as a signal or not at all. */
static void test_errors(void)
{
	const struct {
		int err, signo, code;
		uint64_t calls, retries;
	} cases[] = {
		{ -EAGAIN, 0, 0, 4, 3 },
		{ -EBUSY, 0, 0, 4, 3 },
		{ -EINTR, 0, 0, 4, 3 },
		{ -512 /* ERESTARTSYS */, 0, 0, 4, 3 },
		{ -ENOMEM, 0, 0, 4, 0 },
		{ -ENODEV, SIGBUS, BUS_ADRERR, 1, 0 },
		{ -ESTALE, SIGBUS, BUS_ADRERR, 1, 0 },
		{ -EHWPOISON, SIGBUS, BUS_MCEERR_AR, 1, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int fd = made_open(O_RDWR);
		void *map = made_map(fd);
		bool right;
		int signo;

		made_setup(fd, TEST_REGION, cases[i].err, 3, 0);
		signo = touch(page_word(map, 9));
		right = touch_info.si_code == cases[i].code;
		if (cases[i].code == BUS_MCEERR_AR)
			right = is_memory_failure(touch_info.si_code);
		ok(signo == cases[i].signo && right,
		   "resolve() gives %d: signal %d", cases[i].err,
		   cases[i].signo);
		is(made_info(fd).calls, cases[i].calls, "... after calls");
		is(made_info(fd).retries, cases[i].retries, "... and retries");
		made_unmap(map);
		close(fd);
	}
}

/* A busy device: whoever waits can be interrupted, and stalls no one else. */
static volatile sig_atomic_t interrupted;

static void on_signal(int signo)
{
	(void)signo;
	interrupted = 1;
	made_setup(busy_fd, TEST_REGION, 0, 0, 0);
}

static void test_busy(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	double start;
	struct toucher toucher;
	pid_t pid;
	void *map;

	busy_fd = made_open(O_RDWR);
	map = made_map(busy_fd);
	made_setup(busy_fd, TEST_REGION, -EAGAIN, ALWAYS, 0);
	start_touch(&toucher, map);
	while (made_info(busy_fd).retries < 2)
		usleep(1000);
	start = now();
	for (int i = 0; i < 20; i++) {
		void *more = must(mmap(NULL, page_size, PROT_READ,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

		(void)load(more);
		munmap(more, page_size);
	}
	ok(now() - start < 0.5, "others map and unmap while a fault waits");
	made_setup(busy_fd, TEST_REGION, 0, 0, 0);
	is(end_touch(&toucher), PFNFAULT_TEST_WORD(0, 0),
	   "... which goes on when the device is ready");

	made_setup(busy_fd, TEST_REGION, -EAGAIN, ALWAYS, 0);
	made_range(busy_fd, PFNFAULT_TEST_INVALIDATE, 0, MADE_PAGES);
	sigaction(SIGALRM, &action, NULL);
	ualarm(100000, 0);
	ok(in_place(map, 0, 5, 6) && interrupted,
	   "a signal's handler runs while a fault waits, and it goes on");

	made_setup(busy_fd, TEST_REGION, -EAGAIN, ALWAYS, 0);
	made_range(busy_fd, PFNFAULT_TEST_INVALIDATE, 0, MADE_PAGES);
	pid = child();
	if (!pid)
		_exit(kernel_read(map));
	usleep(100000);
	kill(pid, SIGKILL);
	is(status_of(pid), 128 + SIGKILL, "SIGKILL ends a wait in a system call");
	made_setup(busy_fd, TEST_REGION, 0, 0, 0);
	made_unmap(map);
	close(busy_fd);
}

/* Extents are installed of as they are, several a fault. */
static void test_short_extents(void)
{
	int fd = made_open(O_RDWR);
	/* Aligned, so that the end of a page table is the end of an extent. */
	void *map = made_map_at(fd, PROT_READ, 0);
	uint64_t faults;

	made_setup(fd, TEST_REGION_SHORT, 8, 0, 0);
	must(munmap(map, 4 * page_size));
	must(mprotect(page_word(map, 100), 10 * page_size,
		      PROT_READ | PROT_WRITE));
	ok(in_place(map, 0, 4, MADE_PAGES),
	   "extents of 8 pages, in a VMA that was split: the pages are right");
	is(made_info(fd).installed, MADE_PAGES - 4,
	   "... each installed once");
	faults = faults_in_order(page_word(map, 4), 4, 96, 8) +
		faults_in_order(page_word(map, 100), 100, 10, 8) +
		faults_in_order(page_word(map, 110), 110,
				MADE_PAGES - 110, 8);
	is(made_info(fd).faults, faults, "... many extents a fault");
	/* A table of 32 pages ends a window before it is long. */
	ok(faults < (TABLE < 256 ? MADE_PAGES / 8 / 2 : 40),
	   "... far fewer faults than extents");
	made_unmap(map);

	made_setup(fd, TEST_REGION_SHORT, 1, 0, 0);
	map = made_map(fd);
	ok(in_place(map, 0, 0, 200), "extents of one page");
	is(made_info(fd).faults, faults + faults_in_order(map, 0, 200, 1),
	   "... many of them a fault, too");
	made_unmap(map);
	close(fd);
}

static void test_wrong_extents(void)
{
	for (int i = 0; i < TEST_EXTENT_COUNT; i++) {
		int fd = made_open(O_RDWR);
		void *map = made_map(fd);

		made_setup(fd, TEST_REGION_BAD, i, 1, 0);
		if (i == TEST_EXTENT_NO_PFN && any_pfn_fits()) {
			ok(touch_is_sigill(map),
			   "wrong extent number %d is SIGILL", i);
		} else {
			ok(touch_is_sigbus(map),
			   "wrong extent number %d is SIGBUS", i);
			is(made_info(fd).installed, 0, "... and installs nothing");
		}
		ok(in_place(map, 0, 0, 1), "... a right one works after it");
		made_unmap(map);
		close(fd);
	}
}

static void test_wrong_init(void)
{
	int fd = made_open(O_RDWR);

	for (int i = 0; i < 6; i++)
		fails(ioctl(fd, PFNFAULT_TEST_INIT, i) < 0, EINVAL,
		      "a region initialised wrongly");
	close(fd);
}

int main(void)
{
	test_errors();
	test_busy();
	test_short_extents();
	test_wrong_extents();
	test_wrong_init();
	return done();
}
