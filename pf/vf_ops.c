// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: requests of VFs. This is the trust boundary.
 *
 * Requests come from guests. Their lengths and their sender's state were
 * checked by the dispatcher; every value in them is checked here.
 *
 * This may run while SR-IOV is being enabled or disabled, so it takes no lock but
 * vane_pf.lock.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>

#include "addr.h"
#include "channel.h"
#include "command.h"
#include "health.h"
#include "mdd.h"
#include "pf.h"
#include "policy.h"
#include "vf.h"
#include "vf_ops.h"

/* Messages served before other work items get their turn */
#define VANE_SERVE_BUDGET		64

/* Record why the current request is refused, and what would help */
static __printf(2, 3) void vane_vf_ops_explain(struct vane_pf *pf,
					       const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(pf->refusal, sizeof(pf->refusal), fmt, args);
	va_end(args);
}

/* Whether the VF may have a unicast address; if not, records the reason. */
static int vane_vf_ops_check_mac(struct vane_pf *pf, u16 index, const u8 *mac)
{
	u16 owner;
	int err;

	err = vane_policy_check_mac(pf, index, mac, &owner);
	if (err == -EPERM)
		vane_vf_ops_explain(pf, "%pM needs trust, as the VF's MAC is administered",
				    mac);
	else if (err == -EEXIST && owner == VANE_PORT_PF)
		vane_vf_ops_explain(pf, "%pM belongs to the PF; only a trusted VF may use it", mac);
	else if (err == -EEXIST)
		vane_vf_ops_explain(pf, "%pM belongs to VF %u; only a trusted VF may use it", mac,
				    owner);
	return err;
}

/* Return a VF that was reset to its administered state. */
static int vane_vf_ops_start_over(struct vane_pf *pf, u16 index,
				  struct vane_vf *vf)
{
	bool own_mac = !ether_addr_equal(vf->mac, vf->config.mac);
	struct vane_mbox_batch batch;

	vane_vf_reset_requested(vf);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	if (own_mac)
		vane_vf_port_batch(pf, &batch, index, VANE_PORT_VALID_MAC);
	vane_vf_status_batch(pf, &batch, index, VANE_EVENT_STATUS);
	return vane_command_batch_end(pf, &batch);
}

/* VANE_MBOX_CAP_* that this driver has */
static u32 vane_vf_ops_caps(const struct vane_pf *pf)
{
	u32 caps = VANE_MBOX_CAP_FILTERS | VANE_MBOX_CAP_VLAN;

	if (pf->vdev.features & VANE_FEAT_SVLAN_FILTER)
		caps |= VANE_MBOX_CAP_SVLAN;
	if (pf->vdev.features & VANE_FEAT_CHANNELS)
		caps |= VANE_MBOX_CAP_CHANNELS;
	return caps;
}

static int vane_vf_ops_negotiate(void *ctx, u16 index, const void *req_body,
				 void *rsp_body)
{
	const struct vane_mbox_negotiate_req *req = req_body;
	struct vane_mbox_negotiate_rsp *rsp = rsp_body;
	struct vane_cmd_target target = { .port = cpu_to_le16(index) };
	struct vane_mbox_batch batch;
	struct vane_pf *pf = ctx;
	struct vane_vf *vf;
	int err = 0;
	u16 limit;

	if (le16_to_cpu(req->abi_major) != VANE_ABI_MAJOR_VERSION)
		return -EOPNOTSUPP;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	if (!vf) {
		err = -ENOENT;
		goto unlock;
	}

	/* A new driver does not know what the last one requested */
	vane_addr_clear(&vf->addrs);
	vf->rx_mode = 0;
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_mbox_batch_add(&batch, VANE_CMD_FILTER_CLEAR, &target,
			    sizeof(target), NULL, 0);
	vane_vf_status_batch(pf, &batch, index, VANE_EVENT_STATUS);
	err = vane_command_batch_end(pf, &batch);
	if (err)
		goto unlock;

	rsp->abi_major = cpu_to_le16(VANE_ABI_MAJOR_VERSION);
	rsp->abi_minor = cpu_to_le16(min_t(u16, VANE_ABI_MINOR_VERSION,
					   le16_to_cpu(req->abi_minor)));
	rsp->caps = req->caps & cpu_to_le32(vane_vf_ops_caps(pf));
	ether_addr_copy(rsp->mac, vf->mac);
	rsp->queues = cpu_to_le16(vf->config.queues);
	rsp->vectors = cpu_to_le16(vf->config.vectors);
	limit = min_t(u32, U16_MAX, vane_policy_filter_limit(pf, index));
	rsp->max_filters = cpu_to_le16(limit);
	rsp->max_vlans = cpu_to_le16(VLAN_N_VID);
	rsp->max_frame = cpu_to_le16(pf->vdev.limit_frame);
	WRITE_ONCE(vf->peer.state, VANE_MBOX_PEER_READY);
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

static int vane_vf_ops_mac_set(void *ctx, u16 index, const void *req_body,
			       void *rsp_body)
{
	const struct vane_mbox_mac *req = req_body;
	struct vane_mbox_batch batch;
	struct vane_pf *pf = ctx;
	u8 old_mac[ETH_ALEN];
	struct vane_vf *vf;
	int err = 0;

	if (!is_valid_ether_addr(req->mac) || req->reserved)
		return -EINVAL;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	if (!vf) {
		err = -ENOENT;
		goto unlock;
	}
	err = vane_vf_ops_check_mac(pf, index, req->mac);
	if (err)
		goto unlock;

	ether_addr_copy(old_mac, vf->mac);
	ether_addr_copy(vf->mac, req->mac);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_vf_port_batch(pf, &batch, index, VANE_PORT_VALID_MAC);
	/* No event, as the reply tells the VF that it has the address */
	vane_vf_status_batch(pf, &batch, index, 0);
	err = vane_command_batch_end(pf, &batch);
	if (err)
		ether_addr_copy(vf->mac, old_mac);
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

static int vane_vf_ops_check_addrs(struct vane_pf *pf, u16 index,
				   const struct vane_mbox_addrs *req)
{
	u16 count = le16_to_cpu(req->count);
	const u8 *mac;
	int err;
	u16 i;

	if (!count || count > VANE_MBOX_MAX_ADDRS || req->reserved)
		return -EINVAL;
	for (i = 0; i < count; i++) {
		mac = req->addr[i];
		if (is_zero_ether_addr(mac))
			return -EINVAL;
		if (!is_unicast_ether_addr(mac))
			continue;
		err = vane_vf_ops_check_mac(pf, index, mac);
		if (err)
			return err;
	}
	return 0;
}

/* Pass the VF's request about its filters to the device as a command */
static int vane_vf_ops_command_addrs(struct vane_pf *pf, enum vane_cmd_op op,
				     u16 index,
				     const struct vane_mbox_addrs *req)
{
	struct vane_cmd_filter cmd = {
		.port = cpu_to_le16(index),
		.addrs.count = req->count,
	};

	memcpy(cmd.addrs.addr, req->addr, le16_to_cpu(req->count) * ETH_ALEN);
	return vane_command(pf, op, &cmd, sizeof(cmd), NULL, 0);
}

/* Give up the addresses that a failed request added */
static void vane_vf_ops_remove_marked(struct vane_addr_set *set,
				      const struct vane_mbox_addrs *req)
{
	struct vane_addr *addr;
	u16 i;

	for (i = 0; i < le16_to_cpu(req->count); i++) {
		addr = vane_addr_find(set, req->addr[i]);
		if (addr && addr->marked)
			vane_addr_remove(set, addr);
	}
}

static int vane_vf_ops_add_addrs(struct vane_pf *pf, u16 index,
				 struct vane_vf *vf,
				 const struct vane_mbox_addrs *req)
{
	u32 limit = vane_policy_filter_limit(pf, index);
	struct vane_addr *addr;
	int err = 0;
	u16 i;

	for (i = 0; i < le16_to_cpu(req->count); i++) {
		if (vane_addr_find(&vf->addrs, req->addr[i]))
			continue;
		if (vf->addrs.count >= limit) {
			vane_vf_ops_explain(pf, vf->config.trusted ?
					    "the %u filters that are left for it are used up" :
					    "its share of %u filters is used up; only a trusted VF can have more",
					    limit);
			err = -ENOSPC;
			break;
		}
		addr = vane_addr_add(&vf->addrs, req->addr[i], GFP_KERNEL);
		if (!addr) {
			/* No last word, so that the VF asks again */
			err = -ENOMEM;
			break;
		}
		addr->marked = true;
	}
	if (!err)
		err = vane_vf_ops_command_addrs(pf, VANE_CMD_FILTER_ADD, index,
						req);
	if (err) {
		vane_vf_ops_remove_marked(&vf->addrs, req);
		return err;
	}

	for (i = 0; i < le16_to_cpu(req->count); i++)
		vane_addr_find(&vf->addrs, req->addr[i])->marked = false;
	return 0;
}

static int vane_vf_ops_filter_add(void *ctx, u16 index, const void *req_body,
				  void *rsp_body)
{
	const struct vane_mbox_addrs *req = req_body;
	struct vane_pf *pf = ctx;
	struct vane_vf *vf;
	int err = -ENOENT;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	if (vf)
		err = vane_vf_ops_check_addrs(pf, index, req);
	if (!err)
		err = vane_vf_ops_add_addrs(pf, index, vf, req);
	mutex_unlock(&pf->lock);
	return err;
}

static int vane_vf_ops_filter_del(void *ctx, u16 index, const void *req_body,
				  void *rsp_body)
{
	const struct vane_mbox_addrs *req = req_body;
	u16 count = le16_to_cpu(req->count);
	struct vane_pf *pf = ctx;
	struct vane_addr *addr;
	struct vane_vf *vf;
	int err;
	u16 i;

	if (!count || count > VANE_MBOX_MAX_ADDRS || req->reserved)
		return -EINVAL;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	if (!vf) {
		err = -ENOENT;
		goto unlock;
	}
	err = vane_vf_ops_command_addrs(pf, VANE_CMD_FILTER_DEL, index, req);
	if (err)
		goto unlock;
	for (i = 0; i < count; i++) {
		addr = vane_addr_find(&vf->addrs, req->addr[i]);
		if (addr)
			vane_addr_remove(&vf->addrs, addr);
	}
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/*
 * Whether the VF may receive the VLAN; if not, records the reason. VLAN 0 needs
 * no place in a trunk list, as the stack requests it for every netdev that
 * filters VLANs.
 */
static int vane_vf_ops_check_vlan(struct vane_pf *pf, const struct vane_vf *vf,
				  u16 proto, u16 vid)
{
	if (vf->config.vlan) {
		vane_vf_ops_explain(pf, "VLAN %u is not allowed: the VF is in port VLAN %u",
				    vid, vf->config.vlan);
		return -EPERM;
	}
	if (vid && vf->config.trunk && proto == ETH_P_8021AD) {
		vane_vf_ops_explain(pf, "802.1ad VLAN %u: a VF with a trunk list has none",
				    vid);
		return -EPERM;
	}
	if (vid && vf->config.trunk && !(vf->trunk[vid / 8] & BIT(vid % 8))) {
		vane_vf_ops_explain(pf, "VLAN %u is not in the VF's trunk list",
				    vid);
		return -EPERM;
	}
	return 0;
}

static int vane_vf_ops_change_vlan(struct vane_pf *pf, enum vane_cmd_op op,
				   u16 index, const struct vane_mbox_vlan *req)
{
	u16 proto = le16_to_cpu(req->proto) ?: ETH_P_8021Q;
	u16 vid = le16_to_cpu(req->vid);
	const struct vane_cmd_vlan cmd = vane_filter_vlan_cmd(index, proto,
							      vid);
	struct vane_vf *vf;
	int err = -ENOENT;

	if (req->reserved[0] || req->reserved[1])
		return -EINVAL;
	if (proto != ETH_P_8021Q && proto != ETH_P_8021AD)
		return -EINVAL;
	if (proto == ETH_P_8021AD &&
	    !(vane_vf_ops_caps(pf) & VANE_MBOX_CAP_SVLAN))
		return -EOPNOTSUPP;
	if (vid >= VLAN_N_VID)
		return -ERANGE;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	if (!vf)
		goto unlock;
	err = 0;
	if (op == VANE_CMD_VLAN_ADD)
		err = vane_vf_ops_check_vlan(pf, vf, proto, vid);
	if (!err)
		err = vane_command(pf, op, &cmd, sizeof(cmd), NULL, 0);
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

static int vane_vf_ops_vlan_add(void *ctx, u16 index, const void *req_body,
				void *rsp_body)
{
	return vane_vf_ops_change_vlan(ctx, VANE_CMD_VLAN_ADD, index, req_body);
}

static int vane_vf_ops_vlan_del(void *ctx, u16 index, const void *req_body,
				void *rsp_body)
{
	return vane_vf_ops_change_vlan(ctx, VANE_CMD_VLAN_DEL, index, req_body);
}

static int vane_vf_ops_rx_mode(void *ctx, u16 index, const void *req_body,
			       void *rsp_body)
{
	const struct vane_mbox_rx_mode *req = req_body;
	u32 mode = le32_to_cpu(req->mode);
	struct vane_mbox_batch batch;
	struct vane_pf *pf = ctx;
	struct vane_vf *vf;
	int err = -ENOENT;

	if (mode & ~VANE_RX_MODE_ALL || req->reserved)
		return -EINVAL;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	if (!vf)
		goto unlock;
	if (mode & (VANE_RX_MODE_PROMISC | VANE_RX_MODE_ALLMULTI) &&
	    !vf->config.trusted) {
		vane_vf_ops_explain(pf, "%s mode needs trust",
				    mode & VANE_RX_MODE_PROMISC ?
				    "promiscuous" : "all-multicast");
		err = -EPERM;
		goto unlock;
	}
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_addr_rx_mode_batch(&batch, index, mode);
	err = vane_command_batch_end(pf, &batch);
	if (!err)
		vf->rx_mode = mode;
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

static int vane_vf_ops_channels_get(void *ctx, u16 index, const void *req_body,
				    void *rsp_body)
{
	const struct vane_mbox_channels_req *req = req_body;
	struct vane_pf *pf = ctx;
	int err = -ENOENT;

	if (req->reserved)
		return -EINVAL;
	if (!(vane_vf_ops_caps(pf) & VANE_MBOX_CAP_CHANNELS))
		return -EOPNOTSUPP;

	mutex_lock(&pf->lock);
	if (vane_vf_get(pf, index)) {
		vane_channel_list(pf, index, le32_to_cpu(req->first), rsp_body);
		err = 0;
	}
	mutex_unlock(&pf->lock);
	return err;
}

static const struct vane_mbox_handler vf_handlers[] = {
	{
		.op = VANE_MBOX_NEGOTIATE,
		.name = "negotiate",
		.req_len = sizeof(struct vane_mbox_negotiate_req),
		.rsp_len = sizeof(struct vane_mbox_negotiate_rsp),
		.state = VANE_MBOX_PEER_RESET,
		.handle = vane_vf_ops_negotiate,
	}, {
		.op = VANE_MBOX_MAC_SET,
		.name = "set MAC",
		.req_len = sizeof(struct vane_mbox_mac),
		.state = VANE_MBOX_PEER_READY,
		.handle = vane_vf_ops_mac_set,
	}, {
		.op = VANE_MBOX_FILTER_ADD,
		.name = "add filters",
		.req_len = sizeof(struct vane_mbox_addrs),
		.state = VANE_MBOX_PEER_READY,
		.handle = vane_vf_ops_filter_add,
	}, {
		.op = VANE_MBOX_FILTER_DEL,
		.name = "delete filters",
		.req_len = sizeof(struct vane_mbox_addrs),
		.state = VANE_MBOX_PEER_READY,
		.handle = vane_vf_ops_filter_del,
	}, {
		.op = VANE_MBOX_VLAN_ADD,
		.name = "add VLAN",
		.req_len = sizeof(struct vane_mbox_vlan),
		.state = VANE_MBOX_PEER_READY,
		.handle = vane_vf_ops_vlan_add,
	}, {
		.op = VANE_MBOX_VLAN_DEL,
		.name = "delete VLAN",
		.req_len = sizeof(struct vane_mbox_vlan),
		.state = VANE_MBOX_PEER_READY,
		.handle = vane_vf_ops_vlan_del,
	}, {
		.op = VANE_MBOX_RX_MODE,
		.name = "set receive mode",
		.req_len = sizeof(struct vane_mbox_rx_mode),
		.state = VANE_MBOX_PEER_READY,
		.handle = vane_vf_ops_rx_mode,
	}, {
		.op = VANE_MBOX_CHANNELS_GET,
		.name = "list channels",
		.req_len = sizeof(struct vane_mbox_channels_req),
		.rsp_len = sizeof(struct vane_mbox_channels_rsp),
		.state = VANE_MBOX_PEER_READY,
		.handle = vane_vf_ops_channels_get,
	},
};

static struct vane_mbox_peer *vane_vf_ops_peer(void *ctx, u16 index)
{
	struct vane_pf *pf = ctx;
	struct vane_vf *vf;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	mutex_unlock(&pf->lock);
	/* It remains valid until this work item has been flushed */
	return vf ? &vf->peer : NULL;
}

/* Limited for each VF, so that one that causes many lines does not silence others */
static bool vane_vf_ops_may_log(struct vane_pf *pf, u16 index)
{
	struct vane_vf *vf;
	bool may = false;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	if (vf)
		may = __ratelimit(&vf->refusals);
	mutex_unlock(&pf->lock);
	return may;
}

static void vane_vf_ops_reset(void *ctx, u16 index)
{
	struct vane_pf *pf = ctx;
	struct vane_vf *vf;
	int err = 0;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	if (vf)
		err = vane_vf_ops_start_over(pf, index, vf);
	mutex_unlock(&pf->lock);
	/* The VF may be being disabled */
	if (err && err != -ENOENT && vane_vf_ops_may_log(pf, index))
		pci_warn(pf->vdev.pdev, "VF %u: cannot restore its configuration after a reset: %pe\n",
			 index, ERR_PTR(err));
}

static void vane_vf_ops_queue_error(void *ctx, u16 index, u16 error, u16 queue)
{
	struct vane_pf *pf = ctx;

	mutex_lock(&pf->lock);
	if (vane_vf_get(pf, index)) {
		vane_mdd_note_error(pf, index, error, queue);
		vane_health_report_vf(pf, index);
	}
	mutex_unlock(&pf->lock);
	if (vane_vf_ops_may_log(pf, index))
		pci_warn(pf->vdev.pdev, "VF %u: %s queue %u stopped by error %u of its driver\n",
			 index, queue & VANE_RQ_QUEUE_TX ? "transmit" : "receive",
			 queue & ~VANE_RQ_QUEUE_TX, error);
}

static void vane_vf_ops_count_refusal(struct vane_pf *pf, u16 index)
{
	struct vane_vf *vf;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	if (vf)
		vf->mdd.refusals++;
	mutex_unlock(&pf->lock);
}

static void vane_vf_ops_refused(void *ctx, u16 index, const char *name, u16 op,
				int err)
{
	struct vane_pf *pf = ctx;
	struct pci_dev *pdev = pf->vdev.pdev;

	/* This is how a VF learns that the PF has a new driver; not worth a line */
	if (err == -EAGAIN)
		goto forget_reason;
	vane_vf_ops_count_refusal(pf, index);
	if (vane_vf_ops_may_log(pf, index)) {
		if (!name)
			pci_warn(pdev, "VF %u: refused request %u: %pe\n",
				 index, op, ERR_PTR(err));
		else if (*pf->refusal)
			pci_warn(pdev, "VF %u: refused to %s: %s\n", index,
				 name, pf->refusal);
		else
			pci_warn(pdev, "VF %u: refused to %s: %pe\n", index,
				 name, ERR_PTR(err));
	}
forget_reason:
	*pf->refusal = 0;
}

const struct vane_mbox_pf_ops vane_vf_ops = {
	.table = vf_handlers,
	.table_len = ARRAY_SIZE(vf_handlers),
	.peer = vane_vf_ops_peer,
	.reset = vane_vf_ops_reset,
	.queue_error = vane_vf_ops_queue_error,
	.refused = vane_vf_ops_refused,
};

/**
 * vane_vf_ops_serve_work() - serve the VFs' mailboxes
 * @work: vane_pf.serve_work
 *
 * Context: Work item of vane_pf.wq; may sleep. Takes vane_pf.lock, and none
 * above it.
 */
void vane_vf_ops_serve_work(struct work_struct *work)
{
	struct vane_pf *pf = container_of(work, struct vane_pf, serve_work);

	if (vane_mbox_pf_serve(&pf->mbox, VANE_SERVE_BUDGET) ==
	    VANE_SERVE_BUDGET)
		queue_work(pf->wq, &pf->serve_work);
}
