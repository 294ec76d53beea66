#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: mgmt --mem 3G --allow-leaks --uplink switch
# Guest: vcpus4 @distro --smp 4 --uplink switch
"""All 256 VFs up at once, each with an address, each answering ping."""

import select
import socket
import struct
import time

from lib.py import (EXT, PATIENCE, WIRE, InNetns, Vane, hw, ip_batch, ip_json, ksft_eq,
                    ksft_ge, ksft_main, ksft_pr, read, sysctl, wait_until)

COUNT = hw.VANE_MAX_VFS
ICMP_ECHO = 8
ICMP_ECHOREPLY = 0
IP_HEADER = 20
AT_A_TIME = 16
ANSWER = 10


def vf_address(index):
    """A VF's address: each has a subnet of its own ..."""
    return f"10.8.{index}.1"


def ext_address(index):
    """... with the external network as its neighbour."""
    return f"10.8.{index}.2"


def set_up():
    """256 VFs up with their addresses; their interfaces are env.names."""
    env = Vane(COUNT)
    env.silent = None
    # Only the owner of an address answers for it.
    sysctl("net.ipv4.conf.all.arp_ignore", 1)
    sysctl("net.ipv6.conf.all.disable_ipv6", 1)
    sysctl("net.ipv6.conf.default.disable_ipv6", 1)
    for name in ("net.ipv4.neigh.default.gc_thresh1",
                 "net.ipv4.neigh.default.gc_thresh2",
                 "net.ipv4.neigh.default.gc_thresh3"):
        sysctl(name, 8 * COUNT)
    env.ext_port()
    env.names = [env.vf(index).ifname for index in range(COUNT)]
    ip_batch([f"addr add {ext_address(index)}/30 dev {WIRE}"
              for index in range(COUNT)], EXT)
    start = time.monotonic()
    ip_batch([f"link set dev {name} up" for name in env.names])
    ip_batch([f"addr add {vf_address(index)}/30 dev {name}"
              for index, name in enumerate(env.names)])
    ksft_pr(f"{COUNT} VFs up in {time.monotonic() - start:.1f} s")
    return env


def without_carrier(env):
    """VFs that have no link."""
    running = {link["ifname"] for link in ip_json("link show up")
               if "LOWER_UP" in link.get("flags", ())}
    return [name for name in env.names if name not in running]


def all_have_link(env):
    """Every VF gets a link."""
    wait_until(lambda: not without_carrier(env), 30, 0.5, "every VF's link")


def echo_request(index):
    """An ICMP echo request with @index as its number."""
    head = struct.pack("!BBHHH", ICMP_ECHO, 0, 0, 0x7a00, index)
    total = sum(struct.unpack(f"!{len(head) // 2}H", head))
    total = (total & 0xffff) + (total >> 16)
    return head[:2] + struct.pack("!H", ~total & 0xffff) + head[4:]


def collect(sock, waiting, until):
    """Removes from @waiting those that answer before @until."""
    while waiting and time.monotonic() < until:
        left = max(0, until - time.monotonic())
        if not select.select([sock], [], [], left)[0]:
            return
        data, (address, _) = sock.recvfrom(2048)
        kind, _, _, ident, index = struct.unpack_from("!BBHHH", data, IP_HEADER)
        if (kind, ident) == (ICMP_ECHOREPLY, 0x7a00) and \
                address == vf_address(index):
            waiting.discard(index)


def ask(sock, waiting):
    """Pings all of @waiting until they have answered, or for too long."""
    end = time.monotonic() + ANSWER * PATIENCE
    while waiting and time.monotonic() < end:
        for index in sorted(waiting):
            sock.sendto(echo_request(index), (vf_address(index), 0))
        collect(sock, waiting, time.monotonic() + 1)


def silent_vfs(env):
    """VFs that do not answer a ping from the external network; all are asked once."""
    if env.silent is not None:
        return env.silent
    with InNetns(EXT):
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW,
                             socket.IPPROTO_ICMP)
    silent = []
    # Few at a time, as each question who has an address goes to all VFs.
    for first in range(0, COUNT, AT_A_TIME):
        waiting = set(range(first, first + AT_A_TIME))
        ask(sock, waiting)
        silent += sorted(waiting)
    sock.close()
    env.silent = silent
    return silent


def all_answer_ping(env):
    """Every VF answers a ping from the external network."""
    ksft_eq(silent_vfs(env), [], "VFs that did not answer")


def each_by_itself(env):
    """The answer came from the VF asked: its MAC is the neighbour's."""
    silent_vfs(env)
    neighbours = {entry["dst"]: entry.get("lladdr")
                  for entry in ip_json("-4 neigh show", EXT)}
    for index, name in enumerate(env.names):
        ksft_eq(neighbours.get(vf_address(index)),
                read(f"/sys/class/net/{name}/address"), f"VF {index}")


def each_has_its_interrupt(env):
    """Every VF has a vector at least, and one that has fired."""
    silent_vfs(env)
    fired = {}
    with open("/proc/interrupts", encoding="ascii") as table:
        cpus = len(table.readline().split())
        for line in table:
            words = line.split()
            fired[words[0].rstrip(":")] = sum(
                int(word) for word in words[1:1 + cpus] if word.isdigit())
    for index in range(COUNT):
        vf = env.vf(index)
        ksft_ge(sum(fired.get(irq, 0) for irq in vf.irqs()), 1, f"VF {index}")


if __name__ == "__main__":
    ksft_main([all_have_link, all_answer_ping, each_by_itself,
               each_has_its_interrupt], set_up)
