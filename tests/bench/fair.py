#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""fair.py OUT: how VFs of the card under test share what there is.

All send at once, to the uplink, as fast as the device takes it. What each got
through goes to OUT/fair.json. It takes two processors, as one has no vectors for
256 VFs. The generator goes from one to the next only when it got rid of its
burst, so this cannot tell how they share a slow port; tests/nic/qtest does.
"""

import json
import statistics
import sys
import time

from guest import (NOBODY, attribute, by_driver, cmd, ethtool, pktgen_set,
                   pktgen_without_end, sysctl, wait_until, write)
from lib.py import ip_batch

ACTIVE = (1, 16, 256)   # VFs at once
BURST = 16
SECONDS = 4


def jain(shares):
    """1 where all have the same, 1/n where one has everything."""
    return sum(shares) ** 2 / (len(shares) * sum(n * n for n in shares))


class Crowd:
    """VFs of the card under test that send at once, to the uplink."""

    def __init__(self, count):
        self.pf = by_driver("vane")[0]
        numvfs = f"/sys/class/net/{self.pf}/device/sriov_numvfs"
        write(numvfs, 0)
        write(numvfs, count)
        self.names = wait_until(
            lambda: len(names := by_driver("vanevf")) == count and names,
            timeout=120, what=f"{count} VFs")
        ip_batch([f"link set dev {name} up" for name in self.names])
        self.wait_for_links()

    def wait_for_links(self):
        """All have one."""
        for name in self.names:
            wait_until(lambda n=name: attribute(n, "carrier") == "1",
                       timeout=60, what=f"{name}: link")

    def sent(self):
        """Frames of each, as the card counts them."""
        counters = {}
        for line in ethtool(f"-S {self.pf}").splitlines()[1:]:
            name, value = line.rsplit(":", 1)
            counters[name.strip()] = int(value)
        return [counters[f"vf{index}_tx_frames"]
                for index in range(len(self.names))]

    def run(self):
        """Frames in a second of all together, and how even they are."""
        for index, name in enumerate(self.names):
            pktgen_set(name, NOBODY, 0, BURST, among=index)
        with pktgen_without_end():
            start, before = time.monotonic(), self.sent()
            time.sleep(SECONDS)
            end, after = time.monotonic(), self.sent()
        shares = [late - early for early, late in zip(before, after)]
        return {"rate": sum(shares) / (end - start), "jain": jain(shares),
                "least": min(shares) / statistics.mean(shares),
                "most": max(shares) / statistics.mean(shares)}


def main():
    """All numbers of VFs."""
    sysctl("net.ipv6.conf.default.disable_ipv6", 1)
    cmd("modprobe pktgen")
    cmd("modprobe vane")
    cmd("modprobe vanevf")
    result = {count: Crowd(count).run() for count in ACTIVE}
    with open(f"{sys.argv[1]}/fair.json", "w", encoding="ascii") as file:
        json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
