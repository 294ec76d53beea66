# SPDX-License-Identifier: GPL-2.0-only
"""Sections 9, 10, 11 and 16: counters, mailbox, the PF's commands, versions."""

import struct

import ether
import regs
from testbench import equal, stats_of, true
from messages import CAPS, NEGOTIATE_REQ, PORT, STATUS, channel_list

UNICAST, MULTICAST = ether.mac(0x77), b"\x01\x00\x5e\x01\x02\x03"


def _reaches(bench, dst):
    """Does a frame of VF 0 to that address reach VF 1?"""
    frame = ether.frame(dst, ether.mac(1))
    bench.vfs[0].tx.send(frame)
    bench.settle()
    bench.qtest.receive()
    return [one.frame for one in bench.vfs[1].rx.poll()] == [frame]


def negotiate(bench):
    """Sections 10 and 16: NEGOTIATE."""
    bench.begin()
    vf = bench.vfs[1]
    answer = bench.negotiate(vf)
    equal(answer[:4], (regs.ABI_MAJOR, regs.ABI_MINOR, CAPS, ether.mac(2)), "answer")
    status, body = bench.ask(vf, regs.MBOX_NEGOTIATE,
                             NEGOTIATE_REQ.pack(regs.ABI_MAJOR, 0, CAPS))
    equal((status, body[:4]), (regs.OK, struct.pack("<HH", regs.ABI_MAJOR, 0)),
          "the lower of both minor versions")
    equal(bench.ask(vf, regs.MBOX_NEGOTIATE, NEGOTIATE_REQ.pack(2, 0, CAPS))[0],
          regs.ERR_UNSUPPORTED, "another major version")
    equal(bench.ask(vf, regs.MBOX_NEGOTIATE, b"\1\0")[0], regs.ERR_LENGTH,
          "a short body")
    equal(bench.ask(vf, 99, bytes(4))[0], regs.ERR_UNSUPPORTED, "an unknown opcode")


def requests(bench):
    """Section 10: what a VF may ask for."""
    bench.begin()
    vf = bench.vfs[1]
    vf.take_causes()
    true(not _reaches(bench, UNICAST), "a foreign address")
    bench.ok(bench.filters(vf, regs.MBOX_FILTER_ADD, [UNICAST, MULTICAST]), "ADD")
    equal(vf.take_causes(), regs.EVENT_MBOX, "causes")
    true(_reaches(bench, UNICAST) and _reaches(bench, MULTICAST), "filters count")
    bench.ok(bench.filters(vf, regs.MBOX_FILTER_DEL, [UNICAST]), "FILTER_DEL")
    true(not _reaches(bench, UNICAST) and _reaches(bench, MULTICAST), "one is gone")
    bench.negotiate(vf)
    true(not _reaches(bench, MULTICAST), "NEGOTIATE clears filters")

    mode = struct.Struct("<II")
    bench.granted(vf, regs.MBOX_RX_MODE, mode.pack(regs.RX_MODE_VLAN_FILTER, 0))
    tagged = ether.tagged(ether.frame(ether.mac(2), ether.mac(1)), 300)
    with bench.counts(vf):
        bench.vfs[0].tx.send(tagged)
        bench.settle()
    bench.granted(vf, regs.MBOX_VLAN_ADD, struct.pack("<H6x", 300))
    bench.vfs[0].tx.send(tagged)
    equal(vf.receive(1)[0].frame, tagged, "a frame of a VLAN that was added")
    bench.granted(vf, regs.MBOX_VLAN_DEL, struct.pack("<H6x", 300))
    with bench.counts(vf):
        bench.vfs[0].tx.send(tagged)
        bench.settle()
    bench.qtest.receive()

    equal(bench.ask(vf, regs.MBOX_RX_MODE, mode.pack(regs.RX_MODE_PROMISC, 0))[0],
          regs.ERR_DENIED, "PROMISC without trust")
    bench.pf.trusted.add(1)
    bench.ok(bench.pf.port_set(1, flags=regs.PORT_FLAG_LINK | regs.PORT_FLAG_TRUST),
             "PORT_SET")
    bench.granted(vf, regs.MBOX_RX_MODE, mode.pack(regs.RX_MODE_PROMISC, 0))
    true(_reaches(bench, UNICAST), "a frame for PROMISC")


def own_mac(bench):
    """Sections 10 and 11: MAC_SET, own_mac and a reset."""
    bench.begin()
    vf = bench.vfs[1]
    bench.granted(vf, regs.MBOX_MAC_SET, UNICAST + bytes(2))
    true(_reaches(bench, UNICAST) and not _reaches(bench, ether.mac(2)), "a new MAC")
    equal(vf.read64(regs.REG_STATUS_MAC).to_bytes(8, "little")[:6], UNICAST,
          "STATUS_MAC")
    fields = bench.pf.port_get(1)[1]
    equal((fields[3], fields[-2]), (ether.mac(2), UNICAST), "both MACs of the port")
    vf.write(regs.REG_CTRL, regs.CTRL_RESET)
    equal(vf.read64(regs.REG_STATUS_MAC).to_bytes(8, "little")[:6], ether.mac(2),
          "STATUS_MAC after a reset")
    equal(bench.pf.port_get(1)[1][-2], bytes(6), "own_mac after a reset")
    equal(bench.pf.port_set(1, own_mac=MULTICAST), regs.ERR_INVALID, "a multicast MAC")


def refusals(bench):
    """Section 10: doorbells that are refused."""
    bench.begin()
    vf, pf = bench.vfs[0], bench.pf
    with bench.counts(vf, mbox_errors=4):
        with bench.mistaken():
            for length in (4, 7, 257):
                vf.write(regs.REG_MBOX_DB, length)
                equal(regs.get(regs.MBOX_STATE_ERROR, vf.read(regs.REG_MBOX_STATE)),
                      regs.ERROR_MSG, "error of a length")
        equal(vf.post(regs.MBOX_RX_MODE, bytes(8)), regs.ERROR_NONE, "a request")
        with bench.mistaken():
            vf.write(regs.REG_MBOX_DB, 16)
    equal(regs.get(regs.MBOX_STATE_ERROR, vf.read(regs.REG_MBOX_STATE)),
          regs.ERROR_BUSY, "error of a second request")
    bench.settle()
    pf.answer_all()
    bench.ok(vf.reply()[0], "the first request")
    with bench.mistaken():
        pf.write(regs.REG_MBOX_DB, 8)
    equal(regs.get(regs.MBOX_STATE_ERROR, pf.read(regs.REG_MBOX_STATE)),
          regs.ERROR_MSG, "the PF's mailbox")
    vf.write(regs.REG_CTRL, 0)
    with bench.mistaken():
        vf.write(regs.REG_MBOX_DB, 8)
    equal(regs.get(regs.MBOX_STATE_ERROR, vf.read(regs.REG_MBOX_STATE)),
          regs.ERROR_DISABLED, "the mailbox of a disabled function")


def held(bench):
    """Section 10: requests are held while the PF is not ready, and stale replies."""
    bench.begin()
    vf, pf = bench.vfs[0], bench.pf
    pf.write(regs.REG_PF_CTRL, 0)
    vf.post(regs.MBOX_RX_MODE, bytes(8))
    bench.settle()
    equal((vf.busy(), pf.next_slot()), (True, None), "a held request")
    pf.write(regs.REG_PF_CTRL, regs.PF_CTRL_READY)
    bench.settle()
    number, generation, message = pf.next_slot()
    equal((number, generation), (0, vf.read(regs.REG_GENERATION)), "its stamp")
    equal(pf.answer(0, generation - 1, message, regs.OK), regs.ERR_STALE,
          "a reply of another generation")
    true(vf.busy(), "it does nothing")
    equal(pf.answer(0, generation, message, regs.ERR_DENIED), regs.OK, "a reply")
    equal((vf.busy(), vf.reply()), (False, (regs.ERR_DENIED, b"")), "the reply")
    equal(pf.answer(0, generation, message, regs.OK), regs.ERR_STALE, "a second reply")
    # The VF is reset while its request is with the PF.
    vf.post(regs.MBOX_RX_MODE, bytes(8))
    bench.settle()
    number, generation, message = pf.next_slot()
    vf.write(regs.REG_CTRL, regs.CTRL_RESET)
    true(not vf.busy(), "a reset clears BUSY")
    equal(pf.answer(0, generation, message, regs.OK), regs.ERR_STALE,
          "a reply from before a reset")
    equal(vf.window(16), bytes(16), "the response window")


def disabled_rq(bench):
    """Section 10: what the RQ holds when it is disabled, and what comes then."""
    bench.begin()
    vf, other, pf = *bench.vfs[:2], bench.pf
    vf.post(regs.MBOX_RX_MODE, bytes(8))
    bench.settle()
    pf.write(regs.REG_PF_CTRL, 0)
    pf.write(regs.REG_RQ + regs.SLOTQ_CTRL, 0)
    other.write(regs.REG_CTRL, regs.CTRL_RESET)
    other.enable()
    other.post(regs.MBOX_RX_MODE, bytes(8))
    bench.settle()
    number, generation, message = pf.next_slot()
    equal(number, 0, "the sender of what the RQ held")
    equal(pf.next_slot(), None, "what came later")
    equal(pf.answer(0, generation, message, regs.ERR_DENIED), regs.OK, "a reply")
    equal((vf.busy(), vf.reply()), (False, (regs.ERR_DENIED, b"")), "the reply")
    pf.notices.clear()
    pf.write(regs.REG_SQ + regs.SLOTQ_CTRL, 0)
    pf.serve()
    bench.settle()
    number, generation, _ = pf.next_slot()
    stamp = other.read(regs.REG_GENERATION)
    equal((number, generation), (1, stamp), "the request that was held")
    equal([(of, when, bits & regs.NOTICE_RESET) for of, when, bits, *_ in pf.notices],
          [(1, stamp, regs.NOTICE_RESET)], "the notice before it")
    # A request that is read, and not answered, is not posted again
    pf.write(regs.REG_RQ + regs.SLOTQ_CTRL, 0)
    pf.write(regs.REG_SQ + regs.SLOTQ_CTRL, 0)
    pf.serve()
    bench.settle()
    equal((other.busy(), pf.next_slot()), (True, None), "a request without an answer")


def slot_rings(bench):
    """Section 10: RQ and SQ, more than once around."""
    bench.begin()
    for i in range(520):
        status, body = bench.ask(bench.vfs[i & 1], regs.MBOX_NEGOTIATE,
                                 NEGOTIATE_REQ.pack(1, 0, i))
        equal((status, len(body)), (regs.OK, 32), f"request {i}")
    with bench.mistaken():
        bench.pf.write(regs.REG_SQ + regs.SLOTQ_DB, bench.pf.sq.count + 65)
        bench.qtest.wait(lambda: bench.pf.sq.state() != regs.Q_STATE_ENABLED,
                         "an error of the SQ")
    equal(bench.pf.sq.state(), regs.put(regs.Q_STATE_ERROR, regs.ERROR_INDEX), "STATE")
    true(not bench.vfs[0].status() & regs.STATUS_PF_READY, "PF_READY falls")


def counters(bench):
    """Section 9: registers, STATS_GET, VF_STATS_READ."""
    bench.begin()
    vf, other = bench.vfs
    for dst in (ether.mac(2), MULTICAST, ether.BROADCAST):
        vf.tx.send(ether.frame(dst, ether.mac(1), 100))
    bench.from_wire(2)
    expected = {"tx_frames": 3, "tx_bytes": 300, "tx_multicast": 1, "tx_broadcast": 1}
    equal({name: n for name, n in vf.counters().items() if n}, expected, "of VF 0")
    equal({name: n for name, n in other.counters().items() if n},
          {"rx_frames": 2, "rx_bytes": 200, "rx_broadcast": 1}, "of VF 1")
    equal(bench.pf.stats_get(0), vf.counters(), "STATS_GET")
    count = len(regs.STATS)
    at = bench.machine.alloc(3 * count * 8, 8)
    bench.qtest.memory[at:at + 3 * count * 8] = b"\xff" * (3 * count * 8)
    read = struct.Struct("<HHHHQ")
    bench.ok(bench.pf.command(regs.CMD_VF_STATS_READ, read.pack(0, 3, count, 0, at))[0],
             "VF_STATS_READ")
    for vf_, record in ((vf, 0), (other, 1)):
        begin = at + record * count * 8
        equal(stats_of(bench.qtest.memory[begin:begin + count * 8]), vf_.counters(),
              "record")
    equal(bench.qtest.memory[at + 2 * count * 8:at + 3 * count * 8], bytes(count * 8),
          "record of a VF that is not enabled")
    for body, status in ((read.pack(0, 1, 65, 0, at), regs.ERR_RANGE),
                         (read.pack(255, 2, 1, 0, at), regs.ERR_RANGE),
                         (read.pack(0, 0, 1, 0, at), regs.ERR_INVALID),
                         (read.pack(0, 1, 1, 0, at + 4), regs.ERR_INVALID)):
        equal(bench.pf.command(regs.CMD_VF_STATS_READ, body)[0], status, "status")
    with bench.mistaken():
        equal(bench.pf.command(regs.CMD_VF_STATS_READ,
                               read.pack(0, 1, 1, 0, 1 << 50))[0],
              regs.ERR_INTERNAL, "status without memory")


def ports(bench):
    """Section 11: PORT_SET, PORT_GET, and what a VF gets of it."""
    bench.begin()
    pf, vf = bench.pf, bench.vfs[0]
    bench.ok(pf.port_set(0, mac=ether.mac(1), vlan=(0x88a8, 0x2064), channel=77,
                         flags=regs.PORT_FLAG_LINK, features=regs.FEAT_TX_CSUM,
                         queues=8, vectors=9, cookie=0x12345678, tx_max=1000,
                         tx_share=10, rate_group=3), "PORT_SET")
    status, fields = pf.port_get(0)
    bench.ok(status, "PORT_GET")
    equal((fields[0], *fields[3:]),
          (0, ether.mac(1), 0x2064, 0x88a8, 77, regs.PORT_FLAG_LINK,
           regs.FEAT_TX_CSUM, 8, 9, 0x12345678, 1000, 10, 3, bytes(6),
           regs.PRIO_MAP_DEFAULT), "PORT_GET")
    equal(vf.read64(regs.REG_FEATURES_PF_MASK), regs.FEAT_TX_CSUM, "FEATURES_PF_MASK")
    equal(vf.read(regs.REG_LIMIT_QUEUES), 4 << 16 | 4, "LIMIT_QUEUES before a reset")
    vf.config.flr()
    equal(vf.read(regs.REG_LIMIT_QUEUES), 8 << 16 | 8, "LIMIT_QUEUES after a reset")
    equal(vf.read(regs.REG_LIMIT_VECTORS), 9, "LIMIT_VECTORS after a reset")
    equal(vf.config.msix_size(), 9, "size of the MSI-X table")
    for port, wanted, error in (
            (300, {"channel": 0}, regs.ERR_NOT_FOUND),
            (0, {"vlan": (0x1234, 1)}, regs.ERR_INVALID),
            (0, {"mac": MULTICAST}, regs.ERR_INVALID),
            (0, {"channel": 1 << 20}, regs.ERR_RANGE),
            (1, {"channel": 77}, regs.ERR_EXISTS),
            (0, {"tx_max": regs.MAX_RATE + 1}, regs.ERR_RANGE),
            (0, {"tx_max": 10, "tx_share": 11}, regs.ERR_RANGE),
            (0, {"rate_group": 65}, regs.ERR_RANGE)):
        equal(pf.port_set(port, **wanted), error, f"status of {wanted}")
    bench.ok(pf.port_set(200, mac=ether.mac(201)), "PORT_SET before VF Enable")
    status, fields = pf.port_get(200)
    equal((status, fields[3]), (regs.OK, ether.mac(201)), "PORT_GET of such a VF")


def lists(bench):
    """Section 11: filters, lists of channels, trunk lists, rate groups, read back."""
    bench.begin()
    pf = bench.pf
    before = struct.unpack("<II", pf.command(regs.CMD_SWITCH_GET, b"")[1])
    bench.ok(pf.filter_add(regs.PORT_PF, [UNICAST, MULTICAST]), "FILTER_ADD")
    equal(struct.unpack("<II", pf.command(regs.CMD_SWITCH_GET, b"")[1]),
          (before[0], before[1] + 2), "SWITCH_GET")
    bench.ok(pf.order(regs.CMD_FILTER_CLEAR, "<H6x", regs.PORT_PF), "FILTER_CLEAR")
    members = b"\x03".ljust(32, b"\0")
    ids = (500, 0x100000, 0x3fffff)
    for number in ids:
        bench.ok(pf.command(regs.CMD_LIST_SET, channel_list(number, 1, members))[0],
                 "LIST_SET")
    for first, number in zip((1, 501, 0x100001), ids):
        equal(pf.command(regs.CMD_LIST_GET, channel_list(first)),
              (regs.OK, channel_list(number, 1, members)), "LIST_GET")
    equal(pf.command(regs.CMD_LIST_SET, channel_list(4096, 1))[0], regs.ERR_RANGE,
          "an id of no tag")
    for number in ids:
        bench.ok(pf.command(regs.CMD_LIST_SET, channel_list(number))[0], "delete")
    equal(pf.command(regs.CMD_LIST_GET, channel_list(1))[0], regs.ERR_NOT_FOUND,
          "no list")
    trunk = struct.Struct("<HH4x128s")
    vids = bytes(range(128))
    bench.ok(pf.command(regs.CMD_TRUNK_SET, trunk.pack(1, 2048, vids))[0], "TRUNK_SET")
    equal(pf.command(regs.CMD_TRUNK_GET, trunk.pack(1, 2048, b"")),
          (regs.OK, trunk.pack(1, 2048, vids)), "TRUNK_GET")
    equal(pf.command(regs.CMD_TRUNK_SET, trunk.pack(1, 5, vids))[0], regs.ERR_INVALID,
          "a part that begins elsewhere")
    equal(pf.command(regs.CMD_TRUNK_SET, trunk.pack(regs.PORT_PF, 0, vids))[0],
          regs.ERR_NOT_FOUND, "a trunk list of the PF")
    group = struct.Struct("<HHIII64s")
    name = b"gold".ljust(64, b"\0")
    gold = group.pack(3, 0, 2000, 100, 0, name)
    bench.ok(pf.command(regs.CMD_RATE_GROUP_SET, gold)[0], "RATE_GROUP_SET")
    equal(pf.command(regs.CMD_RATE_GROUP_GET, group.pack(3, 0, 0, 0, 0, b"")),
          (regs.OK, gold), "RATE_GROUP_GET")
    equal(pf.command(regs.CMD_RATE_GROUP_SET, group.pack(65, 0, 1, 0, 0, name))[0],
          regs.ERR_RANGE, "a group above the limit")


def commands(bench):
    """Section 11: what every command refuses; the PF's registers."""
    bench.begin()
    pf = bench.pf
    equal(pf.command(99, b"")[0], regs.ERR_UNSUPPORTED, "an unknown opcode")
    equal(pf.command(regs.CMD_PORT_SET, b"\0" * 8)[0], regs.ERR_LENGTH, "a short body")
    equal(pf.order(regs.CMD_STATS_GET, "<H6x", 7), regs.ERR_NOT_FOUND, "VF 7 of 2")
    equal(pf.switch(4), regs.ERR_UNSUPPORTED, "a mode that does not exist")
    equal(pf.command(regs.CMD_STATUS_SET,
                     STATUS.pack(0, 0, regs.EVENT_MBOX, 0, 0, 0, 0, b"", 0))[0],
          regs.ERR_INVALID, "a cause that the PF may not raise")
    body = PORT.pack(0, 0, 1 << 10, b"", *[0] * 11, b"", 0)
    equal(pf.command(regs.CMD_PORT_SET, body)[0], regs.ERR_INVALID,
          "an unknown bit of valid")
    equal(pf.read(regs.REG_LIMIT_FILTERS), 8192, "LIMIT_FILTERS")
    equal(pf.read(regs.REG_LIMIT_LISTS), 4096, "LIMIT_LISTS")
    equal(pf.read(regs.REG_LIMIT_RATE_GROUPS), 64, "LIMIT_RATE_GROUPS")
    pf.write(regs.REG_PORT_LED, 1)
    equal(pf.read(regs.REG_PORT_LED), 1, "PORT_LED")
    pf.write(regs.REG_PORT_LED, 0)


def link(bench):
    """Section 11: LINK_SET and LINK_GET."""
    bench.begin(vfs=0)
    pf = bench.pf
    state = struct.Struct("<IIIIIIII")
    status, body = pf.command(regs.CMD_LINK_GET, b"")
    bench.ok(status, "LINK_GET")
    found = state.unpack(body)
    equal(found[:3], (regs.LINK_AUTONEG | regs.LINK_PAUSE_AUTONEG, regs.SPEED_ALL,
                      regs.SPEED_ALL), "LINK_GET at first")
    equal(found[6], pf.read(regs.REG_PORT_SPEED), "speed")
    pf.take_causes()
    before = pf.port_stats()["link_down"]
    bench.ok(pf.order(regs.CMD_LINK_SET, "<II", regs.LINK_AUTONEG, regs.SPEED_ALL),
             "LINK_SET")
    bench.qtest.wait(lambda: pf.read(regs.REG_PORT_LINK) & regs.PORT_LINK_UP, "a link")
    true(pf.take_causes() & regs.EVENT_LINK, "EVENT_LINK")
    equal(pf.port_stats()["link_down"], before + 1, "links that were lost")
    for flags, speeds, error in ((0, 3, regs.ERR_INVALID), (0, 0, regs.ERR_INVALID),
                                 (regs.LINK_AUTONEG, 1 << 10, regs.ERR_RANGE)):
        equal(pf.order(regs.CMD_LINK_SET, "<II", flags, speeds), error,
              f"status of {flags}, {speeds}")


CASES = (negotiate, requests, own_mac, refusals, held, disabled_rq, slot_rings,
         counters, ports, lists, commands, link)
