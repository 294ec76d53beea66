#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: owners @passthrough --iommu intel --nested --uplink switch
"""A VF in a container: the host-device plug-in of CNI, as docs/passthrough.rst says.

A container's network is a namespace; what makes the container does not matter.
"""

import json
import os
import subprocess

from lib.py import (PATIENCE, Port, Vane, cmd, ip, ksft_eq, ksft_in, ksft_main,
                    netns_add, wait_until)

PLUGINS = "/usr/lib/cni"
NAME = "box"
IFNAME = "net1"


def set_up():
    """One VF, and the external network."""
    env = Vane(1)
    env.ext = env.ext_port()
    return env


def host_device(command, bdf, host):
    """Has the plug-in ADD a VF to the namespace, or DEL it; returns its answer."""
    config = {"cniVersion": "1.0.0", "name": "vf", "type": "host-device",
              "pciBusID": bdf,
              "ipam": {"type": "static", "addresses": [{"address": f"{host}/16"}]}}
    env = os.environ | {"CNI_COMMAND": command, "CNI_CONTAINERID": NAME,
                        "CNI_NETNS": f"/run/netns/{NAME}", "CNI_IFNAME": IFNAME,
                        "CNI_PATH": PLUGINS}
    result = subprocess.run([f"{PLUGINS}/host-device"], env=env, text=True,
                            input=json.dumps(config), capture_output=True,
                            timeout=60 * PATIENCE, check=False)
    ksft_eq(result.returncode, 0, result.stdout + result.stderr)
    return json.loads(result.stdout or "null")


def container(env):
    """The VF goes into the container, works there, and comes back."""
    function = env.vf(0)
    name, mac = function.wait_ifname(), env.vf_info(0)["address"]
    netns_add(NAME)
    answer = host_device("ADD", function.bdf, "10.7.0.10")
    ksft_in(IFNAME, [entry["name"] for entry in answer["interfaces"]])
    ksft_eq(function.ifname, None, "in the host")
    port = Port(NAME, NAME, IFNAME, 10)
    ksft_eq(port.mac, mac)
    port.wait_carrier()
    port.ping(env.ext)
    host_device("DEL", function.bdf, "10.7.0.10")
    wait_until(lambda: function.ifname == name, what="the VF is back")
    ksft_eq(ip(f"-br addr show dev {name}").split()[2:], [], "no address left")


def container_ends(env):
    """A container that just ends gives its VF back."""
    function = env.vf(0)
    function.wait_ifname()
    cmd(f"ip netns add {NAME}")
    host_device("ADD", function.bdf, "10.7.0.10")
    cmd(f"ip netns del {NAME}")
    wait_until(lambda: function.ifname, what="the VF is back")


if __name__ == "__main__":
    ksft_main([container, container_ends], set_up)
