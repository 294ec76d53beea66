/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: transmit queues (vane_tx.c).
 */
#ifndef HW_NET_VANE_TX_H
#define HW_NET_VANE_TX_H

#include "qemu/queue.h"
#include "vane_types.h"

/*
 * A transmit queue. The first group holds registers, which the register file
 * writes only while the queue is disabled; the rest is the queue's progress.
 */
struct VaneTxQueue {
    uint64_t base;
    uint64_t head_addr;
    uint64_t shadow;
    uint32_t size_log2;
    uint32_t vector;

    bool enabled;
    bool pending;               /* rung: on VaneSchedPort.queues */
    bool waiting;               /* for the uplink: on VaneSched.uplink */
    bool polled;                /* not asked to ring: on VaneDevice.tx_polled */
    uint8_t polls;              /* left until it is asked to ring */
    uint8_t error;              /* enum vane_error */
    uint16_t index;
    uint16_t head;              /* next descriptor to be read */
    uint16_t tail;              /* last doorbell or shadow value used */
    uint16_t next_receiver;     /* of the frame at head: 0, or to go on with */
    uint64_t begun_cost;        /* of that frame, if next_receiver is not 0 */
    uint16_t stored;            /* head as stored in host memory */
    uint16_t fetched_first;     /* descriptors read ahead */
    uint16_t fetched_count;
    struct vane_tx_desc *fetched;
    VaneFunction *fn;
    QTAILQ_ENTRY(VaneTxQueue) next;
    QTAILQ_ENTRY(VaneTxQueue) next_polled;
};

/* Descriptors read ahead: a burst, and more than a frame has */
#define VANE_TX_FETCH           64

/* Takes an index from doorbell or shadow. False if that stopped the queue. */
bool vane_txq_set_tail(VaneTxQueue *txq, uint32_t value);
/* How a transmit queue is left after its turn */
typedef enum VaneTurn {
    VANE_TURN_EMPTY,            /* nothing to send, or stopped */
    VANE_TURN_MORE,             /* there is more to send */
    VANE_TURN_UPLINK,           /* its next frame waits for the uplink */
    VANE_TURN_LONG,             /* its next frame goes on in a later turn */
} VaneTurn;

/*
 * Serves a queue for its share of @budget, from which it takes what it sent:
 * frames of the wire, once for each receiver.
 *
 * A frame with very many receivers is delivered over several turns, and stays
 * at the head of the queue meanwhile. Each turn reads it anew, so there is
 * nothing to be ended by a reset, of whomever, but next_receiver. What the
 * frame costs is charged when it ends, also if the queue stops before.
 */
VaneTurn vane_txq_run(VaneTxQueue *txq, unsigned *budget);

/* The queue has rung, or does nothing any more. */
void vane_txq_unpoll(VaneTxQueue *txq);

/* What transmit queues of a device share. */
void vane_tx_init(VaneDevice *dev);
void vane_tx_finalize(VaneDevice *dev);

#endif /* HW_NET_VANE_TX_H */
