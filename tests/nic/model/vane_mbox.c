/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: mailbox windows of the VFs, and the PF's queues of slots (datasheet,
 * "Mailbox").
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "trace.h"
#include "vane.h"
#include "vane_cmd.h"
#include "vane_dma.h"
#include "vane_fault.h"
#include "vane_irq.h"
#include "vane_mbox.h"

#define RQ_LOG2_MAX             VANE_RING_LOG2_MAX
#define SQ_BUDGET               64      /* slots served in one bottom half */

/*
 * Slot queues
 */

static uint64_t vane_mbox_slot_address(const VaneSlotQueue *queue,
                                       uint16_t index, uint32_t size)
{
    return queue->base + (index & ((1u << queue->size_log2) - 1)) *
                         (uint64_t)size;
}

/* Set in the first pass over the ring, clear in the second, ... */
static uint64_t vane_mbox_slot_phase(const VaneSlotQueue *queue, uint16_t index)
{
    return index >> queue->size_log2 & 1 ? 0 : VANE_SLOT_PHASE;
}

static void vane_slot_queue_stop(VaneDevice *dev, VaneSlotQueue *queue,
                                 enum vane_error error)
{
    queue->enabled = false;
    queue->error = error;
    trace_vane_slot_queue(queue == &dev->rq ? "RQ" : "SQ", false, error);
    vane_update_pf_ready(dev);
    vane_cause(&dev->fn, VANE_EVENT_QUEUE);
}

static enum vane_error vane_slot_queue_check(VaneDevice *dev,
                                             const VaneSlotQueue *queue,
                                             uint32_t log2_min)
{
    uint64_t limit = 1ull << VANE_DMA_ADDR_BITS;
    uint64_t bytes;

    QEMU_BUILD_BUG_ON(sizeof(struct vane_rq_slot) !=
                      sizeof(struct vane_sq_slot));

    if (!dev->fn.enabled) {
        return VANE_ERROR_DISABLED;
    }
    if (queue->size_log2 < log2_min || queue->size_log2 > RQ_LOG2_MAX) {
        return VANE_ERROR_SIZE;
    }
    bytes = sizeof(struct vane_rq_slot) << queue->size_log2;
    if (!queue->base || queue->base % VANE_RING_ALIGN ||
        queue->base >= limit || bytes > limit - queue->base) {
        return VANE_ERROR_ALIGN;
    }
    return VANE_ERROR_NONE;
}

static void vane_slot_queue_enable(VaneDevice *dev, VaneSlotQueue *queue,
                                   const char *name, uint32_t log2_min,
                                   bool enable)
{
    if (enable && queue->enabled) {
        return;
    }
    queue->enabled = false;
    queue->error = VANE_ERROR_NONE;
    if (enable) {
        queue->error = vane_slot_queue_check(dev, queue, log2_min);
        queue->enabled = queue->error == VANE_ERROR_NONE;
        if (queue->error) {
            vane_enable_refused(&dev->fn, name, 0, queue->error);
        }
        queue->head = 0;
        queue->tail = 0;
    }
    trace_vane_slot_queue(name, queue->enabled, queue->error);
}

/*
 * RQ: requests and notices of VFs to the PF
 */

static bool vane_rq_has_work(const VaneFunction *fn)
{
    const VaneMailbox *mbox = &fn->mbox;

    return (mbox->held && !mbox->request_queued && fn->dev->pf_ready) ||
           (mbox->notices && !mbox->notice_queued);
}

static void vane_rq_offer(VaneFunction *fn)
{
    VaneDevice *dev = fn->dev;

    if (vane_rq_has_work(fn)) {
        set_bit(fn->index, dev->mbox_work);
        vane_schedule(dev);
    }
}

/* The slots of all VFs are consumed. */
static void vane_rq_forget(VaneDevice *dev)
{
    for (uint32_t i = 0; i < dev->sriov.total_vfs; i++) {
        VaneMailbox *mbox = &dev->sriov.slice[i].fn.mbox;

        mbox->request_queued = false;
        mbox->notice_queued = false;
    }
}

void vane_rq_enable(VaneDevice *dev, bool enable)
{
    bool was = dev->rq.enabled;

    vane_slot_queue_enable(dev, &dev->rq, "RQ", VANE_RQ_LOG2_MIN, enable);
    if (dev->rq.enabled && !was) {
        vane_rq_forget(dev);
        for (uint32_t i = 0; i < dev->sriov.num_vfs; i++) {
            vane_rq_offer(&dev->sriov.slice[i].fn);
        }
    }
    vane_update_pf_ready(dev);
}

/* Fills one slot; a bus error stops the queue. */
static bool vane_rq_fill(VaneFunction *fn, struct vane_rq_slot *slot,
                         bool notice, const void *msg, uint32_t len)
{
    VaneDevice *dev = fn->dev;
    VaneSlotQueue *rq = &dev->rq;
    uint16_t index = rq->head;
    uint32_t owner = index & ((1u << rq->size_log2) - 1);
    uint64_t addr = vane_mbox_slot_address(rq, index, sizeof(*slot));

    slot->vf = cpu_to_le16(fn->index);
    slot->generation = cpu_to_le32(fn->generation);
    if (!vane_dma_write(&dev->fn, VANE_DMA_MAILBOX, addr, slot,
                        offsetof(struct vane_rq_slot, valid)) ||
        (len && !vane_dma_write(&dev->fn, VANE_DMA_MAILBOX,
                                addr + offsetof(struct vane_rq_slot, msg),
                                msg, len)) ||
        !vane_dma_write64_release(&dev->fn, VANE_DMA_MAILBOX,
                                  addr + offsetof(struct vane_rq_slot, valid),
                                  vane_mbox_slot_phase(rq, index) |
                                  vane_put(VANE_SLOT_LEN, len))) {
        vane_slot_queue_stop(dev, rq, VANE_ERROR_DMA);
        return false;
    }
    rq->owner[owner] = fn->index;
    rq->is_notice[owner] = notice;
    rq->head = vane_index_after(rq->head, 1);
    trace_vane_mbox_posted(fn->index, owner, notice, fn->generation);
    return true;
}

static bool vane_rq_post_request(VaneFunction *fn)
{
    VaneMailbox *mbox = &fn->mbox;
    struct vane_rq_slot slot = { .type = VANE_RQ_REQUEST };

    if (!vane_rq_fill(fn, &slot, false, mbox->posted, mbox->length)) {
        return false;
    }
    mbox->held = false;
    mbox->request_queued = true;
    return true;
}

static bool vane_rq_post_notice(VaneFunction *fn)
{
    VaneMailbox *mbox = &fn->mbox;
    struct vane_rq_slot slot = {
        .type = VANE_RQ_NOTICE,
        .notice = cpu_to_le32(mbox->notices),
        .error = cpu_to_le16(mbox->notice_error),
        .queue = cpu_to_le16(mbox->notice_queue),
    };

    if (!vane_rq_fill(fn, &slot, true, NULL, 0)) {
        return false;
    }
    mbox->notices = 0;
    mbox->notice_error = VANE_ERROR_NONE;
    mbox->notice_queue = 0;
    mbox->notice_queued = true;
    return true;
}

/* A reset is reported before the request that follows it. */
static bool vane_rq_serve(VaneFunction *fn)
{
    VaneMailbox *mbox = &fn->mbox;

    if (mbox->notices && !mbox->notice_queued && !vane_rq_post_notice(fn)) {
        return false;
    }
    return !vane_rq_has_work(fn) || vane_rq_post_request(fn);
}

static void vane_rq_run(VaneDevice *dev)
{
    uint16_t before = dev->rq.head;
    unsigned long vf;

    if (!dev->rq.enabled || !vane_dma_allowed(&dev->fn)) {
        return;
    }
    for (vf = find_first_bit(dev->mbox_work, VANE_MAX_VFS);
         vf < VANE_MAX_VFS;
         vf = find_next_bit(dev->mbox_work, VANE_MAX_VFS, vf + 1)) {
        VaneFunction *fn = &dev->sriov.slice[vf].fn;

        clear_bit(vf, dev->mbox_work);
        if (vane_function_present(fn) && !vane_rq_serve(fn)) {
            break;
        }
    }
    if (dev->rq.head != before) {
        vane_cause(&dev->fn, VANE_EVENT_RQ);
    }
}

void vane_rq_doorbell(VaneDevice *dev, uint16_t tail)
{
    VaneSlotQueue *rq = &dev->rq;

    if (!rq->enabled) {
        return;
    }
    if (vane_index_distance(rq->tail, tail) >
        vane_index_distance(rq->tail, rq->head)) {
        vane_guest_error(&dev->fn, "RQ index %u, written %u", tail, rq->head);
        vane_slot_queue_stop(dev, rq, VANE_ERROR_INDEX);
        return;
    }
    while (rq->tail != tail) {
        uint32_t slot = rq->tail & ((1u << rq->size_log2) - 1);
        VaneFunction *fn = vane_function(dev, rq->owner[slot]);

        rq->tail = vane_index_after(rq->tail, 1);
        if (rq->is_notice[slot]) {
            fn->mbox.notice_queued = false;
        } else {
            fn->mbox.request_queued = false;
        }
        vane_rq_offer(fn);
    }
}

/*
 * The VFs' windows
 */

void vane_mbox_doorbell(VaneFunction *fn, uint32_t length)
{
    VaneMailbox *mbox = &fn->mbox;

    if (vane_is_pf(fn)) {
        mbox->error = VANE_ERROR_MSG;
    } else if (!fn->enabled) {
        mbox->error = VANE_ERROR_DISABLED;
    } else if (length < sizeof(struct vane_msg_hdr) ||
               length > VANE_MBOX_SIZE) {
        mbox->error = VANE_ERROR_MSG;
    } else if (mbox->busy) {
        mbox->error = VANE_ERROR_BUSY;
    } else {
        mbox->error = VANE_ERROR_NONE;
    }
    trace_vane_mbox_doorbell(fn->index, length, mbox->error);
    if (mbox->error) {
        fn->stats[VANE_STAT_MBOX_ERRORS]++;
        if (mbox->error != VANE_ERROR_DISABLED) {
            vane_guest_error(fn, "mailbox doorbell refused: error %u",
                             mbox->error);
        }
        return;
    }
    memcpy(mbox->posted, mbox->request, length);
    mbox->length = length;
    mbox->busy = true;
    mbox->held = vane_fault_spare_message(fn) || !vane_fault_drop_message(fn);
    vane_rq_offer(fn);
    if (mbox->held && !vane_rq_has_work(fn)) {
        trace_vane_mbox_held(fn->index);
    }
}

static void vane_slot_queue_reset(VaneSlotQueue *queue, const char *name)
{
    trace_vane_slot_queue(name, false, VANE_ERROR_NONE);
    queue->enabled = false;
    queue->error = VANE_ERROR_NONE;
    queue->base = 0;
    queue->size_log2 = 0;
    queue->head = 0;
    queue->tail = 0;
}

void vane_mbox_function_reset(VaneFunction *fn)
{
    VaneMailbox *mbox = &fn->mbox;

    if (vane_is_pf(fn)) {
        fn->dev->ctrl_ready = false;
        vane_slot_queue_reset(&fn->dev->rq, "RQ");
        vane_slot_queue_reset(&fn->dev->sq, "SQ");
        vane_rq_forget(fn->dev);
    }
    mbox->busy = false;
    mbox->held = false;
    mbox->error = VANE_ERROR_NONE;
    mbox->delayed_until_ns = 0;
    memset(mbox->request, 0, sizeof(mbox->request));
    memset(mbox->response, 0, sizeof(mbox->response));
}

void vane_notice(VaneFunction *fn, uint32_t bits, uint32_t error,
                 uint32_t queue)
{
    VaneMailbox *mbox = &fn->mbox;

    if (vane_is_pf(fn)) {
        return;
    }
    trace_vane_mbox_notice(fn->index, bits, error, queue);
    if (bits & ~mbox->notices & VANE_NOTICE_QUEUE_ERROR) {
        mbox->notice_error = error;
        mbox->notice_queue = queue;
    }
    mbox->notices |= bits;
    vane_rq_offer(fn);
}

void vane_mbox_resume(VaneDevice *dev)
{
    for (uint32_t i = 0; i < dev->sriov.num_vfs; i++) {
        vane_rq_offer(&dev->sriov.slice[i].fn);
    }
}

static void vane_mbox_response_done(VaneFunction *fn)
{
    fn->mbox.delayed_until_ns = 0;
    fn->mbox.busy = false;
    vane_cause(fn, VANE_EVENT_MBOX);
}

/* Completes responses that a fault delayed, and arms for the next one. */
static void vane_mbox_response_timer(void *opaque)
{
    VaneDevice *dev = opaque;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    int64_t next = INT64_MAX;

    vane_enter(dev);
    for (uint32_t i = 0; i < dev->sriov.num_vfs; i++) {
        VaneFunction *fn = &dev->sriov.slice[i].fn;
        int64_t due = fn->mbox.delayed_until_ns;

        if (due && due <= now) {
            vane_mbox_response_done(fn);
        } else if (due) {
            next = MIN(next, due);
        }
    }
    if (next != INT64_MAX) {
        timer_mod(dev->mbox_timer, next);
    }
    vane_leave(dev);
}

static void vane_mbox_response_delay(VaneFunction *fn, uint32_t ms)
{
    int64_t due = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                  ms * (int64_t)SCALE_MS;

    fn->mbox.delayed_until_ns = due;
    timer_mod_anticipate(fn->dev->mbox_timer, due);
}

/*
 * SQ: the PF's replies and commands
 */

static int vane_sq_reply(VaneDevice *dev, const struct vane_sq_slot *slot)
{
    uint32_t length = sizeof(slot->msg.hdr) + le16_to_cpu(slot->msg.hdr.len);
    VaneFunction *fn = vane_function(dev, le16_to_cpu(slot->vf));
    VaneMailbox *mbox;
    uint32_t delay;
    bool spared;

    if (!fn || vane_is_pf(fn) || !vane_function_present(fn)) {
        return VANE_ERR_NOT_FOUND;
    }
    mbox = &fn->mbox;
    if (length > sizeof(mbox->response)) {
        return VANE_ERR_LENGTH;
    }
    if (!mbox->busy || mbox->held || mbox->delayed_until_ns ||
        le32_to_cpu(slot->generation) != fn->generation) {
        return VANE_ERR_STALE;
    }
    spared = vane_fault_spare_message(fn);
    if (!spared && vane_fault_drop_message(fn)) {
        return VANE_OK;
    }
    memcpy(mbox->response, &slot->msg, length);
    memset(mbox->response + length, 0, sizeof(mbox->response) - length);
    delay = spared ? 0 : vane_fault_response_delay(fn);
    if (delay) {
        vane_mbox_response_delay(fn, delay);
    } else {
        vane_mbox_response_done(fn);
    }
    return VANE_OK;
}

static int vane_sq_execute(VaneDevice *dev, struct vane_sq_slot *slot,
                           uint32_t *answer)
{
    int result;

    *answer = 0;
    if (slot->flags & ~VANE_SQ_IRQ ||
        !buffer_is_zero(slot->reserved, sizeof(slot->reserved))) {
        return VANE_ERR_INVALID;
    }
    switch (slot->type) {
    case VANE_SQ_REPLY:
        result = vane_sq_reply(dev, slot);
        trace_vane_mbox_reply(le16_to_cpu(slot->vf),
                              le16_to_cpu(slot->msg.hdr.op),
                              le16_to_cpu(slot->msg.hdr.status), result);
        return result;
    case VANE_SQ_COMMAND:
        if (slot->vf || slot->generation) {
            return VANE_ERR_INVALID;
        }
        return vane_cmd_execute(dev, &slot->msg, answer);
    default:
        return VANE_ERR_UNSUPPORTED;
    }
}

static bool vane_sq_serve(VaneDevice *dev)
{
    VaneSlotQueue *sq = &dev->sq;
    struct vane_sq_slot slot;
    uint64_t addr = vane_mbox_slot_address(sq, sq->head, sizeof(slot));
    uint64_t phase = vane_mbox_slot_phase(sq, sq->head);
    uint32_t answer;
    uint8_t flags;
    int result;

    if (!vane_dma_read(&dev->fn, VANE_DMA_MAILBOX, addr, &slot,
                       sizeof(slot))) {
        vane_slot_queue_stop(dev, sq, VANE_ERROR_DMA);
        return false;
    }
    if (vane_fault_drop_command(&dev->fn)) {
        sq->head = vane_index_after(sq->head, 1);
        return true;
    }
    flags = slot.flags;
    result = vane_sq_execute(dev, &slot, &answer);
    if ((answer && !vane_dma_write(&dev->fn, VANE_DMA_MAILBOX,
                                   addr + offsetof(struct vane_sq_slot,
                                                   msg.body),
                                   slot.msg.body, answer)) ||
        !vane_dma_write64_release(&dev->fn, VANE_DMA_MAILBOX,
                                  addr + offsetof(struct vane_sq_slot, done),
                                  phase | vane_put(VANE_SLOT_LEN, answer) |
                                  vane_put(VANE_SLOT_STATUS, result))) {
        vane_slot_queue_stop(dev, sq, VANE_ERROR_DMA);
        return false;
    }
    sq->head = vane_index_after(sq->head, 1);
    if (flags & VANE_SQ_IRQ) {
        vane_cause(&dev->fn, VANE_EVENT_SQ);
    }
    return true;
}

/* True if slots are left when the budget is used up. */
static bool vane_sq_run(VaneDevice *dev)
{
    VaneSlotQueue *sq = &dev->sq;

    for (int i = 0; i < SQ_BUDGET; i++) {
        if (!sq->enabled || sq->head == sq->tail ||
            !vane_dma_allowed(&dev->fn)) {
            return false;
        }
        if (!vane_sq_serve(dev)) {
            return false;
        }
    }
    return sq->head != sq->tail;
}

void vane_sq_enable(VaneDevice *dev, bool enable)
{
    vane_slot_queue_enable(dev, &dev->sq, "SQ", VANE_RING_LOG2_MIN, enable);
    vane_update_pf_ready(dev);
}

void vane_sq_doorbell(VaneDevice *dev, uint16_t tail)
{
    VaneSlotQueue *sq = &dev->sq;

    if (!sq->enabled) {
        return;
    }
    if (vane_index_distance(sq->head, tail) > 1u << sq->size_log2 ||
        vane_index_distance(sq->head, tail) <
            vane_index_distance(sq->head, sq->tail)) {
        vane_guest_error(&dev->fn, "SQ index %u, done %u", tail, sq->head);
        vane_slot_queue_stop(dev, sq, VANE_ERROR_INDEX);
        return;
    }
    sq->tail = tail;
    vane_schedule(dev);
}

bool vane_mbox_run(VaneDevice *dev)
{
    bool more = vane_sq_run(dev);

    vane_rq_run(dev);
    return more;
}

/*
 * Life
 */

void vane_mbox_reset(VaneDevice *dev)
{
    for (uint32_t i = 0; i < dev->sriov.total_vfs; i++) {
        dev->sriov.slice[i].fn.mbox.notices = 0;
    }
    bitmap_zero(dev->mbox_work, VANE_MAX_VFS);
}

void vane_mbox_init(VaneDevice *dev)
{
    dev->rq.owner = g_new0(uint16_t, 1u << RQ_LOG2_MAX);
    dev->rq.is_notice = g_new0(bool, 1u << RQ_LOG2_MAX);
    dev->mbox_timer =
        timer_new_ns(QEMU_CLOCK_VIRTUAL, vane_mbox_response_timer, dev);
}

void vane_mbox_finalize(VaneDevice *dev)
{
    timer_free(dev->mbox_timer);
    g_free(dev->rq.is_notice);
    g_free(dev->rq.owner);
}
