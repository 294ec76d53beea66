// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: the switch: its mode, the channels of the functions and lists
 * of them, VLAN trunk lists.
 */
#include <linux/bitfield.h>
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/slab.h>

#include "channel.h"
#include "command.h"
#include "pf.h"
#include "switch.h"
#include "vf.h"

static void vane_switch_pf_port_batch(struct vane_pf *pf,
				      struct vane_mbox_batch *batch, u32 valid)
{
	struct vane_cmd_port cmd = {
		.port = cpu_to_le16(VANE_PORT_PF),
		.valid = cpu_to_le32(valid),
		.channel = cpu_to_le16(lower_16_bits(pf->sw.channel)),
		.channel_high = cpu_to_le16(upper_16_bits(pf->sw.channel)),
		.flags = cpu_to_le32(VANE_PORT_FLAG_LINK),
		.prio_map = cpu_to_le64(pf->sw.prio_map),
	};

	ether_addr_copy(cmd.mac, pf->filter.mac);
	vane_mbox_batch_add(batch, VANE_CMD_PORT_SET, &cmd, sizeof(cmd), NULL,
			    0);
}

static void vane_switch_mode_batch(struct vane_mbox_batch *batch,
				   enum vane_switch_mode mode)
{
	const struct vane_cmd_switch cmd = { .mode = cpu_to_le32(mode) };

	vane_mbox_batch_add(batch, VANE_CMD_SWITCH_SET, &cmd, sizeof(cmd),
			    NULL, 0);
}

static void vane_switch_list_batch(struct vane_mbox_batch *batch,
				   const struct vane_cmd_list *list)
{
	vane_mbox_batch_add(batch, VANE_CMD_LIST_SET, list, sizeof(*list),
			    NULL, 0);
}

/**
 * vane_switch_refresh_carrier() - set the carrier of the PF's netdev
 * @pf: the PF
 *
 * Without a channel in a mode with tags it can neither send nor receive.
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 */
void vane_switch_refresh_carrier(struct vane_pf *pf)
{
	bool ready;

	mutex_lock(&pf->lock);
	ready = vane_vf_channel_passes(pf->sw.mode, pf->sw.channel);
	mutex_unlock(&pf->lock);
	vane_net_set_ready(pf->vdev.net, ready);
}

/* The mode decides whether frames of a VF pass: configure its port again */
static int vane_switch_change_mode(struct vane_pf *pf,
				   enum vane_switch_mode mode)
{
	struct vane_mbox_batch batch;
	int err;
	u16 i;

	lockdep_assert_held(&pf->lock);

	/* ndo_bridge_getlink takes no lock */
	WRITE_ONCE(pf->sw.mode, mode);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_switch_mode_batch(&batch, mode);
	for (i = 0; i < pf->num_vfs; i++)
		vane_vf_port_batch(pf, &batch, i, VANE_PORT_VALID_FLAGS);
	err = vane_command_batch_end(pf, &batch);
	return err ?: vane_vf_send_status(pf, true);
}

static u64 vane_switch_mode_feature(enum vane_switch_mode mode)
{
	switch (mode) {
	case VANE_SWITCH_VEB:
		return VANE_FEAT_VEB;
	case VANE_SWITCH_VEPA:
		return VANE_FEAT_VEPA;
	case VANE_SWITCH_VNTAG:
		return VANE_FEAT_VNTAG;
	case VANE_SWITCH_ETAG:
		return VANE_FEAT_ETAG;
	default:
		return 0;
	}
}

/* Whether the mode's tag can name all channels, explained in @extack if not */
static bool vane_switch_channels_fit(struct vane_pf *pf,
				     enum vane_switch_mode mode,
				     struct netlink_ext_ack *extack)
{
	u16 i;

	if (mode != VANE_SWITCH_VNTAG)
		return true;
	if (!vane_channel_fits_vntag(pf->sw.channel, VANE_PORT_PF, extack))
		return false;
	for (i = 0; i < pf->num_vfs; i++)
		if (!vane_channel_fits_vntag(vane_vf_highest_channel(&pf->vfs[i]),
					     i, extack))
			return false;
	return vane_channel_grants_fit_vntag(pf, extack);
}

/**
 * vane_switch_try_mode() - set the mode of the switch, without the carrier
 * @pf: the PF
 * @mode: enum vane_switch_mode
 * @extack: where an error is explained
 *
 * Context: vane_pf.lock held. May sleep.
 * Return: 0 or an errno, nothing being changed.
 */
int vane_switch_try_mode(struct vane_pf *pf, enum vane_switch_mode mode,
			 struct netlink_ext_ack *extack)
{
	enum vane_switch_mode old_mode = pf->sw.mode;
	int err;

	lockdep_assert_held(&pf->lock);

	if (!(pf->vdev.features & vane_switch_mode_feature(mode))) {
		NL_SET_ERR_MSG(extack, "The device does not offer this mode");
		return -EOPNOTSUPP;
	}
	if (mode == old_mode)
		return 0;
	if (!vane_switch_channels_fit(pf, mode, extack))
		return -ERANGE;
	err = vane_switch_change_mode(pf, mode);
	if (err) {
		err = vane_command_explain(pf, extack, err, "set the mode");
		vane_switch_change_mode(pf, old_mode);
	}
	return err;
}

/**
 * vane_switch_set_mode() - set the mode of the switch
 * @pf: the PF
 * @mode: enum vane_switch_mode
 * @extack: where an error is explained
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno, nothing being changed.
 */
int vane_switch_set_mode(struct vane_pf *pf, enum vane_switch_mode mode,
			 struct netlink_ext_ack *extack)
{
	int err;

	mutex_lock(&pf->lock);
	err = vane_switch_try_mode(pf, mode, extack);
	mutex_unlock(&pf->lock);
	if (!err)
		vane_switch_refresh_carrier(pf);
	return err;
}

/**
 * vane_switch_get_filters() - entries of the switch's filter table in use
 * @pf: the PF
 * @used: how many
 *
 * Context: Process context; sleeps.
 * Return: 0 or an errno.
 */
int vane_switch_get_filters(struct vane_pf *pf, u32 *used)
{
	const struct vane_cmd_switch req = {};
	struct vane_cmd_switch answer;
	int err;

	err = vane_command(pf, VANE_CMD_SWITCH_GET, &req, sizeof(req), &answer,
			   sizeof(answer));
	if (!err)
		*used = le32_to_cpu(answer.filters);
	return err;
}

/**
 * vane_switch_get_tag_drops() - frames from the uplink dropped for their tag
 * @pf: the PF
 * @counters: by enum vane_tag_stat
 *
 * Context: Process context; sleeps.
 * Return: 0, -EOPNOTSUPP if the device does not count them, or another errno.
 */
int vane_switch_get_tag_drops(struct vane_pf *pf,
			      u64 counters[VANE_TAG_STAT_COUNT])
{
	__le64 answer[VANE_TAG_STAT_COUNT];
	unsigned int i;
	int err;

	if (!(pf->vdev.features & VANE_FEAT_ETAG))
		return -EOPNOTSUPP;
	err = vane_command(pf, VANE_CMD_TAG_STATS_GET, NULL, 0, answer,
			   sizeof(answer));
	if (err)
		return err;
	for (i = 0; i < VANE_TAG_STAT_COUNT; i++)
		counters[i] = le64_to_cpu(answer[i]);
	return 0;
}

/**
 * vane_switch_pack_prios() - make a map of priorities as the device has it
 * @pf: the PF
 * @prios: VANE_PRIOS priorities
 * @prio_map: where it goes
 * @extack: where an error is explained
 *
 * Context: Any.
 * Return: 0 or an errno.
 */
int vane_switch_pack_prios(struct vane_pf *pf, const u8 *prios, u64 *prio_map,
			   struct netlink_ext_ack *extack)
{
	unsigned int i;

	if (!(pf->vdev.features & VANE_FEAT_ETAG)) {
		NL_SET_ERR_MSG(extack, "The device has no E-Tag mode");
		return -EOPNOTSUPP;
	}
	*prio_map = 0;
	for (i = 0; i < VANE_PRIOS; i++) {
		if (prios[i] >= VANE_PRIOS) {
			NL_SET_ERR_MSG_FMT(extack,
					   "Priority %u is above the limit of %u",
					   prios[i], VANE_PRIOS - 1);
			return -ERANGE;
		}
		*prio_map |= (u64)prios[i] << 4 * i;
	}
	return 0;
}

static int vane_switch_configure_pf(struct vane_pf *pf, u32 channel,
				    u64 prio_map, u32 valid)
{
	u64 old_prio_map = pf->sw.prio_map;
	u32 old_channel = pf->sw.channel;
	struct vane_mbox_batch batch;
	int err;

	pf->sw.channel = channel;
	pf->sw.prio_map = prio_map;
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_switch_pf_port_batch(pf, &batch, valid);
	err = vane_command_batch_end(pf, &batch);
	if (err) {
		pf->sw.channel = old_channel;
		pf->sw.prio_map = old_prio_map;
	}
	return err;
}

static int vane_switch_configure_vf(struct vane_pf *pf, u16 index, u32 channel,
				    u64 prio_map, u32 valid)
{
	struct vane_vf_config config = pf->vfs[index].config;

	config.channel = channel;
	config.prio_map = prio_map;
	return vane_vf_configure(pf, index, &config, valid);
}

/* Whether this can be set of the VF */
static int vane_switch_check_vf(struct vane_pf *pf, u16 index,
				const struct vane_switch_port *wanted,
				struct netlink_ext_ack *extack)
{
	int err = 0;

	if (!vane_vf_find(pf, index, extack))
		return -ENOENT;
	if (wanted->has_channel)
		err = vane_vf_check_held(pf, index, VANE_HOLDS_CHANNEL, extack);
	if (!err && wanted->prio_map)
		err = vane_vf_check_held(pf, index, VANE_HOLDS_PRIOS, extack);
	return err;
}

static int vane_switch_change_port(struct vane_pf *pf, u16 port,
				   const struct vane_switch_port *wanted,
				   struct netlink_ext_ack *extack)
{
	bool is_pf = port == VANE_PORT_PF;
	u64 prio_map;
	u32 channel;
	u32 valid = 0;
	int err;

	if (!is_pf) {
		err = vane_switch_check_vf(pf, port, wanted, extack);
		if (err)
			return err;
	}
	channel = is_pf ? pf->sw.channel : pf->vfs[port].config.channel;
	prio_map = is_pf ? pf->sw.prio_map : pf->vfs[port].config.prio_map;
	if (wanted->has_channel) {
		channel = wanted->channel;
		valid |= VANE_PORT_VALID_CHANNEL;
		err = vane_channel_check(pf, port, channel, extack);
		if (err)
			return err;
	}
	if (wanted->prio_map) {
		valid |= VANE_PORT_VALID_PRIO_MAP;
		err = vane_switch_pack_prios(pf, wanted->prio_map, &prio_map,
					     extack);
		if (err)
			return err;
	}
	err = is_pf ? vane_switch_configure_pf(pf, channel, prio_map, valid) :
		      vane_switch_configure_vf(pf, port, channel, prio_map,
					       valid);
	if (err)
		err = vane_command_explain(pf, extack, err,
					   "set the channel or priorities");
	return err;
}

/**
 * vane_switch_set_port() - set the channel of a function, its priorities, or both
 * @pf: the PF
 * @port: VF index or VANE_PORT_PF
 * @wanted: what is to be set
 * @extack: where an error is explained
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno, nothing being changed.
 */
int vane_switch_set_port(struct vane_pf *pf, u16 port,
			 const struct vane_switch_port *wanted,
			 struct netlink_ext_ack *extack)
{
	int err;

	mutex_lock(&pf->lock);
	err = vane_switch_change_port(pf, port, wanted, extack);
	mutex_unlock(&pf->lock);

	if (!err && port == VANE_PORT_PF)
		vane_switch_refresh_carrier(pf);
	return err;
}

/**
 * vane_switch_check_list_id() - whether there can be such a list of channels
 * @pf: the PF
 * @id: id as it came from outside
 * @extack: where an error is explained
 *
 * Context: Any.
 * Return: 0 or -ERANGE.
 */
int vane_switch_check_list_id(struct vane_pf *pf, u32 id,
			      struct netlink_ext_ack *extack)
{
	if (id && id <= VANE_MAX_VIF)
		return 0;
	if (!(pf->vdev.features & VANE_FEAT_ETAG)) {
		NL_SET_ERR_MSG_FMT(extack, "List %u is not between 1 and %u",
				   id, VANE_MAX_VIF);
		return -ERANGE;
	}
	if (FIELD_GET(VANE_LIST_GROUP, id) &&
	    !(id & ~(VANE_LIST_GROUP | VANE_LIST_ECID)))
		return 0;
	NL_SET_ERR_MSG_FMT(extack,
			   "List %u is not 1 to %u (VN-Tag) or %u to %u (E-Tag)",
			   id, VANE_MAX_VIF,
			   (u32)FIELD_PREP(VANE_LIST_GROUP, 1),
			   VANE_LIST_GROUP | VANE_LIST_ECID);
	return -ERANGE;
}

static bool vane_switch_list_is_empty(const struct vane_cmd_list *list)
{
	return !list->pf && !memchr_inv(list->vfs, 0, sizeof(list->vfs));
}

/* Index of the last VF in the list, or -1 */
static int vane_switch_last_vf(const struct vane_cmd_list *list)
{
	int i;

	for (i = VANE_MAX_VFS - 1; i >= 0; i--)
		if (list->vfs[i / 8] & BIT(i % 8))
			break;
	return i;
}

static int vane_switch_check_list(struct vane_pf *pf,
				  const struct vane_cmd_list *list,
				  struct netlink_ext_ack *extack)
{
	u32 id = vane_switch_list_id(list);
	int err;

	err = vane_switch_check_list_id(pf, id, extack);
	if (err)
		return err;
	if (vane_switch_list_is_empty(list)) {
		NL_SET_ERR_MSG(extack, "A list needs at least one member");
		return -EINVAL;
	}
	if (vane_switch_last_vf(list) >= pf->num_vfs) {
		NL_SET_ERR_MSG_FMT(extack,
				   "VF %d does not exist, %u VFs are enabled",
				   vane_switch_last_vf(list), pf->num_vfs);
		return -ENOENT;
	}
	if (pf->sw.num_lists >= pf->sw.limit_lists &&
	    !xa_load(&pf->sw.lists, id)) {
		NL_SET_ERR_MSG_FMT(extack, "All %u lists are in use, delete one first",
				   pf->sw.limit_lists);
		return -ENOSPC;
	}
	return 0;
}

static int vane_switch_command_list(struct vane_pf *pf,
				    const struct vane_cmd_list *list)
{
	return vane_command(pf, VANE_CMD_LIST_SET, list, sizeof(*list),
			    NULL, 0);
}

/* Have room for a list, so that storing it cannot fail */
static struct vane_cmd_list *
vane_switch_prepare_list(struct vane_pf *pf,
			 const struct vane_cmd_list *list)
{
	struct vane_cmd_list *copy;

	copy = kmemdup(list, sizeof(*list), GFP_KERNEL);
	if (!copy)
		return NULL;
	if (xa_reserve(&pf->sw.lists, vane_switch_list_id(list), GFP_KERNEL)) {
		kfree(copy);
		return NULL;
	}
	return copy;
}

static void vane_switch_cancel_list(struct vane_pf *pf,
				    struct vane_cmd_list *copy)
{
	xa_release(&pf->sw.lists, vane_switch_list_id(copy));
	kfree(copy);
}

/* Keep @copy, which is prepared, in place of the list before */
static void vane_switch_store_list(struct vane_pf *pf,
				   struct vane_cmd_list *copy)
{
	void *old = xa_store(&pf->sw.lists, vane_switch_list_id(copy), copy,
			     GFP_KERNEL);

	if (!old)
		pf->sw.num_lists++;
	kfree(old);
}

static void vane_switch_erase_list(struct vane_pf *pf, u32 id)
{
	void *old = xa_erase(&pf->sw.lists, id);

	if (old)
		pf->sw.num_lists--;
	kfree(old);
}

/**
 * vane_switch_set_list() - set the members of a list of channels
 * @pf: the PF
 * @list: id and members, which replace the former ones
 * @extack: where an error is explained
 *
 * Context: Process context; may sleep. Takes vane_pf.lock.
 * Return: 0 or an errno, nothing being changed.
 */
int vane_switch_set_list(struct vane_pf *pf,
			 const struct vane_cmd_list *list,
			 struct netlink_ext_ack *extack)
{
	struct vane_cmd_list *copy;
	int err;

	mutex_lock(&pf->lock);
	err = vane_switch_check_list(pf, list, extack);
	if (err)
		goto unlock;
	/* First what may fail here: what the device has done stays done */
	copy = vane_switch_prepare_list(pf, list);
	if (!copy) {
		err = -ENOMEM;
		goto unlock;
	}
	err = vane_switch_command_list(pf, list);
	if (err) {
		vane_switch_cancel_list(pf, copy);
		err = vane_command_explain(pf, extack, err, "set list %u",
					   vane_switch_list_id(list));
		goto unlock;
	}
	vane_switch_store_list(pf, copy);
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_switch_del_list() - delete a list of channels
 * @pf: the PF
 * @id: its id
 * @extack: where an error is explained
 *
 * Context: Process context; may sleep. Takes vane_pf.lock.
 * Return: 0 or an errno, nothing being changed.
 */
int vane_switch_del_list(struct vane_pf *pf, u32 id,
			 struct netlink_ext_ack *extack)
{
	struct vane_cmd_list empty = {};
	int err;

	vane_switch_set_list_id(&empty, id);
	mutex_lock(&pf->lock);
	if (!xa_load(&pf->sw.lists, id)) {
		NL_SET_ERR_MSG_FMT(extack, "There is no list %u", id);
		err = -ENOENT;
		goto unlock;
	}
	err = vane_switch_command_list(pf, &empty);
	if (err)
		err = vane_command_explain(pf, extack, err,
					   "delete list %u", id);
	else
		vane_switch_erase_list(pf, id);
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

static int vane_switch_check_trunk(struct vane_pf *pf, u16 index,
				   const u8 *vids,
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
	return vane_vf_check_held(pf, index, VANE_HOLDS_TRUNK, extack);
}

static int vane_switch_command_trunk(struct vane_pf *pf, u16 index)
{
	struct vane_mbox_batch batch;

	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_vf_trunk_batch(pf, &batch, index);
	return vane_command_batch_end(pf, &batch);
}

/* Set whether the VF's list is in force */
static int vane_switch_use_trunk(struct vane_pf *pf, u16 index, bool use)
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
 * @vids: bitmap of VANE_TRUNK_BYTES, which replaces the former one
 * @extack: where an error is explained
 *
 * Context: Process context; may sleep. Takes vane_pf.lock.
 * Return: 0 or an errno, nothing being changed.
 */
int vane_switch_set_trunk(struct vane_pf *pf, u16 index, const u8 *vids,
			  struct netlink_ext_ack *extack)
{
	u8 old[VANE_TRUNK_BYTES];
	struct vane_vf *vf;
	bool was_used;
	int err;

	mutex_lock(&pf->lock);
	err = vane_switch_check_trunk(pf, index, vids, extack);
	if (err)
		goto unlock;
	vf = &pf->vfs[index];
	was_used = vf->config.trunk;
	memcpy(old, vf->trunk, sizeof(old));
	memcpy(vf->trunk, vids, sizeof(vf->trunk));
	/* The list first, then its flag */
	err = vane_switch_command_trunk(pf, index);
	if (!err)
		err = vane_switch_use_trunk(pf, index, true);
	if (!err && was_used)
		vane_vf_renegotiate(pf, index);
	if (err) {
		err = vane_command_explain(pf, extack, err,
					   "set the trunk list of VF %u", index);
		memcpy(vf->trunk, old, sizeof(vf->trunk));
		vane_switch_command_trunk(pf, index);
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
 * Context: Process context; may sleep. Takes vane_pf.lock.
 * Return: 0 or an errno, nothing being changed.
 */
int vane_switch_del_trunk(struct vane_pf *pf, u16 index,
			  struct netlink_ext_ack *extack)
{
	int err;

	mutex_lock(&pf->lock);
	err = vane_switch_check_trunk(pf, index, NULL, extack);
	if (err)
		goto unlock;
	err = vane_switch_use_trunk(pf, index, false);
	if (err)
		err = vane_command_explain(pf, extack, err,
					   "delete VF %u's trunk list",
					   index);
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_switch_drop_vfs() - remove VFs that are gone from all lists
 * @pf: the PF
 *
 * Context: Process context; may sleep. Takes vane_pf.lock.
 */
void vane_switch_drop_vfs(struct vane_pf *pf)
{
	struct vane_cmd_list *list;
	struct vane_mbox_batch batch;
	unsigned long id;

	mutex_lock(&pf->lock);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	xa_for_each(&pf->sw.lists, id, list) {
		if (vane_switch_last_vf(list) < 0)
			continue;
		memset(list->vfs, 0, sizeof(list->vfs));
		vane_switch_list_batch(&batch, list);
		if (vane_switch_list_is_empty(list))
			vane_switch_erase_list(pf, id);
	}
	vane_command_batch_end(pf, &batch);
	mutex_unlock(&pf->lock);
}

/**
 * vane_switch_replay() - restore the switch after a reset of the device
 * @pf: the PF
 * @batch: where the commands are added
 *
 * Context: vane_pf.lock held. May sleep.
 */
void vane_switch_replay(struct vane_pf *pf, struct vane_mbox_batch *batch)
{
	u32 valid = VANE_PORT_VALID_MAC | VANE_PORT_VALID_CHANNEL |
		    VANE_PORT_VALID_FLAGS;
	struct vane_cmd_list *list;
	unsigned long id;

	lockdep_assert_held(&pf->lock);

	if (pf->vdev.features & VANE_FEAT_ETAG)
		valid |= VANE_PORT_VALID_PRIO_MAP;
	vane_switch_mode_batch(batch, pf->sw.mode);
	vane_switch_pf_port_batch(pf, batch, valid);
	xa_for_each(&pf->sw.lists, id, list)
		vane_switch_list_batch(batch, list);
}

static int vane_switch_adopt_lists(struct vane_pf *pf)
{
	struct vane_cmd_list list = {};
	struct vane_cmd_list *copy;
	u32 id = 0;
	int err;

	while (id < (VANE_LIST_GROUP | VANE_LIST_ECID)) {
		memset(&list, 0, sizeof(list));
		vane_switch_set_list_id(&list, id + 1);
		err = vane_command(pf, VANE_CMD_LIST_GET, &list,
				   sizeof(list), &list, sizeof(list));
		if (err == -ENOENT)
			return 0;
		if (err)
			return err;
		/* Ids must increase, or this loop would not end */
		if (vane_switch_list_id(&list) <= id)
			return -EPROTO;
		id = vane_switch_list_id(&list);
		copy = vane_switch_prepare_list(pf, &list);
		if (!copy)
			return -ENOMEM;
		vane_switch_store_list(pf, copy);
	}
	return 0;
}

/**
 * vane_switch_adopt() - take over the switch as a former driver left it
 * @pf: the PF, whose mailbox is started
 *
 * Context: Process context, in probe; may sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_switch_adopt(struct vane_pf *pf)
{
	struct vane_cmd_port port = { .port = cpu_to_le16(VANE_PORT_PF) };
	const struct vane_cmd_switch req = {};
	struct vane_cmd_switch answer;
	u32 valid = VANE_PORT_VALID_MAC | VANE_PORT_VALID_FLAGS |
		    VANE_PORT_VALID_VLAN;
	struct vane_mbox_batch batch;
	int err;

	/* This driver gives the PF's own port neither a VLAN nor rates */
	if (pf->vdev.features & VANE_FEAT_RATE)
		valid |= VANE_PORT_VALID_RATE;

	mutex_lock(&pf->lock);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_mbox_batch_add(&batch, VANE_CMD_SWITCH_GET, &req, sizeof(req),
			    &answer, sizeof(answer));
	vane_mbox_batch_add(&batch, VANE_CMD_PORT_GET, &port, sizeof(port),
			    &port, vane_vf_port_size(pf));
	err = vane_command_batch_end(pf, &batch);
	if (err)
		goto unlock;
	WRITE_ONCE(pf->sw.mode, le32_to_cpu(answer.mode));
	pf->sw.channel = le16_to_cpu(port.channel_high) << 16 |
			 le16_to_cpu(port.channel);
	if (pf->vdev.features & VANE_FEAT_ETAG)
		pf->sw.prio_map = le64_to_cpu(port.prio_map);

	err = vane_switch_adopt_lists(pf);
	if (err)
		goto unlock;
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_switch_pf_port_batch(pf, &batch, valid);
	err = vane_command_batch_end(pf, &batch);
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_switch_release() - forget the lists of channels
 * @pf: the PF
 *
 * Context: When nobody else knows the PF any more. May sleep.
 */
void vane_switch_release(struct vane_pf *pf)
{
	struct vane_cmd_list *list;
	unsigned long id;

	xa_for_each(&pf->sw.lists, id, list)
		kfree(list);
	xa_destroy(&pf->sw.lists);
}
