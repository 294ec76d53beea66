#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: sriov --mem 3G --allow-leaks --uplink switch
"""SR-IOV: any number of VFs on and off, as often as one likes."""

import errno
import fcntl
import os
import socket
import struct

from lib.py import (PCI, KernelLog, Vane, cmd, cmd_json, defer, hw, ip, ip_json,
                    ksft_eq, ksft_main, ksft_raises, ksft_true, read, repeat, run,
                    skip_on_debug, wait_until, write)

COUNTS = (1, 7, *skip_on_debug(64, 255), 256)
RECOVERY = 90
# More than a limit of messages lets through
TRIES = 25
SIOCADDMULTI, SIOCDELMULTI = 0x8931, 0x8932
PF_GROUPS, VF_GROUPS = b"\x01\x00\x5e\x01", b"\x01\x00\x5e\x02"


def vf_macs(env, count):
    """MAC of each VF's interface."""
    return [read(f"{env.vf(index).path}/net/{env.vf(index).ifname}/address")
            for index in range(count)]


def interfaces():
    """Names of all interfaces."""
    return {link["ifname"] for link in ip_json("link show")}


def disable_vfs(env, before):
    """Back to none: no VF, and only the interfaces that were there before."""
    env.write_numvfs(0)
    ksft_eq(env.numvfs(), 0)
    wait_until(lambda: interfaces() == before, what="VFs gone")


def check_vfs(env, count, macs):
    """@count VFs are there, with the MACs they always had."""
    ksft_eq(env.numvfs(), count)
    now = vf_macs(env, count)
    ksft_eq(len(set(now)), count, "each MAC once")
    for index, mac in enumerate(now):
        ksft_eq(mac, macs.setdefault(index, mac), f"VF {index}")


def need_vfs(env, count):
    """Enables @count VFs, unless the case before has left just those."""
    if env.numvfs() != count:
        env.write_numvfs(0)
        env.set_vfs(count)


def every_count(env):
    """Few, many and all VFs, each from none and back to none."""
    macs = {}
    before = interfaces()
    for count in COUNTS:
        env.set_vfs(count)
        check_vfs(env, count, macs)
        disable_vfs(env, before)


def bound_at_once(env):
    """When sriov_numvfs has been written, VFs have their interfaces, or none if drivers
    are not to look for VFs, whatever they are to do from then on."""
    before = interfaces()
    env.write_numvfs(8)
    ksft_true(all(env.vf(index).ifname for index in range(8)), "all bound")
    disable_vfs(env, before)
    env.driverless_vfs(8)
    # Both wait for all probes that are under way.
    cmd("modprobe dummy numdummies=0")
    cmd("modprobe -r dummy")
    ksft_eq([env.vf(index).driver for index in range(8)], [None] * 8)
    disable_vfs(env, before)


def cycles(env):
    """Many times on and off; the MACs stay, and nothing piles up."""
    macs = {}
    before = interfaces()
    for cycle in range(repeat(10, 3)):
        count = (1, 7, 16)[cycle % 3]
        env.set_vfs(count)
        check_vfs(env, count, macs)
        disable_vfs(env, before)


def macs_survive_reload(env):
    """A VF's default MAC hangs on the NIC and its index alone."""
    env.set_vfs(3)
    before = vf_macs(env, 3)
    env.unload()
    env.load()
    env.pf.wait_ifname()
    env.set_vfs(3)
    defer(env.write_numvfs, 0)
    ksft_eq(vf_macs(env, 3), before)
    for mac in before:
        ksft_eq(int(mac[:2], 16) & 3, 2, "locally administered, unicast")


def too_many(env):
    """257 is out of range and changes nothing."""
    with ksft_raises(OSError) as raised:
        env.write_numvfs(hw.VANE_MAX_VFS + 1)
    ksft_eq(raised.exception.errno, errno.ERANGE)
    ksft_eq(env.numvfs(), 0)


def enables(env, count):
    """Whether @count VFs can be enabled now."""
    try:
        env.write_numvfs(count)
    except OSError as error:
        ksft_eq(error.errno, errno.EBUSY)
        return False
    return True


def each_refusal_is_logged(env):
    """However often somebody tries, the log says each time why there are no VFs."""
    env.write_numvfs(0)
    log = KernelLog()
    env.fault("command-drop", 1 << 30, "pf")
    deferred = defer(env.qmp.set, env.nic, "x-fault-command-drop", 0)
    env.pf.reset()
    wait_until(lambda: log.has("cannot restart the device"), RECOVERY)
    for _ in range(TRIES):
        ksft_eq(enables(env, 2), False)
    ksft_eq(log.has("cannot enable 2 VFs"), True)
    ksft_eq(sum("cannot enable 2 VFs" in line and
                "the device is being reset; try again" in line
                for line in log.lines), TRIES)
    deferred.exec()
    defer(env.write_numvfs, 0)
    wait_until(lambda: enables(env, 2), RECOVERY)


def change_needs_zero(env):
    """Another number without 0 between is refused, the same is not."""
    env.set_vfs(4)
    defer(env.write_numvfs, 0)
    with ksft_raises(OSError) as raised:
        env.write_numvfs(5)
    ksft_eq(raised.exception.errno, errno.EBUSY)
    ksft_eq(env.numvfs(), 4)
    env.write_numvfs(4)
    ksft_eq(env.numvfs(), 4)


def ip_lists_all(env):
    """ip link show of the PF lists all 256, and truncates nothing."""
    need_vfs(env, hw.VANE_MAX_VFS)
    result = run(f"ip link show dev {env.pf.ifname}")
    ksft_eq(result.stderr, "")
    listed = [line.split()[1] for line in result.stdout.splitlines()
              if line.strip().startswith("vf ")]
    ksft_eq(listed, [str(index) for index in range(hw.VANE_MAX_VFS)])


def last_vf_on_next_bus(env):
    """VF 255 has the routing ID PF + 256: function 0 of the next bus."""
    need_vfs(env, hw.VANE_MAX_VFS)
    domain, bus, _ = env.pf.bdf.split(":")
    ksft_eq(env.vf_bdf(0), f"{domain}:{bus}:00.1")
    ksft_eq(env.vf_bdf(254), f"{domain}:{bus}:1f.7")
    ksft_eq(env.vf_bdf(255), f"{domain}:{int(bus, 16) + 1:02x}:00.0")
    ksft_eq(env.vf(255).driver, "vanevf")


def filters_of(env):
    """Filters that each function has, the PF's first."""
    return [port["filters"] for port in
            cmd_json(f"vanectl -j show {env.pf.ifname}")["ports"]]


def change_groups(ifname, request, prefix, count):
    """Adds or deletes many multicast addresses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for index in range(count):
            fcntl.ioctl(sock, request, struct.pack(
                ">16sH4sH8x", ifname.encode(), socket.AF_UNSPEC, prefix, index))


def filters_for_vfs(env):
    """A PF that has all filters leaves room for the VFs' when they come."""
    env.write_numvfs(0)
    many, few = 8000, 500
    pf = env.pf.ifname
    ip(f"link set dev {pf} up")
    defer(ip, f"link set dev {pf} down")
    defer(change_groups, pf, SIOCDELMULTI, PF_GROUPS, many)
    change_groups(pf, SIOCADDMULTI, PF_GROUPS, many)
    wait_until(lambda: filters_of(env)[0] >= many, 30, what="the PF's filters")
    env.set_vfs(1)
    defer(env.write_numvfs, 0)
    ksft_eq(filters_of(env)[0], 0)
    vf0 = env.vf(0).ifname
    ip(f"link set dev {vf0} up")
    change_groups(vf0, SIOCADDMULTI, VF_GROUPS, few)
    wait_until(lambda: filters_of(env)[1] >= few, what="the VF's filters")
    env.write_numvfs(0)
    wait_until(lambda: filters_of(env)[0] >= many, 30,
               what="the PF's filters again")


def remove_and_rescan(env, device):
    """@device leaves the system with all below it, and is found again."""
    env.write_numvfs(0)
    env.set_vfs(4)
    write(f"{device}/remove", 1)
    wait_until(lambda: not os.path.exists(env.pf.path), what="the PF is gone")
    write(f"{PCI}/rescan", 1)
    env.pf.wait_ifname()
    ksft_eq(env.numvfs(), 0)
    env.set_vfs(4)
    env.write_numvfs(0)


def removed_by_sysfs(env):
    """echo 1 > remove of a PF with VFs takes the VFs along."""
    remove_and_rescan(env, env.pf.path)


def removed_with_its_port(env):
    """The same of the root port above."""
    remove_and_rescan(env, os.path.dirname(os.path.realpath(env.pf.path)))


if __name__ == "__main__":
    ksft_main([every_count, bound_at_once, cycles, macs_survive_reload, too_many,
               each_refusal_is_logged, change_needs_zero, ip_lists_all,
               last_vf_on_next_bus, *skip_on_debug(filters_for_vfs),
               removed_by_sysfs, removed_with_its_port], Vane)
