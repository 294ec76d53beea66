/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: the embedded switch (datasheet, "Switch" and "Receive filter").
 *
 * The way of a frame: ingress edge (source check, VLAN), lookup, and for each
 * receiver its own check of VLAN, address and length. Sets of ports are
 * bitmaps; who receives an address is found by hash, so that a unicast frame
 * costs the same with one VF as with all.
 */
#include "qemu/osdep.h"
#include "qemu/bitmap.h"
#include "net/eth.h"
#include "trace.h"
#include "vane_switch.h"

/*
 * Is the frame of a VLAN that the function itself may use? Its own tag is the
 * outermost, but for one of a service VLAN that the port adds and removes.
 */
static bool in_trunk(const VaneFunction *fn, const VaneSwitchPort *port,
                     const VaneFrame *frame)
{
    uint16_t vlan = 0;

    if (!(fn->port.flags & VANE_PORT_FLAG_TRUNK)) {
        return true;
    }
    if (fn->port.vlan_proto != ETH_P_VLAN) {
        if (fn->port.vlan_proto || !frame->tag_proto) {
            if (!vane_tag_inside_vlan(frame, &vlan)) {
                return false;
            }
        } else {
            vlan = vane_tag_vlan(frame);
        }
    }
    return !(vlan & VANE_VLAN_SERVICE) && test_bit(vlan, port->trunk);
}

/* Does the port receive frames of that frame's VLAN? */
static bool receives_vlan(const VaneFunction *fn, const VaneSwitchPort *port,
                          const VaneFrame *frame)
{
    uint16_t vlan = frame->vlan;

    if (!in_trunk(fn, port, frame)) {
        return false;
    }
    if (fn->port.vlan_proto) {
        return vlan == vane_port_vlan(fn);
    }
    if (vlan & VANE_VLAN_SERVICE) {
        return port->rx_mode & VANE_RX_MODE_PROMISC;
    }
    return !vlan || !(port->rx_mode & VANE_RX_MODE_VLAN_FILTER) ||
           test_bit(vlan, port->vlans);
}

/* Does the port receive frames to that address? */
static bool receives_address(const VaneFunction *fn,
                             const VaneSwitchPort *port, const uint8_t *mac)
{
    if (is_broadcast_ether_addr(mac) ||
        port->rx_mode & VANE_RX_MODE_PROMISC) {
        return true;
    }
    if (is_multicast_ether_addr(mac) &&
        port->rx_mode & VANE_RX_MODE_ALLMULTI) {
        return true;
    }
    return !memcmp(mac, fn->port.mac, ETH_ALEN) ||
           vane_switch_has_filter(port, mac);
}

/* The frame has found its receiver; one in loopback gets its own only. */
static void deliver(VaneFunction *fn, VaneFrame *frame)
{
    if (fn->port.flags & VANE_PORT_FLAG_LINK && !fn->loopback) {
        vane_rx_frame(fn, frame, fn->port.vlan_proto);
    }
}

/* To every port of the set that has the frame's VLAN, but not to @except. */
static void deliver_set(VaneDevice *dev, const unsigned long *set,
                        const VaneFunction *except, VaneFrame *frame)
{
    unsigned long n;

    for (n = find_first_bit(set, VANE_PORTS); n < VANE_PORTS;
         n = find_next_bit(set, VANE_PORTS, n + 1)) {
        VaneFunction *fn = vane_port_function(dev, n);

        if (fn != except && vane_function_present(fn) &&
            receives_vlan(fn, &dev->sw->port[n], frame)) {
            deliver(fn, frame);
        }
    }
}

static void send_wire_frame(VaneDevice *dev, VaneFrame *frame,
                            const uint32_t *vntag)
{
    struct iovec iov[VANE_FRAME_PIECES + 2];
    VaneView view;

    vane_tag_wire_view(frame, vntag, &view);
    vane_uplink_send(dev, iov, vane_view_iov(frame, &view, iov));
}

static void send_uplink(VaneDevice *dev, VaneFrame *frame,
                        const uint32_t *vntag)
{
    VaneSegments it;

    dev->work += frame->segments;
    if (!frame->mss) {
        send_wire_frame(dev, frame, vntag);
        return;
    }
    vane_segments_start(&it, frame);
    while (vane_segments_next(&it, dev->frame_segment)) {
        send_wire_frame(dev, dev->frame_segment, vntag);
    }
}

/*
 * VEPA: the bridge reflects frames, also to where they came from. Whoever has
 * the source address is not to get the frame.
 */
static void prune_source(const VaneSwitch *sw, const VaneFrame *frame,
                         unsigned long *set)
{
    DECLARE_BITMAP(source, VANE_PORTS);

    vane_switch_lookup(sw, frame->data + ETH_ALEN, frame->vlan, source);
    bitmap_andnot(set, set, source, VANE_PORTS);
}

/*
 * VEB, and VEPA from the uplink: by VLAN and address. @from is NULL for the
 * uplink.
 */
static void forward(VaneDevice *dev, const VaneFunction *from,
                    VaneFrame *frame)
{
    VaneSwitch *sw = dev->sw;
    DECLARE_BITMAP(set, VANE_PORTS);
    bool local = false;
    unsigned long n;

    vane_switch_lookup(sw, frame->data, frame->vlan, set);
    if (!vane_frame_is_multicast(frame)) {
        /* Known where a port receives it, be it the sender itself. */
        for (n = find_first_bit(set, VANE_PORTS); n < VANE_PORTS && !local;
             n = find_next_bit(set, VANE_PORTS, n + 1)) {
            const VaneFunction *fn = vane_port_function(dev, n);

            local = vane_function_present(fn) &&
                    receives_vlan(fn, &sw->port[n], frame);
        }
    } else if (is_broadcast_ether_addr(frame->data)) {
        bitmap_set(set, 0, dev->sriov.num_vfs);
        set_bit(VANE_PORT_BIT_PF, set);
    } else {
        bitmap_or(set, set, sw->allmulti, VANE_PORTS);
    }
    bitmap_or(set, set, sw->promisc, VANE_PORTS);
    if (sw->mode == VANE_SWITCH_VEPA) {
        prune_source(sw, frame, set);
    }

    trace_vane_switch_forward(from ? from->index : -1, frame->vlan, local);
    deliver_set(dev, set, from, frame);
    if (from && !local) {
        send_uplink(dev, frame, NULL);
    }
}

/*
 * Ingress edge, VLAN: what the frame belongs to, and its tag put aside or the
 * port's put on. False if the port does not allow its tag.
 */
static bool classify(const VaneFunction *fn, VaneFrame *frame, bool has_tci,
                     uint16_t tci)
{
    uint16_t port_tci = fn->port.vlan_tci;

    if (has_tci) {
        vane_tag_push(frame, ETH_P_VLAN, tci);
    }
    if (fn->port.vlan_proto == ETH_P_DVLAN) {
        vane_tag_push(frame, ETH_P_DVLAN, port_tci);
        frame->vlan = vane_port_vlan(fn);
        return true;
    }
    if (!has_tci) {
        vane_tag_pop(frame);
    }
    if (fn->port.vlan_proto == ETH_P_VLAN) {
        if (frame->tag_proto) {
            if (frame->tag_proto != ETH_P_VLAN ||
                frame->tag_tci & VLAN_VID_MASK) {
                return false;
            }
            port_tci = (port_tci & VLAN_VID_MASK) |
                       (frame->tag_tci & VANE_VLAN_TCI_PRIO);
        }
        if (vane_tag_inside(frame)) {
            return false;
        }
        frame->tag_proto = ETH_P_VLAN;
        frame->tag_tci = port_tci;
    }
    frame->vlan = frame->tag_proto == ETH_P_VLAN ?
                  frame->tag_tci & VLAN_VID_MASK : 0;
    return true;
}

static bool source_allowed(const VaneFunction *fn, const VaneSwitchPort *port,
                           const VaneFrame *frame)
{
    const uint8_t *source = frame->data + ETH_ALEN;

    if (is_multicast_ether_addr(source)) {
        return false;
    }
    return !(fn->port.flags & VANE_PORT_FLAG_SPOOFCHK) ||
           !memcmp(source, fn->port.mac, ETH_ALEN) ||
           vane_switch_has_filter(port, source);
}

static void drop(VaneFunction *fn, const VaneFrame *frame, enum vane_stat why)
{
    trace_vane_tx_drop(fn->index, why);
    fn->stats[why] += frame->segments;
}

uint32_t vane_switch_tag_bytes(const VaneFunction *fn)
{
    return (fn->port.vlan_proto ? VANE_VLAN_TAG_SIZE : 0) +
           (fn->dev->sw->mode == VANE_SWITCH_VNTAG ? VANE_VNTAG_SIZE : 0);
}

void vane_switch_transmit(VaneFunction *fn, VaneFrame *frame, bool has_tci,
                          uint16_t tci)
{
    VaneDevice *dev = fn->dev;
    VaneSwitch *sw = dev->sw;
    const VaneSwitchPort *port = &sw->port[vane_port_bit(fn)];
    uint32_t seen = frame->len + (has_tci ? VANE_VLAN_TAG_SIZE : 0);
    bool vntag_mode = sw->mode == VANE_SWITCH_VNTAG;

    if (!fn->loopback && (!(fn->port.flags & VANE_PORT_FLAG_LINK) ||
                          (vntag_mode && !fn->port.vif))) {
        drop(fn, frame, VANE_STAT_TX_DROP_LINK);
        return;
    }
    if (!source_allowed(fn, port, frame)) {
        drop(fn, frame, VANE_STAT_TX_DROP_SPOOF);
        return;
    }
    if (!classify(fn, frame, has_tci, tci) || !in_trunk(fn, port, frame)) {
        drop(fn, frame, VANE_STAT_TX_DROP_VLAN);
        return;
    }
    vane_count_frame(fn, VANE_STAT_TX_FRAMES, frame, seen - frame->len);
    if (fn->loopback) {
        vane_rx_frame(fn, frame, fn->port.vlan_proto);
    } else if (vntag_mode) {
        uint32_t vntag = vane_put(VANE_VNTAG_SVIF, fn->port.vif);

        send_uplink(dev, frame, &vntag);
    } else if (sw->mode == VANE_SWITCH_VEPA) {
        send_uplink(dev, frame, NULL);
    } else {
        forward(dev, fn, frame);
    }
}

static void uplink_drop(VaneDevice *dev, const char *why)
{
    trace_vane_uplink_drop(why);
    dev->uplink_dropped++;
}

/* In VN-Tag mode: the receive filter of a port that the tag names. */
static void steer(VaneFunction *fn, VaneFrame *frame)
{
    const VaneSwitchPort *port = &fn->dev->sw->port[vane_port_bit(fn)];

    if (vane_function_present(fn) && fn->port.vif &&
        receives_vlan(fn, port, frame) &&
        receives_address(fn, port, frame->data)) {
        deliver(fn, frame);
    }
}

static void steer_list(VaneDevice *dev, const unsigned long *members,
                       uint32_t vntag, VaneFrame *frame)
{
    unsigned long n;

    for (n = find_first_bit(members, VANE_PORTS); n < VANE_PORTS;
         n = find_next_bit(members, VANE_PORTS, n + 1)) {
        VaneFunction *fn = vane_port_function(dev, n);

        if (!(vntag & VANE_VNTAG_LOOPED) ||
            fn->port.vif != vane_get(vntag, VANE_VNTAG_SVIF)) {
            steer(fn, frame);
        }
    }
}

static void receive_vntag(VaneDevice *dev, VaneFrame *frame, uint32_t vntag)
{
    VaneSwitch *sw = dev->sw;
    uint32_t dvif = vane_get(vntag, VANE_VNTAG_DVIF);

    if (!(vntag & VANE_VNTAG_DIR)) {
        uplink_drop(dev, "VN-Tag of the wrong direction");
    } else if (vntag & VANE_VNTAG_VER) {
        uplink_drop(dev, "VN-Tag of another version");
    } else if (dvif > VANE_MAX_VIF) {
        uplink_drop(dev, "VIF out of range");
    } else if (vntag & VANE_VNTAG_PTR) {
        if (sw->list[dvif]) {
            steer_list(dev, sw->list[dvif], vntag, frame);
        } else {
            uplink_drop(dev, "unknown VIF list");
        }
    } else if (!sw->vif[dvif]) {
        uplink_drop(dev, "unknown VIF");
    } else if (!(vntag & VANE_VNTAG_LOOPED) ||
               dvif != vane_get(vntag, VANE_VNTAG_SVIF)) {
        steer(sw->vif[dvif], frame);
    }
}

ssize_t vane_switch_receive(VaneDevice *dev, const uint8_t *buf, size_t size)
{
    VaneFrame *frame = dev->frame_rx;
    bool vntag_mode = dev->sw->mode == VANE_SWITCH_VNTAG;
    uint32_t vntag;

    if (size < VANE_MIN_FRAME || size > VANE_MAX_WIRE_FRAME) {
        uplink_drop(dev, "length");
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
    frame->mss = 0;
    frame->segments = 1;

    if (vntag_mode && !vane_vntag_pop(frame, &vntag)) {
        uplink_drop(dev, "no VN-Tag");
        return size;
    }
    vane_tag_pop(frame);
    frame->vlan = vane_tag_vlan(frame);
    vane_frame_parse(frame);
    if (vntag_mode) {
        receive_vntag(dev, frame, vntag);
    } else {
        forward(dev, NULL, frame);
    }
    return size;
}
