#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: amd-iommu @passthrough --iommu amd --allow-guest-errors
"""QEMU's amd-iommu translates for no device behind a bridge, as it takes that for
another one. docs/passthrough.rst says so, and this when it is no longer true."""

import os

from lib.py import Function, Vane, cmd, ksft_eq, ksft_in, ksft_main


def refused():
    """The PF's driver cannot talk to the device, and says so."""
    cmd("modprobe vane")
    function = Function(Vane.find_pfs()[0])
    ksft_eq(os.path.exists(f"{function.path}/iommu_group"), True)
    ksft_eq(function.driver, None)
    ksft_in(f"vane {function.bdf}: probe with driver vane failed with error -5",
            cmd("dmesg"))


if __name__ == "__main__":
    ksft_main([refused])
