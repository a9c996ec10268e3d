// SPDX-License-Identifier: GPL-2.0-only
/*
 * The installer for machines where a module cannot set PTEs (and wherever
 * installer=core asks for it): core's vmf_insert_pfn_prot(), page by page, under
 * the region's gate. The argument stands in install.c.
 */
#include <linux/mm.h>
#include <linux/rwsem.h>
#include <linux/sched/mm.h>

#include "compat.h"
#include "internal.h"

/* Only the faulting page can fail; what comes behind one that does is left out. */
static vm_fault_t insert_run(struct pfnfault_run *run)
{
	const struct pfnfault_piece *piece = run->pieces;
	vm_fault_t ret = pfnfault_insert_by_core(run, piece, 0);
	long i;

	if (ret != VM_FAULT_NOPAGE)
		return ret;
	for (; piece < run->pieces + run->nr; piece++) {
		for (i = piece->start; i < piece->end && i < run->end; i++) {
			if (!i || pfnfault_insert_by_core(run, piece, i) ==
			    VM_FAULT_NOPAGE)
				continue;
			if (i > 0)
				run->end = i;
		}
	}
	return ret;
}

/**
 * pfnfault_install_core() - install a run by core
 * @run: what to install, clipped
 *
 * Context: the lock of the fault is held. May sleep to allocate a page table.
 * Return: as pfnfault_install_run().
 */
int pfnfault_install_core(struct pfnfault_run *run)
{
	unsigned int noreclaim;
	vm_fault_t ret;
	int err = pfnfault_allocate_table(run);

	if (err)
		return err;
	/* litmus/gate, and of a write litmus/dirty-gate. */
	if (run->region && !pfnfault_enter_gate(run->region, run->seq))
		return PFNFAULT_LOST;
	pfnfault_mark_write(run);
	noreclaim = memalloc_noreclaim_save();
	ret = insert_run(run);
	memalloc_noreclaim_restore(noreclaim);
	if (run->region)
		up_read(&run->region->gate);
	return ret == VM_FAULT_NOPAGE ? 0 :
	       ret & VM_FAULT_OOM ? -ENOMEM : -EFAULT;
}
