/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a test in the guest asks a program on the host, which sees the BARs as
 * files, to check one BAR and to write it anew: a mailbox in the other.
 */
#ifndef PEER_H
#define PEER_H

#include <stdint.h>
#include <unistd.h>

#define PEER_BEACON 0x7265657066666e70ULL	/* a peer is there */
#define PEER_GUEST 0x67756573ULL
#define PEER_HOST 0x686f7374ULL
#define PEER_WORD(who, i) (((who) << 32 | (i)) * 0x9e3779b97f4a7c15ULL)

struct peer {
	volatile uint64_t beacon;
	volatile uint64_t request;	/* counts up; the guest writes it last */
	volatile uint64_t answer;	/* ... and the host this */
	volatile uint64_t words;	/* how much of the BAR, in words of 8 bytes */
	volatile uint64_t bad;		/* words that were not the guest's */
};

/* Words that the host saw wrong, or ~0 where it did not answer in 60 s. */
static inline uint64_t peer_ask(struct peer *peer, uint64_t words)
{
	uint64_t request = peer->request + 1;

	peer->words = words;
	__sync_synchronize();
	peer->request = request;
	for (int i = 0; i < 6000 && peer->answer != request; i++)
		usleep(10000);
	__sync_synchronize();
	return peer->answer == request ? peer->bad : ~0ULL;
}

#endif /* PEER_H */
