# SPDX-License-Identifier: GPL-2.0-only
#
# Called by kbuild, this is the Makefile of drivers/net/ethernet/vane; called by
# a person, "make help" says what there is.

ifneq ($(KERNELRELEASE),)

obj-$(CONFIG_VANE_CORE) += common/
obj-$(CONFIG_VANE_MBOX) += mailbox/
obj-$(CONFIG_VANE) += pf/
obj-$(CONFIG_VANEVF) += vf/

# Outside of the kernel tree no Kconfig tells the C code.
ifneq ($(KBUILD_EXTMOD),)
subdir-ccflags-$(CONFIG_VANE_NETLINK) += -DCONFIG_VANE_NETLINK=1
endif

else

.DEFAULT_GOAL := all
.PHONY: all help tree qemu modules check check-fast check-debug \
	check-newest check-upstream check-sanitize check-passthrough soak-switch soak-bridge lint demo \
	demo-access demo-passthrough bench bench-short install \
	run clean clean-cache

all: qemu modules

help:
	@sed -n 's/^## //p' Makefile

## make               build QEMU with the device, and the modules
all:

## make demo          see it all: 256 functions, six of them as connections
demo: qemu modules
	@tests/demo/run

## make demo-passthrough  two guests of the guest, a VF each
demo-passthrough: qemu modules
	@tests/demo/run passthrough

## make demo-access   two hosts, and a controlling bridge that serves each VM (three guests)
demo-access: qemu modules
	@tests/demo/run access

## make check         qtest, property, datasheet, channel tags, model of the mailbox,
##                    header, selftests, harness
check:
	@tests/run distro

## make check-fast    without a guest: all of these but selftests and harness
check-fast:
	@tests/run fast

## make check-debug   on the debug kernel what exercises drivers most; KUnit, kmemleak
check-debug:
	@tests/run debug

## make check-newest  on Debian sid's kernel what exercises drivers most
check-newest:
	@tests/run newest

## make check-upstream  the newest kernel's own driver selftests, on a VF and a PF
check-upstream:
	@tests/run upstream

## make check-sanitize  qtests of a model that is compiled with sanitizers
check-sanitize:
	@tests/run sanitize

## make check-passthrough  VFs in guests of the guest, at length
check-passthrough:
	@tests/run passthrough

## make soak-switch   random frames through the switch (MINUTES=30, SEED=any)
MINUTES ?= 30
soak-switch: qemu
	@tests/nic/property/run --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

## make soak-bridge   random frames through the bridge (FRAMES=20000 of each tag, SEED=any)
FRAMES ?= 20000
soak-bridge: modules
	@tests/vm --timeout 14400 --uplink switch -- env VANE_FRAMES=$(FRAMES) \
		$(if $(SEED),VANE_SEED=$(SEED)) tests/guest/group tests/selftests/bridge_random.py

## make lint          checkpatch, sparse, W=1, kernel-doc, and linters
lint:
	@tests/lint

## make bench         what a packet and a VF cost, beside igb, e1000e, vmxnet3 and virtio
bench: modules
	@tests/bench/run

## make bench-short   is it still within tests/bench/budget.json?
bench-short: modules
	@tests/bench/run --short

## make tree          only the Debian tree that all of it lives in
tree:
	@tests/env/tree

## make qemu          only QEMU with the device
qemu:
	@tests/env/qemu

## make modules       only the modules (KERNEL=distro, newest or debug)
KERNEL ?= distro
modules:
	@tests/env/modules $(KERNEL)

## make run IMAGE=F   a guest of your own, from disk image F, with the device
run: qemu
	@tests/env/run "$(IMAGE)"

## make install       modules and vanectl, built for the running kernel
install:
	@tests/env/install

## make clean         remove what was built here
clean:
	rm -rf build

## make clean-cache   remove the trees, QEMU and kernels that all checkouts share
clean-cache:
	@tests/env/clean

endif
