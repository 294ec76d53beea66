#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# install.sh QEMU_SOURCE: links the model into a QEMU source tree as
# hw/net/vane, and its qtest as tests/qtest/vane-test.c. Running it again
# brings the tree up to date; unchanged files keep their time stamps, so that
# ninja rebuilds only what changed.

set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
repo=$here/../../..
qemu=${1:?usage: install.sh QEMU_SOURCE}

[ -e "$qemu/hw/net/meson.build" ] || {
	echo "install.sh: $qemu is not a QEMU source tree" >&2
	exit 1
}

# put FILE: standard input becomes FILE, untouched if it is that already.
put() {
	local new=$1.vane-new

	cat >"$new"
	if cmp -s "$new" "$1"; then
		rm -f "$new"
	else
		mv "$new" "$1"
	fi
}

# edit FILE SED-SCRIPT: always from the file as QEMU ships it.
edit() {
	[ -e "$1.orig" ] || cp -p "$1" "$1.orig"
	sed "$2" "$1.orig" | put "$1"
}

model=$qemu/hw/net/vane
mkdir -p "$model"
for file in "$here"/*.c "$here"/*.h "$here"/meson.build "$here"/Kconfig \
	"$here"/trace-events "$here"/trace.h "$repo/common/vane_hw.h"; do
	[ ! -e "$file" ] || put "$model/${file##*/}" <"$file"
done
for file in "$model"/*; do
	name=${file##*/}
	[ -e "$here/$name" ] || [ "$name" = vane_hw.h ] || rm -f "$file"
done

edit "$qemu/hw/net/meson.build" "\$a subdir('vane')"
edit "$qemu/hw/net/Kconfig" "\$a source vane/Kconfig"
edit "$qemu/meson.build" "s|^\( *\)'hw/net',|&\n\1'hw/net/vane',|"

# One binary for each tests/nic/qtest/vane-*-test.c or vane-test.c.
tests=
for file in "$repo"/tests/nic/qtest/*.c "$repo"/tests/nic/qtest/*.h; do
	[ -e "$file" ] || continue
	name=${file##*/}
	put "$qemu/tests/qtest/$name" <"$file"
	case $name in
	vane*-test.c) tests+="'${name%.c}', " ;;
	esac
done
edit "$qemu/tests/qtest/meson.build" \
	"s|^qtests_x86_64 = qtests_i386$|&\nqtests_x86_64 += [$tests]|"
