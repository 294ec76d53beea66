// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: the switch: its mode, the VIFs of the functions, VIF lists,
 * VLAN trunk lists.
 */
#include <linux/if_bridge.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/netlink.h>

#include "pf.h"

static void pf_port_batch(struct vane_pf *pf, struct vane_mbox_batch *batch,
			  u32 valid)
{
	struct vane_cmd_port cmd = {
		.port = cpu_to_le16(VANE_PORT_PF),
		.valid = cpu_to_le32(valid),
		.vif = cpu_to_le16(pf->vif),
		.flags = cpu_to_le32(VANE_PORT_FLAG_LINK),
	};

	ether_addr_copy(cmd.mac, pf->mac);
	vane_mbox_batch_add(batch, VANE_CMD_PORT_SET, &cmd, sizeof(cmd), NULL,
			    0);
}

static void mode_batch(struct vane_mbox_batch *batch,
		       enum vane_switch_mode mode)
{
	const struct vane_cmd_switch cmd = { .mode = cpu_to_le32(mode) };

	vane_mbox_batch_add(batch, VANE_CMD_SWITCH_SET, &cmd, sizeof(cmd),
			    NULL, 0);
}

static void list_batch(struct vane_mbox_batch *batch,
		       const struct vane_cmd_vif_list *list)
{
	vane_mbox_batch_add(batch, VANE_CMD_VIF_LIST_SET, list, sizeof(*list),
			    NULL, 0);
}

/**
 * vane_switch_refresh_carrier() - let the PF's netdev have carrier, or not
 * @pf: the PF
 *
 * Without a VIF in VN-Tag mode it can neither send nor receive. rtnl.
 */
void vane_switch_refresh_carrier(struct vane_pf *pf)
{
	bool ready;

	mutex_lock(&pf->lock);
	ready = pf->mode != VANE_SWITCH_VNTAG || pf->vif;
	mutex_unlock(&pf->lock);
	vane_net_set_ready(pf->vdev.net, ready);
}

/* Frames of a VF may pass or not by the mode: configure its port anew */
static int change_mode(struct vane_pf *pf, enum vane_switch_mode mode)
{
	struct vane_mbox_batch batch;
	u16 i;

	lockdep_assert_held(&pf->lock);

	/* vane_bridge_getlink() takes no lock */
	WRITE_ONCE(pf->mode, mode);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	mode_batch(&batch, mode);
	for (i = 0; i < pf->num_vfs; i++) {
		vane_vf_port_batch(pf, &batch, i, VANE_PORT_VALID_FLAGS);
		vane_vf_status_batch(pf, &batch, i, VANE_EVENT_STATUS);
	}
	return vane_pf_batch_end(pf, &batch);
}

static u64 mode_feature(enum vane_switch_mode mode)
{
	switch (mode) {
	case VANE_SWITCH_VEB:
		return VANE_FEAT_VEB;
	case VANE_SWITCH_VEPA:
		return VANE_FEAT_VEPA;
	case VANE_SWITCH_VNTAG:
		return VANE_FEAT_VNTAG;
	default:
		return 0;
	}
}

static int set_mode(struct vane_pf *pf, enum vane_switch_mode mode,
		    struct netlink_ext_ack *extack)
{
	enum vane_switch_mode old_mode = pf->mode;
	int err;

	lockdep_assert_held(&pf->lock);

	if (!(pf->vdev.features & mode_feature(mode))) {
		NL_SET_ERR_MSG(extack, "The device does not offer this mode");
		return -EOPNOTSUPP;
	}
	if (mode == old_mode)
		return 0;
	err = change_mode(pf, mode);
	if (err) {
		NL_SET_ERR_MSG(extack, "The device refused the mode");
		change_mode(pf, old_mode);
	}
	return err;
}

/**
 * vane_switch_set_mode() - set how frames find their way
 * @pf: the PF
 * @mode: VANE_SWITCH_VEB, VANE_SWITCH_VEPA or VANE_SWITCH_VNTAG
 * @extack: where an error is explained
 *
 * rtnl.
 *
 * Return: 0 or an errno, nothing being changed.
 */
int vane_switch_set_mode(struct vane_pf *pf, enum vane_switch_mode mode,
			 struct netlink_ext_ack *extack)
{
	int err;

	mutex_lock(&pf->lock);
	err = set_mode(pf, mode, extack);
	mutex_unlock(&pf->lock);
	if (!err)
		vane_switch_refresh_carrier(pf);
	return err;
}

/**
 * vane_bridge_getlink() - ndo_bridge_getlink of the PF
 * @skb: message
 * @pid: port id of who asks
 * @seq: sequence number of the request
 * @netdev: the PF's
 * @filter_mask: what else is asked for
 * @nlflags: flags of the message
 *
 * VN-Tag mode is none that a bridge has, so that there is none to tell. In an
 * RCU read-side section, where nothing may sleep.
 *
 * Return: 0 or an errno.
 */
int vane_bridge_getlink(struct sk_buff *skb, u32 pid, u32 seq,
			struct net_device *netdev, u32 filter_mask,
			int nlflags)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	u16 mode = BRIDGE_MODE_UNDEF;

	switch (READ_ONCE(pf->mode)) {
	case VANE_SWITCH_VEB:
		mode = BRIDGE_MODE_VEB;
		break;
	case VANE_SWITCH_VEPA:
		mode = BRIDGE_MODE_VEPA;
		break;
	default:
		break;
	}
	return ndo_dflt_bridge_getlink(skb, pid, seq, netdev, mode, 0, 0,
				       nlflags, filter_mask, NULL);
}

/**
 * vane_bridge_setlink() - ndo_bridge_setlink of the PF
 * @netdev: the PF's
 * @nlh: request
 * @flags: BRIDGE_FLAGS_*
 * @extack: where an error is explained
 *
 * Return: 0 or an errno, nothing being changed.
 */
int vane_bridge_setlink(struct net_device *netdev, struct nlmsghdr *nlh,
			u16 flags, struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = vane_pf_of_netdev(netdev);
	const struct nlattr *spec, *attr;
	enum vane_switch_mode mode;
	int err;

	spec = nlmsg_find_attr(nlh, sizeof(struct ifinfomsg), IFLA_AF_SPEC);
	attr = spec ? nla_find_nested(spec, IFLA_BRIDGE_MODE) : NULL;
	if (!attr) {
		NL_SET_ERR_MSG(extack, "Nothing but hwmode can be set");
		return -EOPNOTSUPP;
	}
	if (nla_len(attr) < sizeof(u16)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "The mode is cut short");
		return -EINVAL;
	}
	switch (nla_get_u16(attr)) {
	case BRIDGE_MODE_VEB:
		mode = VANE_SWITCH_VEB;
		break;
	case BRIDGE_MODE_VEPA:
		mode = VANE_SWITCH_VEPA;
		break;
	default:
		NL_SET_ERR_MSG_ATTR(extack, attr, "hwmode is veb or vepa");
		return -EINVAL;
	}

	/* Neither of the two modes needs a VIF: the carrier stays */
	mutex_lock(&pf->lock);
	if (pf->mode == VANE_SWITCH_VNTAG) {
		NL_SET_ERR_MSG(extack,
			       "The switch is in VN-Tag mode, which vanectl mode ends");
		err = -EBUSY;
	} else {
		err = set_mode(pf, mode, extack);
	}
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_switch_get_filters() - entries of the switch's filter table in use
 * @pf: the PF
 * @used: how many
 *
 * Return: 0 or an errno.
 */
int vane_switch_get_filters(struct vane_pf *pf, u32 *used)
{
	const struct vane_cmd_switch ask = {};
	struct vane_cmd_switch answer;
	int err;

	err = vane_pf_command(pf, VANE_CMD_SWITCH_GET, &ask, sizeof(ask),
			      &answer, sizeof(answer));
	if (!err)
		*used = le32_to_cpu(answer.filters);
	return err;
}

/* Another function that has the VIF: explained in @extack */
static bool vif_taken(struct vane_pf *pf, u16 port, u16 vif,
		      struct netlink_ext_ack *extack)
{
	u16 i;

	if (!vif)
		return false;
	if (port != VANE_PORT_PF && pf->vif == vif) {
		NL_SET_ERR_MSG_FMT(extack, "The PF has VIF %u", vif);
		return true;
	}
	for (i = 0; i < pf->num_vfs; i++) {
		if (i == port || pf->vfs[i].config.vif != vif)
			continue;
		NL_SET_ERR_MSG_FMT(extack, "VF %u has VIF %u", i, vif);
		return true;
	}
	return false;
}

static int set_pf_vif(struct vane_pf *pf, u16 vif)
{
	struct vane_mbox_batch batch;
	u16 old_vif = pf->vif;
	int err;

	pf->vif = vif;
	vane_mbox_batch_begin(&batch, &pf->mbox);
	pf_port_batch(pf, &batch, VANE_PORT_VALID_VIF);
	err = vane_pf_batch_end(pf, &batch);
	if (err)
		pf->vif = old_vif;
	return err;
}

static int set_vf_vif(struct vane_pf *pf, u16 index, u16 vif)
{
	struct vane_vf_config config = pf->vfs[index].config;

	config.vif = vif;
	return vane_vf_configure(pf, index, &config, VANE_PORT_VALID_VIF);
}

/**
 * vane_switch_set_vif() - give a function its VN-Tag virtual interface
 * @pf: the PF
 * @port: VF index or VANE_PORT_PF
 * @vif: 1 to VANE_MAX_VIF, or 0 to take it away
 * @extack: where an error is explained
 *
 * rtnl.
 *
 * Return: 0 or an errno, nothing being changed.
 */
int vane_switch_set_vif(struct vane_pf *pf, u16 port, u32 vif,
			struct netlink_ext_ack *extack)
{
	int err;

	if (vif > VANE_MAX_VIF) {
		NL_SET_ERR_MSG_FMT(extack, "VIF %u is above the limit of %u",
				   vif, VANE_MAX_VIF);
		return -ERANGE;
	}

	mutex_lock(&pf->lock);
	if (port != VANE_PORT_PF && port >= pf->num_vfs) {
		NL_SET_ERR_MSG_FMT(extack,
				   "VF %u does not exist, %u VFs are enabled",
				   port, pf->num_vfs);
		err = -ENOENT;
	} else if (vif_taken(pf, port, vif, extack)) {
		err = -EEXIST;
	} else {
		err = port == VANE_PORT_PF ? set_pf_vif(pf, vif) :
					     set_vf_vif(pf, port, vif);
		if (err)
			NL_SET_ERR_MSG(extack, "The device refused the VIF");
	}
	mutex_unlock(&pf->lock);

	if (!err && port == VANE_PORT_PF)
		vane_switch_refresh_carrier(pf);
	return err;
}

static bool list_is_empty(const struct vane_cmd_vif_list *list)
{
	return !list->pf && !memchr_inv(list->vfs, 0, sizeof(list->vfs));
}

/* Index of the last VF in the list, or -1 */
static int last_vf(const struct vane_cmd_vif_list *list)
{
	int i;

	for (i = VANE_MAX_VFS - 1; i >= 0; i--)
		if (list->vfs[i / 8] & BIT(i % 8))
			break;
	return i;
}

static int check_list(struct vane_pf *pf, const struct vane_cmd_vif_list *list,
		      struct netlink_ext_ack *extack)
{
	u16 id = le16_to_cpu(list->list);

	if (!id || id > VANE_MAX_VIF) {
		NL_SET_ERR_MSG_FMT(extack,
				   "VIF list %u is not between 1 and %u", id,
				   VANE_MAX_VIF);
		return -ERANGE;
	}
	if (list_is_empty(list)) {
		NL_SET_ERR_MSG(extack, "A VIF list needs a member");
		return -EINVAL;
	}
	if (last_vf(list) >= pf->num_vfs) {
		NL_SET_ERR_MSG_FMT(extack,
				   "VF %d does not exist, %u VFs are enabled",
				   last_vf(list), pf->num_vfs);
		return -ENOENT;
	}
	if (pf->num_vif_lists >= pf->limit_vif_lists &&
	    !xa_load(&pf->vif_lists, id)) {
		NL_SET_ERR_MSG_FMT(extack, "All %u VIF lists are in use",
				   pf->limit_vif_lists);
		return -ENOSPC;
	}
	return 0;
}

static int command_list(struct vane_pf *pf,
			const struct vane_cmd_vif_list *list)
{
	return vane_pf_command(pf, VANE_CMD_VIF_LIST_SET, list, sizeof(*list),
			       NULL, 0);
}

/* Keep a copy of @list in place of the one before */
static int store_list(struct vane_pf *pf, const struct vane_cmd_vif_list *list)
{
	struct vane_cmd_vif_list *copy;
	void *old;

	copy = kmemdup(list, sizeof(*list), GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	old = xa_store(&pf->vif_lists, le16_to_cpu(list->list), copy,
		       GFP_KERNEL);
	if (xa_is_err(old)) {
		kfree(copy);
		return xa_err(old);
	}
	if (!old)
		pf->num_vif_lists++;
	kfree(old);
	return 0;
}

static void erase_list(struct vane_pf *pf, u16 id)
{
	void *old = xa_erase(&pf->vif_lists, id);

	if (old)
		pf->num_vif_lists--;
	kfree(old);
}

/**
 * vane_switch_set_list() - set the members of a VIF list
 * @pf: the PF
 * @list: id and members, in place of those before
 * @extack: where an error is explained
 *
 * Return: 0 or an errno, nothing being changed.
 */
int vane_switch_set_list(struct vane_pf *pf,
			 const struct vane_cmd_vif_list *list,
			 struct netlink_ext_ack *extack)
{
	struct vane_cmd_vif_list *old;
	int err;

	mutex_lock(&pf->lock);
	err = check_list(pf, list, extack);
	if (err)
		goto unlock;
	/* The device last: its refusal is the only one left to undo nothing */
	err = xa_reserve(&pf->vif_lists, le16_to_cpu(list->list), GFP_KERNEL);
	if (err)
		goto unlock;
	old = xa_load(&pf->vif_lists, le16_to_cpu(list->list));
	err = command_list(pf, list);
	if (err)
		NL_SET_ERR_MSG(extack, "The device refused the VIF list");
	else
		err = store_list(pf, list);
	if (err && !old)
		xa_release(&pf->vif_lists, le16_to_cpu(list->list));
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_switch_del_list() - delete a VIF list
 * @pf: the PF
 * @id: its id
 * @extack: where an error is explained
 *
 * Return: 0 or an errno, nothing being changed.
 */
int vane_switch_del_list(struct vane_pf *pf, u16 id,
			 struct netlink_ext_ack *extack)
{
	const struct vane_cmd_vif_list empty = { .list = cpu_to_le16(id) };
	int err;

	mutex_lock(&pf->lock);
	if (!xa_load(&pf->vif_lists, id)) {
		NL_SET_ERR_MSG_FMT(extack, "There is no VIF list %u", id);
		err = -ENOENT;
		goto unlock;
	}
	err = command_list(pf, &empty);
	if (err)
		NL_SET_ERR_MSG(extack, "The device refused");
	else
		erase_list(pf, id);
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

static int check_trunk(struct vane_pf *pf, u16 index, const u8 *vids,
		       struct netlink_ext_ack *extack)
{
	if (!(pf->vdev.features & VANE_FEAT_TRUNK)) {
		NL_SET_ERR_MSG(extack, "The device has no trunk lists");
		return -EOPNOTSUPP;
	}
	if (!vane_vf_get(pf, index)) {
		NL_SET_ERR_MSG_FMT(extack,
				   "VF %u does not exist, %u VFs are enabled",
				   index, pf->num_vfs);
		return -ENOENT;
	}
	if (vids && vids[VANE_TRUNK_BYTES - 1] & BIT(7)) {
		NL_SET_ERR_MSG_FMT(extack, "VLAN %u is above the limit of %u",
				   VLAN_N_VID - 1, VLAN_N_VID - 2);
		return -ERANGE;
	}
	return 0;
}

static int command_trunk(struct vane_pf *pf, u16 index)
{
	struct vane_mbox_batch batch;

	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_vf_trunk_batch(pf, &batch, index);
	return vane_pf_batch_end(pf, &batch);
}

/* Whether the VF's list counts */
static int use_trunk(struct vane_pf *pf, u16 index, bool use)
{
	struct vane_vf_config config = pf->vfs[index].config;

	if (config.trunk == use)
		return 0;
	config.trunk = use;
	return vane_vf_configure(pf, index, &config, VANE_PORT_VALID_FLAGS);
}

/**
 * vane_switch_set_trunk() - set the VLANs that a VF may use
 * @pf: the PF
 * @index: index of the VF
 * @vids: bitmap of VANE_TRUNK_BYTES, in place of the one before
 * @extack: where an error is explained
 *
 * Return: 0 or an errno, nothing being changed.
 */
int vane_switch_set_trunk(struct vane_pf *pf, u16 index, const u8 *vids,
			  struct netlink_ext_ack *extack)
{
	u8 old[VANE_TRUNK_BYTES];
	struct vane_vf *vf;
	int err;

	mutex_lock(&pf->lock);
	err = check_trunk(pf, index, vids, extack);
	if (err)
		goto unlock;
	vf = &pf->vfs[index];
	memcpy(old, vf->trunk, sizeof(old));
	memcpy(vf->trunk, vids, sizeof(vf->trunk));
	/* The list before it counts */
	err = command_trunk(pf, index);
	if (!err)
		err = use_trunk(pf, index, true);
	if (err) {
		NL_SET_ERR_MSG(extack, "The device refused the trunk list");
		memcpy(vf->trunk, old, sizeof(vf->trunk));
		command_trunk(pf, index);
	}
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_switch_del_trunk() - let a VF use every VLAN
 * @pf: the PF
 * @index: index of the VF
 * @extack: where an error is explained
 *
 * Return: 0 or an errno, nothing being changed.
 */
int vane_switch_del_trunk(struct vane_pf *pf, u16 index,
			  struct netlink_ext_ack *extack)
{
	int err;

	mutex_lock(&pf->lock);
	err = check_trunk(pf, index, NULL, extack);
	if (err)
		goto unlock;
	err = use_trunk(pf, index, false);
	if (err)
		NL_SET_ERR_MSG(extack, "The device refused");
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_switch_drop_vfs() - take VFs that are gone out of the VIF lists
 * @pf: the PF
 */
void vane_switch_drop_vfs(struct vane_pf *pf)
{
	struct vane_cmd_vif_list *list;
	struct vane_mbox_batch batch;
	unsigned long id;

	mutex_lock(&pf->lock);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	xa_for_each(&pf->vif_lists, id, list) {
		if (last_vf(list) < 0)
			continue;
		memset(list->vfs, 0, sizeof(list->vfs));
		list_batch(&batch, list);
		if (list_is_empty(list))
			erase_list(pf, id);
	}
	vane_pf_batch_end(pf, &batch);
	mutex_unlock(&pf->lock);
}

/**
 * vane_switch_replay() - configure the switch of a device that was reset
 * @pf: the PF
 * @batch: where the commands are added
 */
void vane_switch_replay(struct vane_pf *pf, struct vane_mbox_batch *batch)
{
	struct vane_cmd_vif_list *list;
	unsigned long id;

	lockdep_assert_held(&pf->lock);

	mode_batch(batch, pf->mode);
	pf_port_batch(pf, batch, VANE_PORT_VALID_MAC | VANE_PORT_VALID_VIF |
				 VANE_PORT_VALID_FLAGS);
	xa_for_each(&pf->vif_lists, id, list)
		list_batch(batch, list);
}

static int adopt_lists(struct vane_pf *pf)
{
	struct vane_cmd_vif_list list = {};
	u16 id = 0;
	int err;

	while (id < VANE_MAX_VIF) {
		memset(&list, 0, sizeof(list));
		list.list = cpu_to_le16(id + 1);
		err = vane_pf_command(pf, VANE_CMD_VIF_LIST_GET, &list,
				      sizeof(list), &list, sizeof(list));
		if (err == -ENOENT)
			return 0;
		if (err)
			return err;
		/* Ids go up, or this would not end */
		if (le16_to_cpu(list.list) <= id)
			return -EPROTO;
		id = le16_to_cpu(list.list);
		err = store_list(pf, &list);
		if (err)
			return err;
	}
	return 0;
}

/**
 * vane_switch_adopt() - learn how a former driver left the switch
 * @pf: the PF, whose mailbox is started
 *
 * Return: 0 or an errno.
 */
int vane_switch_adopt(struct vane_pf *pf)
{
	struct vane_cmd_port port = { .port = cpu_to_le16(VANE_PORT_PF) };
	const struct vane_cmd_switch ask = {};
	struct vane_cmd_switch answer;
	struct vane_mbox_batch batch;
	int err;

	mutex_lock(&pf->lock);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_mbox_batch_add(&batch, VANE_CMD_SWITCH_GET, &ask, sizeof(ask),
			    &answer, sizeof(answer));
	vane_mbox_batch_add(&batch, VANE_CMD_PORT_GET, &port, sizeof(port),
			    &port, sizeof(port));
	err = vane_pf_batch_end(pf, &batch);
	if (err)
		goto unlock;
	WRITE_ONCE(pf->mode, le32_to_cpu(answer.mode));
	pf->vif = le16_to_cpu(port.vif);

	err = adopt_lists(pf);
	if (err)
		goto unlock;
	vane_mbox_batch_begin(&batch, &pf->mbox);
	pf_port_batch(pf, &batch, VANE_PORT_VALID_MAC | VANE_PORT_VALID_FLAGS);
	err = vane_pf_batch_end(pf, &batch);
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_switch_release() - forget the VIF lists
 * @pf: the PF
 */
void vane_switch_release(struct vane_pf *pf)
{
	struct vane_cmd_vif_list *list;
	unsigned long id;

	xa_for_each(&pf->vif_lists, id, list)
		kfree(list);
	xa_destroy(&pf->vif_lists);
}
