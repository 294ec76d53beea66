#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: profiles --mem 3G --allow-leaks --uplink switch
"""Port profiles (802.1Qbh): VFs are associated by IFLA_VF_PORTS, as libvirt does.
All of a profile is in force, or nothing of it; what it replaced comes back."""

import errno
import os
import random
import struct
import threading
import uuid

from lib.py import (ETH_P_8021Q, Capture, Genl, KernelLog, Rtnl, Sender, Vane, attr,
                    cmd, cmd_json, defer, fails, ksft_eq, ksft_in, ksft_le,
                    ksft_main, ksft_pr, ksft_raises, mac_bytes, make, repeat, rtnl,
                    run, wait_until)
from lib.py.rtnl import (ASSOCIATE, BADSTATE, DISASSOCIATE, INPROGRESS,
                         INSUFFICIENT, INVALID, PREASSOCIATE, PREASSOCIATE_RR,
                         SUCCESS)

VFS = 256
PORT = 127
RECOVERY = 30
STRANGER = "52:54:00:99:99:99"
MAC = "52:54:00:bb:00:01"
ONE, OTHER, HOST = (uuid.UUID(int=number << 64 | number).bytes
                    for number in (0x1234, 0x5678, 0x9abc))
LONGEST = "p" * 39

# Something of everything, as vanectl takes it and as ip link shows it
EVERYTHING = ("vlan 77 qos 5 vlans 0,10-20 trust on spoofchk off max_tx_rate 2000 "
              "min_tx_rate 10 priority 5:3 channel 300")


def set_up():
    """256 VFs, one of which has a driver and a namespace; the external network."""
    env = Vane()
    env.driverless_vfs(VFS)
    env.vf(PORT).bind("vanevf")
    env.pf_if = env.pf_port()
    env.vf_if = env.vf_port(PORT)
    env.ext = env.ext_port()
    env.rtnl = Rtnl()
    defer(env.rtnl.sock.close)
    env.at_first = config(env)
    return env


def ifindex(env):
    """Of the PF, which a reload gives a new one."""
    with open(f"/sys/class/net/{env.pf_if.ifname}/ifindex", encoding="ascii") as file:
        return int(file.read())


def vanectl(env, command, args=""):
    """vanectl @command PF @args"""
    return cmd(f"vanectl {command} {env.pf_if.ifname} {args}")


def vanectl_json(env, command, args=""):
    """vanectl -j @command PF @args"""
    return cmd_json(f"vanectl -j {command} {env.pf_if.ifname} {args}")


def config(env):
    """All that is configured of the VFs, by whatever shows it."""
    shown = [(entry["channel"], entry.get("priorities"), entry.get("profile"))
             for entry in vanectl_json(env, "show")["ports"]]
    return env.vf_infos(), vanectl_json(env, "vlan show"), shown


def changed(env, before):
    """VFs whose configuration is not that of @before."""
    infos, vlans, shown = config(env)
    return [index for index in range(VFS)
            if (infos[index], vlans[index], shown[1 + index]) !=
            (before[0][index], before[1][index], before[2][1 + index])]


def profile(env, name, settings=""):
    """A profile until the case ends."""
    vanectl(env, "profile set", f"{name} {settings}")
    return defer(vanectl, env, "profile del", name)


def ask(env, index, request, name=None, instance=ONE, mac=None, host=HOST):
    """One request about a VF, as libvirt makes it."""
    if request == DISASSOCIATE:
        env.rtnl.set_vf_port(ifindex(env), index, request)
        return
    env.rtnl.set_vf_port(ifindex(env), index, request, name, instance, host,
                         mac=mac and mac_bytes(mac))


def port(env, index):
    """What is reported of a VF; None for nothing."""
    return env.rtnl.get_vf_ports(env.pf_if.ifname).get(index)


def answer(env, index):
    """The response, once there is one."""
    wait_until(lambda: port(env, index)["response"] != INPROGRESS, RECOVERY,
               what=f"VF {index}: response")
    return port(env, index)["response"]


def associate(env, index, name, instance=ONE, mac=None, request=ASSOCIATE):
    """Asks, and returns the response. What is there is given up with the case."""
    defer(ask, env, index, DISASSOCIATE)
    ask(env, index, request, name, instance, mac)
    return answer(env, index)


def until_logged(log, action):
    """@action, again while it leaves no line with @log: the kernel logs no more than
    ten such lines in five seconds."""
    lines = KernelLog()

    def is_logged():
        action()
        return lines.has(log)

    wait_until(is_logged, what=f"log: {log}")


def refused(env, error, log, func, *args, **kwargs):
    """@func is refused with @error and @log, and changes nothing."""
    before, ports = config(env), env.rtnl.get_vf_ports(env.pf_if.ifname)

    def once():
        with ksft_raises(OSError) as raised:
            func(*args, **kwargs)
        ksft_eq(raised.exception.errno, error, log)
        ksft_eq(changed(env, before), [], log)
        ksft_eq(env.rtnl.get_vf_ports(env.pf_if.ifname), ports, log)

    until_logged(log, once)


def fails_with(env, index, response, log, name, before=None, mac=MAC,
               request=ASSOCIATE):
    """An association fails with @response and @log, and leaves nothing behind."""
    before = before or config(env)

    def once():
        ksft_eq(associate(env, index, name, mac=mac, request=request), response, log)
        ksft_eq(changed(env, before), [], log)

    until_logged(log, once)


def in_force(env, index, name):
    """All of EVERYTHING is in force for the VF, and reported as its profile."""
    info = env.vf_info(index)
    ksft_eq(info["vlan_list"][0]["vlan"], 77)
    ksft_eq(info["vlan_list"][0]["qos"], 5)
    ksft_eq((info["trust"], info["spoofchk"]), (True, False))
    ksft_eq((info["rate"]["min_tx"], info["rate"]["max_tx"]), (10, 2000))
    vlans = vanectl_json(env, "vlan show", f"vf {index}")[0]
    ksft_eq(vlans["vlans"], [{"vlan": 0, "vlanEnd": 0}, {"vlan": 10, "vlanEnd": 20}])
    shown = vanectl_json(env, "show")["ports"][1 + index]
    ksft_eq((shown["channel"], shown["priorities"][10], shown["profile"]),
            (300, 6, name))


def leaves_tagged(env, mac):
    """A frame of the VF with a namespace leaves with the profile's port VLAN."""
    capture, sender = Capture(env.ext), Sender(env.vf_if)

    def arrives():
        frame = make(mac, STRANGER)
        try:
            sender.send(frame)
        except OSError:
            return False
        return capture.find(frame.tagged(ETH_P_8021Q, 5 << 13 | 77), 1)

    wait_until(arrives, RECOVERY, what="a tagged frame on the wire")


def association(env):
    """ASSOCIATE puts all of a profile in force, DISASSOCIATE takes all of it back,
    and the MAC that came with it."""
    profile(env, "gold", EVERYTHING)
    env.vf_set(PORT, "vlan 5 qos 1 min_tx_rate 1 max_tx_rate 100")
    defer(env.vf_set, PORT, "vlan 0 min_tx_rate 0 max_tx_rate 0")
    vanectl(env, "vlan allow", f"vf {PORT} 0,3")
    defer(vanectl, env, "vlan any", f"vf {PORT}")
    vanectl(env, "channel set", f"vf {PORT} 12")
    defer(vanectl, env, "channel del", f"vf {PORT}")
    before = config(env)
    ksft_eq(port(env, PORT), None)

    ksft_eq(associate(env, PORT, "gold", mac=MAC), SUCCESS)
    in_force(env, PORT, "gold")
    ksft_eq(env.vf_info(PORT)["address"], MAC)
    ksft_eq(changed(env, before), [PORT])
    ksft_eq(port(env, PORT), {"request": ASSOCIATE, "response": SUCCESS,
                              "profile": "gold", "instance": ONE, "host": HOST})
    wait_until(lambda: env.vf_if.link()["address"] == MAC, what="the VF's MAC")
    leaves_tagged(env, MAC)
    # Once more is the same
    ksft_eq(associate(env, PORT, "gold", mac=MAC), SUCCESS)
    in_force(env, PORT, "gold")

    ask(env, PORT, DISASSOCIATE)
    ksft_eq(changed(env, before), [])
    ksft_eq(port(env, PORT), {"request": DISASSOCIATE, "response": SUCCESS})
    wait_until(lambda: env.vf_if.link()["address"] == env.vf_if.mac,
               what="the VF's former MAC")
    # And again
    ask(env, PORT, DISASSOCIATE)
    ksft_eq(port(env, PORT), {"request": DISASSOCIATE, "response": SUCCESS})


def parts(env):
    """What a profile does not have stays as it is, and can be changed."""
    profile(env, "vlan-only", "vlan 9 proto 802.1ad")
    profile(env, "nothing")
    before = config(env)
    env.vf_set(3, "trust on")
    defer(env.vf_set, 3, "trust off")
    ksft_eq(associate(env, 3, "vlan-only"), SUCCESS)
    info = env.vf_info(3)
    ksft_eq((info["vlan_list"][0]["vlan"], info["vlan_list"][0]["protocol"],
             info["trust"]), (9, "802.1ad", True))
    env.vf_set(3, f"trust off spoofchk off mac {MAC} min_tx_rate 0 max_tx_rate 10")
    ask(env, 3, DISASSOCIATE)
    info = env.vf_info(3)
    ksft_eq((info["vlan_list"][0].get("vlan", 0), info["trust"], info["spoofchk"],
             info["address"], info["rate"]["max_tx"]), (0, False, False, MAC, 10))
    env.vf_set(3, "spoofchk on mac 00:00:00:00:00:00 min_tx_rate 0 max_tx_rate 0")
    ksft_eq(associate(env, 3, "nothing"), SUCCESS)
    ask(env, 3, DISASSOCIATE)
    ksft_eq(changed(env, before), [])


def mac_of_a_request(env):
    """Only the MAC that comes with a request is taken back, and only if it is
    still the VF's."""
    profile(env, "gold", "vlan 77")
    before = config(env)
    env.rtnl.set_vf_mac(ifindex(env), 3, mac_bytes(MAC))
    defer(env.vf_set, 3, "mac 00:00:00:00:00:00")
    with_mac = config(env)
    # The next message of the same socket, at once
    for _ in range(repeat(8, 4)):
        env.rtnl.set_vf_mac(ifindex(env), 3, mac_bytes(STRANGER))
        env.rtnl.set_vf_mac(ifindex(env), 3, mac_bytes(MAC))
        ask(env, 3, ASSOCIATE, "unknown")
        ksft_eq(answer(env, 3), INVALID)
        ksft_eq(changed(env, with_mac), [])
    ksft_eq(associate(env, 3, "gold"), SUCCESS)
    ask(env, 3, DISASSOCIATE)
    ksft_eq(changed(env, with_mac), [])
    # Changed meanwhile
    ksft_eq(associate(env, 3, "gold", mac="52:54:00:bb:00:02"), SUCCESS)
    env.vf_set(3, "mac 52:54:00:bb:00:03")
    ask(env, 3, DISASSOCIATE)
    ksft_eq(env.vf_info(3)["address"], "52:54:00:bb:00:03")
    # The default one, as such
    env.vf_set(3, "mac 00:00:00:00:00:00")
    ksft_eq(associate(env, 3, "unknown", mac=MAC), INVALID)
    ksft_eq(changed(env, before), [])
    # Of several VFs in one message
    macs = b"".join(rtnl.vf_attr(rtnl.IFLA_VF_MAC, "=I32s", index, mac_bytes(MAC))[4:]
                    for index in (3, 4))
    env.rtnl.set_link(ifindex(env), attr(rtnl.IFLA_VFINFO_LIST, macs) +
                      rtnl.ports_attr(rtnl.port_attrs(3, ASSOCIATE, "unknown"),
                                      rtnl.port_attrs(4, ASSOCIATE, "gold")))
    defer(ask, env, 4, DISASSOCIATE)
    ksft_eq((answer(env, 3), answer(env, 4)), (INVALID, SUCCESS))
    ksft_eq(changed(env, before), [4])
    ksft_eq(env.vf_info(4)["address"], MAC)
    ask(env, 4, DISASSOCIATE)
    ksft_eq(changed(env, before), [])


def own_mac(env):
    """A failed association leaves the MAC that a VF's driver chose, too."""
    chosen = "52:54:00:cc:00:01"
    env.vf_if.set(f"address {chosen}")
    defer(env.vf_if.set, f"address {env.vf_if.mac}")
    before = config(env)
    ksft_eq(env.vf_info(PORT)["address"], chosen)
    fails_with(env, PORT, INVALID, "there is no such profile", "unknown", before)
    wait_until(lambda: env.vf_if.link()["address"] == chosen,
               what="the MAC that the driver chose")
    ksft_eq(env.vf_info(PORT)["address"], chosen)


def preassociation(env):
    """PREASSOCIATE checks, PREASSOCIATE_RR reserves too; neither is in force."""
    profile(env, "gold", "channel 300 vlan 77 min_tx_rate 20000")
    profile(env, "silver", "channel 300")
    profile(env, "bronze", "min_tx_rate 6000")
    before = config(env)
    for request in (PREASSOCIATE, PREASSOCIATE_RR):
        ksft_eq(associate(env, 3, "gold", request=request), SUCCESS)
        ksft_eq(port(env, 3)["request"], request)
        ksft_eq(changed(env, before), [])
        ksft_eq(vanectl_json(env, "profile show", "gold")[0]["vfs"], [3])
        ksft_in("Profile gold is in use by VF 3",
                fails(f"vanectl profile del {env.pf_if.ifname} gold"))
    # What is reserved is no one else's
    show = f"vanectl channel set {env.pf_if.ifname}"
    for who in ("pf", "vf 4"):
        ksft_in("Channel 300 is in use by VF 3", fails(f"{show} {who} 300"))
    ksft_in("Channel 300 is in use by VF 3",
            fails(f"vanectl channel grant {env.pf_if.ifname} vf 4 300"))
    fails_with(env, 4, INSUFFICIENT, "Channel 300 is in use by VF 3", "silver")
    fails_with(env, 4, INSUFFICIENT, "above the 5000 Mb/s that other VFs leave",
               "bronze")
    # Less again
    ksft_eq(associate(env, 3, "gold", request=PREASSOCIATE), SUCCESS)
    for name in ("silver", "bronze"):
        ksft_eq(associate(env, 4, name), SUCCESS)
        ask(env, 4, DISASSOCIATE)
    ksft_eq(associate(env, 3, "gold"), SUCCESS)
    ksft_eq(changed(env, before), [3])
    ask(env, 3, DISASSOCIATE)
    ksft_eq(changed(env, before), [])
    # Nothing was reserved: what failed leaves the VF pre-associated, with that MAC
    ksft_eq(associate(env, 3, "gold", mac=MAC, request=PREASSOCIATE), SUCCESS)
    ksft_eq(associate(env, 4, "silver"), SUCCESS)
    fails_with(env, 3, INSUFFICIENT, "Channel 300 is in use by VF 4", "gold",
               mac="52:54:00:bb:00:02")
    ksft_eq(env.vf_info(3)["address"], MAC)
    ask(env, 4, DISASSOCIATE)
    ksft_eq(associate(env, 3, "gold"), SUCCESS)
    ask(env, 3, DISASSOCIATE)
    ksft_eq(changed(env, before), [])
    # Given up before it was in force, with its MAC
    ksft_eq(associate(env, 3, "gold", mac=MAC, request=PREASSOCIATE_RR), SUCCESS)
    ksft_eq(env.vf_info(3)["address"], MAC)
    ask(env, 3, DISASSOCIATE)
    ksft_eq(changed(env, before), [])
    fails_with(env, 3, INVALID, "there is no such profile", "unknown",
               request=PREASSOCIATE)
    fails_with(env, 3, INVALID, "there is no such profile", "unknown",
               request=PREASSOCIATE_RR)


def what_was_replaced(env):
    """What a profile replaced is kept for the VF."""
    profile(env, "gold", "channel 300 min_tx_rate 0")
    vanectl(env, "channel set", "vf 3 12")
    defer(vanectl, env, "channel del", "vf 3")
    env.vf_set(3, "min_tx_rate 20000 max_tx_rate 0")
    defer(env.vf_set, 3, "min_tx_rate 0 max_tx_rate 0")
    before = config(env)
    ksft_eq(associate(env, 3, "gold"), SUCCESS)
    ksft_in("Channel 12 is in use by VF 3",
            fails(f"vanectl channel set {env.pf_if.ifname} vf 4 12"))
    fails(f"ip link set dev {env.pf_if.ifname} vf 4 min_tx_rate 6000 max_tx_rate 0")
    ask(env, 3, DISASSOCIATE)
    ksft_eq(changed(env, before), [])


def wrong_order(env):
    """What does not follow from the requests before changes nothing."""
    profile(env, "gold", "vlan 77")
    profile(env, "silver", "vlan 78")
    ksft_eq(associate(env, 3, "gold", request=PREASSOCIATE_RR), SUCCESS)
    busy = "VF 3: profile gold is in use by instance"
    for request, name, instance in ((PREASSOCIATE, "gold", OTHER),
                                    (PREASSOCIATE_RR, "gold", None),
                                    (PREASSOCIATE_RR, "silver", ONE),
                                    (ASSOCIATE, "gold", OTHER),
                                    (ASSOCIATE, "gold", None),
                                    (ASSOCIATE, "silver", ONE)):
        refused(env, errno.EBUSY, busy, ask, env, 3, request, name, instance, MAC)
    ksft_eq(associate(env, 3, "gold"), SUCCESS)
    for name, instance in (("gold", OTHER), ("silver", ONE)):
        refused(env, errno.EBUSY, busy, ask, env, 3, ASSOCIATE, name, instance, MAC)
    for request in (PREASSOCIATE, PREASSOCIATE_RR):
        refused(env, errno.EBUSY, "VF 3: profile gold is already in force", ask, env, 3,
                request, "gold", ONE, MAC)
    refused(env, errno.EINVAL, "VF 3: its profile belongs to another instance than",
            env.rtnl.set_vf_port, ifindex(env), 3, DISASSOCIATE, instance=OTHER)
    env.rtnl.set_vf_port(ifindex(env), 3, DISASSOCIATE, instance=ONE)
    ksft_eq(port(env, 3), {"request": DISASSOCIATE, "response": SUCCESS})
    # Once more changes nothing, whoever asks
    for instance in (ONE, OTHER):
        env.rtnl.set_vf_port(ifindex(env), 3, DISASSOCIATE, instance=instance)
        ksft_eq(port(env, 3), {"request": DISASSOCIATE, "response": SUCCESS})


def in_a_hurry(env):
    """A request does not wait for the answer to the one before, which fails: each
    MAC goes with its own request."""
    profile(env, "gold", "vlan 77")
    before = env.vf_info(3)
    defer(ask, env, 3, DISASSOCIATE)
    for last in range(1, repeat(20, 10)):
        mac = f"52:54:00:bb:03:{last:02x}"
        for failing in (mac, MAC):
            ask(env, 3, ASSOCIATE, "unknown", mac=failing)
            ask(env, 3, ASSOCIATE, "gold", mac=mac)
            ksft_eq(answer(env, 3), SUCCESS)
            ksft_eq(env.vf_info(3)["address"], mac)
            ask(env, 3, DISASSOCIATE)
            ksft_eq(env.vf_info(3), before)


def wrong_requests(env):
    """What cannot be understood: an errno, a line in the log, and no change, not
    even of the MAC that came with it."""
    profile(env, "gold", "vlan 77")
    mac = mac_bytes(MAC)
    for error, log, args in (
            (errno.EINVAL, "VF 3: IFLA_PORT_REQUEST is missing",
             (3, None, "gold")),
            (errno.EOPNOTSUPP, "VF 3: unknown port request 4",
             (3, 4, "gold")),
            (errno.EOPNOTSUPP, "VF 3: unknown port request 255",
             (3, 255, "gold")),
            (errno.EINVAL, "VF 3: its profile has no name", (3, ASSOCIATE)),
            (errno.EINVAL, "VF 3: its profile has no name", (3, PREASSOCIATE, "")),
            (errno.EINVAL, "VF 3: The name of the profile has a character that is not "
             "printable ASCII", (3, ASSOCIATE, "a\nb")),
            (errno.EINVAL, "is longer than the limit of 39",
             (3, ASSOCIATE, LONGEST + "p")),
            (errno.EINVAL, "is longer than the limit of 39",
             (3, ASSOCIATE, b"p" * 40)),
            (errno.EINVAL, "a UUID has 15 bytes instead of 16",
             (3, ASSOCIATE, "gold", ONE[1:])),
            (errno.EINVAL, "a UUID has 0 bytes instead of 16",
             (3, ASSOCIATE, "gold", b"")),
            (errno.EINVAL, "a UUID has 17 bytes instead of 16",
             (3, ASSOCIATE, "gold", ONE, HOST + b"\0"))):
        refused(env, error, log, env.rtnl.set_vf_port, ifindex(env), *args, mac=mac)
    for index in (VFS, 0x7fffffff, 0xfffffffe):
        refused(env, errno.EINVAL, "does not exist: 256 VFs are enabled",
                env.rtnl.set_vf_port, ifindex(env), index, ASSOCIATE, "gold")
    for payload in (rtnl.ports_attr(rtnl.port_attrs(0xffffffff, ASSOCIATE, "gold")),
                    attr(rtnl.IFLA_PORT_SELF, rtnl.port_attrs(0, ASSOCIATE, "gold"))):
        refused(env, errno.EOPNOTSUPP, "the PF itself has no port profile",
                env.rtnl.set_link, ifindex(env), payload)
    # Without a NUL, and without UUIDs
    env.rtnl.set_vf_port(ifindex(env), 3, ASSOCIATE, b"gold")
    defer(ask, env, 3, DISASSOCIATE)
    ksft_eq(answer(env, 3), SUCCESS)
    ksft_eq(port(env, 3), {"request": ASSOCIATE, "response": SUCCESS,
                           "profile": "gold"})


def failed(env):
    """What prevents an association is reported and logged, and all is as before."""
    vanectl(env, "channel set", "vf 5 400")
    defer(vanectl, env, "channel del", "vf 5")
    profile(env, "taken", "channel 400 vlan 77")
    vanectl(env, "channel grant", "vf 4 401")
    defer(vanectl, env, "channel revoke", "vf 4 401")
    profile(env, "granted", "channel 401 vlan 77")
    profile(env, "big", "channel 70000 vlan 77")
    profile(env, "share", "min_tx_rate 25001 vlan 77 trust on vlans 3")
    profile(env, "rate", "max_tx_rate 10 vlan 77")
    before = config(env)
    fails_with(env, 3, INVALID, "VF 3: refused profile unknown: there is no such",
               "unknown")
    fails_with(env, 3, INSUFFICIENT, "Channel 400 is in use by VF 5", "taken")
    fails_with(env, 3, INSUFFICIENT, "Channel 401 is granted to VF 4", "granted")
    fails_with(env, 3, INSUFFICIENT, "is above the 25000 Mb/s that other", "share")
    ksft_eq(port(env, 3), {"request": ASSOCIATE, "response": INSUFFICIENT,
                           "profile": "share", "instance": ONE, "host": HOST})
    vanectl(env, "mode", "vntag")
    defer(vanectl, env, "mode", "veb")
    fails_with(env, 3, BADSTATE, "is above the limit of VN-Tag", "big", before)
    vanectl(env, "mode", "veb")
    ksft_eq(associate(env, 3, "big", request=PREASSOCIATE_RR), SUCCESS)
    ksft_in("of VN-Tag", fails(f"vanectl mode {env.pf_if.ifname} vntag"))
    ask(env, 3, DISASSOCIATE)

    ports = cmd_json("devlink -j port show")["port"]
    handle = next(name for name, entry in ports.items()
                  if entry.get("vfnum") == 3)
    group = f"pci/{env.pf.bdf}/tenant"
    cmd(f"devlink port function rate add {group}")
    defer(cmd, f"devlink port function rate del {group}")
    cmd(f"devlink port function rate set {handle} parent tenant")
    defer(cmd, f"devlink port function rate set {handle} noparent")
    fails_with(env, 3, BADSTATE, "its rate has a parent in devlink", "rate", before)


def piecemeal(env):
    """What a profile sets cannot be changed by other means."""
    profile(env, "gold", EVERYTHING)
    ksft_eq(associate(env, 3, "gold"), SUCCESS)
    before = config(env)
    link = f"ip link set dev {env.pf_if.ifname} vf 3"
    for args, what in (("vlan 5", "VLAN"), ("vlan 0", "VLAN"), ("trust off", "trust"),
                       ("spoofchk on", "spoofchk"),
                       ("min_tx_rate 0 max_tx_rate 5", "rates")):
        until_logged(f"VF 3: profile gold sets its {what}", lambda args=args:
                     ksft_in("busy", fails(f"{link} {args}")))
    for args, what in ((f"channel set {env.pf_if.ifname} vf 3 5", "channel"),
                       (f"channel del {env.pf_if.ifname} vf 3", "channel"),
                       (f"priority del {env.pf_if.ifname} vf 3", "priorities"),
                       (f"vlan allow {env.pf_if.ifname} vf 3 5", "trunk list"),
                       (f"vlan any {env.pf_if.ifname} vf 3", "trunk list")):
        ksft_in(f"VF 3: profile gold sets its {what}", fails(f"vanectl {args}"))
    ports = cmd_json("devlink -j port show")["port"]
    handle = next(name for name, entry in ports.items() if entry.get("vfnum") == 3)
    ksft_in("VF 3: profile gold sets its rates",
            fails(f"devlink port function rate set {handle} tx_max 1gbit"))
    ksft_eq(changed(env, before), [])
    env.vf_set(3, "state disable")
    env.vf_set(3, "state auto")
    ksft_eq(changed(env, before), [])


def in_use(env):
    """A profile that a VF uses is neither changed nor deleted."""
    profile(env, "gold", "vlan 77")
    ksft_eq(associate(env, 7, "gold"), SUCCESS)
    ksft_eq(associate(env, 200, "gold", OTHER), SUCCESS)
    before = vanectl_json(env, "profile show")
    ksft_eq(before, [{"name": "gold", "vlan": 77, "qos": 0, "protocol": "802.1Q",
                      "vfs": [7, 200]}])
    for index in (7, 200):
        for args in ("set {} gold vlan 78", "set {} gold", "del {} gold"):
            ksft_in(f"Profile gold is in use by VF {index}",
                    fails("vanectl profile " + args.format(env.pf_if.ifname)))
        ksft_eq(vanectl_json(env, "profile show")[0]["vlan"], 77)
        ask(env, index, DISASSOCIATE)
    vanectl(env, "profile set", "gold trust on")
    ksft_eq(vanectl_json(env, "profile show", "gold"),
            [{"name": "gold", "trust": True, "vfs": []}])


# Attributes of the family, which vanectl would not send
NL_CMD_PROFILE_GET, NL_CMD_PROFILE_SET, NL_CMD_PROFILE_DEL = range(12, 15)
(NL_IFINDEX, NL_NAME, NL_VF, NL_VLAN, NL_QOS, NL_PROTO, NL_CHANNEL, NL_MAP, NL_VIDS,
 NL_TRUST, NL_SPOOFCHK, NL_TX_MAX, NL_TX_SHARE) = range(1, 14)


def nl_profile(env, name, *attributes):
    """A request about a profile; attributes as (type, form, value)."""
    payload = attr(NL_IFINDEX, struct.pack("=I", ifindex(env))) + attr(NL_NAME, name)
    for kind, form, value in attributes:
        payload += attr(kind, struct.pack(form, value))
    return payload


def wrong_profiles(env):
    """A profile that cannot be is refused by name of the limit, and not made."""
    for settings, text in (
            ("vlan 0 qos 3", "qos 3 needs a VLAN"),
            ("min_tx_rate 20 max_tx_rate 10", "Minimum rate 20 is above the maximum")):
        ksft_in(text, fails(f"vanectl profile set {env.pf_if.ifname} x {settings}"))
    ksft_in("not printable ASCII",
            fails(["vanectl", "profile", "set", env.pf_if.ifname, "b\u00e4r"]))
    for verb in ("show", "del"):
        ksft_in("There is no profile x",
                fails(f"vanectl profile {verb} {env.pf_if.ifname} x"))
    name = b"x\0"
    with Genl("vane") as genl:
        for error, payload in (
                (errno.EINVAL, nl_profile(env, b"\0")),
                (errno.EINVAL, nl_profile(env, b"a\nb\0")),
                (errno.EINVAL, nl_profile(env, b"p" * 40 + b"\0")),
                (errno.EINVAL, nl_profile(env, b"no-nul")),
                (errno.ERANGE, nl_profile(env, name, (NL_VLAN, "=I", 4095))),
                (errno.ERANGE, nl_profile(env, name, (NL_VLAN, "=I", 1 << 16))),
                (errno.EINVAL, nl_profile(env, name, (NL_QOS, "=B", 1))),
                (errno.ERANGE, nl_profile(env, name, (NL_VLAN, "=I", 1),
                                          (NL_QOS, "=B", 8))),
                (errno.EPROTONOSUPPORT, nl_profile(env, name, (NL_VLAN, "=I", 1),
                                                   (NL_PROTO, "=H", 0x9100))),
                (errno.ERANGE, nl_profile(env, name, (NL_CHANNEL, "=I", 0))),
                (errno.ERANGE, nl_profile(env, name, (NL_CHANNEL, "=I", 1 << 20))),
                (errno.ERANGE, nl_profile(env, name, (NL_MAP, "=16s", b"\x10" * 16))),
                (errno.ERANGE, nl_profile(env, name,
                                          (NL_VIDS, "=512s", b"\xff" * 512))),
                (errno.ERANGE, nl_profile(env, name, (NL_TRUST, "=B", 2))),
                (errno.ERANGE, nl_profile(env, name, (NL_SPOOFCHK, "=B", 2))),
                (errno.ERANGE, nl_profile(env, name, (NL_TX_MAX, "=I", 400001))),
                (errno.ERANGE, nl_profile(env, name, (NL_TX_SHARE, "=I", 400001)))):
            with ksft_raises(OSError) as raised:
                genl.do(NL_CMD_PROFILE_SET, payload)
            ksft_eq(raised.exception.errno, error, payload)
        ksft_eq(vanectl_json(env, "profile show"), [])
        # There is an end
        for number in range(1024):
            genl.do(NL_CMD_PROFILE_SET, nl_profile(env, f"{number}\0".encode()))
        ksft_in("There are 1024 profiles already",
                fails(f"vanectl profile set {env.pf_if.ifname} x"))
        vanectl(env, "profile set", "512 vlan 5")
        ksft_eq([entry["name"] for entry in vanectl_json(env, "profile show")],
                [str(number) for number in range(1024)])
        for number in range(1024):
            genl.do(NL_CMD_PROFILE_DEL, nl_profile(env, f"{number}\0".encode()))
    ksft_eq(vanectl_json(env, "profile show"), [])


def any_name(env):
    """A name may have whatever is printed, and is shown as it is."""
    name = ''.join(map(chr, range(32, 71)))
    for name in (name, '"\\"', LONGEST):
        cmd(["vanectl", "profile", "set", env.pf_if.ifname, name, "trust", "on"])
        removed = defer(cmd, ["vanectl", "profile", "del", env.pf_if.ifname, name])
        ksft_eq(vanectl_json(env, "profile show"),
                [{"name": name, "trust": True, "vfs": []}])
        ksft_eq(associate(env, 3, name), SUCCESS)
        ksft_eq(port(env, 3)["profile"], name)
        ksft_eq(vanectl_json(env, "show")["ports"][4]["profile"], name)
        ksft_eq(vanectl(env, "profile show"), f"profile {name} trust on vf 3\n")
        ask(env, 3, DISASSOCIATE)
        removed.exec()


def all_vfs(env):
    """256 VFs with the longest names: all in one message, and in a dump."""
    removed = profile(env, LONGEST, "vlan 77 max_tx_rate 5000 trust on")
    instances = [uuid.UUID(int=index + 1).bytes for index in range(VFS)]
    for index, instance in enumerate(instances):
        ask(env, index, ASSOCIATE, LONGEST, instance, f"52:54:00:bb:01:{index:02x}")
    want = {index: {"request": ASSOCIATE, "response": SUCCESS, "profile": LONGEST,
                    "instance": instance, "host": HOST}
            for index, instance in enumerate(instances)}
    wait_until(lambda: env.rtnl.get_vf_ports(env.pf_if.ifname) == want, RECOVERY,
               what="all VFs associated")
    mask = rtnl.RTEXT_FILTER_VF | rtnl.RTEXT_FILTER_SKIP_STATS
    found = env.rtnl.get_link(env.pf_if.ifname, mask)[1]
    size = len(found[rtnl.IFLA_VF_PORTS])
    ksft_pr(f"IFLA_VF_PORTS: {size} bytes")
    ksft_le(size, VFS * 112)
    # Behind it there is more
    ksft_in(rtnl.IFLA_AF_SPEC, found)
    for info in env.vf_infos():
        ksft_eq((info["address"], info["vlan_list"][0]["vlan"], info["trust"],
                 info["rate"]["max_tx"]),
                (f"52:54:00:bb:01:{info['vf']:02x}", 77, True, 5000))
    links = cmd_json("ip -j link show")
    ksft_eq(next(len(link["vfinfo_list"]) for link in links
                 if link["ifname"] == env.pf_if.ifname), VFS)
    ksft_eq(vanectl_json(env, "profile show")[0]["vfs"], list(range(VFS)))
    for index in range(VFS):
        ask(env, index, DISASSOCIATE)
    ksft_eq(changed(env, env.at_first), [])
    removed.exec()


def take_pf(env):
    """The PF has a new interface."""
    env.pf_if.ifname = env.pf.wait_ifname()
    env.pf_if.up()


def ready(env):
    """The VF with a namespace has negotiated again."""
    wait_until(lambda: vanectl_json(env, "show")["ports"][1 + PORT]["ready"], RECOVERY,
               what="the VF has negotiated")
    env.vf_if.wait_carrier(timeout=RECOVERY)


def resets(env):
    """An association outlives resets of the VF, the PF and the device, and still
    gives back what was before."""
    profile(env, "gold", EVERYTHING)
    before = config(env)
    ksft_eq(associate(env, PORT, "gold", mac=MAC), SUCCESS)
    ksft_eq(associate(env, 3, "gold", request=PREASSOCIATE), INSUFFICIENT)
    ports = env.rtnl.get_vf_ports(env.pf_if.ifname)

    def reload():
        cmd(f"devlink dev reload pci/{env.pf.bdf}")
        take_pf(env)

    for reset in (env.vf(PORT).reset, env.pf.reset, reload):
        reset()
        wait_until(env.pf_if.carrier, RECOVERY, what="PF: carrier")
        ksft_eq(env.rtnl.get_vf_ports(env.pf_if.ifname), ports)
        in_force(env, PORT, "gold")
        ready(env)
        leaves_tagged(env, MAC)
        ksft_in("busy", fails(f"ip link set dev {env.pf_if.ifname} vf {PORT} vlan 0"))
    ask(env, PORT, DISASSOCIATE)
    ksft_eq(changed(env, before), [])


def lost_command(env):
    """A request that the device loses is carried out when it has been reset."""
    profile(env, "gold", EVERYTHING)
    before = config(env)
    defer(ask, env, 3, DISASSOCIATE)
    for request, mac in ((ASSOCIATE, None), (DISASSOCIATE, None),
                         # With a MAC to take back, and nothing else
                         (PREASSOCIATE_RR, MAC), (DISASSOCIATE, None)):
        if not mac:
            env.fault("command-drop", 1)
        ask(env, 3, request, "gold", mac=mac)
        ksft_eq(answer(env, 3), SUCCESS)
        ksft_eq(env.qmp.get(env.nic, "x-fault-command-drop"), 0)
        if request == ASSOCIATE:
            in_force(env, 3, "gold")
    ksft_eq(changed(env, before), [])


def during_resets(env):
    """While the PF is reset again and again, each request is carried out, or refused
    and nothing is changed."""
    profile(env, "gold", EVERYTHING)
    env.vf_set(3, f"mac {STRANGER} vlan 5")
    defer(env.vf_set, 3, "mac 00:00:00:00:00:00 vlan 0")
    defer(ask, env, 3, DISASSOCIATE)
    before = config(env)
    ksft_eq(associate(env, 3, "gold"), SUCCESS)
    ask(env, 3, DISASSOCIATE)
    stopping, errors = threading.Event(), []

    def reset():
        try:
            while not stopping.wait(0.05):
                env.pf.reset()
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=reset)
    thread.start()
    defer(thread.join)
    defer(stopping.set)
    counts = {}
    for name in ("unknown", "gold") * repeat(30, 10):
        try:
            ask(env, 3, ASSOCIATE, name, mac=MAC)
            what = answer(env, 3)
            ksft_eq(what, SUCCESS if name == "gold" else INVALID)
        except OSError as error:
            what = error.errno
            ksft_eq(what, errno.EBUSY)
        counts[what] = counts.get(what, 0) + 1
        ksft_eq(env.vf_info(3)["address"], MAC if what == SUCCESS else STRANGER)
        if name == "gold":
            ask(env, 3, DISASSOCIATE)
            ksft_eq(answer(env, 3), SUCCESS)
            ksft_eq(env.vf_info(3)["address"], STRANGER)
    stopping.set()
    thread.join()
    ksft_eq(errors, [])
    ksft_pr("responses and errors:", counts)
    wait_until(env.pf_if.carrier, RECOVERY, what="PF: carrier")
    ksft_eq(changed(env, before), [])


def driver_reload(env):
    """The next driver of the PF knows the settings, and no profile: they are
    settings as any other."""
    profile(env, "gold", EVERYTHING).cancel()
    ksft_eq(associate(env, PORT, "gold", mac=MAC), SUCCESS)
    cmd("modprobe -r vane")
    cmd("modprobe vane")
    take_pf(env)
    ksft_eq(env.rtnl.get_vf_ports(env.pf_if.ifname), {})
    ksft_eq(vanectl_json(env, "profile show"), [])
    info = env.vf_info(PORT)
    ksft_eq((info["address"], info["vlan_list"][0]["vlan"], info["trust"]),
            (MAC, 77, True))
    ready(env)
    leaves_tagged(env, MAC)
    env.vf_set(PORT, "vlan 0 trust off spoofchk on min_tx_rate 0 max_tx_rate 0 "
                     "mac 00:00:00:00:00:00")
    vanectl(env, "vlan any", f"vf {PORT}")
    vanectl(env, "channel del", f"vf {PORT}")
    vanectl(env, "priority del", f"vf {PORT}")
    # The PF can have been given another MAC by then
    ksft_eq(changed(env, env.at_first), [])


def gone_with_the_vfs(env):
    """Associations end with the VFs; profiles stay."""
    profile(env, "gold", EVERYTHING)
    ksft_eq(associate(env, 3, "gold", mac=MAC), SUCCESS)
    ksft_eq(associate(env, 4, "gold", mac=MAC), INSUFFICIENT)
    env.write_numvfs(0)
    ksft_eq(vanectl_json(env, "profile show")[0]["vfs"], [])
    with ksft_raises(OSError) as raised:
        ask(env, 3, ASSOCIATE, "gold")
    ksft_eq(raised.exception.errno, errno.EINVAL)
    vanectl(env, "profile set", f"gold {EVERYTHING}")
    env.driverless_vfs(VFS)
    ksft_eq(env.rtnl.get_vf_ports(env.pf_if.ifname), {})
    ksft_eq(changed(env, env.at_first), [])


class Model:
    """A VF as the rules of docs/virtual-access.rst have it."""

    def __init__(self):
        self.vlan = self.before = 0
        self.mac = None
        self.old_mac = self.new_mac = None
        self.came_with_mac = False
        self.held = None        # profile and instance
        self.in_force = False

    def take_back(self):
        """The MAC that came with a request goes, if it is still there."""
        if self.came_with_mac and self.mac == self.new_mac:
            self.mac = self.old_mac
        self.came_with_mac = False

    def ask(self, request, name, instance, mac, known):
        """A request: returns EBUSY, or the response."""
        if request == DISASSOCIATE:
            if self.in_force:
                self.vlan = self.before
            self.take_back()
            self.held, self.in_force = None, False
            return SUCCESS
        if self.held and (self.held != (name, instance) or
                          (self.in_force and request != ASSOCIATE)):
            return errno.EBUSY
        if mac:
            if not self.came_with_mac or self.mac != self.new_mac:
                self.old_mac = self.mac
            self.came_with_mac = True
            self.mac = self.new_mac = mac
        if self.in_force:
            return SUCCESS
        if name not in known:
            self.take_back()
            return INVALID
        self.held = name, instance
        if request == ASSOCIATE:
            self.before, self.vlan, self.in_force = self.vlan, known[name], True
        return SUCCESS


def random_requests(env):
    """Requests and settings in any order, against a model of the rules."""
    seed = int(os.environ.get("VANE_SEED", random.randrange(1 << 32)))
    ksft_pr(f"VANE_SEED={seed}")
    rng = random.Random(seed)
    known = {"a": 101, "b": 102}
    for name, vlan in known.items():
        profile(env, name, f"vlan {vlan}")
    models = {index: Model() for index in (8, 9, 10)}
    number = ifindex(env)
    for index in models:
        defer(env.vf_set, index, "mac 00:00:00:00:00:00 vlan 0")
        defer(ask, env, index, DISASSOCIATE)
    default = {info["vf"]: info["address"] for info in env.vf_infos()}
    for step in range(repeat(300, 80)):
        index = rng.choice(list(models))
        model = models[index]
        mac = f"52:54:00:dd:00:{rng.randrange(1, 5):02x}"
        act = rng.choice(("ask", "ask", "ask", "mac", "vlan"))
        what = (step, index, act)
        try:
            if act == "mac":
                model.mac = mac
                env.rtnl.set_vf_mac(number, index, mac_bytes(mac))
            elif act == "vlan":
                vlan = rng.randrange(1, 100)
                if not model.in_force:
                    model.vlan = vlan
                want = errno.EBUSY if model.in_force else 0
                env.rtnl.set_vf_vlan(number, index, vlan)
                ksft_eq(want, 0, what)
            else:
                request, name = rng.randrange(4), rng.choice("abc")
                instance = rng.choice((ONE, ONE, OTHER))
                mac = rng.choice((mac, None))
                what += (request, name, instance == ONE, mac)
                want = model.ask(request, name, instance, mac, known)
                ask(env, index, request, name, instance, mac)
                ksft_eq(answer(env, index) if port(env, index) else SUCCESS, want, what)
        except OSError as error:
            ksft_eq(error.errno, want, what)
        infos = env.rtnl.get_link(env.pf_if.ifname, 9)[1][rtnl.IFLA_VFINFO_LIST]
        info = rtnl.attrs(list(rtnl.each_attr(infos))[index])
        found = (info[rtnl.IFLA_VF_MAC][4:10],
                 struct.unpack_from("=II", info[rtnl.IFLA_VF_VLAN])[1])
        ksft_eq(found, (mac_bytes(model.mac or default[index]), model.vlan), what)


class Writer(threading.Thread):
    """Requests about the VFs of its own, in random order."""

    def __init__(self, env, number, rounds):
        super().__init__()
        self.ifindex = ifindex(env)
        self.ifname = env.pf_if.ifname
        self.vfs = list(range(number, VFS, 8))
        self.rng = random.Random(number)
        self.rounds = rounds
        self.answers = {}
        self.error = None

    def run(self):
        """What it does; an error is kept for the end."""
        try:
            with Rtnl() as sock:
                for _ in range(self.rounds):
                    self.turn(sock)
                for index in self.vfs:
                    sock.set_vf_port(self.ifindex, index, DISASSOCIATE)
        except (OSError, AssertionError, KeyError, struct.error) as error:
            self.error = error

    def turn(self, sock):
        """A request about one VF: it succeeds, or is still in progress."""
        index = self.rng.choice(self.vfs)
        request = self.rng.choice((PREASSOCIATE_RR, ASSOCIATE, DISASSOCIATE))
        try:
            sock.set_vf_port(self.ifindex, index, request,
                             None if request == DISASSOCIATE else "gold", host=HOST,
                             mac=mac_bytes(f"52:54:00:bb:01:{index:02x}"))
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
        if self.rng.random() < 0.05:
            for entry in sock.get_vf_ports(self.ifname).values():
                assert entry["response"] in (SUCCESS, INPROGRESS), entry


def many_writers(env):
    """Eight writers, readers, and changes of profiles at a time: in the end all is
    as it was, and no half is left."""
    removed = profile(env, "gold", "vlan 77 trust on vlans 0-9 max_tx_rate 100")
    for index in range(VFS):
        env.rtnl.set_vf_mac(ifindex(env), index,
                            mac_bytes(f"52:54:00:bb:02:{index:02x}"))
    before = config(env)
    writers = [Writer(env, number, repeat(80, 25)) for number in range(8)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        vanectl(env, "profile show")
        run(f"vanectl profile set {env.pf_if.ifname} silver vlan 5")
        # Deleted or in use
        run(f"vanectl profile del {env.pf_if.ifname} silver")
        env.vf_infos()
    for writer in writers:
        writer.join()
        ksft_eq(writer.error, None)
    ksft_eq([index for index in changed(env, before)
             if env.vf_info(index)["address"] != f"52:54:00:bb:01:{index:02x}"], [])
    found = config(env)[0]
    ksft_eq({(info["vlan_list"][0].get("vlan", 0), info["trust"],
              info["rate"]["max_tx"]) for info in found}, {(0, False, 0)})
    for index in range(VFS):
        env.rtnl.set_vf_mac(ifindex(env), index, bytes(6))
    ksft_eq(changed(env, env.at_first), [])
    removed.exec()


if __name__ == "__main__":
    ksft_main([association, parts, mac_of_a_request, own_mac, preassociation,
               what_was_replaced, wrong_order, in_a_hurry, wrong_requests, failed,
               piecemeal, in_use, wrong_profiles, any_name, all_vfs, resets,
               lost_command, during_resets, random_requests, many_writers,
               driver_reload, gone_with_the_vfs], set_up)
