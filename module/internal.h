/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of pfnfault.ko share and drivers do not see. */
#ifndef PFNFAULT_INTERNAL_H
#define PFNFAULT_INTERNAL_H

#include <linux/pfnfault.h>
#include <linux/pgtable.h>
#include <linux/rcupdate.h>
#include <linux/seqlock.h>

#include "compat.h"

/*
 * What only pfnfault itself returns and sees. Positive, and more than MAX_ERRNO: no
 * errno of a driver's is one of them, nor its negative, which is what events have.
 */
#define PFNFAULT_LOST	4097	/* an install lost to an invalidation */
#define PFNFAULT_MOVING	4098	/* between _invalidate_begin() and _end() */

/* In pfnfault_extent.flags: RAM that stands in for revoked memory. */
#define PFNFAULT_DUMMY	BIT(31)

/* The page has a place; but core must ask for an entry of another size. */
#define PFNFAULT_RESIZE	4099

/* Most extents that one fault installs of: they are on the stack. */
#define PFNFAULT_PIECES	16

/**
 * struct pfnfault_percpu - what the faults of a region write, on their CPU alone
 * @entered: ops that were to be called
 * @left: ... and returned, or were not called after all: see ops.c
 * @stats: what pfnfault_region_stats() sums up; what every fault writes comes first
 */
struct pfnfault_percpu {
	unsigned long entered;
	unsigned long left;
	struct pfnfault_stats stats;
};

/**
 * struct pfnfault_piece - pages of a run with consecutive PFNs, of one extent
 * @pfn: PFN of page @start
 * @prot: what the PTEs carry, where pages are not tracked for writes
 * @start: first page, counted from the faulting one
 * @end: the page behind the last one
 * @cache: what the driver wishes
 * @adopt: core has to install a page; its cache bits are those of all
 */
struct pfnfault_piece {
	unsigned long pfn;
	pgprot_t prot;
	int start;
	int end;
	u8 cache;
	bool adopt;
};

/**
 * struct pfnfault_run - what one fault is to install around its page
 * @vmf: the fault, or what a prefault makes for it: vma, address, pgoff, flags
 * @region: NULL in layer 1: no sequence to compare
 * @seq: region->seq, sampled before resolve()
 * @start: first page, counted from the faulting one: 0 or less
 * @end: the page behind the last one: at least 1
 * @ahead: are pages of other extents wanted, too?
 * @adopt: core must install a page of a piece
 * @installed: out: PTEs that were set
 * @nr: number of pieces
 * @pieces: consecutive, from @start to @end - 1; the first one has the faulting
 *	page. Most faults have one: it is not an array here, for many kernels
 *	clear what is on the stack
 *
 * All of it lies in the VMA and in one page table.
 */
struct pfnfault_run {
	struct vm_fault *vmf;
	struct pfnfault_region *region;
	unsigned long seq;
	long start;
	long end;
	bool ahead;
	bool adopt;
	unsigned long installed;
	unsigned int nr;
	struct pfnfault_piece *pieces;
};

/**
 * struct pfnfault_entry - what there is in the page tables for an address
 * @state: nothing, a huge entry, or a page table
 * @pte: of a table, the PTE; else NULL
 * @pfn: of a huge entry, the first one
 */
struct pfnfault_entry {
	enum { PFNFAULT_NOTHING, PFNFAULT_HUGE, PFNFAULT_TABLE } state;
	pte_t *pte;
	unsigned long pfn;
};

/* place.c */
int pfnfault_locate(struct pfnfault_region *region, unsigned long index,
		    struct pfnfault_extent *extent, unsigned long *seq);

int pfnfault_live_pages(void);
void pfnfault_free_dummy(struct pfnfault_region *region);

/* walk.c */
struct pfnfault_entry pfnfault_walk(struct mm_struct *mm, unsigned long addr);

/* window.c */
void pfnfault_clip(struct pfnfault_run *run, long start, long end);
void pfnfault_open_window(struct pfnfault_run *run, unsigned long nr,
			  long limit);
bool pfnfault_is_window(unsigned int pages);

/* gather.c */
int pfnfault_install(struct pfnfault_region *region, struct vm_fault *vmf,
		     const struct pfnfault_extent *extent, unsigned long seq,
		     unsigned long *nr);

/* install.c */
vm_fault_t pfnfault_insert_by_core(struct pfnfault_run *run,
				   const struct pfnfault_piece *piece,
				   long offset);
int pfnfault_allocate_table(struct pfnfault_run *run);
bool pfnfault_enter_gate(struct pfnfault_region *region, unsigned long seq);
pgprot_t pfnfault_read_only(pgprot_t prot);
int pfnfault_install_run(struct pfnfault_run *run,
			 const struct pfnfault_extent *extent);
int pfnfault_install_ptes(struct pfnfault_run *run,
			  const struct pfnfault_extent *extent);

/* The two installers: install_direct.c, install_core.c */
int pfnfault_install_direct(struct pfnfault_run *run,
			    const struct pfnfault_extent *extent);
int pfnfault_install_core(struct pfnfault_run *run);

/* verdict.c */
bool pfnfault_adopt_verdict(struct pfnfault_piece *piece, unsigned long pfn,
			    pte_t pte);
void pfnfault_remember_verdict(struct pfnfault_region *region,
			       const struct pfnfault_extent *extent,
			       pgprot_t prot);
void pfnfault_forget_verdict(struct pfnfault_region *region);

/* huge.c */
#ifdef PFNFAULT_LEAVES
void pfnfault_huge_start(void);
bool pfnfault_huge_fits(struct pfnfault_region *region,
			const struct vm_fault *vmf,
			const struct pfnfault_extent *extent);
int pfnfault_install_huge(struct pfnfault_region *region, struct vm_fault *vmf,
			  const struct pfnfault_extent *extent,
			  unsigned long seq);
struct mutex *pfnfault_hold_block(const struct vm_fault *vmf, int *err);
unsigned long pfnfault_prefault_huge(struct pfnfault_region *region,
				     struct vm_fault *vmf);
void pfnfault_huge_copy(struct vm_area_struct *copy);
#else
static inline void pfnfault_huge_start(void) { }
static inline void pfnfault_huge_copy(struct vm_area_struct *copy) { }

static inline bool pfnfault_huge_fits(struct pfnfault_region *region,
				      const struct vm_fault *vmf,
				      const struct pfnfault_extent *extent)
{
	return false;
}

static inline int
pfnfault_install_huge(struct pfnfault_region *region, struct vm_fault *vmf,
		      const struct pfnfault_extent *extent, unsigned long seq)
{
	return PFNFAULT_RESIZE;
}

static inline struct mutex *pfnfault_hold_block(const struct vm_fault *vmf,
						int *err)
{
	*err = 0;
	return NULL;
}

static inline unsigned long
pfnfault_prefault_huge(struct pfnfault_region *region, struct vm_fault *vmf)
{
	return 0;
}
#endif

/* access.c */
int pfnfault_access(struct vm_area_struct *vma, unsigned long addr, void *buf,
		    int len, int write);

/* fault.c */
int pfnfault_locate_and_install(struct pfnfault_region *region,
				struct vm_fault *vmf, bool huge,
				unsigned long *nr);
vm_fault_t pfnfault_fault(struct vm_fault *vmf);
vm_fault_t pfnfault_huge_fault(struct vm_fault *vmf, unsigned int order);
vm_fault_t pfnfault_pfn_mkwrite(struct vm_fault *vmf);

/* wait.c */
vm_fault_t pfnfault_wait_and_retry(struct vm_fault *vmf, int why, int wakes);

/* mmap.c */
bool pfnfault_vma_is_of(const struct vm_area_struct *vma,
			const struct pfnfault_region *region);

/* move.c */
void pfnfault_bump(struct pfnfault_region *region, bool moved);
void pfnfault_zap(struct pfnfault_region *region, unsigned long index,
		  unsigned long nr);

/* dirty.c */
void pfnfault_dirty_mark(struct pfnfault_region *region, unsigned long index,
			 unsigned long pfn);

/* debugfs.c */
void pfnfault_debugfs_start(void);
void pfnfault_debugfs_stop(void);

/* region.c, space.c */
int pfnfault_live_regions(void);
void pfnfault_total_stats(struct pfnfault_stats *stats);
typedef void (*pfnfault_look_t)(const struct pfnfault_region *region, void *data);
void pfnfault_look_at_regions(pfnfault_look_t look, void *data);
int pfnfault_live_references(void);
void pfnfault_spaces_stop(void);

/* The window of a fault, in pages: a power of two, at most one page table. */
extern unsigned int pfnfault_window;
/* Is the core installer to be used, here or because it was asked for? */
extern bool pfnfault_by_core;

/* What follows is on the way of every fault, and short enough to be inlined. */

/**
 * pfnfault_cache_prot() - with the cache mode that the driver wishes
 * @prot: in any mode
 * @cache: the wish
 *
 * Return: @prot with it.
 */
static inline pgprot_t pfnfault_cache_prot(pgprot_t prot,
					   enum pfnfault_cache cache)
{
	switch (cache) {
	case PFNFAULT_WC:
		return pfnfault_writecombine(prot);
	case PFNFAULT_UC:
		return pfnfault_noncached(prot);
	case PFNFAULT_WB:
		break;
	}
	return pfnfault_writeback(prot);
}

static inline pgprot_t pfnfault_with_cache_bits(pgprot_t prot,
						unsigned long bits)
{
	return __pgprot((pgprot_val(prot) & ~PFNFAULT_CACHE_MASK) | bits);
}

/**
 * pfnfault_recall_verdict() - is there a verdict for a piece?
 * @region: the region
 * @piece: its prot is filled, if so
 *
 * Context: what is installed by it is installed under the sequence check: an
 * invalidation forgets the verdict before it bumps the sequence.
 * Return: true, there is, or none is needed.
 */
static inline bool pfnfault_recall_verdict(struct pfnfault_region *region,
					   struct pfnfault_piece *piece)
{
	unsigned long offset, nr = piece->end - piece->start;
	unsigned int begin, bits;
	bool known;

	if (!PFNFAULT_TRACKED_MEMTYPE)
		return true;
	do {
		begin = read_seqcount_begin(&region->verdict_seq);
		offset = piece->pfn - region->verdict_pfn;
		known = piece->cache == region->verdict_cache &&
			offset < region->verdict_nr &&
			nr <= region->verdict_nr - offset;
		bits = region->verdict_bits;
	} while (read_seqcount_retry(&region->verdict_seq, begin));
	if (known)
		piece->prot = pfnfault_with_cache_bits(piece->prot, bits);
	return known;
}

/**
 * pfnfault_prot_of() - what the PTE of one page of a run carries
 * @run: the run
 * @piece: the piece of it that the page is in
 * @offset: page, counted from the faulting one
 *
 * While writes are tracked, only a page that is being written is writable.
 *
 * Context: compare the sequence before, under the lock that makes the install
 * one with that: it is the bump in pfnfault_dirty_start() that turns tracking on.
 * Return: piece->prot, or that without the permission to write.
 */
static inline pgprot_t pfnfault_prot_of(const struct pfnfault_run *run,
					const struct pfnfault_piece *piece,
					long offset)
{
	if (!run->region || !rcu_access_pointer(run->region->dirty) ||
	    (!offset && (run->vmf->flags & FAULT_FLAG_WRITE)))
		return piece->prot;
	return pfnfault_read_only(piece->prot);
}

/**
 * pfnfault_mark_write() - tell who tracks writes of the fault, if it is one
 * @run: the run
 *
 * Context: between the comparison of the sequence and the install.
 */
static inline void pfnfault_mark_write(const struct pfnfault_run *run)
{
	const struct vm_fault *vmf = run->vmf;

	/* What a private mapping is written to is not the region's. */
	if (run->region && (vmf->flags & FAULT_FLAG_WRITE) &&
	    rcu_access_pointer(run->region->dirty) &&
	    !pfnfault_is_cow(vmf->vma))
		pfnfault_dirty_mark(run->region,
				    vmf->pgoff - run->region->base,
				    run->pieces->pfn - run->pieces->start);
}

#endif /* PFNFAULT_INTERNAL_H */
