/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: VLAN tags at each edge of the switch, for random tags, port VLANs,
 * trunk lists and filters, compared with a model that only knows lists of tags.
 * The seed is that of GLib: --seed repeats a run.
 */
#include "qemu/osdep.h"
#include "vane-net.h"

#define CONFIGS     40
#define FRAMES      40
#define TAGS_MAX    3
#define VIDS        4           /* 0, and three that there are */
#define PAYLOAD     44          /* EtherType included */
#define PRIO        0xf000

typedef struct Tags {
    int count;
    struct {
        uint16_t proto;
        uint16_t tci;
    } tag[TAGS_MAX + 2];
} Tags;

/* A port as the test has set it up */
typedef struct Port {
    uint16_t proto;             /* of its port VLAN, or 0 */
    uint16_t tci;
    bool trunk;
    bool in_trunk[VIDS];
    uint32_t rx_mode;
    bool vlan[VIDS];
    bool svlan[VIDS];
} Port;

static uint16_t vlan_draw_proto(void)
{
    return g_test_rand_bit() ? ETH_P_VLAN : ETH_P_DVLAN;
}

static int vlan_vid_of(const Tags *tags, int i)
{
    return tags->tag[i].tci & ~PRIO;
}

static void vlan_remove_first(Tags *tags)
{
    memmove(&tags->tag[0], &tags->tag[1], sizeof(tags->tag) -
            sizeof(tags->tag[0]));
    tags->count--;
}

static void vlan_insert_first(Tags *tags, uint16_t proto, uint16_t tci)
{
    memmove(&tags->tag[1], &tags->tag[0], sizeof(tags->tag) -
            sizeof(tags->tag[0]));
    tags->tag[0].proto = proto;
    tags->tag[0].tci = tci;
    tags->count++;
}

/* A priority tag in front of another goes; two of them are one too many. */
static bool vlan_model_normalize(Tags *tags)
{
    if (tags->count > 1 && !vlan_vid_of(tags, 0)) {
        if (!vlan_vid_of(tags, 1)) {
            return false;
        }
        vlan_remove_first(tags);
    }
    return true;
}

/* May a function behind this trunk list use a frame with these tags? */
static bool vlan_model_in_trunk(const Port *port, const Tags *tags)
{
    Tags own = *tags;

    if (!port->trunk) {
        return true;
    }
    if (port->proto == ETH_P_VLAN) {
        return port->in_trunk[0];
    }
    if (!vlan_model_normalize(&own)) {
        return false;
    }
    if (!own.count || !vlan_vid_of(&own, 0)) {
        return port->in_trunk[0];
    }
    return own.tag[0].proto == ETH_P_VLAN &&
           port->in_trunk[vlan_vid_of(&own, 0)];
}

/* Ingress edge: false if the port does not let the frame in. */
static bool vlan_model_ingress(const Port *port, Tags *tags)
{
    uint16_t tci = port->tci;

    if (!vlan_model_in_trunk(port, tags)) {
        return false;
    }
    if (port->proto == ETH_P_VLAN && tags->count) {
        if (tags->count > 1 || tags->tag[0].proto != ETH_P_VLAN ||
            vlan_vid_of(tags, 0)) {
            return false;
        }
        tci = (tci & ~PRIO) | (tags->tag[0].tci & PRIO);
        vlan_remove_first(tags);
    }
    if (port->proto) {
        vlan_insert_first(tags, port->proto, tci);
    }
    return true;
}

/* Egress edge: false if the port does not receive the frame. */
static bool vlan_model_egress(const Port *port, Tags *tags)
{
    int vid = tags->count ? vlan_vid_of(tags, 0) : 0;
    bool service = vid && tags->tag[0].proto == ETH_P_DVLAN;

    if (port->proto) {
        if (!tags->count || tags->tag[0].proto != port->proto ||
            vid != (port->tci & ~PRIO)) {
            return false;
        }
        vlan_remove_first(tags);
    } else if (service && port->rx_mode & VANE_RX_MODE_SVLAN_FILTER &&
               !port->svlan[vid]) {
        return false;
    } else if (vid && !service && port->rx_mode & VANE_RX_MODE_VLAN_FILTER &&
               !port->vlan[vid]) {
        return false;
    }
    return vlan_model_in_trunk(port, tags);
}

static size_t vlan_build(uint8_t *frame, const Tags *tags, uint8_t from,
                         uint8_t serial)
{
    uint8_t plain[12 + PAYLOAD];
    uint8_t *p = frame + 12;

    make_frame(plain, 0xff, from, 0x88b5, sizeof(plain));
    plain[20] = serial;
    memcpy(frame, plain, 12);
    for (int i = 0; i < tags->count; i++) {
        stw_be_p(p, tags->tag[i].proto);
        stw_be_p(p + 2, tags->tag[i].tci);
        p += 4;
    }
    memcpy(p, plain + 12, PAYLOAD);
    return p + PAYLOAD - frame;
}

static void vlan_draw_port(Net *net, Port *port, int i)
{
    struct vane_cmd_trunk trunk = { .port = cpu_to_le16(i) };
    struct vane_cmd_target clear = { .port = cpu_to_le16(i) };

    *port = (Port) {};
    if (g_test_rand_bit()) {
        port->proto = vlan_draw_proto();
        port->tci = g_test_rand_int_range(1, VIDS) |
                    g_test_rand_int_range(0, 16) << 12;
    }
    port->trunk = g_test_rand_bit();
    port_up(net->nic, i, VF_MAC(i), port->proto, port->tci, 0);
    port_flags(net->nic, i, port->trunk ? VANE_PORT_FLAG_TRUNK : 0);
    g_assert_cmpint(command(net->nic, VANE_CMD_FILTER_CLEAR, &clear), ==,
                    VANE_OK);
    port->rx_mode = g_test_rand_int_range(0, VANE_RX_MODE_ALL + 1);
    rx_mode(net->nic, i, port->rx_mode);
    for (int vid = 0; vid < VIDS; vid++) {
        for (int service = 0; service < 2; service++) {
            struct vane_cmd_vlan cmd = {
                .port = cpu_to_le16(i),
                .vid = cpu_to_le16(vid),
                .proto = cpu_to_le16(service ? ETH_P_DVLAN :
                                     g_test_rand_bit() ? ETH_P_VLAN : 0),
            };

            if (g_test_rand_bit()) {
                (service ? port->svlan : port->vlan)[vid] = true;
                g_assert_cmpint(command(net->nic, VANE_CMD_VLAN_ADD, &cmd), ==,
                                VANE_OK);
            }
        }
        port->in_trunk[vid] = g_test_rand_bit();
        trunk.vids[0] |= port->in_trunk[vid] << vid;
    }
    g_assert_cmpint(command(net->nic, VANE_CMD_TRUNK_SET, &trunk), ==, VANE_OK);
}

static void vlan_draw_tags(Tags *tags)
{
    *tags = (Tags) { .count = g_test_rand_int_range(0, TAGS_MAX + 1) };
    for (int i = 0; i < tags->count; i++) {
        tags->tag[i].proto = vlan_draw_proto();
        tags->tag[i].tci = g_test_rand_int_range(0, VIDS) |
                           g_test_rand_int_range(0, 16) << 12;
    }
}

/* Sends from VF @from; its tags, or NULL if it is dropped. */
static const Tags *vlan_send_from(Net *net, const Port *port, int from,
                                  Tags *tags, uint8_t serial)
{
    const Fn *fn = &net->vf[from];
    uint64_t malformed = counter(fn, VANE_STAT_TX_DROP_MALFORMED);
    uint64_t not_allowed = counter(fn, VANE_STAT_TX_DROP_VLAN);
    uint64_t sent = counter(fn, VANE_STAT_TX_FRAMES);
    uint64_t bytes = counter(fn, VANE_STAT_TX_BYTES);
    uint8_t frame[128];
    size_t len = vlan_build(frame, tags, VF_MAC(from), serial);
    bool sane, allowed;

    bytes += len;
    if (tags->count && tags->tag[0].proto == ETH_P_VLAN && g_test_rand_bit()) {
        Tags inner = *tags;

        vlan_remove_first(&inner);
        len = vlan_build(frame, &inner, VF_MAC(from), serial);
        txq_send(&net->txq[from], frame, len, VANE_TXD_VLAN,
                 field_put(VANE_TXD_TCI, tags->tag[0].tci));
    } else {
        txq_send(&net->txq[from], frame, len, 0, 0);
    }
    sane = vlan_model_normalize(tags);
    allowed = sane && vlan_model_ingress(port, tags);
    g_assert_cmpuint(counter(fn, VANE_STAT_TX_DROP_MALFORMED) - malformed, ==,
                     !sane);
    g_assert_cmpuint(counter(fn, VANE_STAT_TX_DROP_VLAN) - not_allowed, ==,
                     sane && !allowed);
    g_assert_cmpuint(counter(fn, VANE_STAT_TX_FRAMES) - sent, ==, allowed);
    if (!allowed) {
        return NULL;
    }
    g_assert_cmpuint(counter(fn, VANE_STAT_TX_BYTES), ==, bytes);
    len = vlan_build(frame, tags, VF_MAC(from), serial);
    expect_uplink(net, frame, len);
    return tags;
}

static const Tags *vlan_send_uplink(Net *net, Tags *tags, uint8_t serial)
{
    uint8_t frame[128];
    size_t len = vlan_build(frame, tags, 0x55, serial);

    uplink_send(net->nic, frame, len);
    return vlan_model_normalize(tags) ? tags : NULL;
}

/* The PF's port has nothing to it, so this is the next frame to it. */
static void vlan_settle(Net *net)
{
    uint8_t frame[60];

    make_frame(frame, PF_MAC, 0x55, 0x88b6, sizeof(frame));
    uplink_send(net->nic, frame, sizeof(frame));
    for (;;) {
        struct vane_rx_cpl32 cpl;
        uint8_t data[BUF_LEN];

        rxq_next(&net->rxq[PF], &cpl, data);
        if (lduw_be_p(data + 12) == 0x88b6) {
            return;
        }
    }
}

static void vlan_test_random(void)
{
    Net *net = net_new();

    for (int c = 0; c < CONFIGS; c++) {
        Port port[VFS];

        for (int i = 0; i < VFS; i++) {
            vlan_draw_port(net, &port[i], i);
        }
        for (int n = 0; n < FRAMES; n++) {
            int from = g_test_rand_int_range(-1, VFS);
            uint8_t mac = from < 0 ? 0x55 : VF_MAC(from);
            const Tags *in_switch;
            Tags tags;

            vlan_draw_tags(&tags);
            in_switch = from < 0 ? vlan_send_uplink(net, &tags, n) :
                        vlan_send_from(net, &port[from], from, &tags, n);
            vlan_settle(net);
            for (int i = 0; i < VFS; i++) {
                uint8_t frame[128];
                Tags seen = tags;

                if (i == from || !in_switch ||
                    !vlan_model_egress(&port[i], &seen)) {
                    if (rxq_ready(&net->rxq[i])) {
                        g_error("port %d (VLAN %x %x, trunk %d, mode %x) "
                                "receives [%x %x][%x %x][%x %x] from %d", i,
                                port[i].proto, port[i].tci, port[i].trunk,
                                port[i].rx_mode, tags.tag[0].proto,
                                tags.tag[0].tci, tags.tag[1].proto,
                                tags.tag[1].tci, tags.tag[2].proto,
                                tags.tag[2].tci, from);
                    }
                    continue;
                }
                expect(net, i, frame, vlan_build(frame, &seen, mac, n));
            }
            if (n % 16 == 15) {
                drain(net);
            }
        }
        drain(net);
    }
    net_free(net);
}

/* A tag without all that belongs to it, from a function and from the uplink */
static void vlan_test_cut(void)
{
    Net *net = net_new();
    uint64_t dropped = 0;
    uint8_t frame[64];

    for (int tags = 1; tags <= 2; tags++) {
        make_frame(frame, VF_MAC(1), VF_MAC(0), 0x88b5, sizeof(frame));
        for (int i = 0; i < tags; i++) {
            stw_be_p(frame + 12 + 4 * i, i ? ETH_P_DVLAN : ETH_P_VLAN);
            stw_be_p(frame + 14 + 4 * i, i ? 7 : 0);
        }
        for (int len = 10 + 4 * tags; len < 14 + 4 * tags; len++) {
            if (len >= VANE_MIN_FRAME) {
                txq_send(&net->txq[0], frame, len, 0, 0);
                dropped++;
            }
        }
        g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_MALFORMED),
                         ==, dropped);
        txq_send(&net->txq[0], frame, 14 + 4 * tags, 0, 0);
    }
    g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_FRAMES), ==, 2);
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_FRAMES), ==, 2);

    /* Tags behind the one that determines the VLAN are not examined. */
    make_frame(frame, VF_MAC(1), VF_MAC(0), ETH_P_VLAN, 14);
    txq_send(&net->txq[0], frame, 14, VANE_TXD_VLAN,
             field_put(VANE_TXD_TCI, 7));
    g_assert_cmpuint(counter(&net->vf[1], VANE_STAT_RX_FRAMES), ==, 3);
    net_free(net);
}

/* A rule for a VLAN looks at the tag that says it. */
static void vlan_test_rule(void)
{
    Net *net = net_new();
    uint8_t frame[128];
    Fn *fn = &net->vf[1];
    Tags tags;

    /* The function's own tags lie behind the port's. */
    port_up(net->nic, 1, VF_MAC(1), ETH_P_DVLAN, 100, 0);
    wr32(fn, VANE_RULE(0) + VANE_RULE_ETHER, 7 << 16);
    wr32(fn, VANE_RULE(0) + VANE_RULE_CTRL, VANE_RULE_CTRL_VALID |
         field_put(VANE_RULE_CTRL_ACTION, VANE_RULE_ACTION_DROP) |
         field_put(VANE_RULE_CTRL_MATCH, VANE_RULE_MATCH_VLAN));
    for (int service = 0; service < 2; service++) {
        for (int vid = 7; vid <= 8; vid++) {
            tags = (Tags) { 3, {
                { ETH_P_DVLAN, 100 },
                { ETH_P_VLAN, 0 },
                { service ? ETH_P_DVLAN : ETH_P_VLAN, vid },
            } };
            vlan_send_uplink(net, &tags, vid);
            vlan_settle(net);
            if (vid == 7 && !service) {
                g_assert_false(rxq_ready(&net->rxq[1]));
                continue;
            }
            vlan_remove_first(&tags);
            expect(net, 1, frame, vlan_build(frame, &tags, 0x55, vid));
        }
    }
    g_assert_cmpuint(counter(fn, VANE_STAT_RX_DROP_RULE), ==, 1);
    net_free(net);
}

typedef struct Control {
    uint8_t to[ETH_ALEN];
    uint16_t type;
    bool mac_control;
    bool any_vlan;
    bool free;
} Control;

static const Control controls[] = {
    { { 2, 0, 0, 0, 0, 0x77 }, 0x8808, .mac_control = true },
    { { 1, 0x80, 0xc2, 0, 0, 0x1f }, 0x8808, .mac_control = true },
    { { 2, 0, 0, 0, 0, 0x77 }, 0x8809 },
    { { 2, 0, 0, 0, 0, 0x77 }, 0x88cc },
    { { 1, 0x80, 0xc2, 0, 0, 0 }, 0x0026, .any_vlan = true },
    { { 1, 0x80, 0xc2, 0, 0, 15 }, 0x88b5, .any_vlan = true },
    { { 1, 0x80, 0xc2, 0, 0, 16 }, 0x88b5, .free = true },
    { { 1, 0x80, 0xc2, 0, 1, 0 }, 0x88b5, .free = true },
    { { 2, 0, 0, 0, 0, 0x77 }, 0x8807, .free = true },
};

static const struct {
    uint16_t proto;
    uint16_t tci;
} control_tags[] = {
    { 0 }, { ETH_P_VLAN, 0x6000 }, { ETH_P_DVLAN, 0 }, { ETH_P_VLAN, 5 },
    { ETH_P_DVLAN, 5 },
};

/* Sends each kind with each tag from VF 0, and counts what is dropped. */
static void vlan_send_controls(Net *net, bool trust, uint64_t *dropped)
{
    for (int n = 0; n < ARRAY_SIZE(controls) * ARRAY_SIZE(control_tags); n++) {
        const Control *control = &controls[n / ARRAY_SIZE(control_tags)];
        int t = n % ARRAY_SIZE(control_tags);
        bool vlan = control_tags[t].tci & ~PRIO;
        bool allowed = control->free || (vlan && !control->any_vlan) ||
                       (trust && !control->mac_control);
        Tags tags = {
            !!control_tags[t].proto,
            { { control_tags[t].proto, control_tags[t].tci } }
        };
        uint8_t frame[128], wire[128];
        size_t len = vlan_build(frame, &tags, VF_MAC(0), 0);

        memcpy(frame, control->to, ETH_ALEN);
        stw_be_p(frame + 12 + 4 * tags.count, control->type);
        txq_send(&net->txq[0], frame, len, 0, 0);
        if (allowed) {
            g_assert_cmpuint(uplink_receive(net->nic, wire, sizeof(wire)), >=,
                             len);
        }
        *dropped += !allowed;
        g_assert_cmpuint(counter(&net->vf[0], VANE_STAT_TX_DROP_CONTROL), ==,
                         *dropped);
    }
}

/* Frames for the link partner: who may send them, and whom they reach */
static void vlan_test_control(void)
{
    Net *net = net_new();
    uint64_t dropped = 0;

    for (int setting = 0; setting < 4 * 8; setting++) {
        struct vane_cmd_port port = {
            .valid = cpu_to_le32(VANE_PORT_VALID_FLAGS |
                                 VANE_PORT_VALID_CHANNEL |
                                 VANE_PORT_VALID_VLAN),
            .channel = cpu_to_le16(1),
            .vlan_proto = cpu_to_le16(setting & 4 ? ETH_P_DVLAN : 0),
            .vlan_tci = cpu_to_le16(setting & 4 ? 9 : 0),
            .flags = cpu_to_le32(VANE_PORT_FLAG_LINK |
                                 (setting & 1 ? VANE_PORT_FLAG_SPOOFCHK : 0) |
                                 (setting & 2 ? VANE_PORT_FLAG_TRUST : 0)),
        };

        switch_mode(net->nic, setting / 8);
        g_assert_cmpint(command(net->nic, VANE_CMD_PORT_SET, &port), ==,
                        VANE_OK);
        vlan_send_controls(net, setting & 2, &dropped);
    }
    net_free(net);
}

/* The PF sends all; from the uplink MAC control reaches nobody. */
static void vlan_test_control_others(void)
{
    Net *net = net_new();
    uint8_t frame[128];

    make_frame(frame, VF_MAC(1), PF_MAC, 0x8808, 60);
    txq_send(&net->txq[PF], frame, 60, 0, 0);
    expect(net, 1, frame, 60);
    make_frame(frame, VF_MAC(1), 0x55, 0x8808, 60);
    uplink_send(net->nic, frame, 60);
    for (int t = 1; t < ARRAY_SIZE(control_tags); t++) {
        Tags tags = {
            1, { { control_tags[t].proto, control_tags[t].tci } }
        };
        size_t len = vlan_build(frame, &tags, 0x55, 0);

        stw_be_p(frame + 16, 0x8808);
        uplink_send(net->nic, frame, len);
        if (control_tags[t].tci & ~PRIO) {
            expect(net, 1, frame, len);
        }
    }
    vlan_settle(net);
    g_assert_false(rxq_ready(&net->rxq[1]));
    net_free(net);
}

static void vlan_test_values(void)
{
    Nic *nic = nic_new();
    struct vane_cmd_vlan cmd = {
        .port = cpu_to_le16(VANE_PORT_PF),
        .proto = cpu_to_le16(0x9100),
    };

    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    g_assert_cmpint(command(nic, VANE_CMD_VLAN_ADD, &cmd), ==,
                    VANE_ERR_INVALID);
    cmd.proto = cpu_to_le16(ETH_P_DVLAN);
    cmd.vid = cpu_to_le16(4096);
    g_assert_cmpint(command(nic, VANE_CMD_VLAN_ADD, &cmd), ==, VANE_ERR_RANGE);
    cmd.vid = cpu_to_le16(4095);
    g_assert_cmpint(command(nic, VANE_CMD_VLAN_ADD, &cmd), ==, VANE_OK);
    cmd.reserved = cpu_to_le16(1);
    g_assert_cmpint(command(nic, VANE_CMD_VLAN_DEL, &cmd), ==,
                    VANE_ERR_INVALID);
    nic_free(nic);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/vlan/random", vlan_test_random);
    qtest_add_func("/vane/vlan/cut", vlan_test_cut);
    qtest_add_func("/vane/vlan/rule", vlan_test_rule);
    qtest_add_func("/vane/vlan/control", vlan_test_control);
    qtest_add_func("/vane/vlan/control-others",
                   vlan_test_control_others);
    qtest_add_func("/vane/vlan/values", vlan_test_values);
    return g_test_run();
}
