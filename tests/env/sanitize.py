#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""sanitize.py OUT: run in QEMU's build folder, links a QEMU into the folder OUT
whose model alone is compiled by clang, with every check that it has for addresses,
undefined behaviour, and conversions that change a value.

All other objects are those of the build there, so it takes seconds.
"""

import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

PROGRAM = "qemu-system-x86_64"
MODEL = "hw_net_vane_"
# Conversions in QEMU's headers are not the model's.
IGNORED = "[implicit-conversion]\nsrc:*/include/*\nsrc:/usr/*\nsrc:*/qapi/*\n"
RUNTIMES = ["-fsanitize=address,undefined,implicit-conversion"]
CHECKS = [*RUNTIMES, "-fno-sanitize=function", "-fno-omit-frame-pointer", "-w"]


def commands(rule, *options):
    """The build's commands of a ninja rule, by output."""
    text = subprocess.run(["ninja", "-t", "compdb", *options, rule], check=True,
                          capture_output=True, text=True).stdout
    return {entry["output"]: shlex.split(entry["command"])
            for entry in json.loads(text)}


def compile_model(words, out, ignored):
    """Compiles what the command @words does, into @out; returns the new object."""
    name = words[words.index("-o") + 1]
    new = os.path.join(out, os.path.basename(name))
    for option in ("-MD", "-MQ", "-MF"):
        at = words.index(option)
        del words[at:at + (1 if option == "-MD" else 2)]
    words[words.index("-o") + 1] = new
    subprocess.run(["clang", *words[1:], *CHECKS,
                    f"-fsanitize-ignorelist={ignored}"], check=True)
    return name, new


def main():
    """Compiles the model and links."""
    out = sys.argv[1]
    os.makedirs(out, exist_ok=True)
    ignored = os.path.join(out, "ignored")
    with open(ignored, "w", encoding="ascii") as file:
        file.write(IGNORED)
    model = [words for name, words in commands("c_COMPILER").items()
             if MODEL in name]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        new = dict(pool.map(lambda words: compile_model(words, out, ignored),
                            model))
    link = commands("c_LINKER_RSP", "-x")[PROGRAM]
    link[link.index("-o") + 1] = os.path.join(out, PROGRAM)
    subprocess.run(["clang", *RUNTIMES, *(new.get(word, word)
                                          for word in link[1:])], check=True)


if __name__ == "__main__":
    main()
