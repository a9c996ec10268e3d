// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracepoints. Would catch an event that is missing, or comes twice; one of another
 * region, or page; a duration that is not how long it took.
 */
#include "events.h"

static int fd;
static unsigned int id;

static void begin(void)
{
	fd = made_open(O_RDWR);
	id = made_info(fd).id;
	trace_region(id);
}

static void end(void *map)
{
	made_unmap(map);
	close(fd);
	trace_region(0);
	take_events();
}

/* As many events as there are in the counters: all of what the region did. */
static void all_counted(const char *when)
{
	struct pfnfault_test_info info = made_info(fd);
	uint64_t installed = 0;

	for (size_t i = 0; i < nr_events; i++)
		installed += events[i].installed;
	ok(count_events("fault", NULL) == info.faults &&
	   installed == info.installed &&
	   count_events("install", "lost") == info.lost &&
	   count_events("retry", NULL) == info.retries &&
	   count_events("wait", NULL) == info.slept &&
	   count_events("invalidate", NULL) == info.invalidations,
	   "%s: as many events as are counted", when);
}

/* Is page @index among those that the last install before event @i was of? */
static bool was_installed(size_t i, uint64_t index)
{
	while (i--)
		if (!strcmp(events[i].name, "install"))
			return events[i].index <= index &&
				index < events[i].index + events[i].count;
	return false;
}

static void test_touch(void)
{
	size_t right = 0, pages = 0;
	void *map;

	begin();
	map = made_map(fd);
	ok(in_place(map, 0, 0, MADE_PAGES), "all pages are touched");
	take_events();
	all_counted("touched in order");
	ok(nr_events == 2 * count_events("fault", "NOPAGE") &&
	   nr_events == 2 * count_events("install", "ok"),
	   "... an install, then a fault, of each window");
	for (size_t i = 0; i < nr_events; i++) {
		if (strcmp(events[i].name, "fault")) {
			right += events[i].index == pages;
			pages += events[i].count;
		} else {
			right += was_installed(i, events[i].index) &&
				events[i].region == id && events[i].ns &&
				!events[i].write;
		}
	}
	is(right, nr_events, "... of the pages that were touched, one by one");
	is(pages, MADE_PAGES, "... all of them");
	end(map);

	begin();
	map = made_map(fd);
	store(page_word(map, 7) + 1, 1);
	take_events();
	ok(first_event("fault", NULL).write && first_event("fault", NULL).index == 7,
	   "a write is told from a read");
	must(ioctl(fd, PFNFAULT_TEST_DIRTY_START));
	(void)load(page_word(map, 9));
	take_events();
	store(page_word(map, 9) + 1, 1);
	take_events();
	is(count_events("fault", "NOPAGE"), 1, "the first write to a page that was read");
	ok(first_event("fault", NULL).write && first_event("fault", NULL).index == 9,
	   "... is a fault on it");
	end(map);
}

/* The fault is in the middle of what it installs. */
static void test_around(void)
{
	struct event install;
	void *map;

	begin();
	map = made_map_at(fd, PROT_READ, 0);
	(void)load(page_word(map, 13));
	take_events();
	install = first_event("install", "ok");
	ok(install.index < 13 && install.index + install.count > 13,
	   "a touch installs what is around it");
	(void)load(page_word(map, install.index));
	(void)load(page_word(map, install.index + install.count - 1));
	take_events();
	is(nr_events, 0, "... from the page that is told to the last one");
	end(map);
}

/* A huge entry is one install, of all of its pages. */
static void test_huge(void)
{
	size_t block = machine()->block, size = MADE_PAGES * page_size;
	struct event install;
	char *room, *map;

	if (!block || 2 * block > MADE_PAGES) {
		skip("a huge entry", "this kernel has none for PFNs, of which a region has two");
		return;
	}
	begin();
	room = must(mmap(NULL, size + block * page_size, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	map = room + block * page_size - (uintptr_t)room % (block * page_size);
	must(munmap(room, size + block * page_size));
	must(mmap(map, size, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0));
	(void)load(page_word(map, block + 5));
	take_events();
	all_counted("a huge entry");
	install = first_event("install", "ok");
	ok(install.index == block && install.count == block &&
	   install.installed == block, "... is one install of its pages");
	end(map);
}

static void test_wait(void)
{
	const unsigned int ms = 50;
	struct toucher toucher;
	void *map;

	begin();
	map = made_map(fd);
	made_busy(fd, TEST_WAIT_EVENT);
	start_touch(&toucher, page_word(map, 3));
	ok(waits_in(fd, 1), "a fault waits");
	usleep(ms * 1000);
	made_wake(fd);
	end_touch(&toucher);
	take_events();
	all_counted("a fault that waited");
	is(first_event("retry", "EAGAIN").index, 3, "... has given up its turn");
	is(first_event("wait", "EAGAIN").index, 3, "... for its page");
	ok(first_event("wait", NULL).ns >= ms * 1000000ull &&
	   first_event("wait", NULL).ns < 60 * 1000000000ull,
	   "... for as long as it took");
	ok(first_event("fault", NULL).ns >= first_event("wait", NULL).ns,
	   "... and the fault took longer than that");
	ok(count_events("fault", "RETRY") == 1 &&
	   count_events("fault", "NOPAGE") == 1, "... and came again");
	end(map);
}

/* What is taken back, and who waits for a move, and who loses to one. */
static void test_moves(void)
{
	struct toucher toucher;
	struct event taken;
	void *map;

	begin();
	map = made_map(fd);
	made_range(fd, PFNFAULT_TEST_BEGIN, 2, 5);
	start_touch(&toucher, page_word(map, 4));
	ok(comes_true(made_info(fd).slept), "a fault waits for a move");
	must(ioctl(fd, PFNFAULT_TEST_END));
	end_touch(&toucher);
	take_events();
	all_counted("a move");
	taken = first_event("invalidate", NULL);
	ok(taken.index == 2 && taken.count == 5 && taken.ns,
	   "... takes the pages back that move");
	is(first_event("wait", "moving").index, 4, "... which are waited for");
	is(first_event("retry", "moving").index, 4, "... likewise");
	end(map);

	begin();
	map = made_map(fd);
	made_setup(fd, TEST_REGION, 0, 0, 200);
	start_touch(&toucher, page_word(map, 6));
	ok(comes_true(made_info(fd).entered), "a fault has looked where a page is");
	made_range(fd, PFNFAULT_TEST_MOVE, 0, MADE_PAGES);
	is(end_touch(&toucher), PFNFAULT_TEST_WORD(1, 6), "... and finds it there");
	take_events();
	all_counted("an install that lost");
	is(count_events("install", "lost"), 1, "... is told");
	is(first_event("install", "lost").installed, 0, "... and that it is none");
	end(map);
}

static void test_errors(void)
{
	struct event revoke, install;
	void *map;

	begin();
	map = made_map(fd);
	made_setup(fd, TEST_REGION, -EIO, ALWAYS, 0);
	ok(touch_is_sigbus(page_word(map, 8)), "resolve() fails");
	take_events();
	install = first_event("install", "EIO");
	ok(install.index == 8 && !install.count && !install.installed,
	   "... and why is told");
	is(first_event("fault", "SIGBUS").index, 8, "... and what came of it");
	made_setup(fd, TEST_REGION, -EDOM, ALWAYS, 0);
	ok(touch_is_sigbus(page_word(map, 8)), "... with an unusual errno");
	take_events();
	is(strtoul(first_event("install", NULL).result, NULL, 0), EDOM,
	   "... which is a number");

	made_revoke(fd, REVOKE_SIGBUS);
	ok(touch_is_sigbus(map), "a region is revoked");
	take_events();
	revoke = first_event("revoke", NULL);
	ok(!revoke.index && revoke.count == MADE_PAGES &&
	   revoke.ns > first_event("invalidate", NULL).ns,
	   "... all of it, which takes longer than to take it back");
	is(count_events("install", "ENODEV"), 1, "... and a fault finds it gone");
	end(map);
}

static void test_off(void)
{
	void *map;
	int other;

	begin();
	other = made_open(O_RDWR);
	map = made_map(other);
	(void)load(map);
	take_events();
	is(nr_events, 0, "another region is filtered out");
	made_unmap(map);
	close(other);
	map = made_map(fd);
	trace_region(0);
	(void)load(map);
	take_events();
	is(nr_events, 0, "an event that is off does not come");
	is(made_info(fd).faults, 1, "... of what happens, and is counted");
	end(map);
}

int main(void)
{
	fd = made_open(O_RDWR);
	close(fd);
	start_events();
	test_touch();
	test_around();
	test_huge();
	test_wait();
	test_moves();
	test_errors();
	test_off();
	return done();
}
