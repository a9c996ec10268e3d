#!/bin/sh
# programs.sh: in the guest, programs that others wrote, on the nodes. What each
# needs, docs/programs.md tells. TAP.
# shellcheck source=tap.sh
. /lib/tap.sh
bar=/dev/pfnfault-bar
driver=/sys/bus/pci/drivers/pfnfault-bar
python() { python3 -I -B "$@"; }
said() { grep -q "$1" /tmp/said; }
until_true() { # until_true COMMAND...: within 20 seconds
	for _ in $(seq 200); do
		! "$@" || return 0
		sleep 0.1
	done
	return 1
}

ok "python3 writes the device's memory in slices" python /lib/words.py $bar write
ok "... and another reads it a word at a time" python /lib/words.py $bar read
ok "C++ with volatile registers" /lib/registers $bar

fio() {
	/usr/bin/fio --name=x --filename=$bar --ioengine=mmap --thread --bs=4k \
		--size=8m --allow_file_create=0 --output=/tmp/said "$@"
}
ok "fio writes at random, by mmap, and finds it again" \
	fio --rw=randwrite --verify=crc32c
ok "... all of it" said "READ:.*io=8192KiB"
ok "... reads in order" fio --rw=read
ok "... with four threads, reads and writes" \
	fio --rw=randrw --numjobs=4 --offset_increment=8m

ok "msync() finds that there is nothing to write to" python -c "
import errno, mmap, os
memory = mmap.mmap(os.open('$bar', os.O_RDWR), 4096)
try:
    memory.flush()
    raise SystemExit(1)
except OSError as error:
    raise SystemExit(error.errno != errno.EINVAL)"

# Who reads a file by read(2) finds that a node has none; a process that has it mapped
# can be read.
ok "dd of a node" not dd if=$bar of=/dev/null bs=4096 count=1
ok "... is told why" grep -q "Invalid argument" /tmp/err
ok "xxd of a node" test -z "$(xxd -l 16 $bar 2>/dev/null)"
python /lib/words.py $bar write
python3 -I -B -c "
import mmap, os, time
memory = mmap.mmap(os.open('$bar', os.O_RDWR), 1 << 20)
time.sleep(1000)" &
pid=$!
until_true grep -q $bar /proc/$pid/maps
address=$(sed -n "s,^\([0-9a-f]*\)-.*$bar$,\1,p" /proc/$pid/maps)
# Word 512 * 3 of it, on a page that the process has not touched.
dd if=/proc/$pid/mem bs=4096 skip=$((0x$address / 4096 + 3)) count=1 \
	2>/dev/null | xxd -l 8 -p >/tmp/said
ok "dd of /proc/PID/mem reads what is mapped there" said "^0006000000000000$"
kill $pid
wait $pid

# A program that its supervisor starts again.
word() { python -c "
import mmap, os
print(memoryview(mmap.mmap(os.open('$bar', os.O_RDWR), 4096)).cast('Q')[0])"; }
supervise() {
	for _ in $(seq 100); do
		python /lib/counter.py $bar 2>/dev/null
		echo $? >>/tmp/ends
		sleep 0.2
	done
}
counts_beyond() { [ "$(word)" -gt "$1" ]; }
supervise &
supervisor=$!
first=$(word)
ok "a program counts in the device's memory" until_true counts_beyond $((first + 5))
for device in "$driver"/0000:*; do
	[ ! -e "$device/misc/pfnfault-bar" ] || address=${device##*/}
done
second=$(word)
echo "$address" >$driver/unbind
ok "the device goes: it dies of SIGBUS" until_true grep -qx $((128 + 7)) /tmp/ends
ok "... and cannot begin without it" until_true grep -qx 1 /tmp/ends
echo "$address" >$driver/bind
until_true test -c $bar
ok "the device is back: it goes on from there" until_true counts_beyond $((second + 5))
ok "... having died once" test "$(grep -cx $((128 + 7)) /tmp/ends)" = 1
kill $supervisor
kill "$(pidof python3)"
until_true not pidof python3
echo "1..$count"
