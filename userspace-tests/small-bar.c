// SPDX-License-Identifier: GPL-2.0-only
/*
 * A BAR of 4 KiB: one page where pages are so small, and less than one
 * elsewhere, where the driver refuses it and says why. Would catch a page that
 * shows what lies behind a BAR.
 */
#include <dirent.h>
#include <limits.h>

#include "bar.h"

#define DEVICES "/sys/bus/pci/devices"
#define SMALL 4096

static unsigned long long number_in(const char *device, const char *file)
{
	char path[PATH_MAX];
	unsigned long long number = 0;
	FILE *stream;

	snprintf(path, sizeof(path), DEVICES "/%s/%s", device, file);
	stream = fopen(path, "r");
	if (stream && fscanf(stream, "%llx", &number) != 1)
		number = 0;
	if (stream)
		fclose(stream);
	return number;
}

/* Of the BAR, in bytes; 0: there is none. */
static unsigned long long size_of(const char *device)
{
	char path[PATH_MAX];
	unsigned long long start, end, size = 0;
	FILE *stream;

	snprintf(path, sizeof(path), DEVICES "/%s/resource", device);
	stream = fopen(path, "r");
	for (int bar = 0; stream && bar <= 2; bar++) {
		if (fscanf(stream, "%llx %llx %*x", &start, &end) != 2)
			break;
		size = bar == 2 && end ? end - start + 1 : 0;
	}
	if (stream)
		fclose(stream);
	return size;
}

/* The name of the ivshmem device with a BAR of 4 KiB, or NULL. */
static const char *find_device(void)
{
	static char name[NAME_MAX + 1];
	DIR *dir = opendir(DEVICES);
	struct dirent *entry;

	*name = 0;
	while (dir && (entry = readdir(dir))) {
		if (number_in(entry->d_name, "vendor") == 0x1af4 &&
		    number_in(entry->d_name, "device") == 0x1110 &&
		    size_of(entry->d_name) == SMALL)
			strcpy(name, entry->d_name);
	}
	if (dir)
		closedir(dir);
	return *name ? name : NULL;
}

/* The node that the driver has made for it, or NULL. */
static const char *node_of(const char *device)
{
	static char node[PATH_MAX];
	char path[PATH_MAX];
	DIR *dir;
	struct dirent *entry;

	snprintf(path, sizeof(path), DEVICES "/%s/misc", device);
	dir = opendir(path);
	*node = 0;
	while (dir && (entry = readdir(dir)))
		if (*entry->d_name != '.')
			snprintf(node, sizeof(node), "/dev/%s", entry->d_name);
	if (dir)
		closedir(dir);
	return *node ? node : NULL;
}

static void test_one_page(const char *node)
{
	int fd = must(open(node, O_RDWR | O_CLOEXEC));
	void *map;

	is(bar_info(fd).size, SMALL, "a BAR of one page");
	map = must(map_pages(fd, PROT_READ | PROT_WRITE, 0, 1));
	store(map, 0x5eed);
	store((char *)map + SMALL - 8, 0xfeed);
	ok(load(map) == 0x5eed && load((char *)map + SMALL - 8) == 0xfeed,
	   "... is there, from its first word to its last");
	fails(map_pages(fd, PROT_READ, 0, 2) == MAP_FAILED, ENXIO,
	      "... and no more than that");
	fails(map_pages(fd, PROT_READ, 1, 1) == MAP_FAILED, ENXIO,
	      "... nor what lies behind it");
	munmap(map, page_size);
	close(fd);
}

static void test_too_small(const char *device)
{
	char why[96];
	int bind = must(open(BAR_DRIVER "/bind", O_WRONLY));

	ok(!node_of(device), "a BAR smaller than a page has no node");
	fails(write(bind, device, strlen(device)) < 0, ENODEV,
	      "... the driver refuses its device");
	close(bind);
	snprintf(why, sizeof(why), "is not memory in whole pages of %zu bytes",
		 page_size);
	ok(logged(device, why), "... and says why");
	ok(logged(device, "BAR 2") && logged(device, "size 0x"),
	   "... of which BAR, of what size");
}

int main(void)
{
	const char *device = find_device();

	page_size = sysconf(_SC_PAGESIZE);
	if (geteuid())
		skip_all("binding a device needs root");
	if (access(BAR_DRIVER, F_OK))
		skip_all("no " BAR_DRIVER " (modules not loaded)");
	if (!device)
		skip_all("no ivshmem device with a BAR of 4 KiB");
	if (page_size > SMALL)
		test_too_small(device);
	else if (ok(node_of(device), "a BAR of 4 KiB has a node"))
		test_one_page(node_of(device));
	return done();
}
