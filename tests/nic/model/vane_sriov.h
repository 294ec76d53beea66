/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: the SR-IOV capability and its VFs (vane_sriov.c).
 */
#ifndef HW_NET_VANE_SRIOV_H
#define HW_NET_VANE_SRIOV_H

#include "hw/pci/pci_device.h"
#include "vane_types.h"

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

bool vane_sriov_init(VaneDevice *dev, uint16_t offset, Error **errp);
void vane_sriov_exit(VaneDevice *dev);
void vane_sriov_finalize(VaneDevice *dev);
/* As after power-on: no VF. */
void vane_sriov_reset(VaneDevice *dev, bool flr);
/* The PF's configuration space was written. */
void vane_sriov_config_write(VaneDevice *dev, uint32_t addr, int len);

#endif /* HW_NET_VANE_SRIOV_H */
