// SPDX-License-Identifier: GPL-2.0-only
/* A region for a test, with a resolve() that answers from a table. */
#include "test.h"

static int resolve(struct pfnfault_region *region, unsigned long index,
		   struct pfnfault_extent *extent)
{
	struct fixture *fixture =
		container_of(region, struct fixture, region);
	unsigned int i;

	fixture->calls++;
	if (fixture->meanwhile)
		fixture->meanwhile(fixture);
	if (fixture->err)
		return fixture->err;
	for (i = 0; i < fixture->nr_places; i++) {
		*extent = fixture->places[i];
		if (index - extent->index < extent->nr)
			return 0;
	}
	return -ENOENT;
}

static void release(struct pfnfault_region *region)
{
	container_of(region, struct fixture, region)->released++;
}

/**
 * fixture_start() - make a region
 * @test: its fixture is freed with it, by fixture_end()
 * @base: page offset of its page 0
 * @nr_pages: size, in pages
 *
 * Return: the fixture, with a resolve() that knows of no place.
 */
struct fixture *fixture_start(struct kunit *test, unsigned long base,
			      unsigned long nr_pages)
{
	struct fixture *fixture =
		kunit_kzalloc(test, sizeof(*fixture), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fixture);
	fixture->space.inode = &fixture->inode;
	fixture->inode.i_mapping = &fixture->mapping;
	fixture->ops.resolve = resolve;
	fixture->ops.release = release;
	KUNIT_ASSERT_EQ_MSG(test, 0,
			    pfnfault_region_init(&fixture->region,
						 &fixture->ops,
						 &fixture->space, base,
						 nr_pages),
			    "a region of %lu pages from %lu on", nr_pages,
			    base);
	test->priv = fixture;
	return fixture;
}

/**
 * fixture_end() - .exit of each suite
 * @test: with or without a fixture
 */
void fixture_end(struct kunit *test)
{
	struct fixture *fixture = test->priv;

	/* Of one parameter; the next one may have none. */
	test->priv = NULL;
	if (fixture)
		pfnfault_region_put(&fixture->region);
}

MODULE_DESCRIPTION("KUnit tests of pfnfault");
MODULE_AUTHOR("The pfnfault developers");
MODULE_LICENSE("GPL");
