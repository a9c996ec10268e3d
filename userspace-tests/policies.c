// SPDX-License-Identifier: GPL-2.0-only
/*
 * A region is revoked, and its memory is somebody else's at once (it is
 * overwritten with 0xdb): in each policy, whatever goes on. Would catch a page
 * that is seen after it went, a policy that is not what it says, an op that is
 * called when it is over.
 */
#include "stalled.h"

#define DELAY_MS 500

#define PAGES MADE_PAGES

static const char * const names[] = { "SIGBUS", "zeros", "ones" };

/* Every page gives what the policy says. */
static bool all_revoked(void *map, unsigned long policy)
{
	for (size_t page = 0; page < PAGES; page++) {
		void *word = page_word(map, page);

		if (policy == REVOKE_SIGBUS) {
			if (!touch_is_sigbus(word))
				return false;
		} else if (touch(word) || load(word) != promised(policy)) {
			tap_comment("page %zu: %#llx", page,
				    (unsigned long long)load(word));
			return false;
		}
	}
	return true;
}

/* Over and over, in no order: the right word, until what the policy says. */
static int read_until_revoked(void *map, unsigned long policy, size_t seed)
{
	for (size_t i = seed;; i += 67) {
		size_t page = i % PAGES;
		void *word = page_word(map, page);
		uint64_t got;

		if (policy == REVOKE_SIGBUS) {
			if (touch(word))
				return touch_info.si_signo != SIGBUS;
			got = touch_word;
		} else {
			got = load(word);
			if (got == promised(policy))
				return 0;
		}
		if (got != PFNFAULT_TEST_WORD(0, page) &&
		    got != PFNFAULT_TEST_WORD(1, page))
			return 2;
	}
}

/* Whoever is at work when it happens; each ends with 0 once it has. */
static void fault_again_and_again(int fd, void *map, unsigned long policy)
{
	(void)fd;
	_exit(read_until_revoked(map, policy, getpid()));
}

static void fork_again_and_again(int fd, void *map, unsigned long policy)
{
	(void)fd;
	for (;;) {
		pid_t pid = must(fork());
		int signo = 0;

		if (!pid)
			_exit(!all_revoked(map, policy));
		if (policy == REVOKE_SIGBUS)
			signo = touch(map);
		if (signo || (policy != REVOKE_SIGBUS &&
			      load(map) == promised(policy)))
			break;
		/* What it saw was too early, but no poison. */
		(void)status_of(pid);
	}
	_exit(!all_revoked(map, policy));
}

static void map_again_and_again(int fd, void *map, unsigned long policy)
{
	(void)map;
	for (;;) {
		void *mine = map_pages(fd, PROT_READ | PROT_WRITE, 0, PAGES);

		if (mine == MAP_FAILED)
			_exit(errno != ENODEV);
		for (size_t page = 0; page < PAGES; page += 37) {
			void *word = page_word(mine, page);
			int signo = touch(word);

			if (signo)
				_exit(signo != SIGBUS ||
				      policy != REVOKE_SIGBUS);
			if (touch_word == 0xdbdbdbdbdbdbdbdbULL)
				_exit(3);
		}
		made_unmap(mine);
	}
}

static void move_again_and_again(int fd, void *map, unsigned long policy)
{
	(void)map;
	(void)policy;
	for (int i = 0; i < 300; i++)
		made_range(fd, PFNFAULT_TEST_MOVE, 0, PAGES);
	_exit(0);
}

static void take_back_again_and_again(int fd, void *map, unsigned long policy)
{
	(void)map;
	(void)policy;
	for (int i = 0; i < 300; i++)
		made_range(fd, PFNFAULT_TEST_INVALIDATE, 0, PAGES);
	_exit(0);
}

typedef void (*worker)(int fd, void *map, unsigned long policy);

static void revoke_while(unsigned long policy, const char *what, worker a,
			 worker b, worker c)
{
	worker workers[] = { a, b, c };
	int fd = made_open(O_RDWR), failed = 0, i;
	void *map = made_map(fd), *untouched = made_map(fd);
	uint64_t calls;

	if (a && !in_place(map, 0, 0, PAGES))
		must(-1);
	for (i = 0; i < 3 && workers[i]; i++)
		if (!child())
			workers[i](fd, map, policy);
	usleep(a ? 60000 : 0);
	made_revoke(fd, policy);
	calls = made_info(fd).calls;
	ok(all_revoked(map, policy), "%s, revoked %s: as the policy says",
	   names[policy], what);
	ok(all_revoked(untouched, policy), "... where nothing was touched too");
	while (i--)
		failed += status_of(-1) != 0;
	is(failed, 0, "... in other processes too, and never what came after");
	is(made_info(fd).calls, calls, "... with no op called again");
	is(made_info(fd).late, 0, "... nor one running then");
	fails(map_pages(fd, PROT_READ, 0, 1) == MAP_FAILED, ENODEV,
	      "... mmap of it");
	made_unmap(map);
	made_unmap(untouched);
	close(fd);
}

static void touched(int fd, void *map, unsigned long policy)
{
	(void)fd;
	for (size_t page = 0; page < PAGES; page++)
		if (touch(page_word(map, page)) != 0)
			break;
	_exit(read_until_revoked(map, policy, 0));
}

/* What stands in for the memory can be written, and no more. */
static void test_dummy(unsigned long policy)
{
	int fd = made_open(O_RDWR);
	void *map = made_map(fd), *reader;
	pid_t pid;

	ok(in_place(map, 0, 0, PAGES), "%s: mapped", names[policy]);
	reader = must(map_pages(fd, PROT_READ, 0, 1));
	made_revoke(fd, policy);
	is(load(page_word(map, 3)), promised(policy), "... reads after a revocation");
	store(page_word(map, 3), 77);
	is(load(page_word(map, 3)), 77, "... a write succeeds");
	is(load(reader), 77, "... one page stands in for all");
	pid = child();
	if (!pid)
		_exit(load(page_word(map, 9)) != 77);
	is(status_of(pid), 0, "... in all processes");
	made_revoke(fd, REVOKE_SIGBUS);
	is(load(page_word(map, 3)), 77, "... the first policy stays");
	munmap(reader, page_size);
	made_unmap(map);
	close(fd);
}

/*
 * Revoked when a fault has seen that it is not, and is about to call resolve(), for @ms
 * from when the revocation begins. Returns the errno of the reader.
 */
static int revoke_beside(struct stalled *read, unsigned long policy, void **map,
			 unsigned int ms)
{
	*read = (struct stalled){
		.fd = made_open(O_RDWR),
		.access = { .where = TEST_STALL_OP, .ms = ms, .stirred = 1 },
	};
	*map = made_map(read->fd);
	must(stall(read, page_word(*map, 3)) ? 0 : -1);
	made_revoke(read->fd, policy);
	return let_go(read);
}

static void test_last_moment(unsigned long policy)
{
	int err, fd = made_open(O_RDWR);
	bool can = can_stall(fd, TEST_STALL_OP,
			     "a fault is about to call resolve()");
	struct stalled read;
	void *map;

	close(fd);
	if (!can)
		return;
	err = revoke_beside(&read, policy, &map, DELAY_MS);
	for (int late = 4; late <= LATE && made_info(read.fd).calls; late *= 4) {
		/* What it read was there before, or is the policy's. */
		must(err == EFAULT || read.access.word == promised(policy) ||
		     read.access.word == PFNFAULT_TEST_WORD(0, 3) ? 0 : -1);
		made_unmap(map);
		close(read.fd);
		err = revoke_beside(&read, policy, &map, late * DELAY_MS);
	}
	if (policy == REVOKE_SIGBUS)
		is(err, EFAULT, "about to call resolve(): revoked, it fails");
	else
		is(read.access.word, promised(policy),
		   "about to call resolve(): revoked, it gets the policy's");
	is(made_info(read.fd).calls, 0, "... and calls nothing");
	/* Who was refused counts no more. */
	made_revoke(read.fd, policy);
	is(made_info(read.fd).late, 0, "... and is not waited for");
	made_unmap(map);
	close(read.fd);
}

/* Of more bytes than a long of 32 bits can count. */
static void test_long(void)
{
	const size_t at[] = { 0, 200, 300, PAGES + 5 };
	const size_t pages = (size_t)(0x100000000ull / page_size) + 256;
	int fd = made_open(O_RDWR), there = 0, gone = 0;
	void *map[4];

	made_setup(fd, TEST_REGION_LONG, 0, 0, 0);
	must(ioctl(fd, PFNFAULT_TEST_LONG, pages));
	for (int i = 0; i < 4; i++) {
		map[i] = must(map_pages(fd, PROT_READ, PAGES + at[i], 1));
		there += load(map[i]) == PFNFAULT_TEST_WORD(0, at[i] % PAGES);
	}
	is(there, 4, "pages of a region of more than 4 GiB");
	must(ioctl(fd, PFNFAULT_TEST_REVOKE_LONG));
	for (int i = 0; i < 4; i++) {
		gone += touch_is_sigbus(map[i]);
		munmap(map[i], page_size);
	}
	is(gone, 4, "... which is revoked: none is mapped");
	close(fd);
}

int main(void)
{
	for (unsigned long policy = 0; policy <= REVOKE_ONES; policy++) {
		revoke_while(policy, "while idle", NULL, NULL, NULL);
		revoke_while(policy, "while mapped", touched, touched, NULL);
		revoke_while(policy, "during faults", fault_again_and_again,
			     fault_again_and_again, take_back_again_and_again);
		revoke_while(policy, "during moves", fault_again_and_again,
			     move_again_and_again, NULL);
		revoke_while(policy, "during mmap", map_again_and_again,
			     map_again_and_again, take_back_again_and_again);
		revoke_while(policy, "during fork", fork_again_and_again,
			     fork_again_and_again, take_back_again_and_again);
	}
	for (unsigned long policy = 0; policy <= REVOKE_ONES; policy++)
		test_last_moment(policy);
	test_dummy(REVOKE_ZEROS);
	test_dummy(REVOKE_ONES);
	test_long();
	return done();
}
