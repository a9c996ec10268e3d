// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spaces: one address_space for all files of a device.
 *
 * unmap_mapping_range() walks the VMAs of one address_space, and core links a
 * VMA into that of its file's f_mapping, which starts out as the device node's
 * inode's: two nodes, two address_spaces, and a revocation that reaches one of
 * them. So f_mapping is pointed at an anonymous inode's, in ->open, before a
 * mapping exists: core takes the VMA out of where f_mapping points when the
 * VMA goes, and so it must never change in between.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/mount.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/pseudo_fs.h>
#include <linux/refcount.h>

#include "compat.h"
#include "internal.h"

#define PFNFAULT_FS_MAGIC 0x70666e66	/* "pfnf" */

static struct vfsmount *spaces_mnt;	/* while there is a reference */
static DEFINE_MUTEX(mount_lock);
static refcount_t references;		/* to inodes, of spaces and of files */

static int spaces_init_fs_context(struct fs_context *fc)
{
	return init_pseudo(fc, PFNFAULT_FS_MAGIC) ? 0 : -ENOMEM;
}

/*
 * No .owner: the superblock would hold a reference to the module, which holds
 * the superblock, and the module could not be unloaded. Every inode is held by
 * a file or a device of a driver that uses our symbols, and that driver holds
 * us.
 */
static struct file_system_type spaces_fs = {
	.name = "pfnfault",
	.init_fs_context = spaces_init_fs_context,
	.kill_sb = kill_anon_super,
};

/*
 * The first reference mounts, the last one unmounts: a driver that has pfnfault
 * compiled into itself need not start and stop it. Both under the lock, and every
 * space looks for its mount under it: who finds a reference finds the mount, and
 * who drops the last one unmounts before the next one mounts. While there is a
 * reference, files take more of them without.
 *
 * What is started here nobody uses yet: no fault without a file, no file without
 * a reference.
 */
static int get_reference(void)
{
	int err = 0;

	mutex_lock(&mount_lock);
	if (!refcount_inc_not_zero(&references)) {
		spaces_mnt = kern_mount(&spaces_fs);
		err = PTR_ERR_OR_ZERO(spaces_mnt);
		if (!err) {
			pfnfault_huge_start();
			refcount_set(&references, 1);
		}
	}
	mutex_unlock(&mount_lock);
	return err;
}

static void drop_reference(void)
{
	if (!refcount_dec_and_mutex_lock(&references, &mount_lock))
		return;
	kern_unmount(spaces_mnt);
	mutex_unlock(&mount_lock);
}

static void put_inode(struct inode *inode)
{
	iput(inode);
	drop_reference();
}

/**
 * pfnfault_live_references() - references to spaces, of devices and open files
 *
 * Return: how many.
 */
int pfnfault_live_references(void)
{
	return refcount_read(&references);
}

/** pfnfault_spaces_stop() - the module goes, and no driver is left that uses it */
void pfnfault_spaces_stop(void)
{
	int leaked = pfnfault_live_references();

	/* Anonymous inodes are on no list: nobody else would tell. */
	if (WARN(leaked, "a driver leaked %d space(s) or open file(s)\n", leaked))
		kern_unmount(spaces_mnt);
}

/**
 * pfnfault_space_init() - initialise a space
 * @space: one for each device, embedded in its object
 *
 * Context: process context, may sleep.
 * Return: 0; -ENOMEM.
 */
int pfnfault_space_init(struct pfnfault_space *space)
{
	struct inode *inode;
	int err = get_reference();

	if (err)
		return err;
	inode = alloc_anon_inode(spaces_mnt->mnt_sb);
	if (IS_ERR(inode)) {
		drop_reference();
		return PTR_ERR(inode);
	}
	space->inode = inode;
	return 0;
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_space_init);

/**
 * pfnfault_space_destroy() - free a space
 * @space: no region of it is left
 *
 * Files may still be open, and keep what they need of it.
 *
 * Context: process context, may sleep.
 */
void pfnfault_space_destroy(struct pfnfault_space *space)
{
	put_inode(space->inode);
	space->inode = NULL;
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_space_destroy);

/* Does the file map through a space? */
static bool is_open(const struct file *file)
{
	return file->f_mapping->host->i_sb->s_type == &spaces_fs;
}

/**
 * pfnfault_file_open() - let a file map through a space
 * @space: the space
 * @file: file being opened
 *
 * To be called in ->open, once, whatever node was opened. A second call is for the
 * other space from then on, and logged.
 *
 * Context: ->open.
 */
void pfnfault_file_open(struct pfnfault_space *space, struct file *file)
{
	if (is_open(file)) {
		pr_warn_once("pfnfault: %ps: a second %s(); the first one is undone\n",
			     file->f_op->open, __func__);
		pfnfault_file_release(file);
	}
	ihold(space->inode);
	refcount_inc(&references);
	file->f_mapping = space->inode->i_mapping;
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_file_open);

/**
 * pfnfault_file_release() - undo pfnfault_file_open()
 * @file: file being released, or whose ->open fails after all
 *
 * A file for which that was not called, or was undone, is left alone, and logged.
 *
 * Context: ->release or ->open; no VMA of the file is left.
 */
void pfnfault_file_release(struct file *file)
{
	struct inode *inode = file->f_mapping->host;

	if (!is_open(file)) {
		pr_warn_once("pfnfault: %ps: %s() without pfnfault_file_open()\n",
			     file->f_op->release, __func__);
		return;
	}
	file->f_mapping = file_inode(file)->i_mapping;
	put_inode(inode);
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_file_release);
