/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: receive queues (datasheet, "Receive").
 *
 * Buffers are read ahead in batches and kept. Completions are staged and
 * written in batches, the qword with the phase of a batch's first one last: a
 * driver reads them in order, so it sees none of a batch before all of it is
 * in memory, and never a part of a frame.
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "trace.h"
#include "vane_net.h"

/* Where a frame goes in a function */
typedef struct RxTarget {
    VaneRxQueue *rxq;
    uint32_t hash;
    uint64_t hash_type;
} RxTarget;

static void rxq_error(VaneRxQueue *rxq, enum vane_error error)
{
    vane_queue_error(rxq->fn, rxq->index, error);
}

bool vane_rxq_set_tail(VaneRxQueue *rxq, uint32_t value)
{
    uint16_t tail = vane_get(value, VANE_DB_RX_TAIL);
    uint16_t cpl_head = vane_get(value, VANE_DB_RX_CPL_HEAD);
    uint16_t posted = tail - rxq->buf_head;

    if (posted > 1u << rxq->buf_size_log2 ||
        (uint16_t)(cpl_head - rxq->cpl_head) >
        (uint16_t)(rxq->cpl_tail - rxq->cpl_head)) {
        rxq_error(rxq, VANE_ERROR_INDEX);
        return false;
    }
    if (posted > (uint16_t)(rxq->buf_tail - rxq->buf_head)) {
        rxq->buf_tail = tail;
    }
    rxq->cpl_head = cpl_head;
    return true;
}

static uint32_t buffers_posted(const VaneRxQueue *rxq)
{
    return (uint16_t)(rxq->buf_tail - rxq->buf_head);
}

static uint32_t completions_free(const VaneRxQueue *rxq)
{
    return (1u << rxq->cpl_size_log2) - rxq->staged_count -
           (uint16_t)(rxq->cpl_tail - rxq->cpl_head);
}

static bool rxq_poll_shadow(VaneRxQueue *rxq)
{
    uint32_t value;

    if (!vane_dma_read32_acquire(rxq->fn, VANE_DMA_SHADOW, rxq->shadow +
                                 offsetof(struct vane_shadow, tail), &value)) {
        rxq_error(rxq, VANE_ERROR_DMA);
        return false;
    }
    return vane_rxq_set_tail(rxq, value);
}

/*
 * Looks at the shadow doorbell for want of something. Short of buffers, it
 * asks for a real doorbell first, so that a driver that posts some now is
 * either seen or tells.
 */
static void rxq_look_again(VaneRxQueue *rxq, uint32_t need)
{
    if (!rxq->shadow || !rxq_poll_shadow(rxq) ||
        buffers_posted(rxq) >= need || rxq->event == rxq->buf_tail) {
        return;
    }
    if (!vane_dma_write32_release(rxq->fn, VANE_DMA_SHADOW, rxq->shadow +
                                  offsetof(struct vane_shadow, event),
                                  rxq->buf_tail)) {
        rxq_error(rxq, VANE_ERROR_DMA);
        return;
    }
    rxq->event = rxq->buf_tail;
    /* A tail stored before the driver saw the event index is seen now. */
    smp_mb();
    rxq_poll_shadow(rxq);
}

/* Reads buffers ahead until there are @need, which are posted. */
static bool rxq_fetch(VaneRxQueue *rxq, uint32_t need)
{
    uint16_t mask = (1u << rxq->buf_size_log2) - 1;

    while (rxq->fetched_count < need) {
        uint16_t at = rxq->buf_head + rxq->fetched_count;
        unsigned n = MIN((uint16_t)(rxq->buf_tail - at),
                         mask + 1 - (at & mask));
        uint64_t *to;

        memmove(rxq->fetched, rxq->fetched + rxq->fetched_first,
                rxq->fetched_count * sizeof(*rxq->fetched));
        rxq->fetched_first = 0;
        n = MIN(n, rxq->capacity - rxq->fetched_count);
        to = rxq->fetched + rxq->fetched_count;
        if (!vane_dma_read(rxq->fn, VANE_DMA_DESCRIPTOR, rxq->buf_base +
                           (at & mask) * sizeof(struct vane_rx_buf), to,
                           n * sizeof(*to))) {
            rxq_error(rxq, VANE_ERROR_DMA);
            return false;
        }
        rxq->fetched_count += n;
        while (n--) {
            le64_to_cpus(to++);
        }
    }
    return true;
}

/*
 * Makes sure of buffers and completions for a whole frame. False if there are
 * none, with the counter that tells so, or if the queue stopped.
 */
static bool rxq_reserve(VaneRxQueue *rxq, uint32_t need, enum vane_stat *why)
{
    *why = VANE_STAT_RX_DROP_NOBUF;
    if (need > rxq->capacity) {
        return false;
    }
    if (rxq->staged_count + need > rxq->capacity) {
        vane_rxq_flush(rxq);
        if (!rxq->enabled) {
            return false;
        }
    }
    if (buffers_posted(rxq) < need || completions_free(rxq) < need) {
        rxq_look_again(rxq, need);
    }
    if (!rxq->enabled || buffers_posted(rxq) < need) {
        return false;
    }
    if (completions_free(rxq) < need) {
        *why = VANE_STAT_RX_DROP_STALL;
        return false;
    }
    return rxq_fetch(rxq, need);
}

/* Writes the frame's bytes into the next @need buffers. */
static bool write_payload(VaneRxQueue *rxq, const VaneFrame *frame,
                          const VaneView *view, uint32_t need)
{
    struct iovec iov[VANE_FRAME_PIECES + 2];
    unsigned count = vane_view_iov(frame, view, iov);
    unsigned i = 0;
    size_t done = 0;

    for (uint32_t b = 0; b < need; b++) {
        uint64_t desc = rxq->fetched[rxq->fetched_first + b];
        uint64_t addr = vane_get(desc, VANE_RXB_ADDR) << VANE_RXB_ADDR_SHIFT;
        size_t room = rxq->buf_len;

        while (room && i < count) {
            size_t n = MIN(room, iov[i].iov_len - done);

            if (!vane_dma_write(rxq->fn, VANE_DMA_PAYLOAD, addr,
                                (uint8_t *)iov[i].iov_base + done, n)) {
                return false;
            }
            addr += n;
            room -= n;
            done += n;
            if (done == iov[i].iov_len) {
                done = 0;
                i++;
            }
        }
    }
    return true;
}

static unsigned entry_words(const VaneRxQueue *rxq)
{
    return (rxq->cpl32 ? sizeof(struct vane_rx_cpl32)
                       : sizeof(struct vane_rx_cpl)) / sizeof(uint64_t);
}

/* Stages a completion; its place in the ring gives the phase. */
static void stage(VaneRxQueue *rxq, uint64_t data, uint64_t info, uint64_t gso)
{
    uint64_t *to = rxq->staged + rxq->staged_count * entry_words(rxq);
    uint16_t at = rxq->cpl_tail + rxq->staged_count++;
    uint64_t phase = at >> rxq->cpl_size_log2 & 1 ? 0 : VANE_RXC_PHASE;

    if (vane_fault_corrupt_completion(rxq->fn)) {
        info ^= VANE_RXC_BUF_ID;
    }
    to[0] = cpu_to_le64(data);
    if (rxq->cpl32) {
        to[1] = cpu_to_le64(info);
        to[2] = 0;
        to[3] = cpu_to_le64(gso | phase);
    } else {
        to[1] = cpu_to_le64(info | phase);
    }
}

static void stage_frame(const RxTarget *target, const VaneFrame *frame,
                        const VaneView *view, uint64_t flags, uint64_t gso,
                        uint32_t need)
{
    VaneRxQueue *rxq = target->rxq;
    uint64_t data = vane_put(VANE_RXC_HASH, target->hash) |
                    vane_put(VANE_RXC_TCI, view->tci);
    uint64_t info = vane_put(VANE_RXC_TYPE, VANE_RXC_TYPE_RX) |
                    vane_put(VANE_RXC_HASH_TYPE, target->hash_type) | flags;
    uint32_t left = view->len;

    for (uint32_t b = 0; b < need; b++) {
        uint64_t desc = rxq->fetched[rxq->fetched_first + b];
        uint32_t len = MIN(left, rxq->buf_len);

        left -= len;
        data |= vane_put(VANE_RXC_LEN, len);
        info |= vane_put(VANE_RXC_BUF_ID, vane_get(desc, VANE_RXB_ID));
        if (!left) {
            info |= VANE_RXC_EOP;
        }
        stage(rxq, data, info, gso);
        data = 0;
        info = vane_put(VANE_RXC_TYPE, VANE_RXC_TYPE_RX_MORE);
        gso = 0;
    }
    rxq->fetched_first += need;
    rxq->fetched_count -= need;
    rxq->buf_head += need;
    vane_rxq_list(rxq);
    if (!rxq->fn->dev->running) {
        vane_schedule(rxq->fn->dev);
    }
}

void vane_rxq_flush(VaneRxQueue *rxq)
{
    VaneFunction *fn = rxq->fn;
    unsigned words = entry_words(rxq);
    size_t entry = words * sizeof(uint64_t);
    size_t before_phase = entry - sizeof(uint64_t);
    uint32_t ring = 1u << rxq->cpl_size_log2;
    uint32_t at = rxq->cpl_tail & (ring - 1);
    uint32_t count = rxq->staged_count;
    uint32_t first = MIN(count, ring - at);
    uint64_t addr = rxq->cpl_base + at * entry;
    uint64_t last = le64_to_cpu(rxq->staged[words - 1]);
    bool ok;

    if (!count) {
        return;
    }
    /* Until all is there the first entry keeps the phase of the last pass. */
    rxq->staged[words - 1] = cpu_to_le64(last ^ VANE_RXC_PHASE);
    ok = vane_dma_write(fn, VANE_DMA_COMPLETION, addr, rxq->staged,
                        first == 1 ? before_phase : first * entry);
    if (ok && first < count) {
        ok = vane_dma_write(fn, VANE_DMA_COMPLETION, rxq->cpl_base,
                            rxq->staged + first * words,
                            (count - first) * entry);
    }
    if (!ok || !vane_dma_write64_release(fn, VANE_DMA_COMPLETION,
                                         addr + before_phase, last)) {
        rxq_error(rxq, VANE_ERROR_DMA);
        return;
    }
    rxq->staged_count = 0;
    rxq->cpl_tail += count;
    trace_vane_rx_completions(fn->index, rxq->index, count);
    vane_event(fn, rxq->vector, count);
}

static void drop(VaneFunction *fn, enum vane_stat why, uint32_t frames)
{
    trace_vane_rx_drop(fn->index, why, frames);
    fn->stats[why] += frames;
}

static uint64_t csum_flags(VaneFunction *fn, VaneFrame *frame)
{
    if (!(fn->features_drv & VANE_FEAT_RX_CSUM)) {
        return 0;
    }
    switch (vane_csum_verify(frame)) {
    case VANE_CSUM_OK:
        return VANE_RXC_CSUM_OK;
    case VANE_CSUM_BAD:
        fn->stats[VANE_STAT_RX_CSUM_BAD]++;
        return VANE_RXC_CSUM_BAD;
    default:
        return 0;
    }
}

static uint64_t gso_word(const VaneFrame *frame, const VaneView *view)
{
    uint64_t gso = vane_put(VANE_RXC_GSO_SIZE, frame->mss) |
                   vane_put(VANE_RXC_GSO_SEGS, frame->segments) |
                   vane_put(VANE_RXC_GSO_HDR_LEN,
                            frame->head_len + view->l2_len - view->skip);

    if (frame->ipv6) {
        gso |= VANE_RXC_GSO_IPV6;
    }
    if (frame->cwr) {
        gso |= VANE_RXC_GSO_ECN;
    }
    return gso;
}

/* Puts a frame of the wire, or a whole TSO frame, into the queue. */
static bool rxq_put(const RxTarget *target, VaneFrame *frame, bool untag,
                    enum vane_stat *why)
{
    VaneRxQueue *rxq = target->rxq;
    VaneFunction *fn = rxq->fn;
    uint64_t flags, gso = 0;
    VaneView view;
    uint32_t need;

    vane_tag_view(frame, untag, rxq->opt & VANE_RXQ_OPT_VLAN_STRIP, &view);
    need = DIV_ROUND_UP(view.len, rxq->buf_len);
    if (!rxq_reserve(rxq, need, why)) {
        vane_link_no_buffer(fn);
        return false;
    }
    if (!write_payload(rxq, frame, &view, need)) {
        rxq_error(rxq, VANE_ERROR_DMA);
        return false;
    }
    if (frame->mss) {
        flags = VANE_RXC_GRO;
        gso = gso_word(frame, &view);
        fn->stats[VANE_STAT_RX_GRO_FRAMES]++;
    } else {
        flags = csum_flags(fn, frame);
    }
    if (view.has_tci) {
        flags |= VANE_RXC_VLAN;
    }
    stage_frame(target, frame, &view, flags, gso, need);
    trace_vane_rx_frame(fn->index, rxq->index, view.len, frame->segments);
    return true;
}

/* The queue of a frame, by rule or by RSS. False if a rule drops it. */
static bool steer(VaneFunction *fn, const VaneFrame *frame, bool untag,
                  RxTarget *target, uint32_t *queue)
{
    const VaneRule *rule = vane_rule_find(fn, frame, untag);
    uint32_t action = rule ? vane_rule_action(rule) : VANE_RULE_ACTION_RSS;
    uint32_t table = 0;

    if (action == VANE_RULE_ACTION_DROP) {
        return false;
    }
    if (rule && action == VANE_RULE_ACTION_RSS) {
        table = vane_rule_target(rule);
    }
    *queue = vane_rss_queue(fn, frame, table, &target->hash,
                            &target->hash_type);
    if (action == VANE_RULE_ACTION_QUEUE) {
        *queue = vane_rule_target(rule);
    }
    return true;
}

static bool takes_tso(const VaneRxQueue *rxq)
{
    return rxq->cpl32 && rxq->opt & VANE_RXQ_OPT_GRO;
}

void vane_rx_frame(VaneFunction *fn, VaneFrame *frame, bool untag)
{
    uint32_t tag = frame->tag_proto && !untag ? VANE_VLAN_TAG_SIZE : 0;
    VaneFrame *segment = fn->dev->frame_segment;
    enum vane_stat why;
    RxTarget target;
    VaneSegments it;
    uint32_t queue;

    fn->dev->work += frame->segments;
    if (!vane_function_active(fn)) {
        drop(fn, VANE_STAT_RX_DROP_NOBUF, frame->segments);
        return;
    }
    if (vane_frame_wire_len(frame) + tag > fn->max_frame) {
        drop(fn, VANE_STAT_RX_DROP_OVERSIZE, frame->segments);
        return;
    }
    if (!steer(fn, frame, untag, &target, &queue)) {
        drop(fn, VANE_STAT_RX_DROP_RULE, frame->segments);
        return;
    }
    if (queue >= fn->queues || !fn->rxq[queue].enabled) {
        drop(fn, VANE_STAT_RX_DROP_NOBUF, frame->segments);
        return;
    }
    target.rxq = &fn->rxq[queue];

    if ((!frame->mss || takes_tso(target.rxq)) &&
        rxq_put(&target, frame, untag, &why)) {
        vane_count_frame(fn, VANE_STAT_RX_FRAMES, frame, tag);
        return;
    }
    if (!frame->mss) {
        drop(fn, why, 1);
        return;
    }
    vane_segments_start(&it, frame);
    while (vane_segments_next(&it, segment)) {
        if (!target.rxq->enabled) {
            drop(fn, VANE_STAT_RX_DROP_NOBUF, 1);
        } else if (rxq_put(&target, segment, untag, &why)) {
            vane_count_frame(fn, VANE_STAT_RX_FRAMES, segment, tag);
        } else {
            drop(fn, why, 1);
        }
    }
}
