// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: VF administration by rtnetlink.
 *
 * These calls cannot explain an error, so each leaves one line in the log that
 * names the value and the limit. What they set is in effect, in the device and
 * in a running VF, when they return.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>

#include "pf.h"

/* A copy of the VF's configuration, to be changed and given back */
static int get_config(struct vane_pf *pf, int index,
		      struct vane_vf_config *config)
{
	const struct vane_vf *vf = vane_vf_get(pf, index);

	if (!vf) {
		vane_pf_refuse(pf, "VF %d does not exist: %u VFs are enabled\n",
			       index, pf->num_vfs);
		return -EINVAL;
	}
	*config = vf->config;
	return 0;
}

static int set_config(struct vane_pf *pf, int index,
		      const struct vane_vf_config *config, u32 valid)
{
	int err;

	err = vane_vf_configure(pf, index, config, valid);
	if (err)
		vane_pf_refuse(pf, "VF %d: the device refused: %pe\n", index,
			       ERR_PTR(err));
	return err;
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
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	struct vane_vf_config config;
	int err;

	if (is_multicast_ether_addr(mac)) {
		vane_pf_refuse(pf, "VF %d: MAC %pM is not a unicast address\n",
			       index, mac);
		return -EINVAL;
	}

	mutex_lock(&pf->lock);
	err = get_config(pf, index, &config);
	if (err)
		goto unlock;
	config.mac_admin = !is_zero_ether_addr(mac);
	if (config.mac_admin)
		ether_addr_copy(config.mac, mac);
	else
		vane_vf_default_mac(pf, index, config.mac);
	err = set_config(pf, index, &config, VANE_PORT_VALID_MAC);
	if (!err)
		vane_vf_revoke(pf, index);
unlock:
	mutex_unlock(&pf->lock);
	return err;
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
		vane_pf_refuse(pf, "VF %d: VLAN %u is above the limit of %u\n",
			       index, vlan, VLAN_N_VID - 2);
		return -EINVAL;
	}
	if (qos > 7) {
		vane_pf_refuse(pf, "VF %d: qos %u is above the limit of 7\n",
			       index, qos);
		return -EINVAL;
	}
	if (!vlan && qos) {
		vane_pf_refuse(pf, "VF %d: qos %u needs a VLAN\n", index, qos);
		return -EINVAL;
	}
	if (proto != htons(ETH_P_8021Q) && proto != htons(ETH_P_8021AD)) {
		vane_pf_refuse(pf, "VF %d: VLAN protocol %#06x is neither 802.1Q nor 802.1ad\n",
			       index, ntohs(proto));
		return -EPROTONOSUPPORT;
	}

	mutex_lock(&pf->lock);
	err = get_config(pf, index, &config);
	if (err)
		goto unlock;
	config.vlan = vlan;
	config.qos = qos;
	config.vlan_proto = ntohs(proto);
	err = set_config(pf, index, &config, VANE_PORT_VALID_VLAN);
unlock:
	mutex_unlock(&pf->lock);
	return err;
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
		vane_pf_refuse(pf, "VF %d: there is no link state %d\n", index,
			       state);
		return -EINVAL;
	}

	mutex_lock(&pf->lock);
	err = get_config(pf, index, &config);
	if (err)
		goto unlock;
	config.link_state = state;
	err = set_config(pf, index, &config, VANE_PORT_VALID_FLAGS);
unlock:
	mutex_unlock(&pf->lock);
	return err;
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

	mutex_lock(&pf->lock);
	err = get_config(pf, index, &config);
	if (err)
		goto unlock;
	config.spoofchk = on;
	err = set_config(pf, index, &config, VANE_PORT_VALID_FLAGS);
unlock:
	mutex_unlock(&pf->lock);
	return err;
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

	mutex_lock(&pf->lock);
	err = get_config(pf, index, &config);
	if (err)
		goto unlock;
	config.trusted = on;
	valid = VANE_PORT_VALID_FLAGS;
	if (!on && config.mac_admin)
		valid |= VANE_PORT_VALID_MAC;
	err = set_config(pf, index, &config, valid);
	if (err)
		goto unlock;
	pf->vfs[index].peer.trusted = on;
	vane_vf_revoke(pf, index);
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

static int check_rates(struct vane_pf *pf, int index,
		       const struct vane_vf_config *config, u32 share, u32 max)
{
	u32 left = vane_vf_share_left(pf, index);

	if (!(pf->vdev.features & VANE_FEAT_RATE)) {
		vane_pf_refuse(pf, "VF %d: the device has no rate limits\n",
			       index);
		return -EOPNOTSUPP;
	}
	if (config->rate_group) {
		vane_pf_refuse(pf, "VF %d: its rate has a parent in devlink\n",
			       index);
		return -EBUSY;
	}
	if (max > VANE_MAX_RATE) {
		vane_pf_refuse(pf, "VF %d: max_tx_rate %u is above the limit of %u Mb/s\n",
			       index, max, VANE_MAX_RATE);
		return -ERANGE;
	}
	if (share > left) {
		vane_pf_refuse(pf, "VF %d: min_tx_rate %u is above the %u Mb/s left\n",
			       index, share, left);
		return -ERANGE;
	}
	return 0;
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

	mutex_lock(&pf->lock);
	err = get_config(pf, index, &config);
	if (err)
		goto unlock;
	err = check_rates(pf, index, &config, min_tx_rate, max_tx_rate);
	if (err)
		goto unlock;
	config.tx_share = min_tx_rate;
	config.tx_max = max_tx_rate;
	err = set_config(pf, index, &config, VANE_PORT_VALID_RATE);
unlock:
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
	struct vane_vf_config config;
	int err;

	mutex_lock(&pf->lock);
	err = get_config(pf, index, &config);
	if (!err && !on) {
		vane_pf_refuse(pf, "VF %d: its RSS key and table are its own\n",
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
