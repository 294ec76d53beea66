# SPDX-License-Identifier: GPL-2.0-only
"""Per-queue statistics, from the kernel's netdev family of generic netlink.

See Documentation/netlink/specs/netdev.yaml and uapi/linux/netdev.h.
"""

import socket
import struct

from .cmd import InNetns, ip_json
from .ksft import KsftFail

NETLINK_GENERIC = 16
GENL_ID_CTRL = 16
CTRL_CMD_GETFAMILY = 3
CTRL_ATTR_FAMILY_ID = 1
CTRL_ATTR_FAMILY_NAME = 2

NLM_F_REQUEST = 1
NLM_F_DUMP = 0x300
NLMSG_ERROR = 2
NLMSG_DONE = 3

NETDEV_CMD_QSTATS_GET = 12
QSTATS_IFINDEX = 1
QSTATS_QUEUE_TYPE = 2
QSTATS_QUEUE_ID = 3
QSTATS_SCOPE = 4
QSTATS_SCOPE_QUEUE = 1
QUEUE_TYPES = {"rx": 0, "tx": 1}
STATS = {"rx": {"packets": 8, "csum_bad": 18}, "tx": {"packets": 10}}


def _attr(kind, data):
    head = struct.pack("=HH", 4 + len(data), kind)
    return head + data + b"\0" * (-len(data) % 4)


def _attrs(data):
    """Attributes by type; the last of each."""
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        found[kind & 0x3fff] = data[4:length]
        data = data[(length + 3) & ~3:]
    return found


def _request(sock, family, command, payload, dump):
    """Sends a request; returns the attributes of each message of the answer."""
    flags = NLM_F_REQUEST | (NLM_F_DUMP if dump else 0)
    body = struct.pack("=BBH", command, 1, 0) + payload
    sock.send(struct.pack("=IHHII", 16 + len(body), family, flags, 1, 0) + body)
    messages = []
    while True:
        data = sock.recv(1 << 16)
        while data:
            length, kind, _, _, _ = struct.unpack_from("=IHHII", data)
            if kind == NLMSG_DONE:
                return messages
            if kind == NLMSG_ERROR:
                error = -struct.unpack_from("=i", data, 16)[0]
                raise KsftFail(f"generic netlink: error {error}")
            messages.append(_attrs(data[20:length]))
            data = data[(length + 3) & ~3:]
        if not dump:
            return messages


def queue_stats(port, direction, name):
    """A statistic of STATS by queue of "rx" or "tx" of a port."""
    with InNetns(port.ns):
        sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                             NETLINK_GENERIC)
    with sock:
        family_name = _attr(CTRL_ATTR_FAMILY_NAME, b"netdev\0")
        answer = _request(sock, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, family_name,
                          False)
        family = struct.unpack("=H", answer[0][CTRL_ATTR_FAMILY_ID])[0]
        index = ip_json(f"link show dev {port.ifname}", port.ns)[0]["ifindex"]
        scope = (_attr(QSTATS_IFINDEX, struct.pack("=I", index)) +
                 _attr(QSTATS_SCOPE, struct.pack("=I", QSTATS_SCOPE_QUEUE)))
        answer = _request(sock, family, NETDEV_CMD_QSTATS_GET, scope, True)
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
