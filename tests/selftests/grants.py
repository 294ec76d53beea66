#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: hostile --uplink switch --allow-guest-errors
"""Permissions of VFs given and taken in random order, against a model of the
rules: what a VF may ask for, what it keeps, and what it receives."""

import os
import random
import time

from lib.py import (BROADCAST, RawVf, Sender, Vane, cmd, cmd_json, defer, hw, ip,
                    ip_json, ksft_eq, ksft_failed, ksft_main, ksft_pr, make, repeat,
                    wait_until)

VFS = 3
# Seconds; a seed has the same beginning on a machine of any speed.
TIME = repeat(40, 100)
CHECK_FRAMES = 8            # steps between two looks at who receives what
FRAMES = 4

FREE = [f"52:54:00:9{index:x}:8{index:x}:0{index:x}" for index in range(4)]
GROUPS = ["01:00:5e:00:80:01", "01:00:5e:7f:00:02"]
MODES = (0, hw.VANE_RX_MODE_PROMISC, hw.VANE_RX_MODE_ALLMULTI,
         hw.VANE_RX_MODE_PROMISC | hw.VANE_RX_MODE_ALLMULTI)


def is_group(mac):
    """Is it a multicast address?"""
    return bool(int(mac[:2], 16) & 1)


class VfModel:
    """What a VF was given and has asked for."""

    def __init__(self, default):
        self.default = default
        self.admin = None
        self.mac = default
        self.trusted = False
        self.filters = set()
        self.mode = 0
        self.negotiated = True

    @property
    def station(self):
        """The address that it has after a reset."""
        return self.admin or self.default

    def forget(self, mac=True):
        """What it asked for is gone."""
        if mac:
            self.mac = self.station
        self.filters = set()
        self.mode = 0


class Model:
    """The rules of docs/passthrough.rst, from scratch."""

    def __init__(self, pf_mac, defaults):
        self.pf_perm = self.pf_mac = pf_mac
        self.vfs = [VfModel(mac) for mac in defaults]

    def is_others(self, index, mac):
        """Has another function the address, or had it at first?"""
        taken = {self.pf_perm, self.pf_mac}
        for other, vf in enumerate(self.vfs):
            if other != index:
                taken |= {vf.default, vf.station, vf.mac} | vf.filters
        return mac in taken

    def refusal(self, index, mac):
        """Status that a VF gets for a unicast address."""
        vf = self.vfs[index]
        if vf.trusted or mac == vf.station:
            return hw.VANE_OK
        if vf.admin:
            return hw.VANE_ERR_DENIED
        return hw.VANE_ERR_EXISTS if self.is_others(index, mac) else hw.VANE_OK

    def may_use(self, index, mac):
        """May a VF have the unicast address?"""
        return self.refusal(index, mac) == hw.VANE_OK

    def set_mac(self, index, mac):
        """A VF asks for another station address."""
        status = self.refusal(index, mac)
        if status == hw.VANE_OK:
            self.vfs[index].mac = mac
        return status

    def add(self, index, macs):
        """A VF asks for filters, all or none."""
        for mac in macs:
            status = hw.VANE_OK if is_group(mac) else self.refusal(index, mac)
            if status != hw.VANE_OK:
                return status
        self.vfs[index].filters |= set(macs)
        return hw.VANE_OK

    def set_mode(self, index, mode):
        """A VF asks for a receive mode."""
        if mode and not self.vfs[index].trusted:
            return hw.VANE_ERR_DENIED
        self.vfs[index].mode = mode
        return hw.VANE_OK

    def review(self, index):
        """A VF that is not trusted loses what it may not have."""
        vf = self.vfs[index]
        if vf.trusted:
            return
        if not self.may_use(index, vf.mac):
            vf.mac = vf.station
        vf.filters = {mac for mac in vf.filters
                      if is_group(mac) or self.may_use(index, mac)}
        vf.mode = 0

    def take_from_others(self, owner, mac):
        """An address that was given away is taken from those not trusted."""
        for index, vf in enumerate(self.vfs):
            if index == owner or vf.trusted or vf.station == mac:
                continue
            if vf.mac == mac:
                vf.mac = vf.station
            vf.filters.discard(mac)

    def trust(self, index, trusted):
        """The administrator trusts a VF, or no more."""
        changed = self.vfs[index].trusted != trusted
        self.vfs[index].trusted = trusted
        if changed:
            self.review(index)

    def administer(self, index, mac):
        """The administrator sets a MAC, or none."""
        vf = self.vfs[index]
        vf.admin = mac
        vf.mac = vf.station
        self.review(index)
        if mac:
            self.take_from_others(index, mac)

    def set_pf_mac(self, mac):
        """The PF has another address."""
        self.pf_mac = mac
        self.take_from_others(None, mac)

    def receivers(self, mac):
        """Who gets a frame from outside to @mac."""
        return {index for index, vf in enumerate(self.vfs)
                if mac in {vf.mac} | vf.filters or
                vf.mode & hw.VANE_RX_MODE_PROMISC or
                (is_group(mac) and vf.mode & hw.VANE_RX_MODE_ALLMULTI)}


class Grants(Vane):
    """Three VFs in the hands of this program, and the model of them."""

    def __init__(self):
        super().__init__()
        self.unbound_vfs(VFS)
        self.raw = [RawVf(self.vf(index)) for index in range(VFS)]
        for raw in self.raw:
            defer(raw.close)
            raw.enable()
            raw.negotiate()
        self.ext = self.ext_port()
        self.sender = Sender(self.ext)
        self.pf_mac = ip_json(f"link show dev {self.pf.ifname}")[0]["address"]
        self.macs = [info["address"] for info in self.vf_infos()]
        # The PF's own
        self.idle = self.filters()

    def drops(self):
        """Frames so far for each VF, none of which has a buffer."""
        stat = hw.VANE_STAT(hw.VANE_STAT_RX_DROP_NOBUF)
        return [raw.rd32(stat) for raw in self.raw]

    def arrived(self):
        """Frames from outside that the device has handled."""
        groups = cmd_json(f"ethtool --json -S {self.pf.ifname} --groups eth-mac")
        return groups[0]["eth-mac"]["FramesReceivedOK"]

    def receivers(self, mac):
        """Who gets frames from outside to @mac."""
        before, arrived = self.drops(), self.arrived()
        for _ in range(FRAMES):
            self.sender.send(make(self.ext, mac))
        # Behind them, for all
        self.sender.send(make(self.ext, BROADCAST))
        wait_until(lambda: self.arrived() > arrived + FRAMES and
                   all(now > was for now, was in zip(self.drops(), before)),
                   what="a broadcast")
        return {index for index, (now, was) in
                enumerate(zip(self.drops(), before)) if now - was > FRAMES}


def compare(env, model, frames):
    """The device and the driver have what the model has."""
    ksft_eq([info["address"] for info in env.vf_infos()],
            [vf.mac for vf in model.vfs], "station addresses")
    ksft_eq(env.filters() - env.idle,
            sum(len(vf.filters) for vf in model.vfs), "filters")
    for mac in frames:
        ksft_eq(env.receivers(mac), model.receivers(mac), mac)


def reload_pf(env, model):
    """Another PF driver, which the VFs do not notice."""
    cmd("modprobe -r vane")
    cmd("modprobe vane")
    ifname = env.pf.wait_ifname()
    # Not before its filters are what they are in a netdev that is down
    ip(f"link set dev {ifname} promisc on")
    ip(f"link set dev {ifname} promisc off")
    model.pf_mac = model.pf_perm
    for vf in model.vfs:
        vf.forget(mac=False)
        vf.negotiated = False


class Player:
    """Makes random steps in both worlds."""

    def __init__(self, env, model, rng):
        self.env = env
        self.model = model
        self.rng = rng
        self.pool = [env.pf_mac, *env.macs, *FREE]

    def ask(self, index, what, status, want):
        """Compares what a VF was answered."""
        if not self.model.vfs[index].negotiated:
            want = hw.VANE_ERR_STATE
        ksft_eq(status, want, f"VF {index}: {what}")

    def vf_mac(self, index):
        """A VF asks for a station address."""
        mac = self.rng.choice(self.pool)
        status = self.env.raw[index].set_mac(mac)
        want = self.model.set_mac(index, mac) \
            if self.model.vfs[index].negotiated else None
        self.ask(index, f"mac {mac}", status, want)
        return mac

    def vf_add(self, index):
        """A VF asks for filters."""
        macs = self.rng.sample(self.pool + GROUPS, self.rng.randint(1, 3))
        status = self.env.raw[index].filters(hw.VANE_MBOX_FILTER_ADD, macs)
        want = self.model.add(index, macs) \
            if self.model.vfs[index].negotiated else None
        self.ask(index, f"filters {macs}", status, want)
        return macs

    def vf_del(self, index):
        """A VF gives filters up."""
        macs = self.rng.sample(self.pool + GROUPS, 2)
        status = self.env.raw[index].filters(hw.VANE_MBOX_FILTER_DEL, macs)
        if self.model.vfs[index].negotiated:
            self.model.vfs[index].filters -= set(macs)
        self.ask(index, f"no filters {macs}", status, hw.VANE_OK)
        return macs

    def vf_mode(self, index):
        """A VF asks for a receive mode."""
        mode = self.rng.choice(MODES)
        status = self.env.raw[index].rx_mode(mode)
        want = self.model.set_mode(index, mode) \
            if self.model.vfs[index].negotiated else None
        self.ask(index, f"mode {mode}", status, want)
        return mode

    def vf_reset(self, index):
        """A VF is reset, and its driver begins anew."""
        self.env.raw[index].enable()
        self.env.raw[index].negotiate()
        self.model.vfs[index].forget()
        self.model.vfs[index].negotiated = True

    def vf_negotiate(self, index):
        """A VF's driver negotiates anew, without a reset."""
        self.env.raw[index].negotiate()
        self.model.vfs[index].forget(mac=False)
        self.model.vfs[index].negotiated = True

    def trust(self, index):
        """Trust comes or goes."""
        trusted = self.rng.random() < 0.5
        self.env.vf_set(index, f"trust {'on' if trusted else 'off'}")
        self.model.trust(index, trusted)
        return trusted

    def administer(self, index):
        """A MAC is administered, or no longer."""
        mac = self.rng.choice([None, *self.pool])
        self.env.vf_set(index, f"mac {mac or '00:00:00:00:00:00'}")
        self.model.administer(index, mac)
        return mac

    def pf_mac(self, _index):
        """The PF gets another MAC."""
        mac = self.rng.choice([self.env.pf_mac, *FREE])
        ip(f"link set dev {self.env.pf.ifname} address {mac}")
        self.model.set_pf_mac(mac)
        return mac

    def reload(self, _index):
        """Another PF driver."""
        reload_pf(self.env, self.model)

    def step(self):
        """Makes one; returns what it was."""
        name, = self.rng.choices(
            ("vf_mac", "vf_add", "vf_del", "vf_mode", "vf_reset",
             "vf_negotiate", "trust", "administer", "pf_mac", "reload"),
            (20, 25, 5, 10, 3, 3, 15, 12, 5, 2))
        index = self.rng.randrange(VFS)
        return f"{name}({index}): {getattr(self, name)(index)}"


def random_grants(env):
    """Any order of grants, requests, revocations and reloads."""
    seed = int(os.environ.get("VANE_SEED", 0)) or random.getrandbits(32)
    ksft_pr(f"VANE_SEED={seed}")
    model = Model(env.pf_mac, env.macs)
    player = Player(env, model, random.Random(seed))
    history = []
    end = time.monotonic() + TIME
    while time.monotonic() < end and not ksft_failed():
        history.append(player.step())
        look = len(history) % CHECK_FRAMES == 0
        compare(env, model, player.pool + GROUPS if look else [])
    ksft_pr(f"{len(history)} steps")
    if ksft_failed():
        ksft_pr("\n".join(history[-12:]))


if __name__ == "__main__":
    ksft_main([random_grants], Grants)
