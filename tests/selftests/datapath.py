#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: network --allow-leaks --uplink switch
# Guest: bounce @distro --uplink switch --append swiotlb=force
#   Every mapping has a bounce buffer, so that a missing synchronisation shows.
"""Frames between the PF, VFs and the external network, with every offload."""

import hashlib
import itertools
import os
import socket
import struct
import threading

from lib.py import (ETH_P_8021Q, PATIENCE, Capture, InNetns, Sender, Vane,
                    defer, ip, iperf, ksft_eq, ksft_ge, ksft_le, ksft_main, ksft_pr,
                    make, queue_packets, queue_stats, read, wait_until)

ETH_P_IP = 0x0800
UDP_OFFSET = 34


def set_up():
    """PF, two VFs and the external network."""
    env = Vane(2)
    env.all = [env.pf_port(), *env.vf_ports(2), env.ext_port()]
    return env


def pairs(env):
    """PF and VF, VF and VF, VF and the uplink, PF and the uplink."""
    pf, vf0, vf1, ext = env.all
    return [(pf, vf0), (vf0, vf1), (vf0, ext), (pf, ext)]


def ping(env):
    """Everyone reaches everyone."""
    for one, other in itertools.permutations(env.all, 2):
        one.ping(other, count=2)


def ping_ipv6(env):
    """IPv6 works: neighbour discovery needs multicast."""
    for port in env.all:
        port.add_ip6()
    for one, other in pairs(env):
        one.ping(other, count=2, dest=other.ip6)


def transfer(one, other, size=1 << 20, dest=None):
    """Sends random data by TCP from @one to @other; it arrives as it was."""
    dest = dest or other.ip4
    family = socket.AF_INET6 if ":" in dest else socket.AF_INET
    with InNetns(other.ns):
        listener = socket.create_server((dest, 0), family=family)
    listener.settimeout(30 * PATIENCE)
    got = hashlib.sha256()

    def receive():
        conn, _ = listener.accept()
        with conn:
            conn.settimeout(30 * PATIENCE)
            while data := conn.recv(1 << 16):
                got.update(data)

    thread = threading.Thread(target=receive)
    thread.start()
    data = os.urandom(size)
    with InNetns(one.ns):
        sock = socket.socket(family)
    with sock:
        sock.settimeout(30 * PATIENCE)
        sock.connect((dest, listener.getsockname()[1]))
        sock.sendall(data)
    thread.join()
    listener.close()
    ksft_eq(got.hexdigest(), hashlib.sha256(data).hexdigest(),
            f"{one.name} to {other.name}")


def tcp(env):
    """iperf3 by TCP between each kind of ports, both ways."""
    for one, other in pairs(env):
        for args in ("-n 2M", "-n 2M -R"):
            end = iperf(one, other, args)
            what = f"{one.name} and {other.name} {args}"
            ksft_ge(end["sum_sent"]["bytes"], 2 << 20, what)
            # iperf3 ends when all is sent: what lies in sockets is not counted.
            ksft_ge(end["sum_received"]["bytes"], 1 << 19, what)


def udp(env):
    """iperf3 over UDP at a rate at which nothing should be lost."""
    for one, other in pairs(env):
        # Sockets have room for all of it, however late the receiver reads.
        end = iperf(one, other, "-u -b 4M -l 1400 -k 100 -w 200K")
        ksft_ge(end["sum"]["packets"], 100)
        ksft_eq(end["sum"]["lost_packets"], 0, f"{other.name} to {one.name}")


def with_features(port, **features):
    """Switches offloads for the time of the case."""
    states = {name.replace("_", "-"): state for name, state in features.items()}
    before = port.features()
    defer(port.set_features, {name: before[name] for name in states})
    port.set_features(states)
    now = port.features()
    for name, state in states.items():
        ksft_eq(now[name], state, name)


def udp_sum(frame):
    """Ones' complement sum over a captured UDP datagram: 0xffff if right."""
    data = frame.data
    length = struct.unpack_from("!H", data, UDP_OFFSET + 4)[0]
    body = data[UDP_OFFSET:UDP_OFFSET + length]
    body += b"\0" * (len(body) % 2)
    pseudo = data[26:34] + struct.pack("!HH", socket.IPPROTO_UDP, length)
    total = sum(struct.unpack(f"!{len(body) // 2}H", body))
    total += sum(struct.unpack("!6H", pseudo))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def check_udp_sums(one, other):
    """Datagrams of @one reach the wire with right checksums."""
    capture = Capture(other, ETH_P_IP)
    with InNetns(one.ns):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    defer(sock.close)
    for size in (8, 9, 63, 500, 1471, 1472):
        data = os.urandom(size)
        sock.sendto(data, (other.ip4, 9))
        frame = capture.expect(data)
        ksft_eq(udp_sum(frame), 0xffff, f"{size} bytes of {one.name}")


def tx_checksum_offload(env):
    """The device's checksums are right, on the wire, at any length."""
    vf0, ext = env.all[1], env.all[3]
    with_features(vf0, tx_checksum_ip_generic=True)
    check_udp_sums(vf0, ext)


def tx_checksum_software(env):
    """Without the offload the stack's own pass unchanged."""
    vf0, ext = env.all[1], env.all[3]
    with_features(vf0, tx_checksum_ip_generic=False)
    check_udp_sums(vf0, ext)
    transfer(vf0, ext)


def snmp(ns, name):
    """A counter of the UDP stack."""
    with InNetns(ns):
        lines = [line.split() for line in
                 read("/proc/thread-self/net/snmp").splitlines()
                 if line.startswith("Udp:")]
    return int(dict(zip(*lines))[name])


def bad_checksums(port):
    """Frames with a wrong checksum, as a port's device and its driver count."""
    return (port.counters()["rx_csum_bad"],
            sum(queue_stats(port, "rx", "csum_bad").values()))


def tamper(one, other, size):
    """Sends a datagram, and once more with a bit turned; that is not delivered."""
    with InNetns(one.ns):
        good = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    defer(good.close)
    with InNetns(other.ns):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    defer(sock.close)
    sock.bind((other.ip4, 0))
    sock.settimeout(5 * PATIENCE)
    data = os.urandom(size)
    capture = Capture(other, ETH_P_IP)
    good.sendto(data, sock.getsockname())
    frame = capture.expect(data)
    ksft_eq(sock.recv(size), data)
    tampered = data[:-1] + bytes([data[-1] ^ 1])
    errors = snmp(other.ns, "InCsumErrors")
    counted = bad_checksums(other)
    Sender(one).send(type(frame)(frame.data.replace(data, tampered)))
    good.sendto(b"right again", sock.getsockname())
    ksft_eq(sock.recv(size), b"right again")
    ksft_eq(snmp(other.ns, "InCsumErrors") - errors, 1, f"{size} bytes")
    ksft_eq(bad_checksums(other), tuple(count + 1 for count in counted),
            f"{size} bytes")


def bad_checksum(env, rx_checksum):
    """Wrong checksums, of frames in one buffer and in several, are counted."""
    vf0, ext = env.all[1], env.all[3]
    with_features(vf0, rx_checksumming=rx_checksum)
    vf0.set("mtu 9000")
    defer(vf0.set, "mtu 1500")
    vf0.wait_carrier()
    for size in (12, 8000):
        tamper(ext, vf0, size)


def rx_checksum_offload(env):
    """A wrong checksum is found with the device's help."""
    bad_checksum(env, True)


def rx_checksum_software(env):
    """A wrong checksum is found without it."""
    bad_checksum(env, False)


def largest_tcp_frames(one, other, dest=None):
    """Lengths of the largest frame of a transfer, at @one's stack and @other."""
    captures = Capture(one, outgoing=True), Capture(other)
    transfer(one, other, 300000, dest)
    sent, got = (max(len(frame.data) for frame in capture.take()
                     if frame.src == one.mac) for capture in captures)
    return sent, got


def segmented(port):
    """Frames and bytes that the device was given to segment, and was to make."""
    return [sum(queue_stats(port, "tx", f"hw_gso_{name}").values())
            for name in ("packets", "bytes", "wire_packets", "wire_bytes")]


def tso(env):
    """The stack hands over large frames, the wire sees none of them."""
    vf0, ext = env.all[1], env.all[3]
    with_features(vf0, tcp_segmentation_offload=True)
    for dest in (None, ext.ip6):
        if dest:
            vf0.add_ip6()
            ext.add_ip6()
        before = segmented(vf0)
        sent, got = largest_tcp_frames(vf0, ext, dest)
        # More than a segment; how many, TCP chooses by the speed it finds
        ksft_ge(sent, 1515)
        ksft_eq(got, 1514)
        frames, size, segments, wire_size = (
            new - old for new, old in zip(segmented(vf0), before))
        ksft_ge(frames, 1)
        ksft_ge(segments, 2 * frames)
        ksft_ge(size, 1515 * frames)
        ksft_ge(segments * 1514, wire_size)
        # TCP has its time stamps.
        headers = 14 + (40 if dest else 20) + 32
        ksft_eq(wire_size - size, (segments - frames) * headers)


def tso_off(env):
    """Without TSO the stack makes the segments itself."""
    vf0, ext = env.all[1], env.all[3]
    with_features(vf0, tcp_segmentation_offload=False,
                  generic_segmentation_offload=False)
    before = segmented(vf0)
    sent, got = largest_tcp_frames(vf0, ext)
    ksft_eq(segmented(vf0), before)
    ksft_eq(sent, 1514)
    ksft_eq(got, 1514)


def gro_frames(port):
    """Coalesced frames that the device delivered to a port."""
    return port.counters()["rx_gro_frames"]


def hw_gro(env):
    """A TSO frame reaches a local VF in one piece, unless that is off."""
    _, vf0, vf1, _ = env.all
    with_features(vf0, tcp_segmentation_offload=True)
    with_features(vf1, rx_gro_hw=True)
    before = gro_frames(vf1)
    transfer(vf0, vf1)
    ksft_ge(gro_frames(vf1), before + 1)
    with_features(vf1, rx_gro_hw=False)
    before = gro_frames(vf1)
    transfer(vf0, vf1)
    ksft_eq(gro_frames(vf1), before)


def tcp_without_offloads(env):
    """TCP works with every offload off, at one end and at both."""
    _, vf0, vf1, ext = env.all
    off = {"tx_checksum_ip_generic": False, "rx_checksumming": False,
           "tcp_segmentation_offload": False, "rx_gro_hw": False,
           "generic_receive_offload": False}
    with_features(vf0, **off)
    transfer(vf0, vf1)
    transfer(vf1, vf0)
    with_features(vf1, **off)
    transfer(vf0, vf1)
    transfer(ext, vf0)


def jumbo(env):
    """MTU 9000: frames of many buffers pass whole, larger ones do not exist."""
    for port in env.all:
        port.set("mtu 9000")
        defer(port.set, "mtu 1500" if port.name != "ext" else "mtu 9000")
    for one, other in pairs(env):
        one.wait_carrier()
        one.ping(other, count=2, args="-M do -s 8972")
        transfer(one, other)
        transfer(other, one)


def oversize_is_dropped(env):
    """A frame longer than the receiver's MTU allows is not delivered."""
    _, vf0, _, ext = env.all
    capture = Capture(vf0)
    long, short = make(ext, vf0, 1600), make(ext, vf0)
    sender = Sender(ext)
    sender.send(long)
    sender.send(short)
    capture.expect(short)
    ksft_eq(capture.saw(long), False)


def vlan_port(port, vid):
    """A VLAN device on @port with an address of the VLAN's own subnet."""
    name = f"{port.ifname}.{vid}"
    ip(f"link add link {port.ifname} name {name} type vlan id {vid}", port.ns)
    defer(ip, f"link del {name}", port.ns)
    ip(f"addr add 10.99.{port.ip4[5:]}/16 dev {name}", port.ns)
    ip(f"link set {name} up", port.ns)
    return f"10.99.{port.ip4[5:]}"


def vlan_devices(env):
    """VLAN devices reach each other, with the tag on the wire."""
    _, vf0, vf1, ext = env.all
    addresses = {port.name: vlan_port(port, 5) for port in env.all}
    for one, other in pairs(env):
        one.ping(other, count=2, dest=addresses[other.name])
    capture = Capture(ext)
    vf0.ping(ext, count=1, dest=addresses[ext.name])
    # The device below may have something of its own to say
    dest = socket.inet_aton(addresses[ext.name])
    frame = capture.expect(lambda frame: frame.src == vf0.mac and
                           dest in frame.data)
    ksft_eq((frame.proto, frame.vlan), (ETH_P_8021Q, 5))
    transfer(vf0, vf1, dest=addresses["vf1"])


def vlan_without_offload(env):
    """The same with the tags put in and taken out by the stack."""
    _, vf0, vf1, ext = env.all
    with_features(vf0, tx_vlan_offload=False, rx_vlan_offload=False)
    addresses = {port.name: vlan_port(port, 6) for port in env.all}
    for other in (vf1, ext):
        vf0.ping(other, count=2, dest=addresses[other.name])
        transfer(vf0, other, dest=addresses[other.name])
        transfer(other, vf0, dest=addresses["vf0"])


def vlan_isolated(env):
    """A VLAN device does not hear the untagged network or other VLANs."""
    _, vf0, vf1, _ = env.all
    vlan_port(vf0, 7)
    address = vlan_port(vf1, 8)
    ksft_eq(vf0.reaches(vf1, dest=address), False)
    vf0.ping(vf1)


def rss(env):
    """Flows spread to all receive queues."""
    _, vf0, _, ext = env.all
    queues = vf0.channels()[1]
    ksft_ge(queues, 2)
    before = queue_packets(vf0, "rx")
    with InNetns(ext.ns):
        sock = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                for _ in range(128)]
    capture = Capture(vf0, ETH_P_IP)
    for index, one in enumerate(sock):
        one.sendto(f"flow {index}.".encode(), (vf0.ip4, 9))
    capture.expect(b"flow 127.")
    for one in sock:
        one.close()
    after = queue_packets(vf0, "rx")
    spread = [after[queue] - before[queue] for queue in range(queues)]
    ksft_pr("flows by queue:", spread)
    for frames in spread:
        ksft_ge(frames, 10)


def rss_is_stable(env):
    """Frames of one flow stay on one queue."""
    _, vf0, _, ext = env.all
    vf0.ping(ext)
    before = queue_packets(vf0, "rx")
    capture = Capture(vf0, ETH_P_IP)
    with InNetns(ext.ns):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    defer(sock.close)
    for index in range(50):
        sock.sendto(f"frame {index}.".encode(), (vf0.ip4, 9))
    capture.expect(b"frame 49.")
    after = queue_packets(vf0, "rx")
    busy = [queue for queue, packets in after.items()
            if packets - before[queue] >= 50]
    ksft_eq(len(busy), 1)


def statistics_agree(env):
    """What one end counted as sent the other counted as received."""
    _, vf0, vf1, _ = env.all
    count, size, others = 200, 700, 10
    capture = Capture(vf1)
    tx, rx = vf0.stats()["tx"], vf1.stats()["rx"]
    dev_tx, dev_rx = vf0.counters(), vf1.counters()
    frames = [make(vf0, vf1, size) for _ in range(count)]
    sender = Sender(vf0)
    for frame in frames:
        sender.send(frame)
    capture.expect(frames[-1])
    wait_until(lambda: vf0.stats()["tx"]["packets"] - tx["packets"] >= count)
    sent, got = vf0.stats()["tx"], vf1.stats()["rx"]
    for stats, before in ((sent, tx), (got, rx)):
        extra = stats["packets"] - before["packets"] - count
        # Nothing else is going on but an ARP probe now and then.
        ksft_le(extra, others)
        ksft_ge(extra, 0)
        ksft_ge(stats["bytes"] - before["bytes"], count * size)
        ksft_le(stats["bytes"] - before["bytes"], count * size + extra * 90)
    for port, before, name in ((vf0, dev_tx, "tx_frames"),
                               (vf1, dev_rx, "rx_frames")):
        ksft_ge(port.counters()[name] - before[name], count)
        ksft_le(port.counters()[name] - before[name], count + others)


if __name__ == "__main__":
    ksft_main([ping, ping_ipv6, tcp, udp, tx_checksum_offload,
               tx_checksum_software, rx_checksum_offload, rx_checksum_software,
               tso, tso_off, hw_gro, tcp_without_offloads, jumbo,
               oversize_is_dropped, vlan_devices, vlan_without_offload,
               vlan_isolated, rss, rss_is_stable, statistics_agree], set_up)
