# SPDX-License-Identifier: GPL-2.0-only
"""Programs and network namespaces."""

import fcntl
import json
import os
import re
import shlex
import socket
import struct
import subprocess

from .ksft import PATIENCE, KsftFail, defer, ksft_pr

CLONE_NEWNET = 0x40000000
# linux/sockios.h, linux/if.h
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
NETNS_DIR = "/run/netns"
CMD_TIMEOUT = 60 * PATIENCE


class CmdError(Exception):
    """A program ended with another status than 0."""

    def __init__(self, args, result):
        super().__init__(f"{shlex.join(args)}: status {result.returncode}\n"
                         f"{result.stdout}{result.stderr}")
        self.result = result


class InNetns:
    """Context manager: the thread is in namespace @name (None: stays)."""

    def __init__(self, name):
        self.name = name
        self.home = None

    def __enter__(self):
        if self.name is None:
            return self
        # The thread's own, and /proc/self is the first thread's.
        self.home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(f"{NETNS_DIR}/{self.name}", os.O_RDONLY)
        try:
            os.setns(there, CLONE_NEWNET)
        finally:
            os.close(there)
        return self

    def __exit__(self, *_exc):
        if self.home is not None:
            os.setns(self.home, CLONE_NEWNET)
            os.close(self.home)
            self.home = None


def _words(command):
    return shlex.split(command) if isinstance(command, str) else list(command)


def run(command, ns=None, stdin=None, timeout=CMD_TIMEOUT):
    """Runs @command, a string or a list; returns its CompletedProcess.

    There is no shell. @ns is the network namespace, or the Guest, it runs in.
    """
    if hasattr(ns, "popen"):
        return ns.run(_words(command), timeout)
    with InNetns(ns):
        return subprocess.run(_words(command), input=stdin, text=True,
                              capture_output=True, timeout=timeout, check=False)


def cmd(command, ns=None, stdin=None, timeout=CMD_TIMEOUT):
    """As run(), but raises CmdError where it fails; returns its output."""
    result = run(command, ns, stdin, timeout)
    if result.returncode != 0:
        raise CmdError(_words(command), result)
    return result.stdout


def cmd_json(command, ns=None):
    """As cmd(), for a program that prints JSON."""
    return json.loads(cmd(command, ns) or "null")


def fails(command, ns=None):
    """@command must fail; returns what it said on stderr."""
    result = run(command, ns)
    if result.returncode == 0:
        raise KsftFail(f"succeeded: {command}")
    return result.stderr.strip()


def ip(args, ns=None):
    """ip @args"""
    return cmd(f"ip {args}", ns)


def ip_json(args, ns=None):
    """ip -json @args"""
    return cmd_json(f"ip -json {args}", ns)


def ip_batch(lines, ns=None):
    """Many ip commands in one process; in a Guest, one after the other."""
    if hasattr(ns, "popen"):
        for line in lines:
            ip(line, ns)
    else:
        cmd("ip -batch -", ns, stdin="\n".join(lines) + "\n")


def ethtool(args, ns=None):
    """ethtool @args"""
    return cmd(f"ethtool {args}", ns)


def ethtool_json(args, ns=None):
    """ethtool --json @args, the first device's"""
    return cmd_json(f"ethtool --json {args}", ns)[0]


def registers(ifname, ns=None):
    """The register dump of ethtool -d, value by offset."""
    raw = cmd(f"ethtool -d {ifname} hex on", ns)
    data = bytes.fromhex("".join(re.findall(r"^0x[0-9a-f]+:\s*(.*)$", raw, re.M)))
    words = struct.unpack(f"<{len(data) // 4}I", data)
    return dict(zip(words[::2], words[1::2]))


def netns_add(name):
    """Makes a namespace without IPv6, for the time of the case."""
    ip(f"netns add {name}")
    defer(ip, f"netns del {name}")
    sysctl("net.ipv6.conf.all.disable_ipv6", 1, name)
    sysctl("net.ipv6.conf.default.disable_ipv6", 1, name)
    with InNetns(name), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", IFF_UP))


def sysctl(name, value, ns=None):
    """Sets a network sysctl."""
    # /proc/sys/net shows the namespace of the process that reads it.
    with InNetns(ns):
        write(f"/proc/sys/{name.replace('.', '/')}", value)


def write(path, value):
    """Writes a sysfs or procfs file; raises OSError if that fails."""
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, f"{value}\n".encode())
    finally:
        os.close(fd)


def read(path):
    """Content of a sysfs or procfs file."""
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read().strip()


def _popen(words, ns):
    if hasattr(ns, "popen"):
        return ns.popen(words)
    with InNetns(ns):
        # Ends with the Background that has it.
        # pylint: disable-next=consider-using-with
        return subprocess.Popen(words, text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)


class Background:
    """A program that runs beside the case, and is ended with it."""

    def __init__(self, command, ns=None, ready=None):
        """@ready: wait for a line of its output that holds this."""
        self.command = command
        self.process = _popen(_words(command), ns)
        self.output = ""
        self.deferred = defer(self.stop)
        if ready:
            self.wait_for(ready)

    def wait_for(self, text):
        """Waits for a line with @text."""
        for line in self.process.stdout:
            self.output += line
            if text in line:
                return
        raise KsftFail(f"{self.command} ended without '{text}':\n{self.output}")

    def wait(self, timeout=CMD_TIMEOUT):
        """Waits for its end, which must be a good one; returns its output."""
        out, _ = self.process.communicate(timeout=timeout)
        self.output += out
        self.deferred.cancel()
        if self.process.returncode != 0:
            raise KsftFail(f"{self.command}: status {self.process.returncode}\n"
                           f"{self.output}")
        return self.output

    def running(self):
        """It has not ended."""
        return self.process.poll() is None

    def stop(self):
        """Ends it now."""
        if self.deferred in type(self.deferred).stack:
            self.deferred.cancel()
        if self.running():
            self.process.terminate()
        try:
            self.process.communicate(timeout=5 * PATIENCE)
        except subprocess.TimeoutExpired:
            ksft_pr(f"killed: {self.command}")
            self.process.kill()
            self.process.communicate()


class KernelLog:
    """The kernel's log from now on, however long it is already."""

    def __init__(self):
        self.file = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        defer(os.close, self.file)
        os.lseek(self.file, 0, os.SEEK_END)
        self.lines = []

    def has(self, text):
        """@text is in a line by now."""
        while True:
            try:
                record = os.read(self.file, 8192).decode()
            except BrokenPipeError:
                continue    # the next ones were overwritten
            except BlockingIOError:
                return any(text in line for line in self.lines)
            self.lines.append(record.partition(";")[2])
