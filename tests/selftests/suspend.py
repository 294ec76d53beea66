#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: suspend --uplink switch --local
"""The machine is suspended, and PF and VFs come back as they were.

By the kernel's own test of suspend, which leaves out only the last step: no function
loses its power, but the drivers reset theirs on the way back, and PF and VFs do so in
the order of the PCI core.
"""

from lib.py import (Stream, Vane, cmd, cmd_json, defer, ethtool_json, ip, ksft_eq,
                    ksft_ge, ksft_main, read, repeat, skip_on_debug, wait_until, write)

VFS = 4
RECOVERY = 30
POWER = "/sys/power"
# The drivers' part, and the PCI core's too, with functions in D3hot
LEVELS = (*skip_on_debug("devices"), "platform")


def set_up():
    """PF, four VFs, the external network."""
    write("/sys/module/suspend/parameters/pm_test_delay", 0)
    return Vane.with_ports(VFS)


def suspend(level):
    """As far as @level, and back."""
    write(f"{POWER}/pm_test", level)
    defer(write, f"{POWER}/pm_test", "none")
    failures = read(f"{POWER}/suspend_stats/fail")
    write(f"{POWER}/state", "freeze")
    ksft_eq(read(f"{POWER}/suspend_stats/fail"), failures)


def works(env, *ports):
    """These, or PF and VFs, reach the network."""
    for port in ports or (env.pf_if, *env.vfs):
        wait_until(port.carrier, RECOVERY, what=f"{port.name}: carrier")
        wait_until(lambda port=port: port.reaches(env.ext), RECOVERY,
                   what=f"{port.name} reaches the network")


def settings(env):
    """What a user set: of the VFs, and of each interface."""
    name = env.pf_if.ifname
    return [env.vf_infos(), cmd_json(f"vanectl -j vlan show {name}"),
            *((port.link()["mtu"], port.link()["address"], port.channels(),
               port.features(), ethtool_json(f"-g {port.ifname}", port.ns),
               cmd(f"ethtool -n {port.ifname}", port.ns))
              for port in (env.pf_if, *env.vfs))]


def comes_back(env):
    """Again and again, with nothing else going on."""
    for _ in range(repeat(3, 1)):
        for level in LEVELS:
            suspend(level)
            works(env)


def in_traffic(env):
    """With frames under way, of which some may be lost."""
    for level in LEVELS:
        streams = [Stream(*env.vfs[:2]), Stream(env.pf_if, env.ext)]
        suspend(level)
        works(env)
        for stream in streams:
            ksft_ge(stream.stop()[0], 1, "frames that were sent")


def settings_stay(env):
    """All that was set is in force afterwards."""
    vf0, vf1 = env.vfs[:2]
    env.vf_set(1, "max_tx_rate 500 trust on")
    defer(env.vf_set, 1, "max_tx_rate 0 trust off")
    env.vf_set(2, "vlan 7 qos 3")
    defer(env.vf_set, 2, "vlan 0")
    cmd(f"vanectl vlan allow {env.pf_if.ifname} vf 3 0,10-20")
    defer(cmd, f"vanectl vlan any {env.pf_if.ifname} vf 3")
    ip(f"link set dev {vf0.ifname} address 52:54:00:aa:00:01 mtu 2000", vf0.ns)
    defer(ip, f"link set dev {vf0.ifname} address {vf0.mac} mtu 1500", vf0.ns)
    vf1.ethtool("-L {} combined 1")
    for port in (env.pf_if, vf1):
        port.ethtool("-G {} rx 256")
        port.ethtool("-N {} flow-type udp4 dst-port 9 action 0")
    ip(f"link add link {vf0.ifname} name vlan5 type vlan id 5", vf0.ns)
    defer(ip, "link del dev vlan5", vf0.ns)
    before = settings(env)
    for level in LEVELS:
        suspend(level)
        works(env, env.pf_if, vf0, vf1, env.vfs[3])
        ksft_eq(settings(env), before)


def interfaces_down(env):
    """Interfaces that were down are down, and can be opened."""
    for level in LEVELS:
        for port in (env.pf_if, env.vfs[0]):
            port.set("down")
        suspend(level)
        ksft_eq([port.link()["operstate"] for port in (env.pf_if, env.vfs[0])],
                ["DOWN", "DOWN"])
        for port in (env.pf_if, env.vfs[0]):
            port.up()
        works(env)


def without_driver(env):
    """A VF without a driver gets one afterwards."""
    port, function = env.vfs[3], env.vf(3)
    for level in LEVELS:
        function.unbind()
        suspend(level)
        function.bind("vanevf")
        name = function.wait_ifname()
        ip(f"link set dev {name} name {port.ifname} netns {port.ns}")
        port.up()
        works(env)


if __name__ == "__main__":
    ksft_main([comes_back, in_traffic, settings_stay, interfaces_down, without_driver],
              set_up)
