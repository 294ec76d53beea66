#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: devlink @distro --iommu intel --uplink switch --allow NETDEV.WATCHDOG
#   VFs in use need VFIO, and the watchdog's line is waited for. All VFs come and go
#   many times in it, which takes too long on the debug kernel.
"""devlink of the PF: ports, sizes, rates, health, regions, VFs in use."""

import errno
import fcntl
import os
import re
import threading

from lib.py import (KernelLog, Vane, cmd, cmd_json, defer, fails, hw, ip,
                    ip_json, ksft_eq, ksft_ge, ksft_in, ksft_main, ksft_ne,
                    ksft_not_in, ksft_raises, ksft_true, read, registers, run,
                    wait_until, write)

COUNTS = (1, 7, 64, 256)
RECOVERY = 20

# linux/vfio.h: _IO(';', 100 + n)
VFIO_SET_IOMMU = 0x3b66
VFIO_GROUP_SET_CONTAINER = 0x3b68
VFIO_GROUP_GET_DEVICE_FD = 0x3b6a
VFIO_TYPE1_IOMMU = 1


class Devlink(Vane):
    """The NIC as devlink has it."""

    def __init__(self):
        """No VF yet, and the external network."""
        super().__init__()
        self.ext = self.ext_port()

    @property
    def handle(self):
        """The device's handle."""
        return f"pci/{self.pf.bdf}"

    def port(self, index):
        """Handle of a VF's port."""
        return f"{self.handle}/{index + 1}"

    @staticmethod
    def show(args):
        """What devlink @args says, below the name of its kind."""
        return next(iter(cmd_json(f"devlink -j {args}").values()), {})

    def dl_ports(self):
        """All ports by handle."""
        return self.show("port show")

    def function(self, index):
        """Function attributes of a VF's port."""
        return self.dl_ports()[self.port(index)]["function"]

    def rates(self):
        """All leaves and nodes by handle."""
        return self.show("port function rate show")

    def reporter(self, name, port=None):
        """State of a health reporter."""
        handle = self.handle if port is None else self.port(port)
        found = self.show(f"health show {handle} reporter {name}")
        return next(iter(found.values()))[0]

    def resources(self):
        """Occupancy by name, and size."""
        found = self.show(f"resource show {self.handle}")[self.handle]
        return {entry["name"]: (entry["occ"], entry["size"])
                for entry in found}

    def some_vfs(self, count):
        """Enables VFs with their driver, for the case."""
        self.set_vfs(count)
        defer(self.write_numvfs, 0)

    def fresh_pf(self):
        """Waits for the PF's interface after a reload, and puts it up."""
        ip(f"link set dev {self.pf.wait_ifname()} up")


def says(command, text):
    """@command fails and explains with @text."""
    ksft_in(text, fails(command))


# Info

def info(env):
    """Part and serial number are those of the Vital Product Data."""
    found = env.show(f"dev info {env.handle}")[env.handle]
    mac = cmd(f"ethtool -P {env.pf.ifname}").split()[-1]
    serial = mac.replace(":", "").upper()
    ksft_eq(found["versions"]["fixed"]["board.id"], "VANE-256")
    ksft_eq(found["board.serial_number"], serial)
    listing = cmd(f"lspci -vv -s {env.pf.bdf}")
    for text in ("Product Name: VANE SR-IOV Ethernet controller",
                 "Part number: VANE-256", f"Serial number: {serial}",
                 "checksum good"):
        ksft_in(text, listing)


# Ports

def ports(env):
    """One physical port with the netdev, and one without for each VF."""
    for count in COUNTS:
        env.set_vfs(count)
        found = env.dl_ports()
        ksft_eq(len(found), count + 1)
        physical = found[f"{env.handle}/0"]
        ksft_eq(physical["flavour"], "physical")
        ksft_eq(physical["netdev"], env.pf.ifname)
        last = found[env.port(count - 1)]
        ksft_eq((last["flavour"], last["vfnum"]), ("pcivf", count - 1))
        ksft_not_in("netdev", last)
        env.write_numvfs(0)
        ksft_eq(list(env.dl_ports()), [f"{env.handle}/0"])


def phys_port_name(env):
    """The PF's interface is known by the name of its port."""
    ksft_eq(read(f"/sys/class/net/{env.pf.ifname}/phys_port_name"), "p0")


def hw_addr(env):
    """hw_addr of a port and ip's mac of the VF are one."""
    env.some_vfs(2)
    default = env.function(1)["hw_addr"]
    ksft_eq(default, env.vf_info(1)["address"])
    cmd(f"devlink port function set {env.port(1)} hw_addr 02:00:00:00:01:01")
    ksft_eq(env.vf_info(1)["address"], "02:00:00:00:01:01")
    path = f"{env.vf(1).path}/net/{env.vf(1).ifname}/address"
    wait_until(lambda: read(path) == "02:00:00:00:01:01", what="the VF's MAC")
    env.vf_set(1, "mac 02:00:00:00:01:02")
    ksft_eq(env.function(1)["hw_addr"], "02:00:00:00:01:02")
    says(f"devlink port function set {env.port(1)} hw_addr 01:00:5e:00:00:01",
         "unicast")
    cmd(f"devlink port function set {env.port(1)} hw_addr 00:00:00:00:00:00")
    ksft_eq(env.function(1)["hw_addr"], default)


# Sizes

def vectors(function):
    """MSI-X vectors of a function, by its configuration space."""
    for line in cmd(f"lspci -v -s {function.bdf}").splitlines():
        if "MSI-X" in line:
            return int(line.split("Count=")[1].split()[0])
    return 0


def max_channels(function):
    """Queue pairs that a function's driver may use."""
    text = cmd(f"ethtool -l {function.wait_ifname()}")
    return next(int(line.split()[1]) for line in text.splitlines()
                if line.startswith("Combined:"))


def max_io_eqs(env):
    """Event queues by devlink: vectors and queue pairs of the next probe."""
    env.some_vfs(2)
    vf = env.vf(1)
    says(f"devlink port function set {env.port(1)} max_io_eqs 8",
         "has a driver")
    vf.unbind()
    for count in (1, 16, 8):
        cmd(f"devlink port function set {env.port(1)} max_io_eqs {count}")
        ksft_eq(env.function(1)["max_io_eqs"], count)
        ksft_eq(vectors(vf), count + 1)
    for count in (0, 17):
        says(f"devlink port function set {env.port(1)} max_io_eqs {count}",
             "1 to 16")
    vf.bind("vanevf")
    ksft_eq(max_channels(vf), 8)


def size_during_reset(env):
    """A reset of the VF, which holds its device lock, delays a change of its size."""
    env.some_vfs(1)
    vf = env.vf(0)
    vf.unbind()
    for count in range(1, hw.VANE_MAX_QUEUES_VF + 1):
        thread = threading.Thread(target=vf.reset)
        thread.start()
        cmd(f"devlink port function set {env.port(0)} max_io_eqs {count}")
        thread.join()
        ksft_eq(env.function(0)["max_io_eqs"], count)


def refused(path, value, number):
    """Writing @value is refused with @number."""
    with ksft_raises(OSError) as raised:
        write(path, value)
    ksft_eq(raised.exception.errno, number, f"{value} to {path}")


def msix_count(env):
    """The same by sysfs."""
    env.some_vfs(2)
    vf = env.vf(1)
    path = f"{vf.path}/sriov_vf_msix_count"
    default = env.function(1)["max_io_eqs"]
    total = hw.VANE_TOTAL_VECTORS - hw.VANE_MAX_VECTORS_PF
    ksft_eq(read(f"{env.pf.path}/sriov_vf_total_msix"), str(total))
    refused(path, 5, errno.EBUSY)
    vf.unbind()
    write(path, hw.VANE_MAX_VECTORS_VF)
    ksft_eq(env.function(1)["max_io_eqs"], hw.VANE_MAX_QUEUES_VF)
    log = KernelLog()
    refused(path, hw.VANE_MAX_VECTORS_VF + 1, errno.ERANGE)
    refused(path, 1, errno.ERANGE)
    refused(path, -1, errno.EINVAL)
    ksft_true(log.has("a VF can have 2 to 17"))
    ksft_eq(vectors(vf), hw.VANE_MAX_VECTORS_VF)
    vf.bind("vanevf")
    ksft_eq(max_channels(vf), hw.VANE_MAX_QUEUES_VF)
    vf.unbind()
    write(path, 0)
    ksft_eq(vectors(vf), default + 1)
    ksft_eq(env.function(0)["max_io_eqs"], default, "the other VF")


def sizes_run_out(env):
    """The device's queue pairs are shared out, and no more than it has."""
    env.unbound_vfs(hw.VANE_MAX_VFS)
    before = env.resources()
    ksft_ge(before["queue_pairs"][0],
            hw.VANE_MAX_QUEUES_PF + hw.VANE_MAX_VFS)
    given = 0
    for index in range(hw.VANE_MAX_VFS - 1, -1, -1):
        try:
            write(f"{env.vf(index).path}/sriov_vf_msix_count",
                  hw.VANE_MAX_VECTORS_VF)
        except OSError as error:
            ksft_eq(error.errno, errno.ENOSPC)
            break
        given += 1
    ksft_ge(given, 60)
    ksft_ge(hw.VANE_MAX_VFS - 1, given)
    says(f"devlink port function set {env.port(index)} max_io_eqs 16",
         "all VFs share")
    now, size = env.resources()["queue_pairs"]
    ksft_ge(now, size - hw.VANE_MAX_QUEUES_VF)
    ksft_ge(size, now)
    env.write_numvfs(0)
    env.write_numvfs(1)
    ksft_ne(env.function(0)["max_io_eqs"], hw.VANE_MAX_QUEUES_VF)


def sizes_hold(env):
    """A VF's size outlives its driver, resets and the PF's driver."""
    env.some_vfs(3)
    vf = env.vf(2)
    vf.unbind()
    write(f"{vf.path}/sriov_vf_msix_count", 7)
    vf.bind("vanevf")
    vf.wait_ifname()
    vf.reset()
    env.pf.reset()
    ksft_eq(env.function(2)["max_io_eqs"], 6)
    cmd("modprobe -r vane")
    cmd("modprobe vane")
    env.fresh_pf()
    ksft_eq(env.function(2)["max_io_eqs"], 6)
    ksft_eq(env.numvfs(), 3)
    vf.unbind()
    vf.bind("vanevf")
    ksft_eq(max_channels(vf), 6)


# Rates

def rate_set(env, index, args):
    """Sets the rates of a VF's leaf."""
    cmd(f"devlink port function rate set {env.port(index)} {args}")


def mbps(rate):
    """The number that devlink's JSON has, bytes a second, as Mb/s."""
    return int(rate) * 8 // 1000000


def leaf(env, index):
    """(tx_share, tx_max) of a leaf, Mb/s."""
    rate = env.rates()[env.port(index)]
    return mbps(rate.get("tx_share", 0)), mbps(rate.get("tx_max", 0))


def ip_rate(env, index):
    """The same as ip has it."""
    rate = env.vf_info(index)["rate"]
    return rate["min_tx"], rate["max_tx"]


def rate_leaf(env):
    """The rates of a leaf and of ip's VF are one."""
    env.some_vfs(2)
    rate_set(env, 1, "tx_share 5mbit tx_max 20mbit")
    ksft_eq(ip_rate(env, 1), (5, 20))
    env.vf_set(1, "max_tx_rate 30 min_tx_rate 10")
    ksft_eq(leaf(env, 1), (10, 30))
    ksft_eq(leaf(env, 0), (0, 0), "the other VF")
    rate = f"devlink port function rate set {env.port(1)}"
    says(f"{rate} tx_max 30500kbit", "multiple of 1 Mbit/s")
    says(f"{rate} tx_max 500gbit", f"limit of {hw.VANE_MAX_RATE}")
    # devlink itself knows better
    says(f"{rate} tx_share 31mbit", "tx_share <= tx_max")
    ksft_eq(leaf(env, 1), (10, 30))
    ksft_eq(ip_rate(env, 1), (10, 30))
    rate_set(env, 1, "tx_share 0mbit tx_max 0mbit")
    ksft_eq(ip_rate(env, 1), (0, 0))


def rate_add(env, name, args=""):
    """Makes a node, for the time of the case."""
    cmd(f"devlink port function rate add {env.handle}/{name} {args}")
    return defer(cmd, f"devlink port function rate del {env.handle}/{name}")


def rate_node(env):
    """Nodes, and leaves below them, which ip cannot change."""
    env.some_vfs(2)
    gold = rate_add(env, "gold", "tx_max 100mbit tx_share 10mbit")
    rate_set(env, 1, "tx_max 20mbit")
    rate_set(env, 1, "parent gold")
    rates = env.rates()
    ksft_eq(mbps(rates[f"{env.handle}/gold"]["tx_max"]), 100)
    ksft_eq(rates[env.port(1)]["parent"], "gold")
    log = KernelLog()
    ksft_in("busy", fails(f"ip link set dev {env.pf.ifname} vf 1 "
                          "max_tx_rate 50"))
    ksft_true(log.has("has a parent in devlink"))
    ksft_eq(ip_rate(env, 1), (0, 20))
    says(f"devlink port function rate del {env.handle}/gold", "has children")
    rate_set(env, 1, "noparent")
    env.vf_set(1, "max_tx_rate 50")
    gold.exec()
    ksft_not_in(f"{env.handle}/gold", env.rates())


def rate_nodes_run_out(env):
    """As many nodes as the device has groups."""
    for index in range(hw.VANE_MAX_RATE_GROUPS):
        rate_add(env, f"group{index:02}x")
    ksft_eq(env.resources()["rate_groups"],
            (hw.VANE_MAX_RATE_GROUPS, hw.VANE_MAX_RATE_GROUPS))
    says(f"devlink port function rate add {env.handle}/onemore",
         f"All {hw.VANE_MAX_RATE_GROUPS} rate groups are in use")


def rates_hold(env):
    """Rates and groups outlive resets, reloads and the driver."""
    env.some_vfs(3)
    rate_set(env, 0, "tx_share 5mbit tx_max 20mbit")
    rate_add(env, "gold", "tx_max 100mbit tx_share 10mbit")
    rate_set(env, 2, "parent gold")
    defer(rate_set, env, 2, "noparent")
    before = env.rates()
    cmd(f"devlink dev reload {env.handle}")
    env.fresh_pf()
    ksft_eq(env.rates(), before)
    env.pf.reset()
    ksft_eq(env.rates(), before)
    cmd("modprobe -r vane")
    cmd("modprobe vane")
    env.fresh_pf()
    ksft_eq(env.rates(), before)
    ksft_eq(ip_rate(env, 0), (5, 20))
    says(f"ip link set dev {env.pf.ifname} vf 2 min_tx_rate 0 max_tx_rate 1",
         "busy")
    env.write_numvfs(0)
    env.set_vfs(3)
    ksft_eq(leaf(env, 0), (0, 0))
    ksft_not_in("parent", env.rates()[env.port(2)])


def rate_node_deleted(env):
    """A group that was deleted does not come back with the next driver."""
    env.some_vfs(1)
    gold = rate_add(env, "gold", "tx_max 100mbit")
    rate_add(env, "silver")
    gold.exec()
    cmd("modprobe -r vane")
    cmd("modprobe vane")
    env.fresh_pf()
    ksft_eq(sorted(env.rates()), [env.port(0), f"{env.handle}/silver"])


def rate_node_name(env):
    """A name that the device cannot keep is refused."""
    rate_add(env, "x" * (hw.VANE_RATE_NAME_SIZE - 1))
    says(f"devlink port function rate add {env.handle}/"
         f"{'x' * hw.VANE_RATE_NAME_SIZE}",
         f"limit of {hw.VANE_RATE_NAME_SIZE - 1} characters")


# The rest that is static

def resources(env):
    """Sizes of the device's tables, and what VFs take of them."""
    before = env.resources()
    ksft_eq(before["queue_pairs"],
            (hw.VANE_MAX_QUEUES_PF, hw.VANE_TOTAL_QUEUES))
    ksft_eq(before["vectors"], (hw.VANE_MAX_VECTORS_PF, hw.VANE_TOTAL_VECTORS))
    ksft_eq(before["filters"][1], hw.VANE_MAX_FILTERS)
    env.some_vfs(7)
    after = env.resources()
    each = env.function(0)["max_io_eqs"]
    ksft_eq(after["queue_pairs"][0], before["queue_pairs"][0] + 7 * each)
    ksft_eq(after["vectors"][0], before["vectors"][0] + 7 * (each + 1))
    ksft_eq(after["filters"][0], before["filters"][0] + 7, "a MAC each")
    ksft_ne(run(f"devlink resource set {env.handle} path queue_pairs "
                "size 4096").returncode, 0)


def regions(env):
    """Snapshots of registers and rings."""
    for number, name in ((7, "registers"), (8, "rings")):
        region = f"{env.handle}/{name}"
        cmd(f"devlink region new {region} snapshot {number}")
        defer(cmd, f"devlink region del {region} snapshot {number}")
        ksft_eq(env.show("region show")[region]["snapshot"], [number])
    text = cmd(f"devlink region read {env.handle}/registers snapshot 7 "
               "address 0 length 16")
    ksft_eq(bytes.fromhex(text.split(maxsplit=1)[1])[:4],
            hw.VANE_MAGIC.to_bytes(4, "little"))


def region_is_whole(env):
    """The region has the registers of ethtool -d, rules and RSS tables too."""
    pf, region = env.pf.ifname, f"{env.handle}/registers"
    cmd(f"ethtool -K {pf} ntuple on")
    cmd(f"ethtool -N {pf} flow-type tcp4 dst-port 4711 action 0 loc 63")
    defer(cmd, f"ethtool -N {pf} delete 63")
    created = cmd(f"ethtool -X {pf} context new equal 2")
    context = re.search(r"context is (\d+)", created).group(1)
    defer(cmd, f"ethtool -X {pf} context {context} delete")

    before = registers(pf)
    cmd(f"devlink region new {region} snapshot 9")
    defer(cmd, f"devlink region del {region} snapshot 9")
    after = registers(pf)
    text = cmd(f"devlink region dump {region} snapshot 9")
    image = bytes.fromhex("".join(line.split(maxsplit=1)[1]
                                  for line in text.splitlines()))
    ksft_eq(len(image), hw.VANE_PF_BAR_SIZE - hw.VANE_BLK_PF + hw.VANE_BLK_SIZE)
    for offset, value in before.items():
        # What changes by itself, as a counter does, cannot be compared.
        if after[offset] == value:
            got = int.from_bytes(image[offset:offset + 4], "little")
            ksft_eq(got, value, f"offset {offset:#x}")
    ksft_ne(before[hw.VANE_RULE(63) + hw.VANE_RULE_CTRL], 0)
    ksft_ne([before[hw.VANE_RSS_TABLE(1) + 4 * i] for i in range(32)], [0] * 32)


def reload(env):
    """A reload: another interface, the same VFs, which go on by themselves."""
    env.some_vfs(2)
    ext, port = env.ext, env.vf_port(0)
    port.ping(ext)
    env.vf_set(1, "vlan 77")
    infos = env.vf_infos()
    before = ip_json(f"link show dev {env.pf.ifname}")[0]["ifindex"]
    answer = env.show(f"dev reload {env.handle} action driver_reinit")
    ksft_in("driver_reinit", str(answer))
    env.fresh_pf()
    ksft_ne(ip_json(f"link show dev {env.pf.ifname}")[0]["ifindex"], before)
    ksft_eq(env.vf_infos(), infos)
    ksft_eq(len(env.dl_ports()), 3)
    wait_until(lambda: port.reaches(ext), RECOVERY, what="VF 0 works again")
    cmd("ip netns add elsewhere")
    defer(cmd, "ip netns del elsewhere")
    says(f"devlink dev reload {env.handle} netns elsewhere",
         "cannot change the network namespace")
    ksft_eq(env.pf.ifname, env.dl_ports()[f"{env.handle}/0"]["netdev"])


def reload_of_dead(env):
    """A reload that fails is reported, and the next one succeeds."""
    env.some_vfs(1)
    env.fault("dead", True, "pf")
    wait_until(lambda: env.reporter("fatal")["state"] == "error", RECOVERY,
               what="the report")
    says(f"devlink dev reload {env.handle}", "did not recover")
    ksft_eq(env.pf.ifname, None)
    env.qmp.set(env.nic, "x-fault-dead", False)
    cmd(f"devlink dev reload {env.handle}")
    ksft_eq(env.reporter("fatal")["state"], "healthy")
    env.fresh_pf()
    ksft_eq(len(env.dl_ports()), 2)
    env.vf_set(0, "vlan 5")


def eswitch(env):
    """The mode of the switch is the one that there is."""
    shown = env.show(f"dev eswitch show {env.handle}")
    ksft_eq(shown[env.handle]["mode"], "legacy")
    cmd(f"devlink dev eswitch set {env.handle} mode legacy")
    says(f"devlink dev eswitch set {env.handle} mode switchdev",
         "legacy mode only")


# Health

def diagnose(handle, reporter):
    """The current state of a reporter."""
    return cmd(f"devlink health diagnose {handle} reporter {reporter}")


def healthy(env):
    """Reporters of a device that is well, and of all VFs."""
    env.set_vfs(hw.VANE_MAX_VFS)
    defer(env.write_numvfs, 0)
    found = env.show("health show")
    ksft_eq({entry["reporter"] for entry in found[env.handle]},
            {"mailbox", "tx", "rx", "fatal"})
    ksft_eq([found[env.port(index)][0]["reporter"]
             for index in range(hw.VANE_MAX_VFS)],
            ["malicious_driver"] * hw.VANE_MAX_VFS)
    ksft_eq({entry["state"] for entries in found.values()
             for entry in entries}, {"healthy"})
    ksft_in("sq_running: true", diagnose(env.handle, "mailbox"))
    ksft_in("alive: true", diagnose(env.handle, "fatal"))
    ip(f"link set dev {env.pf.ifname} up")
    ksft_in("enabled: true", diagnose(env.handle, "tx"))
    ksft_in("enabled: true", diagnose(env.handle, "rx"))
    ksft_in("queue_errors: 0", diagnose(env.port(255), "malicious_driver"))


def tx_health(env):
    """A transmit queue that hangs: counted, dumped, and recovered."""
    port, ext = env.pf_port(), env.ext
    ip(f"neigh replace {ext.ip4} lladdr {ext.mac} dev {port.ifname}")
    before = env.reporter("tx")["error"]
    fatal = env.reporter("fatal")["error"]
    env.fault("queue-hang", True, "pf")

    def reported():
        # As much as byte queue limits let pass, and the watchdog sees a stop.
        run(f"ping -q -f -c 64 -w 1 -s 1400 {ext.ip4}")
        return env.reporter("tx")["error"] > before

    wait_until(reported, RECOVERY, what="the report")
    env.qmp.set(env.nic, "x-fault-queue-hang", False)
    wait_until(lambda: env.reporter("tx")["state"] == "healthy", RECOVERY,
               what="recovered")
    ksft_ge(env.reporter("tx")["recover"], 1)
    ksft_eq(env.reporter("fatal")["error"], fatal)
    ksft_in("tail", cmd(f"devlink health dump show {env.handle} reporter tx"))
    cmd(f"devlink health dump clear {env.handle} reporter tx")
    wait_until(lambda: port.reaches(ext), RECOVERY, what="the PF sends again")


def mailbox_health(env):
    """A command without an answer: an errno, a report, and a reset as cure."""
    env.some_vfs(1)
    before = env.reporter("mailbox")
    infos = env.vf_infos()
    env.fault("command-drop", 1, "pf")
    ksft_in("busy", fails(f"ip link set dev {env.pf.ifname} vf 0 "
                          "mac 02:00:00:00:00:99"))
    wait_until(lambda: env.reporter("mailbox")["recover"] >
               before["recover"], RECOVERY, what="recovered")
    after = env.reporter("mailbox")
    ksft_eq((after["error"], after["state"]),
            (before["error"] + 1, "healthy"))
    ksft_in("sq_filled", cmd(f"devlink health dump show {env.handle} "
                             "reporter mailbox"))
    cmd(f"devlink health dump clear {env.handle} reporter mailbox")
    ksft_eq(env.vf_infos(), infos)
    env.vf_set(0, "mac 02:00:00:00:00:99")


def fatal_health(env):
    """A device that is gone: an error, until it is there and told to recover."""
    port, ext = env.pf_port(), env.ext
    env.fault("dead", True, "pf")
    wait_until(lambda: env.reporter("fatal")["state"] == "error", RECOVERY,
               what="the report")
    says(f"devlink health recover {env.handle} reporter fatal",
         "did not recover")
    env.qmp.set(env.nic, "x-fault-dead", False)
    cmd(f"devlink health recover {env.handle} reporter fatal")
    ksft_eq(env.reporter("fatal")["state"], "healthy")
    wait_until(lambda: port.reaches(ext), RECOVERY, what="the PF works again")


def vf_health(env):
    """A queue of a VF that is stopped shows at its port, and nowhere else."""
    env.some_vfs(2)
    ext, port = env.ext, env.vf_port(1)
    env.fault("dma-error", 1, 1)
    port.reaches(ext)
    wait_until(lambda: env.reporter("malicious_driver", 1)["error"] == 1,
               what="the report")
    ksft_eq(env.reporter("malicious_driver", 1)["state"], "error")
    ksft_eq(env.reporter("malicious_driver", 0)["error"], 0)
    text = diagnose(env.port(1), "malicious_driver")
    ksft_in("queue_errors: 1", text)
    ksft_in("bus error", text)
    wait_until(lambda: port.reaches(ext), RECOVERY, what="the VF recovers")
    cmd(f"devlink health recover {env.port(1)} reporter malicious_driver")
    ksft_eq(env.reporter("malicious_driver", 1)["state"], "healthy")
    wait_until(lambda: port.reaches(ext), RECOVERY, what="the VF is reset")


# VFs in use

class VfioUser:
    """Who has a VF open by VFIO, as a virtual machine does."""

    def __init__(self, function):
        self.fds = []
        group = os.path.basename(os.readlink(f"{function.path}/iommu_group"))
        container = self.keep(os.open("/dev/vfio/vfio", os.O_RDWR))
        fd = self.keep(os.open(f"/dev/vfio/{group}", os.O_RDWR))
        fcntl.ioctl(fd, VFIO_GROUP_SET_CONTAINER,
                    container.to_bytes(4, "little"))
        fcntl.ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU)
        self.keep(fcntl.ioctl(fd, VFIO_GROUP_GET_DEVICE_FD,
                              bytearray(function.bdf.encode() + b"\0")))
        self.deferred = defer(self.close)

    def keep(self, fd):
        """Notes a descriptor, to be closed."""
        self.fds.append(fd)
        return fd

    def close(self):
        """Lets go of the VF."""
        if self.deferred in type(self.deferred).stack:
            self.deferred.cancel()
        while self.fds:
            os.close(self.fds.pop())


def vfs_in_use(env):
    """VFs that VFIO holds are not taken away, and are named."""
    env.some_vfs(7)
    users = [VfioUser(env.vf(index).to_vfio()) for index in (2, 3, 6)]
    env.vf(5).to_vfio()
    log = KernelLog()
    refused(f"{env.pf.path}/sriov_numvfs", 0, errno.EBUSY)
    ksft_eq(env.numvfs(), 7)
    ksft_true(log.has("VFs in use: 2-3,6"))
    says(f"devlink dev reload {env.handle}",
         "3 VFs are in use, the first is VF 2")
    ksft_true(env.pf.ifname, "the PF's interface")
    for user in users[:2]:
        user.close()
    says(f"devlink dev reload {env.handle}",
         "1 VFs are in use, the first is VF 6")
    users[2].close()
    cmd(f"devlink dev reload {env.handle}")
    env.fresh_pf()
    env.write_numvfs(0)


def last_vf_in_use(env):
    """The same for the last of 256 VFs, on the next bus."""
    env.unbound_vfs(hw.VANE_MAX_VFS)
    user = VfioUser(env.vf(hw.VANE_MAX_VFS - 1).to_vfio())
    log = KernelLog()
    refused(f"{env.pf.path}/sriov_numvfs", 0, errno.EBUSY)
    ksft_true(log.has(f"VFs in use: {hw.VANE_MAX_VFS - 1}"))
    user.close()
    env.write_numvfs(0)


def force(env):
    """A parameter has VFs in use taken away, once their users let go."""
    env.some_vfs(2)
    user = VfioUser(env.vf(1).to_vfio())
    param = f"devlink dev param set {env.handle} name ignore_vf_users " \
            "cmode runtime value"
    cmd(f"{param} true")
    defer(cmd, f"{param} false")
    cmd(f"devlink dev reload {env.handle}")
    env.fresh_pf()
    log = KernelLog()
    writer = threading.Thread(target=env.write_numvfs, args=(0,))
    writer.start()
    defer(writer.join)
    # It goes as far as the VF that is held: those above are gone
    wait_until(lambda: log.has("blocked until released"),
               what="VFIO asks for VF 1")
    user.close()
    writer.join()
    ksft_eq(env.numvfs(), 0)


def driver_goes_while_in_use(env):
    """The PF's driver leaves all VFs, in use or not, and finds them again."""
    env.some_vfs(3)
    env.vf_set(1, "vlan 9")
    user = VfioUser(env.vf(1).to_vfio())
    cmd("modprobe -r vane")
    ksft_eq(env.numvfs(), 3)
    cmd("modprobe vane")
    env.fresh_pf()
    ksft_eq(env.vf_info(1)["vlan_list"][0]["vlan"], 9)
    ksft_eq(len(env.dl_ports()), 4)
    refused(f"{env.pf.path}/sriov_numvfs", 0, errno.EBUSY)
    user.close()


if __name__ == "__main__":
    ksft_main([info, ports, phys_port_name, hw_addr, max_io_eqs, size_during_reset,
               msix_count, sizes_run_out, sizes_hold, rate_leaf, rate_node,
               rate_nodes_run_out, rates_hold, rate_node_deleted,
               rate_node_name, resources, regions, region_is_whole,
               reload, reload_of_dead, eswitch,
               healthy, tx_health, mailbox_health, fatal_health, vf_health,
               vfs_in_use, last_vf_in_use, force, driver_goes_while_in_use],
              Devlink)
