#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: big-guest @passthrough --iommu intel --nested --mem 6G --nics 2 --uplink switch
"""A guest with memory above 4 GB and with VFs of two NICs, the last one of each."""

import bars
from lib.py import Guest, Port, ip_json, iperf, ksft_ge, ksft_main

# More than 2 GB is above 4 GB then, and used first.
MEMORY = 3072
SIZE = 4 << 20


def set_up():
    """The guest, and the external network."""
    env = bars.set_up()
    env.ext = env.ext_port()
    guest = Guest("big", [nic.vfs[-1].to_vfio() for nic in env.nics],
                  memory=MEMORY).wait()
    env.ends = []
    for number, nic in enumerate(env.nics):
        infos = ip_json(f"link show dev {nic.pf.ifname}")[0]["vfinfo_list"]
        ifname = guest.ifname(infos[-1]["address"])
        env.ends.append(Port(f"nic {number}", guest, ifname, 10 + number))
    return env


def traffic(env):
    """Each interface reaches the world outside, in both directions."""
    ksft_ge(len(env.ends), 2)
    for port in env.ends:
        port.up()
        port.ping(env.ext)
        for way in ("", "-R"):
            end = iperf(env.ext, port, f"-n {SIZE} {way}")
            # What was on its way at the end is not counted.
            ksft_ge(end["sum_received"]["bytes"], SIZE // 2)
        port.set("down")


if __name__ == "__main__":
    ksft_main([traffic], set_up)
