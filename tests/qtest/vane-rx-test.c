/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: receive rules, RSS contexts, loopback, and the port, without a guest.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/units.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"
#include "vane-net.h"

#define NIC_PATH        "/machine/peripheral/nic"
#define QUEUES          3
#define TRAINING_NS     (30 * 1000 * 1000)
#define PAUSE_PROTO     0x8808

static const uint8_t pause_mac[] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x01 };

/* VF 1 with further queues */
typedef struct Rx {
    Net *net;
    Fn *fn;
    Rxq rxq[QUEUES];
} Rx;

static void rx_start(Rx *rx)
{
    rx->net = net_new();
    rx->fn = &rx->net->vf[1];
    rx->rxq[0] = rx->net->rxq[1];
    for (int q = 1; q < QUEUES; q++) {
        rxq_new(&rx->rxq[q], rx->fn, q, sizeof(struct vane_rx_cpl));
    }
}

/* The frame from the uplink arrives at VF 1 in that queue, in no other. */
static void arrives(Rx *rx, const uint8_t *frame, size_t len, int queue)
{
    struct vane_rx_cpl32 cpl;
    uint8_t data[BUF_LEN];

    uplink_send(rx->net->nic, frame, len);
    g_assert_cmpuint(rxq_next(&rx->rxq[queue], &cpl, data), ==, len);
    g_assert_cmpint(memcmp(data, frame, len), ==, 0);
    for (int q = 0; q < QUEUES; q++) {
        g_assert_false(rxq_ready(&rx->rxq[q]));
        rxq_post(&rx->rxq[q], QUEUE_SIZE -
                 (uint16_t)(rx->rxq[q].tail - rx->rxq[q].cpl));
        rxq_ring(&rx->rxq[q]);
    }
}

static uint32_t rule_ctrl(uint32_t action, uint32_t target, uint32_t match)
{
    return VANE_RULE_CTRL_VALID | field_put(VANE_RULE_CTRL_ACTION, action) |
           field_put(VANE_RULE_CTRL_TARGET, target) |
           field_put(VANE_RULE_CTRL_MATCH, match);
}

/* Writes CTRL of a rule; is it taken? */
static bool rule_set(const Fn *fn, int rule, uint32_t ctrl)
{
    uint32_t got;

    wr32(fn, VANE_RULE(rule) + VANE_RULE_CTRL, ctrl);
    got = rd32(fn, VANE_RULE(rule) + VANE_RULE_CTRL);
    g_assert_true(got == 0 || got == ctrl);
    return got;
}

static void rule_clear(const Fn *fn, int rule)
{
    g_assert_false(rule_set(fn, rule, 0));
}

#define TO_QUEUE(q, match)  rule_ctrl(VANE_RULE_ACTION_QUEUE, q, match)

/* Ethernet, IPv4 or IPv6, ports, to VF 1 */
static size_t make_l4(uint8_t *frame, bool ipv6, uint8_t proto)
{
    size_t len = make_tcp(frame, VF_MAC(1), 0x55, ipv6, 20);
    uint8_t *ip = frame + ETH_HLEN;

    ip[ipv6 ? 6 : 9] = proto;
    for (int i = 0; i < (ipv6 ? 32 : 8); i++) {
        ip[(ipv6 ? 8 : 12) + i] = 0xc0 + i;
    }
    stw_be_p(ip + (ipv6 ? 40 : 20), 1111);
    stw_be_p(ip + (ipv6 ? 42 : 22), 2222);
    return len;
}

/* Each thing that can be matched, and that it is matched whole. */
static void test_match(void)
{
    uint8_t frame[200], other[200];
    const Fn *fn;
    size_t len;
    Rx rx;

    rx_start(&rx);
    fn = rx.fn;

    /* Addresses; the high octet has its top bit set. */
    len = make_frame(frame, VF_MAC(1), 0xfe, 0x88b5, 60);
    wr64(fn, VANE_RULE(5) + VANE_RULE_SRC_MAC, 0xfe0000000002ull);
    wr64(fn, VANE_RULE(5) + VANE_RULE_DST_MAC,
         0x000000000002ull | (uint64_t)VF_MAC(1) << 40);
    g_assert_true(rule_set(fn, 5, TO_QUEUE(2, VANE_RULE_MATCH_SRC_MAC |
                                              VANE_RULE_MATCH_DST_MAC)));
    arrives(&rx, frame, len, 2);
    frame[9] = 0xa9;
    arrives(&rx, frame, len, 0);
    rule_clear(fn, 5);
    wr64(fn, VANE_RULE(5) + VANE_RULE_SRC_MAC, 0xfe00a9000002ull);
    g_assert_true(rule_set(fn, 5, TO_QUEUE(2, VANE_RULE_MATCH_SRC_MAC)));
    arrives(&rx, frame, len, 2);
    rule_clear(fn, 5);

    /* EtherType behind tags, VID of the outer one, whatever its priority */
    wr32(fn, VANE_RULE(5) + VANE_RULE_ETHER, 100 << 16 | 0x88b5);
    g_assert_true(rule_set(fn, 5, TO_QUEUE(1, VANE_RULE_MATCH_ETHERTYPE)));
    arrives(&rx, frame, len, 1);
    memmove(frame + 16, frame + 12, len - 12);
    stw_be_p(frame + 12, ETH_P_VLAN);
    stw_be_p(frame + 14, 0x6064);
    len += 4;
    arrives(&rx, frame, len, 1);
    rule_clear(fn, 5);
    g_assert_true(rule_set(fn, 5, TO_QUEUE(2, VANE_RULE_MATCH_VLAN)));
    arrives(&rx, frame, len, 2);
    stw_be_p(frame + 14, 0x6065);
    arrives(&rx, frame, len, 0);
    rule_clear(fn, 5);

    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        static const uint8_t protos[] = {
            IP_PROTO_TCP, IP_PROTO_UDP, IP_PROTO_SCTP,
        };
        uint32_t version = ipv6 ? VANE_RULE_MATCH_IPV6 : VANE_RULE_MATCH_IPV4;
        int addr_len = ipv6 ? 16 : 4;
        int src = ETH_HLEN + (ipv6 ? 8 : 12);
        int l4 = ETH_HLEN + (ipv6 ? 40 : 20);

        for (int p = 0; p < ARRAY_SIZE(protos); p++) {
            len = make_l4(frame, ipv6, protos[p]);
            for (int i = 0; i < 16; i += 4) {
                wr32(fn, VANE_RULE(5) + VANE_RULE_SRC_IP + i,
                     i < addr_len ? ldl_le_p(frame + src + i) : 0);
                wr32(fn, VANE_RULE(5) + VANE_RULE_DST_IP + i,
                     i < addr_len ? ldl_le_p(frame + src + addr_len + i) : 0);
            }
            wr32(fn, VANE_RULE(5) + VANE_RULE_PROTO, protos[p]);
            wr32(fn, VANE_RULE(5) + VANE_RULE_PORTS, 2222 << 16 | 1111);
            g_assert_true(rule_set(fn, 5, TO_QUEUE(1, version |
                                                   VANE_RULE_MATCH_SRC_IP |
                                                   VANE_RULE_MATCH_DST_IP |
                                                   VANE_RULE_MATCH_PROTO |
                                                   VANE_RULE_MATCH_SRC_PORT |
                                                   VANE_RULE_MATCH_DST_PORT)));
            arrives(&rx, frame, len, 1);
            /* The last octet of each field */
            for (int i = 0; i < 4; i++) {
                const int at[] = {
                    src + addr_len - 1, src + 2 * addr_len - 1, l4 + 1, l4 + 3,
                };

                memcpy(other, frame, len);
                other[at[i]]++;
                arrives(&rx, other, len, 0);
            }
            memcpy(other, frame, len);
            other[ETH_HLEN + (ipv6 ? 6 : 9)] = 47;
            arrives(&rx, other, len, 0);
            arrives(&rx, other, make_l4(other, !ipv6, protos[p]), 0);
            /* Fragments have no ports. */
            if (!ipv6) {
                memcpy(other, frame, len);
                stw_be_p(other + ETH_HLEN + 6, 0x2000);
                arrives(&rx, other, len, 0);
            }
            rule_clear(fn, 5);
        }
    }
    net_free(rx.net);
}

/* Order, actions, and what cannot be */
static void test_rules(void)
{
    uint8_t frame[200];
    const Fn *fn;
    size_t len;
    Rx rx;

    rx_start(&rx);
    fn = rx.fn;
    len = make_l4(frame, false, IP_PROTO_UDP);

    g_assert_true(rule_set(fn, 63, TO_QUEUE(1, 0)));
    arrives(&rx, frame, len, 1);
    g_assert_true(rule_set(fn, 62, TO_QUEUE(2, VANE_RULE_MATCH_IPV4)));
    arrives(&rx, frame, len, 2);
    g_assert_true(rule_set(fn, 0, rule_ctrl(VANE_RULE_ACTION_DROP, 0,
                                            VANE_RULE_MATCH_IPV4)));
    uplink_send(rx.net->nic, frame, len);
    wait_for(counter(fn, VANE_STAT_RX_DROP_RULE) == 1);
    rule_clear(fn, 0);
    arrives(&rx, frame, len, 2);

    /* A queue that is not there costs frames only. */
    g_assert_true(rule_set(fn, 0, TO_QUEUE(255, VANE_RULE_MATCH_IPV4)));
    uplink_send(rx.net->nic, frame, len);
    wait_for(counter(fn, VANE_STAT_RX_DROP_NOBUF) == 1);
    rule_clear(fn, 0);

    /* A valid rule's registers do not change. */
    wr32(fn, VANE_RULE(62) + VANE_RULE_PORTS, 1);
    g_assert_cmpuint(rd32(fn, VANE_RULE(62) + VANE_RULE_PORTS), ==, 0);

    wr32(fn, VANE_RULE(7) + VANE_RULE_PROTO, 47);
    g_assert_false(rule_set(fn, 7, TO_QUEUE(0, VANE_RULE_MATCH_IPV4 |
                                               VANE_RULE_MATCH_IPV6)));
    g_assert_false(rule_set(fn, 7, TO_QUEUE(0, VANE_RULE_MATCH_SRC_IP)));
    g_assert_false(rule_set(fn, 7, TO_QUEUE(0, VANE_RULE_MATCH_PROTO)));
    g_assert_false(rule_set(fn, 7, TO_QUEUE(0, VANE_RULE_MATCH_IPV4 |
                                               VANE_RULE_MATCH_DST_PORT)));
    g_assert_false(rule_set(fn, 7, TO_QUEUE(0, VANE_RULE_MATCH_IPV4 |
                                               VANE_RULE_MATCH_PROTO |
                                               VANE_RULE_MATCH_SRC_PORT)));
    g_assert_false(rule_set(fn, 7, TO_QUEUE(0, VANE_RULE_MATCH_ALL + 1)));
    g_assert_false(rule_set(fn, 7, rule_ctrl(3, 0, 0)));
    g_assert_false(rule_set(fn, 7, rule_ctrl(VANE_RULE_ACTION_RSS,
                                             VANE_RSS_CONTEXTS, 0)));

    /* A reset of the function clears them; without the feature none is set. */
    wr32(fn, VANE_REG_CTRL, VANE_CTRL_RESET);
    for (int i = 0; i < VANE_MAX_RULES; i++) {
        g_assert_cmphex(rd32(fn, VANE_RULE(i) + VANE_RULE_CTRL), ==, 0);
    }
    fn_enable(fn, VANE_FEAT_RSS);
    g_assert_false(rule_set(fn, 0, TO_QUEUE(1, 0)));
    net_free(rx.net);
}

static void table_fill(const Fn *fn, int context, uint32_t value)
{
    for (int i = 0; i < VANE_RSS_TABLE_SIZE; i += 4) {
        wr32(fn, VANE_RSS_TABLE(context) + i, value);
    }
}

/* Tables other than the first are for rules. */
static void test_contexts(void)
{
    uint8_t frame[200];
    const Fn *fn;
    size_t len;
    Rx rx;

    rx_start(&rx);
    fn = rx.fn;
    len = make_l4(frame, false, IP_PROTO_UDP);
    wr32(fn, VANE_REG_RSS_CTRL, VANE_RSS_CTRL_ALL);
    table_fill(fn, 0, 0x01010101);
    table_fill(fn, VANE_RSS_CONTEXTS - 1, 0x02020202);
    g_assert_cmphex(rd32(fn, VANE_RSS_TABLE(VANE_RSS_CONTEXTS - 1)), ==,
                    0x02020202);
    arrives(&rx, frame, len, 1);
    g_assert_true(rule_set(fn, 1, rule_ctrl(VANE_RULE_ACTION_RSS,
                                            VANE_RSS_CONTEXTS - 1, 0)));
    arrives(&rx, frame, len, 2);
    g_assert_true(rule_set(fn, 1, rule_ctrl(VANE_RULE_ACTION_RSS, 0, 0)));
    arrives(&rx, frame, len, 1);

    /* Without a hash: entry 0 of the rule's table, or queue 0 */
    make_frame(frame, VF_MAC(1), 0x55, 0x88b5, 60);
    arrives(&rx, frame, 60, 0);
    g_assert_true(rule_set(fn, 1, rule_ctrl(VANE_RULE_ACTION_RSS,
                                            VANE_RSS_CONTEXTS - 1, 0)));
    arrives(&rx, frame, 60, 2);

    wr32(fn, VANE_REG_CTRL, VANE_CTRL_RESET);
    fn_enable(fn, VANE_FEAT_RSS | VANE_FEAT_RULES);
    table_fill(fn, 0, 0x01010101);
    table_fill(fn, 1, 0x01010101);
    g_assert_cmphex(rd32(fn, VANE_RSS_TABLE(0)), ==, 0x01010101);
    g_assert_cmphex(rd32(fn, VANE_RSS_TABLE(1)), ==, 0);
    g_assert_false(rule_set(fn, 1, rule_ctrl(VANE_RULE_ACTION_RSS, 1, 0)));
    net_free(rx.net);
}

/* A function in loopback has its own frames, and no other. */
static void test_loopback(void)
{
    Net *net = net_new();
    Fn *fn = &net->vf[0];
    uint8_t frame[60], mark[60];
    struct vane_cmd_port cmd = {
        .valid = cpu_to_le32(VANE_PORT_VALID_FLAGS),
        .flags = cpu_to_le32(VANE_PORT_FLAG_SPOOFCHK),
    };

    wr32(fn, VANE_REG_CTRL, VANE_CTRL_ENABLE | VANE_CTRL_LOOPBACK);
    g_assert_cmphex(rd32(fn, VANE_REG_CTRL), ==,
                    VANE_CTRL_ENABLE | VANE_CTRL_LOOPBACK);
    for (int link = 1; link >= 0; link--) {
        static const uint8_t to[] = { 0x77, VF_MAC(1), VF_MAC(0), 0xff };

        for (int i = 0; i < ARRAY_SIZE(to); i++) {
            make_frame(frame, to[i], VF_MAC(0), 0x88b5, sizeof(frame));
            txq_send(&net->txq[0], frame, sizeof(frame), 0, 0);
            expect(net, 0, frame, sizeof(frame));
        }
        /* Spoof check and counters are as ever. */
        make_frame(frame, 0x77, 0x66, 0x88b5, sizeof(frame));
        txq_send(&net->txq[0], frame, sizeof(frame), 0, 0);
        wait_for(counter(fn, VANE_STAT_TX_DROP_SPOOF) == 2 - link);
        g_assert_cmpint(command(net->nic, VANE_CMD_PORT_SET, &cmd), ==,
                        VANE_OK);
    }
    g_assert_cmpuint(counter(fn, VANE_STAT_TX_FRAMES), ==, 8);
    g_assert_cmpuint(counter(fn, VANE_STAT_RX_FRAMES), ==, 8);

    /* Nothing of it went elsewhere, and nothing from elsewhere gets in. */
    make_frame(mark, 0x77, VF_MAC(1), 0x88b5, sizeof(mark));
    txq_send(&net->txq[1], mark, sizeof(mark), 0, 0);
    expect_uplink(net, mark, sizeof(mark));
    make_frame(mark, 0xff, 0x55, 0x88b5, sizeof(mark));
    uplink_send(net->nic, mark, sizeof(mark));
    expect(net, 1, mark, sizeof(mark));
    make_frame(frame, VF_MAC(0), VF_MAC(1), 0x88b5, sizeof(frame));
    txq_send(&net->txq[1], frame, sizeof(frame), 0, 0);
    g_assert_false(rxq_ready(&net->rxq[0]));

    wr32(fn, VANE_REG_CTRL, VANE_CTRL_ENABLE);
    cmd.flags |= cpu_to_le32(VANE_PORT_FLAG_LINK);
    g_assert_cmpint(command(net->nic, VANE_CMD_PORT_SET, &cmd), ==, VANE_OK);
    txq_send(&net->txq[1], frame, sizeof(frame), 0, 0);
    expect(net, 0, frame, sizeof(frame));

    /* Gone with a reset; not without the feature */
    wr32(fn, VANE_REG_CTRL, VANE_CTRL_ENABLE | VANE_CTRL_LOOPBACK);
    wr32(fn, VANE_REG_CTRL, VANE_CTRL_RESET);
    fn_enable(fn, 0);
    wr32(fn, VANE_REG_CTRL, VANE_CTRL_ENABLE | VANE_CTRL_LOOPBACK);
    g_assert_cmphex(rd32(fn, VANE_REG_CTRL), ==, VANE_CTRL_ENABLE);
    net_free(net);
}

/* TEST counts an event, and the message comes. */
static void test_vector(void)
{
    Nic *nic = nic_new();
    uint64_t block, message;

    fn_enable_all(&nic->pf);
    wr32(&nic->pf, VANE_VEC(3) + VANE_VEC_TEST, 1);
    block = vector_enable(&nic->pf, 3, &message);
    g_assert_cmpuint(events(&nic->pf, block), ==, 0);
    wr32(&nic->pf, VANE_DB_VEC(3), 0);
    g_assert_cmphex(qtest_readl(nic->qts, message), ==, 0);
    wr32(&nic->pf, VANE_VEC(3) + VANE_VEC_TEST, 0);
    g_assert_cmpuint(events(&nic->pf, block), ==, 1);
    g_assert_cmphex(qtest_readl(nic->qts, message), ==, 0x5a03);
    nic_free(nic);
}

/*
 * The port
 */

static void qom_set(Nic *nic, const char *name, const char *json)
{
    QDict *rsp = qtest_qmp(nic->qts, "{ 'execute': 'qom-set', 'arguments': "
                           "{ 'path': %s, 'property': %s, 'value': %p } }",
                           NIC_PATH, name,
                           qobject_from_json(json, &error_abort));

    g_assert_true(qdict_haskey(rsp, "return"));
    qobject_unref(rsp);
}

static bool qom_get_bool(Nic *nic, const char *name)
{
    QDict *rsp = qtest_qmp(nic->qts, "{ 'execute': 'qom-get', 'arguments': "
                           "{ 'path': %s, 'property': %s } }", NIC_PATH, name);
    bool value = qdict_get_bool(rsp, "return");

    qobject_unref(rsp);
    return value;
}

static int link_set(Nic *nic, uint32_t flags, uint32_t speeds)
{
    struct vane_cmd_link cmd = {
        .flags = cpu_to_le32(flags),
        .speeds = cpu_to_le32(speeds),
    };

    return command(nic, VANE_CMD_LINK_SET, &cmd);
}

static struct vane_cmd_link_state link_get(Nic *nic)
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

static bool link_up(Nic *nic)
{
    return rd32(&nic->pf, VANE_REG_PORT_LINK) & VANE_PORT_LINK_UP;
}

/* The link went down, and comes up again with that speed. */
static void comes_up(Nic *nic, uint32_t speed, uint32_t flags)
{
    struct vane_cmd_link_state state;

    g_assert_false(link_up(nic));
    qtest_clock_step(nic->qts, TRAINING_NS);
    g_assert_true(link_up(nic));
    g_assert_cmpuint(rd32(&nic->pf, VANE_REG_PORT_SPEED), ==, speed);
    state = link_get(nic);
    g_assert_cmpuint(le32_to_cpu(state.speed), ==, speed);
    g_assert_cmphex(le32_to_cpu(state.flags), ==, flags);
}

#define AUTO        VANE_LINK_AUTONEG
#define AUTO_PAUSE  (VANE_LINK_AUTONEG | VANE_LINK_PAUSE_AUTONEG)
#define RX          VANE_LINK_RX_PAUSE
#define TX          VANE_LINK_TX_PAUSE

static void test_link(void)
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
    Nic *nic = nic_new();
    struct vane_cmd_link_state state;

    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    state = link_get(nic);
    g_assert_cmphex(le32_to_cpu(state.wanted.flags), ==, AUTO_PAUSE);
    g_assert_cmphex(le32_to_cpu(state.wanted.speeds), ==, VANE_SPEED_ALL);
    g_assert_cmphex(le32_to_cpu(state.supported), ==, VANE_SPEED_ALL);
    g_assert_cmphex(le32_to_cpu(state.partner.flags), ==, AUTO);
    g_assert_cmphex(le32_to_cpu(state.partner.speeds), ==,
                    VANE_SPEED_10 | VANE_SPEED_100 |
                    (2 * VANE_SPEED_25000 - 1));
    g_assert_cmpuint(le32_to_cpu(state.speed), ==, 25000);

    g_assert_cmpint(link_set(nic, AUTO, 0), ==, VANE_ERR_INVALID);
    g_assert_cmpint(link_set(nic, 0, VANE_SPEED_1000 | VANE_SPEED_2500), ==,
                    VANE_ERR_INVALID);
    g_assert_cmpint(link_set(nic, VANE_LINK_PAUSE_AUTONEG, VANE_SPEED_1000),
                    ==, VANE_ERR_INVALID);
    g_assert_cmpint(link_set(nic, 16, VANE_SPEED_1000), ==, VANE_ERR_INVALID);
    g_assert_cmpint(link_set(nic, AUTO, 1 << 10), ==, VANE_ERR_RANGE);
    g_assert_true(link_up(nic));

    g_assert_cmpint(link_set(nic, AUTO, VANE_SPEED_10000 | VANE_SPEED_40000),
                    ==, VANE_OK);
    comes_up(nic, 10000, AUTO);
    qom_set(nic, "speed", "100000");
    comes_up(nic, 40000, AUTO);
    g_assert_cmpint(link_set(nic, AUTO, VANE_SPEED_10 | VANE_SPEED_100 |
                             VANE_SPEED_1000), ==, VANE_OK);
    comes_up(nic, 1000, AUTO);
    qom_set(nic, "speed", "100");
    comes_up(nic, 100, AUTO);
    link_set(nic, AUTO, VANE_SPEED_10000 | VANE_SPEED_40000);
    qom_set(nic, "speed", "100000");
    qom_set(nic, "partner-autoneg", "false");
    qtest_clock_step(nic->qts, TRAINING_NS);
    g_assert_false(link_up(nic));
    qom_set(nic, "speed", "10000");
    comes_up(nic, 10000, 0);
    g_assert_cmpint(link_set(nic, RX, VANE_SPEED_10000), ==, VANE_OK);
    comes_up(nic, 10000, RX);
    qom_set(nic, "partner-autoneg", "true");
    comes_up(nic, 10000, RX);

    for (int i = 0; i < ARRAY_SIZE(pauses); i++) {
        link_set(nic, AUTO_PAUSE | pauses[i].ours, VANE_SPEED_ALL);
        qom_set(nic, "partner-pause", pauses[i].theirs);
        comes_up(nic, 10000, AUTO | pauses[i].result);
    }

    /* Without a cable there is no partner. */
    qom_set(nic, "link", "false");
    state = link_get(nic);
    g_assert_cmphex(le32_to_cpu(state.partner.speeds), ==, 0);
    g_assert_cmpuint(le32_to_cpu(state.speed), ==, 0);
    qom_set(nic, "link", "true");
    g_assert_true(link_up(nic));

    /* Forgotten with a soft reset, and refused without the feature */
    link_set(nic, 0, VANE_SPEED_1000);
    wr32(&nic->pf, VANE_REG_PF_CTRL, VANE_PF_CTRL_RESET);
    qtest_clock_step(nic->qts, TRAINING_NS);
    g_assert_cmpuint(rd32(&nic->pf, VANE_REG_PORT_SPEED), ==, 10000);
    fn_enable(&nic->pf, 0);
    mailbox_enable(nic);
    g_assert_cmpint(link_set(nic, AUTO, VANE_SPEED_ALL), ==,
                    VANE_ERR_UNSUPPORTED);
    nic_free(nic);
}

static size_t make_pause(uint8_t *frame, uint16_t quanta)
{
    make_frame(frame, 0, 0x55, PAUSE_PROTO, 60);
    memcpy(frame, pause_mac, sizeof(pause_mac));
    stw_be_p(frame + 14, 1);
    stw_be_p(frame + 16, quanta);
    return 60;
}

/* Obeyed: frames wait, in order; local ones do not. Sent: for the PF. */
static void test_pause(void)
{
    Net *net = net_new();
    Nic *nic = net->nic;
    GPollFD poll = { .fd = nic->uplink, .events = G_IO_IN };
    uint8_t frame[2][60], got[200];
    uint64_t before;

    link_set(nic, RX | TX, VANE_SPEED_25000);
    comes_up(nic, 25000, RX | TX);

    uplink_send(nic, frame[0], make_pause(frame[0], 0xffff));
    wait_for(port_counter(nic, VANE_PORT_STAT_RX_PAUSE) == 1);
    for (int i = 0; i < 2; i++) {
        make_frame(frame[i], 0x70 + i, VF_MAC(0), 0x88b5, 60);
        txq_send(&net->txq[0], frame[i], 60, 0, 0);
    }
    make_frame(got, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], got, 60, 0, 0);
    expect(net, 1, got, 60);
    /* 65535 times 512 bits at 25 Gb/s are 1.34 ms. */
    qtest_clock_step(nic->qts, 1300 * 1000);
    g_assert_cmpint(g_poll(&poll, 1, 0), ==, 0);
    g_assert_cmpuint(port_counter(nic, VANE_PORT_STAT_TX_FRAMES), ==, 0);
    qtest_clock_step(nic->qts, 100 * 1000);
    expect_uplink(net, frame[0], 60);
    expect_uplink(net, frame[1], 60);
    g_assert_cmpuint(port_counter(nic, VANE_PORT_STAT_TX_FRAMES), ==, 2);

    /* A time of 0 ends it. */
    uplink_send(nic, got, make_pause(got, 0xffff));
    wait_for(port_counter(nic, VANE_PORT_STAT_RX_PAUSE) == 2);
    txq_send(&net->txq[0], frame[0], 60, 0, 0);
    uplink_send(nic, got, make_pause(got, 0));
    expect_uplink(net, frame[0], 60);
    for (int i = 0; i <= VFS; i++) {
        g_assert_false(i != 1 && rxq_ready(&net->rxq[i]));
    }

    /* A VF without buffers holds up nobody, the PF does, once a millisecond. */
    make_frame(frame[0], VF_MAC(2), 0x55, 0x88b5, 60);
    make_frame(frame[1], PF_MAC, 0x55, 0x88b5, 60);
    for (int i = 0; i < QUEUE_SIZE + 5; i++) {
        uplink_send(nic, frame[0], 60);
    }
    wait_for(counter(&net->vf[2], VANE_STAT_RX_DROP_NOBUF) == 5);
    g_assert_cmpuint(port_counter(nic, VANE_PORT_STAT_TX_PAUSE), ==, 0);
    for (int i = 0; i < QUEUE_SIZE + 5; i++) {
        uplink_send(nic, frame[1], 60);
    }
    wait_for(counter(&nic->pf, VANE_STAT_RX_DROP_NOBUF) == 5);
    wait_for(port_counter(nic, VANE_PORT_STAT_TX_PAUSE) == 1);
    g_assert_cmpuint(uplink_receive(nic, got, sizeof(got)), ==, 60);
    g_assert_cmpint(memcmp(got, pause_mac, sizeof(pause_mac)), ==, 0);
    g_assert_cmphex(lduw_be_p(got + 12), ==, PAUSE_PROTO);
    g_assert_cmphex(ldl_be_p(got + 14), ==, 0x0001ffff);
    qtest_clock_step(nic->qts, 1000 * 1000);
    uplink_send(nic, frame[1], 60);
    wait_for(port_counter(nic, VANE_PORT_STAT_TX_PAUSE) == 2);

    /* Not in force: frames go out, and none is sent. */
    link_set(nic, 0, VANE_SPEED_25000);
    comes_up(nic, 25000, 0);
    before = port_counter(nic, VANE_PORT_STAT_RX_PAUSE);
    g_assert_cmpuint(uplink_receive(nic, got, sizeof(got)), ==, 60);
    uplink_send(nic, got, make_pause(got, 0xffff));
    wait_for(port_counter(nic, VANE_PORT_STAT_RX_PAUSE) == before + 1);
    make_frame(frame[0], 0x70, VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame[0], 60, 0, 0);
    expect_uplink(net, frame[0], 60);
    net_free(net);
}

/* A paused port keeps some frames; then queues wait, and nothing is lost. */
static void test_pause_long(void)
{
    Net *net = net_new();
    Nic *nic = net->nic;
    Txq *txq = &net->txq[0];
    uint64_t addr = alloc(nic, 9000);
    uint8_t frame[9000], got[9000];
    const int frames = QUEUE_SIZE;
    const int kept = 512 * KiB / sizeof(frame) + 1;

    link_set(nic, RX, VANE_SPEED_25000);
    comes_up(nic, 25000, RX);
    uplink_send(nic, got, make_pause(got, 0xffff));
    wait_for(port_counter(nic, VANE_PORT_STAT_RX_PAUSE) == 1);

    make_frame(frame, 0x77, VF_MAC(0), 0x88b5, sizeof(frame));
    qtest_memwrite(nic->qts, addr, frame, sizeof(frame));
    for (int i = 0; i < frames; i++) {
        txq_desc(txq, addr | VANE_TXD_EOP, sizeof(frame));
    }
    txq_ring(txq);
    wait_for(txq_head(txq) >= kept);
    g_assert_cmpuint(txq_head(txq), <, frames);
    qtest_clock_step(nic->qts, 1400 * 1000);
    for (int i = 0; i < frames; i++) {
        g_assert_cmpuint(uplink_receive(nic, got, sizeof(got)), ==,
                         sizeof(frame));
        g_assert_cmpint(memcmp(got, frame, sizeof(frame)), ==, 0);
    }
    net_free(net);
}

/* Sizes, kinds of address, and what is for nobody */
static void test_port_stats(void)
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
                     ARRAY_SIZE(sizes) + 1);
    net_free(net);
}

static void test_led(void)
{
    Nic *nic = nic_new();

    g_assert_false(qom_get_bool(nic, "led"));
    wr32(&nic->pf, VANE_REG_PORT_LED, VANE_PORT_LED_ON);
    g_assert_true(qom_get_bool(nic, "led"));
    g_assert_cmphex(rd32(&nic->pf, VANE_REG_PORT_LED), ==, VANE_PORT_LED_ON);
    wr32(&nic->pf, VANE_REG_PF_CTRL, VANE_PF_CTRL_RESET);
    g_assert_false(qom_get_bool(nic, "led"));
    nic_free(nic);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/rx/match", test_match);
    qtest_add_func("/vane/rx/rules", test_rules);
    qtest_add_func("/vane/rx/contexts", test_contexts);
    qtest_add_func("/vane/rx/loopback", test_loopback);
    qtest_add_func("/vane/rx/vector-test", test_vector);
    qtest_add_func("/vane/port/link", test_link);
    qtest_add_func("/vane/port/pause", test_pause);
    qtest_add_func("/vane/port/pause-long", test_pause_long);
    qtest_add_func("/vane/port/counters", test_port_stats);
    qtest_add_func("/vane/port/led", test_led);
    return g_test_run();
}
