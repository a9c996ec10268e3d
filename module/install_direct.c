// SPDX-License-Identifier: GPL-2.0-only
/*
 * The installer for machines where a module can set PTEs: one walk, one PTE
 * lock, one callback that compares the sequence and fills the table. That it
 * cannot install what was taken back is argued in install.c.
 *
 * The verdict. x86 keeps a memory type for each physical range, and a PTE that
 * disagrees with it is undefined behaviour of the CPU. Modules cannot look it
 * up; vmf_insert_pfn_prot() does, and puts the answer into the PTE it installs.
 * So core installs the faulting page of an extent not met before, under the
 * gate, and its bits are the verdict for the whole extent, remembered in the
 * region until something of it is invalidated.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/rwsem.h>
#include <linux/sched/mm.h>
#include <linux/seqlock.h>

#include "compat.h"
#include "races.h"

struct fill {
	struct pfnfault_run *run;
	bool adopt;		/* take the cache bits of the faulting PTE */
	bool adopted;
};

static pgprot_t with_cache_bits(pgprot_t prot, pgprot_t bits)
{
	return __pgprot((pgprot_val(prot) & ~PFNFAULT_CACHE_MASK) |
			pgprot_val(bits));
}

/*
 * Core installed the faulting page: do as it did. False where the PTE is not
 * what core just put there, for then another CPU has zapped or replaced it.
 */
static bool adopt_bits(struct fill *fill, pte_t pte)
{
	struct pfnfault_run *run = fill->run;

	if (!pte_present(pte) || pte_pfn(pte) != run->pfn)
		return false;
	run->prot = with_cache_bits(run->prot, pfnfault_pte_cache(pte));
	return true;
}

/* Called once, for the faulting page, with the PTE lock of its table held. */
static int fill_table(pte_t *pte, unsigned long addr, void *data)
{
	struct fill *fill = data;
	struct pfnfault_run *run = fill->run;
	struct mm_struct *mm = run->vmf->vma->vm_mm;
	long i, before = run->before, after = run->after;
	pgprot_t own_prot, prot;

	if (run->region) {
		/*
		 * The table is published: its upper-level entry was written,
		 * here or elsewhere, before the sequence is read. Pairs with
		 * the barrier after the bump in pfnfault_bump().
		 */
		race_fault_mb();
		if (race_lost(run->region, run->seq))
			return PFNFAULT_LOST;
	}
	if (fill->adopt) {
		fill->adopted = adopt_bits(fill, ptep_get(pte));
		if (!fill->adopted)
			return 0;
	}

	pfnfault_mark_write(run);
	own_prot = pfnfault_prot_of(run, 0);
	prot = pfnfault_prot_of(run, 1);
	for (i = -before; i < after; i++) {
		if (!pte_none(ptep_get(pte + i)))
			continue;
		set_pte_at(mm, addr + i * PAGE_SIZE, pte + i,
			   pte_mkspecial(pfn_pte(run->pfn + i,
						 i ? prot : own_prot)));
		run->installed++;
	}
	return 0;
}

/* The table may lie anywhere: fill_table() is asked for one page, and fills. */
static int fill_around(struct fill *fill)
{
	struct vm_fault *vmf = fill->run->vmf;

	if (fill->run->region)
		race_load_early(fill->run->region);
	return apply_to_page_range(vmf->vma->vm_mm, vmf->address, PAGE_SIZE,
				   fill_table, fill);
}

/* Is there a verdict for @extent? Then it goes into @prot. */
static bool recall_verdict(struct pfnfault_region *region,
			   const struct pfnfault_extent *extent,
			   pgprot_t *prot)
{
	pgprot_t bits;
	unsigned int begin;
	bool known;

	do {
		begin = read_seqbegin(&region->verdict_lock);
		known = extent->cache == region->verdict_cache &&
			extent->pfn >= region->verdict_pfn &&
			extent->nr <= region->verdict_nr &&
			extent->pfn - region->verdict_pfn <=
				region->verdict_nr - extent->nr;
		bits = region->verdict_bits;
	} while (read_seqretry(&region->verdict_lock, begin));
	if (known)
		*prot = with_cache_bits(*prot, bits);
	return known;
}

/* Under the gate, so that an invalidation forgets it after it was written. */
static void remember_verdict(struct pfnfault_region *region,
			     const struct pfnfault_extent *extent,
			     pgprot_t prot)
{
	write_seqlock(&region->verdict_lock);
	region->verdict_pfn = extent->pfn;
	region->verdict_nr = extent->nr;
	region->verdict_cache = extent->cache;
	region->verdict_bits =
		__pgprot(pgprot_val(prot) & PFNFAULT_CACHE_MASK);
	write_sequnlock(&region->verdict_lock);
}

/**
 * pfnfault_forget_verdict() - let core say again what memory type an extent has
 * @region: its gate is held for writing
 */
void pfnfault_forget_verdict(struct pfnfault_region *region)
{
	write_seqlock(&region->verdict_lock);
	region->verdict_nr = 0;
	write_sequnlock(&region->verdict_lock);
}

/* The faulting page by core, its neighbours like it. */
static int install_first(struct fill *fill,
			 const struct pfnfault_extent *extent)
{
	struct pfnfault_run *run = fill->run;
	bool lone = extent ? extent->nr == 1 : run->before + run->after == 1;
	vm_fault_t ret;

	pfnfault_mark_write(run);
	ret = pfnfault_insert_by_core(run, 0, pfnfault_prot_of(run, 0));
	if (ret != VM_FAULT_NOPAGE)
		return ret & VM_FAULT_OOM ? -ENOMEM : -EFAULT;
	run->installed++;
	if (!lone) {
		fill->adopt = true;
		fill_around(fill);
	}
	if (!fill->adopted) {	/* no neighbour was filled */
		run->before = 0;
		run->after = 1;
	}
	return 0;
}

/* The first install of an extent, which brings the verdict. */
static int install_in_gate(struct fill *fill,
			   const struct pfnfault_extent *extent)
{
	struct pfnfault_run *run = fill->run;
	int err = pfnfault_allocate_table(run);
	unsigned int noreclaim;

	if (err)
		return err;
	if (!pfnfault_enter_gate(run->region, run->seq))
		return PFNFAULT_LOST;
	noreclaim = memalloc_noreclaim_save();
	err = install_first(fill, extent);
	memalloc_noreclaim_restore(noreclaim);
	if (fill->adopted)
		remember_verdict(run->region, extent, run->prot);
	up_read(&run->region->gate);
	return err;
}

/**
 * pfnfault_install_direct() - install a run by setting PTEs
 * @run: what to install, clipped
 * @extent: NULL in layer 1; what a verdict on the memory type is remembered for
 *
 * Context: the lock of the fault is held. May sleep to allocate a page table.
 * Return: as pfnfault_install_run().
 */
int pfnfault_install_direct(struct pfnfault_run *run,
			    const struct pfnfault_extent *extent)
{
	struct fill fill = { .run = run };

	if (!PFNFAULT_TRACKED_MEMTYPE)
		return fill_around(&fill);
	if (!run->region)
		return install_first(&fill, NULL);
	if (recall_verdict(run->region, extent, &run->prot))
		return fill_around(&fill);
	return install_in_gate(&fill, extent);
}
