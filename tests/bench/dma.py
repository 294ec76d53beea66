#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""dma.py OUT NIC,... BURST,...: accesses to memory of cards that count none.

Behind QEMU's IOMMU each access of a card is translated, and QEMU's trace has a
line for each translation. The same traffic as guest.py's, marked in the same
trace; merge.py counts the lines. Cards with counters of their own show that this
gives the same.
"""

import contextlib
import json
import os
import sys

from guest import Bench, Spinner, drive


class Restless(Spinner):
    """The monitor, which is asked for marks, answers in the host's time."""

    def paused(self):
        """Never."""
        return contextlib.nullcontext()


class TraceMarker:
    """Marks the trace by a monitor command that nothing else uses."""

    def __init__(self, qmp):
        self.qmp = qmp
        self.number = 0

    def mark(self):
        """Sets a mark; returns its number."""
        self.qmp.execute("query-uuid")
        self.number += 1
        return self.number


class TracedBench(Bench):
    """As guest.py's, but for what only its instructions need."""

    SPINNER = Restless
    REPEATS = 1

    def __init__(self, out):
        super().__init__(out)
        self.marker = TraceMarker(self.qmp)

    def rest(self):
        """Looking at a register is no access to memory."""

    def received(self, name):
        """Nobody asks."""
        return 0

    def state(self, nic):
        """With the addresses of the functions, as the trace has them."""
        return super().state(nic) | {
            "functions": [os.path.basename(path) for path in nic.paths]}

    def save(self):
        """Writes what the host needs."""
        with open(f"{self.out}/dma-runs.json", "w", encoding="ascii") as file:
            json.dump(self.runs, file)


def main():
    """All NICs."""
    out, names, bursts = sys.argv[1:]
    drive(TracedBench(out), names.split(","),
          [int(word) for word in bursts.split(",")])


if __name__ == "__main__":
    main()
