# SPDX-License-Identifier: GPL-2.0-only
"""Sections 6, 10 and 11: of several errors, the one that the datasheet has first.

Each case draws what is wrong at random, by a seed that a failure names. VANE_SEED
chooses it.
"""

import os
import random
import struct

import ether
import regs
from driver import RxQueue, TxQueue
from messages import PORT, STATUS, addrs
from testbench import equal

ROUNDS = 40
FAR = 1 << 52
MULTICAST = b"\x01\x00\x5e\x01\x02\x03"

# Section 6: the table of errors, from the first to the last
QUEUE_ORDER = (regs.ERROR_DISABLED, regs.ERROR_FEATURE_UNUSED, regs.ERROR_SIZE,
               regs.ERROR_ALIGN, regs.ERROR_VECTOR)
# Section 11: the same of commands, but for what is wrong without a look at the body
COMMAND_ORDER = (regs.ERR_UNSUPPORTED, regs.ERR_NOT_FOUND, regs.ERR_INVALID,
                 regs.ERR_RANGE, regs.ERR_EXISTS, regs.ERR_NO_SPACE)
# What commands need
FEATURES = (regs.FEAT_VEPA | regs.FEAT_VNTAG | regs.FEAT_RATE | regs.FEAT_TRUNK
            | regs.FEAT_PORT | regs.FEAT_VF_STATS | regs.FEAT_OWN_MAC
            | regs.FEAT_ETAG | regs.FEAT_CHANNELS)


class Draw(random.Random):
    """What is drawn, which a failure can name."""

    def __init__(self, name):
        self.named = os.environ.get("VANE_SEED") or random.randrange(1 << 32)
        super().__init__(f"{self.named} {name}")

    def wrongs(self, faults):
        """Some of @faults, at least one."""
        return self.sample(faults, self.randint(1, min(4, len(faults))))

    def expect(self, found, order, errors, what):
        """@found is the first of @errors by @order."""
        equal(found, min(errors, key=order.index),
              f"VANE_SEED={self.named}: {what}, errors {sorted(errors)}")


def _queue_faults(queue, tx):
    """Registers of a queue that are wrong: error, register, values."""
    shadow = regs.TXQ_SHADOW if tx else regs.RXQ_SHADOW
    yield regs.ERROR_ALIGN, shadow, (4, FAR, FAR - 4)
    vector = regs.TXQ_VECTOR if tx else regs.RXQ_VECTOR
    yield regs.ERROR_VECTOR, vector, (5, 17, 1 << 31)
    if tx:
        yield regs.ERROR_SIZE, regs.TXQ_SIZE, (0, 5, 13, 1 << 31)
        yield regs.ERROR_ALIGN, regs.TXQ_BASE, (0, queue.ring + 8, FAR - 64, FAR)
        yield regs.ERROR_ALIGN, regs.TXQ_HEAD_ADDR, (0, queue.head + 4, FAR)
    else:
        yield regs.ERROR_SIZE, regs.RXQ_BUF_SIZE, (0, 5, 13, 12)
        yield regs.ERROR_SIZE, regs.RXQ_CPL_SIZE, (0, 5, 13)
        yield regs.ERROR_SIZE, regs.RXQ_BUF_LEN, (0, 255, 2056, 65552)
        yield regs.ERROR_ALIGN, regs.RXQ_BUF_BASE, (0, queue.bufs + 8, FAR - 64, FAR)
        yield regs.ERROR_ALIGN, regs.RXQ_CPL_BASE, (0, queue.cpls + 8, FAR - 64, FAR)


WIDE = {True: (regs.TXQ_SHADOW, regs.TXQ_BASE, regs.TXQ_HEAD_ADDR),
        False: (regs.RXQ_SHADOW, regs.RXQ_BUF_BASE, regs.RXQ_CPL_BASE)}


def queues(bench):
    """Section 6: a queue that is enabled with several mistakes."""
    draw = Draw("queues")
    bench.begin(vfs=1)
    vf = bench.vfs[0]
    features = vf.read64(regs.REG_FEATURES_DRV)
    for _ in range(ROUNDS):
        tx = draw.random() < 0.5
        queue = (TxQueue if tx else RxQueue)(vf, 1, 1)
        errors = []
        for error, reg, values in draw.wrongs(list(_queue_faults(queue, tx))):
            errors.append(error)
            (queue.set64 if reg in WIDE[tx] else queue.set)(reg, draw.choice(values))
        vf.write(regs.REG_CTRL, 0)
        if draw.random() < 0.3:
            # A shadow that is right but for the feature counts, too.
            shadow = regs.TXQ_SHADOW if tx else regs.RXQ_SHADOW
            if not vf.read64(queue.at + shadow):
                queue.set64(shadow, bench.machine.alloc(8, 8))
            vf.write64(regs.REG_FEATURES_DRV, features & ~regs.FEAT_SHADOW_DB)
            errors.append(regs.ERROR_FEATURE_UNUSED)
        else:
            vf.write64(regs.REG_FEATURES_DRV, features)
        if draw.random() < 0.3:
            errors.append(regs.ERROR_DISABLED)
        else:
            vf.write(regs.REG_CTRL, regs.CTRL_ENABLE)
        with bench.mistaken():
            draw.expect(queue.enable(), QUEUE_ORDER, errors, "a queue")
        queue.disable()
    # After a reset all is wrong, and the function is disabled.
    vf.write(regs.REG_CTRL, regs.CTRL_RESET)
    for at, state in ((regs.txq(0) + regs.TXQ_CTRL, regs.txq(0) + regs.TXQ_STATE),
                      (regs.rxq(0) + regs.RXQ_CTRL, regs.rxq(0) + regs.RXQ_STATE)):
        vf.write(at, regs.Q_CTRL_ENABLE)
        equal(regs.get(regs.Q_STATE_ERROR, vf.read(state)), regs.ERROR_DISABLED,
              "a queue after a reset")


def slot_queues(bench):
    """Sections 6 and 11: the same of RQ and SQ."""
    draw = Draw("slot queues")
    bench.begin(vfs=0)
    pf = bench.pf
    for _ in range(ROUNDS):
        at, least = draw.choice(((regs.REG_RQ, regs.RQ_LOG2_MIN),
                                 (regs.REG_SQ, regs.RING_LOG2_MIN)))
        pf.write(at + regs.SLOTQ_CTRL, 0)
        pf.write(at + regs.SLOTQ_SIZE, least)
        pf.write64(at + regs.SLOTQ_BASE, 1 << 20)
        faults = [(regs.ERROR_SIZE, regs.SLOTQ_SIZE, (0, least - 1, 13)),
                  (regs.ERROR_ALIGN, regs.SLOTQ_BASE,
                   (0, (1 << 20) + 32, FAR - 64, FAR))]
        errors = []
        for error, reg, values in draw.wrongs(faults):
            errors.append(error)
            (pf.write64 if reg == regs.SLOTQ_BASE else pf.write)(at + reg,
                                                               draw.choice(values))
        disabled = draw.random() < 0.3
        if disabled:
            errors.append(regs.ERROR_DISABLED)
            pf.write(regs.REG_CTRL, 0)
        with bench.mistaken():
            pf.write(at + regs.SLOTQ_CTRL, regs.Q_CTRL_ENABLE)
        draw.expect(regs.get(regs.Q_STATE_ERROR, pf.read(at + regs.SLOTQ_STATE)),
                    QUEUE_ORDER, errors, f"the queue at {at:#x}")
        if disabled:
            pf.write(regs.REG_CTRL, regs.CTRL_ENABLE)


def doorbells(bench):
    """Section 10: a mailbox doorbell that is wrong in several ways."""
    bench.begin(vfs=1)
    vf = bench.vfs[0]

    def error(length):
        with bench.mistaken():
            vf.write(regs.REG_MBOX_DB, length)
        return regs.get(regs.MBOX_STATE_ERROR, vf.read(regs.REG_MBOX_STATE))

    bench.pf.write(regs.REG_PF_CTRL, 0)
    equal(vf.post(regs.MBOX_RX_MODE, bytes(8)), regs.ERROR_NONE, "a request")
    equal(error(7), regs.ERROR_MSG, "a wrong length while BUSY")
    equal(error(8), regs.ERROR_BUSY, "BUSY")
    vf.write(regs.REG_CTRL, 0)
    for length in (0, 7, 8, 256, 257):
        equal(error(length), regs.ERROR_DISABLED, f"length {length}, disabled")


class Body:
    """The members of a command's body, and their format."""

    def __init__(self, fmt, **members):
        self.fmt = struct.Struct(fmt)
        self.members = members

    def pack(self):
        return self.fmt.pack(*self.members.values())


def _port_set(index=0):
    names = ("port", "channel_high", "valid", "mac", "tci", "proto", "channel", "flags",
             "features", "queues", "vectors", "cookie", "tx_max", "tx_share", "group",
             "own_mac", "prio_map")
    valid = regs.bits(9, 0)
    values = (index, 0, valid, ether.mac(1), 100, 0x8100, 5, regs.PORT_FLAG_LINK,
              regs.FEAT_VF_ALL, 4, 5, 1, 100, 10, 3, ether.mac(1), 0)
    return Body(PORT.format, **dict(zip(names, values)))


NO_PORT = (regs.ERR_NOT_FOUND, {"port": (300, 0xfffe)})
NO_VF = (regs.ERR_NOT_FOUND, {"port": (2, 255, 300, 0xfffe)})
RESERVED = (regs.ERR_INVALID, {"reserved": (1, 0x80)})


def _commands():
    """Every command that can be refused: opcode, a body that is right, what may be
    wrong (error, and values of members), and the feature that it needs."""
    multicast = (MULTICAST,)
    yield regs.CMD_PORT_SET, _port_set(), (
        NO_PORT, (regs.ERR_INVALID, {"mac": multicast}),
        (regs.ERR_INVALID, {"own_mac": multicast}),
        (regs.ERR_INVALID, {"valid": (1 << 10 | regs.bits(9, 0), 0xffffffff)}),
        (regs.ERR_INVALID, {"proto": (1, 0x9100)}),
        (regs.ERR_INVALID, {"tci": (0, 0xe000)}),
        (regs.ERR_INVALID, {"features": (1 << 16, 1 << 32)}),
        (regs.ERR_INVALID, {"flags": (1 << 4, 1 << 31)}),
        (regs.ERR_RANGE, {"tci": (4095,)}),
        (regs.ERR_RANGE, {"channel_high": (16, 0xffff)}),
        (regs.ERR_RANGE, {"queues": (0, 17)}), (regs.ERR_RANGE, {"vectors": (0, 18)}),
        (regs.ERR_RANGE, {"tx_max": (regs.MAX_RATE + 1,)}),
        (regs.ERR_RANGE, {"tx_share": (101,)}),
        (regs.ERR_RANGE, {"group": (65, 0xffff)}),
        (regs.ERR_EXISTS, {"channel": (77, 88)})), regs.FEAT_RATE
    yield regs.CMD_PORT_GET, _port_set(), (NO_PORT,), 0
    yield regs.CMD_STATUS_SET, Body(
        STATUS.format, port=0, reserved=0, causes=0, status=0, speed=0, gen=1,
        max_frame=0, mac=ether.mac(1), reserved1=0), (
            NO_VF, (regs.ERR_NOT_FOUND, {"port": (regs.PORT_PF,)}), RESERVED,
            (regs.ERR_INVALID, {"reserved1": (1,)}),
            (regs.ERR_INVALID, {"causes": (regs.EVENT_MBOX,)}),
            (regs.ERR_INVALID, {"status": (regs.STATUS_PF_READY, 1 << 31)}),
            (regs.ERR_RANGE, {"max_frame": (1, 63, 9023)})), 0
    for op in (regs.CMD_FILTER_ADD, regs.CMD_FILTER_DEL):
        yield op, Body("<HH196s", port=0, reserved=0, addrs=addrs([ether.mac(9)])), (
            NO_VF, RESERVED,
            (regs.ERR_INVALID, {"addrs": (
                addrs([]), addrs([bytes(6)]), struct.pack("<HH", 33, 0),
                struct.pack("<HH6s", 1, 1, ether.mac(9)))})), 0
    for op in (regs.CMD_FILTER_CLEAR, regs.CMD_STATS_GET):
        yield op, Body("<HHI", port=0, reserved=0, reserved1=0), (
            NO_VF, RESERVED, (regs.ERR_INVALID, {"reserved1": (1, 1 << 31)})), 0
    for op in (regs.CMD_VLAN_ADD, regs.CMD_VLAN_DEL):
        yield op, Body("<HHHH", port=0, vid=7, proto=0x8100, reserved=0), (
            NO_VF, RESERVED, (regs.ERR_INVALID, {"proto": (1, 0x9100)}),
            (regs.ERR_RANGE, {"vid": (4096, 0xffff)})), 0
    yield regs.CMD_RX_MODE, Body("<HHI", port=0, reserved=0, mode=0), (
        NO_VF, RESERVED, (regs.ERR_INVALID, {"mode": (1 << 4, 1 << 31)})), 0
    yield regs.CMD_SWITCH_SET, Body("<II", mode=regs.SWITCH_VEPA, reserved=0), (
        RESERVED, (regs.ERR_UNSUPPORTED, {"mode": (17, 1 << 31)})), regs.FEAT_VEPA
    yield regs.CMD_LIST_SET, Body("<HBB4s32s", list=9, pf=0, list_high=0,
                                  reserved=bytes(4), vfs=b"\1"), (
        (regs.ERR_INVALID, {"reserved": (b"\1", b"\0\0\0\1")}),
        (regs.ERR_INVALID, {"pf": (2, 255)}),
        (regs.ERR_RANGE, {"list_high": (1, 0xf, 0x40, 0xff)})), 0
    yield regs.CMD_LIST_GET, Body("<HBB4s32s", list=9, pf=0, list_high=0,
                                  reserved=bytes(4), vfs=b""), (
        (regs.ERR_INVALID, {"reserved": (b"\1", b"\0\0\0\1")}),), 0
    yield regs.CMD_CHANNEL_SET, Body("<HHI", port=0, flags=1, channel=9), (
        NO_PORT, (regs.ERR_NOT_FOUND, {"port": (regs.PORT_PF,)}),
        (regs.ERR_INVALID, {"flags": (3, 0x8001)}),
        (regs.ERR_RANGE, {"channel": (0, 1 << 20, 0xffffffff)}),
        (regs.ERR_EXISTS, {"channel": (77, 88)})), regs.FEAT_CHANNELS
    yield regs.CMD_CHANNEL_GET, Body("<HHI", port=0, flags=0, channel=9), (
        (regs.ERR_INVALID, {"port": (1, 0xffff)}),
        (regs.ERR_INVALID, {"flags": (1, 0x8000)})), regs.FEAT_CHANNELS
    for op in (regs.CMD_TRUNK_SET, regs.CMD_TRUNK_GET):
        faults = [NO_PORT, (regs.ERR_NOT_FOUND, {"port": (regs.PORT_PF,)}), RESERVED,
                  (regs.ERR_INVALID, {"first": (1, 1023, 4095)}),
                  (regs.ERR_RANGE, {"first": (4096, 63 << 10)})]
        if op == regs.CMD_TRUNK_GET:
            faults.append((regs.ERR_INVALID, {"vids": (b"\1", bytes(127) + b"\x80")}))
        yield op, Body("<HHI128s", port=0, first=1024, reserved=0, vids=b""), faults, \
            regs.FEAT_TRUNK
    for op in (regs.CMD_RATE_GROUP_SET, regs.CMD_RATE_GROUP_GET):
        faults = [RESERVED, (regs.ERR_INVALID, {"reserved1": (1,)}),
                  (regs.ERR_INVALID, {"group": (0,)}),
                  (regs.ERR_RANGE, {"group": (65, 0xffff)})]
        if op == regs.CMD_RATE_GROUP_SET:
            faults += [(regs.ERR_RANGE, {"tx_max": (regs.MAX_RATE + 1, 1 << 31)}),
                       (regs.ERR_RANGE, {"tx_share": (101,)})]
        yield op, Body("<HHIII64s", group=5, reserved=0, tx_max=100, tx_share=0,
                       reserved1=0, name=b"gold"), faults, regs.FEAT_RATE
    yield regs.CMD_LINK_SET, Body("<II", flags=regs.LINK_AUTONEG, speeds=1), (
        (regs.ERR_INVALID, {"flags": (1 << 4 | regs.LINK_AUTONEG,
                                      regs.LINK_PAUSE_AUTONEG)}),
        (regs.ERR_INVALID, {"speeds": (0,)}),
        (regs.ERR_RANGE, {"speeds": (1 << 10, 1 << 31)})), regs.FEAT_PORT
    yield regs.CMD_VF_STATS_READ, Body("<HHHHQ", first=0, count=1, counters=1,
                                       reserved=0, addr=1 << 20), (
        RESERVED, (regs.ERR_INVALID, {"count": (0,)}),
        (regs.ERR_INVALID, {"counters": (0,)}), (regs.ERR_INVALID, {"addr": (1, 4)}),
        (regs.ERR_RANGE, {"first": (256, 0xffff)}),
        (regs.ERR_RANGE, {"count": (257, 0xffff)}),
        (regs.ERR_RANGE, {"counters": (65, 0xffff)})), regs.FEAT_VF_STATS


def _spoil(draw, body, faults):
    """Makes some members of @body wrong, each in one way: the errors."""
    errors, spoilt = [], set()
    for error, members in draw.wrongs(faults):
        (name, values), = members.items()
        if name not in spoilt:
            spoilt.add(name)
            body.members[name] = draw.choice(values)
            errors.append(error)
    return errors


def commands(bench):
    """Section 11: every command, with several mistakes."""
    draw = Draw("commands")
    bench.begin(vfs=2)
    pf = bench.pf
    bench.ok(pf.port_set(1, channel=77), "PORT_SET")
    bench.ok(pf.grant(1, 88), "CHANNEL_SET")
    features = pf.read64(regs.REG_FEATURES_DRV)
    for unwanted in (0, FEATURES):
        pf.write(regs.REG_CTRL, 0)
        pf.write64(regs.REG_FEATURES_DRV, features & ~unwanted)
        pf.write(regs.REG_CTRL, regs.CTRL_ENABLE)
        pf.serve()
        for _ in range(ROUNDS):
            for op, body, faults, feature in _commands():
                errors = _spoil(draw, body, list(faults))
                if feature & unwanted:
                    errors.append(regs.ERR_UNSUPPORTED)
                packed = body.pack()
                draw.expect(pf.command(op, packed)[0], COMMAND_ORDER, errors,
                            f"command {op}, {body.members}")
                # Without a look at the body
                equal(pf.command(op, packed[:7])[0], regs.ERR_LENGTH, f"short {op}")
                equal(pf.command(op + 200, packed[:7])[0], regs.ERR_UNSUPPORTED,
                      f"opcode {op + 200}")


CASES = (queues, slot_queues, doorbells, commands)
