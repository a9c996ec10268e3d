// SPDX-License-Identifier: GPL-2.0-only
/*
 * What mappings of device memory cannot do, as docs/limits.md has it. Would catch VMA
 * flags that let get_user_pages() at them, or refuse what works.
 */
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "bar.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

#define PAGES 4

/* Is the VMA that begins at @map left out of core dumps? As smaps has it: "dd". */
static bool not_dumped(FILE *smaps, const void *map)
{
	unsigned long start, end;
	bool here = false;
	char line[512];

	rewind(smaps);
	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = start == (unsigned long)map;
		else if (here && !strncmp(line, "VmFlags:", 8))
			return strstr(line, " dd");
	}
	return false;
}

static void test_core_dump(const void *map)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	void *other = must(mmap(NULL, page_size, PROT_READ,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	if (!smaps)
		return skip("core dumps", "no /proc/self/smaps");
	ok(not_dumped(smaps, map), "a core dump leaves it out");
	ok(!not_dumped(smaps, other), "... and not other memory");
	fclose(smaps);
	munmap(other, page_size);
}

static void test_populate(int fd, size_t size)
{
	uint64_t before = bar_info(fd).installed;
	void *map = must(mmap(NULL, size, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_POPULATE, fd, 0));

	is(bar_info(fd).installed, before, "MAP_POPULATE populates nothing");
	fails(madvise(map, size, MADV_POPULATE_READ), EINVAL,
	      "MADV_POPULATE_READ");
	fails(madvise(map, size, MADV_POPULATE_WRITE), EINVAL,
	      "MADV_POPULATE_WRITE");
	is(mlock(map, size), 0, "mlock() works");
	is(bar_info(fd).installed, before, "... and does nothing");
	munmap(map, size);
}

static void test_pages(char *map)
{
	struct iovec its = { map, 8 }, ours;
	uint64_t word = 0;
	int fds[2];

	ours = (struct iovec){ &word, 8 };
	store(map, 0x1122334455667788);
	must(pipe(fds));
	fails(vmsplice(fds[1], &its, 1, 0), EFAULT,
	      "get_user_pages(), by vmsplice()");
	fails(process_vm_readv(getpid(), &ours, 1, &its, 1, 0), EFAULT,
	      "... and by process_vm_readv()");
	is(write(fds[1], map, 8), 8, "write() of it works");
	is(read(fds[0], map + page_size, 8), 8, "... and read() to it");
	is(load(map + page_size), 0x1122334455667788, "... and copies");
	close(fds[0]);
	close(fds[1]);
}

static void test_fork(char *map, size_t size)
{
	pid_t pid = child();

	if (!pid) {
		store(map, 42);
		_exit(0);
	}
	is(status_of(pid), 0, "a child has the mapping");
	is(load(map), 42, "... of the same memory");
	is(madvise(map, size, MADV_DONTFORK), 0, "MADV_DONTFORK works");
	pid = child();
	if (!pid)
		_exit(touch(map) != SIGSEGV);
	is(status_of(pid), 0, "... and then a child has none");
	fails(madvise(map, size, MADV_DOFORK), EINVAL, "... nor MADV_DOFORK");
}

int main(void)
{
	int fd = node_open("/dev/pfnfault-mspec", O_RDWR,
			   "no /dev/pfnfault-mspec");
	size_t size = PAGES * page_size;
	char *map;

	test_populate(fd, size);
	map = must(map_pages(fd, PROT_READ | PROT_WRITE, 0, PAGES));
	test_pages(map);
	test_core_dump(map);
	fails(madvise(map, size, MADV_DONTNEED), EINVAL, "MADV_DONTNEED");
	fails(mremap(map, size, 2 * size, MREMAP_MAYMOVE) == MAP_FAILED, EFAULT,
	      "a mapping that is to grow");
	test_fork(map, size);
	munmap(map, size);
	close(fd);
	return done();
}
