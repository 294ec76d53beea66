/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: the switch; process context, no locks held unless said.
 */
#ifndef VANE_PF_SWITCH_H
#define VANE_PF_SWITCH_H

#include <linux/netlink.h>
#include <linux/xarray.h>

#include "vane_mbox.h"

struct vane_pf;

/**
 * struct vane_switch - the switch
 * @limit_lists: lists of channels in use at a time
 * @mode: enum vane_switch_mode
 * @channel: channel of the PF, 0 for none
 * @prio_map: its map of priorities, as in struct vane_cmd_port
 * @lists: struct vane_cmd_list by id
 * @num_lists: entries of @lists
 *
 * From @mode on guarded by vane_pf.lock.
 */
struct vane_switch {
	u32 limit_lists;
	enum vane_switch_mode mode;
	u32 channel;
	u64 prio_map;
	struct xarray lists;
	u32 num_lists;
};

/**
 * struct vane_switch_port - what is to be set of a port
 * @channel: channel, 0 for none
 * @prio_map: map of priorities, VANE_PRIOS entries, or NULL to keep it
 * @has_channel: @channel is to be set
 */
struct vane_switch_port {
	u32 channel;
	const u8 *prio_map;
	bool has_channel;
};

/* Entries of a map of priorities, and what they are limited to */
#define VANE_PRIOS			16

/* Whether frames bear the channel of their function on the wire */
static inline bool vane_switch_is_tagged(enum vane_switch_mode mode)
{
	return mode == VANE_SWITCH_VNTAG || mode == VANE_SWITCH_ETAG;
}

/* Id of a list of channels */
static inline u32 vane_switch_list_id(const struct vane_cmd_list *list)
{
	return list->list_high << 16 | le16_to_cpu(list->list);
}

static inline void vane_switch_set_list_id(struct vane_cmd_list *list, u32 id)
{
	list->list = cpu_to_le16(lower_16_bits(id));
	list->list_high = upper_16_bits(id);
}

void vane_switch_refresh_carrier(struct vane_pf *pf);
int vane_switch_try_mode(struct vane_pf *pf, enum vane_switch_mode mode,
			 struct netlink_ext_ack *extack);
int vane_switch_set_mode(struct vane_pf *pf, enum vane_switch_mode mode,
			 struct netlink_ext_ack *extack);
int vane_switch_get_filters(struct vane_pf *pf, u32 *used);
int vane_switch_get_tag_drops(struct vane_pf *pf,
			      u64 counters[VANE_TAG_STAT_COUNT]);
int vane_switch_pack_prios(struct vane_pf *pf, const u8 *prios, u64 *prio_map,
			   struct netlink_ext_ack *extack);
int vane_switch_set_port(struct vane_pf *pf, u16 port,
			 const struct vane_switch_port *wanted,
			 struct netlink_ext_ack *extack);
int vane_switch_check_list_id(struct vane_pf *pf, u32 id,
			      struct netlink_ext_ack *extack);
int vane_switch_set_list(struct vane_pf *pf,
			 const struct vane_cmd_list *list,
			 struct netlink_ext_ack *extack);
int vane_switch_del_list(struct vane_pf *pf, u32 id,
			 struct netlink_ext_ack *extack);
int vane_switch_set_trunk(struct vane_pf *pf, u16 index, const u8 *vids,
			  struct netlink_ext_ack *extack);
int vane_switch_del_trunk(struct vane_pf *pf, u16 index,
			  struct netlink_ext_ack *extack);
void vane_switch_drop_vfs(struct vane_pf *pf);
void vane_switch_replay(struct vane_pf *pf, struct vane_mbox_batch *batch);
int vane_switch_adopt(struct vane_pf *pf);
void vane_switch_release(struct vane_pf *pf);

#endif /* VANE_PF_SWITCH_H */
