#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: queues --uplink switch
"""ethtool changes rings, channels, moderation, offloads and RSS under traffic."""

import ctypes
import fcntl
import socket
import struct

from lib.py import (Background, InNetns, KsftFail, Rtnl, Vane, cmd, defer,
                    ethtool_json, fails, hw, ksft_eq, ksft_ge, ksft_in, ksft_main,
                    ksft_ne, ksft_true, read, since, wait_until, write)

# linux/sockios.h, linux/ethtool.h
SIOCETHTOOL = 0x8946
ETHTOOL_SCHANNELS = 0x3d


def set_up():
    """Two VFs."""
    env = Vane(2)
    env.vf0, env.vf1 = env.vf_ports(2)
    return env


class Traffic:
    """TCP both ways between the two VFs while the case runs."""

    def __init__(self, env):
        self.ports = env.vf0, env.vf1
        Background("iperf3 -s -i 0 --forceflush", env.vf1.ns, ready="listening")
        self.client = Background(f"iperf3 -c {env.vf1.ip4} -t 300 --bidir -i 1 "
                                 "--forceflush", env.vf0.ns,
                                 ready="connected to")

    def flows(self):
        """Data still arrives at both ends, in the same connections."""
        for port in self.ports:
            enough = received(port) + 20000
            wait_until(lambda port=port, enough=enough:
                       received(port) >= enough, 30, what=f"data for {port.name}")
        ksft_true(self.client.running(), "iperf3 runs")


def received(port):
    """Bytes that a port has received."""
    with Rtnl(port.ns) as rtnl:
        return rtnl.rx_bytes(port.ifname)


class Channels:
    """Sets the number of a port's channels without a program to start."""

    def __init__(self, port):
        self.name = port.ifname.encode()
        with InNetns(port.ns):
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        defer(self.sock.close)

    def set(self, count):
        """Makes it @count."""
        data = ctypes.create_string_buffer(
            struct.pack("=I28xI", ETHTOOL_SCHANNELS, count))
        fcntl.ioctl(self.sock, SIOCETHTOOL, struct.pack(
            "=16sQ16x", self.name, ctypes.addressof(data)))


def rings(env):
    """Ring sizes, from the least to the most, with traffic on."""
    traffic = Traffic(env)
    least, most = 1 << hw.VANE_RING_LOG2_MIN, 1 << hw.VANE_RING_LOG2_MAX
    before = ethtool_json(f"-g {env.vf0.ifname}", env.vf0.ns)
    defer(env.vf0.ethtool, f"-G {{}} rx {before['rx']} tx {before['tx']}")
    ksft_eq((before["rx-max"], before["tx-max"]), (most, most))
    for rx, tx in ((least, most), (most, least), (256, 256)):
        env.vf0.ethtool(f"-G {{}} rx {rx} tx {tx}")
        now = ethtool_json(f"-g {env.vf0.ifname}", env.vf0.ns)
        ksft_eq((now["rx"], now["tx"]), (rx, tx))
        traffic.flows()


def channels_in_a_hurry(env):
    """Change after change, with NAPI too slow to be done before the next.

    What completes late must not give a queue back to the stack whose rings
    are going.
    """
    port = env.vf0
    before = port.channels()[1]
    defer(port.ethtool, f"-L {{}} combined {before}")
    # ip netns exec gives the command a sysfs of its namespace.
    attribute = f"/sys/class/net/{port.ifname}/threaded"
    defer(cmd, f"ip netns exec {port.ns} sh -c 'echo 0 >{attribute}'")
    cmd(f"ip netns exec {port.ns} sh -c 'echo 1 >{attribute}'")
    cmd(f"sh -c 'renice -n 19 -p $(pgrep napi/{port.ifname}-)'")
    traffic = Traffic(env)
    own = Channels(port)
    for change in range(60):
        own.set(1 + change % 2)
    traffic.flows()


def channels(env):
    """Every number of channels, with traffic on."""
    traffic = Traffic(env)
    most, before = env.vf0.channels()
    ksft_ge(most, 2)
    defer(env.vf0.ethtool, f"-L {{}} combined {before}")
    for count in (1, most, *range(1, most + 1)):
        env.vf0.ethtool(f"-L {{}} combined {count}")
        ksft_eq(env.vf0.channels()[1], count)
        traffic.flows()


def moderation(env):
    """Interrupt moderation, fixed and adaptive, with traffic on."""
    traffic = Traffic(env)
    defer(env.vf0.ethtool, "-C {} adaptive-rx on")
    for usecs in (0, 50, hw.VANE_VEC_ITR_MAX):
        env.vf0.ethtool(f"-C {{}} adaptive-rx off rx-usecs {usecs}")
        now = ethtool_json(f"-c {env.vf0.ifname}", env.vf0.ns)
        ksft_eq((now["adaptive-rx"], now["rx-usecs"]), (False, usecs))
        traffic.flows()
    env.vf0.ethtool("-C {} adaptive-rx on")
    ksft_eq(ethtool_json(f"-c {env.vf0.ifname}",
                         env.vf0.ns)["adaptive-rx"], True)
    traffic.flows()


def offloads(env):
    """Each offload off and on again, with traffic on."""
    traffic = Traffic(env)
    for name in ("tx-checksum-ip-generic", "rx-checksumming", "rx-gro-hw",
                 "tcp-segmentation-offload", "rx-vlan-offload",
                 "tx-vlan-offload", "receive-hashing", "rx-vlan-filter"):
        before = env.vf0.features()[name]
        undo = defer(env.vf0.set_features, {
            name: before, "tcp-segmentation-offload": True})
        env.vf0.set_features({name: not before})
        ksft_eq(env.vf0.features()[name], not before, name)
        traffic.flows()
        undo.exec()
        ksft_eq(env.vf0.features()[name], before, name)


def rss_table(env):
    """RSS table and key, with traffic on."""
    traffic = Traffic(env)
    defer(env.vf0.ethtool, "-X {} default")
    env.vf0.ethtool("-X {} weight 1 3")
    table = ethtool_json(f"-x {env.vf0.ifname}",
                         env.vf0.ns)["rss-indirection-table"]
    ksft_eq(len(table), hw.VANE_RSS_TABLE_SIZE)
    ksft_eq((table.count(0), table.count(1)), (32, 96))
    traffic.flows()
    key = list(range(hw.VANE_RSS_KEY_SIZE))
    env.vf0.ethtool("-X {} hkey " + ":".join(f"{byte:02x}" for byte in key))
    ksft_eq(ethtool_json(f"-x {env.vf0.ifname}",
                         env.vf0.ns)["rss-hash-key"], key)
    traffic.flows()
    env.vf0.ethtool("-X {} equal 1")
    table = ethtool_json(f"-x {env.vf0.ifname}",
                         env.vf0.ns)["rss-indirection-table"]
    ksft_eq(set(table), {0})
    traffic.flows()


def settings(port):
    """Everything that the refused commands might have changed."""
    return [port.channels(), *(ethtool_json(f"{option} {port.ifname}", port.ns)
                               for option in ("-g", "-c", "-x"))]


def wrong_values(env):
    """Wrong values are refused with a text, and change nothing."""
    port = env.vf0
    most = port.channels()[0]
    before = settings(port)
    for args in ("-L {} combined 0",
                 f"-L {{}} combined {most + 1}",
                 "-L {} combined 1 rx 1",
                 "-G {} rx 0",
                 "-G {} tx 0",
                 f"-G {{}} rx {(1 << hw.VANE_RING_LOG2_MAX) + 1}",
                 f"-C {{}} adaptive-rx off rx-usecs {hw.VANE_VEC_ITR_MAX + 1}",
                 "-X {} weight 0 0",
                 f"-X {{}} equal {most + 1}",
                 "-X {} hkey 01:02"):
        text = fails("ethtool " + args.format(port.ifname), port.ns)
        ksft_ne(text, "", args)
        ksft_eq(settings(port), before, args)


def settings_survive_down(env):
    """Down and up again keeps what was set."""
    port = env.vf1
    port.ethtool("-L {} combined 1")
    defer(port.ethtool, "-L {} combined 2")
    port.ethtool("-G {} rx 512 tx 128")
    before = settings(port)
    port.set("down")
    ksft_eq(settings(port), before)
    port.set("up")
    port.wait_carrier()
    ksft_eq(settings(port), before)
    env.vf0.ping(port)


def interrupt(port, queue):
    """Number of a queue's interrupt."""
    for line in read("/proc/interrupts").splitlines():
        if line.split()[-1] == f"{port.ifname}-{queue}":
            return line.split(":")[0].strip()
    raise KsftFail(f"no interrupt of {port.ifname}'s queue {queue}")


def affinity_stays(env):
    """A queue's interrupt stays where users have put it, though it comes and goes."""
    port = env.vf0
    queue = port.channels()[1] - 1

    def path():
        return f"/proc/irq/{interrupt(port, queue)}/smp_affinity_list"

    before = read(path())
    wanted = "0" if before != "0" else "1"
    write(path(), wanted)
    defer(lambda: write(path(), before))

    port.ethtool("-L {} combined 1")
    port.ethtool(f"-L {{}} combined {queue + 1}")
    ksft_eq(read(path()), wanted, "after a change of channels")
    port.set("down")
    port.up()
    ksft_eq(read(path()), wanted, "after down and up")
    env.vf(0).reset()
    port.wait_carrier()
    ksft_eq(read(path()), wanted, "after a reset")


def self_test(env):
    """ethtool -t finds nothing wrong, on and off line."""
    for kind in ("online", "offline"):
        ksft_in("PASS", env.vf0.ethtool(f"-t {{}} {kind}"))
    env.vf0.wait_carrier()
    env.vf0.ping(env.vf1)


def link_settings(env):
    """ethtool shows speed and driver, and that there is a link."""
    info = env.vf0.ethtool("-i {}")
    ksft_in("driver: vanevf", info)
    ksft_in(f"bus-info: {env.vf(0).bdf}", info)
    text = env.vf0.ethtool("{}")
    ksft_in("Link detected: yes", text)
    ksft_ge(int(text.split("Speed: ")[1].split("M")[0]), 1000)


if __name__ == "__main__":
    ksft_main([rings, channels, channels_in_a_hurry, moderation, offloads,
               rss_table, wrong_values, settings_survive_down,
               *since("6.15", affinity_stays), self_test, link_settings], set_up)
