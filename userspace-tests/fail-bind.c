// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocations that fail while a PCI device is bound to its driver, or taken from
 * it. Would catch a probe that leaves something behind, a device that cannot be
 * bound again, a removal that does not come to its end, memory that it loses.
 */
#include "fail_nth.h"
#include "vram.h"

#define RW (PROT_READ | PROT_WRITE)
#define PAGES 16

static char name[64];
static int fd, vram;
static char *map, *object_map;

static int write_name(const char *path)
{
	int file = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (file < 0)
		return errno;
	if (write(file, name, strlen(name)) < 0)
		err = errno;
	close(file);
	return err;
}

static int bind(void)
{
	return write_name(BAR_DRIVER "/bind");
}

static int unbind(void)
{
	return write_name(BAR_DRIVER "/unbind");
}

static void be_unbound(void)
{
	must(-!!unbind());
}

/* Its node is there, and its memory. */
static bool is_bound(void)
{
	bool is;

	fd = open(BAR_NODE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	map = mmap(NULL, page_size, RW, MAP_SHARED, fd, 0);
	is = map != MAP_FAILED && !touch_read(map);
	munmap(map, page_size);
	close(fd);
	return is;
}

static void stay_bound(void)
{
	/* Left unbound by what went wrong, which was told. */
	if (access(BAR_NODE, F_OK))
		bind();
}

/* With a mapping, and an object in the VRAM that the device has. */
static void be_used(void)
{
	uint64_t object;

	fd = must(open(BAR_NODE, O_RDWR | O_CLOEXEC));
	map = must(mmap(NULL, page_size, RW, MAP_SHARED, fd, 0));
	must(-!!touch_read(map));
	vram = vram_open();
	object = vram_create(vram, PAGES);
	object_map = must(vram_map(vram, object, PAGES));
	for (size_t page = 0; page < PAGES; page++)
		store(page_word(object_map, page), stamp(page));
	must(-!!vram_move(vram, object, PFNFAULT_VRAM_VRAM));
}

/* Where no memory was left to move it to, the object reads as an absent device. */
static bool is_gone(void)
{
	bool lost = load(object_map) == ~0ULL;

	for (size_t page = 1; lost && page < PAGES; page++)
		lost = load(page_word(object_map, page)) == ~0ULL;
	return touch_read(map) == BY_SIGNAL + SIGBUS &&
		(lost || stamped(object_map, 0, PAGES));
}

static void end_used(void)
{
	munmap(map, page_size);
	munmap(object_map, PAGES * page_size);
	close(fd);
	close(vram);
	must(-!!bind());
}

/* EBUSY: ioremap() does not say why it gives nothing, nor what reserves memory. */
static const struct operation of_devices[] = {
	{ .name = "bind", .set_up = be_unbound, .run = bind,
	  .right = is_bound, .undo = stay_bound, .errors = { ENOMEM, EBUSY },
	  .least = 20, .slow = true, .regions = true },
	{ .name = "unbind", .set_up = be_used, .run = unbind,
	  .right = is_gone, .undo = end_used, .errors = { ENOMEM },
	  .least = 2, .keeps = true },
};

/* Of a device that is near no node, a probe is in this thread. */
static void be_on_node(const char *node)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/numa_node", name);
	if (!access(path, W_OK))
		write_file(path, node);
}

int main(void)
{
	close(bar_open(O_RDWR));
	snprintf(name, sizeof(name), "%s", bar_name());
	let_allocations_fail();
	be_on_node("-1");
	fail_all(of_devices);
	be_on_node("0");
	return done();
}
