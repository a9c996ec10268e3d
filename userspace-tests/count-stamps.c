// SPDX-License-Identifier: GPL-2.0-only
/*
 * count-stamps FILE [PAGE_SIZE]: the pages of a BAR's file that bear the tests'
 * stamp; of 4096 bytes, or as large as the guest's are.
 */
#include "bar.h"

int main(int argc, char **argv)
{
	FILE *file = argc == 2 || argc == 3 ? fopen(argv[1], "r") : NULL;
	size_t size = argc == 3 ? strtoul(argv[2], NULL, 0) : 4096;
	size_t page, count = 0;
	uint64_t *words;

	if (!file || size < sizeof(*words)) {
		fprintf(stderr, "usage: count-stamps FILE [PAGE_SIZE]\n");
		return 2;
	}
	words = malloc(size);
	for (page = 0; words && fread(words, size, 1, file) == 1; page++)
		count += words[0] == stamp(page);
	free(words);
	printf("%zu\n", count);
	fclose(file);
	return 0;
}
