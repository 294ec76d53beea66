#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""merge.py RAW OUT: from what guest and plugin wrote, the cost of one packet.

Everything is a slope: what a run of many packets took beyond one of few, by the
difference in packets, the median of several. What begins and ends a run is in
none.
"""

import bisect
import collections
import json
import os
import re
import statistics
import sys

# Functions of the kernel that drivers call and that count by themselves: all
# that begin so
CORE = {
    "virtqueue": ("virtqueue_", "vring_", "vp_", "detach_buf_split"),
    "dma map": ("dma_map_", "dma_sync_", "dma_direct_map"),
    "dma unmap": ("dma_unmap_", "dma_direct_unmap"),
    "page pool": ("page_pool_", "__page_pool"),
    "pages": ("__alloc_pages", "alloc_pages", "__free_pages", "free_frozen",
              "__alloc_frozen", "get_page_from_freelist", "page_frag_",
              "__page_frag", "rmqueue"),
    "skb": ("napi_build_skb", "__napi_alloc_skb", "napi_alloc_skb", "build_skb",
            "__build_skb", "napi_consume_skb", "__alloc_skb",
            "__netdev_alloc_skb", "napi_skb_cache"),
}


class Symbols:
    """The guest's functions by address."""

    def __init__(self, path):
        found = {}
        with open(path, encoding="ascii") as file:
            for line in file:
                words = line.split()
                address = int(words[0], 16)
                module = words[3].strip("[]") if len(words) > 3 else None
                found.setdefault(address, (words[2], module))
        self.starts = sorted(found)
        self.names = [found[start] for start in self.starts]

    def find(self, address):
        """Function and module."""
        at = bisect.bisect_right(self.starts, address + 15) - 1
        return self.names[at]


def read_counts(path, symbols):
    """What the plugin counted, by mark."""
    marks = {}
    now = {}
    known = {}
    with open(path, encoding="ascii") as file:
        for line in file:
            kind, *words = line.rstrip("\n").split(" ")
            if kind == "mark":
                now = {"code": collections.Counter(),
                       "reads": collections.Counter(),
                       "writes": collections.Counter()}
                marks[int(words[0])] = now
            elif kind == "i":
                at = words[0]
                if at not in known:
                    known[at] = symbols.find(int(at, 16))
                now["code"][known[at]] += int(words[1])
            else:
                what = "reads" if kind == "r" else "writes"
                now[what][" ".join(words[:-1])] += int(words[-1])
    return marks


def flat(tree, prefix=""):
    """Numbers of a nested dictionary, by path."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}/")
        else:
            yield prefix + key, value


def is_noise(region):
    """Registers of the machine, not of a NIC."""
    return region.startswith(("apic", "ioapic", "kvm", "hpet"))


def amounts(run, counted):
    """Everything of one run that has a slope."""
    result = collections.Counter()
    for (name, module), count in counted["code"].items():
        result["kernel"] += count
        if module in run["modules"]:
            result["driver"] += count
            result[f"driver/{name}"] += count
        for what, starts in CORE.items():
            if name.startswith(starts) and module not in run["modules"]:
                result[what] += count
        result[f"code/{name}"] += count
    for what in ("reads", "writes"):
        for region, count in counted[what].items():
            if not is_noise(region):
                result[f"mmio {what}"] += count
                result[f"mmio {what}/{region}"] += count
    for end, before, after in zip(("one", "other"), run["before"]["irqs"],
                                  run["after"]["irqs"]):
        result[f"interrupts {end}"] = after - before
    if run["before"]["counters"]:
        for end, before, after in zip(("one", "other"), run["before"]["counters"],
                                      run["after"]["counters"]):
            before = dict(flat(before))
            for key, value in flat(after):
                result[f"{end}/{key}"] = value - before[key]
    return result


def slope(few, many, less, more):
    """What @many took beyond @few, for each of what it had more."""
    step = many["amount"] - few["amount"]
    cost = {key: (more[key] - less[key]) / step for key in set(less) | set(more)}
    if "received" in many:
        cost["received"] = (many["received"] - few["received"]) / step
    return cost | many.get("latency", {})


def slopes(path, amounts_of):
    """Cost of one packet: {NIC: {part: {what: number}}}

    The runs are those in the file @path, and @amounts_of tells of one of them
    what it took.
    """
    with open(path, encoding="ascii") as file:
        runs = json.load(file)
    pairs = collections.defaultdict(list)
    for run in runs:
        pairs[run["nic"], run["part"]].append(run)
    result = collections.defaultdict(lambda: collections.defaultdict(dict))
    for (nic, part), found in pairs.items():
        costs = [slope(few, many, amounts_of(few), amounts_of(many))
                 for few, many in zip(found[::2], found[1::2])]
        result[nic][part] = {key: statistics.median(cost.get(key, 0)
                                                    for cost in costs)
                             for key in sorted(set().union(*costs))}
    return result


def read_trace(path):
    """Accesses to memory: {mark: {function: number}}"""
    marks = {}
    now = collections.Counter()
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            words = line.split()
            if words[:1] == ["vtd_dmar_translate"]:
                now[words[2]] += 1
            elif "query-uuid" in line:
                marks[len(marks) + 1] = now
                now = collections.Counter()
    return marks


def traced(run, marks):
    """What each end of a run has accessed."""
    result = collections.Counter()
    for end, bdf in zip(("one", "other"), run["before"]["functions"]):
        domain, bus, slot, function = re.split("[:.]", bdf)
        assert domain == "0000"
        result[f"{end}/traced"] = marks[run["mark"]][
            f"{bus}:{slot}.{int(function):02x}"]
    return result


def main():
    raw, out = sys.argv[1:]
    result = collections.defaultdict(lambda: collections.defaultdict(dict))
    for folder in (raw, f"{raw}/bridge"):
        if os.path.exists(f"{folder}/runs.json"):
            counts = read_counts(f"{folder}/counts", Symbols(f"{folder}/symbols"))
            result |= slopes(f"{folder}/runs.json", lambda run, counts=counts:
                             amounts(run, counts[run["mark"]]))
    if os.path.exists(f"{raw}/dma-runs.json"):
        marks = read_trace(f"{raw}/dma-trace")
        for nic, parts in slopes(f"{raw}/dma-runs.json",
                                 lambda run: traced(run, marks)).items():
            for part, cost in parts.items():
                result[nic][part] |= {key: cost[key] for key in cost
                                      if key.endswith("/traced")}
    with open(out, "w", encoding="ascii") as file:
        json.dump(result, file, indent=1)
    for nic, parts in result.items():
        for part, cost in parts.items():
            print(nic, part, {key: round(value, 3) for key, value in cost.items()
                              if "/" not in key})


if __name__ == "__main__":
    main()
