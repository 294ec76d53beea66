# SPDX-License-Identifier: GPL-2.0-only
"""Frames and their checksums."""

import ipaddress
import struct

ETH_IPV4 = 0x0800
ETH_IPV6 = 0x86dd
ETH_TEST = 0x88b5                   # for local experiments
TCP, UDP = 6, 17
FIN, PSH, ACK, CWR = 0x01, 0x08, 0x10, 0x80
BROADCAST = b"\xff" * 6


def mac(number):
    """A local address."""
    return bytes((2, 0, 0, 0, number >> 8, number & 0xff))


def frame(dst, src, length=60, kind=ETH_TEST):
    """A frame of another protocol, whose bytes all differ from their neighbours."""
    head = dst + src + struct.pack(">H", kind)
    return head + bytes(i * 7 & 0xff for i in range(length - len(head)))


def tagged(untagged, tci, kind=0x8100):
    return untagged[:12] + struct.pack(">HH", kind, tci) + untagged[12:]


def ones_sum(data, start=0):
    """The ones' complement sum."""
    data += bytes(len(data) & 1)
    total = start + sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def pseudo(src, dst, protocol, length):
    """The sum of the pseudo-header of TCP or UDP."""
    return ones_sum(address(src) + address(dst), protocol + length)


def address(text):
    return ipaddress.ip_address(text).packed


def ip(src, dst, protocol, payload, ident=0):
    """The IP packet, with its EtherType before it."""
    if ":" in src:
        head = struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64)
        return (struct.pack(">H", ETH_IPV6) + head + address(src) + address(dst)
                + payload)
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), ident, 0x4000, 64,
                       protocol, 0) + address(src) + address(dst)
    check = 0xffff ^ ones_sum(head)
    return (struct.pack(">H", ETH_IPV4) + head[:10] + struct.pack(">H", check)
            + head[12:] + payload)


def udp(src, dst, sport, dport, data):
    """A UDP datagram with its checksum."""
    head = struct.pack(">HHHH", sport, dport, 8 + len(data), 0)
    check = 0xffff ^ ones_sum(head + data, pseudo(src, dst, UDP, 8 + len(data)))
    return head[:6] + struct.pack(">H", check or 0xffff) + data


def tcp(src, dst, ports, seq, flags, data):
    """A TCP segment with its checksum."""
    head = struct.pack(">HHIIBBHHH", *ports, seq, 1, 0x50, flags, 8192, 0, 0)
    check = 0xffff ^ ones_sum(head + data, pseudo(src, dst, TCP, 20 + len(data)))
    return head[:16] + struct.pack(">H", check) + head[18:] + data
