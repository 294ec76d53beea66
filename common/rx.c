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
static_assert((MAX_SKB_FRAGS + 1) * (VANE_RX_CHUNK_LARGE - VANE_RX_OVERHEAD) >=
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

/* What is counted of every frame */
struct rx_counts {
	unsigned int packets;
	unsigned int bytes;
	unsigned int csum_unnecessary;
};

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
	const unsigned int per_page = PAGE_SIZE / chunk;
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

/**
 * vane_rxq_refill() - post buffers until the ring is full
 * @rxq: queue; NAPI, or under rtnl before NAPI runs
 * @gfp: how to allocate
 *
 * Return: false if memory ran out before.
 */
bool vane_rxq_refill(struct vane_rxq *rxq, gfp_t gfp)
{
	if (rxq->chunk == VANE_RX_CHUNK_LARGE)
		return fill(rxq, gfp, VANE_RX_CHUNK_LARGE);
	return fill(rxq, gfp, VANE_RX_CHUNK_SMALL);
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

/* Makes an skb of a frame's first buffer; NULL, and the buffer is given back,
 * if memory ran out.
 */
static __always_inline struct sk_buff *
start_frame(struct vane_rxq *rxq, unsigned int id, u32 flags, unsigned int len,
	    struct rx_counts *counts)
{
	void *mem = rxq->mem[id];
	struct sk_buff *skb;

	net_prefetch(mem + VANE_RX_HEADROOM);

	skb = napi_build_skb(mem, rxq->chunk);
	if (unlikely(!skb)) {
		count_alloc_fail(rxq);
		drop_buffer(rxq, rxq->mem[id], true);
		return NULL;
	}
	skb_mark_for_recycle(skb);
	skb_reserve(skb, VANE_RX_HEADROOM);
	__skb_put(skb, len);
	skb_record_rx_queue(skb, rxq->index);

	if (flags & RX_CSUM_OK) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
		counts->csum_unnecessary++;
	}
	return skb;
}

/* Makes a coalesced frame what TSO would have taken: it can be segmented
 * again, and its checksum is that of the pseudo-header. Counts what its
 * segments were on the wire beyond the frame itself.
 */
static bool set_gso(struct vane_vector *vec, struct vane_rxq *rxq,
		    struct sk_buff *skb, const struct vane_rx_cpl *cpl)
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
	vec->packets += more_segs;
	vec->bytes += hdr_bytes;
	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->packets, more_segs);
	u64_stats_add(&stats->bytes, hdr_bytes);
	u64_stats_inc(&stats->gro_packets);
	u64_stats_add(&stats->gro_wire_packets, shinfo->gso_segs);
	u64_stats_add(&stats->gro_wire_bytes, hdr_bytes);
	u64_stats_update_end(&stats->syncp);
	return true;
}

/* Does to a frame what its first completion asks for. */
static void finish_head(struct vane_vector *vec, struct vane_rxq *rxq,
			struct sk_buff *skb, const struct vane_rx_cpl *cpl,
			u32 flags)
{
	if (flags & RX_HASH)
		skb_set_hash(skb, FIELD_GET(VANE_RXC_HASH,
					    le64_to_cpu(cpl->data)),
			     (flags & RX_HASH) == RX_HASH_L4 ?
			     PKT_HASH_TYPE_L4 : PKT_HASH_TYPE_L3);

	if (flags & RX_GRO && !set_gso(vec, rxq, skb, cpl))
		stop_polling(rxq);

	if (flags & RX_VLAN)
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q),
				       FIELD_GET(VANE_RXC_TCI,
						 le64_to_cpu(cpl->data)));
}

static void add_counts(struct vane_vector *vec, struct vane_rxq *rxq,
		       const struct rx_counts *counts)
{
	struct vane_rxq_stats *stats = rxq->stats;

	vec->packets += counts->packets;
	vec->bytes += counts->bytes;

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->packets, counts->packets);
	u64_stats_add(&stats->bytes, counts->bytes);
	u64_stats_add(&stats->csum_unnecessary, counts->csum_unnecessary);
	u64_stats_update_end(&stats->syncp);
}

/* What add_counts() does not: of a frame that was coalesced, or is wrong */
static void count_rare(struct vane_rxq *rxq, const struct sk_buff *skb,
		       u32 flags)
{
	struct vane_rxq_stats *stats = rxq->stats;

	u64_stats_update_begin(&stats->syncp);
	if (flags & RX_CSUM_BAD)
		u64_stats_inc(&stats->csum_bad);
	if (skb_is_gso(skb)) {
		u64_stats_add(&stats->gro_bytes, skb->len);
		u64_stats_add(&stats->gro_wire_bytes, skb->len);
	}
	u64_stats_update_end(&stats->syncp);
}

/* Adds a further buffer to the frame; false if the device made that up. Without
 * an skb, for want of memory, the rest of the frame is dropped.
 */
static noinline bool continue_frame(struct vane_rxq *rxq, unsigned int id,
				    u32 flags, unsigned int len)
{
	struct sk_buff *skb = rxq->skb;
	void *mem = rxq->mem[id];

	if (unlikely((flags & RX_TYPE) != RX_TYPE_MORE))
		return false;

	if (unlikely(!skb)) {
		drop_buffer(rxq, mem, true);
		return true;
	}
	if (unlikely(skb_shinfo(skb)->nr_frags == MAX_SKB_FRAGS))
		return false;

	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, virt_to_page(mem),
			offset_in_page(mem) + VANE_RX_HEADROOM, len, rxq->chunk);
	return true;
}

/* Takes a buffer that begins or ends a frame; false as above. */
static noinline bool take_end(struct vane_vector *vec, struct vane_rxq *rxq,
			      unsigned int id, const struct vane_rx_cpl *cpl,
			      u32 flags, unsigned int len)
{
	struct sk_buff *skb = rxq->skb;
	struct rx_counts counts = {};

	if (!skb && (flags & RX_TYPE) == RX_TYPE_FIRST) {
		skb = start_frame(rxq, id, flags, len, &counts);
		if (skb)
			finish_head(vec, rxq, skb, cpl, flags);
	} else if (!continue_frame(rxq, id, flags, len)) {
		return false;
	}

	rxq->skb = flags & RX_EOP ? NULL : skb;
	if (flags & RX_EOP && likely(skb)) {
		counts.packets = 1;
		counts.bytes = skb->len;
		count_rare(rxq, skb, flags);
		deliver(vec, rxq, skb);
	}
	add_counts(vec, rxq, &counts);
	return true;
}

/* Takes a buffer of any frame but a usual one; false if the device made that
 * up, when the buffer is left where it is.
 */
static noinline bool take_unusual(struct vane_vector *vec, struct vane_rxq *rxq,
				  unsigned int id,
				  const struct vane_rx_cpl *cpl, u32 flags,
				  unsigned int len)
{
	if ((flags & (RX_TYPE | RX_EOP)) == RX_TYPE_MORE)
		return continue_frame(rxq, id, flags, len);
	return take_end(vec, rxq, id, cpl, flags, len);
}

/* Posts buffers in place of used ones; false if it must be tried again. */
static bool refill(struct vane_rxq *rxq)
{
	bool full = vane_rxq_refill(rxq, GFP_ATOMIC | __GFP_NOWARN);

	vane_rxq_kick(rxq);
	if (likely(full))
		return true;

	/* As long as enough are posted, the next frames bring us here again. */
	count_alloc_fail(rxq);
	return (u16)(rxq->tail - rxq->head) > RX_STARVED;
}

/* What frames have to look like to be usual now: none is within another, or
 * where nobody wants the hash.
 */
static u32 usual_shape(const struct vane_rxq *rxq, u32 used)
{
	return rxq->skb || !(used & RX_HASH) ? ~RX_SHAPE : RX_SHAPE_USUAL;
}

/* Receives up to the next refill, which is made then. @budget is what is left of
 * NAPI's. Returns false where nothing more can be received.
 */
static __always_inline bool receive(struct vane_vector *vec,
				    struct vane_rxq *rxq, int *budget,
				    size_t cpl_size)
{
	u32 used = READ_ONCE(rxq->flags_used);
	u32 usual = usual_shape(rxq, used);
	unsigned int id = rxq->head & rxq->mask;
	unsigned int first = id;
	unsigned int end = min_t(unsigned int, id + *budget,
				 round_down(id, RX_REFILL_BATCH) +
				 RX_REFILL_BATCH);
	void *at = rxq->cpl + id * cpl_size;
	/* The phase is 1 in the first pass over the ring, and so on. */
	u64 phase = rxq->head & (rxq->mask + 1) ? 0 : VANE_RXC_PHASE;
	/* A refill may have been the first to use a bounce buffer. */
	bool need_sync = dma_dev_need_sync(rxq->pool->p.dev);
	struct rx_counts counts = {};
	unsigned int unusual = 0;	/* buffers that are no usual frame */
	unsigned int parts = 0;		/* buffers that do not end a frame */

	for (; id < end; id++, at += cpl_size) {
		const struct vane_rx_cpl *cpl = at;
		const __le64 *last = at + cpl_size - sizeof(*last);
		struct sk_buff *skb;
		unsigned int len;
		u16 buf_id;
		u32 flags;
		u64 info;

		info = le64_to_cpu(READ_ONCE(*last));
		if ((info ^ phase) & VANE_RXC_PHASE)
			break;

		/* The rest of the completion, and the frame, after the phase */
		dma_rmb();
		if (last != &cpl->info)
			info = le64_to_cpu(cpl->info);
		len = FIELD_GET(VANE_RXC_LEN, le64_to_cpu(cpl->data));
		buf_id = FIELD_GET(VANE_RXC_BUF_ID, info);
		if (unlikely(buf_id != (u16)id || len - 1 >= rxq->buf_len)) {
			stop_polling(rxq);
			break;
		}
		if (need_sync)
			sync_buffer(rxq, rxq->mem[id], len);

		flags = VANE_RX_FLAGS(info);
		if (unlikely((flags & RX_SHAPE) != usual)) {
			if (!take_unusual(vec, rxq, id, cpl, flags & used,
					  len)) {
				stop_polling(rxq);
				break;
			}
			usual = usual_shape(rxq, used);
			unusual++;
			parts += !(flags & RX_EOP);
			continue;
		}

		skb = start_frame(rxq, id, flags & used, len, &counts);
		if (unlikely(!skb)) {
			unusual++;
			continue;
		}
		skb_set_hash(skb,
			     FIELD_GET(VANE_RXC_HASH, le64_to_cpu(cpl->data)),
			     PKT_HASH_TYPE_L4);
		counts.bytes += len;
		deliver(vec, rxq, skb);
	}

	counts.packets = id - first - unusual;
	if (counts.packets)
		add_counts(vec, rxq, &counts);
	*budget -= id - first - parts;
	rxq->head += id - first;
	if (id != end)
		return false;
	if (!(id % RX_REFILL_BATCH))
		refill(rxq);
	return true;
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
	int left = budget;

	if (unlikely(rxq->broken))
		return 0;

	if (rxq->cpl_shift == ilog2(sizeof(struct vane_rx_cpl32)))
		while (left > 0 && receive(vec, rxq, &left,
					   sizeof(struct vane_rx_cpl32)))
			;
	else
		while (left > 0 && receive(vec, rxq, &left,
					   sizeof(struct vane_rx_cpl)))
			;

	if (unlikely((u16)(rxq->tail - rxq->head) <= RX_STARVED) &&
	    !refill(rxq))
		return budget;
	return budget - left;
}
