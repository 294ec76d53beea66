#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: recovery --uplink switch --allow NETDEV.WATCHDOG
"""Modules loaded and unloaded, in every order, over and over."""

from lib.py import (Vane, cmd, defer, ip, ksft_eq, ksft_main, repeat,
                    wait_until)

CYCLES = repeat(10, 3)


def loaded():
    """Which of the project's modules are in the kernel."""
    with open("/proc/modules", encoding="ascii") as file:
        names = {line.split()[0] for line in file}
    return names & {"vane", "vanevf", "vane_core", "vane_mbox"}


def pf_driver(env):
    """Many times modprobe and modprobe -r of the PF driver, interface up."""
    env.unload()
    defer(env.load)
    for _ in range(CYCLES):
        cmd("modprobe vane")
        ip(f"link set dev {env.pf.wait_ifname()} up")
        cmd("modprobe -r vane")
        ksft_eq(loaded(), set())


def both_drivers(env):
    """Many times both, with VFs up, the PF's driver going first or last."""
    env.unload()
    defer(env.load)
    for cycle in range(CYCLES):
        env.load()
        env.pf.wait_ifname()
        env.set_vfs(4)
        for index in range(4):
            ip(f"link set dev {env.vf(index).ifname} up")
        if cycle % 2:
            cmd("modprobe -r vanevf")
            env.write_numvfs(0)
            cmd("modprobe -r vane")
        else:
            env.write_numvfs(0)
            cmd("modprobe -r vane")
            cmd("modprobe -r vanevf")
        ksft_eq(loaded(), set())


def vf_driver(env):
    """Many times the VF driver alone under eight VFs."""
    env.set_vfs(8)
    defer(env.write_numvfs, 0)
    for _ in range(CYCLES):
        cmd("modprobe -r vanevf")
        ksft_eq(env.vf(7).driver, None)
        cmd("modprobe vanevf")
        for index in range(8):
            ip(f"link set dev {env.vf(index).wait_ifname()} up")


def enable_while_unloading(env):
    """VFs without a driver: enabling and disabling them needs none."""
    cmd("modprobe -r vanevf")
    defer(cmd, "modprobe vanevf")
    for _ in range(3):
        env.write_numvfs(16)
        ksft_eq(env.vf(15).driver, None)
        env.write_numvfs(0)


def no_interface_left(env):
    """Nothing is left of all that."""
    wait_until(lambda: env.numvfs() == 0)
    ksft_eq(env.pf.driver, "vane")


if __name__ == "__main__":
    ksft_main([pf_driver, both_drivers, vf_driver, enable_while_unloading,
               no_interface_left], Vane)
