# SPDX-License-Identifier: GPL-2.0-only
"""Runs the newest kernel's own driver selftests, unmodified, on a VANE interface.

Each of their cases is a case here. One that does not pass has to be listed in
tests/selftests/upstream.expected with its verdict and the reason, and one that is
listed must end as it says.
"""

import fnmatch
import glob
import os
import re
import signal
import subprocess
import sys
import time

from .cmd import cmd, ip, netns_add, read, run, sysctl, write
from .hw import hw
from .ksft import Deferred, KsftFail, ksft_pr, wait_until

EXPECTED = os.path.join(os.path.dirname(__file__), "../../upstream.expected")
MOUNT = "/run/vane/upstream"
TESTS = f"{MOUNT}/linux/tools/testing/selftests/drivers/net"
REMOTE = "remote"
# For namespaces behind the local end
PREFIX = "2001:db8:2::/64"
# For a file that hangs, in seconds of the guest
FILE_TIMEOUT = 600
# What a file that prints no TAP says by its status
STATUS = {0: "pass", 4: "skip"}
QUEUES = 8
RESULT = re.compile(r"(not )?ok \d+ ([^#]*?)\s*(?:# (SKIP|XFAIL)\b\s*(.*))?$")


class End:
    """One end of the link under test."""

    def __init__(self, function, host, ns=None):
        self.function = function
        self.ifname = function.wait_ifname()
        self.ns = ns
        # Not the addresses that the tests give to tunnels and VLANs
        self.ip4 = f"198.18.0.{host}"
        self.ip6 = f"2001:db8:1::{host}"
        if ns:
            ip(f"link set dev {self.ifname} netns {ns}")
        # Upstream's tests take an interface down and expect to reach it after.
        for name, value in (("disable_ipv6", 0), ("keep_addr_on_down", 1)):
            sysctl(f"net.ipv6.conf.{self.ifname}.{name}", value, ns)

    def prepare(self):
        """As it was before the last test, which had better left it so."""
        run(f"ethtool -L {self.ifname} combined {QUEUES}", self.ns)
        # Sixteen TCP streams overflow less where a test counts what is lost.
        run(f"ethtool -G {self.ifname} rx {1 << hw.VANE_RING_LOG2_MAX}", self.ns)
        ip(f"link set dev {self.ifname} mtu 1500 up", self.ns)
        ip(f"addr replace {self.ip4}/24 dev {self.ifname}", self.ns)
        ip(f"addr replace {self.ip6}/64 dev {self.ifname} nodad", self.ns)
        wait_until(lambda: "LOWER_UP" in cmd(f"ip link show {self.ifname}", self.ns),
                   what=f"{self.ifname}: carrier")

    def pin_interrupts(self):
        """Each interrupt has one processor, as irqbalance would see to; half of
        the processors have none."""
        for n, irq in enumerate(sorted(self.function.irqs(), key=int)):
            write(f"/proc/irq/{irq}/smp_affinity_list",
                  n % max(os.cpu_count() // 2, 1))


class Expected:
    """Which cases end in another way than "pass"."""

    def __init__(self, where):
        self.rows = []
        with open(EXPECTED, encoding="ascii") as file:
            for line in file:
                if not line.strip() or line.startswith("#"):
                    continue
                place, pattern, verdict, reason = line.split(maxsplit=3)
                if verdict not in ("fail", "skip", "xfail"):
                    raise KsftFail(f"no verdict {verdict}: {line}")
                if place in (where, "any"):
                    self.rows.append((pattern, verdict, reason.strip()))
        self.seen = set()

    def of(self, case):
        """Verdict and reason of @case; the first row that matches says it."""
        for row in self.rows:
            if fnmatch.fnmatchcase(case, row[0]):
                self.seen.add(row)
                return row[1:]
        return "pass", ""

    def unseen(self):
        """Patterns that no case matched."""
        return [row[0] for row in self.rows if row not in self.seen]


class Report:
    """Prints results as TAP, each compared with what is expected."""

    def __init__(self, where):
        self.stem = os.path.basename(sys.argv[0]).removesuffix(".py")
        self.expected = Expected(where)
        self.count = {"pass": 0, "fail": 0, "skip": 0}

    def _print(self, result, case, note=""):
        self.count[result] += 1
        print("not ok" if result == "fail" else "ok", sum(self.count.values()),
              f"{self.stem}.{case}" + (f" # {note}" if note else ""), flush=True)

    def case(self, case, verdict, why, notes):
        """One case of upstream's has ended."""
        wanted, reason = self.expected.of(case)
        if verdict == wanted:
            if verdict == "pass":
                self._print("pass", case)
            else:
                self._print("skip", case, f"SKIP {verdict}, as listed: {reason}")
            return
        for note in notes:
            ksft_pr(note)
        if wanted == "pass":
            self._print("fail", case, f"{verdict}: {why}" if why else "")
        else:
            self._print("fail", case, f"{verdict}, but listed: {wanted} ({reason})")

    def end(self, complete):
        """The plan, and what is listed in vain if all tests were run."""
        for pattern in self.expected.unseen() if complete else ():
            self._print("fail", f"expected.{pattern}",
                        "listed, but there is no such case")
        print(f"1..{sum(self.count.values())}")
        print(f"# Totals: pass:{self.count['pass']} fail:{self.count['fail']} "
              f"xfail:0 xpass:0 skip:{self.count['skip']} error:0", flush=True)
        return 1 if self.count["fail"] else 0


def mount_tests():
    """Where tests/vm --upstream has put the image."""
    for path in glob.glob("/sys/block/vd*"):
        if read(f"{path}/serial") == "vane-upstream":
            os.makedirs(MOUNT, exist_ok=True)
            cmd(f"mount -t erofs -o ro /dev/{os.path.basename(path)} {MOUNT}")
            return
    raise KsftFail("this guest has no selftests of upstream: tests/vm --upstream")


def environment(local, remote):
    """What upstream's README.rst asks for."""
    return dict(os.environ, NETIF=local.ifname, REMOTE_TYPE="netns",
                REMOTE_ARGS=remote.ns, LOCAL_V4=local.ip4, LOCAL_V6=local.ip6,
                REMOTE_V4=remote.ip4, REMOTE_V6=remote.ip6,
                LOCAL_PREFIX_V6=PREFIX,
                PATH=f"{MOUNT}/bin:{os.environ['PATH']}",
                LD_LIBRARY_PATH=f"{MOUNT}/lib")


def all_tests():
    """Upstream's tests, as its makefiles name them, by their names in drivers/net."""
    found = []
    for folder in ("", "hw/"):
        with open(f"{TESTS}/{folder}Makefile", encoding="utf-8") as file:
            programs = re.search(r"^TEST_PROGS :?= \\\n((?:\t.*\n)+)", file.read(),
                                 re.M)[1]
        found += [folder + name for name in programs.split() if name.endswith(".py")]
    return found


def output_of(test, args, env):
    """The output of a test, line by line, and last its status as a number."""
    path = f"{TESTS}/{test}"
    # Not all have the mode of a program.
    with subprocess.Popen([sys.executable, path, *args], env=env,
                          cwd=os.path.dirname(path),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True,
                          start_new_session=True) as process:

        def stop(_signum, _frame):
            os.killpg(process.pid, signal.SIGKILL)

        signal.signal(signal.SIGALRM, stop)
        signal.alarm(FILE_TIMEOUT)
        for line in process.stdout:
            yield line.rstrip()
        process.wait()
        signal.alarm(0)
        yield process.returncode


def run_test(report, test, args, env):
    """Runs one of upstream's files and reports its cases."""
    name = test.removesuffix(".py")
    stem = os.path.basename(name)
    plan, count, failed, notes = None, 0, False, []
    start = time.monotonic()
    for line in output_of(test, args, env):
        if isinstance(line, int):
            status = line
            break
        if line.startswith("1.."):
            plan = int(line[3:])
            continue
        found = RESULT.match(line)
        if not found and "TAP version" not in line:
            notes.append(line.removeprefix("#").strip())
        if not found:
            continue
        bad, title, directive, why = found.groups()
        verdict = "fail" if bad else (directive or "pass").lower()
        case = title.removeprefix(stem).removeprefix(".")
        report.case(f"{name}.{case}" if case else name, verdict, why or "", notes)
        count += 1
        failed |= bool(bad)
        notes = []
    ksft_pr(f"{test}: {time.monotonic() - start:.1f} s")
    if plan is None and not count:
        report.case(name, STATUS.get(status, "fail"), f"status {status}", notes)
    elif plan is not None and (plan != count or status != int(failed)):
        report.case(name, "fail", f"status {status} after {count} of {plan} cases",
                    notes)


def upstream_main(where, make_ends):
    """Runs the tests named on the command line, or all; @make_ends() makes the two
    ends. Arguments that begin with "-" go to the tests, as "-t test_case"."""
    args = sys.argv[1:]
    tests = [arg for arg in args if arg.endswith(".py")]
    args = [arg for arg in args if not arg.endswith(".py")]
    report = Report(where)
    print("TAP version 13")
    try:
        mount_tests()
        cmd("mount -t configfs configfs /sys/kernel/config")
        # What the tests' configuration has in the kernel, and nothing else loads
        cmd("modprobe pppoe")
        netns_add(REMOTE)
        ends = make_ends()
        for test in tests or all_tests():
            for end in ends:
                end.prepare()
            ip(f"route replace {PREFIX} via {ends[0].ip6}", REMOTE)
            ends[0].pin_interrupts()
            run_test(report, test, args, environment(*ends))
    finally:
        while Deferred.stack:
            Deferred.stack[-1].exec()
    sys.exit(report.end(not tests and not args))
