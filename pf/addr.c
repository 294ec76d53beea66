// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: sets of addresses, and the commands that say what a port
 * receives.
 */
#include <linux/etherdevice.h>
#include <linux/jhash.h>
#include <linux/slab.h>

#include "addr.h"
#include "pf.h"

/**
 * vane_addr_hash() - hash of an address, by which it is looked up
 * @mac: address
 *
 * Context: Any.
 * Return: key for vane_addr_find_key().
 */
u32 vane_addr_hash(const u8 *mac)
{
	return jhash(mac, ETH_ALEN, 0);
}

/**
 * vane_addr_find_key() - look up an address, if in many sets
 * @set: where
 * @mac: address
 * @key: its key
 *
 * Context: vane_pf.lock held, unless the set is the caller's own. Does not
 * sleep.
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
 * vane_addr_find() - look up an address
 * @set: where
 * @mac: address
 *
 * Context: vane_pf.lock held, unless the set is the caller's own. Does not
 * sleep.
 * Return: the entry, or NULL.
 */
struct vane_addr *vane_addr_find(struct vane_addr_set *set, const u8 *mac)
{
	return vane_addr_find_key(set, mac, vane_addr_hash(mac));
}

/**
 * vane_addr_add() - add an address that is not in the set
 * @set: where
 * @mac: address
 * @gfp: how to allocate
 *
 * Context: vane_pf.lock held, unless the set is the caller's own. Sleeps if
 * @gfp lets it.
 * Return: the entry, or NULL if memory is short.
 */
struct vane_addr *vane_addr_add(struct vane_addr_set *set, const u8 *mac,
				gfp_t gfp)
{
	struct vane_addr *addr;

	addr = kzalloc(sizeof(*addr), gfp);
	if (!addr)
		return NULL;
	ether_addr_copy(addr->mac, mac);
	hash_add(set->buckets, &addr->node, vane_addr_hash(mac));
	set->count++;
	return addr;
}

/**
 * vane_addr_remove() - remove an entry
 * @set: where it is
 * @addr: the entry, which is freed
 *
 * Context: vane_pf.lock held, unless the set is the caller's own. Does not
 * sleep.
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
 *
 * Context: vane_pf.lock held, unless the set is the caller's own. Does not
 * sleep.
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
 * @marked: only those that are marked
 *
 * Context: vane_pf.lock held. May sleep.
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
 * vane_addr_rx_mode_batch() - post the command that sets a port's receive mode
 * @batch: where it is added
 * @port: VF index or VANE_PORT_PF
 * @mode: VANE_RX_MODE_*
 *
 * Context: vane_pf.lock held. May sleep.
 */
void vane_addr_rx_mode_batch(struct vane_mbox_batch *batch, u16 port, u32 mode)
{
	const struct vane_cmd_rx_mode cmd = {
		.port = cpu_to_le16(port),
		.mode = cpu_to_le32(mode),
	};

	vane_mbox_batch_add(batch, VANE_CMD_RX_MODE, &cmd, sizeof(cmd), NULL,
			    0);
}
