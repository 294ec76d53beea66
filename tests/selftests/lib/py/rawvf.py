# SPDX-License-Identifier: GPL-2.0-only
"""A VF in the hands of a user-space program: registers, rings, memory.

The VF has no driver. Its BAR 0 is mapped through sysfs, and memory for DMA is
the program's own, whose physical address the kernel tells root; so this is for
machines without an IOMMU.
"""

import ctypes
import mmap
import os
import struct

from .cmd import cmd, write
from .hw import field, hw
from .ksft import KsftFail, ksft_eq, wait_until
from .packet import mac_bytes

PAGE = 4096
PFN_MASK = (1 << 55) - 1
COMMAND_MEMORY_MASTER = "6:6"


class Memory:
    """A page that the device can reach."""

    libc = ctypes.CDLL(None, use_errno=True)

    def __init__(self):
        self.companion = None
        self.map = mmap.mmap(-1, PAGE)
        # Touched, then locked: it has a frame and keeps it.
        self.map[:] = b"\0" * PAGE
        self.anchor = ctypes.c_char.from_buffer(self.map)
        address = ctypes.addressof(self.anchor)
        if self.libc.mlock(ctypes.c_void_p(address), PAGE) != 0:
            raise KsftFail(f"mlock: {os.strerror(ctypes.get_errno())}")
        with open("/proc/self/pagemap", "rb") as pagemap:
            pagemap.seek(address // PAGE * 8)
            entry = struct.unpack("=Q", pagemap.read(8))[0]
        self.dma = (entry & PFN_MASK) * PAGE

    def put(self, offset, data):
        """Stores bytes."""
        self.map[offset:offset + len(data)] = data

    def get(self, offset, length):
        """Loads bytes."""
        return self.map[offset:offset + length]


class RawVf:
    """A VF without a driver."""

    def __init__(self, function):
        self.function = function
        fd = os.open(f"{function.path}/resource0", os.O_RDWR | os.O_SYNC)
        try:
            self.bar = mmap.mmap(fd, hw.VANE_VF_BAR_SIZE)
        finally:
            os.close(fd)
        write(f"{function.path}/enable", 1)
        cmd(f"setpci -s {function.bdf} COMMAND={COMMAND_MEMORY_MASTER}")

    def close(self):
        """Leaves the VF reset and without bus master; once."""
        if not self.bar:
            return
        self.wr32(hw.VANE_REG_CTRL, hw.VANE_CTRL_RESET)
        # A driver that takes the VF over takes the mapping away too.
        self.bar = None
        cmd(f"setpci -s {self.function.bdf} COMMAND=0:4")
        write(f"{self.function.path}/enable", 0)

    def rd32(self, offset):
        """Reads a register."""
        return ctypes.c_uint32.from_buffer(self.bar, offset).value

    def wr32(self, offset, value):
        """Writes a register."""
        ctypes.c_uint32.from_buffer(self.bar, offset).value = value

    def wr64(self, offset, value):
        """Writes a 64-bit register in halves."""
        self.wr32(offset, value & 0xffffffff)
        self.wr32(offset + 4, value >> 32)

    def enable(self, features=0):
        """Resets and enables the function."""
        self.wr32(hw.VANE_REG_CTRL, hw.VANE_CTRL_RESET)
        self.wr64(hw.VANE_REG_FEATURES_DRV, features)
        self.wr32(hw.VANE_REG_CTRL, hw.VANE_CTRL_ENABLE)
        return self.rd32(hw.VANE_REG_STATE)

    def tx_queue(self, queue=0, base=None, log2=None, vector=0):
        """Sets up a transmit queue; returns its ring and its STATE."""
        ring, head = Memory(), Memory()
        # The device writes there as long as someone has the ring.
        ring.companion = head
        regs = hw.VANE_TXQ(queue)
        self.wr32(regs + hw.VANE_TXQ_CTRL, 0)
        self.wr64(regs + hw.VANE_TXQ_BASE, ring.dma if base is None else base)
        self.wr64(regs + hw.VANE_TXQ_HEAD_ADDR, head.dma)
        self.wr64(regs + hw.VANE_TXQ_SHADOW, 0)
        self.wr32(regs + hw.VANE_TXQ_SIZE,
                  hw.VANE_RING_LOG2_MIN if log2 is None else log2)
        self.wr32(regs + hw.VANE_TXQ_VECTOR, vector)
        self.wr32(regs + hw.VANE_TXQ_CTRL, hw.VANE_Q_CTRL_ENABLE)
        return ring, self.rd32(regs + hw.VANE_TXQ_STATE)

    def tx_error(self, queue=0):
        """Waits until a queue stops; returns its enum vane_error."""
        state = hw.VANE_TXQ(queue) + hw.VANE_TXQ_STATE
        wait_until(lambda: not self.rd32(state) & hw.VANE_Q_STATE_ENABLED,
                   what="the queue stops")
        return field(self.rd32(state), hw.VANE_Q_STATE_ERROR)

    def message(self, data, length=None):
        """Puts a mailbox message into the window and rings; returns STATE."""
        data += b"\0" * (-len(data) % 4)
        for offset, (word,) in enumerate(struct.iter_unpack("<I", data)):
            self.wr32(hw.VANE_REG_MBOX_REQ + 4 * offset, word)
        self.wr32(hw.VANE_REG_MBOX_DB, len(data) if length is None else length)
        return self.rd32(hw.VANE_REG_MBOX_STATE)

    def reply(self):
        """Waits for the reply; returns its header (op, len, seq, status)."""
        wait_until(lambda: not self.rd32(hw.VANE_REG_MBOX_STATE) &
                   hw.VANE_MBOX_STATE_BUSY, what="a mailbox reply")
        return struct.unpack("<4H", struct.pack(
            "<II", self.rd32(hw.VANE_REG_MBOX_RSP),
            self.rd32(hw.VANE_REG_MBOX_RSP + 4)))

    def request(self, op, body=b""):
        """Asks the PF; returns the status of its reply."""
        self.message(struct.pack("<4H", op, len(body), 1, 0) + body)
        return self.reply()[3]

    def negotiate(self):
        """Makes the PF take the VF, enabled, for negotiated."""
        caps = hw.VANE_MBOX_CAP_FILTERS | hw.VANE_MBOX_CAP_VLAN
        ksft_eq(self.request(hw.VANE_MBOX_NEGOTIATE, struct.pack(
            "<HHI", hw.VANE_ABI_MAJOR_VERSION, hw.VANE_ABI_MINOR_VERSION,
            caps)), hw.VANE_OK, "negotiate")

    def set_mac(self, mac):
        """Asks for a station address; returns the status."""
        return self.request(hw.VANE_MBOX_MAC_SET, mac_bytes(mac) + bytes(2))

    def filters(self, op, macs):
        """VANE_MBOX_FILTER_ADD or _DEL of addresses; returns the status."""
        body = struct.pack("<HH", len(macs), 0)
        body += b"".join(mac_bytes(mac) for mac in macs)
        body += bytes(6 * (hw.VANE_MBOX_MAX_ADDRS - len(macs)))
        return self.request(op, body)

    def channels(self, first):
        """Asks which channels from @first on it may use; returns the EtherType of their
        tag, and the channels."""
        ksft_eq(self.request(hw.VANE_MBOX_CHANNELS_GET, struct.pack("<II", first, 0)),
                hw.VANE_OK, "list channels")
        words = [self.rd32(hw.VANE_REG_MBOX_RSP + 8 + 4 * index)
                 for index in range(1 + hw.VANE_MBOX_MAX_CHANNELS)]
        return words[0] & 0xffff, words[1:1 + (words[0] >> 16)]

    def rx_mode(self, mode):
        """Asks for a receive mode; returns the status."""
        return self.request(hw.VANE_MBOX_RX_MODE, struct.pack("<II", mode, 0))
