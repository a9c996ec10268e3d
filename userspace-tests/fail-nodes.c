// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocations that fail while each of the demo driver's nodes is opened, mapped,
 * touched. Would catch an error that is not told, or told as another, what was
 * taken and is not given back, a fault that is not tried again.
 */
#include "fail_nth.h"
#include "spe.h"
#include "vram.h"

#define RW (PROT_READ | PROT_WRITE)
#define SOME 16		/* pages */

/* What is opened, and how it is mapped; of the first two, accesses allocate. */
static const struct node {
	const char *path;
	int flags;
	int prot;
	int type;
} nodes[] = {
	{ BAR_NODE, O_RDWR, RW, MAP_SHARED },
	{ "/dev/pfnfault-mspec", O_RDWR, RW, MAP_SHARED },
	{ SPE_NODE, O_RDWR, RW, MAP_SHARED },
	{ VRAM_NODE, O_RDWR, RW, MAP_SHARED },
	{ "/dev/pfnfault-xip", O_RDONLY, PROT_READ, MAP_SHARED },
	{ "/dev/pfnfault-xip", O_RDONLY, RW, MAP_PRIVATE },
}, *node;

static int fd = -1;
static uint64_t object;
static void *map;
static int mem;	/* /proc/self/mem */

static int open_node(void)
{
	fd = open(node->path, node->flags | O_CLOEXEC);
	return fd < 0 ? errno : 0;
}

static void close_node(void)
{
	close(fd);
}

static bool is_vram(void)
{
	return !strcmp(node->path, VRAM_NODE);
}

static void be_open(void)
{
	must(open_node() ? -1 : 0);
	object = is_vram() ? vram_create(fd, SOME) : 0;
}

static int map_node(void)
{
	map = mmap(alone(), SOME * page_size, node->prot,
		   node->type | MAP_FIXED_NOREPLACE, fd, object);
	return map == MAP_FAILED ? errno : 0;
}

static bool can_be_touched(void)
{
	return !touch_read(map);
}

static void unmap_node(void)
{
	munmap(map, SOME * page_size);
	close_node();
}

static void be_mapped(void)
{
	be_open();
	must(map_node() ? -1 : 0);
}

static int unmap(void)
{
	return munmap(map, SOME * page_size) ? errno : 0;
}

static bool is_unmapped(void)
{
	return touch_read(map) == BY_SIGNAL + SIGSEGV;
}

static int read_node(void)
{
	return touch_read(map);
}

static int write_node(void)
{
	return touch_write(map, stamp(7));
}

static bool is_written(void)
{
	return load(map) == stamp(7);
}

static int node_read_by_kernel(void)
{
	return read_by_kernel(fd, map);
}

static int node_written_by_kernel(void)
{
	store((char *)&touch_word, 0);
	return written_by_kernel(map);
}

static int debugger_reads(void)
{
	uint64_t word;

	return pread(mem, &word, sizeof(word), (uintptr_t)map) < 0 ? errno : 0;
}

static int debugger_writes(void)
{
	uint64_t word = stamp(7);

	return pwrite(mem, &word, sizeof(word), (uintptr_t)map) < 0 ? errno : 0;
}

/* Of each node, as far as it can be written. */
static const struct operation of_nodes[] = {
	{ .name = "open", .run = open_node, .undo = close_node,
	  .errors = { ENOMEM }, .least = 2 },
	{ .name = "mmap", .set_up = be_open, .run = map_node,
	  .right = can_be_touched, .undo = unmap_node, .errors = { ENOMEM },
	  .least = 2 },
	{ .name = "munmap", .set_up = be_mapped, .run = unmap,
	  .right = is_unmapped, .undo = close_node, .errors = { 0, ENOMEM },
	  .least = 1 },
	{ .name = "a first touch", .set_up = be_mapped, .run = read_node,
	  .right = can_be_touched, .undo = unmap_node, .least = 2 },
	{ .name = "a first touch by the kernel", .set_up = be_mapped,
	  .run = node_read_by_kernel, .right = can_be_touched,
	  .undo = unmap_node, .errors = { EFAULT }, .least = 2, .keeps = true },
	{ .name = "a first write", .set_up = be_mapped, .run = write_node,
	  .right = is_written, .undo = unmap_node, .least = 2 },
	{ .name = "a first write by the kernel", .set_up = be_mapped,
	  .run = node_written_by_kernel, .right = can_be_touched,
	  .undo = unmap_node, .errors = { EFAULT }, .least = 2, .keeps = true },
};

/* Of nodes that allocate for it: core makes EIO of whatever ->access says. */
static const struct operation of_debuggers[] = {
	{ .name = "a read of /proc/self/mem", .set_up = be_mapped,
	  .run = debugger_reads, .right = can_be_touched, .undo = unmap_node,
	  .errors = { EIO, ENOMEM }, .least = 2, .keeps = true },
	{ .name = "a write to /proc/self/mem", .set_up = be_mapped,
	  .run = debugger_writes, .right = is_written, .undo = unmap_node,
	  .errors = { EIO, ENOMEM }, .least = 2, .keeps = true },
};

static void test_nodes(void)
{
	for (node = nodes; node < nodes + sizeof(nodes) / sizeof(nodes[0]);
	     node++) {
		bool writable = node->prot & PROT_WRITE;

		if (access(node->path, F_OK)) {
			skip(node->path, "it is not there");
			continue;
		}
		tap_comment("%s%s:", node->path,
			    node->type == MAP_PRIVATE ? ", private" : "");
		fail_first(of_nodes, writable ? 7 : 5);
		if (node < nodes + 2)
			fail_all(of_debuggers);
	}
}

int main(void)
{
	let_allocations_fail();
	mem = must(open("/proc/self/mem", O_RDWR | O_CLOEXEC));
	test_nodes();
	return done();
}
