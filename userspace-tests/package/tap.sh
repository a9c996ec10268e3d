# shellcheck shell=bash
# For the tests of packages, which run in a Debian of their own; sourced by them.
# $said is what the command under test said, and is shown where it did not do as
# it should.
said=/tmp/said
: >"$said"
count=0

# ok WHAT COMMAND...
ok() {
	local what=$1
	shift
	count=$((count + 1))
	if "$@" >"$said.ok" 2>&1; then
		echo "ok $count - $what"
	else
		echo "not ok $count - $what"
		tail -qn 15 "$said" "$said.ok" | sed 's/^/# /'
	fi
}

not() { ! "$@"; }
says() { grep -qF -- "$1" "$said"; }

# does WHAT COMMAND...: as ok; what it says, others can look at
does() {
	local what=$1
	shift
	"$@" >"$said" 2>&1 </dev/null
	ok "$what" test $? = 0
}

# All files (/lib is in /usr), directories with a "/" at the end. Others' business
# are what depmod and addgroup write, and DKMS's key.
files() {
	find /usr /etc /var/lib/dkms -xdev \
		\( -type d -printf '%p/\n' -o -printf '%p\n' \) |
		grep -vE '^/usr/lib/modules/[^/]*/modules\.|^/etc/g?shadow-$|^/etc/group-$|^/var/lib/dkms/mok\.' |
		sort
}

# built KERNEL: DKMS has installed both modules for it, each of which is for it
built() {
	local module
	dkms status -m pfnfault -k "$1" | grep -q ': installed$' || return 1
	for module in pfnfault pfnfault_demo; do
		modinfo -k "$1" -F filename $module |
			grep "/lib/modules/$1/updates/dkms/$module\.ko" || return 1
		[ "$(modinfo -k "$1" -F vermagic $module | cut -d' ' -f1)" = "$1" ] ||
			return 1
	done
}

# symvers KERNEL: they are kept where module/Kbuild.client looks for them
symvers() {
	grep -q pfnfault_region_init \
		/var/lib/dkms/pfnfault/*/"$1"/*/module/Module.symvers
}
