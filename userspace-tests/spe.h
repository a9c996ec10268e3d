/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests do with /dev/pfnfault-spe. */
#ifndef SPE_H
#define SPE_H

#include "made.h"

#define SPE_NODE "/dev/pfnfault-spe"
#define LS_PAGES (PFNFAULT_SPE_LOCAL_STORE / page_size)

struct spe {
	int fd;
	void *map;	/* local store, and the problem state behind */
};

static inline void *problem(const struct spe *spe)
{
	return (char *)spe->map + PFNFAULT_SPE_PROBLEM;
}

static inline struct spe spe_new(void)
{
	struct spe spe = {
		.fd = node_open(SPE_NODE, O_RDWR, "no " SPE_NODE
				" (modules not loaded)"),
	};

	spe.map = must(map_pages(spe.fd, PROT_READ | PROT_WRITE, 0,
				 LS_PAGES + 1));
	return spe;
}

static inline void spe_end(struct spe *spe)
{
	munmap(spe->map, (LS_PAGES + 1) * page_size);
	close(spe->fd);
}

static inline struct pfnfault_spe_info spe_info(const struct spe *spe)
{
	struct pfnfault_spe_info info;

	must(ioctl(spe->fd, PFNFAULT_SPE_INFO, &info));
	return info;
}

static inline void spe_hold(const struct spe *spe)
{
	must(ioctl(spe->fd, PFNFAULT_SPE_HOLD));
}

static inline void spe_let_go(const struct spe *spe)
{
	must(ioctl(spe->fd, PFNFAULT_SPE_LET_GO));
}

/* Contexts that hold every slot: whoever else wants one waits. */
#define MAX_HOLDERS 64
static struct spe holders[MAX_HOLDERS];
static unsigned int nr_holders;

static inline void hold_all(void)
{
	nr_holders = 0;
	do {
		holders[nr_holders] = spe_new();
		spe_hold(&holders[nr_holders]);
	} while (++nr_holders < spe_info(&holders[0]).slots);
}

static inline void let_all_go(void)
{
	while (nr_holders)
		spe_end(&holders[--nr_holders]);
}

#endif /* SPE_H */
