#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: recovery --uplink switch --allow NETDEV.WATCHDOG
"""Resets, reloads and faults: everything comes back by itself."""

import os
import threading

from lib.py import (BROADCAST, Capture, KernelLog, Stream, Vane, cmd, cmd_json, defer,
                    ethtool_json, fails, ip, ksft_eq, ksft_ge, ksft_in, ksft_main,
                    ksft_ne, ksft_pr, ksft_true, read, run, wait_until,
                    write)

VFS = 4
RECOVERY = 20


def set_up():
    """PF, four VFs, the external network."""
    return Vane.with_ports(VFS)


def wait_reaches(one, other, timeout=RECOVERY):
    """Waits until @one can ping @other again."""
    wait_until(lambda: one.reaches(other), timeout,
               what=f"{one.name} reaches {other.name}")


def config(port):
    """What a user set on a port, and should find again."""
    return (port.link()["mtu"], port.link()["address"],
            ethtool_json(f"-g {port.ifname}", port.ns)["rx"], port.channels())


def check_neighbours(stream):
    """VF 2 and VF 3 lost nothing of their stream."""
    sent, lost = stream.stop()
    ksft_pr(f"neighbours: {sent} frames, {lost} lost")
    ksft_ge(sent, 20)
    ksft_eq(lost, 0, "frames of neighbours")


def vf_flr(env):
    """FLR of a VF under traffic: it recovers, its neighbours lose nothing."""
    vf0, vf2, vf3 = env.vfs[0], env.vfs[2], env.vfs[3]
    vf0.ethtool("-G {} rx 256 tx 256")
    before = config(vf0)
    stream, own = Stream(vf2, vf3), Stream(vf0, env.ext)
    for _ in range(3):
        env.vf(0).reset()
        wait_reaches(vf0, env.ext)
    own.stop()
    check_neighbours(stream)
    ksft_eq(config(vf0), before)


def vf_flr_unannounced(env):
    """An FLR that the driver is not told of: it notices, and recovers."""
    vf0, vf2, vf3 = env.vfs[0], env.vfs[2], env.vfs[3]
    stream, own = Stream(vf2, vf3), Stream(vf0, env.ext)
    # Initiate Function Level Reset, bit 15 of the PCIe Device Control register
    cmd(f"setpci -s {env.vf(0).bdf} CAP_EXP+8.w=8000:8000")
    wait_reaches(vf0, env.ext)
    own.stop()
    check_neighbours(stream)


def vf_unbind_bind(env):
    """The VF's driver goes and comes; the VF keeps its MAC."""
    vf1 = env.vfs[1]
    function, mac = env.vf(1), vf1.mac
    stream = Stream(env.vfs[2], env.vfs[3])
    function.unbind()
    ksft_eq(function.driver, None)
    function.bind("vanevf")
    name = function.wait_ifname()
    ip(f"link set dev {name} name {vf1.ifname} netns {vf1.ns}")
    ksft_eq(vf1.link()["address"], mac)
    vf1.up()
    vf1.ping(env.ext)
    check_neighbours(stream)


def vf_driver_reload(env):
    """modprobe -r and modprobe of the VF driver with all VFs."""
    macs = [port.mac for port in env.vfs]
    cmd("modprobe -r vanevf")
    cmd("modprobe vanevf")
    take_vfs(env)
    ksft_eq([port.link()["address"] for port in env.vfs], macs)
    env.vfs[0].ping(env.vfs[1])


def take_vfs(env):
    """Moves new interfaces of the VFs to their namespaces, and up."""
    for index, port in enumerate(env.vfs):
        name = env.vf(index).wait_ifname()
        ip(f"link set dev {name} name {port.ifname} netns {port.ns}")
        port.up()


def take_pf(env):
    """Gives the PF's new interface its address."""
    env.pf_if.ifname = env.pf.wait_ifname()
    env.pf_if.up()


def pf_reload(env):
    """PF driver gone and back with VFs up: they go on, and keep their config."""
    vf0, vf1 = env.vfs[:2]
    env.vf_set(1, "vlan 77 qos 3")
    env.vf_set(1, "trust on")
    infos = env.vf_infos()
    stream = Stream(env.vfs[2], env.vfs[3])
    cmd("modprobe -r vane")
    ksft_eq(env.numvfs(), VFS)
    cmd("modprobe vane")
    take_pf(env)
    defer(env.vf_set, 1, "vlan 0")
    defer(env.vf_set, 1, "trust off")
    ksft_eq(env.vf_infos(), infos)
    for port in env.vfs:
        port.wait_carrier(timeout=RECOVERY)
    check_neighbours(stream)
    vf0.ping(env.ext)
    ksft_eq(vf1.reaches(vf0), False, "still in its VLAN")


def vf_without_pf(env):
    """A VF that probes before the PF driver: no carrier, then it negotiates."""
    macs = [port.mac for port in env.vfs]
    cmd("modprobe -r vanevf")
    cmd("modprobe -r vane")
    cmd("modprobe vanevf")
    name = env.vf(0).wait_ifname()
    ip(f"link set dev {name} up")
    ksft_eq(read(f"/sys/class/net/{name}/carrier"), "0")
    cmd("modprobe vane")
    take_pf(env)
    wait_until(lambda: read(f"/sys/class/net/{name}/carrier") == "1", RECOVERY,
               what="the VF's carrier")
    take_vfs(env)
    ksft_eq([port.link()["address"] for port in env.vfs], macs)
    env.vfs[0].ping(env.ext)


def pf_flr(env):
    """FLR of the PF: PF and VFs come back with their configuration."""
    vf0 = env.vfs[0]
    env.vf_set(1, "vlan 77")
    defer(env.vf_set, 1, "vlan 0")
    infos = env.vf_infos()
    env.pf.reset()
    for port in (env.pf_if, *env.vfs):
        wait_until(port.carrier, RECOVERY, what=f"{port.name}: carrier")
    ksft_eq(env.vf_infos(), infos)
    wait_reaches(vf0, env.ext)
    wait_reaches(env.pf_if, vf0)
    wait_reaches(env.vfs[2], env.vfs[3])


def tx_hang(port, name, env):
    """Queues that are not served: the watchdog resets the function."""
    ip(f"neigh replace {env.ext.ip4} lladdr {env.ext.mac} dev {port.ifname}",
       port.ns)
    before = read_timeouts(port)
    env.fault("queue-hang", True, name)
    ksft_eq(port.reaches(env.ext), False)

    def timed_out():
        # The watchdog looks at queues that stopped, and byte queue limits stop
        # one when as much is under way as it could send at a time before.
        run(f"ping -q -f -c 64 -w 1 -s 1400 {env.ext.ip4}", port.ns)
        return read_timeouts(port) > before

    wait_until(timed_out, RECOVERY, what="a transmit timeout")
    env.qmp.set(env.nic, "x-fault-queue-hang", False)
    wait_reaches(port, env.ext)


def read_timeouts(port):
    """Transmit timeouts so far, of all queues."""
    # ip netns exec, unlike setns, shows that namespace's sysfs.
    enter = f"ip netns exec {port.ns} " if port.ns else ""
    counts = cmd(enter + "sh -c 'cat /sys/class/net/"
                 f"{port.ifname}/queues/tx-*/tx_timeout'")
    return sum(int(count) for count in counts.split())


def vf_tx_hang(env):
    """A VF whose queues hang recovers; its neighbours do not notice."""
    stream = Stream(env.vfs[2], env.vfs[3])
    tx_hang(env.vfs[0], 0, env)
    check_neighbours(stream)


def pf_tx_hang(env):
    """The same for the PF: it resets the device, and all comes back as it was."""
    env.vf_set(1, "vlan 77")
    defer(env.vf_set, 1, "vlan 0")
    infos = env.vf_infos()
    tx_hang(env.pf_if, "pf", env)
    for port in env.vfs:
        wait_until(port.carrier, RECOVERY, what=f"{port.name}: carrier")
    ksft_eq(env.vf_infos(), infos)
    wait_reaches(env.vfs[0], env.ext)
    ksft_eq(env.vfs[1].reaches(env.vfs[0]), False, "still in its VLAN")


def lost_doorbell(env):
    """A doorbell that gets lost costs time, not the VF."""
    vf0 = env.vfs[0]
    env.fault("drop-doorbells", 1, 0)
    vf0.reaches(env.ext)
    ksft_eq(env.qmp.get(env.nic, "x-fault-drop-doorbells"), 0)
    wait_reaches(vf0, env.ext)


def dma_error(env):
    """A bus error stops a queue of the VF; it recovers, neighbours go on."""
    vf0 = env.vfs[0]
    stream = Stream(env.vfs[2], env.vfs[3])
    env.fault("dma-error", 1, 0)
    vf0.reaches(env.ext)
    ksft_eq(env.qmp.get(env.nic, "x-fault-dma-error"), 0)
    wait_reaches(vf0, env.ext)
    check_neighbours(stream)


def late_reply(env):
    """Mailbox replies that take long: the VF waits, others do not."""
    vf0, vf1 = env.vfs[:2]
    env.fault("mbox-delay-ms", 500, 0)
    ip(f"link set dev {vf0.ifname} address 52:54:00:aa:aa:aa", vf0.ns)
    defer(ip, f"link set dev {vf0.ifname} address {vf0.mac}", vf0.ns)
    ksft_eq(vf0.link()["address"], "52:54:00:aa:aa:aa")
    vf0.ping(vf1)


def lost_reply(env):
    """A mailbox message that gets lost: the request fails, the next does not."""
    vf0 = env.vfs[0]
    env.fault("mbox-drop", 1, 0)
    run(f"ip link set dev {vf0.ifname} address 52:54:00:aa:aa:aa", vf0.ns)
    ksft_eq(env.qmp.get(env.nic, "x-fault-mbox-drop"), 0)
    wait_sets_mac(vf0, "52:54:00:bb:bb:bb")
    defer(ip, f"link set dev {vf0.ifname} address {vf0.mac}", vf0.ns)
    wait_reaches(vf0, env.ext)


def mac_unanswered(env):
    """A VF's own MAC, asked for again after a reset, of which the answer is late,
    or which or whose answer is lost: VF and PF agree on it all the same."""
    vf0 = env.vfs[0]
    defer(ip, f"link set dev {vf0.ifname} address {vf0.mac}", vf0.ns)
    # The messages spared are the negotiation's, and the request for the MAC.
    for number, (fault, value, spared) in enumerate(
            (("mbox-delay-ms", 3000, 3), ("mbox-drop", 1, 3),
             ("mbox-drop", 1, 2))):
        mac = f"52:54:00:aa:bb:{number:02x}"
        wait_sets_mac(vf0, mac)
        vf0.ping(env.ext)
        env.fault("mbox-skip", spared, 0)
        env.fault(fault, value, 0)
        env.vf(0).reset()
        wait_until(lambda: env.qmp.get(env.nic, "x-fault-mbox-skip") == 0,
                   RECOVERY, what="the VF negotiates")
        if fault == "mbox-delay-ms":
            # The PF has granted it, and the VF does not know.
            wait_until(lambda mac=mac: known_mac(env, 0) == mac, RECOVERY)
            env.qmp.set(env.nic, "x-fault-mbox-delay-ms", 0)
        else:
            wait_until(lambda: env.qmp.get(env.nic, "x-fault-mbox-drop") == 0,
                       RECOVERY, what="a message is lost")
        wait_reaches(vf0, env.ext, 2 * RECOVERY)
        ksft_eq(vf0.link()["address"], mac)
        ksft_eq(known_mac(env, 0), mac)
    wait_sets_mac(vf0, vf0.mac)


def wait_sets_mac(vf, mac):
    """Waits until the mailbox of @vf works again, and its MAC can be set to @mac.
    After a message is lost, frames may pass before requests are answered."""
    wait_until(lambda: run(f"ip link set dev {vf.ifname} address {mac}",
                           vf.ns).returncode == 0,
               RECOVERY, what=f"{vf.name} sets its MAC address")


def known_mac(env, index):
    """The MAC that a VF has for the PF."""
    shown = cmd_json(f"vanectl -j show {env.pf_if.ifname}")
    return next(entry["mac"] for entry in shown["ports"]
                if entry.get("vf") == index)


def link_flap(env):
    """The uplink's link comes and goes; PF and VFs follow to the end."""
    for _ in range(5):
        env.link(False)
        env.link(True)
    env.link(False)
    for port in (env.pf_if, *env.vfs):
        port.wait_carrier(False)
    env.link(True)
    for port in (env.pf_if, *env.vfs):
        port.wait_carrier()
    env.vfs[0].ping(env.ext)


def dead_device(env):
    """A device that is gone: no carrier, errors, no noise; the drivers unload."""
    env.fault("dead", True)
    for port in (env.pf_if, *env.vfs):
        wait_until(lambda port=port: not port.carrier(), RECOVERY,
                   what=f"{port.name}: no carrier")
    ksft_eq(env.vfs[0].reaches(env.vfs[1]), False)
    run(f"ethtool -S {env.vfs[0].ifname}", env.vfs[0].ns)
    env.vfs[0].set("down")
    cmd("modprobe -r vanevf")
    cmd("modprobe -r vane")
    env.qmp.set(env.nic, "x-fault-dead", False)
    env.load()
    take_pf(env)
    take_vfs(env)
    env.vfs[0].ping(env.ext)


def reporter(env, name):
    """State of a health reporter of the PF."""
    found = cmd_json(f"devlink -j health show pci/{env.pf.bdf} reporter {name}")
    return next(iter(found["health"].values()))[0]


def no_auto_recover(env):
    """devlink recovers nothing by itself, for the case."""
    for name in ("mailbox", "tx", "rx", "fatal"):
        command = f"devlink health set pci/{env.pf.bdf} reporter {name} " \
                  "auto_recover"
        cmd(f"{command} false")
        defer(cmd, f"{command} true")


def wait_all(env):
    """PF and VFs are back, as they were."""
    for port in (env.pf_if, *env.vfs):
        wait_until(port.carrier, RECOVERY, what=f"{port.name}: carrier")
    wait_reaches(env.pf_if, env.ext)
    wait_reaches(env.vfs[0], env.ext)


def blink(env):
    """The PF's registers read as ones for the time of one look at counters."""
    env.qmp.set(env.nic, "x-fault-function", 65535)
    env.qmp.set(env.nic, "x-fault-dead", True)
    run(f"ip -s link show dev {env.pf_if.ifname}")
    env.qmp.set(env.nic, "x-fault-dead", False)
    env.qmp.set(env.nic, "x-fault-function", -1)


def dead_for_a_moment(env):
    """A PF that was gone for one read is taken back, by the driver alone."""
    for auto in (True, False):
        if not auto:
            no_auto_recover(env)
        for _ in range(3):
            blink(env)
            wait_until(lambda: run("ip link set dev "
                                   f"{env.pf_if.ifname} up").returncode == 0,
                       RECOVERY, what="the netdev is back")
            wait_all(env)
    ksft_ne(reporter(env, "fatal")["error"], 0)


def dead_for_a_while(env):
    """The same of one that was gone for seconds."""
    errors = reporter(env, "fatal")["error"]
    env.fault("dead", True, "pf")
    wait_until(lambda: reporter(env, "fatal")["error"] > errors, RECOVERY,
               what="the report")
    ksft_eq(reporter(env, "fatal")["state"], "error")
    ksft_in("did not recover",
            fails(f"devlink health recover pci/{env.pf.bdf} reporter fatal"))
    env.qmp.set(env.nic, "x-fault-dead", False)
    wait_all(env)
    wait_until(lambda: reporter(env, "fatal")["state"] == "healthy", RECOVERY,
               what="healthy")


def failed_reset(env):
    """A reset that failed halfway is tried again, with devlink's help or not."""
    infos = env.vf_infos()
    for auto in (True, False):
        if not auto:
            no_auto_recover(env)
        log = KernelLog()
        env.fault("command-drop", 1, "pf")
        env.pf.reset()
        wait_until(lambda log=log: log.has("cannot restart the device"), RECOVERY,
                   what="the failure")
        wait_all(env)
        ksft_eq(env.vf_infos(), infos)


def commands(env):
    """Ways to have the PF's driver command the device, and what answers are in
    the log only."""
    name, handle = env.pf_if.ifname, f"pci/{env.pf.bdf}"
    return [
        (f"bridge link set dev {name} hwmode vepa", False),
        *((f"ip link set dev {name} vf 0 {args}", True) for args in (
            "mac 02:00:00:00:01:01", "vlan 7", "trust on", "spoofchk off",
            "state disable", "max_tx_rate 100")),
        (f"devlink port function set {handle}/1 hw_addr 02:00:00:00:01:01",
         False),
        (f"devlink port function rate set {handle}/1 tx_max 100mbit", False),
        (f"devlink port function rate add {handle}/a-group", False),
        (f"vanectl vlan allow {name} vf 0 1-10", False),
        (f"vanectl mode {name} vntag", False),
        (f"vanectl channel set {name} vf 0 7", False),
        # What the device alone knows
        (f"vanectl show {name}", False),
        (f"vanectl stats {name} vf 0", False),
        (f"vanectl stats {name} pf", False),
        (f"ethtool -r {name}", True),
    ]


def busy_while_reset(env):
    """A command to a device that does not come back yet is to be made again."""
    infos = env.vf_infos()
    env.fault("command-drop", 1 << 30, "pf")
    log = KernelLog()
    env.pf.reset()
    wait_until(lambda: log.has("cannot restart the device"), RECOVERY,
               what="the failure")
    for command, in_log in commands(env):
        log = KernelLog()
        said = fails(command)
        if in_log:
            ksft_in("busy", said, command)
            ksft_true(log.has("the device is being reset; try again"), command)
        else:
            ksft_in("The device is being reset; try again", said, command)
    env.qmp.set(env.nic, "x-fault-command-drop", 0)
    wait_all(env)
    ksft_eq(env.vf_infos(), infos)
    cmd(f"bridge link set dev {env.pf_if.ifname} hwmode vepa")
    cmd(f"bridge link set dev {env.pf_if.ifname} hwmode veb")


def console_while_reset(env):
    """A network console sends on an interface that was first opened during a reset."""
    target = "/sys/kernel/config/netconsole/recovery"
    cmd("modprobe netconsole")
    defer(cmd, "modprobe -r netconsole")
    cmd("mount -t configfs configfs /sys/kernel/config")
    defer(cmd, "umount /sys/kernel/config")
    os.mkdir(target)
    defer(os.rmdir, target)
    cmd("modprobe -r vane")
    cmd("modprobe vane")
    name = env.pf.wait_ifname()
    for key, value in (("dev_name", name), ("local_ip", "192.0.2.1"),
                       ("remote_ip", "192.0.2.2"), ("remote_mac", BROADCAST)):
        write(f"{target}/{key}", value)

    env.fault("command-drop", 1 << 30, "pf")
    log = KernelLog()
    env.pf.reset()
    wait_until(lambda: log.has("cannot restart the device"), RECOVERY,
               what="the failure")
    ip(f"link set dev {name} up")
    write(f"{target}/enabled", 1)
    # Error level, so that consoles print it
    write("/dev/kmsg", "<3>recovery.py: lost with the device")
    env.qmp.set(env.nic, "x-fault-command-drop", 0)
    take_pf(env)
    wait_all(env)

    capture = Capture(env.ext)
    write("/dev/kmsg", "<3>recovery.py: sent")
    ksft_true(capture.find(b"recovery.py: sent"), "the message")
    write(f"{target}/enabled", 0)


def while_vfs_go(env, action):
    """Does @action while the VFs are gone and the driver does not know yet."""
    last = env.vf(VFS - 1).path
    thread = threading.Thread(target=env.write_numvfs, args=(0,))
    thread.start()
    wait_until(lambda: not os.path.exists(last), 60, 0.001, "VFs go")
    # The PCI core waits a second here, and so does write_numvfs().
    action()
    ksft_eq(thread.is_alive(), True, "still going")
    thread.join()


def error_while_vfs_go(env):
    """A reset while VFs are being disabled ends well, without devlink's help."""
    no_auto_recover(env)
    defer(take_vfs, env)
    defer(env.set_vfs, VFS)
    log = KernelLog()

    def stop_queue():
        env.fault("dma-error", 1, "pf")
        env.pf_if.reaches(env.ext, 0.1)
        wait_until(lambda: log.has("resetting the device"), what="a reset")

    while_vfs_go(env, stop_queue)
    wait_until(lambda: log.has("device recovered"), RECOVERY, what="the end")
    env.pf_if.wait_carrier(timeout=RECOVERY)
    wait_reaches(env.pf_if, env.ext)


def mode_while_vfs_go(env):
    """The mode of the switch can be set at that time."""
    name = env.pf_if.ifname
    defer(take_vfs, env)
    defer(env.set_vfs, VFS)
    defer(cmd, f"bridge link set dev {name} hwmode veb")
    while_vfs_go(env, lambda: cmd(f"bridge link set dev {name} hwmode vepa"))
    ksft_in("VEPA", cmd(f"bridge link show dev {name}"))


def grant_while_vfs_go(env):
    """A channel that is granted at that time goes with the VFs, also over a reset."""
    name = env.pf_if.ifname
    defer(take_vfs, env)
    defer(env.set_vfs, VFS)
    while_vfs_go(env, lambda: cmd(f"vanectl channel grant {name} vf 0 77"))
    ksft_eq(cmd_json(f"vanectl -j show {name}")["grants"], [])
    # The device has forgotten it, too
    cmd(f"vanectl channel set {name} pf 77")
    cmd(f"vanectl channel del {name} pf")


if __name__ == "__main__":
    ksft_main([vf_flr, vf_flr_unannounced, vf_unbind_bind, vf_driver_reload,
               pf_reload, vf_without_pf, pf_flr, lost_doorbell, dma_error,
               late_reply, lost_reply, mac_unanswered, link_flap, vf_tx_hang,
               pf_tx_hang, dead_for_a_moment, dead_for_a_while, failed_reset,
               busy_while_reset, console_while_reset, mode_while_vfs_go,
               error_while_vfs_go, grant_while_vfs_go, dead_device], set_up)
