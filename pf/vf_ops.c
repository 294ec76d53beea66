// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: what a VF may ask for. The trust boundary.
 *
 * Requests come from guests. Their lengths and their sender's state were
 * checked by the dispatcher; every value in them is checked here.
 *
 * This runs while SR-IOV is being enabled and disabled: it takes no lock but
 * vane_pf.lock.
 */
#include <linux/etherdevice.h>

#include "pf.h"

/* Messages served before other work items get their turn */
#define VANE_SERVE_BUDGET		64

/* The part of the filters that is not shared out: one in so many */
#define VANE_FILTER_POOL		4

/* Addresses that each function may have, its station MAC not counted */
static u32 filter_share(const struct vane_pf *pf)
{
	u32 shared = pf->limit_filters - pf->limit_filters / VANE_FILTER_POOL;

	return shared / (pf->num_vfs + 1) - 1;
}

static u32 filter_excess(const struct vane_addr_set *addrs, u32 share)
{
	return addrs->count > share ? addrs->count - share : 0;
}

/**
 * vane_filter_limit() - addresses that a function may ask for
 * @pf: the PF
 * @port: VF index or VANE_PORT_PF
 *
 * Nobody can use up the table: most of it is shared out equally. The rest is for
 * those who are trusted, whoever comes first.
 *
 * Return: how many.
 */
u32 vane_filter_limit(const struct vane_pf *pf, u16 port)
{
	u32 pool = pf->limit_filters / VANE_FILTER_POOL;
	u32 share = filter_share(pf);
	u32 taken = 0;
	u16 i;

	lockdep_assert_held(&pf->lock);

	if (port != VANE_PORT_PF) {
		if (!pf->vfs[port].config.trusted)
			return share;
		taken = filter_excess(&pf->addrs, share);
	}
	for (i = 0; i < pf->num_vfs; i++)
		if (i != port)
			taken += filter_excess(&pf->vfs[i].addrs, share);
	return taken < pool ? share + pool - taken : share;
}

/* A VF that was reset is as it was when it was made. */
static int start_over(struct vane_pf *pf, u16 index, struct vane_vf *vf)
{
	bool own_mac = !ether_addr_equal(vf->mac, vf->config.mac);
	struct vane_mbox_batch batch;

	vane_vf_forget(vf);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	if (own_mac)
		vane_vf_port_batch(pf, &batch, index, VANE_PORT_VALID_MAC);
	vane_vf_status_batch(pf, &batch, index, VANE_EVENT_STATUS);
	return vane_pf_batch_end(pf, &batch);
}

static int negotiate(void *ctx, u16 index, const void *req, void *rsp)
{
	const struct vane_mbox_negotiate_req *ask = req;
	struct vane_mbox_negotiate_rsp *answer = rsp;
	struct vane_cmd_target target = { .port = cpu_to_le16(index) };
	struct vane_mbox_batch batch;
	struct vane_pf *pf = ctx;
	struct vane_vf *vf;
	int err = 0;
	u16 limit;

	if (le16_to_cpu(ask->abi_major) != VANE_ABI_MAJOR_VERSION)
		return -EOPNOTSUPP;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	if (!vf) {
		err = -ENOENT;
		goto unlock;
	}

	/* A new driver knows nothing of what the last one asked for */
	vane_addr_clear(&vf->addrs);
	vf->rx_mode = 0;
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_mbox_batch_add(&batch, VANE_CMD_FILTER_CLEAR, &target,
			    sizeof(target), NULL, 0);
	vane_vf_status_batch(pf, &batch, index, VANE_EVENT_STATUS);
	err = vane_pf_batch_end(pf, &batch);
	if (err)
		goto unlock;

	answer->abi_major = cpu_to_le16(VANE_ABI_MAJOR_VERSION);
	answer->abi_minor = cpu_to_le16(min_t(u16, VANE_ABI_MINOR_VERSION,
					      le16_to_cpu(ask->abi_minor)));
	answer->caps = ask->caps & cpu_to_le32(VANE_MBOX_CAP_FILTERS |
					       VANE_MBOX_CAP_VLAN);
	ether_addr_copy(answer->mac, vf->mac);
	answer->queues = cpu_to_le16(vf->config.queues);
	answer->vectors = cpu_to_le16(vf->config.vectors);
	limit = min_t(u32, U16_MAX, vane_filter_limit(pf, index));
	answer->max_filters = cpu_to_le16(limit);
	answer->max_vlans = cpu_to_le16(VLAN_N_VID);
	answer->max_frame = cpu_to_le16(pf->vdev.limit_frame);
	vf->peer.state = VANE_MBOX_PEER_READY;
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/* Whether @mac is the PF's, or was given to a VF other than @index */
static bool belongs_to_other(struct vane_pf *pf, u16 index, const u8 *mac)
{
	u16 i;

	if (ether_addr_equal(pf->mac, mac))
		return true;
	for (i = 0; i < pf->num_vfs; i++)
		if (i != index && pf->vfs[i].config.mac_admin &&
		    ether_addr_equal(pf->vfs[i].config.mac, mac))
			return true;
	return false;
}

/*
 * Whether the VF may receive the unicast address @mac and send from it. One
 * whose MAC was administered has that one only, unless it is trusted.
 */
static bool may_use(struct vane_pf *pf, u16 index, const u8 *mac)
{
	const struct vane_vf *vf = &pf->vfs[index];

	if (vf->config.trusted || ether_addr_equal(vf->config.mac, mac))
		return true;
	return !vf->config.mac_admin && !belongs_to_other(pf, index, mac);
}

static int mac_set(void *ctx, u16 index, const void *req, void *rsp)
{
	const struct vane_mbox_mac *ask = req;
	struct vane_mbox_batch batch;
	struct vane_pf *pf = ctx;
	u8 old_mac[ETH_ALEN];
	struct vane_vf *vf;
	int err = 0;

	if (!is_valid_ether_addr(ask->mac) || ask->reserved)
		return -EINVAL;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	if (!vf) {
		err = -ENOENT;
		goto unlock;
	}
	if (!may_use(pf, index, ask->mac)) {
		err = -EPERM;
		goto unlock;
	}

	ether_addr_copy(old_mac, vf->mac);
	ether_addr_copy(vf->mac, ask->mac);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_vf_port_batch(pf, &batch, index, VANE_PORT_VALID_MAC);
	/* The reply tells the VF that it has what it asked for */
	vane_vf_status_batch(pf, &batch, index, 0);
	err = vane_pf_batch_end(pf, &batch);
	if (err)
		ether_addr_copy(vf->mac, old_mac);
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

static int check_addrs(struct vane_pf *pf, u16 index,
		       const struct vane_mbox_addrs *ask)
{
	u16 count = le16_to_cpu(ask->count);
	const u8 *mac;
	u16 i;

	if (!count || count > VANE_MBOX_MAX_ADDRS || ask->reserved)
		return -EINVAL;
	for (i = 0; i < count; i++) {
		mac = ask->addr[i];
		if (is_zero_ether_addr(mac))
			return -EINVAL;
		if (is_unicast_ether_addr(mac) && !may_use(pf, index, mac))
			return -EPERM;
	}
	return 0;
}

/* Command the device to do with the VF's filters as the VF asked */
static int command_addrs(struct vane_pf *pf, enum vane_cmd_op op, u16 index,
			 const struct vane_mbox_addrs *ask)
{
	struct vane_cmd_filter cmd = {
		.port = cpu_to_le16(index),
		.addrs.count = ask->count,
	};

	memcpy(cmd.addrs.addr, ask->addr, le16_to_cpu(ask->count) * ETH_ALEN);
	return vane_pf_command(pf, op, &cmd, sizeof(cmd), NULL, 0);
}

/* Give up the addresses that a failed request added */
static void remove_marked(struct vane_addr_set *set,
			  const struct vane_mbox_addrs *ask)
{
	struct vane_addr *addr;
	u16 i;

	for (i = 0; i < le16_to_cpu(ask->count); i++) {
		addr = vane_addr_find(set, ask->addr[i]);
		if (addr && addr->marked)
			vane_addr_remove(set, addr);
	}
}

static int add_addrs(struct vane_pf *pf, u16 index, struct vane_vf *vf,
		     const struct vane_mbox_addrs *ask)
{
	u32 limit = vane_filter_limit(pf, index);
	struct vane_addr *addr;
	int err = 0;
	u16 i;

	for (i = 0; i < le16_to_cpu(ask->count); i++) {
		if (vane_addr_find(&vf->addrs, ask->addr[i]))
			continue;
		addr = NULL;
		if (vf->addrs.count < limit)
			addr = vane_addr_add(&vf->addrs, ask->addr[i]);
		if (!addr) {
			err = -ENOSPC;
			break;
		}
		addr->marked = true;
	}
	if (!err)
		err = command_addrs(pf, VANE_CMD_FILTER_ADD, index, ask);
	if (err) {
		remove_marked(&vf->addrs, ask);
		return err;
	}

	for (i = 0; i < le16_to_cpu(ask->count); i++)
		vane_addr_find(&vf->addrs, ask->addr[i])->marked = false;
	return 0;
}

static int filter_add(void *ctx, u16 index, const void *req, void *rsp)
{
	const struct vane_mbox_addrs *ask = req;
	struct vane_pf *pf = ctx;
	struct vane_vf *vf;
	int err = -ENOENT;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	if (vf)
		err = check_addrs(pf, index, ask);
	if (!err)
		err = add_addrs(pf, index, vf, ask);
	mutex_unlock(&pf->lock);
	return err;
}

static int filter_del(void *ctx, u16 index, const void *req, void *rsp)
{
	const struct vane_mbox_addrs *ask = req;
	u16 count = le16_to_cpu(ask->count);
	struct vane_pf *pf = ctx;
	struct vane_addr *addr;
	struct vane_vf *vf;
	int err;
	u16 i;

	if (!count || count > VANE_MBOX_MAX_ADDRS || ask->reserved)
		return -EINVAL;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	if (!vf) {
		err = -ENOENT;
		goto unlock;
	}
	err = command_addrs(pf, VANE_CMD_FILTER_DEL, index, ask);
	if (err)
		goto unlock;
	for (i = 0; i < count; i++) {
		addr = vane_addr_find(&vf->addrs, ask->addr[i]);
		if (addr)
			vane_addr_remove(&vf->addrs, addr);
	}
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/*
 * Whether the VF may receive the VLAN. VLAN 0 of every netdev that filters
 * VLANs is asked for by the stack, whatever the trunk list says of it.
 */
static bool may_join(const struct vane_vf *vf, u16 vid)
{
	if (vf->config.vlan)
		return false;
	return !vid || !vf->config.trunk ||
	       vf->trunk[vid / 8] & BIT(vid % 8);
}

static int change_vlan(struct vane_pf *pf, enum vane_cmd_op op, u16 index,
		       const struct vane_mbox_vlan *ask)
{
	const struct vane_cmd_vlan cmd = {
		.port = cpu_to_le16(index),
		.vid = ask->vid,
	};
	struct vane_vf *vf;
	int err = -ENOENT;

	if (ask->reserved[0] || ask->reserved[1] || ask->reserved[2])
		return -EINVAL;
	if (le16_to_cpu(ask->vid) >= VLAN_N_VID)
		return -ERANGE;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	if (!vf)
		goto unlock;
	if (op == VANE_CMD_VLAN_ADD && !may_join(vf, le16_to_cpu(ask->vid))) {
		err = -EPERM;
		goto unlock;
	}
	err = vane_pf_command(pf, op, &cmd, sizeof(cmd), NULL, 0);
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

static int vlan_add(void *ctx, u16 index, const void *req, void *rsp)
{
	return change_vlan(ctx, VANE_CMD_VLAN_ADD, index, req);
}

static int vlan_del(void *ctx, u16 index, const void *req, void *rsp)
{
	return change_vlan(ctx, VANE_CMD_VLAN_DEL, index, req);
}

static int rx_mode(void *ctx, u16 index, const void *req, void *rsp)
{
	const struct vane_mbox_rx_mode *ask = req;
	u32 mode = le32_to_cpu(ask->mode);
	struct vane_mbox_batch batch;
	struct vane_pf *pf = ctx;
	struct vane_vf *vf;
	int err = -ENOENT;

	if (mode & ~VANE_RX_MODE_ALL || ask->reserved)
		return -EINVAL;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	if (!vf)
		goto unlock;
	if (mode & (VANE_RX_MODE_PROMISC | VANE_RX_MODE_ALLMULTI) &&
	    !vf->config.trusted) {
		err = -EPERM;
		goto unlock;
	}
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_rx_mode_batch(&batch, index, mode);
	err = vane_pf_batch_end(pf, &batch);
	if (!err)
		vf->rx_mode = mode;
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/* Mark what the VF may not have: addresses of others, and those beyond its share */
static void mark_excess(struct vane_pf *pf, u16 index)
{
	struct vane_vf *vf = &pf->vfs[index];
	u32 limit = vane_filter_limit(pf, index);
	struct vane_addr *addr;
	unsigned int bucket;
	u32 kept = 0;

	hash_for_each(vf->addrs.buckets, bucket, addr, node) {
		addr->marked = kept == limit ||
			       (is_unicast_ether_addr(addr->mac) &&
				!may_use(pf, index, addr->mac));
		kept += !addr->marked;
	}
}

/**
 * vane_vf_revoke() - take from a VF what it might not ask for any more
 * @pf: the PF
 * @index: index of the VF, whose trust or administered MAC changed
 *
 * Of a VF that has not negotiated with this driver it is not known what it has:
 * it loses all filters, and negotiates to have them again.
 */
void vane_vf_revoke(struct vane_pf *pf, u16 index)
{
	const struct vane_cmd_target target = { .port = cpu_to_le16(index) };
	struct vane_vf *vf = &pf->vfs[index];
	struct vane_mbox_batch batch;
	struct hlist_node *next;
	struct vane_addr *addr;
	unsigned int bucket;

	lockdep_assert_held(&pf->lock);

	if (vf->config.trusted)
		return;

	vane_mbox_batch_begin(&batch, &pf->mbox);
	if (vf->peer.state != VANE_MBOX_PEER_READY)
		vane_mbox_batch_add(&batch, VANE_CMD_FILTER_CLEAR, &target,
				    sizeof(target), NULL, 0);
	mark_excess(pf, index);
	vane_addr_batch(&batch, VANE_CMD_FILTER_DEL, index, &vf->addrs, true);
	hash_for_each_safe(vf->addrs.buckets, bucket, next, addr, node)
		if (addr->marked)
			vane_addr_remove(&vf->addrs, addr);
	if (vf->rx_mode & (VANE_RX_MODE_PROMISC | VANE_RX_MODE_ALLMULTI)) {
		vf->rx_mode &= ~(VANE_RX_MODE_PROMISC | VANE_RX_MODE_ALLMULTI);
		vane_rx_mode_batch(&batch, index, vf->rx_mode);
	}
	vane_pf_batch_end(pf, &batch);
}

/**
 * vane_vf_revoke_mac() - take from VFs an address that became another's
 * @pf: the PF
 * @port: whose it is now: VF index or VANE_PORT_PF
 * @mac: the address
 *
 * Trusted VFs keep it.
 */
void vane_vf_revoke_mac(struct vane_pf *pf, u16 port, const u8 *mac)
{
	u32 key = vane_addr_key(mac);
	struct vane_vf_config config;
	struct vane_vf *vf;
	u16 i;

	lockdep_assert_held(&pf->lock);

	for (i = 0; i < pf->num_vfs; i++) {
		vf = &pf->vfs[i];
		if (i == port || vf->config.trusted)
			continue;
		if (ether_addr_equal(vf->mac, mac) &&
		    !ether_addr_equal(vf->config.mac, mac)) {
			config = vf->config;
			vane_vf_configure(pf, i, &config, VANE_PORT_VALID_MAC);
		}
		if (vf->addrs.count && vane_addr_find_key(&vf->addrs, mac, key))
			vane_vf_revoke(pf, i);
	}
}

static const struct vane_mbox_handler vf_handlers[] = {
	{
		.op = VANE_MBOX_NEGOTIATE,
		.name = "negotiate",
		.req_len = sizeof(struct vane_mbox_negotiate_req),
		.rsp_len = sizeof(struct vane_mbox_negotiate_rsp),
		.state = VANE_MBOX_PEER_RESET,
		.handle = negotiate,
	}, {
		.op = VANE_MBOX_MAC_SET,
		.name = "set MAC",
		.req_len = sizeof(struct vane_mbox_mac),
		.state = VANE_MBOX_PEER_READY,
		.handle = mac_set,
	}, {
		.op = VANE_MBOX_FILTER_ADD,
		.name = "add filters",
		.req_len = sizeof(struct vane_mbox_addrs),
		.state = VANE_MBOX_PEER_READY,
		.handle = filter_add,
	}, {
		.op = VANE_MBOX_FILTER_DEL,
		.name = "delete filters",
		.req_len = sizeof(struct vane_mbox_addrs),
		.state = VANE_MBOX_PEER_READY,
		.handle = filter_del,
	}, {
		.op = VANE_MBOX_VLAN_ADD,
		.name = "add VLAN",
		.req_len = sizeof(struct vane_mbox_vlan),
		.state = VANE_MBOX_PEER_READY,
		.handle = vlan_add,
	}, {
		.op = VANE_MBOX_VLAN_DEL,
		.name = "delete VLAN",
		.req_len = sizeof(struct vane_mbox_vlan),
		.state = VANE_MBOX_PEER_READY,
		.handle = vlan_del,
	}, {
		.op = VANE_MBOX_RX_MODE,
		.name = "set receive mode",
		.req_len = sizeof(struct vane_mbox_rx_mode),
		.state = VANE_MBOX_PEER_READY,
		.handle = rx_mode,
	},
};

static struct vane_mbox_peer *vf_peer(void *ctx, u16 index)
{
	struct vane_pf *pf = ctx;
	struct vane_vf *vf;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	mutex_unlock(&pf->lock);
	/* It stays until this work item was flushed */
	return vf ? &vf->peer : NULL;
}

static void vf_reset(void *ctx, u16 index)
{
	struct vane_pf *pf = ctx;
	struct vane_vf *vf;
	int err = 0;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	if (vf)
		err = start_over(pf, index, vf);
	mutex_unlock(&pf->lock);
	/* It may be on its way out */
	if (err && err != -ENOENT)
		vane_pf_refuse(pf, "VF %u: not set up after its reset: %pe",
			       index, ERR_PTR(err));
}

static void vf_queue_error(void *ctx, u16 index, u16 error, u16 queue)
{
	struct vane_pf *pf = ctx;

	mutex_lock(&pf->lock);
	if (vane_vf_get(pf, index))
		vane_health_note_vf(pf, index, error, queue);
	mutex_unlock(&pf->lock);
	vane_pf_refuse(pf, "VF %u: %s queue %u stopped by error %u of its driver",
		       index, queue & VANE_RQ_QUEUE_TX ? "transmit" : "receive",
		       queue & ~VANE_RQ_QUEUE_TX, error);
}

static void vf_refused(void *ctx, u16 index, const char *name, u16 op, int err)
{
	struct vane_pf *pf = ctx;

	/* The way of a VF to learn that there is another PF driver now */
	if (err == -EAGAIN)
		return;
	if (name)
		vane_pf_refuse(pf, "VF %u: refused to %s: %pe", index, name,
			       ERR_PTR(err));
	else
		vane_pf_refuse(pf, "VF %u: refused request %u: %pe", index,
			       op, ERR_PTR(err));
}

const struct vane_mbox_pf_ops vane_vf_ops = {
	.table = vf_handlers,
	.table_len = ARRAY_SIZE(vf_handlers),
	.peer = vf_peer,
	.reset = vf_reset,
	.queue_error = vf_queue_error,
	.refused = vf_refused,
};

/**
 * vane_serve_work() - serve the VFs' mailboxes
 * @work: vane_pf.serve_work
 */
void vane_serve_work(struct work_struct *work)
{
	struct vane_pf *pf = container_of(work, struct vane_pf, serve_work);

	if (vane_mbox_pf_serve(&pf->mbox, VANE_SERVE_BUDGET) ==
	    VANE_SERVE_BUDGET)
		queue_work(pf->wq, &pf->serve_work);
}
