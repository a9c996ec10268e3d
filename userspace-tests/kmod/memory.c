// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for a place: consecutive pages, more of them than the page allocator
 * gives at once on some machines (s390x: 1 MiB). There, they are as many of its
 * largest pieces as happen to lie side by side.
 */
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "test.h"

#define MAX_PIECES 256

static int ascending(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a;
	unsigned long y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

/* The first of @want pieces of @size that lie side by side; @nr: there is none. */
static unsigned int find_run(const unsigned long *pieces, unsigned int nr,
			     size_t size, unsigned int want)
{
	unsigned int i, start = 0;

	for (i = 0; i < nr; i++) {
		if (i && pieces[i] != pieces[i - 1] + size)
			start = i;
		if (i - start + 1 == want)
			return start;
	}
	return nr;
}

static unsigned long alloc_piece(size_t size)
{
	return (unsigned long)alloc_pages_exact(size, GFP_KERNEL |
						__GFP_NOWARN);
}

static void *alloc_run(unsigned long *pieces, size_t size, unsigned int want)
{
	unsigned int nr = 0, run, i;

	while (nr < MAX_PIECES) {
		pieces[nr] = alloc_piece(size);
		if (!pieces[nr])
			break;
		nr++;
	}
	sort(pieces, nr, sizeof(*pieces), ascending, NULL);
	run = find_run(pieces, nr, size, want);
	for (i = 0; i < nr; i++)
		if (run == nr || i < run || i >= run + want)
			free_pages_exact((void *)pieces[i], size);
	return run == nr ? NULL : (void *)pieces[run];
}

static void *alloc_pieces(void)
{
	unsigned long *pieces = kcalloc(MAX_PIECES, sizeof(*pieces), GFP_KERNEL);
	void *place = NULL;
	size_t size;

	if (!pieces)
		return NULL;
	for (size = PLACE_SIZE / 2; !place && size >= PLACE_SIZE / 8; size /= 2)
		place = alloc_run(pieces, size, PLACE_SIZE / size);
	kfree(pieces);
	return place;
}

/* Zeroed; or NULL. */
void *test_alloc_place(void)
{
	void *place = (void *)alloc_piece(PLACE_SIZE);

	if (!place)
		place = alloc_pieces();
	if (place)
		memset(place, 0, PLACE_SIZE);
	return place;
}

void test_free_place(void *place)
{
	free_pages_exact(place, PLACE_SIZE);
}
