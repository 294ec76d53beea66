// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE VF driver: receive filters. The netdev says at any time and in any
 * context what it wants; the service work compares that with what the PF has
 * accepted and asks for the difference.
 */
#include <linux/bsearch.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "compat.h"
#include "vf.h"

#define RX_MODE_TRUST	(VANE_RX_MODE_PROMISC | VANE_RX_MODE_ALLMULTI)

static int addr_cmp(const void *a, const void *b)
{
	return memcmp(a, b, ETH_ALEN);
}

static bool addrs_have(const struct vanevf_addrs *addrs, const u8 *mac)
{
	return addrs->n && bsearch(mac, addrs->mac, addrs->n, ETH_ALEN,
				   addr_cmp);
}

static void addrs_append(struct vanevf_addrs *addrs, const u8 *mac)
{
	ether_addr_copy(addrs->mac[addrs->n++], mac);
}

static int addrs_alloc(struct vanevf_addrs *addrs, unsigned int size)
{
	addrs->n = 0;
	addrs->mac = kvcalloc(max(size, 1U), ETH_ALEN, GFP_KERNEL);
	return addrs->mac ? 0 : -ENOMEM;
}

static void addrs_free(struct vanevf_addrs *addrs)
{
	kvfree(addrs->mac);
	addrs->mac = NULL;
	addrs->n = 0;
}

/**
 * vanevf_filters_forget() - the PF has forgotten what was asked for
 * @vf: VF
 *
 * Also gives back the memory of it.
 */
void vanevf_filters_forget(struct vanevf *vf)
{
	addrs_free(&vf->asked_uc);
	addrs_free(&vf->asked_mc);
	bitmap_zero(vf->asked_vlans, VLAN_N_VID);
	vf->asked_mode = 0;
	set_bit(VANEVF_RX_STALE, &vf->flags);
}

/*
 * Copy the netdev's addresses, no more than the PF allows. Returns the modes
 * that make up for the rest.
 */
static u32 copy_wanted(struct vanevf *vf, struct vanevf_addrs *uc,
		       struct vanevf_addrs *mc)
{
	struct net_device *netdev = vf->vdev.net->netdev;
	struct netdev_hw_addr *ha;
	u32 mode = 0;

	netif_addr_lock_bh(netdev);
	netdev_for_each_uc_addr(ha, netdev) {
		if (uc->n == vf->max_filters) {
			mode |= VANE_RX_MODE_PROMISC;
			break;
		}
		addrs_append(uc, ha->addr);
	}
	netdev_for_each_mc_addr(ha, netdev) {
		if (uc->n + mc->n == vf->max_filters) {
			mode |= VANE_RX_MODE_ALLMULTI;
			break;
		}
		addrs_append(mc, ha->addr);
	}
	netif_addr_unlock_bh(netdev);

	sort(uc->mac, uc->n, ETH_ALEN, addr_cmp, NULL);
	sort(mc->mac, mc->n, ETH_ALEN, addr_cmp, NULL);
	return mode;
}

/*
 * Ask for @op on those of @from that @except lacks, many in a message. What
 * the PF has accepted is appended to @done, if given.
 */
static int ask_difference(struct vanevf *vf, enum vane_mbox_op op,
			  const struct vanevf_addrs *from,
			  const struct vanevf_addrs *except,
			  struct vanevf_addrs *done)
{
	struct vane_mbox_addrs req = {};
	unsigned int i, j, count = 0;
	int err;

	for (i = 0; i < from->n; i++) {
		if (!addrs_have(except, from->mac[i]))
			ether_addr_copy(req.addr[count++], from->mac[i]);
		if (!count || (count < VANE_MBOX_MAX_ADDRS && i + 1 < from->n))
			continue;

		err = vanevf_ask_addrs(vf, op, &req, count);
		if (err)
			return err;
		for (j = 0; done && j < count; j++)
			addrs_append(done, req.addr[j]);
		memset(&req, 0, sizeof(req));
		count = 0;
	}
	return 0;
}

/* Make the PF's filters @want. @asked follows it, also when this ends early. */
static int sync_addrs(struct vanevf *vf, struct vanevf_addrs *asked,
		      const struct vanevf_addrs *want)
{
	struct vanevf_addrs now;
	unsigned int i;
	int err;

	err = addrs_alloc(&now, want->n);
	if (err)
		return err;
	/* First make room */
	err = ask_difference(vf, VANE_MBOX_FILTER_DEL, asked, want, NULL);
	if (err) {
		addrs_free(&now);
		return err;
	}

	for (i = 0; i < want->n; i++)
		if (addrs_have(asked, want->mac[i]))
			addrs_append(&now, want->mac[i]);
	err = ask_difference(vf, VANE_MBOX_FILTER_ADD, want, asked, &now);
	sort(now.mac, now.n, ETH_ALEN, addr_cmp, NULL);
	swap(*asked, now);
	addrs_free(&now);
	return err;
}

/* Returns the modes that make up for filters that there are not, or an errno */
static int sync_all_addrs(struct vanevf *vf)
{
	struct net_device *netdev = vf->vdev.net->netdev;
	struct vanevf_addrs uc, mc;
	int mode, err;

	err = addrs_alloc(&uc, vf->max_filters);
	if (err)
		return err;
	err = addrs_alloc(&mc, vf->max_filters);
	if (err)
		goto free_uc;

	mode = copy_wanted(vf, &uc, &mc);

	/* Apart, for a PF may refuse an untrusted VF the former alone */
	err = sync_addrs(vf, &vf->asked_uc, &uc);
	if (vanevf_refused(err)) {
		if (net_ratelimit())
			netdev_warn(netdev, "the PF refuses unicast filters: %pe\n",
				    ERR_PTR(err));
		mode |= VANE_RX_MODE_PROMISC;
	} else if (err) {
		goto free_mc;
	}
	err = sync_addrs(vf, &vf->asked_mc, &mc);
	if (vanevf_refused(err)) {
		if (net_ratelimit())
			netdev_warn(netdev, "the PF refuses multicast filters: %pe\n",
				    ERR_PTR(err));
		mode |= VANE_RX_MODE_ALLMULTI;
		err = 0;
	}

free_mc:
	addrs_free(&mc);
free_uc:
	addrs_free(&uc);
	return err ? err : mode;
}

/*
 * Returns VANE_RX_MODE_VLAN_FILTER if frames of all wanted VLANs pass the
 * filter, 0 if there is to be none, or an errno.
 */
static int sync_vlans(struct vanevf *vf)
{
	struct net_device *netdev = vf->vdev.net->netdev;
	bool filter = READ_ONCE(vf->vlan_filter);
	unsigned int vid, count;
	int err;

	for_each_andnot_bit(vid, vf->asked_vlans, vf->vlans, VLAN_N_VID) {
		err = vanevf_ask_vlan(vf, VANE_MBOX_VLAN_DEL, vid);
		if (err && !vanevf_refused(err))
			return err;
		__clear_bit(vid, vf->asked_vlans);
	}

	count = bitmap_weight(vf->asked_vlans, VLAN_N_VID);
	for_each_andnot_bit(vid, vf->vlans, vf->asked_vlans, VLAN_N_VID) {
		if (count == vf->max_vlans) {
			filter = false;
			break;
		}
		err = vanevf_ask_vlan(vf, VANE_MBOX_VLAN_ADD, vid);
		if (vanevf_refused(err)) {
			if (net_ratelimit())
				netdev_warn(netdev, "the PF refuses VLAN %u: %pe\n",
					    vid, ERR_PTR(err));
			filter = false;
			break;
		}
		if (err)
			return err;
		__set_bit(vid, vf->asked_vlans);
		count++;
	}
	return filter ? VANE_RX_MODE_VLAN_FILTER : 0;
}

static int set_mode(struct vanevf *vf, u32 mode)
{
	int err;

	if (mode == vf->asked_mode)
		return 0;
	err = vanevf_ask_rx_mode(vf, mode);
	if (!err)
		vf->asked_mode = mode;
	return err;
}

static int sync_mode(struct vanevf *vf, u32 mode)
{
	int err;

	err = set_mode(vf, mode);
	if (err != -EPERM || !(mode & RX_MODE_TRUST)) {
		vf->refused_mode = 0;
		return err;
	}

	if (mode != vf->refused_mode)
		netdev_warn(vf->vdev.net->netdev,
			    "the PF does not trust this VF with %s mode\n",
			    mode & VANE_RX_MODE_PROMISC ? "promiscuous" :
							  "all-multicast");
	vf->refused_mode = mode;
	return set_mode(vf, mode & ~RX_MODE_TRUST);
}

/**
 * vanevf_filters_sync() - make the PF's filters what the netdev wants
 * @vf: VF, negotiated
 *
 * What the PF refuses is logged and made up for as well as may be: by the
 * modes that receive more, where the PF trusts this VF with them.
 *
 * Return: 0, or an errno of vane_mbox_request() or -ENOMEM, after which it is
 * to be called again.
 */
int vanevf_filters_sync(struct vanevf *vf)
{
	struct net_device *netdev = vf->vdev.net->netdev;
	unsigned int flags;
	u32 mode = 0;
	int ret;

	clear_bit(VANEVF_RX_STALE, &vf->flags);
	/* A change from here on sets it again */
	smp_mb__after_atomic();

	if (!(vf->caps & VANE_MBOX_CAP_FILTERS))
		return 0;
	ret = sync_all_addrs(vf);
	if (ret < 0)
		goto stale;
	mode |= ret;

	if (vf->caps & VANE_MBOX_CAP_VLAN &&
	    vf->vdev.features & VANE_FEAT_VLAN_FILTER) {
		ret = sync_vlans(vf);
		if (ret < 0)
			goto stale;
		mode |= ret;
	}

	flags = READ_ONCE(netdev->flags);
	if (flags & IFF_PROMISC)
		mode |= VANE_RX_MODE_PROMISC;
	if (flags & IFF_ALLMULTI)
		mode |= VANE_RX_MODE_ALLMULTI;
	/* A promiscuous interface shows every VLAN */
	if (mode & VANE_RX_MODE_PROMISC)
		mode &= ~VANE_RX_MODE_VLAN_FILTER;
	ret = sync_mode(vf, mode);
	if (ret && !vanevf_refused(ret))
		goto stale;
	return 0;

stale:
	set_bit(VANEVF_RX_STALE, &vf->flags);
	return ret;
}
