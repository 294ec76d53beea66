# SPDX-License-Identifier: GPL-2.0-only
"""Network interfaces without ip, which is a program to start, and looks at everything
first."""

import os
import socket
import struct

from .cmd import IFF_UP, InNetns

# linux/rtnetlink.h, linux/netlink.h
RTM_NEWLINK = 16
RTM_GETLINK = 18
RTM_SETLINK = 19
NLM_F_REQUEST = 1
NLM_F_REQUEST_ACK = 5
NLMSG_ERROR = 2
# linux/if.h, linux/if_link.h
IFF_LOWER_UP = 1 << 16
IFLA_ADDRESS = 1
IFLA_IFNAME = 3
IFLA_VFINFO_LIST = 22
IFLA_STATS64 = 23
IFLA_VF_PORTS = 24
IFLA_PORT_SELF = 25
IFLA_AF_SPEC = 26
IFLA_GROUP = 27
IFLA_EXT_MASK = 29
IFLA_VF_INFO = 1
IFLA_VF_MAC = 1
IFLA_VF_VLAN = 2
IFLA_VF_RATE = 6
IFLA_VF_PORT = 1
IFLA_PORT_VF = 1
IFLA_PORT_PROFILE = 2
IFLA_PORT_INSTANCE_UUID = 4
IFLA_PORT_HOST_UUID = 5
IFLA_PORT_REQUEST = 6
IFLA_PORT_RESPONSE = 7
PREASSOCIATE, PREASSOCIATE_RR, ASSOCIATE, DISASSOCIATE = range(4)
SUCCESS, INPROGRESS, INVALID, BADSTATE, INSUFFICIENT, ERROR = range(0x100, 0x106)
# linux/rtnetlink.h
RTEXT_FILTER_VF, RTEXT_FILTER_SKIP_STATS = 1, 8


def attr(kind, data):
    """A netlink attribute."""
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def attrs(data):
    """Attributes by type; the last of each."""
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        found[kind & 0x3fff] = data[4:length]
        data = data[(length + 3) & ~3:]
    return found


def each_attr(data):
    """The data of attributes one after the other, whatever their types."""
    while len(data) >= 4:
        length = struct.unpack_from("=H", data)[0]
        yield data[4:length]
        data = data[(length + 3) & ~3:]


def port_attrs(index, request=None, profile=None, instance=None, host=None):
    """What is asked about the port profile of a VF; bytes are taken as they are."""
    if isinstance(profile, str):
        profile = profile.encode() + b"\0"
    payload = attr(IFLA_PORT_VF, struct.pack("=I", index))
    for kind, data in ((IFLA_PORT_PROFILE, profile),
                       (IFLA_PORT_INSTANCE_UUID, instance),
                       (IFLA_PORT_HOST_UUID, host)):
        if data is not None:
            payload += attr(kind, data)
    if request is not None:
        payload += attr(IFLA_PORT_REQUEST, struct.pack("=B", request))
    return payload


def ports_attr(*ports):
    """The part of a PF's RTM_SETLINK with several of them."""
    return attr(IFLA_VF_PORTS, b"".join(attr(IFLA_VF_PORT, port) for port in ports))


def parse_port(data):
    """What the kernel says about the port profile of a VF."""
    found = attrs(data)
    port = {"request": found[IFLA_PORT_REQUEST][0],
            "response": struct.unpack("=H", found[IFLA_PORT_RESPONSE])[0]}
    if IFLA_PORT_PROFILE in found:
        port["profile"] = found[IFLA_PORT_PROFILE].rstrip(b"\0").decode()
    for name, kind in (("instance", IFLA_PORT_INSTANCE_UUID),
                       ("host", IFLA_PORT_HOST_UUID)):
        if kind in found:
            port[name] = found[kind]
    return struct.unpack("=I", found[IFLA_PORT_VF])[0], port


def vf_attr(kind, form, *values):
    """The part of a PF's RTM_SETLINK about a VF; its index is the first value."""
    return attr(IFLA_VFINFO_LIST,
                attr(IFLA_VF_INFO, attr(kind, struct.pack(form, *values))))


class Rtnl:
    """A socket that changes interfaces of a namespace. For a with statement."""

    def __init__(self, ns=None):
        with InNetns(ns):
            self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                      socket.NETLINK_ROUTE)

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.sock.close()

    def get_link(self, ifname, ext_mask=0):
        """RTM_GETLINK: IFF_... and the attributes of an interface."""
        body = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, 0, 0, 0) + \
            attr(IFLA_IFNAME, ifname.encode() + b"\0") + \
            attr(IFLA_EXT_MASK, struct.pack("=I", ext_mask))
        self.sock.send(struct.pack("=IHHII", 16 + len(body), RTM_GETLINK,
                                   NLM_F_REQUEST, 0, 0) + body)
        data = self.sock.recv(1 << 20)
        _, kind, _, _, _, error = struct.unpack_from("=IHHIIi", data)
        if kind != RTM_NEWLINK:
            raise OSError(-error, f"{ifname}: {os.strerror(-error)}")
        return struct.unpack_from("=I", data, 24)[0], attrs(data[32:])

    def get_vf_ports(self, ifname):
        """What the kernel says about the port profiles of a PF's VFs, by index."""
        found = self.get_link(ifname, RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS)[1]
        return dict(map(parse_port, each_attr(found[IFLA_VF_PORTS])))

    def has_carrier(self, ifname):
        """Has an interface a link?"""
        return bool(self.get_link(ifname)[0] & IFF_LOWER_UP)

    def rx_bytes(self, ifname):
        """Bytes that an interface has received."""
        return struct.unpack_from("=4Q", self.get_link(ifname)[1][IFLA_STATS64])[2]

    def set_link(self, ifindex, payload=b"", flags=0, change=0):
        """RTM_SETLINK; an OSError tells what it answered."""
        body = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, ifindex, flags,
                           change) + payload
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
        """Puts it into a group, which notifies listeners but not the driver."""
        self.set_link(ifindex, attr(IFLA_GROUP, struct.pack("=I", group)))

    def set_vf_mac(self, ifindex, index, mac):
        """Gives a VF of the PF @ifindex a MAC address."""
        self.set_link(ifindex, vf_attr(IFLA_VF_MAC, "=I32s", index, mac))

    def set_vf_vlan(self, ifindex, index, vlan):
        """Gives a VF a port VLAN, or none with 0."""
        self.set_link(ifindex, vf_attr(IFLA_VF_VLAN, "=III", index, vlan, 0))

    def set_vf_rate(self, ifindex, index, rate):
        """Sets the maximum rate of a VF in Mb/s, 0 for none."""
        self.set_link(ifindex, vf_attr(IFLA_VF_RATE, "=III", index, 0, rate))

    def set_vf_port(self, ifindex, index, *args, mac=None, **kwargs):
        """Asks for something about the port profile of a VF, see port_attrs(), with
        a MAC address of six bytes in the same message, as libvirt does."""
        payload = ports_attr(port_attrs(index, *args, **kwargs))
        if mac:
            payload = vf_attr(IFLA_VF_MAC, "=I32s", index, mac) + payload
        self.set_link(ifindex, payload)
