# What KUnit prints into the kernel's log, as TAP: a line for each case, or for each
# parameter of it, and one for each suite of -v suites="NAME...". What KUnit would
# let pass fails: a skip, a suite that did not run, or not to its end, no suite.

function tell(good, what) {
	gsub(/#/, "", what)	# which would be a directive
	count++
	printf "%s %d - %s\n", good ? "ok" : "not ok", count, what
}

# Of one suite, which is over or was not there.
function end_suite(good) {
	tell(good && ran && ran == planned, \
	     suite ": " ran + 0 " of " planned + 0 " cases ran")
	suite = ""
}

function begin_suite(name) {
	if (suite != "")
		end_suite(0)
	suite = name
	seen[name] = 1
	planned = ran = parameters = 0
}

BEGIN {
	split(suites, names, " ")
	for (i in names)
		wanted[names[i]] = 1
}

{
	sub(/^(<[0-9]+>)?\[[^]]*\] /, "")
	match($0, /[^ ]|$/)
	depth = (RSTART - 1) / 4	# 0: suites, 1: cases, 2: parameters
}

$2 == "Subtest:" && depth == 1 && $3 in wanted { begin_suite($3) }
suite == "" { next }
$2 == "Subtest:" { name[depth] = $3; next }
depth == 1 && /^ *1\.\.[0-9]+$/ { planned = substr($1, 4) + 0; next }

/^ *(not )?ok [0-9]+ / {
	good = $1 == "ok" && !/# SKIP/
	what = $0
	sub(/^ *(not )?ok [0-9]+ (- )?/, "", what)
	if (depth == 2) {
		parameters++
		tell(good, suite ", " name[2] ": " what)
	} else if (depth == 1) {
		ran++
		# Those of its parameters told it already, if it is good.
		if (!parameters || !good)
			tell(good, suite ", " what)
		parameters = 0
	} else {
		end_suite(good)
	}
	next
}

!/^ *(KTAP version|1\.\.[0-9]|# (module|Totals):|# [a-z_]*: pass:)/ { print "# " $0 }

END {
	if (suite != "")
		end_suite(0)
	planned = ran = 0
	for (suite in wanted)
		if (!(suite in seen))
			end_suite(0)
	if (!count)
		tell(0, "there are KUnit suites")
	printf "1..%d\n", count
}
