# SPDX-License-Identifier: GPL-2.0-only
"""A driver in miniature: the NIC in a QEMU without a guest, over qtest.

An operation is a method of the same name and arguments as that of oracle.Oracle.
"""

import struct

from hw import field, hw, put
from oracle import PF, WIRE, Offload, rx_channel_used
from pci_regs import (PCI_BASE_ADDRESS_0, PCI_CAPABILITY_LIST, PCI_CAP_ID_EXP,
                      PCI_COMMAND, PCI_COMMAND_MASTER, PCI_COMMAND_MEMORY,
                      PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR, PCI_EXT_CAP_ID_SRIOV,
                      PCI_PREF_MEMORY_BASE, PCI_PRIMARY_BUS, PCI_SRIOV_BAR,
                      PCI_SRIOV_CTRL, PCI_SRIOV_CTRL_VFE_MSE_ARI, PCI_SRIOV_NUM_VF)
from qtest import (ECAM, PF_BAR, PF_RID, ROOT_PORT, VF_BARS, WINDOW_END, DeviceError,
                   Qtest)

# The memory of each function, and of the PF's queues
COMMON = 16 << 20
STATS = COMMON + (1 << 20)
FUNCTIONS = 20 << 20
FUNCTION_SIZE = 4 << 20
TX_RING, TX_HEAD, RX_BUFS, RX_CPLS, RX_SHADOW, TX_DATA, RX_DATA = (
    0, 0x2000, 0x3000, 0x5000, 0xa000, 0x10000, 0x200000)
TX_LOG2 = 7
RX_LOG2 = 9
SQ_LOG2 = hw.VANE_RING_LOG2_MIN
SLOT = struct.Struct("<HBBI48xQHHHH")   # sq_slot, up to the body
SLOT_SIZE = 320
SLOT_DONE = 56
COUNTERS = struct.Struct(f"<{hw.VANE_STAT_COUNT}Q")
TAG_COUNTERS = struct.Struct(f"<{hw.VANE_TAG_STAT_COUNT}Q")


class Function:
    """The PF or a VF: registers, and a queue pair."""

    def __init__(self, qtest, number, slot):
        self.qtest = qtest
        self.number = number
        self.rid = PF_RID
        self.bar = PF_BAR
        if number != PF:
            self.rid += hw.VANE_VF_OFFSET + number * hw.VANE_VF_STRIDE
            self.bar = VF_BARS + number * hw.VANE_VF_BAR_SIZE
        self.base = FUNCTIONS + slot * FUNCTION_SIZE
        # Rings of both kinds, and frames in one buffer and in many
        self.cpl_size = 32 if number & 1 else 16
        self.buf_len = (2048, 512, 1024)[slot % 3]
        self.tx_tail = self.rx_tail = self.cpl = 0
        self.baseline = (0,) * hw.VANE_STAT_COUNT
        self.strip = False

    def write(self, reg, value, size="l"):
        return f"write{size} {self.bar + reg:#x} {value:#x}"

    def read(self, reg, size="l"):
        return f"read{size} {self.bar + reg:#x}"

    def config(self, reg, value, size="w"):
        return f"write{size} {(ECAM + (self.rid << 12)) + reg:#x} {value:#x}"

    def read_config(self, reg, size="w"):
        return self.qtest.run(
            f"read{size} {(ECAM + (self.rid << 12)) + reg:#x}")[0]

    def capability(self, wanted):
        at = self.read_config(PCI_CAPABILITY_LIST) & 0xff
        while at and self.read_config(at) & 0xff != wanted:
            at = self.read_config(at) >> 8
        return at

    def ext_capability(self, wanted):
        at = 0x100
        while at and self.read_config(at) != wanted:
            at = self.read_config(at, "l") >> 20
        return at

    def flr(self):
        devctl = self.capability(PCI_CAP_ID_EXP) + PCI_EXP_DEVCTL
        self.qtest.run(self.config(devctl, PCI_EXP_DEVCTL_BCR_FLR))

    def start(self):
        """Enables the function with all that it is offered, but for one feature."""
        run = self.qtest.run
        run(self.config(PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER))
        features, = run(self.read(hw.VANE_REG_FEATURES_PF_MASK, "q"))
        if not rx_channel_used(self.number):
            features &= ~hw.VANE_FEAT_RX_CHANNEL
        state = run(self.write(hw.VANE_REG_FEATURES_DRV, features, "q"),
                    self.write(hw.VANE_REG_CTRL, hw.VANE_CTRL_ENABLE),
                    self.read(hw.VANE_REG_STATE))[-1]
        if state != hw.VANE_STATE_ENABLED:
            raise DeviceError(f"function {self.number} is not enabled: {state:#x}")
        self.strip = False
        self.start_tx()
        self.start_rx()

    def start_tx(self):
        self.tx_tail = 0
        self.qtest.clear(self.base + TX_HEAD, 8)
        txq = hw.VANE_TXQ(0)
        self._enabled(self.qtest.run(
            self.write(txq + hw.VANE_TXQ_BASE, self.base + TX_RING, "q"),
            self.write(txq + hw.VANE_TXQ_HEAD_ADDR, self.base + TX_HEAD, "q"),
            self.write(txq + hw.VANE_TXQ_SIZE, TX_LOG2),
            self.write(txq + hw.VANE_TXQ_CTRL, hw.VANE_Q_CTRL_ENABLE),
            self.read(txq + hw.VANE_TXQ_STATE)))

    def start_rx(self):
        """All buffers are posted. Buffer i is always in entry i."""
        count = 1 << RX_LOG2
        self.cpl = 0
        self.rx_tail = count
        self.qtest.clear(self.base + RX_CPLS, count * self.cpl_size)
        self.qtest.clear(self.base + RX_SHADOW, 8)
        for i in range(count):
            address = self.base + RX_DATA + i * self.buf_len
            self.qtest.set("<Q", self.base + RX_BUFS + i * 8,
                           put(hw.VANE_RXB_ID, i)
                           | put(hw.VANE_RXB_ADDR,
                                 address >> hw.VANE_RXB_ADDR_SHIFT))
        rxq = hw.VANE_RXQ(0)
        control = hw.VANE_Q_CTRL_ENABLE
        if self.cpl_size == 32:
            control |= hw.VANE_RXQ_CTRL_CPL32
        self._enabled(self.qtest.run(
            self.write(rxq + hw.VANE_RXQ_BUF_BASE, self.base + RX_BUFS, "q"),
            self.write(rxq + hw.VANE_RXQ_CPL_BASE, self.base + RX_CPLS, "q"),
            self.write(rxq + hw.VANE_RXQ_SHADOW, self.base + RX_SHADOW, "q"),
            self.write(rxq + hw.VANE_RXQ_BUF_SIZE, RX_LOG2),
            self.write(rxq + hw.VANE_RXQ_CPL_SIZE, RX_LOG2),
            self.write(rxq + hw.VANE_RXQ_BUF_LEN, self.buf_len),
            self.write(rxq + hw.VANE_RXQ_OPT, self.strip),
            self.write(rxq + hw.VANE_RXQ_CTRL, control),
            self.read(rxq + hw.VANE_RXQ_STATE)))
        self._post()
        self.qtest.run(self.write(hw.VANE_DB_RXQ(0), self.rx_tail))

    def _enabled(self, answers):
        if answers[-1] != hw.VANE_Q_STATE_ENABLED:
            raise DeviceError(f"function {self.number}: a queue is not enabled: "
                              f"{answers[-1]:#x}")

    def _post(self):
        self.qtest.set("<I", self.base + RX_SHADOW,
                       put(hw.VANE_DB_RX_TAIL, self.rx_tail)
                       | put(hw.VANE_DB_RX_CPL_HEAD, self.cpl))

    def stop_rx(self):
        self.qtest.run(self.write(hw.VANE_RXQ(0) + hw.VANE_RXQ_CTRL, 0))

    def send(self, burst):
        """Hands frames to the device. The doorbell is returned, not rung."""
        at = self.base + TX_DATA
        for frame, offload, *cuts in burst:
            tci, mss, hdr_len, channel = Offload(*offload)
            if channel is not None:
                self._descriptor(hw.VANE_TXD_EXT, put(hw.VANE_TXD_CHANNEL, channel))
            flags = ctrl = 0
            if tci is not None:
                flags |= hw.VANE_TXD_VLAN
                ctrl |= put(hw.VANE_TXD_TCI, tci)
            if mss:
                flags |= hw.VANE_TXD_TSO
                ctrl |= (put(hw.VANE_TXD_MSS, mss)
                         | put(hw.VANE_TXD_HDR_LEN, hdr_len))
            cuts = [0, *(cuts[0] if cuts else ()), len(frame)]
            for begin, end in zip(cuts, cuts[1:]):
                self.qtest.memory[at:at + end - begin] = frame[begin:end]
                if end == len(frame):
                    flags |= hw.VANE_TXD_EOP
                self._descriptor(at | flags, ctrl | put(hw.VANE_TXD_LEN, end - begin))
                flags = ctrl = 0
                at += end - begin + 3
        return self.write(hw.VANE_DB_TXQ(0), self.tx_tail)

    def _descriptor(self, addr, ctrl):
        ring = self.tx_tail % (1 << TX_LOG2)
        self.qtest.set("<QQ", self.base + TX_RING + ring * 16, addr, ctrl)
        self.tx_tail = (self.tx_tail + 1) & 0xffff

    def all_sent(self):
        return self.qtest.get("<Q", self.base + TX_HEAD)[0] == self.tx_tail

    def received(self):
        """Takes what has arrived: (frame, stripped TCI or None, channel) of each."""
        frames = []
        parts = []
        first = (None, 0)
        while True:
            ring = self.cpl % (1 << RX_LOG2)
            words = self.qtest.get("<QQQQ" if self.cpl_size == 32 else "<QQ",
                                   self.base + RX_CPLS + ring * self.cpl_size)
            phase = not self.cpl >> RX_LOG2 & 1
            if bool(words[-1] & hw.VANE_RXC_PHASE) != phase:
                break
            data, info = words[:2]
            self._sane(info, ring, not parts)
            if not parts:
                first = (field(data, hw.VANE_RXC_TCI) if info & hw.VANE_RXC_VLAN
                         else None, field(info, hw.VANE_RXC_TAG))
            at = self.base + RX_DATA + ring * self.buf_len
            parts.append(self.qtest.memory[at:at + field(data, hw.VANE_RXC_LEN)])
            if info & hw.VANE_RXC_EOP:
                frames.append((b"".join(parts), *first))
                parts = []
            elif len(parts[-1]) != self.buf_len:
                raise DeviceError(f"function {self.number}: a buffer is not full")
            self.cpl = (self.cpl + 1) & 0xffff
            self.rx_tail = (self.rx_tail + 1) & 0xffff
        if parts:
            raise DeviceError(f"function {self.number}: half a frame")
        self._post()
        return frames

    def _sane(self, info, ring, first):
        """Are the fields of the completion valid?"""
        kind = hw.VANE_RXC_TYPE_RX if first else hw.VANE_RXC_TYPE_RX_MORE
        may = (hw.VANE_RXC_BUF_ID | hw.VANE_RXC_TYPE | hw.VANE_RXC_EOP
               | hw.VANE_RXC_CSUM_OK | hw.VANE_RXC_VLAN)
        if first:
            may |= hw.VANE_RXC_TAG
        if self.cpl_size == 16:
            may |= hw.VANE_RXC_PHASE
        if (field(info, hw.VANE_RXC_TYPE) != kind or info & ~may
                or field(info, hw.VANE_RXC_BUF_ID) != ring):
            raise DeviceError(f"function {self.number}: completion {ring} says "
                              f"{info:#x}")


class Nic:
    """The device, and the VFs in use."""

    def __init__(self):
        self.qtest = Qtest()
        self.pf = Function(self.qtest, PF, 0)
        self.functions = {PF: self.pf}
        self.sq_tail = 0
        self.sriov = None
        self.indices = []
        self.burst_from = None
        self.tag_baseline = (0,) * hw.VANE_TAG_STAT_COUNT

    def close(self):
        self.qtest.close()

    # Bring-up

    def begin(self, indices, how):
        """A new configuration: @indices are the VFs of it.

        @how is "new" for the first one, then "soft", "flr" or "vfs" for the reset
        that the former one ends with.
        """
        if how in ("new", "flr"):
            if how == "flr":
                self.pf.flr()
            self._set_up_bus()
            self._start_pf()
        elif how == "soft":
            self.qtest.run(self.pf.write(hw.VANE_REG_PF_CTRL,
                                         hw.VANE_PF_CTRL_RESET))
            self._start_pf()
        if how != "soft" or indices != self.indices:
            ctrl = self.sriov + PCI_SRIOV_CTRL
            self.qtest.run(
                self.pf.config(ctrl, 0),
                self.pf.config(self.sriov + PCI_SRIOV_NUM_VF, max(indices) + 1),
                self.pf.config(ctrl, PCI_SRIOV_CTRL_VFE_MSE_ARI))
            self.indices = list(indices)
        self.functions = {PF: self.pf}
        for slot, index in enumerate(indices, 1):
            self.functions[index] = Function(self.qtest, index, slot)
            self.functions[index].start()
        for number, counters in self.counters().items():
            self.functions[number].baseline = counters
        self.tag_baseline = self.tag_counters()
        self.qtest.receive()

    def _set_up_bus(self):
        root = f"{ECAM + (ROOT_PORT << 12)}"
        self.qtest.run(
            "outl 0xcf8 0x80000060",        # PCIEXBAR of the host bridge
            f"outl 0xcfc {ECAM | 1:#x}",
            f"writel {int(root) + PCI_PRIMARY_BUS:#x} 0x020100",
            f"writel {int(root) + PCI_PREF_MEMORY_BASE:#x} "
            f"{PF_BAR >> 16 | WINDOW_END & 0xfff00000:#x}",
            f"writew {int(root) + PCI_COMMAND:#x} "
            f"{PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER:#x}",
            self.pf.config(PCI_BASE_ADDRESS_0, PF_BAR, "l"),
            self.pf.config(PCI_BASE_ADDRESS_0 + 4, 0, "l"))
        if self.sriov is None:
            self.sriov = self.pf.ext_capability(PCI_EXT_CAP_ID_SRIOV)
        self.qtest.run(
            self.pf.config(self.sriov + PCI_SRIOV_BAR, VF_BARS, "l"),
            self.pf.config(self.sriov + PCI_SRIOV_BAR + 4, 0, "l"))

    def _start_pf(self):
        self.pf.start()
        self.sq_tail = 0
        rq = COMMON + (256 << 10)
        self.qtest.clear(COMMON, 512 << 10)
        answers = self.qtest.run(
            self.pf.write(hw.VANE_REG_RQ_BASE, rq, "q"),
            self.pf.write(hw.VANE_REG_RQ_SIZE, hw.VANE_RQ_LOG2_MIN),
            self.pf.write(hw.VANE_REG_RQ_CTRL, hw.VANE_Q_CTRL_ENABLE),
            self.pf.write(hw.VANE_REG_SQ_BASE, COMMON, "q"),
            self.pf.write(hw.VANE_REG_SQ_SIZE, SQ_LOG2),
            self.pf.write(hw.VANE_REG_SQ_CTRL, hw.VANE_Q_CTRL_ENABLE),
            self.pf.write(hw.VANE_REG_PF_CTRL, hw.VANE_PF_CTRL_READY),
            self.pf.read(hw.VANE_REG_STATUS))
        if not answers[-1] & hw.VANE_STATUS_PF_READY:
            raise DeviceError("the PF is not ready")

    # The PF's commands

    def _fill_slot(self, op, body):
        ring = self.sq_tail % (1 << SQ_LOG2)
        phase = bool(self.sq_tail >> SQ_LOG2 & 1)
        slot = SLOT.pack(0, hw.VANE_SQ_COMMAND, 0, 0,
                         put(hw.VANE_SLOT_PHASE, phase), op, len(body), 0, 0) + body
        address = COMMON + ring * SLOT_SIZE
        self.qtest.memory[address:address + SLOT_SIZE] = slot.ljust(SLOT_SIZE, b"\0")
        self.sq_tail = (self.sq_tail + 1) & 0xffff
        return address, not phase

    def commands(self, *messages):
        """Runs commands (opcode, body): of each its slot's address and status."""
        slots = [self._fill_slot(*message) for message in messages]
        self.qtest.run(self.pf.write(hw.VANE_REG_SQ_DB, self.sq_tail))

        def done():
            word, = self.qtest.get("<Q", slots[-1][0] + SLOT_DONE)
            return bool(word & hw.VANE_SLOT_PHASE) == slots[-1][1]

        self.qtest.wait(done, "a command")
        return [(address, field(self.qtest.get("<Q", address + SLOT_DONE)[0],
                                hw.VANE_SLOT_STATUS)) for address, _ in slots]

    def command(self, op, fmt, *values):
        return self.commands((op, struct.pack(fmt, *values)))[0][1]

    def port_set(self, number, fields):
        valid = 0
        for name, bit in (("mac", hw.VANE_PORT_VALID_MAC),
                          ("own_mac", hw.VANE_PORT_VALID_OWN_MAC),
                          ("vlan", hw.VANE_PORT_VALID_VLAN),
                          ("channel", hw.VANE_PORT_VALID_CHANNEL),
                          ("prio_map", hw.VANE_PORT_VALID_PRIO_MAP),
                          ("flags", hw.VANE_PORT_VALID_FLAGS)):
            if name in fields:
                valid |= bit
        tpid, tci = fields.get("vlan", (0, 0))
        channel = fields.get("channel", 0)
        return self.command(
            hw.VANE_CMD_PORT_SET, "<HHI6sHHHI26x6sQ", number, channel >> 16, valid,
            fields.get("mac", b""), tci, tpid, channel & 0xffff,
            fields.get("flags", 0), fields.get("own_mac", b""),
            fields.get("prio_map", 0))

    def _filter(self, op, number, macs):
        return self.command(op, "<HHHH192s", number, 0, len(macs), 0,
                            b"".join(macs))

    def filter_add(self, number, macs):
        return self._filter(hw.VANE_CMD_FILTER_ADD, number, macs)

    def filter_del(self, number, macs):
        return self._filter(hw.VANE_CMD_FILTER_DEL, number, macs)

    def filter_clear(self, number):
        return self.command(hw.VANE_CMD_FILTER_CLEAR, "<H6x", number)

    def vlan_add(self, number, vid, proto):
        return self.command(hw.VANE_CMD_VLAN_ADD, "<HHH2x", number, vid, proto)

    def vlan_del(self, number, vid, proto):
        return self.command(hw.VANE_CMD_VLAN_DEL, "<HHH2x", number, vid, proto)

    def rx_mode(self, number, mode):
        return self.command(hw.VANE_CMD_RX_MODE, "<HHI", number, 0, mode)

    def trunk_set(self, number, first, vids):
        bitmap = sum(1 << (vid - first) for vid in vids)
        return self.command(hw.VANE_CMD_TRUNK_SET, "<HH4x128s", number, first,
                            bitmap.to_bytes(hw.VANE_TRUNK_VIDS // 8, "little"))

    def switch_set(self, mode):
        return self.command(hw.VANE_CMD_SWITCH_SET, "<II", mode, 0)

    def list_set(self, number, members):
        bitmap = sum(1 << index for index in members if index != PF)
        return self.command(hw.VANE_CMD_LIST_SET, "<HBB4x32s", number & 0xffff,
                            PF in members, number >> 16,
                            bitmap.to_bytes(hw.VANE_MAX_VFS // 8, "little"))

    def channel_set(self, number, channel, grant):
        return self.command(hw.VANE_CMD_CHANNEL_SET, "<HHI", number,
                            put(hw.VANE_CHANNEL_GRANT, grant), channel)

    # What the function itself does

    def function_reset(self, number, kind):
        """@kind: command (of the PF), ctrl (the function's own) or flr."""
        function = self.functions[number]
        status = hw.VANE_OK
        if kind == "command":
            status = self.command(hw.VANE_CMD_VF_RESET, "<H6x", number)
        elif kind == "flr":
            function.flr()
        else:
            self.qtest.run(function.write(hw.VANE_REG_CTRL, hw.VANE_CTRL_RESET))
        if number == PF:
            self._start_pf()
        else:
            function.start()
        return status

    def max_frame(self, number, length):
        self.qtest.run(self.functions[number].write(hw.VANE_REG_MAX_FRAME, length))

    def vlan_strip(self, number, on):
        function = self.functions[number]
        function.strip = put(hw.VANE_RXQ_OPT_VLAN_STRIP, on)
        self.qtest.run(function.write(hw.VANE_RXQ(0) + hw.VANE_RXQ_OPT,
                                      function.strip))

    def receiving(self, number, on):
        self.functions[number].stop_rx()
        if on:
            self.functions[number].start_rx()

    def loopback(self, number, on):
        self.qtest.run(self.functions[number].write(
            hw.VANE_REG_CTRL, hw.VANE_CTRL_ENABLE | put(hw.VANE_CTRL_LOOPBACK, on)))

    # Frames

    def send(self, number, burst):
        function = self.functions[number]
        self.qtest.run(function.send(burst))
        self.burst_from = function

    def wire(self, burst):
        for frame in burst:
            self.qtest.send(frame)
        self.burst_from = None

    def finish(self, received):
        """Waits until the burst is done, and adds what came to @received."""
        def done():
            received[WIRE] += [(frame, None, 0) for frame in self.qtest.receive()]
            if self.burst_from:
                return self.burst_from.all_sent()
            return self.qtest.sent()

        self.qtest.wait(done, "the end of a burst")
        self.collect(received)

    def collect(self, received):
        """Adds to @received what has come since."""
        self.qtest.step()
        received[WIRE] += [(frame, None, 0) for frame in self.qtest.receive()]
        for number, function in self.functions.items():
            received[number] += function.received()

    def counters(self):
        """Those of all functions in use."""
        numbers = [number for number in self.functions if number != PF]
        first = min(numbers)
        count = max(numbers) - first + 1
        (_, one), (pf, two) = self.commands(
            (hw.VANE_CMD_VF_STATS_READ,
             struct.pack("<HHHHQ", first, count, hw.VANE_STAT_COUNT, 0, STATS)),
            (hw.VANE_CMD_STATS_GET, struct.pack("<H6x", PF)))
        if one or two:
            raise DeviceError(f"no counters: status {one} and {two}")
        result = {number: COUNTERS.unpack_from(
            self.qtest.memory, STATS + (number - first) * COUNTERS.size)
                  for number in numbers}
        result[PF] = COUNTERS.unpack_from(self.qtest.memory, pf + SLOT.size)
        return result

    def tag_counters(self):
        """Those of frames that were dropped for their channel tag."""
        (address, status), = self.commands((hw.VANE_CMD_TAG_STATS_GET, b""))
        if status:
            raise DeviceError(f"no counters of channel tags: status {status}")
        return TAG_COUNTERS.unpack_from(self.qtest.memory, address + SLOT.size)

    def tags_risen(self):
        """What those have risen by since this configuration began."""
        return [now - then for now, then in zip(self.tag_counters(),
                                                self.tag_baseline)]

    def risen(self):
        """What the counters have risen by since this configuration began."""
        return {number: [now - then for now, then in
                         zip(counters, self.functions[number].baseline)]
                for number, counters in self.counters().items()}
