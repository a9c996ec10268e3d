#!/usr/bin/env bash
# clients.sh NAME: how drivers are built on pfnfault, for kernel NAME: with the
# symbols of a pfnfault.ko that was built (module/Kbuild.client), of which the
# wrong ones and none are told; with pfnfault inside (module/Kbuild.vendor). TAP.
# After scripts/build NAME.
set -uo pipefail

# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
name=$1
dir=$top/build/check/clients
as_root rm -rf "$dir"
mkdir -p "$dir"
built=$top/build/guests/$name/src
release=$(cat "$top/build/kernels/$name/release")
cp -R "$top/examples/client" "$top/examples/vendored" "$dir/"
mkdir "$dir/share"
cp -R "$top/module/Kbuild.client" "$top/module/include" "$dir/share/"

# builds WHAT VAR=VALUE...: in the userland, where $dir is /src
builds() {
	local what=$1
	shift
	"$top/scripts/kbuild" "$name" "$dir" M="/src/$what" "$@" modules \
		>"$dir/said" 2>&1 </dev/null
}
client() { builds client PFNFAULT=/src/share "$@"; }
said() { grep -qF -- "$1" "$dir/said"; }
fix="install pfnfault-dkms"

# The symbols, and the pfnfault.ko that they are of, as DKMS keeps them.
mkdir "$dir/kept"
cp "$built/Module.symvers" "$built/module/pfnfault.ko" "$dir/kept/"
ok "a client builds" client PFNFAULT_SYMVERS=/src/kept/Module.symvers
ok "... without a warning" not grep -qi warning "$dir/said"
xz "$dir/kept/pfnfault.ko"
ok "... with a compressed pfnfault.ko" \
	client PFNFAULT_SYMVERS=/src/kept/Module.symvers
ok "no symbols" not client
ok "... of which kernel" said "no pfnfault.ko was built for Linux $release"
ok "... and what to do" said "$fix"
cleans() {
	"$top/scripts/kbuild" "$name" "$dir" M=/src/client PFNFAULT=/src/share \
		clean >"$dir/said" 2>&1
}
ok "make clean needs none" cleans
ok "symbols of another module" \
	not client PFNFAULT_SYMVERS=/src/client/Kbuild
ok "... are named" said "/src/client/Kbuild has none of"
ok "... and what to do" said "$fix"
unxz "$dir/kept/pfnfault.ko.xz"
sed -i "s/vermagic=$release/vermagic=${release//[0-9]/9}/" "$dir/kept/pfnfault.ko"
ok "symbols of another kernel's pfnfault.ko" \
	not client PFNFAULT_SYMVERS=/src/kept/Module.symvers
ok "... are named, and both kernels" \
	said "for Linux ${release//[0-9]/9}, and this is for $release"
ok "... and what to do" said "$fix"

# Nothing of it is left to clash with another driver's.
cp "$top/examples/client/client.c" "$dir/vendored/"
cp -R "$top/module" "$dir/vendored/pfnfault"
ok "a driver with pfnfault inside builds" builds vendored W=1
ok "... without a warning" not grep -qi warning "$dir/said"
names() { nm "$dir/vendored/pfnfault_vendored.ko" | awk '$2 ~ /[A-TV-Z]/ { print $3 }'; }
ok "... with symbols of its own name" \
	test "$(names | grep -c '^pfnfault_vendored_pfnfault_')" -ge 40
ok "... and no other" test -z "$(names | grep pfnfault |
	grep -v 'pfnfault_vendored_pfnfault_')"
# Those of tracepoints stand behind what the kernel's macros put before.
ok "... its tracepoints, too" test "$(names | grep -c '^__tracepoint_')" = \
	"$(names | grep -c '^__tracepoint_pfnfault_vendored_pfnfault_')"
ok "... and needs no module" \
	grep -aqzx depends= "$dir/vendored/pfnfault_vendored.ko"
# As where the kernel has no tracepoints.
ok "it builds without tracepoints" builds vendored W=1 KCFLAGS=-DNOTRACE
ok "... without a warning" not grep -qi warning "$dir/said"
ok "... and has none" test -z "$(names | grep '^__tracepoint_')"
echo "1..$count"
