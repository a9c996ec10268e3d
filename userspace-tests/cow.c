// SPDX-License-Identifier: GPL-2.0-only
/*
 * A private mapping whose page tables core frees while others fault: MADV_DONTNEED of
 * a whole table does so from Linux 6.14 on. Would catch a fault that tells of no memory
 * where there is enough.
 */
#include "made.h"

#define SECONDS 2

static volatile bool over;

static void *unmap(void *map)
{
	uintptr_t times = 0;

	for (; !over; times++)
		must(madvise(map, MADE_PAGES * page_size, MADV_DONTNEED));
	return (void *)times;
}

int main(void)
{
	struct pfnfault_test_setup setup = { .kind = TEST_REGION, .cow = 1 };
	int fd = made_open(O_RDWR), file = must(memfd_create("cow", 0));
	double end = seconds(CLOCK_MONOTONIC) + SECONDS;
	size_t page = 0, failed = 0, wrong = 0, reads = 0;
	pthread_t thread;
	void *times;
	char *map;

	must(ioctl(fd, PFNFAULT_TEST_SETUP, &setup));
	map = must(mmap(NULL, MADE_PAGES * page_size, PROT_READ, MAP_PRIVATE, fd,
			0));
	thread = start_thread(unmap, map);
	for (; seconds(CLOCK_MONOTONIC) < end; reads++) {
		uint64_t word = 0;

		page = (page + 97) % MADE_PAGES;
		/* In kernel mode, where an error of the fault is one of the call. */
		if (pwrite(file, page_word(map, page), 8, 0) != 8)
			failed++;
		else if (must(pread(file, &word, 8, 0)) != 8 ||
			 word != PFNFAULT_TEST_WORD(0, page))
			wrong++;
	}
	over = true;
	pthread_join(thread, &times);
	ok(reads > 0 && times, "%zu reads, %zu times that all was unmapped", reads,
	   (size_t)times);
	is(failed, 0, "no read failed");
	is(wrong, 0, "... nor read another page's word");
	made_unmap(map);
	close(file);
	close(fd);
	return done();
}
