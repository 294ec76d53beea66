#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: recovery --uplink switch --allow NETDEV.WATCHDOG
"""What a new driver of the PF makes of a device that a former one has used with
VFs: it keeps what was administered, and nothing else."""

import contextlib
import struct
import threading

from lib.py import (BROADCAST, Capture, RawVf, Sender, Vane, cmd, cmd_json,
                    defer, ethtool_json, fails, hw, ip, ksft_eq, ksft_main,
                    ksft_ne, make, registers, wait_until)

VFS = 3
ADMIN, OWN = "52:54:00:81:82:83", "52:54:00:91:92:93"
VID = 55
RECOVERY = 20

# Registers of the PF that a driver before may have left with a value.
LEFT = [hw.VANE_REG_MAX_FRAME, hw.VANE_REG_RSS_CTRL, hw.VANE_REG_PORT_LED,
        *range(hw.VANE_REG_RSS_KEY,
               hw.VANE_REG_RSS_KEY + hw.VANE_RSS_KEY_SIZE, 4),
        *range(hw.VANE_REG_RSS_TABLE, hw.VANE_REG_RSS_TABLE +
               hw.VANE_RSS_CONTEXTS * hw.VANE_RSS_TABLE_SIZE, 4),
        *range(hw.VANE_RULE(0), hw.VANE_RULE(hw.VANE_MAX_RULES), 4)]


def set_up():
    """Three VFs, the external network; the PF is down, as it is at first."""
    env = Vane(VFS)
    env.ext = env.ext_port()
    env.sender = Sender(env.ext)
    return env


def reload_driver(env):
    """Another PF driver, on the same device and VFs; its netdev is down."""
    cmd("modprobe -r vane")
    cmd("modprobe vane")
    env.pf.wait_ifname()


def raw_vf(env, index):
    """A VF in the hands of this program, for the case."""
    env.vf(index).unbind()
    raw = RawVf(env.vf(index))
    defer(env.vf(index).bind, "vanevf")
    defer(raw.close)
    raw.enable()
    raw.negotiate()
    return raw


def administered_mac(env):
    """An administered MAC is kept while a trusted VF uses another one."""
    port = env.vf_port(0)
    first = port.mac
    env.vf_set(0, f"mac {ADMIN}")
    defer(env.vf_set, 0, f"mac {first}")
    wait_until(lambda: port.link()["address"] == ADMIN, what="the VF's MAC")
    env.vf_set(0, "trust on")
    defer(env.vf_set, 0, "trust off")
    ip(f"link set dev {port.ifname} address {OWN}", port.ns)
    reload_driver(env)
    wait_until(lambda: env.vf_info(0)["address"] == OWN, what="its own MAC")
    ksft_eq(port.link()["address"], OWN)
    env.vf_set(0, "trust off")
    ksft_eq(env.vf_info(0)["address"], ADMIN)
    wait_until(lambda: port.link()["address"] == ADMIN, RECOVERY,
               what="the administered MAC again")
    fails(f"ip link set dev {port.ifname} address {OWN}", port.ns)


def own_mac_ends_with_reset(env):
    """A MAC of a VF's own choice goes with its reset, without a PF driver too."""
    raw = raw_vf(env, 2)
    default = env.vf_info(2)["address"]
    ksft_eq(raw.set_mac(OWN), hw.VANE_OK)
    ksft_eq(env.vf_info(2)["address"], OWN)
    cmd("modprobe -r vane")
    raw.enable()
    cmd("modprobe vane")
    env.pf.wait_ifname()
    ksft_eq(env.vf_info(2)["address"], default)


def reset_by_administrator(env):
    """What a VF has requested goes with a reset that the administrator has it make."""
    raw = raw_vf(env, 2)
    default = env.vf_info(2)["address"]
    ksft_eq(raw.set_mac(OWN), hw.VANE_OK)
    ksft_eq(env.vf_info(2)["address"], OWN)
    # It takes effect by a reset, and the VF says nothing after that
    resize = f"devlink port function set pci/{env.pf.bdf}/3 max_io_eqs"
    cmd(f"{resize} 4")
    defer(cmd, f"{resize} {hw.VANE_DEF_QUEUES_VF}")
    ksft_eq(env.vf_info(2)["address"], default)
    port = env.vf_port(1)
    ip(f"link set dev {port.ifname} address {OWN}", port.ns)
    defer(ip, f"link set dev {port.ifname} address {port.mac}", port.ns)


def silent_vf(env):
    """A VF that does not negotiate anew keeps no address of before."""
    raw = raw_vf(env, 2)
    ksft_eq(raw.filters(hw.VANE_MBOX_FILTER_ADD, [OWN]), hw.VANE_OK)
    reload_driver(env)
    port = env.vf_port(1)
    first = port.mac
    env.vf_set(1, f"mac {OWN}")
    defer(env.vf_set, 1, f"mac {first}")
    wait_until(lambda: port.link()["address"] == OWN, what="VF 1's MAC")
    drops = hw.VANE_STAT(hw.VANE_STAT_RX_DROP_NOBUF)
    before = raw.rd32(drops)
    capture = Capture(port)
    for _ in range(10):
        env.sender.send(make(env.ext, OWN))
    last = make(env.ext, BROADCAST)
    env.sender.send(last)
    capture.expect(last)
    # The broadcast alone
    ksft_eq(raw.rd32(drops) - before, 1)


@contextlib.contextmanager
def requests(raws):
    """Has VFs send a request whenever they have none outstanding, meanwhile."""
    stop = threading.Event()
    data = struct.pack("<4H2I", hw.VANE_MBOX_RX_MODE, 8, 1, 0, 0, 0)

    def send():
        while not stop.is_set():
            for raw in raws:
                if not is_busy(raw):
                    raw.message(data)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def is_busy(raw):
    """Has the VF a request outstanding?"""
    return bool(raw.rd32(hw.VANE_REG_MBOX_STATE) & hw.VANE_MBOX_STATE_BUSY)


def requests_in_flight(env):
    """A request is answered though the driver that has it goes."""
    raws = [raw_vf(env, index) for index in range(VFS)]
    for _ in range(4):
        with requests(raws):
            reload_driver(env)
        # Those that were held are answered by the new driver
        for raw in raws:
            wait_until(lambda raw=raw: not is_busy(raw), what="a reply")


def left(env):
    """What the PF's registers hold of rules, RSS and limits."""
    values = registers(env.pf.ifname)
    return {f"{reg:#x}": values[reg] for reg in LEFT}


def administered(env):
    """All that a user has set of the device and its VFs."""
    name = env.pf.ifname
    settings = ethtool_json(name)
    switch = cmd_json(f"vanectl -j show {name}")
    for port in (switch, *switch["ports"]):
        # What the functions have asked for, and what the partner agrees to in time
        port.pop("filters")
        port.pop("link", None)
    return {
        "vfs": env.vf_infos(),
        "switch": switch,
        "lists": cmd_json(f"vanectl -j list show {name}"),
        "trunks": cmd_json(f"vanectl -j vlan show {name}"),
        "link": (settings["auto-negotiation"],
                 settings["advertised-link-modes"]),
        "pause": ethtool_json(f"-a {name}"),
        "rates": cmd_json("devlink -j port function rate show")["rate"],
    }


def fill_administered(env):
    """Sets all that outlives a driver."""
    name, handle = env.pf.ifname, f"pci/{env.pf.bdf}"
    for args in ("mac 52:54:00:a0:a1:a2", "vlan 77 qos 3 proto 802.1ad",
                 "spoofchk off", "trust on", "state enable"):
        env.vf_set(0, args)
    env.vf_set(1, "state disable")
    cmd(f"vanectl mode {name} vepa")
    cmd(f"vanectl channel set {name} pf 7")
    cmd(f"vanectl channel set {name} vf 2 {hw.VANE_MAX_ECID}")
    cmd(f"vanectl priority set {name} pf 5:3")
    cmd(f"vanectl priority set {name} vf 2 0:1.1,7.1:0")
    cmd(f"vanectl list set {name} 9 vf 0,2 pf")
    cmd(f"vanectl list set {name} 3:{hw.VANE_MAX_ECID} vf 1")
    cmd(f"vanectl list set {name} 1:0 pf")
    cmd(f"vanectl vlan allow {name} vf 2 0,10-20,4094")
    cmd(f"devlink port function rate add {handle}/gold tx_max 100mbit "
        "tx_share 10mbit")
    cmd(f"devlink port function rate set {handle}/3 parent gold")
    cmd(f"devlink port function rate set {handle}/1 tx_share 5mbit "
        "tx_max 20mbit")
    cmd(f"ethtool -s {name} advertise 25000baseCR/Full on "
        "100000baseCR4/Full off")
    cmd(f"ethtool -A {name} autoneg on rx on tx on")


def fill_netdev(env):
    """Sets all that goes with a netdev; returns what to look for after it."""
    name = env.pf.ifname
    ip(f"link set dev {name} up mtu 4000 promisc on allmulticast on")
    ip(f"link add link {name} name mv0 address {OWN} type macvlan mode bridge")
    ip(f"link add link {name} name vl0 type vlan id {VID}")
    ip("link set mv0 up")
    ip("link set vl0 up")
    ip(f"maddr add 01:00:5e:00:80:77 dev {name}")
    cmd(f"ethtool -X {name} hkey {':'.join(['a5'] * hw.VANE_RSS_KEY_SIZE)} "
        "start 1 equal 1")
    cmd(f"ethtool -X {name} context new start 1 equal 1")
    cmd(f"ethtool -N {name} flow-type ether dst {BROADCAST} action -1 loc 3")
    cmd(f"ethtool -N {name} rx-flow-hash udp4 sdfn")
    wait_until(lambda: env.filters() > 2, what="filters")


def pf_is_new(env, idle):
    """Nothing of a former netdev of the PF is in force."""
    ksft_eq(env.filters(), idle, "filters")
    port = env.pf_port()
    wait_until(lambda: env.filters() >= idle, what="filters")
    capture, outside = Capture(port), Capture(env.ext)
    tagged = make(env.ext, port.mac, vlan=VID)
    stranger, last = make(env.ext, OWN), make(env.ext, BROADCAST)
    group = make(env.ext, "01:00:5e:00:80:77")
    for frame in (tagged, stranger, group, last):
        env.sender.send(frame)
    capture.expect(last)
    for frame in (tagged, stranger, group):
        ksft_eq(capture.saw(frame), False, frame)
    frame = make(port, OWN)
    Sender(port).send(frame)
    outside.expect(frame)


def everything(env):
    """Of every table, what was administered is kept and the rest is cleared."""
    env.unload()
    env.load()
    env.pf.wait_ifname()
    defer(env.set_vfs, VFS)
    defer(env.load)
    defer(env.unload)
    env.set_vfs(VFS)
    first, idle = left(env), env.filters()
    fill_administered(env)
    fill_netdev(env)
    ksft_ne(left(env), first)
    before = administered(env)
    reload_driver(env)
    for what, value in administered(env).items():
        ksft_eq(value, before[what], what)
    after = left(env)
    ksft_eq({reg: value for reg, value in after.items()
             if value != first[reg]}, {}, "registers")
    cmd(f"vanectl mode {env.pf.ifname} veb")
    wait_until(lambda: env.filters() == idle, what="filters are gone")
    pf_is_new(env, idle)


if __name__ == "__main__":
    ksft_main([administered_mac, own_mac_ends_with_reset, reset_by_administrator,
               silent_vf, requests_in_flight, everything], set_up)
