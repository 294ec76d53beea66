#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What it costs to configure one VF does not depend on how many there are.

For a guest whose processor executes an instruction each nanosecond (--icount).
The request is sent without ip, which asks for all VFs each time to find the
interface.
"""

import resource
import socket
import struct

from lib.py import (Vane, defer, ip_json, ksft_eq, ksft_ge, ksft_le, ksft_main,
                    ksft_pr, mac_bytes, write)

COUNTS = (1, 256)
TIMES = 1000
SAME = 0.10

# linux/rtnetlink.h, linux/if_link.h
RTM_SETLINK = 19
NLM_F_REQUEST_ACK = 5
NLMSG_ERROR = 2
IFLA_VFINFO_LIST = 22
IFLA_VF_INFO = 1
IFLA_VF_MAC = 1


def set_up():
    """The PF, up; VFs will have no driver, so that nobody else does anything."""
    env = Vane()
    env.pf_port()
    autoprobe = f"{env.pf.path}/sriov_drivers_autoprobe"
    write(autoprobe, 0)
    defer(write, autoprobe, 1)
    return env


def attr(kind, data):
    """A netlink attribute, of a length that needs no padding."""
    return struct.pack("=HH", 4 + len(data), kind) + data


def set_macs(ifindex, macs):
    """Gives VF 0 each of these, one after the other."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                       socket.NETLINK_ROUTE) as sock:
        for mac in macs:
            body = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, ifindex, 0, 0)
            body += attr(IFLA_VFINFO_LIST, attr(IFLA_VF_INFO, attr(
                IFLA_VF_MAC, struct.pack("=I32s", 0, mac_bytes(mac)))))
            sock.send(struct.pack("=IHHII", 16 + len(body), RTM_SETLINK,
                                  NLM_F_REQUEST_ACK, 0, 0) + body)
            answer = struct.unpack_from("=IHHIIi", sock.recv(4096))
            ksft_eq((answer[1], answer[5]), (NLMSG_ERROR, 0), mac)


def used():
    """Instructions that this program has executed so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return round((usage.ru_utime + usage.ru_stime) * 1e9)


def cost_of_macs(env, vfs):
    """Instructions and accesses of a VF's new MACs, with @vfs VFs enabled."""
    env.write_numvfs(vfs)
    ifindex = ip_json(f"link show dev {env.pf.ifname}")[0]["ifindex"]
    macs = [f"52:54:00:33:{n >> 8:02x}:{n & 0xff:02x}" for n in range(TIMES)]
    before, start = env.counters(), used()
    set_macs(ifindex, macs)
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
