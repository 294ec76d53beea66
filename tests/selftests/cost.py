#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: queues --uplink switch
"""What a packet costs, by the model's counters."""

import time

from lib.py import (Rtnl, Vane, cmd, defer, ethtool, ethtool_json, hw, ip, ksft_eq,
                    ksft_ge, ksft_le, ksft_main, ksft_pr, mac_bytes, read, sysctl,
                    wait_until, write)

PACKETS = 4096
BURST = 64
SIZE = 64
IDLE = 3        # seconds
CHANGES = 32
ROUND_TRIP = 12
OTHER_WRITES = 4

SHORT = 128     # bytes that a driver copies, at most
FRAGS = 4

TX_DESCRIPTOR = 16
RX_BUFFER = 8
RX_COMPLETION = 16


def set_up():
    """One run of pktgen from VF 0 to VF 1, and what both counted."""
    sysctl("net.ipv6.conf.default.disable_ipv6", 1)
    defer(sysctl, "net.ipv6.conf.default.disable_ipv6", 0)
    env = Vane(2)
    cmd("modprobe pktgen")
    defer(cmd, "modprobe -r pktgen")
    env.names = [env.vf(index).ifname for index in range(2)]
    for name in env.names:
        ip(f"link set dev {name} up")
        ethtool(f"-L {name} combined 1")
        wait_until(lambda dev=name: attribute(dev, "carrier") == "1",
                   what=f"{name}: link")
    one_look = stats_reads(env)
    before = [env.counters(index) for index in range(2)]
    env.sent, env.got, looks = pktgen(*env.names)
    after = [env.counters(index) for index in range(2)]
    env.tx, env.rx = (difference(*pair) for pair in zip(after, before))
    for counters in (env.tx, env.rx):
        counters["mmio-reads"] -= looks * one_look
    ksft_pr(f"received {env.got} of {env.sent}")
    ksft_pr("TX", env.tx)
    ksft_pr("RX", env.rx)
    return env


def attribute(name, what):
    """An attribute of an interface."""
    return read(f"/sys/class/net/{name}/{what}")


def stats(name):
    """The device's counters of an interface."""
    lines = (line.split(":") for line in ethtool(f"-S {name}").splitlines()[1:])
    return {key.strip(): int(value) for key, value in lines}


def stats_reads(env):
    """Registers that a look at the statistics reads."""
    before = env.counters(0)["mmio-reads"]
    stats(env.names[0])
    return env.counters(0)["mmio-reads"] - before


def pktgen(one, other, size=SIZE, frags=0):
    """Sends some PACKETS from @one to @other, each in a head and @frags pieces.

    Returns how many were sent and received, and the looks at statistics.
    """
    thread = "/proc/net/pktgen/kpktgend_0"
    write(thread, "rem_device_all")
    write(thread, f"add_device {one}")
    for line in (f"count {PACKETS}", f"burst {BURST}", f"pkt_size {size}",
                 f"frags {frags}", "delay 0", f"dst_mac {attribute(other, 'address')}",
                 "dst 10.7.0.11", "src_min 10.7.0.10", "src_max 10.7.0.10"):
        write(f"/proc/net/pktgen/{one}", line)
    tx, rx, looks = stats(one), stats(other), 1
    write("/proc/net/pktgen/pgctrl", "start")
    write(thread, "rem_device_all")

    def arrived():
        nonlocal looks
        looks += 1
        sent = stats(one)["tx_frames"] - tx["tx_frames"]
        now = stats(other)
        got, lost, stalled = (now[name] - rx[name] for name in
                              ("rx_frames", "rx_drop_nobuf", "rx_drop_stall"))
        return got + lost + stalled == sent >= PACKETS and (sent, got, looks)

    return wait_until(arrived, what="the last packet")


def difference(after, before):
    """What two sets of counters differ by."""
    return {name: difference(value, before[name]) if isinstance(value, dict)
            else value - before[name] for name, value in after.items()}


def no_mmio_read(env):
    """No register is read per packet, in either direction."""
    # The driver looks for a reset once a second.
    ksft_le(env.tx["mmio-reads"], PACKETS // 100)
    ksft_le(env.rx["mmio-reads"], PACKETS // 100)


def doorbells(env):
    """A burst of 64 rings once, or twice if a full queue cuts it short."""
    ksft_le(env.tx["doorbells"], env.sent // BURST * 9 // 8)


def tx_descriptor_bytes(env):
    """One descriptor of 16 bytes per packet, and the packet, are all reads."""
    dma = env.tx["dma"]
    ksft_eq(dma["descriptor"]["read-bytes"], env.sent * TX_DESCRIPTOR)
    ksft_eq(dma["payload"]["read-bytes"], env.sent * SIZE)
    ksft_eq(dma["payload"]["reads"], env.sent)


def tx_completion_bytes(env):
    """The head is stored once per burst, descriptors are read in batches."""
    dma = env.tx["dma"]
    ksft_eq(dma["completion"]["write-bytes"], 0)
    ksft_ge(dma["head"]["writes"], 1)
    ksft_le(dma["head"]["writes"], PACKETS // 8)
    ksft_le(dma["descriptor"]["reads"], PACKETS // 8)


def copied_frames(env):
    """A short frame of many pieces is one piece to the device, if so wished."""
    one, other = env.names
    for wish, size, descriptors in ((SHORT, SHORT, 1), (SHORT - 1, SHORT, 1 + FRAGS),
                                    (SHORT, SHORT + 1, 1 + FRAGS),
                                    (0, SIZE, 1 + FRAGS)):
        ethtool(f"--set-tunable {one} tx-copybreak {wish}")
        defer(ethtool, f"--set-tunable {one} tx-copybreak {SHORT}")
        before = env.counters(0)
        sent, got, _ = pktgen(one, other, size, FRAGS)
        dma = difference(env.counters(0), before)["dma"]
        ksft_eq(dma["descriptor"]["read-bytes"],
                sent * TX_DESCRIPTOR * descriptors)
        ksft_eq(dma["payload"]["read-bytes"], sent * size)
        ksft_ge(got, 1)


def rx_bytes(env):
    """8 bytes of buffer descriptor and 16 of completion per packet."""
    dma = env.rx["dma"]
    completion = dma["completion"]
    ksft_ge(completion["write-bytes"], env.got * RX_COMPLETION)
    # The word with the phase of the last one is stored apart.
    ksft_le(completion["write-bytes"],
            env.got * RX_COMPLETION + completion["writes"] * 8)
    ksft_le(completion["writes"], env.got // 8)
    ksft_eq(dma["payload"]["write-bytes"], env.got * SIZE)
    ksft_eq(dma["payload"]["writes"], env.got)
    ksft_ge(dma["descriptor"]["read-bytes"], env.got * RX_BUFFER)
    # The device may read ahead, by no more than a ring.
    ksft_le(dma["descriptor"]["read-bytes"],
            (env.got + (1 << hw.VANE_RING_LOG2_MAX)) * RX_BUFFER)


def interrupts(env):
    """Far fewer interrupts than packets."""
    ksft_le(env.tx["interrupts"], PACKETS // 8)
    ksft_le(env.rx["interrupts"], PACKETS // 8)


def rx_doorbells(env):
    """A receiver that keeps up does not ring per packet."""
    ksft_le(env.rx["doorbells"], PACKETS // 8)


def idle_reads(env):
    """A VF and a PF with nothing to do read one register a second."""
    functions = (0, "pf")
    before = [env.counters(name)["mmio-reads"] for name in functions]
    start = time.monotonic()
    time.sleep(IDLE)
    after = [env.counters(name)["mmio-reads"] for name in functions]
    looks = round(time.monotonic() - start) + 1
    for name, old, new in zip(functions, before, after):
        ksft_le(new - old, looks, name)


def accesses(env, action):
    """Accesses to registers of VF and PF for each of many actions.

    What they read while idle is not counted.
    """
    functions = (0, "pf")
    kinds = ("mmio-reads", "mmio-writes")
    before = [env.counters(name) for name in functions]
    start = time.monotonic()
    for number in range(CHANGES):
        action(number)
    idle = time.monotonic() - start + 1
    after = [env.counters(name) for name in functions]
    found = [sum(new[kind] - old[kind] for kind in kinds) - idle
             for old, new in zip(before, after)]
    ksft_pr("VF and PF:", found)
    return [count / CHANGES for count in found]


def mailbox_round_trip(env):
    """A VF's new MAC, by its own wish, takes few accesses of both sides."""
    ifindex = int(attribute(env.names[0], "ifindex"))
    with Rtnl() as rtnl:
        # The cost of any change by netlink, as its notification has statistics.
        told = accesses(env, lambda number: rtnl.set_group(ifindex, number))
        took = accesses(env, lambda number: rtnl.set_address(
            ifindex, mac_bytes(f"52:54:00:34:00:{number:02x}")))
    ksft_le(round(sum(took) - sum(told)), ROUND_TRIP)


def vf_left_alone(env):
    """A VF hears nothing of its rate, which it cannot see."""
    ifindex = int(attribute(env.pf.ifname, "ifindex"))
    defer(env.vf_set, 0, "min_tx_rate 0 max_tx_rate 0")
    with Rtnl() as rtnl:
        took, _ = accesses(env, lambda number: rtnl.set_vf_rate(
            ifindex, 0, 1000 + number))
    ksft_le(took, 0)


def rss_writes(env):
    """Of RSS, what changes is written, the key or a table, and nothing else."""
    name = env.names[0]
    key = bytes(ethtool_json(f"-x {name}")["rss-hash-key"])
    defer(ethtool, f"-X {name} hkey {key.hex(':')}")
    defer(ethtool, f"-X {name} default")
    for args, size in ((f"hkey {key[::-1].hex(':')}", hw.VANE_RSS_KEY_SIZE),
                       ("equal 1", hw.VANE_RSS_TABLE_SIZE)):
        before = env.counters(0)["mmio-writes"]
        ethtool(f"-X {name} {args}")
        writes = env.counters(0)["mmio-writes"] - before
        ksft_ge(writes, size // 8, args)
        # A frame may have come meanwhile.
        ksft_le(writes, size // 8 + OTHER_WRITES, args)


if __name__ == "__main__":
    ksft_main([no_mmio_read, doorbells, tx_descriptor_bytes,
               tx_completion_bytes, copied_frames, rx_bytes, interrupts, rx_doorbells,
               idle_reads, mailbox_round_trip, vf_left_alone, rss_writes], set_up)
