#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: switch-port @passthrough --iommu intel --pcie-switch --max-vfs 255 --uplink switch
"""The NIC behind a PCI Express switch: 255 VFs work, but not for guests.

QEMU's switch has no ACS, so what is behind it could talk behind the IOMMU's back,
and Linux puts all of it into one group.
"""

import os

from lib.py import Vane, fails, ksft_eq, ksft_in, ksft_main, read

MOST = 255


def set_up():
    """As many VFs as can be."""
    env = Vane()
    env.pf_port()
    env.unbound_vfs(int(read(f"{env.pf.path}/sriov_totalvfs")))
    return env


def vfs(env):
    """The first and the last of 255 VFs reach each other."""
    ksft_eq(env.numvfs(), MOST)
    for index in (0, MOST - 1):
        env.vf(index).to_vanevf()
    env.vf_port(0).ping(env.vf_port(MOST - 1))


def one_group(env):
    """PF and VFs share a group, and VFIO gives none of them away."""
    ksft_eq({os.path.realpath(f"{function.path}/iommu_group")
             for function in (env.pf, env.vf(1), env.vf(MOST - 1))},
            {os.path.realpath(f"{env.vf(0).path}/iommu_group")})
    ksft_in("others share its group",
            fails(f"vane-vfio mailbox {env.vf(1).to_vfio().bdf}"))


if __name__ == "__main__":
    ksft_main([vfs, one_group], set_up)
