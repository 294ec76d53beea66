# SPDX-License-Identifier: GPL-2.0-only
"""Guests of this guest, with VFs passed through to them.

A machine of tests/vm --nested is the hypervisor here. A Guest boots the same
kernel on the image of tests/env/nested; it has the VF driver and a few programs,
and wherever a function of this library takes a namespace it takes a Guest too::

  guest = Guest("a", [env.give_to_vfio(0)])
  cmd("ip link", guest)
"""

import os
import re
import shlex
import socket
import subprocess
import tempfile
import time

from .ksft import PATIENCE, KsftFail, defer, ksft_true, wait_until

REPO = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../../.."))
# Debian's own: the NIC is no model there.
QEMU = "/usr/bin/qemu-system-x86_64"
IMAGE = f"{REPO}/build/{{}}/nested.cpio"
CONSOLES = "/dev/virtio-ports/vane.consoles"
MEMORY = 192
JOBS = 4
# On a busy machine much memory takes its time to be pinned.
BOOT_TIMEOUT = 100 * PATIENCE


class Job:
    """A command in a guest, with the interface of subprocess.Popen."""

    def __init__(self, guest, channel, line):
        self.guest = guest
        self.channel = channel
        self.returncode = None
        self.stderr = ""
        channel.send(line)

    @property
    def stdout(self):
        """What it prints, line by line, until it ends."""
        while True:
            line, more = self.channel.line()
            if line:
                yield line
            if not more:
                self._end()
                return

    def _end(self):
        if self.returncode is None:
            self.returncode = int(self.channel.until(b"\n"))
            self.stderr = self.channel.until(b"\0").decode(errors="replace")
            self.guest.idle.append(self.channel)

    def communicate(self, timeout):
        """Waits for its end; returns what it printed."""
        if self.guest.stopped or self.returncode is not None:
            return "", self.stderr
        output = self.channel.until(b"\0", timeout).decode(errors="replace")
        self._end()
        return output, self.stderr

    def poll(self):
        """Its status if it has ended; it ends with its guest."""
        if self.guest.stopped:
            return -1
        if self.returncode is None and self.channel.has(b"\0"):
            self.communicate(0)
        return self.returncode

    def kill(self, signal="KILL"):
        """Ends it and all that it started."""
        self.guest.run(["sh", "-c", f"kill -{signal} -- -$(cat "
                        f"/tmp/job.{self.channel.number})"])

    def terminate(self):
        """Asks it to end."""
        self.kill("TERM")


class Channel:
    """A port of the guest where a shell takes commands."""

    def __init__(self, guest, number, path):
        self.guest = guest
        self.number = number
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.pending = b""

    def send(self, line):
        """Sends a line."""
        self.sock.sendall(line.encode() + b"\n")

    def _more(self, timeout):
        self.sock.settimeout(timeout)
        try:
            data = self.sock.recv(65536)
        except (TimeoutError, BlockingIOError):
            raise subprocess.TimeoutExpired(self.guest.name, timeout) from None
        except ConnectionError:
            data = b""
        if not data:
            raise KsftFail(f"guest {self.guest.name} is gone:\n"
                           f"{self.guest.console()[-2000:]}")
        self.pending += data

    def until(self, mark, timeout=10.0 * PATIENCE):
        """What comes before @mark."""
        end = time.monotonic() + timeout
        while mark not in self.pending:
            self._more(max(end - time.monotonic(), 0.001))
        data, self.pending = self.pending.split(mark, 1)
        return data

    def has(self, mark):
        """Has @mark come yet?"""
        try:
            self._more(0)
        except subprocess.TimeoutExpired:
            pass
        return mark in self.pending

    def line(self, timeout=60.0 * PATIENCE):
        """A line of a command's output, and whether there may be more."""
        while b"\n" not in self.pending and b"\0" not in self.pending:
            self._more(timeout)
        line, newline, rest = self.pending.partition(b"\n")
        if b"\0" in line or not newline:
            line, _, self.pending = self.pending.partition(b"\0")
            return line.decode(errors="replace"), False
        self.pending = rest
        return line.decode(errors="replace") + "\n", True


class Machine:
    """A machine that boots IMAGE and takes commands on its ports."""

    def __init__(self, name):
        self.name = name
        # Ends with end().
        # pylint: disable-next=consider-using-with
        self.folder = tempfile.TemporaryDirectory(prefix=f"vane-{name}.")
        self.boot = (f"{os.environ['VANE_BOOT']}/vmlinux",
                     IMAGE.format(os.environ["VANE_KERNEL"]),
                     os.environ["VANE_APPEND"])
        self.idle = []
        self.channels = []
        self.stopped = False

    def path(self, name):
        """A file of its own: "console", "qmp", the sockets "job0" and so on."""
        return f"{self.folder.name}/{name}"

    def read(self, name):
        """What such a file holds."""
        with open(self.path(name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def console(self):
        """What its kernel has said so far."""
        return self.read("console").replace("\r", "")

    def running(self):
        """It has not ended."""
        return not self.stopped

    def _there(self):
        if not self.running():
            raise KsftFail(f"guest {self.name} ended: {self.console()}")
        return os.path.exists(self.path(f"job{JOBS - 1}"))

    def wait(self):
        """Waits until it takes commands; returns itself."""
        if not self.channels:
            wait_until(self._there, BOOT_TIMEOUT / PATIENCE,
                       what=f"QEMU of guest {self.name}")
            self.channels = [Channel(self, number, self.path(f"job{number}"))
                             for number in range(JOBS)]
        for channel in self.channels:
            try:
                channel.until(b"\n", BOOT_TIMEOUT)
            except subprocess.TimeoutExpired:
                raise KsftFail(f"guest {self.name} does not boot:\n"
                               f"{self.console()[-2000:]}") from None
            channel.until(b"\0")
        self.idle = list(self.channels)
        return self

    def popen(self, words, merge=True):
        """Starts a program; its errors come with its output if @merge."""
        channel = self.idle.pop()
        redirect = " 2>&1" if merge else ""
        return Job(self, channel, shlex.join(words) + redirect)

    def run(self, words, timeout=60 * PATIENCE):
        """Runs a program, and returns its CompletedProcess."""
        job = self.popen(words, merge=False)
        output, errors = job.communicate(timeout)
        return subprocess.CompletedProcess(words, job.returncode, output,
                                           errors)

    def ifname(self, mac=""):
        """Name of the interface of its VF, or of that with @mac, once it exists."""
        line = f"grep -l '{mac}' /sys/bus/pci/drivers/vanevf/*/net/*/address"
        found = wait_until(lambda: self.run(["sh", "-c", line]).stdout,
                           what=f"guest {self.name}: interface {mac}")
        return found.split("/")[-2]

    def reboot(self):
        """Has its kernel start again, and waits for it."""
        self.idle.pop().send("reboot -f")
        self.wait()

    def end(self):
        """It has ended; tests/vm checks that its kernel had no complaint."""
        self.stopped = True
        for channel in self.channels:
            channel.sock.close()
        with open(CONSOLES, "w", encoding="utf-8") as consoles:
            for line in self.read("console").splitlines():
                print(f"guest {self.name}: {line}", file=consoles)
        self.folder.cleanup()


class Guest(Machine):
    """A second-level guest, ended with the case."""

    def __init__(self, name, vfs=(), args=(), memory=MEMORY):
        """Starts it, with the functions @vfs, which vfio-pci has.

        @args are further arguments for QEMU, @memory is in MiB.
        """
        super().__init__(name)
        # A regular expression: what else its QEMU says fails the case.
        self.may_say = "terminating on signal"
        command = [QEMU, "-nodefaults", "-no-user-config", "-display", "none",
                   "-accel", "kvm", "-cpu", "host", "-smp", "1",
                   "-machine", "q35,usb=off,smbus=off", "-m", str(memory),
                   "-chardev", f"file,id=console,path={self.path('console')}",
                   "-serial", "chardev:console",
                   "-device", "virtio-serial-pci",
                   "-qmp", f"unix:{self.path('qmp')},server=on,wait=off"]
        for option, value in zip(("-kernel", "-initrd", "-append"), self.boot):
            command += [option, value]
        for number in range(JOBS):
            path = self.path(f"job{number}")
            command += ["-chardev", f"socket,id=job{number},path={path},"
                        "server=on,wait=off",
                        "-device", f"virtserialport,chardev=job{number},"
                        f"name=vane.job.{number}"]
        for function in vfs:
            command += ["-device", f"vfio-pci,host={function.bdf}"]
        with open(self.path("qemu"), "wb") as log:
            # pylint: disable-next=consider-using-with
            self.process = subprocess.Popen(
                command + list(args), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log)
        self.deferred = defer(self.stop)

    def console(self):
        """What its QEMU and its kernel have said so far."""
        return self.read("qemu") + super().console()

    def running(self):
        """It has not ended."""
        return self.process.poll() is None

    def kill(self):
        """Ends it as a crash of QEMU would."""
        self.process.kill()
        self.stop()

    def stop(self):
        """Ends it; its QEMU has no reason to complain either."""
        if self.deferred in type(self.deferred).stack:
            self.deferred.cancel()
        if self.stopped:
            return
        if self.running():
            self.process.terminate()
        self.process.wait(30 * PATIENCE)
        said = self.read("qemu").splitlines()
        self.end()
        for line in said:
            ksft_true(re.search(self.may_say, line), line)
