/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: association of VFs with port profiles; process context, members
 * of the PF's struct net_device_ops under rtnl.
 */
#ifndef VANE_PF_ASSOC_H
#define VANE_PF_ASSOC_H

#include <linux/bitmap.h>
#include <linux/netdevice.h>
#include <linux/workqueue.h>
#include <net/netlink.h>

#include "vane_hw.h"

/**
 * struct vane_assocs - requests in progress about VFs
 * @work: carries them out
 * @pending: these VFs; guarded by vane_pf.lock
 */
struct vane_assocs {
	struct work_struct work;
	DECLARE_BITMAP(pending, VANE_MAX_VFS);
};

void vane_assoc_work(struct work_struct *work);
int vane_assoc_set_vf_mac(struct net_device *netdev, int index, u8 *mac);
int vane_assoc_set_vf_port(struct net_device *netdev, int index,
			   struct nlattr *port[]);
int vane_assoc_get_vf_port(struct net_device *netdev, int index,
			   struct sk_buff *skb);

#endif /* VANE_PF_ASSOC_H */
