// SPDX-License-Identifier: GPL-2.0-only
/* What "make demo" runs in the guest: a BAR from probe to SIGBUS, in words. */
#include "bar.h"

#define GREETING "hello from the guest"

int main(void)
{
	int fd = bar_open(O_RDWR);
	size_t nr = bar_pages(fd), page = nr > 12345 ? 12345 : nr - 1;
	struct pfnfault_demo_info info;
	char path[PATH_MAX], *map;

	strcpy(path, bar_device());
	printf("guest: found " BAR_NODE ", BAR 2 of PCI device %s, %zu MiB\n",
	       strrchr(path, '/') + 1, nr * page_size >> 20);

	map = must(map_pages(fd, PROT_READ | PROT_WRITE, 0, nr));
	info = bar_info(fd);
	printf("guest: mapped all of it; pages installed so far: %llu\n",
	       (unsigned long long)info.installed);
	printf("guest: the host left this for us: '%.64s'\n", map);

	for (size_t i = 1; i < nr; i++)
		store(page_word(map, i), stamp(i));
	info = bar_info(fd);
	printf("guest: touched %zu pages in %llu faults\n", nr,
	       (unsigned long long)info.faults);
	strcpy(map, GREETING);
	printf("guest: wrote '%s' at offset 0\n", map);

	printf("guest: removing the PCI device while it is mapped\n");
	strcat(path, "/remove");
	write_file(path, "1");
	if (!touch_is_sigbus(map + page * page_size)) {
		printf("guest: no SIGBUS after the device was removed!\n");
		return 1;
	}
	printf("guest: touched page %zu again: SIGBUS caught, si_addr is right\n",
	       page);
	munmap(map, nr * page_size);
	close(fd);
	return 0;
}
