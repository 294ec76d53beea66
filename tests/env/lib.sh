# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the scripts of this folder share: places, messages, root, locks.
# Everything lasting lives in the cache; everything of one checkout in build/.

set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cache=${VANE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vane}
# shellcheck disable=SC2034 # for those who source this
build=$repo/build
logs=$cache/logs
export VANE_CACHE=$cache

mkdir -p "$cache/lock" "$logs" 2>/dev/null || {
	echo "vane: cannot write to the cache $cache; set VANE_CACHE to a folder you own" >&2
	exit 1
}

say() {
	echo "vane: $*" >&2
}

die() {
	echo "vane: error: $*" >&2
	exit 1
}

# Trees belong to root, as device nodes and chroot need it; nothing else does.
as_root() {
	if [ "$EUID" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo -- "$@"
	else
		die "this step needs root (it makes or enters a Debian tree). Run it as root, or install sudo."
	fi
}

# need_disk GIB PATH WHAT
need_disk() {
	local have
	have=$(df --output=avail -BM "$2" | tail -n 1 | tr -dc 0-9)
	if [ "$have" -lt $(($1 * 1024)) ]; then
		die "not enough disk space for $3: $1 GiB needed in $2, $((have / 1024)) GiB free." \
		    "Free some, or set VANE_CACHE to a folder on a larger disk."
	fi
}

# One short key for what the arguments (text) say.
key_of() {
	printf '%s\n' "$@" | sha256sum | cut -c 1-12
}

packages_in() {
	sed 's/#.*//' "$1" | xargs
}

# lock NAME [FOLDER]: one at a time over all checkouts that share the cache, or
# FOLDER. The lock goes with the process, so an interrupted run leaves none behind.
lock() {
	local fd
	exec {fd}>"${2:-$cache/lock}/$1"
	if ! flock -n "$fd"; then
		say "another run is busy with $1; waiting for it"
		flock "$fd"
	fi
}

# last_words LOG: what a progress line may add, as ninja's "[12/340]".
last_words() {
	tail -c 400 "$1" 2>/dev/null | tr '\r' '\n' |
		grep -oE '^\[[0-9]+/[0-9]+\]' | tail -n 1 || :
}

# kill_tree PID: it and all below it. A program inside the tree is process 1
# there and may not hear a polite signal.
kill_tree() {
	local child children
	read -ra children < <(cat /proc/"$1"/task/*/children 2>/dev/null) || :
	for child in "${children[@]}"; do
		kill_tree "$child"
	done
	kill -KILL "$1" 2>/dev/null || :
}

# long_step NAME LOG COMMAND...: quiet but for a line that shows it is alive;
# the output goes to LOG, whose end is shown if the command fails.
long_step() {
	local name=$1 log=$2 start=$SECONDS pid status=0 now shown=0
	shift 2
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	# shellcheck disable=SC2064 # the pid of now is meant
	trap "kill_tree $pid; exit 130" INT TERM HUP
	while kill -0 "$pid" 2>/dev/null; do
		now=$((SECONDS - start))
		if [ -t 2 ]; then
			printf '\r\033[Kvane: %s: %ss %s' "$name" "$now" "$(last_words "$log")" >&2
		elif [ $((now - shown)) -ge 30 ]; then
			say "$name: ${now}s $(last_words "$log")"
			shown=$now
		fi
		sleep 0.5
	done
	wait "$pid" || status=$?
	trap - INT TERM HUP
	if [ -t 2 ]; then
		printf '\r\033[K' >&2
	fi
	if [ "$status" = 0 ]; then
		[ $((SECONDS - start)) -lt 3 ] || say "$name: done in $((SECONDS - start))s"
	else
		{
			grep -E ' error: |: undefined |ERROR: ' "$log" | head -n 20
			tail -n 15 "$log"
		} | sed 's/^/    /' >&2
		say "$name: failed; the whole log is $log"
	fi
	return "$status"
}

# in_tree TREE [--bind PATH]... -- COMMAND...: as the caller's user.
in_tree() {
	as_root env VANE_UID="$(id -u)" VANE_GID="$(id -g)" "$repo/tests/env/enter" "$@"
}
