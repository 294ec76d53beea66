// SPDX-License-Identifier: GPL-2.0-only
/*
 * The controlling bridge's datapath. Each uplink has its own copy of these programs
 * and maps. Where each program stands:
 *
 *	      Linux bridge -- outer ====== veth ====== inner -- uplink's interface
 *
 *	up                    bridge_enter (tc)                 bridge_up (tc)
 *	<--                   bridge_pop (XDP)
 *
 *	down                  bridge_leave (tc)        bridge_push (XDP)
 *	-->                   qdisc                    bridge_down (tc)
 *
 * XDP makes and takes away the room for a tag, which tc cannot do for a tag that it does
 * not know. tc finds the way, so that captures on the uplink see every frame.
 *
 * A veth forgets where a frame came from, and its priority. Up, the priority is in the tag,
 * and goes from XDP to tc as metadata. Down, both are in tc_index, which veths keep and of
 * which nobody but GRED knows.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bridge.h"
#include "vane_hw.h"

#define OFFSET_TYPE	(2 * ETH_ALEN)
#define PRIORITY_MAX	7		/* of 802.1p */
/* linux/errno.h */
#define ENODEV		19

const volatile struct bridge_config config;

/* Entry 0 is none. vane-bridge sets the sizes. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct bridge_port);
	__uint(max_entries, 1);
} ports SEC(".maps");

/* Numbers of ports, by what they stand for */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 1);
} targets SEC(".maps");

/* Numbers of ports, by the ifindex of either end */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 1);
} ends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, BRIDGE_STAT_COUNT);
} stats SEC(".maps");

static __always_inline void bridge_count(__u32 stat)
{
	__u64 *count = bpf_map_lookup_elem(&stats, &stat);

	if (count)
		(*count)++;
}

static __always_inline bool bridge_is_etag(void)
{
	return config.ethertype == VANE_ETAG_ETHERTYPE;
}

static __always_inline __u32 bridge_tag_size(void)
{
	return bridge_is_etag() ? VANE_ETAG_SIZE : VANE_VNTAG_SIZE;
}

static __always_inline bool bridge_is_channel_tag(__be16 type)
{
	return type == bpf_htons(VANE_VNTAG_ETHERTYPE) ||
	       type == bpf_htons(VANE_ETAG_ETHERTYPE);
}

static __always_inline bool bridge_is_vlan_tag(__be16 type)
{
	return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD);
}

/* bridge_parse_vntag() - what is wrong with the tag, or BRIDGE_STAT_UP */
static __always_inline __u32 bridge_parse_vntag(__u32 tag, __u32 *channel)
{
	if (tag & VANE_VNTAG_DIR)
		return BRIDGE_STAT_UP_DIRECTION;
	if (tag & VANE_VNTAG_VER)
		return BRIDGE_STAT_UP_VERSION;
	if (tag & VANE_VNTAG_RSVD)
		return BRIDGE_STAT_UP_RESERVED;
	if (tag & (VANE_VNTAG_PTR | VANE_VNTAG_DVIF | VANE_VNTAG_LOOPED))
		return BRIDGE_STAT_UP_DESTINATION;
	*channel = tag & VANE_VNTAG_SVIF;
	return BRIDGE_STAT_UP;
}

static __always_inline __u32 bridge_parse_etag(__u64 tag, __u32 *channel)
{
	if (tag & VANE_ETAG_RSVD)
		return BRIDGE_STAT_UP_RESERVED;
	if (tag & (VANE_ETAG_GRP | VANE_ETAG_INGRESS | VANE_ETAG_INGRESS_EXT))
		return BRIDGE_STAT_UP_DESTINATION;
	*channel = (tag & VANE_ETAG_ECID_EXT) << 12 | (tag & VANE_ETAG_ECID) >> 16;
	return BRIDGE_STAT_UP;
}

/*
 * bridge_is_nested() - is there a further channel tag behind all VLAN tags, or one VLAN
 * tag more than the device looks behind? A card would take it for its own.
 */
static __always_inline bool bridge_is_nested(struct __sk_buff *skb)
{
	__u32 offset = OFFSET_TYPE + bridge_tag_size();
	__be16 type;
	int i;

	for (i = 0; i < VANE_CHANNEL_TAG_DEPTH + 2; i++) {
		if (bpf_skb_load_bytes(skb, offset, &type, sizeof(type)))
			return false;
		if (!bridge_is_vlan_tag(type))
			return bridge_is_channel_tag(type);
		offset += 4;
	}
	return true;
}

/*
 * bridge_take_tag() - check the tag of a frame from a channel, and take it out of a checksum
 * of the whole frame
 */
static __always_inline __u32 bridge_take_tag(struct __sk_buff *skb, __u32 *channel)
{
	__u32 size = bridge_tag_size(), wrong;
	/* The tag, and the EtherType behind it */
	__be32 raw[2] = {};
	__be16 type;
	__u64 tag;

	if (skb->vlan_present || bpf_skb_load_bytes(skb, OFFSET_TYPE, &type, sizeof(type)) ||
	    type != bpf_htons(config.ethertype))
		return BRIDGE_STAT_UP_NONE;
	if (bpf_skb_load_bytes(skb, ETH_HLEN, raw, size))
		return BRIDGE_STAT_UP_TRUNCATED;
	if (bridge_is_etag()) {
		tag = (__u64)bpf_ntohl(raw[0]) << 16 | bpf_ntohl(raw[1]) >> 16;
		wrong = bridge_parse_etag(tag, channel);
	} else {
		wrong = bridge_parse_vntag(bpf_ntohl(raw[0]), channel);
	}
	if (wrong != BRIDGE_STAT_UP)
		return wrong;
	if (bridge_is_nested(skb))
		return BRIDGE_STAT_UP_NESTED;
	bpf_csum_update(skb, bpf_csum_diff(raw, sizeof(raw), NULL, 0, 0));
	return BRIDGE_STAT_UP;
}

/* A frame from the uplink: to the inner end of its channel's port, with its tag. */
SEC("tcx/ingress")
int bridge_up(struct __sk_buff *skb)
{
	__u32 channel = 0, stat, mtu = 0, *number;
	struct bridge_port *port = NULL;
	long ret;

	stat = bridge_take_tag(skb, &channel);
	if (stat != BRIDGE_STAT_UP)
		goto drop;
	number = bpf_map_lookup_elem(&targets, &channel);
	if (number)
		port = bpf_map_lookup_elem(&ports, number);
	if (!port) {
		stat = BRIDGE_STAT_UP_UNKNOWN;
		goto drop;
	}
	ret = bpf_check_mtu(skb, port->inner, &mtu, 0, 0);
	if (ret) {
		stat = ret == -ENODEV ? BRIDGE_STAT_UP_GONE : BRIDGE_STAT_UP_LONG;
		goto drop;
	}
	bridge_count(BRIDGE_STAT_UP);
	return bpf_redirect(port->inner, 0);
drop:
	bridge_count(stat);
	return TCX_DROP;
}

/* bridge_tell_priority() - to bridge_enter(), for which there is room before the frame */
static __always_inline int bridge_tell_priority(struct xdp_md *ctx, __u32 priority)
{
	__u32 *meta;

	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*meta)))
		return -1;
	meta = (void *)(long)ctx->data_meta;
	if (meta + 1 > (__u32 *)(long)ctx->data)
		return -1;
	*meta = priority;
	return 0;
}

/* It arrives at the bridge's port without the tag, as if it had come by a cable. */
SEC("xdp.frags")
int bridge_pop(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *header = data;
	__u8 addresses[OFFSET_TYPE];
	__u32 priority;

	if (data + ETH_HLEN + 1 > end || header->h_proto != bpf_htons(config.ethertype))
		goto stray;
	priority = *(__u8 *)(header + 1) >> 5;
	__builtin_memcpy(addresses, data, OFFSET_TYPE);
	if (bpf_xdp_adjust_head(ctx, bridge_tag_size()))
		goto stray;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (data + ETH_HLEN > end)
		goto stray;
	__builtin_memcpy(data, addresses, OFFSET_TYPE);
	if (bridge_is_etag() && bridge_tell_priority(ctx, priority))
		goto stray;
	return XDP_PASS;
stray:
	bridge_count(BRIDGE_STAT_UP_STRAY);
	return XDP_DROP;
}

/* Before all filters, which may change it: the frame has the priority of its tag. */
SEC("tcx/ingress")
int bridge_enter(struct __sk_buff *skb)
{
	__u32 *meta = (void *)(long)skb->data_meta;

	if (meta + 1 <= (__u32 *)(long)skb->data)
		skb->priority = *meta;
	return TCX_NEXT;
}

/*
 * A frame that leaves the bridge by a port. Where it came in is known if that was a port of
 * this uplink. What the stack uses above PRIORITY_MAX is no priority of 802.1p.
 */
SEC("tcx/egress")
int bridge_leave(struct __sk_buff *skb)
{
	__u32 ifindex = skb->ingress_ifindex, *number, index = 0;

	number = bpf_map_lookup_elem(&ends, &ifindex);
	if (number)
		index = *number & BRIDGE_INDEX_PORT;
	if (skb->priority <= PRIORITY_MAX)
		index |= skb->priority << BRIDGE_INDEX_PRIORITY;
	skb->tc_index = index;
	return TCX_NEXT;
}

/* Behind the port, and so behind its qdisc: make room for the tag. */
SEC("xdp.frags")
int bridge_push(struct xdp_md *ctx)
{
	__u32 size = bridge_tag_size();
	__u8 addresses[OFFSET_TYPE];
	void *data, *end;

	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (data + OFFSET_TYPE > end)
		goto error;
	__builtin_memcpy(addresses, data, OFFSET_TYPE);
	if (bpf_xdp_adjust_head(ctx, -(int)size))
		goto error;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (data + OFFSET_TYPE + VANE_ETAG_SIZE > end)
		goto error;
	__builtin_memcpy(data, addresses, OFFSET_TYPE);
	*(__be16 *)(data + OFFSET_TYPE) = bpf_htons(config.ethertype);
	return XDP_PASS;
error:
	bridge_count(BRIDGE_STAT_DOWN_ERROR);
	return XDP_DROP;
}

static __always_inline __u32 bridge_vntag(__u32 target, __u32 source)
{
	__u32 tag = VANE_VNTAG_DIR | (target << 16 & VANE_VNTAG_DVIF);

	if (target & BRIDGE_TARGET_LIST)
		tag |= VANE_VNTAG_PTR;
	if (source)
		tag |= VANE_VNTAG_LOOPED | source;
	return tag;
}

static __always_inline __u64 bridge_etag(__u32 target, __u32 source, __u32 priority)
{
	__u64 ecid = target & VANE_LIST_ECID, group = (target & VANE_LIST_GROUP) >> 20;
	__u64 ingress = source;

	return (__u64)priority << 45 | (ingress & 0xfff) << 32 | group << 28 |
	       (ecid & 0xfff) << 16 | ingress >> 12 << 8 | ecid >> 12;
}

/* Fill in the tag, and out. */
SEC("tcx/ingress")
int bridge_down(struct __sk_buff *skb)
{
	__u32 source = skb->tc_index & BRIDGE_INDEX_PORT;
	__u32 ifindex = skb->ifindex, mtu = 0, size, *number;
	struct bridge_port *port = NULL, *from;
	__be32 raw[2];
	__u64 tag;
	long ret;

	number = bpf_map_lookup_elem(&ends, &ifindex);
	if (number)
		port = bpf_map_lookup_elem(&ports, number);
	if (!port)
		goto error;
	from = source ? bpf_map_lookup_elem(&ports, &source) : NULL;
	source = from ? from->target : 0;
	if (bridge_is_etag()) {
		tag = bridge_etag(port->target, source,
				  skb->tc_index >> BRIDGE_INDEX_PRIORITY) << 16;
		size = VANE_ETAG_SIZE - 2;
	} else {
		tag = (__u64)bridge_vntag(port->target, source) << 32;
		size = VANE_VNTAG_SIZE - 2;
	}
	raw[0] = bpf_htonl(tag >> 32);
	raw[1] = bpf_htonl(tag);
	if (bpf_skb_store_bytes(skb, ETH_HLEN, raw, size, BPF_F_RECOMPUTE_CSUM))
		goto error;
	ret = bpf_check_mtu(skb, config.uplink, &mtu, 0, 0);
	if (ret) {
		bridge_count(ret == -ENODEV ? BRIDGE_STAT_DOWN_GONE : BRIDGE_STAT_DOWN_LONG);
		return TCX_DROP;
	}
	bridge_count(BRIDGE_STAT_DOWN);
	return bpf_redirect(config.uplink, 0);
error:
	bridge_count(BRIDGE_STAT_DOWN_ERROR);
	return TCX_DROP;
}

char _license[] SEC("license") = "GPL";
