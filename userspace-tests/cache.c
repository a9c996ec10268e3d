// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cache mode in the page table is the kernel's verdict, in every PTE alike.
 * Would catch neighbours that carry other bits than the page which core
 * installed. Runs once for each mode that the driver is loaded with.
 */
#include "made.h"

#define CACHE "/sys/module/pfnfault_demo/parameters/cache"
#define MEMTYPES "/sys/kernel/debug/x86/pat_memtype_list"

/* Of a PTE on x86: Linux programs the PAT so that these are WC and UC-. */
#define X86_PWT 0x08ULL
#define X86_PCD 0x10ULL
#define X86_PAT 0x80ULL

/*
 * What the kernel's list says of the memory at @addr. It need not be what the
 * driver asked for: there, "wb" becomes UC- where the MTRRs say uncached.
 */
static bool x86_verdict(uint64_t addr, char *type, uint64_t *bits)
{
	FILE *file = fopen(MEMTYPES, "r");
	char line[128];

	type[0] = 0;
	while (file && fgets(line, sizeof(line), file)) {
		unsigned long long start, end;

		if (sscanf(line, "PAT: [mem %llx-%llx] %31s", &start, &end,
			   type) == 3 && start <= addr && addr < end)
			break;
		type[0] = 0;
	}
	if (file)
		fclose(file);
	*bits = !strcmp(type, "write-combining") ? X86_PWT :
		!strcmp(type, "uncached-minus") ? X86_PCD : 0;
	return *bits || !strcmp(type, "write-back");
}

/*
 * Where there is no such list, the PTE has what the driver asked for: names are
 * those of the driver's parameter, in the order of enum pfnfault_cache.
 */
static void test_mode(const struct pfnfault_test_pte *pte, const char *mode)
{
	static const char *const names[] = { "wb", "wc", "uc" };
	unsigned int i = 0;

	if (memory_types() || pte->cache == 7) {
		skip("the mode that was asked for", memory_types() ?
		     "the kernel's list of memory types decides" :
		     "this machine's PTEs have no cache modes");
		return;
	}
	while (i < 2 && strcmp(mode, names[i]))
		i++;
	ok(pte->cache & 1u << i, "the page has the mode that was asked for, %s",
	   names[i]);
}

/* The kernel's own mapping, of a mode that suits the program's. */
static void test_access(void *map)
{
	int mem = must(open("/proc/self/mem", O_RDWR));
	uint64_t value = 0;

	if (!machine()->access) {
		skip("an access through the kernel", "this kernel has no ->access");
	} else {
		store(page_word(map, 1), 0x1234567);
		ok(pread(mem, &value, 8, (uintptr_t)page_word(map, 1)) == 8 &&
		   value == 0x1234567, "a read through the kernel");
		value++;
		ok(pwrite(mem, &value, 8, (uintptr_t)page_word(map, 1)) == 8 &&
		   load(page_word(map, 1)) == value, "... and a write");
	}
	close(mem);
}

/* RAM, write-back by its extent, in a VMA that its driver gave another mode. */
static void test_write_back(int made)
{
	struct pfnfault_test_setup setup = { .kind = TEST_REGION, .wc = 1 };
	const size_t nr = 4;	/* no huge entry */
	char *map;
	uint32_t cache;

	must(ioctl(made, PFNFAULT_TEST_SETUP, &setup));
	map = must(map_pages(made, PROT_READ | PROT_WRITE, 0, nr));
	store(map, 1);
	cache = pte_of(made, map).cache;
	if (cache == 7)
		skip("write-back", "this machine's PTEs have no cache modes");
	else
		is(cache, 1, "write-back in a VMA of write-combining");
	munmap(map, nr * page_size);
}

int main(void)
{
	int made = made_open(O_RDWR), fd = bar_open(O_RDWR);
	size_t nr = bar_pages(fd) / 8, alike = 0, consecutive = 0;
	size_t begin = nr / 7;		/* neither a first page nor a last */
	struct pfnfault_test_pte first;
	FILE *file = fopen(CACHE, "r");
	char mode[8] = "", type[32];
	uint64_t bits;
	void *map;

	if (!ok(file && fscanf(file, "%7s", mode) == 1, "cache=%s", mode))
		return done();
	fclose(file);
	map = must(map_pages(fd, PROT_READ | PROT_WRITE, 0, nr));
	for (size_t i = 0; i < nr; i++)
		(void)load(page_word(map, (begin + i) % nr));
	first = pte_of(made, page_word(map, begin));
	test_mode(&first, mode);
	if (x86_verdict(first.pfn * page_size, type, &bits)) {
		is(first.value & (X86_PWT | X86_PCD | X86_PAT), bits,
		   "the page that faulted first has the kernel's verdict");
		tap_comment("asked for %s, the verdict is %s", mode, type);
		ok(strcmp(mode, "wc") || !strcmp(type, "write-combining"),
		   "... and write-combining really is");
	} else {
		skip("the kernel's verdict", "no " MEMTYPES);
	}
	for (size_t page = 0; page < nr; page++) {
		struct pfnfault_test_pte pte = pte_of(made, page_word(map, page));

		alike += pte.value && pte.flags == first.flags;
		consecutive += pte.pfn == first.pfn - begin + page;
	}
	is(alike, nr, "all PTEs carry the same bits");
	is(consecutive, nr, "... and consecutive PFNs");
	test_access(map);
	test_write_back(made);
	munmap(map, nr * page_size);
	close(made);
	close(fd);
	return done();
}
