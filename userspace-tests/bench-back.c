// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking memory back, from 64 MiB of which every page is mapped; what that
 * costs the programs that touch it again; what a region takes in memory; and
 * how often a handler is called for a page that no huge entry can map. The
 * least of a few runs.
 */
#include "bench.h"

#define RUNS 3
#define BASE ((void *)(uintptr_t)(1ull << 44))

/* Called with all of @map mapped and touched; returns what it took. */
typedef uint64_t (*step_t)(int fd, char *map);

static uint64_t timed_ioctl(int fd, unsigned long request, unsigned long arg)
{
	uint64_t start = now();

	must(ioctl(fd, request, arg));
	return now() - start - clock_cost();
}

/* Is every page there, and the right one? Not where it was revoked. */
static bool intact(const struct strategy *strategy, char *map)
{
	return expect(stamped(map, 0, PAGES), "%s: a page is another",
		      strategy->name);
}

static void measure(const struct strategy *strategy, const char *name,
		    step_t step)
{
	uint64_t best = ~0ull;

	if (!exists(strategy))
		return;
	for (int i = 0; i < RUNS; i++) {
		int fd = open_strategy(strategy);
		char *map = map_all(strategy, fd);
		uint64_t took;

		if (intact(strategy, map)) {
			wait_for_tick();
			took = step(fd, map);
			best = took < best ? took : best;
		}
		unmap_all(map);
		close_strategy(fd);
	}
	result(strategy, name, PAGES, best, "ns", "%s", "");
}

/* ---- Invalidation ---- */

static uint64_t zap_bare(int fd, char *map)
{
	uint64_t took = timed_ioctl(fd, PFNFAULT_BASELINE_ZAP, 0);
	uint64_t faults = faults_so_far();

	(void)load(map);
	expect(faults_so_far() == faults + 1, "unmap_mapping_range() did nothing");
	return took;
}

static uint64_t invalidate(int fd, char *map)
{
	uint64_t took = timed_ioctl(fd, PFNFAULT_BENCH_INVALIDATE, 0);
	uint64_t faults = bench_info(fd).faults;

	(void)load(map);
	expect(bench_info(fd).faults > faults,
	       "pfnfault_invalidate() did nothing");
	return took;
}

static uint64_t refault(int fd, char *map, unsigned long request)
{
	uint64_t start = now();

	must(ioctl(fd, request, 0));
	read_all(map);
	start = now() - start - clock_cost();
	expect(stamped(map, 0, PAGES), "another page after the zap");
	return start;
}

static uint64_t refault_bare(int fd, char *map)
{
	return refault(fd, map, PFNFAULT_BASELINE_ZAP);
}

static uint64_t refault_ours(int fd, char *map)
{
	return refault(fd, map, PFNFAULT_BENCH_INVALIDATE);
}

/* ---- Moves and the end ---- */

/* A move in which nothing moves: what it costs beside the copy. */
static uint64_t move(int fd, char *map)
{
	uint64_t took = timed_ioctl(fd, PFNFAULT_BENCH_BEGIN, 0);

	took += timed_ioctl(fd, PFNFAULT_BENCH_END, 0);
	expect(stamped(map, 0, PAGES), "another page after a move");
	return took;
}

static uint64_t revoke_all(int fd, char *map)
{
	uint64_t took = timed_ioctl(fd, PFNFAULT_BENCH_REVOKE, 0);

	expect(touch_is_sigbus(map) && touch_is_sigbus(map + BYTES - 4096),
	       "memory that was revoked is there");
	return took;
}

/* ---- Tracked writes ---- */

static void collect(int fd, uint64_t want, uint64_t *took)
{
	uint64_t start = now();
	long got = must(ioctl(fd, PFNFAULT_BENCH_DIRTY_COLLECT));

	*took = now() - start - clock_cost();
	expect((uint64_t)got == want, "collected %ld pages, of %llu", got,
	       (unsigned long long)want);
}

static uint64_t dirty_start(int fd, char *map)
{
	(void)map;
	return timed_ioctl(fd, PFNFAULT_BENCH_DIRTY_START, 0);
}

static uint64_t dirty_write(int fd, char *map)
{
	uint64_t start, took;

	dirty_start(fd, map);
	wait_for_tick();
	start = now();
	write_all(map, 1);
	start = now() - start - clock_cost();
	collect(fd, PAGES, &took);
	return start;
}

static uint64_t dirty_collect(int fd, char *map)
{
	uint64_t took, nothing;

	dirty_start(fd, map);
	write_all(map, 2);
	wait_for_tick();
	collect(fd, PAGES, &took);
	collect(fd, 0, &nothing);
	return took;
}

static uint64_t dirty_collect_clean(int fd, char *map)
{
	uint64_t took;

	dirty_start(fd, map);
	read_all(map);
	collect(fd, 0, &took);
	return took;
}

static void measure_memory(void)
{
	int fd = open_strategy(&by_default);
	struct pfnfault_bench_info without = bench_info(fd), with;

	must(ioctl(fd, PFNFAULT_BENCH_DIRTY_START));
	with = bench_info(fd);
	must(ioctl(fd, PFNFAULT_BENCH_DIRTY_STOP));
	expect(!bench_info(fd).dirty_size, "memory is left when tracking ends");
	result(&by_default, "memory-region", PAGES, without.region_size,
	       "bytes", "%s", "");
	result(&by_default, "memory-pages", PAGES, 8 * without.dirty_size,
	       "bits", "%s", "");
	result(&by_default, "memory-pages-tracked", PAGES, 8 * with.dirty_size,
	       "bits", "%s", "");
	close_strategy(fd);
}

/* ---- Handler calls ---- */

/*
 * Calls of the region's handlers for the touch of @page, where the VMA begins
 * at @first in the region, and @skew pages after an aligned address.
 */
static uint64_t calls_for(const struct strategy *strategy, size_t first,
			  size_t skew, size_t pages, size_t page)
{
	int fd = open_strategy(strategy);
	char *map = must(mmap((char *)BASE + skew * 4096, pages * 4096,
			      PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, fd,
			      first * 4096));
	uint64_t calls;

	expect(load(map + (page - first) * 4096) == stamp(page),
	       "page %zu is another", page);
	calls = bench_info(fd).faults;
	expect(calls, "a page without a fault");
	must(munmap(map, pages * 4096));
	close(fd);
	return calls;
}

static void measure_calls(void)
{
	static const struct strategy short_extents = {
		.name = "pfnfault", .node = BENCH_NODE, .extent = 16,
		.huge = true,
	};
	const uint64_t calls[] = {
		/* A block of which the VMA lacks the first page. */
		calls_for(&huge, 1, 1, PAGES - 1, 8),
		/* ... the last page. */
		calls_for(&huge, 0, 0, BLOCK - 1, BLOCK - 2),
		/* Addresses that are not aligned as the memory is. */
		calls_for(&huge, 0, 1, PAGES, 3 * BLOCK + 7),
		/* An extent that is shorter than a block. */
		calls_for(&short_extents, 0, 0, PAGES, 3 * BLOCK + 7),
	};
	uint64_t most = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		most = calls[i] > most ? calls[i] : most;
	result(&huge, "calls-unaligned", 1, most, "calls",
	       " head=%llu tail=%llu skewed=%llu short=%llu",
	       (unsigned long long)calls[0], (unsigned long long)calls[1],
	       (unsigned long long)calls[2], (unsigned long long)calls[3]);
}

int main(void)
{
	static const struct strategy *const ours[] = {
		&by_default, &window_1, &huge,
	};
	static const struct strategy *const peers[] = { &one, &apply, &pmd };

	bench_start();
	for (size_t i = 0; i < 3; i++) {
		measure(peers[i], "zap", zap_bare);
		measure(peers[i], "zap-and-touch", refault_bare);
		measure(ours[i], "zap", invalidate);
		measure(ours[i], "zap-and-touch", refault_ours);
	}
	measure(&by_default, "move", move);
	measure(&by_default, "revoke", revoke_all);
	measure(&by_default, "dirty-start", dirty_start);
	measure(&by_default, "dirty-write", dirty_write);
	measure(&by_default, "dirty-collect", dirty_collect);
	measure(&by_default, "dirty-collect-clean", dirty_collect_clean);
	measure_memory();
	measure_calls();
	return bench_done();
}
