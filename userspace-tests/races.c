// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two races, made to happen: with races.ko, which is pfnfault.ko on a CPU that
 * reorders all it may (module/races.c).
 *
 * Between a fault and an invalidation. Three lines prevent it: the comparison of
 * the sequence, the barrier before it, the barrier after the bump. Without any
 * of them a page is stale each time; with all of them it never is.
 *
 * Between an op and a revocation, which waits for it: it never does without the
 * barrier on every CPU, and always does with it.
 */
#include "stalled.h"

#define PARAMETER "/sys/module/pfnfault/parameters/"
#define STALL_MS 300
#define DELAY_MS 200
#define ROUNDS 4

/* As races.c has them. */
enum {
	SKIP_NOTHING,
	SKIP_CHECK = 1,
	SKIP_FAULT_MB = 2,
	SKIP_BUMP_MB = 4,
	SKIP_EVERYWHERE = 8,
};

static void set_parameter(const char *name, int value)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), PARAMETER "%s", name);
	file = fopen(path, "w");
	if (!file && errno == ENOENT)
		skip_all("not races.ko");
	if (!file || fprintf(file, "%d", value) < 0 || fclose(file))
		must(-1);
}

static int fd;

/*
 * A fault is held up right before it publishes its page table, with the old
 * place in hand, for @ms from when the region begins to move; the zap finds no
 * table. Returns whether the old place was mapped, and is still.
 */
static bool stale(unsigned int ms, uint64_t *lost)
{
	struct stalled read = {
		.fd = made_open(O_RDWR),
		.access = { .where = TEST_STALL_FILL, .ms = ms, .stirred = 1 },
	};
	void *map = made_map_at(read.fd, PROT_READ | PROT_WRITE, MADE_PAGES / 2);
	bool is_stale;

	/* In another table; and core is not asked for this one. */
	(void)load(page_word(map, MADE_PAGES - 1));
	must(stall(&read, page_word(map, 3)) ? 0 : -1);
	made_range(read.fd, PFNFAULT_TEST_MOVE, 0, MADE_PAGES);
	must(let_go(&read) ? -1 : 0);
	is_stale = load(page_word(map, 3)) == PFNFAULT_TEST_WORD(0, 3);
	*lost = made_info(read.fd).lost;
	made_unmap(map);
	close(read.fd);
	return is_stale;
}

/*
 * On a machine that is late, they do not meet: again then, with more time. A stale page
 * where there must be none is not excused.
 */
static void test(unsigned int skipped, bool weak, bool expected,
		 const char *what)
{
	unsigned int want = expected ? ROUNDS : 0, count = 0, lost = 0;

	set_parameter("weak", weak);
	set_parameter("skip", skipped);
	for (unsigned int ms = STALL_MS; ms <= LATE * STALL_MS; ms *= 4) {
		count = 0;
		lost = 0;
		for (int i = 0; i < ROUNDS; i++) {
			uint64_t installs;

			count += stale(ms, &installs);
			lost += installs;
		}
		if ((count == want && lost == ROUNDS - want) ||
		    (count && !expected))
			break;
	}
	is(count, want, what);
	is(lost, ROUNDS - want, expected ?
	   "... no install noticed" : "... each install noticed that it lost");
}

/* Revoked while resolve() runs, for @ms. Returns whether it still did afterwards. */
static bool runs_on(unsigned int ms)
{
	bool running;
	void *map;

	fd = made_open(O_RDWR);
	map = made_map(fd);
	made_setup(fd, TEST_REGION, 0, 0, ms);
	if (!child())
		_exit(!touch_is_sigbus(map));
	while (!made_info(fd).entered)
		usleep(1000);
	made_revoke(fd, REVOKE_SIGBUS);
	running = !made_info(fd).calls;
	must(status_of(-1) ? -1 : 0);	/* its fault is SIGBUS */
	made_unmap(map);
	close(fd);
	return running;
}

static void test_revoke(unsigned int skipped, bool weak, bool expected,
			const char *what)
{
	bool ran;

	set_parameter("weak", weak);
	set_parameter("skip", skipped);
	ran = runs_on(DELAY_MS);
	for (unsigned int late = 4; expected && !ran && late <= LATE; late *= 4)
		ran = runs_on(late * DELAY_MS);
	is(ran, expected, what);
}

int main(void)
{
	int made = made_open(O_RDWR);

	if (by_core())
		skip_all("core sets the PTEs, and compares nothing");
	if (!can_stall(made, TEST_STALL_FILL, "the races"))
		return done();
	close(made);
	test(SKIP_NOTHING, false, false, "as it is: never a stale page");
	test(SKIP_CHECK, false, true, "without the check: always");
	test(SKIP_NOTHING, true, false,
	     "where everything is reordered that no barrier orders: never");
	test(SKIP_FAULT_MB, true, true,
	     "... without the barrier before the check: always");
	test(SKIP_BUMP_MB, true, true,
	     "... without the barrier after the bump: always");
	test(SKIP_FAULT_MB | SKIP_BUMP_MB, true, true,
	     "... without both: always");
	test(SKIP_NOTHING, true, false, "and with both again: never");
	test_revoke(SKIP_NOTHING, false, false,
		    "revocation as it is: waits for the op that runs");
	test_revoke(SKIP_NOTHING, true, false,
		    "... where everything is reordered that no barrier orders");
	test_revoke(SKIP_EVERYWHERE, true, true,
		    "... not without the barrier on every CPU");
	test_revoke(SKIP_NOTHING, true, false, "... and with it again");
	return done();
}
