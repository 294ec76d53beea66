#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: bars-low @passthrough --iommu intel --mem 2G --uplink switch
#   BARs below 4 GB, above it, and where another firmware puts them.
# Guest: bars-high @passthrough --iommu intel --mem 6G --nics 2 --uplink switch
# Guest: bars-uefi @passthrough --iommu intel --mem 6G --nics 2 --uplink switch --firmware uefi
"""Wherever the NICs are plugged in, and their BARs lie, all their VFs work.

The groups that this runs in differ in firmware, memory, and in what is between
the NICs and the root.
"""

import mmap
import os
import struct

from lib.py import (Function, Vane, cmd, field, hw, ksft_eq, ksft_ge, ksft_main,
                    read, write)

FOUR_GB = 1 << 32


def set_up():
    """All VFs of all NICs, without drivers."""
    env = Vane()
    env.nics = []
    for bdf in env.find_pfs():
        env.nics.append(Nic(bdf))
    return env


class Nic:
    """A NIC with all its VFs."""

    def __init__(self, bdf):
        self.pf = Function(bdf)
        path = self.pf.path
        count = int(read(f"{path}/sriov_totalvfs"))
        write(f"{path}/sriov_drivers_autoprobe", 0)
        write(f"{path}/sriov_numvfs", count)
        cmd(f"ip link set dev {self.pf.wait_ifname()} up")
        self.vfs = [Function(os.path.basename(os.readlink(f"{path}/virtfn{index}")))
                    for index in range(count)]


def bar0(function):
    """First and last address of a function's BAR 0."""
    line = read(f"{function.path}/resource").splitlines()[0]
    return [int(word, 16) for word in line.split()[:2]]


def register(function, offset):
    """Reads a register of a function without driver."""
    write(f"{function.path}/enable", 1)
    try:
        fd = os.open(f"{function.path}/resource0", os.O_RDWR | os.O_SYNC)
        try:
            with mmap.mmap(fd, hw.VANE_BLK_SIZE) as bar:
                return struct.unpack_from("<I", bar, offset)[0]
        finally:
            os.close(fd)
    finally:
        write(f"{function.path}/enable", 0)


def ram_above_4g():
    """Is there memory that makes firmware put BARs above it?"""
    with open("/proc/iomem", encoding="ascii") as table:
        return any("System RAM" in line and
                   int(line.split("-")[0], 16) >= FOUR_GB for line in table)


def bars(env):
    """BARs of VFs are 64 KiB and lie side by side, above 4 GB if memory does."""
    above = ram_above_4g() or os.path.exists("/sys/firmware/efi")
    for nic in env.nics:
        first = bar0(nic.vfs[0])[0]
        for index, function in enumerate(nic.vfs):
            start, end = bar0(function)
            ksft_eq(end - start + 1, hw.VANE_VF_BAR_SIZE)
            ksft_eq(start, first + index * hw.VANE_VF_BAR_SIZE)
            ksft_eq(start >= FOUR_GB, above, function.bdf)


def own_registers(env):
    """Each BAR is the registers of just that VF."""
    for nic in env.nics:
        for index, function in enumerate(nic.vfs):
            ksft_eq(register(function, hw.VANE_REG_MAGIC), hw.VANE_MAGIC)
            value = register(function, hw.VANE_REG_FUNCTION)
            ksft_eq(field(value, hw.VANE_FUNCTION_VF_INDEX), index)


def frames(env):
    """First and last VFs reach each other, those of other NICs by the uplink."""
    ends = [function.to_vfio() for nic in env.nics
            for function in (nic.vfs[0], nic.vfs[-1])]
    ksft_ge(len(ends), 2)
    for one, other in zip(ends, ends[1:]):
        cmd(f"vane-vfio frames {one.bdf} {other.bdf}")


if __name__ == "__main__":
    ksft_main([bars, own_registers, frames], set_up)
