/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: vectors (vane_irq.c).
 */
#ifndef HW_NET_VANE_IRQ_H
#define HW_NET_VANE_IRQ_H

#include "qemu/queue.h"
#include "qemu/timer.h"
#include "vane_types.h"

/* An interrupt vector with its status block. */
struct VaneVector {
    VaneFunction *fn;
    uint64_t sb_addr;
    uint32_t itr_us;
    uint32_t index;
    uint32_t events;            /* counted */
    uint32_t stored;            /* stored in the status block */
    uint32_t seen;              /* the driver's word when it armed */
    uint32_t deferred_descs;    /* of vane_event_deferred(), not yet told */
    uint32_t deferred_bytes;    /* of their frames */
    bool enabled;
    bool armed;
    bool dirty;                 /* on VaneDevice.dirty: events to be told */
    bool due;                   /* on VaneDevice.messages: to be sent */
    int64_t fired_ns;           /* when the last message left */
    QEMUTimer timer;            /* moderation */
    QEMUTimer deferred_timer;   /* vane_event_deferred() */
    QTAILQ_ENTRY(VaneVector) next;
    QTAILQ_ENTRY(VaneVector) next_due;
};

void vane_vectors_init(VaneFunction *fn);
void vane_vectors_finalize(VaneFunction *fn);
/* Sends what is due; the device may be unplugged by that. */
void vane_messages_send(VaneDevice *dev);
/* Disables all vectors; their registers stay. */
void vane_vectors_disable(VaneFunction *fn);
/* The same, and registers as after power-on. */
void vane_vectors_reset(VaneFunction *fn);
/* Bus master is back: tells what could not be told. */
void vane_vectors_resume(VaneFunction *fn);
void vane_vector_enable(VaneFunction *fn, uint32_t vector, bool enable);
void vane_vector_arm(VaneFunction *fn, uint32_t vector, uint32_t seen);
/*
 * Counts @count events on a vector. Status block and interrupt follow with
 * vane_events_flush(), which the bottom half calls after its work.
 */
void vane_event(VaneFunction *fn, uint32_t vector, uint32_t count);
/*
 * The same for one event, of sent frames, that may wait for others, but no
 * longer than until there are @most descriptors.
 */
void vane_event_deferred(VaneFunction *fn, uint32_t vector, uint32_t descs,
                         uint32_t most, uint32_t bytes);
void vane_events_flush(VaneDevice *dev);
/* Sets VANE_EVENT_* of the function and tells it by vector 0 at once. */
void vane_cause(VaneFunction *fn, uint32_t causes);

#endif /* HW_NET_VANE_IRQ_H */
