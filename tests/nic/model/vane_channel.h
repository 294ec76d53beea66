/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: channels (vane_channel.c). VN-Tag and E-Tag are two encodings of the
 * same: a frame's way up names the channel of its port, the way down a channel
 * or a list of them. Nothing but that file tells one tag from the other.
 */
#ifndef HW_NET_VANE_CHANNEL_H
#define HW_NET_VANE_CHANNEL_H

#include "vane_cmd.h"
#include "vane_types.h"

/* A channel tag as it is on the wire; no bytes in a mode without tags */
typedef struct VaneChannelTag {
    uint8_t len;
    uint8_t bytes[VANE_ETAG_SIZE];
} VaneChannelTag;

/* Where a frame from the uplink goes */
typedef struct VaneSteering {
    bool list;                  /* else one channel */
    uint32_t id;                /* of that */
    uint32_t except;            /* the channel that it came from, 0 = none */
} VaneSteering;

void vane_channel_init(VaneSwitch *sw);
void vane_channel_finalize(VaneSwitch *sw);
/* All lists are gone. */
void vane_channel_reset(VaneSwitch *sw);

/* Does the mode of the switch tag frames with their channel? */
bool vane_channel_tagged(const VaneSwitch *sw);
/* Bytes of the tag that the mode puts on frames for the uplink */
uint32_t vane_channel_tag_len(const VaneSwitch *sw);
/* Channel of the function, 0 where it has none that the mode's tag can name */
uint32_t vane_channel_of(const VaneFunction *fn);
/* The tag of a frame that the function sends to the uplink. */
void vane_channel_put_tag(const VaneFunction *fn, const VaneFrame *frame,
                          VaneChannelTag *tag);
/*
 * Takes the tag off a frame from the uplink. False if the frame was dropped for
 * it, and counted.
 */
bool vane_channel_pop_tag(VaneDevice *dev, VaneFrame *frame,
                          VaneSteering *to);
/* Is there a tag behind the VLAN tags of a frame whose outer one is aside? */
bool vane_channel_tag_inside(const VaneFrame *frame);
/* Drops a frame from the uplink, and counts why. */
void vane_channel_drop(VaneDevice *dev, enum vane_tag_stat why);

/* The function that has the channel, or NULL */
VaneFunction *vane_channel_owner(const VaneSwitch *sw, uint32_t channel);
/* The ports in the list, or NULL if there is no such list */
const unsigned long *vane_channel_members(const VaneSwitch *sw, uint32_t list);
/* Which status a port's new channel gets: it may be none, 0. */
int vane_channel_check(const VaneFunction *fn, uint32_t channel);
/* Gives the function another channel, which has been checked. */
void vane_channel_assign(VaneFunction *fn, uint32_t channel);
/* Removes the port from all lists, and deletes lists without members. */
void vane_channel_leave_lists(VaneSwitch *sw, uint32_t port);

/* Commands of the PF */
VaneCmdHandler vane_channel_list_set;
VaneCmdHandler vane_channel_list_get;
VaneCmdHandler vane_channel_stats_get;

#endif /* HW_NET_VANE_CHANNEL_H */
