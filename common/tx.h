/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE core: a transmit queue. Members stand in the order of use, in groups
 * that name who writes them.
 */
#ifndef VANE_TX_H
#define VANE_TX_H

#include <linux/cache.h>
#include <linux/netdevice.h>
#include <linux/u64_stats_sync.h>

#include "queue.h"
#include "vane_hw.h"

struct vane_net;
struct vane_vector;

/* Length up to which a frame is copied, which costs less than mapping it */
#define VANE_TX_COPY_MAX		128

/**
 * struct vane_tx_buf - the driver's side of one transmit descriptor
 * @skb: frame that ends with this descriptor, else NULL; stale once completed
 * @dma: address of the fragment, to unmap it
 * @len: bytes of the fragment, 0 if it was copied
 * @bytes: with @skb: bytes of the frame on the wire, all segments together
 * @segs: with @skb: segments that the frame is on the wire
 */
struct vane_tx_buf {
	struct sk_buff *skb;
	dma_addr_t dma;
	u32 len;
	u32 bytes;
	u32 segs;
};

/**
 * struct vane_txq_stats - counters of a transmit queue index
 * @napi_sync: makes the counters of NAPI one snapshot on 32 bits
 * @packets: frames sent, counted as on the wire; written by NAPI
 * @bytes: bytes of them; written by NAPI
 * @wake: queue restarts; written by NAPI
 * @xmit_sync: the same for those of ndo_start_xmit, which follow
 * @stop: queue stops
 * @drops: frames that could not be mapped
 * @gso_packets: frames that the device was to segment
 * @gso_bytes: bytes of them
 * @gso_wire_packets: segments of them
 * @gso_wire_bytes: bytes of those on the wire
 *
 * Counters belong to the queue's index and outlive the ring.
 */
struct vane_txq_stats {
	struct u64_stats_sync napi_sync;
	u64_stats_t packets;
	u64_stats_t bytes;
	u64_stats_t wake;
	struct u64_stats_sync xmit_sync;
	u64_stats_t stop;
	u64_stats_t drops;
	u64_stats_t gso_packets;
	u64_stats_t gso_bytes;
	u64_stats_t gso_wire_packets;
	u64_stats_t gso_wire_bytes;
} ____cacheline_aligned;

/**
 * struct vane_txq - a transmit queue
 * @desc: ring that the device reads
 * @buf: one per descriptor
 * @nq: the core's queue
 * @dev: for DMA
 * @copy: VANE_TX_COPY_MAX bytes for each descriptor, NULL if there was no memory
 * @copy_dma: address of @copy for the device
 * @mask: entries - 1
 * @tail: next descriptor to fill, free-running
 * @copybreak: longest frame that is copied; written under rtnl
 * @doorbell: VANE_DB_TXQ of this queue
 * @shadow: shadow doorbell, NULL where not negotiated
 * @db_tail: tail that the device was told of, free-running
 * @head: oldest descriptor not completed, free-running
 * @stats: counters of this index
 * @hw_head: where the device writes its head
 * @next: further queue of the same vector
 * @index: of the queue
 * @vector: that serves it
 * @log2: log2 of the entries
 * @dma: address of @desc for the device
 * @words_dma: address of the queue pair's struct vane_queue_shmem
 */
struct vane_txq {
	/* ndo_start_xmit, under the core's transmit lock; read by NAPI */
	__cacheline_group_begin_aligned(xmit);

	struct vane_tx_desc *desc;
	struct vane_tx_buf *buf;
	struct netdev_queue *nq;
	struct device *dev;
	void *copy;
	dma_addr_t copy_dma;
	u32 mask;
	u32 tail;
	u32 copybreak;

	__cacheline_group_end_aligned(xmit);

	/* The same, once per burst */
	__cacheline_group_begin_aligned(kick);

	void __iomem *doorbell;
	struct vane_shadow *shadow;
	u32 db_tail;

	__cacheline_group_end_aligned(kick);

	/* NAPI; @head is read by ndo_start_xmit */
	__cacheline_group_begin_aligned(clean);

	u32 head;
	struct vane_txq_stats *stats;
	__le64 *hw_head;
	struct vane_txq *next;

	__cacheline_group_end_aligned(clean);

	/* Set-up, under rtnl */
	u16 index;
	u16 vector;
	u8 log2;
	dma_addr_t dma;
	dma_addr_t words_dma;
};

VANE_ASSERT_ONE_LINE(struct vane_txq, xmit);
VANE_ASSERT_ONE_LINE(struct vane_txq, kick);
VANE_ASSERT_ONE_LINE(struct vane_txq, clean);

/* NAPI */
void vane_txq_clean(struct vane_vector *vec, struct vane_txq *txq, int budget);
/* Under rtnl */
void vane_txq_set_copybreak(struct vane_txq *txq, u32 bytes);
/* Queue disabled, under rtnl */
void vane_txq_drop(struct vane_txq *txq);
/* Netdev not registered */
void vane_tx_end_channels(struct vane_net *vn);

#endif /* VANE_TX_H */
