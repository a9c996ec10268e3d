/* SPDX-License-Identifier: GPL-2.0-only */
/* The counters of regions, as an administrator reads them: totals, and debugfs. */
#ifndef COUNTERS_H
#define COUNTERS_H

#include "made.h"

#define TOTALS "/sys/module/pfnfault/parameters/stats"
#define REGIONS "/sys/kernel/debug/pfnfault/regions"

struct counters {
	uint64_t faults, installed, huge, retries, waits, lost, invalidations;
};

/* What the driver is told of the region of @fd. */
static inline struct counters told(int fd)
{
	struct pfnfault_test_info info = made_info(fd);

	return (struct counters){
		info.faults, info.installed, info.huge, info.retries,
		info.slept, info.lost, info.invalidations,
	};
}

/* Of all regions; all of the file, or it is no such file. */
static inline struct counters totals(void)
{
	FILE *file = must(fopen(TOTALS, "r") ?: (void *)-1);
	unsigned long long n[7];

	if (fscanf(file, "faults %llu\ninstalled %llu\nhuge %llu\n"
		   "retries %llu\nwaits %llu\nlost %llu\ninvalidations %llu\n",
		   &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6]) != 7 ||
	    fgetc(file) != EOF)
		must(-1);
	fclose(file);
	return (struct counters){ n[0], n[1], n[2], n[3], n[4], n[5], n[6] };
}

static inline struct counters less(struct counters a, struct counters b)
{
	return (struct counters){
		a.faults - b.faults, a.installed - b.installed,
		a.huge - b.huge, a.retries - b.retries, a.waits - b.waits,
		a.lost - b.lost, a.invalidations - b.invalidations,
	};
}

static inline bool same(struct counters got, struct counters want)
{
	if (!memcmp(&got, &want, sizeof(got)))
		return true;
	for (size_t i = 0; i < sizeof(got) / 8; i++)
		tap_comment("counter %zu: got %llu, want %llu", i,
			    (unsigned long long)((uint64_t *)&got)[i],
			    (unsigned long long)((uint64_t *)&want)[i]);
	return false;
}

/* A line of debugfs. */
struct line {
	unsigned int id;
	unsigned long long pages;
	int vmas;
	struct counters is;
	char state[16], resolve[64];
};

static inline bool parse_line(const char *text, struct line *line)
{
	unsigned long long n[7];
	int end = 0;

	if (sscanf(text, "%u %llu %d %llu %llu %llu %llu %llu %llu %llu %15s %63[^\n]\n%n",
		   &line->id, &line->pages, &line->vmas, &n[0], &n[1], &n[2],
		   &n[3], &n[4], &n[5], &n[6], line->state, line->resolve,
		   &end) != 12)
		return false;
	line->is = (struct counters){
		n[0], n[1], n[2], n[3], n[4], n[5], n[6],
	};
	return !text[end];
}

/*
 * The line of region @id; false, there is none. What is no line at all ends the
 * test.
 */
static inline bool find_line(unsigned int id, struct line *line)
{
	static const char header[] =
"id pages vmas faults installed huge retries waits lost invalidations state resolve\n";
	FILE *file = must(fopen(REGIONS, "r") ?: (void *)-1);
	bool found = false;
	char text[256];

	must(fgets(text, sizeof(text), file) && !strcmp(text, header) ? 0 : -1);
	while (!found && fgets(text, sizeof(text), file)) {
		must(parse_line(text, line) ? 0 : -1);
		found = line->id == id;
	}
	fclose(file);
	return found;
}

#endif /* COUNTERS_H */
