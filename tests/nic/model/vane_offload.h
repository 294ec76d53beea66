/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: headers, checksums, segmentation, hashes (vane_offload.c).
 */
#ifndef HW_NET_VANE_OFFLOAD_H
#define HW_NET_VANE_OFFLOAD_H

#include "vane_frame.h"

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

#endif /* HW_NET_VANE_OFFLOAD_H */
