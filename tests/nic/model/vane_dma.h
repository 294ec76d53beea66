/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: host memory (vane_dma.c).
 */
#ifndef HW_NET_VANE_DMA_H
#define HW_NET_VANE_DMA_H

#include "vane_types.h"

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

bool vane_device_in_d0(const VaneDevice *dev);
/* May the function access memory at all? */
bool vane_dma_allowed(const VaneFunction *fn);

/*
 * Host memory as the function sees it. All return false, with the error
 * counted, where the access is refused (bus master off, VF not enabled, D3,
 * dead device, address over 52 bits) or fails on the bus.
 */
bool vane_dma_read(VaneFunction *fn, VaneDma purpose, uint64_t addr,
                   void *buf, size_t len);
bool vane_dma_write(VaneFunction *fn, VaneDma purpose, uint64_t addr,
                    const void *buf, size_t len);
/* One aligned 8-byte store after everything written before it. */
bool vane_dma_write64_release(VaneFunction *fn, VaneDma purpose, uint64_t addr,
                              uint64_t value);
/*
 * One aligned 4-byte access each, for struct vane_shadow. What the driver
 * stored before the value that is read is visible.
 */
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

#endif /* HW_NET_VANE_DMA_H */
