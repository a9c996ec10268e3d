/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of pfnfault as part of a driver (Kbuild.vendor), whose name
 * PFNFAULT_VENDOR is: no two drivers have the same. All that pfnfault's files
 * share is here; a test looks for what was forgotten.
 */
#ifndef _LINUX_PFNFAULT_VENDOR_H
#define _LINUX_PFNFAULT_VENDOR_H

#define PFNFAULT_PASTE(driver, name) driver##_pfnfault_##name
#define PFNFAULT_EXPAND(driver, name) PFNFAULT_PASTE(driver, name)
#define PFNFAULT_NAME(name) PFNFAULT_EXPAND(PFNFAULT_VENDOR, name)

/* For drivers. */
#define pfnfault_dirty_collect PFNFAULT_NAME(dirty_collect)
#define pfnfault_dirty_start PFNFAULT_NAME(dirty_start)
#define pfnfault_dirty_stop PFNFAULT_NAME(dirty_stop)
#define pfnfault_errno PFNFAULT_NAME(errno)
#define pfnfault_file_open PFNFAULT_NAME(file_open)
#define pfnfault_file_release PFNFAULT_NAME(file_release)
#define pfnfault_insert_pfn PFNFAULT_NAME(insert_pfn)
#define pfnfault_insert_range PFNFAULT_NAME(insert_range)
#define pfnfault_invalidate PFNFAULT_NAME(invalidate)
#define pfnfault_invalidate_begin PFNFAULT_NAME(invalidate_begin)
#define pfnfault_invalidate_end PFNFAULT_NAME(invalidate_end)
#define pfnfault_mmap PFNFAULT_NAME(mmap)
#define pfnfault_nopfn PFNFAULT_NAME(nopfn)
#define pfnfault_prefault PFNFAULT_NAME(prefault)
#define pfnfault_region_get PFNFAULT_NAME(region_get)
#define pfnfault_region_init PFNFAULT_NAME(region_init)
#define pfnfault_region_put PFNFAULT_NAME(region_put)
#define pfnfault_region_set_window PFNFAULT_NAME(region_set_window)
#define pfnfault_region_stats PFNFAULT_NAME(region_stats)
#define pfnfault_release_lock PFNFAULT_NAME(release_lock)
#define pfnfault_revoke PFNFAULT_NAME(revoke)
#define pfnfault_space_destroy PFNFAULT_NAME(space_destroy)
#define pfnfault_space_init PFNFAULT_NAME(space_init)
#define pfnfault_wait_state PFNFAULT_NAME(wait_state)
#define pfnfault_wake PFNFAULT_NAME(wake)

/* Among the files of module/. */
#define pfnfault_access PFNFAULT_NAME(access)
#define pfnfault_adopt_verdict PFNFAULT_NAME(adopt_verdict)
#define pfnfault_allocate_table PFNFAULT_NAME(allocate_table)
#define pfnfault_bump PFNFAULT_NAME(bump)
#define pfnfault_by_core PFNFAULT_NAME(by_core)
#define pfnfault_clip PFNFAULT_NAME(clip)
#define pfnfault_dirty_mark PFNFAULT_NAME(dirty_mark)
#define pfnfault_enter_gate PFNFAULT_NAME(enter_gate)
#define pfnfault_enter_op PFNFAULT_NAME(enter_op)
#define pfnfault_fault PFNFAULT_NAME(fault)
#define pfnfault_forget_verdict PFNFAULT_NAME(forget_verdict)
#define pfnfault_free_dummy PFNFAULT_NAME(free_dummy)
#define pfnfault_hold_block PFNFAULT_NAME(hold_block)
#define pfnfault_huge_fault PFNFAULT_NAME(huge_fault)
#define pfnfault_huge_fits PFNFAULT_NAME(huge_fits)
#define pfnfault_huge_fork PFNFAULT_NAME(huge_fork)
#define pfnfault_huge_start PFNFAULT_NAME(huge_start)
#define pfnfault_insert_by_core PFNFAULT_NAME(insert_by_core)
#define pfnfault_install PFNFAULT_NAME(install)
#define pfnfault_install_core PFNFAULT_NAME(install_core)
#define pfnfault_install_direct PFNFAULT_NAME(install_direct)
#define pfnfault_install_huge PFNFAULT_NAME(install_huge)
#define pfnfault_install_ptes PFNFAULT_NAME(install_ptes)
#define pfnfault_install_run PFNFAULT_NAME(install_run)
#define pfnfault_is_window PFNFAULT_NAME(is_window)
#define pfnfault_live_pages PFNFAULT_NAME(live_pages)
#define pfnfault_live_references PFNFAULT_NAME(live_references)
#define pfnfault_live_regions PFNFAULT_NAME(live_regions)
#define pfnfault_locate PFNFAULT_NAME(locate)
#define pfnfault_locate_and_install PFNFAULT_NAME(locate_and_install)
#define pfnfault_open_window PFNFAULT_NAME(open_window)
#define pfnfault_pfn_mkwrite PFNFAULT_NAME(pfn_mkwrite)
#define pfnfault_prefault_huge PFNFAULT_NAME(prefault_huge)
#define pfnfault_read_only PFNFAULT_NAME(read_only)
#define pfnfault_remember_verdict PFNFAULT_NAME(remember_verdict)
#define pfnfault_spaces_stop PFNFAULT_NAME(spaces_stop)
#define pfnfault_vma_is_of PFNFAULT_NAME(vma_is_of)
#define pfnfault_wait_for_ops PFNFAULT_NAME(wait_for_ops)
#define pfnfault_walk PFNFAULT_NAME(walk)
#define pfnfault_window PFNFAULT_NAME(window)
#define pfnfault_zap PFNFAULT_NAME(zap)

#endif /* _LINUX_PFNFAULT_VENDOR_H */
