#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""control.py OUT STUBS: what the bench does in its guest about the control plane.

Of the card under test and of an igb: enables VFs, with no driver, with drivers
that do next to nothing (modules in the folder STUBS), and with theirs; has them
configured, opened, closed, and left alone; and looks at the memory that they
take. Leaves what guest.py leaves, for control_report.py.
"""

import contextlib
import glob
import os
import sys
import time

from guest import PCI, Bench, by_driver

# pylint: disable-next=wrong-import-order
from lib.py import (Function, Rtnl, cmd, mac_bytes, read, sysctl, wait_until,
                    write)

DRAIN = 0.1         # seconds, the guest's: until what was begun is over
PAUSE = 0.006       # the same, of one small thing
TIMES = (4, 36)     # how often a thing is done
IDLE = (2, 12)      # seconds
REPEATS = 3
FEW = 16            # VFs, which are enabled more often
REPEATS_FEW = 7


class Card:
    """A card with SR-IOV: its PF, and how its VFs get a driver."""

    def __init__(self, name, vf_driver, modules, counts, many):
        self.name = name
        self.vf_driver = vf_driver
        # Whose instructions are the driver's
        self.modules = modules
        self.counts = counts
        self.many = many
        cmd(f"modprobe {name}")
        self.path = os.path.realpath(
            glob.glob(f"{PCI}/drivers/{name}/0000:*")[0])
        self.ifindex = index_of(by_driver(name)[0])

    def series(self):
        """How many VFs to enable, in turn: few need repeating, as the kernel
        does other things too.
        """
        return [count for count in self.counts
                for _ in range(REPEATS_FEW if count < FEW else 1)]

    def enable(self, count):
        """Enables that many VFs."""
        write(f"{self.path}/sriov_numvfs", count)

    def probe(self, on):
        """Whether new VFs get a driver."""
        write(f"{self.path}/sriov_drivers_autoprobe", int(on))

    def vfs(self):
        """Those that are enabled."""
        return [Function(os.path.basename(os.readlink(path)))
                for path in sorted(glob.glob(f"{self.path}/virtfn*"))]

    def drivers(self):
        """Of VFs, by name: each a context in which they have it."""
        return {"none": self.no_driver(), "stub": self.stub("bench_stub"),
                "netstub": self.stub("bench_netstub"), "driver": self.driver()}

    @contextlib.contextmanager
    def no_driver(self):
        """VFs stay alone."""
        self.probe(False)
        yield
        self.probe(True)

    @contextlib.contextmanager
    def stub(self, name):
        """VFs get a driver that does nothing."""
        ids = (f"{read(f'{self.path}/vendor')} "
               f"{read(f'{self.path}/sriov_vf_device')}")
        write(f"{PCI}/drivers/{name}/new_id", ids.replace("0x", ""))
        yield
        write(f"{PCI}/drivers/{name}/remove_id", ids.replace("0x", ""))

    @contextlib.contextmanager
    def driver(self):
        """VFs get theirs."""
        cmd(f"modprobe {self.vf_driver}")
        yield
        cmd(f"modprobe -r {self.vf_driver}")


def index_of(ifname):
    """Index of an interface."""
    return int(read(f"/sys/class/net/{ifname}/ifindex"))


class Control(Bench):
    """A bench of what is not traffic."""

    def count(self, card, part, amount, action, drain=DRAIN):
        """Marks what @action does, and what follows from it."""
        with self.spinner.paused():
            self.rest()
            self.marker.mark()
            start = time.monotonic_ns()
            action()
            spent = time.monotonic_ns() - start
            time.sleep(drain)
            mark = self.marker.mark()
        self.runs.append({"nic": card.name, "part": part, "amount": amount,
                          "mark": mark, "ns": spent, "modules": card.modules})

    def several(self, card, part, action, amounts=TIMES, pause=PAUSE):
        """Counts @action(n) for n = 1..amount, few times and many."""
        serial = 0

        def go(amount):
            nonlocal serial
            for _ in range(amount):
                serial += 1
                action(serial)
                time.sleep(pause)

        # Whatever happens once has happened.
        go(amounts[0])
        for amount in amounts * REPEATS:
            self.count(card, part, amount, lambda n=amount: go(n))

    def note(self, card, part, **values):
        """Something that was not counted by marks."""
        self.runs.append({"nic": card.name, "part": part, **values})


def enable(bench, card):
    """What N VFs cost, by their driver."""
    for name, driver in card.drivers().items():
        with driver:
            # Whatever happens once has happened.
            for number, count in enumerate((7, *card.series())):
                bench.count(card, f"enable-{name}", count,
                            lambda n=count: card.enable(n))
                if not number:
                    bench.runs.pop()
                bound = sum(1 for vf in card.vfs() if vf.driver)
                if bound != (0 if name == "none" else count):
                    raise RuntimeError(f"{card.name}, {name}: {bound} of "
                                       f"{count} VFs have a driver")
                card.enable(0)
        bench.save()


def mac_of(number):
    """One of many."""
    return mac_bytes(f"52:54:00:33:{number >> 8:02x}:{number & 0xff:02x}")


def operations(bench, card):
    """What one change of a VF costs, and what two VFs that do nothing do."""
    with card.driver(), Rtnl() as rtnl:
        card.enable(2)
        names = [vf.wait_ifname() for vf in card.vfs()]
        one, other = (index_of(name) for name in names)
        rtnl.set_up(one, True)
        wait_until(lambda: read(f"/sys/class/net/{names[0]}/carrier") == "1",
                   timeout=60, what="link")
        bench.several(card, "nothing", lambda n: None)
        bench.several(card, "tell-vf", lambda n: rtnl.set_group(one, n))
        bench.several(card, "own-mac",
                      lambda n: rtnl.set_address(one, mac_of(n)))
        bench.several(card, "open", lambda n: rtnl.set_up(other, n % 2))
        bench.several(card, "idle-vf", lambda n: None, IDLE, 1)
        rtnl.set_up(one, False)
        bench.several(card, "idle-down", lambda n: None, IDLE, 1)
        pf = card.ifindex
        bench.several(card, "tell-pf", lambda n: rtnl.set_group(pf, n))
        bench.several(card, "vf-mac",
                      lambda n: rtnl.set_vf_mac(pf, 1, mac_of(4096 + n)))
        bench.several(card, "vf-vlan",
                      lambda n: rtnl.set_vf_vlan(pf, 1, 100 + n))
        bench.several(card, "vf-rate",
                      lambda n: rtnl.set_vf_rate(pf, 1, 100 + n))
        card.enable(0)
        bench.several(card, "idle-pf", lambda n: None, IDLE, 1)
    bench.save()


def free_memory():
    """Bytes that nobody has, not even a cache."""
    write("/proc/sys/vm/drop_caches", 3)
    for path in glob.glob("/sys/kernel/slab/*/shrink"):
        with contextlib.suppress(OSError):
            write(path, 1)
    # The processors' own lists are apart.
    pages = sum(int(line.split()[1])
                for line in read("/proc/zoneinfo").splitlines()
                if line.split()[0] in ("count:", "nr_free_pages"))
    # What is free of a slab that has something else in it
    slabs = (line.split() for line in read("/proc/slabinfo").splitlines()[2:])
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(
        (int(total) - int(used)) * int(size) for _, used, total, size, *_ in slabs)


def memory(bench, card):
    """Of a VF that has a driver, and of one that is open, beyond that."""
    with card.driver(), Rtnl() as rtnl:
        # Whatever is there once is there.
        card.enable(1)
        rtnl.set_up(index_of(card.vfs()[0].wait_ifname()), True)
        time.sleep(1)
        card.enable(0)

        card.probe(False)
        card.enable(card.many)
        card.probe(True)
        time.sleep(1)
        free = [free_memory()]
        for vf in card.vfs():
            write(f"{PCI}/drivers_probe", vf.bdf)
        time.sleep(1)
        free.append(free_memory())
        for vf in card.vfs():
            rtnl.set_up(index_of(vf.ifname), True)
        time.sleep(1)
        free.append(free_memory())
        card.enable(0)
    bench.note(card, "memory", amount=card.many,
               idle=(free[0] - free[1]) / card.many,
               open=(free[1] - free[2]) / card.many)
    bench.save()


def main():
    """Both cards."""
    out, stubs = sys.argv[1:]
    # One processor does it all but for interrupts: less that varies.
    os.sched_setaffinity(0, {0})
    sysctl("net.ipv6.conf.default.disable_ipv6", 1)
    for path in glob.glob(f"{stubs}/*.ko"):
        cmd(f"insmod {path}")
    bench = Control(out)
    cards = [Card("vane", "vanevf", ["vane_core", "vane_mbox", "vane", "vanevf"],
                  (1, 7, 64, 256), 64),
             Card("igb", "igbvf", ["igb", "igbvf"], (1, 7), 7)]
    for card in cards:
        with Rtnl() as rtnl:
            rtnl.set_up(card.ifindex, True)
        time.sleep(3)
        enable(bench, card)
        operations(bench, card)
        memory(bench, card)
    bench.save()
    bench.spinner.end()


if __name__ == "__main__":
    main()
