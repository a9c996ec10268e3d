#!/usr/bin/env bash
# deb.sh DIR RELEASE...: make deb fails where it should and says why, and each
# RELEASE's debhelper makes the packages that this machine's has made in build/deb.
# Works in DIR. TAP.
set -uo pipefail
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
dir=$1
shift
tree=$dir/tree
rm -rf "$dir"
mkdir -p "$dir"
"$top/scripts/sources" "$tree"

# with FILE PROGRAM COMMAND...: with the file changed by sed, for this command
with() {
	local file=$tree/$1 program=$2 status=0
	shift 2
	cp -p "$file" "$dir/kept"
	sed -i "$program" "$file"
	"$@" || status=1
	cp -p "$dir/kept" "$file"
	return $status
}

# The tree is no checkout, and something was built there.
mkdir -p "$tree/build" "$dir/copy"
touch "$tree"/build/x.deb "$tree"/module/{pfnfault.ko,main.o,Module.symvers} \
	"$tree"/module/probes/{plain_pfn.h,plain_pfn.log}
"$tree/scripts/sources" "$dir/copy" >"$dir/said" 2>&1
(cd "$dir/copy" && find . -type f | sort) >"$dir/copied"
rm -rf "$tree"/build "$tree"/module/{pfnfault.ko,main.o,Module.symvers} \
	"$tree"/module/probes/plain_pfn.{h,log}
(cd "$tree" && find . -type f | sort) | diff - "$dir/copied" >"$dir/said"
ok "of a tree that is no checkout, all is taken but what was built" \
	test ! -s "$dir/said"

ok "a changelog of another version" \
	with debian/changelog '1s/(.*)/(0.9.9)/' says \
	"debian/changelog has version 0.9.9, dkms.conf" "$tree/scripts/deb"
ok "a file that is to be installed, and is not there" \
	with debian/pfnfault-dev.install 's/Kbuild.client/Kbuild.none/' says \
	"dpkg-buildpackage failed" "$tree/scripts/deb"
ok "... is named" grep -q 'Kbuild\.none' "$dir/said"
ok "what lintian does not like" \
	with debian/control '/^Description:/s/:.*/: a/' says \
	"lintian has something to say" "$tree/scripts/deb"
ok "a release that is none" says "must be bookworm or trixie" \
	env RELEASE=sid "$top/scripts/check-package"

# What a package is, but for who built it: what dpkg is told, what is in it.
contents() {
	local deb
	for deb in "$1"/*.deb; do
		dpkg-deb -I "$deb" control
		dpkg-deb -c "$deb" | awk '{ print $1, $2, $3, $6 }'
	done | sed 's/^ Installed-Size:.*//'
}
contents "$build/deb" >"$dir/here"
ok "there are packages" grep -q '^Package: pfnfault-dkms' "$dir/here"
for release in "$@"; do
	builder=$build/package/builder-$release
	rm -rf "$dir/out"
	mkdir -p "$dir/out"
	"$top/scripts/sources" "$dir/out/tree"
	# shellcheck disable=SC2016  # expanded in the root
	"$top/scripts/in-root" "$builder" "$dir/out" \
		sh -ec 'cd tree; dpkg-buildpackage -d -us -uc -b' >"$dir/said" 2>&1
	ok "the packages build with the debhelper of $release" test $? = 0
	contents "$dir/out" >"$dir/there"
	diff "$dir/here" "$dir/there" | head -n 20 >"$dir/said"
	ok "... and are the same" test ! -s "$dir/said"
done
echo "1..$count"
