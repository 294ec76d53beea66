#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: queues --uplink switch
"""What ethtool reports of PF and VF, and what it can set."""

import ipaddress
import itertools
import re
import struct

from lib.py import (Background, Capture, ETH_P_8021Q, ETH_P_TEST, Frame, KernelLog,
                    Sender, Stream, Vane, cmd_json, defer, ethtool_json, fails, hw, ip,
                    ksft_eq, ksft_ge, ksft_in, ksft_main, ksft_ne, ksft_not_in,
                    ksft_true, mac_bytes, make, repeat, queue_packets, registers, run,
                    wait_until)

BURST = 20
ETH_P_IP = 0x0800
TCP, UDP, SCTP = 6, 17, 132
DOC4, DOC6 = "192.0.2.1", "2001:db8::1"
PAUSE_MAC = "01:80:c2:00:00:01"
FCS = 4
RECOVERY = 20
COPY_MAX = 128      # bytes


def set_up():
    """PF and a VF with two queue pairs each, another VF, the external net."""
    env = Vane.with_ports(2)
    env.vf0, env.vf1 = env.vfs
    env.both = env.pf_if, env.vf0
    for port in env.both:
        port.ethtool("-L {} combined 2")
    return env


# Frames


def packet(port, proto=UDP, sport=1000, dport=2000, src=DOC4, dst=None,
           src_mac="52:54:00:77:00:01"):
    """An IP packet to @port, of the version of @src."""
    version = ipaddress.ip_address(src).version
    dst = dst or (port.ip4 if version == 4 else port.ip6)
    addrs = ipaddress.ip_address(src).packed + ipaddress.ip_address(dst).packed
    head = struct.pack("!HH", sport, dport)
    if proto == TCP:
        # A reset, which nobody answers
        body = head + struct.pack("!IIHHHH", 1, 0, 0x5004, 0, 0, 0)
    else:
        body = head + struct.pack("!HH", 8 + 32, 0)
    body += bytes(32)
    if version == 4:
        ether = ETH_P_IP
        layer3 = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64,
                             proto, 0) + addrs
        total = sum(struct.unpack("!10H", layer3))
        total = (total & 0xffff) + (total >> 16)
        total = (total & 0xffff) + (total >> 16)
        layer3 = layer3[:10] + struct.pack("!H", total ^ 0xffff) + layer3[12:]
    else:
        ether = 0x86dd
        layer3 = struct.pack("!IHBB", 6 << 28, len(body), proto, 64) + addrs
    return Frame(mac_bytes(port.mac) + mac_bytes(src_mac) +
                 struct.pack("!H", ether) + layer3 + body)


def send(env, frame):
    """BURST copies of @frame from the external net."""
    sender = Sender(env.ext)
    for _ in range(BURST):
        sender.send(frame)


def goes_to(env, port, frame, queue, comment=""):
    """@frame arrives at @port in that queue."""
    before = queue_packets(port, "rx")

    def gained():
        now = queue_packets(port, "rx")
        return {q: count - before[q] for q, count in now.items()}

    send(env, frame)
    wait_until(lambda: sum(gained().values()) >= BURST,
               what=f"{port.name} gets {comment or frame}")
    for q, count in gained().items():
        if q == queue:
            ksft_ge(count, BURST, f"{port.name} queue {q} {comment}")
        else:
            ksft_true(count < BURST, f"{port.name} queue {q} {comment}")


def dropped(env, port, frame):
    """@frame is dropped by a rule of @port."""
    before = port.counters()["rx_drop_rule"]
    capture = Capture(port)
    send(env, frame)
    wait_until(lambda: port.counters()["rx_drop_rule"] - before == BURST,
               what=f"{port.name} drops {frame}")
    ksft_eq(capture.saw(frame), False, port.name)


def to_queue_0(port):
    """RSS sends everything to queue 0, for the time of the case."""
    port.ethtool("-X {} equal 1")
    defer(port.ethtool, "-X {} default")


class Rule:
    """A receive rule, for the time of the case."""

    def __init__(self, port, spec):
        text = port.ethtool(f"-N {{}} {spec}")
        found = re.search(r"ID (\d+)", text)
        self.location = int(found[1] if found
                            else re.search(r"loc (\d+)", spec)[1])
        self.deferred = defer(port.ethtool, f"-N {{}} delete {self.location}")

    def delete(self):
        """Deletes it now."""
        self.deferred.exec()


def rules(port):
    """Locations of a port's rules."""
    return {int(number) for number in
            re.findall(r"^Filter: (\d+)", port.ethtool("-n {}"), re.M)}


# What it is


def driver(env):
    """ethtool -i: driver, firmware, PCI address."""
    for port, name, function in ((env.pf_if, "vane", env.pf),
                                 (env.vf0, "vanevf", env.vf(0))):
        info = port.ethtool("-i {}")
        ksft_in(f"driver: {name}\n", info)
        ksft_in("firmware-version: 1.0.0\n", info)
        ksft_in(f"bus-info: {function.bdf}\n", info)
        for what in ("statistics", "test", "register-dump"):
            ksft_in(f"supports-{what}: yes\n", info)


def register_dump(env):
    """ethtool -d: every register once, with its value."""
    for port, is_vf in ((env.pf_if, 0), (env.vf0, hw.VANE_FUNCTION_IS_VF)):
        regs = registers(port.ifname, port.ns)
        for name, offset in hw.readable_registers(is_vf):
            ksft_true(offset in regs, f"{port.name} has {name} at {offset:#x}")
        ksft_eq(regs[hw.VANE_REG_MAGIC], hw.VANE_MAGIC)
        ksft_eq(regs[hw.VANE_REG_FUNCTION], is_vf)
        ksft_eq(hw.VANE_REG_PORT_SPEED in regs, not is_vf)
        queues = regs[hw.VANE_REG_LIMIT_QUEUES] & 0xffff
        for queue in range(queues):
            ksft_eq(regs[hw.VANE_RXQ(queue) + hw.VANE_RXQ_STATE], queue < 2,
                    f"{port.name} queue {queue}")


def message_level(env):
    """ethtool -s msglvl: messages of a kind are off, and on."""
    port = env.vf0
    ksft_not_in("link", port.ethtool("{}").split("message level")[1])
    port.ethtool("-s {} msglvl link on")
    defer(port.ethtool, "-s {} msglvl link off")
    ksft_in("link", port.ethtool("{}").split("message level")[1])
    log = KernelLog()
    flap(env, port)
    for line in ("down", "up"):
        ksft_true(log.has(f"{port.ifname}: link is {line}"), line)
    ksft_true(not log.has(f"{env.vf1.ifname}: link is"))


def flap(env, port):
    """The cable out and in again."""
    env.qmp.set(env.nic, "link", False)
    defer(env.qmp.set, env.nic, "link", True)
    port.wait_carrier(False)
    env.qmp.set(env.nic, "link", True)
    port.wait_carrier()


def tx_copybreak(env):
    """Length of frames that are copied: it outlives rings, and has a limit."""
    def tunable(port):
        return port.ethtool("--get-tunable {} tx-copybreak").split()

    for port in env.both:
        ksft_eq(tunable(port), ["tx-copybreak:", f"{COPY_MAX}"])
        defer(port.ethtool, f"--set-tunable {{}} tx-copybreak {COPY_MAX}")
        port.ethtool("--set-tunable {} tx-copybreak 60")
        port.ethtool("-G {} tx 256")
        defer(port.ethtool, "-G {} tx 512")
        log = KernelLog()
        ksft_in("Invalid argument",
                fails(f"ethtool --set-tunable {port.ifname} tx-copybreak "
                      f"{COPY_MAX + 1}", port.ns))
        ksft_true(log.has(f"tx-copybreak is {COPY_MAX} bytes at most"))
        ksft_eq(tunable(port), ["tx-copybreak:", "60"])
        ksft_in("not supported",
                fails(f"ethtool --set-tunable {port.ifname} rx-copybreak 60",
                      port.ns))


def timestamps(env):
    """ethtool -T: software timestamps, of both directions."""
    for port in env.both:
        text = port.ethtool("-T {}")
        ksft_in("software-transmit", text)
        ksft_in("software-receive", text)


# Self-test


def test_results(port, kind):
    """Results of the self-test by name, 0 where it was passed."""
    text = run(f"ethtool -t {port.ifname} {kind}", port.ns).stdout
    lines = text.strip().splitlines()
    ksft_eq(len(lines), 7, lines)
    return {name.split(" test")[0]: int(value) for name, value in
            (line.rsplit("\t", 1) for line in lines[2:])}


def addresses(port):
    """A port's addresses, whether they were probed by now or not."""
    return ip(f"addr show dev {port.ifname}", port.ns).replace(" tentative", "")


def self_test(env):
    """ethtool -t passes, and leaves everything as it was."""
    for port, other in ((env.pf_if, env.vf1), (env.vf0, env.ext)):
        Rule(port, f"flow-type ether dst {port.mac} proto 0x9000 action -1")
        before = addresses(port)
        for kind in ("online", "offline"):
            port.ping(other)
            results = test_results(port, kind)
            ksft_eq(sorted(results), ["Interrupt", "Link", "Loopback",
                                      "Register", "Ring memory"])
            ksft_eq(set(results.values()), {0}, f"{port.name} {kind}: {results}")
            port.ping(other)
        ksft_eq(addresses(port), before)
        dropped(env, port, make(env.ext, port, proto=0x9000))


def self_test_frames(env):
    """Frames of the offline test go nowhere but back."""
    captures = [Capture(port) for port in (env.vf1, env.ext, env.pf_if)]
    sent = env.vf0.counters()["tx_frames"]
    test_results(env.vf0, "offline")
    ksft_ge(env.vf0.counters()["tx_frames"] - sent, 2)
    for capture in captures:
        ksft_eq(capture.saw(lambda frame: frame.src == env.vf0.mac and
                            frame.proto == 0x9000), False, capture.port.name)


def self_test_fails(env):
    """A queue that hangs, or no cable, fails the test that is about it."""
    env.fault("queue-hang", True, 0)
    results = test_results(env.vf0, "offline")
    ksft_ne(results["Loopback"], 0)
    ksft_eq((results["Register"], results["Interrupt"]), (0, 0))
    env.qmp.set(env.nic, "x-fault-queue-hang", False)
    env.vf0.ping(env.vf1)
    env.link(False)
    env.vf0.wait_carrier(False)
    results = test_results(env.vf0, "offline")
    ksft_ne(results.pop("Link"), 0)
    ksft_eq(set(results.values()), {0}, results)


def self_test_down(env):
    """An interface that is down is tested too, and stays down."""
    env.vf1.set("down")
    defer(env.vf1.up)
    results = test_results(env.vf1, "offline")
    ksft_eq(results["Loopback"], 0)
    ksft_eq(env.vf1.carrier(), False)
    ksft_eq(env.vf1.link()["operstate"], "DOWN")


# Rules and RSS


def rule_flows(env):
    """Each type of flow: what matches goes to the queue, the rest does not."""
    for port in env.both:
        to_queue_0(port)
        port.set_features({"rx-vlan-filter": False})
        defer(port.set_features, {"rx-vlan-filter": True})
        for spec, match, other in flows(port):
            rule = Rule(port, f"flow-type {spec} action 1")
            ksft_eq(rules(port), {rule.location})
            goes_to(env, port, match, 1, spec)
            goes_to(env, port, other, 0, spec)
            rule.delete()
            goes_to(env, port, match, 0, spec)


def flows(port):
    """(rule, frame that it matches, frame that it does not)"""
    test = make("52:54:00:77:00:01", port)
    yield (f"ether dst {port.mac} proto 0x{ETH_P_TEST:x}", test,
           packet(port))
    yield ("ether src 52:54:00:77:00:02",
           packet(port, src_mac="52:54:00:77:00:02"), packet(port))
    yield ("ether proto 0x88b5 vlan 100 m 0xf000",
           test.tagged(ETH_P_8021Q, 100), test.tagged(ETH_P_8021Q, 101))
    yield (f"ip4 src-ip {DOC4} l4proto 47", packet(port, 47), packet(port))
    yield (f"ip4 dst-ip {port.ip4}", packet(port),
           packet(port, dst="192.0.2.9"))
    for name, proto in (("tcp", TCP), ("udp", UDP), ("sctp", SCTP)):
        wrong = TCP if proto == UDP else UDP
        yield (f"{name}4 src-ip {DOC4} dst-ip {port.ip4} src-port 1000 "
               "dst-port 2000", packet(port, proto), packet(port, wrong))
        yield (f"{name}4 dst-port 2000", packet(port, proto),
               packet(port, proto, dport=2001))
        yield (f"{name}6 src-ip {DOC6} dst-ip {port.ip6} src-port 1000",
               packet(port, proto, src=DOC6),
               packet(port, proto, src=DOC6, sport=1001))
    yield (f"ip6 src-ip {DOC6}", packet(port, src=DOC6),
           packet(port, src="2001:db8::2"))
    yield (f"ip6 l4proto {UDP}", packet(port, src=DOC6),
           packet(port, TCP, src=DOC6))
    yield (f"udp4 dst-port 2000 dst-mac {port.mac}", packet(port),
           packet(port, src=DOC6))


def rule_order(env):
    """The lowest location wins; one that is written again is replaced."""
    for port in env.both:
        to_queue_0(port)
        frame = packet(port)
        Rule(port, "flow-type udp4 action 1 loc 10")
        goes_to(env, port, frame, 1)
        Rule(port, "flow-type udp4 dst-port 2000 action 0 loc 9")
        goes_to(env, port, frame, 0)
        goes_to(env, port, packet(port, dport=2001), 1)
        port.ethtool("-N {} flow-type udp4 dst-port 2000 action -1 loc 9")
        ksft_eq(rules(port), {9, 10})
        dropped(env, port, frame)
        shown = port.ethtool("-n {} rule 9")
        ksft_in("Action: Drop", shown)
        ksft_in("Dest port: 2000 mask: 0x0", shown)


def rule_table(env):
    """The table takes what it says, then no more; ntuple off empties it."""
    port = env.vf0
    defer(port.set_features, {"ntuple-filters": True})
    off = defer(port.set_features, {"ntuple-filters": False})
    for number in range(hw.VANE_MAX_RULES):
        port.ethtool(f"-N {{}} flow-type tcp4 dst-port {number + 1} action 1")
    ksft_eq(rules(port), set(range(hw.VANE_MAX_RULES)))
    ksft_in("No space left", fails(f"ethtool -N {port.ifname} flow-type tcp4 "
                                   "dst-port 99 action 1", port.ns))
    off.exec()
    ksft_eq(rules(port), set())
    ksft_in("not supported", fails(f"ethtool -N {port.ifname} flow-type tcp4 "
                                   "dst-port 99 action 1", port.ns))


def contexts(env):
    """An RSS context is made, used by a rule, changed, and deleted."""
    for port in env.both:
        to_queue_0(port)
        frame = packet(port)
        text = port.ethtool("-X {} context new start 1 equal 1")
        context = int(re.search(r"context is (\d+)", text)[1])
        delete = defer(port.ethtool, f"-X {{}} context {context} delete")
        ksft_eq(context_table(port, context), {1})
        goes_to(env, port, frame, 0)
        # An action is added to what the context's table says, which the
        # device cannot do.
        fails(f"ethtool -N {port.ifname} flow-type udp4 dst-port 2000 "
              f"context {context} action 1", port.ns)
        rule = Rule(port, f"flow-type udp4 dst-port 2000 context {context}")
        ksft_in(f"Direct to RSS Context {context}",
                port.ethtool(f"-n {{}} rule {rule.location}"))
        goes_to(env, port, frame, 1)
        port.ethtool(f"-X {{}} context {context} start 0 equal 1")
        goes_to(env, port, frame, 0)
        ksft_in("busy", fails(f"ethtool -X {port.ifname} context {context} "
                              "delete", port.ns))
        rule.delete()
        delete.exec()
        fails(f"ethtool -x {port.ifname} context {context}", port.ns)


def context_table(port, context):
    """Queues that a context uses."""
    shown = ethtool_json(f"-x {port.ifname} context {context}", port.ns)
    return set(shown["rss-indirection-table"])


def context_limit(env):
    """As many contexts as the device has tables, then no more."""
    port = env.vf0
    for _ in range(hw.VANE_RSS_CONTEXTS - 1):
        text = port.ethtool("-X {} context new equal 2")
        context = int(re.search(r"context is (\d+)", text)[1])
        defer(port.ethtool, f"-X {{}} context {context} delete")
    fails(f"ethtool -X {port.ifname} context new equal 2", port.ns)


def hash_fields(env):
    """The hash is over ports, or not."""
    port = env.vf0
    frames = [packet(port, sport=1000 + n) for n in range(64)]

    def queues_used():
        before = queue_packets(port, "rx")
        sender = Sender(env.ext)
        for frame in frames:
            sender.send(frame)
        wait_until(lambda: sum(queue_packets(port, "rx").values()) -
                   sum(before.values()) >= len(frames))
        return sum(count - before[q] > 8
                   for q, count in queue_packets(port, "rx").items())

    ksft_in("L4 bytes", port.ethtool("-n {} rx-flow-hash udp4"))
    ksft_eq(queues_used(), 2)
    port.ethtool("-N {} rx-flow-hash udp4 sd")
    defer(port.ethtool, "-N {} rx-flow-hash udp4 sdfn")
    ksft_not_in("L4 bytes", port.ethtool("-n {} rx-flow-hash udp4"))
    ksft_in("L4 bytes", port.ethtool("-n {} rx-flow-hash tcp4"))
    ksft_eq(queues_used(), 1)
    for words in ("udp4 s", "udp4 sdf", "ah4 sd"):
        fails(f"ethtool -N {port.ifname} rx-flow-hash {words}", port.ns)


def rss_changes_lose_nothing(env):
    """Key, table, fields and contexts change under traffic, which continues."""
    port = env.vf0
    sports = itertools.count(1024)
    # What is not IP has no hash, and does not get to the table.
    stream = Stream(env.ext, port, lambda: packet(port, sport=next(sports)), ETH_P_IP)
    shown = ethtool_json(f"-x {port.ifname}", port.ns)
    defer(port.ethtool, "-X {} default")
    defer(port.ethtool, "-N {} rx-flow-hash udp4 sdfn")
    for number in range(1, repeat(4, 3)):
        key = ":".join([f"{number:02x}"] * hw.VANE_RSS_KEY_SIZE)
        port.ethtool(f"-X {{}} hkey {key}")
        port.ethtool(f"-X {{}} start {number % 2} equal 1")
        fields = ("sd", "sdfn")[number % 2]
        port.ethtool(f"-N {{}} rx-flow-hash udp4 {fields}")
        text = port.ethtool("-X {} context new equal 2")
        context = int(re.search(r"context is (\d+)", text)[1])
        port.ethtool(f"-X {{}} context {context} start 1 equal 1")
        regs = registers(port.ifname, port.ns)
        for what, first, size, byte in (
                ("key", hw.VANE_REG_RSS_KEY, hw.VANE_RSS_KEY_SIZE, number),
                ("table", hw.VANE_RSS_TABLE(0), hw.VANE_RSS_TABLE_SIZE,
                 number % 2),
                ("context", hw.VANE_RSS_TABLE(context), hw.VANE_RSS_TABLE_SIZE,
                 1)):
            ksft_eq({regs[at] for at in range(first, first + size, 4)},
                    {byte * 0x01010101}, what)
        ksft_eq(bool(regs[hw.VANE_REG_RSS_CTRL] & hw.VANE_RSS_CTRL_UDP4),
                fields == "sdfn", "fields")
        port.ethtool(f"-X {{}} context {context} delete")
    port.ethtool("-X {} hkey " + bytes(shown["rss-hash-key"]).hex(":"))
    sent, lost = stream.stop()
    ksft_ge(sent, 20)
    ksft_eq(lost, 0)


def rules_outlive_resets(env):
    """Rules and contexts are in force again after a reset."""
    for port in env.both:
        to_queue_0(port)
        Rule(port, "flow-type udp4 dst-port 2000 action 1")
        Rule(port, "flow-type udp4 dst-port 2002 action -1")
        port.ethtool("-X {} context new start 1 equal 1")
        defer(port.ethtool, "-X {} context 1 delete")
        Rule(port, "flow-type udp4 dst-port 2001 context 1")
    for reset in (env.vf(0).reset, env.pf.reset):
        reset()
        for port in env.both:
            wait_until(lambda port=port: env.ext.reaches(port), RECOVERY,
                       what=f"ext reaches {port.name}")
            goes_to(env, port, packet(port), 1)
            goes_to(env, port, packet(port, dport=2001), 1)
            goes_to(env, port, packet(port, dport=2003), 0)
            dropped(env, port, packet(port, dport=2002))


def wrong_rules(env):
    """What cannot be is refused, said in the log, and changes nothing."""
    port = env.vf0
    log = KernelLog()
    for spec, error, line in (
            ("udp4 dst-port 1 action 2", "Invalid argument",
             "rule refused: there is no queue 2, the last one is 1"),
            ("udp4 dst-port 1 m 0xff action 1", "not supported",
             "rule refused: partial masks are not supported"),
            ("udp4 tos 4 action 1", "not supported",
             "rule refused: the device does not match all of these fields"),
            (f"udp4 dst-port 1 action 1 loc {hw.VANE_MAX_RULES}",
             "Invalid argument",
             f"rule refused: location {hw.VANE_MAX_RULES}, the last one is"),
            # Newer kernels know their contexts, and do not ask the driver.
            ("udp4 dst-port 1 context 5", "Invalid argument", ""),
            ("udp4 src-ip 10.0.0.0 m 0.0.0.255 action 1", "not supported", ""),
            ("ah4 src-ip 10.0.0.1 action 1", "not supported", ""),
            ("udp4 vlan 5 action 1", "not supported", ""),
            ("udp4 user-def 5 action 1", "not supported", ""),
            ("udp4 vf 1 queue 0", "not supported", ""),
            ("udp4 action -2", "not supported", "")):
        ksft_in(error, fails(f"ethtool -N {port.ifname} flow-type {spec}",
                             port.ns), spec)
        ksft_true(log.has(line), spec)
        ksft_eq(rules(port), set(), spec)
    ksft_in("Invalid argument",
            fails(f"ethtool -X {port.ifname} context new equal 3", port.ns))
    fails(f"ethtool -N {port.ifname} delete 3", port.ns)


# The port


def speed(port):
    """Mb/s that ethtool shows, 0 for unknown."""
    found = re.search(r"Speed: (\d+)Mb/s", port.ethtool("{}"))
    return int(found[1]) if found else 0


def wait_speed(port, value):
    """Waits until ethtool shows that speed."""
    wait_until(lambda: speed(port) == value,
               what=f"{port.name}: {value} Mb/s")


def partner(env, **values):
    """Sets what the link partner does, for the time of the case."""
    for name, value in values.items():
        name = name.replace("_", "-")
        before = env.qmp.get(env.nic, name)
        env.qmp.set(env.nic, name, value)
        defer(env.qmp.set, env.nic, name, before)


def partner_speed(env):
    """Speeds of the partner: PF and VFs follow."""
    defer(wait_speed, env.vf0, speed(env.vf0))
    for value in (10, 100, 1000, 2500, 5000, 10000, 25000, 40000, 50000,
                  100000):
        partner(env, speed=value)
        for port in (*env.both, env.vf1):
            wait_speed(port, value)
    text = env.pf_if.ethtool("{}")
    ksft_in("Auto-negotiation: on", text)
    ksft_in("Link partner advertised auto-negotiation: Yes", text)
    for port in env.both:
        port.wait_carrier()
    env.vf0.ping(env.ext)


def link_settings(env):
    """The PF sets speed, modes and autonegotiation; a VF can set nothing."""
    port = env.pf_if
    defer(wait_speed, env.vf0, speed(env.vf0))
    defer(port.ethtool, "-s {} autoneg on advertise 0xffffffffffffffff")
    partner(env, speed=50000)
    wait_speed(port, 50000)
    port.ethtool("-s {} advertise 10000baseCR/Full on 1000baseT/Full on "
                 "50000baseCR2/Full off 40000baseCR4/Full off "
                 "25000baseCR/Full off 100000baseCR4/Full off")
    wait_speed(port, 10000)
    wait_speed(env.vf0, 10000)

    port.ethtool("-s {} autoneg off speed 25000")
    ksft_in("Auto-negotiation: off", port.ethtool("{}"))
    wait_speed(env.vf0, 25000)
    partner(env, partner_autoneg=False)
    for own in env.both:
        own.wait_carrier(False)
    port.ethtool("-s {} autoneg off speed 50000")
    for own in env.both:
        own.wait_carrier()
    wait_speed(port, 50000)
    ksft_not_in("Link partner advertised link modes:  1000",
                port.ethtool("{}"))
    env.vf0.ping(env.ext)

    for words in ("autoneg off speed 123", "autoneg off speed 25000 duplex half",
                  "autoneg on advertise 0x1", "port fibre"):
        ksft_in("Invalid argument",
                fails(f"ethtool -s {port.ifname} {words}"), words)
    ksft_eq(speed(port), 50000)
    ksft_in("not supported",
            fails(f"ethtool -s {env.vf0.ifname} autoneg off speed 1000",
                  env.vf0.ns))


def link_downs(port):
    """How often the port lost its link."""
    return int(re.search(r"Link Down Events: (\d+)",
                         port.ethtool("-I {}"))[1])


def flaps(env):
    """Each flap is seen, counted, and over; ethtool -r makes one."""
    port = env.pf_if
    before = link_downs(port)
    for _ in range(3):
        flap(env, env.vf0)
        port.wait_carrier()
    ksft_eq(link_downs(port) - before, 3)
    port.ethtool("-r {}")
    ksft_eq(link_downs(port) - before, 4)
    for own in (*env.both, env.vf1):
        own.wait_carrier()
    env.vf0.ping(env.ext)
    fails(f"ethtool -r {env.vf0.ifname}", env.vf0.ns)


def link_outlives_reset(env):
    """What was set of the link holds after a reset of the device."""
    port = env.pf_if
    defer(port.ethtool, "-A {} autoneg on rx off tx off")
    defer(port.ethtool, "-s {} autoneg on advertise 0xffffffffffffffff")
    port.ethtool("-A {} autoneg off rx on tx on")
    port.ethtool("-s {} autoneg off speed 10000")
    wait_speed(port, 10000)
    env.pf.reset()
    wait_until(lambda: env.ext.reaches(env.vf0), RECOVERY,
               what="ext reaches VF 0")
    wait_speed(port, 10000)
    ksft_eq(pause(port)[:2], (True, True))


def pause(port):
    """RX and TX as set, and as negotiated (None where it is not)."""
    shown = cmd_json(f"ethtool --json -a {port.ifname}")[0]
    result = shown.get("negotiated", {})
    return shown["rx"], shown["tx"], result.get("rx"), result.get("tx")


def pause_negotiated(env):
    """Pause is resolved from the settings of both sides."""
    port = env.pf_if
    defer(port.ethtool, "-A {} autoneg on rx off tx off")
    for ours, theirs, result in (
            ("rx on tx on", "both", (True, True)),
            ("rx on tx on", "none", (False, False)),
            ("rx on tx off", "tx", (True, False)),
            ("rx off tx on", "rx", (False, True)),
            ("rx on tx off", "both", (True, True)),
            ("rx off tx on", "both", (False, False))):
        port.ethtool(f"-A {{}} autoneg on {ours}")
        partner(env, partner_pause=theirs)
        ksft_eq(pause(port)[2:], result, f"{ours}, {theirs}")
        ksft_eq(pause(port)[:2], ("rx on" in ours, "tx on" in ours))
        port.wait_carrier()
    port.ethtool("-s {} autoneg off speed 25000")
    defer(port.ethtool, "-s {} autoneg on advertise 0xffffffffffffffff")
    ksft_in("Invalid argument",
            fails(f"ethtool -A {port.ifname} autoneg on"))
    fails(f"ethtool -A {env.vf0.ifname} autoneg off rx on", env.vf0.ns)


def pause_frames(env):
    """Pause frames are counted, and reach no function."""
    port = env.pf_if
    env.ext.wait_carrier()
    port.wait_carrier()

    def received():
        text = cmd_json(f"ethtool -I --json -a {port.ifname}")[0]
        return text["statistics"]["rx_pause_frames"]

    before = received()
    captures = [Capture(own) for own in (*env.both, env.vf1)]
    sender = Sender(env.ext)
    for _ in range(3):
        sender.send(Frame(mac_bytes(PAUSE_MAC) + mac_bytes(env.ext.mac) +
                          bytes.fromhex("880800010010") + bytes(42)))
    wait_until(lambda: received() - before == 3, what="pause frames counted")
    env.ext.ping(env.vf0)
    for capture in captures:
        ksft_eq(capture.saw(lambda frame: frame.proto == 0x8808), False,
                capture.port.name)


def counter_groups(env):
    """The standard groups count the frames of the wire; a VF has none."""
    port = env.pf_if

    def groups():
        return cmd_json(f"ethtool --json -S {port.ifname} --groups eth-mac "
                        "eth-phy rmon")[0]

    before = groups()
    env.vf0.set("mtu 9000")
    defer(env.vf0.set, "mtu 1500")
    sender = Sender(env.ext)
    capture = Capture(env.vf0)
    for size in (60, 300, 1514, 4000):
        for _ in range(10):
            frame = make(env.ext, env.vf0, size=size)
            sender.send(frame)
        capture.expect(frame)
    after = groups()
    ksft_ge(after["eth-mac"]["FramesReceivedOK"] -
            before["eth-mac"]["FramesReceivedOK"], 40)
    ksft_ge(after["eth-mac"]["OctetsReceivedOK"] -
            before["eth-mac"]["OctetsReceivedOK"],
            10 * (60 + 300 + 1514 + 4000))
    old, new = ({(entry["low"], entry["high"]): entry["val"]
                 for entry in found["rmon"]["rx-pktsNtoM"]}
                for found in (before, after))
    for bucket in ((0, 64), (256, 511), (1024, 1518),
                   (1519, hw.VANE_MAX_WIRE_FRAME + FCS)):
        ksft_ge(new[bucket] - old[bucket], 10, bucket)
    # What stays inside is none of the wire's.
    sent = groups()["eth-mac"]["FramesTransmittedOK"]
    env.vf0.ping(env.vf1, count=5)
    ksft_true(groups()["eth-mac"]["FramesTransmittedOK"] - sent < 5)
    ksft_not_in("FramesReceivedOK",
                run(f"ethtool -S {env.vf0.ifname} --groups eth-mac",
                    env.vf0.ns).stdout)


def symbol_errors(env):
    """Frames damaged on the medium are counted as such, and reach no function."""
    def errors():
        text = cmd_json(f"ethtool --json -S {env.pf_if.ifname} --groups "
                        "eth-phy")[0]
        return text["eth-phy"]["SymbolErrorDuringCarrier"]

    before = errors()
    sender, capture = Sender(env.ext), Capture(env.vf0)
    lost = [make(env.ext, env.vf0) for _ in range(2)]
    env.fault("symbol-errors", len(lost))
    for frame in lost:
        sender.send(frame)
    frame = make(env.ext, env.vf0)
    sender.send(frame)
    capture.expect(frame)
    for frame in lost:
        ksft_eq(capture.saw(frame), False, f"got {frame}")
    ksft_eq(errors() - before, len(lost))


def led(env):
    """ethtool -p makes the LED blink, and leaves it off."""
    ksft_eq(env.qmp.get(env.nic, "led"), False)
    blinking = Background(f"ethtool -p {env.pf_if.ifname} 5")
    for state in (True, False, True):
        wait_until(lambda state=state: env.qmp.get(env.nic, "led") == state,
                   what=f"LED {state}")
    blinking.stop()
    wait_until(lambda: not env.qmp.get(env.nic, "led"), what="LED off")
    ksft_in("not supported", fails(f"ethtool -p {env.vf0.ifname} 1",
                                   env.vf0.ns))


if __name__ == "__main__":
    ksft_main([driver, register_dump, message_level, tx_copybreak, timestamps,
               self_test, self_test_frames, self_test_fails, self_test_down,
               rule_flows, rule_order, rule_table, contexts, context_limit,
               hash_fields, rss_changes_lose_nothing, rules_outlive_resets,
               wrong_rules, partner_speed,
               link_settings, flaps, link_outlives_reset, pause_negotiated,
               pause_frames, counter_groups, symbol_errors, led], set_up)
