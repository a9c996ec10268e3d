/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests do with /dev/pfnfault-xip. */
#ifndef XIP_H
#define XIP_H

#include "bar.h"

#define NODE "/dev/pfnfault-xip"
#define RW (PROT_READ | PROT_WRITE)
#define RX (PROT_READ | PROT_EXEC)
#define PAGES 16	/* of the image, that most tests look at */
#define CODE_AT (page_size + 64)

static inline int xip_open(int flags)
{
	return node_open(NODE, flags, "no " NODE " (modules not loaded)");
}

/* Where the sections xip_triple and xip_square begin and end: the linker knows. */
extern const char __start_xip_triple[], __stop_xip_triple[];
extern const char __start_xip_square[], __stop_xip_square[];

/* What page @page of image number @image begins with. */
static inline uint64_t word(uint64_t image, uint64_t page)
{
	return image << 32 | page;
}

/*
 * Load image number @image: its words, and code. In one write: QEMU that runs all
 * CPUs in one thread may run the others after each system call.
 */
static inline void load_image(uint64_t image, const char *code, const char *end)
{
	int fd = xip_open(O_WRONLY);
	size_t nr = bar_pages(fd), size = nr * page_size;
	char *buf = calloc(nr, page_size);

	for (size_t page = 0; page < nr; page++)
		store(page_word(buf, page), word(image, page));
	if (code)
		memcpy(buf + CODE_AT, code, end - code);
	must(write(fd, buf, size));
	free(buf);
	must(close(fd));
}

/* Are pages @first to @end - 1 of @map those of an image? */
static inline bool shows(void *map, uint64_t image, size_t first, size_t end)
{
	for (size_t page = first; page < end; page++) {
		uint64_t got = load(page_word(map, page));

		if (got != word(image, page)) {
			tap_comment("page %zu: got %#llx", page,
				    (unsigned long long)got);
			return false;
		}
	}
	return true;
}

#endif /* XIP_H */
