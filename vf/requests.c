// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE VF driver: what a VF can ask its PF, a function each.
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
 * vanevf_ask_negotiate() - agree with the PF on version and limits
 * @vf: VF
 * @rsp: what was agreed
 *
 * The PF forgets the filters, VLANs and mode that this VF asked for before.
 *
 * Return: 0 or an errno of vane_mbox_request(); -EPROTO for an answer that
 * agrees to more than was offered.
 */
int vanevf_ask_negotiate(struct vanevf *vf,
			 struct vane_mbox_negotiate_rsp *rsp)
{
	const u32 caps = VANE_MBOX_CAP_FILTERS | VANE_MBOX_CAP_VLAN;
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
 * vanevf_ask_mac() - ask for another MAC address
 * @vf: VF, negotiated
 * @mac: unicast address
 *
 * Return: 0 or an errno of vane_mbox_request(); -EPERM where the PF's
 * administrator has set the address.
 */
int vanevf_ask_mac(struct vanevf *vf, const u8 *mac)
{
	struct vane_mbox_mac req = {};

	ether_addr_copy(req.mac, mac);
	return vane_mbox_request(&vf->mbox, VANE_MBOX_MAC_SET,
				 &req, sizeof(req), NULL, 0);
}

/**
 * vanevf_ask_addrs() - add or remove MAC filters
 * @vf: VF, negotiated
 * @op: VANE_MBOX_FILTER_ADD or VANE_MBOX_FILTER_DEL
 * @addrs: body of the request, its addresses filled in
 * @count: how many
 *
 * Return: 0 or an errno of vane_mbox_request(); -ENOSPC where the PF has no
 * room for all of them, and has added none.
 */
int vanevf_ask_addrs(struct vanevf *vf, enum vane_mbox_op op,
		     struct vane_mbox_addrs *addrs, unsigned int count)
{
	addrs->count = cpu_to_le16(count);
	return vane_mbox_request(&vf->mbox, op, addrs, sizeof(*addrs), NULL, 0);
}

/**
 * vanevf_ask_vlan() - add or remove a VLAN of the receive filter
 * @vf: VF, negotiated
 * @op: VANE_MBOX_VLAN_ADD or VANE_MBOX_VLAN_DEL
 * @vid: VLAN id
 *
 * Return: 0 or an errno of vane_mbox_request(); -EPERM behind a port VLAN.
 */
int vanevf_ask_vlan(struct vanevf *vf, enum vane_mbox_op op, u16 vid)
{
	const struct vane_mbox_vlan req = { .vid = cpu_to_le16(vid) };

	return vane_mbox_request(&vf->mbox, op, &req, sizeof(req), NULL, 0);
}

/**
 * vanevf_ask_rx_mode() - say which frames are wanted beside the filters'
 * @vf: VF, negotiated
 * @mode: VANE_RX_MODE_*
 *
 * Return: 0 or an errno of vane_mbox_request(); -EPERM where the mode needs
 * trust.
 */
int vanevf_ask_rx_mode(struct vanevf *vf, u32 mode)
{
	const struct vane_mbox_rx_mode req = { .mode = cpu_to_le32(mode) };

	return vane_mbox_request(&vf->mbox, VANE_MBOX_RX_MODE,
				 &req, sizeof(req), NULL, 0);
}

/**
 * vanevf_refused() - whether an error is the PF's last word
 * @err: errno of a request
 *
 * Return: true if the PF understood the request and will not do it; false if
 * it is to be asked again, after another negotiation.
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
