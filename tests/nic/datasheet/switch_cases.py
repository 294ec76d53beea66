# SPDX-License-Identifier: GPL-2.0-only
"""Sections 12 and 13: the switch, its modes, rates, and reasons to drop a frame."""

import struct

import ether
import regs
from driver import Offload
from messages import channel_list
from testbench import equal, true
from regs import put

STRANGER = ether.mac(0x99)


def veb(bench):
    """Section 12: who gets a frame in VEB mode."""
    bench.begin(vfs=3)
    vf, other, third = bench.vfs
    frame = ether.frame(ether.mac(2), ether.mac(1))
    vf.tx.send(frame)
    equal([one.frame for one in other.receive(1)], [frame], "unicast to VF 1")
    frame = ether.frame(ether.BROADCAST, ether.mac(1))
    vf.tx.send(frame)
    for function in (other, third, bench.pf):
        equal([one.frame for one in function.receive(1)], [frame], "broadcast")
    equal(bench.from_wire(1), [frame], "broadcast at the uplink")
    frame = ether.frame(STRANGER, ether.mac(1))
    vf.tx.send(frame)
    equal(bench.from_wire(1), [frame], "a frame for nobody here")
    frame = ether.frame(ether.mac(3), STRANGER)
    bench.wire(frame)
    equal([one.frame for one in third.receive(1)], [frame], "a frame from the uplink")
    equal([vf.rx.poll(), other.rx.poll(), bench.qtest.receive()], [[], [], []],
          "other frames")


def port_vlan(bench):
    """Section 12: a port VLAN, of either kind."""
    bench.begin(vfs=3)
    vf, other, third = bench.vfs
    inner = ether.frame(ether.BROADCAST, ether.mac(1))
    for proto in (0x8100, 0x88a8):
        for index in range(2):
            bench.ok(bench.pf.port_set(index, vlan=(proto, 0x4064)), "PORT_SET")
        vf.tx.send(inner)
        equal([one.frame for one in other.receive(1)], [inner], "in the VLAN")
        outer = ether.tagged(inner, 0x4064, proto)
        equal(bench.from_wire(1), [outer], "at the uplink")
        equal([one.frame for one in third.receive(1)], [outer], "at another port")
        with bench.counts(other):
            third.tx.send(ether.frame(ether.mac(2), ether.mac(3)))
            bench.from_wire(1)
    bench.ok(bench.pf.port_set(0, vlan=(0x8100, 100)), "PORT_SET")
    with bench.counts(vf, tx_drop_vlan=1):
        vf.tx.send(ether.tagged(inner, 5))
    bench.ok(bench.pf.port_set(0, vlan=(0, 0)), "PORT_SET")


def trunk(bench):
    """Section 12: the trunk list."""
    bench.begin()
    vf = bench.vfs[0]
    flags = regs.PORT_FLAG_LINK | regs.PORT_FLAG_TRUNK
    bench.ok(bench.pf.port_set(0, flags=flags), "PORT_SET")
    frame = ether.frame(STRANGER, ether.mac(1))
    with bench.counts(vf, tx_drop_vlan=2):
        vf.tx.send(frame, ether.tagged(frame, 8))
    bench.ok(bench.pf.command(regs.CMD_TRUNK_SET, struct.pack(
        "<HH4x128s", 0, 0, b"\x00\x01"))[0], "TRUNK_SET")
    with bench.counts(vf, tx_drop_vlan=1, tx_frames=1, tx_bytes=64):
        vf.tx.send(frame, ether.tagged(frame, 8))
    equal(bench.from_wire(1), [ether.tagged(frame, 8)], "a frame of VLAN 8")
    to_vf = ether.frame(ether.mac(1), STRANGER)
    bench.wire(to_vf)
    bench.wire(ether.tagged(to_vf, 8))
    equal([one.frame for one in vf.receive(1)], [ether.tagged(to_vf, 8)], "received")


def senders(bench):
    """Sections 12 and 13: what a VF may not send, and which reason comes first."""
    bench.begin()
    vf, pf = bench.vfs[0], bench.pf
    mine = ether.mac(1)
    bridge = bytes.fromhex("0180c200000e")
    for reason, sent in (
            ("malformed", b"\1" * 13),
            ("oversize", ether.frame(STRANGER, mine, regs.MAX_FRAME + 1)),
            ("malformed", ether.tagged(ether.tagged(
                ether.frame(STRANGER, mine), 0), 0)),
            ("spoof", ether.frame(STRANGER, STRANGER)),
            ("spoof", ether.frame(STRANGER, b"\1" + mine[1:])),
            ("control", ether.frame(STRANGER, mine, kind=0x8808)),
            ("control", ether.frame(STRANGER, mine, kind=0x88cc)),
            ("control", ether.frame(bridge, mine))):
        with bench.counts(vf, **{f"tx_drop_{reason}": 1}):
            vf.tx.send(sent)
    flags = regs.PORT_FLAG_LINK | regs.PORT_FLAG_TRUST
    bench.ok(pf.port_set(0, flags=flags), "PORT_SET")
    with bench.counts(vf, tx_drop_control=1, tx_frames=2, tx_bytes=120):
        vf.tx.send(ether.frame(STRANGER, mine, kind=0x8808),
                   ether.frame(STRANGER, mine, kind=0x88cc),
                   ether.frame(STRANGER, STRANGER))
    bench.from_wire(2)
    bench.ok(pf.port_set(0, flags=regs.PORT_FLAG_SPOOFCHK), "PORT_SET")
    with bench.counts(vf, tx_drop_link=1):
        vf.tx.send(ether.frame(STRANGER, STRANGER))


def receivers(bench):
    """Section 13: reasons of a receiver."""
    bench.begin()
    vf, other = bench.vfs
    other.write(regs.REG_MAX_FRAME, 1000)
    exact = ether.frame(ether.mac(2), ether.mac(1), 1000)
    with bench.counts(other, rx_drop_oversize=1, rx_frames=1, rx_bytes=1000):
        vf.tx.send(exact, ether.frame(ether.mac(2), ether.mac(1), 1001))
    equal([one.frame for one in other.receive(1)], [exact], "the longest frame")
    bench.ok(bench.pf.status_set(1, ether.mac(2), max_frame=500), "STATUS_SET")
    with bench.counts(other, rx_drop_oversize=1):
        vf.tx.send(exact)
    other.rx.disable()
    with bench.counts(other, rx_drop_nobuf=1):
        vf.tx.send(exact)
    other.write(regs.REG_CTRL, 0)
    with bench.counts(other, rx_drop_nobuf=1):
        vf.tx.send(exact)


def vepa(bench):
    """Section 12: VEPA mode, and source pruning."""
    bench.begin()
    vf, other = bench.vfs
    bench.ok(bench.pf.switch(regs.SWITCH_VEPA), "SWITCH_SET")
    frame = ether.frame(ether.BROADCAST, ether.mac(1))
    vf.tx.send(frame)
    equal(bench.from_wire(1), [frame], "a frame at the uplink")
    equal(other.rx.poll(), [], "frames before the bridge reflects them")
    bench.wire(frame)
    equal([one.frame for one in other.receive(1)], [frame], "a reflected frame")
    equal(vf.rx.poll(), [], "a frame of its own")


def vntag(bench):
    """Section 12: VN-Tag mode, VIFs and lists."""
    bench.begin()
    vf, other = bench.vfs
    for index in range(2):
        bench.ok(bench.pf.port_set(index, channel=10 + index), "PORT_SET")
    bench.ok(bench.pf.command(regs.CMD_LIST_SET, channel_list(200, 0, b"\x03"))[0],
             "LIST_SET")
    bench.ok(bench.pf.switch(regs.SWITCH_VNTAG), "SWITCH_SET")
    frame = ether.frame(ether.mac(2), ether.mac(1))

    def on_wire(tag):
        return frame[:12] + struct.pack(">HI", regs.VNTAG_ETHERTYPE, tag) + frame[12:]

    vf.tx.send(frame)
    equal(bench.from_wire(1), [on_wire(put(regs.VNTAG_SVIF, 10))], "a frame sent")
    bench.wire(on_wire(regs.VNTAG_DIR | put(regs.VNTAG_DVIF, 11)))
    equal([one.frame for one in other.receive(1)], [frame], "a frame to a VIF")
    bench.wire(on_wire(regs.VNTAG_DIR | regs.VNTAG_PTR | regs.VNTAG_LOOPED
                       | put(regs.VNTAG_DVIF, 200) | put(regs.VNTAG_SVIF, 10)))
    equal([one.frame for one in other.receive(1)], [frame], "a frame to a list")
    before = bench.pf.port_stats()["rx_drop"]
    bench.wire(on_wire(put(regs.VNTAG_DVIF, 11)))
    bench.wire(frame)
    equal(bench.pf.port_stats()["rx_drop"], before + 2, "frames without VIF dropped")
    equal([vf.rx.poll(), other.rx.poll()], [[], []], "other frames")
    bench.ok(bench.pf.port_set(0, channel=0), "PORT_SET")
    with bench.counts(vf, tx_drop_link=1):
        vf.tx.send(frame)


def etag(bench):
    """Section 12: E-Tag mode, E-CIDs, lists, priorities, and what is dropped."""
    bench.begin()
    (vf, other), pf = bench.vfs, bench.pf
    channels = (0x12345, 0x54321)
    for index, channel in enumerate(channels):
        bench.ok(pf.port_set(index, channel=channel), "PORT_SET")
    bench.ok(pf.port_set(0, prio_map=0xfedc4a9876543213), "PORT_SET of prio_map")
    bench.ok(pf.command(regs.CMD_LIST_SET, channel_list(0x278cde, 0, b"\x03"))[0],
             "LIST_SET")
    bench.ok(pf.switch(regs.SWITCH_ETAG), "SWITCH_SET")
    frame = ether.frame(ether.mac(2), ether.mac(1))

    def on_wire(tag, inner=frame):
        return (inner[:12] + struct.pack(">HHI", regs.ETAG_ETHERTYPE, tag >> 32,
                                         tag & 0xffffffff) + inner[12:])

    up = put(regs.ETAG_ECID, 0x345) | put(regs.ETAG_ECID_EXT, 0x12)
    tagged = frame[:12] + b"\x81\0\xb0\x64" + frame[12:]
    vf.tx.send(frame)
    vf.tx.send(tagged)
    equal(bench.from_wire(2), [
        on_wire(put(regs.ETAG_PCP, 1) | regs.ETAG_DEI | up),
        on_wire(put(regs.ETAG_PCP, 2) | up, tagged)], "frames sent")
    down = put(regs.ETAG_ECID, 0x321) | put(regs.ETAG_ECID_EXT, 0x54)
    bench.wire(on_wire(down | put(regs.ETAG_PCP, 7)))
    equal([one.frame for one in other.receive(1)], [frame], "a frame to an E-CID")
    to_list = (put(regs.ETAG_GRP, 2) | put(regs.ETAG_ECID, 0xcde)
               | put(regs.ETAG_ECID_EXT, 0x78))
    bench.wire(on_wire(to_list | put(regs.ETAG_INGRESS, 0x345)
                       | put(regs.ETAG_INGRESS_EXT, 0x12)))
    equal([one.frame for one in other.receive(1)], [frame], "a frame to a list")
    before = pf.tag_stats()
    bench.wire(frame)
    bench.wire(on_wire(down)[:21])
    bench.wire(on_wire(down | put(regs.ETAG_RSVD, 1)))
    bench.wire(on_wire(down, on_wire(down)))
    bench.wire(on_wire(up ^ 1))
    equal({name: n - before[name] for name, n in pf.tag_stats().items()},
          {"rx_none": 1, "rx_truncated": 1, "rx_direction": 0, "rx_version": 0,
           "rx_reserved": 1, "rx_nested": 1, "rx_unknown": 1}, "frames dropped")
    equal([vf.rx.poll(), other.rx.poll()], [[], []], "other frames")
    with bench.counts(vf, tx_drop_spoof=2):
        vf.tx.send(on_wire(up))
        vf.tx.send(on_wire(up, tagged)[:22])


def granted(bench):
    """Section 12: channels granted to a VF, by extension and by tag."""
    bench.begin()
    (vf, other), pf = bench.vfs, bench.pf
    for index in range(2):
        bench.ok(pf.port_set(index, channel=10 + index), "PORT_SET")
    bench.ok(pf.grant(0, 0x321), "CHANNEL_SET")
    bench.ok(pf.grant(1, 0x54321), "CHANNEL_SET")
    equal(pf.grant(1, 0x321), regs.ERR_EXISTS, "a channel of another VF")
    equal(pf.port_set(1, channel=0x321), regs.ERR_EXISTS, "the same for a port")
    equal([pf.granted(n) for n in (1, 0x322, 0x54322)],
          [(0, 0x321), (1, 0x54321), None], "CHANNEL_GET")
    frame = ether.frame(ether.mac(2), ether.mac(1))
    to_vf = ether.frame(ether.mac(1), STRANGER)
    trust = regs.PORT_FLAG_LINK | regs.PORT_FLAG_SPOOFCHK | regs.PORT_FLAG_TRUST

    def tagged(inner, down=False):
        if mode == regs.SWITCH_VNTAG:
            word = (regs.VNTAG_DIR | put(regs.VNTAG_DVIF, 0x321) if down
                    else put(regs.VNTAG_SVIF, 0x321))
            return (inner[:12] + struct.pack(">HI", regs.VNTAG_ETHERTYPE, word)
                    + inner[12:])
        return (inner[:12] + struct.pack(">HHHH", regs.ETAG_ETHERTYPE, 0, 0x321, 0)
                + inner[12:])

    for mode in (regs.SWITCH_VNTAG, regs.SWITCH_ETAG):
        bench.ok(pf.switch(mode), "SWITCH_SET")
        bench.ok(pf.port_set(0, flags=trust & ~regs.PORT_FLAG_TRUST), "PORT_SET")
        with bench.counts(vf, tx_drop_spoof=2):
            vf.tx.send(frame, offload=Offload(channel=0x321))
            vf.tx.send(tagged(frame))
        before = pf.tag_stats()["rx_unknown"]
        bench.wire(tagged(to_vf, True))
        equal(pf.tag_stats()["rx_unknown"], before + 1, "frames without trust")
        bench.ok(pf.port_set(0, flags=trust), "PORT_SET")
        with bench.counts(vf, tx_frames=2, tx_bytes=120):
            vf.tx.send(frame, offload=Offload(channel=0x321))
            vf.tx.send(tagged(frame))
        equal(bench.from_wire(2), [tagged(frame)] * 2, "frames sent")
        with bench.counts(vf, tx_drop_spoof=4):
            vf.tx.send(frame, offload=Offload(channel=0x54321))
            vf.tx.send(frame, offload=Offload(channel=10))
            vf.tx.send(tagged(frame), offload=Offload(channel=0x321))
            vf.tx.send(tagged(tagged(frame)))
        bench.wire(tagged(to_vf, True))
        equal([(one.frame, one.channel) for one in vf.receive(1)],
              [(to_vf, 0x321)], "a frame received")
    with bench.counts(other, tx_drop_spoof=1):
        other.tx.send(tagged(ether.frame(ether.mac(1), ether.mac(2))))
    bench.ok(pf.grant(0, 0x321, 0), "CHANNEL_SET")
    equal(pf.granted(1), (1, 0x54321), "what is left")
    # A driver that does not look at the completion
    bench.ok(pf.grant(0, 0x321), "CHANNEL_SET")
    vf.enable(unwanted=regs.FEAT_RX_CHANNEL)
    equal((vf.tx.restart(), vf.rx.restart()), (0, 0), "the queues again")
    bench.wire(tagged(to_vf, True))
    bench.qtest.wait(lambda: vf.read(regs.stat(9)) == 3, "a frame")
    bench.settle()
    equal([(one.frame, one.channel) for one in vf.rx.poll()],
          [(tagged(to_vf, True), 0)], "a frame with its tag")


def rate(bench):
    """Section 12: a maximum of a port, and of a group."""
    bench.begin()
    vf, pf = bench.vfs[0], bench.pf
    frames = [ether.frame(ether.mac(2), ether.mac(1), 9000)] * 60
    wait_us = (60 * 9024 - (128 << 10)) * 8 // 100
    bench.ok(pf.command(regs.CMD_RATE_GROUP_SET, struct.pack(
        "<HHIII64s", 1, 0, 100, 0, 0, b""))[0], "RATE_GROUP_SET")
    for fields in ({"tx_max": 100}, {"tx_max": 0, "rate_group": 1}):
        bench.ok(pf.port_set(0, **fields), "PORT_SET")
        bench.pass_time(100_000)
        for frame in frames:
            vf.tx.fill(frame)
        with bench.counts(vf, tx_frames=60, tx_bytes=60 * 9000):
            vf.tx.doorbell()
            for _ in range(9):
                bench.pass_time(wait_us // 10)
            true(not vf.tx.done(), "frames wait")
            for _ in range(3):
                bench.pass_time(wait_us // 10)
            true(vf.tx.done(), "frames are sent")


def port_counters(bench):
    """Section 9: counters of the port; section 13: lengths on the wire."""
    bench.begin()
    vf, pf = bench.vfs[0], bench.pf
    before = pf.port_stats()
    bench.wire(ether.frame(ether.mac(1), STRANGER, 100))
    equal(len(vf.receive(1)), 1, "frames")
    bench.wire(ether.frame(STRANGER, STRANGER, 200))
    bench.wire(ether.frame(ether.mac(1), STRANGER, 9035))
    vf.tx.send(ether.frame(STRANGER, ether.mac(1), 70))
    bench.from_wire(1)
    after = pf.port_stats()
    equal({name: after[name] - n for name, n in before.items()
           if after[name] != n and "size_" not in name},
          {"rx_frames": 2, "rx_bytes": 300, "rx_drop": 2, "rx_oversize": 1,
           "tx_frames": 1, "tx_bytes": 70}, "counters of the port")


def pause(bench):
    """Section 11: pause frames stop the uplink, and reach nobody."""
    bench.begin()
    vf, pf = bench.vfs[0], bench.pf
    bench.ok(pf.order(regs.CMD_LINK_SET, "<II", regs.LINK_AUTONEG | regs.LINK_RX_PAUSE,
                      regs.SPEED_ALL), "LINK_SET")
    bench.qtest.wait(lambda: pf.read(regs.REG_PORT_LINK) & regs.PORT_LINK_UP, "a link")
    before = pf.port_stats()["rx_pause"]
    pause_us = 0xffff * 512 // pf.read(regs.REG_PORT_SPEED)
    frame = bytes.fromhex("0180c2000001") + STRANGER + bytes.fromhex("88080001ffff")
    bench.qtest.send(frame.ljust(60, b"\0"))
    bench.qtest.wait(lambda: pf.port_stats()["rx_pause"] == before + 1, "a pause frame")
    vf.tx.fill(ether.frame(STRANGER, ether.mac(1)))
    vf.tx.doorbell()
    bench.pass_time(pause_us // 4)
    equal(bench.qtest.receive(), [], "frames during a pause")
    bench.pass_time(pause_us)
    equal(len(bench.from_wire(1)), 1, "frames after it")
    equal([one for function in (vf, pf) for one in function.rx.poll()], [],
          "frames of functions")


CASES = (veb, port_vlan, trunk, senders, receivers, vepa, vntag, etag, granted, rate,
         port_counters, pause)
