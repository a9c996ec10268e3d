/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests do with /dev/pfnfault-bar, and with faults. */
#ifndef BAR_H
#define BAR_H

#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../demo-driver/pfnfault_demo.h"
#include "kmod/pfnfault_test.h"
#include "tap.h"

#define BAR_NODE "/dev/pfnfault-bar"
#define MADE_NODE "/dev/pfnfault-test"
#define WINDOW "/sys/module/pfnfault/parameters/window"
#define DEMO_PAGES "/sys/module/pfnfault_demo/parameters/pages"

static size_t page_size;	/* set by node_open() */

/* A node, or the whole test is skipped because it is not there. */
static inline int node_open(const char *node, int flags, const char *why_not)
{
	int fd;

	page_size = sysconf(_SC_PAGESIZE);
	fd = open(node, flags | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		skip_all(why_not);
	return must(fd);
}

static inline int bar_open(int flags)
{
	return node_open(BAR_NODE, flags, "no " BAR_NODE
			 " (no ivshmem device, or modules not loaded)");
}

static inline struct pfnfault_demo_info bar_info(int fd)
{
	struct pfnfault_demo_info info;

	must(ioctl(fd, PFNFAULT_DEMO_INFO, &info));
	return info;
}

static inline size_t bar_pages(int fd)
{
	return bar_info(fd).size / page_size;
}

/*
 * Shared, by pages. MAP_FAILED and errno as mmap() has them. By PTEs alone, which
 * most tests count: huge.c has the others.
 */
static inline void *map_pages(int fd, int prot, size_t first, size_t nr)
{
	void *map = mmap(NULL, nr * page_size, prot, MAP_SHARED, fd,
			 first * page_size);

	/* Refused where the kernel knows of none. */
	if (map != MAP_FAILED)
		madvise(map, nr * page_size, MADV_NOHUGEPAGE);
	return map;
}

static inline uint64_t *page_word(void *map, size_t page)
{
	return (uint64_t *)((char *)map + page * page_size);
}

/* One access, also where a register is half as wide. */
static inline uint64_t load(const void *addr)
{
	return __atomic_load_n((const volatile uint64_t *)addr,
			       __ATOMIC_RELAXED);
}

static inline void store(void *addr, uint64_t value)
{
	__atomic_store_n((volatile uint64_t *)addr, value, __ATOMIC_RELAXED);
}

/* Private, by pages; as above. */
static inline void *map_private(int fd, int prot, size_t first, size_t nr)
{
	return mmap(NULL, nr * page_size, prot, MAP_PRIVATE, fd,
		    first * page_size);
}

/* What a test writes into page @page, so that no two pages are alike. */
static inline uint64_t stamp(uint64_t page)
{
	return (page + 1) * 0x9e3779b97f4a7c15ULL;
}

/* Stamp all pages of the device, through a mapping that then goes. */
static inline void stamp_all(int fd)
{
	size_t nr = bar_pages(fd);
	void *map = must(map_pages(fd, PROT_READ | PROT_WRITE, 0, nr));

	for (size_t page = 0; page < nr; page++)
		store(page_word(map, page), stamp(page));
	must(munmap(map, nr * page_size));
}

/* Are @nr pages from @map on those of the device from @first on? */
static inline bool stamped(void *map, size_t first, size_t nr)
{
	for (size_t page = 0; page < nr; page++) {
		uint64_t got = load(page_word(map, page));

		if (got != stamp(first + page)) {
			tap_comment("page %zu: got %#llx, want %#llx",
				    first + page, (unsigned long long)got,
				    (unsigned long long)stamp(first + page));
			return false;
		}
	}
	return true;
}

/* ---- sysfs ---- */

#define BAR_DRIVER "/sys/bus/pci/drivers/pfnfault-bar"
#define BAR_DEVICE "/sys/class/misc/pfnfault-bar/device"

static inline void write_file(const char *path, const char *text)
{
	int fd = must(open(path, O_WRONLY));

	must(write(fd, text, strlen(text)));
	close(fd);
}

/* The bar's directory there. */
static inline char *bar_device(void)
{
	static char path[PATH_MAX];

	if (!realpath(BAR_DEVICE, path))
		must(-1);
	return path;
}

static inline const char *bar_name(void)
{
	return strrchr(bar_device(), '/') + 1;
}

static inline void rescan(void)
{
	write_file("/sys/bus/pci/rescan", "1");
	for (int i = 0; i < 500 && access(BAR_NODE, F_OK); i++)
		usleep(10000);
}

static inline unsigned int get_number(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned int number;

	if (!file || fscanf(file, "%u", &number) != 1) {
		printf("Bail out! cannot read %s\n", path);
		exit(255);
	}
	fclose(file);
	return number;
}

static inline unsigned int get_window(void)
{
	return get_number(WINDOW);
}

/* RAM that the nodes of the demo driver hold now, in pages. */
static inline unsigned int demo_pages(void)
{
	return get_number(DEMO_PAGES);
}

static inline int set_window(const char *pages)
{
	int fd = open(WINDOW, O_WRONLY), err = 0;

	if (fd < 0 || write(fd, pages, strlen(pages)) < 0)
		err = errno;
	if (fd >= 0)
		close(fd);
	errno = err;
	return err ? -1 : 0;
}

/* As pages; what a machine can have. */
static inline int set_window_to(size_t pages)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", pages);
	return set_window(text);
}

/*
 * What the kernel is like; all zero where pfnfault_test.ko, which knows, is not
 * loaded.
 */
static inline const struct pfnfault_test_machine *machine(void)
{
	static struct pfnfault_test_machine known;
	int fd = known.pages ? -1 : open(MADE_NODE, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		must(ioctl(fd, PFNFAULT_TEST_MACHINE, &known));
		close(fd);
	}
	return &known;
}

/* Pages of a page table: what the window is, if nobody has set it. */
static inline size_t table_pages(void)
{
	static size_t pages;

	if (!pages)
		pages = machine()->table ?: get_window();
	return pages;
}

/* See module/window.c. */
#define TABLE	table_pages()		/* pages of a page table */
#define START	16			/* pages of the smallest window */
#define PIECES	16			/* extents that a fault installs of */

/* How many page tables @nr pages at @map lie in. */
static inline uint64_t tables(void *map, size_t nr)
{
	uintptr_t first = (uintptr_t)map / page_size;

	return (first + nr - 1) / TABLE - first / TABLE + 1;
}

/*
 * The faults of touching @nr pages in order, from the first one of a VMA on, of
 * which nothing is mapped before. The first is page @index of a region with
 * extents of @extent pages, 0 for one.
 */
static inline uint64_t faults_in_order(void *map, size_t index, size_t nr,
				       size_t extent)
{
	size_t limit = get_window(), block = limit < START ? limit : START;
	size_t first = (uintptr_t)map / page_size, pos = 0;
	uint64_t faults = 0;

	for (; pos < nr; faults++) {
		size_t in_table = (first + pos) % TABLE, room = pos, grown = 0;
		size_t end = pos + block - (first + pos) % block, known = nr;

		if (room > (in_table ?: TABLE))
			room = in_table ?: TABLE;
		if (block > 1 && (first + pos) % block == 0)
			for (size_t far = 1; far <= room; far *= 2)
				grown = 8 * far;
		if (grown) {
			grown = grown < block ? block : grown;
			end = pos + (grown > limit ? limit : grown);
		}
		if (extent)
			known = pos + extent - (index + pos) % extent +
				(grown ? PIECES - 1 : 0) * extent;
		end = end < known ? end : known;
		if (end > pos + TABLE - in_table)
			end = pos + TABLE - in_table;
		pos = end < nr ? end : nr;
	}
	return faults;
}

/* ---- A touch that may raise a signal ---- */

/* Of each thread. */
static __thread sigjmp_buf touch_env;
static __thread siginfo_t touch_info;
static __thread uint64_t touch_word;
static __thread volatile bool touch_expected;

static inline void touch_handler(int signo, siginfo_t *info, void *context)
{
	(void)context;
	/* Anywhere else, it is the end: there is nowhere to go on. */
	if (!touch_expected) {
		signal(signo, SIG_DFL);
		return;
	}
	touch_info = *info;
	siglongjmp(touch_env, 1);
}

/*
 * The signal that reading the word at @addr raises, with details in touch_info; or
 * 0, with the word in touch_word.
 */
static inline int touch(void *addr)
{
	struct sigaction action = {
		.sa_sigaction = touch_handler, .sa_flags = SA_SIGINFO,
	};

	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	memset(&touch_info, 0, sizeof(touch_info));
	touch_expected = true;
	if (!sigsetjmp(touch_env, 1))
		touch_word = load(addr);
	touch_expected = false;
	return touch_info.si_signo;
}

/*
 * Does a touch raise SIGBUS, with the address that was touched? The first of a
 * page, for s390x tells no more than the page.
 */
static inline bool touch_is_sigbus(void *addr)
{
	int signo = touch(addr);

	if (signo == SIGBUS && touch_info.si_code == BUS_ADRERR &&
	    touch_info.si_addr == addr)
		return true;
	tap_comment("touch of %p: signal %d, si_code %d, si_addr %p", addr,
		    signo, touch_info.si_code, touch_info.si_addr);
	return false;
}

static inline bool all_sigbus(void *map, size_t nr)
{
	for (size_t page = 0; page < nr; page++)
		if (!touch_is_sigbus(page_word(map, page)))
			return false;
	return true;
}

/* ---- Children ---- */

/* The exit status of a child, or 128 + the signal that ended it. */
static inline int status_of(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   128 + WTERMSIG(status);
}

/* Its status is there still. */
static inline bool has_ended(pid_t pid)
{
	siginfo_t info = { };

	must(waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT));
	return info.si_pid == pid;
}

/* fork(), with nothing left in stdio's buffer to be printed twice. */
static inline pid_t child(void)
{
	fflush(stdout);
	return must(fork());
}

#endif /* BAR_H */
