// SPDX-License-Identifier: GPL-2.0-only
/*
 * unplug-waits [hotplug]: as unplug, while faults wait, and while memory moves.
 * Would catch a fault that is not woken, a removal that waits for one, a policy
 * that is not kept, an object that goes with the memory it was in, a page that is
 * lost.
 */
#include "spe.h"
#include "unplug.h"
#include "vram.h"

/* ---- Faults that wait, each kind of wait under each policy ---- */

static struct wait {
	unsigned long policy;
	bool move;		/* for a move, or else */
	int wait;		/* enum pfnfault_test_wait */
	int fd;
	void *map;
} waits[9];

static struct spe other;	/* waits for what has nothing to do with it */
static pid_t other_waits;

static int gets_what_is_promised(void *arg)
{
	struct wait *wait = arg;
	void *word = page_word(wait->map, 5);
	int signo = touch(word);

	if (wait->policy == REVOKE_SIGBUS)
		return signo != SIGBUS || touch_info.si_addr != word;
	return signo || touch_word != promised(wait->policy);
}

static void start_wait(struct wait *wait)
{
	wait->fd = made_open(O_RDWR);
	wait->map = made_map(wait->fd);
	if (wait->move)
		made_range(wait->fd, PFNFAULT_TEST_BEGIN, 0, MADE_PAGES);
	else
		made_busy(wait->fd, wait->wait);
	must(ioctl(wait->fd, PFNFAULT_TEST_UNPLUG, wait->policy));
	start(gets_what_is_promised, wait);
}

static void before_waits(void)
{
	bool all = true;

	for (int i = 0; i < 9; i++) {
		waits[i] = (struct wait){
			.policy = i / 3, .move = i % 3 == 2,
			.wait = i % 3 ? TEST_WAIT_NONE : TEST_WAIT_EVENT,
		};
		start_wait(&waits[i]);
	}
	hold_all();
	other = spe_new();
	other_waits = child();
	if (!other_waits) {
		alarm(60);
		_exit(touch(problem(&other)) != 0);
	}
	for (int i = 0; i < 9; i++)
		all &= comes_true(made_info(waits[i].fd).retries) &&
			(waits[i].wait == TEST_WAIT_NONE ||
			 waits_in(waits[i].fd, 1));
	ok(all && comes_true(bar_info(other.fd).retries),
	   "... faults of three drivers wait, in wait(), without one, for a move");
}

static void after_waits(void)
{
	unsigned int late = 0, dummies;

	all_end("... each is awake, and has what its driver promised");
	ok(!has_ended(other_waits), "... a wait for something else goes on");
	spe_let_go(&holders[0]);
	is(status_of(other_waits), 0, "... and has its own end");
	let_all_go();
	spe_end(&other);

	dummies = counts().pages;
	for (int i = 0; i < 9; i++) {
		late += made_info(waits[i].fd).late;
		made_unmap(waits[i].map);
		close(waits[i].fd);
	}
	is(late, 0, "... no op ran after that");
	is(dummies - counts().pages, 6, "... what stood in for six of them is gone");
}

/* ---- Objects that move in and out of it ---- */

#define OBJECTS 4
#define OBJECT_PAGES 64

static int vram;
static uint64_t objects[OBJECTS];
static void *maps[OBJECTS];

/* The error of a wrong move, or 0. */
static int move_on_and_on(void *arg)
{
	(void)arg;
	ready();
	for (unsigned int i = 0; !gone_yet(); i++) {
		int err = vram_move(vram, objects[i % OBJECTS],
				    i / OBJECTS % 2);

		if (err && err != ENOSPC)
			return err;
	}
	return 0;
}

static bool all_there(void)
{
	bool good = true;

	for (int i = 0; i < OBJECTS; i++)
		good &= stamped(maps[i], i * OBJECT_PAGES, OBJECT_PAGES);
	return good;
}

static int read_on_and_on(void *arg)
{
	(void)arg;
	ready();
	do {
		if (!all_there())
			return 1;
	} while (!gone_yet());
	return 0;
}

/* As vram.c says of it. */
static bool can_move(void)
{
	if (sizeof(long) == 8)
		return true;
	skip("objects move", "VRAM is not in a BAR above 4 GiB");
	return false;
}

static void before_moves(void)
{
	vram = vram_open();
	for (int i = 0; i < OBJECTS; i++) {
		objects[i] = vram_create(vram, OBJECT_PAGES);
		maps[i] = must(vram_map(vram, objects[i], OBJECT_PAGES));
		for (size_t page = 0; page < OBJECT_PAGES; page++)
			store(page_word(maps[i], page),
			      stamp(i * OBJECT_PAGES + page));
		is(vram_move(vram, objects[i], PFNFAULT_VRAM_VRAM), 0,
		   "... an object moves to it");
	}
	start(move_on_and_on, NULL);
	start(move_on_and_on, NULL);
	start(read_on_and_on, NULL);
	start(read_on_and_on, NULL);
	all_ready(4, "... some move objects, some read them");
}

static void after_moves(void)
{
	bool out = true;

	all_end("... nobody read anything else, nor got a signal");
	for (int i = 0; i < OBJECTS; i++)
		out &= vram_info(vram, objects[i]).place ==
			PFNFAULT_VRAM_SYSTEM;
	ok(out, "... all objects are in system memory");
	is(vram_move(vram, objects[0], PFNFAULT_VRAM_VRAM), ENOSPC,
	   "... and cannot move back");
}

static void back_moves(void)
{
	ok(comes_true(!vram_move(vram, objects[0], PFNFAULT_VRAM_VRAM)),
	   "... an object moves to it again");
	ok(all_there(), "... and all are what they were");
	for (int i = 0; i < OBJECTS; i++)
		munmap(maps[i], OBJECT_PAGES * page_size);
	close(vram);
}

static const struct scenario scenarios[] = {
	{ .name = "waited for", .before = before_waits, .after = after_waits },
	{ .name = "moved to", .can = can_move, .before = before_moves,
	  .after = after_moves, .back = back_moves },
};

int main(int argc, char **argv)
{
	bool hotplug = has_hotplug(argc, argv);

	start_unplug();
	for (int i = 0; i < WAYS; i++) {
		if (!can_go(&ways[i], hotplug))
			continue;
		for (int j = 0; j < 2; j++)
			go_and_come(&ways[i], &scenarios[j]);
	}
	return done();
}
