// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver of no device: floor.h says what for.
 */
#include <linux/dma-mapping.h>
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <net/netdev_queues.h>
#include <net/page_pool/helpers.h>

#include "floor.h"

#define MAX_DESC	(MAX_SKB_FRAGS + 1)
#define BATCH		32	/* buffers posted at once */

static struct platform_device *pdev;
static struct net_device *netdevs[2];

static netdev_tx_t start_xmit(struct sk_buff *skb, struct net_device *netdev)
{
	struct floor *floor = netdev_priv(netdev);
	u32 space = FLOOR_RING - (floor->tail - READ_ONCE(floor->head));
	unsigned int len = skb_headlen(skb);
	struct floor_sent *sent;
	dma_addr_t dma;

	dma = dma_map_single(floor->dev, skb->data, len, DMA_TO_DEVICE);
	if (unlikely(dma_mapping_error(floor->dev, dma))) {
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	sent = &floor->sent[floor->tail % FLOOR_RING];
	sent->skb = skb;
	sent->dma = dma;
	sent->len = len;

	skb_tx_timestamp(skb);
	WRITE_ONCE(floor->tail, floor->tail + 1);
	if (unlikely(space - 1 <= MAX_DESC))
		netif_txq_maybe_stop(floor->nq, space - 1, MAX_DESC, 2 * MAX_DESC);
	if (__netdev_tx_sent_queue(floor->nq, len, netdev_xmit_more()))
		floor_wire_kick(floor);
	return NETDEV_TX_OK;
}

static void clean(struct floor *floor, int budget)
{
	u32 head = floor->head, done = READ_ONCE(floor->wire.taken);
	struct floor_sent *sent;
	unsigned int bytes = 0;
	u32 frames = done - head;

	if (!frames)
		return;
	for (; head != done; head++) {
		sent = &floor->sent[head % FLOOR_RING];
		dma_unmap_page(floor->dev, sent->dma, sent->len, DMA_TO_DEVICE);
		bytes += sent->len;
		napi_consume_skb(sent->skb, budget);
	}
	WRITE_ONCE(floor->head, head);
	__netif_txq_completed_wake(floor->nq, frames, bytes,
				   FLOOR_RING - (READ_ONCE(floor->tail) - head),
				   2 * MAX_DESC, false);
}

static bool post(struct floor *floor, gfp_t gfp)
{
	const unsigned int per_page = PAGE_SIZE / FLOOR_CHUNK;
	struct page *page;
	unsigned int i;
	void *mem;

	while (FLOOR_RING - (floor->posted - floor->received) >= per_page) {
		page = page_pool_alloc_pages(floor->pool, gfp);
		if (unlikely(!page))
			return false;
		page_pool_fragment_page(page, per_page);
		/* The card would want the address. */
		READ_ONCE(page->dma_addr);
		mem = page_address(page);
		for (i = 0; i < per_page; i++)
			floor->mem[(floor->posted + i) % FLOOR_RING] =
				mem + i * FLOOR_CHUNK;
		WRITE_ONCE(floor->posted, floor->posted + per_page);
	}
	return true;
}

static int receive(struct floor *floor, int budget)
{
	u32 filled = smp_load_acquire(&floor->wire.filled);
	bool need_sync = dma_dev_need_sync(floor->dev);
	struct sk_buff *skb;
	unsigned int len;
	int work = 0;
	void *mem;

	while (work < budget && floor->received != filled) {
		mem = floor->mem[floor->received % FLOOR_RING];
		len = floor->wire.len[floor->received % FLOOR_RING];
		if (need_sync)
			page_pool_dma_sync_for_cpu(floor->pool, virt_to_page(mem),
						   offset_in_page(mem) +
						   FLOOR_HEADROOM, len);
		net_prefetch(mem + FLOOR_HEADROOM);
		skb = napi_build_skb(mem, FLOOR_CHUNK);
		if (unlikely(!skb))
			break;
		skb_mark_for_recycle(skb);
		skb_reserve(skb, FLOOR_HEADROOM);
		__skb_put(skb, len);
		skb_record_rx_queue(skb, 0);
		skb_set_hash(skb, len, PKT_HASH_TYPE_L4);
		skb->protocol = eth_type_trans(skb, floor->netdev);
		napi_gro_receive(&floor->napi, skb);
		work++;
		if (!(++floor->received % BATCH))
			post(floor, GFP_ATOMIC | __GFP_NOWARN);
	}
	floor->packets += work;
	return work;
}

static int poll(struct napi_struct *napi, int budget)
{
	struct floor *floor = container_of(napi, struct floor, napi);
	int work;

	clean(floor, budget);
	work = receive(floor, budget);
	if (work == budget)
		return budget;
	/* What came since then raises another interrupt. */
	napi_complete_done(napi, work);
	return work;
}

static int open(struct net_device *netdev)
{
	struct floor *floor = netdev_priv(netdev);
	struct page_pool_params params = {
		.flags = PP_FLAG_DMA_MAP | PP_FLAG_DMA_SYNC_DEV,
		.pool_size = FLOOR_RING,
		.nid = NUMA_NO_NODE,
		.dev = floor->dev,
		.napi = &floor->napi,
		.dma_dir = DMA_FROM_DEVICE,
		.max_len = PAGE_SIZE,
	};

	floor->pool = page_pool_create(&params);
	if (IS_ERR(floor->pool))
		return PTR_ERR(floor->pool);
	if (!post(floor, GFP_KERNEL)) {
		page_pool_destroy(floor->pool);
		return -ENOMEM;
	}
	napi_enable(&floor->napi);
	netif_start_queue(netdev);
	return 0;
}

static int stop(struct net_device *netdev)
{
	struct floor *floor = netdev_priv(netdev);

	netif_tx_disable(netdev);
	floor_wire_stop(floor);
	napi_disable(&floor->napi);
	clean(floor, 0);
	for (; floor->received != floor->posted; floor->received++)
		page_pool_put_full_page(floor->pool,
					virt_to_page(floor->mem[floor->received %
								FLOOR_RING]),
					false);
	floor->wire.filled = floor->posted;
	page_pool_destroy(floor->pool);
	return 0;
}

static void get_stats64(struct net_device *netdev, struct rtnl_link_stats64 *stats)
{
	struct floor *floor = netdev_priv(netdev);

	stats->rx_packets = floor->packets;
}

static const struct net_device_ops netdev_ops = {
	.ndo_open		= open,
	.ndo_stop		= stop,
	.ndo_start_xmit		= start_xmit,
	.ndo_get_stats64	= get_stats64,
	.ndo_set_mac_address	= eth_mac_addr,
};

static struct net_device *make(void)
{
	struct net_device *netdev = alloc_etherdev(sizeof(struct floor));
	struct floor *floor;

	if (!netdev)
		return NULL;
	strscpy(netdev->name, "floor%d");
	SET_NETDEV_DEV(netdev, &pdev->dev);
	netdev->netdev_ops = &netdev_ops;
	eth_hw_addr_random(netdev);
	floor = netdev_priv(netdev);
	floor->netdev = netdev;
	floor->dev = &pdev->dev;
	floor->nq = netdev_get_tx_queue(netdev, 0);
	netif_napi_add(netdev, &floor->napi, poll);
	return netdev;
}

static void unmake(struct net_device *netdev)
{
	struct floor *floor;

	if (!netdev)
		return;
	floor = netdev_priv(netdev);
	netif_napi_del(&floor->napi);
	free_netdev(netdev);
}

static int __init floor_init(void)
{
	int err;

	pdev = platform_device_register_simple(KBUILD_MODNAME, -1, NULL, 0);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	err = dma_coerce_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err)
		goto unregister;

	err = -ENOMEM;
	netdevs[0] = make();
	netdevs[1] = make();
	if (!netdevs[0] || !netdevs[1])
		goto free;
	floor_wire_init(netdev_priv(netdevs[0]), netdev_priv(netdevs[1]));
	floor_wire_init(netdev_priv(netdevs[1]), netdev_priv(netdevs[0]));

	err = register_netdev(netdevs[0]);
	if (err)
		goto free;
	err = register_netdev(netdevs[1]);
	if (err)
		goto unregister_first;
	return 0;

unregister_first:
	unregister_netdev(netdevs[0]);
free:
	unmake(netdevs[0]);
	unmake(netdevs[1]);
unregister:
	platform_device_unregister(pdev);
	return err;
}
module_init(floor_init);

static void __exit floor_exit(void)
{
	unregister_netdev(netdevs[0]);
	unregister_netdev(netdevs[1]);
	unmake(netdevs[0]);
	unmake(netdevs[1]);
	platform_device_unregister(pdev);
}
module_exit(floor_exit);

MODULE_DESCRIPTION("What the kernel's interface costs an Ethernet driver");
MODULE_LICENSE("GPL");
