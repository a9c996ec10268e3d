// SPDX-License-Identifier: GPL-2.0-only
/*
 * patterns sequential|random|moving: programs that touch a region in different ways,
 * to be traced. Not a test: for docs/faultmap.md.
 */
#include <sys/prctl.h>
#include <sys/wait.h>

#include "made.h"

static int fd;

static void name_and_pause(const char *name)
{
	prctl(PR_SET_NAME, name);
	usleep(1000);
}

/* From the first page to the last, as a copy does it. */
static void sequential(void)
{
	void *map = made_map(fd);

	name_and_pause("copy");
	for (size_t page = 0; page < MADE_PAGES; page++) {
		(void)load(page_word(map, page));
		if (page % 8 == 0)
			usleep(100);
	}
}

/* Here and there, as look-ups in a table do it. */
static void lookup(unsigned int seed)
{
	void *map = made_map(fd);
	char name[16];

	snprintf(name, sizeof(name), "lookup%u", seed);
	name_and_pause(name);
	srand(seed);
	for (int i = 0; i < 40; i++) {
		(void)load(page_word(map, rand() % MADE_PAGES));
		usleep(500);
	}
	_exit(0);
}

/* In memory that the processes share: the region has moved. */
static uint64_t *moved;

/* A page of each 32, again and again. */
static void stride(unsigned int which)
{
	void *map = made_map(fd);
	char name[16];

	snprintf(name, sizeof(name), "stride%u", which);
	name_and_pause(name);
	must(madvise(map, MADE_PAGES * page_size, MADV_RANDOM));
	while (!load(moved))
		for (size_t page = 16 * which; page < MADE_PAGES; page += 32) {
			(void)load(page_word(map, page));
			usleep(300);
		}
	_exit(0);
}

/*
 * When all is there that they touch: quarters of the region, one after the other,
 * each until a fault has met it.
 */
static void move(void)
{
	size_t quarter = MADE_PAGES / 4;

	name_and_pause("mover");
	while (made_info(fd).installed < MADE_PAGES / 16)
		usleep(1000);
	for (int i = 0; i < 4; i++) {
		uint64_t before = made_info(fd).retries;

		usleep(3000);
		made_range(fd, PFNFAULT_TEST_BEGIN, i * quarter, quarter);
		do
			usleep(2000);
		while (made_info(fd).retries == before);
		must(ioctl(fd, PFNFAULT_TEST_END));
	}
	store(moved, 1);
}

int main(int argc, char **argv)
{
	const char *pattern = argc == 2 ? argv[1] : "";
	int status, failed = 0;

	fd = made_open(O_RDWR);
	if (!strcmp(pattern, "sequential")) {
		sequential();
	} else if (!strcmp(pattern, "random")) {
		for (unsigned int i = 0; i < 3; i++)
			if (!child())
				lookup(i);
	} else if (!strcmp(pattern, "moving")) {
		moved = must(mmap(NULL, page_size, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0));
		for (unsigned int i = 0; i < 2; i++)
			if (!child())
				stride(i);
		move();
	} else {
		fprintf(stderr, "usage: patterns sequential|random|moving\n");
		return 2;
	}
	while (wait(&status) > 0)
		failed |= status;
	return failed ? 1 : 0;
}
