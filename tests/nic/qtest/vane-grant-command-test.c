/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: granted channels: descriptors that name them, the commands that grant
 * them, and how long a grant lives.
 */
#include "qemu/osdep.h"
#include "vane-grant.h"

/* A queue as it was at first */
static void grant_restart(Txq *txq)
{
    wr32(txq->fn, VANE_TXQ(txq->index) + VANE_TXQ_CTRL, 0);
    g_assert_cmphex(txq_enable(txq), ==, VANE_Q_STATE_ENABLED);
    qtest_writeq(txq->fn->nic->qts, txq->head, 0);
    txq->tail = 0;
}

/* What a driver may write before a frame, and what it gets for it */
static const struct {
    const char *what;
    uint64_t addr, ctrl;
    int count;
    enum vane_error error;
} bad_extensions[] = {
    { "end", VANE_TXD_EXT | VANE_TXD_EOP, FIRST, 1, VANE_ERROR_RESERVED },
    { "alone", VANE_TXD_EXT, FIRST, 1, VANE_ERROR_CHAIN },
    { "address", VANE_TXD_EXT | MEMORY_START, FIRST, 1,
      VANE_ERROR_RESERVED },
    { "VLAN", VANE_TXD_EXT | VANE_TXD_VLAN, FIRST, 1, VANE_ERROR_RESERVED },
    { "TSO", VANE_TXD_EXT | VANE_TXD_TSO, FIRST, 1, VANE_ERROR_RESERVED },
    { "reserved", VANE_TXD_EXT | 1ull << 58, FIRST, 1,
      VANE_ERROR_RESERVED },
    { "channel", VANE_TXD_EXT, 1 << 24, 1, VANE_ERROR_RESERVED },
    { "two", VANE_TXD_EXT, FIRST, 2, VANE_ERROR_RESERVED },
};

/* What is wrong with an extension stops the queue. */
static void grant_test_descriptors(void)
{
    Net *net = grant_net(VANE_SWITCH_ETAG);
    uint64_t addr = alloc(net->nic, 64);
    Txq txq;

    txq_setup(&txq, &net->vf[0], 1, 0, false);
    for (int i = 0; i < ARRAY_SIZE(bad_extensions); i++) {
        g_test_message("%s", bad_extensions[i].what);
        grant_restart(&txq);
        for (int n = 0; n < bad_extensions[i].count; n++) {
            txq_desc(&txq, bad_extensions[i].addr, bad_extensions[i].ctrl);
        }
        if (strcmp(bad_extensions[i].what, "alone")) {
            txq_desc(&txq, addr | VANE_TXD_EOP, 60);
        }
        txq_ring(&txq);
        wait_for(txq_error(&txq) == bad_extensions[i].error);
    }
    /* It is one of the descriptors of its frame. */
    for (int more = VANE_TX_MAX_DESC - 1; more <= VANE_TX_MAX_DESC; more++) {
        grant_restart(&txq);
        txq_desc(&txq, VANE_TXD_EXT, FIRST);
        for (int n = more; n; n--) {
            txq_desc(&txq, addr | (n == 1 ? VANE_TXD_EOP : 0), 1);
        }
        txq_ring(&txq);
        if (more < VANE_TX_MAX_DESC) {
            txq_wait(&txq);
        } else {
            wait_for(txq_error(&txq) == VANE_ERROR_CHAIN);
        }
    }
    grant_restart(&txq);
    txq_desc(&txq, addr, 30);
    txq_desc(&txq, VANE_TXD_EXT, FIRST);
    txq_desc(&txq, addr | VANE_TXD_EOP, 30);
    txq_ring(&txq);
    wait_for(txq_error(&txq) == VANE_ERROR_RESERVED);
    net_free(net);
}

/* A function that did not ask for the extension, and one for the completion */
static void grant_test_features(void)
{
    Net *net = grant_net(VANE_SWITCH_ETAG);
    uint64_t all = rd64(&net->vf[0], VANE_REG_FEATURES_PF_MASK);
    uint8_t frame[60], wire[68];
    struct vane_rx_cpl32 cpl;

    g_assert_cmphex(all & (VANE_FEAT_TX_CHANNEL | VANE_FEAT_RX_CHANNEL), ==,
                    VANE_FEAT_TX_CHANNEL | VANE_FEAT_RX_CHANNEL);
    wr32(&net->vf[0], VANE_REG_CTRL, 0);
    fn_enable(&net->vf[0], all & ~VANE_FEAT_TX_CHANNEL);
    txq_new(&net->txq[0], &net->vf[0], 0);
    rxq_new(&net->rxq[0], &net->vf[0], 0, sizeof(struct vane_rx_cpl));
    make_frame(frame, 0xff, VF_MAC(0), 0x88b5, 60);
    tag_frame(VANE_SWITCH_ETAG, wire, frame, 60, FIRST, true);
    uplink_send(net->nic, wire, 68);
    g_assert_cmpuint(rxq_next(&net->rxq[0], &cpl, NULL), ==, 60);
    g_assert_cmphex(field_get(cpl.base.info, VANE_RXC_TAG), ==, FIRST);
    txq_desc(&net->txq[0], VANE_TXD_EXT, FIRST);
    txq_put(&net->txq[0], frame, 60, 0, 0);
    wait_for(txq_error(&net->txq[0]) == VANE_ERROR_FEATURE_UNUSED);
    net_free(net);
}

/* Errors, and that what was refused changed nothing */
static void grant_test_commands(void)
{
    struct vane_cmd_channel cmd = {};
    Net *net = net_new();
    Nic *nic = net->nic;

    grant_give_all(net);
    grant_expect(nic, 0, FIRST, 0);
    grant_expect(nic, FIRST + 1, SECOND, 0);
    grant_expect(nic, SECOND + 1, THEIRS, 1);
    grant_expect(nic, DORMANT, DORMANT, 2);
    grant_expect(nic, DORMANT + 1, DORMANT + 1, -1);

    g_assert_cmpint(grant_set(nic, 0, THEIRS, 1), ==, VANE_ERR_EXISTS);
    g_assert_cmpint(grant_set(nic, 0, OWN, 1), ==, VANE_ERR_EXISTS);
    g_assert_cmpint(grant_set(nic, 0, OWN + 1, 1), ==, VANE_ERR_EXISTS);
    g_assert_cmpint(channel_set(nic, 3, FIRST), ==, VANE_ERR_EXISTS);
    g_assert_cmpint(channel_set(nic, 0, FIRST), ==, VANE_ERR_EXISTS);
    g_assert_cmpint(channel_set(nic, VANE_PORT_PF, FIRST), ==, VANE_ERR_EXISTS);
    g_assert_cmpint(grant_set(nic, VANE_PORT_PF, 5, 1), ==, VANE_ERR_NOT_FOUND);
    g_assert_cmpint(grant_set(nic, VANE_MAX_VFS, 5, 1), ==, VANE_ERR_NOT_FOUND);
    g_assert_cmpint(grant_set(nic, 0, 5, 2), ==, VANE_ERR_INVALID);
    g_assert_cmpint(grant_set(nic, 0, 0, 1), ==, VANE_ERR_RANGE);
    g_assert_cmpint(grant_set(nic, 0, VANE_MAX_ECID + 1, 1), ==,
                    VANE_ERR_RANGE);
    cmd.port = cpu_to_le16(1);
    g_assert_cmpint(command(nic, VANE_CMD_CHANNEL_GET, &cmd), ==,
                    VANE_ERR_INVALID);
    cmd.port = 0;
    cmd.flags = cpu_to_le16(1);
    g_assert_cmpint(command(nic, VANE_CMD_CHANNEL_GET, &cmd), ==,
                    VANE_ERR_INVALID);

    /* Twice, and what others have, is no error and does nothing. */
    grant(nic, 0, FIRST);
    g_assert_cmpint(grant_set(nic, 1, FIRST, 0), ==, VANE_OK);
    grant_expect(nic, 0, FIRST, 0);
    g_assert_cmpint(grant_set(nic, 0, FIRST, 0), ==, VANE_OK);
    g_assert_cmpint(grant_set(nic, 0, FIRST, 0), ==, VANE_OK);
    grant_expect(nic, 0, SECOND, 0);
    g_assert_cmpint(channel_set(nic, 3, FIRST), ==, VANE_OK);
    net_free(net);
}

/* A driver that knows no E-Tag, and one that knows no grants */
static void grant_test_without_feature(void)
{
    struct vane_cmd_channel cmd = {};
    Net *net = net_new();
    Nic *nic = net->nic;

    grant_give_all(net);
    grant(nic, 0, 0x54321);
    wr32(&nic->pf, VANE_REG_CTRL, 0);
    fn_enable(&nic->pf, rd64(&nic->pf, VANE_REG_FEATURES_PF_MASK) &
              ~VANE_FEAT_ETAG);
    mailbox_enable(nic);
    g_assert_cmpint(grant_set(nic, 0, VANE_MAX_VIF + 1, 1), ==,
                    VANE_ERR_RANGE);
    grant_expect(nic, DORMANT + 1, DORMANT + 1, -1);
    wr32(&nic->pf, VANE_REG_CTRL, 0);
    fn_enable(&nic->pf, rd64(&nic->pf, VANE_REG_FEATURES_PF_MASK) &
              ~VANE_FEAT_CHANNELS);
    mailbox_enable(nic);
    g_assert_cmpint(grant_set(nic, 0, 5, 1), ==, VANE_ERR_UNSUPPORTED);
    g_assert_cmpint(command(nic, VANE_CMD_CHANNEL_GET, &cmd), ==,
                    VANE_ERR_UNSUPPORTED);
    net_free(net);
}

/* There are so many, whoever has them, and each can be given back. */
static void grant_test_table(void)
{
    Net *net = net_new();
    Nic *nic = net->nic;

    for (uint32_t i = 1; i <= VANE_MAX_GRANTS; i++) {
        grant(nic, i % 3, i * 3);
    }
    g_assert_cmpint(grant_set(nic, 0, 1, 1), ==, VANE_ERR_NO_SPACE);
    /* One that it has needs no room. */
    grant(nic, 1, 3);
    g_assert_cmpint(grant_set(nic, 1, 3, 0), ==, VANE_OK);
    grant(nic, 0, 1);
    grant_expect(nic, 0, 1, 0);
    grant_expect(nic, 2, 6, 2);
    net_free(net);
}

/* Resets of a VF keep what it was granted; SR-IOV and the device's do not. */
static void grant_test_life(void)
{
    struct vane_cmd_target target = {};
    Net *net = grant_net(VANE_SWITCH_ETAG);
    Nic *nic = net->nic;
    uint32_t channel = 0;

    flr(&net->vf[0]);
    grant_expect(nic, 0, FIRST, 0);
    g_assert_cmpint(command(nic, VANE_CMD_VF_RESET, &target), ==, VANE_OK);
    grant_expect(nic, 0, FIRST, 0);
    /* VF 5 is one that was not there yet. */
    grant(nic, 5, 0x777);
    config_writew(nic, PF_RID, nic->sriov + PCI_SRIOV_CTRL, 0);
    grant_expect(nic, 0, 0x777, 5);
    g_assert_cmpint(channel_set(nic, 0, FIRST), ==, VANE_OK);
    wr32(&nic->pf, VANE_REG_PF_CTRL, VANE_PF_CTRL_RESET);
    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    g_assert_cmpint(grant_find(nic, &channel), ==, -1);
    net_free(net);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/grant/descriptors", grant_test_descriptors);
    qtest_add_func("/vane/grant/features", grant_test_features);
    qtest_add_func("/vane/grant/commands", grant_test_commands);
    qtest_add_func("/vane/grant/without-feature", grant_test_without_feature);
    qtest_add_func("/vane/grant/table", grant_test_table);
    qtest_add_func("/vane/grant/life", grant_test_life);
    return g_test_run();
}
