/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: what the device makes of a driver that lies.
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "vane-net.h"

/* What a driver may write into a descriptor, and what it gets for it. */
static void test_hostile_tx(void)
{
    const uint64_t ram = MEMORY_START;
    const uint64_t tso = VANE_TXD_TSO | VANE_TXD_EOP;
    const struct {
        const char *what;
        uint64_t addr, ctrl;
        enum vane_error error;
    } cases[] = {
        { "reserved flag", ram | VANE_TXD_EOP | 1ull << 52, 60,
          VANE_ERROR_RESERVED },
        { "reserved control", ram | VANE_TXD_EOP, 60 | 1ull << 57,
          VANE_ERROR_RESERVED },
        { "TCI without VLAN", ram | VANE_TXD_EOP, 60 | 1 << 16,
          VANE_ERROR_RESERVED },
        { "MSS without TSO", ram | VANE_TXD_EOP, 60 | 1ull << 32,
          VANE_ERROR_RESERVED },
        { "header length without TSO", ram | VANE_TXD_EOP | VANE_TXD_CSUM,
          60 | 1ull << 48, VANE_ERROR_RESERVED },
        { "CSUM and TSO", ram | tso | VANE_TXD_CSUM, 60, VANE_ERROR_RESERVED },
        { "no end", ram, 60, VANE_ERROR_CHAIN },
        { "no header length", ram | tso, 60 | 1000ull << 32,
          VANE_ERROR_LENGTH },
        { "header longer than fragment", ram | tso,
          60 | 1000ull << 32 | 61ull << 48, VANE_ERROR_LENGTH },
        { "unmapped", 0x8000000000 | VANE_TXD_EOP, 60, VANE_ERROR_DMA },
        { "own registers", VF_BARS | VANE_TXD_EOP, 60, VANE_ERROR_DMA },
        { "across the end of memory", (128 * MiB - 10) | VANE_TXD_EOP, 60,
          VANE_ERROR_DMA },
        { "end of the address space",
          (VANE_TXD_ADDR - 10) | VANE_TXD_EOP, 60, VANE_ERROR_DMA },
    };
    Net *net = net_new();
    struct vane_rq_slot slot;
    uint8_t frame[60];
    Txq txq;

    txq_setup(&txq, &net->vf[0], 1, 0, false);
    for (int i = 0; i < ARRAY_SIZE(cases); i++) {
        g_test_message("%s", cases[i].what);
        g_assert_cmphex(txq_enable(&txq), ==, VANE_Q_STATE_ENABLED);
        qtest_writeq(net->nic->qts, txq.head, 0);
        txq.tail = 0;
        txq_desc(&txq, cases[i].addr, cases[i].ctrl);
        txq_ring(&txq);
        wait_for(txq_error(&txq) == cases[i].error);
        g_assert_cmpuint(rd32(&net->vf[0], VANE_TXQ(1) + VANE_TXQ_STATE) &
                         VANE_Q_STATE_ENABLED, ==, 0);
        rq_next(net->nic, &slot);
        g_assert_cmpuint(slot.type, ==, VANE_RQ_NOTICE);
        g_assert_cmpuint(le16_to_cpu(slot.vf), ==, 0);
        g_assert_cmpuint(le32_to_cpu(slot.notice), ==,
                         VANE_NOTICE_QUEUE_ERROR);
        g_assert_cmpuint(le16_to_cpu(slot.error), ==, cases[i].error);
        g_assert_cmpuint(le16_to_cpu(slot.queue), ==, VANE_RQ_QUEUE_TX | 1);
        wr32(&net->vf[0], VANE_TXQ(1) + VANE_TXQ_CTRL, 0);
        g_assert_cmphex(rd32(&net->vf[0], VANE_TXQ(1) + VANE_TXQ_STATE), ==,
                        0);
    }

    /* 49 descriptors; 48 are allowed, even if they make no sense. */
    for (int count = VANE_TX_MAX_DESC; count <= VANE_TX_MAX_DESC + 1;
         count++) {
        txq.tail = 0;
        qtest_writeq(net->nic->qts, txq.head, 0);
        g_assert_cmphex(txq_enable(&txq), ==, VANE_Q_STATE_ENABLED);
        for (int i = 1; i <= count; i++) {
            txq_desc(&txq, ram | (i == count ? VANE_TXD_EOP : 0), 0);
        }
        txq_ring(&txq);
        if (count == VANE_TX_MAX_DESC) {
            txq_wait(&txq);
            g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_OVERSIZE),
                             ==, 1);
        } else {
            wait_for(txq_error(&txq) == VANE_ERROR_CHAIN);
            rq_next(net->nic, &slot);
        }
        wr32(&net->vf[0], VANE_TXQ(1) + VANE_TXQ_CTRL, 0);
    }

    /* A doorbell that runs past the ring */
    g_assert_cmphex(txq_enable(&txq), ==, VANE_Q_STATE_ENABLED);
    wr32(&net->vf[0], VANE_DB_TXQ(1), QUEUE_SIZE + 1);
    wait_for(txq_error(&txq) == VANE_ERROR_INDEX);
    rq_next(net->nic, &slot);

    /* The contents of a frame stop nothing: TSO of what is no TCP */
    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, VANE_TXD_TSO,
             1000ull << 32 | 54ull << 48);
    make_tcp(frame, VF_MAC(1), VF_MAC(0), false, 6);
    txq_send(&net->txq[0], frame, 60, VANE_TXD_TSO,
             1000ull << 32 | 53ull << 48);
    txq_send(&net->txq[0], frame, 60, VANE_TXD_TSO,
             (VANE_TX_MIN_MSS - 1ull) << 32 | 54ull << 48);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_MALFORMED), ==, 3);

    /* Queue 0 of the same function never noticed. */
    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect(net, 1, frame, 60);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_QUEUE_ERRORS), ==,
                     ARRAY_SIZE(cases) + 2);
    net_free(net);
}

/* Features that were not asked for */
static void test_feature_unused(void)
{
    const struct {
        uint64_t features, flags, ctrl;
        enum vane_error error;
    } cases[] = {
        { VANE_FEAT_TX_CSUM, VANE_TXD_CSUM, 0, VANE_ERROR_NONE },
        { 0, VANE_TXD_CSUM, 0, VANE_ERROR_FEATURE_UNUSED },
        { 0, VANE_TXD_VLAN, 0, VANE_ERROR_FEATURE_UNUSED },
        { 0, VANE_TXD_TSO, 1000ull << 32 | 54ull << 48,
          VANE_ERROR_FEATURE_UNUSED },
    };
    Nic *nic = nic_new();
    uint64_t addr = alloc(nic, 64);
    Txq txq;

    for (int i = 0; i < ARRAY_SIZE(cases); i++) {
        fn_enable(&nic->pf, cases[i].features);
        txq_new(&txq, &nic->pf, 0);
        txq_desc(&txq, addr | VANE_TXD_EOP | cases[i].flags,
                 60 | cases[i].ctrl);
        txq_ring(&txq);
        if (cases[i].error) {
            wait_for(txq_error(&txq) == cases[i].error);
        } else {
            txq_wait(&txq);
        }
        txq_setup(&txq, &nic->pf, 1, 0, true);
        g_assert_cmpuint(field_get(txq_enable(&txq), VANE_Q_STATE_ERROR), ==,
                         VANE_ERROR_FEATURE_UNUSED);
        wr32(&nic->pf, VANE_REG_CTRL, VANE_CTRL_RESET);
    }
    nic_free(nic);
}

static void test_hostile_rx(void)
{
    const uint64_t bad[] = { 0x8000000000, VF_BARS, VF_BARS + 0x3000,
                             PF_BAR, VANE_TXD_ADDR & ~15ull };
    Net *net = net_new();
    struct vane_rq_slot slot;
    uint8_t frame[60];

    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, sizeof(frame));
    for (int i = 0; i < ARRAY_SIZE(bad); i++) {
        Rxq *rxq = &net->rxq[1];

        wr32(&net->vf[1], VANE_RXQ(0) + VANE_RXQ_CTRL, 0);
        rxq_setup(rxq, &net->vf[1], 0, 0, sizeof(struct vane_rx_cpl), false);
        g_assert_cmphex(rxq_enable(rxq), ==, VANE_Q_STATE_ENABLED);
        qtest_writeq(net->nic->qts, rxq->buf_ring,
                     bad[i] >> VANE_RXB_ADDR_SHIFT);
        rxq->tail = 1;
        rxq_ring(rxq);
        txq_send(&net->txq[0], frame, sizeof(frame), 0, 0);
        wait_for(rxq_error(rxq) == VANE_ERROR_DMA);
        rq_next(net->nic, &slot);
        g_assert_cmpuint(le16_to_cpu(slot.vf), ==, 1);
        g_assert_cmpuint(le16_to_cpu(slot.queue), ==, 0);
    }
    /* Indices: buffers past the ring, completions that were never written */
    for (int i = 0; i < 2; i++) {
        wr32(&net->vf[1], VANE_RXQ(0) + VANE_RXQ_CTRL, 0);
        g_assert_cmphex(rxq_enable(&net->rxq[1]), ==, VANE_Q_STATE_ENABLED);
        wr32(&net->vf[1], VANE_DB_RXQ(0), i ? 1 << 16 : QUEUE_SIZE + 1);
        wait_for(rxq_error(&net->rxq[1]) == VANE_ERROR_INDEX);
        rq_next(net->nic, &slot);
    }
    /* The sender's queue runs on. */
    txq_send(&net->txq[0], frame, sizeof(frame), 0, 0);
    g_assert_cmpuint(txq_error(&net->txq[0]), ==, VANE_ERROR_NONE);
    net_free(net);
}

/* The largest frame in the smallest segments, buffers, and to everybody. */
static void test_extreme(void)
{
    const uint32_t log2 = 9, buf_len = VANE_RX_BUF_MIN;
    const uint32_t needed = VANE_TX_MAX_TSO / VANE_RX_BUF_MIN;
    const uint64_t ctrl = field_put(VANE_TXD_MSS, VANE_TX_MIN_MSS) |
                          field_put(VANE_TXD_HDR_LEN, 54);
    g_autofree uint8_t *frame = g_malloc(VANE_TX_MAX_TSO);
    uint32_t segments = DIV_ROUND_UP(VANE_TX_MAX_TSO - 54, VANE_TX_MIN_MSS);
    Net *net = net_new();
    Nic *nic = net->nic;
    uint64_t addr = alloc(nic, VANE_TX_MAX_TSO + 1);
    uint64_t bufs = alloc(nic, buf_len << log2);
    uint64_t last;
    Rxq rxq;

    /* Whole, in 256 buffers */
    rxq_setup(&rxq, &net->vf[1], 1, 0, sizeof(struct vane_rx_cpl32), false);
    rxq.buf_ring = alloc(nic, sizeof(struct vane_rx_buf) << log2);
    rxq.cpl_ring = alloc(nic, sizeof(struct vane_rx_cpl32) << log2);
    wr64(&net->vf[1], VANE_RXQ(1) + VANE_RXQ_BUF_BASE, rxq.buf_ring);
    wr64(&net->vf[1], VANE_RXQ(1) + VANE_RXQ_CPL_BASE, rxq.cpl_ring);
    wr32(&net->vf[1], VANE_RXQ(1) + VANE_RXQ_BUF_SIZE, log2);
    wr32(&net->vf[1], VANE_RXQ(1) + VANE_RXQ_CPL_SIZE, log2);
    wr32(&net->vf[1], VANE_RXQ(1) + VANE_RXQ_BUF_LEN, buf_len);
    wr32(&net->vf[1], VANE_RXQ(1) + VANE_RXQ_OPT, VANE_RXQ_OPT_GRO);
    g_assert_cmphex(rxq_enable(&rxq), ==, VANE_Q_STATE_ENABLED);
    for (int i = 0; i < 1 << log2; i++) {
        qtest_writeq(nic->qts, rxq.buf_ring + i * 8,
                     (bufs + i * buf_len) >> VANE_RXB_ADDR_SHIFT);
    }
    wr32(&net->vf[1], VANE_DB_RXQ(1), 1 << log2);
    for (int i = 0; i < VANE_RSS_TABLE_SIZE; i += 4) {
        wr32(&net->vf[1], VANE_REG_RSS_TABLE + i, 0x01010101);
    }
    wr32(&net->vf[1], VANE_REG_RSS_CTRL, VANE_RSS_CTRL_TCP4);
    make_tcp(frame, VF_MAC(1), VF_MAC(0), false, VANE_TX_MAX_TSO - 54);
    qtest_memwrite(nic->qts, addr, frame, VANE_TX_MAX_TSO);
    txq_desc(&net->txq[0], addr | VANE_TXD_EOP | VANE_TXD_TSO, ctrl);
    txq_ring(&net->txq[0]);
    txq_wait(&net->txq[0]);
    last = rxq.cpl_ring + (needed - 1) * sizeof(struct vane_rx_cpl32) +
           offsetof(struct vane_rx_cpl32, gso);
    wait_for(qtest_readq(nic->qts, last) & VANE_RXC_PHASE);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_GRO_FRAMES), ==, 1);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_FRAMES), ==, segments);
    g_assert_cmpuint(rd32(&net->vf[1], VANE_RXQ(1) + VANE_RXQ_HEAD), ==,
                     needed | needed << 16);

    /* To everybody who is there: no TCP does that */
    make_tcp(frame, 0xff, VF_MAC(0), false, VANE_TX_MAX_TSO - 54);
    qtest_memwrite(nic->qts, addr, frame, VANE_TX_MAX_TSO);
    txq_desc(&net->txq[0], addr | VANE_TXD_EOP | VANE_TXD_TSO, ctrl);
    txq_ring(&net->txq[0]);
    txq_wait(&net->txq[0]);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_MALFORMED), ==, 1);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_BROADCAST), ==, 0);

    /* One byte more */
    txq_desc(&net->txq[0], addr | VANE_TXD_TSO, ctrl);
    txq_desc(&net->txq[0], (addr + VANE_TX_MAX_TSO) | VANE_TXD_EOP, 1);
    txq_ring(&net->txq[0]);
    wait_for(txq_error(&net->txq[0]) == VANE_ERROR_LENGTH);
    net_free(net);
}

/* Anything at all in rings and doorbells: device and neighbours live. */
static void test_random(void)
{
    Net *net = net_new();
    GRand *rand = g_rand_new_with_seed(0x7661);
    uint8_t frame[60];

    for (int i = 0; i < 600; i++) {
        Txq *txq = &net->txq[0];
        int count = g_rand_int_range(rand, 1, 8);

        if (!(rd32(&net->vf[0], VANE_TXQ(0) + VANE_TXQ_STATE) &
              VANE_Q_STATE_ENABLED)) {
            wr32(&net->vf[0], VANE_TXQ(0) + VANE_TXQ_CTRL, 0);
            g_assert_cmphex(txq_enable(txq), ==, VANE_Q_STATE_ENABLED);
            txq->tail = 0;
        }
        while (count--) {
            uint64_t flags = (uint64_t)g_rand_int(rand) << 32;
            uint64_t ctrl = (uint64_t)g_rand_int(rand) << 32 |
                            g_rand_int(rand);

            /* Mostly what is nearly right */
            if (g_rand_int_range(rand, 0, 8)) {
                flags &= VANE_TXD_EOP | VANE_TXD_TSO;
                ctrl &= ~VANE_TXD_CTRL_RSVD;
                ctrl = flags & VANE_TXD_TSO ?
                       (ctrl & (VANE_TXD_LEN | VANE_TXD_MSS)) |
                       field_put(VANE_TXD_HDR_LEN, 54) :
                       ctrl & VANE_TXD_LEN;
            }
            txq_desc(txq, (flags & ~VANE_TXD_ADDR) |
                     (MEMORY_START + g_rand_int_range(rand, 0, 1 * MiB)),
                     ctrl);
        }
        make_tcp(frame, VF_MAC(1), VF_MAC(0), i & 1, 6);
        qtest_memwrite(net->nic->qts, MEMORY_START +
                       g_rand_int_range(rand, 0, 64) * 64, frame, 54);
        wr32(&net->vf[0], VANE_DB_TXQ(0), g_rand_int_range(rand, 0, 20) ?
             txq->tail : g_rand_int(rand));
        wr32(&net->vf[0], VANE_DB_RXQ(0), g_rand_int(rand));
        if (i % 50 == 0) {
            wr32(&net->vf[0], VANE_RXQ(0) + VANE_RXQ_CTRL, 0);
            wr32(&net->vf[0], VANE_RXQ(0) + VANE_RXQ_CTRL,
                 VANE_Q_CTRL_ENABLE);
        }
    }
    g_rand_free(rand);

    /* VF 2 to VF 3, as if nothing was */
    make_frame(frame, VF_MAC(3), VF_MAC(2), 0x88b5, 60);
    txq_send(&net->txq[2], frame, 60, 0, 0);
    drain(net);
    txq_send(&net->txq[2], frame, 60, 0, 0);
    expect(net, 3, frame, 60);
    net_free(net);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/hostile/tx", test_hostile_tx);
    qtest_add_func("/vane/hostile/rx", test_hostile_rx);
    qtest_add_func("/vane/hostile/feature-unused", test_feature_unused);
    qtest_add_func("/vane/hostile/extreme", test_extreme);
    qtest_add_func("/vane/hostile/random", test_random);
    return g_test_run();
}
