# SPDX-License-Identifier: GPL-2.0-only
"""What firmware does: buses, BARs and capabilities, by the PCI specifications."""

from pci_regs import (PCI_CAPABILITY_LIST, PCI_CAP_ID_EXP, PCI_CAP_ID_MSIX,
                      PCI_CAP_ID_PM, PCI_COMMAND, PCI_COMMAND_MASTER,
                      PCI_COMMAND_MEMORY, PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR,
                      PCI_EXT_CAP_ID_SRIOV, PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE,
                      PCI_MSIX_FLAGS_MASKALL, PCI_PM_CTRL, PCI_PREF_MEMORY_BASE,
                      PCI_PRIMARY_BUS, PCI_SRIOV_BAR, PCI_SRIOV_CTRL,
                      PCI_SRIOV_CTRL_VFE_MSE_ARI, PCI_SRIOV_NUM_VF,
                      PCI_SRIOV_SYS_PGSIZE)
from qtest import ECAM, PF_BAR, PF_RID, ROOT_PORT, VF_BARS, WINDOW_END
from regs import VF_OFFSET, VF_STRIDE


class Config:
    """Configuration space of a function."""

    def __init__(self, qtest, rid):
        self.qtest = qtest
        self.base = ECAM + (rid << 12)

    def read(self, reg, size="l"):
        return self.qtest.run(f"read{size} {self.base + reg:#x}")[0]

    def write(self, reg, value, size="l"):
        self.qtest.run(f"write{size} {self.base + reg:#x} {value:#x}")

    def capabilities(self):
        """Where each is, by its id."""
        found = {}
        at = self.read(PCI_CAPABILITY_LIST, "b")
        while at:
            found[self.read(at, "b")] = at
            at = self.read(at + 1, "b")
        return found

    def ext_capabilities(self):
        found = {}
        at = 0x100
        while at:
            word = self.read(at)
            found[word & 0xffff] = at
            at = word >> 20
        return found

    def command(self, value):
        self.write(PCI_COMMAND, value, "w")

    def flr(self):
        """The PCIe specification gives a function 100 ms for it."""
        control = self.capabilities()[PCI_CAP_ID_EXP] + PCI_EXP_DEVCTL
        self.write(control, self.read(control, "w") | PCI_EXP_DEVCTL_BCR_FLR, "w")
        self.qtest.run("clock_step 100000000")

    def msix(self, on, masked=False):
        flags = self.capabilities()[PCI_CAP_ID_MSIX] + PCI_MSIX_FLAGS
        self.write(flags, on * PCI_MSIX_FLAGS_ENABLE | masked * PCI_MSIX_FLAGS_MASKALL,
                   "w")

    def msix_size(self):
        flags = self.read(self.capabilities()[PCI_CAP_ID_MSIX] + PCI_MSIX_FLAGS, "w")
        return (flags & 0x7ff) + 1

    def power(self, state):
        """D0 or D3hot."""
        self.write(self.capabilities()[PCI_CAP_ID_PM] + PCI_PM_CTRL, state, "w")

    def set_bar(self, reg, address):
        self.write(reg, address)
        self.write(reg + 4, address >> 32)

    def bar_size(self, reg):
        """The size of a BAR, and the bits that say what it is."""
        self.set_bar(reg, (1 << 64) - 1)
        word = self.read(reg) | self.read(reg + 4) << 32
        return (1 << 64) - (word & ~0xf), word & 0xf


def set_up_bus(qtest):
    """ECAM, and a root port with two buses and a window below it."""
    qtest.run("outl 0xcf8 0x80000060", f"outl 0xcfc {ECAM | 1:#x}")
    port = Config(qtest, ROOT_PORT)
    port.write(PCI_PRIMARY_BUS, 0x020100)
    port.write(PCI_PREF_MEMORY_BASE, PF_BAR >> 16 | WINDOW_END & 0xfff00000)
    port.command(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER)


def vf_rid(index):
    return PF_RID + VF_OFFSET + index * VF_STRIDE


class Sriov:
    """The PF's SR-IOV capability."""

    def __init__(self, config):
        self.config = config
        self.at = config.ext_capabilities()[PCI_EXT_CAP_ID_SRIOV]
        self.stride = 0

    def read(self, reg, size="w"):
        return self.config.read(self.at + reg, size)

    def enable(self, count, page_size=4096):
        """VF Enable, VF Memory Space Enable and ARI; then VFs may take 100 ms."""
        self.config.write(self.at + PCI_SRIOV_SYS_PGSIZE, page_size >> 12)
        bar = self.at + PCI_SRIOV_BAR
        self.stride, _ = self.config.bar_size(bar)
        self.config.set_bar(bar, VF_BARS)
        self.config.write(self.at + PCI_SRIOV_NUM_VF, count, "w")
        self.config.write(self.at + PCI_SRIOV_CTRL, PCI_SRIOV_CTRL_VFE_MSE_ARI, "w")
        self.config.qtest.run("clock_step 100000000")

    def disable(self):
        self.config.write(self.at + PCI_SRIOV_CTRL, 0, "w")

    def vf_bar(self, index):
        return VF_BARS + index * self.stride
