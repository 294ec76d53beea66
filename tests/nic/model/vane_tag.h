/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: VLAN tags (vane_tag.c).
 */
#ifndef HW_NET_VANE_TAG_H
#define HW_NET_VANE_TAG_H

#include "vane_channel.h"
#include "vane_frame.h"

/*
 * A frame as one receiver sees it: l2[] in place of the first skip bytes, the
 * rest as it is.
 */
struct VaneView {
    uint8_t l2[VANE_TAG_OFFSET + VANE_ETAG_SIZE + VANE_VLAN_TAG_SIZE];
    uint16_t l2_len;
    uint16_t skip;
    uint32_t len;
    bool has_tci;               /* a tag was stripped */
    uint16_t tci;
};

/* The VLAN of the tag that is aside, as in VaneFrame.vlan; 0 for none. */
uint16_t vane_tag_vlan(const VaneFrame *frame);
/* That of the tags in the frame's bytes. False if they are malformed. */
bool vane_tag_inside_vlan(const VaneFrame *frame, uint16_t *vlan);
/*
 * VID of the 802.1Q VLAN of the frame as a function gets it, 0 with a priority
 * tag. False if it has no such tag.
 */
bool vane_tag_seen_vid(const VaneFrame *frame, bool untag, uint16_t *vid);
/*
 * Puts the outermost VLAN tag aside, if there is one; of a priority tag and one
 * behind it the latter, for the former says nothing then. False if the frame's
 * tags are malformed.
 */
bool vane_tag_pop(VaneFrame *frame);
/* Makes this the outermost tag; one that was aside goes into the frame. */
void vane_tag_push(VaneFrame *frame, uint16_t proto, uint16_t tci);
/* Is this the EtherType of a VLAN tag? */
bool vane_tag_is_vlan_proto(uint16_t proto);
/* Takes bytes out behind the MAC addresses. */
void vane_tag_remove(VaneFrame *frame, uint32_t bytes);
/*
 * The frame as a function gets it: with the tag aside, or without (@untag),
 * and with its outermost 802.1Q tag moved into @view->tci if @strip is set.
 */
void vane_tag_view(const VaneFrame *frame, bool untag, bool strip,
                   VaneView *view);
/*
 * The frame with @tag outside of its VLAN tags, as the uplink gets it or, with
 * the VLAN tag aside or without (@untag), a function that asked for no less.
 */
void vane_tag_channel_view(const VaneFrame *frame, const VaneChannelTag *tag,
                           bool untag, VaneView *view);
/* Where the bytes are: VANE_FRAME_PIECES + 2 pieces at most. */
unsigned vane_view_iov(const VaneFrame *frame, const VaneView *view,
                       struct iovec *iov);

#endif /* HW_NET_VANE_TAG_H */
