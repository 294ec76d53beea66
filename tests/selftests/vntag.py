#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: network --allow-leaks --uplink switch
"""VN-Tag mode: the tag on the wire, steering by VIF, VIF lists, vanectl."""

import struct

from lib.py import (BROADCAST, ETH_P_8021Q, Capture, Genl, Sender, attr, cmd, defer,
                    fails, hw, ip_json, ksft_eq, ksft_in, ksft_main, ksft_ne, make,
                    write_pcap)
from lib.py.channel import STRANGER, check_reach, show, vanectl, with_channels

VFS = 4
PF_VIF = 99
LIST = 7
# linux/vane.h: VANE_NL_CMD_..., VANE_A_LIST_...
CMD_LIST_SET, CMD_LIST_DEL = 6, 7
A_IFINDEX, A_LIST, A_VF = 1, 2, 3


def vif(index):
    """VIF of a VF."""
    return 100 + index


def set_up():
    """Switch in VN-Tag mode; the PF and each VF but the last have a VIF."""
    return with_channels("vntag", VFS, PF_VIF, vif)


def check_frame(env, tagged, frame, expected):
    """@tagged, sent in from the wire, arrives as @frame at @expected only."""
    check_reach(env, tagged, frame, expected,
                lambda mark, own: mark.vntagged(dvif=own, svif=1))


def up_tag(env):
    """Every frame leaves with direction 0 and its port's VIF."""
    capture = Capture(env.ext)
    for port in env.channels:
        for dst in (env.vfs[0].mac, STRANGER, BROADCAST):
            frame = make(port, dst)
            Sender(port).send(frame)
            got = capture.expect(frame.data[12:])
            ksft_eq(got.vntag, env.channels[port], f"tag of {port.name}")
            ksft_eq(got.inner(), frame)


def up_tag_outside_vlan(env):
    """The VN-Tag stands before an 802.1Q tag, the VF's or its port's."""
    vf0, vf1 = env.vfs[:2]
    capture = Capture(env.ext)
    frame = make(vf0, STRANGER, vlan=42)
    Sender(vf0).send(frame)
    got = capture.expect(frame.data[12:])
    ksft_eq((got.vntag, got.inner()), (vif(0), frame))
    env.vf_set(1, "vlan 100")
    defer(env.vf_set, 1, "vlan 0")
    frame = make(vf1, STRANGER)
    Sender(vf1).send(frame)
    got = capture.expect(frame.data[12:])
    ksft_eq((got.vntag, got.inner()),
            (vif(1), frame.tagged(ETH_P_8021Q, 100)))


def nothing_is_local(env):
    """Frames between VFs go up to the bridge, not across."""
    vf0, vf1 = env.vfs[:2]
    capture, wire = Capture(vf1), Capture(env.ext)
    frame = make(vf0, vf1)
    Sender(vf0).send(frame)
    wire.expect(frame.data[12:])
    mark = make(STRANGER, vf1)
    Sender(env.ext).send(mark.vntagged(dvif=vif(1), svif=1))
    capture.expect(mark)
    ksft_eq(capture.saw(frame), False)


def down_tag(env):
    """A frame for a VIF reaches that port only, untagged."""
    for port in env.channels:
        frame = make(STRANGER, port)
        check_frame(env, frame.vntagged(dvif=env.channels[port], svif=1),
                    frame, [port])
    frame = make(STRANGER, BROADCAST)
    check_frame(env, frame.vntagged(dvif=vif(1), svif=1), frame,
                [env.vfs[1]])


def down_tag_unknown(env):
    """Unknown VIF, no tag, wrong direction or version: nobody gets it."""
    frame = make(STRANGER, BROADCAST)
    for wrong in (frame, frame.vntagged(dvif=vif(3), svif=1),
                  frame.vntagged(dvif=0, svif=1),
                  frame.vntagged(down=0, dvif=vif(0), svif=1),
                  frame.vntagged(ver=1, dvif=vif(0), svif=1),
                  frame.vntagged(ptr=1, dvif=hw.VANE_MAX_VIF, svif=1)):
        check_frame(env, wrong, frame, [])


def set_list(env, members):
    """List LIST with VFs as members, for the time of the case."""
    words = " ".join("pf" if port is env.pf_if else
                     f"vf {env.vfs.index(port)}" for port in members)
    vanectl(env, f"list set {{}} {LIST} {words}")
    return defer(vanectl, env, f"list del {{}} {LIST}")


def vif_list(env):
    """A frame for a VIF list reaches exactly its members."""
    for members in ([env.vfs[0], env.vfs[2]], [env.vfs[1]],
                    [env.pf_if, *env.vfs[:3]]):
        undo = set_list(env, members)
        frame = make(STRANGER, BROADCAST)
        tagged = frame.vntagged(ptr=1, dvif=LIST, svif=1)
        check_frame(env, tagged, frame, members)
        undo.exec()
        check_frame(env, tagged, frame, [])


def vif_list_looped(env):
    """With l = 1 the source VIF is left out, with l = 0 it is not."""
    vf0, vf1, vf2 = env.vfs[:3]
    set_list(env, [vf0, vf1, vf2])
    frame = make(vf0, BROADCAST)
    check_frame(env, frame.vntagged(ptr=1, dvif=LIST, svif=vif(0), looped=1),
                frame, [vf1, vf2])
    frame = make(vf0, BROADCAST)
    check_frame(env, frame.vntagged(ptr=1, dvif=LIST, svif=vif(0)),
                frame, [vf0, vf1, vf2])


def no_vif_no_link(env):
    """Without a VIF a VF has no link; it comes with the VIF."""
    last = env.vfs[VFS - 1]
    last.wait_carrier(False)
    vanectl(env, f"channel set {{}} vf {VFS - 1} 2222")
    last.wait_carrier()
    capture = Capture(env.ext)
    frame = make(last, STRANGER)
    Sender(last).send(frame)
    ksft_eq(capture.expect(frame.data[12:]).vntag, 2222)
    vanectl(env, f"channel del {{}} vf {VFS - 1}")
    last.wait_carrier(False)


def bridge(env):
    """Two VFs reach each other through a bridge that turns the tags round."""
    vf0, vf1 = env.vfs[:2]
    set_list(env, [vf0, vf1])
    capture, sender = Capture(env.ext), Sender(env.ext)
    request = make(vf0, vf1)
    Sender(vf0).send(request)
    got = capture.expect(request.data[12:])
    target = Capture(vf1)
    sender.send(got.inner().vntagged(dvif=vif(1), looped=1,
                                     svif=got.vntag_field(hw.VANE_VNTAG_SVIF)))
    target.expect(request)


def tshark_dissects(env):
    """tshark takes the captured frames for VN-Tag, with the right fields."""
    vf1 = env.vfs[1]
    capture = Capture(env.ext)
    frame = make(vf1, STRANGER)
    Sender(vf1).send(frame)
    up = capture.expect(frame.data[12:])
    down = make(STRANGER, vf1).vntagged(ptr=1, dvif=LIST, svif=vif(0), looped=1)
    write_pcap("/tmp/vntag.pcap", [up, down])
    names = ("eth.type", "vntag.dir", "vntag.ptr", "vntag.dst", "vntag.looped",
             "vntag.version", "vntag.src", "vntag.etype")
    fields = " ".join(f"-e {name}" for name in names)
    lines = cmd(f"tshark -r /tmp/vntag.pcap -T fields {fields}").splitlines()
    ksft_eq(lines[0].split("\t"),
            ["0x8926", "False", "False", "0", "False", "0", str(vif(1)),
             "0x88b5"])
    ksft_eq(lines[1].split("\t"),
            ["0x8926", "True", "True", str(LIST), "True", "0", str(vif(0)),
             "0x88b5"])


def show_tells(env):
    """vanectl show has mode, VIFs and lists, as text and as JSON."""
    set_list(env, [env.vfs[0], env.vfs[2], env.pf_if])
    found = show(env)
    ksft_eq(found["mode"], "vntag")
    vifs = {port.get("vf", "pf"): port["channel"] for port in found["ports"]
            if port.get("channel")}
    ksft_eq(vifs, {"pf": PF_VIF, 0: vif(0), 1: vif(1), 2: vif(2)})
    ksft_eq([(entry["list"], entry["pf"], entry["vfs"])
             for entry in found["lists"]], [(LIST, True, [0, 2])])
    text = vanectl(env, "show {}")
    ksft_in("vntag", text)
    ksft_in(str(vif(2)), text)


def refused(env, args):
    """vanectl fails with a text, and nothing changes."""
    before = show(env)
    text = fails("vanectl " + args.format(env.pf.ifname))
    ksft_ne(text, "", args)
    after = show(env)
    for key in ("mode", "lists"):
        ksft_eq(after[key], before[key], args)
    ksft_eq([port.get("channel") for port in after["ports"]],
            [port.get("channel") for port in before["ports"]], args)


def wrong_values(env):
    """Wrong modes, VIFs, VFs and lists are refused with a text."""
    too_large = hw.VANE_MAX_VIF + 1
    for args in ("mode {} tag", "mode {} nonsense",
                 "mode lo vntag", "mode nosuchdev vntag",
                 f"channel set {{}} vf 0 {too_large}", "channel set {} vf 0 -1",
                 "channel set {} vf 0 x", f"channel set {{}} vf {VFS} 300",
                 f"channel set {{}} vf 3 {vif(0)}",
                 "list set {} 0 vf 0", f"list set {{}} {too_large} vf 0",
                 f"list set {{}} 8 vf {VFS}", "list del {} 4000",
                 "frobnicate {}"):
        refused(env, args)


def many_lists(env):
    """Every list that VN-Tag can name, at a time."""
    numbers = range(1, hw.VANE_MAX_VIF + 1)
    ifindex = ip_json(f"link show dev {env.pf.ifname}")[0]["ifindex"]
    # A program for each would take longer than all else here.
    with Genl("vane") as vane:
        def each(command, *more):
            for number in numbers:
                vane.do(command, b"".join(
                    attr(kind, struct.pack("=I", value)) for kind, value in
                    ((A_IFINDEX, ifindex), (A_LIST, number), *more)))

        delete = defer(each, CMD_LIST_DEL)
        each(CMD_LIST_SET, (A_VF, 1))
        ksft_eq([one["list"] for one in show(env)["lists"]], list(numbers))
        delete.exec()
    ksft_eq(show(env)["lists"], [])


def veb_again(env):
    """Back in VEB mode frames are switched locally, without tags."""
    vf0, vf1 = env.vfs[:2]
    vanectl(env, "mode {} veb")
    defer(vanectl, env, "mode {} vntag")
    for port in env.vfs:
        port.wait_carrier()
    vf0.ping(vf1)
    capture = Capture(env.ext)
    frame = make(vf0, STRANGER)
    Sender(vf0).send(frame)
    capture.expect(frame)


if __name__ == "__main__":
    ksft_main([up_tag, up_tag_outside_vlan, nothing_is_local, down_tag,
               down_tag_unknown, vif_list, vif_list_looped, no_vif_no_link,
               bridge, tshark_dissects, show_tells, wrong_values, many_lists,
               veb_again], set_up)
