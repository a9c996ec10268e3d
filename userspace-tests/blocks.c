// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two tasks that map the same block at the same time, by pages: one of them waits,
 * and can be killed. Would catch a wait that cannot be ended, and a lock that is
 * kept, or given back by who never had it.
 */
#include <sched.h>

#include "made.h"

#define BLOCK ((size_t)machine()->block)
#define TRIES 5

static int fd;
static char *map;

/* A block of an address that a huge entry could have. */
static void *map_block(void)
{
	size_t size = BLOCK * page_size;
	char *room = must(mmap(NULL, 2 * size, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	char *at = room + size - (uintptr_t)room % size;

	return must(mmap(at, size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, fd, 0));
}

/*
 * Who is held up keeps interrupts from its CPU: the others go on only on another,
 * and only where they need nothing of that.
 */
static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	must(sched_setaffinity(0, sizeof(set), &set));
}

static void *stalled_read(void *read)
{
	run_on(0);
	must(ioctl(fd, PFNFAULT_TEST_STALLED_READ, read));
	return NULL;
}

/* A task of its own, which dies alone; and has this one's memory. */
static volatile bool go;
static int read_page(void *page)
{
	while (!go)
		sched_yield();
	(void)load(page_word(map, (uintptr_t)page));
	_exit(0);
}

/* Until it waits, or has ended. */
static bool comes_to_wait(pid_t pid)
{
	char path[64], state;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	do {
		FILE *file = must(fopen(path, "r") ?: (void *)-1);

		if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
			state = 'Z';
		fclose(file);
	} while (state != 'D' && state != 'Z');
	return state == 'D';
}

/*
 * One maps a page and is held up meanwhile, another one faults on the same block, and
 * is killed, with @status. Did it wait? On a busy machine, it may come too late.
 */
static bool meet(struct pfnfault_test_stalled *read, int *status)
{
	static char stack[16384] __attribute__((aligned(16)));
	unsigned int stalls = made_info(fd).stalls;
	pthread_t thread;
	bool waits;
	pid_t pid;

	go = false;
	pid = must(clone(read_page, stack + sizeof(stack), CLONE_VM | SIGCHLD,
			 (void *)(BLOCK / 2)));
	*read = (struct pfnfault_test_stalled){
		.addr = (uintptr_t)page_word(map, 3),
		.where = TEST_STALL_TABLE, .stirred = 1,
	};
	thread = start_thread(stalled_read, read);
	while (made_info(fd).stalls == stalls)
		sched_yield();
	go = true;
	waits = comes_to_wait(pid);
	kill(pid, SIGKILL);
	*status = status_of(pid);
	/* Lets the other go on. */
	made_range(fd, PFNFAULT_TEST_INVALIDATE, BLOCK - 1, 1);
	pthread_join(thread, NULL);
	/* It is in D for other reasons, too, and the other one does not wait for long. */
	return waits && read->stirred;
}

static void test_killed(void)
{
	struct pfnfault_test_stalled read;
	bool waits = false, right = true;
	int status;

	run_on(1);
	for (int i = 0; i < TRIES && !waits; i++) {
		map = map_block();
		waits = meet(&read, &status);
		right &= in_place(map, 0, 0, BLOCK);
		munmap(map, BLOCK * page_size);
	}
	ok(waits, "a task waits for another that maps the same block");
	is(status, 128 + SIGKILL, "... and is killed");
	is(read.stirred, 1, "... while the one that has it still maps a page");
	is(read.word, PFNFAULT_TEST_WORD(0, 3), "... the right one");
	ok(right, "... and others can have the block");
}

int main(void)
{
	fd = made_open(O_RDWR);
	if (!BLOCK)
		skip_all("no huge entries for PFNs");
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip_all("one CPU");
	if (!can_stall(fd, TEST_STALL_TABLE, "a task that waits for the block"))
		return done();
	made_setup(fd, TEST_REGION_SHORT, 8, 0, 0);
	test_killed();
	close(fd);
	return done();
}
