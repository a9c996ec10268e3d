# shellcheck shell=bash
# For TAP tests of what runs on this machine, sourced by them. $dir/said is what
# the command under test said, and is shown where it did not do as it should.
# shellcheck source=../scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

count=0

# ok WHAT COMMAND...
ok() {
	local what=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $what"
	else
		echo "not ok $count - $what"
		# shellcheck disable=SC2154  # the test sets it
		sed 's/^/# /' "$dir/said"
	fi
}

not() { ! "$@"; }

# says TEXT COMMAND...: the command fails, and says TEXT
says() {
	local text=$1
	shift
	! "$@" >"$dir/said" 2>&1 </dev/null && grep -qF -- "$text" "$dir/said"
}

# own_tree: $tree, with scripts of its own, and a table of three kernels: one of a
# series that there is not, 6.1, and a debug kernel
own_tree() {
	tree=$dir/tree
	mkdir -p "$tree/build"
	cp -R "$top/scripts" "$tree/"
	{
		grep '^# name' "$top/scripts/kernels"
		echo "none amd64 9.9 cloud-amd64 bookworm gcc-12 4K both all"
		grep -P '^6\.1(-kasan)?\t' "$top/scripts/kernels"
	} >"$tree/scripts/kernels"
}
