// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages a huge entry can map. Would catch an entry that reaches beyond the
 * VMA or the extent, or maps pages to the PFNs of others; one that is set where
 * something is.
 */
#include "test.h"

/* What is there, and what core says of an entry. */
static struct pfnfault_entry entry_there;
static vm_fault_t leaf;
static unsigned int leaves;

static struct pfnfault_entry walk(struct mm_struct *mm, unsigned long addr)
{
	return entry_there;
}

static vm_fault_t insert_leaf(struct vm_fault *vmf, unsigned long pfn, bool write)
{
	leaves++;
	return leaf;
}

#undef pfnfault_walk
#define pfnfault_walk walk
#undef pfnfault_insert_leaf
#define pfnfault_insert_leaf insert_leaf
#include "pfnfault/huge.c"

#define BLOCK ((long)BLOCK_PAGES)
#define HUGE_PFN (PFN & ~(BLOCK_PAGES - 1))

static const struct {
	const char *name;
	long vm_start, vm_end, page;
	bool in;
} blocks[] = {
	{ "the VMA is the block", 0, BLOCK, 7, true },
	{ "its first page", 0, BLOCK, 0, true },
	{ "its last page", 0, BLOCK, BLOCK - 1, true },
	{ "the VMA begins a page later", 1, BLOCK, 7, false },
	{ "the VMA ends a page earlier", 0, BLOCK - 1, 7, false },
	{ "the block before is there", -BLOCK, BLOCK, 7, true },
	{ "... but not this one", -BLOCK, BLOCK - 1, 7, false },
	{ "the block behind is there", 1, 2 * BLOCK, 7, false },
	{ "the second block", 1, 2 * BLOCK, BLOCK, true },
};

TABLE(blocks);

static void blocks_are_in_vmas(struct kunit *test)
{
	const typeof(blocks[0]) *row = test->param_value;
	struct vm_area_struct vma = {
		.vm_start = HERE + row->vm_start * PAGE_SIZE,
		.vm_end = HERE + row->vm_end * PAGE_SIZE,
	};
	struct vm_fault vmf = {
		.vma = &vma, .address = HERE + row->page * PAGE_SIZE,
	};

	KUNIT_EXPECT_EQ_MSG(test, row->in, block_in_vma(&vmf), "%s", row->name);
}

/* A VMA of two blocks, that begins with page @first of a region from 1024 on. */
static const struct {
	const char *name;
	unsigned long first, page;
	struct pfnfault_extent extent;
	vm_flags_t flags;
	bool tracked, fits;
} extents[] = {
	{ "the first page", 0, 0, { 0, 1024, HUGE_PFN }, 0, false, true },
	{ "a page of the first block", 0, 7, { 0, 1024, HUGE_PFN }, 0, false, true },
	{ "the last page of it", 0, 511, { 0, 1024, HUGE_PFN }, 0, false, true },
	{ "the second block", 0, 512, { 0, 1024, HUGE_PFN }, 0, false, true },
	{ "the extent is the block", 0, 7, { 0, 512, HUGE_PFN }, 0, false, true },
	{ "... the second one", 0, 700, { 512, 512, HUGE_PFN }, 0, false, true },
	{ "begins a page later", 0, 7, { 1, 1023, HUGE_PFN + 1 }, 0, false, false },
	{ "ends a page earlier", 0, 7, { 0, 511, HUGE_PFN }, 0, false, false },
	{ "ends in the second block", 0, 700, { 0, 1023, HUGE_PFN }, 0, false, false },
	{ "begins before the block", 0, 700, { 1, 1023, HUGE_PFN + 1 }, 0, false, true },
	{ "PFNs a page further", 0, 7, { 0, 1024, HUGE_PFN + 1 }, 0, false, false },
	{ "PFNs a page before", 0, 7, { 0, 1024, HUGE_PFN - 1 }, 0, false, false },
	{ "half a block of PFNs further", 0, 7, { 0, 1024, HUGE_PFN + 256 }, 0, false, false },
	{ "as a mapping of page 1 is", 1, 8, { 0, 2048, HUGE_PFN + 1 }, 0, false, false },
	{ "... with PFNs as addresses are", 1, 8, { 0, 2048, HUGE_PFN - 1 }, 0, false, true },
	{ "... or where the extent begins", 1, 8, { 2, 2048, HUGE_PFN + 1 }, 0, false, false },
	{ "all that there can be", 0, 7, { 0, MAX_PAGES, HUGE_PFN }, 0, false, true },
	{ "mixed pages", 0, 7, { 0, 1024, HUGE_PFN }, VM_MIXEDMAP, false, false },
	{ "tracked", 0, 7, { 0, 1024, HUGE_PFN }, 0, true, false },
};

TABLE(extents);

static void extents_fit(struct kunit *test)
{
	const typeof(extents[0]) *row = test->param_value;
	struct pfnfault_region region = { .base = 1024 };
	struct vm_area_struct vma = {
		.vm_start = HERE,
		.vm_end = HERE + 2 * PMD_SIZE,
		.vm_pgoff = 1024 + row->first,
		.vm_flags = row->flags,
	};
	struct vm_fault vmf = fault_at(&vma, row->page - row->first, 0);
	unsigned long dirty = 0;

	if (row->tracked)
		RCU_INIT_POINTER(region.dirty, &dirty);
	KUNIT_EXPECT_EQ_MSG(test, row->fits,
			    pfnfault_huge_fits(&region, &vmf, &row->extent),
			    "%s", row->name);
}

static const struct {
	const char *name;
	struct pfnfault_entry there;
	vm_fault_t leaf;
	int err;
	unsigned long nr;
	unsigned int leaves;
} inserts[] = {
	{ "nothing is there", { .state = PFNFAULT_NOTHING }, VM_FAULT_NOPAGE, 0,
	  BLOCK_PAGES, 1 },
	{ "the same is there", { .state = PFNFAULT_HUGE, .pfn = HUGE_PFN },
	  VM_FAULT_NOPAGE, 0, 0, 1 },
	{ "another place", { .state = PFNFAULT_HUGE, .pfn = HUGE_PFN + BLOCK_PAGES },
	  VM_FAULT_NOPAGE, PFNFAULT_LOST, 0, 0 },
	{ "a page table", { .state = PFNFAULT_TABLE }, VM_FAULT_NOPAGE,
	  PFNFAULT_RESIZE, 0, 0 },
	{ "core refuses it", { .state = PFNFAULT_NOTHING }, VM_FAULT_SIGBUS,
	  -EFAULT, 0, 1 },
	{ "no memory", { .state = PFNFAULT_NOTHING }, VM_FAULT_OOM, -ENOMEM, 0, 1 },
};

TABLE(inserts);

static void entries_are_set(struct kunit *test)
{
	const typeof(inserts[0]) *row = test->param_value;
	struct vm_area_struct vma = { .vm_flags = VM_SHARED | VM_WRITE };
	struct vm_fault vmf = { .vma = &vma, .address = HERE };
	unsigned long nr = 0;

	entry_there = row->there;
	leaf = row->leaf;
	leaves = 0;
	KUNIT_EXPECT_EQ_MSG(test, row->err, insert_huge(&vmf, HUGE_PFN, &nr), "%s",
			    row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->nr, nr, "pages: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->leaves, leaves, "core is asked: %s", row->name);
}

static struct kunit_case huge_cases[] = {
	CASE_OF(inserts, entries_are_set),
	CASE_OF(blocks, blocks_are_in_vmas),
	CASE_OF(extents, extents_fit),
	{}
};

SUITE(huge);
