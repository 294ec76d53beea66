#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: iommu --iommu intel --mem 2G --allow-leaks --uplink switch
"""Behind an IOMMU: each VF is itself, to the last one on the next bus."""

import os

from lib.py import Vane, cmd, hw, ksft_eq, ksft_ge, ksft_main

LAST = hw.VANE_MAX_VFS - 1


def set_up():
    """All VFs."""
    env = Vane()
    env.probed_vfs(hw.VANE_MAX_VFS, (0, LAST - 1, LAST))
    env.ext = env.ext_port()
    return env


def group(function):
    """IOMMU group of a function."""
    return os.path.basename(os.readlink(f"{function.path}/iommu_group"))


def own_groups(env):
    """The PF and each VF are alone in their IOMMU groups."""
    functions = [env.pf, *(env.vf(index)
                           for index in range(hw.VANE_MAX_VFS))]
    groups = {group(function) for function in functions}
    ksft_eq(len(groups), len(functions))
    for function in functions:
        ksft_eq(os.listdir(f"{function.path}/iommu_group/devices"),
                [function.bdf])


def interrupts(function):
    """Interrupts that a function has raised."""
    count = 0
    with open("/proc/interrupts", encoding="ascii") as table:
        cpus = len(table.readline().split())
        for line in table:
            words = line.split()
            if words[0].rstrip(":") in function.irqs():
                count += sum(int(word) for word in words[1:1 + cpus])
    return count


def works(env, index):
    """DMA and interrupts of a VF pass translation under its requester ID."""
    port = env.vf_port(index)
    before = interrupts(env.vf(index))
    port.ping(env.ext, count=5)
    ksft_ge(interrupts(env.vf(index)), before + 1)


def first_vf(env):
    """VF 0."""
    works(env, 0)


def last_on_own_bus(env):
    """VF 254, the last on the PF's bus."""
    works(env, LAST - 1)


def last_vf(env):
    """VF 255, function 0 of the next bus."""
    works(env, LAST)


def dma_is_the_vfs_own(env):
    """The IOMMU sees VF 255's DMA as VF 255's: its domain has the mappings."""
    domain = os.path.join(env.vf(LAST).path, "iommu_group/type")
    with open(domain, encoding="ascii") as file:
        ksft_eq(file.read().strip()[:3], "DMA", "translated, no identity map")


def back_from_the_dead(env):
    """A device left enabled does no DMA for the drivers that it had before."""
    env.fault("dead", True)
    cmd("modprobe -r vanevf")
    cmd("modprobe -r vane")
    # Something that each function has to tell as soon as it may
    env.link(False)
    env.link(True)
    env.qmp.set(env.nic, "x-fault-dead", False)
    before = env.guest_errors()
    env.load()
    env.pf.wait_ifname()
    env.vf(LAST).wait_ifname()
    ksft_eq(env.guest_errors(), before, "DMA to memory that is not the drivers'")


if __name__ == "__main__":
    ksft_main([own_groups, dma_is_the_vfs_own, first_vf, last_on_own_bus,
               last_vf, back_from_the_dead], set_up)
