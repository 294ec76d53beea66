#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: network --allow-leaks --uplink switch
"""The netlink family vane, asked for what vanectl does not ask for."""

import errno
import os
import socket
import struct

import yaml

from lib.py import (InNetns, Vane, cmd_json, defer, ksft_eq, ksft_in, ksft_main,
                    netns_add, read)

SPEC = f"{os.path.dirname(__file__)}/../../docs/netlink/vane.yaml"
VFS = 4
PF_PORT = 65535

# linux/netlink.h, linux/genetlink.h
NETLINK_GENERIC = 16
SOL_NETLINK = 270
NETLINK_CAP_ACK, NETLINK_EXT_ACK = 10, 11
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 1, 4, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLMSGERR_ATTR_MSG = 1
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 1, 2


def attr(kind, data):
    """A netlink attribute."""
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def attrs(data):
    """The attributes in @data, by type."""
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        found[kind & 0x3fff] = data[4:length]
        data = data[(length + 3) & ~3:]
    return found


class Refused(Exception):
    """The kernel's answer is an error."""

    def __init__(self, error, text):
        super().__init__(f"{errno.errorcode[error]}: {text}")
        self.error = error
        self.text = text


class Family:
    """The family as the specification has it, and a socket to it."""

    def __init__(self, ns=None):
        with open(SPEC, encoding="ascii") as file:
            spec = yaml.safe_load(file)
        self.operations = {entry["name"]: (number, entry) for number, entry in
                           enumerate(spec["operations"]["list"], 1)}
        self.sets = {entry["name"]: {attribute["name"]: (number, attribute)
                                     for number, attribute in
                                     enumerate(entry["attributes"], 1)}
                     for entry in spec["attribute-sets"]}
        with InNetns(ns):
            self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                      NETLINK_GENERIC)
        defer(self.sock.close)
        for option in (NETLINK_CAP_ACK, NETLINK_EXT_ACK):
            self.sock.setsockopt(SOL_NETLINK, option, 1)
        name = attr(CTRL_ATTR_FAMILY_NAME, b"vane\0")
        found = self.send(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, name)
        self.number = struct.unpack("=H", found[0][CTRL_ATTR_FAMILY_ID])[0]

    def send(self, family, command, body, flags=NLM_F_ACK):
        """Sends a request; returns the attributes of each message of the answer."""
        body = struct.pack("=BBH", command, 1, 0) + body
        self.sock.send(struct.pack("=IHHII", 16 + len(body), family,
                                   NLM_F_REQUEST | flags, 1, 0) + body)
        messages = []
        while True:
            data = self.sock.recv(1 << 16)
            while data:
                length, kind = struct.unpack_from("=IH", data)
                if kind in (NLMSG_ERROR, NLMSG_DONE):
                    error = -struct.unpack_from("=i", data, 16)[0]
                    if not error:
                        return messages
                    head = 36 if kind == NLMSG_ERROR else 20
                    text = attrs(data[head:length]).get(NLMSGERR_ATTR_MSG, b"")
                    raise Refused(error, text.rstrip(b"\0").decode())
                messages.append(attrs(data[20:length]))
                data = data[(length + 3) & ~3:]

    def encode(self, operation, values):
        """Attributes of @operation: numbers, bytes, or True for a flag."""
        known = self.sets[self.operations[operation][1]["attribute-set"]]
        body = b""
        for name, value in values:
            if value is True:
                value = b""
            elif isinstance(value, int):
                value = struct.pack("=I", value)
            body += attr(known[name][0], value)
        return body

    def do(self, operation, *values):
        """One request, (name, value)..."""
        return self.send(self.number, self.operations[operation][0],
                         self.encode(operation, values))

    def dump(self, operation, *values):
        """A dump."""
        return self.send(self.number, self.operations[operation][0],
                         self.encode(operation, values), NLM_F_DUMP)


def set_up():
    """A PF with a few VFs, and the family."""
    env = Vane(VFS)
    env.family = Family()
    env.ifindex = int(read(f"/sys/class/net/{env.pf.ifname}/ifindex"))
    return env


def state(env):
    """What requests can change."""
    shown = cmd_json(f"vanectl -j show {env.pf.ifname}")
    return (shown["mode"], shown["lists"], shown["grants"],
            [(port["channel"], port["priorities"]) for port in shown["ports"]],
            cmd_json(f"vanectl -j vlan show {env.pf.ifname}"),
            cmd_json(f"vanectl -j profile show {env.pf.ifname}"))


def refused(error, text, request, *args):
    """@request must be refused with @error, and say @text."""
    try:
        request(*args)
    except Refused as answer:
        ksft_eq(answer.error, error, args)
        ksft_in(text, answer.text, args)
        return
    ksft_eq("done", "refused", args)


VALID = {"vf": 0, "channel": 9, "list": 7, "pf": True, "mode": 0, "vids": bytes(512),
         "priority-map": bytes(range(16)), "name": b"x\0", "vlan": 5, "qos": b"\1",
         "vlan-proto": struct.pack("=H", 0x8100), "trust": b"\1", "spoofchk": b"\1",
         "tx-max": 10, "tx-share": 1}


def requests(env):
    """Every request of the family, with what it needs besides the PF."""
    for name, (_, operation) in env.family.operations.items():
        if "do" in operation:
            names = operation["do"]["request"]["attributes"]
            yield env.family.do, name, [(key, VALID[key]) for key in names
                                        if key != "ifindex"]
        if "dump" in operation:
            yield env.family.dump, name, []


def names_a_pf(env):
    """A request without the PF, of no netdev or of another is refused, each of them."""
    before = state(env)
    loopback = int(read("/sys/class/net/lo/ifindex"))
    for request, name, values in requests(env):
        for ifindex, error, text in (
                ([], errno.EINVAL, ""),
                ([("ifindex", 0)], errno.ERANGE, "range"),
                ([("ifindex", b"\1")], errno.EINVAL, "length"),
                ([("ifindex", 999999)], errno.ENODEV, "No such netdev"),
                ([("ifindex", 1 << 31)], errno.ENODEV, "No such netdev"),
                ([("ifindex", loopback)], errno.EOPNOTSUPP, "lo is not the netdev")):
            refused(error, text, request, name, *ifindex, *values)
    ksft_eq(state(env), before)


def in_its_namespace(env):
    """The PF is looked for where the request comes from."""
    netns_add("other")
    other = Family("other")
    pf = ("ifindex", env.ifindex)
    refused(errno.ENODEV, "No such netdev", other.do, "switch-get", pf)
    refused(errno.ENODEV, "No such netdev", other.dump, "stats-get", pf)
    ksft_eq(len(env.family.dump("stats-get", pf)), VFS + 1)


def missing_and_wrong(env):
    """What a request lacks, and values outside of their limits."""
    before = state(env)
    pf = ("ifindex", env.ifindex)
    family = env.family
    for name in ("list-get", "list-del"):
        refused(errno.EINVAL, "", family.do, name, pf)
        for number in (0, 4096, 65536 + 7, 2**20 - 1, 2**22, 2**22 + 7, 2**32 - 1):
            refused(errno.ERANGE, f"List {number} is not 1 to 4095 (VN-Tag) or "
                    "1048576 to 4194303 (E-Tag)", family.do, name, pf,
                    ("list", number))
        for number in (7, 2**20, 2**22 - 1):
            refused(errno.ENOENT, f"no list {number}", family.do, name, pf,
                    ("list", number))
    refused(errno.EINVAL, "", family.do, "switch-set", pf)
    refused(errno.ERANGE, "range", family.do, "switch-set", pf, ("mode", 4))
    refused(errno.EINVAL, "", family.do, "function-set", pf, ("vf", 0))
    refused(errno.ERANGE, "above the limit of 1048575", family.do, "function-set", pf,
            ("channel", 2**20))
    refused(errno.ERANGE, "above the limit of 1048575", family.do, "function-set", pf,
            ("vf", 0), ("channel", 2**32 - 1))
    refused(errno.ERANGE, "Priority 16 is above the limit of 15", family.do,
            "function-set", pf, ("channel", 7), ("priority-map", bytes(15) + b"\x10"))
    refused(errno.ERANGE, "range", family.do, "function-set", pf,
            ("priority-map", bytes(15)))
    refused(errno.ERANGE, "above the limit of 1048575", family.do, "function-set", pf,
            ("channel", 2**20), ("priority-map", bytes(16)))
    refused(errno.EINVAL, "needs at least one member", family.do, "list-set", pf,
            ("list", 7))
    for name in ("trunk-get", "trunk-set", "trunk-del"):
        refused(errno.EINVAL, "", family.do, name, pf, ("vids", bytes(512)))
    refused(errno.EINVAL, "", family.do, "trunk-set", pf, ("vf", 0))
    refused(errno.ERANGE, "range", family.do, "trunk-set", pf, ("vf", 0),
            ("vids", bytes(511)))
    refused(errno.ERANGE, "VLAN 4095 is above the limit of 4094", family.do,
            "trunk-set", pf, ("vf", 0), ("vids", b"\xff" * 512))
    for name in ("profile-get", "profile-set", "profile-del"):
        refused(errno.EINVAL, "", family.do, name, pf)
        refused(errno.EINVAL, "", family.do, name, pf, ("name", b"p" * 40 + b"\0"))
    for name in ("profile-get", "profile-del"):
        refused(errno.ENOENT, "There is no profile x", family.do, name, pf,
                ("name", b"x\0"))
    # A reply has them, a request may not
    refused(errno.EINVAL, "", family.do, "profile-set", pf, ("name", b"x\0"), ("vf", 0))
    ksft_eq(state(env), before)


def vfs_that_do_not_exist(env):
    """The number of a VF is not cut to the bits of a shorter one."""
    before = state(env)
    pf = ("ifindex", env.ifindex)
    for index in (VFS, 255, 256, PF_PORT, 65536, 2**32 - 1):
        for name, values in (("function-get", ()), ("function-set", (("channel", 9),)),
                             ("stats-get", ()), ("trunk-get", ()), ("trunk-del", ()),
                             ("trunk-set", (("vids", bytes(512)),)),
                             ("list-set", (("list", 7), ("pf", True)))):
            refused(errno.ENOENT, f"VF {index} does not exist, {VFS} VFs are enabled",
                    env.family.do, name, pf, ("vf", index), *values)
    ksft_eq(state(env), before)


if __name__ == "__main__":
    ksft_main([names_a_pf, in_its_namespace, missing_and_wrong, vfs_that_do_not_exist],
              set_up)
