# SPDX-License-Identifier: GPL-2.0-only
"""The names of vane_hw.h, for Python: hw.VANE_MAX_VFS, hw.VANE_TXQ(3).

The header stays the only description; this reads it.
"""

import os
import re

HEADER = os.path.join(os.path.dirname(__file__),
                      "../../../../common/vane_hw.h")

_DEFINE = re.compile(r"#define\s+(\w+)(?:\((\w+(?:,\s*\w+)*)\))?\s+(.+)")
_ENUMERATOR = re.compile(r"(VANE_\w+)\s*=\s*(\w+)")


def _python(expression):
    """C integer expression to Python's."""
    expression = re.sub(r"\b(0x[0-9a-fA-F]+|\d+)[uUlL]+\b", r"\1", expression)
    expression = re.sub(r"sizeof\s*\(.*?\)", "0", expression)
    return expression.replace("/", "//")


def _parse(text):
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = text.replace("\\\n", " ")
    names = {}
    for line in text.splitlines():
        match = _DEFINE.match(line)
        if match:
            name, params, value = match.groups()
            value = _python(value.strip())
            if params:
                # pylint: disable-next=eval-used
                names[name] = eval(f"lambda {params}: {value}", names)
            else:
                # pylint: disable-next=eval-used
                names[name] = eval(value, names)
            continue
        for name, value in _ENUMERATOR.findall(line):
            names[name] = int(value, 0)
    del names["__builtins__"]
    return names


class Header:
    """Each name of the header is an attribute."""

    def __init__(self, path):
        with open(path, encoding="ascii") as header:
            self.names = _parse(header.read())

    def __getattr__(self, name):
        try:
            return self.names[name]
        except KeyError:
            raise AttributeError(f"vane_hw.h has no {name}") from None


hw = Header(HEADER)


def field(value, mask):
    """The field of @value that @mask selects."""
    return (value & mask) // (mask & -mask)


def put(mask, value):
    """@value at the place of @mask."""
    return (value * (mask & -mask)) & mask
