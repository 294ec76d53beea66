#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: network --allow-leaks --uplink switch
"""E-Tag mode: the tag on the wire, priorities, steering by E-CID, groups, drops, and
what VFs cannot send."""

from lib.py import (BROADCAST, ETH_P_8021AD, ETH_P_8021Q, Capture, Frame, Sender,
                    cmd, cmd_json, defer, fails, ksft_eq, ksft_in, ksft_main, make,
                    wait_until, write_pcap)
from lib.py.channel import STRANGER, check_reach, show, vanectl, with_channels

VFS = 4
PF_CHANNEL = 0xfffff
ECID = 0x77123              # of a list in each of two groups
UNKNOWN = 0x54321
RECOVERY = 20               # seconds


def channel(index):
    """Channel of a VF; they differ in the extension only."""
    return (index + 1) << 12 | 0x345


def ports_of(env):
    """The ports of vanectl show, by "pf" or number of the VF."""
    return {port.get("vf", "pf"): port for port in show(env)["ports"]}


def refused(env, args, text):
    """vanectl fails with @text, and nothing changes."""
    before = show(env)
    ksft_in(text, fails("vanectl " + args.format(env.pf.ifname)), args)
    ksft_eq(show(env), before, args)


def set_up():
    """Switch in E-Tag mode; the PF and each VF but the last have a channel."""
    return with_channels("etag", VFS, PF_CHANNEL, channel)


def check_frame(env, tagged, frame, expected):
    """@tagged, sent in from the wire, arrives as @frame at @expected only."""
    check_reach(env, tagged, frame, expected, Frame.etagged)


def up_tag(env):
    """Every frame leaves with its port's E-CID, and nothing goes from VF to VF."""
    capture = Capture(env.ext)
    for port in env.channels:
        for dst in (env.vfs[0].mac, STRANGER, BROADCAST):
            frame = make(port, dst)
            Sender(port).send(frame)
            got = capture.expect(frame.data[12:])
            ksft_eq(got, frame.etagged(env.channels[port]), f"tag of {port.name}")


def up_priority(env):
    """E-PCP and E-DEI are those of the VLAN tag, by the port's map."""
    vf0 = env.vfs[0]
    capture = Capture(env.ext)

    def check(tci, priority):
        frame = make(vf0, STRANGER, vlan=tci)
        Sender(vf0).send(frame)
        ksft_eq(capture.expect(frame.data[12:]),
                frame.etagged(channel(0), priority=priority), (tci, priority))

    check(0xb000 | 42, 0xb)
    check(None, 0)
    vanectl(env, "priority set {} vf 0 5:3,5.1:7.0,0:1,2.0:2.1")
    defer(vanectl, env, "priority del {} vf 0")
    for tci, priority in ((0xb000 | 42, 0xe), (0xa000 | 42, 6), (None, 2),
                          (0x4000 | 42, 5), (0x5000 | 42, 5), (0xe000 | 42, 0xe)):
        check(tci, priority)
    ksft_eq(ports_of(env)[0]["priorities"],
            [2, 3, 2, 3, 5, 5, 6, 7, 8, 9, 6, 14, 12, 13, 14, 15])
    ksft_eq(ports_of(env)[1]["priorities"], list(range(16)))
    ksft_in("priority 0.0:1.0,0.1:1.1,2.0:2.1,5.0:3.0,5.1:7.0",
            vanectl(env, "show {}"))


def up_port_vlan(env):
    """The priority of a port VLAN counts, and the E-Tag is outside of its tag."""
    vf1 = env.vfs[1]
    capture = Capture(env.ext)
    for proto, name in ((ETH_P_8021Q, "802.1Q"), (ETH_P_8021AD, "802.1ad")):
        env.vf_set(1, f"vlan 100 qos 3 proto {name}")
        defer(env.vf_set, 1, "vlan 0")
        frame = make(vf1, STRANGER)
        Sender(vf1).send(frame)
        ksft_eq(capture.expect(frame.data[12:]),
                frame.tagged(proto, 0x6064).etagged(channel(1), priority=6))


def down_tag(env):
    """A frame for an E-CID reaches that port only, untagged, but not its source."""
    for port in env.channels:
        own = env.channels[port]
        frame = make(STRANGER, BROADCAST)
        check_frame(env, frame.etagged(own, priority=13), frame, [port])
        frame = make(STRANGER, BROADCAST)
        check_frame(env, frame.etagged(own, ingress=own), frame, [])


def groups(env):
    """A list has its members, by group and E-CID, less where the frame came from."""
    vf0, vf1, vf2 = env.vfs[:3]
    members = {1: [vf0, vf1], 3: [vf1, vf2, env.pf_if]}
    vanectl(env, f"list set {{}} 1:{ECID} vf 0-1")
    defer(vanectl, env, f"list del {{}} 1:{ECID}")
    vanectl(env, f"list set {{}} 3:{ECID} vf 1-2 pf")
    defer(vanectl, env, f"list del {{}} 3:{ECID}")
    ksft_eq([(one["group"], one["list"], one["pf"], one["vfs"])
             for one in show(env)["lists"]],
            [(1, ECID, False, [0, 1]), (3, ECID, True, [1, 2])])
    ksft_in(f"list 3:{ECID} pf vf 1,2", vanectl(env, "list show {}"))
    for group, ports in members.items():
        frame = make(STRANGER, BROADCAST)
        check_frame(env, frame.etagged(group << 20 | ECID), frame, ports)
        frame = make(STRANGER, BROADCAST)
        check_frame(env, frame.etagged(group << 20 | ECID, ingress=channel(1)), frame,
                    [port for port in ports if port is not vf1])
    frame = make(STRANGER, BROADCAST)
    check_frame(env, frame.etagged(2 << 20 | ECID), frame, [])


def drops(env):
    """What is wrong with a tag is counted by its cause, in vanectl and ethtool."""
    frame = make(STRANGER, BROADCAST)
    good = frame.etagged(channel(0))
    wrong = (("missing", frame), ("missing", frame.vntagged(dvif=1)),
             ("truncated", Frame(good.data[:21])),
             ("reserved", frame.etagged(channel(0), reserved=1)),
             ("nested", good.etagged(channel(0))),
             ("nested", frame.vntagged(dvif=1).tagged(ETH_P_8021Q, 5)
              .etagged(channel(0))),
             ("unknown", frame.etagged(UNKNOWN)), ("unknown", frame.etagged(0)),
             ("unknown", frame.etagged(2 << 20 | UNKNOWN)))
    for cause, one in wrong:
        before = show(env)["tag_drops"]
        check_frame(env, one, frame, [])
        after = show(env)["tag_drops"]
        # The host may send frames of its own to the wire: those have no tag.
        del before["missing"]
        risen = {name: after[name] - value for name, value in before.items()
                 if after[name] != value}
        ksft_eq(risen, {} if cause == "missing" else {cause: 1}, cause)
    after = show(env)["tag_drops"]
    counters = env.pf_if.counters()
    for name in ("truncated", "reserved", "nested", "unknown"):
        ksft_eq(counters[f"rx_tag_{name}"], after[name], name)
    ksft_in(f"unknown {after['unknown']}", vanectl(env, "show {}"))


def spoofs(env):
    """No VF sends a channel tag, trusted or not, behind however many VLAN tags."""
    vf0 = env.vfs[0]
    capture, sender = Capture(env.ext), Sender(vf0)
    env.vf_set(0, "spoofchk off trust on")
    defer(env.vf_set, 0, "spoofchk on trust off")
    for mode in ("etag", "vntag"):
        if mode == "vntag":
            for index in range(VFS - 1):
                vanectl(env, f"channel set {{}} vf {index} {100 + index}")
                defer(vanectl, env, f"channel set {{}} vf {index} {channel(index)}")
            vanectl(env, "channel set {} pf 99")
            defer(vanectl, env, f"channel set {{}} pf {PF_CHANNEL}")
            vanectl(env, "mode {} vntag")
            defer(vanectl, env, "mode {} etag")
        plain = make(vf0, BROADCAST)
        hostile = []
        for tagged in (plain.etagged(channel(1)), plain.vntagged(dvif=101),
                       Frame(plain.etagged(channel(1)).data[:22]),
                       Frame(plain.vntagged(dvif=101).data[:20])):
            hostile += [tagged, tagged.tagged(ETH_P_8021Q, 42),
                        tagged.tagged(ETH_P_8021Q, 42).tagged(ETH_P_8021AD, 7)]
        before = stats_of(env, 0)["tx_drop_spoof"]
        for frame in hostile:
            sender.send(frame)
        last = make(vf0, BROADCAST)
        sender.send(last)
        capture.expect(last.data[12:])
        for frame in hostile:
            ksft_eq(capture.saw(frame.data[12:]), False, f"{mode}: {frame}")
        # They may have been in other queues than the last one.
        wait_until(lambda wanted=before + len(hostile):
                   stats_of(env, 0)["tx_drop_spoof"] == wanted, what=f"drops: {mode}")


def stats_of(env, index):
    """vanectl stats of a VF."""
    return cmd_json(f"vanectl -j stats {env.pf.ifname} vf {index}")[0]


def no_channel_no_link(env):
    """Without a channel a VF has no link; it comes with the channel."""
    last = env.vfs[VFS - 1]
    last.wait_carrier(False)
    vanectl(env, f"channel set {{}} vf {VFS - 1} {UNKNOWN}")
    last.wait_carrier()
    capture = Capture(env.ext)
    frame = make(last, STRANGER)
    Sender(last).send(frame)
    ksft_eq(capture.expect(frame.data[12:]).ecid, UNKNOWN)
    vanectl(env, f"channel del {{}} vf {VFS - 1}")
    last.wait_carrier(False)


def beyond_vntag(env):
    """A channel that VN-Tag cannot name, and that mode, exclude each other."""
    refused(env, "mode {} vntag",
            f"Channel {PF_CHANNEL} of the PF is above the limit of VN-Tag, 4095")
    vanectl(env, "channel set {} pf 9")
    defer(vanectl, env, f"channel set {{}} pf {PF_CHANNEL}")
    refused(env, "mode {} vntag",
            f"Channel {channel(0)} of VF 0 is above the limit of VN-Tag, 4095")
    for index in range(VFS - 1):
        vanectl(env, f"channel set {{}} vf {index} {index + 1}")
        defer(vanectl, env, f"channel set {{}} vf {index} {channel(index)}")
    vanectl(env, "mode {} vntag")
    defer(vanectl, env, "mode {} etag")
    refused(env, "channel set {} vf 1 4096",
            "Channel 4096 of VF 1 is above the limit of VN-Tag, 4095")
    refused(env, "channel set {} vf 1 1", "Channel 1 is in use by VF 0")


def outlives(env):
    """Channels, priorities and lists outlive a reset of the device."""
    vanectl(env, "priority set {} vf 0 0:5")
    defer(vanectl, env, "priority del {} vf 0")
    vanectl(env, "priority set {} pf 7.1:0")
    defer(vanectl, env, "priority del {} pf")
    vanectl(env, f"list set {{}} 2:{ECID} vf 0 pf")
    defer(vanectl, env, f"list del {{}} 2:{ECID}")
    before = show(env)
    env.pf.reset()
    for port in env.channels:
        wait_until(port.carrier, RECOVERY, what=f"{port.name}: carrier")
    after = show(env)
    for key in ("mode", "lists"):
        ksft_eq(after[key], before[key], key)
    for old, new in zip(before["ports"], after["ports"]):
        ksft_eq((new["channel"], new["priorities"]),
                (old["channel"], old["priorities"]))
    capture, sender = Capture(env.ext), Sender(env.vfs[0])
    frames = []

    def is_tagged_again():
        frames.append(make(env.vfs[0], STRANGER))
        sender.send(frames[-1])
        return any(capture.saw(frame.etagged(channel(0), priority=10))
                   for frame in frames)

    # The VF may not have seen yet that it was reset.
    wait_until(is_tagged_again, RECOVERY, what="the tag of VF 0 after a reset")


def tshark_dissects(env):
    """tshark takes the captured frames for E-Tag, with the right fields."""
    vf1 = env.vfs[1]
    capture = Capture(env.ext)
    frame = make(vf1, STRANGER, vlan=0xd000 | 42)
    Sender(vf1).send(frame)
    up = capture.expect(frame.data[12:])
    down = make(STRANGER, vf1).etagged(2 << 20 | ECID, ingress=channel(0), priority=7)
    write_pcap("/tmp/etag.pcap", [up, down])
    names = ("eth.type", "etag.pcp", "etag.dei", "etag.iecid_base", "etag.resv",
             "etag.group", "etag.ecid_base", "etag.iecid_ext", "etag.ecid_ext",
             "etag.etype")
    fields = " ".join(f"-e {name}" for name in names)
    lines = cmd(f"tshark -r /tmp/etag.pcap -T fields {fields}").splitlines()
    ksft_eq(lines[0].split("\t"), ["0x893f", "6", "1", "0x0000", "0", "0", "0x0345",
                                   "0x00", "0x02", "0x8100"])
    ksft_eq(lines[1].split("\t"), ["0x893f", "3", "1", "0x0345", "0", "2", "0x0123",
                                   "0x01", "0x77", "0x88b5"])


if __name__ == "__main__":
    ksft_main([up_tag, up_priority, up_port_vlan, down_tag, groups, drops, spoofs,
               no_channel_no_link, beyond_vntag, outlives, tshark_dissects], set_up)
