// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: which calls serve one request of rtnetlink.
 *
 * An RTM_SETLINK with the MAC address of a VF and its port profile calls
 * ndo_set_vf_mac and then ndo_set_vf_port, and tells neither that it belongs to
 * the other: the latter could not take back the address if it fails. If
 * ndo_set_vf_port were told the address that the request has, or whether it has
 * one, this file could go.
 *
 * Until then, what tells requests apart is that each holds rtnl once. An skb that
 * is given to rtnl_kfree_skbs() is freed by the thread that releases rtnl, before
 * that thread can take it again. A second reference to it shows whether it was.
 */
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/skbuff.h>

#include "rtnl.h"

/**
 * vane_rtnl_set_mark() - mark the request that is being served
 * @mark: the mark, which is taken off any earlier request
 *
 * Context: rtnl held. May sleep.
 * Return: 0 or -ENOMEM.
 */
int vane_rtnl_set_mark(struct vane_rtnl_mark *mark)
{
	struct sk_buff *skb;

	ASSERT_RTNL();

	if (vane_rtnl_is_marked(mark))
		return 0;
	skb = alloc_skb(0, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	vane_rtnl_release_mark(mark);
	mark->skb = skb_get(skb);
	mark->task = current;
	rtnl_kfree_skbs(skb, skb);
	return 0;
}

/**
 * vane_rtnl_is_marked() - whether the request that is being served has the mark
 * @mark: the mark
 *
 * A thread that has just released rtnl may not have given back its skb yet, but
 * then it is not the one that calls this.
 *
 * Context: rtnl held. Does not sleep.
 * Return: true if so.
 */
bool vane_rtnl_is_marked(const struct vane_rtnl_mark *mark)
{
	ASSERT_RTNL();

	return mark->skb && mark->task == current && skb_shared(mark->skb);
}

/**
 * vane_rtnl_release_mark() - take a mark off
 * @mark: the mark, set or not
 *
 * Context: rtnl held, or when nobody else knows the mark. Does not sleep.
 */
void vane_rtnl_release_mark(struct vane_rtnl_mark *mark)
{
	consume_skb(mark->skb);
	mark->skb = NULL;
}
