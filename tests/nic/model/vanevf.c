/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: a virtual function as a PCI device. It has a configuration space, an
 * MSI-X table and a requester ID; all else is in its slice of the PF's object.
 */
#include "qemu/osdep.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/pci/pcie_sriov.h"
#include "qapi/error.h"
#include "vane.h"
#include "vane_dma.h"
#include "vane_mbox.h"
#include "vanevf.h"

void vane_vf_set_vectors(VaneVF *vf, uint16_t vectors)
{
    PCIDevice *pdev = PCI_DEVICE(vf);
    uint8_t *flags = pdev->config + pdev->msix_cap + PCI_MSIX_FLAGS;

    /* While the PF is being realized no port has vectors yet. */
    pci_set_word(flags, (pci_get_word(flags) & ~PCI_MSIX_FLAGS_QSIZE) |
                        (MAX(vectors, 1) - 1));
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

    if (!vane_function_may_write_config(fn)) {
        return;
    }
    if (range_covers_byte(addr, len, PCI_COMMAND)) {
        master = (uint32_t)PCI_COMMAND_MASTER << 8 * (PCI_COMMAND - addr);
    }
    pci_default_write_config(pdev, addr, val | master, len);
    if (!fn->pdev) {
        /* The message of a vector that was unmasked unplugged the device. */
        return;
    }
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

/* Sends a message of the MSI-X table, a new one or one that was pending. */
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
                  VANE_VF_CAP_MSIX, errp) < 0) {
        return;
    }
    for (int v = 0; v < VANE_MAX_VECTORS_VF; v++) {
        msix_vector_use(pdev, v);
    }
    if (pcie_endpoint_cap_init(pdev, VANE_VF_CAP_PCIE) < 0) {
        error_setg(errp, "no room for a VF's PCIe capability");
        goto uninit_msix;
    }
    pcie_cap_flr_init(pdev);
    vane_fill_link(pdev);
    if (pcie_aer_init(pdev, PCI_ERR_VER, VANE_VF_CAP_AER, PCI_ERR_SIZEOF,
                      errp) < 0) {
        goto exit_pcie;
    }
    pcie_ari_init(pdev, VANE_VF_CAP_ARI);
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
    VaneFunction *fn = VANE_VF(obj)->fn;

    pcie_cap_deverr_reset(PCI_DEVICE(obj));
    if (vane_function_may_reset(fn)) {
        vane_enter(fn->dev);
        vane_function_reset(fn);
        /* The next owner of the VF must not see what the last one did. */
        memcpy(fn->stats_base, fn->stats, sizeof(fn->stats_base));
        vane_leave(fn->dev);
    }
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
    pc->revision = VANE_PCI_REVISION;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
    pc->subsystem_vendor_id = VANE_PCI_SUBSYSTEM_VENDOR_ID;
    pc->subsystem_id = VANE_PCI_SUBSYSTEM_ID;
    rc->phases.hold = vanevf_reset_hold;

    dc->desc = "VANE Ethernet virtual function";
    /* It is created and destroyed with its PF. */
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
