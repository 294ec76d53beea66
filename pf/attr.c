// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: attributes of the generic netlink family "vane" that are more
 * than a number.
 */
#include <linux/if_ether.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include <uapi/linux/vane.h>

#include "attr.h"
#include "pf.h"
#include "profile.h"
#include "switch.h"
#include "vf.h"

/**
 * vane_attr_put_prios() - add a map of priorities to a message
 * @skb: message
 * @type: type of the attribute
 * @prio_map: map, as in struct vane_cmd_port
 *
 * Context: Any.
 * Return: 0 or -EMSGSIZE.
 */
int vane_attr_put_prios(struct sk_buff *skb, int type, u64 prio_map)
{
	u8 prios[VANE_PRIOS];
	unsigned int i;

	for (i = 0; i < VANE_PRIOS; i++)
		prios[i] = prio_map >> 4 * i & (VANE_PRIOS - 1);
	return nla_put(skb, type, sizeof(prios), prios);
}

static int vane_attr_put_profile_vfs(struct sk_buff *skb, struct vane_pf *pf,
				     const struct vane_vf_profile *profile)
{
	u16 i;

	for (i = 0; i < pf->num_vfs; i++)
		if (vane_profile_is_of(profile, &pf->vfs[i]) &&
		    nla_put_u32(skb, VANE_A_PROFILE_VF, i))
			return -EMSGSIZE;
	return 0;
}

/* Those of its settings that have a place in a VLAN tag or a channel tag */
static int vane_attr_put_profile_tags(struct sk_buff *skb,
				      const struct vane_vf_profile *profile)
{
	const struct vane_vf_config *config = &profile->config;
	u32 holds = profile->holds;

	if (holds & VANE_HOLDS_VLAN &&
	    (nla_put_u32(skb, VANE_A_PROFILE_VLAN, config->vlan) ||
	     nla_put_u8(skb, VANE_A_PROFILE_QOS, config->qos) ||
	     nla_put_u16(skb, VANE_A_PROFILE_VLAN_PROTO, config->vlan_proto)))
		return -EMSGSIZE;
	if (holds & VANE_HOLDS_CHANNEL &&
	    nla_put_u32(skb, VANE_A_PROFILE_CHANNEL, config->channel))
		return -EMSGSIZE;
	if (holds & VANE_HOLDS_PRIOS &&
	    vane_attr_put_prios(skb, VANE_A_PROFILE_PRIORITY_MAP,
				config->prio_map))
		return -EMSGSIZE;
	if (holds & VANE_HOLDS_TRUNK &&
	    nla_put(skb, VANE_A_PROFILE_VIDS, sizeof(profile->trunk),
		    profile->trunk))
		return -EMSGSIZE;
	return 0;
}

static int vane_attr_put_profile_limits(struct sk_buff *skb,
					const struct vane_vf_profile *profile)
{
	const struct vane_vf_config *config = &profile->config;
	u32 holds = profile->holds;

	if (holds & VANE_HOLDS_TRUST &&
	    nla_put_u8(skb, VANE_A_PROFILE_TRUST, config->trusted))
		return -EMSGSIZE;
	if (holds & VANE_HOLDS_SPOOFCHK &&
	    nla_put_u8(skb, VANE_A_PROFILE_SPOOFCHK, config->spoofchk))
		return -EMSGSIZE;
	if (holds & VANE_HOLDS_RATES &&
	    (nla_put_u32(skb, VANE_A_PROFILE_TX_MAX, config->tx_max) ||
	     nla_put_u32(skb, VANE_A_PROFILE_TX_SHARE, config->tx_share)))
		return -EMSGSIZE;
	return 0;
}

/**
 * vane_attr_put_profile() - add a port profile to a message
 * @skb: message
 * @pf: the PF
 * @profile: profile
 *
 * Context: vane_pf.lock held. Does not sleep.
 * Return: 0 or -EMSGSIZE.
 */
int vane_attr_put_profile(struct sk_buff *skb, struct vane_pf *pf,
			  const struct vane_vf_profile *profile)
{
	int err;

	err = nla_put_string(skb, VANE_A_PROFILE_NAME, profile->name);
	if (!err)
		err = vane_attr_put_profile_vfs(skb, pf, profile);
	if (!err)
		err = vane_attr_put_profile_tags(skb, profile);
	return err ?: vane_attr_put_profile_limits(skb, profile);
}

/* The number in an attribute, or @value if there is none */
static u32 vane_attr_get_number(const struct nlattr *attr, u32 value)
{
	if (!attr)
		return value;
	switch (nla_len(attr)) {
	case sizeof(u8):
		return nla_get_u8(attr);
	case sizeof(u16):
		return nla_get_u16(attr);
	default:
		return nla_get_u32(attr);
	}
}

static int vane_attr_get_profile_tags(const struct genl_info *info,
				      struct vane_pf *pf,
				      struct vane_vf_profile *profile)
{
	struct vane_vf_config *config = &profile->config;
	struct nlattr **attrs = info->attrs;

	if (attrs[VANE_A_PROFILE_VLAN]) {
		profile->holds |= VANE_HOLDS_VLAN;
		config->vlan = nla_get_u32(attrs[VANE_A_PROFILE_VLAN]);
	} else if (attrs[VANE_A_PROFILE_QOS] ||
		   attrs[VANE_A_PROFILE_VLAN_PROTO]) {
		NL_SET_ERR_MSG(info->extack,
			       "Priority and protocol of a VLAN need the VLAN");
		return -EINVAL;
	}
	config->qos = vane_attr_get_number(attrs[VANE_A_PROFILE_QOS], 0);
	config->vlan_proto = vane_attr_get_number(attrs[VANE_A_PROFILE_VLAN_PROTO],
						  ETH_P_8021Q);
	if (attrs[VANE_A_PROFILE_CHANNEL]) {
		profile->holds |= VANE_HOLDS_CHANNEL;
		config->channel = nla_get_u32(attrs[VANE_A_PROFILE_CHANNEL]);
	}
	if (attrs[VANE_A_PROFILE_VIDS]) {
		profile->holds |= VANE_HOLDS_TRUNK;
		config->trunk = true;
		nla_memcpy(profile->trunk, attrs[VANE_A_PROFILE_VIDS],
			   sizeof(profile->trunk));
	}
	if (!attrs[VANE_A_PROFILE_PRIORITY_MAP])
		return 0;
	profile->holds |= VANE_HOLDS_PRIOS;
	return vane_switch_pack_prios(pf, nla_data(attrs[VANE_A_PROFILE_PRIORITY_MAP]),
				      &config->prio_map, info->extack);
}

static void vane_attr_get_profile_limits(const struct genl_info *info,
					 struct vane_vf_profile *profile)
{
	struct vane_vf_config *config = &profile->config;
	struct nlattr **attrs = info->attrs;

	if (attrs[VANE_A_PROFILE_TRUST])
		profile->holds |= VANE_HOLDS_TRUST;
	if (attrs[VANE_A_PROFILE_SPOOFCHK])
		profile->holds |= VANE_HOLDS_SPOOFCHK;
	if (attrs[VANE_A_PROFILE_TX_MAX] || attrs[VANE_A_PROFILE_TX_SHARE])
		profile->holds |= VANE_HOLDS_RATES;
	config->trusted = vane_attr_get_number(attrs[VANE_A_PROFILE_TRUST], 0);
	config->spoofchk = vane_attr_get_number(attrs[VANE_A_PROFILE_SPOOFCHK], 0);
	config->tx_max = vane_attr_get_number(attrs[VANE_A_PROFILE_TX_MAX], 0);
	config->tx_share = vane_attr_get_number(attrs[VANE_A_PROFILE_TX_SHARE], 0);
}

/**
 * vane_attr_get_profile() - take a port profile from a request
 * @info: request, with a name
 * @pf: the PF
 * @profile: where it goes, zeroed
 *
 * Context: Any.
 * Return: 0 or an errno, explained in the extack of the request.
 */
int vane_attr_get_profile(const struct genl_info *info, struct vane_pf *pf,
			  struct vane_vf_profile *profile)
{
	nla_strscpy(profile->name, info->attrs[VANE_A_PROFILE_NAME],
		    sizeof(profile->name));
	vane_attr_get_profile_limits(info, profile);
	return vane_attr_get_profile_tags(info, pf, profile);
}
