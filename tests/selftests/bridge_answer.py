#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# Guest: bridge @distro @newest --uplink switch
"""The controlling bridge answers hosts: a VM's port for a profile, asked for by ssh.

Two uplinks, each with a host that has a key of its own. VANE_SEED=N repeats random
requests.
"""

import json
import os
import signal
import subprocess
import uuid

from lib.py import (BROADCAST, Background, Capture, InNetns, Sender, cmd, cmd_json,
                    defer, ip, ip_batch, ksft_eq, ksft_in, ksft_main,
                    make, netns_add, run, seeded, wait_until)
from lib.py.bridge import BRIDGE, ETag, Uplink
from lib.py.vane import Port

HOME = "/root/answer"
PROFILES = f"{HOME}/profiles"
STATE = "/var/lib/vane-bridge"
REQUESTS = 60
AT_ONCE = 6
RED, BLUE = range(1000, 1016), range(70000, 70003)

SSHD_CONFIG = f"""
Port 22
ListenAddress 127.0.0.1
HostKey {HOME}/server
AuthorizedKeysFile {HOME}/authorized_keys
PermitRootLogin forced-commands-only
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PidFile none
"""

# As docs/virtual-access.rst has them
SETUP = """
setup() {{
    ip link set "$1" master {bridge}
    bridge vlan del dev "$1" vid 1
    bridge vlan add dev "$1" vid {vlan} pvid untagged
    bridge link set dev "$1" flood off mcast_flood off bcast_flood off
    {more}
}}
"""


def text_of(channels, vlan, lists="", more="true"):
    """A profile's file."""
    return f"channels={channels[0]}-{channels[-1]}\nlists='{lists}'\n" + \
        SETUP.format(bridge=BRIDGE, vlan=vlan, more=more)


def write_profile(name, text):
    """An administrator's profile, until the case ends."""
    with open(f"{PROFILES}/{name}", "w", encoding="ascii") as file:
        file.write(text)
    defer(os.remove, f"{PROFILES}/{name}")


class Host:
    """A host, at the other end of an uplink."""

    def __init__(self, name, ns, uplink):
        self.name, self.ns, self.uplink = name, ns, uplink
        self.ifname = uplink and uplink.ifname
        cmd(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{HOME}/{name}"])
        with open(f"{HOME}/{name}.pub", encoding="ascii") as file:
            self.key = file.read()

    def ssh(self, request):
        """Sends @request as a host does; returns what ssh ended with."""
        return run(["ssh", "-i", f"{HOME}/{self.name}", "-o", "BatchMode=yes",
                    "-o", f"UserKnownHostsFile={HOME}/known_hosts",
                    "-o", "IdentitiesOnly=yes", "root@127.0.0.1", "--", request],
                   self.ns)

    def command(self, request):
        """The command that a request runs at the bridge."""
        return ["vane-bridge-answer", "-p", PROFILES, self.ifname, *request.split()]

    def begin(self, request):
        """Starts the same as ask(), in a session of its own; returns its process."""
        with InNetns(self.ns):
            # pylint: disable-next=consider-using-with
            return subprocess.Popen(self.command(request), text=True,
                                    stdout=subprocess.PIPE, start_new_session=True)

    def ask(self, request):
        """The same as ssh(), without ssh."""
        return run(self.command(request), self.ns)

    def associate(self, profile, instance):
        """It must succeed; returns the answer."""
        return json.loads(cmd(self.command(f"associate {profile} {instance}"), self.ns))

    def disassociate(self, instance):
        """It must succeed."""
        cmd(self.command(f"disassociate {instance}"), self.ns)

    def show(self):
        """All answers that are in force, by instance."""
        answers = [json.loads(line) for line in
                   cmd(self.command("show"), self.ns).splitlines()]
        return {answer["instance"]: answer for answer in answers}

    def ports(self):
        """The channels that have a port."""
        return {port["channel"]: port["port"] for port in self.uplink.status()["ports"]
                if "channel" in port}


class Env:
    """A bridge with two uplinks, and sshd."""

    def __init__(self):
        self.ns = "answer"
        netns_add(self.ns)
        ip_batch([f"link add {name} mtu 2000 type veth peer name card{index} mtu 2000"
                  for index, name in enumerate(("up0", "up1"))] +
                 [f"link set {name} up" for name in
                  ("lo", "up0", "up1", "card0", "card1")], self.ns)
        self.cards = [Port(f"card{index}", self.ns, f"card{index}", 1)
                      for index in range(2)]
        uplinks = [Uplink(self.ns, "up0", ETag, bridge_args="vlan_filtering 1"),
                   Uplink(self.ns, "up1", ETag, bridge=False)]
        os.makedirs(PROFILES)
        defer(cmd, f"rm -r {HOME} {STATE}")
        write_profile("red", text_of(RED, 10, "1:10",
                                     'tc qdisc add dev "$1" root tbf rate 2mbit '
                                     "burst 5k latency 20ms"))
        write_profile("blue", text_of(BLUE, 20))
        self.hosts = [Host(f"host{index}", self.ns, uplink)
                      for index, uplink in enumerate(uplinks)]
        self.stranger = Host("stranger", self.ns, None)
        self.start_sshd()

    def start_sshd(self):
        """It lets hosts run one command, and each for its own uplink."""
        server = Host("server", self.ns, None)
        with open(f"{HOME}/known_hosts", "w", encoding="ascii") as file:
            file.write(f"127.0.0.1 {server.key}")
        with open(f"{HOME}/authorized_keys", "w", encoding="ascii") as file:
            for host in self.hosts:
                file.write("restrict,command=\"vane-bridge-answer -p "
                           f"{PROFILES} {host.ifname}\" {host.key}")
        with open(f"{HOME}/sshd_config", "w", encoding="ascii") as file:
            file.write(SSHD_CONFIG)
        os.makedirs("/run/sshd", exist_ok=True)
        Background(f"/usr/sbin/sshd -D -e -f {HOME}/sshd_config", self.ns,
                   ready="Server listening")

    def after_case(self):
        """Each case leaves the bridge without ports of VMs."""
        for host in self.hosts:
            for instance in host.show():
                host.disassociate(instance)
            ksft_eq(host.ports(), {}, f"{host.name}: ports that are left")


def new_instance():
    """The UUID of a VM."""
    return str(uuid.uuid4())


def by_ssh(env):
    """A host asks for a VM's port: it has the profile's channel, VLAN, and rate, and
    frames of the channel come in there; they do not any more once the VM has ended."""
    host, instance = env.hosts[0], new_instance()
    result = host.ssh(f"associate red {instance}")
    ksft_eq(result.stderr, "")
    answer = json.loads(result.stdout)
    port = answer.pop("port")
    ksft_eq(answer, {"profile": "red", "instance": instance, "channel": RED[0],
                     "lists": ["1:10"]})
    ksft_eq(host.ports(), {RED[0]: port})
    vlans = cmd_json(f"bridge -json vlan show dev {port}", env.ns)[0]["vlans"]
    ksft_eq([(vlan["vlan"], sorted(vlan["flags"])) for vlan in vlans],
            [(10, ["Egress Untagged", "PVID"])])
    ksft_eq(cmd_json(f"tc -json qdisc show dev {port}", env.ns)[0]["kind"], "tbf")

    tap, sender = Capture(Port(port, env.ns, port, 1)), Sender(env.cards[0])
    frame = make("52:54:00:03:00:01", BROADCAST)
    sender.send(ETag.up(frame, RED[0]))
    tap.expect(frame)
    ksft_eq(host.ssh(f"disassociate {instance}").returncode, 0)
    ksft_eq(host.ports(), {})
    sender.send(ETag.up(frame, RED[0]))
    wait_until(lambda: host.uplink.frames()["up_unknown"] == 1, what="no port")


def again(env):
    """A host that got no answer asks again, and gets the same one."""
    host, instance = env.hosts[0], new_instance()
    first = host.associate("red", instance)
    ksft_eq(host.associate("red", instance.upper()), first)
    ksft_in("is associated with the profile red",
            host.ask(f"associate blue {instance}").stderr)
    ksft_eq(host.show(), {instance: first})
    for _ in range(2):
        host.disassociate(instance)
    ksft_eq(host.show(), {})


def other_uplink(env):
    """A host has its own uplink only: what others have it neither sees nor ends. A VM
    that moves has a port at both while it does."""
    one, other = env.hosts
    moves, stays = new_instance(), new_instance()
    first = one.associate("red", moves)
    one.associate("red", stays)
    ksft_eq(other.ssh("show").stdout, "")
    ksft_eq(other.ssh(f"disassociate {stays}").returncode, 0)
    second = json.loads(other.ssh(f"associate red {moves}").stdout)
    ksft_eq(second["channel"], first["channel"])
    ksft_eq(list(other.ports().values()), [second["port"]])
    one.disassociate(moves)
    ksft_eq(list(one.show()), [stays])
    ksft_eq(list(other.show()), [moves])


def strangers(env):
    """Without a key that the bridge knows, nothing is answered."""
    result = env.stranger.ssh(f"associate red {new_instance()}")
    ksft_eq(result.returncode, 255)
    ksft_in("Permission denied", result.stderr)
    ksft_eq(env.hosts[0].ports(), {})


def wrong_requests(env):
    """What is no request is refused, and none of it is run."""
    host, instance = env.hosts[0], new_instance()
    mark = f"{HOME}/run"
    for request in ("", "show all", "associate", "associate red",
                    f"associate {instance}", f"associate red {instance} up1",
                    f"associate red {instance};touch {mark}",
                    f"associate red$(touch {mark}) {instance}", f"touch {mark}",
                    f"associate red `touch${{IFS}}{mark}`", f"port del up0 {RED[0]}",
                    f"associate ../profiles/red {instance}", f"associate .. {instance}",
                    f"associate {'r' * 40} {instance}", f"associate r\\ed {instance}",
                    f"associate green {instance}", f"associate * {instance}",
                    f"associate red {instance[:-1]}", f"associate red {instance}0",
                    "associate red -", f"-p / up0 associate red {instance}",
                    f"associate red {instance}\nshow",
                    "associate r\u00e9d " + instance, "refuse x", "restore",
                    "x" * 100000):
        result = host.ssh(request)
        ksft_in(result.returncode, (1, 2), request[:80])
        ksft_in("vane-bridge", result.stderr, request[:80])
        ksft_eq(result.stdout, "", request[:80])
        ksft_eq(os.path.exists(mark), False, request[:80])
    ksft_eq(host.ports(), {})


def wrong_profiles(env):
    """A profile that cannot be set leaves nothing, and says what failed."""
    host, instance = env.hosts[0], new_instance()
    for text, words in (("setup() { :; }", "has no channels"),
                        ("channels=5\nsetup() { :; }", "not FIRST-LAST: 5"),
                        ("channels=9-5\nsetup() { :; }", "backwards: 9-5"),
                        ("channels=0-5\nsetup() { :; }", "not FIRST-LAST: 0-5"),
                        ("channels=2000000-2000001\nsetup() { :; }",
                         "a channel is 1 to"),
                        ("channels=5-6", "cannot be set"),
                        ("channels=5-6\nsetup() { (", "cannot be read"),
                        (text_of((5, 6), 9999), "cannot be set"),
                        (text_of((5, 6), 10, more="false; true"), "cannot be set")):
        with open(f"{PROFILES}/wrong", "w", encoding="ascii") as file:
            file.write(text)
        result = host.ask(f"associate wrong {instance}")
        ksft_eq(result.returncode, 1, text)
        ksft_in(words, result.stderr)
        ksft_eq(host.ports(), {}, text)
    os.remove(f"{PROFILES}/wrong")


def all_taken(env):
    """As many VMs as the profile has channels, in any order, and no more. Ports that
    the administrator has made take channels, too."""
    host = env.hosts[0]
    host.uplink.tool(f"port add {host.ifname} {BLUE[1]} byhand")
    instances = [new_instance() for _ in BLUE[1:]]
    ksft_eq([host.associate("blue", instance)["channel"] for instance in instances],
            [BLUE[0], BLUE[2]])
    ksft_in("all channels of the profile blue are taken",
            host.ask(f"associate blue {new_instance()}").stderr)
    host.disassociate(instances[0])
    ksft_eq(host.associate("blue", new_instance())["channel"], BLUE[0])
    host.uplink.tool(f"port del {host.ifname} {BLUE[1]}")


def killed(env):
    """What was killed leaves a port that the next request deletes, once commands of the
    profile that still run have ended."""
    host = env.hosts[0]
    started, go_on = f"{HOME}/started", f"{HOME}/go-on"
    for fifo in (started, go_on):
        os.mkfifo(fifo)
        defer(os.remove, fifo)
    write_profile("slow", text_of((5, 6), 10, more=f"echo >{started}; cat {go_on}"))
    for kill in (os.kill, os.killpg):
        with host.begin(f"associate slow {new_instance()}") as process:
            with open(started, encoding="ascii") as file:
                file.read()
            kill(process.pid, signal.SIGKILL)
        ksft_eq(list(host.ports()), [5])
        # Of another VM, which must not get a port that is still being set up
        instance = new_instance()
        with host.begin(f"associate red {instance}") as process:
            with open(go_on, "w", encoding="ascii"):
                pass
            ksft_eq(process.wait(), 0, kill.__name__)
        ksft_eq(list(host.ports()), [RED[0]])
        ksft_eq(list(host.show()), [instance])
        host.disassociate(instance)


def interface_gone(env):
    """A port whose interface somebody has deleted is the VM's all the same: it can be
    made again, or given back."""
    host = env.hosts[0]
    instances = [new_instance(), new_instance()]
    answers = [host.associate("red", instance) for instance in instances]
    for answer in answers:
        ip(f"link del {answer['port']}", env.ns)
    ksft_eq(host.associate("red", instances[0]), answers[0])
    ksft_eq(host.ports(), {RED[0]: answers[0]["port"], RED[1]: None})
    host.disassociate(instances[1])
    ksft_eq(host.ports(), {RED[0]: answers[0]["port"]})


def profile_changed(env):
    """A port stays as it was made when its profile is changed, deleted, or broken."""
    host = env.hosts[0]
    write_profile("other", text_of((5, 6), 10, "1:10\n 1:11"))
    instance = new_instance()
    answer = host.associate("other", instance)
    ksft_eq(answer["lists"], ["1:10", "1:11"])
    for text in (text_of((7, 8), 20, "1:20"), "(", None):
        os.remove(f"{PROFILES}/other")
        if text:
            with open(f"{PROFILES}/other", "w", encoding="ascii") as file:
                file.write(text)
            ksft_eq(host.associate("other", instance), answer)
        ksft_eq(host.show(), {instance: answer})
    with open(f"{PROFILES}/other", "w", encoding="ascii"):
        pass
    host.disassociate(instance)
    ksft_eq(host.ports(), {})


def attached_again(env):
    """After the uplink was detached, or the bridge was booted, each VM gets its own
    channel back, and nobody else's VM does."""
    host, other = env.hosts
    instances = [new_instance() for _ in range(3)]
    answers = [host.associate("red", instance) for instance in instances]
    host.disassociate(instances[0])
    host.uplink.tool(f"detach {host.ifname}")
    host.uplink.tool(f"attach {host.ifname} etag")
    ksft_eq(host.ports(), {})
    ksft_eq(host.associate("red", instances[2])["channel"], answers[2]["channel"])
    ksft_eq(host.associate("red", new_instance())["channel"], answers[0]["channel"])
    ksft_eq(host.ask("restore").returncode, 0)
    ksft_eq(set(host.ports()), {answer["channel"] for answer in answers})
    ksft_eq(host.show()[instances[1]], answers[1])
    ksft_eq(other.ports(), {})


def disk_full(env):
    """A request that cannot be recorded, from the first file on or at the last, leaves
    no port."""
    host, instance = env.hosts[0], new_instance()
    answer = host.associate("red", new_instance())
    records = f"{STATE}/{host.ifname}"
    for inodes, block in ((4, True), (2, False)):
        cmd(f"mount -t tmpfs -o size=4k,nr_inodes={inodes} tmpfs {records}")
        deferred = defer(cmd, f"umount {records}")
        if block:
            with open(f"{records}/block", "w", encoding="ascii") as file:
                file.write("x" * 4096)
        result = host.ask(f"associate blue {instance}")
        ksft_eq(result.returncode, 1, result.stderr)
        host.disassociate(instance)
        ksft_eq(host.ports(), {RED[0]: answer["port"]}, f"{inodes} inodes")
        deferred.exec()


def at_once(env):
    """Hosts that ask at the same time get channels of their own, and one for a VM
    that is asked for twice."""
    asked = [host.begin(f"associate red {new_instance()}")
             for host in env.hosts for _ in range(AT_ONCE // 2)]
    answers = [json.loads(process.communicate()[0]) for process in asked]
    for host, mine in zip(env.hosts, (answers[:AT_ONCE // 2], answers[AT_ONCE // 2:])):
        ksft_eq(sorted(answer["channel"] for answer in mine),
                list(RED[:AT_ONCE // 2]), host.name)
        ksft_eq(host.show(), {answer["instance"]: answer for answer in mine})
    instance = new_instance()
    asked = [env.hosts[0].begin(f"associate blue {instance}") for _ in range(4)]
    ksft_eq(len({process.communicate()[0] for process in asked}), 1)


def random_requests(env):
    """Random requests of both hosts, against a model of the profiles."""
    chance = seeded()
    channels = {"red": RED, "blue": BLUE}
    model = [{}, {}]
    instances = [new_instance() for _ in range(6)]
    for _ in range(REQUESTS):
        number, instance = chance.randrange(2), chance.choice(instances)
        host, known = env.hosts[number], model[number]
        if chance.random() < 0.35:
            host.disassociate(instance)
            known.pop(instance, None)
            continue
        profile = chance.choice(list(channels))
        result = host.ask(f"associate {profile} {instance}")
        if instance not in known:
            taken = {channel for _, channel in known.values()}
            free = [channel for channel in channels[profile] if channel not in taken]
            if free:
                known[instance] = profile, free[0]
        expected = known.get(instance, (None, None))
        ksft_eq(result.returncode, int(expected[0] != profile), result.stderr)
        if expected[0] == profile:
            ksft_eq(json.loads(result.stdout)["channel"], expected[1])
    for host, known in zip(env.hosts, model):
        ksft_eq({instance: (answer["profile"], answer["channel"])
                 for instance, answer in host.show().items()}, known, host.name)
        ksft_eq(sorted(host.ports()), sorted(channel for _, channel in known.values()))


if __name__ == "__main__":
    ksft_main([by_ssh, again, other_uplink, strangers, wrong_requests, wrong_profiles,
               all_taken, killed, interface_gone, profile_changed,
               attached_again, disk_full, at_once, random_requests], Env)
