// SPDX-License-Identifier: GPL-2.0-only
/* Wrong ioctls of the demo nodes are named errors, and change nothing. */
#include "bar.h"

int main(void)
{
	int fd = bar_open(O_RDWR), reader = bar_open(O_RDONLY);
	struct pfnfault_demo_info info;
	void *hole;

	is(bar_info(fd).size, 64 << 20, "the BAR is 64 MiB");
	is(ioctl(reader, PFNFAULT_DEMO_INFO, &info), 0,
	   "a reader may ask for the counters");
	fails(ioctl(fd, 0, 0) < 0, ENOTTY, "ioctl number 0");
	fails(ioctl(fd, PFNFAULT_DEMO_INFO + 1, &info) < 0, ENOTTY,
	      "an ioctl that is not there");
	fails(ioctl(fd, _IOR('P', 0x70, char), &info) < 0, ENOTTY,
	      "an ioctl of another size");
	fails(ioctl(fd, PFNFAULT_DEMO_INFO, NULL) < 0, EFAULT, "a null pointer");
	fails(ioctl(fd, PFNFAULT_DEMO_INFO, -8L) < 0, EFAULT,
	      "a pointer into the kernel");
	hole = must(mmap(NULL, 2 * page_size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	must(mprotect(page_word(hole, 1), page_size, PROT_NONE));
	fails(ioctl(fd, PFNFAULT_DEMO_INFO, (char *)hole + page_size - 8) < 0,
	      EFAULT, "a pointer whose end is not there");
	fails(read(fd, &info, 1) < 0, EINVAL, "read() of the node");
	fails(write(fd, &info, 1) < 0, EINVAL, "write() to the node");
	close(reader);
	close(fd);
	return done();
}
