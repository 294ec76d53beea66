#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: network --allow-leaks --uplink switch
"""The embedded switch: who gets which frame, and who does not."""

from lib.py import (BROADCAST, ETH_P_8021AD, ETH_P_8021Q, Capture, Sender,
                    Vane, defer, ip, ksft_eq, ksft_main, make, wait_until)

GROUP = "01:00:5e:7f:07:07"
PROBE_GROUP = "01:00:5e:7f:07:08"
STRANGER = "52:54:00:99:99:99"


def set_up():
    """PF, four VFs and the external network."""
    env = Vane.with_ports(4)
    env.port_vlan = {}
    env.all = [env.pf_if, *env.vfs, env.ext]
    return env


def check_reach(env, sender, frame, expected):
    """@frame from @sender arrives at @expected (port: frame), nowhere else."""
    captures = {port: Capture(port) for port in env.all if port is not sender}
    source = Sender(sender)
    source.send(frame)
    for port, want in expected.items():
        captures[port].expect(want)
    if not expected:
        # One that passes shows that the device is done with this one.
        follower = make(sender, env.ext)
        source.send(follower)
        captures[env.ext].expect(follower.data[14:])
    # The switch has served them all by then; a frame that follows makes sure
    # that what it delivered has been read.
    for port, capture in captures.items():
        if port not in expected:
            flush(env, port, capture)
            for form in (frame, *expected.values()):
                ksft_eq(capture.saw(form), False, f"{port.name} got {form}")


def flush(env, port, capture):
    """Gets a frame through to @port, so that earlier ones have arrived."""
    if port is env.ext:
        mark = make(env.pf_if, port)
        Sender(env.pf_if).send(mark)
    else:
        mark = make(STRANGER, port)
        proto, vid = env.port_vlan.get(port.name, (None, None))
        Sender(env.ext).send(mark.tagged(proto, vid) if vid else mark)
    capture.expect(mark)


def delivered(env, sender, port, dst):
    """Does a frame from @sender to @dst arrive at @port?"""
    capture = Capture(port)
    frame = make(sender, dst)
    Sender(sender).send(frame)
    flush(env, port, capture)
    return capture.saw(frame)


def wait_delivered(env, sender, port, dst, want=True):
    """Waits until the switch has done what a driver requested."""
    wait_until(lambda: delivered(env, sender, port, dst) == want,
               what=f"{port.name} {'gets' if want else 'loses'} {dst}")


def settle(env, port):
    """What the driver of @port has asked for so far has been answered.

    Its requests are served in order, so a last one that shows tells.
    """
    ip(f"maddr add {PROBE_GROUP} dev {port.ifname}", port.ns)
    wait_delivered(env, env.pf_if, port, PROBE_GROUP)
    ip(f"maddr del {PROBE_GROUP} dev {port.ifname}", port.ns)
    wait_delivered(env, env.pf_if, port, PROBE_GROUP, False)


def set_port_vlan(env, index, vid, qos=0, proto="802.1Q"):
    """Port VLAN of a VF, for the time of the case."""
    env.vf_set(index, f"vlan {vid} qos {qos} proto {proto}")
    env.port_vlan[f"vf{index}"] = (
        ETH_P_8021AD if proto == "802.1ad" else ETH_P_8021Q, vid)
    defer(env.port_vlan.pop, f"vf{index}", None)
    defer(env.vf_set, index, "vlan 0")


def unicast(env):
    """A frame to a local address goes there only."""
    vf0, vf1 = env.vfs[:2]
    frame = make(vf0, vf1)
    check_reach(env, vf0, frame, {vf1: frame})
    frame = make(vf0, env.pf_if)
    check_reach(env, vf0, frame, {env.pf_if: frame})
    frame = make(STRANGER, vf1)
    check_reach(env, env.ext, frame, {vf1: frame})


def unknown_unicast(env):
    """A frame to an unknown address goes to the uplink only."""
    vf0 = env.vfs[0]
    frame = make(vf0, STRANGER)
    check_reach(env, vf0, frame, {env.ext: frame})


def broadcast(env):
    """A broadcast goes to everyone but its sender."""
    vf0 = env.vfs[0]
    own = Capture(vf0)
    frame = make(vf0, BROADCAST)
    check_reach(env, vf0, frame, {port: frame for port in env.all
                                  if port is not vf0})
    ksft_eq(own.saw(frame), False, "came back to its sender")
    frame = make(STRANGER, BROADCAST)
    check_reach(env, env.ext, frame, {port: frame for port in env.all
                                      if port is not env.ext})


def port_vlan(env):
    """A VF in port VLAN 100 reaches members of VLAN 100 only."""
    vf0, vf1 = env.vfs[:2]
    set_port_vlan(env, 0, 100)
    set_port_vlan(env, 1, 100)
    set_port_vlan(env, 2, 200)
    frame = make(vf0, BROADCAST)
    check_reach(env, vf0, frame,
                {vf1: frame, env.ext: frame.tagged(ETH_P_8021Q, 100)})
    frame = make(vf0, vf1)
    check_reach(env, vf0, frame, {vf1: frame})


def port_vlan_hides_addresses(env):
    """A frame to a MAC of another VLAN does not reach it, and is not local."""
    vf0, _, vf2 = env.vfs[:3]
    set_port_vlan(env, 0, 100)
    set_port_vlan(env, 2, 200)
    frame = make(vf0, vf2)
    check_reach(env, vf0, frame, {env.ext: frame.tagged(ETH_P_8021Q, 100)})
    ksft_eq(vf0.reaches(vf2), False)


def port_vlan_from_uplink(env):
    """From the uplink a port VLAN's member gets its VLAN's frames, untagged."""
    vf0, vf1 = env.vfs[:2]
    set_port_vlan(env, 0, 100)
    set_port_vlan(env, 1, 200)
    frame = make(STRANGER, vf0)
    check_reach(env, env.ext, frame.tagged(ETH_P_8021Q, 100), {vf0: frame})
    for wrong in (frame, frame.tagged(ETH_P_8021Q, 200)):
        capture = Capture(vf0)
        Sender(env.ext).send(wrong)
        flush(env, vf0, capture)
        ksft_eq(capture.saw(frame), False, wrong)
    frame = make(STRANGER, BROADCAST)
    check_reach(env, env.ext, frame.tagged(ETH_P_8021Q, 200), {vf1: frame})


def port_vlan_refuses_tags(env):
    """A tagged frame of a port VLAN's member is dropped and counted."""
    vf0 = env.vfs[0]
    set_port_vlan(env, 0, 100)
    before = vf0.counters()["tx_drop_vlan"]
    check_reach(env, vf0, make(vf0, BROADCAST, vlan=200), {})
    ksft_eq(vf0.counters()["tx_drop_vlan"], before + 1)


def port_vlan_priority(env):
    """The port's priority is in the tag of its frames."""
    vf0 = env.vfs[0]
    set_port_vlan(env, 0, 100, qos=5)
    capture = Capture(env.ext)
    frame = make(vf0, STRANGER)
    Sender(vf0).send(frame)
    capture.expect(frame.tagged(ETH_P_8021Q, 5 << 13 | 100))


def port_vlan_8021ad(env):
    """An 802.1ad port VLAN lets the VF keep tags of its own."""
    vf0, vf1 = env.vfs[:2]
    set_port_vlan(env, 0, 100, proto="802.1ad")
    set_port_vlan(env, 1, 100, proto="802.1ad")
    capture, wire = Capture(vf1), Capture(env.ext)
    for frame in (make(vf0, BROADCAST), make(vf0, BROADCAST, vlan=7)):
        Sender(vf0).send(frame)
        capture.expect(frame)
        wire.expect(frame.tagged(ETH_P_8021AD, 100))
    # An 802.1Q VLAN of the same number is another VLAN, and ports without a port
    # VLAN filter those of 802.1ad that they have not asked for.
    set_port_vlan(env, 1, 100)
    frame = make(vf0, BROADCAST)
    check_reach(env, vf0, frame,
                {env.ext: frame.tagged(ETH_P_8021AD, 100)})


def multicast(env):
    """A multicast frame goes to those who joined, and to the uplink."""
    vf0, vf1 = env.vfs[:2]
    frame = make(vf0, GROUP)
    check_reach(env, vf0, frame, {env.ext: frame})
    ip(f"maddr add {GROUP} dev {vf1.ifname}", vf1.ns)
    defer(ip, f"maddr del {GROUP} dev {vf1.ifname}", vf1.ns)
    wait_delivered(env, vf0, vf1, GROUP)
    frame = make(vf0, GROUP)
    check_reach(env, vf0, frame, {vf1: frame, env.ext: frame})
    frame = make(STRANGER, GROUP)
    check_reach(env, env.ext, frame, {vf1: frame})


def multicast_left(env):
    """Who left a group gets no more of it."""
    vf0, vf1 = env.vfs[:2]
    ip(f"maddr add {GROUP} dev {vf1.ifname}", vf1.ns)
    wait_delivered(env, vf0, vf1, GROUP)
    ip(f"maddr del {GROUP} dev {vf1.ifname}", vf1.ns)
    wait_delivered(env, vf0, vf1, GROUP, False)
    frame = make(vf0, GROUP)
    check_reach(env, vf0, frame, {env.ext: frame})


def unicast_filter(env):
    """A VF gets frames to a further address that it asked for."""
    vf0, vf1 = env.vfs[:2]
    ip(f"link add link {vf1.ifname} name mv1 address 52:54:00:11:11:11 "
       "type macvlan mode bridge", vf1.ns)
    defer(ip, "link del mv1", vf1.ns)
    ip("link set mv1 up", vf1.ns)
    wait_delivered(env, vf0, vf1, "52:54:00:11:11:11")
    frame = make(vf0, "52:54:00:11:11:11")
    check_reach(env, vf0, frame, {vf1: frame})


def address_of_another(env):
    """A further address of a VF that is given to another is its own no more."""
    vf0, vf1, vf2 = env.vfs[:3]
    address = "52:54:00:11:11:12"
    ip(f"link add link {vf1.ifname} name mv1 address {address} "
       "type macvlan mode bridge", vf1.ns)
    defer(ip, "link del mv1", vf1.ns)
    ip("link set mv1 up", vf1.ns)
    wait_delivered(env, vf0, vf1, address)
    defer(env.vf_set, 2, f"mac {vf2.mac}")
    env.vf_set(2, f"mac {address}")
    wait_until(lambda: vf2.link()["address"] == address, what="VF 2's new MAC")
    frame = make(vf0, address)
    check_reach(env, vf0, frame, {vf2: frame})


def promisc_needs_trust(env):
    """Promiscuous: a trusted VF sees every frame, another only its own."""
    vf0, vf1, vf2 = env.vfs[:3]
    vf1.set("promisc on")
    defer(vf1.set, "promisc off")
    settle(env, vf1)
    frame = make(vf0, vf2)
    check_reach(env, vf0, frame, {vf2: frame})
    env.vf_set(1, "trust on")
    defer(env.vf_set, 1, "trust off")
    wait_delivered(env, vf0, vf1, vf2)
    frame = make(vf0, vf2)
    check_reach(env, vf0, frame, {vf2: frame, vf1: frame})
    env.vf_set(1, "trust off")
    wait_delivered(env, vf0, vf1, vf2, False)
    frame = make(vf0, vf2)
    check_reach(env, vf0, frame, {vf2: frame})


def allmulti_needs_trust(env):
    """All multicast: for a trusted VF only."""
    vf0, vf1 = env.vfs[:2]
    vf1.set("allmulticast on")
    defer(vf1.set, "allmulticast off")
    settle(env, vf1)
    frame = make(vf0, GROUP)
    check_reach(env, vf0, frame, {env.ext: frame})
    env.vf_set(1, "trust on")
    defer(env.vf_set, 1, "trust off")
    wait_delivered(env, vf0, vf1, GROUP)
    frame = make(vf0, GROUP)
    check_reach(env, vf0, frame, {env.ext: frame, vf1: frame})


def pf_promisc(env):
    """The PF may be promiscuous."""
    vf0, vf1 = env.vfs[:2]
    env.pf_if.set("promisc on")
    defer(env.pf_if.set, "promisc off")
    frame = make(vf0, vf1)
    check_reach(env, vf0, frame, {vf1: frame, env.pf_if: frame})


def spoofed_source(env):
    """A frame with another's source is dropped and counted; nothing stops."""
    vf0, vf1 = env.vfs[:2]
    before = vf0.counters()["tx_drop_spoof"]
    for source in (vf1.mac, STRANGER, "01:00:5e:00:00:01"):
        check_reach(env, vf0, make(source, BROADCAST), {})
    ksft_eq(vf0.counters()["tx_drop_spoof"], before + 3)
    vf0.ping(vf1)


def spoofcheck_off(env):
    """Without the check any source passes."""
    vf0, vf1 = env.vfs[:2]
    env.vf_set(0, "spoofchk off")
    defer(env.vf_set, 0, "spoofchk on")
    frame = make(STRANGER, vf1)
    check_reach(env, vf0, frame, {vf1: frame})


def vlan_filter(env):
    """A VF gets its VLAN devices' VLANs only; without the filter, every one."""
    vf0, vf1 = env.vfs[:2]
    ip(f"link add link {vf1.ifname} name v30 type vlan id 30", vf1.ns)
    defer(ip, "link del v30", vf1.ns)
    ip("link set v30 up", vf1.ns)
    settle(env, vf1)
    frame = make(vf0, vf1, vlan=30)
    check_reach(env, vf0, frame, {vf1: frame})
    frame = make(vf0, vf1)
    check_reach(env, vf0, frame, {vf1: frame})
    frame = make(vf0, vf1, vlan=31)
    # Nobody local takes it.
    check_reach(env, vf0, frame, {env.ext: frame})
    vf1.set_features({"rx-vlan-filter": False})
    defer(vf1.set_features, {"rx-vlan-filter": True})
    settle(env, vf1)
    frame = make(vf0, vf1, vlan=31)
    check_reach(env, vf0, frame, {vf1: frame})


if __name__ == "__main__":
    ksft_main([unicast, unknown_unicast, broadcast, port_vlan,
               port_vlan_hides_addresses, port_vlan_from_uplink,
               port_vlan_refuses_tags, port_vlan_priority, port_vlan_8021ad,
               multicast, multicast_left, unicast_filter, address_of_another,
               promisc_needs_trust, allmulti_needs_trust, pf_promisc, spoofed_source,
               spoofcheck_off, vlan_filter], set_up)
