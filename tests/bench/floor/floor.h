/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two drivers without a device, floor0 and floor1, and the wire between them:
 * what the kernel's interface costs whoever drives an Ethernet card.
 *
 * The module "floor" makes the calls that a driver makes for a frame and nothing
 * else: no descriptor, no doorbell, no counter of its own but the frames' number.
 * The module "floor_wire" stands for the card, so that its instructions are told
 * apart.
 */
#ifndef VANE_BENCH_FLOOR_H
#define VANE_BENCH_FLOOR_H

#include <linux/hrtimer.h>
#include <linux/netdevice.h>

#define FLOOR_RING		1024	/* frames sent, and buffers, at most */
#define FLOOR_CHUNK		2048	/* bytes of a buffer's memory */
#define FLOOR_HEADROOM		64

/**
 * struct floor_sent - a frame on its way
 * @skb: frame
 * @dma: address of it
 * @len: bytes
 */
struct floor_sent {
	struct sk_buff *skb;
	dma_addr_t dma;
	u32 len;
};

/**
 * struct floor - an interface; indices are free-running
 * @napi: of both directions
 * @nq: the queue
 * @dev: for DMA
 * @pool: of pages of buffers
 * @netdev: interface
 * @sent: frames by index
 * @tail: next frame to send
 * @head: oldest frame that was not completed
 * @mem: buffers by index
 * @posted: next buffer to post
 * @received: next buffer to receive
 * @packets: frames received
 * @wire: what is the card's
 * @wire.taken: next frame to send
 * @wire.filled: next buffer to fill
 * @wire.len: bytes in each buffer
 * @wire.peer: the other interface
 * @wire.timer: fires when there is something to be polled
 */
struct floor {
	struct napi_struct napi;
	struct netdev_queue *nq;
	struct device *dev;
	struct page_pool *pool;
	struct net_device *netdev;
	struct floor_sent sent[FLOOR_RING];
	u32 tail;
	u32 head;
	void *mem[FLOOR_RING];
	u32 posted;
	u32 received;
	u64 packets;
	struct {
		u32 taken;
		u32 filled;
		u32 len[FLOOR_RING];
		struct floor *peer;
		struct hrtimer timer;
	} wire;
};

void floor_wire_init(struct floor *one, struct floor *other);
void floor_wire_kick(struct floor *from);
void floor_wire_stop(struct floor *floor);

#endif
