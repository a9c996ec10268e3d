// SPDX-License-Identifier: GPL-2.0-only
/* What the machine and its kernel are like, and what is in a PTE. */
#include <linux/kconfig.h>
#include <linux/mm.h>
#include <linux/pfnfault.h>
#include <linux/pgtable.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>

#include "test.h"

/* By what the kernel was configured with, not by what pfnfault makes of it. */
long test_machine(void __user *arg)
{
	struct pfnfault_test_machine machine = {
		.pages = TEST_PAGES,
		.table = PTRS_PER_PTE,
		.access = IS_ENABLED(CONFIG_HAVE_IOREMAP_PROT),
	};

#if defined(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP) && \
	defined(CONFIG_TRANSPARENT_HUGEPAGE)
	machine.block = PMD_SIZE >> PAGE_SHIFT;
#endif
	return copy_to_user(arg, &machine, sizeof(machine)) ? -EFAULT : 0;
}

struct query {
	struct pfnfault_test_pte pte;
	pgprot_t prot;		/* of RAM in such a VMA */
};

/* Which cache modes @bits may be, going by the bits in which they differ. */
static u32 cache_of(u64 bits, pgprot_t prot)
{
	/* s390x keeps what write-combining is from modules. */
	pgprot_t wc = IS_ENABLED(CONFIG_S390) ? prot : pgprot_writecombine(prot);
	const u64 modes[] = {
		[PFNFAULT_WB] = pgprot_val(prot),
		[PFNFAULT_WC] = pgprot_val(wc),
		[PFNFAULT_UC] = pgprot_val(pgprot_noncached(prot)),
	};
	u64 mask = (modes[0] ^ modes[1]) | (modes[0] ^ modes[2]);
	u32 cache = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (!((bits ^ modes[i]) & mask))
			cache |= 1 << i;
	return cache;
}

static int read_pte(pte_t *pte, unsigned long addr, void *data)
{
	struct query *query = data;
	pte_t now = ptep_get(pte), bare;

	query->pte.value = 0;
	query->pte.pfn = 0;
	query->pte.flags = 0;
	query->pte.cache = 0;
	if (pte_none(now))
		return 0;
	query->pte.value = pte_val(now);
	query->pte.pfn = pte_pfn(now);
	bare = pfn_pte(pte_pfn(now), __pgprot(0));
	query->pte.flags = pte_val(pte_mkold(pte_mkclean(now))) ^ pte_val(bare);
	query->pte.cache = cache_of(pte_val(now), query->prot);
	return 0;
}

long test_pte(void __user *arg)
{
	struct query query;
	struct vm_area_struct *vma;
	long err = -EFAULT;

	if (copy_from_user(&query.pte, arg, sizeof(query.pte)))
		return -EFAULT;
	mmap_read_lock(current->mm);
	vma = find_vma(current->mm, query.pte.addr);
	if (vma && query.pte.addr >= vma->vm_start &&
	    (vma->vm_flags & VM_PFNMAP)) {
		query.prot = vm_get_page_prot(vma->vm_flags);
		err = apply_to_page_range(current->mm,
					  query.pte.addr & PAGE_MASK,
					  PAGE_SIZE, read_pte, &query);
	}
	mmap_read_unlock(current->mm);
	if (!err && copy_to_user(arg, &query.pte, sizeof(query.pte)))
		return -EFAULT;
	return err;
}
