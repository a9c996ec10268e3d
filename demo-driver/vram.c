// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/pfnfault-vram: objects that move, as a graphics driver's do.
 *
 * An object lives in VRAM or in system memory, and programs read and write it
 * meanwhile. An ioctl moves it; another destroys it, whoever has it mapped. How
 * objects move, vram_object.c knows.
 *
 * All objects are mapped through one space, each at an offset of its own,
 * whoever made them: a driver for programs that do not trust each other lets
 * find_object() look at who asks.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pfnfault.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "demo.h"
#include "vram.h"
#include "pfnfault_demo.h"

#define MAX_PAGES	(PFNFAULT_VRAM_MAX_SIZE >> PAGE_SHIFT)
/* Core maps what is below 4 GiB of a file, where a long has 32 bits. */
#define MAX_ID		min_t(unsigned long, PFNFAULT_VRAM_MAX_OBJECTS, \
			      ULONG_MAX / PFNFAULT_VRAM_MAX_SIZE - 1)

static struct pfnfault_space vram_space;
static DEFINE_XARRAY_ALLOC(objects);	/* by offset / PFNFAULT_VRAM_MAX_SIZE */
static DEFINE_MUTEX(table_lock);	/* of who takes objects out of there */

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

static int create(struct file *file, struct pfnfault_vram_object *arg)
{
	static u32 next;	/* a name that was another's fails for long */
	struct object *object;
	u32 id;
	int err;

	if (!arg->size || arg->size > PFNFAULT_VRAM_MAX_SIZE ||
	    !PAGE_ALIGNED(arg->size))
		return -EINVAL;
	object = vram_object_alloc(arg->size >> PAGE_SHIFT);
	if (!object)
		return -ENOMEM;
	object->owner = file;
	/* A place in the table first, with nothing in it: it says where. */
	err = xa_alloc_cyclic(&objects, &id, NULL,
			      XA_LIMIT(0, MAX_ID), &next, GFP_KERNEL);
	if (err < 0)
		goto free;
	err = pfnfault_region_init(&object->region, &vram_ops, &vram_space,
				   id * MAX_PAGES, object->nr_pages);
	if (err)
		goto erase;
	arg->offset = (u64)id * PFNFAULT_VRAM_MAX_SIZE;
	xa_store(&objects, id, object, GFP_KERNEL);
	return 0;

erase:
	xa_erase(&objects, id);
free:
	vram_object_free(object);
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

/* Revoked before it has no name any more: who does not find it, does not see it. */
static int destroy(struct object *object)
{
	vram_object_revoke(object);
	if (!take_out(object))
		return -ENOENT;
	pfnfault_region_put(&object->region);
	return 0;
}

static int on_object(struct file *file, unsigned int cmd,
		     struct pfnfault_vram_object *arg)
{
	struct object *object = find_object(arg->offset);
	int err = 0;

	if (!object)
		return -ENOENT;
	if (cmd == PFNFAULT_VRAM_MOVE)
		err = vram_object_move(object, arg->place);
	else if (cmd == PFNFAULT_VRAM_DESTROY)
		err = destroy(object);
	vram_object_tell(object, arg);
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
		cond_resched();		/* there may be many, of 4 MiB each */
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
