#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: network --allow-leaks --uplink switch
"""Headers about as long as a descriptor can say: offloaded or not, they leave as they
should, also behind a VLAN tag that the stack puts into the frame.

An unprivileged program can send such: a routing header of IPv6 has up to 2048 bytes.
"""

import random
import socket
import struct

from lib.py import (Capture, InNetns, KernelLog, Vane, defer, ip, ksft_eq, ksft_main)
from lib.py.channel import STRANGER
from lib.py.packet import SOL_PACKET, mac_bytes

ETH_P_IPV6 = 0x86dd
IPPROTO_TCP, IPPROTO_DSTOPTS = 6, 60
ETH_HLEN, IP6_HLEN, TCP_HLEN, VLAN_HLEN = 14, 40, 20, 4
PACKET_VNET_HDR = 15
VNET_HDR = struct.Struct("=BBHHHH")
NEEDS_CSUM, GSO_NONE, GSO_TCPV6 = 1, 0, 4

# Of IPv6, both
ADDRESSES = bytes(range(32))
ADDRESSES_SUM = sum(struct.unpack(">16H", ADDRESSES))

MSS = 100
SEGMENTS = 3
# What the descriptor's fields hold at most, and one tag more
LONGEST = 511
FURTHEST = 1023


def set_up():
    """The PF, a VF and the external network, and VLANs of both in every form."""
    env = Vane.with_ports(1)
    env.ports_under_test = []
    for port in (env.pf_if, env.vfs[0]):
        port.set_features({"tx-vlan-offload": True})
        env.ports_under_test += [(port, port.ifname), (port, vlan(port, "802.1Q")),
                                 (port, vlan(port, "802.1ad"))]
    return env


def vlan(port, proto):
    """A VLAN interface of @port: its name."""
    name = f"{port.name[:2].lower()}-{proto[-2:]}"
    ip(f"link add link {port.ifname} name {name} type vlan id 5 protocol {proto}",
       port.ns)
    defer(ip, f"link del dev {name}", port.ns)
    ip(f"link set dev {name} up", port.ns)
    return name


class OffloadSender:
    """Raw frames whose checksum, or segmentation, is left to the driver."""

    def __init__(self, port, ifname):
        with InNetns(port.ns):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
            self.sock.bind((ifname, ETH_P_IPV6))

    def send(self, frame, gso, size, start, offset):
        """Sends one frame."""
        hdr_len = start + TCP_HLEN if gso else 0
        self.sock.send(VNET_HDR.pack(NEEDS_CSUM, gso, hdr_len, size, start, offset) +
                       frame)
        self.sock.close()


def headers(src, hdr_len, payload):
    """Ethernet, IPv6, destination options and TCP of @hdr_len bytes in all."""
    options = hdr_len - ETH_HLEN - IP6_HLEN - TCP_HLEN
    tcp_options = options % 8
    options -= tcp_options
    tcp_len = TCP_HLEN + tcp_options
    pseudo = ADDRESSES_SUM + tcp_len + payload + IPPROTO_TCP
    while pseudo >> 16:
        pseudo = (pseudo & 0xffff) + (pseudo >> 16)
    return (mac_bytes(STRANGER) + mac_bytes(src) +
            struct.pack(">HIHBB", ETH_P_IPV6, 6 << 28, options + tcp_len + payload,
                        IPPROTO_DSTOPTS, 64) + ADDRESSES +
            struct.pack("BB", IPPROTO_TCP, options // 8 - 1) + bytes(options - 2) +
            struct.pack(">HHIIBBHHH", 1, 2, 0, 0, tcp_len // 4 << 4, 0x10, 0, pseudo,
                        0) +
            b"\1" * tcp_options)


def folded(data, more=0):
    """The ones' complement sum of @data."""
    total = more + sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def cases(longest, step):
    """Lengths up to @longest and beyond, by @step."""
    return range(longest - 6 * step - longest % step + 2, longest + 6 * step, step)


def unharmed(env, action):
    """@action has no queue stop, and no function reset."""
    def errors():
        return [port.counters()["queue_errors"] for port in (env.pf_if, env.vfs[0])]

    before = errors()
    log = KernelLog()
    action()
    ksft_eq(errors(), before, "queue errors")
    ksft_eq(log.has("reset"), False, "a reset")


def check_segments(env, hdr_len):
    """Every segment arrives, its checksum right, whoever has made it."""
    for port, ifname in env.ports_under_test:
        capture = Capture(env.ext)
        payload = random.Random(hdr_len).randbytes(SEGMENTS * MSS)
        head = headers(port.mac, hdr_len, len(payload))
        start = hdr_len - tcp_length(head)
        OffloadSender(port, ifname).send(head + payload, GSO_TCPV6, MSS, start, 16)
        for at in range(0, len(payload), MSS):
            frame = capture.expect(payload[at:at + MSS])
            tcp = frame.data[-MSS - tcp_length(head):]
            ksft_eq(folded(tcp, ADDRESSES_SUM + len(tcp) + IPPROTO_TCP), 0xffff,
                    f"{ifname}: {hdr_len} bytes: checksum")
        capture.sock.close()


def tcp_length(head):
    """Of the TCP header at the end of @head."""
    return TCP_HLEN + (len(head) - ETH_HLEN - IP6_HLEN - TCP_HLEN) % 8


def segmentation(env):
    """TSO."""
    def action():
        for hdr_len in cases(LONGEST, 4):
            check_segments(env, hdr_len)

    unharmed(env, action)


def checksum(env):
    """A checksum far behind."""
    def action():
        for start in cases(FURTHEST, 2):
            for port, ifname in env.ports_under_test:
                capture = Capture(env.ext)
                body = random.Random(start).randbytes(start - ETH_HLEN)
                tail = bytes(16) + body[:84]
                OffloadSender(port, ifname).send(
                    mac_bytes(STRANGER) + mac_bytes(port.mac) +
                    struct.pack(">H", ETH_P_IPV6) + body + tail, GSO_NONE, 0, start, 6)
                frame = capture.expect(body)
                ksft_eq(folded(frame.data[-len(tail):]), 0xffff, f"{ifname}: {start}")
                capture.sock.close()

    unharmed(env, action)


if __name__ == "__main__":
    ksft_main([segmentation, checksum], set_up)
