#!/usr/bin/env bash
# records.sh: a matrix of kernels, and the tables that scripts/support-table and
# scripts/reliability make of what it leaves, say what passed and nothing else. TAP.
# Would catch a table that says so of what failed, or was not run.
set -uo pipefail

# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
dir=$build/check/records
rm -rf "$dir"
own_tree

# What passed is not tested again; what failed is, or is of other source.
mkdir "$tree"/{module,demo-driver,docs,examples,userspace-tests}
touch "$tree/Kbuild" "$tree/Makefile" "$tree/README.md" "$tree/docs/a.md"
cat >"$tree/scripts/check-kernel" <<'EOF'
#!/bin/sh
mkdir -p "$2"
echo "$1${RESUME:+:resumed}" >>"${0%/*}/../tested"
printf '%s x\n' release arch pages compiler build passed failed skipped \
	seconds >"$2/result"
[ "$1" = 6.1 ] && exit
echo "not ok 1 - a test of $1" >"$2/a.tap"
echo "last words of $1"
exit 1
EOF
matrix() { # matrix TESTED...: fails, has a line an entry, and tested these
	rm -f "$tree/tested"
	! env KERNEL= ARCH= "$tree/scripts/check-all" >"$dir/said" 2>&1 &&
		[ "$(grep -c '^x  ' "$dir/said")" = 2 ] &&
		[ "$(sort "$tree/tested" | paste -sd' ')" = "$*" ]
}
ok "a matrix with an entry that fails" matrix 6.1 none
ok "... tells which test failed" grep -qF "a.tap:not ok 1 - a test of none" "$dir/said"
ok "... and what was said last" grep -qx "last words of none" "$dir/said"
ok "... goes on with that" matrix none:resumed
echo "int x;" >"$tree/module/x.c"
ok "... and with all, when the source has changed" matrix 6.1 none
echo "int x;" >"$tree/examples/x.c"
ok "... or that of the examples" matrix 6.1 none
# shellcheck disable=SC2016  # Markdown
printf '```c\nint x;\n```\n' >"$tree/docs/a.md"
ok "... or that of a sample in a document" matrix 6.1 none
echo "words" >>"$tree/docs/a.md"
ok "... but not for words" matrix none:resumed
ok "... of the debug kernels, for no time" says "MINUTES=0: must be" \
	env KERNEL= ARCH= MINUTES=0 "$tree/scripts/check-all" debug
ok "... for a time, and not of them" says "MINUTES=1: must be" \
	env KERNEL= ARCH= MINUTES=1 "$tree/scripts/check-all"
ok "... or in short" says "MINUTES=1: must be" \
	env KERNEL= ARCH= MINUTES=1 "$tree/scripts/check-all" short
ok "... of none of them" says "usage: check-all" "$tree/scripts/check-all" quick
# The table of docs/supported.md, from what such a matrix leaves.
printf '<!-- scripts/support-table -->\nold\n<!-- end of scripts/support-table -->\n' \
	>"$tree/docs/supported.md"
ok "a table of what did not pass" says "not run, or not passed: none;" \
	"$tree/scripts/support-table"
ok "... is not written" grep -qx old "$tree/docs/supported.md"
all=$tree/build/check-all
mkdir -p "$all/none/core/tap"
touch "$all/none/passed"
printf '%s 9\n' release arch pages compiler installers huge passed skipped \
	>"$all/none/result"
cp "$all/none/result" "$all/6.1/result"
echo "1..0 # SKIP no such machine" >"$all/none/core/tap/bar.tap"
"$tree/scripts/support-table" >"$dir/said" 2>&1
ok "a table of what passed" \
	test "$(grep -cxF '| 9 | 9 | 9 | 9 | 9 | 9 | 9 | 9 |' "$tree/docs/supported.md")" = 2
ok "... and of what was skipped, why and where" \
	grep -qxF '| no such machine | bar | none |' "$tree/docs/supported.md"
ok "... in the place of the last one" not grep -qx old "$tree/docs/supported.md"
# That of docs/reliability.md, from what the debug kernels leave.
mkdir -p "$tree"/docs "$tree"/build/{litmus/tap,coverage} \
	"$tree"/build/check-debug/6.1-kasan/{direct,torture-2,torture-4,stress}/tap
printf '<!-- scripts/reliability -->\n<!-- end of scripts/reliability -->\n' \
	>"$tree/docs/reliability.md"
ok "a record of a debug kernel that was not run" \
	says "6.1-kasan: not run, or not passed, and not in" \
	"$tree/scripts/reliability"
debug=$tree/build/check-debug/6.1-kasan
touch "$debug/passed"
printf '%s 9\n' release commit passed >"$debug/result"
ok "... is one that was not run" \
	grep -qxF "| 6.1-kasan | not run yet$(printf ' |%.0s' {1..11})" "$tree/docs/reliability.md"
ok "... or without the litmus tests" says "the litmus tests: not run, or not passed" \
	"$tree/scripts/reliability"
printf 'ok %s\n' "1 - what is bad never happens" "2 - it happens without a() b()" \
	"3 - it happens without a() c()" >"$tree/build/litmus/tap/x.tap"
echo "~all  950 of  1000 lines   95.0%" >"$tree/build/coverage/table"
printf 'ok %s\n' 1 2 3 >"$debug/direct/tap/kunit.tap"
printf '# %s\n' "mmap: 12 allocations failed, and" "open: 1 allocations failed" \
	>"$debug/direct/tap/fail-x.tap"
for each in 2 4; do
	printf '%s\n' "# torture -s 30 -r 7" "ok 4 - 2000 reads, 5 read(), 1 mmap" \
		>"$debug/torture-$each/tap/torture.tap"
done
printf '%s\n' "ok 9 - stress-ng as root, in 9 s, x" "# ok 4 - 3 reads, 1 fork" "ok 1 - dev: 5 bogo ops" \
	"ok 2 - mmap: 6 bogo ops" >"$debug/stress/tap/stress-maps-root.tap"
echo "BUG: KCSAN: data-race" >"$debug/direct/console"
"$tree/scripts/reliability" >"$dir/said" 2>&1
ok "a record of what was run" grep -qE \
	'^\| 6.1-kasan \| 9 \| 9 \| Accesses and .* \| 9 \| 3 \| 13 \| 60 \| 4 016 \| 9 \| 11 \| 1 \|$' \
	"$tree/docs/reliability.md"
ok "... of the litmus tests" grep -qE "^1 litmus tests,.* each of 2 from" \
	"$tree/docs/reliability.md"
ok "... and of the coverage" grep -qE "^The tests run 95.0% .* the others, 50," \
	"$tree/docs/reliability.md"
ok "... in a file that has no place for it" says "has no '<!-- scripts/reliability" \
	"$tree/scripts/reliability" "$tree/README.md"
cp "$tree/docs/reliability.md" "$dir/first"
rm -r "$debug" "$tree"/build/{litmus,coverage}
"$tree/scripts/reliability" >"$dir/said" 2>&1
ok "a record keeps what it says of what is not run now" \
	cmp "$tree/docs/reliability.md" "$dir/first"
echo "1..$count"
