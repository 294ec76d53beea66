#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: network --allow-leaks --uplink switch
"""What the log says when a VF's request is refused. The VFs are new, because each has
a limited number of lines."""

from lib.py import KernelLog, defer, fails, ip, ksft_main, wait_until
from trust import refused, set_up


def causes(env):
    """What is refused is logged with its cause and its remedy."""
    vf0 = env.vfs[0]
    log = KernelLog()
    vf0.set("promisc on")
    defer(vf0.set, "promisc off")
    wait_until(lambda: log.has("VF 0: refused to set receive mode: "
                               "promiscuous mode needs trust"))
    env.vf_set(1, f"mac {env.vfs[1].mac}")
    defer(env.vf_set, 1, "mac 00:00:00:00:00:00")
    vf1 = env.vfs[1]
    fails(f"ip link set dev {vf1.ifname} address 52:54:00:12:12:12", vf1.ns)
    wait_until(lambda: log.has("VF 1: refused to set MAC: 52:54:00:12:12:12 "
                               "needs trust, as the VF's MAC is administered"))
    env.vf_set(2, "vlan 77")
    defer(env.vf_set, 2, "vlan 0")
    vf2 = env.vfs[2]
    ip(f"link add link {vf2.ifname} name vl0 type vlan id 5", vf2.ns)
    defer(ip, "link del vl0", vf2.ns)
    wait_until(lambda: log.has("VF 2: refused to add VLAN: VLAN 5 is not allowed: "
                               "the VF is in port VLAN 77"))


def default_of_absent(env):
    """A VF cannot have the default MAC of a VF whose driver is not there, even while
    another one is administered."""
    default = env.vfs[2].mac
    env.vf(2).unbind()
    refused(env, env.vfs[0], default, "VF 2")
    env.vf_set(2, "mac 52:54:00:13:13:13")
    defer(env.vf_set, 2, "mac 00:00:00:00:00:00")
    refused(env, env.vfs[0], default, "VF 2")


if __name__ == "__main__":
    ksft_main([causes, default_of_absent], set_up)
