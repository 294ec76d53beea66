# SPDX-License-Identifier: GPL-2.0-only
"""What the cases share: a QEMU, the PF, VFs, and checks."""

import contextlib
import struct
import traceback

import ether
import pci
import regs
from driver import Machine
from messages import ADDRS, CAPS, NEGOTIATE_REQ, NEGOTIATE_RSP, Pf, Vf
from qtest import Qtest


class Failure(Exception):
    """The device does something else than the datasheet says."""


def equal(found, expected, what):
    if found != expected:
        def text(value):
            return hex(value) if isinstance(value, int) else str(value)
        raise Failure(f"{what}: {text(found)}, not {text(expected)}")


def true(condition, what):
    if not condition:
        raise Failure(f"not so: {what}")


def risen(before, after):
    """The counters that are higher now."""
    return {name: after[name] - count for name, count in before.items()
            if after[name] != count}


class Bench:
    """The machine of a case. VF i has MAC ether.mac(i + 1)."""

    def __init__(self):
        self.qtest = Qtest("-d", "guest_errors", "-qtest-log", "/dev/null")
        self.machine = Machine(self.qtest)
        pci.set_up_bus(self.qtest)
        self.pf = None
        self.sriov = None
        self.vfs = []
        self.errors = 0

    def close(self):
        self.qtest.close()

    # Bring-up

    def begin(self, vfs=2, page_size=4096, **vf_options):
        """Everything as after a reset of the PF, and VFs that run."""
        self.pf = Pf(self.machine)
        self.pf.config.flr()
        self.machine.reset_memory()
        self.qtest.receive()
        self.start_pf()
        self.start_vfs(vfs, page_size)
        for vf in self.vfs:
            vf.start(**vf_options)
            self.negotiate(vf)

    def start_pf(self):
        self.pf.base_address()
        self.pf.start()
        self.pf.serve()
        station = self.pf.read64(regs.REG_PERM_MAC).to_bytes(8, "little")[:6]
        self.ok(self.pf.port_set(regs.PORT_PF, mac=station, flags=regs.PORT_FLAG_LINK),
                "PORT_SET of the PF")

    def start_vfs(self, count, page_size=4096):
        for index in range(count):
            self.set_port(index)
        self.sriov = pci.Sriov(self.pf.config)
        if count:
            self.sriov.enable(count, page_size)
        self.vfs = [Vf(self.machine, index, pci.vf_rid(index), self.sriov.vf_bar(index))
                    for index in range(count)]
        for index in range(count):
            self.ok(self.pf.status_set(index, ether.mac(index + 1)), "STATUS_SET")

    def set_port(self, index):
        self.ok(self.pf.port_set(index, mac=ether.mac(index + 1),
                                 flags=regs.PORT_FLAG_LINK | regs.PORT_FLAG_SPOOFCHK),
                "PORT_SET of a VF")

    def negotiate(self, vf):
        body = self.granted(vf, regs.MBOX_NEGOTIATE,
                            NEGOTIATE_REQ.pack(regs.ABI_MAJOR, regs.ABI_MINOR, CAPS))
        return NEGOTIATE_RSP.unpack(body)

    # Mailbox

    def ask(self, vf, op, body):
        """A VF's request, which the PF answers."""
        equal(vf.post(op, body), regs.ERROR_NONE, "mailbox error")

        def answered():
            self.pf.answer_all()
            return not vf.busy()

        self.qtest.wait(answered, "a reply")
        return vf.reply()

    def granted(self, vf, op, body):
        status, answer = self.ask(vf, op, body)
        self.ok(status, f"request {op}")
        return answer

    def filters(self, vf, op, macs):
        return self.ask(vf, op, ADDRS.pack(len(macs), 0, b"".join(macs)))[0]

    def notices(self):
        """What the device has told the PF about VFs since the last call."""
        self.settle()
        equal(self.pf.next_slot(), None, "requests")
        result, self.pf.notices = self.pf.notices, []
        return result

    # Frames

    def wire(self, frame):
        """A frame to the NIC."""
        self.qtest.send(frame)
        self.qtest.wait(self.qtest.sent, "a frame from the uplink")
        self.settle()

    def from_wire(self, count):
        """Frames that the NIC sends by the uplink."""
        frames = []

        def enough():
            frames.extend(self.qtest.receive())
            return len(frames) >= count

        self.qtest.wait(enough, "a frame at the uplink")
        equal(len(frames), count, "frames at the uplink")
        return frames

    def settle(self):
        """Lets QEMU's main loop turn until what was begun has come about."""
        for _ in range(3):
            self.qtest.step()

    def pass_time(self, microseconds):
        self.qtest.run(f"clock_step {microseconds * 1000}")

    def within(self, microseconds, condition, what):
        """Sees that something comes about in so much of the guest's time."""
        for _ in range(microseconds):
            if condition():
                return
            self.pass_time(1)
        raise Failure(f"not within {microseconds} us: {what}")

    # Checks

    @staticmethod
    def ok(status, what):
        equal(status, regs.OK, f"status of {what}")

    @contextlib.contextmanager
    def guilty(self, what):
        """What is done inside breaks a rule of access: the device says so."""
        before = self.machine.guest_errors()
        yield
        found = self.machine.guest_errors()
        true(found > before, f"a guest error for {what}")
        self.errors += found - before

    @contextlib.contextmanager
    def mistaken(self):
        """What is done inside is wrong, and the device may say so."""
        before = self.machine.guest_errors()
        yield
        self.errors += self.machine.guest_errors() - before

    @contextlib.contextmanager
    def counts(self, function, **expected):
        """The counters of a function that rise inside, and by how much."""
        before = function.counters()
        yield
        equal(risen(before, function.counters()), expected, "counters that rose")

    def check_errors(self):
        found = self.machine.guest_errors()
        unexpected = self.machine.guest_error_lines()[self.errors:]
        self.errors = found
        if unexpected:
            raise Failure(f"guest errors: {unexpected}")


def stats_of(words):
    """The counters of a record in memory."""
    return dict(zip(regs.STATS, struct.unpack(f"<{len(regs.STATS)}Q", words)))


def run_case(bench, name, case):
    """Runs a case: what was wrong, or an empty string."""
    bench.errors = bench.machine.guest_errors()
    try:
        case(bench)
        bench.check_errors()
        return ""
    except Failure as failure:
        return f"{name}: {failure}"
    except Exception:                   # pylint: disable=broad-exception-caught
        return traceback.format_exc()
