/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pfnfault: page faults on device memory, for drivers that let programs mmap it.
 *
 * Layer 1 helps a fault handler that already exists: pfnfault_insert_pfn(),
 * pfnfault_nopfn(), pfnfault_insert_range(), pfnfault_errno(),
 * pfnfault_release_lock(), pfnfault_wait_state().
 *
 * Layer 2 is the whole fault path: embed a struct pfnfault_region in the
 * object that programs map, say in pfnfault_ops.resolve() where a page lives
 * now, call pfnfault_mmap() in ->mmap. No handler is left to write.
 *
 * Layer 3 takes the memory back: pfnfault_invalidate() when it moves,
 * pfnfault_revoke() when it goes; pfnfault_dirty_collect() tells what was
 * written.
 *
 * A module that uses these says PFNFAULT_IMPORT; once, at file scope, and finds
 * them with Kbuild.client; or has them compiled into itself, by Kbuild.vendor.
 *
 * What each function guarantees, needs held and returns is in the kernel-doc at its
 * definition, in the file that is named beside it; "make docs" has all of it.
 */
#ifndef _LINUX_PFNFAULT_H
#define _LINUX_PFNFAULT_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#ifdef PFNFAULT_VENDOR
#include <linux/pfnfault_vendor.h>

#define PFNFAULT_IMPORT struct pfnfault_region	/* nothing: it is all in here */
#else
/*
 * MODULE_IMPORT_NS() takes a token before Linux 6.13 and a string from there
 * on; what both put into the module is this.
 */
#define PFNFAULT_IMPORT MODULE_INFO(import_ns, "PFNFAULT")
#endif

/* ---- Layer 1: for a handler that exists ---- */

/* What the callback of pfnfault_nopfn() returns instead of a PFN. */
#define PFNFAULT_NOPFN_SIGBUS	(~0UL)		/* no such memory */
#define PFNFAULT_NOPFN_OOM	(~0UL - 1)	/* no memory to provide it */
#define PFNFAULT_NOPFN_REFAULT	(~0UL - 2)	/* run the instruction again */

typedef unsigned long (*pfnfault_nopfn_t)(struct vm_fault *vmf);

/* module/helpers.c */
vm_fault_t pfnfault_insert_pfn(struct vm_fault *vmf, unsigned long pfn);
vm_fault_t pfnfault_nopfn(struct vm_fault *vmf, pfnfault_nopfn_t nopfn);
vm_fault_t pfnfault_insert_range(struct vm_fault *vmf, unsigned long index,
				 unsigned long pfn, unsigned long nr,
				 pgprot_t prot);
vm_fault_t pfnfault_errno(int err);
bool pfnfault_release_lock(struct vm_fault *vmf);
unsigned int pfnfault_wait_state(const struct vm_fault *vmf);

/* ---- Layer 2: regions ---- */

/**
 * enum pfnfault_cache - how the CPU may cache an extent
 * @PFNFAULT_WB: write-back, as for RAM
 * @PFNFAULT_WC: write-combining, as for frame buffers and bulk transfer
 * @PFNFAULT_UC: uncached, as for registers
 *
 * Where the kernel tracks memory types (x86), what is reserved for the physical
 * range decides, whatever is said here, and a range without a reservation is
 * uncached unless it is RAM: reserve it (ioremap_wc(),
 * arch_io_reserve_memtype_wc(), ...) before the first fault and keep the
 * reservation until the extent was invalidated or revoked.
 */
enum pfnfault_cache {
	PFNFAULT_WB,
	PFNFAULT_WC,
	PFNFAULT_UC,
};

/**
 * struct pfnfault_extent - consecutive pages of a region on consecutive PFNs
 * @index: first page, counted from the region's first, in pages
 * @nr: length, in pages
 * @pfn: page frame number of page @index
 * @cache: cache mode of the whole extent
 * @flags: must be 0
 *
 * The longer the extent, the cheaper the faults: what of it lies in the VMA and
 * in the window of the fault is installed at once, and by huge entries where the
 * kernel has them for PFNs, and addresses, pages and PFNs are aligned alike
 * (.get_unmapped_area = thp_get_unmapped_area sees to the addresses). One extent
 * has one memory type; memory of two types is two extents.
 */
struct pfnfault_extent {
	unsigned long index;
	unsigned long nr;
	unsigned long pfn;
	enum pfnfault_cache cache;
	unsigned int flags;
};

struct pfnfault_region;

/**
 * enum pfnfault_revoke_policy - what a revoked region gives to programs
 * @PFNFAULT_REVOKE_SIGBUS: every access raises SIGBUS
 * @PFNFAULT_REVOKE_ZEROS: reads give zeros
 * @PFNFAULT_REVOKE_ONES: reads give all ones, as from an absent PCI device
 *
 * With zeros or ones, one page of RAM stands in for every page of the region:
 * writes succeed, and what is written can be read back, in every page.
 */
enum pfnfault_revoke_policy {
	PFNFAULT_REVOKE_SIGBUS,
	PFNFAULT_REVOKE_ZEROS,
	PFNFAULT_REVOKE_ONES,
};

/**
 * struct pfnfault_ops - what a driver tells pfnfault about a region
 * @resolve: Where is page @index now? Fill @extent, which comes zeroed, with
 *	an extent that contains it. Return 0, or -EAGAIN or -EBUSY where the
 *	page has no place at the moment (then the fault waits), or the error
 *	that the program shall see: -ENOMEM is an out-of-memory condition,
 *	-EHWPOISON a memory failure, -EINTR and -ERESTARTSYS a sleep that a
 *	signal ended (then it is asked again), any other SIGBUS. Mandatory.
 *	Called in process context, with the lock of the fault held. May sleep
 *	for short, bounded work, which pfnfault_revoke() waits for. Must not
 *	take memory of the region back (layer 3), but where an allocation of its
 *	own reclaims memory, nor touch user memory.
 * @wait: resolve() said that page @index has no place: sleep in @state until
 *	it may have one. Return 0, or -ERESTARTSYS where a signal ended the
 *	sleep; what else it returns is not for the program: resolve() is asked
 *	again, a tick later, and its word counts.
 *	Called with no lock held where core lets the fault drop its own, else
 *	with that. pfnfault_wait_event() is the whole of most. What sleeps
 *	elsewhere (on a fence, say) must return soon after the region was
 *	revoked, for pfnfault_revoke() waits for it. Optional: without it, the
 *	fault sleeps until pfnfault_wake(), and looks again every 100 ms, so
 *	that a driver which tells nobody is slow, but works.
 * @release: The last reference to @region is gone: free what embeds it.
 *	Called in process context, may sleep; mmap_lock may be held. Optional.
 * @flags: PFNFAULT_COW, PFNFAULT_TOUCHED
 *
 * The file that programs map must have its file_operations.owner set: the
 * mapping holds the file, the file holds the module, and so the ops are there
 * for as long as they can be called.
 */
struct pfnfault_ops {
	int (*resolve)(struct pfnfault_region *region, unsigned long index,
		       struct pfnfault_extent *extent);
	int (*wait)(struct pfnfault_region *region, unsigned long index,
		    unsigned int state);
	void (*release)(struct pfnfault_region *region);
	unsigned int flags;
};

/*
 * The region may be mapped MAP_PRIVATE: a write copies the page for the
 * program that wrote, which keeps its copies when the region moves or goes.
 * For images that are read and executed in place: extents are write-back, and
 * what is to be executed was flushed by the driver (flush_icache_range()).
 */
#define PFNFAULT_COW	1u

/*
 * ops.resolve() provides what it is asked for (allocates it, say): to be asked
 * for what is touched, prefaulted, or looked at by a debugger, alone. What else
 * is in the extent that it gives may be installed with that.
 */
#define PFNFAULT_TOUCHED	2u

/**
 * struct pfnfault_space - the one address_space that all of a device's files
 * map through
 * @inode: anonymous inode whose mapping it is
 *
 * Each device node has an inode, and so an address_space, of its own. With a
 * space the memory can be taken back from every mapping, whichever node,
 * descriptor or process made it.
 */
struct pfnfault_space {
	struct inode *inode;
};

/**
 * struct pfnfault_stats - what happened to a region since its initialisation
 * @faults: times that the fault handler was called
 * @installed: what was mapped, in pages: a huge entry is as many as it maps
 * @huge: huge entries among that, in entries
 * @retries: faults that gave up their lock, or their turn, to come again
 * @lost: installs that did not happen because an invalidation came between, or
 *	was under way; or, in a private mapping, core had freed the page table
 * @waits: times that a fault slept
 * @invalidations: times that pages were taken back
 */
struct pfnfault_stats {
	u64 faults;
	u64 installed;
	u64 huge;
	u64 retries;
	u64 lost;
	u64 waits;
	u64 invalidations;
};

/**
 * struct pfnfault_region - memory that programs can map, of fixed size
 * @ops: the driver's callbacks
 * @space: the space it is mapped through
 * @base: page offset of page 0 in files of @space; regions of one space must
 *	not overlap
 * @nr_pages: size, in pages
 * @kref: references: the driver's, of each VMA, of faults that wait
 * @id: its number, which no other region gets: what tracepoints and debugfs
 *	call it
 *
 * To be embedded in the driver's object. All members are set by
 * pfnfault_region_init(); those between @kref and @id are private.
 */
struct pfnfault_region {
	const struct pfnfault_ops *ops;
	struct pfnfault_space *space;
	unsigned long base;
	unsigned long nr_pages;
	struct kref kref;

	/* private: */
	bool revoked;			/* see module/move.c */
	u8 policy;			/* enum pfnfault_revoke_policy */
	u16 window;			/* see module/window.c */
	unsigned int moves;		/* under way, see module/move.c */
	atomic_t wakes;			/* calls of pfnfault_wake() */
	struct pfnfault_percpu __percpu *percpu;
	atomic_long_t seq;		/* invalidations so far */
	unsigned long __rcu *dirty;	/* a bit for each page, or NULL */

	spinlock_t lock;		/* of moves, revoked, and verdict */
	seqcount_spinlock_t verdict_seq; /* see module/verdict.c */
	unsigned long verdict_pfn;
	unsigned long verdict_nr;	/* 0: none yet */
	enum pfnfault_cache verdict_cache;
	unsigned int verdict_bits;
	struct mutex dirty_lock;	/* see module/dirty.c */

	wait_queue_head_t waitq;	/* see module/wait.c */

	struct rw_semaphore gate;	/* see module/install.c */
	struct page *dummy;		/* what is mapped after a revocation */
	unsigned long moves_start;	/* all of them lie in between */
	unsigned long moves_end;
	struct list_head list;		/* see module/region.c */
	atomic_t vmas;

	/* public: */
	unsigned int id;
};

/* module/space.c: a space for each device, and its open files */
int pfnfault_space_init(struct pfnfault_space *space);
void pfnfault_space_destroy(struct pfnfault_space *space);
void pfnfault_file_open(struct pfnfault_space *space, struct file *file);
void pfnfault_file_release(struct file *file);

/* module/region.c: a region, its references, its counters */
int pfnfault_region_init(struct pfnfault_region *region,
			 const struct pfnfault_ops *ops,
			 struct pfnfault_space *space,
			 unsigned long base, unsigned long nr_pages);
void pfnfault_region_get(struct pfnfault_region *region);
void pfnfault_region_put(struct pfnfault_region *region);
void pfnfault_region_stats(const struct pfnfault_region *region,
			   struct pfnfault_stats *stats);

/* module/window.c: how many pages a fault installs at most */
int pfnfault_region_set_window(struct pfnfault_region *region,
			       unsigned int pages);

/* module/mmap.c: the whole of ->mmap */
int pfnfault_mmap(struct pfnfault_region *region, struct vm_area_struct *vma);

/* module/access.c: map pages before they are touched */
int pfnfault_prefault(struct pfnfault_region *region,
		      struct vm_area_struct *vma, unsigned long index,
		      unsigned long nr);

/* module/wait.c: a page has a place again */
void pfnfault_wake(struct pfnfault_region *region);

/**
 * pfnfault_revoked() - was the region revoked?
 * @region: the region
 *
 * Context: any.
 * Return: true from early in pfnfault_revoke() on.
 */
static inline bool pfnfault_revoked(const struct pfnfault_region *region)
{
	return READ_ONCE(region->revoked);
}

/**
 * pfnfault_wait_event() - sleep in ops.wait()
 * @region: the region
 * @condition: an expression, evaluated after each pfnfault_wake(). It must
 *	stay true once it was: where a page comes and goes, count how often it
 *	came, and compare
 * @state: as ops.wait() was given it
 *
 * Ends when @condition is true, when the region is revoked, or when a signal
 * comes that @state lets through.
 *
 * Context: ops.wait(), or process context with a reference to @region; sleeps.
 * Return: 0, or -ERESTARTSYS on a signal.
 */
#define pfnfault_wait_event(region, condition, state) ({		\
	struct pfnfault_region *__region = (region);			\
									\
	(int)___wait_event(__region->waitq,				\
			   (condition) || pfnfault_revoked(__region),	\
			   state, 0, 0, schedule()); })

/* ---- Layer 3: taking memory back ---- */

/* module/move.c: it moves, or it is gone */
void pfnfault_invalidate(struct pfnfault_region *region, unsigned long index,
			 unsigned long nr);
void pfnfault_invalidate_begin(struct pfnfault_region *region,
			       unsigned long index, unsigned long nr);
void pfnfault_invalidate_end(struct pfnfault_region *region);
void pfnfault_revoke(struct pfnfault_region *region,
		     enum pfnfault_revoke_policy policy);

/* module/dirty.c: which pages were written */
int pfnfault_dirty_start(struct pfnfault_region *region);
long pfnfault_dirty_collect(struct pfnfault_region *region,
			    unsigned long *bitmap);
void pfnfault_dirty_stop(struct pfnfault_region *region);

#endif /* _LINUX_PFNFAULT_H */
