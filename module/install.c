// SPDX-License-Identifier: GPL-2.0-only
/*
 * Installing PTEs: what both installers share, and why they are right.
 *
 * An install must not happen if its PFNs were taken back after they were
 * resolved. The fault samples region->seq before it resolves; whoever takes
 * memory back bumps the sequence and then zaps (move.c); the installer compares.
 *
 * Direct (install_direct.c): fill_table() compares under the PTE lock.
 *  - The page table was there when the zap looked: the zap takes the same PTE
 *    lock. It comes after the fill, and clears it, or before, and the fill
 *    sees the bump.
 *  - It was not: the zap reads an empty upper level without a lock and goes
 *    on. Either this fault published the table, and then reads the sequence
 *    (store buffering: each side writes one word and reads the other's), or a
 *    third CPU did, and this one read the entry before the sequence. The
 *    barrier in fill_table() and the one after the bump are partners in both
 *    cases; without either, the zap may miss the table while the fault misses
 *    the bump, and a PTE that should be gone stays.
 *
 * By core (install_core.c, and the first page of an extent on x86): core's
 * vmf_insert_pfn_prot() cannot compare. It is called under the region's gate:
 * installs try it for reading and then compare; the bump is made with it held
 * for writing. An install that came through the gate first is waited for, and
 * zapped; a later one sees the bump. Faults only ever try the gate, and
 * allocate nothing while they hold it: an invalidation may come from memory
 * reclaim, and would wait for its own end. (A page table that was allocated
 * before the gate can still be gone: MADV_DONTNEED frees empty ones of private
 * mappings. Then core takes one from the reserves, without reclaim.)
 */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>

#include "compat.h"
#include "internal.h"

/**
 * pfnfault_clip() - clip a run to what one fault may install
 * @run: clipped to the VMA, to one page table, and to the block of @window
 * @window: most pages to install, a power of two: the aligned block of so
 *	many pages that the faulting address lies in
 */
void pfnfault_clip(struct pfnfault_run *run, unsigned long window)
{
	const struct vm_area_struct *vma = run->vmf->vma;
	unsigned long addr = run->vmf->address;
	unsigned long start = max(vma->vm_start, addr & PMD_MASK);
	unsigned long end = pmd_addr_end(addr, vma->vm_end);
	unsigned long in_block = (addr >> PAGE_SHIFT) & (window - 1);

	run->before = min3(run->before, (addr - start) >> PAGE_SHIFT, in_block);
	run->after = min3(run->after, (end - addr) >> PAGE_SHIFT,
			  window - in_block);
}

/**
 * pfnfault_prot_of() - what the PTE of one page of a run carries
 * @run: the run
 * @offset: page, counted from the faulting one
 *
 * While writes are tracked, only a page that is being written is writable.
 *
 * Context: compare the sequence before, under the lock that makes the install
 * one with that: it is the bump in pfnfault_dirty_start() that turns tracking on.
 * Return: run->prot, or that without the permission to write.
 */
pgprot_t pfnfault_prot_of(const struct pfnfault_run *run, long offset)
{
	if (!run->region || !rcu_access_pointer(run->region->dirty) ||
	    (!offset && (run->vmf->flags & FAULT_FLAG_WRITE)))
		return run->prot;
	return pte_pgprot(pte_wrprotect(pte_mkclean(pfn_pte(0, run->prot))));
}

/**
 * pfnfault_mark_write() - tell who tracks writes of the fault, if it is one
 * @run: the run
 *
 * Context: between the comparison of the sequence and the install.
 */
void pfnfault_mark_write(const struct pfnfault_run *run)
{
	/* What a private mapping is written to is not the region's. */
	if (run->region && (run->vmf->flags & FAULT_FLAG_WRITE) &&
	    !is_cow_mapping(run->vmf->vma->vm_flags))
		pfnfault_dirty_mark(run->region,
				    run->vmf->pgoff - run->region->base);
}

/**
 * pfnfault_insert_by_core() - let core install one page of a run
 * @run: the run
 * @offset: page, counted from the faulting one
 * @prot: what the PTE carries; its cache mode is core's to decide
 *
 * Context: no lock that reclaim takes is held, or the page table is there.
 * Return: the VM_FAULT code for the page; VM_FAULT_NOPAGE is success.
 */
vm_fault_t pfnfault_insert_by_core(struct pfnfault_run *run, long offset,
				   pgprot_t prot)
{
	struct vm_area_struct *vma = run->vmf->vma;
	unsigned long addr = run->vmf->address + offset * PAGE_SIZE;
	unsigned long pfn = run->pfn + offset;

	/* A private mapping of a PFNFAULT_COW region; see pfnfault_mmap(). */
	if (is_cow_mapping(vma->vm_flags))
		return pfnfault_insert_mixed(vma, addr, pfn);
	return vmf_insert_pfn_prot(vma, addr, pfn, prot);
}

static int count_empty(pte_t *pte, unsigned long addr, void *data)
{
	struct pfnfault_run *run = data;
	long i;

	for (i = -(long)run->before; i < (long)run->after; i++)
		run->empty += pte_none(ptep_get(pte + i));
	return 0;
}

/**
 * pfnfault_allocate_table() - allocate the page table of a fault
 * @run: the run; run->empty is filled
 *
 * So that nothing is allocated under the gate.
 *
 * Context: the lock of the fault is held; may sleep.
 * Return: 0; -ENOMEM.
 */
int pfnfault_allocate_table(struct pfnfault_run *run)
{
	run->empty = 0;
	return apply_to_page_range(run->vmf->vma->vm_mm, run->vmf->address,
				   PAGE_SIZE, count_empty, run);
}

/**
 * pfnfault_enter_gate() - keep invalidations out, unless one came before
 * @region: the region
 * @seq: region->seq, sampled before resolve()
 *
 * Return: true: what was resolved is still true, and stays so until
 * up_read(&region->gate).
 */
bool pfnfault_enter_gate(struct pfnfault_region *region, unsigned long seq)
{
	if (!down_read_trylock(&region->gate))
		return false;
	if (atomic_long_read(&region->seq) == seq)
		return true;
	up_read(&region->gate);
	return false;
}

/**
 * pfnfault_install_run() - install a run, by whichever installer
 * @run: what to install, clipped
 * @extent: NULL in layer 1; what to remember the memory type for
 *
 * Return: 0, and the faulting page was mapped; PFNFAULT_LOST, and nothing of
 * @run is mapped; -ENOMEM; -EFAULT where core refuses the PFN.
 */
int pfnfault_install_run(struct pfnfault_run *run,
			 const struct pfnfault_extent *extent)
{
	return READ_ONCE(pfnfault_by_core) ? pfnfault_install_core(run) :
		pfnfault_install_direct(run, extent);
}

static pgprot_t cache_prot(pgprot_t prot, enum pfnfault_cache cache)
{
	switch (cache) {
	case PFNFAULT_WC:
		return pgprot_writecombine(prot);
	case PFNFAULT_UC:
		return pgprot_noncached(prot);
	case PFNFAULT_WB:
		break;
	}
	return prot;
}

static pgprot_t wished_prot(const struct vm_area_struct *vma,
			    const struct pfnfault_extent *extent)
{
	const vm_flags_t writable = VM_SHARED | VM_WRITE;
	pgprot_t prot = vma->vm_page_prot;

	/* RAM of ours, and encrypted where RAM is, whatever the device's is. */
	if (extent->flags & PFNFAULT_DUMMY)
		prot = vm_get_page_prot(vma->vm_flags);
	prot = cache_prot(prot, extent->cache);
	if ((vma->vm_flags & writable) != writable)
		return prot;
	/*
	 * Core keeps vm_page_prot read-only, as there is a pfn_mkwrite(). And
	 * without the dirty bit, some CPUs fault once more, to set it.
	 */
	return pte_pgprot(pte_mkdirty(pfnfault_mkwrite(pfn_pte(0, prot))));
}

/**
 * pfnfault_install() - install what a fault located
 * @region: region that @extent is of
 * @vmf: the fault
 * @extent: from pfnfault_locate(): contains the faulting page
 * @seq: from pfnfault_locate()
 * @mapped: filled: how many pages from the faulting one on are mapped
 *
 * Context: the lock of the fault is held. May sleep to allocate a page table.
 * Return: as pfnfault_install_run().
 */
int pfnfault_install(struct pfnfault_region *region, struct vm_fault *vmf,
		     const struct pfnfault_extent *extent, unsigned long seq,
		     unsigned long *mapped)
{
	unsigned long offset = vmf->pgoff - region->base - extent->index;
	struct pfnfault_run run = {
		.vmf = vmf,
		.region = region,
		.seq = seq,
		.before = offset,
		.after = extent->nr - offset,
		.pfn = extent->pfn + offset,
		.prot = wished_prot(vmf->vma, extent),
	};
	int err;

	pfnfault_clip(&run, READ_ONCE(pfnfault_window));
	err = pfnfault_install_run(&run, extent);
	*mapped = run.after;
	atomic_long_add(run.installed, &region->installed);
	if (err == PFNFAULT_LOST)
		atomic_long_inc(&region->lost);
	return err;
}
