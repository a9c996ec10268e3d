// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device goes while programs have it mapped. Would catch a mapping that a
 * revocation does not reach (another node's, a child's, half of a split VMA's),
 * a hang, an object freed too early, a removal that cannot be undone.
 */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "made.h"

#define PAGES 1024
#define SECOND_NODE "/tmp/pfnfault-second-node"

/* A process with a mapping of its own, told by a pipe when to look at it. */
struct process {
	pid_t pid;
	int ready, go;
};

/* Maps through @node, or uses the inherited @map; touches half, then waits. */
static struct process start(const char *node, void *map)
{
	int ready[2], go[2];
	struct process process;
	char byte = 0;

	must(pipe(ready));
	must(pipe(go));
	process.pid = child();
	if (!process.pid) {
		if (node) {
			int fd = must(open(node, O_RDWR));

			map = must(map_pages(fd, PROT_READ, 0, PAGES));
			close(fd);
		}
		for (size_t page = 0; page < PAGES / 2; page++)
			if (load(page_word(map, page)) != stamp(page))
				_exit(2);
		must(write(ready[1], &byte, 1));
		must(read(go[0], &byte, 1));
		_exit(!all_sigbus(map, PAGES) || munmap(map, PAGES * page_size));
	}
	process.ready = ready[0];
	process.go = go[1];
	return process;
}

static void wait_ready(struct process *process)
{
	char byte;

	must(read(process->ready, &byte, 1));
}

static int finish(struct process *process)
{
	must(write(process->go, "", 1));
	return status_of(process->pid);
}

/* Maps, touches all and unmaps, again and again, until SIGBUS. */
static pid_t start_faulting(int fd)
{
	pid_t pid = child();

	if (pid)
		return pid;
	for (;;) {
		void *map = map_pages(fd, PROT_READ, 0, PAGES);

		if (map == MAP_FAILED)
			_exit(errno != ENODEV);
		for (size_t page = 0; page < PAGES; page++) {
			int signo = touch(page_word(map, page));

			if (signo)
				_exit(signo != SIGBUS);
		}
		munmap(map, PAGES * page_size);
	}
}

static void test_remove(void)
{
	struct process same, other, inherited;
	int fd = bar_open(O_RDWR);
	char *device = strdup(bar_device()), remove[PATH_MAX];
	struct stat stat_buf;
	void *map, *split;
	pid_t faulting;

	stamp_all(fd);
	must(stat(BAR_NODE, &stat_buf));
	unlink(SECOND_NODE);
	must(mknod(SECOND_NODE, S_IFCHR | 0600, stat_buf.st_rdev));

	map = must(map_pages(fd, PROT_READ | PROT_WRITE, 0, PAGES));
	split = must(map_pages(fd, PROT_READ | PROT_WRITE, 0, PAGES));
	must(mprotect(page_word(split, 10), page_size, PROT_READ));
	must(stamped(map, 0, PAGES) && stamped(split, 0, PAGES) ? 0 : -1);

	same = start(BAR_NODE, NULL);
	other = start(SECOND_NODE, NULL);
	inherited = start(NULL, map);
	wait_ready(&same);
	wait_ready(&other);
	wait_ready(&inherited);
	faulting = start_faulting(fd);
	usleep(50000);

	snprintf(remove, sizeof(remove), "%s/remove", device);
	write_file(remove, "1");

	ok(all_sigbus(map, PAGES), "removed: every touch is SIGBUS, si_addr right");
	ok(all_sigbus(split, PAGES), "... in a VMA that was split");
	is(finish(&same), 0, "... in another process");
	is(finish(&other), 0, "... through a second device node");
	is(finish(&inherited), 0, "... in a child");
	is(status_of(faulting), 0, "... in a process that kept faulting");
	is(munmap(map, PAGES * page_size), 0, "munmap works");
	is(munmap(split, PAGES * page_size), 0, "... in parts too");
	fails(map_pages(fd, PROT_READ, 0, 1) == MAP_FAILED, ENODEV,
	      "mmap of the descriptor that is left");
	ok(bar_info(fd).faults > 0, "... its counters can still be read");
	fails(open(BAR_NODE, O_RDWR) < 0, ENOENT, "open of the node");
	fails(open(SECOND_NODE, O_RDWR) < 0, ENODEV, "open of the second node");

	rescan();
	map = must(map_pages(bar_open(O_RDWR), PROT_READ, 0, PAGES));
	ok(stamped(map, 0, PAGES), "rescan: a new open works, on the same memory");
	fails(map_pages(fd, PROT_READ, 0, 1) == MAP_FAILED, ENODEV,
	      "mmap of the old descriptor, still");
	munmap(map, PAGES * page_size);
	close(fd);
	unlink(SECOND_NODE);
	free(device);
}

/* The driver lets go of the device, which stays. */
static void test_unbind(void)
{
	int fd = bar_open(O_RDWR);
	void *map = must(map_pages(fd, PROT_READ, 0, PAGES));
	char *device = strdup(bar_device());
	char *name = strrchr(device, '/') + 1;

	ok(stamped(map, 0, PAGES), "mapped");
	write_file("/sys/bus/pci/drivers/pfnfault-bar/unbind", name);
	ok(all_sigbus(map, PAGES), "unbound: every touch is SIGBUS");
	write_file("/sys/bus/pci/drivers/pfnfault-bar/bind", name);
	ok(all_sigbus(map, PAGES), "bound again: the old mapping stays SIGBUS");
	munmap(map, PAGES * page_size);
	close(fd);
	fd = bar_open(O_RDWR);
	map = must(map_pages(fd, PROT_READ, 0, PAGES));
	ok(stamped(map, 0, PAGES), "... and a new one works");
	munmap(map, PAGES * page_size);
	close(fd);
	free(device);
}

/* What bind says of a probe() that fails with @err: Linux before 5.12 forgets it. */
static int bind_error(int err)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	must(uname(&name));
	must(sscanf(name.release, "%u.%u", &major, &minor) == 2 ? 0 : -1);
	return major < 5 || (major == 5 && minor < 12) ? ENODEV : err;
}

/* A BAR that another driver has: the probe fails, and leaves no trace. */
static void test_claimed(void)
{
	struct pfnfault_test_claim claim;
	char *device = strdup(bar_device()), path[PATH_MAX];
	char *name = strrchr(device, '/') + 1;
	unsigned long long start = 0, end = 0;
	int made = made_open(O_RDWR), bind;
	FILE *file;

	write_file("/sys/bus/pci/drivers/pfnfault-bar/unbind", name);
	snprintf(path, sizeof(path), "%s/resource", device);
	file = fopen(path, "r");
	for (int bar = 0; file && bar <= 2; bar++)
		if (fscanf(file, "%llx %llx %*x", &start, &end) != 2)
			break;
	if (file)
		fclose(file);
	claim.start = start;
	claim.size = end + 1 - start;
	must(ioctl(made, PFNFAULT_TEST_CLAIM, &claim));
	bind = must(open("/sys/bus/pci/drivers/pfnfault-bar/bind", O_WRONLY));
	fails(write(bind, name, strlen(name)) < 0, bind_error(EBUSY),
	      "binding a device whose BAR is claimed");
	is(access(BAR_NODE, F_OK), -1, "... makes no node");
	close(made);
	is(write(bind, name, strlen(name)), strlen(name),
	   "... and works when it is free");
	close(bind);
	close(bar_open(O_RDWR));
	free(device);
}

/* A mapping alone, without a descriptor, keeps the module. */
static void test_rmmod(void)
{
	int fd = bar_open(O_RDWR);
	void *map = must(map_pages(fd, PROT_READ, 0, 1));

	close(fd);
	fails(syscall(SYS_delete_module, "pfnfault_demo", O_NONBLOCK),
	      EWOULDBLOCK, "rmmod of the driver while a page is mapped");
	fails(syscall(SYS_delete_module, "pfnfault", O_NONBLOCK),
	      EWOULDBLOCK, "rmmod of pfnfault while a driver uses it");
	munmap(map, page_size);
}

int main(void)
{
	if (geteuid())
		skip_all("removing a device needs root");
	test_rmmod();
	test_remove();
	test_unbind();
	test_claimed();
	return done();
}
