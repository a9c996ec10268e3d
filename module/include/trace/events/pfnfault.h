/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: what happens to regions. docs/watching.md tells how to look at them.
 *
 * All have the region's number, and pages counted from its first. A duration is
 * taken while the event is on, and is 0 where that came in between. Of an event
 * that is off, a no-op is left.
 *
 * A driver with pfnfault inside has them as DRIVER:DRIVER_pfnfault_fault, ...
 */
#undef TRACE_SYSTEM
#ifdef PFNFAULT_VENDOR
#define TRACE_SYSTEM PFNFAULT_VENDOR
#else
#define TRACE_SYSTEM pfnfault
#endif
#define TRACE_INCLUDE_FILE pfnfault

#if !defined(PFNFAULT_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define PFNFAULT_TRACE_H

#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/tracepoint.h>

#ifdef PFNFAULT_VENDOR
#define PFNFAULT_EVENT(event) PFNFAULT_NAME(event)
#else
#define PFNFAULT_EVENT(event) event
#endif

/*
 * Results are positive, which all tools can name: an errno, or one of pfnfault's
 * own, which are greater.
 */
#define PFNFAULT_SHOW_RESULT(result)					\
	__print_symbolic(result, { 0, "ok" }, { EINTR, "EINTR" },	\
			 { EIO, "EIO" }, { EAGAIN, "EAGAIN" },		\
			 { ENOMEM, "ENOMEM" }, { EFAULT, "EFAULT" },	\
			 { EBUSY, "EBUSY" }, { ENODEV, "ENODEV" },	\
			 { EINVAL, "EINVAL" },				\
			 { ERESTARTSYS, "ERESTARTSYS" },		\
			 { PFNFAULT_LOST, "lost" },			\
			 { PFNFAULT_MOVING, "moving" },			\
			 { PFNFAULT_RESIZE, "resize" })

/* As numbers, for tools do not know the kernel's: trace.c compares them. */
#define PFNFAULT_SHOW_CODE(code)					\
	__print_flags(code, "|", { 0x1, "OOM" }, { 0x2, "SIGBUS" },	\
		      { 0x10, "HWPOISON" }, { 0x100, "NOPAGE" },	\
		      { 0x400, "RETRY" }, { 0x800, "FALLBACK" })

/* A call of the fault handler, with its waits: how long it took. */
TRACE_EVENT(PFNFAULT_EVENT(fault),
	TP_PROTO(unsigned int region, unsigned long index, bool write,
		 vm_fault_t code, u64 start),
	TP_ARGS(region, index, write, code, start),
	TP_STRUCT__entry(
		__field(u32, region)
		__field(u32, result)
		__field(u64, index)
		__field(u64, ns)
		__field(bool, write)
	),
	TP_fast_assign(
		__entry->region = region;
		__entry->result = (__force u32)code;
		__entry->index = index;
		__entry->ns = ktime_get_ns() - start;
		__entry->write = write;
	),
	TP_printk("region=%u index=%llu %s result=%s ns=%llu", __entry->region,
		  __entry->index, __entry->write ? "write" : "read",
		  PFNFAULT_SHOW_CODE(__entry->result), __entry->ns)
);

/*
 * An attempt to install, of a fault or a prefault: the pages of its window, and how
 * many of them were not there before. None of them, and the error, where the page
 * has no place for good.
 */
TRACE_EVENT(PFNFAULT_EVENT(install),
	TP_PROTO(unsigned int region, unsigned long index, unsigned long count,
		 unsigned long installed, int err),
	TP_ARGS(region, index, count, installed, err),
	TP_STRUCT__entry(
		__field(u32, region)
		__field(u32, result)
		__field(u64, index)
		__field(u64, count)
		__field(u64, installed)
	),
	TP_fast_assign(
		__entry->region = region;
		__entry->result = abs(err);
		__entry->index = index;
		__entry->count = count;
		__entry->installed = installed;
	),
	TP_printk("region=%u index=%llu count=%llu installed=%llu result=%s",
		  __entry->region, __entry->index, __entry->count,
		  __entry->installed, PFNFAULT_SHOW_RESULT(__entry->result))
);

/* A fault gives up its lock, or its turn; because of @err. */
TRACE_EVENT(PFNFAULT_EVENT(retry),
	TP_PROTO(unsigned int region, unsigned long index, int err),
	TP_ARGS(region, index, err),
	TP_STRUCT__entry(
		__field(u32, region)
		__field(u32, result)
		__field(u64, index)
	),
	TP_fast_assign(
		__entry->region = region;
		__entry->result = abs(err);
		__entry->index = index;
	),
	TP_printk("region=%u index=%llu result=%s", __entry->region,
		  __entry->index, PFNFAULT_SHOW_RESULT(__entry->result))
);

/* A fault has waited; because of @err. */
TRACE_EVENT(PFNFAULT_EVENT(wait),
	TP_PROTO(unsigned int region, unsigned long index, int err, u64 start),
	TP_ARGS(region, index, err, start),
	TP_STRUCT__entry(
		__field(u32, region)
		__field(u32, result)
		__field(u64, index)
		__field(u64, ns)
	),
	TP_fast_assign(
		__entry->region = region;
		__entry->result = abs(err);
		__entry->index = index;
		__entry->ns = start ? ktime_get_ns() - start : 0;
	),
	TP_printk("region=%u index=%llu result=%s ns=%llu", __entry->region,
		  __entry->index, PFNFAULT_SHOW_RESULT(__entry->result),
		  __entry->ns)
);

DECLARE_EVENT_CLASS(pfnfault_taken,
	TP_PROTO(unsigned int region, unsigned long index, unsigned long count,
		 u64 start),
	TP_ARGS(region, index, count, start),
	TP_STRUCT__entry(
		__field(u32, region)
		__field(u64, index)
		__field(u64, count)
		__field(u64, ns)
	),
	TP_fast_assign(
		__entry->region = region;
		__entry->index = index;
		__entry->count = count;
		__entry->ns = start ? ktime_get_ns() - start : 0;
	),
	TP_printk("region=%u index=%llu count=%llu ns=%llu", __entry->region,
		  __entry->index, __entry->count, __entry->ns)
);

/* Its name is pasted together as it stands, and so must be expanded before. */
#define PFNFAULT_DEFINE_EVENT(class, event, proto, args) \
	DEFINE_EVENT(class, event, PARAMS(proto), PARAMS(args))

/* Pages were taken back, which took so long: of a move, or a revocation, too. */
PFNFAULT_DEFINE_EVENT(pfnfault_taken, PFNFAULT_EVENT(invalidate),
	TP_PROTO(unsigned int region, unsigned long index, unsigned long count,
		 u64 start),
	TP_ARGS(region, index, count, start)
);

/* ... all of them for good, and no op runs any more. */
PFNFAULT_DEFINE_EVENT(pfnfault_taken, PFNFAULT_EVENT(revoke),
	TP_PROTO(unsigned int region, unsigned long index, unsigned long count,
		 u64 start),
	TP_ARGS(region, index, count, start)
);

#define PFNFAULT_TRACE_PASTE(event) trace_##event
#define PFNFAULT_TRACE_NAME(event) PFNFAULT_TRACE_PASTE(event)
#define PFNFAULT_ENABLED_PASTE(event) trace_##event##_enabled
#define PFNFAULT_ENABLED_NAME(event) PFNFAULT_ENABLED_PASTE(event)

/* pfnfault_trace(fault, ...): the event, if it is on */
#define pfnfault_trace(event, ...) \
	PFNFAULT_TRACE_NAME(PFNFAULT_EVENT(event))(__VA_ARGS__)
#define pfnfault_traced(event) \
	PFNFAULT_ENABLED_NAME(PFNFAULT_EVENT(event))()
/* For the duration of an event. */
#define pfnfault_trace_start(event) \
	(pfnfault_traced(event) ? ktime_get_ns() : 0)

#endif /* PFNFAULT_TRACE_H */

#include <trace/define_trace.h>
