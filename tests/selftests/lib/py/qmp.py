# SPDX-License-Identifier: GPL-2.0-only
"""The monitor of the machine that this guest is."""

import json
import os
import select

from .ksft import PATIENCE, KsftFail

PORT = "/dev/virtio-ports/vane.qmp"


class QmpError(Exception):
    """The monitor refused a command; @desc is its text."""

    def __init__(self, error):
        super().__init__(error["desc"])
        self.desc = error["desc"]


class Qmp:
    """Speaks to the monitor; events are passed over."""

    def __init__(self):
        self.fd = os.open(PORT, os.O_RDWR)
        self.serial = 0
        self.pending = b""
        try:
            self.execute("qmp_capabilities")
        except QmpError:
            # Someone before us in this guest did that.
            pass

    def close(self):
        """Lets others use the port."""
        os.close(self.fd)

    def _line(self, timeout=20 * PATIENCE):
        while b"\n" not in self.pending:
            if not select.select([self.fd], [], [], timeout)[0]:
                raise KsftFail("QMP: no answer")
            data = os.read(self.fd, 65536)
            if not data:
                raise KsftFail("QMP: closed")
            self.pending += data
        line, self.pending = self.pending.split(b"\n", 1)
        return json.loads(line)

    def execute(self, command, **args):
        """Runs a command; returns what it returned."""
        self.serial += 1
        ident = f"{os.getpid()}-{self.serial}"
        message = {"execute": command, "id": ident}
        if args:
            message["arguments"] = args
        os.write(self.fd, json.dumps(message).encode() + b"\n")
        while True:
            answer = self._line()
            if answer.get("id") != ident:
                continue
            if "error" in answer:
                raise QmpError(answer["error"])
            return answer["return"]

    def get(self, path, name):
        """Value of a QOM property."""
        return self.execute("qom-get", path=path, property=name)

    def set(self, path, name, value):
        """Sets a QOM property."""
        self.execute("qom-set", path=path, property=name, value=value)

    def list(self, path):
        """Names of an object's properties and children, with their types."""
        return {entry["name"]: entry["type"]
                for entry in self.execute("qom-list", path=path)}
