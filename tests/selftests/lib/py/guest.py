# SPDX-License-Identifier: GPL-2.0-only
"""Guests of this guest, with VFs passed through to them.

A machine of tests/vm --nested is the hypervisor here. A Guest boots the same
kernel on the image of tests/env/nested; it has the VF driver and a few programs,
and wherever a function of this library takes a namespace it takes a Guest too::

  guest = Guest("a", [env.give_to_vfio(0)])
  cmd("ip link", guest)
"""

import os
import shlex
import socket
import subprocess
import tempfile
import time

from .ksft import SLOWNESS, KsftFail, defer, ksft_in, wait_until

REPO = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../../.."))
QEMU = f"{REPO}/build/qemu/qemu-system-x86_64"
IMAGE = f"{REPO}/build/{{}}/nested.cpio"
CONSOLES = "/dev/virtio-ports/vane.consoles"
FIRMWARE = ("/usr/share/seabios", "/usr/share/qemu")
MEMORY = 192
JOBS = 4
BOOT_TIMEOUT = 60 * SLOWNESS


class Job:
    """A command in a guest, for who knows subprocess.Popen."""

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

    def until(self, mark, timeout=10.0 * SLOWNESS):
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

    def line(self, timeout=60.0 * SLOWNESS):
        """A line of a command's output, and whether there may be more."""
        while b"\n" not in self.pending and b"\0" not in self.pending:
            self._more(timeout)
        line, newline, rest = self.pending.partition(b"\n")
        if b"\0" in line or not newline:
            line, _, self.pending = self.pending.partition(b"\0")
            return line.decode(errors="replace"), False
        self.pending = rest
        return line.decode(errors="replace") + "\n", True


class Guest:
    """A second-level guest, ended with the case."""

    def __init__(self, name, vfs=(), args=(), memory=MEMORY):
        """Starts it, with the functions @vfs, which vfio-pci has.

        @args are further arguments for QEMU, @memory is in MiB.
        """
        self.name = name
        # Ends with the defer below.
        # pylint: disable-next=consider-using-with
        self.folder = tempfile.TemporaryDirectory(prefix=f"vane-{name}.")
        kernel = os.environ["VANE_KERNEL"]
        command = [QEMU, "-nodefaults", "-no-user-config", "-display", "none",
                   "-accel", "kvm", "-cpu", "host", "-smp", "1",
                   "-machine", "q35,usb=off,smbus=off", "-m", str(memory),
                   "-kernel", f"{os.environ['VANE_BOOT']}/vmlinux",
                   "-initrd", IMAGE.format(kernel),
                   "-append", os.environ["VANE_APPEND"],
                   "-chardev", f"file,id=console,path={self._path('console')}",
                   "-serial", "chardev:console",
                   "-device", "virtio-serial-pci",
                   "-qmp", f"unix:{self._path('qmp')},server=on,wait=off"]
        for folder in FIRMWARE:
            command += ["-L", folder]
        for number in range(JOBS):
            path = self._path(f"job{number}")
            command += ["-chardev", f"socket,id=job{number},path={path},"
                        "server=on,wait=off",
                        "-device", f"virtserialport,chardev=job{number},"
                        f"name=vane.job.{number}"]
        for function in vfs:
            command += ["-device", f"vfio-pci,host={function.bdf}"]
        self.idle = []
        self.channels = []
        self.stopped = False
        with open(self._path("qemu"), "wb") as log:
            # pylint: disable-next=consider-using-with
            self.process = subprocess.Popen(
                command + list(args), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log)
        self.deferred = defer(self.stop)

    def _path(self, name):
        return f"{self.folder.name}/{name}"

    def _read(self, name):
        with open(self._path(name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def console(self):
        """What its kernel, and its QEMU, have said so far."""
        return self._read("qemu") + self._read("console").replace("\r", "")

    def _there(self):
        if not self.running():
            raise KsftFail(f"guest {self.name} ended: {self.console()}")
        return os.path.exists(self._path(f"job{JOBS - 1}"))

    def wait(self):
        """Waits until it takes commands; returns itself."""
        if not self.channels:
            wait_until(self._there, BOOT_TIMEOUT / SLOWNESS,
                       what=f"QEMU of guest {self.name}")
            self.channels = [Channel(self, number, self._path(f"job{number}"))
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

    def run(self, words, timeout=60 * SLOWNESS):
        """Runs a program, and returns its CompletedProcess."""
        job = self.popen(words, merge=False)
        output, errors = job.communicate(timeout)
        return subprocess.CompletedProcess(words, job.returncode, output,
                                           errors)

    def ifname(self):
        """Name of the interface of its VF, once that exists."""
        path = "/sys/bus/pci/drivers/vanevf/*/net"
        found = wait_until(lambda: self.run(["sh", "-c", f"ls {path}"]).stdout,
                           what=f"guest {self.name}: interface")
        return found.strip()

    def reboot(self):
        """Has its kernel start again, and waits for it."""
        self.idle.pop().send("reboot -f")
        self.wait()

    def running(self):
        """It has not ended."""
        return self.process.poll() is None

    def kill(self):
        """Ends it as a crash of QEMU would."""
        self.process.kill()
        self.stop()

    def stop(self):
        """Ends it; its kernel has no reason to complain, tests/vm looks."""
        if self.deferred in type(self.deferred).stack:
            self.deferred.cancel()
        if self.stopped:
            return
        self.stopped = True
        if self.running():
            self.process.terminate()
        self.process.wait(30 * SLOWNESS)
        for channel in self.channels:
            channel.sock.close()
        with open(CONSOLES, "w", encoding="utf-8") as consoles:
            for line in self._read("console").splitlines():
                print(f"guest {self.name}: {line}", file=consoles)
        for line in self._read("qemu").splitlines():
            ksft_in("terminating on signal", line, f"QEMU of guest {self.name}")
        self.folder.cleanup()
