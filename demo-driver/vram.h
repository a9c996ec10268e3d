/* SPDX-License-Identifier: GPL-2.0-only */
/* What vram.c, vram_object.c and vram_memory.c share. */
#ifndef VRAM_H
#define VRAM_H

#include <linux/list.h>
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

/* Freed with the last reference to @region. */
struct object {
	struct pfnfault_region region;
	unsigned long nr_pages;
	struct list_head list;		/* in residents, or empty */
	struct file *owner;		/* who made it, and whose end ends it */
	unsigned long in_vram;		/* first page there, or VRAM_NONE */
	void *system;			/* where it is in RAM, or NULL */
	u64 moves;
	u32 evictions;			/* ... among them */
};

extern struct vram vram;
extern const struct pfnfault_ops vram_ops;

unsigned long vram_allocate_pages(unsigned long nr);
void vram_free_pages(unsigned long page, unsigned long nr);
void vram_read(void *to, unsigned long page, unsigned long size);
void vram_write(unsigned long page, const void *from, unsigned long size);
int vram_memory_init(void);
void vram_memory_exit(void);

struct pfnfault_vram_object;
struct object *vram_object_alloc(unsigned long nr_pages);
void vram_object_free(struct object *object);
void vram_empty(void);
int vram_object_move(struct object *object, u32 place);
void vram_object_revoke(struct object *object);
void vram_object_tell(struct object *object, struct pfnfault_vram_object *arg);

#endif /* VRAM_H */
