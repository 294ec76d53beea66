#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: hostile --uplink switch --allow-guest-errors
"""A VF that does all it can: it hurts itself, not the PF or other VFs."""

import fcntl
import random
import socket
import struct

from lib.py import (BROADCAST, ETH_P_8021AD, ETH_P_8021Q, Capture, KernelLog,
                    Memory, RawVf, Sender, Stream, Vane, cmd, cmd_json, defer,
                    field, hw, ip, ksft_eq, ksft_ge, ksft_main,
                    ksft_pr, ksft_true, mac_bytes, make, put, repeat,
                    seeded, wait_until)

VFS = 4
NOWHERE = 1 << 46

# linux/sockios.h
SIOCADDMULTI = 0x8931
SIOCDELMULTI = 0x8932


class Hostile(Vane):
    """VF 0 is the program's, the PF and VFs 1 and 2 watch; VF 3 has no driver."""

    def __init__(self):
        super().__init__(VFS)
        self.pf_if = self.pf_port()
        self.vfs = [self.vf_port(index) for index in (1, 2)]
        self.ext = self.ext_port()
        self.ext_sender = Sender(self.ext)
        self.vf(0).unbind()
        self.vf(3).unbind()
        self.raw = RawVf(self.vf(0))
        defer(self.raw.close)

    def after_case(self):
        """Guest errors are expected here: they are counted, no more."""


def watched(case):
    """Runs @case while the neighbours talk; they must not lose a frame."""
    def run(env):
        stream = Stream(*env.vfs)
        env.raw.enable()
        case(env)
        env.raw.enable()
        sent, lost = stream.stop()
        ksft_ge(sent, 1)
        ksft_eq(lost, 0, "frames of neighbours")
        env.pf_if.ping(env.vfs[0], count=1)
        env.vfs[1].ping(env.ext, count=1)
        ksft_eq(env.vf_info(1)["vf"], 1)
    run.__name__ = case.__name__
    return run


def descriptor(memory, length, addr_flags=0, ctrl=0, eop=True):
    """A transmit descriptor."""
    addr = memory if isinstance(memory, int) else memory.dma
    return struct.pack("<QQ", addr | addr_flags |
                       (hw.VANE_TXD_EOP if eop else 0),
                       put(hw.VANE_TXD_LEN, length) | ctrl)


def send(env, descriptors, tail=None, features=0):
    """Gives VF 0's queue descriptors; returns the ring."""
    env.raw.enable(features)
    ring, state = env.raw.tx_queue()
    ksft_eq(state, hw.VANE_Q_STATE_ENABLED)
    for index, data in enumerate(descriptors):
        ring.put(16 * index, data)
    env.raw.wr32(hw.VANE_DB_TXQ(0), len(descriptors) if tail is None else tail)
    return ring


def send_frame(env, frame):
    """Sends a frame as a driver would."""
    buffer = Memory()
    buffer.put(0, frame.data)
    negotiate(env)
    ring, _ = env.raw.tx_queue()
    ring.put(0, descriptor(buffer, len(frame.data)))
    env.raw.wr32(hw.VANE_DB_TXQ(0), 1)
    wait_until(lambda: env.raw.rd32(hw.VANE_TXQ(0) + hw.VANE_TXQ_HEAD) == 1,
               what="the device reads the ring")


def good_frame(env):
    """The program can send at all, so what follows is not its own fault."""
    capture = Capture(env.vfs[0])
    frame = make(env.vf_info(0)["address"], BROADCAST)
    send_frame(env, frame)
    capture.expect(frame)


def wild_descriptors(env):
    """A descriptor that breaks a rule stops the queue, with the reason."""
    buffer = Memory()
    endless = [descriptor(buffer, 64, eop=False)] * (hw.VANE_TX_MAX_DESC + 1)
    for what, descriptors, error in (
            ("a reserved flag", [descriptor(buffer, 64, 1 << 55)],
             hw.VANE_ERROR_RESERVED),
            ("a reserved bit", [descriptor(buffer, 64, 0, 1 << 63)],
             hw.VANE_ERROR_RESERVED),
            ("TCI without its flag", [descriptor(buffer, 64, 0, 1 << 16)],
             hw.VANE_ERROR_RESERVED),
            ("a feature not asked for",
             [descriptor(buffer, 64, hw.VANE_TXD_VLAN)],
             hw.VANE_ERROR_FEATURE_UNUSED),
            ("a frame without end", [descriptor(buffer, 64, eop=False)],
             hw.VANE_ERROR_CHAIN),
            ("too many descriptors", endless, hw.VANE_ERROR_CHAIN),
            ("an address nowhere", [descriptor(NOWHERE, 64)],
             hw.VANE_ERROR_DMA)):
        send(env, descriptors)
        ksft_eq(env.raw.tx_error(), error, what)


def tso_frame(dst, src, tags, hdr_len, payload):
    """An IPv6 TCP frame behind VLAN tags, its headers of that length."""
    options = hdr_len - 14 - 4 * tags - 40 - 20
    tcp_options = options % 8
    head = mac_bytes(dst) + mac_bytes(src) + b"\x81\0\0\5" * tags
    head += struct.pack(">HIHBB", 0x86dd, 6 << 28, 0, 60, 64) + bytes(32)
    head += struct.pack("BB", 6, (options - tcp_options) // 8 - 1)
    head += bytes(options - tcp_options - 2)
    head += struct.pack(">HHIIBBHHH", 1, 2, 0, 0, (20 + tcp_options) // 4 << 4,
                        0x10, 0, 0, 0) + b"\1" * tcp_options
    ksft_eq(len(head), hdr_len)
    return head + payload


def tso_headers(env):
    """Headers that no completion can describe do not reset their receivers."""
    vf1 = env.vfs[0]
    states = {"rx-gro-hw": True, "rx-vlan-offload": False,
              "rx-vlan-filter": False}
    before = {name: vf1.features()[name] for name in states}
    vf1.set_features(states)
    defer(vf1.set_features, before)
    env.raw.enable(hw.VANE_FEAT_TSO6 | hw.VANE_FEAT_VLAN_INSERT)
    negotiate(env)
    ring, _ = env.raw.tx_queue()
    capture = Capture(vf1)
    errors = vf1.stats()["rx"]["errors"]
    log = KernelLog()
    buffers = []
    for tags, hdr_len in ((0, 506), (0, 510), (1, 510), (2, 510), (2, 302)):
        payload = random.Random(hdr_len + tags).randbytes(300)
        data = tso_frame(vf1.mac, env.vf_info(0)["address"], tags, hdr_len,
                         payload)
        buffers.append(Memory())
        buffers[-1].put(0, data)
        ring.put(16 * (len(buffers) - 1), descriptor(
            buffers[-1], len(data), hw.VANE_TXD_TSO | hw.VANE_TXD_VLAN,
            put(hw.VANE_TXD_TCI, 6) | put(hw.VANE_TXD_MSS, 100) |
            put(hw.VANE_TXD_HDR_LEN, hdr_len)))
        env.raw.wr32(hw.VANE_DB_TXQ(0), len(buffers))
        for start in (0, 100, 200):
            ksft_true(capture.find(payload[start:start + 100]),
                      f"{hdr_len} bytes behind {tags} tags, from {start}")
    ksft_eq(vf1.stats()["rx"]["errors"], errors, "frames that VF 1 dropped")
    ksft_eq(log.has("reset"), False, "a reset")


def wild_index(env):
    """A doorbell past the ring stops the queue."""
    send(env, [], tail=(1 << hw.VANE_RING_LOG2_MIN) + 1)
    ksft_eq(env.raw.tx_error(), hw.VANE_ERROR_INDEX)


def wild_rings(env):
    """Rings that cannot be are refused."""
    for what, kwargs, error in (
            ("too large", {"log2": hw.VANE_RING_LOG2_MAX + 1},
             hw.VANE_ERROR_SIZE),
            ("too small", {"log2": hw.VANE_RING_LOG2_MIN - 1},
             hw.VANE_ERROR_SIZE),
            ("misaligned", {"base": 0x1010}, hw.VANE_ERROR_ALIGN),
            ("no such vector", {"vector": 100}, hw.VANE_ERROR_VECTOR)):
        _, state = env.raw.tx_queue(**kwargs)
        ksft_eq(field(state, hw.VANE_Q_STATE_ERROR), error, what)
        ksft_eq(state & hw.VANE_Q_STATE_ENABLED, 0, what)


def ring_nowhere(env):
    """A ring in memory that does not exist stops its queue, and no more."""
    env.raw.tx_queue(base=NOWHERE)
    env.raw.wr32(hw.VANE_DB_TXQ(0), 1)
    ksft_eq(env.raw.tx_error(), hw.VANE_ERROR_DMA)


def ring_in_own_bar(env):
    """A ring and a buffer in a VF's own BAR: nothing goes round in circles."""
    with open(f"{env.vf(0).path}/resource", encoding="ascii") as file:
        bar = int(file.readline().split()[0], 16)
    env.raw.tx_queue(base=bar)
    env.raw.wr32(hw.VANE_DB_TXQ(0), 1)
    env.raw.tx_error()
    send(env, [descriptor(bar + hw.VANE_DB_TXQ(0), 64)])


def random_registers(env):
    """Random writes to every register: the PF serves on, the VF can be reset."""
    rng = random.Random(0x7a01)
    for _ in range(3000):
        offset = rng.randrange(0, hw.VANE_VF_BAR_SIZE, 4)
        if hw.VANE_BLK_MSIX_TABLE <= offset < hw.VANE_BLK_TXQ:
            # An MSI-X message goes wherever its owner says, on any device.
            continue
        env.raw.wr32(offset, rng.choice((0, 1, 3, 0xffffffff,
                                         rng.getrandbits(32))))
    for offset in range(0, hw.VANE_VF_BAR_SIZE, 4):
        env.raw.rd32(offset)
    ksft_eq(env.raw.enable() & hw.VANE_STATE_ENABLED, hw.VANE_STATE_ENABLED)
    ksft_eq(env.raw.rd32(hw.VANE_REG_MAGIC), hw.VANE_MAGIC)


def foreign_features(env):
    """Features that were not offered keep the function disabled."""
    state = env.raw.enable(hw.VANE_FEAT_VNTAG)
    ksft_eq(state & hw.VANE_STATE_ENABLED, 0)
    ksft_eq(field(state, hw.VANE_STATE_ERROR), hw.VANE_ERROR_FEATURES)


def negotiate(env):
    """Makes the PF take VF 0 for negotiated."""
    env.raw.message(message(hw.VANE_MBOX_NEGOTIATE, struct.pack(
        "<HHI", hw.VANE_ABI_MAJOR_VERSION, hw.VANE_ABI_MINOR_VERSION, 3)))
    ksft_eq(env.raw.reply()[3], hw.VANE_OK, "negotiate")


def message(op, body=b"", seq=1, length=None):
    """A mailbox message."""
    return struct.pack("<4H", op, len(body) if length is None else length,
                       seq, 0) + body


def mailbox_malformed(env):
    """Each malformed message gets its own error."""
    addrs = struct.pack("<HH", 33, 0) + b"\0" * 192
    foreign = mac_bytes(env.vfs[0].mac) + b"\0\0"
    env.raw.message(message(hw.VANE_MBOX_MAC_SET, foreign))
    ksft_eq(env.raw.reply()[3], hw.VANE_ERR_STATE, "before negotiation")
    negotiate(env)
    for what, data, status in (
            ("no such opcode", message(0), hw.VANE_ERR_UNSUPPORTED),
            ("no such opcode", message(0xffff), hw.VANE_ERR_UNSUPPORTED),
            ("a body too short", message(hw.VANE_MBOX_MAC_SET, b"\x02\0\0\0"),
             hw.VANE_ERR_LENGTH),
            ("a length that is not there",
             message(hw.VANE_MBOX_MAC_SET, b"", length=248),
             hw.VANE_ERR_LENGTH),
            ("a multicast MAC",
             message(hw.VANE_MBOX_MAC_SET, b"\x01\0\x5e\0\0\1\0\0"),
             hw.VANE_ERR_INVALID),
            ("too many addresses", message(hw.VANE_MBOX_FILTER_ADD, addrs),
             hw.VANE_ERR_INVALID),
            ("VLAN 4096", message(hw.VANE_MBOX_VLAN_ADD,
                                  struct.pack("<4H", 4096, 0, 0, 0)),
             hw.VANE_ERR_RANGE),
            ("802.1ad VLAN 4096",
             message(hw.VANE_MBOX_VLAN_ADD,
                     struct.pack("<4H", 4096, ETH_P_8021AD, 0, 0)),
             hw.VANE_ERR_RANGE),
            ("a VLAN of an unknown protocol",
             message(hw.VANE_MBOX_VLAN_ADD,
                     struct.pack("<4H", 7, 0x9100, 0, 0)),
             hw.VANE_ERR_INVALID),
            ("to delete a VLAN of an unknown protocol",
             message(hw.VANE_MBOX_VLAN_DEL,
                     struct.pack("<4H", 7, ETH_P_8021AD + 1, 0, 0)),
             hw.VANE_ERR_INVALID),
            ("reserved bytes behind the protocol",
             message(hw.VANE_MBOX_VLAN_ADD,
                     struct.pack("<4H", 7, ETH_P_8021AD, 1, 0)),
             hw.VANE_ERR_INVALID),
            ("promiscuous without trust",
             message(hw.VANE_MBOX_RX_MODE,
                     struct.pack("<II", hw.VANE_RX_MODE_PROMISC, 0)),
             hw.VANE_ERR_DENIED),
            ("an unknown mode",
             message(hw.VANE_MBOX_RX_MODE, struct.pack("<II", 1 << 31, 0)),
             hw.VANE_ERR_INVALID)):
        env.raw.message(data)
        ksft_eq(env.raw.reply()[3], status, what)


def many_vlans(env):
    """A VF gets as many VLANs of both kinds as it asks for, and it alone."""
    negotiate(env)
    for proto in (0, ETH_P_8021Q, ETH_P_8021AD):
        for vid in (*range(7, 4096, repeat(16, 128)), 4095):
            status = env.raw.request(hw.VANE_MBOX_VLAN_ADD,
                                     struct.pack("<4H", vid, proto, 0, 0))
            if status != hw.VANE_OK:
                ksft_eq(status, hw.VANE_OK, f"VLAN {vid} of {proto:#x}")
                return
    captures = [Capture(port) for port in env.vfs]
    foreign = [make(env.ext, BROADCAST).tagged(proto, 7)
               for proto in (ETH_P_8021Q, ETH_P_8021AD)]
    mark = make(env.ext, BROADCAST)
    for frame in (*foreign, mark):
        env.ext_sender.send(frame)
    for capture in captures:
        capture.expect(mark)
        ksft_eq([frame for frame in foreign if capture.saw(frame)], [])


def mailbox_wrong_length(env):
    """A doorbell with an impossible length is refused by the device."""
    for length in (0, 7, hw.VANE_MBOX_SIZE + 1, 0xffffffff):
        state = env.raw.message(message(hw.VANE_MBOX_NEGOTIATE), length)
        ksft_eq(field(state, hw.VANE_MBOX_STATE_ERROR), hw.VANE_ERROR_MSG)


def mailbox_flood(env):
    """Thousands of messages: one at a time is served, others' go through."""
    negotiate(env)
    for index in range(3000):
        env.raw.message(message(hw.VANE_MBOX_RX_MODE, struct.pack("<II", 0, 0),
                                index & 0xffff))
        if index % 500 == 0:
            vf1 = env.vfs[0]
            ip(f"link set dev {vf1.ifname} address {vf1.mac}", vf1.ns)
    env.raw.reply()


def reset_flood(env):
    """Resets with requests outstanding, over and over."""
    for _ in range(500):
        env.raw.enable()
        env.raw.message(message(hw.VANE_MBOX_NEGOTIATE, struct.pack(
            "<HHI", hw.VANE_ABI_MAJOR_VERSION, 0, 0)))
    env.raw.enable()
    negotiate(env)


def fill_filters(env, added):
    """Adds filters to the @added ones until there are no more; returns how many."""
    status = hw.VANE_OK
    while status == hw.VANE_OK and added < hw.VANE_MAX_FILTERS:
        macs = b"".join(b"\x02\xbb" + struct.pack(">I", added + index)
                        for index in range(hw.VANE_MBOX_MAX_ADDRS))
        env.raw.message(message(hw.VANE_MBOX_FILTER_ADD, struct.pack(
            "<HH", hw.VANE_MBOX_MAX_ADDRS, 0) + macs))
        status = env.raw.reply()[3]
        if status == hw.VANE_OK:
            added += hw.VANE_MBOX_MAX_ADDRS
    ksft_pr(f"{added} filters")
    ksft_eq(status, hw.VANE_ERR_NO_SPACE)
    return added


def filters(env, index):
    """Filters that a VF has, and may have."""
    ports = cmd_json(f"vanectl -j show {env.pf_if.ifname}")["ports"]
    port = next(port for port in ports if port.get("vf") == index)
    return port["filters"], port["max_filters"]


def filter_quota(env):
    """A VF runs into its own limit of filters, not into everybody's.

    While it is trusted it may have more, of what is not shared out.
    """
    negotiate(env)
    share = filters(env, 0)[1]
    added = fill_filters(env, 0)
    ksft_true(share - added < hw.VANE_MBOX_MAX_ADDRS, "all of its share")
    env.vf_set(0, "trust on")
    defer(env.vf_set, 0, "trust off")
    most = filters(env, 0)[1]
    ksft_ge(most, share + 1000)
    added = fill_filters(env, added)
    ksft_true(most - added < hw.VANE_MBOX_MAX_ADDRS, "all that is left")
    ksft_eq(filters(env, 1)[1], share)
    vf1 = env.vfs[0]
    ip(f"maddr add 01:00:5e:01:02:03 dev {vf1.ifname}", vf1.ns)
    defer(ip, f"maddr del 01:00:5e:01:02:03 dev {vf1.ifname}", vf1.ns)
    capture = Capture(vf1)

    def arrives():
        frame = make(env.ext, "01:00:5e:01:02:03")
        env.ext_sender.send(frame)
        return capture.find(frame, 0.2)

    wait_until(arrives, what="a neighbour's new filter")
    env.vf_set(0, "trust off")
    ksft_eq(filters(env, 0), (share, share))


def change_groups(ifname, request, groups):
    """Adds or deletes multicast addresses; ip would be a process for each."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for mac in groups:
            fcntl.ioctl(sock, request, struct.pack("16sH14s", ifname.encode(), 0,
                                                   mac_bytes(mac)))


def pf_short_of_filters(env):
    """A PF that receives everything for lack of filters ends that once it has them."""
    negotiate(env)
    env.vf_set(0, "trust on")
    defer(env.vf_set, 0, "trust off")
    fill_filters(env, 0)
    ifname = env.pf_if.ifname
    pf = next(port for port in cmd_json(f"vanectl -j show {ifname}")["ports"]
              if port["port"] == "pf")
    groups = [f"01:00:5e:55:{number >> 8:02x}:{number & 255:02x}"
              for number in range(pf["max_filters"] + 1)]
    change_groups(ifname, SIOCADDMULTI, groups)
    defer(change_groups, ifname, SIOCDELMULTI, groups)
    capture = Capture(env.pf_if)
    sender = Sender(env.vfs[0])

    def overhears():
        frame, last = make(*env.vfs), make(env.vfs[0], BROADCAST)
        sender.send(frame)
        sender.send(last)
        capture.expect(last)
        return frame in capture.frames

    wait_until(overhears, what="the PF receives everything")
    env.raw.enable()
    negotiate(env)
    wait_until(lambda: not overhears(), what="the PF has its filters")
    capture.frames.clear()
    frame = make(env.ext, groups[-1])
    env.ext_sender.send(frame)
    capture.expect(frame)


def channels_listed(env):
    """A VF learns of no channels but its own, of those that it may use now, whatever
    number it begins with."""
    rng = seeded()
    pf = env.pf.ifname
    owners = {channel: rng.choice((0, 0, 3))
              for channel in rng.sample(range(1, hw.VANE_MAX_VIF), 60)}
    for channel, index in owners.items():
        cmd(f"vanectl channel grant {pf} vf {index} {channel}")
        defer(cmd, f"vanectl channel revoke {pf} vf {index} {channel}")
    own = sorted(channel for channel, index in owners.items() if not index)
    defer(cmd, f"vanectl mode {pf} veb")
    defer(env.vf_set, 0, "trust off")
    env.raw.enable()
    negotiate(env)
    ksft_eq(env.raw.request(hw.VANE_MBOX_CHANNELS_GET, struct.pack("<II", 1, 1)),
            hw.VANE_ERR_INVALID)
    for mode, tag in (("veb", 0), ("vntag", hw.VANE_VNTAG_ETHERTYPE),
                      ("etag", hw.VANE_ETAG_ETHERTYPE)):
        cmd(f"vanectl mode {pf} {mode}")
        for trusted in (False, True):
            env.vf_set(0, f"trust {'on' if trusted else 'off'}")
            for first in (0, 1, *rng.sample(own, 3), own[-1] + 1, (1 << 32) - 1):
                usable = [channel for channel in own if channel >= first]
                ksft_eq(env.raw.channels(first),
                        (tag, usable[:hw.VANE_MBOX_MAX_CHANNELS]
                         if tag and trusted else []),
                        (mode, trusted, first))


def is_offered(env, mac):
    """Does the switch give VF 0, which takes nothing, frames to @mac?"""
    drops = hw.VANE_STAT(hw.VANE_STAT_RX_DROP_NOBUF)
    before = env.raw.rd32(drops)
    last = make(env.ext, BROADCAST)
    capture = Capture(env.vfs[0])
    for _ in range(20):
        env.ext_sender.send(make(env.ext, mac))
    env.ext_sender.send(last)
    capture.expect(last)
    # Others' broadcasts may be among them.
    return env.raw.rd32(drops) - before >= 20


def trust_ends(env):
    """What a VF has by trust ends with that, and with the driver that gave it."""
    stranger, own = "02:bb:00:00:00:77", "02:bb:00:00:00:78"

    def offered():
        return is_offered(env, own), is_offered(env, stranger)

    def ask():
        negotiate(env)
        ksft_eq(env.raw.filters(hw.VANE_MBOX_FILTER_ADD, [own]), hw.VANE_OK)
        ksft_eq(offered(), (True, False), "a filter")
        ksft_eq(env.raw.rx_mode(hw.VANE_RX_MODE_PROMISC), hw.VANE_OK)
        ksft_eq(offered(), (True, True), "promiscuous")

    env.raw.enable()
    env.vf_set(0, f"mac {env.vf_info(0)['address']}")
    env.vf_set(0, "trust on")
    ask()
    cmd("modprobe -r vane")
    ksft_eq(offered(), (True, True), "without a PF driver")
    cmd("modprobe vane")
    env.pf_if.ifname = env.pf.wait_ifname()
    env.pf_if.up()
    ksft_eq(offered(), (False, False), "with another PF driver")
    ask()
    env.vf_set(0, "trust off")
    ksft_eq(offered(), (False, False), "without trust")


def spoof(env):
    """The program cannot send with another's MAC."""
    frame = make(env.vfs[0].mac, BROADCAST)
    capture = Capture(env.vfs[1])
    before = env.raw.rd32(hw.VANE_STAT(hw.VANE_STAT_TX_DROP_SPOOF))
    send_frame(env, frame)
    wait_until(lambda: env.raw.rd32(hw.VANE_STAT(hw.VANE_STAT_TX_DROP_SPOOF))
               == before + 1, what="the spoofed frame counted")
    ksft_eq(capture.saw(frame), False)


def errors_are_counted(env):
    """Each of the program's mistakes is noted as its own, once, and by no other."""
    functions = ("pf", 0, 1, 2)

    def unknown_register():
        env.raw.wr32(hw.VANE_VF_BAR_SIZE - 4, 1)

    def wrong_descriptor():
        send(env, [descriptor(Memory(), 64, 1 << 55)])
        env.raw.tx_error()

    def wrong_ring():
        env.raw.tx_queue(log2=hw.VANE_RING_LOG2_MAX + 1)

    def wrong_message():
        env.raw.message(message(hw.VANE_MBOX_NEGOTIATE), hw.VANE_MBOX_SIZE + 1)

    for mistake in (unknown_register, wrong_descriptor, wrong_ring, wrong_message):
        env.raw.enable()
        total = env.guest_errors()
        before = [env.counters(name)["guest-errors"] for name in functions]
        mistake()
        after = [env.counters(name)["guest-errors"] for name in functions]
        ksft_eq([new - old for new, old in zip(after, before)], [0, 1, 0, 0],
                mistake.__name__)
        ksft_eq(env.guest_errors() - total, 1, mistake.__name__)


def log_share(env):
    """Queues that it breaks over and over leave another VF its line in the log."""
    beyond = (1 << hw.VANE_RING_LOG2_MIN) + 1
    for _ in range(50):
        send(env, [], tail=beyond)
        env.raw.tx_error()
    other = RawVf(env.vf(3))
    defer(other.close)
    log = KernelLog()
    other.enable()
    other.tx_queue()
    other.wr32(hw.VANE_DB_TXQ(0), beyond)
    other.tx_error()
    wait_until(lambda: log.has("VF 3: transmit queue 0 stopped"),
               what="the line of VF 3")


def driver_takes_over(env):
    """After all that the VF's driver finds a VF that works."""
    env.raw.close()
    env.vf(0).bind("vanevf")
    vf0 = env.vf_port(0)
    vf0.ping(env.ext)
    vf0.ping(env.vfs[0])


if __name__ == "__main__":
    ksft_main([watched(case) for case in (
        good_frame, wild_descriptors, tso_headers, wild_index, wild_rings, ring_nowhere,
        ring_in_own_bar, random_registers, foreign_features, mailbox_malformed,
        many_vlans, mailbox_wrong_length, mailbox_flood, reset_flood, filter_quota,
        pf_short_of_filters, spoof)] + [trust_ends, errors_are_counted, log_share,
                                        channels_listed, driver_takes_over], Hostile)
