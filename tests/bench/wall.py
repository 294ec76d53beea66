#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""wall.py OUT [ROUNDS [NIC]...]: what the bench does in a guest with the host's time.

An emulated card has no speed worth telling, and the host has other things to
do. So all cards do the same, one after the other, several times over, and
only what they did in the same round is compared (report.py). All of it goes to
OUT/wall.json.
"""

import json
import sys
import time

from guest import (MODERATION, NICS, Connection, Nic, attribute, by_driver, cmd,
                   ethtool, ip, pktgen_set, pktgen_without_end, read, run,
                   sysctl, up, wait_for_link)

ROUNDS = 3
FCS = 4
SIZES = (64, 512, 1500, 9000)
MTU, JUMBO = 1500, 9000
BURST = 16
SECONDS = 1             # of frames of a size
TCP_SECONDS = 2
LATENCY = "-o P50_LATENCY,P99_LATENCY"


def taken():
    """Frames that any interface has given to the stack, and when that was."""
    return (int(read("/proc/net/softnet_stat").split()[0], 16),
            time.monotonic())


def rate(nic, size):
    """Frames of a size that arrive in a second; None if there are none."""
    one, other = nic.interfaces[:2]
    # What has no ring takes no bursts.
    burst = 1 if nic.name == "veth" else BURST
    pktgen_set(one, attribute(other, "address"), 0, burst, size - FCS)
    with pktgen_without_end():
        before, start = taken()
        time.sleep(SECONDS)
        after, end = taken()
    return (after - before) / (end - start) or None


def set_mtu(nic, mtu):
    """True if both ends can have it, which may take the link for a while."""
    for name in nic.interfaces[:2]:
        if run(f"ip link set dev {name} mtu {mtu}").returncode:
            return False
    for name in nic.interfaces[:2]:
        wait_for_link(name)
    return True


def rates(nic):
    """Frames in a second, by size."""
    found = {}
    for size in SIZES:
        jumbo = size > MTU
        if not jumbo or set_mtu(nic, JUMBO):
            found[f"{size} bytes"] = rate(nic, size)
    set_mtu(nic, MTU)
    return found


def streams(link, nic):
    """Of TCP: bits in a second, and how long a round trip takes."""
    found = {"TCP": link.netperf(f"-t TCP_STREAM -l {TCP_SECONDS} -- -m 65536 "
                                 "-o THROUGHPUT")[0]}
    for what in ("TCP", "UDP"):
        found[f"{what} p50"], found[f"{what} p99"] = link.netperf(
            f"-j -t {what}_RR -l 1 -- {LATENCY}")
    if nic.name == "vane":
        ethtool(f"-K {nic.interfaces[1]} rx-gro-hw on", "ns1")
        found["TCP, rx-gro-hw on"] = link.netperf(
            f"-t TCP_STREAM -l {TCP_SECONDS} -- -m 65536 -o THROUGHPUT")[0]
        ethtool(f"-K {nic.interfaces[1]} rx-gro-hw off", "ns1")
    return found


def measure(nic):
    """All figures of one NIC."""
    # An end of veth has a link when the other is up too, and a VF of an igb has
    # none without its PF.
    for name in nic.interfaces[:2] + by_driver("igb"):
        ip(f"link set dev {name} up")
    for name in nic.interfaces[:2]:
        up(name)
    found = rates(nic)
    # Without a checksum nor segmentation it says nothing of TCP.
    if nic.name != "floor":
        link = Connection(nic)
        found |= streams(link, nic)
        link.end()
    print(nic.name, found, flush=True)
    return found


def uplink():
    """From a VF of the card under test to the only station at its uplink."""
    ends = [by_driver("vanevf")[0], by_driver("virtio-pci")[-1]]
    return Nic("vane-uplink", [], ends, [])


CARDS = {name: NICS[name] for name in ("vane", "floor", "vane-pf", "igbvf", "igb",
                                       "e1000e", "vmxnet3", "virtio", "veth")}
CARDS |= {"vane-uplink": uplink}


def main():
    """All cards, or those named, in rounds."""
    out, rounds, *names = (sys.argv[1:] + [ROUNDS])[:2] + sys.argv[3:]
    sysctl("net.ipv6.conf.default.disable_ipv6", 1)
    cmd("modprobe pktgen")
    nics = [CARDS[name]() for name in names or CARDS]
    result = {"moderation": MODERATION, "rounds": []}
    for _ in range(int(rounds)):
        result["rounds"].append({nic.name: measure(nic) for nic in nics})
        with open(f"{out}/wall.json", "w", encoding="ascii") as file:
            json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
