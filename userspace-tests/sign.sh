#!/usr/bin/env bash
# sign.sh NAME...: what scripts/sign signs, and what it says where it cannot; and,
# on each of these kernels that takes keys from UEFI, what a guest with Secure Boot
# loads. Signs the modules that scripts/build left. TAP.
set -uo pipefail

# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
dir=$build/check/sign
tree=$dir/tree
rm -rf "$dir"
mkdir -p "$dir"
# ovmf has the key of the certificate that its variables trust, and a password.
"$top/scripts/need" OVMF || exit 1
ovmf=/usr/share/ovmf/PkKek-1-snakeoil

# kernel NAME: $tree is to have the modules for it, and some keys
kernel() {
	name=$1
	"$top/scripts/kernel" "$name" || exit 1
	userland=$(kernel_field "$name" userland)
	kdir=/usr/src/linux-headers-$(cat "$build/kernels/$name/release")
	rm -rf "$tree"
	mkdir -p "$tree"/{module,demo-driver,scripts}
	cp "$top/Makefile" "$tree/"
	cp "$top"/scripts/{sign,lib.sh} "$tree/scripts/"
	cp "$build/guests/$name/pfnfault.ko" "$tree/module/"
	cp "$build/guests/$name/pfnfault_demo.ko" "$tree/demo-driver/"
	cp "$ovmf.key" "$tree/trusted.key"
	cp "$ovmf.pem" "$tree/trusted.pem"
	# shellcheck disable=SC2016  # for the inner shell
	in_userland sh -ec 'for name in other mok; do
			openssl req -new -x509 -newkey rsa:2048 -nodes -days 3650 \
				-subj "/CN=$name modules" -keyout "$name.key" \
				-outform DER -out "$name.der"
		done' >"$dir/said" 2>&1 || { cat "$dir/said" >&2; exit 1; }
}

# in_userland COMMAND...: where DKMS has left nothing
in_userland() {
	# shellcheck disable=SC2016  # for the inner shell
	"$top/scripts/in-userland" "$userland" "$tree" \
		sh -ec 'mount -t tmpfs lib /var/lib; exec "$@"' sh "$@"
}

# sign VAR=VALUE...: in the kernel's userland, where its sign-file runs
sign() {
	in_userland env KDIR="$kdir" "$@" scripts/sign >"$dir/said" 2>&1 </dev/null
}
other=(KEY=other.key CERT=other.der)
trusted=(KEY=trusted.key CERT=trusted.pem KBUILD_SIGN_PIN=snakeoil)

# says_sign TEXT VAR=VALUE...: scripts/sign does, in the userland
says_sign() {
	local text=$1
	shift
	says "$text" in_userland env KDIR="$kdir" "$@" scripts/sign
}

# signer TEXT: of both modules
signer() {
	local module
	for module in module/pfnfault.ko demo-driver/pfnfault_demo.ko; do
		[ "$(in_userland modinfo -F signer "$module" 2>"$dir/said")" = "$1" ] ||
			return 1
	done
}
unsigned() {
	cmp "$tree/module/pfnfault.ko" "$build/guests/$name/pfnfault.ko" &&
		cmp "$tree/demo-driver/pfnfault_demo.ko" \
			"$build/guests/$name/pfnfault_demo.ko"
} >"$dir/said" 2>&1

kernel "$1"
ok "modules are signed" sign "${other[@]}"
ok "... both, by whom was asked" signer "other modules"
ok "... and are else what was built" cmp -n "$(stat -c %s \
	"$build/guests/$name/pfnfault.ko")" "$build/guests/$name/pfnfault.ko" \
	"$tree/module/pfnfault.ko"
cp "$tree/module/pfnfault.ko" "$dir/once.ko"
in_userland "$kdir/scripts/sign-file" sha256 other.key other.der module/pfnfault.ko
ok "modules that were signed, once and twice, are signed again" sign "${other[@]}"
ok "... and have one signature" cmp "$dir/once.ko" "$tree/module/pfnfault.ko"
ok "modules are signed with another key, which has a password" sign "${trusted[@]}"
ok "... and with a certificate in PEM" signer SnakeOil
make_sign() { in_userland make sign KDIR="$kdir" "$@" >"$dir/said" 2>&1; }
make_sign_dkms() {
	in_userland sh -ec "mkdir /var/lib/dkms
		cp mok.key /var/lib/dkms/mok.key
		cp mok.der /var/lib/dkms/mok.pub
		make sign KDIR=$kdir" >"$dir/said" 2>&1
}
ok "make sign takes DKMS's key" make_sign_dkms
ok "... where none is given" signer "mok modules"
ok "make sign takes KEY= and CERT=" make_sign "${other[@]}"
ok "... where they are given" signer "other modules"

kernel "$1"
ok "no DKMS" says_sign "no /var/lib/dkms/mok.key: DKMS makes it at"
ok "a key that there is not" says_sign "no none.key: a key and its certificate are" \
	KEY=none.key CERT=other.der
ok "a certificate that there is not" says_sign "no none.der: a key and its" \
	KEY=other.key CERT=none.der
ok "a key without a certificate" says_sign "give both, or neither" KEY=other.key
ok "a certificate without a key" says_sign "give both, or neither" CERT=other.der
ok "a certificate of another key" \
	says_sign "mok.der is not the certificate of other.key" \
	KEY=other.key CERT=mok.der
ok "a key that is none" says_sign "other.der is not a private key in PEM format" \
	KEY=other.der CERT=other.der
for cert in Makefile /dev/null; do
	ok "a certificate that is none, $cert" \
		says_sign "$cert is not an X.509 certificate, DER or PEM" \
		KEY=other.key CERT=$cert
done
ok "a key with a password, without it" \
	says_sign "has a password: set KBUILD_SIGN_PIN=" "${trusted[@]:0:2}"
ok "... with a wrong one" \
	says_sign "KBUILD_SIGN_PIN= is not the password of trusted.key" \
	"${trusted[@]:0:2}" KBUILD_SIGN_PIN=wrong
chmod 600 "$tree/other.key"
chmod 755 "$tree"
ok "a key that is not for us to read" \
	says "may not read other.key: sign as root" in_userland \
	setpriv --reuid=65534 --regid=65534 --clear-groups \
	env KDIR="$kdir" "${other[@]}" scripts/sign
ok "none of that signed anything" unsigned
mv "$tree/demo-driver/pfnfault_demo.ko" "$tree/kept.ko"
ok "modules that were not built" \
	says_sign "no demo-driver/pfnfault_demo.ko: run make first" "${other[@]}"
mkdir "$tree/demo-driver/pfnfault_demo.ko"
ok "a module that cannot be signed" not sign "${other[@]}"
rmdir "$tree/demo-driver/pfnfault_demo.ko"
mv "$tree/kept.ko" "$tree/demo-driver/pfnfault_demo.ko"
ok "... leaves the other as it was" unsigned

# Headers that are made up, so far as scripts/sign looks.
fake() { env KDIR="$tree/kdir" KEY="$tree/other.key" CERT="$tree/other.der" "$tree/scripts/sign"; }
mkdir -p "$tree/kdir/scripts"
ok "headers without a configuration" says "kdir/.config: KDIR= are to be" fake
echo "# CONFIG_MODULE_SIG is not set" >"$tree/kdir/.config"
ok "a kernel that checks no signatures" says "checks no signatures" fake
printf '%s\n' CONFIG_MODULE_SIG=y 'CONFIG_MODULE_SIG_HASH="sha999"' \
	>"$tree/kdir/.config"
ok "headers without what signs" says "kdir/scripts/sign-file, which signs" fake
# shellcheck disable=SC2016  # for that script
printf '#!/bin/sh\necho "no $1 today"\nexit 1\n' >"$tree/kdir/scripts/sign-file"
chmod +x "$tree/kdir/scripts/sign-file"
ok "what signs, fails" says "sign-file failed, with what is said above" fake
ok "... is shown, and was told the kernel's hash" \
	grep -qx "no sha999 today" "$dir/said"
ok "no kernel headers" says "No kernel headers in /nonexistent" \
	make -C "$tree" sign KDIR=/nonexistent
ok "arguments" says "usage: " "$tree/scripts/sign" module/pfnfault.ko
ok "none of that signed anything, either" unsigned

# secure_guest: boot it, and look at what it printed
secure_guest() {
	local status=0
	FIRMWARE=efi "$top/scripts/guest" "$name" signed "$guest" >"$dir/said" 2>&1 ||
		status=1
	"$top/scripts/tap-split" "$guest/output" "$guest/tap"
	return $status
}

# passes TAP: it was run, not skipped, and prove has nothing against it
passes() {
	local status=0
	prove --exec cat "$1" >"$dir/said" 2>&1 || status=1
	! grep -s -A 5 -E '^not ok|^1\.\.0' "$1" >>"$dir/said" || status=1
	return $status
}

# UEFI's keys reach a kernel's keyring where it is configured so, and Debian's
# check modules with those of that keyring.
for name in "$@"; do
	what="Secure Boot, kernel $name"
	if [ "$(kernel_field "$name" arch)" != amd64 ]; then
		ok "$what # SKIP not amd64" true
		continue
	fi
	kernel "$name"
	if ! grep -qx CONFIG_LOAD_UEFI_KEYS=y "$build/userlands/$userland/$kdir/.config"; then
		ok "$what # SKIP it loads no keys from UEFI" true
		continue
	fi
	guest=$dir/$name
	for key in other trusted; do
		declare -n arguments=$key
		to=$guest/lib/${key/trusted/signed}
		ok "$what: modules are signed, $key" sign "${arguments[@]}"
		mkdir -p "$to"
		cp "$tree/module/pfnfault.ko" "$tree/demo-driver/pfnfault_demo.ko" "$to/"
	done
	ok "$what: the guest comes to its end, its log is clean" secure_guest
	for tap in modules mspec data; do
		ok "$what: $tap passes" passes "$guest/tap/$tap.tap"
	done
	rm -f "$guest"/bar[012]
done
ok "a firmware that is none" says "FIRMWARE=bios: must be efi" \
	env FIRMWARE=bios "$top/scripts/guest" "$1" signed "$dir/none"
echo "1..$count"
