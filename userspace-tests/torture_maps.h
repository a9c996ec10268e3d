/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * torture: what is done to mappings. Other threads map things meanwhile: where a
 * part was unmapped, the address may be somebody else's at once.
 */
#ifndef TORTURE_MAPS_H
#define TORTURE_MAPS_H

#include "torture.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* A thread's own, so that a seed repeats what it does. */
struct worker {
	uint64_t seed, random;
	int me;			/* the process */
	int fd;			/* of one of VRAM's two nodes */
	int only;		/* the one slot that it works on, or -1 */
	struct mapping maps[MAX_SLOTS];
	struct mapping *shown;	/* maps for others; NULL: not this thread's task */
};

static inline uint64_t rnd(struct worker *worker)
{
	uint64_t x = worker->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return worker->random = x;
}

/* What operation @nr draws depends on the seed and on it, not on how others went. */
static inline void seed_rnd(struct worker *worker, uint64_t nr)
{
	worker->random = (worker->seed + nr + 1) * 0x9e3779b97f4a7c15ULL | 1;
	for (int i = 0; i < 4; i++)
		rnd(worker);
}

static inline size_t any_page(struct worker *worker)
{
	return rnd(worker) % pages;
}

static inline void drop(struct mapping *map)
{
	if (map->addr)
		must(munmap(map->addr, slot_size()));
	if (map->addr && map->slot == bar)
		close(map->fd);
	map->addr = NULL;
}

/* The file and the offset that a slot is at now; false: nothing is there. */
static inline bool find_slot(struct worker *worker, struct mapping *map)
{
	map->offset = 0;
	map->fd = tracked_fd;
	if (map->slot == bar) {
		map->fd = open(BAR_NODE, O_RDWR | O_CLOEXEC);
	} else if (map->slot < objects) {
		map->fd = worker->fd;
		map->offset = shared->offsets[map->slot];
	}
	return map->fd >= 0;
}

/* Anew, of what is in the slot now; false: nothing is there. */
static inline bool map_slot(struct worker *worker, struct mapping *map)
{
	void *addr;

	drop(map);
	map->gone = false;
	map->split = false;
	map->not_forked = false;
	if (!find_slot(worker, map))
		return false;
	addr = vram_map(map->fd, map->offset, pages);
	if (addr == MAP_FAILED) {
		if (errno != ENXIO && errno != ENODEV)
			must(-1);
		if (map->slot == bar)
			close(map->fd);
		return false;
	}
	map->addr = addr;
	/* One in four by PTEs alone; refused where there is nothing else. */
	if (rnd(worker) % 4 == 0)
		madvise(addr, slot_size(), MADV_NOHUGEPAGE);
	count(MMAP);
	return true;
}

/* A thread's mapping of a slot, of what is there now; or NULL. */
static inline struct mapping *mapping_of(struct worker *worker, int slot)
{
	struct mapping *map = &worker->maps[slot];

	if (!map->addr || map->gone) {
		map->slot = slot;
		if (!map_slot(worker, map))
			return NULL;
	}
	return map;
}

static inline void map_again(struct worker *worker, struct mapping *map)
{
	map_slot(worker, map);
}

static inline void some_pages(struct worker *worker, struct mapping *map)
{
	for (int i = 0; i < 20 && !map->gone; i++) {
		size_t page = any_page(worker);

		if (rnd(worker) % 2)
			read_page(map, page);
		else
			write_page(map, page);
	}
}

/*
 * @nr pages from @first on were unmapped: map them again where they were. Where
 * that cannot be, nothing is left of the mapping.
 */
static inline void refill(struct mapping *map, size_t first, size_t nr)
{
	char *hole = map->addr + first * page_size;
	char *end = hole + nr * page_size;
	void *addr = mmap(hole, nr * page_size, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_FIXED_NOREPLACE, map->fd,
			  map->offset + first * page_size);

	map->split = true;
	if (addr == hole)
		return;
	if (addr != MAP_FAILED || (errno != EEXIST && errno != ENXIO &&
				   errno != ENODEV))
		must(-1);
	if (first)
		must(munmap(map->addr, first * page_size));
	if (first + nr < pages)
		must(munmap(end, (pages - first - nr) * page_size));
	if (map->slot == bar)
		close(map->fd);
	map->addr = NULL;
}

/* A part, which is not all of it, for there must be a place to go back to. */
static inline size_t choose_part(struct worker *worker, size_t *first)
{
	size_t nr = 1 + rnd(worker) % (pages - 1);

	switch (rnd(worker) % 3) {
	case 0:		/* head */
		*first = 0;
		break;
	case 1:		/* middle */
		*first = (pages - nr) / 2;
		break;
	case 2:		/* tail */
		*first = pages - nr;
	}
	return nr;
}

/* What is left is read while the part is not there. */
static inline void unmap_part(struct worker *worker, struct mapping *map)
{
	size_t first, nr;

	if (pages < 2)
		return map_again(worker, map);
	nr = choose_part(worker, &first);
	must(munmap(map->addr + first * page_size, nr * page_size));
	count(MUNMAP);
	read_page(map, first ? first - 1 : nr);
	refill(map, first, nr);
}

static inline void protect(struct worker *worker, struct mapping *map)
{
	size_t page = any_page(worker), nr = 1 + rnd(worker) % (pages - page);
	char *part = map->addr + page * page_size;

	map->split = true;
	if (rnd(worker) % 3 == 0)
		must(mprotect(part, nr * page_size, PROT_NONE));
	must(mprotect(part, nr * page_size, PROT_READ));
	read_page(map, page);
	must(mprotect(part, nr * page_size, PROT_READ | PROT_WRITE));
	count(MPROTECT);
	if (!map->gone)
		write_page(map, page);
}

static inline char *reserve(size_t size)
{
	return must(mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0));
}

static inline void move_to(struct mapping *map, char *place)
{
	map->addr = must(mremap(map->addr, slot_size(), slot_size(),
				MREMAP_MAYMOVE | MREMAP_FIXED, place));
}

/* As several VMAs at once: newer kernels do that. */
static inline bool move_split(struct mapping *map)
{
	void *addr = mremap(map->addr, slot_size(), slot_size(),
			    MREMAP_MAYMOVE | MREMAP_FIXED,
			    reserve(slot_size()));

	if (addr != MAP_FAILED)
		map->addr = addr;
	else if (errno != EFAULT)
		must(-1);
	return addr != MAP_FAILED;
}

/* Shrunk; it may not grow again, but be mapped. */
static inline void shrink(struct mapping *map, size_t left)
{
	must(mremap(map->addr, slot_size(), left * page_size, 0));
	if (mremap(map->addr, left * page_size, slot_size(), 0) != MAP_FAILED)
		wrong("it grew", map->slot, left, 0);
	read_page(map, left - 1);
	refill(map, left, pages - left);
}

/* Read where a part was moved to; then that goes. */
static inline void move_part(struct mapping *map, size_t first, size_t nr)
{
	const size_t size = nr * page_size;
	struct mapping part = *map;
	char *from = map->addr + first * page_size;
	char *place = must(mremap(from, size, size,
				  MREMAP_MAYMOVE | MREMAP_FIXED,
				  reserve(size)));

	part.addr = place - first * page_size;
	read_page(&part, first);
	if (!part.gone)
		write_page(&part, first + nr - 1);
	must(munmap(place, size));
	refill(map, first, nr);
	map->gone |= part.gone;
}

static inline void remap(struct worker *worker, struct mapping *map)
{
	unsigned int what = rnd(worker) % 4;
	struct mapping other;
	size_t first, nr;

	count(MREMAP);
	if (map->split && (move_split(map) || !map_slot(worker, map)))
		return;
	if (what == 0 || pages < 2)
		return move_to(map, reserve(slot_size()));
	nr = choose_part(worker, &first);
	if (what == 1)
		return shrink(map, pages - nr);
	if (what == 2)
		return move_part(map, first, nr);
	/* In the place of another one of its kind. */
	other = (struct mapping){ .slot = map->slot };
	if (!map_slot(worker, &other))
		return;
	some_pages(worker, &other);
	move_to(&other, map->addr);
	if (map->slot == bar)
		close(map->fd);
	*map = other;
}

/* Taken or refused: what is there must not change. */
static const int advices[] = {
	MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED,
	MADV_DONTNEED, MADV_FREE, MADV_REMOVE, MADV_DONTFORK, MADV_DOFORK,
	MADV_MERGEABLE, MADV_UNMERGEABLE, MADV_HUGEPAGE, MADV_NOHUGEPAGE,
	MADV_DONTDUMP, MADV_DODUMP, MADV_WIPEONFORK, MADV_KEEPONFORK,
	20 /* COLD */, 21 /* PAGEOUT */, 22 /* POPULATE_READ */,
	23 /* POPULATE_WRITE */, 24 /* DONTNEED_LOCKED */, 25 /* COLLAPSE */,
};

static inline void advise(struct worker *worker, struct mapping *map)
{
	const size_t nr_advices = sizeof(advices) / sizeof(*advices);
	size_t page = any_page(worker), nr = 1 + rnd(worker) % (pages - page);
	int advice = advices[rnd(worker) % nr_advices];

	madvise(map->addr + page * page_size, nr * page_size, advice);
	map->split = true;
	map->not_forked |= advice == MADV_DONTFORK;
	count(MADVISE);
	read_page(map, page);
	if (!map->gone)
		write_page(map, page + nr - 1);
}

#endif /* TORTURE_MAPS_H */
