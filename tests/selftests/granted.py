#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: channels_tagged --allow-leaks --uplink switch --nic-opt x-features-hidden=0xc000
"""Channels granted to VFs beside those of their ports: who may use them, how long
they live, and what an administrator is told.

The card leaves the tags of these channels in the frames, where this sees and makes
them. vf_channels.py has what the VF's driver makes of them.
"""

import struct

from lib.py import (BROADCAST, Capture, Genl, Sender, cmd, cmd_json, defer, fails, hw,
                    ksft_eq, ksft_in, ksft_main, make, repeat, seeded, wait_until)
from lib.py.channel import STRANGER, show, vanectl, with_channels
from lib.py.rtnl import attr

VFS = 4                     # the last has no channel
OWN = 10                    # channel of VF 0
CHANNEL = 0x234             # granted to it
FREE = 0x345
RECOVERY = 20
MODES = ("veb", "vepa", "vntag", "etag")
STEPS = repeat(150, 40)

# linux/vane.h
GRANT_IFINDEX, GRANT_VF, GRANT_CHANNEL = range(1, 4)
CMD_GRANT_GET, CMD_GRANT_SET, CMD_GRANT_DEL = range(15, 18)


def set_up():
    """E-Tag mode; VF 0 is trusted, and granted a channel."""
    env = with_channels("etag", VFS, 9, lambda index: OWN + index)
    env.vf_set(0, "trust on")
    vanectl(env, f"channel grant {{}} vf 0 {CHANNEL}")
    return env


def grant(env, index, channel):
    """Grants it until the case ends."""
    vanectl(env, f"channel grant {{}} vf {index} {channel}")
    defer(cmd, f"vanectl channel revoke {env.pf.ifname} vf {index} {channel}")


def up(mode, frame, channel):
    """@frame with the tag of the way up."""
    if mode == "vntag":
        return frame.vntagged(down=0, svif=channel)
    return frame.etagged(channel)


def down(mode, frame, channel):
    """@frame with the tag of the way down."""
    return frame.vntagged(dvif=channel) if mode == "vntag" else frame.etagged(channel)


def spoofs(env, index):
    """Frames of a VF that were dropped as spoofs."""
    counters = cmd_json(f"vanectl -j stats {env.pf.ifname} vf {index}")
    return counters[0]["tx_drop_spoof"]


def check_spoof(env, index, frame, what):
    """VF @index cannot send @frame, and no one gets what is in it."""
    body = frame.data[-52:]
    captures = [Capture(port) for port in (env.ext, env.pf_if, *env.vfs)]
    before = spoofs(env, index)
    Sender(env.vfs[index]).send(frame)
    wait_until(lambda: spoofs(env, index) == before + 1, what=f"a drop: {what}")
    for capture in captures:
        ksft_eq(capture.saw(body), False, f"{what}: {capture.port.name}")


def check_works(env, mode, channel=CHANNEL):
    """VF 0 sends and receives under @channel."""
    vf0 = env.vfs[0]
    capture = Capture(env.ext)
    frame = make(vf0, STRANGER)
    Sender(vf0).send(up(mode, frame, channel))
    ksft_eq(capture.expect(frame.data[12:]), up(mode, frame, channel), "on the wire")
    capture = Capture(vf0)
    # The longest frame is as long as without a tag.
    for size in (64, vf0.link()["mtu"] + 14):
        frame = make(STRANGER, vf0, size)
        Sender(env.ext).send(down(mode, frame, channel))
        ksft_eq(capture.expect(frame.data[12:]).inner(), frame, "at the VF")


def both_ways(env):
    """A trusted VF has the channel beside its own, with either tag."""
    for mode in ("etag", "vntag"):
        vanectl(env, f"mode {{}} {mode}")
        defer(vanectl, env, "mode {} etag")
        env.vfs[0].wait_carrier()
        check_works(env, mode)
        capture = Capture(env.ext)
        frame = make(env.vfs[0], STRANGER)
        Sender(env.vfs[0]).send(frame)
        ksft_eq(capture.expect(frame.data[12:]), up(mode, frame, OWN), "its own")


def rights(env):
    """A channel that was not granted, is no more, or needs trust, reaches nobody."""
    grant(env, 2, FREE)
    frame = make(env.vfs[0], BROADCAST)
    for channel in (OWN, OWN + 1, 9, FREE, CHANNEL + 1):
        check_spoof(env, 0, frame.etagged(channel), channel)
    check_spoof(env, 0, frame.etagged(CHANNEL).etagged(CHANNEL), "two tags")
    check_spoof(env, 0, frame.vntagged(down=0, svif=CHANNEL), "another tag")
    for index in (1, 2):
        frame = make(env.vfs[index], BROADCAST)
        check_spoof(env, index, frame.etagged(FREE), f"VF {index}")
    frame = make(env.vfs[0], BROADCAST)
    env.vf_set(0, "trust off")
    defer(env.vf_set, 0, "trust on")
    check_spoof(env, 0, frame.etagged(CHANNEL), "no trust")
    env.vf_set(0, "trust on")
    check_works(env, "etag")
    vanectl(env, f"channel revoke {{}} vf 0 {CHANNEL}")
    defer(cmd, f"vanectl channel grant {env.pf.ifname} vf 0 {CHANNEL}")
    check_spoof(env, 0, frame.etagged(CHANNEL), "revoked")
    capture = Capture(env.vfs[0])
    sender = Sender(env.ext)
    frame, mark = make(STRANGER, BROADCAST), make(STRANGER, BROADCAST)
    sender.send(frame.etagged(CHANNEL))
    sender.send(mark.etagged(OWN))
    capture.expect(mark)
    ksft_eq(capture.saw(frame.data[12:]), False, "a frame to a revoked channel")


def any_order(env):
    """Mode, trust and grant change in any order: each frame is sent or dropped as the
    three are then, and none of them under another channel."""
    rng = seeded()
    pf, vf0 = env.pf.ifname, env.vfs[0]
    defer(cmd, f"vanectl channel grant {pf} vf 0 {CHANNEL}")
    defer(env.vf_set, 0, "trust on")
    defer(vanectl, env, "mode {} etag")
    mode, trusted, granted = "etag", True, True
    capture, sender = Capture(env.ext), Sender(vf0)
    for _ in range(STEPS):
        change = rng.randrange(3)
        if change == 0:
            mode = rng.choice(MODES)
            vanectl(env, f"mode {{}} {mode}")
        elif change == 1:
            trusted = not trusted
            env.vf_set(0, f"trust {'on' if trusted else 'off'}")
        else:
            granted = not granted
            vanectl(env, f"channel {'grant' if granted else 'revoke'} {{}} vf 0 "
                         f"{CHANNEL}")
        for kind in ("vntag", "etag"):
            frame = make(vf0, STRANGER)
            tagged = up(kind, frame, CHANNEL)
            before = spoofs(env, 0)
            sender.send(tagged)
            state = (mode, trusted, granted, kind)
            if mode in ("vntag", "etag") and not (trusted and granted and kind == mode):
                wait_until(lambda before=before: spoofs(env, 0) == before + 1,
                           what=f"a drop: {state}")
                ksft_eq(capture.saw(frame.data[12:]), False, state)
            else:
                # Without tags of the card it is any frame.
                ksft_eq(capture.expect(frame.data[12:]), tagged, state)
                ksft_eq(spoofs(env, 0), before, state)


def answers(env):
    """What is wrong is named, and changes nothing; what is granted is shown."""
    pf = env.pf.ifname
    grant(env, 1, FREE)
    before = show(env)
    ksft_eq(before["grants"],
            [{"channel": CHANNEL, "vf": 0}, {"channel": FREE, "vf": 1}])
    ksft_eq((before["num_grants"], before["max_grants"]), (2, hw.VANE_MAX_GRANTS))
    ksft_in(f"granted {FREE}  vf 1", cmd(f"vanectl show {pf}"))
    ksft_in(f"granted channels 2 of {hw.VANE_MAX_GRANTS}", cmd(f"vanectl show {pf}"))
    for args, text in (
            (f"grant {pf} vf 1 {CHANNEL}", f"Channel {CHANNEL} is granted to VF 0"),
            (f"grant {pf} vf 0 {OWN}", f"Channel {OWN} is in use by VF 0"),
            (f"grant {pf} vf 0 {OWN + 1}", f"Channel {OWN + 1} is in use by VF 1"),
            (f"grant {pf} vf 0 9", "Channel 9 is in use by the PF"),
            (f"grant {pf} vf {VFS} 77", f"VF {VFS} does not exist"),
            (f"revoke {pf} vf 0 {FREE}", f"Channel {FREE} is granted to VF 1"),
            (f"revoke {pf} vf 0 77", "Channel 77 is not granted to VF 0"),
            (f"set {pf} vf 2 {CHANNEL}", f"Channel {CHANNEL} is granted to VF 0"),
            (f"set {pf} pf {CHANNEL}", f"Channel {CHANNEL} is granted to VF 0")):
        ksft_in(text, fails(f"vanectl channel {args}"), args)
    # One that it has is no error.
    cmd(f"vanectl channel grant {pf} vf 0 {CHANNEL}")
    ksft_eq(show(env), before)
    grant(env, 0, 70000)
    ksft_in("Channel 70000 of VF 0 is above the limit of VN-Tag, 4095",
            fails(f"vanectl mode {pf} vntag"))
    cmd(f"vanectl channel revoke {pf} vf 0 70000")
    cmd(f"vanectl mode {pf} vntag")
    defer(cmd, f"vanectl mode {pf} etag")
    ksft_in("Channel 70000 of VF 0 is above the limit of VN-Tag, 4095",
            fails(f"vanectl channel grant {pf} vf 0 70000"))
    cmd(f"vanectl mode {pf} etag")
    cmd(f"vanectl channel grant {pf} vf 0 70000")


def outlives(env):
    """Resets of the VF and the device, and another driver, keep what was granted."""
    before = show(env)["grants"]
    for what, act in (
            ("the VF", env.vf(0).reset),
            ("the device", lambda: cmd(f"devlink dev reload pci/{env.pf.bdf}")),
            ("the driver", lambda: (cmd("modprobe -r vane"), cmd("modprobe vane")))):
        act()
        env.pf.wait_ifname()
        ksft_eq(show(env)["grants"], before, what)
        # A reset that the VF has not noticed leaves its carrier on
        wait_until(lambda: next(port for port in show(env)["ports"]
                                if port.get("vf") == 0)["ready"],
                   RECOVERY, what="VF 0 has negotiated")
        env.vfs[0].wait_carrier(timeout=RECOVERY)
        check_works(env, "etag")


def all_vfs(env):
    """Each of 256 VFs, and as many channels as there are; all end with the VFs."""
    env.write_numvfs(0)
    ksft_eq(show(env)["grants"], [])
    env.unbound_vfs(hw.VANE_MAX_VFS)
    ifindex = attr(GRANT_IFINDEX, struct.pack("=I", env.pf_if.link()["ifindex"]))

    def body(index, channel):
        return (ifindex + attr(GRANT_VF, struct.pack("=I", index))
                + attr(GRANT_CHANNEL, struct.pack("=I", channel)))

    with Genl("vane") as genl:
        wanted = {}
        for number in range(hw.VANE_MAX_GRANTS):
            channel = 1000 + 7 * number
            wanted[channel] = number % hw.VANE_MAX_VFS
            genl.do(CMD_GRANT_SET, body(wanted[channel], channel))
        found = {struct.unpack("=I", one[GRANT_CHANNEL])[0]:
                 struct.unpack("=I", one[GRANT_VF])[0]
                 for one in genl.dump(CMD_GRANT_GET, ifindex)}
        ksft_eq(found, wanted)
        ksft_in("All 4096 channels that the device can grant are granted, revoke one",
                fails(f"vanectl channel grant {env.pf.ifname} vf 0 1"))
        genl.do(CMD_GRANT_DEL, body(255, 1000 + 7 * 255))
        genl.do(CMD_GRANT_SET, body(0, 1))
    cmd(f"devlink dev reload pci/{env.pf.bdf}")
    ksft_eq(show(env)["num_grants"], hw.VANE_MAX_GRANTS)
    env.write_numvfs(0)
    ksft_eq(show(env)["num_grants"], 0)
    env.write_numvfs(1)
    ksft_eq(show(env)["grants"], [])


if __name__ == "__main__":
    ksft_main([both_ways, rights, any_order, answers, outlives, all_vfs], set_up)
