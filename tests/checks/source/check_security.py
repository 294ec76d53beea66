#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""See that each test that docs/security.rst names exists, and each defence has one.

usage: check_security.py SECURITY

A test is a literal ``FILE:CASE``. FILE says where it is: a selftest (hostile.py), a
qtest (vane-...-test), KUnit (mbox_test), datasheet, spin or property. A defence is a
term of the definition lists in the section "Defences", its tests are the definition.
"""

import pathlib
import re
import sys

TEST = re.compile(r"``([\w.-]+):([\w./-]+)``")
# A defence, and the indented lines below it
TERM = re.compile(r"^(\w[^\n]*)\n((?:  [^\n]*\n)+)", re.M)


def text_of(path):
    """A file's text; nothing, if there is none."""
    path = pathlib.Path(path)
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def is_listed(pattern, *paths):
    """Does @pattern occur in one of the files?"""
    return any(re.search(pattern, text_of(path), re.M) for path in paths)


def selftest_exists(file, case):
    """A function that ksft_main() is given, at the end, itself or in a list."""
    text = text_of(f"tests/selftests/{file}")
    lists = re.findall(r"^[A-Z]+ \+?= \[.*?\]$", text, re.M | re.S)
    cases = " ".join([*lists, text[text.rfind("ksft_main("):]])
    return bool(re.search(rf"^def {case}\(", text, re.M) and
                re.search(rf"\b{case}\b", cases))


def datasheet_exists(case):
    """A member of the tuple CASES of a module."""
    module, _, name = case.partition(".")
    return is_listed(rf"^CASES = \([^)]*\b{name}\b",
                     f"tests/nic/datasheet/{module}_cases.py")


def spin_exists(case):
    """A search of the model, or one without a rule."""
    kind, _, name = case.partition(".")
    wanted = rf'broken\("{name.upper()}"' if kind == "broken" else \
        rf'Case\("{re.escape(case)}"'
    return is_listed(wanted, "tests/spin/search.py")


def exists(file, case):
    """Is there such a test?"""
    if file.endswith(".py"):
        return selftest_exists(file, case)
    if re.fullmatch(r"vane(-\w+)?-test", file):
        return is_listed(rf'qtest_add_func\(\s*"/vane(/[\w-]+)?/{case}"',
                         f"tests/nic/qtest/{file}.c")
    if file == "mbox_test":
        return is_listed(rf"KUNIT_CASE(_SLOW)?\(vane_mbox_test_{case}\)",
                         "mailbox/mbox_test.c")
    if file == "datasheet":
        return datasheet_exists(case)
    if file == "spin":
        return spin_exists(case)
    return file == "property" and is_listed(rf"\d - {case}\b",
                                            "tests/nic/property/switch_property.py")


def undefended(text):
    """Terms of the section "Defences" that are followed by no test."""
    section = re.search(r"^Defences\n=+\n(.*?)^[^\n]+\n=+$", text, re.M | re.S)
    return [term for term, tests in TERM.findall(section[1] if section else "")
            if not TEST.search(tests)]


def main():
    """Prints what is wrong."""
    path = sys.argv[1]
    text = text_of(path)
    tests = TEST.findall(text)
    wrong = [f"{path}: there is no test {file}:{case}"
             for file, case in dict.fromkeys(tests) if not exists(file, case)]
    wrong += [f"{path}: nothing attacks: {term}" for term in undefended(text)]
    if len(tests) < 2:
        wrong.append(f"{path}: names no tests")
    print("\n".join(wrong), end="\n" if wrong else "")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
