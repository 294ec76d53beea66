#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: network --allow-leaks --uplink switch
"""Addresses of others: a VF has them where it is trusted, as long as it is, and
the log says why not."""

from lib.py import (BROADCAST, Capture, KernelLog, Sender, Vane, cmd, defer,
                    fails, ip, ip_json, ksft_eq, ksft_main, ksft_true, make,
                    run, wait_until)

VFS = 3
FRAMES = 5


def set_up():
    """Three VFs, the PF, the external network."""
    env = Vane(VFS)
    env.pf_if = env.pf_port()
    env.vfs = env.vf_ports(VFS)
    env.ext = env.ext_port()
    env.sender = Sender(env.ext)
    return env


def receives(env, port, mac):
    """Does @port get frames from outside to @mac?"""
    capture = Capture(port)
    frames = [make(env.ext, mac) for _ in range(FRAMES)]
    last = make(env.ext, BROADCAST)
    for frame in (*frames, last):
        env.sender.send(frame)
    capture.expect(last)
    return any(capture.saw(frame) for frame in frames)


def macvlan(port, mac):
    """A further address of a VF, for the case."""
    ip(f"link add link {port.ifname} name mv0 address {mac} type macvlan "
       "mode bridge", port.ns)
    deferred = defer(run, "ip link del mv0", port.ns)
    ip("link set mv0 up", port.ns)
    # The netdev's filters are requested after this.
    wait_until(lambda: port.link()["operstate"] == "UP")
    return deferred


def refused(env, port, mac, owner):
    """VF 0 can have @mac neither as its own nor as a further address."""
    log = KernelLog()
    fails(f"ip link set dev {port.ifname} address {mac}", port.ns)
    why = f"{mac} belongs to {owner}; only a trusted VF may use it"
    wait_until(lambda: log.has(f"VF 0: refused to set MAC: {why}"))
    ksft_eq(receives(env, port, mac), False, f"{mac} as its MAC")
    deferred = macvlan(port, mac)
    wait_until(lambda: log.has(f"VF 0: refused to add filters: {why}"))
    ksft_eq(receives(env, port, mac), False, f"{mac} as a filter")
    deferred.exec()


def set_pf_mac(env, mac):
    """Gives the PF another MAC for the case; it cannot be up meanwhile."""
    def change(address):
        env.pf_if.set("down")
        env.pf_if.set(f"address {address}")
        env.pf_if.up()

    change(mac)
    defer(change, env.pf_if.mac)


def default_of_neighbour(env):
    """A VF cannot have the MAC that another VF has, or had at first."""
    vf0, vf1 = env.vfs[:2]
    refused(env, vf0, vf1.mac, "VF 1")
    ip(f"link set dev {vf1.ifname} address 52:54:00:33:33:33", vf1.ns)
    defer(ip, f"link set dev {vf1.ifname} address {vf1.mac}", vf1.ns)
    refused(env, vf0, vf1.mac, "VF 1")
    refused(env, vf0, "52:54:00:33:33:33", "VF 1")


def address_of_pf(env):
    """Nor the PF's, permanent or not, nor a further one of it."""
    vf0 = env.vfs[0]
    refused(env, vf0, env.pf_if.mac, "the PF")
    set_pf_mac(env, "52:54:00:44:44:44")
    refused(env, vf0, env.pf_if.mac, "the PF")
    refused(env, vf0, "52:54:00:44:44:44", "the PF")
    before = env.filters()
    ip(f"link add link {env.pf_if.ifname} name mvpf address "
       "52:54:00:55:55:55 type macvlan mode bridge")
    defer(ip, "link del mvpf")
    ip("link set mvpf up")
    wait_until(lambda: env.filters() > before, what="the PF's filter")
    refused(env, vf0, "52:54:00:55:55:55", "the PF")


def filter_of_neighbour(env):
    """Nor a further address of another VF."""
    vf0, vf1 = env.vfs[:2]
    macvlan(vf1, "52:54:00:66:66:66")
    wait_until(lambda: receives(env, vf1, "52:54:00:66:66:66"),
               what="VF 1 has its filter")
    refused(env, vf0, "52:54:00:66:66:66", "VF 1")


def pf_comes_first(env):
    """What the PF takes is taken from a VF that is not trusted."""
    vf0 = env.vfs[0]
    mac = "52:54:00:77:77:77"
    macvlan(vf0, mac)
    wait_until(lambda: receives(env, vf0, mac), what="VF 0 has its filter")
    ip(f"link add link {env.pf_if.ifname} name mvpf address {mac} "
       "type macvlan mode bridge")
    defer(ip, "link del mvpf")
    ip("link set mvpf up")
    wait_until(lambda: not receives(env, vf0, mac), what="VF 0 has lost it")


def trusted(env):
    """A trusted VF has whatever it asks for, and loses it with the trust."""
    vf0, vf1 = env.vfs[:2]
    env.vf_set(1, "mac 52:54:00:88:88:88")
    defer(env.vf_set, 1, f"mac {vf1.mac}")
    for mac in ("52:54:00:88:88:88", vf1.mac, env.pf_if.mac):
        env.vf_set(0, "trust on")
        defer(env.vf_set, 0, "trust off")
        ip(f"link set dev {vf0.ifname} address {mac}", vf0.ns)
        ksft_eq(receives(env, vf0, mac), True, mac)
        env.vf_set(0, "trust off")
        ksft_eq(env.vf_info(0)["address"], vf0.mac)
        ksft_eq(receives(env, vf0, mac), False, f"{mac} without trust")
        wait_until(lambda: vf0.link()["address"] == vf0.mac,
                   what="the VF knows")


def administered_twice(env):
    """An address that is given to two functions: allowed, and noted."""
    vf0, vf1 = env.vfs[:2]
    defer(env.vf_set, 0, f"mac {vf0.mac}")
    defer(env.vf_set, 1, f"mac {vf1.mac}")
    log = KernelLog()
    env.vf_set(0, f"mac {vf1.mac}")
    ksft_true(log.has(f"VF 0: MAC {vf1.mac} is also used by VF 1"))
    env.vf_set(1, f"mac {env.pf_if.mac}")
    ksft_true(log.has(f"VF 1: MAC {env.pf_if.mac} is also used by the PF"))
    set_pf_mac(env, vf1.mac)
    ksft_true(log.has(f"PF: MAC {vf1.mac} is also used by VF 0"))


def bond(env):
    """A bond of two VFs of one card: they need trust, or the same MAC."""
    macs = [env.vfs[index].mac for index in (0, 1)]
    ns = env.vfs[0].ns
    cmd("modprobe bonding max_bonds=0")
    ip(f"link set dev {env.vfs[1].ifname} netns {ns}", env.vfs[1].ns)
    defer(ip, f"link set dev {env.vfs[1].ifname} netns {env.vfs[1].ns}", ns)
    names = [env.vfs[index].ifname for index in (0, 1)]

    def enslaved():
        """How many of the two can be made slaves."""
        for name in names:
            ip(f"link set dev {name} down", ns)
        ip("link add bond0 type bond mode active-backup miimon 100", ns)
        count = sum(run(f"ip link set dev {name} master bond0",
                        ns).returncode == 0 for name in names)
        ip("link del bond0", ns)
        return count

    ksft_eq(enslaved(), 1, "without trust")
    for index in (0, 1):
        env.vf_set(index, "trust on")
        defer(env.vf_set, index, "trust off")
    ksft_eq(enslaved(), 2, "with trust")
    for index in (0, 1):
        env.vf_set(index, "trust off")
        defer(env.vf_set, index, f"mac {macs[index]}")
        env.vf_set(index, f"mac {macs[0]}")
    wait_until(lambda: {ip_json(f"link show dev {name}", ns)[0]["address"]
                        for name in names} == {macs[0]}, what="one MAC")
    ksft_eq(enslaved(), 2, "with one administered MAC")


if __name__ == "__main__":
    ksft_main([default_of_neighbour, address_of_pf, filter_of_neighbour,
               pf_comes_first, trusted, administered_twice, bond], set_up)
