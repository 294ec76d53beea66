// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: what ethtool can ask of the port: link, pause, LED, counters;
 * and counters of the VFs.
 */
#include <linux/ethtool.h>

#include "pf.h"

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

/* What the device does until it is told */
#define DEFAULT_FLAGS		(VANE_LINK_AUTONEG | VANE_LINK_PAUSE_AUTONEG)

static bool has_port(const struct vane_pf *pf)
{
	return pf->vdev.features & VANE_FEAT_PORT;
}

/* Link
 * ----
 */

static int get_state(struct vane_pf *pf, struct vane_cmd_link_state *state)
{
	return vane_pf_command(pf, VANE_CMD_LINK_GET, NULL, 0, state,
			       sizeof(*state));
}

static struct vane_cmd_link wanted_link(const struct vane_pf *pf)
{
	u32 flags = pf->link_flags;

	/* The wish outlives a time without autonegotiation. */
	if (!(flags & VANE_LINK_AUTONEG))
		flags &= ~VANE_LINK_PAUSE_AUTONEG;
	return (struct vane_cmd_link) {
		.flags = cpu_to_le32(flags),
		.speeds = cpu_to_le32(pf->link_speeds),
	};
}

static int set_link(struct vane_pf *pf, u32 flags, u32 wanted_speeds)
{
	u32 old_speeds = pf->link_speeds;
	u32 old_flags = pf->link_flags;
	struct vane_cmd_link cmd;
	int err;

	lockdep_assert_held(&pf->lock);

	pf->link_flags = flags;
	pf->link_speeds = wanted_speeds;
	cmd = wanted_link(pf);
	err = vane_pf_command(pf, VANE_CMD_LINK_SET, &cmd, sizeof(cmd), NULL,
			      0);
	if (err) {
		pf->link_flags = old_flags;
		pf->link_speeds = old_speeds;
	}
	return err;
}

/**
 * vane_link_replay() - give a device that was reset the link's settings
 * @pf: the PF
 * @batch: where the command is added
 *
 * Under vane_pf.lock.
 */
void vane_link_replay(struct vane_pf *pf, struct vane_mbox_batch *batch)
{
	struct vane_cmd_link cmd;

	/* A device that just has been reset has these, and a link perhaps */
	if (!has_port(pf) || (pf->link_flags == DEFAULT_FLAGS &&
			      pf->link_speeds == VANE_SPEED_ALL))
		return;
	cmd = wanted_link(pf);
	vane_mbox_batch_add(batch, VANE_CMD_LINK_SET, &cmd, sizeof(cmd), NULL,
			    0);
}

/**
 * vane_link_adopt() - take over what a former driver has set of the link
 * @pf: the PF
 *
 * Return: 0 or an errno.
 */
int vane_link_adopt(struct vane_pf *pf)
{
	struct vane_cmd_link_state state;
	int err;

	if (!has_port(pf))
		return 0;
	err = get_state(pf, &state);
	if (err)
		return err;
	mutex_lock(&pf->lock);
	pf->link_flags = le32_to_cpu(state.wanted.flags);
	pf->link_speeds = le32_to_cpu(state.wanted.speeds) & VANE_SPEED_ALL;
	mutex_unlock(&pf->lock);
	return 0;
}

static void set_modes(unsigned long *modes, u32 set)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(speeds); i++)
		if (set & BIT(i))
			__set_bit(speeds[i].mode, modes);
}

/* IEEE 802.3, annex 28B: PAUSE for who obeys, ASM_DIR for who does just one */
static void set_pause_modes(unsigned long *modes, u32 flags)
{
	bool rx = flags & VANE_LINK_RX_PAUSE;
	bool tx = flags & VANE_LINK_TX_PAUSE;

	__assign_bit(ETHTOOL_LINK_MODE_Pause_BIT, modes, rx);
	__assign_bit(ETHTOOL_LINK_MODE_Asym_Pause_BIT, modes, rx != tx);
}

static int get_link_ksettings(struct net_device *netdev,
			      struct ethtool_link_ksettings *cmd)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	struct vane_cmd_link_state state;
	u32 partner;
	u32 wanted;
	u32 speed;
	int err;

	if (!has_port(pf))
		return vane_ethtool_ops.get_link_ksettings(netdev, cmd);
	err = get_state(pf, &state);
	if (err)
		return err;

	wanted = le32_to_cpu(state.wanted.flags);
	partner = le32_to_cpu(state.partner.flags);
	speed = le32_to_cpu(state.speed);

	ethtool_link_ksettings_zero_link_mode(cmd, supported);
	ethtool_link_ksettings_zero_link_mode(cmd, advertising);
	ethtool_link_ksettings_zero_link_mode(cmd, lp_advertising);
	set_modes(cmd->link_modes.supported, le32_to_cpu(state.supported));
	ethtool_link_ksettings_add_link_mode(cmd, supported, Autoneg);
	ethtool_link_ksettings_add_link_mode(cmd, supported, Pause);
	ethtool_link_ksettings_add_link_mode(cmd, supported, Asym_Pause);
	if (wanted & VANE_LINK_AUTONEG) {
		set_modes(cmd->link_modes.advertising,
			  le32_to_cpu(state.wanted.speeds));
		set_pause_modes(cmd->link_modes.advertising, wanted);
		ethtool_link_ksettings_add_link_mode(cmd, advertising, Autoneg);
	}
	if (partner & VANE_LINK_AUTONEG) {
		set_modes(cmd->link_modes.lp_advertising,
			  le32_to_cpu(state.partner.speeds));
		set_pause_modes(cmd->link_modes.lp_advertising, partner);
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

/* VANE_SPEED_* that are to be advertised, 0 for none that there is */
static u32 advertised_speeds(const struct ethtool_link_ksettings *cmd)
{
	unsigned int i;
	u32 set = 0;

	for (i = 0; i < ARRAY_SIZE(speeds); i++)
		if (test_bit(speeds[i].mode, cmd->link_modes.advertising))
			set |= BIT(i);
	return set;
}

static u32 fixed_speed(u32 speed)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(speeds); i++)
		if (speeds[i].speed == speed)
			return BIT(i);
	return 0;
}

static int set_link_ksettings(struct net_device *netdev,
			      const struct ethtool_link_ksettings *cmd)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	u32 flags;
	u32 set;
	int err;

	if (!has_port(pf))
		return -EOPNOTSUPP;
	if (cmd->base.autoneg == AUTONEG_ENABLE) {
		set = advertised_speeds(cmd);
		if (!set) {
			vane_pf_refuse(pf, "link: no mode to advertise is one of the port's");
			return -EINVAL;
		}
	} else {
		set = fixed_speed(cmd->base.speed);
		if (!set) {
			vane_pf_refuse(pf, "link: the port has no speed of %u Mb/s",
				       cmd->base.speed);
			return -EINVAL;
		}
		if (cmd->base.duplex == DUPLEX_HALF) {
			vane_pf_refuse(pf, "link: the port is full duplex only");
			return -EINVAL;
		}
	}

	mutex_lock(&pf->lock);
	flags = pf->link_flags & ~VANE_LINK_AUTONEG;
	if (cmd->base.autoneg == AUTONEG_ENABLE)
		flags |= VANE_LINK_AUTONEG;
	err = set_link(pf, flags, set);
	mutex_unlock(&pf->lock);
	return err;
}

static int nway_reset(struct net_device *netdev)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	int err;

	if (!has_port(pf))
		return -EOPNOTSUPP;

	mutex_lock(&pf->lock);
	if (pf->link_flags & VANE_LINK_AUTONEG) {
		err = set_link(pf, pf->link_flags, pf->link_speeds);
	} else {
		vane_pf_refuse(pf, "link: autonegotiation is off");
		err = -EINVAL;
	}
	mutex_unlock(&pf->lock);
	return err;
}

/* Pause
 * -----
 */

static void get_pauseparam(struct net_device *netdev,
			   struct ethtool_pauseparam *pause)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	u32 flags;

	mutex_lock(&pf->lock);
	flags = le32_to_cpu(wanted_link(pf).flags);
	mutex_unlock(&pf->lock);
	pause->autoneg = !!(flags & VANE_LINK_PAUSE_AUTONEG);
	pause->rx_pause = !!(flags & VANE_LINK_RX_PAUSE);
	pause->tx_pause = !!(flags & VANE_LINK_TX_PAUSE);
}

static int set_pauseparam(struct net_device *netdev,
			  struct ethtool_pauseparam *pause)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	u32 flags;
	int err;

	if (!has_port(pf))
		return -EOPNOTSUPP;

	mutex_lock(&pf->lock);
	flags = pf->link_flags & VANE_LINK_AUTONEG;
	if (pause->autoneg && !flags) {
		vane_pf_refuse(pf, "pause: negotiated only where the link is");
		err = -EINVAL;
		goto unlock;
	}
	if (pause->autoneg)
		flags |= VANE_LINK_PAUSE_AUTONEG;
	if (pause->rx_pause)
		flags |= VANE_LINK_RX_PAUSE;
	if (pause->tx_pause)
		flags |= VANE_LINK_TX_PAUSE;
	err = set_link(pf, flags, pf->link_speeds);
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/* Counters
 * --------
 */

/* The port's counters; false where there are none. */
static bool get_counters(struct net_device *netdev,
			 u64 counters[VANE_PORT_STAT_COUNT])
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	__le64 answer[VANE_PORT_STAT_COUNT];
	unsigned int i;

	if (!has_port(pf) ||
	    vane_pf_command(pf, VANE_CMD_PORT_STATS_GET, NULL, 0, answer,
			    sizeof(answer)))
		return false;
	for (i = 0; i < VANE_PORT_STAT_COUNT; i++)
		counters[i] = le64_to_cpu(answer[i]);
	return true;
}

static void get_pause_stats(struct net_device *netdev,
			    struct ethtool_pause_stats *stats)
{
	u64 counters[VANE_PORT_STAT_COUNT];

	if (!get_counters(netdev, counters))
		return;
	stats->tx_pause_frames = counters[VANE_PORT_STAT_TX_PAUSE];
	stats->rx_pause_frames = counters[VANE_PORT_STAT_RX_PAUSE];
}

static void get_eth_mac_stats(struct net_device *netdev,
			      struct ethtool_eth_mac_stats *stats)
{
	u64 counters[VANE_PORT_STAT_COUNT];

	if (!get_counters(netdev, counters))
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

static void get_eth_phy_stats(struct net_device *netdev,
			      struct ethtool_eth_phy_stats *stats)
{
	u64 counters[VANE_PORT_STAT_COUNT];

	if (get_counters(netdev, counters))
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

static void get_rmon_stats(struct net_device *netdev,
			   struct ethtool_rmon_stats *stats,
			   const struct ethtool_rmon_hist_range **ranges)
{
	u64 counters[VANE_PORT_STAT_COUNT];
	unsigned int i;

	if (!get_counters(netdev, counters))
		return;
	stats->undersize_pkts = counters[VANE_PORT_STAT_RX_UNDERSIZE];
	stats->oversize_pkts = counters[VANE_PORT_STAT_RX_OVERSIZE];
	for (i = 0; i < VANE_PORT_STAT_NUM_SIZES; i++) {
		stats->hist[i] = counters[VANE_PORT_STAT_RX_SIZES + i];
		stats->hist_tx[i] = counters[VANE_PORT_STAT_TX_SIZES + i];
	}
	*ranges = rmon_ranges;
}

static void get_link_ext_stats(struct net_device *netdev,
			       struct ethtool_link_ext_stats *stats)
{
	u64 counters[VANE_PORT_STAT_COUNT];

	if (get_counters(netdev, counters))
		stats->link_down_events =
			counters[VANE_PORT_STAT_LINK_DOWN];
}

/* LED
 * ---
 */

#define LED_BLINKS		2	/* a second */

static int set_phys_id(struct net_device *netdev,
		       enum ethtool_phys_id_state state)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);

	if (!has_port(pf))
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
 * Those of the PF, as of any function, then those of each VF. VFs may come and
 * go between the question how many there are and the answer to it, so it is
 * kept.
 */

static int get_sset_count(struct net_device *netdev, int sset)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	int count = vane_ethtool_ops.get_sset_count(netdev, sset);

	if (sset != ETH_SS_STATS)
		return count;
	mutex_lock(&pf->lock);
	pf->counted_vfs = pf->vdev.features & VANE_FEAT_VF_STATS ?
			  pf->num_vfs : 0;
	mutex_unlock(&pf->lock);
	return count * (1 + pf->counted_vfs);
}

static void get_strings(struct net_device *netdev, u32 sset, u8 *data)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	const u8 *name = data;
	unsigned int i, j;

	vane_ethtool_ops.get_strings(netdev, sset, data);
	if (sset != ETH_SS_STATS)
		return;
	data += VANE_STAT_COUNT * ETH_GSTRING_LEN;
	for (i = 0; i < pf->counted_vfs; i++)
		for (j = 0; j < VANE_STAT_COUNT; j++)
			ethtool_sprintf(&data, "vf%u_%s", i,
					name + j * ETH_GSTRING_LEN);
}

static void get_ethtool_stats(struct net_device *netdev,
			      struct ethtool_stats *stats, u64 *data)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);

	vane_ethtool_ops.get_ethtool_stats(netdev, stats, data);
	vane_stats_get_vfs(pf, pf->counted_vfs, data + VANE_STAT_COUNT);
}

/**
 * vane_link_init() - what the port does until it is told
 * @pf: the PF, not known to anyone yet
 */
void vane_link_init(struct vane_pf *pf)
{
	pf->link_flags = DEFAULT_FLAGS;
	pf->link_speeds = VANE_SPEED_ALL;
}

/**
 * vane_ethtool_attach() - give the PF's netdev its ethtool operations
 * @netdev: the PF's, not registered
 */
void vane_ethtool_attach(struct net_device *netdev)
{
	netdev->ethtool_ops = &pf_ethtool_ops;
}

/**
 * vane_ethtool_init() - make the operations: those of any function, and more
 */
void __init vane_ethtool_init(void)
{
	pf_ethtool_ops = vane_ethtool_ops;
	pf_ethtool_ops.get_link_ksettings = get_link_ksettings;
	pf_ethtool_ops.set_link_ksettings = set_link_ksettings;
	pf_ethtool_ops.nway_reset = nway_reset;
	pf_ethtool_ops.get_pauseparam = get_pauseparam;
	pf_ethtool_ops.set_pauseparam = set_pauseparam;
	pf_ethtool_ops.get_pause_stats = get_pause_stats;
	pf_ethtool_ops.get_eth_mac_stats = get_eth_mac_stats;
	pf_ethtool_ops.get_eth_phy_stats = get_eth_phy_stats;
	pf_ethtool_ops.get_rmon_stats = get_rmon_stats;
	pf_ethtool_ops.get_link_ext_stats = get_link_ext_stats;
	pf_ethtool_ops.set_phys_id = set_phys_id;
	pf_ethtool_ops.get_sset_count = get_sset_count;
	pf_ethtool_ops.get_strings = get_strings;
	pf_ethtool_ops.get_ethtool_stats = get_ethtool_stats;
}
