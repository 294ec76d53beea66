#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: virtio-iommu @passthrough --iommu virtio --uplink switch
"""VFIO behind virtio-iommu, which isolates DMA but not interrupts."""

from lib.py import Vane, cmd, defer, fails, ksft_in, ksft_main, write

UNSAFE = "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"


def set_up():
    """Two VFs at vfio-pci."""
    env = Vane()
    env.pf_port()
    env.unbound_vfs(2)
    cmd("modprobe vfio_iommu_type1")
    env.bdfs = " ".join(env.vf(index).to_vfio().bdf for index in range(2))
    return env


def refused(env):
    """VFIO wants isolated interrupts, and says so."""
    ksft_in("IOMMU: Operation not permitted",
            fails(f"vane-vfio frames {env.bdfs}"))
    ksft_in("No interrupt remapping support", cmd("dmesg"))


def allowed(env):
    """Told that this does not matter, it gives the VFs away, and they work."""
    write(UNSAFE, 1)
    defer(write, UNSAFE, 0)
    for command in ("frames", "canary"):
        cmd(f"vane-vfio {command} {env.bdfs}")


if __name__ == "__main__":
    ksft_main([refused, allowed], set_up)
