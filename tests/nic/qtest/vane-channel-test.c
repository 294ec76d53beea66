/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: channels without a guest: VN-Tag, E-Tag, lists, and who may not tag.
 */
#include "qemu/osdep.h"
#include "vane-net.h"

/* Channel of VF i in E-Tag mode; they differ in one half of the E-CID only. */
#define ECID(i)     (0x12345 + ((i) << (i & 1 ? 4 : 12)))
/* Lists of the same E-CID in two groups */
#define GROUP_LIST(group)  ((group) << 20 | 0x45678)

static uint64_t channel_uplink_dropped(Nic *nic)
{
    QDict *rsp = qtest_qmp(nic->qts, "{'execute': 'qom-get', 'arguments': "
                           "{'path': '/machine/peripheral/nic',"
                           " 'property': 'x-uplink-dropped'}}");
    uint64_t dropped = qdict_get_int(rsp, "return");

    qobject_unref(rsp);
    return dropped;
}

static uint64_t channel_drops(Nic *nic, enum vane_tag_stat why)
{
    uint64_t stats[VANE_TAG_STAT_COUNT];

    g_assert_cmpint(command_answer(nic, VANE_CMD_TAG_STATS_GET, NULL, 0, stats,
                                   sizeof(stats)), ==, VANE_OK);
    return le64_to_cpu(stats[why]);
}

/* VFs 0 to 2 have VIFs 100 to 102 and are in list 7, VF 3 has none. */
static Net *channel_new_vntag(void)
{
    struct vane_cmd_list list = {
        .list = cpu_to_le16(7),
        .vfs = { 0x07 },
    };
    Net *net = net_new();

    for (int i = 0; i < 3; i++) {
        port_up(net->nic, i, VF_MAC(i), 0, 0, 100 + i);
    }
    g_assert_cmpint(command(net->nic, VANE_CMD_LIST_SET, &list), ==,
                    VANE_OK);
    switch_mode(net->nic, VANE_SWITCH_VNTAG);
    return net;
}

/* Up: even a frame for a neighbour; d=0 p=0 dvif=0 l=0 svif=100 */
static void channel_test_vntag_up(void)
{
    Net *net = channel_new_vntag();
    uint8_t frame[60], wire[66], data[BUF_LEN];

    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    add_vntag(wire, frame, 100);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    expect_uplink(net, wire, 66);
    g_assert_cmphex((uint32_t)ldl_be_p(wire + 14), ==, 0x00000064);

    /* No VIF: nothing up */
    make_frame(frame, VF_MAC(1), VF_MAC(3), 0x88b5, 60);
    txq_send(&net->txq[3], frame, 60, 0, 0);
    g_assert_cmpuint(counter(&net->vf[3], VANE_STAT_TX_DROP_LINK), ==, 1);

    /* Under a port VLAN the VN-Tag is outermost. */
    port_up(net->nic, 0, VF_MAC(0), ETH_P_VLAN, 100, 100);
    make_frame(frame, 0x77, VF_MAC(0), 0x88b5, 60);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    g_assert_cmpuint(uplink_receive(net->nic, data, sizeof(data)), ==, 70);
    g_assert_cmphex(lduw_be_p(data + 12), ==, VANE_VNTAG_ETHERTYPE);
    g_assert_cmphex((uint32_t)ldl_be_p(data + 18), ==, 0x81000064);
    net_free(net);
}

/* Down: by VIF or list, untagged, and through the function's own filter */
static void channel_test_vntag_down(void)
{
    Net *net = channel_new_vntag();
    uint8_t frame[60], wire[66];
    uint32_t down = VANE_VNTAG_DIR;

    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    add_vntag(wire, frame, down | field_put(VANE_VNTAG_DVIF, 101));
    uplink_send(net->nic, wire, 66);
    expect(net, 1, frame, 60);
    add_vntag(wire, frame, down | field_put(VANE_VNTAG_DVIF, 102));
    uplink_send(net->nic, wire, 66);

    /* By list; with l=1 not to its source */
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
    g_assert_cmpuint(counter(&net->vf[3], VANE_STAT_RX_FRAMES), ==, 0);
    net_free(net);
}

/* No tag, cut, wrong direction, version, reserved bit, unknown VIF or list */
static void channel_test_vntag_dropped(void)
{
    static const struct {
        uint16_t proto;
        uint32_t tag;
        size_t len;
        enum vane_tag_stat why;
    } wrong[] = {
        { 0x88b5, 0, 66, VANE_TAG_STAT_RX_NONE },
        { VANE_ETAG_ETHERTYPE, 0, 66, VANE_TAG_STAT_RX_NONE },
        { VANE_VNTAG_ETHERTYPE, 0, 14, VANE_TAG_STAT_RX_TRUNCATED },
        { VANE_VNTAG_ETHERTYPE, 0, 19, VANE_TAG_STAT_RX_TRUNCATED },
        { VANE_VNTAG_ETHERTYPE, VANE_VNTAG_DIR, 66,
          VANE_TAG_STAT_RX_DIRECTION },
        { VANE_VNTAG_ETHERTYPE, 1 << 12, 66, VANE_TAG_STAT_RX_VERSION },
        { VANE_VNTAG_ETHERTYPE, 2 << 12, 66, VANE_TAG_STAT_RX_VERSION },
        { VANE_VNTAG_ETHERTYPE, VANE_VNTAG_RSVD, 66,
          VANE_TAG_STAT_RX_RESERVED },
        { VANE_VNTAG_ETHERTYPE, 512 << 16, 66, VANE_TAG_STAT_RX_UNKNOWN },
        { VANE_VNTAG_ETHERTYPE, 4096 << 16, 66, VANE_TAG_STAT_RX_UNKNOWN },
        { VANE_VNTAG_ETHERTYPE, VANE_VNTAG_PTR, 66, VANE_TAG_STAT_RX_UNKNOWN },
    };
    Net *net = channel_new_vntag();
    uint8_t frame[60], wire[66];

    make_frame(frame, 0xff, VF_MAC(0), 0x88b5, 60);
    for (int i = 0; i < ARRAY_SIZE(wrong); i++) {
        uint64_t before = channel_drops(net->nic, wrong[i].why);

        add_vntag(wire, frame, (VANE_VNTAG_DIR | 101 << 16) ^ wrong[i].tag);
        stw_be_p(wire + 12, wrong[i].proto);
        uplink_send(net->nic, wire, wrong[i].len);
        wait_for(channel_uplink_dropped(net->nic) == i + 1);
        g_assert_cmpuint(channel_drops(net->nic, wrong[i].why), ==,
                         before + 1);
    }
    add_vntag(wire, frame, VANE_VNTAG_DIR | 101 << 16);
    uplink_send(net->nic, wire, 66);
    expect(net, 1, frame, 60);
    net_free(net);
}

static int channel_list_find(Net *net, uint16_t id,
                                struct vane_cmd_list *found)
{
    struct vane_cmd_list list = { .list = cpu_to_le16(id) };

    return command_answer(net->nic, VANE_CMD_LIST_GET, &list, sizeof(list),
                          found, sizeof(*found));
}

/* VFs that go leave their VIF lists, and a list of nobody goes with them. */
static void channel_test_list_members(void)
{
    Net *net = net_new();
    struct vane_cmd_list list[] = {
        { .list = cpu_to_le16(7), .vfs = { 0x05 } },
        { .list = cpu_to_le16(8), .vfs = { 0x05 }, .pf = 1 },
        { .list = cpu_to_le16(4095), .vfs = { 0x21 } },
    };
    struct vane_cmd_list found;

    for (int i = 0; i < ARRAY_SIZE(list); i++) {
        g_assert_cmpint(command(net->nic, VANE_CMD_LIST_SET, &list[i]), ==,
                        VANE_OK);
    }
    config_writew(net->nic, PF_RID, net->nic->sriov + PCI_SRIOV_CTRL, 0);
    g_assert_cmpint(channel_list_find(net, 1, &found), ==, VANE_OK);
    g_assert_cmpuint(le16_to_cpu(found.list), ==, 8);
    g_assert_cmpuint(found.vfs[0], ==, 0);
    g_assert_cmpuint(found.pf, ==, 1);
    /* VF 5 is one that was not there yet. */
    g_assert_cmpint(channel_list_find(net, 9, &found), ==, VANE_OK);
    g_assert_cmpuint(le16_to_cpu(found.list), ==, 4095);
    g_assert_cmpuint(found.vfs[0], ==, 0x20);
    net_free(net);
}

/* Sets a list of either tag. */
static int channel_list_set(Nic *nic, uint32_t id, uint8_t vfs, bool pf)
{
    struct vane_cmd_list list = {
        .list = cpu_to_le16(id & 0xffff),
        .list_high = id >> 16,
        .pf = pf,
        .vfs = { vfs },
    };

    return command(nic, VANE_CMD_LIST_SET, &list);
}

static int channel_map_priority(Nic *nic, uint16_t port, uint64_t map)
{
    struct vane_cmd_port cmd = {
        .port = cpu_to_le16(port),
        .valid = cpu_to_le32(VANE_PORT_VALID_PRIO_MAP),
        .prio_map = cpu_to_le64(map),
    };

    return command(nic, VANE_CMD_PORT_SET, &cmd);
}

/* An E-Tag to a channel or a list, from a channel or from elsewhere, 0 */
static uint64_t channel_etag(uint32_t to, uint32_t from)
{
    return field_put(VANE_ETAG_GRP, to >> 20) |
           field_put(VANE_ETAG_ECID, to & 0xfff) |
           field_put(VANE_ETAG_ECID_EXT, to >> 12 & 0xff) |
           field_put(VANE_ETAG_INGRESS, from & 0xfff) |
           field_put(VANE_ETAG_INGRESS_EXT, from >> 12);
}

/* VFs 0 to 2 have a channel and are in lists, VF 3 has none. */
static Net *channel_new_etag(void)
{
    Net *net = net_new();

    for (int i = 0; i < 3; i++) {
        g_assert_cmpint(channel_set(net->nic, i, ECID(i)), ==, VANE_OK);
    }
    g_assert_cmpint(channel_list_set(net->nic, GROUP_LIST(1), 0x07, false), ==,
                    VANE_OK);
    g_assert_cmpint(channel_list_set(net->nic, GROUP_LIST(3), 0x0a, false), ==,
                    VANE_OK);
    switch_mode(net->nic, VANE_SWITCH_ETAG);
    return net;
}

/* What VF 0 sends has this tag, and its own bytes behind. */
static void channel_expect_up(Net *net, const uint8_t *frame, size_t len,
                              uint64_t flags, uint64_t ctrl, uint64_t tag)
{
    uint8_t data[BUF_LEN];
    size_t inserted = flags & VANE_TXD_VLAN ? 4 : 0;

    txq_send(&net->txq[0], frame, len, flags, ctrl);
    g_assert_cmpuint(uplink_receive(net->nic, data, sizeof(data)), ==,
                     len + inserted + VANE_ETAG_SIZE);
    g_assert_cmpint(memcmp(data, frame, 12), ==, 0);
    g_assert_cmphex((uint64_t)ldq_be_p(data + 12), ==, tag);
    g_assert_cmpint(memcmp(data + 12 + VANE_ETAG_SIZE + inserted, frame + 12,
                           len - 12), ==, 0);
}

/* The octets of the tag are written out: 0x12345 is extension 12, base 345. */
static void channel_test_etag_up(void)
{
    Net *net = channel_new_etag();
    uint8_t frame[60];

    make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, 60);
    channel_expect_up(net, frame, 60, 0, 0, 0x893f000003450012);
    /* PCP 5 and DEI, kept; then by a map, whose entry 0 is for no tag, too */
    channel_expect_up(net, frame, 60, VANE_TXD_VLAN,
                      field_put(VANE_TXD_TCI, 0xb064), 0x893fb00003450012);
    g_assert_cmpint(channel_map_priority(net->nic, 0, 0xfed07a9876543216), ==,
                    VANE_OK);
    channel_expect_up(net, frame, 60, VANE_TXD_VLAN,
                      field_put(VANE_TXD_TCI, 0xb064), 0x893f700003450012);
    channel_expect_up(net, frame, 60, 0, 0, 0x893f600003450012);
    /* A priority tag has a priority. */
    channel_expect_up(net, frame, 60, VANE_TXD_VLAN,
                      field_put(VANE_TXD_TCI, 0xd000), 0x893fd00003450012);

    /* No channel: nothing up */
    make_frame(frame, VF_MAC(1), VF_MAC(3), 0x88b5, 60);
    txq_send(&net->txq[3], frame, 60, 0, 0);
    g_assert_cmpuint(counter(&net->vf[3], VANE_STAT_TX_DROP_LINK), ==, 1);
    net_free(net);
}

/* The priority is that of the port VLAN, or of the tag in its place. */
static void channel_test_etag_port_vlan(void)
{
    Net *net = channel_new_etag();
    uint8_t frame[64], untagged[60], data[BUF_LEN];

    make_frame(untagged, 0x77, VF_MAC(0), 0x88b5, 60);
    for (int priority = 0; priority < 2; priority++) {
        for (int service = 0; service < 2; service++) {
            size_t len = add_tag(frame, untagged, ETH_P_VLAN, 0x4000);

            port_up(net->nic, 0, VF_MAC(0),
                    service ? ETH_P_DVLAN : ETH_P_VLAN, 0x6064, 1);
            txq_send(&net->txq[0], priority ? frame : untagged,
                     priority ? len : 60, 0, 0);
            g_assert_cmpuint(uplink_receive(net->nic, data, sizeof(data)), ==,
                             60 + VANE_ETAG_SIZE +
                             (priority && service ? 8 : 4));
            g_assert_cmphex((uint64_t)ldq_be_p(data + 12), ==,
                            priority && !service ? 0x893f400000010000 :
                                                   0x893f600000010000);
            g_assert_cmphex((uint32_t)ldl_be_p(data + 20), ==,
                            service ? 0x88a86064 :
                            priority ? 0x81004064 : 0x81006064);
        }
    }
    net_free(net);
}

/* Down: by E-CID or list, untagged, and through the function's own filter */
static void channel_test_etag_down(void)
{
    Net *net = channel_new_etag();
    uint8_t frame[60], wire[68];

    make_frame(frame, 0xff, VF_MAC(0), 0x88b5, 60);
    for (int i = 0; i < 3; i++) {
        /* With any priority; not to where it came from */
        add_etag(wire, frame, channel_etag(ECID(i), 0) |
                 field_put(VANE_ETAG_PCP, i + 5) | VANE_ETAG_DEI);
        uplink_send(net->nic, wire, 68);
        expect(net, i, frame, 60);
        add_etag(wire, frame, channel_etag(ECID(i), ECID(i)));
        uplink_send(net->nic, wire, 68);
        add_etag(wire, frame, channel_etag(ECID(i), ECID(!i)));
        uplink_send(net->nic, wire, 68);
        expect(net, i, frame, 60);
    }
    /* VF 3 is in the list, but has no channel. */
    add_etag(wire, frame, channel_etag(GROUP_LIST(3), 0));
    uplink_send(net->nic, wire, 68);
    expect(net, 1, frame, 60);
    add_etag(wire, frame, channel_etag(GROUP_LIST(1), ECID(1)));
    uplink_send(net->nic, wire, 68);
    expect(net, 0, frame, 60);
    expect(net, 2, frame, 60);
    make_frame(frame, VF_MAC(2), VF_MAC(0), 0x88b5, 60);
    add_etag(wire, frame, channel_etag(GROUP_LIST(1), 0));
    uplink_send(net->nic, wire, 68);
    expect(net, 2, frame, 60);
    for (int i = 0; i <= VFS; i++) {
        g_assert_false(rxq_ready(&net->rxq[i]));
    }
    net_free(net);
}

/* Each way to be wrong has its counter, and counts in RX_DROP. */
static void channel_test_etag_dropped(void)
{
    static const struct {
        uint16_t proto;
        uint64_t tag;
        size_t len;
        enum vane_tag_stat why;
    } wrong[] = {
        { 0x88b5, 0, 68, VANE_TAG_STAT_RX_NONE },
        { VANE_VNTAG_ETHERTYPE, 0, 68, VANE_TAG_STAT_RX_NONE },
        { VANE_ETAG_ETHERTYPE, 0, 14, VANE_TAG_STAT_RX_TRUNCATED },
        { VANE_ETAG_ETHERTYPE, 0, 20, VANE_TAG_STAT_RX_TRUNCATED },
        { VANE_ETAG_ETHERTYPE, 0, 21, VANE_TAG_STAT_RX_TRUNCATED },
        { VANE_ETAG_ETHERTYPE, 1ull << 31, 68, VANE_TAG_STAT_RX_RESERVED },
        { VANE_ETAG_ETHERTYPE, 1ull << 30, 68, VANE_TAG_STAT_RX_RESERVED },
        { VANE_ETAG_ETHERTYPE, 1ull << 28, 68, VANE_TAG_STAT_RX_UNKNOWN },
        { VANE_ETAG_ETHERTYPE, 1ull << 29, 68, VANE_TAG_STAT_RX_UNKNOWN },
        { VANE_ETAG_ETHERTYPE, 1ull << 16, 68, VANE_TAG_STAT_RX_UNKNOWN },
        { VANE_ETAG_ETHERTYPE, 1ull << 7, 68, VANE_TAG_STAT_RX_UNKNOWN },
    };
    Net *net = channel_new_etag();
    struct vane_rx_cpl32 cpl;
    uint8_t frame[60], wire[68];

    make_frame(frame, 0xff, 0xee, 0x88b5, 60);
    for (int i = 0; i < ARRAY_SIZE(wrong); i++) {
        uint64_t before = channel_drops(net->nic, wrong[i].why);

        add_etag(wire, frame, channel_etag(ECID(0), 0) ^ wrong[i].tag);
        stw_be_p(wire + 12, wrong[i].proto);
        uplink_send(net->nic, wire, wrong[i].len);
        wait_for(channel_uplink_dropped(net->nic) == i + 1);
        g_assert_cmpuint(channel_drops(net->nic, wrong[i].why), ==,
                         before + 1);
    }
    add_etag(wire, frame, channel_etag(ECID(0), 0));
    uplink_send(net->nic, wire, 22);
    wait_for(rxq_ready(&net->rxq[0]));
    uplink_send(net->nic, wire, 68);
    rxq_next(&net->rxq[0], &cpl, NULL);
    expect(net, 0, frame, 60);
    net_free(net);
}

/* A frame of 90 bytes whose type stands behind this number of VLAN tags */
static void channel_make_tagged(uint8_t *frame, uint16_t type, int tags)
{
    make_frame(frame, 0xff, VF_MAC(0), type, 90);
    for (int i = 0; i < tags; i++) {
        stw_be_p(frame + 12 + 4 * i, i & 1 ? ETH_P_DVLAN : ETH_P_VLAN);
        stw_be_p(frame + 14 + 4 * i, 100);
    }
    stw_be_p(frame + 12 + 4 * tags, type);
}

/* May a port send this in this mode? The number of frames dropped follows. */
static void channel_try_type(Net *net, int port, uint8_t *frame, size_t len,
                             bool allowed)
{
    enum vane_switch_mode mode;
    struct vane_cmd_switch sw;
    uint8_t data[BUF_LEN];
    uint64_t dropped = counter(net_fn(net, port), VANE_STAT_TX_DROP_SPOOF);

    g_assert_cmpint(command_answer(net->nic, VANE_CMD_SWITCH_GET, NULL, 0, &sw,
                                   sizeof(sw)), ==, VANE_OK);
    mode = le32_to_cpu(sw.mode);
    frame[11] = port == PF ? PF_MAC : VF_MAC(port);
    txq_send(&net->txq[port], frame, len, 0, 0);
    g_assert_cmpuint(counter(net_fn(net, port), VANE_STAT_TX_DROP_SPOOF), ==,
                     dropped + !allowed);
    if (allowed) {
        g_assert_cmpuint(uplink_receive(net->nic, data, sizeof(data)), ==,
                         len + (mode == VANE_SWITCH_VNTAG ? VANE_VNTAG_SIZE :
                                mode == VANE_SWITCH_ETAG ? VANE_ETAG_SIZE : 0));
    }
}

/*
 * No VF sends a channel tag where it means something, whatever it is trusted
 * with, however many VLAN tags are before it, however short the frame is.
 */
static void channel_test_spoof(void)
{
    static const uint16_t types[] = {
        VANE_VNTAG_ETHERTYPE, VANE_ETAG_ETHERTYPE, 0x88b5,
    };
    Net *net = net_new();
    uint8_t frame[90];

    for (int i = 0; i < 3; i++) {
        struct vane_cmd_port port = {
            .port = cpu_to_le16(i),
            .valid = cpu_to_le32(VANE_PORT_VALID_FLAGS |
                                 VANE_PORT_VALID_CHANNEL),
            .channel = cpu_to_le16(10 + i),
            .flags = cpu_to_le32(VANE_PORT_FLAG_LINK |
                                 (i & 1 ? VANE_PORT_FLAG_SPOOFCHK : 0) |
                                 (i & 2 ? VANE_PORT_FLAG_TRUST : 0)),
        };

        g_assert_cmpint(command(net->nic, VANE_CMD_PORT_SET, &port), ==,
                        VANE_OK);
    }
    g_assert_cmpint(channel_set(net->nic, VANE_PORT_PF, 9), ==, VANE_OK);
    for (int mode = VANE_SWITCH_VEB; mode <= VANE_SWITCH_ETAG; mode++) {
        bool tagged = mode >= VANE_SWITCH_VNTAG;

        switch_mode(net->nic, mode);
        for (int tags = 0; tags <= VANE_CHANNEL_TAG_DEPTH + 2; tags++) {
            for (int i = 0; i < ARRAY_SIZE(types); i++) {
                bool spoof = tagged &&
                             (types[i] != 0x88b5 ||
                              tags > VANE_CHANNEL_TAG_DEPTH + 1);

                channel_make_tagged(frame, types[i], tags);
                for (int port = 0; port < 3; port++) {
                    channel_try_type(net, port, frame, 90, !spoof);
                    channel_try_type(net, port, frame, 14 + 4 * tags, !spoof);
                    drain(net);
                }
                channel_try_type(net, PF, frame, 90, true);
                drain(net);
            }
        }
    }
    net_free(net);
}

/* A second tag from the uplink: no VF sees one. */
static void channel_test_nested(void)
{
    Net *net = net_new();
    uint8_t frame[90], wire[100];

    g_assert_cmpint(channel_set(net->nic, 0, 7), ==, VANE_OK);
    for (int mode = VANE_SWITCH_VNTAG; mode <= VANE_SWITCH_ETAG; mode++) {
        uint64_t before = channel_drops(net->nic, VANE_TAG_STAT_RX_NESTED);
        int count = 0;

        switch_mode(net->nic, mode);
        for (int tags = 0; tags <= 3; tags++) {
            for (int i = 0; i < 2; i++) {
                channel_make_tagged(frame, i ? VANE_ETAG_ETHERTYPE :
                                               VANE_VNTAG_ETHERTYPE, tags);
                if (mode == VANE_SWITCH_VNTAG) {
                    add_vntag(wire, frame, VANE_VNTAG_DIR | 7 << 16);
                } else {
                    add_etag(wire, frame, channel_etag(7, 0));
                }
                uplink_send(net->nic, wire, 64);
                count++;
                wait_for(channel_drops(net->nic, VANE_TAG_STAT_RX_NESTED) ==
                         before + count);
            }
        }
    }
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_RX_FRAMES), ==, 0);
    net_free(net);
}

/* In VN-Tag mode a channel that needs an E-Tag is none, and no VIF names it. */
static void channel_test_beyond_vif(void)
{
    Net *net = net_new();
    uint8_t frame[60], wire[68];

    g_assert_cmpint(channel_set(net->nic, 0, 5000), ==, VANE_OK);
    g_assert_cmpint(channel_list_set(net->nic, 7, 0x01, false), ==, VANE_OK);
    make_frame(frame, 0xff, VF_MAC(0), 0x88b5, 60);
    switch_mode(net->nic, VANE_SWITCH_VNTAG);
    txq_send(&net->txq[0], frame, 60, 0, 0);
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_LINK), ==, 1);
    add_vntag(wire, frame, VANE_VNTAG_DIR | 5000 << 16);
    uplink_send(net->nic, wire, 66);
    wait_for(channel_drops(net->nic, VANE_TAG_STAT_RX_UNKNOWN) == 1);
    add_vntag(wire, frame, VANE_VNTAG_DIR | VANE_VNTAG_PTR | 7 << 16);
    uplink_send(net->nic, wire, 66);
    switch_mode(net->nic, VANE_SWITCH_ETAG);
    add_etag(wire, frame, channel_etag(5000, 0));
    wire[20] = 0x55;
    uplink_send(net->nic, wire, 68);
    memcpy(frame + 12, wire + 20, 48);
    expect(net, 0, frame, 60);
    net_free(net);
}

/* What a driver that does not know E-Tag sets, and what it sees of others */
static void channel_test_without_feature(void)
{
    struct vane_cmd_switch sw = { .mode = cpu_to_le32(VANE_SWITCH_ETAG) };
    struct vane_cmd_list list;
    struct vane_cmd_port port;
    Net *net = channel_new_etag();
    Nic *nic = net->nic;

    g_assert_cmpint(channel_list_set(nic, 7, 0x03, true), ==, VANE_OK);
    wr32(&nic->pf, VANE_REG_CTRL, 0);
    fn_enable(&nic->pf, rd64(&nic->pf, VANE_REG_FEATURES_PF_MASK) &
              ~VANE_FEAT_ETAG);
    mailbox_enable(nic);
    g_assert_cmpint(command(nic, VANE_CMD_SWITCH_SET, &sw), ==,
                    VANE_ERR_UNSUPPORTED);
    g_assert_cmpint(channel_map_priority(nic, 0, 0), ==, VANE_ERR_UNSUPPORTED);
    g_assert_cmpint(command_answer(nic, VANE_CMD_TAG_STATS_GET, NULL, 0, NULL,
                                   0), ==, VANE_ERR_UNSUPPORTED);
    g_assert_cmpint(channel_set(nic, 3, VANE_MAX_VIF), ==, VANE_OK);
    g_assert_cmpint(channel_set(nic, 3, VANE_MAX_VIF + 1), ==, VANE_ERR_RANGE);
    g_assert_cmpint(channel_list_set(nic, GROUP_LIST(1), 1, false), ==,
                    VANE_ERR_RANGE);
    g_assert_cmpint(channel_list_find(net, 1, &list), ==, VANE_OK);
    g_assert_cmpuint(le16_to_cpu(list.list), ==, 7);
    g_assert_cmpuint(list.list_high, ==, 0);
    g_assert_cmpint(channel_list_find(net, 8, &list), ==, VANE_ERR_NOT_FOUND);

    /* Such a driver would take a part of a channel for one, and set it. */
    port = (struct vane_cmd_port) { .port = cpu_to_le16(0) };
    g_assert_cmpint(command_answer(nic, VANE_CMD_PORT_GET, &port, sizeof(port),
                                   &port, sizeof(port)), ==, VANE_OK);
    g_assert_cmpuint(le16_to_cpu(port.channel), ==, 0);
    g_assert_cmpuint(le16_to_cpu(port.channel_high), ==, 0);

    /* A body as it was before E-Tag */
    port = (struct vane_cmd_port) {
        .port = cpu_to_le16(3),
        .valid = cpu_to_le32(VANE_PORT_VALID_CHANNEL),
        .channel = cpu_to_le16(77),
    };
    g_assert_cmpint(command_answer(nic, VANE_CMD_PORT_SET, &port,
                                   offsetof(struct vane_cmd_port, prio_map),
                                   NULL, 0), ==, VANE_OK);
    g_assert_cmpint(command_answer(nic, VANE_CMD_PORT_GET, &port,
                                   offsetof(struct vane_cmd_port, prio_map),
                                   &port, sizeof(port)), ==, VANE_OK);
    g_assert_cmpuint(le16_to_cpu(port.channel), ==, 77);
    g_assert_cmpuint(le16_to_cpu(port.channel_high), ==, 0);
    g_assert_cmphex(le64_to_cpu(port.prio_map), ==, VANE_PRIO_MAP_DEFAULT);
    net_free(net);
}

/* Numbers that no tag can name, and one that another port has */
static void channel_test_refused(void)
{
    static const uint32_t lists[] = {
        0, VANE_MAX_VIF + 1, 0xfffff, 1 << 22, 1 << 22 | GROUP_LIST(1),
    };
    Net *net = channel_new_etag();
    struct vane_cmd_list list = { .list = cpu_to_le16(1) };
    struct vane_cmd_port port = {};

    for (int i = 0; i < ARRAY_SIZE(lists); i++) {
        g_assert_cmpint(channel_list_set(net->nic, lists[i], 1, false), ==,
                        VANE_ERR_RANGE);
    }
    list.reserved[0] = 1;
    g_assert_cmpint(command(net->nic, VANE_CMD_LIST_SET, &list), ==,
                    VANE_ERR_INVALID);
    g_assert_cmpint(channel_set(net->nic, 0, VANE_MAX_ECID + 1), ==,
                    VANE_ERR_RANGE);
    g_assert_cmpint(channel_set(net->nic, 0, 0xffffffff), ==, VANE_ERR_RANGE);
    g_assert_cmpint(channel_set(net->nic, 0, ECID(1)), ==, VANE_ERR_EXISTS);
    g_assert_cmpint(command_answer(net->nic, VANE_CMD_PORT_GET, &port,
                                   sizeof(port), &port, sizeof(port)), ==,
                    VANE_OK);
    g_assert_cmphex(le16_to_cpu(port.channel) |
                    le16_to_cpu(port.channel_high) << 16, ==, ECID(0));
    g_assert_cmpint(channel_set(net->nic, 3, VANE_MAX_ECID), ==, VANE_OK);
    g_assert_cmpint(channel_set(net->nic, 1, 0), ==, VANE_OK);
    g_assert_cmpint(channel_set(net->nic, 0, ECID(1)), ==, VANE_OK);
    net_free(net);
}

static size_t channel_tag_len(enum vane_switch_mode mode)
{
    return mode == VANE_SWITCH_VNTAG ? VANE_VNTAG_SIZE : VANE_ETAG_SIZE;
}

/* Makes the tag of a frame that went up one that goes down to a channel. */
static void channel_turn(enum vane_switch_mode mode, uint8_t *wire,
                         uint32_t channel)
{
    if (mode == VANE_SWITCH_VNTAG) {
        stl_be_p(wire + 14, VANE_VNTAG_DIR |
                 field_put(VANE_VNTAG_DVIF, channel));
    } else {
        stq_be_p(wire + 12, (uint64_t)VANE_ETAG_ETHERTYPE << 48 |
                 channel_etag(channel, 0));
    }
}

#define OFFLOAD_MSS     1000
#define OFFLOAD_SEGS    3
#define OFFLOAD_TCI     0xb064

/* What one mode makes of TCP with a VLAN tag that is inserted, or without */
typedef struct Offload {
    enum vane_switch_mode mode;
    bool ipv6;
    bool vlan;
    uint32_t hash;              /* as it is without a tag */
} Offload;

/* The receiver's completion of a segment tells what it told without a tag. */
static void channel_check_down(Net *net, const Offload *how,
                               const uint8_t *segment, size_t len)
{
    uint8_t data[BUF_LEN];
    struct vane_rx_cpl32 cpl;

    g_assert_cmpuint(rxq_next(&net->rxq[1], &cpl, data), ==, len);
    g_assert_cmpint(memcmp(data, segment, len), ==, 0);
    g_assert_true(cpl.base.info & VANE_RXC_CSUM_OK);
    g_assert_false(cpl.base.info & VANE_RXC_GRO);
    g_assert_cmpuint(field_get(cpl.base.info, VANE_RXC_HASH_TYPE), ==,
                     VANE_RXC_HASH_L4);
    g_assert_cmphex(field_get(cpl.base.data, VANE_RXC_HASH), ==, how->hash);
    g_assert_cmpint(!!(cpl.base.info & VANE_RXC_VLAN), ==, how->vlan);
    g_assert_cmphex(field_get(cpl.base.data, VANE_RXC_TCI), ==,
                    how->vlan ? OFFLOAD_TCI : 0);
}

/*
 * A TSO frame to a neighbour that has GRO: its segments go up, each with the
 * tag, and come down like any others.
 */
static void channel_offload(Net *net, const Offload *how)
{
    size_t tag = channel_tag_len(how->mode), vlan = how->vlan ? 4 : 0;
    size_t header = ETH_HLEN + (how->ipv6 ? 60 : 40);
    uint8_t frame[OFFLOAD_MSS * OFFLOAD_SEGS + 100], wire[BUF_LEN];
    uint8_t segment[BUF_LEN];
    size_t len = make_tcp(frame, VF_MAC(1), VF_MAC(0), how->ipv6,
                          OFFLOAD_MSS * OFFLOAD_SEGS);

    txq_send(&net->txq[0], frame, len,
             VANE_TXD_TSO | (how->vlan ? VANE_TXD_VLAN : 0),
             field_put(VANE_TXD_MSS, OFFLOAD_MSS) |
             field_put(VANE_TXD_HDR_LEN, header) |
             (how->vlan ? field_put(VANE_TXD_TCI, OFFLOAD_TCI) : 0));
    for (int i = 0; i < OFFLOAD_SEGS; i++) {
        size_t got = uplink_receive(net->nic, wire, sizeof(wire));

        g_assert_cmpuint(got, ==, header + OFFLOAD_MSS + tag + vlan);
        g_assert_cmphex(lduw_be_p(wire + 12), ==,
                        how->mode == VANE_SWITCH_VNTAG ?
                        VANE_VNTAG_ETHERTYPE : VANE_ETAG_ETHERTYPE);
        if (how->mode == VANE_SWITCH_ETAG) {
            g_assert_cmphex(wire[14], ==, how->vlan ? 0xb0 : 0);
        }
        if (how->vlan) {
            g_assert_cmphex((uint32_t)ldl_be_p(wire + 12 + tag), ==,
                            0x81000000 | OFFLOAD_TCI);
        }
        memcpy(segment, wire, 12);
        memcpy(segment + 12, wire + 12 + tag + vlan, got - 12 - tag - vlan);
        g_assert_cmpint(memcmp(segment + header,
                               frame + header + i * OFFLOAD_MSS, OFFLOAD_MSS),
                        ==, 0);
        channel_turn(how->mode, wire, 11);
        uplink_send(net->nic, wire, got);
        channel_check_down(net, how, segment, header + OFFLOAD_MSS);
    }
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_GRO_FRAMES), ==, 0);
    drain(net);
}

/* A checksum that the device fills in: where it stood in memory. */
static void channel_offload_csum(Net *net, const Offload *how)
{
    size_t tag = channel_tag_len(how->mode);
    size_t l4 = ETH_HLEN + (how->ipv6 ? 40 : 20);
    uint8_t frame[300], wire[BUF_LEN];
    size_t len = make_tcp(frame, 0x77, VF_MAC(0), how->ipv6, 101);
    uint32_t pseudo = pseudo_sum(frame + ETH_HLEN, how->ipv6, IP_PROTO_TCP,
                                 len - l4);

    stw_be_p(frame + l4 + 16, sum_fold(pseudo));
    txq_send(&net->txq[0], frame, len, VANE_TXD_CSUM,
             field_put(VANE_TXD_CSUM_START, l4) |
             field_put(VANE_TXD_CSUM_OFFSET, 8));
    g_assert_cmpuint(uplink_receive(net->nic, wire, sizeof(wire)), ==,
                     len + tag);
    g_assert_cmphex(sum_of(wire + tag + l4, len - l4, pseudo), ==, 0);
}

/* The hash that a segment has without any tag */
static uint32_t channel_plain_hash(Net *net, bool ipv6)
{
    struct vane_rx_cpl32 cpl;
    uint8_t frame[200];
    size_t len = make_tcp(frame, VF_MAC(1), VF_MAC(0), ipv6, 60);

    uplink_send(net->nic, frame, len);
    rxq_next(&net->rxq[1], &cpl, NULL);
    drain(net);
    return field_get(cpl.base.data, VANE_RXC_HASH);
}

/* Offloads and RSS are the same with either tag, and without. */
static void channel_test_offloads(void)
{
    Net *net = g_new0(Net, 1);
    uint32_t hash[2];

    net_start(net, sizeof(struct vane_rx_cpl32));
    for (int i = 0; i < VANE_RSS_KEY_SIZE; i += 4) {
        wr32(&net->vf[1], VANE_REG_RSS_KEY + i, 0x6d5a56da * (i + 1));
    }
    wr32(&net->vf[1], VANE_REG_RSS_CTRL, VANE_RSS_CTRL_ALL);
    wr32(&net->vf[1], VANE_RXQ(0) + VANE_RXQ_OPT,
         VANE_RXQ_OPT_VLAN_STRIP | VANE_RXQ_OPT_GRO);
    for (int i = 0; i < 2; i++) {
        hash[i] = channel_plain_hash(net, i);
        g_assert_cmpint(channel_set(net->nic, i, 10 + i), ==, VANE_OK);
    }
    for (int mode = VANE_SWITCH_VNTAG; mode <= VANE_SWITCH_ETAG; mode++) {
        switch_mode(net->nic, mode);
        for (int i = 0; i < 4; i++) {
            Offload how = { mode, i & 1, i & 2, hash[i & 1] };

            channel_offload(net, &how);
            channel_offload_csum(net, &how);
        }
    }
    net_free(net);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/channel/vn-tag-up", channel_test_vntag_up);
    qtest_add_func("/vane/channel/vn-tag-down", channel_test_vntag_down);
    qtest_add_func("/vane/channel/vn-tag-dropped", channel_test_vntag_dropped);
    qtest_add_func("/vane/channel/e-tag-up", channel_test_etag_up);
    qtest_add_func("/vane/channel/e-tag-port-vlan",
                   channel_test_etag_port_vlan);
    qtest_add_func("/vane/channel/e-tag-down", channel_test_etag_down);
    qtest_add_func("/vane/channel/e-tag-dropped", channel_test_etag_dropped);
    qtest_add_func("/vane/channel/spoof", channel_test_spoof);
    qtest_add_func("/vane/channel/nested", channel_test_nested);
    qtest_add_func("/vane/channel/beyond-vif", channel_test_beyond_vif);
    qtest_add_func("/vane/channel/list-members", channel_test_list_members);
    qtest_add_func("/vane/channel/without-feature",
                   channel_test_without_feature);
    qtest_add_func("/vane/channel/refused", channel_test_refused);
    qtest_add_func("/vane/channel/offloads", channel_test_offloads);
    return g_test_run();
}
