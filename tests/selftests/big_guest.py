#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A guest with memory above 4 GB and with VFs of two NICs, the last one of each,
from either firmware."""

import os
import shutil

import bars
from lib.py import Guest, Port, ip_json, iperf, ksft_ge, ksft_main

# More than 2 GB is above 4 GB then, and used first.
MEMORY = 3072
SIZE = 4 << 20
OVMF = "/usr/share/OVMF/OVMF_{}_4M.fd"


def set_up():
    """All VFs, and the external network."""
    env = bars.set_up()
    env.ext = env.ext_port()
    ksft_ge(len(env.nics), 2)
    return env


def traffic(env, args=()):
    """Each interface reaches the world outside, in both directions."""
    guest = Guest("big", [nic.vfs[-1].to_vfio() for nic in env.nics], args,
                  MEMORY).wait()
    for number, nic in enumerate(env.nics):
        infos = ip_json(f"link show dev {nic.pf.ifname}")[0]["vfinfo_list"]
        ifname = guest.ifname(infos[-1]["address"])
        port = Port(f"nic {number}", guest, ifname, 10 + number)
        port.up()
        port.ping(env.ext)
        for way in ("", "-R"):
            end = iperf(env.ext, port, f"-n {SIZE} {way}")
            # What was on its way at the end is not counted.
            ksft_ge(end["sum_received"]["bytes"], SIZE // 2)
        port.set("down")


def bios(env):
    """SeaBIOS places the BARs."""
    traffic(env)


def uefi(env):
    """OVMF does. It starts what has an EFI header, and Debian's own image has."""
    drives = []
    for unit, name in enumerate(("CODE", "VARS")):
        path = shutil.copy(OVMF.format(name), "/run")
        drives += ["-drive", f"if=pflash,unit={unit},format=raw,file={path}"]
    traffic(env, [*drives, "-kernel", f"/boot/vmlinuz-{os.uname().release}"])


if __name__ == "__main__":
    ksft_main([bios, uefi], set_up)
