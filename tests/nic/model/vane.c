/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE SR-IOV Ethernet controller: the PF as a PCI device, its uplink, and the
 * life cycle that PF and VFs have alike. The device is described in the
 * datasheet, docs/hardware.rst; docs/architecture.rst says which file
 * does what.
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
#include "vane_dma.h"
#include "vane_irq.h"
#include "vane_mmio.h"
#include "vane_ring.h"
#include "vane_switch.h"
#include "vane_vpd.h"

#define FEATURES_FUNCTION \
    (VANE_FEAT_TX_CSUM | VANE_FEAT_RX_CSUM | VANE_FEAT_TSO4 | \
     VANE_FEAT_TSO6 | VANE_FEAT_VLAN_INSERT | VANE_FEAT_VLAN_STRIP | \
     VANE_FEAT_RSS | VANE_FEAT_HW_GRO | VANE_FEAT_SHADOW_DB | \
     VANE_FEAT_VLAN_FILTER | VANE_FEAT_RSS_CONTEXT | VANE_FEAT_RULES | \
     VANE_FEAT_LOOPBACK | VANE_FEAT_SVLAN_FILTER | VANE_FEAT_TX_CHANNEL | \
     VANE_FEAT_RX_CHANNEL)
#define FEATURES_PF \
    (VANE_FEAT_VEB | VANE_FEAT_VNTAG | VANE_FEAT_VEPA | VANE_FEAT_RATE | \
     VANE_FEAT_TRUNK | VANE_FEAT_PORT | VANE_FEAT_VF_STATS | \
     VANE_FEAT_OWN_MAC | VANE_FEAT_ETAG | VANE_FEAT_CHANNELS)

/*
 * Functions
 */

uint64_t vane_features_dev(const VaneFunction *fn)
{
    uint64_t features = vane_is_pf(fn) ? FEATURES_FUNCTION | FEATURES_PF :
                                         FEATURES_FUNCTION;

    return features & ~fn->dev->features_hidden;
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
    vane_vectors_disable(fn);
}

void vane_function_finalize(VaneFunction *fn)
{
    if (!fn->dev) {
        return;
    }
    vane_rings_finalize(fn);
    vane_vectors_finalize(fn);
    g_free(fn->vec);
    g_free(fn->rxq);
    g_free(fn->txq);
}

static void vane_function_disable(VaneFunction *fn)
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

/* Clears what was set up with features that the driver no longer uses. */
static void vane_function_drop_unused(VaneFunction *fn)
{
    uint64_t features = fn->features_drv;
    uint32_t opt = (features & VANE_FEAT_VLAN_STRIP ? VANE_RXQ_OPT_VLAN_STRIP
                                                    : 0) |
                   (features & VANE_FEAT_HW_GRO ? VANE_RXQ_OPT_GRO : 0);

    if (!(features & VANE_FEAT_RSS)) {
        fn->rss_ctrl = 0;
    }
    for (uint32_t q = 0; q < fn->max_queues; q++) {
        fn->rxq[q].opt &= opt;
    }
    for (uint32_t r = 0; r < VANE_MAX_RULES; r++) {
        VaneRule *rule = &fn->rule[r];

        if (!(features & VANE_FEAT_RULES) ||
            !vane_rule_possible(fn, rule, rule->ctrl)) {
            rule->ctrl = 0;
            clear_bit(r, fn->rules_valid);
        }
    }
}

void vane_function_enable(VaneFunction *fn, bool enable)
{
    uint64_t offered = vane_features_dev(fn) & fn->port.features;

    if (enable == fn->enabled) {
        return;
    }
    fn->enable_error = VANE_ERROR_NONE;
    if (!enable) {
        vane_function_disable(fn);
    } else if (fn->features_drv & ~offered) {
        fn->enable_error = VANE_ERROR_FEATURES;
        vane_guest_error(fn, "features 0x%" PRIx64 " were not offered",
                         fn->features_drv & ~offered);
    } else {
        vane_function_drop_unused(fn);
        fn->enabled = true;
    }
    trace_vane_function_enable(fn->index, fn->enabled, fn->enable_error);
    vane_update_pf_ready(fn->dev);
}

/* Skips 0 and all ones, which is what the registers of a dead device read. */
static void vane_next_generation(VaneFunction *fn)
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
    vane_next_generation(fn);
    trace_vane_function_reset(fn->index, fn->generation);
    vane_update_pf_ready(fn->dev);
    vane_sched_reroute(fn->dev);
}

/* The function can do DMA again. */
static void vane_function_resume(VaneFunction *fn)
{
    vane_vectors_resume(fn);
    vane_rings_resume(fn);
}

void vane_function_config_written(VaneFunction *fn, bool had_dma)
{
    bool has_dma = vane_dma_allowed(fn);

    vane_enter(fn->dev);
    vane_update_pf_ready(fn->dev);
    if (has_dma && !had_dma) {
        vane_function_resume(fn);
    } else if (had_dma && !has_dma && !vane_is_pf(fn)) {
        vane_notice(fn, VANE_NOTICE_BUS_MASTER, VANE_ERROR_NONE, 0);
    }
    vane_leave(fn->dev);
}

bool vane_function_may_reset(VaneFunction *fn)
{
    if (!fn->dev->entered) {
        return true;
    }
    fn->reset_due = true;
    fn->dev->resets_due = true;
    return false;
}

bool vane_function_may_write_config(VaneFunction *fn)
{
    if (fn->dev->entered) {
        vane_guest_error(fn, "the device wrote to its configuration space");
        return false;
    }
    return true;
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

static bool vane_pf_ready(VaneDevice *dev)
{
    uint16_t needed = PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY;

    return vane_function_active(&dev->fn) &&
           (pci_get_word(PCI_DEVICE(dev)->config + PCI_COMMAND) & needed) ==
               needed &&
           dev->rq.enabled && dev->sq.enabled && dev->ctrl_ready;
}

void vane_update_pf_ready(VaneDevice *dev)
{
    bool ready = vane_pf_ready(dev);

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

        /* Send the message before the reset disables the vector. */
        vane_cause(vf, VANE_EVENT_STATUS);
        vane_function_reset(vf);
        vf->status.bits |= VANE_STATUS_RESET_PENDING;
    }
}

/* Bus reset of the PF, and power-on */
static void vane_bus_reset(VaneDevice *dev, bool flr)
{
    vane_sriov_reset(dev, flr);
    vane_device_reset(dev);
    if (!flr) {
        memset(dev->fn.stats, 0, sizeof(dev->fn.stats));
        memset(dev->link.stats, 0, sizeof(dev->link.stats));
        memset(dev->sw->tag_stats, 0, sizeof(dev->sw->tag_stats));
    }
}

/* Performs resets that were requested while the device was at work. */
static void vane_reset_deferred(VaneDevice *dev)
{
    if (!dev->resets_due || dev->gone) {
        return;
    }
    dev->resets_due = false;
    if (dev->fn.reset_due) {
        dev->fn.reset_due = false;
        vane_bus_reset(dev, dev->reset_is_flr);
    }
    for (uint32_t i = 0; i < dev->sriov.total_vfs; i++) {
        VaneFunction *fn = &dev->sriov.slice[i].fn;

        if (fn->reset_due) {
            fn->reset_due = false;
            vane_function_reset(fn);
        }
    }
    vane_messages_send(dev);
}

/* Neither the net layer nor a bottom half uses the device any longer. */
static void vane_free_nic(void *opaque)
{
    VaneDevice *dev = opaque;

    if (dev->nic) {
        qemu_del_nic(dev->nic);
        dev->nic = NULL;
    }
    object_unref(OBJECT(dev));
}

void vane_enter(VaneDevice *dev)
{
    MemReentrancyGuard *guard = &DEVICE(dev)->mem_reentrancy_guard;

    if (!dev->entered++) {
        object_ref(OBJECT(dev));
        dev->guard = guard->engaged_in_io;
        guard->engaged_in_io = true;
    }
}

void vane_leave(VaneDevice *dev)
{
    if (dev->entered > 1) {
        dev->entered--;
        return;
    }
    vane_messages_send(dev);
    vane_reset_deferred(dev);
    DEVICE(dev)->mem_reentrancy_guard.engaged_in_io = dev->guard;
    dev->entered = 0;
    if (dev->gone) {
        aio_bh_schedule_oneshot(qemu_get_aio_context(), vane_free_nic, dev);
    } else {
        object_unref(OBJECT(dev));
    }
}

static void vane_bh(void *opaque)
{
    VaneDevice *dev = opaque;
    bool more;

    vane_enter(dev);
    dev->running = true;
    more = vane_link_run(dev);
    more |= vane_mbox_run(dev);
    more |= vane_rings_run(dev);
    vane_events_flush(dev);
    dev->running = false;

    if (dev->uplink_waits && !dev->gone) {
        dev->uplink_waits = false;
        qemu_flush_queued_packets(qemu_get_queue(dev->nic));
    }
    if (more) {
        vane_schedule(dev);
    }
    vane_leave(dev);
}

void vane_schedule(VaneDevice *dev)
{
    if (dev->gone) {
        return;
    }
    if (!dev->latency_ns) {
        qemu_bh_schedule(dev->bh);
    } else if (!timer_pending(&dev->latency_timer)) {
        timer_mod(&dev->latency_timer, dev->latency_ns +
                  qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
    }
}

/*
 * The vCPU that rings a doorbell does the work, as waking the main loop for it
 * takes longer, and much longer on a busy host. With icount the main loop does
 * it, because guest time stands still meanwhile.
 */
void vane_serve(VaneDevice *dev)
{
    if (dev->latency_ns || icount_enabled() || dev->running || !current_cpu) {
        vane_schedule(dev);
        return;
    }
    dev->by_vcpu = true;
    vane_bh(dev);
    dev->by_vcpu = false;
}

/*
 * Uplink
 */

/*
 * A backend may reply to a frame before qemu_sendv_packet() returns; the reply
 * waits for the end of the bottom half.
 */
static bool vane_uplink_can_receive(NetClientState *nc)
{
    VaneDevice *dev = qemu_get_nic_opaque(nc);

    dev->uplink_waits |= dev->running;
    return !dev->running;
}

static ssize_t vane_uplink_receive(NetClientState *nc, const uint8_t *buf,
                                   size_t size)
{
    VaneDevice *dev = qemu_get_nic_opaque(nc);
    ssize_t ret;

    trace_vane_uplink_receive(size);
    vane_enter(dev);
    ret = vane_link_receive(dev, buf, size);
    vane_events_flush(dev);
    vane_leave(dev);
    return ret;
}

static void vane_uplink_link_changed(NetClientState *nc)
{
    vane_link_plug(qemu_get_nic_opaque(nc));
}

static NetClientInfo uplink_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .size = sizeof(NICState),
    .can_receive = vane_uplink_can_receive,
    .receive = vane_uplink_receive,
    .link_status_changed = vane_uplink_link_changed,
};

static void vane_uplink_init(VaneDevice *dev)
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
    bool was_in_d0 = vane_device_in_d0(dev);

    if (!vane_function_may_write_config(&dev->fn)) {
        return;
    }
    pci_default_write_config(pdev, addr, val, len);
    if (dev->gone) {
        /* The message of a vector that was unmasked unplugged the device. */
        return;
    }
    pcie_aer_write_config(pdev, addr, val, len);
    vane_vpd_config_write(dev, addr, len);
    vane_sriov_config_write(dev, addr, len);
    pcie_cap_flr_write_config(pdev, addr, val, len);
    vane_function_config_written(&dev->fn, had_dma);
    if (!was_in_d0 && vane_device_in_d0(dev)) {
        vane_enter(dev);
        for (uint32_t i = 0; i < dev->sriov.num_vfs; i++) {
            vane_function_resume(&dev->sriov.slice[i].fn);
        }
        vane_leave(dev);
    }
}

void vane_fill_link(PCIDevice *pdev)
{
    pcie_cap_fill_link_ep_usp(pdev, QEMU_PCI_EXP_LNK_X16,
                              QEMU_PCI_EXP_LNK_16GT);
}

static bool vane_add_pm_capability(PCIDevice *pdev, Error **errp)
{
    if (pci_pm_init(pdev, VANE_PF_CAP_PM, errp) < 0) {
        return false;
    }
    pci_set_word(pdev->config + VANE_PF_CAP_PM + PCI_PM_PMC,
                 PCI_PM_CAP_VER_1_2);
    pci_set_word(pdev->config + VANE_PF_CAP_PM + PCI_PM_CTRL,
                 PCI_PM_CTRL_NO_SOFT_RESET);
    pci_set_word(pdev->wmask + VANE_PF_CAP_PM + PCI_PM_CTRL,
                 PCI_PM_CTRL_STATE_MASK);
    return true;
}

static bool vane_add_msix(VaneDevice *dev, Error **errp)
{
    PCIDevice *pdev = PCI_DEVICE(dev);

    if (msix_init(pdev, VANE_MAX_VECTORS_PF, &dev->bar, VANE_BAR,
                  VANE_BLK_MSIX_TABLE, &dev->bar, VANE_BAR, VANE_BLK_MSIX_PBA,
                  VANE_PF_CAP_MSIX, errp) < 0) {
        return false;
    }
    for (int v = 0; v < VANE_MAX_VECTORS_PF; v++) {
        msix_vector_use(pdev, v);
    }
    return true;
}

/* EUI-64 of the MAC address, as the Device Serial Number capability has it. */
static uint64_t vane_serial_number(const uint8_t *mac)
{
    const uint8_t eui64[8] = {
        mac[0], mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5],
    };

    return ldq_be_p(eui64);
}

static void vane_bar_init(VaneDevice *dev)
{
    memory_region_init(&dev->bar, OBJECT(dev), "vane-bar", VANE_PF_BAR_SIZE);
    memory_region_init_io(&dev->regs, OBJECT(dev), &vane_regs_ops, &dev->fn,
                          "vane-regs", VANE_PF_BAR_SIZE);
    memory_region_add_subregion(&dev->bar, 0, &dev->regs);
    pci_register_bar(PCI_DEVICE(dev), VANE_BAR, PCI_BASE_ADDRESS_MEM_TYPE_64 |
                     PCI_BASE_ADDRESS_MEM_PREFETCH, &dev->bar);
}

static void vane_device_init(VaneDevice *dev)
{
    dev->bh = qemu_bh_new_guarded(vane_bh, dev,
                                  &DEVICE(dev)->mem_reentrancy_guard);
    timer_init_ns(&dev->latency_timer, QEMU_CLOCK_VIRTUAL, vane_bh, dev);
    vane_mbox_init(dev);
    vane_function_init(&dev->fn, dev, PCI_DEVICE(dev), VANE_PORT_PF,
                       VANE_MAX_QUEUES_PF, VANE_MAX_VECTORS_PF);
    vane_uplink_init(dev);
}

/*
 * Stops the device. It may be at work further up the call stack, so its memory
 * stays until the object is finalized, and the NIC until that work is over.
 * Properties may still be set.
 */
static void vane_device_exit(VaneDevice *dev)
{
    dev->gone = true;
    vane_link_exit(dev);
    if (!dev->entered) {
        qemu_del_nic(dev->nic);
        dev->nic = NULL;
    }
    vane_function_exit(&dev->fn);
    timer_del(&dev->latency_timer);
    qemu_bh_delete(dev->bh);
    dev->bh = NULL;
}

static void vane_device_finalize(VaneDevice *dev)
{
    if (!dev->fn.dev) {
        return;
    }
    vane_link_finalize(dev);
    vane_sriov_finalize(dev);
    vane_function_finalize(&dev->fn);
    vane_mbox_finalize(dev);
    vane_switch_finalize(dev);
    timer_deinit(&dev->latency_timer);
}

static void vane_realize(PCIDevice *pdev, Error **errp)
{
    VaneDevice *dev = VANE(pdev);

    qemu_macaddr_default_if_unset(&dev->conf.macaddr);
    QTAILQ_INIT(&dev->dirty);
    QTAILQ_INIT(&dev->messages);
    vane_bar_init(dev);
    if (!vane_add_pm_capability(pdev, errp) || !vane_vpd_init(dev, errp)) {
        goto exit_bar;
    }
    if (pcie_endpoint_cap_init(pdev, VANE_PF_CAP_PCIE) < 0) {
        error_setg(errp, "no room for the PF's PCIe capability");
        goto exit_bar;
    }
    pcie_cap_flr_init(pdev);
    pcie_cap_deverr_init(pdev);
    vane_fill_link(pdev);
    if (!vane_add_msix(dev, errp)) {
        goto exit_pcie;
    }
    if (pcie_aer_init(pdev, PCI_ERR_VER, VANE_PF_CAP_AER, PCI_ERR_SIZEOF,
                      errp) < 0) {
        goto exit_msix;
    }
    pcie_ari_init(pdev, VANE_PF_CAP_ARI);
    pcie_dev_ser_num_init(pdev, VANE_PF_CAP_DSN,
                          vane_serial_number(dev->conf.macaddr.a));

    vane_device_init(dev);
    if (!vane_sriov_init(dev, VANE_PF_CAP_SRIOV, errp)) {
        goto exit_device;
    }
    vane_switch_init(dev);
    return;

exit_device:
    vane_device_exit(dev);
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
    vane_device_exit(dev);
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

    pcie_cap_deverr_reset(pdev);
    dev->reset_is_flr = flr;
    if (vane_function_may_reset(&dev->fn)) {
        vane_enter(dev);
        vane_bus_reset(dev, flr);
        vane_leave(dev);
    }
}

static void vane_instance_init(Object *obj)
{
    VaneDevice *dev = VANE(obj);

    vane_link_instance_init(dev);
    dev->faults.function = -1;
    object_property_add_uint64_ptr(obj, "x-uplink-dropped",
                                   &dev->uplink_dropped, OBJ_PROP_FLAG_READ);
    object_property_set_description(obj, "x-uplink-dropped",
                                    "frames from the uplink that no port may "
                                    "get: without a VN-Tag that names one, of "
                                    "an impossible length, with malformed "
                                    "tags, or MAC control");
    device_add_bootindex_property(obj, &dev->conf.bootindex, "bootindex",
                                  "/ethernet-phy@0", DEVICE(obj));
}

static void vane_instance_finalize(Object *obj)
{
    vane_vpd_finalize(VANE(obj));
    vane_device_finalize(VANE(obj));
}

static const VMStateDescription vane_vmstate = {
    .name = "vane",
    .unmigratable = 1,
};

static const Property vane_properties[] = {
    DEFINE_NIC_PROPERTIES(VaneDevice, conf),
    DEFINE_PROP_UINT16("total-vfs", VaneDevice, sriov.total_vfs, VANE_MAX_VFS),
    DEFINE_PROP_UINT32("latency-ns", VaneDevice, latency_ns, 0),
    DEFINE_PROP_UINT64("x-features-hidden", VaneDevice, features_hidden, 0),
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
    pc->revision = VANE_PCI_REVISION;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
    pc->subsystem_vendor_id = VANE_PCI_SUBSYSTEM_VENDOR_ID;
    pc->subsystem_id = VANE_PCI_SUBSYSTEM_ID;
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
