/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: ip link set PF vf ...; process context, members of the PF's
 * struct net_device_ops under rtnl.
 */
#ifndef VANE_PF_ADMIN_H
#define VANE_PF_ADMIN_H

#include <linux/bitmap.h>
#include <linux/if_link.h>
#include <linux/netdevice.h>

#include "rtnl.h"
#include "vane_hw.h"
#include "vf.h"

struct vane_pf;

/**
 * struct vane_admin - what the current request of rtnetlink has replaced
 * @request: the request
 * @replaced: VFs whose addresses it has replaced, which are in vane_vf.replaced
 *
 * Guarded by rtnl.
 */
struct vane_admin {
	struct vane_rtnl_mark request;
	DECLARE_BITMAP(replaced, VANE_MAX_VFS);
};

int vane_admin_set_mac(struct vane_pf *pf, int index, const u8 *mac,
		       struct netlink_ext_ack *extack);
int vane_admin_set_vf_mac(struct net_device *netdev, int index, u8 *mac);
void vane_admin_forget_macs(struct vane_pf *pf, u16 index);
const struct vane_vf_macs *vane_admin_replaced_macs(struct vane_pf *pf,
						    u16 index);
int vane_admin_restore_macs(struct vane_pf *pf, u16 index,
			    const struct vane_vf_macs *macs);
int vane_admin_set_vf_vlan(struct net_device *netdev, int index, u16 vlan,
			   u8 qos, __be16 proto);
int vane_admin_set_vf_link_state(struct net_device *netdev, int index,
				 int state);
int vane_admin_set_vf_spoofchk(struct net_device *netdev, int index, bool on);
int vane_admin_set_vf_trust(struct net_device *netdev, int index, bool on);
int vane_admin_set_vf_rate(struct net_device *netdev, int index,
			   int min_tx_rate, int max_tx_rate);
int vane_admin_set_vf_rss_query_en(struct net_device *netdev, int index,
				   bool on);
int vane_admin_get_vf_config(struct net_device *netdev, int index,
			     struct ifla_vf_info *ivi);
int vane_admin_get_vf_stats(struct net_device *netdev, int index,
			    struct ifla_vf_stats *stats);

#endif /* VANE_PF_ADMIN_H */
