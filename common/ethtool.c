// SPDX-License-Identifier: GPL-2.0-only
/* What ethtool may ask of any function */

#include <linux/bitfield.h>
#include <linux/ethtool.h>

#include "core.h"

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
};

static const char test_names[][ETH_GSTRING_LEN] = {
	"Register test  (on/offline)",
};

static void get_drvinfo(struct net_device *netdev, struct ethtool_drvinfo *info)
{
	struct vane_net *vn = netdev_priv(netdev);
	u32 version = vane_rd32(vn->vdev, VANE_REG_FW_VERSION);

	snprintf(info->fw_version, sizeof(info->fw_version), "%u.%u.%u",
		 FIELD_GET(VANE_FW_VERSION_MAJOR, version),
		 FIELD_GET(VANE_FW_VERSION_MINOR, version),
		 FIELD_GET(VANE_FW_VERSION_PATCH, version));
}

static int get_link_ksettings(struct net_device *netdev,
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

static void get_ringparam(struct net_device *netdev,
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

static int set_ringparam(struct net_device *netdev,
			 struct ethtool_ringparam *ring,
			 struct kernel_ethtool_ringparam *kernel_ring,
			 struct netlink_ext_ack *extack)
{
	struct vane_net *vn = netdev_priv(netdev);
	u32 least = 1u << vn->vdev->ring_log2_min;
	struct vane_ring_config config;

	if (ring->tx_pending < least || ring->rx_pending < least) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "a ring has at least %u entries",
				       least);
		return -EINVAL;
	}

	vane_ring_config(vn, netdev->features, netdev->mtu, &config);
	config.tx_log2 = order_base_2(ring->tx_pending);
	config.rx_log2 = order_base_2(ring->rx_pending);
	if (vn->rings)
		return vane_net_reconfigure(vn, &config);

	vn->tx_log2 = config.tx_log2;
	vn->rx_log2 = config.rx_log2;
	return 0;
}

static void get_channels(struct net_device *netdev,
			 struct ethtool_channels *channels)
{
	struct vane_net *vn = netdev_priv(netdev);

	channels->max_combined = min_t(u32, netdev->num_tx_queues,
				       vn->vdev->max_queues);
	channels->combined_count = vn->num_queues;
}

static int set_channels(struct net_device *netdev,
			struct ethtool_channels *channels)
{
	struct vane_net *vn = netdev_priv(netdev);
	struct vane_ring_config config;
	u16 num = channels->combined_count;
	int err;

	vane_ring_config(vn, netdev->features, netdev->mtu, &config);
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

static int get_coalesce(struct net_device *netdev,
			struct ethtool_coalesce *coal,
			struct kernel_ethtool_coalesce *kernel_coal,
			struct netlink_ext_ack *extack)
{
	struct vane_net *vn = netdev_priv(netdev);

	coal->use_adaptive_rx_coalesce = vn->adaptive;
	coal->rx_coalesce_usecs = vn->itr;
	return 0;
}

/* A vector has one timer, for what its queues receive and send. */
static int set_coalesce(struct net_device *netdev,
			struct ethtool_coalesce *coal,
			struct kernel_ethtool_coalesce *kernel_coal,
			struct netlink_ext_ack *extack)
{
	struct vane_net *vn = netdev_priv(netdev);

	if (coal->rx_coalesce_usecs > VANE_VEC_ITR_MAX) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "rx-usecs is at most %u",
				       VANE_VEC_ITR_MAX);
		return -ERANGE;
	}

	vn->adaptive = coal->use_adaptive_rx_coalesce;
	vn->itr = coal->rx_coalesce_usecs;
	if (vn->rings)
		vane_vectors_moderate(vn);
	return 0;
}

/* Receive-side scaling
 * --------------------
 */

#ifdef VANE_HAVE_RX_RING_COUNT
static u32 get_rx_ring_count(struct net_device *netdev)
{
	return netdev->real_num_rx_queues;
}
#else
static int get_rxnfc(struct net_device *netdev, struct ethtool_rxnfc *info,
		     u32 *rules)
{
	if (info->cmd != ETHTOOL_GRXRINGS)
		return -EOPNOTSUPP;
	info->data = netdev->real_num_rx_queues;
	return 0;
}
#endif

static u32 get_rxfh_key_size(struct net_device *netdev)
{
	struct vane_net *vn = netdev_priv(netdev);

	return vn->vdev->features & VANE_FEAT_RSS ? VANE_RSS_KEY_SIZE : 0;
}

static u32 get_rxfh_indir_size(struct net_device *netdev)
{
	struct vane_net *vn = netdev_priv(netdev);

	return vn->vdev->features & VANE_FEAT_RSS ? VANE_RSS_TABLE_SIZE : 0;
}

static int get_rxfh(struct net_device *netdev, struct ethtool_rxfh_param *rxfh)
{
	struct vane_net *vn = netdev_priv(netdev);
	unsigned int i;

	rxfh->hfunc = ETH_RSS_HASH_TOP;
	if (rxfh->indir)
		for (i = 0; i < VANE_RSS_TABLE_SIZE; i++)
			rxfh->indir[i] = vn->rss_table[i];
	if (rxfh->key)
		memcpy(rxfh->key, vn->rss_key, VANE_RSS_KEY_SIZE);
	return 0;
}

static int set_rxfh(struct net_device *netdev, struct ethtool_rxfh_param *rxfh,
		    struct netlink_ext_ack *extack)
{
	struct vane_net *vn = netdev_priv(netdev);
	unsigned int i;

	if (rxfh->hfunc != ETH_RSS_HASH_NO_CHANGE &&
	    rxfh->hfunc != ETH_RSS_HASH_TOP) {
		NL_SET_ERR_MSG_MOD(extack, "the hash is Toeplitz only");
		return -EOPNOTSUPP;
	}

	if (rxfh->indir)
		for (i = 0; i < VANE_RSS_TABLE_SIZE; i++)
			vn->rss_table[i] = rxfh->indir[i];
	if (rxfh->key)
		memcpy(vn->rss_key, rxfh->key, VANE_RSS_KEY_SIZE);
	if (vn->rings)
		vane_rss_write(vn);
	return 0;
}

/* Counters
 * --------
 */

static int get_sset_count(struct net_device *netdev, int sset)
{
	switch (sset) {
	case ETH_SS_STATS:
		return VANE_STAT_COUNT;
	case ETH_SS_TEST:
		return ARRAY_SIZE(test_names);
	default:
		return -EOPNOTSUPP;
	}
}

static void get_strings(struct net_device *netdev, u32 sset, u8 *data)
{
	switch (sset) {
	case ETH_SS_STATS:
		memcpy(data, stat_names, sizeof(stat_names));
		break;
	case ETH_SS_TEST:
		memcpy(data, test_names, sizeof(test_names));
		break;
	}
}

static void get_ethtool_stats(struct net_device *netdev,
			      struct ethtool_stats *stats, u64 *data)
{
	struct vane_net *vn = netdev_priv(netdev);
	unsigned int i;

	for (i = 0; i < VANE_STAT_COUNT; i++)
		data[i] = vane_rd64(vn->vdev, VANE_STAT(i));
}

static void get_eth_mac_stats(struct net_device *netdev,
			      struct ethtool_eth_mac_stats *stats)
{
	struct vane_net *vn = netdev_priv(netdev);
	struct vane_dev *vdev = vn->vdev;

	stats->FramesTransmittedOK =
		vane_rd64(vdev, VANE_STAT(VANE_STAT_TX_FRAMES));
	stats->OctetsTransmittedOK =
		vane_rd64(vdev, VANE_STAT(VANE_STAT_TX_BYTES));
	stats->MulticastFramesXmittedOK =
		vane_rd64(vdev, VANE_STAT(VANE_STAT_TX_MULTICAST));
	stats->BroadcastFramesXmittedOK =
		vane_rd64(vdev, VANE_STAT(VANE_STAT_TX_BROADCAST));
	stats->FramesReceivedOK =
		vane_rd64(vdev, VANE_STAT(VANE_STAT_RX_FRAMES));
	stats->OctetsReceivedOK =
		vane_rd64(vdev, VANE_STAT(VANE_STAT_RX_BYTES));
	stats->MulticastFramesReceivedOK =
		vane_rd64(vdev, VANE_STAT(VANE_STAT_RX_MULTICAST));
	stats->BroadcastFramesReceivedOK =
		vane_rd64(vdev, VANE_STAT(VANE_STAT_RX_BROADCAST));
	stats->FrameTooLongErrors =
		vane_rd64(vdev, VANE_STAT(VANE_STAT_RX_DROP_OVERSIZE));
}

/* Self-test
 * ---------
 */

/* TEST gives the complement of what was written, whole and by halves. */
static bool test_registers(struct vane_dev *vdev)
{
	static const u64 patterns[] = {
		0, U64_MAX, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa,
		0x0123456789abcdef, 0xfedcba9876543210,
	};
	unsigned int i;
	bool ok = true;
	u64 val;

	for (i = 0; i < ARRAY_SIZE(patterns); i++) {
		val = patterns[i];
		vane_wr64(vdev, VANE_REG_TEST, val);
		ok &= vane_rd64(vdev, VANE_REG_TEST) == ~val;

		vane_wr32(vdev, VANE_REG_TEST, upper_32_bits(val));
		vane_wr32(vdev, VANE_REG_TEST + 4, lower_32_bits(val));
		ok &= vane_rd32(vdev, VANE_REG_TEST) == ~upper_32_bits(val);
		ok &= vane_rd32(vdev, VANE_REG_TEST + 4) ==
		      ~lower_32_bits(val);
	}
	return ok && vane_rd32(vdev, VANE_REG_MAGIC) == VANE_MAGIC;
}

static void self_test(struct net_device *netdev, struct ethtool_test *test,
		      u64 *data)
{
	struct vane_net *vn = netdev_priv(netdev);

	data[0] = !test_registers(vn->vdev);
	if (data[0])
		test->flags |= ETH_TEST_FL_FAILED;
}

const struct ethtool_ops vane_ethtool_ops = {
	.supported_coalesce_params = ETHTOOL_COALESCE_RX_USECS |
				     ETHTOOL_COALESCE_USE_ADAPTIVE_RX,
	.get_drvinfo		= get_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_link_ksettings	= get_link_ksettings,
	.get_ringparam		= get_ringparam,
	.set_ringparam		= set_ringparam,
	.get_channels		= get_channels,
	.set_channels		= set_channels,
	.get_coalesce		= get_coalesce,
	.set_coalesce		= set_coalesce,
#ifdef VANE_HAVE_RX_RING_COUNT
	.get_rx_ring_count	= get_rx_ring_count,
#else
	.get_rxnfc		= get_rxnfc,
#endif
	.get_rxfh_key_size	= get_rxfh_key_size,
	.get_rxfh_indir_size	= get_rxfh_indir_size,
	.get_rxfh		= get_rxfh,
	.set_rxfh		= set_rxfh,
	.get_sset_count		= get_sset_count,
	.get_strings		= get_strings,
	.get_ethtool_stats	= get_ethtool_stats,
	.get_eth_mac_stats	= get_eth_mac_stats,
	.self_test		= self_test,
	.get_ts_info		= ethtool_op_get_ts_info,
};
