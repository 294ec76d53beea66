/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: a VF as a PCI device (vanevf.c).
 */
#ifndef HW_NET_VANEVF_H
#define HW_NET_VANEVF_H

#include "hw/pci/pci_device.h"
#include "vane_types.h"

#define TYPE_VANE_VF "vane-vf"
OBJECT_DECLARE_SIMPLE_TYPE(VaneVF, VANE_VF)

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

/* Realizes the VF; its fn is set. */
bool vane_vf_realize(VaneVF *vf, PCIBus *bus, Error **errp);
/* MSI-X Table Size of a VF follows what is in force. */
void vane_vf_set_vectors(VaneVF *vf, uint16_t vectors);

#endif /* HW_NET_VANEVF_H */
