/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * torture: what the kernel reads and writes on a program's behalf. It may fail
 * where a page moves or has gone, but not lie, nor hang.
 */
#ifndef TORTURE_KERNEL_H
#define TORTURE_KERNEL_H

#include <linux/futex.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "torture_maps.h"

/* ---- /proc/PID/mem and process_vm_readv(), of any process ---- */

/* A page that another process shows. */
struct other {
	uint64_t pid;
	void *addr;
	struct mapping map;	/* what must be seen there */
};

/* False where no process shows this slot now. */
static inline bool find_other(struct worker *worker, int slot, size_t page,
			      struct other *other)
{
	struct process *process =
		&shared->processes[rnd(worker) % MAX_PROCESSES];

	for (int i = 0; i < MAX_PROCESSES && !process->mapped[slot]; i++)
		if (++process == shared->processes + MAX_PROCESSES)
			process = shared->processes;
	*other = (struct other){
		.pid = process->pid,
		.addr = page_word((void *)(uintptr_t)process->place,
				  slot * pages + page),
		.map = worker->maps[slot],
	};
	return other->pid && process->mapped[slot] &&
	       process->pid == other->pid;
}

/*
 * The memory of that process; -1 where it has gone. Once it is open, it is the
 * memory of no other one, and its mappings for others stay.
 */
static inline int open_other(const struct other *other)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%llu/mem",
		 (unsigned long long)other->pid);
	return open(path, O_RDWR | O_CLOEXEC);
}

static inline bool read_memory(const struct other *other, uint64_t *word)
{
	int fd = open_other(other);
	bool got;

	if (fd < 0)
		return false;
	got = pread(fd, word, 8, (uintptr_t)other->addr) == 8;
	close(fd);
	return got;
}

/* Refused on PFNs, as far as is known. */
static inline bool read_remote(const struct other *other, uint64_t *word)
{
	const struct iovec here = { word, 8 }, there = { other->addr, 8 };

	return process_vm_readv(other->pid, &here, 1, &there, 1, 0) == 8;
}

static inline void peek(struct worker *worker, struct mapping *map)
{
	size_t page = any_page(worker);
	enum kind kind = rnd(worker) % 4 ? PEEK : VM_READ;
	uint64_t oldest = oldest_of(map->slot, page), word = 0;
	struct other other;
	bool got;

	if (!find_other(worker, map->slot, page, &other))
		return;
	got = kind == PEEK ? read_memory(&other, &word) :
			     read_remote(&other, &word);
	if (got)
		check("another process's", &other.map, page, oldest, word, true);
	if (got || kind == VM_READ)
		count(kind);
}

static inline void poke(struct worker *worker, struct mapping *map)
{
	size_t page = any_page(worker);
	struct other other;
	bool written;
	uint64_t word;
	int fd;

	if (!find_other(worker, map->slot, page, &other))
		return;
	fd = open_other(&other);
	if (fd < 0)
		return;
	word = begin_copy(map->slot, page);
	if (word) {
		written = pwrite(fd, &word, 8, (uintptr_t)other.addr) == 8;
		end_write(map->slot, page, written);
		if (written)
			count(POKE);
	}
	close(fd);
}

/* ---- System calls with the mapping as their buffer ---- */

/* Not read through a file descriptor that goes: the kernel writes a pipe. */
static inline void copy_out(struct worker *worker, struct mapping *map)
{
	size_t page = any_page(worker);
	uint64_t oldest = oldest_of(map->slot, page), got;
	int fds[2];
	bool copied;

	must(pipe(fds));
	copied = write(fds[1], page_word(map->addr, page), 8) == 8;
	if (copied)
		must(read(fds[0], &got, 8));
	close(fds[0]);
	close(fds[1]);
	count(COPY_OUT);
	if (copied)
		check("write()", map, page, oldest, got, true);
	else
		refused("write()", map, page);
}

static inline void copy_in(struct worker *worker, struct mapping *map)
{
	size_t page = any_page(worker);
	bool written;
	uint64_t word;
	int fds[2];

	must(pipe(fds));
	word = begin_copy(map->slot, page);
	if (word) {
		must(write(fds[1], &word, 8));
		written = read(fds[0], page_word(map->addr, page), 8) == 8;
		end_write(map->slot, page, written);
		count(COPY_IN);
		if (!written)
			refused("read()", map, page);
	}
	close(fds[0]);
	close(fds[1]);
}

/* ---- Futexes ---- */

/* The half of a page's word that has the generation. */
static inline uint32_t *generation_at(struct mapping *map, size_t page)
{
	uint32_t *halves = (uint32_t *)page_word(map->addr, page);

	return halves + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

static inline int futex(uint32_t *word, int op, uint32_t value,
			unsigned long timeout_or_nr, uint32_t *second,
			uint32_t how)
{
	return syscall(SYS_futex, word, op, value, timeout_or_nr, second, how) <
		0 ? errno : 0;
}

/*
 * It sleeps where the word is what was expected: then the kernel has read that.
 * A shared futex needs a struct page, and is refused.
 */
static inline void futex_wait(struct mapping *map, size_t page, int flag,
			      uint32_t generation)
{
	const struct { long sec, nsec; } ms = { 0, 1000000 };
	uint64_t oldest = oldest_of(map->slot, page);
	int err = futex(generation_at(map, page), FUTEX_WAIT | flag, generation,
			(unsigned long)&ms, NULL, 0);

	if (!err || err == ETIMEDOUT)
		check("futex", map, page, oldest,
		      word_of(map->slot, page, generation), false);
	else if (err == EFAULT && flag)
		refused("futex", map, page);
}

/* The kernel adds nothing to the word, as an atomic write. */
static inline void futex_add(struct mapping *map, size_t page)
{
	uint32_t mine = 0;
	int err = futex(&mine, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, 1,
			generation_at(map, page),
			FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0));

	if (err == EFAULT)
		refused("futex", map, page);
}

/* What is expected is there, or is what a vacated place has. */
static inline void use_futex(struct worker *worker, struct mapping *map)
{
	size_t page = any_page(worker);
	int flag = rnd(worker) % 4 ? FUTEX_PRIVATE_FLAG : 0;

	count(FUTEX);
	if (rnd(worker) % 2)
		futex_add(map, page);
	else
		futex_wait(map, page, flag, rnd(worker) % 2 ? 0xdbdbdbdb :
			   (uint32_t)oldest_of(map->slot, page));
}

#endif /* TORTURE_KERNEL_H */
