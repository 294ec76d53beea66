# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# Part of tests/env/kernel: the debug kernel, built in the Debian 13 tree from
# its linux-source. Source and objects stay in the cache, as modules build
# against them; an interrupted build goes on where it stopped.

config=$repo/tests/guest/debug.config
source_name=$(basename "$tree"/usr/src/linux-source-*.tar.xz .tar.xz)
versions=$(sed -n '/^Package: \(gcc-14\|linux-source-6.12\)$/,/^Version:/{/^Package\|^Version/p}' \
	"$tree/var/lib/dpkg/status")
# What no driver's memory reaches is built without KASAN and UBSAN: starting a program
# there costs a guest more than what the test then does. Memory that a driver frees
# twice or too early is found all the same, by the rest: the core of the network, of
# PCI, of interrupts, timers and work, and the modules themselves.
unchecked="arch/% block/% crypto/% fs/% init/% ipc/% mm/% security/%
	drivers/acpi/% drivers/block/% drivers/char/% drivers/tty/% drivers/virtio/% net/9p/%
	kernel/bpf/% kernel/cgroup/% kernel/entry/% kernel/events/% kernel/futex/%
	kernel/locking/% kernel/rcu/% kernel/sched/% kernel/trace/%"
unchecked_files="exit fork maple_tree signal"
objects=$cache/kernel/debug-build-$(key_of "$recipe" "$versions" "$unchecked" "$unchecked_files" \
	"$(grep -v "^# [A-Z][a-z]" "$config")")
out=$cache/kernel/debug-$(key_of "$objects" "$tree" "$(cat "$initramfs" "$preload")" "$pack")

unpack_source() {
	rm -rf "$objects.new"
	mkdir -p "$objects.new"
	in_tree "$tree" --bind "$objects.new:/kernel" --dir /kernel -- \
		tar -xf "/usr/src/$source_name.tar.xz" || return
	mv "$objects.new/$source_name" "$objects.new/source" || return
	mv "$objects.new" "$objects"
}

# Paths in the tree are the same for every cache, so that modules can be built
# against the objects anywhere.
build_kernel() {
	in_tree "$tree" --bind "$objects/source:/kernel" --bind "$config:/debug.config" \
		--dir /kernel -- sh -c '
		set -e
		export KBUILD_BUILD_USER=vane KBUILD_BUILD_HOST=vane
		if [ ! -e configured ]; then
			# A PVH kernel compares strings before KASAN is ready for it.
			sed -i "s/^KASAN_SANITIZE_string.o.*//; /^lib-y := /i KASAN_SANITIZE_string.o := n" \
				lib/Makefile
			{
				echo "ifneq (\$(filter $(echo $1),\$(obj)/),)"
				echo "KASAN_SANITIZE := n"
				echo "UBSAN_SANITIZE := n"
				echo "endif"
				for file in $2; do
					echo "KASAN_SANITIZE_$file.o := n"
				done
				cat scripts/Makefile.lib
			} >/tmp/lib
			cp /tmp/lib scripts/Makefile.lib
			make -s allnoconfig
			scripts/kconfig/merge_config.sh -m .config /debug.config >/dev/null
			make -s olddefconfig LOCALVERSION=-vane-debug
			# What the fragment asks for and kconfig did not grant.
			sed -n "s/^\(CONFIG_[A-Z0-9_a-z]*\)=[ym]$/\1/p" /debug.config |
				while read -r name; do
					grep -q "^$name=" .config || echo "not granted: $name"
				done
			touch configured
		fi
		make -j "$(nproc)" LOCALVERSION=-vane-debug vmlinux modules
		rm -rf stage
		make -s LOCALVERSION=-vane-debug INSTALL_MOD_PATH=stage INSTALL_MOD_STRIP=1 modules_install
		make -s LOCALVERSION=-vane-debug kernelrelease >release
	' sh "$unchecked" "$unchecked_files"
}

if [ ! -d "$out" ]; then
	mkdir -p "$cache/kernel"
	lock kernel-debug
	if [ ! -e "$objects/done" ]; then
		if [ ! -d "$objects" ]; then
			need_disk 5 "$cache" "the debug kernel"
			long_step "unpacking the debug kernel's source" \
				"$logs/kernel-debug-unpack.log" unpack_source || exit 1
		fi
		long_step "building the debug kernel (once, about 10 minutes)" \
			"$logs/kernel-debug-build.log" build_kernel || exit 1
		touch "$objects/done"
	fi
	if [ ! -d "$out" ]; then
		rm -rf "$out.new"
		mkdir -p "$out.new"
		cp "$objects/source/release" "$out.new/release"
		in_tree "$tree" --bind "$objects/source:/kernel" --bind "$out.new:/out" \
			--bind "$initramfs:/initramfs" --bind "$preload:/preload" -- \
			sh -c 'objcopy -S /kernel/vmlinux /out/vmlinux && mkdir -p /tmp/init && exec sh -c "$1" sh /out' \
			sh "$pack" || exit 1
		ln -s "$objects/source" "$out.new/source"
		echo /kernel >"$out.new/headers"
		ln -s "$tree" "$out.new/tree"
		mv "$out.new" "$out"
	fi
fi
