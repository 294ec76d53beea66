# SPDX-License-Identifier: GPL-2.0-only
"""The NIC under test: functions, ports, namespaces, counters, faults.

Topology of most tests, each port in a namespace of its own, all in one subnet::

      vf0     vf1     vf2  ...    (no namespace)
       |       |       |             PF
     +-+-------+-------+-------------+-+
     |        embedded switch          |
     +---------------+-----------------+
                     | uplink
                   wire0
                    ext
"""

import glob
import json
import os

from .cmd import (Background, CmdError, cmd, cmd_json, ethtool_json, ip,
                  ip_batch, ip_json, netns_add, read, run, sysctl, write)
from .hw import hw
from .ksft import PATIENCE, SLOWNESS, KsftFail, defer, ksft_eq, wait_until
from .qmp import Qmp
from .rtnl import Rtnl

PCI = "/sys/bus/pci"
WIRE = "wire0"
EXT = "ext"
SUBNET = "10.7.0.0/16"


class Function:
    """A PCI function."""

    def __init__(self, bdf):
        self.bdf = bdf
        self.path = f"{PCI}/devices/{bdf}"

    @property
    def ifname(self):
        """Name of its interface, None if it has none in our namespace."""
        names = glob.glob(f"{self.path}/net/*")
        return os.path.basename(names[0]) if names else None

    @property
    def driver(self):
        """Name of the driver bound to it, or None."""
        link = f"{self.path}/driver"
        return os.path.basename(os.readlink(link)) if os.path.exists(link) \
            else None

    def wait_ifname(self):
        """Its interface, once that exists."""
        return wait_until(lambda: self.ifname, what=f"{self.bdf}: interface")

    def unbind(self):
        """Takes the driver away."""
        write(f"{self.path}/driver/unbind", self.bdf)

    def bind(self, driver):
        """Gives it to @driver."""
        write(f"{PCI}/drivers/{driver}/bind", self.bdf)

    def to_vfio(self):
        """Gives it to vfio-pci; returns itself."""
        cmd("modprobe vfio-pci")
        return self._give("vfio-pci")

    def to_vanevf(self):
        """Gives it to the VF driver, from wherever it is; returns itself."""
        return self._give("vanevf")

    def _give(self, driver):
        if self.driver:
            self.unbind()
        write(f"{self.path}/driver_override", driver)
        write(f"{PCI}/drivers_probe", self.bdf)
        ksft_eq(self.driver, driver)
        return self

    def reset(self):
        """Function level reset."""
        write(f"{self.path}/reset_method", "flr")
        write(f"{self.path}/reset", 1)

    def irqs(self):
        """Numbers of its interrupts, as text."""
        path = f"{self.path}/msi_irqs"
        return os.listdir(path) if os.path.isdir(path) else []


class Port:
    """A network interface in the network under test."""

    def __init__(self, name, ns, ifname, host):
        self.name = name
        self.ns = ns
        self.ifname = ifname
        self.ip4 = f"10.7.{host >> 8}.{host & 0xff}"
        self.ip6 = f"fd07::{host:x}"
        self.mac = self.link()["address"]

    def link(self):
        """What ip link says of it."""
        return ip_json(f"link show dev {self.ifname}", self.ns)[0]

    def set(self, args):
        """ip link set @args"""
        ip(f"link set dev {self.ifname} {args}", self.ns)

    def carrier(self):
        """Has it a link?"""
        if hasattr(self.ns, "popen"):
            return "LOWER_UP" in self.link()["flags"]
        with Rtnl(self.ns) as rtnl:
            return rtnl.has_carrier(self.ifname)

    def wait_carrier(self, up=True, timeout=10):
        """Waits for the link to come or to go."""
        wait_until(lambda: self.carrier() == up, timeout,
                   what=f"{self.name}: carrier {'on' if up else 'off'}")

    def up(self):
        """Up, with its address, and with link."""
        ip_batch([f"link set dev {self.ifname} up",
                  f"addr replace {self.ip4}/16 dev {self.ifname}"], self.ns)
        self.wait_carrier()

    def add_ip6(self):
        """Gives it an IPv6 address too."""
        sysctl(f"net.ipv6.conf.{self.ifname}.disable_ipv6", 0, self.ns)
        ip(f"addr replace {self.ip6}/64 dev {self.ifname} nodad", self.ns)

    def stats(self):
        """Its 64-bit statistics, {"rx": {...}, "tx": {...}}."""
        return ip_json(f"-s link show dev {self.ifname}", self.ns)[0]["stats64"]

    def ethtool(self, args):
        """ethtool, @args with the interface's name as {}."""
        return cmd("ethtool " + args.format(self.ifname), self.ns)

    def set_features(self, states):
        """Switches offloads, name: bool, all in one step."""
        words = (f"{name} {'on' if state else 'off'}"
                 for name, state in states.items())
        self.ethtool("-K {} " + " ".join(words))

    def channels(self):
        """Queue pairs: the most that it can have, and those in use."""
        lines = self.ethtool("-l {}").splitlines()
        most, now = (int(line.split()[1]) for line in lines
                     if line.startswith("Combined:"))
        return most, now

    def features(self):
        """State of the offloads, name: bool."""
        found = ethtool_json(f"-k {self.ifname}", self.ns)
        return {name: entry["active"] for name, entry in found.items()
                if isinstance(entry, dict)}

    def counters(self):
        """ethtool -S"""
        counters = {}
        for line in self.ethtool("-S {}").splitlines()[1:]:
            name, value = line.rsplit(":", 1)
            counters[name.strip()] = int(value)
        return counters

    def ping(self, other, count=3, args="", dest=None):
        """Every one of @count pings to @other is answered."""
        dest = dest or other.ip4
        try:
            cmd(f"ping -n -q -c {count} -i 0.02 -W {5 * PATIENCE} {args} {dest}",
                self.ns)
        except CmdError as error:
            raise KsftFail(f"{self.name} cannot ping {other.name}: "
                           f"{error}") from None

    def reaches(self, other, timeout=1, dest=None):
        """Is one ping to @other answered?"""
        return run(f"ping -n -q -c 1 -W {timeout} {dest or other.ip4}",
                   self.ns).returncode == 0

    def wait_reaches(self, other, timeout=20):
        """Waits until a ping to @other is answered."""
        wait_until(lambda: self.reaches(other), timeout,
                   what=f"{self.name} reaches {other.name}")


class Vane:
    """The PF, its VFs, and what surrounds them. Undone by the caller's end."""

    def __init__(self, vfs=0):
        """Loads both drivers and enables @vfs VFs."""
        self.qmp = Qmp()
        defer(self.qmp.close)
        self.nic = "/machine/peripheral/nic0"
        self.errors = self.guest_errors()
        self.load()
        defer(self.unload)
        self.pf = Function(self.find_pfs()[0])
        self.pf.wait_ifname()
        self.ports = {}
        self.pf_if = self.ext = None
        self.vfs = []
        if vfs:
            self.set_vfs(vfs)

    @classmethod
    def with_ports(cls, vfs, ports=None):
        """@vfs VFs; the PF, all VFs or the first @ports, and the external network
        are up, as pf_if, vfs and ext."""
        env = cls(vfs)
        env.pf_if = env.pf_port()
        env.vfs = env.vf_ports(vfs if ports is None else ports)
        env.ext = env.ext_port()
        return env

    @classmethod
    def with_driverless(cls, vfs=0):
        """The PF, up, and @vfs VFs without a driver."""
        env = cls()
        env.pf_port()
        if vfs:
            env.driverless_vfs(vfs)
        return env

    @staticmethod
    def load():
        """modprobe both drivers."""
        cmd("modprobe vane")
        cmd("modprobe vanevf")

    @staticmethod
    def unload():
        """Takes both drivers away, with whatever they hold."""
        for bdf in Vane.find_pfs():
            if read(f"{PCI}/devices/{bdf}/sriov_numvfs") != "0":
                write(f"{PCI}/devices/{bdf}/sriov_numvfs", 0)
        cmd("modprobe -r vanevf")
        cmd("modprobe -r vane")

    @staticmethod
    def find_pfs():
        """PCI addresses of all PFs."""
        found = []
        for path in sorted(glob.glob(f"{PCI}/devices/*")):
            ids = int(read(f"{path}/vendor"), 16), int(read(f"{path}/device"), 16)
            if ids == (hw.VANE_PCI_VENDOR_ID, hw.VANE_PCI_DEVICE_ID_PF):
                found.append(os.path.basename(path))
        if not found:
            raise KsftFail("no vane NIC in this machine")
        return found

    # VFs

    def numvfs(self):
        """Number of VFs enabled."""
        return int(read(f"{self.pf.path}/sriov_numvfs"))

    def write_numvfs(self, count):
        """Writes sriov_numvfs; raises OSError if that fails."""
        write(f"{self.pf.path}/sriov_numvfs", count)

    def vf_bdf(self, index):
        """PCI address of a VF."""
        return os.path.basename(os.readlink(f"{self.pf.path}/virtfn{index}"))

    def vf(self, index):
        """A VF's function."""
        return Function(self.vf_bdf(index))

    def set_vfs(self, count):
        """Enables @count VFs and waits for their interfaces."""
        self.write_numvfs(count)
        for index in range(count):
            self.vf(index).wait_ifname()

    def probed_vfs(self, count, indices):
        """The same, but the debug kernel gives only VFs @indices a driver.

        Others get it with the next modprobe.
        """
        if SLOWNESS == 1:
            self.set_vfs(count)
            return
        self.driverless_vfs(count)
        for index in indices:
            self.vf(index).bind("vanevf")
            self.vf(index).wait_ifname()

    def driverless_vfs(self, count):
        """Enables @count VFs without a driver, which they may get later."""
        path = f"{self.pf.path}/sriov_drivers_autoprobe"
        write(path, 0)
        try:
            self.write_numvfs(count)
        finally:
            write(path, 1)

    def unbound_vfs(self, count):
        """Enables @count VFs that no driver takes."""
        path = f"{self.pf.path}/sriov_drivers_autoprobe"
        self.write_numvfs(0)
        write(path, 0)
        defer(write, path, 1)
        self.write_numvfs(count)
        defer(self.write_numvfs, 0)

    # Ports

    def pf_port(self):
        """The PF's own interface, up."""
        port = Port("PF", None, self.pf.wait_ifname(), 1)
        if "PF" not in self.ports:
            defer(run, f"ip link set dev {port.ifname} down")
            defer(run, f"ip addr flush dev {port.ifname}")
        self.ports["PF"] = port
        port.up()
        return port

    def ext_port(self):
        """The external network, in namespace ext."""
        if EXT in self.ports:
            return self.ports[EXT]
        if not os.path.exists(f"/sys/class/net/{WIRE}"):
            raise KsftFail("no wire0: this needs --uplink switch")
        netns_add(EXT)
        ip(f"link set dev {WIRE} netns {EXT}")
        defer(ip, f"link set dev {WIRE} netns 1", EXT)
        port = Port(EXT, EXT, WIRE, 2)
        port.set("mtu 9000 promisc on")
        # Captures see the frames of the wire, not what the stack makes of them.
        port.ethtool("-K {} gro off")
        port.up()
        self.ports[EXT] = port
        return port

    def vf_port(self, index, up=True):
        """A VF, in a namespace of its own."""
        name = f"vf{index}"
        if name in self.ports:
            return self.ports[name]
        function = self.vf(index)
        netns_add(name)
        ip(f"link set dev {function.wait_ifname()} name {name} netns {name}")
        port = Port(name, name, name, 10 + index)
        self.ports[name] = port
        defer(self.ports.pop, name)
        if up:
            port.up()
        return port

    def vf_ports(self, count):
        """The first @count VFs."""
        return [self.vf_port(index) for index in range(count)]

    @staticmethod
    def guest_port(guest, index):
        """VF @index, the only one of @guest, up."""
        port = Port(guest.name, guest, guest.ifname(), 10 + index)
        port.up()
        return port

    def vf_infos(self):
        """What ip link show of the PF says of its VFs."""
        return ip_json(f"link show dev {self.pf.ifname}")[0]["vfinfo_list"]

    def vf_info(self, index):
        """The same of one VF."""
        return next(info for info in self.vf_infos() if info["vf"] == index)

    def filters(self):
        """How many addresses the switch knows, as the device says."""
        return cmd_json(f"vanectl -j show {self.pf.ifname}")["filters"]

    def vf_stats(self, index):
        """What the PF counts of a VF, in the form of Port.stats()."""
        link = ip_json(f"-s link show dev {self.pf.ifname}")[0]
        stats = next(info for info in link["vfinfo_list"]
                     if info["vf"] == index)["stats"]
        return {way: {name.removeprefix(f"{way}_"): value
                      for name, value in stats[way].items()}
                for way in ("rx", "tx")}

    def vf_set(self, index, args):
        """ip link set PF vf @index @args"""
        ip(f"link set dev {self.pf.ifname} vf {index} {args}")

    # The model

    def qom_path(self, function):
        """QOM path of "pf" or a VF's index."""
        return self.nic if function == "pf" else f"{self.nic}/vf[{function}]"

    def counters(self, function="pf"):
        """The model's counters of a function."""
        return self.qmp.get(self.qom_path(function), "x-counters")

    def guest_errors(self):
        """Mistakes of any driver that the model has noted."""
        return self.qmp.get(self.nic, "x-guest-errors")

    def after_case(self):
        """No case may leave a new mistake behind."""
        before, self.errors = self.errors, self.guest_errors()
        ksft_eq(self.errors - before, 0, "guest errors")

    def link(self, up):
        """Plugs the uplink's cable in or out; in again at the case's end."""
        self.qmp.set(self.nic, "link", up)
        if not up:
            defer(self.qmp.set, self.nic, "link", True)

    def fault(self, name, value, function=None):
        """Sets a fault of the model, for the time of the case."""
        if function is not None:
            number = hw.VANE_PORT_PF if function == "pf" else function
            self.qmp.set(self.nic, "x-fault-function", number)
            defer(self.qmp.set, self.nic, "x-fault-function", -1)
        self.qmp.set(self.nic, f"x-fault-{name}", value)
        defer(self.qmp.set, self.nic, f"x-fault-{name}",
              False if isinstance(value, bool) else 0)


def iperf(server, client, args):
    """iperf3 from @client to @server; returns the JSON of its end."""
    Background("iperf3 -s -1 --forceflush", server.ns, ready="listening")
    report = json.loads(cmd(f"iperf3 -J -c {server.ip4} {args}", client.ns))
    if "error" in report:
        raise KsftFail(f"iperf3: {report['error']}")
    return report["end"]
