#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: owner @passthrough --iommu intel --nested --uplink switch
"""A guest that owns a VF, and what its host does to it meanwhile.

      guest a      vf1     PF
    (VF 0, vfio)    |       |
         +----------+-------+--- wire0 (ext)
"""

import errno

from lib.py import (ETH_P_8021Q, Capture, Guest, Sender, Vane, cmd, defer,
                    fails, hw, iperf, ksft_eq, ksft_ge, ksft_in, ksft_le, ksft_main,
                    ksft_raises, make, run, wait_until)

MAC = "52:54:00:12:34:56"
OWN_MAC = "52:54:00:77:77:77"
GROUP, STRAY_GROUP = "01:00:5e:00:00:07", "01:00:5e:00:00:08"
VFS = 2
RECOVERY = 20
FRAME_SIZE = 200
PINGS, PING_SIZE = 20, 1000
SIZE = 4 << 20


def set_up():
    """A guest with VF 0, VF 1 in the host."""
    env = Vane()
    env.unbound_vfs(VFS)
    env.guest = Guest("a", [env.vf(0).to_vfio()])
    env.vf(1).to_vanevf()
    env.vf1, env.pf_if, env.ext = env.vf_port(1), env.pf_port(), env.ext_port()
    env.a = env.guest_port(env.guest.wait(), 0)
    return env


def forget_neighbours(env):
    """The uplink resolves the guest's address again."""
    cmd(f"ip neigh flush dev {env.ext.ifname}", env.ext.ns)


def everyone_reached(env):
    """The guest talks to the host's VF, to the PF and to the uplink."""
    for other in (env.vf1, env.pf_if, env.ext):
        env.a.wait_reaches(other)


def sent_by_guest(env):
    """First frame of the guest that the uplink sees from now on."""
    capture = Capture(env.ext)
    run(f"ping -c 1 -W 1 {env.ext.ip4}", env.a.ns)
    return capture.expect(lambda frame: frame.src == env.a.mac)


# What the host sets while the guest runs

def port_vlan(env):
    """A port VLAN holds in the guest, which does not know of it."""
    env.vf_set(0, "vlan 100 qos 3")
    defer(env.vf_set, 0, "vlan 0")
    frame = sent_by_guest(env)
    ksft_eq((frame.proto, frame.vlan), (ETH_P_8021Q, 3 << 13 | 100))
    ksft_eq(env.a.reaches(env.vf1), False, "a VF outside of its VLAN")
    env.vf_set(1, "vlan 100")
    defer(env.vf_set, 1, "vlan 0")
    env.a.wait_reaches(env.vf1)
    ksft_eq(env.a.counters()["tx_drop_vlan"], 0)


def vntag(env):
    """A VIF holds in the guest, which sees no tag; without one there is no link."""
    name = env.pf.ifname
    cmd(f"vanectl mode {name} vntag")
    defer(env.a.wait_carrier)
    defer(cmd, f"vanectl mode {name} veb")
    env.a.wait_carrier(False)
    cmd(f"vanectl channel set {name} vf 0 100")
    defer(cmd, f"vanectl channel del {name} vf 0")
    env.a.wait_carrier()
    frame = sent_by_guest(env)
    ksft_eq(frame.vntag_field(hw.VANE_VNTAG_SVIF), 100)

    frame = make(env.ext, env.a, size=FRAME_SIZE)
    before = env.a.stats()["rx"]
    sender = Sender(env.ext)
    sender.send(frame.vntagged(dvif=101))
    sender.send(frame.vntagged(dvif=100))
    wait_until(lambda: env.a.stats()["rx"]["packets"] > before["packets"],
               what="the frame for the guest")
    after = env.a.stats()["rx"]
    ksft_eq([after[what] - before[what] for what in ("packets", "bytes")],
            [1, FRAME_SIZE])


def mac(env):
    """A MAC set by the host is the guest's, and the guest may not change it."""
    old = env.a.mac
    env.vf_set(0, f"mac {MAC}")
    defer(wait_until, lambda: env.a.link()["address"] == old)
    defer(env.vf_set, 0, f"mac {old}")
    wait_until(lambda: env.a.link()["address"] == MAC, what="the guest's MAC")
    forget_neighbours(env)
    env.ext.wait_reaches(env.a)
    fails(f"ip link set dev {env.a.ifname} address {OWN_MAC}", env.a.ns)
    ksft_eq(env.a.link()["address"], MAC)


def trust(env):
    """A guest with trust may do what it may not without."""
    old = env.a.mac
    env.vf_set(0, f"mac {old}")
    command = f"ip link set dev {env.a.ifname} address {OWN_MAC}"
    fails(command, env.a.ns)
    env.vf_set(0, "trust on")
    defer(env.vf_set, 0, "trust off")
    defer(cmd, f"ip link set dev {env.a.ifname} address {old}", env.a.ns)
    cmd(command, env.a.ns)
    forget_neighbours(env)
    env.ext.wait_reaches(env.a)


def link_state(env):
    """The guest's link is what the host says."""
    defer(env.a.wait_carrier)
    defer(env.vf_set, 0, "state auto")
    env.vf_set(0, "state disable")
    env.a.wait_carrier(False)
    ksft_eq(env.vf1.reaches(env.a), False)
    env.vf_set(0, "state enable")
    env.a.wait_carrier()
    env.vf1.wait_reaches(env.a)


def rate(env):
    """The guest sends no more than the host lets it."""
    env.vf_set(0, "min_tx_rate 0 max_tx_rate 4")
    defer(env.vf_set, 0, "min_tx_rate 0 max_tx_rate 0")
    received = iperf(env.ext, env.a, "-t 4")["sum_received"]
    # 128 KB may be a burst.
    ksft_le(received["bits_per_second"], 4.5e6)
    ksft_ge(received["bits_per_second"], 2e6)


def spoofchk(env):
    """Frames of a source that is not the guest's leave without the check only."""
    cmd("insmod /modules/pktgen.ko", env.a.ns)
    setting = f"/proc/net/pktgen/{env.a.ifname}"

    def send():
        capture = Capture(env.ext)
        for line in ("count 10", "min_pkt_size 64", "max_pkt_size 64",
                     f"src_mac {OWN_MAC}", f"dst_mac {env.ext.mac}",
                     f"dst {env.ext.ip4}"):
            cmd(["sh", "-c", f"echo '{line}' >{setting}"], env.a.ns)
        cmd(["sh", "-c", "echo start >/proc/net/pktgen/pgctrl"], env.a.ns)
        # What comes behind them shows that they are through.
        env.a.ping(env.ext)
        return [frame for frame in capture.take() if frame.src == OWN_MAC]

    cmd(["sh", "-c", f"echo 'add_device {env.a.ifname}' "
         ">/proc/net/pktgen/kpktgend_0"], env.a.ns)
    ksft_eq(len(send()), 0)
    env.vf_set(0, "spoofchk off")
    defer(env.vf_set, 0, "spoofchk on")
    ksft_eq(len(send()), 10)


# The PF's fate

def traffic(env):
    """TCP both ways between the guest and everyone, segmented by the VF."""
    ksft_eq(env.a.features()["tx-tcp-segmentation"], True)
    for other in (env.vf1, env.pf_if, env.ext):
        for way in ("", "-R"):
            end = iperf(other, env.a, f"-n {SIZE} {way}")
            # What was on its way at the end is not counted.
            ksft_ge(end["sum_received"]["bytes"], SIZE // 2, other.name)


def statistics(env):
    """The host's counters of the VF agree with the guest's."""
    def counted():
        return [[stats[way][what] for way in ("rx", "tx")
                 for what in ("packets", "bytes")]
                for stats in (env.a.stats(), env.vf_stats(0))]

    def new():
        return [[now - start for now, start in zip(*both)]
                for both in zip(counted(), before)]

    before = counted()
    env.a.ping(env.ext, PINGS, f"-s {PING_SIZE}")
    iperf(env.ext, env.a, f"-n {SIZE}")
    by_guest = wait_until(lambda: (found := new())[0] == found[1] and found[0],
                          what="one count")
    for count, least in zip(by_guest, (PINGS, PINGS * PING_SIZE, PINGS, SIZE // 2)):
        ksft_ge(count, least)


def not_taken_away(env):
    """sriov_numvfs 0 is refused while a guest has a VF, and the log says which."""
    with ksft_raises(OSError) as raised:
        env.write_numvfs(0)
    ksft_eq(raised.exception.errno, errno.EBUSY)
    ksft_in("VFs in use: 0", cmd("dmesg").splitlines()[-1])
    env.a.ping(env.vf1)


def pf_down_up(env):
    """The PF's interface goes down and up; the guest talks on."""
    env.pf_if.set("down")
    env.a.ping(env.vf1)
    env.a.ping(env.ext)
    env.pf_if.up()
    everyone_reached(env)


def pf_soft_reset(env):
    """The PF resets the device; the guest's VF comes back as it was."""
    infos = env.vf_infos()
    # A bus error of one of its own queues has the PF's driver do that.
    env.fault("dma-error", 1, "pf")
    env.pf_if.reaches(env.ext)
    wait_until(lambda: "resetting the device" in cmd("dmesg"),
               what="the PF's reset")
    env.pf_if.wait_carrier(timeout=RECOVERY)
    everyone_reached(env)
    ksft_eq(env.vf_infos(), infos)


def pf_flr(env):
    """FLR of the PF clears its VFs; the guest's has DMA and interrupts again."""
    infos = env.vf_infos()
    env.pf.reset()
    env.pf_if.wait_carrier(timeout=RECOVERY)
    everyone_reached(env)
    ksft_eq(env.vf_infos(), infos)
    ksft_ge(iperf(env.vf1, env.a, "-n 1M")["sum_received"]["bytes"], 1 << 19)


def pf_driver_reload(env):
    """The PF's driver goes and comes under the running guest."""
    env.vf_set(0, "vlan 100")
    env.vf_set(1, "vlan 100")
    for index in range(VFS):
        defer(env.vf_set, index, "vlan 0")
    infos = env.vf_infos()
    cmd("modprobe -r vane")
    env.a.ping(env.vf1)
    cmd("modprobe vane")
    env.pf_if.ifname = env.pf.wait_ifname()
    env.pf_if.up()
    env.a.wait_reaches(env.vf1)
    ksft_eq(env.vf_infos(), infos)
    ksft_eq(env.a.reaches(env.ext), False, "still in its VLAN")


# The guest's fate

def strays(env):
    """How many frames for a group that nobody joined the VF is given."""
    def multicast():
        return env.vf_stats(0)["rx"]["multicast"]

    before = multicast()
    Sender(env.vf1).send(make(env.vf1, STRAY_GROUP))
    # What comes behind shows that it is through.
    env.a.ping(env.vf1)
    return multicast() - before


def dirty(env):
    """The guest leaves all kinds of things in its VF."""
    filters = env.filters()
    cmd(f"ip maddr add {GROUP} dev {env.a.ifname}", env.a.ns)
    wait_until(lambda: env.filters() > filters, what="one more filter")
    cmd(f"ip link set dev {env.a.ifname} address {OWN_MAC}", env.a.ns)
    env.a.set("allmulticast on")
    wait_until(lambda: strays(env), what="all multicast")


def clean(env):
    """Nothing of that is left, and the guest talks."""
    env.a = env.guest_port(env.guest, 0)
    ksft_eq(env.a.mac, env.vf_info(0)["address"])
    everyone_reached(env)


def guest_reboots(env):
    """A guest that starts again finds its VF clean, but as the host set it."""
    env.vf_set(0, "trust on")
    defer(env.vf_set, 0, "trust off")
    for index, vlan in enumerate(("100 qos 3", "100")):
        env.vf_set(index, f"vlan {vlan}")
        defer(env.vf_set, index, "vlan 0")
    infos, filters = env.vf_infos(), env.filters()
    dirty(env)
    env.guest.reboot()
    env.a = env.guest_port(env.guest, 0)
    ksft_eq(env.vf_infos(), infos)
    ksft_eq(env.a.mac, infos[0]["address"])
    ksft_eq(sent_by_guest(env).vlan, 3 << 13 | 100)
    wait_until(lambda: env.filters() == filters, what="no old filter")
    ksft_eq(strays(env), 0)
    for index in range(VFS):
        env.vf_set(index, "vlan 0")
    clean(env)


def guest_without_pf(env):
    """A guest boots with no PF driver: no carrier, and one once it is there."""
    env.guest.kill()
    cmd("modprobe -r vane")
    env.guest = Guest("late", [env.vf(0)]).wait()
    name = env.guest.ifname()
    cmd(f"ip link set dev {name} up", env.guest)
    ksft_in("NO-CARRIER", cmd(f"ip link show dev {name}", env.guest))
    cmd("modprobe vane")
    env.pf_if.ifname = env.pf.wait_ifname()
    env.pf_if.up()
    wait_until(lambda: "LOWER_UP" in cmd(f"ip link show dev {name}", env.guest),
               RECOVERY, what="the guest's carrier")
    clean(env)


if __name__ == "__main__":
    ksft_main([traffic, statistics, port_vlan, vntag, mac, trust, link_state, rate,
               spoofchk, not_taken_away, pf_down_up, pf_soft_reset, pf_flr,
               pf_driver_reload, guest_reboots, guest_without_pf], set_up)
