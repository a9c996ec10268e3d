// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many pages one fault installs: the window.
 *
 * There is no state but the page table: what is mapped next to the fault is the
 * history. A fault on the first page of a block of START pages, right behind
 * pages that are mapped, is a program that goes upwards: the window is GROWTH
 * times as many as it has behind it, at most the limit and the end of the page
 * table. A fault on the last page of a block, right before pages that are
 * mapped, is one that goes downwards. Any other fault gets the block, aligned,
 * of START pages around it: so a program that touches pages at random, whose
 * faults seldom fall on the edge of a block, pays for a few PTEs at most.
 *
 * The pages behind the first one of a table are those at the end of the table
 * before: the window goes on growing from table to table.
 *
 * The mapped pages are not counted, but probed at 1, 2, 4, ... pages.
 */
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/rcupdate.h>

#include "compat.h"
#include "internal.h"

#define START	16l	/* pages */
#define GROWTH	8

unsigned int pfnfault_window = UINT_MAX;	/* pages: no less than a table */

/*
 * How many pages are mapped right behind the fault (step = -1), or right before
 * it (step = 1), within one page table: a power of two, or 0.
 */
static long history(const struct vm_fault *vmf, int step)
{
	const struct vm_area_struct *vma = vmf->vma;
	unsigned long next = vmf->address + step * (long)PAGE_SIZE;
	unsigned long room, far = 1;
	pte_t *pte;

	if (step < 0) {
		if (vmf->address == vma->vm_start)
			return 0;
		room = min(vmf->address - vma->vm_start,
			   vmf->address - (next & PMD_MASK));
	} else {
		if (next == vma->vm_end)
			return 0;
		room = pmd_addr_end(next, vma->vm_end) - next;
	}
	room >>= PAGE_SHIFT;

	rcu_read_lock();
	pte = pfnfault_walk(vma->vm_mm, next).pte;
	if (pte) {
		while (far <= room &&
		       !pte_none(ptep_get_lockless(pte + step * (long)(far - 1))))
			far *= 2;
		pfnfault_unmap_pte(pte);
	}
	rcu_read_unlock();
	return far / 2;
}

/**
 * pfnfault_clip() - set which pages a run is to install
 * @run: run->start and run->end are filled
 * @start: first page, counted from the faulting one, 0 or less
 * @end: the page behind the last one, at least 1
 *
 * Clipped to the VMA, and to one page table.
 */
void pfnfault_clip(struct pfnfault_run *run, long start, long end)
{
	const struct vm_fault *vmf = run->vmf;
	unsigned long addr = vmf->address;
	unsigned long first = max(vmf->vma->vm_start, addr & PMD_MASK);
	unsigned long last = pmd_addr_end(addr, vmf->vma->vm_end);

	run->start = max(start, -(long)((addr - first) >> PAGE_SHIFT));
	run->end = min(end, (long)((last - addr) >> PAGE_SHIFT));
}

/**
 * pfnfault_open_window() - choose which pages a fault is to install
 * @run: run->start, run->end and run->ahead are filled
 * @nr: 0; or so many pages, from the faulting one on, are known to be wanted
 * @limit: most pages; more than 1
 *
 * Context: the lock of the fault is held.
 */
void pfnfault_open_window(struct pfnfault_run *run, unsigned long nr,
			  long limit)
{
	const struct vm_fault *vmf = run->vmf;
	vm_flags_t flags = vmf->vma->vm_flags;
	long block = min(START, limit);
	long in_block = (vmf->address >> PAGE_SHIFT) & (block - 1);
	long up = 0, down = 0, grown;

	run->ahead = true;
	if (nr)
		return pfnfault_clip(run, 0, min_t(unsigned long, nr, limit));
	if (flags & VM_SEQ_READ)
		return pfnfault_clip(run, 0, limit);
	if (flags & VM_RAND_READ)
		return pfnfault_clip(run, 0, 1);
	if (!in_block)
		up = history(vmf, -1);
	else if (in_block == block - 1)
		down = history(vmf, 1);
	grown = clamp(GROWTH * (up + down), block, limit);
	if (up)
		return pfnfault_clip(run, 0, grown);
	if (down)
		return pfnfault_clip(run, 1 - grown, 1);
	run->ahead = false;
	pfnfault_clip(run, -in_block, block - in_block);
}

/**
 * pfnfault_region_set_window() - limit the window of a region's faults
 * @region: the region
 * @pages: most pages that one fault installs: a power of two from 1 to
 *	PTRS_PER_PTE, which it is to begin with
 *
 * The lower of this and of the module's parameter counts. Does not limit huge
 * entries. Faults that come after this returns obey it.
 *
 * Context: any.
 * Return: 0; -EINVAL, @pages is none of these.
 */
int pfnfault_region_set_window(struct pfnfault_region *region,
			       unsigned int pages)
{
	if (!pfnfault_is_window(pages))
		return -EINVAL;
	WRITE_ONCE(region->window, pages);
	return 0;
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_region_set_window);

/**
 * pfnfault_is_window() - may a window have so many pages?
 * @pages: how many
 *
 * Return: true, a fault may be limited to them.
 */
bool pfnfault_is_window(unsigned int pages)
{
	return is_power_of_2(pages) && pages <= PTRS_PER_PTE;
}
