// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: the generic netlink family "vane".
 *
 * Specified in docs/netlink/vane.yaml, from which netlink_gen.[ch] and the uapi
 * header are generated. Each request holds rtnl, so that the netdev that names
 * the PF stays, and with it the PF: a single one from its pre_doit hook to its
 * post_doit hook, a dump while it fills a message.
 *
 * Writes need CAP_NET_ADMIN in the initial user namespace: the switch belongs
 * to all functions, wherever their netdevs are, so being administrator of the
 * PF's network namespace alone is not enough.
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "attr.h"
#include "channel.h"
#include "command.h"
#include "netdev.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "pf.h"
#include "policy.h"
#include "profile.h"
#include "stats.h"
#include "switch.h"
#include "vf.h"

/* All attribute sets name the PF, and those with functions the VF, alike. */
#define VANE_A_IFINDEX		((int)VANE_A_SWITCH_IFINDEX)
#define VANE_A_VF		((int)VANE_A_FUNCTION_VF)
static_assert(VANE_A_FUNCTION_IFINDEX == VANE_A_IFINDEX);
static_assert(VANE_A_LIST_IFINDEX == VANE_A_IFINDEX);
static_assert(VANE_A_STATS_IFINDEX == VANE_A_IFINDEX);
static_assert(VANE_A_STATS_VF == VANE_A_VF);
static_assert(VANE_A_TRUNK_IFINDEX == VANE_A_IFINDEX);
static_assert(VANE_A_TRUNK_VF == VANE_A_VF);
static_assert(VANE_A_PROFILE_IFINDEX == VANE_A_IFINDEX);
static_assert(VANE_A_GRANT_IFINDEX == VANE_A_IFINDEX);
static_assert(VANE_A_GRANT_VF == VANE_A_VF);

/* Counters are attributes in the order of enum vane_stat. */
static_assert(VANE_A_STATS_RX_FRAMES - VANE_A_STATS_TX_FRAMES ==
	      VANE_STAT_RX_FRAMES);
static_assert(VANE_A_STATS_TX_DROP_CONTROL - VANE_A_STATS_TX_FRAMES ==
	      VANE_STAT_COUNT - 1);

/* And those of frames that were dropped for their tag in that of vane_tag_stat. */
static_assert(VANE_A_SWITCH_RX_TAG_UNKNOWN - VANE_A_SWITCH_RX_TAG_NONE ==
	      VANE_TAG_STAT_COUNT - 1);

/* Put one message about @which of @pf: a port, a list, a profile, a channel */
typedef int fill_t(struct sk_buff *skb, const struct genl_info *info,
		   struct vane_pf *pf, u32 which);

static struct vane_pf *vane_nl_get_pf(const struct genl_info *info)
{
	struct net_device *netdev;
	struct vane_pf *pf;

	ASSERT_RTNL();

	if (GENL_REQ_ATTR_CHECK(info, VANE_A_IFINDEX))
		return ERR_PTR(-EINVAL);

	netdev = __dev_get_by_index(genl_info_net(info),
				    nla_get_u32(info->attrs[VANE_A_IFINDEX]));
	if (!netdev) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[VANE_A_IFINDEX],
				    "No such netdev");
		return ERR_PTR(-ENODEV);
	}
	pf = vane_netdev_find_pf(netdev);
	if (!pf) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack,
					info->attrs[VANE_A_IFINDEX],
					"%s is not the netdev of a VANE physical function",
					netdev->name);
		return ERR_PTR(-EOPNOTSUPP);
	}
	return pf;
}

/* The PF that a request names, with rtnl held; without rtnl if there is none */
static struct vane_pf *vane_nl_lock_pf(const struct genl_info *info)
{
	struct vane_pf *pf;

	rtnl_lock();
	pf = vane_nl_get_pf(info);
	if (IS_ERR(pf))
		rtnl_unlock();
	return pf;
}

/* Before a handler: the PF becomes user_ptr[0] */
int vane_nl_pre_doit(const struct genl_split_ops *ops, struct sk_buff *skb,
		     struct genl_info *info)
{
	struct vane_pf *pf = vane_nl_lock_pf(info);

	if (IS_ERR(pf))
		return PTR_ERR(pf);
	info->user_ptr[0] = pf;
	return 0;
}

void vane_nl_post_doit(const struct genl_split_ops *ops, struct sk_buff *skb,
		       struct genl_info *info)
{
	rtnl_unlock();
}

/* Whether the VF exists; if not, the extack says so */
static bool vane_nl_vf_exists(const struct genl_info *info, struct vane_pf *pf,
			      u32 vf)
{
	u16 num_vfs;

	mutex_lock(&pf->lock);
	num_vfs = pf->num_vfs;
	mutex_unlock(&pf->lock);
	if (vf < num_vfs)
		return true;
	NL_SET_ERR_MSG_FMT(info->extack,
			   "VF %u does not exist, %u VFs are enabled", vf,
			   num_vfs);
	return false;
}

/* The port that a request names: a VF, or the PF if it names none */
static int vane_nl_get_port(const struct genl_info *info, struct vane_pf *pf,
			    u16 *port)
{
	const struct nlattr *attr = info->attrs[VANE_A_VF];

	*port = VANE_PORT_PF;
	if (!attr)
		return 0;
	if (!vane_nl_vf_exists(info, pf, nla_get_u32(attr)))
		return -ENOENT;
	*port = nla_get_u32(attr);
	return 0;
}

static int vane_nl_put_pf(struct sk_buff *skb, struct vane_pf *pf)
{
	return nla_put_u32(skb, VANE_A_IFINDEX, vane_pf_netdev(pf)->ifindex);
}

static int vane_nl_reply(struct genl_info *info, u32 which, fill_t *fill)
{
	struct vane_pf *pf = info->user_ptr[0];
	struct sk_buff *skb;
	int err;

	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	err = fill(skb, info, pf, which);
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	return genlmsg_reply(skb, info);
}

/* A message for the PF, then each VF, from where @cb left off */
static int vane_nl_dump_ports(struct sk_buff *skb, struct netlink_callback *cb,
			      fill_t *fill)
{
	const struct genl_info *info = genl_info_dump(cb);
	long *next = &cb->args[0];
	struct vane_pf *pf;
	int err = 0;

	pf = vane_nl_lock_pf(info);
	if (IS_ERR(pf))
		return PTR_ERR(pf);
	for (; *next <= VANE_MAX_VFS; (*next)++) {
		err = fill(skb, info, pf, *next ? *next - 1 : VANE_PORT_PF);
		if (err)
			break;
	}
	/* No VF behind the last */
	if (err == -ENOENT)
		err = 0;
	rtnl_unlock();
	return err;
}

static u32 vane_nl_mode_to_uapi(enum vane_switch_mode mode)
{
	switch (mode) {
	case VANE_SWITCH_VNTAG:
		return VANE_MODE_VNTAG;
	case VANE_SWITCH_VEPA:
		return VANE_MODE_VEPA;
	case VANE_SWITCH_ETAG:
		return VANE_MODE_ETAG;
	default:
		return VANE_MODE_VEB;
	}
}

/* The policy has let known modes pass only */
static enum vane_switch_mode vane_nl_mode_from_uapi(u32 mode)
{
	switch (mode) {
	case VANE_MODE_VNTAG:
		return VANE_SWITCH_VNTAG;
	case VANE_MODE_VEPA:
		return VANE_SWITCH_VEPA;
	case VANE_MODE_ETAG:
		return VANE_SWITCH_ETAG;
	default:
		return VANE_SWITCH_VEB;
	}
}

/* The counters of frames that were dropped for their tag, if there are any */
static int vane_nl_put_tag_drops(struct sk_buff *skb,
				 const struct genl_info *info,
				 struct vane_pf *pf)
{
	u64 counters[VANE_TAG_STAT_COUNT];
	unsigned int i;
	int err;

	err = vane_switch_get_tag_drops(pf, counters);
	if (err == -EOPNOTSUPP)
		return 0;
	if (err)
		return vane_command_explain(pf, info->extack, err,
					    "read its counters");
	for (i = 0; i < VANE_TAG_STAT_COUNT; i++)
		if (nla_put_uint(skb, VANE_A_SWITCH_RX_TAG_NONE + i,
				 counters[i]))
			return -EMSGSIZE;
	return 0;
}

static int vane_nl_put_grants(struct sk_buff *skb, struct vane_pf *pf)
{
	if (!(pf->vdev.features & VANE_FEAT_CHANNELS))
		return 0;
	if (nla_put_u32(skb, VANE_A_SWITCH_GRANTS, pf->channels.num_granted) ||
	    nla_put_u32(skb, VANE_A_SWITCH_MAX_GRANTS, VANE_MAX_GRANTS))
		return -EMSGSIZE;
	return 0;
}

static int vane_nl_fill_switch(struct sk_buff *skb,
			       const struct genl_info *info, struct vane_pf *pf,
			       u32 which)
{
	u32 filters;
	void *hdr;
	int err;

	err = vane_switch_get_filters(pf, &filters);
	if (err)
		return vane_command_explain(pf, info->extack, err,
					    "read its tables");

	hdr = genlmsg_iput(skb, info);
	if (!hdr)
		return -EMSGSIZE;
	mutex_lock(&pf->lock);
	if (vane_nl_put_pf(skb, pf) ||
	    nla_put_u32(skb, VANE_A_SWITCH_MODE,
			vane_nl_mode_to_uapi(pf->sw.mode)) ||
	    nla_put_u32(skb, VANE_A_SWITCH_FILTERS, filters) ||
	    nla_put_u32(skb, VANE_A_SWITCH_MAX_FILTERS, pf->filter.limit) ||
	    nla_put_u32(skb, VANE_A_SWITCH_LISTS, pf->sw.num_lists) ||
	    nla_put_u32(skb, VANE_A_SWITCH_MAX_LISTS, pf->sw.limit_lists) ||
	    nla_put_u32(skb, VANE_A_SWITCH_NUM_VFS, pf->num_vfs) ||
	    vane_nl_put_grants(skb, pf))
		err = -EMSGSIZE;
	mutex_unlock(&pf->lock);
	if (!err)
		err = vane_nl_put_tag_drops(skb, info, pf);
	if (err)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return err;
}

int vane_nl_switch_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return vane_nl_reply(info, 0, vane_nl_fill_switch);
}

int vane_nl_switch_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vane_pf *pf = info->user_ptr[0];
	u32 mode;

	if (GENL_REQ_ATTR_CHECK(info, VANE_A_SWITCH_MODE))
		return -EINVAL;
	mode = nla_get_u32(info->attrs[VANE_A_SWITCH_MODE]);
	return vane_switch_set_mode(pf, vane_nl_mode_from_uapi(mode),
				    info->extack);
}

static int vane_nl_put_prio_map(struct sk_buff *skb, struct vane_pf *pf,
				u64 prio_map)
{
	if (!(pf->vdev.features & VANE_FEAT_ETAG))
		return 0;
	return vane_attr_put_prios(skb, VANE_A_FUNCTION_PRIORITY_MAP, prio_map);
}

static int vane_nl_put_pf_port(struct sk_buff *skb, struct vane_pf *pf)
{
	lockdep_assert_held(&pf->lock);

	if (nla_put_u32(skb, VANE_A_FUNCTION_CHANNEL, pf->sw.channel) ||
	    nla_put(skb, VANE_A_FUNCTION_MAC, ETH_ALEN, pf->filter.mac) ||
	    nla_put_u8(skb, VANE_A_FUNCTION_LINK,
		       netif_carrier_ok(vane_pf_netdev(pf))) ||
	    nla_put_u32(skb, VANE_A_FUNCTION_FILTERS, pf->filter.addrs.count) ||
	    nla_put_u32(skb, VANE_A_FUNCTION_MAX_FILTERS,
			vane_policy_filter_limit(pf, VANE_PORT_PF)) ||
	    vane_nl_put_prio_map(skb, pf, pf->sw.prio_map))
		return -EMSGSIZE;
	return 0;
}

static int vane_nl_put_vf_port(struct sk_buff *skb, struct vane_pf *pf,
			       u16 index)
{
	const struct vane_vf *vf = vane_vf_get(pf, index);
	const struct vane_vf_profile *profile;

	if (!vf)
		return -ENOENT;
	profile = vane_vf_profile_in_force(vf);
	if (nla_put_u32(skb, VANE_A_FUNCTION_VF, index) ||
	    nla_put_u32(skb, VANE_A_FUNCTION_CHANNEL, vf->config.channel) ||
	    nla_put(skb, VANE_A_FUNCTION_MAC, ETH_ALEN, vf->mac) ||
	    nla_put_u8(skb, VANE_A_FUNCTION_LINK, vane_vf_link_up(pf, vf)) ||
	    nla_put_u8(skb, VANE_A_FUNCTION_READY,
		       READ_ONCE(vf->peer.state) == VANE_MBOX_PEER_READY) ||
	    nla_put_u32(skb, VANE_A_FUNCTION_FILTERS, vf->addrs.count) ||
	    nla_put_u32(skb, VANE_A_FUNCTION_MAX_FILTERS,
			vane_policy_filter_limit(pf, index)) ||
	    vane_nl_put_prio_map(skb, pf, vf->config.prio_map) ||
	    (profile && nla_put_string(skb, VANE_A_FUNCTION_PROFILE,
				       profile->name)))
		return -EMSGSIZE;
	return 0;
}

static int vane_nl_fill_function(struct sk_buff *skb,
				 const struct genl_info *info,
				 struct vane_pf *pf, u32 port)
{
	void *hdr;
	int err;

	hdr = genlmsg_iput(skb, info);
	if (!hdr)
		return -EMSGSIZE;
	err = vane_nl_put_pf(skb, pf);
	if (!err) {
		mutex_lock(&pf->lock);
		err = port == VANE_PORT_PF ? vane_nl_put_pf_port(skb, pf) :
					     vane_nl_put_vf_port(skb, pf, port);
		mutex_unlock(&pf->lock);
	}
	if (err)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return err;
}

static int vane_nl_get_one_port(struct genl_info *info, fill_t *fill)
{
	u16 port;
	int err;

	err = vane_nl_get_port(info, info->user_ptr[0], &port);
	if (err)
		return err;
	return vane_nl_reply(info, port, fill);
}

int vane_nl_function_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return vane_nl_get_one_port(info, vane_nl_fill_function);
}

int vane_nl_function_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	return vane_nl_dump_ports(skb, cb, vane_nl_fill_function);
}

int vane_nl_function_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *channel = info->attrs[VANE_A_FUNCTION_CHANNEL];
	const struct nlattr *map = info->attrs[VANE_A_FUNCTION_PRIORITY_MAP];
	struct vane_switch_port wanted = {};
	struct vane_pf *pf = info->user_ptr[0];
	u16 port;
	int err;

	/* Without a map a channel is what lacks */
	if (!map && GENL_REQ_ATTR_CHECK(info, VANE_A_FUNCTION_CHANNEL))
		return -EINVAL;
	if (channel) {
		wanted.has_channel = true;
		wanted.channel = nla_get_u32(channel);
	}
	if (map)
		wanted.prio_map = nla_data(map);
	err = vane_nl_get_port(info, pf, &port);
	if (err)
		return err;
	return vane_switch_set_port(pf, port, &wanted, info->extack);
}

static int vane_nl_put_list(struct sk_buff *skb,
			    const struct vane_cmd_list *list)
{
	u16 i;

	if (nla_put_u32(skb, VANE_A_LIST_LIST, vane_switch_list_id(list)))
		return -EMSGSIZE;
	for (i = 0; i < VANE_MAX_VFS; i++)
		if (list->vfs[i / 8] & BIT(i % 8) &&
		    nla_put_u32(skb, VANE_A_LIST_VF, i))
			return -EMSGSIZE;
	if (list->pf && nla_put_flag(skb, VANE_A_LIST_PF))
		return -EMSGSIZE;
	return 0;
}

static int vane_nl_fill_list(struct sk_buff *skb, const struct genl_info *info,
			     struct vane_pf *pf, u32 id)
{
	const struct vane_cmd_list *list;
	int err = -ENOENT;
	void *hdr;

	hdr = genlmsg_iput(skb, info);
	if (!hdr)
		return -EMSGSIZE;
	mutex_lock(&pf->lock);
	list = xa_load(&pf->sw.lists, id);
	if (list)
		err = vane_nl_put_pf(skb, pf);
	if (!err)
		err = vane_nl_put_list(skb, list);
	mutex_unlock(&pf->lock);
	if (err)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return err;
}

/* The list that a request names */
static int vane_nl_get_list(const struct genl_info *info, u32 *id)
{
	if (GENL_REQ_ATTR_CHECK(info, VANE_A_LIST_LIST))
		return -EINVAL;
	*id = nla_get_u32(info->attrs[VANE_A_LIST_LIST]);
	return vane_switch_check_list_id(info->user_ptr[0], *id, info->extack);
}

int vane_nl_list_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	u32 id;
	int err;

	err = vane_nl_get_list(info, &id);
	if (err)
		return err;
	err = vane_nl_reply(info, id, vane_nl_fill_list);
	if (err == -ENOENT)
		NL_SET_ERR_MSG_FMT(info->extack, "There is no list %u", id);
	return err;
}

/* A message for each entry of a table of the PF, from where @cb left off */
static int vane_nl_dump_table(struct sk_buff *skb, struct netlink_callback *cb,
			      struct vane_pf *pf, struct xarray *table,
			      fill_t *fill)
{
	const struct genl_info *info = genl_info_dump(cb);
	unsigned long id = cb->args[0];
	int err = 0;

	while (xa_find(table, &id, ULONG_MAX, XA_PRESENT)) {
		err = fill(skb, info, pf, id);
		if (err && err != -ENOENT)
			break;
		err = 0;
		id++;
	}
	cb->args[0] = id;
	return err;
}

int vane_nl_list_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct vane_pf *pf = vane_nl_lock_pf(genl_info_dump(cb));
	int err;

	if (IS_ERR(pf))
		return PTR_ERR(pf);
	err = vane_nl_dump_table(skb, cb, pf, &pf->sw.lists,
				 vane_nl_fill_list);
	rtnl_unlock();
	return err;
}

/* The members that a request names */
static int vane_nl_get_members(const struct genl_info *info, struct vane_pf *pf,
			       struct vane_cmd_list *list)
{
	const struct nlattr *attr;
	u32 vf;
	int rem;

	list->pf = !!info->attrs[VANE_A_LIST_PF];
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != VANE_A_LIST_VF)
			continue;
		vf = nla_get_u32(attr);
		if (!vane_nl_vf_exists(info, pf, vf))
			return -ENOENT;
		list->vfs[vf / 8] |= BIT(vf % 8);
	}
	return 0;
}

int vane_nl_list_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vane_pf *pf = info->user_ptr[0];
	struct vane_cmd_list list = {};
	u32 id;
	int err;

	err = vane_nl_get_list(info, &id);
	if (err)
		return err;
	vane_switch_set_list_id(&list, id);
	err = vane_nl_get_members(info, pf, &list);
	if (err)
		return err;
	return vane_switch_set_list(pf, &list, info->extack);
}

int vane_nl_list_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	u32 id;
	int err;

	err = vane_nl_get_list(info, &id);
	if (err)
		return err;
	return vane_switch_del_list(info->user_ptr[0], id, info->extack);
}

static int vane_nl_fill_stats(struct sk_buff *skb, const struct genl_info *info,
			      struct vane_pf *pf, u32 port)
{
	u64 counters[VANE_STAT_COUNT];
	unsigned int i;
	void *hdr;
	int err;

	err = vane_stats_get(pf, port, counters);
	/* A walk ends with a VF that does not exist */
	if (err == -ENOENT)
		return err;
	if (err)
		return vane_command_explain(pf, info->extack, err,
					    "read its counters");

	hdr = genlmsg_iput(skb, info);
	if (!hdr)
		return -EMSGSIZE;
	if (vane_nl_put_pf(skb, pf) ||
	    (port != VANE_PORT_PF && nla_put_u32(skb, VANE_A_STATS_VF, port)))
		goto cancel;
	for (i = 0; i < VANE_STAT_COUNT; i++)
		if (nla_put_uint(skb, VANE_A_STATS_TX_FRAMES + i, counters[i]))
			goto cancel;
	genlmsg_end(skb, hdr);
	return 0;

cancel:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

int vane_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return vane_nl_get_one_port(info, vane_nl_fill_stats);
}

int vane_nl_stats_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return vane_nl_dump_ports(skb, cb, vane_nl_fill_stats);
}

static int vane_nl_fill_trunk(struct sk_buff *skb, const struct genl_info *info,
			      struct vane_pf *pf, u32 index)
{
	const struct vane_vf *vf;
	int err = -ENOENT;
	void *hdr;

	hdr = genlmsg_iput(skb, info);
	if (!hdr)
		return -EMSGSIZE;
	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, index);
	if (vf)
		err = vane_nl_put_pf(skb, pf);
	if (!err)
		err = nla_put_u32(skb, VANE_A_TRUNK_VF, index);
	if (!err && vf->config.trunk)
		err = nla_put(skb, VANE_A_TRUNK_VIDS, sizeof(vf->trunk),
			      vf->trunk);
	mutex_unlock(&pf->lock);
	if (err)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return err;
}

/* The VF that a request must name */
static int vane_nl_get_vf(const struct genl_info *info, struct vane_pf *pf,
			  u16 *index)
{
	if (GENL_REQ_ATTR_CHECK(info, VANE_A_TRUNK_VF))
		return -EINVAL;
	return vane_nl_get_port(info, pf, index);
}

int vane_nl_trunk_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	u16 index;
	int err;

	err = vane_nl_get_vf(info, info->user_ptr[0], &index);
	if (err)
		return err;
	return vane_nl_reply(info, index, vane_nl_fill_trunk);
}

int vane_nl_trunk_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	/* The PF, which a dump of ports begins with, has no list */
	if (!cb->args[0])
		cb->args[0] = 1;
	return vane_nl_dump_ports(skb, cb, vane_nl_fill_trunk);
}

int vane_nl_trunk_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vane_pf *pf = info->user_ptr[0];
	u16 index;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, VANE_A_TRUNK_VIDS))
		return -EINVAL;
	err = vane_nl_get_vf(info, pf, &index);
	if (err)
		return err;
	return vane_switch_set_trunk(pf, index,
				     nla_data(info->attrs[VANE_A_TRUNK_VIDS]),
				     info->extack);
}

int vane_nl_trunk_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vane_pf *pf = info->user_ptr[0];
	u16 index;
	int err;

	err = vane_nl_get_vf(info, pf, &index);
	if (err)
		return err;
	return vane_switch_del_trunk(pf, index, info->extack);
}

static int vane_nl_fill_profile(struct sk_buff *skb,
				const struct genl_info *info,
				struct vane_pf *pf, u32 number)
{
	const struct vane_vf_profile *profile;
	int err = -ENOENT;
	void *hdr;

	hdr = genlmsg_iput(skb, info);
	if (!hdr)
		return -EMSGSIZE;
	mutex_lock(&pf->lock);
	profile = xa_load(&pf->profiles.table, number);
	if (profile)
		err = vane_nl_put_pf(skb, pf);
	if (!err)
		err = vane_attr_put_profile(skb, pf, profile);
	mutex_unlock(&pf->lock);
	if (err)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return err;
}

int vane_nl_profile_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vane_pf *pf = info->user_ptr[0];
	const char *name;
	u32 number;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, VANE_A_PROFILE_NAME))
		return -EINVAL;
	name = nla_data(info->attrs[VANE_A_PROFILE_NAME]);
	mutex_lock(&pf->lock);
	err = vane_profile_find(pf, name, &number);
	mutex_unlock(&pf->lock);
	if (!err)
		err = vane_nl_reply(info, number, vane_nl_fill_profile);
	if (err == -ENOENT)
		NL_SET_ERR_MSG_FMT(info->extack, "There is no profile %s",
				   name);
	return err;
}

int vane_nl_profile_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb)
{
	struct vane_pf *pf = vane_nl_lock_pf(genl_info_dump(cb));
	int err;

	if (IS_ERR(pf))
		return PTR_ERR(pf);
	err = vane_nl_dump_table(skb, cb, pf, &pf->profiles.table,
				 vane_nl_fill_profile);
	rtnl_unlock();
	return err;
}

int vane_nl_profile_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vane_vf_profile *profile;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, VANE_A_PROFILE_NAME))
		return -EINVAL;
	profile = kzalloc(sizeof(*profile), GFP_KERNEL);
	if (!profile)
		return -ENOMEM;
	err = vane_attr_get_profile(info, info->user_ptr[0], profile);
	if (!err)
		err = vane_profile_set(info->user_ptr[0], profile,
				       info->extack);
	kfree(profile);
	return err;
}

int vane_nl_profile_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	if (GENL_REQ_ATTR_CHECK(info, VANE_A_PROFILE_NAME))
		return -EINVAL;
	return vane_profile_del(info->user_ptr[0],
				nla_data(info->attrs[VANE_A_PROFILE_NAME]),
				info->extack);
}

static int vane_nl_fill_grant(struct sk_buff *skb, const struct genl_info *info,
			      struct vane_pf *pf, u32 channel)
{
	int err = -ENOENT;
	void *hdr;
	void *vf;

	hdr = genlmsg_iput(skb, info);
	if (!hdr)
		return -EMSGSIZE;
	mutex_lock(&pf->lock);
	vf = xa_load(&pf->channels.granted, channel);
	if (vf)
		err = vane_nl_put_pf(skb, pf);
	if (!err)
		err = nla_put_u32(skb, VANE_A_GRANT_VF, xa_to_value(vf));
	if (!err)
		err = nla_put_u32(skb, VANE_A_GRANT_CHANNEL, channel);
	mutex_unlock(&pf->lock);
	if (err)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return err;
}

int vane_nl_grant_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct vane_pf *pf = vane_nl_lock_pf(genl_info_dump(cb));
	int err;

	if (IS_ERR(pf))
		return PTR_ERR(pf);
	err = vane_nl_dump_table(skb, cb, pf, &pf->channels.granted,
				 vane_nl_fill_grant);
	rtnl_unlock();
	return err;
}

/* The VF and the channel that a request must name */
static int vane_nl_get_grant(const struct genl_info *info, struct vane_pf *pf,
			     u16 *index, u32 *channel)
{
	if (GENL_REQ_ATTR_CHECK(info, VANE_A_GRANT_CHANNEL))
		return -EINVAL;
	*channel = nla_get_u32(info->attrs[VANE_A_GRANT_CHANNEL]);
	return vane_nl_get_vf(info, pf, index);
}

int vane_nl_grant_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vane_pf *pf = info->user_ptr[0];
	u32 channel;
	u16 index;
	int err;

	err = vane_nl_get_grant(info, pf, &index, &channel);
	if (err)
		return err;
	return vane_channel_grant(pf, index, channel, info->extack);
}

int vane_nl_grant_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vane_pf *pf = info->user_ptr[0];
	u32 channel;
	u16 index;
	int err;

	err = vane_nl_get_grant(info, pf, &index, &channel);
	if (err)
		return err;
	return vane_channel_revoke(pf, index, channel, info->extack);
}

/**
 * vane_netlink_init() - register the family
 *
 * Context: When the module is loaded, before any probe. May sleep.
 * Return: 0 or an errno.
 */
int vane_netlink_init(void)
{
	return genl_register_family(&vane_nl_family);
}

/**
 * vane_netlink_exit() - unregister the family
 *
 * Context: When the module is unloaded, after the last removal. May sleep.
 */
void vane_netlink_exit(void)
{
	genl_unregister_family(&vane_nl_family);
}
