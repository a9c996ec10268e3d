// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects that are in VRAM or in system memory, and move. When VRAM is full, who
 * came in first gives way. The place that was vacated is overwritten at once:
 * whoever still reached it would notice. What VRAM is, vram_memory.c knows; who
 * has which object, vram.c.
 */
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/list.h>
#include <linux/slab.h>

#include "demo.h"
#include "vram.h"
#include "pfnfault_demo.h"

static LIST_HEAD(residents);	/* in VRAM, who came first comes first */

/*
 * Where is page @index? Reads the place without the lock: it changes only
 * between invalidate_begin() and _end(), and an answer from before those is
 * not installed.
 */
static int vram_resolve(struct pfnfault_region *region, unsigned long index,
			struct pfnfault_extent *extent)
{
	struct object *object = container_of(region, struct object, region);
	unsigned long in_vram = READ_ONCE(object->in_vram);
	void *system = READ_ONCE(object->system);

	extent->nr = region->nr_pages;
	if (in_vram != VRAM_NONE) {
		extent->pfn = vram.pfn + in_vram;
		extent->cache = vram.cache;
	} else if (system) {
		extent->pfn = page_to_pfn(virt_to_page(system));
	} else {
		return -EAGAIN;	/* it moved between the two looks */
	}
	return 0;
}

static size_t object_size(struct object *object)
{
	return object->nr_pages << PAGE_SHIFT;
}

/* The place is somebody else's from now on. */
static void leave_vram(struct object *object)
{
	vram_free_pages(object->in_vram, object->nr_pages);
	list_del_init(&object->list);
	WRITE_ONCE(object->in_vram, VRAM_NONE);
}

static void *allocate_system(struct object *object, gfp_t flags)
{
	void *system = alloc_pages_exact(object_size(object),
					 GFP_KERNEL_ACCOUNT | flags);

	if (system)
		atomic_add(object->nr_pages, &demo_pages);
	return system;
}

static void leave_system(struct object *object)
{
	void *system = object->system;

	if (!system)
		return;
	WRITE_ONCE(object->system, NULL);
	memset(system, VRAM_POISON, object_size(object));
	free_pages_exact(system, object_size(object));
	atomic_sub(object->nr_pages, &demo_pages);
}

/* Nobody reaches it any more; vram.lock is held. */
static void vacate(struct object *object)
{
	if (object->in_vram != VRAM_NONE)
		leave_vram(object);
	leave_system(object);
}

static void object_release(struct pfnfault_region *region)
{
	struct object *object = container_of(region, struct object, region);

	mutex_lock(&vram.lock);
	vacate(object);
	mutex_unlock(&vram.lock);
	kfree(object);
}

const struct pfnfault_ops vram_ops = {
	.resolve = vram_resolve,
	.release = object_release,
};

static int move_out(struct object *object)
{
	void *system = allocate_system(object, __GFP_NOWARN);

	if (!system)
		return -ENOMEM;
	pfnfault_invalidate_begin(&object->region, 0, object->nr_pages);
	vram_read(system, object->in_vram, object_size(object));
	WRITE_ONCE(object->system, system);
	leave_vram(object);
	object->moves++;
	pfnfault_invalidate_end(&object->region);
	return 0;
}

/* Room for @nr pages, at the cost of who has been there longest. */
static unsigned long make_room(unsigned long nr)
{
	struct object *object;
	unsigned long page;

	for (;;) {
		page = vram_allocate_pages(nr);
		if (page != VRAM_NONE)
			return page;
		object = list_first_entry_or_null(&residents, struct object,
						  list);
		if (!object || move_out(object))
			return VRAM_NONE;
		object->evictions++;
	}
}

/**
 * vram_empty() - move all out, as VRAM goes
 *
 * Where there is no memory left to move to, an object is lost, and reads as an
 * absent device does.
 *
 * Context: vram.lock is held.
 */
void vram_empty(void)
{
	struct object *object, *next;

	list_for_each_entry_safe(object, next, &residents, list) {
		if (!move_out(object))
			continue;
		pfnfault_revoke(&object->region, PFNFAULT_REVOKE_ONES);
		leave_vram(object);
	}
}

static int move_in(struct object *object)
{
	unsigned long page;

	if (object->nr_pages > vram.nr_pages)
		return -ENOSPC;
	page = make_room(object->nr_pages);
	if (page == VRAM_NONE)
		return -ENOMEM;
	pfnfault_invalidate_begin(&object->region, 0, object->nr_pages);
	list_add_tail(&object->list, &residents);
	vram_write(page, object->system, object_size(object));
	WRITE_ONCE(object->in_vram, page);
	leave_system(object);
	object->moves++;
	pfnfault_invalidate_end(&object->region);
	return 0;
}

/* An object in system memory, of zeros, without its region; or NULL. */
struct object *vram_object_alloc(unsigned long nr_pages)
{
	struct object *object = kzalloc(sizeof(*object), GFP_KERNEL_ACCOUNT);

	if (!object)
		return NULL;
	INIT_LIST_HEAD(&object->list);
	object->in_vram = VRAM_NONE;
	object->nr_pages = nr_pages;
	object->system = allocate_system(object, __GFP_ZERO | __GFP_NOWARN |
					 __GFP_RETRY_MAYFAIL);
	if (!object->system) {
		kfree(object);
		return NULL;
	}
	return object;
}

/* What never had a region; who has one is freed with the last reference to it. */
void vram_object_free(struct object *object)
{
	leave_system(object);
	kfree(object);
}

int vram_object_move(struct object *object, u32 place)
{
	bool in_vram;
	int err = 0;

	if (place > PFNFAULT_VRAM_VRAM)
		return -EINVAL;
	mutex_lock(&vram.lock);
	in_vram = object->in_vram != VRAM_NONE;
	if (pfnfault_revoked(&object->region))
		err = -ENODEV;
	else if (place == PFNFAULT_VRAM_VRAM && !in_vram)
		err = move_in(object);
	else if (place == PFNFAULT_VRAM_SYSTEM && in_vram)
		err = move_out(object);
	mutex_unlock(&vram.lock);
	return err;
}

/*
 * Its place is given back under the lock of the revocation, for who makes room must
 * not meet what was revoked. Of two that come at once, the second one does that in
 * vain.
 */
void vram_object_revoke(struct object *object)
{
	mutex_lock(&vram.lock);
	pfnfault_revoke(&object->region, PFNFAULT_REVOKE_SIGBUS);
	vacate(object);
	mutex_unlock(&vram.lock);
}

void vram_object_tell(struct object *object, struct pfnfault_vram_object *arg)
{
	struct pfnfault_stats stats;

	pfnfault_region_stats(&object->region, &stats);
	arg->faults = stats.faults;
	arg->huge = stats.huge;
	arg->retries = stats.retries;
	arg->lost = stats.lost;
	mutex_lock(&vram.lock);
	arg->size = object_size(object);
	arg->place = object->in_vram != VRAM_NONE ? PFNFAULT_VRAM_VRAM :
						  PFNFAULT_VRAM_SYSTEM;
	arg->moves = object->moves;
	arg->evictions = object->evictions;
	mutex_unlock(&vram.lock);
}
