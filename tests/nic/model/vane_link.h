/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: the port (vane_link.c).
 */
#ifndef HW_NET_VANE_LINK_H
#define HW_NET_VANE_LINK_H

#include "qemu/queue.h"
#include "qemu/timer.h"
#include "vane_cmd.h"

typedef struct VaneHeldFrame VaneHeldFrame;

/* The port, its link partner, and what they have agreed on. */
typedef struct VaneLink {
    bool plugged;               /* property "link" */
    bool partner_autoneg;       /* property "partner-autoneg" */
    uint32_t partner_speed;     /* property "speed": Mb/s */
    uint32_t partner_pause;     /* property "partner-pause": *_PAUSE */
    uint32_t flags;             /* VANE_LINK_* that the PF wants */
    uint32_t speeds;            /* VANE_SPEED_* that the PF wants */
    uint32_t in_force;          /* VANE_LINK_* */
    uint32_t led;               /* PORT_LED */
    QEMUTimer training;         /* pending: the link is about to come up */
    QEMUTimer pause_timer;      /* pending: nothing is sent */
    QSIMPLEQ_HEAD(, VaneHeldFrame) held;        /* until it is over */
    size_t held_bytes;
    bool receiving;             /* a frame from the uplink is on its way */
    bool send_pause;            /* for it found no buffer */
    int64_t next_pause_ms;      /* none before */
    uint64_t stats[VANE_PORT_STAT_COUNT];
} VaneLink;

void vane_link_class_init(ObjectClass *klass);
void vane_link_instance_init(VaneDevice *dev);
/* There is a NIC now, and no more. */
void vane_link_init(VaneDevice *dev);
void vane_link_exit(VaneDevice *dev);
void vane_link_finalize(VaneDevice *dev);
/* Soft reset of the device, and power-on. */
void vane_link_reset(VaneDevice *dev);
/* The backend's cable was plugged in or out. */
void vane_link_plug(VaneDevice *dev);
/* A frame for the uplink; it is copied or sent before this returns. */
void vane_uplink_send(VaneDevice *dev, const struct iovec *iov, int iovcnt);
/* A frame from the uplink. */
ssize_t vane_link_receive(VaneDevice *dev, const uint8_t *buf, size_t size);
/* A frame found no buffer in a queue of this function. */
void vane_link_no_buffer(VaneFunction *fn);
/* Loses what waits for the end of a pause, which goes on. */
void vane_link_drop_held(VaneDevice *dev);
/* The port is paused, and cannot keep more until a later vane_link_run(). */
bool vane_link_full(const VaneDevice *dev);
/*
 * Bottom half: sends what has waited for the end of a pause. True if more is to
 * be sent.
 */
bool vane_link_run(VaneDevice *dev);

/* Commands of the PF */
VaneCmdHandler vane_link_cmd_set;
VaneCmdHandler vane_link_cmd_get;
VaneCmdHandler vane_link_cmd_stats;

#endif /* HW_NET_VANE_LINK_H */
