/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: queues and offloads without a guest.
 */
#include "qemu/osdep.h"
#include "vane-net.h"

/* Frames in fragments, out by the uplink; one head update per burst. */
static void net_test_tx(void)
{
    Net *net = net_new();
    Txq *txq = &net->txq[0];
    QTestState *qts = net->nic->qts;
    uint64_t addr = alloc(net->nic, 4096);
    uint8_t frame[3][200];
    uint32_t before = events(&net->vf[0], net->block[0]);

    for (int i = 0; i < 3; i++) {
        make_frame(frame[i], 0x77, VF_MAC(0), 0x88b5, 60 + i * 70);
        qtest_memwrite(qts, addr + i * 256, frame[i], 200);
    }
    /* One piece; three pieces, of which one has a single byte; two pieces */
    txq_desc(txq, addr | VANE_TXD_EOP, 60);
    txq_desc(txq, addr + 256, 13);
    txq_desc(txq, addr + 256 + 13, 1);
    txq_desc(txq, (addr + 256 + 14) | VANE_TXD_EOP, 130 - 14);
    txq_desc(txq, addr + 512, 199);
    txq_desc(txq, (addr + 512 + 199) | VANE_TXD_EOP, 1);
    txq_ring(txq);
    for (int i = 0; i < 3; i++) {
        expect_uplink(net, frame[i], 60 + i * 70);
    }
    txq_wait(txq);
    g_assert_cmpuint(txq_head(txq), ==, 6);
    wait_for(events(&net->vf[0], net->block[0]) == before + 1);
    g_assert_cmpuint(rd32(&net->vf[0], VANE_TXQ(0) + VANE_TXQ_HEAD), ==, 6);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_FRAMES), ==, 3);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_BYTES), ==, 390);
    net_free(net);
}

/* Rings of both kinds go round; the phase turns with each pass. */
static void net_test_ring_wrap(void)
{
    for (int wide = 0; wide < 2; wide++) {
        Net *net = g_new0(Net, 1);
        uint8_t frame[64];

        net_start(net, wide ? sizeof(struct vane_rx_cpl32)
                            : sizeof(struct vane_rx_cpl));
        for (int i = 0; i < 3 * QUEUE_SIZE; i++) {
            make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, sizeof(frame));
            stl_be_p(frame + 14, i);
            txq_send(&net->txq[0], frame, sizeof(frame), 0, 0);
            expect(net, 1, frame, sizeof(frame));
            if (i % 10 == 9) {
                rxq_post(&net->rxq[1], 10);
                rxq_ring(&net->rxq[1]);
            }
        }
        g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_FRAMES), ==,
                         3 * QUEUE_SIZE);
        net_free(net);
    }
}

/* A frame of several buffers, and VLAN insertion and stripping. */
static void net_test_rx(void)
{
    Net *net = net_new();
    struct vane_rx_cpl32 cpl;
    uint8_t frame[5000], data[BUF_LEN], tagged[64];
    uint32_t before, len = sizeof(frame);

    make_frame(frame, VF_MAC(2), 0x55, 0x88b5, len);
    before = events(&net->vf[2], net->block[2]);
    uplink_send(net->nic, frame, len);
    for (int i = 0; i < 3; i++) {
        uint32_t want = MIN(BUF_LEN, len - i * BUF_LEN);

        g_assert_cmpuint(rxq_next(&net->rxq[2], &cpl, data), ==, want);
        g_assert_cmpuint(field_get(cpl.base.info, VANE_RXC_TYPE), ==,
                         i ? VANE_RXC_TYPE_RX_MORE : VANE_RXC_TYPE_RX);
        g_assert_cmpint(!!(cpl.base.info & VANE_RXC_EOP), ==, i == 2);
        g_assert_cmpint(memcmp(data, frame + i * BUF_LEN, want), ==, 0);
    }
    wait_for(events(&net->vf[2], net->block[2]) == before + 3);

    /* Inserted by VF 0, taken as it is by VF 2, stripped by VF 3 */
    wr32(&net->vf[3], VANE_RXQ(0) + VANE_RXQ_OPT, VANE_RXQ_OPT_VLAN_STRIP);
    for (int to = 2; to < 4; to++) {
        make_frame(frame, VF_MAC(to), VF_MAC(0), 0x88b5, 60);
        memcpy(tagged, frame, 12);
        stw_be_p(tagged + 12, ETH_P_VLAN);
        stw_be_p(tagged + 14, 0x6064);
        memcpy(tagged + 16, frame + 12, 48);
        txq_send(&net->txq[0], frame, 60, VANE_TXD_VLAN,
                 field_put(VANE_TXD_TCI, 0x6064));
        len = rxq_next(&net->rxq[to], &cpl, data);
        if (to == 2) {
            g_assert_cmpuint(len, ==, 64);
            g_assert_cmpint(memcmp(data, tagged, 64), ==, 0);
            g_assert_false(cpl.base.info & VANE_RXC_VLAN);
        } else {
            g_assert_cmpuint(len, ==, 60);
            g_assert_cmpint(memcmp(data, frame, 60), ==, 0);
            g_assert_true(cpl.base.info & VANE_RXC_VLAN);
            g_assert_cmphex(field_get(cpl.base.data, VANE_RXC_TCI), ==,
                            0x6064);
        }
        g_assert_cmpuint(counter(&net->vf[to], VANE_STAT_RX_BYTES), ==,
                         to == 2 ? 5000 + 64 : 64);
    }
    net_free(net);
}

/* Without buffers frames are dropped; a full completion ring is not touched. */
static void net_test_rx_short(void)
{
    Net *net = net_new();
    Rxq *rxq = &net->rxq[1];
    uint8_t frame[60];
    uint64_t nobuf;

    make_frame(frame, VF_MAC(1), 0x55, 0x88b5, sizeof(frame));
    for (int i = 0; i < QUEUE_SIZE + 3; i++) {
        uplink_send(net->nic, frame, sizeof(frame));
    }
    wait_for((nobuf = counter(&net->vf[1], VANE_STAT_RX_DROP_NOBUF)) == 3);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_FRAMES), ==, QUEUE_SIZE);

    /* Buffers again, but no completion was read */
    rxq_post(rxq, 5);
    rxq_ring(rxq);
    uplink_send(net->nic, frame, sizeof(frame));
    wait_for(counter(&net->vf[1], VANE_STAT_RX_DROP_STALL) == 1);
    for (int i = 0; i < QUEUE_SIZE; i++) {
        expect(net, 1, frame, sizeof(frame));
    }
    rxq_ring(rxq);
    uplink_send(net->nic, frame, sizeof(frame));
    expect(net, 1, frame, sizeof(frame));
    g_assert_cmpuint(rxq_error(rxq), ==, VANE_ERROR_NONE);
    net_free(net);
}

/* Sends one frame with a doorbell of its own. */
static void net_send_one(Net *net, Txq *txq, uint64_t addr,
                         const uint8_t *frame, size_t len)
{
    txq_desc(txq, addr | VANE_TXD_EOP, len);
    qtest_writel(net->nic->qts, txq->shadow, txq->tail);
    txq_ring(txq);
    expect_uplink(net, frame, len);
    txq_wait(txq);
}

/* Nothing but memory is written, and the event index asks for doorbells. */
static void net_test_shadow(void)
{
    Net *net = net_new();
    QTestState *qts = net->nic->qts;
    Fn *fn = &net->vf[0];
    uint64_t addr = alloc(net->nic, 4096);
    uint8_t frame[60];
    Txq txq;

    make_frame(frame, 0x77, VF_MAC(0), 0x88b5, sizeof(frame));
    qtest_memwrite(qts, addr, frame, sizeof(frame));
    txq_setup(&txq, fn, 1, 0, true);
    g_assert_cmphex(txq_enable(&txq), ==, VANE_Q_STATE_ENABLED);
    for (int i = 1; i <= 10; i++) {
        net_send_one(net, &txq, addr, frame, sizeof(frame));
        wait_for(qtest_readl(qts, txq.shadow + 4) == i);
    }
    /* Rung for the first of two: the second is seen in the shadow. */
    txq_desc(&txq, addr | VANE_TXD_EOP, sizeof(frame));
    txq_desc(&txq, addr | VANE_TXD_EOP, sizeof(frame));
    qtest_writel(qts, txq.shadow, txq.tail);
    wr32(fn, VANE_DB_TXQ(1), txq.tail - 1);
    expect_uplink(net, frame, sizeof(frame));
    expect_uplink(net, frame, sizeof(frame));
    txq_wait(&txq);
    net_free(net);
}

/* A receive queue that is refilled by the shadow only */
static void net_test_rx_shadow(void)
{
    Net *net = net_new();
    Fn *fn = &net->vf[0];
    struct vane_rx_cpl32 cpl;
    uint8_t frame[60];
    Rxq rxq;

    rxq_setup(&rxq, fn, 1, 0, sizeof(struct vane_rx_cpl), true);
    g_assert_cmphex(rxq_enable(&rxq), ==, VANE_Q_STATE_ENABLED);
    for (int i = 0; i < VANE_RSS_TABLE_SIZE; i += 8) {
        wr64(fn, VANE_REG_RSS_TABLE + i, 0x0101010101010101);
    }
    wr32(fn, VANE_REG_RSS_CTRL, VANE_RSS_CTRL_IPV4);
    make_frame(frame, VF_MAC(0), 0x55, ETH_P_IP, sizeof(frame));
    frame[14] = 0x45;
    for (int i = 0; i < 3 * QUEUE_SIZE; i++) {
        if (i % 16 == 0) {
            rxq_post(&rxq, 16);
            qtest_writel(net->nic->qts, rxq.shadow, rxq_tail_word(&rxq));
        }
        uplink_send(net->nic, frame, sizeof(frame));
        rxq_next(&rxq, &cpl, NULL);
    }
    net_free(net);
}

/* A lie in the shadow is as bad as one in the doorbell. */
static void net_test_shadow_lie(void)
{
    Net *net = net_new();
    uint64_t addr = alloc(net->nic, 64);
    Txq txq;

    txq_setup(&txq, &net->vf[0], 1, 0, true);
    g_assert_cmphex(txq_enable(&txq), ==, VANE_Q_STATE_ENABLED);
    txq_desc(&txq, addr | VANE_TXD_EOP, 60);
    qtest_writel(net->nic->qts, txq.shadow, QUEUE_SIZE + 5);
    txq_ring(&txq);
    wait_for(txq_error(&txq) == VANE_ERROR_INDEX);
    net_free(net);
}

#define BUSY_FRAMES     8       /* at once make a queue one that is polled */
#define POLL_NS         20000
#define DEFER_DESCS      MIN(64, QUEUE_SIZE / 4)
#define DEFER_BYTES      (128 * 1024)

/* A busy queue is polled by time, and asked to ring when it is so no more. */
static void net_test_shadow_poll(void)
{
    Net *net = net_new();
    QTestState *qts = net->nic->qts;
    Fn *fn = &net->vf[0];
    uint64_t addr = alloc(net->nic, 4096);
    uint32_t before = events(fn, net->block[0]);
    uint8_t frame[60];
    Txq txq;

    make_frame(frame, 0x77, VF_MAC(0), 0x88b5, sizeof(frame));
    qtest_memwrite(qts, addr, frame, sizeof(frame));
    txq_setup(&txq, fn, 1, 0, true);
    g_assert_cmphex(txq_enable(&txq), ==, VANE_Q_STATE_ENABLED);
    for (int i = 0; i < BUSY_FRAMES; i++) {
        txq_desc(&txq, addr | VANE_TXD_EOP, sizeof(frame));
    }
    qtest_writel(qts, txq.shadow, txq.tail);
    txq_ring(&txq);
    for (int i = 0; i < BUSY_FRAMES; i++) {
        expect_uplink(net, frame, sizeof(frame));
    }
    txq_wait(&txq);
    g_assert_cmphex(qtest_readl(qts, txq.shadow + 4), ==, 0);
    wait_for(events(fn, net->block[0]) == before + 1);

    /* One more without a doorbell */
    txq_desc(&txq, addr | VANE_TXD_EOP, sizeof(frame));
    qtest_writel(qts, txq.shadow, txq.tail);
    qtest_clock_step(qts, POLL_NS);
    expect_uplink(net, frame, sizeof(frame));
    txq_wait(&txq);
    /* Its event is reported, but not immediately. */
    g_assert_cmpuint(events(fn, net->block[0]), ==, before + 1);
    qtest_clock_step(qts, LATE_NS);
    wait_for(events(fn, net->block[0]) == before + 2);

    /* Nothing more is sent. */
    for (int i = 0; qtest_readl(qts, txq.shadow + 4) != txq.tail; i++) {
        g_assert_cmpint(i, <, 100);
        qtest_clock_step(qts, POLL_NS);
    }
    net_free(net);
}

/* News of single frames wait as long as moderation says, or for enough. */
static void net_test_late_events(void)
{
    static const struct {
        uint32_t itr;
        uint32_t deferred_us;
    } late[] = { { 0, 100 }, { 60, 600 }, { 1000, 1000 } };
    static const size_t many[] = { 60, 9000 };
    Net *net = net_new();
    QTestState *qts = net->nic->qts;
    Fn *fn = &net->vf[0];
    uint64_t addr = alloc(net->nic, 12288);
    uint8_t frame[9000];
    uint32_t before;
    Txq txq;

    make_frame(frame, 0x77, VF_MAC(0), 0x88b5, sizeof(frame));
    qtest_memwrite(qts, addr, frame, sizeof(frame));
    txq_setup(&txq, fn, 1, 0, true);
    g_assert_cmphex(txq_enable(&txq), ==, VANE_Q_STATE_ENABLED);
    before = events(fn, net->block[0]);
    for (int i = 0; i < G_N_ELEMENTS(late); i++) {
        wr32(fn, VANE_VEC(0) + VANE_VEC_ITR, late[i].itr);
        net_send_one(net, &txq, addr, frame, 60);
        qtest_clock_step(qts, late[i].deferred_us * 1000 - 1);
        g_assert_cmpuint(events(fn, net->block[0]), ==, before);
        qtest_clock_step(qts, 1);
        wait_for(events(fn, net->block[0]) == before + 1);
        before++;
    }
    for (int i = 0; i < G_N_ELEMENTS(many); i++) {
        uint32_t count = MIN(DEFER_DESCS, DIV_ROUND_UP(DEFER_BYTES, many[i]));

        for (int n = 0; n < count; n++) {
            g_assert_cmpuint(events(fn, net->block[0]), ==, before);
            net_send_one(net, &txq, addr, frame, many[i]);
        }
        before += count;
        wait_for(events(fn, net->block[0]) == before);
    }
    net_free(net);
}

static void net_test_csum(void)
{
    Net *net = net_new();
    struct vane_rx_cpl32 cpl;
    uint8_t frame[500], data[BUF_LEN];

    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        uint32_t l4 = ETH_HLEN + (ipv6 ? 40 : 20);
        size_t len = make_tcp(frame, VF_MAC(1), VF_MAC(0), ipv6, 401);
        uint32_t pseudo = pseudo_sum(frame + ETH_HLEN, ipv6, IP_PROTO_TCP,
                                     len - l4);
        uint64_t ctrl = field_put(VANE_TXD_CSUM_START, l4) |
                        field_put(VANE_TXD_CSUM_OFFSET, 8);

        /* As a driver has it: the pseudo header's sum in the field */
        stw_be_p(frame + l4 + 16, sum_fold(pseudo));
        txq_send(&net->txq[0], frame, len, VANE_TXD_CSUM, ctrl);
        g_assert_cmpuint(rxq_next(&net->rxq[1], &cpl, data), ==, len);
        g_assert_cmphex(sum_of(data + l4, len - l4, pseudo), ==, 0);
        g_assert_true(cpl.base.info & VANE_RXC_CSUM_OK);
        g_assert_false(cpl.base.info & VANE_RXC_CSUM_BAD);

        /* The same bytes by the uplink are right, others are not. */
        uplink_send(net->nic, data, len);
        rxq_next(&net->rxq[1], &cpl, NULL);
        g_assert_true(cpl.base.info & VANE_RXC_CSUM_OK);
        data[len - 1]++;
        uplink_send(net->nic, data, len);
        rxq_next(&net->rxq[1], &cpl, NULL);
        g_assert_true(cpl.base.info & VANE_RXC_CSUM_BAD);

        /* A driver that starts with a wrong sum is not trusted. */
        stw_be_p(frame + l4 + 16, 0x1234);
        txq_send(&net->txq[0], frame, len, VANE_TXD_CSUM, ctrl);
        rxq_next(&net->rxq[1], &cpl, NULL);
        g_assert_true(cpl.base.info & VANE_RXC_CSUM_BAD);
    }
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_CSUM_BAD), ==, 4);

    /* A field outside of the frame */
    txq_send(&net->txq[0], frame, 60, VANE_TXD_CSUM,
             field_put(VANE_TXD_CSUM_START, 1023) |
             field_put(VANE_TXD_CSUM_OFFSET, 63));
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_MALFORMED), ==, 1);
    net_free(net);
}

/* One segment as the wire should have it. */
static void net_check_segment(const uint8_t *frame, size_t len, bool ipv6,
                              int index, size_t offset, size_t payload,
                              bool last)
{
    const uint8_t *ip = frame + ETH_HLEN;
    const uint8_t *tcp = ip + (ipv6 ? 40 : 20);
    uint8_t flags = TH_ACK | (last ? TH_PUSH | TH_FIN : 0) |
                    (index ? 0 : TH_CWR);

    g_assert_cmpuint(len, ==, tcp + 20 + payload - frame);
    if (ipv6) {
        g_assert_cmpuint(lduw_be_p(ip + 4), ==, 20 + payload);
    } else {
        g_assert_cmpuint(lduw_be_p(ip + 2), ==, 40 + payload);
        g_assert_cmphex(lduw_be_p(ip + 4), ==, 0x1111 + index);
        g_assert_cmphex(sum_of(ip, 20, 0), ==, 0);
    }
    g_assert_cmphex((uint32_t)ldl_be_p(tcp + 4), ==,
                    (uint32_t)(0xfffffff0 + offset));
    g_assert_cmphex(tcp[13], ==, flags);
    g_assert_cmphex(sum_of(tcp, 20 + payload,
                           pseudo_sum(ip, ipv6, IP_PROTO_TCP, 20 + payload)),
                    ==, 0);
}

#define TSO_MSS     1000
#define TSO_PAYLOAD 9500

/* The headers in a first fragment, the payload in odd ones. */
static void net_send_tso(Net *net, int from, const uint8_t *frame, size_t len,
                         size_t header, uint64_t flags, uint64_t ctrl)
{
    Txq *txq = &net->txq[from];
    uint64_t addr = alloc(net->nic, len);
    size_t at = header + 3;

    qtest_memwrite(net->nic->qts, addr, frame, len);
    txq_desc(txq, addr | VANE_TXD_TSO | flags, ctrl | at |
             field_put(VANE_TXD_MSS, TSO_MSS) |
             field_put(VANE_TXD_HDR_LEN, header));
    while (at < len) {
        size_t n = MIN(2777, len - at);

        txq_desc(txq, (addr + at) | (at + n == len ? VANE_TXD_EOP : 0), n);
        at += n;
    }
    txq_ring(txq);
    txq_wait(txq);
}

static void net_test_tso(void)
{
    Net *net = net_new();
    uint8_t frame[TSO_PAYLOAD + 100], data[BUF_LEN];
    int segments = DIV_ROUND_UP(TSO_PAYLOAD, TSO_MSS);

    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        /* To the uplink, with a tag; to a VF without GRO, without */
        for (int local = 0; local < 2; local++) {
            size_t header = ETH_HLEN + (ipv6 ? 60 : 40);
            size_t len = make_tcp(frame, local ? VF_MAC(1) : 0x77, VF_MAC(0),
                                  ipv6, TSO_PAYLOAD);

            net_send_tso(net, 0, frame, len, header, local ? 0 : VANE_TXD_VLAN,
                         local ? 0 : field_put(VANE_TXD_TCI, 100));
            for (int i = 0; i < segments; i++) {
                size_t payload = MIN(TSO_MSS, TSO_PAYLOAD - i * TSO_MSS);
                struct vane_rx_cpl32 cpl;
                size_t got;

                if (local) {
                    got = rxq_next(&net->rxq[1], &cpl, data);
                    g_assert_true(cpl.base.info & VANE_RXC_CSUM_OK);
                } else {
                    got = uplink_receive(net->nic, data, sizeof(data)) - 4;
                    g_assert_cmphex((uint32_t)ldl_be_p(data + 12), ==,
                                    0x81000064);
                    memmove(data + 12, data + 16, got - 12);
                }
                net_check_segment(data, got, ipv6, i, i * TSO_MSS, payload,
                                  i == segments - 1);
                g_assert_cmpint(memcmp(data + header,
                                       frame + header + i * TSO_MSS, payload),
                                ==, 0);
            }
        }
    }
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_FRAMES), ==,
                     4 * segments);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_FRAMES), ==,
                     2 * segments);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_BYTES), ==,
                     2 * TSO_PAYLOAD + segments * (54 + 74));
    net_free(net);
}

/* A TSO frame that stays whole */
static void net_test_gro(void)
{
    Net *net = g_new0(Net, 1);
    struct vane_rx_cpl32 cpl;
    uint8_t frame[TSO_PAYLOAD + 100], data[TSO_PAYLOAD + BUF_LEN];
    int segments = DIV_ROUND_UP(TSO_PAYLOAD, TSO_MSS);
    size_t len = make_tcp(frame, VF_MAC(1), VF_MAC(0), false, TSO_PAYLOAD);
    size_t got = 0;

    net_start(net, sizeof(struct vane_rx_cpl32));
    wr32(&net->vf[1], VANE_RXQ(0) + VANE_RXQ_OPT, VANE_RXQ_OPT_GRO);
    net_send_tso(net, 0, frame, len, 54, 0, 0);
    do {
        bool first = !got;

        got += rxq_next(&net->rxq[1], &cpl, data + got);
        g_assert_cmpint(!!(cpl.base.info & VANE_RXC_GRO), ==, first);
        if (first) {
            g_assert_cmpuint(field_get(cpl.gso, VANE_RXC_GSO_SIZE), ==,
                             TSO_MSS);
            g_assert_cmpuint(field_get(cpl.gso, VANE_RXC_GSO_SEGS), ==,
                             segments);
            g_assert_cmpuint(field_get(cpl.gso, VANE_RXC_GSO_HDR_LEN), ==, 54);
            g_assert_true(cpl.gso & VANE_RXC_GSO_ECN);
            g_assert_false(cpl.gso & VANE_RXC_GSO_IPV6);
        }
        g_assert_false(cpl.base.info &
                       (VANE_RXC_CSUM_OK | VANE_RXC_CSUM_BAD));
    } while (!(cpl.base.info & VANE_RXC_EOP));
    g_assert_cmpuint(got, ==, len);
    g_assert_cmpint(memcmp(data + 54, frame + 54, TSO_PAYLOAD), ==, 0);
    g_assert_cmphex(lduw_be_p(data + 50), ==,
                    sum_fold(pseudo_sum(data + ETH_HLEN, false, IP_PROTO_TCP,
                                        len - 34)));
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_GRO_FRAMES), ==, 1);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_FRAMES), ==, segments);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_BYTES), ==,
                     TSO_PAYLOAD + segments * 54);
    net_free(net);
}

/* Four buffers are too few for the whole, but take segments. */
static void net_test_gro_few(void)
{
    Net *net = g_new0(Net, 1);
    struct vane_rx_cpl32 cpl;
    uint8_t frame[TSO_PAYLOAD + 100];
    int segments = DIV_ROUND_UP(TSO_PAYLOAD, TSO_MSS);
    size_t len = make_tcp(frame, VF_MAC(1), VF_MAC(0), false, TSO_PAYLOAD);

    net_start(net, sizeof(cpl));
    wr32(&net->vf[1], VANE_RXQ(0) + VANE_RXQ_CTRL, 0);
    rxq_setup(&net->rxq[1], &net->vf[1], 0, 0, sizeof(cpl), false);
    wr32(&net->vf[1], VANE_RXQ(0) + VANE_RXQ_OPT, VANE_RXQ_OPT_GRO);
    g_assert_cmphex(rxq_enable(&net->rxq[1]), ==, VANE_Q_STATE_ENABLED);
    rxq_post(&net->rxq[1], 4);
    rxq_ring(&net->rxq[1]);
    net_send_tso(net, 0, frame, len, 54, 0, 0);
    for (int i = 0; i < 4; i++) {
        rxq_next(&net->rxq[1], &cpl, NULL);
        g_assert_false(cpl.base.info & VANE_RXC_GRO);
    }
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_DROP_NOBUF), ==,
                     segments - 4);
    net_free(net);
}

/* Hashes of Microsoft's verification suite. */
static const uint8_t rss_key[VANE_RSS_KEY_SIZE] = {
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2,
    0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0,
    0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4,
    0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c,
    0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static const struct {
    uint32_t ctrl;
    uint32_t hash;
    uint64_t type;
} rss_hashes[] = {
    { VANE_RSS_CTRL_TCP4 | VANE_RSS_CTRL_IPV4, 0x51ccc178,
      VANE_RXC_HASH_L4 },
    { VANE_RSS_CTRL_IPV4 | VANE_RSS_CTRL_UDP4, 0x323e8fc2,
      VANE_RXC_HASH_L3 },
    { VANE_RSS_CTRL_TCP6, 0, VANE_RXC_HASH_NONE },
};

static void net_test_rss(void)
{
    Net *net = net_new();
    Fn *fn = &net->vf[1];
    struct vane_rx_cpl32 cpl;
    uint8_t frame[60];
    Rxq rxq[4];

    make_tcp(frame, VF_MAC(1), 0x55, false, 6);
    stl_be_p(frame + 26, 0x420995bb);   /* 66.9.149.187 */
    stl_be_p(frame + 30, 0xa18e6450);   /* 161.142.100.80 */
    stw_be_p(frame + 34, 2794);
    stw_be_p(frame + 36, 1766);

    rxq[0] = net->rxq[1];
    for (int q = 1; q < 4; q++) {
        rxq_new(&rxq[q], fn, q, sizeof(struct vane_rx_cpl));
    }
    for (int i = 0; i < VANE_RSS_KEY_SIZE; i += 4) {
        wr32(fn, VANE_REG_RSS_KEY + i, ldl_le_p(rss_key + i));
    }
    for (int i = 0; i < VANE_RSS_TABLE_SIZE; i += 4) {
        wr32(fn, VANE_REG_RSS_TABLE + i, 0x03020100);
    }
    for (int i = 0; i < ARRAY_SIZE(rss_hashes); i++) {
        wr32(fn, VANE_REG_RSS_CTRL, rss_hashes[i].ctrl);
        uplink_send(net->nic, frame, sizeof(frame));
        rxq_next(&rxq[rss_hashes[i].hash % 4], &cpl, NULL);
        g_assert_cmphex(field_get(cpl.base.data, VANE_RXC_HASH), ==,
                        rss_hashes[i].hash);
        g_assert_cmpuint(field_get(cpl.base.info, VANE_RXC_HASH_TYPE), ==,
                         rss_hashes[i].type);
    }

    /* A table with queues that do not exist only loses frames. */
    for (int i = 0; i < VANE_RSS_TABLE_SIZE; i += 4) {
        wr32(fn, VANE_REG_RSS_TABLE + i, 0xfefdfc10);
    }
    wr32(fn, VANE_REG_RSS_CTRL, VANE_RSS_CTRL_ALL);
    uplink_send(net->nic, frame, sizeof(frame));
    wait_for(counter(fn, VANE_STAT_RX_DROP_NOBUF) == 1);
    net_free(net);
}

typedef struct Dma {
    uint64_t ops, bytes;
} Dma;

static Dma net_dma_counter(Nic *nic, const char *path, const char *purpose)
{
    QDict *rsp = qtest_qmp(nic->qts, "{'execute': 'qom-get', 'arguments': "
                           "{'path': %s, 'property': 'x-counters'}}", path);
    QDict *dma = qdict_get_qdict(qdict_get_qdict(qdict_get_qdict(rsp,
                                 "return"), "dma"), purpose);
    Dma sum = {
        .ops = qdict_get_int(dma, "reads") + qdict_get_int(dma, "writes"),
        .bytes = qdict_get_int(dma, "read-bytes") +
                 qdict_get_int(dma, "write-bytes"),
    };

    qobject_unref(rsp);
    return sum;
}

#define COST_BURST      16
#define COST_BURSTS     12

/* Counts what it takes of two purposes to do something. */
static Dma net_dma_sum(Nic *nic, const char *one, const char *other)
{
    const char *path = "/machine/peripheral/nic";
    Dma sum = net_dma_counter(nic, path, one);
    Dma more = net_dma_counter(nic, path, other);

    sum.ops += more.ops;
    sum.bytes += more.bytes;
    return sum;
}

static void net_check_cost(const char *what, Dma before, Dma after,
                           double bytes)
{
    const double frames = COST_BURST * COST_BURSTS;

    after.ops -= before.ops;
    after.bytes -= before.bytes;
    g_test_message("%s: %.3f operations, %.2f bytes per frame", what,
                   after.ops / frames, after.bytes / frames);
    g_assert_cmpfloat(after.ops / frames, <=, 0.15);
    g_assert_cmpfloat(after.bytes / frames, <=, bytes);
}

static void net_send_burst(Txq *txq, uint64_t addr)
{
    for (int j = 0; j < COST_BURST; j++) {
        txq_desc(txq, addr | VANE_TXD_EOP, 60);
    }
    txq_ring(txq);
}

/* Bursts of 16 small frames from the PF to the PF's uplink and back to it. */
static void net_test_cost(void)
{
    Net *net = net_new();
    Nic *nic = net->nic;
    uint64_t addr = alloc(nic, 64);
    uint8_t frame[60];
    Dma before;

    make_frame(frame, 0x77, PF_MAC, 0x88b5, 60);
    qtest_memwrite(nic->qts, addr, frame, 60);
    before = net_dma_sum(nic, "descriptor", "head");
    for (int i = 0; i < COST_BURSTS; i++) {
        net_send_burst(&net->txq[PF], addr);
        for (int j = 0; j < COST_BURST; j++) {
            expect_uplink(net, frame, 60);
        }
        txq_wait(&net->txq[PF]);
    }
    net_check_cost("transmit", before, net_dma_sum(nic, "descriptor", "head"),
                   17);

    /* Receive: VF 0's bursts to the PF */
    make_frame(frame, PF_MAC, VF_MAC(0), 0x88b5, 60);
    qtest_memwrite(nic->qts, addr, frame, 60);
    before = net_dma_sum(nic, "descriptor", "completion");
    for (int i = 0; i < COST_BURSTS; i++) {
        net_send_burst(&net->txq[0], addr);
        for (int j = 0; j < COST_BURST; j++) {
            expect(net, PF, frame, 60);
        }
        rxq_post(&net->rxq[PF], COST_BURST);
        rxq_ring(&net->rxq[PF]);
    }
    net_check_cost("receive", before,
                   net_dma_sum(nic, "descriptor", "completion"), 25);
    net_free(net);
}

/* STATUS_MAX_FRAME bounds what a VF sends and gets, beside MAX_FRAME. */
static void net_test_status_max_frame(void)
{
    Net *net = net_new();
    struct vane_cmd_status cmd = { .port = cpu_to_le16(0) };
    static const uint32_t bad[] = { 1, 63, VANE_MAX_FRAME + 1 };
    uint8_t frame[101];

    for (int i = 0; i < ARRAY_SIZE(bad); i++) {
        cmd.max_frame = cpu_to_le32(bad[i]);
        g_assert_cmpint(command(net->nic, VANE_CMD_STATUS_SET, &cmd), ==,
                        VANE_ERR_RANGE);
    }
    cmd.max_frame = cpu_to_le32(100);
    g_assert_cmpint(command(net->nic, VANE_CMD_STATUS_SET, &cmd), ==, VANE_OK);
    for (int len = 100; len <= 101; len++) {
        make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, len);
        txq_send(&net->txq[0], frame, len, 0, 0);
        make_frame(frame, VF_MAC(0), VF_MAC(1), 0x88b5, len);
        txq_send(&net->txq[1], frame, len, 0, 0);
        g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_OVERSIZE), ==,
                         len - 100);
        g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_RX_DROP_OVERSIZE), ==,
                         len - 100);
    }
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_FRAMES), ==, 1);
    cmd.max_frame = 0;
    g_assert_cmpint(command(net->nic, VANE_CMD_STATUS_SET, &cmd), ==, VANE_OK);
    txq_send(&net->txq[1], frame, 101, 0, 0);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_RX_FRAMES), ==, 2);
    net_free(net);
}

/* Of a TSO frame a receiver gets the segments that are not too long for it. */
static void net_test_tso_oversize(void)
{
    Net *net = net_new();
    const size_t header = ETH_HLEN + sizeof(struct ip_header) +
                          sizeof(struct tcp_header);
    uint8_t frame[2048];
    size_t len = make_tcp(frame, VF_MAC(1), VF_MAC(0), false, 1000);

    /* Payload of 300, 300, 300 and 100 bytes */
    wr32(&net->vf[1], VANE_REG_MAX_FRAME, header + 299);
    txq_send(&net->txq[0], frame, len, VANE_TXD_TSO,
             field_put(VANE_TXD_MSS, 300) |
             field_put(VANE_TXD_HDR_LEN, header));
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_DROP_OVERSIZE), ==, 3);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_FRAMES), ==, 1);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_BYTES), ==,
                     header + 100);
    g_assert_cmpuint(rxq_next(&net->rxq[1], &(struct vane_rx_cpl32) {}, NULL),
                     ==, header + 100);

    /* With the limit at the sender, none of it is sent. */
    wr32(&net->vf[0], VANE_REG_MAX_FRAME, header + 299);
    txq_send(&net->txq[0], frame, len, VANE_TXD_TSO,
             field_put(VANE_TXD_MSS, 300) |
             field_put(VANE_TXD_HDR_LEN, header));
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_OVERSIZE), ==, 4);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_FRAMES), ==, 4);
    net_free(net);
}

/* The longest frame that can be sent, in each mode, is one that is received. */
static void net_test_longest(void)
{
    Net *net = net_new();
    g_autofree uint8_t *frame = g_malloc(VANE_MAX_FRAME);
    g_autofree uint8_t *wire = g_malloc(VANE_MAX_WIRE_FRAME + 1);

    for (int mode = VANE_SWITCH_VEB; mode <= VANE_SWITCH_ETAG; mode++) {
        size_t extra = 4 + (mode == VANE_SWITCH_VNTAG ? VANE_VNTAG_SIZE :
                            mode == VANE_SWITCH_ETAG ? VANE_ETAG_SIZE : 0);
        uint64_t before = counter(&net->vf[0], VANE_STAT_RX_DROP_NOBUF);

        port_up(net->nic, 0, VF_MAC(0), ETH_P_DVLAN, 100, 1);
        switch_mode(net->nic, mode);
        make_frame(frame, 0x77, VF_MAC(0), 0x88b5, VANE_MAX_FRAME);
        txq_send(&net->txq[0], frame, VANE_MAX_FRAME, 0, 0);
        g_assert_cmpuint(uplink_receive(net->nic, wire,
                                        VANE_MAX_WIRE_FRAME + 1),
                         ==, VANE_MAX_FRAME + extra);
        if (mode == VANE_SWITCH_VNTAG) {
            stl_be_p(wire + 14, VANE_VNTAG_DIR |
                     field_put(VANE_VNTAG_DVIF, 1));
        }
        memcpy(wire, frame + ETH_ALEN, ETH_ALEN);
        memset(wire + ETH_ALEN, 2, ETH_ALEN);
        wr32(&net->vf[0], VANE_RXQ(0) + VANE_RXQ_CTRL, 0);
        uplink_send(net->nic, wire, VANE_MAX_FRAME + extra);
        wait_for(counter(&net->vf[0], VANE_STAT_RX_DROP_NOBUF) == before + 1);
    }
    net_free(net);
}

static uint64_t net_counter_for_pf(Net *net, uint16_t port, enum vane_stat n)
{
    struct vane_cmd_target target = { .port = cpu_to_le16(port) };
    uint64_t stats[VANE_STAT_COUNT];

    g_assert_cmpint(command_answer(net->nic, VANE_CMD_STATS_GET, &target,
                                   sizeof(target), stats, sizeof(stats)), ==,
                    VANE_OK);
    return le64_to_cpu(stats[n]);
}

/* A VF's next owner sees nothing of the last one; the PF sees both. */
static void net_test_counters(void)
{
    Net *net = net_new();
    Fn *vf = &net->vf[0];
    uint8_t frame[60];

    make_frame(frame, 0xff, VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    g_assert_cmpuint(counter(vf, VANE_STAT_TX_BROADCAST), ==, 1);
    wr32(vf, VANE_REG_CTRL, VANE_CTRL_RESET);
    g_assert_cmpuint(counter(vf, VANE_STAT_TX_BROADCAST), ==, 1);
    flr(vf);
    g_assert_cmpuint(counter(vf, VANE_STAT_TX_BROADCAST), ==, 0);
    g_assert_cmpuint(net_counter_for_pf(net, 0, VANE_STAT_TX_BROADCAST), ==, 1);

    vf_init(net->nic, vf, 0);
    fn_enable_all(vf);
    txq_new(&net->txq[0], vf, 0);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    g_assert_cmpuint(counter(vf, VANE_STAT_TX_BYTES), ==, 60);
    g_assert_cmpuint(net_counter_for_pf(net, 0, VANE_STAT_TX_BYTES), ==, 120);

    config_writew(net->nic, PF_RID, net->nic->sriov + PCI_SRIOV_CTRL, 0);
    vfs_enable(net->nic, VFS);
    g_assert_cmpuint(counter(vf, VANE_STAT_TX_BYTES), ==, 0);
    g_assert_cmpuint(net_counter_for_pf(net, 0, VANE_STAT_TX_BYTES), ==, 0);
    net_free(net);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/net/tx", net_test_tx);
    qtest_add_func("/vane/net/ring-wrap", net_test_ring_wrap);
    qtest_add_func("/vane/net/rx", net_test_rx);
    qtest_add_func("/vane/net/rx-short", net_test_rx_short);
    qtest_add_func("/vane/net/shadow-doorbell", net_test_shadow);
    qtest_add_func("/vane/net/rx-shadow", net_test_rx_shadow);
    qtest_add_func("/vane/net/shadow-lie", net_test_shadow_lie);
    qtest_add_func("/vane/net/shadow-poll", net_test_shadow_poll);
    qtest_add_func("/vane/net/late-events", net_test_late_events);
    qtest_add_func("/vane/net/checksum", net_test_csum);
    qtest_add_func("/vane/net/tso", net_test_tso);
    qtest_add_func("/vane/net/gro", net_test_gro);
    qtest_add_func("/vane/net/gro-few", net_test_gro_few);
    qtest_add_func("/vane/net/rss", net_test_rss);
    qtest_add_func("/vane/net/cost", net_test_cost);
    qtest_add_func("/vane/net/status-max-frame", net_test_status_max_frame);
    qtest_add_func("/vane/net/tso-oversize", net_test_tso_oversize);
    qtest_add_func("/vane/net/longest", net_test_longest);
    qtest_add_func("/vane/net/counters", net_test_counters);
    return g_test_run();
}
