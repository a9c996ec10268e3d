// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals to a program that waits in a fault, on the problem state of a context
 * that gets no slot: in user mode, and in the kernel's own access on its behalf.
 * Would catch a wait that no signal ends, a spin on a pending one, a signal that
 * kills the fault, a program that cannot be killed.
 */
#include <linux/futex.h>
#include <sys/syscall.h>

#include "spe.h"

static struct shared {
	volatile double handled;	/* when the handler ran */
	volatile int count;		/* ... and how often */
	volatile int ready;		/* about to touch */
} *shared;

static void handler(int signo)
{
	(void)signo;
	shared->handled = seconds(CLOCK_MONOTONIC);
	shared->count++;
}

/* What a child does; all of them touch the problem state. */
typedef long (*touching)(void *word);

static long by_load(void *word)
{
	return load(word);
}

static long by_write(void *word)
{
	int fds[2];

	must(pipe(fds));
	return write(fds[1], word, 8) == 8 ? 1 : -1;
}

static long by_read(void *word)
{
	int fd = must(open("/proc/self/exe", O_RDONLY));

	return read(fd, word, 8) == 8 ? 1 : -1;
}

/* A get_user(): the value does not match. */
static long by_futex_wait(void *word)
{
	return syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, 12345, NULL) < 0 &&
		errno == EAGAIN ? 1 : -1;
}

/* A fixup_user_fault(), which may not retry. */
static long by_futex_op(void *word)
{
	return syscall(SYS_futex, word, FUTEX_WAKE_OP_PRIVATE, 1, 1, word,
		       FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_EQ, 0)) < 0 ?
		-1 : 1;
}

static struct spe spe;

static pid_t start(touching touch_it)
{
	struct sigaction action = { .sa_handler = handler };
	uint64_t retries = bar_info(spe.fd).retries;
	pid_t pid;

	shared->count = 0;
	pid = child();
	if (!pid) {
		sigaction(SIGUSR1, &action, NULL);
		_exit(touch_it(problem(&spe)) == 1 ? 0 : 1);
	}
	ok(comes_true(bar_info(spe.fd).retries > retries), "it waits");
	return pid;
}

static double cpu_time(pid_t pid)
{
	clockid_t clock;

	errno = clock_getcpuclockid(pid, &clock);
	must(errno ? -1 : 0);
	return seconds(clock);
}

static void kill_it(pid_t pid)
{
	double start = seconds(CLOCK_MONOTONIC);

	must(kill(pid, SIGKILL));
	ok(comes_true(has_ended(pid)) &&
	   seconds(CLOCK_MONOTONIC) - start < 1,
	   "... SIGKILL ends it at once (%d us)",
	   (int)((seconds(CLOCK_MONOTONIC) - start) * 1e6));
	is(has_ended(pid) ? status_of(pid) : -1, 128 + SIGKILL,
	   "... of nothing else");
}

/* The problem state is 1 where it is loaded: what a child must see. */
static void release(void)
{
	spe_let_go(&holders[0]);
}

static void hold_again(void)
{
	spe_hold(&holders[0]);
	is(spe_info(&spe).slot, -1, "every slot is held");
}

static void test_user(void)
{
	double sent;
	int status;
	pid_t pid;

	hold_again();
	tap_comment("a load by the program");
	pid = start(by_load);
	for (int i = 1; i <= 3; i++) {
		sent = seconds(CLOCK_MONOTONIC);
		must(kill(pid, SIGUSR1));
		ok(comes_true(shared->count == i) &&
		   shared->handled - sent < 0.1,
		   "a signal's handler runs within 100 ms (%d us)",
		   (int)((shared->handled - sent) * 1e6));
	}
	ok(!has_ended(pid), "... and the fault is taken again");
	must(kill(pid, SIGSTOP));
	ok(comes_true(waitpid(pid, &status, WUNTRACED | WNOHANG) == pid) &&
	   WIFSTOPPED(status), "SIGSTOP stops it");
	release();
	usleep(50000);
	ok(!has_ended(pid), "... though the page is there now");
	must(kill(pid, SIGCONT));
	is(status_of(pid), 0, "SIGCONT lets it go on, to the right word");
	is(shared->count, 3, "... each signal was handled once");

	hold_again();
	pid = start(by_load);
	kill_it(pid);
	release();
}

static void test_kernel(touching touch_it, const char *what)
{
	double cpu;
	pid_t pid;

	hold_again();
	tap_comment("%s", what);
	pid = start(touch_it);
	must(kill(pid, SIGUSR1));
	cpu = cpu_time(pid);
	usleep(2000000);
	cpu = cpu_time(pid) - cpu;
	ok(cpu < 0.02, "%s: a pending signal costs no CPU (%d us in 2 s)", what,
	   (int)(cpu * 1e6));
	ok(!has_ended(pid), "... and ends nothing");
	kill_it(pid);

	pid = start(touch_it);
	must(kill(pid, SIGUSR1));
	release();
	is(status_of(pid), 0, "... with a slot, the call succeeds");
	is(shared->count, 1, "... and then the signal is handled");
}

int main(void)
{
	shared = must(mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	spe = spe_new();
	store(problem(&spe), 1);
	hold_all();
	spe_let_go(&holders[0]);
	test_user();
	test_kernel(by_write, "write() from it");
	test_kernel(by_read, "read() into it");
	test_kernel(by_futex_wait, "futex(FUTEX_WAIT)");
	test_kernel(by_futex_op, "futex(FUTEX_WAKE_OP)");
	let_all_go();
	spe_end(&spe);
	return done();
}
