// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocations that fail in what the nodes of the demo driver do beyond faults.
 * Would catch memory that a failed move or eviction has lost, a loader or a lock
 * that stays taken, a context that loses what it had.
 */
#include "fail_nth.h"
#include "spe.h"
#include "vram.h"

#define RW (PROT_READ | PROT_WRITE)

/* ---- /dev/pfnfault-vram ---- */

static int fd;
static void *map;
static uint64_t object;
static size_t nr;		/* pages of the object */
static uint64_t other;		/* another one */

static void be_vram(void)
{
	fd = vram_open();
	nr = vram_pages();
}

static void close_vram(void)
{
	close(fd);
}

static int create(void)
{
	struct pfnfault_vram_object arg = { .size = 16 * page_size };

	return ioctl(fd, PFNFAULT_VRAM_CREATE, &arg) ? errno : 0;
}

/* As many pages as VRAM has, mapped where huge entries can be. */
static void be_object(void)
{
	be_vram();
	object = vram_create(fd, nr);
	map = must(mmap(alone(), nr * page_size, RW, MAP_SHARED |
			MAP_FIXED_NOREPLACE, fd, object));
}

static void be_stamped(void)
{
	be_object();
	for (size_t page = 0; page < nr; page++)
		store(page_word(map, page), stamp(page));
}

static bool is_stamped(void)
{
	return stamped(map, 0, nr);
}

static void be_in_vram(void)
{
	be_stamped();
	must(-!!vram_move(fd, object, PFNFAULT_VRAM_VRAM));
}

/* VRAM is full, and another wants to be there. */
static void be_wanted(void)
{
	be_in_vram();
	other = vram_create(fd, nr);
}

static void end_vram(void)
{
	munmap(map, nr * page_size);
	close(fd);
}

static int read_huge(void)
{
	return touch_read(page_word(map, nr / 2));
}

static bool is_zero(void)
{
	return !load(map) && !load(page_word(map, nr - 1));
}

static int move_in(void)
{
	return vram_move(fd, object, PFNFAULT_VRAM_VRAM);
}

static int move_out(void)
{
	return vram_move(fd, object, PFNFAULT_VRAM_SYSTEM);
}

static int evict(void)
{
	return vram_move(fd, other, PFNFAULT_VRAM_VRAM);
}

static bool is_evicted(void)
{
	return vram_info(fd, object).place == PFNFAULT_VRAM_SYSTEM &&
		is_stamped();
}

static int destroy(void)
{
	struct pfnfault_vram_object answer;

	return vram_destroy(fd, object, &answer);
}

static bool is_destroyed(void)
{
	return touch_read(map) == BY_SIGNAL + SIGBUS;
}

static const struct operation of_vram[] = {
	{ .name = "create", .set_up = be_vram, .run = create,
	  .undo = close_vram, .errors = { ENOMEM }, .least = 2,
	  .regions = true },
	{ .name = "a first touch, by a huge entry", .set_up = be_object,
	  .run = read_huge, .right = is_zero, .undo = end_vram, .least = 1 },
	{ .name = "move to VRAM", .set_up = be_stamped, .run = move_in,
	  .right = is_stamped, .undo = end_vram },
	{ .name = "move to system memory", .set_up = be_in_vram,
	  .run = move_out, .right = is_stamped, .undo = end_vram,
	  .errors = { ENOMEM }, .least = 1 },
	{ .name = "evict", .set_up = be_wanted, .run = evict,
	  .right = is_evicted, .undo = end_vram, .errors = { ENOMEM },
	  .least = 1 },
	{ .name = "destroy", .set_up = be_in_vram, .run = destroy,
	  .right = is_destroyed, .undo = end_vram },
};

/* ---- /dev/pfnfault-spe ---- */

static struct spe spes[MAX_HOLDERS + 1];
static unsigned int slots;

/* One more than there are slots, all of which are taken. */
static void be_contexts(void)
{
	size_t size = (LS_PAGES + 1) * page_size;
	unsigned int i = 0;

	do {
		spes[i] = spe_new();
		slots = spe_info(&spes[0]).slots;
		store(page_word(spes[i].map, 1), stamp(i));
		if (i < slots)
			store(problem(&spes[i]), stamp(i));
	} while (++i <= slots);
	/* Nothing of it is mapped. */
	must(munmap(spes[slots].map, size));
	spes[slots].map = must(mmap(alone(), size, RW, MAP_SHARED |
				    MAP_FIXED_NOREPLACE, spes[slots].fd, 0));
}

static int preempt(void)
{
	return touch_write(problem(&spes[slots]), stamp(slots));
}

static bool is_preempted(void)
{
	bool all = true;

	for (unsigned int i = 0; i <= slots; i++)
		all &= load(page_word(spes[i].map, 1)) == stamp(i) &&
			load(problem(&spes[i])) == stamp(i);
	return all;
}

static void end_contexts(void)
{
	for (unsigned int i = 0; i <= slots; i++)
		spe_end(&spes[i]);
}

static int open_context(void)
{
	spes[0].fd = open(SPE_NODE, O_RDWR | O_CLOEXEC);
	return spes[0].fd < 0 ? errno : 0;
}

static void close_context(void)
{
	close(spes[0].fd);
}

static const struct operation of_spe[] = {
	{ .name = "a context", .run = open_context, .undo = close_context,
	  .errors = { ENOMEM }, .least = 2, .regions = true },
	{ .name = "a first touch that takes another's slot",
	  .set_up = be_contexts, .run = preempt, .right = is_preempted,
	  .undo = end_contexts, .least = 1 },
};

/* ---- /dev/pfnfault-xip ---- */

#define XIP_NODE "/dev/pfnfault-xip"

typedef int code_t(int x);

/* What is executed: it must not depend on where it is. */
__attribute__((noinline, noclone, section("fail_code"))) static int code(int x)
{
	return 3 * x + 1;
}

extern const char __start_fail_code[], __stop_fail_code[];

static int load_code(void)
{
	size_t size = __stop_fail_code - __start_fail_code;
	int loader = open(XIP_NODE, O_WRONLY | O_CLOEXEC), err = 0;

	if (loader < 0)
		return errno;
	if (write(loader, __start_fail_code, size) != (ssize_t)size)
		err = errno;
	close(loader);
	return err;
}

static void be_reader(void)
{
	fd = must(open(XIP_NODE, O_RDONLY | O_CLOEXEC));
	map = must(mmap(alone(), page_size, PROT_READ | PROT_EXEC,
			MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0));
}

static void be_code(void)
{
	must(-!!load_code());
	be_reader();
}

static int execute(void)
{
	size_t offset = (const char *)code - __start_fail_code;
	code_t *there = (code_t *)((char *)map + offset);

	return there(2) == code(2) ? 0 : EILSEQ;
}

static bool is_executed(void)
{
	return !execute();
}

/* ... and the image is zero again, as after insmod. */
static void end_xip(void)
{
	munmap(map, page_size);
	close(fd);
	close(must(open(XIP_NODE, O_WRONLY)));
}

static const struct operation of_xip[] = {
	{ .name = "load an image", .set_up = be_reader, .run = load_code,
	  .right = is_executed, .undo = end_xip, .errors = { ENOMEM },
	  .least = 2 },
	{ .name = "a first touch, by executing", .set_up = be_code,
	  .run = execute, .right = is_executed, .undo = end_xip, .least = 2 },
};

int main(void)
{
	close(vram_open());	/* or all of it is skipped */
	let_allocations_fail();
	fail_all(of_vram);
	fail_all(of_spe);
	fail_all(of_xip);
	return done();
}
