// SPDX-License-Identifier: GPL-2.0-only
/*
 * First touch: what it takes until a program has touched pages of a BAR that
 * nobody has mapped yet. mmap() and the touches are counted, munmap() is not.
 * The least of a few runs, for the kernel may do something else in any.
 */
#include "bench.h"

#define RUNS 3
#define SAMPLE (PAGES / 16)

static unsigned int sparse_pages[PAGES / BLOCK];
static unsigned int random_pages[SAMPLE];

/**
 * struct pattern - which pages are touched, in which order
 * @name: as printed
 * @pages: how many
 * @list: which; NULL: all
 * @write: touched by a store
 * @down: from the last to the first
 */
struct pattern {
	const char *name;
	size_t pages;
	const unsigned int *list;
	bool write;
	bool down;
};

static const struct pattern dense = { .name = "dense", .pages = PAGES };

static const struct pattern dense_write = {
	.name = "dense-write", .pages = PAGES, .write = true,
};

static const struct pattern downwards = {
	.name = "downwards", .pages = PAGES, .down = true,
};

static const struct pattern sparse = {
	.name = "sparse", .pages = PAGES / BLOCK, .list = sparse_pages,
};

static const struct pattern at_random = {
	.name = "random", .pages = SAMPLE, .list = random_pages,
};

/* One page in each block of 2 MiB; and one in 16, without pattern. */
static void make_lists(void)
{
	static unsigned int all[PAGES];
	uint32_t seed = 20060315;

	for (size_t i = 0; i < PAGES / BLOCK; i++)
		sparse_pages[i] = i * BLOCK + BLOCK / 2;
	for (size_t i = 0; i < PAGES; i++)
		all[i] = i;
	for (size_t i = 0; i < SAMPLE; i++) {
		size_t other;

		seed = seed * 1664525 + 1013904223;
		other = i + (seed >> 8) % (PAGES - i);
		random_pages[i] = all[other];
		all[other] = all[i];
	}
}

static __attribute__((noinline)) void read_down(const char *map)
{
	for (const char *page = map + BYTES; page > map;)
		(void)load(page -= 4096);
}

static __attribute__((noinline)) void read_list(const char *map,
						const unsigned int *list,
						size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		(void)load(map + list[i] * 4096ul);
}

static void touch_pattern(char *map, const struct pattern *pattern,
			  uint64_t value)
{
	if (pattern->write)
		write_all(map, value);
	else if (pattern->list)
		read_list(map, pattern->list, pattern->pages);
	else if (pattern->down)
		read_down(map);
	else
		read_all(map);
}

static size_t nth_page(const struct pattern *pattern, size_t n)
{
	return pattern->list ? pattern->list[n] : n;
}

/* Did the touches map the right pages, and is nothing left to be mapped? */
static void verify(const struct strategy *strategy,
		   const struct pattern *pattern, char *map, uint64_t value)
{
	uint64_t faults = faults_so_far();

	for (size_t n = 0; n < pattern->pages; n++) {
		size_t page = nth_page(pattern, n);
		char *got = map + page * 4096;
		const char *seen = strategy->node ? witness + page * 4096 : got;

		if (strategy->node && load(got) != stamp(page)) {
			expect(false, "%s, %s: page %zu is another",
			       strategy->name, pattern->name, page);
			return;
		}
		if (pattern->write && load(seen + 8) != value) {
			expect(false, "%s, %s: page %zu was not written",
			       strategy->name, pattern->name, page);
			return;
		}
	}
	expect(faults_so_far() == faults, "%s, %s: pages faulted once more",
	       strategy->name, pattern->name);
}

/**
 * struct sample - one run
 * @ns: mmap() and the touches
 * @faults: of the touches, as core counts them
 * @calls: of pfnfault's handlers
 * @installed: by pfnfault, in pages
 */
struct sample {
	uint64_t ns;
	uint64_t faults;
	uint64_t calls;
	uint64_t installed;
};

static struct sample run(const struct strategy *strategy,
			 const struct pattern *pattern, uint64_t value)
{
	struct pfnfault_bench_info info;
	struct sample sample;
	uint64_t start;
	char *map;
	int fd = open_strategy(strategy);

	wait_for_tick();
	start = now();
	map = map_strategy(strategy, fd);
	sample.ns = now() - start;
	allow_huge(strategy, map);
	sample.faults = faults_so_far();
	start = now();
	touch_pattern(map, pattern, value);
	sample.ns += now() - start - 2 * clock_cost();
	sample.faults = faults_so_far() - sample.faults;
	info = bench_info(fd);
	sample.calls = info.faults;
	sample.installed = info.installed;
	expect(!info.lost && !info.retries, "%s, %s: a fault was disturbed",
	       strategy->name, pattern->name);
	verify(strategy, pattern, map, value);
	unmap_all(map);
	close_strategy(fd);
	return sample;
}

/* What the counts must be, where there is only one right answer. */
static void check_counts(const struct strategy *strategy,
			 const struct pattern *pattern,
			 const struct sample *sample)
{
	const char *name = strategy->name;
	uint64_t pages = pattern->pages;
	uint64_t per_fault = strategy == &loop16 ? 16 :
		strategy == &loop512 || strategy == &apply ||
		strategy == &pmd ? BLOCK : 1;

	if (is_pfnfault(strategy)) {
		expect(sample->installed >= pages && sample->installed <= PAGES,
		       "%s, %s: %llu pages installed for %llu", name,
		       pattern->name, (unsigned long long)sample->installed,
		       (unsigned long long)pages);
		if (strategy->window && !strategy->beaten)
			expect(sample->calls == pages &&
			       sample->installed == pages,
			       "%s, %s: %llu calls, %llu pages installed", name,
			       pattern->name, (unsigned long long)sample->calls,
			       (unsigned long long)sample->installed);
		return;
	}
	if (strategy == &remap)
		expect(!sample->faults, "%s: a fault", name);
	else if (pattern == &dense && strategy->node)
		expect(sample->faults == pages / per_fault,
		       "%s: %llu faults", name,
		       (unsigned long long)sample->faults);
}

static void measure(const struct strategy *strategy,
		    const struct pattern *pattern)
{
	struct sample best = { .ns = ~0ull }, sample;

	if (!exists(strategy))
		return;
	/* Which installs upwards only: 131 million inserts, to no end. */
	if (strategy == &loop512 && pattern->down)
		return;
	for (int i = 0; i < RUNS; i++) {
		sample = run(strategy, pattern, stamp(now()));
		if (sample.ns < best.ns)
			best = sample;
	}
	if (!strategy->beaten)
		check_counts(strategy, pattern, &best);
	result(strategy, pattern->name, pattern->pages, best.ns, "ns",
	       is_pfnfault(strategy) ? " faults=%llu calls=%llu installed=%llu" :
	       " faults=%llu", (unsigned long long)best.faults,
	       (unsigned long long)best.calls,
	       (unsigned long long)best.installed);
}

int main(void)
{
	static const struct strategy *const strategies[] = {
		&one, &one_vma_lock, &loop16, &loop512, &apply, &remap, &pmd,
		&by_default, &window_1, &extents_1, &extents_16, &huge,
		&anonymous,
	};
	static const struct pattern *const patterns[] = {
		&dense, &dense_write, &downwards, &sparse, &at_random,
	};

	bench_start();
	make_lists();
	for (size_t p = 0; p < sizeof(patterns) / sizeof(*patterns); p++)
		for (size_t s = 0; s < sizeof(strategies) / sizeof(*strategies);
		     s++)
			measure(strategies[s], patterns[p]);
	measure(&twice, &dense);
	measure(&beaten, &dense);
	return bench_done();
}
