#!/usr/bin/env bash
# dist.sh: make dist gives the same tarball wherever it is made, of all that is
# committed, and fails where it should and says why. TAP.
set -uo pipefail
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
dir=$build/check/dist
rm -rf "$dir"
mkdir -p "$dir"
"$top/scripts/sources" "$dir/tree"

ok "make dist in a tree that is no checkout" says "is no checkout" "$dir/tree/scripts/dist"

# A history of its own: this tree's is not needed, and may not be there.
git -C "$dir/tree" init -q
git -C "$dir/tree" add -A
git -C "$dir/tree" -c user.name=nobody -c user.email=nobody@example.org \
	commit -q -m "all of it"
(umask 077 && git clone -q "$dir/tree" "$dir/other")
tarball() { echo "$dir"/"$1"/build/dist/pfnfault-*.tar.xz; }
makes() { "$dir/$1/scripts/dist" >"$dir/said" 2>&1; }
ok "make dist makes a tarball" makes tree
ok "... and says where" grep -qxF "$(tarball tree)" "$dir/said"
sum_is_right() { (cd "$dir/tree/build/dist" && sha256sum --quiet -c ./*.sha256); }
ok "... whose sum is right" sum_is_right
sleep 1	# another second, umask and time zone
(umask 077 && TZ=Asia/Tokyo makes other)
ok "the same tarball elsewhere, later" cmp "$(tarball tree)" "$(tarball other)"

mkdir "$dir/unpacked"
tar -C "$dir/unpacked" -xf "$(tarball tree)"
mv "$dir"/unpacked/* "$dir/unpacked/all"
diff -r -x .git -x build "$dir/tree" "$dir/unpacked/all" >"$dir/said"
ok "all that is committed is in it" test ! -s "$dir/said"
ok "... and can be run" test -x "$dir/unpacked/all/scripts/check"
cleans() {
	mkdir -p "$dir/unpacked/all/build/lint" &&
		make -C "$dir/unpacked/all" KDIR=/nonexistent clean >"$dir/said" 2>&1 &&
		[ ! -e "$dir/unpacked/all/build/lint" ]
}
ok "... and cleaned" cleans

rm -r "$dir/other/build"
touch "$dir/other/new.c"
echo >>"$dir/other/Makefile"
ok "what is not committed is named" says "?? new.c" "$dir/other/scripts/dist"
ok "... changed or new" grep -qF " M Makefile" "$dir/said"
ok "... and no tarball made" test ! -e "$dir/other/build/dist"
echo "1..$count"
