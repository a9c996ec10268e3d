// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocations that fail while the modules load. Would catch one that loads in
 * part, or cannot be loaded again; what an error path does not give back.
 */
#include "fail_nth.h"

/* A module, parameters that it loads with at once, and one that it does not. */
static const struct module {
	const char *name;
	const char *file;
	const char *right;
	const char *wrong;
} modules[] = {
	{ "pfnfault", "/lib/pfnfault.ko", "", "window=3" },
	{ "pfnfault_demo", "/lib/pfnfault_demo.ko",
	  "mspec_pages=16 xip_pages=4 vram_pages=16", "mspec_pages=0" },
}, *module;

static int load_with(const char *parameters)
{
	int file = must(open(module->file, O_RDONLY | O_CLOEXEC)), err;

	err = syscall(SYS_finit_module, file, parameters, 0) ? errno : 0;
	close(file);
	return err;
}

static int load_module(void)
{
	return load_with(module->right);
}

static void unload_module(void)
{
	must(syscall(SYS_delete_module, module->name, O_NONBLOCK));
}

static bool is_loaded(void)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/module/%s/initstate", module->name);
	return !access(path, R_OK);
}

/* Its nodes are there, but for devices'. */
static bool has_nodes(void)
{
	static const char * const nodes[] = { "mspec", "xip", "spe", "vram" };
	char path[40];

	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		snprintf(path, sizeof(path), "/dev/pfnfault-%s", nodes[i]);
		if (access(path, F_OK))
			return false;
	}
	return is_loaded();
}

static const struct operation of_modules[] = {
	{ .name = "load pfnfault", .run = load_module, .right = is_loaded,
	  .undo = unload_module, .errors = { ENOMEM }, .least = 20,
	  .slow = true },
	/* EINVAL is the driver core's, of a directory that there is no memory for. */
	{ .name = "load pfnfault_demo", .run = load_module,
	  .right = has_nodes, .undo = unload_module,
	  .errors = { ENOMEM, EINVAL }, .least = 40, .slow = true },
};

/*
 * How many allocations there are before a module is told its parameters: the
 * kernel's own, which tells in its log, with a backtrace, where it has no pages to
 * put a module.
 */
static unsigned int before_parameters(void)
{
	fail_nth(1000000);
	is(load_with(module->wrong), EINVAL, module->wrong);
	return 1000000 - fail_nth_left();
}

int main(void)
{
	if (access(modules[0].file, R_OK) || !access("/sys/module/pfnfault", F_OK))
		skip_all("for guests, before the modules are loaded");
	let_allocations_fail();
	for (size_t i = 0; i < 2; i++) {
		module = &modules[i];
		fail_each_after(&of_modules[i], before_parameters());
		if (!i)
			must(-!!load_module());
	}
	must(syscall(SYS_delete_module, "pfnfault", O_NONBLOCK));
	return done();
}
