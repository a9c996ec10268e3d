#!/usr/bin/env bash
# samples.sh NAME: the samples of README.md and docs/ are what is compiled, and the driver
# of docs/getting-started.md does in a guest what is told there; scripts/try says what is
# wrong with a driver. TAP. After scripts/build NAME. Would catch a sample that is left
# out, and output that nobody gets.
set -uo pipefail

# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
name=$1
dir=$top/build/check/samples
as_root rm -rf "$dir"
mkdir -p "$dir"
"$top/scripts/samples" "$dir/cut"

shopt -s extglob
pages=("$top"/README.md "$top"/docs/!(porting).md)
blocks=$(cat "${pages[@]}" | grep -c '^```c')
fragments=$(cat "$dir"/cut/fragments/*.c | grep -c '^#line')
whole=$(cat "${pages[@]}" | grep -c '^```c [a-z_]*\.c$')
echo "there are $blocks, of which $fragments and $whole are taken" >"$dir/said"
ok "each block of C is taken" test "$blocks" = $((fragments + whole))
cut=$dir/cut/getting-started
lines() { grep -vFxf "$1" "$2"; }
ok "the driver of README.md is part of the one in docs/getting-started.md" \
	test -z "$(lines "$cut/my_driver.c" "$dir/cut/README/my_driver.c")"

# In the tree that scripts/build has compiled for this kernel.
src=$top/build/guests/$name/src
broken=$src/userspace-tests/kmod/samples/fragments/moving.c
kernel_modules() {
	"$top/scripts/kbuild" "$name" "$src" PFNFAULT_TESTS=m modules \
		>"$dir/said" 2>&1 </dev/null
}
ok "they compile" kernel_modules
ok "... that of docs/moving.md, too" test -e "${broken%.c}.o"
cp "$broken" "$dir/kept"
echo "static int x = y;" >>"$broken"
ok "a sample that is wrong does not" not kernel_modules
ok "... and its page is named" grep -q '^docs/moving\.md:[0-9]*:.*error' "$dir/said"
cp "$dir/kept" "$broken"

try() { "$top/scripts/try" "$@"; }
ok "no driver to try" says "usage: try DIR" try ""
ok "... nor a folder" says "no $dir/none/Kbuild; docs/getting-started.md tells" \
	try "$dir/none"
ok "... nor a kernel" says "no kernel '6.0'; scripts/kernels has" try "$cut" 6.0
ok "... which is said once" test "$(wc -l <"$dir/said")" = 1
ok "... for a machine that does not run its program" says "7.3-arm64 is for arm64" \
	try "$cut" 7.3-arm64
cp -R "$cut" "$dir/my_driver"
try "$dir/my_driver" >"$dir/said" 2>&1
diff "$cut/output" "$dir/said" >"$dir/differs"
ok "what docs/getting-started.md shows is what comes" test ! -s "$dir/differs"
# But for which 6.1 it is.
demo() { sed 's/Linux [^ ]* boots/Linux boots/' "$1"; }
"$top/scripts/demo" >"$dir/demo" 2>"$dir/said"
diff <(demo "$dir/cut/README/demo") <(demo "$dir/demo") >"$dir/differs"
ok "what README.md shows of make demo is what comes" test ! -s "$dir/differs"
cp -R "$dir/my_driver" "$dir/wrong"
sed -i 's/pfnfault_revoke(.*;/;/; s/strcpy(one/return 3; &/' "$dir"/wrong/*.c
sed -i '/pfnfault_region_put/d' "$dir/wrong/my_driver.c"
ok "a program that fails" says "look ended with status 3" try "$dir/wrong"
ok "... and a driver that keeps a region: the guest's log is shown" \
	grep -q "a driver leaked 1 region" "$dir/said"
cp -R "$dir/my_driver" "$dir/kept_open"
sed -i '/^#include <stdio/i #include <unistd.h>
	s/return 0;/if (!fork()) pause();\n\t&/' "$dir/kept_open/look.c"
ok "a program that leaves a child, with the node mapped" \
	says "my_driver cannot be unloaded: a child of look" try "$dir/kept_open"
sed -i 's/^PFNFAULT_IMPORT;//; s/pfnfault_mmap/pfnfault_mmop/' "$dir/wrong/my_driver.c"
ok "a driver that does not compile" says "wrong does not compile" try "$dir/wrong"
ok "... and where" grep -q "^$dir/wrong/my_driver.c:.*pfnfault_mmop" "$dir/said"
cp "$dir/my_driver/my_driver.c" "$dir/wrong/"
sed -i 's/return 3;/for (;;) ;/' "$dir/wrong/look.c"
ok "a program that does not end" says "look hangs: killed after" \
	env TIMEOUT=50 "$top/scripts/try" "$dir/wrong"
ok "... with no word of where each task is" test "$(wc -l <"$dir/said")" -lt 20
echo "1..$count"
