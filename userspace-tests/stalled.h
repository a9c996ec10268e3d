/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A read or a write in kernel mode, by a thread of its own, that is held up in its
 * fault, while the test does something.
 */
#ifndef STALLED_H
#define STALLED_H

#include "made.h"

/* Times as long, in the end, where the machine is late and they do not meet. */
#define LATE 16

struct stalled {
	int fd;
	struct pfnfault_test_stalled access;
	pthread_t thread;
};

static inline void *access_stalled(void *arg)
{
	struct stalled *stalled = arg;
	int err = ioctl(stalled->fd, PFNFAULT_TEST_STALLED_READ, &stalled->access);

	return (void *)(intptr_t)(err ? errno : 0);
}

/* Begin it, at @addr. Is it held up? */
static inline bool stall(struct stalled *stalled, uint64_t *addr)
{
	unsigned int stalls = made_info(stalled->fd).stalls;

	stalled->access.addr = (uintptr_t)addr;
	stalled->thread = start_thread(access_stalled, stalled);
	return comes_true(made_info(stalled->fd).stalls != stalls);
}

/* Until it has ended; its errno, or 0. */
static inline int let_go(struct stalled *stalled)
{
	void *err;

	pthread_join(stalled->thread, &err);
	return (intptr_t)err;
}

#endif
