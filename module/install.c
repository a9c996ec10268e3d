// SPDX-License-Identifier: GPL-2.0-only
/*
 * Installing PTEs: what both installers share, and why they are right. The tests
 * that comments name as litmus/... hold it against the kernel's memory model.
 *
 * An install must not happen if its PFNs were taken back after they were
 * resolved. The fault samples region->seq before it resolves; whoever takes
 * memory back bumps the sequence and then zaps (move.c); the installer compares.
 *
 * Direct (install_direct.c): fill() compares under the PTE lock, whether the page
 * table was there when the fault came, was core's preallocated one
 * (publish_table()), or was allocated by apply_to_page_range().
 *  - The page table was there when the zap looked: the zap takes the same PTE
 *    lock. It comes after the fill, and clears it, or before, and the fill
 *    sees the bump.
 *  - It was not: the zap reads an empty upper level without a lock and goes
 *    on. Either this fault published the table, and then reads the sequence
 *    (store buffering: each side writes one word and reads the other's), or a
 *    third CPU did, and this one read the entry before the sequence. The
 *    barrier in fill() and the one after the bump are partners in both
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
#include <asm/pgalloc.h>

#include "compat.h"
#include "internal.h"

/**
 * pfnfault_read_only() - for a page whose first write is to be told
 * @prot: what the PTE would carry
 *
 * Return: @prot without the permission to write.
 */
pgprot_t pfnfault_read_only(pgprot_t prot)
{
	return pfnfault_pte_prot(pte_wrprotect(pte_mkclean(pfn_pte(0, prot))));
}

/* Was the page not there, before core is asked for it? A hint, for the count. */
static bool is_empty(struct pfnfault_run *run, unsigned long addr)
{
	pte_t *pte;
	bool empty;

	rcu_read_lock();
	pte = pfnfault_walk(run->vmf->vma->vm_mm, addr).pte;
	empty = !pte || pte_none(ptep_get_lockless(pte));
	if (pte)
		pfnfault_unmap_pte(pte);
	rcu_read_unlock();
	return empty;
}

/**
 * pfnfault_insert_by_core() - let core install one page of a run
 * @run: the run; run->installed is counted up
 * @piece: the piece of it that the page is in; core decides on the cache mode
 * @offset: page, counted from the faulting one
 *
 * Context: no lock that reclaim takes is held, or the page table is there.
 * Return: the VM_FAULT code for the page; VM_FAULT_NOPAGE is success.
 */
vm_fault_t pfnfault_insert_by_core(struct pfnfault_run *run,
				   const struct pfnfault_piece *piece,
				   long offset)
{
	struct vm_area_struct *vma = run->vmf->vma;
	unsigned long addr = run->vmf->address + offset * PAGE_SIZE;
	unsigned long pfn = piece->pfn + (offset - piece->start);
	bool empty = is_empty(run, addr);
	vm_fault_t ret;

	/* A private mapping of a PFNFAULT_COW region; see pfnfault_mmap(). */
	if (pfnfault_is_cow(vma))
		ret = pfnfault_insert_mixed(vma, addr, pfn);
	else
		ret = vmf_insert_pfn_prot(vma, addr, pfn,
					  pfnfault_prot_of(run, piece, offset));
	/* Core does not tell which PTEs it set, and which it met. */
	run->installed += empty && ret == VM_FAULT_NOPAGE;
	return ret;
}

static int touch_table(pte_t *pte, unsigned long addr, void *data)
{
	return 0;
}

/**
 * pfnfault_allocate_table() - allocate the page table of a fault
 * @run: the run
 *
 * So that nothing is allocated under the gate.
 *
 * Context: the lock of the fault is held; may sleep.
 * Return: 0; -ENOMEM.
 */
int pfnfault_allocate_table(struct pfnfault_run *run)
{
	return apply_to_page_range(run->vmf->vma->vm_mm, run->vmf->address,
				   PAGE_SIZE, touch_table, NULL);
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

bool pfnfault_by_core = !PFNFAULT_DIRECT;

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
	if (!PFNFAULT_DIRECT || READ_ONCE(pfnfault_by_core))
		return pfnfault_install_core(run);
	return pfnfault_install_direct(run, extent);
}

/*
 * Core has allocated a page table, in case that the fault needs one, and frees it
 * if it does not. Publish that, as core would, instead of a second one.
 */
static noinline void publish_table(struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->vm_mm;
	spinlock_t *ptl = pmd_lock(mm, vmf->pmd);

	if (pmd_none(*vmf->pmd)) {
		mm_inc_nr_ptes(mm);
		/*
		 * That it is empty, before it is there: paired with the address
		 * dependency of all who walk page tables without a lock:
		 * litmus/table-empty.
		 */
		smp_wmb();
		pmd_populate(mm, vmf->pmd, vmf->prealloc_pte);
		vmf->prealloc_pte = NULL;
	}
	spin_unlock(ptl);
}

/**
 * pfnfault_install_ptes() - install a run, unless a huge entry is there
 * @run: what to install
 * @extent: that of the faulting page
 *
 * Context: the lock of the fault is held. May sleep to allocate a page table.
 * Return: as pfnfault_install_run() and pfnfault_hold_block().
 */
int pfnfault_install_ptes(struct pfnfault_run *run,
			  const struct pfnfault_extent *extent)
{
	struct mutex *block; /* see huge.c */
	int err;

	block = pfnfault_hold_block(run->vmf, &err);
	if (!err) {
		if (run->vmf->prealloc_pte)
			publish_table(run->vmf);
		err = pfnfault_install_run(run, extent);
		/*
		 * Of private mappings, core frees page tables that are empty
		 * (MADV_DONTNEED, from Linux 6.14 on), and says that there is no
		 * memory where one has gone between two looks at it. Where there
		 * really is none, who comes again waits, or is killed.
		 */
		if (err == -ENOMEM && (run->vmf->vma->vm_flags & VM_MIXEDMAP))
			err = PFNFAULT_LOST;
	}
	if (block)
		mutex_unlock(block);
	return err;
}
