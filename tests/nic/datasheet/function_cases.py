# SPDX-License-Identifier: GPL-2.0-only
"""Sections 1 to 5 and 14: functions, registers, vectors, resets."""

import ether
import pci
import pci_regs
import regs
from testbench import equal, true
from driver import Function, Vector
from qtest import ROOT_PORT
from regs import get, put

PF_MAC = "525400123456"


def identity(bench):
    """Section 1: the PF on the bus."""
    bench.begin(vfs=0)
    config = bench.pf.config
    equal(config.read(pci_regs.PCI_VENDOR_ID),
          regs.PCI_DEVICE_ID_PF << 16 | regs.PCI_VENDOR_ID, "vendor and device")
    equal(config.read(pci_regs.PCI_CLASS_REVISION), regs.PCI_CLASS << 8,
          "class, revision")
    equal(config.read(pci_regs.PCI_SUBSYSTEM_VENDOR_ID),
          regs.PCI_SUBSYSTEM_ID << 16 | regs.PCI_SUBSYSTEM_VENDOR_ID, "subsystem")
    equal(config.read(pci_regs.PCI_INTERRUPT_PIN, "b"), 0, "interrupt pin")
    bench.pf.config.command(0)
    equal(config.bar_size(pci_regs.PCI_BASE_ADDRESS_0), (regs.PF_BAR_SIZE, 0xc),
          "BAR 0")
    for reg in range(pci_regs.PCI_BASE_ADDRESS_0 + 8, 0x28, 4):
        config.write(reg, 0xffffffff)
        equal(config.read(reg), 0, f"BAR at {reg:#x}")
    config.write(0x30, 0xffffffff)
    equal(config.read(0x30), 0, "expansion ROM")
    equal(config.capabilities(), {
        pci_regs.PCI_CAP_ID_PM: 0x40, pci_regs.PCI_CAP_ID_EXP: 0x50,
        pci_regs.PCI_CAP_ID_MSIX: 0xa0, pci_regs.PCI_CAP_ID_VPD: 0xb0}, "capabilities")
    equal(config.ext_capabilities(), {
        pci_regs.PCI_EXT_CAP_ID_AER: 0x100, pci_regs.PCI_EXT_CAP_ID_ARI: 0x150,
        pci_regs.PCI_EXT_CAP_ID_DSN: 0x160, pci_regs.PCI_EXT_CAP_ID_SRIOV: 0x180},
          "extended capabilities")
    equal(config.msix_size(), regs.PF_VECTORS, "MSI-X vectors")
    true(config.read(0x50 + pci_regs.PCI_EXP_DEVCAP) & pci_regs.PCI_EXP_DEVCAP_FLR,
         "FLR")
    equal(config.read(0x50 + pci_regs.PCI_EXP_LNKCAP) & 0x3ff, 16 << 4 | 4, "link")
    equal(config.read(0x164) | config.read(0x168) << 32,
          int(PF_MAC[:6] + "fffe" + PF_MAC[6:], 16), "serial number")


def virtual_functions(bench):
    """Section 1: VFs on the bus, with two sizes of pages."""
    bench.begin()
    sriov = bench.sriov
    equal(sriov.read(pci_regs.PCI_SRIOV_TOTAL_VF), regs.MAX_VFS, "TotalVFs")
    equal(sriov.read(pci_regs.PCI_SRIOV_VF_OFFSET), regs.VF_OFFSET, "First VF Offset")
    equal(sriov.read(pci_regs.PCI_SRIOV_VF_STRIDE), regs.VF_STRIDE, "VF Stride")
    equal(sriov.read(pci_regs.PCI_SRIOV_VF_DID), regs.PCI_DEVICE_ID_VF, "VF device id")
    equal(sriov.read(pci_regs.PCI_SRIOV_SUP_PGSIZE, "l"), 0x553, "page sizes")
    equal(sriov.stride, regs.VF_BAR_SIZE, "BAR of a VF")
    config = bench.vfs[1].config
    equal(config.read(pci_regs.PCI_VENDOR_ID), 0xffffffff, "ids of a VF")
    equal(config.read(pci_regs.PCI_CLASS_REVISION), regs.PCI_CLASS << 8,
          "class of a VF")
    equal(config.capabilities(),
          {pci_regs.PCI_CAP_ID_EXP: 0x40, pci_regs.PCI_CAP_ID_MSIX: 0x80},
          "capabilities")
    equal(config.ext_capabilities(),
          {pci_regs.PCI_EXT_CAP_ID_AER: 0x100, pci_regs.PCI_EXT_CAP_ID_ARI: 0x150},
          "extended capabilities")
    equal(config.msix_size(), regs.VF_VECTORS, "MSI-X vectors of a VF")
    bench.begin(vfs=3, page_size=1 << 20)
    equal(bench.sriov.stride, 1 << 20, "BAR of a VF with pages of 1 MiB")
    equal(bench.vfs[2].read(regs.REG_FUNCTION), regs.FUNCTION_IS_VF | 2, "FUNCTION")


def all_vfs(bench):
    """Section 1: 256 VFs, the last one on the next bus."""
    bench.begin(vfs=0)
    bench.start_vfs(regs.MAX_VFS)
    equal(bench.pf.read(regs.REG_PF_NUM_VFS), regs.MAX_VFS, "NUM_VFS")
    last = bench.vfs[-1]
    equal(pci.vf_rid(255), 0x0200, "routing id of VF 255")
    last.start()
    bench.negotiate(last)
    last.tx.send(ether.frame(ether.BROADCAST, ether.mac(256)))
    equal(bench.from_wire(1)[0], ether.frame(ether.BROADCAST, ether.mac(256)),
          "frame of VF 255")


def registers(bench):
    """Section 3: the values of the function block."""
    bench.begin()
    for function, queues, count in ((bench.pf, regs.PF_QUEUES, regs.PF_VECTORS),
                                    (bench.vfs[0], regs.VF_QUEUES, regs.VF_VECTORS)):
        read = function.read
        equal(read(regs.REG_ABI), regs.ABI, "ABI")
        equal(read(regs.REG_LIMIT_QUEUES), queues << 16 | queues, "LIMIT_QUEUES")
        equal(read(regs.REG_LIMIT_VECTORS), count, "LIMIT_VECTORS")
        equal(read(regs.REG_LIMIT_RING), 12 << 8 | 6, "LIMIT_RING")
        equal(read(regs.REG_LIMIT_FRAME), regs.MAX_FRAME, "LIMIT_FRAME")
        equal(read(regs.REG_MAX_FRAME), regs.MAX_FRAME, "MAX_FRAME")
        equal(read(regs.REG_LIMIT_TX), regs.TX_MAX_DESC, "LIMIT_TX")
        function.write64(regs.REG_TEST, 0x123456789abcdef0)
        equal(function.read64(regs.REG_TEST), 0xedcba9876543210f, "TEST")
    equal(bench.pf.read(regs.REG_FUNCTION), 0, "FUNCTION of the PF")
    equal(bench.pf.read64(regs.REG_FEATURES_DEV), regs.FEAT_PF_ALL, "features")
    equal(bench.vfs[0].read64(regs.REG_FEATURES_DEV), regs.FEAT_VF_ALL, "of a VF")
    equal(bench.pf.read64(regs.REG_PERM_MAC).to_bytes(8, "little")[:6].hex(), PF_MAC,
          "PERM_MAC")
    equal(bench.vfs[0].read64(regs.REG_PERM_MAC), 0, "PERM_MAC of a VF")


def access(bench):
    """Section 2: rules of access."""
    bench.begin()
    vf = bench.vfs[0]
    equal(vf.read64(regs.REG_MAGIC), regs.ABI << 32 | regs.MAGIC, "two registers")
    vf.write(regs.REG_TEST, 0x11111111)
    vf.write(regs.REG_TEST + 4, 0x22222222)
    equal(vf.read64(regs.REG_TEST), 0xddddddddeeeeeeee, "halves")
    equal(vf.read(regs.db_txq(0)), 0, "a write-only register")
    with bench.guilty("a read of two bytes"):
        equal(vf.read(regs.REG_MAGIC, "w"), 0xffff, "two bytes")
    with bench.guilty("a write of one byte"):
        vf.write(regs.REG_TEST, 0, "b")
    equal(vf.read(regs.REG_TEST), 0xeeeeeeee, "after a write of one byte")
    with bench.guilty("a misaligned read"):
        equal(vf.read(regs.REG_MAGIC + 2), 0xffffffff, "a misaligned read")
    equal(vf.read(regs.MSIX_TABLE, "b"), 0, "one byte of the MSI-X table")
    with bench.guilty("an offset without register"):
        equal(vf.read(0x0ff0), 0, "an offset without register")
    with bench.guilty("a write of a read-only register"):
        vf.write(regs.REG_MAGIC, 0)
    with bench.guilty("an unknown bit"):
        vf.write(regs.REG_CTRL, regs.CTRL_ENABLE | 1 << 31)
    equal(vf.read(regs.REG_CTRL), regs.CTRL_ENABLE, "CTRL")
    with bench.guilty("a frame that is too long"):
        vf.write(regs.REG_MAX_FRAME, regs.MAX_FRAME + 1)
    equal(vf.read(regs.REG_MAX_FRAME), regs.MAX_FRAME, "MAX_FRAME")
    # The doorbell of what is not enabled is no error.
    vf.write(regs.db_txq(3), 1)
    vf.write(regs.db_vec(4), 1)


def features(bench):
    """Section 3: negotiation, and what is refused without."""
    bench.begin()
    bench.ok(bench.pf.port_set(0, features=regs.FEAT_VF_ALL & ~regs.FEAT_TSO4),
             "PORT_SET of features")
    vf = bench.vfs[0]
    true(not vf.read64(regs.REG_FEATURES_PF_MASK) & regs.FEAT_TSO4, "TSO4 is masked")
    vf.write(regs.REG_CTRL, 0)
    vf.write64(regs.REG_FEATURES_DRV, regs.FEAT_TSO4)
    with bench.mistaken():
        vf.write(regs.REG_CTRL, regs.CTRL_ENABLE)
    equal(vf.read(regs.REG_CTRL), 0, "CTRL")
    equal(vf.read(regs.REG_STATE), put(regs.STATE_ERROR, regs.ERROR_FEATURES), "STATE")
    vf.enable()
    vf.enable(unwanted=regs.FEAT_SHADOW_DB | regs.FEAT_RSS | regs.FEAT_TX_CSUM)
    with bench.guilty("a feature that is not in use"):
        vf.write(regs.REG_RSS_CTRL, regs.RSS_CTRL_IPV4)
    equal(vf.read(regs.REG_RSS_CTRL), 0, "RSS_CTRL")
    vf.tx.set64(regs.TXQ_SHADOW, bench.machine.alloc(8))
    with bench.mistaken():
        equal(vf.tx.enable(), regs.ERROR_FEATURE_UNUSED, "a queue with a shadow")
    vf.tx.disable()
    vf.tx.set64(regs.TXQ_SHADOW, 0)
    equal(vf.tx.restart(), 0, "a queue without")


def status(bench):
    """Section 4: what the PF tells a VF."""
    bench.begin()
    vf, pf = bench.vfs[0], bench.pf
    vf.take_causes()
    bench.ok(pf.status_set(0, ether.mac(1), regs.STATUS_TRUSTED, 1500, 25000),
             "STATUS_SET")
    equal(vf.status(), regs.STATUS_PF_READY | regs.STATUS_TRUSTED, "STATUS")
    equal(vf.read(regs.REG_STATUS_SPEED), 25000, "STATUS_SPEED")
    equal(vf.read(regs.REG_STATUS_CONFIG_GEN), 1, "STATUS_CONFIG_GEN")
    equal(vf.read(regs.REG_STATUS_MAX_FRAME), 1500, "STATUS_MAX_FRAME")
    equal(vf.read64(regs.REG_STATUS_MAC).to_bytes(8, "little")[:6], ether.mac(1),
          "STATUS_MAC")
    equal(vf.take_causes(), regs.EVENT_STATUS, "causes")
    equal(pf.status_set(0, max_frame=63), regs.ERR_RANGE, "a frame of 63 bytes")
    pf.write(regs.REG_PF_CTRL, 0)
    true(not vf.status() & regs.STATUS_PF_READY, "PF_READY falls with READY")
    equal(vf.take_causes(), regs.EVENT_STATUS, "causes")
    pf.write(regs.REG_PF_CTRL, regs.PF_CTRL_READY)
    true(vf.status() & regs.STATUS_PF_READY, "PF_READY is back")
    equal(pf.read(regs.REG_STATUS_MAX_FRAME), regs.MAX_FRAME, "MAX_FRAME of the PF")
    true(pf.status() & regs.STATUS_LINK_UP, "the port has a link")
    equal(pf.read(regs.REG_STATUS_SPEED), pf.read(regs.REG_PORT_SPEED), "its speed")


def vectors(bench):
    """Section 5: events, arming, messages."""
    bench.begin()
    vf = bench.vfs[0]
    vector = Vector(vf, 2)
    equal(vector.events(), 0, "event count after enabling")
    at = regs.vec(2) + regs.VEC_TEST
    vf.write(at, 1)
    bench.settle()
    equal(vector.events(), 1, "event count")
    true(not vector.fired(), "an unarmed vector is silent")
    vector.arm(0)
    bench.settle()
    true(vector.fired(), "an armed vector fires at once")
    vf.write(at, 1)
    bench.settle()
    true(not vector.fired(), "a vector that fired is not armed")
    vector.arm(vector.events())
    bench.settle()
    true(not vector.fired(), "a vector waits for an event")
    vf.write(at, 1)
    bench.settle()
    true(vector.fired(), "a vector fires with an event")
    equal(vf.read(regs.vec(2) + regs.VEC_EVENTS), 3, "EVENTS")
    with bench.guilty("SB_ADDR of an enabled vector"):
        vf.write64(regs.vec(2) + regs.VEC_SB_ADDR, vector.block)
    vf.config.msix(True, masked=True)
    vector.arm(0)
    bench.settle()
    true(not vector.fired(), "a masked vector is silent")
    equal(vf.read(regs.MSIX_PBA), 1 << 2, "pending bits")
    vf.config.msix(True)
    bench.settle()
    true(vector.fired(), "a vector that was masked fires")


def vector_errors(bench):
    """Section 5: vectors that cannot be enabled."""
    bench.begin()
    vf = bench.vfs[0]
    at = regs.vec(2)
    for address in (0, bench.machine.alloc(32, 16) + 8, 1 << 52):
        vf.write64(at + regs.VEC_SB_ADDR, address)
        with bench.mistaken():
            vf.write(at + regs.VEC_CTRL, regs.VEC_CTRL_ENABLE)
        equal(vf.read(at + regs.VEC_CTRL), 0, "CTRL")


def moderation(bench):
    """Section 5: ITR."""
    bench.begin()
    vf = bench.vfs[0]
    vector = Vector(vf, 2, itr=1000)
    for expected in (True, False):
        seen = vector.events()
        vector.arm(seen)
        vf.write(regs.vec(2) + regs.VEC_TEST, 1)
        bench.pass_time(100)
        equal(vector.fired(), expected, "a message within ITR")
    bench.pass_time(700)
    true(not vector.fired(), "no message within ITR")
    bench.pass_time(150)
    true(vector.fired(), "a message after ITR")


def causes(bench):
    """Section 5: causes and vector 0."""
    bench.begin()
    vf, pf = bench.vfs[0], bench.pf
    vector = vf.vectors[0]
    vf.take_causes()
    seen = vector.events()
    vector.arm(seen)
    bench.ok(pf.status_set(0, ether.mac(1)), "STATUS_SET")
    bench.qtest.wait(vector.fired, "a cause")
    true(vector.events() > seen, "a cause counts as an event")
    equal(vector.causes(), regs.EVENT_STATUS, "causes in memory")
    equal(vf.read(regs.REG_EVENT_CAUSE), regs.EVENT_STATUS, "EVENT_CAUSE")
    # One that is set is reported again.
    count = bench.qtest.get("<I", vector.block + 12)[0]
    bench.ok(pf.status_set(0, ether.mac(1)), "STATUS_SET")
    bench.settle()
    equal(bench.qtest.get("<I", vector.block + 12)[0], count + 1, "count of causes")
    vf.write(regs.REG_EVENT_CAUSE, regs.EVENT_STATUS)
    equal(vf.read(regs.REG_EVENT_CAUSE), 0, "EVENT_CAUSE")
    # The PF's own: a command that asks for one
    pf.take_causes()
    pf.command(regs.CMD_SWITCH_GET, b"", flags=regs.SQ_IRQ)
    equal(pf.take_causes(), regs.EVENT_SQ, "causes of the PF")


def loopback(bench):
    """Section 3: LOOPBACK."""
    bench.begin()
    vf, other = bench.vfs
    vf.write(regs.REG_CTRL, regs.CTRL_ENABLE | regs.CTRL_LOOPBACK)
    frame = ether.frame(ether.mac(2), ether.mac(1))
    vf.tx.send(frame)
    equal(vf.receive(1)[0].frame, frame, "a frame that was sent to another")
    other.tx.send(ether.frame(ether.mac(1), ether.mac(2)))
    equal(len(bench.from_wire(1)), 1, "frames to a port in LOOPBACK, at the uplink")
    equal(vf.rx.poll(), [], "frames of others")
    vf.write(regs.REG_CTRL, regs.CTRL_ENABLE)
    vf.tx.send(frame)
    equal(other.receive(1)[0].frame, frame, "a frame without LOOPBACK")


def _exchange(bench):
    vf, other = bench.vfs[:2]
    frame = ether.frame(ether.mac(2), ether.mac(1), 100)
    vf.tx.send(frame)
    equal(other.receive(1)[0].frame, frame, "a frame from VF 0 to VF 1")


def _generation_after(vf, reset):
    before = vf.read(regs.REG_GENERATION)
    reset()
    equal(vf.read(regs.REG_GENERATION), before + 1, "GENERATION")
    equal(vf.read(regs.REG_STATE), 0, "STATE")
    equal(vf.read64(regs.REG_FEATURES_DRV), 0, "FEATURES_DRV")
    equal(vf.read(vf.tx.state), 0, "STATE of a queue")


def vf_resets(bench):
    """Section 14: a VF's reset, FLR, and the PF's command; up again after each."""
    bench.begin()
    vf, pf = bench.vfs[0], bench.pf
    generation = vf.read(regs.REG_GENERATION)
    _exchange(bench)
    _generation_after(vf, lambda: vf.write(regs.REG_CTRL, regs.CTRL_RESET))
    equal(vf.config.read(pci_regs.PCI_COMMAND, "w") & pci_regs.PCI_COMMAND_MASTER,
          pci_regs.PCI_COMMAND_MASTER, "bus master after RESET")
    equal(bench.notices(), [(0, generation + 1, regs.NOTICE_RESET, 0, 0)], "notices")
    equal(vf.counters()["tx_frames"], 1, "frames before")
    vf.start()
    equal(bench.ask(vf, regs.MBOX_RX_MODE, bytes(8))[0], regs.ERR_STATE,
          "a request before NEGOTIATE")
    bench.negotiate(vf)
    _exchange(bench)
    # To come up again it was without bus master for a moment.
    equal([notice[2] for notice in bench.notices()], [regs.NOTICE_BUS_MASTER],
          "notices")

    vf.config.flr()
    equal(vf.config.read(pci_regs.PCI_COMMAND, "w"), 0,
          "the command register after FLR")
    equal(bench.notices(), [(0, generation + 2, regs.NOTICE_RESET, 0, 0)], "notices")
    vf.start()
    equal(sum(vf.counters().values()), 0, "counters after FLR")
    bench.negotiate(vf)
    _exchange(bench)
    equal(pf.stats_get(0)["tx_frames"], 3, "frames that the PF knows of")

    _generation_after(vf, lambda: pf.order(regs.CMD_VF_RESET, "<H6x", 0))
    equal(bench.notices(), [], "notices")
    vf.start()
    bench.negotiate(vf)
    _exchange(bench)


def bus_master_off(bench):
    """Section 14: a VF without bus master."""
    bench.begin()
    vf, other = bench.vfs
    vf.config.command(pci_regs.PCI_COMMAND_MEMORY)
    equal([notice[2] for notice in bench.notices()], [regs.NOTICE_BUS_MASTER],
          "notices")
    with bench.counts(vf, rx_drop_nobuf=1):
        other.tx.send(ether.frame(ether.mac(1), ether.mac(2)))
    vf.tx.fill(ether.frame(ether.mac(2), ether.mac(1)))
    vf.tx.doorbell()
    bench.settle()
    true(not vf.tx.done(), "a queue without bus master waits")
    vf.config.command(pci_regs.PCI_COMMAND_MEMORY | pci_regs.PCI_COMMAND_MASTER)
    vf.tx.wait()
    equal(len(other.receive(1)), 1, "frames after it is back")


def sleep(bench):
    """Sections 2 and 14: D3hot."""
    bench.begin()
    pf, vf = bench.pf, bench.vfs[0]
    pf.config.power(3)
    equal(vf.read(regs.REG_MAGIC), 0xffffffff, "a VF's register in D3hot")
    pf.config.power(0)
    equal(vf.read(regs.REG_MAGIC), regs.MAGIC, "a VF's register in D0")
    true(vf.status() & regs.STATUS_PF_READY, "the PF is ready in D0")
    _exchange(bench)


def soft_reset(bench):
    """Section 14: the PF's soft reset, which leaves VFs on the bus."""
    bench.begin()
    pf, vf = bench.pf, bench.vfs[0]
    pf.write(regs.REG_PF_CTRL, regs.PF_CTRL_RESET)
    equal(vf.status() & (regs.STATUS_PF_READY | regs.STATUS_RESET_PENDING),
          regs.STATUS_RESET_PENDING, "STATUS of a VF")
    equal(pf.read(regs.REG_STATE), 0, "STATE of the PF")
    equal(pf.read(regs.REG_RQ + regs.SLOTQ_STATE), 0, "STATE of the RQ")
    equal(pf.read(regs.REG_PF_NUM_VFS), 2, "NUM_VFS")
    bench.start_pf()
    pf.take_causes()
    for index, vf in enumerate(bench.vfs):
        fields = pf.port_get(index)[1]
        equal((fields[3], fields[7]), (bytes(6), regs.PORT_FLAG_SPOOFCHK),
              "MAC and flags of a port")
        bench.set_port(index)
        bench.ok(pf.status_set(index, ether.mac(index + 1)), "STATUS_SET")
        vf.start()
        bench.negotiate(vf)
    _exchange(bench)


def pf_flr(bench):
    """Section 14: the PF's FLR, and VF Enable again."""
    bench.begin()
    bench.pf.config.flr()
    equal(bench.vfs[0].config.read(pci_regs.PCI_CLASS_REVISION), 0xffffffff, "a VF")
    equal(bench.sriov.read(pci_regs.PCI_SRIOV_CTRL) & 1, 0, "VF Enable")
    bench.begin()
    generation = bench.vfs[0].read(regs.REG_GENERATION)
    bench.sriov.disable()
    bench.sriov.enable(2)
    vf = bench.vfs[0]
    equal(vf.config.read(pci_regs.PCI_COMMAND, "w"), 0, "the command register")
    true(vf.read(regs.REG_GENERATION) > generation, "GENERATION rises")
    equal(vf.read(regs.REG_STATUS), regs.STATUS_PF_READY, "STATUS")
    equal(vf.read64(regs.REG_STATUS_MAC), 0, "STATUS_MAC")


def hot_reset(bench):
    """Sections 9 and 14: a reset of the bus clears the PF's counters."""
    bench.begin(vfs=0)
    bench.pf.tx.send(ether.frame(ether.BROADCAST, ether.mac(9)))
    bench.from_wire(1)
    bench.begin(vfs=0)
    true(bench.pf.counters()["tx_frames"] > 0, "a FLR keeps the PF's counters")
    port = pci.Config(bench.qtest, ROOT_PORT)
    control = port.read(pci_regs.PCI_BRIDGE_CONTROL, "w")
    port.write(pci_regs.PCI_BRIDGE_CONTROL,
               control | pci_regs.PCI_BRIDGE_CTL_BUS_RESET, "w")
    port.write(pci_regs.PCI_BRIDGE_CONTROL, control, "w")
    pf = Function(bench.machine)
    pf.base_address()
    pf.config.command(pci_regs.PCI_COMMAND_MEMORY)
    equal(get(regs.STATE_ENABLED, pf.read(regs.REG_STATE)), 0, "STATE")
    equal(sum(pf.counters().values()), 0, "the PF's counters")


CASES = (identity, virtual_functions, all_vfs, registers, access, features, status,
         vectors, vector_errors, moderation, causes, loopback, vf_resets,
         bus_master_off, sleep, soft_reset, pf_flr, hot_reset)
