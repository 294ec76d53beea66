# SPDX-License-Identifier: GPL-2.0-only
"""A capture, and tshark's view of it."""

import functools
import struct
import subprocess

from frames import ETAG, VNTAG

PCAP_MAGIC = 0xa1b2c3d4
SNAP_LENGTH = 1 << 18
ETHERNET = 1
PER_SECOND = 1000           # frames, in the capture's time

# A field that tshark prints although nobody expects it is wrong, too.
FIELDS = (
    "frame.protocols", "eth.dst", "eth.src", "eth.type",
    *(f"{layout.protocol}.{name}" for layout in (VNTAG, ETAG)
      for name in (*layout.masks, "etype", "trailer")),
    "vntag.len", "vlan.priority", "vlan.dei", "vlan.id", "vlan.etype", "vlan.len",
    "vlan.trailer", "ieee8021ad.priority", "ieee8021ad.dei", "ieee8021ad.id",
    "ieee8021ad.svid", "ieee8021ad.cvid", "ieee8021ah.etype", "ieee8021ah.trailer",
    "eth.trailer", "eth.padding", "ip.id", "ip.len", "ip.checksum.status",
    "ipv6.plen", "tcp.seq_raw", "tcp.flags", "tcp.checksum.status",
    "_ws.malformed", "_ws.expert.severity", "_ws.expert.message")
PAYLOAD = ("tcp.payload", "data.data")
PREFERENCES = ("ip.check_checksum:TRUE", "tcp.check_checksum:TRUE",
               # Each series of segments is a part of some connection.
               "tcp.analyze_sequence_numbers:FALSE")


class TsharkError(Exception):
    """There is no tshark, or it does not know the fields."""


def write_pcap(path, frames):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", PCAP_MAGIC, 2, 4, 0, 0, SNAP_LENGTH,
                               ETHERNET))
        for number, frame in enumerate(frames):
            seconds, rest = divmod(number, PER_SECOND)
            file.write(struct.pack("<IIII", seconds, rest * 1_000_000 // PER_SECOND,
                                   len(frame), len(frame)))
            file.write(frame)


def _value(text):
    """A number, if it is one."""
    if text in ("True", "False"):
        return int(text == "True")
    try:
        return int(text, 0)
    except ValueError:
        return text


def _row(line):
    """(payload, values by field) of a line."""
    texts = dict(zip((*PAYLOAD, *FIELDS), line.split("\t")))
    payload = ""
    for name in PAYLOAD:
        payload = payload or texts[name]
        del texts[name]
    return (bytes.fromhex(payload.split(",")[0]),
            {name: [_value(one) for one in text.split(",")]
             for name, text in texts.items() if text})


def _tshark(args):
    """What tshark @args prints."""
    try:
        return subprocess.run(["tshark", *args], capture_output=True, check=True,
                              encoding="utf-8").stdout
    except FileNotFoundError:
        raise TsharkError("there is no tshark") from None
    except subprocess.CalledProcessError as error:
        raise TsharkError(f"tshark ended with status {error.returncode}: "
                          f"{error.stderr}") from error


@functools.cache
def _guesses():
    """Dissectors that recognise a payload by its bytes: one in many thousand random
    payloads looks like some protocol."""
    return [line.split("\t")[-2]
            for line in _tshark(["-G", "heuristic-decodes"]).splitlines()]


def dissected(path):
    """Of each frame in a capture (payload, values by field), as tshark sees it."""
    command = ["-n", "-r", path, "-T", "fields", "-E", "separator=/t",
               "-E", "occurrence=a", "-E", "aggregator=,"]
    for preference in PREFERENCES:
        command += ["-o", preference]
    for name in (*PAYLOAD, *FIELDS):
        command += ["-e", name]
    for name in _guesses():
        command += ["--disable-heuristic", name]
    return [_row(line) for line in _tshark(command).splitlines()]
