# SPDX-License-Identifier: GPL-2.0-only
"""Random configurations and frames.

An operation is a tuple: the name of a method of Oracle and Nic, and its arguments,
all of them literals, so that a list of operations can be printed and repeated.
Chance is bent towards what matters: addresses that share bytes with others, VLANs
that somebody has, lengths at a limit.
"""

import struct

from hw import hw
from oracle import (BROADCAST, C_TAG, E_TAG_MODE, ETAG, LLDP, MAC_CONTROL, MAX_FRAME,
                    MAX_WIRE_FRAME, NO_MAC, PF, S_TAG, SLOW, VEB, VEPA, VN_TAG_MODE,
                    VNTAG, checksum, hw_field)

LINK = hw.VANE_PORT_FLAG_LINK
SPOOFCHK = hw.VANE_PORT_FLAG_SPOOFCHK
TRUST = hw.VANE_PORT_FLAG_TRUST
TRUNK = hw.VANE_PORT_FLAG_TRUNK
LISTS = (1, 2, 77, 300, hw.VANE_MAX_VIF)
# Ids of E-Tag lists that share bits with each other and with those above
GROUPS = (1 << 20, 1 << 20 | 77, 2 << 20 | 77, 3 << 20 | 77, 1 << 20 | 77 << 12,
          2 << 20 | 0xfff, 3 << 20 | 0xfffff)
HARMLESS_TYPES = (0x88b5, 0x88b5, 0x0806, 0x05dc, 0x0600, 0x8137, 0xffff)
BURST = 6


class Generator:
    """Makes operations for @oracle, which has to perform each before the next."""

    def __init__(self, rng, oracle):
        self.rng = rng
        self.oracle = oracle
        self.macs = []
        self.groups = []
        self.vids = []
        self.began = False

    # Chance

    def often(self, percent):
        return self.rng.random() * 100 < percent

    def pick(self, *weighted):
        """One of (weight, value)."""
        weights, values = zip(*weighted)
        return self.rng.choices(values, weights)[0]

    def port(self):
        return self.rng.choice(list(self.oracle.ports))

    # Addresses

    def new_mac(self, group=False):
        """One byte, one bit, or one end differs from one that there is."""
        pool = self.groups if group else self.macs
        mac = bytearray(self.rng.randbytes(6))
        if pool and self.often(75):
            old = self.rng.choice(self.macs + self.groups)
            keep = self.rng.choice(("byte", "bit", "head", "tail"))
            if keep == "head":
                mac[:4] = old[:4]
            elif keep == "tail":
                mac[4:] = old[4:]
            else:
                mac = bytearray(old)
                at = self.rng.randrange(6)
                mac[at] = (self.rng.randrange(256) if keep == "byte"
                           else mac[at] ^ 1 << self.rng.randrange(8))
        elif self.often(50):
            mac[4] |= 0x80
        mac[0] = mac[0] | 1 if group else mac[0] & 0xfe
        if bytes(mac) in (BROADCAST, NO_MAC):
            mac[5] ^= 0x55
        pool.append(bytes(mac))
        return bytes(mac)

    def some_mac(self):
        return self.rng.choice(self.macs)

    def some_group(self):
        return self.rng.choice(self.groups)

    def tci(self, vid):
        """@vid with any priority and DEI."""
        return self.rng.randrange(16) << 12 | vid if self.often(60) else vid

    # Configuration

    def begin(self):
        """Operations of a new configuration."""
        rng = self.rng
        self.macs, self.groups = [], []
        for _ in range(12):
            self.new_mac()
        for _ in range(6):
            self.new_mac(group=True)
        self.vids = rng.sample(range(1, 4095), 4) + [1, 1024, 4094]
        old = sorted(number for number in self.oracle.ports if number != PF)
        how = self.pick((5, "soft"), (1, "flr"), (2, "vfs"))
        if not self.began:
            how = "new"
        indices = old
        if not self.began or how != "soft" or self.often(40):
            most = self.pick((6, 12), (2, 40), (1, hw.VANE_MAX_VFS))
            indices = sorted(rng.sample(range(most), rng.randint(4, 8)))
        self.began = True
        yield "begin", tuple(indices), how
        yield "switch_set", self.pick((5, VEB), (3, VEPA), (3, VN_TAG_MODE),
                                      (4, E_TAG_MODE))
        for number in self.oracle.ports:
            yield self.whole_port(number)
            for _ in range(rng.randrange(5)):
                yield rng.choice((self.filters, self.filters, self.vlan_filter,
                                  self.rx_mode, self.trunk))(number)
        for number in rng.sample(LISTS, 3) + rng.sample(GROUPS, 4):
            yield self.list(number)
        for _ in range(rng.randrange(10)):
            yield self.grant(self.port())

    def whole_port(self, number):
        rng = self.rng
        flags = LINK * self.often(95) | SPOOFCHK * self.often(60)
        if number != PF:
            flags |= TRUST * self.often(50) | TRUNK * self.often(25)
        fields = {
            "mac": self.some_mac() if self.often(93) else NO_MAC,
            "vlan": self.port_vlan(), "channel": self.channel(number),
            "flags": flags}
        if self.often(40):
            fields["prio_map"] = rng.getrandbits(64)
        if self.often(25):
            fields["own_mac"] = self.some_mac()
        return "port_set", number, fields

    def port_vlan(self):
        tpid = self.pick((60, 0), (25, C_TAG), (15, S_TAG))
        return (tpid, self.tci(self.rng.choice(self.vids))) if tpid else (0, 0)

    def channel(self, number):
        if self.often(12):
            return 0
        if self.often(10):
            return self.rng.choice([port.channel
                                    for port in self.oracle.ports.values()])
        if self.often(1):
            return hw.VANE_MAX_ECID + self.rng.randint(1, 9)
        own = self.pick((1, 1 + number % hw.VANE_MAX_VIF), (1, 4000 + number % 64),
                        (1, self.rng.randrange(1, hw.VANE_MAX_VIF + 1)))
        if self.often(70 if self.oracle.mode == E_TAG_MODE else 10):
            # Bits beyond those of a VIF, so that some differ in these alone
            own = self.pick((2, own | self.rng.randrange(256) << 12),
                            (2, own | 1 << self.rng.randrange(12, 20)),
                            (1, self.rng.randrange(1, 256) << 12),
                            (1, hw.VANE_MAX_ECID - number % 64))
        return own

    def granted(self, number):
        """Channels granted to the port."""
        return sorted(channel for channel, port in self.oracle.grants.items()
                      if port == number)

    def grant(self, number):
        granted = self.granted(number)
        if granted and self.often(30):
            return "channel_set", number, self.rng.choice(granted), False
        return ("channel_set", number, self.pick(
            (8, self.channel(number)), (1, self.rng.choice(self.channels()))),
                self.often(95))

    def change_port(self, number):
        """Some of a port's configuration."""
        port = self.oracle.ports[number]
        fields = {}
        what = self.rng.choice(("mac", "own_mac", "vlan", "channel", "prio_map",
                                "flags", "flags"))
        if what in ("mac", "own_mac"):
            fields[what] = self.pick(
                (6, self.some_mac()), (2, self.new_mac()), (1, NO_MAC),
                (1, self.some_group()))
        elif what == "vlan":
            fields["vlan"] = self.port_vlan()
        elif what == "channel":
            fields["channel"] = self.channel(number)
        elif what == "prio_map":
            fields["prio_map"] = self.rng.getrandbits(64)
        else:
            flag = self.rng.choice((LINK, SPOOFCHK, TRUST, TRUNK))
            if number == PF:
                flag = self.rng.choice((LINK, SPOOFCHK, TRUST))
            fields["flags"] = port.flags ^ flag
            if not port.link:
                fields["flags"] |= LINK
        return "port_set", number, fields

    def filters(self, number):
        port = self.oracle.ports[number]
        if port.filters and self.often(45):
            if self.often(20):
                return "filter_clear", number
            count = self.rng.randint(1, min(len(port.filters),
                                            hw.VANE_MBOX_MAX_ADDRS))
            return ("filter_del", number,
                    tuple(self.rng.sample(sorted(port.filters), count)))
        macs = []
        for _ in range(self.pick((6, 1), (3, 3), (1, hw.VANE_MBOX_MAX_ADDRS))):
            macs.append(self.pick(
                (5, self.some_mac()), (3, self.some_group()),
                (2, self.new_mac()), (2, self.new_mac(group=True)),
                (1, port.station if port.station != NO_MAC else self.some_mac())))
        if self.often(8):
            return "filter_del", number, tuple(macs)
        return "filter_add", number, tuple(macs)

    def vlan_filter(self, number):
        port = self.oracle.ports[number]
        if port.vlans and self.often(40):
            proto, vid = self.rng.choice(sorted(port.vlans))
            return "vlan_del", number, vid, proto
        return ("vlan_add", number, self.rng.choice(self.vids),
                self.rng.choice((0, C_TAG, S_TAG)))

    def rx_mode(self, number):
        mode = self.pick((3, 0), (3, hw.VANE_RX_MODE_PROMISC),
                         (3, hw.VANE_RX_MODE_ALLMULTI),
                         (1, hw.VANE_RX_MODE_PROMISC | hw.VANE_RX_MODE_ALLMULTI))
        return ("rx_mode", number,
                mode | hw.VANE_RX_MODE_VLAN_FILTER * self.often(40)
                | hw.VANE_RX_MODE_SVLAN_FILTER * self.often(30))

    def trunk(self, number):
        if number == PF:
            return self.vlan_filter(number)
        first = self.rng.choice(self.vids) // hw.VANE_TRUNK_VIDS
        first *= hw.VANE_TRUNK_VIDS * self.often(70)
        vids = {vid for vid in self.vids
                if 0 <= vid - first < hw.VANE_TRUNK_VIDS and self.often(60)}
        if not first and self.often(60):
            vids.add(0)
        return "trunk_set", number, first, tuple(sorted(vids))

    def list(self, number):
        members = [port for port in self.oracle.ports if self.often(45)]
        if self.often(1):
            number = self.rng.choice((0, 4096, 65536, 1 << 22 | number))
        return "list_set", number, tuple(members)

    def reset(self, number):
        kinds = ("ctrl",) if number == PF else ("command", "ctrl", "flr")
        return "function_reset", number, self.rng.choice(kinds)

    def max_frame(self, number):
        length = self.pick((2, 64), (2, 65), (2, 100), (2, 1514), (1, 1518),
                           (1, MAX_FRAME - 1), (4, MAX_FRAME),
                           (5, self.rng.randint(64, 300)))
        return "max_frame", number, length

    def change(self):
        """Any one change of the configuration."""
        number = self.port()
        if self.often(2):
            return "switch_set", self.rng.choice((VEB, VEPA, VN_TAG_MODE, E_TAG_MODE))
        if not self.oracle.ports[number].receiving and self.often(60):
            return "receiving", number, True
        if self.oracle.ports[number].loopback and self.often(60):
            return "loopback", number, False
        return self.pick(
            (10, self.change_port), (8, self.filters), (4, self.vlan_filter),
            (4, self.rx_mode), (4, self.trunk), (3, self.max_frame),
            (1, self.whole_port), (1, self.reset),
            (2, lambda number: ("vlan_strip", number, self.often(50))),
            (.5, lambda number: ("receiving", number, False)),
            (.5, lambda number: ("loopback", number, True)),
            (4, self.grant),
            (1, lambda _: self.list(self.rng.choice(LISTS + GROUPS))))(number)

    # Frames

    def burst(self):
        """Frames of one port, or of the uplink."""
        count = self.rng.randint(1, BURST)
        if self.often(35):
            return "wire", tuple(self.wire_frame() for _ in range(count))
        number = self.port()
        return "send", number, tuple(self.function_frame(number)
                                     for _ in range(count))

    def destination(self, port):
        """An address that somebody has, had, or that is nearly one."""
        rng = self.rng
        other = self.oracle.ports[self.port()]
        near = bytearray(other.station)
        near[rng.randrange(6)] ^= 1 << rng.randrange(8)
        return self.pick(
            (35, other.station), (5, other.mac),
            (15, rng.choice(sorted(other.filters) or [other.station])),
            (15, self.some_mac()), (12, self.some_group()), (10, BROADCAST),
            (5, port.station if port else other.station), (5, bytes(near)),
            (3, rng.randbytes(6)),
            (3, bytes.fromhex("0180c20000") + bytes([rng.randrange(18)])))

    def source(self, port):
        rng = self.rng
        other = self.oracle.ports[self.port()]
        own = other.station
        if port:
            own = rng.choice([mac for mac in sorted(port.filters) if not mac[0] & 1]
                             + [port.station] * 2)
        return self.pick((70, own), (12, other.station), (6, self.some_mac()),
                         (5, self.some_group()), (4, NO_MAC), (3, rng.randbytes(6)))

    def vid(self, port):
        """A VLAN that this or another port has."""
        rng = self.rng
        other = self.oracle.ports[self.port()]
        mine = port or other
        return self.pick(
            (25, 0), (25, rng.choice(self.vids)), (3, 4095), (2, rng.randrange(4096)),
            (20, other.vlan.tci & 0xfff if other.vlan else rng.choice(self.vids)),
            (10, rng.choice([vid for _, vid in sorted(other.vlans)]
                            or self.vids)),
            (15, rng.choice(sorted(mine.trunk) or self.vids)))

    def tags_of_port(self):
        """The tag of a port's VLAN, and others behind it, malformed or not."""
        vlans = [port.vlan for port in self.oracle.ports.values() if port.vlan]
        if not vlans:
            return b""
        vlan = self.rng.choice(vlans)
        tags = struct.pack(">HH", vlan.tpid, self.tci(vlan.tci & 0xfff))
        for _ in range(self.rng.randint(0, 2)):
            vid = 0 if self.often(60) else self.vid(None)
            tags += struct.pack(">HH", self.rng.choice((C_TAG, S_TAG)), self.tci(vid))
        return tags

    def tags(self, port):
        if not port and self.often(8):
            return self.tags_of_port()
        count = self.pick((45, 0), (30, 1), (17, 2), (8, 3))
        if self.often(3):
            count = hw.VANE_CHANNEL_TAG_DEPTH + self.rng.randrange(4)
        return b"".join(
            struct.pack(">HH", S_TAG if self.often(30) else C_TAG,
                        self.tci(self.vid(port))) for _ in range(count))

    def length(self, least):
        """Bytes of a frame, often at a limit."""
        limit = self.oracle.ports[self.port()].max_frame
        return self.pick(
            (40, self.rng.randint(least, least + 60)),
            (10, self.rng.choice((14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 26))),
            (8, self.rng.choice((59, 60, 61))),
            (25, max(14, min(limit + self.rng.randint(-9, 9), MAX_FRAME + 6))),
            (5, self.rng.choice((1514, 1515, 1518, 2047, 2048, 2049))),
            (2, MAX_FRAME + self.rng.randint(-5, 2)))

    def head(self, port):
        """Addresses and tags."""
        head = self.destination(port) + self.source(port)
        if port and port.vlan and port.vlan.tpid == C_TAG and self.often(60):
            return head
        return head + self.tags(port)

    def frame(self, port):
        head = self.head(port)
        if self.often(85):
            kind = self.rng.choice(HARMLESS_TYPES)
        else:
            kind = self.pick((2, MAC_CONTROL), (1, SLOW), (1, LLDP), (2, VNTAG),
                             (2, ETAG))
        head += struct.pack(">H", kind)
        length = self.length(len(head))
        if len(head) < length:
            head += self.rng.randbytes(length - len(head))
        return head[:length]

    def function_frame(self, number):
        """(frame, offload, where it is cut into descriptors)."""
        port = self.oracle.ports[number]
        if self.often(7):
            frame, offload = self.tso_frame(port)
        else:
            frame, offload = self.frame(port), (None, 0, 0)
        if self.often(12):
            tci = self.tci(self.vid(port))
            offload = (tci, *offload[1:])
        if self.often(50 if self.granted(number) else 8):
            frame, offload = self.name_channel(number, frame, offload)
        first = max(offload[2], 1)
        cuts = ()
        if self.often(20) and len(frame) > first + 2:
            cuts = tuple(sorted(self.rng.sample(
                range(first, len(frame)), self.rng.randint(1, 2))))
        return frame, offload, cuts

    def name_channel(self, number, frame, offload):
        """Names a channel of the port, or nearly, by an extension or a tag."""
        channel = self.rng.choice(self.granted(number) or self.channels())
        if self.often(15):
            channel = self.rng.choice(self.channels())
        if self.often(5):
            channel ^= 1 << self.rng.randrange(24)
        if self.often(50):
            return frame, (*offload[:3], channel)
        mode = self.oracle.mode
        if not self.oracle.tagged or self.often(3):
            mode = self.rng.choice((VN_TAG_MODE, E_TAG_MODE))
        tag = up_tag(mode, channel, self.rng.randrange(16))
        if self.often(8):
            tag = bytearray(tag)
            tag[self.rng.randrange(2, len(tag))] ^= 1 << self.rng.randrange(8)
        tag = bytes(tag)
        frame = frame[:12] + tag + frame[12:]
        if offload[1]:
            return frame, (*offload[:2], offload[2] + len(tag))
        return (frame[:self.rng.randint(14, 24)] if self.often(4) else frame), offload

    def tso_frame(self, port):
        """TCP over IPv4 or IPv6, to be cut into a few segments."""
        head = self.head(port)[:self.pick((4, 12), (2, 16), (1, 20))]
        other = self.oracle.ports[self.port()]
        shorter = [one for one in self.oracle.ports.values()
                   if one.max_frame < port.max_frame]
        if shorter and self.often(50):
            other = self.rng.choice(shorter)
        if self.often(60):
            head = other.station + head[6:]
        limit = other.max_frame - len(head)
        mss = self.pick((3, self.rng.randint(64, 200)), (1, 1400), (1, 63),
                        (3, max(64, limit - 42 + self.rng.randint(-9, 9))),
                        (3, max(64, limit - 62 + self.rng.randint(-9, 9))))
        size = self.rng.randint(1, min(5 * mss, 40000))
        tcp = struct.pack(">HHIIBBHHH", 1000, 2000, self.rng.getrandbits(32),
                          self.rng.getrandbits(32), 0x50, self.rng.randrange(256),
                          512, self.rng.randrange(65536), 0)
        if self.often(50):
            ip = bytearray(struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + size,
                                       self.rng.randrange(65536), 0x4000, 64, 6, 0,
                                       b"\x0a\0\0\1", b"\x0a\0\0\2"))
            struct.pack_into(">H", ip, 10, checksum(bytes(ip)))
            head += b"\x08\0" + bytes(ip)
        else:
            head += b"\x86\xdd" + struct.pack(">IHBB16s16s", 0x60000000,
                                              (20 + size) & 0xffff, 6, 64,
                                              self.rng.randbytes(16),
                                              self.rng.randbytes(16))
        head += tcp
        return head + self.rng.randbytes(size), (None, mss, len(head))

    def wire_frame(self):
        frame = self.frame(None)
        if self.often(3):
            frame = frame.ljust(MAX_WIRE_FRAME + self.rng.randint(-8, 4), b"\x5a")
        if not self.oracle.tagged and self.often(97):
            return frame
        kind = self.oracle.mode
        if not self.oracle.tagged or self.often(3):
            kind = self.rng.choice((VN_TAG_MODE, E_TAG_MODE))
        tag = self.vntag() if kind == VN_TAG_MODE else self.etag()
        frame = frame[:12] + tag + frame[12:]
        return frame[:self.rng.randint(14, 26)] if self.often(4) else frame

    def channels(self):
        """Those of all ports, none included, and those that are granted."""
        return ([port.channel for port in self.oracle.ports.values()]
                + sorted(self.oracle.grants))

    def list_id(self, group):
        """Id of a list, mostly one that there is, of E-Tag if @group."""
        ids = [number for number in self.oracle.lists
               if bool(hw_field(number, hw.VANE_LIST_GROUP)) == group]
        return self.rng.choice(ids or (GROUPS if group else LISTS))

    def vntag(self):
        """A VN-Tag of the way down, or nearly."""
        tag = hw.VANE_VNTAG_DIR
        target = self.rng.choice(self.channels()) & 0xfff
        if self.often(35):
            tag |= hw.VANE_VNTAG_PTR
            target = self.list_id(False)
        if self.often(5):
            target = self.rng.choice((0, 4096, 4096 | target, 5, 16383))
        tag |= target << 16
        source = self.rng.choice(self.channels() + [0, 9]) & 0xfff
        if self.often(30):
            tag |= hw.VANE_VNTAG_LOOPED
        tag |= source
        if self.often(4):
            tag ^= hw.VANE_VNTAG_DIR
        if self.often(4):
            tag |= hw.VANE_VNTAG_RSVD
        if self.often(4):
            tag |= self.rng.randint(1, 3) << 12
        return struct.pack(">HI", VNTAG, tag)

    def etag(self):
        """An E-Tag of the way down, or nearly."""
        target = self.rng.choice(self.channels())
        if self.often(40):
            target = self.list_id(True)
        if self.often(8):
            target ^= 1 << self.rng.randrange(22)
        source = self.rng.choice(self.channels() + [0, 9]) if self.often(40) else 0
        reserved = self.rng.randrange(4) if self.often(5) else 0
        return struct.pack(
            ">HHHBB", ETAG, self.rng.randrange(16) << 12 | source & 0xfff,
            reserved << 14 | target >> 20 << 12 | target & 0xfff,
            source >> 12, target >> 12 & 0xff)


def up_tag(mode, channel, priority):
    """The tag of the way up."""
    if mode == VN_TAG_MODE:
        return struct.pack(">HI", VNTAG, channel)
    return struct.pack(">HHHBB", ETAG, priority << 12, channel & 0xfff, 0,
                       channel >> 12 & 0xff)


# Every channel

SWEEP_VFS = 8               # that share the work


def sweep_frame(rng, source):
    """A broadcast frame, some with a VLAN tag."""
    tag = b""
    if rng.random() < .5:
        tag = struct.pack(">HH", C_TAG, rng.randrange(1 << 16))
    return (BROADCAST + source + tag + b"\x88\xb5"
            + rng.randbytes(rng.randint(40, 60)))


def down_vntag(rng, frame, target, is_list, source):
    tag = hw.VANE_VNTAG_DIR | target << 16 | source
    tag |= hw.VANE_VNTAG_PTR * is_list | hw.VANE_VNTAG_LOOPED * (rng.random() < .5)
    return frame[:12] + struct.pack(">HI", VNTAG, tag) + frame[12:]


def down_etag(rng, frame, target, source):
    if rng.random() < .5:
        source = 0
    tag = struct.pack(">HHHBB", ETAG, rng.randrange(16) << 12 | source & 0xfff,
                      target >> 20 << 12 | target & 0xfff, source >> 12,
                      target >> 12 & 0xff)
    return frame[:12] + tag + frame[12:]


def etag_numbers(rng, count):
    """E-CIDs without group: each base, each extension, each bit, limits."""
    numbers = {rng.randrange(256) << 12 | base for base in range(4096)}
    numbers |= {extension << 12 | rng.randrange(4096) for extension in range(256)}
    numbers |= {1 << bit for bit in range(20)} | {hw.VANE_MAX_ECID, 4095, 4096}
    numbers |= {hw.VANE_MAX_ECID ^ 1 << bit for bit in range(20)}
    numbers |= {rng.randrange(1 << 20) for _ in range(count)}
    return sorted(numbers - {0})


def sweep_channels(rng):
    """Operations that use every VIF and VN-Tag list, and E-CIDs of each class."""
    macs = [b"\2\0\0\0\0" + bytes([index]) for index in range(SWEEP_VFS)]
    yield "begin", tuple(range(SWEEP_VFS)), "new"
    for index, mac in enumerate(macs):
        yield "port_set", index, {"mac": mac, "flags": LINK | SPOOFCHK,
                                  "prio_map": rng.getrandbits(64)}
    for mode in (VN_TAG_MODE, E_TAG_MODE):
        yield "switch_set", mode
        numbers = (list(range(1, hw.VANE_MAX_VIF + 1)) if mode == VN_TAG_MODE
                   else etag_numbers(rng, 500))
        rng.shuffle(numbers)
        yield from sweep_ports(rng, mode, macs, numbers)
        lists = (list(range(1, hw.VANE_MAX_VIF + 1)) if mode == VN_TAG_MODE
                 else [rng.randint(1, 3) << 20 | number
                       for number in rng.sample(etag_numbers(rng, 0), 1000)])
        rng.shuffle(lists)
        yield from sweep_lists(rng, mode, numbers[-SWEEP_VFS:], lists)
        # Room for those of the other tag
        for number in lists:
            yield "list_set", number, ()
        for index in range(SWEEP_VFS):
            yield "port_set", index, {"channel": 0}


def sweep_ports(rng, mode, macs, numbers):
    """Each number is the channel of a port once: up, and down."""
    for at in range(0, len(numbers), SWEEP_VFS):
        some = numbers[at:at + SWEEP_VFS]
        for index, channel in enumerate(some):
            yield "port_set", index, {"channel": channel}
            yield "send", index, ((sweep_frame(rng, macs[index]), (None, 0, 0)),)
        frames = []
        for channel in some:
            frame = sweep_frame(rng, b"\2\0\0\0\1\0")
            source = rng.choice(some + [channel])
            frames.append(down_vntag(rng, frame, channel, False, source)
                          if mode == VN_TAG_MODE
                          else down_etag(rng, frame, channel, source))
        yield "wire", tuple(frames)


def sweep_lists(rng, mode, channels, lists):
    """Each list has random members, for a frame; the table is full of them."""
    for at in range(0, len(lists), SWEEP_VFS):
        some = lists[at:at + SWEEP_VFS]
        for number in some:
            yield "list_set", number, tuple(index for index in range(SWEEP_VFS)
                                            if rng.random() < .5)
        frames = []
        for number in some:
            frame = sweep_frame(rng, b"\2\0\0\0\1\0")
            source = rng.choice(channels)
            frames.append(down_vntag(rng, frame, number, True, source)
                          if mode == VN_TAG_MODE
                          else down_etag(rng, frame, number, source))
        yield "wire", tuple(frames)
