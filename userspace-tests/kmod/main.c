// SPDX-License-Identifier: GPL-2.0-only
/* /dev/pfnfault-test: see pfnfault_test.h. For tests only. */
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/ioport.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../../module/compat.h"
#include "test.h"

int test_resolve(struct pfnfault_region *region, unsigned long index,
		 struct pfnfault_extent *extent)
{
	struct test *test = container_of(region, struct test, region);
	int err = 0;

	test_enter_op(test);
	extent->index = 0;
	extent->nr = region->nr_pages;
	extent->pfn = test_pfn(test, 0);
	atomic_long_inc(&test->entered);
	if (test->setup.kind == TEST_REGION_SHORT) {
		extent->index = index - index % test->setup.value;
		extent->nr = test->setup.value;
		extent->pfn += extent->index;
	}
	if (test->setup.delay_ms)
		msleep(test->setup.delay_ms);
	if (test_inject(test))
		err = test->setup.kind == TEST_REGION ? test->setup.value :
			test_resolve_badly(test->setup.value, extent);
	if (test->setup.hole && index >= test->setup.hole)
		err = -EIO;
	test_leave_op(test);
	return err;
}

static void test_free(struct pfnfault_region *region)
{
	struct test *test = container_of(region, struct test, region);
	int place;

	pfnfault_space_destroy(&test->space);
	for (place = 0; place < 2; place++)
		test_free_place(test->memory[place]);
	kfree(test);
}

static const struct pfnfault_ops test_ops = {
	.resolve = test_resolve,
	.release = test_free,
};

static const struct pfnfault_ops test_cow_ops = {
	.resolve = test_resolve,
	.release = test_free,
	.flags = PFNFAULT_COW,
};

static const struct pfnfault_ops test_touched_ops = {
	.resolve = test_resolve,
	.release = test_free,
	.flags = PFNFAULT_TOUCHED,
};

static const struct pfnfault_ops test_wait_ops = {
	.resolve = test_resolve,
	.wait = test_wait,
	.release = test_free,
};

static bool fill_place(struct test *test, int place)
{
	void *memory = test_alloc_place();
	unsigned long page;

	if (!memory)
		return false;
	for (page = 0; page < TEST_PAGES; page++)
		*(u64 *)(memory + page * PAGE_SIZE) =
			PFNFAULT_TEST_WORD(place, page);
	test->memory[place] = memory;
	return true;
}

static int test_open(struct inode *inode, struct file *file)
{
	struct test *test = kzalloc(sizeof(*test), GFP_KERNEL);
	int err = -ENOMEM;

	if (!test)
		return -ENOMEM;
	INIT_LIST_HEAD(&test->going);
	if (!fill_place(test, 0))
		goto free;
	if (!fill_place(test, 1))
		goto free_place;
	err = pfnfault_space_init(&test->space);
	if (err)
		goto free_both;
	err = pfnfault_region_init(&test->region, &test_ops, &test->space, 0,
				   TEST_PAGES);
	if (err)
		goto destroy;
	pfnfault_file_open(&test->space, file);
	file->private_data = test;
	return 0;

destroy:
	pfnfault_space_destroy(&test->space);
free_both:
	test_free_place(test->memory[1]);
free_place:
	test_free_place(test->memory[0]);
free:
	kfree(test);
	return err;
}

static int test_close(struct inode *inode, struct file *file)
{
	struct test *test = file->private_data;

	test_stay(test);
	if (test->claim.size)
		release_mem_region(test->claim.start, test->claim.size);
	pfnfault_file_release(file);
	if (test->longer)
		pfnfault_region_put(test->longer);
	pfnfault_region_put(&test->region);
	return 0;
}

static int test_map(struct test *test, struct vm_area_struct *vma)
{
	switch (test->setup.kind) {
	case TEST_REGION:
	case TEST_REGION_SHORT:
	case TEST_REGION_BAD:
		return pfnfault_mmap(&test->region, vma);
	case TEST_REGION_LONG:
		return test->longer ? pfnfault_mmap(test->longer, vma) : -ENXIO;
	case TEST_OTHER_SPACE:
		return test_mmap_elsewhere(vma);
	}
	return test_mmap_handler(test, vma);
}

static int test_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct test *test = file->private_data;
	int err = test->setup.marked ? test_mark(vma) : 0;

	if (test->setup.wc)
		vma->vm_page_prot = pfnfault_writecombine(vma->vm_page_prot);
	return err ? err : test_map(test, vma);
}

static long test_stalled_read(void __user *arg)
{
	struct pfnfault_test_stalled read;
	long err;

	if (copy_from_user(&read, arg, sizeof(read)))
		return -EFAULT;
	err = test_stall(read.where, read.ms, read.stirred);
	if (err)
		return err;
	if (read.write ?
	    put_user(read.word, (u64 __user *)(unsigned long)read.addr) :
	    get_user(read.word, (u64 __user *)(unsigned long)read.addr))
		err = -EFAULT;
	read.stirred = test_stirred(read.where);
	test_unstall(read.where);
	if (!err && copy_to_user(arg, &read, sizeof(read)))
		err = -EFAULT;
	return err;
}

static long test_stalled_revoke(struct test *test, unsigned int ms)
{
	long err = test_stall(TEST_STALL_GATE, ms, false);

	if (err)
		return err;
	err = test_engine_ioctl(test, PFNFAULT_TEST_REVOKE,
				PFNFAULT_REVOKE_ZEROS);
	test_unstall(TEST_STALL_GATE);
	return err;
}

static long test_info(struct test *test, void __user *arg)
{
	struct pfnfault_test_info info = {};
	struct pfnfault_stats stats;

	pfnfault_region_stats(&test->region, &stats);
	info.faults = stats.faults;
	info.installed = stats.installed;
	info.huge = stats.huge;
	info.retries = stats.retries;
	info.lost = stats.lost;
	info.slept = stats.waits;
	info.invalidations = stats.invalidations;
	info.id = test->region.id;
	info.calls = atomic_long_read(&test->calls);
	info.entered = atomic_long_read(&test->entered);
	info.stalls = test_stalls();
	info.wait_state = test->wait_state;
	info.waits = atomic_long_read(&test->waits);
	info.waiting = atomic_read(&test->waiting);
	info.late = atomic_read(&test->late);
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long test_claim(struct test *test, void __user *arg)
{
	struct pfnfault_test_claim claim;

	if (copy_from_user(&claim, arg, sizeof(claim)))
		return -EFAULT;
	if (test->claim.size ||
	    !request_mem_region(claim.start, claim.size, "pfnfault-test"))
		return -EBUSY;
	test->claim = claim;
	return 0;
}

/* Others of them only where nothing faults; the same may come at any time. */
static void test_set_ops(struct test *test)
{
	const struct pfnfault_ops *ops = test->setup.cow ? &test_cow_ops :
		test->setup.touched ? &test_touched_ops :
		test->setup.wait ? &test_wait_ops : &test_ops;

	if (test->region.ops != ops)
		test->region.ops = ops;
}

static long test_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct test *test = file->private_data;
	void __user *user = (void __user *)arg;
	struct pfnfault_test_setup setup;
	struct pfnfault_test_range range;

	/* A revocation that is held up stirs when it has come that far. */
	if (cmd != PFNFAULT_TEST_INFO && cmd != PFNFAULT_TEST_STALLED_REVOKE)
		test_stir();
	switch (cmd) {
	case PFNFAULT_TEST_SETUP:
		if (copy_from_user(&setup, user, sizeof(setup)))
			return -EFAULT;
		if (setup.kind == TEST_REGION_SHORT &&
		    (setup.value <= 0 || TEST_PAGES % setup.value))
			return -EINVAL;
		test->setup = setup;
		test->awake = false;
		test_set_ops(test);
		atomic_set(&test->times, test->setup.times);
		return 0;
	case PFNFAULT_TEST_MOVE:
	case PFNFAULT_TEST_INVALIDATE:
		if (copy_from_user(&range, user, sizeof(range)))
			return -EFAULT;
		if (cmd == PFNFAULT_TEST_MOVE)
			WRITE_ONCE(test->place, !test->place);
		pfnfault_invalidate(&test->region, range.index, range.nr);
		return 0;
	case PFNFAULT_TEST_PTE:
		return test_pte(user);
	case PFNFAULT_TEST_STALLED_READ:
		return test_stalled_read(user);
	case PFNFAULT_TEST_STALLED_REVOKE:
		return test_stalled_revoke(test, arg);
	case PFNFAULT_TEST_FAIL_PERCPU:
		return test_fail_percpu();
	case PFNFAULT_TEST_PERCPU_FAILED:
		return test_percpu_failed();
	case PFNFAULT_TEST_INFO:
		return test_info(test, user);
	case PFNFAULT_TEST_MACHINE:
		return test_machine(user);
	case PFNFAULT_TEST_CLAIM:
		return test_claim(test, user);
	case PFNFAULT_TEST_CODE:
		return test_code(arg);
	case PFNFAULT_TEST_REOPEN:
		test_reopen(test, file);
		return 0;
	case PFNFAULT_TEST_LONG:
		return test_make_long(test, arg);
	case PFNFAULT_TEST_REVOKE_LONG:
		if (!test->longer)
			return -ENXIO;
		pfnfault_revoke(test->longer, PFNFAULT_REVOKE_SIGBUS);
		return 0;
	case PFNFAULT_TEST_INIT:
		return test_init_wrongly(test, arg);
	}
	return test_engine_ioctl(test, cmd, arg);
}

static const struct file_operations test_fops = {
	.owner = THIS_MODULE,
	.open = test_open,
	.release = test_close,
	.mmap = test_mmap,
	.unlocked_ioctl = test_ioctl,
};

static struct miscdevice test_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pfnfault-test",
	.fops = &test_fops,
	.mode = 0600,
};

static int __init test_init(void)
{
	int err = test_unplug_init();

	if (err)
		return err;
	err = misc_register(&test_misc);
	if (err)
		test_unplug_exit();
	return err;
}
module_init(test_init);

static void __exit test_exit(void)
{
	misc_deregister(&test_misc);
	test_percpu_exit();
	test_unplug_exit();
}
module_exit(test_exit);

PFNFAULT_IMPORT;
MODULE_DESCRIPTION("Faults made to order, to test pfnfault");
MODULE_AUTHOR("The pfnfault developers");
MODULE_LICENSE("GPL");
