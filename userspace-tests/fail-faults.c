// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocations that fail, in faults made to order, and in all that is done with a
 * mapping. Would catch a fault that is not tried again, another errno than
 * ENOMEM, a reference that is lost when core gives up half way.
 */
#include <pthread.h>

#include "fail_nth.h"

#define PAGES MADE_PAGES
#define RW (PROT_READ | PROT_WRITE)
#define SIZE (PAGES * page_size)

/* How a fault is resolved. */
static const struct way {
	const char *name;
	struct pfnfault_test_setup setup;
} ways[] = {
	{ "a region", { .kind = TEST_REGION } },
	{ "a region of short extents", { .kind = TEST_REGION_SHORT, .value = 8 } },
	{ "a region of touched pages", { .kind = TEST_REGION, .touched = 1 } },
	{ "a private mapping", { .kind = TEST_REGION, .cow = 1 } },
	{ "pfnfault_insert_pfn()", { .kind = TEST_INSERT_PFN } },
	{ "pfnfault_nopfn()", { .kind = TEST_NOPFN } },
	{ "pfnfault_insert_range()", { .kind = TEST_RANGE } },
}, *way;

static int fd = -1, mem;
static char *map;

/* One file for all of a way: what it has is made for long. */
static void be_open(void)
{
	/* And nothing is known of its memory type. */
	made_range(fd, PFNFAULT_TEST_INVALIDATE, 0, PAGES);
}

static int map_made(void)
{
	int type = way->setup.cow ? MAP_PRIVATE : MAP_SHARED;

	map = mmap(alone(), SIZE, RW, type | MAP_FIXED_NOREPLACE, fd, 0);
	return map == MAP_FAILED ? errno : 0;
}

static void be_mapped_huge(void)
{
	be_open();
	must(-!!map_made());
}

static void be_mapped(void)
{
	be_mapped_huge();
	/* Refused where the kernel knows of none. */
	madvise(map, SIZE, MADV_NOHUGEPAGE);
}

static void end(void)
{
	munmap(map, SIZE);
}

static int read_page(void)
{
	return touch_read(map);
}

static int write_page(void)
{
	return touch_write(map + 8, stamp(7));
}

static int kernel_reads(void)
{
	return read_by_kernel(fd, map);
}

static int kernel_writes(void)
{
	return written_by_kernel(map + 8);
}

static bool is_there(void)
{
	return in_place((void *)map, 0, 0, PAGES);
}

static bool is_written(void)
{
	return load(map + 8) == stamp(7) && is_there();
}

/* Each of each way; a page is where it is, so all of them have the same words. */
static const struct operation of_ways[] = {
	{ .name = "mmap", .set_up = be_open, .run = map_made,
	  .right = is_there, .undo = end, .errors = { ENOMEM }, .least = 2 },
	{ .name = "a first touch", .set_up = be_mapped, .run = read_page,
	  .right = is_there, .undo = end, .least = 2 },
	{ .name = "a first touch by the kernel", .set_up = be_mapped,
	  .run = kernel_reads, .right = is_there, .undo = end,
	  .errors = { EFAULT }, .least = 2 },
	{ .name = "a first write", .set_up = be_mapped, .run = write_page,
	  .right = is_written, .undo = end, .least = 2 },
	{ .name = "a first write by the kernel", .set_up = be_mapped,
	  .run = kernel_writes, .right = is_there, .undo = end,
	  .errors = { EFAULT }, .least = 2 },
};

/* ---- What faults can meet ---- */

/* In the next page table: the memory type is known. */
static void be_touched(void)
{
	be_mapped();
	must(-!!touch_read(map));
}

static int read_next_table(void)
{
	return touch_read(map + TABLE * page_size);
}

static void be_moved(void)
{
	be_touched();
	made_range(fd, PFNFAULT_TEST_INVALIDATE, 0, PAGES);
}

/* Who tells the waiting fault that it can go on. */
static pthread_t waker;

static void *wake_waiter(void *arg)
{
	if (waits_in(fd, 1))
		made_wake(fd);
	return arg;
}

static void be_busy(void)
{
	be_mapped();
	made_busy(fd, TEST_WAIT_EVENT);
	waker = start_thread(wake_waiter, NULL);
}

static void end_busy(void)
{
	pthread_join(waker, NULL);
	end();
}

/* That is for good: each time, another file. */
static int kept;

static void be_another(void)
{
	kept = fd;
	fd = made_open(O_RDWR);
	be_touched();
}

static void be_zeros(void)
{
	be_another();
	made_revoke(fd, REVOKE_ZEROS);
}

static void be_ones(void)
{
	be_another();
	made_revoke(fd, REVOKE_ONES);
}

static void end_another(void)
{
	end();
	close(fd);
	fd = kept;
}

static bool is_zeros(void)
{
	return !load(map) && !load(map + SIZE - 8);
}

static bool is_ones(void)
{
	return !~load(map) && !~load(map + SIZE - 8);
}

static int revoke_made(void)
{
	return ioctl(fd, PFNFAULT_TEST_REVOKE, REVOKE_ONES) ? errno : 0;
}

static int fixup(void)
{
	struct pfnfault_test_fixup fixup = { .addr = (uintptr_t)map };

	return ioctl(fd, PFNFAULT_TEST_FIXUP, &fixup) ? errno : 0;
}

static int prefault(void)
{
	struct pfnfault_test_prefault arg = {
		.addr = (uintptr_t)map, .nr = PAGES,
	};

	return ioctl(fd, PFNFAULT_TEST_PREFAULT, &arg) ? errno : 0;
}

static int debugger_reads(void)
{
	uint64_t word;

	return pread(mem, &word, sizeof(word), (uintptr_t)map) < 0 ? errno : 0;
}

/* ---- Writes that are tracked ---- */

static int start_dirty(void)
{
	return ioctl(fd, PFNFAULT_TEST_DIRTY_START) ? errno : 0;
}

static long collect(void)
{
	uint64_t bits[PFNFAULT_TEST_MAX_PAGES / 64];

	return ioctl(fd, PFNFAULT_TEST_DIRTY_COLLECT, bits);
}

static void end_tracked(void)
{
	end();
	must(ioctl(fd, PFNFAULT_TEST_DIRTY_STOP));
}

static void be_tracked(void)
{
	be_mapped();
	must(-!!start_dirty());
}

static void be_read(void)
{
	be_tracked();
	must(-!!touch_read(map));
}

static void be_written(void)
{
	be_tracked();
	must(-!!write_page());
}

static bool is_tracked(void)
{
	return !write_page() && collect() == 1 && !collect();
}

static bool is_told(void)
{
	return is_written() && collect() == 1;
}

static int collect_dirty(void)
{
	return collect() < 0 ? errno : 0;
}

static const struct operation of_faults[] = {
	{ .name = "a first touch of the next page table", .set_up = be_touched,
	  .run = read_next_table, .right = is_there, .undo = end, .least = 1 },
	{ .name = "a touch after an invalidation", .set_up = be_moved,
	  .run = read_page, .right = is_there, .undo = end },
	{ .name = "a first touch, by a huge entry", .set_up = be_mapped_huge,
	  .run = read_page, .right = is_there, .undo = end, .least = 1 },
	{ .name = "a first touch that waits", .set_up = be_busy,
	  .run = read_page, .right = is_there, .undo = end_busy, .least = 2 },
	{ .name = "revoke", .set_up = be_another, .run = revoke_made,
	  .right = is_ones, .undo = end_another },
	{ .name = "a touch of what was revoked, zeros", .set_up = be_zeros,
	  .run = read_page, .right = is_zeros, .undo = end_another, .least = 1 },
	{ .name = "a touch of what was revoked, ones", .set_up = be_ones,
	  .run = read_page, .right = is_ones, .undo = end_another, .least = 1 },
	{ .name = "a touch of what was revoked, by the kernel",
	  .set_up = be_ones, .run = kernel_reads, .right = is_ones,
	  .undo = end_another, .errors = { EFAULT }, .least = 1 },
	{ .name = "fixup_user_fault()", .set_up = be_mapped, .run = fixup,
	  .right = is_there, .undo = end, .errors = { ENOMEM }, .least = 2 },
	{ .name = "prefault", .set_up = be_mapped, .run = prefault,
	  .right = is_there, .undo = end, .errors = { ENOMEM }, .least = 3 },
	{ .name = "prefault by huge entries", .set_up = be_mapped_huge,
	  .run = prefault, .right = is_there, .undo = end,
	  .errors = { 0, ENOMEM }, .least = 1 },
	{ .name = "a read of /proc/self/mem", .set_up = be_mapped,
	  .run = debugger_reads, .right = is_there, .undo = end,
	  .errors = { ENOMEM }, .least = 1 },
	{ .name = "a read of /proc/self/mem of what was revoked",
	  .set_up = be_ones, .run = debugger_reads, .right = is_ones,
	  .undo = end_another, .errors = { EIO, ENOMEM }, .least = 2 },
	{ .name = "dirty start", .set_up = be_mapped, .run = start_dirty,
	  .right = is_tracked, .undo = end_tracked, .errors = { ENOMEM }, .least = 1 },
	{ .name = "a first write that is tracked", .set_up = be_tracked,
	  .run = write_page, .right = is_told, .undo = end_tracked, .least = 2 },
	{ .name = "a write that is tracked, after a read", .set_up = be_read,
	  .run = write_page, .right = is_told, .undo = end_tracked },
	{ .name = "dirty collect", .set_up = be_written, .run = collect_dirty,
	  .right = is_there, .undo = end_tracked },
};

static void test(const struct way *which)
{
	struct alive before = alive_now();

	way = which;
	fd = made_open(O_RDWR);
	must(ioctl(fd, PFNFAULT_TEST_SETUP, &way->setup));
	tap_comment("%s:", way->name);
	fail_all(of_ways);
	if (which == ways)
		fail_all(of_faults);
	close(fd);
	ok(same_alive(&before, way->name), "%s goes with its file", way->name);
}

int main(void)
{
	close(made_open(O_RDWR));	/* or all of it is skipped */
	let_allocations_fail();
	mem = must(open("/proc/self/mem", O_RDWR | O_CLOEXEC));
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		test(&ways[i]);
	return done();
}
