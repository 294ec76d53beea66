/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: ethtool of the port.
 */
#ifndef VANE_PF_ETHTOOL_H
#define VANE_PF_ETHTOOL_H

#include <linux/netdevice.h>

void vane_pf_ethtool_attach(struct net_device *netdev);
void vane_pf_ethtool_init(void);

#endif /* VANE_PF_ETHTOOL_H */
