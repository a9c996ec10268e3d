// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a debugger does: /proc/PID/mem and ptrace(). Would catch an access that
 * works only on touched pages, that reaches past a page, the VMA or the region,
 * that writes what is read-only, or what has gone.
 */
#include <sys/ptrace.h>

#include "made.h"

#define PAGES MADE_PAGES

static int mem_fd;

static ssize_t peek(void *addr, void *buf, size_t len)
{
	return pread(mem_fd, buf, len, (uintptr_t)addr);
}

static ssize_t poke(void *addr, const void *buf, size_t len)
{
	return pwrite(mem_fd, buf, len, (uintptr_t)addr);
}

static uint64_t peek_word(void *addr)
{
	uint64_t word = 0;

	return peek(addr, &word, sizeof(word)) == sizeof(word) ? word : 0;
}

static void test_made(void)
{
	char *buf = malloc(16 * page_size);
	int fd = made_open(O_RDWR);
	void *map = must(map_pages(fd, PROT_READ | PROT_WRITE, 0, 16)), *guard;
	uint64_t word = 0x1234567890abcdefULL, got[2];

	is(peek_word(page_word(map, 3)), PFNFAULT_TEST_WORD(0, 3),
	   "a page that nobody touched can be read");
	is(pte_of(fd, page_word(map, 3)).value, 0, "... and stays unmapped");
	is(made_info(fd).faults, 0, "... without a fault");
	is(poke(page_word(map, 3) + 1, &word, 8), 8, "... and be written");
	is(load(page_word(map, 3) + 1), word, "... as the program sees it");
	is(peek_word(page_word(map, 3) + 1), word, "touched: it can be read");
	word++;
	is(poke(page_word(map, 3) + 1, &word, 8), 8, "... and be written");
	is(load(page_word(map, 3) + 1), word, "... as the program sees it");

	/* Across a page's end, in physical memory that is not consecutive. */
	made_setup(fd, TEST_REGION_SHORT, 1, 0, 0);
	is(peek(page_word(map, 5) - 1, got, 16), 16, "16 bytes across a page's end");
	ok(got[0] == 0 && got[1] == PFNFAULT_TEST_WORD(0, 5),
	   "... are the last of one and the first of the next");
	is(peek(map, buf, 16 * page_size), 16 * page_size, "all of a VMA at once");
	ok(!memcmp(buf + 7 * page_size, page_word(map, 7), page_size) &&
	   *(uint64_t *)(buf + 15 * page_size) == PFNFAULT_TEST_WORD(0, 15),
	   "... is all there");

	/* The VMA ends, the region does not. */
	must(munmap(page_word(map, 8), 8 * page_size));
	guard = must(mmap(page_word(map, 8), page_size, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	must(munmap(guard, page_size));
	is(peek(page_word(map, 8) - 1, got, 16), 8, "it ends with the VMA");
	fails(peek(page_word(map, 8), got, 8) < 0, EIO, "... behind which");
	munmap(map, 8 * page_size);
	/* The last two pages, and nothing behind them. */
	map = must(mmap(NULL, 3 * page_size, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	must(mmap(map, 2 * page_size, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED, fd, (PAGES - 2) * page_size));
	must(munmap(page_word(map, 2), page_size));
	is(peek(page_word(map, 2) - 1, got, 16), 8, "it ends with the region");
	munmap(map, 2 * page_size);
	free(buf);
	close(fd);
}

static void test_refused(void)
{
	int fd = made_open(O_RDWR);
	void *map = must(map_pages(fd, PROT_READ, 0, 4));
	uint64_t word = 1;

	fails(poke(map, &word, 8) < 0, EIO, "a write to a read-only VMA");
	is(load(map), PFNFAULT_TEST_WORD(0, 0), "... does not happen");
	must(mprotect(map, page_size, PROT_NONE));
	is(peek_word(map), PFNFAULT_TEST_WORD(0, 0),
	   "a debugger reads what the program may not");
	must(mprotect(map, page_size, PROT_READ));

	made_busy(fd, TEST_WAIT_EVENT);
	fails(peek(page_word(map, 1), &word, 8) < 0, EIO, "a busy page");
	is(made_info(fd).waits, 0, "... is not waited for");
	made_wake(fd);
	made_setup(fd, TEST_REGION, -EIO, 1, 0);
	fails(peek(page_word(map, 1), &word, 8) < 0, EIO, "a page in error");
	made_range(fd, PFNFAULT_TEST_BEGIN, 0, PAGES);
	fails(peek(page_word(map, 1), &word, 8) < 0, EIO, "a page that moves");
	must(ioctl(fd, PFNFAULT_TEST_END));
	is(peek_word(page_word(map, 1)), PFNFAULT_TEST_WORD(0, 1),
	   "... until it has moved");
	made_revoke(fd, REVOKE_SIGBUS);
	fails(peek(map, &word, 8) < 0, EIO, "a revoked page");
	munmap(map, 4 * page_size);
	close(fd);

	fd = made_open(O_RDWR);
	map = made_map(fd);
	made_revoke(fd, REVOKE_ONES);
	is(peek_word(map), ~0ULL, "a page revoked with ones reads as ones");
	made_unmap(map);
	close(fd);
}

/* What a private mapping shows may be a copy, which is not the region's. */
static void test_private(void)
{
	struct pfnfault_test_setup setup = { .kind = TEST_REGION, .cow = 1 };
	int fd = made_open(O_RDWR);
	uint64_t word = 5;
	void *map, *shared;

	must(ioctl(fd, PFNFAULT_TEST_SETUP, &setup));
	map = must(mmap(NULL, 4 * page_size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE, fd, 0));
	shared = must(map_pages(fd, PROT_READ, 0, 4));
	fails(peek(map, &word, 8) < 0, EIO, "a private mapping");
	fails(poke(map, &word, 8) < 0, EIO, "... for writing");
	(void)load(page_word(map, 1));
	fails(poke(page_word(map, 1), &word, 8) < 0, EIO, "... touched");
	ok(in_place(shared, 0, 0, 4) && in_place(map, 0, 0, 4),
	   "... and nothing is written");
	munmap(map, 4 * page_size);
	munmap(shared, 4 * page_size);
	close(fd);
}

/* While the region moves and the vacated place is overwritten. */
static int moving_fd;
static volatile bool stop_moving;

static void *move_on(void *arg)
{
	while (!stop_moving) {
		made_range(moving_fd, PFNFAULT_TEST_BEGIN, 0, PAGES);
		must(ioctl(moving_fd, PFNFAULT_TEST_END));
		usleep(2000);
	}
	return arg;
}

static void test_moving(void)
{
	double end = seconds(CLOCK_MONOTONIC) + 120;
	size_t wrong = 0, read = 0, tried = 0;
	pthread_t mover;
	void *map;

	moving_fd = made_open(O_RDWR);
	map = made_map(moving_fd);
	mover = start_thread(move_on, NULL);
	while (read < 1000 && seconds(CLOCK_MONOTONIC) < end) {
		size_t page = tried++ * 31 % PAGES;
		uint64_t word;

		if (peek(page_word(map, page), &word, 8) != 8)
			continue;
		read++;
		wrong += word != PFNFAULT_TEST_WORD(0, page);
	}
	stop_moving = true;
	pthread_join(mover, NULL);
	is(wrong, 0, "read while it moves: no wrong word");
	ok(read == 1000, "... in %zu of %zu times that it was there", read, tried);
	made_unmap(map);
	close(moving_fd);
}

/* What ptrace() moves: a word as wide as a register. */
static unsigned long word_of(void *addr)
{
	return *(volatile unsigned long *)addr;
}

/*
 * Linux 6.1 for i386 maps other memory than a BAR above 4 GiB where a driver asks
 * for that: a debugger must not see it.
 */
static void test_out_of_reach(void *map)
{
	uint64_t word = 11;

	fails(peek(page_word(map, 1), &word, 8) < 0, EIO,
	      "a debugger's read of a BAR that this kernel does not reach");
	fails(poke(page_word(map, 1), &word, 8) < 0, EIO, "... and its write");
	is(load(page_word(map, 1)), stamp(1), "... which is not there");
	skip("ptrace() on the BAR", "this kernel's ioremap() ends at 4 GiB");
}

/* ptrace() on another process, on the BAR: words, touched and not. */
static void test_ptrace(void)
{
	int fd, status;
	void *map;
	pid_t pid;

	if (access(BAR_NODE, F_OK)) {
		skip("ptrace() on the BAR", "no " BAR_NODE);
		return;
	}
	fd = bar_open(O_RDWR);
	stamp_all(fd);
	map = must(map_pages(fd, PROT_READ | PROT_WRITE, 0, 64));
	if (machine_is("i686")) {
		test_out_of_reach(map);
		munmap(map, 64 * page_size);
		close(fd);
		return;
	}
	pid = child();
	if (!pid) {
		(void)load(page_word(map, 1));
		ptrace(PTRACE_TRACEME);
		raise(SIGSTOP);
		_exit(word_of(page_word(map, 1)) != 11 ||
		      word_of(page_word(map, 40)) != 12);
	}
	must(waitpid(pid, &status, 0));
	errno = 0;
	is((unsigned long)ptrace(PTRACE_PEEKDATA, pid, page_word(map, 1), 0),
	   (unsigned long)stamp(1), "ptrace reads a word of the BAR that was touched");
	is((unsigned long)ptrace(PTRACE_PEEKDATA, pid, page_word(map, 40), 0),
	   (unsigned long)stamp(40), "... and one that was not");
	is(ptrace(PTRACE_POKEDATA, pid, page_word(map, 1), 11), 0,
	   "... writes the one");
	is(ptrace(PTRACE_POKEDATA, pid, page_word(map, 40), 12), 0,
	   "... and the other");
	is(word_of(page_word(map, 40)), 12, "... as another process sees it");
	must(ptrace(PTRACE_CONT, pid, 0, 0));
	is(status_of(pid), 0, "... and the one that was traced");
	munmap(map, 64 * page_size);
	close(fd);
}

/* A kernel that never calls ->access (riscv64 before Linux 6.13 or so). */
static void test_none(void)
{
	int fd = made_open(O_RDWR);
	void *map = made_map(fd);
	uint64_t word = 1;

	fails(peek(map, &word, 8) < 0, EIO, "this kernel's debuggers read nothing");
	fails(poke(map, &word, 8) < 0, EIO, "... and write nothing");
	ok(in_place(map, 0, 0, 1), "... and it is as it was");
	skip("a debugger reads and writes", "this kernel has no HAVE_IOREMAP_PROT");
	made_unmap(map);
	close(fd);
}

int main(void)
{
	page_size = sysconf(_SC_PAGESIZE);
	mem_fd = must(open("/proc/self/mem", O_RDWR));
	close(made_open(O_RDWR));
	if (!machine()->access) {
		test_none();
		return done();
	}
	test_made();
	test_refused();
	test_private();
	test_moving();
	test_ptrace();
	return done();
}
