/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests do with /dev/pfnfault-vram. */
#ifndef VRAM_H
#define VRAM_H

#include <limits.h>

#include "made.h"

#define VRAM_NODE "/dev/pfnfault-vram"
#define VRAM_PAGES "/sys/module/pfnfault_demo/parameters/vram_pages"

static inline int vram_open(void)
{
	return node_open(VRAM_NODE, O_RDWR,
			 "no " VRAM_NODE " (modules not loaded)");
}

/* A new object of @pages pages: its offset. */
static inline uint64_t vram_create(int fd, size_t pages)
{
	struct pfnfault_vram_object object = { .size = pages * page_size };

	must(ioctl(fd, PFNFAULT_VRAM_CREATE, &object));
	return object.offset;
}

/* 0, or the errno. */
static inline int vram_move(int fd, uint64_t offset, unsigned int place)
{
	struct pfnfault_vram_object object = {
		.offset = offset, .place = place,
	};

	return ioctl(fd, PFNFAULT_VRAM_MOVE, &object) ? errno : 0;
}

static inline struct pfnfault_vram_object vram_info(int fd, uint64_t offset)
{
	struct pfnfault_vram_object object = { .offset = offset };

	must(ioctl(fd, PFNFAULT_VRAM_INFO, &object));
	return object;
}

/* 0, or the errno; @answer tells what it was like. */
static inline int vram_destroy(int fd, uint64_t offset,
			       struct pfnfault_vram_object *answer)
{
	*answer = (struct pfnfault_vram_object){ .offset = offset };
	return ioctl(fd, PFNFAULT_VRAM_DESTROY, answer) ? errno : 0;
}

/* MAP_FAILED and errno as mmap() has them. */
static inline void *vram_map(int fd, uint64_t offset, size_t pages)
{
	return mmap(NULL, pages * page_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		    fd, offset);
}

/* How much VRAM there is, in pages. */
static inline unsigned long vram_pages(void)
{
	return get_number(VRAM_PAGES);
}

#endif /* VRAM_H */
