/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE core: the rings of a netdev, all of them.
 */
#ifndef VANE_RING_H
#define VANE_RING_H

#include <linux/netdev_features.h>
#include <linux/types.h>

struct vane_net;
struct vane_queue_shmem;
struct vane_rxq;
struct vane_txq;

/**
 * struct vane_ring_config - dimensions of the rings
 * @num_queues: queue pairs
 * @tx_log2: log2 of the entries of each transmit ring
 * @rx_log2: log2 of the entries of each receive ring
 * @buf_truesize: memory of each receive buffer, in bytes
 * @gro: 32-byte completions and VANE_RXQ_OPT_GRO
 */
struct vane_ring_config {
	u16 num_queues;
	u8 tx_log2;
	u8 rx_log2;
	u16 buf_truesize;
	bool gro;
};

/**
 * struct vane_rings - all rings of a netdev
 * @config: their dimensions
 * @num_vecs: queue vectors that serve them, 0 where vector 0 does
 * @words: shared words, one struct per queue pair
 * @words_dma: their address for the device
 * @txq: transmit queues
 * @rxq: receive queues
 */
struct vane_rings {
	struct vane_ring_config config;
	u16 num_vecs;
	struct vane_queue_shmem *words;
	dma_addr_t words_dma;
	struct vane_txq **txq;
	struct vane_rxq **rxq;
};

void vane_ring_fill_config(const struct vane_net *vn,
			   netdev_features_t features, unsigned int mtu,
			   struct vane_ring_config *config);
struct vane_rings *vane_rings_alloc(struct vane_net *vn,
				    const struct vane_ring_config *config);
void vane_rings_free(struct vane_net *vn, struct vane_rings *rings);
int vane_rings_enable(struct vane_net *vn);
void vane_rings_disable(struct vane_net *vn);
void vane_rings_set_options(struct vane_net *vn, netdev_features_t features);

/* Self-test; under rtnl */
bool vane_rings_test(struct vane_net *vn);

#endif /* VANE_RING_H */
