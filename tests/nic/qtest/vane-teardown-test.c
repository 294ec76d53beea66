/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: qtests of messages and frames that take away the device which sends
 * them.
 */
#include "qemu/osdep.h"
#include "vane-net.h"

/* The port itself, not ACPI, plugs and unplugs. */
#define NATIVE_HOTPLUG  "-machine q35 -global " \
                        "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"

typedef struct Blow {
    const char *what;
    uint64_t (*address)(Net *net);
    uint32_t data;
} Blow;

static uint64_t teardown_slot_control(Net *net)
{
    return config_address(ROOT_PORT, PCI_EXP_SLTCTL +
                          config_capability(net->nic, ROOT_PORT,
                                            PCI_CAP_ID_EXP));
}

static uint64_t teardown_bridge_control(Net *net)
{
    return config_address(ROOT_PORT, PCI_INTERRUPT_LINE);
}

static uint64_t teardown_device_control(Net *net, uint16_t rid)
{
    return config_address(rid, PCI_EXP_DEVCTL +
                          config_capability(net->nic, rid, PCI_CAP_ID_EXP));
}

static uint64_t teardown_pf_device_control(Net *net)
{
    return teardown_device_control(net, PF_RID);
}

static uint64_t teardown_vf_device_control(Net *net)
{
    return teardown_device_control(net, net->vf[0].rid);
}

static uint64_t teardown_sriov_control(Net *net)
{
    return config_address(PF_RID, net->nic->sriov + PCI_SRIOV_CTRL);
}

static uint64_t teardown_pf_command(Net *net)
{
    return config_address(PF_RID, PCI_COMMAND);
}

static uint64_t teardown_pf_reset(Net *net)
{
    return PF_BAR + VANE_REG_CTRL;
}

static uint64_t teardown_soft_reset(Net *net)
{
    return PF_BAR + VANE_REG_PF_CTRL;
}

static uint64_t teardown_vf_reset(Net *net)
{
    return net->vf[0].bar + VANE_REG_CTRL;
}

static const Blow blows[] = {
    { "unplug", teardown_slot_control, PCI_EXP_SLTCTL_PWR_OFF |
                              PCI_EXP_SLTCTL_PWR_IND_OFF },
    { "bus reset", teardown_bridge_control, PCI_BRIDGE_CTL_BUS_RESET << 16 },
    { "FLR of the PF", teardown_pf_device_control, PCI_EXP_DEVCTL_BCR_FLR },
    { "FLR of the VF", teardown_vf_device_control, PCI_EXP_DEVCTL_BCR_FLR },
    { "VF Enable cleared", teardown_sriov_control, 0 },
    { "bus master off", teardown_pf_command, PCI_COMMAND_MEMORY },
    { "D3", pf_power, 3 },
    { "reset of the PF", teardown_pf_reset, VANE_CTRL_RESET },
    { "soft reset", teardown_soft_reset, VANE_PF_CTRL_RESET },
    { "reset of the VF", teardown_vf_reset, VANE_CTRL_RESET },
};

/* A vector's message becomes such a write, and it is armed. */
static void teardown_arm_blow(Net *net, Fn *fn, uint64_t block,
                              const Blow *blow)
{
    QTestState *qts = net->nic->qts;
    uint64_t entry = fn->bar + VANE_BLK_MSIX_TABLE;

    qtest_writel(qts, entry + PCI_MSIX_ENTRY_LOWER_ADDR, blow->address(net));
    qtest_writel(qts, entry + PCI_MSIX_ENTRY_UPPER_ADDR, 0);
    qtest_writel(qts, entry + PCI_MSIX_ENTRY_DATA, blow->data);
    qtest_writel(qts, entry + PCI_MSIX_ENTRY_VECTOR_CTRL, 0);
    config_writew(net->nic, fn->rid, fn->msix + PCI_MSIX_FLAGS,
                  PCI_MSIX_FLAGS_ENABLE);
    wr32(fn, VANE_DB_VEC(0), events(fn, block));
}

/* What makes the function send its message, in the middle of something */
static void teardown_by_transmit(Net *net, int i)
{
    uint64_t addr = alloc(net->nic, 60);
    uint8_t frame[60];

    make_frame(frame, i ? PF_MAC : VF_MAC(0), i == PF ? PF_MAC : VF_MAC(i),
               0x88b5, sizeof(frame));
    qtest_memwrite(net->nic->qts, addr, frame, sizeof(frame));
    for (int n = 0; n < 20; n++) {
        txq_desc(&net->txq[i], addr | VANE_TXD_EOP, sizeof(frame));
    }
    txq_ring(&net->txq[i]);
}

static void teardown_by_frame(Net *net, int i)
{
    uint8_t frame[60];

    make_frame(frame, 0xff, 0x55, 0x88b5, sizeof(frame));
    for (int n = 0; n < 4; n++) {
        uplink_send(net->nic, frame, sizeof(frame));
    }
}

static void teardown_by_register(Net *net, int i)
{
    wr32(net_fn(net, i), VANE_VEC(0) + VANE_VEC_TEST, 1);
}

static void teardown_by_stopped_queue(Net *net, int i)
{
    wr32(net_fn(net, i), VANE_DB_TXQ(0), net->txq[i].tail + QUEUE_SIZE + 1);
}

/* In the middle of the bottom half, with more to do for it */
static void teardown_by_bad_descriptor(Net *net, int i)
{
    txq_desc(&net->txq[i], MEMORY_START | VANE_TXD_EOP, 60);
    txq_desc(&net->txq[i], MEMORY_START | VANE_TXD_EOP | 1ull << 52, 60);
    teardown_by_transmit(net, i);
}

static void teardown_by_bad_buffer(Net *net, int i)
{
    Rxq *rxq = &net->rxq[i];

    for (int n = 0; n < QUEUE_SIZE; n++) {
        qtest_writeq(net->nic->qts, rxq->buf_ring + n * 8,
                     0x8000000000 >> VANE_RXB_ADDR_SHIFT);
    }
    wr32(net_fn(net, i), VANE_RXQ(0) + VANE_RXQ_CTRL, 0);
    wr32(net_fn(net, i), VANE_RXQ(0) + VANE_RXQ_CTRL, VANE_Q_CTRL_ENABLE);
    wr32(net_fn(net, i), VANE_DB_RXQ(0), QUEUE_SIZE);
    teardown_by_frame(net, i);
}

/* Commands, each of which tells that it is done */
static void teardown_by_command(Net *net, int i)
{
    struct vane_sq_slot slot = {
        .type = VANE_SQ_COMMAND,
        .flags = VANE_SQ_IRQ,
        .msg.hdr.op = cpu_to_le16(VANE_CMD_SWITCH_GET),
    };
    Nic *nic = net->nic;

    for (int n = 0; n < 4; n++) {
        qtest_memwrite(nic->qts, nic->sq + (nic->sq_tail++ &
                       ((1 << SQ_LOG2) - 1)) * sizeof(slot), &slot,
                       sizeof(slot));
    }
    wr32(&nic->pf, VANE_REG_SQ_DB, nic->sq_tail);
}

static void teardown_by_timer(Net *net, int i)
{
    Fn *fn = net_fn(net, i);

    wr32(fn, VANE_VEC(0) + VANE_VEC_ITR, 1000);
    /* Before this one the next has to wait. */
    wr32(fn, VANE_VEC(0) + VANE_VEC_TEST, 1);
    wr32(fn, VANE_DB_VEC(0), events(fn, net->block[i]));
    wr32(fn, VANE_VEC(0) + VANE_VEC_TEST, 1);
    qtest_clock_step(net->nic->qts, 2 * 1000 * 1000);
}

static void teardown_by_unmasking(Net *net, int i)
{
    Fn *fn = net_fn(net, i);

    config_writew(net->nic, fn->rid, fn->msix + PCI_MSIX_FLAGS,
                  PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    wr32(fn, VANE_VEC(0) + VANE_VEC_TEST, 1);
    config_writew(net->nic, fn->rid, fn->msix + PCI_MSIX_FLAGS,
                  PCI_MSIX_FLAGS_ENABLE);
}

static void teardown_by_bus_master(Net *net, int i)
{
    Fn *fn = net_fn(net, i);

    config_writew(net->nic, fn->rid, PCI_COMMAND, PCI_COMMAND_MEMORY);
    wr32(fn, VANE_VEC(0) + VANE_VEC_TEST, 1);
    config_writew(net->nic, fn->rid, PCI_COMMAND,
                  PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static void teardown_by_link(Net *net, int i)
{
    QDict *rsp = qtest_qmp(net->nic->qts, "{ 'execute': 'qom-set', "
                           "'arguments': { 'path': '/machine/peripheral/nic',"
                           " 'property': 'link', 'value': false } }");

    g_assert_true(qdict_haskey(rsp, "return"));
    qobject_unref(rsp);
}

/* Once all of that is through, the machine lives. */
static void teardown_check_alive(Net *net)
{
    QTestState *qts = net->nic->qts;

    for (int n = 0; n < 5; n++) {
        qtest_clock_step(qts, 30 * 1000 * 1000);
        qtest_readl(qts, PF_BAR + VANE_REG_MAGIC);
        qtest_readl(qts, VF_BARS + VANE_REG_MAGIC);
        qtest_writel(qts, PF_BAR + VANE_DB_TXQ(0), 1);
        qtest_writel(qts, VF_BARS + VANE_DB_TXQ(0), 1);
        teardown_by_frame(net, 0);
    }
    qtest_qmp_assert_success(qts, "{ 'execute': 'query-status' }");
}

static void teardown_test(void)
{
    static void (*const ways[])(Net *net, int i) = {
        teardown_by_transmit, teardown_by_frame, teardown_by_register,
        teardown_by_stopped_queue, teardown_by_timer, teardown_by_unmasking,
        teardown_by_bus_master, teardown_by_bad_buffer,
        teardown_by_bad_descriptor, teardown_by_command, teardown_by_link,
    };

    for (int b = 0; b < ARRAY_SIZE(blows); b++) {
        for (int w = 0; w < ARRAY_SIZE(ways); w++) {
            int i = w % 2 ? PF : 0;
            Net *net = g_new0(Net, 1);
            bool gone;

            /* All of them for what takes everything away at once */
            if (b > 1 && (b + w) % 3) {
                g_free(net);
                continue;
            }
            net_start_in(net, NATIVE_HOTPLUG, sizeof(struct vane_rx_cpl));
            if (ways[w] == teardown_by_link || ways[w] == teardown_by_command) {
                i = PF;
            }
            g_test_message("%s, way %d, from %s", blows[b].what, w,
                           i == PF ? "the PF" : "a VF");
            teardown_arm_blow(net, net_fn(net, i), net->block[i], &blows[b]);
            ways[w](net, i);
            teardown_check_alive(net);
            /* QEMU's ECAM takes no access within another one. */
            gone = !b && ways[w] != teardown_by_unmasking &&
                   ways[w] != teardown_by_bus_master;
            g_assert_cmpint(config_readw(net->nic, PF_RID, PCI_VENDOR_ID) ==
                            0xffff, ==, gone);
            net_free(net);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/teardown", teardown_test);
    return g_test_run();
}
