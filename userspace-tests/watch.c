// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is counted, of a region and of all of them, and /sys/kernel/debug/pfnfault.
 * Would catch a counter that is not the number of what a program did, a total that
 * forgets a region when that goes, a line of a region that is gone.
 */
#include <sys/wait.h>

#include "counters.h"

static int fd;
static unsigned int id;

static void begin(void)
{
	fd = made_open(O_RDWR);
	id = made_info(fd).id;
}

static struct line line(void)
{
	struct line line = {};

	must(find_line(id, &line) ? 0 : -1);
	return line;
}

static bool state_is(const char *state)
{
	struct line now = line();

	if (strcmp(now.state, state))
		tap_comment("got %s, want %s", now.state, state);
	return !strcmp(now.state, state);
}

/* Whatever is done to a region, it is counted in all three places. */
static void test_counts(void)
{
	struct counters before = totals(), now;
	struct toucher toucher;
	void *map;

	begin();
	ok(same(told(fd), (struct counters){}), "a new region has counted nothing");
	map = made_map(fd);
	ok(in_place(map, 0, 0, MADE_PAGES), "all pages are touched, in order");
	now = told(fd);
	is(now.installed, MADE_PAGES, "... and installed, each once");
	is(now.faults, faults_in_order(map, 0, MADE_PAGES, 0),
	   "... in a window that grows");
	ok(!now.waits && !now.retries && !now.invalidations && !now.lost,
	   "... and nothing else is counted");

	made_range(fd, PFNFAULT_TEST_INVALIDATE, 0, 1);
	made_range(fd, PFNFAULT_TEST_MOVE, 0, MADE_PAGES);
	made_range(fd, PFNFAULT_TEST_INVALIDATE, 0, 0);
	is(told(fd).invalidations, 2, "two times that pages were taken back");
	made_busy(fd, TEST_WAIT_EVENT);
	start_touch(&toucher, map);
	ok(waits_in(fd, 1), "a fault waits");
	is(told(fd).waits, 1, "... and is counted while it does");
	made_wake(fd);
	end_touch(&toucher);
	is(told(fd).waits, 1, "... once");
	is(told(fd).retries, 1, "... and has come again");

	now = told(fd);
	ok(same(line().is, now), "debugfs has the same counters");
	ok(same(less(totals(), before), now), "... and so has the total");
	made_unmap(map);
	close(fd);
	ok(!find_line(id, &(struct line){}), "when it is gone, its line is");
	ok(same(less(totals(), before), now), "... but the total keeps its counts");
}

/* Who maps it: fork, split and unmap. */
static void test_vmas(void)
{
	struct line now;
	void *map;
	pid_t pid;

	begin();
	now = line();
	is(now.pages, MADE_PAGES, "a line has the size");
	is(now.vmas, 0, "... and how many VMAs map it: none");
	ok(!strcmp(now.resolve, "test_resolve [pfnfault_test]"),
	   "... and whose it is: %s", now.resolve);
	map = made_map(fd);
	is(line().vmas, 1, "mapped: one");
	must(munmap(page_word(map, 1), page_size));
	is(line().vmas, 2, "split: two");
	pid = child();
	if (!pid) {
		pause();
		_exit(0);
	}
	is(line().vmas, 4, "forked: four");
	kill(pid, SIGKILL);
	must(waitpid(pid, NULL, 0));
	is(line().vmas, 2, "the child is gone: two");
	made_unmap(map);
	is(line().vmas, 0, "unmapped: none");
	close(fd);
}

static void test_states(void)
{
	static const char * const policies[] = {
		[REVOKE_SIGBUS] = "sigbus", [REVOKE_ZEROS] = "zeros",
		[REVOKE_ONES] = "ones",
	};

	for (int policy = REVOKE_SIGBUS; policy <= REVOKE_ONES; policy++) {
		begin();
		ok(state_is("live"), "a region is live");
		made_range(fd, PFNFAULT_TEST_BEGIN, 0, 1);
		ok(state_is("moving"), "... moves");
		must(ioctl(fd, PFNFAULT_TEST_END));
		ok(state_is("live"), "... is live again");
		made_revoke(fd, policy);
		ok(state_is(policies[policy]), "... and is revoked: %s",
		   policies[policy]);
		close(fd);
	}
}

/* Reading goes on while regions come and go. */
static void test_come_and_go(void)
{
	const unsigned int regions = 100;
	unsigned int first, reads = 0;
	int status;
	pid_t pid;

	begin();
	first = id;
	pid = child();
	if (!pid) {
		for (unsigned int i = 0; i < regions; i++)
			close(made_open(O_RDWR));
		_exit(0);
	}
	for (; !must(waitpid(pid, &status, WNOHANG)); reads++)
		must(find_line(first, &(struct line){}) ? 0 : -1);
	close(fd);
	ok(!status && reads, "%u reads while %u regions came and went", reads,
	   regions);
	begin();
	is(id, first + regions + 1, "no number was given twice");
	close(fd);
}

int main(void)
{
	begin();
	close(fd);
	if (access(TOTALS, R_OK))
		skip_all("no " TOTALS);
	if (access(REGIONS, R_OK))
		skip_all("no " REGIONS);
	test_counts();
	test_vmas();
	test_states();
	test_come_and_go();
	return done();
}
