/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE SR-IOV Ethernet controller: frames, and the API between the files of
 * the datapath.
 *
 * A frame travels from a transmit queue or the uplink through the switch to
 * receive queues and the uplink. Its first bytes are copied once, into room
 * that the guest cannot change under the model's feet: everything that is
 * parsed, checked or changed lies there. The rest stays where it is, in guest
 * memory or in the net layer's buffer, and is copied into each receiver's
 * buffers only.
 */
#ifndef HW_NET_VANE_NET_H
#define HW_NET_VANE_NET_H

#include "net/eth.h"
#include "vane.h"

/* Preamble, start of frame, FCS and gap: what a frame costs on the wire */
#define VANE_WIRE_OVERHEAD      24
/* Both MAC addresses: where a tag belongs */
#define VANE_TAG_OFFSET         (2 * ETH_ALEN)
#define VANE_VLAN_TAG_SIZE      sizeof(struct vlan_header)
#define VANE_VLAN_TCI_PRIO      0xf000          /* PCP and DEI */

/*
 * The VLAN that a frame belongs to: a VID, 0 for none, and this bit where it
 * is that of an 802.1ad tag.
 */
#define VANE_VLAN_SERVICE       (VLAN_VID_MASK + 1)

/*
 * Bytes copied of an ordinary frame: Ethernet, two tags, IPv6 with some
 * extension headers, TCP with options.
 */
#define VANE_FRAME_PARSED       192
/* The most that is copied: up to the farthest checksum field there can be */
#define VANE_FRAME_HEAD         1152
/* Room in front for a tag that is put in */
#define VANE_FRAME_ROOM         16
/*
 * Pieces of host memory. Each fragment adds at most two more than its whole
 * pages, where an IOMMU maps each page elsewhere.
 */
#define VANE_FRAME_PIECES       (2 * VANE_TX_MAX_DESC + \
                                 VANE_TX_MAX_TSO / 4096 + 16)

/* The largest value of a field, as a constant */
#define VANE_FIELD_MAX(mask)    ((mask) / ((mask) & -(mask)))

typedef enum VaneCsum {
    VANE_CSUM_UNKNOWN,          /* not looked at yet */
    VANE_CSUM_NONE,             /* the frame has none, or it cannot be found */
    VANE_CSUM_OK,
    VANE_CSUM_BAD,
} VaneCsum;

struct VaneFrame {
    uint8_t *data;              /* first byte, in room[] */
    uint32_t len;               /* bytes, without the tag aside */
    uint32_t head_len;          /* bytes that lie at data */
    unsigned pieces;            /* where the others are */
    struct iovec piece[VANE_FRAME_PIECES];

    /* Outermost VLAN tag, kept aside: 0, or its EtherType */
    uint16_t tag_proto;
    uint16_t tag_tci;
    uint16_t vlan;              /* what the ingress edge made of it */

    /* Where headers start: offsets in room[], 0 = not found */
    uint16_t l3;
    uint16_t l4;                /* TCP and UDP only */
    uint16_t ports;             /* SCTP's too */
    uint16_t ethertype;         /* behind the tags */
    uint8_t l4_proto;
    uint8_t ip_proto;           /* with l3: of the last header looked at */
    bool ipv6;
    uint32_t l4_len;            /* L4 header and payload, as IP says */
    VaneCsum csum;

    /* TSO: 0, or payload of a segment; head_len is all of the headers then */
    uint16_t mss;
    uint16_t segments;          /* frames on the wire, 1 without TSO */
    bool cwr;

    uint8_t room[VANE_FRAME_ROOM + VANE_FRAME_HEAD];
};

/*
 * A frame as one receiver sees it: l2[] in place of the first skip bytes, the
 * rest as it is.
 */
typedef struct VaneView {
    uint8_t l2[VANE_TAG_OFFSET + VANE_VNTAG_SIZE + VANE_VLAN_TAG_SIZE];
    uint16_t l2_len;
    uint16_t skip;
    uint32_t len;
    bool has_tci;               /* a tag was stripped */
    uint16_t tci;
} VaneView;

static inline bool vane_frame_is_multicast(const VaneFrame *frame)
{
    return is_multicast_ether_addr(frame->data);
}

/* Bytes on the wire, of all segments, with @extra in each. */
static inline uint64_t vane_frame_wire_bytes(const VaneFrame *frame,
                                             uint32_t extra)
{
    return frame->len + extra +
           (uint64_t)(frame->segments - 1) * (frame->head_len + extra);
}

/* Bytes of the longest frame that goes on the wire. */
static inline uint32_t vane_frame_wire_len(const VaneFrame *frame)
{
    return frame->mss ? MIN(frame->len, frame->head_len + frame->mss)
                      : frame->len;
}

/* Counts a frame that was sent (@base is VANE_STAT_TX_FRAMES) or received. */
void vane_count_frame(VaneFunction *fn, enum vane_stat base,
                      const VaneFrame *frame, uint32_t extra);

/*
 * vane_tag.c: VLAN tags and VN-Tags
 */
/* Is there a VLAN tag in the frame's bytes? */
bool vane_tag_inside(const VaneFrame *frame);
/* The VLAN of the tag that is aside, as in VaneFrame.vlan; 0 for none. */
uint16_t vane_tag_vlan(const VaneFrame *frame);
/*
 * That of the first tag in the frame's bytes. False if there is no more than
 * the beginning of a tag.
 */
bool vane_tag_inside_vlan(const VaneFrame *frame, uint16_t *vlan);
/* Puts the outermost VLAN tag aside. False if there is none. */
bool vane_tag_pop(VaneFrame *frame);
/* Makes this the outermost tag; one that was aside goes into the frame. */
void vane_tag_push(VaneFrame *frame, uint16_t proto, uint16_t tci);
/* Takes the VN-Tag out. False if there is none. */
bool vane_vntag_pop(VaneFrame *frame, uint32_t *vntag);
/*
 * The frame as a function gets it: with the tag aside, or without (@untag),
 * and with its outermost 802.1Q tag moved into @view->tci if @strip is set.
 */
void vane_tag_view(const VaneFrame *frame, bool untag, bool strip,
                   VaneView *view);
/* The frame as the uplink gets it; @vntag is NULL outside of VN-Tag mode. */
void vane_tag_wire_view(const VaneFrame *frame, const uint32_t *vntag,
                        VaneView *view);
/* Where the bytes are: VANE_FRAME_PIECES + 2 pieces at most. */
unsigned vane_view_iov(const VaneFrame *frame, const VaneView *view,
                       struct iovec *iov);

/*
 * vane_offload.c: headers, checksums, segmentation, hashes
 */
/* Finds the headers in the frame's head. */
void vane_frame_parse(VaneFrame *frame);
/* Of the whole frame; the result is kept. */
VaneCsum vane_csum_verify(VaneFrame *frame);
/* Generic checksum. @start and @field count from the frame's first byte. */
void vane_csum_insert(VaneFrame *frame, uint32_t start, uint32_t field);
/*
 * Makes a parsed frame, whose head is all of its headers, one to be segmented.
 * False if its headers do not allow that.
 */
bool vane_tso_prepare(VaneFrame *frame, uint16_t mss);

typedef struct VaneSegments {
    const VaneFrame *tso;
    uint32_t done;              /* bytes of payload */
    uint16_t index;
    unsigned piece;
    size_t piece_offset;
} VaneSegments;

void vane_segments_start(VaneSegments *it, const VaneFrame *tso);
/* False after the last one. */
bool vane_segments_next(VaneSegments *it, VaneFrame *segment);

/* Receive queue of a frame by an RSS table, its hash and VANE_RXC_HASH_*. */
uint32_t vane_rss_queue(const VaneFunction *fn, const VaneFrame *frame,
                        uint32_t table, uint32_t *hash, uint64_t *hash_type);

/*
 * vane_rule.c: receive rules
 */
/* The rule for a frame, which the function gets @untag without its tag. */
const VaneRule *vane_rule_find(const VaneFunction *fn, const VaneFrame *frame,
                               bool untag);
uint32_t vane_rule_action(const VaneRule *rule);
uint32_t vane_rule_target(const VaneRule *rule);

/*
 * vane_switch.c
 */
/* A frame that a function sends; with @has_tci in that C-VLAN. */
void vane_switch_transmit(VaneFunction *fn, VaneFrame *frame, bool has_tci,
                          uint16_t tci);
/* Bytes of the tags that the switch adds to frames of the function. */
uint32_t vane_switch_tag_bytes(const VaneFunction *fn);

/*
 * vane_tx.c: transmit queues
 */
/* Descriptors read ahead: a burst, and more than a frame has */
#define VANE_TX_FETCH           64

/* Takes an index from doorbell or shadow. False if that stopped the queue. */
bool vane_txq_set_tail(VaneTxQueue *txq, uint32_t value);
/*
 * Serves a queue for its share of @budget, from which it takes what it sent:
 * frames of the wire, once for each receiver. True if there is more.
 */
bool vane_txq_run(VaneTxQueue *txq, unsigned *budget);

/* The queue has rung, or does nothing any more. */
void vane_txq_unpoll(VaneTxQueue *txq);

/* What transmit queues of a device share. */
void vane_tx_init(VaneDevice *dev);
void vane_tx_exit(VaneDevice *dev);

/*
 * vane_sched.c: the transmit scheduler
 */
void vane_sched_init(VaneDevice *dev);
void vane_sched_exit(VaneDevice *dev);
void vane_sched_port_init(VaneFunction *fn);
/* The queue has something to send, or has been stopped. */
void vane_sched_queue(VaneTxQueue *txq);
void vane_sched_unqueue(VaneTxQueue *txq);
/* Bus master is back, or a fault gone: what is pending may be served. */
void vane_sched_resume(VaneFunction *fn);
/*
 * The bottom half: starts, then takes the next queue until there is none and
 * gives each back with what is left in it, then ends. vane_sched_end() is true
 * if there are queues that need not wait.
 */
void vane_sched_start(VaneDevice *dev);
VaneTxQueue *vane_sched_next(VaneDevice *dev);
void vane_sched_done(VaneTxQueue *txq, bool more);
bool vane_sched_end(VaneDevice *dev);
/* May this be a maximum and a share, both in Mb/s? */
bool vane_rates_valid(uint32_t max, uint32_t share);
/* The port sent that much, as the wire counts it. */
void vane_sched_charge(VaneFunction *fn, uint64_t bytes);

/* Has the queue's function to wait, or to let others go? */
static inline bool vane_sched_spent(const VaneTxQueue *txq)
{
    return txq->fn->sched.spent;
}

/*
 * vane_rx.c: receive queues
 */
/* Buffers read ahead */
#define VANE_RX_FETCH           64

/* Takes indices from doorbell or shadow. False if that stopped the queue. */
bool vane_rxq_set_tail(VaneRxQueue *rxq, uint32_t value);
/* A frame that the switch has for a function, @untag to go without its tag. */
void vane_rx_frame(VaneFunction *fn, VaneFrame *frame, bool untag);
/* Writes the completions that are staged, and counts them as events. */
void vane_rxq_flush(VaneRxQueue *rxq);

/*
 * vane_ring.c
 */
/* Completions are staged: the bottom half is to write them. */
void vane_rxq_list(VaneRxQueue *rxq);

#endif /* HW_NET_VANE_NET_H */
