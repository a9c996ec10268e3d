// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which VMAs a region can be mapped by. Would catch a VMA with a page that is not
 * the region's, and a private one of a region that must not be copied.
 */
#include "test.h"

static vm_flags_t flags_set;

static void set_flags(struct vm_area_struct *vma, vm_flags_t flags)
{
	flags_set = flags;
}

static unsigned int copies;

static void copied(struct vm_area_struct *copy)
{
	copies++;
}

/* Core's asks for a lock of an mm, and pfnfault's looks at what else it has. */
#define vm_flags_set set_flags
#undef pfnfault_huge_copy
#define pfnfault_huge_copy copied
#include "pfnfault/mmap.c"

#define SHARED (VM_SHARED | VM_MAYWRITE)

static const struct {
	const char *name;
	unsigned long base, nr_pages, pgoff, pages;
	int err;
} places[] = {
	{ "all of it", 100, 50, 100, 50, 0 },
	{ "the first page", 100, 50, 100, 1, 0 },
	{ "the last page", 100, 50, 149, 1, 0 },
	{ "a page more", 100, 50, 100, 51, -ENXIO },
	{ "the last page and one more", 100, 50, 149, 2, -ENXIO },
	{ "the page behind", 100, 50, 150, 1, -ENXIO },
	{ "the page before", 100, 50, 99, 1, -ENXIO },
	{ "the page before and all of it", 100, 50, 99, 51, -ENXIO },
	{ "page 0 of the file", 100, 50, 0, 1, -ENXIO },
	{ "the last page of any file", MAX_PAGES - 50, 50, MAX_PAGES - 1, 1, 0 },
	{ "... and one more", MAX_PAGES - 50, 50, MAX_PAGES - 1, 2, -ENXIO },
	{ "the last offset that is a number", 100, 50, ULONG_MAX, 1, -ENXIO },
	{ "an offset that overflows to the base", 100, 50, ULONG_MAX - 1, 150, -ENXIO },
};

TABLE(places);

/* Maps @fixture's region by a VMA; says what pfnfault_mmap() does. */
static int map(struct kunit *test, struct address_space *mapping,
	       unsigned long pgoff, unsigned long pages, vm_flags_t flags)
{
	static const struct file_operations fops;
	struct fixture *fixture = test->priv;
	struct pfnfault_region *region = &fixture->region;
	struct file *file = kunit_kzalloc(test, sizeof(*file), GFP_KERNEL);
	struct vm_area_struct vma = {
		.vm_start = HERE,
		.vm_end = HERE + pages * PAGE_SIZE,
		.vm_pgoff = pgoff,
		.vm_flags = flags,
		.vm_file = file,
	};
	int err;

	KUNIT_ASSERT_NOT_NULL(test, file);
	file->f_mapping = mapping;
	file->f_op = &fops;
	flags_set = 0;
	copies = 0;
	err = pfnfault_mmap(region, &vma);
	KUNIT_EXPECT_EQ_MSG(test, !err, pfnfault_vma_is_of(&vma, region),
			    "is it of the region?");
	KUNIT_EXPECT_EQ_MSG(test, 1 + !err, kref_read(&region->kref),
			    "references");
	if (err) {
		KUNIT_EXPECT_EQ_MSG(test, 0, flags_set, "flags");
		return err;
	}
	KUNIT_EXPECT_EQ_MSG(test, 0, copies, "it is no copy");
	vma.vm_ops->open(&vma);
	KUNIT_EXPECT_EQ_MSG(test, 1, copies, "a fork's is one");
	KUNIT_EXPECT_EQ_MSG(test, 3, kref_read(&region->kref), "a fork's, too");
	vma.vm_ops->close(&vma);
	vma.vm_ops->close(&vma);
	KUNIT_EXPECT_EQ_MSG(test, 1, kref_read(&region->kref), "given back");
	return 0;
}

static void regions_end(struct kunit *test)
{
	const typeof(places[0]) *row = test->param_value;
	struct fixture *fixture =
		fixture_start(test, row->base, row->nr_pages);

	KUNIT_EXPECT_EQ_MSG(test, row->err,
			    map(test, &fixture->mapping, row->pgoff, row->pages,
				SHARED), "%s", row->name);
}

static const struct {
	const char *name;
	unsigned int ops;
	vm_flags_t flags;
	int err;
	vm_flags_t type;
} kinds[] = {
	{ "shared", 0, SHARED, 0, VM_PFNMAP },
	{ "shared, of a region for copies", PFNFAULT_COW, SHARED, 0, VM_PFNMAP },
	{ "shared, of a file that is read", 0, VM_MAYSHARE, 0, VM_PFNMAP },
	{ "private", 0, VM_MAYWRITE, -EINVAL },
	{ "private, of a region for copies", PFNFAULT_COW, VM_MAYWRITE, 0, VM_MIXEDMAP },
	{ "private, never writable", 0, VM_READ, 0, VM_PFNMAP },
};

TABLE(kinds);

static void copies_are_refused(struct kunit *test)
{
	const typeof(kinds[0]) *row = test->param_value;
	struct fixture *fixture = fixture_start(test, 100, 50);

	fixture->ops.flags = row->ops;
	KUNIT_EXPECT_EQ_MSG(test, row->err,
			    map(test, &fixture->mapping, 100, 50, row->flags),
			    "%s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->type,
			    flags_set & (VM_PFNMAP | VM_MIXEDMAP), "type: %s",
			    row->name);
	if (!row->err)
		KUNIT_EXPECT_EQ_MSG(test, VM_IO | VM_DONTEXPAND | VM_DONTDUMP,
				    flags_set & ~row->type, "others: %s",
				    row->name);
}

static void files_of_the_space_alone(struct kunit *test)
{
	struct fixture *fixture = fixture_start(test, 100, 50);
	struct address_space other = {};

	KUNIT_EXPECT_EQ(test, -EINVAL, map(test, &other, 100, 50, SHARED));
	KUNIT_EXPECT_EQ(test, 0, map(test, &fixture->mapping, 100, 50, SHARED));
}

static void not_once_it_is_revoked(struct kunit *test)
{
	struct fixture *fixture = fixture_start(test, 100, 50);

	fixture->region.revoked = true;
	KUNIT_EXPECT_EQ(test, -ENODEV,
			map(test, &fixture->mapping, 100, 50, SHARED));
}

static struct kunit_case mmap_cases[] = {
	CASE_OF(places, regions_end),
	CASE_OF(kinds, copies_are_refused),
	KUNIT_CASE(files_of_the_space_alone),
	KUNIT_CASE(not_once_it_is_revoked),
	{}
};

SUITE(mmap);
