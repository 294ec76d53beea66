// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: VF administration by rtnetlink, in part shared with devlink.
 *
 * rtnetlink's calls cannot explain an error, so each leaves one line in the log
 * that names the value and the limit. What they set is in effect, in the device
 * and in a running VF, when they return.
 */
#include <linux/etherdevice.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>

#include "admin.h"
#include "command.h"
#include "pf.h"
#include "policy.h"
#include "rtnl.h"
#include "stats.h"
#include "vf.h"

/*
 * Get a copy of the VF's configuration, to be changed and passed to
 * vane_admin_end_change(). vane_pf.lock is held in between. @what of it is to be
 * changed, one of VANE_HOLDS_*, or 0 for what no port profile can hold.
 */
static int vane_admin_begin_change(struct vane_pf *pf, int index, u32 what,
				   struct vane_vf_config *config)
{
	const struct vane_vf *vf;
	int err = -EINVAL;

	mutex_lock(&pf->lock);
	vf = vane_vf_find(pf, index, NULL);
	if (!vf)
		goto unlock;
	err = vane_vf_check_held(pf, index, what, NULL);
	if (err)
		goto unlock;
	*config = vf->config;
	return 0;

unlock:
	mutex_unlock(&pf->lock);
	return err;
}

static int vane_admin_end_change(struct vane_pf *pf, int index,
				 const struct vane_vf_config *config, u32 valid)
{
	int err;

	err = vane_vf_reconfigure(pf, index, config, valid, NULL);
	mutex_unlock(&pf->lock);
	return err;
}

/* Administer a MAC, or the default one again; under vane_pf.lock */
static int vane_admin_change_mac(struct vane_pf *pf, u16 index, const u8 *mac,
				 bool admin)
{
	struct vane_vf_config config = pf->vfs[index].config;
	int err;

	ether_addr_copy(config.mac, mac);
	config.mac_admin = admin;
	err = vane_vf_configure(pf, index, &config, VANE_PORT_VALID_MAC);
	if (err)
		return err;
	vane_policy_revoke(pf, index);
	if (admin)
		vane_policy_revoke_mac(pf, index, mac, true);
	return 0;
}

static int vane_admin_try_mac(struct vane_pf *pf, u16 index, const u8 *mac,
			      struct netlink_ext_ack *extack)
{
	bool admin = !is_zero_ether_addr(mac);
	u8 default_mac[ETH_ALEN];
	int err;

	if (is_multicast_ether_addr(mac)) {
		vane_vf_refuse(pf, extack,
			       "VF %d: MAC %pM is not a unicast address", index,
			       mac);
		return -EINVAL;
	}
	vane_vf_default_mac(pf, index, default_mac);
	err = vane_admin_change_mac(pf, index, admin ? mac : default_mac, admin);
	if (err)
		err = vane_command_explain(pf, extack, err, "change VF %u",
					   index);
	return err;
}

/**
 * vane_admin_set_mac() - administer a VF's MAC
 * @pf: the PF
 * @index: index of the VF, as it came from outside
 * @mac: unicast address, or zero for the VF's default one
 * @extack: explains an error; if NULL, the log does
 *
 * Context: Process context; may sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_admin_set_mac(struct vane_pf *pf, int index, const u8 *mac,
		       struct netlink_ext_ack *extack)
{
	int err = -EINVAL;

	mutex_lock(&pf->lock);
	if (vane_vf_find(pf, index, extack))
		err = vane_admin_try_mac(pf, index, mac, extack);
	mutex_unlock(&pf->lock);
	return err;
}

/* Remember the addresses that the first MAC of a request of rtnetlink replaces */
static void vane_admin_note_macs(struct vane_pf *pf, u16 index,
				 const struct vane_vf_macs *macs)
{
	if (!__test_and_set_bit(index, pf->admin.replaced))
		pf->vfs[index].replaced = *macs;
}

/**
 * vane_admin_set_vf_mac() - the administrator's part of ndo_set_vf_mac
 * @netdev: the PF's
 * @index: index of the VF
 * @mac: unicast address, or zero for the VF's default one
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_admin_set_vf_mac(struct net_device *netdev, int index, u8 *mac)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	struct vane_vf_macs macs;
	int err;

	if (!vane_rtnl_is_marked(&pf->admin.request)) {
		bitmap_zero(pf->admin.replaced, VANE_MAX_VFS);
		err = vane_rtnl_set_mark(&pf->admin.request);
		if (err)
			return err;
	}

	mutex_lock(&pf->lock);
	err = -EINVAL;
	if (!vane_vf_find(pf, index, NULL))
		goto unlock;
	macs.admin = pf->vfs[index].config.mac_admin;
	ether_addr_copy(macs.mac, pf->vfs[index].config.mac);
	ether_addr_copy(macs.used, pf->vfs[index].mac);
	err = vane_admin_try_mac(pf, index, mac, NULL);
	if (!err)
		vane_admin_note_macs(pf, index, &macs);
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_admin_replaced_macs() - addresses that the current request replaced
 * @pf: the PF
 * @index: index of the VF, which exists
 *
 * For ndo_set_vf_port, which rtnetlink calls after ndo_set_vf_mac if one request
 * has both.
 *
 * Context: rtnl and vane_pf.lock held. Does not sleep.
 * Return: the addresses, or NULL if the request has no MAC of the VF.
 */
const struct vane_vf_macs *vane_admin_replaced_macs(struct vane_pf *pf,
						    u16 index)
{
	lockdep_assert_held(&pf->lock);

	if (!vane_rtnl_is_marked(&pf->admin.request) ||
	    !test_bit(index, pf->admin.replaced))
		return NULL;
	/* The VF was made anew meanwhile */
	if (is_zero_ether_addr(pf->vfs[index].replaced.mac))
		return NULL;
	return &pf->vfs[index].replaced;
}

/**
 * vane_admin_forget_macs() - the MAC of the current request has found its request
 * @pf: the PF
 * @index: index of the VF, which exists
 *
 * Another profile of the same VF in that message has no MAC then.
 *
 * Context: rtnl and vane_pf.lock held. Does not sleep.
 */
void vane_admin_forget_macs(struct vane_pf *pf, u16 index)
{
	__clear_bit(index, pf->admin.replaced);
}

/**
 * vane_admin_restore_macs() - give a VF addresses again that it had
 * @pf: the PF
 * @index: index of the VF, which exists
 * @macs: the addresses
 *
 * The address that it used last is left out if another function has it now.
 *
 * Context: vane_pf.lock held. May sleep.
 * Return: 0 or an errno, nothing being changed.
 */
int vane_admin_restore_macs(struct vane_pf *pf, u16 index,
			    const struct vane_vf_macs *macs)
{
	struct vane_vf *vf = &pf->vfs[index];
	struct vane_mbox_batch batch;
	u16 owner;
	int err;

	lockdep_assert_held(&pf->lock);

	err = vane_admin_change_mac(pf, index, macs->mac, macs->admin);
	if (err || ether_addr_equal(macs->used, macs->mac) ||
	    vane_policy_check_mac(pf, index, macs->used, &owner))
		return err;

	ether_addr_copy(vf->mac, macs->used);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_vf_port_batch(pf, &batch, index, VANE_PORT_VALID_MAC);
	vane_vf_status_batch(pf, &batch, index, VANE_EVENT_STATUS);
	/* A device that lost it is reset, and the VF loses its address anyway */
	vane_command_batch_end(pf, &batch);
	return 0;
}

/**
 * vane_admin_set_vf_vlan() - ndo_set_vf_vlan
 * @netdev: the PF's
 * @index: index of the VF
 * @vlan: VID of the port VLAN, 0 for none
 * @qos: its priority, 0 to 7
 * @proto: its EtherType, 802.1Q or 802.1ad
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_admin_set_vf_vlan(struct net_device *netdev, int index, u16 vlan,
			   u8 qos, __be16 proto)
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

	err = vane_admin_begin_change(pf, index, VANE_HOLDS_VLAN, &config);
	if (err)
		return err;
	config.vlan = vlan;
	config.qos = qos;
	config.vlan_proto = ntohs(proto);
	return vane_admin_end_change(pf, index, &config, VANE_PORT_VALID_VLAN);
}

/**
 * vane_admin_set_vf_link_state() - ndo_set_vf_link_state
 * @netdev: the PF's
 * @index: index of the VF
 * @state: IFLA_VF_LINK_STATE_*
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_admin_set_vf_link_state(struct net_device *netdev, int index,
				 int state)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	struct vane_vf_config config;
	int err;

	if (state < IFLA_VF_LINK_STATE_AUTO ||
	    state > IFLA_VF_LINK_STATE_DISABLE) {
		vane_pf_refuse(pf,
			       "VF %d: link state %d is not 0 (auto), 1 (enable) or 2 (disable)",
			       index, state);
		return -EINVAL;
	}

	err = vane_admin_begin_change(pf, index, 0, &config);
	if (err)
		return err;
	config.link_state = state;
	return vane_admin_end_change(pf, index, &config, VANE_PORT_VALID_FLAGS);
}

/**
 * vane_admin_set_vf_spoofchk() - ndo_set_vf_spoofchk
 * @netdev: the PF's
 * @index: index of the VF
 * @on: source addresses are checked
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_admin_set_vf_spoofchk(struct net_device *netdev, int index, bool on)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	struct vane_vf_config config;
	int err;

	err = vane_admin_begin_change(pf, index, VANE_HOLDS_SPOOFCHK, &config);
	if (err)
		return err;
	config.spoofchk = on;
	return vane_admin_end_change(pf, index, &config, VANE_PORT_VALID_FLAGS);
}

/**
 * vane_admin_set_vf_trust() - ndo_set_vf_trust
 * @netdev: the PF's
 * @index: index of the VF
 * @on: it may change an administered MAC and receive everything
 *
 * A VF that loses trust also loses what it could not have without it.
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_admin_set_vf_trust(struct net_device *netdev, int index, bool on)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	struct vane_vf_config config;
	bool revoked;
	int err;

	err = vane_admin_begin_change(pf, index, VANE_HOLDS_TRUST, &config);
	if (err)
		return err;
	revoked = config.trusted && !on;
	config.trusted = on;
	err = vane_vf_reconfigure(pf, index, &config, VANE_PORT_VALID_FLAGS,
				  NULL);
	if (!err)
		WRITE_ONCE(pf->vfs[index].peer.trusted, on);
	if (!err && revoked)
		vane_policy_revoke(pf, index);
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_admin_set_vf_rate() - ndo_set_vf_rate
 * @netdev: the PF's
 * @index: index of the VF
 * @min_tx_rate: guaranteed rate, Mb/s, 0 for no guarantee
 * @max_tx_rate: maximum rate, Mb/s, 0 for no limit; the caller has compared the
 *	two
 *
 * The same two values as tx_share and tx_max of its devlink rate.
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno; -EBUSY if the devlink rate has a parent.
 */
int vane_admin_set_vf_rate(struct net_device *netdev, int index,
			   int min_tx_rate, int max_tx_rate)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	struct vane_vf_config config;
	int err;

	err = vane_admin_begin_change(pf, index, VANE_HOLDS_RATES, &config);
	if (err)
		return err;
	if (config.rate_group) {
		vane_pf_refuse(pf,
			       "VF %d: its rate has a parent in devlink, set noparent there first",
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
 * vane_admin_set_vf_rss_query_en() - ndo_set_vf_rss_query_en
 * @netdev: the PF's
 * @index: index of the VF
 * @on: the VF may read its RSS key and table
 *
 * The setting is for devices whose VFs share key and table with the PF, and have
 * to request them. Here they are registers of the VF.
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_admin_set_vf_rss_query_en(struct net_device *netdev, int index,
				   bool on)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	int err = 0;

	mutex_lock(&pf->lock);
	if (!vane_vf_find(pf, index, NULL)) {
		err = -EINVAL;
	} else if (!on) {
		vane_pf_refuse(pf,
			       "VF %d: its RSS key and table are its own, so it can always read them",
			       index);
		err = -EOPNOTSUPP;
	}
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_admin_get_vf_config() - ndo_get_vf_config
 * @netdev: the PF's
 * @index: index of the VF
 * @ivi: where it goes
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_admin_get_vf_config(struct net_device *netdev, int index,
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
 * vane_admin_get_vf_stats() - ndo_get_vf_stats
 * @netdev: the PF's
 * @index: index of the VF
 * @stats: where they go
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_admin_get_vf_stats(struct net_device *netdev, int index,
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
			    counters[VANE_STAT_TX_DROP_LINK] +
			    counters[VANE_STAT_TX_DROP_CONTROL];
	return 0;
}
