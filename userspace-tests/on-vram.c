// SPDX-License-Identifier: GPL-2.0-only
/*
 * on-vram.so, for LD_PRELOAD: a program that knows nothing of pfnfault works on its
 * memory. What it maps anonymously becomes a new object of VRAM each, as large as
 * that: zeroed, as such memory is, and gone with the last mapping. The object is
 * moved into VRAM, from where others drive it out, and back.
 *
 * Such memory is shared with children, whatever the program asks for; and it cannot
 * be given to what needs a struct page. A program's first process keeps its own, for
 * what it and its children tell each other.
 *
 * In the file that ON_VRAM= names, which is there and has room for them, are counts.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "../demo-driver/pfnfault_demo.h"

static struct counts {
	uint64_t mapped, refused;
} *counts;

static pid_t first;

__attribute__((constructor)) static void begin(void)
{
	int fd = open(getenv("ON_VRAM") ?: "", O_RDWR | O_CLOEXEC);
	void *file = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE,
			  MAP_SHARED, fd, 0);

	if (file == MAP_FAILED)
		abort();
	close(fd);
	counts = file;
	first = getpid();
}

/* Huge pages, stacks that grow and code are no memory of a device's. */
static bool suits(size_t size, int prot, int flags)
{
	const int others = MAP_HUGETLB | MAP_GROWSDOWN | MAP_STACK;

	return counts && getpid() != first && flags & MAP_ANONYMOUS &&
	       !(flags & others) && !(prot & PROT_EXEC) && size &&
	       size <= PFNFAULT_VRAM_MAX_SIZE;
}

/* The mapping keeps the file, and that the object. */
static void *map_object(void *addr, size_t size, int prot, int flags)
{
	const size_t mask = sysconf(_SC_PAGESIZE) - 1;
	struct pfnfault_vram_object object = {
		.size = (size + mask) & ~mask, .place = PFNFAULT_VRAM_VRAM,
	};
	void *mapping = MAP_FAILED;
	int fd = open("/dev/pfnfault-vram", O_RDWR | O_CLOEXEC);

	if (fd >= 0 && !ioctl(fd, PFNFAULT_VRAM_CREATE, &object)) {
		ioctl(fd, PFNFAULT_VRAM_MOVE, &object);
		flags = (flags & ~(MAP_ANONYMOUS | MAP_TYPE)) | MAP_SHARED;
		mapping = (void *)syscall(SYS_mmap, addr, size, prot, flags, fd,
					  object.offset);
	}
	if (fd >= 0)
		close(fd);
	__atomic_add_fetch(mapping == MAP_FAILED ? &counts->refused :
			   &counts->mapped, 1, __ATOMIC_RELAXED);
	return mapping;
}

void *mmap64(void *addr, size_t size, int prot, int flags, int fd, off_t offset)
{
	void *mapping = MAP_FAILED;

	if (suits(size, prot, flags))
		mapping = map_object(addr, size, prot, flags);
	if (mapping == MAP_FAILED)
		mapping = (void *)syscall(SYS_mmap, addr, size, prot, flags, fd,
					  offset);
	return mapping;
}

void *mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset)
	__attribute__((alias("mmap64")));
