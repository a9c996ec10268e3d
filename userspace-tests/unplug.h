/* SPDX-License-Identifier: GPL-2.0-only */
/* How the device behind /dev/pfnfault-bar goes, and comes back. */
#ifndef UNPLUG_H
#define UNPLUG_H

#include <dirent.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "made.h"

#define SECOND_NODE "/tmp/pfnfault-unplug"
#define PAGES 512	/* of the device, that are looked at */

static char device[PATH_MAX];	/* its directory in sysfs */

static inline const char *in_device(const char *file)
{
	static char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%s", device, file);
	return path;
}

/* scripts/unplug reads what we print, and does it. */
static inline void pull(void)
{
	tap_comment("host: unplug bar0");
}

static inline void plug(void)
{
	tap_comment("host: plug bar0");
}

static inline void remove_it(void)
{
	write_file(in_device("remove"), "1");
}

/* It is told to go when there is nothing in the slot that it could be told. */
static inline void remove_and_pull(void)
{
	remove_it();
	pull();
}

static inline void unbind(void)
{
	write_file(BAR_DRIVER "/unbind", strrchr(device, '/') + 1);
}

static inline void bind(void)
{
	write_file(BAR_DRIVER "/bind", strrchr(device, '/') + 1);
}

/**
 * struct way - for a device to go
 * @name: in words
 * @go: what is done for it
 * @come: ... and to have it back
 * @by_host: the host does some of it
 * @stays: the driver lets go of the device, and that is all
 */
struct way {
	const char *name;
	void (*go)(void);
	void (*come)(void);
	bool by_host;
	bool stays;
};

static const struct way ways[] = {
	{ .name = "pulled out", .go = pull, .come = plug, .by_host = true },
	{ .name = "removed", .go = remove_it, .come = rescan },
	{ .name = "removed, then pulled out", .go = remove_and_pull,
	  .come = plug, .by_host = true },
	{ .name = "unbound", .go = unbind, .come = bind, .stays = true },
};

#define WAYS ((int)(sizeof(ways) / sizeof(*ways)))

static inline bool gone(const struct way *way)
{
	return access(BAR_NODE, F_OK) && (way->stays || access(device, F_OK));
}

/* With a driver, which has a node for it; its name may be another now. */
static inline bool is_back(const struct way *way)
{
	DIR *names = opendir(in_device("misc"));
	struct dirent *entry;
	char node[300];
	bool back = false;

	(void)way;
	while (names && (entry = readdir(names))) {
		snprintf(node, sizeof(node), "/dev/%s", entry->d_name);
		back |= entry->d_name[0] != '.' && !access(node, F_OK);
	}
	if (names)
		closedir(names);
	return back;
}

/*
 * By a child: who takes a device away may be stuck for good. The host's side may
 * be, too, or not be there.
 */
static inline void happens(const struct way *way, void (*what)(void),
			   bool (*happened)(const struct way *way),
			   const char *name)
{
	pid_t pid = child();

	if (!pid) {
		what();
		_exit(0);
	}
	if (!ok(within(30, happened(way) && has_ended(pid)), "%s", name)) {
		tap_comment(way->by_host ?
			    "no host that does it (scripts/unplug does), or the kernel is stuck" :
			    "the kernel is stuck");
		exit(done());
	}
	must(waitpid(pid, NULL, 0));
}

/* What there is now of all that a device and its users take. */
struct counts {
	unsigned int regions, references, pages, demo_pages;
};

static inline struct counts counts(void)
{
	return (struct counts){
		.regions = get_number("/sys/module/pfnfault/parameters/regions"),
		.references = get_number("/sys/module/pfnfault/parameters/references"),
		.pages = get_number("/sys/module/pfnfault/parameters/pages"),
		.demo_pages = demo_pages(),
	};
}

static inline bool count_is(struct counts want)
{
	struct counts got = counts();

	return !memcmp(&got, &want, sizeof(got));
}

static inline void tell_counts(const char *what, struct counts counts)
{
	tap_comment("%s %u regions, %u references, %u pages, %u of the demo driver",
		    what, counts.regions, counts.references, counts.pages,
		    counts.demo_pages);
}

/* Where a process ends, others see it a moment before its mappings go. */
static inline void counts_are(struct counts want, const char *what)
{
	if (ok(comes_true(count_is(want)), "%s", what))
		return;
	tell_counts("got", counts());
	tell_counts("want", want);
}

/* ---- Programs that use it meanwhile ---- */

static struct {
	int ready;	/* so many do what they are to do */
	int gone;	/* the device */
} *shared;

static pid_t pids[16];
static unsigned int nr_pids;

static inline void ready(void)
{
	__atomic_add_fetch(&shared->ready, 1, __ATOMIC_SEQ_CST);
}

static inline bool gone_yet(void)
{
	return __atomic_load_n(&shared->gone, __ATOMIC_SEQ_CST);
}

/* Ended by a signal that it does not look for, and by one where nothing else does. */
static inline void start(int (*program)(void *arg), void *arg)
{
	pids[nr_pids] = child();
	if (!pids[nr_pids]) {
		signal(SIGBUS, SIG_DFL);
		signal(SIGSEGV, SIG_DFL);
		alarm(60);
		_exit(program(arg));
	}
	nr_pids++;
}

static inline void all_ready(int nr, const char *what)
{
	ok(comes_true(__atomic_load_n(&shared->ready, __ATOMIC_SEQ_CST) == nr),
	   "%s", what);
}

static inline void all_end(const char *what)
{
	int failed = 0;

	while (nr_pids) {
		int status = status_of(pids[--nr_pids]);

		if (status)
			tap_comment("a program's status is %d", status);
		failed += status != 0;
	}
	is(failed, 0, what);
}

/* ---- It goes, and comes back ---- */

/* What a program has of the device from before it went. */
static int old_fd;
static void *old_map;

/**
 * struct scenario - what is going on when the device goes
 * @name: in words
 * @can: it can be had here, or a line was printed that it is skipped; or NULL
 * @before: the device is there: start it
 * @after: it has gone
 * @back: it has come back; or NULL: nothing of @before is left then
 */
struct scenario {
	const char *name;
	bool (*can)(void);
	void (*before)(void);
	void (*after)(void);
	void (*back)(void);
};

static inline int stuck_tasks(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int stuck = 0;

	while ((entry = readdir(proc))) {
		char path[300], line[300] = "", *name_end;
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		file = entry->d_name[0] < '1' || entry->d_name[0] > '9' ?
			NULL : fopen(path, "r");
		if (!file)
			continue;
		if (fgets(line, sizeof(line), file)) {
			name_end = strrchr(line, ')');
			stuck += name_end && name_end[2] == 'D';
		}
		fclose(file);
	}
	closedir(proc);
	return stuck;
}

/* What is left of it: a mapping, a descriptor, a node by which it was known. */
static inline void is_dead(const char *touched, const char *mapped)
{
	ok(all_sigbus(old_map, PAGES), "%s", touched);
	fails(map_pages(old_fd, PROT_READ, 0, 1) == MAP_FAILED, ENODEV, mapped);
}

static inline void comes_back(const struct way *way)
{
	int fd;
	void *map;

	happens(way, way->come, is_back, "it comes back");
	is_dead("... every touch of the old mapping is SIGBUS still",
		"... mmap of the old descriptor");
	fd = must(open(BAR_NODE, O_RDWR));
	map = must(map_pages(fd, PROT_READ, 0, PAGES));
	ok(stamped(map, 0, PAGES), "... a new open works, on the same memory");
	munmap(map, PAGES * page_size);
	close(fd);
}

static inline void go_and_come(const struct way *way,
			       const struct scenario *scenario)
{
	struct counts before = counts(), held = before;
	struct stat node;
	char what[100];

	if (scenario->can && !scenario->can())
		return;
	memset(shared, 0, sizeof(*shared));
	old_fd = must(open(BAR_NODE, O_RDWR));
	stamp_all(old_fd);
	old_map = must(map_pages(old_fd, PROT_READ | PROT_WRITE, 0, PAGES));
	must(stat(BAR_NODE, &node));
	unlink(SECOND_NODE);
	must(mknod(SECOND_NODE, S_IFCHR | 0600, node.st_rdev));
	ok(stamped(old_map, 0, PAGES), "%s, to be %s", scenario->name,
	   way->name);
	scenario->before();

	snprintf(what, sizeof(what), "%s while %s", way->name, scenario->name);
	happens(way, way->go, gone, what);
	__atomic_store_n(&shared->gone, 1, __ATOMIC_SEQ_CST);
	is_dead("... every touch is SIGBUS, si_addr right",
		"... mmap of the descriptor");
	fails(open(BAR_NODE, O_RDWR) < 0, ENOENT, "... open of the node");
	fails(open(SECOND_NODE, O_RDWR) < 0, ENODEV, "... open of another");
	scenario->after();
	if (!scenario->back) {
		held.references++;
		counts_are(held, "... no more is left of it than what we hold");
	}

	comes_back(way);
	if (scenario->back)
		scenario->back();
	munmap(old_map, PAGES * page_size);
	close(old_fd);
	unlink(SECOND_NODE);
	counts_are(before, "... all was given back");
	ok(comes_true(!stuck_tasks()), "... no task is stuck");
}

/* Is there somebody to pull it out? */
static inline bool has_hotplug(int argc, char **argv)
{
	return argc > 1 && !strcmp(argv[1], "hotplug");
}

static inline void start_unplug(void)
{
	close(bar_open(O_RDWR));
	close(made_open(O_RDWR));
	strcpy(device, bar_device());
	shared = must(mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

/* Can it go this way here, or was a line printed that it is skipped? */
static inline bool can_go(const struct way *way, bool hotplug)
{
	if (!way->by_host || hotplug)
		return true;
	skip(way->name, "the slots of this machine cannot");
	return false;
}

#endif /* UNPLUG_H */
