/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: frames.
 *
 * A frame travels from a transmit queue or the uplink through the switch to
 * receive queues and the uplink. Its first bytes are copied once, into room
 * that the guest cannot change under the model's feet: everything that is
 * parsed, checked or changed lies there. The rest stays where it is, in guest
 * memory or in the net layer's buffer, and is copied into each receiver's
 * buffers only.
 */
#ifndef HW_NET_VANE_FRAME_H
#define HW_NET_VANE_FRAME_H

#include "net/eth.h"
#include "vane_types.h"

/* Preamble, start of frame, FCS and gap: what a frame costs on the wire */
#define VANE_WIRE_OVERHEAD      24
/* The least that a frame has there, without FCS: shorter ones are padded */
#define VANE_WIRE_FRAME_MIN     60
/* Tags that headers are looked for behind */
#define VANE_MAX_TAGS           2
/* Both MAC addresses: where a tag belongs */
#define VANE_TAG_OFFSET         (2 * ETH_ALEN)
#define VANE_VLAN_TAG_SIZE      sizeof(struct vlan_header)
#define VANE_VLAN_TCI_PRIO      0xf000          /* PCP and DEI */

/* EtherTypes that end at the link partner */
#define VANE_ETHERTYPE_MAC_CONTROL  0x8808
#define VANE_ETHERTYPE_SLOW         0x8809      /* LACP, OAM */
#define VANE_ETHERTYPE_LLDP         0x88cc

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

/* A channel tag as it is on the wire; no bytes where there is none */
typedef struct VaneChannelTag {
    uint8_t len;
    uint8_t bytes[VANE_ETAG_SIZE];
} VaneChannelTag;

typedef enum VaneCsum {
    VANE_CSUM_UNKNOWN,          /* not looked at yet */
    VANE_CSUM_NONE,             /* the frame has none, or it cannot be found */
    VANE_CSUM_OK,
    VANE_CSUM_BAD,
} VaneCsum;

/* What of a frame's headers lies beyond what the device looks at */
typedef enum VaneCut {
    VANE_CUT_NONE,
    VANE_CUT_PORTS,
    VANE_CUT_PROTO,             /* ... and the protocol */
    VANE_CUT_L3,                /* ... and all of IP */
} VaneCut;

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

    /*
     * A channel beside that of the port. Sent: the sender has named it. From
     * the uplink: the tag that named it is kept, and granted to the receiver.
     */
    bool named;
    uint32_t channel;
    VaneChannelTag channel_tag;

    /* Where headers start: offsets in room[], 0 = not found */
    uint16_t l3;
    uint16_t l4;                /* TCP and UDP only */
    uint16_t ports;             /* SCTP's too */
    uint16_t first_ports;       /* those of first fragments too */
    uint16_t ethertype;         /* behind the tags */
    uint8_t l4_proto;
    uint8_t ip_proto;           /* with l3: of the last header looked at */
    bool ipv6;
    VaneCut cut;
    uint32_t l4_len;            /* L4 header and payload, as IP says */
    VaneCsum csum;

    /* TSO: 0, or payload of a segment; head_len is all of the headers then */
    uint16_t mss;
    uint16_t segments;          /* frames on the wire, 1 without TSO */
    bool cwr;

    uint8_t room[VANE_FRAME_ROOM + VANE_FRAME_HEAD];
};

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

/* What the wire takes for all segments, with @extra bytes of tags in each */
static inline uint64_t vane_frame_wire_cost(const VaneFrame *frame,
                                            uint32_t extra)
{
    uint32_t last = frame->len + extra - (frame->segments - 1) * frame->mss;
    uint32_t pad = last < VANE_WIRE_FRAME_MIN ? VANE_WIRE_FRAME_MIN - last : 0;

    return vane_frame_wire_bytes(frame, extra + VANE_WIRE_OVERHEAD) + pad;
}

#endif /* HW_NET_VANE_FRAME_H */
