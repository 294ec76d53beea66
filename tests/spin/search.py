#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Searches all states of the model of the mailbox, and of models with one rule broken,
of which a check has to fail. The output is TAP."""

import argparse
import fnmatch
import pathlib
import shutil
import subprocess
import sys
import tempfile
from typing import NamedTuple

MODEL = pathlib.Path(__file__).with_name("mailbox.pml")
MEGABYTES = 1800


class Case(NamedTuple):
    """A search, and what it finds: nothing, or what breaking a rule leads to."""
    name: str
    vfs: int = 1
    disturbances: int = 1
    claim: str = ""             # an LTL formula of the model; without, its assertions
    broken: str = ""            # BROKEN_... of the model
    finds: str = ""             # part of pan's words
    long: bool = False


def broken(rule, finds, disturbances=1, claim=""):
    """A model without @rule."""
    return Case(f"broken.{rule.lower()}", disturbances=disturbances, claim=claim,
                broken=rule, finds=finds)


AT_REST = "assertion violated ((pf=="
REPLACED = "assertion violated ((((fn[req_vf].own=="

CASES = [
    Case("holds.one_vf", disturbances=2),
    Case("holds.two_vfs", vfs=2, disturbances=0),
    Case("holds.settled", claim="settled"),
    Case("holds.returns", claim="returns"),
    Case("long.one_vf", disturbances=3, long=True),
    Case("long.two_vfs", vfs=2, long=True),
    # The device
    broken("ONE_SLOT", "assertion violated (rq_used<"),
    broken("STALE_REPLY", "assertion violated ((gen==fn[to].sent)&&(seq=="),
    broken("RESET_BUSY", "assertion violated  !(fn[me].busy)"),
    broken("RESET_HELD", "assertion violated (fn[0].sent==fn[0].gen)"),
    broken("FORGET", "invalid end state"),
    broken("NOTICE", REPLACED, disturbances=2),
    # The PF's driver
    broken("PEER_RESET", "assertion violated (peer[req_vf].negotiated==req_gen)",
           disturbances=2),
    broken("CLEAR_SLOTS", "assertion violated (rq_used>0)"),
    broken("CONFIG_GEN", AT_REST),
    broken("DRAIN", "assertion violated 0"),
    broken("BARRED", "assertion violated ( !(running)&&(stage=="),
    broken("KNOWN", REPLACED, disturbances=2),
    # A VF's driver
    broken("OUTSTANDING", "assertion violated  !(fn[me].busy)"),
    broken("SEQ", "assertion violated ((fn[me].answered==gen)&&(fn[me].rsp_seq=="),
    broken("GENERATION", AT_REST),
    broken("CONFIG_READ_FIRST", AT_REST),
    broken("SILENCE", "acceptance cycle", claim="settled"),
]


def output_of(where, *command):
    """What @command prints; an exception if it fails."""
    done = subprocess.run(command, cwd=where, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with status {done.returncode}\n"
                           f"{done.stdout}")
    return done.stdout


def search(case, where):
    """Has spin make a program of the model, which searches it; returns its words."""
    defines = [f"-DVFS={case.vfs}", f"-DDISTURBANCES={case.disturbances}"]
    if case.broken:
        defines.append(f"-DBROKEN_{case.broken}")
    kind = ["-DNFAIR=3"] if case.claim else ["-DSAFETY", "-DNOCLAIM"]
    if case.long:
        kind.append("-DBITSTATE")
    # Compiling is most of the time where few states are searched.
    large = case.disturbances > 1 and not case.broken or case.long
    shutil.copy(MODEL, where)
    output_of(where, "spin", "-a", *defines, MODEL.name)
    output_of(where, "gcc", "-O2" if large else "-O0", "-w", f"-DMEMLIM={MEGABYTES}",
              *kind, "-o", "pan", "pan.c")
    options = ["-m200000"]
    if case.claim:
        options += ["-a", "-f", "-N", case.claim]
    if case.long:
        options += ["-w32"]
    found = output_of(where, "./pan", *options)
    if not case.finds and (pathlib.Path(where) / f"{MODEL.name}.trail").exists():
        found += output_of(where, "spin", "-t", "-p", "-g", *defines, MODEL.name)
    return found


def complaint(case, words):
    """What is wrong with the result of a search; nothing if all is well."""
    if case.finds:
        return "" if case.finds in words else f"no \"{case.finds}\""
    if "errors: 0" not in words:
        return "a check has failed"
    if "Search not completed" in words or "max search depth too small" in words:
        return "the search was not completed"
    return ""


def main():
    """Runs the cases that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true",
                        help="also what takes minutes, and up to 2 GB")
    parser.add_argument("case", nargs="*", help="shell pattern of names")
    args = parser.parse_args()
    cases = [case for case in CASES if args.long or not case.long]
    if args.case:
        cases = [case for case in cases
                 if any(fnmatch.fnmatch(case.name, pattern) for pattern in args.case)]
    failed = not cases
    print("TAP version 13")
    for number, case in enumerate(cases, 1):
        with tempfile.TemporaryDirectory() as where:
            try:
                words = search(case, where)
                wrong = complaint(case, words)
            except RuntimeError as error:
                words, wrong = str(error), "the search did not run"
        print(f"{'not ok' if wrong else 'ok'} {number} {case.name}")
        if wrong:
            failed = True
            print("#", wrong)
            print("\n".join(f"# {line}" for line in words.splitlines()[-400:]))
        sys.stdout.flush()
    print(f"1..{len(cases)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
