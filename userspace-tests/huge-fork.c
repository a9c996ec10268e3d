// SPDX-License-Identifier: GPL-2.0-only
/*
 * fork() while what is mapped by huge entries moves. Would catch an entry that the
 * child has a copy of, and nobody took back: Linux 6.12 to 7.3 copy one that they
 * have looked at without its lock. They are not to meet one, then; with that, how
 * often it happens was once in a few thousand forks.
 */
#include "made.h"

#define MAPS 48		/* of the same block: as many chances a fork */
#define ROUNDS 500
#define SPINS 20000
#define BLOCK ((size_t)machine()->block)
#define SIZE (BLOCK * page_size)

static int fd;
static char *maps[MAPS];
/* What the child does: wait for the end of the move, and look. */
static struct {
	volatile unsigned int round, moved;
} *shared;

static void map_all(void)
{
	char *room = must(mmap(NULL, (2 * MAPS + 1) * SIZE, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			       0));

	room += SIZE - (uintptr_t)room % SIZE;
	/* With gaps, or they would be one VMA. */
	for (int i = 0; i < MAPS; i++)
		maps[i] = must(mmap(room + 2 * i * SIZE, SIZE, PROT_READ,
				    MAP_SHARED | MAP_FIXED, fd, 0));
}

static void *move_once(void *unused)
{
	(void)unused;
	/* Now and then while fork() copies the one, and now and then the other. */
	for (volatile unsigned int i = 0; i < shared->round * 37 % SPINS; i++)
		;
	made_range(fd, PFNFAULT_TEST_MOVE, 0, BLOCK);
	shared->moved = shared->round;
	return NULL;
}

/* From one place to the other, and so on. */
static bool all_moved(void)
{
	uint64_t word = PFNFAULT_TEST_WORD(shared->round % 2, 1);

	for (int i = 0; i < MAPS; i++)
		if (load(page_word(maps[i], 1)) != word)
			return false;
	return true;
}

/* What a child touches, it faults in; and its parent does, from then on. */
static void test_none_is_copied(void)
{
	uint64_t faults;

	(void)load(page_word(maps[0], 1));
	is(made_info(fd).huge, 1, "a huge entry");
	if (!child()) {
		faults = made_info(fd).faults;
		(void)load(page_word(maps[0], 1));
		_exit(made_info(fd).faults == faults);
	}
	is(status_of(-1), 0, "a child has no copy of it");
	is(load(page_word(maps[0], 1)), PFNFAULT_TEST_WORD(0, 1),
	   "... its parent gets it again");
	is(made_info(fd).huge, 3, "... both a huge one");
}

int main(void)
{
	unsigned int stale = 0, lost = 0;

	if (!machine()->block)
		skip_all("this kernel has no huge entries for PFNs");
	fd = made_open(O_RDWR);
	if (BLOCK > MADE_PAGES)
		skip_all("a huge entry maps more than a region has");
	shared = must(mmap(NULL, page_size, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	map_all();
	test_none_is_copied();
	for (unsigned int round = 1; round <= ROUNDS; round++) {
		pthread_t mover;
		pid_t pid;

		for (int i = 0; i < MAPS; i++)
			(void)load(page_word(maps[i], 1));
		shared->round = round;
		mover = start_thread(move_once, NULL);
		pid = child();
		if (!pid) {
			while (shared->moved != round)
				;
			_exit(!all_moved());
		}
		stale += status_of(pid) != 0;
		pthread_join(mover, NULL);
		lost += !all_moved();
	}
	ok(made_info(fd).huge >= MAPS, "huge entries");
	is(stale, 0, "no child has a page that was taken back");
	is(lost, 0, "... nor its parent");
	return done();
}
