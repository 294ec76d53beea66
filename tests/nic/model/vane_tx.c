/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: transmit queues (datasheet, "Transmit").
 *
 * Descriptors are read ahead in batches and kept. The fragments of a frame are
 * mapped, not copied; only its head is copied, once.
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/iov.h"
#include "qemu/rcu.h"
#include "trace.h"
#include "vane.h"
#include "vane_channel.h"
#include "vane_dma.h"
#include "vane_irq.h"
#include "vane_offload.h"
#include "vane_ring.h"
#include "vane_sched.h"
#include "vane_switch.h"
#include "vane_tag.h"
#include "vane_tx.h"

/* Frames that are delivered for one queue before the next one's turn */
#define TXQ_BUDGET  64

/*
 * A queue with a shadow doorbell that had POLL_FRAMES frames at once is likely
 * to have more soon. It is polled every POLL_NS, POLLS times even if it has
 * fewer frames, and not asked to ring meanwhile. Polling costs the device what
 * ringing costs the function, so at most POLL_QUEUES queues of a function are
 * polled, and none if the vCPU that rings does the work.
 */
#define POLL_FRAMES 8
#define POLL_NS     (20 * SCALE_US)
#define POLLS       3
#define POLL_QUEUES 2

/* Descriptors that may be done before the driver is told */
#define DEFER_DESCS  64

/* What the first descriptor of a frame asks for, and its length */
typedef struct TxRequest {
    uint64_t flags;
    uint64_t ctrl;
    uint32_t len;
    /* An extension before it names a channel */
    bool named;
    uint32_t channel;
    /* What came of it, and what it took of the wire, or would have taken */
    VaneSwitchResult result;
    uint64_t cost;
} TxRequest;

static void vane_txq_error(VaneTxQueue *txq, enum vane_error error)
{
    vane_queue_error(txq->fn, VANE_RQ_QUEUE_TX | txq->index, error);
}

bool vane_txq_set_tail(VaneTxQueue *txq, uint32_t value)
{
    uint16_t tail = vane_get(value, VANE_DB_TX_TAIL);
    uint16_t ahead = vane_index_distance(txq->head, tail);

    if (value & ~VANE_DB_TX_TAIL) {
        vane_txq_error(txq, VANE_ERROR_RESERVED);
        return false;
    }
    if (ahead > 1u << txq->size_log2) {
        vane_txq_error(txq, VANE_ERROR_INDEX);
        return false;
    }
    /* A doorbell may be overtaken by what the shadow said after it. */
    if (ahead > vane_index_distance(txq->head, txq->tail)) {
        txq->tail = tail;
    }
    return true;
}

/* Reads more descriptors ahead. The caller knows of some, and of room. */
static bool vane_txq_fetch(VaneTxQueue *txq)
{
    uint16_t mask = (1u << txq->size_log2) - 1;
    uint16_t at = vane_index_after(txq->head, txq->fetched_count);
    unsigned n = MIN(vane_index_distance(at, txq->tail),
                     mask + 1 - (at & mask));
    struct vane_tx_desc *to;

    memmove(txq->fetched, txq->fetched + txq->fetched_first,
            txq->fetched_count * sizeof(*txq->fetched));
    txq->fetched_first = 0;
    n = MIN(n, VANE_TX_FETCH - txq->fetched_count);
    to = txq->fetched + txq->fetched_count;
    if (!vane_dma_read(txq->fn, VANE_DMA_DESCRIPTOR,
                       txq->base + (at & mask) * sizeof(*to), to,
                       n * sizeof(*to))) {
        return false;
    }
    txq->fetched_count += n;
    while (n--) {
        to->addr = le64_to_cpu(to->addr);
        to->ctrl = le64_to_cpu(to->ctrl);
        to++;
    }
    return true;
}

/* Reads all descriptors of the next frame, if necessary, and counts them. */
static enum vane_error vane_txq_next_frame(VaneTxQueue *txq, unsigned *count)
{
    unsigned n = 0;

    for (;;) {
        while (n < txq->fetched_count) {
            if (txq->fetched[txq->fetched_first + n++].addr & VANE_TXD_EOP) {
                *count = n;
                return VANE_ERROR_NONE;
            }
            if (n == VANE_TX_MAX_DESC) {
                return VANE_ERROR_CHAIN;
            }
        }
        if (vane_index_after(txq->head, txq->fetched_count) == txq->tail) {
            return VANE_ERROR_CHAIN;
        }
        if (!vane_txq_fetch(txq)) {
            return VANE_ERROR_DMA;
        }
    }
}

static uint32_t vane_tx_fragment_len(const struct vane_tx_desc *desc)
{
    return vane_get(desc->ctrl, VANE_TXD_LEN) ?: VANE_TXD_LEN + 1;
}

static enum vane_error vane_tx_check_extension(const VaneFunction *fn,
                                               const struct vane_tx_desc *desc)
{
    if (desc->addr != VANE_TXD_EXT || desc->ctrl & ~VANE_TXD_CHANNEL) {
        return VANE_ERROR_RESERVED;
    }
    return fn->features_drv & VANE_FEAT_TX_CHANNEL ? VANE_ERROR_NONE :
                                                     VANE_ERROR_FEATURE_UNUSED;
}

static enum vane_error vane_tx_check_first(const VaneFunction *fn,
                                           const struct vane_tx_desc *desc)
{
    uint64_t features = fn->features_drv;
    uint64_t legal = VANE_TXD_LEN;

    if (desc->addr & (VANE_TXD_FLAGS_RSVD | VANE_TXD_EXT)) {
        return VANE_ERROR_RESERVED;
    }
    if (desc->addr & VANE_TXD_VLAN) {
        legal |= VANE_TXD_TCI;
    }
    switch (desc->addr & (VANE_TXD_CSUM | VANE_TXD_TSO)) {
    case VANE_TXD_CSUM:
        legal |= VANE_TXD_CSUM_START | VANE_TXD_CSUM_OFFSET;
        break;
    case VANE_TXD_TSO:
        legal |= VANE_TXD_MSS | VANE_TXD_HDR_LEN;
        break;
    case VANE_TXD_CSUM | VANE_TXD_TSO:
        return VANE_ERROR_RESERVED;
    }
    if (desc->ctrl & ~legal) {
        return VANE_ERROR_RESERVED;
    }
    if ((desc->addr & VANE_TXD_VLAN && !(features & VANE_FEAT_VLAN_INSERT)) ||
        (desc->addr & VANE_TXD_CSUM && !(features & VANE_FEAT_TX_CSUM)) ||
        (desc->addr & VANE_TXD_TSO &&
         !(features & (VANE_FEAT_TSO4 | VANE_FEAT_TSO6)))) {
        return VANE_ERROR_FEATURE_UNUSED;
    }
    return VANE_ERROR_NONE;
}

static enum vane_error vane_tx_check_frame(const VaneFunction *fn,
                                           const struct vane_tx_desc *desc,
                                           unsigned count, TxRequest *req)
{
    enum vane_error error = vane_tx_check_first(fn, desc);

    if (error) {
        return error;
    }
    req->flags = desc->addr;
    req->ctrl = desc->ctrl;
    req->len = vane_tx_fragment_len(desc);
    for (unsigned i = 1; i < count; i++) {
        if (desc[i].addr & ~(VANE_TXD_ADDR | VANE_TXD_EOP) ||
            desc[i].ctrl & ~VANE_TXD_LEN) {
            return VANE_ERROR_RESERVED;
        }
        req->len += vane_tx_fragment_len(&desc[i]);
    }
    if (req->flags & VANE_TXD_TSO) {
        uint32_t header = vane_get(req->ctrl, VANE_TXD_HDR_LEN);

        if (req->len > VANE_TX_MAX_TSO || header < VANE_MIN_FRAME ||
            header > vane_tx_fragment_len(desc)) {
            return VANE_ERROR_LENGTH;
        }
    }
    return VANE_ERROR_NONE;
}

/*
 * The same for a frame that may begin with an extension, which the request then
 * has: @desc and @count are those of the frame itself.
 */
static enum vane_error vane_tx_check(const VaneFunction *fn,
                                     const struct vane_tx_desc **desc,
                                     unsigned *count, TxRequest *req)
{
    enum vane_error error;

    req->named = (*desc)->addr & VANE_TXD_EXT;
    if (req->named) {
        error = vane_tx_check_extension(fn, *desc);
        if (error) {
            return error;
        }
        /* It is not the last of the frame, so there is another. */
        req->channel = vane_get((*desc)->ctrl, VANE_TXD_CHANNEL);
        ++*desc;
        --*count;
    }
    return vane_tx_check_frame(fn, *desc, *count, req);
}

/* Bytes of the frame that have to be copied. */
static uint32_t vane_tx_head_len(const TxRequest *req)
{
    uint32_t len = VANE_FRAME_PARSED;

    if (req->flags & VANE_TXD_TSO) {
        return vane_get(req->ctrl, VANE_TXD_HDR_LEN);
    }
    if (req->flags & VANE_TXD_CSUM) {
        len = MAX(len, vane_get(req->ctrl, VANE_TXD_CSUM_START) +
                       2 * vane_get(req->ctrl, VANE_TXD_CSUM_OFFSET) +
                       sizeof(uint16_t));
    }
    return MIN(len, req->len);
}

/* Drops the first @bytes of the pieces, which were copied. */
static void vane_tx_skip_head(VaneFrame *frame, size_t bytes)
{
    unsigned skip = 0;

    while (skip < frame->pieces && bytes >= frame->piece[skip].iov_len) {
        bytes -= frame->piece[skip++].iov_len;
    }
    frame->pieces -= skip;
    memmove(frame->piece, frame->piece + skip,
            frame->pieces * sizeof(*frame->piece));
    if (frame->pieces) {
        frame->piece[0].iov_base = (uint8_t *)frame->piece[0].iov_base + bytes;
        frame->piece[0].iov_len -= bytes;
    }
}

static bool vane_tx_gather(VaneFunction *fn, const struct vane_tx_desc *desc,
                           unsigned count, const TxRequest *req,
                           VaneFrame *frame)
{
    QEMU_BUILD_BUG_ON(VANE_FRAME_HEAD <
                      VANE_FIELD_MAX(VANE_TXD_CSUM_START) +
                      2 * VANE_FIELD_MAX(VANE_TXD_CSUM_OFFSET) +
                      sizeof(uint16_t));
    QEMU_BUILD_BUG_ON(VANE_FRAME_HEAD < VANE_FIELD_MAX(VANE_TXD_HDR_LEN));

    frame->pieces = 0;
    for (unsigned i = 0; i < count; i++) {
        if (!vane_dma_map(fn, VANE_DMA_PAYLOAD, desc[i].addr & VANE_TXD_ADDR,
                          vane_tx_fragment_len(&desc[i]), frame->piece,
                          &frame->pieces, VANE_FRAME_PIECES)) {
            return false;
        }
    }
    frame->data = frame->room + VANE_FRAME_ROOM;
    frame->len = req->len;
    frame->head_len = vane_tx_head_len(req);
    frame->tag_proto = 0;
    frame->named = req->named;
    frame->channel = req->named ? req->channel : 0;
    frame->mss = 0;
    frame->segments = 1;
    iov_to_buf(frame->piece, frame->pieces, 0, frame->data, frame->head_len);
    vane_tx_skip_head(frame, frame->head_len);
    return true;
}

/*
 * Applies the offloads that the descriptor requests. In memory, a channel tag
 * of @popped bytes is before what they are about.
 */
static bool vane_tx_apply_offloads(const VaneFunction *fn, const TxRequest *req,
                                   uint32_t popped, VaneFrame *frame)
{
    vane_frame_parse(frame);
    if (req->flags & VANE_TXD_TSO) {
        uint64_t feature = frame->ipv6 ? VANE_FEAT_TSO6 : VANE_FEAT_TSO4;

        return vane_tso_prepare(frame, vane_get(req->ctrl, VANE_TXD_MSS)) &&
               fn->features_drv & feature;
    }
    if (req->flags & VANE_TXD_CSUM) {
        uint32_t start = vane_get(req->ctrl, VANE_TXD_CSUM_START);
        uint32_t field = start + 2 * vane_get(req->ctrl, VANE_TXD_CSUM_OFFSET);

        if (field + sizeof(uint16_t) > frame->len + popped ||
            (popped && start < VANE_TAG_OFFSET + popped)) {
            return false;
        }
        vane_csum_insert(frame, start - popped, field - popped);
    }
    return true;
}

static void vane_tx_drop(VaneFunction *fn, enum vane_stat why, uint32_t frames)
{
    trace_vane_tx_drop(fn->index, why);
    fn->stats[why] += frames;
}

static bool vane_tx_too_long(const VaneFunction *fn, const TxRequest *req,
                             uint32_t bytes)
{
    return !(req->flags & VANE_TXD_TSO) && bytes > vane_function_max_frame(fn);
}

/*
 * Makes of the bytes in memory the frame that the switch gets; @seen are those
 * that it has to its sender. False if it was dropped.
 */
static bool vane_tx_prepare(VaneFunction *fn, TxRequest *req, VaneFrame *frame,
                            uint32_t *seen)
{
    uint32_t popped = 0;

    if (!req->named && !(req->flags & VANE_TXD_VLAN)) {
        popped = vane_channel_pop_granted(fn, frame);
        *seen -= popped;
    }
    if (vane_tx_too_long(fn, req, *seen)) {
        vane_tx_drop(fn, VANE_STAT_TX_DROP_OVERSIZE, 1);
        return false;
    }
    if (!vane_tx_apply_offloads(fn, req, popped, frame)) {
        vane_tx_drop(fn, VANE_STAT_TX_DROP_MALFORMED, 1);
        return false;
    }
    if (req->flags & VANE_TXD_VLAN) {
        vane_tag_push(frame, ETH_P_VLAN, vane_get(req->ctrl, VANE_TXD_TCI));
    }
    if (!vane_tag_pop(frame)) {
        vane_tx_drop(fn, VANE_STAT_TX_DROP_MALFORMED, 1);
        return false;
    }
    req->cost = vane_frame_wire_cost(frame, vane_switch_tag_bytes(fn, frame));
    if (vane_frame_wire_len(frame) + *seen - frame->len >
        vane_function_max_frame(fn)) {
        vane_tx_drop(fn, VANE_STAT_TX_DROP_OVERSIZE, frame->segments);
        return false;
    }
    return true;
}

/* Sends one frame, which the descriptors' checks let pass. */
static enum vane_error vane_txq_send(VaneTxQueue *txq,
                                     const struct vane_tx_desc *desc,
                                     unsigned count, TxRequest *req)
{
    VaneFunction *fn = txq->fn;
    VaneFrame *frame = fn->dev->frame_tx;
    uint32_t tag = req->flags & VANE_TXD_VLAN ? VANE_VLAN_TAG_SIZE : 0;
    uint32_t seen = req->len + tag;

    req->result = VANE_SWITCH_DONE;
    /* Too long counts as the longest: others wait for what this one costs. */
    req->cost = MAX(seen, VANE_WIRE_FRAME_MIN) + VANE_WIRE_OVERHEAD;
    if (!(req->flags & VANE_TXD_TSO)) {
        req->cost = MIN(req->cost, VANE_MAX_FRAME + VANE_WIRE_OVERHEAD);
    }
    if (req->len < VANE_MIN_FRAME) {
        vane_tx_drop(fn, VANE_STAT_TX_DROP_MALFORMED, 1);
        return VANE_ERROR_NONE;
    }
    if (vane_tx_too_long(fn, req, seen - MIN(seen, vane_channel_room(fn)))) {
        vane_tx_drop(fn, VANE_STAT_TX_DROP_OVERSIZE, 1);
        return VANE_ERROR_NONE;
    }

    RCU_READ_LOCK_GUARD();
    if (!vane_tx_gather(fn, desc, count, req, frame)) {
        return VANE_ERROR_DMA;
    }
    if (!vane_tx_prepare(fn, req, frame, &seen)) {
        return VANE_ERROR_NONE;
    }
    trace_vane_tx_frame(fn->index, txq->index, frame->len, frame->segments);
    req->result = vane_switch_transmit(fn, frame, seen - frame->len,
                                       &txq->next_receiver);
    return VANE_ERROR_NONE;
}

static bool vane_txq_read_shadow(VaneTxQueue *txq)
{
    uint32_t tail;

    if (!vane_dma_read32_acquire(txq->fn, VANE_DMA_SHADOW, txq->shadow +
                                 offsetof(struct vane_shadow, tail), &tail)) {
        vane_txq_error(txq, VANE_ERROR_DMA);
        return false;
    }
    return vane_txq_set_tail(txq, tail) && txq->head != txq->tail;
}

/*
 * The queue seems to be empty. With a shadow doorbell, requests a real one from
 * now on and then checks once more. True if there is a frame after all.
 */
static bool vane_txq_look_again(VaneTxQueue *txq)
{
    if (!txq->shadow) {
        return false;
    }
    if (!vane_dma_write32_release(txq->fn, VANE_DMA_SHADOW, txq->shadow +
                                  offsetof(struct vane_shadow, event),
                                  txq->head)) {
        vane_txq_error(txq, VANE_ERROR_DMA);
        return false;
    }
    /* Either this read sees the driver's tail, or it sees our event. */
    smp_mb();
    return vane_txq_read_shadow(txq);
}

/* The queue seems to be empty after @frames. False if it must ring. */
static bool vane_txq_poll_later(VaneTxQueue *txq, unsigned frames)
{
    VaneDevice *dev = txq->fn->dev;

    if (frames >= POLL_FRAMES) {
        txq->polls = POLLS;
    }
    if (!txq->shadow || !txq->polls || txq->fn->polled == POLL_QUEUES ||
        dev->by_vcpu) {
        return false;
    }
    txq->polls--;
    txq->polled = true;
    txq->fn->polled++;
    QTAILQ_INSERT_TAIL(&dev->tx_polled, txq, next_polled);
    if (!timer_pending(dev->poll_timer)) {
        timer_mod(dev->poll_timer,
                  qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + POLL_NS);
    }
    return true;
}

void vane_txq_unpoll(VaneTxQueue *txq)
{
    if (txq->polled) {
        txq->polled = false;
        txq->fn->polled--;
        QTAILQ_REMOVE(&txq->fn->dev->tx_polled, txq, next_polled);
    }
}

static void vane_tx_poll_timer(void *opaque)
{
    VaneDevice *dev = opaque;
    VaneTxQueue *txq;

    QTAILQ_FOREACH(txq, &dev->tx_polled, next_polled) {
        vane_sched_queue(txq);
    }
    vane_schedule(dev);
}

void vane_tx_init(VaneDevice *dev)
{
    QTAILQ_INIT(&dev->tx_polled);
    dev->poll_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, vane_tx_poll_timer, dev);
}

void vane_tx_finalize(VaneDevice *dev)
{
    g_clear_pointer(&dev->poll_timer, timer_free);
}

/*
 * Tells the driver how far its descriptors have been read. After only a few
 * frames, the event may be deferred.
 */
static void vane_txq_tell_head(VaneTxQueue *txq, unsigned frames,
                               uint32_t bytes)
{
    uint16_t descs = vane_index_distance(txq->stored, txq->head);

    if (!txq->enabled || !descs) {
        return;
    }
    if (!vane_dma_write64_release(txq->fn, VANE_DMA_HEAD, txq->head_addr,
                                  txq->head)) {
        vane_txq_error(txq, VANE_ERROR_DMA);
        return;
    }
    txq->stored = txq->head;
    if (txq->shadow && frames < POLL_FRAMES) {
        /* Early enough that the smallest ring does not fill up before. */
        vane_event_deferred(txq->fn, txq->vector, descs,
                            MIN(DEFER_DESCS, 1u << txq->size_log2 >> 2), bytes);
    } else {
        vane_event(txq->fn, txq->vector, 1);
    }
}

/* Sends the next frame of the queue, unless it has to wait. */
static enum vane_error vane_txq_send_next(VaneTxQueue *txq, TxRequest *req)
{
    const struct vane_tx_desc *desc;
    enum vane_error error;
    unsigned count, pieces;
    bool begun;

    error = vane_txq_next_frame(txq, &count);
    if (error) {
        return error;
    }
    desc = txq->fetched + txq->fetched_first;
    pieces = count;
    error = vane_tx_check(txq->fn, &desc, &pieces, req);
    if (error) {
        return error;
    }
    txq->fn->dev->work = 0;
    begun = txq->next_receiver;
    error = vane_txq_send(txq, desc, pieces, req);
    if (begun) {
        /* Its sender may have changed it meanwhile, and not paid for yet. */
        req->cost = txq->begun_cost;
    } else {
        txq->begun_cost = req->cost;
    }
    if (error || req->result != VANE_SWITCH_DONE) {
        return error;
    }
    txq->next_receiver = 0;
    txq->fetched_first += count;
    txq->fetched_count -= count;
    txq->head = vane_index_after(txq->head, count);
    vane_sched_charge(txq->fn, req->cost);
    return VANE_ERROR_NONE;
}

VaneTurn vane_txq_run(VaneTxQueue *txq, unsigned *budget)
{
    unsigned share = MIN(TXQ_BUDGET, *budget);
    unsigned frames = 0;
    unsigned work = 0;
    uint32_t bytes = 0;
    VaneTurn turn = VANE_TURN_MORE;

    if (txq->polled) {
        vane_txq_unpoll(txq);
        vane_txq_read_shadow(txq);
    }
    while (work < share && txq->enabled &&
           !vane_sched_spent(&txq->fn->sched)) {
        enum vane_error error;
        TxRequest req;

        if (txq->head == txq->tail &&
            (vane_txq_poll_later(txq, frames) || !vane_txq_look_again(txq))) {
            turn = VANE_TURN_EMPTY;
            break;
        }
        error = vane_txq_send_next(txq, &req);
        if (error) {
            vane_txq_tell_head(txq, frames, bytes);
            vane_txq_error(txq, error);
            break;
        }
        if (req.result != VANE_SWITCH_DONE) {
            turn = req.result == VANE_SWITCH_UNFINISHED ? VANE_TURN_LONG
                                                        : VANE_TURN_UPLINK;
            break;
        }
        frames++;
        bytes += req.len;
        work += MAX(txq->fn->dev->work, 1);
    }
    vane_txq_tell_head(txq, frames, bytes);
    /*
     * A frame may be more than the share. A part of a frame is enough for the
     * bottom half, whoever is next.
     */
    *budget -= turn == VANE_TURN_LONG ? *budget : MIN(*budget, MAX(work, 1));
    /* With a shadow doorbell no queue is left without asking for a real one. */
    if (!txq->enabled || (txq->head == txq->tail && !txq->shadow)) {
        return VANE_TURN_EMPTY;
    }
    return turn;
}
