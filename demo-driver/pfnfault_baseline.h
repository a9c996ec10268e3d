/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* What programs need to know of /dev/pfnfault-baseline-*: see baseline.c. */
#ifndef PFNFAULT_BASELINE_H
#define PFNFAULT_BASELINE_H

#include <linux/ioctl.h>

/* unmap_mapping_range() of all that is mapped of this node, and nothing else */
#define PFNFAULT_BASELINE_ZAP _IO('P', 0xb0)

#endif /* PFNFAULT_BASELINE_H */
