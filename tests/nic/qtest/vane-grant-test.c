/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: channels granted to VFs: what a VF sends under them and gets by them,
 * by extension and completion or with the tag in the frame.
 */
#include "qemu/osdep.h"
#include "vane-grant.h"

/* Both ways are the same on the wire, and in the counters. */
static void grant_test_up(void)
{
    for (int mode = VANE_SWITCH_VNTAG; mode <= VANE_SWITCH_ETAG; mode++) {
        Net *net = grant_net(mode);
        uint8_t frame[60], wire[68];
        size_t len;

        make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
        for (int way = 0; way < WAYS; way++) {
            uint64_t bytes = counter(&net->vf[0], VANE_STAT_TX_BYTES);

            for (uint32_t channel = FIRST; channel <= SECOND; channel++) {
                len = tag_frame(mode, wire, frame, 60, channel, false);
                send_under(net, 0, mode, way, channel, frame, 60);
                expect_uplink(net, wire, len);
            }
            g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_BYTES), ==,
                             bytes + 120);
            /* Its own channel is what is not named. */
            len = tag_frame(mode, wire, frame, 60, OWN, false);
            txq_send(&net->txq[0], frame, 60, 0, 0);
            expect_uplink(net, wire, len);
        }
        /* Channels of a port that has none of its own */
        g_assert_cmpint(channel_set(net->nic, 0, 0), ==, VANE_OK);
        for (int way = 0; way < WAYS; way++) {
            len = tag_frame(mode, wire, frame, 60, FIRST, false);
            send_under(net, 0, mode, way, FIRST, frame, 60);
            expect_uplink(net, wire, len);
        }
        dropped(net, 0, VANE_STAT_TX_DROP_LINK,
                txq_send(&net->txq[0], frame, 60, 0, 0));
        net_free(net);
    }
}

/* The device says the priority, whatever the sender wrote. */
static void grant_test_priority(void)
{
    struct vane_cmd_port map = {
        .valid = cpu_to_le32(VANE_PORT_VALID_PRIO_MAP),
        .prio_map = cpu_to_le64(0xfed07a9876543216),
    };
    Net *net = grant_net(VANE_SWITCH_ETAG);
    uint8_t frame[60], tagged[64], sent[72], wire[72];

    g_assert_cmpint(command(net->nic, VANE_CMD_PORT_SET, &map), ==, VANE_OK);
    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    add_tag(tagged, frame, ETH_P_VLAN, 0xb064);
    tag_frame(VANE_SWITCH_ETAG, wire, tagged, 64, FIRST, false);
    wire[14] = 0x70;
    memcpy(sent, wire, sizeof(sent));
    for (int priority = 0; priority < 16; priority++) {
        sent[14] = priority << 4;
        txq_send(&net->txq[0], sent, 72, 0, 0);
        expect_uplink(net, wire, 72);
    }
    send_extended(&net->txq[0], FIRST, frame, 60, VANE_TXD_VLAN,
                  field_put(VANE_TXD_TCI, 0xb064));
    expect_uplink(net, wire, 72);
    net_free(net);
}

/* Edges of the port are about the frame inside. */
static void grant_test_edges(void)
{
    for (int mode = VANE_SWITCH_VNTAG; mode <= VANE_SWITCH_ETAG; mode++) {
        Net *net = grant_net(mode);
        uint8_t frame[60], tagged[64], wire[72];
        size_t len;

        for (int way = 0; way < WAYS; way++) {
            make_frame(frame, VF_MAC(1), VF_MAC(3), 0x88b5, 60);
            dropped(net, 0, SPOOF,
                    send_under(net, 0, mode, way, FIRST, frame, 60));
            make_frame(frame, VF_MAC(1), VF_MAC(0), 0x8808, 60);
            dropped(net, 0, VANE_STAT_TX_DROP_CONTROL,
                    send_under(net, 0, mode, way, FIRST, frame, 60));
            /* A second tag, also behind a VLAN tag */
            for (int kind = VANE_SWITCH_VNTAG; kind <= VANE_SWITCH_ETAG;
                 kind++) {
                make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
                len = tag_frame(kind, wire, frame, 60, SECOND, false);
                dropped(net, 0, SPOOF,
                        send_under(net, 0, mode, way, FIRST, wire, len));
                add_tag(tagged, wire, ETH_P_VLAN, 5);
                dropped(net, 0, SPOOF,
                        send_under(net, 0, mode, way, FIRST, tagged, 64));
            }
        }
        port_up(net->nic, 0, VF_MAC(0), ETH_P_VLAN, 100, OWN);
        grant_trust(net, 0, true);
        make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
        add_tag(tagged, frame, ETH_P_VLAN, 5);
        for (int way = 0; way < WAYS; way++) {
            dropped(net, 0, VANE_STAT_TX_DROP_VLAN,
                    send_under(net, 0, mode, way, FIRST, tagged, 64));
            send_under(net, 0, mode, way, FIRST, frame, 60);
            add_tag(tagged, frame, ETH_P_VLAN, 100);
            len = tag_frame(mode, wire, tagged, 64, FIRST, false);
            expect_uplink(net, wire, len);
            add_tag(tagged, frame, ETH_P_VLAN, 5);
        }
        net_free(net);
    }
}

/* Who may not: others, without trust, in other modes, or no more */
static void grant_test_rights(void)
{
    static const struct {
        int vf;
        uint32_t channel;
    } wrong[] = {
        { 0, 0 }, { 0, OWN }, { 0, THEIRS }, { 0, DORMANT }, { 0, FIRST + 2 },
        { 1, FIRST }, { 1, OWN }, { 2, DORMANT }, { 3, FIRST },
        { 0, 1 << 12 | FIRST }, { 0, 0xfffff },
    };

    for (int mode = VANE_SWITCH_VNTAG; mode <= VANE_SWITCH_ETAG; mode++) {
        Net *net = grant_net(mode);
        uint8_t frame[60], wire[68];
        size_t len;

        g_assert_cmpint(channel_set(net->nic, 2, OWN + 2), ==, VANE_OK);
        g_assert_cmpint(channel_set(net->nic, 3, OWN + 3), ==, VANE_OK);
        for (int way = 0; way < WAYS; way++) {
            for (int i = 0; i < ARRAY_SIZE(wrong); i++) {
                int vf = wrong[i].vf;

                if (way == BY_TAG && mode == VANE_SWITCH_VNTAG &&
                    wrong[i].channel > VANE_MAX_VIF) {
                    continue;
                }
                make_frame(frame, 0xff, VF_MAC(vf), 0x88b5, 60);
                dropped(net, vf, SPOOF,
                        send_under(net, vf, mode, way, wrong[i].channel,
                                   frame, 60));
            }
            make_frame(frame, 0xff, VF_MAC(0), 0x88b5, 60);
            grant_trust(net, 0, false);
            dropped(net, 0, SPOOF,
                    send_under(net, 0, mode, way, FIRST, frame, 60));
            grant_trust(net, 0, true);
            g_assert_cmpint(grant_set(net->nic, 0, FIRST, 0), ==, VANE_OK);
            dropped(net, 0, SPOOF,
                    send_under(net, 0, mode, way, FIRST, frame, 60));
            grant(net->nic, 0, FIRST);
            send_under(net, 0, mode, way, FIRST, frame, 60);
            len = tag_frame(mode, wire, frame, 60, FIRST, false);
            expect_uplink(net, wire, len);
        }
        /* The extension is a spoof where there are no channels. */
        for (int other = VANE_SWITCH_VEB; other <= VANE_SWITCH_VEPA; other++) {
            switch_mode(net->nic, other);
            dropped(net, 0, SPOOF,
                    send_extended(&net->txq[0], FIRST, frame, 60, 0, 0));
        }
        net_free(net);
    }
}

/* A channel that the mode's tag cannot name is no one's. */
static void grant_test_beyond_vif(void)
{
    Net *net = grant_net(VANE_SWITCH_VNTAG);
    uint8_t frame[60], wire[68];
    uint32_t channel = 5 << 12 | FIRST;

    grant(net->nic, 0, channel);
    make_frame(frame, 0xff, VF_MAC(0), 0x88b5, 60);
    dropped(net, 0, SPOOF,
            send_extended(&net->txq[0], channel, frame, 60, 0, 0));
    switch_mode(net->nic, VANE_SWITCH_ETAG);
    for (int way = 0; way < WAYS; way++) {
        send_under(net, 0, VANE_SWITCH_ETAG, way, channel, frame, 60);
        tag_frame(VANE_SWITCH_ETAG, wire, frame, 60, channel, false);
        expect_uplink(net, wire, 68);
    }
    net_free(net);
}

/* Each bit of a tag but those of its channel, and of an E-Tag's priority */
static void grant_test_tag_bits(void)
{
    for (int mode = VANE_SWITCH_VNTAG; mode <= VANE_SWITCH_ETAG; mode++) {
        Net *net = grant_net(mode);
        int bits = (tag_size(mode) - 2) * 8;
        uint8_t frame[60], wire[68], sent[68];
        size_t len;

        make_frame(frame, 0xff, VF_MAC(0), 0x88b5, 60);
        len = tag_frame(mode, wire, frame, 60, FIRST, false);
        for (int bit = 0; bit < bits; bit++) {
            memcpy(sent, wire, len);
            sent[14 + bit / 8] ^= 0x80 >> bit % 8;
            if (mode == VANE_SWITCH_ETAG && bit < 4) {
                txq_send(&net->txq[0], sent, len, 0, 0);
                expect_uplink(net, wire, len);
            } else {
                dropped(net, 0, SPOOF,
                        txq_send(&net->txq[0], sent, len, 0, 0));
            }
        }
        /* Cut short; with the tag of the other mode; behind a VLAN tag */
        for (size_t cut = 14; cut < 14 + tag_size(mode); cut++) {
            dropped(net, 0, SPOOF, txq_send(&net->txq[0], wire, cut, 0, 0));
        }
        dropped(net, 0, SPOOF,
                txq_send(&net->txq[0], wire, len, VANE_TXD_VLAN,
                         field_put(VANE_TXD_TCI, 5)));
        len = tag_frame(VANE_SWITCH_VNTAG + VANE_SWITCH_ETAG - mode, wire,
                        frame, 60, FIRST, false);
        dropped(net, 0, SPOOF, txq_send(&net->txq[0], wire, len, 0, 0));
        net_free(net);
    }
}

/* VF 0 uses RX_CHANNEL or not. */
static void grant_rx_channel(Net *net, bool on)
{
    uint64_t all = rd64(&net->vf[0], VANE_REG_FEATURES_PF_MASK);

    wr32(&net->vf[0], VANE_REG_CTRL, 0);
    fn_enable(&net->vf[0], on ? all : all & ~VANE_FEAT_RX_CHANNEL);
    txq_new(&net->txq[0], &net->vf[0], 0);
    rxq_new(&net->rxq[0], &net->vf[0], 0, sizeof(struct vane_rx_cpl));
}

/* VF 0 gets this frame, at a channel; it was sent to it with this tag. */
static void grant_expect_at(Net *net, bool on, uint32_t channel,
                            const uint8_t *frame, size_t len,
                            const uint8_t *wire, size_t wire_len)
{
    struct vane_rx_cpl32 cpl;
    uint8_t data[BUF_LEN];
    size_t got = rxq_next(&net->rxq[0], &cpl, data);
    bool tagged = channel && !on;

    g_assert_cmpuint(got, ==, tagged ? wire_len : len);
    g_assert_cmpint(memcmp(data, tagged ? wire : frame, got), ==, 0);
    g_assert_cmphex(field_get(cpl.base.info, VANE_RXC_TAG), ==,
                    on ? channel : 0);
    g_assert_false(cpl.base.info & VANE_RXC_VLAN);
}

static void grant_test_down(void)
{
    for (int mode = VANE_SWITCH_VNTAG; mode <= VANE_SWITCH_ETAG; mode++) {
        Net *net = grant_net(mode);
        uint8_t frame[60], wire[68];
        size_t len;

        for (int on = 0; on < 2; on++) {
            uint64_t bytes = counter(&net->vf[0], VANE_STAT_RX_BYTES);
            uint64_t drops, frames;

            grant_rx_channel(net, on);
            make_frame(frame, VF_MAC(0), 0x77, 0x88b5, 60);
            for (uint32_t channel = FIRST; channel <= SECOND; channel++) {
                len = tag_frame(mode, wire, frame, 60, channel, true);
                uplink_send(net->nic, wire, len);
                grant_expect_at(net, on, channel, frame, 60, wire, len);
            }
            len = tag_frame(mode, wire, frame, 60, OWN, true);
            uplink_send(net->nic, wire, len);
            grant_expect_at(net, on, 0, frame, 60, wire, len);
            g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_RX_BYTES), ==,
                             bytes + 180);

            /* Addresses are the port's. */
            make_frame(frame, 0x66, 0x77, 0x88b5, 60);
            len = tag_frame(mode, wire, frame, 60, FIRST, true);
            uplink_send(net->nic, wire, len);
            /* Without trust it is nobody's, and when it is revoked. */
            make_frame(frame, VF_MAC(0), 0x77, 0x88b5, 60);
            len = tag_frame(mode, wire, frame, 60, FIRST, true);
            grant_trust(net, 0, false);
            uplink_send(net->nic, wire, len);
            grant_trust(net, 0, true);
            uplink_send(net->nic, wire, len);
            grant_expect_at(net, on, FIRST, frame, 60, wire, len);
            g_assert_cmpint(grant_set(net->nic, 0, FIRST, 0), ==, VANE_OK);
            drops = counter(&net->vf[0], VANE_STAT_RX_FRAMES);
            uplink_send(net->nic, wire, len);
            grant(net->nic, 0, FIRST);
            uplink_send(net->nic, wire, len);
            grant_expect_at(net, on, FIRST, frame, 60, wire, len);
            frames = counter(&net->vf[0], VANE_STAT_RX_FRAMES);
            g_assert_cmpuint(frames, ==, drops + 1);
        }
        net_free(net);
    }
}

/* A VLAN tag inside stays, unless it is the port's. */
static void grant_test_down_vlan(void)
{
    for (int mode = VANE_SWITCH_VNTAG; mode <= VANE_SWITCH_ETAG; mode++) {
        Net *net = grant_net(mode);
        uint8_t frame[60], tagged[64], wire[72], inside[68];
        struct vane_rx_cpl32 cpl;
        uint8_t data[BUF_LEN];
        size_t len, untagged;

        make_frame(frame, VF_MAC(0), 0x77, 0x88b5, 60);
        add_tag(tagged, frame, ETH_P_VLAN, 0x4064);
        len = tag_frame(mode, wire, tagged, 64, FIRST, true);
        for (int on = 0; on < 2; on++) {
            grant_rx_channel(net, on);
            uplink_send(net->nic, wire, len);
            grant_expect_at(net, on, FIRST, tagged, 64, wire, len);
            /* It is stripped where it is the first tag. */
            wr32(&net->vf[0], VANE_RXQ(0) + VANE_RXQ_OPT,
                 VANE_RXQ_OPT_VLAN_STRIP);
            uplink_send(net->nic, wire, len);
            g_assert_cmpuint(rxq_next(&net->rxq[0], &cpl, data), ==,
                             on ? 60 : len);
            g_assert_cmpint(memcmp(data, on ? frame : wire, on ? 60 : len), ==,
                            0);
            g_assert_cmpint(!!(cpl.base.info & VANE_RXC_VLAN), ==, on);
            wr32(&net->vf[0], VANE_RXQ(0) + VANE_RXQ_OPT, 0);

            port_up(net->nic, 0, VF_MAC(0), ETH_P_VLAN, 100, OWN);
            grant_trust(net, 0, true);
            untagged = tag_frame(mode, inside, frame, 60, FIRST, true);
            uplink_send(net->nic, wire, len);
            grant_expect_at(net, on, FIRST, frame, 60, inside, untagged);
            port_up(net->nic, 0, VF_MAC(0), 0, 0, OWN);
            grant_trust(net, 0, true);
        }
        net_free(net);
    }
}

/* A tag to a list or channel, from a channel */
static void send_down(Net *net, enum vane_switch_mode mode,
                      const uint8_t *frame, bool list, uint32_t to,
                      uint32_t from)
{
    uint8_t wire[68];
    size_t len = tag_frame(mode, wire, frame, 60, to, true);

    if (mode == VANE_SWITCH_VNTAG) {
        stl_be_p(wire + 14, ldl_be_p(wire + 14) | VANE_VNTAG_LOOPED |
                 (list ? VANE_VNTAG_PTR : 0) |
                 field_put(VANE_VNTAG_SVIF, from));
    } else {
        stq_be_p(wire + 12, ldq_be_p(wire + 12) |
                 field_put(VANE_ETAG_GRP, list) |
                 field_put(VANE_ETAG_INGRESS, from));
    }
    uplink_send(net->nic, wire, len);
}

/* A frame does not return to the channel that it came from, and to no other. */
static void grant_test_source(void)
{
    for (int mode = VANE_SWITCH_VNTAG; mode <= VANE_SWITCH_ETAG; mode++) {
        struct vane_cmd_list list = {
            .list = cpu_to_le16(7),
            .list_high = mode == VANE_SWITCH_ETAG ? 0x10 : 0,
            .vfs = { 0x03 },
        };
        Net *net = grant_net(mode);
        struct vane_rx_cpl32 cpl;
        uint8_t frame[60];
        static const struct {
            bool list;
            uint32_t to, from;
            int at;
        } ways[] = {
            { false, FIRST, FIRST, -1 }, { false, FIRST, SECOND, FIRST },
            { false, FIRST, OWN, FIRST }, { false, OWN, FIRST, 0 },
            { false, OWN, OWN, -1 },
            { true, 7, OWN, -1 }, { true, 7, FIRST, 0 }, { true, 7, THEIRS, 0 },
        };

        g_assert_cmpint(command(net->nic, VANE_CMD_LIST_SET, &list), ==,
                        VANE_OK);
        make_frame(frame, 0xff, 0x77, 0x88b5, 60);
        for (int i = 0; i < ARRAY_SIZE(ways); i++) {
            send_down(net, mode, frame, ways[i].list, ways[i].to, ways[i].from);
            if (ways[i].at >= 0) {
                rxq_next(&net->rxq[0], &cpl, NULL);
                g_assert_cmphex(field_get(cpl.base.info, VANE_RXC_TAG), ==,
                                ways[i].at);
            }
            /* What comes next is the next frame. */
            send_down(net, mode, frame, false, SECOND, 0);
            rxq_next(&net->rxq[0], &cpl, NULL);
            g_assert_cmphex(field_get(cpl.base.info, VANE_RXC_TAG), ==, SECOND);
            drain(net);
        }
        net_free(net);
    }
}

#define SEGMENT     1000
#define SEGMENTS    3

/* A frame in memory for one of the ways; returns the bytes in front. */
static size_t grant_in_memory(Net *net, enum vane_switch_mode mode, Way way,
                              uint8_t *to, const uint8_t *frame, size_t len)
{
    if (way == BY_TAG) {
        tag_frame(mode, to, frame, len, FIRST, false);
        return tag_size(mode);
    }
    memcpy(to, frame, len);
    txq_desc(&net->txq[0], VANE_TXD_EXT, FIRST);
    return 0;
}

/* Each segment has the tag. HDR_LEN is as in memory. */
static void grant_segments(Net *net, enum vane_switch_mode mode, Way way)
{
    size_t size = tag_size(mode), header = ETH_HLEN + 40, len, front;
    uint8_t frame[SEGMENT * SEGMENTS + 100], wire[BUF_LEN], up[68];
    uint8_t sent[sizeof(frame) + VANE_ETAG_SIZE];

    len = make_tcp(frame, VF_MAC(1), VF_MAC(0), false, SEGMENT * SEGMENTS);
    front = grant_in_memory(net, mode, way, sent, frame, len);
    txq_send(&net->txq[0], sent, len + front, VANE_TXD_TSO,
             field_put(VANE_TXD_MSS, SEGMENT) |
             field_put(VANE_TXD_HDR_LEN, header + front));
    for (int i = 0; i < SEGMENTS; i++) {
        g_assert_cmpuint(uplink_receive(net->nic, wire, sizeof(wire)), ==,
                         header + SEGMENT + size);
        tag_frame(mode, up, frame, 60, FIRST, false);
        g_assert_cmpint(memcmp(wire, up, 14 + size), ==, 0);
        g_assert_cmpint(memcmp(wire + size + header,
                               frame + header + i * SEGMENT, SEGMENT), ==, 0);
    }
}

/* Where the sum starts is as in memory, and not within the tag. */
static void grant_checksum(Net *net, enum vane_switch_mode mode, Way way)
{
    size_t size = tag_size(mode), l4 = ETH_HLEN + 20, len, front;
    uint8_t frame[200], sent[sizeof(frame) + VANE_ETAG_SIZE], wire[BUF_LEN];
    uint32_t pseudo;

    len = make_tcp(frame, 0x77, VF_MAC(0), false, 101);
    pseudo = pseudo_sum(frame + ETH_HLEN, false, IP_PROTO_TCP, len - l4);
    stw_be_p(frame + l4 + 16, sum_fold(pseudo));
    front = grant_in_memory(net, mode, way, sent, frame, len);
    txq_send(&net->txq[0], sent, len + front, VANE_TXD_CSUM,
             field_put(VANE_TXD_CSUM_START, l4 + front) |
             field_put(VANE_TXD_CSUM_OFFSET, 8));
    g_assert_cmpuint(uplink_receive(net->nic, wire, sizeof(wire)), ==,
                     len + size);
    g_assert_cmphex(sum_of(wire + size + l4, len - l4, pseudo), ==, 0);
    if (front) {
        dropped(net, 0, VANE_STAT_TX_DROP_MALFORMED,
                txq_send(&net->txq[0], sent, len + front, VANE_TXD_CSUM,
                         field_put(VANE_TXD_CSUM_START, 11 + size) |
                         field_put(VANE_TXD_CSUM_OFFSET, 8)));
    }
}

static void grant_test_offloads(void)
{
    for (int mode = VANE_SWITCH_VNTAG; mode <= VANE_SWITCH_ETAG; mode++) {
        Net *net = grant_net(mode);

        for (int way = 0; way < WAYS; way++) {
            grant_segments(net, mode, way);
            grant_checksum(net, mode, way);
        }
        net_free(net);
    }
}

/* The longest frame is the same with a tag, and by either way. */
static void grant_test_lengths(void)
{
    for (int mode = VANE_SWITCH_VNTAG; mode <= VANE_SWITCH_ETAG; mode++) {
        Net *net = grant_net(mode);
        uint8_t frame[301], wire[BUF_LEN];
        size_t len;

        wr32(&net->vf[0], VANE_REG_MAX_FRAME, 300);
        for (int way = 0; way < WAYS; way++) {
            make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 301);
            dropped(net, 0, VANE_STAT_TX_DROP_OVERSIZE,
                    send_under(net, 0, mode, way, FIRST, frame, 301));
            send_under(net, 0, mode, way, FIRST, frame, 300);
            len = tag_frame(mode, wire, frame, 300, FIRST, false);
            expect_uplink(net, wire, len);
            /* The least: its addresses and type */
            send_under(net, 0, mode, way, FIRST, frame, 14);
            len = tag_frame(mode, wire, frame, 14, FIRST, false);
            expect_uplink(net, wire, len);
        }
        /* What has no tag to be taken off is as long as it is. */
        dropped(net, 0, VANE_STAT_TX_DROP_OVERSIZE,
                txq_send(&net->txq[0], frame, 301, 0, 0));
        dropped(net, 0, VANE_STAT_TX_DROP_OVERSIZE,
                send_under(net, 0, mode, BY_TAG, THEIRS, frame, 300));
        /* That is so, too, if its VLAN tags are malformed: two of VID 0. */
        make_frame(frame, VF_MAC(1), VF_MAC(0), ETH_P_VLAN, 301);
        stl_be_p(frame + 14, ETH_P_VLAN);
        stw_be_p(frame + 18, 0);
        dropped(net, 0, VANE_STAT_TX_DROP_OVERSIZE,
                txq_send(&net->txq[0], frame, 301, 0, 0));

        for (int on = 0; on < 2; on++) {
            grant_rx_channel(net, on);
            make_frame(frame, VF_MAC(0), 0x77, 0x88b5, 301);
            len = tag_frame(mode, wire, frame, 301, FIRST, true);
            uplink_send(net->nic, wire, len);
            wait_for(counter(&net->vf[0], VANE_STAT_RX_DROP_OVERSIZE) ==
                     on + 1);
            len = tag_frame(mode, wire, frame, 300, FIRST, true);
            uplink_send(net->nic, wire, len);
            grant_expect_at(net, on, FIRST, frame, 300, wire, len);
        }
        net_free(net);
    }
}

/* In LOOPBACK the frame inside returns, and its rights are checked as usual. */
static void grant_test_loopback(void)
{
    Net *net = grant_net(VANE_SWITCH_ETAG);
    struct vane_rx_cpl32 cpl;
    uint8_t frame[60], data[BUF_LEN];

    wr32(&net->vf[0], VANE_REG_CTRL, VANE_CTRL_ENABLE | VANE_CTRL_LOOPBACK);
    make_frame(frame, 0x77, VF_MAC(0), 0x88b5, 60);
    for (int way = 0; way < WAYS; way++) {
        send_under(net, 0, VANE_SWITCH_ETAG, way, FIRST, frame, 60);
        g_assert_cmpuint(rxq_next(&net->rxq[0], &cpl, data), ==, 60);
        g_assert_cmpint(memcmp(data, frame, 60), ==, 0);
        g_assert_cmphex(field_get(cpl.base.info, VANE_RXC_TAG), ==, 0);
        dropped(net, 0, SPOOF, send_under(net, 0, VANE_SWITCH_ETAG, way, THEIRS,
                                          frame, 60));
    }
    net_free(net);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/grant/up", grant_test_up);
    qtest_add_func("/vane/grant/priority", grant_test_priority);
    qtest_add_func("/vane/grant/edges", grant_test_edges);
    qtest_add_func("/vane/grant/rights", grant_test_rights);
    qtest_add_func("/vane/grant/beyond-vif", grant_test_beyond_vif);
    qtest_add_func("/vane/grant/tag-bits", grant_test_tag_bits);
    qtest_add_func("/vane/grant/down", grant_test_down);
    qtest_add_func("/vane/grant/down-vlan", grant_test_down_vlan);
    qtest_add_func("/vane/grant/source", grant_test_source);
    qtest_add_func("/vane/grant/offloads", grant_test_offloads);
    qtest_add_func("/vane/grant/lengths", grant_test_lengths);
    qtest_add_func("/vane/grant/loopback", grant_test_loopback);
    return g_test_run();
}
