#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: upstream-pf @upstream --upstream --icount-paced 0 --smp 4 --nics 2 --uplink switch
"""Upstream's driver selftests, on a PF; the far end is the PF of another card."""

from lib.py import Function, Vane, ip
from lib.py.upstream import REMOTE, End, upstream_main


def pfs():
    """The PFs of two cards, and nobody else at the wire between them."""
    ip("link set dev wire0 down")
    env = Vane()
    return (End(env.pf, 1),
            End(Function(env.find_pfs()[1]), 2, REMOTE))


if __name__ == "__main__":
    upstream_main("pf", pfs)
