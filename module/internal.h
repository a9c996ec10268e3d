/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of pfnfault.ko share and drivers do not see. */
#ifndef PFNFAULT_INTERNAL_H
#define PFNFAULT_INTERNAL_H

#include <linux/pfnfault.h>

/**
 * struct pfnfault_run - consecutive PFNs around the faulting page
 * @before: pages before the faulting page
 * @after: pages from the faulting page on, itself included; at least 1
 * @pfn: PFN of the faulting page
 * @prot: what the PTEs carry
 *
 * Clipped by pfnfault_clip(): all of it lies in the VMA of the fault and in
 * one page table.
 */
struct pfnfault_run {
	unsigned long before;
	unsigned long after;
	unsigned long pfn;
	pgprot_t prot;
};

/* An install lost to an invalidation. Positive: no errno of a driver's is it. */
#define PFNFAULT_LOST 1

void pfnfault_clip(const struct vm_fault *vmf, unsigned long window,
		   struct pfnfault_run *run);
vm_fault_t pfnfault_install_unchecked(struct vm_fault *vmf,
				      struct pfnfault_run *run);
int pfnfault_install(struct pfnfault_region *region, struct vm_fault *vmf,
		     const struct pfnfault_extent *extent, unsigned long seq);
void pfnfault_forget_verdict(struct pfnfault_region *region);

void pfnfault_drain_ops(void);

int pfnfault_spaces_start(void);
void pfnfault_spaces_stop(void);

/* The window of a fault, in pages: a power of two, at most one page table. */
extern unsigned int pfnfault_window;

#endif /* PFNFAULT_INTERNAL_H */
