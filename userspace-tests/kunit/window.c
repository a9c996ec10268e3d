// SPDX-License-Identifier: GPL-2.0-only
/*
 * The window of a fault: what is mapped next to it, the window that follows from
 * that, and where VMAs and page tables end it. Would catch a page too many or too
 * few at any of these ends.
 */
#include "test.h"

/* Two page tables: below HERE, and from there on. Pages are counted from HERE. */
static pte_t tables[2][PTRS_PER_PTE];
static bool no_table_below;

static struct pfnfault_entry walk(struct mm_struct *mm, unsigned long addr)
{
	struct pfnfault_entry entry = { .state = PFNFAULT_NOTHING };
	unsigned long offset = addr - (HERE - PMD_SIZE);

	if (offset >= 2 * PMD_SIZE || (addr < HERE && no_table_below))
		return entry;
	entry.state = PFNFAULT_TABLE;
	entry.pte = &tables[offset / PMD_SIZE][pte_index(addr)];
	return entry;
}

#undef pfnfault_walk
#define pfnfault_walk walk
#include "pfnfault/window.c"

static void map(long from, long to)
{
	pte_t *pte = &tables[0][0] + PTES;
	long i;

	memset(tables, 0, sizeof(tables));
	for (i = from; i < to; i++)
		pte[i] = pfn_pte(PFN + i, PAGE_READONLY);
}

static struct vm_area_struct vma_from(long from, long to, vm_flags_t flags)
{
	return (struct vm_area_struct){
		.vm_start = HERE + from * PAGE_SIZE,
		.vm_end = HERE + to * PAGE_SIZE,
		.vm_flags = flags,
	};
}

static struct vm_fault fault_on(struct vm_area_struct *vma, long page)
{
	return (struct vm_fault){
		.vma = vma, .address = HERE + page * PAGE_SIZE,
	};
}

static const struct {
	const char *name;
	long vm_start, vm_end, page;
	int step;
	long from, to, hole, expected;
	bool no_table;
} histories[] = {
	{ "nothing behind", -PTES, PTES, 100, -1, 0, 0, -1, 0 },
	{ "1 behind", -PTES, PTES, 100, -1, 99, 100, -1, 1 },
	{ "2 behind", -PTES, PTES, 100, -1, 98, 100, -1, 2 },
	{ "3 behind", -PTES, PTES, 100, -1, 97, 100, -1, 2 },
	{ "4 behind", -PTES, PTES, 100, -1, 96, 100, -1, 4 },
	{ "64 behind", -PTES, PTES, 100, -1, 36, 100, -1, 64 },
	{ "not the page right behind", -PTES, PTES, 100, -1, 0, 99, -1, 0 },
	{ "a hole where it is probed", -PTES, PTES, 100, -1, 0, 100, 98, 1 },
	{ "a hole where it is not", -PTES, PTES, 100, -1, 96, 100, 97, 4 },
	{ "the first page of a VMA", 100, PTES, 100, -1, 0, PTES, -1, 0 },
	{ "2 pages into a VMA", 98, PTES, 100, -1, 0, PTES, -1, 2 },
	{ "3 pages into a VMA", 97, PTES, 100, -1, 0, PTES, -1, 2 },
	{ "4 pages into a VMA", 96, PTES, 100, -1, 0, PTES, -1, 4 },
	{ "3 pages into a table", -PTES, PTES, 3, -1, -PTES, PTES, -1, 2 },
	{ "4 pages into a table", -PTES, PTES, 4, -1, -PTES, PTES, -1, 4 },
	{ "the table before", -PTES, PTES, 0, -1, -PTES, 0, -1, PTES },
	{ "the VMA's part of the table before", -8, PTES, 0, -1, -PTES, 0, -1, 8 },
	{ "no table before", -PTES, PTES, 0, -1, -PTES, 0, -1, 0, true },
	{ "1 ahead", -PTES, PTES, 100, 1, 101, 102, -1, 1 },
	{ "3 ahead", -PTES, PTES, 100, 1, 101, 104, -1, 2 },
	{ "4 ahead", -PTES, PTES, 100, 1, 101, 105, -1, 4 },
	{ "a hole ahead", -PTES, PTES, 100, 1, 101, 200, 102, 1 },
	{ "the last page of a VMA", -PTES, 101, 100, 1, 0, PTES, -1, 0 },
	{ "3 pages before a VMA's end", -PTES, 104, 100, 1, 0, PTES, -1, 2 },
	{ "4 pages before a VMA's end", -PTES, 105, 100, 1, 0, PTES, -1, 4 },
	{ "3 pages before a table's end", -PTES, PTES, -4, 1, -PTES, PTES, -1, 2 },
	{ "4 pages before a table's end", -PTES, PTES, -5, 1, -PTES, PTES, -1, 4 },
	{ "the table behind", -PTES, PTES, -1, 1, 0, PTES, -1, PTES },
};

TABLE(histories);

static void history_is_found(struct kunit *test)
{
	const typeof(histories[0]) *row = test->param_value;
	struct vm_area_struct vma = vma_from(row->vm_start, row->vm_end, 0);
	struct vm_fault vmf = fault_on(&vma, row->page);

	map(row->from, row->to);
	if (row->hole >= 0)
		tables[1][row->hole] = __pte(0);
	no_table_below = row->no_table;
	KUNIT_EXPECT_EQ_MSG(test, row->expected, history(&vmf, row->step),
			    "%s", row->name);
	no_table_below = false;
}

static const struct {
	const char *name;
	long vm_start, vm_end, page, start, end, first, last;
} clips[] = {
	{ "nothing to clip", -PTES, PTES, 100, -50, 50, -50, 50 },
	{ "the VMA's start", 90, PTES, 100, -50, 50, -10, 50 },
	{ "... touched", 50, PTES, 100, -50, 50, -50, 50 },
	{ "the VMA's end", -PTES, 104, 100, -50, 50, -50, 4 },
	{ "... touched", -PTES, 150, 100, -50, 50, -50, 50 },
	{ "... one page less", -PTES, 149, 100, -50, 50, -50, 49 },
	{ "both ends of the VMA", 99, 102, 100, -50, 50, -1, 2 },
	{ "a VMA of one page", 100, 101, 100, -50, 50, 0, 1 },
	{ "the table's start", -PTES, PTES, 10, -50, 50, -10, 50 },
	{ "the table's end", -PTES, PTES, -10, -50, 50, -50, 10 },
	{ "the table's first page", -PTES, PTES, 0, -PTES, PTES, 0, PTES },
	{ "the table's last page", -PTES, PTES, -1, -PTES, PTES, 1 - PTES, 1 },
	{ "a page alone", -PTES, PTES, 100, 0, 1, 0, 1 },
	{ "all that there is", -PTES, PTES, 100, -LONG_MAX, LONG_MAX, -100, PTES - 100 },
	{ "address 0", -(long)(HERE >> PAGE_SHIFT), 0, -(long)(HERE >> PAGE_SHIFT),
	  -50, 50, 0, 50 },
};

TABLE(clips);

static void runs_are_clipped(struct kunit *test)
{
	const typeof(clips[0]) *row = test->param_value;
	struct vm_area_struct vma = vma_from(row->vm_start, row->vm_end, 0);
	struct vm_fault vmf = fault_on(&vma, row->page);
	struct pfnfault_run run = { .vmf = &vmf };

	pfnfault_clip(&run, row->start, row->end);
	KUNIT_EXPECT_EQ_MSG(test, row->first, run.start, "start: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->last, run.end, "end: %s", row->name);
}

static const struct {
	const char *name;
	vm_flags_t flags;
	long page, from, to;
	unsigned long nr;
	long limit, start, end;
	bool ahead;
} windows[] = {
	{ "in a block", 0, 100, 0, 0, 0, PTES, -4, 12, false },
	{ "first of a block", 0, 96, 0, 0, 0, PTES, 0, 16, false },
	{ "last of a block", 0, 111, 0, 0, 0, PTES, -15, 1, false },
	{ "upwards, 1 behind", 0, 96, 95, 96, 0, PTES, 0, 16, true },
	{ "upwards, 2 behind", 0, 96, 94, 96, 0, PTES, 0, 16, true },
	{ "upwards, 4 behind", 0, 96, 92, 96, 0, PTES, 0, 32, true },
	{ "upwards, 16 behind", 0, 96, 80, 96, 0, PTES, 0, 128, true },
	{ "upwards, to the table's end", 0, 96, 32, 96, 0, PTES, 0, PTES - 96, true },
	{ "upwards, to the limit", 0, 96, 32, 96, 0, 64, 0, 64, true },
	{ "upwards, from the table before", 0, 0, -PTES, 0, 0, PTES, 0, PTES, true },
	{ "mapped behind, second of a block", 0, 97, 0, 97, 0, PTES, -1, 15, false },
	{ "downwards, 1 ahead", 0, 111, 112, 113, 0, PTES, -15, 1, true },
	{ "downwards, 4 ahead", 0, 111, 112, 116, 0, PTES, -31, 1, true },
	{ "downwards, to the table's start", 0, 111, 112, 400, 0, PTES, -111, 1, true },
	{ "downwards, to the limit", 0, 111, 112, 400, 0, 32, -31, 1, true },
	{ "mapped ahead, last but one", 0, 110, 111, 400, 0, PTES, -14, 2, false },
	{ "a limit below a block", 0, 101, 0, 0, 0, 4, -1, 3, false },
	{ "... upwards", 0, 100, 0, 100, 0, 4, 0, 4, true },
	{ "a limit of 2, upwards", 0, 100, 0, 100, 0, 2, 0, 2, true },
	{ "a limit of 2, downwards", 0, 101, 102, 200, 0, 2, -1, 1, true },
	{ "5 pages wanted", 0, 100, 0, 0, 5, PTES, 0, 5, true },
	{ "more than the limit wanted", 0, 100, 0, 0, 65, 64, 0, 64, true },
	{ "more than there is wanted", 0, 100, 0, 0, ULONG_MAX, PTES, 0, PTES - 100, true },
	{ "MADV_SEQUENTIAL", VM_SEQ_READ, 100, 0, 0, 0, 32, 0, 32, true },
	{ "... to the table's end", VM_SEQ_READ, 100, 0, 0, 0, PTES, 0, PTES - 100, true },
	{ "... and 5 pages wanted", VM_SEQ_READ, 100, 0, 0, 5, PTES, 0, 5, true },
	{ "MADV_RANDOM", VM_RAND_READ, 96, 0, 96, 0, PTES, 0, 1, true },
};

TABLE(windows);

static void windows_are_opened(struct kunit *test)
{
	const typeof(windows[0]) *row = test->param_value;
	struct vm_area_struct vma = vma_from(-PTES, PTES, row->flags);
	struct vm_fault vmf = fault_on(&vma, row->page);
	struct pfnfault_run run = { .vmf = &vmf, .end = 1 };

	map(row->from, row->to);
	pfnfault_open_window(&run, row->nr, row->limit);
	KUNIT_EXPECT_EQ_MSG(test, row->start, run.start, "start: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->end, run.end, "end: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->ahead, run.ahead, "ahead: %s", row->name);
}

static const struct {
	const char *name;
	unsigned int pages;
	bool is;
} sizes[] = {
	{ "0", 0, false },
	{ "1", 1, true },
	{ "2", 2, true },
	{ "3", 3, false },
	{ "half a table", PTRS_PER_PTE / 2, true },
	{ "a table", PTRS_PER_PTE, true },
	{ "a page less", PTRS_PER_PTE - 1, false },
	{ "two tables", 2 * PTRS_PER_PTE, false },
	{ "2^16, which a u16 has not", 1u << 16, false },
	{ "2^31", 1u << 31, false },
	{ "UINT_MAX", UINT_MAX, false },
};

TABLE(sizes);

static void sizes_are_checked(struct kunit *test)
{
	const typeof(sizes[0]) *row = test->param_value;
	struct pfnfault_region region = { .window = 8 };

	KUNIT_EXPECT_EQ_MSG(test, row->is, pfnfault_is_window(row->pages),
			    "%s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->is ? 0 : -EINVAL,
			    pfnfault_region_set_window(&region, row->pages),
			    "set: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->is ? row->pages : 8, region.window,
			    "what is set: %s", row->name);
}

static struct kunit_case window_cases[] = {
	CASE_OF(histories, history_is_found),
	CASE_OF(clips, runs_are_clipped),
	CASE_OF(windows, windows_are_opened),
	CASE_OF(sizes, sizes_are_checked),
	{}
};

SUITE(window);
