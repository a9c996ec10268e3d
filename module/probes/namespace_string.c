// SPDX-License-Identifier: GPL-2.0-only
/*
 * EXPORT_SYMBOL_NS_GPL(), MODULE_IMPORT_NS(): the namespace is a string, not a
 * token. Linux 6.13, cdd30ebb1b9f ("module: Convert symbol namespace to string
 * literal")
 */
#include <linux/export.h>
#include <linux/module.h>

/*
 * Before the change, a string is taken too, and becomes part of one; so look for
 * what comes out of it.
 */
#ifdef PROBE_NEW
#undef MODULE_INFO
#define MODULE_INFO(tag, info) \
	static_assert(sizeof(info) == sizeof("PROBE"), #tag " is a token")
MODULE_IMPORT_NS("PROBE");
#else
MODULE_IMPORT_NS(PROBE);
#endif
