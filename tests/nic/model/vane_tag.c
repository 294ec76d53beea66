/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: VLAN tags (802.1Q, 802.1ad) of frames.
 *
 * The outermost VLAN tag of a frame is kept aside while the frame is in the
 * device, so that the edges of the switch neither move bytes nor parse the tag
 * again. Only the MAC addresses ever move in a frame's room, so the offsets of
 * everything behind them stay valid.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "vane_tag.h"

/* Moves the MAC addresses @bytes closer to what follows; < 0 moves away. */
static void vane_tag_move_addresses(VaneFrame *frame, int bytes)
{
    memmove(frame->data + bytes, frame->data, VANE_TAG_OFFSET);
    frame->data += bytes;
    frame->len -= (uint32_t)bytes;
    frame->head_len -= (uint32_t)bytes;
}

void vane_tag_remove(VaneFrame *frame, uint32_t bytes)
{
    vane_tag_move_addresses(frame, bytes);
}

bool vane_tag_is_vlan_proto(uint16_t proto)
{
    return proto == ETH_P_VLAN || proto == ETH_P_DVLAN;
}

/* A VLAN tag: its EtherType, 0 if there is none, and its TCI */
typedef struct Tag {
    uint16_t proto;
    uint16_t tci;
} Tag;

static bool vane_tag_is_priority(Tag tag)
{
    return tag.proto && !(tag.tci & VLAN_VID_MASK);
}

/*
 * Reads the tag that follows @before others in the frame's bytes. False if the
 * frame ends before the EtherType behind the tag.
 */
static bool vane_tag_at(const VaneFrame *frame, unsigned before, Tag *tag)
{
    size_t at = VANE_TAG_OFFSET + before * VANE_VLAN_TAG_SIZE;

    *tag = (Tag) {};
    if (!vane_tag_is_vlan_proto(lduw_be_p(frame->data + at))) {
        return true;
    }
    if (frame->head_len < at + VANE_VLAN_TAG_SIZE + sizeof(uint16_t)) {
        return false;
    }
    tag->proto = lduw_be_p(frame->data + at);
    tag->tci = lduw_be_p(frame->data + at + sizeof(uint16_t));
    return true;
}

/*
 * Finds the tag that determines the VLAN of the frame: @outer or, if that is
 * none, the first one in the frame's bytes. If that is a priority tag with
 * another tag behind it, the latter counts. @tags is the number of tags in the
 * frame's bytes up to and including @found. False if the tags are malformed.
 */
static bool vane_tag_find(const VaneFrame *frame, Tag outer, Tag *found,
                          unsigned *tags)
{
    Tag behind;

    *tags = 0;
    if (!outer.proto) {
        if (!vane_tag_at(frame, 0, &outer)) {
            return false;
        }
        *tags = outer.proto ? 1 : 0;
    }
    *found = outer;
    if (!vane_tag_is_priority(outer)) {
        return true;
    }
    if (!vane_tag_at(frame, *tags, &behind) || vane_tag_is_priority(behind)) {
        return false;
    }
    if (behind.proto) {
        *found = behind;
        ++*tags;
    }
    return true;
}

/* A priority tag of either kind means no VLAN. */
static uint16_t vane_tag_vlan_of(uint16_t proto, uint16_t tci)
{
    uint16_t vid = tci & VLAN_VID_MASK;

    return vid && proto == ETH_P_DVLAN ? vid | VANE_VLAN_SERVICE : vid;
}

uint16_t vane_tag_vlan(const VaneFrame *frame)
{
    return frame->tag_proto ?
               vane_tag_vlan_of(frame->tag_proto, frame->tag_tci) :
               0;
}

bool vane_tag_inside_vlan(const VaneFrame *frame, uint16_t *vlan)
{
    unsigned tags;
    Tag tag;

    if (!vane_tag_find(frame, (Tag) {}, &tag, &tags)) {
        return false;
    }
    *vlan = vane_tag_vlan_of(tag.proto, tag.tci);
    return true;
}

bool vane_tag_seen_vid(const VaneFrame *frame, bool untag, uint16_t *vid)
{
    Tag tag = {};
    unsigned tags;

    if (!untag) {
        tag = (Tag) { frame->tag_proto, frame->tag_tci };
    }
    if (!vane_tag_find(frame, tag, &tag, &tags) || tag.proto != ETH_P_VLAN) {
        return false;
    }
    *vid = tag.tci & VLAN_VID_MASK;
    return true;
}

bool vane_tag_pop(VaneFrame *frame)
{
    Tag tag = { frame->tag_proto, frame->tag_tci };
    unsigned tags;

    if (!vane_tag_find(frame, tag, &tag, &tags)) {
        return false;
    }
    vane_tag_move_addresses(frame, tags * VANE_VLAN_TAG_SIZE);
    frame->tag_proto = tag.proto;
    frame->tag_tci = tag.tci;
    return true;
}

static uint8_t *vane_tag_put_vlan_tag(uint8_t *p, uint16_t proto, uint16_t tci)
{
    stw_be_p(p, proto);
    stw_be_p(p + sizeof(proto), tci);
    return p + VANE_VLAN_TAG_SIZE;
}

void vane_tag_push(VaneFrame *frame, uint16_t proto, uint16_t tci)
{
    if (frame->tag_proto) {
        assert(frame->data - frame->room >= VANE_VLAN_TAG_SIZE);
        vane_tag_move_addresses(frame, -(int)VANE_VLAN_TAG_SIZE);
        vane_tag_put_vlan_tag(frame->data + VANE_TAG_OFFSET, frame->tag_proto,
                              frame->tag_tci);
    }
    frame->tag_proto = proto;
    frame->tag_tci = tci;
}

/* Starts the view's own bytes with the MAC addresses. */
static uint8_t *vane_tag_start_l2(const VaneFrame *frame, VaneView *view)
{
    memcpy(view->l2, frame->data, VANE_TAG_OFFSET);
    view->skip = VANE_TAG_OFFSET;
    return view->l2 + VANE_TAG_OFFSET;
}

static void vane_tag_end_l2(const VaneFrame *frame, VaneView *view,
                            uint8_t *end)
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
        end = vane_tag_start_l2(frame, view);
        end = vane_tag_put_vlan_tag(end, frame->tag_proto, frame->tag_tci);
        vane_tag_end_l2(frame, view, end);
    } else if (strip &&
               frame->head_len >= ETH_HLEN + VANE_VLAN_TAG_SIZE &&
               lduw_be_p(frame->data + VANE_TAG_OFFSET) == ETH_P_VLAN) {
        view->has_tci = true;
        view->tci = lduw_be_p(frame->data + ETH_HLEN);
        end = vane_tag_start_l2(frame, view);
        view->skip += VANE_VLAN_TAG_SIZE;
        vane_tag_end_l2(frame, view, end);
    }
}

void vane_tag_channel_view(const VaneFrame *frame, const VaneChannelTag *tag,
                           bool untag, VaneView *view)
{
    uint8_t *end = vane_tag_start_l2(frame, view);

    memcpy(end, tag->bytes, tag->len);
    end += tag->len;
    if (frame->tag_proto && !untag) {
        end = vane_tag_put_vlan_tag(end, frame->tag_proto, frame->tag_tci);
    }
    view->has_tci = false;
    view->tci = 0;
    vane_tag_end_l2(frame, view, end);
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
