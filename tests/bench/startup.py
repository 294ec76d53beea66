#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""startup.py OUT QEMU [ARG]...: what a NIC costs the emulator, without a guest.

Starts QEMU with one NIC, or none, until it answers; enables all VFs of the NIC
over configuration space (qtest); and has the kernel say how much processor time
the start took and how much memory was used at most.
"""

import contextlib
import glob
import json
import os
import subprocess
import sys

REPEATS = 7
ECAM = 0xb0000000
ROOT_PORT = 4
BUSES = 0x020100        # secondary and subordinate of the root port
# linux/pci_regs.h
PCI_PRIMARY_BUS = 0x18
PCI_CFG_SPACE_SIZE = 0x100
PCI_EXT_CAP_ID_SRIOV = 0x10
PCI_SRIOV_CTRL = 0x08
PCI_SRIOV_CTRL_VFE_MSE = 0x09
PCI_SRIOV_NUM_VF = 0x10
PCI_SRIOV_VF_OFFSET = 0x14
PCI_COMMAND = 0x04
Q35_PCIEXBAR = 0x60

NICS = {"none": (None, 0), "e1000e": ("e1000e", 0), "igb": ("igb", 7)} | {
    f"vane, {vfs}": (f"vane,total-vfs={vfs}", vfs) for vfs in (1, 7, 64, 256)}


class Machine:
    """A QEMU whose bus masters are told what to do over stdio."""

    def __init__(self, qemu, nic):
        port = (f"pcie-root-port,id=rp0,bus=pcie.0,addr={ROOT_PORT},chassis=1,"
                "bus-reserve=1,pref64-reserve=64M")
        args = [*qemu, "-nodefaults", "-no-user-config", "-display", "none",
                "-machine", "q35", "-accel", "qtest", "-m", "128M",
                "-qtest", "stdio", "-qtest-log", "/dev/null", "-device", port]
        if nic:
            args += ["-device", f"{nic},bus=rp0,addr=0"]
        # Ends with kill().
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(args, text=True, bufsize=1,
                                        stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def ask(self, *words):
        """One command of the qtest protocol; returns its value."""
        print(*words, file=self.process.stdin)
        answer = self.process.stdout.readline().split()
        if answer[:1] != ["OK"]:
            raise RuntimeError(f"{words}: {answer}")
        return int(answer[1], 0) if len(answer) > 1 else None

    def enable(self, vfs):
        """Enables VFs of the only NIC."""
        self.ask("outl", "0xcf8", hex(1 << 31 | Q35_PCIEXBAR))
        self.ask("outl", "0xcfc", hex(ECAM | 1))
        self.ask("writel", hex(ECAM | ROOT_PORT << 15 | PCI_PRIMARY_BUS), BUSES)
        config = ECAM | 1 << 20
        at = PCI_CFG_SPACE_SIZE
        while (word := self.ask("readl", hex(config | at))) & 0xffff != \
                PCI_EXT_CAP_ID_SRIOV:
            at = word >> 20
        self.ask("writew", hex(config | at + PCI_SRIOV_NUM_VF), vfs)
        self.ask("writew", hex(config | at + PCI_SRIOV_CTRL),
                 PCI_SRIOV_CTRL_VFE_MSE)
        first = self.ask("readw", hex(config | at + PCI_SRIOV_VF_OFFSET))
        if self.ask("readw", hex(config + (first << 12) | PCI_COMMAND)) == 0xffff:
            raise RuntimeError("no VF has come")

    def used(self):
        """Seconds of processor time so far."""
        spent = 0
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/schedstat"):
            with contextlib.suppress(OSError), open(path, encoding="ascii") as file:
                spent += int(file.read().split()[0])
        return spent / 1e9

    def peak(self):
        """Most memory it has had, in bytes."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) * 1024 for line in file
                        if line.startswith("VmHWM:"))

    def kill(self):
        """Ends it."""
        self.process.kill()
        self.process.communicate()


def measure(qemu, nic, vfs):
    """One start: seconds of processor time, and bytes of memory at most."""
    machine = Machine(qemu, nic)
    try:
        machine.ask("inl", "0xcf8")
        start = machine.used()
        if vfs:
            machine.enable(vfs)
        return start, machine.peak()
    finally:
        machine.kill()


def main():
    """All NICs in turn, several times."""
    out, *qemu = sys.argv[1:]
    found = {name: [] for name in NICS}
    for _ in range(REPEATS):
        for name, (nic, vfs) in NICS.items():
            found[name].append(measure(qemu, nic, vfs))
    result = {name: {"start": min(start for start, _ in runs),
                     "memory": min(memory for _, memory in runs)}
              for name, runs in found.items()}
    with open(os.path.join(out, "startup.json"), "w", encoding="ascii") as file:
        json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
