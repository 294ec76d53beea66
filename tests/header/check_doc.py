#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compare the numbers of docs/hardware.rst with common/vane_hw.h.

Every table row of the datasheet that names a VANE_ symbol beside a number
becomes a static assertion; the output is a C file that compiles only when both
agree, and only when no register of the header lacks its row.
"""

import re
import sys

RULE = re.compile(r"^=+( +=+)+\s*$")
NAME = re.compile(r"``(VANE_\w+)``")


def columns(rule):
    """Return the (start, end) of each column of a simple table's rule."""
    spans = [m.span() for m in re.finditer("=+", rule)]
    return [(start, spans[i + 1][0] if i + 1 < len(spans) else None)
            for i, (start, _) in enumerate(spans)]


def tables(lines):
    """Yield (heading cells, [(line number, row cells)]) of each simple table."""
    rules = [i for i, line in enumerate(lines) if RULE.match(line)]
    for top, middle, bottom in zip(rules[::3], rules[1::3], rules[2::3]):
        cols = columns(lines[top])
        cells = [[line[a:b].strip() for a, b in cols] for line in lines]
        yield cells[top + 1], [(i + 1, cells[i])
                               for i in range(middle + 1, bottom)]


def value_of(heading, row):
    """Return the C expression that a row claims for its name, or None."""
    claims = dict(zip(heading, row))
    if re.fullmatch(r"0x[0-9a-f]+", claims.get("Offset", "")):
        return claims["Offset"]
    for title in ("Bit", "Pos"):
        if re.fullmatch(r"\d+", claims.get(title, "")):
            return f"1ull << {claims[title]}"
    if re.fullmatch(r"\d+", claims.get("Value", "")):
        return claims["Value"]
    match = re.fullmatch(r"(\d+)(?::(\d+))?", claims.get("Bits", ""))
    if match:
        high, low = match.group(1), match.group(2) or match.group(1)
        return f"VANE_DESC_MASK({high}, {low})"
    return None


def main():
    """Print the C file."""
    doc, header = sys.argv[1:3]
    with open(doc, encoding="utf-8") as file:
        lines = file.read().splitlines()
    with open(header, encoding="utf-8") as file:
        registers = set(re.findall(r"#define\s+(VANE_(?:REG|TXQ|RXQ|VEC)_\w+)\s+0x",
                                   file.read()))
    print('#include "vane_hw.h"')
    found = 0
    for heading, rows in tables(lines):
        for number, row in rows:
            name = NAME.match(row[0])
            if not name:
                continue
            registers.discard(name.group(1))
            value = value_of(heading, row)
            if value:
                found += 1
                print(f"#line {number} \"{doc}\"")
                print(f"_Static_assert({name.group(1)} == {value}, "
                      f"\"{name.group(1)}\");")
    for name in sorted(registers):
        if not name.endswith(("_STRIDE", "_MASK", "_BIT")):
            print(f'#error "{doc} does not describe {name}"')
    print(f"/* {found} numbers */")
    if found < 100:
        print(f'#error "only {found} numbers found in {doc}"')


if __name__ == "__main__":
    main()
