#!/bin/sh
# kunit.sh: in the guest, run the KUnit tests, by loading them. TAP. The cases are
# read in the kernel's log: debugfs knows the suites, but of what a case said no more
# than 512 bytes in Linux 6.1.
insmod /lib/pfnfault_kunit.ko || exit 1
suites=$(cd /sys/kernel/debug/kunit && echo pfnfault_*)
dmesg | awk -v suites="$suites" -f /tests/kunit.awk || exit 1
rmmod pfnfault_kunit
