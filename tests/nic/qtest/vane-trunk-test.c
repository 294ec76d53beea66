/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: qtests of trunk lists, which say what VLANs a port may use.
 */
#include "qemu/osdep.h"
#include "vane-net.h"

/* The trunk list of a port, of VLANs below VANE_TRUNK_VIDS, ending in -1 */
static void trunk_set(Net *net, uint16_t port, const int *vids)
{
    struct vane_cmd_trunk cmd = { .port = cpu_to_le16(port) };

    for (; *vids >= 0; vids++) {
        cmd.vids[*vids / 8] |= 1 << (*vids % 8);
    }
    g_assert_cmpint(command(net->nic, VANE_CMD_TRUNK_SET, &cmd), ==, VANE_OK);
}

#define trunk(net, ...) \
    trunk_set(net, 0, (const int[]) { __VA_ARGS__, -1 })

/* VF 0 has a trunk list and is promiscuous; all the others have every VLAN. */
static Net *trunk_new(void)
{
    Net *net = net_new();

    port_flags(net->nic, 0, VANE_PORT_FLAG_TRUNK | VANE_PORT_FLAG_TRUST);
    rx_mode(net->nic, 0, VANE_RX_MODE_PROMISC);
    return net;
}

/* VF 0 has a port VLAN beside the list. */
static Net *trunk_new_in_vlan(uint16_t proto, uint16_t vid)
{
    Net *net = net_new();

    port_up(net->nic, 0, VF_MAC(0), proto, vid, 0);
    port_flags(net->nic, 0, VANE_PORT_FLAG_TRUNK);
    return net;
}

/* A frame that VF 0 may send leaves as @wire; @len is that of both. */
static void trunk_sends(Net *net, const uint8_t *frame, const uint8_t *wire,
                        size_t len)
{
    txq_send(&net->txq[0], frame, len, 0, 0);
    expect_uplink(net, wire, len);
}

/* A frame that VF 0 may not send, for its VLAN */
static void trunk_drops(Net *net, const uint8_t *frame, size_t len)
{
    uint64_t before = counter(&net->vf[0], VANE_STAT_TX_DROP_VLAN);

    txq_send(&net->txq[0], frame, len, 0, 0);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_VLAN), ==,
                     before + 1);
}

static void trunk_test_empty(void)
{
    Net *net = trunk_new();
    uint8_t frame[60], tagged[64];

    make_frame(frame, 0x77, VF_MAC(0), 0x88b5, 60);
    trunk_drops(net, frame, 60);
    add_tag(tagged, frame, ETH_P_VLAN, 10);
    trunk_drops(net, tagged, 64);
    net_free(net);
}

/* Without a tag, with a priority tag, and with what is in the list */
static void trunk_test_send(void)
{
    Net *net = trunk_new();
    uint8_t frame[60], tagged[64];

    trunk(net, 0, 10, 20);
    make_frame(frame, 0x77, VF_MAC(0), 0x88b5, 60);
    trunk_sends(net, frame, frame, 60);
    for (int vid = 0; vid <= 20; vid += 10) {
        add_tag(tagged, frame, ETH_P_VLAN, 0x6000 | vid);
        trunk_sends(net, tagged, tagged, 64);
        txq_send(&net->txq[0], frame, 60, VANE_TXD_VLAN,
                 field_put(VANE_TXD_TCI, 0x6000 | vid));
        expect_uplink(net, tagged, 64);
    }
    /* Another VLAN, and an 802.1ad VLAN of the same number */
    add_tag(tagged, frame, ETH_P_VLAN, 30);
    trunk_drops(net, tagged, 64);
    add_tag(tagged, frame, ETH_P_DVLAN, 10);
    trunk_drops(net, tagged, 64);
    net_free(net);
}

/* The same counts for what is received: for PROMISC and the port's own MAC. */
static void trunk_test_receive(void)
{
    Net *net = trunk_new();
    Nic *nic = net->nic;
    uint8_t frame[60], tagged[64];

    trunk(net, 0, 10, 20);
    for (int to = VF_MAC(0); to <= 0x77; to += 0x77 - VF_MAC(0)) {
        make_frame(frame, to, 0x55, 0x88b5, 60);
        uplink_send(nic, tagged, add_tag(tagged, frame, ETH_P_VLAN, 30));
        uplink_send(nic, tagged, add_tag(tagged, frame, ETH_P_DVLAN, 10));
        uplink_send(nic, frame, 60);
        expect(net, 0, frame, 60);
        uplink_send(nic, tagged, add_tag(tagged, frame, ETH_P_VLAN, 10));
        expect(net, 0, tagged, 64);
    }
    net_free(net);
}

/* In a VLAN that the port has not its address is not there. */
static void trunk_test_lookup(void)
{
    Net *net = trunk_new();
    uint8_t frame[60], tagged[64];

    trunk(net, 0, 10, 20);
    make_frame(frame, VF_MAC(0), VF_MAC(1), 0x88b5, 60);
    add_tag(tagged, frame, ETH_P_VLAN, 30);
    txq_send(&net->txq[1], tagged, 64, 0, 0);
    expect_uplink(net, tagged, 64);
    add_tag(tagged, frame, ETH_P_VLAN, 20);
    txq_send(&net->txq[1], tagged, 64, 0, 0);
    expect(net, 0, tagged, 64);
    net_free(net);
}

static void trunk_test_change(void)
{
    Net *net = trunk_new();
    uint8_t frame[60], tagged[64];

    trunk(net, 0, 10, 20);
    make_frame(frame, 0x77, VF_MAC(0), 0x88b5, 60);
    trunk_sends(net, frame, frame, 60);
    trunk(net, 10);
    trunk_drops(net, frame, 60);
    add_tag(tagged, frame, ETH_P_VLAN, 20);
    trunk_drops(net, tagged, 64);
    add_tag(tagged, frame, ETH_P_VLAN, 10);
    trunk_sends(net, tagged, tagged, 64);
    net_free(net);
}

/* With a port VLAN it sends none of its own: VID 0 has to be in the list. */
static void trunk_test_port_vlan(void)
{
    Net *net = trunk_new_in_vlan(ETH_P_VLAN, 100);
    uint8_t frame[60], tagged[64], answer[60], all[60];

    make_frame(frame, 0x77, VF_MAC(0), 0x88b5, 60);
    make_frame(answer, VF_MAC(0), 0x55, 0x88b5, 60);
    make_frame(all, 0xff, 0x55, 0x88b5, 60);
    trunk(net, 10);
    trunk_drops(net, frame, 60);
    uplink_send(net->nic, tagged, add_tag(tagged, answer, ETH_P_VLAN, 100));
    /* Once this one is through, so is that one. */
    uplink_send(net->nic, all, 60);
    expect(net, 1, all, 60);

    trunk(net, 0);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    add_tag(tagged, frame, ETH_P_VLAN, 100);
    expect_uplink(net, tagged, 64);
    uplink_send(net->nic, tagged, add_tag(tagged, answer, ETH_P_VLAN, 100));
    expect(net, 0, answer, 60);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_RX_FRAMES), ==, 1);
    net_free(net);
}

/* Behind an 802.1ad port VLAN the function's own tag counts. */
static void trunk_test_service_vlan(void)
{
    Net *net = trunk_new_in_vlan(ETH_P_DVLAN, 100);
    uint8_t frame[60], tagged[64], twice[64], data[BUF_LEN];
    struct vane_rx_cpl32 cpl;

    trunk(net, 10);
    make_frame(frame, 0x77, VF_MAC(0), 0x88b5, 60);
    trunk_drops(net, frame, 60);
    add_tag(tagged, frame, ETH_P_DVLAN, 10);
    trunk_drops(net, tagged, 64);
    add_tag(tagged, frame, ETH_P_VLAN, 20);
    trunk_drops(net, tagged, 64);
    add_tag(tagged, frame, ETH_P_VLAN, 10);
    txq_send(&net->txq[0], tagged, 64, 0, 0);
    add_tag(twice, tagged, ETH_P_DVLAN, 100);
    g_assert_cmpuint(uplink_receive(net->nic, data, sizeof(data)), ==, 68);
    g_assert_cmpint(memcmp(data, twice, 64), ==, 0);

    make_frame(frame, VF_MAC(0), 0x55, 0x88b5, 60);
    for (int vid = 20; vid >= 0; vid -= 10) {
        add_tag(tagged, frame, ETH_P_VLAN, vid);
        uplink_send(net->nic, twice,
                    add_tag(twice, tagged, ETH_P_DVLAN, 100));
    }
    add_tag(tagged, frame, ETH_P_VLAN, 10);
    g_assert_cmpuint(rxq_next(&net->rxq[0], &cpl, data), ==, 60);
    g_assert_cmpint(memcmp(data, tagged, 60), ==, 0);
    g_assert_false(rxq_ready(&net->rxq[0]));
    net_free(net);
}

static void trunk_test_vntag(void)
{
    Net *net = net_new();
    uint8_t frame[60], tagged[64], wire[70];

    port_up(net->nic, 0, VF_MAC(0), 0, 0, 100);
    port_flags(net->nic, 0, VANE_PORT_FLAG_TRUNK);
    trunk(net, 10);
    switch_mode(net->nic, VANE_SWITCH_VNTAG);
    make_frame(frame, VF_MAC(0), 0x55, 0x88b5, 60);
    for (int vid = 20; vid >= 10; vid -= 10) {
        add_tag(tagged, frame, ETH_P_VLAN, vid);
        add_vntag(wire, tagged, VANE_VNTAG_DIR |
                  field_put(VANE_VNTAG_DVIF, 100));
        memcpy(wire + 66, tagged + 60, 4);
        uplink_send(net->nic, wire, 70);
    }
    expect(net, 0, tagged, 64);
    make_frame(frame, 0x77, VF_MAC(0), 0x88b5, 60);
    trunk_drops(net, frame, 60);
    net_free(net);
}

static int trunk_get(Nic *nic, const struct vane_cmd_trunk *get,
                     struct vane_cmd_trunk *answer)
{
    return command_answer(nic, VANE_CMD_TRUNK_GET, get, sizeof(*get), answer,
                          sizeof(*answer));
}

/* Sets three VLANs of the last quarter for a VF that there is not yet. */
static Nic *trunk_nic_new(struct vane_cmd_trunk *cmd)
{
    Nic *nic = nic_new();

    *cmd = (struct vane_cmd_trunk) {
        .port = cpu_to_le16(255), .first = cpu_to_le16(3072),
        .vids = { 0x05, [127] = 0x80 },
    };
    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    g_assert_cmpint(command(nic, VANE_CMD_TRUNK_SET, cmd), ==, VANE_OK);
    return nic;
}

/* Each quarter of the list is set and read by itself. */
static void trunk_test_quarters(void)
{
    struct vane_cmd_trunk cmd, answer, get;
    Nic *nic = trunk_nic_new(&cmd);

    get = cmd;
    memset(get.vids, 0, sizeof(get.vids));
    g_assert_cmpint(trunk_get(nic, &get, &answer), ==, VANE_OK);
    g_assert_cmpint(memcmp(&answer, &cmd, sizeof(cmd)), ==, 0);
    get.first = cpu_to_le16(2048);
    g_assert_cmpint(trunk_get(nic, &get, &answer), ==, VANE_OK);
    g_assert_cmpint(memcmp(&answer, &get, sizeof(get)), ==, 0);
    nic_free(nic);
}

static void trunk_test_refused(void)
{
    struct vane_cmd_port port = {
        .port = cpu_to_le16(VANE_PORT_PF),
        .valid = cpu_to_le32(VANE_PORT_VALID_FLAGS),
        .flags = cpu_to_le32(VANE_PORT_FLAG_TRUNK),
    };
    struct vane_cmd_trunk cmd;
    Nic *nic = trunk_nic_new(&cmd);

    g_assert_cmpint(command(nic, VANE_CMD_TRUNK_GET, &cmd), ==,
                    VANE_ERR_INVALID);
    cmd.first = cpu_to_le16(1);
    g_assert_cmpint(command(nic, VANE_CMD_TRUNK_SET, &cmd), ==,
                    VANE_ERR_INVALID);
    cmd.first = cpu_to_le16(4096);
    g_assert_cmpint(command(nic, VANE_CMD_TRUNK_SET, &cmd), ==,
                    VANE_ERR_RANGE);
    cmd.first = 0;
    cmd.reserved = cpu_to_le32(1);
    g_assert_cmpint(command(nic, VANE_CMD_TRUNK_SET, &cmd), ==,
                    VANE_ERR_INVALID);
    cmd.reserved = 0;
    cmd.port = cpu_to_le16(256);
    g_assert_cmpint(command(nic, VANE_CMD_TRUNK_SET, &cmd), ==,
                    VANE_ERR_NOT_FOUND);
    cmd.port = cpu_to_le16(VANE_PORT_PF);
    g_assert_cmpint(command(nic, VANE_CMD_TRUNK_SET, &cmd), ==,
                    VANE_ERR_NOT_FOUND);
    g_assert_cmpint(command(nic, VANE_CMD_PORT_SET, &port), ==,
                    VANE_ERR_INVALID);
    nic_free(nic);
}

/* Only for who asked for the feature; and gone with a soft reset */
static void trunk_test_reset(void)
{
    struct vane_cmd_port port = {
        .valid = cpu_to_le32(VANE_PORT_VALID_FLAGS),
        .flags = cpu_to_le32(VANE_PORT_FLAG_TRUNK),
    };
    struct vane_cmd_trunk get, answer;
    Nic *nic = trunk_nic_new(&get);

    memset(get.vids, 0, sizeof(get.vids));
    wr32(&nic->pf, VANE_REG_PF_CTRL, VANE_PF_CTRL_RESET);
    fn_enable(&nic->pf, VANE_FEAT_VEB);
    mailbox_enable(nic);
    g_assert_cmpint(trunk_get(nic, &get, &answer), ==, VANE_ERR_UNSUPPORTED);
    g_assert_cmpint(command(nic, VANE_CMD_PORT_SET, &port), ==,
                    VANE_ERR_UNSUPPORTED);
    wr32(&nic->pf, VANE_REG_CTRL, VANE_CTRL_RESET);
    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    g_assert_cmpint(trunk_get(nic, &get, &answer), ==, VANE_OK);
    g_assert_cmpint(memcmp(&answer, &get, sizeof(get)), ==, 0);
    nic_free(nic);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/trunk/empty", trunk_test_empty);
    qtest_add_func("/vane/trunk/send", trunk_test_send);
    qtest_add_func("/vane/trunk/receive", trunk_test_receive);
    qtest_add_func("/vane/trunk/lookup", trunk_test_lookup);
    qtest_add_func("/vane/trunk/change", trunk_test_change);
    qtest_add_func("/vane/trunk/port-vlan", trunk_test_port_vlan);
    qtest_add_func("/vane/trunk/service-vlan", trunk_test_service_vlan);
    qtest_add_func("/vane/trunk/vn-tag", trunk_test_vntag);
    qtest_add_func("/vane/trunk/quarters", trunk_test_quarters);
    qtest_add_func("/vane/trunk/refused", trunk_test_refused);
    qtest_add_func("/vane/trunk/reset", trunk_test_reset);
    return g_test_run();
}
