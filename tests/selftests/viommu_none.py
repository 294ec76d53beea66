#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: no-iommu @passthrough
"""VFIO without an IOMMU: Debian's kernel does not have that."""

from lib.py import PCI, Vane, cmd, ksft_eq, ksft_main, write


def refused(env):
    """vfio-pci does not take a VF; the VF driver still does."""
    env.unbound_vfs(1)
    cmd("modprobe vfio-pci")
    function = env.vf(0)
    write(f"{function.path}/driver_override", "vfio-pci")
    write(f"{PCI}/drivers_probe", function.bdf)
    ksft_eq(function.driver, None)
    function.to_vanevf()


if __name__ == "__main__":
    ksft_main([refused], Vane)
