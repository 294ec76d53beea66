/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE core: vectors. A queue pair is served by one vector's NAPI; several
 * pairs may share one.
 */
#ifndef VANE_IRQ_H
#define VANE_IRQ_H

#include <linux/dim.h>
#include <linux/if.h>
#include <linux/msi_api.h>
#include <linux/netdevice.h>
#include <linux/workqueue.h>

#include "vane_hw.h"

struct vane_dev;
struct vane_net;
struct vane_rxq;
struct vane_txq;

/* Status blocks of different CPUs' vectors share no cache line */
#define VANE_SB_STRIDE			64

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

/* For work that must not wait behind other users of the system workqueues */
extern struct workqueue_struct *vane_wq;

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

#endif /* VANE_IRQ_H */
