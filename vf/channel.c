// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE VF driver: granted channels, each a netdev above that of the VF.
 *
 * Such a netdev has no queues. It passes a frame on to the VF's netdev with metadata
 * that names the channel, and the core turns that into an extension of the frame's
 * descriptors. Of a device that cannot do this, the tag is put in front of the frame
 * here. Likewise, a frame that comes to the channel is handed to it by the core or, if
 * the device does not take the tag off, by a receive handler of the VF's netdev. There can be
 * one of these only, so such a VF cannot be in a bridge or bond while it has channels.
 *
 * The table of channels and their state are guarded by rtnl. Whoever creates and removes
 * them holds the devlink instance lock.
 */
#include <linux/bitfield.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/rtnetlink.h>
#include <linux/unaligned.h>
#include <net/dst_metadata.h>

#include "vf.h"

/* Offloads that work behind a tag which the device inserts */
#define CHANNEL_FEATURES	(NETIF_F_SG | NETIF_F_HIGHDMA | NETIF_F_HW_CSUM | \
				 NETIF_F_ALL_TSO | NETIF_F_HW_VLAN_CTAG_TX)
/* Those of them that work with a tag in the frame */
#define CHANNEL_FEATURES_TAGGED	(NETIF_F_SG | NETIF_F_HIGHDMA | NETIF_F_HW_CSUM)

#define CHANNEL_VLAN_FILTERS	(NETIF_F_HW_VLAN_CTAG_FILTER | \
				 NETIF_F_HW_VLAN_STAG_FILTER)

#define ETAG_ECID_BITS		12	/* of an E-CID in VANE_ETAG_ECID */

/* Tags
 * ----
 */

static unsigned int vanevf_channel_tag_size(u16 ethertype)
{
	return ethertype == VANE_VNTAG_ETHERTYPE ? VANE_VNTAG_SIZE :
						   VANE_ETAG_SIZE;
}

/* Write the tag of a frame that goes up */
static void vanevf_channel_write_tag(u8 *at, u16 ethertype, u32 number)
{
	u64 tag;

	put_unaligned_be16(ethertype, at);
	if (ethertype == VANE_VNTAG_ETHERTYPE) {
		put_unaligned_be32(FIELD_PREP(VANE_VNTAG_SVIF, number), at + 2);
		return;
	}
	tag = FIELD_PREP(VANE_ETAG_ECID, number & (BIT(ETAG_ECID_BITS) - 1)) |
	      FIELD_PREP(VANE_ETAG_ECID_EXT, number >> ETAG_ECID_BITS);
	put_unaligned_be16(tag >> 32, at + 2);
	put_unaligned_be32(lower_32_bits(tag), at + 4);
}

/* The channel that a tag of the way down names, from behind its EtherType; 0 for none */
static u32 vanevf_channel_read_tag(const u8 *at, u16 ethertype)
{
	u64 tag;

	if (ethertype == VANE_VNTAG_ETHERTYPE) {
		tag = get_unaligned_be32(at);
		return tag & VANE_VNTAG_DIR && !(tag & VANE_VNTAG_PTR) ?
		       FIELD_GET(VANE_VNTAG_DVIF, tag) : 0;
	}
	tag = (u64)get_unaligned_be16(at) << 32 | get_unaligned_be32(at + 2);
	return tag & VANE_ETAG_GRP ?
	       0 : FIELD_GET(VANE_ETAG_ECID, tag) |
		   FIELD_GET(VANE_ETAG_ECID_EXT, tag) << ETAG_ECID_BITS;
}

/* Whether the tag is put in front of frames here */
static bool vanevf_channel_tags_itself(const struct vanevf *vf)
{
	return !READ_ONCE(vf->vdev.net->tx_channels) ||
	       !(READ_ONCE(vf->vdev.features) & VANE_FEAT_TX_CHANNEL);
}

/* Whether the frame has its tag now; if not, it cannot be sent */
static bool vanevf_channel_insert_tag(const struct vanevf_channel *channel,
				      struct sk_buff *skb, u16 ethertype)
{
	unsigned int size = vanevf_channel_tag_size(ethertype);

	/* Only while the function is just coming back with fewer features */
	if (skb_is_gso(skb) || skb_vlan_tag_present(skb))
		return false;
	if (skb_cow_head(skb, size))
		return false;
	skb_push(skb, size);
	memmove(skb->data, skb->data + size, 2 * ETH_ALEN);
	skb_reset_mac_header(skb);
	skb_reset_mac_len(skb);
	vanevf_channel_write_tag(skb->data + 2 * ETH_ALEN, ethertype,
				 channel->number);
	return true;
}

/**
 * vanevf_channel_receive() - receive a frame that came to a channel
 * @vdev: function
 * @skb: frame, with its Ethernet header and without a channel tag
 * @number: the channel
 *
 * Context: Softirq.
 */
void vanevf_channel_receive(struct vane_dev *vdev, struct sk_buff *skb,
			    u32 number)
{
	struct vanevf *vf = vdev_to_vanevf(vdev);
	struct vanevf_channel *channel;
	unsigned int len = skb->len;

	rcu_read_lock();
	channel = xa_load(&vf->channels.table, number);
	if (channel) {
		/* Its one queue has nothing to do with those of the VF */
		skb_set_queue_mapping(skb, 0);
		skb->protocol = eth_type_trans(skb, channel->netdev);
		/* Not the VF's NAPI, which may keep frames longer than the netdev is there */
		if (gro_cells_receive(&channel->gro_cells, skb) == NET_RX_SUCCESS)
			dev_sw_netstats_rx_add(channel->netdev, len);
	} else {
		dev_core_stats_rx_nohandler_inc(vdev->net->netdev);
		kfree_skb(skb);
	}
	rcu_read_unlock();
}

/* Whether the channel can be used, and with this tag. Under RCU. */
static bool vanevf_channel_has_tag(struct vanevf *vf, u32 number, u16 ethertype)
{
	const struct vanevf_channel *channel;

	channel = xa_load(&vf->channels.table, number);
	return channel && READ_ONCE(channel->ethertype) == ethertype;
}

/* A frame as it came to the VF's netdev: is it for a channel, by its tag? */
static rx_handler_result_t vanevf_channel_handle_frame(struct sk_buff **pskb)
{
	struct sk_buff *skb = *pskb;
	struct vanevf *vf = rcu_dereference(skb->dev->rx_handler_data);
	u16 ethertype = be16_to_cpu(skb->protocol);
	unsigned int size;
	u32 number;

	if (ethertype != VANE_VNTAG_ETHERTYPE && ethertype != VANE_ETAG_ETHERTYPE)
		return RX_HANDLER_PASS;
	skb = skb_share_check(skb, GFP_ATOMIC);
	*pskb = skb;
	if (!skb)
		return RX_HANDLER_CONSUMED;

	/* The EtherType of the tag was taken off, that behind the tag was not */
	size = vanevf_channel_tag_size(ethertype);
	if (!pskb_may_pull(skb, size))
		return RX_HANDLER_PASS;
	number = vanevf_channel_read_tag(skb->data, ethertype);
	if (!vanevf_channel_has_tag(vf, number, ethertype))
		return RX_HANDLER_PASS;
	if (skb_cow(skb, skb_headroom(skb))) {
		kfree_skb(skb);
		return RX_HANDLER_CONSUMED;
	}
	skb_push(skb, ETH_HLEN);
	memmove(skb->data + size, skb->data, 2 * ETH_ALEN);
	skb_pull(skb, size);
	/* Whether it is for another host was judged by the VF's address */
	skb->pkt_type = PACKET_HOST;
	vanevf_channel_receive(&vf->vdev, skb, number);
	return RX_HANDLER_CONSUMED;
}

/* Have tags taken off here as long as the device does not do it, and there are channels */
static int vanevf_channel_set_handler(struct vanevf *vf, bool channels,
				      struct netlink_ext_ack *extack)
{
	struct net_device *lower = vf->vdev.net->netdev;
	bool wanted = channels && !(vf->vdev.features & VANE_FEAT_RX_CHANNEL);
	int err = 0;

	ASSERT_RTNL();

	if (wanted && !vf->channels.handles) {
		err = netdev_rx_handler_register(lower,
						 vanevf_channel_handle_frame,
						 vf);
		if (err)
			NL_SET_ERR_MSG(extack,
				       "The NIC leaves channel tags in frames, so the VF must not be in a bridge or bond");
		vf->channels.handles = !err;
	} else if (!wanted && vf->channels.handles) {
		netdev_rx_handler_unregister(lower);
		vf->channels.handles = false;
	}
	return err;
}

/* Use what the function can do since it was last enabled */
static void vanevf_channel_follow_function(struct vanevf *vf)
{
	if (vf->vdev.features & VANE_FEAT_TX_CHANNEL)
		vane_tx_use_channels(vf->vdev.net);
	if (vanevf_channel_set_handler(vf, !xa_empty(&vf->channels.table), NULL))
		netdev_warn(vf->vdev.net->netdev,
			    "cannot receive frames of granted channels, as a bridge or bond takes them\n");
}

/* The netdev
 * ----------
 */

static netdev_tx_t vanevf_channel_start_xmit(struct sk_buff *skb,
					     struct net_device *netdev)
{
	struct vanevf_channel *channel = netdev_priv(netdev);
	u16 ethertype = READ_ONCE(channel->ethertype);
	unsigned int len = skb->len;
	int ret;

	if (!ethertype)
		goto drop;
	skb_dst_drop(skb);
	if (!vanevf_channel_tags_itself(channel->vf)) {
		dst_hold(&channel->dst->dst);
		skb_dst_set(skb, &channel->dst->dst);
	} else if (!vanevf_channel_insert_tag(channel, skb, ethertype)) {
		goto drop;
	}
	skb->dev = channel->lower;
	ret = dev_queue_xmit(skb);
	if (ret == NET_XMIT_SUCCESS || ret == NET_XMIT_CN)
		dev_sw_netstats_tx_add(netdev, 1, len);
	else
		dev_core_stats_tx_dropped_inc(netdev);
	return NETDEV_TX_OK;

drop:
	dev_core_stats_tx_dropped_inc(netdev);
	kfree_skb(skb);
	return NETDEV_TX_OK;
}

static void vanevf_channel_follow_carrier(struct vanevf_channel *channel)
{
	struct net_device *lower = channel->lower;

	/* The carrier of a netdev that is down says nothing */
	if (channel->ethertype && netif_running(lower))
		netif_stacked_transfer_operstate(lower, channel->netdev);
	else
		netif_carrier_off(channel->netdev);
}

static int vanevf_channel_init(struct net_device *netdev)
{
	netdev_lockdep_set_classes(netdev);
	return 0;
}

static bool vanevf_channel_has_own_mac(const struct vanevf_channel *channel)
{
	return !ether_addr_equal(channel->netdev->dev_addr,
				 channel->lower->dev_addr);
}

/* Have the VF receive the channel's address, if that is not its own */
static int vanevf_channel_add_filter(struct vanevf_channel *channel)
{
	int err;

	if (!vanevf_channel_has_own_mac(channel))
		return 0;
	err = dev_uc_add(channel->lower, channel->netdev->dev_addr);
	channel->filtered = !err;
	return err;
}

static void vanevf_channel_del_filter(struct vanevf_channel *channel)
{
	if (channel->filtered)
		dev_uc_del(channel->lower, channel->netdev->dev_addr);
	channel->filtered = false;
}

static int vanevf_channel_open(struct net_device *netdev)
{
	struct vanevf_channel *channel = netdev_priv(netdev);
	struct net_device *lower = channel->lower;
	int err;

	err = vanevf_channel_add_filter(channel);
	if (err)
		return err;
	if (netdev->flags & IFF_ALLMULTI) {
		err = dev_set_allmulti(lower, 1);
		if (err)
			goto del_filter;
	}
	if (netdev->flags & IFF_PROMISC) {
		err = dev_set_promiscuity(lower, 1);
		if (err)
			goto unset_allmulti;
	}
	vanevf_channel_follow_carrier(channel);
	return 0;

unset_allmulti:
	if (netdev->flags & IFF_ALLMULTI)
		dev_set_allmulti(lower, -1);
del_filter:
	vanevf_channel_del_filter(channel);
	return err;
}

static int vanevf_channel_stop(struct net_device *netdev)
{
	struct vanevf_channel *channel = netdev_priv(netdev);
	struct net_device *lower = channel->lower;

	dev_mc_unsync(lower, netdev);
	dev_uc_unsync(lower, netdev);
	if (netdev->flags & IFF_ALLMULTI)
		dev_set_allmulti(lower, -1);
	if (netdev->flags & IFF_PROMISC)
		dev_set_promiscuity(lower, -1);
	vanevf_channel_del_filter(channel);
	netif_carrier_off(netdev);
	return 0;
}

static void vanevf_channel_set_rx_mode(struct net_device *netdev)
{
	struct vanevf_channel *channel = netdev_priv(netdev);

	dev_mc_sync(channel->lower, netdev);
	dev_uc_sync(channel->lower, netdev);
}

static void vanevf_channel_change_rx_flags(struct net_device *netdev, int change)
{
	struct vanevf_channel *channel = netdev_priv(netdev);

	if (!(netdev->flags & IFF_UP))
		return;
	if (change & IFF_ALLMULTI)
		dev_set_allmulti(channel->lower,
				 netdev->flags & IFF_ALLMULTI ? 1 : -1);
	if (change & IFF_PROMISC)
		dev_set_promiscuity(channel->lower,
				    netdev->flags & IFF_PROMISC ? 1 : -1);
}

static int vanevf_channel_set_mac_address(struct net_device *netdev, void *p)
{
	struct vanevf_channel *channel = netdev_priv(netdev);
	const struct sockaddr *addr = p;
	u8 old[ETH_ALEN];
	int err = 0;

	if (!is_valid_ether_addr(addr->sa_data))
		return -EADDRNOTAVAIL;
	vanevf_channel_del_filter(channel);
	ether_addr_copy(old, netdev->dev_addr);
	eth_hw_addr_set(netdev, addr->sa_data);
	if (netdev->flags & IFF_UP)
		err = vanevf_channel_add_filter(channel);
	if (err) {
		eth_hw_addr_set(netdev, old);
		vanevf_channel_add_filter(channel);
	}
	return err;
}

static int vanevf_channel_change_mtu(struct net_device *netdev, int mtu)
{
	struct vanevf_channel *channel = netdev_priv(netdev);

	if (mtu > channel->lower->mtu)
		return -ERANGE;
	WRITE_ONCE(netdev->mtu, mtu);
	return 0;
}

static netdev_features_t vanevf_channel_fix_features(struct net_device *netdev,
						     netdev_features_t features)
{
	struct vanevf_channel *channel = netdev_priv(netdev);
	netdev_features_t possible = channel->lower->features;

	possible &= vanevf_channel_tags_itself(channel->vf) ?
		    CHANNEL_FEATURES_TAGGED : CHANNEL_FEATURES;
	return features & (possible | ~CHANNEL_FEATURES);
}

/* An index is of a namespace, and rtnetlink says nothing of that of the VF's netdev */
static int vanevf_channel_get_iflink(const struct net_device *netdev)
{
	const struct vanevf_channel *channel = netdev_priv(netdev);

	if (!net_eq(dev_net(netdev), dev_net(channel->lower)))
		return READ_ONCE(netdev->ifindex);
	return READ_ONCE(channel->lower->ifindex);
}

/* The device filters VLANs of the VF, whatever the channel */
static int vanevf_channel_add_vid(struct net_device *netdev, __be16 proto,
				  u16 vid)
{
	struct vanevf_channel *channel = netdev_priv(netdev);

	return vlan_vid_add(channel->lower, proto, vid);
}

static int vanevf_channel_kill_vid(struct net_device *netdev, __be16 proto,
				   u16 vid)
{
	struct vanevf_channel *channel = netdev_priv(netdev);

	vlan_vid_del(channel->lower, proto, vid);
	return 0;
}

static const struct net_device_ops vanevf_channel_netdev_ops = {
	.ndo_init		= vanevf_channel_init,
	.ndo_open		= vanevf_channel_open,
	.ndo_stop		= vanevf_channel_stop,
	.ndo_start_xmit		= vanevf_channel_start_xmit,
	.ndo_fix_features	= vanevf_channel_fix_features,
	.ndo_set_rx_mode	= vanevf_channel_set_rx_mode,
	.ndo_change_rx_flags	= vanevf_channel_change_rx_flags,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_set_mac_address	= vanevf_channel_set_mac_address,
	.ndo_change_mtu		= vanevf_channel_change_mtu,
	.ndo_get_iflink		= vanevf_channel_get_iflink,
	.ndo_vlan_rx_add_vid	= vanevf_channel_add_vid,
	.ndo_vlan_rx_kill_vid	= vanevf_channel_kill_vid,
};

static int vanevf_channel_get_link_ksettings(struct net_device *netdev,
					     struct ethtool_link_ksettings *link)
{
	struct vanevf_channel *channel = netdev_priv(netdev);

	return __ethtool_get_link_ksettings(channel->lower, link);
}

static const struct ethtool_ops vanevf_channel_ethtool_ops = {
	.get_link		= ethtool_op_get_link,
	.get_link_ksettings	= vanevf_channel_get_link_ksettings,
};

static void vanevf_channel_setup(struct vanevf_channel *channel)
{
	struct net_device *netdev = channel->netdev;
	struct net_device *lower = channel->lower;

	netdev->netdev_ops = &vanevf_channel_netdev_ops;
	netdev->ethtool_ops = &vanevf_channel_ethtool_ops;
	netdev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
	netdev->priv_flags |= IFF_NO_QUEUE | IFF_UNICAST_FLT |
			      IFF_DISABLE_NETPOLL;
	/* A frame is changed and queued below */
	netdev->priv_flags &= ~IFF_TX_SKB_SHARING;
	netdev->lltx = true;
	netdev->needed_headroom = VANE_ETAG_SIZE + lower->needed_headroom;
	netdev->min_mtu = ETH_MIN_MTU;
	netdev->max_mtu = lower->max_mtu;
	netdev->mtu = lower->mtu;
	netdev->hw_features = lower->hw_features & CHANNEL_FEATURES;
	netdev->features = netdev->hw_features |
			   (lower->features & NETIF_F_HIGHDMA) |
			   CHANNEL_VLAN_FILTERS;
	netdev->vlan_features = lower->vlan_features & CHANNEL_FEATURES;
	netdev->hw_enc_features = lower->hw_enc_features & CHANNEL_FEATURES;
	netif_inherit_tso_max(netdev, lower);
	/* Follows the VF's address until it is given another */
	eth_hw_addr_set(netdev, lower->dev_addr);
	netdev->addr_assign_type = NET_ADDR_STOLEN;
	netif_carrier_off(netdev);
}

/**
 * vanevf_channel_alloc() - create the netdev of a channel
 * @vf: VF
 * @number: the channel
 *
 * The caller registers the devlink port before the netdev.
 *
 * Context: Process context; may sleep. The devlink instance lock held.
 * Return: the channel, or NULL if memory is short.
 */
struct vanevf_channel *vanevf_channel_alloc(struct vanevf *vf, u32 number)
{
	struct net_device *lower = vf->vdev.net->netdev;
	struct vanevf_channel *channel;
	struct net_device *netdev;

	netdev = alloc_etherdev(sizeof(*channel));
	if (!netdev)
		return NULL;
	channel = netdev_priv(netdev);
	channel->vf = vf;
	channel->lower = lower;
	channel->netdev = netdev;
	channel->number = number;
	if (gro_cells_init(&channel->gro_cells, netdev))
		goto free_netdev;
	channel->dst = metadata_dst_alloc(0, METADATA_HW_PORT_MUX, GFP_KERNEL);
	if (!channel->dst)
		goto destroy_cells;
	channel->dst->u.port_info.port_id = number;
	channel->dst->u.port_info.lower_dev = lower;
	SET_NETDEV_DEV(netdev, &vf->vdev.pdev->dev);
	SET_NETDEV_DEVLINK_PORT(netdev, &channel->port);
	return channel;

destroy_cells:
	gro_cells_destroy(&channel->gro_cells);
free_netdev:
	free_netdev(netdev);
	return NULL;
}

/**
 * vanevf_channel_free() - undo vanevf_channel_alloc()
 * @channel: the channel, neither it nor its port registered
 *
 * Context: Process context; may sleep. The devlink instance lock held.
 */
void vanevf_channel_free(struct vanevf_channel *channel)
{
	/* Frames on their way out may still use it */
	dst_release(&channel->dst->dst);
	gro_cells_destroy(&channel->gro_cells);
	free_netdev(channel->netdev);
}

static int vanevf_channel_link(struct vanevf_channel *channel,
			       struct netlink_ext_ack *extack)
{
	struct net_device *netdev = channel->netdev;
	int err;

	dev_net_set(netdev, dev_net(channel->lower));
	vanevf_channel_setup(channel);
	err = register_netdevice(netdev);
	if (err) {
		NL_SET_ERR_MSG(extack, "Cannot register the network interface");
		return err;
	}
	err = netdev_upper_dev_link(channel->lower, netdev, extack);
	if (err)
		unregister_netdevice(netdev);
	return err;
}

/**
 * vanevf_channel_register() - register the netdev of a channel
 * @channel: the channel, its port registered
 * @extack: where an error is explained
 *
 * Its carrier comes with the next vanevf_channel_refresh_all().
 *
 * Context: Process context; may sleep. The devlink instance lock held. Takes rtnl.
 * Return: 0 or an errno.
 */
int vanevf_channel_register(struct vanevf_channel *channel,
			    struct netlink_ext_ack *extack)
{
	struct vanevf *vf = channel->vf;
	struct xarray *table = &vf->channels.table;
	bool others = !xa_empty(table);
	int err;

	rtnl_lock();
	err = xa_reserve(table, channel->number, GFP_KERNEL);
	if (err)
		goto unlock;
	err = vanevf_channel_set_handler(vf, true, extack);
	if (err)
		goto release_entry;
	err = vanevf_channel_link(channel, extack);
	if (err)
		goto unset_handler;
	xa_store(table, channel->number, channel, GFP_KERNEL);
	vanevf_channel_follow_function(vf);
	set_bit(VANEVF_CHANNELS_STALE, &vf->flags);
	rtnl_unlock();
	return 0;

unset_handler:
	vanevf_channel_set_handler(vf, others, NULL);
release_entry:
	xa_release(table, channel->number);
unlock:
	rtnl_unlock();
	return err;
}

/**
 * vanevf_channel_unregister() - undo vanevf_channel_register()
 * @channel: the channel
 *
 * Context: Process context; may sleep. The devlink instance lock held. Takes rtnl.
 */
void vanevf_channel_unregister(struct vanevf_channel *channel)
{
	struct vanevf *vf = channel->vf;

	rtnl_lock();
	xa_erase(&vf->channels.table, channel->number);
	vanevf_channel_set_handler(vf, !xa_empty(&vf->channels.table), NULL);
	netdev_upper_dev_unlink(channel->lower, channel->netdev);
	/* Waits for those that have found it in the table */
	unregister_netdevice(channel->netdev);
	rtnl_unlock();
}

/* What the PF grants
 * ------------------
 */

/**
 * struct vanevf_channel_list - a part of the PF's list of channels
 * @rsp: as it came
 * @end: it has all channels that can be used from the one that was asked for up to
 *	this one, exclusive
 */
struct vanevf_channel_list {
	struct vane_mbox_channels_rsp rsp;
	u32 end;
};

/* Ask the PF for the part of the list that begins with @first */
static int vanevf_channel_read_list(struct vanevf *vf, u32 first,
				    struct vanevf_channel_list *list)
{
	unsigned int count;
	int err;

	err = vanevf_req_channels(vf, first, &list->rsp);
	if (err)
		return err;
	count = le16_to_cpu(list->rsp.count);
	list->end = U32_MAX;
	if (count == VANE_MBOX_MAX_CHANNELS)
		list->end = le32_to_cpu(list->rsp.channel[count - 1]) + 1;
	return list->end > first ? 0 : -EPROTO;
}

/* The EtherType of a channel's tag; 0 if the channel cannot be used */
static u16 vanevf_channel_find_tag(const struct vanevf_channel_list *list,
				   u32 number)
{
	unsigned int i;

	for (i = 0; i < le16_to_cpu(list->rsp.count); i++)
		if (le32_to_cpu(list->rsp.channel[i]) == number)
			return le16_to_cpu(list->rsp.ethertype);
	return 0;
}

static int vanevf_channel_explain_none(struct vanevf *vf, u32 number,
				       const struct vanevf_channel_list *list,
				       struct netlink_ext_ack *extack)
{
	if (!list->rsp.ethertype)
		NL_SET_ERR_MSG(extack, "The switch of the PF is in a mode without channels");
	else if (!(vane_rd32(&vf->vdev, VANE_REG_STATUS) & VANE_STATUS_TRUSTED))
		NL_SET_ERR_MSG(extack, "Granted channels need trust, which this VF lacks");
	else
		NL_SET_ERR_MSG_FMT(extack, "The PF has not granted channel %u to this VF",
				   number);
	return -ENOENT;
}

static int vanevf_channel_check_granted(struct vanevf *vf, u32 number,
					struct netlink_ext_ack *extack)
{
	struct vanevf_channel_list list;
	int err;

	err = vanevf_channel_read_list(vf, number, &list);
	if (err == -EOPNOTSUPP)
		NL_SET_ERR_MSG(extack, "The PF grants no channels");
	else if (err)
		NL_SET_ERR_MSG(extack, "The PF did not list its channels, try again later");
	else if (!vanevf_channel_find_tag(&list, number))
		err = vanevf_channel_explain_none(vf, number, &list, extack);
	return err;
}

/**
 * vanevf_channel_check() - whether a channel can get a netdev now
 * @vf: VF
 * @number: the channel
 * @extack: where it is explained if not
 *
 * Context: Process context; sleeps. The devlink instance lock held. Takes rtnl and
 * vane_mbox_vf.lock.
 * Return: 0 or an errno.
 */
int vanevf_channel_check(struct vanevf *vf, u32 number,
			 struct netlink_ext_ack *extack)
{
	int err;

	rtnl_lock();
	if (xa_load(&vf->channels.table, number)) {
		NL_SET_ERR_MSG_FMT(extack, "Channel %u has a port already",
				   number);
		err = -EEXIST;
	} else if (!vane_net_attached(vf->vdev.net)) {
		NL_SET_ERR_MSG(extack, "The VF is being reset, try again later");
		err = -EBUSY;
	} else {
		err = vanevf_channel_check_granted(vf, number, extack);
	}
	rtnl_unlock();
	return err;
}

/* Apply a part of the list, which begins with @first */
static void vanevf_channel_apply_list(struct vanevf *vf, u32 first,
				      const struct vanevf_channel_list *list)
{
	struct vanevf_channel *channel;
	unsigned long number;

	ASSERT_RTNL();

	vanevf_channel_follow_function(vf);
	xa_for_each_range(&vf->channels.table, number, channel, first,
			  list->end - 1) {
		WRITE_ONCE(channel->ethertype,
			   vanevf_channel_find_tag(list, number));
		netdev_update_features(channel->netdev);
		vanevf_channel_follow_carrier(channel);
	}
}

/**
 * vanevf_channel_refresh_all() - find out which channels can be used now
 * @vf: VF, negotiated
 *
 * Context: Process context; sleeps. Takes vane_mbox_vf.lock and, while it does not wait
 * for the PF, rtnl.
 * Return: 0, or the errno of a request that has to be repeated.
 */
int vanevf_channel_refresh_all(struct vanevf *vf)
{
	struct vanevf_channel_list list;
	unsigned long number = 0;
	int err;

	while (xa_find(&vf->channels.table, &number, U32_MAX, XA_PRESENT)) {
		err = vanevf_channel_read_list(vf, number, &list);
		if (err && !vanevf_refused(err))
			return err;
		if (err)
			list = (struct vanevf_channel_list) { .end = U32_MAX };
		rtnl_lock();
		vanevf_channel_apply_list(vf, number, &list);
		rtnl_unlock();
		number = list.end;
	}
	return 0;
}

/* What happens to the VF's netdev
 * -------------------------------
 */

static void vanevf_channel_follow_mtu(struct vanevf_channel *channel)
{
	unsigned int mtu = channel->lower->mtu;

	channel->netdev->max_mtu = channel->lower->max_mtu;
	if (channel->netdev->mtu > mtu)
		dev_set_mtu(channel->netdev, mtu);
}

static void vanevf_channel_follow_mac(struct vanevf_channel *channel)
{
	struct net_device *netdev = channel->netdev;

	if (!vanevf_channel_has_own_mac(channel)) {
		vanevf_channel_del_filter(channel);
	} else if (netdev->addr_assign_type == NET_ADDR_STOLEN) {
		eth_hw_addr_set(netdev, channel->lower->dev_addr);
		call_netdevice_notifiers(NETDEV_CHANGEADDR, netdev);
	} else if (netdev->flags & IFF_UP && !channel->filtered) {
		vanevf_channel_add_filter(channel);
	}
}

static void vanevf_channel_follow(struct vanevf_channel *channel,
				  unsigned long event)
{
	switch (event) {
	case NETDEV_UP:
	case NETDEV_DOWN:
	case NETDEV_CHANGE:
		vanevf_channel_follow_carrier(channel);
		break;
	case NETDEV_CHANGEMTU:
		vanevf_channel_follow_mtu(channel);
		break;
	case NETDEV_CHANGEADDR:
		vanevf_channel_follow_mac(channel);
		break;
	case NETDEV_FEAT_CHANGE:
		netdev_update_features(channel->netdev);
		break;
	}
}

/**
 * vanevf_channel_follow_all() - have the channels follow a change of the VF's netdev
 * @vf: VF
 * @event: NETDEV_*
 *
 * Context: rtnl held. May sleep.
 */
void vanevf_channel_follow_all(struct vanevf *vf, unsigned long event)
{
	struct vanevf_channel *channel;
	unsigned long number;

	xa_for_each(&vf->channels.table, number, channel)
		vanevf_channel_follow(channel, event);
}
