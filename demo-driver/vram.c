// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/pfnfault-vram: objects that move, as a graphics driver's do.
 *
 * An object lives in VRAM or in system memory, and programs read and write it
 * meanwhile. An ioctl moves it; and when VRAM is full, who came in first gives
 * way. Another ioctl destroys it, whoever has it mapped. The place that was
 * vacated is overwritten at once: whoever still reached it would notice.
 *
 * All objects are mapped through one space, each at an offset of its own,
 * whoever made them. What VRAM is, vram_memory.c knows.
 */
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pfnfault.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "demo.h"
#include "vram.h"
#include "pfnfault_demo.h"

#define MAX_PAGES	(PFNFAULT_VRAM_MAX_SIZE >> PAGE_SHIFT)

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

static LIST_HEAD(residents);	/* in VRAM, who came first comes first */
static struct pfnfault_space vram_space;
static DEFINE_XARRAY_ALLOC(objects);	/* by offset / PFNFAULT_VRAM_MAX_SIZE */
static DEFINE_MUTEX(table_lock);	/* of who takes objects out of there */

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

static void object_free(struct pfnfault_region *region)
{
	struct object *object = container_of(region, struct object, region);

	mutex_lock(&vram.lock);
	vacate(object);
	mutex_unlock(&vram.lock);
	kfree(object);
}

static const struct pfnfault_ops vram_ops = {
	.resolve = vram_resolve,
	.release = object_free,
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

/* With a reference, or NULL. */
static struct object *find_object(u64 offset)
{
	struct object *object = NULL;

	if (offset % PFNFAULT_VRAM_MAX_SIZE == 0 &&
	    offset / PFNFAULT_VRAM_MAX_SIZE <= PFNFAULT_VRAM_MAX_OBJECTS) {
		xa_lock(&objects);
		object = xa_load(&objects, offset / PFNFAULT_VRAM_MAX_SIZE);
		if (object)
			pfnfault_region_get(&object->region);
		xa_unlock(&objects);
	}
	return object;
}

static struct object *object_alloc(void)
{
	struct object *object = kzalloc(sizeof(*object), GFP_KERNEL_ACCOUNT);

	if (object)
		INIT_LIST_HEAD(&object->list);
	return object;
}

static int create(struct file *file, struct pfnfault_vram_object *arg)
{
	static u32 next;	/* a name that was another's fails for long */
	struct object *object;
	int err = -ENOMEM;
	u32 id;

	if (!arg->size || arg->size > PFNFAULT_VRAM_MAX_SIZE ||
	    !PAGE_ALIGNED(arg->size))
		return -EINVAL;
	object = object_alloc();
	if (!object)
		return -ENOMEM;
	object->owner = file;
	object->in_vram = VRAM_NONE;
	object->nr_pages = arg->size >> PAGE_SHIFT;
	object->system = allocate_system(object, __GFP_ZERO | __GFP_NOWARN);
	if (!object->system)
		goto free;
	/* A place in the table first, with nothing in it: it says where. */
	err = xa_alloc_cyclic(&objects, &id, NULL,
			      XA_LIMIT(0, PFNFAULT_VRAM_MAX_OBJECTS), &next,
			      GFP_KERNEL);
	if (err < 0)
		goto free_system;
	err = pfnfault_region_init(&object->region, &vram_ops, &vram_space,
				   id * MAX_PAGES, object->nr_pages);
	if (err)
		goto erase;
	arg->offset = (u64)id * PFNFAULT_VRAM_MAX_SIZE;
	xa_store(&objects, id, object, GFP_KERNEL);
	return 0;

erase:
	xa_erase(&objects, id);
free_system:
	leave_system(object);
free:
	kfree(object);
	return err;
}

static int move(struct object *object, u32 place)
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

/* Whoever comes first. */
static bool take_out(struct object *object)
{
	unsigned long id = object->region.base / MAX_PAGES;
	bool there;

	mutex_lock(&table_lock);
	there = xa_load(&objects, id) == object;
	if (there)
		xa_erase(&objects, id);
	mutex_unlock(&table_lock);
	return there;
}

/*
 * Revoked before it has no name any more: who does not find it, does not see it.
 * Its place is given back under the same lock, for who makes room must not meet
 * what was revoked. Of two that come at once, the second one does that in vain.
 */
static int destroy(struct object *object)
{
	mutex_lock(&vram.lock);
	pfnfault_revoke(&object->region, PFNFAULT_REVOKE_SIGBUS);
	vacate(object);
	mutex_unlock(&vram.lock);
	if (!take_out(object))
		return -ENOENT;
	pfnfault_region_put(&object->region);
	return 0;
}

static void tell(struct object *object, struct pfnfault_vram_object *arg)
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

static int on_object(struct file *file, unsigned int cmd,
		     struct pfnfault_vram_object *arg)
{
	struct object *object = find_object(arg->offset);
	int err = 0;

	if (!object)
		return -ENOENT;
	if (cmd == PFNFAULT_VRAM_MOVE)
		err = move(object, arg->place);
	else if (cmd == PFNFAULT_VRAM_DESTROY)
		err = destroy(object);
	tell(object, arg);
	pfnfault_region_put(&object->region);
	return err;
}

static long vram_ioctl(struct file *file, unsigned int cmd, unsigned long user)
{
	struct pfnfault_vram_object arg;
	int err = -ENOTTY;

	if (copy_from_user(&arg, (void __user *)user, sizeof(arg)))
		return -EFAULT;
	switch (cmd) {
	case PFNFAULT_VRAM_CREATE:
		err = create(file, &arg);
		break;
	case PFNFAULT_VRAM_MOVE:
	case PFNFAULT_VRAM_INFO:
	case PFNFAULT_VRAM_DESTROY:
		err = on_object(file, cmd, &arg);
	}
	if (!err && copy_to_user((void __user *)user, &arg, sizeof(arg)))
		return -EFAULT;
	return err;
}

static int vram_open(struct inode *inode, struct file *file)
{
	pfnfault_file_open(&vram_space, file);
	return 0;
}

/* Its objects cannot be mapped any more; mappings stay, and may still move. */
static int vram_close(struct inode *inode, struct file *file)
{
	struct object *object;
	unsigned long id;

	mutex_lock(&table_lock);	/* or ->owner may be gone */
	xa_for_each(&objects, id, object) {
		if (object->owner != file)
			continue;
		xa_erase(&objects, id);
		pfnfault_region_put(&object->region);
	}
	mutex_unlock(&table_lock);
	pfnfault_file_release(file);
	return 0;
}

static int vram_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long id = vma->vm_pgoff / MAX_PAGES;
	struct object *object = find_object((u64)id * PFNFAULT_VRAM_MAX_SIZE);
	int err;

	if (!object)
		return -ENXIO;
	err = pfnfault_mmap(&object->region, vma);
	pfnfault_region_put(&object->region);
	return err;
}

static const struct file_operations vram_fops = {
	.owner = THIS_MODULE,
	.open = vram_open,
	.release = vram_close,
	.mmap = vram_mmap,
	.get_unmapped_area = thp_get_unmapped_area,
	.unlocked_ioctl = vram_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice vram_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pfnfault-vram",
	.fops = &vram_fops,
	.mode = 0600,
};

/* After the BARs were found, if there are any. */
int vram_init(void)
{
	int err = vram_memory_init();

	if (err)
		return err;
	err = pfnfault_space_init(&vram_space);
	if (err)
		goto free_memory;
	err = misc_register(&vram_misc);
	if (err)
		goto destroy;
	return 0;

destroy:
	pfnfault_space_destroy(&vram_space);
free_memory:
	vram_memory_exit();
	return err;
}

/* No file is open, and so no object is left: they hold the module. */
void vram_exit(void)
{
	misc_deregister(&vram_misc);
	pfnfault_space_destroy(&vram_space);
	vram_memory_exit();
}
