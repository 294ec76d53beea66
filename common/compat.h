/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between the kernels that VANE builds for, 6.12 and newer. All
 * other code is written for the newest.
 */
#ifndef VANE_COMPAT_H
#define VANE_COMPAT_H

#include <linux/dim.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/version.h>
#include <net/devlink.h>
#include <net/page_pool/types.h>

/* Until 6.13 a symbol namespace was a bare word */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define VANE_NS		VANE
#else
#define VANE_NS		"VANE"
#endif

/* Until 6.13 a NAPI's settings went with it */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void vane_napi_add(struct net_device *netdev,
				 struct napi_struct *napi,
				 int (*poll)(struct napi_struct *, int),
				 int index)
{
	netif_napi_add(netdev, napi, poll);
}
#else
#define vane_napi_add	netif_napi_add_config
#endif

/* Until 6.15 the affinity of an interrupt went with it */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
static inline void vane_set_affinity_auto(struct net_device *netdev)
{
}
#else
#define vane_set_affinity_auto	netif_set_affinity_auto
#endif

/* Until 6.13 the sample was passed by value */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void vane_net_dim(struct dim *dim, const struct dim_sample *sample)
{
	net_dim(dim, *sample);
}
#else
static inline void vane_net_dim(struct dim *dim, const struct dim_sample *sample)
{
	net_dim(dim, sample);
}
#endif

/* Until 6.19 ethtool asked for the number of rings by ETHTOOL_GRXRINGS */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#define VANE_HAVE_RX_RING_COUNT
#endif

/* Until 6.17 a pool could be given its NAPI at creation only */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
static inline void vane_page_pool_set_napi(struct page_pool *pool,
					   struct napi_struct *napi)
{
	WRITE_ONCE(pool->p.napi, napi);
}
#else
static inline void vane_page_pool_set_napi(struct page_pool *pool,
					   struct napi_struct *napi)
{
	page_pool_enable_direct_recycling(pool, napi);
}
#endif

/* Until 6.18 the graceful period was an argument, not a member of the ops */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
static inline struct devlink_health_reporter *
vane_health_reporter_create(struct devlink *devlink,
			    const struct devlink_health_reporter_ops *ops,
			    void *priv)
{
	return devl_health_reporter_create(devlink, ops, 0, priv);
}

static inline struct devlink_health_reporter *
vane_port_health_reporter_create(struct devlink_port *port,
				 const struct devlink_health_reporter_ops *ops,
				 void *priv)
{
	return devl_port_health_reporter_create(port, ops, 0, priv);
}
#else
#define vane_health_reporter_create		devl_health_reporter_create
#define vane_port_health_reporter_create	devl_port_health_reporter_create
#endif

/* Until 6.19 getting a parameter could not explain an error */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
#define VANE_PARAM_GET_ARGS	struct devlink *devlink, u32 id, \
				struct devlink_param_gset_ctx *ctx
#else
#define VANE_PARAM_GET_ARGS	struct devlink *devlink, u32 id, \
				struct devlink_param_gset_ctx *ctx, \
				struct netlink_ext_ack *extack
#endif

#endif /* VANE_COMPAT_H */
