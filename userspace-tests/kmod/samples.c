// SPDX-License-Identifier: GPL-2.0-only
/* pfnfault_samples.ko: it is enough that it links. */
#include "samples.h"

PFNFAULT_IMPORT;
MODULE_DESCRIPTION("The samples of pfnfault's documents");
MODULE_LICENSE("GPL");
