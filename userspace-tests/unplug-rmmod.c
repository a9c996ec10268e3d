// SPDX-License-Identifier: GPL-2.0-only
/*
 * unplug-rmmod [hotplug]: modules, when a device goes. Would catch one that is
 * unloaded while its code or that of pfnfault is needed, or cannot be when it is
 * not; a device that no driver finds later. The nodes may have other numbers
 * when it is done.
 */
#include <sys/syscall.h>

#include "unplug.h"

static long rmmod(const char *name, int flags)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK | flags);
}

static void cannot_unload(const char *when)
{
	tap_comment("%s:", when);
	fails(rmmod("pfnfault_demo", 0), EWOULDBLOCK, "rmmod of the driver");
	fails(rmmod("pfnfault", 0), EWOULDBLOCK, "rmmod of pfnfault");
	fails(rmmod("pfnfault", O_TRUNC), EWOULDBLOCK, "... by force");
}

static bool is_there(const struct way *way)
{
	(void)way;
	return !access(device, F_OK);
}

int main(int argc, char **argv)
{
	const struct way *way = &ways[has_hotplug(argc, argv) ? 0 : 1];
	void *map;
	int fd, file;

	start_unplug();
	fd = bar_open(O_RDWR);
	map = must(map_pages(fd, PROT_READ, 0, PAGES));
	close(fd);
	cannot_unload("mapped");
	skip("rmmod of the driver by force", "the kernel asks nobody then");
	happens(way, way->go, gone, "the device goes");
	cannot_unload("mapped, and gone");
	munmap(map, PAGES * page_size);
	is(rmmod("pfnfault_demo", 0), 0, "unmapped, the driver unloads");
	happens(way, way->come, is_there, "the device comes, to no driver");
	/* Which waits until the kernel is through with what has come. */
	write_file("/sys/bus/pci/rescan", "1");
	file = must(open("/lib/pfnfault_demo.ko", O_RDONLY));
	is(syscall(SYS_finit_module, file, "", 0), 0, "the driver loads");
	close(file);
	ok(is_back(way), "... and has it");
	return done();
}
