#!/usr/bin/env bash
# litmus.sh: scripts/litmus fails where a test of litmus/ and the module are not in
# step, and where a test proves nothing: in a tree of its own, with one test. TAP.
set -uo pipefail

# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
dir=$build/check/litmus
tree=$dir/tree

# changed [FILE SCRIPT]: a fresh tree, with the file as that script of sed makes it
changed() {
	rm -rf "$tree"
	mkdir -p "$tree/build" "$tree/litmus"
	cp -R "$top/scripts" "$top/module" "$tree/"
	ln -s "$build/userlands" "$tree/build/userlands"
	cp "$top/litmus/new-place.litmus" "$tree/litmus/"
	sed -i 's,litmus/new-place,THIS,; s,litmus/[a-z*-]*,,g; s,THIS,litmus/new-place,' \
		"$tree"/module/*.[ch]
	[ $# = 0 ] || sed -i "$2" "$tree/$1"
}

passes() { "$tree/scripts/litmus" >"$dir/said" 2>&1; }

# fails TEXT FILE SCRIPT: where that was changed, and says TEXT
fails() {
	changed "$2" "$3"
	says "$1" "$tree/scripts/litmus"
}

changed
ok "a test that is in step passes" passes
ok "a test that herd7 cannot read" \
	fails "Unknown macro WRITE_TWICE" litmus/new-place.litmus s/WRITE_ONCE/WRITE_TWICE/
ok "a test of what happens" \
	fails "herd7 says: Sometimes" litmus/new-place.litmus '/smp_mb/d'
ok "a barrier that the test does not need" \
	fails "herd7 says: Never" litmus/new-place.litmus \
	's,WRITE_ONCE.*,&\n\tsmp_mb(); // barrier: pfnfault_bump() race_bump_mb(),'
ok "a test that is not of that name" \
	fails "must be: C new-place" litmus/new-place.litmus 1s/place/site/
ok "a barrier that is not marked" \
	fails "line 21: 	smp_mb__before_atomic();" litmus/new-place.litmus '21s,//.*,,'
ok "a test without a barrier" \
	fails "it has none" litmus/new-place.litmus 's,// barrier.*,,'
ok "a mark that names no call" \
	fails "'pfnfault_bump()' names no function, or nothing that it calls" \
	litmus/new-place.litmus 's/ smp_mb__before_atomic()$//'
ok "a barrier that the module has lost" \
	fails "no pfnfault_bump() calls smp_mb__before_atomic()" \
	module/move.c 's,smp_mb__before_atomic();,/* & */,'
ok "... or weakened" \
	fails "no pfnfault_locate() calls atomic_long_read_acquire()" \
	module/place.c 's/atomic_long_read_acquire/atomic_long_read/'
ok "... or that does not tell of the test" \
	fails "no comment of pfnfault_locate() refers to litmus/new-place" \
	module/place.c 's,litmus/new-place,,'
ok "a test that the module tells of, and that there is not" \
	fails "litmus/old-place is there" module/fault.c '2s,^,/* litmus/old-place */,'
echo "1..$count"
