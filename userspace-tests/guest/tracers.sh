#!/bin/sh
# tracers.sh: in the guest, perf, trace-cmd, bpftrace and faultmap --live, each on the
# events of a program whose faults are counted. docs/watching.md shows what they print,
# as it is in the output. TAP. Would catch a tracepoint that one of them does not
# understand, and events that are lost on their way.
# shellcheck source=tap.sh
. /lib/tap.sh
cd /tmp || exit

shown() { # shown COMMAND...: what it says is in said
	"$@" >said 2>&1
	status=$?
	echo "# \$ $*"
	# Without what a terminal would understand.
	awk '{ gsub(/\033\[[0-9]*[A-Za-z]/, ""); print "# " $0 }' said
	return $status
}

watched() { # watched COMMAND...: likewise, and the counters are in before and after
	cat /sys/module/pfnfault/parameters/stats >before
	shown "$@"
	status=$?
	cat /sys/module/pfnfault/parameters/stats >after
	return $status
}

# is_counted COUNTER COUNT: it has grown by that much, and by something
is_counted() {
	grew=$(awk -v name="$1" '$1 == name { n = $2 - n } END { print n }' before after)
	[ "$2" -gt 0 ] && [ "$2" -eq "$grew" ] && return
	echo "# $1: got $2, want $grew"
	return 1
}

# all_counted FUNCTION: which prints how many events of a name there were
all_counted() {
	is_counted faults "$($1 fault)" && is_counted retries "$($1 retry)" &&
		is_counted waits "$($1 wait)" &&
		is_counted invalidations "$($1 invalidate)"
}

in_totals() { awk -v name="pfnfault:$1" '$2 == name { print $1 }' said; }
in_lines() { grep -Ec "[ :]$1: +region=" said; }
in_histograms() {
	sed -n 's/^\[[^])]*[])] *\([0-9]*\) .*/\1/p' said |
		awk '{ n += $1 } END { print n + 0 }'
}
on_screen() {
	tr '\033' '\n' <said |
		sed -n "s/^.*region.*[ :]\([0-9]*\) $1.*/\1/p" | tail -n 1
}

ok "perf stat" watched perf stat -e 'pfnfault:*' /tests/patterns moving
ok "... counts what is counted" all_counted in_totals
ok "perf record" watched perf record -q -e 'pfnfault:*' /tests/patterns moving
shown perf script
ok "... and perf script tells of all" all_counted in_lines
ok "trace-cmd record" watched trace-cmd record -q -e pfnfault /tests/patterns moving
shown trace-cmd report
ok "... and trace-cmd report tells of all" all_counted in_lines
ok "bpftrace: how long faults took" watched bpftrace -e \
	'tracepoint:pfnfault:fault { @us[comm] = hist(args.ns / 1000); }' \
	-c '/tests/patterns moving'
ok "... all of them" is_counted faults "$(in_histograms)"
# shellcheck disable=SC2016  # it is bpftrace's
ok "bpftrace: who waited for what" watched bpftrace -e \
	'tracepoint:pfnfault:wait { printf("%s waited %d us for page %d\n", comm, args.ns / 1000, args.index); }' \
	-c '/tests/patterns moving'
ok "... each of them" is_counted waits "$(grep -c '^stride. waited' said)"

# As it is while it goes on: it never ends, and draws ten times a second.
live() {
	echo 1 >/sys/kernel/tracing/events/pfnfault/enable
	perl /lib/faultmap --live &
	/tests/patterns moving
	sleep 3
	kill $!
	echo 0 >/sys/kernel/tracing/events/pfnfault/enable
}
ok "faultmap --live" watched live
ok "... shows all, at the end" all_counted on_screen
echo "1..$count"
