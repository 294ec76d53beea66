#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: libvirt @distro --iommu intel --nested --uplink switch
#   A guest of the guest takes too long on the debug kernel.
"""libvirt and the PF's VFs: what it finds of them, and what it sets on one that a
domain gets. Most domains have nothing to boot, and stay in their firmware."""

import errno
import json
import os
import shutil
import signal
import time
import uuid
from xml.etree import ElementTree

from lib.py import (JOBS, PATIENCE, PCI, WIRE, Machine, Rtnl, Vane, cmd, cmd_json,
                    defer, fails, hw, ksft_eq, ksft_in, ksft_le, ksft_main, ksft_ne,
                    ksft_pr, ksft_raises, read, rtnl, wait_until, write)
from lib.py.bridge import BRIDGE, ETag, Uplink

VFS = 7
MAC = "52:54:00:aa:bb:01"
LIBVIRTD_PID = "/run/libvirtd.pid"
HOOK = "/etc/libvirt/hooks/qemu"
BRIDGE_PROFILES = "/etc/vane-bridge/profiles"
BRIDGE_STATE = "/var/lib/vane-bridge"
POOL = "vfs"
DOMAIN = "guest"
MEMORY = 192

# Run as root, without systemd's help
QEMU_CONF = """
user = "root"
group = "root"
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
remember_owner = 0
dynamic_ownership = 0
"""

DOMAIN_XML = """
<domain type='kvm'>
  <name>{name}</name>
  <memory unit='MiB'>{memory}</memory>
  <vcpu cpuset='{processors}'>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    {boot}
  </os>
  <features><acpi/></features>
  <cpu mode='host-passthrough'/>
  <devices>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
    {devices}
  </devices>
</domain>
"""


def file(path, text, mode="w"):
    """Writes a file."""
    with open(path, mode, encoding="ascii") as out:
        out.write(text)
    return path


def kill(pidfile):
    """Ends a daemon, and waits for that."""
    pid = int(read(pidfile))
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not os.path.exists(f"/proc/{pid}"), what=pidfile)


def set_up():
    """Some VFs, and libvirtd, which knows the emulator."""
    env = Vane(VFS)
    env.pf_port()
    cmd("modprobe vfio-pci")
    file("/etc/libvirt/qemu.conf", QEMU_CONF, "a")
    os.makedirs("/run/dbus", exist_ok=True)
    cmd("dbus-daemon --system --fork")
    defer(kill, "/run/dbus/pid")
    start_libvirtd()
    defer(kill, LIBVIRTD_PID)
    virsh("domcapabilities --virttype kvm")
    return env


def start_libvirtd():
    """Until it is killed; it answers."""
    cmd("libvirtd -d")
    virsh("version")


def restart_libvirtd():
    """So that it sees which hooks there are."""
    kill(LIBVIRTD_PID)
    start_libvirtd()


def virsh(args):
    """virsh @args"""
    return cmd(f"virsh {args}")


def virsh_xml(args):
    """The same, where it prints XML."""
    return ElementTree.fromstring(virsh(args))


def nodedev(bdf):
    """libvirt's name of a function."""
    return "pci_" + bdf.replace(":", "_").replace(".", "_")


def addresses(parent):
    """PCI addresses below an element."""
    return [f"{int(entry.get('domain'), 0):04x}:{int(entry.get('bus'), 0):02x}:"
            f"{int(entry.get('slot'), 0):02x}.{int(entry.get('function'), 0):x}"
            for entry in parent.findall("address")]


def vf_bdfs(env):
    """PCI addresses of all VFs."""
    return [env.vf_bdf(index) for index in range(env.numvfs())]


def pool(env):
    """A network that has the PF's VFs, for the time of the case."""
    path = file("/run/pool.xml", f"""
        <network>
          <name>{POOL}</name>
          <forward mode='hostdev' managed='yes'>
            <pf dev='{env.pf.ifname}'/>
          </forward>
        </network>""")
    virsh(f"net-create {path}")
    defer(virsh, f"net-destroy {POOL}")


def domain_file(devices, boot="", memory=64):
    """The description of a domain with @devices."""
    # libvirt would take all, and the first is not for guests: tests/guest/init.
    processors = ",".join(str(cpu) for cpu in os.sched_getaffinity(0))
    return file("/run/domain.xml", DOMAIN_XML.format(
        name=DOMAIN, memory=memory, processors=processors, boot=boot,
        devices=devices))


def start(devices, boot="", memory=64):
    """A domain with @devices, until the case ends or it is told to end.

    With nothing to @boot it stays in its firmware.
    """
    virsh(f"create {domain_file(devices, boot, memory)}")
    return defer(virsh, f"destroy {DOMAIN}")


class Domain(Machine):
    """A domain that boots the image of second-level guests."""

    def __init__(self, interface):
        super().__init__(DOMAIN)
        kernel, initrd, line = self.boot
        channels = "".join(f"""
            <channel type='unix'>
              <source mode='bind' path='{self.path(f"job{number}")}'/>
              <target type='virtio' name='vane.job.{number}'/>
            </channel>""" for number in range(JOBS))
        self.domain = start(f"""
            {interface}
            <serial type='file'><source path='{self.path("console")}'/></serial>
            {channels}""", f"""
            <kernel>{kernel}</kernel>
            <initrd>{initrd}</initrd>
            <cmdline>{line}</cmdline>""", MEMORY)
        self.deferred = defer(self.end)
        self.wait()

    def destroy(self):
        """Ends it."""
        self.domain.exec()
        self.deferred.exec()


def pool_interface(vlan):
    """An interface that is whatever VF of the pool is free."""
    return f"""
        <interface type='network'>
          <source network='{POOL}'/>
          <mac address='{MAC}'/>
          <vlan><tag id='{vlan}'/></vlan>
        </interface>"""


def profile_interface(name):
    """The same, associated with a port profile."""
    return f"""
        <interface type='network'>
          <source network='{POOL}'/>
          <mac address='{MAC}'/>
          <virtualport type='802.1Qbh'>
            <parameters profileid='{name}'/>
          </virtualport>
        </interface>"""


def profile(env, name, settings):
    """A port profile, for the time of the case."""
    cmd(f"vanectl profile set {env.pf.ifname} {name} {settings}")
    defer(cmd, f"vanectl profile del {env.pf.ifname} {name}")


def vf_port(env, index):
    """What the PF's driver reports of the association of a VF."""
    with Rtnl() as sock:
        return sock.get_vf_ports(env.pf.ifname).get(index)


def has_domain(env, index, vlan):
    """The VF is the domain's, with the MAC and VLAN that are wanted."""
    info = env.vf_info(index)
    ksft_eq(info["address"], MAC)
    ksft_eq(info["vlan_list"][0]["vlan"], vlan)
    ksft_eq(env.vf(index).driver, "vfio-pci")
    # Also before firmware has numbered the buses
    ksft_in(f'host = "{env.vf_bdf(index)}"',
            virsh(f"qemu-monitor-command {DOMAIN} --hmp info qtree"))


def devices_found(env):
    """The PF has its VFs, and each VF its PF."""
    names = virsh("nodedev-list --cap pci").split()
    functions = virsh_xml(f"nodedev-dumpxml {nodedev(env.pf.bdf)}")
    found = functions.find(".//capability[@type='virt_functions']")
    ksft_eq(found.get("maxCount"), str(hw.VANE_MAX_VFS))
    ksft_eq(addresses(found), vf_bdfs(env))
    ksft_eq(functions.findtext("driver/name"), "vane")
    for bdf in vf_bdfs(env):
        ksft_in(nodedev(bdf), names)
        function = virsh_xml(f"nodedev-dumpxml {nodedev(bdf)}")
        found = function.find(".//capability[@type='phys_function']")
        ksft_eq(addresses(found), [env.pf.bdf])
        ksft_eq(function.findtext("driver/name"), "vanevf")


def netdevs_found(env):
    """Interfaces of VFs are known with their MACs and features."""
    names = virsh("nodedev-list --cap net").split()
    for info in env.vf_infos():
        ifname = env.vf(info["vf"]).ifname
        name = f"net_{ifname}_{info['address'].replace(':', '_')}"
        ksft_in(name, names)
        ksft_eq(virsh_xml(f"nodedev-dumpxml {name}").findtext("parent"),
                nodedev(env.vf_bdf(info["vf"])))


def pool_has_vfs(env):
    """A hostdev network by the PF's name has all of its VFs."""
    pool(env)
    forward = virsh_xml(f"net-dumpxml {POOL}").find("forward")
    ksft_eq(addresses(forward), vf_bdfs(env))


def domain_from_pool(env):
    """A domain gets a VF of the pool with MAC and VLAN, talks, and gives it back
    as it was."""
    pool(env)
    other = env.vf_port(1)
    env.vf_set(1, "vlan 42")
    defer(env.vf_set, 1, "vlan 0")
    before = env.vf_infos()
    domain = Domain(pool_interface(42))
    has_domain(env, 0, 42)
    ksft_eq(env.vf_infos()[1:], before[1:], "the other VFs")
    port = env.guest_port(domain, 0)
    ksft_eq(port.mac, MAC)
    port.ping(other)
    other.ping(port)
    domain.destroy()
    ksft_eq(env.vf_infos(), before)
    ksft_eq(env.vf(0).driver, "vanevf")
    env.vf(0).wait_ifname()


def domain_with_vf(env):
    """The same with a VF that is named."""
    before = env.vf_infos()
    index = VFS - 1
    slot, function = env.vf_bdf(index).split(":")[2].split(".")
    bus = env.vf_bdf(index).split(":")[1]
    domain = start(f"""
        <interface type='hostdev' managed='yes'>
          <source>
            <address type='pci' domain='0' bus='0x{bus}' slot='0x{slot}'
                     function='0x{function}'/>
          </source>
          <mac address='{MAC}'/>
          <vlan><tag id='4094'/></vlan>
        </interface>""")
    has_domain(env, index, 4094)
    with ksft_raises(OSError) as raised:
        env.write_numvfs(0)
    ksft_eq(raised.exception.errno, errno.EBUSY)
    domain.exec()
    ksft_eq(env.vf_infos(), before)
    ksft_eq(env.vf(index).driver, "vanevf")


def domain_with_profile(env):
    """A domain's VF is associated with a port profile, which is in force while the
    domain is there."""
    pool(env)
    other = env.vf_port(1)
    env.vf_set(1, "vlan 42")
    defer(env.vf_set, 1, "vlan 0")
    profile(env, "gold", "vlan 42 max_tx_rate 500 spoofchk off")
    before = env.vf_infos()
    domain = Domain(profile_interface("gold"))
    has_domain(env, 0, 42)
    info = env.vf_info(0)
    ksft_eq((info["rate"]["max_tx"], info["spoofchk"]), (500, False))
    ksft_eq(env.vf_infos()[1:], before[1:], "the other VFs")
    found = vf_port(env, 0)
    ksft_eq((found["request"], found["response"], found["profile"]),
            (rtnl.ASSOCIATE, rtnl.SUCCESS, "gold"))
    ksft_eq(found["instance"],
            uuid.UUID(virsh_xml(f"dumpxml {DOMAIN}").findtext("uuid")).bytes)
    port = env.guest_port(domain, 0)
    ksft_eq(port.mac, MAC)
    port.ping(other)
    other.ping(port)
    ksft_in("busy", fails(f"ip link set dev {env.pf.ifname} vf 0 vlan 0"))
    ksft_in("in use by VF 0", fails(f"vanectl profile del {env.pf.ifname} gold"))
    domain.destroy()
    ksft_eq(env.vf_infos(), before)
    ksft_eq(vf_port(env, 0), {"request": rtnl.DISASSOCIATE, "response": rtnl.SUCCESS})
    ksft_eq(env.vf(0).driver, "vanevf")
    env.vf(0).wait_ifname()


def domain_with_unknown_profile(env):
    """With a profile that does not exist, or that the VF cannot have, a domain does
    not start, and the VF is as it was. That does not take long."""
    pool(env)
    profile(env, "taken", "channel 9 vlan 42")
    cmd(f"vanectl channel set {env.pf.ifname} vf 3 9")
    defer(cmd, f"vanectl channel del {env.pf.ifname} vf 3")
    before = env.vf_infos()
    for name, response in (("unknown", rtnl.INVALID), ("taken", rtnl.INSUFFICIENT)):
        path = domain_file(profile_interface(name))
        start_time = time.monotonic()
        ksft_in(f"error {response} during port-profile setlink",
                fails(f"virsh create {path}"))
        took = time.monotonic() - start_time
        ksft_pr(f"{name}: {took:.1f} s")
        # libvirt gives up waiting for a response after 10 s
        ksft_le(took, 10 * PATIENCE)
        ksft_eq(env.vf_infos(), before)
        ksft_eq(vf_port(env, 0)["response"], response)
        ksft_ne(virsh("list --name").split(), [DOMAIN])
        ksft_eq(env.vf(0).driver, "vanevf")
        env.vf(0).wait_ifname()


def prepare_bridge(env):
    """A bridge at the uplink, in which a profile has two channels, and the hook that
    asks it; both are gone with the case."""
    pf = env.pf.ifname
    cmd(f"vanectl mode {pf} etag")
    defer(cmd, f"vanectl mode {pf} veb")
    uplink = Uplink(None, WIRE, ETag)
    os.makedirs(BRIDGE_PROFILES)
    defer(shutil.rmtree, BRIDGE_PROFILES)
    defer(shutil.rmtree, BRIDGE_STATE, ignore_errors=True)
    file(f"{BRIDGE_PROFILES}/red",
         f"channels=1000-1001\nsetup() {{ ip link set \"$1\" master {BRIDGE}; }}\n")
    # Both are one machine here. bridge_answer.py has ssh between them.
    file("/etc/vane-bridge/host", json.dumps(
        {"pf": pf, "bridge": ["vane-bridge-answer", WIRE]}))
    os.makedirs(os.path.dirname(HOOK), exist_ok=True)
    shutil.copy("tests/bridge/libvirt_hook", HOOK)
    # libvirtd looks for hooks when it starts.
    restart_libvirtd()
    defer(restart_libvirtd)
    defer(os.remove, HOOK)
    return uplink


def domain_at_bridge(env):
    """The controlling bridge gives a domain its channel, and a port as long as it is
    there."""
    uplink = prepare_bridge(env)
    pool(env)
    cmd(f"vanectl channel set {env.pf.ifname} vf 1 7")
    defer(cmd, f"vanectl channel del {env.pf.ifname} vf 1")
    other = env.vf_port(1)
    uplink.add(7, "other")
    before = env.vf_infos()
    domain = Domain(profile_interface("red@vm1"))
    ksft_eq([port["channel"] for port in uplink.status()["ports"]], [7, 1000])
    ksft_eq(channel_of(env, 0), 1000)
    ksft_eq(vf_port(env, 0)["profile"], "red@vm1")
    port = env.guest_port(domain, 0)
    port.ping(other)
    other.ping(port)
    domain.destroy()
    wait_until(lambda: len(uplink.status()["ports"]) == 1, what="the port is gone")
    ksft_eq(env.vf_infos(), before)
    ksft_eq(channel_of(env, 0), 0)
    ksft_eq(card_profiles(env), [])


def domain_refused_by_bridge(env):
    """Where the bridge has no channel for an interface, or the card cannot have it, the
    domain does not start, and nothing is left of the others."""
    uplink = prepare_bridge(env)
    pool(env)
    profile(env, "red@by-hand", "vlan 42")
    before = env.vf_infos()
    both = profile_interface("red@vm1") + profile_interface("blue@vm1")
    ksft_in("there is no profile blue", fails(f"virsh create {domain_file(both)}"))
    ksft_eq(uplink.status()["ports"], [])

    cmd(f"vanectl channel set {env.pf.ifname} vf 3 1000")
    defer(cmd, f"vanectl channel del {env.pf.ifname} vf 3")
    one = domain_file(profile_interface("red@vm1"))
    ksft_in(f"error {rtnl.INSUFFICIENT} during port-profile setlink",
            fails(f"virsh create {one}"))
    wait_until(lambda: not uplink.status()["ports"], what="the port is gone")

    for _ in range(2):
        cmd(f"vane-bridge-answer {WIRE} associate red {uuid.uuid4()}")
    ksft_in("all channels of the profile red are taken", fails(f"virsh create {one}"))
    ksft_eq(len(uplink.status()["ports"]), 2)
    ksft_eq(env.vf_infos(), before)
    ksft_eq(card_profiles(env), ["red@by-hand"])


def card_profiles(env):
    """Names of the card's profiles."""
    return [entry["name"] for entry in
            cmd_json(f"vanectl -j profile show {env.pf.ifname}")]


def channel_of(env, index):
    """The channel that a VF has."""
    ports = cmd_json(f"vanectl -j show {env.pf.ifname}")["ports"]
    return next(port for port in ports if port.get("vf") == index).get("channel")


def domain_without_drivers(env):
    """VFs that no driver of the host takes are libvirt's all the same."""
    autoprobe = f"{env.pf.path}/sriov_drivers_autoprobe"
    env.write_numvfs(0)
    defer(env.set_vfs, VFS)
    write(autoprobe, 0)
    defer(write, autoprobe, 1)
    env.write_numvfs(2)
    defer(env.write_numvfs, 0)
    ksft_eq([env.vf(index).driver for index in range(2)], [None, None])
    before = env.vf_infos()
    pool(env)
    domain = start(pool_interface(7))
    has_domain(env, 0, 7)
    domain.exec()
    ksft_eq(env.vf_infos(), before)
    ksft_ne(read(f"{PCI}/devices/{env.vf_bdf(0)}/enable"), "1")


if __name__ == "__main__":
    ksft_main([devices_found, netdevs_found, pool_has_vfs, domain_from_pool,
               domain_with_vf, domain_with_profile, domain_with_unknown_profile,
               domain_at_bridge, domain_refused_by_bridge, domain_without_drivers],
              set_up)
