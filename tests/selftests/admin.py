#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: network --allow-leaks --uplink switch
"""ip link set PF vf ...: right values act and read back, wrong ones do nothing."""

from lib.py import (BROADCAST, ETH_P_8021Q, Capture, Sender, Vane, defer, fails,
                    hw, ip, ksft_eq, ksft_main, ksft_ne, make, wait_until)

MAC = "52:54:00:12:34:56"
VFS = 3


def set_up():
    """Three VFs, the PF, the external network."""
    return Vane.with_ports(VFS)


def refused(env, index, args):
    """The setting is refused, and nothing changes."""
    before = env.vf_infos()
    text = fails(f"ip link set dev {env.pf.ifname} vf {index} {args}")
    ksft_ne(text, "", args)
    ksft_eq(env.vf_infos(), before, args)


def mac(env):
    """A new MAC reaches the running VF, is read back, and receives."""
    vf0 = env.vfs[0]
    old = vf0.mac
    defer(env.vf_set, 0, f"mac {old}")
    env.vf_set(0, f"mac {MAC}")
    ksft_eq(env.vf_info(0)["address"], MAC)
    wait_until(lambda: vf0.link()["address"] == MAC, what="the VF's new MAC")
    capture = Capture(vf0)
    lost, frame = make(env.ext, old), make(env.ext, MAC)
    sender = Sender(env.ext)
    sender.send(lost)
    sender.send(frame)
    capture.expect(frame)
    ksft_eq(capture.saw(lost), False, "a frame to the old MAC")
    vf0.ping(env.vfs[1])


def mac_is_kept(env):
    """A VF that is not trusted may not change an administered MAC."""
    vf1 = env.vfs[1]
    old = vf1.mac
    env.vf_set(1, f"mac {MAC}")
    defer(env.vf_set, 1, f"mac {old}")
    wait_until(lambda: vf1.link()["address"] == MAC, what="the VF's new MAC")
    fails(f"ip link set dev {vf1.ifname} address 52:54:00:65:43:21", vf1.ns)
    ksft_eq(vf1.link()["address"], MAC)
    env.vf_set(1, "trust on")
    defer(env.vf_set, 1, "trust off")
    ip(f"link set dev {vf1.ifname} address 52:54:00:65:43:21", vf1.ns)
    ksft_eq(vf1.link()["address"], "52:54:00:65:43:21")


def vf_changes_own_mac(env):
    """A VF whose MAC was not administered may choose another."""
    vf2 = env.vfs[2]
    old = vf2.mac
    defer(ip, f"link set dev {vf2.ifname} address {old}", vf2.ns)
    ip(f"link set dev {vf2.ifname} address 52:54:00:77:77:77", vf2.ns)
    capture = Capture(vf2)
    frame = make(env.ext, "52:54:00:77:77:77")
    Sender(env.ext).send(frame)
    capture.expect(frame)
    vf2.ping(env.ext)


def bad_mac(env):
    """Multicast and all-ones addresses are refused."""
    for address in ("01:00:5e:00:00:01", BROADCAST):
        refused(env, 0, f"mac {address}")
    vf2 = env.vfs[2]
    fails(f"ip link set dev {vf2.ifname} address 01:00:5e:00:00:01", vf2.ns)


def vlan(env):
    """Port VLAN and priority are read back and seen on the uplink."""
    vf0 = env.vfs[0]
    defer(env.vf_set, 0, "vlan 0")
    for vid, qos in ((100, 3), (4094, 7), (1, 0)):
        env.vf_set(0, f"vlan {vid} qos {qos}")
        info = env.vf_info(0)["vlan_list"][0]
        ksft_eq((info["vlan"], info.get("qos", 0)), (vid, qos))
        capture = Capture(env.ext)
        frame = make(vf0, env.ext)
        Sender(vf0).send(frame)
        capture.expect(frame.tagged(ETH_P_8021Q, qos << 13 | vid))
    env.vf_set(0, "vlan 0")
    ksft_eq(env.vf_info(0).get("vlan_list", [{}])[0].get("vlan", 0), 0)
    vf0.ping(env.ext)


def bad_vlan(env):
    """VLAN 4096, priority 8 and unknown protocols are refused."""
    for args in ("vlan 4096", "vlan 4095", "vlan 100 qos 8"):
        refused(env, 0, args)
    fails(f"ip link set dev {env.pf.ifname} vf 0 vlan 100 proto 0x9100")


def vlan_survives_the_vf(env):
    """What was set on a VF outlives its driver and its reset."""
    vf1 = env.vfs[1]
    env.vf_set(1, "vlan 77")
    defer(env.vf_set, 1, "vlan 0")
    env.vf(1).reset()
    vf1.wait_carrier()
    info = env.vf_info(1)
    ksft_eq(info["vlan_list"][0]["vlan"], 77)
    capture = Capture(env.ext)
    frame = make(vf1, env.ext)
    Sender(vf1).send(frame)
    capture.expect(frame.tagged(ETH_P_8021Q, 77))


def link_state(env):
    """State disable takes the link away, enable and auto give it back."""
    vf0, vf1 = env.vfs[:2]
    defer(env.vf_set, 0, "state auto")
    env.vf_set(0, "state disable")
    ksft_eq(env.vf_info(0)["link_state"], "disable")
    vf0.wait_carrier(False)
    ksft_eq(vf1.reaches(vf0), False)
    for state in ("enable", "auto"):
        env.vf_set(0, f"state {state}")
        ksft_eq(env.vf_info(0)["link_state"], state)
        vf0.wait_carrier()
        vf0.ping(vf1)


def link_state_follows(env):
    """State auto follows the uplink, enable does not: such VFs go on talking."""
    vf0, vf1, vf2 = env.vfs
    for index in (1, 2):
        env.vf_set(index, "state enable")
        defer(env.vf_set, index, "state auto")
    defer(env.pf_if.wait_carrier)
    env.link(False)
    env.pf_if.wait_carrier(False)
    vf0.wait_carrier(False)
    ksft_eq(vf1.carrier(), True)
    vf1.ping(vf2)
    env.link(True)
    vf0.wait_carrier()
    vf0.ping(vf1)


def flags(env):
    """Spoof check and trust read back as set."""
    for name, start in (("spoofchk", True), ("trust", False)):
        ksft_eq(env.vf_info(0)[name], start, name)
        for state in (not start, start):
            env.vf_set(0, f"{name} {'on' if state else 'off'}")
            ksft_eq(env.vf_info(0)[name], state, name)


def no_such_vf(env):
    """A VF index too large is refused for every setting."""
    for index in (VFS, 255, 256, 65535):
        for args in (f"mac {MAC}", "vlan 100", "state disable", "trust on",
                     "spoofchk off", "query_rss on",
                     "min_tx_rate 1 max_tx_rate 2"):
            refused(env, index, args)


def mtu(env):
    """MTU 9000 is the most, 68 the least; others are refused."""
    for port in (env.vfs[0], env.pf_if):
        for value in (9001, 67):
            fails(f"ip link set dev {port.ifname} mtu {value}", port.ns)
            ksft_eq(port.link()["mtu"], 1500)
        for value in (hw.VANE_MAX_MTU, 68, 1500):
            port.set(f"mtu {value}")
            ksft_eq(port.link()["mtu"], value)


if __name__ == "__main__":
    ksft_main([mac, mac_is_kept, vf_changes_own_mac, bad_mac, vlan, bad_vlan,
               vlan_survives_the_vf, link_state, link_state_follows, flags,
               no_such_vf, mtu], set_up)
