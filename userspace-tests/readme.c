// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver of README.md and docs/getting-started.md does what they say. Would catch a
 * sample that compiles and does not map.
 */
#include "bar.h"

#define PAGES 16

int main(void)
{
	int fd = node_open("/dev/my_driver", O_RDWR,
			   "my_driver.ko is not loaded");
	char *map;

	map = must(map_pages(fd, PROT_READ | PROT_WRITE, 0, PAGES));
	ok(!strcmp(map, "hello from my driver"),
	   "the driver of README.md maps its pages");
	store(page_word(map, PAGES - 1), 42);
	munmap(map, PAGES * page_size);
	map = must(map_pages(fd, PROT_READ, PAGES - 1, 1));
	is(load(map), 42, "... which keep what is written");
	munmap(map, page_size);
	fails(map_pages(fd, PROT_READ, 0, PAGES + 1) == MAP_FAILED, ENXIO,
	      "... and no more than those");
	close(fd);
	return done();
}
