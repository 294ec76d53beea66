#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: writers @distro --icount-paced 3
#   As fast as an emulated processor, whatever else the host does.
"""256 programs at a time set and read the configuration of 256 VFs: none waits for
long, and nothing that was set gets lost.

For a guest whose processor executes an instruction each 8 ns (--icount), about as
many as an emulated one can: so what else the host does costs no time in it.
"""

import re
import subprocess
import time

from lib.py import (SLOWNESS, Vane, cmd, defer, ip_batch, ksft_eq, ksft_ge,
                    ksft_le, ksft_main, ksft_pr, read, wait_until, write)

VFS = 256
WRITERS = READERS = 128
MINUTE = 60
MOST_HELD_MS = 100

TRACEFS = "/sys/kernel/tracing"
GOT = f"{TRACEFS}/events/kprobes/rtnl_got"
PUT = f"{TRACEFS}/events/kprobes/rtnl_put"


def set_up():
    """256 VFs and their PF; for drivers of VFs there are too few vectors."""
    return Vane.with_driverless(VFS)


class RtnlTrace:
    """How long the requests of ip and ethtool hold rtnl, by kernel probes.

    From what is called with rtnl just taken to where it is given back: rtnl_lock()
    itself is a part of its callers, and a probe of all mutexes costs more time
    than what is measured.
    """

    def __init__(self):
        cmd(f"mount -t tracefs tracefs {TRACEFS}")
        defer(cmd, f"umount {TRACEFS}")
        for function in ("rtnl_setlink", "rtnl_getlink",
                         "vane:vane_pf_ethtool_get_sset_count"):
            self.probe(f"p:rtnl_got {function}")
        defer(write, f"{TRACEFS}/kprobe_events", "-:rtnl_got")
        self.probe("p:rtnl_put netdev_run_todo comm=$comm")
        defer(write, f"{TRACEFS}/kprobe_events", "-:rtnl_put")
        self.trigger(GOT, "hist:keys=common_pid:got=common_timestamp.usecs")
        self.trigger(PUT, "hist:keys=common_pid:"
                     "held=common_timestamp.usecs-$got:"
                     "onmax($held).save(comm)")

    @staticmethod
    def probe(line):
        """Adds a probe."""
        write(f"{TRACEFS}/kprobe_events", line)

    @staticmethod
    def trigger(event, text):
        """Sets a trigger of an event, for the time of the case."""
        write(f"{event}/trigger", text)
        defer(write, f"{event}/trigger", f"!{text}")

    @staticmethod
    def longest():
        """The longest hold in milliseconds, the program that held it, and the
        number of holds."""
        text = read(f"{PUT}/hist")
        holds = re.findall(r"max:\s+(\d+)\s+comm: (.*)", text)
        holds = sorted(((int(time), name.strip()) for time, name in holds),
                       reverse=True)
        ksft_pr("longest, us:", holds[:5])
        for line in read(f"{TRACEFS}/kprobe_profile").splitlines():
            ksft_eq(line.split()[2], "0", f"missed: {line}")
        return holds[0][0] / 1000, int(re.search(r"Hits: (\d+)", text)[1])


def wanted(index, turn):
    """What a VF is given in a turn: MAC, VLAN, rate."""
    return (f"52:54:00:{turn & 0xff:02x}:77:{index:02x}",
            1 + (index + turn) % 4094, 1 + (1000 * turn + index) % 100000)


def writer_lines(env, number, turn):
    """What a writer sets, of its own VFs."""
    for index in range(number, VFS, WRITERS):
        mac, vlan, rate = wanted(index, turn)
        vf = f"link set dev {env.pf.ifname} vf {index}"
        yield f"{vf} mac {mac}"
        yield f"{vf} vlan {vlan}"
        yield f"{vf} min_tx_rate 0 max_tx_rate {rate}"


class Program:
    """ip in batch mode, which executes line by line."""

    def __init__(self, command):
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(
            command.split(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        defer(self.process.kill)

    def tell(self, lines):
        """Gives it lines, and does not wait for it."""
        self.process.stdin.writelines(f"{line}\n" for line in lines)
        self.process.stdin.flush()

    def end(self):
        """Waits until it has executed all lines, without an error. With statistics
        it must report that they are truncated."""
        self.process.stdin.close()
        said = set(self.process.stderr.read().splitlines())
        ksft_le(len(said), "-s" in self.process.args, said)
        ksft_eq(self.process.wait(), 0, self.process.args)


def found(env):
    """The actual settings of VFs that wanted() sets."""
    return [(info["address"], info["vlan_list"][0].get("vlan"),
             info["rate"]["max_tx"]) for info in env.vf_infos()]


def writers_and_readers(env):
    """A minute of it: every setting holds, and rtnl is held for 100 ms at most."""
    ifname = env.pf.ifname
    defer(ip_batch, [f"link set dev {ifname} vf {index} vlan 0 mac "
                     "00:00:00:00:00:00 min_tx_rate 0 max_tx_rate 0"
                     for index in range(VFS)])
    writers = [Program("ip -batch -") for _ in range(WRITERS)]
    readers = [Program("ip -batch -" if number % 2 else "ip -s -batch -")
               for number in range(READERS)]
    trace = RtnlTrace()
    end = time.monotonic() + MINUTE
    turn = 0
    while time.monotonic() < end:
        turn += 1
        for number, program in enumerate(writers):
            program.tell(writer_lines(env, number, turn))
        for program in readers:
            program.tell([f"link show dev {ifname}"])
        # It holds rtnl longest, and not the longer as others want the processor.
        cmd(f"chrt -f 1 ethtool -S {ifname}")
        cmd(f"vanectl stats {ifname}")
        want = [wanted(index, turn) for index in range(VFS)]
        wait_until(lambda want=want: found(env) == want, MINUTE,
                   what=f"all settings of turn {turn}")
    for program in writers:
        program.end()
    ksft_eq(found(env), want)
    for program in readers:
        program.end()
    held, hits = trace.longest()
    ksft_pr(f"{turn} turns, rtnl taken {hits} times, held {held:.1f} ms at most")
    ksft_ge(hits, turn * VFS * 3)
    ksft_le(held, MOST_HELD_MS * SLOWNESS)


if __name__ == "__main__":
    ksft_main([writers_and_readers], set_up)
