/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: who has which channel; under vane_pf.lock unless said.
 */
#ifndef VANE_PF_CHANNEL_H
#define VANE_PF_CHANNEL_H

#include <linux/netlink.h>
#include <linux/xarray.h>

#include "vane_mbox.h"

struct vane_pf;

/**
 * struct vane_channels - channels that VFs have beside those of their ports
 * @granted: index of the VF, as a value, by channel
 * @num_granted: entries of @granted
 *
 * Guarded by vane_pf.lock.
 */
struct vane_channels {
	struct xarray granted;
	u32 num_granted;
};

u32 vane_channel_limit(const struct vane_pf *pf);
bool vane_channel_fits_vntag(u32 channel, u16 port,
			     struct netlink_ext_ack *extack);
bool vane_channel_grants_fit_vntag(struct vane_pf *pf,
				   struct netlink_ext_ack *extack);
int vane_channel_check(struct vane_pf *pf, u16 port, u32 channel,
		       struct netlink_ext_ack *extack);
int vane_channel_grant(struct vane_pf *pf, u16 index, u32 channel,
		       struct netlink_ext_ack *extack);
int vane_channel_revoke(struct vane_pf *pf, u16 index, u32 channel,
			struct netlink_ext_ack *extack);
void vane_channel_list(struct vane_pf *pf, u16 index, u32 first,
		       struct vane_mbox_channels_rsp *list);
void vane_channel_drop_vfs(struct vane_pf *pf);
void vane_channel_replay(struct vane_pf *pf, struct vane_mbox_batch *batch);
int vane_channel_adopt(struct vane_pf *pf);
void vane_channel_release(struct vane_pf *pf);

#endif /* VANE_PF_CHANNEL_H */
