// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE VF driver: receive filters. The filters that the netdev wants may change
 * at any time and in any context; the service work compares them with those that
 * the PF has granted, and requests the difference.
 *
 * What the PF has refused is not requested again until something has changed
 * because of which the PF might grant it: the limits of the PF, or the VF's own
 * use of its share. The result depends only on what is wanted and allowed, not on
 * the order in which the two came about.
 */
#include <linux/bsearch.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "compat.h"
#include "vf.h"

#define RX_MODE_TRUST	(VANE_RX_MODE_PROMISC | VANE_RX_MODE_ALLMULTI)

static const struct {
	u16 proto;
	u32 cap;
	u64 feature;
	netdev_features_t netdev_feature;
	u32 mode;
} vlan_kinds[VANEVF_NUM_VLAN_KINDS] = {
	[VANEVF_CVLAN] = {
		.proto = ETH_P_8021Q,
		.cap = VANE_MBOX_CAP_VLAN,
		.feature = VANE_FEAT_VLAN_FILTER,
		.netdev_feature = NETIF_F_HW_VLAN_CTAG_FILTER,
		.mode = VANE_RX_MODE_VLAN_FILTER,
	},
	[VANEVF_SVLAN] = {
		.proto = ETH_P_8021AD,
		.cap = VANE_MBOX_CAP_SVLAN,
		.feature = VANE_FEAT_SVLAN_FILTER,
		.netdev_feature = NETIF_F_HW_VLAN_STAG_FILTER,
		.mode = VANE_RX_MODE_SVLAN_FILTER,
	},
};

static int vanevf_filters_addr_cmp(const void *a, const void *b)
{
	return memcmp(a, b, ETH_ALEN);
}

static bool vanevf_filters_addrs_have(const struct vanevf_addrs *addrs,
				      const u8 *mac)
{
	return addrs->n && bsearch(mac, addrs->mac, addrs->n, ETH_ALEN,
				   vanevf_filters_addr_cmp);
}

static void vanevf_filters_addrs_append(struct vanevf_addrs *addrs,
					const u8 *mac)
{
	ether_addr_copy(addrs->mac[addrs->n++], mac);
}

static int vanevf_filters_addrs_alloc(struct vanevf_addrs *addrs,
				      unsigned int size)
{
	addrs->n = 0;
	addrs->mac = kvcalloc(max(size, 1U), ETH_ALEN, GFP_KERNEL);
	return addrs->mac ? 0 : -ENOMEM;
}

static void vanevf_filters_addrs_free(struct vanevf_addrs *addrs)
{
	kvfree(addrs->mac);
	addrs->mac = NULL;
	addrs->n = 0;
}

/**
 * vanevf_filters_set_vlan() - note that the netdev wants a VLAN, or not
 * @vf: VF
 * @proto: ETH_P_8021Q or ETH_P_8021AD, in network order
 * @vid: VLAN id
 * @wanted: true if it wants it
 *
 * Context: rtnl is held. The PF is told by vanevf_filters_sync().
 */
void vanevf_filters_set_vlan(struct vanevf *vf, __be16 proto, u16 vid,
			     bool wanted)
{
	struct vanevf_vlans *vlans;

	vlans = &vf->vlans[proto == htons(ETH_P_8021AD) ? VANEVF_SVLAN :
							  VANEVF_CVLAN];
	assign_bit(vid, vlans->wanted, wanted);
}

/**
 * vanevf_filters_set_features() - note which VLAN filters the netdev wants
 * @vf: VF
 * @features: what the netdev has, or is about to have
 *
 * Context: rtnl is held, or the netdev is not registered yet. The PF is told by
 * vanevf_filters_sync().
 * Return: true if that is a change.
 */
bool vanevf_filters_set_features(struct vanevf *vf, netdev_features_t features)
{
	enum vanevf_vlan_kind kind;
	bool changed = false;
	bool filter;

	for (kind = 0; kind < VANEVF_NUM_VLAN_KINDS; kind++) {
		filter = features & vlan_kinds[kind].netdev_feature;
		changed |= filter != vf->vlans[kind].filter;
		vf->vlans[kind].filter = filter;
	}
	return changed;
}

/**
 * vanevf_filters_retry() - what the PF has refused, it may grant by now
 * @vf: VF
 *
 * Context: Process context, of the owner of vanevf.state. Does not sleep.
 */
void vanevf_filters_retry(struct vanevf *vf)
{
	enum vanevf_vlan_kind kind;

	vf->uc.refused.n = 0;
	vf->mc.refused.n = 0;
	for (kind = 0; kind < VANEVF_NUM_VLAN_KINDS; kind++)
		bitmap_zero(vf->vlans[kind].refused, VLAN_N_VID);
	vf->refused_mode = 0;
	vf->filters_full = false;
	set_bit(VANEVF_RX_STALE, &vf->flags);
}

/**
 * vanevf_filters_forget() - forget all requests, as the PF did
 * @vf: VF
 *
 * Also frees the memory for them.
 *
 * Context: Process context, of the owner of vanevf.state. May sleep.
 */
void vanevf_filters_forget(struct vanevf *vf)
{
	enum vanevf_vlan_kind kind;

	vanevf_filters_addrs_free(&vf->uc.asked);
	vanevf_filters_addrs_free(&vf->uc.refused);
	vanevf_filters_addrs_free(&vf->mc.asked);
	vanevf_filters_addrs_free(&vf->mc.refused);
	for (kind = 0; kind < VANEVF_NUM_VLAN_KINDS; kind++)
		bitmap_zero(vf->vlans[kind].asked, VLAN_N_VID);
	vf->asked_mode = 0;
	vanevf_filters_retry(vf);
}

/* Log once what the administrator of the PF can do about a refusal */
static void vanevf_filters_advise(struct vanevf *vf, enum vanevf_refusal why,
				  u32 *found)
{
	struct net_device *netdev = vf->vdev.net->netdev;
	unsigned int index = vf->vdev.vf_index;

	*found |= BIT(why);
	if (vf->advised & BIT(why))
		return;

	switch (why) {
	case VANEVF_REFUSED_ADDRESS:
		netdev_warn(netdev,
			    "the PF refuses additional unicast addresses: the administrator has set the MAC address of this VF, or another function uses them; \"ip link set PF vf %u trust on\" allows them\n",
			    index);
		break;
	case VANEVF_REFUSED_SHARE:
		netdev_warn(netdev,
			    "this VF may use %u addresses besides its own, but more are requested; \"ip link set PF vf %u trust on\" allows more, as does enabling fewer VFs\n",
			    vf->max_filters, index);
		break;
	case VANEVF_REFUSED_PROMISC:
		netdev_warn(netdev,
			    "the PF refuses promiscuous mode, so a bridge on this interface gets no frames for stations behind it, and no multicast, which IPv6 needs; \"ip link set PF vf %u trust on\" allows it\n",
			    index);
		break;
	case VANEVF_REFUSED_ALLMULTI:
		netdev_warn(netdev,
			    "the PF refuses all-multicast mode; \"ip link set PF vf %u trust on\" allows it\n",
			    index);
		break;
	case VANEVF_REFUSED_VLAN:
		netdev_warn(netdev,
			    "the PF refuses VLANs: all of them if this VF has a port VLAN, otherwise those missing from its trunk list; the administrator can change both\n");
		break;
	}
}

/*
 * Copy the netdev's addresses, at most as many as the PF allows. Returns the
 * modes that compensate for the rest.
 */
static u32 vanevf_filters_copy_wanted(struct vanevf *vf,
				      struct vanevf_addrs *uc,
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
		vanevf_filters_addrs_append(uc, ha->addr);
	}
	netdev_for_each_mc_addr(ha, netdev) {
		if (uc->n + mc->n == vf->max_filters) {
			mode |= VANE_RX_MODE_ALLMULTI;
			break;
		}
		vanevf_filters_addrs_append(mc, ha->addr);
	}
	netif_addr_unlock_bh(netdev);

	sort(uc->mac, uc->n, ETH_ALEN, vanevf_filters_addr_cmp, NULL);
	sort(mc->mac, mc->n, ETH_ALEN, vanevf_filters_addr_cmp, NULL);
	return mode;
}

/* Remove those of @filters that are not in @want */
static int vanevf_filters_delete(struct vanevf *vf,
				 struct vanevf_filters *filters,
				 const struct vanevf_addrs *want)
{
	const struct vanevf_addrs *asked = &filters->asked;
	struct vane_mbox_addrs req = {};
	unsigned int count = 0;
	unsigned int i;
	int err;

	for (i = 0; i < asked->n; i++) {
		if (!vanevf_filters_addrs_have(want, asked->mac[i]))
			ether_addr_copy(req.addr[count++], asked->mac[i]);
		if (!count || (count < VANE_MBOX_MAX_ADDRS && i + 1 < asked->n))
			continue;

		err = vanevf_req_addrs(vf, VANE_MBOX_FILTER_DEL, &req, count);
		if (err)
			return err;
		vf->filters_full = false;
		memset(&req, 0, sizeof(req));
		count = 0;
	}
	return 0;
}

/*
 * Request @count addresses in one message. If the PF refuses them as a whole,
 * request each alone, so that one refused address does not block the others.
 * Each ends up in one set of @filters, or in neither if there is no room.
 */
static int vanevf_filters_add_some(struct vanevf *vf,
				   struct vanevf_filters *filters,
				   const struct vane_mbox_addrs *addrs,
				   unsigned int count)
{
	struct vane_mbox_addrs req = *addrs;
	unsigned int i;
	int err;

	err = vanevf_req_addrs(vf, VANE_MBOX_FILTER_ADD, &req, count);
	if (!err) {
		for (i = 0; i < count; i++)
			vanevf_filters_addrs_append(&filters->asked,
						    addrs->addr[i]);
		return 0;
	}
	if (!vanevf_refused(err))
		return err;

	if (count > 1) {
		for (i = 0; i < count && !vf->filters_full; i++) {
			req = (struct vane_mbox_addrs) {};
			ether_addr_copy(req.addr[0], addrs->addr[i]);
			err = vanevf_filters_add_some(vf, filters, &req, 1);
			if (err)
				return err;
		}
	} else if (err == -ENOSPC) {
		vf->filters_full = true;
	} else {
		vanevf_filters_addrs_append(&filters->refused, addrs->addr[0]);
	}
	return 0;
}

/* Request those of @want that were neither granted nor refused, see @filters */
static int vanevf_filters_add(struct vanevf *vf,
			      struct vanevf_filters *filters,
			      const struct vanevf_addrs *want)
{
	/* Their current members, as they will grow and then be unsorted */
	const struct vanevf_addrs asked = filters->asked;
	const struct vanevf_addrs refused = filters->refused;
	struct vane_mbox_addrs req = {};
	unsigned int count = 0;
	unsigned int i;
	int err = 0;

	for (i = 0; i < want->n && !vf->filters_full && !err; i++) {
		if (!vanevf_filters_addrs_have(&asked, want->mac[i]) &&
		    !vanevf_filters_addrs_have(&refused, want->mac[i]))
			ether_addr_copy(req.addr[count++], want->mac[i]);
		if (!count || (count < VANE_MBOX_MAX_ADDRS && i + 1 < want->n))
			continue;

		err = vanevf_filters_add_some(vf, filters, &req, count);
		memset(&req, 0, sizeof(req));
		count = 0;
	}

	sort(filters->asked.mac, filters->asked.n, ETH_ALEN,
	     vanevf_filters_addr_cmp, NULL);
	sort(filters->refused.mac, filters->refused.n, ETH_ALEN,
	     vanevf_filters_addr_cmp, NULL);
	return err;
}

/* Make @kept what of @addrs is in @want, with room for all of @want */
static int vanevf_filters_intersect(struct vanevf_addrs *kept,
				    const struct vanevf_addrs *addrs,
				    const struct vanevf_addrs *want)
{
	unsigned int i;
	int err;

	err = vanevf_filters_addrs_alloc(kept, want->n);
	if (err)
		return err;
	for (i = 0; i < want->n; i++)
		if (vanevf_filters_addrs_have(addrs, want->mac[i]))
			vanevf_filters_addrs_append(kept, want->mac[i]);
	return 0;
}

/*
 * Have the PF remove what is no longer wanted, and forget it. What needs memory comes
 * first, so that both sides agree if there is none.
 */
static int vanevf_filters_trim(struct vanevf *vf,
			       struct vanevf_filters *filters,
			       const struct vanevf_addrs *want)
{
	struct vanevf_addrs asked, refused;
	int err;

	err = vanevf_filters_intersect(&asked, &filters->asked, want);
	if (err)
		return err;
	err = vanevf_filters_intersect(&refused, &filters->refused, want);
	if (err)
		goto free_asked;
	err = vanevf_filters_delete(vf, filters, want);
	if (!err) {
		swap(filters->asked, asked);
		swap(filters->refused, refused);
	}

	vanevf_filters_addrs_free(&refused);
free_asked:
	vanevf_filters_addrs_free(&asked);
	return err;
}

/* Set the PF's filters to @uc and @mc, as far as it grants them */
static int vanevf_filters_sync_addrs(struct vanevf *vf,
				     const struct vanevf_addrs *uc,
				     const struct vanevf_addrs *mc)
{
	int err;

	/* Both share the room, so make room first */
	err = vanevf_filters_trim(vf, &vf->uc, uc);
	if (err)
		return err;
	err = vanevf_filters_trim(vf, &vf->mc, mc);
	if (err)
		return err;
	err = vanevf_filters_add(vf, &vf->uc, uc);
	if (err)
		return err;
	return vanevf_filters_add(vf, &vf->mc, mc);
}

/*
 * Returns the modes that compensate for filters that are missing, or an errno.
 * What was refused is added to @found.
 */
static int vanevf_filters_sync_all_addrs(struct vanevf *vf, u32 *found)
{
	struct vanevf_addrs uc, mc;
	int mode, err;

	err = vanevf_filters_addrs_alloc(&uc, vf->max_filters);
	if (err)
		return err;
	err = vanevf_filters_addrs_alloc(&mc, vf->max_filters);
	if (err)
		goto free_uc;

	mode = vanevf_filters_copy_wanted(vf, &uc, &mc);
	err = vanevf_filters_sync_addrs(vf, &uc, &mc);
	if (err)
		goto free_mc;

	if (mode || vf->filters_full)
		vanevf_filters_advise(vf, VANEVF_REFUSED_SHARE, found);
	if (vf->uc.refused.n)
		vanevf_filters_advise(vf, VANEVF_REFUSED_ADDRESS, found);
	if (vf->uc.asked.n < uc.n)
		mode |= VANE_RX_MODE_PROMISC;
	if (vf->mc.asked.n < mc.n)
		mode |= VANE_RX_MODE_ALLMULTI;

free_mc:
	vanevf_filters_addrs_free(&mc);
free_uc:
	vanevf_filters_addrs_free(&uc);
	return err ? err : mode;
}

/*
 * Note what the netdev wants of VLANs. A change of its features has a filter come
 * before VLANs are added, and VLANs go after a filter has, all under rtnl.
 */
static void vanevf_filters_seek_vlans(struct vanevf *vf)
{
	enum vanevf_vlan_kind kind;
	struct vanevf_vlans *vlans;

	rtnl_lock();
	for (kind = 0; kind < VANEVF_NUM_VLAN_KINDS; kind++) {
		vlans = &vf->vlans[kind];
		bitmap_copy(vlans->sought, vlans->wanted, VLAN_N_VID);
		vlans->filter_sought = vlans->filter;
	}
	rtnl_unlock();
}

/* End the filters that are not wanted any more, before their VLANs are deleted */
static int vanevf_filters_widen(struct vanevf *vf)
{
	enum vanevf_vlan_kind kind;
	u32 mode = vf->asked_mode;
	int err;

	for (kind = 0; kind < VANEVF_NUM_VLAN_KINDS; kind++)
		if (!vf->vlans[kind].filter_sought)
			mode &= ~vlan_kinds[kind].mode;
	if (mode == vf->asked_mode)
		return 0;
	err = vanevf_req_rx_mode(vf, mode);
	if (!err)
		vf->asked_mode = mode;
	return vanevf_refused(err) ? 0 : err;
}

/* Have the PF drop those that are not wanted any more, and forget them */
static int vanevf_filters_trim_vlans(struct vanevf *vf,
				     enum vanevf_vlan_kind kind)
{
	struct vanevf_vlans *vlans = &vf->vlans[kind];
	unsigned int vid;
	int err;

	for_each_andnot_bit(vid, vlans->asked, vlans->sought, VLAN_N_VID) {
		err = vanevf_req_vlan(vf, VANE_MBOX_VLAN_DEL,
				      vlan_kinds[kind].proto, vid);
		if (err && !vanevf_refused(err))
			return err;
		__clear_bit(vid, vlans->asked);
	}
	bitmap_and(vlans->refused, vlans->refused, vlans->sought, VLAN_N_VID);
	return 0;
}

/*
 * Returns the mode that filters VLANs of that kind if frames of all wanted ones
 * that may reach this VF pass the filter, 0 if there is to be none, or an errno.
 * What was refused is added to @found: no filter lets that through.
 */
static int vanevf_filters_sync_vlans(struct vanevf *vf,
				     enum vanevf_vlan_kind kind, u32 *found)
{
	struct vanevf_vlans *vlans = &vf->vlans[kind];
	bool filter = vlans->filter_sought;
	unsigned int vid, count;
	int err;

	err = vanevf_filters_trim_vlans(vf, kind);
	if (err)
		return err;

	count = bitmap_weight(vlans->asked, VLAN_N_VID);
	for_each_andnot_bit(vid, vlans->sought, vlans->asked, VLAN_N_VID) {
		if (test_bit(vid, vlans->refused))
			continue;
		err = count == vf->max_vlans ? -ENOSPC :
		      vanevf_req_vlan(vf, VANE_MBOX_VLAN_ADD,
				      vlan_kinds[kind].proto, vid);
		if (err == -ENOSPC) {
			filter = false;
			break;
		}
		if (vanevf_refused(err)) {
			__set_bit(vid, vlans->refused);
			continue;
		}
		if (err)
			return err;
		__set_bit(vid, vlans->asked);
		count++;
	}
	if (!bitmap_empty(vlans->refused, VLAN_N_VID))
		vanevf_filters_advise(vf, VANEVF_REFUSED_VLAN, found);
	return filter ? vlan_kinds[kind].mode : 0;
}

/* The same for all kinds that the device filters and the PF knows */
static int vanevf_filters_sync_all_vlans(struct vanevf *vf, u32 *found)
{
	enum vanevf_vlan_kind kind;
	int mode = 0;
	int ret;

	vanevf_filters_seek_vlans(vf);
	ret = vanevf_filters_widen(vf);
	if (ret)
		return ret;
	for (kind = 0; kind < VANEVF_NUM_VLAN_KINDS; kind++) {
		if (!(vf->caps & vlan_kinds[kind].cap) ||
		    !(vf->vdev.features & vlan_kinds[kind].feature))
			continue;
		ret = vanevf_filters_sync_vlans(vf, kind, found);
		if (ret < 0)
			return ret;
		mode |= ret;
	}
	return mode;
}

/*
 * Request @mode or, if it is refused, @mode without what needs trust. What was
 * refused is added to @found.
 */
static int vanevf_filters_sync_mode(struct vanevf *vf, u32 mode, u32 *found)
{
	u32 granted = mode & ~vf->refused_mode;
	u32 refused;
	int err = 0;

	/* A promiscuous interface receives every VLAN */
	if (granted & VANE_RX_MODE_PROMISC)
		granted &= ~(VANE_RX_MODE_VLAN_FILTER |
			     VANE_RX_MODE_SVLAN_FILTER);
	if (granted != vf->asked_mode) {
		err = vanevf_req_rx_mode(vf, granted);
		if (!err)
			vf->asked_mode = granted;
	}
	if (err == -EPERM && granted & RX_MODE_TRUST) {
		vf->refused_mode |= granted & RX_MODE_TRUST;
		return vanevf_filters_sync_mode(vf, mode, found);
	}

	refused = mode & vf->refused_mode;
	if (refused & VANE_RX_MODE_PROMISC)
		vanevf_filters_advise(vf, VANEVF_REFUSED_PROMISC, found);
	if (refused & VANE_RX_MODE_ALLMULTI)
		vanevf_filters_advise(vf, VANEVF_REFUSED_ALLMULTI, found);
	return err;
}

/**
 * vanevf_filters_sync() - set the PF's filters to what the netdev wants
 * @vf: VF, negotiated
 *
 * What the PF refuses is logged and compensated for as far as possible: by modes
 * that receive more, if the PF trusts this VF with them.
 *
 * Context: Process context, of the owner of vanevf.state. Sleeps. Takes rtnl,
 * vane_mbox_vf.lock and the address lock of the netdev.
 * Return: 0, or an errno of vane_mbox_request() or -ENOMEM, after which it has to
 * be called again.
 */
int vanevf_filters_sync(struct vanevf *vf)
{
	struct net_device *netdev = vf->vdev.net->netdev;
	unsigned int flags;
	u32 found = 0;
	u32 mode = 0;
	int ret;

	clear_bit(VANEVF_RX_STALE, &vf->flags);
	/* A change from here on sets it again */
	smp_mb__after_atomic();

	if (!(vf->caps & VANE_MBOX_CAP_FILTERS))
		return 0;
	ret = vanevf_filters_sync_all_addrs(vf, &found);
	if (ret < 0)
		goto stale;
	/* STATUS says that the VF is not trusted, so a request would be refused */
	if (vane_rd32(&vf->vdev, VANE_REG_STATUS) & VANE_STATUS_TRUSTED)
		mode |= ret;

	ret = vanevf_filters_sync_all_vlans(vf, &found);
	if (ret < 0)
		goto stale;
	mode |= ret;

	flags = READ_ONCE(netdev->flags);
	if (flags & IFF_PROMISC)
		mode |= VANE_RX_MODE_PROMISC;
	if (flags & IFF_ALLMULTI)
		mode |= VANE_RX_MODE_ALLMULTI;
	ret = vanevf_filters_sync_mode(vf, mode, &found);
	if (ret && !vanevf_refused(ret))
		goto stale;
	vf->advised = found;
	return 0;

stale:
	set_bit(VANEVF_RX_STALE, &vf->flags);
	return ret;
}
