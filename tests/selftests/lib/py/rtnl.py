# SPDX-License-Identifier: GPL-2.0-only
"""Changes of a network interface without ip, which looks at everything first."""

import os
import socket
import struct

# linux/rtnetlink.h, linux/netlink.h
RTM_SETLINK = 19
NLM_F_REQUEST_ACK = 5
NLMSG_ERROR = 2
# linux/if.h, linux/if_link.h
IFF_UP = 1
IFLA_ADDRESS = 1
IFLA_VFINFO_LIST = 22
IFLA_GROUP = 27
IFLA_VF_INFO = 1
IFLA_VF_MAC = 1
IFLA_VF_VLAN = 2
IFLA_VF_RATE = 6


def attr(kind, data):
    """A netlink attribute."""
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def vf_attr(kind, form, *values):
    """What RTM_SETLINK of a PF says of a VF; its index is the first value."""
    return attr(IFLA_VFINFO_LIST,
                attr(IFLA_VF_INFO, attr(kind, struct.pack(form, *values))))


class Rtnl:
    """A socket that changes interfaces. For a with statement."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                  socket.NETLINK_ROUTE)

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.sock.close()

    def set_link(self, ifindex, attrs=b"", flags=0, change=0):
        """RTM_SETLINK; an OSError tells what it answered."""
        body = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, ifindex, flags,
                           change) + attrs
        self.sock.send(struct.pack("=IHHII", 16 + len(body), RTM_SETLINK,
                                   NLM_F_REQUEST_ACK, 0, 0) + body)
        _, kind, _, _, _, error = struct.unpack_from("=IHHIIi",
                                                     self.sock.recv(4096))
        if kind != NLMSG_ERROR or error:
            raise OSError(-error, os.strerror(-error))

    def set_up(self, ifindex, up):
        """Opens or closes an interface."""
        self.set_link(ifindex, flags=IFF_UP if up else 0, change=IFF_UP)

    def set_address(self, ifindex, mac):
        """Gives it a MAC address, of six bytes."""
        self.set_link(ifindex, attr(IFLA_ADDRESS, mac))

    def set_group(self, ifindex, group):
        """Puts it into a group, of which no driver hears, but who listens does."""
        self.set_link(ifindex, attr(IFLA_GROUP, struct.pack("=I", group)))

    def set_vf_mac(self, ifindex, index, mac):
        """Gives a VF of the PF @ifindex a MAC address."""
        self.set_link(ifindex, vf_attr(IFLA_VF_MAC, "=I32s", index, mac))

    def set_vf_vlan(self, ifindex, index, vlan):
        """Gives a VF a port VLAN, or none with 0."""
        self.set_link(ifindex, vf_attr(IFLA_VF_VLAN, "=III", index, vlan, 0))

    def set_vf_rate(self, ifindex, index, rate):
        """Limits what a VF sends, in Mb/s, or does not with 0."""
        self.set_link(ifindex, vf_attr(IFLA_VF_RATE, "=III", index, 0, rate))
