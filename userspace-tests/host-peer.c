// SPDX-License-Identifier: GPL-2.0-only
/*
 * host-peer BAR-FILE MAILBOX-FILE: runs on the host beside the guest, on the
 * files behind its two BARs, until it is killed; see peer.h.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "peer.h"

static void *map_file(const char *path, uint64_t *size)
{
	int fd = open(path, O_RDWR);
	struct stat stat;
	void *map;

	if (fd < 0 || fstat(fd, &stat)) {
		perror(path);
		return MAP_FAILED;
	}
	*size = stat.st_size;
	map = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		perror(path);
	return map;
}

static uint64_t check_and_fill(uint64_t *bar, uint64_t words)
{
	uint64_t bad = 0;

	for (uint64_t i = 0; i < words; i++) {
		bad += bar[i] != PEER_WORD(PEER_GUEST, i);
		bar[i] = PEER_WORD(PEER_HOST, i);
	}
	return bad;
}

int main(int argc, char **argv)
{
	uint64_t *bar, size, mailbox_size;
	struct peer *peer;

	if (argc != 3) {
		fprintf(stderr, "usage: host-peer BAR-FILE MAILBOX-FILE\n");
		return 2;
	}
	bar = map_file(argv[1], &size);
	peer = map_file(argv[2], &mailbox_size);
	if (bar == MAP_FAILED || peer == MAP_FAILED ||
	    mailbox_size < sizeof(*peer))
		return 1;
	peer->beacon = PEER_BEACON;
	for (;;) {
		if (peer->request != peer->answer) {
			__sync_synchronize();
			peer->bad = peer->words * 8 > size ? ~0ULL :
				    check_and_fill(bar, peer->words);
			__sync_synchronize();
			peer->answer = peer->request;
		}
		usleep(5000);
	}
}
