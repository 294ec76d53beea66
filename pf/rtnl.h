/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: which calls serve one request of rtnetlink; under rtnl.
 */
#ifndef VANE_PF_RTNL_H
#define VANE_PF_RTNL_H

#include <linux/types.h>

struct sk_buff;

/**
 * struct vane_rtnl_mark - a request of rtnetlink that was being served once
 * @skb: given back by rtnetlink when it releases rtnl, or NULL
 * @task: the task that held rtnl; for comparison only
 *
 * Guarded by rtnl.
 */
struct vane_rtnl_mark {
	struct sk_buff *skb;
	const void *task;
};

int vane_rtnl_set_mark(struct vane_rtnl_mark *mark);
bool vane_rtnl_is_marked(const struct vane_rtnl_mark *mark);
void vane_rtnl_release_mark(struct vane_rtnl_mark *mark);

#endif /* VANE_PF_RTNL_H */
