#!/bin/sh
# modules.sh load|untested|unload|clients|signed: in the guest, what insmod and rmmod
# say to wrong parameters, wrong order, wrong devices and, where the kernel checks
# them, wrong signatures. TAP.
# shellcheck source=tap.sh
. /lib/tap.sh
logged() { dmesg | grep -qF "$1"; }
loaded() { grep -q "^$1 " /proc/modules; }
# Its TAP is not ours.
shows() { /tests/clients "$@" >/tmp/said || { sed 's/^/# /' /tmp/said; false; }; }
unused() { grep -q "^$1 [0-9]* 0 " /proc/modules; }
export PFNFAULT_KO=/lib/pfnfault.ko PFNFAULT_DEMO_KO=/lib/pfnfault_demo.ko
driver=/sys/bus/pci/drivers/pfnfault-bar
debugfs=/sys/kernel/debug/pfnfault

bars=$(grep -l 0x1110 /sys/bus/pci/devices/*/device 2>/dev/null)
# BAR 2 of both, and with it PFNs that 32 bits of address do not reach.
above_4g() {
	for device in $bars; do
		[ "$(sed -n 3p "${device%/*}/resource" | cut -c 3-10)" != 00000000 ] ||
			return 1
	done
}

case $1 in
load)
	ok "pfnfault_demo does not load without pfnfault" \
		not insmod /lib/pfnfault_demo.ko
	for window in 0 3 65536 abc -1; do
		ok "window=$window is refused" \
			not insmod /lib/pfnfault.ko window=$window
		ok "... by name" logged \
			"window=$window: must be a power of two from 1 to"
	done
	ok "installer=fast is refused" \
		not insmod /lib/pfnfault.ko installer=fast
	ok "... by name" logged "installer=fast: must be direct or core"
	for name in regions references pages stats; do
		ok "$name=1, which is a count, is refused" \
			not insmod /lib/pfnfault.ko $name=1
		ok "... by name" logged "$name= is a count"
	done
	ok "installer=core is taken" insmod /lib/pfnfault.ko installer=core
	ok "... and told" grep -qx core \
		/sys/module/pfnfault/parameters/installer
	ok "... and unloads" rmmod pfnfault
	case $(uname -m) in
	x86_64 | aarch64)
		ok "pfnfault loads" insmod /lib/pfnfault.ko
		;;
	*)
		ok "installer=direct is refused, where a module cannot set PTEs" \
			not insmod /lib/pfnfault.ko installer=direct
		ok "... by name" logged "installer=direct: a module cannot set"
		ok "pfnfault loads" insmod /lib/pfnfault.ko
		ok "... with core as its installer" grep -qx core \
			/sys/module/pfnfault/parameters/installer
		;;
	esac
	ok "cache=fast is refused" not insmod /lib/pfnfault_demo.ko cache=fast
	ok "... by name" logged "cache=fast: must be wb, wc or uc"
	for value in mspec_pages=0 mspec_pages=1048577 mspec_pages=many \
		xip_pages=0 xip_pages=257 xip_pages=-1 spe_slots=0 spe_slots=65 \
		vram_pages=0 vram_pages=1048577; do
		ok "$value is refused" not insmod /lib/pfnfault_demo.ko "$value"
		ok "... by name" logged "$value: must be from 1 to"
	done
	ok "pages=1, which is a count, is refused" \
		not insmod /lib/pfnfault_demo.ko pages=1
	ok "... by name" logged "pages=1: is a count"
	ok "pfnfault_demo loads" insmod /lib/pfnfault_demo.ko
	if [ "$(uname -m)" = i686 ]; then
		ok "the BARs are above 4 GiB" above_4g
	fi
	if [ -n "$bars" ]; then
		ok "the node of the first device" test -c /dev/pfnfault-bar
		ok "... and of the second" test -c /dev/pfnfault-bar1
	else
		skip "the nodes of the devices" "no PCI device with memory"
	fi
	for node in ${bars:+bar} mspec xip spe vram; do
		ok "/dev/pfnfault-$node is for root alone" \
			test "$(stat -c %a "/dev/pfnfault-$node")" = 600
	done
	ok "pfnfault says that it is used" not unused pfnfault

	# A device whose BAR 2 is not memory: the ISA bridge of QEMU's pc.
	if isa=$(grep -l 0x7000 /sys/bus/pci/devices/*/device 2>/dev/null); then
		isa=$(basename "$(dirname "$isa")")
		echo 8086 7000 >$driver/new_id
		ok "a device without the BAR is refused" \
			not test -e "$driver/$isa"
		ok "... by name" logged "$isa: BAR 2"
		echo 8086 7000 >$driver/remove_id
	else
		skip "a device without the BAR is refused" \
			"no PCI device without memory"
	fi

	if [ -n "$bars" ]; then
		dev=$(basename "$(readlink -f /sys/class/misc/pfnfault-bar1/device)")
		ok "a device can be unbound" sh -c "echo $dev >$driver/unbind"
		ok "... and its node goes" not test -e /dev/pfnfault-bar1
		ok "... and be bound again" sh -c "echo $dev >$driver/bind"
		ok "... and its node comes" test -c /dev/pfnfault-bar1
	else
		skip "a device can be unbound" "no PCI device with memory"
	fi

	ok "make load does not load twice" not /tests/load
	ok "... and says what to do" grep -q "make unload first" /tmp/err
	exec 3<>/dev/pfnfault-mspec
	ok "make unload does not unload what is in use" not /tests/load -u
	ok "... and says what to do" grep -q "pfnfault_demo is in use" /tmp/err
	exec 3>&-
	ok "make unload unloads with the devices there" /tests/load -u
	ok "... and the nodes go" not ls /dev/pfnfault-*
	ok "... twice is once" /tests/load -u
	ok "make load with a wrong CACHE=" not /tests/load cache=slow
	ok "... leaves nothing behind" not loaded pfnfault
	ok "make load loads" /tests/load cache=uc
	ok "... with the CACHE= asked for" \
		grep -qx uc /sys/module/pfnfault_demo/parameters/cache
	ok "pfnfault_demo unloads by itself" rmmod pfnfault_demo
	ok "the test modules load" insmod /lib/pfnfault_test.ko
	ok "the driver of README.md loads" insmod /lib/my_driver.ko
	;;
untested)
	# races.ko says that it was tested on nothing as new as this.
	ok "a kernel newer than what was tested is told" logged \
		"Linux $(uname -r) is newer than 5.9, the newest that this was"
	ok "... once" test "$(dmesg | grep -c 'newest that this was')" = 1
	;;
unload)
	for module in my_driver pfnfault_test pfnfault_demo; do
		ok "$module has no user left" unused $module
		ok "$module unloads" rmmod $module
	done
	for name in regions references pages; do
		ok "no $name are left" \
			grep -qx 0 /sys/module/pfnfault/parameters/$name
	done
	ok "pfnfault has no user left" unused pfnfault
	ok "its regions are in debugfs" test -r "$debugfs/regions"
	ok "pfnfault unloads" rmmod pfnfault
	ok "nothing of it is loaded" not loaded pfnfault
	ok "... nor in debugfs" not test -e "$debugfs"
	ok "it loads again" insmod /lib/pfnfault.ko window=16
	ok "... with the window that was asked for" \
		grep -qx 16 /sys/module/pfnfault/parameters/window
	ok "... and unloads" rmmod pfnfault
	;;
clients)
	# Two drivers with pfnfault inside, and one that uses the module.
	ok "a client does not load without pfnfault" \
		not insmod /lib/pfnfault_client.ko
	for module in vendored_a vendored_b pfnfault pfnfault_client; do
		ok "$module loads" insmod /lib/$module.ko
	done
	ok "each shows its own pages" shows /dev/vendored_a \
		/dev/vendored_b /dev/pfnfault_client
	ok "pfnfault is held by the client" not rmmod pfnfault
	for module in vendored_a pfnfault_client pfnfault; do
		ok "$module unloads" rmmod $module
	done
	ok "with pfnfault gone, a driver that has it inside goes on" \
		shows /dev/vendored_b
	ok "... and unloads" rmmod vendored_b
	;;
signed)
	# The kernel's messages are those that docs/secure-boot.md explains.
	rejected() { grep -qF "Key was rejected by service" /tmp/err; }
	mount -t securityfs securityfs /sys/kernel/security
	ok "with Secure Boot the kernel is locked down" \
		grep -qF "[integrity]" /sys/kernel/security/lockdown
	ok "... and loads no module that it cannot check" \
		grep -qx Y /sys/module/module/parameters/sig_enforce
	ok "pfnfault without a signature is refused" not insmod /lib/pfnfault.ko
	ok "... for that" rejected
	ok "... as the log tells" logged "Loading of unsigned module is rejected"
	ok "pfnfault with a signature of somebody else's is refused" \
		not insmod /lib/other/pfnfault.ko
	ok "... for that" rejected
	ok "... as the log tells" \
		logged "Loading of module with unavailable key is rejected"
	cp /lib/signed/pfnfault.ko /tmp/changed.ko
	printf X | dd of=/tmp/changed.ko conv=notrunc 2>/dev/null
	ok "pfnfault that was changed once it was signed is refused" \
		not insmod /tmp/changed.ko
	ok "... for that" rejected
	ok "pfnfault, signed with a key that the firmware trusts, loads" \
		insmod /lib/signed/pfnfault.ko
	ok "pfnfault_demo without a signature is refused" \
		not insmod /lib/pfnfault_demo.ko
	ok "... for that" rejected
	ok "pfnfault_demo, signed, loads" insmod /lib/signed/pfnfault_demo.ko
	;;
esac
echo "1..$count"
