#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: channels --allow-leaks --uplink switch
"""Granted channels as the VF's system sees them: ports of devlink, each with a network
interface of its own.

vf_channels_tagged.py has the same on a card that neither inserts the tag of a granted
channel nor takes it off: on the wire nothing differs.
"""

import random
import struct
import threading

from lib.py import (BROADCAST, ETH_P_8021Q, ETH_P_TEST, EXT, WIRE, Capture, CmdError,
                    Frame, Port, Sender, cmd, cmd_json, defer, fails, hw, ip, ip_batch,
                    ip_json, iperf, ksft_eq, ksft_ge, ksft_in, ksft_main, ksft_not_in,
                    ksft_raises, mac_bytes, make, netns_add, repeat, run, seeded,
                    skip_on_debug, wait_until)
from lib.py.bridge import TAGS, ETag, Uplink, each_tag
from lib.py.channel import STRANGER, show, vanectl, with_channels

VFS = 3                     # the last has no channel
OWN = 10                    # channel of VF 0
CHANNELS = (0x234, 0x345, 0xfed)
LARGE = 0x54321             # has both parts of an E-CID
FRAMES = repeat(400, 100)
MANY = 40                   # more than one message lists
TAG_TYPES = (hw.VANE_VNTAG_ETHERTYPE, hw.VANE_ETAG_ETHERTYPE)
TEST = struct.pack("!H", ETH_P_TEST)
ETH_P_ARP = 0x0806
OTHER_MAC = "52:54:00:00:77:01"
RECOVERY = 20


def set_up():
    """E-Tag mode; VF 0 is trusted, and granted some channels."""
    env = with_channels("etag", VFS, 9, lambda index: OWN + index)
    env.vf_set(0, "trust on")
    for channel in CHANNELS:
        vanectl(env, f"channel grant {{}} vf 0 {channel}")
    env.tagged = env.qmp.get(env.nic, "x-features-hidden") != 0
    return env


def handle(env, index=0):
    """What devlink calls a VF."""
    return f"pci/{env.vf_bdf(index)}"


def add_words(env, channel, index=0):
    """The command that makes a port of a channel."""
    return (f"devlink port add {handle(env, index)} flavour pcisf pfnum 0 "
            f"sfnum {channel}")


def above(env, index=0):
    """Names of the interfaces above that of a VF."""
    vf = env.vfs[index]
    return {link["ifname"] for link in ip_json("link show", vf.ns)
            if link.get("link") == vf.ifname}


def remove(env, channel, index=0):
    """Removes the port of a channel, if it is there."""
    if f"{handle(env, index)}/{channel}" in cmd_json("devlink -j port show")["port"]:
        cmd(f"devlink port del {handle(env, index)}/{channel}")


def add(env, channel, index=0, link=True):
    """Makes a port of a channel until the case ends, up, and with its link if @link."""
    before = above(env, index)
    cmd(add_words(env, channel, index))
    defer(remove, env, channel, index)
    name, = above(env, index) - before
    vf = env.vfs[index]
    ip(f"link set {name} name chan{channel} up", vf.ns)
    port = Port(f"channel {channel}", vf.ns, f"chan{channel}", 200 + channel % 1000)
    if link:
        port.wait_carrier()
    return port


def move(port, ns):
    """Moves @port to a new namespace until the case ends."""
    netns_add(ns)
    ip(f"link set {port.ifname} netns {ns}", port.ns)
    return Port(port.name, ns, port.ifname, 300)


def with_mode(env, tag):
    """The mode of @tag until the case ends."""
    vanectl(env, f"mode {{}} {tag.name}")
    defer(vanectl, env, "mode {} etag")
    for port in env.channels:
        port.wait_carrier()


def check_up(env, port, tag, channel, frame):
    """@frame leaves @port with the tag of @channel, and with nothing else."""
    capture = Capture(env.ext)
    Sender(port).send(frame)
    ksft_eq(capture.expect(frame.data[12:]), tag.up(frame, channel), port.name)


def check_down(env, port, tag, channel, frame):
    """@frame for @channel arrives at @port without its tag, and nowhere else."""
    others = [Capture(other) for other in (env.pf_if, *env.vfs)]
    capture = Capture(port)
    Sender(env.ext).send(tag.down(frame, channel))
    ksft_eq(capture.expect(frame.data[12:]), frame, port.name)
    for other in others:
        ksft_eq(other.saw(frame), False, other.port.name)


def check_works(env, port, channel, tag=ETag):
    """A frame each way."""
    check_up(env, port, tag, channel, make(port, STRANGER))
    check_down(env, port, tag, channel, make(STRANGER, port))


def ours(env, capture):
    """All frames of ours that came so far. Where the card leaves the tags in, the VF's
    own interface shows those to granted channels too, with their tag."""
    return [frame for frame in capture.take()
            if TEST in frame.data[12:32]
            and not (env.tagged and capture.port is env.vfs[0]
                     and frame.proto in TAG_TYPES)]


def frames(env, tag):
    """Frames of all lengths, VLANs and destinations, of the VF itself and of its
    channels in any order: exactly these arrive, at the right one, under the right
    channel."""
    rng = seeded()
    with_mode(env, tag)
    env.vfs[0].set_features({"rx-vlan-filter": False})
    defer(env.vfs[0].set_features, {"rx-vlan-filter": True})
    channels = list(CHANNELS)
    if tag is ETag:
        channels.append(LARGE)
        vanectl(env, f"channel grant {{}} vf 0 {LARGE}")
        defer(vanectl, env, f"channel revoke {{}} vf 0 {LARGE}")
    ports = {OWN: env.vfs[0]}
    ports |= {channel: add(env, channel) for channel in channels}
    everyone = {env.ext, env.pf_if, *env.vfs, *ports.values()}
    captures = {port: Capture(port) for port in everyone}
    senders = {port: Sender(port) for port in everyone}
    expected = {port: [] for port in everyone}
    for _ in range(FRAMES):
        channel, port = rng.choice(list(ports.items()))
        vlan = rng.choice((None, None, rng.randrange(1, 4095)))
        size = rng.choice((64, 127, 128, 129, 1514, rng.randrange(64, 1514)))
        other = rng.choice((STRANGER, BROADCAST))
        if rng.randrange(2):
            frame = make(port, other, size, vlan)
            senders[port].send(frame)
            expected[env.ext].append(tag.up(frame, channel))
            captures[env.ext].expect(frame.data[12:])
        else:
            frame = make(STRANGER, port if other == STRANGER else other, size, vlan)
            senders[env.ext].send(tag.down(frame, channel))
            expected[port].append(frame)
            captures[port].expect(frame)
    for port, capture in captures.items():
        ksft_eq(ours(env, capture), expected[port], port.name)


def network(env, tag):
    """A channel, and the VFs' own, joined by a bridge: TCP with whatever offloads there
    are, and large frames, in both directions."""
    with_mode(env, tag)
    # In a namespace of its own: in the VF's, the stack would take its frames from there
    port = move(add(env, CHANNELS[0]), "tenant")
    port.up()
    # Room for the tag of the longest frame
    env.ext.set("mtu 9216")
    defer(env.ext.set, "mtu 9000")
    uplink = Uplink(EXT, WIRE, tag)
    # Of all functions that have one: each sends something of its own accord
    for number, channel in enumerate((CHANNELS[0], *env.channels.values())):
        uplink.add(channel, f"port{number}")
    before = uplink.frames()
    for server, client in ((port, env.vfs[1]), (env.vfs[1], port)):
        server.ping(client, count=2)
        end = iperf(server, client, "-n 2M")
        # What is on its way when the sender has sent it all does not count.
        ksft_ge(end["sum_received"]["bytes"], 1 << 16)
    for one in (*env.vfs[:2], port):
        one.set("mtu 9000")
        defer(one.set, "mtu 1500")
    port.ping(env.vfs[1], args="-M do -s 8972")
    ksft_eq({name: count - before[name] for name, count in uplink.frames().items()
             if count != before[name] and name not in ("up", "down")}, {})


def refusals(env):
    """What cannot be had is named, and leaves nothing behind."""
    ports = cmd("devlink port show")
    for words, text in (
            (add_words(env, 0), "sfnum must be a channel"),
            (add_words(env, 77), "The PF has not granted channel 77 to this VF"),
            (add_words(env, OWN), f"The PF has not granted channel {OWN} to this VF"),
            (add_words(env, CHANNELS[0], 1), "Granted channels need trust"),
            (f"devlink port add {handle(env)} flavour pcisf pfnum 1 sfnum "
             f"{CHANNELS[0]}", "pfnum must be 0"),
            (f"devlink port add {handle(env)} flavour pcisf pfnum 0",
             "sfnum must be a channel"),
            (f"devlink port add {handle(env)}/5 flavour pcisf pfnum 0 sfnum "
             f"{CHANNELS[0]}", "cannot be chosen"),
            (f"devlink port add {handle(env)} flavour pcivf pfnum 0",
             "Only ports of flavour pcisf")):
        ksft_in(text, fails(words), words)
    ksft_eq(cmd("devlink port show"), ports)
    add(env, CHANNELS[0])
    ksft_in(f"Channel {CHANNELS[0]} has a port already",
            fails(add_words(env, CHANNELS[0])))
    vanectl(env, "mode {} veb")
    defer(vanectl, env, "mode {} etag")
    ksft_in("in a mode without channels", fails(add_words(env, CHANNELS[1])))
    ksft_eq(len(above(env)), 1)


def check_dead(env, port, channel, why):
    """@port has no link; what it sends and what comes for it reaches nobody."""
    port.wait_carrier(False)
    capture, inside = Capture(env.ext), Capture(port)
    frame, other = make(port, STRANGER), make(STRANGER, port)
    try:
        Sender(port).send(frame)
    except OSError:
        pass            # Whether the stack says so depends on what it notices first
    Sender(env.ext).send(ETag.down(other, channel))
    mark = make(env.vfs[1], STRANGER)
    Sender(env.vfs[1]).send(mark)
    capture.expect(mark.data[12:])
    ksft_eq(capture.saw(frame.data[12:]), False, f"{why}: sent")
    mark = make(STRANGER, env.vfs[0])
    own = Capture(env.vfs[0])
    Sender(env.ext).send(ETag.down(mark, OWN))
    own.expect(mark)
    ksft_eq(inside.saw(other.data[12:]), False, f"{why}: received")
    ksft_eq(own.saw(other), False, f"{why}: received by the VF")


def rights(env):
    """A channel that is revoked, or of a VF without trust, loses its link and comes
    back; the other ones stay."""
    port, other = add(env, CHANNELS[0]), add(env, CHANNELS[1])
    vanectl(env, f"channel revoke {{}} vf 0 {CHANNELS[0]}")
    defer(vanectl, env, f"channel grant {{}} vf 0 {CHANNELS[0]}")
    check_dead(env, port, CHANNELS[0], "revoked")
    check_works(env, other, CHANNELS[1])
    # Another VF's now
    env.vf_set(1, "trust on")
    defer(env.vf_set, 1, "trust off")
    vanectl(env, f"channel grant {{}} vf 1 {CHANNELS[0]}")
    check_works(env, add(env, CHANNELS[0], 1), CHANNELS[0])
    remove(env, CHANNELS[0], 1)
    vanectl(env, f"channel revoke {{}} vf 1 {CHANNELS[0]}")
    vanectl(env, f"channel grant {{}} vf 0 {CHANNELS[0]}")
    port.wait_carrier()
    check_works(env, port, CHANNELS[0])
    env.vf_set(0, "trust off")
    defer(env.vf_set, 0, "trust on")
    check_dead(env, port, CHANNELS[0], "no trust")
    env.vf_set(0, "trust on")
    port.wait_carrier()
    check_works(env, port, CHANNELS[0])


def modes(env):
    """Without channel tags the channels have no link, and a frame with a tag is one for
    the VF itself."""
    port = add(env, CHANNELS[0])
    vanectl(env, "mode {} veb")
    defer(vanectl, env, "mode {} etag")
    port.wait_carrier(False)
    inside, own = Capture(port), Capture(env.vfs[0])
    frame = ETag.down(make(STRANGER, env.vfs[0]), CHANNELS[0])
    Sender(env.ext).send(frame)
    own.expect(frame)
    ksft_eq(inside.saw(frame.data[12:]), False)
    for tag in TAGS:
        vanectl(env, "mode {} veb")
        port.wait_carrier(False)
        vanectl(env, f"mode {{}} {tag.name}")
        port.wait_carrier()
        check_works(env, port, CHANNELS[0], tag)


def recovers(env):
    """Resets of the VF and the device, and another driver of the PF."""
    port = add(env, CHANNELS[0])
    for what, act in (
            ("the VF", env.vf(0).reset),
            ("the device", lambda: cmd(f"devlink dev reload pci/{env.pf.bdf}")),
            ("the driver", lambda: (cmd("modprobe -r vane"), cmd("modprobe vane")))):
        act()
        env.pf_port()
        # A reset that the VF has not noticed leaves its carrier on
        wait_until(lambda: next(one for one in show(env)["ports"]
                                if one.get("vf") == 0)["ready"],
                   RECOVERY, what=f"{what}: VF 0 has negotiated")
        env.vfs[0].wait_carrier(timeout=RECOVERY)
        port.wait_carrier(timeout=RECOVERY)
        check_works(env, port, CHANNELS[0])


def interface(env):
    """MTU, statistics, VLANs and the carrier."""
    vf, port = env.vfs[0], add(env, CHANNELS[0])
    ksft_eq(port.link()["link"], vf.ifname)
    with ksft_raises(CmdError):
        port.set("mtu 1501")
    vf.set("mtu 1400")
    defer(vf.set, "mtu 1500")
    ksft_eq(port.link()["mtu"], 1400, "follows the VF's MTU down")
    vf.set("mtu 1500")
    port.set("mtu 1500")

    before = port.stats()
    check_up(env, port, ETag, CHANNELS[0], make(port, STRANGER, 200))
    check_down(env, port, ETag, CHANNELS[0], make(STRANGER, port, 200))
    after = port.stats()
    ksft_ge(after["tx"]["bytes"] - before["tx"]["bytes"], 200)
    ksft_ge(after["rx"]["packets"] - before["rx"]["packets"], 1)

    name = f"{port.ifname}.5"
    ip_batch([f"link add link {port.ifname} name {name} type vlan id 5",
              f"link set {name} up"], port.ns)
    vlan = Port("VLAN", port.ns, name, 300)
    frame = make(port, STRANGER)
    capture = Capture(env.ext)
    Sender(vlan).send(frame)
    ksft_eq(capture.expect(frame.data[12:]),
            ETag.up(frame.tagged(ETH_P_8021Q, 5), CHANNELS[0]), "a VLAN above it")
    wait_until(lambda: arrives(env, vlan, make(STRANGER, port), 5), RECOVERY,
               what="the VLAN's filter")
    ip(f"link del {name}", port.ns)

    vf.set("down")
    port.wait_carrier(False)
    vf.set("up")
    vf.wait_carrier()
    port.wait_carrier()
    check_works(env, port, CHANNELS[0])
    moved = move(port, "elsewhere")
    ksft_not_in("link", moved.link(), "an index of another namespace")
    moved.set("up")
    moved.wait_carrier()
    check_works(env, moved, CHANNELS[0])


def addresses(env):
    """A channel has the VF's address until it is given another, whose frames then are
    its own. What it receives beyond that, the VF does so long as it is up."""
    vf, port = env.vfs[0], add(env, CHANNELS[0])
    ksft_eq(port.mac, vf.mac)
    for state in ("up", "down"):
        port.set(state)
        mac = f"52:54:00:00:66:0{len(state)}"
        env.vf_set(0, f"mac {mac}")
        wait_until(lambda mac=mac: port.link()["address"] == mac, RECOVERY,
                   what=f"{state}: the VF's new address")
    env.vf_set(0, f"mac {vf.mac}")
    wait_until(lambda: port.link()["address"] == vf.mac, RECOVERY,
               what="the old address")
    port.up()
    env.vf_set(0, "spoofchk off")
    defer(env.vf_set, 0, "spoofchk on")
    port.set(f"address {OTHER_MAC}")
    wait_until(lambda: arrives(env, port, make(STRANGER, OTHER_MAC)), RECOVERY,
               what="its own address")
    # The stack takes it for its own, too.
    capture = Capture(env.ext)
    Sender(env.ext).send(ETag.down(arp_request(OTHER_MAC, port.ip4), CHANNELS[0]))
    capture.expect(lambda frame: frame.etag and frame.inner().proto == ETH_P_ARP and
                   frame.inner().src == OTHER_MAC and frame.ecid == CHANNELS[0])
    for way in ("promisc", "allmulticast"):
        port.set(f"{way} on")
    ksft_eq(counts(vf), (1, 1))
    port.set("down")
    ksft_eq(counts(vf), (0, 0))
    port.set("up")
    ksft_eq(counts(vf), (1, 1))
    port.set("promisc off")
    ksft_eq(counts(vf), (0, 1))
    remove(env, CHANNELS[0])
    ksft_eq(counts(vf), (0, 0))
    ksft_not_in(OTHER_MAC, cmd(f"bridge fdb show dev {vf.ifname}", vf.ns))


def counts(port):
    """How many want @port to be promiscuous, and to receive all multicast."""
    link = ip_json(f"-d link show dev {port.ifname}", port.ns)[0]
    return link["promiscuity"], link["allmulti"]


def arp_request(mac, ip4):
    """One that is sent to @mac alone, from an address that none has."""
    body = struct.pack("!HHBBH", 1, 0x800, 6, 4, 1)
    body += mac_bytes(STRANGER) + bytes((10, 7, 200, 200))
    body += bytes(6) + bytes(map(int, ip4.split(".")))
    return Frame(mac_bytes(mac) + mac_bytes(STRANGER) +
                 struct.pack("!H", ETH_P_ARP) + body.ljust(46, b"\0"))


def in_a_bridge(env):
    """A VF in a bridge has channels, if the card takes the tags off; otherwise either
    is refused, and says why."""
    vf = env.vfs[0]
    ip("link add name other type bridge", vf.ns)
    defer(ip, "link del other", vf.ns)
    defer(vf.set, "nomaster")
    if env.tagged:
        add(env, CHANNELS[0])
        with ksft_raises(CmdError):
            vf.set("master other")
        remove(env, CHANNELS[0])
        vf.set("master other")
        ksft_in("must not be in a bridge", fails(add_words(env, CHANNELS[0])))
        ksft_eq(above(env), set())
        return
    vf.set("master other")
    check_works(env, add(env, CHANNELS[0]), CHANNELS[0])


def arrives(env, port, frame, vlan=None):
    """Is @frame, for the first channel and in @vlan, received at @port?"""
    capture = Capture(port)
    tagged = frame if vlan is None else frame.tagged(ETH_P_8021Q, vlan)
    Sender(env.ext).send(ETag.down(tagged, CHANNELS[0]))
    return capture.find(frame, timeout=1) is not None


def many(env):
    """More channels than fit into one message, all of one VF."""
    channels = [1000 + 3 * number for number in range(MANY)]
    for channel in channels:
        vanectl(env, f"channel grant {{}} vf 0 {channel}")
        defer(vanectl, env, f"channel revoke {{}} vf 0 {channel}")
    ports = [add(env, channel, link=False) for channel in channels]
    for port in ports:
        port.wait_carrier()
    for channel, port in random.sample(list(zip(channels, ports)), 5):
        check_works(env, port, channel)
    vanectl(env, "mode {} veb")
    defer(vanectl, env, "mode {} etag")
    for port in ports:
        port.wait_carrier(False)
    vanectl(env, "mode {} etag")
    for port in ports:
        port.wait_carrier()


def flood(port, frame, stop):
    """Sends @frame over and over, as long as @port is there."""
    sender = Sender(port)
    while not stop.is_set():
        try:
            sender.send(frame)
        except OSError:
            return


def ends(env):
    """A port goes under traffic, with its VF's driver, and with the VF."""
    stop = threading.Event()
    down = threading.Thread(target=flood, args=(
        env.ext, ETag.down(make(STRANGER, BROADCAST), CHANNELS[0]), stop))
    defer(down.join)
    defer(stop.set)
    down.start()
    for _ in range(repeat(4, 2)):
        port = add(env, CHANNELS[0])
        up = threading.Thread(target=flood, args=(port, make(port, STRANGER), stop))
        up.start()
        capture, inside = Capture(env.ext), Capture(port)
        capture.expect(lambda frame, port=port: frame.src == port.mac)
        inside.expect(lambda frame: frame.src == STRANGER)
        remove(env, CHANNELS[0])
        up.join()
        ksft_eq(above(env), set())
    stop.set()
    down.join()
    add(env, CHANNELS[0])
    add(env, CHANNELS[1])
    function = env.vf(0)
    function.unbind()
    ksft_not_in(handle(env), cmd("devlink dev show"))
    ksft_not_in("chan", cmd("ip link show", env.vfs[0].ns))
    function.bind("vanevf")
    function.wait_ifname()
    ksft_not_in(f"{handle(env)}/", cmd("devlink port show"))
    # The end of the last case takes the VFs away while this is there
    wait_until(lambda: run(add_words(env, CHANNELS[0])).returncode == 0, RECOVERY,
               what="a port of the new driver")


# The debug kernel has no BPF, which the bridge needs.
DATAPATH = [*each_tag(frames), *skip_on_debug(*each_tag(network)), modes, interface,
            addresses, in_a_bridge]
CONTROL = [refusals, rights, recovers, many, ends]

if __name__ == "__main__":
    ksft_main(DATAPATH + CONTROL, set_up)
