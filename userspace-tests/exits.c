// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs and threads that exit. The last that the kernel touches for them is memory
 * that they chose: a buffer of io_uring, the list of locks they hold, the word that tells
 * who joins them. Here that is a page without a place, and no signal reaches them any
 * more. Would catch one that waits for ever, also for what it gives back itself, but
 * later in its exit; and one that does not wait for a move, which ends.
 */
#include <dirent.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <sys/syscall.h>

#include "spe.h"

#define RW (PROT_READ | PROT_WRITE)

static int fd;
static char *map;

static void leave_list_in(void *page)
{
	must(syscall(SYS_set_robust_list, page,
		     sizeof(struct robust_list_head)));
}

static void by_exit(void)
{
	leave_list_in(map);
	_exit(0);
}

static void by_signal(void)
{
	leave_list_in(map);
	kill(getpid(), SIGKILL);
}

static void *leave(void *arg)
{
	syscall(SYS_set_tid_address, map);
	leave_list_in(map + page_size);
	syscall(SYS_exit, 0);
	return arg;
}

static int threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int nr = -2;	/* . and .. */

	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr;
}

/* Of a program that goes on. */
static void by_thread(void)
{
	start_thread(leave, NULL);
	_exit(!comes_true(threads() == 1));
}

/* What the program waits for is its own: it gives that back when it closes files. */
static void by_owner(void)
{
	struct spe spe;

	hold_all();
	spe = spe_new();
	leave_list_in(problem(&spe));
	_exit(0);
}

/* ---- A read by io_uring that is started again in exit() ---- */

static int ring(unsigned int flags, struct io_uring_params *params)
{
	*params = (struct io_uring_params){ .flags = flags };
	return syscall(SYS_io_uring_setup, 4, params);
}

static void submit(int fd, const struct io_uring_params *params,
		   const struct io_uring_sqe *requests, unsigned int nr)
{
	size_t size = params->sq_off.array + params->sq_entries * sizeof(__u32);
	char *sq = must(mmap(NULL, size, RW, MAP_SHARED, fd, IORING_OFF_SQ_RING));
	struct io_uring_sqe *sqes =
		must(mmap(NULL, params->sq_entries * sizeof(*sqes), RW, MAP_SHARED,
			  fd, IORING_OFF_SQES));

	memcpy(sqes, requests, nr * sizeof(*requests));
	for (unsigned int i = 0; i < nr; i++)
		((__u32 *)(sq + params->sq_off.array))[i] = i;
	__atomic_store_n((__u32 *)(sq + params->sq_off.tail), nr, __ATOMIC_RELEASE);
	must(syscall(SYS_io_uring_enter, fd, nr, 0, 0, NULL, 0) == (long)nr ? 0 : -1);
}

/*
 * The read waits for the pipe. When there is something, it is started again by the
 * program, when it next enters the kernel for that ring: here, to exit. It does so for
 * rings with a request on another ring.
 */
static void by_ring(void)
{
	struct io_uring_params params, others;
	int own = ring(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
		       &params);
	int other = ring(0, &others), fds[2];
	struct io_uring_sqe requests[2] = {
		{ .opcode = IORING_OP_POLL_ADD, .fd = other, .poll32_events = POLLIN },
		{ .opcode = IORING_OP_READ, .addr = (uintptr_t)map, .len = 8 },
	};

	if (own < 0 || other < 0)
		_exit(77);
	must(pipe(fds));
	requests[1].fd = fds[0];
	submit(own, &params, requests, 2);
	must(write(fds[1], "a word..", 8));
	_exit(0);
}

static const struct way {
	const char *name;
	void (*exit)(void);
	int status;
	unsigned int touches;	/* that find no place */
} ways[] = {
	{ "a program that exits", by_exit, 0, 1 },
	{ "a program that is killed", by_signal, 128 + SIGKILL, 1 },
	{ "a thread that exits", by_thread, 0, 2 },
};

static int exit_by(const struct way *way)
{
	pid_t pid = child();

	if (!pid)
		way->exit();
	if (!comes_true(has_ended(pid))) {
		made_wake(fd);
		return -1;
	}
	return status_of(pid);
}

static void test_way(const struct way *way, int wait)
{
	fd = made_open(O_RDWR);
	map = made_map(fd);
	made_busy(fd, wait);
	ok(exit_by(way) == way->status, "%s, of a driver %s wait()", way->name,
	   wait == TEST_WAIT_NONE ? "without a" : "with a");
	is(made_info(fd).faults, way->touches, "... touched a page without a place");
	is(made_info(fd).slept, 0, "... and did not wait");
	made_unmap(map);
	close(fd);
}

static void test_ring(void)
{
	static const struct way way = { "a program whose ring reads", by_ring, 0, 1 };
	int status;

	fd = made_open(O_RDWR);
	map = made_map(fd);
	made_busy(fd, TEST_WAIT_EVENT);
	status = exit_by(&way);
	if (status == 77 || (!status && !made_info(fd).faults)) {
		skip(way.name, "this kernel has no such rings, or does not read in exit()");
	} else {
		is(status, 0, way.name);
		is(made_info(fd).slept, 0, "... into a page without a place, does not wait");
	}
	made_unmap(map);
	close(fd);
}

/* That ends whatever the program does. */
static void test_move(void)
{
	pid_t pid;

	fd = made_open(O_RDWR);
	map = made_map(fd);
	made_range(fd, PFNFAULT_TEST_BEGIN, 0, MADE_PAGES);
	pid = child();
	if (!pid)
		by_exit();
	ok(comes_true(made_info(fd).retries), "a program that exits waits for a move");
	ok(!has_ended(pid), "... and has not ended before");
	must(ioctl(fd, PFNFAULT_TEST_END));
	ok(comes_true(has_ended(pid)) && !status_of(pid), "... which lets it end");
	ok(made_info(fd).installed, "... with the page mapped");
	made_unmap(map);
	close(fd);
}

static void test_owner(void)
{
	struct spe spe = spe_new();
	pid_t pid = child();

	if (!pid)
		by_owner();
	ok(comes_true(has_ended(pid)) && !status_of(pid),
	   "a program that exits, and holds what it would wait for");
	spe_hold(&spe);
	ok(spe_info(&spe).slot >= 0, "... gives it to others");
	spe_end(&spe);
}

int main(void)
{
	for (int wait = TEST_WAIT_NONE; wait <= TEST_WAIT_EVENT; wait++)
		for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
			test_way(&ways[i], wait);
	test_ring();
	test_move();
	test_owner();
	return done();
}
