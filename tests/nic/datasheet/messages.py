# SPDX-License-Identifier: GPL-2.0-only
"""The two ends of the mailbox, and the PF's commands (sections 10 and 11)."""

import struct

import regs
from driver import Function
from qtest import DeviceError
from regs import get

HEADER = struct.Struct("<HHHH")             # op, len, seq, status
RQ_SLOT = struct.Struct("<HBBIIHH")         # vf, type, -, generation, the notice
SQ_SLOT = struct.Struct("<HBBI")            # vf, type, flags, generation
NEGOTIATE_REQ = struct.Struct("<HHI")
NEGOTIATE_RSP = struct.Struct("<HHI6sHHHHHQ")
ADDRS = struct.Struct("<HH192s")
PORT = struct.Struct("<HHI6sHHHIQHHIIIH6sQ")
COUNTERS = struct.Struct(f"<{len(regs.STATS)}Q")
PORT_COUNTERS = struct.Struct(f"<{len(regs.PORT_STATS)}Q")
TAG_COUNTERS = struct.Struct(f"<{len(regs.TAG_STATS)}Q")
STATUS = struct.Struct("<HHIIIII6sH")
CAPS = regs.MBOX_CAP_FILTERS | regs.MBOX_CAP_VLAN


def channel_list(number, pf=0, vfs=b""):
    """The body of LIST_SET and LIST_GET."""
    return struct.pack("<HBB4x32s", number & 0xffff, pf, number >> 16, vfs)


def addrs(macs):
    return ADDRS.pack(len(macs), 0, b"".join(macs))


class Vf(Function):
    """A VF, which asks by its mailbox."""

    def __init__(self, machine, index, rid, bar):
        super().__init__(machine, rid, bar)
        self.index = index
        self.seq = 0

    def post(self, op, body):
        """Sends a request: the error of the doorbell."""
        self.seq = (self.seq + 1) & 0xffff
        message = HEADER.pack(op, len(body), self.seq, 0) + body
        padded = message + bytes(-len(message) & 3)
        for i, word in enumerate(struct.unpack(f"<{len(padded) // 4}I", padded)):
            self.write(regs.REG_MBOX_REQ + i * 4, word)
        self.write(regs.REG_MBOX_DB, len(message))
        return get(regs.MBOX_STATE_ERROR, self.read(regs.REG_MBOX_STATE))

    def busy(self):
        return bool(self.read(regs.REG_MBOX_STATE) & regs.MBOX_STATE_BUSY)

    def window(self, length):
        words = [self.read(regs.REG_MBOX_RSP + i) for i in range(0, length, 4)]
        return struct.pack(f"<{len(words)}I", *words)[:length]

    def reply(self):
        """Status and body of the reply."""
        op, length, seq, status = HEADER.unpack(self.window(8))
        if seq != self.seq:
            raise DeviceError(f"a reply to request {seq}, of opcode {op}")
        return status, self.window(8 + length)[8:]


class SlotQueue:
    """RQ or SQ: registers, and slots in memory."""

    def __init__(self, pf, at, log2):
        self.pf = pf
        self.qtest = pf.qtest
        self.at = at
        self.size = 1 << log2
        self.count = 0
        self.slots = pf.machine.alloc(self.size * regs.SLOT_SIZE)
        pf.write64(at + regs.SLOTQ_BASE, self.slots)
        pf.write(at + regs.SLOTQ_SIZE, log2)
        pf.write(at + regs.SLOTQ_CTRL, regs.Q_CTRL_ENABLE)
        if self.state() != regs.Q_STATE_ENABLED:
            raise DeviceError(f"a queue of the PF says {self.state():#x}")

    def state(self):
        return self.pf.read(self.at + regs.SLOTQ_STATE)

    def slot(self, count):
        return self.slots + count % self.size * regs.SLOT_SIZE

    def last(self, count):
        """valid or done of the slot, or None if it is not yet."""
        word, = self.qtest.get("<Q", self.slot(count) + regs.SLOT_LAST)
        phase = not count // self.size & 1
        return word if bool(word & regs.SLOT_PHASE) == phase else None

    def passed(self):
        self.count = (self.count + 1) & 0xffff

    def doorbell(self):
        self.pf.write(self.at + regs.SLOTQ_DB, self.count)


class Pf(Function):
    """The PF: commands, and answers to the VFs."""

    def __init__(self, machine):
        super().__init__(machine)
        self.rq = self.sq = None
        self.notices = []
        self.negotiated = {}                # generation of each VF that did
        self.trusted = set()
        self.macs = {}

    def serve(self):
        """RQ, SQ, and readiness."""
        self.rq = SlotQueue(self, regs.REG_RQ, regs.RQ_LOG2_MIN)
        self.sq = SlotQueue(self, regs.REG_SQ, regs.RING_LOG2_MIN)
        self.write(regs.REG_PF_CTRL, regs.PF_CTRL_READY)
        if not self.status() & regs.STATUS_PF_READY:
            raise DeviceError("the PF is not ready")

    # SQ

    def _submit(self, head, message):
        """Fills a slot, and waits for it: status, and the answer's length."""
        at = self.sq.slot(self.sq.count)
        self.qtest.memory[at:at + 8] = head
        start = at + regs.SLOT_MSG
        self.qtest.memory[start:start + len(message)] = message
        count = self.sq.count
        self.sq.passed()
        self.sq.doorbell()
        self.qtest.wait(lambda: self.sq.last(count) is not None, "the end of a slot")
        word = self.sq.last(count)
        body = start + HEADER.size
        return (get(regs.SLOT_STATUS, word),
                self.qtest.memory[body:body + get(regs.SLOT_LEN, word)])

    def command(self, op, body, flags=0):
        """Status and answer."""
        return self._submit(SQ_SLOT.pack(0, regs.SQ_COMMAND, flags, 0),
                            HEADER.pack(op, len(body), 0, 0) + body)

    def order(self, op, fmt, *values):
        """A command of which the status is all there is."""
        return self.command(op, struct.pack(fmt, *values))[0]

    def answer(self, index, generation, message, status, body=b""):
        """The reply to a request: the status of the slot."""
        op, _, seq, _ = HEADER.unpack_from(message)
        return self._submit(SQ_SLOT.pack(index, regs.SQ_REPLY, 0, generation),
                            HEADER.pack(op, len(body), seq, status) + body)[0]

    # RQ

    def next_slot(self):
        """What the device has to say: (vf, generation, message), or None.

        Notices go to self.notices.
        """
        while (word := self.rq.last(self.rq.count)) is not None:
            at = self.rq.slot(self.rq.count)
            slot = RQ_SLOT.unpack_from(self.qtest.memory, at)
            vf, kind, _, generation, *notice = slot
            start = at + regs.SLOT_MSG
            message = self.qtest.memory[start:start + get(regs.SLOT_LEN, word)]
            self.rq.passed()
            self.rq.doorbell()
            if kind == regs.RQ_REQUEST:
                return vf, generation, message
            self.notices.append((vf, generation, *notice))
        return None

    def answer_all(self):
        """Answers what VFs have asked."""
        while request := self.next_slot():
            vf, generation, message = request
            op, length, _, _ = HEADER.unpack_from(message)
            if op == regs.MBOX_NEGOTIATE:
                self.negotiated[vf] = generation
            status, body = regs.ERR_STATE, b""
            if self.negotiated.get(vf) == generation:
                status, body = self.decide(vf, op, message[8:8 + length])
            self.answer(vf, generation, message, status, body)

    def decide(self, vf, op, body):
        """Performs a request: status, and the reply's body."""
        if op == regs.MBOX_NEGOTIATE:
            return self._negotiate(vf, body)
        if op == regs.MBOX_MAC_SET:
            status = self.port_set(vf, own_mac=body[:6])
            return status or self.status_set(vf, mac=body[:6]), b""
        commands = {regs.MBOX_FILTER_ADD: regs.CMD_FILTER_ADD,
                    regs.MBOX_FILTER_DEL: regs.CMD_FILTER_DEL,
                    regs.MBOX_VLAN_ADD: regs.CMD_VLAN_ADD,
                    regs.MBOX_VLAN_DEL: regs.CMD_VLAN_DEL}
        if op in (regs.MBOX_FILTER_ADD, regs.MBOX_FILTER_DEL):
            status = self.order(commands[op], "<HH196s", vf, 0, body)
        elif op in commands:
            vid, = struct.unpack_from("<H", body)
            status = self.order(commands[op], "<HHHH", vf, vid, 0x8100, 0)
        elif op == regs.MBOX_RX_MODE:
            mode, = struct.unpack_from("<I", body)
            status = regs.ERR_DENIED
            if not mode & regs.RX_MODE_PROMISC or vf in self.trusted:
                status = self.order(regs.CMD_RX_MODE, "<HHI", vf, 0, mode)
        else:
            status = regs.ERR_UNSUPPORTED
        return status, b""

    def _negotiate(self, vf, body):
        if len(body) < NEGOTIATE_REQ.size:
            return regs.ERR_LENGTH, b""
        major, minor, caps = NEGOTIATE_REQ.unpack_from(body)
        if major != regs.ABI_MAJOR:
            return regs.ERR_UNSUPPORTED, b""
        self.order(regs.CMD_FILTER_CLEAR, "<H6x", vf)
        return regs.OK, NEGOTIATE_RSP.pack(
            regs.ABI_MAJOR, min(minor, regs.ABI_MINOR), caps & CAPS,
            self.macs.get(vf, bytes(6)), regs.VF_QUEUES, regs.VF_VECTORS, 32, 32,
            regs.MAX_FRAME, 0)

    # Commands

    def port_set(self, port, **fields):
        """PORT_SET of what is named."""
        valid = 0
        for bit, names in ((regs.PORT_VALID_MAC, ("mac",)),
                           (regs.PORT_VALID_VLAN, ("vlan",)),
                           (regs.PORT_VALID_CHANNEL, ("channel",)),
                           (regs.PORT_VALID_FLAGS, ("flags",)),
                           (regs.PORT_VALID_FEATURES, ("features",)),
                           (regs.PORT_VALID_RESOURCES, ("queues", "vectors")),
                           (regs.PORT_VALID_COOKIE, ("cookie",)),
                           (regs.PORT_VALID_RATE, ("tx_max", "tx_share", "rate_group")),
                           (regs.PORT_VALID_OWN_MAC, ("own_mac",)),
                           (regs.PORT_VALID_PRIO_MAP, ("prio_map",))):
            if any(name in fields for name in names):
                valid |= bit
        proto, tci = fields.get("vlan", (0, 0))
        channel = fields.get("channel", 0)
        numbers = [channel & 0xffff] + [fields.get(name, 0) for name in (
            "flags", "features", "queues", "vectors", "cookie", "tx_max",
            "tx_share", "rate_group")]
        return self.command(regs.CMD_PORT_SET, PORT.pack(
            port, channel >> 16, valid, fields.get("mac", b""), tci, proto, *numbers,
            fields.get("own_mac", b""), fields.get("prio_map", 0)))[0]

    def port_get(self, port):
        """The fields of PORT_GET, by their order in the structure."""
        status, body = self.command(regs.CMD_PORT_GET,
                                    PORT.pack(port, *PORT.unpack(bytes(64))[1:]))
        return status, PORT.unpack(body) if not status else None

    def status_set(self, vf, mac=bytes(6), flags=regs.STATUS_LINK_UP, max_frame=0,
                   speed=10000, event=True):
        self.macs[vf] = mac
        return self.command(regs.CMD_STATUS_SET, STATUS.pack(
            vf, 0, regs.EVENT_STATUS if event else 0, flags, speed, 1, max_frame, mac,
            0))[0]

    def stats_get(self, port):
        status, body = self.command(regs.CMD_STATS_GET, struct.pack("<H6x", port))
        if status:
            raise DeviceError(f"STATS_GET says {status}")
        return dict(zip(regs.STATS, COUNTERS.unpack(body)))

    def port_stats(self):
        status, body = self.command(regs.CMD_PORT_STATS_GET, b"")
        if status:
            raise DeviceError(f"PORT_STATS_GET says {status}")
        return dict(zip(regs.PORT_STATS, PORT_COUNTERS.unpack(body)))

    def tag_stats(self):
        status, body = self.command(regs.CMD_TAG_STATS_GET, b"")
        if status:
            raise DeviceError(f"TAG_STATS_GET says {status}")
        return dict(zip(regs.TAG_STATS, TAG_COUNTERS.unpack(body)))

    def filter_add(self, port, macs):
        return self.order(regs.CMD_FILTER_ADD, "<HH196s", port, 0, addrs(macs))

    def grant(self, vf, channel, flags=regs.CHANNEL_GRANT):
        return self.order(regs.CMD_CHANNEL_SET, "<HHI", vf, flags, channel)

    def granted(self, channel):
        """(VF, channel) of the first that is not below @channel, or None."""
        status, body = self.command(regs.CMD_CHANNEL_GET,
                                    struct.pack("<HHI", 0, 0, channel))
        if status == regs.ERR_NOT_FOUND:
            return None
        vf, flags, channel = struct.unpack("<HHI", body)
        if status or flags != regs.CHANNEL_GRANT:
            raise DeviceError(f"CHANNEL_GET says {status}, flags {flags}")
        return vf, channel

    def switch(self, mode):
        return self.order(regs.CMD_SWITCH_SET, "<II", mode, 0)
