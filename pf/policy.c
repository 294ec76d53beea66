// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: which addresses a function may have, and how many.
 */
#include <linux/etherdevice.h>

#include "addr.h"
#include "command.h"
#include "pf.h"
#include "policy.h"
#include "vf.h"

/* One in this many filters belongs to the pool, which is not shared out */
#define VANE_FILTER_POOL		4

/* Addresses that each function may have, its station MAC not counted */
static u32 vane_policy_filter_share(const struct vane_pf *pf)
{
	u32 shared = pf->filter.limit - pf->filter.limit / VANE_FILTER_POOL;

	shared /= pf->num_vfs + 1;
	return shared ? shared - 1 : 0;
}

static u32 vane_policy_filter_excess(const struct vane_addr_set *addrs,
				     u32 share)
{
	return addrs->count > share ? addrs->count - share : 0;
}

/**
 * vane_policy_filter_limit() - addresses that a function may ask for
 * @pf: the PF
 * @port: VF index or VANE_PORT_PF
 *
 * No function can use up the table: most of it is shared out equally. The rest
 * is for trusted functions, first come, first served.
 *
 * Context: vane_pf.lock held. Does not sleep.
 * Return: their number.
 */
u32 vane_policy_filter_limit(const struct vane_pf *pf, u16 port)
{
	u32 pool = pf->filter.limit / VANE_FILTER_POOL;
	u32 share = vane_policy_filter_share(pf);
	u32 taken = 0;
	u16 i;

	lockdep_assert_held(&pf->lock);

	if (port != VANE_PORT_PF) {
		if (!pf->vfs[port].config.trusted)
			return share;
		taken = vane_policy_filter_excess(&pf->filter.addrs, share);
	}
	for (i = 0; i < pf->num_vfs; i++)
		if (i != port)
			taken += vane_policy_filter_excess(&pf->vfs[i].addrs,
							   share);
	return taken < pool ? share + pool - taken : share;
}

/* Whether a VF receives @mac, now or after a reset; @key is its hash */
static bool vane_policy_vf_has(struct vane_vf *vf, const u8 *mac, u32 key)
{
	return ether_addr_equal(vf->mac, mac) ||
	       ether_addr_equal(vf->config.mac, mac) ||
	       (vf->addrs.count && vane_addr_find_key(&vf->addrs, mac, key));
}

/*
 * The port of the function other than VF @index that has a unicast address, or
 * -ENOENT. A VF's default MAC counts even while it uses another one, as it
 * returns with the VF's next reset; so does the PF's permanent MAC.
 */
static int vane_policy_owner(struct vane_pf *pf, u16 index, const u8 *mac)
{
	u32 key = vane_addr_hash(mac);
	int owner;
	u16 i;

	if (ether_addr_equal(pf->perm_mac, mac) ||
	    ether_addr_equal(pf->filter.mac, mac) ||
	    vane_addr_find_key(&pf->filter.addrs, mac, key))
		return VANE_PORT_PF;
	owner = vane_vf_by_default_mac(pf, mac);
	if (owner >= 0 && owner != index)
		return owner;
	for (i = 0; i < pf->num_vfs; i++)
		if (i != index && vane_policy_vf_has(&pf->vfs[i], mac, key))
			return i;
	return -ENOENT;
}

/**
 * vane_policy_check_mac() - whether a VF may have a unicast address
 * @pf: the PF
 * @index: index of the VF
 * @mac: the address, to receive and to send from
 * @owner: set to the port that has it, with -EEXIST
 *
 * An untrusted VF may not have an address that another function has or has by
 * default. If its MAC was administered, it may have only that one.
 *
 * Context: vane_pf.lock held. Does not sleep.
 * Return: 0 if so; -EPERM if its MAC was administered; -EEXIST if another
 * function has the address.
 */
int vane_policy_check_mac(struct vane_pf *pf, u16 index, const u8 *mac,
			  u16 *owner)
{
	const struct vane_vf *vf = &pf->vfs[index];
	int port;

	lockdep_assert_held(&pf->lock);

	if (vf->config.trusted || ether_addr_equal(vf->config.mac, mac))
		return 0;
	if (vf->config.mac_admin)
		return -EPERM;
	port = vane_policy_owner(pf, index, mac);
	if (port < 0)
		return 0;
	*owner = port;
	return -EEXIST;
}

static bool vane_policy_may_use(struct vane_pf *pf, u16 index, const u8 *mac)
{
	u16 owner;

	return !vane_policy_check_mac(pf, index, mac, &owner);
}

/* Mark what the VF may not have: addresses of others, and any beyond its share */
static void vane_policy_mark_excess(struct vane_pf *pf, u16 index)
{
	struct vane_vf *vf = &pf->vfs[index];
	u32 limit = vane_policy_filter_limit(pf, index);
	struct vane_addr *addr;
	unsigned int bucket;
	u32 kept = 0;

	hash_for_each(vf->addrs.buckets, bucket, addr, node) {
		addr->marked = kept == limit ||
			       (is_unicast_ether_addr(addr->mac) &&
				!vane_policy_may_use(pf, index, addr->mac));
		kept += !addr->marked;
	}
}

/* Remove the filters that are marked from the VF */
static void vane_policy_remove_marked(struct vane_mbox_batch *batch, u16 index,
				      struct vane_vf *vf)
{
	struct hlist_node *next;
	struct vane_addr *addr;
	unsigned int bucket;

	vane_addr_batch(batch, VANE_CMD_FILTER_DEL, index, &vf->addrs, true);
	hash_for_each_safe(vf->addrs.buckets, bucket, next, addr, node)
		if (addr->marked)
			vane_addr_remove(&vf->addrs, addr);
}

/* Restore the administered or default MAC of a VF that chose another one */
static void vane_policy_revoke_own_mac(struct vane_pf *pf, u16 index)
{
	const struct vane_vf_config config = pf->vfs[index].config;

	vane_vf_configure(pf, index, &config, VANE_PORT_VALID_MAC);
}

/**
 * vane_policy_revoke() - take from a VF what it is no longer allowed
 * @pf: the PF
 * @index: index of the VF, whose trust or administered MAC changed
 *
 * Revokes the station MAC, filters, and receive modes, which a VF gets on
 * request and keeps. VLANs need not be revoked: the switch itself confines a VF
 * to its port VLAN or trunk list, whatever it has joined.
 *
 * Context: vane_pf.lock held. May sleep.
 */
void vane_policy_revoke(struct vane_pf *pf, u16 index)
{
	struct vane_vf *vf = &pf->vfs[index];
	struct vane_mbox_batch batch;

	lockdep_assert_held(&pf->lock);

	if (vf->config.trusted)
		return;

	if (!vane_policy_may_use(pf, index, vf->mac))
		vane_policy_revoke_own_mac(pf, index);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_policy_mark_excess(pf, index);
	vane_policy_remove_marked(&batch, index, vf);
	if (vf->rx_mode & (VANE_RX_MODE_PROMISC | VANE_RX_MODE_ALLMULTI)) {
		vf->rx_mode &= ~(VANE_RX_MODE_PROMISC | VANE_RX_MODE_ALLMULTI);
		vane_addr_rx_mode_batch(&batch, index, vf->rx_mode);
	}
	vane_command_batch_end(pf, &batch);
}

/* This is allowed, as a bond of two VFs needs it, but it is mostly a mistake */
static void vane_policy_warn_shared(struct vane_pf *pf, u16 port, u16 index,
				    const u8 *mac)
{
	struct pci_dev *pdev = pf->vdev.pdev;

	if (port == VANE_PORT_PF)
		pci_warn(pdev, "PF: MAC %pM is also used by VF %u\n", mac,
			 index);
	else
		pci_warn(pdev, "VF %u: MAC %pM is also used by VF %u\n", port,
			 mac, index);
}

/**
 * vane_policy_revoke_mac() - take from VFs an address that another function got
 * @pf: the PF
 * @port: that function: VF index or VANE_PORT_PF
 * @mac: the address
 * @station: it is the station MAC of @port, and not a filter
 *
 * Trusted VFs keep it, and so do VFs whose administered MAC it is as well; for a
 * station MAC, that is logged once.
 *
 * Context: vane_pf.lock held. May sleep.
 */
void vane_policy_revoke_mac(struct vane_pf *pf, u16 port, const u8 *mac,
			    bool station)
{
	u32 key = vane_addr_hash(mac);
	struct vane_mbox_batch batch;
	struct vane_addr *addr;
	struct vane_vf *vf;
	u16 i;

	lockdep_assert_held(&pf->lock);

	if (station && port != VANE_PORT_PF &&
	    ether_addr_equal(pf->filter.mac, mac)) {
		pci_warn(pf->vdev.pdev, "VF %u: MAC %pM is also used by the PF\n",
			 port, mac);
		station = false;
	}
	for (i = 0; i < pf->num_vfs; i++) {
		vf = &pf->vfs[i];
		/* This runs for each MAC that is set, and few VFs get further */
		if (!vf->addrs.count && !ether_addr_equal(vf->mac, mac) &&
		    !ether_addr_equal(vf->config.mac, mac))
			continue;
		if (i == port)
			continue;
		if (ether_addr_equal(vf->config.mac, mac)) {
			if (station)
				vane_policy_warn_shared(pf, port, i, mac);
			station = false;
			continue;
		}
		if (vf->config.trusted)
			continue;
		if (ether_addr_equal(vf->mac, mac))
			vane_policy_revoke_own_mac(pf, i);
		addr = vane_addr_find_key(&vf->addrs, mac, key);
		if (!addr)
			continue;
		addr->marked = true;
		vane_mbox_batch_begin(&batch, &pf->mbox);
		vane_policy_remove_marked(&batch, i, vf);
		vane_command_batch_end(pf, &batch);
	}
}
