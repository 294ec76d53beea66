#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: aer-guest @passthrough --iommu intel --nested --uplink switch --native-hotplug
"""PCIe errors under a guest: VFIO tells QEMU, which stops the guest.

QEMU has no way to let the guest recover. The host does recover, and so does the VF.
"""

import aer
from lib.py import Guest, cmd, ksft_eq, ksft_main, wait_until

OWN, OTHER = aer.VFS, aer.VFS + 1
STOPPED = "Unrecoverable error detected"


def set_up():
    """As in aer.py, and two VFs to give away."""
    env = aer.set_up(aer.VFS + 2)
    env.bdfs = " ".join(env.vf(index).to_vfio().bdf for index in (OWN, OTHER))
    return env


def report(env, error, severity):
    """An error stops the guest and nobody else; the next owner gets a VF in order."""
    guest = Guest("a", [env.vf(OWN)])
    guest.may_say += f"|{STOPPED}"
    port = env.guest_port(guest.wait(), OWN)
    port.ping(env.ext)
    aer.report(env, error, severity)
    wait_until(lambda: STOPPED in guest.console(), what="QEMU stops the guest")
    ksft_eq(env.vfs[0].reaches(port), False)
    guest.kill()
    cmd(f"vane-vfio frames {env.bdfs}")


def fatal(env):
    """A fatal error."""
    report(env, "DLP", "Fatal")


def non_fatal(env):
    """One that is not."""
    report(env, "POISON_TLP", "Non-Fatal")


if __name__ == "__main__":
    ksft_main([fatal, non_fatal], set_up)
