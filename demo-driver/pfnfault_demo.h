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
 * @huge: huge entries among what was
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
	__u64 huge;
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

/* ---- /dev/pfnfault-vram: demo-driver/vram.c tells what it is ---- */

#define PFNFAULT_VRAM_MAX_SIZE	  0x400000	/* of an object, in bytes */
#define PFNFAULT_VRAM_MAX_OBJECTS 65536	/* fewer on 32-bit machines */

enum pfnfault_vram_place {
	PFNFAULT_VRAM_SYSTEM,
	PFNFAULT_VRAM_VRAM,
};

/**
 * struct pfnfault_vram_object - an object
 * @offset: where in the node it is mapped, in bytes, and its name: in, but for
 *	PFNFAULT_VRAM_CREATE, which fills it
 * @size: in for PFNFAULT_VRAM_CREATE, else out; in bytes, whole pages
 * @place: in for PFNFAULT_VRAM_MOVE; out: where it is
 * @evictions: out: how often it gave way to another
 * @moves: out: how often it moved
 * @faults: out: times that the fault handler was called
 * @huge: out: huge entries that mapped it
 * @retries: out: faults that gave up and came again
 * @lost: out: installs that lost to a move
 */
struct pfnfault_vram_object {
	__u64 offset;
	__u64 size;
	__u32 place;
	__u32 evictions;
	__u64 moves;
	__u64 faults;
	__u64 huge;
	__u64 retries;
	__u64 lost;
};

/* A new one, zeroed, in system memory; it ends when the file is closed */
#define PFNFAULT_VRAM_CREATE _IOWR('P', 0xa0, struct pfnfault_vram_object)
#define PFNFAULT_VRAM_MOVE   _IOWR('P', 0xa1, struct pfnfault_vram_object)
#define PFNFAULT_VRAM_INFO   _IOWR('P', 0xa2, struct pfnfault_vram_object)
/* Gone, whoever made it or has it mapped: SIGBUS; tells what INFO would */
#define PFNFAULT_VRAM_DESTROY _IOWR('P', 0xa3, struct pfnfault_vram_object)

#endif /* PFNFAULT_DEMO_H */
