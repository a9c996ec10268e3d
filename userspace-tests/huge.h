/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of a region of its own for each test, which two huge entries can map, or
 * else two page tables do.
 */
#ifndef HUGE_H
#define HUGE_H

#include "made.h"

/* Two blocks, each of which a huge entry can map, or else a page table does. */
#define BLOCK ((size_t)machine()->block ?: TABLE)
#define PAGES (2 * BLOCK)
#define SIZE (PAGES * page_size)
/* The page that is @n thousandths into them, or nearly. */
#define AT(n) ((n) * PAGES / 1024)
#define RW (PROT_READ | PROT_WRITE)

static int fd;

/* Pages [first, first + nr), @off pages from an address that fits. */
static inline char *map_at(size_t first, size_t nr, size_t off, int prot)
{
	char *room = must(mmap(NULL, 3 * SIZE, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	char *map = room + SIZE - (uintptr_t)room % SIZE +
		(first + off) * page_size;

	must(munmap(room, 3 * SIZE));
	return must(mmap(map, nr * page_size, prot, MAP_SHARED | MAP_FIXED, fd,
			 first * page_size));
}

static inline char *map_all(void)
{
	return map_at(0, PAGES, 0, RW);
}

static inline void unmap_all(void *map)
{
	munmap(map, SIZE);
}

/* A region of its own for each test: counts from 0. */
static inline void begin(void)
{
	if (fd > 0)
		close(fd);
	fd = made_open(O_RDWR);
}

#endif /* HUGE_H */
