#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: bridge @distro @newest --uplink switch
"""The controlling bridge (tests/bridge): tags, ports, lists, tenants, wrong frames.

Most cases have a cable in place of a card (bench), where they see every frame of the
uplink; those of card_ have VFs behind it. bridge_random.py has random topologies.
"""

import os
import random
import shutil
import socket
import struct

from lib.py import (BROADCAST, EXT, WIRE, Capture, Frame, InNetns, Port, Sender, Vane,
                    cmd, cmd_json, defer, fails, hw, ip, ip_batch, ip_json, iperf,
                    ksft_eq, ksft_ge, ksft_in, ksft_le, ksft_main, ksft_pr, make, run,
                    wait_until)
from lib.py.bridge import BRIDGE, TAGS, Bench, ETag, Uplink, VnTag, each_tag
from lib.py.channel import vanectl

VFS = 4
CHANNELS = 3                # of a bench, beside its list
GROUP = "01:00:5e:00:00:07"
NOWHERE = "52:54:00:99:99:99"


class Line:
    """A bench: ports vm0 to vm2 for channels, list0 for what is flooded, and what a
    card would send and get."""

    macs = (f"52:54:00:01:{number >> 8:02x}:{number & 255:02x}"
            for number in range(1 << 16))

    def __init__(self, tag):
        self.tag = tag
        bench = Bench(f"bench-{tag.name}")
        self.ns, self.card = bench.ns, bench.card
        self.uplink = Uplink(self.ns, "up0", tag, f"ports {CHANNELS + 2}")
        self.ports = [self.uplink.add(tag.channel(index), f"vm{index}", flood=False)
                      for index in range(CHANNELS)]
        self.uplink.add(tag.group(0), "list0")
        self.plain = bench.plain("lan0")
        self.capture = self.sender = self.mac = None

    def begin(self):
        """For a case: new addresses, of which the bridge knows the channels.

        Frames are sent and forwarded by one processor, and so in order.
        """
        processors = os.sched_getaffinity(0)
        defer(os.sched_setaffinity, 0, processors)
        os.sched_setaffinity(0, {max(processors)})
        self.capture = Capture(self.card)
        self.sender = Sender(self.card)
        self.mac = [next(Line.macs) for _ in range(CHANNELS)]
        for index, port in enumerate(self.ports):
            tap = Capture(port)
            frame = make(self.mac[index], self.mac[index])
            self.send(index, frame)
            tap.expect(frame)

    def send(self, index, frame):
        """@frame comes from channel @index."""
        self.sender.send(self.tag.up(frame, self.tag.channel(index)))

    def got(self, frame, via=0):
        """All frames so far that have @frame inside, once nothing is on its way that
        came before: a mark, from channel @via to an unknown address, is flooded."""
        mark = make(self.mac[via], NOWHERE)
        self.send(via, mark)
        self.capture.expect(mark.data[12:])
        return [one for one in self.capture.take() if frame.data[14:] in one.data]

    def down(self, frame, to, source=None):
        """@frame as it leaves for channel @to from channel @source, or other ports."""
        return self.tag.down(frame, self.tag.channel(to),
                             0 if source is None else self.tag.channel(source))

    def flooded(self, frame, source=None):
        """@frame as it leaves for the list."""
        return self.tag.down(frame, self.tag.group(0),
                             0 if source is None else self.tag.channel(source))


class Env:
    """A bench for each tag, and a card whose VFs are up."""

    def __init__(self):
        self.lines = {tag: Line(tag) for tag in TAGS}
        self.vane = Vane.with_ports(VFS)

    def line(self, tag):
        """The bench of @tag, ready for a case."""
        self.lines[tag].begin()
        return self.lines[tag]

    def after_case(self):
        """No case may leave a mistake of a driver behind."""
        self.vane.after_case()


def unicast(env, tag):
    """A frame for a known address goes to its channel only, with its source."""
    line = env.line(tag)
    for source, dest in ((0, 1), (1, 0), (2, 1)):
        frame = make(line.mac[source], line.mac[dest])
        line.send(source, frame)
        ksft_eq(line.got(frame), [line.down(frame, dest, source)])


def flooded(env, tag):
    """What is flooded goes to the list, in one copy, which names its source."""
    line = env.line(tag)
    for dst in (BROADCAST, GROUP, NOWHERE):
        frame = make(line.mac[1], dst)
        line.send(1, frame)
        ksft_eq(line.got(frame), [line.flooded(frame, 1)], dst)


def flooded_without_list(env, tag):
    """A channel with flooding on gets a copy of its own, unless it is the sender."""
    line = env.line(tag)
    for name, state in (("list0", "off"), ("vm0", "on"), ("vm1", "on"), ("vm2", "on")):
        other = "on" if state == "off" else "off"
        args = "link set {} type bridge_slave bcast_flood {}"
        ip(args.format(name, state), line.ns)
        defer(ip, args.format(name, other), line.ns)
    frame = make(line.mac[1], BROADCAST)
    line.send(1, frame)
    ksft_eq(set(line.got(frame)), {line.down(frame, 0, 1), line.down(frame, 2, 1)})


def other_ports(env, tag):
    """Frames of the bridge's other ports and of its host have no source channel."""
    line = env.line(tag)
    _, far = line.plain
    for dst, expected in ((line.mac[0], lambda frame: line.down(frame, 0)),
                          (BROADCAST, line.flooded)):
        frame = make(NOWHERE[:-2] + "98", dst)
        Sender(far).send(frame)
        ksft_eq(line.got(frame), [expected(frame)])
    host = Port("host", line.ns, BRIDGE, 3)
    frame = make(host.mac, line.mac[0])
    Sender(host).send(frame)
    ksft_eq(line.got(frame), [line.down(frame, 0)])
    seen = Capture(far)
    frame = make(line.mac[0], NOWHERE[:-2] + "98")
    line.send(0, frame)
    seen.expect(frame)


def vlan_tags(env, tag):
    """VLAN tags of a frame, however many, stay inside the channel tag."""
    line = env.line(tag)
    for tags in ([0x8100], [0x88a8], [0x88a8, 0x8100], [0x8100, 0x8100, 0x88a8],
                 [0x8100] * (hw.VANE_CHANNEL_TAG_DEPTH + 1)):
        frame = make(line.mac[0], line.mac[1])
        for number, proto in enumerate(tags):
            frame = frame.tagged(proto, 0x6064 + number)
        line.send(0, frame)
        line.capture.expect(line.down(frame, 1, 0))


def tenants(env, tag):
    """VLAN filtering: a port's VLAN is its reach; a trunk's tags are inside."""
    line = env.line(tag)
    ip(f"link set {BRIDGE} type bridge vlan_filtering 1", line.ns)
    defer(ip, f"link set {BRIDGE} type bridge vlan_filtering 0", line.ns)
    for name, vlans in (("vm0", ["10 pvid untagged"]), ("vm1", ["20 pvid untagged"]),
                        ("vm2", ["10", "20"]), ("list0", ["10 pvid untagged"])):
        line.uplink.vlans(name, *vlans)
        defer(line.uplink.vlans, name, "1 pvid untagged")
        for vlan in vlans:
            defer(cmd, f"bridge vlan del dev {name} vid {vlan.split()[0]}", line.ns)
    trunk = "link set vm2 type bridge_slave bcast_flood {0} flood {0}"
    ip(trunk.format("on"), line.ns)
    defer(ip, trunk.format("off"), line.ns)
    line.uplink.tool(f"list add up0 {tag.text(tag.group(1))} list1")
    defer(line.uplink.tool, f"list del up0 {tag.text(tag.group(1))}")
    ip(f"link set list1 master {BRIDGE}", line.ns)
    line.uplink.vlans("list1", "20 pvid untagged")

    def check(source, frame, body, *expected):
        """@frame of channel @source leaves as @expected: targets and frames."""
        line.send(source, frame)
        # The mark reaches a trunk whatever its VLAN.
        got = line.got(body)
        ksft_eq(set(got), {tag.down(inside, target, tag.channel(source))
                           for target, inside in expected}, frame)
        ksft_eq(len(got), len(expected), frame)

    for source, vlan in ((0, 10), (1, 20)):
        body = make(line.mac[source], BROADCAST)
        check(source, body, body, (tag.group(source), body),
              (tag.channel(2), body.tagged(0x8100, vlan)))
    body = make(line.mac[2], BROADCAST)
    check(2, body.tagged(0x8100, 0x6014), body, (tag.group(1), body))
    # The other tenant's address is no better known than a stranger's.
    body = make(line.mac[0], line.mac[1])
    check(0, body, body, (tag.group(0), body),
          (tag.channel(2), body.tagged(0x8100, 10)))
    for vlan in (20, 30):
        body = make(line.mac[0], line.mac[1])
        check(0, body.tagged(0x8100, vlan), body)
    body = make(line.mac[2], BROADCAST)
    check(2, body, body)


def passes(line, source, dest, via):
    """Does a frame of channel @source reach channel @dest?"""
    frame = make(line.mac[source], line.mac[dest])
    line.send(source, frame)
    return line.got(frame, via) == [line.down(frame, dest, source)]


def nftables(env, tag):
    """A rule of nftables holds for one VM, by the name of its port."""
    line = env.line(tag)
    cmd("nft -f -", line.ns, stdin="""table bridge vms {
        chain forward {
            type filter hook forward priority 0
            iifname "vm0" oifname "vm1" drop
        }
    }
    """)
    defer(cmd, "nft delete table bridge vms", line.ns)
    for source, dest, expected in ((0, 1, False), (0, 2, True), (2, 1, True),
                                   (1, 0, True)):
        ksft_eq(passes(line, source, dest, 0), expected, f"{source} to {dest}")


def traffic_control(env, tag):
    """tc has both directions of a VM: a filter as it sends, a qdisc as it receives."""
    line = env.line(tag)
    cmd("tc qdisc add dev vm0 clsact", line.ns)
    defer(cmd, "tc qdisc del dev vm0 clsact", line.ns)
    cmd("tc filter add dev vm0 ingress protocol all matchall action drop", line.ns)
    cmd("tc qdisc add dev vm1 root blackhole", line.ns)
    defer(cmd, "tc qdisc del dev vm1 root", line.ns)
    for source, dest, expected in ((0, 2, False), (2, 0, True), (2, 1, False),
                                   (1, 2, True)):
        ksft_eq(passes(line, source, dest, 1), expected, f"{source} to {dest}")


def priorities(env):
    """The E-PCP of a frame is the one that it came with, or that tc gave it."""
    line = env.line(ETag)
    cmd("tc qdisc add dev vm2 clsact", line.ns)
    defer(cmd, "tc qdisc del dev vm2 clsact", line.ns)
    cmd("tc filter add dev vm2 ingress protocol all matchall action skbedit priority 2",
        line.ns)
    for priority in range(8):
        for source, expected in ((0, priority), (2, 2)):
            frame = make(line.mac[source], line.mac[1])
            line.sender.send(frame.etagged(ETag.channel(source),
                                           priority=priority << 1 | 1))
            line.capture.expect(ETag.down(frame, ETag.channel(1), ETag.channel(source),
                                          priority=expected))


def wrong_frames(tag, good, channel):
    """Frames of channel @channel that are wrong, and the counter of each."""
    up = tag.up(good, channel)
    other = (ETag if tag is VnTag else VnTag).up(good, 1)
    yield "none", good
    yield "none", other
    yield "none", up.tagged(0x8100, 5)
    size = len(up.data) - len(good.data)
    for length in range(14, 14 + size):
        yield "truncated", Frame(up.data[:length])
    yield "unknown", tag.up(good, 0)
    yield "unknown", tag.up(good, tag.channel(9))
    for inner in (VnTag, ETag):
        yield "nested", tag.up(inner.up(good, channel), channel)
        yield "nested", tag.up(inner.up(good, channel).tagged(0x88a8, 0), channel)
    deep = good
    for _ in range(hw.VANE_CHANNEL_TAG_DEPTH + 2):
        deep = deep.tagged(0x8100, 7)
    yield "nested", tag.up(deep, channel)


def wrong_fields(tag, good, channel):
    """The same, of fields that a card sends as 0."""
    if tag is VnTag:
        for cause, fields in (("direction", {"down": 1}), ("version", {"ver": 1}),
                              ("version", {"ver": 2}), ("destination", {"ptr": 1}),
                              ("destination", {"dvif": 1}),
                              ("destination", {"dvif": 0x2000}),
                              ("destination", {"looped": 1})):
            yield cause, good.vntagged(**{"down": 0, "svif": channel, **fields})
        yield "reserved", Frame(_with_bits(tag.up(good, channel), 16, 0x4000))
        return
    for value in (1, 2):
        yield "reserved", good.etagged(channel, reserved=value)
    for group in (1, 2, 3):
        yield "destination", good.etagged(group << 20 | channel)
    for ingress in (1, 0x1000, channel):
        yield "destination", good.etagged(channel, ingress=ingress)


def _with_bits(frame, offset, bits):
    word = struct.unpack_from("!H", frame.data, offset)[0] | bits
    return frame.data[:offset] + struct.pack("!H", word) + frame.data[offset + 2:]


def counted(line, before):
    """What has been counted since @before, but for good frames."""
    return {name: value - before[name] for name, value in line.uplink.frames().items()
            if value != before[name] and name not in ("up", "down")}


def wrong(env, tag):
    """Each frame that is wrong is dropped, and counted by its cause."""
    line = env.line(tag)
    before = line.uplink.frames()
    expected = {}
    good = make(line.mac[0], line.mac[1])
    for cause, frame in (*wrong_frames(tag, good, tag.channel(0)),
                         *wrong_fields(tag, good, tag.channel(0))):
        line.sender.send(frame)
        expected[f"up_{cause}"] = expected.get(f"up_{cause}", 0) + 1
    ksft_eq(line.got(good), [])
    ksft_eq(counted(line, before), expected)


def random_bytes(env, tag):
    """Whatever comes, the bridge goes on, and counts all of it."""
    line = env.line(tag)

    def total():
        frames = line.uplink.frames()
        return sum(frames.values()) - frames["down"]

    before, number = total(), 500
    ethertype = struct.pack("!H", hw.VANE_VNTAG_ETHERTYPE if tag is VnTag
                            else hw.VANE_ETAG_ETHERTYPE)
    for index in range(number):
        line.sender.send(Frame(bytes.fromhex("525400000101525400000100") + ethertype +
                               os.urandom(8 + index % 60)))
    wait_until(lambda: total() == before + number, what="all are counted")
    ksft_eq(passes(line, 0, 1, 0), True)


def stray(env, tag):
    """What the host sends to the inner end by itself does not reach the bridge."""
    line = env.line(tag)
    before = line.uplink.frames()
    inner = next(link["ifname"] for link in ip_json("link show", line.ns)
                 if link.get("link") == "vm0")
    tap = Capture(line.ports[0])
    frame = make(line.mac[0], BROADCAST)
    Sender(Port("inner", line.ns, inner, 1)).send(frame)
    wait_until(lambda: counted(line, before) == {"up_stray": 1}, what="it is counted")
    ksft_eq(tap.saw(frame), False)


def too_long(env, tag):
    """A frame that the uplink's MTU has no room for is dropped, and counted."""
    line = env.line(tag)
    ip("link set up0 mtu 1600", line.ns)
    defer(ip, "link set up0 mtu 9000", line.ns)
    before = line.uplink.frames()
    host = Port("host", line.ns, BRIDGE, 3)
    room = 1614 - (hw.VANE_VNTAG_SIZE if tag is VnTag else hw.VANE_ETAG_SIZE)
    fits, not_fits = (make(host.mac, line.mac[0], size=size)
                      for size in (room, room + 1))
    Sender(host).send(not_fits)
    Sender(host).send(fits)
    line.capture.expect(line.down(fits, 0))
    ksft_eq(line.got(not_fits), [])
    # A port has the MTU that the uplink had when it was made.
    line.uplink.tool(f"port add up0 {tag.text(tag.channel(7))} vm7")
    defer(line.uplink.tool, f"port del up0 {tag.text(tag.channel(7))}")
    ip("link set up0 mtu 9000", line.ns)
    tap = Capture(Port("vm7", line.ns, "vm7", 1))
    fits, not_fits = (make(NOWHERE, BROADCAST, size=size) for size in (room, room + 1))
    line.send(7, not_fits)
    line.send(7, fits)
    tap.expect(fits)
    ksft_eq(tap.saw(not_fits), False)
    ksft_eq(counted(line, before), {"down_long": 1, "up_long": 1})


def port_gone(env, tag):
    """A port that somebody deletes: its frames are counted, and it can be made anew."""
    line = env.line(tag)
    before = line.uplink.frames()
    text = tag.text(tag.channel(7))
    line.uplink.tool(f"port add up0 {text} vm7")
    ip("link del vm7", line.ns)
    line.send(7, make(line.mac[1], BROADCAST))
    wait_until(lambda: counted(line, before) == {"up_gone": 1}, what="it is counted")
    ksft_eq(line.uplink.status()["ports"][-1],
            {"channel": tag.channel(7), "port": None})
    ksft_in(f"channel {text} port gone", line.uplink.tool("status"))
    ksft_in("gone", fails(f"vane-bridge port add up0 {text} vm7", line.ns))
    line.uplink.tool(f"port del up0 {text}")
    line.uplink.add(tag.channel(7), "vm7", flood=False)
    defer(line.uplink.tool, f"port del up0 {text}")
    frame = make(line.mac[0], BROADCAST)
    line.send(7, frame)
    ksft_eq(line.got(frame), [line.flooded(frame, 7)])


def promiscuous(env):
    """An uplink receives frames for any address while it is attached, and is then as it
    was before."""
    ns = env.lines[ETag].ns

    def state():
        return "PROMISC" in ip_json("link show card0", ns)[0]["flags"]

    defer(ip, "link set card0 promisc off", ns)
    for before in (False, True):
        ip(f"link set card0 promisc {'on' if before else 'off'}", ns)
        cmd("vane-bridge attach card0 etag", ns)
        ksft_eq(state(), True)
        cmd("vane-bridge detach card0", ns)
        ksft_eq(state(), before)


def uplink_gone(env):
    """An uplink that goes: frames are counted, and its ports can be cleared away."""
    ns = env.lines[ETag].ns
    ip("link add up1 type veth peer name card1", ns)
    undo = defer(run, "ip link del up1", ns)
    ip("link set up1 up", ns)
    index = ip_json("link show up1", ns)[0]["ifindex"]
    cmd("vane-bridge attach up1 etag", ns)
    cmd("vane-bridge port add up1 77 vm77", ns)
    undo.exec()
    Sender(Port("vm77", ns, "vm77", 1)).send(make(NOWHERE, BROADCAST))

    def status():
        return cmd_json("vane-bridge -j status", ns)[1]

    wait_until(lambda: status()["frames"]["down_gone"] == 1, what="it is counted")
    ksft_eq((status()["uplink"], status()["gone"]), (str(index), True))
    ksft_in("gone", fails(f"vane-bridge port add {index} 78 vm78", ns))
    cmd(f"vane-bridge detach {index}", ns)
    ksft_eq([one["uplink"] for one in cmd_json("vane-bridge -j status", ns)], ["up0"])
    ksft_eq(run("ip link show vm77", ns).returncode, 1)


def world(ns):
    """All that a command could have changed."""
    with InNetns(ns):
        names = sorted(name for _, name in socket.if_nameindex())
    return (names, [(one["uplink"], one["ports"])
                    for one in cmd_json("vane-bridge -j status", ns)],
            [len(files) for _, _, files in os.walk("/sys/fs/bpf/vane-bridge")])


def table_full(env, tag):
    """As many ports as were asked for, and not one more."""
    line = env.line(tag)
    line.uplink.tool(f"list add up0 {tag.text(tag.group(5))} last")
    defer(line.uplink.tool, f"list del up0 {tag.text(tag.group(5))}")
    before = world(line.ns)
    for kind, target in (("port", tag.channel(5)), ("list", tag.group(6))):
        ksft_in(f"{CHANNELS + 2} ports",
                fails(f"vane-bridge {kind} add up0 {tag.text(target)} over", line.ns))
    ksft_eq(world(line.ns), before)


def refused(env, tag):
    """Each wrong argument has a message of its own, and changes nothing."""
    line = env.line(tag)
    most = hw.VANE_MAX_VIF if tag is VnTag else hw.VANE_MAX_ECID
    one, new = (tag.text(tag.channel(index)) for index in (0, 9))
    group = tag.text(tag.group(0))
    before = world(line.ns)
    for args, text in (
            ("attach up0 vntag", "attached already"),
            ("attach up0 etag", "attached already"),
            ("attach none0 vntag", "no interface none0"),
            ("attach lo vntag", "no Ethernet"), ("attach card0 qtag", "not 'qtag'"),
            ("attach card0 vntag ports 0", "not '0'"),
            ("attach card0 vntag ports 8192", "not '8192'"), ("attach card0", "usage"),
            ("detach card0", "not attached"), ("detach none0", "no interface none0"),
            ("detach 999", "not attached"), ("detach", "usage"),
            ("port add up0 0 vm9", "not '0'"), (f"port add up0 {most + 1} vm9", "1 to"),
            ("port add up0 -1 vm9", "not '-1'"), ("port add up0 1x vm9", "not '1x'"),
            (f"port add up0 {one} vm9", "has the port vm0"),
            (f"port add up0 {new} vm0", "interface vm0 already"),
            (f"port add up0 {new} a/b", "'a/b' cannot"),
            (f"port add up0 {new} vm%d", "cannot be"),
            (f"port add up0 {new} sixteen-letters-", "cannot be"),
            (f"port add card0 {new} vm9", "card0 is not attached"),
            (f"port del up0 {new}", "has no port"), (f"port add up0 {new}", "usage"),
            (f"list add up0 {group} list9", "has the port list0"),
            ("list add up0 9:1 list9", "9"), ("list del up0 1:2:3", "2:3"),
            ("list frobnicate", "usage"), ("frobnicate", "usage"), ("", "usage")):
        ksft_in(text, fails(f"vane-bridge {args}", line.ns), args)
    ksft_eq(world(line.ns), before)
    ksft_in("usage", cmd("vane-bridge --help"))


def fails_at(ns, command, call, number):
    """@command, whose system call @call number @number fails; did the command end well,
    and did it come as far as that call?"""
    result = run(f"strace -f --seccomp-bpf -o /tmp/trace -e trace={call} "
                 f"-e inject={call}:error=ENOMEM:when={number} {command}", ns)
    with open("/tmp/trace", encoding="ascii") as trace:
        return result.returncode == 0, "(INJECTED)" in trace.read()


def nothing_by_halves(env):
    """Whichever system call of a command fails, nothing of the command stays. A sample;
    with VANE_SWEEP=1 each of them."""
    ns = env.lines[ETag].ns
    sweep = os.environ.get("VANE_SWEEP")
    seed = os.environ.get("VANE_SEED") or str(random.randrange(1 << 32))
    ksft_pr(f"VANE_SEED={seed}")
    chance = random.Random(seed)
    for command, undo in (("attach card0 etag", "detach card0"),
                          ("port add up0 4097 vm9", "port del up0 4097")):
        before = world(ns)
        for call, step in (("bpf", 23), ("ioctl", 9), ("openat", 9), ("sendto", 2)):
            step = 1 if sweep else step
            calls = failed = 0
            number = chance.randint(1, step)
            while True:
                good, reached = fails_at(ns, f"vane-bridge {command}", call, number)
                if good:
                    cmd(f"vane-bridge {undo}", ns)
                ksft_eq(world(ns), before, f"{command}: {call} {number}")
                if not reached:
                    break
                calls += 1
                failed += not good
                number += step
            ksft_pr(f"{command}: {call} failed {calls} times, the command {failed}")


def behind_a_card(env, tag, vlans=""):
    """A card in @tag's mode, and the bridge at wire0: channels vm0 to vm3, one list."""
    vane = env.vane
    vanectl(vane, f"mode {{}} {tag.name}")
    defer(vanectl, vane, "mode {} veb")
    # Room for the tag of the longest frame
    vane.ext.set("mtu 9216")
    defer(vane.ext.set, "mtu 9000")
    uplink = Uplink(EXT, WIRE, tag, bridge_args=vlans)
    uplink.add(tag.group(0), "list0")
    for index in range(VFS):
        uplink.add(tag.channel(index), f"vm{index}", flood=False)
        vanectl(vane, f"channel set {{}} vf {index} {tag.channel(index)}")
        defer(vanectl, vane, f"channel del {{}} vf {index}")
    vanectl(vane, f"list set {{}} {tag.text(tag.group(0))} vf 0-{VFS - 1}")
    defer(vanectl, vane, f"list del {{}} {tag.text(tag.group(0))}")
    for port in vane.vfs:
        port.wait_carrier()
    host = Port("bridge", EXT, BRIDGE, 3)
    ip_batch([f"link set {BRIDGE} mtu 1500", f"addr add {host.ip4}/16 dev {BRIDGE}",
              f"addr del {vane.ext.ip4}/16 dev {WIRE}"], EXT)
    defer(vane.ext.up)
    return vane, uplink, host


def card_network(env, tag):
    """VFs and the bridge's host reach each other; a broadcast passes the uplink once
    and does not come back to its sender; TCP with all offloads, and no frame that is
    too long on the uplink; the largest frames."""
    vane, uplink, host = behind_a_card(env, tag)
    for port in vane.vfs:
        port.ping(vane.vfs[0] if port is not vane.vfs[0] else vane.vfs[1], count=1)
        host.ping(port, count=1)
    wire = Capture(vane.ext, outgoing=True)
    captures = [Capture(port) for port in vane.vfs]
    frame = make(vane.vfs[1], BROADCAST)
    Sender(vane.vfs[1]).send(frame)
    for index in (0, 2, 3):
        captures[index].expect(frame)
    mark = make(vane.vfs[0], vane.vfs[1])
    Sender(vane.vfs[0]).send(mark)
    captures[1].expect(mark)
    ksft_eq(captures[1].saw(frame), False, "back at its sender")
    ksft_eq([one for one in wire.take() if frame.data[14:] in one.data],
            [tag.up(frame, tag.channel(1)),
             tag.down(frame, tag.group(0), tag.channel(1))])

    wire = Capture(vane.ext, outgoing=True)
    for server, client in ((vane.vfs[0], vane.vfs[1]), (host, vane.vfs[2]),
                           (vane.vfs[3], host)):
        end = iperf(server, client, "-n 1M")
        # What is on its way when the sender has sent it all does not count.
        ksft_ge(end["sum_received"]["bytes"], 1 << 16)
    ksft_ge(len(wire.take()), 1000)
    ksft_le(max(len(frame.data) for frame in wire.frames), 1514 + hw.VANE_ETAG_SIZE)

    for port in vane.vfs[:2]:
        port.set("mtu 9000")
        defer(port.set, "mtu 1500")
    vane.vfs[0].ping(vane.vfs[1], args="-M do -s 8972")
    ksft_eq({name: count for name, count in uplink.frames().items()
             if count and name not in ("up", "down")}, {})


def card_tenants(env, tag):
    """Two tenants on one card: each reaches its own, and only that."""
    vane, uplink, _ = behind_a_card(env, tag, "vlan_filtering 1")
    uplink.add(tag.group(1), "list1")
    for index in range(VFS):
        uplink.vlans(f"vm{index}", f"{10 + index % 2} pvid untagged")
    for index in range(2):
        uplink.vlans(f"list{index}", f"{10 + index} pvid untagged")
        name = tag.text(tag.group(index))
        vanectl(vane, f"list set {{}} {name} vf {index},{index + 2}")
    defer(vanectl, vane, f"list del {{}} {tag.text(tag.group(1))}")
    for one, port in enumerate(vane.vfs):
        for two, other in enumerate(vane.vfs):
            if one == two:
                continue
            if one % 2 == two % 2:
                port.ping(other, count=1)
            else:
                ksft_eq(port.reaches(other, timeout=0.2), False, f"{one} to {two}")


CASES = [*each_tag(unicast), *each_tag(flooded), *each_tag(flooded_without_list),
         *each_tag(other_ports), *each_tag(vlan_tags), *each_tag(tenants),
         *each_tag(nftables), *each_tag(traffic_control), priorities, *each_tag(wrong),
         *each_tag(random_bytes), *each_tag(stray), *each_tag(too_long),
         *each_tag(port_gone), promiscuous, uplink_gone, *each_tag(table_full),
         *each_tag(refused)]
# Debian 13's tree has it, which is enough for what no kernel changes.
if shutil.which("strace"):
    CASES.append(nothing_by_halves)
CASES += [*each_tag(card_network), *each_tag(card_tenants)]

if __name__ == "__main__":
    ksft_main(CASES, Env)
