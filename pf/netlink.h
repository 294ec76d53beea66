/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: the generic netlink family "vane".
 */
#ifndef VANE_PF_NETLINK_H
#define VANE_PF_NETLINK_H

#include <linux/kconfig.h>

#if IS_ENABLED(CONFIG_VANE_NETLINK)
int vane_netlink_init(void);
void vane_netlink_exit(void);
#else
static inline int vane_netlink_init(void)
{
	return 0;
}

static inline void vane_netlink_exit(void)
{
}
#endif

#endif /* VANE_PF_NETLINK_H */
