/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE core: receive rules.
 */
#ifndef VANE_RULE_H
#define VANE_RULE_H

#include <linux/ethtool.h>

struct vane_net;

/* Under rtnl */
void vane_rules_write(struct vane_net *vn);
void vane_rules_suspend(struct vane_net *vn);
void vane_rules_free(struct vane_net *vn);
int vane_rules_find_context(const struct vane_net *vn, u32 context);

/* Members of struct ethtool_ops: rtnl held, may sleep */
int vane_get_rxnfc(struct net_device *netdev, struct ethtool_rxnfc *info,
		   u32 *locs);
int vane_set_rxnfc(struct net_device *netdev, struct ethtool_rxnfc *info);

#endif /* VANE_RULE_H */
