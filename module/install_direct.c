// SPDX-License-Identifier: GPL-2.0-only
/*
 * The installer for machines where a module can set PTEs: one walk, one PTE
 * lock, one callback that compares the sequence and fills the table. That it
 * cannot install what was taken back is argued in install.c.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/rwsem.h>
#include <linux/sched/mm.h>

#include "compat.h"
#include "races.h"

/* The page of a piece that core is asked for: the faulting one, if it is there. */
static long first_of(const struct pfnfault_run *run,
		     const struct pfnfault_piece *piece)
{
	return piece == run->pieces ? 0 : piece->start;
}

static PFNFAULT_SET_PTE void set_special(struct mm_struct *mm,
					 unsigned long addr, pte_t *pte,
					 pte_t value)
{
	set_pte_at(mm, addr, pte, pte_mkspecial(value));
}

/* From @pte on, @nr pages: @value is the first one's. PTEs that are there stay. */
static unsigned long fill_pages(struct mm_struct *mm, unsigned long addr,
				pte_t *pte, pte_t value, long nr)
{
	unsigned long installed = 0;
	pte_t *end = pte + nr;

	for (;;) {
		if (pte_none(ptep_get(pte))) {
			set_special(mm, addr, pte, value);
			installed++;
		}
		if (++pte == end)
			return installed;
		addr += PAGE_SIZE;
		value = pfnfault_next_pte(value);
	}
}

/*
 * Core has installed a page of a piece: do as it did. False where its PTE is gone
 * again: then nothing is known of the others, and they are left out.
 */
static bool adopt(struct pfnfault_run *run, struct pfnfault_piece *piece,
		  pte_t *pte)
{
	long first = first_of(run, piece);
	unsigned long pfn;

	if (!piece->adopt)
		return true;
	pfn = piece->pfn + (first - piece->start);
	piece->adopt = pfnfault_adopt_verdict(piece, pfn,
					      ptep_get(pte + first));
	if (!piece->adopt && first >= 0)
		run->end = min(run->end, first + 1);
	return piece->adopt;
}

/* All pieces, but for the faulting page. */
static void fill_others(struct pfnfault_run *run, pte_t *pte,
			unsigned long addr)
{
	struct mm_struct *mm = run->vmf->vma->vm_mm;
	struct pfnfault_piece *piece = run->pieces;
	pgprot_t prot;
	pte_t value;
	long start;

	for (; piece < run->pieces + run->nr; piece++) {
		start = piece->start;
		if (!adopt(run, piece, pte) || start == piece->end)
			continue;
		prot = pfnfault_prot_of(run, piece, 1);
		value = pfn_pte(piece->pfn, prot);
		run->installed += fill_pages(mm,
					     addr + start * (long)PAGE_SIZE,
					     pte + start, value,
					     piece->end - start);
	}
}

/* Under the PTE lock. @pte and @addr are those of the faulting page. */
static __always_inline int fill(struct pfnfault_run *run, pte_t *pte,
				unsigned long addr)
{
	const struct pfnfault_piece *piece = run->pieces;
	pgprot_t prot;

	if (run->region) {
		/*
		 * The table is published: its upper-level entry was written,
		 * here or elsewhere, before the sequence is read. Pairs with
		 * the barrier after the bump in pfnfault_bump():
		 * litmus/table-*, litmus/revoke, litmus/dirty.
		 */
		race_fault_mb();
		if (race_lost(run->region, run->seq))
			return PFNFAULT_LOST;
	}
	pfnfault_mark_write(run);
	/* Of a piece to adopt, it is core's, or was. */
	if (!piece->adopt && pte_none(ptep_get(pte))) {
		/* While writes are tracked, it alone may be writable. */
		prot = pfnfault_prot_of(run, piece, 0);
		set_special(run->vmf->vma->vm_mm, addr, pte,
			    pfn_pte(piece->pfn - piece->start, prot));
		run->installed++;
	}
	if (run->end - run->start > 1 || piece->adopt)
		fill_others(run, pte, addr);
	return 0;
}

/* Called once, for the faulting page, with the PTE lock of its table held. */
static int fill_table(pte_t *pte, unsigned long addr, void *data)
{
	return fill(data, pte, addr);
}

/*
 * The page table of a region's page, where there is one. It stays there: the
 * lock of the fault keeps out who unmaps, and what else frees page tables keeps
 * away, MADV_DONTNEED from VM_PFNMAP, and huge pages of files from an inode that
 * has none.
 */
static bool find_table(const struct pfnfault_run *run, pmd_t *pmd)
{
	const struct vm_fault *vmf = run->vmf;

	if (!run->region || !vmf->pmd || (vmf->vma->vm_flags & VM_MIXEDMAP))
		return false;
	*pmd = READ_ONCE(*vmf->pmd);
	return pfnfault_is_table(*pmd);
}

/* The table may lie anywhere: fill_table() is asked for one page, and fills. */
static int fill_around(struct pfnfault_run *run)
{
	const struct vm_fault *vmf = run->vmf;
	struct mm_struct *mm = vmf->vma->vm_mm;
	spinlock_t *ptl; /* of the page table */
	pmd_t pmd;
	int err;

	if (!find_table(run, &pmd))
		return apply_to_page_range(mm, vmf->address, PAGE_SIZE,
					   fill_table, run);
	ptl = pte_lockptr(mm, &pmd);
	/* A zap takes it, too: litmus/table-*, litmus/revoke, litmus/dirty. */
	spin_lock(ptl);
	err = fill(run, pte_offset_kernel(&pmd, vmf->address), vmf->address);
	spin_unlock(ptl);
	return err;
}

/*
 * One page by core, of each piece whose memory type is not known. The faulting
 * page is in the first one; what core refuses of the others is left out.
 */
static int insert_unknown(struct pfnfault_run *run)
{
	struct pfnfault_piece *piece = run->pieces;
	unsigned int i;
	vm_fault_t ret;

	for (i = 0; i < run->nr; i++, piece++) {
		if (!piece->adopt)
			continue;
		ret = pfnfault_insert_by_core(run, piece, first_of(run, piece));
		if (ret == VM_FAULT_NOPAGE)
			continue;
		if (!i)
			return ret & VM_FAULT_OOM ? -ENOMEM : -EFAULT;
		if (piece->start > 0)
			run->end = min_t(long, run->end, piece->start);
		piece->end = piece->start;
		piece->adopt = false;
	}
	return 0;
}

/* Core's page of each extent not met before, and then the others like it. */
static noinline int insert_and_fill(struct pfnfault_run *run, bool lone)
{
	int err;

	pfnfault_mark_write(run);
	err = insert_unknown(run);
	if (err || lone)
		return err;
	if (fill_around(run)) {		/* no memory; core's page is there */
		run->pieces[0].adopt = false;
		run->end = 1;
	}
	return 0;
}

static noinline int install_in_gate(struct pfnfault_run *run,
				    const struct pfnfault_extent *extent)
{
	const bool lone = run->nr == 1 && extent->nr == 1;
	int err = pfnfault_allocate_table(run);
	unsigned int noreclaim;

	if (err)
		return err;
	if (!pfnfault_enter_gate(run->region, run->seq))
		return PFNFAULT_LOST;
	noreclaim = memalloc_noreclaim_save();
	err = insert_and_fill(run, lone);
	memalloc_noreclaim_restore(noreclaim);
	if (!err && !lone && run->pieces[0].adopt)
		pfnfault_remember_verdict(run->region, extent,
					  run->pieces[0].prot);
	up_read(&run->region->gate);
	return err;
}

/**
 * pfnfault_install_direct() - install a run by setting PTEs
 * @run: what to install
 * @extent: NULL in layer 1; what a verdict on the memory type is remembered for
 *
 * Context: the lock of the fault is held. May sleep to allocate a page table.
 * Return: as pfnfault_install_run().
 */
int pfnfault_install_direct(struct pfnfault_run *run,
			    const struct pfnfault_extent *extent)
{
	if (!run->region) {
		run->adopt = PFNFAULT_TRACKED_MEMTYPE;
		run->pieces[0].adopt = run->adopt;
	}
	if (!run->adopt)
		return fill_around(run);
	if (run->region)
		return install_in_gate(run, extent);
	return insert_and_fill(run, run->end - run->start == 1);
}
