/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The oldest and the newest kernel of scripts/kernels. An older one is refused when
 * it is compiled; a newer one gets a line in the log.
 */
#ifndef PFNFAULT_TESTED_H
#define PFNFAULT_TESTED_H

#include <linux/stringify.h>

#define PFNFAULT_OLDEST_MAJOR 5
#define PFNFAULT_OLDEST_MINOR 10
#ifndef PFNFAULT_RACES
#define PFNFAULT_NEWEST_MAJOR 7
#define PFNFAULT_NEWEST_MINOR 3
#else	/* races.ko is for tests, one of which is that it says so */
#define PFNFAULT_NEWEST_MAJOR 5
#define PFNFAULT_NEWEST_MINOR 9
#endif

#define PFNFAULT_OLDEST \
	__stringify(PFNFAULT_OLDEST_MAJOR) "." __stringify(PFNFAULT_OLDEST_MINOR)
#define PFNFAULT_NEWEST \
	__stringify(PFNFAULT_NEWEST_MAJOR) "." __stringify(PFNFAULT_NEWEST_MINOR)

#endif /* PFNFAULT_TESTED_H */
