/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs in the kernel and vane-bridge share. */
#ifndef VANE_BRIDGE_H
#define VANE_BRIDGE_H

#include <linux/types.h>

/* In skb->tc_index, between the two ends of a veth: port that a frame came in by, priority */
#define BRIDGE_INDEX_PORT	0x1fffu
#define BRIDGE_INDEX_PRIORITY	13	/* shift */
#define BRIDGE_MAX_PORTS	BRIDGE_INDEX_PORT
/* In a target: it is a list, not a channel */
#define BRIDGE_TARGET_LIST	0x80000000u

/**
 * struct bridge_config - an uplink, constant once it is attached
 * @uplink: ifindex of its interface
 * @ethertype: VANE_VNTAG_ETHERTYPE or VANE_ETAG_ETHERTYPE
 * @max_ports: how many ports it may have, lists included
 * @promisc: it received frames for any address before
 */
struct bridge_config {
	__u32 uplink;
	__u32 ethertype;
	__u32 max_ports;
	__u32 promisc;
};

/**
 * struct bridge_port - a port of the Linux bridge, and what it stands for
 * @target: channel, or BRIDGE_TARGET_LIST and a list in the form of VANE_LIST_...
 * @outer: ifindex of the veth that is the bridge's port, 0 if there is none
 * @inner: ifindex of its peer, where the tag is
 */
struct bridge_port {
	__u32 target;
	__u32 outer;
	__u32 inner;
};

/* Frames, by what became of them; causes of drops in the order of their checks */
enum bridge_stat {
	BRIDGE_STAT_UP,			/* from a channel to its port */
	BRIDGE_STAT_DOWN,		/* from a port to its channel or list */
	BRIDGE_STAT_UP_NONE,		/* no tag, or the other one */
	BRIDGE_STAT_UP_TRUNCATED,	/* ends within the tag */
	BRIDGE_STAT_UP_DIRECTION,	/* VN-Tag: comes from a bridge */
	BRIDGE_STAT_UP_VERSION,		/* VN-Tag: unknown version */
	BRIDGE_STAT_UP_RESERVED,	/* a reserved bit is set */
	BRIDGE_STAT_UP_DESTINATION,	/* has what only a bridge may say */
	BRIDGE_STAT_UP_NESTED,		/* a further channel tag inside */
	BRIDGE_STAT_UP_UNKNOWN,		/* no port is this channel's */
	BRIDGE_STAT_UP_GONE,		/* the interface of the port is gone */
	BRIDGE_STAT_UP_LONG,		/* longer than the port's MTU, with its tag */
	BRIDGE_STAT_UP_STRAY,		/* sent to the port past the uplink */
	BRIDGE_STAT_DOWN_GONE,		/* the interface of the uplink is gone */
	BRIDGE_STAT_DOWN_LONG,		/* longer than the uplink's MTU, with its tag */
	BRIDGE_STAT_DOWN_ERROR,		/* no room for the tag */
	BRIDGE_STAT_COUNT
};

#endif /* VANE_BRIDGE_H */
