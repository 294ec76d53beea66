#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compare the numbers of the datasheet with common/vane_hw.h.

usage: check_doc.py HEADER DATASHEET APPENDIX...

Every table row that names a VANE_ symbol, or a member of a structure, beside a
number becomes a static assertion. The output is a C file that compiles only if

 - all these numbers agree with the header,
 - the datasheet itself has a row for every block and every register, with the
   access that the header gives it,
 - datasheet and appendix together have a number for every other name of the
   header: each bit field, constant, enumerator, structure and member.

The names are found here by plain patterns, not with the generator of the
appendix, so that what the generator overlooks is missed here.
"""

import re
import sys

RULE = re.compile(r"^=+( +=+)+\s*$")
NAME = re.compile(r"``(VANE_\w+)(?:\((\w+)\))?``")
MEMBER = re.compile(r"``(\w+)``")
STRUCT = re.compile(r"^``struct (\w+)``.*\b(\d+) bytes")
ACCESS = re.compile(r"(RO|RW1C|RW|WO)( 64)?\b")

DEFINE = re.compile(r"^#define( +)(VANE_\w+)(\(\w+\))?[ \t]+(?:.*?/\* ([^*]*))?",
                    re.M)
ENUM = re.compile(r"^enum \w+ \{(.*?)^\};", re.M | re.S)
STRUCTURE = re.compile(r"^struct (\w+) \{(.*?)^\};", re.M | re.S)
# How other names are written, and the guard of the header.
HELPERS = {"VANE_REG_BIT", "VANE_REG_MASK", "VANE_DESC_BIT", "VANE_DESC_MASK",
           "VANE_HW_H"}


class Header:
    """What vane_hw.h has names for."""

    def __init__(self, text):
        self.registers = {}             # name: access
        self.names = set()
        self.members = set()            # (structure, member)
        for indent, name, params, comment in DEFINE.findall(text):
            access = ACCESS.match(comment)
            if name in HELPERS:
                continue
            self.names.add(name)
            if indent != " ":
                continue
            if access:
                self.registers[name] = access.group()
            elif re.match(r"VANE_BLK_(?!SIZE)|VANE_REG_", name) and not params:
                self.registers[name] = None
        for body in ENUM.findall(text):
            self.names.update(re.findall(r"^\s+(VANE_\w+)", body, re.M))
        for name, body in STRUCTURE.findall(text):
            self.members.update(
                (name, member)
                for member in re.findall(r"(\w+)(?:\[.*\])*;", body))


class Document:
    """The tables of one file, and the assertions that they amount to."""

    def __init__(self, path):
        self.path = path
        self.access = {}                # name of a register: its access
        self.numbered = set()           # names, and (structure, member)
        self.assertions = []
        with open(path, encoding="utf-8") as file:
            self.lines = file.read().splitlines()
        for structure, heading, rows in self._tables():
            for number, row in rows:
                self._row(structure, dict(zip(heading, row)), row[0], number)

    def _tables(self):
        """Yield (structure, heading, [(line number, cells)]) of each table."""
        rules = [i for i, line in enumerate(self.lines) if RULE.match(line)]
        for top, middle, bottom in zip(rules[::3], rules[1::3], rules[2::3]):
            spans = [m.span() for m in re.finditer("=+", self.lines[top])]
            cols = [(start, spans[i + 1][0] if i + 1 < len(spans) else None)
                    for i, (start, _) in enumerate(spans)]
            cells = [[self.lines[i][a:b].strip() for a, b in cols]
                     for i in range(top, bottom)]
            yield (self._structure_above(top), cells[1],
                   [(i + 1, cells[i - top]) for i in range(middle + 1, bottom)])

    def _structure_above(self, top):
        """The structure that the paragraph before a table is about."""
        end = top - 1
        while end > 0 and not self.lines[end].strip():
            end -= 1
        start = end
        while start > 0 and self.lines[start - 1].strip():
            start -= 1
        match = STRUCT.match(" ".join(self.lines[start:end + 1]))
        if not match:
            return None
        self._claim(start, f"sizeof(struct {match.group(1)})", match.group(2),
                    match.group(1))
        return match.group(1)

    def _claim(self, number, what, value, key):
        self.numbered.add(key)
        self.assertions.append((number, what, value))

    def _row(self, structure, claims, first, number):
        name = NAME.match(first)
        if "Member" in claims and structure:
            member = MEMBER.match(first)
            if member:
                place = f"struct {structure}, {member.group(1)}"
                key = (structure, member.group(1))
                self._claim(number, f"__builtin_offsetof({place})",
                            claims["Offset"], key)
                self._claim(number, f"sizeof(((struct {structure} *)0)->"
                            f"{member.group(1)})", claims["Bytes"], key)
        elif name:
            if ACCESS.fullmatch(claims.get("Access", "")):
                self.access[name.group(1)] = claims["Access"]
            for what, value in values_of(claims, *name.groups()):
                self._claim(number, what, value, name.group(1))

    def print(self):
        """Print the assertions, each as if it stood in the document."""
        for number, what, value in self.assertions:
            print(f"#line {number} \"{self.path}\"")
            print(f"_Static_assert({what} == {value}, \"{what}\");")


def values_of(claims, name, param):
    """Yield (C expression, value) for what a row claims of its name."""
    offset = claims.get("Offset") or claims.get("Value", "")
    if param:
        match = re.fullmatch(rf"(0x[0-9a-f]+) \+ {param} \* (\w+)", offset)
        if match:
            base, step = match.groups()
            for n in (0, 1, 5):
                yield f"{name}({n})", f"{base} + {n} * {step}"
        return
    if re.fullmatch(r"0x[0-9a-f]+|\d+", offset):
        yield name, offset
    for title in ("Bit", "Pos"):
        if re.fullmatch(r"\d+", claims.get(title, "")):
            yield name, f"1ull << {claims[title]}"
    match = re.fullmatch(r"(\d+)(?::(\d+))?", claims.get("Bits", ""))
    if match:
        high, low = match.group(1), match.group(2) or match.group(1)
        yield name, f"VANE_DESC_MASK({high}, {low})"


def main():
    """Print the C file."""
    with open(sys.argv[1], encoding="ascii") as file:
        header = Header(file.read())
    documents = [Document(path) for path in sys.argv[2:]]
    datasheet = documents[0]
    numbered = set().union(*(document.numbered for document in documents))
    errors = []
    for name, access in sorted(header.registers.items()):
        if name not in datasheet.numbered:
            errors.append(f"{datasheet.path} does not describe {name}")
        elif access is None and not name.startswith("VANE_BLK_"):
            errors.append(f"{sys.argv[1]}: the comment of {name} has no access")
        for document in documents:
            if document.access.get(name, access) != access:
                errors.append(f"{document.path}: {name} is not {access}")
    errors += [f"no document has the number of {name}"
               for name in sorted(header.names - numbered)]
    errors += [f"no document has struct {name}, {member}"
               for name, member in sorted(header.members - numbered)]
    print('#include "vane_hw.h"')
    for document in documents:
        document.print()
    for error in errors:
        print(f"#error \"{error}\"")
    print(f"/* {sum(len(document.assertions) for document in documents)} "
          "numbers */")


if __name__ == "__main__":
    main()
