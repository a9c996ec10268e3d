/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of pfnfault.ko share and drivers do not see. */
#ifndef PFNFAULT_INTERNAL_H
#define PFNFAULT_INTERNAL_H

#include <linux/pfnfault.h>

/*
 * What only pfnfault itself returns and sees. Positive: no errno of a driver's
 * is one of them.
 */
#define PFNFAULT_LOST	1	/* an install lost to an invalidation */
#define PFNFAULT_MOVING	2	/* between _invalidate_begin() and _end() */

/* In pfnfault_extent.flags: RAM that stands in for revoked memory. */
#define PFNFAULT_DUMMY	BIT(31)

/**
 * struct pfnfault_run - consecutive PFNs around a page that is to be mapped
 * @vmf: the fault, or what a prefault makes for it: vma, address, pgoff, flags
 * @region: NULL in layer 1: no sequence to compare
 * @seq: region->seq, sampled before resolve()
 * @before: pages before the faulting page
 * @after: pages from the faulting page on, itself included; at least 1
 * @pfn: PFN of the faulting page
 * @prot: what the PTEs carry, where pages are not tracked for writes
 * @empty: PTEs that were not set when the table was allocated
 * @installed: out: PTEs that were set
 *
 * Clipped by pfnfault_clip(): all of it lies in the VMA and in one page table.
 */
struct pfnfault_run {
	struct vm_fault *vmf;
	struct pfnfault_region *region;
	unsigned long seq;
	unsigned long before;
	unsigned long after;
	unsigned long pfn;
	pgprot_t prot;
	unsigned long empty;
	unsigned long installed;
};

/* place.c */
int pfnfault_locate(struct pfnfault_region *region, unsigned long index,
		    struct pfnfault_extent *extent, unsigned long *seq);

int pfnfault_live_pages(void);
void pfnfault_free_dummy(struct pfnfault_region *region);

/* install.c */
void pfnfault_clip(struct pfnfault_run *run, unsigned long window);
vm_fault_t pfnfault_insert_by_core(struct pfnfault_run *run, long offset,
				   pgprot_t prot);
int pfnfault_allocate_table(struct pfnfault_run *run);
bool pfnfault_enter_gate(struct pfnfault_region *region, unsigned long seq);
pgprot_t pfnfault_prot_of(const struct pfnfault_run *run, long offset);
void pfnfault_mark_write(const struct pfnfault_run *run);
int pfnfault_install_run(struct pfnfault_run *run,
			 const struct pfnfault_extent *extent);
int pfnfault_install(struct pfnfault_region *region, struct vm_fault *vmf,
		     const struct pfnfault_extent *extent, unsigned long seq,
		     unsigned long *mapped);

/* The two installers: install_direct.c, install_core.c */
int pfnfault_install_direct(struct pfnfault_run *run,
			    const struct pfnfault_extent *extent);
void pfnfault_forget_verdict(struct pfnfault_region *region);
int pfnfault_install_core(struct pfnfault_run *run);

/* access.c */
int pfnfault_access(struct vm_area_struct *vma, unsigned long addr, void *buf,
		    int len, int write);

/* fault.c */
int pfnfault_locate_and_install(struct pfnfault_region *region,
				struct vm_fault *vmf, unsigned long *mapped);
bool pfnfault_vma_is_of(const struct vm_area_struct *vma,
			const struct pfnfault_region *region);

/* move.c */
void pfnfault_bump(struct pfnfault_region *region, bool moved);
void pfnfault_zap(struct pfnfault_region *region, unsigned long index,
		  unsigned long nr);

/* dirty.c */
void pfnfault_dirty_mark(struct pfnfault_region *region, unsigned long index);

/* region.c, space.c */
bool pfnfault_enter_op(struct pfnfault_region *region);
void pfnfault_leave_op(struct pfnfault_region *region);
int pfnfault_live_regions(void);
int pfnfault_live_references(void);
int pfnfault_spaces_start(void);
void pfnfault_spaces_stop(void);

/* The window of a fault, in pages: a power of two, at most one page table. */
extern unsigned int pfnfault_window;
/* Is the core installer to be used, here or because it was asked for? */
extern bool pfnfault_by_core;

#endif /* PFNFAULT_INTERNAL_H */
