// SPDX-License-Identifier: GPL-2.0-only
/* The ethtool operations of any function */

#include <linux/bitfield.h>
#include <linux/ethtool.h>

#include "compat.h"
#include "counters.h"
#include "irq.h"
#include "netdev.h"
#include "ring.h"
#include "rss.h"
#include "rule.h"
#include "selftest.h"
#include "tx.h"
#include "vane_dev.h"
#include "vane_net.h"

/* Counters of the device, as enum vane_stat numbers them */
static const char stat_names[VANE_STAT_COUNT][ETH_GSTRING_LEN] = {
	[VANE_STAT_TX_FRAMES]		= "tx_frames",
	[VANE_STAT_TX_BYTES]		= "tx_bytes",
	[VANE_STAT_TX_MULTICAST]	= "tx_multicast",
	[VANE_STAT_TX_BROADCAST]	= "tx_broadcast",
	[VANE_STAT_TX_DROP_SPOOF]	= "tx_drop_spoof",
	[VANE_STAT_TX_DROP_VLAN]	= "tx_drop_vlan",
	[VANE_STAT_TX_DROP_OVERSIZE]	= "tx_drop_oversize",
	[VANE_STAT_TX_DROP_MALFORMED]	= "tx_drop_malformed",
	[VANE_STAT_TX_DROP_LINK]	= "tx_drop_link",
	[VANE_STAT_RX_FRAMES]		= "rx_frames",
	[VANE_STAT_RX_BYTES]		= "rx_bytes",
	[VANE_STAT_RX_MULTICAST]	= "rx_multicast",
	[VANE_STAT_RX_BROADCAST]	= "rx_broadcast",
	[VANE_STAT_RX_DROP_NOBUF]	= "rx_drop_nobuf",
	[VANE_STAT_RX_DROP_STALL]	= "rx_drop_stall",
	[VANE_STAT_RX_DROP_OVERSIZE]	= "rx_drop_oversize",
	[VANE_STAT_RX_CSUM_BAD]		= "rx_csum_bad",
	[VANE_STAT_RX_GRO_FRAMES]	= "rx_gro_frames",
	[VANE_STAT_QUEUE_ERRORS]	= "queue_errors",
	[VANE_STAT_MBOX_ERRORS]		= "mbox_errors",
	[VANE_STAT_RX_DROP_RULE]	= "rx_drop_rule",
	[VANE_STAT_TX_DROP_CONTROL]	= "tx_drop_control",
};

static void vane_ethtool_get_drvinfo(struct net_device *netdev,
				     struct ethtool_drvinfo *info)
{
	struct vane_net *vn = netdev_priv(netdev);
	u32 version;

	if (!vn->attached)
		return;
	version = vane_rd32(vn->vdev, VANE_REG_FW_VERSION);
	snprintf(info->fw_version, sizeof(info->fw_version), "%u.%u.%u",
		 FIELD_GET(VANE_FW_VERSION_MAJOR, version),
		 FIELD_GET(VANE_FW_VERSION_MINOR, version),
		 FIELD_GET(VANE_FW_VERSION_PATCH, version));
}

static u32 vane_ethtool_get_msglevel(struct net_device *netdev)
{
	struct vane_net *vn = netdev_priv(netdev);

	return vn->msg_enable;
}

static void vane_ethtool_set_msglevel(struct net_device *netdev, u32 level)
{
	struct vane_net *vn = netdev_priv(netdev);

	vn->msg_enable = level;
}

static int vane_ethtool_get_link_ksettings(struct net_device *netdev,
					   struct ethtool_link_ksettings *cmd)
{
	struct vane_net *vn = netdev_priv(netdev);
	u32 speed = 0;

	if (netif_carrier_ok(netdev))
		speed = vane_rd32(vn->vdev, VANE_REG_STATUS_SPEED);

	ethtool_link_ksettings_zero_link_mode(cmd, supported);
	ethtool_link_ksettings_zero_link_mode(cmd, advertising);
	cmd->base.autoneg = AUTONEG_DISABLE;
	cmd->base.port = PORT_OTHER;
	if (speed && speed != U32_MAX) {
		cmd->base.speed = speed;
		cmd->base.duplex = DUPLEX_FULL;
	} else {
		cmd->base.speed = SPEED_UNKNOWN;
		cmd->base.duplex = DUPLEX_UNKNOWN;
	}
	return 0;
}

/* Rings and channels
 * ------------------
 */

static void
vane_ethtool_get_ringparam(struct net_device *netdev,
			   struct ethtool_ringparam *ring,
			   struct kernel_ethtool_ringparam *kernel_ring,
			   struct netlink_ext_ack *extack)
{
	struct vane_net *vn = netdev_priv(netdev);

	ring->tx_max_pending = 1u << vn->vdev->ring_log2_max;
	ring->rx_max_pending = 1u << vn->vdev->ring_log2_max;
	ring->tx_pending = 1u << vn->tx_log2;
	ring->rx_pending = 1u << vn->rx_log2;
}

static int
vane_ethtool_set_ringparam(struct net_device *netdev,
			   struct ethtool_ringparam *ring,
			   struct kernel_ethtool_ringparam *kernel_ring,
			   struct netlink_ext_ack *extack)
{
	struct vane_net *vn = netdev_priv(netdev);
	u32 least = 1u << vn->vdev->ring_log2_min;
	struct vane_ring_config config;

	if (ring->tx_pending < least || ring->rx_pending < least) {
		NL_SET_ERR_MSG_FMT(extack, "A ring has at least %u entries",
				   least);
		return -EINVAL;
	}

	vane_ring_fill_config(vn, netdev->features, netdev->mtu, &config);
	config.tx_log2 = order_base_2(ring->tx_pending);
	config.rx_log2 = order_base_2(ring->rx_pending);
	if (vn->rings)
		return vane_net_reconfigure(vn, &config);

	vn->tx_log2 = config.tx_log2;
	vn->rx_log2 = config.rx_log2;
	return 0;
}

static void vane_ethtool_get_channels(struct net_device *netdev,
				      struct ethtool_channels *channels)
{
	struct vane_net *vn = netdev_priv(netdev);

	channels->max_combined = min_t(u32, netdev->num_tx_queues,
				       vn->vdev->max_queues);
	channels->combined_count = vn->num_queues;
}

static int vane_ethtool_set_channels(struct net_device *netdev,
				     struct ethtool_channels *channels)
{
	struct vane_net *vn = netdev_priv(netdev);
	struct vane_ring_config config;
	u16 num = channels->combined_count;
	int err;

	vane_ring_fill_config(vn, netdev->features, netdev->mtu, &config);
	config.num_queues = num;
	if (vn->rings)
		return vane_net_reconfigure(vn, &config);

	err = netif_set_real_num_queues(netdev, num, num);
	if (err)
		return err;
	vn->num_queues = num;
	vane_rss_fit(vn);
	return 0;
}

/* Moderation
 * ----------
 */

static int
vane_ethtool_get_coalesce(struct net_device *netdev,
			  struct ethtool_coalesce *coal,
			  struct kernel_ethtool_coalesce *kernel_coal,
			  struct netlink_ext_ack *extack)
{
	struct vane_net *vn = netdev_priv(netdev);

	coal->use_adaptive_rx_coalesce = vn->adaptive;
	coal->rx_coalesce_usecs = vn->itr;
	return 0;
}

/* The one timer of a vector serves receive and transmit alike. */
static int
vane_ethtool_set_coalesce(struct net_device *netdev,
			  struct ethtool_coalesce *coal,
			  struct kernel_ethtool_coalesce *kernel_coal,
			  struct netlink_ext_ack *extack)
{
	struct vane_net *vn = netdev_priv(netdev);

	if (coal->rx_coalesce_usecs > VANE_VEC_ITR_MAX) {
		NL_SET_ERR_MSG_FMT(extack, "rx-usecs is at most %u",
				   VANE_VEC_ITR_MAX);
		return -ERANGE;
	}

	vn->adaptive = coal->use_adaptive_rx_coalesce;
	vn->itr = coal->rx_coalesce_usecs;
	if (vn->rings)
		vane_vectors_moderate(vn);
	return 0;
}

#ifdef VANE_HAVE_RX_RING_COUNT
static u32 vane_ethtool_get_rx_ring_count(struct net_device *netdev)
{
	return netdev->real_num_rx_queues;
}
#endif

/* Counters
 * --------
 */

static int vane_ethtool_get_sset_count(struct net_device *netdev, int sset)
{
	switch (sset) {
	case ETH_SS_STATS:
		return VANE_STAT_COUNT;
	case ETH_SS_TEST:
		return VANE_NUM_TESTS;
	default:
		return -EOPNOTSUPP;
	}
}

static void vane_ethtool_get_strings(struct net_device *netdev, u32 sset,
				     u8 *data)
{
	switch (sset) {
	case ETH_SS_STATS:
		memcpy(data, stat_names, sizeof(stat_names));
		break;
	case ETH_SS_TEST:
		memcpy(data, vane_test_names, sizeof(vane_test_names));
		break;
	}
}

static void vane_ethtool_get_stats(struct net_device *netdev,
				   struct ethtool_stats *stats, u64 *data)
{
	struct vane_net *vn = netdev_priv(netdev);
	unsigned int i;

	for (i = 0; i < VANE_STAT_COUNT; i++)
		data[i] = vane_counters_read(vn, i);
}

/* Register dump
 * -------------
 */

/* Version 1: the offset of a register, then its value, in words of 32 bits */
#define REGS_VERSION		1

/* Destination of a dump; without @out, the words are only counted. */
struct vane_reg_dump {
	struct vane_dev *vdev;
	u32 *out;
	unsigned int words;
	unsigned int done;
};

static void vane_ethtool_dump_reg(void *ctx, u32 reg)
{
	struct vane_reg_dump *dump = ctx;

	if (dump->out && dump->done + 2 <= dump->words) {
		dump->out[dump->done] = reg;
		dump->out[dump->done + 1] = vane_rd32(dump->vdev, reg);
	}
	dump->done += 2;
}

static int vane_ethtool_get_regs_len(struct net_device *netdev)
{
	struct vane_net *vn = netdev_priv(netdev);
	struct vane_reg_dump dump = {};

	if (!vn->attached)
		return -EBUSY;
	vane_regmap_walk(vn->vdev, vane_ethtool_dump_reg, &dump);
	return dump.done * sizeof(u32);
}

static void vane_ethtool_get_regs(struct net_device *netdev,
				  struct ethtool_regs *regs, void *out)
{
	struct vane_net *vn = netdev_priv(netdev);
	struct vane_reg_dump dump = {
		.vdev = vn->vdev,
		.out = out,
		.words = regs->len / sizeof(u32),
	};

	regs->version = REGS_VERSION;
	memset(out, 0, regs->len);
	vane_regmap_walk(vn->vdev, vane_ethtool_dump_reg, &dump);
}

/* Tunables
 * --------
 */

static int vane_ethtool_get_tunable(struct net_device *netdev,
				    const struct ethtool_tunable *tuna,
				    void *data)
{
	const struct vane_net *vn = netdev_priv(netdev);

	if (tuna->id != ETHTOOL_TX_COPYBREAK)
		return -EOPNOTSUPP;

	*(u32 *)data = vn->tx_copybreak;
	return 0;
}

static int vane_ethtool_set_tunable(struct net_device *netdev,
				    const struct ethtool_tunable *tuna,
				    const void *data)
{
	struct vane_net *vn = netdev_priv(netdev);
	u32 bytes = *(const u32 *)data;
	u16 q;

	if (tuna->id != ETHTOOL_TX_COPYBREAK)
		return -EOPNOTSUPP;
	if (bytes > VANE_TX_COPY_MAX) {
		netdev_err(netdev, "tx-copybreak is %u bytes at most\n",
			   VANE_TX_COPY_MAX);
		return -EINVAL;
	}

	vn->tx_copybreak = bytes;
	if (vn->rings)
		for (q = 0; q < vn->rings->config.num_queues; q++)
			vane_txq_set_copybreak(vn->rings->txq[q], bytes);
	return 0;
}

const struct ethtool_ops vane_ethtool_ops = {
	.supported_coalesce_params = ETHTOOL_COALESCE_RX_USECS |
				     ETHTOOL_COALESCE_USE_ADAPTIVE_RX,
	.rxfh_max_num_contexts	= VANE_RSS_CONTEXTS,
	.get_drvinfo		= vane_ethtool_get_drvinfo,
	.get_regs_len		= vane_ethtool_get_regs_len,
	.get_regs		= vane_ethtool_get_regs,
	.get_msglevel		= vane_ethtool_get_msglevel,
	.set_msglevel		= vane_ethtool_set_msglevel,
	.get_link		= ethtool_op_get_link,
	.get_link_ksettings	= vane_ethtool_get_link_ksettings,
	.get_ringparam		= vane_ethtool_get_ringparam,
	.set_ringparam		= vane_ethtool_set_ringparam,
	.get_channels		= vane_ethtool_get_channels,
	.set_channels		= vane_ethtool_set_channels,
	.get_coalesce		= vane_ethtool_get_coalesce,
	.set_coalesce		= vane_ethtool_set_coalesce,
	.get_tunable		= vane_ethtool_get_tunable,
	.set_tunable		= vane_ethtool_set_tunable,
#ifdef VANE_HAVE_RX_RING_COUNT
	.get_rx_ring_count	= vane_ethtool_get_rx_ring_count,
#endif
	.get_rxnfc		= vane_get_rxnfc,
	.set_rxnfc		= vane_set_rxnfc,
	.get_rxfh_key_size	= vane_get_rxfh_key_size,
	.get_rxfh_indir_size	= vane_get_rxfh_indir_size,
	.get_rxfh		= vane_get_rxfh,
	.set_rxfh		= vane_set_rxfh,
	.create_rxfh_context	= vane_create_rxfh_context,
	.modify_rxfh_context	= vane_modify_rxfh_context,
	.remove_rxfh_context	= vane_remove_rxfh_context,
	.get_rxfh_fields	= vane_get_rxfh_fields,
	.set_rxfh_fields	= vane_set_rxfh_fields,
	.get_sset_count		= vane_ethtool_get_sset_count,
	.get_strings		= vane_ethtool_get_strings,
	.get_ethtool_stats	= vane_ethtool_get_stats,
	.self_test		= vane_self_test,
	.get_ts_info		= ethtool_op_get_ts_info,
};
EXPORT_SYMBOL_NS_GPL(vane_ethtool_ops, VANE_NS);
