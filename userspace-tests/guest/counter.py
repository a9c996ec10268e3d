# SPDX-License-Identifier: GPL-2.0-only
# counter.py NODE: count in the device's memory, for ever. Dies of SIGBUS when the
# device goes, and goes on from there when it is started again.
import mmap, os, sys, time

node = os.open(sys.argv[1], os.O_RDWR)
words = memoryview(mmap.mmap(node, mmap.PAGESIZE)).cast('Q')
while True:
    words[0] += 1
    time.sleep(0.01)
