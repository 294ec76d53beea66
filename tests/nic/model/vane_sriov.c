/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: the SR-IOV capability and its VFs.
 *
 * hw/pci/pcie_sriov.c (QEMU 10.0) cannot have 256 VFs: it puts every VF on the
 * PF's bus and refuses a routing ID that leaves it, and it maps one memory
 * region per VF at an address that it derives from devfn, which makes enabling
 * quadratic. So the capability is handled here, and pcie_sriov.c, which sees no
 * exp.sriov_cap, stays out of it. Four changes there would replace this file:
 *
 *  - pcie_sriov_pf_init() creates a second PCIBus below the same port, whose
 *    bus_num is the PF's plus one, for VFs past devfn 255, instead of failing
 *    with "VF addr overflows";
 *  - a VF BAR is an aperture of TotalVFs BARs, sized by System Page Size, which
 *    the PF maps as one region that finds the VF by the offset;
 *  - consume_config() changes all VFs in one memory transaction;
 *  - VFs are put into PCIBus.devices[] with the first VF Enable, so that 256
 *    unused ones cost no IOMMU address space, and their bus master region is
 *    not toggled by each write of their command register.
 */
#include "qemu/osdep.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie_sriov.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "trace.h"
#include "vane.h"
#include "vane_fault.h"
#include "vane_mmio.h"
#include "vane_sriov.h"
#include "vane_switch.h"
#include "vanevf.h"

#define TYPE_VANE_BUS           "vane-second-bus"
#define PAGE_UNIT               4096

/*
 * The second bus has no bridge of its own: the port above the PF routes both
 * bus numbers to this link.
 */
static int vane_sriov_second_bus_num(PCIBus *bus)
{
    return bus->parent_dev->config[PCI_SECONDARY_BUS] + 1;
}

static void vane_sriov_second_bus_class_init(ObjectClass *klass, void *data)
{
    PCI_BUS_CLASS(klass)->bus_num = vane_sriov_second_bus_num;
}

static const TypeInfo second_bus_info = {
    .name = TYPE_VANE_BUS,
    .parent = TYPE_PCIE_BUS,
    .class_init = vane_sriov_second_bus_class_init,
};

static PCIBus *vane_sriov_second_bus_new(VaneDevice *dev)
{
    PCIBus *first = pci_get_bus(PCI_DEVICE(dev));
    PCIBus *bus = PCI_BUS(qbus_new(TYPE_VANE_BUS, DEVICE(dev), "vf-bus"));

    bus->parent_dev = first->parent_dev;
    bus->map_irq = first->map_irq;
    bus->address_space_mem = first->address_space_mem;
    bus->address_space_io = first->address_space_io;
    QLIST_INIT(&bus->child);
    QLIST_INSERT_HEAD(&first->child, bus, sibling);
    qbus_mark_full(BUS(bus));
    return bus;
}

static uint8_t *vane_sriov_capability(VaneDevice *dev)
{
    return PCI_DEVICE(dev)->config + dev->sriov.cap;
}

static uint8_t *vane_sriov_capability_mask(VaneDevice *dev)
{
    return PCI_DEVICE(dev)->wmask + dev->sriov.cap;
}

static bool vane_sriov_flag(VaneDevice *dev, uint16_t bit)
{
    return pci_get_word(vane_sriov_capability(dev) + PCI_SRIOV_CTRL) & bit;
}

static PCIBus *vane_sriov_bus_of(VaneDevice *dev, uint32_t index)
{
    return index + VANE_VF_OFFSET < PCI_DEVFN_MAX ?
           pci_get_bus(PCI_DEVICE(dev)) : dev->sriov.second_bus;
}

/*
 * Aperture
 */

/*
 * The aperture holds the BARs of all TotalVFs VFs and is one region that finds
 * the VF by the offset. Once mapped, it stays mapped until memory space is
 * enabled at another address, and reads as ones while VFs or their memory space
 * are disabled: under TCG, a vCPU may still use the old topology while another
 * vCPU's configuration write creates a new one, and QEMU 10.0 aborts if the two
 * differ (iotlb_to_section()). It hides nothing meanwhile, since of two regions
 * with the same priority the one mapped last is visible.
 */
static uint64_t vane_sriov_aperture_size(VaneDevice *dev)
{
    return dev->sriov.total_vfs * dev->sriov.stride;
}

static uint64_t vane_sriov_bar_address(VaneDevice *dev)
{
    return pci_get_quad(vane_sriov_capability(dev) + PCI_SRIOV_BAR) &
           PCI_BASE_ADDRESS_MEM_MASK;
}

static void vane_sriov_unmap_aperture(VaneDevice *dev)
{
    VaneSriov *sriov = &dev->sriov;

    if (sriov->mapped) {
        memory_region_del_subregion(
            pci_get_bus(PCI_DEVICE(dev))->address_space_mem, &sriov->aperture);
        sriov->mapped = false;
    }
}

static void vane_sriov_map_aperture(VaneDevice *dev)
{
    VaneSriov *sriov = &dev->sriov;
    uint64_t address = vane_sriov_bar_address(dev);
    uint64_t size = vane_sriov_aperture_size(dev);

    if (sriov->mapped || !address || address + size - 1 < address ||
        address + size >= HWADDR_MAX) {
        return;
    }
    trace_vane_vf_map(address, sriov->stride, sriov->total_vfs);
    memory_region_set_size(&sriov->aperture, size);
    memory_region_add_subregion_overlap(
        pci_get_bus(PCI_DEVICE(dev))->address_space_mem, address,
        &sriov->aperture, 1);
    sriov->mapped = true;
    sriov->address = address;
}

static void vane_sriov_check_mapping(VaneDevice *dev)
{
    VaneSriov *sriov = &dev->sriov;

    sriov->memory = vane_sriov_flag(dev, PCI_SRIOV_CTRL_MSE);
    if (!sriov->memory) {
        return;
    }
    if (sriov->address != vane_sriov_bar_address(dev) ||
        memory_region_size(&sriov->aperture) != vane_sriov_aperture_size(dev)) {
        vane_sriov_unmap_aperture(dev);
    }
    vane_sriov_map_aperture(dev);
}

/* System Page Size decides the size of a VF's BAR, hence its alignment. */
static void vane_sriov_set_page_size(VaneDevice *dev, uint16_t page_size)
{
    VaneSriov *sriov = &dev->sriov;
    uint8_t *cap = vane_sriov_capability(dev);
    uint64_t mask;

    sriov->page_size = page_size;
    sriov->stride = MAX(VANE_VF_BAR_SIZE, (uint64_t)page_size * PAGE_UNIT);
    mask = ~(sriov->stride - 1);
    pci_set_word(cap + PCI_SRIOV_SYS_PGSIZE, page_size);
    pci_set_quad(cap + PCI_SRIOV_BAR,
                 (pci_get_quad(cap + PCI_SRIOV_BAR) & mask) |
                 PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH);
    pci_set_quad(vane_sriov_capability_mask(dev) + PCI_SRIOV_BAR, mask);
}

/*
 * VF Enable
 */

/* Puts the VFs on their buses, with the first VF Enable. */
static void vane_sriov_list_vfs(VaneDevice *dev)
{
    VaneSriov *sriov = &dev->sriov;

    if (sriov->listed) {
        return;
    }
    sriov->listed = true;
    for (uint32_t i = 0; i < sriov->total_vfs; i++) {
        PCIDevice *vf = PCI_DEVICE(sriov->slice[i].vf);
        AddressSpace *as;

        pci_get_bus(vf)->devices[vf->devfn] = vf;
        if (memory_region_is_mapped(&vf->bus_master_enable_region)) {
            continue;
        }
        /* The machine was completed while the VF was not listed. */
        as = pci_device_iommu_address_space(vf);
        memory_region_init_alias(&vf->bus_master_enable_region, OBJECT(vf),
                                 "bus master", as->root, 0,
                                 memory_region_size(as->root));
        memory_region_add_subregion(&vf->bus_master_container_region, 0,
                                    &vf->bus_master_enable_region);
    }
}

static void vane_sriov_enable_vfs(VaneDevice *dev, uint16_t num_vfs)
{
    VaneSriov *sriov = &dev->sriov;

    trace_vane_vf_enable(num_vfs);
    vane_sriov_list_vfs(dev);
    sriov->enabled = true;
    sriov->num_vfs = num_vfs;
    for (uint32_t i = 0; i < num_vfs; i++) {
        VaneSlice *slice = &sriov->slice[i];
        PCIDevice *vf = PCI_DEVICE(slice->vf);

        memset(slice->fn.stats, 0, sizeof(slice->fn.stats));
        memset(slice->fn.stats_base, 0, sizeof(slice->fn.stats_base));
        pci_set_enabled(vf, true);
        memory_region_set_enabled(&vf->bus_master_enable_region, true);
    }
    pci_set_word(vane_sriov_capability_mask(dev) + PCI_SRIOV_NUM_VF, 0);
    pci_set_word(vane_sriov_capability_mask(dev) + PCI_SRIOV_SYS_PGSIZE, 0);
    vane_update_pf_ready(dev);
    vane_sched_reroute(dev);
}

static void vane_sriov_disable_vfs(VaneDevice *dev)
{
    VaneSriov *sriov = &dev->sriov;
    uint16_t num_vfs = sriov->num_vfs;

    trace_vane_vf_disable(num_vfs);
    for (uint32_t i = 0; i < num_vfs; i++) {
        VaneSlice *slice = &sriov->slice[i];

        pci_set_enabled(PCI_DEVICE(slice->vf), false);
        memset(&slice->fn.status, 0, sizeof(slice->fn.status));
        slice->fn.mbox.notices = 0;
        vane_switch_port_reset(&slice->fn);
    }
    sriov->enabled = false;
    sriov->num_vfs = 0;
    pci_set_word(vane_sriov_capability_mask(dev) + PCI_SRIOV_NUM_VF, 0xffff);
    pci_set_word(vane_sriov_capability_mask(dev) + PCI_SRIOV_SYS_PGSIZE,
                 SRIOV_SUP_PGSIZE_MINREQ);
}

static void vane_sriov_check_page_size(VaneDevice *dev)
{
    uint16_t page_size =
        pci_get_word(vane_sriov_capability(dev) + PCI_SRIOV_SYS_PGSIZE);

    if (page_size == dev->sriov.page_size) {
        return;
    }
    if (!is_power_of_2(page_size)) {
        vane_guest_error(&dev->fn, "System Page Size 0x%x", page_size);
        page_size = dev->sriov.page_size;
    }
    vane_sriov_set_page_size(dev, page_size);
}

static void vane_sriov_check_vf_enable(VaneDevice *dev)
{
    uint16_t num_vfs =
        pci_get_word(vane_sriov_capability(dev) + PCI_SRIOV_NUM_VF);

    if (vane_sriov_flag(dev, PCI_SRIOV_CTRL_VFE) == dev->sriov.enabled) {
        return;
    }
    if (dev->sriov.enabled) {
        vane_sriov_disable_vfs(dev);
        return;
    }
    if (num_vfs > dev->sriov.total_vfs) {
        vane_guest_error(&dev->fn, "NumVFs %u, but TotalVFs is %u", num_vfs,
                         dev->sriov.total_vfs);
        pci_word_test_and_clear_mask(
            vane_sriov_capability(dev) + PCI_SRIOV_CTRL, PCI_SRIOV_CTRL_VFE);
        return;
    }
    vane_sriov_enable_vfs(dev, num_vfs);
}

void vane_sriov_config_write(VaneDevice *dev, uint32_t addr, int len)
{
    if (!ranges_overlap(addr, len, dev->sriov.cap, PCI_EXT_CAP_SRIOV_SIZEOF)) {
        return;
    }
    vane_enter(dev);
    memory_region_transaction_begin();
    vane_sriov_check_page_size(dev);
    vane_sriov_check_vf_enable(dev);
    vane_sriov_check_mapping(dev);
    memory_region_transaction_commit();
    vane_leave(dev);
}

void vane_sriov_reset(VaneDevice *dev, bool flr)
{
    uint8_t *cap = vane_sriov_capability(dev);

    pci_set_word(cap + PCI_SRIOV_CTRL, 0);
    memory_region_transaction_begin();
    vane_sriov_check_vf_enable(dev);
    dev->sriov.memory = false;
    /* After an FLR software puts the same address back. */
    if (!flr) {
        vane_sriov_unmap_aperture(dev);
    }
    memory_region_transaction_commit();
    pci_set_word(cap + PCI_SRIOV_NUM_VF, 0);
    pci_set_quad(cap + PCI_SRIOV_BAR, 0);
    vane_sriov_set_page_size(dev, 1);
}

/*
 * Life
 */

static void vane_sriov_add_capability(VaneDevice *dev, uint16_t offset)
{
    PCIDevice *pdev = PCI_DEVICE(dev);
    uint16_t total_vfs = dev->sriov.total_vfs;
    uint8_t *cap, *wmask;

    pcie_add_capability(pdev, PCI_EXT_CAP_ID_SRIOV, 1, offset,
                        PCI_EXT_CAP_SRIOV_SIZEOF);
    dev->sriov.cap = offset;
    cap = vane_sriov_capability(dev);
    wmask = vane_sriov_capability_mask(dev);

    pci_set_word(cap + PCI_SRIOV_INITIAL_VF, total_vfs);
    pci_set_word(cap + PCI_SRIOV_TOTAL_VF, total_vfs);
    pci_set_word(cap + PCI_SRIOV_VF_OFFSET, VANE_VF_OFFSET);
    pci_set_word(cap + PCI_SRIOV_VF_STRIDE, VANE_VF_STRIDE);
    pci_set_word(cap + PCI_SRIOV_VF_DID, VANE_PCI_DEVICE_ID_VF);
    pci_set_long(cap + PCI_SRIOV_SUP_PGSIZE, SRIOV_SUP_PGSIZE_MINREQ);
    pci_set_word(wmask + PCI_SRIOV_CTRL, PCI_SRIOV_CTRL_VFE |
                 PCI_SRIOV_CTRL_MSE | PCI_SRIOV_CTRL_ARI);
    pci_set_word(wmask + PCI_SRIOV_NUM_VF, 0xffff);
    pci_set_word(wmask + PCI_SRIOV_SYS_PGSIZE, SRIOV_SUP_PGSIZE_MINREQ);
    vane_sriov_set_page_size(dev, 1);
}

static void vane_sriov_destroy_vf(VaneSlice *slice)
{
    vane_function_exit(&slice->fn);
    object_unparent(OBJECT(slice->vf));
    slice->vf = NULL;
}

static bool vane_sriov_create_vf(VaneDevice *dev, uint32_t index, Error **errp)
{
    VaneSlice *slice = &dev->sriov.slice[index];
    g_autofree char *name = g_strdup_printf("vf[%u]", index);
    PCIBus *bus = vane_sriov_bus_of(dev, index);
    PCIDevice *pdev;

    pdev = pci_new((index + VANE_VF_OFFSET) % PCI_DEVFN_MAX, TYPE_VANE_VF);
    pdev->exp.sriov_vf.pf = PCI_DEVICE(dev);
    pdev->exp.sriov_vf.vf_number = index;
    /* It is plugged with the PF; the slot sees only the PF plugged. */
    DEVICE(pdev)->hotplugged = false;
    object_property_add_child(OBJECT(dev), name, OBJECT(pdev));
    object_unref(OBJECT(pdev));

    slice->vf = VANE_VF(pdev);
    slice->vf->fn = &slice->fn;
    vane_function_init(&slice->fn, dev, pdev, index, VANE_MAX_QUEUES_VF,
                       VANE_MAX_VECTORS_VF);
    if (!vane_vf_realize(slice->vf, bus, errp)) {
        vane_sriov_destroy_vf(slice);
        return false;
    }
    bus->devices[pdev->devfn] = NULL;
    return true;
}

static bool vane_sriov_check_place(VaneDevice *dev, Error **errp)
{
    PCIDevice *pdev = PCI_DEVICE(dev);
    PCIBus *bus = pci_get_bus(pdev);
    PCIDevice *port = bus->parent_dev;
    uint32_t reserve = 0;

    if (pci_bus_is_root(bus) || !pci_bus_is_express(bus)) {
        error_setg(errp, "vane needs a bus of its own behind a PCI Express "
                   "port");
        error_append_hint(errp, "Add -device pcie-root-port,id=PORT,"
                          "bus-reserve=1,pref64-reserve=64M and give the NIC "
                          "bus=PORT,addr=0.\n");
        return false;
    }
    if (pdev->devfn != 0) {
        error_setg(errp, "vane must be function 0 of device 0 of its bus, "
                   "not %02x.%x", PCI_SLOT(pdev->devfn), PCI_FUNC(pdev->devfn));
        error_append_hint(errp, "Use addr=0.\n");
        return false;
    }
    if (dev->sriov.total_vfs < 1 || dev->sriov.total_vfs > VANE_MAX_VFS) {
        error_setg(errp, "total-vfs=%u is not between 1 and %d",
                   dev->sriov.total_vfs, VANE_MAX_VFS);
        return false;
    }
    if (dev->sriov.total_vfs + VANE_VF_OFFSET <= PCI_DEVFN_MAX) {
        return true;
    }
    if (pcie_cap_get_type(port) != PCI_EXP_TYPE_ROOT_PORT) {
        error_setg(errp, "total-vfs=%u: behind a downstream port, which "
                   "cannot reserve a second bus number, the limit is %d",
                   dev->sriov.total_vfs, PCI_DEVFN_MAX - VANE_VF_OFFSET);
        error_append_hint(errp, "Use total-vfs=%d, or a pcie-root-port.\n",
                          PCI_DEVFN_MAX - VANE_VF_OFFSET);
        return false;
    }
    if (object_property_find(OBJECT(port), "bus-reserve")) {
        reserve = object_property_get_uint(OBJECT(port), "bus-reserve",
                                           &error_abort);
    }
    if (reserve == 0 || reserve == UINT32_MAX) {
        error_setg(errp, "total-vfs=%u needs a second bus number, which the "
                   "port does not reserve", dev->sriov.total_vfs);
        error_append_hint(errp, "Give the pcie-root-port bus-reserve=1, or "
                          "use total-vfs=%d.\n",
                          PCI_DEVFN_MAX - VANE_VF_OFFSET);
        return false;
    }
    return true;
}

bool vane_sriov_init(VaneDevice *dev, uint16_t offset, Error **errp)
{
    VaneSriov *sriov = &dev->sriov;
    PCIDevice *pdev = PCI_DEVICE(dev);

    if (!vane_sriov_check_place(dev, errp)) {
        return false;
    }
    /* VFs may have any function number of device 0 */
    qdev_prop_set_bit(DEVICE(dev), "multifunction", true);
    vane_sriov_add_capability(dev, offset);

    sriov->slice = g_new0(VaneSlice, sriov->total_vfs);
    memory_region_init_io(&sriov->aperture, OBJECT(dev), &vane_aperture_ops,
                          dev, "vane-vfs", vane_sriov_aperture_size(dev));
    if (sriov->total_vfs + VANE_VF_OFFSET > PCI_DEVFN_MAX) {
        sriov->second_bus = vane_sriov_second_bus_new(dev);
        if (!qbus_realize(BUS(sriov->second_bus), errp)) {
            goto destroy;
        }
    }
    for (uint32_t i = 0; i < sriov->total_vfs; i++) {
        if (!vane_sriov_create_vf(dev, i, errp)) {
            goto destroy;
        }
    }
    /* With ARI this device owns the whole bus. */
    pci_bus_set_slot_reserved_mask(pci_get_bus(pdev), UINT32_MAX);
    return true;

destroy:
    vane_sriov_exit(dev);
    return false;
}

void vane_sriov_exit(VaneDevice *dev)
{
    VaneSriov *sriov = &dev->sriov;
    PCIBus *bus = pci_get_bus(PCI_DEVICE(dev));

    pci_bus_clear_slot_reserved_mask(bus, UINT32_MAX);
    vane_sriov_unmap_aperture(dev);
    sriov->num_vfs = 0;
    for (uint32_t i = 0; i < sriov->total_vfs; i++) {
        if (sriov->slice[i].vf) {
            vane_sriov_destroy_vf(&sriov->slice[i]);
        }
    }
    if (sriov->second_bus) {
        QLIST_REMOVE(sriov->second_bus, sibling);
        object_unparent(OBJECT(sriov->second_bus));
        sriov->second_bus = NULL;
    }
}

void vane_sriov_finalize(VaneDevice *dev)
{
    for (uint32_t i = 0; dev->sriov.slice && i < dev->sriov.total_vfs; i++) {
        vane_function_finalize(&dev->sriov.slice[i].fn);
    }
    g_free(dev->sriov.slice);
}

static void vane_sriov_register_types(void)
{
    type_register_static(&second_bus_info);
}

type_init(vane_sriov_register_types)
