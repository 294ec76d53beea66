// SPDX-License-Identifier: GPL-2.0-only
/* Receive-side scaling: hash, key, and the tables of all contexts (datasheet, 8)
 *
 * Context 0 is the default; the others serve the frames that a receive rule
 * directs to them. Hash and key are common to all.
 */

#include <linux/ethtool.h>
#include <linux/unaligned.h>

#include "rss.h"
#include "rule.h"
#include "vane_dev.h"
#include "vane_net.h"

static void vane_rss_write_key(struct vane_net *vn)
{
	unsigned int i;

	for (i = 0; i < VANE_RSS_KEY_SIZE; i += sizeof(u64))
		vane_wr64(vn->vdev, VANE_REG_RSS_KEY + i,
			  get_unaligned_le64(vn->rss_key + i));
}

static void vane_rss_write_table(struct vane_net *vn, unsigned int context)
{
	const u8 *table = vn->rss_table[context];
	unsigned int i;

	for (i = 0; i < VANE_RSS_TABLE_SIZE; i += sizeof(u64))
		vane_wr64(vn->vdev, VANE_RSS_TABLE(context) + i,
			  get_unaligned_le64(table + i));
}

/**
 * vane_rss_init() - RSS of a new netdev
 * @vn: netdev
 *
 * Context: The netdev is not registered. Does not sleep.
 */
void vane_rss_init(struct vane_net *vn)
{
	netdev_rss_key_fill(vn->rss_key, sizeof(vn->rss_key));
	vn->rss_ctrl = VANE_RSS_CTRL_ALL;
	__set_bit(0, vn->rss_contexts);
	vane_rss_fit(vn);
}

/**
 * vane_rss_write() - write hash, key and tables of RSS to the device
 * @vn: netdev
 *
 * Context: rtnl held. Does not sleep.
 */
void vane_rss_write(struct vane_net *vn)
{
	struct vane_dev *vdev = vn->vdev;
	unsigned int i;

	if (!(vdev->features & VANE_FEAT_RSS))
		return;

	vane_rss_write_key(vn);
	for_each_set_bit(i, vn->rss_contexts, VANE_RSS_CONTEXTS)
		if (!i || vdev->features & VANE_FEAT_RSS_CONTEXT)
			vane_rss_write_table(vn, i);
	vane_wr32(vdev, VANE_REG_RSS_CTRL, vn->rss_ctrl);
}

/**
 * vane_rss_fit() - make the tables name only existing queues
 * @vn: netdev
 *
 * Spreads flows over all queues, unless the user has configured a table. The PF
 * may have taken away queues that are in it.
 *
 * Context: rtnl held, or the netdev is not registered. Does not sleep.
 */
void vane_rss_fit(struct vane_net *vn)
{
	bool configured = netif_is_rxfh_configured(vn->netdev);
	unsigned int context;
	unsigned int i;
	u8 *entry;

	for_each_set_bit(context, vn->rss_contexts, VANE_RSS_CONTEXTS)
		for (i = 0; i < VANE_RSS_TABLE_SIZE; i++) {
			entry = &vn->rss_table[context][i];
			if ((!context && !configured) ||
			    *entry >= vn->num_queues)
				*entry = ethtool_rxfh_indir_default(i,
								    vn->num_queues);
		}
}

/**
 * vane_get_rxfh_key_size() - get_rxfh_key_size of ethtool
 * @netdev: net_device
 *
 * Context: rtnl held. Does not sleep.
 * Return: bytes of the key, 0 without RSS.
 */
u32 vane_get_rxfh_key_size(struct net_device *netdev)
{
	struct vane_net *vn = netdev_priv(netdev);

	return vn->vdev->features & VANE_FEAT_RSS ? VANE_RSS_KEY_SIZE : 0;
}

/**
 * vane_get_rxfh_indir_size() - get_rxfh_indir_size of ethtool
 * @netdev: net_device
 *
 * Context: rtnl held. Does not sleep.
 * Return: entries of a table, 0 without RSS.
 */
u32 vane_get_rxfh_indir_size(struct net_device *netdev)
{
	struct vane_net *vn = netdev_priv(netdev);

	return vn->vdev->features & VANE_FEAT_RSS ? VANE_RSS_TABLE_SIZE : 0;
}

/**
 * vane_get_rxfh() - get_rxfh of ethtool
 * @netdev: net_device
 * @rxfh: where function, key and the default table go
 *
 * Context: rtnl held. Does not sleep.
 * Return: 0.
 */
int vane_get_rxfh(struct net_device *netdev, struct ethtool_rxfh_param *rxfh)
{
	struct vane_net *vn = netdev_priv(netdev);
	unsigned int i;

	rxfh->hfunc = ETH_RSS_HASH_TOP;
	if (rxfh->indir)
		for (i = 0; i < VANE_RSS_TABLE_SIZE; i++)
			rxfh->indir[i] = vn->rss_table[0][i];
	if (rxfh->key)
		memcpy(rxfh->key, vn->rss_key, VANE_RSS_KEY_SIZE);
	return 0;
}

static int vane_rss_check_hash(const struct ethtool_rxfh_param *rxfh,
			       struct netlink_ext_ack *extack)
{
	if (rxfh->hfunc == ETH_RSS_HASH_NO_CHANGE ||
	    rxfh->hfunc == ETH_RSS_HASH_TOP)
		return 0;
	NL_SET_ERR_MSG(extack, "The hash function is always Toeplitz");
	return -EOPNOTSUPP;
}

static void vane_rss_set_table(struct vane_net *vn, unsigned int context,
			       const u32 *indir)
{
	unsigned int i;

	for (i = 0; i < VANE_RSS_TABLE_SIZE; i++)
		vn->rss_table[context][i] = indir[i];
}

/**
 * vane_set_rxfh() - set_rxfh of ethtool
 * @netdev: net_device
 * @rxfh: key and default table, NULL where unchanged
 * @extack: why it was refused
 *
 * Context: rtnl held. Does not sleep.
 * Return: 0, or -EOPNOTSUPP for another hash function; nothing changes then.
 */
int vane_set_rxfh(struct net_device *netdev, struct ethtool_rxfh_param *rxfh,
		  struct netlink_ext_ack *extack)
{
	struct vane_net *vn = netdev_priv(netdev);
	int err;

	err = vane_rss_check_hash(rxfh, extack);
	if (err)
		return err;

	if (rxfh->indir) {
		vane_rss_set_table(vn, 0, rxfh->indir);
		if (vn->rings)
			vane_rss_write_table(vn, 0);
	}
	if (rxfh->key) {
		memcpy(vn->rss_key, rxfh->key, VANE_RSS_KEY_SIZE);
		if (vn->rings)
			vane_rss_write_key(vn);
	}
	return 0;
}

/* Contexts
 * --------
 */

/**
 * vane_create_rxfh_context() - create_rxfh_context of ethtool
 * @netdev: net_device
 * @ctx: the core's context; gets the key and the table in force
 * @rxfh: number of the context, and its table, NULL for the default one
 * @extack: why it was refused
 *
 * Context: rtnl held. Does not sleep.
 * Return: 0, or -EOPNOTSUPP; no context exists then.
 */
int vane_create_rxfh_context(struct net_device *netdev,
			     struct ethtool_rxfh_context *ctx,
			     const struct ethtool_rxfh_param *rxfh,
			     struct netlink_ext_ack *extack)
{
	u32 *indir = ethtool_rxfh_context_indir(ctx);
	struct vane_net *vn = netdev_priv(netdev);
	u32 context = rxfh->rss_context;
	unsigned int i;
	int err;

	if (!(vn->vdev->features & VANE_FEAT_RSS_CONTEXT)) {
		NL_SET_ERR_MSG(extack, "The device has only one RSS table");
		return -EOPNOTSUPP;
	}
	err = vane_rss_check_hash(rxfh, extack);
	if (err)
		return err;

	ctx->hfunc = ETH_RSS_HASH_TOP;
	memcpy(ethtool_rxfh_context_key(ctx), vn->rss_key, VANE_RSS_KEY_SIZE);
	for (i = 0; i < VANE_RSS_TABLE_SIZE; i++)
		indir[i] = rxfh->indir ? rxfh->indir[i] :
			   ethtool_rxfh_indir_default(i, vn->num_queues);

	vane_rss_set_table(vn, context, indir);
	__set_bit(context, vn->rss_contexts);
	if (vn->rings)
		vane_rss_write_table(vn, context);
	return 0;
}

/**
 * vane_modify_rxfh_context() - modify_rxfh_context of ethtool
 * @netdev: net_device
 * @ctx: the core's context
 * @rxfh: number of the context, and its table, NULL if unchanged
 * @extack: why it was refused
 *
 * Context: rtnl held. Does not sleep.
 * Return: 0, or -EOPNOTSUPP for another hash function; nothing changes then.
 */
int vane_modify_rxfh_context(struct net_device *netdev,
			     struct ethtool_rxfh_context *ctx,
			     const struct ethtool_rxfh_param *rxfh,
			     struct netlink_ext_ack *extack)
{
	struct vane_net *vn = netdev_priv(netdev);
	int err;

	err = vane_rss_check_hash(rxfh, extack);
	if (err)
		return err;

	if (rxfh->indir) {
		vane_rss_set_table(vn, rxfh->rss_context, rxfh->indir);
		if (vn->rings)
			vane_rss_write_table(vn, rxfh->rss_context);
	}
	return 0;
}

/**
 * vane_remove_rxfh_context() - remove_rxfh_context of ethtool
 * @netdev: net_device
 * @ctx: the core's context
 * @context: its number
 * @extack: names a rule that uses it
 *
 * Context: rtnl held. Does not sleep.
 * Return: 0, or -EBUSY while a rule uses the context.
 */
int vane_remove_rxfh_context(struct net_device *netdev,
			     struct ethtool_rxfh_context *ctx, u32 context,
			     struct netlink_ext_ack *extack)
{
	struct vane_net *vn = netdev_priv(netdev);
	int rule = vane_rules_find_context(vn, context);

	if (rule >= 0) {
		NL_SET_ERR_MSG_FMT(extack, "Rule %d uses context %u", rule,
				   context);
		return -EBUSY;
	}
	__clear_bit(context, vn->rss_contexts);
	return 0;
}

/* What is hashed
 * --------------
 */

#define HASH_ADDRESSES		(RXH_IP_SRC | RXH_IP_DST)
#define HASH_PORTS		(RXH_L4_B_0_1 | RXH_L4_B_2_3)

/* Bit of RSS_CTRL that adds the ports of frames of this type to their hash */
static u32 vane_rss_port_bit(u32 flow_type)
{
	switch (flow_type) {
	case TCP_V4_FLOW:
		return VANE_RSS_CTRL_TCP4;
	case UDP_V4_FLOW:
		return VANE_RSS_CTRL_UDP4;
	case TCP_V6_FLOW:
		return VANE_RSS_CTRL_TCP6;
	case UDP_V6_FLOW:
		return VANE_RSS_CTRL_UDP6;
	default:
		return 0;
	}
}

/**
 * vane_get_rxfh_fields() - get_rxfh_fields of ethtool
 * @netdev: net_device
 * @fields: flow type, and where its hashed fields go
 *
 * Context: rtnl held. Does not sleep.
 * Return: 0, or -EOPNOTSUPP without RSS and for an unknown flow type.
 */
int vane_get_rxfh_fields(struct net_device *netdev,
			 struct ethtool_rxfh_fields *fields)
{
	struct vane_net *vn = netdev_priv(netdev);

	if (!(vn->vdev->features & VANE_FEAT_RSS))
		return -EOPNOTSUPP;

	switch (fields->flow_type) {
	case TCP_V4_FLOW:
	case UDP_V4_FLOW:
	case TCP_V6_FLOW:
	case UDP_V6_FLOW:
	case SCTP_V4_FLOW:
	case SCTP_V6_FLOW:
	case IPV4_FLOW:
	case IPV6_FLOW:
		fields->data = HASH_ADDRESSES;
		if (vn->rss_ctrl & vane_rss_port_bit(fields->flow_type))
			fields->data |= HASH_PORTS;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/**
 * vane_set_rxfh_fields() - set_rxfh_fields of ethtool
 * @netdev: net_device
 * @fields: flow type, and the fields to hash
 * @extack: why it was refused
 *
 * Context: rtnl held. Does not sleep.
 * Return: 0; -EOPNOTSUPP without RSS and for a flow type without ports; -EINVAL
 * for other fields than both addresses, with both ports or without.
 */
int vane_set_rxfh_fields(struct net_device *netdev,
			 const struct ethtool_rxfh_fields *fields,
			 struct netlink_ext_ack *extack)
{
	struct vane_net *vn = netdev_priv(netdev);
	u32 bit = vane_rss_port_bit(fields->flow_type);

	if (!(vn->vdev->features & VANE_FEAT_RSS)) {
		NL_SET_ERR_MSG(extack, "The device has no RSS");
		return -EOPNOTSUPP;
	}
	if (!bit) {
		NL_SET_ERR_MSG(extack,
			       "Only the hash fields of TCP and UDP can be set");
		return -EOPNOTSUPP;
	}
	if (fields->data == HASH_ADDRESSES) {
		vn->rss_ctrl &= ~bit;
	} else if (fields->data == (HASH_ADDRESSES | HASH_PORTS)) {
		vn->rss_ctrl |= bit;
	} else {
		NL_SET_ERR_MSG(extack,
			       "The hash uses both addresses, and both ports or none");
		return -EINVAL;
	}
	if (vn->rings)
		vane_wr32(vn->vdev, VANE_REG_RSS_CTRL, vn->rss_ctrl);
	return 0;
}
