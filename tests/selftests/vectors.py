#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: vcpus1 --smp 1 --allow-leaks
"""More VFs than the machine has interrupt vectors for, probed as others run."""

from lib.py import Vane, ip, ksft_eq, ksft_ge, ksft_main, ksft_pr, sysctl

# One vCPU has about 200 vectors; an open VF there takes one for its queues
# beside its first.
COUNT = 128


def set_up():
    """VFs without a driver."""
    sysctl("net.ipv6.conf.default.disable_ipv6", 1)
    return Vane.with_driverless(COUNT)


def open_before_probe(env):
    """Each VF is opened before the next is probed; all come up."""
    for index in range(COUNT):
        vf = env.vf(index)
        vf.bind("vanevf")
        ip(f"link set dev {vf.wait_ifname()} up")
    shared = [index for index in range(COUNT) if len(env.vf(index).irqs()) < 2]
    ksft_pr(f"{len(shared)} of {COUNT} VFs have their queues on vector 0")
    ksft_ge(len(shared), 1, "VFs short of vectors: else this tests nothing")
    for index in range(COUNT):
        ksft_eq(env.vf(index).driver, "vanevf", f"VF {index}")
        ksft_ge(len(env.vf(index).irqs()), 1, f"VF {index}")


def first_and_last_reach(env):
    """One that gave its vector up and one that took it work."""
    first, last = env.vf_port(0), env.vf_port(COUNT - 1)
    first.ping(last)
    last.ping(first)


if __name__ == "__main__":
    ksft_main([open_before_probe, first_and_last_reach], set_up)
