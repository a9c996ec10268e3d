/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* What programs need to know of the nodes of pfnfault_demo.ko. */
#ifndef PFNFAULT_DEMO_H
#define PFNFAULT_DEMO_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * struct pfnfault_demo_info - answer of PFNFAULT_DEMO_INFO
 * @size: how much can be mapped, in bytes, from offset 0 on
 * @faults: times that the fault handler was called
 * @installed: pages that were mapped by faults
 * @retries: faults that gave up and came again
 * @lost: installs that lost to an invalidation
 *
 * The counters count from when the device appeared, over all who map it. They
 * can still be read when the device has gone.
 */
struct pfnfault_demo_info {
	__u64 size;
	__u64 faults;
	__u64 installed;
	__u64 retries;
	__u64 lost;
};

#define PFNFAULT_DEMO_INFO _IOR('P', 0x70, struct pfnfault_demo_info)

#endif /* PFNFAULT_DEMO_H */
