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
#include "vane.h"
#include "vane_dma.h"
#include "vane_fault.h"
#include "vane_irq.h"
#include "vane_link.h"
#include "vane_offload.h"
#include "vane_ring.h"
#include "vane_rule.h"
#include "vane_rx.h"
#include "vane_tag.h"

/* Where a frame goes in a function */
typedef struct RxTarget {
    VaneRxQueue *rxq;
    uint32_t hash;
    uint64_t hash_type;
} RxTarget;

static void vane_rxq_error(VaneRxQueue *rxq, enum vane_error error)
{
    vane_queue_error(rxq->fn, rxq->index, error);
}

bool vane_rxq_set_tail(VaneRxQueue *rxq, uint32_t value)
{
    uint16_t tail = vane_get(value, VANE_DB_RX_TAIL);
    uint16_t cpl_head = vane_get(value, VANE_DB_RX_CPL_HEAD);
    uint16_t posted = vane_index_distance(rxq->buf_head, tail);

    if (posted > 1u << rxq->buf_size_log2 ||
        vane_index_distance(rxq->cpl_head, cpl_head) >
            vane_index_distance(rxq->cpl_head, rxq->cpl_tail)) {
        vane_rxq_error(rxq, VANE_ERROR_INDEX);
        return false;
    }
    if (posted > vane_index_distance(rxq->buf_head, rxq->buf_tail)) {
        rxq->buf_tail = tail;
    }
    rxq->cpl_head = cpl_head;
    return true;
}

static uint32_t vane_rx_buffers_posted(const VaneRxQueue *rxq)
{
    return vane_index_distance(rxq->buf_head, rxq->buf_tail);
}

static uint32_t vane_rx_completions_free(const VaneRxQueue *rxq)
{
    return (1u << rxq->cpl_size_log2) - rxq->staged_count -
           vane_index_distance(rxq->cpl_head, rxq->cpl_tail);
}

static bool vane_rxq_poll_shadow(VaneRxQueue *rxq)
{
    uint32_t value;

    if (!vane_dma_read32_acquire(rxq->fn, VANE_DMA_SHADOW, rxq->shadow +
                                 offsetof(struct vane_shadow, tail), &value)) {
        vane_rxq_error(rxq, VANE_ERROR_DMA);
        return false;
    }
    return vane_rxq_set_tail(rxq, value);
}

/*
 * Reads the shadow doorbell if buffers or completions are short. If it is
 * buffers, requests a real doorbell and reads again, so that buffers which the
 * driver posts now are either seen or announced.
 */
static void vane_rxq_look_again(VaneRxQueue *rxq, uint32_t need)
{
    if (!rxq->shadow || !vane_rxq_poll_shadow(rxq) ||
        vane_rx_buffers_posted(rxq) >= need || rxq->event == rxq->buf_tail) {
        return;
    }
    if (!vane_dma_write32_release(rxq->fn, VANE_DMA_SHADOW, rxq->shadow +
                                  offsetof(struct vane_shadow, event),
                                  rxq->buf_tail)) {
        vane_rxq_error(rxq, VANE_ERROR_DMA);
        return;
    }
    rxq->event = rxq->buf_tail;
    /* A tail stored before the driver saw the event index is seen now. */
    smp_mb();
    vane_rxq_poll_shadow(rxq);
}

/* Reads ahead at least @need buffers, which the caller knows are posted. */
static bool vane_rxq_fetch(VaneRxQueue *rxq, uint32_t need)
{
    uint16_t mask = (1u << rxq->buf_size_log2) - 1;

    while (rxq->fetched_count < need) {
        uint16_t at = vane_index_after(rxq->buf_head, rxq->fetched_count);
        unsigned n = MIN(vane_index_distance(at, rxq->buf_tail),
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
            vane_rxq_error(rxq, VANE_ERROR_DMA);
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
 * Ensures that there are buffers and completions for a whole frame. False if
 * not, with the counter for it in @why, or if the queue stopped.
 */
static bool vane_rxq_reserve(VaneRxQueue *rxq, uint32_t need,
                             enum vane_stat *why)
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
    if (vane_rx_buffers_posted(rxq) < need ||
        vane_rx_completions_free(rxq) < need) {
        vane_rxq_look_again(rxq, need);
    }
    if (!rxq->enabled || vane_rx_buffers_posted(rxq) < need) {
        return false;
    }
    if (vane_rx_completions_free(rxq) < need) {
        *why = VANE_STAT_RX_DROP_STALL;
        return false;
    }
    return vane_rxq_fetch(rxq, need);
}

/* Writes the frame's bytes into the next @need buffers. */
static bool vane_rx_write_payload(VaneRxQueue *rxq, const VaneFrame *frame,
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

static unsigned vane_rx_entry_words(const VaneRxQueue *rxq)
{
    return (rxq->cpl32 ? sizeof(struct vane_rx_cpl32)
                       : sizeof(struct vane_rx_cpl)) / sizeof(uint64_t);
}

/* Stages a completion; its place in the ring determines the phase. */
static void vane_rx_stage(VaneRxQueue *rxq, uint64_t data, uint64_t info,
                          uint64_t gso)
{
    uint64_t *to = rxq->staged + rxq->staged_count * vane_rx_entry_words(rxq);
    uint16_t at = vane_index_after(rxq->cpl_tail, rxq->staged_count++);
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

static void vane_rx_stage_frame(const RxTarget *target, const VaneFrame *frame,
                                const VaneView *view, uint64_t flags,
                                uint64_t gso, uint32_t need)
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
        vane_rx_stage(rxq, data, info, gso);
        data = 0;
        info = vane_put(VANE_RXC_TYPE, VANE_RXC_TYPE_RX_MORE);
        gso = 0;
    }
    rxq->fetched_first += need;
    rxq->fetched_count -= need;
    rxq->buf_head = vane_index_after(rxq->buf_head, need);
    vane_rxq_list(rxq);
    if (!rxq->fn->dev->running) {
        vane_schedule(rxq->fn->dev);
    }
}

void vane_rxq_flush(VaneRxQueue *rxq)
{
    VaneFunction *fn = rxq->fn;
    unsigned words = vane_rx_entry_words(rxq);
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
    /* The first entry keeps the old phase until all entries are written. */
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
        vane_rxq_error(rxq, VANE_ERROR_DMA);
        return;
    }
    rxq->staged_count = 0;
    rxq->cpl_tail = vane_index_after(rxq->cpl_tail, count);
    trace_vane_rx_completions(fn->index, rxq->index, count);
    vane_event(fn, rxq->vector, count);
}

static void vane_rx_drop(VaneFunction *fn, enum vane_stat why, uint32_t frames)
{
    trace_vane_rx_drop(fn->index, why, frames);
    fn->stats[why] += frames;
}

static uint64_t vane_rx_csum_flags(VaneFunction *fn, VaneFrame *frame)
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

/* An offset in the frame's headers, as the receiver sees it */
static uint32_t vane_rx_seen(const VaneView *view, uint32_t at)
{
    return at + view->l2_len - view->skip;
}

/*
 * Can a completion describe the TSO frame? Tags of ports and descriptors may
 * have made its headers longer than those of any frame in memory.
 */
static bool vane_rx_gso_fits(const VaneFrame *frame, const VaneView *view)
{
    uint32_t l3 = frame->room + frame->l3 - frame->data;

    return vane_rx_seen(view, l3) <=
               ETH_HLEN + VANE_MAX_TAGS * VANE_VLAN_TAG_SIZE &&
           vane_rx_seen(view, frame->head_len) <=
               VANE_FIELD_MAX(VANE_RXC_GSO_HDR_LEN);
}

static uint64_t vane_rx_gso_word(const VaneFrame *frame, const VaneView *view)
{
    uint64_t gso = vane_put(VANE_RXC_GSO_SIZE, frame->mss) |
                   vane_put(VANE_RXC_GSO_SEGS, frame->segments) |
                   vane_put(VANE_RXC_GSO_HDR_LEN,
                            vane_rx_seen(view, frame->head_len));

    if (frame->ipv6) {
        gso |= VANE_RXC_GSO_IPV6;
    }
    if (frame->cwr) {
        gso |= VANE_RXC_GSO_ECN;
    }
    return gso;
}

/*
 * Stores a frame of the wire, or a whole TSO frame, in the queue. @why has no
 * meaning for a TSO frame that cannot be stored: the caller tries its segments.
 */
static bool vane_rxq_put(const RxTarget *target, VaneFrame *frame, bool untag,
                         enum vane_stat *why)
{
    VaneRxQueue *rxq = target->rxq;
    VaneFunction *fn = rxq->fn;
    uint64_t flags, gso = 0;
    VaneView view;
    uint32_t need;

    if (frame->named && !(fn->features_drv & VANE_FEAT_RX_CHANNEL)) {
        vane_tag_channel_view(frame, &frame->channel_tag, untag, &view);
    } else {
        vane_tag_view(frame, untag, rxq->opt & VANE_RXQ_OPT_VLAN_STRIP, &view);
    }
    if (frame->mss && !vane_rx_gso_fits(frame, &view)) {
        return false;
    }
    need = DIV_ROUND_UP(view.len, rxq->buf_len);
    if (!vane_rxq_reserve(rxq, need, why)) {
        vane_link_no_buffer(fn);
        return false;
    }
    if (!vane_rx_write_payload(rxq, frame, &view, need)) {
        vane_rxq_error(rxq, VANE_ERROR_DMA);
        return false;
    }
    if (frame->mss) {
        flags = VANE_RXC_GRO;
        gso = vane_rx_gso_word(frame, &view);
        fn->stats[VANE_STAT_RX_GRO_FRAMES]++;
    } else {
        flags = vane_rx_csum_flags(fn, frame);
    }
    if (view.has_tci) {
        flags |= VANE_RXC_VLAN;
    }
    if (frame->named && fn->features_drv & VANE_FEAT_RX_CHANNEL) {
        flags |= vane_put(VANE_RXC_TAG, frame->channel);
    }
    vane_rx_stage_frame(target, frame, &view, flags, gso, need);
    trace_vane_rx_frame(fn->index, rxq->index, view.len, frame->segments);
    return true;
}

/* The queue of a frame, by rule or by RSS. False if a rule drops it. */
static bool vane_rx_steer(VaneFunction *fn, const VaneFrame *frame, bool untag,
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

static bool vane_rx_takes_tso(const VaneRxQueue *rxq)
{
    return rxq->cpl32 && rxq->opt & VANE_RXQ_OPT_GRO;
}

void vane_rx_frame(VaneFunction *fn, VaneFrame *frame, bool untag)
{
    uint32_t tag = frame->tag_proto && !untag ? VANE_VLAN_TAG_SIZE : 0;
    VaneFrame *segment = fn->dev->frame_segment;
    uint32_t max = vane_function_max_frame(fn);
    enum vane_stat why;
    RxTarget target;
    VaneSegments it;
    uint32_t queue;
    bool fits;

    fn->dev->work += frame->segments;
    if (!vane_function_active(fn)) {
        vane_rx_drop(fn, VANE_STAT_RX_DROP_NOBUF, frame->segments);
        return;
    }
    if (!vane_rx_steer(fn, frame, untag, &target, &queue)) {
        vane_rx_drop(fn, VANE_STAT_RX_DROP_RULE, frame->segments);
        return;
    }
    if (queue >= fn->queues || !fn->rxq[queue].enabled) {
        vane_rx_drop(fn, VANE_STAT_RX_DROP_NOBUF, frame->segments);
        return;
    }
    target.rxq = &fn->rxq[queue];
    fits = vane_frame_wire_len(frame) + tag <= max;
    if (!fits && !frame->mss) {
        vane_rx_drop(fn, VANE_STAT_RX_DROP_OVERSIZE, 1);
        return;
    }

    if (fits && (!frame->mss || vane_rx_takes_tso(target.rxq)) &&
        vane_rxq_put(&target, frame, untag, &why)) {
        vane_count_frame(fn, VANE_STAT_RX_FRAMES, frame, tag);
        return;
    }
    if (!frame->mss) {
        vane_rx_drop(fn, why, 1);
        return;
    }
    vane_segments_start(&it, frame);
    while (vane_segments_next(&it, segment)) {
        if (!target.rxq->enabled) {
            vane_rx_drop(fn, VANE_STAT_RX_DROP_NOBUF, 1);
        } else if (segment->len + tag > max) {
            vane_rx_drop(fn, VANE_STAT_RX_DROP_OVERSIZE, 1);
        } else if (vane_rxq_put(&target, segment, untag, &why)) {
            vane_count_frame(fn, VANE_STAT_RX_FRAMES, segment, tag);
        } else {
            vane_rx_drop(fn, why, 1);
        }
    }
}
