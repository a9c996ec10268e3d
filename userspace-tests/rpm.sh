#!/usr/bin/env bash
# rpm.sh DIR: packaging/pfnfault.spec, with the rpm of this machine: the packages
# build, rpmlint has no error to tell, and they have the files that the Debian
# packages have. Works in DIR. TAP.
set -uo pipefail
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
dir=$1
spec=$top/packaging/pfnfault.spec
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$top/dkms.conf")

does() { # does WHAT COMMAND...
	local what=$1
	shift
	"$@" >"$dir/said" 2>&1
	ok "$what" test $? = 0
}

rm -rf "$dir"
mkdir -p "$dir/pfnfault-$version" "$dir/SOURCES"
"$top/scripts/sources" "$dir/pfnfault-$version"
tar -C "$dir" -czf "$dir/SOURCES/pfnfault-$version.tar.gz" "pfnfault-$version"
: >"$dir/said"
ok "the spec file has the version of dkms.conf" \
	test "$(rpmspec -q --srpm --qf '%{version}' "$spec")" = "$version"
does "the spec file is one" rpmspec -P "$spec"
does "rpmlint has nothing against it" rpmlint "$spec"
# No database of this machine's: Debian's rpm has none.
does "the packages build" rpmbuild -bb --nodeps --define "_topdir $dir" \
	--define "_udevrulesdir /usr/lib/udev/rules.d" \
	--dbpath "$dir/db" "$spec"

# The files of both packages, but for what documents them.
rpm_files() {
	rpm -qlp --dbpath "$dir/db" "$dir"/RPMS/noarch/*.rpm |
		awk '!/\/share\// || /\/share\/pfnfault/'
}
deb_files() {
	local deb
	for deb in "$build"/deb/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -t | sed 's,^\.,,; s,/$,,'
	done | grep -E '^/usr/src/|^/usr/lib/udev/.*/|^/etc/modprobe.d/|/share/pfnfault'
}
diff <(rpm_files | sort) <(deb_files | sort) >"$dir/said"
ok "they have what the Debian packages have" test ! -s "$dir/said"
echo "1..$count"
