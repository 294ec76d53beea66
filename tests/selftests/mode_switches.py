#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: sriov --mem 3G --allow-leaks --uplink switch
"""The mode of the switch changes again and again while all VFs send and receive: no
frame bears another VF's channel, and none reaches another VF.

VANE_SWITCHES is how often, VANE_SEED which modes and frames.
"""

import os
import random
import select
import socket
import struct
import threading

from lib.py import (BROADCAST, ETH_P_TEST, Capture, Frame, Genl, Sender, Vane, attr,
                    cmd, defer, hw, ip_batch, ip_json, ksft_eq, ksft_ge, ksft_main,
                    ksft_pr, repeat, sysctl, wait_until)
from lib.py.channel import STRANGER
from lib.py.packet import (PACKET_IGNORE_OUTGOING, SO_RCVBUFFORCE, SOL_PACKET,
                           mac_bytes)

VFS = repeat(hw.VANE_MAX_VFS, 16)
SWITCHES = int(os.environ.get("VANE_SWITCHES", repeat(200, 60)))
# Of a VF between two of them, on an average
FRAMES = 3

CMD_SWITCH_SET = 2
A_IFINDEX, A_MODE = 1, 2
VEB, VNTAG, VEPA, ETAG = range(4)

# In each frame: who it is from, whom it is for, and its number
BODY = struct.Struct("!HHI38x")
WIRE = NOBODY = 0xffff


def channel(index):
    """Of a VF; not the number of the VF itself."""
    return 4095 - index


def set_up():
    """VFs up, each with a channel and a known address, in this namespace."""
    env = Vane(VFS)
    seed = int(os.environ.get("VANE_SEED", random.randrange(1 << 32)))
    ksft_pr(f"VANE_SEED={seed}")
    env.rng = random.Random(seed)
    sysctl("net.ipv6.conf.all.disable_ipv6", 1)
    sysctl("net.ipv6.conf.default.disable_ipv6", 1)
    env.ext = env.ext_port()
    env.pf_port()
    for index in range(VFS):
        cmd(f"vanectl channel set {env.pf.ifname} vf {index} {channel(index)}")
    names = [env.vf(index).ifname for index in range(VFS)]
    ip_batch([f"link set dev {name} up" for name in names])
    links = {link["ifname"]: link for link in ip_json("link show")}
    env.names = names
    env.ifindex = links[env.pf.ifname]["ifindex"]
    env.macs = [links[name]["address"] for name in names]
    wait_until(lambda: not without_link(env), 60, 0.5, "every VF's link")
    return env


def without_link(env):
    """VFs that have no link."""
    up = {link["ifname"] for link in ip_json("link show up")
          if "LOWER_UP" in link.get("flags", ())}
    return set(env.names) - up


class VfSockets:
    """Raw frames of all VFs: one socket receives them."""

    def __init__(self, env):
        self.env = env
        self.index = {name: index for index, name in enumerate(env.names)}
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                  socket.htons(ETH_P_TEST))
        self.sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.sock.setblocking(False)
        defer(self.sock.close)

    def send(self, index, data):
        """Out of VF @index; without a link just now it is lost."""
        try:
            self.sock.sendto(data, (self.env.names[index], ETH_P_TEST))
        except OSError:
            pass

    def received(self):
        """(VF, frame) of each that has come."""
        while True:
            try:
                data, address = self.sock.recvfrom(2048)
            except BlockingIOError:
                return
            index = self.index.get(address[0])
            if index is not None:
                yield index, Frame(data)


def frame_of(src, dst, source, target, number):
    """A numbered frame."""
    return Frame(mac_bytes(dst) + mac_bytes(src) + struct.pack("!H", ETH_P_TEST) +
                 BODY.pack(source, target, number))


class Traffic:
    """Numbered frames in every direction, until it is stopped."""

    def __init__(self, env):
        self.env = env
        self.rng = random.Random(env.rng.random())
        self.sockets = VfSockets(env)
        self.capture = Capture(env.ext)
        self.wire = Sender(env.ext)
        self.sent = 0
        self.checked = {"up": 0, "tagged": 0, "down": 0}
        self.wrong = []
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        self.deferred = defer(self._end)

    def _run(self):
        while not self.stopping.is_set():
            self.send()
            self.check()

    def send(self):
        """One frame of a VF, and one of each kind for one."""
        rng, env = self.rng, self.env
        source, target = rng.randrange(VFS), rng.randrange(VFS)
        self.sent += 1
        number = self.sent & 0xffffffff
        dst = rng.choice((env.macs[target], STRANGER))
        self.sockets.send(source, frame_of(
            env.macs[source], dst, source, NOBODY if dst == STRANGER else target,
            number).data)
        # To all by its address, but to one by its tag, so only the tag keeps it from
        # the others. A mode that has no such tag sees no frame of the test in it.
        inner = frame_of(STRANGER, BROADCAST, WIRE, target, number)
        self.wire.send(inner.vntagged(dvif=channel(target)))
        self.wire.send(inner.etagged(channel(target)))
        self.wire.send(frame_of(STRANGER, env.macs[target], WIRE, target, number))

    def check(self):
        """What has come out."""
        for frame in self.capture.take():
            self.check_up(frame)
        self.capture.frames.clear()
        for index, frame in self.sockets.received():
            _, target, _ = BODY.unpack_from(frame.data, 14)
            self.checked["down"] += 1
            if target != index:
                self.wrong.append(f"VF {index} got {frame}, which is for VF {target}")

    def check_up(self, frame):
        """A frame on the wire: its tag, if there is one, is that of its source."""
        inner, tagged = frame, frame.proto != ETH_P_TEST
        if frame.proto in (hw.VANE_VNTAG_ETHERTYPE, hw.VANE_ETAG_ETHERTYPE):
            inner = frame.inner()
        if inner.proto != ETH_P_TEST:
            return
        source, target, number = BODY.unpack_from(inner.data, 14)
        if source == WIRE:
            return
        self.checked["up"] += 1
        self.checked["tagged"] += tagged
        dst = STRANGER if target == NOBODY else self.env.macs[target]
        plain = frame_of(self.env.macs[source], dst, source, target, number)
        if frame not in (plain, plain.vntagged(down=0, svif=channel(source)),
                         plain.etagged(channel(source))):
            self.wrong.append(f"VF {source} sent {plain}, which left as {frame}")

    def _end(self):
        self.stopping.set()
        self.thread.join()

    def stop(self):
        """Ends it, and checks what is still on its way."""
        self.deferred.exec()
        mark = frame_of(STRANGER, self.env.macs[0], WIRE, 0, 0)
        self.wire.send(mark)
        select.select([self.sockets.sock], [], [], 1)
        self.check()


def under_traffic(env):
    """Any mode after any other."""
    defer(cmd, f"vanectl mode {env.pf.ifname} veb")
    traffic = Traffic(env)
    modes = set()
    with Genl("vane") as genl:
        last = VEB
        for _ in range(SWITCHES):
            mode = env.rng.choice([other for other in (VEB, VNTAG, VEPA, ETAG)
                                   if other != last])
            until = traffic.sent + env.rng.randrange(2 * FRAMES + 1)
            genl.do(CMD_SWITCH_SET,
                    attr(A_IFINDEX, struct.pack("=I", env.ifindex)) +
                    attr(A_MODE, struct.pack("=I", mode)))
            modes.add((last, mode))
            last = mode
            wait_until(lambda until=until: traffic.sent >= until, 60, 0.001,
                       "frames sent")
    traffic.stop()
    ksft_pr(f"{SWITCHES} changes, {len(modes)} kinds; {4 * traffic.sent} frames sent; "
            f"on the wire {traffic.checked['up']}, of them with a tag "
            f"{traffic.checked['tagged']}; at VFs {traffic.checked['down']}")
    ksft_eq(traffic.wrong[:5], [])
    for key, value in traffic.checked.items():
        ksft_ge(value, SWITCHES // 10, key)
    wait_until(lambda: not without_link(env), 60, 0.5, "every VF's link")


if __name__ == "__main__":
    ksft_main([under_traffic], set_up)
