/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: how the device copes with a hostile driver.
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include <sys/ioctl.h>
#include "vane-net.h"

/* The queue stops with that error, of which the PF is told. */
static void hostile_txq_fails(Net *net, const Txq *txq, enum vane_error error)
{
    const Fn *fn = txq->fn;
    struct vane_rq_slot slot;

    wait_for(txq_error(txq) == error);
    g_assert_cmpuint(rd32(fn, VANE_TXQ(txq->index) + VANE_TXQ_STATE) &
                     VANE_Q_STATE_ENABLED, ==, 0);
    rq_next(net->nic, &slot);
    g_assert_cmpuint(slot.type, ==, VANE_RQ_NOTICE);
    g_assert_cmpuint(le16_to_cpu(slot.vf), ==, 0);
    g_assert_cmpuint(le32_to_cpu(slot.notice), ==, VANE_NOTICE_QUEUE_ERROR);
    g_assert_cmpuint(le16_to_cpu(slot.error), ==, error);
    g_assert_cmpuint(le16_to_cpu(slot.queue), ==,
                     VANE_RQ_QUEUE_TX | txq->index);
    wr32(fn, VANE_TXQ(txq->index) + VANE_TXQ_CTRL, 0);
    g_assert_cmphex(rd32(fn, VANE_TXQ(txq->index) + VANE_TXQ_STATE), ==, 0);
}

static void hostile_txq_restart(Txq *txq)
{
    g_assert_cmphex(txq_enable(txq), ==, VANE_Q_STATE_ENABLED);
    qtest_writeq(txq->fn->nic->qts, txq->head, 0);
    txq->tail = 0;
}

/* Queue 0 of VF 0 works, whatever happened to queue 1. */
static void hostile_neighbour_works(Net *net)
{
    uint8_t frame[60];

    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect(net, 1, frame, 60);
}

typedef struct BadDescriptor {
    const char *what;
    uint64_t addr, ctrl;
    enum vane_error error;
} BadDescriptor;

#define RAM MEMORY_START
#define TSO (VANE_TXD_TSO | VANE_TXD_EOP)

/* What a driver may write into a descriptor, and what it gets for it */
static const BadDescriptor bad_descriptors[] = {
    { "reserved flag", RAM | VANE_TXD_EOP | 1ull << 52, 60,
      VANE_ERROR_RESERVED },
    { "reserved control", RAM | VANE_TXD_EOP, 60 | 1ull << 57,
      VANE_ERROR_RESERVED },
    { "TCI without VLAN", RAM | VANE_TXD_EOP, 60 | 1 << 16,
      VANE_ERROR_RESERVED },
    { "MSS without TSO", RAM | VANE_TXD_EOP, 60 | 1ull << 32,
      VANE_ERROR_RESERVED },
    { "header length without TSO", RAM | VANE_TXD_EOP | VANE_TXD_CSUM,
      60 | 1ull << 48, VANE_ERROR_RESERVED },
    { "CSUM and TSO", RAM | TSO | VANE_TXD_CSUM, 60, VANE_ERROR_RESERVED },
    { "no end", RAM, 60, VANE_ERROR_CHAIN },
    { "no header length", RAM | TSO, 60 | 1000ull << 32, VANE_ERROR_LENGTH },
    { "header longer than fragment", RAM | TSO,
      60 | 1000ull << 32 | 61ull << 48, VANE_ERROR_LENGTH },
    { "unmapped", 0x8000000000 | VANE_TXD_EOP, 60, VANE_ERROR_DMA },
    { "own registers", VF_BARS | VANE_TXD_EOP, 60, VANE_ERROR_DMA },
    { "across the end of memory", (128 * MiB - 10) | VANE_TXD_EOP, 60,
      VANE_ERROR_DMA },
    { "end of the address space", (VANE_TXD_ADDR - 10) | VANE_TXD_EOP, 60,
      VANE_ERROR_DMA },
};

static void hostile_test_descriptors(void)
{
    Net *net = net_new();
    Txq txq;

    txq_setup(&txq, &net->vf[0], 1, 0, false);
    for (int i = 0; i < ARRAY_SIZE(bad_descriptors); i++) {
        g_test_message("%s", bad_descriptors[i].what);
        hostile_txq_restart(&txq);
        txq_desc(&txq, bad_descriptors[i].addr, bad_descriptors[i].ctrl);
        txq_ring(&txq);
        hostile_txq_fails(net, &txq, bad_descriptors[i].error);
    }
    hostile_neighbour_works(net);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_QUEUE_ERRORS), ==,
                     ARRAY_SIZE(bad_descriptors));
    net_free(net);
}

/* 48 descriptors are allowed, even if they make no sense; 49 are not. */
static void hostile_test_chain(void)
{
    Net *net = net_new();
    Txq txq;

    txq_setup(&txq, &net->vf[0], 1, 0, false);
    for (int count = VANE_TX_MAX_DESC; count <= VANE_TX_MAX_DESC + 1;
         count++) {
        hostile_txq_restart(&txq);
        for (int i = 1; i <= count; i++) {
            txq_desc(&txq, RAM | (i == count ? VANE_TXD_EOP : 0), 0);
        }
        txq_ring(&txq);
        if (count == VANE_TX_MAX_DESC) {
            txq_wait(&txq);
            g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_OVERSIZE),
                             ==, 1);
            wr32(&net->vf[0], VANE_TXQ(1) + VANE_TXQ_CTRL, 0);
        } else {
            hostile_txq_fails(net, &txq, VANE_ERROR_CHAIN);
        }
    }
    hostile_neighbour_works(net);
    net_free(net);
}

/* A doorbell that runs past the ring */
static void hostile_test_doorbell(void)
{
    Net *net = net_new();
    Txq txq;

    txq_setup(&txq, &net->vf[0], 1, 0, false);
    hostile_txq_restart(&txq);
    wr32(&net->vf[0], VANE_DB_TXQ(1), QUEUE_SIZE + 1);
    hostile_txq_fails(net, &txq, VANE_ERROR_INDEX);
    hostile_neighbour_works(net);
    net_free(net);
}

/* The contents of a frame stop nothing: TSO of what is no TCP, or too small */
static void hostile_test_contents(void)
{
    Net *net = net_new();
    uint8_t frame[60];

    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, VANE_TXD_TSO,
             1000ull << 32 | 54ull << 48);
    make_tcp(frame, VF_MAC(1), VF_MAC(0), false, 6);
    txq_send(&net->txq[0], frame, 60, VANE_TXD_TSO,
             1000ull << 32 | 53ull << 48);
    txq_send(&net->txq[0], frame, 60, VANE_TXD_TSO,
             (VANE_TX_MIN_MSS - 1ull) << 32 | 54ull << 48);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_MALFORMED), ==, 3);
    hostile_neighbour_works(net);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_QUEUE_ERRORS), ==, 0);
    net_free(net);
}

/* Features that were not asked for */
static void hostile_test_feature_unused(void)
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

static void hostile_test_rx(void)
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

/* What is dropped and what stops, where the datasheet draws the line */
static void hostile_test_edges(void)
{
    const uint64_t tso = VANE_TXD_TSO;
    const uint64_t mss = field_put(VANE_TXD_MSS, 1000);
    Net *net = net_new();
    Fn *fn = &net->vf[0];
    Txq *txq = &net->txq[0];
    struct vane_rx_cpl32 cpl;
    uint8_t frame[100];
    size_t len;

    /* The IP version whose feature is missing drops frames, */
    wr32(fn, VANE_REG_CTRL, 0);
    fn_enable(fn, VANE_FEAT_TSO4 | VANE_FEAT_SHADOW_DB);
    txq_new(txq, fn, 0);
    for (int ipv6 = 1; ipv6 >= 0; ipv6--) {
        len = make_tcp(frame, VF_MAC(1), VF_MAC(0), ipv6, 6);
        txq_send(txq, frame, len, tso, mss |
                 field_put(VANE_TXD_HDR_LEN, ipv6 ? 74 : 54));
        g_assert_cmpuint(counter(fn, VANE_STAT_TX_DROP_MALFORMED), ==, 1);
    }
    rxq_next(&net->rxq[1], &cpl, NULL);
    /* a frame without a header is dropped, */
    txq_send(txq, frame, VANE_MIN_FRAME - 1, 0, 0);
    g_assert_cmpuint(counter(fn, VANE_STAT_TX_DROP_MALFORMED), ==, 2);
    g_assert_cmpuint(counter(fn, VANE_STAT_QUEUE_ERRORS), ==, 0);
    /* TSO of one stops. */
    txq_desc(txq, MEMORY_START | VANE_TXD_EOP | tso, 60 | mss |
             field_put(VANE_TXD_HDR_LEN, VANE_MIN_FRAME - 1));
    txq_ring(txq);
    wait_for(txq_error(txq) == VANE_ERROR_LENGTH);

    /* Bits that an index does not have, from doorbell and shadow */
    wr32(fn, VANE_TXQ(0) + VANE_TXQ_CTRL, 0);
    txq_setup(txq, fn, 0, 0, true);
    g_assert_cmphex(txq_enable(txq), ==, VANE_Q_STATE_ENABLED);
    txq_desc(txq, MEMORY_START | VANE_TXD_EOP, VANE_MIN_FRAME - 1);
    wr32(fn, VANE_DB_TXQ(0), 1 << 16 | 1);
    g_assert_cmphex(rd32(fn, VANE_TXQ(0) + VANE_TXQ_STATE), ==,
                    VANE_Q_STATE_ENABLED);
    g_assert_cmpuint(rd32(fn, VANE_TXQ(0) + VANE_TXQ_TAIL), ==, 0);
    qtest_writel(net->nic->qts, txq->shadow, 1 << 16 | 1);
    txq_ring(txq);
    wait_for(txq_error(txq) == VANE_ERROR_RESERVED);
    net_free(net);
}

/* Has the NIC read all that was sent to its uplink? */
static bool hostile_uplink_read(const Nic *nic)
{
    int left;

    g_assert_cmpint(ioctl(nic->uplink, TIOCOUTQ, &left), ==, 0);
    return !left;
}

/* VF 0 sends a frame, of which the news waits for LATE_NS: vector 1's block. */
static uint64_t hostile_send_with_late_news(Net *net)
{
    uint64_t block = vector_enable(&net->vf[0], 1, NULL);
    uint64_t addr = alloc(net->nic, 64);
    uint8_t frame[60];
    Txq txq;

    make_frame(frame, 0x77, VF_MAC(0), 0x88b5, sizeof(frame));
    qtest_memwrite(net->nic->qts, addr, frame, sizeof(frame));
    txq_setup(&txq, &net->vf[0], 1, 1, true);
    g_assert_cmphex(txq_enable(&txq), ==, VANE_Q_STATE_ENABLED);
    txq_desc(&txq, addr | VANE_TXD_EOP, sizeof(frame));
    qtest_writel(net->nic->qts, txq.shadow, txq.tail);
    txq_ring(&txq);
    expect_uplink(net, frame, sizeof(frame));
    txq_wait(&txq);
    return block;
}

/* In D3hot neither PF nor VFs do or answer anything; in D0 all goes on. */
static void hostile_test_d3(void)
{
    Net *net = net_new();
    QTestState *qts = net->nic->qts;
    uint64_t pm = pf_power(net);
    uint8_t frame[60];
    uint64_t block;

    block = hostile_send_with_late_news(net);
    qtest_writew(qts, pm, 3);
    for (int i = 0; i < VFS; i++) {
        g_assert_cmphex(rd32(&net->vf[i], VANE_REG_MAGIC), ==, UINT32_MAX);
        g_assert_cmphex(rd32(&net->vf[i], VANE_BLK_MSIX_TABLE), ==,
                        UINT32_MAX);
    }
    wr32(&net->vf[0], VANE_REG_CTRL, VANE_CTRL_RESET);
    make_frame(frame, VF_MAC(1), 0x77, 0x88b5, sizeof(frame));
    uplink_send(net->nic, frame, sizeof(frame));
    wait_for(hostile_uplink_read(net->nic));
    qtest_clock_step(qts, LATE_NS);
    g_assert_cmpuint(events(&net->vf[0], block), ==, 0);

    qtest_writew(qts, pm, 0);
    g_assert_cmphex(rd32(&net->vf[0], VANE_REG_STATE), ==, VANE_STATE_ENABLED);
    wait_for(events(&net->vf[0], block) == 1);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_DROP_NOBUF), ==, 1);
    for (int i = 0; i <= VFS; i++) {
        int to = (i + 1) % (VFS + 1);

        make_frame(frame, to == PF ? PF_MAC : VF_MAC(to),
                   i == PF ? PF_MAC : VF_MAC(i), 0x88b5, sizeof(frame));
        txq_send(&net->txq[i], frame, sizeof(frame), 0, 0);
        expect(net, to, frame, sizeof(frame));
    }
    net_free(net);
}

/* Two reasons to stop a queue are one stop, and the first is told. */
static void hostile_test_two_errors(void)
{
    Net *net = net_new();
    Fn *fn = &net->vf[0];
    struct vane_rq_slot slot;
    Txq txq;

    txq_setup(&txq, fn, 1, 0, false);
    wr64(fn, VANE_TXQ(1) + VANE_TXQ_HEAD_ADDR, 0x8000000000);
    g_assert_cmphex(txq_enable(&txq), ==, VANE_Q_STATE_ENABLED);
    /* Of the first the head is to be stored; the second is malformed. */
    txq_desc(&txq, MEMORY_START | VANE_TXD_EOP, 13);
    txq_desc(&txq, MEMORY_START | VANE_TXD_EOP | 1ull << 52, 60);
    txq_ring(&txq);
    wait_for(txq_error(&txq) == VANE_ERROR_DMA);
    rq_next(net->nic, &slot);
    g_assert_cmpuint(le16_to_cpu(slot.error), ==, VANE_ERROR_DMA);
    g_assert_cmpuint(counter(fn, VANE_STAT_QUEUE_ERRORS), ==, 1);
    net_free(net);
}

#define EXTREME_LOG2    9
#define EXTREME_CTRL    (field_put(VANE_TXD_MSS, VANE_TX_MIN_MSS) | \
                         field_put(VANE_TXD_HDR_LEN, 54))

/* Queue 1 of VF 1 gets all TCP, in very many of the smallest buffers. */
static void hostile_extreme_rxq(Net *net, Rxq *rxq)
{
    const uint32_t log2 = EXTREME_LOG2, buf_len = VANE_RX_BUF_MIN;
    Nic *nic = net->nic;
    Fn *fn = &net->vf[1];
    uint64_t bufs = alloc(nic, buf_len << log2);

    rxq_setup(rxq, fn, 1, 0, sizeof(struct vane_rx_cpl32), false);
    rxq->buf_ring = alloc(nic, sizeof(struct vane_rx_buf) << log2);
    rxq->cpl_ring = alloc(nic, sizeof(struct vane_rx_cpl32) << log2);
    wr64(fn, VANE_RXQ(1) + VANE_RXQ_BUF_BASE, rxq->buf_ring);
    wr64(fn, VANE_RXQ(1) + VANE_RXQ_CPL_BASE, rxq->cpl_ring);
    wr32(fn, VANE_RXQ(1) + VANE_RXQ_BUF_SIZE, log2);
    wr32(fn, VANE_RXQ(1) + VANE_RXQ_CPL_SIZE, log2);
    wr32(fn, VANE_RXQ(1) + VANE_RXQ_BUF_LEN, buf_len);
    wr32(fn, VANE_RXQ(1) + VANE_RXQ_OPT, VANE_RXQ_OPT_GRO);
    g_assert_cmphex(rxq_enable(rxq), ==, VANE_Q_STATE_ENABLED);
    for (int i = 0; i < 1 << log2; i++) {
        qtest_writeq(nic->qts, rxq->buf_ring + i * 8,
                     (bufs + i * buf_len) >> VANE_RXB_ADDR_SHIFT);
    }
    wr32(fn, VANE_DB_RXQ(1), 1 << log2);
    for (int i = 0; i < VANE_RSS_TABLE_SIZE; i += 4) {
        wr32(fn, VANE_REG_RSS_TABLE + i, 0x01010101);
    }
    wr32(fn, VANE_REG_RSS_CTRL, VANE_RSS_CTRL_TCP4);
}

/* The longest TSO frame there is, in the most segments, or in 256 buffers */
static void hostile_test_extreme(void)
{
    const uint32_t needed = VANE_TX_MAX_TSO / VANE_RX_BUF_MIN;
    g_autofree uint8_t *frame = g_malloc(VANE_TX_MAX_TSO);
    uint32_t segments = DIV_ROUND_UP(VANE_TX_MAX_TSO - 54, VANE_TX_MIN_MSS);
    Net *net = net_new();
    Nic *nic = net->nic;
    uint64_t addr = alloc(nic, VANE_TX_MAX_TSO);
    uint64_t last;
    Rxq rxq;

    hostile_extreme_rxq(net, &rxq);
    make_tcp(frame, VF_MAC(1), VF_MAC(0), false, VANE_TX_MAX_TSO - 54);
    qtest_memwrite(nic->qts, addr, frame, VANE_TX_MAX_TSO);
    txq_desc(&net->txq[0], addr | VANE_TXD_EOP | VANE_TXD_TSO, EXTREME_CTRL);
    txq_ring(&net->txq[0]);
    txq_wait(&net->txq[0]);
    last = rxq.cpl_ring + (needed - 1) * sizeof(struct vane_rx_cpl32) +
           offsetof(struct vane_rx_cpl32, gso);
    wait_for(qtest_readq(nic->qts, last) & VANE_RXC_PHASE);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_GRO_FRAMES), ==, 1);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_FRAMES), ==, segments);
    g_assert_cmpuint(rd32(&net->vf[1], VANE_RXQ(1) + VANE_RXQ_HEAD), ==,
                     needed | needed << 16);
    net_free(net);
}

/* TSO to everybody who is there: no TCP does that; and one byte more */
static void hostile_test_too_extreme(void)
{
    g_autofree uint8_t *frame = g_malloc(VANE_TX_MAX_TSO);
    Net *net = net_new();
    Nic *nic = net->nic;
    uint64_t addr = alloc(nic, VANE_TX_MAX_TSO + 1);

    make_tcp(frame, 0xff, VF_MAC(0), false, VANE_TX_MAX_TSO - 54);
    qtest_memwrite(nic->qts, addr, frame, VANE_TX_MAX_TSO);
    txq_desc(&net->txq[0], addr | VANE_TXD_EOP | VANE_TXD_TSO, EXTREME_CTRL);
    txq_ring(&net->txq[0]);
    txq_wait(&net->txq[0]);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_MALFORMED), ==, 1);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_BROADCAST), ==, 0);

    txq_desc(&net->txq[0], addr | VANE_TXD_TSO, EXTREME_CTRL);
    txq_desc(&net->txq[0], (addr + VANE_TX_MAX_TSO) | VANE_TXD_EOP, 1);
    txq_ring(&net->txq[0]);
    wait_for(txq_error(&net->txq[0]) == VANE_ERROR_LENGTH);
    net_free(net);
}

/*
 * TSO frames with headers of any length
 */

#define TSO_MSS         100
#define TSO_HDR_MAX     FIELD_MAX(VANE_TXD_HDR_LEN)
#define FIELD_MAX(mask) ((mask) / ((mask) & -(mask)))

typedef struct TsoFrame {
    uint8_t data[BUF_LEN];
    size_t hdr_len;
    size_t len;
    int tags;
} TsoFrame;

/* A TCP frame with @tags, and extension headers and options of @more bytes. */
/* 802.1Q tags, the outer one of any VLAN; returns where the EtherType goes. */
static uint8_t *hostile_make_tags(uint8_t *p, GRand *rand, int tags)
{
    for (int i = 0; i < tags; i++, p += 4) {
        stw_be_p(p, ETH_P_VLAN);
        stw_be_p(p + 2, g_rand_int_range(rand, 0, 0x10000));
    }
    return p;
}

static void hostile_make_tso(TsoFrame *frame, GRand *rand, bool ipv6, int tags,
                             size_t more, size_t payload)
{
    size_t tcp_options = MIN(g_rand_int_range(rand, 0, 11) * 4, more & ~3u);
    size_t ip_options = 0;
    uint8_t *p = frame->data;
    uint8_t tcp[20];

    memset(p, 0, sizeof(frame->data));
    make_tcp(p, VF_MAC(1), VF_MAC(0), ipv6, 0);
    memcpy(tcp, p + ETH_HLEN + (ipv6 ? 40 : 20), sizeof(tcp));
    memmove(p + ETH_HLEN + 4 * tags, p + ETH_HLEN, ipv6 ? 40 : 20);
    p = hostile_make_tags(p + 12, rand, tags);
    stw_be_p(p, ipv6 ? ETH_P_IPV6 : ETH_P_IP);
    p += 2;
    if (ipv6) {
        uint8_t *next = &p[6];

        ip_options = (more - tcp_options) & ~7u;
        p += 40;
        if (ip_options) {
            *next = 60;
            p[0] = IP_PROTO_TCP;
            p[1] = ip_options / 8 - 1;
        }
    } else {
        ip_options = MIN((more - tcp_options) & ~3u, 40);
        p[0] = 0x45 + ip_options / 4;
        p += 20;
        memset(p, 1, ip_options);
    }
    p += ip_options;
    memcpy(p, tcp, sizeof(tcp));
    p[12] = (20 + tcp_options) / 4 << 4;
    p += sizeof(tcp);
    memset(p, 1, tcp_options);
    p += tcp_options;
    frame->hdr_len = p - frame->data;
    frame->tags = tags;
    frame->len = frame->hdr_len + payload;
    for (size_t i = 0; i < payload; i++) {
        p[i] = g_rand_int(rand);
    }
}

/* Bytes before the payload of what was received, behind @tags. */
static size_t hostile_header_of(const uint8_t *data, bool ipv6, int *tags)
{
    const uint8_t *p = data + 12;

    for (*tags = 0; lduw_be_p(p) == ETH_P_VLAN ||
                    lduw_be_p(p) == ETH_P_DVLAN; p += 4) {
        (*tags)++;
    }
    g_assert_cmphex(lduw_be_p(p), ==, ipv6 ? ETH_P_IPV6 : ETH_P_IP);
    p += 2;
    if (!ipv6) {
        p += (p[0] & 0xf) * 4;
    } else if (p[6] == IP_PROTO_TCP) {
        p += 40;
    } else {
        p += 40 + (p[41] + 1) * 8;
    }
    return p + (p[12] >> 4) * 4 - data;
}

/* The frame arrives, whole where that can be told, and all of it. */
static void hostile_tso_arrives(Net *net, const TsoFrame *frame, bool ipv6,
                                bool whole)
{
    size_t payload = frame->len - frame->hdr_len, done = 0;
    int count = 0;

    while (done < payload) {
        struct vane_rx_cpl32 cpl;
        uint8_t data[BUF_LEN];
        size_t len = rxq_next(&net->rxq[1], &cpl, data);
        int tags;
        size_t hdr_len = hostile_header_of(data, ipv6, &tags);

        g_assert_true(cpl.base.info & VANE_RXC_EOP);
        g_assert_cmpint(!!(cpl.base.info & VANE_RXC_GRO), ==, whole);
        g_assert_cmpint(memcmp(data + hdr_len,
                               frame->data + frame->hdr_len + done,
                               len - hdr_len), ==, 0);
        if (whole) {
            g_assert_cmpuint(field_get(cpl.gso, VANE_RXC_GSO_HDR_LEN), ==,
                             hdr_len);
            g_assert_cmpuint(field_get(cpl.gso, VANE_RXC_GSO_SEGS), ==,
                             DIV_ROUND_UP(payload, TSO_MSS));
            g_assert_cmpint(tags, <=, 2);
        } else {
            g_assert_cmphex(cpl.gso & ~VANE_RXC_PHASE, ==, 0);
        }
        done += len - hdr_len;
        count++;
    }
    g_assert_cmpuint(done, ==, payload);
    g_assert_cmpint(count, ==, whole ? 1 : DIV_ROUND_UP(payload, TSO_MSS));
}

/*
 * Whatever the sender's headers are, the receiver can tell where they end. The
 * descriptor's tag is not counted in HDR_LEN.
 */
static void hostile_test_tso_headers(void)
{
    Net *net = g_new0(Net, 1);
    GRand *rand = g_rand_new_with_seed(0x74736f);
    TsoFrame frame;
    int kinds[2] = {};

    net_start(net, sizeof(struct vane_rx_cpl32));
    for (int i = 0; i < 1500; i++) {
        bool ipv6 = g_rand_int_range(rand, 0, 4);
        bool insert = g_rand_boolean(rand), strip = g_rand_boolean(rand);
        int tags = g_rand_int_range(rand, 0, 4);
        size_t base = ETH_HLEN + 4 * tags + (ipv6 ? 40 : 20) + 20;
        /* Anything, mostly near the limit */
        size_t most = TSO_HDR_MAX - base;
        size_t more = g_rand_int_range(rand, 0, 2) ?
                      most - g_rand_int_range(rand, 0, 24) :
                      g_rand_int_range(rand, 0, most + 1);
        uint64_t dropped = counter(&net->vf[0], VANE_STAT_TX_DROP_MALFORMED);
        int seen;
        size_t seen_len;

        hostile_make_tso(&frame, rand, ipv6, tags, more,
                         g_rand_int_range(rand, 1, 10 * TSO_MSS));
        wr32(&net->vf[1], VANE_RXQ(0) + VANE_RXQ_OPT, VANE_RXQ_OPT_GRO |
             (strip ? VANE_RXQ_OPT_VLAN_STRIP : 0));
        txq_send(&net->txq[0], frame.data, frame.len, VANE_TXD_TSO |
                 (insert ? VANE_TXD_VLAN : 0),
                 field_put(VANE_TXD_MSS, TSO_MSS) |
                 field_put(VANE_TXD_HDR_LEN, frame.hdr_len) |
                 (insert ? field_put(VANE_TXD_TCI, i) : 0));
        net->nic->next -= 4096;
        if (tags > 2) {
            /* The device itself parses headers behind two tags in memory. */
            g_assert_cmpuint(counter(&net->vf[0],
                                     VANE_STAT_TX_DROP_MALFORMED), ==,
                             dropped + 1);
            continue;
        }
        seen = tags + insert;
        seen -= strip && seen;
        seen_len = frame.hdr_len + 4 * (seen - tags);
        kinds[seen <= 2 && seen_len <= TSO_HDR_MAX]++;
        hostile_tso_arrives(net, &frame, ipv6,
                            seen <= 2 && seen_len <= TSO_HDR_MAX);
        drain(net);
    }
    g_assert_cmpint(kinds[0], >, 50);
    g_assert_cmpint(kinds[1], >, 50);
    g_assert_cmpuint(rxq_error(&net->rxq[1]), ==, VANE_ERROR_NONE);
    g_rand_free(rand);
    net_free(net);
}

/* A descriptor of anything, mostly of what is nearly right */
static void hostile_random_desc(Txq *txq, GRand *rand)
{
    uint64_t addr = MEMORY_START + g_rand_int_range(rand, 0, 1 * MiB);
    uint64_t flags = (uint64_t)g_rand_int(rand) << 32;
    uint64_t ctrl = (uint64_t)g_rand_int(rand) << 32 | g_rand_int(rand);

    if (g_rand_int_range(rand, 0, 8)) {
        flags &= VANE_TXD_EOP | VANE_TXD_TSO;
        ctrl &= ~VANE_TXD_CTRL_RSVD;
        ctrl = flags & VANE_TXD_TSO ?
               (ctrl & (VANE_TXD_LEN | VANE_TXD_MSS)) |
               field_put(VANE_TXD_HDR_LEN, 54) :
               ctrl & VANE_TXD_LEN;
    }
    txq_desc(txq, (flags & ~VANE_TXD_ADDR) | addr, ctrl);
}

/* Anything at all in rings and doorbells: device and neighbours live. */
static void hostile_test_random(void)
{
    Net *net = net_new();
    GRand *rand = g_rand_new_with_seed(0x7661);
    uint8_t frame[80];

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
            hostile_random_desc(txq, rand);
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

    /* VF 2 to VF 3, as if nothing had happened */
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

    qtest_add_func("/vane/hostile/descriptors", hostile_test_descriptors);
    qtest_add_func("/vane/hostile/chain", hostile_test_chain);
    qtest_add_func("/vane/hostile/doorbell", hostile_test_doorbell);
    qtest_add_func("/vane/hostile/contents", hostile_test_contents);
    qtest_add_func("/vane/hostile/rx", hostile_test_rx);
    qtest_add_func("/vane/hostile/feature-unused", hostile_test_feature_unused);
    qtest_add_func("/vane/hostile/two-errors", hostile_test_two_errors);
    qtest_add_func("/vane/hostile/edges", hostile_test_edges);
    qtest_add_func("/vane/hostile/d3", hostile_test_d3);
    qtest_add_func("/vane/hostile/extreme", hostile_test_extreme);
    qtest_add_func("/vane/hostile/too-extreme", hostile_test_too_extreme);
    qtest_add_func("/vane/hostile/tso-headers", hostile_test_tso_headers);
    qtest_add_func("/vane/hostile/random", hostile_test_random);
    return g_test_run();
}
