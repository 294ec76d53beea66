# SPDX-License-Identifier: GPL-2.0-only
"""Generic netlink, for what would otherwise start a program each time."""

import os
import socket
import struct

from .cmd import InNetns
from .rtnl import NLM_F_REQUEST_ACK, NLMSG_ERROR, attr, attrs

NETLINK_GENERIC = 16
GENL_ID_CTRL = 16
CTRL_CMD_GETFAMILY = 3
CTRL_ATTR_FAMILY_ID = 1
CTRL_ATTR_FAMILY_NAME = 2

NLM_F_REQUEST = 1
NLM_F_DUMP = 0x300
NLMSG_DONE = 3


class Genl:
    """A family of generic netlink, in a namespace. For a with statement."""

    def __init__(self, family, ns=None):
        with InNetns(ns):
            self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                      NETLINK_GENERIC)
        self.family = GENL_ID_CTRL
        name = attr(CTRL_ATTR_FAMILY_NAME, family.encode() + b"\0")
        answer = self._request(CTRL_CMD_GETFAMILY, name, NLM_F_REQUEST)
        self.family = struct.unpack("=H", answer[0][CTRL_ATTR_FAMILY_ID])[0]

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.sock.close()

    def _request(self, command, payload, flags):
        """Sends a request; returns the attributes of each message of the answer."""
        body = struct.pack("=BBH", command, 1, 0) + payload
        self.sock.send(struct.pack("=IHHII", 16 + len(body), self.family, flags,
                                   1, 0) + body)
        messages = []
        while True:
            data = self.sock.recv(1 << 16)
            while data:
                length, kind = struct.unpack_from("=IH", data)
                if kind == NLMSG_ERROR:
                    error = -struct.unpack_from("=i", data, 16)[0]
                    if error:
                        raise OSError(error, os.strerror(error))
                if kind in (NLMSG_DONE, NLMSG_ERROR):
                    return messages
                messages.append(attrs(data[20:length]))
                data = data[(length + 3) & ~3:]
            if flags == NLM_F_REQUEST:
                return messages

    def do(self, command, payload):
        """Has something done; an OSError tells why it was not."""
        self._request(command, payload, NLM_F_REQUEST_ACK)

    def dump(self, command, payload):
        """Attributes of each message that a dump has."""
        return self._request(command, payload, NLM_F_REQUEST | NLM_F_DUMP)
