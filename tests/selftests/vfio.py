#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: vfio @distro --iommu intel --uplink switch --allow DMAR:.*fault --allow-guest-errors
#   What the IOMMU refuses is waited for.
"""VFs that a program owns by VFIO: what it can do, and what it cannot.

The program is tests/vfio, written from docs/hardware.rst. The IOMMU's lines about
what it refused are waited for.
"""

import re

from lib.py import Vane, cmd, hw, ksft_eq, ksft_main, ksft_true, wait_until

PROGRAM = "vane-vfio"
VFS = 4


class Vfio(Vane):
    """The NIC, with its VFs at vfio-pci."""

    def __init__(self):
        super().__init__()
        self.ext = self.ext_port()
        self.pf_if = self.pf_port()

    def give(self, *indices):
        """Gives VFs to vfio-pci; returns their PCI addresses."""
        if not self.numvfs():
            self.unbound_vfs(VFS)
        return " ".join(self.vf(index).to_vfio().bdf for index in indices)

    def after_case(self):
        """A program may make mistakes; the next one has a new count."""


def frames(env):
    """From bring-up to frames both ways, over rings, by interrupt."""
    cmd(f"{PROGRAM} frames {env.give(0, 1)}")


def mailbox(env):
    """The PF answers requests as the datasheet says."""
    cmd(f"{PROGRAM} mailbox {env.give(0)}")


def bar(env):
    """A VF's BAR shows nothing of another VF, and ends where it should."""
    cmd(f"{PROGRAM} bar {env.give(0, 1)}")


def canary(env):
    """Two owners of the same addresses see each their own memory only."""
    cmd(f"{PROGRAM} canary {env.give(0, 1)}")


def faults(bdf):
    """What the IOMMU refused to a function, as the kernel's log tells."""
    lines = cmd("dmesg").splitlines()
    return [line for line in lines
            if "fault addr" in line and f"[{bdf.removeprefix('0000:')}]" in line]


def stray(env):
    """DMA to where nothing is mapped is refused, under the VF's own name."""
    env.unbound_vfs(hw.VANE_MAX_VFS)
    for index in (0, 127, hw.VANE_MAX_VFS - 1):
        bdf = env.give(index)
        ksft_eq(faults(bdf), [])
        cmd(f"{PROGRAM} stray {bdf}")
        lines = wait_until(lambda bdf=bdf: faults(bdf),
                           what=f"the IOMMU names {bdf}")
        ksft_true(re.search("DMA Read.* fault addr 0x40000000", lines[0]))


if __name__ == "__main__":
    ksft_main([frames, mailbox, bar, canary, stray], Vfio)
