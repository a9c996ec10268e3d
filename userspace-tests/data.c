// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is written is what is there: to the host, to other processes, to
 * children, through descriptors that were passed on. Would catch a PFN that is
 * off, a page mapped twice, a mapping that is private to its process.
 */
#include <sys/socket.h>

#include "bar.h"
#include "peer.h"

#define PEER_NODE BAR_NODE "1"

/* The host sees each word we wrote, and we see each word it wrote. */
static void test_host(int fd)
{
	size_t nr = bar_pages(fd), words = nr * page_size / 8;
	int peer_fd = open(PEER_NODE, O_RDWR | O_CLOEXEC);
	struct peer *peer = MAP_FAILED;
	uint64_t *map, bad = 0;

	if (peer_fd >= 0)
		peer = map_pages(peer_fd, PROT_READ | PROT_WRITE, 0, 1);
	if (peer == MAP_FAILED || peer->beacon != PEER_BEACON) {
		skip("the host sees what the guest writes", "no peer on the host");
		skip("the guest sees what the host writes", "no peer on the host");
		return;
	}
	map = must(map_pages(fd, PROT_READ | PROT_WRITE, 0, nr));
	for (size_t i = 0; i < words; i++)
		store(&map[i], PEER_WORD(PEER_GUEST, i));
	is(peer_ask(peer, words), 0,
	   "the host sees what the guest writes, every word of the BAR");
	for (size_t i = 0; i < words; i++)
		bad += load(&map[i]) != PEER_WORD(PEER_HOST, i);
	is(bad, 0, "the guest sees what the host writes, every word of the BAR");
	munmap(map, nr * page_size);
	munmap(peer, page_size);
	close(peer_fd);
}

static void test_widths(int fd)
{
	volatile unsigned char *b = must(map_pages(fd, PROT_READ | PROT_WRITE,
						   3, 1));
	volatile uint16_t *h = (void *)b;
	volatile uint32_t *w = (void *)b;
	volatile uint64_t *d = (void *)b;
	union {		/* of RAM: what the CPU's byte order makes of it */
		unsigned char b[8];
		uint16_t h[4];
		uint32_t w[2];
		uint64_t d;
	} ram = { .d = 0x1122334455667788 };

	d[0] = ram.d;
	ok(b[0] == ram.b[0] && b[7] == ram.b[7],
	   "an 8-byte write, read by bytes");
	ok(h[1] == ram.h[1], "... by 2 bytes");
	ok(w[1] == ram.w[1], "... by 4 bytes");
	ram.b[0] = 0xaa;
	ram.h[1] = 0xbbbb;
	ram.w[1] = 0xcccccccc;
	b[0] = 0xaa;
	h[1] = 0xbbbb;
	w[1] = 0xcccccccc;
	is(d[0], ram.d, "writes of 1, 2 and 4 bytes, read by 8");
	munmap((void *)b, page_size);
}

/* A process that opened the device itself. */
static void test_two_processes(int fd)
{
	void *map = must(map_pages(fd, PROT_READ | PROT_WRITE, 0, 16));
	pid_t pid;

	store(page_word(map, 5), 0x5eed);
	pid = child();
	if (!pid) {
		int own = bar_open(O_RDWR);
		void *theirs = map_pages(own, PROT_READ | PROT_WRITE, 5, 1);

		if (theirs == MAP_FAILED || load(theirs) != 0x5eed)
			_exit(1);
		store(theirs, 0xfeed);
		_exit(0);
	}
	is(status_of(pid), 0, "another process reads what we wrote");
	is(load(page_word(map, 5)), 0xfeed, "... and we read what it wrote");
	munmap(map, 16 * page_size);
}

/* A mapping that came with fork(), on a page touched before and one not. */
static void test_fork(int fd)
{
	size_t nr = bar_pages(fd) / 8, far = nr - 48;
	void *map = must(map_pages(fd, PROT_READ | PROT_WRITE, 0, nr));
	pid_t pid;

	stamp_all(fd);
	(void)load(page_word(map, 7));
	pid = child();
	if (!pid) {
		if (!stamped(page_word(map, 7), 7, 1) ||
		    !stamped(page_word(map, far), far, 1))
			_exit(1);
		store(page_word(map, 7), 1007);
		store(page_word(map, far), 3000);
		_exit(0);
	}
	is(status_of(pid), 0, "a child reads through the mapping it inherited");
	ok(load(page_word(map, 7)) == 1007 &&
	   load(page_word(map, far)) == 3000, "... and its parent what it wrote");
	munmap(map, nr * page_size);
}

/* A descriptor sent over a socket, to a process that never opened the device. */
static void test_passed_descriptor(int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int pair[2];
	pid_t pid;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	pid = child();
	if (!pid) {
		void *map;

		close(fd);
		if (recvmsg(pair[1], &msg, 0) != 1)
			_exit(1);
		memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
		map = map_pages(fd, PROT_READ, 9, 1);
		_exit(map == MAP_FAILED || !stamped(map, 9, 1));
	}
	stamp_all(fd);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	is(sendmsg(pair[0], &msg, 0), 1, "a descriptor is passed on");
	is(status_of(pid), 0, "... and maps the same pages there");
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	int fd = bar_open(O_RDWR);
	size_t nr = bar_pages(fd);
	void *map;

	test_host(fd);

	stamp_all(fd);
	map = must(map_pages(fd, PROT_READ, 0, nr));
	ok(stamped(map, 0, nr), "each of %zu pages is its own", nr);
	munmap(map, nr * page_size);

	test_widths(fd);
	test_two_processes(fd);
	test_fork(fd);
	test_passed_descriptor(fd);
	close(fd);
	return done();
}
