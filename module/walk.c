// SPDX-License-Identifier: GPL-2.0-only
/*
 * A look at the page table behind an address, without a lock.
 *
 * The lock of the fault (the VMA's, or mmap_lock) keeps the tables of its VMA
 * from being freed, but those of private mappings, empty ones of which
 * MADV_DONTNEED may free after an RCU grace period: look under rcu_read_lock().
 * What is seen may be old when it is used. A table that is there stays there; an
 * entry that is empty may be filled, or a huge one cleared, at any time.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>

#include "compat.h"
#include "internal.h"

/**
 * pfnfault_walk() - what is there to map an address?
 * @mm: the mm
 * @addr: address in a VMA that is locked
 *
 * Context: rcu_read_lock() is held for as long as the PTE is read; then comes
 * pfnfault_unmap_pte(), if there is one.
 * Return: see struct pfnfault_entry.
 */
struct pfnfault_entry pfnfault_walk(struct mm_struct *mm, unsigned long addr)
{
	struct pfnfault_entry entry = { .state = PFNFAULT_NOTHING };
	pgd_t *pgdp = pgd_offset(mm, addr);
	pgd_t pgd = READ_ONCE(*pgdp);
	p4d_t *p4dp, p4d;
	pud_t *pudp, pud;
	pmd_t *pmdp, pmd;

	if (pgd_none(pgd))
		return entry;
	p4dp = p4d_offset_lockless(pgdp, pgd, addr);
	p4d = READ_ONCE(*p4dp);
	if (p4d_none(p4d))
		return entry;
	pudp = pud_offset_lockless(p4dp, p4d, addr);
	pud = READ_ONCE(*pudp);
	/* Of regions, there are no leaves here. */
	if (pud_none(pud) || pud_leaf(pud))
		return entry;
	pmdp = pmd_offset_lockless(pudp, pud, addr);
	pmd = pfnfault_read_pmd(pmdp);
	if (pmd_none(pmd))
		return entry;
	if (pmd_leaf(pmd)) {
		entry.state = PFNFAULT_HUGE;
		entry.pfn = pmd_pfn(pmd);
		return entry;
	}
	entry.state = PFNFAULT_TABLE;
	entry.pte = pfnfault_map_pte(pmd, addr);
	return entry;
}
