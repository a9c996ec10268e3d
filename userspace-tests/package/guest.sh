#!/bin/bash
# guest.sh PART: in a guest on whose disk pfnfault's packages are installed: what
# users of them do, part by part, in the order of init. TAP.
set -uo pipefail
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=$(uname -r)
read -r _ second </etc/pfnfault-kernels
modalias=$(cat "$(dirname "$(grep -l 0x1110 /sys/bus/pci/devices/*/device | head -n 1)")/modalias")

loaded() { grep -q "^$1 " /proc/modules; }
both_loaded() { loaded pfnfault && loaded pfnfault_demo; }
unload() { modprobe -r pfnfault_demo && not loaded pfnfault; }
nodes=(/dev/pfnfault-{bar,bar1,mspec,spe,vram,xip})
there() { [ -c "${nodes[0]}" ] && ls "${nodes[@]}"; }
# nodes_are MODE GROUP
nodes_are() { [ "$(stat -c '%a %G' "${nodes[@]}" | sort -u)" = "$1 $2" ]; }
# as_member GROUP COMMAND...: as a user that is in this group alone
as_member() {
	local gid
	gid=$(getent group "$1" | cut -d: -f3)
	shift
	setpriv --reuid 65534 --regid "$gid" --clear-groups "$@"
}
opens() { sh -c 'exec 3<>/dev/pfnfault-mspec'; }
export -f opens

without_udev() {
	ok "udev does not run" not grep -sx systemd-udevd /proc/[0-9]*/comm
	ok "DKMS has built and installed both for this kernel" built "$kernel"
	ok "modprobe of the device's alias" modprobe "$modalias"
	ok "... loads the demo driver, and pfnfault for it" both_loaded
	ok "modprobe -r unloads both" unload
	ok "modprobe by name" modprobe pfnfault_demo
	ok "... loads pfnfault for it" both_loaded
	ok "the nodes are there" there
	ok "... for root alone" nodes_are 600 root
}

by_file() {
	local dir=/lib/modules/$kernel/updates/dkms
	ok "modprobe -r unloads both, after the tests" unload
	ok "insmod of pfnfault" insmod "$dir"/pfnfault.ko*
	ok "... and of the demo driver" insmod "$dir"/pfnfault_demo.ko*
	ok "... and their nodes are there" there
	ok "... and they unload" unload
}

# plug: udev looks for drivers, as if the devices had just been found
plug() { udevadm trigger --action=add --subsystem-match=pci && udevadm settle; }
udev() {
	local conf=/etc/modprobe.d/pfnfault-demo.conf
	ok "udev starts" /lib/systemd/systemd-udevd --daemon
	ok "udev finds the devices" plug
	ok "... and loads the demo driver and pfnfault" both_loaded
	ok "the nodes are for members of the group" nodes_are 660 pfnfault
	ok "... who can open them" as_member pfnfault bash -c opens
	ok "... as others cannot" not as_member nogroup bash -c opens
	ok "both unload" unload
	sed -i 's/^#blacklist/blacklist/' $conf
	udevadm control --reload
	plug
	ok "udev does not load what $conf tells it not to" not loaded pfnfault_demo
	sed -i 's/^#options pfnfault_demo cache=.*/options pfnfault_demo cache=uc/' \
		$conf
	ok "modprobe does" modprobe pfnfault_demo
	ok "... with the options that are there" \
		grep -qx uc /sys/module/pfnfault_demo/parameters/cache
	udevadm settle
	ok "the nodes are for members of the group" nodes_are 660 pfnfault
	ok "both unload" unload
}

client() {
	local dir=/root/client
	cp -r /usr/share/doc/pfnfault-dev/examples/client $dir
	does "the example builds with what pfnfault-dev has" make -C $dir
	modprobe pfnfault
	ok "it loads" insmod $dir/pfnfault_client.ko
	ok "it shows its pages" ./clients /dev/pfnfault_client
	ok "... and unloads" rmmod pfnfault_client
	modprobe -r pfnfault
	does "it installs" make -C $dir install
	ok "modprobe finds it" modprobe pfnfault_client
	ok "... and loads pfnfault for it" loaded pfnfault
	does "its own program runs" $dir/look
	ok "... and sees all pages" test "$(grep -c 'of pfnfault_client$' "$said")" = 16
	ok "it unloads" modprobe -r pfnfault_client
	ok "... and pfnfault" not loaded pfnfault
	# With the directory that kbuild made for it: the packages have none there.
	find "/lib/modules/$kernel/" -name 'pfnfault_client.ko*' -delete
	[ ! -d "/lib/modules/$kernel/extra" ] || rmdir "/lib/modules/$kernel/extra"
}

# Without what makes its initramfs large and slow, which this is not about.
second_kernel() {
	echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/fast
	printf 'MODULES=dep\nCOMPRESS=gzip\nCOMPRESSLEVEL=1\n' \
		>/etc/initramfs-tools/conf.d/fast
	does "another kernel, $second, is installed" apt-get install -q -y \
		--no-download --no-install-recommends \
		"linux-image-$second" "linux-headers-$second"
	ok "... for which DKMS has built and installed both" built "$second"
	ok "... and keeps what drivers are built with" symvers "$second"
	ok "... and for this kernel, too" built "$kernel"
	rm /etc/dpkg/dpkg.cfg.d/fast /etc/initramfs-tools/conf.d/fast
}

purge() {
	does "apt purges the packages" apt-get purge -q -y pfnfault-dkms pfnfault-dev
	# What is there is what was, and what other packages brought.
	files >/tmp/after
	{
		cat before
		sed 's,^/lib/,/usr/lib/,; p; s,$,/,' /var/lib/dpkg/info/*.list
	} | sort -u | comm -13 - /tmp/after >"$said"
	ok "... and leaves no file" test ! -s "$said"
	comm -23 before /tmp/after >"$said"
	ok "... nor takes any that are not theirs" test ! -s "$said"
	ok "depmod has forgotten them" not grep -rlw pfnfault /lib/modules/*/modules.*
	ok "modprobe finds none" not modprobe pfnfault
	ok "DKMS has none" test -z "$(dkms status)"
	ok "the group stays" getent group pfnfault
}

"$1"
echo "1..$count"
