/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: the switch and its tags without a guest.
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "vane-net.h"

static void test_switch(void)
{
    Net *net = net_new();
    struct vane_cmd_filter filter = {
        .port = cpu_to_le16(3),
        .addrs.count = cpu_to_le16(2),
        .addrs.addr = { { 1, 0, 0x5e, 0, 0, 1 }, { 2, 0, 0, 0, 0, 0x44 } },
    };
    uint8_t frame[60];

    /* Unicast: to its receiver only, and not to the uplink */
    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect(net, 1, frame, 60);
    expect_nothing(net, 2);
    drain(net);

    /* Broadcast: to all and the uplink, not back */
    make_frame(frame, 0xff, VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    for (int i = 1; i <= VFS; i++) {
        expect(net, i, frame, 60);
    }
    expect_uplink(net, frame, 60);
    expect_nothing(net, 0);
    drain(net);

    /* Multicast and a second address by filter */
    g_assert_cmpint(command(net->nic, VANE_CMD_FILTER_ADD, &filter), ==,
                    VANE_OK);
    make_frame(frame, 0, VF_MAC(0), 0x88b5, 60);
    memcpy(frame, filter.addrs.addr[0], 6);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect(net, 3, frame, 60);
    expect_uplink(net, frame, 60);
    make_frame(frame, 0x44, VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect(net, 3, frame, 60);
    rx_mode(net->nic, 1, VANE_RX_MODE_ALLMULTI);
    memcpy(frame, filter.addrs.addr[0], 6);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect(net, 1, frame, 60);
    expect(net, 3, frame, 60);
    expect_uplink(net, frame, 60);
    expect_nothing(net, 2);
    drain(net);
    g_assert_cmpint(command(net->nic, VANE_CMD_FILTER_DEL, &filter), ==,
                    VANE_OK);

    /* Promiscuous: what is for others and for the uplink too */
    rx_mode(net->nic, 2, VANE_RX_MODE_PROMISC);
    make_frame(frame, 0x44, VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect(net, 2, frame, 60);
    expect_uplink(net, frame, 60);
    expect_nothing(net, 3);
    drain(net);
    rx_mode(net->nic, 2, 0);

    /* A source that is not the port's own, or is a group */
    make_frame(frame, VF_MAC(1), 0x66, 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    frame[6] |= 1;
    txq_send(&net->txq[0], frame, 60, 0, 0);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_SPOOF), ==, 2);
    expect_nothing(net, 1);
    drain(net);

    /* Longer than the receiver allows */
    wr32(&net->vf[1], VANE_REG_MAX_FRAME, 64);
    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, VANE_TXD_VLAN, 0);
    rxq_next(&net->rxq[1], &(struct vane_rx_cpl32) {}, NULL);
    wr32(&net->vf[0], VANE_REG_MAX_FRAME, 128);
    txq_send(&net->txq[0], (uint8_t[65]) { 2, 0, 0, 0, 0, VF_MAC(1), 2, 0, 0,
                                           0, 0, VF_MAC(0) }, 65, 0, 0);
    wait_for(counter(&net->vf[1], VANE_STAT_RX_DROP_OVERSIZE) == 1);
    txq_send(&net->txq[0], (uint8_t[129]) { 2 }, 129, 0, 0);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_OVERSIZE), ==, 1);
    txq_send(&net->txq[0], (uint8_t[13]) { 2 }, 13, 0, 0);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_MALFORMED), ==, 1);
    net_free(net);
}

static size_t add_tag(uint8_t *to, const uint8_t *frame, uint16_t proto,
                      uint16_t tci)
{
    memcpy(to, frame, 12);
    stw_be_p(to + 12, proto);
    stw_be_p(to + 14, tci);
    memcpy(to + 16, frame + 12, 48);
    return 64;
}

/* VFs 0 and 1 in VLAN 100, VF 2 in VLAN 200, VF 3 and the PF in none. */
static void test_port_vlan(void)
{
    Net *net = net_new();
    uint8_t frame[64], tagged[64];

    port_up(net->nic, 0, VF_MAC(0), ETH_P_VLAN, 0xa000 | 100, 0);
    port_up(net->nic, 1, VF_MAC(1), ETH_P_VLAN, 100, 0);
    port_up(net->nic, 2, VF_MAC(2), ETH_P_VLAN, 200, 0);
    rx_mode(net->nic, 2, VANE_RX_MODE_PROMISC);
    rx_mode(net->nic, 3, VANE_RX_MODE_VLAN_FILTER);

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

    /* A tag of its own is not allowed; a priority is, and goes on. */
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

    /* From the uplink: by VLAN; the same number of 802.1ad is another one. */
    make_frame(frame, VF_MAC(1), 0x55, 0x88b5, 60);
    uplink_send(net->nic, tagged, add_tag(tagged, frame, ETH_P_VLAN, 200));
    uplink_send(net->nic, tagged, add_tag(tagged, frame, ETH_P_DVLAN, 100));
    uplink_send(net->nic, frame, 60);
    uplink_send(net->nic, tagged, add_tag(tagged, frame, ETH_P_VLAN, 100));
    expect(net, 1, frame, 60);

    /* VF 2 is promiscuous, but in its VLAN only. */
    expect(net, 2, frame, 60);
    g_assert_cmpuint(counter(&net->vf[2], VANE_STAT_RX_FRAMES), ==, 1);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_FRAMES), ==, 2);

    /* VF 3 filters: VLAN 100 only after it was added */
    make_frame(frame, VF_MAC(3), VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    add_tag(tagged, frame, ETH_P_VLAN, 0xa000 | 100);
    expect_uplink(net, tagged, 64);
    g_assert_cmpint(command(net->nic, VANE_CMD_VLAN_ADD,
                            (&(struct vane_cmd_vlan) {
                                .port = cpu_to_le16(3),
                                .vid = cpu_to_le16(100) })), ==, VANE_OK);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect(net, 3, tagged, 64);

    /* 802.1ad: the function keeps its own tags */
    port_up(net->nic, 0, VF_MAC(0), ETH_P_DVLAN, 300, 0);
    port_up(net->nic, 1, VF_MAC(1), ETH_P_DVLAN, 300, 0);
    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    add_tag(tagged, frame, ETH_P_VLAN, 7);
    txq_send(&net->txq[0], frame, 60, VANE_TXD_VLAN,
             field_put(VANE_TXD_TCI, 7));
    expect(net, 1, tagged, 64);
    net_free(net);
}

static size_t add_vntag(uint8_t *to, const uint8_t *frame, uint32_t tag)
{
    memcpy(to, frame, 12);
    stw_be_p(to + 12, VANE_VNTAG_ETHERTYPE);
    stl_be_p(to + 14, tag);
    memcpy(to + 18, frame + 12, 48);
    return 66;
}

static uint64_t uplink_dropped(Nic *nic)
{
    QDict *rsp = qtest_qmp(nic->qts, "{'execute': 'qom-get', 'arguments': "
                           "{'path': '/machine/peripheral/nic',"
                           " 'property': 'uplink-dropped'}}");
    uint64_t dropped = qdict_get_int(rsp, "return");

    qobject_unref(rsp);
    return dropped;
}

static void test_vntag(void)
{
    Net *net = net_new();
    struct vane_cmd_vif_list list = {
        .list = cpu_to_le16(7),
        .vfs = { 0x07 },
    };
    uint8_t frame[60], wire[66];
    uint32_t down = VANE_VNTAG_DIR;

    for (int i = 0; i < 3; i++) {
        port_up(net->nic, i, VF_MAC(i), 0, 0, 100 + i);
    }
    g_assert_cmpint(command(net->nic, VANE_CMD_VIF_LIST_SET, &list), ==,
                    VANE_OK);
    switch_mode(net->nic, VANE_SWITCH_VNTAG);

    /* Up: even a frame for a neighbour; d=0 p=0 dvif=0 l=0 svif=100 */
    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    add_vntag(wire, frame, 100);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect_uplink(net, wire, 66);
    g_assert_cmphex((uint32_t)ldl_be_p(wire + 14), ==, 0x00000064);

    /* Down: by VIF, untagged, and through the function's own filter */
    add_vntag(wire, frame, down | field_put(VANE_VNTAG_DVIF, 101));
    uplink_send(net->nic, wire, 66);
    expect(net, 1, frame, 60);
    add_vntag(wire, frame, down | field_put(VANE_VNTAG_DVIF, 102));
    uplink_send(net->nic, wire, 66);

    /* By list; with l=1 not to the one that it came from */
    make_frame(frame, 0xff, VF_MAC(0), 0x88b5, 60);
    add_vntag(wire, frame, down | VANE_VNTAG_PTR | VANE_VNTAG_LOOPED |
              field_put(VANE_VNTAG_DVIF, 7) |
              field_put(VANE_VNTAG_SVIF, 100));
    uplink_send(net->nic, wire, 66);
    expect(net, 1, frame, 60);
    expect(net, 2, frame, 60);
    add_vntag(wire, frame, down | VANE_VNTAG_PTR |
              field_put(VANE_VNTAG_DVIF, 7));
    uplink_send(net->nic, wire, 66);
    for (int i = 0; i < 3; i++) {
        expect(net, i, frame, 60);
    }

    /* Untagged, wrong direction, version, unknown VIF and list */
    uplink_send(net->nic, frame, 60);
    uplink_send(net->nic, wire, add_vntag(wire, frame, 101 << 16));
    uplink_send(net->nic, wire, add_vntag(wire, frame, down | 101 << 16 |
                                          field_put(VANE_VNTAG_VER, 1)));
    uplink_send(net->nic, wire, add_vntag(wire, frame, down | 999 << 16));
    uplink_send(net->nic, wire, add_vntag(wire, frame, down | VANE_VNTAG_PTR |
                                          8 << 16));
    uplink_send(net->nic, wire, add_vntag(wire, frame, down | 101 << 16));
    expect(net, 1, frame, 60);
    g_assert_cmpuint(uplink_dropped(net->nic), ==, 5);

    /* No VIF: nothing up */
    make_frame(frame, VF_MAC(1), VF_MAC(3), 0x88b5, 60);
    txq_send(&net->txq[3], frame, 60, 0, 0);
    g_assert_cmpuint(counter(&net->vf[3], VANE_STAT_TX_DROP_LINK), ==, 1);
    g_assert_cmpuint(counter(&net->vf[3], VANE_STAT_RX_FRAMES), ==, 0);

    /* Under a port VLAN the VN-Tag is outermost. */
    port_up(net->nic, 0, VF_MAC(0), ETH_P_VLAN, 100, 100);
    make_frame(frame, 0x77, VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    {
        uint8_t data[BUF_LEN];

        g_assert_cmpuint(uplink_receive(net->nic, data, sizeof(data)), ==, 70);
        g_assert_cmphex(lduw_be_p(data + 12), ==, VANE_VNTAG_ETHERTYPE);
        g_assert_cmphex((uint32_t)ldl_be_p(data + 18), ==, 0x81000064);
    }
    net_free(net);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/switch/veb", test_switch);
    qtest_add_func("/vane/switch/port-vlan", test_port_vlan);
    qtest_add_func("/vane/switch/vn-tag", test_vntag);
    return g_test_run();
}
