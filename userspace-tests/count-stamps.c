// SPDX-License-Identifier: GPL-2.0-only
/* count-stamps FILE: the pages of a BAR's file that bear the tests' stamp. */
#include "bar.h"

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
	static uint64_t words[4096 / 8];
	size_t page, count = 0;

	if (!file) {
		fprintf(stderr, "usage: count-stamps FILE\n");
		return 2;
	}
	for (page = 0; fread(words, sizeof(words), 1, file) == 1; page++)
		count += words[0] == stamp(page);
	printf("%zu\n", count);
	fclose(file);
	return 0;
}
