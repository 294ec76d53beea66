/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: vectors, their status blocks and messages (datasheet, "Vectors and
 * interrupts").
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "hw/pci/msix.h"
#include "trace.h"
#include "vane.h"
#include "vane_dma.h"
#include "vane_fault.h"
#include "vane_irq.h"

/*
 * The event for a few sent frames is deferred until the next event, until
 * enough descriptors or DEFER_BYTES (less than a socket has in flight by
 * default) are sent, or for DEFER_ITRS times the ITR, within the bounds below.
 */
#define DEFER_BYTES  (128 * KiB)
#define DEFER_ITRS   10
#define DEFER_MIN_US 100
#define DEFER_MAX_US 1000

static uint64_t vane_vector_causes(const VaneFunction *fn)
{
    return vane_put(VANE_SB_CAUSES, fn->causes) |
           vane_put(VANE_SB_CAUSE_COUNT, fn->cause_count);
}

static void vane_vector_disable(VaneVector *vec)
{
    vec->enabled = false;
    vec->armed = false;
    timer_del(&vec->timer);
    timer_del(&vec->deferred_timer);
    if (vec->dirty) {
        QTAILQ_REMOVE(&vec->fn->dev->dirty, vec, next);
        vec->dirty = false;
    }
}

/* Makes the message due, now or by the timer. */
static void vane_vector_fire(VaneVector *vec)
{
    VaneFunction *fn = vec->fn;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    int64_t due = vec->fired_ns + vec->itr_us * (int64_t)SCALE_US;

    if (!vec->armed || vec->stored == vec->seen || !vane_dma_allowed(fn)) {
        return;
    }
    if (vec->itr_us && vec->fired_ns && due > now) {
        trace_vane_vector_moderated(fn->index, vec->index, due - now);
        /* Setting it to the same time again would only wake the main loop. */
        timer_mod_anticipate(&vec->timer, due);
        return;
    }
    vec->armed = false;
    vec->fired_ns = now;
    fn->counters.interrupts++;
    trace_vane_vector_fire(fn->index, vec->index);
    assert(fn->dev->entered);
    if (!vec->due) {
        vec->due = true;
        QTAILQ_INSERT_TAIL(&fn->dev->messages, vec, next_due);
    }
}

void vane_messages_send(VaneDevice *dev)
{
    VaneVector *vec;

    while (!dev->gone && (vec = QTAILQ_FIRST(&dev->messages))) {
        QTAILQ_REMOVE(&dev->messages, vec, next_due);
        vec->due = false;
        if (vane_dma_allowed(vec->fn)) {
            msix_notify(vec->fn->pdev, vec->index);
        }
    }
}

static void vane_vector_timer(void *opaque)
{
    VaneVector *vec = opaque;
    VaneDevice *dev = vec->fn->dev;

    vane_enter(dev);
    vane_vector_fire(vec);
    vane_leave(dev);
}

static void vane_vector_deferred_timer(void *opaque)
{
    VaneVector *vec = opaque;

    vane_event(vec->fn, vec->index, 0);
    vane_schedule(vec->fn->dev);
}

void vane_vectors_init(VaneFunction *fn)
{
    for (uint32_t v = 0; v < fn->max_vectors; v++) {
        VaneVector *vec = &fn->vec[v];

        vec->fn = fn;
        vec->index = v;
        timer_init_ns(&vec->timer, QEMU_CLOCK_VIRTUAL, vane_vector_timer, vec);
        timer_init_ns(&vec->deferred_timer, QEMU_CLOCK_VIRTUAL,
                      vane_vector_deferred_timer, vec);
    }
}

void vane_vectors_finalize(VaneFunction *fn)
{
    vane_vectors_disable(fn);
    for (uint32_t v = 0; v < fn->max_vectors; v++) {
        timer_deinit(&fn->vec[v].timer);
        timer_deinit(&fn->vec[v].deferred_timer);
    }
}

void vane_vectors_disable(VaneFunction *fn)
{
    for (uint32_t v = 0; v < fn->max_vectors; v++) {
        vane_vector_disable(&fn->vec[v]);
    }
}

void vane_vectors_reset(VaneFunction *fn)
{
    vane_vectors_disable(fn);
    for (uint32_t v = 0; v < fn->max_vectors; v++) {
        VaneVector *vec = &fn->vec[v];

        vec->sb_addr = 0;
        vec->itr_us = 0;
        vec->events = 0;
        vec->stored = 0;
        vec->fired_ns = 0;
    }
    fn->causes = 0;
    fn->cause_count = 0;
}

void vane_vector_enable(VaneFunction *fn, uint32_t vector, bool enable)
{
    VaneVector *vec = &fn->vec[vector];
    static const struct vane_status_block zero;

    if (enable == vec->enabled) {
        return;
    }
    trace_vane_vector_enable(fn->index, vector, enable);
    if (!enable) {
        vane_vector_disable(vec);
        return;
    }
    if (!fn->enabled) {
        return;
    }
    if (!vec->sb_addr || vec->sb_addr % sizeof(zero) ||
        vec->sb_addr >> VANE_DMA_ADDR_BITS) {
        vane_guest_error(fn, "vector %u: status block at 0x%" PRIx64, vector,
                         vec->sb_addr);
        return;
    }
    if (!vane_dma_write(fn, VANE_DMA_STATUS, vec->sb_addr, &zero,
                        sizeof(zero))) {
        return;
    }
    vec->events = 0;
    vec->stored = 0;
    vec->deferred_descs = 0;
    vec->deferred_bytes = 0;
    vec->enabled = true;
}

void vane_vector_arm(VaneFunction *fn, uint32_t vector, uint32_t seen)
{
    VaneVector *vec = &fn->vec[vector];

    trace_vane_vector_arm(fn->index, vector, seen, vec->stored);
    if (!vec->enabled) {
        return;
    }
    vec->seen = seen;
    vec->armed = true;
    vane_vector_fire(vec);
}

void vane_event(VaneFunction *fn, uint32_t vector, uint32_t count)
{
    VaneVector *vec = &fn->vec[vector];

    if (vector >= fn->vectors || !vec->enabled) {
        return;
    }
    vec->events += count;
    if (!vec->dirty) {
        vec->dirty = true;
        QTAILQ_INSERT_TAIL(&fn->dev->dirty, vec, next);
    }
}

void vane_event_deferred(VaneFunction *fn, uint32_t vector, uint32_t descs,
                         uint32_t most, uint32_t bytes)
{
    VaneVector *vec = &fn->vec[vector];
    int64_t deferred_us;

    if (vector >= fn->vectors || !vec->enabled) {
        return;
    }
    vec->deferred_descs += descs;
    vec->deferred_bytes += bytes;
    if (vec->deferred_descs >= most || vec->deferred_bytes >= DEFER_BYTES) {
        vane_event(fn, vector, 1);
        return;
    }
    vec->events++;
    if (!vec->dirty && !timer_pending(&vec->deferred_timer)) {
        deferred_us =
            MIN(MAX(DEFER_ITRS * vec->itr_us, DEFER_MIN_US), DEFER_MAX_US);
        timer_mod(&vec->deferred_timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                                    deferred_us * SCALE_US);
    }
}

/* Stores the event count. False if that is not possible. */
static bool vane_vector_store_events(VaneVector *vec)
{
    VaneFunction *fn = vec->fn;
    uint64_t addr = vec->sb_addr + offsetof(struct vane_status_block, events);

    if (!vane_dma_allowed(fn)) {
        return false;
    }
    if (!vane_dma_write64_release(fn, VANE_DMA_STATUS, addr,
                                  vane_put(VANE_SB_EVENTS, vec->events))) {
        vane_vector_disable(vec);
        return false;
    }
    vec->stored = vec->events;
    vec->deferred_descs = 0;
    vec->deferred_bytes = 0;
    timer_del(&vec->deferred_timer);
    trace_vane_vector_stored(fn->index, vec->index, vec->stored);
    return true;
}

void vane_events_flush(VaneDevice *dev)
{
    VaneVector *vec;

    while ((vec = QTAILQ_FIRST(&dev->dirty)) != NULL) {
        QTAILQ_REMOVE(&dev->dirty, vec, next);
        vec->dirty = false;
        if (vane_vector_store_events(vec)) {
            vane_vector_fire(vec);
        }
    }
}

/* Stores the causes for vector 0; the event count then announces them. */
static void vane_vector_store_causes(VaneFunction *fn)
{
    VaneVector *vec = &fn->vec[0];
    uint64_t addr = vec->sb_addr + offsetof(struct vane_status_block, causes);

    if (!vec->enabled) {
        return;
    }
    if (vane_dma_allowed(fn) &&
        !vane_dma_write64_release(fn, VANE_DMA_STATUS, addr,
                                  vane_vector_causes(fn))) {
        vane_vector_disable(vec);
        return;
    }
    vane_event(fn, 0, 1);
    vane_events_flush(fn->dev);
}

void vane_cause(VaneFunction *fn, uint32_t causes)
{
    if (!fn->enabled) {
        return;
    }
    trace_vane_cause(fn->index, causes);
    fn->causes |= causes;
    fn->cause_count++;
    vane_vector_store_causes(fn);
}

void vane_vectors_resume(VaneFunction *fn)
{
    if (fn->causes) {
        vane_vector_store_causes(fn);
    }
    for (uint32_t v = 0; v < fn->max_vectors; v++) {
        VaneVector *vec = &fn->vec[v];

        if (vec->enabled && vec->stored != vec->events) {
            vane_event(fn, v, 0);
        } else {
            vane_vector_fire(vec);
        }
    }
    vane_events_flush(fn->dev);
}
