/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: the embedded switch (datasheet, "Switch" and "Receive filter").
 *
 * A frame passes the ingress edge (source check, VLAN), the lookup, and each
 * receiver's own check of VLAN, address and length. Sets of ports are bitmaps.
 * The receivers of an address are found by hash, so that a unicast frame costs
 * the same with one VF as with all.
 */
#include "qemu/osdep.h"
#include "qemu/bitmap.h"
#include "net/eth.h"
#include "trace.h"
#include "vane.h"
#include "vane_channel.h"
#include "vane_link.h"
#include "vane_offload.h"
#include "vane_ring.h"
#include "vane_rx.h"
#include "vane_switch.h"
#include "vane_tag.h"

/*
 * Copies that are made of a frame in one go, a copy being a segment for one
 * receiver. One receiver gets all segments in any case.
 */
#define COPIES_MAX  (VANE_TX_MAX_TSO / VANE_TX_MIN_MSS)

/* Where a frame goes */
typedef struct SwitchRoute {
    DECLARE_BITMAP(ports, VANE_PORTS);
    bool uplink;
} SwitchRoute;

/*
 * Does the trunk list allow the VLAN of the frame as the function uses it? If
 * the port adds and removes a service tag, the function's tags are behind it.
 */
static bool vane_switch_in_trunk(const VaneFunction *fn,
                                 const VaneSwitchPort *port,
                                 const VaneFrame *frame)
{
    uint16_t vlan = 0;

    if (!(fn->port.flags & VANE_PORT_FLAG_TRUNK)) {
        return true;
    }
    if (!fn->port.vlan_proto) {
        vlan = frame->vlan;
    } else if (fn->port.vlan_proto == ETH_P_DVLAN &&
               !vane_tag_inside_vlan(frame, &vlan)) {
        return false;
    }
    return !(vlan & VANE_VLAN_SERVICE) && test_bit(vlan, port->trunk);
}

/* A station MAC of 0 is none, and never matches. */
static bool vane_switch_is_own_address(const VaneFunction *fn,
                                       const uint8_t *mac)
{
    static const uint8_t none[ETH_ALEN];

    return !memcmp(mac, vane_station_mac(fn), ETH_ALEN) &&
           memcmp(mac, none, ETH_ALEN);
}

/* Is the port present, and does it receive frames from others? */
static bool vane_switch_port_open(const VaneFunction *fn)
{
    return vane_function_present(fn) && fn->port.flags & VANE_PORT_FLAG_LINK &&
           !fn->loopback;
}

/* Does the port receive frames in the VLAN of this frame? */
static bool vane_switch_receives_vlan(const VaneFunction *fn,
                                      const VaneSwitchPort *port,
                                      const VaneFrame *frame)
{
    uint16_t vid = frame->vlan & VLAN_VID_MASK;

    if (!vane_switch_in_trunk(fn, port, frame)) {
        return false;
    }
    if (fn->port.vlan_proto) {
        return frame->vlan == vane_port_vlan(fn);
    }
    if (frame->vlan & VANE_VLAN_SERVICE) {
        return !(port->rx_mode & VANE_RX_MODE_SVLAN_FILTER) ||
               test_bit(vid, port->svlans);
    }
    return !vid || !(port->rx_mode & VANE_RX_MODE_VLAN_FILTER) ||
           test_bit(vid, port->vlans);
}

/* Does the port receive frames to this address? */
static bool vane_switch_receives_address(const VaneFunction *fn,
                                         const VaneSwitchPort *port,
                                         const uint8_t *mac)
{
    if (is_broadcast_ether_addr(mac) ||
        port->rx_mode & VANE_RX_MODE_PROMISC) {
        return true;
    }
    if (is_multicast_ether_addr(mac) &&
        port->rx_mode & VANE_RX_MODE_ALLMULTI) {
        return true;
    }
    return vane_switch_is_own_address(fn, mac) ||
           vane_switch_has_filter(port, mac);
}

static void vane_switch_send_wire_frame(VaneDevice *dev, VaneFrame *frame,
                                        const VaneChannelTag *tag)
{
    struct iovec iov[VANE_FRAME_PIECES + 2];
    VaneView view;

    vane_tag_channel_view(frame, tag, false, &view);
    vane_uplink_send(dev, iov, vane_view_iov(frame, &view, iov));
}

/* @from is the port whose channel the tag names, if the frame names none. */
static void vane_switch_send_uplink(VaneDevice *dev, const VaneFunction *from,
                                    VaneFrame *frame)
{
    VaneChannelTag tag;
    VaneSegments it;

    dev->work += frame->segments;
    vane_channel_put_tag(from, frame, &tag);
    if (!frame->mss) {
        vane_switch_send_wire_frame(dev, frame, &tag);
        return;
    }
    vane_segments_start(&it, frame);
    while (vane_segments_next(&it, dev->frame_segment)) {
        vane_switch_send_wire_frame(dev, dev->frame_segment, &tag);
    }
}

/*
 * VEPA: the bridge reflects frames to their source, too. A port that has the
 * source address must not receive the frame.
 */
static void vane_switch_prune_source(const VaneSwitch *sw,
                                     const VaneFrame *frame, unsigned long *set)
{
    DECLARE_BITMAP(source, VANE_PORTS);

    vane_switch_lookup(sw, frame->data + ETH_ALEN, frame->vlan, source);
    bitmap_andnot(set, set, source, VANE_PORTS);
}

/*
 * VEB, and VEPA from the uplink: by VLAN and address. @from is NULL for the
 * uplink.
 */
static void vane_switch_find_route(VaneDevice *dev, const VaneFunction *from,
                                   const VaneFrame *frame, SwitchRoute *route)
{
    unsigned long *ports = route->ports;
    VaneSwitch *sw = dev->sw;
    bool local = false;
    unsigned long n;

    vane_switch_lookup(sw, frame->data, frame->vlan, ports);
    if (!vane_frame_is_multicast(frame)) {
        /* Known where a port receives it, be it the sender itself. */
        for (n = find_first_bit(ports, VANE_PORTS); n < VANE_PORTS && !local;
             n = find_next_bit(ports, VANE_PORTS, n + 1)) {
            const VaneFunction *fn = vane_port_function(dev, n);

            local = vane_switch_port_open(fn) &&
                    vane_switch_receives_vlan(fn, &sw->port[n], frame);
        }
    } else if (is_broadcast_ether_addr(frame->data)) {
        bitmap_set(ports, 0, dev->sriov.num_vfs);
        set_bit(VANE_PORT_BIT_PF, ports);
    } else {
        bitmap_or(ports, ports, sw->allmulti, VANE_PORTS);
    }
    bitmap_or(ports, ports, sw->promisc, VANE_PORTS);
    if (sw->mode == VANE_SWITCH_VEPA) {
        vane_switch_prune_source(sw, frame, ports);
    }
    route->uplink = from && !local;
    trace_vane_switch_forward(from ? from->index : -1, frame->vlan, local);
}

/* Is the next receiver's copy one too many for now? */
static bool vane_switch_copied_enough(const VaneDevice *dev,
                                      const VaneFrame *frame)
{
    return dev->work && dev->work + frame->segments > COPIES_MAX;
}

/*
 * To every port of the route from @next on that has the frame's VLAN, but not
 * to @from. False if there were too many: @next is where to go on.
 */
static bool vane_switch_deliver(VaneDevice *dev, const VaneFunction *from,
                                VaneFrame *frame, const SwitchRoute *route,
                                uint16_t *next)
{
    unsigned long n;

    for (n = find_next_bit(route->ports, VANE_PORTS, *next); n < VANE_PORTS;
         n = find_next_bit(route->ports, VANE_PORTS, n + 1)) {
        VaneFunction *fn = vane_port_function(dev, n);

        if (fn == from || !vane_switch_port_open(fn) ||
            !vane_switch_receives_vlan(fn, &dev->sw->port[n], frame)) {
            continue;
        }
        if (vane_switch_copied_enough(dev, frame)) {
            *next = n;
            return false;
        }
        vane_rx_frame(fn, frame, fn->port.vlan_proto);
    }
    if (!route->uplink) {
        return true;
    }
    if (vane_switch_copied_enough(dev, frame)) {
        *next = VANE_PORTS;
        return false;
    }
    vane_switch_send_uplink(dev, from, frame);
    return true;
}

/*
 * Ingress edge: assigns the frame to its VLAN and adds the tag of the port.
 * False if the port does not allow the frame's own tag.
 */
static bool vane_switch_classify(const VaneFunction *fn, VaneFrame *frame)
{
    uint16_t port_tci = fn->port.vlan_tci;

    if (fn->port.vlan_proto == ETH_P_DVLAN) {
        vane_tag_push(frame, ETH_P_DVLAN, port_tci);
    } else if (fn->port.vlan_proto == ETH_P_VLAN) {
        if (frame->tag_proto) {
            if (frame->tag_proto != ETH_P_VLAN ||
                frame->tag_tci & VLAN_VID_MASK) {
                return false;
            }
            port_tci = (port_tci & VLAN_VID_MASK) |
                       (frame->tag_tci & VANE_VLAN_TCI_PRIO);
        }
        frame->tag_proto = ETH_P_VLAN;
        frame->tag_tci = port_tci;
    }
    frame->vlan = vane_tag_vlan(frame);
    return true;
}

static bool vane_switch_source_allowed(const VaneFunction *fn,
                                       const VaneSwitchPort *port,
                                       const VaneFrame *frame)
{
    const uint8_t *source = frame->data + ETH_ALEN;

    if (is_multicast_ether_addr(source)) {
        return false;
    }
    return !(fn->port.flags & VANE_PORT_FLAG_SPOOFCHK) ||
           vane_switch_is_own_address(fn, source) ||
           vane_switch_has_filter(port, source);
}

/* EtherType of a frame that has no VLAN; 0 for others */
static uint16_t vane_switch_ethertype(const VaneFrame *frame)
{
    return frame->tag_tci & VLAN_VID_MASK && frame->tag_proto ? 0 :
           lduw_be_p(frame->data + VANE_TAG_OFFSET);
}

/* If this is a control frame, may the function send it? */
static bool vane_switch_control_allowed(const VaneFunction *fn,
                                        const VaneFrame *frame)
{
    static const uint8_t group[ETH_ALEN - 1] = { 0x01, 0x80, 0xc2 };
    uint16_t type = vane_switch_ethertype(frame);

    if (vane_is_pf(fn)) {
        return true;
    }
    if (type == VANE_ETHERTYPE_MAC_CONTROL) {
        return false;
    }
    return fn->port.flags & VANE_PORT_FLAG_TRUST ||
           (type != VANE_ETHERTYPE_SLOW && type != VANE_ETHERTYPE_LLDP &&
            (memcmp(frame->data, group, sizeof(group)) ||
             frame->data[ETH_ALEN - 1] > 0x0f));
}

/*
 * Where frames bear their channel, a VF names none but those granted to it, and
 * those once.
 */
static bool vane_switch_channel_allowed(const VaneFunction *fn,
                                        const VaneFrame *frame)
{
    if (frame->named && !vane_channel_granted(fn, frame->channel)) {
        return false;
    }
    return vane_is_pf(fn) || !vane_channel_tagged(fn->dev->sw) ||
           !vane_channel_tag_inside(frame);
}

static void vane_switch_drop(VaneFunction *fn, const VaneFrame *frame,
                             enum vane_stat why)
{
    trace_vane_tx_drop(fn->index, why);
    fn->stats[why] += frame->segments;
}

uint32_t vane_switch_tag_bytes(const VaneFunction *fn, const VaneFrame *frame)
{
    unsigned tags = frame->tag_proto ? 1 : 0;

    if (fn->port.vlan_proto == ETH_P_DVLAN) {
        tags++;
    } else if (fn->port.vlan_proto) {
        tags = 1;
    }
    return tags * VANE_VLAN_TAG_SIZE +
           vane_channel_tag_len(fn->dev->sw);
}

/* Ingress edge: false if the frame was dropped there. */
static bool vane_switch_admit(VaneFunction *fn, VaneFrame *frame)
{
    const VaneSwitch *sw = fn->dev->sw;
    const VaneSwitchPort *port = &sw->port[vane_port_bit(fn)];

    if (!fn->loopback &&
        (!(fn->port.flags & VANE_PORT_FLAG_LINK) ||
         (vane_channel_tagged(sw) && !frame->named && !vane_channel_of(fn)))) {
        vane_switch_drop(fn, frame, VANE_STAT_TX_DROP_LINK);
        return false;
    }
    if (!vane_switch_source_allowed(fn, port, frame) ||
        !vane_switch_channel_allowed(fn, frame)) {
        vane_switch_drop(fn, frame, VANE_STAT_TX_DROP_SPOOF);
        return false;
    }
    if (!vane_switch_control_allowed(fn, frame)) {
        vane_switch_drop(fn, frame, VANE_STAT_TX_DROP_CONTROL);
        return false;
    }
    if (!vane_switch_classify(fn, frame) ||
        !vane_switch_in_trunk(fn, port, frame)) {
        vane_switch_drop(fn, frame, VANE_STAT_TX_DROP_VLAN);
        return false;
    }
    return true;
}

VaneSwitchResult vane_switch_transmit(VaneFunction *fn, VaneFrame *frame,
                                      int extra, uint16_t *next)
{
    VaneDevice *dev = fn->dev;
    enum vane_switch_mode mode = dev->sw->mode;
    uint32_t seen = frame->len + extra;
    SwitchRoute route = { .uplink = !fn->loopback };

    if (!vane_switch_admit(fn, frame)) {
        return VANE_SWITCH_DONE;
    }
    if (mode == VANE_SWITCH_VEB && !fn->loopback) {
        vane_switch_find_route(dev, fn, frame, &route);
    }
    if (route.uplink && vane_link_full(dev)) {
        return VANE_SWITCH_UPLINK_FULL;
    }
    if (!*next) {
        vane_count_frame(fn, VANE_STAT_TX_FRAMES, frame, seen - frame->len);
    }
    if (fn->loopback) {
        /* It has not been anywhere where frames have a channel. */
        frame->named = false;
        vane_rx_frame(fn, frame, fn->port.vlan_proto);
    } else if (!vane_switch_deliver(dev, fn, frame, &route, next)) {
        return VANE_SWITCH_UNFINISHED;
    }
    return VANE_SWITCH_DONE;
}

void vane_switch_uplink_drop(VaneDevice *dev, const char *why)
{
    trace_vane_uplink_drop(why);
    dev->uplink_dropped++;
}

/*
 * Delivers to a channel of a port, if the port's filters allow. What is sent to
 * one of its channels may have come from another.
 */
static void vane_switch_steer_port(VaneFunction *fn, VaneFrame *frame,
                                   uint32_t channel, const VaneSteering *to)
{
    const VaneSwitchPort *port = &fn->dev->sw->port[vane_port_bit(fn)];

    if (vane_switch_port_open(fn) && channel && channel != to->except &&
        vane_switch_receives_vlan(fn, port, frame) &&
        vane_switch_receives_address(fn, port, frame->data)) {
        vane_rx_frame(fn, frame, fn->port.vlan_proto);
    }
}

static void vane_switch_steer(VaneDevice *dev, VaneFrame *frame,
                              const VaneSteering *to)
{
    const unsigned long *members = NULL;
    VaneFunction *owner = NULL, *grantee = NULL;
    unsigned long n;

    if (to->list) {
        members = vane_channel_members(dev->sw, to->id);
    } else {
        owner = vane_channel_owner(dev->sw, to->id);
        grantee = vane_channel_grantee(dev->sw, to->id);
    }
    if (owner) {
        vane_switch_steer_port(owner, frame, vane_channel_of(owner), to);
    } else if (grantee) {
        frame->named = true;
        frame->channel = to->id;
        vane_switch_steer_port(grantee, frame, to->id, to);
    } else if (members) {
        for (n = find_first_bit(members, VANE_PORTS); n < VANE_PORTS;
             n = find_next_bit(members, VANE_PORTS, n + 1)) {
            VaneFunction *fn = vane_port_function(dev, n);

            vane_switch_steer_port(fn, frame, vane_channel_of(fn), to);
        }
    } else {
        vane_channel_drop(dev, VANE_TAG_STAT_RX_UNKNOWN);
    }
}

ssize_t vane_switch_receive(VaneDevice *dev, const uint8_t *buf, size_t size)
{
    VaneFrame *frame = dev->frame_rx;
    bool tagged = vane_channel_tagged(dev->sw);
    VaneSteering steering;
    SwitchRoute route;
    uint16_t next = 0;

    if (size < VANE_MIN_FRAME || size > VANE_MAX_WIRE_FRAME) {
        vane_switch_uplink_drop(dev, "length");
        return size;
    }
    frame->data = frame->room + VANE_FRAME_ROOM;
    frame->len = size;
    frame->head_len = MIN(size, VANE_FRAME_PARSED);
    memcpy(frame->data, buf, frame->head_len);
    frame->pieces = 0;
    if (size > frame->head_len) {
        frame->piece[0].iov_base = (void *)(buf + frame->head_len);
        frame->piece[0].iov_len = size - frame->head_len;
        frame->pieces = 1;
    }
    frame->tag_proto = 0;
    frame->named = false;
    frame->mss = 0;
    frame->segments = 1;

    if (tagged && !vane_channel_pop_tag(dev, frame, &steering)) {
        return size;
    }
    vane_frame_parse(frame);
    if (!vane_tag_pop(frame)) {
        vane_switch_uplink_drop(dev, "VLAN tags");
        return size;
    }
    if (vane_switch_ethertype(frame) == VANE_ETHERTYPE_MAC_CONTROL) {
        vane_switch_uplink_drop(dev, "MAC control");
        return size;
    }
    if (tagged && vane_channel_tag_inside(frame)) {
        vane_channel_drop(dev, VANE_TAG_STAT_RX_NESTED);
        return size;
    }
    frame->vlan = vane_tag_vlan(frame);
    if (tagged) {
        vane_switch_steer(dev, frame, &steering);
    } else {
        vane_switch_find_route(dev, NULL, frame, &route);
        /* Of one segment there are never too many copies. */
        vane_switch_deliver(dev, NULL, frame, &route, &next);
    }
    return size;
}
