// SPDX-License-Identifier: GPL-2.0-only
/* The tracepoints of trace/events/pfnfault.h. */
#include <linux/build_bug.h>
#include <linux/mm.h>

#include "internal.h"

#define CREATE_TRACE_POINTS
#include <trace/events/pfnfault.h>

/* As PFNFAULT_SHOW_CODE() has them. */
static_assert((__force u32)VM_FAULT_OOM == 0x1);
static_assert((__force u32)VM_FAULT_SIGBUS == 0x2);
static_assert((__force u32)VM_FAULT_HWPOISON == 0x10);
static_assert((__force u32)VM_FAULT_NOPAGE == 0x100);
static_assert((__force u32)VM_FAULT_RETRY == 0x400);
static_assert((__force u32)VM_FAULT_FALLBACK == 0x800);
