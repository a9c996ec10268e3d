// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory type that is remembered of an extent. Would catch one that is taken
 * for the pages of another extent, or for another wish of the driver's.
 */
#include "test.h"
#include "pfnfault/verdict.c"

#define UC_BITS ((pteval_t)_PAGE_PCD)
#define PROT ((pteval_t)(_PAGE_PRESENT | _PAGE_USER | _PAGE_RW | _PAGE_NX))

static const struct {
	const char *name;
	unsigned long pfn, nr, piece;
	int start, end;
	u8 cache;
	bool known;
} pieces[] = {
	{ "all of the extent", PFN, 100, PFN, 0, 100, PFNFAULT_WC, true },
	{ "around the fault", PFN, 100, PFN, -50, 50, PFNFAULT_WC, true },
	{ "the first page", PFN, 100, PFN, 0, 1, PFNFAULT_WC, true },
	{ "the last page", PFN, 100, PFN + 99, 0, 1, PFNFAULT_WC, true },
	{ "the page behind", PFN, 100, PFN + 100, 0, 1, PFNFAULT_WC, false },
	{ "the last page and one more", PFN, 100, PFN + 99, 0, 2, PFNFAULT_WC, false },
	{ "the page before", PFN, 100, PFN - 1, 0, 1, PFNFAULT_WC, false },
	{ "the page before and the first", PFN, 100, PFN - 1, 0, 2, PFNFAULT_WC, false },
	{ "more than the extent", PFN, 100, PFN, 0, 101, PFNFAULT_WC, false },
	{ "another wish", PFN, 100, PFN, 0, 100, PFNFAULT_WB, false },
	{ "from PFN 0", 0, 100, 99, 0, 1, PFNFAULT_WC, true },
	{ "to the last PFN", -100ul, 100, -1ul, 0, 1, PFNFAULT_WC, true },
	{ "to the last PFN, and PFN 0", -100ul, 100, 0, 0, 1, PFNFAULT_WC, false },
	{ "none was seen", PFN, 0, PFN, 0, 1, PFNFAULT_WC, false },
};

TABLE(pieces);

static void extents_are_known_again(struct kunit *test)
{
	const typeof(pieces[0]) *row = test->param_value;
	struct fixture *fixture = fixture_start(test, 0, 100);
	struct pfnfault_region *region = &fixture->region;
	struct pfnfault_extent extent = {
		.nr = row->nr, .pfn = row->pfn, .cache = PFNFAULT_WC,
	};
	struct pfnfault_piece piece = {
		.pfn = row->piece, .start = row->start, .end = row->end,
		.cache = row->cache, .prot = __pgprot(PROT | _PAGE_PWT),
	};

	pfnfault_remember_verdict(region, &extent, __pgprot(PROT | UC_BITS));
	KUNIT_EXPECT_EQ_MSG(test, row->known,
			    pfnfault_recall_verdict(region, &piece), "%s",
			    row->name);
	KUNIT_EXPECT_EQ_MSG(test, PROT | (row->known ? UC_BITS : _PAGE_PWT),
			    pgprot_val(piece.prot), "prot: %s", row->name);
	piece.prot = __pgprot(PROT | _PAGE_PWT);
	pfnfault_forget_verdict(region);
	KUNIT_EXPECT_FALSE_MSG(test, pfnfault_recall_verdict(region, &piece),
			       "forgotten: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, PROT | _PAGE_PWT, pgprot_val(piece.prot),
			    "prot, forgotten: %s", row->name);
}

static void the_last_extent_counts(struct kunit *test)
{
	struct fixture *fixture = fixture_start(test, 0, 100);
	struct pfnfault_region *region = &fixture->region;
	struct pfnfault_extent extent = { .nr = 50, .pfn = PFN };
	struct pfnfault_piece piece = { .pfn = PFN, .end = 1 };

	pfnfault_remember_verdict(region, &extent, __pgprot(PROT | UC_BITS));
	extent.pfn += 50;
	pfnfault_remember_verdict(region, &extent, __pgprot(PROT));
	KUNIT_EXPECT_FALSE_MSG(test, pfnfault_recall_verdict(region, &piece),
			       "the first one");
	piece.pfn += 50;
	piece.prot = __pgprot(PROT | UC_BITS);
	KUNIT_EXPECT_TRUE_MSG(test, pfnfault_recall_verdict(region, &piece),
			      "the second one");
	KUNIT_EXPECT_EQ_MSG(test, PROT, pgprot_val(piece.prot), "its type");
}

static const struct {
	const char *name;
	unsigned long pfn;
	pteval_t prot;
	bool adopted;
} ptes[] = {
	{ "core's", PFN, PROT | _PAGE_PCD | _PAGE_SPECIAL, true },
	{ "core's, write-back", PFN, PROT, true },
	{ "of the page before", PFN - 1, PROT | _PAGE_PCD, false },
	{ "of the page behind", PFN + 1, PROT | _PAGE_PCD, false },
	{ "gone", 0, 0, false },
};

TABLE(ptes);

static void ptes_are_adopted(struct kunit *test)
{
	const typeof(ptes[0]) *row = test->param_value;
	struct pfnfault_piece piece = { .prot = __pgprot(PROT | _PAGE_PWT) };
	pte_t pte = __pte((row->pfn << PAGE_SHIFT) | row->prot);
	pteval_t cache = row->adopted ? row->prot & _PAGE_PCD : _PAGE_PWT;

	KUNIT_EXPECT_EQ_MSG(test, row->adopted,
			    pfnfault_adopt_verdict(&piece, PFN, pte), "%s",
			    row->name);
	KUNIT_EXPECT_EQ_MSG(test, PROT | cache, pgprot_val(piece.prot),
			    "prot: %s", row->name);
}

static struct kunit_case verdict_cases[] = {
	CASE_OF(pieces, extents_are_known_again),
	KUNIT_CASE(the_last_extent_counts),
	CASE_OF(ptes, ptes_are_adopted),
	{}
};

SUITE(verdict);
