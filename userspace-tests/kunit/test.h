/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the KUnit tests share. They run in a kernel thread, where nothing is mapped:
 * VMAs and faults are structures on the stack. Where a tested file calls what
 * needs more than that, a macro of the test puts a function in between.
 */
#ifndef PFNFAULT_KUNIT_TEST_H
#define PFNFAULT_KUNIT_TEST_H

#include <kunit/test.h>
#include <linux/bug.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/rwsem.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "pfnfault/ops.h"

/* Pages that file offsets reach. */
#define MAX_PAGES ((unsigned long)(MAX_LFS_FILESIZE >> PAGE_SHIFT))
/* An address in the middle: page tables begin there, and end. */
#define HERE ((unsigned long)SZ_1G)
#define PTES ((long)PTRS_PER_PTE)
/* No RAM is there, but any CPU can address it. */
#define PFN 0x800000ul

/**
 * struct fixture - a region that no file maps
 * @region: the region
 * @space: where it would be mapped from
 * @inode: that of @space
 * @mapping: that of @inode
 * @ops: those of @region
 * @places: what resolve() answers with
 * @nr_places: how many
 * @err: what it fails with, if not 0
 * @calls: how often it was called
 * @meanwhile: what happens while it runs, if not NULL
 * @released: how often release() was called
 */
struct fixture {
	struct pfnfault_region region;
	struct pfnfault_space space;
	struct inode inode;
	struct address_space mapping;
	struct pfnfault_ops ops;
	const struct pfnfault_extent *places;
	unsigned int nr_places;
	int err;
	unsigned int calls;
	void (*meanwhile)(struct fixture *fixture);
	unsigned int released;
};

struct fixture *fixture_start(struct kunit *test, unsigned long base,
			      unsigned long nr_pages);
void fixture_end(struct kunit *test);

/* A VMA of pages @first to @end - 1 of a region's, the first one at @addr. */
static inline struct vm_area_struct
vma_of_pages(struct pfnfault_region *region, unsigned long addr,
	     unsigned long first, unsigned long end, vm_flags_t flags)
{
	return (struct vm_area_struct){
		.vm_start = addr,
		.vm_end = addr + ((end - first) << PAGE_SHIFT),
		.vm_pgoff = region->base + first,
		.vm_flags = flags,
		.vm_page_prot = PAGE_READONLY,
		.vm_private_data = region,
	};
}

/* A fault on the page that is @page pages behind the first one of a VMA. */
static inline struct vm_fault fault_at(struct vm_area_struct *vma,
				       unsigned long page, unsigned int flags)
{
	return (struct vm_fault){
		.vma = vma,
		.address = vma->vm_start + (page << PAGE_SHIFT),
		.pgoff = vma->vm_pgoff + page,
		.flags = flags,
	};
}

/* A test for each row of a table, by its name. */
#define TABLE(table)							\
	static void table##_name(typeof((table) + 0) row, char *name)	\
	{								\
		strscpy(name, row->name, KUNIT_PARAM_DESC_SIZE);	\
	}								\
	KUNIT_ARRAY_PARAM(of_##table, table, table##_name)
#define CASE_OF(table, function) \
	KUNIT_CASE_PARAM(function, of_##table##_gen_params)

/* The tests of a file of module/, which are in @what##_cases. */
#define SUITE(what)							\
	static struct kunit_suite what##_suite = {			\
		.name = "pfnfault_" #what,				\
		.exit = fixture_end,					\
		.test_cases = what##_cases,				\
	};								\
	kunit_test_suite(what##_suite)

#endif /* PFNFAULT_KUNIT_TEST_H */
