// SPDX-License-Identifier: GPL-2.0-only
/*
 * The installer that sets PTEs, on a page table that nobody uses. Would catch a PTE
 * too many, one with another page's PFN, and one that is set over another.
 */
#include "test.h"

/* Core, which is asked for one page: what it refuses. */
static long refused;
static vm_fault_t refusal;

static vm_fault_t insert(struct pfnfault_run *run,
			 const struct pfnfault_piece *piece, long offset)
{
	return offset == refused ? refusal : VM_FAULT_NOPAGE;
}

/* Without memory for a page table. */
static int walk(struct mm_struct *mm, unsigned long addr, unsigned long size,
		pte_fn_t fn, void *data)
{
	return -ENOMEM;
}

#undef pfnfault_insert_by_core
#define pfnfault_insert_by_core insert
#define apply_to_page_range walk
#include "pfnfault/install_direct.c"

#define USER ((pteval_t)(_PAGE_PRESENT | _PAGE_USER | _PAGE_NX))
#define FAULTING 8	/* its PTE, in a table of 16 */

static pte_t table[16];

static void expect_pte(struct kunit *test, unsigned int i, unsigned long pfn)
{
	KUNIT_EXPECT_EQ_MSG(test,
			    pfn ? (pfn << PAGE_SHIFT) | USER | _PAGE_SPECIAL : 0,
			    pte_val(table[i]), "PTE %u", i);
}

static void pages_are_filled(struct kunit *test)
{
	pte_t other = __pte(((PFN + 77) << PAGE_SHIFT) | USER);
	unsigned long installed;
	unsigned int i;

	memset(table, 0, sizeof(table));
	table[5] = other;
	installed = fill_pages(NULL, HERE, &table[2], pfn_pte(PFN, __pgprot(USER)), 6);
	KUNIT_EXPECT_EQ_MSG(test, 5, installed, "all but one that was there");
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		if (i == 5)
			KUNIT_EXPECT_EQ_MSG(test, pte_val(other), pte_val(table[i]),
					    "what was there stays");
		else
			expect_pte(test, i, i >= 2 && i < 8 ? PFN + i - 2 : 0);
	}
	memset(table, 0, sizeof(table));
	installed = fill_pages(NULL, HERE, &table[2], pfn_pte(PFN, __pgprot(USER)), 1);
	KUNIT_EXPECT_EQ_MSG(test, 1, installed, "one page");
	expect_pte(test, 2, PFN);
	expect_pte(test, 3, 0);
}

/* Two pieces: pages -2 to 2, and 3 and 4; what fill() makes of them. */
static int fill_run(struct pfnfault_piece *pieces, struct pfnfault_run *run)
{
	static struct vm_area_struct vma;
	struct vm_fault vmf = { .vma = &vma };

	memset(table, 0, sizeof(table));
	pieces[0] = (struct pfnfault_piece){
		.pfn = PFN, .prot = __pgprot(USER), .start = -2, .end = 3,
		.adopt = pieces[0].adopt,
	};
	pieces[1] = (struct pfnfault_piece){
		.pfn = PFN + 100, .prot = __pgprot(USER), .start = 3, .end = 5,
		.adopt = pieces[1].adopt,
	};
	run->vmf = &vmf;
	run->start = -2;
	run->end = 5;
	run->nr = 2;
	run->pieces = pieces;
	/* What core has put there, in the other cache mode. */
	if (pieces[0].adopt)
		table[FAULTING] = __pte(((PFN + 2) << PAGE_SHIFT) | USER |
					_PAGE_PCD | _PAGE_SPECIAL);
	return fill(run, &table[FAULTING], HERE);
}

static void pieces_are_filled(struct kunit *test)
{
	struct pfnfault_piece pieces[2] = {};
	struct pfnfault_run run = {};
	long i;

	KUNIT_EXPECT_EQ(test, 0, fill_run(pieces, &run));
	KUNIT_EXPECT_EQ_MSG(test, 7, run.installed, "pages");
	for (i = -FAULTING; i < 16 - FAULTING; i++)
		expect_pte(test, FAULTING + i, i < -2 || i >= 5 ? 0 :
			   i < 3 ? PFN + 2 + i : PFN + 100 + i - 3);
}

static void the_sequence_is_compared(struct kunit *test)
{
	struct fixture *fixture = fixture_start(test, 0, 100);
	struct pfnfault_piece pieces[2] = {};
	struct pfnfault_run run = { .region = &fixture->region, .seq = LONG_MAX };
	unsigned int i;

	atomic_long_set(&fixture->region.seq, LONG_MIN);
	KUNIT_EXPECT_EQ(test, PFNFAULT_LOST, fill_run(pieces, &run));
	KUNIT_EXPECT_EQ_MSG(test, 0, run.installed, "pages");
	for (i = 0; i < ARRAY_SIZE(table); i++)
		expect_pte(test, i, 0);
	atomic_long_set(&fixture->region.seq, LONG_MAX);
	KUNIT_EXPECT_EQ(test, 0, fill_run(pieces, &run));
	KUNIT_EXPECT_EQ_MSG(test, 7, run.installed, "pages");
}

static void what_core_did_is_adopted(struct kunit *test)
{
	struct pfnfault_piece pieces[2] = { { .adopt = true } };
	struct pfnfault_run run = {};
	pteval_t bits;
	long i;

	KUNIT_EXPECT_EQ(test, 0, fill_run(pieces, &run));
	KUNIT_EXPECT_EQ_MSG(test, 6, run.installed, "all but core's");
	for (i = -2; i < 5; i++) {
		bits = pte_val(table[FAULTING + i]) & _PAGE_CACHE_MASK;
		KUNIT_EXPECT_EQ_MSG(test, i < 3 ? _PAGE_PCD : 0, bits,
				    "cache mode of page %ld", i);
	}
}

static void what_is_gone_is_not_adopted(struct kunit *test)
{
	struct pfnfault_piece pieces[2] = { {}, { .adopt = true } };
	struct pfnfault_run run = {};

	/* Core's page of the second piece was zapped again. */
	KUNIT_EXPECT_EQ(test, 0, fill_run(pieces, &run));
	KUNIT_EXPECT_EQ_MSG(test, 5, run.installed, "the first piece");
	KUNIT_EXPECT_EQ_MSG(test, 4, run.end, "known up to core's page");
	KUNIT_EXPECT_FALSE_MSG(test, pieces[1].adopt, "not remembered");
	expect_pte(test, FAULTING + 3, 0);
	expect_pte(test, FAULTING + 4, 0);
}

/* Pieces of unknown memory types: pages -2 to 2, 3 and 4, -4 and -3. */
static const struct {
	const char *name;
	long refused;
	vm_fault_t refusal;
	int err;
	long end;
	bool adopted[3];
} unknown[] = {
	{ "all of it", 99, 0, 0, 5, { true, true, true } },
	{ "the faulting page is refused", 0, VM_FAULT_SIGBUS, -EFAULT, 5 },
	{ "no memory for it", 0, VM_FAULT_OOM, -ENOMEM, 5 },
	{ "the next piece is refused", 3, VM_FAULT_SIGBUS, 0, 3, { true, false, true } },
	{ "the one before is refused", -4, VM_FAULT_OOM, 0, 5, { true, true, false } },
};

TABLE(unknown);

static void pieces_that_core_refuses(struct kunit *test)
{
	const typeof(unknown[0]) *row = test->param_value;
	struct pfnfault_piece pieces[] = {
		{ .start = -2, .end = 3, .adopt = true },
		{ .start = 3, .end = 5, .adopt = true },
		{ .start = -4, .end = -2, .adopt = true },
	};
	struct pfnfault_run run = {
		.start = -4, .end = 5, .nr = 3, .pieces = pieces,
	};
	unsigned int i;

	refused = row->refused;
	refusal = row->refusal;
	KUNIT_EXPECT_EQ_MSG(test, row->err, insert_unknown(&run), "%s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->end, run.end, "end: %s", row->name);
	if (row->err)
		return;
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ_MSG(test, row->adopted[i], pieces[i].adopt,
				    "piece %u: %s", i, row->name);
		KUNIT_EXPECT_EQ_MSG(test, !row->adopted[i],
				    pieces[i].start == pieces[i].end,
				    "piece %u is empty: %s", i, row->name);
	}
}

/* Core had memory for the faulting page, and there is none to fill in the others. */
static void cores_page_is_enough(struct kunit *test)
{
	struct pfnfault_piece piece = { .start = -2, .end = 3, .adopt = true };
	struct vm_area_struct vma = {};
	struct vm_fault vmf = { .vma = &vma };
	struct pfnfault_run run = {
		.vmf = &vmf, .start = -2, .end = 3, .nr = 1, .pieces = &piece,
	};

	refused = 99;
	KUNIT_EXPECT_EQ(test, 0, insert_and_fill(&run, false));
	KUNIT_EXPECT_EQ_MSG(test, 1, run.end, "one page is known to be there");
	KUNIT_EXPECT_FALSE_MSG(test, piece.adopt, "nothing to be remembered");
}

static struct kunit_case install_direct_cases[] = {
	CASE_OF(unknown, pieces_that_core_refuses),
	KUNIT_CASE(cores_page_is_enough),
	KUNIT_CASE(pages_are_filled),
	KUNIT_CASE(pieces_are_filled),
	KUNIT_CASE(the_sequence_is_compared),
	KUNIT_CASE(what_core_did_is_adopted),
	KUNIT_CASE(what_is_gone_is_not_adopted),
	{}
};

SUITE(install_direct);
