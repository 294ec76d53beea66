#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: recovery --uplink switch --allow NETDEV.WATCHDOG
"""What users change while a function is being reset is neither refused nor lost."""

import random
import struct
import threading

from lib.py import (BROADCAST, ETH_P_8021Q, Capture, Sender, Vane, defer,
                    ethtool_json, field, hw, ip, ksft_eq, ksft_ge, ksft_main,
                    ksft_pr, make, repeat, registers, run, wait_until)

RECOVERY = 20
ROUNDS = 2
CHANGES = repeat(30, 15)
# Of a function beside them, at the least
RESETS = 3
VIDS = (7, 100, 101, 4094)
GROUPS = [f"01:00:5e:01:02:{number:02x}" for number in range(4)]
STATIONS = [f"52:54:00:be:00:{number:02x}" for number in range(4)]
MACS = [f"52:54:00:ad:00:{number:02x}" for number in range(4)]
STRANGER = "52:54:00:99:99:99"
# What a change may answer: it has not been made, and can be tried again.
LATER = ("Device or resource busy", "Resource temporarily unavailable")


def set_up():
    """A VF, the PF and the external network."""
    env = Vane(1)
    env.vf0 = env.vf_port(0)
    env.pf0 = env.pf_port()
    env.ext = env.ext_port()
    env.rng = random.Random(0x5e7)
    return env


class Resets:
    """Resets of a function one after the other, until the case ends."""

    def __init__(self, function):
        self.count = 0
        self.function = function
        self.rng = random.Random(1)
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        self.deferred = defer(self._end)

    def _run(self):
        # Now with the function back in between, now without
        while not self.stopping.wait(self.rng.random() * 0.3):
            self.function.reset()
            self.count += 1

    def _end(self):
        self.stopping.set()
        self.thread.join()

    def stop(self):
        """Ends them."""
        self.deferred.exec()


class Wanted:
    """An interface as its user made it: the model, and the changes."""

    def __init__(self, port, rng):
        self.port = port
        self.rng = rng
        self.done = 0
        self.later = 0
        self.vlans = set()
        self.groups = set()
        self.stations = set()
        self.rules = set()
        self.filter = True
        self.strip = True
        self.ports_hashed = True
        self.address = port.mac
        self.mtu = 1500
        self.rx = 256
        self.usecs = 20
        self.copybreak = 128
        self.queues = port.channels()[1]
        self.key = None
        port.ethtool("-C {} adaptive-rx off rx-usecs 20")
        port.ethtool("-G {} rx 256")

    def change(self):
        """Makes one change, and notes it unless it is to be tried again."""
        name = self.rng.choice(
            ("vlan", "vlan", "group", "station", "rule", "address", "mtu",
             "ring", "channels", "coalesce", "copybreak", "key", "fields",
             "filter", "strip", "bounce"))
        getattr(self, f"change_{name}")()

    def try_(self, command):
        """Runs @command; returns whether it did what it says."""
        result = run(command, self.port.ns)
        if not result.returncode:
            self.done += 1
            return True
        ksft_eq(any(text in result.stderr for text in LATER), True,
                f"{command}: {result.stderr.strip()}")
        self.later += 1
        return False

    def toggle(self, members, choices, add, remove):
        """Adds one of @choices to the set @members, or removes it."""
        item = self.rng.choice(choices)
        if item in members:
            if self.try_(remove(item)):
                members.remove(item)
        elif self.try_(add(item)):
            members.add(item)

    def change_vlan(self):
        """A VLAN interface comes or goes."""
        name = self.port.ifname
        self.toggle(self.vlans, VIDS,
                    lambda vid: f"ip link add link {name} name v{vid} "
                                f"type vlan id {vid}",
                    lambda vid: f"ip link del dev v{vid}")

    def change_group(self):
        """A multicast address comes or goes."""
        self.toggle(self.groups, GROUPS,
                    lambda mac: f"ip maddr add {mac} dev {self.port.ifname}",
                    lambda mac: f"ip maddr del {mac} dev {self.port.ifname}")

    def change_station(self):
        """A macvlan comes, up, or goes: a unicast address."""
        def add(mac):
            return (f"ip link add link {self.port.ifname} "
                    f"name m{STATIONS.index(mac)} address {mac} up "
                    "type macvlan mode bridge")

        self.toggle(self.stations, STATIONS, add,
                    lambda mac: f"ip link del dev m{STATIONS.index(mac)}")

    def change_rule(self):
        """A receive rule comes or goes."""
        name = self.port.ifname
        self.toggle(self.rules, range(6),
                    lambda loc: f"ethtool -N {name} flow-type udp4 dst-port "
                                f"{3000 + loc} action -1 loc {loc}",
                    lambda loc: f"ethtool -N {name} delete {loc}")

    def set(self, name, value, command):
        """Sets one value."""
        if self.try_(command.format(self.port.ifname)):
            setattr(self, name, value)

    def change_address(self):
        """The MAC address, which the PF is asked for."""
        mac = self.rng.choice(MACS)
        self.set("address", mac, f"ip link set dev {{}} address {mac}")

    def change_mtu(self):
        """The MTU, and with it the buffers."""
        mtu = self.rng.randrange(1280, hw.VANE_MAX_MTU + 1)
        self.set("mtu", mtu, f"ip link set dev {{}} mtu {mtu}")

    def change_ring(self):
        """The size of the receive rings."""
        rx = 1 << self.rng.randrange(6, 11)
        if rx != self.rx:
            self.set("rx", rx, f"ethtool -G {{}} rx {rx}")

    def change_channels(self):
        """The number of queues."""
        queues = self.rng.choice((1, 2))
        if queues != self.queues:
            self.set("queues", queues, f"ethtool -L {{}} combined {queues}")

    def change_coalesce(self):
        """Time between interrupts."""
        usecs = self.rng.randrange(1, 200)
        self.set("usecs", usecs, f"ethtool -C {{}} rx-usecs {usecs}")

    def change_copybreak(self):
        """Frames that are copied."""
        size = self.rng.randrange(129)
        self.set("copybreak", size,
                 f"ethtool --set-tunable {{}} tx-copybreak {size}")

    def change_key(self):
        """The key of RSS."""
        key = self.rng.randbytes(hw.VANE_RSS_KEY_SIZE)
        self.set("key", key, f"ethtool -X {{}} hkey {key.hex(':')}")

    def change_fields(self):
        """What RSS hashes."""
        ports = not self.ports_hashed
        self.set("ports_hashed", ports, "ethtool -N {} rx-flow-hash udp4 " +
                 ("sdfn" if ports else "sd"))

    def change_filter(self):
        """The VLAN filter."""
        on = not self.filter
        self.set("filter", on,
                 f"ethtool -K {{}} rx-vlan-filter {'on' if on else 'off'}")

    def change_strip(self):
        """VLAN tags beside the frames, or in them."""
        on = not self.strip
        self.set("strip", on, f"ethtool -K {{}} rxvlan {'on' if on else 'off'}")

    def change_bounce(self):
        """Closed and opened."""
        if self.try_(f"ip link set dev {self.port.ifname} down"):
            ip(f"link set dev {self.port.ifname} up", self.port.ns)

    def check_settings(self):
        """What ip and ethtool say, and what the registers hold."""
        port = self.port
        link = port.link()
        ksft_eq((link["mtu"], link["address"]), (self.mtu, self.address))
        ksft_eq(ethtool_json(f"-g {port.ifname}", port.ns)["rx"], self.rx)
        ksft_eq(ethtool_json(f"-c {port.ifname}", port.ns)["rx-usecs"],
                self.usecs)
        ksft_eq(int(port.ethtool("--get-tunable {} tx-copybreak").split()[-1]),
                self.copybreak)
        ksft_eq(port.channels()[1], self.queues)

        regs = registers(port.ifname, port.ns)
        ksft_eq(regs[hw.VANE_REG_MAX_FRAME],
                self.mtu + hw.VANE_MAX_FRAME - hw.VANE_MAX_MTU)
        enabled = [queue for queue in range(port.channels()[0])
                   if regs[hw.VANE_RXQ(queue) + hw.VANE_RXQ_STATE]]
        ksft_eq(enabled, list(range(self.queues)))
        for queue in enabled:
            rxq = hw.VANE_RXQ(queue)
            ksft_eq(1 << regs[rxq + hw.VANE_RXQ_BUF_SIZE], self.rx)
            ksft_eq(bool(regs[rxq + hw.VANE_RXQ_OPT] &
                         hw.VANE_RXQ_OPT_VLAN_STRIP), self.strip)
        ksft_eq(regs[hw.VANE_VEC(1) + hw.VANE_VEC_ITR], self.usecs)
        ksft_eq(bool(regs[hw.VANE_REG_RSS_CTRL] & hw.VANE_RSS_CTRL_UDP4),
                self.ports_hashed)
        if self.key:
            words = [regs[hw.VANE_REG_RSS_KEY + at]
                     for at in range(0, hw.VANE_RSS_KEY_SIZE, 4)]
            ksft_eq(struct.pack(f"<{len(words)}I", *words), self.key)
        valid = {loc for loc in range(hw.VANE_MAX_RULES)
                 if field(regs[hw.VANE_RULE(loc) + hw.VANE_RULE_CTRL],
                          hw.VANE_RULE_CTRL_VALID)}
        ksft_eq(valid, self.rules)

    def received(self, sender, capture):
        """VLANs and addresses whose frames come through."""
        probes = {vid: make(STRANGER, BROADCAST).tagged(ETH_P_8021Q, vid)
                  for vid in VIDS}
        probes |= {mac: make(STRANGER, mac)
                   for mac in (*GROUPS, *STATIONS, *MACS)}
        for frame in probes.values():
            sender.send(frame)
        mark = make(STRANGER, BROADCAST)
        sender.send(mark)
        capture.expect(mark)
        return {key for key, frame in probes.items() if capture.saw(frame)}

    def check_filters(self, ext):
        """What of the network comes through, by and by."""
        wanted = self.groups | self.stations | (self.vlans if self.filter else
                                                set(VIDS))
        wanted |= {self.address} & set(MACS)
        sender, capture = Sender(ext), Capture(self.port)
        last = set()

        def agrees():
            nonlocal last
            last = self.received(sender, capture)
            return last == wanted

        try:
            wait_until(agrees, RECOVERY)
        finally:
            ksft_eq(sorted(map(str, last)), sorted(map(str, wanted)))


def beside_resets(env, port, function):
    """Random changes of @port beside FLRs of @function, which it belongs to."""
    wanted = Wanted(port, env.rng)
    for _ in range(ROUNDS):
        resets = Resets(function)
        changes = 0
        while changes < CHANGES or resets.count < RESETS:
            wanted.change()
            changes += 1
        resets.stop()
        port.wait_carrier(timeout=RECOVERY)
        ksft_pr(f"{resets.count} resets, {wanted.done} changes, "
                f"{wanted.later} to be tried again")
        ksft_ge(wanted.done, 1)
        wanted.check_settings()
        wanted.check_filters(env.ext)


def beside_vf_resets(env):
    """Random changes of a VF beside FLRs of it."""
    beside_resets(env, env.vf0, env.vf(0))


def beside_pf_resets(env):
    """Random changes of the PF beside FLRs of it, which reset all its VFs."""
    beside_resets(env, env.pf0, env.pf)
    env.vf0.wait_carrier(timeout=RECOVERY)
    env.vf0.wait_reaches(env.ext)


def questions(env):
    """Nothing that a user may ask fails while the VF is away, but a dump."""
    port = env.vf0
    resets = Resets(env.vf(0))
    for _ in range(repeat(4, 2)):
        for args in ("", "-i {}", "-S {}", "-k {}", "-g {}", "-l {}", "-c {}",
                     "-x {}", "-n {}", "-T {}", "--show-priv-flags {}"):
            result = run("ethtool " + (args or "{}").format(port.ifname), port.ns)
            ksft_eq("No such device" in result.stderr, False, args)
        result = run(f"ethtool -d {port.ifname}", port.ns)
        ksft_eq(result.returncode == 0 or "busy" in result.stderr, True,
                result.stderr)
        port.stats()
    resets.stop()
    port.wait_carrier(timeout=RECOVERY)
    port.wait_reaches(env.ext)


def receive_broadcasts(env):
    """Has the VF count three more broadcasts; returns its counters."""
    least = env.vf0.counters()["rx_broadcast"] + 3
    sender = Sender(env.ext)
    for _ in range(3):
        sender.send(make(STRANGER, BROADCAST))
    return wait_until(lambda: env.vf0.counters()["rx_broadcast"] >= least and
                      env.vf0.counters(), what="broadcasts counted")


def counters_go_on(env):
    """Counters of the device begin at 0 and do not go back with a reset."""
    port = env.vf0
    receive_broadcasts(env)
    env.vf(0).unbind()
    env.vf(0).bind("vanevf")
    name = env.vf(0).wait_ifname()
    ip(f"link set dev {name} name {port.ifname} netns {port.ns}")
    # A frame that arrives before the interface is up finds no buffer.
    ksft_eq({key: value for key, value in port.counters().items()
             if value and key != "rx_drop_nobuf"}, {})
    ksft_eq(port.stats()["rx"]["multicast"], 0)
    port.up()
    before = receive_broadcasts(env)
    env.vf(0).reset()
    after = port.counters()
    ksft_eq([key for key in before if after[key] < before[key]], [])
    port.wait_carrier(timeout=RECOVERY)
    port.wait_reaches(env.ext)
    after = port.counters()
    ksft_eq([key for key in before if after[key] < before[key]], [])


if __name__ == "__main__":
    ksft_main([beside_vf_resets, beside_pf_resets, questions, counters_go_on], set_up)
