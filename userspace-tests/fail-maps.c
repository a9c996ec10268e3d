// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocations that fail while mappings are split, moved, forked. Would catch a
 * reference too many, or too few, where core gives up half way; a page that is
 * lost with it.
 */
#include "fail_nth.h"
#include "spe.h"

#define RW (PROT_READ | PROT_WRITE)
#define PAGES 16
#define SIZE (PAGES * page_size)
#define MIDDLE (map + 4 * page_size)
#define MIDDLE_SIZE (4 * page_size)

/* A context of /dev/pfnfault-spe: its region goes with the last mapping. */
static int fd = -1;
static char *map;

static void be_mapped(void)
{
	fd = must(open(SPE_NODE, O_RDWR | O_CLOEXEC));
	map = must(mmap(alone(), SIZE, RW, MAP_SHARED | MAP_FIXED_NOREPLACE,
			fd, 0));
	for (size_t page = 0; page < PAGES; page++)
		store(page_word(map, page), stamp(page));
}

static void end(void)
{
	/* Linux 6.1 also leaves what moved where it was, if it cannot unmap it. */
	munmap(alone(), ALONE_SIZE);
	close(fd);
}

static bool is_there(void)
{
	return stamped(map, 0, PAGES);
}

static int unmap_middle(void)
{
	return munmap(MIDDLE, MIDDLE_SIZE) ? errno : 0;
}

static bool has_hole(void)
{
	return touch_read(MIDDLE) == BY_SIGNAL + SIGSEGV &&
		stamped(map, 0, 4) &&
		stamped(page_word(map, 8), 8, PAGES - 8);
}

static int protect_middle(void)
{
	return mprotect(MIDDLE, MIDDLE_SIZE, PROT_READ) ? errno : 0;
}

static bool is_protected(void)
{
	return touch_write(MIDDLE, 0) == BY_SIGNAL + SIGSEGV &&
		is_there();
}

static int map_over_middle(void)
{
	return mmap(MIDDLE, MIDDLE_SIZE, RW, MAP_SHARED | MAP_FIXED, fd, 0) ==
		MAP_FAILED ? errno : 0;
}

static bool is_mapped_over(void)
{
	return stamped(MIDDLE, 0, 4);
}

static int move_map(void)
{
	char *moved = mremap(map, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
			     (char *)alone() + ALONE_SIZE / 2);

	if (moved == MAP_FAILED)
		return errno;
	map = moved;
	return 0;
}

/* All is there in a child, too. */
static int fork_here(void)
{
	pid_t pid = fork();

	if (pid < 0)
		return errno;
	if (!pid)
		_exit(!is_there());
	return status_of(pid) ? EILSEQ : 0;
}

static const struct operation of_maps[] = {
	{ .name = "munmap of the middle", .set_up = be_mapped,
	  .run = unmap_middle, .right = has_hole, .undo = end,
	  .errors = { ENOMEM }, .least = 2 },
	{ .name = "mprotect of the middle", .set_up = be_mapped,
	  .run = protect_middle, .right = is_protected, .undo = end,
	  .errors = { ENOMEM }, .least = 2 },
	{ .name = "mmap over the middle", .set_up = be_mapped,
	  .run = map_over_middle, .right = is_mapped_over, .undo = end,
	  .errors = { ENOMEM }, .least = 3 },
	{ .name = "mremap", .set_up = be_mapped, .run = move_map,
	  .right = is_there, .undo = end, .errors = { ENOMEM }, .least = 2 },
	{ .name = "fork", .set_up = be_mapped, .run = fork_here,
	  .right = is_there, .undo = end, .errors = { ENOMEM }, .least = 20,
	  .slow = true },
};

int main(void)
{
	close(node_open(SPE_NODE, O_RDWR, "no " SPE_NODE
			" (modules not loaded)"));
	let_allocations_fail();
	fail_all(of_maps);
	return done();
}
