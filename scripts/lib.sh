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

# kernel_field NAME N: column N of NAME's line in scripts/kernels
kernel_field() {
	awk -v name="$1" -v n="$2" '$1 == name { print $n; found = 1 }
		END { exit !found }' "$top/scripts/kernels" ||
		die "no kernel '$1'; scripts/kernels has: $(kernel_names)"
}

kernel_names() { awk '/^[^#]/ { printf "%s ", $1 }' "$top/scripts/kernels"; }
