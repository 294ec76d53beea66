/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: mailbox and the PF's slot queues (vane_mbox.c).
 */
#ifndef HW_NET_VANE_MBOX_H
#define HW_NET_VANE_MBOX_H

#include "vane_types.h"

/* The VF's end of the mailbox, and what the device keeps of it. */
typedef struct VaneMailbox {
    uint8_t request[VANE_MBOX_SIZE];
    uint8_t response[VANE_MBOX_SIZE];
    uint8_t posted[VANE_MBOX_SIZE];     /* copy of the outstanding request */
    uint32_t length;            /* of it */
    uint8_t error;              /* enum vane_error of the last doorbell */
    bool busy;                  /* a request is outstanding */
    bool held;                  /* ... and waits for its place in the RQ */
    bool request_queued;        /* a request slot is not yet read by the PF */
    bool notice_queued;         /* the same for a notice slot */
    int64_t delayed_until_ns;   /* response kept back by a fault; 0 = not */
    uint32_t notices;           /* VANE_NOTICE_* not yet in a slot */
    uint16_t notice_error;      /* enum vane_error of a queue error */
    uint16_t notice_queue;
} VaneMailbox;

/* RQ or SQ of the PF's mailbox. */
typedef struct VaneSlotQueue {
    uint64_t base;
    uint32_t size_log2;
    bool enabled;
    uint8_t error;              /* enum vane_error */
    uint16_t head;              /* RQ: slots written; SQ: slots done */
    uint16_t tail;              /* RQ: slots read; SQ: slots filled */
    uint16_t *owner;            /* RQ: VF index of each slot */
    bool *is_notice;            /* RQ: type of each slot */
} VaneSlotQueue;

void vane_mbox_init(VaneDevice *dev);
void vane_mbox_finalize(VaneDevice *dev);
void vane_mbox_doorbell(VaneFunction *fn, uint32_t length);
/* The function was reset: what it had outstanding is dropped; PF: queues. */
void vane_mbox_function_reset(VaneFunction *fn);
/* Soft reset of the device: nothing is gathered for the PF. */
void vane_mbox_reset(VaneDevice *dev);
/* PF_READY rose, or RQ has room: requests that were held may go. */
void vane_mbox_resume(VaneDevice *dev);
/*
 * VANE_NOTICE_* of a VF to the PF; @error and @queue with
 * VANE_NOTICE_QUEUE_ERROR. The PF gets none of itself.
 */
void vane_notice(VaneFunction *fn, uint32_t bits, uint32_t error,
                 uint32_t queue);
void vane_rq_enable(VaneDevice *dev, bool enable);
void vane_sq_enable(VaneDevice *dev, bool enable);
void vane_rq_doorbell(VaneDevice *dev, uint16_t tail);
void vane_sq_doorbell(VaneDevice *dev, uint16_t tail);
/* Bottom half: fills RQ, serves SQ. True if there is more to do. */
bool vane_mbox_run(VaneDevice *dev);

#endif /* HW_NET_VANE_MBOX_H */
