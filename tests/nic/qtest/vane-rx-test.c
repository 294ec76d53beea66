/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: qtests of receive rules, RSS contexts and loopback.
 */
#include "qemu/osdep.h"
#include "vane-net.h"

#define QUEUES          3

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
static void rx_arrives(Rx *rx, const uint8_t *frame, size_t len, int queue)
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

static uint32_t rx_rule_ctrl(uint32_t action, uint32_t target, uint32_t match)
{
    return VANE_RULE_CTRL_VALID | field_put(VANE_RULE_CTRL_ACTION, action) |
           field_put(VANE_RULE_CTRL_TARGET, target) |
           field_put(VANE_RULE_CTRL_MATCH, match);
}

/* Writes CTRL of a rule; is it taken? */
static bool rx_rule_set(const Fn *fn, int rule, uint32_t ctrl)
{
    uint32_t got;

    wr32(fn, VANE_RULE(rule) + VANE_RULE_CTRL, ctrl);
    got = rd32(fn, VANE_RULE(rule) + VANE_RULE_CTRL);
    g_assert_true(got == 0 || got == ctrl);
    return got;
}

static void rx_rule_clear(const Fn *fn, int rule)
{
    g_assert_false(rx_rule_set(fn, rule, 0));
}

#define TO_QUEUE(q, match)  rx_rule_ctrl(VANE_RULE_ACTION_QUEUE, q, match)

/* Ethernet, IPv4 or IPv6, ports, to VF 1 */
static size_t rx_make_l4(uint8_t *frame, bool ipv6, uint8_t proto)
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
/* Addresses; the high octet has its top bit set. */
static void rx_test_match_mac(void)
{
    uint8_t frame[60];
    const Fn *fn;
    Rx rx;

    rx_start(&rx);
    fn = rx.fn;
    make_frame(frame, VF_MAC(1), 0xfe, 0x88b5, 60);
    wr64(fn, VANE_RULE(5) + VANE_RULE_SRC_MAC, 0xfe0000000002ull);
    wr64(fn, VANE_RULE(5) + VANE_RULE_DST_MAC,
         0x000000000002ull | (uint64_t)VF_MAC(1) << 40);
    g_assert_true(rx_rule_set(fn, 5, TO_QUEUE(2, VANE_RULE_MATCH_SRC_MAC |
                                              VANE_RULE_MATCH_DST_MAC)));
    rx_arrives(&rx, frame, 60, 2);
    frame[9] = 0xa9;
    rx_arrives(&rx, frame, 60, 0);
    rx_rule_clear(fn, 5);
    wr64(fn, VANE_RULE(5) + VANE_RULE_SRC_MAC, 0xfe00a9000002ull);
    g_assert_true(rx_rule_set(fn, 5, TO_QUEUE(2, VANE_RULE_MATCH_SRC_MAC)));
    rx_arrives(&rx, frame, 60, 2);
    net_free(rx.net);
}

/* EtherType behind tags, VID of the outer one, whatever its priority */
static void rx_test_match_tags(void)
{
    uint8_t frame[60], tagged[64];
    const Fn *fn;
    Rx rx;

    rx_start(&rx);
    fn = rx.fn;
    make_frame(frame, VF_MAC(1), 0xfe, 0x88b5, 60);
    wr32(fn, VANE_RULE(5) + VANE_RULE_ETHER, 100 << 16 | 0x88b5);
    g_assert_true(rx_rule_set(fn, 5, TO_QUEUE(1, VANE_RULE_MATCH_ETHERTYPE)));
    rx_arrives(&rx, frame, 60, 1);
    add_tag(tagged, frame, ETH_P_VLAN, 0x6064);
    rx_arrives(&rx, tagged, 64, 1);
    rx_rule_clear(fn, 5);
    g_assert_true(rx_rule_set(fn, 5, TO_QUEUE(2, VANE_RULE_MATCH_VLAN)));
    rx_arrives(&rx, tagged, 64, 2);
    add_tag(tagged, frame, ETH_P_VLAN, 0x6065);
    rx_arrives(&rx, tagged, 64, 0);
    net_free(rx.net);
}

/* Rule 5 is for the addresses, the protocol and the ports of that frame. */
static void rx_rule_for(const Fn *fn, const uint8_t *frame, bool ipv6,
                        uint8_t proto)
{
    uint32_t match = VANE_RULE_MATCH_SRC_IP | VANE_RULE_MATCH_DST_IP |
                     VANE_RULE_MATCH_PROTO | VANE_RULE_MATCH_SRC_PORT |
                     VANE_RULE_MATCH_DST_PORT;
    int len = ipv6 ? 16 : 4;
    const uint8_t *src = frame + ETH_HLEN + (ipv6 ? 8 : 12);

    match |= ipv6 ? VANE_RULE_MATCH_IPV6 : VANE_RULE_MATCH_IPV4;
    for (int i = 0; i < 16; i += 4) {
        wr32(fn, VANE_RULE(5) + VANE_RULE_SRC_IP + i,
             i < len ? ldl_le_p(src + i) : 0);
        wr32(fn, VANE_RULE(5) + VANE_RULE_DST_IP + i,
             i < len ? ldl_le_p(src + len + i) : 0);
    }
    wr32(fn, VANE_RULE(5) + VANE_RULE_PROTO, proto);
    wr32(fn, VANE_RULE(5) + VANE_RULE_PORTS, 2222 << 16 | 1111);
    g_assert_true(rx_rule_set(fn, 5, TO_QUEUE(1, match)));
}

/* A frame that differs in one field from what rule 5 is for is not its. */
static void rx_others_pass(Rx *rx, const uint8_t *frame, size_t len, bool ipv6)
{
    int addr_len = ipv6 ? 16 : 4;
    int src = ETH_HLEN + (ipv6 ? 8 : 12);
    int l4 = ETH_HLEN + (ipv6 ? 40 : 20);
    /* The last octet of each */
    const int at[] = {
        src + addr_len - 1, src + 2 * addr_len - 1, l4 + 1, l4 + 3,
    };
    uint8_t other[200];

    for (int i = 0; i < ARRAY_SIZE(at); i++) {
        memcpy(other, frame, len);
        other[at[i]]++;
        rx_arrives(rx, other, len, 0);
    }
    memcpy(other, frame, len);
    other[ETH_HLEN + (ipv6 ? 6 : 9)] = 47;
    rx_arrives(rx, other, len, 0);
    /* Fragments have no ports. */
    if (!ipv6) {
        memcpy(other, frame, len);
        stw_be_p(other + ETH_HLEN + 6, 0x2000);
        rx_arrives(rx, other, len, 0);
    }
}

static void rx_test_match_ip(void)
{
    static const uint8_t protos[] = {
        IP_PROTO_TCP, IP_PROTO_UDP, IP_PROTO_SCTP,
    };
    uint8_t frame[200], other[200];
    Rx rx;

    rx_start(&rx);
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        for (int p = 0; p < ARRAY_SIZE(protos); p++) {
            size_t len = rx_make_l4(frame, ipv6, protos[p]);

            rx_rule_for(rx.fn, frame, ipv6, protos[p]);
            rx_arrives(&rx, frame, len, 1);
            rx_others_pass(&rx, frame, len, ipv6);
            rx_arrives(&rx, other, rx_make_l4(other, !ipv6, protos[p]), 0);
            rx_rule_clear(rx.fn, 5);
        }
    }
    net_free(rx.net);
}

/*
 * Disguises: all that a host takes for UDP to port 2222
 */

typedef struct Disguise {
    uint8_t frame[700];
    size_t len;
    size_t ports;               /* where they are */
    int tags;
    int extensions;
    bool fragment;
} Disguise;

static void rx_disguise(Disguise *d, GRand *rand, bool fragment)
{
    static const uint8_t kinds[] = { 0, 60, 43 };
    uint8_t *p = d->frame, *next;

    memset(d, 0, sizeof(*d));
    d->tags = g_rand_int_range(rand, 0, 5);
    d->extensions = g_rand_int_range(rand, 0, 13);
    make_frame(p, VF_MAC(1), 0x55, ETH_P_VLAN, 14);
    p += 12;
    for (int i = 0; i < d->tags; i++, p += 4) {
        stw_be_p(p, ETH_P_VLAN);
        /* Not a priority tag, which would be removed */
        stw_be_p(p + 2, g_rand_int_range(rand, 0, 0x10000) | 1);
    }
    stw_be_p(p, ETH_P_IPV6);
    p += 2;
    p[0] = 0x60;
    next = p + 6;
    for (int i = 8; i < 40; i++) {
        p[i] = 0xc0 + i;
    }
    p += 40;
    for (int i = 0; i < d->extensions; i++) {
        int more = g_rand_int_range(rand, 0, 3) ? 0
                                                : g_rand_int_range(rand, 0, 8);

        *next = kinds[g_rand_int_range(rand, 0, ARRAY_SIZE(kinds))];
        p[1] = more;
        next = p;
        p += 8 + 8 * more;
    }
    /* An atomic fragment, or a first one */
    d->fragment = fragment && d->extensions < 12;
    if (d->fragment || g_rand_boolean(rand)) {
        *next = 44;
        stw_be_p(p + 2, d->fragment);
        next = p;
        d->extensions++;
        p += 8;
    }
    *next = IP_PROTO_UDP;
    d->ports = p - d->frame;
    stw_be_p(p, 1111);
    stw_be_p(p + 2, 2222);
    stw_be_p(p + 4, 20);
    d->len = p + 20 - d->frame;
    stw_be_p(d->frame + 14 + 4 * d->tags + 4, d->len - 54 - 4 * d->tags);
}

/* Rule 3 is for a protocol and maybe a port: drops it, or has it in queue 2. */
static void rx_rule_udp(const Fn *fn, bool drop, uint16_t port, bool by_port)
{
    uint32_t match = VANE_RULE_MATCH_IPV6 | VANE_RULE_MATCH_PROTO |
                     (by_port ? VANE_RULE_MATCH_DST_PORT : 0);

    rx_rule_clear(fn, 3);
    wr32(fn, VANE_RULE(3) + VANE_RULE_PROTO, IP_PROTO_UDP);
    wr32(fn, VANE_RULE(3) + VANE_RULE_PORTS, port << 16);
    g_assert_true(rx_rule_set(fn, 3, drop ?
                              rx_rule_ctrl(VANE_RULE_ACTION_DROP, 0, match) :
                              TO_QUEUE(2, match)));
}

/* A rule that drops cannot be got by; one that does not tells no lies. */
static void rx_test_disguise(void)
{
    GRand *rand = g_rand_new_with_seed(0x6d61736b);
    uint64_t dropped = 0;
    int seen[2] = {};
    const Fn *fn;
    Disguise d;
    Rx rx;

    rx_start(&rx);
    fn = rx.fn;
    for (int i = 0; i < 600; i++) {
        bool known, ports;

        rx_disguise(&d, rand, i % 3 == 0);
        known = d.tags <= 2 && d.extensions <= 8 && d.ports <= 192;
        ports = known && d.ports + 8 <= 192;
        seen[ports]++;
        rx_rule_udp(fn, true, 2222, i % 2);
        uplink_send(rx.net->nic, d.frame, d.len);
        dropped++;
        wait_for(counter(fn, VANE_STAT_RX_DROP_RULE) == dropped);

        /* The same to a queue: where it is sure */
        rx_rule_udp(fn, false, 2222, i % 2);
        rx_arrives(&rx, d.frame, d.len,
                   (i % 2 ? ports && !d.fragment : known) ? 2 : 0);

        /* Another port, where that can be told, is not dropped. */
        if (i % 2 && ports) {
            rx_rule_udp(fn, true, 2223, true);
            rx_arrives(&rx, d.frame, d.len, 0);
        }
    }
    g_assert_cmpint(seen[0], >, 50);
    g_assert_cmpint(seen[1], >, 50);
    g_rand_free(rand);
    net_free(rx.net);
}

/* The EtherType comes by the checksum that the sender has put in. */
static void rx_test_disguise_checksum(void)
{
    uint8_t frame[60], data[BUF_LEN];
    struct vane_rx_cpl32 cpl;
    Txq *txq;
    Rx rx;

    rx_start(&rx);
    txq = &rx.net->txq[0];
    wr32(rx.fn, VANE_RULE(3) + VANE_RULE_PROTO, IP_PROTO_TCP);
    g_assert_true(rx_rule_set(rx.fn, 3, rx_rule_ctrl(VANE_RULE_ACTION_DROP, 0,
                                                     VANE_RULE_MATCH_IPV4 |
                                                     VANE_RULE_MATCH_PROTO)));
    make_tcp(frame, VF_MAC(1), VF_MAC(0), false, 6);
    stw_be_p(frame + 12, 0);
    stw_be_p(frame + 12, sum_of(frame + 12, sizeof(frame) - 12, ETH_P_IP));
    g_assert_cmphex(lduw_be_p(frame + 12), !=, ETH_P_IP);
    txq_send(txq, frame, sizeof(frame), VANE_TXD_CSUM,
             field_put(VANE_TXD_CSUM_START, 12));
    wait_for(counter(rx.fn, VANE_STAT_RX_DROP_RULE) == 1);
    g_assert_cmpuint(counter(txq->fn, VANE_STAT_TX_DROP_MALFORMED), ==, 0);
    rx_rule_clear(rx.fn, 3);
    /* So it was TCP. */
    txq_send(txq, frame, sizeof(frame), VANE_TXD_CSUM,
             field_put(VANE_TXD_CSUM_START, 12));
    stw_be_p(frame + 12, ETH_P_IP);
    g_assert_cmpuint(rxq_next(&rx.rxq[0], &cpl, data), ==, sizeof(frame));
    g_assert_cmpint(memcmp(data, frame, sizeof(frame)), ==, 0);
    net_free(rx.net);
}

/* Order, actions, and what cannot be */
static void rx_test_rules(void)
{
    uint8_t frame[200];
    const Fn *fn;
    size_t len;
    Rx rx;

    rx_start(&rx);
    fn = rx.fn;
    len = rx_make_l4(frame, false, IP_PROTO_UDP);

    g_assert_true(rx_rule_set(fn, 63, TO_QUEUE(1, 0)));
    rx_arrives(&rx, frame, len, 1);
    g_assert_true(rx_rule_set(fn, 62, TO_QUEUE(2, VANE_RULE_MATCH_IPV4)));
    rx_arrives(&rx, frame, len, 2);
    g_assert_true(rx_rule_set(fn, 0, rx_rule_ctrl(VANE_RULE_ACTION_DROP, 0,
                                                  VANE_RULE_MATCH_IPV4)));
    uplink_send(rx.net->nic, frame, len);
    wait_for(counter(fn, VANE_STAT_RX_DROP_RULE) == 1);
    rx_rule_clear(fn, 0);
    rx_arrives(&rx, frame, len, 2);

    /* A queue that is not there costs frames only. */
    g_assert_true(rx_rule_set(fn, 0, TO_QUEUE(255, VANE_RULE_MATCH_IPV4)));
    uplink_send(rx.net->nic, frame, len);
    wait_for(counter(fn, VANE_STAT_RX_DROP_NOBUF) == 1);
    rx_rule_clear(fn, 0);

    /* A valid rule's registers do not change. */
    wr32(fn, VANE_RULE(62) + VANE_RULE_PORTS, 1);
    g_assert_cmpuint(rd32(fn, VANE_RULE(62) + VANE_RULE_PORTS), ==, 0);
    net_free(rx.net);
}

/* What makes no sense is refused. */
static void rx_test_rules_refused(void)
{
    const Fn *fn;
    Rx rx;

    rx_start(&rx);
    fn = rx.fn;
    wr32(fn, VANE_RULE(7) + VANE_RULE_PROTO, 47);
    g_assert_false(rx_rule_set(fn, 7, TO_QUEUE(0, VANE_RULE_MATCH_IPV4 |
                                               VANE_RULE_MATCH_IPV6)));
    g_assert_false(rx_rule_set(fn, 7, TO_QUEUE(0, VANE_RULE_MATCH_SRC_IP)));
    g_assert_false(rx_rule_set(fn, 7, TO_QUEUE(0, VANE_RULE_MATCH_PROTO)));
    g_assert_false(rx_rule_set(fn, 7, TO_QUEUE(0, VANE_RULE_MATCH_IPV4 |
                                               VANE_RULE_MATCH_DST_PORT)));
    g_assert_false(rx_rule_set(fn, 7, TO_QUEUE(0, VANE_RULE_MATCH_IPV4 |
                                               VANE_RULE_MATCH_PROTO |
                                               VANE_RULE_MATCH_SRC_PORT)));
    g_assert_false(rx_rule_set(fn, 7, TO_QUEUE(0, VANE_RULE_MATCH_ALL + 1)));
    g_assert_false(rx_rule_set(fn, 7, rx_rule_ctrl(3, 0, 0)));
    g_assert_false(rx_rule_set(fn, 7, rx_rule_ctrl(VANE_RULE_ACTION_RSS,
                                                   VANE_RSS_CONTEXTS, 0)));
    net_free(rx.net);
}

/* A reset of the function clears them; without the feature none is set. */
static void rx_test_rules_reset(void)
{
    const Fn *fn;
    Rx rx;

    rx_start(&rx);
    fn = rx.fn;
    g_assert_true(rx_rule_set(fn, 63, TO_QUEUE(1, 0)));
    wr32(fn, VANE_REG_CTRL, VANE_CTRL_RESET);
    for (int i = 0; i < VANE_MAX_RULES; i++) {
        g_assert_cmphex(rd32(fn, VANE_RULE(i) + VANE_RULE_CTRL), ==, 0);
    }
    fn_enable(fn, VANE_FEAT_RSS);
    g_assert_false(rx_rule_set(fn, 0, TO_QUEUE(1, 0)));
    net_free(rx.net);
}

/* What needs a feature goes with it, at the next enable. */
static void rx_test_features_gone(void)
{
    static const uint64_t features[] = {
        0, VANE_FEAT_RSS, VANE_FEAT_RULES, VANE_FEAT_RSS_CONTEXT,
        VANE_FEAT_RULES | VANE_FEAT_RSS_CONTEXT, VANE_FEAT_VLAN_STRIP,
        VANE_FEAT_HW_GRO, VANE_FEAT_LOOPBACK, ~0ull,
    };
    struct vane_cmd_port cmd = {
        .port = cpu_to_le16(1),
        .valid = cpu_to_le32(VANE_PORT_VALID_FEATURES),
    };
    Net *net = net_new();
    const Fn *fn = &net->vf[1];
    uint64_t all = rd64(fn, VANE_REG_FEATURES_DEV);

    for (int i = 0; i < ARRAY_SIZE(features); i++) {
        uint64_t left = features[i] & all;

        cmd.features = cpu_to_le64(all);
        g_assert_cmpint(command(net->nic, VANE_CMD_PORT_SET, &cmd), ==,
                        VANE_OK);
        wr32(fn, VANE_REG_CTRL, 0);
        fn_enable_all(fn);
        wr32(fn, VANE_REG_CTRL, VANE_CTRL_ENABLE | VANE_CTRL_LOOPBACK);
        wr32(fn, VANE_REG_RSS_CTRL, VANE_RSS_CTRL_ALL);
        wr32(fn, VANE_RXQ(2) + VANE_RXQ_OPT, VANE_RXQ_OPT_ALL);
        g_assert_true(rx_rule_set(fn, 9, TO_QUEUE(1, 0)));
        g_assert_true(rx_rule_set(fn, 10, rx_rule_ctrl(VANE_RULE_ACTION_RSS, 1,
                                                       0)));

        /* A second enable changes nothing. */
        cmd.features = cpu_to_le64(left);
        g_assert_cmpint(command(net->nic, VANE_CMD_PORT_SET, &cmd), ==,
                        VANE_OK);
        g_assert_cmphex(rd64(fn, VANE_REG_FEATURES_DRV), ==, all);
        g_assert_cmphex(rd32(fn, VANE_REG_RSS_CTRL), ==, VANE_RSS_CTRL_ALL);
        wr32(fn, VANE_REG_CTRL, 0);
        fn_enable(fn, left);
        g_assert_cmphex(rd32(fn, VANE_REG_CTRL), ==, VANE_CTRL_ENABLE);
        g_assert_cmphex(rd32(fn, VANE_REG_RSS_CTRL), ==,
                        left & VANE_FEAT_RSS ? VANE_RSS_CTRL_ALL : 0);
        g_assert_cmphex(rd32(fn, VANE_RXQ(2) + VANE_RXQ_OPT), ==,
                        (left & VANE_FEAT_VLAN_STRIP ?
                         VANE_RXQ_OPT_VLAN_STRIP : 0) |
                        (left & VANE_FEAT_HW_GRO ? VANE_RXQ_OPT_GRO : 0));
        g_assert_cmpint(!!rd32(fn, VANE_RULE(9) + VANE_RULE_CTRL), ==,
                        !!(left & VANE_FEAT_RULES));
        g_assert_cmpint(!!rd32(fn, VANE_RULE(10) + VANE_RULE_CTRL), ==,
                        (left & VANE_FEAT_RULES) &&
                        (left & VANE_FEAT_RSS_CONTEXT));
    }
    net_free(net);
}

static void rx_table_fill(const Fn *fn, int context, uint32_t value)
{
    for (int i = 0; i < VANE_RSS_TABLE_SIZE; i += 4) {
        wr32(fn, VANE_RSS_TABLE(context) + i, value);
    }
}

/* Tables other than the first are for rules. */
static void rx_test_contexts(void)
{
    uint8_t frame[200];
    const Fn *fn;
    size_t len;
    Rx rx;

    rx_start(&rx);
    fn = rx.fn;
    len = rx_make_l4(frame, false, IP_PROTO_UDP);
    wr32(fn, VANE_REG_RSS_CTRL, VANE_RSS_CTRL_ALL);
    rx_table_fill(fn, 0, 0x01010101);
    rx_table_fill(fn, VANE_RSS_CONTEXTS - 1, 0x02020202);
    g_assert_cmphex(rd32(fn, VANE_RSS_TABLE(VANE_RSS_CONTEXTS - 1)), ==,
                    0x02020202);
    rx_arrives(&rx, frame, len, 1);
    g_assert_true(rx_rule_set(fn, 1, rx_rule_ctrl(VANE_RULE_ACTION_RSS,
                                                  VANE_RSS_CONTEXTS - 1, 0)));
    rx_arrives(&rx, frame, len, 2);
    g_assert_true(rx_rule_set(fn, 1, rx_rule_ctrl(VANE_RULE_ACTION_RSS, 0, 0)));
    rx_arrives(&rx, frame, len, 1);

    /* Without a hash: entry 0 of the rule's table, or queue 0 */
    make_frame(frame, VF_MAC(1), 0x55, 0x88b5, 60);
    rx_arrives(&rx, frame, 60, 0);
    g_assert_true(rx_rule_set(fn, 1, rx_rule_ctrl(VANE_RULE_ACTION_RSS,
                                                  VANE_RSS_CONTEXTS - 1, 0)));
    rx_arrives(&rx, frame, 60, 2);

    wr32(fn, VANE_REG_CTRL, VANE_CTRL_RESET);
    fn_enable(fn, VANE_FEAT_RSS | VANE_FEAT_RULES);
    rx_table_fill(fn, 0, 0x01010101);
    rx_table_fill(fn, 1, 0x01010101);
    g_assert_cmphex(rd32(fn, VANE_RSS_TABLE(0)), ==, 0x01010101);
    g_assert_cmphex(rd32(fn, VANE_RSS_TABLE(1)), ==, 0);
    g_assert_false(rx_rule_set(fn, 1, rx_rule_ctrl(VANE_RULE_ACTION_RSS, 1,
                                                   0)));
    net_free(rx.net);
}

/* A function in loopback has its own frames, and no other. */
static void rx_test_loopback(void)
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
        /* Spoof check and counters work as usual. */
        make_frame(frame, 0x77, 0x66, 0x88b5, sizeof(frame));
        txq_send(&net->txq[0], frame, sizeof(frame), 0, 0);
        wait_for(counter(fn, VANE_STAT_TX_DROP_SPOOF) == 2 - link);
        g_assert_cmpint(command(net->nic, VANE_CMD_PORT_SET, &cmd), ==,
                        VANE_OK);
    }
    g_assert_cmpuint(counter(fn, VANE_STAT_TX_FRAMES), ==, 8);
    g_assert_cmpuint(counter(fn, VANE_STAT_RX_FRAMES), ==, 8);

    /* No frame goes to others, and none arrives from others. */
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
    net_free(net);
}

/* Gone with a reset; not without the feature */
static void rx_test_loopback_reset(void)
{
    Net *net = net_new();
    Fn *fn = &net->vf[0];

    wr32(fn, VANE_REG_CTRL, VANE_CTRL_ENABLE | VANE_CTRL_LOOPBACK);
    wr32(fn, VANE_REG_CTRL, VANE_CTRL_RESET);
    fn_enable(fn, 0);
    wr32(fn, VANE_REG_CTRL, VANE_CTRL_ENABLE | VANE_CTRL_LOOPBACK);
    g_assert_cmphex(rd32(fn, VANE_REG_CTRL), ==, VANE_CTRL_ENABLE);
    net_free(net);
}

/* TEST counts an event, and the message comes. */
static void rx_test_vector(void)
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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/rx/match-mac", rx_test_match_mac);
    qtest_add_func("/vane/rx/match-tags", rx_test_match_tags);
    qtest_add_func("/vane/rx/match-ip", rx_test_match_ip);
    qtest_add_func("/vane/rx/disguise", rx_test_disguise);
    qtest_add_func("/vane/rx/disguise-checksum", rx_test_disguise_checksum);
    qtest_add_func("/vane/rx/rules", rx_test_rules);
    qtest_add_func("/vane/rx/rules-refused", rx_test_rules_refused);
    qtest_add_func("/vane/rx/rules-reset", rx_test_rules_reset);
    qtest_add_func("/vane/rx/features-gone", rx_test_features_gone);
    qtest_add_func("/vane/rx/contexts", rx_test_contexts);
    qtest_add_func("/vane/rx/loopback", rx_test_loopback);
    qtest_add_func("/vane/rx/loopback-reset", rx_test_loopback_reset);
    qtest_add_func("/vane/rx/vector-test", rx_test_vector);
    return g_test_run();
}
