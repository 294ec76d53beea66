/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: which functions receive an address, and which may send from it, for
 * random addresses. The seed is that of GLib: --seed repeats a run.
 */
#include "qemu/osdep.h"
#include "vane-net.h"

#define ADDRESSES   24
#define ROUNDS      60
#define BATCH       16

/* EtherTypes of frames that count, of others, and of the end of a batch */
#define TYPE_FRAME  0x88b5
#define TYPE_OTHER  0x88b6
#define TYPE_END    0x88b7

/* The expected state of the switch: each port's own address and filters */
typedef struct Model {
    uint8_t mac[ADDRESSES][ETH_ALEN];
    int own[VFS + 1];
    bool filter[VFS + 1][ADDRESSES];
    bool got[BATCH][VFS + 1];
} Model;

static uint16_t address_port_of(int i)
{
    return i == PF ? VANE_PORT_PF : i;
}

static bool address_is_known(const Model *model, int count)
{
    for (int k = 0; k < count; k++) {
        if (!memcmp(model->mac[k], model->mac[count], ETH_ALEN)) {
            return true;
        }
    }
    return false;
}

/* All bytes at random, or another address with a byte or a bit changed */
static void address_draw_address(Model *model, int k)
{
    uint8_t *mac = model->mac[k];

    do {
        for (int b = 0; b < ETH_ALEN; b++) {
            mac[b] = g_test_rand_int();
        }
        if (k && g_test_rand_bit()) {
            int b = g_test_rand_int_range(0, ETH_ALEN);

            memcpy(mac, model->mac[g_test_rand_int_range(0, k)], ETH_ALEN);
            mac[b] ^= g_test_rand_bit() ? g_test_rand_int() :
                      1 << g_test_rand_int_range(0, 8);
        }
        /* The first ones become the ports' own. */
        if (k <= VFS) {
            mac[0] &= ~1;
        }
    } while (address_is_known(model, k) || is_broadcast_ether_addr(mac) ||
             !memcmp(mac, (uint8_t[ETH_ALEN]) {}, ETH_ALEN));
}

static void address_set_own(Net *net, Model *model, int i)
{
    struct vane_cmd_port cmd = {
        .port = cpu_to_le16(address_port_of(i)),
        .valid = cpu_to_le32(VANE_PORT_VALID_MAC),
    };

    memcpy(cmd.mac, model->mac[model->own[i]], ETH_ALEN);
    g_assert_cmpint(command(net->nic, VANE_CMD_PORT_SET, &cmd), ==, VANE_OK);
}

static void address_change_filter(Net *net, Model *model)
{
    int i = g_test_rand_int_range(0, VFS + 1);
    int k = g_test_rand_int_range(0, ADDRESSES);
    struct vane_cmd_filter cmd = {
        .port = cpu_to_le16(address_port_of(i)),
        .addrs.count = cpu_to_le16(1),
    };

    memcpy(cmd.addrs.addr[0], model->mac[k], ETH_ALEN);
    model->filter[i][k] = g_test_rand_bit();
    g_assert_cmpint(command(net->nic, model->filter[i][k] ?
                            VANE_CMD_FILTER_ADD : VANE_CMD_FILTER_DEL, &cmd),
                    ==, VANE_OK);
}

static void address_frame(const Model *model, uint8_t *frame, int to, int from,
                          uint16_t type)
{
    memset(frame, 0, 60);
    memcpy(frame, model->mac[to], ETH_ALEN);
    memcpy(frame + ETH_ALEN, model->mac[from], ETH_ALEN);
    stw_be_p(frame + 12, type);
}

/* Which of the frames that were sent came to each function? */
static void address_collect(Net *net, Model *model)
{
    uint8_t frame[60];

    memset(model->got, 0, sizeof(model->got));
    make_frame(frame, 0xff, 0xee, TYPE_END, sizeof(frame));
    uplink_send(net->nic, frame, sizeof(frame));
    for (int i = 0; i <= VFS; i++) {
        for (;;) {
            struct vane_rx_cpl32 cpl;
            uint8_t data[BUF_LEN];

            g_assert_cmpuint(rxq_next(&net->rxq[i], &cpl, data), ==,
                             sizeof(frame));
            if (lduw_be_p(data + 12) == TYPE_END) {
                break;
            }
            if (lduw_be_p(data + 12) == TYPE_OTHER) {
                continue;
            }
            g_assert_cmpuint(data[20], <, BATCH);
            g_assert_false(model->got[data[20]][i]);
            model->got[data[20]][i] = true;
        }
    }
    drain(net);
}

static void address_check_receivers(Net *net, Model *model)
{
    int to[BATCH];

    for (int n = 0; n < BATCH; n++) {
        uint8_t frame[60];

        to[n] = g_test_rand_int_range(0, ADDRESSES);
        address_frame(model, frame, to[n], 0, TYPE_FRAME);
        frame[20] = n;
        uplink_send(net->nic, frame, sizeof(frame));
    }
    address_collect(net, model);
    for (int n = 0; n < BATCH; n++) {
        for (int i = 0; i <= VFS; i++) {
            bool receives = model->own[i] == to[n] || model->filter[i][to[n]];

            if (model->got[n][i] != receives) {
                const uint8_t *mac = model->mac[to[n]];

                g_error("port %d %s %02x:%02x:%02x:%02x:%02x:%02x", i,
                        receives ? "does not receive" : "receives", mac[0],
                        mac[1], mac[2], mac[3], mac[4], mac[5]);
            }
        }
    }
}

/* A function may send from its own address and from a unicast filter. */
static void address_check_source(Net *net, Model *model)
{
    int i = g_test_rand_int_range(0, VFS + 1);
    int from = g_test_rand_int_range(0, ADDRESSES);
    bool allowed = (model->own[i] == from || model->filter[i][from]) &&
                   !is_multicast_ether_addr(model->mac[from]);
    const Fn *fn = net_fn(net, i);
    uint64_t sent = counter(fn, VANE_STAT_TX_FRAMES);
    uint64_t spoofed = counter(fn, VANE_STAT_TX_DROP_SPOOF);
    uint8_t frame[60];

    address_frame(model, frame, model->own[i], from, TYPE_OTHER);
    txq_send(&net->txq[i], frame, sizeof(frame), 0, 0);
    g_assert_cmpuint(counter(fn, VANE_STAT_TX_FRAMES) - sent, ==, allowed);
    g_assert_cmpuint(counter(fn, VANE_STAT_TX_DROP_SPOOF) - spoofed, ==,
                     !allowed);
}

static void address_test_random(void)
{
    Net *net = net_new();
    g_autofree Model *model = g_new0(Model, 1);

    for (int k = 0; k < ADDRESSES; k++) {
        address_draw_address(model, k);
    }
    for (int i = 0; i <= VFS; i++) {
        model->own[i] = i;
        address_set_own(net, model, i);
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (int n = 0; n < 6; n++) {
            address_change_filter(net, model);
        }
        address_check_receivers(net, model);
        for (int n = 0; n < 6; n++) {
            address_check_source(net, model);
        }
    }
    net_free(net);
}

/* A port without an address has none to send from, or to be found by. */
static void address_test_none(void)
{
    Net *net = net_new();
    struct vane_cmd_port cmd = {
        .valid = cpu_to_le32(VANE_PORT_VALID_MAC | VANE_PORT_VALID_CHANNEL),
        .channel = cpu_to_le16(100),
    };
    uint8_t frame[66] = { 2, 0, 0, 0, 0, VF_MAC(1), [12] = 0x88, 0xb5 };

    g_assert_cmpint(command(net->nic, VANE_CMD_PORT_SET, &cmd), ==, VANE_OK);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_SPOOF), ==, 1);
    g_assert_false(rxq_ready(&net->rxq[1]));

    make_frame(frame, 0, 0x55, 0x88b5, 60);
    memset(frame, 0, ETH_ALEN);
    uplink_send(net->nic, frame, 60);
    expect_nothing(net, 0);
    drain(net);

    switch_mode(net->nic, VANE_SWITCH_VNTAG);
    for (int to = 0; to < 2; to++) {
        memset(frame, to ? 0xff : 0, ETH_ALEN);
        stw_be_p(frame + 12, VANE_VNTAG_ETHERTYPE);
        stl_be_p(frame + 14, VANE_VNTAG_DIR |
                 field_put(VANE_VNTAG_DVIF, 100));
        stw_be_p(frame + 18, 0x88b5);
        uplink_send(net->nic, frame, 66);
    }
    wait_for(rxq_ready(&net->rxq[0]));
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_RX_BROADCAST), ==, 2);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_RX_FRAMES), ==, 2);
    net_free(net);
}

/* Without link, or in loopback, it is not the place of what lives outside. */
static void address_test_closed(void)
{
    Net *net = net_new();
    struct vane_cmd_port cmd = {
        .port = cpu_to_le16(1),
        .valid = cpu_to_le32(VANE_PORT_VALID_FLAGS),
    };
    uint8_t frame[60];

    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect(net, 1, frame, 60);

    g_assert_cmpint(command(net->nic, VANE_CMD_PORT_SET, &cmd), ==, VANE_OK);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect_uplink(net, frame, 60);
    port_flags(net->nic, 1, 0);
    wr32(&net->vf[1], VANE_REG_CTRL, VANE_CTRL_ENABLE | VANE_CTRL_LOOPBACK);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect_uplink(net, frame, 60);
    wr32(&net->vf[1], VANE_REG_CTRL, VANE_CTRL_ENABLE);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect(net, 1, frame, 60);

    /* While it is disabled, they are: the frame is lost. */
    wr32(&net->vf[1], VANE_REG_CTRL, 0);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_DROP_NOBUF), ==, 1);
    net_free(net);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/address/random", address_test_random);
    qtest_add_func("/vane/address/none", address_test_none);
    qtest_add_func("/vane/address/closed", address_test_closed);
    return g_test_run();
}
