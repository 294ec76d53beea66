// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receive (datasheet, 7)
 *
 * The device uses buffers in the order in which they were posted and completes
 * each, so one index counts both rings: completion n is that of buffer n, and
 * the buffer's id, its slot, serves as a check only.
 *
 * The first buffer of a frame becomes the head of an skb in place, with headroom
 * in front of what the device writes and skb_shared_info behind it. Further
 * buffers become its fragments.
 */

#include <linux/bitfield.h>
#include <linux/dma-mapping.h>
#include <linux/if_vlan.h>
#include <linux/io.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/prefetch.h>
#include <linux/tcp.h>
#include <net/ipv6.h>
#include <net/page_pool/helpers.h>

#include "queue.h"
#include "reg.h"
#include "rx.h"
#include "vane_dev.h"

#define RX_REFILL_BATCH		32	/* buffers */
/* With fewer posted buffers, the largest frame might find too few */
#define RX_STARVED		(2 * MAX_SKB_FRAGS)

static_assert(VANE_RX_HEADROOM % (1 << VANE_RXB_ADDR_SHIFT) == 0);
/* The smallest ring has buffers of two pages. */
static_assert(PAGE_SIZE / VANE_RX_TRUESIZE_SMALL <=
	      1 << (VANE_RING_LOG2_MIN - 1));
/* The largest coalesced frame fits into one skb. */
static_assert((MAX_SKB_FRAGS + 1) * (VANE_RX_TRUESIZE_GRO - VANE_RX_OVERHEAD) >=
	      VANE_TX_MAX_TSO + 2 * VLAN_HLEN);

/* VANE_RX_FLAGS() of a completion */
#define RX_TYPE			VANE_RX_FLAGS(VANE_RXC_TYPE)
#define RX_TYPE_FIRST		VANE_RX_FLAGS(FIELD_PREP(VANE_RXC_TYPE, \
							 VANE_RXC_TYPE_RX))
#define RX_TYPE_MORE		VANE_RX_FLAGS(FIELD_PREP(VANE_RXC_TYPE, \
							 VANE_RXC_TYPE_RX_MORE))
#define RX_HASH			VANE_RX_FLAGS(VANE_RXC_HASH_TYPE)
#define RX_HASH_L4		VANE_RX_FLAGS(FIELD_PREP(VANE_RXC_HASH_TYPE, \
							 VANE_RXC_HASH_L4))
#define RX_EOP			VANE_RX_FLAGS(VANE_RXC_EOP)
#define RX_CSUM_OK		VANE_RX_FLAGS(VANE_RXC_CSUM_OK)
#define RX_CSUM_BAD		VANE_RX_FLAGS(VANE_RXC_CSUM_BAD)
#define RX_VLAN			VANE_RX_FLAGS(VANE_RXC_VLAN)
#define RX_GRO			VANE_RX_FLAGS(VANE_RXC_GRO)
#define RX_TAG_HIGH		VANE_RX_FLAGS(VANE_RXC_TAG)

/* Most frames are TCP or UDP, have one buffer, and need no further processing. */
#define RX_SHAPE		(RX_TYPE | RX_EOP | RX_HASH | RX_CSUM_BAD | \
				 RX_VLAN | RX_GRO | RX_TAG_HIGH)
#define RX_FAST_FLAGS		(RX_TYPE_FIRST | RX_EOP | RX_HASH_L4)
#define RX_SHAPE_NONE		(~RX_SHAPE)
/* The part of flags_used that they have */
#define RX_FAST_USES		(RX_HASH | RX_CSUM_OK)

/* Buffers
 * -------
 */

/**
 * vane_rxq_kick() - tell the device of posted buffers and read completions
 * @rxq: queue; NAPI, or under rtnl before NAPI runs
 *
 * Context: NAPI; or rtnl held, while the queue has no buffers and no NAPI runs.
 */
void vane_rxq_kick(struct vane_rxq *rxq)
{
	u32 word = FIELD_PREP(VANE_DB_RX_TAIL, rxq->tail) |
		   FIELD_PREP(VANE_DB_RX_CPL_HEAD, rxq->head);
	struct vane_shadow *shadow = rxq->shadow;
	u16 tail = rxq->tail;
	u16 db_tail = rxq->db_tail;

	rxq->db_tail = tail;
	if (shadow && !vane_shadow_publish(shadow, word, tail, db_tail))
		return;
	/* Orders the buffers before itself */
	writel(word, rxq->doorbell);
}

/* Posts buffers until the ring is full; false if memory runs out first. All
 * buffers of a page are posted together, in consecutive slots.
 */
static __always_inline bool vane_rx_fill(struct vane_rxq *rxq, gfp_t gfp,
					 unsigned int buf_truesize)
{
	const u64 step = FIELD_PREP(VANE_RXB_ID, 1) |
			 buf_truesize >> VANE_RXB_ADDR_SHIFT;
	const unsigned int per_page = max(PAGE_SIZE / buf_truesize, 1);
	u16 tail = rxq->tail;
	u16 end = rxq->head + rxq->mask + 1 - per_page;
	struct vane_rx_buf *desc;
	struct page *page;
	unsigned int i;
	dma_addr_t dma;
	void **mem;
	void *at;
	u64 word;
	u32 id;

	for (; (s16)(end - tail) >= 0; tail += per_page) {
		page = page_pool_alloc_pages(rxq->pool, gfp);
		if (unlikely(!page))
			break;
		if (per_page > 1)
			page_pool_fragment_page(page, per_page);

		id = tail & rxq->mask;
		desc = &rxq->desc[id];
		mem = &rxq->mem[id];
		at = page_address(page);
		dma = page_pool_get_dma_addr(page) + VANE_RX_HEADROOM;
		word = FIELD_PREP(VANE_RXB_ID, id) | dma >> VANE_RXB_ADDR_SHIFT;
		for (i = 0; i < per_page; i++) {
			mem[i] = at + i * buf_truesize;
			desc[i].desc = cpu_to_le64(word + i * step);
		}
	}
	rxq->tail = tail;
	return (s16)(end - tail) < 0;
}

/* Notes whether the fast path can take frames: not in the middle of another
 * frame, nor if one of their flags is not wanted, nor if buffers have to be
 * synchronised. A refill may have been the first to use a bounce buffer.
 */
static void vane_rx_set_fast_flags(struct vane_rxq *rxq)
{
	u32 used = READ_ONCE(rxq->flags_used);

	rxq->fast_flags = rxq->skb || (used & RX_FAST_USES) != RX_FAST_USES ||
		     dma_dev_need_sync(rxq->pool->p.dev) ?
		     RX_SHAPE_NONE : RX_FAST_FLAGS;
}

/**
 * vane_rxq_refill() - post buffers until the ring is full
 * @rxq: queue; NAPI, or under rtnl before NAPI runs
 * @gfp: how to allocate
 *
 * Context: NAPI; or rtnl held, the queue disabled. Sleeps if @gfp lets it.
 * Return: false if memory ran out first.
 */
bool vane_rxq_refill(struct vane_rxq *rxq, gfp_t gfp)
{
	bool full;

	if (rxq->buf_truesize == VANE_RX_TRUESIZE_SMALL)
		full = vane_rx_fill(rxq, gfp, VANE_RX_TRUESIZE_SMALL);
	else if (rxq->buf_truesize == VANE_RX_TRUESIZE_LARGE)
		full = vane_rx_fill(rxq, gfp, VANE_RX_TRUESIZE_LARGE);
	else
		full = vane_rx_fill(rxq, gfp, VANE_RX_TRUESIZE_GRO);
	vane_rx_set_fast_flags(rxq);
	return full;
}

static void vane_rx_drop_buffer(struct vane_rxq *rxq, const void *mem,
				bool direct)
{
	page_pool_put_full_page(rxq->pool, virt_to_page(mem), direct);
}

/**
 * vane_rxq_drop() - give back all buffers
 * @rxq: queue, disabled
 *
 * Context: rtnl held, the queue disabled. Does not sleep.
 */
void vane_rxq_drop(struct vane_rxq *rxq)
{
	for (; rxq->head != rxq->tail; rxq->head++)
		vane_rx_drop_buffer(rxq, rxq->mem[rxq->head & rxq->mask],
				    false);
	dev_kfree_skb_any(rxq->skb);
	rxq->skb = NULL;
}

/* Frames
 * ------
 */

static void vane_rx_count_alloc_fail(struct vane_rxq *rxq)
{
	struct vane_rxq_stats *stats = rxq->stats;

	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->alloc_fail);
	u64_stats_update_end(&stats->syncp);
}

static void vane_rx_count_malformed(struct vane_rxq *rxq)
{
	struct vane_rxq_stats *stats = rxq->stats;

	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->malformed);
	u64_stats_update_end(&stats->syncp);
}

static noinline void vane_rx_sync_buffer(const struct vane_rxq *rxq,
					 const void *mem, unsigned int len)
{
	page_pool_dma_sync_for_cpu(rxq->pool, virt_to_page(mem),
				   offset_in_page(mem) + VANE_RX_HEADROOM, len);
}

/* The device wrote something invalid, so nothing in the queue can be trusted. */
static void vane_rx_stop_polling(struct vane_rxq *rxq)
{
	rxq->broken = true;
	vane_queue_broken(rxq->vdev, "receive", rxq->index);
}

/* Byte of the TCP header in a frame whose headers are linear, 0 if none */
static unsigned int vane_rx_find_tcp(const struct sk_buff *skb, bool ipv6)
{
	unsigned int offset = ETH_HLEN;
	const struct vlan_hdr *vlan;
	__be16 frag_off;
	u8 nexthdr;
	__be16 proto;
	int tcp;

	proto = ((const struct ethhdr *)skb->data)->h_proto;
	while (eth_type_vlan(proto) && offset < 2 * VLAN_HLEN + ETH_HLEN) {
		vlan = (const struct vlan_hdr *)(skb->data + offset);
		proto = vlan->h_vlan_encapsulated_proto;
		offset += VLAN_HLEN;
	}

	if (!ipv6)
		return offset +
		       4 * ((const struct iphdr *)(skb->data + offset))->ihl;

	nexthdr = ((const struct ipv6hdr *)(skb->data + offset))->nexthdr;
	offset += sizeof(struct ipv6hdr);
	if (likely(nexthdr == IPPROTO_TCP))
		return offset;
	tcp = ipv6_skip_exthdr(skb, offset, &nexthdr, &frag_off);
	return tcp < 0 ? 0 : tcp;
}

static void vane_rx_deliver(struct vane_vector *vec, struct vane_rxq *rxq,
			    struct sk_buff *skb)
{
	skb->protocol = eth_type_trans(skb, rxq->netdev);
	napi_gro_receive(&vec->napi, skb);
}

/* Delivers a frame that came to a granted channel. */
static void vane_rx_deliver_channel(struct vane_rxq *rxq, struct sk_buff *skb)
{
	struct vane_dev *vdev = rxq->vdev;

	if (vdev->ops->receive_channel) {
		vdev->ops->receive_channel(vdev, skb, rxq->channel);
		return;
	}
	dev_core_stats_rx_nohandler_inc(rxq->netdev);
	dev_kfree_skb_any(skb);
}

/* Builds an skb from a frame's first buffer; NULL if memory runs out. */
static __always_inline struct sk_buff *
vane_rx_build_frame(struct vane_rxq *rxq, unsigned int slot, unsigned int len)
{
	void *mem = rxq->mem[slot];
	struct sk_buff *skb;

	net_prefetch(mem + VANE_RX_HEADROOM);

	skb = napi_build_skb(mem, rxq->buf_truesize);
	if (unlikely(!skb))
		return NULL;
	skb_mark_for_recycle(skb);
	skb_reserve(skb, VANE_RX_HEADROOM);
	__skb_put(skb, len);
	skb_record_rx_queue(skb, rxq->index);
	return skb;
}

/* Turns a coalesced frame into one as TSO takes it: it can be segmented again,
 * and its checksum is that of the pseudo-header. Counts what its segments had on
 * the wire beyond the frame itself. False if its headers differ from what the
 * device says. That must not stop the queue, as the headers are the sender's.
 */
static bool vane_rx_set_gso(struct vane_rxq *rxq, struct sk_buff *skb,
			    const struct vane_rx_cpl *cpl)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	struct vane_rxq_stats *stats = rxq->stats;
	unsigned int hdr_bytes;
	unsigned int hdr_len;
	unsigned int tcp;
	u16 more_segs;
	bool ipv6;
	u64 gso;

	if (rxq->cpl_shift != ilog2(sizeof(struct vane_rx_cpl32)))
		return false;

	gso = le64_to_cpu(((const struct vane_rx_cpl32 *)cpl)->gso);
	hdr_len = FIELD_GET(VANE_RXC_GSO_HDR_LEN, gso);
	ipv6 = gso & VANE_RXC_GSO_IPV6;
	tcp = vane_rx_find_tcp(skb, ipv6);
	if (!tcp || tcp + sizeof(struct tcphdr) > hdr_len ||
	    hdr_len > skb_headlen(skb))
		return false;

	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + tcp;
	skb->csum_offset = offsetof(struct tcphdr, check);

	shinfo->gso_size = FIELD_GET(VANE_RXC_GSO_SIZE, gso);
	shinfo->gso_segs = max_t(u16, FIELD_GET(VANE_RXC_GSO_SEGS, gso), 1);
	shinfo->gso_type = ipv6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4;
	if (gso & VANE_RXC_GSO_ECN)
		shinfo->gso_type |= SKB_GSO_TCP_ECN;

	more_segs = shinfo->gso_segs - 1;
	hdr_bytes = more_segs * hdr_len;
	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->packets, more_segs);
	u64_stats_add(&stats->bytes, hdr_bytes);
	u64_stats_inc(&stats->gro_packets);
	u64_stats_add(&stats->gro_wire_packets, shinfo->gso_segs);
	u64_stats_add(&stats->gro_wire_bytes, hdr_bytes);
	u64_stats_update_end(&stats->syncp);
	return true;
}

/* Processes a frame as its first completion says, and counts it. False if it
 * cannot be received.
 */
static bool vane_rx_finish_head(struct vane_rxq *rxq, struct sk_buff *skb,
				const struct vane_rx_cpl *cpl, u32 flags)
{
	struct vane_rxq_stats *stats = rxq->stats;

	if (flags & RX_GRO && !vane_rx_set_gso(rxq, skb, cpl))
		return false;

	if (flags & RX_CSUM_OK)
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->csum_unnecessary, !!(flags & RX_CSUM_OK));
	u64_stats_add(&stats->csum_bad, !!(flags & RX_CSUM_BAD));
	u64_stats_update_end(&stats->syncp);

	if (flags & RX_HASH)
		skb_set_hash(skb, FIELD_GET(VANE_RXC_HASH,
					    le64_to_cpu(cpl->data)),
			     (flags & RX_HASH) == RX_HASH_L4 ?
			     PKT_HASH_TYPE_L4 : PKT_HASH_TYPE_L3);

	if (flags & RX_VLAN)
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q),
				       FIELD_GET(VANE_RXC_TCI,
						 le64_to_cpu(cpl->data)));
	return true;
}

/* Counts and delivers a frame, all of whose buffers have been added. */
static void vane_rx_finish_frame(struct vane_vector *vec, struct vane_rxq *rxq)
{
	struct vane_rxq_stats *stats = rxq->stats;
	struct sk_buff *skb = rxq->skb;

	rxq->skb = NULL;
	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->packets);
	u64_stats_add(&stats->bytes, skb->len);
	if (skb_is_gso(skb)) {
		u64_stats_add(&stats->gro_bytes, skb->len);
		u64_stats_add(&stats->gro_wire_bytes, skb->len);
	}
	u64_stats_update_end(&stats->syncp);
	if (unlikely(rxq->channel))
		vane_rx_deliver_channel(rxq, skb);
	else
		vane_rx_deliver(vec, rxq, skb);
}

/* Completions
 * -----------
 */

/* Reads the flags of a completion that has been written. */
static __always_inline bool
vane_rx_read_completion(const struct vane_rxq *rxq,
			const struct vane_rx_cpl *cpl, size_t size, u64 *info)
{
	const __le64 *last = (const void *)cpl + size - sizeof(*last);

	*info = le64_to_cpu(READ_ONCE(*last));
	if (FIELD_GET(VANE_RXC_PHASE, *info) != rxq->phase)
		return false;

	/* The rest of the completion, and the frame, after the phase */
	dma_rmb();
	if (last != &cpl->info)
		*info = le64_to_cpu(cpl->info);
	return true;
}

static __always_inline unsigned int
vane_rx_frame_len(const struct vane_rx_cpl *cpl)
{
	return FIELD_GET(VANE_RXC_LEN, le64_to_cpu(cpl->data));
}

/* The device uses the buffers in order, and not beyond their end. */
static __always_inline bool vane_rx_is_valid(const struct vane_rxq *rxq,
					     unsigned int slot, u64 info,
					     unsigned int len)
{
	return FIELD_GET(VANE_RXC_BUF_ID, info) == (u16)slot &&
	       len - 1 < rxq->buf_len;
}

/* The same for the fast path, which takes no frame of a granted channel: of VANE_RXC_TAG,
 * the low bits are compared here and the others are in RX_SHAPE.
 */
static __always_inline bool vane_rx_is_simple(const struct vane_rxq *rxq,
					      unsigned int slot, u64 info,
					      unsigned int len)
{
	return (u32)info == slot && len - 1 < rxq->buf_len;
}

/* Takes a buffer that begins a frame, or one of a frame whose head was dropped
 * because memory ran out or it was malformed. Returns how many; @eop says
 * whether the frame ends with it.
 */
static __always_inline unsigned int
vane_rx_head(struct vane_rxq *rxq, unsigned int slot, size_t size, bool *eop)
{
	const struct vane_rx_cpl *cpl = rxq->cpl + slot * size;
	void *mem = rxq->mem[slot];
	unsigned int len;
	u32 flags;
	u64 info;

	if (!vane_rx_read_completion(rxq, cpl, size, &info))
		return 0;
	flags = VANE_RX_FLAGS(info) & READ_ONCE(rxq->flags_used);
	len = vane_rx_frame_len(cpl);
	if (unlikely(((flags & RX_TYPE) != RX_TYPE_FIRST &&
		      (flags & RX_TYPE) != RX_TYPE_MORE) ||
		     !vane_rx_is_valid(rxq, slot, info, len))) {
		vane_rx_stop_polling(rxq);
		return 0;
	}

	*eop = flags & RX_EOP;
	rxq->channel = FIELD_GET(VANE_RXC_TAG, info);
	if (dma_dev_need_sync(rxq->pool->p.dev))
		vane_rx_sync_buffer(rxq, mem, len);
	if (likely((flags & RX_TYPE) == RX_TYPE_FIRST)) {
		rxq->skb = vane_rx_build_frame(rxq, slot, len);
		if (likely(rxq->skb)) {
			if (likely(vane_rx_finish_head(rxq, rxq->skb, cpl,
						       flags)))
				return 1;
			vane_rx_count_malformed(rxq);
			dev_kfree_skb_any(rxq->skb);
			rxq->skb = NULL;
			return 1;
		}
		vane_rx_count_alloc_fail(rxq);
	}
	vane_rx_drop_buffer(rxq, mem, true);
	return 1;
}

/* Adds up to @room buffers that continue the frame. Returns how many; @eop says
 * whether the last of them ends it.
 */
static __always_inline unsigned int
vane_rx_add_frags(struct vane_rxq *rxq, unsigned int slot, unsigned int room,
		  size_t size, bool *eop)
{
	const struct vane_rx_cpl *cpl = rxq->cpl + slot * size;
	bool need_sync = dma_dev_need_sync(rxq->pool->p.dev);
	struct sk_buff *skb = rxq->skb;
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int end = slot + room;
	unsigned int first = slot;
	unsigned int bytes = 0;
	struct page *page;
	skb_frag_t *frag;
	unsigned int len;
	u32 flags = 0;
	void *mem;
	u64 info;

	frag = &shinfo->frags[shinfo->nr_frags];
	while (slot != end && !(flags & RX_EOP) &&
	       vane_rx_read_completion(rxq, cpl, size, &info)) {
		len = vane_rx_frame_len(cpl);
		flags = VANE_RX_FLAGS(info);
		if (unlikely((flags & RX_TYPE) != RX_TYPE_MORE ||
			     !vane_rx_is_valid(rxq, slot, info, len) ||
			     frag == &shinfo->frags[MAX_SKB_FRAGS])) {
			flags = 0;
			vane_rx_stop_polling(rxq);
			break;
		}

		mem = rxq->mem[slot];
		if (unlikely(need_sync))
			vane_rx_sync_buffer(rxq, mem, len);
		page = virt_to_page(mem);
		skb_frag_fill_page_desc(frag++, page,
					offset_in_page(mem) + VANE_RX_HEADROOM,
					len);
		skb_propagate_pfmemalloc(page, skb);
		bytes += len;
		slot++;
		cpl = (const void *)cpl + size;
	}

	shinfo->nr_frags = frag - shinfo->frags;
	skb->len += bytes;
	skb->data_len += bytes;
	skb->truesize += (slot - first) * rxq->buf_truesize;
	*eop = flags & RX_EOP;
	return slot - first;
}

/* Replaces used buffers by new ones; false if it has to be tried again. */
static bool vane_rx_refill(struct vane_rxq *rxq)
{
	bool full = vane_rxq_refill(rxq, GFP_ATOMIC | __GFP_NOWARN);

	vane_rxq_kick(rxq);
	rxq->refill_failed = !full;
	if (likely(full))
		return true;

	/* While enough are posted, the next frames will call this again. */
	vane_rx_count_alloc_fail(rxq);
	return (u16)(rxq->tail - rxq->head) > RX_STARVED;
}

/* The head has reached a multiple of RX_REFILL_BATCH. */
static void vane_rx_end_batch(struct vane_rxq *rxq)
{
	if (!(rxq->head & rxq->mask))
		rxq->phase = !rxq->phase;
	vane_rx_refill(rxq);
}

/* Takes the buffers of a frame that the fast path cannot take, up to the end of
 * the frame or of the batch. False if nothing more can be received: an invalid
 * completion stays in the ring and ends the polling.
 */
static __always_inline bool
vane_rx_take_frame(struct vane_vector *vec, struct vane_rxq *rxq, size_t size)
{
	unsigned int slot = rxq->head & rxq->mask;
	unsigned int room = RX_REFILL_BATCH - slot % RX_REFILL_BATCH;
	unsigned int taken = 0;
	bool eop = false;

	if (!rxq->skb)
		taken = vane_rx_head(rxq, slot, size, &eop);
	if (rxq->skb && !eop)
		taken += vane_rx_add_frags(rxq, slot + taken, room - taken,
					   size, &eop);
	if (rxq->skb && eop)
		vane_rx_finish_frame(vec, rxq);
	vane_rx_set_fast_flags(rxq);

	rxq->head += taken;
	if (taken == room)
		vane_rx_end_batch(rxq);
	return taken && !rxq->broken;
}

static noinline bool vane_rx_slow_path(struct vane_vector *vec,
				       struct vane_rxq *rxq)
{
	return vane_rx_take_frame(vec, rxq, sizeof(struct vane_rx_cpl));
}

static noinline bool vane_rx_slow_path32(struct vane_vector *vec,
					 struct vane_rxq *rxq)
{
	return vane_rx_take_frame(vec, rxq, sizeof(struct vane_rx_cpl32));
}

/* Receives @budget frames, or as many as there are; returns how many. */
static __always_inline int vane_rx_poll_queue(struct vane_vector *vec,
					      struct vane_rxq *rxq, int budget,
					      size_t size)
{
	struct vane_rxq_stats *stats = rxq->stats;
	unsigned int csum_unnecessary = 0;
	unsigned int slow = 0;
	unsigned int bytes = 0;
	int left = budget;

	if (unlikely(~READ_ONCE(rxq->flags_used) & RX_FAST_USES))
		rxq->fast_flags = RX_SHAPE_NONE;

	while (left > 0) {
		unsigned int slot = rxq->head & rxq->mask;
		const struct vane_rx_cpl *cpl = rxq->cpl + slot * size;
		unsigned int end = min_t(unsigned int, slot + left,
					 round_down(slot, RX_REFILL_BATCH) +
					 RX_REFILL_BATCH);
		struct sk_buff *skb;
		unsigned int taken;
		unsigned int len;
		bool odd = false;
		u64 info;

		for (; slot != end;
		     slot++, cpl = (const void *)cpl + size) {
			if (!vane_rx_read_completion(rxq, cpl, size, &info))
				break;
			len = vane_rx_frame_len(cpl);
			odd = (VANE_RX_FLAGS(info) & RX_SHAPE) !=
				      rxq->fast_flags ||
			      !vane_rx_is_simple(rxq, slot, info, len);
			if (unlikely(odd))
				break;
			skb = vane_rx_build_frame(rxq, slot, len);
			odd = !skb;
			if (unlikely(odd))
				break;

			if (VANE_RX_FLAGS(info) & RX_CSUM_OK) {
				skb->ip_summed = CHECKSUM_UNNECESSARY;
				csum_unnecessary++;
			}
			skb_set_hash(skb,
				     FIELD_GET(VANE_RXC_HASH,
					       le64_to_cpu(cpl->data)),
				     PKT_HASH_TYPE_L4);
			bytes += len;
			vane_rx_deliver(vec, rxq, skb);
		}

		/* Only this function changes the head. */
		taken = slot - (rxq->head & rxq->mask);
		rxq->head += taken;
		left -= taken;
		if (unlikely(odd)) {
			if (!(size == sizeof(struct vane_rx_cpl32) ?
			      vane_rx_slow_path32(vec, rxq) :
			      vane_rx_slow_path(vec, rxq)))
				break;
			if (!rxq->skb) {
				slow++;
				left--;
			}
		} else if (slot != end) {
			break;
		} else if (!(slot % RX_REFILL_BATCH)) {
			vane_rx_end_batch(rxq);
		}
	}

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->packets, budget - left - slow);
	u64_stats_add(&stats->bytes, bytes);
	u64_stats_add(&stats->csum_unnecessary, csum_unnecessary);
	u64_stats_update_end(&stats->syncp);
	return budget - left;
}

/**
 * vane_rxq_poll() - receive frames
 * @vec: vector that serves the queue
 * @rxq: queue
 * @budget: frames at most
 *
 * Context: NAPI.
 * Return: frames received, or @budget if it must be called again.
 */
int vane_rxq_poll(struct vane_vector *vec, struct vane_rxq *rxq, int budget)
{
	int done;

	if (unlikely(rxq->broken))
		return 0;

	if (rxq->cpl_shift == ilog2(sizeof(struct vane_rx_cpl32)))
		done = vane_rx_poll_queue(vec, rxq, budget,
					  sizeof(struct vane_rx_cpl32));
	else
		done = vane_rx_poll_queue(vec, rxq, budget,
					  sizeof(struct vane_rx_cpl));

	if (unlikely(rxq->refill_failed) &&
	    (u16)(rxq->tail - rxq->head) <= RX_STARVED && !vane_rx_refill(rxq))
		return budget;
	return done;
}
