// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/pfnfault-xip: an image that is copied on a private write, and is not
 * written otherwise. Would catch a write that reaches the image or another
 * program, a copy that is lost, GUP that gets at the image, a private mapping
 * of a node that has not asked for them.
 */
#include <sys/socket.h>
#include <sys/uio.h>

#include "xip.h"

/* A write in a private mapping is for the mapping that it is made through. */
static void test_copy(int fd)
{
	void *shared, *writer, *other;

	load_image(3, NULL, NULL);
	shared = must(map_pages(fd, PROT_READ, 0, PAGES));
	writer = must(map_private(fd, RW, 0, PAGES));
	other = must(map_private(fd, RW, 0, PAGES));
	ok(shows(shared, 3, 0, PAGES) && shows(other, 3, 0, PAGES),
	   "shared and private mappings show the image");
	store(page_word(writer, 4), 0x5eed);
	(void)load(page_word(writer, 5));
	store(page_word(writer, 5) + 1, 0xfeed);
	is(load(page_word(writer, 4)), 0x5eed, "who writes sees what it wrote");
	ok(load(page_word(writer, 5)) == word(3, 5) &&
	   load(page_word(writer, 5) + 1) == 0xfeed,
	   "... and the rest of the page as it was");
	ok(shows(writer, 3, 0, 4) && shows(writer, 3, 6, PAGES),
	   "... and the other pages");
	ok(shows(shared, 3, 0, PAGES) && !load(page_word(shared, 5) + 1),
	   "the image is as it was");
	ok(shows(other, 3, 0, PAGES) && !load(page_word(other, 5) + 1),
	   "... and another private mapping");
	must(munmap(writer, page_size));
	must(mprotect(page_word(writer, 4), page_size, PROT_READ));
	is(load(page_word(writer, 4)), 0x5eed, "a copy survives a split");
	must(madvise(page_word(writer, 4), page_size, MADV_DONTNEED));
	ok(shows(writer, 3, 4, 5), "... and is given up for the image when asked");
	must(mprotect(other, PAGES * page_size, PROT_READ));
	must(mprotect(other, PAGES * page_size, RW));
	store(page_word(other, 6), 0xbeef);
	ok(load(page_word(other, 6)) == 0xbeef && shows(shared, 3, 0, PAGES),
	   "... a write that mprotect() allows makes one as well");
	munmap(writer, PAGES * page_size);
	munmap(other, PAGES * page_size);
	munmap(shared, PAGES * page_size);
}

static void test_counts(int fd)
{
	void *map = must(map_private(fd, RW, 0, PAGES));
	struct pfnfault_demo_info before = bar_info(fd), after;
	uint64_t want = faults_in_order(map, 0, PAGES, 0);

	for (size_t page = 0; page < PAGES; page++)
		(void)load(page_word(map, page));
	after = bar_info(fd);
	is(after.faults - before.faults, want,
	   "private reads: faults as in a shared mapping");
	is(after.installed - before.installed, PAGES, "... a PTE for each page");
	for (size_t page = 0; page < PAGES; page++)
		store(page_word(map, page), 1);
	after = bar_info(fd);
	is(after.faults - before.faults, want,
	   "private writes to what was read: core copies, no fault of ours");
	munmap(map, PAGES * page_size);

	map = must(map_private(fd, RW, 3, 1));
	before = bar_info(fd);
	store(map, 1);
	after = bar_info(fd);
	is(after.faults - before.faults, 1,
	   "a private write as the first touch: one fault, and the copy");
	is(after.installed - before.installed, 1, "... one PTE");
	is(after.retries - before.retries, 0, "... no retry");
	is(load(map), 1, "... and what was written is there");
	munmap(map, page_size);
}

/* Page 0 written before the fork, 1 by the child, 2 by the parent after it. */
static void test_fork(int fd)
{
	void *map, *shared;
	int pair[2];
	pid_t pid;
	char c = 0;

	load_image(4, NULL, NULL);
	map = must(map_private(fd, RW, 0, PAGES));
	shared = must(map_pages(fd, PROT_READ, 0, PAGES));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	(void)load(page_word(map, 1));
	store(map, 100);
	pid = child();
	if (!pid) {
		close(pair[1]);
		if (load(map) != 100 || !shows(map, 4, 1, 2))
			_exit(1);
		store(map, 200);
		store(page_word(map, 1), 201);
		/* Our turn is over, until the parent is done. */
		if (write(pair[0], &c, 1) != 1 || read(pair[0], &c, 1))
			_exit(2);
		if (load(map) != 200 || load(page_word(map, 1)) != 201)
			_exit(3);
		_exit(shows(map, 5, 2, PAGES) && shows(shared, 5, 0, PAGES) ?
		      0 : 4);
	}
	close(pair[0]);
	(void)!read(pair[1], &c, 1);
	store(page_word(map, 2), 102);
	load_image(5, NULL, NULL);
	close(pair[1]);
	is(status_of(pid), 0,
	   "a child has its parent's copies, makes its own, and sees the image");
	ok(load(map) == 100 && load(page_word(map, 2)) == 102,
	   "... its parent keeps its own");
	ok(shows(map, 5, 1, 2), "... and has none of its child's");
	ok(shows(shared, 5, 0, PAGES), "... nor has the image");
	munmap(map, PAGES * page_size);
	munmap(shared, PAGES * page_size);
}

/* vmsplice() and process_vm_readv() take pages by GUP. */
static void test_gup(void *map, const char *whose)
{
	char buf[8];
	struct iovec from = { map, sizeof(buf) }, to = { buf, sizeof(buf) };
	int pipe_fds[2];

	must(pipe(pipe_fds));
	(void)load(map);
	tap_comment("%s", whose);
	fails(vmsplice(pipe_fds[1], &from, 1, 0) < 0, EFAULT, "vmsplice()");
	fails(process_vm_readv(getpid(), &to, 1, &from, 1, 0) < 0, EFAULT,
	      "process_vm_readv()");
	fails(madvise(map, page_size, MADV_POPULATE_READ), EINVAL,
	      "MADV_POPULATE_READ");
	is(write(pipe_fds[1], map, sizeof(buf)), sizeof(buf),
	   "... but a write() that copies works");
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

/* A debugger's writes are forced: they must not get to the image. */
static void test_debugger(int fd)
{
	int mem = must(open("/proc/self/mem", O_RDWR | O_CLOEXEC));
	void *shared = must(map_pages(fd, PROT_READ, 0, PAGES));
	void *private = must(map_private(fd, PROT_READ, 0, PAGES));
	uint64_t value = 0xbad;
	bool may_read = machine()->access;

	load_image(8, NULL, NULL);
	if (may_read) {
		is(pread(mem, &value, 8, (uintptr_t)page_word(shared, 2)), 8,
		   "a debugger reads the image through a shared mapping");
		is(value, word(8, 2), "... and what it has");
	} else {
		skip("a debugger reads the image",
		     "this kernel has no HAVE_IOREMAP_PROT, or pfnfault_test.ko is not there to tell");
	}
	value = 0xbad;
	fails(pwrite(mem, &value, 8, (uintptr_t)page_word(shared, 2)) < 0, EIO,
	      "... and does not write it");
	fails(pwrite(mem, &value, 8, (uintptr_t)page_word(private, 2)) < 0, EIO,
	      "nor through a private mapping");
	(void)load(page_word(private, 3));
	fails(pwrite(mem, &value, 8, (uintptr_t)page_word(private, 3)) < 0, EIO,
	      "... touched before or not");
	ok(shows(shared, 8, 0, PAGES) && shows(private, 8, 0, PAGES),
	   "... and the image is as it was");
	munmap(shared, PAGES * page_size);
	munmap(private, PAGES * page_size);
	close(mem);
}

static bool refused(int fd, int prot, int flags, size_t first, size_t nr)
{
	void *map = mmap(NULL, nr * page_size, prot, flags, fd,
			 first * page_size);

	if (map != MAP_FAILED)
		munmap(map, nr * page_size);
	return map == MAP_FAILED;
}

static void test_refused(int fd)
{
	size_t nr = bar_pages(fd);
	void *map = must(map_pages(fd, PROT_READ, 0, 1));

	fails(mprotect(map, page_size, RW), EACCES,
	      "a shared mapping cannot be made writable");
	munmap(map, page_size);
	fails(refused(fd, RW, MAP_SHARED, 0, 1), EACCES,
	      "a shared, writable mapping");
	fails(refused(fd, PROT_READ, MAP_SHARED, nr, 1), ENXIO,
	      "the page after the last");
	fails(refused(fd, RW, MAP_PRIVATE, nr - 1, 2), ENXIO,
	      "a private mapping that ends past the end");
}

/* Only the image may be mapped private. */
static void test_others(const char *node)
{
	int fd = open(node, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		skip("other nodes refuse private mappings", node);
		return;
	}
	tap_comment("%s", node);
	fails(refused(fd, PROT_READ, MAP_PRIVATE, 0, 1), EINVAL,
	      "another node refuses a private mapping");
	fails(refused(fd, RW, MAP_PRIVATE, 0, 1), EINVAL, "... to be written too");
	close(fd);
}

int main(void)
{
	int fd = xip_open(O_RDONLY);
	void *map;

	test_copy(fd);
	test_counts(fd);
	test_fork(fd);
	map = must(map_pages(fd, PROT_READ, 0, PAGES));
	test_gup(map, "GUP of a shared mapping");
	munmap(map, PAGES * page_size);
	map = must(map_private(fd, RW, 0, PAGES));
	test_gup(map, "GUP of a private mapping");
	munmap(map, PAGES * page_size);
	test_debugger(fd);
	test_refused(fd);
	test_others("/dev/pfnfault-bar");
	test_others("/dev/pfnfault-mspec");
	must(close(xip_open(O_WRONLY)));	/* zeros, as after insmod */
	close(fd);
	return done();
}
