#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: aer --uplink switch --native-hotplug
"""PCIe errors: the kernel resets the slot, and PF and VFs come back as they were.

The root ports need native hotplug: only then QEMU shows their link as active,
which the kernel waits for after a reset.
"""

from lib.py import (KernelLog, Stream, Vane, ksft_eq, ksft_in, ksft_main,
                    ksft_true, read, wait_until)

VFS = 3
RECOVERY = 20


def set_up(vfs=VFS):
    """PF, three VFs with something administered each, the external network.

    There are @vfs VFs.
    """
    env = Vane.with_ports(vfs, VFS)
    env.vf_set(1, "vlan 77 qos 3")
    env.vf_set(2, "trust on")
    return env


def report(env, error, severity):
    """The NIC reports an error; all is well again when the kernel is through."""
    infos = env.vf_infos()
    vectors = [len(env.vf(index).irqs()) for index in range(VFS)]
    own = Stream(env.vfs[0], env.ext)
    log = KernelLog()
    command = f"pcie_aer_inject_error nic0 {error}"
    ksft_in("OK", env.qmp.execute("human-monitor-command",
                                  **{"command-line": command}))
    wait_until(lambda: log.has("AER: device recovery"), RECOVERY,
               what="the end of recovery")
    for text in (f"Uncorrectable ({severity})",
                 "AER: device recovery successful"):
        ksft_true(log.has(text), text)

    for port in (env.pf_if, *env.vfs):
        wait_until(port.carrier, RECOVERY, what=f"{port.name}: carrier")
    wait_until(lambda: env.vfs[0].reaches(env.ext), RECOVERY,
               what="VF 0 reaches the network")
    own.stop()
    env.vfs[0].ping(env.vfs[2])
    env.pf_if.ping(env.vfs[0])
    ksft_eq(env.vf_infos(), infos)
    ksft_eq(env.vfs[1].reaches(env.vfs[0]), False, "still in its VLAN")
    ksft_eq([len(env.vf(index).irqs()) for index in range(VFS)], vectors)


def fatal(env):
    """A fatal error: the link to the NIC is reset."""
    report(env, "DLP", "Fatal")


def non_fatal(env):
    """An error that is not fatal: the functions alone are reset."""
    report(env, "POISON_TLP", "Non-Fatal")


def correctable(env):
    """A correctable error disturbs nobody."""
    stream = Stream(env.vfs[0], env.ext)
    errors = f"{env.pf.path}/aer_dev_correctable"
    before = read(errors)
    env.qmp.execute("human-monitor-command",
                    **{"command-line": "pcie_aer_inject_error -c nic0 0x40"})
    wait_until(lambda: read(errors) != before, RECOVERY,
               what="the error is counted")
    ksft_eq(stream.stop()[1], 0, "frames lost")


if __name__ == "__main__":
    ksft_main([fatal, non_fatal, correctable], set_up)
