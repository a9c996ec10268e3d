// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is refused, with which errno, and what must not be: a reader of a
 * read-only descriptor. Would catch a bound that is off by one, a private
 * mapping let through (which is a BUG in core), a demand for VM_SHARED, a file that
 * is not of the space of what it maps.
 */
#include "made.h"

static bool refused(int fd, int prot, int flags, off_t offset, size_t len)
{
	void *map = mmap(NULL, len, prot, flags, fd, offset);

	if (map == MAP_FAILED)
		return true;
	munmap(map, len);
	return false;
}

#define REFUSED(fd, prot, flags, offset, len, want, what) do {		\
	errno = 0;							\
	fails(refused(fd, prot, flags, offset, len), want, what);	\
} while (0)

int main(void)
{
	int fd = bar_open(O_RDWR), reader = bar_open(O_RDONLY);
	size_t size = bar_info(fd).size;
	/* Of what mmap() can say: a page number of the width of a long. */
	off_t far = (off_t)1 << (8 * sizeof(long) - 2);
	off_t last = -page_size;
	void *map;

	REFUSED(fd, PROT_READ, MAP_SHARED, size, page_size, ENXIO,
		"a mapping that begins at the end");
	REFUSED(fd, PROT_READ, MAP_SHARED, size - page_size, 2 * page_size,
		ENXIO, "a mapping that begins on the last page and ends past it");
	REFUSED(fd, PROT_READ, MAP_SHARED, 0, size + page_size, ENXIO,
		"a mapping one page longer than the BAR");
	REFUSED(fd, PROT_READ, MAP_SHARED, far, page_size, ENXIO,
		"a mapping at a huge offset");
	REFUSED(fd, PROT_READ, MAP_SHARED, last, 2 * page_size,
		EOVERFLOW, "an offset that overflows");
	REFUSED(fd, PROT_READ, MAP_SHARED, 0, 0, EINVAL, "no length");
	REFUSED(fd, PROT_READ, MAP_SHARED, 1, page_size, EINVAL,
		"an unaligned offset");
	REFUSED(fd, PROT_READ, MAP_PRIVATE, 0, page_size, EINVAL,
		"a private mapping");
	REFUSED(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0, page_size, EINVAL,
		"a private mapping, to be written");
	REFUSED(reader, PROT_READ, MAP_PRIVATE, 0, page_size, EINVAL,
		"a private mapping of a read-only descriptor");
	REFUSED(reader, PROT_READ | PROT_WRITE, MAP_SHARED, 0, page_size,
		EACCES, "a writable mapping of a read-only descriptor");

	stamp_all(fd);
	map = map_pages(reader, PROT_READ, 0, size / page_size);
	if (ok(map != MAP_FAILED,
	       "a shared mapping of a read-only descriptor is accepted")) {
		ok(stamped(map, 0, size / page_size), "... and shows the pages");
		fails(mprotect(map, page_size, PROT_READ | PROT_WRITE), EACCES,
		      "... it cannot be made writable");
		munmap(map, size);
	}
	map = map_pages(reader, PROT_READ, 77, 1);
	ok(map != MAP_FAILED && stamped(map, 77, 1), "also one page of it");
	munmap(map, page_size);

	map = map_pages(fd, PROT_NONE, 5, 2);
	ok(map != MAP_FAILED, "a mapping without access is accepted");
	is(touch(map), SIGSEGV, "... and gives none");
	must(mprotect(map, page_size, PROT_READ));
	ok(stamped(map, 5, 1), "... until it is allowed");
	munmap(map, 2 * page_size);

	/* What GUP must not reach, and no driver's memory can be made to do. */
	map = must(map_pages(fd, PROT_READ | PROT_WRITE, 0, 1));
	fails(madvise(map, page_size, MADV_DOFORK), EINVAL, "MADV_DOFORK");
	fails(madvise(map, page_size, MADV_DONTNEED), EINVAL, "MADV_DONTNEED");
	munmap(map, page_size);

	close(reader);
	close(fd);

	fd = made_open(O_RDWR);
	made_setup(fd, TEST_OTHER_SPACE, 0, 0, 0);
	REFUSED(fd, PROT_READ, MAP_SHARED, 0, page_size, EINVAL,
		"a file that was not opened in the region's space");
	made_setup(fd, TEST_REGION, 0, 0, 0);
	made_unmap(made_map(fd));
	is(ioctl(fd, PFNFAULT_TEST_REOPEN), 0, "a file that is released and opened twice");
	ok(logged("test_close", "pfnfault_file_release() without pfnfault_file_open()"),
	   "... the driver is told of a release too many");
	ok(logged("test_open", "a second pfnfault_file_open()"),
	   "... and of an open too many");
	map = made_map(fd);
	ok(in_place(map, 0, 0, MADE_PAGES), "... and can be mapped");
	made_unmap(map);
	close(fd);
	return done();
}
