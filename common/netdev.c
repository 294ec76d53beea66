// SPDX-License-Identifier: GPL-2.0-only
/*
 * The net_device: open, stop, and every change of the rings under it
 *
 * A change of ring size, channels, MTU or features allocates the new rings
 * first, stops the datapath, and restarts it with them. If memory or vectors are
 * short, the old rings remain untouched.
 *
 * While the function is being reset, the netdev is detached from it, but not
 * from the stack, which would refuse or lose what users change meanwhile. Each
 * operation records the change, and vane_net_attach() applies it to the device.
 */

#include <linux/bitfield.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <net/netdev_queues.h>
#include <net/rps.h>

#include "compat.h"
#include "counters.h"
#include "irq.h"
#include "netdev.h"
#include "ring.h"
#include "rss.h"
#include "rule.h"
#include "rx.h"
#include "tx.h"
#include "vane_dev.h"
#include "vane_net.h"

#define TX_LOG2_DEFAULT		9
#define RX_LOG2_DEFAULT		8

/* Without NETIF_MSG_LINK: 256 VFs would log each link flap */
#define VANE_MSG_DEFAULT	(NETIF_MSG_DRV | NETIF_MSG_TX_ERR)

/* Link and limits
 * ---------------
 */

/**
 * vane_net_refresh_link() - set the carrier from STATUS
 * @vn: netdev
 *
 * On VANE_EVENT_STATUS and VANE_EVENT_LINK.
 *
 * Context: Process context; may sleep. Takes vane_net.link_lock.
 */
void vane_net_refresh_link(struct vane_net *vn)
{
	struct net_device *netdev = vn->netdev;
	struct vane_dev *vdev = vn->vdev;
	bool up;

	mutex_lock(&vn->link_lock);
	up = vn->ready && vn->attached &&
	     vane_rd32(vdev, VANE_REG_STATUS) & VANE_STATUS_LINK_UP &&
	     vane_dev_alive(vdev);
	if (up != netif_carrier_ok(netdev) && !vn->unregistering) {
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
 * Context: Process context; may sleep. Takes vane_net.link_lock.
 */
void vane_net_set_ready(struct vane_net *vn, bool ready)
{
	mutex_lock(&vn->link_lock);
	vn->ready = ready;
	mutex_unlock(&vn->link_lock);
	vane_net_refresh_link(vn);
}
EXPORT_SYMBOL_NS_GPL(vane_net_set_ready, VANE_NS);

static void vane_net_read_max_mtu(struct vane_net *vn)
{
	struct vane_dev *vdev = vn->vdev;
	u32 frame = vane_rd32(vdev, VANE_REG_STATUS_MAX_FRAME);

	/* A PF driver that has not written STATUS yet has set no limit. */
	if (!frame)
		frame = vdev->limit_frame;
	frame = clamp_t(u32, frame, ETH_MIN_MTU + VANE_FRAME_OVERHEAD,
			vdev->limit_frame);
	vn->netdev->max_mtu = frame - VANE_FRAME_OVERHEAD;
}

/**
 * vane_net_refresh_limits() - apply the limits that the PF now sets
 * @vn: netdev, registered
 *
 * When STATUS_CONFIG_GEN has changed. Lowers the MTU if it must.
 *
 * Context: rtnl held. May sleep.
 */
void vane_net_refresh_limits(struct vane_net *vn)
{
	struct net_device *netdev = vn->netdev;
	int err;

	ASSERT_RTNL();

	vane_net_read_max_mtu(vn);
	if (netdev->mtu <= netdev->max_mtu)
		return;

	netif_info(vn, drv, netdev,
		   "MTU lowered from %u to %u, as the PF requires\n",
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

static bool vane_net_config_equal(const struct vane_ring_config *a,
				  const struct vane_ring_config *b)
{
	return a->num_queues == b->num_queues && a->tx_log2 == b->tx_log2 &&
	       a->rx_log2 == b->rx_log2 && a->buf_truesize == b->buf_truesize &&
	       a->gro == b->gro;
}

/* Stops all queues for the stack; NAPI may still wake those that it serves. */
static void vane_net_stop_txqs(struct net_device *netdev)
{
	struct netdev_queue *nq;
	unsigned int q;

	netif_tx_lock_bh(netdev);
	for (q = 0; q < netdev->num_tx_queues; q++) {
		nq = netdev_get_tx_queue(netdev, q);
		/* An idle queue that is stopped would look hung to the watchdog. */
		txq_trans_cond_update(nq);
		netif_tx_stop_queue(nq);
	}
	netif_tx_unlock_bh(netdev);
}

static void vane_net_forget_rings(struct vane_net *vn)
{
	list_del(&vn->open);
	vn->rings = NULL;
	/* The watchdog looks at the queues under this lock. */
	netif_tx_lock_bh(vn->netdev);
	vn->txq = NULL;
	netif_tx_unlock_bh(vn->netdev);
}

/* Puts @rings into use, with as many vectors and stack queues as they need. If
 * this fails, the datapath is down.
 */
static int vane_net_start_datapath(struct vane_net *vn,
				   struct vane_rings *rings)
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
	if (!vn->testing)
		netif_tx_wake_all_queues(vn->netdev);
	return 0;

stop_vectors:
	vane_vectors_stop(vn);
	vane_net_forget_rings(vn);
	return err;
}

/* Returns the rings, which are no longer in use. */
static struct vane_rings *vane_net_stop_datapath(struct vane_net *vn)
{
	struct vane_rings *rings = vn->rings;

	/* NAPI first: it wakes a queue that it finds stopped. */
	vane_vectors_stop(vn);
	vane_net_stop_txqs(vn->netdev);
	vane_rings_disable(vn);
	vane_net_forget_rings(vn);
	return rings;
}

/**
 * vane_datapath_up() - allocate rings and vectors, and start the datapath
 * @vn: netdev, its function enabled, its datapath down
 *
 * Context: rtnl held. May sleep.
 * Return: 0 or a negative errno.
 */
int vane_datapath_up(struct vane_net *vn)
{
	struct net_device *netdev = vn->netdev;
	struct vane_ring_config config;
	struct vane_rings *rings;
	int err;

	vn->num_queues = min(vn->num_queues, vn->vdev->max_queues);
	vane_ring_fill_config(vn, netdev->features, netdev->mtu, &config);

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

	err = vane_net_start_datapath(vn, rings);
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
 * @vn: netdev
 *
 * Context: rtnl held. May sleep.
 */
void vane_datapath_down(struct vane_net *vn)
{
	struct vane_rings *rings = vane_net_stop_datapath(vn);

	vane_rings_free(vn, rings);
	vane_vectors_shrink(vn, 0);
}

/* Continues with @rings and at most @num_vecs vectors. If the device fails, the
 * owner is asked for a reset, which restores the old configuration.
 */
static int vane_net_swap_rings(struct vane_net *vn, struct vane_rings *rings,
			       u16 num_vecs)
{
	struct vane_rings *old = vane_net_stop_datapath(vn);
	struct vane_ring_config old_config = old->config;
	int err;

	vane_vectors_shrink(vn, num_vecs);
	err = vane_net_start_datapath(vn, rings);
	vane_rings_free(vn, old);
	if (!err)
		return 0;

	vane_rings_free(vn, rings);
	vane_vectors_shrink(vn, 0);
	vn->num_queues = old_config.num_queues;
	vn->tx_log2 = old_config.tx_log2;
	vn->rx_log2 = old_config.rx_log2;
	vane_net_detach(vn);
	vn->vdev->ops->reset(vn->vdev);
	return err;
}

/**
 * vane_net_reconfigure() - replace the rings
 * @vn: netdev, its datapath up
 * @config: of the new rings
 *
 * Context: rtnl held. May sleep.
 * Return: 0; a negative errno if the old rings remain in use; -EIO or -ENODEV if
 * the device failed, in which case the owner was asked for a reset, which
 * restores the old configuration.
 */
int vane_net_reconfigure(struct vane_net *vn,
			 const struct vane_ring_config *config)
{
	u16 num = config->num_queues;
	struct vane_rings *rings;
	int err;

	if (vane_net_config_equal(config, &vn->rings->config))
		return 0;

	rings = vane_rings_alloc(vn, config);
	if (!rings)
		return -ENOMEM;

	err = vane_vectors_grow(vn, num);
	if (err)
		goto release_vectors;

	/* The stack must not send to a queue that does not exist yet. */
	vane_net_stop_txqs(vn->netdev);
	err = netif_set_real_num_queues(vn->netdev, num, num);
	if (err) {
		netif_tx_wake_all_queues(vn->netdev);
		goto release_vectors;
	}
	return vane_net_swap_rings(vn, rings, num);

release_vectors:
	vane_vectors_shrink(vn, vn->rings->num_vecs);
	vane_rings_free(vn, rings);
	return err;
}

/**
 * vane_net_release_vector() - release a vector of the netdev that has most
 *
 * For a function that cannot get its vector 0: without it the function is
 * useless, whereas the other one can do with fewer. The queues of that netdev
 * share its remaining vectors until it is opened again.
 *
 * Context: Process context; may sleep. Takes rtnl.
 * Return: whether a vector was released.
 */
bool vane_net_release_vector(void)
{
	struct vane_net *richest = NULL;
	struct vane_rings *rings;
	struct vane_net *vn;
	bool released = false;

	rtnl_lock();
	list_for_each_entry(vn, &open_nets, open)
		if (vn->num_vecs > (richest ? richest->num_vecs : 0))
			richest = vn;
	if (!richest)
		goto unlock;

	rings = vane_rings_alloc(richest, &richest->rings->config);
	if (!rings)
		goto unlock;
	vane_net_swap_rings(richest, rings, richest->num_vecs - 1);
	released = true;
unlock:
	rtnl_unlock();
	return released;
}
EXPORT_SYMBOL_NS_GPL(vane_net_release_vector, VANE_NS);

/**
 * vane_net_open() - ndo_open
 * @netdev: net_device
 *
 * While the netdev is detached, this leaves the datapath to vane_net_attach().
 *
 * Context: rtnl held. May sleep. Takes vane_net.link_lock.
 * Return: 0 or a negative errno.
 */
int vane_net_open(struct net_device *netdev)
{
	struct vane_net *vn = netdev_priv(netdev);
	int err;

	if (!vn->attached) {
		/* Netpoll sends without looking at the carrier. */
		vane_net_stop_txqs(netdev);
		return 0;
	}
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
 * Context: rtnl held. May sleep.
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

static void vane_net_set_attached(struct vane_net *vn, bool attached)
{
	mutex_lock(&vn->link_lock);
	WRITE_ONCE(vn->attached, attached);
	mutex_unlock(&vn->link_lock);

	vane_counters_set_live(vn, attached);
}

/**
 * vane_net_detach() - detach the netdev from its function
 * @vn: netdev
 *
 * The datapath goes down, and the netdev loses its carrier. For the stack
 * nothing else changes: users can configure, open and close the netdev. Called
 * before a reset of the function, after one that was not requested, and when the
 * device is gone. Harmless if already detached.
 *
 * Context: rtnl held. May sleep. Takes vane_net.link_lock and
 * vane_net.stats_lock.
 */
void vane_net_detach(struct vane_net *vn)
{
	ASSERT_RTNL();

	vane_net_set_attached(vn, false);
	netif_carrier_off(vn->netdev);
	if (vn->rings)
		vane_datapath_down(vn);
}
EXPORT_SYMBOL_NS_GPL(vane_net_detach, VANE_NS);

/**
 * vane_net_attach() - undo vane_net_detach()
 * @vn: netdev, its function enabled
 *
 * Restores all that the user configured, before or meanwhile, except the MAC
 * filters, VLANs and receive mode, which the owner restores.
 *
 * Context: rtnl held. May sleep. Takes vane_net.link_lock and
 * vane_net.stats_lock.
 * Return: 0, or a negative errno, and the netdev stays detached.
 */
int vane_net_attach(struct vane_net *vn)
{
	struct net_device *netdev = vn->netdev;
	int err;

	ASSERT_RTNL();

	vane_net_set_attached(vn, true);
	/* The function may come back with fewer features. */
	netdev_update_features(netdev);
	if (netif_running(netdev) && !vn->rings) {
		err = vane_datapath_up(vn);
		if (err)
			goto detach;
	}
	vane_net_refresh_limits(vn);
	vane_net_refresh_link(vn);
	return 0;

detach:
	vane_net_detach(vn);
	return err;
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
 * Context: rtnl held. May sleep.
 * Return: 0, or a negative errno if the old MTU remains in force.
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

	vane_ring_fill_config(vn, netdev->features, mtu, &config);
	err = vane_net_reconfigure(vn, &config);
	if (err) {
		WRITE_ONCE(netdev->mtu, old);
		return err;
	}
	vane_wr32(vn->vdev, VANE_REG_MAX_FRAME, mtu + VANE_FRAME_OVERHEAD);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vane_change_mtu, VANE_NS);

/* Features of the netdev that depend on a feature of the function */
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
	{ VANE_FEAT_SVLAN_FILTER, NETIF_F_HW_VLAN_STAG_FILTER },
	{ VANE_FEAT_RULES, NETIF_F_NTUPLE },
};

static netdev_features_t vane_net_missing_features(const struct vane_dev *vdev)
{
	netdev_features_t missing = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(feature_map); i++)
		if (!(vdev->features & feature_map[i].function))
			missing |= feature_map[i].netdev;
	return missing;
}

static netdev_features_t vane_net_all_features(void)
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
 * @features: requested by the stack
 *
 * Context: rtnl held. Does not sleep.
 * Return: those of them that are possible.
 */
netdev_features_t vane_fix_features(struct net_device *netdev,
				    netdev_features_t features)
{
	struct vane_net *vn = netdev_priv(netdev);

	features &= ~vane_net_missing_features(vn->vdev);
	/* Without GRO, frames are wanted as they were on the wire. */
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
 * Context: rtnl held. May sleep.
 * Return: 0, or a negative errno if the old features remain in force.
 */
int vane_set_features(struct net_device *netdev, netdev_features_t features)
{
	struct vane_net *vn = netdev_priv(netdev);
	struct vane_ring_config config;
	int err;

	if (vn->rings) {
		vane_ring_fill_config(vn, features, netdev->mtu, &config);
		err = vane_net_reconfigure(vn, &config);
		if (err)
			return err;
		vane_rings_set_options(vn, features);
	}
	/* Rules from before must not reappear when it is turned on again. */
	if (!(features & NETIF_F_NTUPLE)) {
		if (vn->attached)
			vane_rules_suspend(vn);
		vane_rules_free(vn);
	}
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vane_set_features, VANE_NS);

/**
 * vane_tx_timeout() - ndo_tx_timeout
 * @netdev: net_device
 * @q: transmit queue that hangs
 *
 * Logs the state of the queue and asks the owner for a reset.
 *
 * Context: Softirq, under the core's global transmit lock.
 */
void vane_tx_timeout(struct net_device *netdev, unsigned int q)
{
	struct vane_net *vn = netdev_priv(netdev);
	struct vane_dev *vdev = vn->vdev;
	u32 regs = VANE_TXQ(q);
	struct vane_txq *txq;
	u32 state;

	/* Stopped for a change of the rings, which may take this long. */
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

/* Life
 * ----
 */

static u16 vane_net_default_queues(const struct vane_dev *vdev)
{
	u16 num = netif_get_num_default_rss_queues();

	num = min_t(u16, num, vdev->is_vf ? VANE_DEF_QUEUES_VF :
					    VANE_MAX_QUEUES_PF);
	if (vdev->max_vectors > 1)
		num = min_t(u16, num, vdev->max_vectors - 1);
	return min(num, vdev->max_queues);
}

static void vane_net_apply_features(struct vane_net *vn)
{
	struct net_device *netdev = vn->netdev;
	netdev_features_t features;

	features = vane_net_all_features() &
		   ~vane_net_missing_features(vn->vdev);
	netdev->hw_features = features;
	/* Coalesced frames take more memory per buffer: not unless asked for */
	netdev->features = (features & ~NETIF_F_GRO_HW) | NETIF_F_HIGHDMA;
	netdev->vlan_features = (features & (NETIF_F_SG | NETIF_F_HW_CSUM |
					     NETIF_F_ALL_TSO)) |
				NETIF_F_HIGHDMA;
	/* A checksum at any offset, so that of an inner header, too */
	netdev->hw_enc_features = features & (NETIF_F_SG | NETIF_F_HW_CSUM);
}

/**
 * vane_net_alloc() - create the net_device of a function
 * @vdev: function, enabled
 * @ndo: the owner's operations
 *
 * The core sets the features and limits that it manages. The owner sets the MAC
 * address, ethtool_ops, and all other members before vane_net_register().
 *
 * Context: Process context; may sleep.
 * Return: the netdev's private part, or NULL if memory is short.
 */
struct vane_net *vane_net_alloc(struct vane_dev *vdev,
				const struct net_device_ops *ndo)
{
	struct net_device *netdev;
	struct vane_net *vn;

	netdev = alloc_etherdev_mq(sizeof(*vn), vdev->max_queues);
	if (!netdev)
		return NULL;
	SET_NETDEV_DEV(netdev, &vdev->pdev->dev);
	netdev->netdev_ops = ndo;
	netdev->stat_ops = &vane_counters_stat_ops;
	netdev->min_mtu = ETH_MIN_MTU;
	/* Interrupts come and go with the queues, near the device or where put */
	set_dev_node(&netdev->dev, dev_to_node(&vdev->pdev->dev));
	vane_set_affinity_auto(netdev);

	vn = netdev_priv(netdev);
	vn->netdev = netdev;
	vn->vdev = vdev;
	vn->msg_enable = VANE_MSG_DEFAULT;
	vn->num_queues = vane_net_default_queues(vdev);
	vn->tx_log2 = clamp_t(u8, TX_LOG2_DEFAULT, vdev->ring_log2_min,
			      vdev->ring_log2_max);
	vn->rx_log2 = clamp_t(u8, RX_LOG2_DEFAULT, vdev->ring_log2_min,
			      vdev->ring_log2_max);
	vn->tx_copybreak = VANE_TX_COPY_MAX;
	vane_vectors_init(vn);
	vane_rss_init(vn);
	mutex_init(&vn->link_lock);
	spin_lock_init(&vn->stats_lock);
	vane_net_apply_features(vn);
	netif_carrier_off(netdev);

	vn->tx_stats = kvcalloc(netdev->num_tx_queues, sizeof(*vn->tx_stats),
				GFP_KERNEL);
	if (!vn->tx_stats)
		goto free_netdev;
	vn->rx_stats = kvcalloc(netdev->num_rx_queues, sizeof(*vn->rx_stats),
				GFP_KERNEL);
	if (!vn->rx_stats)
		goto free_tx_stats;
	vane_counters_init_queues(vn);

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
 *
 * Context: Process context; may sleep.
 */
void vane_net_free(struct vane_net *vn)
{
	WRITE_ONCE(vn->vdev->net, NULL);
	vane_tx_end_channels(vn);
	vane_rules_free(vn);
	kvfree(vn->rx_stats);
	kvfree(vn->tx_stats);
	mutex_destroy(&vn->link_lock);
	free_netdev(vn->netdev);
}
EXPORT_SYMBOL_NS_GPL(vane_net_free, VANE_NS);

/**
 * vane_net_register() - register the net_device
 * @vn: netdev
 *
 * Context: Process context; may sleep. Takes rtnl.
 * Return: 0 or a negative errno.
 */
int vane_net_register(struct vane_net *vn)
{
	int err;

	vane_counters_init_device(vn);
	vane_net_read_max_mtu(vn);
	vn->netdev->mtu = min(vn->netdev->mtu, vn->netdev->max_mtu);

	err = netif_set_real_num_queues(vn->netdev, vn->num_queues,
					vn->num_queues);
	if (err)
		return err;
	vane_net_set_attached(vn, true);
	err = register_netdev(vn->netdev);
	if (err)
		vane_net_set_attached(vn, false);
	return err;
}
EXPORT_SYMBOL_NS_GPL(vane_net_register, VANE_NS);

/**
 * vane_net_unregister() - undo vane_net_register()
 * @vn: netdev
 *
 * Context: Process context; may sleep. Takes vane_net.link_lock, and rtnl after it.
 */
void vane_net_unregister(struct vane_net *vn)
{
	/* A change of carrier after this would outlive the net_device */
	mutex_lock(&vn->link_lock);
	vn->unregistering = true;
	mutex_unlock(&vn->link_lock);

	unregister_netdev(vn->netdev);
}
EXPORT_SYMBOL_NS_GPL(vane_net_unregister, VANE_NS);
