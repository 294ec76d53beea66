// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE VF driver: the requests of a VF to its PF, one function for each.
 */
#include "compat.h"
#include "vf.h"

static u32 vanevf_mbox_rd32(void *ctx, u32 reg)
{
	return vane_rd32(ctx, reg);
}

static void vanevf_mbox_wr32(void *ctx, u32 reg, u32 val)
{
	vane_wr32(ctx, reg, val);
}

static u64 vanevf_mbox_rd64(void *ctx, u32 reg)
{
	return vane_rd64(ctx, reg);
}

static void vanevf_mbox_wr64(void *ctx, u32 reg, u64 val)
{
	vane_wr64(ctx, reg, val);
}

/**
 * vanevf_mbox_init() - set up this end of the mailbox
 * @vf: VF, its registers mapped
 *
 * Context: Process context, in probe.
 */
void vanevf_mbox_init(struct vanevf *vf)
{
	const struct vane_mbox_io io = {
		.rd32 = vanevf_mbox_rd32,
		.wr32 = vanevf_mbox_wr32,
		.rd64 = vanevf_mbox_rd64,
		.wr64 = vanevf_mbox_wr64,
		.ctx = &vf->vdev,
	};

	vane_mbox_vf_init(&vf->mbox, &io);
}

/**
 * vanevf_req_negotiate() - agree with the PF on version and limits
 * @vf: VF
 * @rsp: what was agreed
 *
 * The PF forgets the filters, VLANs and mode that this VF requested before.
 *
 * Context: Process context; sleeps until the PF has answered or some seconds
 * have passed. Takes vane_mbox_vf.lock.
 * Return: 0 or an errno of vane_mbox_request(); -EPROTO for a reply that agrees
 * to more than was offered.
 */
int vanevf_req_negotiate(struct vanevf *vf,
			 struct vane_mbox_negotiate_rsp *rsp)
{
	const u32 caps = VANE_MBOX_CAP_FILTERS | VANE_MBOX_CAP_VLAN |
			 VANE_MBOX_CAP_SVLAN | VANE_MBOX_CAP_CHANNELS;
	const struct vane_mbox_negotiate_req req = {
		.abi_major = cpu_to_le16(VANE_ABI_MAJOR_VERSION),
		.abi_minor = cpu_to_le16(VANE_ABI_MINOR_VERSION),
		.caps = cpu_to_le32(caps),
	};
	int err;

	err = vane_mbox_request(&vf->mbox, VANE_MBOX_NEGOTIATE,
				&req, sizeof(req), rsp, sizeof(*rsp));
	if (err)
		return err;
	if (le16_to_cpu(rsp->abi_major) != VANE_ABI_MAJOR_VERSION ||
	    le16_to_cpu(rsp->abi_minor) > VANE_ABI_MINOR_VERSION ||
	    le32_to_cpu(rsp->caps) & ~caps)
		return -EPROTO;
	return 0;
}

/**
 * vanevf_req_mac() - request another MAC address
 * @vf: VF, negotiated
 * @mac: unicast address
 *
 * Context: Process context; sleeps until the PF has answered or some seconds
 * have passed. Takes vane_mbox_vf.lock.
 * Return: 0 or an errno of vane_mbox_request(); -EPERM if the PF's administrator
 * has set the address, -EEXIST if another function has @mac.
 */
int vanevf_req_mac(struct vanevf *vf, const u8 *mac)
{
	struct vane_mbox_mac req = {};

	ether_addr_copy(req.mac, mac);
	return vane_mbox_request(&vf->mbox, VANE_MBOX_MAC_SET,
				 &req, sizeof(req), NULL, 0);
}

/**
 * vanevf_req_addrs() - add or remove MAC filters
 * @vf: VF, negotiated
 * @op: VANE_MBOX_FILTER_ADD or VANE_MBOX_FILTER_DEL
 * @addrs: body of the request, its addresses filled in
 * @count: how many
 *
 * Context: Process context; sleeps until the PF has answered or some seconds
 * have passed. Takes vane_mbox_vf.lock.
 * Return: 0 or an errno of vane_mbox_request(); -ENOSPC if the PF has no room for
 * all of them, and has added none.
 */
int vanevf_req_addrs(struct vanevf *vf, enum vane_mbox_op op,
		     struct vane_mbox_addrs *addrs, unsigned int count)
{
	addrs->count = cpu_to_le16(count);
	return vane_mbox_request(&vf->mbox, op, addrs, sizeof(*addrs), NULL, 0);
}

/**
 * vanevf_req_vlan() - add or remove a VLAN of the receive filter
 * @vf: VF, negotiated
 * @op: VANE_MBOX_VLAN_ADD or VANE_MBOX_VLAN_DEL
 * @proto: ETH_P_8021Q, or with VANE_MBOX_CAP_SVLAN ETH_P_8021AD
 * @vid: VLAN id
 *
 * Context: Process context; sleeps until the PF has answered or some seconds
 * have passed. Takes vane_mbox_vf.lock.
 * Return: 0 or an errno of vane_mbox_request(); -EPERM if the VF has a port VLAN,
 * or its trunk list lacks the VLAN.
 */
int vanevf_req_vlan(struct vanevf *vf, enum vane_mbox_op op, u16 proto,
		    u16 vid)
{
	/* A PF without VANE_MBOX_CAP_SVLAN wants 0 where the protocol is */
	const struct vane_mbox_vlan req = {
		.vid = cpu_to_le16(vid),
		.proto = cpu_to_le16(proto == ETH_P_8021AD ? proto : 0),
	};

	return vane_mbox_request(&vf->mbox, op, &req, sizeof(req), NULL, 0);
}

/**
 * vanevf_req_rx_mode() - set which frames to receive in addition to the filters'
 * @vf: VF, negotiated
 * @mode: VANE_RX_MODE_*
 *
 * Context: Process context; sleeps until the PF has answered or some seconds
 * have passed. Takes vane_mbox_vf.lock.
 * Return: 0 or an errno of vane_mbox_request(); -EPERM if the mode needs trust.
 */
int vanevf_req_rx_mode(struct vanevf *vf, u32 mode)
{
	const struct vane_mbox_rx_mode req = { .mode = cpu_to_le32(mode) };

	return vane_mbox_request(&vf->mbox, VANE_MBOX_RX_MODE,
				 &req, sizeof(req), NULL, 0);
}

/**
 * vanevf_req_channels() - list granted channels that can be used now
 * @vf: VF, negotiated
 * @first: lowest channel to be listed
 * @rsp: the list
 *
 * Context: Process context; sleeps until the PF has answered or some seconds
 * have passed. Takes vane_mbox_vf.lock.
 * Return: 0 or an errno of vane_mbox_request(); -EOPNOTSUPP if the PF has no granted
 * channels, -EPROTO for a list that is too long.
 */
int vanevf_req_channels(struct vanevf *vf, u32 first,
			struct vane_mbox_channels_rsp *rsp)
{
	const struct vane_mbox_channels_req req = {
		.first = cpu_to_le32(first),
	};
	int err;

	if (!(READ_ONCE(vf->caps) & VANE_MBOX_CAP_CHANNELS))
		return -EOPNOTSUPP;
	err = vane_mbox_request(&vf->mbox, VANE_MBOX_CHANNELS_GET,
				&req, sizeof(req), rsp, sizeof(*rsp));
	if (!err && le16_to_cpu(rsp->count) > VANE_MBOX_MAX_CHANNELS)
		err = -EPROTO;
	return err;
}

/**
 * vanevf_refused() - whether the PF has refused a request for good
 * @err: errno of the request
 *
 * Context: Any.
 * Return: true if the PF understood the request and refuses it; false if the
 * request has to be repeated after another negotiation.
 */
bool vanevf_refused(int err)
{
	switch (err) {
	case -EPERM:
	case -ENOSPC:
	case -EINVAL:
	case -ERANGE:
	case -EEXIST:
	case -ENOENT:
	case -EOPNOTSUPP:
		return true;
	default:
		return false;
	}
}
