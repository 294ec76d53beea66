#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What it costs to configure one VF does not depend on how many there are.

For a guest whose processor executes an instruction each nanosecond (--icount).
The request is sent without ip, which asks for all VFs each time to find the
interface.
"""

import resource

from lib.py import (Rtnl, Vane, defer, ip_json, ksft_eq, ksft_ge, ksft_le,
                    ksft_main, ksft_pr, mac_bytes, write)

COUNTS = (1, 256)
TIMES = 1000
SAME = 0.10


def set_up():
    """The PF, up; VFs will have no driver, so that nobody else does anything."""
    env = Vane()
    env.pf_port()
    autoprobe = f"{env.pf.path}/sriov_drivers_autoprobe"
    write(autoprobe, 0)
    defer(write, autoprobe, 1)
    return env


def used():
    """Instructions that this program has executed so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return round((usage.ru_utime + usage.ru_stime) * 1e9)


def cost_of_macs(env, vfs):
    """Instructions and accesses of a VF's new MACs, with @vfs VFs enabled."""
    env.write_numvfs(vfs)
    ifindex = ip_json(f"link show dev {env.pf.ifname}")[0]["ifindex"]
    macs = [f"52:54:00:33:{n >> 8:02x}:{n & 0xff:02x}" for n in range(TIMES)]
    with Rtnl() as rtnl:
        before, start = env.counters(), used()
        for mac in macs:
            rtnl.set_vf_mac(ifindex, 0, mac_bytes(mac))
        instructions, after = used() - start, env.counters()
    ksft_eq(env.vf_info(0)["address"], macs[-1])
    env.write_numvfs(0)
    found = {"instructions": instructions,
             "MMIO writes": after["mmio-writes"] - before["mmio-writes"],
             "DMA writes": sum(after["dma"][name]["writes"] -
                               before["dma"][name]["writes"]
                               for name in after["dma"])}
    ksft_pr(f"{TIMES} MACs with {vfs} VFs: {found}")
    return found


def mac_cost(env):
    """A VF's MAC costs the same with 1 VF and with 256."""
    few, many = (cost_of_macs(env, count) for count in COUNTS)
    for name, cost in few.items():
        ksft_ge(cost, TIMES, name)
        ksft_le(abs(many[name] - cost), SAME * cost, name)


if __name__ == "__main__":
    ksft_main([mac_cost], set_up)
