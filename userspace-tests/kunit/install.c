// SPDX-License-Identifier: GPL-2.0-only
/*
 * What both installers share: who comes through the gate, and what the PTEs carry
 * while writes are tracked. Would catch an install that was resolved before an
 * invalidation, and a page that is writable without its write being told.
 */
#include "test.h"
#include "pfnfault/install.c"

static const struct {
	const char *name;
	unsigned long seq, sampled;
	bool enters;
} sequences[] = {
	{ "none so far", 0, 0, true },
	{ "none since", 7, 7, true },
	{ "one since", 8, 7, false },
	{ "one since, the first", 1, 0, false },
	{ "none since, at LONG_MAX", LONG_MAX, LONG_MAX, true },
	{ "one since, behind LONG_MAX", LONG_MAX + 1ul, LONG_MAX, false },
	{ "none since, at the end", -1ul, -1ul, true },
	{ "one since, behind the end", 0, -1ul, false },
	{ "2^32 since", 7 + (1ul << 32), 7, false },
};

TABLE(sequences);

static void the_gate(struct kunit *test)
{
	const typeof(sequences[0]) *row = test->param_value;
	struct fixture *fixture = fixture_start(test, 0, 100);
	struct pfnfault_region *region = &fixture->region;
	bool entered;

	atomic_long_set(&region->seq, row->seq);
	entered = pfnfault_enter_gate(region, row->sampled);
	KUNIT_EXPECT_EQ_MSG(test, row->enters, entered, "%s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->enters, rwsem_is_locked(&region->gate),
			    "held by who entered: %s", row->name);
	if (entered)
		up_read(&region->gate);
}

static void a_gate_that_is_shut(struct kunit *test)
{
	struct fixture *fixture = fixture_start(test, 0, 100);
	struct pfnfault_region *region = &fixture->region;

	down_write(&region->gate);
	KUNIT_EXPECT_FALSE_MSG(test, pfnfault_enter_gate(region, 0),
			       "while the sequence is bumped");
	up_write(&region->gate);
	KUNIT_EXPECT_TRUE_MSG(test, pfnfault_enter_gate(region, 0), "after that");
	up_read(&region->gate);
}

static const struct {
	const char *name;
	pteval_t prot, expected;
} prots[] = {
	{ "writable and dirty",
	  _PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY,
	  _PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED },
	{ "read-only",
	  _PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED,
	  _PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED },
	{ "not executable, uncached",
	  _PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_NX | _PAGE_PCD | _PAGE_PWT,
	  _PAGE_PRESENT | _PAGE_USER | _PAGE_NX | _PAGE_PCD | _PAGE_PWT },
	{ "no access, which has a PFN's bits inverted",
	  _PAGE_PROTNONE | _PAGE_ACCESSED, _PAGE_PROTNONE | _PAGE_ACCESSED },
};

TABLE(prots);

static void read_only_is_all_that_changes(struct kunit *test)
{
	const typeof(prots[0]) *row = test->param_value;

	KUNIT_EXPECT_EQ_MSG(test, row->expected,
			    pgprot_val(pfnfault_read_only(__pgprot(row->prot))),
			    "%s", row->name);
}

static const struct {
	const char *name;
	bool tracked;
	unsigned int flags;
	long offset;
	bool writable;
} permissions[] = {
	{ "not tracked, a read", false, 0, 0, true },
	{ "not tracked, a neighbour", false, 0, 1, true },
	{ "tracked, the page that is written", true, FAULT_FLAG_WRITE, 0, true },
	{ "tracked, the page that is read", true, FAULT_FLAG_USER, 0, false },
	{ "tracked, the page behind it", true, FAULT_FLAG_WRITE, 1, false },
	{ "tracked, the page before it", true, FAULT_FLAG_WRITE, -1, false },
};

TABLE(permissions);

static void only_what_is_written_is_writable(struct kunit *test)
{
	const typeof(permissions[0]) *row = test->param_value;
	const struct pfnfault_piece piece = {
		.prot = __pgprot(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER),
	};
	struct pfnfault_region region = {};
	struct vm_fault vmf = { .flags = row->flags };
	struct pfnfault_run run = { .vmf = &vmf, .region = &region };
	unsigned long dirty = 0;
	pgprot_t prot;

	if (row->tracked)
		RCU_INIT_POINTER(region.dirty, &dirty);
	prot = pfnfault_prot_of(&run, &piece, row->offset);
	KUNIT_EXPECT_EQ_MSG(test, row->writable,
			    !!(pgprot_val(prot) & _PAGE_RW), "%s", row->name);
	run.region = NULL;
	prot = pfnfault_prot_of(&run, &piece, row->offset);
	KUNIT_EXPECT_TRUE_MSG(test, pgprot_val(prot) & _PAGE_RW,
			      "without a region: %s", row->name);
}

/* The faulting page is page 3 of a piece, and page @dummy of that stands in. */
static const struct {
	const char *name;
	vm_flags_t vm_flags;
	unsigned int flags;
	int dummy;
	bool marked;
} writes[] = {
	{ "a write", VM_SHARED | VM_MAYWRITE, FAULT_FLAG_WRITE, 100, true },
	{ "a read", VM_SHARED | VM_MAYWRITE, FAULT_FLAG_USER, 100, false },
	{ "a write to a private copy", VM_MAYWRITE, FAULT_FLAG_WRITE, 100, false },
	{ "a write to what stands in", VM_SHARED | VM_MAYWRITE, FAULT_FLAG_WRITE,
	  3, false },
	{ "a write next to it", VM_SHARED | VM_MAYWRITE, FAULT_FLAG_WRITE, 0, true },
};

TABLE(writes);

static void writes_are_marked(struct kunit *test)
{
	const typeof(writes[0]) *row = test->param_value;
	struct fixture *fixture = fixture_start(test, MAX_PAGES - 64, 64);
	struct pfnfault_region *region = &fixture->region;
	struct vm_area_struct vma =
		vma_of_pages(region, HERE, 0, 64, row->vm_flags);
	struct vm_fault vmf = fault_at(&vma, 63, row->flags);
	struct page *dummy = virt_to_page(fixture);
	struct pfnfault_piece piece = {
		.pfn = page_to_pfn(dummy) - row->dummy, .start = -3, .end = 1,
	};
	struct pfnfault_run run = {
		.vmf = &vmf, .region = region, .pieces = &piece,
	};
	unsigned long dirty = 0;

	pfnfault_mark_write(&run);
	RCU_INIT_POINTER(region->dirty, &dirty);
	region->dummy = dummy;
	pfnfault_mark_write(&run);
	region->dummy = NULL;
	RCU_INIT_POINTER(region->dirty, NULL);
	KUNIT_EXPECT_EQ_MSG(test, row->marked ? 1ul << 63 : 0, dirty, "%s",
			    row->name);
}

static struct kunit_case install_cases[] = {
	CASE_OF(sequences, the_gate),
	KUNIT_CASE(a_gate_that_is_shut),
	CASE_OF(prots, read_only_is_all_that_changes),
	CASE_OF(permissions, only_what_is_written_is_writable),
	CASE_OF(writes, writes_are_marked),
	{}
};

SUITE(install);
