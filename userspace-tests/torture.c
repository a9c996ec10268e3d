// SPDX-License-Identifier: GPL-2.0-only
/*
 * torture [-s SECONDS] [-r SEED] [-p PROCESSES] [-t THREADS] [-g PAGES | -b PERCENT]:
 * no stale page, ever.
 *
 * Objects move between VRAM and system memory, by ioctl and by eviction, and
 * every place that is vacated is overwritten. Meanwhile threads of many processes
 * read and write them, through mappings that they make, split, protect, move,
 * drop and hand to children at random, through two device nodes and through
 * /proc/self/mem. Each page carries its identity and a generation that only
 * grows: one wrong word is a failure.
 *
 * Objects of 96 of 1024 pages of VRAM, which -g changes, are mapped by PTEs.
 * Those that are as large as what a page table maps (-b 100) are mapped by huge
 * entries where the kernel has them, and by PTEs where they were split or moved;
 * larger ones (-b 137) by both.
 *
 * The seed is printed, and given again repeats each thread's own choices.
 */
#include <getopt.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "vram.h"

#define OBJECTS 24
#define MAX_PAGES 1024	/* of an object */
#define SECOND_NODE "/tmp/pfnfault-torture"

static unsigned int run_seconds = 5, processes = 3, threads = 3;
static size_t pages;	/* of an object; 0: not said */
static int objects;
static uint64_t seed;

/* What all processes share. */
static struct shared {
	volatile uint64_t stop;	/* as wide as all: they are aligned so */
	volatile uint64_t wrong, checks, writes, moves, maps, forks, peeks;
	uint64_t objects[OBJECTS];
	/* The generation of each page, written before the page is. */
	volatile uint64_t next[OBJECTS][MAX_PAGES];
	volatile uint64_t done[OBJECTS][MAX_PAGES];
	volatile int locks[OBJECTS][MAX_PAGES];	/* writers of one page */
} *shared;

/* A thread's own, so that a seed repeats what it does. */
struct worker {
	uint64_t random;
	int fd, mem;
	void *maps[OBJECTS];
	bool split[OBJECTS];
};

static uint64_t rnd(struct worker *worker)
{
	uint64_t x = worker->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return worker->random = x;
}

static void wrong(const char *how, int object, size_t page, uint64_t got)
{
	__atomic_add_fetch(&shared->wrong, 1, __ATOMIC_RELAXED);
	fprintf(stderr, "# %s: object %d page %zu: %#llx, generation %llu to %llu\n",
		how, object, page, (unsigned long long)got,
		(unsigned long long)shared->done[object][page],
		(unsigned long long)shared->next[object][page]);
	shared->stop = 1;
}

static uint64_t word_of(int object, size_t page, uint64_t generation)
{
	return (uint64_t)'P' << 56 | (uint64_t)object << 48 |
	       (uint64_t)page << 32 | generation;
}

/* Is it the page's own word, no older than it was, no newer than it is? */
static void check(const char *how, int object, size_t page, uint64_t oldest,
		  uint64_t got)
{
	uint64_t generation = got & 0xffffffffULL;
	uint64_t newest = __atomic_load_n(&shared->next[object][page],
					  __ATOMIC_ACQUIRE);

	__atomic_add_fetch(&shared->checks, 1, __ATOMIC_RELAXED);
	if (got != word_of(object, page, generation) || generation < oldest ||
	    generation > newest)
		wrong(how, object, page, got);
}

static uint64_t oldest_of(int object, size_t page)
{
	return __atomic_load_n(&shared->done[object][page], __ATOMIC_ACQUIRE);
}

static void read_page(struct worker *worker, int object, size_t page)
{
	uint64_t oldest = oldest_of(object, page);

	check("read", object, page, oldest,
	      load(page_word(worker->maps[object], page)));
}

/* Of the same page, one writer at a time: its generation only grows. */
static void write_page(struct worker *worker, int object, size_t page)
{
	uint64_t generation;
	void *word = page_word(worker->maps[object], page);

	if (__atomic_exchange_n(&shared->locks[object][page], 1,
				__ATOMIC_ACQUIRE))
		return;
	generation = shared->next[object][page] + 1;
	__atomic_store_n(&shared->next[object][page], generation,
			 __ATOMIC_RELEASE);
	store(word, word_of(object, page, generation));
	__atomic_store_n(&shared->done[object][page], generation,
			 __ATOMIC_RELEASE);
	__atomic_store_n(&shared->locks[object][page], 0, __ATOMIC_RELEASE);
	__atomic_add_fetch(&shared->writes, 1, __ATOMIC_RELAXED);
}

static void peek_page(struct worker *worker, int object, size_t page)
{
	uint64_t oldest = oldest_of(object, page), got;
	void *word = page_word(worker->maps[object], page);

	/* An access while it moves may fail, but not lie. */
	if (pread(worker->mem, &got, 8, (uintptr_t)word) == 8) {
		check("peek", object, page, oldest, got);
		__atomic_add_fetch(&shared->peeks, 1, __ATOMIC_RELAXED);
	}
}

/* Not read through a file descriptor that goes: the kernel writes a pipe. */
static void copy_page(struct worker *worker, int object, size_t page)
{
	uint64_t oldest = oldest_of(object, page), got;
	int fds[2];

	must(pipe(fds));
	must(write(fds[1], page_word(worker->maps[object], page), 8));
	must(read(fds[0], &got, 8));
	close(fds[0]);
	close(fds[1]);
	check("write()", object, page, oldest, got);
}

static void map_object(struct worker *worker, int object)
{
	if (worker->maps[object])
		must(munmap(worker->maps[object], pages * page_size));
	worker->maps[object] = must(vram_map(worker->fd,
					     shared->objects[object], pages));
	worker->split[object] = false;
	/* One in four by PTEs alone; refused where there is nothing else. */
	if (rnd(worker) % 4 == 0)
		madvise(worker->maps[object], pages * page_size,
			MADV_NOHUGEPAGE);
	__atomic_add_fetch(&shared->maps, 1, __ATOMIC_RELAXED);
}

/*
 * Moved to where nothing is; split by mprotect(); a page of it replaced. Other
 * threads map things meanwhile: no address may be free in between.
 */
static void mangle_mapping(struct worker *worker, int object)
{
	char *map = worker->maps[object];
	size_t page = rnd(worker) % pages, size = pages * page_size;
	void *place;

	switch (rnd(worker) % 3) {
	case 0:
		if (worker->split[object])	/* more than one VMA */
			map_object(worker, object);
		map = worker->maps[object];
		place = must(mmap(NULL, size, PROT_NONE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
		worker->maps[object] = must(mremap(map, size, size,
						   MREMAP_MAYMOVE |
						   MREMAP_FIXED, place));
		break;
	case 1:
		must(mprotect(map + page * page_size, page_size, PROT_READ));
		read_page(worker, object, page);
		must(mprotect(map + page * page_size, page_size,
			      PROT_READ | PROT_WRITE));
		worker->split[object] = true;
		break;
	case 2:
		must(mmap(map + page * page_size, page_size,
			  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			  worker->fd, shared->objects[object] +
			  page * page_size));
		worker->split[object] = true;
	}
}

static void move_object(struct worker *worker, int object)
{
	int err = vram_move(worker->fd, shared->objects[object],
			    rnd(worker) % 4 ? PFNFAULT_VRAM_VRAM :
					      PFNFAULT_VRAM_SYSTEM);

	if (err && err != ENOMEM)
		wrong("move", object, err, 0);
	__atomic_add_fetch(&shared->moves, 1, __ATOMIC_RELAXED);
}

static void some_pages(struct worker *worker, int object, int nr)
{
	while (nr--) {
		size_t page = rnd(worker) % pages;

		if (rnd(worker) % 2)
			read_page(worker, object, page);
		else
			write_page(worker, object, page);
	}
}

/* A child works on what it inherited; locks that it takes, it gives back. */
static void fork_child(struct worker *worker, int object)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return;
	if (!pid) {
		for (size_t page = 0; page < pages; page++)
			read_page(worker, object, page);
		some_pages(worker, object, 50);
		_exit(0);
	}
	must(waitpid(pid, &status, 0));
	if (status)
		wrong("child", object, status, 0);
	__atomic_add_fetch(&shared->forks, 1, __ATOMIC_RELAXED);
}

static void *work(void *arg)
{
	struct worker *worker = arg;

	for (int object = 0; object < objects; object++)
		map_object(worker, object);
	while (!shared->stop) {
		int object = rnd(worker) % objects;
		size_t page = rnd(worker) % pages;
		unsigned int what = rnd(worker) % 100;

		if (what < 70)
			some_pages(worker, object, 20);
		else if (what < 80)
			move_object(worker, object);
		else if (what < 85)
			peek_page(worker, object, page);
		else if (what < 90)
			copy_page(worker, object, page);
		else if (what < 95)
			mangle_mapping(worker, object);
		else if (what < 99)
			map_object(worker, object);
		else
			fork_child(worker, object);
	}
	return NULL;
}

static void run_process(int me)
{
	struct worker workers[threads];
	pthread_t ids[threads];

	for (unsigned int i = 0; i < threads; i++) {
		workers[i] = (struct worker){
			.random = seed * 1000003 + me * 1009 + i + 1,
			.fd = must(open(i % 2 ? SECOND_NODE : VRAM_NODE,
					O_RDWR)),
			.mem = must(open("/proc/self/mem", O_RDWR)),
		};
		ids[i] = start_thread(work, &workers[i]);
	}
	for (unsigned int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	_exit(0);
}

static void set_up(int fd)
{
	struct stat stat_buf;

	shared = must(mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	for (int i = 0; i < objects; i++) {
		void *map;

		shared->objects[i] = vram_create(fd, pages);
		map = must(vram_map(fd, shared->objects[i], pages));
		for (size_t page = 0; page < pages; page++)
			store(page_word(map, page), word_of(i, page, 0));
		munmap(map, pages * page_size);
	}
	must(stat(VRAM_NODE, &stat_buf));
	unlink(SECOND_NODE);
	must(mknod(SECOND_NODE, S_IFCHR | 0600, stat_buf.st_rdev));
}

static void arguments(int argc, char **argv)
{
	int opt;

	seed = time(NULL);
	while ((opt = getopt(argc, argv, "s:r:p:t:g:b:")) != -1) {
		unsigned long value = optarg ? strtoul(optarg, NULL, 0) : 0;

		if (opt == 's' && value)
			run_seconds = value;
		else if (opt == 'r')
			seed = value;
		else if (opt == 'p' && value && value <= 64)
			processes = value;
		else if (opt == 't' && value && value <= 64)
			threads = value;
		else if (opt == 'g' && value && value <= MAX_PAGES)
			pages = value;
		else if (opt == 'b' && value && value <= 1000)
			pages = TABLE * value / 100;
		else
			goto usage;
	}
	if (optind == argc)
		return;
usage:
	fprintf(stderr,
		"usage: torture [-s SECONDS] [-r SEED] [-p PROCESSES] [-t THREADS] [-g PAGES | -b PERCENT]\n"
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
	if (objects > OBJECTS)
		objects = OBJECTS;
}

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

int main(int argc, char **argv)
{
	int fd, failed = 0;
	uint64_t moved = 0, huge = 0;

	arguments(argc, argv);
	fd = vram_open();
	choose_sizes();
	set_up(fd);
	tap_comment("torture -s %u -r %llu -p %u -t %u -g %zu", run_seconds,
		    (unsigned long long)seed, processes, threads, pages);
	for (unsigned int i = 0; i < processes; i++)
		if (!child())
			run_process(i);
	for (unsigned int i = 0; i < run_seconds * 10 && !shared->stop; i++)
		usleep(100000);
	shared->stop = 1;
	for (unsigned int i = 0; i < processes; i++)
		failed += status_of(-1) != 0;
	for (int i = 0; i < objects; i++) {
		struct pfnfault_vram_object info =
			vram_info(fd, shared->objects[i]);

		moved += info.moves;
		huge += info.huge;
	}
	is(shared->wrong, 0, "no stale and no wrong page");
	is(failed, 0, "every process came to its end");
	ok(moved > (pages < TABLE ? 20 : 2) * run_seconds && shared->checks > 1000 * run_seconds &&
	   shared->writes > 1000 * run_seconds,
	   "%llu moves, %llu checks, %llu writes, %llu mappings, %llu forks, %llu accesses",
	   (unsigned long long)moved, (unsigned long long)shared->checks,
	   (unsigned long long)shared->writes, (unsigned long long)shared->maps,
	   (unsigned long long)shared->forks,
	   (unsigned long long)shared->peeks);
	check_huge(huge);
	unlink(SECOND_NODE);
	close(fd);
	return done();
}
