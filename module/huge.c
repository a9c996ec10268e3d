// SPDX-License-Identifier: GPL-2.0-only
/*
 * Huge entries: one PMD for 2 MiB of consecutive PFNs (as on x86 with 4 KiB
 * pages; elsewhere the size is another).
 *
 * Storing the entry publishes it, and a zap skips an empty one without a lock,
 * so the sequence cannot be compared in between: huge entries are installed by
 * core, under the gate, as install.c tells of core's installs.
 *
 * What an empty block becomes, a page table or a huge entry, is decided under a
 * lock of the block: core warns, in either case, where it is asked for the one
 * and meets the other, or meets another PFN. The extents do not decide it by
 * themselves, for between the driver's change of a place and its invalidation
 * two faults may be told different ones. A table, once there, stays; a huge
 * entry can be cleared at any time, but is set under the lock alone, and core
 * itself sets no table in these VMAs. The locks are hashed by mm and block. One is
 * taken before the gate; under it a page table may be allocated, and so memory
 * reclaimed, which never faults.
 *
 * There are no PUD entries. Core is not ready for them: splitting a VMA in the
 * middle of one takes it for a table (mm_find_pmd()), and moving it, or zapping
 * one that a fault has just installed, takes it for a bad table on x86 and clears
 * it without a flush (pud_none_or_clear_bad()). Read in Linux 7.2.
 */
#include <linux/bug.h>
#include <linux/hash.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/mutex.h>
#include <linux/pgtable.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>

#include "compat.h"
#include "internal.h"

#include <trace/events/pfnfault.h>

#define LOCK_BITS 8
static struct mutex block_locks[1 << LOCK_BITS];

#define BLOCK_PAGES (PMD_SIZE / PAGE_SIZE)

/**
 * pfnfault_huge_start() - there is to be a space, and there is none yet
 */
void pfnfault_huge_start(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(block_locks); i++)
		mutex_init(&block_locks[i]);
}

static struct mutex *lock_of(const struct vm_fault *vmf)
{
	unsigned long key = (unsigned long)vmf->vma->vm_mm +
		(vmf->address >> PMD_SHIFT);

	return &block_locks[hash_long(key, LOCK_BITS)];
}

/* Nothing to unmap: no kernel with huge entries has CONFIG_HIGHPTE. */
static struct pfnfault_entry look_at(struct mm_struct *mm, unsigned long addr)
{
	struct pfnfault_entry entry;

	rcu_read_lock();
	entry = pfnfault_walk(mm, addr);
	rcu_read_unlock();
	return entry;
}

static struct pfnfault_entry look(const struct vm_fault *vmf)
{
	return look_at(vmf->vma->vm_mm, vmf->address);
}

/* Is the block around the fault in the VMA? */
static bool block_in_vma(const struct vm_fault *vmf)
{
	const struct vm_area_struct *vma = vmf->vma;
	unsigned long start = vmf->address & PMD_MASK;

	return start >= vma->vm_start && vma->vm_end - start >= PMD_SIZE;
}

/**
 * pfnfault_hold_block() - before a PTE is installed
 * @vmf: the fault
 * @err: filled: 0; PFNFAULT_RESIZE, there is a huge entry, which must be left
 *	alone; or -EINTR, the task is being killed
 *
 * Context: the lock of the fault is held; may sleep.
 * Return: a mutex to unlock when the page table is there; NULL, there is one
 * already, or no huge entry can come, or -EINTR.
 */
struct mutex *pfnfault_hold_block(const struct vm_fault *vmf, int *err)
{
	struct mutex *lock; /* see above */

	*err = 0;
	if ((vmf->pmd && pfnfault_is_table(READ_ONCE(*vmf->pmd))) ||
	    (vmf->vma->vm_flags & VM_MIXEDMAP) || !block_in_vma(vmf) ||
	    look(vmf).state == PFNFAULT_TABLE)
		return NULL;
	lock = lock_of(vmf);
	/* litmus/huge-block */
	if (mutex_lock_killable(lock)) {
		*err = -EINTR;
		return NULL;
	}
	if (look(vmf).state == PFNFAULT_HUGE)
		*err = PFNFAULT_RESIZE;
	return lock;
}

/* Would core's prot for a huge entry, which nobody is asked for, be right? */
static bool prot_fits(const struct vm_area_struct *vma,
		      const struct pfnfault_extent *extent)
{
	/* By the memory type of the first PFN, which is that of the extent. */
	if (PFNFAULT_TRACKED_MEMTYPE)
		return true;
	return pgprot_val(pfnfault_cache_prot(vma->vm_page_prot,
					      extent->cache)) ==
	       pgprot_val(vma->vm_page_prot);
}

/**
 * pfnfault_huge_fits() - can a huge entry map a page?
 * @region: the region
 * @vmf: a fault on the page
 * @extent: the page's
 *
 * Return: true, all of its block is in the VMA and in @extent, and aligned.
 */
bool pfnfault_huge_fits(struct pfnfault_region *region,
			const struct vm_fault *vmf,
			const struct pfnfault_extent *extent)
{
	unsigned long offset = vmf->pgoff - region->base - extent->index;
	unsigned long before = (vmf->address & ~PMD_MASK) >> PAGE_SHIFT;

	/* Writes are tracked by pages. */
	if ((vmf->vma->vm_flags & VM_MIXEDMAP) ||
	    rcu_access_pointer(region->dirty))
		return false;
	/*
	 * Core keeps a page table for the day that the entry is split, and
	 * fork() makes none for a child's special entry, but its end takes one
	 * (the hash MMU of ppc64; read in Linux 7.2).
	 */
	if (arch_needs_pgtable_deposit())
		return false;
	return block_in_vma(vmf) && offset >= before &&
		extent->nr - offset >= BLOCK_PAGES - before &&
		!((extent->pfn + offset - before) & (BLOCK_PAGES - 1)) &&
		prot_fits(vmf->vma, extent);
}

/* Under the lock of the block, and the gate. *@nr: how many pages were mapped. */
static int insert_huge(struct vm_fault *vmf, unsigned long pfn,
		       unsigned long *nr)
{
	const vm_flags_t writable = VM_SHARED | VM_WRITE;
	bool write = (vmf->vma->vm_flags & writable) == writable;
	struct pfnfault_entry entry = look(vmf);
	vm_fault_t ret;

	if (entry.state == PFNFAULT_TABLE)
		return PFNFAULT_RESIZE;
	/* Another place: the driver has changed it, and will invalidate it. */
	if (entry.state == PFNFAULT_HUGE && entry.pfn != pfn)
		return PFNFAULT_LOST;
	ret = pfnfault_insert_leaf(vmf, pfn, write);
	if (ret != VM_FAULT_NOPAGE)
		return ret & VM_FAULT_OOM ? -ENOMEM : -EFAULT;
	if (entry.state == PFNFAULT_NOTHING)
		*nr = BLOCK_PAGES;
	return 0;
}

/**
 * pfnfault_install_huge() - install what a fault located, as one huge entry
 * @region: region that @extent is of
 * @vmf: the fault, in which core asked for a PMD entry
 * @extent: from pfnfault_locate(); pfnfault_huge_fits()
 * @seq: from pfnfault_locate()
 *
 * Writable from the first fault on, if the VMA is: nobody tracks its writes.
 *
 * Context: the lock of the fault is held; may sleep.
 * Return: 0; PFNFAULT_LOST; PFNFAULT_RESIZE, there is a page table; -ENOMEM;
 * -EINTR, the task is being killed; -EFAULT where core refuses the PFN.
 */
int pfnfault_install_huge(struct pfnfault_region *region, struct vm_fault *vmf,
			  const struct pfnfault_extent *extent,
			  unsigned long seq)
{
	unsigned long offset = vmf->pgoff - region->base - extent->index;
	unsigned long pfn = (extent->pfn + offset) & ~(BLOCK_PAGES - 1);
	struct mutex *lock = lock_of(vmf);
	unsigned long installed = 0;
	unsigned int noreclaim;
	int err = PFNFAULT_LOST;

	/* litmus/huge-block */
	if (mutex_lock_killable(lock))
		return -EINTR;
	/* litmus/gate-huge */
	if (pfnfault_enter_gate(region, seq)) {
		noreclaim = memalloc_noreclaim_save();
		err = insert_huge(vmf, pfn, &installed);
		memalloc_noreclaim_restore(noreclaim);
		up_read(&region->gate);
	}
	mutex_unlock(lock);
	if (installed) {
		this_cpu_inc(region->percpu->stats.huge);
		this_cpu_add(region->percpu->stats.installed, installed);
	}
	if (err == PFNFAULT_LOST)
		this_cpu_inc(region->percpu->stats.lost);
	pfnfault_trace(install, region->id, vmf->pgoff - region->base -
		       ((vmf->address & ~PMD_MASK) >> PAGE_SHIFT),
		       BLOCK_PAGES, installed, err);
	return err;
}

/**
 * pfnfault_prefault_huge() - map a page by a huge entry, before it is touched
 * @region: the region
 * @vmf: what a prefault makes for a fault on the page
 *
 * By a fault, whose upper page tables core allocates; no exported function does.
 * It may come to nothing: it does not wait, its errors are not told, and
 * programs can forbid huge entries.
 *
 * Context: mmap_lock is held; may sleep.
 * Return: how many pages, from that one on, a huge entry maps now; or 0.
 */
unsigned long pfnfault_prefault_huge(struct pfnfault_region *region,
				     struct vm_fault *vmf)
{
	const unsigned int flags = FAULT_FLAG_ALLOW_RETRY |
				   FAULT_FLAG_RETRY_NOWAIT;
	unsigned long before = (vmf->address & ~PMD_MASK) >> PAGE_SHIFT;
	struct pfnfault_entry entry = look(vmf);
	struct pfnfault_extent extent = {};
	unsigned long seq;

	if (entry.state == PFNFAULT_NOTHING &&
	    !(vmf->vma->vm_flags & VM_NOHUGEPAGE) && block_in_vma(vmf) &&
	    !pfnfault_locate(region, vmf->pgoff - region->base, &extent,
			     &seq) &&
	    pfnfault_huge_fits(region, vmf, &extent)) {
		handle_mm_fault(vmf->vma, vmf->address, flags, NULL);
		entry = look(vmf);
	}
	return entry.state == PFNFAULT_HUGE ? BLOCK_PAGES - before : 0;
}

/* The entries of whole blocks between two addresses of @vma. */
static void zap_huge(struct vm_area_struct *vma, unsigned long start,
		     unsigned long end)
{
	unsigned long addr = round_up(start, PMD_SIZE);

	for (; addr < round_down(end, PMD_SIZE); addr += PMD_SIZE) {
		if (look_at(vma->vm_mm, addr).state == PFNFAULT_HUGE)
			pfnfault_zap_vma(vma, addr, PMD_SIZE);
		cond_resched();
	}
}

static unsigned long address_of(const struct vm_area_struct *vma,
				unsigned long pgoff)
{
	return vma->vm_start + ((pgoff - vma->vm_pgoff) << PAGE_SHIFT);
}

/* Wherever the mm of @copy maps its pages. */
static void zap_huge_of(struct vm_area_struct *copy)
{
	const unsigned long behind = copy->vm_pgoff + vma_pages(copy);
	struct vm_area_struct *vma;
	unsigned long first, end;

	VMA_ITERATOR(vmi, copy->vm_mm, 0);

	for_each_vma(vmi, vma) {
		if (!pfnfault_vma_is_of(vma, copy->vm_private_data))
			continue;
		first = max(vma->vm_pgoff, copy->vm_pgoff);
		end = min(vma->vm_pgoff + vma_pages(vma), behind);
		if (first < end)
			zap_huge(vma, address_of(vma, first),
				 address_of(vma, end));
	}
}

/**
 * pfnfault_huge_copy() - let nobody but faults make huge entries
 * @copy: a VMA that was made out of another, and is about to be filled
 *
 * Core fills it with what it found in the other, and there are moments in which a
 * zap finds a huge entry in neither; what was taken back would stay there for good.
 * So there is none for core to find, and the pages come back by faults.
 *
 * * fork() decides to copy an entry of PFNs before it takes its lock, and does not
 *   look again (copy_huge_pmd(), read in Linux 7.2, seen on 7.3). The child's VMA is
 *   in the child's mm by now.
 * * mremap() takes the entry out of the one table and puts it into the other
 *   (move_huge_pmd(), read in Linux 7.2). It holds the locks of both, but a zap
 *   skips what is empty without a lock; of page tables it holds i_mmap's, and a zap
 *   takes the lock of each. The new VMA is nowhere yet, and nothing else is where
 *   it will be.
 *
 * Where a VMA is split, the other one is still there, and nothing is copied.
 *
 * Context: fork() and mremap() have mmap_lock for writing, and the lock of the VMA
 * that they copy: no fault sets another entry until all is done.
 */
void pfnfault_huge_copy(struct vm_area_struct *copy)
{
	struct vm_area_struct *there = vma_lookup(copy->vm_mm, copy->vm_start);

	if (!there) {
		zap_huge_of(copy);
	} else if (there == copy) {
		lockdep_assert_held_write(&current->mm->mmap_lock);
		there = vma_lookup(current->mm, copy->vm_start);
		if (!WARN_ON_ONCE(!there || there->vm_end != copy->vm_end))
			zap_huge(there, copy->vm_start, copy->vm_end);
	}
}
