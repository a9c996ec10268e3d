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

/* ---- /dev/pfnfault-spe: demo-driver/spe.c tells what it is ---- */

/* Offsets and sizes in bytes. */
#define PFNFAULT_SPE_LOCAL_STORE 0x40000
#define PFNFAULT_SPE_PROBLEM	 0x40000

/**
 * struct pfnfault_spe_info - answer of PFNFAULT_SPE_INFO
 * @loads: how often the context was loaded into a slot
 * @slot: where it is loaded, or -1
 * @slots: how many there are
 */
struct pfnfault_spe_info {
	__u64 loads;
	__s32 slot;
	__u32 slots;
};

#define PFNFAULT_SPE_INFO _IOR('P', 0x90, struct pfnfault_spe_info)
/* Wait for a slot and keep it: EINTR, a signal came first */
#define PFNFAULT_SPE_HOLD _IO('P', 0x91)
/* Run as before, and give way to others */
#define PFNFAULT_SPE_LET_GO _IO('P', 0x92)

#endif /* PFNFAULT_DEMO_H */
