// SPDX-License-Identifier: GPL-2.0-only
/* Layer 1: stateless helpers for a fault handler that exists already. */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "compat.h"
#include "internal.h"

/*
 * What core answers with BUG or takes unasked. Any program can provoke it
 * where a driver forgot a check in ->mmap, so it must not stop a machine that
 * panics on WARN: a line that names the handler, once. Of a marker there is
 * nothing to tell: the program asked for it.
 */
static bool vma_fits(const struct vm_fault *vmf, unsigned long pfn)
{
	const struct vm_area_struct *vma = vmf->vma;
	const vm_flags_t type = vma->vm_flags & (VM_PFNMAP | VM_MIXEDMAP);
	const char *why = NULL;

	if (type != VM_PFNMAP && type != VM_MIXEDMAP)
		why = "the VMA needs one of VM_PFNMAP and VM_MIXEDMAP";
	else if (pfnfault_is_cow(vma))
		why = "a private mapping must be refused in ->mmap";
	else if (type == VM_MIXEDMAP && pfn_valid(pfn))
		why = "a PFN with a struct page in a VM_MIXEDMAP VMA";
	else if (!pfnfault_pfn_exists(pfn))
		why = "no such PFN";
	else if (vmf->address < vma->vm_start || vmf->address >= vma->vm_end)
		why = "the address is outside of the VMA";
	if (!why)
		return !pfnfault_is_marked(vmf);
	pr_warn_once("pfnfault: %ps: %s; SIGBUS\n",
		     vma->vm_ops->fault, why);
	return false;
}

/**
 * pfnfault_insert_pfn() - map one PFN at the faulting address
 * @vmf: the fault
 * @pfn: page frame number to map
 *
 * What vmf_insert_pfn() does, for a VMA that may be wrong:
 *
 * * a VMA without VM_PFNMAP or VM_MIXEDMAP (or with both), a copy-on-write
 *   mapping, a PFN with a struct page in a VM_MIXEDMAP VMA, a PFN that the CPU
 *   cannot address (but on s390x, where the program gets SIGILL when it uses the
 *   page) and an address outside of the VMA give SIGBUS and one line in the log,
 *   never BUG;
 * * a PTE that is present stays as it is, and the fault has succeeded;
 * * where userfaultfd has put a marker, it is SIGBUS: core would say that it
 *   has installed a PTE, and has not;
 * * the cache mode is the one that the architecture's memory-type tracking
 *   says, else that of vma->vm_page_prot.
 *
 * Idea: do_no_pfn() of Linux 2.6.19.
 *
 * Context: a fault handler; the lock of the fault is held. May sleep.
 * Return: VM_FAULT_NOPAGE, the page is mapped; VM_FAULT_OOM; VM_FAULT_SIGBUS.
 */
vm_fault_t pfnfault_insert_pfn(struct vm_fault *vmf, unsigned long pfn)
{
	if (!vma_fits(vmf, pfn))
		return VM_FAULT_SIGBUS;
	return vmf_insert_pfn(vmf->vma, vmf->address, pfn);
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_insert_pfn);

/**
 * pfnfault_nopfn() - a whole fault handler around one callback
 * @vmf: the fault
 * @nopfn: returns the PFN of page vmf->pgoff, or PFNFAULT_NOPFN_SIGBUS (no
 *	such memory), PFNFAULT_NOPFN_OOM (no memory to provide it), or
 *	PFNFAULT_NOPFN_REFAULT (it installed the PTE itself, or gave up on a
 *	signal)
 *
 * The smallest handler there is. Everything pfnfault_insert_pfn() guarantees,
 * and:
 *
 * * after a REFAULT the instruction runs again; a thread that is being killed
 *   inside a system call leaves it instead of faulting for ever;
 * * where that gives VM_FAULT_RETRY, the lock of the fault was released, unless
 *   core asked not to wait: as core expects.
 *
 * A callback that waits does so in the state that pfnfault_wait_state() says:
 * an interruptible wait in a kernel-mode fault ends in a spin on the pending
 * signal, for a REFAULT in kernel mode is right only after the PTE was
 * installed, or on a fatal signal.
 *
 * Idea: the nopfn() of Linux 2.6.19 (mspec) and NOPAGE_REFAULT of 2.6.20
 * (spufs).
 *
 * Context: a fault handler; the lock of the fault is held. May sleep.
 * Return: VM_FAULT_NOPAGE, VM_FAULT_OOM, VM_FAULT_SIGBUS; VM_FAULT_RETRY, and
 * then @vmf must not be touched any more.
 */
vm_fault_t pfnfault_nopfn(struct vm_fault *vmf, pfnfault_nopfn_t nopfn)
{
	unsigned long pfn = nopfn(vmf);

	switch (pfn) {
	case PFNFAULT_NOPFN_SIGBUS:
		return VM_FAULT_SIGBUS;
	case PFNFAULT_NOPFN_OOM:
		return VM_FAULT_OOM;
	case PFNFAULT_NOPFN_REFAULT:
		if ((vmf->flags & FAULT_FLAG_USER) ||
		    !fatal_signal_pending(current))
			return VM_FAULT_NOPAGE;
		if (pfnfault_wait_state(vmf) == TASK_RUNNING)
			return VM_FAULT_RETRY;
		return pfnfault_release_lock(vmf) ? VM_FAULT_RETRY :
						    VM_FAULT_SIGBUS;
	}
	return pfnfault_insert_pfn(vmf, pfn);
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_nopfn);

/**
 * pfnfault_insert_range() - map the faulting page and its neighbours
 * @vmf: the fault
 * @index: page offset in the file, as vmf->pgoff counts, of the first page
 * @pfn: page frame number of that page
 * @nr: number of pages, consecutive in the file and in physical memory;
 *	vmf->pgoff must be one of them
 * @prot: vma->vm_page_prot, with the cache mode that the driver wishes
 *
 * * Installs what lies in the VMA and in one page table, at most; the caller
 *   need not clip.
 * * With the direct installer, one walk and one PTE lock for all; on x86 the
 *   faulting page is installed by core first, whose memory-type look-up decides
 *   the cache mode of all: they must be of one memory type.
 * * PTEs that are present are left alone.
 * * In a VM_MIXEDMAP VMA, only the faulting page is installed.
 * * Only the faulting page decides the return code.
 *
 * There is no region, so nothing is compared: a driver that takes memory back
 * must keep this call and its zap apart by a lock of its own, or use regions.
 *
 * Context: a fault handler; the lock of the fault is held. May sleep.
 * Return: VM_FAULT_NOPAGE, the faulting page is mapped; VM_FAULT_OOM;
 * VM_FAULT_SIGBUS, also where the VMA is wrong, as in pfnfault_insert_pfn(),
 * or the faulting page is not in the range.
 */
vm_fault_t pfnfault_insert_range(struct vm_fault *vmf, unsigned long index,
				 unsigned long pfn, unsigned long nr,
				 pgprot_t prot)
{
	unsigned long offset = vmf->pgoff - index;
	struct pfnfault_piece piece = { .prot = prot };
	struct pfnfault_run run = { .vmf = vmf, .nr = 1, .pieces = &piece };

	if (vmf->pgoff < index || offset >= nr) {
		pr_warn_once("pfnfault: %ps: page %lu is not among the %lu from %lu on; SIGBUS\n",
			     vmf->vma->vm_ops->fault, vmf->pgoff, nr, index);
		return VM_FAULT_SIGBUS;
	}
	pfn += offset;
	if (!vma_fits(vmf, pfn))
		return VM_FAULT_SIGBUS;
	/* Neighbours might have a struct page there, which vma_fits() is for. */
	if (vmf->vma->vm_flags & VM_MIXEDMAP)
		pfnfault_clip(&run, 0, 1);
	else
		pfnfault_clip(&run,
			      -min_t(long, offset, PTRS_PER_PTE),
			      min_t(unsigned long, nr - offset, PTRS_PER_PTE));
	/* A neighbour that cannot be installed is left out. */
	if (!pfnfault_pfn_exists(pfn + run.end - 1))
		run.end = 1;
	if (!pfnfault_pfn_exists(pfn + run.start))
		run.start = 0;
	piece.start = run.start;
	piece.end = run.end;
	piece.pfn = pfn + run.start;
	return pfnfault_errno(pfnfault_install_run(&run, NULL));
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_insert_range);

/**
 * pfnfault_errno() - the VM_FAULT code for an errno
 * @err: 0 or a negative errno
 *
 * ======================== ==================== ==============================
 * errno                    code                 meaning
 * ======================== ==================== ==============================
 * 0                        VM_FAULT_NOPAGE      a PTE was installed
 * -EINTR, -ERESTARTSYS     VM_FAULT_NOPAGE      a signal in user mode: run the
 *                                               instruction again
 * -EAGAIN, -EBUSY          VM_FAULT_RETRY       waited, lock released: look it
 *                                               all up again
 * -ENOMEM                  VM_FAULT_OOM         no memory to provide it
 * -EHWPOISON               VM_FAULT_HWPOISON    the memory has failed (s390:
 *                                               VM_FAULT_SIGBUS)
 * any other                VM_FAULT_SIGBUS      no such memory
 * ======================== ==================== ==============================
 *
 * VM_FAULT_RETRY is legal only after pfnfault_release_lock() returned true, or
 * where core asked not to wait (FAULT_FLAG_RETRY_NOWAIT), with the lock held.
 * The two signal codes are for faults from user mode: a fault from kernel mode
 * that installed nothing must not return VM_FAULT_NOPAGE.
 *
 * Context: any.
 * Return: the code.
 */
vm_fault_t pfnfault_errno(int err)
{
	switch (err) {
	case 0:
	case -EINTR:
	case -ERESTARTSYS:
		return VM_FAULT_NOPAGE;
	case -EAGAIN:
	case -EBUSY:
		return VM_FAULT_RETRY;
	case -ENOMEM:
		return VM_FAULT_OOM;
	case -EHWPOISON:
		return PFNFAULT_HWPOISON;
	}
	return VM_FAULT_SIGBUS;
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_errno);

/**
 * pfnfault_release_lock() - release the lock that a fault holds, if it may be
 * @vmf: the fault
 *
 * Releases the per-VMA lock or mmap_lock, whichever this fault holds, of the
 * mm that is faulted in (which need not be current->mm). After true:
 *
 * * the handler must return VM_FAULT_RETRY;
 * * the VMA may be gone: nothing of it, and nothing but a reference of the
 *   handler's own, may be touched;
 * * with the VMA, its file and the driver's module may go: a handler takes
 *   get_file(vmf->vma->vm_file) before, and fput() when it is through.
 *
 * Context: a fault handler; the lock of the fault is held.
 * Return: true, released; false where core did not allow a retry, or asked not
 * to wait (FAULT_FLAG_RETRY_NOWAIT: return VM_FAULT_RETRY at once): the lock
 * is still held.
 */
bool pfnfault_release_lock(struct vm_fault *vmf)
{
	if (!(vmf->flags & FAULT_FLAG_ALLOW_RETRY) ||
	    (vmf->flags & FAULT_FLAG_RETRY_NOWAIT))
		return false;
#ifdef CONFIG_PER_VMA_LOCK
	if (vmf->flags & FAULT_FLAG_VMA_LOCK) {
		vma_end_read(vmf->vma);
		return true;
	}
#endif
	mmap_read_unlock(vmf->vma->vm_mm);
	return true;
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_release_lock);

/**
 * pfnfault_wait_state() - the task state that a wait in a fault may use
 * @vmf: the fault
 *
 * A wait that any signal ends is for faults from user mode that may retry:
 * core looks at signals there. Elsewhere, only a fatal signal may end it.
 *
 * No signal reaches a kernel thread (PF_KTHREAD), nor a task that exits (PF_EXITING,
 * or SIGNAL_GROUP_EXIT of its program), for which the kernel still touches memory:
 * where a wait may last, such a fault is VM_FAULT_SIGBUS at once.
 *
 * Context: a fault handler; the lock of the fault is held.
 * Return: TASK_INTERRUPTIBLE, TASK_KILLABLE, or TASK_RUNNING: do not wait,
 * return VM_FAULT_RETRY with the lock held.
 */
unsigned int pfnfault_wait_state(const struct vm_fault *vmf)
{
	const unsigned int user_retry = FAULT_FLAG_USER | FAULT_FLAG_ALLOW_RETRY;

	if ((vmf->flags & FAULT_FLAG_ALLOW_RETRY) &&
	    (vmf->flags & FAULT_FLAG_RETRY_NOWAIT))
		return TASK_RUNNING;
	if ((vmf->flags & user_retry) == user_retry)
		return TASK_INTERRUPTIBLE;
	return TASK_KILLABLE;
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_wait_state);
