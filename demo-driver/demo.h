/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of pfnfault_demo.ko share. */
#ifndef DEMO_H
#define DEMO_H

#include <linux/atomic.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/pfnfault.h>

extern struct pci_driver bar_driver;

int mspec_init(void);
void mspec_exit(void);
int xip_init(void);
void xip_exit(void);
int spe_init(void);
void spe_exit(void);
int vram_init(void);
void vram_exit(void);

/* The BAR that vram.c's objects may live in comes and goes. */
void vram_give(unsigned long pfn, unsigned long nr_pages, void __iomem *io,
	       enum pfnfault_cache cache);
void vram_take_back(unsigned long pfn, unsigned long nr_pages);

/* RAM that the patterns hold for programs now, in pages. */
extern atomic_t demo_pages;

/*
 * A parameter of type unsigned int: from 1 to @max, or refused, before there is a
 * node: whoever has that open, where init fails after all, is left without a module.
 */
int demo_set_count(const char *val, const struct kernel_param *kp,
		   unsigned int max);

long demo_info(const struct pfnfault_region *region, unsigned long arg);

#endif /* DEMO_H */
