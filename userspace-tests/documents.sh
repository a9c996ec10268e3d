#!/usr/bin/env bash
# documents.sh: scripts/links and scripts/docs say what is wrong in a document: in a copy
# of this tree, with one thing wrong at a time. TAP. Would catch a check that passes
# whatever is there.
set -uo pipefail

# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
dir=$top/build/check/documents
tree=$dir/tree
rm -rf "$dir"
mkdir -p "$dir"
"$top/scripts/sources" "$tree"
git -C "$tree" init -q
git -C "$tree" add -A

# with FILE LINE TEXT: with the line at its end, links says TEXT
with() {
	local file=$tree/$1 status=0
	cp -p "$file" "$dir/kept"
	echo "$2" >>"$file"
	says "$3" "$tree/scripts/links" || status=1
	cp -p "$dir/kept" "$file"
	return $status
}

ok "the documents as they are" "$tree/scripts/links"
ok "a link to no page" with docs/faq.md '[x](none.md)' \
	"docs/faq.md: no 'none.md', which it links to"
ok "... to no file beside docs/" with docs/faq.md '[x](../module/none.c)' "which it links to"
ok "... to no heading" with docs/faq.md '[x](huge.md#none)' \
	"docs/faq.md: 'docs/huge.md' has no heading for '#none'"
ok "... nor one here" with README.md '[x](#none)' "README.md: 'README.md' has no heading"
# shellcheck disable=SC2016  # Markdown
{
ok "a target that make has not" with docs/faq.md '`make none`' \
	"docs/faq.md: make has no target 'none'"
ok "... in a block" with docs/faq.md $'```\nsudo make none\n```' \
	"docs/faq.md: make has no target 'none'"
ok "a variable that it has not" with docs/faq.md '`make check NONE=1`' \
	"docs/faq.md: make knows no NONE="
ok "an event that no test looks for" with docs/faq.md \
	$'```\nperf stat -e \'pfnfault:none\' x\n```' "docs/faq.md: no test runs 'perf stat"
ok "a file that is not there" with docs/faq.md '`scripts/none`' \
	"docs/faq.md: there is no scripts/none"
ok "a function that nobody wrote" with docs/faq.md '`pfnfault_none()`' \
	"docs/faq.md: nothing is called pfnfault_none"
ok "a macro" with docs/faq.md '`PFNFAULT_NONE`' "nothing is called PFNFAULT_NONE"
}
ok "another word than the glossary's" with docs/faq.md 'Two huge pages.' \
	"docs/faq.md: 'huge page' is huge entry"
ok "figures that are not measured" with README.md '| pfnfault | 1 | 2 |' \
	"README.md: docs/performance.md has no line"
ok "a long README" with README.md "$(seq 20)" "lines, must be under 150"

# changed FILE PROGRAM TEXT: with the file changed by sed, docs says TEXT
changed() {
	local file=$tree/$1 status=0
	cp -p "$file" "$dir/kept"
	sed -i "$2" "$file"
	says "$3" "$tree/scripts/docs" || status=1
	cp -p "$dir/kept" "$file"
	return $status
}
mkdir "$tree/build"
ln -s "$build/userlands" "$build/kernels" "$tree/build/"
ok "make docs" "$tree/scripts/docs"
pages=$(find "$tree/build/docs" -name '*.9' -size +0)
ok "... makes a page for each function" test \
	"$(grep -c 'pfnfault_[a-z_]*\.9$' <<<"$pages")" -ge 34
ok "... and the documents" test -s "$tree/build/docs/html/docs/getting-started.html"
ok "a parameter that its kernel-doc has not" changed module/region.c \
	's/@nr_pages: size/@nr: size/' "'nr_pages' not described in 'pfnfault_region_init'"
ok "a function without kernel-doc" changed module/move.c \
	's/pfnfault_revoke() - /pfnfault_revoke: /' "pfnfault_revoke has no kernel-doc"
ok "a document that Sphinx does not understand" changed docs/faq.md \
	's/^## Does/#### Does/' "sphinx-build failed"

touch "$tree/docs/none.md"
git -C "$tree" add docs/none.md
ok "a page that the index has not" says "docs/README.md: none.md is not in it" \
	"$tree/scripts/links"
ok "a file that ARCHITECTURE.md has not" says "ARCHITECTURE.md: docs/none.md is not in it" \
	"$tree/scripts/links"
git -C "$tree" rm -qf docs/none.md
rm "$tree/module/walk.c"
ok "a file that is no more" says "ARCHITECTURE.md: there is no module/walk.c" \
	"$tree/scripts/links"
ok "a tree that is no checkout" says "this is no checkout" \
	"$tree/scripts/links" /
echo "1..$count"
