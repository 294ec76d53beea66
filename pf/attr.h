/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: attributes of the generic netlink family "vane".
 */
#ifndef VANE_PF_ATTR_H
#define VANE_PF_ATTR_H

#include <linux/types.h>

struct genl_info;
struct sk_buff;
struct vane_pf;
struct vane_vf_profile;

int vane_attr_put_prios(struct sk_buff *skb, int type, u64 prio_map);
int vane_attr_put_profile(struct sk_buff *skb, struct vane_pf *pf,
			  const struct vane_vf_profile *profile);
int vane_attr_get_profile(const struct genl_info *info, struct vane_pf *pf,
			  struct vane_vf_profile *profile);

#endif /* VANE_PF_ATTR_H */
