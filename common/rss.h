/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE core: receive-side scaling.
 */
#ifndef VANE_RSS_H
#define VANE_RSS_H

#include <linux/ethtool.h>

#include "compat.h"

struct vane_net;

/* Under rtnl */
void vane_rss_init(struct vane_net *vn);
void vane_rss_fit(struct vane_net *vn);
void vane_rss_write(struct vane_net *vn);

/* Members of struct ethtool_ops: rtnl held, may sleep */
u32 vane_get_rxfh_key_size(struct net_device *netdev);
u32 vane_get_rxfh_indir_size(struct net_device *netdev);
int vane_get_rxfh(struct net_device *netdev, struct ethtool_rxfh_param *rxfh);
int vane_set_rxfh(struct net_device *netdev, struct ethtool_rxfh_param *rxfh,
		  struct netlink_ext_ack *extack);
int vane_create_rxfh_context(struct net_device *netdev,
			     struct ethtool_rxfh_context *ctx,
			     const struct ethtool_rxfh_param *rxfh,
			     struct netlink_ext_ack *extack);
int vane_modify_rxfh_context(struct net_device *netdev,
			     struct ethtool_rxfh_context *ctx,
			     const struct ethtool_rxfh_param *rxfh,
			     struct netlink_ext_ack *extack);
int vane_remove_rxfh_context(struct net_device *netdev,
			     struct ethtool_rxfh_context *ctx, u32 context,
			     struct netlink_ext_ack *extack);
int vane_get_rxfh_fields(struct net_device *netdev,
			 struct ethtool_rxfh_fields *fields);
int vane_set_rxfh_fields(struct net_device *netdev,
			 const struct ethtool_rxfh_fields *fields,
			 struct netlink_ext_ack *extack);

#endif /* VANE_RSS_H */
