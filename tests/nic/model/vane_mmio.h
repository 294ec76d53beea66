/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: accesses to BAR 0 (vane_mmio.c).
 */
#ifndef HW_NET_VANE_MMIO_H
#define HW_NET_VANE_MMIO_H

#include "exec/memory.h"

extern const MemoryRegionOps vane_regs_ops;     /* opaque: VaneFunction */
/* BAR 0 of every VF, one behind the other; opaque: VaneDevice */
extern const MemoryRegionOps vane_aperture_ops;

#endif /* HW_NET_VANE_MMIO_H */
