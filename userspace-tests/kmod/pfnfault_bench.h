/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/pfnfault-bench: the BAR that demo-driver/baseline.c maps, by pfnfault.
 * Every open file has a region of its own.
 */
#ifndef PFNFAULT_BENCH_H
#define PFNFAULT_BENCH_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * struct pfnfault_bench_info - answer of PFNFAULT_BENCH_INFO
 * @pages: size of the region
 * @faults: of the region: calls of its handlers
 * @installed: of the region, in pages
 * @retries: of the region
 * @lost: of the region
 * @region_size: sizeof(struct pfnfault_region), in bytes
 * @dirty_size: memory that tracking writes takes now, in bytes
 */
struct pfnfault_bench_info {
	__u64 pages;
	__u64 faults;
	__u64 installed;
	__u64 retries;
	__u64 lost;
	__u64 region_size;
	__u64 dirty_size;
};

#define PFNFAULT_BENCH_INFO	_IOR('P', 0xc0, struct pfnfault_bench_info)
/* From now on, extents of @arg pages, a power of two; 0: one for all */
#define PFNFAULT_BENCH_EXTENT	_IO('P', 0xc1)
/* From now on (@arg 1), another thread is always first: see bench_resolve() */
#define PFNFAULT_BENCH_BEATEN	_IO('P', 0xc2)
/* From now on, no page has a place (@arg 1), or all have again, and it is told */
#define PFNFAULT_BENCH_BUSY	_IO('P', 0xc3)
/* The functions of these names, all pages */
#define PFNFAULT_BENCH_INVALIDATE _IO('P', 0xc4)
#define PFNFAULT_BENCH_BEGIN	_IO('P', 0xc5)
#define PFNFAULT_BENCH_END	_IO('P', 0xc6)
/* @arg: enum pfnfault_revoke_policy */
#define PFNFAULT_BENCH_REVOKE	_IO('P', 0xc7)
#define PFNFAULT_BENCH_DIRTY_START _IO('P', 0xc8)
/* Returns how many pages were written */
#define PFNFAULT_BENCH_DIRTY_COLLECT _IO('P', 0xc9)
#define PFNFAULT_BENCH_DIRTY_STOP _IO('P', 0xca)

#endif /* PFNFAULT_BENCH_H */
