// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: ethtool operations for the port: link, pause, LED, counters;
 * and counters of the VFs.
 */
#include <linux/ethtool.h>
#include <linux/netdevice.h>

#include "command.h"
#include "ethtool.h"
#include "link.h"
#include "pf.h"
#include "stats.h"
#include "switch.h"
#include "vf.h"

/* The core's operations, and the port's */
static struct ethtool_ops pf_ethtool_ops __ro_after_init;

/* Speeds of the port, by bit of VANE_SPEED_* */
static const struct {
	u32 speed;
	u32 mode;
} speeds[] = {
	{ SPEED_1000, ETHTOOL_LINK_MODE_1000baseT_Full_BIT },
	{ SPEED_2500, ETHTOOL_LINK_MODE_2500baseT_Full_BIT },
	{ SPEED_5000, ETHTOOL_LINK_MODE_5000baseT_Full_BIT },
	{ SPEED_10000, ETHTOOL_LINK_MODE_10000baseCR_Full_BIT },
	{ SPEED_25000, ETHTOOL_LINK_MODE_25000baseCR_Full_BIT },
	{ SPEED_40000, ETHTOOL_LINK_MODE_40000baseCR4_Full_BIT },
	{ SPEED_50000, ETHTOOL_LINK_MODE_50000baseCR2_Full_BIT },
	{ SPEED_100000, ETHTOOL_LINK_MODE_100000baseCR4_Full_BIT },
	{ SPEED_10, ETHTOOL_LINK_MODE_10baseT_Full_BIT },
	{ SPEED_100, ETHTOOL_LINK_MODE_100baseT_Full_BIT },
};

static_assert(VANE_SPEED_ALL == BIT(ARRAY_SIZE(speeds)) - 1);

/* Link
 * ----
 */

static void vane_pf_ethtool_set_modes(unsigned long *modes, u32 set)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(speeds); i++)
		if (set & BIT(i))
			__set_bit(speeds[i].mode, modes);
}

/* IEEE 802.3, annex 28B: PAUSE if it obeys, ASM_DIR if it does only one of both */
static void vane_pf_ethtool_set_pause_modes(unsigned long *modes, u32 flags)
{
	bool rx = flags & VANE_LINK_RX_PAUSE;
	bool tx = flags & VANE_LINK_TX_PAUSE;

	__assign_bit(ETHTOOL_LINK_MODE_Pause_BIT, modes, rx);
	__assign_bit(ETHTOOL_LINK_MODE_Asym_Pause_BIT, modes, rx != tx);
}

static int
vane_pf_ethtool_get_link_ksettings(struct net_device *netdev,
				   struct ethtool_link_ksettings *cmd)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	struct vane_cmd_link_state state;
	u32 partner;
	u32 wanted;
	u32 speed;
	int err;

	if (!vane_link_has_port(pf))
		return vane_ethtool_ops.get_link_ksettings(netdev, cmd);
	err = vane_link_get_state(pf, &state);
	if (err)
		return err;

	wanted = le32_to_cpu(state.wanted.flags);
	partner = le32_to_cpu(state.partner.flags);
	speed = le32_to_cpu(state.speed);

	ethtool_link_ksettings_zero_link_mode(cmd, supported);
	ethtool_link_ksettings_zero_link_mode(cmd, advertising);
	ethtool_link_ksettings_zero_link_mode(cmd, lp_advertising);
	vane_pf_ethtool_set_modes(cmd->link_modes.supported,
				  le32_to_cpu(state.supported));
	ethtool_link_ksettings_add_link_mode(cmd, supported, Autoneg);
	ethtool_link_ksettings_add_link_mode(cmd, supported, Pause);
	ethtool_link_ksettings_add_link_mode(cmd, supported, Asym_Pause);
	if (wanted & VANE_LINK_AUTONEG) {
		vane_pf_ethtool_set_modes(cmd->link_modes.advertising,
					  le32_to_cpu(state.wanted.speeds));
		vane_pf_ethtool_set_pause_modes(cmd->link_modes.advertising,
						wanted);
		ethtool_link_ksettings_add_link_mode(cmd, advertising, Autoneg);
	}
	if (partner & VANE_LINK_AUTONEG) {
		vane_pf_ethtool_set_modes(cmd->link_modes.lp_advertising,
					  le32_to_cpu(state.partner.speeds));
		vane_pf_ethtool_set_pause_modes(cmd->link_modes.lp_advertising,
						partner);
		ethtool_link_ksettings_add_link_mode(cmd, lp_advertising,
						     Autoneg);
	}

	cmd->base.autoneg = wanted & VANE_LINK_AUTONEG ? AUTONEG_ENABLE :
							 AUTONEG_DISABLE;
	cmd->base.port = PORT_DA;
	cmd->base.speed = speed ?: SPEED_UNKNOWN;
	cmd->base.duplex = speed ? DUPLEX_FULL : DUPLEX_UNKNOWN;
	return 0;
}

/* VANE_SPEED_* to advertise, 0 if the port has none of them */
static u32
vane_pf_ethtool_advertised_speeds(const struct ethtool_link_ksettings *cmd)
{
	unsigned int i;
	u32 set = 0;

	for (i = 0; i < ARRAY_SIZE(speeds); i++)
		if (test_bit(speeds[i].mode, cmd->link_modes.advertising))
			set |= BIT(i);
	return set;
}

static u32 vane_pf_ethtool_fixed_speed(u32 speed)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(speeds); i++)
		if (speeds[i].speed == speed)
			return BIT(i);
	return 0;
}

static int
vane_pf_ethtool_set_link_ksettings(struct net_device *netdev,
				   const struct ethtool_link_ksettings *cmd)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	u32 flags;
	u32 set;
	int err;

	if (!vane_link_has_port(pf))
		return -EOPNOTSUPP;
	if (cmd->base.port != PORT_DA) {
		vane_pf_refuse(pf, "link: the port type can only be da (direct attach)");
		return -EINVAL;
	}
	if (cmd->base.autoneg == AUTONEG_ENABLE) {
		set = vane_pf_ethtool_advertised_speeds(cmd);
		if (!set) {
			vane_pf_refuse(pf,
				       "link: none of the modes to advertise is a supported link mode");
			return -EINVAL;
		}
	} else {
		set = vane_pf_ethtool_fixed_speed(cmd->base.speed);
		if (!set) {
			vane_pf_refuse(pf,
				       "link: %u Mb/s is not the speed of a supported link mode",
				       cmd->base.speed);
			return -EINVAL;
		}
		if (cmd->base.duplex == DUPLEX_HALF) {
			vane_pf_refuse(pf, "link: the port supports full duplex only");
			return -EINVAL;
		}
	}

	mutex_lock(&pf->lock);
	flags = pf->link.flags & ~VANE_LINK_AUTONEG;
	if (cmd->base.autoneg == AUTONEG_ENABLE)
		flags |= VANE_LINK_AUTONEG;
	err = vane_link_set(pf, flags, set);
	mutex_unlock(&pf->lock);
	return err;
}

static int vane_pf_ethtool_nway_reset(struct net_device *netdev)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	int err;

	if (!vane_link_has_port(pf))
		return -EOPNOTSUPP;

	mutex_lock(&pf->lock);
	if (pf->link.flags & VANE_LINK_AUTONEG) {
		err = vane_link_set(pf, pf->link.flags, pf->link.speeds);
	} else {
		vane_pf_refuse(pf, "link: autonegotiation is off, so it cannot be restarted");
		err = -EINVAL;
	}
	mutex_unlock(&pf->lock);
	return err;
}

/* Pause
 * -----
 */

static void vane_pf_ethtool_get_pauseparam(struct net_device *netdev,
					   struct ethtool_pauseparam *pause)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	u32 flags;

	mutex_lock(&pf->lock);
	flags = le32_to_cpu(vane_link_wanted(pf).flags);
	mutex_unlock(&pf->lock);
	pause->autoneg = !!(flags & VANE_LINK_PAUSE_AUTONEG);
	pause->rx_pause = !!(flags & VANE_LINK_RX_PAUSE);
	pause->tx_pause = !!(flags & VANE_LINK_TX_PAUSE);
}

static int vane_pf_ethtool_set_pauseparam(struct net_device *netdev,
					  struct ethtool_pauseparam *pause)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	u32 flags;
	int err;

	if (!vane_link_has_port(pf))
		return -EOPNOTSUPP;

	mutex_lock(&pf->lock);
	flags = pf->link.flags & VANE_LINK_AUTONEG;
	if (pause->autoneg && !flags) {
		vane_pf_refuse(pf, "pause autonegotiation requires autonegotiation of the link");
		err = -EINVAL;
		goto unlock;
	}
	if (pause->autoneg)
		flags |= VANE_LINK_PAUSE_AUTONEG;
	if (pause->rx_pause)
		flags |= VANE_LINK_RX_PAUSE;
	if (pause->tx_pause)
		flags |= VANE_LINK_TX_PAUSE;
	err = vane_link_set(pf, flags, pf->link.speeds);
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/* Counters
 * --------
 */

/* The port's counters; false if there are none. */
static bool vane_pf_ethtool_get_counters(struct net_device *netdev,
					 u64 counters[VANE_PORT_STAT_COUNT])
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	__le64 answer[VANE_PORT_STAT_COUNT];
	unsigned int i;

	if (!vane_link_has_port(pf) ||
	    vane_command(pf, VANE_CMD_PORT_STATS_GET, NULL, 0, answer,
			 sizeof(answer)))
		return false;
	for (i = 0; i < VANE_PORT_STAT_COUNT; i++)
		counters[i] = le64_to_cpu(answer[i]);
	return true;
}

static void vane_pf_ethtool_get_pause_stats(struct net_device *netdev,
					    struct ethtool_pause_stats *stats)
{
	u64 counters[VANE_PORT_STAT_COUNT];

	if (!vane_pf_ethtool_get_counters(netdev, counters))
		return;
	stats->tx_pause_frames = counters[VANE_PORT_STAT_TX_PAUSE];
	stats->rx_pause_frames = counters[VANE_PORT_STAT_RX_PAUSE];
}

static void
vane_pf_ethtool_get_eth_mac_stats(struct net_device *netdev,
				  struct ethtool_eth_mac_stats *stats)
{
	u64 counters[VANE_PORT_STAT_COUNT];

	if (!vane_pf_ethtool_get_counters(netdev, counters))
		return;
	stats->FramesTransmittedOK = counters[VANE_PORT_STAT_TX_FRAMES];
	stats->OctetsTransmittedOK = counters[VANE_PORT_STAT_TX_BYTES];
	stats->MulticastFramesXmittedOK =
		counters[VANE_PORT_STAT_TX_MULTICAST];
	stats->BroadcastFramesXmittedOK =
		counters[VANE_PORT_STAT_TX_BROADCAST];
	stats->FramesReceivedOK = counters[VANE_PORT_STAT_RX_FRAMES];
	stats->OctetsReceivedOK = counters[VANE_PORT_STAT_RX_BYTES];
	stats->MulticastFramesReceivedOK =
		counters[VANE_PORT_STAT_RX_MULTICAST];
	stats->BroadcastFramesReceivedOK =
		counters[VANE_PORT_STAT_RX_BROADCAST];
	stats->FrameTooLongErrors = counters[VANE_PORT_STAT_RX_OVERSIZE];
}

static void
vane_pf_ethtool_get_eth_phy_stats(struct net_device *netdev,
				  struct ethtool_eth_phy_stats *stats)
{
	u64 counters[VANE_PORT_STAT_COUNT];

	if (vane_pf_ethtool_get_counters(netdev, counters))
		stats->SymbolErrorDuringCarrier =
			counters[VANE_PORT_STAT_RX_SYMBOL_ERRORS];
}

static const struct ethtool_rmon_hist_range rmon_ranges[] = {
	{ 0, 64 },
	{ 65, 127 },
	{ 128, 255 },
	{ 256, 511 },
	{ 512, 1023 },
	{ 1024, 1518 },
	{ 1519, VANE_MAX_WIRE_FRAME + ETH_FCS_LEN },
	{}
};

static_assert(ARRAY_SIZE(rmon_ranges) == VANE_PORT_STAT_NUM_SIZES + 1);

static void
vane_pf_ethtool_get_rmon_stats(struct net_device *netdev,
			       struct ethtool_rmon_stats *stats,
			       const struct ethtool_rmon_hist_range **ranges)
{
	u64 counters[VANE_PORT_STAT_COUNT];
	unsigned int i;

	if (!vane_pf_ethtool_get_counters(netdev, counters))
		return;
	stats->undersize_pkts = counters[VANE_PORT_STAT_RX_UNDERSIZE];
	stats->oversize_pkts = counters[VANE_PORT_STAT_RX_OVERSIZE];
	for (i = 0; i < VANE_PORT_STAT_NUM_SIZES; i++) {
		stats->hist[i] = counters[VANE_PORT_STAT_RX_SIZES + i];
		stats->hist_tx[i] = counters[VANE_PORT_STAT_TX_SIZES + i];
	}
	*ranges = rmon_ranges;
}

static void
vane_pf_ethtool_get_link_ext_stats(struct net_device *netdev,
				   struct ethtool_link_ext_stats *stats)
{
	u64 counters[VANE_PORT_STAT_COUNT];

	if (vane_pf_ethtool_get_counters(netdev, counters))
		stats->link_down_events =
			counters[VANE_PORT_STAT_LINK_DOWN];
}

/* LED
 * ---
 */

#define LED_BLINKS		2	/* a second */

static int vane_pf_ethtool_set_phys_id(struct net_device *netdev,
				       enum ethtool_phys_id_state state)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);

	if (!vane_link_has_port(pf))
		return -EOPNOTSUPP;
	switch (state) {
	case ETHTOOL_ID_ACTIVE:
		return LED_BLINKS;
	case ETHTOOL_ID_ON:
		vane_wr32(&pf->vdev, VANE_REG_PORT_LED, VANE_PORT_LED_ON);
		return 0;
	case ETHTOOL_ID_OFF:
	case ETHTOOL_ID_INACTIVE:
		vane_wr32(&pf->vdev, VANE_REG_PORT_LED, 0);
		return 0;
	default:
		return -EINVAL;
	}
}

/* Counters
 * --------
 * Those of the PF, as of any function, those of frames from the uplink that were
 * dropped for their channel tag, then those of each VF. As VFs may come and go
 * between the call that asks for the number of counters and the one that asks
 * for the counters, the number is kept.
 */

static const char tag_counters[VANE_TAG_STAT_COUNT][ETH_GSTRING_LEN] = {
	[VANE_TAG_STAT_RX_NONE] = "rx_tag_none",
	[VANE_TAG_STAT_RX_TRUNCATED] = "rx_tag_truncated",
	[VANE_TAG_STAT_RX_DIRECTION] = "rx_tag_direction",
	[VANE_TAG_STAT_RX_VERSION] = "rx_tag_version",
	[VANE_TAG_STAT_RX_RESERVED] = "rx_tag_reserved",
	[VANE_TAG_STAT_RX_NESTED] = "rx_tag_nested",
	[VANE_TAG_STAT_RX_UNKNOWN] = "rx_tag_unknown",
};

static unsigned int vane_pf_ethtool_tag_counters(const struct vane_pf *pf)
{
	return pf->vdev.features & VANE_FEAT_ETAG ? VANE_TAG_STAT_COUNT : 0;
}

static int vane_pf_ethtool_get_sset_count(struct net_device *netdev, int sset)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	int count = vane_ethtool_ops.get_sset_count(netdev, sset);

	if (sset != ETH_SS_STATS)
		return count;
	mutex_lock(&pf->lock);
	pf->stats.counted_vfs =
		pf->vdev.features & VANE_FEAT_VF_STATS ? pf->num_vfs : 0;
	mutex_unlock(&pf->lock);
	return count * (1 + pf->stats.counted_vfs) +
	       vane_pf_ethtool_tag_counters(pf);
}

static void vane_pf_ethtool_get_strings(struct net_device *netdev, u32 sset,
					u8 *data)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	const u8 *name = data;
	unsigned int i, j;

	vane_ethtool_ops.get_strings(netdev, sset, data);
	if (sset != ETH_SS_STATS)
		return;
	data += VANE_STAT_COUNT * ETH_GSTRING_LEN;
	for (i = 0; i < vane_pf_ethtool_tag_counters(pf); i++)
		ethtool_puts(&data, tag_counters[i]);
	for (i = 0; i < pf->stats.counted_vfs; i++)
		for (j = 0; j < VANE_STAT_COUNT; j++)
			ethtool_sprintf(&data, "vf%u_%s", i,
					name + j * ETH_GSTRING_LEN);
}

static void vane_pf_ethtool_get_stats(struct net_device *netdev,
				      struct ethtool_stats *stats, u64 *data)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);

	vane_ethtool_ops.get_ethtool_stats(netdev, stats, data);
	data += VANE_STAT_COUNT;
	if (vane_switch_get_tag_drops(pf, data))
		memset(data, 0,
		       vane_pf_ethtool_tag_counters(pf) * sizeof(*data));
	data += vane_pf_ethtool_tag_counters(pf);
	vane_stats_get_vfs(pf, pf->stats.counted_vfs, data);
}

/**
 * vane_pf_ethtool_attach() - set the ethtool operations of the PF's netdev
 * @netdev: the PF's, not registered
 *
 * Context: The netdev is not registered. Does not sleep.
 */
void vane_pf_ethtool_attach(struct net_device *netdev)
{
	netdev->ethtool_ops = &pf_ethtool_ops;
}

/**
 * vane_pf_ethtool_init() - extend the core's operations by those of the PF
 *
 * Context: When the module is loaded, before any probe.
 */
void __init vane_pf_ethtool_init(void)
{
	pf_ethtool_ops = vane_ethtool_ops;
	pf_ethtool_ops.get_link_ksettings = vane_pf_ethtool_get_link_ksettings;
	pf_ethtool_ops.set_link_ksettings = vane_pf_ethtool_set_link_ksettings;
	pf_ethtool_ops.nway_reset = vane_pf_ethtool_nway_reset;
	pf_ethtool_ops.get_pauseparam = vane_pf_ethtool_get_pauseparam;
	pf_ethtool_ops.set_pauseparam = vane_pf_ethtool_set_pauseparam;
	pf_ethtool_ops.get_pause_stats = vane_pf_ethtool_get_pause_stats;
	pf_ethtool_ops.get_eth_mac_stats = vane_pf_ethtool_get_eth_mac_stats;
	pf_ethtool_ops.get_eth_phy_stats = vane_pf_ethtool_get_eth_phy_stats;
	pf_ethtool_ops.get_rmon_stats = vane_pf_ethtool_get_rmon_stats;
	pf_ethtool_ops.get_link_ext_stats = vane_pf_ethtool_get_link_ext_stats;
	pf_ethtool_ops.set_phys_id = vane_pf_ethtool_set_phys_id;
	pf_ethtool_ops.get_sset_count = vane_pf_ethtool_get_sset_count;
	pf_ethtool_ops.get_strings = vane_pf_ethtool_get_strings;
	pf_ethtool_ops.get_ethtool_stats = vane_pf_ethtool_get_stats;
}
