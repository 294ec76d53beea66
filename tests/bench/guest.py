#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""guest.py OUT [NIC,...] [BURST,...] [tcp]: what the bench does in its guest.

Runs the same traffic over a pair of interfaces of each NIC, with marks around
it (count.c), and writes to the folder OUT what happened between which marks
(runs.json), and where the kernel's functions are (symbols). tests/bench/run
puts both together with what the plugin counted.
"""

import contextlib
import ctypes
import glob
import json
import mmap
import os
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../selftests"))
from lib.py import (PCI, Background, Function, KsftFail, Qmp, cmd, ethtool, ip,
                    read, run, sysctl, wait_until, write)

SIZE = 60               # of a frame: 64 bytes with its FCS
DRAIN = 0.02            # seconds, the guest's: until the last frame is through
MODERATION = 80        # microseconds between interrupts
SETTLE = 0.02           # seconds, the guest's: what was begun before is over
ROUNDING = 0.1          # seconds that a timer of one second may be late by
COUNTS = (2048, 10240)  # packets
TRANSACTIONS = (200, 1200)
BULK = (4_000_000, 24_000_000)
TCP_NICS = ("vane", "veth", "igbvf", "e1000e", "vmxnet3", "virtio")
NOBODY = "02:00:00:00:00:99"
TAG_BURST = 16
PGCTRL = "/proc/net/pktgen/pgctrl"
PKTGEN_STARTS = 0.3     # seconds, of which it waits for itself half
PKTGEN_WAITS = 10_000   # nanoseconds, beside others
PKTGEN = "/proc/net/pktgen/kpktgend_0"
NIC0 = "/machine/peripheral/nic0"


def jiffies():
    """What the kernel counts its ticks with."""
    for line in read("/proc/timer_list").splitlines():
        if line.startswith("jiffies:"):
            return int(line.split()[1])
    raise KsftFail("no jiffies in timer_list")


def ticks_per_second():
    """The kernel's HZ, one of those it may be."""
    before = jiffies()
    time.sleep(1)
    passed = jiffies() - before
    return min((100, 250, 300, 1000), key=lambda hz: abs(hz - passed))


class Marker:
    """Executes the instruction that the plugin takes for a mark."""

    CODE = bytes((0x0f, 0x1f, 0x80)) + b"NAVz" + bytes((0xc3,))

    def __init__(self):
        self.page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ |
                              mmap.PROT_WRITE | mmap.PROT_EXEC)
        self.page.write(self.CODE)
        at = ctypes.addressof(ctypes.c_char.from_buffer(self.page))
        self.call = ctypes.CFUNCTYPE(None)(at)
        self.number = -1
        self.mark()

    def mark(self):
        """Sets a mark; returns its number."""
        self.call()
        self.number += 1
        return self.number


class Spinner:
    """Keeps the processor busy while a program may wait for the host.

    An idle guest's time jumps to its next timer, and time-outs with it.
    """

    def __init__(self):
        self.pid = os.fork()
        if not self.pid:
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
            while True:
                pass

    @contextlib.contextmanager
    def paused(self):
        """Nothing in here waits for the host."""
        os.kill(self.pid, signal.SIGSTOP)
        time.sleep(SETTLE)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def end(self):
        """It has done its part."""
        os.kill(self.pid, signal.SIGKILL)


class Nic:
    """A NIC with two interfaces, or more, that reach each other."""

    def __init__(self, name, modules, interfaces, module_names, functions=None):
        self.name = name
        self.modules = modules
        self.interfaces = interfaces
        # Whose instructions are the driver's
        self.module_names = module_names
        # Indices of VFs, where the model has counters
        self.functions = functions
        # Who sends to the second interface, where that is not the first
        self.sender = None
        # Has frames leave with a channel tag, for a with statement
        self.tagged = None
        self.paths = [os.path.realpath(f"/sys/class/net/{name}/device")
                      for name in interfaces[:2]]

    def used(self):
        """All interfaces that have to be up."""
        return list(dict.fromkeys(filter(None, [*self.interfaces[:2],
                                                self.sender])))

    def irqs(self, end):
        """Interrupts of an interface so far."""
        path = self.paths[end]
        if os.path.basename(path).startswith("virtio"):
            path = os.path.dirname(path)
        if not os.path.isdir(f"{path}/msi_irqs"):
            return 0
        mine = set(os.listdir(f"{path}/msi_irqs"))
        return sum(int(line.split()[1])
                   for line in read("/proc/interrupts").splitlines()[1:]
                   if line.split(":")[0].strip() in mine)


def attribute(ifname, what):
    """An attribute of an interface."""
    return read(f"/sys/class/net/{ifname}/{what}")


def by_driver(driver):
    """Interfaces of all functions that @driver has, by PCI address."""
    names = []
    for path in sorted(glob.glob(f"{PCI}/drivers/{driver}/0000:*")):
        names += [os.path.basename(name) for name in
                  sorted(glob.glob(f"{path}/net/*") +
                         glob.glob(f"{path}/virtio*/net/*"))]
    return names


def two_vfs(pf_driver):
    """Enables two VFs of the only card that @pf_driver has."""
    path = glob.glob(f"{PCI}/drivers/{pf_driver}/0000:*")[0]
    write(f"{path}/sriov_numvfs", 2)
    return [wait_until(lambda i=i: Function(os.path.basename(
        os.readlink(f"{path}/virtfn{i}"))).ifname) for i in range(2)]


def vane():
    """VFs of the card under test."""
    cmd("modprobe vane")
    cmd("modprobe vanevf")
    vfs = two_vfs("vane")
    nic = Nic("vane", ["vane_core", "vanevf"], vfs, ["vane_core", "vanevf"],
              [0, 1])
    nic.tagged = etag_mode
    return nic


@contextlib.contextmanager
def etag_mode():
    """All frames of the card under test leave with an E-Tag."""
    pf = by_driver("vane")[0]
    vfs = by_driver("vanevf")
    for index in range(len(vfs)):
        cmd(f"vanectl channel set {pf} vf {index} {100 + index}")
    cmd(f"vanectl mode {pf} etag")
    try:
        for name in vfs:
            wait_for_link(name)
        yield
    finally:
        cmd(f"vanectl mode {pf} veb")


def vane_pf():
    """From a VF to the PF of the card under test."""
    cmd("modprobe vane")
    vfs = by_driver("vanevf")
    return Nic("vane-pf", ["vane_core", "vane"], [vfs[0]] + by_driver("vane"),
               ["vane_core", "vanevf", "vane"], [0, None])


def igbvf():
    """VFs of QEMU's igb."""
    cmd("modprobe igb")
    cmd("modprobe igbvf")
    ip(f"link set dev {by_driver('igb')[0]} up")
    return Nic("igbvf", ["igbvf"], two_vfs("igb"), ["igbvf"])


def igb():
    """From the PF of an igb to its VF."""
    vfs = by_driver("igbvf")
    pf = by_driver("igb")
    return Nic("igb", ["igb"], pf + vfs[:1], ["igb", "igbvf"])


def floor():
    """Drivers without a device: what the kernel's interface costs."""
    for name in ("floor_wire", "floor"):
        cmd(f"insmod {sys.argv[1]}/floor/{name}.ko")
    return Nic("floor", ["floor"], ["floor0", "floor1"], ["floor"])


def veth():
    """No card at all: the cost of TCP itself."""
    ip("link add veth0 type veth peer name veth1")
    return Nic("veth", [], ["veth0", "veth1"], ["veth"])


def pair(name, driver, modules):
    """Two cards of the same kind."""
    def make():
        cmd(f"modprobe {modules[0]}")
        return Nic(name, modules, by_driver(driver), modules)
    return make


def vane_uplink():
    """A VF of the card under test and the only other station at its uplink."""
    cmd("modprobe virtio_net")
    vf, wire = by_driver("vanevf")[0], by_driver("virtio-pci")[-1]
    nic = Nic("vane-uplink", ["vane_core", "vanevf"], [vf, vf],
              ["vane_core", "vanevf"], [0, 0])
    nic.sender = wire
    return nic


NICS = {
    "vane": vane,
    "floor": floor,
    "veth": veth,
    "vane-pf": vane_pf,
    "vane-uplink": vane_uplink,
    "igbvf": igbvf,
    "igb": igb,
    "e1000e": pair("e1000e", "e1000e", ["e1000e"]),
    "vmxnet3": pair("vmxnet3", "vmxnet3", ["vmxnet3"]),
    "virtio": pair("virtio", "virtio-pci",
                   ["virtio_net", "virtio_ring", "virtio_pci"]),
}


class Bench:
    """The parts, and what they leave."""

    SPINNER = Spinner
    # What the kernel does besides falls into one, at most.
    REPEATS = 3

    def __init__(self, out):
        self.out = out
        self.qmp = Qmp()
        self.runs = []
        self.spinner = self.SPINNER()
        self.marker = Marker()
        with self.spinner.paused():
            self.hz = ticks_per_second()

    def rest(self):
        """Returns soon after a second has begun, by the kernel's ticks.

        What drivers look after by the second, registers among it, they do then
        (round_jiffies()), and it would be in some runs and not in others.
        """
        time.sleep((-jiffies() % self.hz) / self.hz + ROUNDING)

    def received(self, name):
        """Frames that an interface got."""
        # Some drivers look at the card's counters every two seconds.
        with self.spinner.paused():
            time.sleep(3)
        return int(attribute(name, "statistics/rx_packets"))

    def counters(self, nic):
        """The model's counters, of the functions of a NIC that has any."""
        if not nic.functions:
            return None
        return [self.qmp.get(NIC0 if index is None else f"{NIC0}/vf[{index}]",
                             "x-counters") for index in nic.functions]

    def state(self, nic):
        """Everything that is counted elsewhere."""
        return {
            "irqs": [nic.irqs(end) for end in range(2)],
            "counters": self.counters(nic),
        }

    def run(self, nic, part, amount, action):
        """Marks what @action does."""
        before = self.state(nic)
        with self.spinner.paused():
            self.rest()
            self.marker.mark()
            result = action()
            mark = self.marker.mark()
        after = self.state(nic)
        self.runs.append({"nic": nic.name, "part": part, "amount": amount,
                          "mark": mark, "result": result,
                          "modules": nic.module_names,
                          "before": before, "after": after})

    def save(self):
        """Writes what the host needs."""
        with open(f"{self.out}/runs.json", "w", encoding="ascii") as file:
            json.dump(self.runs, file)
        with open(f"{self.out}/symbols", "w", encoding="ascii") as file:
            for line in read("/proc/kallsyms").splitlines():
                if line.split()[1] in "tTwW":
                    print(line, file=file)


def moderate(name, usecs, ns=None):
    """Time between interrupts, where the card's driver can set it."""
    run(f"ethtool -C {name} rx-usecs {usecs}", ns)


def wait_for_link(name, ns=None):
    """It has a link."""
    wait_until(lambda: "LOWER_UP" in ip(f"link show dev {name}", ns),
               timeout=60, what=f"{name}: link")


def up(name, ns=None):
    """Up, with one queue pair, and with link."""
    ip(f"link set dev {name} up", ns)
    run(f"ethtool -L {name} combined 1", ns)
    # A steady pace, where the card has one: what adapts depends on the past.
    run(f"ethtool -C {name} adaptive-rx off", ns)
    moderate(name, MODERATION, ns)
    wait_for_link(name, ns)


def pktgen_set(one, dest, count, burst, size=SIZE, among=None):
    """Prepares the generator, for an interface alone or as number @among several.

    It has one interface after the other send only where each waits after a
    burst, longer than it takes to start them all, but not as long as it takes to
    have all of them send.
    """
    if among in (None, 0):
        pktgen_done()
    write(PKTGEN, f"add_device {one}")
    for line in (f"count {count}", f"burst {burst}", f"pkt_size {size}",
                 f"delay {0 if among is None else PKTGEN_WAITS}",
                 f"dst_mac {dest}", "dst 10.7.0.11", "src_min 10.7.0.10",
                 "src_max 10.7.0.10"):
        write(f"/proc/net/pktgen/{one}", line)


def pktgen_done():
    """Lets go of all interfaces."""
    write(PKTGEN, "rem_device_all")


def pktgen_go():
    """Sends, and waits until all of it is through."""
    write(PGCTRL, "start")
    time.sleep(DRAIN)


@contextlib.contextmanager
def pktgen_without_end():
    """The generator sends in here."""
    sender = threading.Thread(target=write, args=(PGCTRL, "start"))
    sender.start()
    time.sleep(PKTGEN_STARTS)
    try:
        yield
    finally:
        write(PGCTRL, "stop")
        sender.join()
        time.sleep(DRAIN)
        pktgen_done()


def streams(nic):
    """What is sent over a NIC: its name, by whom and to whom."""
    one, other = nic.interfaces[:2]
    yield "tx", one, NOBODY
    if nic.sender:
        yield "base", nic.sender, NOBODY
    yield "txrx", nic.sender or one, attribute(other, "address")


def stream(bench, nic, kind, one, dest, burst):
    """64-byte frames of the interface @one."""
    other = nic.interfaces[1]
    # Whatever happens once has happened.
    for count in (1024, *COUNTS * bench.REPEATS):
        pktgen_set(one, dest, count, burst)
        got = bench.received(other)
        bench.run(nic, f"{kind}-{burst}", count, pktgen_go)
        bench.runs[-1]["received"] = bench.received(other) - got
        if count == 1024:
            bench.runs.pop()


def packets(bench, nic, bursts):
    """To nobody and to the other interface, and to nobody with a channel tag."""
    for burst in bursts:
        for kind, one, dest in streams(nic):
            stream(bench, nic, kind, one, dest, burst)
    if nic.tagged:
        with nic.tagged():
            stream(bench, nic, "tag", nic.interfaces[0], NOBODY, TAG_BURST)
    pktgen_done()


class Connection:
    """The two interfaces in namespaces, with addresses."""

    def __init__(self, nic):
        self.nic = nic
        for index, name in enumerate(nic.interfaces[:2]):
            ns = f"ns{index}"
            ip(f"netns add {ns}")
            ip(f"link set dev {name} netns {ns}")
            sysctl("net.ipv6.conf.all.disable_ipv6", 1, ns)
            ip("link set dev lo up", ns)
            ip(f"link set dev {name} up", ns)
            ip(f"addr add 10.7.0.{10 + index}/24 dev {name}", ns)
        for index, name in enumerate(nic.interfaces[:2]):
            up(name, f"ns{index}")
        self.server = Background("netserver -D -4", "ns1", ready="Starting")

    def moderate(self, usecs):
        """Time between interrupts of both."""
        for index, name in enumerate(self.nic.interfaces[:2]):
            moderate(name, usecs, f"ns{index}")

    def netperf(self, args):
        """Runs netperf to the end; returns the figures that it prints."""
        output = cmd(f"netperf -H 10.7.0.11 -4 -P 0 {args}", "ns0",
                     timeout=None)
        return [float(word) for word in output.replace(",", " ").split()]

    def end(self):
        """Back to where they were."""
        self.server.stop()
        for index, name in enumerate(self.nic.interfaces[:2]):
            ip(f"link set dev {name} netns 1", f"ns{index}")
            ip(f"netns del ns{index}")


def tcp(bench, nic):
    """Round trips, and bulk: with the card's receive coalescing too."""
    link = Connection(nic)
    rtt = "-j -t TCP_RR -l -{} -- -o P50_LATENCY,P99_LATENCY"
    parts = [("tcp-rr", rtt, TRANSACTIONS), ("tcp-rr-moderated", rtt, TRANSACTIONS),
             ("tcp-bulk", "-t TCP_STREAM -l -{} -- -m 65536", BULK)]
    if nic.functions:
        parts.append(("tcp-bulk-gro",) + parts[-1][1:])
    for part, args, counts in parts:
        if part == "tcp-bulk-gro":
            ethtool(f"-K {nic.interfaces[1]} rx-gro-hw on", "ns1")
        # A program that waits for each answer needs no moderation.
        link.moderate(0 if part == "tcp-rr" else MODERATION)
        for number, count in enumerate((counts[0], *counts * bench.REPEATS)):
            bench.run(nic, part, count,
                      lambda a=args, n=count: link.netperf(a.format(n)))
            if args == rtt:
                # In nanoseconds, by the guest's clock
                p50, p99 = (1000 * us for us in bench.runs[-1]["result"])
                bench.runs[-1]["latency"] = {"p50": p50, "p99": p99}
            if not number:
                bench.runs.pop()
    link.end()


def drive(bench, names, bursts, tcp_names=()):
    """All parts of each NIC, and TCP of some."""
    sysctl("net.ipv6.conf.default.disable_ipv6", 1)
    cmd("modprobe pktgen")
    for name in names:
        nic = NICS[name]()
        # An end of veth has a link when the other is up too.
        for interface in nic.used():
            ip(f"link set dev {interface} up")
        for interface in nic.used():
            up(interface)
        if nic.name != "veth":
            packets(bench, nic, bursts)
            bench.save()
        if nic.name in tcp_names:
            tcp(bench, nic)
        for interface in nic.used():
            ip(f"link set dev {interface} down")
    bench.save()
    bench.spinner.end()


def main():
    """All NICs, all parts."""
    out = sys.argv[1]
    names = sys.argv[2].split(",") if len(sys.argv) > 2 else list(NICS)
    bursts = [int(word) for word in
              (sys.argv[3] if len(sys.argv) > 3 else "1,16,64").split(",")]
    drive(Bench(out), names, bursts, TCP_NICS if "tcp" in sys.argv[4:] else ())


if __name__ == "__main__":
    main()
