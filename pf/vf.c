// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: the state of a VF, and its configuration, of which the device
 * has a copy.
 */
#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <linux/jiffies.h>
#include <linux/pci.h>
#include <linux/siphash.h>

#include "addr.h"
#include "command.h"
#include "pf.h"
#include "vf.h"

/**
 * vane_vf_valid_mask() - all of a VF's configuration that this driver sets
 * @pf: the PF
 *
 * Context: Any.
 * Return: VANE_PORT_VALID_*.
 */
u32 vane_vf_valid_mask(const struct vane_pf *pf)
{
	u32 valid = VANE_PORT_VALID_ALL & ~VANE_PORT_VALID_FEATURES;

	if (!(pf->vdev.features & VANE_FEAT_RATE))
		valid &= ~VANE_PORT_VALID_RATE;
	if (!(pf->vdev.features & VANE_FEAT_OWN_MAC))
		valid &= ~VANE_PORT_VALID_OWN_MAC;
	if (!(pf->vdev.features & VANE_FEAT_ETAG))
		valid &= ~VANE_PORT_VALID_PRIO_MAP;
	return valid;
}

/**
 * vane_vf_default_mac() - default MAC of a VF
 * @pf: the PF
 * @index: index of the VF
 * @mac: where it goes
 *
 * It is locally administered, the same each time, and has a prefix that is
 * unlikely to occur in another device.
 *
 * Context: Any.
 */
void vane_vf_default_mac(const struct vane_pf *pf, u16 index, u8 *mac)
{
	static const siphash_key_t key = {
		{ 0x56414e4520564620ULL, 0x6164647265737365ULL }
	};
	u64 hash;

	hash = siphash_2u64(ether_addr_to_u64(pf->perm_mac), pf->dsn, &key);
	u64_to_ether_addr(hash, mac);
	mac[0] &= ~1;
	mac[0] |= 2;
	mac[ETH_ALEN - 1] = index;
}

/**
 * vane_vf_by_default_mac() - find a VF by its default MAC
 * @pf: the PF
 * @mac: address
 *
 * Context: vane_pf.lock held. Does not sleep.
 * Return: index of the VF, or -ENOENT.
 */
int vane_vf_by_default_mac(const struct vane_pf *pf, const u8 *mac)
{
	u16 index = mac[ETH_ALEN - 1];
	u8 default_mac[ETH_ALEN];

	lockdep_assert_held(&pf->lock);

	vane_vf_default_mac(pf, index, default_mac);
	if (index >= pf->num_vfs || !ether_addr_equal(default_mac, mac))
		return -ENOENT;
	return index;
}

/**
 * vane_vf_default_queues() - default number of queue pairs of a VF
 *
 * Context: Process context; may sleep.
 * Return: how many.
 */
u16 vane_vf_default_queues(void)
{
	return min_t(u16, VANE_DEF_QUEUES_VF,
		     netif_get_num_default_rss_queues());
}

/**
 * vane_vf_default_config() - default configuration of a VF
 * @pf: the PF
 * @index: index of the VF
 * @config: where it goes
 *
 * Context: Process context; may sleep.
 */
void vane_vf_default_config(const struct vane_pf *pf, u16 index,
			    struct vane_vf_config *config)
{
	memset(config, 0, sizeof(*config));
	vane_vf_default_mac(pf, index, config->mac);
	config->vlan_proto = ETH_P_8021Q;
	config->link_state = IFLA_VF_LINK_STATE_AUTO;
	config->spoofchk = true;
	config->prio_map = VANE_PRIO_MAP_DEFAULT;
	config->queues = vane_vf_default_queues();
	config->vectors = config->queues + 1;
}

/**
 * vane_vf_get() - a VF by index
 * @pf: the PF
 * @index: index as it came from outside
 *
 * Context: vane_pf.lock held. Does not sleep.
 * Return: the VF, or NULL if there is none.
 */
struct vane_vf *vane_vf_get(struct vane_pf *pf, int index)
{
	lockdep_assert_held(&pf->lock);

	if (index < 0 || index >= pf->num_vfs)
		return NULL;
	return &pf->vfs[index];
}

/**
 * vane_vf_find() - a VF by index, with the error explained
 * @pf: the PF
 * @index: index as it came from outside
 * @extack: explains the error; if NULL, the log does
 *
 * Context: vane_pf.lock held. Does not sleep.
 * Return: the VF, or NULL if there is none.
 */
struct vane_vf *vane_vf_find(struct vane_pf *pf, int index,
			     struct netlink_ext_ack *extack)
{
	struct vane_vf *vf = vane_vf_get(pf, index);

	if (!vf)
		vane_vf_refuse(pf, extack,
			       "VF %d does not exist: %u VFs are enabled",
			       index, pf->num_vfs);
	return vf;
}

/* Whether frames of the VF pass, regardless of the port's link */
static bool vane_vf_may_pass(const struct vane_pf *pf,
			     const struct vane_vf_config *config)
{
	if (config->link_state == IFLA_VF_LINK_STATE_DISABLE ||
	    config->quarantined)
		return false;
	return vane_vf_channel_passes(pf->sw.mode, config->channel);
}

/**
 * vane_vf_link_up() - whether the VF sees its link up
 * @pf: the PF
 * @vf: the VF
 *
 * Context: vane_pf.lock held. Does not sleep.
 * Return: true if so.
 */
bool vane_vf_link_up(const struct vane_pf *pf, const struct vane_vf *vf)
{
	lockdep_assert_held(&pf->lock);

	if (!vane_vf_may_pass(pf, &vf->config))
		return false;
	return vf->config.link_state == IFLA_VF_LINK_STATE_ENABLE ||
	       pf->link.up;
}

/**
 * vane_vf_profile_in_force() - port profile that a VF is associated with
 * @vf: the VF
 *
 * Context: vane_pf.lock held. Does not sleep.
 * Return: the profile, or NULL if there is none.
 */
const struct vane_vf_profile *vane_vf_profile_in_force(const struct vane_vf *vf)
{
	return vf->assoc && vf->assoc->in_force ? vf->assoc->profile : NULL;
}

static const char *vane_vf_held_name(u32 what)
{
	switch (what) {
	case VANE_HOLDS_VLAN:
		return "VLAN";
	case VANE_HOLDS_CHANNEL:
		return "channel";
	case VANE_HOLDS_PRIOS:
		return "priorities";
	case VANE_HOLDS_TRUNK:
		return "trunk list";
	case VANE_HOLDS_TRUST:
		return "trust";
	case VANE_HOLDS_SPOOFCHK:
		return "spoofchk";
	default:
		return "rates";
	}
}

/**
 * vane_vf_check_held() - whether a port profile determines a setting of a VF
 * @pf: the PF
 * @index: index of the VF, which exists
 * @what: setting, one of VANE_HOLDS_*
 * @extack: where an error is explained; without, it is in the log
 *
 * Context: vane_pf.lock held. Does not sleep.
 * Return: 0 if the setting can be changed, -EBUSY if it comes from a profile.
 */
int vane_vf_check_held(struct vane_pf *pf, int index, u32 what,
		       struct netlink_ext_ack *extack)
{
	const struct vane_vf_profile *profile;

	lockdep_assert_held(&pf->lock);

	profile = vane_vf_profile_in_force(&pf->vfs[index]);
	if (!profile || !(profile->holds & what))
		return 0;
	vane_vf_refuse(pf, extack, "VF %d: profile %s sets its %s", index,
		       profile->name, vane_vf_held_name(what));
	return -EBUSY;
}

/* What a profile keeps for the VF without being in force; NULL for nothing */
static const struct vane_vf_config *
vane_vf_reserved(const struct vane_vf *vf, u32 what)
{
	const struct vane_vf_assoc *assoc = vf->assoc;

	if (!assoc || !assoc->profile || !(assoc->profile->holds & what))
		return NULL;
	/* While one is in force, what it replaced must remain free */
	if (assoc->in_force)
		return &assoc->before;
	return assoc->reserved ? &assoc->profile->config : NULL;
}

/**
 * vane_vf_has_channel() - whether a channel belongs to a VF
 * @vf: the VF
 * @channel: the channel, not 0
 *
 * Also if it has another one at present, and a port profile will give it this
 * one, or replaced it for a time.
 *
 * Context: vane_pf.lock held. Does not sleep.
 * Return: true if so.
 */
bool vane_vf_has_channel(const struct vane_vf *vf, u32 channel)
{
	const struct vane_vf_config *reserved;

	reserved = vane_vf_reserved(vf, VANE_HOLDS_CHANNEL);
	return vf->config.channel == channel ||
	       (reserved && reserved->channel == channel);
}

/**
 * vane_vf_highest_channel() - highest channel that belongs to a VF
 * @vf: the VF
 *
 * Context: vane_pf.lock held. Does not sleep.
 * Return: the channel, see vane_vf_has_channel(); 0 if there is none.
 */
u32 vane_vf_highest_channel(const struct vane_vf *vf)
{
	const struct vane_vf_config *reserved;

	reserved = vane_vf_reserved(vf, VANE_HOLDS_CHANNEL);
	return max(vf->config.channel, reserved ? reserved->channel : 0);
}

/* Guaranteed rate that others cannot have, Mb/s */
static u32 vane_vf_share(const struct vane_vf *vf)
{
	const struct vane_vf_config *reserved;

	reserved = vane_vf_reserved(vf, VANE_HOLDS_RATES);
	return max(vf->config.tx_share, reserved ? reserved->tx_share : 0);
}

/*
 * Set the administered MAC and the one that the VF uses. A device that keeps
 * only one gets the latter, and a later driver will assume it is administered.
 */
static void vane_vf_fill_macs(const struct vane_pf *pf,
			      const struct vane_vf *vf,
			      struct vane_cmd_port *cmd)
{
	if (!(cmd->valid & cpu_to_le32(VANE_PORT_VALID_MAC)))
		return;
	if (!(pf->vdev.features & VANE_FEAT_OWN_MAC)) {
		ether_addr_copy(cmd->mac, vf->mac);
		return;
	}
	cmd->valid |= cpu_to_le32(VANE_PORT_VALID_OWN_MAC);
	ether_addr_copy(cmd->mac, vf->config.mac);
	if (!ether_addr_equal(vf->mac, vf->config.mac))
		ether_addr_copy(cmd->own_mac, vf->mac);
}

/**
 * vane_vf_port_batch() - post the command that configures a VF's port
 * @pf: the PF
 * @batch: where it is added
 * @index: index of the VF
 * @valid: VANE_PORT_VALID_*: which parts of its configuration
 *
 * Context: vane_pf.lock held. May sleep.
 */
void vane_vf_port_batch(struct vane_pf *pf, struct vane_mbox_batch *batch,
			u16 index, u32 valid)
{
	const struct vane_vf *vf = &pf->vfs[index];
	const struct vane_vf_config *config = &vf->config;
	struct vane_cmd_port cmd = {
		.port = cpu_to_le16(index),
		.valid = cpu_to_le32(valid | VANE_PORT_VALID_COOKIE),
		.channel = cpu_to_le16(lower_16_bits(config->channel)),
		.channel_high = cpu_to_le16(upper_16_bits(config->channel)),
		.queues = cpu_to_le16(config->queues),
		.vectors = cpu_to_le16(config->vectors),
		.tx_max = cpu_to_le32(config->tx_max),
		.tx_share = cpu_to_le32(config->tx_share),
		.rate_group = cpu_to_le16(config->rate_group),
		.prio_map = cpu_to_le64(config->prio_map),
	};
	u32 flags = 0;

	lockdep_assert_held(&pf->lock);

	vane_vf_fill_macs(pf, vf, &cmd);
	if (config->vlan) {
		cmd.vlan_tci = cpu_to_le16(config->vlan |
					   config->qos << VLAN_PRIO_SHIFT);
		cmd.vlan_proto = cpu_to_le16(config->vlan_proto);
	}
	if (vane_vf_may_pass(pf, config))
		flags |= VANE_PORT_FLAG_LINK;
	if (config->spoofchk)
		flags |= VANE_PORT_FLAG_SPOOFCHK;
	if (config->trusted)
		flags |= VANE_PORT_FLAG_TRUST;
	if (config->trunk)
		flags |= VANE_PORT_FLAG_TRUNK;
	cmd.flags = cpu_to_le32(flags);
	cmd.cookie = cpu_to_le32(FIELD_PREP(VANE_COOKIE_MAC_ADMIN,
					    config->mac_admin) |
				 FIELD_PREP(VANE_COOKIE_LINK_STATE,
					    config->link_state) |
				 FIELD_PREP(VANE_COOKIE_QUARANTINED,
					    config->quarantined) |
				 FIELD_PREP(VANE_COOKIE_CONFIG_GEN,
					    vf->config_gen));
	vane_mbox_batch_add(batch, VANE_CMD_PORT_SET, &cmd, sizeof(cmd), NULL,
			    0);
}

/**
 * vane_vf_trunk_batch() - post the commands that set a VF's trunk list
 * @pf: the PF
 * @batch: where they are added
 * @index: index of the VF
 *
 * Context: vane_pf.lock held. May sleep.
 */
void vane_vf_trunk_batch(struct vane_pf *pf, struct vane_mbox_batch *batch,
			 u16 index)
{
	struct vane_cmd_trunk cmd = { .port = cpu_to_le16(index) };
	u16 first;

	lockdep_assert_held(&pf->lock);

	for (first = 0; first < VLAN_N_VID; first += VANE_TRUNK_VIDS) {
		cmd.first = cpu_to_le16(first);
		memcpy(cmd.vids, &pf->vfs[index].trunk[first / 8],
		       sizeof(cmd.vids));
		vane_mbox_batch_add(batch, VANE_CMD_TRUNK_SET, &cmd,
				    sizeof(cmd), NULL, 0);
	}
}

/**
 * vane_vf_status_batch() - post the command that updates the status of a VF
 * @pf: the PF
 * @batch: where it is added
 * @index: index of the VF, which is enabled
 * @causes: VANE_EVENT_STATUS to have the VF look, 0 if it need not
 *
 * Context: vane_pf.lock held. May sleep.
 */
void vane_vf_status_batch(struct vane_pf *pf, struct vane_mbox_batch *batch,
			  u16 index, u32 causes)
{
	const struct vane_vf *vf = &pf->vfs[index];
	struct vane_cmd_status cmd = {
		.port = cpu_to_le16(index),
		.causes = cpu_to_le32(causes),
		.speed = cpu_to_le32(pf->link.speed),
		.config_gen = cpu_to_le32(vf->config_gen),
		.max_frame = cpu_to_le32(pf->vdev.limit_frame),
	};
	u32 status = 0;

	lockdep_assert_held(&pf->lock);

	if (vane_vf_link_up(pf, vf))
		status |= VANE_STATUS_LINK_UP;
	if (vf->config.trusted)
		status |= VANE_STATUS_TRUSTED;
	cmd.status = cpu_to_le32(status);
	ether_addr_copy(cmd.mac, vf->mac);
	vane_mbox_batch_add(batch, VANE_CMD_STATUS_SET, &cmd, sizeof(cmd),
			    NULL, 0);
}

/**
 * vane_vf_send_status() - update the status of VFs
 * @pf: the PF
 * @all: of all VFs, or only of those that have not negotiated yet
 *
 * VFs that are just being enabled or disabled are known here, but not to the
 * device. That is not an error, as they have no driver to inform.
 *
 * Context: vane_pf.lock held. May sleep.
 * Return: 0 or an errno.
 */
int vane_vf_send_status(struct vane_pf *pf, bool all)
{
	struct vane_mbox_batch batch;
	int err;
	u16 i;

	lockdep_assert_held(&pf->lock);

	vane_mbox_batch_begin(&batch, &pf->mbox);
	for (i = 0; i < pf->num_vfs; i++)
		if (all || READ_ONCE(pf->vfs[i].peer.state) == VANE_MBOX_PEER_RESET)
			vane_vf_status_batch(pf, &batch, i, VANE_EVENT_STATUS);
	err = vane_command_batch_end(pf, &batch);
	return err == -ENOENT ? 0 : err;
}

/**
 * vane_vf_notify_status() - update the status of VFs, without a lock held
 * @pf: the PF
 * @all: of all VFs, or only of those that have not negotiated yet
 *
 * Context: Process context; may sleep. Takes vane_pf.lock.
 */
void vane_vf_notify_status(struct vane_pf *pf, bool all)
{
	mutex_lock(&pf->lock);
	vane_vf_send_status(pf, all);
	mutex_unlock(&pf->lock);
}

/**
 * vane_vf_reset_requested() - forget what a VF requested
 * @vf: the VF
 *
 * Resets vane_vf.mac, .addrs and .rx_mode, but does not change the device.
 *
 * Context: vane_pf.lock held. Does not sleep.
 */
void vane_vf_reset_requested(struct vane_vf *vf)
{
	ether_addr_copy(vf->mac, vf->config.mac);
	vane_addr_clear(&vf->addrs);
	vf->rx_mode = 0;
}

/**
 * vane_vf_replay() - restore the VFs' configuration after a reset of the device
 * @pf: the PF
 * @batch: where the commands are added
 *
 * To be followed by vane_vf_send_status(), which informs the VFs.
 *
 * Context: vane_pf.lock held. May sleep.
 */
void vane_vf_replay(struct vane_pf *pf, struct vane_mbox_batch *batch)
{
	u16 i;

	lockdep_assert_held(&pf->lock);

	for (i = 0; i < pf->num_vfs; i++) {
		vane_vf_reset_requested(&pf->vfs[i]);
		WRITE_ONCE(pf->vfs[i].peer.state, VANE_MBOX_PEER_RESET);
		if (pf->vfs[i].config.trunk)
			vane_vf_trunk_batch(pf, batch, i);
		vane_vf_port_batch(pf, batch, i, vane_vf_valid_mask(pf));
	}
}

/**
 * vane_vf_refresh_leaf() - make a VF's leaf show the rates in force
 * @pf: the PF
 * @index: index of the VF, whose rates may have changed
 *
 * Does without devlink's lock, as ip link has rtnl, which is an inner lock of it.
 * devlink may read the old value a moment longer.
 *
 * Context: vane_pf.lock held. Does not sleep.
 */
void vane_vf_refresh_leaf(struct vane_pf *pf, u16 index)
{
	const struct vane_vf *vf = &pf->vfs[index];

	lockdep_assert_held(&pf->lock);

	if (!vf->leaf)
		return;
	WRITE_ONCE(vf->leaf->tx_max,
		   vane_vf_rate_to_devlink(vf->config.tx_max));
	WRITE_ONCE(vf->leaf->tx_share,
		   vane_vf_rate_to_devlink(vf->config.tx_share));
}

/**
 * vane_vf_configure() - give a VF a new configuration
 * @pf: the PF
 * @index: index of the VF
 * @config: all of it
 * @valid: VANE_PORT_VALID_*: which parts are new. A new MAC also replaces one
 *	that the VF set itself.
 *
 * If this returns 0, the configuration is in effect and known to the VF.
 * Otherwise nothing was changed.
 *
 * Context: vane_pf.lock held. May sleep.
 * Return: 0 or an errno.
 */
int vane_vf_configure(struct vane_pf *pf, u16 index,
		      const struct vane_vf_config *config, u32 valid)
{
	struct vane_vf *vf = &pf->vfs[index];
	const struct vane_vf_config old_config = vf->config;
	bool was_up = vane_vf_link_up(pf, vf);
	u16 old_config_gen = vf->config_gen;
	struct vane_mbox_batch batch;
	u8 old_mac[ETH_ALEN];
	int err;

	lockdep_assert_held(&pf->lock);

	ether_addr_copy(old_mac, vf->mac);
	vf->config = *config;
	if (valid & VANE_PORT_VALID_MAC) {
		ether_addr_copy(vf->mac, config->mac);
		vf->config_gen++;
	}
	/* So that it learns what it may request now */
	if (config->trusted != old_config.trusted ||
	    config->vlan != old_config.vlan ||
	    config->trunk != old_config.trunk)
		vf->config_gen++;

	/* Whether frames pass is one of the flags */
	if (valid & VANE_PORT_VALID_CHANNEL)
		valid |= VANE_PORT_VALID_FLAGS;
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_vf_port_batch(pf, &batch, index, valid);
	err = vane_command_batch_end(pf, &batch);
	if (err)
		goto restore;
	if (valid & VANE_PORT_VALID_RATE)
		vane_vf_refresh_leaf(pf, index);
	/* No event for a change that the VF cannot see */
	if (vf->config_gen == old_config_gen &&
	    vane_vf_link_up(pf, vf) == was_up)
		return 0;
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_vf_status_batch(pf, &batch, index, VANE_EVENT_STATUS);
	vane_command_batch_end(pf, &batch);
	return 0;

restore:
	vf->config = old_config;
	vf->config_gen = old_config_gen;
	ether_addr_copy(vf->mac, old_mac);
	return err;
}

/**
 * vane_vf_reconfigure() - give a VF a new configuration, with errors explained
 * @pf: the PF
 * @index: index of the VF
 * @config: all of it
 * @valid: VANE_PORT_VALID_*: which parts are new, as for vane_vf_configure()
 * @extack: where an error is explained; without, it is in the log
 *
 * Context: vane_pf.lock held. May sleep.
 * Return: 0 or an errno, nothing being changed.
 */
int vane_vf_reconfigure(struct vane_pf *pf, int index,
			const struct vane_vf_config *config, u32 valid,
			struct netlink_ext_ack *extack)
{
	int err;

	err = vane_vf_configure(pf, index, config, valid);
	if (err)
		err = vane_command_explain(pf, extack, err,
					   "change VF %d", index);
	return err;
}

/* What the shares of others leave: the maximum of the VF's own share, Mb/s */
static u32 vane_vf_share_left(struct vane_pf *pf, u16 index)
{
	/* Of a port whose link is down the speed is not known */
	u32 speed = pf->link.speed ?: VANE_MAX_RATE;
	u64 sum = 0;
	u16 i;

	lockdep_assert_held(&pf->lock);

	for (i = 0; i < pf->num_vfs; i++)
		if (i != index)
			sum += vane_vf_share(&pf->vfs[i]);
	return sum < speed ? speed - sum : 0;
}

/**
 * vane_vf_renegotiate() - make a VF request again what was refused before
 * @pf: the PF
 * @index: index of the VF, whose trunk list has changed
 *
 * Context: vane_pf.lock held. May sleep.
 */
void vane_vf_renegotiate(struct vane_pf *pf, u16 index)
{
	struct vane_mbox_batch batch;

	lockdep_assert_held(&pf->lock);

	pf->vfs[index].config_gen++;
	vane_mbox_batch_begin(&batch, &pf->mbox);
	/* The cookie has the generation, for the next driver */
	vane_vf_port_batch(pf, &batch, index, 0);
	vane_vf_status_batch(pf, &batch, index, VANE_EVENT_STATUS);
	vane_command_batch_end(pf, &batch);
}

/**
 * vane_vf_check_rates() - whether a VF can have certain rates
 * @pf: the PF
 * @index: index of the VF, which exists
 * @config: configuration with these rates
 * @extack: where an error is explained; without, it is in the log
 *
 * Context: vane_pf.lock held. Does not sleep.
 * Return: 0 or an errno.
 */
int vane_vf_check_rates(struct vane_pf *pf, int index,
			const struct vane_vf_config *config,
			struct netlink_ext_ack *extack)
{
	u32 left;

	lockdep_assert_held(&pf->lock);

	if (!(pf->vdev.features & VANE_FEAT_RATE)) {
		vane_vf_refuse(pf, extack,
			       "VF %d: the device has no rate limits", index);
		return -EOPNOTSUPP;
	}
	if (config->tx_max > VANE_MAX_RATE) {
		vane_vf_refuse(pf, extack,
			       "VF %d: maximum rate %u is above the limit of %u Mb/s",
			       index, config->tx_max, VANE_MAX_RATE);
		return -ERANGE;
	}
	if (config->tx_max && config->tx_share > config->tx_max) {
		vane_vf_refuse(pf, extack,
			       "VF %d: minimum rate %u is above the maximum of %u",
			       index, config->tx_share, config->tx_max);
		return -ERANGE;
	}
	/* The port may have become slower than the shares that were granted */
	left = vane_vf_share_left(pf, index);
	if (config->tx_share > left &&
	    config->tx_share > pf->vfs[index].config.tx_share) {
		vane_vf_refuse(pf, extack,
			       "VF %d: minimum rate %u is above the %u Mb/s that other VFs leave",
			       index, config->tx_share, left);
		return -ERANGE;
	}
	return 0;
}

/**
 * vane_vf_set_rates() - set a VF's rates and its rate group
 * @pf: the PF
 * @index: index of the VF, which exists
 * @config: its configuration with other rates
 * @extack: where an error is explained; without, it is in the log
 *
 * Context: vane_pf.lock held. May sleep.
 * Return: 0 or an errno.
 */
int vane_vf_set_rates(struct vane_pf *pf, int index,
		      const struct vane_vf_config *config,
		      struct netlink_ext_ack *extack)
{
	int err;

	err = vane_vf_check_held(pf, index, VANE_HOLDS_RATES, extack);
	if (!err)
		err = vane_vf_check_rates(pf, index, config, extack);
	if (!err)
		err = vane_vf_reconfigure(pf, index, config,
					  VANE_PORT_VALID_RATE, extack);
	return err;
}

/**
 * vane_vf_port_size() - size of the answer to VANE_CMD_PORT_GET
 * @pf: the PF
 *
 * An older device leaves out the last members, which its features do not need.
 *
 * Context: Any.
 * Return: how many bytes of struct vane_cmd_port every such device has.
 */
u16 vane_vf_port_size(const struct vane_pf *pf)
{
	if (!(pf->vdev.features & VANE_FEAT_RATE))
		return offsetof(struct vane_cmd_port, tx_max);
	if (!(pf->vdev.features & VANE_FEAT_ETAG))
		return offsetof(struct vane_cmd_port, prio_map);
	return sizeof(struct vane_cmd_port);
}

/**
 * vane_vf_get_vfdev() - the PCI function of a VF
 * @pf: the PF
 * @index: index of the VF
 *
 * Context: Process context; needs no lock.
 * Return: the function, to be released with pci_dev_put(), or NULL.
 */
struct pci_dev *vane_vf_get_vfdev(struct vane_pf *pf, u16 index)
{
	struct pci_dev *pdev = pf->vdev.pdev;
	unsigned int id;

	id = PCI_DEVID(pdev->bus->number, pdev->devfn) + VANE_VF_OFFSET +
	     index * VANE_VF_STRIDE;
	return pci_get_domain_bus_and_slot(pci_domain_nr(pdev->bus),
					   PCI_BUS_NUM(id), id & 0xff);
}

/**
 * vane_vf_reset() - reset a VF as its own driver can
 * @pf: the PF
 * @index: index of the VF
 *
 * The device gives no notice of it, and clears what the VF has requested.
 *
 * Context: vane_pf.lock held. May sleep.
 * Return: 0 or an errno of vane_command().
 */
int vane_vf_reset(struct vane_pf *pf, u16 index)
{
	const struct vane_cmd_target target = { .port = cpu_to_le16(index) };
	struct vane_vf *vf = vane_vf_get(pf, index);
	int err;

	err = vane_command(pf, VANE_CMD_VF_RESET, &target, sizeof(target), NULL, 0);
	if (!err && vf) {
		vane_vf_reset_requested(vf);
		WRITE_ONCE(vf->peer.state, VANE_MBOX_PEER_RESET);
	}
	return err;
}

/**
 * vane_vf_lock_device() - take the device lock of a VF, if that can be had in time
 * @vfdev: the VF
 * @deadline: in jiffies
 *
 * Probing, unbinding and resetting a VF end by themselves, but a user may reset
 * it over and over. Who holds the devlink instance lock or the PF's device lock
 * must not wait for that.
 *
 * Context: May sleep. If it succeeds, the VF's device lock is held.
 * Return: whether it succeeded.
 */
bool vane_vf_lock_device(struct pci_dev *vfdev, unsigned long deadline)
{
	while (!device_trylock(&vfdev->dev)) {
		if (time_after(jiffies, deadline))
			return false;
		msleep(20);
	}
	return true;
}
