#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""report.py RESULT OUT: the costs as a table, as Markdown and as SVG.

report.py RESULT --readme FILE: puts the most telling ones into FILE, between
its two lines "<!-- bench -->".

report.py RESULT --budget FILE: TAP; no cost may have grown beyond 1 % of what
FILE allows. With --update, FILE becomes what was measured.
"""

import json
import os
import subprocess
import sys

import clock

BURSTS = (1, 16, 64)
ALLOWED = 1.01
# Below this a cost is noise of the timer, in whatever unit
SMALL = 0.02
# What another kernel of the distribution may change is not in the budget.
OTHERS = ("kernel", "pages", "virtqueue")

# How bulk TCP falls into interrupts and ACKs changes by more than is allowed.
BUDGET_TCP = ("per TCP round trip", "per TCP round trip, rx-usecs 80")

# Count a byte as an instruction
COPIES = ("_copy_from_iter", "_copy_to_iter")

# What tests/bench/floor stands for: a driver, not a card
FLOOR = ("driver", "dma map", "pages")

# What the device moves beside the frames themselves
OVERHEAD = ("descriptor", "completion", "head", "status-block", "shadow")


def dma_ops(cost, end):
    """Accesses to memory beyond the payload, None where nobody counts them."""
    if f"{end}/dma/payload/reads" not in cost:
        # The payload of a short frame is one of them.
        return max(cost[f"{end}/traced"] - 1, 0) if f"{end}/traced" in cost \
            else None
    return sum(cost.get(f"{end}/dma/{purpose}/{way}", 0)
               for purpose in OVERHEAD for way in ("reads", "writes"))


def dma_bytes(cost, end, purposes=("descriptor", "completion")):
    """Bytes of these kinds, None where nobody counts them."""
    if f"{end}/dma/payload/reads" not in cost:
        return None
    return sum(cost.get(f"{end}/dma/{purpose}/{way}-bytes", 0)
               for purpose in purposes for way in ("read", "write"))


def row(parts, burst):
    """The table's figures of one NIC, None where it was not measured."""
    tx, both = parts.get(f"tx-{burst}"), parts.get(f"txrx-{burst}")
    if not both or "driver" not in both:
        return None
    # What sending takes that was received: the same, unless others sent it
    base = parts.get(f"base-{burst}", tx)

    def beyond(key):
        return both.get(key, 0) - base.get(key, 0)

    return {
        "driver TX": tx["driver"],
        "driver RX": beyond("driver"),
        "driver TX, with E-Tag": parts.get(f"tag-{burst}", {}).get("driver"),
        "virtqueue TX": tx.get("virtqueue", 0),
        "virtqueue RX": beyond("virtqueue"),
        "kernel TX": tx["kernel"],
        "kernel RX": beyond("kernel"),
        "dma map TX": tx.get("dma map", 0) + tx.get("dma unmap", 0),
        "dma map RX": beyond("dma map") + beyond("dma unmap"),
        "pages RX": beyond("page pool") + beyond("pages"),
        "frames lost": 1 - both["received"],
        "MMIO reads": both.get("mmio reads", 0),
        "MMIO writes TX": tx.get("mmio writes", 0),
        "MMIO writes TX and RX": (tx.get("mmio writes", 0) +
                                  beyond("mmio writes")),
        "interrupts TX": tx["interrupts one"],
        "interrupts RX": both["interrupts other"],
        "DMA ops TX": dma_ops(tx, "one"),
        "DMA ops RX": dma_ops(both, "other"),
        "translations TX": tx.get("one/traced"),
        "translations RX": both.get("other/traced"),
        "descriptor bytes TX": dma_bytes(tx, "one", ("descriptor", "completion",
                                                     "head")),
        "descriptor bytes RX": dma_bytes(both, "other"),
        "all DMA bytes TX": dma_bytes(tx, "one", OVERHEAD),
        "all DMA bytes RX": dma_bytes(both, "other", OVERHEAD),
    }


def rows(result):
    """{burst: {NIC: row}}"""
    found = {}
    for burst in BURSTS:
        nics = {nic: row(parts, burst) for nic, parts in result.items()}
        nics = {nic: cells for nic, cells in nics.items() if cells}
        # What it has of a card is told apart from its driver, but counted.
        if "floor" in nics:
            nics["floor"] = {what: value if what.startswith(FLOOR) else None
                             for what, value in nics["floor"].items()}
        # What was measured in bursts of another size only
        unknown = [what for what in next(iter(nics.values()), ())
                   if all(cells[what] is None for cells in nics.values())]
        for cells in nics.values():
            for what in unknown:
                del cells[what]
        if nics:
            found[burst] = nics
    return found


def tcp_rows(result):
    """{what: {NIC: cost}}"""
    found = {}
    for part, what, unit in (("tcp-rr", "per TCP round trip", 1),
                             ("tcp-rr-moderated",
                              "per TCP round trip, rx-usecs 80", 1),
                             ("tcp-bulk", "per 10 kB of bulk TCP", 10000),
                             ("tcp-bulk-gro",
                              "per 10 kB of bulk TCP, rx-gro-hw on", 10000)):
        for nic, parts in result.items():
            if part in parts:
                cost = parts[part]
                found.setdefault(what, {})[nic] = {
                    "driver": cost["driver"] * unit,
                    "virtqueue": cost.get("virtqueue", 0) * unit,
                    "kernel": cost["kernel"] * unit,
                    "kernel, without copies": unit * (
                        cost["kernel"] - sum(cost.get(f"code/{name}", 0)
                                             for name in COPIES)),
                    "MMIO writes": cost.get("mmio writes", 0) * unit,
                    "interrupts": (cost["interrupts one"] +
                                   cost["interrupts other"]) * unit,
                } | {f"{name}, us": cost[name] / 1000
                     for name in ("p50", "p99") if name in cost}
    return found


def number(value):
    """As short as it says something."""
    if value is None:
        return "-"
    if abs(value) < 0.0005:
        return "0"
    if abs(value) < 10:
        return f"{value:.3f}"
    return f"{value:.1f}"


def table(nics, title="per packet"):
    """Lines of a Markdown table: a column for each NIC."""
    names = list(nics)
    yield f"| {title} | " + " | ".join(names) + " |"
    yield "| --- |" + " ---: |" * len(names)
    for what in nics[names[0]]:
        yield f"| {what} | " + " | ".join(number(nics[name][what])
                                         for name in names) + " |"


# Parts of tests/bench/bridge.py
BRIDGE_PARTS = {
    "veth": "crosses a veth pair",
    "linux-bridge": "crosses a Linux bridge, from veth to veth",
    "from-vm": "comes from a VM, and leaves by a veth",
    "to-vm": "comes by a veth, and goes to a VM",
    "vm-to-vm": "goes from a VM to another one of the same uplink",
}


def bridge_markdown(result):
    """What a frame costs at the controlling bridge."""
    if "bridge" not in result:
        return
    yield ""
    yield "## The controlling bridge"
    yield ""
    yield ("Instructions of the kernel, with eBPF, for a frame of 64 bytes that a "
           "packet socket sends; E-Tag, no VLANs, no rules.")
    yield ""
    yield "| A frame | instructions |"
    yield "| --- | ---: |"
    for part, what in BRIDGE_PARTS.items():
        yield f"| {what} | {number(result['bridge'][part]['kernel'])} |"


def markdown(result, out):
    """The report."""
    yield "# What a packet costs"
    yield ""
    yield ("Frames of 64 bytes from pktgen, one processor, time by instruction "
           "count (`make bench`). RX is what the same stream costs when another "
           "interface of the same guest receives it, beyond what sending it "
           "costs. \"-\": nobody counts that for this card. Translations are "
           "those of an IOMMU, in a guest of its own, the frame's included.")
    for burst, nics in rows(result).items():
        yield ""
        yield f"## Bursts of {burst}"
        yield ""
        yield from table(nics)
    for what, nics in tcp_rows(result).items():
        yield ""
        yield f"## Instructions {what}"
        yield ""
        yield from table(nics, what)
    yield from bridge_markdown(result)
    yield from clock.markdown(out)
    profile = os.path.join(out, "profile")
    if os.path.exists(profile):
        yield ""
        yield "## Where QEMU spends its time"
        yield ""
        yield ("Samples by perf while the guest starts, and sends and receives with "
               "this card: by file, and by function.")
        yield ""
        with open(profile, encoding="utf-8") as file:
            yield from (f"    {line}".rstrip() for line in file)


README_ROWS = ("driver TX", "driver RX", "virtqueue TX", "virtqueue RX",
               "kernel TX", "kernel RX", "MMIO writes TX", "interrupts TX",
               "interrupts RX", "DMA ops TX", "DMA ops RX",
               "descriptor bytes TX", "descriptor bytes RX")
README_MARK = "<!-- bench -->"


def readme_lines(result):
    """A table of bursts of 16 frames, and of TCP."""
    nics = rows(result)[16]
    yield from table({nic: {what: cells[what] for what in README_ROWS}
                      for nic, cells in nics.items()},
                     "per 64-byte packet, bursts of 16")
    tcp = tcp_rows(result)
    names = list(dict.fromkeys(nic for costs in tcp.values() for nic in costs))
    yield ""
    yield "| TCP | " + " | ".join(names) + " |"
    yield "| --- |" + " ---: |" * len(names)
    for what, costs in tcp.items():
        for kind in ("driver", "virtqueue", "kernel", "kernel, without copies",
                     "p50, us"):
            if kind not in costs["vane"]:
                continue
            yield (f"| {kind}, {what} | " +
                   " | ".join(number(costs.get(nic, {}).get(kind))
                              for nic in names) + " |")


def write_readme(result, out, path):
    """Puts the lines in their place."""
    with open(path, encoding="utf-8") as file:
        before, _, after = file.read().split(README_MARK)
    lines = "\n".join([*readme_lines(result), *clock.readme(out)])
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{before}{README_MARK}\n{lines}\n{README_MARK}{after}")


def plot(out, burst, nics):
    """cost-BURST.svg: instructions of the driver, by NIC."""
    data = f"{out}/cost-{burst}.dat"
    with open(data, "w", encoding="ascii") as file:
        for name, cells in nics.items():
            print(f'"{name}"', *(sum(cells[f"{part} {way}"] or 0
                                     for part in ("driver", "virtqueue"))
                                 for way in ("TX", "RX")), file=file)
    script = f"""
set terminal svg size 720,400 background "white"
set output "{out}/cost-{burst}.svg"
set title "Driver instructions per 64-byte packet, bursts of {burst}"
set style data histograms
set style fill solid 0.8 noborder
set yrange [0:*]
set grid ytics
plot "{data}" using 2:xtic(1) title "TX", "" using 3 title "RX"
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def budget(result, path, update):
    """Compares with the file; true if nothing has grown."""
    now = {f"{nic}, burst {burst}: {what}": round(value, 4)
           for burst, nics in rows(result).items()
           for nic, cells in nics.items() if nic == "vane"
           for what, value in cells.items()
           if value is not None and not what.startswith(OTHERS)}
    now |= {f"vane, {what}: {kind}": round(nics["vane"][kind], 4)
            for what, nics in tcp_rows(result).items() if what in BUDGET_TCP
            for kind in ("driver", "MMIO writes", "interrupts")}
    if update:
        with open(path, "w", encoding="ascii") as file:
            json.dump(now, file, indent=1)
            print(file=file)
        return True
    with open(path, encoding="ascii") as file:
        allowed = json.load(file)
    failed = 0
    names = [name for name in allowed if name in now]
    print("TAP version 13")
    for index, name in enumerate(names, 1):
        most = max(allowed[name] * ALLOWED, allowed[name] + SMALL)
        bad = now[name] > most
        failed += bad
        print(f"{'not ok' if bad else 'ok'} {index} budget/{name}")
        if bad:
            print(f"# {now[name]}, allowed are {allowed[name]}")
    if not names:
        print("not ok 1 budget/nothing was measured")
        names, failed = ["nothing"], 1
    print(f"1..{len(names)}")
    print(f"{len(names) - failed} passed, {failed} failed, 0 skipped")
    return not failed


def main():
    """See the top."""
    with open(sys.argv[1], encoding="ascii") as file:
        result = json.load(file)
    if sys.argv[2] == "--readme":
        write_readme(result, os.path.dirname(sys.argv[1]), sys.argv[3])
        return
    if sys.argv[2] == "--budget":
        sys.exit(not budget(result, sys.argv[3], "--update" in sys.argv))
    out = sys.argv[2]
    lines = list(markdown(result, out))
    with open(os.path.join(out, "report.md"), "w", encoding="ascii") as file:
        print("\n".join(lines), file=file)
    for burst, nics in rows(result).items():
        plot(out, burst, nics)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
