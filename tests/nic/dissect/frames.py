# SPDX-License-Identifier: GPL-2.0-only
"""Frames with channel tags, and what tshark should print for each of their fields.

A tag is a dictionary: the value of each field, by tshark's name for it.
"""

import struct
from typing import NamedTuple

from hw import hw, put

C_TAG = 0x8100
S_TAG = 0x88a8
IPV4 = 0x0800
IPV6 = 0x86dd
EXPERIMENTAL = 0x88b5       # IEEE's for local experiments: tshark shows it as data
BROADCAST = b"\xff" * 6
STRANGER = b"\2\0\0\0\1\0"  # somebody on the wire
SERIAL = struct.Struct(">I")
IP_LEN = {IPV4: 20, IPV6: 40}
TCP_LEN = 20
ACK, PSH = 0x10, 0x08
PROTOCOLS = {C_TAG: "vlan", S_TAG: "ieee8021ad", EXPERIMENTAL: "data",
             IPV4: "ip:tcp:data", IPV6: "ipv6:tcp:data"}


class Layout(NamedTuple):
    """A kind of channel tag."""

    protocol: str           # tshark's name
    mode: int
    ethertype: int
    size: int               # with its EtherType
    masks: dict             # of fields


VNTAG = Layout(
    "vntag", hw.VANE_SWITCH_VNTAG, hw.VANE_VNTAG_ETHERTYPE, hw.VANE_VNTAG_SIZE,
    {"dir": hw.VANE_VNTAG_DIR, "ptr": hw.VANE_VNTAG_PTR, "dst": hw.VANE_VNTAG_DVIF,
     "looped": hw.VANE_VNTAG_LOOPED, "r": hw.VANE_VNTAG_RSVD,
     "version": hw.VANE_VNTAG_VER, "src": hw.VANE_VNTAG_SVIF})
ETAG = Layout(
    "etag", hw.VANE_SWITCH_ETAG, hw.VANE_ETAG_ETHERTYPE, hw.VANE_ETAG_SIZE,
    {"pcp": hw.VANE_ETAG_PCP, "dei": hw.VANE_ETAG_DEI,
     "iecid_base": hw.VANE_ETAG_INGRESS, "resv": hw.VANE_ETAG_RSVD,
     "group": hw.VANE_ETAG_GRP, "ecid_base": hw.VANE_ETAG_ECID,
     "iecid_ext": hw.VANE_ETAG_INGRESS_EXT, "ecid_ext": hw.VANE_ETAG_ECID_EXT})


def etag(ecid, priority=0, group=0, ingress=0):
    """The fields of an E-Tag; @priority is E-PCP and E-DEI."""
    return {"pcp": priority >> 1, "dei": priority & 1, "group": group,
            "ecid_base": ecid & 0xfff, "ecid_ext": ecid >> 12,
            "iecid_base": ingress & 0xfff, "iecid_ext": ingress >> 12}


def encoded(layout, tag):
    """The tag as a bridge sends it."""
    word = sum(put(layout.masks[name], value) for name, value in tag.items())
    return struct.pack(">H", layout.ethertype) + word.to_bytes(layout.size - 2)


class Inner(NamedTuple):
    """VLAN tags, each (TPID, TCI): inside of the channel tag, and how they came."""

    wire: tuple = ()
    sent: tuple = ()        # those in the memory of the function
    tci: int | None = None  # in the descriptor
    port: tuple = (0, 0)    # port VLAN

    @property
    def received(self):
        """Those that a function gets."""
        return self.wire[1:] if self.port[0] else self.wire


def inner_kinds(rng):
    """One of each kind."""
    own, further, port = (rng.randrange(16) << 12 | rng.randint(1, 4094)
                          for _ in range(3))
    priority = own & 0xf000
    return {
        "untagged": Inner(),
        "802.1Q": Inner(((C_TAG, own),), ((C_TAG, own),)),
        "802.1Q by descriptor": Inner(((C_TAG, own),), tci=own),
        "priority-tagged": Inner(((C_TAG, priority),), ((C_TAG, priority),)),
        "802.1ad": Inner(((S_TAG, own),), ((S_TAG, own),)),
        "802.1ad, priority-tagged": Inner(((S_TAG, priority),),
                                          ((S_TAG, priority),)),
        "802.1ad and 802.1Q": Inner(((S_TAG, own), (C_TAG, further)),
                                    ((S_TAG, own), (C_TAG, further))),
        "port VLAN": Inner(((C_TAG, port),), port=(C_TAG, port)),
        "port VLAN, priority-tagged": Inner(((C_TAG, priority | port & 0xfff),),
                                            ((C_TAG, priority),),
                                            port=(C_TAG, port)),
        "802.1ad port VLAN": Inner(((S_TAG, port),), port=(S_TAG, port)),
        "802.1ad port VLAN and 802.1Q": Inner(((S_TAG, port), (C_TAG, own)),
                                              ((C_TAG, own),), port=(S_TAG, port)),
    }


def inners_of_priority(n, vid):
    """Each way to have a frame whose outer tag has @n as PCP and DEI, or none."""
    tci = n << 12 | vid
    priority = n << 12
    inners = [Inner(((C_TAG, tci),), ((C_TAG, tci),)),
              Inner(((C_TAG, tci),), tci=tci),
              Inner(((C_TAG, priority),), ((C_TAG, priority),)),
              Inner(((S_TAG, tci),), ((S_TAG, tci),)),
              Inner(((C_TAG, tci),), port=(C_TAG, tci)),
              Inner(((C_TAG, tci),), ((C_TAG, priority),), port=(C_TAG, vid)),
              Inner(((S_TAG, tci),), port=(S_TAG, tci))]
    return inners if n else [*inners, Inner()]


def vlan_tags(tags):
    return b"".join(struct.pack(">HH", *tag) for tag in tags)


class Ether(NamedTuple):
    """A frame without its tags."""

    destination: bytes
    source: bytes
    ethertype: int
    headers: bytes
    payload: bytes

    def tagged(self, tags, channel_tag=b""):
        return (self.destination + self.source + channel_tag + vlan_tags(tags)
                + struct.pack(">H", self.ethertype) + self.headers + self.payload)


def plain(rng, destination, source, serial):
    """A frame that tshark has no dissector for, long enough not to be padded."""
    length = rng.choice((42, 43, 50, 60, rng.randint(42, 1400)))
    return Ether(destination, source, EXPERIMENTAL, b"",
                 SERIAL.pack(serial) + rng.randbytes(length))


def tcp(kind, source, payload, sequence, ident):
    """A frame of @kind (IPv4 or IPv6) to be cut into segments."""
    size = TCP_LEN + len(payload)
    if kind == IPV4:
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, IP_LEN[kind] + size, ident, 0x4000,
                         64, 6, 0, b"\x0a\0\0\1", b"\x0a\0\0\2")
    else:
        ip = struct.pack(">IHBB16s16s", 0x60000000, size, 6, 64,
                         b"\xfd" + b"\1" * 15, b"\xfd" + b"\2" * 15)
    header = struct.pack(">HHIIBBHHH", 50001, 50002, sequence, 1, TCP_LEN << 2,
                         ACK | PSH, 512, 0, 0)
    return Ether(STRANGER, source, kind, ip + header, payload)


def segment_fields(kind, sequence, ident, length, is_last):
    """What tshark should say of a segment, as far as it is not its tags."""
    fields = {"tcp.seq_raw": [sequence], "tcp.flags": [ACK | PSH * is_last],
              "tcp.checksum.status": [1]}
    if kind == IPV4:
        fields |= {"ip.id": [ident], "ip.checksum.status": [1],
                   "ip.len": [IP_LEN[kind] + TCP_LEN + length]}
    else:
        fields["ipv6.plen"] = [TCP_LEN + length]
    return fields


def mac_text(mac):
    return mac.hex(":")


def described(layout, tag, tags, ether):
    """What tshark should print of a frame: the values of each field."""
    types = [layout.ethertype, *(tpid for tpid, _ in tags), ether.ethertype]
    stack = ["eth", layout.protocol, *(PROTOCOLS[kind] for kind in types[1:])]
    fields = {"frame.protocols": [":ethertype:".join(stack)],
              "eth.dst": [mac_text(ether.destination)],
              "eth.src": [mac_text(ether.source)],
              "eth.type": [layout.ethertype],
              f"{layout.protocol}.etype": [types[1]]}
    for name in layout.masks:
        fields[f"{layout.protocol}.{name}"] = [tag.get(name, 0)]
    for (tpid, tci), following in zip(tags, types[2:]):
        protocol = PROTOCOLS[tpid]
        etype = "ieee8021ah.etype" if tpid == S_TAG else "vlan.etype"
        for name, value in ((f"{protocol}.priority", tci >> 13),
                            (f"{protocol}.dei", tci >> 12 & 1),
                            (f"{protocol}.id", tci & 0xfff), (etype, following)):
            fields.setdefault(name, []).append(value)
    return fields
