// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transmit (datasheet, 6)
 *
 * A frame takes one descriptor for each piece of memory. The device reports
 * which descriptors it has completed only by its head; it writes nothing into
 * the ring.
 */

#include <linux/bitfield.h>
#include <linux/dma-mapping.h>
#include <linux/if_vlan.h>
#include <linux/io.h>
#include <linux/jump_label.h>
#include <linux/tcp.h>
#include <net/dst_metadata.h>
#include <net/netdev_queues.h>

#include "compat.h"
#include "queue.h"
#include "reg.h"
#include "tx.h"
#include "vane_dev.h"
#include "vane_net.h"

/* Descriptors of the largest skb, with an extension; a started queue always has
 * room for them.
 */
#define TX_FRAME_DESC		(MAX_SKB_FRAGS + 2)
/* Free descriptors that wake a stopped queue; the smallest ring has as many */
#define TX_WAKE_DESC		min(2 * TX_FRAME_DESC, 1 << VANE_RING_LOG2_MIN)

static_assert(TX_FRAME_DESC <= VANE_TX_MAX_DESC);

/*
 * What offloads a descriptor can express. After vane_features_check() the core may
 * still move a VLAN tag into the frame, before the headers.
 */
#define TX_CSUM_START_MAX	(FIELD_MAX(VANE_TXD_CSUM_START) - VLAN_HLEN)
#define TX_CSUM_OFFSET_MAX	(2 * FIELD_MAX(VANE_TXD_CSUM_OFFSET))
#define TX_HDR_LEN_MAX		(FIELD_MAX(VANE_TXD_HDR_LEN) - VLAN_HLEN)

/* Some netdev has frames that are sent under a granted channel. */
static DEFINE_STATIC_KEY_FALSE(vane_tx_channels);

static u32 vane_tx_space(const struct vane_txq *txq)
{
	return txq->mask + 1 - (txq->tail - READ_ONCE(txq->head));
}

/* Passes everything up to the tail to the device. */
static void vane_tx_kick(struct vane_txq *txq)
{
	struct vane_shadow *shadow = txq->shadow;
	u16 tail = txq->tail;
	u16 db_tail = txq->db_tail;

	txq->db_tail = txq->tail;
	if (shadow && !vane_shadow_publish(shadow, tail, tail, db_tail))
		return;
	/* Orders the descriptors before itself */
	writel(tail, txq->doorbell);
}

static void vane_tx_unmap(struct vane_txq *txq, struct vane_tx_buf *buf)
{
	if (buf->len)
		dma_unmap_page(txq->dev, buf->dma, buf->len, DMA_TO_DEVICE);
}

/* Copies a frame to memory that the device can read. With an IOMMU, mapping it
 * takes much longer, and without one no less.
 */
static dma_addr_t vane_tx_copy_frame(struct vane_txq *txq,
				     const struct sk_buff *skb,
				     unsigned int slot)
{
	unsigned int at = slot * VANE_TX_COPY_MAX;

	if (skb_is_nonlinear(skb))
		skb_copy_bits(skb, 0, txq->copy + at, skb->len);
	else
		memcpy(txq->copy + at, skb->data, skb->len);
	return txq->copy_dma + at;
}

static void vane_tx_count_stop(struct vane_txq *txq)
{
	struct vane_txq_stats *stats = txq->stats;

	u64_stats_update_begin(&stats->xmit_sync);
	u64_stats_inc(&stats->stop);
	u64_stats_update_end(&stats->xmit_sync);
}

static void vane_tx_count_drop(struct vane_txq *txq)
{
	struct vane_txq_stats *stats = txq->stats;

	u64_stats_update_begin(&stats->xmit_sync);
	u64_stats_inc(&stats->drops);
	u64_stats_update_end(&stats->xmit_sync);
}

/* The channel that a frame is sent under, 0 for that of the port */
static u32 vane_tx_channel(const struct vane_txq *txq, struct sk_buff *skb)
{
	const struct metadata_dst *dst = skb_metadata_dst(skb);

	if (!dst || dst->type != METADATA_HW_PORT_MUX ||
	    dst->u.port_info.lower_dev != txq->nq->dev)
		return 0;
	return dst->u.port_info.port_id;
}

/* Whether frames can have extensions; changes only while no queue is enabled */
static bool vane_tx_has_extensions(const struct vane_txq *txq)
{
	const struct vane_net *vn = netdev_priv(txq->nq->dev);

	return vn->vdev->features & VANE_FEAT_TX_CHANNEL;
}

/* Puts the extension of a frame into the ring, if it needs one. Returns how many
 * descriptors that took, or -EOPNOTSUPP if the frame has to be dropped: it was on its way
 * when the function came back from a reset without extensions.
 */
static noinline int vane_tx_add_extension(struct vane_txq *txq,
					  struct sk_buff *skb)
{
	unsigned int slot = txq->tail & txq->mask;
	u32 channel = vane_tx_channel(txq, skb);
	struct vane_tx_desc *desc;
	struct vane_tx_buf *buf;

	if (!channel)
		return 0;
	if (!vane_tx_has_extensions(txq))
		return -EOPNOTSUPP;

	buf = &txq->buf[slot];
	buf->skb = NULL;
	buf->len = 0;
	desc = &txq->desc[slot];
	desc->ctrl = cpu_to_le64(FIELD_PREP(VANE_TXD_CHANNEL, channel));
	desc->addr = cpu_to_le64(VANE_TXD_EXT);
	WRITE_ONCE(txq->tail, txq->tail + 1);
	return 1;
}

/* Takes the extension of a frame that is dropped out of the ring again. */
static noinline void vane_tx_del_extension(struct vane_txq *txq,
					   struct sk_buff *skb)
{
	if (vane_tx_channel(txq, skb) && vane_tx_has_extensions(txq))
		WRITE_ONCE(txq->tail, txq->tail - 1);
}

/* Puts the fragments of a frame behind its head, @first. Returns the last
 * buffer, which gets the skb. If a fragment cannot be mapped, returns NULL and
 * leaves the ring as before.
 */
static noinline struct vane_tx_buf *vane_tx_add_frags(struct vane_txq *txq,
						      struct sk_buff *skb,
						      struct vane_tx_buf *first)
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
		vane_tx_unmap(txq, &txq->buf[--tail & mask]);
	return NULL;
}

static void vane_tx_count_gso(struct vane_txq *txq, const struct sk_buff *skb,
			      const struct vane_tx_buf *buf)
{
	struct vane_txq_stats *stats = txq->stats;

	u64_stats_update_begin(&stats->xmit_sync);
	u64_stats_inc(&stats->gso_packets);
	u64_stats_add(&stats->gso_bytes, skb->len);
	u64_stats_add(&stats->gso_wire_packets, buf->segs);
	u64_stats_add(&stats->gso_wire_bytes, buf->bytes);
	u64_stats_update_end(&stats->xmit_sync);
}

/* The fields of a descriptor for segmentation; counts the segments. A frame that
 * cannot be mapped after this stays counted.
 */
static u64 vane_tx_describe_tso(struct vane_txq *txq, const struct sk_buff *skb,
				struct vane_tx_buf *buf)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int hdr_len = skb_tcp_all_headers(skb);

	buf->segs = shinfo->gso_segs;
	buf->bytes += (shinfo->gso_segs - 1) * hdr_len;
	vane_tx_count_gso(txq, skb, buf);
	return FIELD_PREP(VANE_TXD_MSS, shinfo->gso_size) |
	       FIELD_PREP(VANE_TXD_HDR_LEN, hdr_len);
}

static u64 vane_tx_describe_csum(const struct sk_buff *skb)
{
	return FIELD_PREP(VANE_TXD_CSUM_START, skb_checksum_start_offset(skb)) |
	       FIELD_PREP(VANE_TXD_CSUM_OFFSET, skb->csum_offset / 2);
}

/* Stops the queue if the next frame may find too little room. */
static void vane_tx_stop_if_full(struct vane_txq *txq)
{
	if (!netif_txq_maybe_stop(txq->nq, vane_tx_space(txq), TX_FRAME_DESC,
				  TX_WAKE_DESC))
		vane_tx_count_stop(txq);
}

/**
 * vane_start_xmit() - ndo_start_xmit
 * @skb: frame that vane_features_check() has passed
 * @netdev: net_device
 *
 * Context: Softirq or softirqs off, under the core's transmit lock.
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

	space = vane_tx_space(txq);
	if (unlikely(space < TX_FRAME_DESC)) {
		vane_tx_stop_if_full(txq);
		return NETDEV_TX_BUSY;
	}
	if (static_branch_unlikely(&vane_tx_channels)) {
		int taken = vane_tx_add_extension(txq, skb);

		if (taken < 0)
			goto drop;
		space -= taken;
	}

	slot = txq->tail & txq->mask;
	buf = &txq->buf[slot];
	if (skb->len <= READ_ONCE(txq->copybreak)) {
		count = 1;
		len = skb->len;
		dma = vane_tx_copy_frame(txq, skb, slot);
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
	/* A frame to be segmented never has CHECKSUM_NONE. */
	if (skb->ip_summed != CHECKSUM_NONE) {
		if (skb_is_gso(skb)) {
			flags |= VANE_TXD_TSO;
			ctrl |= vane_tx_describe_tso(txq, skb, buf);
		} else if (skb->ip_summed == CHECKSUM_PARTIAL) {
			flags |= VANE_TXD_CSUM;
			ctrl |= vane_tx_describe_csum(skb);
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
		buf = vane_tx_add_frags(txq, skb, buf);
		if (unlikely(!buf))
			goto unmap_head;
	}

	skb_tx_timestamp(skb);
	WRITE_ONCE(txq->tail, txq->tail + count);

	/* The room may have grown meanwhile, but not shrunk. */
	if (unlikely(space - count <= TX_FRAME_DESC))
		vane_tx_stop_if_full(txq);
	if (__netdev_tx_sent_queue(txq->nq, buf->bytes, netdev_xmit_more()))
		vane_tx_kick(txq);
	return NETDEV_TX_OK;

unmap_head:
	vane_tx_unmap(txq, &txq->buf[slot]);
drop:
	if (static_branch_unlikely(&vane_tx_channels))
		vane_tx_del_extension(txq, skb);
	dev_kfree_skb_any(skb);
	vane_tx_count_drop(txq);
	/* Frames before this one may have deferred their doorbell to it. */
	if (!netdev_xmit_more() && txq->tail != txq->db_tail)
		vane_tx_kick(txq);
	return NETDEV_TX_OK;
}
EXPORT_SYMBOL_NS_GPL(vane_start_xmit, VANE_NS);

/**
 * vane_tx_use_channels() - let frames be sent under granted channels
 * @vn: netdev of a VF whose function has VANE_FEAT_TX_CHANNEL
 *
 * From then on, as vane_net.tx_channels says, a frame that has metadata of the type
 * METADATA_HW_PORT_MUX for this netdev is sent under the channel that the metadata names.
 * It lasts until vane_net_free(): the stack may still have such frames when their sender is
 * gone, and without this they would be sent under the channel of the VF's port.
 *
 * Context: rtnl held. May sleep.
 */
void vane_tx_use_channels(struct vane_net *vn)
{
	ASSERT_RTNL();

	if (vn->tx_channels)
		return;
	/* The core keeps metadata until ndo_start_xmit from now on */
	netif_keep_dst(vn->netdev);
	static_branch_inc(&vane_tx_channels);
	WRITE_ONCE(vn->tx_channels, true);
}
EXPORT_SYMBOL_NS_GPL(vane_tx_use_channels, VANE_NS);

/**
 * vane_tx_end_channels() - undo vane_tx_use_channels(), if it was called
 * @vn: netdev, not registered
 *
 * Context: Process context; may sleep.
 */
void vane_tx_end_channels(struct vane_net *vn)
{
	if (vn->tx_channels)
		static_branch_dec(&vane_tx_channels);
}

/**
 * vane_features_check() - ndo_features_check
 * @skb: frame about to be sent
 * @netdev: net_device
 * @features: offloads that may be used for it
 *
 * Leaves to software what a descriptor cannot express.
 *
 * Context: Softirq or softirqs off.
 * Return: @features without those that cannot be used.
 */
netdev_features_t vane_features_check(struct sk_buff *skb,
				      struct net_device *netdev,
				      netdev_features_t features)
{
	features = vlan_features_check(skb, features);

	if (skb->ip_summed == CHECKSUM_NONE)
		return features;

	/* The core also passes segmented frames that need no checksum. */
	if (skb_is_gso(skb) && skb_is_gso_tcp(skb)) {
		unsigned int hdr_len = skb_tcp_all_headers(skb);

		/* The device needs the headers in the first fragment. */
		if (skb_shinfo(skb)->gso_size < VANE_TX_MIN_MSS ||
		    hdr_len > TX_HDR_LEN_MAX || hdr_len > skb_headlen(skb))
			features &= ~NETIF_F_GSO_MASK;
	}

	if (skb->ip_summed == CHECKSUM_PARTIAL &&
	    (skb_checksum_start_offset(skb) > TX_CSUM_START_MAX ||
	     skb->csum_offset > TX_CSUM_OFFSET_MAX || skb->csum_offset & 1))
		features &= ~(NETIF_F_CSUM_MASK | NETIF_F_GSO_MASK);

	return features;
}
EXPORT_SYMBOL_NS_GPL(vane_features_check, VANE_NS);

/* Whether only a self-test may send */
static bool vane_tx_is_testing(const struct vane_txq *txq)
{
	const struct vane_net *vn = netdev_priv(txq->nq->dev);

	return vn->testing;
}

/**
 * vane_txq_clean() - complete what the device has sent
 * @vec: vector that serves the queue
 * @txq: queue
 * @budget: NAPI's
 *
 * Context: NAPI, or netpoll in its place, with @budget 0.
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

	/* The tail that the device has used is visible to this CPU. */
	dma_rmb();
	if (unlikely(done > READ_ONCE(txq->tail) - head)) {
		vane_queue_broken(vec->vdev, "transmit", txq->index);
		return;
	}

	buf = &txq->buf[head & txq->mask];
	head += done;
	do {
		vane_tx_unmap(txq, buf);
		if (buf->skb) {
			packets += buf->segs;
			bytes += buf->bytes;
			napi_consume_skb(buf->skb, budget);
		}
		if (++buf == end)
			buf = txq->buf;
	} while (--done);
	/* Pairs with the read in vane_tx_space(): a sender that sees room there may
	 * overwrite what was read here.
	 */
	smp_store_release(&txq->head, head);
	space = txq->mask + 1 - (READ_ONCE(txq->tail) - head);

	woken = !__netif_txq_completed_wake(txq->nq, packets, bytes, space,
					    TX_WAKE_DESC,
					    vane_tx_is_testing(txq));

	u64_stats_update_begin(&stats->napi_sync);
	u64_stats_add(&stats->packets, packets);
	u64_stats_add(&stats->bytes, bytes);
	if (unlikely(woken))
		u64_stats_inc(&stats->wake);
	u64_stats_update_end(&stats->napi_sync);
}

/**
 * vane_txq_set_copybreak() - set which frames are copied
 * @txq: queue
 * @bytes: of the longest one, VANE_TX_COPY_MAX at most; 0 for none
 *
 * A queue that found no memory for copies maps them all.
 *
 * Context: rtnl held. Does not sleep.
 */
void vane_txq_set_copybreak(struct vane_txq *txq, u32 bytes)
{
	WRITE_ONCE(txq->copybreak, txq->copy ? bytes : 0);
}

/**
 * vane_txq_drop() - free frames that were not sent
 * @txq: queue, disabled
 *
 * Context: rtnl held, the queue disabled. Does not sleep.
 */
void vane_txq_drop(struct vane_txq *txq)
{
	struct vane_tx_buf *buf;

	for (; txq->head != txq->tail; txq->head++) {
		buf = &txq->buf[txq->head & txq->mask];
		vane_tx_unmap(txq, buf);
		dev_kfree_skb_any(buf->skb);
	}
}
