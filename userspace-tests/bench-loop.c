// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-loop STRATEGY: first touches, page after page, for ever: what
 * scripts/profile looks at from outside. Prints the kernel's symbols first.
 */
#include "bench.h"

static const struct strategy *const strategies[] = {
	&one, &one_vma_lock, &loop16, &apply, &by_default, &window_1, &huge,
	&anonymous,
};

static void print_symbols(void)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[256];

	if (!file)
		must(-1);
	while (fgets(line, sizeof(line), file))
		if (strstr(line, " t ") || strstr(line, " T "))
			printf("symbol %s", line);
	fclose(file);
}

int main(int argc, char **argv)
{
	const struct strategy *strategy = NULL;
	int fd;

	for (size_t i = 0; i < sizeof(strategies) / sizeof(*strategies); i++)
		if (argc == 2 && !strcmp(argv[1], strategies[i]->name))
			strategy = strategies[i];
	if (!strategy || !exists(strategy)) {
		printf("Bail out! no strategy %s here; there are:", argv[1]);
		for (size_t i = 0; i < sizeof(strategies) / sizeof(*strategies);
		     i++)
			printf(" %s", strategies[i]->name);
		printf("\n");
		return 255;
	}
	print_symbols();
	bench_start();
	fd = open_strategy(strategy);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		char *map = map_all(strategy, fd);

		read_all(map);
		unmap_all(map);
	}
}
