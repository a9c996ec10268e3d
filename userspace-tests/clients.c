// SPDX-License-Identifier: GPL-2.0-only
/*
 * clients NODE...: each node of a driver like examples/client/client.c shows its
 * pages, at the same time as all the others. Run by guest/modules.sh.
 */
#include "bar.h"

#define PAGES 16

static void test_node(const char *node)
{
	const char *name = strrchr(node, '/') + 1;
	int fd = must(open(node, O_RDONLY | O_CLOEXEC));
	char *map = must(map_pages(fd, PROT_READ, 0, PAGES)), want[64];
	size_t right = 0;

	for (size_t page = 0; page < PAGES; page++) {
		snprintf(want, sizeof(want), "page %zu of %s", page, name);
		right += !strcmp(map + page * page_size, want);
	}
	is(right, PAGES, node);
	fails(map_pages(fd, PROT_READ, 0, PAGES + 1) == MAP_FAILED, ENXIO,
	      "... and no more than its pages");
	/* Stays mapped, and holds the module, until the end. */
}

int main(int argc, char **argv)
{
	page_size = sysconf(_SC_PAGESIZE);
	for (int i = 1; i < argc; i++)
		test_node(argv[i]);
	return done();
}
