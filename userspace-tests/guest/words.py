# SPDX-License-Identifier: GPL-2.0-only
# words.py NODE write|read: the number of each 64-bit word of a MiB, in slices of a
# page, or a word at a time. A slice copies; a memoryview is one access for an item.
import mmap, os, struct, sys

SIZE = 1 << 20
node = os.open(sys.argv[1], os.O_RDWR)
memory = mmap.mmap(node, SIZE)
if sys.argv[2] == 'write':
    for at in range(0, SIZE, 4096):
        memory[at:at + 4096] = struct.pack('512Q', *range(at // 8, at // 8 + 512))
else:
    words = memoryview(memory).cast('Q')
    sys.exit(any(word != at for at, word in enumerate(words)))
