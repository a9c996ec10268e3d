// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages were written. Would catch a write that no collect tells, a page
 * that is told without one, a write that costs two faults.
 */
#include "stalled.h"

#define PAGES MADE_PAGES
#define LONGS (PFNFAULT_TEST_MAX_PAGES / 64)
#define FAR (PAGES * 7 / 10)	/* a page that is far from the first */

static uint64_t bits[LONGS];

/* How many pages; -1 and errno where writes are not tracked. */
static long collect(int fd)
{
	memset(bits, 0xff, sizeof(bits));
	return ioctl(fd, PFNFAULT_TEST_DIRTY_COLLECT, bits);
}

static bool dirty(size_t page)
{
	return bits[page / 64] >> page % 64 & 1;
}

static void test_which(void)
{
	int fd = made_open(O_RDWR);
	void *map = made_map(fd);
	struct pfnfault_test_info before;

	fails(collect(fd) < 0, EINVAL, "collect without start");
	store(page_word(map, 1) + 1, 1);
	must(ioctl(fd, PFNFAULT_TEST_DIRTY_START));
	fails(ioctl(fd, PFNFAULT_TEST_DIRTY_START) < 0, EBUSY, "start twice");
	is(collect(fd), 0, "nothing was written since the start");

	ok(in_place(map, 0, 0, PAGES), "all pages read");
	is(collect(fd), 0, "... is nothing written");
	before = made_info(fd);
	store(page_word(map, 3) + 1, 1);
	store(page_word(map, FAR) + 1, 1);
	is(made_info(fd).faults - before.faults, 2,
	   "a write to a page that was read costs one fault");
	store(page_word(map, 3) + 1, 2);
	is(made_info(fd).faults - before.faults, 2, "... once");
	is(collect(fd), 2, "two pages were written");
	ok(dirty(3) && dirty(FAR), "... these two");
	is(collect(fd), 0, "... and none since");

	before = made_info(fd);
	store(page_word(map, 3) + 1, 3);
	is(made_info(fd).faults - before.faults, 1,
	   "a write to a page that is not mapped costs one fault");
	is(collect(fd), 1, "... and is told");
	ok(dirty(3), "... of the right page");
	is(load(page_word(map, 3) + 1), 3, "... and done");
	must(ioctl(fd, PFNFAULT_TEST_DIRTY_STOP));
	must(ioctl(fd, PFNFAULT_TEST_DIRTY_STOP));
	fails(collect(fd) < 0, EINVAL, "collect after stop");
	before = made_info(fd);
	for (size_t page = 0; page < PAGES; page++)
		store(page_word(map, page) + 1, page);
	ok(in_place(map, 0, 0, PAGES), "all can be written after stop");
	must(ioctl(fd, PFNFAULT_TEST_DIRTY_START));
	is(collect(fd), 0, "started again: nothing is left of before");
	store(page_word(map, 12), PFNFAULT_TEST_WORD(0, 12));
	is(collect(fd), 1, "... and it works");
	made_unmap(map);
	close(fd);	/* still tracked: what that took is freed */
}

/* Of all mappings, by system calls and by debuggers, after an mprotect. */
static void test_ways(void)
{
	int fd = made_open(O_RDWR), pipefd[2], mem;
	void *map = made_map(fd), *other = made_map(fd);
	uint64_t word = PFNFAULT_TEST_WORD(0, 5);
	pid_t pid;

	must(ioctl(fd, PFNFAULT_TEST_DIRTY_START));
	store(page_word(other, 2) + 1, 1);
	pid = child();
	if (!pid) {
		store(page_word(map, 4) + 1, 1);
		_exit(0);
	}
	is(status_of(pid), 0, "a child writes");
	must(pipe(pipefd));
	must(write(pipefd[1], &word, sizeof(word)));
	is(must(read(pipefd[0], page_word(map, 5), sizeof(word))), sizeof(word),
	   "a system call writes");
	if (machine()->access) {
		mem = must(open("/proc/self/mem", O_RDWR));
		is(must(pwrite(mem, &word, sizeof(word),
			       (uintptr_t)(page_word(map, 6) + 1))),
		   sizeof(word), "a debugger writes");
		close(mem);
	} else {
		skip("a debugger writes", "this kernel has no HAVE_IOREMAP_PROT");
	}
	is(collect(fd), 3 + !!machine()->access, "all are told");
	ok(dirty(2) && dirty(4) && dirty(5) && dirty(6) == machine()->access,
	   "... of their pages");

	(void)load(page_word(map, 8));
	must(mprotect(map, PAGES * page_size, PROT_READ));
	must(mprotect(map, PAGES * page_size, PROT_READ | PROT_WRITE));
	store(page_word(map, 8) + 1, 1);
	is(collect(fd), 1, "a write after mprotect() to and fro is told");
	made_unmap(map);
	made_unmap(other);
	close(fd);
}

/*
 * Writers count up in pages of their own. A page that is told holds all that
 * was written to it before; a page that is not told holds what it held at the
 * last collect that told it.
 */
#define WRITERS 3
#define ROUNDS 300

static volatile bool stop_writing;
static void *written_map;
static volatile uint64_t written[WRITERS][PFNFAULT_TEST_MAX_PAGES];	/* done, by each */

static void *write_pages(void *arg)
{
	size_t me = (uintptr_t)arg;
	uint64_t count = 0;

	for (size_t i = me; !stop_writing; i += 31) {
		size_t page = i % PAGES;

		if (page % 5 == 0)	/* read first: the other way to get here */
			(void)load(page_word(written_map, page) + 8 + me);
		store(page_word(written_map, page) + 8 + me, ++count);
		written[me][page] = count;
	}
	return NULL;
}

static void test_none_lost(void)
{
	static uint64_t seen[WRITERS][PFNFAULT_TEST_MAX_PAGES];
	int fd = made_open(O_RDWR);
	size_t lost = 0, told = 0;
	pthread_t threads[WRITERS];
	void *reader;

	written_map = made_map(fd);
	reader = made_map(fd);
	for (size_t page = 0; page < PAGES; page++)
		for (size_t i = 0; i < WRITERS; i++)
			store(page_word(written_map, page) + 8 + i, 0);
	must(ioctl(fd, PFNFAULT_TEST_DIRTY_START));
	for (size_t i = 0; i < WRITERS; i++)
		threads[i] = start_thread(write_pages, (void *)i);
	for (int round = 0; round <= ROUNDS; round++) {
		static uint64_t before[WRITERS][PFNFAULT_TEST_MAX_PAGES];

		if (round == ROUNDS) {
			stop_writing = true;
			for (size_t i = 0; i < WRITERS; i++)
				pthread_join(threads[i], NULL);
		}
		memcpy(before, (void *)written, sizeof(before));
		told += must(collect(fd));
		for (size_t page = 0; page < PAGES; page++)
			for (size_t i = 0; i < WRITERS; i++) {
				if (dirty(page))
					seen[i][page] = load(page_word(reader, page) + 8 + i);
				/* What was done before this collect. */
				lost += before[i][page] > seen[i][page];
			}
	}
	is(lost, 0, "no write is lost, in all collects beside three writers");
	ok(told > 10, "... which told of %zu pages", told);
	is(collect(fd), 0, "... and of none after the last write");
	made_unmap(reader);
	made_unmap(written_map);
	close(fd);
}

/*
 * A collect while a write's fault is held up between its bit and its PTE, as core
 * is about to set it.
 */
static void test_last_moment(void)
{
	struct stalled write = {
		.fd = made_open(O_RDWR),
		.access = { .where = TEST_STALL_CORE, .ms = 500, .stirred = 1,
			    .write = 1, .word = 5 },
	};
	bool written;
	void *map;

	if (!can_stall(write.fd, write.access.where,
		       "a write's fault is about to set its PTE")) {
		close(write.fd);
		return;
	}
	map = made_map(write.fd);
	must(ioctl(write.fd, PFNFAULT_TEST_DIRTY_START));
	ok(stall(&write, page_word(map, 3) + 1),
	   "a write's fault is about to set its PTE");
	is(collect(write.fd), 1, "a collect now tells of it");
	written = load(page_word(map, 3) + 1) == 5;
	must(let_go(&write) ? -1 : 0);
	/* Its PTE may be gone again before it is used: it faults once more. */
	ok(written || collect(write.fd) == 1,
	   "... once it is done, or the next one tells of it too");
	is(load(page_word(map, 3) + 1), 5, "... and it is done");
	store(page_word(map, 3) + 1, 6);
	is(collect(write.fd), 1, "... and of the next write too");
	made_unmap(map);
	close(write.fd);
}

/* A private write makes a copy, which is not the region's. */
static void test_private(void)
{
	struct pfnfault_test_setup setup = { .kind = TEST_REGION, .cow = 1 };
	int fd = made_open(O_RDWR);
	void *map;

	must(ioctl(fd, PFNFAULT_TEST_SETUP, &setup));
	map = must(mmap(NULL, PAGES * page_size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE, fd, 0));
	must(ioctl(fd, PFNFAULT_TEST_DIRTY_START));
	store(page_word(map, 1), 1);
	(void)load(page_word(map, 2));
	store(page_word(map, 2), 1);
	is(collect(fd), 0, "private writes are nobody's to know");
	made_unmap(map);
	close(fd);
}

/* What stands in for revoked memory is not the region's. */
static void test_revoked(void)
{
	int fd = made_open(O_RDWR);
	void *map = made_map(fd);

	must(ioctl(fd, PFNFAULT_TEST_DIRTY_START));
	store(page_word(map, 1) + 1, 1);
	made_revoke(fd, REVOKE_ZEROS);
	store(page_word(map, 2) + 1, 1);
	is(collect(fd), 1, "revoked: what was written before is told");
	ok(dirty(1), "... and nothing after");
	made_unmap(map);
	close(fd);
}

/*
 * A write's fault has found the region's memory; then the region is revoked, and
 * that is held up before it takes the memory back: the fault comes first.
 */
static void test_revoked_meanwhile(void)
{
	const char *what = "a write while the region is being revoked";
	struct stalled write = {
		.fd = made_open(O_RDWR),
		.access = { .where = TEST_STALL_FILL, .stirred = 1,
			    .write = 1, .word = 5 },
	};
	void *map;

	if (!can_stall(write.fd, TEST_STALL_FILL, what) ||
	    !can_stall(write.fd, TEST_STALL_GATE, what)) {
		close(write.fd);
		return;
	}
	map = made_map(write.fd);
	must(ioctl(write.fd, PFNFAULT_TEST_DIRTY_START));
	ok(stall(&write, page_word(map, 3) + 1), "%s", what);
	must(ioctl(write.fd, PFNFAULT_TEST_STALLED_REVOKE, 1000));
	must(let_go(&write) ? -1 : 0);
	must(collect(write.fd));
	/* Where the write was late, what stands in has it. */
	ok(dirty(3) || load(page_word(map, 3) + 1) == 5,
	   "... is told, if it was to the region's memory");
	made_unmap(map);
	close(write.fd);
}

int main(void)
{
	test_which();
	test_ways();
	test_none_lost();
	test_last_moment();
	test_private();
	test_revoked();
	test_revoked_meanwhile();
	return done();
}
