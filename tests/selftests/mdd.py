#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: hostile --uplink switch --allow-guest-errors
"""What the PF's driver does about a VF whose driver errs again and again."""

import struct
import time
from functools import partial

from lib.py import (BROADCAST, Capture, KernelLog, Memory, RawVf, Sender, Stream,
                    Vane, cmd, cmd_json, defer, fails, hw, ksft_eq, ksft_ge,
                    ksft_in, ksft_main, ksft_not_in, make, put, repeat, seeded,
                    wait_until)

NOWHERE = 1 << 46
STEPS = repeat(60, 30)
DEFAULTS = {"vf_error_action": "report", "vf_error_limit": 16,
            "vf_error_window": 60}


def descriptor(addr, length, flags=0):
    """A transmit descriptor of a whole frame."""
    return struct.pack("<QQ", addr | hw.VANE_TXD_EOP | flags,
                       put(hw.VANE_TXD_LEN, length))


class ErringVf(RawVf):
    """A VF whose driver errs when it is told to."""

    # By the name in devlink
    KINDS = ("index", "bus error", "reserved bit")

    def err(self, kind="index"):
        """Has the device stop a queue."""
        self.enable()
        memory = Memory()
        base = NOWHERE if kind == "bus error" else None
        ring, state = self.tx_queue(base=base)
        ksft_eq(state, hw.VANE_Q_STATE_ENABLED)
        tail = 1
        if kind == "index":
            tail = (1 << hw.VANE_RING_LOG2_MIN) + 1
        elif kind == "reserved bit":
            ring.put(0, descriptor(memory.dma, 64, 1 << 55))
        self.wr32(hw.VANE_DB_TXQ(0), tail)

    def send(self, frame):
        """Sends a frame as it should; waits until the device has read it."""
        self.enable()
        memory = Memory()
        memory.put(0, frame.data)
        ring, _ = self.tx_queue()
        ring.put(0, descriptor(memory.dma, len(frame.data)))
        self.wr32(hw.VANE_DB_TXQ(0), 1)
        wait_until(lambda: self.rd32(hw.VANE_TXQ(0) + hw.VANE_TXQ_HEAD) == 1,
                   what="the device reads the ring")

    def link_up(self):
        """Has it a link?"""
        return bool(self.rd32(hw.VANE_REG_STATUS) & hw.VANE_STATUS_LINK_UP)

    def generation(self):
        """Changes with each reset."""
        return self.rd32(hw.VANE_REG_GENERATION)


class Mdd(Vane):
    """VFs 0 and 1 are the program's, VF 2 is their neighbour."""

    def __init__(self):
        super().__init__(3)
        self.pf_if = self.pf_port()
        self.neighbour = self.vf_port(2)
        self.ext = self.ext_port()
        self.raws = []
        self.take()

    def after_case(self):
        """Guest errors are expected here: they are counted, no more."""

    def take(self):
        """VFs 0 and 1, as they are when they are new."""
        for index in (0, 1):
            self.vf(index).unbind()
        self.raws = [ErringVf(self.vf(index)) for index in (0, 1)]
        for raw in self.raws:
            defer(raw.close)
            raw.enable()

    def params(self):
        """The parameters, by name."""
        found = cmd_json(f"devlink -j dev param show pci/{self.pf.bdf}")
        entries = next(iter(found["param"].values()))
        return {entry["name"]: entry["values"][0]["value"] for entry in entries
                if entry["name"] in DEFAULTS}

    def param(self, name, value):
        """The command that sets a parameter."""
        return f"devlink dev param set pci/{self.pf.bdf} name {name} " \
               f"value {value} cmode runtime"

    def policy(self, **values):
        """Sets parameters, for the case."""
        for name, value in values.items():
            cmd(self.param(f"vf_error_{name}", value))
            defer(cmd, self.param(f"vf_error_{name}",
                                  DEFAULTS[f"vf_error_{name}"]))

    def reporter(self, index):
        """The port of a VF, and its reporter."""
        return f"pci/{self.pf.bdf}/{index + 1} reporter malicious_driver"

    def seen(self, index):
        """What the driver knows of a VF's errors."""
        return cmd_json(f"devlink -j health diagnose {self.reporter(index)}")

    def state(self, index):
        """Is a VF reported, as far as devlink knows?"""
        found = cmd_json(f"devlink -j health show {self.reporter(index)}")
        return next(iter(found["health"].values()))[0]["state"]

    def recover(self, index):
        """The administrator recovers a VF that is reported."""
        wait_until(lambda: self.state(index) == "error", what="the report")
        cmd(f"devlink health recover {self.reporter(index)}")

    def err(self, index, kind="index"):
        """A VF errs, and the driver knows; then devlink."""
        before = self.seen(index)["queue_errors"]
        self.raws[index].err(kind)
        wait_until(lambda: self.seen(index)["queue_errors"] == before + 1,
                   what="the driver notes the error")
        wait_until(lambda: self.state(index) == "error", what="the report")

    def clear(self, index):
        """A VF has made no errors that count."""
        if self.state(index) == "error":
            self.recover(index)
        self.raws[index].enable()


def at_first(env):
    """Without a word of the administrator, errors are reported."""
    ksft_eq(env.params(), DEFAULTS)
    found = env.seen(0)
    ksft_eq((found["quarantined"], found["queue_errors"], found["resets"]),
            (False, 0, 0))


def wrong_values(env):
    """A wrong value is refused with what would be right, and changes nothing."""
    for name, value, answer in (
            ("action", "kill", "report, reset or quarantine"),
            ("action", "quarantined", "report, reset or quarantine"),
            ("limit", 0, "1 to 100000 errors"),
            ("limit", 100001, "1 to 100000 errors"),
            ("window", 0, "1 to 86400 seconds"),
            ("window", 86401, "1 to 86400 seconds")):
        ksft_in(answer, fails(env.param(f"vf_error_{name}", value)))
        ksft_eq(env.params(), DEFAULTS)
    for name, value in (("limit", 1), ("limit", 100000), ("window", 1),
                        ("window", 86400), ("action", "reset")):
        env.policy(**{name: value})
        ksft_eq(env.params()[f"vf_error_{name}"], value)


def report(env):
    """Errors are counted by their kind; nothing else happens."""
    env.clear(0)
    env.policy(limit=1)
    before = env.seen(0).get("errors", {})
    for kind in ErringVf.KINDS:
        env.err(0, kind)
    after = env.seen(0)["errors"]
    ksft_eq({kind: after[kind] - before.get(kind, 0)
             for kind in ErringVf.KINDS},
            {kind: 1 for kind in ErringVf.KINDS})
    ksft_eq(env.raws[0].link_up(), True)
    ksft_eq(env.seen(0)["resets"], 0)
    ksft_eq(env.seen(1)["queue_errors"], 0)


def dump(env):
    """A dump has what the device and the driver count of a VF's violations."""
    raw = env.raws[0]
    raw.enable()
    raw.negotiate()
    refused = env.seen(0)["refused_requests"]
    ksft_eq(raw.rx_mode(hw.VANE_RX_MODE_PROMISC), hw.VANE_ERR_DENIED)
    ksft_eq(raw.request(999), hw.VANE_ERR_UNSUPPORTED)
    raw.send(make(env.ext, BROADCAST))
    port = env.reporter(0)
    cmd(f"devlink health dump clear {port}")
    found = cmd_json(f"devlink -j health dump show {port}")
    ksft_eq(found["refused_requests"] - refused, 2)
    ksft_ge(found["tx_drop_spoof"], 1)
    for name in ("tx_drop_vlan", "tx_drop_oversize", "tx_drop_malformed",
                 "tx_drop_control", "mailbox_errors"):
        ksft_eq(found[name], 0, name)


def reset(env):
    """At the limit the VF is reset, and its errors are counted from the start."""
    env.clear(0)
    env.policy(action="reset", limit=3)
    stream = Stream(env.ext, env.neighbour)
    log = KernelLog()
    for _ in range(2):
        for _ in range(2):
            env.err(0)
        ksft_eq(log.has("VF 0: reset"), False)
        resets = env.seen(0)["resets"]
        env.err(0)
        ksft_eq(env.seen(0)["resets"], resets + 1)
        ksft_eq(env.raws[0].rd32(hw.VANE_REG_STATE) & hw.VANE_STATE_ENABLED, 0)
        wait_until(partial(log.has, "VF 0: reset after 3 errors of its driver"),
                   what="the line in the log")
        log = KernelLog()
    _, lost = stream.stop()
    ksft_eq(lost, 0, "frames of the neighbour")
    ksft_eq(env.raws[0].link_up(), True)


def quarantine(env, index=0):
    """Has a VF quarantined."""
    env.clear(index)
    env.policy(action="quarantine", limit=3)
    env.err(index)
    env.err(index)
    ksft_eq(env.raws[index].link_up(), True)
    env.err(index)
    wait_until(lambda: not env.raws[index].link_up(), what="its link is down")


def is_quarantined(env, index=0):
    """Is it, as all say?"""
    quarantined = env.seen(index)["quarantined"]
    ksft_eq(env.raws[index].link_up(), not quarantined)
    return quarantined


def quarantine_cuts_off(env):
    """A VF in quarantine sends and receives nothing, and others do."""
    raw, log = env.raws[0], KernelLog()
    address = env.vf_info(0)["address"]
    quarantine(env)
    ksft_eq(log.has("VF 0: quarantined after 3 errors of its driver"), True)
    ksft_eq(is_quarantined(env), True)
    ksft_eq(is_quarantined(env, 1), False)

    capture = Capture(env.ext)
    raw.send(make(address, BROADCAST))
    last = make(env.vf_info(1)["address"], BROADCAST)
    env.raws[1].send(last)
    capture.expect(last)
    ksft_eq([frame for frame in capture.frames if frame != last], [])
    ksft_ge(raw.rd32(hw.VANE_STAT(hw.VANE_STAT_TX_DROP_LINK)), 1)

    raw.enable()
    before = [raw.rd32(hw.VANE_STAT(stat)) for stat in
              (hw.VANE_STAT_RX_DROP_NOBUF, hw.VANE_STAT_RX_FRAMES)]
    sender = Sender(env.ext)
    sender.send(make(env.ext, address))
    env.neighbour.ping(env.ext, count=1)
    ksft_eq([raw.rd32(hw.VANE_STAT(stat)) for stat in
             (hw.VANE_STAT_RX_DROP_NOBUF, hw.VANE_STAT_RX_FRAMES)], before)
    env.recover(0)


def quarantine_holds(env):
    """Neither the VF nor a reset ends it, nor another driver of the PF."""
    quarantine(env)
    env.raws[0].enable()
    ksft_eq(is_quarantined(env), True)
    env.raws[0].negotiate()
    ksft_eq(is_quarantined(env), True)
    env.vf(0).reset()
    ksft_eq(is_quarantined(env), True)
    for _ in range(4):
        env.err(0)
    ksft_eq(is_quarantined(env), True)
    env.vf_set(0, "trust on")
    env.vf_set(0, "trust off")
    cmd(f"devlink dev reload pci/{env.pf.bdf}")
    env.pf.wait_ifname()
    ksft_eq(is_quarantined(env), True)
    ksft_eq(env.params()["vf_error_action"], "quarantine")
    cmd("modprobe -r vane")
    cmd("modprobe vane")
    env.pf.wait_ifname()
    ksft_eq(is_quarantined(env), True)
    ksft_eq(env.params(), DEFAULTS)
    env.recover(0)
    ksft_eq(is_quarantined(env), False)
    env.pf_if.up()


def quarantine_ends(env):
    """The administrator ends it, by recovery only, and then the VF's errors are counted
    from the start."""
    quarantine(env)
    generation = env.raws[0].generation()
    env.recover(0)
    ksft_eq(is_quarantined(env), False)
    ksft_eq(env.raws[0].generation() == generation, False, "it was reset")
    ksft_eq(env.vf_info(0)["link_state"], "auto")
    for state, up in (("enable", True), ("auto", True), ("disable", False)):
        quarantine(env)
        env.vf_set(0, f"state {state}")
        defer(env.vf_set, 0, "state auto")
        ksft_eq(is_quarantined(env), True)
        ksft_eq(env.vf_info(0)["link_state"], state)
        env.recover(0)
        ksft_eq(env.raws[0].link_up(), up)
        env.vf_set(0, "state auto")
    env.err(0)
    env.err(0)
    ksft_eq(is_quarantined(env), False)


def quarantine_survives_policy(env):
    """Another policy frees nobody, and SR-IOV without VFs everybody."""
    quarantine(env)
    env.policy(action="report")
    ksft_eq(is_quarantined(env), True)
    for raw in env.raws:
        raw.close()
    env.set_vfs(0)
    env.set_vfs(3)
    env.neighbour = env.vf_port(2)
    env.take()
    ksft_eq(is_quarantined(env), False)


def device_reset(env):
    """A reset of the device leaves the quarantine."""
    quarantine(env)
    env.pf.reset()
    wait_until(env.raws[1].link_up, 30, what="the device works again")
    ksft_eq(is_quarantined(env), True)
    env.recover(0)


def quarantine_while_reset(env):
    """A quarantine that the device does not hear of is in force once it is reset."""
    env.clear(0)
    env.policy(action="quarantine", limit=1)
    log = KernelLog()
    env.fault("command-drop", 1, "pf")
    env.raws[0].err()
    wait_until(lambda: log.has("device recovered"), 30, what="the device is reset")
    wait_until(env.raws[1].link_up, what="the device works again")
    ksft_eq(is_quarantined(env), True)
    env.recover(0)
    ksft_eq(is_quarantined(env), False)


def window(env):
    """Errors that lie further apart than the window are no reason."""
    env.clear(0)
    env.policy(action="quarantine", limit=3, window=2)
    env.err(0)
    env.err(0)
    # The passing of time is what this is about
    time.sleep(2.1)
    env.err(0)
    env.policy(window=86400)
    env.err(0)
    ksft_eq(is_quarantined(env), False)
    env.err(0)
    wait_until(lambda: not env.raws[0].link_up(), what="its link is down")
    ksft_eq(is_quarantined(env), True)
    env.recover(0)


class Model:
    """The rules of docs/devlink.rst for one VF."""

    def __init__(self, found):
        self.errors = dict(found.get("errors", {}))
        self.resets = found["resets"]
        self.quarantined = False
        self.recent = 0
        self.state = "auto"

    def err(self, kind, action, limit):
        """Its driver errs."""
        self.errors[kind] = self.errors.get(kind, 0) + 1
        if self.quarantined:
            return
        self.recent += 1
        if self.recent >= limit:
            self.recent = 0
            self.resets += action == "reset"
            self.quarantined = action == "quarantine"

    def seen(self):
        """What there is to see: errors, resets, quarantine, ip link, link."""
        return (self.errors, self.resets, self.quarantined, self.state,
                not self.quarantined and self.state != "disable")


def random_errors(env):
    """Errors, policies and interventions in random order, against a model."""
    rng = seeded()
    for index in (0, 1):
        env.clear(index)
        defer(env.vf_set, index, "state auto")
        env.vf_set(index, "state auto")
    models = [Model(env.seen(index)) for index in (0, 1)]
    action, limit = "quarantine", 3
    env.policy(action=action, limit=limit, window=86400)

    def looks(index):
        found = env.seen(index)
        return (found.get("errors", {}), found["resets"], found["quarantined"],
                env.vf_info(index)["link_state"], env.raws[index].link_up())

    for _ in range(STEPS):
        index = rng.randrange(2)
        model = models[index]
        what = rng.choice(("err",) * 8 + ("policy", "recover", "state", "reset"))
        if what == "err":
            kind = rng.choice(ErringVf.KINDS)
            env.err(index, kind)
            model.err(kind, action, limit)
        elif what == "policy":
            action = rng.choice(("report", "reset", "quarantine"))
            limit = rng.randint(1, 4)
            cmd(env.param("vf_error_action", action))
            cmd(env.param("vf_error_limit", limit))
        elif what == "recover":
            env.clear(index)
            model.quarantined, model.recent = False, 0
        elif what == "state":
            model.state = rng.choice(("auto", "enable", "disable"))
            env.vf_set(index, f"state {model.state}")
        else:
            env.raws[index].enable()
        wait_until(lambda index=index, model=model: looks(index) == model.seen(),
                   what=f"VF {index} after {what}: {model.seen()}")
        ksft_eq(looks(1 - index), models[1 - index].seen(), "the other VF")


def neighbour_is_well(env):
    """After all that the neighbour has noticed nothing."""
    env.neighbour.ping(env.ext, count=1)
    ksft_not_in("errors", env.seen(2))


if __name__ == "__main__":
    ksft_main([at_first, wrong_values, report, dump, reset, quarantine_cuts_off,
               quarantine_holds, quarantine_ends, device_reset,
               quarantine_while_reset, window,
               random_errors, neighbour_is_well, quarantine_survives_policy],
              Mdd)
