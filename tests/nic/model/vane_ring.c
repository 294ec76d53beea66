/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: life of transmit and receive queues: enable, doorbell, stop, and the
 * share of each in the bottom half.
 *
 * A queue is served by the bottom half, or by the vCPU that rings its doorbell,
 * in one go under the BQL. So it is at rest whenever a vCPU gets the BQL, and a
 * disable has nothing to wait for.
 */
#include "qemu/osdep.h"
#include "trace.h"
#include "vane.h"
#include "vane_dma.h"
#include "vane_fault.h"
#include "vane_frame.h"
#include "vane_irq.h"
#include "vane_mbox.h"
#include "vane_ring.h"
#include "vane_sched.h"

/* Frames that the bottom half delivers before others may run */
#define RUN_BUDGET  256

static bool vane_ring_fits(uint64_t base, uint64_t bytes, uint64_t align)
{
    uint64_t limit = 1ull << VANE_DMA_ADDR_BITS;

    return !(base % align) && base < limit && bytes <= limit - base;
}

/* A mandatory structure: address 0 means that it was not set. */
static bool vane_ring_placed(uint64_t base, uint64_t bytes, uint64_t align)
{
    return base && vane_ring_fits(base, bytes, align);
}

static bool vane_ring_size_valid(uint32_t size_log2)
{
    return size_log2 >= VANE_RING_LOG2_MIN && size_log2 <= VANE_RING_LOG2_MAX;
}

static bool vane_ring_shadow_fits(uint64_t shadow)
{
    return vane_ring_fits(shadow, sizeof(struct vane_shadow),
                          sizeof(struct vane_shadow));
}

/*
 * The first checks of transmit and receive queues, in the datasheet's order: a
 * driver that enables a queue after a reset, which has cleared all registers,
 * is told that the function is disabled.
 */
static enum vane_error vane_queue_check(const VaneFunction *fn, uint64_t shadow)
{
    if (!fn->enabled) {
        return VANE_ERROR_DISABLED;
    }
    if (shadow && !(fn->features_drv & VANE_FEAT_SHADOW_DB)) {
        return VANE_ERROR_FEATURE_UNUSED;
    }
    return VANE_ERROR_NONE;
}

static enum vane_error vane_txq_check(const VaneTxQueue *txq)
{
    enum vane_error error = vane_queue_check(txq->fn, txq->shadow);

    if (error) {
        return error;
    }
    if (!vane_ring_size_valid(txq->size_log2)) {
        return VANE_ERROR_SIZE;
    }
    if (!vane_ring_placed(txq->base,
                          sizeof(struct vane_tx_desc) << txq->size_log2,
                          VANE_RING_ALIGN) ||
        !vane_ring_placed(txq->head_addr, sizeof(struct vane_head),
                          sizeof(struct vane_head)) ||
        !vane_ring_shadow_fits(txq->shadow)) {
        return VANE_ERROR_ALIGN;
    }
    return txq->vector < txq->fn->vectors ? VANE_ERROR_NONE : VANE_ERROR_VECTOR;
}

static enum vane_error vane_rxq_check(const VaneRxQueue *rxq, bool cpl32)
{
    size_t entry = cpl32 ? sizeof(struct vane_rx_cpl32)
                         : sizeof(struct vane_rx_cpl);
    enum vane_error error = vane_queue_check(rxq->fn, rxq->shadow);

    if (error) {
        return error;
    }
    if (!vane_ring_size_valid(rxq->buf_size_log2) ||
        !vane_ring_size_valid(rxq->cpl_size_log2) ||
        rxq->cpl_size_log2 < rxq->buf_size_log2 ||
        rxq->buf_len < VANE_RX_BUF_MIN || rxq->buf_len > VANE_RX_BUF_MAX ||
        rxq->buf_len % (1 << VANE_RXB_ADDR_SHIFT)) {
        return VANE_ERROR_SIZE;
    }
    if (!vane_ring_placed(rxq->buf_base,
                          sizeof(struct vane_rx_buf) << rxq->buf_size_log2,
                          VANE_RING_ALIGN) ||
        !vane_ring_placed(rxq->cpl_base, entry << rxq->cpl_size_log2,
                          VANE_RING_ALIGN) ||
        !vane_ring_shadow_fits(rxq->shadow)) {
        return VANE_ERROR_ALIGN;
    }
    return rxq->vector < rxq->fn->vectors ? VANE_ERROR_NONE : VANE_ERROR_VECTOR;
}

/* Stops all work on the queue. */
static void vane_txq_stop(VaneTxQueue *txq)
{
    if (txq->next_receiver) {
        /* Some receivers got the frame, which nobody else pays for. */
        vane_sched_charge(txq->fn, txq->begun_cost);
        txq->next_receiver = 0;
    }
    vane_sched_unqueue(txq);
    vane_txq_unpoll(txq);
    txq->enabled = false;
}

void vane_rxq_list(VaneRxQueue *rxq)
{
    if (!rxq->dirty) {
        rxq->dirty = true;
        QTAILQ_INSERT_TAIL(&rxq->fn->dev->rx_dirty, rxq, next);
    }
}

static void vane_rxq_unlist(VaneRxQueue *rxq)
{
    if (rxq->dirty) {
        QTAILQ_REMOVE(&rxq->fn->dev->rx_dirty, rxq, next);
        rxq->dirty = false;
    }
}

static void vane_rxq_stop(VaneRxQueue *rxq)
{
    vane_rxq_unlist(rxq);
    rxq->enabled = false;
}

void vane_txq_enable(VaneFunction *fn, uint32_t queue)
{
    VaneTxQueue *txq = &fn->txq[queue];

    if (txq->enabled) {
        return;
    }
    txq->error = vane_txq_check(txq);
    trace_vane_queue_enable(fn->index, VANE_RQ_QUEUE_TX | queue, txq->error);
    if (txq->error) {
        vane_enable_refused(fn, "transmit queue", queue, txq->error);
        return;
    }
    txq->head = 0;
    txq->tail = 0;
    txq->next_receiver = 0;
    txq->stored = 0;
    txq->polls = 0;
    txq->fetched_first = 0;
    txq->fetched_count = 0;
    if (!txq->fetched) {
        txq->fetched = g_new(struct vane_tx_desc, VANE_TX_FETCH);
    }
    txq->enabled = true;
}

void vane_txq_disable(VaneFunction *fn, uint32_t queue)
{
    VaneTxQueue *txq = &fn->txq[queue];

    if (txq->enabled) {
        trace_vane_queue_disable(fn->index, VANE_RQ_QUEUE_TX | queue);
    }
    vane_txq_stop(txq);
    txq->error = VANE_ERROR_NONE;
    g_clear_pointer(&txq->fetched, g_free);
}

void vane_rxq_enable(VaneFunction *fn, uint32_t queue, bool cpl32)
{
    VaneRxQueue *rxq = &fn->rxq[queue];

    if (rxq->enabled) {
        return;
    }
    rxq->error = vane_rxq_check(rxq, cpl32);
    trace_vane_queue_enable(fn->index, queue, rxq->error);
    if (rxq->error) {
        vane_enable_refused(fn, "receive queue", queue, rxq->error);
        return;
    }
    rxq->cpl32 = cpl32;
    rxq->buf_head = 0;
    rxq->buf_tail = 0;
    rxq->cpl_head = 0;
    rxq->cpl_tail = 0;
    rxq->event = 0;
    rxq->fetched_first = 0;
    rxq->fetched_count = 0;
    rxq->staged_count = 0;
    g_free(rxq->fetched);
    g_free(rxq->staged);
    /* The completions of a frame become visible at once, so they must fit. */
    rxq->capacity = MAX(VANE_RX_FETCH,
                        DIV_ROUND_UP(VANE_TX_MAX_TSO +
                                     2 * VANE_VLAN_TAG_SIZE, rxq->buf_len));
    rxq->fetched = g_new(uint64_t, rxq->capacity);
    rxq->staged = g_new(uint64_t, rxq->capacity *
                        sizeof(struct vane_rx_cpl32) / sizeof(uint64_t));
    rxq->enabled = true;
}

void vane_rxq_disable(VaneFunction *fn, uint32_t queue)
{
    VaneRxQueue *rxq = &fn->rxq[queue];

    if (rxq->enabled) {
        trace_vane_queue_disable(fn->index, queue);
    }
    vane_rxq_stop(rxq);
    rxq->error = VANE_ERROR_NONE;
    g_clear_pointer(&rxq->fetched, g_free);
    g_clear_pointer(&rxq->staged, g_free);
}

/* A bus error is reported where it happens, unless it is injected. */
static void vane_queue_error_report(VaneFunction *fn, const char *kind,
                                    uint32_t index, uint32_t at,
                                    enum vane_error error)
{
    if (error != VANE_ERROR_DMA) {
        vane_guest_error(fn, "%s queue %u stopped at %u: error %u", kind,
                         index, at, error);
    }
}

void vane_queue_error(VaneFunction *fn, uint32_t queue, enum vane_error error)
{
    trace_vane_queue_error(fn->index, queue, error);
    if (queue & VANE_RQ_QUEUE_TX) {
        VaneTxQueue *txq = &fn->txq[queue & ~VANE_RQ_QUEUE_TX];

        if (!txq->enabled) {
            /* The first error counts. */
            return;
        }
        vane_queue_error_report(fn, "transmit", txq->index, txq->head, error);
        vane_txq_stop(txq);
        txq->error = error;
    } else {
        VaneRxQueue *rxq = &fn->rxq[queue];

        if (!rxq->enabled) {
            return;
        }
        vane_queue_error_report(fn, "receive", rxq->index, rxq->buf_head,
                                error);
        vane_rxq_stop(rxq);
        rxq->error = error;
    }
    fn->stats[VANE_STAT_QUEUE_ERRORS]++;
    vane_cause(fn, VANE_EVENT_QUEUE);
    if (!vane_is_pf(fn)) {
        vane_notice(fn, VANE_NOTICE_QUEUE_ERROR, error, queue);
    }
}

void vane_txq_doorbell(VaneFunction *fn, uint32_t queue, uint32_t value)
{
    VaneTxQueue *txq = &fn->txq[queue];

    trace_vane_doorbell(fn->index, VANE_RQ_QUEUE_TX | queue, value);
    if (txq->enabled && vane_txq_set_tail(txq, value)) {
        vane_txq_unpoll(txq);
        vane_sched_queue(txq);
        vane_serve(fn->dev);
    }
}

void vane_rxq_doorbell(VaneFunction *fn, uint32_t queue, uint32_t value)
{
    VaneRxQueue *rxq = &fn->rxq[queue];

    trace_vane_doorbell(fn->index, queue, value);
    if (rxq->enabled) {
        vane_rxq_set_tail(rxq, value);
    }
}

void vane_rings_init(VaneFunction *fn)
{
    if (vane_is_pf(fn)) {
        vane_sched_init(fn->dev);
        vane_tx_init(fn->dev);
        QTAILQ_INIT(&fn->dev->rx_dirty);
    }
    vane_sched_port_init(fn);
    for (uint32_t q = 0; q < fn->max_queues; q++) {
        fn->txq[q].fn = fn;
        fn->txq[q].index = q;
        fn->rxq[q].fn = fn;
        fn->rxq[q].index = q;
    }
}

void vane_rings_reset(VaneFunction *fn)
{
    for (uint32_t q = 0; q < fn->max_queues; q++) {
        vane_txq_disable(fn, q);
        vane_rxq_disable(fn, q);
        fn->txq[q] = (VaneTxQueue) { .fn = fn, .index = q };
        fn->rxq[q] = (VaneRxQueue) { .fn = fn, .index = q };
    }
}

void vane_rings_finalize(VaneFunction *fn)
{
    vane_rings_reset(fn);
    if (vane_is_pf(fn)) {
        vane_tx_finalize(fn->dev);
        vane_sched_finalize(fn->dev);
    }
}

void vane_rings_resume(VaneFunction *fn)
{
    vane_sched_resume(fn);
    for (uint32_t q = 0; q < fn->max_queues; q++) {
        if (fn->rxq[q].enabled && fn->rxq[q].staged_count) {
            vane_rxq_list(&fn->rxq[q]);
        }
    }
    vane_schedule(fn->dev);
}

bool vane_rings_run(VaneDevice *dev)
{
    unsigned budget = RUN_BUDGET;
    VaneTxQueue *txq;
    VaneRxQueue *rxq;

    vane_sched_start(dev);
    while (budget && (txq = vane_sched_next(dev))) {
        vane_sched_done(txq, vane_txq_run(txq, &budget));
    }
    while ((rxq = QTAILQ_FIRST(&dev->rx_dirty))) {
        vane_rxq_unlist(rxq);
        if (vane_dma_allowed(rxq->fn)) {
            vane_rxq_flush(rxq);
        }
    }
    return vane_sched_end(dev);
}

void vane_count_frame(VaneFunction *fn, enum vane_stat base,
                      const VaneFrame *frame, uint32_t extra)
{
    uint64_t *stats = &fn->stats[base];

    stats[0] += frame->segments;
    stats[1] += vane_frame_wire_bytes(frame, extra);
    if (is_broadcast_ether_addr(frame->data)) {
        stats[VANE_STAT_RX_BROADCAST - VANE_STAT_RX_FRAMES] += frame->segments;
    } else if (is_multicast_ether_addr(frame->data)) {
        stats[VANE_STAT_RX_MULTICAST - VANE_STAT_RX_FRAMES] += frame->segments;
    }
}
