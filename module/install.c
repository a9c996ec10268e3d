// SPDX-License-Identifier: GPL-2.0-only
/*
 * Installing PTEs: one walk, one PTE lock, one callback that fills the table.
 *
 * Two things make this more than a loop of set_pte_at().
 *
 * The sequence. An install must not happen if its PFNs were invalidated after
 * they were resolved. The fault samples region->seq before it resolves, and
 * fill_table() compares it under the PTE lock; pfnfault_invalidate() bumps it
 * before it zaps.
 *  - The page table was there when the zap looked: the zap takes the same PTE
 *    lock. It comes after the fill, and clears it, or before, and the fill
 *    sees the bump.
 *  - It was not: the zap reads an empty upper level without a lock and goes
 *    on. Either this fault published the table, and then reads the sequence
 *    (store buffering: each side writes one word and reads the other's), or a
 *    third CPU did, and this one read the entry before the sequence. The
 *    smp_mb() in fill_table() and the one in pfnfault_invalidate() are
 *    partners in both cases; without either, the zap may miss the table while
 *    the fault misses the bump, and a PTE that should be gone stays.
 *
 * The verdict. x86 keeps a memory type for each physical range, and a PTE that
 * disagrees with it is undefined behaviour of the CPU. Modules cannot look it
 * up; vmf_insert_pfn_prot() does, and puts the answer into the PTE it installs.
 * So core installs the faulting page of an extent not met before, and
 * its bits are the verdict for the whole extent, remembered in the region.
 * Core cannot compare the sequence, so that one install happens under the
 * region's gate: faults try it for reading, pfnfault_invalidate() bumps the
 * sequence with it held for writing, and then zaps. A fault that came through
 * the gate first is waited for, and zapped; a later one sees the bump. Faults
 * only ever try the gate, and allocate nothing while they hold it: an
 * invalidation may come from memory reclaim.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/rwsem.h>
#include <linux/seqlock.h>

#include "compat.h"
#include "internal.h"

struct fill {
	struct vm_fault *vmf;
	struct pfnfault_run *run;
	struct pfnfault_region *region;	/* NULL: no sequence to compare */
	unsigned long seq;
	bool lone;		/* one page: no neighbour needs its cache bits */
	bool adopt;		/* take the cache bits of the faulting PTE */
	bool adopted;
	unsigned long installed;
};

/**
 * pfnfault_clip() - clip a run to what one fault may install
 * @vmf: the fault
 * @window: most pages to install, a power of two: the aligned block of so
 *	many pages that the faulting address lies in
 * @run: clipped to the VMA, to one page table, and to the block
 */
void pfnfault_clip(const struct vm_fault *vmf, unsigned long window,
		   struct pfnfault_run *run)
{
	const struct vm_area_struct *vma = vmf->vma;
	unsigned long addr = vmf->address;
	unsigned long start = max(vma->vm_start, addr & PMD_MASK);
	unsigned long end = pmd_addr_end(addr, vma->vm_end);
	unsigned long in_block = (addr >> PAGE_SHIFT) & (window - 1);

	run->before = min3(run->before, (addr - start) >> PAGE_SHIFT, in_block);
	run->after = min3(run->after, (end - addr) >> PAGE_SHIFT,
			  window - in_block);
}

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
	const struct pfnfault_run *run = fill->run;
	struct mm_struct *mm = fill->vmf->vma->vm_mm;
	unsigned long pfn = run->pfn - run->before;
	unsigned long i, nr = run->before + run->after;

	if (fill->region) {
		/*
		 * The table is published: its upper-level entry was written,
		 * here or elsewhere, before the sequence is read. Pairs with
		 * the barrier after the bump in pfnfault_invalidate().
		 */
		smp_mb();
		if (atomic_long_read(&fill->region->seq) != fill->seq)
			return PFNFAULT_LOST;
	}
	if (fill->adopt) {
		fill->adopted = adopt_bits(fill, ptep_get(pte));
		if (!fill->adopted)
			return 0;
	}

	pte -= run->before;
	addr -= run->before << PAGE_SHIFT;
	for (i = 0; i < nr; i++, pte++, pfn++, addr += PAGE_SIZE) {
		if (!pte_none(ptep_get(pte)))
			continue;
		set_pte_at(mm, addr, pte,
			   pte_mkspecial(pfn_pte(pfn, run->prot)));
		fill->installed++;
	}
	return 0;
}

/* The table may lie anywhere: fill_table() is asked for one page, and fills. */
static int fill_around(struct fill *fill)
{
	struct vm_fault *vmf = fill->vmf;

	return apply_to_page_range(vmf->vma->vm_mm, vmf->address, PAGE_SIZE,
				   fill_table, fill);
}

/*
 * The faulting page by core, its neighbours like it. Only the faulting page
 * decides what is returned. Core does not tell whether it installed a PTE or
 * met one; it counts as installed.
 */
static vm_fault_t install_by_core(struct fill *fill)
{
	const struct pfnfault_run *run = fill->run;
	struct vm_fault *vmf = fill->vmf;
	vm_fault_t ret;

	ret = vmf_insert_pfn_prot(vmf->vma, vmf->address, run->pfn, run->prot);
	if (ret != VM_FAULT_NOPAGE)
		return ret;
	fill->installed++;
	if (!fill->lone) {
		fill->adopt = true;
		fill_around(fill);
	}
	return ret;
}

/**
 * pfnfault_install_unchecked() - install a run without a region
 * @vmf: the fault
 * @run: what to install, clipped
 *
 * Return: the VM_FAULT code of the faulting page.
 */
vm_fault_t pfnfault_install_unchecked(struct vm_fault *vmf,
				      struct pfnfault_run *run)
{
	struct fill fill = {
		.vmf = vmf, .run = run, .lone = run->before + run->after == 1,
	};

	if (PFNFAULT_TRACKED_MEMTYPE)
		return install_by_core(&fill);
	return pfnfault_errno(fill_around(&fill));
}

static pgprot_t wished_prot(const struct vm_area_struct *vma,
			    enum pfnfault_cache cache)
{
	switch (cache) {
	case PFNFAULT_WC:
		return pgprot_writecombine(vma->vm_page_prot);
	case PFNFAULT_UC:
		return pgprot_noncached(vma->vm_page_prot);
	case PFNFAULT_WB:
		break;
	}
	return vma->vm_page_prot;
}

/* Is there a verdict for @extent? Then it goes into @prot. */
static bool recall_verdict(struct pfnfault_region *region,
			   const struct pfnfault_extent *extent,
			   pgprot_t *prot)
{
	pgprot_t bits;
	unsigned int begin;
	bool known;

	if (!PFNFAULT_TRACKED_MEMTYPE)
		return true;
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

/* The page table of the fault, so that nothing is allocated under the gate. */
static int allocate_table(const struct vm_fault *vmf)
{
	return apply_to_page_range(vmf->vma->vm_mm, vmf->address, PAGE_SIZE,
				   NULL, NULL);
}

/* The first install of an extent, which brings the verdict. */
static int install_first(struct fill *fill,
			 const struct pfnfault_extent *extent)
{
	struct pfnfault_region *region = fill->region;
	int err = allocate_table(fill->vmf);

	if (err)
		return err;
	if (!down_read_trylock(&region->gate))
		return PFNFAULT_LOST;
	/*
	 * The bump is made with the gate held for writing: this reads all that
	 * were made, and whoever makes the next waits for us, and then zaps.
	 */
	err = PFNFAULT_LOST;
	if (atomic_long_read(&region->seq) == fill->seq) {
		vm_fault_t ret = install_by_core(fill);

		err = ret == VM_FAULT_NOPAGE ? 0 :
		      ret & VM_FAULT_OOM ? -ENOMEM : -EFAULT;
		if (fill->adopted)
			remember_verdict(region, extent, fill->run->prot);
	}
	up_read(&region->gate);
	return err;
}

/**
 * pfnfault_install() - install what a fault resolved
 * @region: region that @extent is of
 * @vmf: the fault
 * @extent: what resolve() said, checked: contains the faulting page
 * @seq: region->seq, sampled before resolve()
 *
 * Context: the lock of the fault is held. May sleep to allocate a page table.
 * Return: 0, and the faulting page was mapped; PFNFAULT_LOST, and nothing of
 * @extent is mapped; -ENOMEM; -EFAULT where core refuses the PFN.
 */
int pfnfault_install(struct pfnfault_region *region, struct vm_fault *vmf,
		     const struct pfnfault_extent *extent, unsigned long seq)
{
	unsigned long offset = vmf->pgoff - region->base - extent->index;
	struct pfnfault_run run = {
		.before = offset,
		.after = extent->nr - offset,
		.pfn = extent->pfn + offset,
		.prot = wished_prot(vmf->vma, extent->cache),
	};
	struct fill fill = {
		.vmf = vmf, .run = &run, .region = region, .seq = seq,
		.lone = extent->nr == 1,
	};
	int err;

	pfnfault_clip(vmf, READ_ONCE(pfnfault_window), &run);
	if (recall_verdict(region, extent, &run.prot))
		err = fill_around(&fill);
	else
		err = install_first(&fill, extent);
	atomic_long_add(fill.installed, &region->installed);
	if (err == PFNFAULT_LOST)
		atomic_long_inc(&region->lost);
	return err;
}
