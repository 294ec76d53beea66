# SPDX-License-Identifier: GPL-2.0-only
"""Per-queue statistics, from the kernel's netdev family of generic netlink.

See Documentation/netlink/specs/netdev.yaml and uapi/linux/netdev.h.
"""

import socket
import struct

from .cmd import InNetns
from .genl import Genl
from .rtnl import attr

NETDEV_CMD_QSTATS_GET = 12
QSTATS_IFINDEX = 1
QSTATS_QUEUE_TYPE = 2
QSTATS_QUEUE_ID = 3
QSTATS_SCOPE = 4
QSTATS_SCOPE_QUEUE = 1
QUEUE_TYPES = {"rx": 0, "tx": 1}
STATS = {"rx": {"packets": 8, "csum_bad": 18},
         "tx": {"packets": 10, "hw_gso_packets": 28, "hw_gso_bytes": 29,
                "hw_gso_wire_packets": 30, "hw_gso_wire_bytes": 31}}


def queue_stats(port, direction, name):
    """A statistic of STATS by queue of "rx" or "tx" of a port."""
    with InNetns(port.ns):
        index = socket.if_nametoindex(port.ifname)
    scope = (attr(QSTATS_IFINDEX, struct.pack("=I", index)) +
             attr(QSTATS_SCOPE, struct.pack("=I", QSTATS_SCOPE_QUEUE)))
    with Genl("netdev", port.ns) as netdev:
        answer = netdev.dump(NETDEV_CMD_QSTATS_GET, scope)
    stats = {}
    for entry in answer:
        kind = int.from_bytes(entry[QSTATS_QUEUE_TYPE], "little")
        if kind == QUEUE_TYPES[direction]:
            queue = int.from_bytes(entry[QSTATS_QUEUE_ID], "little")
            stats[queue] = int.from_bytes(entry[STATS[direction][name]],
                                          "little")
    return stats


def queue_packets(port, direction):
    """Packets by queue of "rx" or "tx" of a port."""
    return queue_stats(port, direction, "packets")
