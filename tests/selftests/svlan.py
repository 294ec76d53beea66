#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: network --allow-leaks --uplink switch
"""802.1ad VLANs of an interface: it has those that it wants, and no others."""

import threading

from lib.py import (BROADCAST, ETH_P_8021AD, ETH_P_8021Q, Capture, Port, Sender,
                    Vane, cmd, defer, ip, ip_batch, ksft_eq, ksft_main, make, run,
                    wait_until)

RECOVERY = 20
VID = 300
OTHER_VID = 301
MORE_VIDS = range(400, 432)
SWITCHES = 3
STRANGER = "52:54:00:99:99:99"


def set_up():
    """The PF, three VFs and the external network."""
    return Vane.with_ports(3)


def vlan_port(port, host, vid=VID):
    """An 802.1ad VLAN interface of @port, with an address, as a port."""
    name = f"s{host}"
    ip(f"link add link {port.ifname} name {name} type vlan id {vid} "
       "protocol 802.1ad", port.ns)
    defer(run, f"ip link del dev {name}", port.ns)
    vlan = Port(f"{port.name}.{vid}", port.ns, name, 0x100 + host)
    # A subnet of its own: the interface below has one in which it answers.
    vlan.ip4 = f"10.8.0.{host}"
    vlan.up()
    return vlan


def received(env, port, frames):
    """Which of @frames, sent by the network, @port gets. None if nothing comes for
    a while, as during a reset: to be asked again."""
    capture, sender = Capture(port), Sender(env.ext)
    mark = make(STRANGER, BROADCAST)
    for frame in (*frames, mark):
        sender.send(frame)
    got = None
    if capture.find(mark, timeout=2):
        got = [capture.saw(frame) for frame in frames]
    # Asked over and over in one case
    for sock in (capture.sock, sender.sock):
        sock.close()
    return got


def probes():
    """A broadcast in VID and one in OTHER_VID of 802.1ad, and VID of 802.1Q."""
    return [make(STRANGER, BROADCAST).tagged(proto, vid)
            for proto, vid in ((ETH_P_8021AD, VID), (ETH_P_8021AD, OTHER_VID),
                               (ETH_P_8021Q, VID))]


def wait_only_own(env, port):
    """Waits until @port gets VLAN VID of 802.1ad and nothing of other VLANs."""
    got = None

    def agrees():
        nonlocal got
        got = received(env, port, probes())
        return got == [True, False, False]

    try:
        wait_until(agrees, RECOVERY)
    finally:
        ksft_eq(got, [True, False, False],
                f"{port.name}: 802.1ad {VID}, {OTHER_VID}, 802.1Q {VID}")


def reach(env):
    """A VLAN interface of a VF works with the wire, another VF, and the PF."""
    vf0, vf1 = (vlan_port(port, 1 + index)
                for index, port in enumerate(env.vfs[:2]))
    ext, pf = vlan_port(env.ext, 3), vlan_port(env.pf_if, 4)
    for one, other in ((vf0, ext), (ext, vf0), (vf0, vf1), (vf1, vf0),
                       (pf, ext), (ext, pf), (vf1, pf), (pf, vf1)):
        one.wait_reaches(other)
        one.ping(other)
    for port in (*env.vfs[:2], env.pf_if):
        wait_only_own(env, port)
    wait_until(lambda: received(env, env.vfs[2], probes()) == [False] * 3,
               what="VF 2 gets none of them")


def port_vlan_of_another(env):
    """Who has no 802.1ad VLAN sees no broadcasts of a VF in such a port VLAN."""
    vf0, vf1, vf2 = env.vfs
    vlan_port(vf2, 5)
    wait_only_own(env, vf2)
    env.vf_set(0, f"vlan {VID} proto 802.1ad")
    defer(env.vf_set, 0, "vlan 0")
    captures = {port: Capture(port) for port in (vf1, vf2, env.pf_if, env.ext)}
    frame = make(vf0, BROADCAST)
    tagged = frame.tagged(ETH_P_8021AD, VID)
    Sender(vf0).send(frame)
    for port in (vf2, env.ext):
        captures[port].expect(tagged)
    mark = make(STRANGER, BROADCAST)
    Sender(env.ext).send(mark)
    for port in (vf1, env.pf_if):
        captures[port].expect(mark)
        ksft_eq([captures[port].saw(form) for form in (frame, tagged)],
                [False, False], port.name)


def switched(env):
    """ethtool -K rx-vlan-stag-filter: off, every 802.1ad VLAN; on, as before."""
    for port in (env.vfs[0], env.pf_if):
        features = port.features()
        ksft_eq((features["rx-vlan-stag-filter"], features["rx-vlan-filter"]),
                (True, True), port.name)
        vlan_port(port, 6)
        wait_only_own(env, port)
        port.set_features({"rx-vlan-stag-filter": False})
        deferred = defer(port.set_features, {"rx-vlan-stag-filter": True})
        ksft_eq(port.features()["rx-vlan-filter"], True)
        wait_until(lambda port=port: received(env, port, probes()) ==
                   [True, True, False], RECOVERY, what="no 802.1ad filter")
        deferred.exec()
        wait_only_own(env, port)
        # Not both filters by one switch
        port.set_features({"rx-vlan-filter": False})
        deferred = defer(port.set_features, {"rx-vlan-filter": True})
        wait_until(lambda port=port: received(env, port, probes()) ==
                   [True, False, True], RECOVERY, what="no 802.1Q filter")
        deferred.exec()
        ip("link del dev s6", port.ns)
        wait_until(lambda port=port: received(env, port, probes()) ==
                   [False] * 3, RECOVERY, what="a deleted VLAN ends")


class Stream(threading.Thread):
    """Broadcasts in VLAN VID from the network, each sent when @port has the last."""

    def __init__(self, env, port):
        super().__init__()
        self.sender, self.capture = Sender(env.ext), Capture(port)
        self.sent, self.lost, self.ended = 0, [], False
        self.start()
        defer(self.end)

    def run(self):
        while not self.ended:
            frame = make(STRANGER, BROADCAST).tagged(ETH_P_8021AD, VID)
            self.sender.send(frame)
            if not self.capture.find(frame):
                self.lost.append(self.sent)
            self.sent += 1
            self.capture.frames.clear()

    def end(self):
        """Ends it; the numbers of the frames that did not arrive."""
        self.ended = True
        self.join()
        return self.lost


def switched_without_loss(env):
    """A VLAN misses no frame while rx-vlan-stag-filter goes off and on. There are
    others, so that this takes a while."""
    for port in (env.vfs[0], env.pf_if):
        ip_batch([f"link add link {port.ifname} name more{vid} type vlan id {vid} "
                  "protocol 802.1ad" for vid in MORE_VIDS], port.ns)
        defer(ip_batch, [f"link del dev more{vid}" for vid in MORE_VIDS], port.ns)
        vlan_port(port, 12)
        wait_only_own(env, port)
        stream = Stream(env, port)
        for _ in range(SWITCHES):
            port.set_features({"rx-vlan-stag-filter": False})
            wait_until(lambda port=port: received(env, port, probes()) ==
                       [True, True, False], RECOVERY, what="no filter")
            port.set_features({"rx-vlan-stag-filter": True})
            wait_only_own(env, port)
        ksft_eq(stream.end(), [], f"{port.name}: lost of {stream.sent}")
        ip("link del dev s12", port.ns)


def trunk_list(env):
    """An 802.1ad VLAN is in no trunk list: refused, and there again without."""
    vf0 = env.vfs[0]
    vlan_port(vf0, 7)
    wait_only_own(env, vf0)
    pf = env.pf_if.ifname
    cmd(f"vanectl vlan allow {pf} vf 0 0,{VID}")
    deferred = defer(cmd, f"vanectl vlan any {pf} vf 0")
    wait_until(lambda: (received(env, vf0, probes()) or [])[:2] == [False] * 2,
               what="802.1ad")
    # The VF asks again for all that it wants. Until then nothing is filtered
    # but by the list.
    wait_until(lambda: received(env, vf0, probes()) == [False] * 3, RECOVERY)
    env.vf(0).reset()
    vf0.wait_carrier(timeout=RECOVERY)
    wait_until(lambda: received(env, vf0, probes()) == [False] * 3, RECOVERY)
    deferred.exec()
    wait_only_own(env, vf0)


def reset_by(env, what):
    """Makes a reset, and waits until the VF has come back from it."""
    vf0, vf1 = env.vfs[:2]
    if what == "VF FLR":
        env.vf(0).reset()
    elif what == "PF FLR":
        env.pf.reset()
    else:
        cmd("modprobe -r vane")
        cmd("modprobe vane")
        env.pf_if.ifname = env.pf.wait_ifname()
        env.pf_if.up()
    for port in (env.pf_if, vf0, vf1):
        port.wait_carrier(timeout=RECOVERY)


def outlives_resets(env):
    """VLANs and filters are there again after each reset and a reload."""
    vf0, vf1 = env.vfs[:2]
    near, far = vlan_port(vf0, 8), vlan_port(env.ext, 9)
    vlan_port(env.pf_if, 10)
    for what in ("VF FLR", "PF FLR", "PF driver"):
        reset_by(env, what)
        wait_only_own(env, vf0)
        wait_until(lambda: received(env, vf1, probes()) == [False] * 3,
                   RECOVERY, what=f"VF 1 filters after {what}")
        # The interface goes with the PF's driver.
        if what != "PF driver":
            wait_only_own(env, env.pf_if)
        near.wait_reaches(far)
        far.ping(near)


def promiscuous(env):
    """A promiscuous interface has VLANs of both kinds."""
    port = env.pf_if
    vlan_port(port, 11)
    wait_only_own(env, port)
    port.set("promisc on")
    deferred = defer(port.set, "promisc off")
    wait_until(lambda: received(env, port, probes()) == [True] * 3, RECOVERY)
    deferred.exec()
    wait_only_own(env, port)


if __name__ == "__main__":
    ksft_main([reach, port_vlan_of_another, switched, switched_without_loss,
               trunk_list, promiscuous, outlives_resets], set_up)
