#!/bin/bash
# chroot.sh KERNEL: in a clean Debian with DKMS: pfnfault from a checkout,
# /src/checkout, and then from /src/*.deb, which stay installed. Leaves in
# /pfnfault the list "before", of the files that were there before the packages,
# and the modules that tests need. TAP.
set -uo pipefail
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
kernel=$1
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' /src/checkout/dkms.conf)
headers=/lib/modules/$kernel/build

# What DKMS, apt and dpkg say where something is not as it should be.
quiet() { not grep -iE 'deprecat|warning|error|not executable' "$said"; }

files >/tmp/clean
does "dkms add takes a checkout" dkms add /src/checkout
ok "... with nothing to say against its dkms.conf" quiet
does "dkms install builds it" dkms install "pfnfault/$version" -k "$kernel"
ok "... with nothing to say against its dkms.conf" quiet
ok "... installs both modules" built "$kernel"
ok "... and keeps what drivers are built with" symvers "$kernel"

# Kernels by name, with headers that are there but for a name that is not.
excluded() { # excluded DIR VERSION
	dkms build "pfnfault/$version" -k "$2" --kernelsourcedir "$1" >"$said" 2>&1
	[ $? = 77 ] && says "BUILD_EXCLUSIVE"
}
for old in 2.6.32-5-amd64 4.19.0-27-amd64 5.4.300 5.9.0-5-amd64; do
	ok "Linux $old is too old" excluded "$headers" $old
done
mkdir -p /tmp/headers/include/config
for new in 5.10.0-46-amd64 5.19.17 6.1.0-56-rt-amd64 7.3.4+deb13-amd64 10.0.1; do
	ok "Linux $new is not" not excluded /tmp/headers $new
	rm -rf "/var/lib/dkms/pfnfault/$version"/{build,"$new"}
done
for option in MODULES MMU PCI; do
	sed "s/^CONFIG_$option=.*/# CONFIG_$option is not set/" \
		"$headers/.config" >/tmp/headers/.config
	cp /tmp/headers/.config /tmp/headers/include/config/auto.conf
	ok "a kernel without CONFIG_$option is refused" excluded /tmp/headers 6.1.99
done
rm -rf /tmp/headers

does "dkms remove removes it" dkms remove "pfnfault/$version" --all
# The copy that dkms add made stays, with every version of DKMS.
rm -rf "/usr/src/pfnfault-$version"
files | diff /tmp/clean - >"$said"
ok "... and leaves nothing but the copy of the checkout" test ! -s "$said"

# The tests' own modules: with pfnfault.ko as DKMS builds it, that is what is
# tested, and it has to fit what another build has made.
mkdir -p /pfnfault
/src/checkout/scripts/samples /src/checkout/userspace-tests/kmod/samples
does "the tests' modules build" make -C "$headers" M=/src/checkout PFNFAULT_TESTS=m
cp /src/checkout/userspace-tests/kmod/{pfnfault_test,my_driver}.ko /pfnfault/
does "make install installs what was built" make -C /src/checkout KDIR="$headers" \
	install
ok "... where modprobe finds it" modinfo -k "$kernel" pfnfault_demo
find "/lib/modules/$kernel" -name 'pfnfault*.ko*' -delete
find "/lib/modules/$kernel" -type d -empty -delete
depmod "$kernel"
files >/pfnfault/before
does "apt installs the packages" apt-get install -q -y --no-install-recommends \
	/src/pfnfault-dkms.deb /src/pfnfault-dev.deb
ok "... with nothing to say" quiet
ok "DKMS has built and installed both modules" built "$kernel"
ok "... and keeps what drivers are built with" symvers "$kernel"
ok "there is a group" getent group pfnfault
does "apt installs them again" apt-get install -q -y --reinstall \
	/src/pfnfault-dkms.deb /src/pfnfault-dev.deb
ok "... and DKMS builds again" built "$kernel"
echo "1..$count"
