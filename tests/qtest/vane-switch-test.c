/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: the switch and its tags without a guest.
 */
#include "qemu/osdep.h"
#include "qemu/timer.h"
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
    expect(net, 3, frame, 60);
    expect_uplink(net, frame, 60);
    expect_nothing(net, 1);
    drain(net);
    port_flags(net->nic, 1, VANE_PORT_FLAG_TRUST);
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
    port_flags(net->nic, 2, VANE_PORT_FLAG_TRUST);
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

/* The trunk list of a port, of VLANs below VANE_TRUNK_VIDS, ending in -1 */
static void trunk_set(Nic *nic, uint16_t port, const int *vids)
{
    struct vane_cmd_trunk cmd = { .port = cpu_to_le16(port) };

    for (; *vids >= 0; vids++) {
        cmd.vids[*vids / 8] |= 1 << (*vids % 8);
    }
    g_assert_cmpint(command(nic, VANE_CMD_TRUNK_SET, &cmd), ==, VANE_OK);
}

#define trunk(nic, port, ...) \
    trunk_set(nic, port, (const int[]) { __VA_ARGS__, -1 })

/* A frame that VF i may not send, for its VLAN */
static void expect_tx_drop_vlan(Net *net, int i, const uint8_t *frame,
                                size_t len)
{
    uint64_t before = counter(&net->vf[i], VANE_STAT_TX_DROP_VLAN);

    txq_send(&net->txq[i], frame, len, 0, 0);
    g_assert_cmpuint(counter(&net->vf[i], VANE_STAT_TX_DROP_VLAN), ==,
                     before + 1);
}

/* VF 0 has no tag and VLANs 10 and 20; all the others have every VLAN. */
static void test_trunk(void)
{
    Net *net = net_new();
    uint8_t frame[60], tagged[64], twice[64];

    port_flags(net->nic, 0, VANE_PORT_FLAG_TRUNK | VANE_PORT_FLAG_TRUST);
    rx_mode(net->nic, 0, VANE_RX_MODE_PROMISC);

    /* The list is empty at first. */
    make_frame(frame, 0x77, VF_MAC(0), 0x88b5, 60);
    expect_tx_drop_vlan(net, 0, frame, 60);
    trunk(net->nic, 0, 0, 10, 20);

    /* Sent: untagged, with a priority, and what is in the list */
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect_uplink(net, frame, 60);
    for (int vid = 0; vid <= 20; vid += 10) {
        add_tag(tagged, frame, ETH_P_VLAN, 0x6000 | vid);
        txq_send(&net->txq[0], tagged, 64, 0, 0);
        expect_uplink(net, tagged, 64);
        txq_send(&net->txq[0], frame, 60, VANE_TXD_VLAN,
                 field_put(VANE_TXD_TCI, 0x6000 | vid));
        expect_uplink(net, tagged, 64);
    }

    /* Not: another VLAN, a service VLAN of the same number, half a tag */
    add_tag(tagged, frame, ETH_P_VLAN, 30);
    expect_tx_drop_vlan(net, 0, tagged, 64);
    add_tag(tagged, frame, ETH_P_DVLAN, 10);
    expect_tx_drop_vlan(net, 0, tagged, 64);
    add_tag(tagged, frame, ETH_P_VLAN, 10);
    expect_tx_drop_vlan(net, 0, tagged, 16);

    /* Received: the same, in PROMISC and by the port's own address too */
    for (int to = VF_MAC(0); to <= 0x77; to += 0x77 - VF_MAC(0)) {
        make_frame(frame, to, 0x55, 0x88b5, 60);
        uplink_send(net->nic, tagged, add_tag(tagged, frame, ETH_P_VLAN, 30));
        uplink_send(net->nic, tagged, add_tag(tagged, frame, ETH_P_DVLAN, 10));
        uplink_send(net->nic, frame, 60);
        expect(net, 0, frame, 60);
        uplink_send(net->nic, tagged, add_tag(tagged, frame, ETH_P_VLAN, 10));
        expect(net, 0, tagged, 64);
    }

    /* A unicast frame in a VLAN that the port has not is not for it. */
    make_frame(frame, VF_MAC(0), VF_MAC(1), 0x88b5, 60);
    add_tag(tagged, frame, ETH_P_VLAN, 30);
    txq_send(&net->txq[1], tagged, 64, 0, 0);
    expect_uplink(net, tagged, 64);
    add_tag(tagged, frame, ETH_P_VLAN, 20);
    txq_send(&net->txq[1], tagged, 64, 0, 0);
    expect(net, 0, tagged, 64);

    /* A change takes effect at once. */
    trunk(net->nic, 0, 10);
    make_frame(frame, 0x77, VF_MAC(0), 0x88b5, 60);
    expect_tx_drop_vlan(net, 0, frame, 60);
    add_tag(tagged, frame, ETH_P_VLAN, 20);
    expect_tx_drop_vlan(net, 0, tagged, 64);
    add_tag(tagged, frame, ETH_P_VLAN, 10);
    txq_send(&net->txq[0], tagged, 64, 0, 0);
    expect_uplink(net, tagged, 64);
    drain(net);

    /* With a port VLAN it sends none of its own: VID 0 has to be there. */
    port_up(net->nic, 0, VF_MAC(0), ETH_P_VLAN, 100, 0);
    port_flags(net->nic, 0, VANE_PORT_FLAG_TRUNK);
    expect_tx_drop_vlan(net, 0, frame, 60);
    make_frame(twice, VF_MAC(0), 0x55, 0x88b5, 60);
    add_tag(tagged, twice, ETH_P_VLAN, 100);
    uplink_send(net->nic, tagged, 64);
    trunk(net->nic, 0, 0);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    add_tag(tagged, frame, ETH_P_VLAN, 100);
    expect_uplink(net, tagged, 64);
    add_tag(tagged, twice, ETH_P_VLAN, 100);
    uplink_send(net->nic, tagged, 64);
    expect(net, 0, twice, 60);

    /* Behind a service VLAN the function's own tag counts. */
    port_up(net->nic, 0, VF_MAC(0), ETH_P_DVLAN, 100, 0);
    port_flags(net->nic, 0, VANE_PORT_FLAG_TRUNK);
    trunk(net->nic, 0, 10);
    expect_tx_drop_vlan(net, 0, frame, 60);
    add_tag(tagged, frame, ETH_P_DVLAN, 10);
    expect_tx_drop_vlan(net, 0, tagged, 64);
    add_tag(tagged, frame, ETH_P_VLAN, 20);
    expect_tx_drop_vlan(net, 0, tagged, 64);
    add_tag(tagged, frame, ETH_P_VLAN, 10);
    txq_send(&net->txq[0], tagged, 64, 0, 0);
    add_tag(twice, tagged, ETH_P_DVLAN, 100);
    {
        uint8_t data[BUF_LEN];

        g_assert_cmpuint(uplink_receive(net->nic, data, sizeof(data)), ==, 68);
        g_assert_cmpint(memcmp(data, twice, 64), ==, 0);
    }
    make_frame(frame, VF_MAC(0), 0x55, 0x88b5, 60);
    for (int vid = 20; vid >= 0; vid -= 10) {
        add_tag(tagged, frame, ETH_P_VLAN, vid);
        add_tag(twice, tagged, ETH_P_DVLAN, 100);
        uplink_send(net->nic, twice, 64);
    }
    add_tag(tagged, frame, ETH_P_VLAN, 10);
    {
        struct vane_rx_cpl32 cpl;
        uint8_t data[BUF_LEN];

        g_assert_cmpuint(rxq_next(&net->rxq[0], &cpl, data), ==, 60);
        g_assert_cmpint(memcmp(data, tagged, 60), ==, 0);
    }
    g_assert_false(rxq_ready(&net->rxq[0]));

    /* In VN-Tag mode too */
    drain(net);
    port_up(net->nic, 0, VF_MAC(0), 0, 0, 100);
    port_flags(net->nic, 0, VANE_PORT_FLAG_TRUNK);
    switch_mode(net->nic, VANE_SWITCH_VNTAG);
    for (int vid = 20; vid >= 10; vid -= 10) {
        uint8_t wire[70];

        add_tag(tagged, frame, ETH_P_VLAN, vid);
        add_vntag(wire, tagged, VANE_VNTAG_DIR |
                  field_put(VANE_VNTAG_DVIF, 100));
        memcpy(wire + 66, tagged + 60, 4);
        uplink_send(net->nic, wire, 70);
    }
    expect(net, 0, tagged, 64);
    make_frame(frame, 0x77, VF_MAC(0), 0x88b5, 60);
    expect_tx_drop_vlan(net, 0, frame, 60);
    net_free(net);
}

static void test_trunk_values(void)
{
    Nic *nic = nic_new();
    struct vane_cmd_port port = {
        .valid = cpu_to_le32(VANE_PORT_VALID_FLAGS),
        .flags = cpu_to_le32(VANE_PORT_FLAG_TRUNK),
    };
    struct vane_cmd_trunk cmd = {
        .port = cpu_to_le16(255), .first = cpu_to_le16(3072),
        .vids = { 0x05, [127] = 0x80 },
    };
    struct vane_cmd_trunk answer, get = cmd;

    memset(get.vids, 0, sizeof(get.vids));
    fn_enable_all(&nic->pf);
    mailbox_enable(nic);

    /* Before the VF is there; each quarter by itself */
    g_assert_cmpint(command(nic, VANE_CMD_TRUNK_SET, &cmd), ==, VANE_OK);
    g_assert_cmpint(command_answer(nic, VANE_CMD_TRUNK_GET, &get, sizeof(get),
                                   &answer, sizeof(answer)), ==, VANE_OK);
    g_assert_cmpint(memcmp(&answer, &cmd, sizeof(cmd)), ==, 0);
    get.first = cpu_to_le16(2048);
    g_assert_cmpint(command_answer(nic, VANE_CMD_TRUNK_GET, &get, sizeof(get),
                                   &answer, sizeof(answer)), ==, VANE_OK);
    g_assert_cmpint(memcmp(&answer, &get, sizeof(get)), ==, 0);

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
    port.port = cpu_to_le16(VANE_PORT_PF);
    g_assert_cmpint(command(nic, VANE_CMD_PORT_SET, &port), ==,
                    VANE_ERR_INVALID);

    /* Gone with a soft reset; and only for those who asked for it */
    wr32(&nic->pf, VANE_REG_PF_CTRL, VANE_PF_CTRL_RESET);
    fn_enable(&nic->pf, VANE_FEAT_VEB);
    mailbox_enable(nic);
    get.first = cpu_to_le16(3072);
    g_assert_cmpint(command(nic, VANE_CMD_TRUNK_GET, &get), ==,
                    VANE_ERR_UNSUPPORTED);
    port.port = 0;
    g_assert_cmpint(command(nic, VANE_CMD_PORT_SET, &port), ==,
                    VANE_ERR_UNSUPPORTED);
    wr32(&nic->pf, VANE_REG_CTRL, VANE_CTRL_RESET);
    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    g_assert_cmpint(command_answer(nic, VANE_CMD_TRUNK_GET, &get, sizeof(get),
                                   &answer, sizeof(answer)), ==, VANE_OK);
    g_assert_cmpint(memcmp(&answer, &get, sizeof(get)), ==, 0);
    nic_free(nic);
}

/* Everything leaves by the uplink, and nobody gets back what he sent. */
static void test_vepa(void)
{
    Net *net = net_new();
    struct vane_cmd_filter filter = {
        .port = cpu_to_le16(2),
        .addrs.count = cpu_to_le16(1),
        .addrs.addr = { { 2, 0, 0, 0, 0, 0x44 } },
    };
    uint8_t frame[60], tagged[64];
    uint64_t received;

    switch_mode(net->nic, VANE_SWITCH_VEPA);
    port_flags(net->nic, 3, VANE_PORT_FLAG_TRUST);
    rx_mode(net->nic, 3, VANE_RX_MODE_PROMISC);

    /* For a neighbour: only when the bridge sends it back */
    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect_uplink(net, frame, 60);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_FRAMES), ==, 0);
    g_assert_cmpuint(counter(&net->vf[3], VANE_STAT_RX_FRAMES), ==, 0);
    uplink_send(net->nic, frame, 60);
    expect(net, 1, frame, 60);
    expect(net, 3, frame, 60);

    /* Broadcast, and what is PROMISC's own */
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

    /* By filter, and in a port VLAN */
    g_assert_cmpint(command(net->nic, VANE_CMD_FILTER_ADD, &filter), ==,
                    VANE_OK);
    make_frame(frame, 0xff, 0x44, 0x88b5, 60);
    uplink_send(net->nic, frame, 60);
    expect(net, 1, frame, 60);
    expect_nothing(net, 2);
    drain(net);
    received = counter(&net->vf[0], VANE_STAT_RX_FRAMES);
    port_up(net->nic, 0, VF_MAC(0), ETH_P_VLAN, 100, 0);
    make_frame(frame, 0xff, VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    add_tag(tagged, frame, ETH_P_VLAN, 100);
    expect_uplink(net, tagged, 64);
    uplink_send(net->nic, tagged, add_tag(tagged, frame, ETH_P_VLAN, 100));
    expect(net, 1, tagged, 64);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_RX_FRAMES), ==, received);
    drain(net);

    /* In VEB mode there is no such check. */
    switch_mode(net->nic, VANE_SWITCH_VEB);
    make_frame(frame, VF_MAC(1), VF_MAC(1), 0x88b5, 60);
    uplink_send(net->nic, frame, 60);
    expect(net, 1, frame, 60);
    net_free(net);
}

/*
 * Rates. Frames of 9000 bytes of the wire go to VF 2, which has no buffers to
 * speak of, as what counts is what is sent. Time is the test's.
 */

#define RATE_FRAME      8976            /* and 24 of overhead */
#define RATE_WIRE       9000
#define BURST           (128 * KiB)
/* Of the fastest rate more than 63 bits can count */
#define LONG_NS         (8 * 3600ll * NANOSECONDS_PER_SECOND)

typedef struct Load {
    Net *net;
    uint64_t addr;
} Load;

static void load_init(Load *load, Net *net)
{
    uint8_t frame[60];

    load->net = net;
    load->addr = alloc(net->nic, RATE_FRAME);
    make_frame(frame, VF_MAC(2), 0, 0x88b5, 60);
    qtest_memwrite(net->nic->qts, load->addr, frame, sizeof(frame));
    /* Any source will do. */
    for (int i = 0; i < VFS; i++) {
        struct vane_cmd_port cmd = {
            .port = cpu_to_le16(i),
            .valid = cpu_to_le32(VANE_PORT_VALID_FLAGS),
            .flags = cpu_to_le32(VANE_PORT_FLAG_LINK),
        };

        g_assert_cmpint(command(net->nic, VANE_CMD_PORT_SET, &cmd), ==,
                        VANE_OK);
    }
}

/* The device has done all that it can do now. */
static void settle(Net *net)
{
    struct vane_cmd_port port = { .port = cpu_to_le16(VANE_PORT_PF) };

    for (int i = 0; i < 3; i++) {
        g_assert_cmpint(command(net->nic, VANE_CMD_PORT_GET, &port), ==,
                        VANE_OK);
    }
}

/* Fills the ring of a VF. */
static void load_fill(Load *load, int i)
{
    Txq *txq = &load->net->txq[i];
    uint16_t room = QUEUE_SIZE - (uint16_t)(txq->tail - txq_head(txq));

    while (room--) {
        txq_desc(txq, load->addr | VANE_TXD_EOP, RATE_FRAME);
    }
    txq_ring(txq);
}

/* Keeps rings full while time passes; adds what was sent to @frames. */
static void load_run(Load *load, int vfs, int ms, uint64_t *frames)
{
    Net *net = load->net;

    for (int i = 0; i < vfs; i++) {
        frames[i] = counter(&net->vf[i], VANE_STAT_TX_FRAMES);
    }
    while (ms--) {
        for (int i = 0; i < vfs; i++) {
            load_fill(load, i);
        }
        qtest_clock_step(net->nic->qts, SCALE_MS);
        settle(net);
    }
    for (int i = 0; i < vfs; i++) {
        frames[i] = counter(&net->vf[i], VANE_STAT_TX_FRAMES) - frames[i];
    }
}

/* Lets time pass until all is sent. */
static void load_end(Load *load, int i)
{
    Txq *txq = &load->net->txq[i];

    settle(load->net);
    for (int steps = 0; txq_head(txq) != txq->tail; steps++) {
        g_assert_cmpint(steps, <, 1000);
        qtest_clock_step(load->net->nic->qts, 20 * SCALE_MS);
        settle(load->net);
    }
}

static int rate_set(Nic *nic, uint16_t port, uint32_t max, uint32_t share,
                    uint16_t group)
{
    struct vane_cmd_port cmd = {
        .port = cpu_to_le16(port),
        .valid = cpu_to_le32(VANE_PORT_VALID_RATE),
        .tx_max = cpu_to_le32(max),
        .tx_share = cpu_to_le32(share),
        .rate_group = cpu_to_le16(group),
    };

    return command(nic, VANE_CMD_PORT_SET, &cmd);
}

static int group_set(Nic *nic, uint16_t group, uint32_t max, uint32_t share)
{
    struct vane_cmd_rate_group cmd = {
        .group = cpu_to_le16(group),
        .tx_max = cpu_to_le32(max),
        .tx_share = cpu_to_le32(share),
    };

    return command(nic, VANE_CMD_RATE_GROUP_SET, &cmd);
}

#define assert_near(value, want, percent)                               \
    do {                                                                \
        g_assert_cmpuint((value) * 100, >=, (want) * (100 - (percent)));\
        g_assert_cmpuint((value) * 100, <=, (want) * (100 + (percent)));\
    } while (0)

/* The bytes of a burst and of a time at a rate, in frames */
static uint64_t frames_of(uint64_t burst, uint64_t mbps, uint64_t ms)
{
    return (burst + mbps * 125 * ms) / RATE_WIRE;
}

static void test_rate_max(void)
{
    Net *net = net_new();
    uint64_t frames[2];
    uint8_t frame[60];
    Load load;

    load_init(&load, net);
    g_assert_cmpint(rate_set(net->nic, 0, 100, 0, 0), ==, VANE_OK);

    /* The burst, and one frame that begins in it; no more without time */
    load_fill(&load, 0);
    wait_for(txq_head(&net->txq[0]) == BURST / RATE_WIRE + 1);
    settle(net);
    g_assert_cmpuint(txq_head(&net->txq[0]), ==, BURST / RATE_WIRE + 1);

    /* Nobody else waits, and the port receives. */
    make_frame(frame, VF_MAC(0), VF_MAC(1), 0x88b5, 60);
    txq_send(&net->txq[1], frame, 60, 0, 0);
    expect(net, 0, frame, 60);

    load_run(&load, 1, 200, frames);
    assert_near(frames[0], frames_of(0, 100, 200), 2);

    /* Idle time counts for no more than a burst. */
    load_end(&load, 0);
    qtest_clock_step(net->nic->qts, LONG_NS);
    load_run(&load, 1, 100, frames);
    assert_near(frames[0], frames_of(BURST, 100, 100), 2);

    /* Other rates, slow and fast, from the moment on that they are set */
    g_assert_cmpint(rate_set(net->nic, 0, 1000, 0, 0), ==, VANE_OK);
    load_run(&load, 1, 100, frames);
    assert_near(frames[0], frames_of(0, 1000, 100), 2);
    g_assert_cmpint(rate_set(net->nic, 0, 1, 0, 0), ==, VANE_OK);
    load_run(&load, 1, 1000, frames);
    g_assert_cmpuint(frames[0], <=, frames_of(BURST, 1, 1000) + 1);
    load_fill(&load, 0);
    g_assert_cmpuint(txq_head(&net->txq[0]), !=, net->txq[0].tail);
    g_assert_cmpint(rate_set(net->nic, 0, VANE_MAX_RATE, 0, 0), ==, VANE_OK);
    qtest_clock_step(net->nic->qts, LONG_NS);
    txq_wait(&net->txq[0]);
    load_fill(&load, 0);
    txq_wait(&net->txq[0]);
    g_assert_cmpint(rate_set(net->nic, 0, 1, 0, 0), ==, VANE_OK);
    load_run(&load, 1, 50, frames);
    load_fill(&load, 0);
    g_assert_cmpuint(txq_head(&net->txq[0]), !=, net->txq[0].tail);
    g_assert_cmpint(rate_set(net->nic, 0, 0, 0, 0), ==, VANE_OK);
    txq_wait(&net->txq[0]);
    net_free(net);
}

static void test_rate_group(void)
{
    Net *net = net_new();
    uint64_t frames[3];
    Load load;

    load_init(&load, net);
    g_assert_cmpint(group_set(net->nic, 64, 300, 0), ==, VANE_OK);
    for (int i = 0; i < 3; i++) {
        g_assert_cmpint(rate_set(net->nic, i, i == 1 ? 60 : 0, 0, 64), ==,
                        VANE_OK);
    }
    load_run(&load, 3, 100, frames);            /* bursts */
    load_run(&load, 3, 200, frames);
    assert_near(frames[0] + frames[1] + frames[2], frames_of(0, 300, 200), 2);
    assert_near(frames[1], frames_of(0, 60, 200), 5);
    assert_near(frames[0], frames[2], 10);

    /* Out of it again; what is left is for the others */
    g_assert_cmpint(rate_set(net->nic, 0, 500, 0, 0), ==, VANE_OK);
    load_run(&load, 3, 100, frames);
    load_run(&load, 3, 200, frames);
    assert_near(frames[0], frames_of(0, 500, 200), 2);
    assert_near(frames[2], frames_of(0, 240, 200), 5);

    /* Without a rate the group is no limit. */
    load_fill(&load, 2);
    g_assert_cmpint(group_set(net->nic, 64, 0, 0), ==, VANE_OK);
    txq_wait(&net->txq[2]);
    net_free(net);
}

static void port_speed(Nic *nic, uint32_t mbps)
{
    QDict *rsp = qtest_qmp(nic->qts, "{'execute': 'qom-set', 'arguments': "
                           "{'path': '/machine/peripheral/nic',"
                           " 'property': 'speed', 'value': %u}}", mbps);

    g_assert_true(qdict_haskey(rsp, "return"));
    qobject_unref(rsp);
    while (!(rd32(&nic->pf, VANE_REG_PORT_LINK) & VANE_PORT_LINK_UP)) {
        qtest_clock_step(nic->qts, SCALE_MS);
    }
    g_assert_cmpuint(rd32(&nic->pf, VANE_REG_PORT_SPEED), ==, mbps);
}

static void test_rate_share(void)
{
    Net *net = net_new();
    uint64_t frames[3], all;
    Load load;

    load_init(&load, net);
    port_speed(net->nic, 1000);

    /* Nobody has a share: as much for each */
    load_run(&load, 3, 100, frames);            /* burst */
    load_run(&load, 3, 200, frames);
    all = frames[0] + frames[1] + frames[2];
    assert_near(all, frames_of(0, 1000, 200), 2);
    for (int i = 0; i < 3; i++) {
        assert_near(frames[i] * 3, all, 10);
    }

    /* VF 0 has; of the rest everybody gets as much. */
    g_assert_cmpint(rate_set(net->nic, 0, 0, 700, 0), ==, VANE_OK);
    load_run(&load, 3, 50, frames);
    load_run(&load, 3, 200, frames);
    all = frames[0] + frames[1] + frames[2];
    assert_near(all, frames_of(0, 1000, 200), 2);
    assert_near(frames[0], frames_of(0, 800, 200), 5);
    assert_near(frames[1], frames_of(0, 100, 200), 20);
    assert_near(frames[2], frames_of(0, 100, 200), 20);

    /* What it does not send is not kept for it. */
    for (int i = 0; i < 3; i++) {
        load_end(&load, i);
    }
    qtest_clock_step(net->nic->qts, LONG_NS);
    g_assert_cmpint(rate_set(net->nic, 0, 200, 100, 0), ==, VANE_OK);
    load_run(&load, 3, 100, frames);
    load_run(&load, 3, 200, frames);
    assert_near(frames[0], frames_of(0, 200, 200), 3);
    assert_near(frames[1], frames_of(0, 400, 200), 10);
    assert_near(frames[2], frames_of(0, 400, 200), 10);

    /* A share of a group */
    g_assert_cmpint(rate_set(net->nic, 0, 0, 0, 0), ==, VANE_OK);
    g_assert_cmpint(group_set(net->nic, 1, 0, 700), ==, VANE_OK);
    for (int i = 1; i < 3; i++) {
        g_assert_cmpint(rate_set(net->nic, i, 0, 0, 1), ==, VANE_OK);
    }
    load_run(&load, 3, 50, frames);
    load_run(&load, 3, 200, frames);
    assert_near(frames[0], frames_of(0, 100, 200), 20);
    assert_near(frames[1], frames_of(0, 450, 200), 10);
    assert_near(frames[2], frames_of(0, 450, 200), 10);

    /* A faster port is none that anybody waits for. */
    port_speed(net->nic, 100000);
    for (int i = 0; i < 3; i++) {
        load_fill(&load, i);
        txq_wait(&net->txq[i]);
    }
    net_free(net);
}

static void test_rate_values(void)
{
    Nic *nic = nic_new();
    struct vane_cmd_port cmd = {
        .valid = cpu_to_le32(VANE_PORT_VALID_RATE),
        .reserved1 = { 0, 0, cpu_to_le16(1) },
    };
    struct vane_cmd_rate_group group = { .group = cpu_to_le16(1) };
    struct vane_cmd_rate_group ask = group, found;
    const size_t size_1_0 = offsetof(struct vane_cmd_port, tx_max);

    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    g_assert_cmpuint(rd32(&nic->pf, VANE_REG_LIMIT_RATE_GROUPS), ==,
                     VANE_MAX_RATE_GROUPS);
    g_assert_cmpint(rate_set(nic, 0, VANE_MAX_RATE, VANE_MAX_RATE,
                             VANE_MAX_RATE_GROUPS), ==, VANE_OK);
    g_assert_cmpint(rate_set(nic, 0, VANE_MAX_RATE + 1, 0, 0), ==,
                    VANE_ERR_RANGE);
    g_assert_cmpint(rate_set(nic, 0, 0, VANE_MAX_RATE + 1, 0), ==,
                    VANE_ERR_RANGE);
    g_assert_cmpint(rate_set(nic, 0, UINT32_MAX, UINT32_MAX, 0), ==,
                    VANE_ERR_RANGE);
    g_assert_cmpint(rate_set(nic, 0, 10, 11, 0), ==, VANE_ERR_RANGE);
    g_assert_cmpint(rate_set(nic, 0, 0, 0, VANE_MAX_RATE_GROUPS + 1), ==,
                    VANE_ERR_RANGE);
    g_assert_cmpint(rate_set(nic, 0, 0, 0, UINT16_MAX), ==, VANE_ERR_RANGE);
    g_assert_cmpint(command(nic, VANE_CMD_PORT_SET, &cmd), ==,
                    VANE_ERR_INVALID);

    /* None of it had an effect; an older driver's body says no rates. */
    for (int i = 0; i < 2; i++) {
        g_assert_cmpint(command_answer(nic, VANE_CMD_PORT_GET, &cmd,
                                       i ? size_1_0 : sizeof(cmd), &cmd,
                                       sizeof(cmd)), ==, VANE_OK);
        g_assert_cmphex(le32_to_cpu(cmd.valid), ==, VANE_PORT_VALID_ALL);
        g_assert_cmpuint(le32_to_cpu(cmd.tx_max), ==, VANE_MAX_RATE);
        g_assert_cmpuint(le32_to_cpu(cmd.tx_share), ==, VANE_MAX_RATE);
        g_assert_cmpuint(le16_to_cpu(cmd.rate_group), ==,
                         VANE_MAX_RATE_GROUPS);
        cmd.valid = cpu_to_le32(VANE_PORT_VALID_COOKIE);
        g_assert_cmpint(command_answer(nic, VANE_CMD_PORT_SET, &cmd, size_1_0,
                                       NULL, 0), ==, VANE_OK);
    }

    g_assert_cmpint(group_set(nic, 0, 1, 0), ==, VANE_ERR_INVALID);
    g_assert_cmpint(group_set(nic, VANE_MAX_RATE_GROUPS + 1, 1, 0), ==,
                    VANE_ERR_RANGE);
    g_assert_cmpint(group_set(nic, 1, VANE_MAX_RATE + 1, 0), ==,
                    VANE_ERR_RANGE);
    g_assert_cmpint(group_set(nic, 1, 10, 11), ==, VANE_ERR_RANGE);
    g_assert_cmpint(group_set(nic, 1, 0, 11), ==, VANE_OK);
    memcpy(group.name, "tenant", 7);
    group.tx_max = cpu_to_le32(10);
    group.tx_share = cpu_to_le32(9);
    g_assert_cmpint(command(nic, VANE_CMD_RATE_GROUP_SET, &group), ==,
                    VANE_OK);
    g_assert_cmpint(command_answer(nic, VANE_CMD_RATE_GROUP_GET, &ask,
                                   sizeof(ask), &found, sizeof(found)), ==,
                    VANE_OK);
    g_assert_cmpmem(&found, sizeof(found), &group, sizeof(group));
    ask.group = cpu_to_le16(VANE_MAX_RATE_GROUPS + 1);
    g_assert_cmpint(command(nic, VANE_CMD_RATE_GROUP_GET, &ask), ==,
                    VANE_ERR_RANGE);
    ask.group = 0;
    g_assert_cmpint(command(nic, VANE_CMD_RATE_GROUP_GET, &ask), ==,
                    VANE_ERR_INVALID);
    ask.group = cpu_to_le16(1);

    group.reserved1 = cpu_to_le32(1);
    g_assert_cmpint(command(nic, VANE_CMD_RATE_GROUP_SET, &group), ==,
                    VANE_ERR_INVALID);

    /* A soft reset forgets it; without the feature there is nothing. */
    wr32(&nic->pf, VANE_REG_PF_CTRL, VANE_PF_CTRL_RESET);
    fn_enable(&nic->pf, VANE_FEAT_VEB);
    mailbox_enable(nic);
    cmd.port = 0;
    g_assert_cmpint(command_answer(nic, VANE_CMD_PORT_GET, &cmd, sizeof(cmd),
                                   &cmd, sizeof(cmd)), ==, VANE_OK);
    g_assert_cmpuint(cmd.tx_max | cmd.tx_share | cmd.rate_group, ==, 0);
    g_assert_cmpint(rate_set(nic, 0, 1, 0, 0), ==, VANE_ERR_UNSUPPORTED);
    g_assert_cmpint(group_set(nic, 1, 1, 0), ==, VANE_ERR_UNSUPPORTED);
    g_assert_cmpint(command(nic, VANE_CMD_RATE_GROUP_GET, &ask), ==,
                    VANE_ERR_UNSUPPORTED);
    g_assert_cmpint(command(nic, VANE_CMD_SWITCH_SET,
                            (&(struct vane_cmd_switch) {
                                .mode = cpu_to_le32(VANE_SWITCH_VEPA) })), ==,
                    VANE_ERR_UNSUPPORTED);
    wr32(&nic->pf, VANE_REG_PF_CTRL, VANE_PF_CTRL_RESET);
    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    g_assert_cmpint(command_answer(nic, VANE_CMD_RATE_GROUP_GET, &ask,
                                   sizeof(ask), &found, sizeof(found)), ==,
                    VANE_OK);
    g_assert_cmpmem(&found, sizeof(found), &ask, sizeof(ask));
    nic_free(nic);
}

/* Queues go while they are parked, and whoever is left goes on. */
static void test_rate_stop(void)
{
    Net *net = net_new();
    Fn *vf = &net->vf[0];
    Txq *txq = &net->txq[0];
    Load load;

    load_init(&load, net);
    g_assert_cmpint(group_set(net->nic, 1, 1, 0), ==, VANE_OK);
    g_assert_cmpint(rate_set(net->nic, 0, 1, 1, 1), ==, VANE_OK);
    g_assert_cmpint(rate_set(net->nic, 1, 0, 0, 1), ==, VANE_OK);

    for (int how = 0; how < 5; how++) {
        load_fill(&load, 0);
        load_fill(&load, 1);
        settle(net);
        g_assert_cmpuint(txq_head(txq), !=, txq->tail);
        switch (how) {
        case 0:
            wr32(vf, VANE_TXQ(0) + VANE_TXQ_CTRL, 0);
            break;
        case 1:
            wr32(vf, VANE_REG_CTRL, 0);
            fn_enable_all(vf);
            break;
        case 2:
            wr32(vf, VANE_REG_CTRL, VANE_CTRL_RESET);
            fn_enable_all(vf);
            break;
        case 3:
            wr32(vf, VANE_DB_TXQ(0), txq->tail + QUEUE_SIZE);
            wait_for(txq_error(txq) == VANE_ERROR_INDEX);
            wr32(vf, VANE_TXQ(0) + VANE_TXQ_CTRL, 0);
            break;
        case 4:
            config_writew(net->nic, vf->rid, PCI_COMMAND, PCI_COMMAND_MEMORY);
            qtest_clock_step(net->nic->qts, LONG_NS);
            settle(net);
            g_assert_cmpuint(txq_head(txq), !=, txq->tail);
            config_writew(net->nic, vf->rid, PCI_COMMAND,
                          PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
            break;
        }
        load_end(&load, 1);
        if (how < 4) {
            txq_new(txq, vf, 0);
        } else {
            load_end(&load, 0);
        }
    }

    /* VFs go, time passes. */
    load_fill(&load, 0);
    load_fill(&load, 1);
    settle(net);
    config_writew(net->nic, PF_RID, net->nic->sriov + PCI_SRIOV_CTRL, 0);
    qtest_clock_step(net->nic->qts, LONG_NS);
    settle(net);
    net_free(net);
}

/* What is sent in vain counts too, and a shadow doorbell is not forgotten. */
static void test_rate_hostile(void)
{
    Net *net = net_new();
    Txq *txq = &net->txq[3];
    uint64_t frames[3], spoofed;
    Load load;

    /* A share does not help him who floods the switch with what it drops. */
    load_init(&load, net);
    port_flags(net->nic, 0, 0);
    port_speed(net->nic, 1000);
    g_assert_cmpint(rate_set(net->nic, 0, 0, 700, 0), ==, VANE_OK);
    load_run(&load, 3, 100, frames);
    spoofed = counter(&net->vf[0], VANE_STAT_TX_DROP_SPOOF);
    load_run(&load, 3, 200, frames);
    spoofed = counter(&net->vf[0], VANE_STAT_TX_DROP_SPOOF) - spoofed;
    g_assert_cmpuint(frames[0], ==, 0);
    assert_near(spoofed, frames_of(0, 800, 200), 5);
    assert_near(frames[1], frames_of(0, 100, 200), 20);
    assert_near(frames[2], frames_of(0, 100, 200), 20);

    /* More in the shadow while the queue is parked, and no doorbell */
    port_speed(net->nic, 25000);
    g_assert_cmpint(rate_set(net->nic, 3, 1, 0, 0), ==, VANE_OK);
    wr32(&net->vf[3], VANE_TXQ(0) + VANE_TXQ_CTRL, 0);
    txq_setup(txq, &net->vf[3], 0, 0, true);
    g_assert_cmphex(txq_enable(txq), ==, VANE_Q_STATE_ENABLED);
    for (int i = 0; i < QUEUE_SIZE; i++) {
        txq_desc(txq, load.addr | VANE_TXD_EOP, RATE_FRAME);
        if (i == QUEUE_SIZE / 2) {
            txq_ring(txq);
            settle(net);
            g_assert_cmpuint(txq_head(txq), ==, BURST / RATE_WIRE + 1);
        }
    }
    qtest_writel(net->nic->qts, txq->shadow, txq->tail);
    load_end(&load, 3);
    qtest_clock_step(net->nic->qts, LONG_NS);
    settle(net);
    g_assert_cmphex(qtest_readl(net->nic->qts, txq->shadow + 4), ==,
                    txq->tail);
    net_free(net);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/switch/veb", test_switch);
    qtest_add_func("/vane/switch/port-vlan", test_port_vlan);
    qtest_add_func("/vane/switch/vn-tag", test_vntag);
    qtest_add_func("/vane/switch/trunk", test_trunk);
    qtest_add_func("/vane/switch/trunk-values", test_trunk_values);
    qtest_add_func("/vane/switch/vepa", test_vepa);
    qtest_add_func("/vane/switch/rate-max", test_rate_max);
    qtest_add_func("/vane/switch/rate-group", test_rate_group);
    qtest_add_func("/vane/switch/rate-share", test_rate_share);
    qtest_add_func("/vane/switch/rate-values", test_rate_values);
    qtest_add_func("/vane/switch/rate-stop", test_rate_stop);
    qtest_add_func("/vane/switch/rate-hostile", test_rate_hostile);
    return g_test_run();
}
