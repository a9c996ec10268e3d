/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of pfnfault_demo.ko share. */
#ifndef DEMO_H
#define DEMO_H

#include <linux/pci.h>
#include <linux/pfnfault.h>

extern struct pci_driver bar_driver;

long demo_info(const struct pfnfault_region *region, unsigned long arg);

#endif /* DEMO_H */
