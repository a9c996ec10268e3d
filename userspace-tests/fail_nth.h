/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations of which every allocation fails once: the first one, then, of the
 * same operation done anew, the second one, and so on to the last. By the kernel's
 * fault injection, /proc/thread-self/fail-nth, of this thread alone.
 */
#ifndef FAIL_NTH_H
#define FAIL_NTH_H

#include <glob.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "made.h"

/*
 * Now and then a slab needs a new page, and all that comes after is one later: the
 * second time, it is not where it was.
 */
#define SWEEPS 2
#define MOST_FAILURES 2000	/* of one operation: more is an endless loop */
#define PERCPU (~0U)		/* not the nth, but the next per-CPU memory */
#define BY_SIGNAL 1000		/* what run() gives for a signal, and its number */

/**
 * struct operation - what is done, and what it may come to
 * @name: of it
 * @set_up: brings about what it needs, without failures; or NULL
 * @run: does it, with a failure; 0 or the errno, or BY_SIGNAL and more
 * @right: it was done, without an error: is all as it should be? or NULL
 * @undo: it and @set_up
 * @errors: what it may fail with; the first one must be seen, unless it is 0: then
 *	the kernel tries again, or does without
 * @least: failures there must be; 0: it allocates nothing
 * @keeps: what a failed one took is kept for the next, until @undo
 * @slow: it takes long, and so it is swept once
 * @regions: it initialises a region: its per-CPU memory, which is not of them, fails,
 *	too
 */
struct operation {
	const char *name;
	void (*set_up)(void);
	int (*run)(void);
	bool (*right)(void);
	void (*undo)(void);
	int errors[3];
	unsigned int least;
	bool keeps;
	bool slow;
	bool regions;
};

/* What is alive: see userspace-tests/guest/init. */
struct alive {
	unsigned int regions, references, pages, demo_pages;
};

static inline unsigned int count_of(const char *path)
{
	return access(path, F_OK) ? 0 : get_number(path);
}

static inline struct alive alive_now(void)
{
	return (struct alive){
		count_of("/sys/module/pfnfault/parameters/regions"),
		count_of("/sys/module/pfnfault/parameters/references"),
		count_of("/sys/module/pfnfault/parameters/pages"),
		count_of(DEMO_PAGES),
	};
}

static inline bool same_alive(const struct alive *was, const char *when)
{
	struct alive now = alive_now();

	if (!memcmp(&now, was, sizeof(now)))
		return true;
	tap_comment("%s: %u regions, %u references, %u pages, %u of the demo, were %u, %u, %u, %u",
		    when, now.regions, now.references, now.pages,
		    now.demo_pages, was->regions, was->references, was->pages,
		    was->demo_pages);
	return false;
}

/* ---- The kernel's part ---- */

static int fail_nth_fd = -1;

static inline void fail_nth(unsigned int n)
{
	char text[12];

	snprintf(text, sizeof(text), "%u", n);
	must(pwrite(fail_nth_fd, text, strlen(text), 0));
}

/* How many more allocations were to come; 0: it failed. And none does any more. */
static inline unsigned int fail_nth_left(void)
{
	char text[12] = "";

	must(pread(fail_nth_fd, text, sizeof(text) - 1, 0));
	fail_nth(0);
	return atoi(text);
}

/*
 * Of slabs, too, but for what looks for leaks and wrong objects itself: that would
 * be most of what fails, and nobody knows when. Where that is not to be written
 * (Linux 6.1), slub_debug=A has said so when the kernel was booted.
 */
static inline void let_slabs_fail(void)
{
	struct stat file;
	glob_t files;

	must(glob("/sys/kernel/slab/*/failslab", 0, NULL, &files) ? -1 : 0);
	for (size_t i = 0; i < files.gl_pathc; i++)
		if (!strstr(files.gl_pathv[i], "/kmemleak") &&
		    !strstr(files.gl_pathv[i], "/debug_objects") &&
		    !stat(files.gl_pathv[i], &file) && (file.st_mode & 0200))
			write_file(files.gl_pathv[i], "1");
	globfree(&files);
}

/* Every allocation can fail, also those that may sleep, and of one page. */
static inline void let_allocations_fail(void)
{
	static const char * const knobs[][2] = {
		{ "failslab/ignore-gfp-wait", "N" },
		{ "failslab/cache-filter", "Y" },
		{ "failslab/verbose", "0" },
		{ "fail_page_alloc/ignore-gfp-wait", "N" },
		{ "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ "fail_page_alloc/min-order", "0" },
		{ "fail_page_alloc/verbose", "0" },
	};
	char path[80];

	page_size = sysconf(_SC_PAGESIZE);
	fail_nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(knobs) / sizeof(knobs[0]); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", knobs[i][0]);
		if (fail_nth_fd < 0 || access(path, W_OK))
			skip_all("this kernel's allocations cannot be made to fail");
		write_file(path, knobs[i][1]);
	}
	let_slabs_fail();
	/* What faults here is not what is tested. */
	must(mlockall(MCL_CURRENT));
}

/* ---- One operation ---- */

struct outcome {
	unsigned int injected, failed;
	bool seen;		/* errors[0] */
	bool returns, works, kept;
};

/* Is @err one that it may fail with, or none? */
static inline bool expected(const struct operation *op, int err)
{
	for (size_t i = 0; i < sizeof(op->errors) / sizeof(op->errors[0]); i++)
		if (op->errors[i] == err)
			return true;
	return !err;
}

static inline const char *told(int err)
{
	if (err >= BY_SIGNAL)
		return strsignal(err - BY_SIGNAL);
	return err ? strerror(err) : "success";
}

/* Done right, without a failure? */
static inline bool works(const struct operation *op, unsigned int n, int err)
{
	if (!err && (!op->right || op->right()))
		return true;
	tap_comment("%s: once allocation %u had failed: %s%s", op->name, n,
		    told(err), err ? "" : ", but not right");
	return false;
}

static int percpu_fd = -1;

static inline void fail(unsigned int n)
{
	if (n == PERCPU)
		must(ioctl(percpu_fd, PFNFAULT_TEST_FAIL_PERCPU));
	else
		fail_nth(n);
}

static inline bool has_failed(unsigned int n)
{
	if (n == PERCPU)
		return ioctl(percpu_fd, PFNFAULT_TEST_PERCPU_FAILED) > 0;
	return !fail_nth_left() && n;
}

/* With allocation @n failing, or none: false, there are not that many. */
static inline bool fail_once(const struct operation *op, unsigned int n,
			     struct outcome *out)
{
	struct alive before = alive_now(), ready;
	bool injected;
	int err;

	if (op->set_up)
		op->set_up();
	ready = alive_now();
	fail(n);
	err = op->run();
	injected = has_failed(n);
	if (!expected(op, err) || (err && !injected)) {
		tap_comment("%s: allocation %u %s: %s", op->name, n,
			    injected ? "failed" : "did not fail", told(err));
		out->returns = false;
	}
	if (err) {
		out->failed++;
		out->seen |= err == op->errors[0];
		out->kept &= op->keeps || same_alive(&ready, op->name);
		err = op->run();
	}
	out->works &= works(op, n, err);
	op->undo();
	out->kept &= same_alive(&before, op->name);
	out->injected += injected;
	return injected;
}

/* Each allocation of @op from the one after @n on. */
static inline void fail_each_after(const struct operation *op, unsigned int n)
{
	struct outcome out = { .returns = true, .works = true, .kept = true };

	fail_once(op, 0, &out);
	for (int sweep = 0; sweep < (op->slow ? 1 : SWEEPS); sweep++)
		for (unsigned int next = n + 1; fail_once(op, next, &out) &&
		     out.injected < MOST_FAILURES; next++)
			;
	if (op->regions) {
		if (percpu_fd < 0)
			percpu_fd = made_open(O_RDWR);
		ok(fail_once(op, PERCPU, &out), "%s: its per-CPU memory fails",
		   op->name);
	}
	tap_comment("%s: %u allocations failed, and %u times it", op->name,
		    out.injected, out.failed);
	ok(op->least ? out.injected >= op->least && out.injected < MOST_FAILURES :
	   !out.injected, "%s: %s", op->name,
	   op->least ? "its allocations fail" : "allocates nothing");
	ok(out.returns && out.seen == !!op->errors[0], "... what that gives is right");
	ok(out.works, "... and then it works");
	ok(out.kept, "... and nothing is left of it");
}

static inline void fail_each(const struct operation *op)
{
	fail_each_after(op, 0);
}

static inline void fail_first(const struct operation *ops, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		fail_each(&ops[i]);
}

#define fail_all(ops) fail_first(ops, sizeof(ops) / sizeof((ops)[0]))

/* ---- What operations share ---- */

/*
 * An address whose page tables nobody else's share: what is mapped there needs all
 * of them.
 */
#define ALONE_SIZE (1UL << 30)
static inline void *alone(void)
{
	static char *address;

	if (!address) {
		char *room = must(mmap(NULL, 4 * ALONE_SIZE, PROT_NONE,
				       MAP_PRIVATE | MAP_ANONYMOUS |
				       MAP_NORESERVE, -1, 0));

		must(munmap(room, 4 * ALONE_SIZE));
		address = room + 2 * ALONE_SIZE - (uintptr_t)room % ALONE_SIZE;
	}
	return address;
}

static inline int touch_read(void *addr)
{
	int signo = touch(addr);

	return signo ? BY_SIGNAL + signo : 0;
}

static inline int touch_write(void *addr, uint64_t word)
{
	uint64_t own = 0;

	touch(&own);	/* for its handlers */
	touch_expected = true;
	if (!sigsetjmp(touch_env, 1))
		store(addr, word);
	touch_expected = false;
	return touch_info.si_signo ? BY_SIGNAL + touch_info.si_signo : 0;
}

/* By system calls that make one access: no routine that copies tries again. */
static inline int read_by_kernel(int fd, void *addr)
{
	return ioctl(fd, FIONBIO, addr) ? errno : 0;
}

static inline int written_by_kernel(void *addr)
{
	return syscall(SYS_getcpu, addr, NULL, NULL) ? errno : 0;
}

#endif /* FAIL_NTH_H */
