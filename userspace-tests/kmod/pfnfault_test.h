/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/pfnfault-test: faults made to order. Every open file has a region of its
 * own, on RAM, of as many pages as PFNFAULT_TEST_MACHINE says, that can be in one
 * of two places. The first word of each page is PFNFAULT_TEST_WORD(place, page).
 */
#ifndef PFNFAULT_TEST_H
#define PFNFAULT_TEST_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* The most that a region has: as many where pages are small, fewer elsewhere. */
#define PFNFAULT_TEST_MAX_PAGES 1024
#define PFNFAULT_TEST_WORD(place, page) \
	(0x7e57000000000000ULL | (__u64)(place) << 32 | (page))

enum pfnfault_test_kind {
	TEST_REGION,		/* resolve() gives @value, @times times; then OK */
	TEST_REGION_SHORT,	/* resolve() gives blocks of @value pages */
	TEST_REGION_BAD,	/* resolve() gives wrong extent number @value */
	TEST_INSERT_PFN,	/* a handler of one call; mmap wrong as in @value */
	TEST_NOPFN,		/* the callback gives @value, @times times */
	TEST_RANGE,		/* the handler inserts from page @value on */
	TEST_ERRNO,		/* the handler gives pfnfault_errno(@value) */
	TEST_RANGE_LAST,	/* as TEST_RANGE: page @value is the last PFN */
	TEST_RANGE_FIRST,	/* ... and here PFN 0, and the last page */
	TEST_OTHER_SPACE,	/* mmap is of a region of another space */
	TEST_REGION_LONG,	/* mmap is of what PFNFAULT_TEST_LONG has made */
};

enum pfnfault_test_insert {
	TEST_INSERT_GOOD,
	TEST_INSERT_NO_TYPE,	/* neither VM_PFNMAP nor VM_MIXEDMAP */
	TEST_INSERT_MIXED,	/* VM_MIXEDMAP, and the PFN has a struct page */
	TEST_INSERT_NO_PFN,	/* more than the CPU can address */
	TEST_INSERT_ADDRESS,	/* a fault beyond the end of the VMA */
};

enum pfnfault_test_nopfn {
	TEST_NOPFN_SIGBUS = 1,
	TEST_NOPFN_OOM,
	TEST_NOPFN_REFAULT,
};

/* Wrong extents, each in one way. */
enum pfnfault_test_extent {
	TEST_EXTENT_EMPTY,
	TEST_EXTENT_ELSEWHERE,
	TEST_EXTENT_BEYOND,
	TEST_EXTENT_WRAPS,
	TEST_EXTENT_NO_PFN,	/* more than the CPU can address */
	TEST_EXTENT_CACHE,
	TEST_EXTENT_FLAGS,
	TEST_EXTENT_POSITIVE,	/* resolve() returns 1 */
	TEST_EXTENT_COUNT,
};

/* What the region's ops have for a wait(). */
enum pfnfault_test_wait {
	TEST_WAIT_NONE,		/* none */
	TEST_WAIT_EVENT,	/* one that waits for PFNFAULT_TEST_WAKE */
	TEST_WAIT_ERROR,	/* one that returns @wait_value at once */
};

/* VM_FAULT codes, not all of which a program can tell apart on every kernel. */
enum pfnfault_test_code {
	TEST_CODE_NOPAGE,
	TEST_CODE_RETRY,
	TEST_CODE_OOM,
	TEST_CODE_SIGBUS,
	TEST_CODE_HWPOISON,
	TEST_CODE_OTHER,
};

/* Where a thread of PFNFAULT_TEST_STALLED_READ is held up. */
enum pfnfault_test_stall {
	TEST_STALL_FILL,	/* before the page table is there, and filled */
	TEST_STALL_TABLE,	/* before core's page table is there */
	TEST_STALL_CORE,	/* before core installs the first page */
	TEST_STALL_OP,		/* before an op is called */
	TEST_STALL_GATE,	/* before an invalidation takes the gate, and bumps */
	TEST_STALLS,
};

/**
 * struct pfnfault_test_setup - what the file does from now on
 * @kind: enum pfnfault_test_kind
 * @value: see there
 * @times: how often, before it works
 * @delay_ms: how long resolve() sleeps after it looked where the page is
 * @wait: enum pfnfault_test_wait
 * @wait_value: what its wait() returns
 * @cow: the region may be mapped privately; then there is no wait()
 * @touched: the region is PFNFAULT_TOUCHED; then neither
 * @hole: the page from which on resolve() gives -EIO; 0: none
 * @marked: what is mapped has a marker of userfaultfd in each PTE; mmap fails with
 *	EOPNOTSUPP where this kernel has none
 * @wc: what is mapped has write-combining for its vma->vm_page_prot
 */
struct pfnfault_test_setup {
	__u32 kind;
	__s32 value;
	__u32 times;
	__u32 delay_ms;
	__u32 wait;
	__s32 wait_value;
	__u32 cow;
	__u32 touched;
	__u32 hole;
	__u32 marked;
	__u32 wc;
};

/**
 * struct pfnfault_test_machine - what differs between machines and kernels
 * @pages: of the region of each file
 * @table: pages that a page table maps
 * @block: pages that a huge entry maps; 0: this kernel has none for PFNs
 * @access: the kernel asks ->access where a debugger reads or writes
 */
struct pfnfault_test_machine {
	__u32 pages;
	__u32 table;
	__u32 block;
	__u32 access;
};

/* @start and @size in bytes */
struct pfnfault_test_claim {
	__u64 start;
	__u64 size;
};

struct pfnfault_test_range {
	__u64 index;
	__u64 nr;
};

/**
 * struct pfnfault_test_pte - the PTE behind an address of the caller
 * @addr: in
 * @value: the PTE as the CPU sees it, 0 where there is none
 * @pfn: its PFN
 * @flags: all but the PFN, and whether it was accessed or written
 * @cache: a bit for each enum pfnfault_cache that it may be, by the kernel's
 *	pgprot_writecombine() and pgprot_noncached()
 * @pad: not used
 */
struct pfnfault_test_pte {
	__u64 addr;
	__u64 value;
	__u64 pfn;
	__u64 flags;
	__u32 cache;
	__u32 pad;
};

/**
 * struct pfnfault_test_info - what happened
 * @faults: of the region
 * @installed: of the region, in pages
 * @huge: of the region, in huge entries
 * @retries: of the region
 * @lost: of the region
 * @calls: of resolve(), or of the layer 1 handler, when they answer
 * @entered: calls of resolve(), when they come
 * @stalls: threads of PFNFAULT_TEST_STALLED_READ that came to where they stall
 * @wait_state: the last handler's pfnfault_wait_state(), or what wait() was
 *	given: 0 do not wait, 1 any signal, 2 fatal signals
 * @waits: calls of wait(), when they come
 * @waiting: tasks that are in wait() now
 * @late: ops that were called, or running, when a revocation had returned
 * @slept: times that a fault of the region slept
 * @invalidations: of the region
 * @id: of the region
 * @pad: not used
 */
struct pfnfault_test_info {
	__u64 faults;
	__u64 installed;
	__u64 huge;
	__u64 retries;
	__u64 lost;
	__u64 calls;
	__u64 entered;
	__u32 stalls;
	__u32 wait_state;
	__u64 waits;
	__u32 waiting;
	__u32 late;
	__u64 slept;
	__u64 invalidations;
	__u32 id;
	__u32 pad;
};

/**
 * struct pfnfault_test_stalled - a read, or write, whose fault is held up
 * @addr: in
 * @word: out; in for a write
 * @where: enum pfnfault_test_stall
 * @ms: how long; with @stirred, from when another ioctl comes that changes
 *	something (5 s are the most that is waited for it)
 * @write: is it one?
 * @stirred: in: is it to wait for another? Out: did one come?
 */
struct pfnfault_test_stalled {
	__u64 addr;
	__u64 word;
	__u32 where;
	__u32 ms;
	__u32 write;
	__u32 stirred;
};

/**
 * struct pfnfault_test_fixup - a fault as the kernel takes it for itself
 * @addr: in
 * @nowait: in: FAULT_FLAG_RETRY_NOWAIT; else a fault that may not retry
 * @code: out: what came of it, enum pfnfault_test_code
 * @locked: out: mmap_lock is still held
 */
struct pfnfault_test_fixup {
	__u64 addr;
	__u32 nowait;
	__u32 code;
	__u32 locked;
	__u32 pad;
};

/* @addr: in a mapping of this file; the others in pages of the region */
struct pfnfault_test_prefault {
	__u64 addr;
	__u64 index;
	__u64 nr;
};

#define PFNFAULT_TEST_SETUP	 _IOW('P', 0x71, struct pfnfault_test_setup)
#define PFNFAULT_TEST_MOVE	 _IOW('P', 0x72, struct pfnfault_test_range)
#define PFNFAULT_TEST_INVALIDATE _IOW('P', 0x73, struct pfnfault_test_range)
/* pfnfault_revoke() with policy @arg; the memory is overwritten at once */
#define PFNFAULT_TEST_REVOKE	 _IO('P', 0x74)
#define PFNFAULT_TEST_PTE	 _IOWR('P', 0x75, struct pfnfault_test_pte)
#define PFNFAULT_TEST_INFO	 _IOR('P', 0x76, struct pfnfault_test_info)
/* ... when a PCI device is next taken from its driver */
#define PFNFAULT_TEST_UNPLUG	 _IO('P', 0x86)
/* The next per-CPU memory that this thread allocates is none; and, was it none? */
#define PFNFAULT_TEST_FAIL_PERCPU _IO('P', 0x87)
#define PFNFAULT_TEST_PERCPU_FAILED _IO('P', 0x88)
/* Read the word at @addr, held up for @ms in the fault that it takes */
#define PFNFAULT_TEST_STALLED_READ _IOWR('P', 0x78, struct pfnfault_test_stalled)
/* Claim memory that a device has, as another driver would, until the close */
#define PFNFAULT_TEST_CLAIM	 _IOW('P', 0x7a, struct pfnfault_test_claim)
/* Release the file twice, open it twice */
#define PFNFAULT_TEST_REOPEN	 _IO('P', 0x89)
/* region_init() with a wrong argument, number @arg; gives its errno */
#define PFNFAULT_TEST_INIT	 _IO('P', 0x77)

/* A move that takes time: begin; copy to the other place, overwrite, end */
#define PFNFAULT_TEST_BEGIN	 _IOW('P', 0x7b, struct pfnfault_test_range)
#define PFNFAULT_TEST_END	 _IO('P', 0x7c)
/* resolve() works from now on; whoever waits is told */
#define PFNFAULT_TEST_WAKE	 _IO('P', 0x7d)
#define PFNFAULT_TEST_PREFAULT	 _IOW('P', 0x7e, struct pfnfault_test_prefault)
#define PFNFAULT_TEST_FIXUP	 _IOWR('P', 0x7f, struct pfnfault_test_fixup)
#define PFNFAULT_TEST_DIRTY_START _IO('P', 0x80)
/* Into a bitmap of PFNFAULT_TEST_MAX_PAGES bits; gives their number */
#define PFNFAULT_TEST_DIRTY_COLLECT \
	_IOR('P', 0x81, __u64[PFNFAULT_TEST_MAX_PAGES / 64])
#define PFNFAULT_TEST_DIRTY_STOP _IO('P', 0x82)
/* pfnfault_region_set_window(@arg) */
#define PFNFAULT_TEST_WINDOW	 _IO('P', 0x83)
#define PFNFAULT_TEST_MACHINE	 _IOR('P', 0x84, struct pfnfault_test_machine)
/*
 * A region of @arg pages, behind that of the file, once: page N has what page N has
 * there, modulo the pages of that. And, revoke it, with SIGBUS
 */
#define PFNFAULT_TEST_LONG	 _IO('P', 0x8a)
#define PFNFAULT_TEST_REVOKE_LONG _IO('P', 0x8b)
/* PFNFAULT_TEST_REVOKE with zeros, held up for @arg ms before the bump */
#define PFNFAULT_TEST_STALLED_REVOKE _IO('P', 0x85)
/* pfnfault_errno(@arg), as enum pfnfault_test_code */
#define PFNFAULT_TEST_CODE	 _IO('P', 0x79)

#endif /* PFNFAULT_TEST_H */
