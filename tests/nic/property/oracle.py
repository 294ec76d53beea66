# SPDX-License-Identifier: GPL-2.0-only
"""The switch of docs/hardware.rst, as a model that shares no code with the device.

It follows sections 3, 6, 7, 12 and 13 of the datasheet, one function for each
rule, and favours being read over being fast. An operation is a method; what a
frame causes is a list of Delivery, and the counters of the ports change.
"""

import struct
from collections import namedtuple

from hw import hw

C_TAG = 0x8100
S_TAG = 0x88a8
MAC_CONTROL = 0x8808
SLOW = 0x8809
LLDP = 0x88cc
BROADCAST = b"\xff" * 6
NO_MAC = bytes(6)
VID = 0x0fff
ADDRESSES = 12          # bytes of destination and source
MIN_FRAME = hw.VANE_MIN_FRAME
MAX_FRAME = hw.VANE_MAX_FRAME
MAX_WIRE_FRAME = hw.VANE_MAX_WIRE_FRAME
VNTAG = hw.VANE_VNTAG_ETHERTYPE
ETAG = hw.VANE_ETAG_ETHERTYPE
PF = hw.VANE_PORT_PF
WIRE = "wire"           # the uplink, where a port is named

VEB = hw.VANE_SWITCH_VEB
VEPA = hw.VANE_SWITCH_VEPA
VN_TAG_MODE = hw.VANE_SWITCH_VNTAG
E_TAG_MODE = hw.VANE_SWITCH_ETAG

# EtherType of the tag, and its bytes
TAG_OF_MODE = {VN_TAG_MODE: (VNTAG, hw.VANE_VNTAG_SIZE),
               E_TAG_MODE: (ETAG, hw.VANE_ETAG_SIZE)}

STATS = {name[len("VANE_STAT_"):]: number for name, number in hw.names.items()
         if name.startswith("VANE_STAT_") and name != "VANE_STAT_COUNT"}

TAG_STATS = {name[len("VANE_TAG_STAT_"):]: number
             for name, number in hw.names.items()
             if name.startswith("VANE_TAG_STAT_") and name != "VANE_TAG_STAT_COUNT"}

# A frame that arrives at a port, as its function sees it: with the TCI of a tag
# that was stripped, or None, and the channel of a tag that was taken off, or 0.
# @cause is the number of the frame in its burst.
Delivery = namedtuple("Delivery", "port frame tci channel cause")

# What a function asks for with a frame: TCI of a tag to insert, or None; MSS and
# HDR_LEN of a TSO frame, or 0; the channel that an extension names, or None.
Offload = namedtuple("Offload", "tci mss hdr_len channel", defaults=(None, 0, 0, None))

Tag = namedtuple("Tag", "tpid tci")


class Drop(Exception):
    """The switch drops a frame; the counter's name says why."""


def is_multicast(mac):
    return bool(mac[0] & 1)


def tags_of(frame):
    """All VLAN tags of @frame, outermost first. One that is cut is none."""
    tags = []
    at = ADDRESSES
    while len(frame) >= at + 6:
        tag = Tag(*struct.unpack_from(">HH", frame, at))
        if tag.tpid not in (C_TAG, S_TAG):
            break
        tags.append(tag)
        at += 4
    return tags


def type_behind(frame, count):
    """EtherType behind so many tags."""
    return struct.unpack_from(">H", frame, ADDRESSES + 4 * count)[0]


def is_priority(tag):
    return not tag.tci & VID


def are_malformed(frame):
    """Are the tags malformed, as far as they are looked at?"""
    tags = tags_of(frame)
    if tags and not is_priority(tags[0]):
        return False
    if len(tags) > 1:
        return is_priority(tags[1])
    return type_behind(frame, len(tags)) in (C_TAG, S_TAG)


def enter(frame):
    """@frame, not malformed, as it is in the switch."""
    tags = tags_of(frame)
    return pop(frame) if len(tags) > 1 and is_priority(tags[0]) else frame


def push(frame, tpid, tci):
    return frame[:ADDRESSES] + struct.pack(">HH", tpid, tci) + frame[ADDRESSES:]


def pop(frame):
    return frame[:ADDRESSES] + frame[ADDRESSES + 4:]


def vlan_of(frame):
    """The VLAN that the outer tag names: (TPID, VID), or None."""
    tags = tags_of(frame)
    if not tags or not tags[0].tci & VID:
        return None
    return tags[0].tpid, tags[0].tci & VID


def is_tagged(frame):
    """Has it more than one priority tag of 802.1Q?"""
    tags = tags_of(frame)
    return len(tags) > 1 or any(tag.tpid == S_TAG or tag.tci & VID for tag in tags)


def type_of(frame):
    """EtherType of a frame in the switch that has no VLAN; None for others."""
    return None if vlan_of(frame) else type_behind(frame, len(tags_of(frame)))


def has_channel_tag(frame):
    """Is there a channel tag behind the VLAN tags of a frame in the switch?"""
    tags = tags_of(frame)
    return (len(tags) > 1 + hw.VANE_CHANNEL_TAG_DEPTH
            or type_behind(frame, len(tags)) in (VNTAG, ETAG))


def checksum(data):
    """Ones' complement of the sum of 16-bit words."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def segments_of(frame, mss, hdr_len):
    """What the wire carries of a TSO frame."""
    ip = ADDRESSES + 4 * len(tags_of(frame)) + 2
    ipv6 = frame[ip] >> 4 == 6
    tcp = ip + (40 if ipv6 else (frame[ip] & 15) * 4)
    header, payload = frame[:hdr_len], frame[hdr_len:]
    sequence, = struct.unpack_from(">I", header, tcp + 4)
    ident, = struct.unpack_from(">H", header, ip + 4)
    flags = header[tcp + 13]
    segments = []
    for number, at in enumerate(range(0, len(payload), mss)):
        data = payload[at:at + mss]
        new = bytearray(header)
        length = hdr_len - tcp + len(data)
        if ipv6:
            struct.pack_into(">H", new, ip + 4, tcp - ip - 40 + length)
            pseudo = bytes(new[ip + 8:ip + 40]) + struct.pack(">II", length, 6)
        else:
            struct.pack_into(">HH", new, ip + 2, tcp - ip + length,
                             (ident + number) & 0xffff)
            new[ip + 10:ip + 12] = b"\0\0"
            struct.pack_into(">H", new, ip + 10, checksum(bytes(new[ip:tcp])))
            pseudo = bytes(new[ip + 12:ip + 20]) + struct.pack(">HH", 6, length)
        struct.pack_into(">I", new, tcp + 4, (sequence + at) & 0xffffffff)
        new[tcp + 13] = flags
        if at:
            new[tcp + 13] &= ~0x80          # CWR in the first only
        if at + mss < len(payload):
            new[tcp + 13] &= ~0x09          # FIN and PSH in the last only
        new[tcp + 16:tcp + 18] = b"\0\0"
        struct.pack_into(">H", new, tcp + 16,
                         checksum(pseudo + bytes(new[tcp:]) + data) or 0xffff)
        segments.append(bytes(new) + data)
    return segments


def rx_channel_used(number):
    """Does the function use VANE_FEAT_RX_CHANNEL? Half of the VFs do."""
    return not number & 2


class Port:
    """Of the PF or a VF: what was configured, and its function's counters."""

    def __init__(self, number):
        self.number = number
        self.counters = dict.fromkeys(STATS, 0)
        self.rx_channel = rx_channel_used(number)
        self.filters = set()
        self.vlans = set()              # (TPID, VID)
        self.mode = 0
        self.forget_administered()
        self.forget_function()

    def forget_administered(self):
        self.mac = NO_MAC
        self.vlan = None                # Tag
        self.channel = 0
        self.prio_map = hw.VANE_PRIO_MAP_DEFAULT
        self.flags = hw.VANE_PORT_FLAG_SPOOFCHK
        self.trunk = set()

    def forget_function(self):
        self.forget_filters()
        self.own_mac = NO_MAC
        self.max_frame = MAX_FRAME
        self.strip = False
        self.receiving = True           # its receive queue is enabled
        self.loopback = False

    def forget_filters(self):
        self.filters = set()
        self.vlans = set()
        self.mode = 0

    @property
    def station(self):
        """The station MAC: what the function's driver asked for comes first."""
        return self.mac if self.own_mac == NO_MAC else self.own_mac

    def has(self, flag):
        return bool(self.flags & flag)

    @property
    def link(self):
        return self.has(hw.VANE_PORT_FLAG_LINK)

    def mode_has(self, mode):
        """Is @mode on, and may it count?"""
        trusted = self.number == PF or self.has(hw.VANE_PORT_FLAG_TRUST)
        return bool(self.mode & mode) and trusted

    @property
    def promiscuous(self):
        return self.mode_has(hw.VANE_RX_MODE_PROMISC)

    def has_vlan(self, vlan):
        """Does the port receive this VLAN (None: no VLAN)?"""
        if self.vlan:
            return vlan == (self.vlan.tpid, self.vlan.tci & VID)
        if vlan is None:
            return True
        mode = (hw.VANE_RX_MODE_SVLAN_FILTER if vlan[0] == S_TAG
                else hw.VANE_RX_MODE_VLAN_FILTER)
        return not self.mode & mode or vlan in self.vlans

    def has_address(self, mac):
        """Does the port receive this destination?"""
        if mac == BROADCAST:
            return True
        if is_multicast(mac):
            return (mac in self.filters
                    or self.mode_has(hw.VANE_RX_MODE_ALLMULTI))
        return self.is_own(mac)

    def is_own(self, mac):
        """Is @mac the station MAC, or a filter?"""
        return mac in self.filters or (mac == self.station and mac != NO_MAC)

    def trunk_allows(self, frame):
        """Is @frame, with the tags that the function uses, of a listed VLAN?"""
        if not self.has(hw.VANE_PORT_FLAG_TRUNK):
            return True
        if self.vlan and self.vlan.tpid == C_TAG:
            return 0 in self.trunk
        if are_malformed(frame):
            return False
        tpid, vid = vlan_of(enter(frame)) or (C_TAG, 0)
        return tpid == C_TAG and vid in self.trunk


class Oracle:
    """The switch with its ports."""

    def __init__(self):
        self.ports = {PF: Port(PF)}
        self.mode = VEB
        self.lists = {}                 # members by id
        self.grants = {}                # port numbers by channel
        self.tag_counters = dict.fromkeys(TAG_STATS, 0)
        self.cause = 0
        self.deliveries = []

    # Configuration: each returns the status of the command.

    def enable_vfs(self, indices):
        """SR-IOV is disabled, and enabled; @indices are the VFs that a test uses."""
        self.ports = {PF: self.ports[PF]}
        self.lists = {number: {PF} for number, members in self.lists.items()
                      if PF in members}
        self.grants = {}
        for index in indices:
            self.ports[index] = Port(index)

    def pf_reset(self):
        """PF soft reset, or the PF's FLR."""
        self.mode = VEB
        self.lists = {}
        self.grants = {}
        for port in self.ports.values():
            port.forget_administered()
            port.forget_function()

    def function_reset(self, number, _kind):
        self.ports[number].forget_function()
        return hw.VANE_OK

    def port_set(self, number, fields):
        """@fields: mac, own_mac, vlan (TPID, TCI), channel, prio_map, flags; those
        that change."""
        port = self.ports[number]
        channel = fields.get("channel", 0)
        if channel > hw.VANE_MAX_ECID:
            return hw.VANE_ERR_RANGE
        if channel and any(other.channel == channel for other in self.ports.values()
                           if other is not port):
            return hw.VANE_ERR_EXISTS
        if channel in self.grants:
            return hw.VANE_ERR_EXISTS
        if any(is_multicast(fields.get(name, NO_MAC)) for name in ("mac", "own_mac")):
            return hw.VANE_ERR_INVALID
        port.mac = fields.get("mac", port.mac)
        port.own_mac = fields.get("own_mac", port.own_mac)
        port.channel = fields.get("channel", port.channel)
        port.prio_map = fields.get("prio_map", port.prio_map)
        port.flags = fields.get("flags", port.flags)
        if "vlan" in fields:
            tpid, tci = fields["vlan"]
            port.vlan = Tag(tpid, tci) if tpid else None
        return hw.VANE_OK

    def filter_add(self, number, macs):
        self.ports[number].filters |= set(macs)
        return hw.VANE_OK

    def filter_del(self, number, macs):
        self.ports[number].filters -= set(macs)
        return hw.VANE_OK

    def filter_clear(self, number):
        self.ports[number].forget_filters()
        return hw.VANE_OK

    def vlan_add(self, number, vid, proto):
        self.ports[number].vlans.add((proto or C_TAG, vid))
        return hw.VANE_OK

    def vlan_del(self, number, vid, proto):
        self.ports[number].vlans.discard((proto or C_TAG, vid))
        return hw.VANE_OK

    def rx_mode(self, number, mode):
        self.ports[number].mode = mode
        return hw.VANE_OK

    def trunk_set(self, number, first, vids):
        """@vids: those of the quarter at @first that are allowed from now on."""
        quarter = range(first, first + hw.VANE_TRUNK_VIDS)
        port = self.ports[number]
        port.trunk = {vid for vid in port.trunk if vid not in quarter} | set(vids)
        return hw.VANE_OK

    def switch_set(self, mode):
        self.mode = mode
        return hw.VANE_OK

    def list_set(self, number, members):
        group = hw_field(number, hw.VANE_LIST_GROUP)
        if not group and not 0 < number <= hw.VANE_MAX_VIF:
            return hw.VANE_ERR_RANGE
        if number & ~(hw.VANE_LIST_GROUP | hw.VANE_LIST_ECID):
            return hw.VANE_ERR_RANGE
        if not members:
            self.lists.pop(number, None)
            return hw.VANE_OK
        if number not in self.lists and len(self.lists) == hw.VANE_MAX_LISTS:
            return hw.VANE_ERR_NO_SPACE
        self.lists[number] = set(members)
        return hw.VANE_OK

    def channel_set(self, number, channel, grant):
        """Grants a VF a channel, or revokes it."""
        if number == PF:
            return hw.VANE_ERR_NOT_FOUND
        if not 0 < channel <= hw.VANE_MAX_ECID:
            return hw.VANE_ERR_RANGE
        if not grant:
            if self.grants.get(channel) == number:
                del self.grants[channel]
            return hw.VANE_OK
        if (any(port.channel == channel for port in self.ports.values())
                or self.grants.get(channel, number) != number):
            return hw.VANE_ERR_EXISTS
        self.grants[channel] = number
        return hw.VANE_OK

    def max_frame(self, number, length):
        self.ports[number].max_frame = length

    def vlan_strip(self, number, on):
        self.ports[number].strip = on

    def receiving(self, number, on):
        """The receive queue is enabled or disabled."""
        self.ports[number].receiving = on

    def loopback(self, number, on):
        self.ports[number].loopback = on

    # Frames

    def send(self, number, burst):
        """A function sends frames, each (bytes, Offload, ...)."""
        self.deliveries = []
        for self.cause, (frame, offload, *_) in enumerate(burst):
            self._transmit(self.ports[number], frame, Offload(*offload))
        return self.deliveries

    def wire(self, burst):
        """Frames come from the uplink."""
        self.deliveries = []
        for self.cause, frame in enumerate(burst):
            self._from_uplink(frame)
        return self.deliveries

    def _transmit(self, port, frame, offload):
        """Section 6, then sections 12 and 13."""
        channel = offload.channel
        hdr_len = offload.hdr_len
        if channel is None and offload.tci is None:
            channel, inside = self._take_tag_off(port, frame)
            hdr_len -= len(frame) - len(inside)
            frame = inside
        frames = [frame]
        if len(frame) >= MIN_FRAME and offload.mss:
            if (offload.mss < hw.VANE_TX_MIN_MSS or is_multicast(frame)
                    or type_behind(frame, len(tags_of(frame))) in (VNTAG, ETAG)):
                port.counters["TX_DROP_MALFORMED"] += 1
                return
            frames = segments_of(frame, offload.mss, hdr_len)
        if len(frame) >= MIN_FRAME and offload.tci is not None:
            frames = [push(one, C_TAG, offload.tci) for one in frames]
        reason = self._malformed_or_long(port, frames, offload.mss)
        if reason:
            malformed = reason == "TX_DROP_MALFORMED"
            port.counters[reason] += 1 if malformed else len(frames)
            return
        for one in frames:
            try:
                on_wire = self._ingress(port, enter(one), channel)
            except Drop as drop:
                port.counters[drop.args[0]] += 1
                continue
            self._count(port, "TX", one)
            if port.loopback:
                self._deliver(port, pop(on_wire) if port.vlan else on_wire)
            elif self.tagged:
                self._to_uplink(self._channel_tagged(port, on_wire, channel))
            else:
                self._switch(port, on_wire)

    @staticmethod
    def _malformed_or_long(port, frames, tso):
        """Why a frame does not get as far as the switch, or None."""
        if len(frames[0]) < MIN_FRAME:
            return "TX_DROP_MALFORMED"
        is_long = any(len(one) > port.max_frame for one in frames)
        if is_long and not tso:
            return "TX_DROP_OVERSIZE"
        if are_malformed(frames[0]):
            return "TX_DROP_MALFORMED"
        return "TX_DROP_OVERSIZE" if is_long else None

    def _granted(self, port, channel):
        """Is it granted to the port, with effect?"""
        return (self.tagged and self.grants.get(channel) == port.number
                and port.has(hw.VANE_PORT_FLAG_TRUST)
                and (self.mode == E_TAG_MODE or channel <= hw.VANE_MAX_VIF))

    def _take_tag_off(self, port, frame):
        """(channel, frame inside) of one that begins with the tag of a granted
        channel, else (None, frame)."""
        if not self.tagged:
            return None, frame
        kind, size = TAG_OF_MODE[self.mode]
        if len(frame) < MIN_FRAME + size or type_behind(frame, 0) != kind:
            return None, frame
        if self.mode == VN_TAG_MODE:
            channel, = struct.unpack_from(">I", frame, ADDRESSES + 2)
            wrong = channel > hw.VANE_MAX_VIF
        else:
            source, base, source_high, high = struct.unpack_from(
                ">HHBB", frame, ADDRESSES + 2)
            channel = high << 12 | base & 0xfff
            wrong = source & 0xfff or source_high or base >> 12
        if wrong or not self._granted(port, channel):
            return None, frame
        return channel, frame[:ADDRESSES] + frame[ADDRESSES + size:]

    def _ingress(self, port, frame, channel):
        """Section 12, step 1: the frame as it belongs to its VLAN, or Drop."""
        source = frame[6:12]
        if not port.link and not port.loopback:
            raise Drop("TX_DROP_LINK")
        if (self.tagged and channel is None and not self._channel_of(port)
                and not port.loopback):
            raise Drop("TX_DROP_LINK")
        if is_multicast(source) or (port.has(hw.VANE_PORT_FLAG_SPOOFCHK)
                                    and not port.is_own(source)):
            raise Drop("TX_DROP_SPOOF")
        if channel is not None and not self._granted(port, channel):
            raise Drop("TX_DROP_SPOOF")
        if port.number != PF and self.tagged and has_channel_tag(frame):
            raise Drop("TX_DROP_SPOOF")
        if port.number != PF and not self._may_say(port, frame):
            raise Drop("TX_DROP_CONTROL")
        if port.vlan and port.vlan.tpid == C_TAG and is_tagged(frame):
            raise Drop("TX_DROP_VLAN")
        if not port.trunk_allows(frame):
            raise Drop("TX_DROP_VLAN")
        if not port.vlan:
            return frame
        tci = port.vlan.tci
        if port.vlan.tpid == C_TAG:
            tags = tags_of(frame)
            if tags:
                tci = (tags[0].tci & ~VID) | (tci & VID)
                frame = pop(frame)
        return push(frame, port.vlan.tpid, tci)

    @staticmethod
    def _may_say(port, frame):
        """May a VF send it, as far as link partners and bridges go?"""
        if type_of(frame) == MAC_CONTROL:
            return False
        return (port.has(hw.VANE_PORT_FLAG_TRUST)
                or (type_of(frame) not in (SLOW, LLDP)
                    and (frame[:5] != bytes.fromhex("0180c20000")
                         or frame[5] > 0x0f)))

    @property
    def tagged(self):
        """Is the channel in a tag on the wire?"""
        return self.mode in (VN_TAG_MODE, E_TAG_MODE)

    def _channel_of(self, port):
        """The channel, as far as the mode's tag can name it; 0 for none."""
        if self.mode == VN_TAG_MODE and port.channel > hw.VANE_MAX_VIF:
            return 0
        return port.channel

    def _channel_tagged(self, port, frame, channel):
        if channel is None:
            channel = port.channel
        if self.mode == VN_TAG_MODE:
            tag = struct.pack(">HI", VNTAG, channel)
        else:
            tags = tags_of(frame)
            old = tags[0].tci >> 12 if tags else 0
            tag = struct.pack(">HHHBB", ETAG, (port.prio_map >> 4 * old & 15) << 12,
                              channel & 0xfff, 0, channel >> 12)
        return frame[:ADDRESSES] + tag + frame[ADDRESSES:]

    def _switch(self, source, frame):
        """Section 12, step 2, for a frame of a function."""
        destination = frame[:6]
        if self.mode == VEPA:
            self._to_uplink(frame)
            return
        members = [port for port in self.ports.values()
                   if self._is_member(port, frame)]
        for port in members:
            if port is not source and (port.promiscuous
                                       or port.has_address(destination)):
                self._egress(port, frame)
        if (is_multicast(destination)
                or not any(port.has_address(destination) for port in members)):
            self._to_uplink(frame)

    @staticmethod
    def _is_member(port, frame):
        """Is the port open, and in the VLAN of this frame?"""
        return (port.link and not port.loopback and port.has_vlan(vlan_of(frame))
                and port.trunk_allows(pop(frame) if port.vlan else frame))

    def _from_uplink(self, frame):
        if len(frame) > MAX_WIRE_FRAME:
            return
        if self.tagged:
            try:
                self._from_bridge(frame)
            except Drop as drop:
                self.tag_counters[drop.args[0]] += 1
            return
        frame = self._enter_from_uplink(frame)
        if not frame:
            return
        destination, source = frame[:6], frame[6:12]
        for port in self.ports.values():
            if not self._is_member(port, frame):
                continue
            if not port.promiscuous and not port.has_address(destination):
                continue
            if self.mode == VEPA and port.is_own(source):
                continue
            self._egress(port, frame)

    @staticmethod
    def _enter_from_uplink(frame):
        """@frame in the switch, or None."""
        if are_malformed(frame):
            return None
        frame = enter(frame)
        return None if type_of(frame) == MAC_CONTROL else frame

    @staticmethod
    def _steering(mode, tag):
        """(members of a list are meant, id, channel to leave out) of a tag's bytes."""
        if mode == VN_TAG_MODE:
            tag, = struct.unpack(">I", tag)
            if not tag & hw.VANE_VNTAG_DIR:
                raise Drop("RX_DIRECTION")
            if tag & hw.VANE_VNTAG_VER:
                raise Drop("RX_VERSION")
            if tag & hw.VANE_VNTAG_RSVD:
                raise Drop("RX_RESERVED")
            number = hw_field(tag, hw.VANE_VNTAG_DVIF)
            source = hw_field(tag, hw.VANE_VNTAG_SVIF)
            return (bool(tag & hw.VANE_VNTAG_PTR),
                    number if number <= hw.VANE_MAX_VIF else 0,
                    source if tag & hw.VANE_VNTAG_LOOPED else 0)
        source, number, source_high, number_high = struct.unpack(">HHBB", tag)
        if number & 0xc000:
            raise Drop("RX_RESERVED")
        group = number >> 12
        return (bool(group), group << 20 | number_high << 12 | number & 0xfff,
                source_high << 12 | source & 0xfff)

    def _from_bridge(self, frame):
        """A frame from the uplink in VN-Tag or E-Tag mode."""
        if len(frame) < MIN_FRAME:
            return
        kind, size = TAG_OF_MODE[self.mode]
        if type_behind(frame, 0) != kind:
            raise Drop("RX_NONE")
        if len(frame) < MIN_FRAME + size:
            raise Drop("RX_TRUNCATED")
        tag = frame[ADDRESSES:ADDRESSES + size]
        is_list, number, source = self._steering(self.mode, tag[2:])
        frame = self._enter_from_uplink(frame[:ADDRESSES] + frame[ADDRESSES + size:])
        if not frame:
            return
        if has_channel_tag(frame):
            raise Drop("RX_NESTED")
        # Each with the channel that the frame arrives at, and whether it is its own
        if is_list:
            meant = [(port, self._channel_of(port), True)
                     for port in self.ports.values()
                     if port.number in self.lists.get(number, ())]
        else:
            meant = [(port, self._channel_of(port), True)
                     for port in self.ports.values()
                     if number and port.channel == number]
            meant += [(port, number, False) for port in self.ports.values()
                      if self._granted(port, number)]
        if not meant:
            raise Drop("RX_UNKNOWN")
        for port, channel, own in meant:
            if (channel and channel != source and self._is_member(port, frame)
                    and (port.promiscuous or port.has_address(frame[:6]))):
                self._egress(port, frame, 0 if own else channel, b"" if own else tag)

    def _egress(self, port, frame, channel=0, tag=b""):
        """Section 12, step 3."""
        self._deliver(port, pop(frame) if port.vlan else frame, channel, tag)

    def _deliver(self, port, frame, channel=0, tag=b""):
        """Section 13: to the receive queue; with the tag of a granted channel."""
        if not port.receiving:
            port.counters["RX_DROP_NOBUF"] += 1
            return
        if len(frame) > port.max_frame:
            port.counters["RX_DROP_OVERSIZE"] += 1
            return
        self._count(port, "RX", frame)
        tci = None
        if channel and not port.rx_channel:
            frame = frame[:ADDRESSES] + tag + frame[ADDRESSES:]
            channel = 0
        tags = tags_of(frame)
        if port.strip and tags and tags[0].tpid == C_TAG:
            tci = tags[0].tci
            frame = pop(frame)
        self.deliveries.append(Delivery(port.number, frame, tci, channel, self.cause))

    def _to_uplink(self, frame):
        self.deliveries.append(Delivery(WIRE, frame, None, 0, self.cause))

    @staticmethod
    def _count(port, direction, frame):
        port.counters[f"{direction}_FRAMES"] += 1
        port.counters[f"{direction}_BYTES"] += len(frame)
        if frame[:6] == BROADCAST:
            port.counters[f"{direction}_BROADCAST"] += 1
        elif is_multicast(frame):
            port.counters[f"{direction}_MULTICAST"] += 1


def hw_field(value, mask):
    return (value & mask) // (mask & -mask)
