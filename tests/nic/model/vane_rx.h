/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: receive queues (vane_rx.c).
 */
#ifndef HW_NET_VANE_RX_H
#define HW_NET_VANE_RX_H

#include "qemu/queue.h"
#include "vane_types.h"

/* A receive queue, in the same two groups. OPT may change at any time. */
struct VaneRxQueue {
    uint64_t buf_base;
    uint64_t cpl_base;
    uint64_t shadow;
    uint32_t buf_size_log2;
    uint32_t cpl_size_log2;
    uint32_t buf_len;
    uint32_t vector;
    uint32_t opt;

    bool enabled;
    bool cpl32;
    bool dirty;                 /* on VaneDevice.rx_dirty */
    uint8_t error;              /* enum vane_error */
    uint16_t index;
    uint16_t buf_head;          /* next buffer to be used */
    uint16_t buf_tail;          /* buffers posted up to here */
    uint16_t cpl_tail;          /* next completion to be written */
    uint16_t cpl_head;          /* completions read up to here */
    uint16_t event;             /* as stored in the shadow */
    uint16_t capacity;          /* of the two arrays */
    uint16_t fetched_first;     /* buffers read ahead */
    uint16_t fetched_count;
    uint16_t staged_count;      /* completions not yet written */
    uint64_t *fetched;
    uint64_t *staged;
    VaneFunction *fn;
    QTAILQ_ENTRY(VaneRxQueue) next;
};

/* Buffers read ahead */
#define VANE_RX_FETCH           64

/* Takes indices from doorbell or shadow. False if that stopped the queue. */
bool vane_rxq_set_tail(VaneRxQueue *rxq, uint32_t value);
/* A frame that the switch has for a function, @untag to go without its tag. */
void vane_rx_frame(VaneFunction *fn, VaneFrame *frame, bool untag);
/* Writes the completions that are staged, and counts them as events. */
void vane_rxq_flush(VaneRxQueue *rxq);

#endif /* HW_NET_VANE_RX_H */
