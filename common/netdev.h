/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE core: the datapath of a netdev as a whole; under rtnl.
 */
#ifndef VANE_NETDEV_H
#define VANE_NETDEV_H

struct vane_net;
struct vane_ring_config;

int vane_net_reconfigure(struct vane_net *vn,
			 const struct vane_ring_config *config);
int vane_datapath_up(struct vane_net *vn);
void vane_datapath_down(struct vane_net *vn);

#endif /* VANE_NETDEV_H */
