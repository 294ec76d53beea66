#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""bridge.py OUT: what a frame costs at the controlling bridge of tests/bridge, beside
a Linux bridge whose ports are plain veth pairs. For the folder OUT see guest.py."""

import sys
import time

from guest import COUNTS, DRAIN, Bench, Nic, cmd, ip, sysctl
from lib.py import KsftFail, Port, Sender, ip_batch, make
from lib.py.bridge import ETag

MACS = ("02:00:00:00:01:01", "02:00:00:00:01:02", "02:00:00:00:01:03")
CHANNELS = (1000, 70000)

def set_up():
    """Interfaces whose names end in x are where frames are sent, and end."""
    # Neither is to send anything by itself.
    sysctl("net.ipv6.conf.default.disable_ipv6", 1)
    ip_batch(["link add br0 type bridge mcast_snooping 0 ageing_time 1000000",
              "link add br1 type bridge mcast_snooping 0 ageing_time 1000000",
              *(f"link add {name} mtu 1600 type veth peer name {name}x mtu 1600"
                for name in ("lone", "up0", "lan", "one", "two")),
              *(f"link set {name} up" for name in
                ("br0", "br1", "lone", "lonex", "up0", "up0x", "lan", "lanx", "one",
                 "onex", "two", "twox")),
              "link set lan master br0", "link set one master br1",
              "link set two master br1"])
    cmd("vane-bridge attach up0 etag")
    for number, channel in enumerate(CHANNELS):
        cmd(f"vane-bridge port add up0 {channel} vm{number}")
        ip(f"link set vm{number} master br0")


def place(port, mac):
    """The bridge behind @port learns @mac."""
    ip(f"link set dev {port} type bridge_slave learning off")
    cmd(f"bridge fdb replace {mac} dev {port} master static")


def measure(bench):
    """Runs of each part, as of a NIC called bridge."""
    set_up()
    for port, mac in (("vm0", MACS[0]), ("vm1", MACS[1]), ("lan", MACS[2]),
                      ("one", MACS[0]), ("two", MACS[1])):
        place(port, mac)

    def tagged(dst):
        return ETag.up(make(MACS[0], dst), CHANNELS[0])

    nic = Nic("bridge", [], ["up0x", "lanx"], [])
    for part, ifname, far, frame in (
            ("veth", "lonex", "lone", make(MACS[0], MACS[1])),
            ("linux-bridge", "onex", "twox", make(MACS[0], MACS[1])),
            ("from-vm", "up0x", "lanx", tagged(MACS[2])),
            ("to-vm", "lanx", "up0x", make(MACS[2], MACS[0])),
            ("vm-to-vm", "up0x", "up0x", tagged(MACS[1]))):
        sender = Sender(Port(ifname, None, ifname, 1))

        def send(count, sender=sender, frame=frame):
            for _ in range(count):
                sender.send(frame)
            time.sleep(DRAIN)

        send(COUNTS[0])
        for count in COUNTS * bench.REPEATS:
            before = bench.received(far)
            bench.run(nic, part, count, lambda n=count, go=send: go(n))
            if bench.received(far) - before != count:
                raise KsftFail(f"{part}: not all {count} frames came to {far}")
    bench.save()


def main():
    """All parts."""
    bench = Bench(sys.argv[1])
    measure(bench)
    bench.spinner.end()


if __name__ == "__main__":
    main()
