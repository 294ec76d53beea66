#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""control_merge.py RAW RESULT: adds the control plane's costs to RESULT.

RAW is the folder where control.py, the plugin and startup.py left what they
found. Enabling VFs has a cost in all; everything else is a slope as in merge.py.
"""

import collections
import json
import statistics
import sys

import merge

# Regions of registers, by whose they are
OWNERS = {"vane-regs": "PF", "vane-vfs": "VF", "igb-mmio": "PF",
          "igbvf-mmio": "VF", "pcie-mmcfg-mmio": "configuration"}


def owner(region):
    """PF, VF, ... None for another device; tables of MSI-X have no names."""
    return "MSI-X" if region.startswith("anon") else OWNERS.get(region)


def cost(found):
    """What is told of an amount, or of a slope, of merge.py."""
    result = collections.Counter({"kernel": found.get("kernel", 0),
                                  "driver": found.get("driver", 0)})
    for key, value in found.items():
        what, _, region = key.partition("/")
        if what in ("mmio reads", "mmio writes") and region and owner(region):
            result[f"{owner(region)} {what.split()[1]}"] += value
    return result


def median(costs):
    """Of each kind."""
    return {key: statistics.median(one[key] for one in costs)
            for key in sorted(set().union(*costs))}


def control(raw):
    """All but startup.json."""
    counts = merge.read_counts(f"{raw}/counts", merge.Symbols(f"{raw}/symbols"))
    with open(f"{raw}/runs.json", encoding="ascii") as file:
        runs = json.load(file)

    def amounts_of(run):
        return merge.amounts(run, counts[run["mark"]])

    result = {"enable": {}, "operations": {}, "memory": {}}
    enable = collections.defaultdict(list)
    series = collections.defaultdict(list)
    for run in runs:
        nic, part = run["nic"], run["part"]
        if part == "memory":
            result["memory"][nic] = {key: run[key] for key in ("idle", "open")}
            continue
        run["before"] = run["after"] = {"irqs": [], "counters": None}
        if part.startswith("enable-"):
            found = cost(amounts_of(run))
            found["ms"] = run["ns"] / 1e6
            enable[nic, part.removeprefix("enable-"),
                   str(run["amount"])].append(found)
        else:
            series[nic, part].append(run)
    for (nic, driver, count), found in enable.items():
        result["enable"].setdefault(nic, {}).setdefault(
            driver, {})[count] = median(found)
    for (nic, part), found in series.items():
        result["operations"].setdefault(nic, {})[part] = median(
            [cost(merge.slope(few, many, amounts_of(few), amounts_of(many)))
             for few, many in zip(found[::2], found[1::2])])
    return result


def main():
    """See the top."""
    raw, out = sys.argv[1:]
    with open(out, encoding="ascii") as file:
        result = json.load(file)
    result["control"] = control(raw)
    with open(f"{raw}/startup.json", encoding="ascii") as file:
        result["control"]["startup"] = json.load(file)
    with open(out, "w", encoding="ascii") as file:
        json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
