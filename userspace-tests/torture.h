/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What torture.c and its operations share: what is mapped, and what must be seen
 * there.
 *
 * What is mapped has a slot, whatever is in it now: an object of VRAM, and another
 * one where that was destroyed; a region whose writes are tracked; a BAR. Each
 * page of a slot carries the page's name and a generation. A writer announces the
 * next generation, writes it, and tells that it is done; who reads must find one
 * that was announced when it had read, and none older than what was done when it
 * began. Whoever is killed in between leaves a generation that may have been
 * written, or not: both are right.
 */
#ifndef TORTURE_H
#define TORTURE_H

#include <pthread.h>

#include "vram.h"

#define MAX_PROCESSES 64
#define MAX_OBJECTS 24
#define MAX_SLOTS (MAX_OBJECTS + 2)
#define MAX_PAGES 1024		/* of a slot */

/* What is done, and counted. */
enum kind {
	READ, WRITE, MMAP, MUNMAP, MPROTECT, MREMAP, MADVISE, FORK, EXIT, KILL,
	MOVE, EVICT, REVOKE, COLLECT, PEEK, POKE, VM_READ, FUTEX, COPY_IN,
	COPY_OUT, UNPLUG, KINDS
};

struct page {
	volatile uint64_t next, done;	/* generations: announced, written */
	pthread_mutex_t lock;		/* of who writes; robust */
};

/* A process as others see it: its mappings for them, one for each slot. */
struct process {
	volatile uint64_t pid;		/* 0: it is not there */
	volatile uint64_t leave;	/* it is to exit */
	volatile uint64_t started;	/* how often */
	volatile uint64_t place;	/* address of the first mapping */
	volatile uint64_t mapped[MAX_SLOTS];
};

/* What all processes share. */
static struct shared {
	volatile uint64_t stop;	/* as wide as all: they are aligned so */
	volatile uint64_t wrong;
	volatile uint64_t counts[KINDS];
	volatile uint64_t huge;		/* entries, of what was destroyed */
	volatile uint64_t offsets[MAX_SLOTS];
	struct process processes[MAX_PROCESSES + 1];
	struct page pages[MAX_SLOTS][MAX_PAGES];
} *shared;

static size_t pages;		/* of a slot; 0: not said */
static int objects, slots;	/* the objects have the first slots */
static int tracked = -1, bar = -1;	/* the slots of the others, if there */
static int tracked_fd = -1;

/* A mapping of a slot, all of it. */
struct mapping {
	int slot;
	int fd;			/* it is of this file */
	uint64_t offset;
	char *addr;		/* NULL: there is none */
	bool split;		/* it may be several VMAs */
	bool not_forked;	/* children do not have all of it */
	bool gone;		/* it is to be made anew */
};

static inline size_t slot_size(void)
{
	return pages * page_size;
}

static inline void add(volatile uint64_t *sum, uint64_t nr)
{
	__atomic_add_fetch(sum, nr, __ATOMIC_RELAXED);
}

static inline void count(enum kind kind)
{
	add(&shared->counts[kind], 1);
}

static inline void wrong(const char *how, int slot, size_t page, uint64_t got)
{
	add(&shared->wrong, 1);
	fprintf(stderr, "# %s: slot %d page %zu: %#llx, generation %llu to %llu\n",
		how, slot, page, (unsigned long long)got,
		(unsigned long long)shared->pages[slot][page].done,
		(unsigned long long)shared->pages[slot][page].next);
	shared->stop = 1;
}

/* ---- A touch that may raise SIGBUS, in any thread ---- */

static __thread sigjmp_buf bus_env;
static __thread volatile sig_atomic_t may_bus;

static inline void on_bus(int signo)
{
	if (may_bus)
		siglongjmp(bus_env, 1);
	signal(signo, SIG_DFL);		/* and again: it is not to be */
}

/* No mask to be restored: a touch shall not cost a system call. */
static inline void catch_bus(void)
{
	struct sigaction action = {
		.sa_handler = on_bus, .sa_flags = SA_NODEFER,
	};

	must(sigaction(SIGBUS, &action, NULL));
}

static __attribute__((noinline)) bool get(const void *addr, uint64_t *word)
{
	if (sigsetjmp(bus_env, 0)) {
		may_bus = 0;
		return false;
	}
	may_bus = 1;
	*word = load(addr);
	may_bus = 0;
	return true;
}

static __attribute__((noinline)) bool put(void *addr, uint64_t word)
{
	if (sigsetjmp(bus_env, 0)) {
		may_bus = 0;
		return false;
	}
	may_bus = 1;
	store(addr, word);
	may_bus = 0;
	return true;
}

/* ---- What must be seen ---- */

/* Is what @map maps no more: was the object destroyed, the device unplugged? */
static inline bool gone(const struct mapping *map)
{
	void *page = mmap(NULL, page_size, PROT_READ, MAP_SHARED, map->fd,
			  map->offset);

	if (page != MAP_FAILED) {
		must(munmap(page, page_size));
		return false;
	}
	if (errno != ENXIO && errno != ENODEV)
		must(-1);
	return true;
}

/* An access failed: rightly so? */
static inline void refused(const char *how, struct mapping *map, size_t page)
{
	map->gone = gone(map);
	if (!map->gone)
		wrong(how, map->slot, page, 0);
}

/*
 * There was no memory left when VRAM went: see vram_empty(). The object is there,
 * but revoked. Who destroys it finds that; who destroyed it before did not.
 */
static inline bool is_lost(struct mapping *map)
{
	struct pfnfault_vram_object answer;

	if (map->slot >= objects ||
	    vram_move(map->fd, map->offset, PFNFAULT_VRAM_SYSTEM) != ENODEV)
		return false;
	map->gone = !vram_destroy(map->fd, map->offset, &answer);
	return map->gone;
}

static inline uint64_t word_of(int slot, size_t page, uint64_t generation)
{
	return (uint64_t)'P' << 56 | (uint64_t)slot << 48 |
	       (uint64_t)page << 32 | generation;
}

static inline uint64_t oldest_of(int slot, size_t page)
{
	return __atomic_load_n(&shared->pages[slot][page].done,
			       __ATOMIC_ACQUIRE);
}

static inline uint64_t newest_of(int slot, size_t page)
{
	return __atomic_load_n(&shared->pages[slot][page].next,
			       __ATOMIC_ACQUIRE);
}

/* Does from @a to @b no more than the lowest byte change? */
static inline bool one_byte(uint64_t a, uint64_t b)
{
	return a >> 8 == b >> 8;
}

/*
 * Is it the page's own word, no older than it was, no newer than it is? The kernel
 * may have copied it byte by byte, while it was written: then more than one byte
 * must not have changed, or nothing is known of the generation.
 */
static inline void check(const char *how, struct mapping *map, size_t page,
			 uint64_t oldest, uint64_t got, bool copied)
{
	uint64_t generation = got & 0xffffffffULL;
	uint64_t newest = newest_of(map->slot, page);

	if (copied && !one_byte(oldest, newest))
		generation = newest;
	if (got >> 32 == word_of(map->slot, page, 0) >> 32 &&
	    generation >= oldest && generation <= newest)
		return;
	if (!is_lost(map))
		wrong(how, map->slot, page, got);
}

static inline void read_page(struct mapping *map, size_t page)
{
	uint64_t oldest = oldest_of(map->slot, page), got;

	count(READ);
	if (get(page_word(map->addr, page), &got))
		check("read", map, page, oldest, got, false);
	else
		refused("read", map, page);
}

/* ---- Writers: of the same page, one at a time ---- */

/* Was the last one killed? Then the lock is ours, and what it left is right. */
static inline bool got_lock(pthread_mutex_t *lock, int err)
{
	if (err == EOWNERDEAD)
		err = pthread_mutex_consistent(lock);
	return !err;
}

/* The generation to be written, or 0: somebody else writes. */
static inline uint64_t begin_write(int slot, size_t page)
{
	struct page *it = &shared->pages[slot][page];

	if (!got_lock(&it->lock, pthread_mutex_trylock(&it->lock)))
		return 0;
	__atomic_store_n(&it->next, it->next + 1, __ATOMIC_RELEASE);
	return it->next;
}

static inline void end_write(int slot, size_t page, bool written)
{
	struct page *it = &shared->pages[slot][page];

	/* Also for what a write-combining CPU holds back. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (written)
		__atomic_store_n(&it->done, it->next, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&it->lock);
}

static inline void write_page(struct mapping *map, size_t page)
{
	uint64_t generation = begin_write(map->slot, page);
	bool written;

	if (!generation)
		return;
	written = put(page_word(map->addr, page),
		      word_of(map->slot, page, generation));
	end_write(map->slot, page, written);
	count(WRITE);
	if (!written)
		refused("write", map, page);
}

/*
 * As write_page(), where the kernel copies, which may be byte by byte: where who
 * reads meanwhile could see what never was, it is left. Returns what to copy, or
 * 0; then comes end_write().
 */
static inline uint64_t begin_copy(int slot, size_t page)
{
	uint64_t generation = begin_write(slot, page);

	if (generation && !one_byte(oldest_of(slot, page), generation)) {
		end_write(slot, page, false);
		return 0;
	}
	return generation ? word_of(slot, page, generation) : 0;
}

/* What is new in a slot: all of its pages, whoever still writes to the old one. */
static inline void write_all(int slot, void *addr)
{
	for (size_t page = 0; page < pages; page++) {
		struct page *it = &shared->pages[slot][page];

		if (!got_lock(&it->lock, pthread_mutex_lock(&it->lock)))
			must(-1);
		it->next++;
		store(page_word(addr, page), word_of(slot, page, it->next));
		end_write(slot, page, true);
	}
}

#endif /* TORTURE_H */
