/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lines that two races hang on, by name, so that a test can take each away:
 * between a fault and an invalidation (install.c), between an op and a
 * revocation (ops.c).
 *
 * In the module that is shipped they are what stands in the second half. With
 * PFNFAULT_RACES=y (races.c, for tests only) they behave as on a CPU with a
 * store buffer of any depth, and loads as early as they may be: which no x86
 * shows here, as its locked instructions are barriers of their own.
 */
#ifndef PFNFAULT_RACES_H
#define PFNFAULT_RACES_H

#include <linux/percpu.h>
#include <linux/smp.h>

#include "internal.h"

#ifdef PFNFAULT_RACES

void race_load_early(struct pfnfault_region *region);
void race_fault_mb(void);
bool race_lost(struct pfnfault_region *region, unsigned long seq);
void race_bump(struct pfnfault_region *region);
void race_bump_mb(struct pfnfault_region *region);
void race_zapped(struct pfnfault_region *region);
void race_enter_op(struct pfnfault_region *region);
void race_leave_op(void);
void race_everywhere(void);

#else

/* The earliest that the load in race_lost() could be made without a barrier. */
static inline void race_load_early(struct pfnfault_region *region) { }

/* Between the publication of the page table and race_lost(). */
static inline void race_fault_mb(void)
{
	smp_mb();	/* paired with race_bump_mb(): see install.c */
}

/* Was there an invalidation since @seq was sampled? */
static inline bool race_lost(struct pfnfault_region *region, unsigned long seq)
{
	return atomic_long_read(&region->seq) != seq;
}

static inline void race_bump(struct pfnfault_region *region)
{
	atomic_long_inc(&region->seq);
}

/* Between race_bump() and the zap. */
static inline void race_bump_mb(struct pfnfault_region *region)
{
	smp_mb__after_atomic();	/* paired with race_fault_mb(): see install.c */
}

/* The latest that the store of race_bump() could be seen without a barrier. */
static inline void race_zapped(struct pfnfault_region *region) { }

static inline void race_enter_op(struct pfnfault_region *region)
{
	this_cpu_inc(region->percpu->entered);
}

/* The latest that the count of race_enter_op() could be seen. */
static inline void race_leave_op(void) { }

static inline void race_barrier(void *unused)
{
	smp_mb();	/* paired with what a fault has none for: see ops.c */
}

/* A barrier on every CPU. */
static inline void race_everywhere(void)
{
	on_each_cpu(race_barrier, NULL, 1);
}

#endif

#endif /* PFNFAULT_RACES_H */
