# SPDX-License-Identifier: GPL-2.0-only
"""The controlling bridge of tests/bridge: an uplink whose channels are ports of a Linux
bridge, and the tags of its frames."""

from .cmd import cmd, cmd_json, ip, ip_batch, netns_add
from .ksft import defer
from .vane import Port

LIST = 1 << 31              # in a target: it is a list
BRIDGE = "br0"


class VnTag:
    """VN-Tag, as a bridge and a card write it."""

    name = "vntag"

    @staticmethod
    def channel(index):
        """Channels that differ in more than their last bits."""
        return 0x101 * (index + 1)

    @staticmethod
    def group(index):
        """Numbers of lists."""
        return LIST | 0xf00 + index

    @staticmethod
    def text(target):
        """A target as vane-bridge and vanectl name it."""
        return str(target & ~LIST)

    @staticmethod
    def up(frame, channel):
        """@frame as a card sends it for @channel."""
        return frame.vntagged(down=0, svif=channel)

    @staticmethod
    def down(frame, target, source=0):
        """@frame as the bridge sends it to @target, from channel @source."""
        return frame.vntagged(ptr=target >> 31, dvif=target & ~LIST, svif=source,
                              looped=int(source != 0))


class ETag:
    """E-Tag; the same."""

    name = "etag"

    @staticmethod
    def channel(index):
        """Channels that differ in base and extension."""
        return (index + 1) << 12 | 0x345 + index

    @staticmethod
    def group(index):
        """Lists of all groups, which differ in base and extension."""
        return LIST | (index % 3 + 1) << 20 | (index + 1) << 12 | 0x777

    @staticmethod
    def text(target):
        """A target as vane-bridge and vanectl name it."""
        if target & LIST:
            return f"{target >> 20 & 3}:{target & 0xfffff}"
        return str(target)

    @staticmethod
    def up(frame, channel):
        """@frame as a card sends it for @channel."""
        return frame.etagged(channel)

    @staticmethod
    def down(frame, target, source=0, priority=0):
        """@frame as the bridge sends it to @target, from channel @source."""
        return frame.etagged(target & 0x3fffff, ingress=source, priority=priority << 1)


TAGS = (VnTag, ETag)


def each_tag(case):
    """@case(env, tag) as one case for each tag."""
    def with_tag(tag):
        def run_case(env):
            case(env, tag)
        run_case.__name__ = f"{case.__name__}_{tag.name}"
        return run_case
    return [with_tag(tag) for tag in TAGS]


class Uplink:
    """An attached uplink, and the Linux bridge br0 beside it, until the case ends."""

    def __init__(self, ns, ifname, tag, args="", bridge_args="", bridge=True):
        """@bridge: makes br0, which is there already otherwise."""
        self.ns, self.ifname, self.tag = ns, ifname, tag
        self.tool(f"attach {ifname} {tag.name} {args}")
        defer(self.tool, f"detach {ifname}")
        if not bridge:
            return
        ip_batch([f"link add {BRIDGE} type bridge mcast_snooping 0 {bridge_args}",
                  f"link set {BRIDGE} up"], ns)
        defer(ip, f"link del {BRIDGE}", ns)

    def tool(self, args):
        """vane-bridge @args"""
        return cmd(f"vane-bridge {args}", self.ns)

    def status(self):
        """What it says of this uplink."""
        return cmd_json(f"vane-bridge -j status {self.ifname}", self.ns)[0]

    def frames(self):
        """Its counters."""
        return self.status()["frames"]

    def add(self, target, name, flood=True):
        """A port for a channel or a list, as a port of br0."""
        kind = "list" if target & LIST else "port"
        self.tool(f"{kind} add {self.ifname} {self.tag.text(target)} {name}")
        words = " ".join(f"{flag} {'on' if flood else 'off'}"
                         for flag in ("flood", "mcast_flood", "bcast_flood"))
        learning = "off" if target & LIST else "on"
        ip_batch([f"link set {name} master {BRIDGE}",
                  f"link set {name} type bridge_slave {words} learning {learning}"],
                 self.ns)
        return Port(name, self.ns, name, 1)

    def vlans(self, name, *vlans):
        """The VLANs of a port, as "10 pvid untagged"; nothing else."""
        lines = [f"vlan del dev {name} vid 1",
                 *(f"vlan add dev {name} vid {vlan}" for vlan in vlans)]
        cmd("bridge -batch -", self.ns, stdin="\n".join(lines) + "\n")


class Bench:
    """A cable in place of a card: what goes in at card is what a card would send."""

    def __init__(self, ns):
        netns_add(ns)
        self.ns = ns
        ip_batch(["link add up0 mtu 9000 type veth peer name card0 mtu 9000",
                  "link set up0 up", "link set card0 up"], ns)
        self.card = Port("card", ns, "card0", 1)

    def plain(self, name):
        """A port of br0 that is an ordinary cable; its near and its far end."""
        ip_batch([f"link add {name} mtu 9000 type veth peer name {name}x mtu 9000",
                  f"link set {name} up", f"link set {name}x up",
                  f"link set {name} master {BRIDGE}"], self.ns)
        return Port(name, self.ns, name, 1), Port(f"{name}x", self.ns, f"{name}x", 2)
