/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: what the PF receives.
 */
#ifndef VANE_PF_FILTER_H
#define VANE_PF_FILTER_H

#include <linux/bitmap.h>
#include <linux/if_vlan.h>
#include <linux/netdev_features.h>
#include <linux/workqueue.h>

#include "addr.h"

struct vane_pf;

/**
 * struct vane_filter - what the PF receives
 * @limit: filter entries of the switch, for all functions
 * @work: brings the rest in line with the netdev, while there is one
 * @short_of_memory: it could not, and is to be run again; written by @work
 * @mac: station address of the PF
 * @wanted: addresses that the netdev has while there are too few filters for them,
 *	otherwise 0
 * @addrs: addresses that the PF receives beside it
 * @vlans: 802.1Q VLANs that the PF receives with VANE_RX_MODE_VLAN_FILTER
 * @svlans: 802.1ad VLANs that it receives with VANE_RX_MODE_SVLAN_FILTER
 * @rx_mode: VANE_RX_MODE_* of the PF
 *
 * From @mac on guarded by vane_pf.lock.
 */
struct vane_filter {
	u32 limit;
	struct work_struct work;
	bool short_of_memory;
	u8 mac[ETH_ALEN];
	u32 wanted;
	struct vane_addr_set addrs;
	DECLARE_BITMAP(vlans, VLAN_N_VID);
	DECLARE_BITMAP(svlans, VLAN_N_VID);
	u32 rx_mode;
};

u32 vane_filter_vlan_modes(netdev_features_t features);
void vane_filter_widen(struct vane_pf *pf, netdev_features_t features);
struct vane_cmd_vlan vane_filter_vlan_cmd(u16 port, u16 proto, u16 vid);
void vane_filter_shrink_to_quota(struct vane_pf *pf);
void vane_filter_work(struct work_struct *work);
void vane_filter_retry(struct vane_pf *pf);
void vane_filter_replay(struct vane_pf *pf, struct vane_mbox_batch *batch);

#endif /* VANE_PF_FILTER_H */
