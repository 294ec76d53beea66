#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: bridge @distro --uplink switch
#   strace is in one tree only.
"""The controlling bridge, where a command is killed before any of its system calls.

VANE_SEED=N repeats a run, VANE_SWEEP=1 has each system call instead of a sample.
"""

import glob
import os
import re
import subprocess

from lib.py import (InNetns, cmd, cmd_json, ip_batch, ip_json, ksft_eq, ksft_in,
                    ksft_main, netns_add, run, seeded)

STRACE = ["strace", "-f", "--seccomp-bpf", "-o", "/root/calls"]
CALLS = "bpf,sendto,mkdir,rename,unlinkat,rmdir,ioctl"
KILLS = 8                   # for each command
UPLINK, CHANNEL = "up0", 4242
CALL = re.compile(r"(?:\d+ +)?(\w+)\(")


class Env:
    """An uplink, and random numbers."""

    def __init__(self):
        self.ns = "killed"
        self.chance = seeded()
        netns_add(self.ns)
        ip_batch([f"link add {UPLINK} type veth peer name card0",
                  f"link set {UPLINK} up", "link set card0 up"], self.ns)
        self.clean = self.left()

    def tool(self, args):
        """vane-bridge @args"""
        return cmd(f"vane-bridge {args}", self.ns)

    def left(self):
        """What commands can leave: interfaces, promiscuous ones, pins, programs."""
        return (self.links(), self.promiscuous(),
                set(glob.glob("/sys/fs/bpf/vane-bridge/*")), self.programs())

    def links(self):
        """All interfaces."""
        return {link["ifname"] for link in ip_json("link show", self.ns)}

    def promiscuous(self):
        """Those that receive frames for any address."""
        return {link["ifname"] for link in ip_json("-details link show", self.ns)
                if link["promiscuity"]}

    def programs(self):
        """Names of those at the uplink."""
        return re.findall(r"bridge_\w+", cmd(f"bpftool net show dev {UPLINK}", self.ns))

    def calls(self, args):
        """The system calls of a command that runs to its end: (name, how often)."""
        cmd([*STRACE, "-e", f"trace={CALLS}", "vane-bridge", *args.split()], self.ns)
        counts, calls = {}, []
        with open(STRACE[-1], encoding="ascii", errors="replace") as file:
            for line in file:
                found = CALL.match(line)
                if found:
                    counts[found[1]] = counts.get(found[1], 0) + 1
                    calls.append((found[1], counts[found[1]]))
        return calls

    def kill(self, args, call):
        """Runs a command, which is killed at the system call @call."""
        with InNetns(self.ns):
            done = subprocess.run(
                [*STRACE, "-e", f"inject={call[0]}:signal=KILL:when={call[1]}",
                 "vane-bridge", *args.split()], capture_output=True, check=False)
        ksft_eq(done.returncode in (-9, 137), True, f"{args}: killed at {call}")

    def picked(self, calls):
        """Random ones, and the last."""
        if os.environ.get("VANE_SWEEP"):
            return calls
        return [*self.chance.sample(calls[:-1], min(KILLS, len(calls) - 1)), calls[-1]]

    def status(self):
        """The ports of the uplink."""
        return cmd_json(f"vane-bridge -j status {UPLINK}", self.ns)[0]["ports"]


def at_attach(env):
    """The uplink can be attached, or is, and then the first port does the rest."""
    args = f"attach {UPLINK} etag"
    calls = env.calls(args)
    env.tool(f"port add {UPLINK} {CHANNEL} vm0")
    complete = env.links(), env.promiscuous(), env.programs()
    env.tool(f"detach {UPLINK}")
    for call in env.picked(calls):
        env.kill(args, call)
        again = run(f"vane-bridge {args}", env.ns)
        if again.returncode:
            ksft_in("is attached already", again.stderr, call)
        env.tool(f"port add {UPLINK} {CHANNEL} vm0")
        ksft_eq((env.links(), env.promiscuous(), env.programs()), complete, call)
        env.tool(f"detach {UPLINK}")
        ksft_eq(env.left(), env.clean, call)


def at_detach(env):
    """It can be repeated."""
    prepare = [f"attach {UPLINK} etag ports 8", f"port add {UPLINK} {CHANNEL} vm0"]
    for args in prepare:
        env.tool(args)
    for call in env.picked(env.calls(f"detach {UPLINK}")):
        for args in prepare:
            env.tool(args)
        env.kill(f"detach {UPLINK}", call)
        again = run(f"vane-bridge detach {UPLINK}", env.ns)
        if again.returncode:
            # All but the folder was gone.
            ksft_eq(again.stderr, f"vane-bridge: {UPLINK} is not attached\n", call)
        ksft_eq(env.left(), env.clean, call)


def at_port_add(env):
    """The port is there, or can be made, even if a lower number has become free;
    nothing is left of it in the end."""
    add, delete = f"port add {UPLINK} {CHANNEL} vm0", f"port del {UPLINK} {CHANNEL}"
    first = f"list add {UPLINK} 1:7 list0", f"list del {UPLINK} 1:7"
    env.tool(f"attach {UPLINK} etag ports 3")
    calls = env.calls(add)
    env.tool(delete)
    attached = env.left()
    for call in env.picked(calls):
        env.tool(first[0])
        env.kill(add, call)
        env.tool(first[1])
        again = run(f"vane-bridge {add}", env.ns)
        if again.returncode:
            ksft_in("has the port vm0", again.stderr, call)
        ksft_eq(env.status(), [{"channel": CHANNEL, "port": "vm0"}], call)
        env.tool(delete)
        ksft_eq(env.left(), attached, call)
        env.kill(add, call)
        env.tool(f"detach {UPLINK}")
        ksft_eq(env.left(), env.clean, f"{call}, then detached")
        env.tool(f"attach {UPLINK} etag ports 3")
        attached = env.left()
    env.tool(f"detach {UPLINK}")


def at_port_del(env):
    """The port is there, or it is not and its channel can have another one."""
    args = f"port del {UPLINK} {CHANNEL}"
    env.tool(f"attach {UPLINK} etag ports 2")
    attached = env.left()
    env.tool(f"port add {UPLINK} {CHANNEL} vm0")
    for call in env.picked(env.calls(args)):
        env.tool(f"port add {UPLINK} {CHANNEL} vm0")
        env.kill(args, call)
        if run(f"vane-bridge {args}", env.ns).returncode:
            env.tool(f"port add {UPLINK} {CHANNEL} vm0")
            env.tool(args)
        ksft_eq(env.left(), attached, call)
    env.tool(f"detach {UPLINK}")
    ksft_eq(env.left(), env.clean)


if __name__ == "__main__":
    ksft_main([at_attach, at_detach, at_port_add, at_port_del], Env)
