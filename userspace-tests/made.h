/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults made to order: /dev/pfnfault-test, see kmod/pfnfault_test.h. */
#ifndef MADE_H
#define MADE_H

#include <pthread.h>
#include <sys/utsname.h>
#include <time.h>

#include "bar.h"

/* Of the region of each file: see machine(). */
#define MADE_PAGES ((size_t)machine()->pages)
/*
 * How often to fail, for a setup that is to fail for good. An access in kernel
 * mode that failed once may be tried again by the routine that copies.
 */
#define ALWAYS (1u << 30)

static inline int made_open(int flags)
{
	return node_open(MADE_NODE, flags,
			 "no " MADE_NODE " (pfnfault_test.ko is not loaded)");
}

static inline void made_setup(int fd, int kind, int value, unsigned int times,
			      unsigned int delay_ms)
{
	struct pfnfault_test_setup setup = {
		.kind = kind, .value = value, .times = times,
		.delay_ms = delay_ms,
	};

	must(ioctl(fd, PFNFAULT_TEST_SETUP, &setup));
}

static inline struct pfnfault_test_info made_info(int fd)
{
	struct pfnfault_test_info info;

	must(ioctl(fd, PFNFAULT_TEST_INFO, &info));
	return info;
}

/* All of it, shared. */
static inline void *made_map(int fd)
{
	return must(map_pages(fd, PROT_READ | PROT_WRITE, 0, MADE_PAGES));
}

/* ... writable or not, with page @page the first one of a page table. */
static inline void *made_map_at(int fd, int prot, size_t page)
{
	size_t size = MADE_PAGES * page_size, unit = TABLE * page_size;
	char *room = must(mmap(NULL, size + unit, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	char *map = room + (unit - 1) -
		((uintptr_t)room + page * page_size + unit - 1) % unit;

	must(munmap(room, size + unit));
	must(mmap(map, size, prot, MAP_SHARED | MAP_FIXED, fd, 0));
	madvise(map, size, MADV_NOHUGEPAGE);
	return map;
}

static inline void made_unmap(void *map)
{
	munmap(map, MADE_PAGES * page_size);
}

static inline void made_range(int fd, unsigned long request, uint64_t index,
			      uint64_t nr)
{
	struct pfnfault_test_range range = { .index = index, .nr = nr };

	must(ioctl(fd, request, &range));
}

/* enum pfnfault_revoke_policy, which is the kernel's own. */
enum { REVOKE_SIGBUS, REVOKE_ZEROS, REVOKE_ONES };

static inline void made_revoke(int fd, unsigned long policy)
{
	must(ioctl(fd, PFNFAULT_TEST_REVOKE, policy));
}

/* What a word of a revoked region is, unless it is SIGBUS. */
static inline uint64_t promised(unsigned long policy)
{
	return policy == REVOKE_ONES ? ~0ULL : 0;
}

static inline void made_wake(int fd)
{
	must(ioctl(fd, PFNFAULT_TEST_WAKE));
}

/* No page has a place until made_wake(). */
static inline void made_busy(int fd, int wait)
{
	struct pfnfault_test_setup setup = {
		.kind = TEST_REGION, .value = -EAGAIN, .times = ALWAYS,
		.wait = wait,
	};

	must(ioctl(fd, PFNFAULT_TEST_SETUP, &setup));
}

static inline double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Until @expr, at most @limit seconds; false if that was not enough. */
#define within(limit, expr) ({						\
	double until_ = seconds(CLOCK_MONOTONIC) + (limit);		\
	bool true_;							\
	while (!(true_ = (expr)) && seconds(CLOCK_MONOTONIC) < until_)	\
		usleep(1000);						\
	true_; })
#define comes_true(expr) within(10, expr)

/* Do @nr tasks wait in wait()? */
static inline bool waits_in(int fd, unsigned int nr)
{
	return comes_true(made_info(fd).waiting == nr);
}

/* What an access in kernel mode gives: 0, or the errno of write(). */
static inline int kernel_read(void *addr)
{
	int pipes[2], err = 0;

	must(pipe(pipes));
	if (write(pipes[1], addr, 8) != 8)
		err = errno;
	close(pipes[0]);
	close(pipes[1]);
	return err;
}

/* The PTE behind an address, as the CPU sees it; 0 where there is none. */
static inline struct pfnfault_test_pte pte_of(int fd, void *addr)
{
	struct pfnfault_test_pte pte = { .addr = (uintptr_t)addr };

	must(ioctl(fd, PFNFAULT_TEST_PTE, &pte));
	return pte;
}

static inline bool machine_is(const char *arch)
{
	struct utsname name;

	must(uname(&name));
	return !strcmp(name.machine, arch);
}

/* x86 keeps a list of memory types, which decides over what a driver wishes. */
static inline bool memory_types(void)
{
	return machine_is("x86_64") || machine_is("i686");
}

/*
 * s390x: whether there is memory at a PFN, its kernel does not know, nor what
 * devices have. The program that uses it learns that there is not, by SIGILL.
 */
static inline bool any_pfn_fits(void)
{
	return machine_is("s390x");
}

static inline bool touch_is_sigill(void *map)
{
	if (!child()) {
		(void)load(map);
		_exit(0);
	}
	return status_of(-1) == 128 + SIGILL;
}

/*
 * Is it what si_code tells of failed memory? Nothing, in kernels that do not
 * care, and on s390x; riscv64 has learnt it in some Linux 6 or 7.
 */
static inline bool is_memory_failure(int code)
{
	if (machine_is("s390x"))
		return code == BUS_ADRERR;
	if (machine_is("riscv64") && code == BUS_ADRERR)
		return true;
	return code == (access("/proc/sys/vm/memory_failure_recovery", F_OK) ?
			BUS_ADRERR : BUS_MCEERR_AR);
}

/* Does pfnfault let core set every PTE? */
static inline bool by_core(void)
{
	FILE *file = fopen("/sys/module/pfnfault/parameters/installer", "r");
	char name[8] = "";

	if (!file || fscanf(file, "%7s", name) != 1)
		must(-1);
	fclose(file);
	return !strcmp(name, "core");
}

/*
 * Can a fault be held up at @where (enum pfnfault_test_stall)? It can on the
 * machine that these tests were made on; elsewhere, see kmod/stall.c, and @what
 * is skipped.
 */
static inline bool can_stall(int fd, unsigned int where, const char *what)
{
	uint64_t word = 0;
	struct pfnfault_test_stalled read = {
		.addr = (uintptr_t)&word, .where = where, .ms = 0,
	};

	if ((where == TEST_STALL_CORE || where == TEST_STALL_TABLE) &&
	    !memory_types() && !by_core()) {
		skip(what, "core is not asked to install: no list of memory types");
		return false;
	}
	if (!ioctl(fd, PFNFAULT_TEST_STALLED_READ, &read))
		return true;
	if (errno != EOPNOTSUPP || machine_is("x86_64"))
		must(-1);
	skip(what, "this kernel has no kprobe there");
	return false;
}

/* Are pages [from, to) those of @place? */
static inline bool in_place(void *map, int place, size_t from, size_t to)
{
	for (size_t page = from; page < to; page++) {
		uint64_t got = load(page_word(map, page));

		if (got != PFNFAULT_TEST_WORD(place, page)) {
			tap_comment("page %zu of place %d: got %#llx", page,
				    place, (unsigned long long)got);
			return false;
		}
	}
	return true;
}

static inline pthread_t start_thread(void *(*run)(void *), void *arg)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, run, arg);
	must(errno ? -1 : 0);
	return thread;
}

/* A thread that touches a word. */
struct toucher {
	pthread_t thread;
	void *addr;
	uint64_t word;
};

static inline void *touch_thread(void *arg)
{
	struct toucher *toucher = arg;

	toucher->word = load(toucher->addr);
	return NULL;
}

static inline void start_touch(struct toucher *toucher, void *addr)
{
	toucher->addr = addr;
	toucher->thread = start_thread(touch_thread, toucher);
}

/* What it saw. */
static inline uint64_t end_touch(struct toucher *toucher)
{
	pthread_join(toucher->thread, NULL);
	return toucher->word;
}

#endif /* MADE_H */
