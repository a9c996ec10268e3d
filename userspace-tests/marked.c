// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages whose writes a program tracks by userfaultfd, as kernels without a check let it:
 * core keeps its marker and says that there is a PTE now. Would catch a read() that
 * faults on such a page for ever, and that nothing can kill.
 */
#include "made.h"

static const struct {
	const char *name;
	int kind;
} handlers[] = {
	{ "a region", TEST_REGION },
	{ "pfnfault_insert_pfn()", TEST_INSERT_PFN },
	{ "pfnfault_insert_range()", TEST_RANGE },
};

static void *map_marked(int fd)
{
	void *map = map_pages(fd, PROT_READ | PROT_WRITE, 0, MADE_PAGES);

	if (map == MAP_FAILED && errno == EOPNOTSUPP)
		skip_all("this kernel has no markers of userfaultfd");
	return must(map);
}

static void test_handler(const char *name, int kind)
{
	struct pfnfault_test_setup setup = { .kind = kind, .marked = 1 };
	int fd = made_open(O_RDWR);
	void *map;
	pid_t pid;

	must(ioctl(fd, PFNFAULT_TEST_SETUP, &setup));
	map = map_marked(fd);
	pid = child();
	/* By a mapping of its own: fork() leaves markers behind. */
	if (!pid)
		_exit(kernel_read(page_word(map_marked(fd), 3)) != EFAULT);
	ok(comes_true(has_ended(pid)) && !status_of(pid),
	   "%s, read from by a system call where there is a marker: EFAULT", name);
	ok(touch_is_sigbus(page_word(map, 5)), "... and by the program: SIGBUS");
	is(made_info(fd).installed, 0, "... and installs nothing");
	made_unmap(map);
	made_setup(fd, kind, 0, 0, 0);
	map = made_map(fd);
	ok(in_place(map, 0, 0, 20), "... and elsewhere all is well");
	made_unmap(map);
	close(fd);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		test_handler(handlers[i].name, handlers[i].kind);
	return done();
}
