// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of the queues and of the device, and the netdev's statistics, which
 * combine both
 */

#include <net/netdev_queues.h>

#include "compat.h"
#include "counters.h"
#include "rx.h"
#include "tx.h"
#include "vane_dev.h"
#include "vane_net.h"

/* Queues
 * ------
 */

/**
 * vane_counters_init_queues() - make the counters of the queues ready for use
 * @vn: netdev, which has memory for them
 *
 * Context: The netdev is not registered. Does not sleep.
 */
void vane_counters_init_queues(struct vane_net *vn)
{
	unsigned int q;

	for (q = 0; q < vn->netdev->num_tx_queues; q++) {
		u64_stats_init(&vn->tx_stats[q].napi_sync);
		u64_stats_init(&vn->tx_stats[q].xmit_sync);
	}
	for (q = 0; q < vn->netdev->num_rx_queues; q++)
		u64_stats_init(&vn->rx_stats[q].syncp);
}

static void vane_counters_read_txq(const struct vane_txq_stats *stats,
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
		out->hw_gso_packets = u64_stats_read(&stats->gso_packets);
		out->hw_gso_bytes = u64_stats_read(&stats->gso_bytes);
		out->hw_gso_wire_packets =
			u64_stats_read(&stats->gso_wire_packets);
		out->hw_gso_wire_bytes =
			u64_stats_read(&stats->gso_wire_bytes);
	} while (u64_stats_fetch_retry(&stats->xmit_sync, start));
}

static u64 vane_counters_read_txq_drops(const struct vane_txq_stats *stats)
{
	unsigned int start;
	u64 drops;

	do {
		start = u64_stats_fetch_begin(&stats->xmit_sync);
		drops = u64_stats_read(&stats->drops);
	} while (u64_stats_fetch_retry(&stats->xmit_sync, start));
	return drops;
}

static void vane_counters_read_rxq(const struct vane_rxq_stats *stats,
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

static u64 vane_counters_read_rxq_malformed(const struct vane_rxq_stats *stats)
{
	unsigned int start;
	u64 malformed;

	do {
		start = u64_stats_fetch_begin(&stats->syncp);
		malformed = u64_stats_read(&stats->malformed);
	} while (u64_stats_fetch_retry(&stats->syncp, start));
	return malformed;
}

static void vane_counters_get_queue_rx(struct net_device *netdev, int idx,
				       struct netdev_queue_stats_rx *stats)
{
	struct vane_net *vn = netdev_priv(netdev);

	vane_counters_read_rxq(&vn->rx_stats[idx], stats);
}

static void vane_counters_get_queue_tx(struct net_device *netdev, int idx,
				       struct netdev_queue_stats_tx *stats)
{
	struct vane_net *vn = netdev_priv(netdev);

	vane_counters_read_txq(&vn->tx_stats[idx], stats);
}

/* Queues that are not in use now */
static void vane_counters_get_base(struct net_device *netdev,
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
	tx->hw_gso_packets = 0;
	tx->hw_gso_bytes = 0;
	tx->hw_gso_wire_packets = 0;
	tx->hw_gso_wire_bytes = 0;

	for (q = netdev->real_num_rx_queues; q < netdev->num_rx_queues; q++) {
		vane_counters_read_rxq(&vn->rx_stats[q], &rx_one);
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
		vane_counters_read_txq(&vn->tx_stats[q], &tx_one);
		tx->packets += tx_one.packets;
		tx->bytes += tx_one.bytes;
		tx->wake += tx_one.wake;
		tx->stop += tx_one.stop;
		tx->hw_gso_packets += tx_one.hw_gso_packets;
		tx->hw_gso_bytes += tx_one.hw_gso_bytes;
		tx->hw_gso_wire_packets += tx_one.hw_gso_wire_packets;
		tx->hw_gso_wire_bytes += tx_one.hw_gso_wire_bytes;
	}
}

const struct netdev_stat_ops vane_counters_stat_ops = {
	.get_queue_stats_rx = vane_counters_get_queue_rx,
	.get_queue_stats_tx = vane_counters_get_queue_tx,
	.get_base_stats = vane_counters_get_base,
};

/* Device
 * ------
 */

/**
 * vane_counters_init_device() - start counting at 0
 * @vn: netdev, not registered
 *
 * What the device has counted so far does not belong to this netdev.
 *
 * Context: The netdev is not registered, its function enabled. Does not sleep.
 */
void vane_counters_init_device(struct vane_net *vn)
{
	enum vane_stat stat;

	for (stat = 0; stat < VANE_STAT_COUNT; stat++)
		vn->stats_base[stat] = vane_rd64(vn->vdev, VANE_STAT(stat));
}

/* Counters of the device outlive the netdev, and may be cleared by a reset:
 * what the netdev shows begins at 0 and never goes back.
 */
static void vane_counters_update(struct vane_net *vn, enum vane_stat stat)
{
	u64 raw = vane_rd64(vn->vdev, VANE_STAT(stat));
	u64 shown = raw - vn->stats_base[stat];

	lockdep_assert_held(&vn->stats_lock);

	if (raw == U64_MAX)
		return;
	if ((s64)(shown - vn->stats[stat]) < 0) {
		vn->stats_base[stat] = -vn->stats[stat];
		shown = raw + vn->stats[stat];
	}
	vn->stats[stat] = shown;
}

/**
 * vane_counters_set_live() - say whether the device's counters can be read
 * @vn: netdev
 * @live: they can; else the values read last are shown
 *
 * Context: rtnl held, or the netdev is not registered. Does not sleep. Takes
 * vane_net.stats_lock.
 */
void vane_counters_set_live(struct vane_net *vn, bool live)
{
	enum vane_stat stat;

	spin_lock_bh(&vn->stats_lock);
	if (vn->stats_live && !live)
		for (stat = 0; stat < VANE_STAT_COUNT; stat++)
			vane_counters_update(vn, stat);
	vn->stats_live = live;
	spin_unlock_bh(&vn->stats_lock);
}

/**
 * vane_counters_read() - a counter of the device, since the netdev was made
 * @vn: netdev
 * @stat: which one
 *
 * Context: Process context or softirq. Does not sleep. Takes
 * vane_net.stats_lock.
 * Return: its value; the last one known while the device cannot be read.
 */
u64 vane_counters_read(struct vane_net *vn, enum vane_stat stat)
{
	u64 val;

	spin_lock_bh(&vn->stats_lock);
	if (vn->stats_live)
		vane_counters_update(vn, stat);
	val = vn->stats[stat];
	spin_unlock_bh(&vn->stats_lock);
	return val;
}

/* Netdev
 * ------
 */

/**
 * vane_get_stats64() - ndo_get_stats64
 * @netdev: net_device
 * @stats: result
 *
 * Packets and bytes are counted by the queues; frames that never reached a
 * queue are known to the device only.
 *
 * Context: Process context or softirq. Does not sleep. Takes
 * vane_net.stats_lock.
 */
void vane_get_stats64(struct net_device *netdev,
		      struct rtnl_link_stats64 *stats)
{
	struct vane_net *vn = netdev_priv(netdev);
	struct netdev_queue_stats_rx rx;
	struct netdev_queue_stats_tx tx;
	unsigned int q;

	for (q = 0; q < netdev->num_rx_queues; q++) {
		vane_counters_read_rxq(&vn->rx_stats[q], &rx);
		stats->rx_packets += rx.packets;
		stats->rx_bytes += rx.bytes;
		stats->rx_dropped += rx.alloc_fail;
		stats->rx_frame_errors +=
			vane_counters_read_rxq_malformed(&vn->rx_stats[q]);
	}
	stats->rx_errors = stats->rx_frame_errors;
	for (q = 0; q < netdev->num_tx_queues; q++) {
		vane_counters_read_txq(&vn->tx_stats[q], &tx);
		stats->tx_packets += tx.packets;
		stats->tx_bytes += tx.bytes;
		stats->tx_dropped +=
			vane_counters_read_txq_drops(&vn->tx_stats[q]);
	}

	stats->multicast = vane_counters_read(vn, VANE_STAT_RX_MULTICAST);
	stats->rx_missed_errors =
		vane_counters_read(vn, VANE_STAT_RX_DROP_NOBUF) +
		vane_counters_read(vn, VANE_STAT_RX_DROP_STALL);
	stats->rx_length_errors =
		vane_counters_read(vn, VANE_STAT_RX_DROP_OVERSIZE);
	stats->rx_errors += stats->rx_length_errors;
	stats->tx_errors = vane_counters_read(vn, VANE_STAT_TX_DROP_SPOOF) +
			   vane_counters_read(vn, VANE_STAT_TX_DROP_VLAN) +
			   vane_counters_read(vn, VANE_STAT_TX_DROP_OVERSIZE) +
			   vane_counters_read(vn, VANE_STAT_TX_DROP_MALFORMED) +
			   vane_counters_read(vn, VANE_STAT_TX_DROP_CONTROL);
	stats->tx_carrier_errors =
		vane_counters_read(vn, VANE_STAT_TX_DROP_LINK);
}
EXPORT_SYMBOL_NS_GPL(vane_get_stats64, VANE_NS);
