/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: the switch and its tags without a guest.
 */
#include "qemu/osdep.h"
#include "vane-net.h"

/* To its receiver only, and not to the uplink */
static void switch_test_unicast(void)
{
    Net *net = net_new();
    uint8_t frame[60];

    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect(net, 1, frame, 60);
    expect_nothing(net, 2);
    net_free(net);
}

/* To all and the uplink, not back */
static void switch_test_broadcast(void)
{
    Net *net = net_new();
    uint8_t frame[60];

    make_frame(frame, 0xff, VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    for (int i = 1; i <= VFS; i++) {
        expect(net, i, frame, 60);
    }
    expect_uplink(net, frame, 60);
    expect_nothing(net, 0);
    net_free(net);
}

/* Multicast and a second address by filter, multicast by ALLMULTI */
static void switch_test_filters(void)
{
    Net *net = net_new();
    struct vane_cmd_filter filter = {
        .port = cpu_to_le16(3),
        .addrs.count = cpu_to_le16(2),
        .addrs.addr = { { 1, 0, 0x5e, 0, 0, 1 }, { 2, 0, 0, 0, 0, 0x44 } },
    };
    uint8_t frame[60], group[60];

    g_assert_cmpint(command(net->nic, VANE_CMD_FILTER_ADD, &filter), ==,
                    VANE_OK);
    make_frame(group, 0, VF_MAC(0), 0x88b5, 60);
    memcpy(group, filter.addrs.addr[0], 6);
    txq_send(&net->txq[0], group, 60, 0, 0);
    expect(net, 3, group, 60);
    expect_uplink(net, group, 60);
    make_frame(frame, 0x44, VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect(net, 3, frame, 60);

    /* ALLMULTI counts for who is trusted. */
    rx_mode(net->nic, 1, VANE_RX_MODE_ALLMULTI);
    txq_send(&net->txq[0], group, 60, 0, 0);
    expect(net, 3, group, 60);
    expect_uplink(net, group, 60);
    expect_nothing(net, 1);
    drain(net);
    port_flags(net->nic, 1, VANE_PORT_FLAG_TRUST);
    txq_send(&net->txq[0], group, 60, 0, 0);
    expect(net, 1, group, 60);
    expect(net, 3, group, 60);
    expect_uplink(net, group, 60);
    expect_nothing(net, 2);
    drain(net);

    g_assert_cmpint(command(net->nic, VANE_CMD_FILTER_DEL, &filter), ==,
                    VANE_OK);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect_uplink(net, frame, 60);
    expect_nothing(net, 3);
    net_free(net);
}

/* What is for others and for the uplink too, for who is trusted */
static void switch_test_promiscuous(void)
{
    Net *net = net_new();
    uint8_t frame[60];

    rx_mode(net->nic, 2, VANE_RX_MODE_PROMISC);
    port_flags(net->nic, 2, VANE_PORT_FLAG_TRUST);
    make_frame(frame, 0x44, VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect(net, 2, frame, 60);
    expect_uplink(net, frame, 60);
    expect_nothing(net, 3);
    drain(net);
    port_flags(net->nic, 2, 0);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect_uplink(net, frame, 60);
    expect_nothing(net, 2);
    net_free(net);
}

/* A source that is not the port's own, or is a group */
static void switch_test_spoof(void)
{
    Net *net = net_new();
    uint8_t frame[60];

    make_frame(frame, VF_MAC(1), 0x66, 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    frame[6] |= 1;
    txq_send(&net->txq[0], frame, 60, 0, 0);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_SPOOF), ==, 2);
    expect_nothing(net, 1);
    net_free(net);
}

/* Longer than the receiver allows, or the sender; too short */
static void switch_test_lengths(void)
{
    Net *net = net_new();
    struct vane_rx_cpl32 cpl;
    uint8_t frame[129];

    wr32(&net->vf[1], VANE_REG_MAX_FRAME, 64);
    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, sizeof(frame));
    txq_send(&net->txq[0], frame, 60, VANE_TXD_VLAN, 0);
    rxq_next(&net->rxq[1], &cpl, NULL);
    wr32(&net->vf[0], VANE_REG_MAX_FRAME, 128);
    txq_send(&net->txq[0], frame, 65, 0, 0);
    wait_for(counter(&net->vf[1], VANE_STAT_RX_DROP_OVERSIZE) == 1);
    txq_send(&net->txq[0], frame, 129, 0, 0);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_OVERSIZE), ==, 1);
    txq_send(&net->txq[0], frame, 13, 0, 0);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_MALFORMED), ==, 1);
    net_free(net);
}

/* VFs 0 and 1 in VLAN 100, VF 2 in VLAN 200, VF 3 and the PF in none. */
static Net *switch_new_in_vlans(void)
{
    Net *net = net_new();

    port_up(net->nic, 0, VF_MAC(0), ETH_P_VLAN, 0xa000 | 100, 0);
    port_up(net->nic, 1, VF_MAC(1), ETH_P_VLAN, 100, 0);
    port_up(net->nic, 2, VF_MAC(2), ETH_P_VLAN, 200, 0);
    return net;
}

static void switch_test_port_vlan(void)
{
    Net *net = switch_new_in_vlans();
    uint8_t frame[64], tagged[64];

    /* Broadcast: untagged in VLAN 100, tagged on the wire and at the PF */
    make_frame(frame, 0xff, VF_MAC(0), 0x88b5, 60);
    add_tag(tagged, frame, ETH_P_VLAN, 0xa000 | 100);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect(net, 1, frame, 60);
    expect(net, PF, tagged, 64);
    expect_uplink(net, tagged, 64);

    /* To an address in another VLAN: not known here, so to the uplink */
    make_frame(frame, VF_MAC(2), VF_MAC(0), 0x88b5, 60);
    add_tag(tagged, frame, ETH_P_VLAN, 0xa000 | 100);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect_uplink(net, tagged, 64);
    g_assert_cmpuint(counter(&net->vf[2], VANE_STAT_RX_FRAMES), ==, 0);
    net_free(net);
}

/* A tag of its own is not allowed; a priority is, and goes on. */
static void switch_test_port_vlan_tags(void)
{
    Net *net = switch_new_in_vlans();
    uint8_t frame[64], tagged[64];

    make_frame(frame, 0x77, VF_MAC(0), 0x88b5, 60);
    add_tag(tagged, frame, ETH_P_VLAN, 0xa000 | 100);
    txq_send(&net->txq[0], frame, 60, VANE_TXD_VLAN,
             field_put(VANE_TXD_TCI, 200));
    txq_send(&net->txq[0], tagged, 64, 0, 0);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_VLAN), ==, 2);
    txq_send(&net->txq[0], frame, 60, VANE_TXD_VLAN,
             field_put(VANE_TXD_TCI, 0x6000));
    add_tag(tagged, frame, ETH_P_VLAN, 0x6000 | 100);
    expect_uplink(net, tagged, 64);
    add_tag(tagged, frame, ETH_P_VLAN, 0x4000);
    txq_send(&net->txq[0], tagged, 64, 0, 0);
    add_tag(tagged, frame, ETH_P_VLAN, 0x4000 | 100);
    expect_uplink(net, tagged, 64);
    net_free(net);
}

/*
 * From the uplink: by VLAN, for PROMISC too; the same number of 802.1ad is
 * another one.
 */
static void switch_test_port_vlan_receive(void)
{
    Net *net = switch_new_in_vlans();
    uint8_t frame[64], tagged[64];

    port_flags(net->nic, 2, VANE_PORT_FLAG_TRUST);
    rx_mode(net->nic, 2, VANE_RX_MODE_PROMISC);
    make_frame(frame, VF_MAC(1), 0x55, 0x88b5, 60);
    uplink_send(net->nic, tagged, add_tag(tagged, frame, ETH_P_VLAN, 200));
    uplink_send(net->nic, tagged, add_tag(tagged, frame, ETH_P_DVLAN, 100));
    uplink_send(net->nic, frame, 60);
    uplink_send(net->nic, tagged, add_tag(tagged, frame, ETH_P_VLAN, 100));
    expect(net, 1, frame, 60);
    expect(net, 2, frame, 60);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_FRAMES), ==, 1);
    g_assert_cmpuint(counter(&net->vf[2], VANE_STAT_RX_FRAMES), ==, 1);
    net_free(net);
}

/* VLAN 100 only after it was added */
static void switch_test_vlan_filter(void)
{
    Net *net = switch_new_in_vlans();
    struct vane_cmd_vlan vlan = {
        .port = cpu_to_le16(3), .vid = cpu_to_le16(100),
    };
    uint8_t frame[64], tagged[64];

    rx_mode(net->nic, 3, VANE_RX_MODE_VLAN_FILTER);
    make_frame(frame, VF_MAC(3), VF_MAC(0), 0x88b5, 60);
    add_tag(tagged, frame, ETH_P_VLAN, 0xa000 | 100);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect_uplink(net, tagged, 64);
    g_assert_cmpint(command(net->nic, VANE_CMD_VLAN_ADD, &vlan), ==, VANE_OK);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect(net, 3, tagged, 64);
    net_free(net);
}

/* 802.1ad: the function keeps its own tags. */
static void switch_test_service_vlan(void)
{
    Net *net = net_new();
    uint8_t frame[64], tagged[64];

    port_up(net->nic, 0, VF_MAC(0), ETH_P_DVLAN, 300, 0);
    port_up(net->nic, 1, VF_MAC(1), ETH_P_DVLAN, 300, 0);
    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    add_tag(tagged, frame, ETH_P_VLAN, 7);
    txq_send(&net->txq[0], frame, 60, VANE_TXD_VLAN,
             field_put(VANE_TXD_TCI, 7));
    expect(net, 1, tagged, 64);
    net_free(net);
}

/* Sets the two MACs of VF 1 to PREFIX:mac and PREFIX:own; 0 for none */
static int switch_macs_set(Nic *nic, uint32_t valid, uint8_t mac, uint8_t own)
{
    struct vane_cmd_port cmd = {
        .port = cpu_to_le16(1),
        .valid = cpu_to_le32(valid),
        .mac = { mac ? 2 : 0, 0, 0, 0, 0, mac },
        .own_mac = { own ? 2 : 0, 0, 0, 0, 0, own },
    };

    return command(nic, VANE_CMD_PORT_SET, &cmd);
}

static void switch_macs_are(Nic *nic, uint8_t mac, uint8_t own)
{
    struct vane_cmd_port cmd = { .port = cpu_to_le16(1) };

    g_assert_cmpint(command_answer(nic, VANE_CMD_PORT_GET, &cmd, sizeof(cmd),
                                   &cmd, sizeof(cmd)), ==, VANE_OK);
    g_assert_cmphex(cmd.mac[5], ==, mac);
    g_assert_cmphex(cmd.own_mac[5], ==, own);
}

/* A frame from the uplink to a MAC reaches VF 1, or no VF. */
static void switch_reaches(Net *net, uint8_t mac, bool vf1)
{
    uint8_t frame[60];

    make_frame(frame, mac, 0xee, 0x88b5, sizeof(frame));
    uplink_send(net->nic, frame, sizeof(frame));
    if (vf1) {
        expect(net, 1, frame, sizeof(frame));
    }
    expect_nothing(net, 1);
    drain(net);
}

/* A frame of VF 1 with a source MAC leaves, or is dropped as spoofed. */
static void switch_may_send(Net *net, uint8_t mac, bool may)
{
    uint64_t spoofs = counter(&net->vf[1], VANE_STAT_TX_DROP_SPOOF);
    uint8_t frame[60];

    make_frame(frame, 0xee, mac, 0x88b5, sizeof(frame));
    txq_send(&net->txq[1], frame, sizeof(frame), 0, 0);
    if (may) {
        expect_uplink(net, frame, sizeof(frame));
    } else {
        wait_for(counter(&net->vf[1], VANE_STAT_TX_DROP_SPOOF) == spoofs + 1);
    }
}

static void switch_test_own_mac(void)
{
    const uint32_t both = VANE_PORT_VALID_MAC | VANE_PORT_VALID_OWN_MAC;
    struct vane_cmd_target target = { .port = cpu_to_le16(1) };
    Net *net = net_new();
    Nic *nic = net->nic;

    /* In place of the administered one, which stays what it is */
    g_assert_cmpint(switch_macs_set(nic, VANE_PORT_VALID_OWN_MAC, 0, 0x71), ==,
                    VANE_OK);
    switch_macs_are(nic, VF_MAC(1), 0x71);
    switch_reaches(net, 0x71, true);
    switch_reaches(net, VF_MAC(1), false);
    switch_may_send(net, 0x71, true);
    switch_may_send(net, VF_MAC(1), false);
    /* It is no filter. */
    g_assert_cmpint(command(nic, VANE_CMD_FILTER_CLEAR, &target), ==, VANE_OK);
    switch_macs_are(nic, VF_MAC(1), 0x71);
    switch_reaches(net, 0x71, true);
    switch_may_send(net, 0x71, true);
    g_assert_cmpint(switch_macs_set(nic, VANE_PORT_VALID_MAC, 0x72, 0), ==,
                    VANE_OK);
    switch_macs_are(nic, 0x72, 0x71);
    switch_reaches(net, 0x72, false);
    g_assert_cmpint(switch_macs_set(nic, both, 0x73, 0), ==, VANE_OK);
    switch_macs_are(nic, 0x73, 0);
    switch_reaches(net, 0x73, true);
    switch_reaches(net, 0x71, false);
    net_free(net);
}

/* An own MAC ends with a reset of the VF; the STATUS block follows. */
static void switch_test_own_mac_ends(void)
{
    struct vane_cmd_status status = {
        .port = cpu_to_le16(1), .mac = { 2, 0, 0, 0, 0, 0x71 },
    };
    Net *net = net_new();
    Nic *nic = net->nic;

    g_assert_cmpint(switch_macs_set(nic, VANE_PORT_VALID_OWN_MAC, 0, 0x71), ==,
                    VANE_OK);
    g_assert_cmpint(command(nic, VANE_CMD_STATUS_SET, &status), ==, VANE_OK);
    wr32(&net->vf[1], VANE_REG_CTRL, VANE_CTRL_RESET);
    switch_macs_are(nic, VF_MAC(1), 0);
    g_assert_cmphex(rd64(&net->vf[1], VANE_REG_STATUS_MAC), ==,
                    2 | (uint64_t)VF_MAC(1) << 40);
    net_free(net);
}

/* No multicast address, and only for those who asked for it */
static void switch_test_own_mac_refused(void)
{
    struct vane_cmd_port group = {
        .port = cpu_to_le16(1),
        .valid = cpu_to_le32(VANE_PORT_VALID_OWN_MAC),
        .own_mac = { 1, 0, 0x5e, 0, 0, 1 },
    };
    Net *net = net_new();
    Nic *nic = net->nic;

    g_assert_cmpint(command(nic, VANE_CMD_PORT_SET, &group), ==,
                    VANE_ERR_INVALID);
    wr32(&nic->pf, VANE_REG_CTRL, VANE_CTRL_RESET);
    fn_enable(&nic->pf, VANE_FEAT_VEB);
    mailbox_enable(nic);
    g_assert_cmpint(switch_macs_set(nic, VANE_PORT_VALID_OWN_MAC, 0, 0x71), ==,
                    VANE_ERR_UNSUPPORTED);
    net_free(net);
}

/* For a neighbour: only when the bridge sends it back */
static void switch_test_vepa(void)
{
    Net *net = net_new();
    uint8_t frame[60];

    switch_mode(net->nic, VANE_SWITCH_VEPA);
    port_flags(net->nic, 3, VANE_PORT_FLAG_TRUST);
    rx_mode(net->nic, 3, VANE_RX_MODE_PROMISC);
    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect_uplink(net, frame, 60);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_FRAMES), ==, 0);
    g_assert_cmpuint(counter(&net->vf[3], VANE_STAT_RX_FRAMES), ==, 0);
    uplink_send(net->nic, frame, 60);
    expect(net, 1, frame, 60);
    expect(net, 3, frame, 60);
    net_free(net);
}

/* Nobody gets back what they sent: by MAC, PROMISC's own, by filter */
static void switch_test_vepa_prunes(void)
{
    struct vane_cmd_filter filter = {
        .port = cpu_to_le16(2),
        .addrs.count = cpu_to_le16(1),
        .addrs.addr = { { 2, 0, 0, 0, 0, 0x44 } },
    };
    Net *net = net_new();
    uint8_t frame[60];

    switch_mode(net->nic, VANE_SWITCH_VEPA);
    port_flags(net->nic, 3, VANE_PORT_FLAG_TRUST);
    rx_mode(net->nic, 3, VANE_RX_MODE_PROMISC);
    for (int from = 0; from <= 3; from += 3) {
        make_frame(frame, 0xff, VF_MAC(from), 0x88b5, 60);
        txq_send(&net->txq[from], frame, 60, 0, 0);
        expect_uplink(net, frame, 60);
        uplink_send(net->nic, frame, 60);
        for (int i = 0; i <= VFS; i++) {
            if (i != from) {
                expect(net, i, frame, 60);
            }
        }
        expect_nothing(net, from);
        drain(net);
    }
    g_assert_cmpint(command(net->nic, VANE_CMD_FILTER_ADD, &filter), ==,
                    VANE_OK);
    make_frame(frame, 0xff, 0x44, 0x88b5, 60);
    uplink_send(net->nic, frame, 60);
    expect(net, 1, frame, 60);
    expect_nothing(net, 2);
    net_free(net);
}

/* In a port VLAN too; in VEB mode there is no such check. */
static void switch_test_vepa_vlan(void)
{
    Net *net = net_new();
    uint8_t frame[60], tagged[64];

    switch_mode(net->nic, VANE_SWITCH_VEPA);
    port_up(net->nic, 0, VF_MAC(0), ETH_P_VLAN, 100, 0);
    make_frame(frame, 0xff, VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    add_tag(tagged, frame, ETH_P_VLAN, 100);
    expect_uplink(net, tagged, 64);
    uplink_send(net->nic, tagged, add_tag(tagged, frame, ETH_P_VLAN, 100));
    expect(net, 1, tagged, 64);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_RX_FRAMES), ==, 0);

    switch_mode(net->nic, VANE_SWITCH_VEB);
    make_frame(frame, VF_MAC(1), VF_MAC(1), 0x88b5, 60);
    uplink_send(net->nic, frame, 60);
    expect(net, 1, frame, 60);
    net_free(net);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/switch/unicast", switch_test_unicast);
    qtest_add_func("/vane/switch/broadcast", switch_test_broadcast);
    qtest_add_func("/vane/switch/filters", switch_test_filters);
    qtest_add_func("/vane/switch/promiscuous", switch_test_promiscuous);
    qtest_add_func("/vane/switch/spoof", switch_test_spoof);
    qtest_add_func("/vane/switch/lengths", switch_test_lengths);
    qtest_add_func("/vane/switch/port-vlan", switch_test_port_vlan);
    qtest_add_func("/vane/switch/port-vlan-tags", switch_test_port_vlan_tags);
    qtest_add_func("/vane/switch/port-vlan-receive",
                   switch_test_port_vlan_receive);
    qtest_add_func("/vane/switch/vlan-filter", switch_test_vlan_filter);
    qtest_add_func("/vane/switch/service-vlan", switch_test_service_vlan);
    qtest_add_func("/vane/switch/own-mac", switch_test_own_mac);
    qtest_add_func("/vane/switch/own-mac-ends", switch_test_own_mac_ends);
    qtest_add_func("/vane/switch/own-mac-refused",
                   switch_test_own_mac_refused);
    qtest_add_func("/vane/switch/vepa", switch_test_vepa);
    qtest_add_func("/vane/switch/vepa-prunes", switch_test_vepa_prunes);
    qtest_add_func("/vane/switch/vepa-vlan", switch_test_vepa_vlan);
    return g_test_run();
}
