// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: the table of port profiles.
 *
 * A profile is a name for settings of a VF. This driver alone knows it.
 */
#include <linux/ctype.h>
#include <linux/if_vlan.h>
#include <linux/slab.h>

#include "channel.h"
#include "pf.h"
#include "profile.h"
#include "switch.h"
#include "vf.h"

/**
 * vane_profile_find() - find a profile by its name
 * @pf: the PF
 * @name: name
 * @number: where its number goes
 *
 * Context: vane_pf.lock held. Does not sleep.
 * Return: 0 or -ENOENT.
 */
int vane_profile_find(struct vane_pf *pf, const char *name, u32 *number)
{
	const struct vane_vf_profile *profile;
	unsigned long index;

	lockdep_assert_held(&pf->lock);

	xa_for_each(&pf->profiles.table, index, profile) {
		if (strcmp(profile->name, name))
			continue;
		*number = index;
		return 0;
	}
	return -ENOENT;
}

/**
 * vane_profile_get() - a profile by its name
 * @pf: the PF
 * @name: name
 *
 * Context: vane_pf.lock held. Does not sleep.
 * Return: the profile, or NULL if there is none.
 */
struct vane_vf_profile *vane_profile_get(struct vane_pf *pf, const char *name)
{
	u32 number;

	if (vane_profile_find(pf, name, &number))
		return NULL;
	return xa_load(&pf->profiles.table, number);
}

/**
 * vane_profile_is_of() - whether a VF uses a profile
 * @profile: the profile
 * @vf: the VF
 *
 * Context: vane_pf.lock held. Does not sleep.
 * Return: true if the VF is associated or pre-associated with the profile.
 */
bool vane_profile_is_of(const struct vane_vf_profile *profile,
			const struct vane_vf *vf)
{
	return vf->assoc && vf->assoc->profile == profile;
}

/* A profile in use stays as it is */
static int vane_profile_check_unused(struct vane_pf *pf,
				     const struct vane_vf_profile *profile,
				     struct netlink_ext_ack *extack)
{
	u16 i;

	for (i = 0; i < pf->num_vfs; i++) {
		if (!vane_profile_is_of(profile, &pf->vfs[i]))
			continue;
		NL_SET_ERR_MSG_FMT(extack, "Profile %s is in use by VF %u",
				   profile->name, i);
		return -EBUSY;
	}
	return 0;
}

/**
 * vane_profile_check_name() - whether a profile can have a name
 * @name: the name
 * @extack: explains an error
 *
 * Context: Any.
 * Return: 0 or -EINVAL.
 */
int vane_profile_check_name(const char *name, struct netlink_ext_ack *extack)
{
	const char *c;

	if (!*name) {
		NL_SET_ERR_MSG(extack, "The name of the profile is empty");
		return -EINVAL;
	}
	for (c = name; *c; c++) {
		if (isascii(*c) && isprint(*c))
			continue;
		NL_SET_ERR_MSG(extack,
			       "The name of the profile has a character that is not printable ASCII");
		return -EINVAL;
	}
	return 0;
}

static int vane_profile_check_vlan(const struct vane_vf_config *config,
				   struct netlink_ext_ack *extack)
{
	if (config->vlan >= VLAN_N_VID - 1) {
		NL_SET_ERR_MSG_FMT(extack, "VLAN %u is above the limit of %u",
				   config->vlan, VLAN_N_VID - 2);
		return -ERANGE;
	}
	if (!config->vlan && config->qos) {
		NL_SET_ERR_MSG_FMT(extack, "qos %u needs a VLAN", config->qos);
		return -EINVAL;
	}
	if (config->vlan_proto != ETH_P_8021Q &&
	    config->vlan_proto != ETH_P_8021AD) {
		NL_SET_ERR_MSG_FMT(extack,
				   "VLAN protocol %#06x is neither 802.1Q nor 802.1ad",
				   config->vlan_proto);
		return -EPROTONOSUPPORT;
	}
	return 0;
}

static int vane_profile_check_rates(struct vane_pf *pf,
				    const struct vane_vf_config *config,
				    struct netlink_ext_ack *extack)
{
	if (!(pf->vdev.features & VANE_FEAT_RATE)) {
		NL_SET_ERR_MSG(extack, "The device has no rate limits");
		return -EOPNOTSUPP;
	}
	if (max(config->tx_max, config->tx_share) > VANE_MAX_RATE) {
		NL_SET_ERR_MSG_FMT(extack,
				   "Rate %u is above the limit of %u Mb/s",
				   max(config->tx_max, config->tx_share),
				   VANE_MAX_RATE);
		return -ERANGE;
	}
	if (config->tx_max && config->tx_share > config->tx_max) {
		NL_SET_ERR_MSG_FMT(extack,
				   "Minimum rate %u is above the maximum of %u",
				   config->tx_share, config->tx_max);
		return -ERANGE;
	}
	return 0;
}

static int vane_profile_check_trunk(struct vane_pf *pf, const u8 *vids,
				    struct netlink_ext_ack *extack)
{
	if (!(pf->vdev.features & VANE_FEAT_TRUNK)) {
		NL_SET_ERR_MSG(extack, "The device has no trunk lists");
		return -EOPNOTSUPP;
	}
	if (vids[VANE_TRUNK_BYTES - 1] & BIT(7)) {
		NL_SET_ERR_MSG_FMT(extack, "VLAN %u is above the limit of %u",
				   VLAN_N_VID - 1, VLAN_N_VID - 2);
		return -ERANGE;
	}
	return 0;
}

/* Whether there can be such a profile, whatever VFs have at present */
static int vane_profile_check(struct vane_pf *pf,
			      const struct vane_vf_profile *wanted,
			      struct netlink_ext_ack *extack)
{
	u32 limit = vane_channel_limit(pf);
	int err;

	err = vane_profile_check_name(wanted->name, extack);
	if (!err && wanted->holds & VANE_HOLDS_VLAN)
		err = vane_profile_check_vlan(&wanted->config, extack);
	if (!err && wanted->holds & VANE_HOLDS_RATES)
		err = vane_profile_check_rates(pf, &wanted->config, extack);
	if (!err && wanted->holds & VANE_HOLDS_TRUNK)
		err = vane_profile_check_trunk(pf, wanted->trunk, extack);
	if (!err && wanted->holds & VANE_HOLDS_CHANNEL &&
	    wanted->config.channel > limit) {
		NL_SET_ERR_MSG_FMT(extack,
				   "Channel %u is above the limit of %u",
				   wanted->config.channel, limit);
		err = -ERANGE;
	}
	return err;
}

static int vane_profile_add(struct vane_pf *pf,
			    const struct vane_vf_profile *wanted,
			    struct netlink_ext_ack *extack)
{
	struct vane_vf_profile *profile;
	u32 number;
	int err;

	if (pf->profiles.count == VANE_MAX_PROFILES) {
		NL_SET_ERR_MSG_FMT(extack, "There are %u profiles already, delete one first",
				   VANE_MAX_PROFILES);
		return -ENOSPC;
	}
	profile = kmemdup(wanted, sizeof(*wanted), GFP_KERNEL);
	if (!profile)
		return -ENOMEM;
	err = xa_alloc(&pf->profiles.table, &number, profile, xa_limit_32b,
		       GFP_KERNEL);
	if (err)
		kfree(profile);
	else
		pf->profiles.count++;
	return err;
}

/**
 * vane_profile_set() - create a profile, or replace one that no VF uses
 * @pf: the PF
 * @wanted: name and settings
 * @extack: where an error is explained
 *
 * Context: Process context; may sleep. Takes vane_pf.lock.
 * Return: 0 or an errno, nothing being changed.
 */
int vane_profile_set(struct vane_pf *pf, const struct vane_vf_profile *wanted,
		     struct netlink_ext_ack *extack)
{
	struct vane_vf_profile *profile;
	int err;

	err = vane_profile_check(pf, wanted, extack);
	if (err)
		return err;

	mutex_lock(&pf->lock);
	profile = vane_profile_get(pf, wanted->name);
	if (!profile)
		err = vane_profile_add(pf, wanted, extack);
	else
		err = vane_profile_check_unused(pf, profile, extack);
	if (!err && profile)
		*profile = *wanted;
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_profile_del() - delete a profile that no VF uses
 * @pf: the PF
 * @name: its name
 * @extack: where an error is explained
 *
 * Context: Process context; may sleep. Takes vane_pf.lock.
 * Return: 0 or an errno, nothing being changed.
 */
int vane_profile_del(struct vane_pf *pf, const char *name,
		     struct netlink_ext_ack *extack)
{
	struct vane_vf_profile *profile;
	u32 number;
	int err;

	mutex_lock(&pf->lock);
	err = vane_profile_find(pf, name, &number);
	if (err) {
		NL_SET_ERR_MSG_FMT(extack, "There is no profile %s", name);
		goto unlock;
	}
	profile = xa_load(&pf->profiles.table, number);
	err = vane_profile_check_unused(pf, profile, extack);
	if (err)
		goto unlock;
	xa_erase(&pf->profiles.table, number);
	pf->profiles.count--;
	kfree(profile);
unlock:
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_profile_init() - have no profiles
 * @pf: the PF
 *
 * Context: In probe.
 */
void vane_profile_init(struct vane_pf *pf)
{
	xa_init_flags(&pf->profiles.table, XA_FLAGS_ALLOC);
}

/**
 * vane_profile_exit() - forget the profiles
 * @pf: the PF, without VFs
 *
 * Context: When nobody else knows the PF any more. May sleep.
 */
void vane_profile_exit(struct vane_pf *pf)
{
	struct vane_vf_profile *profile;
	unsigned long number;

	xa_for_each(&pf->profiles.table, number, profile)
		kfree(profile);
	xa_destroy(&pf->profiles.table);
}
