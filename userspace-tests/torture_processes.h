/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * torture: its processes. The first one begins the others, and ends them in the
 * middle of anything, all but itself.
 */
#ifndef TORTURE_PROCESSES_H
#define TORTURE_PROCESSES_H

#include <sys/prctl.h>

#include "torture_kernel.h"
#include "torture_objects.h"

#define SECOND_NODE "/tmp/pfnfault-torture"
#define TICK 0.01		/* seconds */
#define END_EVERY 0.2		/* ... then a process comes to its end */
#define UNPLUG_EVERY 0.8

static unsigned int run_seconds = 5, processes = 3, threads = 3;
static uint64_t seed;
static bool beside;		/* -n */

/* What must be done in 10 seconds; once at least. */
static struct {
	const char *name;
	unsigned int least;
	const char *cannot;	/* why there cannot be any */
} kinds[KINDS] = {
	[READ] = { "reads", 5000, NULL }, [WRITE] = { "writes", 5000, NULL },
	[MMAP] = { "mmap", 100, NULL }, [MUNMAP] = { "munmap", 20, NULL },
	[MPROTECT] = { "mprotect", 20, NULL }, [MREMAP] = { "mremap", 20, NULL },
	[MADVISE] = { "madvise", 20, NULL }, [FORK] = { "fork", 5, NULL },
	[EXIT] = { "exit", 2, NULL }, [KILL] = { "kill", 2, NULL },
	[MOVE] = { "move", 20, NULL }, [EVICT] = { "evict", 2, NULL },
	[REVOKE] = { "revoke", 2, NULL }, [COLLECT] = { "collect", 10, NULL },
	[PEEK] = { "/proc/PID/mem read", 20, NULL },
	[POKE] = { "/proc/PID/mem write", 20, NULL },
	[VM_READ] = { "process_vm_readv", 5, NULL },
	[FUTEX] = { "futex", 20, NULL },
	[COPY_IN] = { "read()", 20, NULL }, [COPY_OUT] = { "write()", 20, NULL },
	[UNPLUG] = { "unplug", 2, NULL },
};

static inline uint64_t least(int kind)
{
	if (beside)
		return 0;
	return (uint64_t)kinds[kind].least * run_seconds / 10 ?: 1;
}

/* A machine that is busy with other things may take longer. */
static inline bool enough(void)
{
	for (int i = 0; i < KINDS; i++)
		if (!kinds[i].cannot && shared->counts[i] < least(i))
			return false;
	return true;
}

static inline void fork_child(struct worker *worker, struct mapping *map);

static const struct operation {
	void (*run)(struct worker *worker, struct mapping *map);
	unsigned int weight;
} operations[] = {
	{ some_pages, 600 }, { move_object, 120 }, { destroy_object, 5 },
	{ peek, 50 }, { poke, 40 }, { copy_out, 40 }, { copy_in, 40 },
	{ use_futex, 40 }, { unmap_part, 30 }, { protect, 30 }, { remap, 30 },
	{ advise, 30 }, { map_again, 20 }, { fork_child, 5 },
};

#define OPERATIONS (sizeof(operations) / sizeof(*operations))

/* ---- A process ---- */

static inline const struct operation *choose_operation(struct worker *worker)
{
	const struct operation *operation = operations;
	unsigned int sum = 0, what;

	for (size_t i = 0; i < OPERATIONS; i++)
		sum += operations[i].weight;
	for (what = rnd(worker) % sum; what >= operation->weight; operation++)
		what -= operation->weight;
	return operation;
}

/* A race takes two: a quarter of all is done to two slots. */
static inline int choose_slot(struct worker *worker)
{
	unsigned int what = rnd(worker) % 8;
	int slot = rnd(worker) % slots;

	if (worker->only >= 0)
		return worker->only;
	if (what == 0 && tracked >= 0)
		return tracked;
	return what == 1 ? 0 : slot;
}

static inline void operate(struct worker *worker,
			   const struct operation *operation)
{
	struct mapping *map = mapping_of(worker, choose_slot(worker));

	if (map)
		operation->run(worker, map);
}

/* A child works on what it inherited, and does to it what its parent may do. */
static inline void be_child(struct worker *worker, struct mapping *map)
{
	worker->shown = NULL;
	for (int slot = 0; slot < slots; slot++)
		if (worker->maps[slot].not_forked)
			worker->maps[slot].addr = NULL;
	for (size_t page = 0; page < pages && map->addr && !map->gone; page++)
		read_page(map, page);
	for (int i = 0; i < 5; i++) {
		const struct operation *operation = choose_operation(worker);

		if (operation->run != fork_child)
			operate(worker, operation);
	}
	_exit(0);
}

static inline void fork_child(struct worker *worker, struct mapping *map)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return;
	if (!pid)
		be_child(worker, map);
	status = status_of(pid);
	if (status)
		wrong("child", map->slot, status, 0);
	count(FORK);
}

/* So that others find something of each slot, at the same address for good. */
static inline void show_slot(struct worker *worker, int slot)
{
	struct process *process = &shared->processes[worker->me];
	struct mapping *shown = &worker->shown[slot];
	struct mapping map = { .slot = slot };

	if ((shown->addr && !gone(shown)) || !map_slot(worker, &map))
		return;
	move_to(&map, (char *)(uintptr_t)process->place + slot * slot_size());
	if (shown->addr && slot == bar)
		close(shown->fd);
	*shown = map;
	process->mapped[slot] = 1;
}

/* Each operation first once, and then as it comes. */
static inline void *work(void *arg)
{
	struct worker *worker = arg;
	struct process *process = &shared->processes[worker->me];

	for (uint64_t nr = 0; !shared->stop; nr++) {
		if (process->leave)
			_exit(0);
		seed_rnd(worker, nr);
		if (worker->shown && (nr < (uint64_t)slots || nr % 8 == 0))
			show_slot(worker, nr < (uint64_t)slots ? (int)nr :
				  (int)(rnd(worker) % slots));
		operate(worker, nr < OPERATIONS ?
			&operations[(nr + worker->seed) % OPERATIONS] :
			choose_operation(worker));
	}
	return NULL;
}

/* Or nobody would be evicted on a slow machine: who unplugs empties VRAM. */
static inline void let_vram_fill(void)
{
	uint64_t moves = shared->counts[MOVE];

	do {
		usleep(UNPLUG_EVERY * 1000000);
	} while (!shared->stop &&
		 shared->counts[MOVE] < moves + 2 * (unsigned int)objects);
}

/* The last process is that which unplugs the BAR; it works on nothing else. */
static inline void run_process(int me)
{
	struct process *process = &shared->processes[me];
	bool unplugs = me == (int)processes;
	struct mapping shown[MAX_SLOTS] = { };
	struct worker workers[threads + 1];
	pthread_t ids[threads];

	must(prctl(PR_SET_PDEATHSIG, SIGKILL));
	setpgid(0, 0);
	catch_bus();
	process->place = (uintptr_t)reserve(slots * slot_size());
	if (unplugs)
		plug();
	for (unsigned int i = 0; i <= threads; i++)
		workers[i] = (struct worker){
			.seed = seed * 1000003 + me * 1009 + i + 1 +
				process->started * 1000000007,
			.me = me,
			.fd = must(open(i % 2 ? SECOND_NODE : VRAM_NODE,
					O_RDWR)),
			.only = unplugs ? bar : -1,
			.shown = i || unplugs ? NULL : shown,
		};
	for (unsigned int i = 0; i < threads; i++)
		ids[i] = start_thread(work, &workers[i]);
	for (uint64_t nr = 0; unplugs && !shared->stop; nr++) {
		seed_rnd(&workers[threads], nr);
		unplug_and_plug(&workers[threads]);
		let_vram_fill();
	}
	for (unsigned int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	_exit(0);
}

/* ---- The first process: the others begin and end, and begin anew ---- */

static inline unsigned int nr_processes(void)
{
	return processes + (bar >= 0);
}

static inline void start_process(int which)
{
	struct process *process = &shared->processes[which];
	pid_t pid;

	process->leave = 0;
	process->started++;
	memset((void *)process->mapped, 0, sizeof(process->mapped));
	pid = child();
	if (!pid)
		run_process(which);
	setpgid(pid, pid);
	process->pid = pid;
}

/* ... and what it forked and did not wait for; returns the status of the one. */
static inline int reap(int which)
{
	pid_t pid = shared->processes[which].pid;
	int status = status_of(pid);

	shared->processes[which].pid = 0;
	kill(-pid, SIGKILL);
	while (waitpid(-pid, NULL, 0) > 0)
		;
	return status;
}

/* Both with its threads, and what it forked, in the middle of anything. */
static inline void end_process(int which, bool by_kill)
{
	struct process *process = &shared->processes[which];
	int status;

	count(by_kill ? KILL : EXIT);
	if (by_kill)
		must(kill(-(pid_t)process->pid, SIGKILL));
	else
		process->leave = 1;
	status = reap(which);
	if (status && status != (by_kill ? 128 + SIGKILL : 0))
		wrong("process", 0, which, status);
	start_process(which);
}

/*
 * Until the time is up, or something is wrong. What there is not enough of then is
 * waited for, some time: evictions are told when an object is destroyed.
 */
static inline void supervise(int fd)
{
	struct worker me = { .seed = seed };
	double now = seconds(CLOCK_MONOTONIC), end = now + run_seconds;
	double last = end + 4 * run_seconds + 120, next_end = now + END_EVERY;

	for (uint64_t nr = 0; !shared->stop &&
	     (now < end || (now < last && !enough())); nr++) {
		usleep(TICK * 1000000);
		seed_rnd(&me, nr);
		replace_objects(fd);
		work_on_tracked(&me);
		now = seconds(CLOCK_MONOTONIC);
		if (now < next_end)
			continue;
		end_process(rnd(&me) % nr_processes(),
			    shared->counts[KILL] <= shared->counts[EXIT]);
		next_end = now + END_EVERY;
	}
	shared->stop = 1;
}

#endif /* TORTURE_PROCESSES_H */
