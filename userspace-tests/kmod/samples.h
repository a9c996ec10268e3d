/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the samples of README.md and docs/ are compiled after, where they are no whole
 * files: scripts/samples cuts them out, one object each. What they define, they need not
 * call.
 */
#include <linux/bitmap.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/pci.h>
#include <linux/pfnfault.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-const-variable"
