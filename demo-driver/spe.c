// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/pfnfault-spe: more contexts than processors to run them.
 *
 * Every open file is a context of a coprocessor with memory of its own, as the
 * SPEs of the Cell processor had. It can be mapped:
 *
 *	offset 0		local store, PFNFAULT_SPE_LOCAL_STORE bytes.
 *				Always there: in a slot (a coprocessor) while the
 *				context is loaded, in its save area while not.
 *	PFNFAULT_SPE_PROBLEM	problem state, one page: the coprocessor's
 *				registers. There while the context is loaded; a
 *				touch waits for a slot, and a signal ends that.
 *
 * There are fewer slots than contexts. Who waits is queued; the context that
 * was loaded longest gives way after its time slice, unless it holds its slot.
 * Its memory is saved, what it had mapped moves there, and the slot is another's
 * at once. Needs no hardware: a slot is a piece of RAM.
 */
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pfnfault.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "demo.h"
#include "pfnfault_demo.h"

#define LS_PAGES	(PFNFAULT_SPE_LOCAL_STORE >> PAGE_SHIFT)
#define PROBLEM_PAGE	(PFNFAULT_SPE_PROBLEM >> PAGE_SHIFT)
#define NR_PAGES	(LS_PAGES + 1)
#define CONTEXT_SIZE	(NR_PAGES * PAGE_SIZE)
#define MAX_SLOTS	64

/* A coprocessor: its local store, and its registers in the page behind. */
struct slot {
	void *memory;
	struct context *context;	/* that is loaded, or NULL */
};

/* One for each open file; freed with the last reference to @region. */
struct context {
	struct pfnfault_region region;
	struct pfnfault_space space;
	struct list_head queue;		/* in waiting or loaded */
	void *save;			/* where its memory is between slots */
	struct slot *slot;		/* where it is loaded, or NULL */
	unsigned long since;		/* ... when, in jiffies */
	bool hold;			/* keeps its slot */
	u64 loads;
};

static struct slot slots[MAX_SLOTS];
static DEFINE_MUTEX(spe_lock);		/* all of the above, and the two lists */
static LIST_HEAD(waiting);		/* contexts, who came first comes first */
static LIST_HEAD(loaded);		/* contexts, longest loaded comes first */

static void schedule_contexts(struct work_struct *work);
static DECLARE_DELAYED_WORK(scheduler, schedule_contexts);

static unsigned int nr_slots = 2;

static int slots_set(const char *val, const struct kernel_param *kp)
{
	return demo_set_count(val, kp, MAX_SLOTS);
}

static const struct kernel_param_ops slots_ops = {
	.set = slots_set, .get = param_get_uint,
};

module_param_cb(spe_slots, &slots_ops, &nr_slots, 0444);
MODULE_PARM_DESC(spe_slots, "coprocessors, 1 to 64; default 2");

static unsigned int slice_ms = 10;
module_param_named(spe_slice_ms, slice_ms, uint, 0644);
MODULE_PARM_DESC(spe_slice_ms, "how long a context runs while others wait, in ms; default 10");

static struct context *context_of(struct pfnfault_region *region)
{
	return container_of(region, struct context, region);
}

/*
 * Where is page @index? Reads context->slot without the lock: it changes only
 * between invalidate_begin() and _end(), and an answer from before those is
 * not installed.
 */
static int spe_resolve(struct pfnfault_region *region, unsigned long index,
		       struct pfnfault_extent *extent)
{
	struct context *context = context_of(region);
	struct slot *slot = READ_ONCE(context->slot);
	void *memory = slot ? slot->memory : context->save;

	if (index == PROBLEM_PAGE && !slot)
		return -EAGAIN;
	extent->index = 0;
	extent->nr = slot ? NR_PAGES : LS_PAGES;
	extent->pfn = page_to_pfn(virt_to_page(memory));
	return 0;
}

/* Called with the lock held, so that the last word is the last one's. */
static void run_scheduler(unsigned long delay)
{
	cancel_delayed_work(&scheduler);
	schedule_delayed_work(&scheduler, delay);
}

/* Get in the queue, and sleep until it is our turn. */
static int spe_wait(struct pfnfault_region *region, unsigned long index,
		    unsigned int state)
{
	struct context *context = context_of(region);
	bool there;
	u64 loads;

	mutex_lock(&spe_lock);
	there = context->slot;
	loads = context->loads;
	if (!there && list_empty(&context->queue)) {
		list_add_tail(&context->queue, &waiting);
		run_scheduler(0);
	}
	mutex_unlock(&spe_lock);
	/* A count: the slot may be another's again before we look. */
	return there ? 0 : pfnfault_wait_event(region,
			READ_ONCE(context->loads) != loads, state);
}

static void spe_free(struct pfnfault_region *region)
{
	struct context *context = context_of(region);

	pfnfault_space_destroy(&context->space);
	free_pages_exact(context->save, CONTEXT_SIZE);
	atomic_sub(NR_PAGES, &demo_pages);
	kfree(context);
}

static const struct pfnfault_ops spe_ops = {
	.resolve = spe_resolve,
	.wait = spe_wait,
	.release = spe_free,
};

/* Out of its slot: what it has mapped is now in the save area. */
static void save_context(struct context *context)
{
	struct slot *slot = context->slot;

	pfnfault_invalidate_begin(&context->region, 0, NR_PAGES);
	memcpy(context->save, slot->memory, CONTEXT_SIZE);
	WRITE_ONCE(context->slot, NULL);
	pfnfault_invalidate_end(&context->region);
	slot->context = NULL;
	list_del_init(&context->queue);
}

static void load_context(struct context *context, struct slot *slot)
{
	pfnfault_invalidate_begin(&context->region, 0, NR_PAGES);
	memcpy(slot->memory, context->save, CONTEXT_SIZE);
	WRITE_ONCE(context->slot, slot);
	WRITE_ONCE(context->loads, context->loads + 1);
	pfnfault_invalidate_end(&context->region);	/* wakes who waits */
	slot->context = context;
	context->since = jiffies;
	list_move_tail(&context->queue, &loaded);
}

static struct slot *free_slot(void)
{
	unsigned int i;

	for (i = 0; i < nr_slots; i++)
		if (!slots[i].context)
			return &slots[i];
	return NULL;
}

/* The context that has run longest and holds nothing. */
static struct context *victim(void)
{
	struct context *context;

	list_for_each_entry(context, &loaded, queue)
		if (!context->hold)
			return context;
	return NULL;
}

/* Give slots to who waits; come again when the next time slice is over. */
static void schedule_contexts(struct work_struct *work)
{
	unsigned long slice = msecs_to_jiffies(READ_ONCE(slice_ms));
	struct context *context;
	struct slot *slot;

	mutex_lock(&spe_lock);
	while (!list_empty(&waiting)) {
		slot = free_slot();
		if (!slot) {
			context = victim();
			if (!context)
				break;	/* who lets go of a slot calls us */
			if (time_before(jiffies, context->since + slice)) {
				run_scheduler(context->since + slice - jiffies);
				break;
			}
			slot = context->slot;
			save_context(context);
		}
		context = list_first_entry(&waiting, struct context, queue);
		load_context(context, slot);
	}
	mutex_unlock(&spe_lock);
}

static struct context *context_alloc(void)
{
	struct context *context = kzalloc(sizeof(*context), GFP_KERNEL);
	int err = -ENOMEM;

	if (!context)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&context->queue);
	context->save = alloc_pages_exact(CONTEXT_SIZE, GFP_KERNEL_ACCOUNT |
					  __GFP_ZERO);
	if (!context->save)
		goto free;
	atomic_add(NR_PAGES, &demo_pages);
	err = pfnfault_space_init(&context->space);
	if (err)
		goto free_save;
	err = pfnfault_region_init(&context->region, &spe_ops, &context->space,
				   0, NR_PAGES);
	if (err)
		goto destroy;
	return context;

destroy:
	pfnfault_space_destroy(&context->space);
free_save:
	free_pages_exact(context->save, CONTEXT_SIZE);
	atomic_sub(NR_PAGES, &demo_pages);
free:
	kfree(context);
	return ERR_PTR(err);
}

static int spe_open(struct inode *inode, struct file *file)
{
	struct context *context = context_alloc();

	if (IS_ERR(context))
		return PTR_ERR(context);
	file->private_data = context;
	pfnfault_file_open(&context->space, file);
	return 0;
}

static int spe_close(struct inode *inode, struct file *file)
{
	struct context *context = file->private_data;

	mutex_lock(&spe_lock);
	if (context->slot)
		save_context(context);
	list_del_init(&context->queue);
	run_scheduler(0);
	mutex_unlock(&spe_lock);
	pfnfault_file_release(file);
	pfnfault_region_put(&context->region);
	return 0;
}

static int spe_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct context *context = file->private_data;

	return pfnfault_mmap(&context->region, vma);
}

/*
 * Get a slot, sleeping until there is one, and keep it. Who does not get it has held
 * nothing: another thread may wait by the same file. A driver for everybody would
 * leave a slot to those who hold none.
 */
static long spe_hold(struct context *context)
{
	bool held;
	int err;

	do {
		mutex_lock(&spe_lock);
		held = context->slot;
		context->hold |= held;
		mutex_unlock(&spe_lock);
		if (held)
			return 0;
		err = spe_wait(&context->region, PROBLEM_PAGE,
			       TASK_INTERRUPTIBLE);
	} while (!err);		/* or it is another's again already */
	return err;
}

static long spe_let_go(struct context *context)
{
	mutex_lock(&spe_lock);
	context->hold = false;
	run_scheduler(0);
	mutex_unlock(&spe_lock);
	return 0;
}

static long spe_info(struct context *context, unsigned long arg)
{
	struct pfnfault_spe_info info = { .slot = -1 };

	mutex_lock(&spe_lock);
	if (context->slot)
		info.slot = context->slot - slots;
	info.loads = context->loads;
	mutex_unlock(&spe_lock);
	info.slots = nr_slots;
	return copy_to_user((void __user *)arg, &info, sizeof(info)) ?
		-EFAULT : 0;
}

static long spe_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct context *context = file->private_data;

	switch (cmd) {
	case PFNFAULT_DEMO_INFO:
		return demo_info(&context->region, arg);
	case PFNFAULT_SPE_INFO:
		return spe_info(context, arg);
	case PFNFAULT_SPE_HOLD:
		return spe_hold(context);
	case PFNFAULT_SPE_LET_GO:
		return spe_let_go(context);
	}
	return -ENOTTY;
}

static const struct file_operations spe_fops = {
	.owner = THIS_MODULE,
	.open = spe_open,
	.release = spe_close,
	.mmap = spe_mmap,
	.unlocked_ioctl = spe_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice spe_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pfnfault-spe",
	.fops = &spe_fops,
	.mode = 0600,
};

static void free_slots(void)
{
	unsigned int i;

	for (i = 0; i < nr_slots && slots[i].memory; i++) {
		free_pages_exact(slots[i].memory, CONTEXT_SIZE);
		atomic_sub(NR_PAGES, &demo_pages);
	}
}

int spe_init(void)
{
	unsigned int i;
	int err = -ENOMEM;

	for (i = 0; i < nr_slots; i++) {
		slots[i].memory = alloc_pages_exact(CONTEXT_SIZE, GFP_KERNEL);
		if (!slots[i].memory)
			goto free;
		atomic_add(NR_PAGES, &demo_pages);
	}
	err = misc_register(&spe_misc);
	if (!err)
		return 0;
free:
	free_slots();
	return err;
}

/* No file is open, and so no context is left: they hold the module. */
void spe_exit(void)
{
	misc_deregister(&spe_misc);
	cancel_delayed_work_sync(&scheduler);
	free_slots();
}
