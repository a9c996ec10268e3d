// SPDX-License-Identifier: GPL-2.0-only
/*
 * gdb on a program that has the BAR mapped: it reads and writes words that the
 * program has touched, and words that it has not. Would catch an ->access that
 * ptrace() in a test of ours is content with, and a debugger is not.
 */
#include "made.h"

#define GDB "/usr/bin/gdb"

/* Runs gdb on @pid with one command; what it printed of it. */
static const char *gdb(pid_t pid, const char *command)
{
	static char line[256];
	char shell[512], last[256] = "";
	FILE *pipe;

	snprintf(shell, sizeof(shell),
		 GDB " -nx -batch -p %d -ex '%s' 2>/dev/null", pid, command);
	fflush(stdout);
	pipe = popen(shell, "r");
	while (pipe && fgets(line, sizeof(line), pipe))
		if (strstr(line, "0x"))
			strcpy(last, line);
	if (pipe)
		pclose(pipe);
	strcpy(line, last);
	return line;
}

static uint64_t gdb_read(pid_t pid, void *addr)
{
	char command[64];
	const char *colon;

	snprintf(command, sizeof(command), "x/1xg %p", addr);
	colon = strchr(gdb(pid, command), ':');
	return colon ? strtoull(colon + 1, NULL, 16) : 0;
}

static void gdb_write(pid_t pid, void *addr, uint64_t value)
{
	char command[96];

	snprintf(command, sizeof(command), "set {unsigned long long}%p = %#llx",
		 addr, (unsigned long long)value);
	gdb(pid, command);
}

int main(void)
{
	int fd, ready[2];
	char byte = 0;
	void *map;
	pid_t pid;

	if (access(GDB, X_OK))
		skip_all("no " GDB);
	fd = bar_open(O_RDWR);
	stamp_all(fd);
	map = must(map_pages(fd, PROT_READ | PROT_WRITE, 0, 64));
	must(pipe(ready));
	pid = child();
	if (!pid) {
		(void)load(page_word(map, 1));
		must(write(ready[1], &byte, 1));
		for (;;)
			pause();
	}
	must(read(ready[0], &byte, 1));
	is(gdb_read(pid, page_word(map, 1)), stamp(1),
	   "gdb reads a word of the BAR that was touched");
	is(gdb_read(pid, page_word(map, 40)), stamp(40),
	   "... and one that was not");
	gdb_write(pid, page_word(map, 1), 11);
	gdb_write(pid, page_word(map, 41), 12);
	is(load(page_word(map, 1)), 11, "... writes the one");
	is(load(page_word(map, 41)), 12, "... and the other");
	is(gdb_read(pid, page_word(map, 41)), 12, "... and reads it again");
	kill(pid, SIGKILL);
	is(status_of(pid), 128 + SIGKILL, "the program was not disturbed");
	munmap(map, 64 * page_size);
	close(fd);
	return done();
}
