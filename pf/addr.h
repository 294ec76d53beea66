/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: sets of addresses.
 */
#ifndef VANE_PF_ADDR_H
#define VANE_PF_ADDR_H

#include <linux/etherdevice.h>
#include <linux/hashtable.h>

#include "vane_mbox.h"

#define VANE_ADDR_HASH_BITS		5

/**
 * struct vane_addr_set - addresses that a port receives in addition to its MAC
 * @buckets: struct vane_addr by hash of the address
 * @count: how many
 */
struct vane_addr_set {
	DECLARE_HASHTABLE(buckets, VANE_ADDR_HASH_BITS);
	u16 count;
};

/**
 * struct vane_addr - an entry of the set
 * @node: in its bucket
 * @mac: address
 * @marked: for the user of the set, false at first
 */
struct vane_addr {
	struct hlist_node node;
	u8 mac[ETH_ALEN];
	bool marked;
};

u32 vane_addr_hash(const u8 *mac);
struct vane_addr *vane_addr_find_key(struct vane_addr_set *set, const u8 *mac,
				     u32 key);
struct vane_addr *vane_addr_find(struct vane_addr_set *set, const u8 *mac);
struct vane_addr *vane_addr_add(struct vane_addr_set *set, const u8 *mac,
				gfp_t gfp);
void vane_addr_remove(struct vane_addr_set *set, struct vane_addr *addr);
void vane_addr_clear(struct vane_addr_set *set);
void vane_addr_batch(struct vane_mbox_batch *batch, enum vane_cmd_op op,
		     u16 port, struct vane_addr_set *set, bool marked);
void vane_addr_rx_mode_batch(struct vane_mbox_batch *batch, u16 port, u32 mode);

#endif /* VANE_PF_ADDR_H */
