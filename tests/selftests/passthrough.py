#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: passthrough @distro --iommu intel --nested --uplink switch
#   Guests of the guest take too long on the debug kernel.
"""VFs in two guests by VFIO: Ethernet interfaces like any other.

      guest a      guest b      vf2     PF
    (VF 0, vfio) (VF 1, vfio)    |       |
         +------------+----------+-------+--- wire0 (ext)
"""

from lib.py import (Guest, Vane, cmd, iperf, ksft_eq, ksft_ge,
                    ksft_in, ksft_main, ksft_not_in)

VFS = 3


def set_up():
    """Two guests, a third VF in the host, the PF, the external network."""
    env = Vane()
    env.unbound_vfs(VFS)
    guests = [Guest(name, [env.vf(index).to_vfio()])
              for index, name in enumerate("ab")]
    env.vf(2).to_vanevf()
    env.others = [env.vf_port(2), env.pf_port(), env.ext_port()]
    env.a, env.b = [env.guest_port(guest.wait(), index)
                    for index, guest in enumerate(guests)]
    return env


def ordinary_nic(env):
    """The VF driver alone makes an interface of it: carrier, MAC."""
    for index, port in enumerate((env.a, env.b)):
        modules = cmd("cat /proc/modules", port.ns)
        ksft_in("vanevf ", modules)
        ksft_not_in("vane ", modules)
        ksft_eq(port.mac, env.vf_info(index)["address"])
        ksft_in("driver: vanevf", port.ethtool("-i {}"))


def ping(env):
    """Guest to guest, to a VF in the host, to the PF, to the uplink."""
    for one in (env.a, env.b):
        for other in (env.a, env.b, *env.others):
            if one is not other:
                one.ping(other)
                other.ping(one)


def traffic(env):
    """TCP from guest to guest, with segmentation left to the VFs."""
    ksft_eq(env.a.features()["tx-tcp-segmentation"], True)
    before = env.b.stats()["rx"]["bytes"]
    end = iperf(env.b, env.a, "-n 16M")
    ksft_eq(end["sum_sent"]["bytes"], 16 << 20)
    ksft_ge(env.b.stats()["rx"]["bytes"] - before, 16 << 20)


if __name__ == "__main__":
    ksft_main([ordinary_nic, ping, traffic], set_up)
