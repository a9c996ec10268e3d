// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfnfault_invalidate() past the end of the region: a warning (which this run
 * of a guest is expected to have), and the whole region is taken back.
 */
#include "made.h"

int main(void)
{
	int fd = made_open(O_RDWR);
	void *map = made_map(fd);

	ok(in_place(map, 0, 0, MADE_PAGES), "mapped");
	made_range(fd, PFNFAULT_TEST_MOVE, 1, MADE_PAGES);
	ok(in_place(map, 1, 0, MADE_PAGES), "all of it is taken back");
	made_unmap(map);
	close(fd);
	return done();
}
