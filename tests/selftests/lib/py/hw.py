# SPDX-License-Identifier: GPL-2.0-only
"""The names of vane_hw.h, for Python: hw.VANE_MAX_VFS, hw.VANE_TXQ(3).

The header stays the only description; this reads it.
"""

import os
import re

HEADER = os.path.join(os.path.dirname(__file__),
                      "../../../../common/vane_hw.h")

_DEFINE = re.compile(r"#define\s+(\w+)(?:\((\w+(?:,\s*\w+)*)\))?\s+(.+)")
_READABLE = re.compile(r"^#define (VANE_(REG|TXQ|RXQ|VEC|RULE)_\w+)\s+0x\w+\s+"
                       r"/\* (?:RO|RW|RW1C)( 64)?\b", re.M)
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
            self.text = header.read()
        self.names = _parse(self.text)

    def __getattr__(self, name):
        try:
            return self.names[name]
        except KeyError:
            raise AttributeError(f"vane_hw.h has no {name}") from None

    def readable_registers(self, is_vf):
        """Yields (name, offset) of each word that can be read.

        Of queues, vectors and rules it has two each; of windows, tables and
        counters the last word.
        """
        bases = {"REG": [0], "TXQ": [self.VANE_TXQ(0), self.VANE_TXQ(1)],
                 "RXQ": [self.VANE_RXQ(0), self.VANE_RXQ(1)],
                 "VEC": [self.VANE_VEC(0), self.VANE_VEC(1)],
                 "RULE": [self.VANE_RULE(0),
                          self.VANE_RULE(self.VANE_MAX_RULES - 1)]}
        for name, kind, wide in _READABLE.findall(self.text):
            for base in bases[kind]:
                offset = base + self.names[name]
                if not (is_vf and offset >= self.VANE_BLK_PF):
                    yield name, offset
                    if wide:
                        yield name, offset + 4
        for name, end in (
                ("request", self.VANE_REG_MBOX_REQ + self.VANE_MBOX_SIZE),
                ("response", self.VANE_REG_MBOX_RSP + self.VANE_MBOX_SIZE),
                ("RSS key", self.VANE_REG_RSS_KEY + self.VANE_RSS_KEY_SIZE),
                ("RSS tables", self.VANE_RSS_TABLE(self.VANE_RSS_CONTEXTS)),
                ("counters", self.VANE_STAT(self.VANE_STAT_COUNT))):
            yield f"last word of the {name}", end - 4


hw = Header(HEADER)


def field(value, mask):
    """The field of @value that @mask selects."""
    return (value & mask) // (mask & -mask)


def put(mask, value):
    """@value at the place of @mask."""
    return (value * (mask & -mask)) & mask
