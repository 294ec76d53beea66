/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: VLAN tags (802.1Q, 802.1ad) and VN-Tags of frames.
 *
 * The outermost VLAN tag of a frame is kept aside while the frame is in the
 * device, so that the edges of the switch neither move bytes nor look twice.
 * Nothing but the MAC addresses ever moves in a frame's room: offsets of what
 * lies behind them stay valid.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "vane_net.h"

/* Gives the MAC addresses @bytes less (or more) distance to what follows. */
static void move_addresses(VaneFrame *frame, int bytes)
{
    memmove(frame->data + bytes, frame->data, VANE_TAG_OFFSET);
    frame->data += bytes;
    frame->len -= bytes;
    frame->head_len -= bytes;
}

static bool is_vlan_proto(uint16_t proto)
{
    return proto == ETH_P_VLAN || proto == ETH_P_DVLAN;
}

bool vane_tag_inside(const VaneFrame *frame)
{
    return is_vlan_proto(lduw_be_p(frame->data + VANE_TAG_OFFSET));
}

/* A priority tag says no VLAN, whichever kind it is of. */
static uint16_t tag_vlan(uint16_t proto, uint16_t tci)
{
    uint16_t vid = tci & VLAN_VID_MASK;

    return vid && proto == ETH_P_DVLAN ? vid | VANE_VLAN_SERVICE : vid;
}

uint16_t vane_tag_vlan(const VaneFrame *frame)
{
    return frame->tag_proto ? tag_vlan(frame->tag_proto, frame->tag_tci) : 0;
}

bool vane_tag_inside_vlan(const VaneFrame *frame, uint16_t *vlan)
{
    *vlan = 0;
    if (!vane_tag_inside(frame)) {
        return true;
    }
    if (frame->head_len < ETH_HLEN + VANE_VLAN_TAG_SIZE) {
        return false;
    }
    *vlan = tag_vlan(lduw_be_p(frame->data + VANE_TAG_OFFSET),
                     lduw_be_p(frame->data + ETH_HLEN));
    return true;
}

bool vane_tag_pop(VaneFrame *frame)
{
    if (!vane_tag_inside(frame) ||
        frame->head_len < ETH_HLEN + VANE_VLAN_TAG_SIZE) {
        return false;
    }
    assert(!frame->tag_proto);
    frame->tag_proto = lduw_be_p(frame->data + VANE_TAG_OFFSET);
    frame->tag_tci = lduw_be_p(frame->data + ETH_HLEN);
    move_addresses(frame, VANE_VLAN_TAG_SIZE);
    return true;
}

static uint8_t *put_vlan_tag(uint8_t *p, uint16_t proto, uint16_t tci)
{
    stw_be_p(p, proto);
    stw_be_p(p + sizeof(proto), tci);
    return p + VANE_VLAN_TAG_SIZE;
}

void vane_tag_push(VaneFrame *frame, uint16_t proto, uint16_t tci)
{
    if (frame->tag_proto) {
        assert(frame->data - frame->room >= VANE_VLAN_TAG_SIZE);
        move_addresses(frame, -(int)VANE_VLAN_TAG_SIZE);
        put_vlan_tag(frame->data + VANE_TAG_OFFSET, frame->tag_proto,
                     frame->tag_tci);
    }
    frame->tag_proto = proto;
    frame->tag_tci = tci;
}

bool vane_vntag_pop(VaneFrame *frame, uint32_t *vntag)
{
    if (frame->head_len < ETH_HLEN + VANE_VNTAG_SIZE ||
        lduw_be_p(frame->data + VANE_TAG_OFFSET) != VANE_VNTAG_ETHERTYPE) {
        return false;
    }
    *vntag = ldl_be_p(frame->data + ETH_HLEN);
    move_addresses(frame, VANE_VNTAG_SIZE);
    return true;
}

/* The view's own first bytes are the addresses, for now. */
static uint8_t *start_l2(const VaneFrame *frame, VaneView *view)
{
    memcpy(view->l2, frame->data, VANE_TAG_OFFSET);
    view->skip = VANE_TAG_OFFSET;
    return view->l2 + VANE_TAG_OFFSET;
}

static void end_l2(const VaneFrame *frame, VaneView *view, uint8_t *end)
{
    view->l2_len = end - view->l2;
    view->len = frame->len - view->skip + view->l2_len;
}

void vane_tag_view(const VaneFrame *frame, bool untag, bool strip,
                   VaneView *view)
{
    bool tagged = frame->tag_proto && !untag;
    uint8_t *end;

    view->l2_len = 0;
    view->skip = 0;
    view->len = frame->len;
    view->has_tci = false;
    view->tci = 0;

    if (tagged && strip && frame->tag_proto == ETH_P_VLAN) {
        view->has_tci = true;
        view->tci = frame->tag_tci;
    } else if (tagged) {
        end = start_l2(frame, view);
        end = put_vlan_tag(end, frame->tag_proto, frame->tag_tci);
        end_l2(frame, view, end);
    } else if (strip &&
               frame->head_len >= ETH_HLEN + VANE_VLAN_TAG_SIZE &&
               lduw_be_p(frame->data + VANE_TAG_OFFSET) == ETH_P_VLAN) {
        view->has_tci = true;
        view->tci = lduw_be_p(frame->data + ETH_HLEN);
        end = start_l2(frame, view);
        view->skip += VANE_VLAN_TAG_SIZE;
        end_l2(frame, view, end);
    }
}

void vane_tag_wire_view(const VaneFrame *frame, const uint32_t *vntag,
                        VaneView *view)
{
    uint8_t *end = start_l2(frame, view);

    if (vntag) {
        stw_be_p(end, VANE_VNTAG_ETHERTYPE);
        stl_be_p(end + sizeof(uint16_t), *vntag);
        end += VANE_VNTAG_SIZE;
    }
    if (frame->tag_proto) {
        end = put_vlan_tag(end, frame->tag_proto, frame->tag_tci);
    }
    view->has_tci = false;
    view->tci = 0;
    end_l2(frame, view, end);
}

unsigned vane_view_iov(const VaneFrame *frame, const VaneView *view,
                       struct iovec *iov)
{
    unsigned n = 0;

    if (view->l2_len) {
        iov[n].iov_base = (void *)view->l2;
        iov[n++].iov_len = view->l2_len;
    }
    iov[n].iov_base = frame->data + view->skip;
    iov[n++].iov_len = frame->head_len - view->skip;
    memcpy(&iov[n], frame->piece, frame->pieces * sizeof(*iov));
    return n + frame->pieces;
}
