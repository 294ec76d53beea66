#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: network --allow-leaks --uplink switch
"""What a VF receives follows from what it wants and what the PF allows now.

It does not depend on what was granted or refused before.
"""

import random
import threading

from lib.py import (BROADCAST, ETH_P_8021AD, ETH_P_8021Q, Capture, KernelLog,
                    Sender, Vane, cmd, cmd_json, defer, ip, ip_batch, ksft_eq, ksft_le,
                    ksft_main, ksft_pr, make, repeat, wait_until)

RECOVERY = 20
STEPS = repeat(60, 25)
# Of 802.1Q but where the protocol is said; 20 is both
VLANS = (10, 20, 30, (ETH_P_8021AD, 20), (ETH_P_8021AD, 40))
GROUPS = [f"01:00:5e:01:03:{number:02x}" for number in range(3)]
STATIONS = [f"52:54:00:be:80:{number:02x}" for number in range(3)]
STRANGER = "52:54:00:99:99:99"
ELSEWHERE = "52:54:00:99:99:98"
ADMINISTERED = "52:54:00:ad:80:f1"
NO_MAC = "00:00:00:00:00:00"
# Port VLAN or trunk list, as one choice
REACHES = (None, 20, (0, 10), (0, 10, 20, 30), (20, 30))


def set_up():
    """A VF, the PF and the external network."""
    env = Vane(1)
    env.pf_if = env.pf_port()
    env.vf0 = env.vf_port(0)
    env.ext = env.ext_port()
    env.rng = random.Random(0xf17e)
    return env


def kind(vlan):
    """Protocol and number of one of VLANS."""
    return vlan if isinstance(vlan, tuple) else (ETH_P_8021Q, vlan)


def interface(vlan):
    """Name of the interface of one of VLANS."""
    proto, vid = kind(vlan)
    return f"{'s' if proto == ETH_P_8021AD else 'v'}{vid}"


class Model:
    """What the VF wants, and what it may have."""

    def __init__(self, env):
        self.env = env
        self.port = env.vf0
        self.rng = env.rng
        self.vlans = set()
        self.groups = set()
        self.stations = set()
        self.promisc = False
        self.allmulti = False
        self.filter = {"rx-vlan-filter": True, "rx-vlan-stag-filter": True}
        self.trusted = False
        self.administered = False
        self.reach = None
        self.default_mac = env.vf0.mac

    def change(self):
        """One change, of the VF's user or of the PF's; returns what."""
        name = self.rng.choice(
            ("vlan", "vlan", "group", "station", "promisc", "allmulti",
             "filter", "trust", "trust", "reach", "reach", "mac"))
        return f"{name} {getattr(self, f'change_{name}')()}"

    def toggle(self, members, choices, add, remove):
        """Adds one of @choices to the set @members, or removes it."""
        item = self.rng.choice(choices)
        ip((remove if item in members else add)(item), self.port.ns)
        members ^= {item}
        return item

    def change_vlan(self):
        """A VLAN interface comes or goes."""
        def add(vlan):
            proto, vid = kind(vlan)
            return (f"link add link {self.port.ifname} name {interface(vlan)} "
                    f"type vlan id {vid} protocol "
                    f"{'802.1ad' if proto == ETH_P_8021AD else '802.1q'}")

        return self.toggle(self.vlans, VLANS, add,
                           lambda vlan: f"link del dev {interface(vlan)}")

    def change_group(self):
        """A multicast address comes or goes."""
        return self.toggle(self.groups, GROUPS,
                           lambda mac: f"maddr add {mac} dev {self.port.ifname}",
                           lambda mac: f"maddr del {mac} dev {self.port.ifname}")

    def change_station(self):
        """A macvlan comes or goes."""
        return self.toggle(
            self.stations, STATIONS,
            lambda mac: f"link add link {self.port.ifname} "
                        f"name m{STATIONS.index(mac)} address {mac} up "
                        "type macvlan mode bridge",
            lambda mac: f"link del dev m{STATIONS.index(mac)}")

    def change_promisc(self):
        """Promiscuous mode, on or off."""
        self.promisc = not self.promisc
        self.port.set(f"promisc {'on' if self.promisc else 'off'}")
        return self.promisc

    def change_allmulti(self):
        """All-multicast mode, on or off."""
        self.allmulti = not self.allmulti
        self.port.set(f"allmulticast {'on' if self.allmulti else 'off'}")
        return self.allmulti

    def change_filter(self):
        """A VLAN filter, on or off."""
        name = self.rng.choice(list(self.filter))
        self.filter[name] = not self.filter[name]
        self.port.set_features({name: self.filter[name]})
        return name, self.filter[name]

    def change_trust(self):
        """The PF trusts the VF, or not."""
        self.trusted = not self.trusted
        self.env.vf_set(0, f"trust {'on' if self.trusted else 'off'}")
        return self.trusted

    def change_mac(self):
        """The PF sets the VF's MAC, or leaves it to the VF."""
        self.administered = not self.administered
        self.env.vf_set(0, f"mac {ADMINISTERED if self.administered else NO_MAC}")
        return self.administered

    def change_reach(self):
        """Port VLAN, trunk list, or neither."""
        pf = self.env.pf_if.ifname
        new = self.rng.choice([reach for reach in REACHES if reach != self.reach])
        if isinstance(self.reach, int):
            self.env.vf_set(0, "vlan 0")
        if isinstance(new, tuple):
            # In place of the one before, in two steps
            if isinstance(self.reach, tuple):
                gone = [vid for vid in self.reach if vid not in new]
                if gone:
                    cmd(f"vanectl vlan forbid {pf} vf 0 "
                        f"{','.join(map(str, gone))}")
            cmd(f"vanectl vlan allow {pf} vf 0 {','.join(map(str, new))}")
        elif isinstance(self.reach, tuple):
            cmd(f"vanectl vlan any {pf} vf 0")
        if isinstance(new, int):
            self.env.vf_set(0, f"vlan {new}")
        self.reach = new
        return new

    def undo(self):
        """As it was at first."""
        if isinstance(self.reach, tuple):
            cmd(f"vanectl vlan any {self.env.pf_if.ifname} vf 0")
        self.env.vf_set(0, "vlan 0")
        self.env.vf_set(0, "trust off")
        self.env.vf_set(0, f"mac {NO_MAC}")
        for vlan in self.vlans:
            ip(f"link del dev {interface(vlan)}", self.port.ns)
        for mac in self.stations:
            ip(f"link del dev m{STATIONS.index(mac)}", self.port.ns)
        for mac in self.groups:
            ip(f"maddr del {mac} dev {self.port.ifname}", self.port.ns)
        self.port.set("promisc off allmulticast off")
        self.port.set_features(dict.fromkeys(self.filter, True))

    def mac(self):
        """The VF's own address."""
        return ADMINISTERED if self.administered else self.default_mac

    def has_vlan(self, vlan, promisc):
        """Whether frames in @vlan are the VF's."""
        if isinstance(self.reach, int):
            return vlan == self.reach
        if self.reach is not None and (vlan or 0) not in self.reach:
            return False
        name = "rx-vlan-stag-filter" if isinstance(vlan, tuple) else "rx-vlan-filter"
        return (not vlan or not self.filter[name] or promisc or
                vlan in self.vlans)

    def delivers(self, dst, vlan):
        """Whether a frame of the network to @dst in @vlan is received."""
        promisc = self.promisc and self.trusted
        if not self.has_vlan(vlan, promisc):
            return False
        if promisc or dst in (self.mac(), BROADCAST):
            return True
        if dst in GROUPS:
            return dst in self.groups or (self.allmulti and self.trusted)
        if dst in STATIONS:
            return dst in self.stations and (self.trusted or
                                             not self.administered)
        return False

    def probes(self):
        """Destination and VLAN of each frame to be tried."""
        dsts = [self.mac(), BROADCAST, ELSEWHERE, *GROUPS, *STATIONS]
        return [(dst, vlan) for dst in dsts for vlan in (None, *VLANS)]

    def expected(self):
        """Those that are received."""
        return {probe for probe in self.probes() if self.delivers(*probe)}

    def seen(self, sender, capture, tracer):
        """Those that are received, as it turns out."""
        capture.frames.clear()
        frames = {}
        for dst, vlan in self.probes():
            frame = make(STRANGER, dst)
            tagged = frame if vlan is None else frame.tagged(*kind(vlan))
            sender.send(tagged)
            # As the VF sees it, a port VLAN is not there.
            frames[dst, vlan] = frame if vlan == self.reach else tagged
        tracer()
        got = set(capture.take())
        return {probe for probe, frame in frames.items() if frame in got}


def arrived(env, capture, model):
    """Waits until what was sent to the VF before has been delivered."""
    mark = make(STRANGER, BROADCAST)
    reach = model.reach
    vid = reach if isinstance(reach, int) else 0
    if isinstance(reach, tuple) and 0 not in reach:
        # Nothing is sure to pass but a VLAN that is wanted, perhaps none; the
        # PF gets the mark after the VF would have got the rest.
        Sender(env.ext).send(mark)
        env.pf_capture.expect(mark)
        return
    Sender(env.ext).send(mark.tagged(ETH_P_8021Q, vid) if vid else mark)
    capture.expect(mark)


def any_history(env):
    """A random sequence of requests and rights: the last ones always apply."""
    model = Model(env)
    defer(model.undo)
    sender, capture = Sender(env.ext), Capture(env.vf0)
    env.pf_capture = Capture(env.pf_if)
    changes = []
    for step in range(STEPS):
        changes.append(model.change())
        if step % 2:
            continue
        expected, seen = model.expected(), set()

        def agrees(expected=expected):
            nonlocal seen
            seen = model.seen(sender, capture,
                              lambda: arrived(env, capture, model))
            return seen == expected

        try:
            wait_until(agrees, RECOVERY)
        finally:
            if seen != expected:
                ksft_pr("changes:", ", ".join(changes))
                ksft_pr("model:", {key: value for key, value in
                                   vars(model).items()
                                   if key not in ("env", "port", "rng")})
            ksft_eq(sorted(map(str, seen - expected)), [], "received")
            ksft_eq(sorted(map(str, expected - seen)), [], "not received")


def lines(log, *words):
    """How many lines of the log hold all @words."""
    log.has("")
    return sum(all(word in line for word in words) for line in log.lines)


def advice(env):
    """A refusal is made and explained once, with its remedy."""
    port, log = env.vf0, KernelLog()
    port.set("promisc on")
    defer(port.set, "promisc off")
    wait_until(lambda: lines(log, port.ifname, "promiscuous", "trust on"))
    for number in range(4):
        ip(f"maddr add 01:00:5e:01:04:{number:02x} dev {port.ifname}", port.ns)
        defer(ip, f"maddr del 01:00:5e:01:04:{number:02x} dev {port.ifname}",
              port.ns)
    wait_until(lambda: received_group(env, "01:00:5e:01:04:03"))
    ksft_eq(lines(log, port.ifname, "promiscuous", "vf 0 trust on"), 1)
    # The PF limits what it logs.
    ksft_le(lines(log, "VF 0: refused to set receive mode"), 1)

    env.vf_set(0, "trust on")
    defer(env.vf_set, 0, "trust off")
    wait_until(lambda: received_group(env, ELSEWHERE))
    env.vf_set(0, "trust off")
    wait_until(lambda: lines(log, port.ifname, "promiscuous", "trust on") == 2,
               what="said again after it was allowed")


def received_group(env, dst):
    """Whether the VF gets a frame of the network to @dst."""
    capture = Capture(env.vf0)
    frame, mark = make(STRANGER, dst), make(STRANGER, BROADCAST)
    sender = Sender(env.ext)
    sender.send(frame)
    sender.send(mark)
    capture.expect(mark)
    return capture.saw(frame)


def entry_of_vf0(env):
    """VF 0 in vanectl show."""
    shown = cmd_json(f"vanectl -j show {env.pf_if.ifname}")
    return next(entry for entry in shown["ports"] if entry.get("vf") == 0)


def macvlans(port, macs):
    """Further addresses of a VF."""
    ip_batch([f"link add link {port.ifname} name s{number} address {mac} up "
              "type macvlan mode bridge" for number, mac in enumerate(macs)],
             port.ns)


def slots_read(env):
    """Messages of VFs that the PF's driver has read."""
    mailbox = f"pci/{env.pf.bdf} reporter mailbox"
    return cmd_json(f"devlink -j health diagnose {mailbox}")["rq_read"]


def trust_while_negotiating(env):
    """Trust that a VF gets while the PF's answer is on its way counts as well."""
    port = env.vf0
    env.write_numvfs(0)
    env.driverless_vfs(255)
    share = entry_of_vf0(env)["max_filters"]
    env.fault("mbox-delay-ms", 1500, 0)
    before = slots_read(env)
    binding = threading.Thread(target=env.vf(0).bind, args=("vanevf",))
    binding.start()
    # The notice of its reset, and NEGOTIATE
    wait_until(lambda: slots_read(env) >= before + 2)
    env.vf_set(0, "trust on")
    defer(env.vf_set, 0, "trust off")
    env.fault("mbox-delay-ms", 0)
    binding.join()
    name = env.vf(0).wait_ifname()
    ip(f"link set dev {name} name {port.ifname} netns {port.ns}")
    port.up()
    macvlans(port, [f"52:54:00:bf:00:{number:02x}" for number in range(share + 8)])
    wait_until(lambda: entry_of_vf0(env)["filters"] > share + 8, RECOVERY,
               what="filters beyond the share")


def beyond_share(env):
    """A VF that wants more addresses than its share has as many, and is told why
    not more, once."""
    port = env.vf0
    env.write_numvfs(0)
    env.driverless_vfs(255)
    log = KernelLog()
    env.vf(0).bind("vanevf")
    name = env.vf(0).wait_ifname()
    ip(f"link set dev {name} name {port.ifname} netns {port.ns}")
    port.up()
    share = entry_of_vf0(env)["max_filters"]
    ksft_le(share, 64)
    macs = [f"52:54:00:bf:00:{number:02x}" for number in range(share + 8)]
    macvlans(port, macs)
    wait_until(lambda: lines(log, port.ifname, f"{share} addresses", "trust on"))
    # Multicast groups of the stack have their part of it.
    wait_until(lambda: sum(received_group(env, mac) for mac in macs) >= share - 8,
               RECOVERY, what="the share is received")
    ip(f"link del dev s{share}", port.ns)
    ip(f"link add link {port.ifname} name s{share} address {macs[share]} up "
       "type macvlan mode bridge", port.ns)
    ksft_eq(received_group(env, macs[-1]), False)
    ksft_eq(lines(log, port.ifname, "trust on"), 1)
    ksft_eq([line for line in log.lines if "VF 0: refused" in line], [])


if __name__ == "__main__":
    ksft_main([any_history, advice, trust_while_negotiating, beyond_share], set_up)
