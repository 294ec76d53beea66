/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE SR-IOV Ethernet controller: what the files of the model share.
 *
 * The device is described in docs/hardware.rst and vane_hw.h. Everything here
 * runs under the BQL in the main loop or, for register accesses, on a vCPU
 * thread that holds the BQL. A register write records what is asked and
 * schedules the bottom half of the PF, which serves mailbox queues and rings.
 * Only the doorbell of a transmit queue may do DMA: see vane_serve().
 */
#ifndef HW_NET_VANE_H
#define HW_NET_VANE_H

#include "hw/pci/pci_device.h"
#include "net/net.h"
#include "qemu/bitmap.h"
#include "qemu/queue.h"
#include "qemu/timer.h"
#include "qom/object.h"

#include "vane_hw.h"

#define TYPE_VANE "vane"
OBJECT_DECLARE_SIMPLE_TYPE(VaneDevice, VANE)

#define TYPE_VANE_VF "vane-vf"
OBJECT_DECLARE_SIMPLE_TYPE(VaneVF, VANE_VF)

/* Ask for and compose the fields that vane_hw.h gives as masks. */
static inline uint64_t vane_get(uint64_t value, uint64_t mask)
{
    return (value & mask) / (mask & -mask);
}

static inline uint64_t vane_put(uint64_t mask, uint64_t field)
{
    return (field * (mask & -mask)) & mask;
}

/* Why a function touches host memory: counters are kept by purpose. */
typedef enum VaneDma {
    VANE_DMA_DESCRIPTOR,        /* TX descriptors and RX buffers */
    VANE_DMA_COMPLETION,        /* RX completions */
    VANE_DMA_PAYLOAD,           /* frames */
    VANE_DMA_HEAD,              /* TX head */
    VANE_DMA_STATUS,            /* status blocks of vectors */
    VANE_DMA_SHADOW,            /* shadow doorbells */
    VANE_DMA_MAILBOX,           /* slots of RQ and SQ, VFs' counters */
    VANE_DMA_COUNT,
} VaneDma;

typedef struct VaneDmaCounter {
    uint64_t reads;
    uint64_t read_bytes;
    uint64_t writes;
    uint64_t write_bytes;
} VaneDmaCounter;

/* What the outside may know of a function (QOM property "counters"). */
typedef struct VaneCounters {
    uint64_t mmio_reads;
    uint64_t mmio_writes;
    uint64_t doorbells;
    uint64_t interrupts;
    uint64_t guest_errors;
    VaneDmaCounter dma[VANE_DMA_COUNT];
} VaneCounters;

typedef struct VaneFunction VaneFunction;
typedef struct VaneSwitch VaneSwitch;
typedef struct VaneFrame VaneFrame;

/*
 * A transmit queue. The first group holds registers, which the register file
 * writes only while the queue is disabled; the rest is vane_ring.c's.
 */
typedef struct VaneTxQueue {
    uint64_t base;
    uint64_t head_addr;
    uint64_t shadow;
    uint32_t size_log2;
    uint32_t vector;

    bool enabled;
    bool pending;               /* rung: on VaneSchedPort.queues */
    bool polled;                /* not asked to ring: on VaneDevice.tx_polled */
    uint8_t polls;              /* left until it is asked to ring */
    uint8_t error;              /* enum vane_error */
    uint16_t index;
    uint16_t head;              /* next descriptor to be read */
    uint16_t tail;              /* last doorbell or shadow value used */
    uint16_t told;              /* head as stored in host memory */
    uint16_t fetched_first;     /* descriptors read ahead */
    uint16_t fetched_count;
    struct vane_tx_desc *fetched;
    VaneFunction *fn;
    QTAILQ_ENTRY(VaneTxQueue) next;
    QTAILQ_ENTRY(VaneTxQueue) next_polled;
} VaneTxQueue;

/* A receive queue, in the same two groups. OPT may change at any time. */
typedef struct VaneRxQueue {
    uint64_t buf_base;
    uint64_t cpl_base;
    uint64_t shadow;
    uint32_t buf_size_log2;
    uint32_t cpl_size_log2;
    uint32_t buf_len;
    uint32_t vector;
    uint32_t opt;

    bool enabled;
    bool cpl32;
    bool dirty;                 /* on VaneDevice.rx_dirty */
    uint8_t error;              /* enum vane_error */
    uint16_t index;
    uint16_t buf_head;          /* next buffer to be used */
    uint16_t buf_tail;          /* buffers posted up to here */
    uint16_t cpl_tail;          /* next completion to be written */
    uint16_t cpl_head;          /* completions read up to here */
    uint16_t event;             /* as stored in the shadow */
    uint16_t capacity;          /* of the two arrays */
    uint16_t fetched_first;     /* buffers read ahead */
    uint16_t fetched_count;
    uint16_t staged_count;      /* completions not yet written */
    uint64_t *fetched;
    uint64_t *staged;
    VaneFunction *fn;
    QTAILQ_ENTRY(VaneRxQueue) next;
} VaneRxQueue;

/* An interrupt vector with its status block. */
typedef struct VaneVector {
    VaneFunction *fn;
    uint64_t sb_addr;
    uint32_t itr_us;
    uint32_t index;
    uint32_t events;            /* counted */
    uint32_t told;              /* stored in the status block */
    uint32_t seen;              /* the driver's word when it armed */
    uint32_t late_descs;        /* of vane_event_late(), not yet told */
    uint32_t late_bytes;        /* of their frames */
    bool enabled;
    bool armed;
    bool dirty;                 /* on VaneDevice.dirty: events to be told */
    int64_t fired_ns;           /* when the last message left */
    QEMUTimer timer;            /* moderation */
    QEMUTimer late_timer;       /* vane_event_late() */
    QTAILQ_ENTRY(VaneVector) next;
} VaneVector;

/* The VF's end of the mailbox, and what the device keeps of it. */
typedef struct VaneMailbox {
    uint8_t request[VANE_MBOX_SIZE];
    uint8_t response[VANE_MBOX_SIZE];
    uint8_t posted[VANE_MBOX_SIZE];     /* copy of the outstanding request */
    uint32_t length;            /* of it */
    uint8_t error;              /* enum vane_error of the last doorbell */
    bool busy;                  /* a request is outstanding */
    bool held;                  /* ... and waits for its place in the RQ */
    bool request_queued;        /* a request slot is not yet read by the PF */
    bool notice_queued;         /* the same for a notice slot */
    int64_t delayed_until_ns;   /* response kept back by a fault; 0 = not */
    uint32_t notices;           /* VANE_NOTICE_* not yet in a slot */
    uint16_t notice_error;      /* enum vane_error of a queue error */
    uint16_t notice_queue;
} VaneMailbox;

/* A receive rule: the registers of it */
typedef struct VaneRule {
    uint32_t ctrl;              /* 0 while it is not valid */
    uint32_t ports;
    uint32_t ether;
    uint32_t proto;
    uint64_t dst_mac;
    uint64_t src_mac;
    uint32_t src_ip[4];         /* bytes as in the header, little-endian */
    uint32_t dst_ip[4];
} VaneRule;

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
    VANE_SHARE_OWED,            /* may have sent less than that */
    VANE_SHARE_HAD,             /* has not, when it was looked at last */
    VANE_SHARE_LISTS,
    VANE_SHARE_NONE = VANE_SHARE_LISTS, /* no share, or not in TURN */
} VaneShareList;

/* A port in the transmit scheduler: vane_sched.c's. */
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

/* The transmit scheduler: vane_sched.c's. */
typedef struct VaneSched {
    QTAILQ_HEAD(, VaneFunction) list[VANE_SCHED_LISTS];
    QTAILQ_HEAD(, VaneFunction) share_list[VANE_SHARE_LISTS];
    VaneRate group[VANE_MAX_RATE_GROUPS + 1];   /* 0 is none */
    uint8_t group_name[VANE_MAX_RATE_GROUPS + 1][VANE_RATE_NAME_SIZE];
    VaneBucket speed;           /* of the port on the wire */
    bool blocked;               /* by it */
    bool contended;             /* it was of late: shares count */
    bool serving_owed;          /* the port that sends now is here as such */
    int64_t now_ns;             /* when the bottom half started */
    int64_t wake_ns;            /* first of the parked ports; INT64_MAX */
    int64_t armed_ns;           /* what the timer is set to; INT64_MAX */
    QEMUTimer *timer;
} VaneSched;

/* Administered configuration of a port, in host byte order. */
typedef struct VanePort {
    uint8_t mac[6];
    uint16_t vlan_tci;
    uint16_t vlan_proto;
    uint16_t vif;
    uint32_t flags;             /* VANE_PORT_FLAG_* */
    uint64_t features;          /* FEATURES_PF_MASK */
    uint16_t queues;
    uint16_t vectors;
    uint32_t cookie;
    uint32_t tx_max;            /* Mb/s, 0 = no limit */
    uint32_t tx_share;          /* Mb/s */
    uint16_t rate_group;        /* 0 = none */
} VanePort;

/* The STATUS block but for PF_READY, which the device computes. */
typedef struct VaneStatus {
    uint32_t bits;              /* VANE_STATUS_SETTABLE */
    uint32_t speed;
    uint32_t config_gen;
    uint32_t max_frame;
    uint64_t mac;
} VaneStatus;

/* What the PF and a VF have alike: the first 64 KiB of BAR 0. */
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
    VaneCounters counters;
};

/*
 * A VF on its bus. What it does is in VaneDevice, since a register access may
 * still be under way when the PF is unplugged and this object is gone.
 */
struct VaneVF {
    PCIDevice parent_obj;

    VaneFunction *fn;
    MemoryRegion bar;           /* holds the MSI-X regions; never mapped */
    MSITriggerFunc *msi_trigger;        /* as pci.c set it */
};

/* RQ or SQ of the PF's mailbox. */
typedef struct VaneSlotQueue {
    uint64_t base;
    uint32_t size_log2;
    bool enabled;
    uint8_t error;              /* enum vane_error */
    uint16_t head;              /* RQ: slots written; SQ: slots done */
    uint16_t tail;              /* RQ: slots read; SQ: slots filled */
    uint16_t *owner;            /* RQ: VF index of each slot */
    bool *is_notice;            /* RQ: type of each slot */
} VaneSlotQueue;

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

/* Run-time faults: QOM properties of the PF. */
typedef struct VaneFaults {
    uint32_t drop_doorbells;
    uint32_t mbox_drop;
    uint32_t command_drop;
    uint32_t symbol_errors;
    uint32_t mbox_delay_ms;
    uint32_t cpl_corrupt;
    uint32_t dma_error;
    int32_t function;           /* -1 any, a VF's index, or VANE_PORT_PF */
    bool queue_hang;
    bool dead;
} VaneFaults;

/* A VF's slice of the device. */
typedef struct VaneSlice {
    VaneFunction fn;
    VaneVF *vf;
} VaneSlice;

/* What vane_sriov.c keeps. */
typedef struct VaneSriov {
    uint16_t cap;
    uint16_t total_vfs;         /* property "total-vfs" */
    uint16_t num_vfs;           /* enabled: 0 without VF Enable */
    bool enabled;               /* VF Enable */
    uint16_t page_size;         /* System Page Size register */
    bool listed;                /* VFs can be found on their buses */
    bool memory;                /* VF Memory Space Enable */
    bool mapped;                /* the aperture is in the address space */
    uint64_t stride;            /* bytes between two VFs' BARs */
    uint64_t address;           /* where the aperture is mapped */
    PCIBus *second_bus;         /* of the VF past devfn 255 */
    MemoryRegion aperture;
    VaneSlice *slice;           /* [total_vfs] */
} VaneSriov;

struct VaneDevice {
    PCIDevice parent_obj;

    VaneFunction fn;            /* the PF's own slice */
    VaneSriov sriov;
    VaneSwitch *sw;
    VaneSlotQueue rq;
    VaneSlotQueue sq;
    VaneFaults faults;
    bool ctrl_ready;            /* PF_CTRL.READY */
    bool pf_ready;              /* STATUS.PF_READY as last told */
    bool link_up;
    uint32_t speed;             /* Mb/s, the last one while there is no link */
    VaneLink link;

    MemoryRegion bar;
    MemoryRegion regs;
    MemoryRegion pf_regs;
    NICState *nic;
    NICConf conf;
    QEMUBH *bh;
    uint32_t latency_ns;        /* until it runs: 0 is the host's pace */
    QEMUTimer latency_timer;    /* runs it in the guest's time, if not 0 */
    bool running;               /* in the bottom half */
    bool rung;                  /* by a processor, which does its work */
    bool uplink_waits;          /* a frame was told to */
    QEMUTimer *mbox_timer;      /* fault-mbox-delay-ms */
    QTAILQ_HEAD(, VaneVector) dirty;
    VaneSched sched;
    QTAILQ_HEAD(, VaneTxQueue) tx_polled;       /* busy, by shadow doorbell */
    QEMUTimer *poll_timer;
    QTAILQ_HEAD(, VaneRxQueue) rx_dirty;        /* completions to be written */
    VaneFrame *frame_tx;        /* on its way from a transmit queue */
    VaneFrame *frame_rx;        /* from the uplink */
    VaneFrame *frame_segment;   /* of either, where it is a TSO frame */
    uint32_t work;              /* frames delivered, of the one on its way */
    uint64_t uplink_dropped;    /* frames for nobody: property of that name */
    DECLARE_BITMAP(mbox_work, VANE_MAX_VFS);    /* VFs with a slot to fill */
    uint32_t errors_logged;
};

static inline bool vane_is_pf(const VaneFunction *fn)
{
    return fn->index == VANE_PORT_PF;
}

/* The PF, or a VF below NumVFs while VF Enable is set. */
bool vane_function_present(const VaneFunction *fn);

/* Present, CTRL.ENABLE set and able to do DMA: frames may come and go. */
bool vane_function_active(const VaneFunction *fn);

/*
 * The function of a port number: the PF, or a VF below TotalVFs, present or
 * not. NULL if there is none.
 */
VaneFunction *vane_function(VaneDevice *dev, uint32_t port);

/* FEATURES_DEV of the function. */
uint64_t vane_features_dev(const VaneFunction *fn);

/*
 * vane.c: functions
 */
void vane_function_init(VaneFunction *fn, VaneDevice *dev, PCIDevice *pdev,
                        uint16_t index, uint16_t max_queues,
                        uint16_t max_vectors);
void vane_function_exit(VaneFunction *fn);
/* CTRL.ENABLE. */
void vane_function_enable(VaneFunction *fn, bool enable);
/*
 * Reset of one function: queues and vectors off, registers as after power-on,
 * what it set in the switch gone, a new generation.
 */
void vane_function_reset(VaneFunction *fn);
/* Its configuration space was written; @had_dma is from before. */
void vane_function_config_written(VaneFunction *fn, bool had_dma);
/* Soft reset of the device: PF_CTRL.RESET. */
void vane_device_reset(VaneDevice *dev);
/* Something that PF_READY depends on may have changed. */
void vane_update_pf_ready(VaneDevice *dev);
/* May the sum of all ports' resources become this? enum vane_status */
int vane_check_resources(VaneDevice *dev, const VaneFunction *fn,
                         uint32_t queues, uint32_t vectors);
/* Runs the bottom half soon. */
void vane_schedule(VaneDevice *dev);
/*
 * Does its work now if that is what the processor has rung for, and nothing of
 * it is under way.
 */
void vane_serve(VaneDevice *dev);

/*
 * vane_link.c: the port
 */
void vane_link_class_init(ObjectClass *klass);
void vane_link_instance_init(VaneDevice *dev);
/* There is a NIC now, and no more. */
void vane_link_init(VaneDevice *dev);
void vane_link_exit(VaneDevice *dev);
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
/* The port is paused, and cannot keep more for later. */
bool vane_link_full(const VaneDevice *dev);
/* Bottom half: sends what waits for the end of a pause. */
void vane_link_run(VaneDevice *dev);

/*
 * vane_dma.c: host memory as the function sees it. All return false, with the
 * error counted, where the access is refused (bus master off, VF not enabled,
 * D3, dead device, address over 52 bits) or fails on the bus.
 */
bool vane_dma_allowed(const VaneFunction *fn);
bool vane_dma_read(VaneFunction *fn, VaneDma purpose, uint64_t addr,
                   void *buf, size_t len);
bool vane_dma_write(VaneFunction *fn, VaneDma purpose, uint64_t addr,
                    const void *buf, size_t len);
/* One aligned 8-byte load; what the driver stored before it is visible. */
bool vane_dma_read64_acquire(VaneFunction *fn, VaneDma purpose, uint64_t addr,
                             uint64_t *value);
/* One aligned 8-byte store after everything written before it. */
bool vane_dma_write64_release(VaneFunction *fn, VaneDma purpose, uint64_t addr,
                              uint64_t value);
/* One aligned 4-byte access each, for struct vane_shadow. */
bool vane_dma_read32_acquire(VaneFunction *fn, VaneDma purpose, uint64_t addr,
                             uint32_t *value);
bool vane_dma_write32_release(VaneFunction *fn, VaneDma purpose, uint64_t addr,
                              uint32_t value);

/*
 * Where bytes that the function reads lie in this process: adds pieces to
 * @iov, which has @max, and counts them in @count. RAM only. They may be used
 * until the end of the caller's RCU critical section.
 */
bool vane_dma_map(VaneFunction *fn, VaneDma purpose, uint64_t addr, size_t len,
                  struct iovec *iov, unsigned *count, unsigned max);

/*
 * vanevf.c: the VF as a PCI device
 */
/* Realizes the VF; its fn is set. */
bool vane_vf_realize(VaneVF *vf, PCIBus *bus, Error **errp);
/* MSI-X Table Size of a VF follows what is in force. */
void vane_vf_set_vectors(VaneVF *vf, uint16_t vectors);

/*
 * vane_fault.c: faults, counters, the driver's mistakes
 */
void vane_guest_error(VaneFunction *fn, const char *fmt, ...)
    G_GNUC_PRINTF(2, 3);
/*
 * An enable was refused. That of a disabled function is no mistake: its driver
 * may not know yet of a reset that it did not order.
 */
void vane_enable_refused(VaneFunction *fn, const char *what, uint32_t index,
                         enum vane_error error);
/* Each true answer uses up one of a counted fault. */
bool vane_fault_drop_doorbell(VaneFunction *fn);
bool vane_fault_drop_message(VaneFunction *fn);
bool vane_fault_drop_command(VaneFunction *fn);
bool vane_fault_symbol(VaneFunction *fn);
bool vane_fault_corrupt_completion(VaneFunction *fn);
bool vane_fault_dma(VaneFunction *fn);
bool vane_fault_queue_hang(const VaneFunction *fn);
bool vane_fault_dead(const VaneFunction *fn);
/* Milliseconds by which a response is late; 0 for none. */
uint32_t vane_fault_response_delay(const VaneFunction *fn);
/* Adds the properties of the faults (PF), or of the counters (PF and VF). */
void vane_fault_class_init(ObjectClass *klass);
void vane_counters_class_init(ObjectClass *klass);

/*
 * vane_rule.c: receive rules; vane_net.h has more of it
 */
/* May the rule's registers be used with this value of CTRL? */
bool vane_rule_possible(const VaneFunction *fn, const VaneRule *rule,
                        uint32_t ctrl);

/*
 * vane_regs.c, vane_mmio.c: BAR 0
 */
extern const MemoryRegionOps vane_regs_ops;     /* opaque: VaneFunction */
/* BAR 0 of every VF, one behind the other; opaque: VaneDevice */
extern const MemoryRegionOps vane_aperture_ops;

/*
 * vane_irq.c: vectors
 */
void vane_vectors_init(VaneFunction *fn);
void vane_vectors_exit(VaneFunction *fn);
/* Disables all vectors; their registers stay. */
void vane_vectors_disable(VaneFunction *fn);
/* The same, and registers as after power-on. */
void vane_vectors_reset(VaneFunction *fn);
/* Bus master is back: tells what could not be told. */
void vane_vectors_resume(VaneFunction *fn);
void vane_vector_enable(VaneFunction *fn, uint32_t vector, bool enable);
void vane_vector_arm(VaneFunction *fn, uint32_t vector, uint32_t seen);
/*
 * Counts @count events on a vector. Status block and interrupt follow with
 * vane_events_flush(), which the bottom half calls after its work.
 */
void vane_event(VaneFunction *fn, uint32_t vector, uint32_t count);
/*
 * The same for one event, of sent frames, that may wait for others, but no
 * longer than until there are @most descriptors.
 */
void vane_event_late(VaneFunction *fn, uint32_t vector, uint32_t descs,
                     uint32_t most, uint32_t bytes);
void vane_events_flush(VaneDevice *dev);
/* Sets VANE_EVENT_* of the function and tells it by vector 0 at once. */
void vane_cause(VaneFunction *fn, uint32_t causes);

/*
 * vane_mbox.c: mailbox and the PF's slot queues
 */
void vane_mbox_init(VaneDevice *dev);
void vane_mbox_exit(VaneDevice *dev);
void vane_mbox_doorbell(VaneFunction *fn, uint32_t length);
/* The function was reset: what it had outstanding is dropped; PF: queues. */
void vane_mbox_function_reset(VaneFunction *fn);
/* Soft reset of the device: nothing is gathered for the PF. */
void vane_mbox_reset(VaneDevice *dev);
/* PF_READY rose, or RQ has room: requests that were held may go. */
void vane_mbox_resume(VaneDevice *dev);
/*
 * VANE_NOTICE_* of a VF to the PF; @error and @queue with
 * VANE_NOTICE_QUEUE_ERROR. The PF gets none of itself.
 */
void vane_notice(VaneFunction *fn, uint32_t bits, uint32_t error,
                 uint32_t queue);
void vane_rq_enable(VaneDevice *dev, bool enable);
void vane_sq_enable(VaneDevice *dev, bool enable);
void vane_rq_doorbell(VaneDevice *dev, uint32_t tail);
void vane_sq_doorbell(VaneDevice *dev, uint32_t tail);
/* Bottom half: fills RQ, serves SQ. True if there is more to do. */
bool vane_mbox_run(VaneDevice *dev);

/*
 * vane_cmd.c: executes the PF's command @msg; the body of its answer takes the
 * place of the command's, @answer is its length. Returns enum vane_status.
 */
int vane_cmd_execute(VaneDevice *dev, struct vane_msg *msg, uint32_t *answer);

/*
 * vane_sriov.c: the SR-IOV capability and its VFs
 */
bool vane_sriov_init(VaneDevice *dev, uint16_t offset, Error **errp);
void vane_sriov_exit(VaneDevice *dev);
/* Frees what an access under way may use until the PF object ends. */
void vane_sriov_finalize(VaneDevice *dev);
/* As after power-on: no VF. */
void vane_sriov_reset(VaneDevice *dev, bool flr);
/* The PF's configuration space was written. */
void vane_sriov_config_write(VaneDevice *dev, uint32_t addr, int len);

/*
 * vane_ring.c: rings and their DMA
 */
void vane_rings_init(VaneFunction *fn);
void vane_rings_exit(VaneFunction *fn);
/* All queues off, their registers zero. */
void vane_rings_reset(VaneFunction *fn);
/* CTRL of a queue: checks the registers, sets enabled or error. */
void vane_txq_enable(VaneFunction *fn, uint32_t queue);
void vane_txq_disable(VaneFunction *fn, uint32_t queue);
void vane_rxq_enable(VaneFunction *fn, uint32_t queue, bool cpl32);
void vane_rxq_disable(VaneFunction *fn, uint32_t queue);
/* The doorbell's value as written; @queue is below the function's limit. */
void vane_txq_doorbell(VaneFunction *fn, uint32_t queue, uint32_t value);
void vane_rxq_doorbell(VaneFunction *fn, uint32_t queue, uint32_t value);
/* Bus master is back: queues that were rung meanwhile are looked at. */
void vane_rings_resume(VaneFunction *fn);
/* Bottom half: serves pending queues on a budget. True if there is more. */
bool vane_rings_run(VaneDevice *dev);
/* Stops a queue for a violation; @queue as in struct vane_rq_slot. */
void vane_queue_error(VaneFunction *fn, uint32_t queue, enum vane_error error);

/*
 * vane_sched.c: rates, and which queue is next to transmit
 */
/* PORT_SET gave the port other rates, or another group. */
void vane_sched_port_changed(VaneFunction *fn);
/* No group has a rate. */
void vane_sched_reset(VaneDevice *dev);

/*
 * vane_switch.c: ports, filters, forwarding
 */
void vane_switch_init(VaneDevice *dev);
void vane_switch_exit(VaneDevice *dev);
/* Tables empty, mode VEB, every port's administered configuration default. */
void vane_switch_reset(VaneDevice *dev);
/*
 * One port's administered configuration is default again and its filters are
 * gone: VF Enable was cleared.
 */
void vane_switch_port_reset(VaneFunction *fn);
/* Filters, VLANs and receive mode of one port; its configuration stays. */
void vane_switch_function_reset(VaneFunction *fn);
ssize_t vane_switch_receive(VaneDevice *dev, const uint8_t *buf, size_t size);

/*
 * Handlers of the commands: @req is the body, of the command's exact length;
 * @rsp is zeroed and takes the answer's body. They return enum vane_status.
 */
typedef int VaneCmdHandler(VaneDevice *dev, const void *req, void *rsp);
VaneCmdHandler vane_switch_port_set;
VaneCmdHandler vane_switch_port_get;
VaneCmdHandler vane_switch_filter_add;
VaneCmdHandler vane_switch_filter_del;
VaneCmdHandler vane_switch_filter_clear;
VaneCmdHandler vane_switch_vlan_add;
VaneCmdHandler vane_switch_vlan_del;
VaneCmdHandler vane_switch_rx_mode;
VaneCmdHandler vane_switch_mode_set;
VaneCmdHandler vane_switch_mode_get;
VaneCmdHandler vane_switch_vif_list_set;
VaneCmdHandler vane_switch_vif_list_get;
VaneCmdHandler vane_switch_trunk_set;
VaneCmdHandler vane_switch_trunk_get;
VaneCmdHandler vane_sched_group_set;
VaneCmdHandler vane_sched_group_get;
VaneCmdHandler vane_link_cmd_set;
VaneCmdHandler vane_link_cmd_get;
VaneCmdHandler vane_link_cmd_stats;

#endif /* HW_NET_VANE_H */
