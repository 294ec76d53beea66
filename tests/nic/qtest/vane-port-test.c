/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: qtests of the port: link, pause frames, counters, LED.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"
#include "vane-net.h"

#define NIC_PATH        "/machine/peripheral/nic"
#define TRAINING_NS     (30 * 1000 * 1000)
#define PAUSE_PROTO     0x8808

static const uint8_t pause_mac[] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x01 };

static void port_qom_set(Nic *nic, const char *name, const char *json)
{
    QDict *rsp = qtest_qmp(nic->qts, "{ 'execute': 'qom-set', 'arguments': "
                           "{ 'path': %s, 'property': %s, 'value': %p } }",
                           NIC_PATH, name,
                           qobject_from_json(json, &error_abort));

    g_assert_true(qdict_haskey(rsp, "return"));
    qobject_unref(rsp);
}

static bool port_qom_get_bool(Nic *nic, const char *name)
{
    QDict *rsp = qtest_qmp(nic->qts, "{ 'execute': 'qom-get', 'arguments': "
                           "{ 'path': %s, 'property': %s } }", NIC_PATH, name);
    bool value = qdict_get_bool(rsp, "return");

    qobject_unref(rsp);
    return value;
}

static int port_link_set(Nic *nic, uint32_t flags, uint32_t speeds)
{
    struct vane_cmd_link cmd = {
        .flags = cpu_to_le32(flags),
        .speeds = cpu_to_le32(speeds),
    };

    return command(nic, VANE_CMD_LINK_SET, &cmd);
}

static struct vane_cmd_link_state port_link_get(Nic *nic)
{
    struct vane_cmd_link_state state;

    g_assert_cmpint(command_answer(nic, VANE_CMD_LINK_GET, "", 0, &state,
                                   sizeof(state)), ==, VANE_OK);
    return state;
}

static uint64_t port_counter(Nic *nic, enum vane_port_stat n)
{
    uint64_t stats[VANE_PORT_STAT_COUNT];

    g_assert_cmpint(command_answer(nic, VANE_CMD_PORT_STATS_GET, "", 0, stats,
                                   sizeof(stats)), ==, VANE_OK);
    return le64_to_cpu(stats[n]);
}

static bool port_link_up(Nic *nic)
{
    return rd32(&nic->pf, VANE_REG_PORT_LINK) & VANE_PORT_LINK_UP;
}

/* The link went down, and comes up again with that speed. */
static void port_comes_up(Nic *nic, uint32_t speed, uint32_t flags)
{
    struct vane_cmd_link_state state;

    g_assert_false(port_link_up(nic));
    qtest_clock_step(nic->qts, TRAINING_NS);
    g_assert_true(port_link_up(nic));
    g_assert_cmpuint(rd32(&nic->pf, VANE_REG_PORT_SPEED), ==, speed);
    state = port_link_get(nic);
    g_assert_cmpuint(le32_to_cpu(state.speed), ==, speed);
    g_assert_cmphex(le32_to_cpu(state.flags), ==, flags);
}

#define AUTO        VANE_LINK_AUTONEG
#define AUTO_PAUSE  (VANE_LINK_AUTONEG | VANE_LINK_PAUSE_AUTONEG)
#define RX          VANE_LINK_RX_PAUSE
#define TX          VANE_LINK_TX_PAUSE

static Nic *port_new(void)
{
    Nic *nic = nic_new();

    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    return nic;
}

static void port_test_link(void)
{
    Nic *nic = port_new();
    struct vane_cmd_link_state state = port_link_get(nic);

    g_assert_cmphex(le32_to_cpu(state.wanted.flags), ==, AUTO_PAUSE);
    g_assert_cmphex(le32_to_cpu(state.wanted.speeds), ==, VANE_SPEED_ALL);
    g_assert_cmphex(le32_to_cpu(state.supported), ==, VANE_SPEED_ALL);
    g_assert_cmphex(le32_to_cpu(state.partner.flags), ==, AUTO);
    g_assert_cmphex(le32_to_cpu(state.partner.speeds), ==,
                    VANE_SPEED_10 | VANE_SPEED_100 |
                    (2 * VANE_SPEED_25000 - 1));
    g_assert_cmpuint(le32_to_cpu(state.speed), ==, 25000);

    /* Without a cable there is no partner. */
    port_qom_set(nic, "link", "false");
    state = port_link_get(nic);
    g_assert_cmphex(le32_to_cpu(state.partner.speeds), ==, 0);
    g_assert_cmpuint(le32_to_cpu(state.speed), ==, 0);
    port_qom_set(nic, "link", "true");
    g_assert_true(port_link_up(nic));
    nic_free(nic);
}

static void port_test_link_refused(void)
{
    Nic *nic = port_new();

    g_assert_cmpint(port_link_set(nic, AUTO, 0), ==, VANE_ERR_INVALID);
    g_assert_cmpint(port_link_set(nic, 0, VANE_SPEED_1000 | VANE_SPEED_2500),
                    ==, VANE_ERR_INVALID);
    g_assert_cmpint(port_link_set(nic, VANE_LINK_PAUSE_AUTONEG,
                                  VANE_SPEED_1000), ==, VANE_ERR_INVALID);
    g_assert_cmpint(port_link_set(nic, 16, VANE_SPEED_1000), ==,
                    VANE_ERR_INVALID);
    g_assert_cmpint(port_link_set(nic, AUTO, 1 << 10), ==, VANE_ERR_RANGE);
    g_assert_true(port_link_up(nic));
    nic_free(nic);
}

static void port_test_autoneg(void)
{
    Nic *nic = port_new();

    g_assert_cmpint(port_link_set(nic, AUTO,
                                  VANE_SPEED_10000 | VANE_SPEED_40000), ==,
                    VANE_OK);
    port_comes_up(nic, 10000, AUTO);
    port_qom_set(nic, "speed", "100000");
    port_comes_up(nic, 40000, AUTO);
    g_assert_cmpint(port_link_set(nic, AUTO, VANE_SPEED_10 | VANE_SPEED_100 |
                                  VANE_SPEED_1000), ==, VANE_OK);
    port_comes_up(nic, 1000, AUTO);
    port_qom_set(nic, "speed", "100");
    port_comes_up(nic, 100, AUTO);
    nic_free(nic);
}

/* A side that does not negotiate has one speed. */
static void port_test_forced(void)
{
    Nic *nic = port_new();

    port_link_set(nic, AUTO, VANE_SPEED_10000 | VANE_SPEED_40000);
    port_qom_set(nic, "speed", "100000");
    port_qom_set(nic, "partner-autoneg", "false");
    qtest_clock_step(nic->qts, TRAINING_NS);
    g_assert_false(port_link_up(nic));
    port_qom_set(nic, "speed", "10000");
    port_comes_up(nic, 10000, 0);
    g_assert_cmpint(port_link_set(nic, RX, VANE_SPEED_10000), ==, VANE_OK);
    port_comes_up(nic, 10000, RX);
    port_qom_set(nic, "partner-autoneg", "true");
    port_comes_up(nic, 10000, RX);
    nic_free(nic);
}

static void port_test_pause_autoneg(void)
{
    static const struct {
        uint32_t ours;
        const char *theirs;
        uint32_t result;
    } pauses[] = {
        /* IEEE 802.3, table 28B-3 */
        { 0, "\"both\"", 0 },
        { RX | TX, "\"none\"", 0 },
        { RX | TX, "\"both\"", RX | TX },
        { RX | TX, "\"tx\"", 0 },
        { RX | TX, "\"rx\"", RX | TX },
        { RX, "\"both\"", RX | TX },
        { RX, "\"tx\"", RX },
        { TX, "\"rx\"", TX },
        { TX, "\"both\"", 0 },
        { TX, "\"tx\"", 0 },
    };
    Nic *nic = port_new();

    for (int i = 0; i < ARRAY_SIZE(pauses); i++) {
        port_link_set(nic, AUTO_PAUSE | pauses[i].ours, VANE_SPEED_ALL);
        port_qom_set(nic, "partner-pause", pauses[i].theirs);
        port_comes_up(nic, 25000, AUTO | pauses[i].result);
    }
    nic_free(nic);
}

/* Forgotten with a soft reset, and refused without the feature */
static void port_test_link_reset(void)
{
    Nic *nic = port_new();

    port_link_set(nic, 0, VANE_SPEED_1000);
    wr32(&nic->pf, VANE_REG_PF_CTRL, VANE_PF_CTRL_RESET);
    qtest_clock_step(nic->qts, TRAINING_NS);
    g_assert_cmpuint(rd32(&nic->pf, VANE_REG_PORT_SPEED), ==, 25000);
    fn_enable(&nic->pf, 0);
    mailbox_enable(nic);
    g_assert_cmpint(port_link_set(nic, AUTO, VANE_SPEED_ALL), ==,
                    VANE_ERR_UNSUPPORTED);
    nic_free(nic);
}

static size_t port_make_pause(uint8_t *frame, uint16_t quanta)
{
    make_frame(frame, 0, 0x55, PAUSE_PROTO, 60);
    memcpy(frame, pause_mac, sizeof(pause_mac));
    stw_be_p(frame + 14, 1);
    stw_be_p(frame + 16, quanta);
    return 60;
}

/* Pauses the port, which is up at 25 Gb/s, for as long as there is. */
static void port_pause(Nic *nic)
{
    uint64_t before = port_counter(nic, VANE_PORT_STAT_RX_PAUSE);
    uint8_t pause[60];

    uplink_send(nic, pause, port_make_pause(pause, 0xffff));
    wait_for(port_counter(nic, VANE_PORT_STAT_RX_PAUSE) == before + 1);
}

/* Frames for the uplink wait, and stay in order; local ones do not. */
static void port_test_pause_obeyed(void)
{
    Net *net = net_new();
    Nic *nic = net->nic;
    GPollFD poll = { .fd = nic->uplink, .events = G_IO_IN };
    uint8_t frame[2][60], local[60], pause[60];

    port_link_set(nic, RX | TX, VANE_SPEED_25000);
    port_comes_up(nic, 25000, RX | TX);
    port_pause(nic);
    for (int i = 0; i < 2; i++) {
        make_frame(frame[i], 0x70 + i, VF_MAC(0), 0x88b5, 60);
        txq_send(&net->txq[0], frame[i], 60, 0, 0);
    }
    make_frame(local, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], local, 60, 0, 0);
    expect(net, 1, local, 60);
    /* 65535 times 512 bits at 25 Gb/s are 1.34 ms. */
    qtest_clock_step(nic->qts, 1300 * 1000);
    g_assert_cmpint(g_poll(&poll, 1, 0), ==, 0);
    g_assert_cmpuint(port_counter(nic, VANE_PORT_STAT_TX_FRAMES), ==, 0);
    qtest_clock_step(nic->qts, 100 * 1000);
    expect_uplink(net, frame[0], 60);
    expect_uplink(net, frame[1], 60);
    g_assert_cmpuint(port_counter(nic, VANE_PORT_STAT_TX_FRAMES), ==, 2);

    /* A time of 0 ends it. */
    port_pause(nic);
    txq_send(&net->txq[0], frame[0], 60, 0, 0);
    uplink_send(nic, pause, port_make_pause(pause, 0));
    expect_uplink(net, frame[0], 60);
    /* No function has got a pause frame. */
    for (int i = 0; i <= VFS; i++) {
        g_assert_false(rxq_ready(&net->rxq[i]));
    }
    net_free(net);
}

/* A VF without buffers holds up nobody, the PF does, once a millisecond. */
static void port_test_pause_sent(void)
{
    Net *net = net_new();
    Nic *nic = net->nic;
    uint8_t frame[60], got[200];

    port_link_set(nic, RX | TX, VANE_SPEED_25000);
    port_comes_up(nic, 25000, RX | TX);
    make_frame(frame, VF_MAC(2), 0x55, 0x88b5, 60);
    for (int i = 0; i < QUEUE_SIZE + 5; i++) {
        uplink_send(nic, frame, 60);
    }
    wait_for(counter(&net->vf[2], VANE_STAT_RX_DROP_NOBUF) == 5);
    g_assert_cmpuint(port_counter(nic, VANE_PORT_STAT_TX_PAUSE), ==, 0);
    make_frame(frame, PF_MAC, 0x55, 0x88b5, 60);
    for (int i = 0; i < QUEUE_SIZE + 5; i++) {
        uplink_send(nic, frame, 60);
    }
    wait_for(counter(&nic->pf, VANE_STAT_RX_DROP_NOBUF) == 5);
    wait_for(port_counter(nic, VANE_PORT_STAT_TX_PAUSE) == 1);
    g_assert_cmpuint(uplink_receive(nic, got, sizeof(got)), ==, 60);
    g_assert_cmpint(memcmp(got, pause_mac, sizeof(pause_mac)), ==, 0);
    g_assert_cmphex(lduw_be_p(got + 12), ==, PAUSE_PROTO);
    g_assert_cmphex(ldl_be_p(got + 14), ==, 0x0001ffff);
    qtest_clock_step(nic->qts, 1000 * 1000);
    uplink_send(nic, frame, 60);
    wait_for(port_counter(nic, VANE_PORT_STAT_TX_PAUSE) == 2);
    net_free(net);
}

/* Not in force: frames go out. */
static void port_test_pause_off(void)
{
    Net *net = net_new();
    Nic *nic = net->nic;
    uint8_t frame[60];

    port_link_set(nic, 0, VANE_SPEED_25000);
    port_comes_up(nic, 25000, 0);
    port_pause(nic);
    make_frame(frame, 0x70, VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect_uplink(net, frame, 60);
    net_free(net);
}

#define LONG_FRAME  9000
/* What a paused port takes of them; the next one waits in its queue. */
#define LONG_KEPT   (512 * KiB / LONG_FRAME + 1)
#define PAUSE_NS    (1400 * 1000)       /* a bit more than the longest */

/* Pauses the port, and has VF 0 send more than it keeps: 0 to 63 in queue 0. */
static void port_pause_fill(Net *net, uint8_t *frame)
{
    Nic *nic = net->nic;
    Txq *txq = &net->txq[0];
    uint64_t addr = alloc(nic, LONG_FRAME);

    port_link_set(nic, RX, VANE_SPEED_25000);
    port_comes_up(nic, 25000, RX);
    port_pause(nic);

    make_frame(frame, 0x77, VF_MAC(0), 0x88b5, LONG_FRAME);
    qtest_memwrite(nic->qts, addr, frame, LONG_FRAME);
    for (int i = 0; i < QUEUE_SIZE; i++) {
        txq_desc(txq, addr | VANE_TXD_EOP, LONG_FRAME);
    }
    txq_ring(txq);
    wait_for(txq_head(txq) == LONG_KEPT);
}

/* A paused port keeps some frames; then queues wait, and nothing is lost. */
static void port_test_pause_long(void)
{
    Net *net = net_new();
    uint8_t frame[LONG_FRAME];

    port_pause_fill(net, frame);
    qtest_clock_step(net->nic->qts, PAUSE_NS);
    for (int i = 0; i < QUEUE_SIZE; i++) {
        expect_uplink(net, frame, sizeof(frame));
    }
    net_free(net);
}

/* What waits was sent where a VF may send what is a tag in the new mode. */
static void port_test_pause_forged(void)
{
    struct vane_cmd_port port = {
        .port = cpu_to_le16(0),
        .valid = cpu_to_le32(VANE_PORT_VALID_CHANNEL),
        .channel = cpu_to_le16(5),
    };
    Net *net = net_new();
    Nic *nic = net->nic;
    uint8_t forged[60], good[60], wire[VANE_ETAG_SIZE + sizeof(good)];

    port_link_set(nic, RX, VANE_SPEED_25000);
    port_comes_up(nic, 25000, RX);
    g_assert_cmpint(command(nic, VANE_CMD_PORT_SET, &port), ==, VANE_OK);
    port_pause(nic);
    make_frame(forged, 0x77, VF_MAC(0), VANE_ETAG_ETHERTYPE, sizeof(forged));
    txq_send(&net->txq[0], forged, sizeof(forged), 0, 0);
    switch_mode(nic, VANE_SWITCH_ETAG);

    /* The pause goes on. */
    make_frame(good, 0x77, VF_MAC(0), 0x88b5, sizeof(good));
    txq_send(&net->txq[0], good, sizeof(good), 0, 0);
    g_assert_cmpuint(port_counter(nic, VANE_PORT_STAT_TX_FRAMES), ==, 0);
    qtest_clock_step(nic->qts, PAUSE_NS);
    memcpy(wire, good, 12);
    stq_be_p(wire + 12, (uint64_t)VANE_ETAG_ETHERTYPE << 48 |
             field_put(VANE_ETAG_ECID, 5));
    memcpy(wire + 12 + VANE_ETAG_SIZE, good + 12, sizeof(good) - 12);
    expect_uplink(net, wire, sizeof(wire));
    g_assert_cmpuint(port_counter(nic, VANE_PORT_STAT_TX_FRAMES), ==, 1);
    net_free(net);
}

#define DRAIN_MACHINE   "-machine q35 -global vane.latency-ns=1000"
#define DRAIN_HEADER    54
#define DRAIN_SEGMENTS  1023
#define DRAIN_LEN       (DRAIN_HEADER + DRAIN_SEGMENTS * VANE_TX_MIN_MSS)
/* TSO frames that a paused port keeps; of their segments none is missing. */
#define DRAIN_FRAMES    4
#define DRAIN_MOST      2048

/* What a paused port has kept it sends bit by bit, as others have to run. */
static void port_test_pause_drain(void)
{
    g_autofree uint8_t *frame = g_malloc(DRAIN_LEN);
    uint64_t addr, sent = 0;
    Net *net = g_new0(Net, 1);
    Nic *nic;

    net_start_in(net, DRAIN_MACHINE, sizeof(struct vane_rx_cpl));
    nic = net->nic;
    port_link_set(nic, RX, VANE_SPEED_25000);
    port_comes_up(nic, 25000, RX);
    port_pause(nic);
    make_tcp(frame, 0x77, VF_MAC(0), false, DRAIN_LEN - DRAIN_HEADER);
    addr = alloc(nic, DRAIN_LEN);
    qtest_memwrite(nic->qts, addr, frame, DRAIN_LEN);
    for (int i = 0; i < DRAIN_FRAMES; i++) {
        txq_desc(&net->txq[0], addr | VANE_TXD_TSO | VANE_TXD_EOP,
                 field_put(VANE_TXD_LEN, DRAIN_LEN) |
                 field_put(VANE_TXD_MSS, VANE_TX_MIN_MSS) |
                 field_put(VANE_TXD_HDR_LEN, DRAIN_HEADER));
    }
    txq_ring(&net->txq[0]);
    for (int i = 0; i < 2 * DRAIN_FRAMES; i++) {
        nic_step(nic);
    }
    g_assert_cmpuint(txq_head(&net->txq[0]), ==, DRAIN_FRAMES);
    g_assert_cmpuint(port_counter(nic, VANE_PORT_STAT_TX_FRAMES), ==, 0);

    uplink_send(nic, frame, port_make_pause(frame, 0));
    /* Each reading of the counter is one run of the device. */
    while (sent < DRAIN_FRAMES * DRAIN_SEGMENTS) {
        uint64_t before = sent;

        sent = port_counter(nic, VANE_PORT_STAT_TX_FRAMES);
        g_assert_cmpuint(sent - before, <=, DRAIN_MOST);
    }
    for (int i = 0; i < DRAIN_FRAMES * DRAIN_SEGMENTS; i++) {
        uplink_receive(nic, frame, DRAIN_LEN);
        /* In order: TCP's sequence number */
        g_assert_cmphex((uint32_t)ldl_be_p(frame + 38), ==,
                        0xfffffff0 + i % DRAIN_SEGMENTS * VANE_TX_MIN_MSS);
    }
    net_free(net);
}

/* A frame of 60 bytes, which is put into a queue that was not rung yet */
static void port_pause_queue(Txq *txq, uint8_t *frame, uint8_t to, uint8_t from)
{
    uint64_t addr = alloc(txq->fn->nic, 60);

    make_frame(frame, to, from, 0x88b5, 60);
    frame[20] = txq->tail;
    qtest_memwrite(txq->fn->nic->qts, addr, frame, 60);
    txq_desc(txq, addr | VANE_TXD_EOP, 60);
}

/*
 * While the port can keep no more, frames between functions pass, but for those
 * that are behind one for the uplink in the same queue.
 */
static void port_test_pause_local(void)
{
    Net *net = net_new();
    uint8_t frame[LONG_FRAME], inside[60], all[60], behind[60];
    Txq *txq = &net->txq[1];
    int broadcasts = 0;
    Txq second[2];

    port_pause_fill(net, frame);
    for (int i = 0; i < 2; i++) {
        txq_new(&second[i], &net->vf[i], 1);
    }
    /* Another queue of the port whose frame waits, and another port */
    port_pause_queue(&second[0], inside, VF_MAC(1), VF_MAC(0));
    txq_ring(&second[0]);
    expect(net, 1, inside, 60);
    port_pause_queue(txq, inside, VF_MAC(2), VF_MAC(1));
    txq_ring(txq);
    expect(net, 2, inside, 60);

    /* A broadcast is for the uplink too. */
    port_pause_queue(txq, all, 0xff, VF_MAC(1));
    port_pause_queue(txq, behind, VF_MAC(2), VF_MAC(1));
    txq_ring(txq);
    port_pause_queue(&second[1], inside, VF_MAC(2), VF_MAC(1));
    txq_ring(&second[1]);
    expect(net, 2, inside, 60);
    g_assert_cmpuint(txq_head(txq), ==, 1);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_TX_FRAMES), ==, 2);
    /* A doorbell changes nothing. */
    txq_ring(txq);
    port_pause_queue(&second[1], inside, VF_MAC(2), VF_MAC(1));
    txq_ring(&second[1]);
    expect(net, 2, inside, 60);
    for (int i = 0; i <= VFS; i++) {
        g_assert_false(rxq_ready(&net->rxq[i]));
    }

    qtest_clock_step(net->nic->qts, PAUSE_NS);
    txq_wait(&net->txq[0]);
    txq_wait(txq);
    expect(net, 2, all, 60);
    expect(net, 2, behind, 60);
    expect(net, 0, all, 60);
    expect(net, 3, all, 60);
    expect(net, PF, all, 60);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_TX_FRAMES), ==, 5);
    for (int i = 0; i <= QUEUE_SIZE; i++) {
        broadcasts += uplink_receive(net->nic, frame, sizeof(frame)) == 60;
    }
    g_assert_cmpint(broadcasts, ==, 1);
    net_free(net);
}

/* What sends the frame of VF 1 elsewhere that waits for the port */

static void port_add_filter(Net *net)
{
    struct vane_cmd_filter cmd = {
        .port = cpu_to_le16(2),
        .addrs.count = cpu_to_le16(1),
        .addrs.addr[0] = { 2, 0, 0, 0, 0, 0x66 },
    };

    g_assert_cmpint(command(net->nic, VANE_CMD_FILTER_ADD, &cmd), ==, VANE_OK);
}

static void port_set_flags(Net *net, uint16_t port, uint32_t flags)
{
    struct vane_cmd_port cmd = {
        .port = cpu_to_le16(port),
        .valid = cpu_to_le32(VANE_PORT_VALID_FLAGS),
        .flags = cpu_to_le32(flags),
    };

    g_assert_cmpint(command(net->nic, VANE_CMD_PORT_SET, &cmd), ==, VANE_OK);
}

static void port_link_down(Net *net)
{
    port_set_flags(net, 2, 0);
}

static void port_link_back(Net *net)
{
    port_set_flags(net, 2, VANE_PORT_FLAG_LINK);
}

static void port_vepa(Net *net)
{
    switch_mode(net->nic, VANE_SWITCH_VEPA);
}

static void port_veb(Net *net)
{
    switch_mode(net->nic, VANE_SWITCH_VEB);
}

static void port_receiver_loops(Net *net)
{
    wr32(&net->vf[2], VANE_REG_CTRL, VANE_CTRL_ENABLE | VANE_CTRL_LOOPBACK);
}

static void port_receiver_ends_loop(Net *net)
{
    wr32(&net->vf[2], VANE_REG_CTRL, VANE_CTRL_ENABLE);
}

static void port_sender_loops(Net *net)
{
    wr32(&net->vf[1], VANE_REG_CTRL, VANE_CTRL_ENABLE | VANE_CTRL_LOOPBACK);
}

static void port_sender_shortens(Net *net)
{
    wr32(&net->vf[1], VANE_REG_MAX_FRAME, 64);
}

static void port_sender_unlinks(Net *net)
{
    port_set_flags(net, 1, 0);
}

static void port_reset_receiver(Net *net)
{
    flr(&net->vf[2]);
}

#define DROPPED -1

static const struct {
    const char *what;
    void (*before)(Net *net);
    void (*after)(Net *net);
    uint8_t to;
    int receiver;
} port_reroutes[] = {
    { "a filter", NULL, port_add_filter, 0x66, 2 },
    { "a link", port_link_down, port_link_back, VF_MAC(2), 2 },
    { "the mode", port_vepa, port_veb, VF_MAC(2), 2 },
    { "the receiver's loopback", port_receiver_loops, port_receiver_ends_loop,
      VF_MAC(2), 2 },
    { "the sender's loopback", NULL, port_sender_loops, 0x66, 1 },
    { "MAX_FRAME", NULL, port_sender_shortens, 0x66, DROPPED },
    { "the sender's link", NULL, port_sender_unlinks, 0x66, DROPPED },
    { "the receiver's reset", port_receiver_loops, port_reset_receiver,
      VF_MAC(2), DROPPED },
};

/* What waits for the port goes as soon as it is not for the uplink any more. */
static void port_test_pause_reroute(void)
{
    for (int i = 0; i < ARRAY_SIZE(port_reroutes); i++) {
        Net *net = net_new();
        uint8_t frame[LONG_FRAME], sent[100];

        g_test_message("%s", port_reroutes[i].what);
        if (port_reroutes[i].before) {
            port_reroutes[i].before(net);
        }
        port_pause_fill(net, frame);
        make_frame(sent, port_reroutes[i].to, VF_MAC(1), 0x88b5, sizeof(sent));
        txq_put(&net->txq[1], sent, sizeof(sent), 0, 0);
        /* Commands are executed, and so it has been looked at. */
        port_counter(net->nic, VANE_PORT_STAT_TX_FRAMES);
        port_counter(net->nic, VANE_PORT_STAT_TX_FRAMES);
        g_assert_cmpuint(txq_head(&net->txq[1]), ==, 0);
        port_reroutes[i].after(net);
        txq_wait(&net->txq[1]);
        if (port_reroutes[i].receiver != DROPPED) {
            expect(net, port_reroutes[i].receiver, sent, sizeof(sent));
        }
        net_free(net);
    }
}

/* VFs that come are receivers, too. */
static void port_test_pause_vf_enable(void)
{
    Net *net = net_new();
    uint8_t frame[LONG_FRAME], sent[60];

    port_pause_fill(net, frame);
    config_writew(net->nic, PF_RID, net->nic->sriov + PCI_SRIOV_CTRL, 0);
    port_up(net->nic, 2, VF_MAC(2), 0, 0, 0);
    make_frame(sent, VF_MAC(2), PF_MAC, 0x88b5, sizeof(sent));
    txq_put(&net->txq[PF], sent, sizeof(sent), 0, 0);
    port_counter(net->nic, VANE_PORT_STAT_TX_FRAMES);
    port_counter(net->nic, VANE_PORT_STAT_TX_FRAMES);
    g_assert_cmpuint(txq_head(&net->txq[PF]), ==, 0);
    vfs_enable(net->nic, VFS);
    txq_wait(&net->txq[PF]);
    net_free(net);
}

/* Queues that wait for the port may be stopped, and go on when it goes down. */
static void port_test_pause_stop(void)
{
    Net *net = net_new();
    Nic *nic = net->nic;
    uint8_t frame[LONG_FRAME], all[60], after[60];

    port_pause_fill(net, frame);
    port_pause_queue(&net->txq[1], all, 0xff, VF_MAC(1));
    txq_ring(&net->txq[1]);
    flr(&net->vf[1]);
    wr32(&net->vf[0], VANE_TXQ(0) + VANE_TXQ_CTRL, 0);
    qtest_clock_step(nic->qts, PAUSE_NS);
    for (int i = 0; i < LONG_KEPT; i++) {
        expect_uplink(net, frame, sizeof(frame));
    }
    /* The next frame is the first one of the queue that was enabled anew. */
    txq_new(&net->txq[0], &net->vf[0], 0);
    port_pause_queue(&net->txq[0], after, 0xff, VF_MAC(0));
    txq_ring(&net->txq[0]);
    expect_uplink(net, after, 60);
    expect(net, 2, after, 60);
    txq_wait(&net->txq[0]);

    txq_new(&net->txq[0], &net->vf[0], 2);
    port_pause_fill(net, frame);
    port_qom_set(nic, "link", "false");
    txq_wait(&net->txq[0]);
    port_pause_queue(&net->txq[0], after, VF_MAC(2), VF_MAC(0));
    txq_ring(&net->txq[0]);
    expect(net, 2, after, 60);
    net_free(net);
}

/* Frames and bytes by size */
static void port_test_stats(void)
{
    static const struct {
        size_t len;
        int class;
    } sizes[] = {
        { 60, 0 }, { 61, 1 }, { 123, 1 }, { 124, 2 }, { 251, 2 }, { 252, 3 },
        { 507, 3 }, { 508, 4 }, { 1019, 4 }, { 1020, 5 }, { 1514, 5 },
        { 1515, 6 },
    };
    Net *net = net_new();
    Nic *nic = net->nic;
    uint64_t bytes = 0, want[VANE_PORT_STAT_NUM_SIZES] = {};
    uint8_t frame[2000];

    for (int i = 0; i < ARRAY_SIZE(sizes); i++) {
        make_frame(frame, VF_MAC(1), 0x55, 0x88b5, sizes[i].len);
        uplink_send(nic, frame, sizes[i].len);
        expect(net, 1, frame, sizes[i].len);
        make_frame(frame, 0x77, VF_MAC(1), 0x88b5, sizes[i].len);
        txq_send(&net->txq[1], frame, sizes[i].len, 0, 0);
        expect_uplink(net, frame, sizes[i].len);
        bytes += sizes[i].len;
        want[sizes[i].class]++;
    }
    g_assert_cmpuint(port_counter(nic, VANE_PORT_STAT_RX_BYTES), ==, bytes);
    g_assert_cmpuint(port_counter(nic, VANE_PORT_STAT_TX_BYTES), ==, bytes);
    for (int i = 0; i < VANE_PORT_STAT_NUM_SIZES; i++) {
        g_assert_cmpuint(port_counter(nic, VANE_PORT_STAT_RX_SIZES + i), ==,
                         want[i]);
        g_assert_cmpuint(port_counter(nic, VANE_PORT_STAT_TX_SIZES + i), ==,
                         want[i]);
    }
    g_assert_cmpuint(port_counter(nic, VANE_PORT_STAT_RX_DROP), ==, 0);
    net_free(net);
}

/* Kinds of address, what is for nobody, and what is not on the wire */
static void port_test_stats_kinds(void)
{
    Net *net = net_new();
    Nic *nic = net->nic;
    uint8_t frame[60];

    make_frame(frame, 0x66, 0x55, 0x88b5, 60);
    uplink_send(nic, frame, 60);
    wait_for(port_counter(nic, VANE_PORT_STAT_RX_DROP) == 1);
    make_frame(frame, 0xff, VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect_uplink(net, frame, 60);
    g_assert_cmpuint(port_counter(nic, VANE_PORT_STAT_TX_BROADCAST), ==, 1);
    g_assert_cmpuint(port_counter(nic, VANE_PORT_STAT_TX_MULTICAST), ==, 0);
    frame[0] = 0x01;
    uplink_send(nic, frame, 60);
    wait_for(port_counter(nic, VANE_PORT_STAT_RX_MULTICAST) == 1);
    g_assert_cmpuint(port_counter(nic, VANE_PORT_STAT_RX_BROADCAST), ==, 0);
    /* Local frames are not on the wire. */
    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    g_assert_cmpuint(port_counter(nic, VANE_PORT_STAT_TX_FRAMES), ==,
                     1);
    net_free(net);
}

static void port_test_led(void)
{
    Nic *nic = nic_new();

    g_assert_false(port_qom_get_bool(nic, "led"));
    wr32(&nic->pf, VANE_REG_PORT_LED, VANE_PORT_LED_ON);
    g_assert_true(port_qom_get_bool(nic, "led"));
    g_assert_cmphex(rd32(&nic->pf, VANE_REG_PORT_LED), ==, VANE_PORT_LED_ON);
    wr32(&nic->pf, VANE_REG_PF_CTRL, VANE_PF_CTRL_RESET);
    g_assert_false(port_qom_get_bool(nic, "led"));
    nic_free(nic);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/port/link", port_test_link);
    qtest_add_func("/vane/port/link-refused", port_test_link_refused);
    qtest_add_func("/vane/port/autoneg", port_test_autoneg);
    qtest_add_func("/vane/port/forced", port_test_forced);
    qtest_add_func("/vane/port/pause-autoneg", port_test_pause_autoneg);
    qtest_add_func("/vane/port/link-reset", port_test_link_reset);
    qtest_add_func("/vane/port/pause-obeyed", port_test_pause_obeyed);
    qtest_add_func("/vane/port/pause-sent", port_test_pause_sent);
    qtest_add_func("/vane/port/pause-off", port_test_pause_off);
    qtest_add_func("/vane/port/pause-long", port_test_pause_long);
    qtest_add_func("/vane/port/pause-forged", port_test_pause_forged);
    qtest_add_func("/vane/port/pause-drain", port_test_pause_drain);
    qtest_add_func("/vane/port/pause-local", port_test_pause_local);
    qtest_add_func("/vane/port/pause-reroute", port_test_pause_reroute);
    qtest_add_func("/vane/port/pause-vf-enable", port_test_pause_vf_enable);
    qtest_add_func("/vane/port/pause-stop", port_test_pause_stop);
    qtest_add_func("/vane/port/counters", port_test_stats);
    qtest_add_func("/vane/port/counters-kinds", port_test_stats_kinds);
    qtest_add_func("/vane/port/led", port_test_led);
    return g_test_run();
}
