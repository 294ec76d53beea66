// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: what a port receives, and the commands behind it.
 */
#include <linux/jhash.h>
#include <linux/slab.h>

#include "pf.h"

/**
 * vane_pf_command() - command the device and wait for its answer
 * @pf: the PF
 * @op: the command
 * @req: body of it
 * @req_len: bytes of it
 * @rsp: where the answer's body goes, or NULL
 * @rsp_len: bytes of it
 *
 * As vane_mbox_command(), but a device that does not answer is reset, and one
 * that is gone is not asked. Sleeps.
 *
 * Return: 0 or an errno.
 */
int vane_pf_command(struct vane_pf *pf, enum vane_cmd_op op, const void *req,
		    u16 req_len, void *rsp, u16 rsp_len)
{
	int err;

	if (!vane_dev_alive(&pf->vdev))
		return -ENODEV;
	err = vane_mbox_command(&pf->mbox, op, req, req_len, rsp, rsp_len);
	if (err == -ETIMEDOUT) {
		vane_health_blame(pf, VANE_TROUBLE_MBOX);
		vane_pf_queue_reset(pf);
	}
	return err;
}

/**
 * vane_pf_batch_end() - wait for the commands of a batch
 * @pf: the PF
 * @batch: the batch
 *
 * As vane_mbox_batch_end(), but a device that does not answer is reset. Sleeps.
 *
 * Return: 0 or the first error.
 */
int vane_pf_batch_end(struct vane_pf *pf, struct vane_mbox_batch *batch)
{
	int err = vane_mbox_batch_end(batch);

	if (err == -ETIMEDOUT) {
		vane_health_blame(pf, VANE_TROUBLE_MBOX);
		vane_pf_queue_reset(pf);
	}
	return err;
}

/**
 * vane_addr_key() - what an address is looked up by
 * @mac: address
 *
 * Return: key for vane_addr_find_key().
 */
u32 vane_addr_key(const u8 *mac)
{
	return jhash(mac, ETH_ALEN, 0);
}

/**
 * vane_addr_find_key() - look an address up, in many sets
 * @set: where
 * @mac: address
 * @key: its key
 *
 * Return: the entry, or NULL.
 */
struct vane_addr *vane_addr_find_key(struct vane_addr_set *set, const u8 *mac,
				     u32 key)
{
	struct vane_addr *addr;

	hash_for_each_possible(set->buckets, addr, node, key)
		if (ether_addr_equal(addr->mac, mac))
			return addr;
	return NULL;
}

/**
 * vane_addr_find() - look an address up
 * @set: where
 * @mac: address
 *
 * Return: the entry, or NULL.
 */
struct vane_addr *vane_addr_find(struct vane_addr_set *set, const u8 *mac)
{
	return vane_addr_find_key(set, mac, vane_addr_key(mac));
}

/**
 * vane_addr_add() - add an address that is not there yet
 * @set: where
 * @mac: address
 *
 * Any context.
 *
 * Return: the entry, or NULL without memory.
 */
struct vane_addr *vane_addr_add(struct vane_addr_set *set, const u8 *mac)
{
	struct vane_addr *addr;

	addr = kzalloc(sizeof(*addr), GFP_ATOMIC);
	if (!addr)
		return NULL;
	ether_addr_copy(addr->mac, mac);
	hash_add(set->buckets, &addr->node, vane_addr_key(mac));
	set->count++;
	return addr;
}

/**
 * vane_addr_remove() - remove an entry
 * @set: where it is
 * @addr: the entry, which is freed
 */
void vane_addr_remove(struct vane_addr_set *set, struct vane_addr *addr)
{
	hash_del(&addr->node);
	set->count--;
	kfree(addr);
}

/**
 * vane_addr_clear() - remove all entries
 * @set: where
 */
void vane_addr_clear(struct vane_addr_set *set)
{
	struct vane_addr *addr;
	struct hlist_node *next;
	unsigned int bucket;

	hash_for_each_safe(set->buckets, bucket, next, addr, node)
		vane_addr_remove(set, addr);
}

/**
 * vane_addr_batch() - post commands for the addresses of a set
 * @batch: where they are added
 * @op: VANE_CMD_FILTER_ADD or VANE_CMD_FILTER_DEL
 * @port: VF index or VANE_PORT_PF
 * @set: the addresses
 * @marked: only those marked so
 */
void vane_addr_batch(struct vane_mbox_batch *batch, enum vane_cmd_op op,
		     u16 port, struct vane_addr_set *set, bool marked)
{
	struct vane_cmd_filter cmd = { .port = cpu_to_le16(port) };
	struct vane_addr *addr;
	unsigned int n = 0;
	unsigned int bucket;

	hash_for_each(set->buckets, bucket, addr, node) {
		if (addr->marked != marked)
			continue;
		ether_addr_copy(cmd.addrs.addr[n++], addr->mac);
		if (n < VANE_MBOX_MAX_ADDRS)
			continue;
		cmd.addrs.count = cpu_to_le16(n);
		vane_mbox_batch_add(batch, op, &cmd, sizeof(cmd), NULL, 0);
		n = 0;
	}
	if (!n)
		return;
	memset(cmd.addrs.addr[n], 0, (VANE_MBOX_MAX_ADDRS - n) * ETH_ALEN);
	cmd.addrs.count = cpu_to_le16(n);
	vane_mbox_batch_add(batch, op, &cmd, sizeof(cmd), NULL, 0);
}

/**
 * vane_rx_mode_batch() - post the command that sets a port's receive mode
 * @batch: where it is added
 * @port: VF index or VANE_PORT_PF
 * @mode: VANE_RX_MODE_*
 */
void vane_rx_mode_batch(struct vane_mbox_batch *batch, u16 port, u32 mode)
{
	const struct vane_cmd_rx_mode cmd = {
		.port = cpu_to_le16(port),
		.mode = cpu_to_le32(mode),
	};

	vane_mbox_batch_add(batch, VANE_CMD_RX_MODE, &cmd, sizeof(cmd), NULL,
			    0);
}

/*
 * Compare the netdev's addresses with @pf's: those that are no more stay
 * marked there, new ones go to @added.
 */
static int find_changes(struct vane_pf *pf, struct vane_addr_set *added)
{
	struct net_device *netdev = vane_pf_netdev(pf);
	struct netdev_hw_addr *ha;
	struct vane_addr *addr;
	unsigned int bucket;
	int err = 0;

	hash_for_each(pf->addrs.buckets, bucket, addr, node)
		addr->marked = true;

	netif_addr_lock_bh(netdev);
	netdev_for_each_uc_addr(ha, netdev) {
		addr = vane_addr_find(&pf->addrs, ha->addr);
		if (addr)
			addr->marked = false;
		else if (!vane_addr_add(added, ha->addr))
			err = -ENOMEM;
	}
	netdev_for_each_mc_addr(ha, netdev) {
		addr = vane_addr_find(&pf->addrs, ha->addr);
		if (addr)
			addr->marked = false;
		else if (!vane_addr_add(added, ha->addr))
			err = -ENOMEM;
	}
	netif_addr_unlock_bh(netdev);
	return err;
}

/* Delete the addresses that are still marked */
static void delete_marked(struct vane_pf *pf)
{
	struct vane_mbox_batch batch;
	struct hlist_node *next;
	struct vane_addr *addr;
	unsigned int bucket;

	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_addr_batch(&batch, VANE_CMD_FILTER_DEL, VANE_PORT_PF, &pf->addrs,
			true);
	hash_for_each_safe(pf->addrs.buckets, bucket, next, addr, node)
		if (addr->marked)
			vane_addr_remove(&pf->addrs, addr);
	vane_pf_batch_end(pf, &batch);
}

/* Move what is in @from over, whose entries are not in @to */
static void move_addrs(struct vane_addr_set *to, struct vane_addr_set *from)
{
	struct hlist_node *next;
	struct vane_addr *addr;
	unsigned int bucket;

	hash_for_each_safe(from->buckets, bucket, next, addr, node) {
		hash_del(&addr->node);
		hash_add(to->buckets, &addr->node, vane_addr_key(addr->mac));
	}
	to->count += from->count;
	from->count = 0;
}

/* All of @added, or none */
static int add_addrs(struct vane_pf *pf, struct vane_addr_set *added)
{
	struct vane_mbox_batch batch;
	int err;

	if (pf->addrs.count + added->count > vane_filter_limit(pf, VANE_PORT_PF))
		return -ENOSPC;

	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_addr_batch(&batch, VANE_CMD_FILTER_ADD, VANE_PORT_PF, added,
			false);
	err = vane_pf_batch_end(pf, &batch);
	if (err)
		goto delete_added;
	move_addrs(&pf->addrs, added);
	return 0;

delete_added:
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_addr_batch(&batch, VANE_CMD_FILTER_DEL, VANE_PORT_PF, added,
			false);
	vane_pf_batch_end(pf, &batch);
	return err;
}

/* Receive everything, for want of filters: too much beats too little */
static u32 without_filters(u32 mode)
{
	return (mode | VANE_RX_MODE_PROMISC) & ~VANE_RX_MODE_VLAN_FILTER;
}

static void set_rx_mode(struct vane_pf *pf, u32 mode)
{
	struct vane_mbox_batch batch;

	if (mode == pf->rx_mode)
		return;
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_rx_mode_batch(&batch, VANE_PORT_PF, mode);
	if (!vane_pf_batch_end(pf, &batch))
		pf->rx_mode = mode;
}

/**
 * vane_filter_make_room() - give VFs to come their share of the filters
 * @pf: the PF, its VFs known but not enabled
 *
 * A PF that has more than it may have by now does without any.
 */
void vane_filter_make_room(struct vane_pf *pf)
{
	struct vane_addr *addr;
	unsigned int bucket;

	lockdep_assert_held(&pf->lock);

	if (pf->addrs.count <= vane_filter_limit(pf, VANE_PORT_PF))
		return;
	set_rx_mode(pf, without_filters(pf->rx_mode));
	hash_for_each(pf->addrs.buckets, bucket, addr, node)
		addr->marked = true;
	delete_marked(pf);
}

static u32 wanted_rx_mode(struct vane_pf *pf)
{
	const struct net_device *netdev = vane_pf_netdev(pf);
	u32 mode = 0;

	lockdep_assert_held(&pf->lock);

	if (netdev->flags & IFF_PROMISC)
		mode |= VANE_RX_MODE_PROMISC;
	else if (pf->vlan_filter)
		mode |= VANE_RX_MODE_VLAN_FILTER;
	if (netdev->flags & IFF_ALLMULTI)
		mode |= VANE_RX_MODE_ALLMULTI;
	return mode;
}

/**
 * vane_filter_work() - bring the PF's filters in line with its netdev
 * @work: vane_pf.filter_work
 */
void vane_filter_work(struct work_struct *work)
{
	struct vane_pf *pf = container_of(work, struct vane_pf, filter_work);
	struct vane_addr_set added;
	u32 mode;
	int err;

	hash_init(added.buckets);
	added.count = 0;

	mutex_lock(&pf->lock);
	mode = wanted_rx_mode(pf);
	err = find_changes(pf, &added);
	delete_marked(pf);
	if (!err && added.count)
		err = add_addrs(pf, &added);
	vane_addr_clear(&added);
	set_rx_mode(pf, err ? without_filters(mode) : mode);
	mutex_unlock(&pf->lock);
}

/**
 * vane_filter_replay() - give a device that was reset the PF's filters again
 * @pf: the PF
 * @batch: where the commands are added
 */
void vane_filter_replay(struct vane_pf *pf, struct vane_mbox_batch *batch)
{
	struct vane_cmd_vlan cmd = { .port = cpu_to_le16(VANE_PORT_PF) };
	unsigned int vid;

	lockdep_assert_held(&pf->lock);

	vane_addr_batch(batch, VANE_CMD_FILTER_ADD, VANE_PORT_PF, &pf->addrs,
			false);
	for_each_set_bit(vid, pf->vlans, VLAN_N_VID) {
		cmd.vid = cpu_to_le16(vid);
		vane_mbox_batch_add(batch, VANE_CMD_VLAN_ADD, &cmd, sizeof(cmd),
				    NULL, 0);
	}
	vane_rx_mode_batch(batch, VANE_PORT_PF, pf->rx_mode);
}

/**
 * vane_pf_set_rx_mode() - ndo_set_rx_mode of the PF
 * @netdev: the PF's
 *
 * Under the address lock, where nothing may sleep.
 */
void vane_pf_set_rx_mode(struct net_device *netdev)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);

	queue_work(pf->wq, &pf->filter_work);
}

/**
 * vane_pf_set_features() - ndo_set_features of the PF
 * @netdev: the PF's
 * @features: wanted
 *
 * Return: 0 or an errno.
 */
int vane_pf_set_features(struct net_device *netdev, netdev_features_t features)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	netdev_features_t changed = netdev->features ^ features;
	int err;

	err = vane_set_features(netdev, features);
	if (err)
		return err;
	if (!(changed & NETIF_F_HW_VLAN_CTAG_FILTER))
		return 0;

	/* The netdev has its new features only after this returns */
	mutex_lock(&pf->lock);
	pf->vlan_filter = features & NETIF_F_HW_VLAN_CTAG_FILTER;
	mutex_unlock(&pf->lock);
	queue_work(pf->wq, &pf->filter_work);
	flush_work(&pf->filter_work);
	return 0;
}

/**
 * vane_pf_set_mac() - ndo_set_mac_address of the PF
 * @netdev: the PF's
 * @addr: struct sockaddr with the address
 *
 * Return: 0 or an errno.
 */
int vane_pf_set_mac(struct net_device *netdev, void *addr)
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
	err = vane_pf_command(pf, VANE_CMD_PORT_SET, &cmd, sizeof(cmd), NULL,
			      0);
	if (!err) {
		ether_addr_copy(pf->mac, cmd.mac);
		vane_vf_revoke_mac(pf, VANE_PORT_PF, pf->mac);
	}
	mutex_unlock(&pf->lock);
	if (err)
		return err;

	eth_commit_mac_addr_change(netdev, addr);
	return 0;
}

static int change_vid(struct net_device *netdev, enum vane_cmd_op op, u16 vid)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	const struct vane_cmd_vlan cmd = {
		.port = cpu_to_le16(VANE_PORT_PF),
		.vid = cpu_to_le16(vid),
	};
	int err;

	mutex_lock(&pf->lock);
	err = vane_pf_command(pf, op, &cmd, sizeof(cmd), NULL, 0);
	if (!err)
		__assign_bit(vid, pf->vlans, op == VANE_CMD_VLAN_ADD);
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_pf_add_vid() - ndo_vlan_rx_add_vid of the PF
 * @netdev: the PF's
 * @proto: ETH_P_8021Q, the one whose filter is offered
 * @vid: VLAN
 *
 * Return: 0 or an errno.
 */
int vane_pf_add_vid(struct net_device *netdev, __be16 proto, u16 vid)
{
	return change_vid(netdev, VANE_CMD_VLAN_ADD, vid);
}

/**
 * vane_pf_kill_vid() - ndo_vlan_rx_kill_vid of the PF
 * @netdev: the PF's
 * @proto: ETH_P_8021Q, the one whose filter is offered
 * @vid: VLAN
 *
 * Return: 0 or an errno.
 */
int vane_pf_kill_vid(struct net_device *netdev, __be16 proto, u16 vid)
{
	return change_vid(netdev, VANE_CMD_VLAN_DEL, vid);
}
