// SPDX-License-Identifier: GPL-2.0-only
/* look [NODE]: map the client's node, and print what each page begins with. */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 16

int main(int argc, char **argv)
{
	const char *node = argc > 1 ? argv[1] : "/dev/pfnfault_client";
	long page = sysconf(_SC_PAGESIZE);
	int fd = open(node, O_RDONLY);
	const char *map;

	if (fd < 0)
		err(1, "%s", node);
	map = mmap(NULL, PAGES * page, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err(1, "mmap %s", node);
	for (int i = 0; i < PAGES; i++)
		printf("%.64s\n", map + i * page);
	return 0;
}
