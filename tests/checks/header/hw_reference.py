#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Make docs/hardware-reference.rst, the datasheet's appendix, from vane_hw.h.

usage: hw_reference.py HEADER >docs/hardware-reference.rst

The header is read as it is laid out: a comment with an underlined title begins
a section; a comment after a blank line is about the lines up to the next one; any
other comment, behind a definition or above it, is its meaning. A field or value
belongs to the last definition above that is indented less after #define.
"""

import math
import os
import re
import sys
import textwrap

sys.path.insert(0, os.path.join(os.path.dirname(__file__),
                                "../../selftests/lib/py"))
from hw import Header  # pylint: disable=import-error

WIDTH = 98
HELPERS = ("VANE_REG_BIT", "VANE_REG_MASK", "VANE_DESC_BIT", "VANE_DESC_MASK",
           "VANE_HW_H")
TOP = """\
.. SPDX-License-Identifier: GPL-2.0 OR MIT
.. Made from common/vane_hw.h by tests/checks/header/hw_reference.py; do not edit.

============================================
VANE Ethernet controller: register reference
============================================

This appendix to the datasheet, ``hardware.rst``, lists every name of
``common/vane_hw.h``: registers, bit fields, values, structures and limits. What
they mean for a driver is in the datasheet.

Offsets and sizes are in bytes. Registers of a queue, vector or rule have their
offset within its block; the others within BAR 0. "64" beside the access is a
register of 8 bytes, others have 4. A field's bits are those of the register or
structure member that it belongs to.
"""

TITLE = re.compile(r"/\*\n \* (.+)\n \* -+\n(.*?) ?\*/", re.S)
DOC = re.compile(r"/\*\*\n \* struct (\w+) - (.*?) \*/", re.S)
ACCESS = re.compile(r"(RO|RW1C|RW|WO)( 64)?\b[:,]? ?")
BITS = re.compile(r"\(?VANE_(?:REG|DESC)_(BIT|MASK)\((\d+)(?:, (\d+))?\)\)?$")
SIZES = {"__u8": 1, "__le16": 2, "__le32": 4, "__le64": 8}


def plain(comment):
    """The words of a comment, in one line."""
    words = re.sub(r"^\s*/\*+|\*/\s*$", "", comment)
    return " ".join(re.sub(r"^ \*", "", words, flags=re.M).split())


def literal(text):
    """@text with its names set as literals."""
    text = re.sub(r"(?<![\w`])(VANE_[\w*]*[A-Z0-9*](?:\(\w\))?|struct vane_\w+|"
                  r"enum vane_\w+|vane_\w+\.\w+|_[A-Z][\w*]+)", r"``\1``", text)
    return re.sub(r"@(\w+)", r"``\1``", text)


class Define:
    """One definition of the header."""

    def __init__(self, names, match, parent):
        _, self.name, param, value, comment = match.groups()
        self.parent = parent
        text = plain(comment or "")
        access = ACCESS.match(text)
        self.access = access and access.group(1) + (access.group(2) or "")
        self.meaning = text[access.end():] if access else text
        bits = BITS.match(value)
        self.bits = bits and (bits.group(2) if not bits.group(3) else
                              f"{bits.group(2)}:{bits.group(3)}")
        number = names[self.name]
        if param:
            name = param.strip("()")
            base, step = number(0), number(1) - number(0)
            self.value = f"{base:#06x} + {name} * {step:#x}"
            self.name += param
        elif "0x" in value or self.access:
            digits = 4 if self.name.startswith(("VANE_REG_", "VANE_BLK_")) else 2
            self.value = f"{number:#0{digits + 2}x}"
        else:
            self.value = f"{number}"


def table(heading, rows):
    """A simple table; the last column is wrapped, empty columns are left out."""
    used = [i for i in range(len(heading)) if any(row[i] for row in rows)]
    heading = [heading[i] for i in used]
    rows = [[row[i] or ".." for i in used] for row in rows]
    widths = [max(len(row[i]) for row in [heading] + rows)
              for i in range(len(used))]
    room = WIDTH - sum(widths[:-1]) - len(widths) + 1
    widths[-1] = min(widths[-1], max(room, 24))
    rule = " ".join("=" * width for width in widths)
    lines = ["", rule, " ".join(map(str.ljust, heading, widths)).rstrip(), rule]
    for row in rows:
        wrapped = textwrap.wrap(row[-1], widths[-1], break_long_words=False,
                                break_on_hyphens=False)
        for i, last in enumerate(wrapped):
            cells = row[:-1] if not i else [""] * (len(row) - 1)
            lines.append(" ".join(map(str.ljust, cells + [last], widths))
                         .rstrip())
    return lines + [rule]


def mono(text):
    return text and f"``{text}``"


def defines(caption, group):
    """The tables of a group: registers, fields, other names."""
    lines = []
    if caption:
        caption = literal(caption)
        lines += ["", *textwrap.wrap(caption[0].upper() + caption[1:] + ":", 80)]
    registers = [d for d in group if d.access]
    fields = [d for d in group if not d.access and d.bits]
    others = [d for d in group if not d.access and not d.bits]
    if registers:
        lines += table(["Register", "Offset", "Access", "Meaning"],
                       [[mono(d.name), d.value, d.access, literal(d.meaning)]
                        for d in registers])
    for title, column, members in ("Field", "bits", fields), \
                                  ("Name", "value", others):
        if members:
            lines += table([title, column.capitalize(), "Belongs to", "Meaning"],
                           [[mono(d.name), getattr(d, column), mono(d.parent),
                             literal(d.meaning)] for d in members])
    return lines


def enumeration(caption, name, body):
    """The table of an enum."""
    rows = [[mono(entry), value, literal(plain(comment or ""))]
            for entry, value, comment in
            re.findall(r"^\t(\w+)\s+= (\w+),[ \t]*(/\*.*\*/)?", body, re.M)]
    intro = f"``enum {name}``" + (f": {literal(caption)}" if caption else "")
    lines = ["", *textwrap.wrap(intro, 80)]
    return lines + table(["Name", "Value", "Meaning"], rows)


class Structures:
    """Places and sizes of members, by natural alignment."""

    def __init__(self, names):
        self.names = names
        self.layouts = {}               # structure: (size, alignment)

    def _number(self, expression):
        # pylint: disable-next=eval-used
        return eval(expression.replace("/", "//"), dict(self.names))

    def _type(self, kind):
        if kind.startswith("struct "):
            return self.layouts[kind.split()[1]]
        return SIZES[kind], SIZES[kind]

    def table(self, doc, name, body):
        """The table of one structure."""
        brief, _, rest = doc.partition("\n")
        members, text = {}, ""
        for line in plain_lines(rest):
            match = re.match(r"@(\w+): (.*)", line)
            if match:
                members[match.group(1)] = [match.group(2)]
            elif line.startswith("\t") and members:
                members[list(members)[-1]].append(line.strip())
            else:
                text += " " + line.strip()
        at, widest, rows = 0, 1, []
        for kind, member, array in re.findall(
                r"^\t((?:struct )?\w+) (\w+)((?:\[.*?\])*);", body, re.M):
            size, alignment = self._type(kind)
            counts = [self._number(bound)
                      for bound in re.findall(r"\[(.*?)\]", array)]
            count = math.prod(counts)
            at = (at + alignment - 1) // alignment * alignment
            rows.append([mono(member), f"{at}", f"{size * count}",
                         kind + "".join(f"[{n}]" for n in counts),
                         literal(" ".join(members[member]))])
            at += size * count
            widest = max(widest, alignment)
        at = (at + widest - 1) // widest * widest
        self.layouts[name] = at, widest
        intro = f"``struct {name}``, {at} bytes: {literal(brief)}."
        lines = ["", *textwrap.wrap(intro, 80)]
        lines += table(["Member", "Offset", "Bytes", "Type", "Meaning"], rows)
        text = literal(text.strip())
        return lines + (["", *textwrap.wrap(text, 80)] if text else [])


def plain_lines(text):
    """The lines of a kernel-doc comment, without their stars."""
    return [line[3:] if line.startswith(" * ") else line.lstrip(" *")
            for line in text.split("\n")]


TOKEN = re.compile(r"""
    (?P<blank>^\n)
  | ^(?P<comment>/\*.*?\*/)\n
  | ^enum[ ](?P<enum>\w+)[ ]\{(?P<values>.*?)^\};\n
  | ^struct[ ](?P<struct>\w+)[ ]\{(?P<members>.*?)^\};\n
  | ^(?P<define>\#define(?:[^\n\\]|\\\n)*)\n
  | ^[^\n]*\n
""", re.X | re.M | re.S)
DEFINE = re.compile(r"#define( +)(VANE_\w+)(\(\w+\))?[ \t]+(.*?)\s*"
                    r"(/\*.*\*/)?$")


class Reference:
    """Walks the header from top to bottom."""

    def __init__(self, path):
        with open(path, encoding="ascii") as file:
            self.text = file.read().split("#define VANE_HW_H\n", 1)[1]
        self.names = Header(path).names
        self.structures = Structures(self.names)
        self.lines = []
        self.caption = ""               # what the definitions below are about
        self.group = []
        self.meaning = ""               # of the next definition
        self.doc = ""                   # of the next structure
        self.stack = []                 # (indentation, name)
        self.after_blank = True

    def _flush(self):
        if self.group:
            self.lines += defines(self.caption, self.group)
            self.group = []
        self.caption = ""

    def _comment(self, text):
        title = TITLE.match(text)
        doc = DOC.match(text)
        if title:
            self._flush()
            name, rest = title.groups()
            self.lines += ["", name, "=" * len(name)]
            for part in re.split(r"\n \*\n", rest.strip("\n")):
                if plain(part):
                    self.lines += ["", *textwrap.wrap(literal(plain(part)), 80)]
        elif doc:
            self._flush()
            self.doc = doc.group(2)
        elif self.after_blank:
            self._flush()
            self.caption = plain(text)
        else:
            self.meaning = plain(text)

    def _define(self, text):
        match = DEFINE.match(re.sub(r"\\\n\s*", "", text).replace("\n", " "))
        if not match or match.group(2) in HELPERS:
            return
        indent, name = len(match.group(1)), match.group(2)
        while self.stack and self.stack[-1][0] >= indent:
            self.stack.pop()
        parent = self.stack[-1][1] if self.stack else ""
        self.stack.append((indent, name))
        define = Define(self.names, match, parent)
        define.meaning = define.meaning or self.meaning
        self.meaning = ""
        self.group.append(define)

    def make(self):
        """All lines of the document."""
        for token in TOKEN.finditer(self.text):
            kind = token.lastgroup
            if token["blank"]:
                if self.caption and self.group:
                    self._flush()
            elif token["comment"]:
                self._comment(token["comment"])
            elif token["define"]:
                self._define(token["define"])
            elif kind == "values":
                caption = self.caption
                self.caption = ""
                self._flush()
                self.lines += enumeration(caption, token["enum"],
                                          token["values"])
            elif kind == "members":
                self._flush()
                self.lines += self.structures.table(
                    self.doc, token["struct"], token["members"])
            self.after_blank = bool(token["blank"])
        self._flush()
        return self.lines


def main():
    """Print the document."""
    print(TOP + "\n".join(Reference(sys.argv[1]).make()))


if __name__ == "__main__":
    main()
