/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE core: vectors, which serve the queues.
 */
#ifndef VANE_IRQ_H
#define VANE_IRQ_H

#include <linux/types.h>
#include <linux/workqueue.h>

struct vane_dev;
struct vane_net;

/* Status blocks of different CPUs' vectors share no cache line */
#define VANE_SB_STRIDE			64

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
