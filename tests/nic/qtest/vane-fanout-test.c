/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: qtests of frames with many receivers, which are delivered over several
 * turns. With latency-ns each step of the clock is one run of the device.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "vane-net.h"

#define FANOUT_MACHINE  "-machine q35 -global vane.latency-ns=1000"
/* The same, with a root port that unplugs as its registers say */
#define FANOUT_HOTPLUG \
    FANOUT_MACHINE " -global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"

#define FANOUT_HEADER   54
#define FANOUT_MSS      VANE_TX_MIN_MSS
/* Two receivers have more copies of it than are made in one turn. */
#define FANOUT_SEGMENTS 600
#define FANOUT_LEN      (FANOUT_HEADER + FANOUT_SEGMENTS * FANOUT_MSS)
#define FANOUT_MOST     ((VANE_TX_MAX_TSO - FANOUT_HEADER) / FANOUT_MSS)

/* VF 0 sends, the others are promiscuous; all take TSO frames as they are. */
static Net *fanout_new(const char *machine, int promiscuous)
{
    Net *net = g_new0(Net, 1);

    net_start_in(net, machine, sizeof(struct vane_rx_cpl32));
    for (int i = 1; i <= promiscuous; i++) {
        port_flags(net->nic, i, VANE_PORT_FLAG_TRUST);
        rx_mode(net->nic, i, VANE_RX_MODE_PROMISC);
    }
    for (int i = 0; i <= VFS; i++) {
        wr32(net_fn(net, i), VANE_RXQ(0) + VANE_RXQ_OPT, VANE_RXQ_OPT_GRO);
    }
    return net;
}

/* Puts a TSO frame of a VF into its queue. */
static void fanout_send_from(Net *net, int i, uint8_t *frame, uint8_t to,
                             int segments)
{
    size_t len = make_tcp(frame, to, VF_MAC(i), false, segments * FANOUT_MSS);
    uint64_t addr = alloc(net->nic, len);

    qtest_memwrite(net->nic->qts, addr, frame, len);
    txq_desc(&net->txq[i], addr | VANE_TXD_TSO | VANE_TXD_EOP,
             field_put(VANE_TXD_LEN, len) |
             field_put(VANE_TXD_MSS, FANOUT_MSS) |
             field_put(VANE_TXD_HDR_LEN, FANOUT_HEADER));
    txq_ring(&net->txq[i]);
}

static void fanout_send(Net *net, uint8_t *frame, uint8_t to, int segments)
{
    fanout_send_from(net, 0, frame, to, segments);
}

/* Puts a short frame into the queue of a VF. */
static void fanout_send_short(Net *net, int i, uint8_t *frame, uint8_t to)
{
    make_frame(frame, to, VF_MAC(i), 0x88b5, 60);
    txq_put(&net->txq[i], frame, 60, 0, 0);
}

/* The next frame of the function is that TSO frame as a whole. */
static void fanout_expect(Net *net, int i, const uint8_t *frame, size_t len)
{
    g_autofree uint8_t *data = g_malloc(len + BUF_LEN);
    struct vane_rx_cpl32 cpl;
    size_t got = 0;

    do {
        g_assert_true(rxq_ready(&net->rxq[i]));
        got += rxq_next(&net->rxq[i], &cpl, data + got);
        g_assert_cmpuint(got, <=, len);
    } while (!(cpl.base.info & VANE_RXC_EOP));
    g_assert_cmpuint(got, ==, len);
    g_assert_cmpint(memcmp(data, frame, ETH_HLEN), ==, 0);
    g_assert_cmpint(memcmp(data + FANOUT_HEADER, frame + FANOUT_HEADER,
                           len - FANOUT_HEADER), ==, 0);
}

/* These functions, and no others, have something: bits as indices in Net. */
static void fanout_ready(Net *net, unsigned functions)
{
    for (int i = 0; i <= VFS; i++) {
        g_assert_cmpint(rxq_ready(&net->rxq[i]), ==, functions >> i & 1);
    }
}

/* Others send between two receivers; what is behind the frame stays there. */
static void fanout_test_turns(void)
{
    Net *net = fanout_new(FANOUT_MACHINE, 3);
    uint8_t frame[FANOUT_LEN], behind[60], other[60];

    fanout_send(net, frame, PF_MAC, FANOUT_SEGMENTS);
    fanout_send_short(net, 0, behind, VF_MAC(3));
    fanout_send_short(net, 1, other, VF_MAC(3));

    nic_step(net->nic);
    fanout_ready(net, BIT(1));
    fanout_expect(net, 1, frame, FANOUT_LEN);
    nic_step(net->nic);
    fanout_ready(net, BIT(2) | BIT(3));
    expect(net, 2, other, 60);
    fanout_expect(net, 2, frame, FANOUT_LEN);
    expect(net, 3, other, 60);
    nic_step(net->nic);
    fanout_ready(net, BIT(3));
    fanout_expect(net, 3, frame, FANOUT_LEN);
    g_assert_cmpuint(txq_head(&net->txq[0]), ==, 0);
    nic_step(net->nic);
    fanout_ready(net, BIT(PF));
    fanout_expect(net, PF, frame, FANOUT_LEN);
    g_assert_cmpuint(txq_head(&net->txq[0]), ==, 1);
    nic_step(net->nic);
    for (int i = 1; i <= 3; i++) {
        expect(net, i, behind, 60);
    }
    g_assert_cmpuint(txq_head(&net->txq[0]), ==, 2);
    fanout_ready(net, 0);

    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_FRAMES), ==,
                     FANOUT_SEGMENTS + 1);
    g_assert_cmpuint(counter(&net->nic->pf, VANE_STAT_RX_FRAMES), ==,
                     FANOUT_SEGMENTS);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_FRAMES), ==,
                     FANOUT_SEGMENTS + 1);
    net_free(net);
}

/* One receiver gets a frame in one turn, and so does the uplink. */
static void fanout_test_single(void)
{
    Net *net = fanout_new(FANOUT_MACHINE, 1);
    size_t len = FANOUT_HEADER + FANOUT_MOST * FANOUT_MSS;
    g_autofree uint8_t *frame = g_malloc(len);
    uint8_t data[BUF_LEN];

    fanout_send(net, frame, VF_MAC(1), FANOUT_MOST);
    nic_step(net->nic);
    g_assert_cmpuint(txq_head(&net->txq[0]), ==, 1);
    fanout_expect(net, 1, frame, len);

    /* VF 1 gets what is for the uplink, too. */
    fanout_send(net, frame, 0x77, FANOUT_SEGMENTS);
    nic_step(net->nic);
    fanout_expect(net, 1, frame, FANOUT_LEN);
    g_assert_cmpuint(txq_head(&net->txq[0]), ==, 1);
    nic_step(net->nic);
    g_assert_cmpuint(txq_head(&net->txq[0]), ==, 2);
    fanout_ready(net, 0);

    rx_mode(net->nic, 1, 0);
    fanout_send(net, frame, 0x77, FANOUT_MOST);
    nic_step(net->nic);
    g_assert_cmpuint(txq_head(&net->txq[0]), ==, 3);
    for (int i = 0; i < FANOUT_SEGMENTS + FANOUT_MOST; i++) {
        g_assert_cmpuint(uplink_receive(net->nic, data, sizeof(data)), ==,
                         FANOUT_HEADER + FANOUT_MSS);
    }
    net_free(net);
}

/* The bottom half counts each copy of a frame, and others wait for the next. */
static void fanout_test_budget(void)
{
    Net *net = fanout_new(FANOUT_MACHINE, 0);
    uint8_t frame[FANOUT_LEN], other[60];

    fanout_send(net, frame, VF_MAC(2), FANOUT_SEGMENTS);
    fanout_send_short(net, 1, other, VF_MAC(3));
    nic_step(net->nic);
    fanout_ready(net, BIT(2));
    nic_step(net->nic);
    fanout_ready(net, BIT(2) | BIT(3));
    fanout_expect(net, 2, frame, FANOUT_LEN);
    expect(net, 3, other, 60);
    net_free(net);
}

/* Bytes that a frame costs its sender */
#define FANOUT_COST ((FANOUT_HEADER + FANOUT_MSS + 24) * FANOUT_SEGMENTS)

#define SHARE_SPEED     10      /* Mb/s of the port; a byte takes 800 ns */

/* A port below its share sends first, but not all parts of a frame. */
static void fanout_test_share(void)
{
    Net *net = fanout_new(FANOUT_MACHINE, 3);
    uint8_t frame[FANOUT_LEN], other[60];
    struct vane_cmd_port cmd = {
        .valid = cpu_to_le32(VANE_PORT_VALID_RATE),
        .tx_share = cpu_to_le32(SHARE_SPEED / 2),
    };
    int steps = 0;

    qtest_qmp_assert_success(net->nic->qts, "{ 'execute': 'qom-set', "
                             "'arguments': { 'path': %s, 'property': 'speed', "
                             "'value': %d } }",
                             "/machine/peripheral/nic", SHARE_SPEED);
    /* Until the link is up again */
    qtest_clock_step(net->nic->qts, 21 * 1000 * 1000);
    g_assert_cmpint(command(net->nic, VANE_CMD_PORT_SET, &cmd), ==, VANE_OK);

    /* VF 2 sends more than the port does at once: from now on shares count. */
    QEMU_BUILD_BUG_ON(128 * KiB / FANOUT_COST != 1);
    fanout_send_from(net, 2, frame, VF_MAC(3), FANOUT_SEGMENTS);
    fanout_send_from(net, 2, frame, VF_MAC(3), FANOUT_SEGMENTS);
    for (int i = 0; i < 10; i++) {
        nic_step(net->nic);
    }
    g_assert_cmpuint(txq_head(&net->txq[2]), ==, 2);
    drain(net);

    fanout_send(net, frame, PF_MAC, FANOUT_SEGMENTS);
    fanout_send_short(net, 1, other, VF_MAC(3));
    qtest_clock_step(net->nic->qts, (2 * FANOUT_COST - 128 * KiB) * 800);
    fanout_ready(net, 0);
    while (!rxq_ready(&net->rxq[1])) {
        /* Nothing is sent in the first millisecond of what is to be had. */
        g_assert_cmpint(steps++, <, 2000);
        nic_step(net->nic);
    }
    fanout_ready(net, BIT(1));
    nic_step(net->nic);
    fanout_ready(net, BIT(1) | BIT(2) | BIT(3));
    expect(net, 2, other, 60);
    expect(net, 3, other, 60);
    fanout_ready(net, BIT(1) | BIT(2));
    nic_step(net->nic);
    nic_step(net->nic);
    for (int i = 1; i <= VFS; i++) {
        fanout_expect(net, i, frame, FANOUT_LEN);
    }
    fanout_ready(net, 0);
    net_free(net);
}

/* VF 0 may send 10 Mb/s; two frames are more than it may send at once. */
static Net *fanout_limited(void)
{
    Net *net = fanout_new(FANOUT_MACHINE, 3);
    struct vane_cmd_port cmd = {
        .valid = cpu_to_le32(VANE_PORT_VALID_RATE),
        .tx_max = cpu_to_le32(10),
    };

    QEMU_BUILD_BUG_ON(128 * KiB / FANOUT_COST != 1);
    g_assert_cmpint(command(net->nic, VANE_CMD_PORT_SET, &cmd), ==, VANE_OK);
    return net;
}

/* VF 0, which has sent two frames, sends the next when these are paid for. */
static void fanout_expect_paid(Net *net, uint16_t head)
{
    g_assert_cmpuint(txq_head(&net->txq[0]), ==, head);
    /* At 10 Mb/s a byte takes 800 ns. */
    qtest_clock_step(net->nic->qts,
                     (2 * FANOUT_COST - 128 * KiB) * 800 - 100 * 1000);
    g_assert_cmpuint(txq_head(&net->txq[0]), ==, head);
    qtest_clock_step(net->nic->qts, 2 * 1000 * 1000);
    g_assert_cmpuint(txq_head(&net->txq[0]), ==, head + 1);
}

/* A sender pays for its frame once, though it has four receivers. */
static void fanout_test_charge(void)
{
    Net *net = fanout_limited();
    uint8_t frame[FANOUT_LEN], behind[60];

    fanout_send(net, frame, PF_MAC, FANOUT_SEGMENTS);
    fanout_send(net, frame, PF_MAC, FANOUT_SEGMENTS);
    fanout_send_short(net, 0, behind, VF_MAC(3));
    for (int i = 0; i < 20; i++) {
        nic_step(net->nic);
    }
    g_assert_cmpuint(txq_head(&net->txq[0]), ==, 2);
    for (int i = 1; i <= VFS; i++) {
        fanout_expect(net, i, frame, FANOUT_LEN);
        fanout_expect(net, i, frame, FANOUT_LEN);
    }
    fanout_ready(net, 0);
    fanout_expect_paid(net, 2);
    expect(net, 3, behind, 60);
    net_free(net);
}

/*
 * What may happen while VF 1 has got a frame, and VFs 2 and 3 and the PF, to
 * which it is, have not
 */

static void fanout_reset_sender(Net *net)
{
    flr(&net->vf[0]);
}

static void fanout_stop_sender(Net *net)
{
    wr32(&net->vf[0], VANE_TXQ(0) + VANE_TXQ_CTRL, 0);
}

static void fanout_mute_sender(Net *net)
{
    config_writew(net->nic, net->vf[0].rid, PCI_COMMAND, 0);
}

static void fanout_fail_sender(Net *net)
{
    qtest_qmp_assert_success(net->nic->qts, "{ 'execute': 'qom-set', "
                             "'arguments': { 'path': %s, 'property': "
                             "'x-fault-dma-error', 'value': 1 } }",
                             "/machine/peripheral/nic");
}

static void fanout_unlink_sender(Net *net)
{
    struct vane_cmd_port cmd = { .valid = cpu_to_le32(VANE_PORT_VALID_FLAGS) };

    g_assert_cmpint(command(net->nic, VANE_CMD_PORT_SET, &cmd), ==, VANE_OK);
}

static void fanout_reset_receiver(Net *net)
{
    flr(&net->vf[2]);
}

static void fanout_stop_receiver(Net *net)
{
    wr32(&net->vf[2], VANE_RXQ(0) + VANE_RXQ_CTRL, 0);
}

static void fanout_calm_receiver(Net *net)
{
    rx_mode(net->nic, 2, 0);
}

static void fanout_change_mode(Net *net)
{
    switch_mode(net->nic, VANE_SWITCH_VEPA);
}

static void fanout_disable_vfs(Net *net)
{
    config_writew(net->nic, PF_RID, net->nic->sriov + PCI_SRIOV_CTRL, 0);
}

static void fanout_reset_pf(Net *net)
{
    flr(&net->nic->pf);
}

static void fanout_reset_device(Net *net)
{
    wr32(&net->nic->pf, VANE_REG_PF_CTRL, VANE_PF_CTRL_RESET);
}

static void fanout_unplug(Net *net)
{
    uint8_t exp = config_capability(net->nic, ROOT_PORT, PCI_CAP_ID_EXP);

    config_writew(net->nic, ROOT_PORT, exp + PCI_EXP_SLTCTL,
                  PCI_EXP_SLTCTL_PWR_OFF | PCI_EXP_SLTCTL_PWR_IND_OFF);
}

typedef struct Change {
    const char *what;
    void (*apply)(Net *net);
    unsigned receivers;         /* who gets the frame nevertheless */
    bool sent;                  /* and its descriptor is done */
} Change;

static const Change changes[] = {
    { "FLR of the sender", fanout_reset_sender },
    { "the sender's queue disabled", fanout_stop_sender },
    { "the sender's bus master off", fanout_mute_sender },
    { "the sender's memory fails", fanout_fail_sender },
    { "the sender's link off", fanout_unlink_sender, .sent = true },
    { "FLR of a receiver", fanout_reset_receiver, BIT(3) | BIT(PF), true },
    { "a receiver's queue disabled", fanout_stop_receiver,
      BIT(3) | BIT(PF), true },
    { "a receiver not promiscuous", fanout_calm_receiver,
      BIT(3) | BIT(PF), true },
    { "VEPA mode", fanout_change_mode, .sent = true },
    { "VF Enable cleared", fanout_disable_vfs },
    { "FLR of the PF", fanout_reset_pf },
    { "soft reset", fanout_reset_device },
    { "unplug", fanout_unplug },
};

/* What a queue has begun to send is charged also if it stops in the middle. */
static void fanout_test_charge_stopped(void)
{
    Net *net = fanout_limited();
    uint8_t frame[FANOUT_LEN], behind[60];

    for (int i = 0; i < 2; i++) {
        fanout_send(net, frame, PF_MAC, FANOUT_SEGMENTS);
        nic_step(net->nic);
        fanout_expect(net, 1, frame, FANOUT_LEN);
        fanout_stop_sender(net);
        txq_new(&net->txq[0], &net->vf[0], 0);
    }
    fanout_send_short(net, 0, behind, VF_MAC(3));
    for (int i = 0; i < 4; i++) {
        nic_step(net->nic);
    }
    fanout_expect_paid(net, 0);
    expect(net, 3, behind, 60);
    net_free(net);
}

static void fanout_test_changes(void)
{
    for (int c = 0; c < ARRAY_SIZE(changes); c++) {
        Net *net = fanout_new(FANOUT_HOTPLUG, 3);
        uint8_t frame[FANOUT_LEN];

        g_test_message("%s", changes[c].what);
        fanout_send(net, frame, PF_MAC, FANOUT_SEGMENTS);
        nic_step(net->nic);
        fanout_ready(net, BIT(1));
        fanout_expect(net, 1, frame, FANOUT_LEN);
        changes[c].apply(net);
        for (int i = 0; i < 10; i++) {
            nic_step(net->nic);
        }
        fanout_ready(net, changes[c].receivers);
        for (int i = 0; i <= VFS; i++) {
            if (changes[c].receivers >> i & 1) {
                fanout_expect(net, i, frame, FANOUT_LEN);
            }
        }
        fanout_ready(net, 0);
        g_assert_cmpuint(txq_head(&net->txq[0]), ==, changes[c].sent);
        net_free(net);
    }
}

/* A queue that was stopped within a frame begins anew with the next one. */
static void fanout_test_restart(void)
{
    Net *net = fanout_new(FANOUT_MACHINE, 3);
    uint8_t frame[FANOUT_LEN];

    fanout_send(net, frame, PF_MAC, FANOUT_SEGMENTS);
    nic_step(net->nic);
    fanout_expect(net, 1, frame, FANOUT_LEN);
    fanout_stop_sender(net);
    txq_new(&net->txq[0], &net->vf[0], 0);
    fanout_send(net, frame, PF_MAC, FANOUT_SEGMENTS);
    for (int i = 0; i < 4; i++) {
        nic_step(net->nic);
    }
    for (int i = 1; i <= VFS; i++) {
        fanout_expect(net, i, frame, FANOUT_LEN);
    }
    fanout_ready(net, 0);
    g_assert_cmpuint(txq_head(&net->txq[0]), ==, 1);

    /* Without bus master it waits, and goes on where it was. */
    fanout_send(net, frame, PF_MAC, FANOUT_SEGMENTS);
    nic_step(net->nic);
    fanout_expect(net, 1, frame, FANOUT_LEN);
    fanout_mute_sender(net);
    nic_step(net->nic);
    nic_step(net->nic);
    fanout_ready(net, 0);
    config_writew(net->nic, net->vf[0].rid, PCI_COMMAND, PCI_COMMAND_MASTER);
    for (int i = 0; i < 3; i++) {
        nic_step(net->nic);
    }
    for (int i = 2; i <= VFS; i++) {
        fanout_expect(net, i, frame, FANOUT_LEN);
    }
    fanout_ready(net, 0);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_FRAMES), ==,
                     3 * FANOUT_SEGMENTS);
    net_free(net);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/fanout/turns", fanout_test_turns);
    qtest_add_func("/vane/fanout/single", fanout_test_single);
    qtest_add_func("/vane/fanout/budget", fanout_test_budget);
    qtest_add_func("/vane/fanout/share", fanout_test_share);
    qtest_add_func("/vane/fanout/charge", fanout_test_charge);
    qtest_add_func("/vane/fanout/charge-stopped", fanout_test_charge_stopped);
    qtest_add_func("/vane/fanout/changes", fanout_test_changes);
    qtest_add_func("/vane/fanout/restart", fanout_test_restart);
    return g_test_run();
}
