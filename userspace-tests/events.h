/* SPDX-License-Identifier: GPL-2.0-only */
/* The tracepoints of pfnfault, read from an instance of tracefs of our own. */
#ifndef EVENTS_H
#define EVENTS_H

#include <sys/stat.h>

#include "made.h"

#define INSTANCE "/sys/kernel/tracing/instances/pfnfault-test"
#define EVENTS INSTANCE "/events/pfnfault/"

/* What an event has of these; the rest is as in (struct event){}. */
struct event {
	char name[16], result[16];
	unsigned int region;
	unsigned long long index, count, installed, ns;
	bool write;
};

static struct event *events;
static size_t nr_events;

static inline unsigned long long number_of(const char *line, const char *name)
{
	const char *found = strstr(line, name);

	return found ? strtoull(found + strlen(name), NULL, 10) : 0;
}

/* "task-pid [cpu] flags time: name: region=1 index=2 ..." */
static inline struct event parse_event(const char *line)
{
	const char *region = strstr(line, ": region=");
	const char *result = strstr(line, " result=");
	struct event event = {
		.region = number_of(line, " region="),
		.index = number_of(line, " index="),
		.count = number_of(line, " count="),
		.installed = number_of(line, " installed="),
		.ns = number_of(line, " ns="),
		.write = strstr(line, " write "),
	};
	const char *name = region;

	must(region && !!strstr(line, " read ") + event.write ==
	     !!strstr(line, " fault: ") ? 0 : -1);
	while (name > line && name[-1] != ' ')
		name--;
	snprintf(event.name, sizeof(event.name), "%.*s", (int)(region - name),
		 name);
	if (result)
		must(sscanf(result, " result=%15s", event.result) == 1 ? 0 : -1);
	return event;
}

/* All that there are, and none afterwards. */
static inline void take_events(void)
{
	FILE *file = must(fopen(INSTANCE "/trace", "r") ?: (void *)-1);
	char line[512];

	nr_events = 0;
	while (fgets(line, sizeof(line), file)) {
		if (line[0] == '#')
			continue;
		events = realloc(events, (nr_events + 1) * sizeof(*events));
		events[nr_events++] = parse_event(line);
	}
	fclose(file);
	close(must(open(INSTANCE "/trace", O_WRONLY | O_TRUNC)));
}

/* Trace the region @id, or none: 0. */
static inline void trace_region(unsigned int id)
{
	char filter[32];

	write_file(EVENTS "enable", "0");
	if (!id)
		return;
	snprintf(filter, sizeof(filter), "region == %u", id);
	write_file(EVENTS "filter", filter);
	write_file(EVENTS "enable", "1");
}

static inline void end_events(void)
{
	trace_region(0);
	rmdir(INSTANCE);
}

static inline void start_events(void)
{
	if (access("/sys/kernel/tracing/instances", F_OK))
		skip_all("no tracefs in /sys/kernel/tracing");
	if (mkdir(INSTANCE, 0700) && errno != EEXIST)
		must(-1);
	atexit(end_events);
	must(access(EVENTS "enable", F_OK));
}

/* Among those taken, of a name, and a result, or any: NULL. */
static inline size_t count_events(const char *name, const char *result)
{
	size_t count = 0;

	for (size_t i = 0; i < nr_events; i++)
		count += !strcmp(events[i].name, name) &&
			(!result || !strcmp(events[i].result, result));
	return count;
}

/* The first of those; one that has nothing in it, if there is none. */
static inline struct event first_event(const char *name, const char *result)
{
	for (size_t i = 0; i < nr_events; i++)
		if (!strcmp(events[i].name, name) &&
		    (!result || !strcmp(events[i].result, result)))
			return events[i];
	return (struct event){};
}

#endif /* EVENTS_H */
