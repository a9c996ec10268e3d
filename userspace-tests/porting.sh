#!/usr/bin/env bash
# porting.sh: what scripts/pfnfault.cocci makes of fault handlers: of each of those in
# porting/handlers.c, and of real ones, of Debian's linux-source. What it is to change
# it changes, and that compiles as what was there; what does more it leaves alone, and
# says so. docs/porting.md: its samples compile, its counts are right. TAP.
set -uo pipefail

# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
# The newest that Debian has the source of.
name=7.2
dir=$top/build/check/porting
as_root rm -rf "$dir"
mkdir -p "$dir/src"
"$top/scripts/kernel" "$name" || exit 1
userland=$(kernel_field "$name" userland)

# How, which file, which function, and whether the file compiles for amd64.
mapfile -t handlers <<'END'
all drivers/accel/amdxdna/amdxdna_cbuf.c amdxdna_cbuf_vm_fault yes
all drivers/gpu/drm/armada/armada_gem.c armada_gem_vm_fault yes
one arch/powerpc/kvm/book3s_xive_native.c xive_native_esb_fault no
one arch/powerpc/platforms/cell/spufs/file.c spufs_mem_mmap_fault no
one arch/powerpc/platforms/cell/spufs/file.c spufs_ps_fault no
one drivers/dma-buf/heaps/cma_heap.c cma_heap_vm_fault yes
one drivers/gpu/drm/drm_gem_shmem_helper.c try_insert_pfn yes
one drivers/gpu/drm/etnaviv/etnaviv_gem.c etnaviv_gem_fault yes
one drivers/gpu/drm/gma500/gem.c psb_gem_fault yes
one drivers/gpu/drm/msm/msm_gem.c msm_gem_fault yes
one drivers/gpu/drm/panthor/panthor_device.c panthor_mmio_vm_fault yes
one drivers/gpu/drm/panthor/panthor_gem.c insert_page yes
one drivers/gpu/drm/xe/xe_mmio_gem.c xe_mmio_gem_vm_fault_dummy_page yes
one drivers/misc/ocxl/sysfs.c global_mmio_fault no
one drivers/vfio/pci/vfio_pci_core.c vfio_pci_vmf_insert_pfn yes
one drivers/vhost/vdpa.c vhost_vdpa_fault yes
left arch/x86/entry/vdso/vma.c vvar_vclock_fault no
left arch/x86/kernel/cpu/sgx/encl.c sgx_vma_fault no
left arch/x86/kernel/cpu/sgx/virt.c __sgx_vepc_fault no
left drivers/gpu/drm/gma500/fbdev.c psb_fbdev_vm_fault no
left drivers/gpu/drm/omapdrm/omap_gem.c omap_gem_fault_1d no
left drivers/gpu/drm/ttm/ttm_bo_vm.c ttm_bo_vm_fault_reserved no
left drivers/gpu/drm/ttm/ttm_bo_vm.c ttm_bo_vm_dummy_page no
left drivers/gpu/drm/xe/xe_device.c barrier_fault no
left drivers/gpu/drm/xe/xe_mmio_gem.c xe_mmio_gem_vm_fault no
left drivers/hv/mshv_vtl_main.c mshv_vtl_low_huge_fault no
left drivers/hwtracing/intel_th/msu.c msc_mmap_fault no
left drivers/misc/ocxl/context.c map_pp_mmio no
left fs/cramfs/inode.c cramfs_physmem_mmap no
END
# files ARGUMENT...: of the lines that grep ARGUMENT... finds
files() { printf '%s\n' "${handlers[@]}" | grep "$@" | cut -d' ' -f2 | sort -u; }
mapfile -t compiled < <(files ' yes$')
mapfile -t sources < <({ files . && "$top/scripts/porting-lines" --files; } | sort -u)
headers=({drivers/{accel/amdxdna,vfio/pci,vhost},drivers/gpu/drm/{armada,etnaviv,gma500,msm,panthor,xe}}'/*.h')

# Kept in the userland, as the tools of lint are.
get_sources() {
	local kept=$build/userlands/$userland/opt/porting key
	key=$(printf '%s\n' "$name" "${sources[@]}" "${headers[@]}" | sha256sum)
	[ "$(cat "$kept/key" 2>/dev/null)" != "$key" ] || return 0
	say "taking the drivers of linux-source-$name"
	as_root rm -rf "$kept"
	(
		lock "userland-$userland"
		"$top/scripts/in-userland" "$userland" "$dir" sh -ec '
			command -v spatch >/dev/null || { apt-get update -q
			apt-get install -q -y --no-install-recommends \
				coccinelle libpython3-dev perl xz-utils; }' &&
			"$top/scripts/source-files" "$userland" "$name" \
				/opt/porting "${sources[@]}" "${headers[@]}"
	) >"$dir/log" 2>&1 || {
		tail -20 "$dir/log" >&2
		die "cannot get the sources (see build/check/porting/log)"
	}
	echo "$key" | as_root tee "$kept/key" >/dev/null
}

spatch() {
	# shellcheck disable=SC2016  # expanded in the userland
	"$top/scripts/in-userland" "$userland" "$dir" sh -ec '
		cd /src/src && spatch --very-quiet --no-show-diff "$@" \
			--cocci-file /src/pfnfault.cocci --dir .' sh "$@" \
		>"$dir/said" 2>&1
}

# compile OBJECT...: in $dir/src, and what was said of each
compile() {
	printf 'obj-m += %s\n' "$@" >"$dir/src/Kbuild"
	# shellcheck disable=SC2016  # expanded by kbuild
	printf 'ccflags-y := -I$(src)/%s\n' pfnfault/include drivers/gpu/drm/xe \
		drivers/gpu/drm/msm | sed '2,$s/:=/+=/' >>"$dir/src/Kbuild"
	"$top/scripts/kbuild" "$name" "$dir/src" -k W=1 "$@" >"$dir/said" 2>&1
}

# of FILE FUNCTION: its text
of() {
	awk -v name="$2" '$0 ~ "^([a-z].*[ *])?" name "\\(" && !/;$/ { found = 1 }
		found
		found && /^}/ { exit }' "$1"
}

has() { grep -qE -- "$3" <(of "$dir/src/$1" "$2" | tr -s '\n\t ' ' '); }
lacks() { has "$1" "$2" . && ! has "$@"; }
same() {
	has "$1" "$2" vmf_insert_ &&
		diff <(of "$dir/before/$1" "$2") <(of "$dir/src/$1" "$2") >"$dir/said"
}
reported() { grep -qE -- "$1:.* in $2\(\) is left alone: $3" "$dir/report"; }

# changed HOW FILE FUNCTION
changed() {
	case $1 in
	all) has "$2" "$3" 'return pfnfault_insert_range\(vmf, .*vm_pgoff, .*vma_pages\(' &&
		lacks "$2" "$3" "vmf_insert_pfn\(| pfn;|unsigned long pfn|pgoff;" ;;
	one) has "$2" "$3" 'pfnfault_insert_(pfn\(vmf, |range\(vmf, vmf->pgoff, .*, 1, )' &&
		lacks "$2" "$3" "[^_]vmf_insert_pfn(_prot)?\(" ;;
	left) same "$2" "$3" ;;
	esac
}

# warnings LOG FILE: of that file, without the lines' numbers
warnings() { grep -E "$2:[0-9:]+ (warning|error):" "$1" | sed 's/:[0-9:]* / /' | sort; }
as_before() {
	[ -e "$dir/src/${1%c}o" ] &&
		diff <(warnings "$dir/compiled-before" "$1") \
			<(warnings "$dir/compiled" "$1") >"$dir/said"
}
calls() { grep -q " U pfnfault_insert_" <(nm "$dir/src/${1%c}o"); }

get_sources
cp "$top/scripts/pfnfault.cocci" "$dir/"
cp -R "$build/userlands/$userland/opt/porting/." "$dir/src"
cp "$top"/userspace-tests/porting/handlers.[ch] "$dir/src/"
cp -R "$top/module" "$dir/src/pfnfault"
find "$dir/src/pfnfault" -name '*.c' -delete
mapfile -t objects < <(printf '%s\n' handlers.c "${compiled[@]}" | sed 's/c$/o/')

ok "the drivers compile as they are" compile "${objects[@]}"
cp "$dir/said" "$dir/compiled-before"
find "$dir/src" -name '*.o' -delete
cp -R "$dir/src" "$dir/before"
ok "spatch takes them" spatch --in-place
ok "... and says nothing" test ! -s "$dir/said"
cp -R "$dir/src" "$dir/once"
spatch --in-place
ok "once more, it finds nothing to change" diff -r "$dir/once" "$dir/src"
spatch -D report
cp "$dir/said" "$dir/report"
ok "what was changed still compiles" compile "${objects[@]}"
cp "$dir/said" "$dir/compiled"

while read -r function; do
	ok "${function//_/ }" changed "${function%%_*}" handlers.c "$function"
done < <(grep -oE '\b(all|one|left)_[a-z_]+' "$dir/before/handlers.c")
ok "the VMA's name goes where it named nothing else" \
	lacks handlers.c one_with_a_name vm_area_struct
for function in one_with_a_result one_with_a_result_behind_a_name; do
	ok "a result is not lost: ${function//_/ }" \
		has handlers.c $function "return pfnfault_insert_pfn\(vmf, [^;]*; }"
done
ok "bits of its own stay" \
	has handlers.c one_with_bits_of_its_own ", 1, prot\);"
ok "what was in parentheses for a sum is not any more" \
	has handlers.c all_of_a_sum ", thing->start >> PAGE_SHIFT, vma_pages"
ok "the header is included" \
	grep -qx "#include <linux/pfnfault.h>" "$dir/src/handlers.c"
ok "... once" test "$(grep -c pfnfault.h "$dir/src/handlers.c")" = 1
ok "the namespace is imported" \
	test "$(grep -cx "PFNFAULT_IMPORT;" "$dir/src/handlers.c")" = 1
for function in left_in_a_loop left_without_a_fault left_in_another_vma; do
	ok "it is told that it is ${function//_/ }" \
		reported handlers.c $function "not at vmf->address of vmf->vma"
done
ok "it is told where there may be pages" \
	reported handlers.c left_where_there_may_be_pages "what it maps may have"
ok "of what was changed, nothing is told" \
	not grep -qE ' in (all|one)_' "$dir/report"

for each in "${handlers[@]}"; do
	read -r how file function _ <<<"$each"
	ok "$file: $function(): $how" changed "$how" "$file" "$function"
	[ "$how" != left ] ||
		ok "... as is told" reported "$file" "$function" .
done
while read -r file; do
	ok "$file is not touched" cmp "$dir/before/$file" "$dir/src/$file"
done < <(comm -23 <(files ^left) <(files -v ^left))
for file in "${compiled[@]}"; do
	ok "$file compiles as before" as_before "$file"
	ok "... and calls pfnfault" calls "$file"
done

# A module, whole: of one file, and of symbols of others.
whole() {
	# shellcheck disable=SC2016  # expanded by kbuild
	printf '%s\n' 'include $(src)/pfnfault/Kbuild.client' \
		'obj-m := vhost_vdpa.o' 'vhost_vdpa-y := vdpa.o' >"$dir/whole/Kbuild"
	"$top/scripts/kbuild" "$name" "$dir/whole" \
		PFNFAULT_SYMVERS=/src/pfnfault/Module.symvers W=1 modules \
		>"$dir/said" 2>&1
}
mkdir "$dir/whole"
cp -R "$top/module" "$dir/whole/pfnfault"
cp "$dir/src/drivers/vhost/vdpa.c" "$dir"/src/drivers/vhost/*.h "$dir/whole/"
build_pfnfault() {
	"$top/scripts/kbuild" "$name" "$dir/whole" M=/src/pfnfault modules \
		>"$dir/said" 2>&1
}
ok "pfnfault.ko is built for that kernel" build_pfnfault
ok "vhost_vdpa.ko is built on it" whole
ok "... without a warning" not grep -qi warning "$dir/said"
info() { "$top/scripts/in-userland" "$userland" "$dir/whole" modinfo -F "$1" vhost_vdpa.ko; }
ok "... imports the namespace" grep -qx PFNFAULT <(info import_ns)
ok "... and brings pfnfault.ko with it" \
	grep -qE '(^|,)pfnfault(,|$)' <(info depends)
sed -i '/PFNFAULT_IMPORT/d' "$dir/whole/vdpa.c"
ok "without PFNFAULT_IMPORT, it is not" not whole
ok "... as modpost says" grep -q "namespace PFNFAULT" "$dir/said"

# docs/porting.md
lines() { "$top/scripts/porting-lines" "$@" >"$dir/said" 2>&1; }
mkdir "$dir/samples"
"$top/scripts/porting-lines" --samples "$dir/samples"
samples() {
	printf 'obj-m += %s\n' sample{1..5}.o >"$dir/samples/Kbuild"
	# shellcheck disable=SC2016  # expanded by kbuild
	echo 'ccflags-y := -I$(src)/include -Werror -Wno-unused-function' \
		-Wno-unused-const-variable >>"$dir/samples/Kbuild"
	cp -R "$top/module/include" "$dir/samples/"
	"$top/scripts/kbuild" "$name" "$dir/samples" W=1 sample{1..5}.o \
		>"$dir/said" 2>&1
}
ok "the samples of docs/porting.md compile" samples
ok "their lines can be counted" lines "$dir/before"
cp "$dir/said" "$dir/counts"
ok "... all of them" test "$(wc -l <"$dir/counts")" = 5
while read -r n before after; do
	ok "... sample $n: $before before, $after after, as the table has it" \
		grep -qE "^\| $n \|.* \| $before \| $after \|\$" "$top/docs/porting.md"
done <"$dir/counts"
changed_of_all="Of ${#handlers[@]} handlers, $(printf '%s\n' "${handlers[@]}" |
	grep -cv ^left) are changed"
ok "... and how many handlers the script changes" \
	grep -qF "$changed_of_all" <(tr '\n' ' ' <"$top/docs/porting.md")
ok "lines of a tree that is not there" says "/nonexistent is no directory" \
	"$top/scripts/porting-lines" /nonexistent
ok "... that has not the files" says "no drivers/vhost/vdpa.c in" \
	"$top/scripts/porting-lines" "$dir/samples"
mkdir -p "$dir/empty/drivers/vhost"
echo "int x;" >"$dir/empty/drivers/vhost/vdpa.c"
ok "... or not the functions" says "no vhost_vdpa_fault in" \
	"$top/scripts/porting-lines" "$dir/empty"
ok "... of no tree" says "usage: porting-lines" "$top/scripts/porting-lines"
ok "samples to nowhere" says "usage: porting-lines" \
	"$top/scripts/porting-lines" --samples
echo "1..$count"
