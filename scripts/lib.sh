# shellcheck shell=bash
# What the scripts share; sourced, with "set -euo pipefail" in force.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034  # for the scripts that source this
build=$top/build

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }

# as_root CMD...: as root, by sudo where we are not.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "this needs root, and there is no sudo: $*"
	fi
}

# number WORD=VALUE LEAST MOST: sets value
# shellcheck disable=SC2034  # for the scripts that source this
number() {
	value=${1#*=}
	if ! [[ $value =~ ^(0|[1-9][0-9]{0,17})$ ]] ||
		((value < $2 || value > $3)); then
		die "$1: must be a whole number, $2 to $3"
	fi
}

# lasting WORD=VALUE LEAST: MINUTES= or SECONDS=, no less than LEAST, sets seconds;
# SMP= is for the guest. Fails where it is another word.
# shellcheck disable=SC2034  # for the scripts that source this
lasting() {
	case $1 in
	MINUTES=* | SECONDS=*)
		[ -z "${said-}" ] || die "$said and $1: one of the two"
		said=$1
		;;
	esac
	case $1 in
	MINUTES=*)
		number "$1" 1 5000
		seconds=$((value * 60))
		;;
	SECONDS=*)
		number "$1" "$2" 300000
		seconds=$value
		;;
	SMP=*)
		number "$1" 1 64
		export SMP=$value
		;;
	*) return 1 ;;
	esac
}

# lock NAME: until the end of the script; for what two kernels that are tested at
# the same time would both do.
lock() {
	mkdir -p "$build"
	exec 9>"$build/.lock-$1"
	flock 9
}

# tell_failed DIR...: which tests of those that left their tap there
tell_failed() {
	say "what failed, and what was said about it:"
	(cd "$top" && grep -A 5 -E '^not ok|^Bail' -r --include '*.tap' "${@#"$top/"}" >&2) || :
}

# field FILE NAME COLUMN: of NAME's line in a table, whose last comment before
# the first line names the columns; the last column is the rest of the line
field() {
	awk -v name="$2" -v column="$3" '
		/^# name/ { for (i = 2; i <= NF; i++) at[$i] = i - 1; last = NF - 1 }
		$1 == name && column in at {
			n = at[column]
			if (n == last)
				for (i = 1; i < n; i++)
					sub(/^[^ \t]+[ \t]+/, "")
			print n == last ? $0 : $n
			found = 1 }
		END { exit !found }' "$1"
}

# kernel_field NAME COLUMN: of NAME's line in scripts/kernels
kernel_field() {
	field "$top/scripts/kernels" "$1" "$2" ||
		die "no kernel '$1'; scripts/kernels has: $(kernel_names)"
}

# machine_field ARCH COLUMN: of ARCH's line in scripts/machines
machine_field() {
	field "$top/scripts/machines" "$1" "$2" ||
		die "no machine '$1' in scripts/machines"
}

# is_debug NAME: is it one of scripts/debug-kernel's?
is_debug() { [ "$(kernel_field "$1" set)" = debug ]; }

kernel_names() { awk '/^[^#]/ { printf "%s ", $1 }' "$top/scripts/kernels"; }

# selected quick|all|debug: the names in scripts/kernels that KERNEL= and ARCH= ask
# for; without them, those of the quick set, of that and the rest, or of the debug
# set. With ARCH=, KERNEL= may be a series.
selected() {
	awk -v set="$1" -v kernel="${KERNEL-}" -v arch="${ARCH-}" '
		/^#/ { next }
		kernel arch == "" {
			if ($NF == set || set == "all" && $NF == "quick")
				print $1
			next }
		arch != "" && $2 != arch { next }
		kernel == "" || $1 == kernel || arch != "" && $3 == kernel { print $1 }' \
		"$top/scripts/kernels" | grep . ||
		die "no kernel '${KERNEL-}'${ARCH:+ for $ARCH}; scripts/kernels has: $(kernel_names)"
}

# at_once: how many entries of scripts/kernels to test at once: two cores for
# each, for tests that time things, and memory for a guest, its compiler and what
# the page cache needs
at_once() {
	awk -v cores="$(nproc)" '/^MemAvailable/ { n = int($2 / 2000000) }
		END { if (n > cores / 2) n = int(cores / 2)
			print n < 1 ? 1 : n }' /proc/meminfo
}
