// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receive rules: ntuple filters of ethtool (datasheet, 8)
 *
 * A rule's location is its number in the device, and the lowest number that
 * matches wins. The calls have no extack, so the log says why a rule is refused.
 */

#include <linux/bitfield.h>
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/unaligned.h>

#include "compat.h"
#include "rule.h"
#include "vane_dev.h"
#include "vane_net.h"

/**
 * struct vane_rule - a receive rule
 * @fs: as the user specified it
 * @context: RSS context, with FLOW_RSS in @fs
 * @ctrl: the first of its registers in the device, which the rest follow
 * @ports: source port, destination port
 * @ether: EtherType, VID
 * @proto: IP protocol
 * @dst_mac: destination
 * @src_mac: source
 * @src_ip: source, in network order
 * @dst_ip: destination, in network order
 */
struct vane_rule {
	struct ethtool_rx_flow_spec fs;
	u32 context;

	u32 ctrl;
	u32 ports;
	u32 ether;
	u32 proto;
	u64 dst_mac;
	u64 src_mac;
	u8 src_ip[sizeof(struct in6_addr)];
	u8 dst_ip[sizeof(struct in6_addr)];
};

#define RULE_SRC_PORT		VANE_REG_MASK(15, 0)
#define RULE_DST_PORT		VANE_REG_MASK(31, 16)
#define RULE_ETHERTYPE		VANE_REG_MASK(15, 0)
#define RULE_VID		VANE_REG_MASK(31, 16)

#define vane_rule_warn(vn, fmt, ...) do {				\
	if (net_ratelimit())						\
		netdev_warn((vn)->netdev, "rule refused: " fmt "\n",	\
			    ##__VA_ARGS__);				\
} while (0)

/* Translation of a flow to registers
 * ----------------------------------
 */

/* State of the translation of a rule */
struct vane_rule_translation {
	struct vane_rule *rule;
	u32 match;
	bool partial;
};

/* Is this field to be matched? Whole, or not at all. */
static bool vane_rule_matched(struct vane_rule_translation *t,
			      const void *mask, size_t len, u32 match)
{
	if (!memchr_inv(mask, 0, len))
		return false;
	if (memchr_inv(mask, 0xff, len)) {
		t->partial = true;
		return false;
	}
	t->match |= match;
	return true;
}

static u64 vane_rule_mac_value(const u8 *mac)
{
	return get_unaligned_le32(mac) | (u64)get_unaligned_le16(mac + 4) << 32;
}

static void vane_rule_match_mac(struct vane_rule_translation *t, const u8 *mac,
				const u8 *mask, u32 match, u64 *value)
{
	if (vane_rule_matched(t, mask, ETH_ALEN, match))
		*value = vane_rule_mac_value(mac);
}

static void vane_rule_match_ether(struct vane_rule_translation *t,
				  const struct ethhdr *h,
				  const struct ethhdr *m)
{
	vane_rule_match_mac(t, h->h_dest, m->h_dest, VANE_RULE_MATCH_DST_MAC,
			    &t->rule->dst_mac);
	vane_rule_match_mac(t, h->h_source, m->h_source,
			    VANE_RULE_MATCH_SRC_MAC, &t->rule->src_mac);
	if (vane_rule_matched(t, &m->h_proto, sizeof(m->h_proto),
			      VANE_RULE_MATCH_ETHERTYPE))
		t->rule->ether |= FIELD_PREP(RULE_ETHERTYPE,
					     ntohs(h->h_proto));
}

static void vane_rule_match_addresses(struct vane_rule_translation *t,
				      const void *src, const void *src_mask,
				      const void *dst, const void *dst_mask,
				      size_t len)
{
	if (vane_rule_matched(t, src_mask, len, VANE_RULE_MATCH_SRC_IP))
		memcpy(t->rule->src_ip, src, len);
	if (vane_rule_matched(t, dst_mask, len, VANE_RULE_MATCH_DST_IP))
		memcpy(t->rule->dst_ip, dst, len);
}

static void vane_rule_match_ports(struct vane_rule_translation *t, u8 proto,
				  __be16 src, __be16 src_mask, __be16 dst,
				  __be16 dst_mask)
{
	t->match |= VANE_RULE_MATCH_PROTO;
	t->rule->proto = proto;
	if (vane_rule_matched(t, &src_mask, sizeof(src_mask),
			      VANE_RULE_MATCH_SRC_PORT))
		t->rule->ports |= FIELD_PREP(RULE_SRC_PORT, ntohs(src));
	if (vane_rule_matched(t, &dst_mask, sizeof(dst_mask),
			      VANE_RULE_MATCH_DST_PORT))
		t->rule->ports |= FIELD_PREP(RULE_DST_PORT, ntohs(dst));
}

static bool vane_rule_match_l4v4(struct vane_rule_translation *t, u8 proto,
				 const struct ethtool_tcpip4_spec *h,
				 const struct ethtool_tcpip4_spec *m)
{
	t->match |= VANE_RULE_MATCH_IPV4;
	vane_rule_match_addresses(t, &h->ip4src, &m->ip4src, &h->ip4dst,
				  &m->ip4dst, sizeof(h->ip4src));
	vane_rule_match_ports(t, proto, h->psrc, m->psrc, h->pdst, m->pdst);
	return !m->tos;
}

static bool vane_rule_match_l4v6(struct vane_rule_translation *t, u8 proto,
				 const struct ethtool_tcpip6_spec *h,
				 const struct ethtool_tcpip6_spec *m)
{
	t->match |= VANE_RULE_MATCH_IPV6;
	vane_rule_match_addresses(t, h->ip6src, m->ip6src, h->ip6dst, m->ip6dst,
				  sizeof(h->ip6src));
	vane_rule_match_ports(t, proto, h->psrc, m->psrc, h->pdst, m->pdst);
	return !m->tclass;
}

static bool vane_rule_match_ip4(struct vane_rule_translation *t,
				const struct ethtool_usrip4_spec *h,
				const struct ethtool_usrip4_spec *m)
{
	t->match |= VANE_RULE_MATCH_IPV4;
	vane_rule_match_addresses(t, &h->ip4src, &m->ip4src, &h->ip4dst,
				  &m->ip4dst, sizeof(h->ip4src));
	if (vane_rule_matched(t, &m->proto, sizeof(m->proto),
			      VANE_RULE_MATCH_PROTO))
		t->rule->proto = h->proto;
	return h->ip_ver == ETH_RX_NFC_IP4 && !m->ip_ver && !m->tos &&
	       !m->l4_4_bytes;
}

static bool vane_rule_match_ip6(struct vane_rule_translation *t,
				const struct ethtool_usrip6_spec *h,
				const struct ethtool_usrip6_spec *m)
{
	t->match |= VANE_RULE_MATCH_IPV6;
	vane_rule_match_addresses(t, h->ip6src, m->ip6src, h->ip6dst, m->ip6dst,
				  sizeof(h->ip6src));
	if (vane_rule_matched(t, &m->l4_proto, sizeof(m->l4_proto),
			      VANE_RULE_MATCH_PROTO))
		t->rule->proto = h->l4_proto;
	return !m->tclass && !m->l4_4_bytes;
}

/* False if a field is to be matched that the device cannot match. */
static bool vane_rule_match_flow(struct vane_rule_translation *t,
				 const struct ethtool_rx_flow_spec *fs)
{
	const union ethtool_flow_union *h = &fs->h_u;
	const union ethtool_flow_union *m = &fs->m_u;

	switch (fs->flow_type & ~(FLOW_EXT | FLOW_MAC_EXT | FLOW_RSS)) {
	case ETHER_FLOW:
		vane_rule_match_ether(t, &h->ether_spec, &m->ether_spec);
		return true;
	case IP_USER_FLOW:
		return vane_rule_match_ip4(t, &h->usr_ip4_spec,
					   &m->usr_ip4_spec);
	case TCP_V4_FLOW:
		return vane_rule_match_l4v4(t, IPPROTO_TCP, &h->tcp_ip4_spec,
					    &m->tcp_ip4_spec);
	case UDP_V4_FLOW:
		return vane_rule_match_l4v4(t, IPPROTO_UDP, &h->udp_ip4_spec,
					    &m->udp_ip4_spec);
	case SCTP_V4_FLOW:
		return vane_rule_match_l4v4(t, IPPROTO_SCTP, &h->sctp_ip4_spec,
					    &m->sctp_ip4_spec);
	case IPV6_USER_FLOW:
		return vane_rule_match_ip6(t, &h->usr_ip6_spec,
					   &m->usr_ip6_spec);
	case TCP_V6_FLOW:
		return vane_rule_match_l4v6(t, IPPROTO_TCP, &h->tcp_ip6_spec,
					    &m->tcp_ip6_spec);
	case UDP_V6_FLOW:
		return vane_rule_match_l4v6(t, IPPROTO_UDP, &h->udp_ip6_spec,
					    &m->udp_ip6_spec);
	case SCTP_V6_FLOW:
		return vane_rule_match_l4v6(t, IPPROTO_SCTP, &h->sctp_ip6_spec,
					    &m->sctp_ip6_spec);
	default:
		return false;
	}
}

/* The same for the fields that any flow may have. */
static bool vane_rule_match_extension(struct vane_rule_translation *t,
				      const struct ethtool_rx_flow_spec *fs)
{
	const struct ethtool_flow_ext *h = &fs->h_ext;
	const struct ethtool_flow_ext *m = &fs->m_ext;

	if (fs->flow_type & FLOW_MAC_EXT)
		vane_rule_match_mac(t, h->h_dest, m->h_dest,
				    VANE_RULE_MATCH_DST_MAC, &t->rule->dst_mac);
	if (!(fs->flow_type & FLOW_EXT))
		return true;

	if (m->vlan_tci == htons(VLAN_VID_MASK)) {
		t->match |= VANE_RULE_MATCH_VLAN;
		t->rule->ether |= FIELD_PREP(RULE_VID, ntohs(h->vlan_tci) &
						       VLAN_VID_MASK);
	} else if (m->vlan_tci) {
		t->partial = true;
	}
	return !m->vlan_etype && !m->data[0] && !m->data[1];
}

static int vane_rule_translate_match(struct vane_net *vn,
				     struct vane_rule *rule)
{
	struct vane_rule_translation t = { .rule = rule };

	if (!vane_rule_match_flow(&t, &rule->fs) ||
	    !vane_rule_match_extension(&t, &rule->fs)) {
		vane_rule_warn(vn, "the device does not match all of these fields of flow type %#x",
			       rule->fs.flow_type);
		return -EOPNOTSUPP;
	}
	if (t.partial) {
		vane_rule_warn(vn, "partial masks are not supported, except for the VID of a VLAN tag");
		return -EOPNOTSUPP;
	}
	rule->ctrl |= FIELD_PREP(VANE_RULE_CTRL_MATCH, t.match);
	return 0;
}

static int vane_rule_translate_action(struct vane_net *vn,
				      struct vane_rule *rule)
{
	u64 cookie = rule->fs.ring_cookie;
	u32 action = VANE_RULE_ACTION_QUEUE;
	u32 target = cookie;

	if (cookie == RX_CLS_FLOW_DISC) {
		action = VANE_RULE_ACTION_DROP;
		target = 0;
	} else if (cookie == RX_CLS_FLOW_WAKE ||
		   ethtool_get_flow_spec_ring_vf(cookie)) {
		vane_rule_warn(vn, "a rule can only direct packets to a queue or RSS context of this interface");
		return -EOPNOTSUPP;
	} else if (rule->fs.flow_type & FLOW_RSS) {
		action = VANE_RULE_ACTION_RSS;
		target = rule->context;
		if (target >= VANE_RSS_CONTEXTS ||
		    !test_bit(target, vn->rss_contexts)) {
			vane_rule_warn(vn, "there is no RSS context %u",
				       rule->context);
			return -EINVAL;
		}
	} else if (cookie >= vn->num_queues) {
		vane_rule_warn(vn, "there is no queue %llu, the last one is %u",
			       cookie, vn->num_queues - 1);
		return -EINVAL;
	}
	rule->ctrl |= VANE_RULE_CTRL_VALID |
		      FIELD_PREP(VANE_RULE_CTRL_ACTION, action) |
		      FIELD_PREP(VANE_RULE_CTRL_TARGET, target);
	return 0;
}

/* In the device
 * -------------
 */

static void vane_rule_clear(struct vane_net *vn, unsigned int loc)
{
	vane_wr32(vn->vdev, VANE_RULE(loc) + VANE_RULE_CTRL, 0);
}

static void vane_rule_write(struct vane_net *vn, unsigned int loc,
			    const struct vane_rule *rule)
{
	struct vane_dev *vdev = vn->vdev;
	u32 regs = VANE_RULE(loc);
	unsigned int i;

	vane_rule_clear(vn, loc);
	vane_wr32(vdev, regs + VANE_RULE_PORTS, rule->ports);
	vane_wr32(vdev, regs + VANE_RULE_ETHER, rule->ether);
	vane_wr32(vdev, regs + VANE_RULE_PROTO, rule->proto);
	vane_wr64(vdev, regs + VANE_RULE_DST_MAC, rule->dst_mac);
	vane_wr64(vdev, regs + VANE_RULE_SRC_MAC, rule->src_mac);
	for (i = 0; i < sizeof(rule->src_ip); i += sizeof(u32)) {
		vane_wr32(vdev, regs + VANE_RULE_SRC_IP + i,
			  get_unaligned_le32(rule->src_ip + i));
		vane_wr32(vdev, regs + VANE_RULE_DST_IP + i,
			  get_unaligned_le32(rule->dst_ip + i));
	}
	vane_wr32(vdev, regs + VANE_RULE_CTRL, rule->ctrl);
}

/* A function may have fewer features and queues after a reset. */
static bool vane_rule_is_possible(const struct vane_net *vn,
				  const struct vane_rule *rule)
{
	u32 target = FIELD_GET(VANE_RULE_CTRL_TARGET, rule->ctrl);

	switch (FIELD_GET(VANE_RULE_CTRL_ACTION, rule->ctrl)) {
	case VANE_RULE_ACTION_QUEUE:
		return target < vn->num_queues;
	case VANE_RULE_ACTION_RSS:
		return !target ||
		       vn->vdev->features & VANE_FEAT_RSS_CONTEXT;
	default:
		return true;
	}
}

/**
 * vane_rules_write() - write all rules to the device
 * @vn: netdev
 *
 * Context: rtnl held. Does not sleep.
 */
void vane_rules_write(struct vane_net *vn)
{
	unsigned int loc;

	for (loc = 0; loc < VANE_MAX_RULES; loc++) {
		if (!vn->rules[loc])
			continue;
		if (vane_rule_is_possible(vn, vn->rules[loc])) {
			vane_rule_write(vn, loc, vn->rules[loc]);
		} else {
			vane_rule_clear(vn, loc);
			netdev_warn(vn->netdev,
				    "rule %u is not in force: its queue or RSS context no longer exists\n",
				    loc);
		}
	}
}

/**
 * vane_rules_suspend() - remove all rules from the device
 * @vn: netdev
 *
 * vane_rules_write() brings them back.
 *
 * Context: rtnl held. Does not sleep.
 */
void vane_rules_suspend(struct vane_net *vn)
{
	unsigned int loc;

	for (loc = 0; loc < VANE_MAX_RULES; loc++)
		if (vn->rules[loc])
			vane_rule_clear(vn, loc);
}

static void vane_rule_forget(struct vane_net *vn, unsigned int loc)
{
	kfree(vn->rules[loc]);
	vn->rules[loc] = NULL;
	vn->num_rules--;
}

/**
 * vane_rules_free() - forget all rules
 * @vn: netdev
 *
 * They must no longer be in the device; see vane_rules_suspend().
 *
 * Context: rtnl held, or the netdev is not registered any more. Does not sleep.
 */
void vane_rules_free(struct vane_net *vn)
{
	unsigned int loc;

	for (loc = 0; loc < VANE_MAX_RULES; loc++)
		if (vn->rules[loc])
			vane_rule_forget(vn, loc);
}

/**
 * vane_rules_find_context() - the first rule that uses an RSS context
 * @vn: netdev
 * @context: the context
 *
 * Context: rtnl held. Does not sleep.
 * Return: its location, -1 if there is none.
 */
int vane_rules_find_context(const struct vane_net *vn, u32 context)
{
	const struct vane_rule *rule;
	unsigned int loc;

	for (loc = 0; loc < VANE_MAX_RULES; loc++) {
		rule = vn->rules[loc];
		if (rule && rule->fs.flow_type & FLOW_RSS &&
		    rule->context == context)
			return loc;
	}
	return -1;
}

/* ethtool
 * -------
 */

/* The location of a rule whose user does not give an exact one */
static int vane_rule_choose_location(const struct vane_net *vn, u32 wish)
{
	int loc;

	if (wish < VANE_MAX_RULES)
		return wish;

	switch (wish) {
	case RX_CLS_LOC_FIRST:
		for (loc = 0; loc < VANE_MAX_RULES; loc++)
			if (!vn->rules[loc])
				return loc;
		break;
	case RX_CLS_LOC_ANY:
	case RX_CLS_LOC_LAST:
		for (loc = VANE_MAX_RULES - 1; loc >= 0; loc--)
			if (!vn->rules[loc])
				return loc;
		break;
	default:
		vane_rule_warn(vn, "location %u, the last one is %u", wish,
			       VANE_MAX_RULES - 1);
		return -EINVAL;
	}
	vane_rule_warn(vn, "there are %u already", VANE_MAX_RULES);
	return -ENOSPC;
}

/* Replaces the rule at this location by @rule. If the device refuses it, the old
 * one remains in force.
 */
static int vane_rule_replace(struct vane_net *vn, unsigned int loc,
			     const struct vane_rule *rule)
{
	u32 ctrl;

	vane_rule_write(vn, loc, rule);
	ctrl = vane_rd32(vn->vdev, VANE_RULE(loc) + VANE_RULE_CTRL);
	if (ctrl == rule->ctrl)
		return 0;

	if (vn->rules[loc])
		vane_rule_write(vn, loc, vn->rules[loc]);
	return vane_dev_alive(vn->vdev) ? -EIO : -ENODEV;
}

static int vane_rule_insert(struct vane_net *vn, struct ethtool_rxnfc *info)
{
	struct vane_rule *rule;
	int loc;
	int err;

	if (!(vn->netdev->features & NETIF_F_NTUPLE)) {
		vane_rule_warn(vn, "ntuple-filters are off");
		return -EOPNOTSUPP;
	}
	loc = vane_rule_choose_location(vn, info->fs.location);
	if (loc < 0)
		return loc;

	rule = kzalloc(sizeof(*rule), GFP_KERNEL);
	if (!rule)
		return -ENOMEM;
	rule->fs = info->fs;
	rule->fs.location = loc;
	rule->context = info->rss_context;
	err = vane_rule_translate_match(vn, rule);
	if (err)
		goto free_rule;
	err = vane_rule_translate_action(vn, rule);
	if (err)
		goto free_rule;

	/* Otherwise it is written when the function is attached again. */
	if (vn->attached) {
		err = vane_rule_replace(vn, loc, rule);
		if (err)
			goto free_rule;
	}

	if (vn->rules[loc])
		vane_rule_forget(vn, loc);
	vn->rules[loc] = rule;
	vn->num_rules++;
	info->fs.location = loc;
	return 0;

free_rule:
	kfree(rule);
	return err;
}

static int vane_rule_delete(struct vane_net *vn, u32 loc)
{
	if (loc >= VANE_MAX_RULES || !vn->rules[loc])
		return -ENOENT;
	if (vn->attached)
		vane_rule_clear(vn, loc);
	vane_rule_forget(vn, loc);
	return 0;
}

static int vane_rule_get(const struct vane_net *vn, struct ethtool_rxnfc *info)
{
	u32 loc = info->fs.location;

	if (loc >= VANE_MAX_RULES || !vn->rules[loc])
		return -ENOENT;
	info->fs = vn->rules[loc]->fs;
	info->rss_context = vn->rules[loc]->context;
	return 0;
}

static int vane_rule_get_locations(const struct vane_net *vn,
				   struct ethtool_rxnfc *info, u32 *locs)
{
	unsigned int loc;
	u32 count = 0;

	for (loc = 0; loc < VANE_MAX_RULES; loc++) {
		if (!vn->rules[loc])
			continue;
		if (count == info->rule_cnt)
			return -EMSGSIZE;
		locs[count++] = loc;
	}
	info->rule_cnt = count;
	info->data = VANE_MAX_RULES;
	return 0;
}

/**
 * vane_get_rxnfc() - get_rxnfc of ethtool
 * @netdev: net_device
 * @info: command, its arguments and its result
 * @locs: where the locations of all rules go
 *
 * Context: rtnl held. Does not sleep.
 * Return: 0; -EOPNOTSUPP without rules and for another command; -EMSGSIZE if
 * @locs is too short; -ENOENT if there is no such rule.
 */
int vane_get_rxnfc(struct net_device *netdev, struct ethtool_rxnfc *info,
		   u32 *locs)
{
	struct vane_net *vn = netdev_priv(netdev);

#ifndef VANE_HAVE_RX_RING_COUNT
	if (info->cmd == ETHTOOL_GRXRINGS) {
		info->data = netdev->real_num_rx_queues;
		return 0;
	}
#endif
	if (!(vn->vdev->features & VANE_FEAT_RULES))
		return -EOPNOTSUPP;

	switch (info->cmd) {
	case ETHTOOL_GRXCLSRLCNT:
		info->rule_cnt = vn->num_rules;
		info->data = VANE_MAX_RULES | RX_CLS_LOC_SPECIAL;
		return 0;
	case ETHTOOL_GRXCLSRULE:
		return vane_rule_get(vn, info);
	case ETHTOOL_GRXCLSRLALL:
		return vane_rule_get_locations(vn, info, locs);
	default:
		return -EOPNOTSUPP;
	}
}

/**
 * vane_set_rxnfc() - set_rxnfc of ethtool
 * @netdev: net_device
 * @info: command and rule
 *
 * Context: rtnl held. May sleep.
 * Return: 0; -EOPNOTSUPP without rules and for another command; what inserting
 * or deleting the rule returned, and nothing changes then.
 */
int vane_set_rxnfc(struct net_device *netdev, struct ethtool_rxnfc *info)
{
	struct vane_net *vn = netdev_priv(netdev);

	if (!(vn->vdev->features & VANE_FEAT_RULES))
		return -EOPNOTSUPP;

	switch (info->cmd) {
	case ETHTOOL_SRXCLSRLINS:
		return vane_rule_insert(vn, info);
	case ETHTOOL_SRXCLSRLDEL:
		return vane_rule_delete(vn, info->fs.location);
	default:
		return -EOPNOTSUPP;
	}
}
