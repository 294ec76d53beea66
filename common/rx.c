// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receive (datasheet, 7)
 *
 * The device uses buffers in the order in which they were posted and completes
 * each, so one index counts both rings: completion n is that of buffer n, and
 * the buffer's id, its slot, serves as a check only.
 *
 * The first buffer of a frame becomes the head of an skb where it is, with
 * headroom before and skb_shared_info behind what the device writes; further
 * ones become its fragments.
 */

#include <linux/bitfield.h>
#include <linux/dma-mapping.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/prefetch.h>
#include <linux/tcp.h>
#include <net/ipv6.h>
#include <net/page_pool/helpers.h>

#include "core.h"

#define RX_REFILL_BATCH		32	/* buffers */
/* Fewer posted buffers than that and the largest frame may find too few */
#define RX_STARVED		(2 * MAX_SKB_FRAGS)

static_assert(VANE_RX_HEADROOM % (1 << VANE_RXB_ADDR_SHIFT) == 0);
/* The smallest ring has buffers of two pages. */
static_assert(PAGE_SIZE / VANE_RX_CHUNK_SMALL <= 1 << (VANE_RING_LOG2_MIN - 1));
/* The largest coalesced frame fits into one skb. */
static_assert((MAX_SKB_FRAGS + 1) * (VANE_RX_CHUNK_GRO - VANE_RX_OVERHEAD) >=
	      VANE_TX_MAX_TSO);

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

/* Most frames are of one buffer, TCP or UDP, with nothing to be done to them. */
#define RX_SHAPE		(RX_TYPE | RX_EOP | RX_HASH | RX_CSUM_BAD | \
				 RX_VLAN | RX_GRO)
#define RX_SHAPE_USUAL		(RX_TYPE_FIRST | RX_EOP | RX_HASH_L4)
#define RX_SHAPE_NONE		(~RX_SHAPE)
/* What of flags_used they have */
#define RX_USUAL_USES		(RX_HASH | RX_CSUM_OK)

/* Buffers
 * -------
 */

/**
 * vane_rxq_kick() - tell the device of posted buffers and read completions
 * @rxq: queue; NAPI, or under rtnl before NAPI runs
 */
void vane_rxq_kick(struct vane_rxq *rxq)
{
	u32 word = FIELD_PREP(VANE_DB_RX_TAIL, rxq->tail) |
		   FIELD_PREP(VANE_DB_RX_CPL_HEAD, rxq->head);
	struct vane_shadow *shadow = rxq->shadow;
	u16 tail = rxq->tail;
	u16 rung = rxq->rung;
	u16 event;

	rxq->rung = tail;
	if (shadow) {
		/* Buffers before the tail that counts them */
		dma_wmb();
		WRITE_ONCE(shadow->tail, cpu_to_le32(word));
		/* The tail before the look at what the device waits for: it
		 * stores that and then looks at the tail.
		 */
		dma_mb();
		event = le32_to_cpu(READ_ONCE(shadow->event));
		if ((u16)(tail - event - 1) >= (u16)(tail - rung))
			return;
	}
	/* Orders the buffers before itself */
	writel(word, rxq->doorbell);
}

/* Posts buffers until the ring is full; false if memory ran out before. All
 * buffers of a page are posted together, and their slots follow each other.
 */
static __always_inline bool fill(struct vane_rxq *rxq, gfp_t gfp,
				 unsigned int chunk)
{
	const u64 step = FIELD_PREP(VANE_RXB_ID, 1) |
			 chunk >> VANE_RXB_ADDR_SHIFT;
	const unsigned int per_page = max(PAGE_SIZE / chunk, 1);
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
			mem[i] = at + i * chunk;
			desc[i].desc = cpu_to_le64(word + i * step);
		}
	}
	rxq->tail = tail;
	return (s16)(end - tail) < 0;
}

/* Notes whether usual frames can be taken: not within another one, nor where
 * something is unwanted that they have, nor where buffers have to be
 * synchronised. A refill may have been the first to use a bounce buffer.
 */
static void note_usual(struct vane_rxq *rxq)
{
	u32 used = READ_ONCE(rxq->flags_used);

	rxq->usual = rxq->skb || (used & RX_USUAL_USES) != RX_USUAL_USES ||
		     dma_dev_need_sync(rxq->pool->p.dev) ?
		     RX_SHAPE_NONE : RX_SHAPE_USUAL;
}

/**
 * vane_rxq_refill() - post buffers until the ring is full
 * @rxq: queue; NAPI, or under rtnl before NAPI runs
 * @gfp: how to allocate
 *
 * Return: false if memory ran out before.
 */
bool vane_rxq_refill(struct vane_rxq *rxq, gfp_t gfp)
{
	bool full;

	if (rxq->chunk == VANE_RX_CHUNK_SMALL)
		full = fill(rxq, gfp, VANE_RX_CHUNK_SMALL);
	else if (rxq->chunk == VANE_RX_CHUNK_LARGE)
		full = fill(rxq, gfp, VANE_RX_CHUNK_LARGE);
	else
		full = fill(rxq, gfp, VANE_RX_CHUNK_GRO);
	note_usual(rxq);
	return full;
}

static void drop_buffer(struct vane_rxq *rxq, const void *mem, bool direct)
{
	page_pool_put_full_page(rxq->pool, virt_to_page(mem), direct);
}

/**
 * vane_rxq_drop() - give back all buffers
 * @rxq: queue, disabled
 */
void vane_rxq_drop(struct vane_rxq *rxq)
{
	for (; rxq->head != rxq->tail; rxq->head++)
		drop_buffer(rxq, rxq->mem[rxq->head & rxq->mask], false);
	dev_kfree_skb_any(rxq->skb);
	rxq->skb = NULL;
}

/* Frames
 * ------
 */

static void count_alloc_fail(struct vane_rxq *rxq)
{
	struct vane_rxq_stats *stats = rxq->stats;

	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->alloc_fail);
	u64_stats_update_end(&stats->syncp);
}

static noinline void sync_buffer(const struct vane_rxq *rxq, const void *mem,
				 unsigned int len)
{
	page_pool_dma_sync_for_cpu(rxq->pool, virt_to_page(mem),
				   offset_in_page(mem) + VANE_RX_HEADROOM, len);
}

/* The device wrote what it never does: nothing of the queue can be trusted. */
static void stop_polling(struct vane_rxq *rxq)
{
	rxq->broken = true;
	vane_queue_broken(rxq->vdev, "receive", rxq->index);
}

/* Byte of the TCP header in a frame whose headers are linear, 0 if none */
static unsigned int find_tcp(const struct sk_buff *skb, bool ipv6)
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

static void deliver(struct vane_vector *vec, struct vane_rxq *rxq,
		    struct sk_buff *skb)
{
	skb->protocol = eth_type_trans(skb, rxq->netdev);
	napi_gro_receive(&vec->napi, skb);
}

/* Makes an skb of a frame's first buffer; NULL if memory ran out. */
static __always_inline struct sk_buff *
build_frame(struct vane_rxq *rxq, unsigned int slot, unsigned int len)
{
	void *mem = rxq->mem[slot];
	struct sk_buff *skb;

	net_prefetch(mem + VANE_RX_HEADROOM);

	skb = napi_build_skb(mem, rxq->chunk);
	if (unlikely(!skb))
		return NULL;
	skb_mark_for_recycle(skb);
	skb_reserve(skb, VANE_RX_HEADROOM);
	__skb_put(skb, len);
	skb_record_rx_queue(skb, rxq->index);
	return skb;
}

/* Makes a coalesced frame what TSO would have taken: it can be segmented
 * again, and its checksum is that of the pseudo-header. Counts what its
 * segments were on the wire beyond the frame itself.
 */
static bool set_gso(struct vane_rxq *rxq, struct sk_buff *skb,
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
	tcp = find_tcp(skb, ipv6);
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

/* Does to a frame what its first completion asks for, and counts it. */
static void finish_head(struct vane_rxq *rxq, struct sk_buff *skb,
			const struct vane_rx_cpl *cpl, u32 flags)
{
	struct vane_rxq_stats *stats = rxq->stats;

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

	if (flags & RX_GRO && !set_gso(rxq, skb, cpl))
		stop_polling(rxq);

	if (flags & RX_VLAN)
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q),
				       FIELD_GET(VANE_RXC_TCI,
						 le64_to_cpu(cpl->data)));
}

/* Counts and delivers the frame that has all its buffers. */
static void finish_frame(struct vane_vector *vec, struct vane_rxq *rxq)
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
	deliver(vec, rxq, skb);
}

/* Completions
 * -----------
 */

/* Reads the flags of a completion that is there. */
static __always_inline bool
read_completion(const struct vane_rxq *rxq, const struct vane_rx_cpl *cpl,
		size_t size, u64 *info)
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

static __always_inline unsigned int frame_len(const struct vane_rx_cpl *cpl)
{
	return FIELD_GET(VANE_RXC_LEN, le64_to_cpu(cpl->data));
}

/* The device uses the buffers in order, and not beyond their end. */
static __always_inline bool is_valid(const struct vane_rxq *rxq,
				     unsigned int slot, u64 info,
				     unsigned int len)
{
	return FIELD_GET(VANE_RXC_BUF_ID, info) == (u16)slot &&
	       len - 1 < rxq->buf_len;
}

/* Takes a buffer that begins a frame, or one of a frame for whose head memory ran
 * out, which is dropped; returns how many. @eop tells if the frame ends with it.
 */
static __always_inline unsigned int
take_first(struct vane_rxq *rxq, unsigned int slot, size_t size, bool *eop)
{
	const struct vane_rx_cpl *cpl = rxq->cpl + slot * size;
	void *mem = rxq->mem[slot];
	unsigned int len;
	u32 flags;
	u64 info;

	if (!read_completion(rxq, cpl, size, &info))
		return 0;
	flags = VANE_RX_FLAGS(info) & READ_ONCE(rxq->flags_used);
	len = frame_len(cpl);
	if (unlikely(((flags & RX_TYPE) != RX_TYPE_FIRST &&
		      (flags & RX_TYPE) != RX_TYPE_MORE) ||
		     !is_valid(rxq, slot, info, len))) {
		stop_polling(rxq);
		return 0;
	}

	*eop = flags & RX_EOP;
	if (dma_dev_need_sync(rxq->pool->p.dev))
		sync_buffer(rxq, mem, len);
	if (likely((flags & RX_TYPE) == RX_TYPE_FIRST)) {
		rxq->skb = build_frame(rxq, slot, len);
		if (likely(rxq->skb)) {
			finish_head(rxq, rxq->skb, cpl, flags);
			return 1;
		}
		count_alloc_fail(rxq);
	}
	drop_buffer(rxq, mem, true);
	return 1;
}

/* Adds to the frame the buffers that continue it, up to @room; returns how many,
 * and by @eop whether the last of them ends it.
 */
static __always_inline unsigned int
add_parts(struct vane_rxq *rxq, unsigned int slot, unsigned int room,
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
	       read_completion(rxq, cpl, size, &info)) {
		len = frame_len(cpl);
		flags = VANE_RX_FLAGS(info);
		if (unlikely((flags & RX_TYPE) != RX_TYPE_MORE ||
			     !is_valid(rxq, slot, info, len) ||
			     frag == &shinfo->frags[MAX_SKB_FRAGS])) {
			flags = 0;
			stop_polling(rxq);
			break;
		}

		mem = rxq->mem[slot];
		if (unlikely(need_sync))
			sync_buffer(rxq, mem, len);
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
	skb->truesize += (slot - first) * rxq->chunk;
	*eop = flags & RX_EOP;
	return slot - first;
}

/* Posts buffers in place of used ones; false if it must be tried again. */
static bool refill(struct vane_rxq *rxq)
{
	bool full = vane_rxq_refill(rxq, GFP_ATOMIC | __GFP_NOWARN);

	vane_rxq_kick(rxq);
	rxq->short_of = !full;
	if (likely(full))
		return true;

	/* As long as enough are posted, the next frames bring us here again. */
	count_alloc_fail(rxq);
	return (u16)(rxq->tail - rxq->head) > RX_STARVED;
}

/* The head came to a multiple of RX_REFILL_BATCH. */
static void end_batch(struct vane_rxq *rxq)
{
	if (!(rxq->head & rxq->mask))
		rxq->phase = !rxq->phase;
	refill(rxq);
}

/* Takes buffers of another frame than usual ones, up to its end or that of the
 * batch; false if nothing more can be received. What the device cannot have
 * meant stays where it is, and ends the polling.
 */
static __always_inline bool
take_frame(struct vane_vector *vec, struct vane_rxq *rxq, size_t size)
{
	unsigned int slot = rxq->head & rxq->mask;
	unsigned int room = RX_REFILL_BATCH - slot % RX_REFILL_BATCH;
	unsigned int taken = 0;
	bool eop = false;

	if (!rxq->skb)
		taken = take_first(rxq, slot, size, &eop);
	if (rxq->skb && !eop)
		taken += add_parts(rxq, slot + taken, room - taken, size, &eop);
	if (rxq->skb && eop)
		finish_frame(vec, rxq);
	note_usual(rxq);

	rxq->head += taken;
	if (taken == room)
		end_batch(rxq);
	return taken && !rxq->broken;
}

static noinline bool take_unusual(struct vane_vector *vec, struct vane_rxq *rxq)
{
	return take_frame(vec, rxq, sizeof(struct vane_rx_cpl));
}

static noinline bool take_unusual32(struct vane_vector *vec,
				    struct vane_rxq *rxq)
{
	return take_frame(vec, rxq, sizeof(struct vane_rx_cpl32));
}

/* Receives @budget frames, or as many as there are; returns how many. */
static __always_inline int receive(struct vane_vector *vec,
				   struct vane_rxq *rxq, int budget,
				   size_t size)
{
	struct vane_rxq_stats *stats = rxq->stats;
	unsigned int csum_unnecessary = 0;
	unsigned int unusual = 0;
	unsigned int bytes = 0;
	int left = budget;

	if (unlikely(~READ_ONCE(rxq->flags_used) & RX_USUAL_USES))
		rxq->usual = RX_SHAPE_NONE;

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
			if (!read_completion(rxq, cpl, size, &info))
				break;
			len = frame_len(cpl);
			odd = (VANE_RX_FLAGS(info) & RX_SHAPE) != rxq->usual ||
			      !is_valid(rxq, slot, info, len);
			if (unlikely(odd))
				break;
			skb = build_frame(rxq, slot, len);
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
			deliver(vec, rxq, skb);
		}

		/* Nothing but this function changes the head. */
		taken = slot - (rxq->head & rxq->mask);
		rxq->head += taken;
		left -= taken;
		if (unlikely(odd)) {
			if (!(size == sizeof(struct vane_rx_cpl32) ?
			      take_unusual32(vec, rxq) :
			      take_unusual(vec, rxq)))
				break;
			if (!rxq->skb) {
				unusual++;
				left--;
			}
		} else if (slot != end) {
			break;
		} else if (!(slot % RX_REFILL_BATCH)) {
			end_batch(rxq);
		}
	}

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->packets, budget - left - unusual);
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
 * NAPI.
 *
 * Return: frames received, or @budget where it must be called again.
 */
int vane_rxq_poll(struct vane_vector *vec, struct vane_rxq *rxq, int budget)
{
	int done;

	if (unlikely(rxq->broken))
		return 0;

	if (rxq->cpl_shift == ilog2(sizeof(struct vane_rx_cpl32)))
		done = receive(vec, rxq, budget, sizeof(struct vane_rx_cpl32));
	else
		done = receive(vec, rxq, budget, sizeof(struct vane_rx_cpl));

	if (unlikely(rxq->short_of) &&
	    (u16)(rxq->tail - rxq->head) <= RX_STARVED && !refill(rxq))
		return budget;
	return done;
}
