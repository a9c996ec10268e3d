// SPDX-License-Identifier: GPL-2.0-only
/* Without a fault: debuggers' access, and mapping ahead of the first touch. */
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/page-flags.h>
#include <linux/pagemap.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>

#include "compat.h"
#include "internal.h"

/* How often to start over where the memory moves, before giving up. */
#define TRIES 10

/* A page in the kernel's own address space: one of the two. */
struct view {
	void *ram;
	void __iomem *io;
};

/*
 * In the cache mode of the PTEs. Where memory types are tracked, ioremap() takes
 * the one that is reserved, and makes no other one where none is: ioremap_wc()
 * would, and a fault meanwhile would believe it. So would ioremap_cache(), but
 * ioremap() fails where write-back is reserved, and what is reserved is not for
 * modules to know: a driver that says write-back reserves it, as pfnfault.h has it.
 */
static bool map_page(struct view *view, const struct pfnfault_extent *extent,
		     unsigned long pfn)
{
	phys_addr_t phys = PFN_PHYS(pfn);

	*view = (struct view){};
	if (page_is_ram(pfn)) {
		/* Of a 32-bit machine, what memremap() has no address for. */
		if (pfn_valid(pfn) && PageHighMem(pfn_to_page(pfn)))
			return false;
		view->ram = memremap(phys, PAGE_SIZE, MEMREMAP_WB);
		return view->ram;
	}
	switch (extent->cache) {
	case PFNFAULT_WB:
		view->io = pfnfault_ioremap_cache(phys, PAGE_SIZE);
		break;
	case PFNFAULT_WC:
		if (!PFNFAULT_TRACKED_MEMTYPE) {
			view->io = pfnfault_ioremap_wc(phys, PAGE_SIZE);
			break;
		}
		fallthrough;
	case PFNFAULT_UC:
		view->io = ioremap(phys, PAGE_SIZE);
		break;
	}
	/* Some 32-bit kernels map other memory where it is above 4 GiB. */
	if (view->io && !pfnfault_io_is(view->io, pfn)) {
		iounmap(view->io);
		view->io = NULL;
	}
	return view->io;
}

static void unmap_page(struct view *view)
{
	if (view->ram)
		memunmap(view->ram);
	else
		iounmap(view->io);
}

static void copy(struct view *view, unsigned int offset, void *buf, int len,
		 bool write)
{
	if (view->ram && write)
		memcpy(view->ram + offset, buf, len);
	else if (view->ram)
		memcpy(buf, view->ram + offset, len);
	else if (write)
		memcpy_toio(view->io + offset, buf, len);
	else
		memcpy_fromio(buf, view->io + offset, len);
}

/*
 * The page is mapped first, for that allocates, and then touched under the gate
 * and the sequence check: an invalidation waits for the copy, or comes before it.
 * litmus/gate-access.
 */
static int access_page(struct pfnfault_region *region, unsigned long index,
		       unsigned int offset, void *buf, int len, bool write)
{
	struct pfnfault_extent extent = {};
	struct view view;
	unsigned long pfn, seq;
	int err = pfnfault_locate(region, index, &extent, &seq);

	if (err)
		return err;
	pfn = extent.pfn + index - extent.index;
	if (!map_page(&view, &extent, pfn))
		return -ENOMEM;
	err = PFNFAULT_LOST;
	if (pfnfault_enter_gate(region, seq)) {
		if (write)
			pfnfault_dirty_mark(region, index, pfn);
		copy(&view, offset, buf, len, write);
		up_read(&region->gate);
		err = 0;
	}
	unmap_page(&view);
	return err;
}

/**
 * pfnfault_access() - ->access, for ptrace and /proc/PID/mem
 * @vma: VMA of a region
 * @addr: an address in it
 * @buf: what to write, or where to read to
 * @len: in bytes
 * @write: to the region?
 *
 * * Touched or not, a page can be accessed; nothing is mapped by it.
 * * Ends with the page and with the VMA, and so with the region.
 * * Writes need a VMA that is writable now; a debugger's force is for
 *   memory that it gets a copy of.
 * * What would have to wait fails: the debugger holds mmap_lock.
 * * A private mapping of a PFNFAULT_COW region is refused: what it shows may
 *   be a copy, which is not the region's.
 *
 * Context: mmap_lock is held.
 * Return: how many bytes; -EIO.
 */
int pfnfault_access(struct vm_area_struct *vma, unsigned long addr, void *buf,
		    int len, int write)
{
	struct pfnfault_region *region = vma->vm_private_data;
	unsigned long index = linear_page_index(vma, addr) - region->base;
	unsigned int offset = offset_in_page(addr);
	int tries, err = -EIO;

	if (pfnfault_is_cow(vma) ||
	    !(vma->vm_flags & (write ? VM_WRITE : VM_MAYREAD)))
		return -EIO;
	len = min_t(unsigned long, len, PAGE_SIZE - offset);
	for (tries = 0; tries < TRIES; tries++) {
		err = access_page(region, index, offset, buf, len, write);
		if (err != PFNFAULT_LOST)
			break;
	}
	return err ? -EIO : len;
}

/*
 * One page, and what comes with it of the @nr pages from it on. Returns how many
 * of them, or an error.
 */
static long prefault_page(struct pfnfault_region *region,
			  struct vm_area_struct *vma, unsigned long addr,
			  unsigned long nr)
{
	struct vm_fault vmf = {
		.vma = vma,
		.address = addr,
		.pgoff = linear_page_index(vma, addr),
	};
	unsigned long huge;
	int tries, err = 0;

	for (tries = 0; tries < TRIES; tries++) {
		huge = pfnfault_prefault_huge(region, &vmf);
		if (huge)
			return min(huge, nr);
		err = pfnfault_locate_and_install(region, &vmf, false, &nr);
		/* Or another thread has a huge entry there. */
		if (err != PFNFAULT_LOST && err != PFNFAULT_RESIZE)
			break;
	}
	if (err > 0 || err == -EBUSY)
		return -EAGAIN;
	return err ?: nr;
}

/**
 * pfnfault_prefault() - map pages before they are touched
 * @region: the region
 * @vma: VMA that pfnfault_mmap() mapped @region into
 * @index: first page, counted from the region's first
 * @nr: number of pages; all of them in @vma
 *
 * For programs that cannot afford the first touch: on device memory, MAP_POPULATE
 * does nothing, and MADV_POPULATE_READ is refused. For an ioctl, say, which
 * finds @vma by an address that the program gives.
 *
 * * On success all of the pages were mapped, and stay so until they are taken
 *   back; but fork() and mremap() take huge entries away, and so does an
 *   munmap() or mprotect() of a part. Neighbours may have been mapped too, as in
 *   a fault.
 * * While writes are tracked, the first write to each page still faults.
 * * After an error, the pages before the failing one are mapped.
 *
 * Context: mmap_lock of vma->vm_mm is held, for reading or writing. Not from
 * ->mmap: a zap would not find the VMA yet. Sleeps.
 * Return: 0; -EINVAL, @vma is not of @region, has no access (PROT_NONE), the
 * range is not in @vma, or ops.resolve() gave an extent that makes no sense;
 * -EAGAIN, a page has no place at the moment; -EINTR, the task is being killed;
 * -ENODEV, revoked with PFNFAULT_REVOKE_SIGBUS; -ENOMEM; -EFAULT, core refuses the
 * PFN; or what ops.resolve() says.
 */
int pfnfault_prefault(struct pfnfault_region *region,
		      struct vm_area_struct *vma, unsigned long index,
		      unsigned long nr)
{
	unsigned long first, page;
	long mapped;

	lockdep_assert_held(&vma->vm_mm->mmap_lock);
	if (!pfnfault_vma_is_of(vma, region) || !vma_is_accessible(vma))
		return -EINVAL;
	first = vma->vm_pgoff - region->base;
	if (index < first || nr > vma_pages(vma) ||
	    index - first > vma_pages(vma) - nr)
		return -EINVAL;
	for (page = 0; page < nr; page += mapped) {
		mapped = prefault_page(region, vma, vma->vm_start +
				       ((index - first + page) << PAGE_SHIFT),
				       nr - page);
		if (mapped < 0)
			return mapped;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}
EXPORT_SYMBOL_PFNFAULT(pfnfault_prefault);
