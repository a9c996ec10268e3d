// SPDX-License-Identifier: GPL-2.0-only
/*
 * torture [-s SECONDS] [-r SEED] [-p PROCESSES] [-t THREADS] [-g PAGES | -b PERCENT]
 *	[-n]: no stale page, ever.
 *
 * Objects move between VRAM and system memory, by ioctl and by eviction, are
 * destroyed and replaced; and every place that is vacated is overwritten. The BAR
 * that VRAM is in is unplugged and plugged again, and mapped itself; a region
 * whose writes are tracked moves, too. Meanwhile threads of many processes read
 * and write all of it, by themselves and by the kernel, through mappings that they
 * make, split, protect, move, drop and hand to children at random, through two
 * device nodes; and processes exit, or are killed, in the middle of that. Each page
 * carries its name and a generation that only grows (torture.h): one wrong word is
 * a failure.
 *
 * Objects of 96 of 1024 pages of VRAM, which -g changes, are mapped by PTEs.
 * Those that are as large as what a page table maps (-b 100) are mapped by huge
 * entries where the kernel has them, and by PTEs where they were split or moved;
 * larger ones (-b 137) by both.
 *
 * Of all that is done there must be enough; but with -n, beside other tests, it ends
 * in time, however little that was, and leaves the BAR alone.
 *
 * The seed is printed, and given again repeats each thread's own choices.
 */
#include <getopt.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "torture_processes.h"

/* ---- What there is ---- */

static void init_locks(void)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	for (int slot = 0; slot < slots; slot++)
		for (size_t page = 0; page < pages; page++)
			pthread_mutex_init(&shared->pages[slot][page].lock,
					   &attr);
}

static void find_tracked(void)
{
	if (!machine()->pages || MADE_PAGES < pages) {
		kinds[COLLECT].cannot = "pfnfault_test.ko is not loaded";
		return;
	}
	tracked = slots++;
	tracked_fd = made_open(O_RDWR);
}

static void find_bar(void)
{
	int fd;

	if (beside) {
		kinds[UNPLUG].cannot = "other tests have the BAR";
		return;
	}
	fd = open(BAR_NODE, O_RDWR | O_CLOEXEC);
	if (fd < 0 || geteuid())
		kinds[UNPLUG].cannot = geteuid() ? "not root" :
						   "no " BAR_NODE;
	else if (bar_pages(fd) < pages + vram_pages())
		kinds[UNPLUG].cannot = "the BAR is too small";
	else
		bar = slots++;
	if (!kinds[UNPLUG].cannot)
		snprintf(bar_pci, sizeof(bar_pci), "%s", bar_name());
	if (fd >= 0)
		close(fd);
}

/* What this kernel does not do. */
static void find_kinds(void)
{
	if (machine()->pages && !machine()->access) {
		kinds[PEEK].cannot = "this kernel has no HAVE_IOREMAP_PROT";
		kinds[POKE].cannot = kinds[PEEK].cannot;
	}
	if (process_vm_readv(getpid(), NULL, 0, NULL, 0, 0))
		kinds[VM_READ].cannot = "this kernel has none";
	if (pages < 2)
		kinds[MUNMAP].cannot = "objects of one page have no parts";
}

static void set_up(int fd)
{
	struct stat stat_buf;
	int bar_fd;
	void *addr;

	shared = must(mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	slots = objects;
	find_tracked();
	find_bar();
	find_kinds();
	init_locks();
	for (int slot = 0; slot < objects; slot++)
		create_object(fd, slot);
	if (tracked >= 0) {
		tracked_map = must(map_pages(tracked_fd, PROT_READ | PROT_WRITE,
					     0, pages));
		write_all(tracked, tracked_map);
		start_tracking();
	}
	if (bar >= 0) {
		bar_fd = bar_open(O_RDWR);
		addr = must(map_pages(bar_fd, PROT_READ | PROT_WRITE, 0, pages));
		write_all(bar, addr);
		munmap(addr, slot_size());
		close(bar_fd);
	}
	must(stat(VRAM_NODE, &stat_buf));
	unlink(SECOND_NODE);
	must(mknod(SECOND_NODE, S_IFCHR | 0600, stat_buf.st_rdev));
}

static void arguments(int argc, char **argv)
{
	int opt;

	seed = time(NULL);
	while ((opt = getopt(argc, argv, "s:r:p:t:g:b:n")) != -1) {
		unsigned long value = optarg ? strtoul(optarg, NULL, 0) : 0;

		if (opt == 's' && value)
			run_seconds = value;
		else if (opt == 'r')
			seed = value;
		else if (opt == 'p' && value && value <= MAX_PROCESSES)
			processes = value;
		else if (opt == 't' && value && value <= 64)
			threads = value;
		else if (opt == 'g' && value && value <= MAX_PAGES)
			pages = value;
		else if (opt == 'b' && value && value <= 1000)
			pages = TABLE * value / 100;
		else if (opt == 'n')
			beside = true;
		else
			goto usage;
	}
	if (optind == argc)
		return;
usage:
	fprintf(stderr,
		"usage: torture [-s SECONDS] [-r SEED] [-p PROCESSES] [-t THREADS] [-g PAGES | -b PERCENT] [-n]\n"
		"SECONDS from 1; PROCESSES and THREADS of each, 1 to 64; PAGES of an object, 1 to 1024, or PERCENT of those of a page table, 1 to 1000\n");
	exit(2);
}

/* How many objects, and of how many pages, there are: of over twice the VRAM. */
static void choose_sizes(void)
{
	size_t vram = vram_pages();

	if (!pages)
		pages = vram < 1024 ? vram * 96 / 1024 ?: 1 : 96;
	if (pages > vram || pages * page_size > PFNFAULT_VRAM_MAX_SIZE)
		skip_all("objects of so many pages do not go into VRAM here");
	objects = 5 * vram / 2 / pages;
	if (objects > MAX_OBJECTS)
		objects = MAX_OBJECTS;
}

/* ---- The verdict ---- */

/* Were there huge entries where they fit, and nowhere else? */
static void check_huge(uint64_t huge)
{
	size_t block = machine()->block;

	tap_comment("%llu huge entries", (unsigned long long)huge);
	if (!machine()->table)
		skip("huge entries where they fit",
		     "pfnfault_test.ko is not there to tell whether there are any");
	else
		is(!!huge, block && pages >= block,
		   "huge entries where they fit");
}

/* Was everything done, and often enough? Not asked where it was wrong, and ended. */
static void check_counts(void)
{
	char text[1024];
	size_t len = 0;

	for (int i = 0; i < KINDS; i++) {
		unsigned long long nr = shared->counts[i];

		if (kinds[i].cannot) {
			skip(kinds[i].name, kinds[i].cannot);
			continue;
		}
		len += snprintf(text + len, sizeof(text) - len, "%s%llu %s",
				len ? ", " : "", nr, kinds[i].name);
		if (nr < least(i) && !shared->wrong)
			tap_comment("too few: %llu %s, there should be %llu",
				    nr, kinds[i].name,
				    (unsigned long long)least(i));
	}
	ok(enough() || shared->wrong, "%s", text);
}

int main(int argc, char **argv)
{
	int fd, failed = 0;

	arguments(argc, argv);
	fd = vram_open();
	choose_sizes();
	must(prctl(PR_SET_CHILD_SUBREAPER, 1));
	catch_bus();
	set_up(fd);
	tap_comment("torture -s %u -r %llu -p %u -t %u -g %zu", run_seconds,
		    (unsigned long long)seed, processes, threads, pages);
	for (unsigned int i = 0; i < nr_processes(); i++)
		start_process(i);
	supervise(fd);
	for (unsigned int i = 0; i < nr_processes(); i++)
		failed += reap(i) != 0;
	if (bar >= 0)
		plug();
	for (int slot = 0; slot < objects; slot++)
		destroy(fd, shared->offsets[slot]);
	is(shared->wrong, 0, "no stale and no wrong page");
	is(failed, 0, "every process came to its end");
	check_huge(shared->huge);
	check_counts();
	unlink(SECOND_NODE);
	close(fd);
	return done();
}
