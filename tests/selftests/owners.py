#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: owners @passthrough --iommu intel --nested --uplink switch
"""Owners of a VF are killed at work, over and over: the next one finds a fresh VF."""

from lib.py import (Background, Capture, Guest, Sender, Stream, Vane, cmd, defer,
                    hw, ksft_eq, ksft_ge, ksft_main, make)

PROGRAM = "vane-vfio"
VFS = 4
NOBODY = "52:54:00:77:77:77"
COUNTING = (hw.VANE_REG_GENERATION, hw.VANE_REG_STATUS_CONFIG_GEN)
PROGRAMS = 45
GUESTS = 5


def found(env):
    """What VF 0's next owner finds in its registers, but for those that count, and
    how many addresses the switch knows."""
    lines = cmd(f"{PROGRAM} registers {env.bdf}").splitlines()
    return [line for line in lines if int(line.split()[0], 16) not in COUNTING], \
        env.filters()


def set_up():
    """VF 0 and 1 are for owners, VF 2 and 3 are their neighbours in the host."""
    env = Vane()
    env.unbound_vfs(VFS)
    env.bdf, env.other = (env.vf(index).to_vfio().bdf for index in (0, 1))
    for index in (2, 3):
        env.vf(index).to_vanevf()
    env.neighbours = [env.vf_port(index) for index in (2, 3)]
    env.ext = env.ext_port()
    env.fresh = found(env)
    return env


def undisturbed(case):
    """Runs @case while the neighbours talk; they must not lose a frame."""
    def run(env):
        stream = Stream(*env.neighbours)
        case(env)
        sent, lost = stream.stop()
        ksft_ge(sent, 1)
        ksft_eq(lost, 0, "frames of the neighbours")
    run.__name__ = case.__name__
    return run


def strays(env):
    """How many frames for an unknown address the switch has for VF 0."""
    before = env.vf_stats(0)["rx"]["dropped"]
    frame, capture = make(env.neighbours[0], NOBODY), Capture(env.ext)
    Sender(env.neighbours[0]).send(frame)
    capture.expect(frame)
    return env.vf_stats(0)["rx"]["dropped"] - before


def programs(env):
    """A program that sends, receives and asks the PF is killed."""
    for one, other in (("vlan 7", "vlan 0"), ("trust on", "trust off")):
        env.vf_set(0, one)
        defer(env.vf_set, 0, other)
    info, fresh = env.vf_info(0), found(env)
    capture = Capture(env.ext)
    for _ in range(PROGRAMS):
        owner = Background(f"{PROGRAM} load {env.bdf}", ready="loaded")
        owner.process.kill()
        owner.stop()
        ksft_eq(found(env), fresh)
    ksft_eq(env.vf_info(0), info)
    ksft_eq({frame.vlan for frame in capture.take()
             if frame.src == info["address"]}, {7})
    env.vf_set(0, "vlan 0")
    ksft_eq(strays(env), 0)
    cmd(f"{PROGRAM} frames {env.bdf} {env.other}")


def vfio_reset(env):
    """VFIO's reset of a VF in use leaves nothing of its owner's."""
    cmd(f"{PROGRAM} reset {env.bdf}")
    ksft_eq(found(env), env.fresh)


def pf_flr(env):
    """FLR of the PF under a program: its VF is master of the bus as before."""
    owner = Background(f"{PROGRAM} survive {env.bdf}", ready="up")
    env.pf.reset()
    owner.wait()
    one, other = env.neighbours
    one.wait_reaches(other)


def guest(env):
    """A guest that sends as it can is killed."""
    info = env.vf_info(0)
    owner = Guest("owner", [env.vf(0)]).wait()
    port = env.guest_port(owner, 0)
    port.ping(env.ext)
    server = Background("iperf3 -s -1 --forceflush", env.ext.ns,
                        ready="listening")
    Background(f"iperf3 -c {env.ext.ip4} -t 100 --forceflush", owner,
               ready="connected")
    owner.kill()
    server.stop()
    ksft_eq(found(env), env.fresh)
    ksft_eq(env.vf_info(0), info)
    cmd(f"{PROGRAM} frames {env.bdf} {env.other}")


if __name__ == "__main__":
    ksft_main([undisturbed(programs), undisturbed(vfio_reset), pf_flr,
               *[undisturbed(guest)] * GUESTS], set_up)
