// SPDX-License-Identifier: GPL-2.0-only
/*
 * The net_device: open, stop, and every change of the rings under it
 *
 * A change of ring size, channels, MTU or features allocates the new rings
 * first, stops the datapath, and goes on with them. If memory or vectors are
 * short, the old ones have not been touched.
 */

#include <linux/bitfield.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <net/netdev_queues.h>
#include <net/rps.h>

#include "core.h"

#define TX_LOG2_DEFAULT		9
#define RX_LOG2_DEFAULT		8

/* Not the link's: 256 VFs would have as much to say of a flap as one */
#define VANE_MSG_DEFAULT	(NETIF_MSG_DRV | NETIF_MSG_TX_ERR)

/* Link and limits
 * ---------------
 */

/**
 * vane_net_refresh_link() - make the carrier what STATUS says
 * @vn: netdev
 *
 * On VANE_EVENT_STATUS and VANE_EVENT_LINK. Process context.
 */
void vane_net_refresh_link(struct vane_net *vn)
{
	struct net_device *netdev = vn->netdev;
	struct vane_dev *vdev = vn->vdev;
	bool up;

	mutex_lock(&vn->link_lock);
	up = vn->ready &&
	     vane_rd32(vdev, VANE_REG_STATUS) & VANE_STATUS_LINK_UP &&
	     vane_dev_alive(vdev);
	if (up != netif_carrier_ok(netdev) && !vn->gone) {
		if (up)
			netif_carrier_on(netdev);
		else
			netif_carrier_off(netdev);
		netif_info(vn, link, netdev, "link is %s\n",
			   up ? "up" : "down");
	}
	mutex_unlock(&vn->link_lock);
}
EXPORT_SYMBOL_NS_GPL(vane_net_refresh_link, VANE_NS);

/**
 * vane_net_set_ready() - say whether the link may be up
 * @vn: netdev
 * @ready: false: no carrier, whatever STATUS says; as after vane_net_alloc()
 *
 * Process context.
 */
void vane_net_set_ready(struct vane_net *vn, bool ready)
{
	mutex_lock(&vn->link_lock);
	vn->ready = ready;
	mutex_unlock(&vn->link_lock);
	vane_net_refresh_link(vn);
}
EXPORT_SYMBOL_NS_GPL(vane_net_set_ready, VANE_NS);

static void read_max_mtu(struct vane_net *vn)
{
	struct vane_dev *vdev = vn->vdev;
	u32 frame = vane_rd32(vdev, VANE_REG_STATUS_MAX_FRAME);

	/* A PF driver that has said nothing yet has set no limit. */
	if (!frame)
		frame = vdev->limit_frame;
	frame = clamp_t(u32, frame, ETH_MIN_MTU + VANE_FRAME_OVERHEAD,
			vdev->limit_frame);
	vn->netdev->max_mtu = frame - VANE_FRAME_OVERHEAD;
}

/**
 * vane_net_refresh_limits() - take over what the PF allows by now
 * @vn: netdev, registered; under rtnl
 *
 * When STATUS_CONFIG_GEN has changed. Lowers the MTU if it must.
 */
void vane_net_refresh_limits(struct vane_net *vn)
{
	struct net_device *netdev = vn->netdev;
	int err;

	ASSERT_RTNL();

	read_max_mtu(vn);
	if (netdev->mtu <= netdev->max_mtu)
		return;

	netif_info(vn, drv, netdev,
		   "MTU lowered from %u to %u, as the PF demands\n",
		   netdev->mtu, netdev->max_mtu);
	err = dev_set_mtu(netdev, netdev->max_mtu);
	if (err)
		netdev_err(netdev, "cannot set MTU %u: %d\n", netdev->max_mtu,
			   err);
}
EXPORT_SYMBOL_NS_GPL(vane_net_refresh_limits, VANE_NS);

/* Datapath up and down
 * --------------------
 */

/* Netdevs whose datapath is up; under rtnl */
static LIST_HEAD(open_nets);

static bool config_equal(const struct vane_ring_config *a,
			 const struct vane_ring_config *b)
{
	return a->num_queues == b->num_queues && a->tx_log2 == b->tx_log2 &&
	       a->rx_log2 == b->rx_log2 && a->chunk == b->chunk &&
	       a->gro == b->gro;
}

/**
 * vane_ring_config() - what rings a netdev needs
 * @vn: netdev
 * @features: its features
 * @mtu: its MTU
 * @config: result
 */
void vane_ring_config(const struct vane_net *vn, netdev_features_t features,
		      unsigned int mtu, struct vane_ring_config *config)
{
	config->num_queues = vn->num_queues;
	config->tx_log2 = vn->tx_log2;
	config->rx_log2 = vn->rx_log2;
	config->gro = features & NETIF_F_GRO_HW;
	if (config->gro)
		config->chunk = VANE_RX_CHUNK_GRO;
	else if (mtu + VANE_FRAME_OVERHEAD >
		 VANE_RX_CHUNK_SMALL - VANE_RX_OVERHEAD)
		config->chunk = VANE_RX_CHUNK_LARGE;
	else
		config->chunk = VANE_RX_CHUNK_SMALL;
}

/* No frame is given to a queue from now on; NAPI may wake those that it serves. */
static void stop_txqs(struct net_device *netdev)
{
	struct netdev_queue *nq;
	unsigned int q;

	netif_tx_lock_bh(netdev);
	for (q = 0; q < netdev->num_tx_queues; q++) {
		nq = netdev_get_tx_queue(netdev, q);
		/* To the watchdog one that was idle would seem to hang. */
		txq_trans_cond_update(nq);
		netif_tx_stop_queue(nq);
	}
	netif_tx_unlock_bh(netdev);
}

static void forget_rings(struct vane_net *vn)
{
	list_del(&vn->open);
	vn->rings = NULL;
	/* The watchdog looks at the queues under this lock. */
	netif_tx_lock_bh(vn->netdev);
	vn->txq = NULL;
	netif_tx_unlock_bh(vn->netdev);
}

/* Takes @rings into use; vectors and the stack's queues are as many as it
 * needs. If it fails, the datapath is down.
 */
static int start_datapath(struct vane_net *vn, struct vane_rings *rings)
{
	int err;

	vn->num_queues = rings->config.num_queues;
	vn->tx_log2 = rings->config.tx_log2;
	vn->rx_log2 = rings->config.rx_log2;
	vn->rings = rings;
	vn->txq = rings->txq;
	list_add_tail(&vn->open, &open_nets);

	vane_rss_fit(vn);
	vane_rss_write(vn);
	vane_rules_write(vn);
	vane_wr32(vn->vdev, VANE_REG_MAX_FRAME,
		  vn->netdev->mtu + VANE_FRAME_OVERHEAD);

	vane_vectors_start(vn);
	err = vane_rings_enable(vn);
	if (err)
		goto stop_vectors;
	vane_vectors_arm(vn);
	/* Else whoever attaches it does that. */
	if (netif_device_present(vn->netdev))
		netif_tx_wake_all_queues(vn->netdev);
	return 0;

stop_vectors:
	vane_vectors_stop(vn);
	forget_rings(vn);
	return err;
}

/* Returns the rings, which nobody uses any more. */
static struct vane_rings *stop_datapath(struct vane_net *vn)
{
	struct vane_rings *rings = vn->rings;

	/* NAPI first: it wakes a queue that it finds stopped. */
	vane_vectors_stop(vn);
	stop_txqs(vn->netdev);
	vane_rings_disable(vn);
	forget_rings(vn);
	return rings;
}

/**
 * vane_datapath_up() - allocate rings and vectors, and let frames pass
 * @vn: netdev, its function enabled, its datapath down; under rtnl
 *
 * Return: 0 or a negative errno.
 */
int vane_datapath_up(struct vane_net *vn)
{
	struct net_device *netdev = vn->netdev;
	struct vane_ring_config config;
	struct vane_rings *rings;
	int err;

	vn->num_queues = min(vn->num_queues, vn->vdev->max_queues);
	vane_ring_config(vn, netdev->features, netdev->mtu, &config);

	rings = vane_rings_alloc(vn, &config);
	if (!rings)
		return -ENOMEM;

	err = vane_vectors_grow(vn, config.num_queues);
	if (err)
		goto release_vectors;

	err = netif_set_real_num_queues(netdev, config.num_queues,
					config.num_queues);
	if (err)
		goto release_vectors;

	err = start_datapath(vn, rings);
	if (err)
		goto release_vectors;
	return 0;

release_vectors:
	vane_vectors_shrink(vn, 0);
	vane_rings_free(vn, rings);
	return err;
}

/**
 * vane_datapath_down() - undo vane_datapath_up()
 * @vn: netdev; under rtnl
 */
void vane_datapath_down(struct vane_net *vn)
{
	struct vane_rings *rings = stop_datapath(vn);

	vane_rings_free(vn, rings);
	vane_vectors_shrink(vn, 0);
}

/* Goes on with @rings and @num_vecs vectors at most. If the device fails, the
 * owner is asked for a reset, which brings the old configuration back.
 */
static int swap_rings(struct vane_net *vn, struct vane_rings *rings,
		      u16 num_vecs)
{
	struct vane_rings *old = stop_datapath(vn);
	struct vane_ring_config old_config = old->config;
	int err;

	vane_vectors_shrink(vn, num_vecs);
	err = start_datapath(vn, rings);
	vane_rings_free(vn, old);
	if (!err)
		return 0;

	vane_rings_free(vn, rings);
	vane_vectors_shrink(vn, 0);
	vn->num_queues = old_config.num_queues;
	vn->tx_log2 = old_config.tx_log2;
	vn->rx_log2 = old_config.rx_log2;
	netif_device_detach(vn->netdev);
	vn->vdev->ops->reset(vn->vdev);
	return err;
}

/**
 * vane_net_reconfigure() - go on with other rings
 * @vn: netdev, its datapath up; under rtnl
 * @config: what they are to be
 *
 * Return: 0; a negative errno if the old rings go on as before; -EIO or
 * -ENODEV if the device failed, when the owner was asked for a reset, which
 * brings the old configuration back.
 */
int vane_net_reconfigure(struct vane_net *vn,
			 const struct vane_ring_config *config)
{
	u16 num = config->num_queues;
	struct vane_rings *rings;
	int err;

	if (config_equal(config, &vn->rings->config))
		return 0;

	rings = vane_rings_alloc(vn, config);
	if (!rings)
		return -ENOMEM;

	err = vane_vectors_grow(vn, num);
	if (err)
		goto release_vectors;

	/* No frame must be given to a queue that is not there yet. */
	stop_txqs(vn->netdev);
	err = netif_set_real_num_queues(vn->netdev, num, num);
	if (err) {
		netif_tx_wake_all_queues(vn->netdev);
		goto release_vectors;
	}
	return swap_rings(vn, rings, num);

release_vectors:
	vane_vectors_shrink(vn, vn->rings->num_vecs);
	vane_rings_free(vn, rings);
	return err;
}

/**
 * vane_net_yield_vector() - have the netdev with most vectors give one up
 *
 * For a function that finds no vector for itself: one that carries frames can
 * do with fewer, one that cannot be told of anything is no use. The queues of
 * the netdev share the vectors that it keeps, until it is opened again. Takes
 * rtnl; sleeps.
 *
 * Return: whether one was given up.
 */
bool vane_net_yield_vector(void)
{
	struct vane_net *richest = NULL;
	struct vane_rings *rings;
	struct vane_net *vn;
	bool yielded = false;

	rtnl_lock();
	list_for_each_entry(vn, &open_nets, open)
		if (vn->num_vecs > (richest ? richest->num_vecs : 0))
			richest = vn;
	if (!richest)
		goto unlock;

	rings = vane_rings_alloc(richest, &richest->rings->config);
	if (!rings)
		goto unlock;
	swap_rings(richest, rings, richest->num_vecs - 1);
	yielded = true;
unlock:
	rtnl_unlock();
	return yielded;
}
EXPORT_SYMBOL_NS_GPL(vane_net_yield_vector, VANE_NS);

/**
 * vane_net_open() - ndo_open
 * @netdev: net_device, its function enabled
 *
 * Return: 0 or a negative errno.
 */
int vane_net_open(struct net_device *netdev)
{
	struct vane_net *vn = netdev_priv(netdev);
	int err;

	err = vane_datapath_up(vn);
	if (err)
		return err;
	vane_net_refresh_link(vn);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vane_net_open, VANE_NS);

/**
 * vane_net_stop() - ndo_stop
 * @netdev: net_device
 *
 * Return: 0.
 */
int vane_net_stop(struct net_device *netdev)
{
	struct vane_net *vn = netdev_priv(netdev);

	netif_carrier_off(netdev);
	/* It is down already while the netdev is detached. */
	if (vn->rings)
		vane_datapath_down(vn);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vane_net_stop, VANE_NS);

/**
 * vane_net_detach() - take the netdev off the function
 * @vn: netdev; under rtnl
 *
 * The datapath goes down, but the netdev stays as the user left it. Before a
 * reset of the function, after one that was not ordered, and when the device
 * is gone. Does no harm where it was done before.
 */
void vane_net_detach(struct vane_net *vn)
{
	ASSERT_RTNL();

	netif_device_detach(vn->netdev);
	netif_carrier_off(vn->netdev);
	if (vn->rings)
		vane_datapath_down(vn);
}
EXPORT_SYMBOL_NS_GPL(vane_net_detach, VANE_NS);

/**
 * vane_net_attach() - undo vane_net_detach()
 * @vn: netdev, its function enabled; under rtnl
 *
 * All that the user configured is in the device again but the MAC filters,
 * VLANs and receive mode, which are the owner's.
 *
 * Return: 0 or a negative errno, when the netdev stays detached.
 */
int vane_net_attach(struct vane_net *vn)
{
	struct net_device *netdev = vn->netdev;
	int err;

	ASSERT_RTNL();

	/* The function may come back with fewer features. */
	netdev_update_features(netdev);
	if (netif_running(netdev) && !vn->rings) {
		err = vane_datapath_up(vn);
		if (err)
			return err;
	}
	netif_device_attach(netdev);
	vane_net_refresh_limits(vn);
	vane_net_refresh_link(vn);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vane_net_attach, VANE_NS);

/* Other members of struct net_device_ops
 * --------------------------------------
 */

/**
 * vane_change_mtu() - ndo_change_mtu
 * @netdev: net_device
 * @mtu: new MTU, within the netdev's limits
 *
 * Return: 0, or a negative errno if the old MTU goes on.
 */
int vane_change_mtu(struct net_device *netdev, int mtu)
{
	struct vane_net *vn = netdev_priv(netdev);
	struct vane_ring_config config;
	unsigned int old = netdev->mtu;
	int err;

	WRITE_ONCE(netdev->mtu, mtu);
	if (!vn->rings)
		return 0;

	vane_ring_config(vn, netdev->features, mtu, &config);
	err = vane_net_reconfigure(vn, &config);
	if (err) {
		WRITE_ONCE(netdev->mtu, old);
		return err;
	}
	vane_wr32(vn->vdev, VANE_REG_MAX_FRAME, mtu + VANE_FRAME_OVERHEAD);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vane_change_mtu, VANE_NS);

/* Features of the netdev that stand on a feature of the function */
static const struct {
	u64 function;
	netdev_features_t netdev;
} feature_map[] = {
	{ VANE_FEAT_TX_CSUM, NETIF_F_HW_CSUM },
	{ VANE_FEAT_RX_CSUM, NETIF_F_RXCSUM },
	{ VANE_FEAT_TSO4, NETIF_F_TSO | NETIF_F_TSO_ECN },
	{ VANE_FEAT_TSO6, NETIF_F_TSO6 },
	{ VANE_FEAT_VLAN_INSERT, NETIF_F_HW_VLAN_CTAG_TX },
	{ VANE_FEAT_VLAN_STRIP, NETIF_F_HW_VLAN_CTAG_RX },
	{ VANE_FEAT_RSS, NETIF_F_RXHASH },
	{ VANE_FEAT_HW_GRO, NETIF_F_GRO_HW },
	{ VANE_FEAT_VLAN_FILTER, NETIF_F_HW_VLAN_CTAG_FILTER },
	{ VANE_FEAT_RULES, NETIF_F_NTUPLE },
};

static netdev_features_t missing_features(const struct vane_dev *vdev)
{
	netdev_features_t missing = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(feature_map); i++)
		if (!(vdev->features & feature_map[i].function))
			missing |= feature_map[i].netdev;
	return missing;
}

static netdev_features_t all_features(void)
{
	netdev_features_t all = NETIF_F_SG;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(feature_map); i++)
		all |= feature_map[i].netdev;
	return all;
}

/**
 * vane_fix_features() - ndo_fix_features
 * @netdev: net_device
 * @features: what the stack wants
 *
 * Return: what of it can be.
 */
netdev_features_t vane_fix_features(struct net_device *netdev,
				    netdev_features_t features)
{
	struct vane_net *vn = netdev_priv(netdev);

	features &= ~missing_features(vn->vdev);
	/* Who turned GRO off wants frames as they were on the wire. */
	if (!(features & NETIF_F_GRO))
		features &= ~NETIF_F_GRO_HW;
	return features;
}
EXPORT_SYMBOL_NS_GPL(vane_fix_features, VANE_NS);

/**
 * vane_set_features() - ndo_set_features
 * @netdev: net_device
 * @features: what vane_fix_features() has passed
 *
 * Return: 0, or a negative errno if the old features go on.
 */
int vane_set_features(struct net_device *netdev, netdev_features_t features)
{
	struct vane_net *vn = netdev_priv(netdev);
	struct vane_ring_config config;
	int err;

	/* Whoever turned it on again would not expect the old ones. */
	if (!(features & NETIF_F_NTUPLE)) {
		vane_rules_suspend(vn);
		vane_rules_free(vn);
	}
	if (!vn->rings)
		return 0;

	vane_ring_config(vn, features, netdev->mtu, &config);
	err = vane_net_reconfigure(vn, &config);
	if (err)
		return err;
	vane_rings_set_options(vn, features);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vane_set_features, VANE_NS);

/**
 * vane_tx_timeout() - ndo_tx_timeout
 * @netdev: net_device
 * @q: transmit queue that hangs
 *
 * Says how the queue stands and asks the owner for a reset. Under the core's
 * global transmit lock.
 */
void vane_tx_timeout(struct net_device *netdev, unsigned int q)
{
	struct vane_net *vn = netdev_priv(netdev);
	struct vane_dev *vdev = vn->vdev;
	u32 regs = VANE_TXQ(q);
	struct vane_txq *txq;
	u32 state;

	/* Stopped for a change of the rings that takes long. */
	if (!vn->txq || q >= vn->num_queues)
		return;

	txq = vn->txq[q];
	state = vane_rd32(vdev, regs + VANE_TXQ_STATE);
	netif_err(vn, tx_err, netdev,
		  "transmit queue %u hangs: driver at %u of %u, device at %u of %u, state %#x, resetting\n",
		  q, READ_ONCE(txq->head), READ_ONCE(txq->tail),
		  vane_rd32(vdev, regs + VANE_TXQ_HEAD),
		  vane_rd32(vdev, regs + VANE_TXQ_TAIL), state);
	if (vane_dev_alive(vdev))
		vdev->ops->reset(vdev);
}
EXPORT_SYMBOL_NS_GPL(vane_tx_timeout, VANE_NS);

/* Statistics
 * ----------
 */

static void read_txq_stats(const struct vane_txq_stats *stats,
			   struct netdev_queue_stats_tx *out)
{
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&stats->napi_sync);
		out->packets = u64_stats_read(&stats->packets);
		out->bytes = u64_stats_read(&stats->bytes);
		out->wake = u64_stats_read(&stats->wake);
	} while (u64_stats_fetch_retry(&stats->napi_sync, start));

	do {
		start = u64_stats_fetch_begin(&stats->xmit_sync);
		out->stop = u64_stats_read(&stats->stop);
	} while (u64_stats_fetch_retry(&stats->xmit_sync, start));
}

static u64 read_txq_drops(const struct vane_txq_stats *stats)
{
	unsigned int start;
	u64 drops;

	do {
		start = u64_stats_fetch_begin(&stats->xmit_sync);
		drops = u64_stats_read(&stats->drops);
	} while (u64_stats_fetch_retry(&stats->xmit_sync, start));
	return drops;
}

static void read_rxq_stats(const struct vane_rxq_stats *stats,
			   struct netdev_queue_stats_rx *out)
{
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&stats->syncp);
		out->packets = u64_stats_read(&stats->packets);
		out->bytes = u64_stats_read(&stats->bytes);
		out->alloc_fail = u64_stats_read(&stats->alloc_fail);
		out->csum_unnecessary =
			u64_stats_read(&stats->csum_unnecessary);
		out->csum_bad = u64_stats_read(&stats->csum_bad);
		out->hw_gro_packets = u64_stats_read(&stats->gro_packets);
		out->hw_gro_bytes = u64_stats_read(&stats->gro_bytes);
		out->hw_gro_wire_packets =
			u64_stats_read(&stats->gro_wire_packets);
		out->hw_gro_wire_bytes =
			u64_stats_read(&stats->gro_wire_bytes);
	} while (u64_stats_fetch_retry(&stats->syncp, start));
}

static void get_queue_stats_rx(struct net_device *netdev, int idx,
			       struct netdev_queue_stats_rx *stats)
{
	struct vane_net *vn = netdev_priv(netdev);

	read_rxq_stats(&vn->rx_stats[idx], stats);
}

static void get_queue_stats_tx(struct net_device *netdev, int idx,
			       struct netdev_queue_stats_tx *stats)
{
	struct vane_net *vn = netdev_priv(netdev);

	read_txq_stats(&vn->tx_stats[idx], stats);
}

/* Queues that are not in use now */
static void get_base_stats(struct net_device *netdev,
			   struct netdev_queue_stats_rx *rx,
			   struct netdev_queue_stats_tx *tx)
{
	struct vane_net *vn = netdev_priv(netdev);
	struct netdev_queue_stats_rx rx_one;
	struct netdev_queue_stats_tx tx_one;
	unsigned int q;

	rx->packets = 0;
	rx->bytes = 0;
	rx->alloc_fail = 0;
	rx->csum_unnecessary = 0;
	rx->csum_bad = 0;
	rx->hw_gro_packets = 0;
	rx->hw_gro_bytes = 0;
	rx->hw_gro_wire_packets = 0;
	rx->hw_gro_wire_bytes = 0;
	tx->packets = 0;
	tx->bytes = 0;
	tx->wake = 0;
	tx->stop = 0;

	for (q = netdev->real_num_rx_queues; q < netdev->num_rx_queues; q++) {
		read_rxq_stats(&vn->rx_stats[q], &rx_one);
		rx->packets += rx_one.packets;
		rx->bytes += rx_one.bytes;
		rx->alloc_fail += rx_one.alloc_fail;
		rx->csum_unnecessary += rx_one.csum_unnecessary;
		rx->csum_bad += rx_one.csum_bad;
		rx->hw_gro_packets += rx_one.hw_gro_packets;
		rx->hw_gro_bytes += rx_one.hw_gro_bytes;
		rx->hw_gro_wire_packets += rx_one.hw_gro_wire_packets;
		rx->hw_gro_wire_bytes += rx_one.hw_gro_wire_bytes;
	}
	for (q = netdev->real_num_tx_queues; q < netdev->num_tx_queues; q++) {
		read_txq_stats(&vn->tx_stats[q], &tx_one);
		tx->packets += tx_one.packets;
		tx->bytes += tx_one.bytes;
		tx->wake += tx_one.wake;
		tx->stop += tx_one.stop;
	}
}

static const struct netdev_stat_ops vane_stat_ops = {
	.get_queue_stats_rx	= get_queue_stats_rx,
	.get_queue_stats_tx	= get_queue_stats_tx,
	.get_base_stats		= get_base_stats,
};

/* A counter of the device; a device that is gone has counted nothing. */
static u64 read_counter(struct vane_dev *vdev, enum vane_stat stat)
{
	u64 val = vane_rd64(vdev, VANE_STAT(stat));

	return val == U64_MAX ? 0 : val;
}

/**
 * vane_get_stats64() - ndo_get_stats64
 * @netdev: net_device
 * @stats: result
 *
 * Packets and bytes are the queues' own; what never came to a queue is known
 * to the device alone.
 */
void vane_get_stats64(struct net_device *netdev,
		      struct rtnl_link_stats64 *stats)
{
	struct vane_net *vn = netdev_priv(netdev);
	struct vane_dev *vdev = vn->vdev;
	struct netdev_queue_stats_rx rx;
	struct netdev_queue_stats_tx tx;
	unsigned int q;

	for (q = 0; q < netdev->num_rx_queues; q++) {
		read_rxq_stats(&vn->rx_stats[q], &rx);
		stats->rx_packets += rx.packets;
		stats->rx_bytes += rx.bytes;
		stats->rx_dropped += rx.alloc_fail;
	}
	for (q = 0; q < netdev->num_tx_queues; q++) {
		read_txq_stats(&vn->tx_stats[q], &tx);
		stats->tx_packets += tx.packets;
		stats->tx_bytes += tx.bytes;
		stats->tx_dropped += read_txq_drops(&vn->tx_stats[q]);
	}

	if (!netif_device_present(netdev))
		return;
	stats->multicast = read_counter(vdev, VANE_STAT_RX_MULTICAST);
	stats->rx_missed_errors =
		read_counter(vdev, VANE_STAT_RX_DROP_NOBUF) +
		read_counter(vdev, VANE_STAT_RX_DROP_STALL);
	stats->rx_length_errors =
		read_counter(vdev, VANE_STAT_RX_DROP_OVERSIZE);
	stats->rx_errors = stats->rx_length_errors;
	stats->tx_errors =
		read_counter(vdev, VANE_STAT_TX_DROP_SPOOF) +
		read_counter(vdev, VANE_STAT_TX_DROP_VLAN) +
		read_counter(vdev, VANE_STAT_TX_DROP_OVERSIZE) +
		read_counter(vdev, VANE_STAT_TX_DROP_MALFORMED);
	stats->tx_carrier_errors =
		read_counter(vdev, VANE_STAT_TX_DROP_LINK);
}
EXPORT_SYMBOL_NS_GPL(vane_get_stats64, VANE_NS);

/* Life
 * ----
 */

static u16 default_queues(const struct vane_dev *vdev)
{
	u16 num = netif_get_num_default_rss_queues();

	num = min_t(u16, num, vdev->is_vf ? VANE_DEF_QUEUES_VF :
					    VANE_MAX_QUEUES_PF);
	if (vdev->max_vectors > 1)
		num = min_t(u16, num, vdev->max_vectors - 1);
	return min(num, vdev->max_queues);
}

static void set_netdev_features(struct vane_net *vn)
{
	struct net_device *netdev = vn->netdev;
	netdev_features_t features;

	features = all_features() & ~missing_features(vn->vdev);
	netdev->hw_features = features & ~NETIF_F_HW_VLAN_CTAG_FILTER;
	/* Coalesced frames take more memory per buffer: not unless asked for */
	netdev->features = (features & ~NETIF_F_GRO_HW) | NETIF_F_HIGHDMA;
	netdev->vlan_features = (features & (NETIF_F_SG | NETIF_F_HW_CSUM |
					     NETIF_F_ALL_TSO)) |
				NETIF_F_HIGHDMA;
	/* A checksum at any offset: that of an inner header too */
	netdev->hw_enc_features = features & (NETIF_F_SG | NETIF_F_HW_CSUM);
}

static void init_stats(struct vane_net *vn)
{
	unsigned int q;

	for (q = 0; q < vn->netdev->num_tx_queues; q++) {
		u64_stats_init(&vn->tx_stats[q].napi_sync);
		u64_stats_init(&vn->tx_stats[q].xmit_sync);
	}
	for (q = 0; q < vn->netdev->num_rx_queues; q++)
		u64_stats_init(&vn->rx_stats[q].syncp);
}

/**
 * vane_net_alloc() - make the net_device of a function
 * @vdev: function, enabled
 * @ndo: the owner's operations
 *
 * It has all that the core knows of: features, limits, ethtool. The owner sets
 * the MAC, and whatever else differs, before vane_net_register().
 *
 * Return: the netdev's private part, or NULL if memory is short.
 */
struct vane_net *vane_net_alloc(struct vane_dev *vdev,
				const struct net_device_ops *ndo)
{
	struct net_device *netdev;
	struct vane_net *vn;

	netdev = alloc_etherdev_mqs(sizeof(*vn), vdev->max_queues,
				    vdev->max_queues);
	if (!netdev)
		return NULL;
	SET_NETDEV_DEV(netdev, &vdev->pdev->dev);
	netdev->netdev_ops = ndo;
	netdev->ethtool_ops = &vane_ethtool_ops;
	netdev->stat_ops = &vane_stat_ops;
	netdev->min_mtu = ETH_MIN_MTU;

	vn = netdev_priv(netdev);
	vn->netdev = netdev;
	vn->vdev = vdev;
	vn->msg_enable = VANE_MSG_DEFAULT;
	vn->num_queues = default_queues(vdev);
	vn->tx_log2 = clamp_t(u8, TX_LOG2_DEFAULT, vdev->ring_log2_min,
			      vdev->ring_log2_max);
	vn->rx_log2 = clamp_t(u8, RX_LOG2_DEFAULT, vdev->ring_log2_min,
			      vdev->ring_log2_max);
	vn->tx_copybreak = VANE_TX_COPY_MAX;
	vane_vectors_init(vn);
	vane_rss_init(vn);
	mutex_init(&vn->link_lock);
	set_netdev_features(vn);
	netif_carrier_off(netdev);

	vn->tx_stats = kvcalloc(netdev->num_tx_queues, sizeof(*vn->tx_stats),
				GFP_KERNEL);
	if (!vn->tx_stats)
		goto free_netdev;
	vn->rx_stats = kvcalloc(netdev->num_rx_queues, sizeof(*vn->rx_stats),
				GFP_KERNEL);
	if (!vn->rx_stats)
		goto free_tx_stats;
	init_stats(vn);

	WRITE_ONCE(vdev->net, vn);
	return vn;

free_tx_stats:
	kvfree(vn->tx_stats);
free_netdev:
	mutex_destroy(&vn->link_lock);
	free_netdev(netdev);
	return NULL;
}
EXPORT_SYMBOL_NS_GPL(vane_net_alloc, VANE_NS);

/**
 * vane_net_free() - undo vane_net_alloc()
 * @vn: netdev, not registered; its function disabled or silent
 */
void vane_net_free(struct vane_net *vn)
{
	WRITE_ONCE(vn->vdev->net, NULL);
	vane_rules_free(vn);
	kvfree(vn->rx_stats);
	kvfree(vn->tx_stats);
	mutex_destroy(&vn->link_lock);
	free_netdev(vn->netdev);
}
EXPORT_SYMBOL_NS_GPL(vane_net_free, VANE_NS);

/**
 * vane_net_register() - show the net_device to the world
 * @vn: netdev; takes rtnl
 *
 * Return: 0 or a negative errno.
 */
int vane_net_register(struct vane_net *vn)
{
	int err;

	read_max_mtu(vn);
	vn->netdev->mtu = min(vn->netdev->mtu, vn->netdev->max_mtu);

	err = netif_set_real_num_queues(vn->netdev, vn->num_queues,
					vn->num_queues);
	if (err)
		return err;
	return register_netdev(vn->netdev);
}
EXPORT_SYMBOL_NS_GPL(vane_net_register, VANE_NS);

/**
 * vane_net_unregister() - undo vane_net_register()
 * @vn: netdev; takes rtnl
 */
void vane_net_unregister(struct vane_net *vn)
{
	/* A change of carrier after this would outlive the net_device */
	mutex_lock(&vn->link_lock);
	vn->gone = true;
	mutex_unlock(&vn->link_lock);

	unregister_netdev(vn->netdev);
}
EXPORT_SYMBOL_NS_GPL(vane_net_unregister, VANE_NS);
