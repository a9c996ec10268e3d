/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TEST_H
#define TEST_H

#include <linux/list.h>
#include <linux/mm.h>
#include <linux/minmax.h>
#include <linux/pfnfault.h>
#include <linux/sizes.h>

#include "pfnfault_test.h"

/*
 * A place is at most 16 MiB, of consecutive pages: 1024 of 4 or 16 KiB, 256 of
 * 64 KiB.
 */
#define TEST_PAGES \
	min_t(unsigned long, PFNFAULT_TEST_MAX_PAGES, SZ_16M >> PAGE_SHIFT)
#define PLACE_SIZE (TEST_PAGES * PAGE_SIZE)
/* More than any CPU can address. */
#define NO_PFN (BITS_PER_LONG == 64 ? (~0UL >> PAGE_SHIFT) - 2 * TEST_PAGES : \
				      ~0UL - 2 * TEST_PAGES)
/* What memory is overwritten with once it was vacated. */
#define POISON 0xdb

/* One for each open file; freed with the last reference to @region. */
struct test {
	struct pfnfault_region region;
	struct pfnfault_space space;
	struct pfnfault_test_setup setup;
	void *memory[2];	/* the two places */
	int place;		/* ... and which is current */
	atomic_t times;		/* injections left */
	atomic_long_t calls;
	atomic_long_t entered;
	atomic_long_t waits;
	atomic_t waiting;
	atomic_t running;	/* ops */
	atomic_t late;
	bool revoked;		/* pfnfault_revoke() has returned */
	bool awake;		/* what wait() waits for */
	unsigned int wait_state;
	struct pfnfault_test_claim claim;
	struct list_head going;		/* with a device, or empty */
	unsigned long going_policy;
	struct pfnfault_region *longer;	/* see long.c; or NULL */
};

/* Of page @index, where it is now. */
static inline unsigned long test_pfn(struct test *test, unsigned long index)
{
	void *memory = test->memory[READ_ONCE(test->place)];

	return page_to_pfn(virt_to_page(memory)) + index;
}

/* Is this call one of those that shall fail? */
static inline bool test_inject(struct test *test)
{
	atomic_long_inc(&test->calls);
	return atomic_add_unless(&test->times, -1, 0);
}

void *test_alloc_place(void);
void test_free_place(void *place);
long test_machine(void __user *arg);
long test_pte(void __user *arg);
int test_stall(unsigned int where, unsigned int ms, bool wait);
void test_stir(void);
bool test_stirred(unsigned int where);
unsigned int test_stalls(void);
void test_unstall(unsigned int where);

/* percpu.c */
int test_fail_percpu(void);
bool test_percpu_failed(void);
void test_percpu_exit(void);
void test_go_with_device(struct test *test, unsigned long policy);
void test_stay(struct test *test);
int test_unplug_init(void);
void test_unplug_exit(void);
void test_revoke(struct test *test, unsigned long policy);
void test_enter_op(struct test *test);
void test_leave_op(struct test *test);
int test_wait(struct pfnfault_region *region, unsigned long index,
	      unsigned int state);
long test_engine_ioctl(struct test *test, unsigned int cmd, unsigned long arg);
int test_mmap_handler(struct test *test, struct vm_area_struct *vma);
int test_resolve(struct pfnfault_region *region, unsigned long index,
		 struct pfnfault_extent *extent);

/* handlers.c */
long test_code(int err);

/* long.c */
int test_make_long(struct test *test, unsigned long nr);

/* marked.c */
int test_mark(struct vm_area_struct *vma);

/* wrong.c */
int test_resolve_badly(int how, struct pfnfault_extent *extent);
int test_mmap_elsewhere(struct vm_area_struct *vma);
long test_init_wrongly(struct test *test, unsigned long how);
void test_reopen(struct test *test, struct file *file);

#endif /* TEST_H */
