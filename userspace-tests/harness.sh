#!/usr/bin/env bash
# harness.sh NAME: what runs the tests fails when it should: a guest on kernel
# NAME that panics, hangs, powers off early or warns, a test that fails, and
# wrong arguments; kernels that cannot be brought. TAP. Would catch a run that
# passes whatever happens.
set -uo pipefail

# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
name=$1
dir=$top/build/check/harness
rm -rf "$dir"
mkdir -p "$dir"

guest() { TIMEOUT=$1 "$top/scripts/guest" "$name" "$2" "$dir/$2"; }
warns() {
	says "$1" guest 300 warn &&
		grep -q '^ok 2 - all of it is taken back' "$dir/warn/output"
}

ok "a guest that panics" says "panicked; the end of its log" guest 300 panic
ok "... shows the log's tail" grep -q sysrq "$dir/said"
# Long enough to boot.
hang=$(($(machine_field "$(kernel_field "$name" arch)" seconds) / 20))
ok "a guest that hangs" says "hung, and was ended after $hang s" \
	guest $hang hang
ok "a guest that powers off early" \
	says "off before it came to its end" guest 300 poweroff
ok "a guest whose kernel warns" warns "its log should not have"
ok "... shows the warning" grep -q 'WARNING: .*move.c' "$dir/said"
ok "a guest that has nothing to run" guest 300 nothing
"$top/scripts/guest" "$name" fail "$dir/fail"
"$top/scripts/tap-split" "$dir/fail/output" "$dir/split"
ok "a test that ends with an error and prints nothing" \
	says "false ended with status 1" sh -c "! cat $dir/split/*"
printf '=== begin stuck\nok 1 - so far\n' >"$dir/fail/output"
"$top/scripts/tap-split" "$dir/fail/output" "$dir/split"
ok "a test that does not end" \
	says "stuck did not end" sh -c "! cat $dir/split/*"
ok "... is a failure for prove" \
	says "Result: FAIL" prove --exec cat --ext .tap "$dir/split"

# kunit SUITES LINE...: the TAP of a log in which KUnit says LINE...; does all of it
# pass?
kunit() {
	local suites=$1
	shift
	printf '[    1.23] %s\n' "    # Subtest: a" "$@" | busybox awk \
		-v suites="$suites" -f "$top/userspace-tests/guest/kunit.awk" \
		>"$dir/said" && ! grep -q '^not ok' "$dir/said"
}
ok "KUnit tests that pass" kunit a "    1..1" "    ok 1 x" "ok 1 a"
ok "... are counted" grep -qxF 1..2 "$dir/said"
ok "a KUnit test that fails" \
	not kunit a "    1..1" "    not ok 1 x" "ok 1 a"
ok "... with one parameter" not kunit a "    1..1" "        ok 1 p" \
	"        not ok 2 q" "    ok 1 x" "ok 1 a"
ok "... or with all, as its end tells" not kunit a "    1..1" \
	"        ok 1 p" "    not ok 1 x" "ok 1 a"
ok "a KUnit test that is skipped" \
	not kunit a "    1..1" "    ok 1 x # SKIP" "ok 1 a"
ok "a KUnit suite that fails" not kunit a "    1..1" "    ok 1 x" "not ok 1 a"
ok "... that is skipped" not kunit a "    1..1" "    ok 1 x" "ok 1 a # SKIP"
ok "... that has no tests" not kunit a "    1..0" "ok 1 a"
ok "... that does not run all of them" \
	not kunit a "    1..2" "    ok 1 x" "ok 1 a"
ok "... that does not end" not kunit a "    1..1" "    ok 1 x"
ok "... that does not run" not kunit "a b" "    1..1" "    ok 1 x" "ok 1 a"
ok "no KUnit suites" not kunit "" "    1..1" "    ok 1 x" "ok 1 a"

ok "an accelerator that is none" says "must be tcg or kvm" \
	env ACCEL=fast "$top/scripts/guest" "$name" check "$dir/x"
ok "a kernel that is not in the table" says "no kernel '4.19'" \
	"$top/scripts/check" 4.19
torture() { "$top/scripts/torture" "$name" "$@"; }
ok "torture for no time" says "MINUTES=0: must be a whole number, 1 to 5000" \
	torture MINUTES=0
ok "... for a time and another" says "MINUTES=1 and SECONDS=5: one of the two" \
	torture MINUTES=1 SECONDS=5
ok "... on half of a CPU" says "SMP=0.5: must be a whole number, 1 to 64" \
	torture SMP=0.5
ok "... with a seed that is none" says "SEED=-1: must be" torture SEED=-1
ok "... of more pages than there are" says "PAGES=1025: must be" \
	torture PAGES=1025
ok "... with a word that is none" says "FAST=1: the words are MINUTES=" \
	torture FAST=1
ok "stress for no time" says "MINUTES=0: must be a whole number, 1 to 5000" \
	"$top/scripts/stress" 6.1 MINUTES=0
ok "... on no CPU" says "SMP=0: must be" "$top/scripts/stress" 6.1 SMP=0
ok "... with a word that is none" says "SEED=1: the words are MINUTES=" \
	"$top/scripts/stress" 6.1 SEED=1
ok "... on a machine that there is no stress-ng for" \
	says "7.3-arm64 is for arm64" "$top/scripts/stress" 7.3-arm64
ok "a tool that is not brought into guests" \
	says "no package known for the tool 'nosuchtool'" \
	"$top/scripts/tool" nosuchtool
ok "a userland that is not there" says "no userland in" \
	"$top/scripts/in-userland" nowhere "$top" true
ok "a tool that no package is known for" \
	says "no package known for the tool 'nosuchtool'" \
	"$top/scripts/need" nosuchtool
ok "nothing missing: nothing said" test -z "$("$top/scripts/need" make 2>&1)"
mkdir -p "$dir/bin"
printf '#!/bin/sh\nexit 0\n' >"$dir/bin/apt-get"
chmod +x "$dir/bin/apt-get"
# Where somebody else can read it, whoever's directory this is in.
elsewhere=$(mktemp -d)
trap 'rm -rf "$elsewhere"' EXIT
chmod 755 "$elsewhere"
cp "$top/scripts/lib.sh" "$top/scripts/check-all" "$elsewhere/"
ln -s "$(command -v id)" "$(command -v dirname)" "$elsewhere/"
# shellcheck disable=SC2016  # for the inner shell
ok "neither root nor sudo" says "this needs root, and there is no sudo: true" \
	setpriv --reuid=65534 --regid=65534 --clear-groups \
	env PATH="$elsewhere" "$BASH" -c '. "$1"; as_root true' sh \
	"$elsewhere/lib.sh"
ok "an apt without an archive" \
	says "set DEBIAN_MIRROR=" env PATH="$dir/bin:$PATH" \
	"$top/scripts/mirror" main
ok "a mirror by hand" test "$(DEBIAN_MIRROR=file:/x "$top/scripts/mirror" \
	main)" = file:/x
ok "a kernel without headers" says "No kernel headers in /nonexistent" \
	make -C "$top" KDIR=/nonexistent modules
ok "a level of warnings that kbuild does not know" \
	says "W=7: kbuild knows" make -C "$top" W=7 help
mkdir -p "$dir/tree/scripts"
cp "$top/Makefile" "$dir/tree/"
cp "$top/scripts/load" "$dir/tree/scripts/"
ok "loading what was not built" \
	says "no module/pfnfault.ko: run make first" make -C "$dir/tree" load
ok "tests of this machine without the modules" \
	says "The modules are not loaded" make -C "$top" check-host

# As ^C in a terminal.
killed() {
	rm -f "$dir/begun"
	setsid "$top/scripts/in-userland" "$(kernel_field "$name" userland)" "$dir" \
		sh -c "touch begun; exec sleep 60" >"$dir/said" 2>&1 &
	local tries=0 pid=$!
	until [ -e "$dir/begun" ]; do
		[ $((tries += 1)) -lt 100 ] && sleep 0.1 || return
	done
	kill -- "-$pid"
	for _ in {1..50}; do
		kill -0 -- "-$pid" 2>/dev/null || return 0
		sleep 0.1
	done
	return 1
}
ok "what runs in a userland ends with its process group" killed

# What make install installs, in the userland that the modules were built in.
src=$top/build/guests/$name/src
release=$(cat "$top/build/kernels/$name/release")
"$top/scripts/in-userland" "$(kernel_field "$name" userland)" "$src" make install \
	KDIR="/usr/src/linux-headers-$release" INSTALL_MOD_PATH=/src/installed \
	>"$dir/said" 2>&1
installed() { find "$src/installed/lib/modules/$release" -name "$1.ko*" | grep -q .; }
ok "make install installs pfnfault" installed pfnfault
ok "... and the demo driver" installed pfnfault_demo

# Kernels that cannot be brought, to the userlands of this one.
own_tree
ln -s "$build/userlands" "$tree/build/userlands"
ok "a series that Debian has not" says "no kernel 9.9 for amd64 in bookworm" \
	"$tree/scripts/kernel" none
ok "an architecture that is not in the table" says "no kernel '' for sparc" \
	env KERNEL= ARCH=sparc "$top/scripts/check-all"
mv "$tree/scripts/in-userland" "$tree/scripts/in-userland.real"
cat >"$tree/scripts/in-userland" <<'EOF'
#!/bin/sh
case " $* " in
*" apt-get "*" download "*) echo "E: Failed to fetch"; exit 100 ;;
*" apt-get "*" update "* | *" apt-get "*" install "*) exit 0 ;;
esac
exec "$0.real" "$@"
EOF
chmod +x "$tree/scripts/in-userland"
ok "a download that fails" says "cannot get linux-" "$tree/scripts/kernel" 6.1
ok "... and why" grep -q "Failed to fetch" "$dir/said"
ok "... leaves no kernel that is half there" \
	test -z "$(find "$tree/build/kernels" -mindepth 1 ! -name '*.log')"
# A debug kernel whose Kconfig drops an option without a word.
cat >"$tree/scripts/in-userland" <<'EOF'
#!/bin/sh
case " $* " in
*" apt-get "*) exit 0 ;;
*" dpkg-query "*) echo 6.1.1-1 ;;
*" allnoconfig "*) sed 's/^CONFIG_KASAN=y/# CONFIG_KASAN is not set/' "$2/asked" \
	>"${0%/*}/../build/userlands/$1/usr/src/new-6.1-kasan/.config" ;;
*" tar "*) ;;
*) exit 1 ;;
esac
EOF
ok "a debug kernel without an option that was asked for" \
	says "does not have, or not with the others: CONFIG_KASAN=y" \
	"$tree/scripts/kernel" 6.1-kasan
ok "... leaves no kernel that is half there" \
	test -z "$(find "$tree/build/kernels" -mindepth 1 ! -name '*.log')"
ok "... nor its tree" test ! -e "$tree/build/userlands/bookworm/usr/src/new-6.1-kasan"
rm "$tree/build/userlands"
ok "a machine without Debian's keys" says "install debian-archive-keyring" \
	env KEYRING=/nonexistent "$tree/scripts/userland" bookworm
: >"$dir/keyring.gpg"
ok "a machine without that release's keys" says "has not the keys of bookworm" \
	env KEYRING="$dir/keyring.gpg" "$tree/scripts/userland" bookworm
ok "an archive that is not there" says "mmdebstrap failed" \
	env DEBIAN_MIRROR=file:/nonexistent "$tree/scripts/userland" bookworm
ok "... leaves no userland that is half there" \
	test ! -e "$tree/build/userlands/bookworm/.complete"
# QEMU's command line, by one that prints it.
mkdir -p "$dir/bin"
printf '#!/bin/sh\necho "$@"\n' >"$dir/bin/qemu-system-x86_64"
chmod +x "$dir/bin/qemu-system-x86_64"
threads() { # threads CPUS: what QEMU is told to do with them
	PATH=$dir/bin:$PATH ACCEL=tcg SMP=$1 "$top/scripts/qemu" 6.1 "$dir" |
		grep -o "thread=[a-z]*" >"$dir/said"
	cat "$dir/said"
}
ok "CPUs that this machine has are threads" \
	test "$(threads "$(nproc)")" = thread=multi
ok "... more than these take turns" \
	test "$(threads $(($(nproc) + 1)))" = thread=single
# An emulator that fails, and not the guest: what its first boot logs.
mkdir -p "$dir/boot"
touch "$dir/boot/disk"
cat >"$tree/scripts/qemu" <<'EOF'
#!/bin/sh
first=$2/../first
[ ! -e "$first.boot" ] || cat "$first.boot" >"$2/console"
if [ -e "$first.hang" ]; then
	rm "$first".*
	exec sleep 60
fi
echo "guest: start: check" >>"$2/console"
[ ! -e "$first" ] || cat "$first" >>"$2/console"
[ ! -e "$first.signal" ] || signal=$(cat "$first.signal")
rm -f "$first" "$first".*
[ -z "$signal" ] || kill -s "$signal" $$
echo "=== the end" >"$2/output"
EOF
boots_again() { # boots_again LINE: after a boot that logged this
	echo "$1" >"$dir/first"
	"$tree/scripts/guest" 6.1 check "$dir/boot" >"$dir/said" 2>&1 &&
		grep -qF "the emulator failed" "$dir/said"
}
ok "an emulator that takes a breakpoint which is gone" \
	boots_again "[    1.0] int3: 0000 [#1] PREEMPT SMP"
ok "... or gives flags that no CPU has" \
	boots_again "[    1.0] WARNING: RSP: 0018:ff4b059ec0d4f8e0 EFLAGS: c34ce362"
ok "... or those next to these" \
	boots_again "[    1.0] WARNING: RSP: 0018:ff4b059ec0d4f8e0 EFLAGS: 00400202"
ok "a guest that warns, with flags that a CPU has, is not booted again" \
	not boots_again "[    1.0] WARNING: RSP: 0018:ff4b059ec0d4f8e0 EFLAGS: 003f7fd7"
for signal in SEGV ABRT; do
	echo $signal >"$dir/first.signal"
	ok "an emulator that dies of SIG$signal" boots_again ""
done
echo "[    0.1] BUG: KASAN: wild-memory-access in handle_edge_irq" >"$dir/first.boot"
ok "a kernel that is wrong before it has loaded anything" boots_again ""
echo "[    0.1] PCI: Using ACPI for IRQ routing" | tee "$dir/first.boot" >"$dir/first.hang"
began=$SECONDS
START=2 ok "a guest that hangs while it boots" boots_again ""
ok "... is not waited for" test $((SECONDS - began)) -lt 30
echo "[    0.1] BUG: KCSAN: data-race in a / b" >"$dir/first.boot"
ok "... but for races, of which it has its own" not boots_again ""
dirty() { ! "$tree/scripts/guest" 6.1 check "$dir/boot" >"$dir/said" 2>&1; }
# What KCSAN says, of the modules and of the kernel's own races.
race() { # race FRAME FRAME FRAME: does a guest fail whose second access has these?
	printf '[    1.0] %s\n' "${dashes=$(printf '=%.0s' {1..66})}" \
		"BUG: KCSAN: data-race in a / ${TITLE-b}" "" \
		"write to 0xffff888001 of 8 bytes by task 1 on cpu 0:" \
		" a+0x10/0x20" " do_a+0x10/0x20" " c+0x1/0x2 [pfnfault]" "" \
		"read${MARK-} to 0xffff888001 of 8 bytes by interrupt on cpu 1:" \
		" $1" " $2" " $3" "" "Reported by Kernel Concurrency Sanitizer on:" \
		"$dashes" >"$dir/first"
	dirty
}
ok "a race in the kernel" not race "b+0x1/0x2" "do_b+0x1/0x2" "x+0x1/0x2 [pfnfault]"
ok "... in a module" race "b+0x1/0x2 [pfnfault_demo]" "do_b+0x1/0x2" "x+0x1/0x2"
MARK=" (marked)" ok "... in a module, which has marked its own" \
	not race "b+0x1/0x2 [pfnfault_demo]" "do_b+0x1/0x2" "x+0x1/0x2"
TITLE=kthread_is_per_cpu ok "... for the task's own flags" \
	not race "b+0x1/0x2 [pfnfault_demo]" "do_b+0x1/0x2" "x+0x1/0x2"
ok "... in what a module calls" race "b+0x1/0x2" "do_b+0x1/0x2 [pfnfault]" \
	"x+0x1/0x2"
ok "... in a module of somebody else" not race "b+0x1/0x2 [other]" \
	"do_b+0x1/0x2 [other]" "x+0x1/0x2"
# What Linux 6.1 says of its own link.
twice() { # twice NAME: does a guest fail that says so of a link of this name?
	printf '[    1.0] %s\n' "sysfs: cannot create duplicate filename '$1'" \
		"Call Trace:" >"$dir/first"
	dirty
}
ok "a driver's link in sysfs's root" not twice "//pci:pfnfault-bar"
ok "... and elsewhere" twice "/bus/pci/drivers/pfnfault-bar"
ok "the matrix without root" says "this needs root, and there is no sudo" \
	setpriv --reuid=65534 --regid=65534 --clear-groups \
	env PATH="$elsewhere" "$BASH" "$elsewhere/check-all"
echo "1..$count"
