# SPDX-License-Identifier: GPL-2.0-only
"""Sections 6, 7, 8 and 15: transmission, reception, RSS, rules, errors of queues."""

import struct

import ether
import regs
from testbench import equal, true
from driver import Offload, RxQueue
from ether import ACK, CWR, FIN, PSH
from regs import put

V4 = ("192.0.2.1", "192.0.2.2")
V6 = ("2001:db8::1", "2001:db8::2")
ETH = 14
# The example of Microsoft's RSS specification: key, source, destination, ports, and
# the hash over addresses and with ports.
KEY = bytes.fromhex("6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c"
                    "6a42b73bbeac01fa")
HASHES = (("66.9.149.187", "161.142.100.80", (2794, 1766), 0x323e8fc2, 0x51ccc178),
          ("3ffe:2501:200:1fff::7", "3ffe:2501:200:3::1", (2794, 1766), 0x2cc18cd5,
           0x40207d3d))


def to_vf1(payload):
    """A frame from VF 0 to VF 1; the payload begins with the EtherType."""
    return ether.mac(2) + ether.mac(1) + payload


def udp_frame(addresses, data, ports=(1000, 2000)):
    return to_vf1(ether.ip(*addresses, ether.UDP,
                            ether.udp(*addresses, *ports, data)))


def tcp_frame(addresses, data, seq=1, flags=ACK, ident=0, ports=(1000, 2000)):
    return to_vf1(ether.ip(*addresses, ether.TCP,
                            ether.tcp(*addresses, ports, seq, flags, data), ident))


def frames(bench):
    """Sections 6 and 7: frames of many lengths, in one descriptor and in many."""
    bench.begin()
    vf, other = bench.vfs
    lengths = (regs.MIN_FRAME, 15, 60, 1514, 2048, 2049, regs.MAX_FRAME)
    sent = [ether.frame(ether.mac(2), ether.mac(1), length) for length in lengths]
    with (bench.counts(vf, tx_frames=7, tx_bytes=sum(lengths)),
          bench.counts(other, rx_frames=7, rx_bytes=sum(lengths))):
        vf.tx.send(*sent)
        got = other.receive(7)
    equal([one.frame for one in got], sent, "frames")
    equal([len(one.ids) for one in got], [1, 1, 1, 1, 1, 2, 5], "buffers of each")
    equal(got[-1].ids, [0x8000 + i for i in range(7, 12)], "ids of buffers")
    vf.tx.send(sent[-1], parts=regs.TX_MAX_DESC)
    equal(other.receive(1)[0].frame, sent[-1], "a frame of many descriptors")


def wrap(bench):
    """Sections 6 and 7: phases and indices, several times around each ring."""
    bench.begin(cpl32=True, buf_len=256)
    vf, other = bench.vfs
    for i in range(60):
        sent = [ether.frame(ether.mac(2), ether.mac(1), 60 + i + j)
                for j in range(5)]
        vf.tx.send(*sent)
        equal([one.frame for one in other.receive(5)], sent, f"frames of round {i}")


def checksum(bench):
    """Section 6: CSUM, and section 7: RX_CSUM."""
    bench.begin()
    vf, other = bench.vfs
    for addresses, start in ((V4, ETH + 20), (V6, ETH + 40)):
        for data in (bytes(range(101)), b"\x12"):
            whole = udp_frame(addresses, data)
            pseudo = ether.pseudo(*addresses, ether.UDP, 8 + len(data))
            asked = whole[:start + 6] + struct.pack(">H", pseudo) + whole[start + 8:]
            vf.tx.send(asked, offload=Offload(csum=(start, 6)))
            got = other.receive(1)[0]
            equal(got.frame, whole, "a frame with its checksum")
            true(got.info & regs.RXC_CSUM_OK, "CSUM_OK")
            with bench.counts(other, rx_frames=1, rx_bytes=len(whole), rx_csum_bad=1):
                vf.tx.send(asked)
                got = other.receive(1)[0]
            equal(got.info & (regs.RXC_CSUM_OK | regs.RXC_CSUM_BAD), regs.RXC_CSUM_BAD,
                  "flags of a wrong checksum")
    with bench.counts(vf, tx_drop_malformed=1):
        vf.tx.send(ether.frame(ether.mac(2), ether.mac(1), 60),
                   offload=Offload(csum=(50, 10)))
    # Zero is stored as all ones.
    vf.tx.send(to_vf1(b"\x88\xb5" + b"\xff" * 4), offload=Offload(csum=(16, 0)))
    equal(other.receive(1)[0].frame[16:18], b"\xff\xff", "a sum of 0")


def vlan(bench):
    """Sections 6 and 7: a tag inserted, and stripped."""
    bench.begin()
    vf, other = bench.vfs
    frame = udp_frame(V4, b"in a VLAN")
    vf.tx.send(frame, offload=Offload(tci=0xa123))
    got = other.receive(1)[0]
    equal((got.frame, got.tci), (ether.tagged(frame, 0xa123), None), "a tagged frame")
    other.rx.option(regs.RXQ_OPT_VLAN_STRIP)
    vf.tx.send(ether.tagged(frame, 0xa123))
    got = other.receive(1)[0]
    equal((got.frame, got.tci), (frame, 0xa123), "a stripped frame")
    start = ETH + 20
    pseudo = ether.pseudo(*V4, ether.UDP, 17)
    asked = frame[:start + 6] + struct.pack(">H", pseudo) + frame[start + 8:]
    vf.tx.send(asked, offload=Offload(tci=5, csum=(start, 6)))
    got = other.receive(1)[0]
    equal((got.frame, got.tci), (frame, 5), "a stripped frame with a checksum")
    vf.tx.send(ether.tagged(frame, 5, 0x88a8))
    got = other.receive(1)[0]
    equal((got.frame, got.tci), (ether.tagged(frame, 5, 0x88a8), None), "an S-tag")


def _tso_frame(addresses, data, ident):
    """As memory has it: no sums, and a length that does not count."""
    whole = tcp_frame(addresses, data, 7000, ACK | PSH | FIN | CWR, ident)
    at = ETH + (20 if addresses is V4 else 40)
    return whole[:at + 16] + bytes(2) + whole[at + 18:], at + 20


def _segments(addresses, data, mss, ident):
    result = []
    for at in range(0, len(data), mss):
        flags = ACK | (at == 0) * CWR | (at + mss >= len(data)) * (PSH | FIN)
        result.append(tcp_frame(addresses, data[at:at + mss], 7000 + at, flags,
                                ident + at // mss))
    return result


def tso(bench):
    """Section 6: TSO, by IPv4 and IPv6, with and without a tag."""
    bench.begin()
    vf, other = bench.vfs
    data = bytes(i * 3 & 0xff for i in range(3100))
    for addresses in (V4, V6):
        asked, headers = _tso_frame(addresses, data, 0x4000)
        segments = _segments(addresses, data, 1000, 0x4000)
        size = sum(len(segment) for segment in segments)
        with (bench.counts(vf, tx_frames=4, tx_bytes=size),
              bench.counts(other, rx_frames=4, rx_bytes=size)):
            vf.tx.send(asked, offload=Offload(tso=(1000, headers)), parts=3)
            got = other.receive(4)
        equal([one.frame for one in got], segments, "segments")
        true(all(one.info & regs.RXC_CSUM_OK for one in got), "CSUM_OK of segments")
        vf.tx.send(asked, offload=Offload(tci=9, tso=(1000, headers)))
        equal([one.frame for one in other.receive(4)],
              [ether.tagged(segment, 9) for segment in segments], "tagged segments")
    largest, headers = _tso_frame(V4, bytes(65536 - 54), 0)
    with bench.counts(vf, tx_frames=8, tx_bytes=65536 + 7 * 54):
        vf.tx.send(largest, offload=Offload(tso=(8900, headers)))
    equal(len(other.receive(8)), 8, "segments of the largest frame")
    asked, headers = _tso_frame(V4, data, 0)
    for offload in ((63, headers), (1000, headers - 1)):
        with bench.counts(vf, tx_drop_malformed=1):
            vf.tx.send(asked, offload=Offload(tso=offload))
    with bench.counts(vf, tx_drop_oversize=2):
        vf.tx.send(_tso_frame(V4, bytes(20000), 0)[0],
                   offload=Offload(tso=(10000, headers)))


def gro(bench):
    """Section 7: a TSO frame that arrives whole."""
    bench.begin(cpl32=True)
    vf, other = bench.vfs
    other.rx.option(regs.RXQ_OPT_GRO)
    data = bytes(i * 5 & 0xff for i in range(3100))
    for addresses in (V4, V6):
        asked, headers = _tso_frame(addresses, data, 0x4000)
        size = len(asked) + 3 * headers
        with bench.counts(other, rx_frames=4, rx_bytes=size, rx_gro_frames=1):
            vf.tx.send(asked, offload=Offload(tso=(1000, headers)))
            got = other.receive(1)[0]
        pseudo = ether.pseudo(*addresses, ether.TCP, 20 + len(data))
        at = headers - 4
        expected = asked[:at] + struct.pack(">H", pseudo) + asked[at + 2:]
        equal(got.frame, expected, "a coalesced frame")
        equal(got.info & (regs.RXC_GRO | regs.RXC_CSUM_OK | regs.RXC_CSUM_BAD),
              regs.RXC_GRO, "its flags")
        equal(got.gso, put(regs.RXC_GSO_SIZE, 1000) | put(regs.RXC_GSO_SEGS, 4)
              | put(regs.RXC_GSO_HDR_LEN, headers)
              | (addresses is V6) * regs.RXC_GSO_IPV6 | regs.RXC_GSO_ECN, "gso")


def shadow(bench):
    """Sections 6 and 7: shadow doorbells, by interrupts."""
    bench.begin(shadow=True)
    vf, other = bench.vfs
    for i in range(300):
        sent = [ether.frame(ether.mac(2), ether.mac(1), 60 + (i + j) % 90)
                for j in range(i % 11 + 1)]
        vf.tx.send(*sent)
        equal([one.frame for one in other.receive(len(sent))], sent,
              f"frames of round {i}")
    equal(vf.tx.error() | other.rx.error(), 0, "errors")
    true(other.rx.bells < 300, "a driver that posts in time rings few doorbells")


def deferred(bench):
    """Section 6: the event count of a few frames is stored late, but is stored."""
    bench.begin(shadow=True)
    vf = bench.vfs[0]
    vector = vf.vectors[1]
    bench.pass_time(1000)
    seen = vector.events()
    vector.arm(seen)
    vf.tx.fill(ether.frame(ether.mac(2), ether.mac(1)))
    vf.tx.doorbell()
    bench.within(20, vf.tx.done, "the head is stored at once")
    bench.pass_time(70)
    equal(vector.events(), seen, "event count before 100 us")
    bench.within(50, lambda: vector.events() > seen, "the count is stored")
    bench.within(20, vector.fired, "and an armed vector fires")
    seen = vector.events()
    for _ in range(8):
        vf.tx.fill(ether.frame(ether.mac(2), ether.mac(1)))
    vf.tx.doorbell()
    bench.within(50, lambda: vector.events() > seen, "that of 8 frames at once")


def no_buffers(bench):
    """Section 7: buffers, then completions, do not suffice."""
    bench.begin(buf_len=256)
    vf, other = bench.vfs
    small = ether.frame(ether.mac(2), ether.mac(1), 60)
    large = ether.frame(ether.mac(2), ether.mac(1), 1000)
    vf.tx.send(*[small] * 62)
    bench.settle()
    with bench.counts(other, rx_drop_nobuf=1):
        vf.tx.send(large)
        bench.settle()
    with bench.counts(other, rx_frames=2, rx_bytes=120, rx_drop_nobuf=1):
        vf.tx.send(*[small] * 3)
        bench.settle()
    got = other.rx.poll(post=False)
    equal([one.frame for one in got], [small] * 64, "frames that fitted")
    # New buffers, but no completion given back
    read, other.rx.cpl = other.rx.cpl, 0
    other.rx.post(64)
    with bench.counts(other, rx_drop_stall=1):
        vf.tx.send(small)
        bench.settle()
    other.rx.cpl = read
    other.rx.doorbell()
    vf.tx.send(large)
    equal(other.receive(1)[0].frame, large, "a frame after that")


def _set(queue, reg, value):
    if reg <= regs.TXQ_SHADOW:
        queue.set64(reg, value)
    else:
        queue.set(reg, value)


def enable_errors(bench):
    """Sections 6 and 7: what a queue refuses."""
    bench.begin()
    vf = bench.vfs[0]
    base, odd = vf.tx.ring, vf.tx.ring + 32
    for reg, bad, good, error in (
            (regs.TXQ_SIZE, 5, 6, regs.ERROR_SIZE),
            (regs.TXQ_SIZE, 13, 6, regs.ERROR_SIZE),
            (regs.TXQ_BASE, odd, base, regs.ERROR_ALIGN),
            (regs.TXQ_BASE, (1 << 52) - 64, base, regs.ERROR_ALIGN),
            (regs.TXQ_HEAD_ADDR, 0, vf.tx.head, regs.ERROR_ALIGN),
            (regs.TXQ_SHADOW, 4, 0, regs.ERROR_ALIGN),
            (regs.TXQ_VECTOR, regs.VF_VECTORS, 1, regs.ERROR_VECTOR)):
        vf.tx.disable()
        _set(vf.tx, reg, bad)
        with bench.mistaken():
            equal(vf.tx.enable(), error, f"register {reg:#x} = {bad:#x}")
        vf.tx.disable()
        _set(vf.tx, reg, good)
        equal(vf.tx.restart(), 0, f"register {reg:#x} = {good:#x}")
    for reg, bad, good in ((regs.RXQ_CPL_SIZE, 5, 6), (regs.RXQ_BUF_LEN, 240, 2048),
                           (regs.RXQ_BUF_LEN, 264, 2048)):
        vf.rx.disable()
        vf.rx.set(reg, bad)
        with bench.mistaken():
            equal(vf.rx.enable(), regs.ERROR_SIZE, f"register {reg:#x} = {bad:#x}")
        vf.rx.disable()
        vf.rx.set(reg, good)
        equal(vf.rx.restart(), 0, f"register {reg:#x} = {good:#x}")
    vf.write(regs.REG_CTRL, 0)
    with bench.mistaken():
        equal(vf.tx.enable(), regs.ERROR_DISABLED, "a queue of a disabled function")


def _descriptors(vf):
    """Descriptors that break a rule: name, error, and what fills them in."""
    tx = vf.tx
    at = tx.arena
    eop = regs.TXD_EOP | at
    plain = put(regs.TXD_LEN, 60)
    return (
        ("a reserved bit", regs.ERROR_RESERVED, [(eop | 1 << 55, plain)]),
        ("a TCI without VLAN", regs.ERROR_RESERVED,
         [(eop, plain | put(regs.TXD_TCI, 1))]),
        ("a flag in the second", regs.ERROR_RESERVED,
         [(at, plain), (eop | regs.TXD_VLAN, plain)]),
        ("CSUM and TSO", regs.ERROR_RESERVED,
         [(eop | regs.TXD_CSUM | regs.TXD_TSO, plain)]),
        ("an extension with an address", regs.ERROR_RESERVED,
         [(at | regs.TXD_EXT, 5), (eop, plain)]),
        ("an extension that ends", regs.ERROR_RESERVED,
         [(regs.TXD_EOP | regs.TXD_EXT, 5)]),
        ("an extension with too long a channel", regs.ERROR_RESERVED,
         [(regs.TXD_EXT, 1 << 24), (eop, plain)]),
        ("two extensions", regs.ERROR_RESERVED,
         [(regs.TXD_EXT, 5), (regs.TXD_EXT, 5), (eop, plain)]),
        ("an extension alone", regs.ERROR_CHAIN, [(regs.TXD_EXT, 5)]),
        ("an extension and 48 descriptors", regs.ERROR_CHAIN,
         [(regs.TXD_EXT, 5)] + [(at, plain)] * 47 + [(eop, plain)]),
        ("no end", regs.ERROR_CHAIN, [(at, plain)]),
        ("49 descriptors", regs.ERROR_CHAIN, [(at, plain)] * 48 + [(eop, plain)]),
        ("long headers", regs.ERROR_LENGTH,
         [(eop | regs.TXD_TSO, plain | put(regs.TXD_MSS, 100)
           | put(regs.TXD_HDR_LEN, 61))]),
        ("a long TSO frame", regs.ERROR_LENGTH,
         [(at | regs.TXD_TSO, put(regs.TXD_LEN, 0) | put(regs.TXD_MSS, 1000)
           | put(regs.TXD_HDR_LEN, 54)), (eop, plain)]),
        ("no memory", regs.ERROR_DMA, [(regs.TXD_EOP | 1 << 50, plain)]))


def transmit_errors(bench):
    """Sections 6 and 15: rules that are broken stop the queue, and it only."""
    bench.begin()
    vf, other = bench.vfs
    for name, error, words in _descriptors(vf):
        vf.take_causes()
        before = vf.counters()["queue_errors"]
        for addr, ctrl in words:
            vf.tx.descriptor(addr, ctrl)
        with bench.mistaken():
            vf.tx.doorbell()
            equal(vf.tx.wait_error(), error, name)
        equal(vf.counters()["queue_errors"], before + 1, "QUEUE_ERRORS")
        true(vf.take_causes() & regs.EVENT_QUEUE, "EVENT_QUEUE")
        equal([notice[2:] for notice in bench.notices()],
              [(regs.NOTICE_QUEUE_ERROR, error, regs.RQ_QUEUE_TX)], "notices")
        equal(vf.tx.restart(), 0, "the queue again")
    vf.tx.tail = vf.tx.size + 1
    with bench.mistaken():
        vf.tx.doorbell()
        equal(vf.tx.wait_error(), regs.ERROR_INDEX, "an index ahead of the ring")
    equal(vf.tx.restart(), 0, "the queue again")
    frame = ether.frame(ether.mac(2), ether.mac(1))
    vf.tx.send(frame)
    equal(other.receive(1)[0].frame, frame, "a frame after that")


def receive_errors(bench):
    """Sections 7 and 15: bad indices, and a buffer where no memory is."""
    bench.begin()
    vf, other = bench.vfs
    frame = ether.frame(ether.mac(2), ether.mac(1))
    for word, what in ((put(regs.DB_RX_TAIL, 65), "a tail ahead of the ring"),
                       (put(regs.DB_RX_TAIL, 64) | put(regs.DB_RX_CPL_HEAD, 1),
                        "a completion that is not written")):
        with bench.mistaken():
            other.write(regs.db_rxq(0), word)
            equal(other.rx.wait_error(), regs.ERROR_INDEX, what)
        equal(other.rx.restart(), 0, "the queue again")
    bench.qtest.set("<Q", other.rx.bufs, put(regs.RXB_ADDR, 1 << 40))
    with bench.mistaken():
        vf.tx.send(frame)
        equal(other.rx.wait_error(), regs.ERROR_DMA, "a buffer where no memory is")
    with bench.counts(other, rx_drop_nobuf=1):
        vf.tx.send(frame)
    equal(other.rx.restart(), 0, "the queue again")
    vf.tx.send(frame)
    equal(other.receive(1)[0].frame, frame, "a frame after that")


def _set_bytes(function, reg, data):
    for i, word in enumerate(struct.unpack(f"<{len(data) // 4}I", data)):
        function.write(reg + i * 4, word)


def _second_queue(function):
    queue = RxQueue(function, number=1, vector=1)
    equal(queue.start(), 0, "queue 1")
    return queue


def rss(bench):
    """Section 8: hashes of Microsoft's examples, and the table."""
    bench.begin()
    vf, other = bench.vfs
    second = _second_queue(other)
    _set_bytes(other, regs.REG_RSS_KEY, KEY)
    for source, destination, ports, over_addresses, with_ports in HASHES:
        frame = tcp_frame((source, destination), b"data", ports=ports)
        for control, value, kind in (
                (regs.RSS_CTRL_IPV4 | regs.RSS_CTRL_IPV6, over_addresses, 1),
                (regs.RSS_CTRL_TCP4 | regs.RSS_CTRL_TCP6, with_ports, 2)):
            other.write(regs.REG_RSS_CTRL, control)
            for queue, number in ((other.rx, 0), (second, 1)):
                table = bytearray(regs.RSS_TABLE_SIZE)
                table[value & 127] = number
                _set_bytes(other, regs.rss_table(0), bytes(table))
                vf.tx.send(frame)
                bench.settle()
                got = queue.poll()
                equal([(one.frame, one.hash) for one in got], [(frame, value)], "hash")
                equal(regs.get(regs.RXC_HASH_TYPE, got[0].info), kind, "HASH_TYPE")
    other.write(regs.REG_RSS_CTRL, regs.RSS_CTRL_UDP4)
    vf.tx.send(ether.frame(ether.mac(2), ether.mac(1)))
    got = other.receive(1)[0]
    equal(regs.get(regs.RXC_HASH_TYPE, got.info), 0, "HASH_TYPE without a hash")
    # A queue that is not there
    table = bytes([3]) * regs.RSS_TABLE_SIZE
    _set_bytes(other, regs.rss_table(0), table)
    with bench.counts(other, rx_drop_nobuf=1):
        vf.tx.send(udp_frame(V4, b"data"))


def _rule(function, number, action, target, match, **fields):
    at = regs.rule(number)
    registers = {"ports": regs.RULE_PORTS, "ether": regs.RULE_ETHER,
                 "proto": regs.RULE_PROTO}
    function.write(at + regs.RULE_CTRL, 0)
    for name, value in fields.items():
        if name == "dst_ip":
            _set_bytes(function, at + regs.RULE_DST_IP, ether.address(value))
        else:
            function.write(at + registers[name], value)
    control = (regs.RULE_CTRL_VALID | put(regs.RULE_CTRL_ACTION, action)
               | put(regs.RULE_CTRL_TARGET, target) | put(regs.RULE_CTRL_MATCH, match))
    function.write(at + regs.RULE_CTRL, control)
    return function.read(at + regs.RULE_CTRL) == control


def rules(bench):
    """Section 8: receive rules and RSS contexts."""
    bench.begin()
    vf, other = bench.vfs
    second = _second_queue(other)
    udp4 = regs.RULE_MATCH_IPV4 | regs.RULE_MATCH_PROTO | regs.RULE_MATCH_DST_PORT
    true(_rule(other, 5, regs.RULE_ACTION_QUEUE, 1, udp4, proto=ether.UDP,
               ports=2000 << 16), "a rule for a port")
    true(_rule(other, 4, regs.RULE_ACTION_DROP, 0,
               regs.RULE_MATCH_IPV6 | regs.RULE_MATCH_DST_IP, dst_ip=V6[1]),
         "a rule for an address")
    true(_rule(other, 6, regs.RULE_ACTION_QUEUE, 1, regs.RULE_MATCH_VLAN,
               ether=77 << 16), "a rule for a VLAN")
    vf.tx.send(udp_frame(V4, b"data"), udp_frame(V4, b"more", (2000, 1000)))
    equal([one.frame for one in other.receive(1)],
          [udp_frame(V4, b"more", (2000, 1000))], "frames in queue 0")
    equal([one.frame for one in second.poll()], [udp_frame(V4, b"data")], "in queue 1")
    with bench.counts(other, rx_drop_rule=1):
        vf.tx.send(udp_frame(V6, b"data"))
    tagged = ether.tagged(udp_frame(V4, b"data", (1, 1)), 0x604d)
    vf.tx.send(tagged)
    bench.settle()
    equal([one.frame for one in second.poll()], [tagged], "frames of a VLAN")
    with bench.mistaken():
        true(not _rule(other, 7, regs.RULE_ACTION_QUEUE, 1, regs.RULE_MATCH_DST_PORT),
             "such a rule is not valid")
    # By a context; frames without a hash go to the queue of entry 0.
    _set_bytes(other, regs.rss_table(1), bytes([1]) * regs.RSS_TABLE_SIZE)
    true(_rule(other, 3, regs.RULE_ACTION_RSS, 1, regs.RULE_MATCH_ETHERTYPE,
               ether=ether.ETH_TEST), "a rule for a context")
    frame = ether.frame(ether.mac(2), ether.mac(1))
    vf.tx.send(frame)
    bench.settle()
    equal([one.frame for one in second.poll()], [frame], "frames of a context")


CASES = (frames, wrap, checksum, vlan, tso, gro, shadow, deferred, no_buffers,
         enable_errors, transmit_errors, receive_errors, rss, rules)
