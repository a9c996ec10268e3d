/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test harness on libc alone: TAP on standard output, one line a check. A
 * test program is a main() that calls ok() and ends in "return done();".
 */
#ifndef TAP_H
#define TAP_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int tap_count, tap_failed;

static inline void tap_comment(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));
static inline void tap_comment(const char *fmt, ...)
{
	va_list args;

	printf("# ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

/* One check: what must hold, in words. Returns what it was given. */
static inline bool ok(bool passed, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static inline bool ok(bool passed, const char *fmt, ...)
{
	va_list args;

	printf("%sok %d - ", passed ? "" : "not ", ++tap_count);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	tap_failed += !passed;
	return passed;
}

/* A check of a number; prints both where they differ. */
static inline bool is(uint64_t got, uint64_t want, const char *what)
{
	if (!ok(got == want, "%s", what))
		tap_comment("got %llu (%#llx), want %llu (%#llx)",
			    (unsigned long long)got, (unsigned long long)got,
			    (unsigned long long)want, (unsigned long long)want);
	return got == want;
}

/* A check that a call failed with an errno; call it right after the call. */
static inline bool fails(bool failed, int want, const char *what)
{
	int got = errno;

	if (!ok(failed && got == want, "%s: %s", what, strerror(want)))
		tap_comment("%s%s", failed ? "failed, but with: " : "succeeded",
			    failed ? strerror(got) : "");
	return failed && got == want;
}

static inline void skip(const char *what, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++tap_count, what, why);
	fflush(stdout);
}

/* Something that must work for the test to make sense did not. */
#define must(expr) ({							\
	__auto_type must_ret = (expr);					\
	if ((long)must_ret == -1) {					\
		printf("Bail out! %s:%d: %s: %s\n", __FILE__, __LINE__, \
		       #expr, strerror(errno));				\
		exit(255);						\
	}								\
	must_ret; })

/* Has the kernel's log a line with both? */
static inline bool logged(const char *one, const char *other)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	bool found = false;
	char line[8192];
	ssize_t len;

	while (fd >= 0 && !found) {
		len = read(fd, line, sizeof(line) - 1);
		if (len < 0 && errno == EPIPE)	/* overwritten: go on */
			continue;
		if (len <= 0)
			break;
		line[len] = 0;
		found = strstr(line, one) && strstr(line, other);
	}
	if (fd >= 0)
		close(fd);
	return found;
}

static inline int done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}

/* Also in the middle of a test: what was done counts, the rest is skipped. */
static inline void skip_all(const char *why)
{
	if (tap_count) {
		skip("the rest", why);
		exit(done());
	}
	printf("1..0 # SKIP %s\n", why);
	exit(0);
}

#endif /* TAP_H */
