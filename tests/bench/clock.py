# SPDX-License-Identifier: GPL-2.0-only
"""What wall.py and fair.py have measured, as tables.

Of what the clock says only comparisons within a round are told: their median
over the rounds, and the least and the most.
"""

import json
import os
import statistics

# What is better the less it is is a time.
TIMES = ("p50", "p99")
GRO = "TCP, rx-gro-hw on"


def load(out, name):
    """What a part has left, None if it did not run."""
    path = f"{out}/{name}.json"
    if not os.path.exists(path):
        return None
    with open(path, encoding="ascii") as file:
        return json.load(file)


def ratios(rounds, nic, peer, what):
    """A NIC's figure as a multiple of its peer's, in each round with both."""
    # Nobody else can do this: it stands against plain TCP.
    other = "TCP" if what == GRO else what
    return [one[nic][what] / one[peer][other] for one in rounds
            if one[nic].get(what) and one[peer].get(other)]


def cell(values):
    """Median and range."""
    if not values:
        return "-"
    return (f"{statistics.median(values):.2f} "
            f"({min(values):.2f}-{max(values):.2f})")


def figures(rounds):
    """All that was measured, the throughput first."""
    found = list(rounds[0]["vane"])
    return sorted(found, key=lambda what: what.endswith(TIMES))


def wall_table(wall, peer, names, figures_told):
    """Lines of a table: multiples of what @peer has."""
    yield f"| as a multiple of {peer}'s | " + " | ".join(names) + " |"
    yield "| --- |" + " ---: |" * len(names)
    for what in figures_told:
        unit = ("time of a round trip, " if what.endswith(TIMES) else
                "frames of " if what.endswith("bytes") else "bulk ")
        yield f"| {unit}{what} | " + " | ".join(
            cell(ratios(wall["rounds"], name, peer, what))
            for name in names) + " |"


def fair_table(fair):
    """Lines of a table: a column for each number of VFs."""
    counts = list(fair)
    first = fair[counts[0]]["rate"]
    yield "| VFs that send at once | " + " | ".join(counts) + " |"
    yield "| --- |" + " ---: |" * len(counts)
    for key, text, base in (
            ("rate", "frames of all together, to those of one VF", first),
            ("jain", "Jain's index of the frames of each", 1),
            ("least", "least of a VF, to the mean", 1),
            ("most", "most of a VF, to the mean", 1)):
        yield f"| {text} | " + " | ".join(
            f"{fair[count][key] / base:.3f}" for count in counts) + " |"


def markdown(out):
    """Sections of the report."""
    wall = load(out, "wall")
    if wall:
        names = [name for name in wall["rounds"][0] if name != "igbvf"]
        yield ""
        yield "## By the clock"
        yield ""
        yield (f"Median of {len(wall['rounds'])} rounds, and the range. "
               f"Interrupts {wall['moderation']} us apart where the card's "
               "driver can set it. Of frames counts what arrives.")
        yield ""
        yield from wall_table(wall, "igbvf", names, figures(wall["rounds"]))
        yield ""
        yield from wall_table(wall, "veth",
                              [name for name in wall["rounds"][0]
                               if name != "veth"], ("TCP", GRO))
    fair = load(out, "fair")
    if fair:
        yield ""
        yield "## Fairness"
        yield ""
        yield from fair_table(fair)


def readme(out):
    """The most telling ones."""
    wall = load(out, "wall")
    if wall:
        names = [name for name in wall["rounds"][0] if name != "igbvf"]
        yield ""
        yield from wall_table(wall, "igbvf", names,
                              ("64 bytes", "1500 bytes", "TCP", GRO, "TCP p50",
                               "UDP p50"))
        yield ""
        yield from wall_table(wall, "veth", ["vane", "igbvf", "vmxnet3"],
                              ("TCP", GRO))
    fair = load(out, "fair")
    if fair:
        yield ""
        yield from fair_table(fair)
