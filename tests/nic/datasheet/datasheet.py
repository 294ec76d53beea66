#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The device, driven by what the datasheet says and by nothing else.

The drivers beside this file follow docs/hardware.rst and
docs/hardware-reference.rst, their numbers too, and use nothing of vane_hw.h. So
the datasheet suffices for a driver, and agrees with the device.
QTEST_QEMU_BINARY names QEMU, and what else its command line needs. Prints TAP;
the arguments are names of cases, of which others are left out.
"""

import fnmatch
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../property"))

import function_cases
import mailbox_cases
import order_cases
import queue_cases
import switch_cases
from testbench import Bench, run_case

MODULES = (function_cases, queue_cases, mailbox_cases, order_cases, switch_cases)


def main():
    cases = [(f"{module.__name__.removesuffix('_cases')}.{case.__name__}", case)
             for module in MODULES for case in module.CASES]
    patterns = sys.argv[1:] or ["*"]
    bench = Bench()
    number = failed = 0
    for name, case in cases:
        if not any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
            continue
        number += 1
        wrong = run_case(bench, name, case)
        for line in wrong.splitlines():
            print(f"# {line}")
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}", flush=True)
        if wrong:
            failed += 1
            bench.close()
            bench = Bench()
    bench.close()
    print(f"1..{number}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
