/* SPDX-License-Identifier: GPL-2.0-only */
/* What vram.c and vram_memory.c share. */
#ifndef VRAM_H
#define VRAM_H

#include <linux/mutex.h>
#include <linux/pfnfault.h>

#define VRAM_NONE	(~0UL)
/* What a place is overwritten with when it is vacated, in bytes. */
#define VRAM_POISON	0xdb

struct vram {
	struct mutex lock;		/* all of this, and where objects are */
	unsigned long pfn;
	unsigned long nr_pages;		/* 0: there is none now */
	enum pfnfault_cache cache;
	void __iomem *io;		/* of a BAR */
};

extern struct vram vram;

unsigned long vram_allocate_pages(unsigned long nr);
void vram_free_pages(unsigned long page, unsigned long nr);
void vram_read(void *to, unsigned long page, unsigned long size);
void vram_write(unsigned long page, const void *from, unsigned long size);
void vram_empty(void);
int vram_memory_init(void);
void vram_memory_exit(void);

#endif /* VRAM_H */
