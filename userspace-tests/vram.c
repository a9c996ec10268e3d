// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects that move between VRAM and system memory. Would catch contents that
 * are lost or another's, an eviction that does not happen, an object that
 * outlives its last user or its destruction, memory that leaks.
 */
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "vram.h"

#define PAGES 64

static void fill(void *map, uint64_t seed)
{
	for (size_t page = 0; page < PAGES; page++)
		store(page_word(map, page), stamp(seed + page));
}

static bool filled(void *map, uint64_t seed)
{
	return stamped(map, seed, PAGES);
}

static void test_move(void)
{
	int fd = vram_open();
	uint64_t object = vram_create(fd, PAGES);
	void *map = must(vram_map(fd, object, PAGES));
	uint64_t faults;

	is(vram_info(fd, object).place, PFNFAULT_VRAM_SYSTEM,
	   "a new object is in system memory");
	is(load(map), 0, "... and zero");
	fill(map, 1);
	for (int i = 1; i <= 4; i++) {
		faults = vram_info(fd, object).faults;
		is(vram_move(fd, object, i % 2), 0,
		   i % 2 ? "moved to VRAM" : "moved to system memory");
		is(vram_info(fd, object).place, i % 2, "... it is there");
		ok(filled(map, 1), "... with what it held");
		ok(vram_info(fd, object).faults > faults, "... by a fault");
	}
	is(vram_move(fd, object, 0), 0, "where it is already");
	is(vram_info(fd, object).moves, 4, "... is no move");
	munmap(map, PAGES * page_size);
	close(fd);
}

/* Objects for twice the VRAM: who came first gives way. */
static void test_evict(void)
{
	size_t nr = vram_pages() / PAGES * 2, in_vram = 0;
	int fd = vram_open();
	uint64_t *objects = calloc(nr, sizeof(*objects));
	void **maps = calloc(nr, sizeof(*maps));
	bool good = true;

	for (size_t i = 0; i < nr; i++) {
		objects[i] = vram_create(fd, PAGES);
		maps[i] = must(vram_map(fd, objects[i], PAGES));
		fill(maps[i], i * PAGES);
		must(vram_move(fd, objects[i], PFNFAULT_VRAM_VRAM) ? -1 : 0);
	}
	for (size_t i = 0; i < nr; i++) {
		struct pfnfault_vram_object info = vram_info(fd, objects[i]);
		bool there = info.place == PFNFAULT_VRAM_VRAM;

		in_vram += there;
		good &= there == (i >= nr / 2) && info.evictions == !there;
	}
	is(in_vram, nr / 2, "VRAM is full");
	ok(good, "... of who came last");
	for (size_t i = 0; i < nr; i++)
		good &= filled(maps[i], i * PAGES);
	ok(good, "... and each object has what was written to it");
	for (size_t i = 0; i < nr; i++)
		munmap(maps[i], PAGES * page_size);
	free(objects);
	free(maps);
	close(fd);
}

/* Other nodes, descriptors and processes see it move too. */
static void test_shared(void)
{
	int fd = vram_open(), second, ready[2], go[2];
	uint64_t object = vram_create(fd, PAGES);
	void *map = must(vram_map(fd, object, PAGES)), *other;
	struct stat stat_buf;
	char byte = 0;
	pid_t pid;

	must(stat(VRAM_NODE, &stat_buf));
	unlink("/tmp/second-vram");
	must(mknod("/tmp/second-vram", S_IFCHR | 0600, stat_buf.st_rdev));
	second = must(open("/tmp/second-vram", O_RDWR));
	other = must(vram_map(second, object, PAGES));
	fill(map, 5);
	ok(filled(other, 5), "through a second node");
	must(pipe(ready));
	must(pipe(go));
	pid = child();
	if (!pid) {
		bool before = filled(map, 5);

		must(write(ready[1], &byte, 1));
		must(read(go[0], &byte, 1));
		_exit(!before || !filled(map, 9));
	}
	must(read(ready[0], &byte, 1));
	must(vram_move(fd, object, PFNFAULT_VRAM_VRAM) ? -1 : 0);
	fill(other, 9);
	ok(filled(map, 9), "moved: one sees what the other writes");
	must(write(go[1], &byte, 1));
	is(status_of(pid), 0, "... and a child does too");
	munmap(map, PAGES * page_size);
	close(fd);
	fails(vram_map(second, object, PAGES) == MAP_FAILED, ENXIO,
	      "its maker has gone: mmap of it");
	ok(filled(other, 9), "... but who has it mapped keeps it");
	munmap(other, PAGES * page_size);
	close(second);
	unlink("/tmp/second-vram");
}

static void test_wrong(void)
{
	const uint64_t sizes[] = { 0, 1, PFNFAULT_VRAM_MAX_SIZE + page_size };
	struct pfnfault_vram_object arg;
	int fd = vram_open();
	uint64_t object = vram_create(fd, 2);

	for (int i = 0; i < 3; i++) {
		arg = (struct pfnfault_vram_object){ .size = sizes[i] };
		fails(ioctl(fd, PFNFAULT_VRAM_CREATE, &arg) < 0, EINVAL,
		      "a wrong size");
	}
	is(vram_move(fd, object, 2), EINVAL, "a wrong place: EINVAL");
	is(vram_move(fd, object + page_size, 1), ENOENT, "an odd offset: ENOENT");
	is(vram_move(fd, ~0ULL << 22, 1), ENOENT, "no such object: ENOENT");
	fails(ioctl(fd, PFNFAULT_VRAM_INFO, NULL) < 0, EFAULT, "no address");
	fails(ioctl(fd, 12345, &arg) < 0, ENOTTY, "an ioctl that is none");
	fails(vram_map(fd, object, 3) == MAP_FAILED, ENXIO,
	      "mmap past its end");
	fails(vram_map(fd, object + PFNFAULT_VRAM_MAX_SIZE * 99ULL, 1) ==
	      MAP_FAILED, ENXIO, "mmap of nothing");
	close(fd);
}

/* Destroyed, in either place, while it is mapped. */
static void test_destroyed(void)
{
	int fd = vram_open(), other = vram_open();
	struct pfnfault_vram_object answer;
	uint64_t object, next;
	void *map, *next_map;

	for (int place = 0; place < 2; place++) {
		object = vram_create(fd, PAGES);
		map = must(vram_map(fd, object, PAGES));
		fill(map, 2);
		must(vram_move(fd, object, place) ? -1 : 0);
		(void)load(map);
		is(vram_destroy(other, object, &answer), 0,
		   "destroyed, by who did not make it");
		is(answer.moves, place, "... it tells how often it moved");
		ok(touch_is_sigbus(map), "... a page that was touched: SIGBUS");
		ok(touch_is_sigbus(page_word(map, PAGES - 1)),
		   "... and one that was not");
		fails(vram_map(fd, object, PAGES) == MAP_FAILED, ENXIO,
		      "... mmap of it");
		is(vram_move(fd, object, 1), ENOENT, "... it does not move: ENOENT");
		is(vram_destroy(fd, object, &answer), ENOENT,
		   "... nor is it destroyed twice: ENOENT");
		next = vram_create(fd, PAGES);
		ok(next != object, "another object has another name");
		next_map = must(vram_map(fd, next, PAGES));
		fill(next_map, 3);
		must(vram_move(fd, next, place) ? -1 : 0);
		ok(touch_is_sigbus(map), "... and is not seen in the old one's place");
		ok(filled(next_map, 3), "... but in its own");
		munmap(next_map, PAGES * page_size);
		munmap(map, PAGES * page_size);
	}
	close(other);
	close(fd);
}

/* The BAR that VRAM is in goes, and comes back. */
static void test_removed(void)
{
	const char *name;
	uint64_t object;
	void *map;
	int fd;

	if (access(BAR_DEVICE, F_OK)) {
		skip("the BAR goes", "no BAR");
		return;
	}
	/* See bar_can_be_mapped(). */
	if (sizeof(long) == 4) {
		skip("the BAR goes", "VRAM is not in a BAR above 4 GiB");
		return;
	}
	name = bar_name();
	fd = vram_open();
	object = vram_create(fd, PAGES);
	map = must(vram_map(fd, object, PAGES));
	fill(map, 3);
	must(vram_move(fd, object, PFNFAULT_VRAM_VRAM) ? -1 : 0);
	ok(filled(map, 3), "in the BAR");
	write_file(BAR_DRIVER "/unbind", name);
	ok(filled(map, 3), "the BAR goes: the object is still there");
	is(vram_info(fd, object).place, PFNFAULT_VRAM_SYSTEM,
	   "... in system memory");
	is(vram_move(fd, object, PFNFAULT_VRAM_VRAM), ENOSPC,
	   "... for there is no VRAM");
	write_file(BAR_DRIVER "/bind", name);
	is(vram_move(fd, object, PFNFAULT_VRAM_VRAM), 0,
	   "... until the BAR comes back");
	ok(filled(map, 3), "... with what the object held");
	munmap(map, PAGES * page_size);
	close(fd);
}

/* More than a 32-bit machine has offsets for. */
static void test_names(void)
{
	struct pfnfault_vram_object answer;
	int fd = vram_open(), mapped = 0;

	for (int i = 0; i < 1100; i++) {
		uint64_t object = vram_create(fd, 1);
		void *map = vram_map(fd, object, 1);

		if (map != MAP_FAILED) {
			mapped++;
			munmap(map, page_size);
		}
		must(vram_destroy(fd, object, &answer) ? -1 : 0);
	}
	is(mapped, 1100, "each new object can be mapped");
	close(fd);
}

int main(void)
{
	int fd = vram_open();
	unsigned int before = demo_pages();

	test_move();
	test_evict();
	test_shared();
	test_destroyed();
	test_wrong();
	test_names();
	if (!geteuid())
		test_removed();
	is(demo_pages(), before, "all memory was given back");
	close(fd);
	return done();
}
