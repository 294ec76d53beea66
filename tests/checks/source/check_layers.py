#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""See that the files of each module call and include only downwards.

usage: check_layers.py ARCHITECTURE

The section "Levels" of docs/architecture.rst has a literal block for each
folder, introduced by its name: a line for each level, the highest first, with
the files on it. Files of one level do not call each other. A header belongs to
the file of its name; one that no file has the name of can be used by all.

Whatever a file or its header defines for others counts, called or not: a
pointer to a function is a way to call it. A header that is included counts as
well, whether or not anything of it is used.
"""

import collections
import glob
import os
import re
import sys

from csource import code_of, data_of, functions_of

BLOCK = re.compile(r"^``(\w+)/``::\n\n((?:    .*\n)+)", re.M)
INCLUDE = re.compile(r'^#include "(\w+)\.h"', re.M)
# One with what was made for it
GENERATED = re.compile(r"_gen$")


def unit_of(path):
    """The name of a file's level: without its ending, or "_gen" before that."""
    return GENERATED.sub("", os.path.splitext(os.path.basename(path))[0])


def read_levels(path):
    """By folder, a list of lists of files, the lowest level first."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    section = re.search(r"^Levels\n=+\n(.*?)^[A-Z][^\n]*\n=+$", text, re.M | re.S)
    if not section:
        return {}
    return {folder: [re.findall(r"\w+", line)
                     for line in reversed(lines.splitlines())]
            for folder, lines in BLOCK.findall(section.group(1))}


class Folder:
    """The files of a folder, and what of each other they use."""

    def __init__(self, name):
        self.units = {unit_of(path) for path in glob.glob(f"{name}/*.c")
                      if not path.endswith("_test.c")}
        texts = collections.defaultdict(list)
        self.owner = {}
        self.includes = collections.defaultdict(set)
        for path in sorted(glob.glob(f"{name}/*.[ch]")):
            unit = unit_of(path)
            if unit not in self.units:
                continue
            code = code_of(path)
            texts[unit].append(code)
            with open(path, encoding="utf-8") as file:
                self.includes[unit] |= {
                    unit_of(header) for header in INCLUDE.findall(file.read())
                } & self.units - {unit}
            for function in functions_of(code):
                if not function.static or path.endswith(".h"):
                    self.owner[function.name] = unit
            for variable in data_of(code):
                self.owner[variable] = unit
        self.uses = {unit: {name for code in codes
                            for name in set(re.findall(r"\w+", code))
                            if self.owner.get(name, unit) != unit}
                     for unit, codes in texts.items()}


def check_folder(name, levels):
    """The findings about a folder."""
    folder = Folder(name)
    level = {unit: i for i, units in enumerate(levels) for unit in units}
    for unit in sorted(folder.units - level.keys()):
        yield f"{name}/{unit}.c: has no level in docs/architecture.rst"
    for unit in sorted(level.keys() - folder.units):
        yield f"docs/architecture.rst: there is no {name}/{unit}.c"
    if not folder.owner:
        yield f"{name}: nothing found that it defines"
    for unit in sorted(folder.units):
        used = [(folder.owner[name], f"uses {name} of {folder.owner[name]}.c")
                for name in sorted(folder.uses[unit])]
        used += [(owner, f"includes {owner}.h")
                 for owner in sorted(folder.includes[unit])]
        for owner, what in used:
            above = level.get(owner, -1) - level.get(unit, len(level))
            if above >= 0:
                how = "above" if above else "beside"
                yield f"{name}/{unit}: {what}, {how} it"


def main():
    """Print the findings; the status says whether there are any."""
    levels = read_levels(sys.argv[1])
    found = [f"{sys.argv[1]}: no levels of {name}/"
             for name in ("common", "mailbox", "pf", "vf") if name not in levels]
    for name, units in levels.items():
        found += check_folder(name, units)
    print("\n".join(found), end="\n" if found else "")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
