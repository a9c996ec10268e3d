/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/pfnfault-test: faults made to order. Every open file has a region of its
 * own, on RAM: PFNFAULT_TEST_PAGES pages that can be in one of two places. The
 * first word of each page is PFNFAULT_TEST_WORD(place, page).
 */
#ifndef PFNFAULT_TEST_H
#define PFNFAULT_TEST_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PFNFAULT_TEST_PAGES 1024
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
	TEST_STALL_FILL,	/* before the page table is locked and filled */
	TEST_STALL_CORE,	/* before core installs the first page */
};

/**
 * struct pfnfault_test_setup - what the file does from now on
 * @kind: enum pfnfault_test_kind
 * @value: see there
 * @times: how often, before it works
 * @delay_ms: how long resolve() sleeps after it looked where the page is
 */
struct pfnfault_test_setup {
	__u32 kind;
	__s32 value;
	__u32 times;
	__u32 delay_ms;
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
 */
struct pfnfault_test_pte {
	__u64 addr;
	__u64 value;
	__u64 pfn;
};

/**
 * struct pfnfault_test_info - what happened
 * @faults: of the region
 * @installed: of the region, in pages
 * @retries: of the region
 * @lost: of the region
 * @calls: of resolve(), or of the layer 1 handler, when they answer
 * @entered: calls of resolve(), when they come
 * @stalls: threads of PFNFAULT_TEST_STALLED_READ that came to where they stall
 * @wait_state: the last handler's pfnfault_wait_state(): 0 do not wait, 1 any
 *	signal, 2 fatal signals
 */
struct pfnfault_test_info {
	__u64 faults;
	__u64 installed;
	__u64 retries;
	__u64 lost;
	__u64 calls;
	__u64 entered;
	__u32 stalls;
	__u32 wait_state;
};

/**
 * struct pfnfault_test_stalled - a read whose fault is held up
 * @addr: in
 * @word: out
 * @where: enum pfnfault_test_stall
 * @ms: how long
 */
struct pfnfault_test_stalled {
	__u64 addr;
	__u64 word;
	__u32 where;
	__u32 ms;
};

#define PFNFAULT_TEST_SETUP	 _IOW('P', 0x71, struct pfnfault_test_setup)
#define PFNFAULT_TEST_MOVE	 _IOW('P', 0x72, struct pfnfault_test_range)
#define PFNFAULT_TEST_INVALIDATE _IOW('P', 0x73, struct pfnfault_test_range)
#define PFNFAULT_TEST_REVOKE	 _IO('P', 0x74)
#define PFNFAULT_TEST_PTE	 _IOWR('P', 0x75, struct pfnfault_test_pte)
#define PFNFAULT_TEST_INFO	 _IOR('P', 0x76, struct pfnfault_test_info)
/* Read the word at @addr, held up for @ms in the fault that it takes */
#define PFNFAULT_TEST_STALLED_READ _IOWR('P', 0x78, struct pfnfault_test_stalled)
/* Claim memory that a device has, as another driver would, until the close */
#define PFNFAULT_TEST_CLAIM	 _IOW('P', 0x7a, struct pfnfault_test_claim)
/* region_init() with a wrong argument, number @arg; gives its errno */
#define PFNFAULT_TEST_INIT	 _IO('P', 0x77)

/* pfnfault_errno(@arg), as enum pfnfault_test_code */
#define PFNFAULT_TEST_CODE	 _IO('P', 0x79)

#endif /* PFNFAULT_TEST_H */
