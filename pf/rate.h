/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: transmit rates; under the devlink instance lock unless said.
 */
#ifndef VANE_PF_RATE_H
#define VANE_PF_RATE_H

#include <net/devlink.h>

#include "vane_mbox.h"
#include "vf.h"

struct vane_pf;

/**
 * struct vane_rate_group - ports that share rates
 * @node: it in devlink, NULL while devlink is being reloaded
 * @name: name of the node, kept by the device for the next driver
 * @id: in the device
 * @tx_max: maximum rate of all its VFs together, Mb/s, 0 for no limit
 * @tx_share: guaranteed rate of all its VFs together, Mb/s
 *
 * Changed under both the devlink instance lock and vane_pf.lock, except @node,
 * which belongs to devlink.
 */
struct vane_rate_group {
	struct devlink_rate *node;
	char name[VANE_RATE_NAME_SIZE];
	u16 id;
	u32 tx_max;
	u32 tx_share;
};

/**
 * struct vane_rates - the rate groups
 * @limit: rate groups of the device
 * @groups: by id - 1
 * @num_groups: how many there are
 *
 * The last two are guarded by vane_pf.lock.
 */
struct vane_rates {
	u32 limit;
	struct vane_rate_group *groups[VANE_MAX_RATE_GROUPS];
	u32 num_groups;
};

int vane_rate_leaf_tx_max_set(struct devlink_rate *rate, void *priv, u64 tx_max,
			      struct netlink_ext_ack *extack);
int vane_rate_leaf_tx_share_set(struct devlink_rate *rate, void *priv,
				u64 tx_share, struct netlink_ext_ack *extack);
int vane_rate_leaf_parent_set(struct devlink_rate *child,
			      struct devlink_rate *parent, void *priv_child,
			      void *priv_parent, struct netlink_ext_ack *extack);
int vane_rate_add_leaf(struct vane_vf_port *port);
void vane_rate_del_leaf(struct vane_vf_port *port);
int vane_rate_node_tx_max_set(struct devlink_rate *rate, void *priv, u64 tx_max,
			      struct netlink_ext_ack *extack);
int vane_rate_node_tx_share_set(struct devlink_rate *rate, void *priv,
				u64 tx_share, struct netlink_ext_ack *extack);
int vane_rate_node_new(struct devlink_rate *rate, void **priv,
		       struct netlink_ext_ack *extack);
int vane_rate_node_del(struct devlink_rate *rate, void *priv,
		       struct netlink_ext_ack *extack);
bool vane_rate_group_exists(const struct vane_pf *pf, u16 id);
int vane_rate_adopt(struct vane_pf *pf);
void vane_rate_replay(struct vane_pf *pf, struct vane_mbox_batch *batch);
void vane_rate_suspend(struct vane_pf *pf);
int vane_rate_resume(struct vane_pf *pf);
void vane_rate_release(struct vane_pf *pf);

#endif /* VANE_PF_RATE_H */
