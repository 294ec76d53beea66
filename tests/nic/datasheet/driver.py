# SPDX-License-Identifier: GPL-2.0-only
"""A driver of one function, from the datasheet alone.

Sections in comments are those of docs/hardware.rst.
"""

import struct
from typing import NamedTuple

import regs
from pci import Config
from pci_regs import PCI_BASE_ADDRESS_0, PCI_COMMAND_MASTER, PCI_COMMAND_MEMORY
from qtest import MEMORY, PF_BAR, PF_RID, DeviceError
from regs import get, put

HEAP = 16 << 20
MSIX_ENTRY = struct.Struct("<QII")


class Machine:
    """A QEMU process, and the part of its memory that drivers share."""

    def __init__(self, qtest):
        self.qtest = qtest
        self.free = HEAP

    def reset_memory(self):
        self.qtest.clear(HEAP, self.free - HEAP)
        self.free = HEAP

    def alloc(self, size, align=64):
        address = (self.free + align - 1) & -align
        self.free = address + size
        assert self.free <= MEMORY
        return address

    def guest_error_lines(self):
        """What the device has logged."""
        return self.qtest.last_words().splitlines()

    def guest_errors(self):
        return len(self.guest_error_lines())


class Vector:
    """A vector, whose message goes to memory (section 5)."""

    def __init__(self, function, number, itr=0):
        self.function = function
        self.number = number
        machine = function.machine
        self.block = machine.alloc(16, 16)
        self.message = machine.alloc(4, 4)
        entry = MSIX_ENTRY.pack(self.message, 0x1000 + number, 0)
        for i in range(4):
            word, = struct.unpack_from("<I", entry, i * 4)
            function.write(regs.MSIX_TABLE + number * 16 + i * 4, word)
        at = regs.vec(number)
        function.write64(at + regs.VEC_SB_ADDR, self.block)
        function.write(at + regs.VEC_ITR, itr)
        function.write(at + regs.VEC_CTRL, regs.VEC_CTRL_ENABLE)
        if function.read(at + regs.VEC_CTRL) != regs.VEC_CTRL_ENABLE:
            raise DeviceError(f"vector {number} is not enabled")

    def events(self):
        return self.function.qtest.get("<I", self.block)[0]

    def causes(self):
        return self.function.qtest.get("<I", self.block + 8)[0]

    def arm(self, seen):
        self.function.write(regs.db_vec(self.number), seen)

    def fired(self):
        """Has a message come since the last call?"""
        data, = self.function.qtest.get("<I", self.message)
        self.function.qtest.set("<I", self.message, 0)
        return data == 0x1000 + self.number

    def wait(self, work, what):
        """Looks for work as a driver does, by interrupts, until it says True."""
        while True:
            seen = self.events()
            if work():
                return
            self.arm(seen)
            self.function.qtest.wait(self.fired, what)


class Shadow:
    """A shadow doorbell (sections 6 and 7)."""

    def __init__(self, function):
        self.qtest = function.qtest
        self.address = function.machine.alloc(8, 8)
        self.last = 0

    def passed(self, word, index):
        """Stores a tail; does the doorbell have to be rung?"""
        self.qtest.set("<I", self.address, word)
        event = self.qtest.get("<I", self.address + 4)[0]
        old, self.last = self.last, index
        return (index - event - 1) & 0xffff < (index - old) & 0xffff


class Offload(NamedTuple):
    """What the first descriptor of a frame asks for."""
    tci: int | None = None
    csum: tuple[int, int] = (0, 0)  # start, bytes from there to the sum
    tso: tuple[int, int] = (0, 0)   # MSS, bytes of headers
    channel: int | None = None      # that an extension names

    def words(self):
        addr = ctrl = 0
        if self.tci is not None:
            addr |= regs.TXD_VLAN
            ctrl |= put(regs.TXD_TCI, self.tci)
        if any(self.csum):
            start, offset = self.csum
            addr |= regs.TXD_CSUM
            ctrl |= put(regs.TXD_CSUM_START, start)
            ctrl |= put(regs.TXD_CSUM_OFFSET, offset // 2)
        if any(self.tso):
            mss, headers = self.tso
            addr |= regs.TXD_TSO
            ctrl |= put(regs.TXD_MSS, mss) | put(regs.TXD_HDR_LEN, headers)
        return addr, ctrl


class Queue:
    """What both kinds of queues have."""

    def __init__(self, function, at, ctrl, state):
        self.function = function
        self.qtest = function.qtest
        self.at = at
        self.ctrl = at + ctrl
        self.state = at + state

    def set(self, reg, value):
        self.function.write(self.at + reg, value)

    def set64(self, reg, value):
        self.function.write64(self.at + reg, value)

    def enable(self, flags=0):
        """Enables the queue: its enum vane_error."""
        self.function.write(self.ctrl, regs.Q_CTRL_ENABLE | flags)
        state = self.function.read(self.state)
        error = get(regs.Q_STATE_ERROR, state)
        assert bool(state & regs.Q_STATE_ENABLED) == (error == 0)
        return error

    def disable(self):
        self.function.write(self.ctrl, 0)
        if self.function.read(self.state):
            raise DeviceError("a queue is not disabled")

    def error(self):
        return get(regs.Q_STATE_ERROR, self.function.read(self.state))

    def wait_error(self):
        self.qtest.wait(self.error, "an error of a queue")
        return self.error()


class TxQueue(Queue):
    """A transmit queue, with a copy of each frame (section 6)."""

    ARENA = 1 << 20

    def __init__(self, function, number=0, vector=0, shadow=False):
        super().__init__(function, regs.txq(number), regs.TXQ_CTRL, regs.TXQ_STATE)
        machine = function.machine
        self.number = number
        self.size = 1 << regs.RING_LOG2_MIN
        self.ring = machine.alloc(self.size * 16)
        self.head = machine.alloc(8, 8)
        self.arena = machine.alloc(self.ARENA)
        self.shadow = Shadow(function) if shadow else None
        self.tail = self.used = self.bells = 0
        self.set64(regs.TXQ_BASE, self.ring)
        self.set64(regs.TXQ_HEAD_ADDR, self.head)
        self.set64(regs.TXQ_SHADOW, self.shadow.address if shadow else 0)
        self.set(regs.TXQ_SIZE, regs.RING_LOG2_MIN)
        self.set(regs.TXQ_VECTOR, vector)

    def restart(self):
        """After an error: as at first."""
        self.disable()
        self.tail = 0
        self.qtest.clear(self.head, 8)
        if self.shadow:
            self.qtest.clear(self.shadow.address, 8)
            self.shadow.last = 0
        return self.enable()

    def descriptor(self, addr, ctrl):
        self.qtest.set("<QQ", self.ring + self.tail % self.size * 16, addr, ctrl)
        self.tail = (self.tail + 1) & 0xffff

    def fill(self, frame, offload=Offload(), parts=1):
        """A frame, in that many fragments."""
        if self.done():
            self.used = 0
        assert self.used + len(frame) <= self.ARENA
        if offload.channel is not None:
            self.descriptor(regs.TXD_EXT, put(regs.TXD_CHANNEL, offload.channel))
        addr, ctrl = offload.words()
        size = max(1, len(frame) // parts)
        for i in range(parts):
            piece = frame[i * size:(i + 1) * size if i < parts - 1 else len(frame)]
            at = self.arena + self.used
            self.qtest.memory[at:at + len(piece)] = piece
            self.used += len(piece)
            if i == parts - 1:
                addr |= regs.TXD_EOP
            self.descriptor(addr | put(regs.TXD_ADDR, at),
                            ctrl | put(regs.TXD_LEN, len(piece) & 0xffff))
            addr = ctrl = 0

    def doorbell(self):
        if not self.shadow or self.shadow.passed(self.tail, self.tail):
            self.bells += 1
            self.function.write(regs.db_txq(self.number), self.tail)

    def done(self):
        return self.qtest.get("<Q", self.head)[0] == self.tail

    def wait(self):
        self.qtest.wait(self.done, "the end of a transmission")

    def send(self, *frames, offload=Offload(), parts=1):
        for frame in frames:
            self.fill(frame, offload, parts)
        self.doorbell()
        self.wait()


class Received(NamedTuple):
    """A frame, and the words of its first completion."""
    frame: bytes
    data: int
    info: int
    gso: int
    ids: list

    @property
    def tci(self):
        return get(regs.RXC_TCI, self.data) if self.info & regs.RXC_VLAN else None

    @property
    def channel(self):
        return get(regs.RXC_TAG, self.info)

    @property
    def hash(self):
        return get(regs.RXC_HASH, self.data)


class RxQueue(Queue):
    """A receive queue (section 7)."""

    def __init__(self, function, number=0, vector=0, buf_len=2048, cpl32=False,
                 shadow=False, log2=regs.RING_LOG2_MIN):
        super().__init__(function, regs.rxq(number), regs.RXQ_CTRL, regs.RXQ_STATE)
        machine = function.machine
        self.number = number
        self.buf_len = buf_len
        self.cpl_size = 32 if cpl32 else 16
        self.size = 1 << log2
        self.bufs = machine.alloc(self.size * 8)
        self.cpls = machine.alloc(self.size * self.cpl_size)
        self.arena = machine.alloc(self.size * buf_len)
        self.shadow = Shadow(function) if shadow else None
        self.tail = self.cpl = self.bells = 0
        self.set64(regs.RXQ_BUF_BASE, self.bufs)
        self.set64(regs.RXQ_CPL_BASE, self.cpls)
        self.set64(regs.RXQ_SHADOW, self.shadow.address if shadow else 0)
        self.set(regs.RXQ_BUF_SIZE, log2)
        self.set(regs.RXQ_CPL_SIZE, log2)
        self.set(regs.RXQ_BUF_LEN, buf_len)
        self.set(regs.RXQ_VECTOR, vector)

    def start(self):
        """Enables the queue, with all buffers: its enum vane_error."""
        error = self.enable(regs.RXQ_CTRL_CPL32 if self.cpl_size == 32 else 0)
        if not error:
            self.post(self.size)
        return error

    def restart(self):
        """After an error: as at first."""
        self.disable()
        self.tail = self.cpl = 0
        self.qtest.clear(self.cpls, self.size * self.cpl_size)
        if self.shadow:
            self.qtest.clear(self.shadow.address, 8)
            self.shadow.last = 0
        return self.start()

    def option(self, bits):
        self.set(regs.RXQ_OPT, bits)

    def post(self, count):
        """The buffers of the next entries; an id is that of an entry, and more."""
        for _ in range(count):
            entry = self.tail % self.size
            at = self.arena + entry * self.buf_len
            self.qtest.set(
                "<Q", self.bufs + entry * 8,
                put(regs.RXB_ADDR, at >> 4) | put(regs.RXB_ID, entry | 0x8000))
            self.tail = (self.tail + 1) & 0xffff
        self.doorbell()

    def doorbell(self):
        word = put(regs.DB_RX_TAIL, self.tail) | put(regs.DB_RX_CPL_HEAD, self.cpl)
        if not self.shadow or self.shadow.passed(word, self.tail):
            self.bells += 1
            self.function.write(regs.db_rxq(self.number), word)

    def _next(self):
        """The words of the next completion, or None."""
        words = self.qtest.get("<QQQQ" if self.cpl_size == 32 else "<QQ",
                               self.cpls + self.cpl % self.size * self.cpl_size)
        phase = not self.cpl // self.size & 1
        if bool(words[-1] & regs.RXC_PHASE) != phase:
            return None
        self.cpl = (self.cpl + 1) & 0xffff
        return words

    def _buffer(self, words):
        """What is in the buffer of a completion."""
        buf_id = get(regs.RXC_BUF_ID, words[1])
        length = get(regs.RXC_LEN, words[0]) or 1 << 16
        at = self.arena + (buf_id & 0x7fff) * self.buf_len
        return buf_id, self.qtest.memory[at:at + length]

    def poll(self, post=True):
        """Takes the frames that have come, and gives their buffers back."""
        frames = []
        start = self.cpl
        while words := self._next():
            if get(regs.RXC_TYPE, words[1]) != 1:
                raise DeviceError(f"a first completion says {words[1]:#x}")
            gso = words[3] & ~regs.RXC_PHASE if len(words) == 4 else 0
            buf_id, part = self._buffer(words)
            parts, ids, more = [part], [buf_id], words
            while not more[1] & regs.RXC_EOP:
                more = self._next()
                if more is None or get(regs.RXC_TYPE, more[1]) != 2:
                    raise DeviceError("a frame is not whole")
                buf_id, part = self._buffer(more)
                parts.append(part)
                ids.append(buf_id)
            frames.append(Received(b"".join(parts), *words[:2], gso, ids))
        if post and self.cpl != start:
            self.post((self.cpl - start) & 0xffff)
        return frames


class Function:
    """The PF or a VF: registers, bring-up, a queue pair (sections 2 to 7)."""

    def __init__(self, machine, rid=PF_RID, bar=PF_BAR):
        self.machine = machine
        self.qtest = machine.qtest
        self.config = Config(machine.qtest, rid)
        self.bar = bar
        self.vectors = []
        self.tx = self.rx = None

    def read(self, reg, size="l"):
        return self.qtest.run(f"read{size} {self.bar + reg:#x}")[0]

    def write(self, reg, value, size="l"):
        self.qtest.run(f"write{size} {self.bar + reg:#x} {value:#x}")

    def read64(self, reg):
        return self.read(reg, "q")

    def write64(self, reg, value):
        self.write(reg, value, "q")

    def status(self):
        return self.read(regs.REG_STATUS)

    def enable(self, unwanted=0):
        """Bring-up up to ENABLE (section 3)."""
        self.config.command(PCI_COMMAND_MEMORY)
        if self.read(regs.REG_MAGIC) != regs.MAGIC:
            raise DeviceError("no VANE")
        if self.read(regs.REG_ABI) >> 16 != regs.ABI_MAJOR:
            raise DeviceError("another major version")
        # A former driver may have left it enabled.
        self.write(regs.REG_CTRL, 0)
        if self.read(regs.REG_STATE) & regs.STATE_ENABLED:
            raise DeviceError("a function is not disabled")
        self.config.command(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER)
        features = (self.read64(regs.REG_FEATURES_DEV)
                    & self.read64(regs.REG_FEATURES_PF_MASK) & ~unwanted)
        self.write64(regs.REG_FEATURES_DRV, features)
        self.write(regs.REG_CTRL, regs.CTRL_ENABLE)
        state = self.read(regs.REG_STATE)
        if state != regs.STATE_ENABLED:
            raise DeviceError(f"a function is not enabled: {state:#x}")
        return features

    def start(self, shadow=False, **rx):
        """Bring-up with two vectors, the second one for a queue pair."""
        self.enable()
        self.config.msix(True)
        self.vectors = [Vector(self, 0), Vector(self, 1)]
        self.tx = TxQueue(self, vector=1, shadow=shadow)
        self.rx = RxQueue(self, vector=1, shadow=shadow, **rx)
        if self.tx.enable() or self.rx.start():
            raise DeviceError("a queue is not enabled")

    def receive(self, count):
        """That many frames, which vector 1 announces."""
        frames = []

        def work():
            frames.extend(self.rx.poll())
            return len(frames) >= count

        self.vectors[1].wait(work, f"frame {len(frames)} of {count}")
        if len(frames) > count:
            raise DeviceError("more frames than were sent")
        return frames

    def take_causes(self):
        """What is set in EVENT_CAUSE, which it clears (section 5)."""
        causes = self.read(regs.REG_EVENT_CAUSE)
        self.write(regs.REG_EVENT_CAUSE, causes)
        return causes

    def counters(self):
        return {name: self.read64(regs.stat(n)) for n, name in enumerate(regs.STATS)}

    def base_address(self):
        self.config.set_bar(PCI_BASE_ADDRESS_0, self.bar)
