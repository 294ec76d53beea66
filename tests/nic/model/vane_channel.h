/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: channels (vane_channel.c). VN-Tag and E-Tag are two encodings of the
 * same: a frame's way up names the channel of its port, the way down a channel
 * or a list of them. Nothing but that file tells one tag from the other.
 */
#ifndef HW_NET_VANE_CHANNEL_H
#define HW_NET_VANE_CHANNEL_H

#include "vane_cmd.h"
#include "vane_frame.h"
#include "vane_types.h"

/* Where a frame from the uplink goes */
typedef struct VaneSteering {
    bool list;                  /* else one channel */
    uint32_t id;                /* of that */
    uint32_t except;            /* the channel that it came from, 0 = none */
} VaneSteering;

void vane_channel_init(VaneSwitch *sw);
void vane_channel_finalize(VaneSwitch *sw);
/* All lists are gone; grants go with those who have them. */
void vane_channel_reset(VaneSwitch *sw);

/* Does the mode of the switch tag frames with their channel? */
bool vane_channel_tagged(const VaneSwitch *sw);
/* Bytes of the tag that the mode puts on frames for the uplink */
uint32_t vane_channel_tag_len(const VaneSwitch *sw);
/* Channel of the function, 0 where it has none that the mode's tag can name */
uint32_t vane_channel_of(const VaneFunction *fn);
/* May the function send under this channel, which is not that of its port? */
bool vane_channel_granted(const VaneFunction *fn, uint32_t channel);
/* Bytes by which a frame may be longer in memory, for a tag that it brings */
uint32_t vane_channel_room(const VaneFunction *fn);
/*
 * Takes the tag off a frame that brings that of a channel granted to its
 * sender, and returns its bytes; else 0.
 */
uint32_t vane_channel_pop_granted(const VaneFunction *fn, VaneFrame *frame);
/* The tag of a frame that the function sends to the uplink. */
void vane_channel_put_tag(const VaneFunction *fn, const VaneFrame *frame,
                          VaneChannelTag *tag);
/*
 * Takes the tag off a frame from the uplink, which keeps it aside. False if the
 * frame was dropped for it, and counted.
 */
bool vane_channel_pop_tag(VaneDevice *dev, VaneFrame *frame,
                          VaneSteering *to);
/* Is there a tag behind the VLAN tags of a frame whose outer one is aside? */
bool vane_channel_tag_inside(const VaneFrame *frame);
/* Drops a frame from the uplink, and counts why. */
void vane_channel_drop(VaneDevice *dev, enum vane_tag_stat why);

/* The function whose port has the channel, or NULL */
VaneFunction *vane_channel_owner(const VaneSwitch *sw, uint32_t channel);
/* The function that the channel is granted to with effect, or NULL */
VaneFunction *vane_channel_grantee(const VaneSwitch *sw, uint32_t channel);
/* The ports in the list, or NULL if there is no such list */
const unsigned long *vane_channel_members(const VaneSwitch *sw, uint32_t list);
/* Which status a port's new channel gets: it may be none, 0. */
int vane_channel_check(const VaneFunction *fn, uint32_t channel);
/* Gives the function another channel, which has been checked. */
void vane_channel_assign(VaneFunction *fn, uint32_t channel);
/* Revokes all that is granted to the function. */
void vane_channel_revoke_all(VaneFunction *fn);
/* Removes the port from all lists, and deletes lists without members. */
void vane_channel_leave_lists(VaneSwitch *sw, uint32_t port);

/* Commands of the PF */
VaneCmdHandler vane_channel_list_set;
VaneCmdHandler vane_channel_list_get;
VaneCmdHandler vane_channel_stats_get;
VaneCmdHandler vane_channel_grant_set;
VaneCmdHandler vane_channel_grant_get;

#endif /* HW_NET_VANE_CHANNEL_H */
