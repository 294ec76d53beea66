/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE core: a receive queue. Members stand in the order of use, in groups that
 * name who writes them.
 */
#ifndef VANE_RX_H
#define VANE_RX_H

#include <linux/cache.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/u64_stats_sync.h>
#include <net/page_pool/types.h>

#include "queue.h"
#include "vane_hw.h"

struct vane_dev;
struct vane_vector;

/* Receive buffers: headroom, what the device writes, skb_shared_info */
#define VANE_RX_HEADROOM		64
#define VANE_RX_OVERHEAD		(VANE_RX_HEADROOM + \
					 SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))
#define VANE_RX_TRUESIZE_SMALL		2048	/* frames of the usual MTU */
#define VANE_RX_TRUESIZE_LARGE		4096	/* parts of larger ones */
#define VANE_RX_TRUESIZE_GRO		8192	/* parts of coalesced ones */

/**
 * struct vane_rxq_stats - counters of a receive queue index; written by NAPI
 * @syncp: makes them one snapshot on 32 bits
 * @packets: frames received, counted as on the wire
 * @bytes: bytes of them
 * @csum_unnecessary: frames whose checksum the device verified
 * @csum_bad: frames whose checksum the device found wrong
 * @gro_packets: coalesced frames
 * @gro_bytes: bytes of them
 * @gro_wire_packets: segments in them
 * @gro_wire_bytes: bytes of those on the wire
 * @alloc_fail: buffers or skbs that could not be allocated
 * @malformed: coalesced frames whose headers differ from what the device says
 */
struct vane_rxq_stats {
	struct u64_stats_sync syncp;
	u64_stats_t packets;
	u64_stats_t bytes;
	u64_stats_t csum_unnecessary;
	u64_stats_t csum_bad;
	u64_stats_t gro_packets;
	u64_stats_t gro_bytes;
	u64_stats_t gro_wire_packets;
	u64_stats_t gro_wire_bytes;
	u64_stats_t alloc_fail;
	u64_stats_t malformed;
} ____cacheline_aligned;

/* How a frame is to be processed: the upper half of a completion's info */
#define VANE_RX_FLAGS(info)		((u32)((info) >> 32))

/**
 * struct vane_rxq - a receive queue
 * @cpl: ring that the device writes, of either size of completion
 * @mem: memory of each buffer, a part of a page of @pool, by buffer id
 * @pool: where pages come from
 * @skb: frame of which more buffers are to come
 * @netdev: receiver
 * @desc: ring of buffers that the device reads
 * @doorbell: VANE_DB_RXQ of this queue
 * @shadow: shadow doorbell, NULL where not negotiated
 * @mask: entries - 1, of both rings
 * @head: next completion, free-running; its buffer has the same index, for
 *	the device uses buffers in order
 * @buf_len: bytes of each buffer
 * @buf_truesize: memory of each buffer: headroom, @buf_len, skb_shared_info
 * @index: of the queue
 * @cpl_shift: log2 of the bytes of a completion
 * @phase: of completions in this pass over the ring, 1 in the first
 * @flags_used: VANE_RX_FLAGS() that are evaluated: features may disable checksum
 *	and hash
 * @fast_flags: VANE_RX_FLAGS() of frames that the fast path takes
 * @stats: counters of this index
 * @next: further queue of the same vector
 * @vdev: function
 * @channel: granted channel that @skb came to, 0 for none
 * @tail: next buffer to post, free-running
 * @db_tail: tail that the device was told of, free-running
 * @refill_failed: memory ran out when buffers were to be posted
 * @broken: the device wrote invalid data, and the owner was asked for a reset
 * @vector: that serves it
 * @log2: log2 of the entries of both rings
 * @dma: address of @cpl for the device; @desc follows
 * @words_dma: address of the queue pair's struct vane_queue_shmem
 */
struct vane_rxq {
	/* NAPI alone; @flags_used is written under rtnl */
	__cacheline_group_begin_aligned(poll);

	void *cpl;
	void **mem;
	struct page_pool *pool;
	struct sk_buff *skb;
	struct net_device *netdev;
	u32 flags_used;
	u32 fast_flags;
	u32 buf_len;
	u16 mask;
	u16 head;
	u16 buf_truesize;
	u16 index;
	u8 cpl_shift;
	u8 phase;

	__cacheline_group_end_aligned(poll);

	/* NAPI, once per burst */
	__cacheline_group_begin_aligned(burst);

	struct vane_rx_buf *desc;
	void __iomem *doorbell;
	struct vane_shadow *shadow;
	struct vane_rxq_stats *stats;
	struct vane_rxq *next;
	struct vane_dev *vdev;
	u32 channel;
	u16 tail;
	u16 db_tail;
	bool refill_failed;
	bool broken;

	__cacheline_group_end_aligned(burst);

	/* Set-up, under rtnl */
	u16 vector;
	u8 log2;
	dma_addr_t dma;
	dma_addr_t words_dma;
};

VANE_ASSERT_ONE_LINE(struct vane_rxq, poll);
VANE_ASSERT_ONE_LINE(struct vane_rxq, burst);

/* NAPI */
int vane_rxq_poll(struct vane_vector *vec, struct vane_rxq *rxq, int budget);
/* Queue disabled, under rtnl */
bool vane_rxq_refill(struct vane_rxq *rxq, gfp_t gfp);
void vane_rxq_drop(struct vane_rxq *rxq);
void vane_rxq_kick(struct vane_rxq *rxq);

#endif /* VANE_RX_H */
