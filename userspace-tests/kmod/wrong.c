// SPDX-License-Identifier: GPL-2.0-only
/* What drivers get wrong: answers, spaces, arguments, the order of calls. */
#include <linux/fs.h>

#include "test.h"

/* Of a good answer, one that makes no sense: TEST_EXTENT_... */
int test_resolve_badly(int how, struct pfnfault_extent *extent)
{
	switch (how) {
	case TEST_EXTENT_EMPTY:
		extent->nr = 0;
		break;
	case TEST_EXTENT_ELSEWHERE:
		extent->index = TEST_PAGES / 2;
		extent->nr = 1;
		break;
	case TEST_EXTENT_BEYOND:
		extent->nr++;
		break;
	case TEST_EXTENT_WRAPS:
		extent->pfn = ~0UL - 1;
		break;
	case TEST_EXTENT_CACHE:
		extent->cache = 77;
		break;
	case TEST_EXTENT_FLAGS:
		extent->flags = 1;
		break;
	case TEST_EXTENT_NO_PFN:
		extent->pfn = NO_PFN;
		break;
	case TEST_EXTENT_POSITIVE:
		return 1;
	}
	return 0;
}

/* What a driver without pfnfault_file_open() comes to. */
int test_mmap_elsewhere(struct vm_area_struct *vma)
{
	static const struct pfnfault_ops ops = { .resolve = test_resolve };
	static struct pfnfault_region region;
	struct pfnfault_space space;
	int err = pfnfault_space_init(&space);

	if (err)
		return err;
	err = pfnfault_region_init(&region, &ops, &space, 0, TEST_PAGES);
	if (!err) {
		err = pfnfault_mmap(&region, vma);
		pfnfault_revoke(&region, PFNFAULT_REVOKE_SIGBUS);
		pfnfault_region_put(&region);
	}
	pfnfault_space_destroy(&space);
	return err;
}

/* Arguments of pfnfault_region_init() that it must refuse. */
long test_init_wrongly(struct test *test, unsigned long how)
{
	static const struct pfnfault_ops no_resolve;
	static const struct pfnfault_ops bad_flags = {
		.resolve = test_resolve, .flags = 1 << 5,
	};
	const struct pfnfault_ops *ops = test->region.ops;
	static struct pfnfault_region region;
	/* Alone, a 32-bit machine's files have that many pages. */
	const unsigned long huge = ~0UL;

	switch (how) {
	case 0:
		return pfnfault_region_init(&region, NULL, &test->space, 0, 1);
	case 1:
		return pfnfault_region_init(&region, &no_resolve, &test->space,
					    0, 1);
	case 2:
		return pfnfault_region_init(&region, ops, &test->space, 0, 0);
	case 3:
		return pfnfault_region_init(&region, ops, &test->space, 1, huge);
	case 4:
		return pfnfault_region_init(&region, ops, &test->space, huge, 1);
	case 5:
		return pfnfault_region_init(&region, &bad_flags, &test->space,
					    0, 1);
	}
	return -ENOTTY;
}

/* A file that is released twice, and opened twice. */
void test_reopen(struct test *test, struct file *file)
{
	pfnfault_file_release(file);
	pfnfault_file_release(file);
	pfnfault_file_open(&test->space, file);
	pfnfault_file_open(&test->space, file);
}
