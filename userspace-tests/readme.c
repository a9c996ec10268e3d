// SPDX-License-Identifier: GPL-2.0-only
/* The ten-line driver of README.md does what README.md says. */
#include "bar.h"

int main(void)
{
	int fd = node_open("/dev/pfnfault-readme", O_RDWR,
			   "pfnfault_readme.ko is not loaded");
	char *map;

	map = must(map_pages(fd, PROT_READ | PROT_WRITE, 0, 1));
	ok(!strcmp(map, "ten lines"), "the driver of README.md maps its page");
	fails(map_pages(fd, PROT_READ, 0, 2) == MAP_FAILED, ENXIO,
	      "... and no more than that");
	munmap(map, page_size);
	close(fd);
	return done();
}
