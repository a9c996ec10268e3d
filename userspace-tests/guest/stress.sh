#!/bin/sh
# stress.sh WHAT WHO SECONDS: in the guest, stress-ng as WHO, root or nobody, whom the
# nodes let in then, while the torture has them mapped. TAP. WHAT is
#	nodes	to open, map and ask the nodes, and to pass them on
#	maps	to map, split, protect, fork memory, which is VRAM's: see on-vram.c
#	data	to write to such memory, and find there what was written
#	beside	what the nodes do not take, in reach of those who have them mapped
what=$1 who=$2 seconds=$3
here=/tmp/$what-$who
export ON_VRAM="$here/counts"
preload='' hide=:

# shellcheck source=tap.sh
. /lib/tap.sh

# Whoever works as nobody may do that to any node.
mkdir -p /etc "$here"
printf '%s\n' "root:x:0:0::/:" "nobody:x:65534:65534::/:" >/etc/passwd
chmod 666 /dev/null /dev/zero /dev/urandom /dev/pfnfault-*
chmod 1777 /tmp "$here"
dd if=/dev/zero of="$ON_VRAM" bs=4096 count=1 2>/dev/null
chmod 666 "$ON_VRAM"

case $what in
nodes)
	# Of /dev, they see only this.
	names="dev fd-race"
	options="--fd-race-dev"
	mkdir "$here/dev"
	cp -a /dev/null /dev/zero /dev/urandom /dev/pfnfault-* "$here/dev/"
	hide="mount --bind $here/dev /dev"
	;;
maps)
	names="mmap mprotect mlock mmapfork mmapmany mmapcow vma rmap"
	options="--mmap-bytes 64K --mmap-mprotect --mmap-madvise
		--mmapfork-bytes 64K"
	preload=/lib/on-vram.so
	;;
data)
	names="vm vm-addr qsort shellsort mergesort ptr-chase fault mincore
		tlb-shootdown"
	options="--vm-bytes 1M --qsort-size 65536 --shellsort-size 65536
		--mergesort-size 65536"
	preload=/lib/on-vram.so
	;;
beside)
	names="procfs sysfs ptrace vm-rw vm-splice mremap fork userfaultfd"
	options="--mremap-bytes 256K --vm-rw-bytes 256K --userfaultfd-bytes 256K"
	[ "$who" = root ] || names="$names exec sysbadaddr"
	echo 1 2>/dev/null >/proc/sys/vm/unprivileged_userfaultfd
	# Of /sys, they see only this; and a CPU, which stress-ng looks for.
	mkdir -p "$here/sys/pfnfault" "$here/sys/pfnfault_demo" \
		"$here/sys/devices/system/cpu/cpu0"
	hide="mount --bind /sys/module/pfnfault $here/sys/pfnfault &&
		mount --bind /sys/module/pfnfault_demo $here/sys/pfnfault_demo &&
		mount --rbind $here/sys /sys"
	;;
esac
stressors=''
for name in $names; do
	stressors="$stressors --$name 1"
done

# stress: one stress-ng for all of them, as $who; nobody else sees what is hidden
stress() {
	# shellcheck disable=SC2086  # words are wanted
	echo "cd $here && LD_PRELOAD=$preload exec stress-ng" $stressors $options \
		"--timeout $seconds --verify --temp-path $here" \
		"--metrics --yaml $here/metrics" >"$here/command"
	unshare -m sh -c "$hide && exec su $who -s /bin/sh $here/command" \
		>"$here/said" 2>&1
}

# look: at the page tables of everybody, again and again, and move what can be moved
look() {
	while :; do
		cat /proc/[0-9]*/smaps /proc/[0-9]*/numa_maps >/dev/null
		for file in /proc/[0-9]*/clear_refs; do
			echo 1 >"$file"
		done
		echo 1 >/proc/sys/vm/compact_memory
		sleep 1
	done 2>/dev/null
}

# bogo_ops NAME: how much of it was done, by stress-ng's own account
bogo_ops() {
	awk -v name="$1" '$2 == "stressor:" { at = $3 }
		$1 == "bogo-ops:" && at == name { nr = $2 }
		END { print nr + 0 }' "$here/metrics"
}

looks=''
[ "$what" != beside ] || { look & looks=$!; }
/tests/torture -n -s "$seconds" -p 2 -t 2 >"$here/torture" 2>&1 &
torture=$!
ok "stress-ng as $who, in $seconds s, has nothing to say" stress
grep -v ' metrc: ' "$here/said" | sed 's/^/# /'
for name in $names; do
	nr=$(bogo_ops "$name")
	least=1
	# One of them takes seconds, and more on a debug kernel.
	[ "$seconds" -ge 30 ] || least=0
	case $name in mmap | mmapfork) least=0 ;; esac
	ok "$name: $nr bogo ops" test "$nr" -ge $least
done
if [ -n "$preload" ]; then
	# shellcheck disable=SC2046  # two words
	set -- $(od -A n -t u8 -N 16 "$ON_VRAM")
	ok "$1 times it got VRAM, $2 times there was none" test "$1" -gt "$2"
fi
ok "the torture beside it finds no stale page" wait $torture
sed 's/^/# /' "$here/torture"
[ -z "$looks" ] || kill "$looks"
rm -r "$here"
echo "1..$count"
