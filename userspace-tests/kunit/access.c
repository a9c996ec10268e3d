// SPDX-License-Identifier: GPL-2.0-only
/*
 * Without a fault: what a debugger gets, and which pages are mapped ahead. Would
 * catch an access that reaches into the next page, and a prefault that leaves a
 * page out or goes beyond its VMA.
 */
#include "test.h"

/* What was asked to be mapped, and what it comes to. */
static unsigned long asked[8], wanted[8];
static unsigned int installs;
static unsigned long mapped;
static int install_err;

static int install(struct pfnfault_region *region, struct vm_fault *vmf,
		   bool huge, unsigned long *nr)
{
	if (installs < ARRAY_SIZE(asked)) {
		asked[installs] = vmf->pgoff;
		wanted[installs] = *nr;
	}
	installs++;
	*nr = min(*nr, mapped);
	return install_err;
}

static bool vma_is_of(const struct vm_area_struct *vma,
		      const struct pfnfault_region *region)
{
	return vma->vm_private_data == region;
}

static unsigned long prefault_huge(struct pfnfault_region *region,
				   struct vm_fault *vmf)
{
	return 0;
}

#undef pfnfault_locate_and_install
#define pfnfault_locate_and_install install
#undef pfnfault_vma_is_of
#define pfnfault_vma_is_of vma_is_of
#undef pfnfault_prefault_huge
#define pfnfault_prefault_huge prefault_huge
#undef lockdep_assert_held
#define lockdep_assert_held(lock) ((void)(lock))
#include "pfnfault/access.c"

/* 20 pages, from page 10 of a region on. */
static struct vm_area_struct vma_in(struct fixture *fixture, vm_flags_t flags)
{
	return vma_of_pages(&fixture->region, HERE, 10, 30, flags);
}

#define WRITABLE (VM_SHARED | VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE)

static const struct {
	const char *name;
	unsigned long base, index, nr;
	int err;
} ranges[] = {
	{ "all of the VMA", 1000, 10, 20, 0 },
	{ "its first page", 1000, 10, 1, 0 },
	{ "its last page", 1000, 29, 1, 0 },
	{ "nothing at its start", 1000, 10, 0, 0 },
	{ "nothing at its end", 1000, 30, 0, 0 },
	{ "nothing behind that", 1000, 31, 0, -EINVAL },
	{ "a page more", 1000, 10, 21, -EINVAL },
	{ "the page before", 1000, 9, 1, -EINVAL },
	{ "the page behind", 1000, 30, 1, -EINVAL },
	{ "the last page and one more", 1000, 29, 2, -EINVAL },
	{ "as much as a number can say", 1000, 10, ULONG_MAX, -EINVAL },
	{ "index and nr overflow", 1000, 11, ULONG_MAX, -EINVAL },
	{ "the last index that is a number", 1000, ULONG_MAX, 1, -EINVAL },
	{ "from there to the VMA's pages", 1000, ULONG_MAX, 20, -EINVAL },
	{ "an index of the file", 1000, 1010, 1, -EINVAL },
	{ "a region at the end of files", MAX_PAGES - 100, 29, 1, 0 },
};

TABLE(ranges);

static void prefaults_are_in_vmas(struct kunit *test)
{
	const typeof(ranges[0]) *row = test->param_value;
	struct fixture *fixture = fixture_start(test, row->base, 100);
	struct vm_area_struct vma = vma_in(fixture, WRITABLE);

	installs = 0;
	mapped = 100;
	install_err = 0;
	KUNIT_EXPECT_EQ_MSG(test, row->err,
			    pfnfault_prefault(&fixture->region, &vma, row->index,
					      row->nr), "%s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, !row->err && row->nr, installs, "installs: %s",
			    row->name);
	if (row->err || !row->nr)
		return;
	KUNIT_EXPECT_EQ_MSG(test, row->base + row->index, asked[0], "page: %s",
			    row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->nr, wanted[0], "pages: %s", row->name);
}

static void prefaults_go_on(struct kunit *test)
{
	struct fixture *fixture = fixture_start(test, 1000, 100);
	struct vm_area_struct vma = vma_in(fixture, WRITABLE);

	installs = 0;
	mapped = 8;
	install_err = 0;
	KUNIT_EXPECT_EQ(test, 0, pfnfault_prefault(&fixture->region, &vma, 10, 20));
	KUNIT_EXPECT_EQ_MSG(test, 3, installs, "8, 8 and 4 pages");
	KUNIT_EXPECT_EQ(test, 1010, asked[0]);
	KUNIT_EXPECT_EQ(test, 20, wanted[0]);
	KUNIT_EXPECT_EQ(test, 1018, asked[1]);
	KUNIT_EXPECT_EQ(test, 12, wanted[1]);
	KUNIT_EXPECT_EQ(test, 1026, asked[2]);
	KUNIT_EXPECT_EQ(test, 4, wanted[2]);
}

static const struct {
	const char *name;
	int install, err;
	unsigned int installs;
} errors[] = {
	{ "lost again and again", PFNFAULT_LOST, -EAGAIN, TRIES },
	{ "huge again and again", PFNFAULT_RESIZE, -EAGAIN, TRIES },
	{ "moving", PFNFAULT_MOVING, -EAGAIN, 1 },
	{ "busy", -EBUSY, -EAGAIN, 1 },
	{ "to come again", -EAGAIN, -EAGAIN, 1 },
	{ "no memory", -ENOMEM, -ENOMEM, 1 },
	{ "revoked", -ENODEV, -ENODEV, 1 },
};

TABLE(errors);

static void prefaults_fail(struct kunit *test)
{
	const typeof(errors[0]) *row = test->param_value;
	struct fixture *fixture = fixture_start(test, 1000, 100);
	struct vm_area_struct vma = vma_in(fixture, WRITABLE);

	installs = 0;
	mapped = 8;
	install_err = row->install;
	KUNIT_EXPECT_EQ_MSG(test, row->err,
			    pfnfault_prefault(&fixture->region, &vma, 10, 20),
			    "%s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, row->installs, installs, "tries: %s", row->name);
}

static const struct {
	const char *name;
	unsigned int offset;
	int len, expected;
} accesses[] = {
	{ "a word", 0, 8, 8 },
	{ "a page", 0, PAGE_SIZE, PAGE_SIZE },
	{ "more than a page", 0, PAGE_SIZE + 1, PAGE_SIZE },
	{ "up to the end of a page", 100, PAGE_SIZE - 100, PAGE_SIZE - 100 },
	{ "a byte more", 100, PAGE_SIZE - 99, PAGE_SIZE - 100 },
	{ "the last byte", PAGE_SIZE - 1, 8, 1 },
};

TABLE(accesses);

/* The region's only place is page 15, the first of two pages of RAM. */
static char *start(struct kunit *test, struct pfnfault_extent *extent)
{
	struct fixture *fixture = fixture_start(test, 1000, 100);
	void *ram = kunit_kmalloc(test, 2 * PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ram);
	KUNIT_ASSERT_TRUE(test, PAGE_ALIGNED(ram));
	memset(ram, 'r', 2 * PAGE_SIZE);
	*extent = (struct pfnfault_extent){
		15, 1, virt_to_phys(ram) >> PAGE_SHIFT,
	};
	fixture->places = extent;
	fixture->nr_places = 1;
	return ram;
}

static void accesses_end_with_the_page(struct kunit *test)
{
	const typeof(accesses[0]) *row = test->param_value;
	struct pfnfault_extent extent;
	char *ram = start(test, &extent);
	struct fixture *fixture = test->priv;
	struct vm_area_struct vma = vma_in(fixture, WRITABLE);
	unsigned long addr = HERE + 5 * PAGE_SIZE + row->offset;
	char *buf = kunit_kzalloc(test, 2 * PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_EXPECT_EQ_MSG(test, row->expected,
			    pfnfault_access(&vma, addr, buf, row->len, 0),
			    "read: %s", row->name);
	KUNIT_EXPECT_PTR_EQ_MSG(test, NULL, memchr_inv(buf, 'r', row->expected),
				"what was read: %s", row->name);
	KUNIT_EXPECT_EQ_MSG(test, 0, buf[row->expected], "and no more: %s",
			    row->name);
	memset(buf, 'w', row->len);
	KUNIT_EXPECT_EQ_MSG(test, row->expected,
			    pfnfault_access(&vma, addr, buf, row->len, 1),
			    "written: %s", row->name);
	KUNIT_EXPECT_PTR_EQ_MSG(test, NULL,
				memchr_inv(ram + row->offset, 'w', row->expected),
				"what was written: %s", row->name);
	KUNIT_EXPECT_PTR_EQ_MSG(test, NULL, memchr_inv(ram, 'r', row->offset),
				"and nothing before: %s", row->name);
	KUNIT_EXPECT_PTR_EQ_MSG(test, NULL,
				memchr_inv(ram + PAGE_SIZE, 'r', PAGE_SIZE),
				"nor in the next page: %s", row->name);
}

static void accesses_are_refused(struct kunit *test)
{
	struct pfnfault_extent extent;
	char buf[8], *ram = start(test, &extent);
	struct fixture *fixture = test->priv;
	struct vm_area_struct vma = vma_in(fixture, WRITABLE);
	struct vm_area_struct read_only =
		vma_in(fixture, VM_SHARED | VM_MAYREAD);
	struct vm_area_struct private =
		vma_in(fixture, VM_MAYREAD | VM_MAYWRITE);
	unsigned long addr = HERE + 5 * PAGE_SIZE;

	KUNIT_EXPECT_EQ_MSG(test, -EIO, pfnfault_access(&read_only, addr, buf, 8, 1),
			    "a write to what is read-only");
	KUNIT_EXPECT_EQ_MSG(test, 8, pfnfault_access(&read_only, addr, buf, 8, 0),
			    "a read of it");
	KUNIT_EXPECT_EQ_MSG(test, -EIO, pfnfault_access(&private, addr, buf, 8, 0),
			    "a private mapping");
	KUNIT_EXPECT_EQ_MSG(test, -EIO,
			    pfnfault_access(&vma, addr + PAGE_SIZE, buf, 8, 0),
			    "a page without a place");
	fixture->region.revoked = true;
	KUNIT_EXPECT_EQ_MSG(test, -EIO, pfnfault_access(&vma, addr, buf, 8, 1),
			    "a region that was revoked");
	KUNIT_EXPECT_PTR_EQ_MSG(test, NULL, memchr_inv(ram, 'r', PAGE_SIZE),
				"nothing is written");
}

static void invalidate_at_first(struct fixture *fixture)
{
	if (fixture->calls < TRIES)
		atomic_long_inc(&fixture->region.seq);
}

static void invalidate(struct fixture *fixture)
{
	atomic_long_inc(&fixture->region.seq);
}

static void accesses_that_lose_try_again(struct kunit *test)
{
	struct pfnfault_extent extent;
	char buf[8], *ram = start(test, &extent);
	struct fixture *fixture = test->priv;
	struct vm_area_struct vma = vma_in(fixture, WRITABLE);
	unsigned long addr = HERE + 5 * PAGE_SIZE;

	fixture->meanwhile = invalidate_at_first;
	KUNIT_EXPECT_EQ_MSG(test, 8, pfnfault_access(&vma, addr, buf, 8, 0),
			    "the last try");
	KUNIT_EXPECT_EQ_MSG(test, TRIES, fixture->calls, "tries");
	fixture->calls = 0;
	fixture->meanwhile = invalidate;
	memset(buf, 'w', sizeof(buf));
	KUNIT_EXPECT_EQ_MSG(test, -EIO, pfnfault_access(&vma, addr, buf, 8, 1),
			    "no try");
	KUNIT_EXPECT_EQ_MSG(test, TRIES, fixture->calls, "tries");
	KUNIT_EXPECT_EQ_MSG(test, 'r', *ram, "nothing is written");
}

static struct kunit_case access_cases[] = {
	CASE_OF(ranges, prefaults_are_in_vmas),
	KUNIT_CASE(prefaults_go_on),
	CASE_OF(errors, prefaults_fail),
	CASE_OF(accesses, accesses_end_with_the_page),
	KUNIT_CASE(accesses_are_refused),
	KUNIT_CASE(accesses_that_lose_try_again),
	{}
};

SUITE(access);
