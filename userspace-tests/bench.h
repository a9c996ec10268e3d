/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the benchmark's programs share: the strategies, each a way to map the
 * same 64 MiB of a PCI BAR, the clock, and the lines that are printed:
 *
 *	result STRATEGY PATTERN PAGES VALUE UNIT [NAME=COUNT]...
 *
 * for scripts/bench-report to read. Under QEMU's -icount shift=0 a nanosecond
 * of the guest is an instruction; what the unit "ns" means is known there.
 */
#ifndef BENCH_H
#define BENCH_H

#include <sys/resource.h>
#include <time.h>

#include "../demo-driver/pfnfault_baseline.h"
#include "bar.h"
#include "kmod/pfnfault_bench.h"

#define CLOCK "/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define BENCH_NODE "/dev/pfnfault-bench"
#define BASELINE "/dev/pfnfault-baseline-"
#define PAGES 16384ul		/* of the BAR */
#define BLOCK 512ul		/* pages in a PMD entry's block */
#define BYTES (PAGES * 4096)

/**
 * struct strategy - one way to map the BAR
 * @name: as printed
 * @node: the device; NULL: anonymous memory, which is not the BAR
 * @window: pfnfault's parameter; NULL: what it is by itself
 * @extent: how long the extents are that pfnfault is given; 0: all of the BAR
 * @beaten: another thread is always first
 * @huge: PMD entries are allowed
 */
struct strategy {
	const char *name;
	const char *node;
	const char *window;
	unsigned long extent;
	bool beaten;
	bool huge;
};

/* The peers: see demo-driver/baseline.c. */
#define PEER(printed, peer, ...) \
	{ .name = (printed), .node = BASELINE peer, __VA_ARGS__ }

static const struct strategy one = PEER("vmf_insert_pfn", "one");
static const struct strategy one_vma_lock =
	PEER("vmf_insert_pfn-vma-lock", "one-vma-lock");
static const struct strategy loop16 = PEER("loop-of-16", "loop16");
static const struct strategy loop512 = PEER("loop-of-512", "loop512");
static const struct strategy apply = PEER("apply_to_page_range", "apply");
static const struct strategy remap = PEER("remap_pfn_range", "remap");
static const struct strategy pmd =
	PEER("vmf_insert_pfn_pmd", "pmd", .huge = true);
static const struct strategy twice = PEER("vmf_insert_pfn-beaten", "twice");

static const struct strategy anonymous = { .name = "anonymous" };

#define OURS(printed, ...) \
	{ .name = "pfnfault" printed, .node = BENCH_NODE, __VA_ARGS__ }

static const struct strategy by_default = OURS("");
static const struct strategy window_1 = OURS("-window-1", .window = "1");
static const struct strategy extents_1 = OURS("-extents-of-1", .extent = 1);
static const struct strategy extents_16 = OURS("-extents-of-16", .extent = 16);
static const struct strategy beaten =
	OURS("-beaten", .window = "1", .beaten = true);
static const struct strategy huge = OURS("-huge", .huge = true);

static bool failed;
static char default_window[16];
static char *witness;		/* the BAR, by /dev/pfnfault-bar, all of it */

/* What does not hold is printed, and fails the run at its end. */
#define expect(condition, ...) ({					\
	bool holds_ = (condition);					\
	if (!holds_) {							\
		printf("wrong: " __VA_ARGS__);				\
		printf("\n");						\
		failed = true;						\
	}								\
	holds_; })

static inline uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

/* What two calls of now() take, one after the other. */
static inline uint64_t clock_cost(void)
{
	static uint64_t cost;

	for (int i = 0; !cost || (i && i < 100); i++) {
		uint64_t start = now(), took = now() - start;

		if (!cost || took < cost)
			cost = took;
	}
	return cost;
}

/*
 * Begin right after a timer's tick, which takes as long as tens of faults: what
 * is over before the next one is measured without, and the rest always with the
 * same number of them.
 */
static inline void wait_for_tick(void)
{
	struct timespec first, time;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &first);
	do
		clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
	while (time.tv_nsec == first.tv_nsec);
}

/* Page faults of this thread so far; not those that core was to try again. */
static inline uint64_t faults_so_far(void)
{
	struct rusage usage;

	must(getrusage(RUSAGE_THREAD, &usage));
	return usage.ru_minflt + usage.ru_majflt;
}

static inline bool is_pfnfault(const struct strategy *strategy)
{
	return strategy->node && !strcmp(strategy->node, BENCH_NODE);
}

/* Does this kernel have it? */
static inline bool exists(const struct strategy *strategy)
{
	return !strategy->node || !access(strategy->node, F_OK);
}

static inline int open_strategy(const struct strategy *strategy)
{
	int fd;

	if (!strategy->node)
		return -1;
	fd = must(open(strategy->node, O_RDWR | O_CLOEXEC));
	if (is_pfnfault(strategy)) {
		must(set_window(strategy->window ?: default_window));
		must(ioctl(fd, PFNFAULT_BENCH_EXTENT, strategy->extent));
		must(ioctl(fd, PFNFAULT_BENCH_BEATEN, strategy->beaten));
	}
	return fd;
}

static inline void close_strategy(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* Of a strategy that is not pfnfault's, all zero. */
static inline struct pfnfault_bench_info bench_info(int fd)
{
	struct pfnfault_bench_info info = {};

	if (fd >= 0)
		(void)ioctl(fd, PFNFAULT_BENCH_INFO, &info);
	return info;
}

/*
 * Always at the same address, where nothing else is: aligned for huge entries,
 * offset 0 first. Not in the mmap area, where what malloc() maps would come in
 * between.
 */
static inline void *map_strategy(const struct strategy *strategy, int fd)
{
	void *const address = (void *)(uintptr_t)(1ull << 44);
	int flags = MAP_FIXED_NOREPLACE |
		(strategy->node ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS);

	return must(mmap(address, BYTES, PROT_READ | PROT_WRITE, flags, fd,
			 0));
}

static inline void allow_huge(const struct strategy *strategy, void *map)
{
	if (!strategy->huge)
		must(madvise(map, BYTES, MADV_NOHUGEPAGE));
}

/* All of it, ready to be touched. */
static inline char *map_all(const struct strategy *strategy, int fd)
{
	char *map = map_strategy(strategy, fd);

	allow_huge(strategy, map);
	return map;
}

static inline void unmap_all(char *map)
{
	must(munmap(map, BYTES));
}

/* noinline, as a loop that is unrolled here and not there is no measure. */
static __attribute__((noinline, unused)) void read_all(const char *map)
{
	for (const char *end = map + BYTES; map < end; map += 4096)
		(void)load(map);
}

/* The second word of each page: the first keeps its stamp. */
static __attribute__((noinline, unused)) void write_all(char *map, uint64_t value)
{
	for (char *end = map + BYTES; map < end; map += 4096)
		store(map + 8, value);
}

static inline void result(const struct strategy *strategy, const char *pattern,
			  size_t pages, uint64_t value, const char *unit,
			  const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
static inline void result(const struct strategy *strategy, const char *pattern,
			  size_t pages, uint64_t value, const char *unit,
			  const char *fmt, ...)
{
	va_list args;

	printf("result %s %s %zu %llu %s", strategy->name, pattern, pages,
	       (unsigned long long)value, unit);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

/* The share of the last half second that all CPUs had nothing to do. */
static inline double idle_share(void)
{
	unsigned long long all[2] = {}, idle[2] = {};

	for (int i = 0; i < 2; i++) {
		FILE *file = must(fopen("/proc/stat", "r") ?: (void *)-1);
		unsigned long long ticks;

		if (i)
			usleep(500000);
		rewind(file);
		must(fscanf(file, "cpu") == EOF ? -1 : 0);
		for (int n = 0; fscanf(file, "%llu", &ticks) == 1; n++) {
			all[i] += ticks;
			if (n == 3)
				idle[i] = ticks;
		}
		fclose(file);
	}
	return (idle[1] - idle[0]) / (double)(all[1] - all[0] ?: 1);
}

/*
 * A kernel goes on booting for seconds after it has started its first program:
 * it tests its ciphers, and measures its clock, of which it has but a guess.
 */
static inline void wait_until_quiet(void)
{
	for (int i = 0; i < 60; i++) {
		char name[32] = "";
		FILE *file = fopen(CLOCK, "r");

		if (!file || fscanf(file, "%31s", name) != 1)
			must(-1);
		fclose(file);
		if (idle_share() > 0.95 && strcmp(name, "tsc-early"))
			return;
	}
	printf("Bail out! this machine does not come to rest\n");
	exit(255);
}

/* Stamps in all of the BAR, which every strategy must find. */
static inline void bench_start(void)
{
	int fd = bar_open(O_RDWR);

	if (page_size != 4096 || bar_pages(fd) != PAGES || sizeof(long) != 8) {
		printf("Bail out! made for %lu pages of 4096 bytes, and 64 bits\n",
		       PAGES);
		exit(255);
	}
	stamp_all(fd);
	witness = must(map_pages(fd, PROT_READ, 0, PAGES));
	expect(stamped(witness, 0, PAGES), "the BAR keeps what is written");
	close(fd);
	snprintf(default_window, sizeof(default_window), "%u", get_window());
	wait_until_quiet();
	clock_cost();
}

static inline int bench_done(void)
{
	must(set_window(default_window));
	printf("%s\n", failed ? "wrong: see above" : "right");
	return failed;
}

#endif /* BENCH_H */
