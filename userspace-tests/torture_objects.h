/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * torture: what is done to what is mapped. Objects are moved and destroyed by any
 * thread, and the BAR unplugged by one process, all of which may be killed. What
 * must be taken to its end, the first process does, which lives: destroyed objects
 * are replaced, and the tracked region is moved and its writes are collected.
 */
#ifndef TORTURE_OBJECTS_H
#define TORTURE_OBJECTS_H

#include "torture_maps.h"

/* ---- Objects of VRAM ---- */

static inline void move_object(struct worker *worker, struct mapping *map)
{
	unsigned int place = rnd(worker) % 4 ? PFNFAULT_VRAM_VRAM :
					       PFNFAULT_VRAM_SYSTEM;
	int err;

	if (map->slot >= objects)
		return;
	err = vram_move(worker->fd, map->offset, place);
	/* Destroyed: just now, or before; and unplugged. */
	if (err == ENODEV) {
		if (!is_lost(map))
			refused("move", map, 0);
	} else if (err && err != ENOENT && err != ENOMEM &&
		   !(err == ENOSPC && bar >= 0)) {
		wrong("move", map->slot, err, 0);
	}
	count(MOVE);
}

/* False where it is already; or what it was like is counted. */
static inline bool destroy(int fd, uint64_t offset)
{
	struct pfnfault_vram_object answer;

	if (vram_destroy(fd, offset, &answer))
		return false;
	add(&shared->counts[EVICT], answer.evictions);
	add(&shared->huge, answer.huge);
	return true;
}

/* Whatever is mapped of it, here or elsewhere, is SIGBUS from then on. */
static inline void destroy_object(struct worker *worker, struct mapping *map)
{
	uint64_t got;

	if (map->slot >= objects || !destroy(worker->fd, map->offset))
		return;
	for (size_t page = rnd(worker) % 8; page < pages; page += 8)
		if (get(page_word(map->addr, page), &got))
			return wrong("destroyed", map->slot, page, got);
	map->gone = true;
	count(REVOKE);
}

/* So many consecutive pages may not be there for a moment, while others have them. */
static inline uint64_t create_some_time(int fd)
{
	struct pfnfault_vram_object object = { .size = pages * page_size };
	double end = seconds(CLOCK_MONOTONIC) + 10;

	while (ioctl(fd, PFNFAULT_VRAM_CREATE, &object)) {
		must(errno == ENOMEM && seconds(CLOCK_MONOTONIC) < end ? 0 : -1);
		usleep(10000);
	}
	return object.offset;
}

/* In VRAM, where there is one: on a slow machine, moves alone would never fill it. */
static inline void create_object(int fd, int slot)
{
	uint64_t offset = create_some_time(fd);
	void *addr = must(vram_map(fd, offset, pages));

	write_all(slot, addr);
	must(munmap(addr, slot_size()));
	(void)vram_move(fd, offset, PFNFAULT_VRAM_VRAM);
	shared->offsets[slot] = offset;
}

/*
 * Another object where one was destroyed: one that is not found any more, while
 * the other is being revoked, as ENODEV tells, it may be read yet.
 */
static inline void replace_objects(int fd)
{
	for (int slot = 0; slot < objects; slot++) {
		void *addr = vram_map(fd, shared->offsets[slot], 1);

		if (addr != MAP_FAILED)
			must(munmap(addr, page_size));
		else if (errno == ENXIO)
			create_object(fd, slot);
	}
}

/* ---- The tracked region ---- */

static void *tracked_map;
/* The newest generation of each page that a collect told of. */
static uint64_t told[MAX_PAGES];

/*
 * What was written before this is not asked for: nor what was, and is not called
 * done yet.
 */
static inline void start_tracking(void)
{
	must(ioctl(tracked_fd, PFNFAULT_TEST_DIRTY_START));
	for (size_t page = 0; page < pages; page++)
		told[page] = newest_of(tracked, page);
}

/*
 * What was done before a collect, it tells of, or one before has: and a page that
 * it tells of holds that.
 */
static inline void collect(void)
{
	uint64_t before[MAX_PAGES], bits[PFNFAULT_TEST_MAX_PAGES / 64];

	for (size_t page = 0; page < pages; page++)
		before[page] = oldest_of(tracked, page);
	must(ioctl(tracked_fd, PFNFAULT_TEST_DIRTY_COLLECT, bits));
	for (size_t page = 0; page < pages; page++) {
		if (bits[page / 64] >> page % 64 & 1)
			told[page] = load(page_word(tracked_map, page)) &
				0xffffffff;
		if (before[page] > told[page])
			return wrong("collect", tracked, page, told[page]);
	}
	count(COLLECT);
}

static inline void move_tracked(void)
{
	made_range(tracked_fd, PFNFAULT_TEST_BEGIN, 0, MADE_PAGES);
	must(ioctl(tracked_fd, PFNFAULT_TEST_END));
	count(MOVE);
}

/*
 * Now and then its driver is slow to answer where a page is: there is all the time
 * to move it meanwhile.
 */
static inline void work_on_tracked(struct worker *worker)
{
	if (tracked < 0)
		return;
	collect();
	if (rnd(worker) % 2 == 0)
		move_tracked();
	if (rnd(worker) % 16 == 0)
		made_setup(tracked_fd, TEST_REGION, 0, 0, rnd(worker) % 2);
	if (rnd(worker) % 32 == 0) {
		must(ioctl(tracked_fd, PFNFAULT_TEST_DIRTY_STOP));
		start_tracking();
	}
}

/* ---- The BAR that VRAM is in ---- */

static char bar_pci[NAME_MAX];

static inline bool in_sysfs(const char *directory)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory, bar_pci);
	return !access(path, F_OK);
}

/* Whatever came before, or did not come to its end. */
static inline void plug(void)
{
	if (!in_sysfs("/sys/bus/pci/devices"))
		write_file("/sys/bus/pci/rescan", "1");
	if (in_sysfs("/sys/bus/pci/devices") && !in_sysfs(BAR_DRIVER))
		write_file(BAR_DRIVER "/bind", bar_pci);
	if (!comes_true(!access(BAR_NODE, F_OK)))
		wrong("plugged again: there is no " BAR_NODE, bar, 0, 0);
}

static inline void unplug(struct worker *worker)
{
	char path[PATH_MAX];

	count(UNPLUG);
	if (rnd(worker) % 2) {
		write_file(BAR_DRIVER "/unbind", bar_pci);
		return;
	}
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/remove", bar_pci);
	write_file(path, "1");
}

/* No page of a mapping that was unplugged, now or when it is plugged again. */
static inline void check_unplugged(struct mapping *map)
{
	uint64_t got;

	for (size_t page = 0; page < pages; page++)
		if (get(page_word(map->addr, page), &got))
			return wrong("unplugged", map->slot, page, got);
}

/* What was written before it was unplugged is there again, in a new mapping. */
static inline void unplug_and_plug(struct worker *worker)
{
	struct mapping *map = mapping_of(worker, bar);

	if (!map)
		return wrong("plugged, but not to be mapped", bar, 0, errno);
	for (size_t page = 0; page < pages; page++)
		read_page(map, page);
	some_pages(worker, map);
	unplug(worker);
	check_unplugged(map);
	plug();
	check_unplugged(map);
	map->gone = true;
}

#endif /* TORTURE_OBJECTS_H */
