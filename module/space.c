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
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>

#include "compat.h"
#include "internal.h"

#define PFNFAULT_FS_MAGIC 0x70666e66	/* "pfnf" */

static struct vfsmount *spaces_mnt;
static atomic_t references;	/* to the inodes, of spaces and of files */

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

int pfnfault_spaces_start(void)
{
	spaces_mnt = kern_mount(&spaces_fs);
	return PTR_ERR_OR_ZERO(spaces_mnt);
}

/**
 * pfnfault_live_references() - references to spaces, of devices and open files
 *
 * Return: how many.
 */
int pfnfault_live_references(void)
{
	return atomic_read(&references);
}

void pfnfault_spaces_stop(void)
{
	int leaked = pfnfault_live_references();

	/* Anonymous inodes are on no list: nobody else would tell. */
	WARN(leaked, "a driver leaked %d space(s) or open file(s)\n", leaked);
	kern_unmount(spaces_mnt);
}

static void put_reference(struct inode *inode)
{
	iput(inode);
	atomic_dec(&references);
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
	struct inode *inode = alloc_anon_inode(spaces_mnt->mnt_sb);

	if (IS_ERR(inode))
		return PTR_ERR(inode);
	space->inode = inode;
	atomic_inc(&references);
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
	put_reference(space->inode);
	space->inode = NULL;
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_space_destroy);

/**
 * pfnfault_file_open() - let a file map through a space
 * @space: the space
 * @file: file being opened
 *
 * To be called in ->open, once, whatever node was opened.
 *
 * Context: ->open.
 */
void pfnfault_file_open(struct pfnfault_space *space, struct file *file)
{
	ihold(space->inode);
	atomic_inc(&references);
	file->f_mapping = space->inode->i_mapping;
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_file_open);

/**
 * pfnfault_file_release() - undo pfnfault_file_open()
 * @file: file being released, or whose ->open fails after all
 *
 * Context: ->release or ->open; no VMA of the file is left.
 */
void pfnfault_file_release(struct file *file)
{
	struct inode *inode = file->f_mapping->host;

	file->f_mapping = file_inode(file)->i_mapping;
	put_reference(inode);
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_file_release);
