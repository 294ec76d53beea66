/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: the transmit scheduler: rates, and which queue is next (vane_sched.c).
 */
#ifndef HW_NET_VANE_SCHED_H
#define HW_NET_VANE_SCHED_H

#include "qemu/queue.h"
#include "qemu/timer.h"
#include "vane_cmd.h"
#include "vane_tx.h"

/* A token bucket. A token is what 1 Mb/s sends in 1 ns: 1/8000 byte. */
typedef struct VaneBucket {
    uint32_t rate;              /* Mb/s; 0: no bucket */
    int64_t tokens;             /* below 0 for the excess of the last frame */
    int64_t filled_ns;          /* when tokens were right */
} VaneBucket;

/* What a port or a group of ports may send, and what it is sure of. */
typedef struct VaneRate {
    VaneBucket max;
    VaneBucket share;
} VaneRate;

typedef enum VaneSchedList {
    VANE_SCHED_TURN,            /* sends when it is its turn */
    VANE_SCHED_PARKED,          /* over a maximum: waits for its time */
    VANE_SCHED_LISTS,
    VANE_SCHED_IDLE = VANE_SCHED_LISTS, /* nothing to send, or may do no DMA */
} VaneSchedList;

/* Beside its place in TURN: of a port that has a share, or whose group has. */
typedef enum VaneShareList {
    VANE_SHARE_BELOW,           /* may have sent less than that */
    VANE_SHARE_AT,              /* has not, when it was looked at last */
    VANE_SHARE_LISTS,
    VANE_SHARE_NONE = VANE_SHARE_LISTS, /* no share, or not in TURN */
} VaneShareList;

/* A port in the transmit scheduler */
typedef struct VaneSchedPort {
    VaneSchedList list;
    VaneShareList share_list;
    bool spent;                 /* its turn is over, or a bucket empty */
    int64_t deficit;            /* bytes that it may send in its turn */
    int64_t wake_ns;            /* PARKED: until then */
    VaneRate rate;
    QTAILQ_HEAD(, VaneTxQueue) queues;  /* pending, served in turn */
    QTAILQ_ENTRY(VaneFunction) next;
    QTAILQ_ENTRY(VaneFunction) next_share;
} VaneSchedPort;

/* The transmit scheduler */
typedef struct VaneSched {
    QTAILQ_HEAD(, VaneFunction) list[VANE_SCHED_LISTS];
    QTAILQ_HEAD(, VaneFunction) share_list[VANE_SHARE_LISTS];
    VaneRate group[VANE_MAX_RATE_GROUPS + 1];   /* 0 is none */
    uint8_t group_name[VANE_MAX_RATE_GROUPS + 1][VANE_RATE_NAME_SIZE];
    QTAILQ_HEAD(, VaneTxQueue) uplink;  /* wait until it can keep more */
    bool rerouted;              /* or until their frames go elsewhere */
    VaneBucket speed;           /* of the port on the wire */
    bool blocked;               /* by it */
    bool contended;             /* it was of late: shares count */
    bool turn_by_share;         /* of the port that sends now */
    bool after_part;            /* so did the last one, and a part of a frame */
    int64_t now_ns;             /* when the bottom half started */
    int64_t wake_ns;            /* first of the parked ports; INT64_MAX */
    int64_t armed_ns;           /* what the timer is set to; INT64_MAX */
    QEMUTimer *timer;
} VaneSched;

void vane_sched_init(VaneDevice *dev);
void vane_sched_finalize(VaneDevice *dev);
void vane_sched_port_init(VaneFunction *fn);
/* The queue has something to send, or has been stopped. */
void vane_sched_queue(VaneTxQueue *txq);
void vane_sched_unqueue(VaneTxQueue *txq);
/* Bus master is back, or a fault gone: what is pending may be served. */
void vane_sched_resume(VaneFunction *fn);
/*
 * Frames may have other receivers from now on, or be dropped: queues that wait
 * for the uplink are looked at again.
 */
void vane_sched_reroute(VaneDevice *dev);
/*
 * The bottom half: starts, then takes the next queue until there is none and
 * gives each back with what is left in it, then ends. vane_sched_end() is true
 * if there are queues that need not wait.
 */
void vane_sched_start(VaneDevice *dev);
VaneTxQueue *vane_sched_next(VaneDevice *dev);
void vane_sched_done(VaneTxQueue *txq, VaneTurn turn);
bool vane_sched_end(VaneDevice *dev);
/* May this be a maximum and a share, both in Mb/s? */
bool vane_rates_valid(uint32_t max, uint32_t share);
/* The port sent that much, as the wire counts it. */
void vane_sched_charge(VaneFunction *fn, uint64_t bytes);

/* Has the port to wait, or to let others go? */
static inline bool vane_sched_spent(const VaneSchedPort *port)
{
    return port->spent;
}

/* PORT_SET gave the port other rates, or another group. */
void vane_sched_port_changed(VaneFunction *fn);
/* No group has a rate. */
void vane_sched_reset(VaneDevice *dev);

/* Commands of the PF */
VaneCmdHandler vane_sched_group_set;
VaneCmdHandler vane_sched_group_get;

#endif /* HW_NET_VANE_SCHED_H */
