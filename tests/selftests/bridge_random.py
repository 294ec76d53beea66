#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: bridge @distro @newest --uplink switch
"""The controlling bridge, with random topologies and frames, against a model of it.

VANE_SEED=N repeats a run, VANE_FRAMES=N has as many frames for each tag.
"""

import os
import random
import select
import time

from lib.py import (BROADCAST, Capture, Sender, defer, ip, ksft_eq, ksft_main, ksft_pr,
                    make)
from lib.py.bridge import LIST, TAGS, Bench, ETag, Uplink
from lib.py.packet import ARRIVAL

FRAMES = 120                # for each topology
# Topologies for each tag
ROUNDS = -(-int(os.environ.get("VANE_FRAMES", 3 * FRAMES)) // FRAMES)
VLANS = (1, 2, 7, 4094)
GROUPS = ("01:00:5e:01:02:03", "33:33:00:00:00:05")


class ModelPort:
    """A port, as the model knows it."""

    def __init__(self, name, target=None):
        self.name = name
        self.target = target    # None: an ordinary cable
        self.flood = True
        self.tagged, self.untagged, self.pvid = set(), set(), None

    def words(self):
        """Its VLANs, for bridge vlan."""
        for vlan in sorted(self.tagged | self.untagged):
            yield (f"{vlan}{' pvid' if vlan == self.pvid else ''}"
                   f"{' untagged' if vlan in self.untagged else ''}")


class Model:
    """Who receives what: IEEE 802.1Q as Linux has it, and the tags of channels."""

    def __init__(self, tag, ports, filtering):
        self.tag, self.ports, self.filtering = tag, ports, filtering
        self.places = {}

    def forward(self, source, frame, tci, priority=0):
        """A frame, untagged if @tci is None, comes in at @source: (port, frame) for
        each that it leaves by, in any order, with its channel tag."""
        vlan = 0
        if self.filtering:
            if tci is None or tci & 0xfff == 0:
                if source.pvid is None:
                    return []
                tci = (tci or 0) | source.pvid
            vlan = tci & 0xfff
            if vlan not in source.tagged | source.untagged:
                return []
        self.places[frame.src, vlan] = source
        return [(port, self.leave(source, port, frame, tci, priority))
                for port in self.receivers(source, frame.dst, vlan)]

    def receivers(self, source, dst, vlan):
        """The ports that a frame for @dst leaves by."""
        known = self.places.get((dst, vlan))
        ports = [known] if known else [port for port in self.ports if port.flood]
        return [port for port in ports if port is not source and
                (not self.filtering or vlan in port.tagged | port.untagged)]

    def leave(self, source, port, frame, tci, priority):
        """The frame as it leaves."""
        if tci is not None and not (self.filtering and tci & 0xfff in port.untagged):
            frame = frame.tagged(0x8100, tci)
        if port.target is None:
            return frame
        more = {"priority": priority} if self.tag is ETag else {}
        return self.tag.down(frame, port.target, source.target or 0, **more)


def draw_targets(chance, tag, count, group_count):
    """Channels and lists that differ."""
    if tag is ETag:
        channels = chance.sample(range(1, 1 << 20), count)
        groups = [LIST | chance.randint(1, 3) << 20 | number
                  for number in chance.sample(range(1 << 20), group_count)]
    else:
        channels = chance.sample(range(1, 4096), count)
        groups = [LIST | number
                  for number in chance.sample(range(1, 4096), group_count)]
    return channels, groups


def draw_vlans(chance, port):
    """An access port, or a trunk, possibly with a VLAN of its own."""
    if chance.random() < 0.6:
        port.pvid = chance.choice(VLANS[:3])
        port.untagged = {port.pvid}
        return
    port.tagged = set(chance.sample(VLANS, chance.randint(1, 3)))
    rest = [vlan for vlan in VLANS if vlan not in port.tagged]
    if chance.random() < 0.4:
        port.pvid = chance.choice(rest)
        port.untagged = {port.pvid}


def draw_topology(chance, tag):
    """A model; with VLANs, a list stands for the access ports of one of them."""
    filtering = chance.random() < 0.7
    channels, groups = draw_targets(chance, tag, chance.randint(2, 5),
                                    chance.randint(0, 2))
    ports = [ModelPort(f"vm{index}", target) for index, target in enumerate(channels)]
    ports.append(ModelPort("lan0"))
    for port in ports:
        if filtering:
            draw_vlans(chance, port)
    lists = [ModelPort(f"list{index}", target) for index, target in enumerate(groups)]
    for port, vlan in zip(lists, VLANS):
        port.pvid, port.untagged = vlan, {vlan}
        for member in ports[:-1]:
            if not filtering or member.untagged == {vlan} and not member.tagged:
                member.flood = False
        if not filtering:
            lists = [port]
            break
    return Model(tag, ports + lists, filtering)


class Wires:
    """A model's bridge, and the wires of its ports."""

    def __init__(self, model, bench):
        self.model, self.tag = model, model.tag
        uplink = Uplink(bench.ns, "up0", model.tag,
                        bridge_args=f"vlan_filtering {int(model.filtering)}")
        lan, far = bench.plain("lan0")
        defer(ip, "link del lan0", bench.ns)
        self.taps = {}
        for port in model.ports:
            near = lan if port.target is None else \
                uplink.add(port.target, port.name, port.flood)
            self.taps[port] = Capture(near)
            if model.filtering:
                uplink.vlans(port.name, *port.words())
        self.lan, self.lan_sender = Capture(far), Sender(far)
        self.card, self.card_sender = Capture(bench.card), Sender(bench.card)

    def send(self, port, frame, priority):
        """@frame comes in at @port, and has been forwarded."""
        if port.target is None:
            self.lan_sender.send(frame)
        elif self.tag is ETag:
            self.card_sender.send(frame.etagged(port.target, priority=priority << 1))
        else:
            self.card_sender.send(self.tag.up(frame, port.target))
        # All of it is done by the processor that sends, in one go from there on.
        self.taps[port].expect(frame)


def run_topology(chance, tag, bench):
    """Random frames, each at each of its receivers, and nothing else anywhere."""
    model = draw_topology(chance, tag)
    wires = Wires(model, bench)
    macs = [f"52:54:00:02:00:{index:02x}" for index in range(4)]
    sources = [port for port in model.ports if not (port.target or 0) & LIST]
    wanted = {"lan": [], "card": []}
    for _ in range(FRAMES):
        source = chance.choice(sources)
        frame = make(chance.choice(macs), chance.choice([*macs, BROADCAST, *GROUPS]),
                     size=chance.randint(60, 200))
        tci = None
        if chance.random() < 0.5:
            tci = chance.choice((0, *VLANS)) | chance.randrange(16) << 12
        priority = chance.randrange(8) if tag is ETag and source.target else 0
        for port, out in model.forward(source, frame, tci, priority):
            wanted["lan" if port.target is None else "card"].append(out)
        if tci is not None:
            frame = frame.tagged(0x8100, tci)
        wires.send(source, frame, priority)
    for name, capture in (("lan", wires.lan), ("card", wires.card)):
        # The bridge's order is its own.
        ends = time.monotonic() + ARRIVAL
        while len(capture.take()) < len(wanted[name]) and time.monotonic() < ends:
            select.select([capture.sock], [], [], ends - time.monotonic())
        got = sorted(one.data for one in capture.take())
        ksft_eq(got == sorted(one.data for one in wanted[name]), True,
                f"{name}: {len(got)} frames, {len(wanted[name])} expected")
        for what, less, more in (("missing", capture.frames, wanted[name]),
                                 ("unexpected", wanted[name], capture.frames)):
            for one in [one for one in more if one not in less][:5]:
                ksft_pr(what, one)


def random_case(number, tag):
    """A case for topology @number."""
    def run_case(bench):
        seed = os.environ.get("VANE_SEED") or str(random.randrange(1 << 32))
        ksft_pr(f"VANE_SEED={seed}")
        run_topology(random.Random(f"{seed} {number} {tag.name}"), tag, bench)
    run_case.__name__ = f"topology_{number}_{tag.name}"
    return run_case


def set_up():
    """A bench; frames are sent and forwarded by one processor, and so in order."""
    os.sched_setaffinity(0, {os.cpu_count() - 1})
    return Bench("bench")


if __name__ == "__main__":
    ksft_main([random_case(number, tag) for number in range(ROUNDS) for tag in TAGS],
              set_up)
