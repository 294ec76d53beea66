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

/*
 * News of a few sent frames wait for others: for the next event, for so many
 * descriptors or bytes, less than what a socket has under way by default, or
 * for that many times what the vector's interrupts are apart, within bounds.
 */
#define LATE_BYTES  (128 * KiB)
#define LATE_ITRS   10
#define LATE_MIN_US 100
#define LATE_MAX_US 1000

static uint64_t vector_causes(const VaneFunction *fn)
{
    return vane_put(VANE_SB_CAUSES, fn->causes) |
           vane_put(VANE_SB_CAUSE_COUNT, fn->cause_count);
}

static void vector_disable(VaneVector *vec)
{
    vec->enabled = false;
    vec->armed = false;
    timer_del(&vec->timer);
    timer_del(&vec->late_timer);
    if (vec->dirty) {
        QTAILQ_REMOVE(&vec->fn->dev->dirty, vec, next);
        vec->dirty = false;
    }
}

/* Sends the message that is due, or has the timer do it. */
static void vector_fire(VaneVector *vec)
{
    VaneFunction *fn = vec->fn;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    int64_t due = vec->fired_ns + vec->itr_us * (int64_t)SCALE_US;

    if (!vec->armed || vec->told == vec->seen || !vane_dma_allowed(fn)) {
        return;
    }
    if (vec->itr_us && vec->fired_ns && due > now) {
        trace_vane_vector_moderated(fn->index, vec->index, due - now);
        /* Set again, the timer would wake the main loop for nothing. */
        timer_mod_anticipate(&vec->timer, due);
        return;
    }
    vec->armed = false;
    vec->fired_ns = now;
    fn->counters.interrupts++;
    trace_vane_vector_fire(fn->index, vec->index);
    msix_notify(fn->pdev, vec->index);
}

static void vector_timer(void *opaque)
{
    vector_fire(opaque);
}

static void vector_late_timer(void *opaque)
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
        timer_init_ns(&vec->timer, QEMU_CLOCK_VIRTUAL, vector_timer, vec);
        timer_init_ns(&vec->late_timer, QEMU_CLOCK_VIRTUAL, vector_late_timer,
                      vec);
    }
}

void vane_vectors_exit(VaneFunction *fn)
{
    vane_vectors_disable(fn);
    for (uint32_t v = 0; v < fn->max_vectors; v++) {
        timer_deinit(&fn->vec[v].timer);
        timer_deinit(&fn->vec[v].late_timer);
    }
}

void vane_vectors_disable(VaneFunction *fn)
{
    for (uint32_t v = 0; v < fn->max_vectors; v++) {
        vector_disable(&fn->vec[v]);
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
        vec->told = 0;
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
        vector_disable(vec);
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
    vec->told = 0;
    vec->late_descs = 0;
    vec->late_bytes = 0;
    vec->enabled = true;
}

void vane_vector_arm(VaneFunction *fn, uint32_t vector, uint32_t seen)
{
    VaneVector *vec = &fn->vec[vector];

    trace_vane_vector_arm(fn->index, vector, seen, vec->told);
    if (!vec->enabled) {
        return;
    }
    vec->seen = seen;
    vec->armed = true;
    vector_fire(vec);
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

void vane_event_late(VaneFunction *fn, uint32_t vector, uint32_t descs,
                     uint32_t most, uint32_t bytes)
{
    VaneVector *vec = &fn->vec[vector];
    int64_t late_us;

    if (vector >= fn->vectors || !vec->enabled) {
        return;
    }
    vec->late_descs += descs;
    vec->late_bytes += bytes;
    if (vec->late_descs >= most || vec->late_bytes >= LATE_BYTES) {
        vane_event(fn, vector, 1);
        return;
    }
    vec->events++;
    if (!vec->dirty && !timer_pending(&vec->late_timer)) {
        late_us = MIN(MAX(LATE_ITRS * vec->itr_us, LATE_MIN_US), LATE_MAX_US);
        timer_mod(&vec->late_timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                                    late_us * SCALE_US);
    }
}

/* Stores the event count; false where the vector cannot be told. */
static bool vector_tell(VaneVector *vec)
{
    VaneFunction *fn = vec->fn;
    uint64_t addr = vec->sb_addr + offsetof(struct vane_status_block, events);

    if (!vane_dma_allowed(fn)) {
        return false;
    }
    if (!vane_dma_write64_release(fn, VANE_DMA_STATUS, addr,
                                  vane_put(VANE_SB_EVENTS, vec->events))) {
        vector_disable(vec);
        return false;
    }
    vec->told = vec->events;
    vec->late_descs = 0;
    vec->late_bytes = 0;
    timer_del(&vec->late_timer);
    trace_vane_vector_told(fn->index, vec->index, vec->told);
    return true;
}

void vane_events_flush(VaneDevice *dev)
{
    VaneVector *vec;

    while ((vec = QTAILQ_FIRST(&dev->dirty)) != NULL) {
        QTAILQ_REMOVE(&dev->dirty, vec, next);
        vec->dirty = false;
        if (vector_tell(vec)) {
            vector_fire(vec);
        }
    }
}

/* Tells vector 0 of the function's causes; the event count makes it seen. */
static void causes_tell(VaneFunction *fn)
{
    VaneVector *vec = &fn->vec[0];
    uint64_t addr = vec->sb_addr + offsetof(struct vane_status_block, causes);

    if (!vec->enabled) {
        return;
    }
    if (vane_dma_allowed(fn) &&
        !vane_dma_write64_release(fn, VANE_DMA_STATUS, addr,
                                  vector_causes(fn))) {
        vector_disable(vec);
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
    causes_tell(fn);
}

void vane_vectors_resume(VaneFunction *fn)
{
    if (fn->causes) {
        causes_tell(fn);
    }
    for (uint32_t v = 0; v < fn->max_vectors; v++) {
        VaneVector *vec = &fn->vec[v];

        if (vec->enabled && vec->told != vec->events) {
            vane_event(fn, v, 0);
        } else {
            vector_fire(vec);
        }
    }
    vane_events_flush(fn->dev);
}
