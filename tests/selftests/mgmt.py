#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: mgmt --mem 3G --allow-leaks --uplink switch
"""Every knob of a VF, for the first, a middle and the last of 256: set by one
tool, read back by another, seen in traffic; kept over resets, and refused where
the value is wrong."""

import threading
import time

from pyroute2 import IPRoute

from lib.py import (BROADCAST, ETH_P_8021AD, ETH_P_8021Q, Background, Capture,
                    KernelLog, Sender, Vane, cmd, cmd_json, defer, fails, ip,
                    ip_batch, ksft_eq, ksft_ge, ksft_in, ksft_le, ksft_main,
                    ksft_ne, ksft_pr, make, skip_on_debug, wait_until)

# Of linux/rtnetlink.h; with the statistics 256 VFs do not fit.
RTEXT_FILTER_VF, RTEXT_FILTER_SKIP_STATS = 1, 8
LINK_STATES = {"auto": 0, "enable": 1, "disable": 2}

VFS = 256
PROBED = (0, 127, 255)
STRANGER = "52:54:00:99:99:99"
RECOVERY = 30
PORT_SPEED = 25000

# ip needs both rates: for the one that it is not given it asks for all VFs with
# their statistics, which of more than 221 do not fit.
NO_RATE = "min_tx_rate 0 max_tx_rate 0"

# A maximum rate, Mb/s, and what takes more than a second at it: a burst of
# frames of which the queueing discipline may drop a few.
SLOW = 2
SLOW_RATE = f"min_tx_rate 0 max_tx_rate {SLOW}"
BURST = 400
ENOUGH = 300
FRAME = 1514


def set_up():
    """256 VFs, three of them with namespaces; PF and external network."""
    env = Vane()
    env.probed_vfs(VFS, PROBED)
    env.pf_if = env.pf_port()
    env.vfs = {index: env.vf_port(index) for index in PROBED}
    env.ext = env.ext_port()
    env.at_first = config(env)
    return env


def vanectl(env, command, args=""):
    """vanectl @command PF @args"""
    return cmd(f"vanectl {command} {env.pf_if.ifname} {args}")


def vanectl_json(env, command, args=""):
    """vanectl -j @command PF @args"""
    return cmd_json(f"vanectl -j {command} {env.pf_if.ifname} {args}")


def stats(env, index):
    """The counters of a VF."""
    return vanectl_json(env, "stats", f"vf {index}")[0]


def trunk(env, index):
    """The VLANs that a VF may use, as (first, last); None for any."""
    entry = vanectl_json(env, "vlan show", f"vf {index}")[0]
    if entry["any"]:
        return None
    return [(item["vlan"], item["vlanEnd"]) for item in entry["vlans"]]


def config(env):
    """All that is configured of the VFs."""
    return env.vf_infos(), vanectl_json(env, "vlan show")


def told_by_netlink(env, index):
    """What a program other than ip reads of a VF."""
    # pyroute2 makes its methods as it runs.
    # pylint: disable=no-member,unsubscriptable-object
    with IPRoute() as route:
        number = route.link_lookup(ifname=env.pf_if.ifname)[0]
        link = route.link("get", index=number, ext_mask=RTEXT_FILTER_VF |
                          RTEXT_FILTER_SKIP_STATS)[0]
    info = link.get_attr("IFLA_VFINFO_LIST").get_attrs("IFLA_VF_INFO")[index]
    port_vlan = info.get_attr("IFLA_VF_VLAN_LIST").get_attr("IFLA_VF_VLAN_INFO")
    return {
        "vlan": (port_vlan["vlan"], port_vlan["qos"], port_vlan["proto"]),
        "spoofchk": info.get_attr("IFLA_VF_SPOOFCHK")["spoofchk"],
        "state": info.get_attr("IFLA_VF_LINK_STATE")["link_state"],
        "trust": info.get_attr("IFLA_VF_TRUST")["trust"],
        "query_rss": info.get_attr("IFLA_VF_RSS_QUERY_EN")["rss_query_en"],
    }


def devlink_port(env, index):
    """devlink's handle of a VF."""
    ports = cmd_json("devlink -j port show")["port"]
    return next(handle for handle, port in ports.items()
                if handle.startswith(f"pci/{env.pf.bdf}/") and
                port.get("vfnum") == index)


def devlink_rate(env, index):
    """The rates of a VF as devlink has them, Mb/s: most, share."""
    handle = devlink_port(env, index)
    rate = cmd_json(f"devlink -j port function rate show {handle}")
    rate = rate["rate"][handle]
    return tuple(rate.get(name, 0) * 8 // 1000000
                 for name in ("tx_max", "tx_share"))


def passes(source, frame, target, want=None):
    """@frame from @source arrives at @target, as @want."""
    capture = Capture(target)
    Sender(source).send(frame)
    capture.expect(want or frame)


def passes_in_time(source, target, make_frame):
    """A frame from a VF that may still be coming back arrives at @target, as
    the second of those that @make_frame makes."""
    capture, sender = Capture(target), Sender(source)

    def arrives():
        frame, want = make_frame()
        try:
            sender.send(frame)
        except OSError:
            # Not up yet
            return False
        return capture.find(want, 1)

    wait_until(arrives, RECOVERY, what=f"{source.name} sends again")


def is_dropped(env, index, frame, counter):
    """@frame of a VF gets nowhere, and is counted."""
    before = stats(env, index)[counter]
    capture = Capture(env.ext)
    Sender(env.vfs[index]).send(frame)
    wait_until(lambda: stats(env, index)[counter] > before,
               what=f"VF {index}: {counter}")
    ksft_eq(capture.saw(frame), False, f"VF {index}: {frame}")


def logs(text, action):
    """@action leaves a line with @text in the log."""
    log = KernelLog()
    result = action()
    wait_until(lambda: log.has(text), what=f"log: {text}")
    return result


def refused(env, index, args, error, log):
    """ip link set PF vf is refused with @error and @log, and changes nothing."""
    before = env.vf_info(index)
    command = f"ip link set dev {env.pf_if.ifname} vf {index} {args}"
    said = logs(log, lambda: fails(command))
    ksft_in(error, said, args)
    ksft_eq(env.vf_info(index), before, args)


def burst_time(env, index):
    """Seconds until most of a VF's burst of frames has left."""
    port = env.vfs[index]
    # The usual one drops frames that wait for long.
    cmd(f"tc qdisc replace dev {port.ifname} root pfifo limit {BURST}", port.ns)
    frame = make(port.link()["address"], STRANGER, size=FRAME)
    sender = Sender(port)
    wanted = stats(env, index)["tx_frames"] + ENOUGH
    start = time.monotonic()
    for _ in range(BURST):
        sender.send(frame)
    wait_until(lambda: stats(env, index)["tx_frames"] >= wanted, RECOVERY,
               what=f"VF {index}: the burst has left")
    return time.monotonic() - start


def bursts(env, index, least, most):
    """Each of a VF's bursts takes @least seconds, and one no more than @most; a
    busy machine may hold up others."""
    def in_time():
        took = burst_time(env, index)
        ksft_pr(f"VF {index}: {took:.2f} s, wanted {least:.2f} to {most:.2f}")
        ksft_ge(took, least)
        return took <= most

    wait_until(in_time, RECOVERY, what=f"VF {index}: a burst in {most:.2f} s")


def is_slow(env, index):
    """The VF keeps to its maximum: what it may send at once comes on top."""
    least = (ENOUGH * (FRAME + 24) - (128 << 10)) * 8 / (SLOW * 1e6)
    bursts(env, index, least * 0.95, least * 4)


def mac(env):
    """MAC: reaches the VF, is read back by vanectl, and receives."""
    for index, port in env.vfs.items():
        old, new = port.mac, f"52:54:00:12:34:{index:02x}"
        defer(env.vf_set, index, f"mac {old}")
        env.vf_set(index, f"mac {new}")
        found = next(entry for entry in vanectl_json(env, "show")["ports"]
                     if entry.get("vf") == index)
        ksft_eq(found["mac"], new)
        wait_until(lambda port=port, new=new: port.link()["address"] == new,
                   what=f"VF {index}: new MAC")
        passes(env.ext, make(env.ext, new), port)


def vlan(env):
    """Port VLAN: 802.1Q with priority, and 802.1ad, as tagged on the wire."""
    for index, port in env.vfs.items():
        defer(env.vf_set, index, "vlan 0")
        for proto, name in ((ETH_P_8021Q, "802.1Q"), (ETH_P_8021AD, "802.1ad")):
            vid = 100 + index
            env.vf_set(index, f"vlan {vid} qos 5 proto {name}")
            info = env.vf_info(index)["vlan_list"][0]
            ksft_eq((info["vlan"], info["qos"]), (vid, 5))
            ksft_eq(told_by_netlink(env, index)["vlan"], (vid, 5, proto))
            frame = make(port, STRANGER)
            passes(port, frame, env.ext, frame.tagged(proto, 5 << 13 | vid))


def max_rate(env):
    """Most that a VF sends: read back by devlink, and kept to; 0 ends it."""
    for index in env.vfs:
        defer(env.vf_set, index, NO_RATE)
        env.vf_set(index, SLOW_RATE)
        ksft_eq(env.vf_info(index)["rate"], {"max_tx": SLOW, "min_tx": 0})
        ksft_eq(devlink_rate(env, index), (SLOW, 0))
        is_slow(env, index)
        env.vf_set(index, NO_RATE)
        bursts(env, index, 0, 1.5)


def min_rate(env):
    """What a VF can always send: read back; shares in all fit the port."""
    left = int(env.pf_if.ethtool("{}").split("Speed: ")[1].split("Mb/s")[0])
    for index in env.vfs:
        defer(env.vf_set, index, NO_RATE)
        env.vf_set(index, "min_tx_rate 1000 max_tx_rate 200000")
        ksft_eq(env.vf_info(index)["rate"], {"max_tx": 200000, "min_tx": 1000})
        ksft_eq(devlink_rate(env, index), (200000, 1000))
        left -= 1000
    refused(env, 1, f"min_tx_rate {left + 1} max_tx_rate 200000",
            "out of range", f"VF 1: minimum rate {left + 1} is above the {left}")
    env.vf_set(1, f"min_tx_rate {left} max_tx_rate 200000")
    env.vf_set(1, NO_RATE)


class Flood:
    """Frames of a VF, as many as it may send, until the case ends."""

    def __init__(self, port):
        self.frame = make(port.link()["address"], STRANGER, size=FRAME)
        self.sender = Sender(port)
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._send)
        self.thread.start()
        defer(self._stop)

    def _send(self):
        while not self.stopping.is_set():
            self.sender.send(self.frame)

    def _stop(self):
        self.stopping.set()
        self.thread.join()


def sent_by(env, frames):
    """What part of the next @frames each VF sends."""
    before = {index: stats(env, index)["tx_frames"] for index in env.vfs}
    sent = {}

    def enough():
        for index, start in before.items():
            sent[index] = stats(env, index)["tx_frames"] - start
        return sum(sent.values()) >= frames

    wait_until(enough, RECOVERY, what=f"{frames} frames")
    total = sum(sent.values())
    return {index: count / total for index, count in sent.items()}


def min_rate_in_traffic(env):
    """On a full port a VF gets its guaranteed rate; the others share the rest."""
    env.qmp.set(env.nic, "speed", 10)
    defer(env.pf_if.wait_carrier)
    defer(env.qmp.set, env.nic, "speed", PORT_SPEED)
    wait_until(lambda: "Speed: 10Mb/s" in env.pf_if.ethtool("{}"), RECOVERY,
               what="the PF has 10 Mb/s")
    for port in env.vfs.values():
        port.wait_carrier()
        Flood(port)
    sent_by(env, 400)
    for index, part in sent_by(env, 1000).items():
        ksft_pr(f"VF {index}: {part:.2f} of the port")
        ksft_le(abs(part - 1 / 3), 0.12, f"VF {index}")
    env.vf_set(127, "min_tx_rate 6 max_tx_rate 0")
    defer(env.vf_set, 127, NO_RATE)
    sent_by(env, 400)
    for index, part in sent_by(env, 1000).items():
        ksft_pr(f"VF {index}: {part:.2f} of the port")
        # 6 Mb/s, and of the rest as much as any other
        most = 6 / 10 if index == 127 else 0
        ksft_le(abs(part - most - 4 / 10 / 3), 0.12, f"VF {index}")


def rate_with_parent(env):
    """With a parent in devlink a VF's rates are devlink's alone."""
    port, group = devlink_port(env, 127), f"pci/{env.pf.bdf}/tenant"
    cmd(f"devlink port function rate add {group}")
    defer(cmd, f"devlink port function rate del {group}")
    cmd(f"devlink port function rate set {port} parent tenant")
    orphan = defer(cmd, f"devlink port function rate set {port} noparent")
    refused(env, 127, SLOW_RATE, "busy",
            "VF 127: its rate has a parent in devlink")
    orphan.exec()
    env.vf_set(127, SLOW_RATE)
    env.vf_set(127, NO_RATE)


def spoofchk(env):
    """Another's source is dropped while the check is on."""
    for index, port in env.vfs.items():
        is_dropped(env, index, make(STRANGER, BROADCAST), "tx_drop_spoof")
        env.vf_set(index, "spoofchk off")
        defer(env.vf_set, index, "spoofchk on")
        ksft_eq(env.vf_info(index)["spoofchk"], False)
        ksft_eq(told_by_netlink(env, index)["spoofchk"], 0)
        passes(port, make(STRANGER, BROADCAST), env.ext)


def state(env):
    """State disable takes the link away, auto gives it back."""
    for index, port in env.vfs.items():
        defer(env.vf_set, index, "state auto")
        for name, up in (("disable", False), ("enable", True), ("auto", True)):
            env.vf_set(index, f"state {name}")
            ksft_eq(env.vf_info(index)["link_state"], name)
            ksft_eq(told_by_netlink(env, index)["state"], LINK_STATES[name])
            port.wait_carrier(up)
            found = next(entry for entry in vanectl_json(env, "show")["ports"]
                         if entry.get("vf") == index)
            ksft_eq(found["link"], up)
        port.ping(env.ext)


def trust(env):
    """A trusted VF may change an administered MAC; another may not."""
    for index, port in env.vfs.items():
        env.vf_set(index, f"mac {port.mac}")
        change = f"ip link set dev {port.ifname} address 52:54:00:65:43:21"
        fails(change, port.ns)
        env.vf_set(index, "trust on")
        ksft_eq(env.vf_info(index)["trust"], True)
        ksft_eq(told_by_netlink(env, index)["trust"], 1)
        cmd(change, port.ns)
        ksft_eq(env.vf_info(index)["address"], "52:54:00:65:43:21")
        # Which it loses with the trust.
        env.vf_set(index, "trust off")
        ksft_eq(env.vf_info(index)["address"], port.mac)
        wait_until(lambda port=port: port.link()["address"] == port.mac,
                   what=f"VF {index}: MAC given back")


def query_rss(env):
    """A VF's RSS is its own: it can always be read, and that is reported."""
    for index, port in env.vfs.items():
        env.vf_set(index, "query_rss on")
        ksft_eq(env.vf_info(index)["query_rss_en"], True)
        ksft_eq(told_by_netlink(env, index)["query_rss"], 1)
        ksft_in("RSS hash key", port.ethtool("-x {}"))
        refused(env, index, "query_rss off", "not supported",
                f"VF {index}: its RSS key and table are its own")


def trunk_transmit(env):
    """Trunk list: VLANs allowed pass, others are dropped and counted."""
    for index, port in env.vfs.items():
        name = f"vf {index}"
        defer(vanectl, env, "vlan any", name)
        vanectl(env, "vlan allow", f"{name} 10-20,30")
        ksft_eq(trunk(env, index), [(10, 20), (30, 30)])
        for vid in (10, 20, 30):
            passes(port, make(port, STRANGER, vlan=vid), env.ext)
        is_dropped(env, index, make(port, STRANGER, vlan=40), "tx_drop_vlan")
        is_dropped(env, index, make(port, STRANGER), "tx_drop_vlan")
        vanectl(env, "vlan forbid", f"{name} 20-25")
        ksft_eq(trunk(env, index), [(10, 19), (30, 30)])
        is_dropped(env, index, make(port, STRANGER, vlan=20), "tx_drop_vlan")
        vanectl(env, "vlan allow", f"{name} 0")
        passes(port, make(port, STRANGER), env.ext)
        vanectl(env, "vlan any", name)
        ksft_eq(trunk(env, index), None)
        passes(port, make(port, STRANGER, vlan=40), env.ext)
        # A list that begins with forbidden VLANs has all others.
        vanectl(env, "vlan forbid", f"{name} 40")
        ksft_eq(trunk(env, index), [(0, 39), (41, 4094)])
        is_dropped(env, index, make(port, STRANGER, vlan=40), "tx_drop_vlan")


def trunk_receive(env):
    """Trunk list: only its VLANs are delivered, also to a trusted, promiscuous
    VF."""
    for index, port in env.vfs.items():
        vanectl(env, "vlan allow", f"vf {index} 10-20")
        defer(vanectl, env, "vlan any", f"vf {index}")
        env.vf_set(index, "trust on")
        defer(env.vf_set, index, "trust off")
        port.set("promisc on")
        defer(port.set, "promisc off")
        capture, sender = Capture(port), Sender(env.ext)

        def gets_15(port=port, capture=capture, sender=sender):
            frame = make(STRANGER, port, vlan=15)
            sender.send(frame)
            return capture.find(frame, 1)

        wait_until(gets_15, what=f"VF {index} gets VLAN 15")
        lost = [make(STRANGER, dst, vlan=vid) for vid in (None, 9, 21, 4094)
                for dst in (port, BROADCAST)]
        for frame in lost:
            sender.send(frame)
        ksft_ne(gets_15(), None)
        for frame in lost:
            ksft_eq(capture.saw(frame), False, f"VF {index} got {frame}")


def trunk_request(env):
    """A VF that requests a VLAN outside of its list is refused."""
    for index, port in env.vfs.items():
        vanectl(env, "vlan allow", f"vf {index} 0,10-20")
        defer(vanectl, env, "vlan any", f"vf {index}")
        logs(f"VF {index}: refused to add VLAN",
             lambda port=port: ip(f"link add link {port.ifname} name v40 "
                                  "type vlan id 40", port.ns))
        ip("link del v40", port.ns)
        ip(f"link add link {port.ifname} name v15 type vlan id 15", port.ns)
        defer(ip, "link del v15", port.ns)


def hwmode(env):
    """bridge link sets VEPA: all to the uplink, and no frame comes back."""
    ifname = env.pf_if.ifname
    vf0, other = env.vfs[0], env.vfs[255]
    show = f"bridge -j link show dev {ifname}"
    ksft_eq(cmd_json(show)[0]["hwmode"], "VEB")
    defer(cmd, f"bridge link set dev {ifname} hwmode veb")
    cmd(f"bridge link set dev {ifname} hwmode vepa")
    ksft_eq(cmd_json(show)[0]["hwmode"], "VEPA")
    ksft_eq(vanectl(env, "mode").strip(), "vepa")

    for dst in (other, BROADCAST):
        frame = make(vf0, dst)
        own, capture = Capture(vf0), Capture(other)
        passes(vf0, frame, env.ext)
        # The bridge reflects it.
        Sender(env.ext).send(frame)
        capture.expect(frame)
        mark = make(STRANGER, vf0)
        Sender(env.ext).send(mark)
        own.expect(mark)
        ksft_eq(own.saw(frame), False, "its own frame")
        ksft_eq(capture.take().count(frame), 1, "once, by the bridge")

    vanectl(env, "mode", "veb")
    ksft_eq(cmd_json(show)[0]["hwmode"], "VEB")
    passes(vf0, make(vf0, other), other)


def hwmode_in_vntag(env):
    """In VN-Tag and E-Tag mode there is no hwmode to be read or set."""
    ifname = env.pf_if.ifname
    defer(vanectl, env, "mode", "veb")
    for mode in ("vntag", "etag"):
        vanectl(env, "mode", mode)
        ksft_eq(cmd_json(f"bridge -j link show dev {ifname}")[0].get("hwmode"),
                None)
        ksft_in("VN-Tag or E-Tag mode",
                fails(f"bridge link set dev {ifname} hwmode vepa"))
        ksft_eq(vanectl(env, "mode").strip(), mode)


def counters(env):
    """A VF's counters are the same by vanectl, ethtool on the PF, and itself."""
    for index, port in env.vfs.items():
        sender = Sender(port)
        for _ in range(5):
            sender.send(make(port, STRANGER))
        names = ("tx_frames", "tx_bytes", "rx_frames", "rx_drop_nobuf")

        def agree(index=index, port=port, names=names):
            start = time.monotonic()
            pf = env.pf_if.counters()
            ksft_pr(f"ethtool -S: {time.monotonic() - start:.2f} s")
            by_pf = [pf[f"vf{index}_{name}"] for name in names]
            by_netlink = stats(env, index)
            own = port.counters()
            return by_pf == [by_netlink[name] for name in names] == \
                [own[name] for name in names]

        wait_until(agree, what=f"VF {index}: one count")
    ksft_eq(len(vanectl_json(env, "stats")), VFS + 1)
    ksft_eq(len(env.vf_infos()), VFS)


def wrong_values(env):
    """Wrong values: an errno, and a line or message that names the limit."""
    for index in PROBED:
        refused(env, index, "min_tx_rate 0 max_tx_rate 400001", "out of range",
                f"VF {index}: maximum rate 400001 is above the limit of 400000")
        refused(env, index, "vlan 4095", "Invalid argument",
                f"VF {index}: VLAN 4095 is above the limit of 4094")
        refused(env, index, "vlan 0 qos 3", "Invalid argument",
                f"VF {index}: qos 3 needs a VLAN")
        refused(env, index, "mac 01:00:5e:00:00:01", "Invalid argument",
                f"VF {index}: MAC 01:00:5e:00:00:01 is not a unicast address")
    ifname = env.pf_if.ifname
    for args, text in ((f"allow {ifname} vf 0 4095", "between 0 and 4094"),
                       (f"allow {ifname} vf 256 1", "between 0 and 255"),
                       (f"allow {ifname} vf 0 20-10", "20-10 is reversed"),
                       (f"show {env.vfs[0].ifname}", "cannot find device")):
        ksft_in(text, fails(f"vanectl vlan {args}"))
    ksft_eq(trunk(env, 0), None)


def many_writers(env):
    """Eight writers and three readers at a time: no setting gets lost."""
    ifname = env.pf_if.ifname
    lines = []
    for index in range(VFS):
        vf = f"link set dev {ifname} vf {index}"
        lines += [f"{vf} mac 52:54:00:77:77:{index:02x}",
                  f"{vf} min_tx_rate 0 max_tx_rate {1000 + index}",
                  f"{vf} vlan {1 + index}"]
    writers = []
    for writer in range(8):
        path = f"/tmp/mgmt-{writer}"
        with open(path, "w", encoding="ascii") as file:
            file.write("\n".join(lines[writer * 96:(writer + 1) * 96]) + "\n")
        writers.append(Background(f"ip -batch {path}"))
    defer(ip_batch, [f"link set dev {ifname} vf {index} vlan 0 {NO_RATE} "
                     "mac 00:00:00:00:00:00" for index in range(VFS)])
    while any(writer.running() for writer in writers):
        vanectl(env, "vlan show")
        env.vf_infos()
        vanectl(env, "stats")
    for writer in writers:
        writer.wait()
    for info in env.vf_infos():
        index = info["vf"]
        ksft_eq((info["address"], info["rate"]["max_tx"],
                 info["vlan_list"][0]["vlan"]),
                (f"52:54:00:77:77:{index:02x}", 1000 + index, 1 + index))


def configure(env):
    """Something of everything, on VF 127 and VF 255."""
    env.vf_set(127, f"vlan 77 qos 3 mac 52:54:00:12:34:7f {SLOW_RATE}")
    defer(env.vf_set, 127, f"vlan 0 {NO_RATE} mac 00:00:00:00:00:00")
    env.vf_set(255, "mac 52:54:00:12:34:ff min_tx_rate 100 max_tx_rate 5000")
    defer(env.vf_set, 255, f"mac 00:00:00:00:00:00 {NO_RATE}")
    env.vf_set(255, "spoofchk off trust on state enable")
    defer(env.vf_set, 255, "spoofchk on trust off state auto")
    vanectl(env, "vlan allow", "vf 255 0,10-20,4094")
    defer(vanectl, env, "vlan any", "vf 255")
    return config(env)


def check_in_force(env):
    """The device does what configure() has set."""
    vf127, vf255 = env.vfs[127], env.vfs[255]
    # A VF that has yet to negotiate again drops what it has to send then.
    wait_until(lambda: all(entry["ready"]
                           for entry in vanectl_json(env, "show")["ports"]
                           if entry.get("vf") in (127, 255)), RECOVERY,
               what="VFs negotiated")
    for port in (vf127, vf255):
        port.wait_carrier(timeout=RECOVERY)

    def from_127():
        frame = make("52:54:00:12:34:7f", STRANGER)
        return frame, frame.tagged(ETH_P_8021Q, 3 << 13 | 77)

    def from_255():
        frame = make(STRANGER, BROADCAST, vlan=4094)
        return frame, frame

    passes_in_time(vf127, env.ext, from_127)
    passes_in_time(vf255, env.ext, from_255)
    is_dropped(env, 255, make(STRANGER, BROADCAST, vlan=30), "tx_drop_vlan")
    is_slow(env, 127)


def take_pf(env):
    """The PF has a new interface."""
    env.pf_if.ifname = env.pf.wait_ifname()
    env.pf_if.up()


def survives_vf(env):
    """Configuration outlives a VF's reset, and its driver."""
    before = configure(env)
    for index in (127, 255):
        env.vf(index).reset()
    ksft_eq(config(env), before)
    check_in_force(env)
    for index in (127, 255):
        port, function = env.vfs[index], env.vf(index)
        function.unbind()
        function.bind("vanevf")
        name = function.wait_ifname()
        ip(f"link set dev {name} name {port.ifname} netns {port.ns}")
        port.up()
    ksft_eq(config(env), before)
    check_in_force(env)


def survives_pf_reset(env):
    """Configuration outlives resets of the device."""
    before = configure(env)
    env.pf.reset()
    wait_until(env.pf_if.carrier, RECOVERY, what="PF: carrier")
    ksft_eq(config(env), before)
    check_in_force(env)
    cmd(f"devlink dev reload pci/{env.pf.bdf}")
    take_pf(env)
    ksft_eq(config(env), before)
    check_in_force(env)


def survives_pf_driver(env):
    """Configuration outlives the PF's driver, and is read from the device."""
    before = configure(env)
    cmd("modprobe -r vane")
    cmd("modprobe vane")
    take_pf(env)
    ksft_eq(config(env), before)
    check_in_force(env)
    ksft_eq(devlink_rate(env, 255), (5000, 100))


def gone_with_the_vfs(env):
    """Configuration ends with the VFs."""
    before = configure(env)
    ksft_ne(before, env.at_first)
    env.write_numvfs(0)
    env.probed_vfs(VFS, PROBED)
    ksft_eq(config(env), env.at_first)


if __name__ == "__main__":
    # A slow kernel cannot fill even a port of 10 Mb/s.
    ksft_main([mac, vlan, max_rate, min_rate,
               *skip_on_debug(min_rate_in_traffic), rate_with_parent, spoofchk,
               state, trust, query_rss, trunk_transmit, trunk_receive,
               trunk_request, hwmode, hwmode_in_vntag, counters, wrong_values,
               many_writers, survives_vf, survives_pf_reset, survives_pf_driver,
               gone_with_the_vfs], set_up)
