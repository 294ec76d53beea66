# SPDX-License-Identifier: GPL-2.0-only
"""C files of this project, cut into what stands at their top level."""

import re

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
STRING = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'')
# A name and what follows it up to the body, none of which is a statement
FUNCTION = re.compile(r"^(?P<head>[A-Za-z_][^;{}#=]*?\b(?P<name>\w+)\([^;{}]*\)"
                      r"[^;{}()=]*)\n?\{", re.M)
DATA = re.compile(r"^(?!static|extern|typedef|(?:struct|union|enum) \w+;)"
                  r"[a-z][^;{}()#=]*?\b(\w+)(?:\[[^]]*\])*"
                  r"(?: __\w+)*(?: = |;)", re.M)


def blank(match):
    """White space in place of a match, so that lines keep their numbers."""
    return re.sub(r"[^\n]", " ", match.group())


def code_of(path):
    """The text of a file without comments and the contents of strings."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return STRING.sub(blank, COMMENT.sub(blank, text))


class Function:
    """A function definition."""

    def __init__(self, code, match):
        self.name = match.group("name")
        self.static = re.match(r"(static|DEFINE_)", match.group()) is not None
        end = code.index("\n}", match.end() - 1) + 2
        self.line = code.count("\n", 0, match.start("name")) + 1
        first = code.count("\n", 0, match.end())
        self.lines = code.count("\n", 0, end) - first - 1


def functions_of(code):
    """The functions that a text defines; lines counts those of the body."""
    return [Function(code, match) for match in FUNCTION.finditer(code)]


def data_of(code):
    """The variables that a text defines for other files to use."""
    top = re.sub(r"\{.*?^\}", lambda m: "{" + blank(m)[1:-1] + "}", code,
                 flags=re.M | re.S)
    return set(DATA.findall(top))
