#!/usr/bin/env bash
# probes.sh NAME: what a build for kernel NAME says where an API has moved on, and
# where the environment is broken, which must never be taken for the former. TAP.
set -uo pipefail

# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
name=$1
dir=$top/build/check/probes
"$top/scripts/kernel" "$name" || exit 1

again() {
	"$top/scripts/kbuild" "$name" "$dir" M=/src/module "$@" modules \
		>"$dir/said" 2>&1 </dev/null
}

# builds VAR=VALUE...: a fresh copy of module/
builds() {
	as_root rm -rf "$dir"
	mkdir -p "$dir/module"
	(cd "$top" && git ls-files module | xargs cp --parents -t "$dir")
	printf '%s\n' '#include <linux/mm.h>' "${moved-}" >"$dir/moved.h"
	again "$@"
}

said() { grep -qF -- "$1" "$dir/said"; }
has() { grep -qx "#define PFNFAULT_HAS_$1" "$dir"/module/probes/*.h 2>/dev/null; }

ok "with nothing moved, it builds" builds
ok "... the positive control compiled" has "CONTROL 1"
ok "... as did what is required" has "REQUIRED 1"
ok "once more" again
ok "... asks again, for it may be another kernel" said PROBE
ok "... and compiles nothing, for it is not" not said "CC [M]"
echo "#define PFNFAULT_HAS_VM_FLAGS_SET 2" >"$dir/module/probes/vm_flags_set.h"
ok "another kernel's answers" again
ok "... are not taken" not has "VM_FLAGS_SET 2"
ok "... and what they led to is compiled again" said "CC [M]"

moved='
#define pte_mkwrite_novma(pte) pfnfault_moved(pte)
#define pte_mkwrite(pte) (pte)'
ok "a kernel without the newer form of an API builds" \
	builds KCFLAGS="-include /src/moved.h"
ok "... with the older one" has "PTE_MKWRITE_NOVMA 0"

moved='
#define zap_vma_ptes(vma, addr, size) pfnfault_moved(vma)
#define zap_special_vma_range(vma, addr, size) pfnfault_moved(vma)'
ok "an API that has moved in both forms fails the build" \
	not builds KCFLAGS="-include /src/moved.h"
ok "... with the probe's name" said "probe zap_special_vma_range (module/probes/"
ok "... and what it knows of the API" said "another name for zap_vma_ptes()"
ok "... and what the compiler said" said "pfnfault_moved"

moved='#define vmf_insert_pfn_prot(vma, addr, pfn, prot) pfnfault_moved
#define apply_to_page_range pfnfault_moved'
ok "so does one that there is but one form of" \
	not builds KCFLAGS="-include /src/moved.h"
ok "... with the probe's name" said "probe required (module/probes/"
moved=

ok "headers that do not compile are not a missing API" \
	not builds KCFLAGS="-include /src/none.h"
ok "... but what is broken" said "does not take these kernel headers"
ok "... no probe answers" not has ".*"
ok "a compiler that there is not is not one, either" not builds CC=no-such-cc
ok "... but what is broken" said "no-such-cc"
ok "a compiler that takes everything is not one of all APIs" not builds CC=true
ok "... but what is broken" said "takes what is no C"
echo "1..$count"
