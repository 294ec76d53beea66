// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: the netdev, and its operations except those on VFs.
 */
#include <linux/etherdevice.h>
#include <linux/if_bridge.h>
#include <linux/netdevice.h>
#include <net/netlink.h>

#include "admin.h"
#include "assoc.h"
#include "command.h"
#include "ethtool.h"
#include "netdev.h"
#include "pf.h"
#include "policy.h"
#include "switch.h"

/**
 * vane_netdev_set_rx_mode() - ndo_set_rx_mode of the PF
 * @netdev: the PF's
 *
 * Context: The address lock of the netdev held. Does not sleep.
 */
static void vane_netdev_set_rx_mode(struct net_device *netdev)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);

	queue_work(pf->wq, &pf->filter.work);
}

/**
 * vane_netdev_set_features() - ndo_set_features of the PF
 * @netdev: the PF's
 * @features: wanted
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
static int vane_netdev_set_features(struct net_device *netdev,
				    netdev_features_t features)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	int err;

	err = vane_set_features(netdev, features);
	if (err)
		return err;
	if (vane_filter_vlan_modes(features) ==
	    vane_filter_vlan_modes(netdev->features))
		return 0;

	/*
	 * After this the stack deletes the VLANs of a filter that ends, and adds
	 * those of a new one: the work item waits for that.
	 */
	vane_filter_widen(pf, features);
	queue_work(pf->wq, &pf->filter.work);
	return 0;
}

/**
 * vane_netdev_set_mac() - ndo_set_mac_address of the PF
 * @netdev: the PF's
 * @addr: struct sockaddr with the address
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
static int vane_netdev_set_mac(struct net_device *netdev, void *addr)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	struct vane_cmd_port cmd = {
		.port = cpu_to_le16(VANE_PORT_PF),
		.valid = cpu_to_le32(VANE_PORT_VALID_MAC),
	};
	struct sockaddr *sa = addr;
	int err;

	err = eth_prepare_mac_addr_change(netdev, addr);
	if (err)
		return err;

	ether_addr_copy(cmd.mac, sa->sa_data);
	mutex_lock(&pf->lock);
	err = vane_command(pf, VANE_CMD_PORT_SET, &cmd, sizeof(cmd), NULL, 0);
	if (vane_command_is_lost(err))
		err = 0;
	if (!err) {
		ether_addr_copy(pf->filter.mac, cmd.mac);
		vane_policy_revoke_mac(pf, VANE_PORT_PF, cmd.mac, true);
	}
	mutex_unlock(&pf->lock);
	if (err)
		return err;

	eth_commit_mac_addr_change(netdev, addr);
	return 0;
}

static int vane_netdev_change_vid(struct net_device *netdev,
				  enum vane_cmd_op op, u16 proto, u16 vid)
{
	const struct vane_cmd_vlan cmd = vane_filter_vlan_cmd(VANE_PORT_PF,
							      proto, vid);
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	unsigned long *vlans;
	int err;

	vlans = proto == ETH_P_8021AD ? pf->filter.svlans : pf->filter.vlans;
	mutex_lock(&pf->lock);
	err = vane_command(pf, op, &cmd, sizeof(cmd), NULL, 0);
	/* The stack does not ask again; the device gets it after its reset */
	if (vane_command_is_lost(err))
		err = 0;
	if (!err)
		__assign_bit(vid, vlans, op == VANE_CMD_VLAN_ADD);
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_netdev_add_vid() - ndo_vlan_rx_add_vid of the PF
 * @netdev: the PF's
 * @proto: ETH_P_8021Q or ETH_P_8021AD
 * @vid: VLAN
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
static int vane_netdev_add_vid(struct net_device *netdev, __be16 proto, u16 vid)
{
	return vane_netdev_change_vid(netdev, VANE_CMD_VLAN_ADD, ntohs(proto),
				      vid);
}

/**
 * vane_netdev_kill_vid() - ndo_vlan_rx_kill_vid of the PF
 * @netdev: the PF's
 * @proto: ETH_P_8021Q or ETH_P_8021AD
 * @vid: VLAN
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
static int vane_netdev_kill_vid(struct net_device *netdev, __be16 proto,
				u16 vid)
{
	return vane_netdev_change_vid(netdev, VANE_CMD_VLAN_DEL, ntohs(proto),
				      vid);
}

static void vane_netdev_tx_timeout(struct net_device *netdev, unsigned int q)
{
	struct vane_net *vn = netdev_priv(netdev);

	vane_pf_set_reset_reason(vane_pf_of(vn->vdev), VANE_HEALTH_TX);
	vane_tx_timeout(netdev, q);
}

/**
 * vane_netdev_bridge_getlink() - ndo_bridge_getlink of the PF
 * @skb: message
 * @pid: port id of the requester
 * @seq: sequence number of the request
 * @netdev: the PF's
 * @filter_mask: what else is asked for
 * @nlflags: flags of the message
 *
 * Bridges know neither VN-Tag nor E-Tag mode, so in these nothing is reported.
 *
 * Context: In an RCU read-side section. Does not sleep.
 * Return: 0 or an errno.
 */
static int vane_netdev_bridge_getlink(struct sk_buff *skb, u32 pid, u32 seq,
				      struct net_device *netdev,
				      u32 filter_mask, int nlflags)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	u16 mode = BRIDGE_MODE_UNDEF;

	switch (READ_ONCE(pf->sw.mode)) {
	case VANE_SWITCH_VEB:
		mode = BRIDGE_MODE_VEB;
		break;
	case VANE_SWITCH_VEPA:
		mode = BRIDGE_MODE_VEPA;
		break;
	default:
		break;
	}
	return ndo_dflt_bridge_getlink(skb, pid, seq, netdev, mode, 0, 0,
				       nlflags, filter_mask, NULL);
}

/**
 * vane_netdev_bridge_setlink() - ndo_bridge_setlink of the PF
 * @netdev: the PF's
 * @nlh: request
 * @flags: BRIDGE_FLAGS_*
 * @extack: where an error is explained
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno, nothing being changed.
 */
static int vane_netdev_bridge_setlink(struct net_device *netdev,
				      struct nlmsghdr *nlh, u16 flags,
				      struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	const struct nlattr *spec, *attr;
	enum vane_switch_mode mode;
	int err;

	spec = nlmsg_find_attr(nlh, sizeof(struct ifinfomsg), IFLA_AF_SPEC);
	attr = spec ? nla_find_nested(spec, IFLA_BRIDGE_MODE) : NULL;
	if (!attr) {
		NL_SET_ERR_MSG(extack, "Only hwmode can be set");
		return -EOPNOTSUPP;
	}
	if (nla_len(attr) < sizeof(u16)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "IFLA_BRIDGE_MODE is too short");
		return -EINVAL;
	}
	switch (nla_get_u16(attr)) {
	case BRIDGE_MODE_VEB:
		mode = VANE_SWITCH_VEB;
		break;
	case BRIDGE_MODE_VEPA:
		mode = VANE_SWITCH_VEPA;
		break;
	default:
		NL_SET_ERR_MSG_ATTR(extack, attr, "hwmode must be veb or vepa");
		return -EINVAL;
	}

	/* Neither of the two modes needs a channel: the carrier stays */
	mutex_lock(&pf->lock);
	if (vane_switch_is_tagged(pf->sw.mode)) {
		NL_SET_ERR_MSG(extack,
			       "The switch is in VN-Tag or E-Tag mode, use vanectl mode to leave it");
		err = -EBUSY;
	} else {
		err = vane_switch_try_mode(pf, mode, extack);
	}
	mutex_unlock(&pf->lock);
	return err;
}

static const struct net_device_ops pf_netdev_ops = {
	.ndo_open = vane_net_open,
	.ndo_stop = vane_net_stop,
	.ndo_start_xmit = vane_start_xmit,
	.ndo_features_check = vane_features_check,
	.ndo_get_stats64 = vane_get_stats64,
	.ndo_change_mtu = vane_change_mtu,
	.ndo_fix_features = vane_fix_features,
	.ndo_set_features = vane_netdev_set_features,
	.ndo_tx_timeout = vane_netdev_tx_timeout,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_mac_address = vane_netdev_set_mac,
	.ndo_set_rx_mode = vane_netdev_set_rx_mode,
	.ndo_vlan_rx_add_vid = vane_netdev_add_vid,
	.ndo_vlan_rx_kill_vid = vane_netdev_kill_vid,
	.ndo_set_vf_mac = vane_assoc_set_vf_mac,
	.ndo_set_vf_vlan = vane_admin_set_vf_vlan,
	.ndo_set_vf_link_state = vane_admin_set_vf_link_state,
	.ndo_set_vf_spoofchk = vane_admin_set_vf_spoofchk,
	.ndo_set_vf_trust = vane_admin_set_vf_trust,
	.ndo_set_vf_rate = vane_admin_set_vf_rate,
	.ndo_set_vf_rss_query_en = vane_admin_set_vf_rss_query_en,
	.ndo_get_vf_config = vane_admin_get_vf_config,
	.ndo_get_vf_stats = vane_admin_get_vf_stats,
	.ndo_set_vf_port = vane_assoc_set_vf_port,
	.ndo_get_vf_port = vane_assoc_get_vf_port,
	.ndo_bridge_getlink = vane_netdev_bridge_getlink,
	.ndo_bridge_setlink = vane_netdev_bridge_setlink,
};

/**
 * vane_netdev_find_pf() - the PF of a netdev
 * @netdev: any netdev
 *
 * Context: Any in which the netdev cannot go.
 * Return: the PF, or NULL if the netdev does not belong to one.
 */
struct vane_pf *vane_netdev_find_pf(struct net_device *netdev)
{
	if (netdev->netdev_ops != &pf_netdev_ops)
		return NULL;
	return vane_pf_of_netdev(netdev);
}

/**
 * vane_netdev_alloc() - create the netdev
 * @pf: the PF, which has none
 *
 * It is not registered; vane_net_free() frees it.
 *
 * Context: Process context; may sleep.
 * Return: 0 or an errno.
 */
int vane_netdev_alloc(struct vane_pf *pf)
{
	struct net_device *netdev;
	struct vane_net *vn;

	vn = vane_net_alloc(&pf->vdev, &pf_netdev_ops);
	if (!vn)
		return -ENOMEM;
	netdev = vn->netdev;
	eth_hw_addr_set(netdev, pf->perm_mac);
	ether_addr_copy(netdev->perm_addr, pf->perm_mac);
	netdev->priv_flags |= IFF_UNICAST_FLT;
	vane_pf_ethtool_attach(netdev);
	return 0;
}
