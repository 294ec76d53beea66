/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE core: the net_device of a function, and its private part.
 */
#ifndef VANE_NET_H
#define VANE_NET_H

#include <linux/bitmap.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/spinlock.h>

#include "vane_hw.h"

struct vane_dev;
struct vane_rings;
struct vane_rule;
struct vane_rxq_stats;
struct vane_txq;
struct vane_txq_stats;

/**
 * struct vane_net - private part of the net_device
 * @txq: transmit queues of @rings
 * @rings: rings in use, NULL while the datapath is down
 * @vdev: the function below
 * @netdev: the net_device around
 * @num_queues: queue pairs to use
 * @num_vecs: queue vectors in use, not counting vector 0
 * @tx_log2: log2 of the entries of each transmit ring
 * @rx_log2: log2 of the entries of each receive ring
 * @adaptive: moderation by net_dim instead of @itr
 * @itr: microseconds between interrupts of a vector
 * @tx_copybreak: bytes of the longest frame that is copied to be sent
 * @msg_enable: NETIF_MSG_* that go to the log
 * @rss_ctrl: VANE_RSS_CTRL_* of what is hashed
 * @rss_key: Toeplitz key
 * @rss_table: receive queue of each hash value, for each context
 * @rss_contexts: contexts that exist, always including 0
 * @rules: receive rules by location, NULL for none
 * @num_rules: how many there are
 * @tx_channels: frames may name a granted channel, see vane_tx_use_channels(); written
 *	once, read in any context
 * @open: in the list of netdevs whose datapath is up
 * @tx_stats: counters by queue index, of all that the netdev may have
 * @rx_stats: likewise
 * @stats_lock: guards what follows
 * @stats_live: the device's counters can be read
 * @stats_base: values of the device's counters at which the netdev's are 0
 * @stats: counters of the device, as last shown by the netdev
 * @link_lock: makes reading the link and setting the carrier one step
 * @ready: the owner allows the link to be up; under @link_lock
 * @unregistering: the net_device is being unregistered; under @link_lock
 * @attached: the function is enabled and its registers may be used: from
 *	vane_net_register() on, but between vane_net_detach() and
 *	vane_net_attach(); written under rtnl and @link_lock
 * @testing: a self-test uses the datapath: the queues stay stopped for the stack
 *
 * Guarded by rtnl, except members that name another lock. @txq and @rings change only
 * while neither ndo_start_xmit nor NAPI runs; @txq goes under the core's global
 * transmit lock, for the watchdog.
 */
struct vane_net {
	struct vane_txq **txq;
	struct vane_rings *rings;
	struct vane_dev *vdev;
	struct net_device *netdev;

	u16 num_queues;
	u16 num_vecs;
	u8 tx_log2;
	u8 rx_log2;
	bool adaptive;
	u16 itr;
	u16 tx_copybreak;
	u32 msg_enable;
	u32 rss_ctrl;
	u8 rss_key[VANE_RSS_KEY_SIZE];
	u8 rss_table[VANE_RSS_CONTEXTS][VANE_RSS_TABLE_SIZE];
	DECLARE_BITMAP(rss_contexts, VANE_RSS_CONTEXTS);
	struct vane_rule *rules[VANE_MAX_RULES];
	u32 num_rules;
	bool tx_channels;

	struct list_head open;
	struct vane_txq_stats *tx_stats;
	struct vane_rxq_stats *rx_stats;

	spinlock_t stats_lock;	/* @stats_live, @stats_base, @stats */
	bool stats_live;
	u64 stats_base[VANE_STAT_COUNT];
	u64 stats[VANE_STAT_COUNT];

	struct mutex link_lock;	/* STATUS to carrier; @ready to @attached */
	bool ready;
	bool unregistering;
	bool attached;
	bool testing;
};

/**
 * vane_net_attached() - whether the netdev can use its function
 * @vn: netdev
 *
 * Context: rtnl held, or whoever attaches and detaches the netdev.
 * Return: false before it is registered, and between vane_net_detach() and
 * vane_net_attach().
 */
static inline bool vane_net_attached(const struct vane_net *vn)
{
	return READ_ONCE(vn->attached);
}

/* netdev.c: life of the net_device; rtnl where noted at the definition */
struct vane_net *vane_net_alloc(struct vane_dev *vdev,
				const struct net_device_ops *ndo);
void vane_net_free(struct vane_net *vn);
int vane_net_register(struct vane_net *vn);
void vane_net_unregister(struct vane_net *vn);
void vane_net_detach(struct vane_net *vn);
int vane_net_attach(struct vane_net *vn);
void vane_net_set_ready(struct vane_net *vn, bool ready);
void vane_net_refresh_link(struct vane_net *vn);
void vane_net_refresh_limits(struct vane_net *vn);
bool vane_net_release_vector(void);

/* netdev.c, counters.c, tx.c: members of the owner's struct net_device_ops */
int vane_net_open(struct net_device *netdev);
int vane_net_stop(struct net_device *netdev);
netdev_tx_t vane_start_xmit(struct sk_buff *skb, struct net_device *netdev);
netdev_features_t vane_features_check(struct sk_buff *skb,
				      struct net_device *netdev,
				      netdev_features_t features);
void vane_get_stats64(struct net_device *netdev,
		      struct rtnl_link_stats64 *stats);
int vane_change_mtu(struct net_device *netdev, int mtu);
netdev_features_t vane_fix_features(struct net_device *netdev,
				    netdev_features_t features);
int vane_set_features(struct net_device *netdev, netdev_features_t features);
void vane_tx_timeout(struct net_device *netdev, unsigned int txq);

/* tx.c: granted channels; rtnl */
void vane_tx_use_channels(struct vane_net *vn);

/* ethtool.c: what any function has; the owner may add to a copy of it */
extern const struct ethtool_ops vane_ethtool_ops;

#endif /* VANE_NET_H */
