#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: upstream-vf @upstream --upstream --icount-paced 0 --smp 4 --uplink switch
"""Upstream's driver selftests, on a VF; the far end is another VF of the card."""

from lib.py import Vane, cmd, hw
from lib.py.upstream import REMOTE, End, upstream_main


def vfs():
    """Two VFs, with as many queues as one can have."""
    env = Vane.with_driverless(2)
    for index in range(2):
        cmd(f"devlink port function set pci/{env.pf.bdf}/{index + 1} "
            f"max_io_eqs {hw.VANE_MAX_QUEUES_VF}")
        env.vf(index).bind("vanevf")
    return End(env.vf(0), 1), End(env.vf(1), 2, REMOTE)


if __name__ == "__main__":
    upstream_main("vf", vfs)
