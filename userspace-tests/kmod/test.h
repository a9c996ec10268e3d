/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TEST_H
#define TEST_H

#include <linux/mm.h>
#include <linux/pfnfault.h>

#include "pfnfault_test.h"

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
	unsigned int wait_state;
	struct pfnfault_test_claim claim;
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

int test_stall(unsigned int where, unsigned int ms);
unsigned int test_stalls(void);
void test_unstall(unsigned int where);
int test_mmap_handler(struct test *test, struct vm_area_struct *vma);

#endif /* TEST_H */
