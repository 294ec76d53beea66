#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""control_report.py RESULT OUT: the control plane's costs, after report.py.

Adds tables to report.md of the folder OUT, and makes enable.svg there.

control_report.py RESULT --docs FILE: puts the tables into FILE, which is
reStructuredText, between its two comments ".. bench-control".
"""

import json
import os
import subprocess
import sys

from report import number, table

DOCS_MARK = ".. bench-control\n"
MILLION = 1e6
# What the kernel does meanwhile by itself, and to tell who listens, statistics
# included, is not the operation's.
OPERATIONS = {
    "own-mac": ("MAC of a VF, asked for by the VF", "tell-vf"),
    "vf-mac": ("MAC of a VF, set by the PF", "tell-pf"),
    "vf-vlan": ("VLAN of a VF, set by the PF", "tell-pf"),
    "vf-rate": ("rate of a VF, set by the PF", "tell-pf"),
    "open": ("VF opened or closed", "tell-vf"),
}
IDLE = {"idle-vf": "two VFs, one of them open", "idle-down": "two VFs, closed",
        "idle-pf": "PF, open, no VF"}


def above(enable, driver, floor, count):
    """Kernel instructions of a VF with @driver beyond one with @floor."""
    return (enable[driver][count]["kernel"] -
            enable[floor][count]["kernel"]) / int(count)


def enable_columns(control):
    """{card and count: {what: of one VF}}"""
    columns = {}
    for nic, enable in control["enable"].items():
        for count in enable["driver"]:
            with_driver = enable["driver"][count]
            cells = {f"million instructions, {name}":
                     enable[driver][count]["kernel"] / int(count) / MILLION
                     for driver, name in (("none", "no driver"),
                                          ("stub", "stub"),
                                          ("netstub", "stub with a netdev"),
                                          ("driver", "its driver"))}
            for floor, name in (("stub", "stub"),
                                ("netstub", "stub with a netdev")):
                cells[f"million beyond the {name}"] = above(
                    enable, "driver", floor, count) / MILLION
            cells["of them the drivers' own, thousand"] = \
                with_driver["driver"] / int(count) / 1000
            for way in ("reads", "writes"):
                for whose in ("VF", "PF"):
                    cells[f"{way} of registers of the {whose}"] = \
                        with_driver.get(f"{whose} {way}", 0) / int(count)
            for driver, name in (("none", "no driver"), ("driver", "its driver")):
                cells[f"ms in all, {name}"] = enable[driver][count]["ms"]
            columns[f"{nic}, {count}"] = cells
    return columns


def slope_columns(control):
    """{card and range: {floor: of one further VF}}"""
    columns = {}
    for nic, enable in control["enable"].items():
        counts = list(enable["driver"])
        for few, many in zip(counts, counts[1:]):
            columns[f"{nic}, {few} to {many}"] = {
                f"million beyond the {name}":
                (above(enable, "driver", floor, many) * int(many) -
                 above(enable, "driver", floor, few) * int(few)) /
                (int(many) - int(few)) / MILLION
                for floor, name in (("stub", "stub"),
                                    ("netstub", "stub with a netdev"))}
    return columns


def beyond(parts, part, floor, key):
    """A cost of a part, without that of another."""
    return parts[part].get(key, 0) - parts[floor].get(key, 0)


def operation_tables(control):
    """One for each operation."""
    for part, (name, floor) in OPERATIONS.items():
        columns = {}
        for nic, parts in control["operations"].items():
            cells = {"kernel instructions": beyond(parts, part, floor, "kernel"),
                     "of them the drivers'": beyond(parts, part, floor, "driver")}
            registers = {f"{way} of registers of the {whose}":
                         beyond(parts, part, floor, f"{whose} {way}")
                         for whose in ("VF", "PF") for way in ("reads", "writes")}
            cells |= registers
            cells["all four"] = sum(registers.values())
            columns[nic] = cells
        yield name, columns


def idle_columns(control):
    """{card: {what: reads a second}}"""
    return {nic: {f"{name}: {whose}": parts[part].get(f"{whose} reads", 0)
                  for part, name in IDLE.items() for whose in ("VF", "PF")}
            for nic, parts in control["operations"].items()}


def startup_columns(control):
    """{NIC: {what: number}}"""
    startup = control["startup"]
    return {name: {"processor time of the start, igb = 1":
                   found["start"] / startup["igb"]["start"],
                   "most memory, MB": found["memory"] / MILLION,
                   "beyond no NIC": (found["memory"] -
                                     startup["none"]["memory"]) / MILLION}
            for name, found in startup.items()}


def tables(control):
    """Titles and columns of all tables."""
    yield "enabling VFs, per VF", enable_columns(control)
    yield "enabling a further VF", slope_columns(control)
    yield from operation_tables(control)
    yield "reads of registers a second", idle_columns(control)
    yield "kB of memory", {nic: {"a VF with its driver": found["idle"] / 1000,
                                 "more when open": found["open"] / 1000}
                           for nic, found in control["memory"].items()}
    yield "the emulator, all VFs enabled", startup_columns(control)


def markdown(control):
    """Lines of the report."""
    yield ""
    yield "# What the control plane costs"
    for title, columns in tables(control):
        yield ""
        yield from table(columns, title)


def rst(control):
    """The same for the documentation, a row for each column of the report."""
    for title, columns in tables(control):
        names = list(columns)
        rows = [[title, *names]]
        for what in columns[names[0]]:
            rows.append([what, *(number(columns[name][what]) for name in names)])
        widths = [max(len(cell) for cell in column) for column in zip(*rows)]
        rule = " ".join("=" * width for width in widths)

        def line(cells, sizes=tuple(widths)):
            return " ".join([cells[0].ljust(sizes[0])] +
                            [cell.rjust(size) for cell, size
                             in zip(cells[1:], sizes[1:])]).rstrip()
        yield ""
        yield rule
        yield line(rows[0])
        yield rule
        yield from map(line, rows[1:])
        yield rule


def write_docs(control, path):
    """Puts the tables in their place."""
    with open(path, encoding="utf-8") as file:
        before, _, after = file.read().split(DOCS_MARK)
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + DOCS_MARK + "\n".join(rst(control)) + "\n\n" +
                   DOCS_MARK + after)


def plot(out, control):
    """enable.svg: how long it takes to enable N VFs."""
    lines = []
    for nic, enable in control["enable"].items():
        for driver, name in (("none", "no driver"), ("driver", "its driver")):
            path = f"{out}/enable-{nic}-{driver}.dat"
            with open(path, "w", encoding="ascii") as file:
                for count, found in enable[driver].items():
                    print(count, found["ms"], file=file)
            lines.append(f'"{path}" title "{nic}, {name}"')
    script = f"""
set terminal svg size 720,400 background "white"
set output "{out}/enable.svg"
set title "Time to enable VFs, ms of the guest"
set style data linespoints
set logscale xy
set key outside
set grid
plot {", ".join(lines)}
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def main():
    """See the top."""
    with open(sys.argv[1], encoding="ascii") as file:
        control = json.load(file)["control"]
    if sys.argv[2] == "--docs":
        write_docs(control, sys.argv[3])
        return
    out = sys.argv[2]
    lines = "\n".join(markdown(control))
    with open(os.path.join(out, "report.md"), "a", encoding="ascii") as file:
        print(lines, file=file)
    plot(out, control)
    print(lines)


if __name__ == "__main__":
    main()
