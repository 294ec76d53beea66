#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: faults @debug --uplink switch --allow sleeping.function.called.+sched/mm.h
"""One allocation of the drivers fails: what was asked for may fail, the interface
comes back by itself, and the next try works.

By fail-nth of the kernel's fault injection, for the tasks that run the drivers'
code: the test's own, and the kernel's worker threads, where a function comes back
from its reset. Only allocations below a function of the drivers are counted.

Without anything else a sample of the allocations fails, by VANE_SEED. With
VANE_SWEEP=1 each does, one after the other, which takes an hour.
"""

import contextlib
import os
import random
import subprocess

from lib.py import (BROADCAST, Capture, InNetns, KernelLog, KsftFail, Sender, Vane,
                    cmd, cmd_json, defer, ethtool_json, ip, ksft_eq, ksft_ge, ksft_in,
                    ksft_main, ksft_pr, ksft_true, make, read, wait_until, write)

DEBUGFS = "/sys/kernel/debug"
FAULTS = ("failslab", "fail_page_alloc")
MODULES = ("vane_core", "vane_mbox", "vane", "vanevf")
NEVER = 1 << 20
GROUP = "01:00:5e:7f:09:09"
ELSEWHERE = "52:54:00:99:99:98"
STRANGER = "52:54:00:99:99:99"
SAMPLE = 2
SWEEP = os.environ.get("VANE_SWEEP") == "1"
# Its timers are seconds, each twice the one before while failures go on.
RECOVERY = 30


def set_up():
    """The PF and a VF, up, and the external network; faults prepared."""
    env = Vane.with_ports(1)
    env.vf0 = env.vfs[0]
    env.rng = random.Random(int(os.environ.get("VANE_SEED", 0)) or 0xfa11)
    start, end = drivers_text()
    for fault in FAULTS:
        path = f"{DEBUGFS}/{fault}"
        # None but those that fail-nth names, and all of those
        write(f"{path}/probability", 0)
        write(f"{path}/ignore-gfp-wait", "N")
        write(f"{path}/verbose", 0)
        write(f"{path}/stacktrace-depth", 32)
        write(f"{path}/require-start", hex(start))
        write(f"{path}/require-end", hex(end))
    write(f"{DEBUGFS}/fail_page_alloc/min-order", 0)
    write(f"{DEBUGFS}/fail_page_alloc/ignore-gfp-highmem", "N")
    spare_irq_proc()
    return env


def spare(function):
    """No allocation below @function of the kernel fails."""
    start, end = function_text(function)
    for fault in FAULTS:
        write(f"{DEBUGFS}/{fault}/reject-start", hex(start))
        write(f"{DEBUGFS}/{fault}/reject-end", hex(end))


def spare_irq_proc():
    """It gives no error, and the kernel complains when it removes what was not made."""
    spare("register_irq_proc")


def drivers_text():
    """First and last address of the drivers' modules."""
    spans = []
    for line in read("/proc/modules").splitlines():
        name, size, *_, address = line.split()[:6]
        if name in MODULES:
            spans.append((int(address, 16), int(address, 16) + int(size)))
    ksft_eq(len(spans), len(MODULES), "modules")
    return min(start for start, _ in spans), max(end for _, end in spans)


def function_text(name):
    """First address of a function of the kernel, and of the one after it."""
    functions = sorted(
        (int(address, 16), symbol) for address, kind, symbol, *_ in
        map(str.split, read("/proc/kallsyms").splitlines()) if kind in "tT")
    index = next(i for i, (_, symbol) in enumerate(functions) if symbol == name)
    start = functions[index][0]
    return start, next(address for address, _ in functions[index:]
                       if address > start)


def kworkers():
    """fail-nth of each worker thread of the kernel that there is."""
    paths = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if read(f"/proc/{pid}/comm").startswith("kworker/"):
                paths.append(f"/proc/{pid}/fail-nth")
    return paths


class Armed:
    """Tasks of which the @nth allocation from now on fails."""

    def __init__(self, nth):
        self.nth = nth
        self.paths = []
        for path in (*kworkers(), "/proc/thread-self/fail-nth"):
            # A worker may end.
            with contextlib.suppress(OSError):
                write(path, nth)
                self.paths.append(path)

    def disarm(self):
        """No more; returns how many allocations of one task there were."""
        most = 0
        for path in self.paths:
            with contextlib.suppress(OSError):
                most = max(most, self.nth - int(read(path)))
                write(path, 0)
        return most


def faulty(command, ns, nth):
    """Runs @command, words or a line of them, of which allocation @nth fails, in a
    task of its own; returns its status and how many allocations there were."""
    words = command.split() if isinstance(command, str) else command
    arm = 'echo "$1" >/proc/self/fail-nth && shift && exec "$@"'
    with InNetns(ns), subprocess.Popen(
            ["sh", "-c", arm, "sh", str(nth), *words],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        # What is left can be read until it has been waited for.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        left = int(read(f"/proc/{child.pid}/fail-nth"))
        return child.wait(), nth - left


def settings(port):
    """What a user set, and finds again."""
    return (port.link()["mtu"], port.link()["address"], port.channels(),
            ethtool_json(f"-g {port.ifname}", port.ns)["rx"])


class Operation:
    """What allocates: @act, of one port, which is to work afterwards.

    @act gets the number of the allocation that is to fail in tasks that it makes,
    and returns how many there were in those.
    """

    def __init__(self, env, port, act):
        self.env = env
        self.port = port
        self.act = act

    def wait_works(self):
        """Waits until the interface carries frames."""
        wait_until(lambda: self.port.carrier() and
                   self.port.reaches(self.env.ext), RECOVERY,
                   what=f"{self.port.name} is back")

    def once(self, nth):
        """With allocation @nth failing; returns how many there were."""
        before = settings(self.port)
        armed = Armed(nth)
        deferred = defer(armed.disarm)
        in_children = self.act(nth)
        self.wait_works()
        count = max(deferred.exec(), in_children)
        # What failed in the meantime, it may be on its way back from that.
        self.wait_works()
        ksft_eq(settings(self.port), before, f"allocation {nth}")
        return count

    def run(self, sample=SAMPLE):
        """Makes every allocation fail in turn, or @sample of them."""
        total = self.once(NEVER)
        ksft_ge(total, 1, "allocations")
        nths = list(range(1, total + 1))
        if not SWEEP:
            self.env.rng.shuffle(nths)
        tried, failed = 0, 0
        while nths and (SWEEP or failed < sample):
            nth = nths.pop(0)
            try:
                count = self.once(nth)
            except BaseException:
                ksft_pr(f"{self.port.name}: allocation {nth} of {total}")
                raise
            tried += 1
            if count == nth:
                failed += 1
            elif not SWEEP:
                # That try waited for less than the first one, and so may the next.
                nths = [other for other in nths if other <= max(count, 1)]
        ksft_pr(f"{self.port.name}: {total} allocations, {tried} tried, "
                f"{failed} failed")
        ksft_ge(failed, 1, "allocations that failed")


def vf_flr(env):
    """FLR of the VF."""
    def act(_nth):
        env.vf(0).reset()
        return 0

    Operation(env, env.vf0, act).run()


def pf_flr_of(env, port):
    """FLR of the PF, after which @port is to come back."""
    def act(_nth):
        env.pf.reset()
        return 0

    Operation(env, port, act).run()


def pf_flr(env):
    """FLR of the PF: its own interface."""
    pf_flr_of(env, env.pf_if)


def pf_rings(env):
    """Without memory for the PF's own rings, its VFs are not reset once more."""
    def act(_nth):
        env.pf.reset()
        return 0

    operation = Operation(env, env.pf_if, act)
    nths = list(range(1, operation.once(NEVER) + 1))
    env.rng.shuffle(nths)
    for nth in nths:
        env.vf0.wait_carrier(timeout=RECOVERY)
        log = KernelLog()
        operation.once(nth)
        if log.has("cannot restart the interface"):
            break
    else:
        raise KsftFail("the interface never lacked memory")
    env.vf0.wait_carrier(timeout=RECOVERY)
    ksft_true(log.has("the PF's interface has recovered"), "its recovery")
    # The FLR itself may have come to the VF as two
    since = next(index for index, line in enumerate(log.lines)
                 if "cannot restart the interface" in line)
    ksft_ge(1, sum("recovered from a reset" in line for line in log.lines[since:]),
            "resets of the VF")


def vf_over_pf_flr(env):
    """FLR of the PF: that of the VF, which it resets too."""
    pf_flr_of(env, env.vf0)


def each(port, nth, *commands):
    """Runs @commands, each with allocation @nth failing, and again if it fails;
    returns how many allocations one of them made at most."""
    most = 0
    for command in commands:
        status, count = faulty(command, port.ns, nth)
        most = max(most, count)
        if status:
            cmd(command, port.ns)
    return most


def up(env):
    """Closed and opened."""
    for port in (env.vf0, env.pf_if):
        def act(nth, port=port):
            port.set("down")
            count = each(port, nth, f"ip link set dev {port.ifname} up")
            port.up()
            return count

        Operation(env, port, act).run()


def rings(env):
    """Other rings and channels, and the former ones again."""
    for port in (env.vf0, env.pf_if):
        most, queues = port.channels()
        rx = ethtool_json(f"-g {port.ifname}", port.ns)["rx"]
        steps = [f"ethtool -G {port.ifname} rx {entries}"
                 for entries in (2 * rx, rx)]
        if most > 1:
            steps += [f"ethtool -L {port.ifname} combined {number}"
                      for number in (queues % most + 1, queues)]

        def act(nth, port=port, steps=steps):
            return each(port, nth, *steps)

        Operation(env, port, act).run()


def faulty_write(path, value, nth):
    """Writes @value to @path, with allocation @nth failing, and again if it fails;
    returns how many allocations there were."""
    status, count = faulty(["sh", "-c", f"echo {value} >{path}"], None, nth)
    if status:
        write(path, value)
    return count


def take_vf(env):
    """The VF has another netdev now."""
    port = env.vf0
    name = env.vf(0).wait_ifname()
    mac = env.vf_info(0)["address"]
    ip(f"link set dev {name} address {mac} name {port.ifname} netns {port.ns}")
    port.up()


def take_pf(env):
    """The PF has another netdev now."""
    env.pf_if.ifname = env.pf.wait_ifname()
    env.pf_if.up()


def vf_bind(env):
    """A VF's driver is bound."""
    def act(nth):
        env.vf(0).unbind()
        count = faulty_write("/sys/bus/pci/drivers/vanevf/bind", env.vf(0).bdf, nth)
        take_vf(env)
        return count

    Operation(env, env.vf0, act).run(1)


def numvfs(env):
    """VFs are enabled; below the PCI core's part of it, which warns, nothing fails."""
    defer(spare_irq_proc)
    spare("pci_enable_sriov")

    def act(nth):
        env.write_numvfs(0)
        count = faulty_write(f"{env.pf.path}/sriov_numvfs", 1, nth)
        take_vf(env)
        return count

    Operation(env, env.vf0, act).run(1)


def pf_bind(env):
    """The PF's driver is bound to a PF with a VF."""
    def act(nth):
        env.pf.unbind()
        count = faulty_write("/sys/bus/pci/drivers/vane/bind", env.pf.bdf, nth)
        take_pf(env)
        return count

    Operation(env, env.pf_if, act).run(1)


def reload(env):
    """devlink dev reload"""
    def act(nth):
        count = each(env.pf_if, nth, f"devlink dev reload pci/{env.pf.bdf}")
        take_pf(env)
        return count

    Operation(env, env.pf_if, act).run(1)


def receives(env, port, dst):
    """Whether @port gets a frame of the network to @dst."""
    capture, sender = Capture(port), Sender(env.ext)
    frame, mark = make(STRANGER, dst), make(STRANGER, BROADCAST)
    sender.send(frame)
    sender.send(mark)
    capture.expect(mark)
    got = capture.saw(frame)
    # Asked over and over in one case
    for sock in (capture.sock, sender.sock):
        sock.close()
    return got


def filters(env):
    """A group that is joined is received by and by, and nothing that is not."""
    for port in (env.vf0, env.pf_if):
        def act(_nth, port=port):
            args = f"{GROUP} dev {port.ifname}"
            ip(f"maddr add {args}", port.ns)
            deferred = defer(ip, f"maddr del {args}", port.ns)
            wait_until(lambda: receives(env, port, GROUP) and
                       not receives(env, port, ELSEWHERE), RECOVERY,
                       what=f"{port.name}: filters")
            deferred.exec()
            wait_until(lambda: not receives(env, port, GROUP), RECOVERY,
                       what=f"{port.name}: filter deleted")
            return 0

        Operation(env, port, act).run()


def vif_list(env):
    """A VIF list that could not be set is in the device as it was."""
    before, after = (9, False, [0]), (9, True, [])
    name = env.pf_if.ifname
    failed, nth = 0, 1
    while True:
        cmd(f"vanectl list set {name} 9 vf 0")
        status, count = faulty(f"vanectl list set {name} 9 pf", None, nth)
        if count < nth:
            break
        failed += bool(status)
        # Another driver asks the device.
        cmd("modprobe -r vane")
        cmd("modprobe vane")
        name = env.pf.wait_ifname()
        lists = cmd_json(f"vanectl -j show {name}")["lists"]
        ksft_eq([(entry["list"], entry["pf"], entry["vfs"])
                 for entry in lists], [before if status else after],
                f"allocation {nth}")
        nth += 1
    # The list itself, and what it is sent to the device with
    ksft_ge(failed, 1, "lists that were not set")


def complaints(_env):
    """If the kernel complained, it was of itself: page_pool_dma_map() takes the lock of
    an xarray with softirqs off and has not declared that, so xa_alloc_bh() sleeps with
    softirqs off if there is no memory for a node at first."""
    lines = cmd("dmesg").splitlines()
    for number, line in enumerate(lines):
        if "sleeping function called" in line:
            ksft_in("page_pool_dma_map", "\n".join(lines[number:number + 40]))


if __name__ == "__main__":
    ksft_main([vf_flr, pf_flr, pf_rings, vf_over_pf_flr, up, rings, filters, vf_bind,
               numvfs, pf_bind, reload, vif_list, complaints], set_up)
