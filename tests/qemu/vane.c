/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE SR-IOV Ethernet controller: the PF as a PCI device, its uplink, and the
 * life cycle that PF and VFs have alike. The device is described in the
 * datasheet, docs/hardware.rst; vane.h says which file does what.
 */
#include "qemu/osdep.h"
#include "hw/core/cpu.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "system/cpu-timers.h"
#include "system/system.h"
#include "trace.h"
#include "vane.h"

#define PF_PM_OFFSET            0x40
#define PF_PCIE_OFFSET          0x50
#define PF_MSIX_OFFSET          0xa0
#define PF_AER_OFFSET           0x100
#define PF_ARI_OFFSET           0x150
#define PF_DSN_OFFSET           0x160
#define PF_SRIOV_OFFSET         0x180

#define FEATURES_FUNCTION \
    (VANE_FEAT_TX_CSUM | VANE_FEAT_RX_CSUM | VANE_FEAT_TSO4 | \
     VANE_FEAT_TSO6 | VANE_FEAT_VLAN_INSERT | VANE_FEAT_VLAN_STRIP | \
     VANE_FEAT_RSS | VANE_FEAT_HW_GRO | VANE_FEAT_SHADOW_DB | \
     VANE_FEAT_VLAN_FILTER | VANE_FEAT_RSS_CONTEXT | VANE_FEAT_RULES | \
     VANE_FEAT_LOOPBACK)
#define FEATURES_PF \
    (VANE_FEAT_VEB | VANE_FEAT_VNTAG | VANE_FEAT_VEPA | VANE_FEAT_RATE | \
     VANE_FEAT_TRUNK | VANE_FEAT_PORT | VANE_FEAT_VF_STATS)

/*
 * Functions
 */

uint64_t vane_features_dev(const VaneFunction *fn)
{
    return vane_is_pf(fn) ? FEATURES_FUNCTION | FEATURES_PF :
                            FEATURES_FUNCTION;
}

bool vane_function_present(const VaneFunction *fn)
{
    return fn->pdev && fn->pdev->enabled &&
           (vane_is_pf(fn) || fn->index < fn->dev->sriov.num_vfs);
}

bool vane_function_active(const VaneFunction *fn)
{
    return fn->enabled && vane_dma_allowed(fn);
}

VaneFunction *vane_function(VaneDevice *dev, uint32_t port)
{
    if (port == VANE_PORT_PF) {
        return &dev->fn;
    }
    return port < dev->sriov.total_vfs ? &dev->sriov.slice[port].fn : NULL;
}

void vane_function_init(VaneFunction *fn, VaneDevice *dev, PCIDevice *pdev,
                        uint16_t index, uint16_t max_queues,
                        uint16_t max_vectors)
{
    fn->dev = dev;
    fn->pdev = pdev;
    fn->index = index;
    fn->max_queues = max_queues;
    fn->max_vectors = max_vectors;
    fn->txq = g_new0(VaneTxQueue, max_queues);
    fn->rxq = g_new0(VaneRxQueue, max_queues);
    fn->vec = g_new0(VaneVector, max_vectors);
    vane_vectors_init(fn);
    vane_rings_init(fn);
}

void vane_function_exit(VaneFunction *fn)
{
    fn->pdev = NULL;
    fn->enabled = false;
    vane_rings_exit(fn);
    vane_vectors_exit(fn);
    g_free(fn->vec);
    g_free(fn->rxq);
    g_free(fn->txq);
    fn->vec = NULL;
    fn->rxq = NULL;
    fn->txq = NULL;
    fn->queues = 0;
    fn->vectors = 0;
}

static void function_disable(VaneFunction *fn)
{
    for (uint32_t q = 0; q < fn->max_queues; q++) {
        vane_txq_disable(fn, q);
        vane_rxq_disable(fn, q);
    }
    if (vane_is_pf(fn)) {
        vane_rq_enable(fn->dev, false);
        vane_sq_enable(fn->dev, false);
    }
    vane_vectors_disable(fn);
    fn->enabled = false;
}

void vane_function_enable(VaneFunction *fn, bool enable)
{
    uint64_t offered = vane_features_dev(fn) & fn->port.features;

    if (enable == fn->enabled) {
        return;
    }
    fn->enable_error = VANE_ERROR_NONE;
    if (!enable) {
        function_disable(fn);
    } else if (fn->features_drv & ~offered) {
        fn->enable_error = VANE_ERROR_FEATURES;
        vane_guest_error(fn, "features 0x%" PRIx64 " were not offered",
                         fn->features_drv & ~offered);
    } else {
        fn->enabled = true;
    }
    trace_vane_function_enable(fn->index, fn->enabled, fn->enable_error);
    vane_update_pf_ready(fn->dev);
}

/* 0 and all ones are no generation: the latter is what a dead device reads. */
static void next_generation(VaneFunction *fn)
{
    do {
        fn->generation++;
    } while (fn->generation == 0 || fn->generation == UINT32_MAX);
}

void vane_function_reset(VaneFunction *fn)
{
    fn->enabled = false;
    fn->loopback = false;
    fn->enable_error = VANE_ERROR_NONE;
    vane_rings_reset(fn);
    vane_vectors_reset(fn);
    fn->features_drv = 0;
    fn->max_frame = VANE_MAX_FRAME;
    fn->test = 0;
    fn->rss_ctrl = 0;
    memset(fn->rss_key, 0, sizeof(fn->rss_key));
    memset(fn->rss_table, 0, sizeof(fn->rss_table));
    memset(fn->rule, 0, sizeof(fn->rule));
    bitmap_zero(fn->rules_valid, VANE_MAX_RULES);
    fn->status.bits &= ~VANE_STATUS_RESET_PENDING;
    vane_mbox_function_reset(fn);
    vane_switch_function_reset(fn);
    fn->queues = fn->port.queues;
    fn->vectors = fn->port.vectors;
    if (!vane_is_pf(fn)) {
        vane_vf_set_vectors(VANE_VF(fn->pdev), fn->vectors);
    }
    next_generation(fn);
    trace_vane_function_reset(fn->index, fn->generation);
    vane_update_pf_ready(fn->dev);
}

void vane_function_config_written(VaneFunction *fn, bool had_dma)
{
    bool has_dma = vane_dma_allowed(fn);

    vane_update_pf_ready(fn->dev);
    if (has_dma && !had_dma) {
        vane_vectors_resume(fn);
        vane_rings_resume(fn);
    } else if (had_dma && !has_dma && !vane_is_pf(fn)) {
        vane_notice(fn, VANE_NOTICE_BUS_MASTER, VANE_ERROR_NONE, 0);
    }
}

int vane_check_resources(VaneDevice *dev, const VaneFunction *fn,
                         uint32_t queues, uint32_t vectors)
{
    if (queues < 1 || queues > fn->max_queues ||
        vectors < 1 || vectors > fn->max_vectors) {
        return VANE_ERR_RANGE;
    }
    if (fn != &dev->fn) {
        queues += dev->fn.port.queues;
        vectors += dev->fn.port.vectors;
    }
    for (uint32_t i = 0; i < dev->sriov.total_vfs; i++) {
        const VaneFunction *vf = &dev->sriov.slice[i].fn;

        if (vf != fn) {
            queues += vf->port.queues;
            vectors += vf->port.vectors;
        }
    }
    return queues > VANE_TOTAL_QUEUES || vectors > VANE_TOTAL_VECTORS ?
           VANE_ERR_NO_SPACE : VANE_OK;
}

/*
 * The device
 */

static bool pf_ready(VaneDevice *dev)
{
    uint16_t needed = PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY;
    uint16_t command = pci_get_word(PCI_DEVICE(dev)->config + PCI_COMMAND);

    return vane_function_active(&dev->fn) && (command & needed) == needed &&
           dev->rq.enabled && dev->sq.enabled && dev->ctrl_ready;
}

void vane_update_pf_ready(VaneDevice *dev)
{
    bool ready = pf_ready(dev);

    if (ready == dev->pf_ready) {
        return;
    }
    dev->pf_ready = ready;
    trace_vane_pf_ready(ready);
    for (uint32_t i = 0; i < dev->sriov.num_vfs; i++) {
        vane_cause(&dev->sriov.slice[i].fn, VANE_EVENT_STATUS);
    }
    vane_cause(&dev->fn, VANE_EVENT_STATUS);
    if (ready) {
        vane_mbox_resume(dev);
    }
}

void vane_device_reset(VaneDevice *dev)
{
    trace_vane_device_reset();
    vane_link_reset(dev);
    vane_switch_reset(dev);
    vane_function_reset(&dev->fn);
    vane_mbox_reset(dev);
    for (uint32_t i = 0; i < dev->sriov.num_vfs; i++) {
        VaneFunction *vf = &dev->sriov.slice[i].fn;

        /* The message is out before the vector is gone. */
        vane_cause(vf, VANE_EVENT_STATUS);
        vane_function_reset(vf);
        vf->status.bits |= VANE_STATUS_RESET_PENDING;
    }
}

static void vane_bh(void *opaque)
{
    VaneDevice *dev = opaque;
    bool more;

    dev->running = true;
    vane_link_run(dev);
    more = vane_mbox_run(dev);
    more |= vane_rings_run(dev);
    vane_events_flush(dev);
    dev->running = false;

    if (dev->uplink_waits) {
        dev->uplink_waits = false;
        qemu_flush_queued_packets(qemu_get_queue(dev->nic));
    }
    if (more) {
        vane_schedule(dev);
    }
}

/* As aio_bh_call() does for the bottom half. */
static void vane_latency_timer(void *opaque)
{
    MemReentrancyGuard *guard = &DEVICE(opaque)->mem_reentrancy_guard;
    bool engaged = guard->engaged_in_io;

    guard->engaged_in_io = true;
    vane_bh(opaque);
    guard->engaged_in_io = engaged;
}

void vane_schedule(VaneDevice *dev)
{
    if (!dev->latency_ns) {
        qemu_bh_schedule(dev->bh);
    } else if (!timer_pending(&dev->latency_timer)) {
        timer_mod(&dev->latency_timer, dev->latency_ns +
                  qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
    }
}

/*
 * A processor that rings a doorbell does the work: to wake the main loop for it
 * takes longer, and on a busy host much longer. Not so where time is an
 * instruction count, which stands still while the main loop works.
 */
void vane_serve(VaneDevice *dev)
{
    if (dev->latency_ns || icount_enabled() || dev->running || !current_cpu) {
        vane_schedule(dev);
        return;
    }
    dev->rung = true;
    vane_bh(dev);
    dev->rung = false;
}

/*
 * Uplink
 */

/*
 * A backend may answer a frame before its sending returns; the answer waits
 * for the end of the bottom half.
 */
static bool uplink_can_receive(NetClientState *nc)
{
    VaneDevice *dev = qemu_get_nic_opaque(nc);

    dev->uplink_waits |= dev->running;
    return !dev->running;
}

static ssize_t uplink_receive(NetClientState *nc, const uint8_t *buf,
                              size_t size)
{
    VaneDevice *dev = qemu_get_nic_opaque(nc);
    ssize_t ret;

    trace_vane_uplink_receive(size);
    ret = vane_link_receive(dev, buf, size);
    vane_events_flush(dev);
    return ret;
}

static void uplink_link_changed(NetClientState *nc)
{
    vane_link_plug(qemu_get_nic_opaque(nc));
}

static NetClientInfo uplink_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .size = sizeof(NICState),
    .can_receive = uplink_can_receive,
    .receive = uplink_receive,
    .link_status_changed = uplink_link_changed,
};

static void uplink_init(VaneDevice *dev)
{
    dev->nic = qemu_new_nic(&uplink_info, &dev->conf, TYPE_VANE,
                            DEVICE(dev)->id,
                            &DEVICE(dev)->mem_reentrancy_guard, dev);
    qemu_format_nic_info_str(qemu_get_queue(dev->nic), dev->conf.macaddr.a);
    vane_link_init(dev);
}

/*
 * The PF as a PCI device
 */

static void vane_write_config(PCIDevice *pdev, uint32_t addr, uint32_t val,
                              int len)
{
    VaneDevice *dev = VANE(pdev);
    bool had_dma = vane_dma_allowed(&dev->fn);

    pci_default_write_config(pdev, addr, val, len);
    pcie_aer_write_config(pdev, addr, val, len);
    vane_sriov_config_write(dev, addr, len);
    pcie_cap_flr_write_config(pdev, addr, val, len);
    vane_function_config_written(&dev->fn, had_dma);
}

static bool add_pm_capability(PCIDevice *pdev, Error **errp)
{
    if (pci_pm_init(pdev, PF_PM_OFFSET, errp) < 0) {
        return false;
    }
    pci_set_word(pdev->config + PF_PM_OFFSET + PCI_PM_PMC, PCI_PM_CAP_VER_1_2);
    pci_set_word(pdev->config + PF_PM_OFFSET + PCI_PM_CTRL,
                 PCI_PM_CTRL_NO_SOFT_RESET);
    pci_set_word(pdev->wmask + PF_PM_OFFSET + PCI_PM_CTRL,
                 PCI_PM_CTRL_STATE_MASK);
    return true;
}

static bool add_msix(VaneDevice *dev, Error **errp)
{
    PCIDevice *pdev = PCI_DEVICE(dev);

    if (msix_init(pdev, VANE_MAX_VECTORS_PF, &dev->bar, VANE_BAR,
                  VANE_BLK_MSIX_TABLE, &dev->bar, VANE_BAR, VANE_BLK_MSIX_PBA,
                  PF_MSIX_OFFSET, errp) < 0) {
        return false;
    }
    for (int v = 0; v < VANE_MAX_VECTORS_PF; v++) {
        msix_vector_use(pdev, v);
    }
    return true;
}

/* EUI-64 of the MAC address, as PCIe's Device Serial Number wants it. */
static uint64_t serial_number(const uint8_t *mac)
{
    const uint8_t eui64[8] = {
        mac[0], mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5],
    };

    return ldq_be_p(eui64);
}

static void bar_init(VaneDevice *dev)
{
    memory_region_init(&dev->bar, OBJECT(dev), "vane-bar", VANE_PF_BAR_SIZE);
    memory_region_init_io(&dev->regs, OBJECT(dev), &vane_regs_ops, &dev->fn,
                          "vane-regs", VANE_PF_BAR_SIZE);
    memory_region_add_subregion(&dev->bar, 0, &dev->regs);
    pci_register_bar(PCI_DEVICE(dev), VANE_BAR, PCI_BASE_ADDRESS_MEM_TYPE_64 |
                     PCI_BASE_ADDRESS_MEM_PREFETCH, &dev->bar);
}

static void device_init(VaneDevice *dev)
{
    dev->bh = qemu_bh_new_guarded(vane_bh, dev,
                                  &DEVICE(dev)->mem_reentrancy_guard);
    timer_init_ns(&dev->latency_timer, QEMU_CLOCK_VIRTUAL, vane_latency_timer,
                  dev);
    vane_mbox_init(dev);
    vane_function_init(&dev->fn, dev, PCI_DEVICE(dev), VANE_PORT_PF,
                       VANE_MAX_QUEUES_PF, VANE_MAX_VECTORS_PF);
    uplink_init(dev);
}

/* Properties may still be set while the object lives. */
static void device_exit(VaneDevice *dev)
{
    vane_link_exit(dev);
    qemu_del_nic(dev->nic);
    dev->nic = NULL;
    vane_function_exit(&dev->fn);
    vane_mbox_exit(dev);
    timer_del(&dev->latency_timer);
    timer_deinit(&dev->latency_timer);
    qemu_bh_delete(dev->bh);
    dev->bh = NULL;
}

static void vane_realize(PCIDevice *pdev, Error **errp)
{
    VaneDevice *dev = VANE(pdev);

    qemu_macaddr_default_if_unset(&dev->conf.macaddr);
    QTAILQ_INIT(&dev->dirty);
    bar_init(dev);
    if (!add_pm_capability(pdev, errp)) {
        goto exit_bar;
    }
    if (pcie_endpoint_cap_init(pdev, PF_PCIE_OFFSET) < 0) {
        error_setg(errp, "no room for the PF's PCIe capability");
        goto exit_bar;
    }
    pcie_cap_flr_init(pdev);
    pcie_cap_deverr_init(pdev);
    if (!add_msix(dev, errp)) {
        goto exit_pcie;
    }
    if (pcie_aer_init(pdev, PCI_ERR_VER, PF_AER_OFFSET, PCI_ERR_SIZEOF,
                      errp) < 0) {
        goto exit_msix;
    }
    pcie_ari_init(pdev, PF_ARI_OFFSET);
    pcie_dev_ser_num_init(pdev, PF_DSN_OFFSET,
                          serial_number(dev->conf.macaddr.a));

    device_init(dev);
    if (!vane_sriov_init(dev, PF_SRIOV_OFFSET, errp)) {
        goto exit_device;
    }
    vane_switch_init(dev);
    return;

exit_device:
    device_exit(dev);
    pcie_aer_exit(pdev);
exit_msix:
    msix_unuse_all_vectors(pdev);
    msix_uninit(pdev, &dev->bar, &dev->bar);
exit_pcie:
    pcie_cap_exit(pdev);
exit_bar:
    memory_region_del_subregion(&dev->bar, &dev->regs);
}

static void vane_exit(PCIDevice *pdev)
{
    VaneDevice *dev = VANE(pdev);

    vane_sriov_exit(dev);
    vane_switch_exit(dev);
    device_exit(dev);
    pcie_aer_exit(pdev);
    msix_unuse_all_vectors(pdev);
    msix_uninit(pdev, &dev->bar, &dev->bar);
    pcie_cap_exit(pdev);
    memory_region_del_subregion(&dev->bar, &dev->regs);
}

static void vane_reset_hold(Object *obj, ResetType type)
{
    VaneDevice *dev = VANE(obj);
    PCIDevice *pdev = PCI_DEVICE(obj);
    bool flr = pci_get_word(pdev->config + pdev->exp.exp_cap +
                            PCI_EXP_DEVCTL) & PCI_EXP_DEVCTL_BCR_FLR;

    vane_sriov_reset(dev, flr);
    vane_device_reset(dev);
    pcie_cap_deverr_reset(pdev);
    if (!flr) {
        memset(dev->fn.stats, 0, sizeof(dev->fn.stats));
        memset(dev->link.stats, 0, sizeof(dev->link.stats));
    }
}

static void vane_instance_init(Object *obj)
{
    VaneDevice *dev = VANE(obj);

    vane_link_instance_init(dev);
    dev->faults.function = -1;
    object_property_add_uint64_ptr(obj, "uplink-dropped", &dev->uplink_dropped,
                                   OBJ_PROP_FLAG_READ);
    object_property_set_description(obj, "uplink-dropped",
                                    "frames from the uplink that no port may "
                                    "get: without a VN-Tag that names one, or "
                                    "of an impossible length");
    device_add_bootindex_property(obj, &dev->conf.bootindex, "bootindex",
                                  "/ethernet-phy@0", DEVICE(obj));
}

static void vane_instance_finalize(Object *obj)
{
    vane_sriov_finalize(VANE(obj));
}

static const VMStateDescription vane_vmstate = {
    .name = "vane",
    .unmigratable = 1,
};

static const Property vane_properties[] = {
    DEFINE_NIC_PROPERTIES(VaneDevice, conf),
    DEFINE_PROP_UINT16("total-vfs", VaneDevice, sriov.total_vfs, VANE_MAX_VFS),
    DEFINE_PROP_UINT32("latency-ns", VaneDevice, latency_ns, 0),
};

static void vane_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    pc->realize = vane_realize;
    pc->exit = vane_exit;
    pc->config_write = vane_write_config;
    pc->vendor_id = VANE_PCI_VENDOR_ID;
    pc->device_id = VANE_PCI_DEVICE_ID_PF;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
    rc->phases.hold = vane_reset_hold;

    dc->desc = "VANE SR-IOV Ethernet controller";
    dc->vmsd = &vane_vmstate;
    device_class_set_props(dc, vane_properties);
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);

    vane_link_class_init(klass);
    vane_fault_class_init(klass);
    vane_counters_class_init(klass);
}

static const TypeInfo vane_info = {
    .name = TYPE_VANE,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(VaneDevice),
    .instance_init = vane_instance_init,
    .instance_finalize = vane_instance_finalize,
    .class_init = vane_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_PCIE_DEVICE },
        { }
    },
};

static void vane_register_types(void)
{
    type_register_static(&vane_info);
}

type_init(vane_register_types)
