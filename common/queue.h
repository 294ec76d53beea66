/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE core: what queues of both directions have in common: their layout, what
 * they share with the device, and the vector whose NAPI serves them.
 */
#ifndef VANE_QUEUE_H
#define VANE_QUEUE_H

#include <linux/cache.h>
#include <linux/dim.h>
#include <linux/if.h>
#include <linux/msi_api.h>
#include <linux/netdevice.h>
#include <linux/types.h>

#include "vane_hw.h"

struct vane_dev;
struct vane_rxq;
struct vane_txq;

/* This layout decides how many cache lines a packet costs. */
#define VANE_ASSERT_ONE_LINE(type, group) \
	static_assert(offsetof(type, __cacheline_group_end__##group) - \
		      offsetof(type, __cacheline_group_begin__##group) <= 64)

/**
 * struct vane_queue_shmem - memory that a queue pair shares with the device
 * @head: of the transmit queue
 * @tx_shadow: of the transmit queue
 * @pad: keeps the words that the two queues poll apart
 * @rx_shadow: of the receive queue
 * @pad_rx: likewise
 */
struct vane_queue_shmem {
	struct vane_head head;
	struct vane_shadow tx_shadow;
	u8 pad[48];
	struct vane_shadow rx_shadow;
	u8 pad_rx[56];
};

static_assert(sizeof(struct vane_queue_shmem) == 128);

/**
 * vane_shadow_publish() - store a queue's tail in its shadow doorbell
 * @shadow: shadow doorbell
 * @word: value that would be written to the doorbell
 * @tail: tail of the queue in it
 * @db_tail: tail that was last published
 *
 * Context: Any, of the one that owns the tail.
 * Return: true if the device waits for the doorbell itself.
 */
static __always_inline bool vane_shadow_publish(struct vane_shadow *shadow,
						u32 word, u16 tail, u16 db_tail)
{
	u16 event;

	/* Descriptors before the tail that counts them */
	dma_wmb();
	WRITE_ONCE(shadow->tail, cpu_to_le32(word));
	/*
	 * Publish the tail before reading the event; pairs with the device,
	 * which stores the event and then reads the tail.
	 */
	dma_mb();
	event = le32_to_cpu(READ_ONCE(shadow->event));
	return (u16)(tail - event - 1) < (u16)(tail - db_tail);
}

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
 *
 * A queue pair is served by one vector; several pairs may share one.
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

#endif /* VANE_QUEUE_H */
