/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: a virtual function as a PCI device. It has a configuration space, an
 * MSI-X table and a requester ID; what it does is its slice of the PF's object.
 */
#include "qemu/osdep.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/pci/pcie_sriov.h"
#include "qapi/error.h"
#include "vane.h"

#define VF_PCIE_OFFSET          0x40
#define VF_MSIX_OFFSET          0x80
#define VF_AER_OFFSET           0x100
#define VF_ARI_OFFSET           0x150

void vane_vf_set_vectors(VaneVF *vf, uint16_t vectors)
{
    PCIDevice *pdev = PCI_DEVICE(vf);
    uint8_t *flags = pdev->config + pdev->msix_cap + PCI_MSIX_FLAGS;

    pci_set_word(flags, (pci_get_word(flags) & ~PCI_MSIX_FLAGS_QSIZE) |
                        (vectors - 1));
}

/*
 * The region through which a VF masters the bus stays enabled from VF Enable
 * on, since each change of it costs an update of every address space of the
 * machine; the DMA and MSI paths look at Bus Master Enable instead.
 */
static void vanevf_write_config(PCIDevice *pdev, uint32_t addr, uint32_t val,
                                int len)
{
    VaneFunction *fn = VANE_VF(pdev)->fn;
    bool had_dma = vane_dma_allowed(fn);
    uint32_t master = 0;
    bool flr;

    if (range_covers_byte(addr, len, PCI_COMMAND)) {
        master = (uint32_t)PCI_COMMAND_MASTER << 8 * (PCI_COMMAND - addr);
    }
    pci_default_write_config(pdev, addr, val | master, len);
    if (master && !(val & master)) {
        pci_word_test_and_clear_mask(pdev->config + PCI_COMMAND,
                                     PCI_COMMAND_MASTER);
    }

    flr = pci_get_word(pdev->config + pdev->exp.exp_cap + PCI_EXP_DEVCTL) &
          PCI_EXP_DEVCTL_BCR_FLR;
    pcie_cap_flr_write_config(pdev, addr, val, len);
    if (flr) {
        vane_notice(fn, VANE_NOTICE_RESET, VANE_ERROR_NONE, 0);
    } else {
        vane_function_config_written(fn, had_dma);
    }
}

/* A message of the MSI-X table, be it ours or one that was pending. */
static void vanevf_msi_trigger(PCIDevice *pdev, MSIMessage msg)
{
    VaneVF *vf = VANE_VF(pdev);

    if (vane_dma_allowed(vf->fn)) {
        vf->msi_trigger(pdev, msg);
    }
}

bool vane_vf_realize(VaneVF *vf, PCIBus *bus, Error **errp)
{
    PCIDevice *pdev = PCI_DEVICE(vf);

    if (!qdev_realize(DEVICE(vf), BUS(bus), errp)) {
        return false;
    }
    vf->msi_trigger = pdev->msi_trigger;
    pdev->msi_trigger = vanevf_msi_trigger;
    return true;
}

static void vanevf_realize(PCIDevice *pdev, Error **errp)
{
    VaneVF *vf = VANE_VF(pdev);

    /* VFs have neither INTx nor BARs nor a memory enable of their own. */
    pci_set_word(pdev->wmask + PCI_COMMAND, PCI_COMMAND_MASTER);
    pci_set_byte(pdev->wmask + PCI_INTERRUPT_LINE, 0);
    pci_set_byte(pdev->wmask + PCI_CACHE_LINE_SIZE, 0);

    memory_region_init(&vf->bar, OBJECT(vf), "vane-vf-bar", VANE_VF_BAR_SIZE);
    if (msix_init(pdev, VANE_MAX_VECTORS_VF, &vf->bar, VANE_BAR,
                  VANE_BLK_MSIX_TABLE, &vf->bar, VANE_BAR, VANE_BLK_MSIX_PBA,
                  VF_MSIX_OFFSET, errp) < 0) {
        return;
    }
    for (int v = 0; v < VANE_MAX_VECTORS_VF; v++) {
        msix_vector_use(pdev, v);
    }
    if (pcie_endpoint_cap_init(pdev, VF_PCIE_OFFSET) < 0) {
        error_setg(errp, "no room for a VF's PCIe capability");
        goto uninit_msix;
    }
    pcie_cap_flr_init(pdev);
    if (pcie_aer_init(pdev, PCI_ERR_VER, VF_AER_OFFSET, PCI_ERR_SIZEOF,
                      errp) < 0) {
        goto exit_pcie;
    }
    pcie_ari_init(pdev, VF_ARI_OFFSET);
    return;

exit_pcie:
    pcie_cap_exit(pdev);
uninit_msix:
    msix_uninit(pdev, &vf->bar, &vf->bar);
}

static void vanevf_exit(PCIDevice *pdev)
{
    VaneVF *vf = VANE_VF(pdev);

    vf->fn->pdev = NULL;
    pcie_aer_exit(pdev);
    pcie_cap_exit(pdev);
    msix_unuse_all_vectors(pdev);
    msix_uninit(pdev, &vf->bar, &vf->bar);
}

static void vanevf_reset_hold(Object *obj, ResetType type)
{
    PCIDevice *pdev = PCI_DEVICE(obj);

    pcie_cap_deverr_reset(pdev);
    vane_function_reset(VANE_VF(obj)->fn);
}

static void vanevf_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    pc->realize = vanevf_realize;
    pc->exit = vanevf_exit;
    pc->config_write = vanevf_write_config;
    /* Both ids of a VF read as ones: software takes them from the PF. */
    pc->vendor_id = 0xffff;
    pc->device_id = 0xffff;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
    rc->phases.hold = vanevf_reset_hold;

    dc->desc = "VANE Ethernet virtual function";
    /* It comes and goes with its PF, and is migrated (or not) with it. */
    dc->user_creatable = false;
    dc->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
    vane_counters_class_init(klass);
}

static const TypeInfo vanevf_info = {
    .name = TYPE_VANE_VF,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(VaneVF),
    .class_init = vanevf_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_PCIE_DEVICE },
        { }
    },
};

static void vanevf_register_types(void)
{
    type_register_static(&vanevf_info);
}

type_init(vanevf_register_types)
