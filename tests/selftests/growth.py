#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: growth @distro --icount-paced 0
#   Idle time passes as it does outside: what the host does takes some.
"""What a VF costs to enable or to configure does not depend on how many there are.

For a guest whose processor executes an instruction each nanosecond (--icount).
The request is sent without ip, which asks for all VFs each time to find the
interface.
"""

import resource

from lib.py import (Rtnl, Vane, ip_json, ksft_eq, ksft_ge, ksft_le, ksft_main,
                    ksft_pr, mac_bytes)

COUNTS = (1, 256)
TIMES = 1000
SAME = 0.10
# Of further VFs: the kernel looks through all netdevs for a free name.
STEPS = ((16, 32), (128, 256))
GROWTH = 1.25


def set_up():
    """The PF, up."""
    return Vane.with_driverless()


def used():
    """Instructions that this program has executed so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return round((usage.ru_utime + usage.ru_stime) * 1e9)


def cost_of_macs(env, vfs):
    """Instructions and accesses of a VF's new MACs, with @vfs VFs enabled."""
    # Without a driver nobody else does anything.
    env.driverless_vfs(vfs)
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


def cost_of_enabling(env, vfs):
    """Instructions and the PF's accesses of enabling @vfs VFs with their driver."""
    before, start = env.counters(), used()
    env.write_numvfs(vfs)
    instructions, after = used() - start, env.counters()
    env.write_numvfs(0)
    return {"instructions": instructions,
            "accesses": sum(after[name] - before[name]
                            for name in ("mmio-reads", "mmio-writes"))}


def enable_cost(env):
    """A further VF costs no more to enable beside 128 VFs than beside 16."""
    further = []
    for few, many in STEPS:
        less, more = (cost_of_enabling(env, vfs) for vfs in (few, many))
        further.append({name: (more[name] - less[name]) / (many - few)
                        for name in more})
        ksft_pr(f"a further VF, {few} to {many}:", further[-1])
    for name, cost in further[0].items():
        ksft_ge(cost, 1, name)
        ksft_le(further[1][name], GROWTH * cost, name)


if __name__ == "__main__":
    ksft_main([mac_cost, enable_cost], set_up)
