/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: the transmit scheduler (datasheet, "Transmit rates").
 *
 * Ports with pending queues take turns by bytes (deficit round robin), and the
 * queues of a port take turns within it. A port over its own or its group's
 * maximum is parked until its bucket has tokens again. When the bucket for the
 * speed of the uplink is empty, all ports wait. From then until that bucket is
 * full again, ports below their own or their group's share are served before
 * the port whose turn it is. They keep their place in the round robin, which
 * distributes the remaining bandwidth. After a part of a frame that such a port
 * sends (vane_txq_run()), the round robin has a turn.
 *
 * A bucket may be overdrawn by one frame, which is paid for by waiting, so the
 * size of a frame need not be known before it is sent. What waits does so for a
 * millisecond's worth of tokens at least: a timer for each frame would cost
 * more than the frame.
 *
 * A queue whose next frame is for the uplink, while that is paused and can keep
 * no more, waits aside. Other queues of its port, and other ports, go on.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "trace.h"
#include "vane.h"
#include "vane_dma.h"
#include "vane_fault.h"
#include "vane_link.h"
#include "vane_sched.h"
#include "vane_tx.h"

/* Tokens of a byte: at 1 Mb/s it takes 8000 ns. */
#define TOKENS_PER_BYTE     8000
/* A bucket holds what its rate sends in this time, or this many bytes. */
#define BURST_NS            (10 * SCALE_MS)
#define BURST_BYTES         (128 * KiB)
/* A waiting port resumes when its bucket has what its rate sends in this. */
#define WAKE_NS             SCALE_MS
/* Bytes of a port's turn */
#define TURN_BYTES          (64 * KiB)

/*
 * Buckets
 */

static int64_t vane_bucket_size(const VaneBucket *bucket)
{
    return MAX((int64_t)bucket->rate * BURST_NS,
               (int64_t)BURST_BYTES * TOKENS_PER_BYTE);
}

/* Nanoseconds from filled_ns until the bucket has @tokens, at most its size */
static int64_t vane_bucket_delay(const VaneBucket *bucket, int64_t tokens)
{
    return tokens > bucket->tokens ?
           DIV_ROUND_UP(tokens - bucket->tokens, bucket->rate) : 0;
}

static void vane_bucket_fill(VaneBucket *bucket, int64_t now)
{
    int64_t size = vane_bucket_size(bucket);
    int64_t ns = now - bucket->filled_ns;

    if (!bucket->rate || ns <= 0) {
        return;
    }
    /* Compare times: after a long one the product with the rate overflows. */
    if (ns >= vane_bucket_delay(bucket, size)) {
        bucket->tokens = size;
    } else {
        bucket->tokens += ns * bucket->rate;
    }
    bucket->filled_ns = now;
}

/* Tokens that were saved up or overdrawn at the old rate are kept. */
static void vane_bucket_set_rate(VaneBucket *bucket, uint32_t rate, int64_t now)
{
    bool fresh = !bucket->rate;

    if (rate == bucket->rate) {
        return;
    }
    vane_bucket_fill(bucket, now);
    bucket->rate = rate;
    bucket->filled_ns = now;
    bucket->tokens = fresh ? vane_bucket_size(bucket) :
                             MIN(bucket->tokens, vane_bucket_size(bucket));
}

/* True if tokens are left, or if there is no rate. */
static bool vane_bucket_take(VaneBucket *bucket, int64_t tokens)
{
    if (!bucket->rate) {
        return true;
    }
    bucket->tokens -= tokens;
    return bucket->tokens > 0;
}

static bool vane_bucket_open(const VaneBucket *bucket)
{
    return !bucket->rate || bucket->tokens > 0;
}

/* When ports that wait for the bucket resume */
static int64_t vane_bucket_wake_ns(const VaneBucket *bucket)
{
    return bucket->rate ? bucket->filled_ns +
           vane_bucket_delay(bucket, (int64_t)bucket->rate * WAKE_NS) : 0;
}

/* Traffic beyond the share is not charged to it. */
static void vane_share_take(VaneBucket *share, int64_t tokens)
{
    if (share->rate && share->tokens > 0) {
        share->tokens -= tokens;
    }
}

static bool vane_share_below(const VaneBucket *share)
{
    return share->rate && share->tokens > 0;
}

/*
 * Ports. Group 0 never gets a rate.
 */

static VaneRate *vane_sched_group_of(const VaneFunction *fn)
{
    return &fn->dev->sched.group[fn->port.rate_group];
}

static void vane_port_fill(VaneFunction *fn)
{
    VaneRate *group = vane_sched_group_of(fn);
    int64_t now = fn->dev->sched.now_ns;

    vane_bucket_fill(&fn->sched.rate.max, now);
    vane_bucket_fill(&fn->sched.rate.share, now);
    vane_bucket_fill(&group->max, now);
    vane_bucket_fill(&group->share, now);
}

static bool vane_port_open(const VaneFunction *fn)
{
    return vane_bucket_open(&fn->sched.rate.max) &&
           vane_bucket_open(&vane_sched_group_of(fn)->max);
}

static bool vane_port_below_share(const VaneFunction *fn)
{
    return vane_share_below(&fn->sched.rate.share) ||
           vane_share_below(&vane_sched_group_of(fn)->share);
}

/* Puts the port at the end of one of the lists for shares. */
static void vane_share_list(VaneFunction *fn, VaneShareList list)
{
    VaneSched *sched = &fn->dev->sched;

    if (fn->sched.share_list != VANE_SHARE_NONE) {
        QTAILQ_REMOVE(&sched->share_list[fn->sched.share_list], fn,
                      sched.next_share);
    }
    fn->sched.share_list = list;
    if (list != VANE_SHARE_NONE) {
        QTAILQ_INSERT_TAIL(&sched->share_list[list], fn, sched.next_share);
    }
}

/* Puts the port at the end of a list. */
static void vane_port_list(VaneFunction *fn, VaneSchedList list)
{
    VaneSched *sched = &fn->dev->sched;

    if (list != VANE_SCHED_TURN) {
        vane_share_list(fn, VANE_SHARE_NONE);
    }
    if (fn->sched.list != VANE_SCHED_IDLE) {
        QTAILQ_REMOVE(&sched->list[fn->sched.list], fn, sched.next);
    }
    fn->sched.list = list;
    if (list != VANE_SCHED_IDLE) {
        QTAILQ_INSERT_TAIL(&sched->list[list], fn, sched.next);
    }
}

static bool vane_sched_has_share(const VaneFunction *fn)
{
    return fn->sched.rate.share.rate || vane_sched_group_of(fn)->share.rate;
}

/* The port may send; vane_sched_next() checks whether it can. */
static void vane_port_ready(VaneFunction *fn)
{
    vane_port_list(fn, VANE_SCHED_TURN);
    if (fn->sched.share_list == VANE_SHARE_NONE && vane_sched_has_share(fn)) {
        vane_share_list(fn, VANE_SHARE_BELOW);
    }
}

/* Its own or its group's rates changed: it may resume, and have a share. */
static void vane_port_rated(VaneFunction *fn)
{
    if (fn->sched.list != VANE_SCHED_IDLE) {
        vane_share_list(fn, VANE_SHARE_NONE);
        vane_port_ready(fn);
    }
}

static void vane_port_park(VaneFunction *fn)
{
    VaneSched *sched = &fn->dev->sched;

    fn->sched.wake_ns = MAX(vane_bucket_wake_ns(&fn->sched.rate.max),
                            vane_bucket_wake_ns(&vane_sched_group_of(fn)->max));
    sched->wake_ns = MIN(sched->wake_ns, fn->sched.wake_ns);
    trace_vane_sched_park(fn->index, fn->sched.wake_ns - sched->now_ns);
    vane_port_list(fn, VANE_SCHED_PARKED);
}

/* Readies the parked ports whose wake-up time has come. */
static void vane_sched_wake_parked(VaneDevice *dev)
{
    VaneSched *sched = &dev->sched;
    VaneFunction *fn, *next;

    sched->wake_ns = INT64_MAX;
    QTAILQ_FOREACH_SAFE(fn, &sched->list[VANE_SCHED_PARKED], sched.next, next) {
        if (fn->sched.wake_ns <= sched->now_ns) {
            trace_vane_sched_resume(fn->index);
            vane_port_ready(fn);
        } else {
            sched->wake_ns = MIN(sched->wake_ns, fn->sched.wake_ns);
        }
    }
}

/* The bucket for the speed has tokens again, and those of shares may have. */
static void vane_sched_unblock(VaneDevice *dev)
{
    VaneSched *sched = &dev->sched;
    VaneFunction *fn;

    sched->blocked = false;
    while ((fn = QTAILQ_FIRST(&sched->share_list[VANE_SHARE_AT]))) {
        vane_share_list(fn, VANE_SHARE_BELOW);
    }
}

static void vane_sched_update_speed(VaneDevice *dev)
{
    VaneSched *sched = &dev->sched;

    sched->now_ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    vane_bucket_set_rate(&sched->speed, dev->link_up ? dev->speed : 0,
                         sched->now_ns);
    vane_bucket_fill(&sched->speed, sched->now_ns);
}

static void vane_sched_timer(void *opaque)
{
    VaneDevice *dev = opaque;

    dev->sched.armed_ns = INT64_MAX;
    vane_schedule(dev);
}

void vane_sched_init(VaneDevice *dev)
{
    VaneSched *sched = &dev->sched;

    for (int i = 0; i < VANE_SCHED_LISTS; i++) {
        QTAILQ_INIT(&sched->list[i]);
    }
    for (int i = 0; i < VANE_SHARE_LISTS; i++) {
        QTAILQ_INIT(&sched->share_list[i]);
    }
    QTAILQ_INIT(&sched->uplink);
    sched->wake_ns = INT64_MAX;
    sched->armed_ns = INT64_MAX;
    sched->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, vane_sched_timer, dev);
}

void vane_sched_finalize(VaneDevice *dev)
{
    g_clear_pointer(&dev->sched.timer, timer_free);
}

void vane_sched_port_init(VaneFunction *fn)
{
    fn->sched.list = VANE_SCHED_IDLE;
    fn->sched.share_list = VANE_SHARE_NONE;
    QTAILQ_INIT(&fn->sched.queues);
}

void vane_sched_queue(VaneTxQueue *txq)
{
    VaneFunction *fn = txq->fn;

    if (txq->waiting) {
        return;
    }
    if (!txq->pending) {
        txq->pending = true;
        QTAILQ_INSERT_TAIL(&fn->sched.queues, txq, next);
    }
    vane_sched_resume(fn);
}

void vane_sched_unqueue(VaneTxQueue *txq)
{
    VaneFunction *fn = txq->fn;

    if (txq->waiting) {
        txq->waiting = false;
        QTAILQ_REMOVE(&fn->dev->sched.uplink, txq, next);
    }
    if (txq->pending) {
        txq->pending = false;
        QTAILQ_REMOVE(&fn->sched.queues, txq, next);
        if (QTAILQ_EMPTY(&fn->sched.queues)) {
            vane_port_list(fn, VANE_SCHED_IDLE);
        }
    }
}

void vane_sched_resume(VaneFunction *fn)
{
    if (fn->sched.list == VANE_SCHED_IDLE &&
        !QTAILQ_EMPTY(&fn->sched.queues)) {
        vane_port_ready(fn);
    }
}

/* Whose frame is still for an uplink that can keep no more waits again. */
static void vane_sched_resume_uplink(VaneDevice *dev)
{
    VaneTxQueue *txq;

    dev->sched.rerouted = false;
    while ((txq = QTAILQ_FIRST(&dev->sched.uplink))) {
        QTAILQ_REMOVE(&dev->sched.uplink, txq, next);
        txq->waiting = false;
        vane_sched_queue(txq);
    }
}

void vane_sched_reroute(VaneDevice *dev)
{
    if (!QTAILQ_EMPTY(&dev->sched.uplink)) {
        dev->sched.rerouted = true;
        vane_schedule(dev);
    }
}

void vane_sched_start(VaneDevice *dev)
{
    VaneSched *sched = &dev->sched;

    vane_sched_update_speed(dev);
    if (sched->blocked &&
        vane_bucket_wake_ns(&sched->speed) <= sched->now_ns) {
        vane_sched_unblock(dev);
    }
    /* Full: the speed keeps no port from sending. */
    if (!sched->speed.rate ||
        sched->speed.tokens == vane_bucket_size(&sched->speed)) {
        sched->contended = false;
    }
    if (sched->wake_ns <= sched->now_ns) {
        vane_sched_wake_parked(dev);
    }
    if (sched->rerouted || !vane_link_full(dev)) {
        vane_sched_resume_uplink(dev);
    }
}

/* The port whose turn it is; it may still have to wait. */
static VaneFunction *vane_sched_next_port(VaneSched *sched)
{
    VaneFunction *fn;

    sched->turn_by_share = false;
    if (sched->blocked) {
        return NULL;
    }
    while (sched->contended && !sched->after_part &&
           (fn = QTAILQ_FIRST(&sched->share_list[VANE_SHARE_BELOW]))) {
        vane_port_fill(fn);
        if (vane_port_below_share(fn)) {
            sched->turn_by_share = true;
            return fn;
        }
        vane_share_list(fn, VANE_SHARE_AT);
    }
    return QTAILQ_FIRST(&sched->list[VANE_SCHED_TURN]);
}

VaneTxQueue *vane_sched_next(VaneDevice *dev)
{
    VaneSched *sched = &dev->sched;
    VaneFunction *fn;

    while ((fn = vane_sched_next_port(sched))) {
        VaneTxQueue *txq = QTAILQ_FIRST(&fn->sched.queues);

        vane_port_fill(fn);
        if (!vane_dma_allowed(fn) || vane_fault_queue_hang(fn)) {
            /* Its queues stay pending until vane_sched_resume(). */
            vane_port_list(fn, VANE_SCHED_IDLE);
        } else if (!vane_port_open(fn)) {
            vane_port_park(fn);
        } else if (!sched->turn_by_share && fn->sched.deficit <= 0) {
            fn->sched.deficit += TURN_BYTES;
            vane_port_ready(fn);
        } else {
            fn->sched.spent = false;
            sched->after_part = false;
            txq->pending = false;
            QTAILQ_REMOVE(&fn->sched.queues, txq, next);
            return txq;
        }
    }
    return NULL;
}

/*
 * Does the port stay in front, to go on with its turn? Where the speed is what
 * everybody waits for, turns are as long in bytes, else in work for the device,
 * of which a part of a frame is too much in any case.
 */
static bool vane_sched_goes_on(const VaneFunction *fn, VaneTurn turn)
{
    return turn != VANE_TURN_LONG && fn->sched.deficit > 0 &&
           vane_port_open(fn) &&
           (turn != VANE_TURN_MORE || fn->dev->sched.contended);
}

void vane_sched_done(VaneTxQueue *txq, VaneTurn turn)
{
    VaneFunction *fn = txq->fn;

    if (turn == VANE_TURN_MORE || turn == VANE_TURN_LONG) {
        txq->pending = true;
        QTAILQ_INSERT_TAIL(&fn->sched.queues, txq, next);
    } else if (turn == VANE_TURN_UPLINK) {
        txq->waiting = true;
        QTAILQ_INSERT_TAIL(&fn->dev->sched.uplink, txq, next);
    }
    if (QTAILQ_EMPTY(&fn->sched.queues)) {
        vane_port_list(fn, VANE_SCHED_IDLE);
    } else if (fn->dev->sched.turn_by_share) {
        vane_share_list(fn, VANE_SHARE_BELOW);
        if (turn == VANE_TURN_LONG) {
            /* Not paid for yet, so it is below its share for all parts. */
            fn->dev->sched.after_part = true;
            vane_port_ready(fn);
        }
    } else if (!vane_sched_goes_on(fn, turn)) {
        vane_port_ready(fn);
    }
}

bool vane_sched_end(VaneDevice *dev)
{
    VaneSched *sched = &dev->sched;
    bool ready = !QTAILQ_EMPTY(&sched->list[VANE_SCHED_TURN]);
    int64_t wake_ns = sched->wake_ns;

    if (ready && sched->blocked) {
        wake_ns = MIN(wake_ns, vane_bucket_wake_ns(&sched->speed));
    }
    if (wake_ns != sched->armed_ns) {
        sched->armed_ns = wake_ns;
        if (wake_ns == INT64_MAX) {
            timer_del(sched->timer);
        } else {
            timer_mod_ns(sched->timer, wake_ns);
        }
    }
    return ready && !sched->blocked;
}

void vane_sched_charge(VaneFunction *fn, uint64_t bytes)
{
    VaneSched *sched = &fn->dev->sched;
    VaneRate *group = vane_sched_group_of(fn);
    int64_t tokens = (int64_t)bytes * TOKENS_PER_BYTE;
    bool open;

    if (!vane_bucket_take(&sched->speed, tokens)) {
        if (!sched->blocked) {
            trace_vane_sched_block(sched->speed.rate);
        }
        sched->blocked = true;
        sched->contended = true;
    }
    open = vane_bucket_take(&fn->sched.rate.max, tokens);
    open &= vane_bucket_take(&group->max, tokens);
    vane_share_take(&fn->sched.rate.share, tokens);
    vane_share_take(&group->share, tokens);
    if (sched->turn_by_share) {
        open &= vane_port_below_share(fn);
    } else {
        fn->sched.deficit -= (int64_t)bytes;
        open &= fn->sched.deficit > 0;
    }
    fn->sched.spent = !open || sched->blocked;
}

bool vane_rates_valid(uint32_t max, uint32_t share)
{
    return max <= VANE_MAX_RATE && share <= VANE_MAX_RATE &&
           (!max || share <= max);
}

static void vane_sched_set_rate(VaneDevice *dev, VaneRate *rate, uint32_t max,
                                uint32_t share)
{
    vane_bucket_set_rate(&rate->max, max, dev->sched.now_ns);
    vane_bucket_set_rate(&rate->share, share, dev->sched.now_ns);
}

void vane_sched_port_changed(VaneFunction *fn)
{
    VaneDevice *dev = fn->dev;

    vane_sched_update_speed(dev);
    vane_sched_set_rate(dev, &fn->sched.rate, fn->port.tx_max,
                        fn->port.tx_share);
    vane_port_rated(fn);
    vane_schedule(dev);
}

static void vane_sched_group_changed(VaneDevice *dev, uint32_t group)
{
    if (dev->fn.port.rate_group == group) {
        vane_port_rated(&dev->fn);
    }
    for (uint32_t i = 0; i < dev->sriov.total_vfs; i++) {
        if (dev->sriov.slice[i].fn.port.rate_group == group) {
            vane_port_rated(&dev->sriov.slice[i].fn);
        }
    }
}

int vane_sched_group_set(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_rate_group *cmd = req;
    uint32_t group = le16_to_cpu(cmd->group);
    uint32_t max = le32_to_cpu(cmd->tx_max);
    uint32_t share = le32_to_cpu(cmd->tx_share);

    if (!(dev->fn.features_drv & VANE_FEAT_RATE)) {
        return VANE_ERR_UNSUPPORTED;
    }
    if (!group || cmd->reserved0 || cmd->reserved1) {
        return VANE_ERR_INVALID;
    }
    if (group > VANE_MAX_RATE_GROUPS || !vane_rates_valid(max, share)) {
        return VANE_ERR_RANGE;
    }
    trace_vane_sched_group(group, max, share);
    vane_sched_update_speed(dev);
    vane_sched_set_rate(dev, &dev->sched.group[group], max, share);
    memcpy(dev->sched.group_name[group], cmd->name, sizeof(cmd->name));
    vane_sched_group_changed(dev, group);
    vane_schedule(dev);
    return VANE_OK;
}

int vane_sched_group_get(VaneDevice *dev, const void *req, void *rsp)
{
    const struct vane_cmd_rate_group *cmd = req;
    struct vane_cmd_rate_group *answer = rsp;
    uint32_t group = le16_to_cpu(cmd->group);

    if (!(dev->fn.features_drv & VANE_FEAT_RATE)) {
        return VANE_ERR_UNSUPPORTED;
    }
    if (!group || cmd->reserved0 || cmd->reserved1) {
        return VANE_ERR_INVALID;
    }
    if (group > VANE_MAX_RATE_GROUPS) {
        return VANE_ERR_RANGE;
    }
    answer->group = cmd->group;
    answer->tx_max = cpu_to_le32(dev->sched.group[group].max.rate);
    answer->tx_share = cpu_to_le32(dev->sched.group[group].share.rate);
    memcpy(answer->name, dev->sched.group_name[group], sizeof(answer->name));
    return VANE_OK;
}

void vane_sched_reset(VaneDevice *dev)
{
    vane_sched_update_speed(dev);
    for (uint32_t i = 1; i <= VANE_MAX_RATE_GROUPS; i++) {
        vane_sched_set_rate(dev, &dev->sched.group[i], 0, 0);
    }
    memset(dev->sched.group_name, 0, sizeof(dev->sched.group_name));
}
