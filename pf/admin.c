// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: VF administration, by rtnetlink, and what devlink shares of it.
 *
 * rtnetlink's calls cannot explain an error, so each leaves one line in the log
 * that names the value and the limit. What they set is in effect, in the device
 * and in a running VF, when they return.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>

#include "pf.h"

/* Say why not: to who asked, or in the log where the call cannot carry it */
#define refuse(pf, extack, ...) do {					\
	struct netlink_ext_ack *ack = (extack);				\
									\
	if (ack)							\
		NL_SET_ERR_MSG_FMT(ack, __VA_ARGS__);			\
	else								\
		vane_pf_refuse(pf, __VA_ARGS__);			\
} while (0)

static struct vane_vf *find_vf(struct vane_pf *pf, int index,
			       struct netlink_ext_ack *extack)
{
	struct vane_vf *vf = vane_vf_get(pf, index);

	if (!vf)
		refuse(pf, extack, "VF %d does not exist: %u VFs are enabled",
		       index, pf->num_vfs);
	return vf;
}

static int configure(struct vane_pf *pf, int index,
		     const struct vane_vf_config *config, u32 valid,
		     struct netlink_ext_ack *extack)
{
	int err;

	err = vane_vf_configure(pf, index, config, valid);
	if (err)
		refuse(pf, extack, "VF %d: the device refused: %pe", index,
		       ERR_PTR(err));
	return err;
}

/*
 * A copy of the VF's configuration, to be changed and given back by
 * end_change(), up to which vane_pf.lock is held
 */
static int begin_change(struct vane_pf *pf, int index,
			struct vane_vf_config *config)
{
	const struct vane_vf *vf;

	mutex_lock(&pf->lock);
	vf = find_vf(pf, index, NULL);
	if (!vf) {
		mutex_unlock(&pf->lock);
		return -EINVAL;
	}
	*config = vf->config;
	return 0;
}

static int end_change(struct vane_pf *pf, int index,
		      const struct vane_vf_config *config, u32 valid)
{
	int err;

	err = configure(pf, index, config, valid, NULL);
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_vf_set_mac() - administer a VF's MAC
 * @pf: the PF
 * @index: index of the VF, as it came from outside
 * @mac: unicast address, or zero for the VF's default one
 * @extack: where an error is explained; without, it is in the log
 *
 * Takes vane_pf.lock.
 *
 * Return: 0 or an errno.
 */
int vane_vf_set_mac(struct vane_pf *pf, int index, const u8 *mac,
		    struct netlink_ext_ack *extack)
{
	struct vane_vf_config config;
	struct vane_vf *vf;
	int err = -EINVAL;

	if (is_multicast_ether_addr(mac)) {
		refuse(pf, extack, "VF %d: MAC %pM is not a unicast address",
		       index, mac);
		return -EINVAL;
	}

	mutex_lock(&pf->lock);
	vf = find_vf(pf, index, extack);
	if (!vf)
		goto unlock;
	config = vf->config;
	config.mac_admin = !is_zero_ether_addr(mac);
	if (config.mac_admin)
		ether_addr_copy(config.mac, mac);
	else
		vane_vf_default_mac(pf, index, config.mac);
	err = configure(pf, index, &config, VANE_PORT_VALID_MAC, extack);
	if (err)
		goto unlock;
	vane_vf_revoke(pf, index);
	if (config.mac_admin)
		vane_vf_revoke_mac(pf, index, mac);
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_vf_set_rates() - set a VF's rates and its rate group
 * @pf: the PF
 * @index: index of the VF, which exists
 * @config: its configuration with other rates
 * @extack: where an error is explained; without, it is in the log
 *
 * Under vane_pf.lock.
 *
 * Return: 0 or an errno.
 */
int vane_vf_set_rates(struct vane_pf *pf, int index,
		      const struct vane_vf_config *config,
		      struct netlink_ext_ack *extack)
{
	u32 left;

	lockdep_assert_held(&pf->lock);

	if (!(pf->vdev.features & VANE_FEAT_RATE)) {
		refuse(pf, extack, "VF %d: the device has no rate limits",
		       index);
		return -EOPNOTSUPP;
	}
	if (config->tx_max > VANE_MAX_RATE) {
		refuse(pf, extack,
		       "VF %d: maximum rate %u is above the limit of %u Mb/s",
		       index, config->tx_max, VANE_MAX_RATE);
		return -ERANGE;
	}
	if (config->tx_max && config->tx_share > config->tx_max) {
		refuse(pf, extack,
		       "VF %d: minimum rate %u is above the maximum of %u",
		       index, config->tx_share, config->tx_max);
		return -ERANGE;
	}
	/* The port may have become slower since */
	left = vane_vf_share_left(pf, index);
	if (config->tx_share > left &&
	    config->tx_share > pf->vfs[index].config.tx_share) {
		refuse(pf, extack,
		       "VF %d: minimum rate %u is above the %u Mb/s left",
		       index, config->tx_share, left);
		return -ERANGE;
	}
	return configure(pf, index, config, VANE_PORT_VALID_RATE, extack);
}

/**
 * vane_set_vf_mac() - ndo_set_vf_mac
 * @netdev: the PF's
 * @index: index of the VF
 * @mac: unicast address, or zero for the VF's default one
 *
 * Return: 0 or an errno.
 */
int vane_set_vf_mac(struct net_device *netdev, int index, u8 *mac)
{
	return vane_vf_set_mac(vane_pf_of_netdev(netdev), index, mac, NULL);
}

/**
 * vane_set_vf_vlan() - ndo_set_vf_vlan
 * @netdev: the PF's
 * @index: index of the VF
 * @vlan: VID of the port VLAN, 0 for none
 * @qos: its priority, 0 to 7
 * @proto: its EtherType, 802.1Q or 802.1ad
 *
 * Return: 0 or an errno.
 */
int vane_set_vf_vlan(struct net_device *netdev, int index, u16 vlan, u8 qos,
		     __be16 proto)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	struct vane_vf_config config;
	int err;

	if (vlan >= VLAN_N_VID - 1) {
		vane_pf_refuse(pf, "VF %d: VLAN %u is above the limit of %u",
			       index, vlan, VLAN_N_VID - 2);
		return -EINVAL;
	}
	if (qos > 7) {
		vane_pf_refuse(pf, "VF %d: qos %u is above the limit of 7",
			       index, qos);
		return -EINVAL;
	}
	if (!vlan && qos) {
		vane_pf_refuse(pf, "VF %d: qos %u needs a VLAN", index, qos);
		return -EINVAL;
	}
	if (proto != htons(ETH_P_8021Q) && proto != htons(ETH_P_8021AD)) {
		vane_pf_refuse(pf, "VF %d: VLAN protocol %#06x is neither 802.1Q nor 802.1ad",
			       index, ntohs(proto));
		return -EPROTONOSUPPORT;
	}

	err = begin_change(pf, index, &config);
	if (err)
		return err;
	config.vlan = vlan;
	config.qos = qos;
	config.vlan_proto = ntohs(proto);
	return end_change(pf, index, &config, VANE_PORT_VALID_VLAN);
}

/**
 * vane_set_vf_link_state() - ndo_set_vf_link_state
 * @netdev: the PF's
 * @index: index of the VF
 * @state: IFLA_VF_LINK_STATE_*
 *
 * Return: 0 or an errno.
 */
int vane_set_vf_link_state(struct net_device *netdev, int index, int state)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	struct vane_vf_config config;
	int err;

	if (state < IFLA_VF_LINK_STATE_AUTO ||
	    state > IFLA_VF_LINK_STATE_DISABLE) {
		vane_pf_refuse(pf, "VF %d: there is no link state %d", index,
			       state);
		return -EINVAL;
	}

	err = begin_change(pf, index, &config);
	if (err)
		return err;
	config.link_state = state;
	return end_change(pf, index, &config, VANE_PORT_VALID_FLAGS);
}

/**
 * vane_set_vf_spoofchk() - ndo_set_vf_spoofchk
 * @netdev: the PF's
 * @index: index of the VF
 * @on: source addresses are checked
 *
 * Return: 0 or an errno.
 */
int vane_set_vf_spoofchk(struct net_device *netdev, int index, bool on)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	struct vane_vf_config config;
	int err;

	err = begin_change(pf, index, &config);
	if (err)
		return err;
	config.spoofchk = on;
	return end_change(pf, index, &config, VANE_PORT_VALID_FLAGS);
}

/**
 * vane_set_vf_trust() - ndo_set_vf_trust
 * @netdev: the PF's
 * @index: index of the VF
 * @on: it may change an administered MAC and receive everything
 *
 * A VF that is trusted no more loses what it could not have without.
 *
 * Return: 0 or an errno.
 */
int vane_set_vf_trust(struct net_device *netdev, int index, bool on)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	struct vane_vf_config config;
	u32 valid;
	int err;

	err = begin_change(pf, index, &config);
	if (err)
		return err;
	config.trusted = on;
	valid = VANE_PORT_VALID_FLAGS;
	if (!on && config.mac_admin)
		valid |= VANE_PORT_VALID_MAC;
	err = configure(pf, index, &config, valid, NULL);
	if (!err) {
		pf->vfs[index].peer.trusted = on;
		vane_vf_revoke(pf, index);
	}
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_set_vf_rate() - ndo_set_vf_rate
 * @netdev: the PF's
 * @index: index of the VF
 * @min_tx_rate: what it can always send, Mb/s, 0 for nothing in particular
 * @max_tx_rate: most that it may send, Mb/s, 0 for no limit; the caller has
 *	compared the two
 *
 * The same two values as tx_share and tx_max of its devlink rate.
 *
 * Return: 0 or an errno; -EBUSY where the devlink rate has a parent.
 */
int vane_set_vf_rate(struct net_device *netdev, int index, int min_tx_rate,
		     int max_tx_rate)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	struct vane_vf_config config;
	int err;

	err = begin_change(pf, index, &config);
	if (err)
		return err;
	if (config.rate_group) {
		vane_pf_refuse(pf, "VF %d: its rate has a parent in devlink",
			       index);
		err = -EBUSY;
	} else {
		config.tx_share = min_tx_rate;
		config.tx_max = max_tx_rate;
		err = vane_vf_set_rates(pf, index, &config, NULL);
	}
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_set_vf_rss_query_en() - ndo_set_vf_rss_query_en
 * @netdev: the PF's
 * @index: index of the VF
 * @on: the VF may read its RSS key and table
 *
 * The setting is for devices whose VFs share key and table with the PF, and
 * have to ask for them. Here they are the VF's own registers.
 *
 * Return: 0 or an errno.
 */
int vane_set_vf_rss_query_en(struct net_device *netdev, int index, bool on)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	int err = 0;

	mutex_lock(&pf->lock);
	if (!find_vf(pf, index, NULL)) {
		err = -EINVAL;
	} else if (!on) {
		vane_pf_refuse(pf, "VF %d: its RSS key and table are its own",
			       index);
		err = -EOPNOTSUPP;
	}
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_get_vf_config() - ndo_get_vf_config
 * @netdev: the PF's
 * @index: index of the VF
 * @ivi: where it goes
 *
 * Return: 0 or an errno.
 */
int vane_get_vf_config(struct net_device *netdev, int index,
		       struct ifla_vf_info *ivi)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	const struct vane_vf *vf;
	int err = -EINVAL;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	if (!vf)
		goto unlock;
	ivi->vf = index;
	ether_addr_copy(ivi->mac, vf->mac);
	ivi->vlan = vf->config.vlan;
	ivi->qos = vf->config.qos;
	ivi->vlan_proto = htons(vf->config.vlan_proto);
	ivi->linkstate = vf->config.link_state;
	ivi->spoofchk = vf->config.spoofchk;
	ivi->trusted = vf->config.trusted;
	ivi->min_tx_rate = vf->config.tx_share;
	ivi->max_tx_rate = vf->config.tx_max;
	ivi->rss_query_en = true;
	err = 0;
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_get_vf_stats() - ndo_get_vf_stats
 * @netdev: the PF's
 * @index: index of the VF
 * @stats: where they go
 *
 * Return: 0 or an errno.
 */
int vane_get_vf_stats(struct net_device *netdev, int index,
		      struct ifla_vf_stats *stats)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	u64 counters[VANE_STAT_COUNT];
	int err;

	if (index < 0 || index >= VANE_MAX_VFS)
		return -EINVAL;
	err = vane_stats_get(pf, index, counters);
	if (err)
		return err;

	stats->rx_packets = counters[VANE_STAT_RX_FRAMES];
	stats->rx_bytes = counters[VANE_STAT_RX_BYTES];
	stats->tx_packets = counters[VANE_STAT_TX_FRAMES];
	stats->tx_bytes = counters[VANE_STAT_TX_BYTES];
	stats->multicast = counters[VANE_STAT_RX_MULTICAST];
	stats->broadcast = counters[VANE_STAT_RX_BROADCAST];
	stats->rx_dropped = counters[VANE_STAT_RX_DROP_NOBUF] +
			    counters[VANE_STAT_RX_DROP_STALL] +
			    counters[VANE_STAT_RX_DROP_OVERSIZE] +
			    counters[VANE_STAT_RX_DROP_RULE];
	stats->tx_dropped = counters[VANE_STAT_TX_DROP_SPOOF] +
			    counters[VANE_STAT_TX_DROP_VLAN] +
			    counters[VANE_STAT_TX_DROP_OVERSIZE] +
			    counters[VANE_STAT_TX_DROP_MALFORMED] +
			    counters[VANE_STAT_TX_DROP_LINK];
	return 0;
}
