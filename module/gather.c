// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is at the pages of a window? The faulting page's extent, clipped; and,
 * where the program is known to come by, the extents that follow it.
 */
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/pgtable.h>

#include "compat.h"
#include "races.h"

#include <trace/events/pfnfault.h>

static __always_inline pgprot_t
wished_prot(const struct vm_area_struct *vma,
	    const struct pfnfault_extent *extent)
{
	const vm_flags_t writable = VM_SHARED | VM_WRITE;
	pgprot_t prot = vma->vm_page_prot;

	/* RAM of ours, and encrypted where RAM is, whatever the device's is. */
	if (extent->flags & PFNFAULT_DUMMY)
		prot = vm_get_page_prot(vma->vm_flags);
	prot = pfnfault_cache_prot(prot, extent->cache);
	if ((vma->vm_flags & writable) != writable)
		return prot;
	/*
	 * Core keeps vm_page_prot read-only, as there is a pfn_mkwrite(). And
	 * without the dirty bit, some CPUs fault once more, to set it.
	 */
	return pfnfault_pte_prot(pte_mkdirty(pfnfault_mkwrite(pfn_pte(0, prot))));
}

/*
 * The part of @extent from page @from to page @to - 1 of the run, which it must
 * have a page of.
 */
static __always_inline struct pfnfault_piece *
add_piece(struct pfnfault_run *run, const struct pfnfault_extent *extent,
	  long from, long to)
{
	const struct vm_fault *vmf = run->vmf;
	long first = extent->index + run->region->base - vmf->pgoff;
	struct pfnfault_piece *piece = &run->pieces[run->nr++];

	piece->start = max(from, first);
	piece->end = min_t(unsigned long, to - first, extent->nr) + first;
	piece->pfn = extent->pfn + (piece->start - first);
	piece->prot = wished_prot(vmf->vma, extent);
	piece->cache = extent->cache;
	piece->adopt = !pfnfault_recall_verdict(run->region, piece);
	run->adopt |= piece->adopt;
	return piece;
}

/* Ask for the extent of one more page; true, it is there and still true. */
static bool locate_next(struct pfnfault_run *run, long offset,
			struct pfnfault_extent *extent)
{
	unsigned long index = run->vmf->pgoff - run->region->base + offset;
	unsigned long seq;

	*extent = (struct pfnfault_extent){};
	return run->nr < PFNFAULT_PIECES &&
	       !pfnfault_locate(run->region, index, extent, &seq) &&
	       seq == run->seq && !(extent->flags & PFNFAULT_DUMMY);
}

/* The other pieces of the pages from @start to @end - 1, as far as there are. */
static void gather(struct pfnfault_run *run, long start, long end)
{
	struct pfnfault_extent next;

	while (run->end < end && locate_next(run, run->end, &next))
		run->end = add_piece(run, &next, run->end, end)->end;
	while (run->start > start && locate_next(run, run->start - 1, &next))
		run->start = add_piece(run, &next, start, run->start)->start;
}

/* Away from the stack of most faults. */
static noinline_for_stack int
install_pieces(struct pfnfault_run *run, const struct pfnfault_extent *extent,
	       long start, long end)
{
	struct pfnfault_piece pieces[PFNFAULT_PIECES];

	pieces[0] = run->pieces[0];
	run->pieces = pieces;
	gather(run, start, end);
	return pfnfault_install_ptes(run, extent);
}

/* Most pages that the fault may install. */
static __always_inline long limit_of(const struct pfnfault_region *region,
				     const struct vm_fault *vmf)
{
	/*
	 * While writes are tracked, neighbours would come read-only, and each
	 * would fault again where a program writes one after the other.
	 */
	if ((vmf->flags & FAULT_FLAG_WRITE) &&
	    rcu_access_pointer(region->dirty))
		return 1;
	return min_t(unsigned int, READ_ONCE(pfnfault_window),
		     READ_ONCE(region->window));
}

/* Away from the faults that nobody looks at, as it wants registers. */
static noinline void trace_run(const struct pfnfault_run *run, int err)
{
	const struct pfnfault_region *region = run->region;

	pfnfault_trace(install, region->id,
		       run->vmf->pgoff - region->base + run->start,
		       run->end - run->start, run->installed, err);
}

/**
 * pfnfault_install() - install what a fault located, as PTEs
 * @region: region that @extent is of
 * @vmf: the fault
 * @extent: from pfnfault_locate(): contains the faulting page
 * @seq: from pfnfault_locate()
 * @nr: how many pages from the faulting one on are known to be wanted, 0 where
 *	nothing is known; filled: how many are mapped
 *
 * Context: the lock of the fault is held. May sleep to allocate a page table.
 * Return: as pfnfault_install_run(); or PFNFAULT_RESIZE, a huge entry is there.
 */
int pfnfault_install(struct pfnfault_region *region, struct vm_fault *vmf,
		     const struct pfnfault_extent *extent, unsigned long seq,
		     unsigned long *nr)
{
	long limit = limit_of(region, vmf);
	struct pfnfault_piece first, *piece;
	struct pfnfault_run run = {
		.vmf = vmf,
		.region = region,
		.seq = seq,
		.end = 1,
		.pieces = &first,
	};
	long start, end;
	int err;

	if (limit > 1)
		pfnfault_open_window(&run, *nr, limit);
	start = run.start;
	end = run.end;
	piece = add_piece(&run, extent, start, end);
	run.start = piece->start;
	run.end = piece->end;
	race_load_early(region);
	if (run.ahead && (run.end < end || run.start > start) &&
	    !(extent->flags & PFNFAULT_DUMMY) &&
	    !(region->ops->flags & PFNFAULT_TOUCHED))
		err = install_pieces(&run, extent, start, end);
	else
		err = pfnfault_install_ptes(&run, extent);
	*nr = run.end;
	this_cpu_add(region->percpu->stats.installed, run.installed);
	if (err == PFNFAULT_LOST)
		this_cpu_inc(region->percpu->stats.lost);
	if (pfnfault_traced(install))
		trace_run(&run, err);
	return err;
}
