// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: channels: who has which, and those that VFs are granted beside
 * that of their port.
 */
#include <linux/xarray.h>

#include "channel.h"
#include "command.h"
#include "pf.h"
#include "vf.h"

/* No port, where one could be left out */
#define VANE_PORT_NONE			VANE_MAX_VFS

/**
 * vane_channel_limit() - the highest channel of the device
 * @pf: the PF
 *
 * Context: Any.
 * Return: the channel.
 */
u32 vane_channel_limit(const struct vane_pf *pf)
{
	return pf->vdev.features & VANE_FEAT_ETAG ? VANE_MAX_ECID :
						    VANE_MAX_VIF;
}

/**
 * vane_channel_fits_vntag() - whether a VN-Tag can name a channel
 * @channel: the channel
 * @port: whose it is: VF index or VANE_PORT_PF
 * @extack: where it is explained if not
 *
 * Context: Any.
 * Return: true if so.
 */
bool vane_channel_fits_vntag(u32 channel, u16 port,
			     struct netlink_ext_ack *extack)
{
	if (channel <= VANE_MAX_VIF)
		return true;
	if (port == VANE_PORT_PF)
		NL_SET_ERR_MSG_FMT(extack,
				   "Channel %u of the PF is above the limit of VN-Tag, %u",
				   channel, VANE_MAX_VIF);
	else
		NL_SET_ERR_MSG_FMT(extack,
				   "Channel %u of VF %u is above the limit of VN-Tag, %u",
				   channel, port, VANE_MAX_VIF);
	return false;
}

/**
 * vane_channel_grants_fit_vntag() - whether VN-Tags can name all granted channels
 * @pf: the PF
 * @extack: where it is explained if not
 *
 * Context: vane_pf.lock held. Does not sleep.
 * Return: true if so.
 */
bool vane_channel_grants_fit_vntag(struct vane_pf *pf,
				   struct netlink_ext_ack *extack)
{
	unsigned long channel = VANE_MAX_VIF + 1;
	void *vf;

	vf = xa_find(&pf->channels.granted, &channel, ULONG_MAX, XA_PRESENT);
	return !vf || vane_channel_fits_vntag(channel, xa_to_value(vf), extack);
}

/* Index of the VF that the channel is granted to, or VANE_PORT_NONE */
static u16 vane_channel_grantee(struct vane_pf *pf, u32 channel)
{
	void *vf = xa_load(&pf->channels.granted, channel);

	return vf ? xa_to_value(vf) : VANE_PORT_NONE;
}

/* Another function whose port has the channel: explained in @extack */
static bool vane_channel_is_used(struct vane_pf *pf, u16 port, u32 channel,
				 struct netlink_ext_ack *extack)
{
	u16 i;

	if (port != VANE_PORT_PF && pf->sw.channel == channel) {
		NL_SET_ERR_MSG_FMT(extack, "Channel %u is in use by the PF",
				   channel);
		return true;
	}
	for (i = 0; i < pf->num_vfs; i++) {
		if (i == port || !vane_vf_has_channel(&pf->vfs[i], channel))
			continue;
		NL_SET_ERR_MSG_FMT(extack, "Channel %u is in use by VF %u",
				   channel, i);
		return true;
	}
	return false;
}

/* The same for a VF that it is granted to, but for VF @index */
static bool vane_channel_is_granted(struct vane_pf *pf, u16 index, u32 channel,
				    struct netlink_ext_ack *extack)
{
	u16 vf = vane_channel_grantee(pf, channel);

	if (vf == VANE_PORT_NONE || vf == index)
		return false;
	NL_SET_ERR_MSG_FMT(extack, "Channel %u is granted to VF %u", channel,
			   vf);
	return true;
}

/* Whether the mode, which may be VN-Tag, and the device have such a channel */
static int vane_channel_check_range(struct vane_pf *pf, u16 port, u32 channel,
				    struct netlink_ext_ack *extack)
{
	u32 limit = vane_channel_limit(pf);

	if (channel > limit) {
		NL_SET_ERR_MSG_FMT(extack,
				   "Channel %u is above the limit of %u",
				   channel, limit);
		return -ERANGE;
	}
	if (pf->sw.mode == VANE_SWITCH_VNTAG &&
	    !vane_channel_fits_vntag(channel, port, extack))
		return -ERANGE;
	return 0;
}

/**
 * vane_channel_check() - whether the port of a function can have a channel
 * @pf: the PF
 * @port: VF index or VANE_PORT_PF
 * @channel: the channel, 0 for none
 * @extack: where an error is explained
 *
 * Context: vane_pf.lock held. Does not sleep.
 * Return: 0; -ERANGE if there is no such channel, or not in VN-Tag, which is in
 * use; -EEXIST if another function has it, or it is granted to a VF.
 */
int vane_channel_check(struct vane_pf *pf, u16 port, u32 channel,
		       struct netlink_ext_ack *extack)
{
	int err;

	err = vane_channel_check_range(pf, port, channel, extack);
	if (err || !channel)
		return err;
	if (vane_channel_is_used(pf, port, channel, extack) ||
	    vane_channel_is_granted(pf, VANE_PORT_NONE, channel, extack))
		return -EEXIST;
	return 0;
}

static int vane_channel_check_grant(struct vane_pf *pf, u16 index, u32 channel,
				    struct netlink_ext_ack *extack)
{
	int err;

	if (!(pf->vdev.features & VANE_FEAT_CHANNELS)) {
		NL_SET_ERR_MSG(extack, "The device has no granted channels");
		return -EOPNOTSUPP;
	}
	if (!vane_vf_find(pf, index, extack))
		return -ENOENT;
	err = vane_channel_check_range(pf, index, channel, extack);
	if (err)
		return err;
	if (vane_channel_is_used(pf, VANE_PORT_NONE, channel, extack) ||
	    vane_channel_is_granted(pf, index, channel, extack))
		return -EEXIST;
	if (pf->channels.num_granted >= VANE_MAX_GRANTS &&
	    vane_channel_grantee(pf, channel) != index) {
		NL_SET_ERR_MSG_FMT(extack,
				   "All %u channels that the device can grant are granted, revoke one first",
				   VANE_MAX_GRANTS);
		return -ENOSPC;
	}
	return 0;
}

static int vane_channel_command(struct vane_pf *pf, u16 index, u32 channel,
				bool grant)
{
	const struct vane_cmd_channel cmd = {
		.port = cpu_to_le16(index),
		.flags = cpu_to_le16(grant ? VANE_CHANNEL_GRANT : 0),
		.channel = cpu_to_le32(channel),
	};

	return vane_command(pf, VANE_CMD_CHANNEL_SET, &cmd, sizeof(cmd), NULL,
			    0);
}

/* Have the VF ask again which channels it may use */
static void vane_channel_notify(struct vane_pf *pf, u16 index)
{
	struct vane_mbox_batch batch;

	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_vf_status_batch(pf, &batch, index, VANE_EVENT_STATUS);
	vane_command_batch_end(pf, &batch);
}

/* Room for the entry is there */
static void vane_channel_store(struct vane_pf *pf, u16 index, u32 channel)
{
	if (!xa_store(&pf->channels.granted, channel, xa_mk_value(index),
		      GFP_KERNEL))
		pf->channels.num_granted++;
}

/**
 * vane_channel_grant() - grant a VF a channel beside that of its port
 * @pf: the PF
 * @index: index of the VF
 * @channel: the channel, not 0
 * @extack: where an error is explained
 *
 * Has an effect while the VF is trusted. One that it has is no error.
 *
 * Context: Process context; may sleep. Takes vane_pf.lock.
 * Return: 0 or an errno, nothing being changed.
 */
int vane_channel_grant(struct vane_pf *pf, u16 index, u32 channel,
		       struct netlink_ext_ack *extack)
{
	int err;

	mutex_lock(&pf->lock);
	err = vane_channel_check_grant(pf, index, channel, extack);
	if (err)
		goto unlock;
	/* First what may fail here: what the device has done stays done */
	err = xa_reserve(&pf->channels.granted, channel, GFP_KERNEL);
	if (err)
		goto unlock;
	err = vane_channel_command(pf, index, channel, true);
	if (err) {
		xa_release(&pf->channels.granted, channel);
		err = vane_command_explain(pf, extack, err,
					   "grant VF %u channel %u", index,
					   channel);
	} else if (vane_channel_grantee(pf, channel) != index) {
		vane_channel_store(pf, index, channel);
		vane_channel_notify(pf, index);
	}
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_channel_revoke() - take a channel away that a VF was granted
 * @pf: the PF
 * @index: index of the VF
 * @channel: the channel
 * @extack: where an error is explained
 *
 * Context: Process context; may sleep. Takes vane_pf.lock.
 * Return: 0 or an errno, nothing being changed.
 */
int vane_channel_revoke(struct vane_pf *pf, u16 index, u32 channel,
			struct netlink_ext_ack *extack)
{
	int err = -ENOENT;

	mutex_lock(&pf->lock);
	if (!vane_vf_find(pf, index, extack))
		goto unlock;
	if (vane_channel_is_granted(pf, index, channel, extack))
		goto unlock;
	if (vane_channel_grantee(pf, channel) != index) {
		NL_SET_ERR_MSG_FMT(extack, "Channel %u is not granted to VF %u",
				   channel, index);
		goto unlock;
	}
	err = vane_channel_command(pf, index, channel, false);
	if (err) {
		err = vane_command_explain(pf, extack, err,
					   "revoke channel %u of VF %u",
					   channel, index);
	} else {
		xa_erase(&pf->channels.granted, channel);
		pf->channels.num_granted--;
		vane_channel_notify(pf, index);
	}
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_channel_list() - channels that a VF is granted, and may use now
 * @pf: the PF
 * @index: index of the VF
 * @first: lowest channel to be listed
 * @list: the list, filled with zeros
 *
 * Context: vane_pf.lock held. Does not sleep.
 */
void vane_channel_list(struct vane_pf *pf, u16 index, u32 first,
		       struct vane_mbox_channels_rsp *list)
{
	unsigned long channel;
	u16 ethertype, n = 0;
	void *vf;

	lockdep_assert_held(&pf->lock);

	if (pf->sw.mode == VANE_SWITCH_VNTAG)
		ethertype = VANE_VNTAG_ETHERTYPE;
	else if (pf->sw.mode == VANE_SWITCH_ETAG)
		ethertype = VANE_ETAG_ETHERTYPE;
	else
		return;
	list->ethertype = cpu_to_le16(ethertype);
	if (!pf->vfs[index].config.trusted)
		return;
	xa_for_each_start(&pf->channels.granted, channel, vf, first) {
		if (n == VANE_MBOX_MAX_CHANNELS)
			break;
		if (xa_to_value(vf) == index)
			list->channel[n++] = cpu_to_le32(channel);
	}
	list->count = cpu_to_le16(n);
}

/* A command for each granted channel, with @flags: VANE_CHANNEL_GRANT, or 0 to revoke it */
static void vane_channel_batch(struct vane_pf *pf, struct vane_mbox_batch *batch,
			       u16 flags)
{
	struct vane_cmd_channel cmd = { .flags = cpu_to_le16(flags) };
	unsigned long channel;
	void *vf;

	xa_for_each(&pf->channels.granted, channel, vf) {
		cmd.port = cpu_to_le16(xa_to_value(vf));
		cmd.channel = cpu_to_le32(channel);
		vane_mbox_batch_add(batch, VANE_CMD_CHANNEL_SET, &cmd,
				    sizeof(cmd), NULL, 0);
	}
}

/**
 * vane_channel_drop_vfs() - revoke the channels granted to VFs that are gone
 * @pf: the PF
 *
 * The device has revoked those that it had when the VFs went, but a user, or a reset
 * of the device, may have granted some since.
 *
 * Context: Process context; may sleep. Takes vane_pf.lock.
 */
void vane_channel_drop_vfs(struct vane_pf *pf)
{
	struct vane_mbox_batch batch;

	mutex_lock(&pf->lock);
	if (vane_dev_alive(&pf->vdev)) {
		vane_mbox_batch_begin(&batch, &pf->mbox);
		vane_channel_batch(pf, &batch, 0);
		/* If it is lost, a reset of the device revokes them */
		vane_command_batch_end(pf, &batch);
	}
	xa_destroy(&pf->channels.granted);
	pf->channels.num_granted = 0;
	mutex_unlock(&pf->lock);
}

/**
 * vane_channel_replay() - grant all again after a reset of the device
 * @pf: the PF
 * @batch: where the commands are added
 *
 * Context: vane_pf.lock held. May sleep.
 */
void vane_channel_replay(struct vane_pf *pf, struct vane_mbox_batch *batch)
{
	lockdep_assert_held(&pf->lock);

	vane_channel_batch(pf, batch, VANE_CHANNEL_GRANT);
}

/* Take over one grant; one of a VF that is not there has no user */
static int vane_channel_adopt_grant(struct vane_pf *pf, u16 index, u32 channel)
{
	int err;

	if (index >= pf->num_vfs)
		return vane_channel_command(pf, index, channel, false);
	err = xa_reserve(&pf->channels.granted, channel, GFP_KERNEL);
	if (!err)
		vane_channel_store(pf, index, channel);
	return err;
}

/**
 * vane_channel_adopt() - take over the grants that a former driver left
 * @pf: the PF, whose mailbox is started and whose VFs are adopted
 *
 * Context: Process context, in probe; may sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_channel_adopt(struct vane_pf *pf)
{
	struct vane_cmd_channel cmd;
	u32 channel = 0;
	int err = 0;

	if (!(pf->vdev.features & VANE_FEAT_CHANNELS))
		return 0;
	mutex_lock(&pf->lock);
	while (!err && channel < VANE_MAX_ECID) {
		memset(&cmd, 0, sizeof(cmd));
		cmd.channel = cpu_to_le32(channel + 1);
		err = vane_command(pf, VANE_CMD_CHANNEL_GET, &cmd, sizeof(cmd),
				   &cmd, sizeof(cmd));
		if (err)
			break;
		/* Channels must increase, or this loop would not end */
		if (le32_to_cpu(cmd.channel) <= channel) {
			err = -EPROTO;
			break;
		}
		channel = le32_to_cpu(cmd.channel);
		err = vane_channel_adopt_grant(pf, le16_to_cpu(cmd.port),
					       channel);
	}
	mutex_unlock(&pf->lock);
	return err == -ENOENT ? 0 : err;
}

/**
 * vane_channel_release() - forget all grants
 * @pf: the PF
 *
 * Context: When nobody else knows the PF any more. May sleep.
 */
void vane_channel_release(struct vane_pf *pf)
{
	xa_destroy(&pf->channels.granted);
}
