#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The channel tags on the wire as tshark's dissectors of VN-Tag and E-Tag see them.

The device is given channels, VLANs and priorities, and sends; a bridge answers.
All of it is captured, and each field that tshark prints must be what was
configured. So device, datasheet and tests do not merely agree with each other.
What a bridge sent must besides have come to the right functions.
QTEST_QEMU_BINARY names QEMU, and what else its command line needs. Prints TAP;
the arguments are names of cases, of which others are left out.
"""

import argparse
import contextlib
import fnmatch
import itertools
import os
import random
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../property"),
                os.path.join(HERE, "../../selftests/lib/py")]

from frames import (BROADCAST, ETAG, IP_LEN, IPV4, IPV6, SERIAL, STRANGER, TCP_LEN,
                    VNTAG, described, encoded, etag, inner_kinds, inners_of_priority,
                    plain, segment_fields, tcp)
from generate import etag_numbers
from hw import hw, put
from nic import DeviceError, Nic
from oracle import TAG_STATS, WIRE, Offload
from tshark import TsharkError, dissected, write_pcap

PRIORITIES = 16             # of a VLAN tag: PCP and DEI
VFS = PRIORITIES
PATIENCE = 10               # times that QEMU's main loop may turn
SHOWN = 3                   # wrong frames of a case that are shown
LINKED = hw.VANE_PORT_FLAG_LINK | hw.VANE_PORT_FLAG_SPOOFCHK
VIFS = range(1, hw.VANE_MAX_VIF + 1)
# The channels of the VFs while lists are tried: single bits of base and extension
MEMBERS = {VNTAG.mode: [1 << bit for bit in range(12)] + [3, 0x555, 0xaaa, 0xfff],
           ETAG.mode: [1 << bit for bit in range(4, 20)]}
OF_GROUP = hw.VANE_MAX_LISTS // 3       # lists of each group of E-Tag


class Wrong(Exception):
    """The device refused a command, or a frame came to other functions."""


class Sample:
    """A frame that has to be on the wire, once."""

    def __init__(self, name, payload, fields):
        self.name = name
        self.payload = payload
        self.fields = fields
        self.seen = 0


class Bench:
    """The device, a bridge at its uplink, and what was captured between them."""

    def __init__(self, rng):
        self.rng = rng
        self.nic = Nic()
        self.began = False
        self.case = None
        self.samples = []           # a frame's serial number is its place here
        self.capture = []           # (case, frame)
        self.macs = [b"\2\0\0\0\0" + bytes([vf]) for vf in range(VFS)]
        self.kinds = itertools.cycle(inner_kinds(rng))

    def begin(self, case, layout):
        """A new case, and the mode of its tag."""
        self.case = case
        self.nic.begin(list(range(VFS)), "soft" if self.began else "new")
        self.began = True
        self.check(self.nic.switch_set(layout.mode), "SWITCH_SET")
        for vf, mac in enumerate(self.macs):
            self.port(vf, mac=mac, flags=LINKED)

    @staticmethod
    def check(status, what):
        if status != hw.VANE_OK:
            raise Wrong(f"{what} ended with status {status}")

    def port(self, vf, **fields):
        self.check(self.nic.port_set(vf, fields), f"PORT_SET of VF {vf}")

    def list_set(self, number, members):
        self.check(self.nic.list_set(number, members), f"LIST_SET of {number:#x}")

    def inner(self):
        """(name, VLAN tags), of all kinds in turn."""
        kind = next(self.kinds)
        return kind, inner_kinds(self.rng)[kind]

    def plain(self, destination, source):
        """A frame, which the next sample has to be of."""
        return plain(self.rng, destination, source, len(self.samples))

    def sample(self, name, payload, fields):
        self.samples.append(Sample(f"{self.case}: {name}", payload, fields))

    def up(self, frames, count):
        """Functions send: @frames has (frame, Offload) by VF, in all @count on wire."""
        functions = [self.nic.functions[vf] for vf in frames]
        self.nic.qtest.run(*(self.nic.functions[vf].send([frame])
                             for vf, frame in frames.items()))
        self.settle({}, count, lambda: all(one.all_sent() for one in functions))

    def down(self, frames):
        """The bridge sends: @frames is a list of (frame, {VF: what it gets})."""
        wanted = {}
        for frame, receivers in frames:
            self.capture.append((self.case, frame))
            for vf, received in receivers.items():
                wanted.setdefault(vf, []).append((received, None, 0))
        self.nic.wire([frame for frame, _ in frames])
        self.settle(wanted, 0, self.nic.qtest.sent)

    def accepted_all(self):
        dropped = [name for name, count in zip(TAG_STATS, self.nic.tags_risen())
                   if count]
        if dropped:
            raise Wrong(f"frames from the wire were dropped: {', '.join(dropped)}")

    def settle(self, wanted, on_wire, sent):
        """Waits for what is to come: frames by VF, and a number of others."""
        received = {number: [] for number in (WIRE, *self.nic.functions)}

        def done():
            self.nic.collect(received)
            return sent()

        self.nic.qtest.wait(done, "the end of a burst")
        for _ in range(PATIENCE):
            if (len(received[WIRE]) >= on_wire
                    and all(len(received[vf]) >= len(frames)
                            for vf, frames in wanted.items())):
                break
            self.nic.collect(received)
        self.capture += [(self.case, frame) for frame, *_ in received.pop(WIRE)]
        for number, frames in received.items():
            if frames != wanted.get(number, []):
                raise Wrong(f"function {number} got {texts(frames)}, not "
                            f"{texts(wanted.get(number, []))}")


def texts(frames):
    return ", ".join(frame.hex() for frame, *_ in frames) or "nothing"


# Cases

def up_tag(layout, channel, tags, prio_map):
    """The tag of a port's frame with these VLAN tags."""
    if layout is VNTAG:
        return {"src": channel}
    outer = tags[0][1] >> 12 if tags else 0
    return etag(channel, prio_map >> 4 * outer & 15)


def down_tag(rng, layout, number, group, source):
    """(a tag to channel or list @number, channel that gets nothing)."""
    if layout is ETAG:
        return etag(number, rng.randrange(16), group, source), source
    looped = rng.randrange(2)
    return ({"dir": 1, "ptr": group, "dst": number, "looped": looped, "src": source},
            source if looped else 0)


def channels(bench, layout, numbers):
    """Each number is the channel of a VF once, up and down, and once a source."""
    rng = bench.rng
    sources = numbers[:]
    rng.shuffle(numbers)
    rng.shuffle(sources)
    for some in itertools.batched(zip(numbers, sources), VFS):
        inners, ups, downs = [], {}, []
        for vf, (channel, _) in enumerate(some):
            kind, inner = bench.inner()
            inners.append((kind, inner))
            prio_map = rng.getrandbits(64)
            bench.port(vf, channel=channel, vlan=inner.port, prio_map=prio_map)
            ether = bench.plain(rng.choice((BROADCAST, STRANGER)), bench.macs[vf])
            ups[vf] = (ether.tagged(inner.sent), Offload(inner.tci))
            tag = up_tag(layout, channel, inner.wire, prio_map)
            bench.sample(f"from {channel:#x}, {kind}", ether.payload,
                         described(layout, tag, inner.wire, ether))
        bench.up(ups, len(ups))
        for vf, (channel, source) in enumerate(some):
            kind, inner = inners[vf]
            tag, silent = down_tag(rng, layout, channel, 0, source)
            ether = bench.plain(rng.choice((BROADCAST, bench.macs[vf])), STRANGER)
            downs.append((ether.tagged(inner.wire, encoded(layout, tag)),
                          {} if silent == channel
                          else {vf: ether.tagged(inner.received)}))
            bench.sample(f"to {channel:#x}, {kind}", ether.payload,
                         described(layout, tag, inner.wire, ether))
        bench.down(downs)


def list_id(layout, group, number):
    return put(hw.VANE_LIST_GROUP, group) | number if layout is ETAG else number


def lists(bench, layout, ids):
    """All lists at a time, each with members of its own; ids are (group, number)."""
    rng = bench.rng
    members = {}
    for vf, channel in enumerate(MEMBERS[layout.mode]):
        bench.port(vf, channel=channel)
    for group, number in ids:
        members[group, number] = [vf for vf in range(VFS) if rng.randrange(2)] or [0]
        bench.list_set(list_id(layout, group, number), members[group, number])
    rng.shuffle(ids)
    for some in itertools.batched(ids, VFS):
        frames = []
        for group, number in some:
            kind, inner = bench.inner()
            source = rng.choice((0, rng.choice(MEMBERS[layout.mode])))
            tag, silent = down_tag(rng, layout, number, group, source)
            ether = bench.plain(BROADCAST, STRANGER)
            received = ether.tagged(inner.wire)
            frames.append((ether.tagged(inner.wire, encoded(layout, tag)),
                           {vf: received for vf in members[group, number]
                            if MEMBERS[layout.mode][vf] != silent}))
            bench.sample(f"to list {list_id(layout, group, number):#x}, {kind}",
                         ether.payload, described(layout, tag, inner.wire, ether))
        bench.down(frames)


def segments(bench, layout, numbers):
    """Each segment has the tags of the frame that it was cut from."""
    rng = bench.rng
    for kind, channel in itertools.product((IPV4, IPV6), numbers):
        name, inner = bench.inner()
        prio_map = rng.getrandbits(64)
        mss = rng.choice((64, 200, 1400))
        vf = channel % VFS
        bench.port(vf, channel=channel, vlan=inner.port, prio_map=prio_map)
        sequence, ident = rng.getrandbits(30), rng.getrandbits(15)
        first = len(bench.samples)
        parts = [SERIAL.pack(first + at) + rng.randbytes(mss - SERIAL.size)
                 for at in range(rng.randint(1, 5))]
        parts[-1] = parts[-1][:rng.randint(SERIAL.size + 2, mss)]
        whole = tcp(kind, bench.macs[vf], b"".join(parts), sequence, ident)
        tag = up_tag(layout, channel, inner.wire, prio_map)
        for at, part in enumerate(parts):
            fields = segment_fields(kind, sequence + at * mss, ident + at, len(part),
                                    part is parts[-1])
            bench.sample(f"segment {at} from {channel:#x}, {name}", part,
                         described(layout, tag, inner.wire, whole) | fields)
        headers = 14 + 4 * len(inner.sent) + IP_LEN[kind] + TCP_LEN
        bench.up({vf: (whole.tagged(inner.sent), Offload(inner.tci, mss, headers))},
                 len(parts))
        bench.port(vf, channel=0)


def priorities(bench, _layout, numbers):
    """PCP and DEI of each kind become each E-PCP and E-DEI."""
    for vf, channel in enumerate(numbers):
        # Entry n of the map is n ^ vf: between them the VFs have each in each.
        prio_map = sum((n ^ vf) << 4 * n for n in range(PRIORITIES))
        for n in range(PRIORITIES):
            for inner in inners_of_priority(n, 100 + vf):
                bench.port(vf, channel=channel, vlan=inner.port, prio_map=prio_map)
                ether = bench.plain(BROADCAST, bench.macs[vf])
                bench.sample(f"priority {n}, mapped to {n ^ vf}", ether.payload,
                             described(ETAG, etag(channel, n ^ vf), inner.wire, ether))
                bench.up({vf: (ether.tagged(inner.sent), Offload(inner.tci))}, 1)


def ecids(rng):
    return etag_numbers(rng, 500)


def groups(rng):
    """The same E-CIDs in each group."""
    numbers = {0, *(1 << bit for bit in range(20)), hw.VANE_MAX_ECID}
    numbers |= set(rng.sample(etag_numbers(rng, 500), OF_GROUP - len(numbers)))
    return [(group, number) for group in (1, 2, 3) for number in sorted(numbers)]


CASES = {
    "vntag.channels": (VNTAG, channels, lambda rng: list(VIFS)),
    "vntag.lists": (VNTAG, lists, lambda rng: [(1, number) for number in VIFS]),
    "vntag.segments": (VNTAG, segments, lambda rng: rng.sample(VIFS, 44)),
    "etag.channels": (ETAG, channels, ecids),
    "etag.priorities": (ETAG, priorities, lambda rng: rng.sample(ecids(rng), VFS)),
    "etag.groups": (ETAG, lists, groups),
    "etag.segments": (ETAG, segments, lambda rng: rng.sample(ecids(rng), 44)),
}


# Verdicts

def frame_wrong(bench, payload, fields):
    """What is wrong with a frame, or None."""
    serial = SERIAL.unpack_from(payload)[0] if len(payload) >= SERIAL.size else -1
    if not 0 <= serial < len(bench.samples):
        return f"tshark finds no payload that was sent: {fields}"
    sample = bench.samples[serial]
    sample.seen += 1
    wrong = [f"{name} is {fields.get(name)}, not {sample.fields.get(name)}"
             for name in sorted(fields.keys() | sample.fields.keys())
             if fields.get(name) != sample.fields.get(name)]
    if payload != sample.payload:
        wrong.append(f"the payload is {payload.hex()}, not {sample.payload.hex()}")
    return f"{sample.name}: {'; '.join(wrong)}" if wrong else None


def judge(bench, rows, failures):
    """Adds to @failures, by case, what tshark's @rows say."""
    if len(rows) != len(bench.capture):
        raise TsharkError(f"tshark sees {len(rows)} frames, not {len(bench.capture)}")
    for (case, frame), row in zip(bench.capture, rows):
        wrong = frame_wrong(bench, *row)
        if wrong:
            failures[case] += [f"{wrong}; the frame: {frame.hex()}"]
    for sample in bench.samples:
        if sample.seen != 1:
            failures[sample.name.split(":")[0]] += [
                f"{sample.name}: {sample.seen} times on the wire"]


def capture(bench, names):
    """What went wrong, by case, while frames were captured."""
    failures = {name: [] for name in names}
    for name in names:
        layout, perform, numbers = CASES[name]
        try:
            bench.begin(name, layout)
            perform(bench, layout, numbers(bench.rng))
            bench.accepted_all()
        except (Wrong, DeviceError) as error:
            failures[name].append(str(error))
    return failures


def report(names, failures):
    for number, name in enumerate(names, 1):
        for line in failures[name][:SHOWN]:
            print(f"# {line}")
        if len(failures[name]) > SHOWN:
            print(f"# and {len(failures[name]) - SHOWN} more")
        print(f"{'not ok' if failures[name] else 'ok'} {number} - {name}")
    print(f"1..{len(names)}")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", help="what to begin with; else a random one")
    parser.add_argument("--keep", metavar="FILE", help="leave the capture there")
    parser.add_argument("case", nargs="*", default=["*"], help="a shell pattern")
    return parser.parse_args()


def main():
    args = parse()
    seed = args.seed or str(random.SystemRandom().randrange(10**9))
    print(f"# seed {seed}", flush=True)
    names = [name for name in CASES
             if any(fnmatch.fnmatch(name, pattern) for pattern in args.case)]
    bench = Bench(random.Random(seed))
    with contextlib.closing(bench.nic), tempfile.TemporaryDirectory() as folder:
        failures = capture(bench, names)
        path = os.path.join(folder, "channels.pcap")
        write_pcap(path, [frame for _, frame in bench.capture])
        if args.keep:
            shutil.copy(path, args.keep)
        try:
            judge(bench, dissected(path), failures)
        except TsharkError as error:
            # Nothing has been compared, so nothing passes.
            for name in names:
                failures[name].insert(0, str(error))
    print(f"# {len(bench.capture)} frames")
    report(names, failures)
    return any(failures.values())


if __name__ == "__main__":
    sys.exit(main())
