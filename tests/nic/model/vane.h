/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE SR-IOV Ethernet controller: functions and the device, and what vane.c
 * does. Each other file has a header with its name, its state and what it does
 * for others.
 *
 * docs/hardware.rst and vane_hw.h describe the device. All code runs under the
 * BQL, in the main loop or, for register accesses, on a vCPU thread. A register
 * write records the request and schedules the bottom half of the PF, which
 * serves mailbox queues and rings. Only the doorbell of a transmit queue may do
 * DMA: see vane_serve().
 *
 * The device's own actions may come back to it: a guest can direct a message or
 * a frame of the device to the registers of the port above it, and so unplug or
 * reset the device. See vane_enter().
 */
#ifndef HW_NET_VANE_H
#define HW_NET_VANE_H

#include "hw/pci/pci_device.h"
#include "net/net.h"
#include "qemu/bitmap.h"
#include "qemu/queue.h"
#include "qemu/timer.h"

#include "vane_fault.h"
#include "vane_link.h"
#include "vane_mbox.h"
#include "vane_rule.h"
#include "vane_sched.h"
#include "vane_sriov.h"
#include "vanevf.h"

/* Administered configuration of a port, in host byte order. */
typedef struct VanePort {
    uint8_t mac[6];
    uint8_t own_mac[6];         /* until the function's reset, 0 = none */
    uint16_t vlan_tci;
    uint16_t vlan_proto;
    uint32_t channel;           /* 0 = none */
    uint64_t prio_map;          /* as in struct vane_cmd_port */
    uint32_t flags;             /* VANE_PORT_FLAG_* */
    uint64_t features;          /* FEATURES_PF_MASK */
    uint16_t queues;
    uint16_t vectors;
    uint32_t cookie;
    uint32_t tx_max;            /* Mb/s, 0 = no limit */
    uint32_t tx_share;          /* Mb/s */
    uint16_t rate_group;        /* 0 = none */
} VanePort;

/* The STATUS block except PF_READY, which the device computes. */
typedef struct VaneStatus {
    uint32_t bits;              /* VANE_STATUS_SETTABLE */
    uint32_t speed;
    uint32_t config_gen;
    uint32_t max_frame;
    uint64_t mac;
} VaneStatus;

/* What PF and VFs have in common: the first 64 KiB of BAR 0. */
struct VaneFunction {
    VaneDevice *dev;
    PCIDevice *pdev;
    uint16_t index;             /* VF index, or VANE_PORT_PF */
    uint32_t generation;
    uint16_t queues;            /* queue pairs in force */
    uint16_t vectors;           /* vectors in force */
    uint16_t max_queues;        /* sizes of the arrays */
    uint16_t max_vectors;

    bool enabled;               /* CTRL.ENABLE, and accepted */
    bool loopback;              /* CTRL.LOOPBACK */
    bool reset_due;             /* after the work in progress */
    uint8_t polled;             /* transmit queues not asked to ring */
    uint8_t enable_error;       /* enum vane_error */
    uint64_t features_drv;
    uint32_t max_frame;         /* MAX_FRAME */
    uint64_t test;
    uint32_t causes;            /* EVENT_CAUSE */
    uint32_t cause_count;
    uint32_t rss_ctrl;
    uint8_t rss_key[VANE_RSS_KEY_SIZE];
    uint8_t rss_table[VANE_RSS_CONTEXTS * VANE_RSS_TABLE_SIZE];
    VaneRule rule[VANE_MAX_RULES];
    DECLARE_BITMAP(rules_valid, VANE_MAX_RULES);
    VaneStatus status;
    VaneMailbox mbox;
    VanePort port;
    VaneSchedPort sched;

    VaneTxQueue *txq;           /* [max_queues] */
    VaneRxQueue *rxq;           /* [max_queues] */
    VaneVector *vec;            /* [max_vectors] */

    uint64_t stats[VANE_STAT_COUNT];
    uint64_t stats_base[VANE_STAT_COUNT];       /* where its registers are 0 */
    VaneCounters counters;
};

/* A VF's slice of the device. */
struct VaneSlice {
    VaneFunction fn;
    VaneVF *vf;
};

struct VaneDevice {
    PCIDevice parent_obj;

    VaneFunction fn;            /* the PF's own slice */
    VaneSriov sriov;
    VaneSwitch *sw;
    VaneSlotQueue rq;
    VaneSlotQueue sq;
    VaneFaults faults;
    bool ctrl_ready;            /* PF_CTRL.READY */
    bool pf_ready;              /* STATUS.PF_READY as last reported */
    bool link_up;
    uint32_t speed;             /* Mb/s, the last one while there is no link */
    VaneLink link;

    MemoryRegion bar;
    MemoryRegion regs;
    NICState *nic;
    NICConf conf;
    GByteArray *vpd;            /* vane_vpd.c's */
    QEMUBH *bh;
    uint64_t features_hidden;   /* of FEATURES_DEV, as of an older device */
    uint32_t latency_ns;        /* until bh runs; 0: as soon as possible */
    QEMUTimer latency_timer;    /* runs bh if latency_ns is not 0 */
    unsigned entered;           /* vane_enter() without vane_leave() */
    bool guard;                 /* mem_reentrancy_guard before vane_enter() */
    bool gone;                  /* unplugged */
    bool resets_due;            /* VaneFunction.reset_due of any function */
    bool reset_is_flr;          /* type of the PF's reset */
    bool running;               /* in the bottom half */
    bool by_vcpu;               /* it runs in the vCPU that rang a doorbell */
    bool uplink_waits;          /* a frame from the uplink was refused */
    QEMUTimer *mbox_timer;      /* x-fault-mbox-delay-ms */
    QTAILQ_HEAD(, VaneVector) dirty;
    QTAILQ_HEAD(, VaneVector) messages;
    VaneSched sched;
    QTAILQ_HEAD(, VaneTxQueue) tx_polled;       /* busy, by shadow doorbell */
    QEMUTimer *poll_timer;
    QTAILQ_HEAD(, VaneRxQueue) rx_dirty;        /* completions to be written */
    VaneFrame *frame_tx;        /* on its way from a transmit queue */
    VaneFrame *frame_rx;        /* from the uplink */
    VaneFrame *frame_segment;   /* of frame_tx, if that is a TSO frame */
    uint32_t work;              /* deliveries of the current frame */
    uint64_t uplink_dropped;    /* property "x-uplink-dropped" */
    DECLARE_BITMAP(mbox_work, VANE_MAX_VFS);    /* VFs with a slot to fill */
    uint32_t errors_logged;
};

static inline bool vane_is_pf(const VaneFunction *fn)
{
    return fn->index == VANE_PORT_PF;
}

/* The PF, or a VF below NumVFs while VF Enable is set. */
bool vane_function_present(const VaneFunction *fn);

/* The minimum of MAX_FRAME */
#define VANE_LEAST_MAX_FRAME    64

/* The longest frame that the function sends or receives, as it sees it */
static inline uint32_t vane_function_max_frame(const VaneFunction *fn)
{
    return fn->status.max_frame ? MIN(fn->status.max_frame, fn->max_frame) :
                                  fn->max_frame;
}

/* Present, CTRL.ENABLE set and able to do DMA: frames may come and go. */
bool vane_function_active(const VaneFunction *fn);

/*
 * The function of a port number: the PF, or a VF below TotalVFs, present or
 * not. NULL if there is none.
 */
VaneFunction *vane_function(VaneDevice *dev, uint32_t port);

/* FEATURES_DEV of the function. */
uint64_t vane_features_dev(const VaneFunction *fn);

void vane_function_init(VaneFunction *fn, VaneDevice *dev, PCIDevice *pdev,
                        uint16_t index, uint16_t max_queues,
                        uint16_t max_vectors);
/* Stops a function that is unplugged. */
void vane_function_exit(VaneFunction *fn);
void vane_function_finalize(VaneFunction *fn);
/* CTRL.ENABLE. */
void vane_function_enable(VaneFunction *fn, bool enable);
/*
 * Resets one function: disables queues and vectors, sets registers as after
 * power-on, clears what it set in the switch, and begins a new generation.
 */
void vane_function_reset(VaneFunction *fn);
/* The configuration space was written; @had_dma is the state before. */
void vane_function_config_written(VaneFunction *fn, bool had_dma);
/* May the bus reset it now? If false, vane_leave() does it. */
bool vane_function_may_reset(VaneFunction *fn);
/* May its configuration space be written? Not by the device itself. */
bool vane_function_may_write_config(VaneFunction *fn);

/*
 * All code that does DMA, or sends frames or messages, must be between these
 * two calls, which may be nested. The device may be unplugged meanwhile: then
 * it loses its PCI side, but all else remains until the object is finalized. A
 * bus reset is deferred to the end. So are messages, which the last
 * vane_leave() sends; a message may be what unplugs the device.
 */
void vane_enter(VaneDevice *dev);
void vane_leave(VaneDevice *dev);
/* Soft reset of the device: PF_CTRL.RESET. */
void vane_device_reset(VaneDevice *dev);
/* Something that PF_READY depends on may have changed. */
void vane_update_pf_ready(VaneDevice *dev);
/* Are there enough resources for a port to get these? enum vane_status */
int vane_check_resources(VaneDevice *dev, const VaneFunction *fn,
                         uint32_t queues, uint32_t vectors);
/* Schedules the bottom half. */
void vane_schedule(VaneDevice *dev);
/*
 * Does the work of the bottom half now if a vCPU has rung a doorbell, and the
 * bottom half is not running.
 */
void vane_serve(VaneDevice *dev);

/* The PCIe link, which PF and VFs share: more than the port needs. */
void vane_fill_link(PCIDevice *pdev);

#endif /* HW_NET_VANE_H */
