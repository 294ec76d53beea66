/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: life of queues (vane_ring.c).
 */
#ifndef HW_NET_VANE_RING_H
#define HW_NET_VANE_RING_H

#include "vane_rx.h"
#include "vane_tx.h"

void vane_rings_init(VaneFunction *fn);
void vane_rings_finalize(VaneFunction *fn);
/* All queues off, their registers zero. */
void vane_rings_reset(VaneFunction *fn);
/* CTRL of a queue: checks the registers, sets enabled or error. */
void vane_txq_enable(VaneFunction *fn, uint32_t queue);
void vane_txq_disable(VaneFunction *fn, uint32_t queue);
void vane_rxq_enable(VaneFunction *fn, uint32_t queue, bool cpl32);
void vane_rxq_disable(VaneFunction *fn, uint32_t queue);
/* The doorbell's value as written; @queue is below the function's limit. */
void vane_txq_doorbell(VaneFunction *fn, uint32_t queue, uint32_t value);
void vane_rxq_doorbell(VaneFunction *fn, uint32_t queue, uint32_t value);
/* Bus master is back: queues that were rung meanwhile are looked at. */
void vane_rings_resume(VaneFunction *fn);
/* Bottom half: serves pending queues on a budget. True if there is more. */
bool vane_rings_run(VaneDevice *dev);
/* Stops a queue for a violation; @queue as in struct vane_rq_slot. */
void vane_queue_error(VaneFunction *fn, uint32_t queue, enum vane_error error);
/* Completions are staged: the bottom half is to write them. */
void vane_rxq_list(VaneRxQueue *rxq);
/* Counts a frame that was sent (@base is VANE_STAT_TX_FRAMES) or received. */
void vane_count_frame(VaneFunction *fn, enum vane_stat base,
                      const VaneFrame *frame, uint32_t extra);

#endif /* HW_NET_VANE_RING_H */
