#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: network @distro --allow-leaks --uplink switch
"""vanectl's command line: what is wrong is named and changes nothing, with status
2, what the kernel refuses ends with status 1; options, help, completion."""

import json
import os
import random
import re
import shlex

from lib.py import (Vane, cmd, cmd_json, defer, hw, ksft_eq, ksft_in, ksft_main,
                    ksft_pr, repeat, run)

VFS = 4
REFUSED, USAGE = 1, 2
NOWHERE = "nodev0"
MAN_PAGE = "/usr/local/share/man/man8/vanectl.8"
COMPLETION = "/usr/local/share/bash-completion/completions/vanectl"

# {} is the PF's interface.
WRONG = (
    ("", "no command given"),
    ("-j", "no command given"),
    ("''", 'unknown command ""'),
    ("frobnicate {}", 'unknown command "frobnicate"'),
    ("SHOW {}", 'unknown command "SHOW"'),
    ("sho {}", 'unknown command "sho"'),
    ("-- -j", 'unknown command "-j"'),
    ("-", 'unknown command "-"'),
    ("channel", 'incomplete command "channel"'),
    ("channel add {} pf 1", 'unknown command "channel add"'),
    ("list get {}", 'unknown command "list get"'),
    ("vlan '' {}", 'unknown command "vlan "'),
    ("frobnicate --help", 'unknown command "frobnicate"'),
    ("vlan frobnicate --help", 'unknown command "vlan frobnicate"'),
    ("-x show {}", 'unknown option "-x"'),
    ("show {} -x", 'unknown option "-x"'),
    ("--js show {}", 'unknown option "--js"'),
    ("-jj show {}", 'unknown option "-jj"'),
    ("-x --help", 'unknown option "-x"'),
    ("show", "missing argument: PF"),
    ("show {} now", 'unexpected argument "now"'),
    ("show {} {}", 'unexpected argument "{}"'),
    ("show {} ''", 'unexpected argument ""'),
    ("show -- {} -j", 'unexpected argument "-j"'),
    ("stats {} 0", '"0" is neither "pf" nor "vf"'),
    ("stats {} VF 0", '"VF" is neither "pf" nor "vf"'),
    ("stats {} vf", "missing argument: N"),
    ("stats {} vf 0 1", 'unexpected argument "1"'),
    ("stats {} pf vf 0", 'unexpected argument "vf"'),
    ("stats {} vf 0 vf 0", 'unexpected argument "vf"'),
    ("mode {} e-tag", 'unknown mode "e-tag"'),
    ("mode {} ''", 'unknown mode ""'),
    ("mode {} VEB", 'unknown mode "VEB"'),
    ("mode {} veb vepa", 'unexpected argument "vepa"'),
    ("channel set {}", "missing argument: pf or vf N"),
    ("channel set {} vf 0", "missing argument: CHANNEL"),
    ("channel set {} 0 100", '"0" is neither "pf" nor "vf"'),
    ("channel set {} vf 0 100 100", 'unexpected argument "100"'),
    ("channel set {} vf 0 none", 'channel "none" is not a number'),
    ("channel del {} vf 0 100", 'unexpected argument "100"'),
    ("channel grant {} pf 100", '"vf" expected instead of "pf"'),
    ("channel grant {} vf 0", "missing argument: CHANNEL"),
    ("channel revoke {} vf 0", "missing argument: CHANNEL"),
    ("channel revoke {} vf 0 100 101", 'unexpected argument "101"'),
    ("priority set {} pf", "missing argument: MAP"),
    ("priority set {} pf 5", '"5" is not a map of priorities, such as 5:3,0:1'),
    ("priority set {} pf 5:3,", '"5:3," is not a map of priorities, such as 5:3,0:1'),
    ("priority set {} pf 5:", 'priority "" is not a number'),
    ("priority set {} pf 5:x", 'priority "x" is not a number'),
    ("priority set {} pf 5:3:1", 'priority "3:1" is not a number'),
    ("priority set {} pf 8:1", "priority 8 is not between 0 and 7"),
    ("priority set {} vf 0 0:7,1.0:-1", "priority -1 is not between 0 and 7"),
    ("priority set {} pf 5.2:3", "drop eligibility 2 is not between 0 and 1"),
    ("priority set {} pf 5.:3", 'drop eligibility "" is not a number'),
    ("priority set {} pf 1:1 2:2", 'unexpected argument "2:2"'),
    ("priority del {} pf 1:1", 'unexpected argument "1:1"'),
    ("list set {} 1: pf", 'E-CID "" is not a number'),
    ("list set {} :1 pf", 'group "" is not a number'),
    ("list set {} 1:2:3 pf", 'E-CID "2:3" is not a number'),
    ("list show {} 7", 'unexpected argument "7"'),
    ("list set {}", "missing argument: LIST"),
    ("list set {} 7", "missing argument: MEMBER"),
    ("list set {} 7 0", '"0" is neither "pf" nor "vf"'),
    ("list set {} 7 vf", "missing argument: N"),
    ("list set {} 7 pf vf", "missing argument: N"),
    ("list del {}", "missing argument: LIST"),
    ("list del {} 7 8", 'unexpected argument "8"'),
    ("vlan show {} pf", '"vf" expected instead of "pf"'),
    ("vlan show {} vf 0,1", 'VF "0,1" is not a number'),
    ("vlan allow {} vf 0", "missing argument: VLANS"),
    ("vlan allow {} vf 0 1 2", 'unexpected argument "2"'),
    ("vlan any {}", "missing argument: vf N"),
    ("vlan any {} vf 0 1", 'unexpected argument "1"'),
    ("profile list {}", 'unknown command "profile list"'),
    ("profile show {} a b", 'unexpected argument "b"'),
    ("profile show {} ''", "the name of a profile has 1 to 39 characters"),
    ("profile set {}", "missing argument: NAME"),
    ("profile del {}", "missing argument: NAME"),
    ("profile del {} a b", 'unexpected argument "b"'),
    ("profile del {} " + "p" * 40, "the name of a profile has 1 to 39 characters"),
    ("profile set {} a b", 'unknown setting "b"'),
    ("profile set {} a vlan", "missing argument: vlan"),
    ("profile set {} a vlan 5 vlan 5", '"vlan" is given twice'),
    ("profile set {} a vlan 5 qos", "missing argument: qos"),
    ("profile set {} a qos 5", '"qos" and "proto" need "vlan"'),
    ("profile set {} a proto 802.1Q", '"qos" and "proto" need "vlan"'),
    ("profile set {} a vlan 5 proto 802.1", 'protocol "802.1" is neither "802.1Q" nor '
                                            '"802.1ad"'),
    ("profile set {} a trust yes", 'trust "yes" is neither "off" nor "on"'),
    ("profile set {} a spoofchk 1", 'spoofchk "1" is neither "off" nor "on"'),
    ("profile set {} a priority 8:1", "priority 8 is not between 0 and 7"),
    ("profile set {} a vlans 3-1", "VLAN range 3-1 is reversed"),
)

# What every place of a number refuses: the name of the number, and its limits
NUMBERS = (
    ("stats {{}} vf {}", "VF", 0, 255),
    ("channel set {{}} vf {} 100", "VF", 0, 255),
    ("channel set {{}} vf 0 {}", "channel", 1, 1048575),
    ("channel set {{}} pf {}", "channel", 1, 1048575),
    ("channel del {{}} vf {}", "VF", 0, 255),
    ("channel grant {{}} vf {} 100", "VF", 0, 255),
    ("channel grant {{}} vf 0 {}", "channel", 1, 1048575),
    ("channel revoke {{}} vf 0 {}", "channel", 1, 1048575),
    ("list set {{}} {} pf", "list", 1, 4095),
    ("list del {{}} {}", "list", 1, 4095),
    ("list set {{}} {}:1 pf", "group", 1, 3),
    ("list del {{}} 3:{}", "E-CID", 0, 1048575),
    ("vlan show {{}} vf {}", "VF", 0, 255),
    ("vlan allow {{}} vf {} 1", "VF", 0, 255),
    ("vlan any {{}} vf {}", "VF", 0, 255),
    ("profile set {{}} a vlan {}", "VLAN", 0, 4094),
    ("profile set {{}} a vlan 1 qos {}", "qos", 0, 7),
    ("profile set {{}} a channel {}", "channel", 1, 1048575),
    ("profile set {{}} a max_tx_rate {}", "rate", 0, 400000),
    ("profile set {{}} a min_tx_rate {}", "rate", 0, 400000),
)
RANGES = (
    ("list set {{}} 7 vf {}", "VF", 255),
    ("vlan allow {{}} vf 0 {}", "VLAN", 4094),
    ("vlan forbid {{}} vf 0 {}", "VLAN", 4094),
    ("profile set {{}} a vlans {}", "VLAN", 4094),
)
NOT_NUMBERS = ("x", "", " 1", "1 ", "1x", "0x1", "+1", "1.0", "1e3", "-1x", "\u0663",
               "1\n", "%s", "1,2", "1-2")
NOT_RANGES = ("x", "", ",", "1,", ",1", "1,,2", "-", "1-", "-1", "1-2-3", "1--2",
              "1 2", "1;2", "0x1", "1-x", "+1")
HUGE = (2**31, 2**32, 2**32 + 1, 2**63, 2**64, 2**64 + 1, 10**30)


def set_up():
    """A PF with a few VFs."""
    return Vane(VFS)


def vanectl(env, args):
    """vanectl, @args with the PF's name as {}."""
    return run("vanectl " + args.replace("{}", env.pf.ifname or ""))


def config(env):
    """What vanectl can change."""
    shown = cmd_json(f"vanectl -j show {env.pf.ifname}")
    return (shown["mode"], shown["lists"], shown["grants"],
            [port["channel"] for port in shown["ports"]],
            cmd_json(f"vanectl -j vlan show {env.pf.ifname}"),
            cmd_json(f"vanectl -j profile show {env.pf.ifname}"))


def ends(env, args, status, text):
    """vanectl @args ends with @status and says @text, and nothing else."""
    result = vanectl(env, args)
    text = text.replace("{}", env.pf.ifname or "")
    ksft_eq(result.returncode, status, args)
    ksft_eq(result.stderr.split("\n")[0], f"vanectl: {text}", args)
    ksft_eq(result.stdout, "", args)
    return result.stderr


def wrong_arguments(env):
    """Each is named, with how it is right, and nothing changes."""
    before = config(env)
    for args, text in WRONG:
        said = ends(env, args, USAGE, text)
        ksft_eq("usage: vanectl" in said or 'Try "vanectl --help"' in said, True, args)
    ksft_eq(config(env), before)
    # Those of the command itself
    said = ends(env, "vlan allow {} vf 0", USAGE, "missing argument: VLANS")
    ksft_eq(said.splitlines()[1:], ["usage: vanectl vlan allow PF vf N VLANS"])
    said = ends(env, "channel", USAGE, 'incomplete command "channel"')
    ksft_eq(said.splitlines()[1:], ["usage: vanectl channel set PF {pf | vf N} CHANNEL",
                                    "       vanectl channel del PF {pf | vf N}",
                                    "       vanectl channel grant PF vf N CHANNEL",
                                    "       vanectl channel revoke PF vf N CHANNEL"])


def wrong_numbers(env):
    """Wherever a number stands, what is none, and what is outside of its limits."""
    before = config(env)
    for args, name, least, most in NUMBERS:
        for word in NOT_NUMBERS:
            ends(env, args.format(shlex.quote(word)), USAGE,
                 f'{name} "{word}" is not a number'.split("\n", maxsplit=1)[0])
        for number in (least - 1, most + 1, -(2**32), *HUGE):
            ends(env, args.format(number), USAGE,
                 f"{name} {number} is not between {least} and {most}")
    for args, name, most in RANGES:
        for word in NOT_RANGES:
            ends(env, args.format(shlex.quote(word)), USAGE,
                 f'"{word}" is not a list of {name}s, such as 0,2-5')
        for number in (most + 1, *HUGE):
            for form in ("{}", "0-{}", "0,{}", "{}-0"):
                ends(env, args.format(form.format(number)), USAGE,
                     f"{name} {number} is not between 0 and {most}")
        ends(env, args.format("1,4-3"), USAGE, f"{name} range 4-3 is reversed")
    ksft_eq(config(env), before)


def refused_by_kernel(env):
    """What is right, but cannot be done: status 1, and the kernel's reason."""
    cmd(f"vanectl channel set {env.pf.ifname} vf 0 9")
    defer(cmd, f"vanectl channel del {env.pf.ifname} vf 0")
    before = config(env)
    for args, text in (
            (f"show {NOWHERE}", f'cannot find device "{NOWHERE}"'),
            ("show ''", 'cannot find device ""'),
            ("show much-too-long-a-name",
             'cannot find device "much-too-long-a-name"'),
            ("show lo", "lo is not the netdev of a VANE physical function"),
            (f"mode {env.vf(0).ifname} veb",
             f"{env.vf(0).ifname} is not the netdev of a VANE physical function"),
            ("stats {} vf 4", "VF 4 does not exist, 4 VFs are enabled"),
            ("channel set {} vf 255 300", "VF 255 does not exist, 4 VFs are enabled"),
            ("channel set {} pf 9", "Channel 9 is in use by VF 0"),
            ("channel grant {} vf 4 8", "VF 4 does not exist, 4 VFs are enabled"),
            ("channel grant {} vf 0 9", "Channel 9 is in use by VF 0"),
            ("channel revoke {} vf 1 9", "Channel 9 is not granted to VF 1"),
            ("channel revoke {} vf 4 9", "VF 4 does not exist, 4 VFs are enabled"),
            ("list set {} 7 vf 0-4", "VF 4 does not exist, 4 VFs are enabled"),
            ("list del {} 4000", "There is no list 4000"),
            ("vlan show {} vf 4", "VF 4 does not exist, 4 VFs are enabled"),
            ("vlan allow {} vf 4 1", "VF 4 does not exist, 4 VFs are enabled"),
            ("vlan any {} vf 255", "VF 255 does not exist, 4 VFs are enabled"),
            ("profile show {} a", "There is no profile a"),
            ("profile del {} a", "There is no profile a"),
            ("profile set {} a min_tx_rate 2 max_tx_rate 1",
             "Minimum rate 2 is above the maximum of 1")):
        ends(env, args, REFUSED, text)
    ksft_eq(config(env), before)


def without_privilege(env):
    """Anyone may look; a change needs CAP_NET_ADMIN."""
    nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups vanectl"
    ksft_eq(cmd(f"{nobody} mode {env.pf.ifname}"), "veb\n")
    result = run(f"{nobody} mode {env.pf.ifname} vepa")
    ksft_eq(result.returncode, REFUSED)
    ksft_in("CAP_NET_ADMIN", result.stderr)
    ksft_eq(cmd(f"vanectl mode {env.pf.ifname}"), "veb\n")


def lost_output(env):
    """Output that cannot be written is an error."""
    for args in (f"show {env.pf.ifname}", "--help", "show --help", "--version"):
        result = run(["sh", "-c", f"vanectl {args} >/dev/full"])
        ksft_eq((result.returncode, result.stderr),
                (REFUSED, "vanectl: output: No space left on device\n"), args)


# The commands of the manual page. P: any interface, F: "pf" or "vf N", V: "vf N",
# M: a mode, C: a channel, I: a list, R: members, L: VLANs, W: a map of priorities,
# N: a name, S: settings of a profile
GRAMMAR = ("show P", "stats P", "stats P F", "mode P", "mode P M", "channel set P F C",
           "channel del P F", "channel grant P V C", "channel revoke P V C",
           "priority set P F W", "priority del P F", "list show P",
           "list set P I R", "list del P I",
           "vlan show P", "vlan show P V", "vlan allow P V L", "vlan forbid P V L",
           "vlan any P V", "profile show P", "profile show P N", "profile del P N",
           "profile set P N S")
MODES = ("veb", "vepa", "vntag", "etag")
EDGES = ("0", "1", "007", "255", "256", "4094", "4095", "4096", "-1", "4294967297",
         "18446744073709551617", "0x10", "", "+1", "1 ", "1e3", "1-", "1-2", "2-1",
         "0,2-3", "0,4095", "1,,2", "-", "--", "x", "1:0", "3:1048575", "4:1", "2:",
         "7:7,0.1:3", "1048575", "1048576")
STRAY = EDGES + ("pf", "vf", "veb", "set", "show", "-j", "--json", "-x", "all", "any")
# The settings of a profile, each with some of its values
SETTINGS = {"vlan": ("0", "4094"), "qos": ("0", "7"), "proto": ("802.1Q", "802.1ad"),
            "channel": ("1", "1048575"), "priority": ("3:5", "0:7.1,7:0"),
            "vlans": ("0", "1-20,4094"), "trust": ("on", "off"),
            "spoofchk": ("on", "off"), "max_tx_rate": ("0", "400000"),
            "min_tx_rate": ("0", "400000")}


def random_settings(rng):
    """Settings of a profile, in any order, now and then one with any value."""
    words = []
    for name in rng.sample(sorted(SETTINGS), rng.randrange(5)):
        values = EDGES if rng.random() < 0.1 else SETTINGS[name]
        words += [name, rng.choice(values)]
    return words


def random_part(rng, letter):
    """Words in place of @letter of the grammar, most of them right."""
    number = rng.choice(EDGES) if rng.random() < 0.4 else str(rng.randrange(1, 255))
    vf = ["vf", number]
    return {"P": lambda: [NOWHERE], "M": lambda: [rng.choice(MODES + ("tag",))],
            "V": lambda: vf, "F": lambda: rng.choice((["pf"], vf)),
            "R": lambda: sum((rng.choice((["pf"], vf))
                              for _ in range(rng.randrange(4))), []),
            "S": lambda: random_settings(rng)
            }.get(letter, lambda: [number])()


def random_words(rng):
    """A command line."""
    words = []
    for part in rng.choice(GRAMMAR).split():
        words += random_part(rng, part) if part.isupper() else [part]
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        place = rng.randrange(len(words)) if words else 0
        words[place:place + rng.randrange(2)] = rng.choice(
            ([], [rng.choice(STRAY)], words[place:place + 1] * 2, ["-j"]))
    return words


def is_number(text, least, most):
    """Decimal, and within its limits."""
    return bool(re.fullmatch("[0-9]+", text)) and least <= int(text) <= most


def is_list(text, most):
    """Ranges, each within the limits and the right way round."""
    for part in text.split(","):
        bounds = part.split("-")
        if len(bounds) > 2 or not all(is_number(end, 0, most) for end in bounds):
            return False
        if int(bounds[0]) > int(bounds[-1]):
            return False
    return True


def is_id_of_list(text):
    """A list of VN-Tag, or a group and an E-CID."""
    group, colon, ecid = text.partition(":")
    if not colon:
        return is_number(text, 1, 4095)
    return is_number(group, 1, 3) and is_number(ecid, 0, 0xfffff)


def is_map(text):
    """Pairs of priorities."""
    return all(
        len(pair.split(":")) == 2
        and all(is_number(level, 0, 7) and (not dot or is_number(dei, 0, 1))
                for level, dot, dei in (end.partition(".") for end in pair.split(":")))
        for pair in text.split(","))


def is_setting(name, value):
    """A setting of a profile."""
    most = {"vlan": 4094, "qos": 7, "max_tx_rate": 400000, "min_tx_rate": 400000}
    if name in most:
        return is_number(value, 0, most[name])
    return {"proto": value in ("802.1Q", "802.1ad"),
            "channel": is_number(value, 1, 0xfffff),
            "priority": is_map(value), "vlans": is_list(value, 4094),
            "trust": value in ("on", "off"), "spoofchk": value in ("on", "off")
            }.get(name, False)


def is_settings(words):
    """Settings of a profile: each once at most, and nothing of a VLAN without it."""
    names = words[::2]
    return (len(words) % 2 == 0 and len(set(names)) == len(names)
            and all(map(is_setting, names, words[1::2]))
            and ("vlan" in names or not {"qos", "proto"} & set(names)))


def length(letter, words):
    """How many of @words are what @letter stands for; 0 if they begin otherwise."""
    first, second = (*words, "", "")[:2]
    if letter in "FR" and first == "pf":
        return 1
    if letter in "FVR":
        right = first == "vf" and (is_list(second, 255) if letter == "R" else
                                   is_number(second, 0, 255))
        return 2 if right else 0
    return int({"P": bool(words), "M": first in MODES,
                "C": is_number(first, 1, 0xfffff),
                "I": is_id_of_list(first), "W": is_map(first),
                "L": is_list(first, 4094), "N": 0 < len(first) < 40
                }.get(letter, first == letter))


def matches(parts, words):
    """Whether @words are what the @parts of the grammar say."""
    for part in parts.split():
        if part == "S":
            return is_settings(words)
        count = length(part, words)
        if not count:
            return False
        words = words[count:]
        while part == "R" and words and length(part, words):
            words = words[length(part, words):]
    return not words


def split_options(words):
    """The words without options, and whether all options are known."""
    plain, known = [], True
    for place, word in enumerate(words):
        if word == "--":
            return plain + words[place + 1:], known
        if re.match("-[^0-9]", word):
            known = known and word in ("-j", "--json")
        else:
            plain.append(word)
    return plain, known


def random_arguments(_env):
    """Whatever is typed: status 2 if it is wrong, else the device is looked for."""
    seed = int(os.environ.get("VANE_SEED", random.randrange(1 << 32)))
    ksft_pr(f"VANE_SEED={seed}")
    rng = random.Random(seed)
    right = 0
    for _ in range(repeat(400, 60)):
        words = random_words(rng)
        plain, known = split_options(words)
        result = run(["vanectl", *words])
        if known and any(matches(parts, plain) for parts in GRAMMAR):
            right += 1
            device = plain[1 if plain[0] in ("show", "stats", "mode") else 2]
            ksft_eq((result.returncode, result.stderr),
                    (REFUSED, f'vanectl: cannot find device "{device}"\n'), words)
        else:
            ksft_eq(result.returncode, USAGE, words)
            ksft_eq(result.stderr.startswith("vanectl: "), True, words)
        ksft_eq(result.stdout, "", words)
    ksft_pr(f"{right} were right")


def options_anywhere(env):
    """-j in front, in the middle or at the end is the same."""
    pf = env.pf.ifname
    want = cmd_json(f"vanectl -j mode {pf}")
    for args in (f"mode -j {pf}", f"mode {pf} -j", f"--json mode {pf}",
                 f"mode {pf} --json", f"-j mode -j {pf} --json", f"-j -- mode {pf}"):
        ksft_eq(cmd_json(f"vanectl {args}"), want, args)
    ksft_eq(want, {"mode": "veb"})
    for command in ("show {}", "stats {}", "stats {} vf 0", "stats {} pf",
                    "list show {}", "vlan show {}", "vlan show {} vf 3",
                    "profile show {}"):
        json.loads(cmd("vanectl " + command.format(pf) + " -j"))
    ksft_eq(cmd(f"vanectl mode {pf} veb -j"), "")


def leading_zeros(env):
    """A number is decimal, whatever it begins with."""
    pf = env.pf.ifname
    defer(cmd, f"vanectl channel del {pf} vf 1")
    cmd(f"vanectl channel set {pf} vf 01 0010")
    ports = cmd_json(f"vanectl -j show {pf}")["ports"]
    ksft_eq([port["channel"] for port in ports if port.get("vf") == 1], [10])


def repeated_members(env):
    """A member that is named more than once is one; all VFs can be named."""
    pf = env.pf.ifname
    cmd(f"vanectl list set {pf} 7 vf 2,0-2,1 pf vf 0 pf " + "vf 0-3 " * 300)
    defer(cmd, f"vanectl list del {pf} 7")
    ksft_eq(cmd_json(f"vanectl -j list show {pf}"),
            [{"group": 0, "list": 7, "pf": True, "vfs": [0, 1, 2, 3]}])
    ends(env, "list set {} 7 vf 0-255", REFUSED,
         "VF 4 does not exist, 4 VFs are enabled")


def synopsis():
    """The commands of the manual page, as text."""
    with open(MAN_PAGE, encoding="ascii") as file:
        page = file.read()
    found = []
    for line in page.split(".SH SYNOPSIS\n")[1].split(".SH")[0].splitlines():
        macro, _, text = line.partition(" ")
        if not text:
            continue
        words = shlex.split(text.replace("\\", "\\\\"))
        text = ("" if macro == ".BR" else " ").join(words)
        found.append(re.sub(r"\\f.|\\(?=-)", "", text))
    return found


def help_and_version(env):
    """All commands, or those that the words name; as the manual page has them."""
    found = cmd("vanectl --help")
    usages = [line.removeprefix("usage:").strip()
              for line in found.split("\n\n", maxsplit=1)[0].splitlines()]
    ksft_eq(usages, synopsis()[:-2])
    ksft_eq(cmd("vanectl -h"), found)
    for name in ("show", "stats", "mode", "channel set", "channel del",
                 "channel grant", "channel revoke",
                 "priority set", "priority del", "list show", "list set", "list del",
                 "vlan show", "vlan allow", "vlan forbid", "vlan any",
                 "profile show", "profile set", "profile del"):
        said = cmd(f"vanectl {name} --help")
        ksft_eq(said, cmd(f"vanectl --help {name} {env.pf.ifname}"), name)
        line = said.splitlines()[0].removeprefix("usage: ")
        ksft_in(line, usages)
        ksft_in(f" {name} ", line)
        # What stands in capitals is explained.
        for word in set(re.findall(r"\b[A-Z]+\b", line)):
            ksft_in(f"\n  {word} ", said, name)
    ksft_eq(len(cmd("vanectl channel -h").split("\n\n")[0].splitlines()), 4)
    for option in ("-V", "--version"):
        ksft_eq(cmd(f"vanectl {option}"),
                f"vanectl {hw.VANE_ABI_MAJOR_VERSION}.{hw.VANE_ABI_MINOR_VERSION}\n")


def complete(*words):
    """What the last word may become."""
    script = f""". {COMPLETION}
        COMP_WORDS=(vanectl "$@"); COMP_CWORD=$#
        _vanectl
        printf '%s\\n' "${{COMPREPLY[@]}}" """
    return cmd(["bash", "-c", script, "bash", *words]).split()


def completion(env):
    """Commands, the PF, VFs, modes and options."""
    pf = env.pf.ifname
    numbers = [str(index) for index in range(VFS)]
    ksft_in("_vanectl", cmd(["bash", "-c", f". {COMPLETION}; complete -p vanectl"]))
    for words, want in (
            ([""], ["show", "stats", "mode", "channel", "priority", "list",
                    "vlan", "profile"]),
            (["s"], ["show", "stats"]), (["x"], []), (["-j", "m"], ["mode"]),
            (["channel", ""], ["set", "del", "grant", "revoke"]),
            (["vlan", "a"], ["allow", "any"]),
            (["list", ""], ["show", "set", "del"]),
            (["show", ""], [pf]), (["-j", "show", ""], [pf]), (["show", f"{pf}x"], []),
            (["vlan", "allow", ""], [pf]), (["show", pf, ""], []),
            (["mode", pf, "v"], ["veb", "vepa", "vntag"]),
            (["mode", pf, "e"], ["etag"]),
            (["priority", ""], ["set", "del"]),
            (["priority", "set", pf, ""], ["pf", "vf"]),
            (["priority", "del", pf, "vf", ""], numbers),
            (["stats", pf, ""], ["pf", "vf"]), (["stats", pf, "vf", ""], numbers),
            (["stats", pf, "-j", "vf", "1"], ["1"]), (["stats", NOWHERE, "vf", ""], []),
            (["stats", pf, "pf", ""], []), (["vlan", "show", pf, ""], ["vf"]),
            (["vlan", "allow", pf, "vf", ""], numbers),
            (["vlan", "allow", pf, "vf", "0", ""], []),
            (["channel", "set", pf, "vf", ""], numbers),
            (["channel", "set", pf, "vf", "0", ""], []),
            (["list", "set", pf, ""], []), (["list", "set", pf, "7", ""], ["pf", "vf"]),
            (["list", "set", pf, "7", "pf", "vf", ""], numbers),
            (["list", "set", pf, "7", "vf", "0", "p"], ["pf"]),
            (["list", "set", pf] + ["7"] + ["vf", "0"] * 5 + [""], ["pf", "vf"]),
            (["p"], ["priority", "profile"]),
            (["profile", ""], ["show", "set", "del"]), (["profile", "set", ""], [pf]),
            (["profile", "set", pf, ""], []),
            (["profile", "set", pf, "a", "v"], ["vlan", "vlans"]),
            (["profile", "set", pf, "a", "vlan", ""], []),
            (["profile", "set", pf, "a", "trust", ""], ["on", "off"]),
            (["profile", "set", pf, "a", "vlan", "1", "proto", "802.1a"], ["802.1ad"]),
            (["profile", "set", pf, "a"] + ["qos", "1"] * 5 + ["m"],
             ["max_tx_rate", "min_tx_rate"]),
            (["show", "--"], ["--json", "--help", "--version"])):
        ksft_eq(complete(*words), want, words)
    # A name is text, whatever the shell would make of it.
    odd = "a$(id)*"
    cmd(["ip", "link", "set", "dev", pf, "name", odd])
    defer(cmd, ["ip", "link", "set", "dev", odd, "name", pf])
    ksft_eq(complete("show", ""), [odd])
    ksft_eq(complete("stats", odd, "vf", "3"), ["3"])


def without_module(env):
    """Without the driver, vanectl says what is missing."""
    pf = env.pf.ifname
    env.write_numvfs(0)
    cmd("modprobe -r vane")
    for args in (f"show {pf}", f"-j stats {pf}", f"mode {pf} vepa", "show lo"):
        said = ends(env, args, REFUSED, 'the kernel has no netlink family "vane"')
        ksft_in("modprobe vane", said)
        ksft_in("CONFIG_VANE_NETLINK", said)
    ends(env, f"stats {pf} vf x", USAGE, 'VF "x" is not a number')
    cmd("vanectl --help")
    cmd("modprobe vane")
    env.pf.wait_ifname()


if __name__ == "__main__":
    ksft_main([wrong_arguments, wrong_numbers, refused_by_kernel, without_privilege,
               lost_output, random_arguments, options_anywhere, leading_zeros,
               repeated_members, help_and_version, completion, without_module], set_up)
