// SPDX-License-Identifier: GPL-2.0-only
/*
 * A region that is longer than its memory, behind that of the file: its pages are the
 * same few again and again. For lengths that do not fit into a long.
 */
#include <linux/err.h>
#include <linux/slab.h>

#include "test.h"

struct long_region {
	struct pfnfault_region region;
	struct test *test;	/* whose memory it is; holds a reference */
};

static int resolve_long(struct pfnfault_region *region, unsigned long index,
			struct pfnfault_extent *extent)
{
	struct long_region *longer =
		container_of(region, struct long_region, region);

	extent->index = index;
	extent->nr = 1;
	extent->pfn = test_pfn(longer->test, index % TEST_PAGES);
	return 0;
}

static void free_long(struct pfnfault_region *region)
{
	struct long_region *longer =
		container_of(region, struct long_region, region);

	pfnfault_region_put(&longer->test->region);
	kfree(longer);
}

static const struct pfnfault_ops long_ops = {
	.resolve = resolve_long,
	.release = free_long,
};

/* PFNFAULT_TEST_LONG: as many pages, once. */
int test_make_long(struct test *test, unsigned long nr)
{
	struct long_region *longer = kzalloc(sizeof(*longer), GFP_KERNEL);
	int err = -EBUSY;

	if (!longer)
		return -ENOMEM;
	if (test->longer)
		goto free;
	longer->test = test;
	err = pfnfault_region_init(&longer->region, &long_ops, &test->space,
				   TEST_PAGES, nr);
	if (err)
		goto free;
	pfnfault_region_get(&test->region);
	test->longer = &longer->region;
	return 0;

free:
	kfree(longer);
	return err;
}
