// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: what the PF receives.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>

#include "addr.h"
#include "command.h"
#include "filter.h"
#include "pf.h"
#include "policy.h"

/**
 * vane_filter_vlan_modes() - VLAN filters that go with a netdev's features
 * @features: of the netdev
 *
 * Context: Any.
 * Return: VANE_RX_MODE_VLAN_FILTER, VANE_RX_MODE_SVLAN_FILTER, both or 0.
 */
u32 vane_filter_vlan_modes(netdev_features_t features)
{
	u32 modes = 0;

	if (features & NETIF_F_HW_VLAN_CTAG_FILTER)
		modes |= VANE_RX_MODE_VLAN_FILTER;
	if (features & NETIF_F_HW_VLAN_STAG_FILTER)
		modes |= VANE_RX_MODE_SVLAN_FILTER;
	return modes;
}

/**
 * vane_filter_vlan_cmd() - the command that names a VLAN to be received
 * @port: VF index or VANE_PORT_PF
 * @proto: ETH_P_8021Q or ETH_P_8021AD
 * @vid: VLAN
 *
 * Context: Any.
 * Return: body of VANE_CMD_VLAN_ADD or VANE_CMD_VLAN_DEL.
 */
struct vane_cmd_vlan vane_filter_vlan_cmd(u16 port, u16 proto, u16 vid)
{
	/* A device without 802.1ad filters wants 0 where the protocol is */
	return (struct vane_cmd_vlan) {
		.port = cpu_to_le16(port),
		.vid = cpu_to_le16(vid),
		.proto = cpu_to_le16(proto == ETH_P_8021AD ? proto : 0),
	};
}

/*
 * Compare the netdev's addresses with those of @pf: those that are gone remain
 * marked in it, new ones go to @added.
 */
static int vane_filter_find_changes(struct vane_pf *pf,
				    struct vane_addr_set *added)
{
	struct net_device *netdev = vane_pf_netdev(pf);
	struct netdev_hw_addr *ha;
	struct vane_addr *addr;
	unsigned int bucket;
	int err = 0;

	hash_for_each(pf->filter.addrs.buckets, bucket, addr, node)
		addr->marked = true;

	netif_addr_lock_bh(netdev);
	netdev_for_each_uc_addr(ha, netdev) {
		addr = vane_addr_find(&pf->filter.addrs, ha->addr);
		if (addr)
			addr->marked = false;
		else if (!vane_addr_add(added, ha->addr, GFP_ATOMIC))
			err = -ENOMEM;
	}
	netdev_for_each_mc_addr(ha, netdev) {
		addr = vane_addr_find(&pf->filter.addrs, ha->addr);
		if (addr)
			addr->marked = false;
		else if (!vane_addr_add(added, ha->addr, GFP_ATOMIC))
			err = -ENOMEM;
	}
	netif_addr_unlock_bh(netdev);
	return err;
}

/* Delete the addresses that are still marked */
static void vane_filter_delete_marked(struct vane_pf *pf)
{
	struct vane_mbox_batch batch;
	struct hlist_node *next;
	struct vane_addr *addr;
	unsigned int bucket;

	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_addr_batch(&batch, VANE_CMD_FILTER_DEL, VANE_PORT_PF,
			&pf->filter.addrs, true);
	hash_for_each_safe(pf->filter.addrs.buckets, bucket, next, addr, node)
		if (addr->marked)
			vane_addr_remove(&pf->filter.addrs, addr);
	vane_command_batch_end(pf, &batch);
}

/* Move all entries of @from, none of which is in @to, to @to */
static void vane_filter_move_addrs(struct vane_addr_set *to,
				   struct vane_addr_set *from)
{
	struct hlist_node *next;
	struct vane_addr *addr;
	unsigned int bucket;

	hash_for_each_safe(from->buckets, bucket, next, addr, node) {
		hash_del(&addr->node);
		hash_add(to->buckets, &addr->node, vane_addr_hash(addr->mac));
	}
	to->count += from->count;
	from->count = 0;
}

/* Take the PF's new addresses from VFs that are not trusted */
static void vane_filter_revoke_added(struct vane_pf *pf,
				     struct vane_addr_set *added)
{
	struct vane_addr *addr;
	unsigned int bucket;

	hash_for_each(added->buckets, bucket, addr, node)
		if (is_unicast_ether_addr(addr->mac))
			vane_policy_revoke_mac(pf, VANE_PORT_PF, addr->mac,
					       false);
}

/* Add all of @added, or none */
static int vane_filter_add_addrs(struct vane_pf *pf,
				 struct vane_addr_set *added)
{
	struct vane_mbox_batch batch;
	int err;

	if (pf->filter.addrs.count + added->count >
	    vane_policy_filter_limit(pf, VANE_PORT_PF))
		return -ENOSPC;

	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_addr_batch(&batch, VANE_CMD_FILTER_ADD, VANE_PORT_PF, added,
			false);
	err = vane_command_batch_end(pf, &batch);
	if (err)
		goto delete_added;
	vane_filter_revoke_added(pf, added);
	vane_filter_move_addrs(&pf->filter.addrs, added);
	return 0;

delete_added:
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_addr_batch(&batch, VANE_CMD_FILTER_DEL, VANE_PORT_PF, added,
			false);
	vane_command_batch_end(pf, &batch);
	return err;
}

/* Receive everything for lack of filters: too much is better than too little */
static u32 vane_filter_mode_without(u32 mode)
{
	return (mode | VANE_RX_MODE_PROMISC) &
	       ~(VANE_RX_MODE_VLAN_FILTER | VANE_RX_MODE_SVLAN_FILTER);
}

static void vane_filter_set_rx_mode(struct vane_pf *pf, u32 mode)
{
	struct vane_mbox_batch batch;

	if (mode == pf->filter.rx_mode)
		return;
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_addr_rx_mode_batch(&batch, VANE_PORT_PF, mode);
	if (!vane_command_batch_end(pf, &batch))
		pf->filter.rx_mode = mode;
}

/**
 * vane_filter_widen() - end the VLAN filters that the netdev will not have
 * @pf: the PF
 * @features: of its netdev, before the stack deletes VLANs because of them
 *
 * Context: Process context; may sleep. Takes vane_pf.lock.
 */
void vane_filter_widen(struct vane_pf *pf, netdev_features_t features)
{
	u32 ended = VANE_RX_MODE_VLAN_FILTER | VANE_RX_MODE_SVLAN_FILTER;

	ended &= ~vane_filter_vlan_modes(features);
	mutex_lock(&pf->lock);
	vane_filter_set_rx_mode(pf, pf->filter.rx_mode & ~ended);
	mutex_unlock(&pf->lock);
}

/**
 * vane_filter_shrink_to_quota() - leave new VFs their share of the filters
 * @pf: the PF, its VFs known but not enabled
 *
 * If the PF has more filters than its new share, it gives up all of them.
 *
 * Context: vane_pf.lock held. May sleep.
 */
void vane_filter_shrink_to_quota(struct vane_pf *pf)
{
	struct vane_addr *addr;
	unsigned int bucket;

	lockdep_assert_held(&pf->lock);

	if (pf->filter.addrs.count <=
	    vane_policy_filter_limit(pf, VANE_PORT_PF))
		return;
	WRITE_ONCE(pf->filter.wanted, pf->filter.addrs.count);
	vane_filter_set_rx_mode(pf,
				vane_filter_mode_without(pf->filter.rx_mode));
	hash_for_each(pf->filter.addrs.buckets, bucket, addr, node)
		addr->marked = true;
	vane_filter_delete_marked(pf);
}

static u32 vane_filter_wanted_rx_mode(struct vane_pf *pf)
{
	const struct net_device *netdev = vane_pf_netdev(pf);
	u32 mode = 0;

	ASSERT_RTNL();
	lockdep_assert_held(&pf->lock);

	if (netdev->flags & IFF_PROMISC)
		mode |= VANE_RX_MODE_PROMISC;
	else
		mode |= vane_filter_vlan_modes(netdev->features);
	if (netdev->flags & IFF_ALLMULTI)
		mode |= VANE_RX_MODE_ALLMULTI;
	return mode;
}

/**
 * vane_filter_work() - update the PF's filters from its netdev
 * @work: vane_pf.filter.work
 *
 * A change of features turns a filter on before the stack adds its VLANs, under
 * rtnl: so this waits for the end of the change.
 *
 * Context: Work item of vane_pf.wq; may sleep. Takes rtnl, vane_pf.lock, and the
 * netdev's address lock.
 */
void vane_filter_work(struct work_struct *work)
{
	struct vane_pf *pf = container_of(work, struct vane_pf, filter.work);
	struct vane_addr_set added;
	u32 mode, wanted;
	int err;

	hash_init(added.buckets);
	added.count = 0;

	rtnl_lock();
	mutex_lock(&pf->lock);
	mode = vane_filter_wanted_rx_mode(pf);
	/* A filter that is turned off from here on is so after this */
	rtnl_unlock();
	err = vane_filter_find_changes(pf, &added);
	vane_filter_delete_marked(pf);
	wanted = pf->filter.addrs.count + added.count;
	if (!err && added.count)
		err = vane_filter_add_addrs(pf, &added);
	vane_addr_clear(&added);
	if (wanted <= vane_policy_filter_limit(pf, VANE_PORT_PF))
		wanted = 0;
	WRITE_ONCE(pf->filter.wanted, wanted);
	vane_filter_set_rx_mode(pf,
				err ? vane_filter_mode_without(mode) : mode);
	mutex_unlock(&pf->lock);
	WRITE_ONCE(pf->filter.short_of_memory, err == -ENOMEM);
}

/* Whether there are filters now that the last attempt was short of */
static bool vane_filter_has_room(struct vane_pf *pf)
{
	bool has_room;

	/* Not while a command is waited for: there is another time */
	if (!READ_ONCE(pf->filter.wanted) || !mutex_trylock(&pf->lock))
		return false;
	has_room = pf->filter.wanted <=
		   vane_policy_filter_limit(pf, VANE_PORT_PF);
	mutex_unlock(&pf->lock);
	return has_room;
}

/**
 * vane_filter_retry() - try again what memory or filters were short for
 * @pf: the PF
 *
 * Until then the PF is promiscuous.
 *
 * Context: Process context. Takes vane_pf.lock if that is free.
 */
void vane_filter_retry(struct vane_pf *pf)
{
	if (READ_ONCE(pf->filter.short_of_memory) || vane_filter_has_room(pf))
		queue_work(pf->wq, &pf->filter.work);
}

static void vane_filter_replay_vlans(struct vane_mbox_batch *batch, u16 proto,
				     const unsigned long *vlans)
{
	struct vane_cmd_vlan cmd;
	unsigned int vid;

	for_each_set_bit(vid, vlans, VLAN_N_VID) {
		cmd = vane_filter_vlan_cmd(VANE_PORT_PF, proto, vid);
		vane_mbox_batch_add(batch, VANE_CMD_VLAN_ADD, &cmd, sizeof(cmd),
				    NULL, 0);
	}
}

/**
 * vane_filter_replay() - restore the PF's filters after a reset of the device
 * @pf: the PF
 * @batch: where the commands are added
 *
 * Context: vane_pf.lock held. May sleep.
 */
void vane_filter_replay(struct vane_pf *pf, struct vane_mbox_batch *batch)
{
	u64 features = pf->vdev.features;
	u32 rx_mode = pf->filter.rx_mode;

	lockdep_assert_held(&pf->lock);

	/* The device may have come back with fewer features */
	if (!(features & VANE_FEAT_VLAN_FILTER))
		rx_mode &= ~VANE_RX_MODE_VLAN_FILTER;
	if (!(features & VANE_FEAT_SVLAN_FILTER))
		rx_mode &= ~VANE_RX_MODE_SVLAN_FILTER;
	vane_addr_batch(batch, VANE_CMD_FILTER_ADD, VANE_PORT_PF,
			&pf->filter.addrs, false);
	if (features & VANE_FEAT_VLAN_FILTER)
		vane_filter_replay_vlans(batch, ETH_P_8021Q, pf->filter.vlans);
	if (features & VANE_FEAT_SVLAN_FILTER)
		vane_filter_replay_vlans(batch, ETH_P_8021AD,
					 pf->filter.svlans);
	vane_addr_rx_mode_batch(batch, VANE_PORT_PF, rx_mode);
}
