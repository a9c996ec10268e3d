// SPDX-License-Identifier: GPL-2.0-only
/*
 * What module/compat.h and internal.h do with PTEs, PMDs, PFNs and flags. Would
 * catch a bit that spills from the PFN into what else a PTE carries, or back.
 */
#include "test.h"

#define PROT ((pteval_t)(_PAGE_PRESENT | _PAGE_USER | _PAGE_RW | _PAGE_NX))
#define LAST_PFN ((1ul << (boot_cpu_data.x86_phys_bits - PAGE_SHIFT)) - 1)

static const struct {
	const char *name;
	unsigned long pfn;
	pteval_t prot;
} ptes[] = {
	{ "PFN 0", 0, PROT },
	{ "a carry", 0xfffff, PROT },
	{ "a carry into bit 32", (1ul << 32) - 1, PROT },
	{ "all that is not the PFN", PFN, PROT | _PAGE_PCD | _PAGE_PWT | _PAGE_PAT |
	  _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_GLOBAL | _PAGE_SPECIAL },
	{ "write-combining", PFN, PROT | _PAGE_PWT },
};

TABLE(ptes);

static void next_ptes(struct kunit *test)
{
	const typeof(ptes[0]) *row = test->param_value;
	pte_t pte = __pte((row->pfn << PAGE_SHIFT) | row->prot);
	pte_t next = pfnfault_next_pte(pte);

	KUNIT_EXPECT_EQ_MSG(test, row->pfn + 1, pte_pfn(next), "PFN: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->prot, pte_flags(next), "the rest: %s",
			    row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->prot & (_PAGE_PCD | _PAGE_PWT | _PAGE_PAT),
			    pgprot_val(pfnfault_pte_cache(pte)),
			    "cache mode: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->prot, pgprot_val(pfnfault_pte_prot(pte)),
			    "prot: %s", row->name);
}

static void no_access_carries_no_pfn(struct kunit *test)
{
	pteval_t none = _PAGE_PROTNONE | _PAGE_ACCESSED;
	pte_t pte = pfn_pte(0, __pgprot(none));

	KUNIT_EXPECT_NE_MSG(test, none, pte_val(pte), "PFNs are inverted there");
	KUNIT_EXPECT_EQ(test, none, pgprot_val(pfnfault_pte_prot(pte)));
}

static void pfns_end(struct kunit *test)
{
	KUNIT_EXPECT_TRUE_MSG(test, pfnfault_pfn_exists(0), "PFN 0");
	KUNIT_EXPECT_TRUE_MSG(test, pfnfault_pfn_exists(LAST_PFN), "the last");
	KUNIT_EXPECT_FALSE_MSG(test, pfnfault_pfn_exists(LAST_PFN + 1),
			       "the one behind");
	KUNIT_EXPECT_FALSE_MSG(test, pfnfault_pfn_exists(~0ul), "no PFN at all");
}

static const struct {
	const char *name;
	vm_flags_t flags;
	bool cow;
} vmas[] = {
	{ "shared", VM_SHARED | VM_MAYWRITE, false },
	{ "shared, of a file that is read", VM_MAYSHARE, false },
	{ "private", VM_MAYWRITE, true },
	{ "private, writable", VM_MAYWRITE | VM_WRITE, true },
	{ "private, read-only for good", VM_READ, false },
};

TABLE(vmas);

static void private_vmas_are_copied(struct kunit *test)
{
	const typeof(vmas[0]) *row = test->param_value;
	struct vm_area_struct vma = { .vm_flags = row->flags };

	KUNIT_EXPECT_EQ_MSG(test, row->cow, pfnfault_is_cow(&vma), "%s", row->name);
}

static void tables_are_told_from_leaves(struct kunit *test)
{
	pmd_t table = __pmd((PFN << PAGE_SHIFT) | _KERNPG_TABLE | _PAGE_USER);

	KUNIT_EXPECT_FALSE_MSG(test, pfnfault_is_table(__pmd(0)), "nothing");
	KUNIT_EXPECT_TRUE_MSG(test, pfnfault_is_table(table), "a table");
#ifdef PFNFAULT_LEAVES
	KUNIT_EXPECT_FALSE_MSG(test,
			       pfnfault_is_table(__pmd((PFN << PAGE_SHIFT) |
						       _PAGE_PSE | PROT)),
			       "a huge entry");
#endif
	KUNIT_EXPECT_EQ_MSG(test, PTES, 1 << PFNFAULT_PMD_ORDER,
			    "a huge entry is as many pages as a table");
}

static const struct {
	const char *name;
	enum pfnfault_cache cache;
	enum page_cache_mode mode;
} wishes[] = {
	{ "write-back", PFNFAULT_WB, _PAGE_CACHE_MODE_WB },
	{ "write-combining", PFNFAULT_WC, _PAGE_CACHE_MODE_WC },
	{ "uncached", PFNFAULT_UC, _PAGE_CACHE_MODE_UC_MINUS },
};

TABLE(wishes);

static void wishes_become_bits(struct kunit *test)
{
	const typeof(wishes[0]) *row = test->param_value;
	pteval_t bits = cachemode2protval(row->mode);
	pgprot_t prot = pfnfault_cache_prot(__pgprot(PROT), row->cache);

	KUNIT_EXPECT_EQ_MSG(test, PROT | bits, pgprot_val(prot), "%s", row->name);
	prot = pfnfault_with_cache_bits(__pgprot(PROT | _PAGE_CACHE_MASK), bits);
	KUNIT_EXPECT_EQ_MSG(test, PROT | bits, pgprot_val(prot), "instead: %s",
			    row->name);
}

static struct kunit_case compat_cases[] = {
	CASE_OF(ptes, next_ptes),
	KUNIT_CASE(no_access_carries_no_pfn),
	KUNIT_CASE(pfns_end),
	CASE_OF(vmas, private_vmas_are_copied),
	KUNIT_CASE(tables_are_told_from_leaves),
	CASE_OF(wishes, wishes_become_bits),
	{}
};

SUITE(compat);
