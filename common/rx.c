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

#define RX_REFILL_BATCH		16	/* buffers */
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

/* What one poll counts */
struct rx_counts {
	unsigned int packets;
	unsigned int bytes;
	unsigned int csum_unnecessary;
	unsigned int csum_bad;
	unsigned int gro_packets;
	unsigned int gro_bytes;
	unsigned int gro_wire_packets;
	unsigned int gro_hdr_bytes;	/* of segments after the first */
	unsigned int alloc_fail;
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

/**
 * vane_rxq_refill() - post buffers until the ring is full
 * @rxq: queue; NAPI, or under rtnl before NAPI runs
 * @gfp: how to allocate
 *
 * All buffers of a page are posted together.
 *
 * Return: false if memory ran out before.
 */
bool vane_rxq_refill(struct vane_rxq *rxq, gfp_t gfp)
{
	u16 end = rxq->head + rxq->mask + 1;
	u16 per_page = rxq->per_page;
	u16 chunk = rxq->chunk;
	u16 tail = rxq->tail;
	/* From a buffer's descriptor to the next one's of the page */
	u64 step = FIELD_PREP(VANE_RXB_ID, 1) | chunk >> VANE_RXB_ADDR_SHIFT;

	while ((u16)(end - tail) >= per_page) {
		u16 id = tail & rxq->mask;
		struct vane_rx_buf *desc = &rxq->desc[id];
		void **mem = &rxq->mem[id];
		struct page *page;
		dma_addr_t dma;
		void *at;
		u64 word;
		u16 i;

		page = page_pool_alloc_pages(rxq->pool, gfp);
		if (unlikely(!page)) {
			rxq->tail = tail;
			return false;
		}
		page_pool_fragment_page(page, per_page);

		at = page_address(page);
		dma = page_pool_get_dma_addr(page) + VANE_RX_HEADROOM;
		word = FIELD_PREP(VANE_RXB_ID, id) | dma >> VANE_RXB_ADDR_SHIFT;
		/* A page's slots follow each other, as rings are powers of two. */
		for (i = 0; i < per_page; i++) {
			*mem++ = at;
			desc++->desc = cpu_to_le64(word);
			at += chunk;
			word += step;
		}
		tail += per_page;
	}
	rxq->tail = tail;
	return true;
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

/* Makes a coalesced frame what TSO would have taken: it can be segmented
 * again, and its checksum is that of the pseudo-header.
 */
static bool set_gso(struct sk_buff *skb, const struct vane_rxq *rxq,
		    const struct vane_rx_cpl *cpl, struct rx_counts *counts)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int hdr_len;
	unsigned int tcp;
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

	counts->gro_packets++;
	counts->gro_bytes += skb->len;
	counts->gro_wire_packets += shinfo->gso_segs;
	counts->gro_hdr_bytes += (shinfo->gso_segs - 1) * hdr_len;
	return true;
}

static noinline void finish_rare(struct vane_rxq *rxq, struct sk_buff *skb,
				 const struct vane_rx_cpl *cpl, u32 flags,
				 struct rx_counts *counts)
{
	counts->csum_bad += !!(flags & RX_CSUM_BAD);

	if (flags & RX_GRO && !set_gso(skb, rxq, cpl, counts))
		stop_polling(rxq);

	if (flags & RX_VLAN)
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q),
				       FIELD_GET(VANE_RXC_TCI,
						 le64_to_cpu(cpl->data)));
}

/* Starts a frame: its first buffer becomes an skb. */
static struct sk_buff *start_frame(struct vane_rxq *rxq, void *mem,
				   const struct vane_rx_cpl *cpl, u32 flags,
				   unsigned int len, struct rx_counts *counts)
{
	u64 data = le64_to_cpu(cpl->data);
	struct sk_buff *skb;

	net_prefetch(mem + VANE_RX_HEADROOM);

	skb = napi_build_skb(mem, rxq->chunk);
	if (unlikely(!skb)) {
		counts->alloc_fail++;
		drop_buffer(rxq, mem, true);
		return NULL;
	}
	skb_mark_for_recycle(skb);
	skb_reserve(skb, VANE_RX_HEADROOM);
	__skb_put(skb, len);
	skb_record_rx_queue(skb, rxq->index);

	if (flags & RX_HASH)
		__skb_set_hash(skb, FIELD_GET(VANE_RXC_HASH, data), false,
			       (flags & RX_HASH) == RX_HASH_L4);

	if (flags & RX_CSUM_OK) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
		counts->csum_unnecessary++;
	}
	if (unlikely(flags & (RX_CSUM_BAD | RX_VLAN | RX_GRO)))
		finish_rare(rxq, skb, cpl, flags, counts);
	return skb;
}

/* Adds a further buffer to the frame; false if the device made that up. Without
 * an skb, for want of memory, the rest of the frame is dropped.
 */
static noinline bool continue_frame(struct vane_rxq *rxq, struct sk_buff *skb,
				    void *mem, u32 flags, unsigned int len,
				    struct rx_counts *counts)
{
	if ((flags & RX_TYPE) != RX_TYPE_MORE)
		return false;

	if (unlikely(!skb)) {
		drop_buffer(rxq, mem, true);
		return true;
	}
	if (unlikely(skb_shinfo(skb)->nr_frags == MAX_SKB_FRAGS))
		return false;

	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, virt_to_page(mem),
			offset_in_page(mem) + VANE_RX_HEADROOM, len, rxq->chunk);
	if (skb_is_gso(skb))
		counts->gro_bytes += len;
	return true;
}

static void add_counts(struct vane_vector *vec, struct vane_rxq *rxq,
		       const struct rx_counts *counts)
{
	struct vane_rxq_stats *stats = rxq->stats;
	unsigned int packets;
	unsigned int bytes;

	/* As on the wire */
	packets = counts->packets + counts->gro_wire_packets -
		  counts->gro_packets;
	bytes = counts->bytes + counts->gro_hdr_bytes;
	vec->packets += packets;
	vec->bytes += bytes;

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->packets, packets);
	u64_stats_add(&stats->bytes, bytes);
	u64_stats_add(&stats->csum_unnecessary, counts->csum_unnecessary);
	u64_stats_add(&stats->csum_bad, counts->csum_bad);
	u64_stats_add(&stats->gro_packets, counts->gro_packets);
	u64_stats_add(&stats->gro_bytes, counts->gro_bytes);
	u64_stats_add(&stats->gro_wire_packets, counts->gro_wire_packets);
	u64_stats_add(&stats->gro_wire_bytes,
		      counts->gro_bytes + counts->gro_hdr_bytes);
	u64_stats_add(&stats->alloc_fail, counts->alloc_fail);
	u64_stats_update_end(&stats->syncp);
}

/* Posts buffers in place of used ones; false if it must be tried again. */
static bool refill(struct vane_rxq *rxq, struct rx_counts *counts)
{
	bool full = vane_rxq_refill(rxq, GFP_ATOMIC | __GFP_NOWARN);

	vane_rxq_kick(rxq);
	if (likely(full))
		return true;

	/* As long as enough are posted, the next frames bring us here again. */
	counts->alloc_fail++;
	return (u16)(rxq->tail - rxq->head) > RX_STARVED;
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
	unsigned int cpl_size = 1u << rxq->cpl_shift;
	struct sk_buff *skb = rxq->skb;
	u32 used = READ_ONCE(rxq->flags_used);
	struct rx_counts counts = {};
	u16 first = rxq->head;
	u16 head = first;
	bool again = false;
	int work = 0;

	if (unlikely(rxq->broken))
		return 0;

	while (work < budget) {
		const struct vane_rx_cpl *cpl;
		u16 id = head & rxq->mask;
		const __le64 *last;
		unsigned int len;
		void *mem;
		u32 flags;
		u64 info;

		cpl = rxq->cpl + id * cpl_size;
		last = (const void *)cpl + cpl_size - sizeof(*last);
		/* The phase is 1 in the first pass over the ring, and so on. */
		if (!(le64_to_cpu(READ_ONCE(*last)) & VANE_RXC_PHASE) ==
		    !(head & (rxq->mask + 1)))
			break;

		/* The rest of the completion, and the frame, after the phase */
		dma_rmb();
		info = le64_to_cpu(cpl->info);
		len = FIELD_GET(VANE_RXC_LEN, le64_to_cpu(cpl->data));
		mem = rxq->mem[id];
		if (unlikely(FIELD_GET(VANE_RXC_BUF_ID, info) != id ||
			     len - 1 >= rxq->buf_len)) {
			stop_polling(rxq);
			break;
		}
		if (dma_dev_need_sync(rxq->pool->p.dev))
			page_pool_dma_sync_for_cpu(rxq->pool, virt_to_page(mem),
						   offset_in_page(mem) +
						   VANE_RX_HEADROOM, len);

		flags = VANE_RX_FLAGS(info) & used;
		if (likely(!skb && (flags & RX_TYPE) ==
			   RX_TYPE_FIRST)) {
			skb = start_frame(rxq, mem, cpl, flags, len, &counts);
		} else if (!continue_frame(rxq, skb, mem, flags, len,
					   &counts)) {
			stop_polling(rxq);
			break;
		}
		head++;
		if (flags & RX_EOP) {
			work++;
			if (likely(skb)) {
				counts.packets++;
				counts.bytes += skb->len;
				skb->protocol = eth_type_trans(skb, rxq->netdev);
				napi_gro_receive(&vec->napi, skb);
				skb = NULL;
			}
		}

		if (!(head % RX_REFILL_BATCH)) {
			rxq->head = head;
			refill(rxq, &counts);
		}
	}
	rxq->head = head;
	rxq->skb = skb;
	if (unlikely((u16)(rxq->tail - head) <= RX_STARVED))
		again = !refill(rxq, &counts);

	if (head != first || counts.alloc_fail)
		add_counts(vec, rxq, &counts);
	return again ? budget : work;
}
