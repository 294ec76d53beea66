/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of vane_core share among themselves: rings, vectors, and the
 * functions behind them.
 */
#ifndef VANE_CORE_INTERNAL_H
#define VANE_CORE_INTERNAL_H

#include <linux/cache.h>
#include <linux/dim.h>
#include <linux/ethtool.h>
#include <linux/u64_stats_sync.h>
#include <net/page_pool/types.h>

#include "compat.h"
#include "vane_core.h"

/*
 * Rings
 * -----
 * Members stand in the order of use, in groups that name who writes them.
 * A queue pair is served by one vector's NAPI; several pairs may share one.
 */

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
 * @xmit_sync: the same for those of ndo_start_xmit
 * @stop: queue stops; written by ndo_start_xmit
 * @drops: frames that could not be mapped; written by ndo_start_xmit
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
} ____cacheline_aligned;

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
 * @rung: tail that the device was told of, free-running
 * @head: oldest descriptor not completed, free-running
 * @stats: counters of this index
 * @hw_head: where the device writes its head
 * @next: further queue of the same vector
 * @index: of the queue
 * @vector: that serves it
 * @log2: log2 of the entries
 * @dma: address of @desc for the device
 * @words_dma: address of the queue pair's struct vane_queue_words
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
	u32 rung;

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

/* What says how a frame is to be taken: the upper half of a completion's info */
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
 * @chunk: memory of each buffer: headroom, @buf_len, skb_shared_info
 * @index: of the queue
 * @cpl_shift: log2 of the bytes of a completion
 * @phase: of completions in this pass over the ring, 1 in the first
 * @flags_used: VANE_RX_FLAGS() that count: the device's word for checksums may
 *	be unwanted, and so may its hash
 * @usual: what of VANE_RX_FLAGS() frames have with which nothing is to be done
 * @stats: counters of this index
 * @next: further queue of the same vector
 * @vdev: function
 * @tail: next buffer to post, free-running
 * @rung: tail that the device was told of, free-running
 * @short_of: memory ran out when buffers were to be posted
 * @broken: the device wrote nonsense, and the owner was asked for a reset
 * @vector: that serves it
 * @log2: log2 of the entries of both rings
 * @dma: address of @cpl for the device; @desc follows
 * @words_dma: address of the queue pair's struct vane_queue_words
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
	u32 usual;
	u32 buf_len;
	u16 mask;
	u16 head;
	u16 chunk;
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
	u16 tail;
	u16 rung;
	bool short_of;
	bool broken;

	__cacheline_group_end_aligned(burst);

	/* Set-up, under rtnl */
	u16 vector;
	u8 log2;
	dma_addr_t dma;
	dma_addr_t words_dma;
};

/* What a packet costs in cache lines is decided here. */
#define VANE_ASSERT_ONE_LINE(type, group) \
	static_assert(offsetof(type, __cacheline_group_end__##group) - \
		      offsetof(type, __cacheline_group_begin__##group) <= 64)

VANE_ASSERT_ONE_LINE(struct vane_txq, xmit);
VANE_ASSERT_ONE_LINE(struct vane_txq, kick);
VANE_ASSERT_ONE_LINE(struct vane_txq, clean);
VANE_ASSERT_ONE_LINE(struct vane_rxq, poll);
VANE_ASSERT_ONE_LINE(struct vane_rxq, burst);

/**
 * struct vane_queue_words - what the device and a queue pair share in memory
 * @head: of the transmit queue
 * @tx_shadow: of the transmit queue
 * @pad: keeps what the two queues poll apart
 * @rx_shadow: of the receive queue
 * @pad_rx: likewise
 */
struct vane_queue_words {
	struct vane_head head;
	struct vane_shadow tx_shadow;
	u8 pad[48];
	struct vane_shadow rx_shadow;
	u8 pad_rx[56];
};

static_assert(sizeof(struct vane_queue_words) == 128);

/**
 * struct vane_ring_config - what memory the rings need
 * @num_queues: queue pairs
 * @tx_log2: log2 of the entries of each transmit ring
 * @rx_log2: log2 of the entries of each receive ring
 * @chunk: memory of each receive buffer, in bytes
 * @gro: 32-byte completions and VANE_RXQ_OPT_GRO
 */
struct vane_ring_config {
	u16 num_queues;
	u8 tx_log2;
	u8 rx_log2;
	u16 chunk;
	bool gro;
};

/**
 * struct vane_rings - all rings of a netdev
 * @config: what they were made for
 * @num_vecs: queue vectors that serve them, 0 where vector 0 does
 * @words: shared words, one struct per queue pair
 * @words_dma: their address for the device
 * @txq: transmit queues
 * @rxq: receive queues
 */
struct vane_rings {
	struct vane_ring_config config;
	u16 num_vecs;
	struct vane_queue_words *words;
	dma_addr_t words_dma;
	struct vane_txq **txq;
	struct vane_rxq **rxq;
};

/**
 * struct vane_vector - an MSI-X vector and the NAPI behind it
 * @napi: polls the queues; of vector 0 only while queues are folded on it
 * @txq: first transmit queue
 * @rxq: first receive queue
 * @num_queues: queue pairs
 * @sb: status block
 * @doorbell: VANE_DB_VEC of this vector
 * @irqs: interrupts taken; written by the handler
 * @adaptive: moderation by @dim
 * @dim: moderation
 * @vdev: function
 * @index: of the vector
 * @polling: @napi is enabled, and arms the vector
 * @irq: Linux interrupt number
 * @map: of a vector that was added after MSI-X was enabled
 * @name: of the interrupt
 */
struct vane_vector {
	/* NAPI */
	struct napi_struct napi;
	struct vane_txq *txq;
	struct vane_rxq *rxq;
	u16 num_queues;
	struct vane_status_block *sb;
	void __iomem *doorbell;
	u16 irqs;
	bool adaptive;
	struct dim dim;

	/* Set-up, under rtnl */
	struct vane_dev *vdev;
	u16 index;
	bool polling;
	int irq;
	struct msi_map map;
	char name[IFNAMSIZ + 16];
};

/* Frames that are copied to be sent: a mapping of their own costs more */
#define VANE_TX_COPY_MAX		128

/* Receive buffers: headroom, what the device writes, skb_shared_info */
#define VANE_RX_HEADROOM		64
#define VANE_RX_OVERHEAD		(VANE_RX_HEADROOM + \
					 SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))
#define VANE_RX_CHUNK_SMALL		2048	/* frames of the usual MTU */
#define VANE_RX_CHUNK_LARGE		4096	/* parts of larger ones */
#define VANE_RX_CHUNK_GRO		8192	/* parts of coalesced ones */

/* Work that must not wait for other users of the system's queues */
extern struct workqueue_struct *vane_wq;

/* irq.c APIs */
void vane_event_work(struct work_struct *work);
int vane_irq_init(struct vane_dev *vdev);
void vane_irq_exit(struct vane_dev *vdev);
void vane_vectors_init(struct vane_net *vn);
int vane_vectors_grow(struct vane_net *vn, u16 want);
void vane_vectors_shrink(struct vane_net *vn, u16 want);
void vane_vectors_start(struct vane_net *vn);
void vane_vectors_arm(struct vane_net *vn);
void vane_vectors_stop(struct vane_net *vn);
void vane_vectors_moderate(struct vane_net *vn);

/* ring.c APIs */
struct vane_rings *vane_rings_alloc(struct vane_net *vn,
				    const struct vane_ring_config *config);
void vane_rings_free(struct vane_net *vn, struct vane_rings *rings);
int vane_rings_enable(struct vane_net *vn);
void vane_rings_disable(struct vane_net *vn);
void vane_rings_set_options(struct vane_net *vn, netdev_features_t features);

/* tx.c APIs: NAPI */
void vane_txq_clean(struct vane_vector *vec, struct vane_txq *txq, int budget);
/* tx.c APIs: under rtnl */
void vane_txq_set_copybreak(struct vane_txq *txq, u32 bytes);
/* tx.c APIs: queue disabled, under rtnl */
void vane_txq_drop(struct vane_txq *txq);

/* rx.c APIs: NAPI */
int vane_rxq_poll(struct vane_vector *vec, struct vane_rxq *rxq, int budget);
/* rx.c APIs: queue disabled, under rtnl */
bool vane_rxq_refill(struct vane_rxq *rxq, gfp_t gfp);
void vane_rxq_drop(struct vane_rxq *rxq);
void vane_rxq_kick(struct vane_rxq *rxq);

/* dev.c APIs: any context */
void vane_queue_broken(struct vane_dev *vdev, const char *kind, u16 q);

/* ring.c APIs: self-test; under rtnl */
bool vane_rings_test(struct vane_net *vn);

/* netdev.c APIs: under rtnl */
void vane_ring_config(const struct vane_net *vn, netdev_features_t features,
		      unsigned int mtu, struct vane_ring_config *config);
int vane_net_reconfigure(struct vane_net *vn,
			 const struct vane_ring_config *config);
int vane_datapath_up(struct vane_net *vn);
void vane_datapath_down(struct vane_net *vn);

/* rss.c APIs: under rtnl */
void vane_rss_init(struct vane_net *vn);
void vane_rss_fit(struct vane_net *vn);
void vane_rss_write(struct vane_net *vn);

/* rss.c APIs: members of struct ethtool_ops */
u32 vane_get_rxfh_key_size(struct net_device *netdev);
u32 vane_get_rxfh_indir_size(struct net_device *netdev);
int vane_get_rxfh(struct net_device *netdev, struct ethtool_rxfh_param *rxfh);
int vane_set_rxfh(struct net_device *netdev, struct ethtool_rxfh_param *rxfh,
		  struct netlink_ext_ack *extack);
int vane_create_rxfh_context(struct net_device *netdev,
			     struct ethtool_rxfh_context *ctx,
			     const struct ethtool_rxfh_param *rxfh,
			     struct netlink_ext_ack *extack);
int vane_modify_rxfh_context(struct net_device *netdev,
			     struct ethtool_rxfh_context *ctx,
			     const struct ethtool_rxfh_param *rxfh,
			     struct netlink_ext_ack *extack);
int vane_remove_rxfh_context(struct net_device *netdev,
			     struct ethtool_rxfh_context *ctx, u32 context,
			     struct netlink_ext_ack *extack);
int vane_get_rxfh_fields(struct net_device *netdev,
			 struct ethtool_rxfh_fields *fields);
int vane_set_rxfh_fields(struct net_device *netdev,
			 const struct ethtool_rxfh_fields *fields,
			 struct netlink_ext_ack *extack);

/* rule.c APIs: under rtnl */
void vane_rules_write(struct vane_net *vn);
void vane_rules_suspend(struct vane_net *vn);
void vane_rules_free(struct vane_net *vn);
int vane_rules_find_context(const struct vane_net *vn, u32 context);

/* rule.c APIs: members of struct ethtool_ops */
int vane_get_rxnfc(struct net_device *netdev, struct ethtool_rxnfc *info,
		   u32 *locs);
int vane_set_rxnfc(struct net_device *netdev, struct ethtool_rxnfc *info);

/* selftest.c APIs */
enum vane_test {
	VANE_TEST_REGISTERS,
	VANE_TEST_RINGS,
	VANE_TEST_INTERRUPTS,
	VANE_TEST_LOOPBACK,
	VANE_TEST_LINK,
	VANE_NUM_TESTS,
};

extern const char vane_test_names[VANE_NUM_TESTS][ETH_GSTRING_LEN];

void vane_self_test(struct net_device *netdev, struct ethtool_test *test,
		    u64 *data);

#endif /* VANE_CORE_INTERNAL_H */
