// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions that go with a PCI device, as a driver's own do: revoked where the bus
 * takes it from its driver. That is in a write to sysfs, or in a thread that
 * serves a hotplug controller.
 */
#include <linux/device.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>

#include "test.h"

static LIST_HEAD(leaving);		/* tests whose region shall go */
static DEFINE_MUTEX(going_lock);

static int unplugged(struct notifier_block *block, unsigned long event,
		     void *device)
{
	struct test *test;

	if (event != BUS_NOTIFY_UNBIND_DRIVER)
		return NOTIFY_DONE;
	test_stir();
	mutex_lock(&going_lock);
	list_for_each_entry(test, &leaving, going)
		test_revoke(test, test->going_policy);
	mutex_unlock(&going_lock);
	return NOTIFY_DONE;
}

static struct notifier_block block = { .notifier_call = unplugged };

/* PFNFAULT_TEST_UNPLUG; the last call decides. */
void test_go_with_device(struct test *test, unsigned long policy)
{
	mutex_lock(&going_lock);
	test->going_policy = policy;
	list_move(&test->going, &leaving);
	mutex_unlock(&going_lock);
}

void test_stay(struct test *test)
{
	mutex_lock(&going_lock);
	list_del_init(&test->going);
	mutex_unlock(&going_lock);
}

int test_unplug_init(void)
{
	return bus_register_notifier(&pci_bus_type, &block);
}

void test_unplug_exit(void)
{
	bus_unregister_notifier(&pci_bus_type, &block);
}
