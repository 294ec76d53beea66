# SPDX-License-Identifier: GPL-2.0-only
"""Frames: made, sent, captured and told apart."""

import itertools
import os
import select
import socket
import struct
import threading
import time
from functools import partial

from .cmd import InNetns
from .hw import field, hw, put
from .ksft import PATIENCE, KsftFail, defer, wait_until

ETH_P_ALL = 0x0003
# IEEE's own for local experiments: nothing else in the guest sends it.
ETH_P_TEST = 0x88b5
ETH_P_8021Q = 0x8100
ETH_P_8021AD = 0x88a8
BROADCAST = "ff:ff:ff:ff:ff:ff"
# Seconds within which a frame arrives that does
ARRIVAL = 5 * PATIENCE

SOL_PACKET = 263
PACKET_AUXDATA = 8
PACKET_IGNORE_OUTGOING = 23
TP_STATUS_VLAN_VALID = 1 << 4
TP_STATUS_VLAN_TPID_VALID = 1 << 6
SO_RCVBUFFORCE = 33

_serial = itertools.count(1)


def mac_bytes(mac):
    """"52:54:00:00:00:01" as six bytes."""
    return bytes.fromhex(mac.replace(":", ""))


def mac_text(mac):
    """Six bytes as text."""
    return mac.hex(":")


class Frame:
    """An Ethernet frame without FCS, as bytes, and what is in it."""

    def __init__(self, data):
        self.data = bytes(data)

    @property
    def dst(self):
        """Destination address."""
        return mac_text(self.data[0:6])

    @property
    def src(self):
        """Source address."""
        return mac_text(self.data[6:12])

    @property
    def proto(self):
        """EtherType behind the addresses, whatever it is."""
        return struct.unpack_from("!H", self.data, 12)[0]

    @property
    def vlan(self):
        """TCI of the outer VLAN tag, None without one."""
        if self.proto not in (ETH_P_8021Q, ETH_P_8021AD):
            return None
        return struct.unpack_from("!H", self.data, 14)[0]

    @property
    def vntag(self):
        """The 32 bits of a VN-Tag, None without one."""
        if self.proto != hw.VANE_VNTAG_ETHERTYPE:
            return None
        return struct.unpack_from("!I", self.data, 14)[0]

    @property
    def etag(self):
        """The 48 bits of an E-Tag, None without one."""
        if self.proto != hw.VANE_ETAG_ETHERTYPE:
            return None
        return int.from_bytes(self.data[14:20], "big")

    @property
    def ecid(self):
        """The E-CID of an E-Tag, with its group in front."""
        return (field(self.etag, hw.VANE_ETAG_GRP) << 20
                | field(self.etag, hw.VANE_ETAG_ECID_EXT) << 12
                | field(self.etag, hw.VANE_ETAG_ECID))

    def inner(self):
        """The frame without its outermost tag."""
        size = {hw.VANE_VNTAG_ETHERTYPE: hw.VANE_VNTAG_SIZE,
                hw.VANE_ETAG_ETHERTYPE: hw.VANE_ETAG_SIZE}.get(self.proto, 4)
        return Frame(self.data[:12] + self.data[12 + size:])

    def tagged(self, proto, tci):
        """The frame with one more VLAN tag in front."""
        tag = struct.pack("!HH", proto, tci)
        return Frame(self.data[:12] + tag + self.data[12:])

    def vntagged(self, *, down=1, ptr=0, dvif=0, looped=0, svif=0, ver=0):
        """The frame with a VN-Tag in front, as the bridge sends it."""
        tag = (put(hw.VANE_VNTAG_DIR, down) | put(hw.VANE_VNTAG_PTR, ptr) |
               put(hw.VANE_VNTAG_DVIF, dvif) |
               put(hw.VANE_VNTAG_LOOPED, looped) |
               put(hw.VANE_VNTAG_VER, ver) | put(hw.VANE_VNTAG_SVIF, svif))
        return Frame(self.data[:12] +
                     struct.pack("!HI", hw.VANE_VNTAG_ETHERTYPE, tag) +
                     self.data[12:])

    def etagged(self, ecid, *, ingress=0, priority=0, reserved=0):
        """The frame with an E-Tag in front; a group is bits 21:20 of @ecid."""
        tag = (priority << 44 | put(hw.VANE_ETAG_RSVD, reserved) |
               put(hw.VANE_ETAG_GRP, ecid >> 20) |
               put(hw.VANE_ETAG_ECID, ecid & 0xfff) |
               put(hw.VANE_ETAG_ECID_EXT, ecid >> 12 & 0xff) |
               put(hw.VANE_ETAG_INGRESS, ingress & 0xfff) |
               put(hw.VANE_ETAG_INGRESS_EXT, ingress >> 12))
        return Frame(self.data[:12] +
                     struct.pack("!H", hw.VANE_ETAG_ETHERTYPE) +
                     tag.to_bytes(6, "big") + self.data[12:])

    def vntag_field(self, mask):
        """A field of the VN-Tag."""
        return field(self.vntag, mask)

    def __eq__(self, other):
        return isinstance(other, Frame) and self.data == other.data

    def __hash__(self):
        return hash(self.data)

    def __repr__(self):
        return (f"<{self.src} > {self.dst} {self.proto:04x} "
                f"{self.data[14:40].hex()}.. {len(self.data)} bytes>")


def make(src, dst=BROADCAST, size=64, vlan=None, proto=ETH_P_TEST):
    """A frame like no other, with an 802.1Q tag of TCI @vlan if that is given.

    @src and @dst are MAC addresses or ports; @size is without the tag.
    """
    src = getattr(src, "mac", src)
    dst = getattr(dst, "mac", dst)
    # A serial number, and the process it counts in.
    body = struct.pack("!II", next(_serial), os.getpid())
    body += bytes(index & 0xff for index in range(size - 14 - len(body)))
    frame = Frame(mac_bytes(dst) + mac_bytes(src) +
                  struct.pack("!H", proto) + body)
    return frame if vlan is None else frame.tagged(ETH_P_8021Q, vlan)


def contains(data, frame):
    """Is @data somewhere in @frame?"""
    return data in frame.data


def _retag(data, auxdata):
    """Puts back the VLAN tag that the kernel keeps beside the frame."""
    status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", auxdata[:20])
    if not status & TP_STATUS_VLAN_VALID:
        return Frame(data)
    if not status & TP_STATUS_VLAN_TPID_VALID:
        tpid = ETH_P_8021Q
    return Frame(data).tagged(tpid, tci)


class Capture:
    """What arrives at a port from now on, as it was on the wire.

    With @outgoing, what its stack hands to the driver is there too.
    """

    def __init__(self, port, proto=ETH_P_ALL, outgoing=False):
        self.port = port
        self.frames = []
        with InNetns(port.ns):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
            self.sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING,
                                 int(not outgoing))
            self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
            self.sock.bind((port.ifname, proto))
        self.sock.setblocking(False)
        defer(self.sock.close)

    def take(self):
        """Reads what has come; returns all frames so far."""
        while True:
            try:
                data, aux, _, _ = self.sock.recvmsg(1 << 17, 256)
            except BlockingIOError:
                return self.frames
            self.frames.append(_retag(data, aux[0][2]) if aux else Frame(data))

    def find(self, match, timeout=ARRIVAL):
        """First frame that @match accepts; waits for it. None if too late.

        @match is a Frame, bytes that it holds, or a function.
        """
        if isinstance(match, Frame):
            accept = match.__eq__
        elif isinstance(match, bytes):
            accept = partial(contains, match)
        else:
            accept = match
        end = time.monotonic() + timeout
        seen = 0
        while True:
            self.take()
            for frame in self.frames[seen:]:
                if accept(frame):
                    return frame
            seen = len(self.frames)
            left = end - time.monotonic()
            if left <= 0:
                return None
            select.select([self.sock], [], [], left)

    def expect(self, match, timeout=ARRIVAL):
        """As find(), but a frame that does not come ends the case."""
        frame = self.find(match, timeout)
        if frame is None:
            raise KsftFail(f"{self.port.name} did not get {match!r}; "
                           f"last it got {self.frames[-4:]!r}")
        return frame

    def saw(self, match):
        """Did a frame like this arrive so far?"""
        return self.find(match, 0) is not None


class Sender:
    """Raw frames out of a port."""

    def __init__(self, port):
        with InNetns(port.ns):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.sock.bind((port.ifname, 0))
        defer(self.sock.close)

    def send(self, frame):
        """Sends one frame."""
        self.sock.send(frame.data)


class Stream:
    """Frames from one port to another, a few hundred a second, all counted.

    @next_frame, if it is given, makes each of them, of EtherType @proto.
    """

    def __init__(self, source, target, next_frame=None, proto=ETH_P_TEST):
        self.frames = []
        self.next_frame = next_frame or partial(make, source, target)
        self.capture = Capture(target, proto)
        self.sender = Sender(source)
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._send)
        self.thread.start()
        self.deferred = defer(self._end)
        wait_until(lambda: self.frames, what=f"{source.name} sends")

    def _send(self):
        while not self.stopping.wait(0.003):
            frame = self.next_frame()
            try:
                self.sender.send(frame)
            except OSError:
                # Down just now, so it was not sent.
                continue
            self.frames.append(frame)

    def _end(self):
        self.stopping.set()
        self.thread.join()

    def stop(self):
        """Ends it; returns how many frames were sent and how many got lost."""
        self.deferred.exec()
        if self.frames:
            self.capture.find(self.frames[-1])
        got = set(self.capture.frames)
        lost = [frame for frame in self.frames if frame not in got]
        return len(self.frames), len(lost)


def write_pcap(path, frames):
    """Frames to a file for tshark."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 1 << 18, 1))
        for index, frame in enumerate(frames):
            file.write(struct.pack("<IIII", index, 0, len(frame.data),
                                   len(frame.data)) + frame.data)
