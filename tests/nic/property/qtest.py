# SPDX-License-Identifier: GPL-2.0-only
"""QEMU without a guest, over qtest.

The guest's memory is shared with QEMU, so rings and frames cost no command; only
registers do.
"""

import array
import errno
import fcntl
import mmap
import os
import shlex
import socket
import struct
import subprocess
import tempfile
import termios
import time

# The machine below: its memory, its one root port and the NIC behind that, and the
# addresses that firmware would choose
MEMORY = 128 << 20
ECAM = 0xb0000000
PF_BAR = 0xc0000000
VF_BARS = 0xc4000000
WINDOW_END = 0xcfffffff
ROOT_PORT = 0x0020                  # bus 0, device 4
PF_RID = 0x0100                     # bus 1, device 0
WAIT_S = 30
STEP_NS = 200_000                   # of the guest's time while the device works


class DeviceError(Exception):
    """The device does not do what every driver needs, or QEMU ended."""


class Qtest:
    """QEMU, its memory, and the far end of the uplink."""

    def __init__(self, *options):
        self.memory_fd = os.memfd_create("memory")
        os.ftruncate(self.memory_fd, MEMORY)
        self.memory = mmap.mmap(self.memory_fd, MEMORY)
        self.control, control = socket.socketpair(socket.AF_UNIX,
                                                  socket.SOCK_STREAM)
        self.uplink, uplink = socket.socketpair(socket.AF_UNIX,
                                                socket.SOCK_DGRAM)
        self.control.settimeout(WAIT_S)
        self.uplink.setblocking(False)
        self.answers = self.control.makefile("r", encoding="ascii")
        self.log = tempfile.TemporaryFile()  # pylint: disable=consider-using-with
        command = ["setpriv", "--pdeathsig", "KILL",
                   *shlex.split(os.environ["QTEST_QEMU_BINARY"]),
                   *f"-accel qtest -display none -nodefaults -m {MEMORY >> 20}M"
                   f" -object memory-backend-file,id=ram,size={MEMORY},share=on,"
                   f"mem-path=/proc/self/fd/{self.memory_fd}"
                   " -machine q35,memory-backend=ram"
                   f" -chardev socket,id=qtest,fd={control.fileno()}"
                   " -qtest chardev:qtest"
                   " -device pcie-root-port,id=rp,bus=pcie.0,addr=4,chassis=1,"
                   "bus-reserve=1"
                   f" -netdev dgram,id=up,local.type=fd,local.str={uplink.fileno()}"
                   " -device vane,id=nic,bus=rp,addr=0,netdev=up,"
                   "mac=52:54:00:12:34:56".split(), *options]
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            pass_fds=(self.memory_fd, control.fileno(), uplink.fileno()))
        control.close()
        uplink.close()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.answers.close()
        self.control.close()
        self.uplink.close()
        self.log.close()
        self.memory.close()
        os.close(self.memory_fd)

    def last_words(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace").strip()

    def run(self, *commands):
        """Runs commands; the value that each answers, or 0."""
        try:
            self.control.sendall(("\n".join(commands) + "\n").encode())
            return [self._answer() for _ in commands]
        except OSError as error:
            raise DeviceError(f"QEMU: {error}: {self.last_words()}") from error

    def _answer(self):
        line = self.answers.readline()
        while line.startswith("IRQ"):
            line = self.answers.readline()
        if not line.startswith("OK"):
            self.process.poll()
            raise DeviceError(f"QEMU ended ({self.process.returncode}), or said "
                              f"{line!r}: {self.last_words()}")
        return int(line[3:] or "0", 0)

    def step(self):
        """Time passes, and QEMU's main loop turns."""
        self.run(f"clock_step {STEP_NS}")

    def wait(self, condition, what):
        end = time.monotonic() + WAIT_S
        while not condition():
            if time.monotonic() > end:
                raise DeviceError(f"never: {what}")
            self.step()

    def get(self, fmt, address):
        return struct.unpack_from(fmt, self.memory, address)

    def set(self, fmt, address, *values):
        struct.pack_into(fmt, self.memory, address, *values)

    def clear(self, address, size):
        self.memory[address:address + size] = bytes(size)

    def send(self, frame):
        """To the NIC, by its uplink."""
        while True:
            try:
                self.uplink.send(frame)
                return
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.ENOBUFS):
                    raise
            self.step()

    def sent(self):
        """Has QEMU taken all of it?"""
        left = array.array("i", [0])
        fcntl.ioctl(self.uplink, termios.TIOCOUTQ, left)
        return not left[0]

    def receive(self):
        """What has come from the NIC by its uplink."""
        frames = []
        while True:
            try:
                frames.append(self.uplink.recv(1 << 17))
            except BlockingIOError:
                return frames
