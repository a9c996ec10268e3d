// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/pfnfault-xip: how an image is loaded, and replaced by the next one while
 * it is read and executed. Would catch an image that is not taken back, memory
 * that is freed while it is still mapped, a write that is seen too early, what
 * was in the memory before.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "xip.h"

/*
 * Code that runs wherever it is copied to, each in a section of its own: it
 * calls nothing, and has no data, so that the compiler makes it so on every
 * architecture.
 */
#define XIP_CODE(name) static int					\
	__attribute__((section("xip_" #name), noinline, used)) name(int x)

XIP_CODE(triple)
{
	return 3 * x + 1;
}

XIP_CODE(square)
{
	return x * x - 1;
}

#define LOAD_CODE(image, name) \
	load_image(image, __start_xip_##name, __stop_xip_##name)

/* What the code in the image makes of @x, if it is the code that is meant. */
static int call(void *map, const char *want, const char *end, int x)
{
	int (*code)(int x);

	if (memcmp((char *)map + CODE_AT, want, end - want))
		return -1;
	code = (void *)((char *)map + CODE_AT);
	return code(x);
}

#define CALL(map, name, x) \
	call(map, __start_xip_##name, __stop_xip_##name, x)

static void test_zeros(int fd)
{
	size_t nr = bar_pages(fd), sum = 0;
	void *map;

	must(close(xip_open(O_WRONLY)));
	map = must(map_pages(fd, PROT_READ, 0, nr));
	for (size_t i = 0; i < nr * page_size / 8; i++)
		sum += !!load((uint64_t *)map + i);
	is(sum, 0, "an image of which nothing was written is zero");
	munmap(map, nr * page_size);
}

static void test_code(int fd)
{
	void *shared = map_pages(fd, RX, 0, PAGES);
	void *private;

	if (shared == MAP_FAILED && errno == EPERM) {
		skip("code in the image runs", "/dev is mounted noexec");
		return;
	}
	must(shared);
	private = must(map_private(fd, RX, 0, PAGES));
	LOAD_CODE(1, triple);
	is(CALL(shared, triple, 5), 16, "code in the image runs");
	is(CALL(private, triple, 5), 16, "... in a private mapping too");
	LOAD_CODE(2, square);
	is(CALL(shared, square, 5), 24, "the next image's code runs after it was loaded");
	is(CALL(private, square, 5), 24, "... in a private mapping too");
	munmap(shared, PAGES * page_size);
	munmap(private, PAGES * page_size);
}

static void test_new_image(int fd)
{
	unsigned int held = demo_pages();
	size_t nr = bar_pages(fd);
	void *shared, *private;
	int loader;

	load_image(6, NULL, NULL);
	is(demo_pages(), held, "the memory of the image before was freed");
	shared = must(map_pages(fd, PROT_READ, 0, nr));
	private = must(map_private(fd, RW, 0, nr));
	(void)shows(shared, 6, 0, nr);
	(void)shows(private, 6, 0, nr);
	store(page_word(private, 7), 0x5eed);
	loader = xip_open(O_WRONLY);
	is(demo_pages(), held + nr, "a loader has an image of its own");
	must(write(loader, "x", 1));
	ok(shows(shared, 6, 0, nr), "what it writes is not seen before it closes");
	must(close(loader));
	ok(*(volatile char *)shared == 'x' && !load(page_word(shared, 1)) &&
	   !load(page_word(shared, nr - 1)),
	   "... and then replaces all of the image");
	load_image(7, NULL, NULL);
	ok(shows(shared, 7, 0, nr), "a shared mapping shows the next image");
	ok(shows(private, 7, 0, 7) && shows(private, 7, 8, nr),
	   "... and a private one, but for the copies");
	is(load(page_word(private, 7)), 0x5eed, "... which stay");
	is(demo_pages(), held, "... and all other memory was freed");
	munmap(shared, nr * page_size);
	munmap(private, nr * page_size);
}

static atomic_ulong loaded;	/* number of the newest image */
static atomic_bool stop;

/* Every word is one of an image that was not replaced before we looked. */
static void *read_on(void *map)
{
	uintptr_t bad = 0;

	while (!stop) {
		for (size_t page = 0; page < PAGES; page++) {
			uint64_t image = loaded;
			uint64_t got = load(page_word(map, page));

			bad += (got & UINT32_MAX) != page || got >> 32 < image;
		}
	}
	return (void *)bad;
}

static void test_readers_against_loader(int fd)
{
	void *maps[2] = { must(map_pages(fd, PROT_READ, 0, PAGES)),
			  must(map_private(fd, PROT_READ, 0, PAGES)) };
	pthread_t threads[2];
	uintptr_t bad = 0;
	void *ret;

	load_image(1000, NULL, NULL);
	loaded = 1000;
	for (size_t i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, read_on, maps[i]);
	for (unsigned long image = 1001; image < 1200; image++) {
		load_image(image, NULL, NULL);
		loaded = image;
	}
	stop = true;
	for (size_t i = 0; i < 2; i++) {
		pthread_join(threads[i], &ret);
		bad += (uintptr_t)ret;
		munmap(maps[i], PAGES * page_size);
	}
	is(bad, 0, "while images are loaded, no reader sees one that was replaced");
}

static void test_loader(int fd)
{
	int loader = xip_open(O_WRONLY);
	size_t nr = bar_pages(fd), size = nr * page_size;
	static char buf[8192];
	unsigned int held = demo_pages();
	char *map;

	memset(buf, 0x77, sizeof(buf));
	fails(open(NODE, O_WRONLY) < 0, EBUSY, "a second loader");
	fails(open(NODE, O_RDWR) < 0, EACCES, "O_RDWR");
	is(demo_pages(), held, "... which leave nothing behind");
	fails(mmap(NULL, page_size, PROT_READ, MAP_SHARED, loader, 0) ==
	      MAP_FAILED, EACCES, "a mapping of the loader's descriptor");
	is(pwrite(loader, buf, 100, size - 10), 10, "a write past the end is cut");
	fails(pwrite(loader, buf, 1, size) < 0, ENOSPC, "a write at the end");
	fails(pwrite(loader, buf, 1, size + 1) < 0, ENOSPC, "... and past it");
	is(write(loader, buf, sizeof(buf)), sizeof(buf), "a write at the start");
	map = must(map_pages(fd, PROT_NONE, 0, 1));
	fails(write(loader, map, 8) < 0, EFAULT, "a write from nowhere");
	munmap(map, page_size);
	must(close(loader));
	map = must(map_pages(fd, PROT_READ, 0, nr));
	ok(load(map) == 0x7777777777777777 &&
	   map[sizeof(buf) - 1] == 0x77 && !map[sizeof(buf)] &&
	   !map[size - 11] && map[size - 10] == 0x77 && map[size - 1] == 0x77,
	   "... and the image is what was written, zero elsewhere");
	munmap(map, size);
	loader = open(NODE, O_WRONLY);
	ok(loader >= 0, "after its close, there can be a loader again");
	must(close(loader));
	fails(write(fd, buf, 1) < 0, EBADF, "a write to a reader's descriptor");
}

int main(void)
{
	int fd = xip_open(O_RDONLY);
	unsigned int held = demo_pages();

	is(bar_pages(fd), get_number("/sys/module/pfnfault_demo/parameters/xip_pages"),
	   "the size is that of xip_pages=");
	test_zeros(fd);
	test_code(fd);
	test_new_image(fd);
	test_readers_against_loader(fd);
	test_loader(fd);
	must(close(xip_open(O_WRONLY)));	/* zeros, as after insmod */
	close(fd);
	is(demo_pages(), held, "no memory is left behind");
	return done();
}
