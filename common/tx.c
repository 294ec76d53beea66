// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transmit (datasheet, 6)
 *
 * A frame takes one descriptor for each piece of memory. The device tells by
 * its head alone which descriptors it is through with: nothing is written back
 * into the ring.
 */

#include <linux/bitfield.h>
#include <linux/dma-mapping.h>
#include <linux/if_vlan.h>
#include <linux/tcp.h>
#include <net/netdev_queues.h>

#include "core.h"

/* A frame of any skb, and so room that a started queue always has */
#define TX_FRAME_DESC		(MAX_SKB_FRAGS + 1)
/* Wakes a stopped queue; the smallest ring has it */
#define TX_WAKE_DESC		min(2 * TX_FRAME_DESC, 1 << VANE_RING_LOG2_MIN)

static_assert(TX_FRAME_DESC <= VANE_TX_MAX_DESC);

/* What offloads a descriptor can express */
#define TX_CSUM_START_MAX	FIELD_MAX(VANE_TXD_CSUM_START)
#define TX_CSUM_OFFSET_MAX	(2 * FIELD_MAX(VANE_TXD_CSUM_OFFSET))
#define TX_HDR_LEN_MAX		FIELD_MAX(VANE_TXD_HDR_LEN)

static u32 tx_space(const struct vane_txq *txq)
{
	return txq->mask + 1 - (txq->tail - READ_ONCE(txq->head));
}

/* Tells the device of everything up to the tail. */
static void kick(struct vane_txq *txq)
{
	struct vane_shadow *shadow = txq->shadow;
	u16 tail = txq->tail;
	u16 rung = txq->rung;
	u16 event;

	txq->rung = txq->tail;
	if (shadow) {
		/* Descriptors before the tail that counts them */
		dma_wmb();
		WRITE_ONCE(shadow->tail, cpu_to_le32(tail));
		/* The tail before the look at what the device waits for: it
		 * stores that and then looks at the tail.
		 */
		dma_mb();
		event = le32_to_cpu(READ_ONCE(shadow->event));
		if ((u16)(tail - event - 1) >= (u16)(tail - rung))
			return;
	}
	/* Orders the descriptors before itself */
	writel(tail, txq->doorbell);
}

static void unmap(struct vane_txq *txq, struct vane_tx_buf *buf)
{
	if (buf->len)
		dma_unmap_page(txq->dev, buf->dma, buf->len, DMA_TO_DEVICE);
}

/* Copies a frame to where the device can read it: with an IOMMU a mapping takes
 * much longer than that, and without one no less.
 */
static dma_addr_t copy_frame(struct vane_txq *txq, const struct sk_buff *skb,
			     unsigned int slot)
{
	unsigned int at = slot * VANE_TX_COPY_MAX;

	if (skb_is_nonlinear(skb))
		skb_copy_bits(skb, 0, txq->copy + at, skb->len);
	else
		memcpy(txq->copy + at, skb->data, skb->len);
	return txq->copy_dma + at;
}

static void count_stop(struct vane_txq *txq)
{
	struct vane_txq_stats *stats = txq->stats;

	u64_stats_update_begin(&stats->xmit_sync);
	u64_stats_inc(&stats->stop);
	u64_stats_update_end(&stats->xmit_sync);
}

static void count_drop(struct vane_txq *txq)
{
	struct vane_txq_stats *stats = txq->stats;

	u64_stats_update_begin(&stats->xmit_sync);
	u64_stats_inc(&stats->drops);
	u64_stats_update_end(&stats->xmit_sync);
}

/* Puts the fragments of a frame behind its head, @first; returns the last
 * buffer, which gets the skb, or NULL if one cannot be mapped, when the ring is
 * as before.
 */
static noinline struct vane_tx_buf *
add_frags(struct vane_txq *txq, struct sk_buff *skb, struct vane_tx_buf *first)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int nr_frags = shinfo->nr_frags;
	struct vane_tx_desc *desc;
	struct vane_tx_buf *buf;
	u32 tail = txq->tail + 1;
	u32 mask = txq->mask;
	unsigned int len;
	dma_addr_t dma;
	unsigned int i;

	for (i = 0; i < nr_frags; i++, tail++) {
		len = skb_frag_size(&shinfo->frags[i]);
		dma = skb_frag_dma_map(txq->dev, &shinfo->frags[i], 0, len,
				       DMA_TO_DEVICE);
		if (unlikely(dma_mapping_error(txq->dev, dma)))
			goto unmap_frags;

		buf = &txq->buf[tail & mask];
		buf->skb = NULL;
		buf->dma = dma;
		buf->len = len;
		desc = &txq->desc[tail & mask];
		desc->addr = cpu_to_le64(dma);
		/* A fragment of 65536 bytes has length 0. */
		desc->ctrl = cpu_to_le64(len & VANE_TXD_LEN);
	}
	desc->addr |= cpu_to_le64(VANE_TXD_EOP);
	first->skb = NULL;
	buf->skb = skb;
	buf->bytes = first->bytes;
	buf->segs = first->segs;
	return buf;

unmap_frags:
	while (i--)
		unmap(txq, &txq->buf[--tail & mask]);
	return NULL;
}

/* What of a descriptor is for segmentation; counts the segments. */
static u64 describe_tso(const struct sk_buff *skb, struct vane_tx_buf *buf)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int hdr_len = skb_tcp_all_headers(skb);

	buf->segs = shinfo->gso_segs;
	buf->bytes += (shinfo->gso_segs - 1) * hdr_len;
	return FIELD_PREP(VANE_TXD_MSS, shinfo->gso_size) |
	       FIELD_PREP(VANE_TXD_HDR_LEN, hdr_len);
}

static u64 describe_csum(const struct sk_buff *skb)
{
	return FIELD_PREP(VANE_TXD_CSUM_START, skb_checksum_start_offset(skb)) |
	       FIELD_PREP(VANE_TXD_CSUM_OFFSET, skb->csum_offset / 2);
}

/* Stops the queue if the next frame may find too little room. */
static void stop_if_full(struct vane_txq *txq)
{
	if (!netif_txq_maybe_stop(txq->nq, tx_space(txq), TX_FRAME_DESC,
				  TX_WAKE_DESC))
		count_stop(txq);
}

/**
 * vane_start_xmit() - ndo_start_xmit
 * @skb: frame that vane_features_check() has passed
 * @netdev: net_device
 *
 * Softirq or with softirqs off, under the core's transmit lock.
 *
 * Return: NETDEV_TX_BUSY if the ring is full, else NETDEV_TX_OK.
 */
netdev_tx_t vane_start_xmit(struct sk_buff *skb, struct net_device *netdev)
{
	struct vane_net *vn = netdev_priv(netdev);
	struct vane_txq *txq = vn->txq[skb_get_queue_mapping(skb)];
	u64 flags = VANE_TXD_EOP;
	struct vane_tx_desc *desc;
	struct vane_tx_buf *buf;
	unsigned int count;
	unsigned int space;
	unsigned int slot;
	unsigned int len;
	dma_addr_t dma;
	u64 ctrl;

	space = tx_space(txq);
	if (unlikely(space < TX_FRAME_DESC)) {
		stop_if_full(txq);
		return NETDEV_TX_BUSY;
	}

	slot = txq->tail & txq->mask;
	buf = &txq->buf[slot];
	if (skb->len <= READ_ONCE(txq->copybreak)) {
		count = 1;
		len = skb->len;
		dma = copy_frame(txq, skb, slot);
		buf->len = 0;
	} else {
		count = skb_shinfo(skb)->nr_frags + 1;
		len = skb_headlen(skb);
		dma = dma_map_single(txq->dev, skb->data, len, DMA_TO_DEVICE);
		if (unlikely(dma_mapping_error(txq->dev, dma)))
			goto drop;
		buf->dma = dma;
		buf->len = len;
	}
	buf->skb = skb;
	buf->bytes = skb->len;
	buf->segs = 1;

	/* A head of 65536 bytes has length 0. */
	ctrl = len & VANE_TXD_LEN;
	/* Whatever is segmented has some other checksum than none. */
	if (skb->ip_summed != CHECKSUM_NONE) {
		if (skb_is_gso(skb)) {
			flags |= VANE_TXD_TSO;
			ctrl |= describe_tso(skb, buf);
		} else if (skb->ip_summed == CHECKSUM_PARTIAL) {
			flags |= VANE_TXD_CSUM;
			ctrl |= describe_csum(skb);
		}
	}
	if (skb_vlan_tag_present(skb)) {
		flags |= VANE_TXD_VLAN;
		ctrl |= FIELD_PREP(VANE_TXD_TCI, skb_vlan_tag_get(skb));
	}
	desc = &txq->desc[slot];
	desc->ctrl = cpu_to_le64(ctrl);
	desc->addr = cpu_to_le64(flags | dma);
	if (unlikely(count > 1)) {
		desc->addr ^= cpu_to_le64(VANE_TXD_EOP);
		buf = add_frags(txq, skb, buf);
		if (unlikely(!buf))
			goto unmap_head;
	}

	skb_tx_timestamp(skb);
	WRITE_ONCE(txq->tail, txq->tail + count);

	/* There may be more room by now, but not less. */
	if (unlikely(space - count <= TX_FRAME_DESC))
		stop_if_full(txq);
	if (__netdev_tx_sent_queue(txq->nq, buf->bytes, netdev_xmit_more()))
		kick(txq);
	return NETDEV_TX_OK;

unmap_head:
	unmap(txq, &txq->buf[slot]);
drop:
	dev_kfree_skb_any(skb);
	count_drop(txq);
	/* Frames before this one may have waited for it. */
	if (!netdev_xmit_more() && txq->tail != txq->rung)
		kick(txq);
	return NETDEV_TX_OK;
}
EXPORT_SYMBOL_NS_GPL(vane_start_xmit, VANE_NS);

/**
 * vane_features_check() - ndo_features_check
 * @skb: frame about to be sent
 * @netdev: net_device
 * @features: what could be used for it
 *
 * Leaves to software what a descriptor cannot express.
 *
 * Return: @features, or less.
 */
netdev_features_t vane_features_check(struct sk_buff *skb,
				      struct net_device *netdev,
				      netdev_features_t features)
{
	features = vlan_features_check(skb, features);

	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return features;

	if (skb_is_gso(skb) && skb_is_gso_tcp(skb)) {
		unsigned int hdr_len = skb_tcp_all_headers(skb);

		/* The device wants the headers in the first fragment. */
		if (skb_shinfo(skb)->gso_size < VANE_TX_MIN_MSS ||
		    hdr_len > TX_HDR_LEN_MAX || hdr_len > skb_headlen(skb))
			features &= ~NETIF_F_GSO_MASK;
	}

	if (skb_checksum_start_offset(skb) > TX_CSUM_START_MAX ||
	    skb->csum_offset > TX_CSUM_OFFSET_MAX || skb->csum_offset & 1)
		features &= ~(NETIF_F_CSUM_MASK | NETIF_F_GSO_MASK);

	return features;
}
EXPORT_SYMBOL_NS_GPL(vane_features_check, VANE_NS);

/**
 * vane_txq_clean() - complete what the device has sent
 * @vec: vector that serves the queue
 * @txq: queue
 * @budget: NAPI's
 *
 * NAPI.
 */
void vane_txq_clean(struct vane_vector *vec, struct vane_txq *txq, int budget)
{
	struct vane_tx_buf *const end = txq->buf + txq->mask + 1;
	struct vane_txq_stats *stats = txq->stats;
	unsigned int packets = 0;
	unsigned int bytes = 0;
	struct vane_tx_buf *buf;
	u32 head = txq->head;
	u32 space;
	bool woken;
	u16 done;

	/* The device's index has 16 bits. */
	done = le64_to_cpu(READ_ONCE(*txq->hw_head)) - head;
	if (!done)
		return;

	/* The tail that the device has seen is one that this CPU sees. */
	dma_rmb();
	if (unlikely(done > READ_ONCE(txq->tail) - head)) {
		vane_queue_broken(vec->vdev, "transmit", txq->index);
		return;
	}

	buf = &txq->buf[head & txq->mask];
	head += done;
	do {
		unmap(txq, buf);
		if (buf->skb) {
			packets += buf->segs;
			bytes += buf->bytes;
			napi_consume_skb(buf->skb, budget);
		}
		if (++buf == end)
			buf = txq->buf;
	} while (--done);
	/* Pairs with the look at it in tx_space(): whoever sees room there may
	 * write over what was read here.
	 */
	smp_store_release(&txq->head, head);
	space = txq->mask + 1 - (READ_ONCE(txq->tail) - head);

	/* A netdev that is detached sends nothing but what its self-test does. */
	woken = !__netif_txq_completed_wake(txq->nq, packets, bytes, space,
					    TX_WAKE_DESC,
					    !netif_device_present(txq->nq->dev));

	u64_stats_update_begin(&stats->napi_sync);
	u64_stats_add(&stats->packets, packets);
	u64_stats_add(&stats->bytes, bytes);
	if (unlikely(woken))
		u64_stats_inc(&stats->wake);
	u64_stats_update_end(&stats->napi_sync);
}

/**
 * vane_txq_set_copybreak() - set which frames are copied
 * @txq: queue; under rtnl
 * @bytes: of the longest one, VANE_TX_COPY_MAX at most; 0 for none
 *
 * A queue that found no memory for copies maps them all.
 */
void vane_txq_set_copybreak(struct vane_txq *txq, u32 bytes)
{
	WRITE_ONCE(txq->copybreak, txq->copy ? bytes : 0);
}

/**
 * vane_txq_drop() - free frames that were not sent
 * @txq: queue, disabled
 */
void vane_txq_drop(struct vane_txq *txq)
{
	struct vane_tx_buf *buf;

	for (; txq->head != txq->tail; txq->head++) {
		buf = &txq->buf[txq->head & txq->mask];
		unmap(txq, buf);
		dev_kfree_skb_any(buf->skb);
	}
}
