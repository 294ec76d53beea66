/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: the transmit scheduler (datasheet, "Transmit rates").
 *
 * Ports with pending queues take turns by bytes (deficit round robin), and the
 * queues of a port take turns in it. A port over its own or its group's maximum
 * is parked until its bucket has something again. When the bucket of the port's
 * speed is empty, all wait; from then on until it is full again, ports that
 * have sent less than their share, or are of such a group, are served before
 * the one whose turn it is. They keep their place among the others: what is
 * left is for all.
 *
 * A bucket may be overdrawn by one frame, which is paid for by waiting, so the
 * size of a frame need not be known before it is sent. What waits does so for a
 * millisecond's worth of tokens at least: a timer for each frame would cost
 * more than the frame.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "trace.h"
#include "vane_net.h"

/* Tokens of a byte: at 1 Mb/s it takes 8000 ns. */
#define TOKENS_PER_BYTE     8000
/* A bucket holds what its rate sends in this time, or this many bytes. */
#define BURST_NS            (10 * SCALE_MS)
#define BURST_BYTES         (128 * KiB)
/* What waits for a bucket waits until it has what its rate sends in this. */
#define WAKE_NS             SCALE_MS
/* Bytes of a port's turn */
#define TURN_BYTES          (64 * KiB)

/*
 * Buckets
 */

static int64_t bucket_size(const VaneBucket *bucket)
{
    return MAX((int64_t)bucket->rate * BURST_NS,
               (int64_t)BURST_BYTES * TOKENS_PER_BYTE);
}

/* Nanoseconds from filled_ns until there are @tokens, at most its size. */
static int64_t bucket_delay(const VaneBucket *bucket, int64_t tokens)
{
    return tokens > bucket->tokens ?
           DIV_ROUND_UP(tokens - bucket->tokens, bucket->rate) : 0;
}

static void bucket_fill(VaneBucket *bucket, int64_t now)
{
    int64_t size = bucket_size(bucket);
    int64_t ns = now - bucket->filled_ns;

    if (!bucket->rate || ns <= 0) {
        return;
    }
    /* A long time times the rate may be more than the tokens can count. */
    if (ns >= bucket_delay(bucket, size)) {
        bucket->tokens = size;
    } else {
        bucket->tokens += ns * bucket->rate;
    }
    bucket->filled_ns = now;
}

/* What was sent or saved up at the old rate is not forgotten. */
static void bucket_set_rate(VaneBucket *bucket, uint32_t rate, int64_t now)
{
    bool fresh = !bucket->rate;

    if (rate == bucket->rate) {
        return;
    }
    bucket_fill(bucket, now);
    bucket->rate = rate;
    bucket->filled_ns = now;
    bucket->tokens = fresh ? bucket_size(bucket) :
                             MIN(bucket->tokens, bucket_size(bucket));
}

/* True as long as there is something left, be there a rate or none. */
static bool bucket_take(VaneBucket *bucket, int64_t tokens)
{
    if (!bucket->rate) {
        return true;
    }
    bucket->tokens -= tokens;
    return bucket->tokens > 0;
}

static bool bucket_open(const VaneBucket *bucket)
{
    return !bucket->rate || bucket->tokens > 0;
}

/* When those who wait for the bucket are to go on */
static int64_t bucket_wake_ns(const VaneBucket *bucket)
{
    return bucket->rate ? bucket->filled_ns +
           bucket_delay(bucket, (int64_t)bucket->rate * WAKE_NS) : 0;
}

/* More than the share is on nobody's account. */
static void share_take(VaneBucket *share, int64_t tokens)
{
    if (share->rate && share->tokens > 0) {
        share->tokens -= tokens;
    }
}

static bool share_owed(const VaneBucket *share)
{
    return share->rate && share->tokens > 0;
}

/*
 * Ports. Group 0 never gets a rate.
 */

static VaneRate *group_of(const VaneFunction *fn)
{
    return &fn->dev->sched.group[fn->port.rate_group];
}

static void port_fill(VaneFunction *fn)
{
    VaneRate *group = group_of(fn);
    int64_t now = fn->dev->sched.now_ns;

    bucket_fill(&fn->sched.rate.max, now);
    bucket_fill(&fn->sched.rate.share, now);
    bucket_fill(&group->max, now);
    bucket_fill(&group->share, now);
}

static bool port_open(const VaneFunction *fn)
{
    return bucket_open(&fn->sched.rate.max) && bucket_open(&group_of(fn)->max);
}

static bool port_owed(const VaneFunction *fn)
{
    return share_owed(&fn->sched.rate.share) ||
           share_owed(&group_of(fn)->share);
}

/* Puts the port at the end of one of the lists for shares. */
static void share_list(VaneFunction *fn, VaneShareList list)
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
static void port_list(VaneFunction *fn, VaneSchedList list)
{
    VaneSched *sched = &fn->dev->sched;

    if (list != VANE_SCHED_TURN) {
        share_list(fn, VANE_SHARE_NONE);
    }
    if (fn->sched.list != VANE_SCHED_IDLE) {
        QTAILQ_REMOVE(&sched->list[fn->sched.list], fn, sched.next);
    }
    fn->sched.list = list;
    if (list != VANE_SCHED_IDLE) {
        QTAILQ_INSERT_TAIL(&sched->list[list], fn, sched.next);
    }
}

static bool has_share(const VaneFunction *fn)
{
    return fn->sched.rate.share.rate || group_of(fn)->share.rate;
}

/* The port may send, as far as is known. */
static void port_ready(VaneFunction *fn)
{
    port_list(fn, VANE_SCHED_TURN);
    if (fn->sched.share_list == VANE_SHARE_NONE && has_share(fn)) {
        share_list(fn, VANE_SHARE_OWED);
    }
}

/* Its rates, or its group's, are others: it may go on, and have a share. */
static void port_rated(VaneFunction *fn)
{
    if (fn->sched.list != VANE_SCHED_IDLE) {
        share_list(fn, VANE_SHARE_NONE);
        port_ready(fn);
    }
}

static void port_park(VaneFunction *fn)
{
    VaneSched *sched = &fn->dev->sched;

    fn->sched.wake_ns = MAX(bucket_wake_ns(&fn->sched.rate.max),
                            bucket_wake_ns(&group_of(fn)->max));
    sched->wake_ns = MIN(sched->wake_ns, fn->sched.wake_ns);
    trace_vane_sched_park(fn->index, fn->sched.wake_ns - sched->now_ns);
    port_list(fn, VANE_SCHED_PARKED);
}

/* Those whose time has come */
static void wake_parked(VaneDevice *dev)
{
    VaneSched *sched = &dev->sched;
    VaneFunction *fn, *next;

    sched->wake_ns = INT64_MAX;
    QTAILQ_FOREACH_SAFE(fn, &sched->list[VANE_SCHED_PARKED], sched.next, next) {
        if (fn->sched.wake_ns <= sched->now_ns) {
            trace_vane_sched_resume(fn->index);
            port_ready(fn);
        } else {
            sched->wake_ns = MIN(sched->wake_ns, fn->sched.wake_ns);
        }
    }
}

/* The speed's bucket has something again, and so may shares have. */
static void unblock(VaneDevice *dev)
{
    VaneSched *sched = &dev->sched;
    VaneFunction *fn;

    sched->blocked = false;
    while ((fn = QTAILQ_FIRST(&sched->share_list[VANE_SHARE_HAD]))) {
        share_list(fn, VANE_SHARE_OWED);
    }
}

static void update_speed(VaneDevice *dev)
{
    VaneSched *sched = &dev->sched;

    sched->now_ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    bucket_set_rate(&sched->speed, dev->link_up ? dev->speed : 0,
                    sched->now_ns);
    bucket_fill(&sched->speed, sched->now_ns);
}

static void sched_timer(void *opaque)
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
    sched->wake_ns = INT64_MAX;
    sched->armed_ns = INT64_MAX;
    sched->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, sched_timer, dev);
}

void vane_sched_exit(VaneDevice *dev)
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

    if (!txq->pending) {
        txq->pending = true;
        QTAILQ_INSERT_TAIL(&fn->sched.queues, txq, next);
    }
    vane_sched_resume(fn);
}

void vane_sched_unqueue(VaneTxQueue *txq)
{
    VaneFunction *fn = txq->fn;

    if (txq->pending) {
        txq->pending = false;
        QTAILQ_REMOVE(&fn->sched.queues, txq, next);
        if (QTAILQ_EMPTY(&fn->sched.queues)) {
            port_list(fn, VANE_SCHED_IDLE);
        }
    }
}

void vane_sched_resume(VaneFunction *fn)
{
    if (fn->sched.list == VANE_SCHED_IDLE &&
        !QTAILQ_EMPTY(&fn->sched.queues)) {
        port_ready(fn);
    }
}

void vane_sched_start(VaneDevice *dev)
{
    VaneSched *sched = &dev->sched;

    update_speed(dev);
    if (sched->blocked &&
        bucket_wake_ns(&sched->speed) <= sched->now_ns) {
        unblock(dev);
    }
    /* Full: nobody is kept from sending by the speed. */
    if (!sched->speed.rate ||
        sched->speed.tokens == bucket_size(&sched->speed)) {
        sched->contended = false;
    }
    if (sched->wake_ns <= sched->now_ns) {
        wake_parked(dev);
    }
}

/* Whose turn it is; it may still have to wait. */
static VaneFunction *next_port(VaneSched *sched)
{
    VaneFunction *fn;

    sched->serving_owed = false;
    if (sched->blocked) {
        return NULL;
    }
    while (sched->contended &&
           (fn = QTAILQ_FIRST(&sched->share_list[VANE_SHARE_OWED]))) {
        port_fill(fn);
        if (port_owed(fn)) {
            sched->serving_owed = true;
            return fn;
        }
        share_list(fn, VANE_SHARE_HAD);
    }
    return QTAILQ_FIRST(&sched->list[VANE_SCHED_TURN]);
}

VaneTxQueue *vane_sched_next(VaneDevice *dev)
{
    VaneSched *sched = &dev->sched;
    VaneFunction *fn;

    while ((fn = next_port(sched))) {
        VaneTxQueue *txq = QTAILQ_FIRST(&fn->sched.queues);

        port_fill(fn);
        if (!vane_dma_allowed(fn) || vane_fault_queue_hang(fn)) {
            /* Its queues stay pending until vane_sched_resume(). */
            port_list(fn, VANE_SCHED_IDLE);
        } else if (!port_open(fn)) {
            port_park(fn);
        } else if (!sched->serving_owed && fn->sched.deficit <= 0) {
            fn->sched.deficit += TURN_BYTES;
            port_ready(fn);
        } else {
            fn->sched.spent = false;
            txq->pending = false;
            QTAILQ_REMOVE(&fn->sched.queues, txq, next);
            return txq;
        }
    }
    return NULL;
}

/*
 * Does the port stay in front, to go on with its turn? Where the speed is what
 * everybody waits for, turns are as long in bytes, else in work for the device.
 */
static bool goes_on(const VaneFunction *fn, bool more)
{
    return fn->sched.deficit > 0 && port_open(fn) &&
           (!more || fn->dev->sched.contended);
}

void vane_sched_done(VaneTxQueue *txq, bool more)
{
    VaneFunction *fn = txq->fn;

    if (more) {
        txq->pending = true;
        QTAILQ_INSERT_TAIL(&fn->sched.queues, txq, next);
    }
    if (QTAILQ_EMPTY(&fn->sched.queues)) {
        port_list(fn, VANE_SCHED_IDLE);
    } else if (fn->dev->sched.serving_owed) {
        share_list(fn, VANE_SHARE_OWED);
    } else if (!goes_on(fn, more)) {
        port_ready(fn);
    }
}

bool vane_sched_end(VaneDevice *dev)
{
    VaneSched *sched = &dev->sched;
    bool ready = !QTAILQ_EMPTY(&sched->list[VANE_SCHED_TURN]);
    int64_t wake_ns = sched->wake_ns;

    if (ready && sched->blocked) {
        wake_ns = MIN(wake_ns, bucket_wake_ns(&sched->speed));
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
    VaneRate *group = group_of(fn);
    int64_t tokens = bytes * TOKENS_PER_BYTE;
    bool open;

    if (!bucket_take(&sched->speed, tokens)) {
        if (!sched->blocked) {
            trace_vane_sched_block(sched->speed.rate);
        }
        sched->blocked = true;
        sched->contended = true;
    }
    open = bucket_take(&fn->sched.rate.max, tokens);
    open &= bucket_take(&group->max, tokens);
    share_take(&fn->sched.rate.share, tokens);
    share_take(&group->share, tokens);
    if (sched->serving_owed) {
        open &= port_owed(fn);
    } else {
        fn->sched.deficit -= bytes;
        open &= fn->sched.deficit > 0;
    }
    fn->sched.spent = !open || sched->blocked;
}

bool vane_rates_valid(uint32_t max, uint32_t share)
{
    return max <= VANE_MAX_RATE && share <= VANE_MAX_RATE &&
           (!max || share <= max);
}

static void set_rate(VaneDevice *dev, VaneRate *rate, uint32_t max,
                     uint32_t share)
{
    bucket_set_rate(&rate->max, max, dev->sched.now_ns);
    bucket_set_rate(&rate->share, share, dev->sched.now_ns);
}

void vane_sched_port_changed(VaneFunction *fn)
{
    VaneDevice *dev = fn->dev;

    update_speed(dev);
    set_rate(dev, &fn->sched.rate, fn->port.tx_max, fn->port.tx_share);
    port_rated(fn);
    vane_schedule(dev);
}

static void group_changed(VaneDevice *dev, uint32_t group)
{
    if (dev->fn.port.rate_group == group) {
        port_rated(&dev->fn);
    }
    for (uint32_t i = 0; i < dev->sriov.total_vfs; i++) {
        if (dev->sriov.slice[i].fn.port.rate_group == group) {
            port_rated(&dev->sriov.slice[i].fn);
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
    update_speed(dev);
    set_rate(dev, &dev->sched.group[group], max, share);
    memcpy(dev->sched.group_name[group], cmd->name, sizeof(cmd->name));
    group_changed(dev, group);
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
    update_speed(dev);
    for (uint32_t i = 1; i <= VANE_MAX_RATE_GROUPS; i++) {
        set_rate(dev, &dev->sched.group[i], 0, 0);
    }
    memset(dev->sched.group_name, 0, sizeof(dev->sched.group_name));
}
