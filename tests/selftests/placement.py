#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: placement @distro --root-port spare,bus-reserve=1 --root-port tight
#   Not on the debug kernel, which has no hotplug by ACPI; and pciehp of 6.12 takes
#   two locks of its own either way round.
"""Where the NIC can be plugged in, and the error where it cannot.

The machine has two more root ports: "spare" with a bus number for the last VF,
"tight" without.
"""

import os

from lib.py import (Function, QmpError, Vane, ip, ksft_eq, ksft_in, ksft_main,
                    ksft_raises, read, wait_until, write)


def refused(env, *words, **props):
    """device_add fails, and its text has @words."""
    with ksft_raises(QmpError) as raised:
        env.qmp.execute("device_add", driver="vane", id="second", **props)
        env.qmp.execute("device_del", id="second")
    for word in words:
        ksft_in(word, getattr(raised.exception, "desc", ""))


def no_second_bus(env):
    """A slot without a second bus number: 255 VFs at most, and how to help."""
    refused(env, "bus", "total-vfs", bus="tight")


def not_function_zero(env):
    """A slot other than 0: routing IDs of the VFs would not fit."""
    refused(env, "function 0", bus="spare", addr="1")


def total_vfs_range(env):
    """0 and 257 VFs are impossible."""
    for number in (0, 257):
        refused(env, "total-vfs", bus="spare", **{"total-vfs": number})


def plug(env, **props):
    """Plugs a NIC in; returns its PF."""
    env.qmp.execute("device_add", driver="vane", id="second", **props)
    known = {env.pf.bdf}
    bdf = wait_until(lambda: set(env.find_pfs()) - known, 20,
                     what="the new PF").pop()
    return Function(bdf)


def unplug(env, function):
    """Pulls it out, and waits until it is gone."""
    env.qmp.execute("device_del", id="second")
    wait_until(lambda: not os.path.exists(function.path), 20,
               what="the PF is gone")
    wait_until(lambda: "second" not in env.qmp.list("/machine/peripheral"), 20,
               what="QEMU lets go")


def fewer_vfs_fit(env):
    """With total-vfs 255 the slot without a second bus will do."""
    function = plug(env, bus="tight", **{"total-vfs": 255})
    ksft_eq(read(f"{function.path}/sriov_totalvfs"), "255")
    unplug(env, function)


def unplug_with_vfs(env):
    """A NIC is pulled out with its VFs up; nothing stays behind."""
    function = plug(env, bus="spare")
    function.wait_ifname()
    write(f"{function.path}/sriov_numvfs", 4)
    ip(f"link set dev {function.ifname} up")
    for index in range(4):
        vf = os.path.basename(os.readlink(f"{function.path}/virtfn{index}"))
        ip(f"link set dev {Function(vf).wait_ifname()} up")
    before = env.pf.ifname
    unplug(env, function)
    ksft_eq(env.pf.ifname, before)
    ksft_eq(env.find_pfs(), [env.pf.bdf])


if __name__ == "__main__":
    ksft_main([no_second_bus, not_function_zero, total_vfs_range,
               fewer_vfs_fit, unplug_with_vfs], Vane)
