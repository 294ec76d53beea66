#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""See that files and functions can be read in one go.

usage: check_sizes.py EXCEPTIONS FILE...

A file has at most 900 lines, and a function's body at most 50. EXCEPTIONS has a
line for each that is longer: the file, or file and function with a colon
between, and the reason. An exception that is not needed is a finding too.
"""

import sys

from csource import code_of, functions_of

MAX_FILE = 900
MAX_FUNCTION = 50


def long_ones(path):
    """What is too long in a file, by name, with its length."""
    code = code_of(path)
    if code.count("\n") > MAX_FILE:
        yield path, f"{path}: {code.count(chr(10))} lines, above {MAX_FILE}"
    for function in functions_of(code):
        if function.lines > MAX_FUNCTION:
            yield (f"{path}:{function.name}",
                   f"{path}:{function.line}: {function.name}() has "
                   f"{function.lines} lines, above {MAX_FUNCTION}")


def main():
    """Print the findings; the status says whether there are any."""
    with open(sys.argv[1], encoding="utf-8") as file:
        exceptions = dict(line.rstrip("\n").partition(" ")[::2] for line in file
                          if not line.startswith("#"))
    found = {name: text for path in sys.argv[2:] for name, text in long_ones(path)}
    findings = [text for name, text in found.items() if name not in exceptions]
    for name, reason in exceptions.items():
        if name not in found:
            findings.append(f"{sys.argv[1]}: {name} is not too long")
        elif not reason.strip():
            findings.append(f"{sys.argv[1]}: {name} without a reason")
    print("\n".join(findings), end="\n" if findings else "")
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
