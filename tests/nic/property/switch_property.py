#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The switch against a model of the datasheet, with random configurations and frames.

Of each frame the receivers, its bytes there and on the wire, and the counters of
all functions must be what oracle.py says. QTEST_QEMU_BINARY names QEMU, and what
else its command line needs. Prints TAP. What fails is made small, and printed so
that --replay can repeat it.
"""

import argparse
import ast
import difflib
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../../selftests/lib/py"))

from generate import Generator, sweep_channels
from nic import DeviceError, Nic
from oracle import PF, STATS, TAG_STATS, WIRE, Oracle

CONFIGURATIONS = 6          # of one QEMU process
STEPS = 110                 # changes and bursts of one configuration
BURSTS = 40                 # percent of the steps; the rest are changes
PATIENCE = 10               # times that QEMU's main loop may turn
SHRINK_S = 120


class Mismatch(Exception):
    """The device differs from the datasheet; similar mismatches have one @kind."""

    def __init__(self, kind, text):
        super().__init__(text)
        self.kind = kind


def port_name(number):
    if number == WIRE:
        return "the uplink"
    return "the PF" if number == PF else f"VF {number}"


def frame_text(frame, tci, channel):
    stripped = "" if tci is None else f", and TCI {tci:#06x} in the completion"
    if channel:
        stripped += f", and channel {channel:#x} in the completion"
    return f"{len(frame)} bytes {frame.hex()}{stripped}"


class Run:
    """One QEMU process, and the oracle beside it."""

    def __init__(self):
        self.oracle = Oracle()
        self.nic = Nic()
        self.done = []              # operations, to be repeated
        self.frames = 0
        self.configurations = 0

    def close(self):
        self.nic.close()

    def perform(self, operation):
        """On both; raises Mismatch where they differ."""
        name, *arguments = operation
        self.done.append(operation)
        if name == "begin":
            self._begin(*arguments)
        elif name in ("send", "wire"):
            self._burst(name, *arguments)
        else:
            wanted = getattr(self.oracle, name)(*arguments)
            status = getattr(self.nic, name)(*arguments)
            if wanted != status:
                raise Mismatch(("status", name),
                               f"{name} ended with status {status}, not {wanted}")

    def _begin(self, indices, how):
        if how != "vfs":
            self.oracle.pf_reset()
        self.oracle.enable_vfs(indices)
        self.nic.begin(list(indices), how if self.configurations else "new")
        for port in self.oracle.ports.values():
            port.counters = dict.fromkeys(STATS, 0)
        self.oracle.tag_counters = dict.fromkeys(TAG_STATS, 0)
        self.configurations += 1

    def _burst(self, name, *arguments):
        self.frames += len(arguments[-1])
        wanted = {number: [] for number in (WIRE, *self.oracle.ports)}
        for port, *seen, _ in getattr(self.oracle, name)(*arguments):
            wanted[port].append(tuple(seen))
        received = {number: [] for number in wanted}
        getattr(self.nic, name)(*arguments)
        self.nic.finish(received)
        for _ in range(PATIENCE):
            self.nic.collect(received)
            wrong = [*self._wrong_frames(wanted, received), *self._wrong_counters()]
            if not wrong:
                return
        raise Mismatch(wrong[0][0], "\n".join(text for _, text in wrong))

    @staticmethod
    def _wrong_frames(wanted, received):
        """(kind, text) for each receiver that got other frames than it should."""
        for number, frames in wanted.items():
            if received[number] == frames:
                continue
            kind, text = explain(frames, received[number])
            place = number if number == WIRE else "function"
            yield (kind, place), f"at {port_name(number)}: {text}"

    def _wrong_counters(self):
        """The same for counters."""
        risen = self.nic.risen()
        for number, port in self.oracle.ports.items():
            wrong = [(name, is_, be) for name, is_, be
                     in zip(STATS, risen[number], port.counters.values())
                     if is_ != be]
            if wrong:
                yield (("counters", *(name for name, _, _ in wrong)),
                       f"counters of {port_name(number)}: " + ", ".join(
                           f"{name} is {is_}, not {be}" for name, is_, be in wrong))
        for name, is_, be in zip(TAG_STATS, self.nic.tags_risen(),
                                 self.oracle.tag_counters.values()):
            if is_ != be:
                yield ("counters", name), f"{name} is {is_}, not {be}"


def explain(want, have):
    """(kind, text) of what two lists of frames differ in."""
    matcher = difflib.SequenceMatcher(None, want, have, autojunk=False)
    for tag, i, _, j, _ in matcher.get_opcodes():
        if tag == "delete":
            return "missing", f"not received: {frame_text(*want[i])}"
        if tag == "insert":
            return "too many", f"received: {frame_text(*have[j])}"
        if tag == "replace":
            return "different", (f"received: {frame_text(*have[j])}; not: "
                                 f"{frame_text(*want[i])}")
    return "different", "the same frames"


def generate(run, seed, budget):
    """Performs what @seed generates, with @budget configurations."""
    rng = random.Random(seed)
    generator = Generator(rng, run.oracle)
    for _ in range(budget):
        for operation in generator.begin():
            run.perform(operation)
        for _ in range(STEPS):
            if generator.often(BURSTS):
                run.perform(generator.burst())
            else:
                run.perform(generator.change())


def sweep(run, seed):
    """Every VIF, every VN-Tag list, and E-CIDs and lists of each class."""
    for operation in sweep_channels(random.Random(seed)):
        run.perform(operation)


def attempt(perform):
    """(Mismatch or None, Run) of @perform(Run) on a QEMU of its own."""
    run = Run()
    try:
        perform(run)
        return None, run
    except Mismatch as mismatch:
        return mismatch, run
    except DeviceError as error:
        return Mismatch(("device",), str(error)), run
    finally:
        run.close()


def possible(run, operation):
    """Without some operation before it, one may name a port that is not there."""
    name, *arguments = operation
    if name == "begin":
        return True
    if not run.configurations:
        return False
    if name == "list_set":
        return all(member in run.oracle.ports for member in arguments[1])
    return name in ("switch_set", "wire") or arguments[0] in run.oracle.ports


def replay(operations):
    def perform(run):
        for operation in operations:
            if possible(run, operation):
                run.perform(operation)
    return attempt(perform)


def shrink(operations, kind):
    """Leaves out what a mismatch of @kind does not need."""
    end = time.monotonic() + SHRINK_S

    def still_fails(candidate):
        if time.monotonic() > end:
            return False
        mismatch, _ = replay(candidate)
        return mismatch is not None and mismatch.kind == kind

    begins = [i for i, operation in enumerate(operations) if operation[0] == "begin"]
    if still_fails(operations[begins[-1]:]):
        operations = operations[begins[-1]:]
    if operations[-1][0] in ("send", "wire"):
        *rest, burst = operations[-1]
        for frame in reversed(burst):
            candidate = operations[:-1] + [(*rest, (frame,))]
            if still_fails(candidate):
                operations = candidate
                break
    size = len(operations) // 2
    while size:
        at = len(operations) - 1 - size
        while at > -size:
            candidate = operations[:max(at, 0)] + operations[at + size:]
            if candidate and candidate[0][0] == "begin" and still_fails(candidate):
                operations = candidate
            at -= size
        size //= 2
    for at, operation in enumerate(operations):
        if operation[0] in ("filter_add", "filter_del"):
            for mac in operation[2]:
                candidate = operations[:]
                candidate[at] = (*operation[:2], (mac,))
                if still_fails(candidate):
                    operations = candidate
                    break
    return operations


def in_hex(value):
    """@value with hexadecimal digits for bytes, to be printed."""
    if isinstance(value, bytes):
        return f"0x:{value.hex()}"
    if isinstance(value, tuple):
        return tuple(map(in_hex, value))
    if isinstance(value, dict):
        return {key: in_hex(one) for key, one in value.items()}
    return value


def from_hex(value):
    """What in_hex() was given."""
    if isinstance(value, str) and value.startswith("0x:"):
        return bytes.fromhex(value[3:])
    if isinstance(value, tuple):
        return tuple(map(from_hex, value))
    if isinstance(value, dict):
        return {key: from_hex(one) for key, one in value.items()}
    return value


def report(seed, mismatch, operations):
    """As comments of TAP."""
    print(f"# seed {seed}:")
    for line in str(mismatch).splitlines():
        print(f"# {line}")
    print("# The operations, for --replay:")
    for operation in operations:
        print(f"#   {in_hex(operation)!r}")


def read_operations(path):
    with open(path, encoding="utf-8") as file:
        return [from_hex(ast.literal_eval(line.lstrip("# "))) for line in file
                if line.lstrip("# ").startswith("(")]


def sweep_failed(seed, args):
    """Runs the sweep; was there a mismatch?"""
    start = time.monotonic()
    mismatch, run = attempt(lambda run: sweep(run, seed))
    if mismatch:
        operations = run.done
        if not args.no_shrink:
            operations = shrink(operations, mismatch.kind)
        report(seed, mismatch, operations)
    print(f"# {run.frames} frames, {time.monotonic() - start:.0f} s")
    print(f"{'not ok' if mismatch else 'ok'} 1 - channels", flush=True)
    return bool(mismatch)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", help="what to begin with; else a random one")
    parser.add_argument("--runs", type=int, default=50,
                        help=f"QEMU processes, of {CONFIGURATIONS} configurations each")
    parser.add_argument("--minutes", type=float, help="instead, how long")
    parser.add_argument("--all", action="store_true", help="go on after a failure")
    parser.add_argument("--no-shrink", action="store_true",
                        help="leave a failure as long as it is")
    parser.add_argument("--replay", help="a file of operations, as a failure prints")
    return parser.parse_args()


def main():
    args = parse()
    if args.replay:
        mismatch, _ = replay(read_operations(args.replay))
        print(mismatch or "no mismatch")
        return bool(mismatch)
    base = args.seed or str(random.SystemRandom().randrange(10**9))
    start = time.monotonic()
    runs = frames = configurations = failures = 0
    seen = set()
    print(f"# seed {base}", flush=True)
    wrong = "." not in base and not args.minutes and sweep_failed(base, args)
    while (time.monotonic() - start < args.minutes * 60 if args.minutes
           else runs < args.runs):
        # A seed with a dot in it is that of one run.
        seed = base if "." in base else f"{base}.{runs}"
        runs += 1
        mismatch, run = attempt(lambda run: generate(run, seed, CONFIGURATIONS))
        frames += run.frames
        configurations += run.configurations
        if mismatch:
            failures += 1
            if mismatch.kind not in seen:
                seen.add(mismatch.kind)
                operations = run.done
                if not args.no_shrink:
                    operations = shrink(operations, mismatch.kind)
                    mismatch = replay(operations)[0] or mismatch
                report(seed, mismatch, operations)
            if not args.all:
                break
        if "." in base:
            break
    seconds = time.monotonic() - start
    print(f"# {configurations} configurations, {frames} frames, {failures} of {runs} "
          f"runs failed, {seconds:.0f} s, {frames / seconds:.0f} frames/s")
    print(f"{'not ok' if failures else 'ok'} 2 - switch")
    print("1..2")
    return bool(failures or wrong)


if __name__ == "__main__":
    sys.exit(main())
