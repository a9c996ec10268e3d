// SPDX-License-Identifier: GPL-2.0-only
/*
 * Layer 1, through handlers that a driver without regions has: each code of
 * 2006 and each errno reaches the program as it should, and a VMA that core
 * would answer with BUG as SIGBUS. Would catch a wrong row in the errno
 * table, a lock released twice or not at all, a range that is not clipped.
 */
#include "made.h"

#define MEMORY_FAILURE (-1)	/* a SIGBUS that says so */

static void test_insert_pfn(void)
{
	int fd = made_open(O_RDWR);
	void *map;

	made_setup(fd, TEST_INSERT_PFN, TEST_INSERT_GOOD, 0, 0);
	map = made_map(fd);
	ok(in_place(map, 0, 0, 20), "pfnfault_insert_pfn maps the pages");
	is(made_info(fd).calls, 20, "... one a fault");
	is(made_info(fd).wait_state, 1, "... and might wait interruptibly");
	is(kernel_read(page_word(map, 30)), 0, "a kernel-mode fault maps as well");
	is(made_info(fd).wait_state, 2, "... and might wait killably");
	is(touch(page_word(map, 40)), 0, "user mode again");
	made_unmap(map);

	map = must(mmap(NULL, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE,
			fd, 0));
	ok(touch_is_sigbus(map), "a private mapping is SIGBUS, not BUG");
	munmap(map, page_size);
	made_setup(fd, TEST_INSERT_PFN, TEST_INSERT_NO_TYPE, 0, 0);
	map = made_map(fd);
	ok(touch_is_sigbus(map), "a VMA without VM_PFNMAP is SIGBUS, not BUG");
	made_unmap(map);
	made_setup(fd, TEST_INSERT_PFN, TEST_INSERT_MIXED, 0, 0);
	map = made_map(fd);
	ok(touch_is_sigbus(map),
	   "a struct page's PFN in VM_MIXEDMAP is SIGBUS, not BUG");
	made_unmap(map);
	made_setup(fd, TEST_INSERT_PFN, TEST_INSERT_NO_PFN, 0, 0);
	map = made_map(fd);
	ok(any_pfn_fits() ? touch_is_sigill(map) : touch_is_sigbus(map),
	   "a PFN that the CPU does not have is %s",
	   any_pfn_fits() ? "SIGILL" : "SIGBUS");
	made_unmap(map);
	made_setup(fd, TEST_INSERT_PFN, TEST_INSERT_ADDRESS, 0, 0);
	map = made_map(fd);
	ok(touch_is_sigbus(map), "an address beyond the VMA is SIGBUS");
	made_unmap(map);
	close(fd);
}

static void test_nopfn(void)
{
	int fd = made_open(O_RDWR);
	uint64_t before;
	void *map;

	made_setup(fd, TEST_NOPFN, 0, 0, 0);
	map = made_map(fd);
	ok(in_place(map, 0, 0, 20), "pfnfault_nopfn maps the pages");
	is(made_info(fd).calls, 20, "... one a fault");
	made_setup(fd, TEST_NOPFN, TEST_NOPFN_SIGBUS, 1, 0);
	ok(touch_is_sigbus(page_word(map, 50)), "NOPFN_SIGBUS is SIGBUS");
	is(touch(page_word(map, 50)), 0, "... once");
	made_setup(fd, TEST_NOPFN, TEST_NOPFN_SIGBUS, ALWAYS, 0);
	is(kernel_read(page_word(map, 51)), EFAULT,
	   "NOPFN_SIGBUS in a system call is EFAULT");
	made_setup(fd, TEST_NOPFN, TEST_NOPFN_OOM, ALWAYS, 0);
	is(kernel_read(page_word(map, 60)), EFAULT,
	   "NOPFN_OOM in a system call is EFAULT");
	made_setup(fd, TEST_NOPFN, TEST_NOPFN_OOM, 1, 0);
	is(touch(page_word(map, 60)), 0,
	   "NOPFN_OOM in user mode: memory was found, and it goes on");
	made_setup(fd, TEST_NOPFN, TEST_NOPFN_REFAULT, 3, 0);
	before = made_info(fd).calls;
	is(touch(page_word(map, 70)), 0, "NOPFN_REFAULT runs it again");
	is(made_info(fd).calls - before, 4, "... as often as it is returned");
	made_setup(fd, TEST_NOPFN, TEST_NOPFN_REFAULT, 3, 0);
	before = made_info(fd).calls;
	is(kernel_read(page_word(map, 71)), 0, "... in a system call as well");
	is(made_info(fd).calls - before, 4, "... as often as it is returned");
	made_unmap(map);
	close(fd);
}

/* SIGKILL ends a system call whose callback says REFAULT for ever. */
static void test_refault_killed(void)
{
	int fd = made_open(O_RDWR);
	void *map;
	pid_t pid;

	made_setup(fd, TEST_NOPFN, TEST_NOPFN_REFAULT, ALWAYS, 0);
	map = made_map(fd);
	pid = child();
	if (!pid) {
		kernel_read(map);
		_exit(0);
	}
	while (!made_info(fd).calls)
		usleep(1000);
	kill(pid, SIGKILL);
	is(status_of(pid), 128 + SIGKILL,
	   "a system call that faults for ever can be killed");
	made_setup(fd, TEST_NOPFN, 0, 0, 0);
	ok(in_place(map, 0, 0, 1), "... and its mapping is sound");
	made_unmap(map);
	close(fd);
}

static void test_range(void)
{
	int fd = made_open(O_RDWR);
	uint64_t pfn;
	void *map;

	made_setup(fd, TEST_RANGE, 0, 0, 0);
	map = made_map(fd);
	ok(in_place(map, 0, 0, MADE_PAGES),
	   "pfnfault_insert_range maps the pages");
	ok(made_info(fd).calls == tables(map, MADE_PAGES),
	   "... a page table a fault");
	made_unmap(map);

	map = must(map_pages(fd, PROT_READ, 7, 1));
	is(load(map), PFNFAULT_TEST_WORD(0, 7), "... one page alone, too");
	munmap(map, page_size);

	made_setup(fd, TEST_RANGE, 100, 0, 0);
	map = must(map_pages(fd, PROT_READ, 0, 200));
	ok(in_place(map, 0, 100, 200), "a range that begins inside the VMA");
	ok(touch_is_sigbus(page_word(map, 99)), "... and a fault before it");
	munmap(map, 200 * page_size);
	made_setup(fd, TEST_RANGE, 200, 0, 0);
	map = must(map_pages(fd, PROT_READ, 0, 200));
	ok(touch_is_sigbus(page_word(map, 199)), "... that begins behind it");
	munmap(map, 200 * page_size);

	/* Neighbours only where nothing is: what is there stays. */
	made_setup(fd, TEST_INSERT_PFN, TEST_INSERT_GOOD, 0, 0);
	map = must(map_pages(fd, PROT_READ, 0, 8));
	is(touch(page_word(map, 3)), 0, "one page by itself");
	pfn = pte_of(fd, page_word(map, 3)).pfn;
	made_range(fd, PFNFAULT_TEST_MOVE, 0, 0);
	made_setup(fd, TEST_RANGE, 0, 0, 0);
	ok(in_place(map, 1, 0, 3) && in_place(map, 1, 4, 8),
	   "its neighbours from elsewhere");
	is(pte_of(fd, page_word(map, 3)).pfn, pfn, "... and it stays as it was");
	munmap(map, 8 * page_size);
	close(fd);
}

/* Neighbours are left out where there are no more PFNs. */
static void test_range_edges(void)
{
	const char *what = "a range that goes on behind the last PFN";
	int fd = made_open(O_RDWR);
	uint64_t last;
	void *map;

	/* Others do not like to read where nothing is. */
	if (!machine_is("x86_64")) {
		skip(what, "not x86-64");
		close(fd);
		return;
	}
	made_setup(fd, TEST_RANGE_LAST, 4, 0, 0);
	map = must(map_pages(fd, PROT_READ, 0, 8));
	is(touch(page_word(map, 4)), 0, what);
	last = pte_of(fd, page_word(map, 4)).pfn;
	ok(!((last + 1) & last), "... which that is");
	is(pte_of(fd, page_word(map, 3)).pfn, last - 1, "... its neighbour before");
	ok(!pte_of(fd, page_word(map, 5)).value, "... and none behind");
	ok(touch_is_sigbus(page_word(map, 5)), "... for that is SIGBUS");
	munmap(map, 8 * page_size);

	made_setup(fd, TEST_RANGE_FIRST, 4, 0, 0);
	map = must(map_pages(fd, PROT_READ, 0, 8));
	is(touch(page_word(map, 4)), 0, "a range that goes on before PFN 0");
	ok(pte_of(fd, page_word(map, 4)).value &&
	   !pte_of(fd, page_word(map, 4)).pfn, "... which that is");
	ok(!pte_of(fd, page_word(map, 3)).value, "... and has none before");
	munmap(map, 8 * page_size);
	close(fd);
}

/* What the program gets of an errno, exactly once. */
static void errno_gives(int fd, int err, int user, int kernel, uint64_t calls,
			const char *what)
{
	uint64_t before = made_info(fd).calls;
	void *map = made_map(fd);
	bool right;

	made_setup(fd, TEST_ERRNO, err, 1, 0);
	if (user == SIGBUS)
		right = touch_is_sigbus(map);
	else if (user == MEMORY_FAILURE)
		right = touch(map) == SIGBUS &&
			is_memory_failure(touch_info.si_code) &&
			touch_info.si_addr == map;
	else
		right = touch(map) == 0 && in_place(map, 0, 0, 1);
	ok(right, "%s in user mode", what);
	is(made_info(fd).calls - before, calls, "... calls of the handler");
	made_setup(fd, TEST_ERRNO, err, kernel ? ALWAYS : 1, 0);
	is(kernel_read(page_word(map, 1)), kernel, "... and in a system call");
	made_unmap(map);
}

static void test_errno(void)
{
	int fd = made_open(O_RDWR);

	made_setup(fd, TEST_ERRNO, 0, 0, 0);
	errno_gives(fd, -EINTR, 0, 0, 2, "EINTR runs it again");
	errno_gives(fd, -512, 0, 0, 2, "ERESTARTSYS runs it again");
	errno_gives(fd, -EAGAIN, 0, 0, 2, "EAGAIN comes again, unlocked");
	errno_gives(fd, -EBUSY, 0, 0, 2, "EBUSY comes again, unlocked");
	errno_gives(fd, -ENOMEM, 0, EFAULT, 2, "ENOMEM is out of memory");
	errno_gives(fd, -EHWPOISON, MEMORY_FAILURE, EFAULT, 1,
		    "EHWPOISON is a memory failure");
	errno_gives(fd, -ENODEV, SIGBUS, EFAULT, 1, "ENODEV is SIGBUS");
	errno_gives(fd, -EIO, SIGBUS, EFAULT, 1, "EIO is SIGBUS");
	close(fd);
}

static void test_codes(void)
{
	/* s390x's kernel takes VM_FAULT_HWPOISON for a bug of its own. */
	const int failed = machine_is("s390x") ? TEST_CODE_SIGBUS :
						 TEST_CODE_HWPOISON;
	const struct {
		int err, code;
	} table[] = {
		{ 0, TEST_CODE_NOPAGE },
		{ -EINTR, TEST_CODE_NOPAGE },
		{ -512 /* ERESTARTSYS */, TEST_CODE_NOPAGE },
		{ -EAGAIN, TEST_CODE_RETRY },
		{ -EBUSY, TEST_CODE_RETRY },
		{ -ENOMEM, TEST_CODE_OOM },
		{ -EHWPOISON, failed },
		{ -ENODEV, TEST_CODE_SIGBUS },
		{ -EFAULT, TEST_CODE_SIGBUS },
		{ 1, TEST_CODE_SIGBUS },
	};
	int fd = made_open(O_RDWR);

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ok(ioctl(fd, PFNFAULT_TEST_CODE, (long)table[i].err) ==
		   table[i].code, "pfnfault_errno(%d) is code %d",
		   table[i].err, table[i].code);
	close(fd);
}

int main(void)
{
	test_insert_pfn();
	test_nopfn();
	test_refault_killed();
	test_range();
	test_range_edges();
	test_errno();
	test_codes();
	return done();
}
