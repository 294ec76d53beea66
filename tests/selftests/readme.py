#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: readme @distro --uplink user
"""README.md's section "Use it by hand", typed literally into the guest of which it
says so."""

import os
import re

from lib.py import (CmdError, KsftFail, Vane, cmd, cmd_json, defer, ksft_eq,
                    ksft_in, ksft_main, ksft_pr)

README = f"{os.path.dirname(__file__)}/../../README.md"
SECTION = "## Use it by hand\n"


def commands():
    """The commands of the section: the host's, which boots the guest, and the
    guest's."""
    with open(README, encoding="utf-8") as file:
        section = file.read().split(SECTION)[1].split("\n## ")[0]
    found = re.findall(r"^ {4}(.*)$", section, re.MULTILINE)
    return found[0], found[1:]


def machine():
    """The section's guest is that of this test."""
    with open(__file__, encoding="utf-8") as file:
        options = re.search("^# Guest: readme @distro (.*)$", file.read(),
                            re.MULTILINE)
    ksft_eq(commands()[0], f"tests/vm {options[1]} --shell")


def show_link(output):
    """ "lists the VFs, too" """
    ksft_eq(re.findall(r"^ +vf (\d+) ", output, re.MULTILINE), ["0", "1", "2", "3"])


def show_stats(output):
    """A VF that has sent and received."""
    ksft_in("vf 0 ", output)
    ksft_in(" tx_frames ", output)
    ksft_in(" rx_frames ", output)


def show_switch(output):
    """What the lines before it have set."""
    ksft_in("mode vntag", output)
    ksft_eq(len(re.findall(r"^vf 3 .* channel 100 ", output, re.MULTILINE)), 1, output)
    ksft_in("list 7    pf vf 0,2,3", output)


# What a command must print, and what must hold after it
PRINTS = {
    "ip link show eth0": show_link,
    "ping -c 3 10.0.2.2": lambda output: ksft_in("bytes from 10.0.2.2", output),
    "vanectl stats eth0 vf 0": show_stats,
    "vanectl show eth0": show_switch,
}


def walk():
    """Each command succeeds, prints what it must, and the next finds its effect."""
    defer(Vane.unload)
    missing = set(PRINTS)
    for line in commands()[1]:
        ksft_pr(line)
        try:
            output = cmd(["bash", "-c", line])
        except CmdError as error:
            raise KsftFail(f"README.md: {line}: {error}") from None
        command = line.split(" #")[0].rstrip()
        if command in PRINTS:
            PRINTS[command](output)
            missing.discard(command)
    ksft_eq(missing, set(), "README.md has these no more")

    info = cmd_json("ip -json link show eth0")[0]["vfinfo_list"][0]
    ksft_eq((info["address"], info["trust"], info["spoofchk"], info["link_state"]),
            ("52:54:00:00:00:01", True, False, "auto"))
    ksft_eq(info["rate"], {"max_tx": 1000, "min_tx": 100})
    ksft_eq(cmd("vanectl vlan show eth0 vf 0").split(), ["vf", "0", "vlans", "0,10-20"])
    ksft_eq(re.findall(r"^Combined:\s*(\d+)", cmd("ethtool -l eth1"),
                       re.MULTILINE)[0], "8")


if __name__ == "__main__":
    ksft_main([machine, walk])
