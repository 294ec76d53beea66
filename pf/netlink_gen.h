/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/vane.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_VANE_GEN_H
#define _LINUX_VANE_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/vane.h>

int vane_nl_pre_doit(const struct genl_split_ops *ops, struct sk_buff *skb,
		     struct genl_info *info);
void
vane_nl_post_doit(const struct genl_split_ops *ops, struct sk_buff *skb,
		  struct genl_info *info);

int vane_nl_switch_get_doit(struct sk_buff *skb, struct genl_info *info);
int vane_nl_switch_set_doit(struct sk_buff *skb, struct genl_info *info);
int vane_nl_function_get_doit(struct sk_buff *skb, struct genl_info *info);
int vane_nl_function_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int vane_nl_function_set_doit(struct sk_buff *skb, struct genl_info *info);
int vane_nl_list_get_doit(struct sk_buff *skb, struct genl_info *info);
int vane_nl_list_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int vane_nl_list_set_doit(struct sk_buff *skb, struct genl_info *info);
int vane_nl_list_del_doit(struct sk_buff *skb, struct genl_info *info);
int vane_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info);
int vane_nl_stats_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int vane_nl_trunk_get_doit(struct sk_buff *skb, struct genl_info *info);
int vane_nl_trunk_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int vane_nl_trunk_set_doit(struct sk_buff *skb, struct genl_info *info);
int vane_nl_trunk_del_doit(struct sk_buff *skb, struct genl_info *info);
int vane_nl_profile_get_doit(struct sk_buff *skb, struct genl_info *info);
int vane_nl_profile_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int vane_nl_profile_set_doit(struct sk_buff *skb, struct genl_info *info);
int vane_nl_profile_del_doit(struct sk_buff *skb, struct genl_info *info);
int vane_nl_grant_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int vane_nl_grant_set_doit(struct sk_buff *skb, struct genl_info *info);
int vane_nl_grant_del_doit(struct sk_buff *skb, struct genl_info *info);

extern struct genl_family vane_nl_family;

#endif /* _LINUX_VANE_GEN_H */
