# shellcheck shell=sh
# What the guest's shell tests share; sourced.
count=0
ok() { # ok WHAT COMMAND...
	what=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $what"
	else
		echo "not ok $count - $what"
	fi
}
skip() { # skip WHAT WHY
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}
not() { ! "$@" 2>/tmp/err; }
