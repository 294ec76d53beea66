/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: the netdev.
 */
#ifndef VANE_PF_NETDEV_H
#define VANE_PF_NETDEV_H

#include <linux/netdevice.h>

struct vane_pf;

struct vane_pf *vane_netdev_find_pf(struct net_device *netdev);
int vane_netdev_alloc(struct vane_pf *pf);

#endif /* VANE_PF_NETDEV_H */
