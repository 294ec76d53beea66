# SPDX-License-Identifier: GPL-2.0-only
"""VFs in a switch mode that tags frames with channels: VN-Tag or E-Tag."""

from .cmd import cmd, cmd_json
from .ksft import defer, ksft_eq
from .packet import Capture, Sender, make
from .vane import Vane

STRANGER = "52:54:00:99:99:99"


def vanectl(env, args):
    """vanectl @args, with the PF's name as {}."""
    return cmd("vanectl " + args.format(env.pf.ifname))


def show(env):
    """vanectl show, as JSON."""
    return cmd_json(f"vanectl -j show {env.pf.ifname}")


def with_channels(mode, vfs, pf_channel, channel):
    """Switch in @mode; the PF and each of @vfs VFs but the last have a channel,
    @channel(index)."""
    env = Vane.with_ports(vfs)
    vanectl(env, f"mode {{}} {mode}")
    defer(vanectl, env, "mode {} veb")
    for index in range(vfs - 1):
        vanectl(env, f"channel set {{}} vf {index} {channel(index)}")
    vanectl(env, f"channel set {{}} pf {pf_channel}")
    env.channels = {env.pf_if: pf_channel}
    env.channels |= {port: channel(index) for index, port in enumerate(env.vfs[:-1])}
    for port in env.channels:
        port.wait_carrier()
    return env


def check_reach(env, tagged, frame, expected, tag):
    """@tagged, sent in from the wire, arrives as @frame at @expected only;
    @tag(frame, channel) makes a frame one for a channel."""
    captures = {port: Capture(port) for port in [env.pf_if, *env.vfs]}
    sender = Sender(env.ext)
    sender.send(tagged)
    for port in expected:
        captures[port].expect(frame)
    for port, capture in captures.items():
        if port in expected:
            continue
        if port in env.channels:
            mark = make(STRANGER, port)
            sender.send(tag(mark, env.channels[port]))
            capture.expect(mark)
        ksft_eq(capture.saw(frame) or capture.saw(tagged), False,
                f"{port.name} got {tagged}")
