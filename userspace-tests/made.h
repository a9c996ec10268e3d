/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults made to order: /dev/pfnfault-test, see kmod/pfnfault_test.h. */
#ifndef MADE_H
#define MADE_H

#include <pthread.h>
#include <time.h>

#include "bar.h"
#include "kmod/pfnfault_test.h"

#define MADE_NODE "/dev/pfnfault-test"
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
	return must(map_pages(fd, PROT_READ | PROT_WRITE, 0,
			      PFNFAULT_TEST_PAGES));
}

static inline void made_unmap(void *map)
{
	munmap(map, PFNFAULT_TEST_PAGES * page_size);
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

/* Until @expr, at most ten seconds; false if that was not enough. */
#define comes_true(expr) ({						\
	double until_ = seconds(CLOCK_MONOTONIC) + 10;			\
	bool true_;							\
	while (!(true_ = (expr)) && seconds(CLOCK_MONOTONIC) < until_)	\
		usleep(1000);						\
	true_; })

/* The PTE behind an address, as the CPU sees it; 0 where there is none. */
static inline struct pfnfault_test_pte pte_of(int fd, void *addr)
{
	struct pfnfault_test_pte pte = { .addr = (uintptr_t)addr };

	must(ioctl(fd, PFNFAULT_TEST_PTE, &pte));
	return pte;
}

/* What si_code tells of failed memory: nothing, in kernels that do not care. */
static inline int memory_failure_code(void)
{
	return access("/proc/sys/vm/memory_failure_recovery", F_OK) ?
		BUS_ADRERR : BUS_MCEERR_AR;
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

/* A thread that touches a word, and returns it. */
static inline void *touch_thread(void *addr)
{
	return (void *)load(addr);
}

#endif /* MADE_H */
