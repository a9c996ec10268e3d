// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking memory back: an invalidation, a move, a revocation.
 *
 * All of them bump the sequence and then zap. Installs compare the sequence
 * under the PTE lock (install_direct.c) or under the gate (install_core.c,
 * access.c): the argument stands in install.c.
 */
#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/percpu.h>

#include "compat.h"
#include "ops.h"

#include <trace/events/pfnfault.h>

/**
 * pfnfault_bump() - make every install lose that sampled the sequence before
 * @region: the region
 * @moved: pages may get another memory type
 *
 * What the caller wrote before (the new place, region->revoked, region->moves,
 * region->dirty) is seen by every fault that samples the new sequence; what it
 * does after (the zap) sees every page table that was published by a fault
 * which still saw the old one.
 *
 * Context: process context, sleeps; waits for those in the gate, who do not
 * wait for anything.
 */
void pfnfault_bump(struct pfnfault_region *region, bool moved)
{
	/*
	 * Waits for faults that install by core: they compare under the gate.
	 * litmus/gate*, litmus/dirty-gate.
	 */
	down_write(&region->gate);
	if (moved)
		pfnfault_forget_verdict(region);
	/*
	 * What the caller wrote, and that the verdict is forgotten, before the
	 * sequence: pairs with the acquire in pfnfault_locate(). Without it, a
	 * fault could sample the new sequence and install the old place, or
	 * the old cache mode, after the zap. litmus/new-place, litmus/move,
	 * litmus/revoke.
	 */
	smp_mb__before_atomic();
	race_bump(region);
	/*
	 * The sequence before the zap looks for page tables: pairs with
	 * race_fault_mb() in fill(). Without it, the zap could miss a
	 * table that a fault publishes while that fault misses the bump.
	 * litmus/table-*, litmus/revoke. And before what the caller writes
	 * after: pairs with the barrier in resolve() of place.c. litmus/answer.
	 */
	race_bump_mb(region);
	up_write(&region->gate);
}

/**
 * pfnfault_zap() - clear the PTEs of a range, in all mappings
 * @region: the region
 * @index: first page
 * @nr: number of pages
 *
 * Private copies (PFNFAULT_COW) belong to the program, and stay.
 *
 * Context: process context, sleeps; mmap_lock may be held.
 */
void pfnfault_zap(struct pfnfault_region *region, unsigned long index,
		  unsigned long nr)
{
	loff_t start = (loff_t)(region->base + index) << PAGE_SHIFT;
	loff_t length = (loff_t)nr << PAGE_SHIFT;

	/*
	 * Core takes both as an unsigned long (read in Linux 6.1 and 7.2), which
	 * would be too few pages: all of the space is too many, which is right.
	 */
	if (BITS_PER_LONG == 32 && upper_32_bits(start + length - 1)) {
		start = 0;
		length = 0;	/* to the end */
	}
	/*
	 * Takes the lock of each page table that it finds: litmus/table-*,
	 * litmus/revoke, litmus/dirty.
	 */
	unmap_mapping_range(region->space->inode->i_mapping, start, length, 0);
}

/* A range that is not the region's: the whole region instead. */
static void check_range(const struct pfnfault_region *region,
			unsigned long *index, unsigned long *nr)
{
	if (WARN_ONCE(*index > region->nr_pages ||
		      *nr > region->nr_pages - *index,
		      "pfnfault: %ps: %lu pages from %lu on are not among its %lu; all of them are taken back\n",
		      region->ops->resolve, *nr, *index, region->nr_pages)) {
		*index = 0;
		*nr = region->nr_pages;
	}
}

/**
 * pfnfault_invalidate() - take pages back because they move
 * @region: the region
 * @index: first page, counted from the region's first
 * @nr: number of pages
 *
 * The driver first makes ops.resolve() answer with the new place (or -EAGAIN),
 * and then calls this. On return:
 *
 * * no CPU can reach the old place through any mapping of these pages, of any
 *   process, node or descriptor, nor through a debugger's access;
 * * no fault that resolved before can install it any more;
 * * the next access faults, and resolves again;
 * * copies that a program made by writing to a private mapping are its own,
 *   and stay.
 *
 * Where the move takes time and faults have to wait, use
 * pfnfault_invalidate_begin() and pfnfault_invalidate_end() instead.
 *
 * Pages outside of the region are the caller's mistake: one warning, and the
 * whole region is taken back.
 *
 * Context: process context, sleeps. Not from ops.resolve(), but for what comes
 * from memory reclaim in there. Takes the region's gate, i_mmap_rwsem, MMU
 * notifiers' locks and PTE locks; mmap_lock, and locks that ops.resolve() takes,
 * may be held.
 */
void pfnfault_invalidate(struct pfnfault_region *region, unsigned long index,
			 unsigned long nr)
{
	u64 start = pfnfault_trace_start(invalidate);

	check_range(region, &index, &nr);
	if (!nr)
		return;
	pfnfault_bump(region, true);
	pfnfault_zap(region, index, nr);
	race_zapped(region);
	this_cpu_inc(region->percpu->stats.invalidations);
	pfnfault_trace(invalidate, region->id, index, nr, start);
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_invalidate);

/**
 * pfnfault_invalidate_begin() - take pages back for a move that takes time
 * @region: the region
 * @index: first page, counted from the region's first
 * @nr: number of pages
 *
 * On return, and until pfnfault_invalidate_end():
 *
 * * no CPU can reach these pages, and no fault that resolved before can
 *   install them: they can be copied away, and their place overwritten;
 * * faults on them wait, without the lock of the fault where core lets them
 *   drop it, and do not call ops.resolve(); one that began before may still
 *   call it, for nothing: neither a place nor an error is believed.
 *
 * In between, the caller must not take mmap_lock, nor touch user memory: some
 * faults in kernel mode wait for the end with mmap_lock held.
 *
 * Several moves of one region may be under way: faults wait for all of them,
 * on every page from the first to the last of theirs.
 *
 * Context: as pfnfault_invalidate().
 */
void pfnfault_invalidate_begin(struct pfnfault_region *region,
			       unsigned long index, unsigned long nr)
{
	check_range(region, &index, &nr);
	spin_lock(&region->lock);
	if (region->moves) {
		region->moves_start = min(index, region->moves_start);
		region->moves_end = max(index + nr, region->moves_end);
	} else {
		region->moves_start = index;
		region->moves_end = index + nr;
	}
	/*
	 * Seen by whoever samples the sequence that the bump makes:
	 * litmus/move.
	 */
	WRITE_ONCE(region->moves, region->moves + 1);
	spin_unlock(&region->lock);
	pfnfault_invalidate(region, index, nr);
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_invalidate_begin);

/**
 * pfnfault_invalidate_end() - the move has come to its end
 * @region: as for the call of pfnfault_invalidate_begin() that this one ends
 *
 * The driver first makes ops.resolve() answer with the new place. Faults that
 * waited go on.
 *
 * Context: process context.
 */
void pfnfault_invalidate_end(struct pfnfault_region *region)
{
	spin_lock(&region->lock);
	if (!WARN_ONCE(!region->moves, "pfnfault: %ps: a move ends that was not begun\n",
		       region->ops->resolve)) {
		/*
		 * Paired with the acquire in pfnfault_locate(): who sees
		 * that nothing moves sees the new place. litmus/move.
		 */
		smp_store_release(&region->moves, region->moves - 1);
	}
	spin_unlock(&region->lock);
	pfnfault_wake(region);
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_invalidate_end);

/**
 * pfnfault_revoke() - take a region back for good
 * @region: the region; the caller holds a reference
 * @policy: what programs get from now on; the first call decides
 *
 * On return:
 *
 * * no PTE of the region's memory is left, in any process, and none will be
 *   installed: the memory may be used for something else at once;
 * * no op of the region runs, and none but ops.release() will be called again;
 * * every fault that waited is awake;
 * * every access to an existing mapping does what @policy says, and new
 *   mappings are refused with -ENODEV;
 * * pfnfault_dirty_collect() still tells what was written before.
 *
 * Nothing here waits for a program to let go of a mapping, for a fault that
 * waits for the device, nor for anything of other regions.
 *
 * May be called again, and concurrently: each call returns with all of this
 * true.
 *
 * Context: process context, sleeps. Not from an op of the region, nor with a
 * lock held that one takes: it waits for ops that run, and interrupts every CPU
 * for that. Otherwise as pfnfault_invalidate().
 */
void pfnfault_revoke(struct pfnfault_region *region,
		     enum pfnfault_revoke_policy policy)
{
	u64 start = pfnfault_trace_start(revoke);

	if (WARN_ONCE(policy > PFNFAULT_REVOKE_ONES, "pfnfault: %ps: no policy %u; SIGBUS\n",
		      region->ops->resolve, policy))
		policy = PFNFAULT_REVOKE_SIGBUS;

	spin_lock(&region->lock);
	if (!region->revoked) {
		region->policy = policy;
		/*
		 * Who sees it sees the policy: an acquire in
		 * pfnfault_locate(). litmus/revoke-policy.
		 */
		smp_store_release(&region->revoked, true);
	}
	spin_unlock(&region->lock);

	pfnfault_invalidate(region, 0, region->nr_pages);
	pfnfault_wake(region);	/* also ops that sleep */
	pfnfault_wait_for_ops(region);
	pfnfault_trace(revoke, region->id, 0, region->nr_pages, start);
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_revoke);
