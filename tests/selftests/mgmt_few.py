#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: mgmt-few @distro --uplink switch
"""What mgmt.py sees of 256 VFs, with 1, 7 and 64: the first, a middle, the last."""

import mgmt
from lib.py import (BROADCAST, Vane, ip_json, ksft_ge, ksft_main, make,
                    wait_until)

COUNTS = (1, 7, 64)
NAMES = {("rx", "packets"): "rx_frames", ("rx", "bytes"): "rx_bytes",
         ("rx", "multicast"): "rx_multicast", ("rx", "broadcast"): "rx_broadcast",
         ("tx", "tx_packets"): "tx_frames", ("tx", "tx_bytes"): "tx_bytes"}
WHAT = (*NAMES, ("rx", "dropped"), ("tx", "dropped"))


def set_up():
    """The PF and the external network."""
    env = Vane()
    env.pf_if = env.pf_port()
    env.ext = env.ext_port()
    return env


def statistics(env):
    """ip -s -d has the counters that vanectl has, what was dropped included."""
    for index, port in env.vfs.items():
        port.ping(env.ext)
        mgmt.is_dropped(env, index, make(mgmt.STRANGER, BROADCAST), "tx_drop_spoof")

    def by_ip(index):
        info = ip_json(f"-s -d link show dev {env.pf.ifname}")[0]
        found = next(entry for entry in info["vfinfo_list"]
                     if entry["vf"] == index)["stats"]
        return [found[way][what] for way, what in WHAT]

    def by_vanectl(index):
        found = mgmt.stats(env, index)
        drops = {way: sum(value for name, value in found.items()
                          if name.startswith(f"{way}_drop_"))
                 for way in ("rx", "tx")}
        return [drops[way] if what == "dropped" else found[NAMES[way, what]]
                for way, what in WHAT]

    for index in env.vfs:
        wait_until(lambda index=index: by_ip(index) == by_vanectl(index),
                   what=f"VF {index}: the same by ip and vanectl")
        ksft_ge(by_ip(index)[-1], 1, "dropped")


def with_vfs(case, count):
    """@case with so many VFs."""
    def run(env):
        if env.numvfs() != count:
            env.write_numvfs(0)
            env.set_vfs(count)
        env.vfs = {index: env.vf_port(index)
                   for index in sorted({0, count // 2, count - 1})}
        case(env)
    run.__name__ = f"{case.__name__}_of_{count}"
    return run


CASES = (mgmt.mac, mgmt.vlan, mgmt.max_rate, mgmt.spoofchk, mgmt.state, mgmt.trust,
         mgmt.trunk_transmit, mgmt.trunk_receive, statistics)

if __name__ == "__main__":
    ksft_main([with_vfs(case, count) for count in COUNTS for case in CASES],
              set_up)
