// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: the generic netlink family "vane".
 *
 * Specified in docs/netlink/vane.yaml, from which netlink_gen.[ch] and the uapi
 * header are made. Each handler holds rtnl, so that the netdev that names the
 * PF stays, and with it the PF.
 *
 * Writes need CAP_NET_ADMIN in the initial user namespace: the switch belongs
 * to all functions, wherever their netdevs are, so being administrator of the
 * PF's network namespace alone is not enough.
 */
#include <linux/rtnetlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"
#include "pf.h"

/* All attribute sets name the PF, and those with functions the VF, alike. */
#define VANE_A_IFINDEX		((int)VANE_A_SWITCH_IFINDEX)
#define VANE_A_VF		((int)VANE_A_FUNCTION_VF)
static_assert(VANE_A_FUNCTION_IFINDEX == VANE_A_IFINDEX);
static_assert(VANE_A_VIF_LIST_IFINDEX == VANE_A_IFINDEX);
static_assert(VANE_A_STATS_IFINDEX == VANE_A_IFINDEX);
static_assert(VANE_A_STATS_VF == VANE_A_VF);
static_assert(VANE_A_TRUNK_IFINDEX == VANE_A_IFINDEX);
static_assert(VANE_A_TRUNK_VF == VANE_A_VF);

/* Counters are attributes in the order of enum vane_stat. */
static_assert(VANE_A_STATS_RX_FRAMES - VANE_A_STATS_TX_FRAMES ==
	      VANE_STAT_RX_FRAMES);
static_assert(VANE_A_STATS_RX_DROP_RULE - VANE_A_STATS_TX_FRAMES ==
	      VANE_STAT_COUNT - 1);

/* Put one message about @which of @pf, a port or a list */
typedef int fill_t(struct sk_buff *skb, const struct genl_info *info,
		   struct vane_pf *pf, u16 which);

static struct vane_pf *get_pf(const struct genl_info *info)
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
	pf = vane_pf_of_netdev(netdev);
	if (!pf) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[VANE_A_IFINDEX],
				    "Not the netdev of a VANE physical function");
		return ERR_PTR(-EOPNOTSUPP);
	}
	return pf;
}

/* The PF that a request names, with rtnl held; without rtnl if there is none */
static struct vane_pf *lock_pf(const struct genl_info *info)
{
	struct vane_pf *pf;

	rtnl_lock();
	pf = get_pf(info);
	if (IS_ERR(pf))
		rtnl_unlock();
	return pf;
}

/* Whether the VF exists; explained in the extack if not */
static bool vf_exists(const struct genl_info *info, struct vane_pf *pf, u32 vf)
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

/* The port that a request names: a VF, or the PF where it names none */
static int get_port(const struct genl_info *info, struct vane_pf *pf, u16 *port)
{
	const struct nlattr *attr = info->attrs[VANE_A_VF];

	*port = VANE_PORT_PF;
	if (!attr)
		return 0;
	if (!vf_exists(info, pf, nla_get_u32(attr)))
		return -ENOENT;
	*port = nla_get_u32(attr);
	return 0;
}

static int put_pf(struct sk_buff *skb, struct vane_pf *pf)
{
	return nla_put_u32(skb, VANE_A_IFINDEX, vane_pf_netdev(pf)->ifindex);
}

static int reply(struct genl_info *info, struct vane_pf *pf, u16 which,
		 fill_t *fill)
{
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

/* A message for the PF, then each VF, from where @cb has come to */
static int dump_ports(struct sk_buff *skb, struct netlink_callback *cb,
		      fill_t *fill)
{
	const struct genl_info *info = genl_info_dump(cb);
	long *next = &cb->args[0];
	struct vane_pf *pf;
	int err = 0;

	pf = lock_pf(info);
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

static u32 mode_to_uapi(enum vane_switch_mode mode)
{
	switch (mode) {
	case VANE_SWITCH_VNTAG:
		return VANE_MODE_VNTAG;
	case VANE_SWITCH_VEPA:
		return VANE_MODE_VEPA;
	default:
		return VANE_MODE_VEB;
	}
}

/* The policy has let known modes pass only */
static enum vane_switch_mode mode_from_uapi(u32 mode)
{
	switch (mode) {
	case VANE_MODE_VNTAG:
		return VANE_SWITCH_VNTAG;
	case VANE_MODE_VEPA:
		return VANE_SWITCH_VEPA;
	default:
		return VANE_SWITCH_VEB;
	}
}

static int fill_switch(struct sk_buff *skb, const struct genl_info *info,
		       struct vane_pf *pf, u16 which)
{
	u32 filters;
	void *hdr;
	int err;

	err = vane_switch_get_filters(pf, &filters);
	if (err)
		return err;

	hdr = genlmsg_iput(skb, info);
	if (!hdr)
		return -EMSGSIZE;
	mutex_lock(&pf->lock);
	if (put_pf(skb, pf) ||
	    nla_put_u32(skb, VANE_A_SWITCH_MODE, mode_to_uapi(pf->mode)) ||
	    nla_put_u32(skb, VANE_A_SWITCH_FILTERS, filters) ||
	    nla_put_u32(skb, VANE_A_SWITCH_MAX_FILTERS, pf->limit_filters) ||
	    nla_put_u32(skb, VANE_A_SWITCH_VIF_LISTS, pf->num_vif_lists) ||
	    nla_put_u32(skb, VANE_A_SWITCH_MAX_VIF_LISTS,
			pf->limit_vif_lists) ||
	    nla_put_u32(skb, VANE_A_SWITCH_NUM_VFS, pf->num_vfs))
		err = -EMSGSIZE;
	mutex_unlock(&pf->lock);
	if (err)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return err;
}

int vane_nl_switch_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vane_pf *pf;
	int err;

	pf = lock_pf(info);
	if (IS_ERR(pf))
		return PTR_ERR(pf);
	err = reply(info, pf, 0, fill_switch);
	rtnl_unlock();
	return err;
}

int vane_nl_switch_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	enum vane_switch_mode mode;
	struct vane_pf *pf;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, VANE_A_SWITCH_MODE))
		return -EINVAL;
	mode = mode_from_uapi(nla_get_u32(info->attrs[VANE_A_SWITCH_MODE]));

	pf = lock_pf(info);
	if (IS_ERR(pf))
		return PTR_ERR(pf);
	err = vane_switch_set_mode(pf, mode, info->extack);
	rtnl_unlock();
	return err;
}

static int put_pf_port(struct sk_buff *skb, struct vane_pf *pf)
{
	lockdep_assert_held(&pf->lock);

	if (nla_put_u32(skb, VANE_A_FUNCTION_VIF, pf->vif) ||
	    nla_put(skb, VANE_A_FUNCTION_MAC, ETH_ALEN, pf->mac) ||
	    nla_put_u8(skb, VANE_A_FUNCTION_LINK,
		       netif_carrier_ok(vane_pf_netdev(pf))) ||
	    nla_put_u32(skb, VANE_A_FUNCTION_FILTERS, pf->addrs.count) ||
	    nla_put_u32(skb, VANE_A_FUNCTION_MAX_FILTERS,
			vane_filter_limit(pf, VANE_PORT_PF)))
		return -EMSGSIZE;
	return 0;
}

static int put_vf_port(struct sk_buff *skb, struct vane_pf *pf, u16 index)
{
	const struct vane_vf *vf = vane_vf_get(pf, index);

	if (!vf)
		return -ENOENT;
	if (nla_put_u32(skb, VANE_A_FUNCTION_VF, index) ||
	    nla_put_u32(skb, VANE_A_FUNCTION_VIF, vf->config.vif) ||
	    nla_put(skb, VANE_A_FUNCTION_MAC, ETH_ALEN, vf->mac) ||
	    nla_put_u8(skb, VANE_A_FUNCTION_LINK, vane_vf_link_up(pf, vf)) ||
	    nla_put_u8(skb, VANE_A_FUNCTION_READY,
		       vf->peer.state == VANE_MBOX_PEER_READY) ||
	    nla_put_u32(skb, VANE_A_FUNCTION_FILTERS, vf->addrs.count) ||
	    nla_put_u32(skb, VANE_A_FUNCTION_MAX_FILTERS,
			vane_filter_limit(pf, index)))
		return -EMSGSIZE;
	return 0;
}

static int fill_function(struct sk_buff *skb, const struct genl_info *info,
			 struct vane_pf *pf, u16 port)
{
	void *hdr;
	int err;

	hdr = genlmsg_iput(skb, info);
	if (!hdr)
		return -EMSGSIZE;
	err = put_pf(skb, pf);
	if (!err) {
		mutex_lock(&pf->lock);
		err = port == VANE_PORT_PF ? put_pf_port(skb, pf) :
					     put_vf_port(skb, pf, port);
		mutex_unlock(&pf->lock);
	}
	if (err)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return err;
}

static int get_one_port(struct genl_info *info, fill_t *fill)
{
	struct vane_pf *pf;
	u16 port;
	int err;

	pf = lock_pf(info);
	if (IS_ERR(pf))
		return PTR_ERR(pf);
	err = get_port(info, pf, &port);
	if (!err)
		err = reply(info, pf, port, fill);
	rtnl_unlock();
	return err;
}

int vane_nl_function_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return get_one_port(info, fill_function);
}

int vane_nl_function_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	return dump_ports(skb, cb, fill_function);
}

int vane_nl_function_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vane_pf *pf;
	u16 port;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, VANE_A_FUNCTION_VIF))
		return -EINVAL;

	pf = lock_pf(info);
	if (IS_ERR(pf))
		return PTR_ERR(pf);
	err = get_port(info, pf, &port);
	if (!err)
		err = vane_switch_set_vif(pf, port,
					  nla_get_u32(info->attrs[VANE_A_FUNCTION_VIF]),
					  info->extack);
	rtnl_unlock();
	return err;
}

static int put_list(struct sk_buff *skb, const struct vane_cmd_vif_list *list)
{
	u16 i;

	if (nla_put_u32(skb, VANE_A_VIF_LIST_LIST, le16_to_cpu(list->list)))
		return -EMSGSIZE;
	for (i = 0; i < VANE_MAX_VFS; i++)
		if (list->vfs[i / 8] & BIT(i % 8) &&
		    nla_put_u32(skb, VANE_A_VIF_LIST_VF, i))
			return -EMSGSIZE;
	if (list->pf && nla_put_flag(skb, VANE_A_VIF_LIST_PF))
		return -EMSGSIZE;
	return 0;
}

static int fill_list(struct sk_buff *skb, const struct genl_info *info,
		     struct vane_pf *pf, u16 id)
{
	const struct vane_cmd_vif_list *list;
	int err = -ENOENT;
	void *hdr;

	hdr = genlmsg_iput(skb, info);
	if (!hdr)
		return -EMSGSIZE;
	mutex_lock(&pf->lock);
	list = xa_load(&pf->vif_lists, id);
	if (list)
		err = put_pf(skb, pf);
	if (!err)
		err = put_list(skb, list);
	mutex_unlock(&pf->lock);
	if (err)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return err;
}

/* The list that a request names */
static int get_list(const struct genl_info *info, u16 *id)
{
	const struct nlattr *attr = info->attrs[VANE_A_VIF_LIST_LIST];

	if (GENL_REQ_ATTR_CHECK(info, VANE_A_VIF_LIST_LIST))
		return -EINVAL;
	if (!nla_get_u32(attr) || nla_get_u32(attr) > VANE_MAX_VIF) {
		NL_SET_ERR_MSG_FMT(info->extack,
				   "VIF list %u is not between 1 and %u",
				   nla_get_u32(attr), VANE_MAX_VIF);
		return -ERANGE;
	}
	*id = nla_get_u32(attr);
	return 0;
}

int vane_nl_vif_list_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vane_pf *pf;
	u16 id;
	int err;

	err = get_list(info, &id);
	if (err)
		return err;

	pf = lock_pf(info);
	if (IS_ERR(pf))
		return PTR_ERR(pf);
	err = reply(info, pf, id, fill_list);
	rtnl_unlock();
	if (err == -ENOENT)
		NL_SET_ERR_MSG_FMT(info->extack, "There is no VIF list %u", id);
	return err;
}

int vane_nl_vif_list_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	const struct genl_info *info = genl_info_dump(cb);
	unsigned long id = cb->args[0];
	struct vane_pf *pf;
	int err = 0;

	pf = lock_pf(info);
	if (IS_ERR(pf))
		return PTR_ERR(pf);
	while (xa_find(&pf->vif_lists, &id, VANE_MAX_VIF, XA_PRESENT)) {
		err = fill_list(skb, info, pf, id);
		if (err && err != -ENOENT)
			break;
		err = 0;
		id++;
	}
	cb->args[0] = id;
	rtnl_unlock();
	return err;
}

/* The members that a request names */
static int get_members(const struct genl_info *info, struct vane_pf *pf,
		       struct vane_cmd_vif_list *list)
{
	const struct nlattr *attr;
	u32 vf;
	int rem;

	list->pf = !!info->attrs[VANE_A_VIF_LIST_PF];
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != VANE_A_VIF_LIST_VF)
			continue;
		vf = nla_get_u32(attr);
		if (!vf_exists(info, pf, vf))
			return -ENOENT;
		list->vfs[vf / 8] |= BIT(vf % 8);
	}
	return 0;
}

int vane_nl_vif_list_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vane_cmd_vif_list list = {};
	struct vane_pf *pf;
	u16 id;
	int err;

	err = get_list(info, &id);
	if (err)
		return err;
	list.list = cpu_to_le16(id);

	pf = lock_pf(info);
	if (IS_ERR(pf))
		return PTR_ERR(pf);
	err = get_members(info, pf, &list);
	if (!err)
		err = vane_switch_set_list(pf, &list, info->extack);
	rtnl_unlock();
	return err;
}

int vane_nl_vif_list_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vane_pf *pf;
	u16 id;
	int err;

	err = get_list(info, &id);
	if (err)
		return err;

	pf = lock_pf(info);
	if (IS_ERR(pf))
		return PTR_ERR(pf);
	err = vane_switch_del_list(pf, id, info->extack);
	rtnl_unlock();
	return err;
}

static int fill_stats(struct sk_buff *skb, const struct genl_info *info,
		      struct vane_pf *pf, u16 port)
{
	u64 counters[VANE_STAT_COUNT];
	unsigned int i;
	void *hdr;
	int err;

	err = vane_stats_get(pf, port, counters);
	if (err)
		return err;

	hdr = genlmsg_iput(skb, info);
	if (!hdr)
		return -EMSGSIZE;
	if (put_pf(skb, pf) || (port != VANE_PORT_PF &&
				nla_put_u32(skb, VANE_A_STATS_VF, port)))
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
	return get_one_port(info, fill_stats);
}

int vane_nl_stats_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump_ports(skb, cb, fill_stats);
}

static int fill_trunk(struct sk_buff *skb, const struct genl_info *info,
		      struct vane_pf *pf, u16 index)
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
		err = put_pf(skb, pf);
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

/* The VF that a request must name; whether it exists is not known yet */
static int get_vf(const struct genl_info *info, u16 *index)
{
	const struct nlattr *attr = info->attrs[VANE_A_TRUNK_VF];

	if (GENL_REQ_ATTR_CHECK(info, VANE_A_TRUNK_VF))
		return -EINVAL;
	if (nla_get_u32(attr) >= VANE_MAX_VFS) {
		NL_SET_ERR_MSG_FMT(info->extack,
				   "VF %u is above the limit of %u",
				   nla_get_u32(attr), VANE_MAX_VFS - 1);
		return -ENOENT;
	}
	*index = nla_get_u32(attr);
	return 0;
}

int vane_nl_trunk_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vane_pf *pf;
	u16 index;
	int err;

	err = get_vf(info, &index);
	if (err)
		return err;

	pf = lock_pf(info);
	if (IS_ERR(pf))
		return PTR_ERR(pf);
	err = vf_exists(info, pf, index) ?
	      reply(info, pf, index, fill_trunk) : -ENOENT;
	rtnl_unlock();
	return err;
}

int vane_nl_trunk_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	/* The PF, which a dump of ports begins with, has no list */
	if (!cb->args[0])
		cb->args[0] = 1;
	return dump_ports(skb, cb, fill_trunk);
}

int vane_nl_trunk_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vane_pf *pf;
	u16 index;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, VANE_A_TRUNK_VIDS))
		return -EINVAL;
	err = get_vf(info, &index);
	if (err)
		return err;

	pf = lock_pf(info);
	if (IS_ERR(pf))
		return PTR_ERR(pf);
	err = vane_switch_set_trunk(pf, index,
				    nla_data(info->attrs[VANE_A_TRUNK_VIDS]),
				    info->extack);
	rtnl_unlock();
	return err;
}

int vane_nl_trunk_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vane_pf *pf;
	u16 index;
	int err;

	err = get_vf(info, &index);
	if (err)
		return err;

	pf = lock_pf(info);
	if (IS_ERR(pf))
		return PTR_ERR(pf);
	err = vane_switch_del_trunk(pf, index, info->extack);
	rtnl_unlock();
	return err;
}

/**
 * vane_netlink_init() - offer the family
 *
 * Return: 0 or an errno.
 */
int vane_netlink_init(void)
{
	return genl_register_family(&vane_nl_family);
}

/**
 * vane_netlink_exit() - withdraw the family
 */
void vane_netlink_exit(void)
{
	genl_unregister_family(&vane_nl_family);
}
