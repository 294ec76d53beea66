// SPDX-License-Identifier: GPL-2.0-only
/* Memory of the rings, and their queues in the device (datasheet, 6 and 7) */

#include <linux/bitfield.h>
#include <linux/iopoll.h>
#include <net/page_pool/helpers.h>

#include "compat.h"
#include "queue.h"
#include "ring.h"
#include "rx.h"
#include "tx.h"
#include "vane_dev.h"
#include "vane_net.h"

#define VANE_QUEUE_STOP_TIMEOUT		100000	/* us */

/* Pages that a queue keeps for its buffers, as a multiple of the ring's. With
 * fewer than bulk TCP has in flight, the pool would allocate and map pages all
 * the time.
 */
#define POOL_RINGS			4

static size_t vane_ring_tx_bytes(const struct vane_txq *txq)
{
	return sizeof(struct vane_tx_desc) << txq->log2;
}

static size_t vane_ring_tx_copy_bytes(const struct vane_txq *txq)
{
	return (size_t)VANE_TX_COPY_MAX << txq->log2;
}

/* Completions and, behind them, buffers */
static size_t vane_ring_rx_bytes(const struct vane_rxq *rxq)
{
	return (1u << rxq->cpl_shift << rxq->log2) +
	       (sizeof(struct vane_rx_buf) << rxq->log2);
}

static dma_addr_t vane_ring_rx_desc_dma(const struct vane_rxq *rxq)
{
	return rxq->dma + (1u << rxq->cpl_shift << rxq->log2);
}

/**
 * vane_ring_fill_config() - compute the rings that a netdev needs
 * @vn: netdev
 * @features: its features
 * @mtu: its MTU
 * @config: result
 *
 * Context: rtnl held. Does not sleep.
 */
void vane_ring_fill_config(const struct vane_net *vn,
			   netdev_features_t features, unsigned int mtu,
			   struct vane_ring_config *config)
{
	config->num_queues = vn->num_queues;
	config->tx_log2 = vn->tx_log2;
	config->rx_log2 = vn->rx_log2;
	config->gro = features & NETIF_F_GRO_HW;
	if (config->gro)
		config->buf_truesize = VANE_RX_TRUESIZE_GRO;
	else if (mtu + VANE_FRAME_OVERHEAD >
		 VANE_RX_TRUESIZE_SMALL - VANE_RX_OVERHEAD)
		config->buf_truesize = VANE_RX_TRUESIZE_LARGE;
	else
		config->buf_truesize = VANE_RX_TRUESIZE_SMALL;
}

/* Memory
 * ------
 */

static struct vane_txq *vane_ring_alloc_txq(struct vane_net *vn,
					    struct vane_rings *rings, u16 q)
{
	struct vane_queue_shmem *words = &rings->words[q];
	struct vane_dev *vdev = vn->vdev;
	struct device *dev = &vdev->pdev->dev;
	struct vane_txq *txq;

	txq = kzalloc_node(sizeof(*txq), GFP_KERNEL, dev_to_node(dev));
	if (!txq)
		return NULL;

	txq->log2 = rings->config.tx_log2;
	txq->mask = (1u << txq->log2) - 1;
	txq->index = q;
	txq->dev = dev;
	txq->nq = netdev_get_tx_queue(vn->netdev, q);
	txq->stats = &vn->tx_stats[q];
	txq->doorbell = vdev->regs + VANE_DB_TXQ(q);
	txq->hw_head = &words->head.head;
	txq->words_dma = rings->words_dma + q * sizeof(*words);
	if (vdev->features & VANE_FEAT_SHADOW_DB)
		txq->shadow = &words->tx_shadow;

	txq->buf = kvcalloc(txq->mask + 1, sizeof(*txq->buf), GFP_KERNEL);
	if (!txq->buf)
		goto free_txq;

	txq->desc = dma_alloc_coherent(dev, vane_ring_tx_bytes(txq), &txq->dma,
				       GFP_KERNEL);
	if (!txq->desc)
		goto free_buf;

	/* Without it every frame is mapped. */
	txq->copy = dma_alloc_coherent(dev, vane_ring_tx_copy_bytes(txq),
				       &txq->copy_dma,
				       GFP_KERNEL | __GFP_NOWARN);
	vane_txq_set_copybreak(txq, vn->tx_copybreak);
	return txq;

free_buf:
	kvfree(txq->buf);
free_txq:
	kfree(txq);
	return NULL;
}

static void vane_ring_free_txq(struct vane_txq *txq)
{
	vane_txq_drop(txq);
	if (txq->copy)
		dma_free_coherent(txq->dev, vane_ring_tx_copy_bytes(txq),
				  txq->copy, txq->copy_dma);
	dma_free_coherent(txq->dev, vane_ring_tx_bytes(txq), txq->desc,
			  txq->dma);
	kvfree(txq->buf);
	kfree(txq);
}

static struct page_pool *
vane_ring_create_pool(struct vane_net *vn,
		      const struct vane_ring_config *config, u16 q)
{
	struct device *dev = &vn->vdev->pdev->dev;
	unsigned int order = get_order(config->buf_truesize);
	struct page_pool_params params = {
		.flags = PP_FLAG_DMA_MAP | PP_FLAG_DMA_SYNC_DEV,
		.order = order,
		/* Those of the ring, and those that sockets hold until they are read */
		.pool_size = ((size_t)POOL_RINGS * config->buf_truesize <<
			      config->rx_log2) >> (PAGE_SHIFT + order),
		.nid = dev_to_node(dev),
		.dev = dev,
		.dma_dir = DMA_FROM_DEVICE,
		.max_len = PAGE_SIZE << order,
		.netdev = vn->netdev,
		.queue_idx = q,
	};

	return page_pool_create(&params);
}

static struct vane_rxq *vane_ring_alloc_rxq(struct vane_net *vn,
					    struct vane_rings *rings, u16 q)
{
	struct vane_queue_shmem *words = &rings->words[q];
	struct vane_dev *vdev = vn->vdev;
	struct device *dev = &vdev->pdev->dev;
	struct vane_rxq *rxq;

	rxq = kzalloc_node(sizeof(*rxq), GFP_KERNEL, dev_to_node(dev));
	if (!rxq)
		return NULL;

	rxq->phase = 1;
	rxq->log2 = rings->config.rx_log2;
	rxq->mask = (1u << rxq->log2) - 1;
	rxq->index = q;
	rxq->vdev = vdev;
	rxq->netdev = vn->netdev;
	rxq->stats = &vn->rx_stats[q];
	rxq->buf_truesize = rings->config.buf_truesize;
	rxq->buf_len = rxq->buf_truesize - VANE_RX_OVERHEAD;
	rxq->cpl_shift = ilog2(rings->config.gro ?
			       sizeof(struct vane_rx_cpl32) :
			       sizeof(struct vane_rx_cpl));
	rxq->doorbell = vdev->regs + VANE_DB_RXQ(q);
	rxq->words_dma = rings->words_dma + q * sizeof(*words);
	if (vdev->features & VANE_FEAT_SHADOW_DB)
		rxq->shadow = &words->rx_shadow;

	rxq->mem = kvcalloc(rxq->mask + 1, sizeof(*rxq->mem), GFP_KERNEL);
	if (!rxq->mem)
		goto free_rxq;

	rxq->cpl = dma_alloc_coherent(dev, vane_ring_rx_bytes(rxq), &rxq->dma,
				      GFP_KERNEL);
	if (!rxq->cpl)
		goto free_mem;
	rxq->desc = rxq->cpl + (1u << rxq->cpl_shift << rxq->log2);

	rxq->pool = vane_ring_create_pool(vn, &rings->config, q);
	if (IS_ERR(rxq->pool))
		goto free_ring;

	if (!vane_rxq_refill(rxq, GFP_KERNEL))
		goto drop_buffers;
	return rxq;

drop_buffers:
	vane_rxq_drop(rxq);
	page_pool_destroy(rxq->pool);
free_ring:
	dma_free_coherent(dev, vane_ring_rx_bytes(rxq), rxq->cpl, rxq->dma);
free_mem:
	kvfree(rxq->mem);
free_rxq:
	kfree(rxq);
	return NULL;
}

static void vane_ring_free_rxq(struct vane_rxq *rxq)
{
	vane_rxq_drop(rxq);
	page_pool_destroy(rxq->pool);
	dma_free_coherent(&rxq->vdev->pdev->dev, vane_ring_rx_bytes(rxq),
			  rxq->cpl, rxq->dma);
	kvfree(rxq->mem);
	kfree(rxq);
}

/**
 * vane_rings_alloc() - allocate all rings of a netdev, with their buffers
 * @vn: netdev
 * @config: of the rings
 *
 * Does not touch a running datapath.
 *
 * Context: rtnl held. May sleep.
 * Return: the rings, or NULL if memory is short.
 */
struct vane_rings *vane_rings_alloc(struct vane_net *vn,
				    const struct vane_ring_config *config)
{
	struct device *dev = &vn->vdev->pdev->dev;
	u16 num = config->num_queues;
	struct vane_rings *rings;
	u16 tx, rx;

	rings = kzalloc(sizeof(*rings), GFP_KERNEL);
	if (!rings)
		return NULL;
	rings->config = *config;

	rings->txq = kcalloc(num, sizeof(*rings->txq), GFP_KERNEL);
	if (!rings->txq)
		goto free_rings;

	rings->rxq = kcalloc(num, sizeof(*rings->rxq), GFP_KERNEL);
	if (!rings->rxq)
		goto free_txq_array;

	rings->words = dma_alloc_coherent(dev, num * sizeof(*rings->words),
					  &rings->words_dma, GFP_KERNEL);
	if (!rings->words)
		goto free_rxq_array;

	for (tx = 0; tx < num; tx++) {
		rings->txq[tx] = vane_ring_alloc_txq(vn, rings, tx);
		if (!rings->txq[tx]) {
			rx = 0;
			goto free_queues;
		}
	}
	for (rx = 0; rx < num; rx++) {
		rings->rxq[rx] = vane_ring_alloc_rxq(vn, rings, rx);
		if (!rings->rxq[rx])
			goto free_queues;
	}
	return rings;

free_queues:
	while (rx--)
		vane_ring_free_rxq(rings->rxq[rx]);
	while (tx--)
		vane_ring_free_txq(rings->txq[tx]);
	dma_free_coherent(dev, num * sizeof(*rings->words), rings->words,
			  rings->words_dma);
free_rxq_array:
	kfree(rings->rxq);
free_txq_array:
	kfree(rings->txq);
free_rings:
	kfree(rings);
	return NULL;
}

/**
 * vane_rings_free() - free rings and everything in them
 * @vn: netdev
 * @rings: rings that neither the device nor NAPI uses
 *
 * Context: rtnl held. May sleep.
 */
void vane_rings_free(struct vane_net *vn, struct vane_rings *rings)
{
	u16 num = rings->config.num_queues;
	u16 q;

	for (q = num; q--; ) {
		vane_ring_free_rxq(rings->rxq[q]);
		vane_ring_free_txq(rings->txq[q]);
	}
	dma_free_coherent(&vn->vdev->pdev->dev, num * sizeof(*rings->words),
			  rings->words, rings->words_dma);
	kfree(rings->rxq);
	kfree(rings->txq);
	kfree(rings);
}

/* Queues in the device
 * --------------------
 */

static int vane_ring_queue_result(struct vane_net *vn, const char *kind, u16 q,
				  u32 state)
{
	if (!vane_dev_alive(vn->vdev))
		return -ENODEV;
	if (state & VANE_Q_STATE_ENABLED)
		return 0;
	netdev_err(vn->netdev, "device refuses %s queue %u: error %u\n", kind,
		   q, FIELD_GET(VANE_Q_STATE_ERROR, state));
	return -EIO;
}

static int vane_ring_enable_txq(struct vane_net *vn, struct vane_txq *txq)
{
	dma_addr_t words = txq->words_dma;
	struct vane_dev *vdev = vn->vdev;
	u32 regs = VANE_TXQ(txq->index);

	/* Reset here, as frames of a former ring may be freed later */
	netdev_tx_reset_queue(txq->nq);

	vane_wr64(vdev, regs + VANE_TXQ_BASE, txq->dma);
	vane_wr64(vdev, regs + VANE_TXQ_HEAD_ADDR,
		  words + offsetof(struct vane_queue_shmem, head));
	vane_wr64(vdev, regs + VANE_TXQ_SHADOW, txq->shadow ?
		  words + offsetof(struct vane_queue_shmem, tx_shadow) : 0);
	vane_wr32(vdev, regs + VANE_TXQ_SIZE, txq->log2);
	vane_wr32(vdev, regs + VANE_TXQ_VECTOR, txq->vector);
	vane_wr32(vdev, regs + VANE_TXQ_CTRL, VANE_Q_CTRL_ENABLE);

	return vane_ring_queue_result(vn, "transmit", txq->index,
				      vane_rd32(vdev, regs + VANE_TXQ_STATE));
}

static int vane_ring_enable_rxq(struct vane_net *vn, struct vane_rxq *rxq)
{
	dma_addr_t words = rxq->words_dma;
	struct vane_dev *vdev = vn->vdev;
	u32 regs = VANE_RXQ(rxq->index);
	u32 ctrl = VANE_Q_CTRL_ENABLE;
	int err;

	if (rxq->cpl_shift == ilog2(sizeof(struct vane_rx_cpl32)))
		ctrl |= VANE_RXQ_CTRL_CPL32;

	vane_wr64(vdev, regs + VANE_RXQ_BUF_BASE, vane_ring_rx_desc_dma(rxq));
	vane_wr64(vdev, regs + VANE_RXQ_CPL_BASE, rxq->dma);
	vane_wr64(vdev, regs + VANE_RXQ_SHADOW, rxq->shadow ?
		  words + offsetof(struct vane_queue_shmem, rx_shadow) : 0);
	vane_wr32(vdev, regs + VANE_RXQ_BUF_SIZE, rxq->log2);
	vane_wr32(vdev, regs + VANE_RXQ_CPL_SIZE, rxq->log2);
	vane_wr32(vdev, regs + VANE_RXQ_BUF_LEN, rxq->buf_len);
	vane_wr32(vdev, regs + VANE_RXQ_VECTOR, rxq->vector);
	vane_wr32(vdev, regs + VANE_RXQ_CTRL, ctrl);

	err = vane_ring_queue_result(vn, "receive", rxq->index,
				     vane_rd32(vdev, regs + VANE_RXQ_STATE));
	if (err)
		return err;

	vane_rxq_kick(rxq);
	return 0;
}

/* When it returns, the device no longer accesses the queue's memory. */
static void vane_ring_disable_queue(struct vane_net *vn, u32 ctrl, u32 state)
{
	struct vane_dev *vdev = vn->vdev;
	u32 val;
	int err;

	vane_wr32(vdev, ctrl, 0);
	err = read_poll_timeout(vane_rd32, val,
				!(val & VANE_Q_STATE_ENABLED) ||
				!vane_dev_alive(vdev), 10,
				VANE_QUEUE_STOP_TIMEOUT, false, vdev, state);
	if (!err)
		return;

	/* The memory is about to be freed, so disable the whole function. */
	netdev_err(vn->netdev, "queue does not stop, resetting\n");
	vane_wr32(vdev, VANE_REG_CTRL, 0);
	vane_rd32(vdev, VANE_REG_STATE);
	vdev->ops->reset(vdev);
}

static void vane_ring_disable_txqs(struct vane_net *vn, u16 num)
{
	u32 regs;

	while (num--) {
		regs = VANE_TXQ(num);
		vane_ring_disable_queue(vn, regs + VANE_TXQ_CTRL,
					regs + VANE_TXQ_STATE);
	}
}

static void vane_ring_disable_rxqs(struct vane_net *vn, u16 num)
{
	u32 regs;

	while (num--) {
		regs = VANE_RXQ(num);
		vane_ring_disable_queue(vn, regs + VANE_RXQ_CTRL,
					regs + VANE_RXQ_STATE);
	}
}

/**
 * vane_rings_enable() - let the device serve the queues
 * @vn: netdev with rings that were not enabled before
 *
 * Context: rtnl held. May sleep.
 * Return: 0, -EIO if the device refuses, -ENODEV if it is gone. If it fails,
 * no queue is enabled.
 */
int vane_rings_enable(struct vane_net *vn)
{
	struct vane_rings *rings = vn->rings;
	u16 num = rings->config.num_queues;
	u16 tx, rx;
	int err;

	vane_rings_set_options(vn, vn->netdev->features);
	for (tx = 0; tx < num; tx++) {
		err = vane_ring_enable_txq(vn, rings->txq[tx]);
		if (err)
			goto disable_tx;
	}
	for (rx = 0; rx < num; rx++) {
		err = vane_ring_enable_rxq(vn, rings->rxq[rx]);
		if (err)
			goto disable_rx;
	}
	return 0;

disable_rx:
	vane_ring_disable_rxqs(vn, rx);
disable_tx:
	vane_ring_disable_txqs(vn, tx);
	return err;
}

/**
 * vane_rings_disable() - stop the queues
 * @vn: netdev; neither ndo_start_xmit nor NAPI runs
 *
 * When it returns, the device no longer accesses their memory.
 *
 * Context: rtnl held. May sleep.
 */
void vane_rings_disable(struct vane_net *vn)
{
	vane_ring_disable_rxqs(vn, vn->rings->config.num_queues);
	vane_ring_disable_txqs(vn, vn->rings->config.num_queues);
}

/**
 * vane_rings_set_options() - apply features that need no new rings
 * @vn: netdev with rings
 * @features: requested
 *
 * Context: rtnl held. Does not sleep.
 */
void vane_rings_set_options(struct vane_net *vn, netdev_features_t features)
{
	struct vane_rings *rings = vn->rings;
	u64 info_mask = ~0ull;
	struct vane_rxq *rxq;
	u32 opt = 0;
	u16 q;

	if (!(features & NETIF_F_RXCSUM))
		info_mask &= ~VANE_RXC_CSUM_OK;
	if (!(features & NETIF_F_RXHASH))
		info_mask &= ~VANE_RXC_HASH_TYPE;
	if (features & NETIF_F_HW_VLAN_CTAG_RX)
		opt |= VANE_RXQ_OPT_VLAN_STRIP;
	if (rings->config.gro)
		opt |= VANE_RXQ_OPT_GRO;

	for (q = 0; q < rings->config.num_queues; q++) {
		rxq = rings->rxq[q];
		WRITE_ONCE(rxq->flags_used, VANE_RX_FLAGS(info_mask));
		vane_wr32(vn->vdev, VANE_RXQ(q) + VANE_RXQ_OPT, opt);
	}
}

/* Self-test
 * ---------
 */

/* Whether memory that is shared with the device keeps what is stored in it */
static bool vane_ring_test_memory(void *memory, size_t bytes)
{
	static const u64 patterns[] = {
		0x5555555555555555, 0xaaaaaaaaaaaaaaaa, U64_MAX, 0,
	};
	size_t words = bytes / sizeof(u64);
	u64 *word = memory;
	unsigned int p;
	size_t i;

	for (p = 0; p < ARRAY_SIZE(patterns); p++) {
		for (i = 0; i < words; i++)
			WRITE_ONCE(word[i], patterns[p] ^ i);
		for (i = 0; i < words; i++)
			if (READ_ONCE(word[i]) != (patterns[p] ^ i))
				return false;
	}
	return true;
}

/**
 * vane_rings_test() - allocate rings as open would, and test their memory
 * @vn: netdev, its datapath down
 *
 * Context: rtnl held. May sleep.
 * Return: whether there is enough memory, and it passed the test.
 */
bool vane_rings_test(struct vane_net *vn)
{
	struct vane_ring_config config;
	struct vane_rings *rings;
	bool ok = true;
	u16 q;

	vane_ring_fill_config(vn, vn->netdev->features, vn->netdev->mtu,
			      &config);
	rings = vane_rings_alloc(vn, &config);
	if (!rings)
		return false;

	for (q = 0; q < config.num_queues; q++) {
		ok &= vane_ring_test_memory(rings->txq[q]->desc,
					    vane_ring_tx_bytes(rings->txq[q]));
		ok &= vane_ring_test_memory(rings->rxq[q]->cpl,
					    vane_ring_rx_bytes(rings->rxq[q]));
	}
	vane_rings_free(vn, rings);
	return ok;
}
