#!/usr/bin/env bash
# faultmap.sh: what scripts/faultmap makes of traces, recorded and made up. TAP. Would
# catch a picture that lacks what the trace has, or has it at another place; a live
# view that shows a state that is gone; wrong input that is passed over.
set -uo pipefail

# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"
dir=$top/build/check/faultmap
rm -rf "$dir"
mkdir -p "$dir"
faultmap() { "$top/scripts/faultmap" "$@"; }

# trace LINE...: a trace of tracefs' own form
trace() { printf '       prog-95      [000] ..... %s\n' "$@" >"$dir/trace"; }
draws() { faultmap "$@" >"$dir/said" 2>&1; }
has() { grep -qF -- "$1" "$dir/said"; }

# Ten ms, pages 0 to 99: a page is five pixels, a ms a hundred, from (80, 60) on.
trace "2.000000: install: region=5 index=0 count=100 installed=100 result=ok" \
	"2.000000: fault: region=5 index=20 read result=NOPAGE ns=0" \
	"2.005000: wait: region=5 index=40 result=moving ns=3000000" \
	"2.007000: invalidate: region=5 index=10 count=50 ns=1000" \
	"2.010000: install: region=5 index=60 count=10 installed=0 result=lost" \
	"2.010000: fault: region=5 index=60 write result=SIGBUS ns=1000000"
ok "a trace is drawn" draws "$dir/trace"
ok "... an install as a bar of its pages" has \
	'<rect class="fill" x="80.0" y="60.0" width="3" height="500.0"'
ok "... a fault as a dot, when it came" has '<circle class="fault" cx="80.0" cy="160.0"'
ok "... a wait for as long as it took" has \
	'<line class="wait" x1="280.0" y1="260.0" x2="580.0" y2="260.0"'
ok "... what was taken back" has \
	'<line class="invalidate" x1="780.0" y1="110.0" x2="780.0" y2="360.0"'
ok "... what was not installed" has \
	'<rect class="stroke" x="1080.0" y="360.0" width="3" height="50.0"'
ok "... a fault that failed" has '<circle class="bad" cx="980.0" cy="360.0"'
ok "... and all is counted" has \
	"region 5: 2 fault, 2 install, 1 invalidate, 1 wait"
# shellcheck disable=SC2016  # it is Perl
ok "... and it is XML" perl -e '
	undef $/; $_ = <>; my @open;
	while (m,<(/?)(\w+)[^<>]*?(/?)>,g) {
		$1 ? (pop @open // "") eq $2 || die "</$2>\n" : $3 || push @open, $2 }
	die "open: @open\n" if @open' "$dir/said"

# The other forms of the same event.
same() {
	draws "$dir/trace" && cp "$dir/said" "$dir/want"
	printf '%s\n' "$1" >"$dir/other"
	draws "$dir/other" && cmp -s "$dir/want" "$dir/said"
}
rest="region=5 index=3 read result=NOPAGE ns=1000"
trace "2.000000: fault: $rest"
ok "perf's form is taken" same "prog    95 [001]     2.000000: pfnfault:fault: $rest"
ok "... trace-cmd's" same "cpus=2
            prog-95    [001]     2.000000: fault:                $rest"
ok "... with a thread group" same "  prog-95 (     95) [001] d..1.  2.000000: fault: $rest"
ok "... of a driver that has pfnfault inside" same \
	"  prog-95  [001] d..1.  2.000000: my_driver_pfnfault_fault: $rest"
ok "other events are passed over" same "  prog-95  [001] d..1.  2.000000: fault: $rest
  prog-95  [001] d..1.  2.000001: sched_switch: prev_comm=prog"
printf '  a b<c&-7  [001] .....  2.000000: fault: %s\n' "$rest" >"$dir/trace"
ok "any name of a process is taken" draws "$dir/trace"
ok "... and escaped" has 'a b&lt;c&amp;-7</text>'
faultmap <"$dir/trace" >"$dir/want"
ok "without a file, what comes in" cmp -s "$dir/want" "$dir/said"

trace "2.000000: fault: region=5 $rest" "2.000000: fault: region=6 ${rest#* }"
ok "two regions" says "has several regions: 5 (1 events), 6 (1 events); say which one, with -r" \
	faultmap "$dir/trace"
ok "... one of them" draws -r 6 "$dir/trace"
ok "... and nothing of the other" has "region 6: 1 fault"
ok "a region that is not there" says "has nothing of region 7, but of: 5" \
	faultmap -r 7 "$dir/trace"
ok "a region that is no number" says "-r x: must be the number of a region" \
	faultmap -r x "$dir/trace"
ok "a file that is not there" says "No such file" faultmap "$dir/none"
ok "two files" says "usage: faultmap" faultmap a b
ok "an unknown option" says "usage: faultmap" faultmap --fast
: >"$dir/empty"
ok "an empty trace" says "has no event of pfnfault: trace with" faultmap "$dir/empty"
trace "2.000000: fault: region=5 index=3 read"
ok "a line that was cut off" says "line 1: fault without result=: was the line cut off?" \
	faultmap "$dir/trace"
trace "2.000000: retry: region=5 index=-3 result=EAGAIN"
ok "a page that is no number" says "line 1: index=-3: must be a number" \
	faultmap "$dir/trace"
{ trace "2.000000: fault: $rest" && cat "$dir/trace" &&
	echo "CPU:1 [LOST 12 EVENTS]"; } >"$dir/lost"
ok "a trace with holes" draws "$dir/lost"
ok "... is told" has "line 2: events were lost: the map has holes"

# live LINE...: the last screen, six lines of ten columns
live() {
	trace "$@"
	LINES=6 COLUMNS=10 faultmap --live "$dir/trace" 2>&1 |
		sed 's/.*\x1b\[2J//; s/\x1b\[[0-9]*[A-Za-z]//g' | tail -n "$rows" >"$dir/said"
}
silent() { "$@" 2>&1 >/dev/null | (! grep .); }
shows() { [ "$(tr '\n' '/' <"$dir/said")" = "$1" ]; }
rows=1
live "2.0: install: region=5 index=2 count=4 installed=4 result=ok"
ok "live: pages that were installed" shows "..####/"
live "2.0: install: region=5 index=0 count=8 installed=8 result=ok" \
	"2.1: invalidate: region=5 index=2 count=2 ns=1" \
	"2.2: retry: region=5 index=2 result=moving" \
	"2.3: fault: region=5 index=7 read result=SIGBUS ns=1"
ok "... and what happened to them last" shows "##wx###!/"
rows=3
live "2.0: install: region=5 index=0 count=58 installed=58 result=ok" \
	"2.1: invalidate: region=5 index=59 count=1 ns=1"
ok "... in as many cells as there are" shows "##########/##########/#########x/"
ok "where there is no terminal, one is assumed" silent setsid --wait \
	env -u LINES -u COLUMNS "$top/scripts/faultmap" --live "$dir/trace"
ok "a pipe that is not there" says "No such file" faultmap --live "$dir/none"

# What is in docs/ is what comes of the traces that are there.
for trace in "$top"/docs/faultmap-{sequential,random,moving}.trace; do
	picture=${trace%.trace}.svg
	ok "${picture##*/} is up to date" draws "$trace"
	ok "... as drawn" cmp -s "$picture" "$dir/said"
done
echo "1..$count"
