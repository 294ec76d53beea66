/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: qtests of transmit rates. Frames of 9000 bytes of the wire go to VF 2,
 * which has no buffers to speak of, as what counts is what is sent. Time is the
 * test's.
 */
#include "qemu/osdep.h"
#include "qemu/timer.h"
#include "vane-net.h"

#define RATE_FRAME      8976            /* and 24 of overhead */
#define RATE_WIRE       9000
#define BURST           (128 * KiB)
/* Of the fastest rate more than 63 bits can count */
#define LONG_NS         (8 * 3600ll * NANOSECONDS_PER_SECOND)

typedef struct Load {
    Net *net;
    uint64_t addr;
} Load;

static void rate_load_init(Load *load, Net *net)
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
static void rate_settle(Net *net)
{
    struct vane_cmd_port port = { .port = cpu_to_le16(VANE_PORT_PF) };

    for (int i = 0; i < 3; i++) {
        g_assert_cmpint(command(net->nic, VANE_CMD_PORT_GET, &port), ==,
                        VANE_OK);
    }
}

/* Fills the ring of a VF. */
static void rate_load_fill(Load *load, int i)
{
    Txq *txq = &load->net->txq[i];
    uint16_t room = QUEUE_SIZE - (uint16_t)(txq->tail - txq_head(txq));

    while (room--) {
        txq_desc(txq, load->addr | VANE_TXD_EOP, RATE_FRAME);
    }
    txq_ring(txq);
}

/* Keeps rings full while time passes; adds what was sent to @frames. */
static void rate_load_run(Load *load, int vfs, int ms, uint64_t *frames)
{
    Net *net = load->net;

    for (int i = 0; i < vfs; i++) {
        frames[i] = counter(&net->vf[i], VANE_STAT_TX_FRAMES);
    }
    while (ms--) {
        for (int i = 0; i < vfs; i++) {
            rate_load_fill(load, i);
        }
        qtest_clock_step(net->nic->qts, SCALE_MS);
        rate_settle(net);
    }
    for (int i = 0; i < vfs; i++) {
        frames[i] = counter(&net->vf[i], VANE_STAT_TX_FRAMES) - frames[i];
    }
}

/* Lets time pass until all is sent. */
static void rate_load_end(Load *load, int i)
{
    Txq *txq = &load->net->txq[i];

    rate_settle(load->net);
    for (int steps = 0; txq_head(txq) != txq->tail; steps++) {
        g_assert_cmpint(steps, <, 1000);
        qtest_clock_step(load->net->nic->qts, 20 * SCALE_MS);
        rate_settle(load->net);
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

static int rate_group_set(Nic *nic, uint16_t group, uint32_t max,
                          uint32_t share)
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
static uint64_t rate_frames_of(uint64_t burst, uint64_t mbps, uint64_t ms)
{
    return (burst + mbps * 125 * ms) / RATE_WIRE;
}

static void rate_test_max(void)
{
    Net *net = net_new();
    uint64_t frames[2];
    uint8_t frame[60];
    Load load;

    rate_load_init(&load, net);
    g_assert_cmpint(rate_set(net->nic, 0, 100, 0, 0), ==, VANE_OK);

    /* The burst, and one frame that begins in it; no more without time */
    rate_load_fill(&load, 0);
    wait_for(txq_head(&net->txq[0]) == BURST / RATE_WIRE + 1);
    rate_settle(net);
    g_assert_cmpuint(txq_head(&net->txq[0]), ==, BURST / RATE_WIRE + 1);

    /* Nobody else waits, and the port receives. */
    make_frame(frame, VF_MAC(0), VF_MAC(1), 0x88b5, 60);
    txq_send(&net->txq[1], frame, 60, 0, 0);
    expect(net, 0, frame, 60);

    rate_load_run(&load, 1, 200, frames);
    assert_near(frames[0], rate_frames_of(0, 100, 200), 2);

    /* Idle time counts for no more than a burst. */
    rate_load_end(&load, 0);
    qtest_clock_step(net->nic->qts, LONG_NS);
    rate_load_run(&load, 1, 100, frames);
    assert_near(frames[0], rate_frames_of(BURST, 100, 100), 2);

    /* Other rates, slow and fast, from the moment on that they are set */
    g_assert_cmpint(rate_set(net->nic, 0, 1000, 0, 0), ==, VANE_OK);
    rate_load_run(&load, 1, 100, frames);
    assert_near(frames[0], rate_frames_of(0, 1000, 100), 2);
    g_assert_cmpint(rate_set(net->nic, 0, 1, 0, 0), ==, VANE_OK);
    rate_load_run(&load, 1, 1000, frames);
    g_assert_cmpuint(frames[0], <=, rate_frames_of(BURST, 1, 1000) + 1);
    rate_load_fill(&load, 0);
    g_assert_cmpuint(txq_head(&net->txq[0]), !=, net->txq[0].tail);
    g_assert_cmpint(rate_set(net->nic, 0, VANE_MAX_RATE, 0, 0), ==, VANE_OK);
    qtest_clock_step(net->nic->qts, LONG_NS);
    txq_wait(&net->txq[0]);
    rate_load_fill(&load, 0);
    txq_wait(&net->txq[0]);
    g_assert_cmpint(rate_set(net->nic, 0, 1, 0, 0), ==, VANE_OK);
    rate_load_run(&load, 1, 50, frames);
    rate_load_fill(&load, 0);
    g_assert_cmpuint(txq_head(&net->txq[0]), !=, net->txq[0].tail);
    g_assert_cmpint(rate_set(net->nic, 0, 0, 0, 0), ==, VANE_OK);
    txq_wait(&net->txq[0]);
    net_free(net);
}

static void rate_test_group(void)
{
    Net *net = net_new();
    uint64_t frames[3];
    Load load;

    rate_load_init(&load, net);
    g_assert_cmpint(rate_group_set(net->nic, 64, 300, 0), ==, VANE_OK);
    for (int i = 0; i < 3; i++) {
        g_assert_cmpint(rate_set(net->nic, i, i == 1 ? 60 : 0, 0, 64), ==,
                        VANE_OK);
    }
    rate_load_run(&load, 3, 100, frames);            /* bursts */
    rate_load_run(&load, 3, 200, frames);
    assert_near(frames[0] + frames[1] + frames[2], rate_frames_of(0, 300, 200),
                2);
    assert_near(frames[1], rate_frames_of(0, 60, 200), 5);
    assert_near(frames[0], frames[2], 10);

    /* Out of it again; what is left is for the others */
    g_assert_cmpint(rate_set(net->nic, 0, 500, 0, 0), ==, VANE_OK);
    rate_load_run(&load, 3, 100, frames);
    rate_load_run(&load, 3, 200, frames);
    assert_near(frames[0], rate_frames_of(0, 500, 200), 2);
    assert_near(frames[2], rate_frames_of(0, 240, 200), 5);

    /* Without a rate the group is no limit. */
    rate_load_fill(&load, 2);
    g_assert_cmpint(rate_group_set(net->nic, 64, 0, 0), ==, VANE_OK);
    txq_wait(&net->txq[2]);
    net_free(net);
}

static void rate_port_speed(Nic *nic, uint32_t mbps)
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

static void rate_test_share(void)
{
    Net *net = net_new();
    uint64_t frames[3], all;
    Load load;

    rate_load_init(&load, net);
    rate_port_speed(net->nic, 1000);

    /* Nobody has a share: as much for each */
    rate_load_run(&load, 3, 100, frames);            /* burst */
    rate_load_run(&load, 3, 200, frames);
    all = frames[0] + frames[1] + frames[2];
    assert_near(all, rate_frames_of(0, 1000, 200), 2);
    for (int i = 0; i < 3; i++) {
        assert_near(frames[i] * 3, all, 10);
    }

    /* VF 0 has; of the rest everybody gets as much. */
    g_assert_cmpint(rate_set(net->nic, 0, 0, 700, 0), ==, VANE_OK);
    rate_load_run(&load, 3, 50, frames);
    rate_load_run(&load, 3, 200, frames);
    all = frames[0] + frames[1] + frames[2];
    assert_near(all, rate_frames_of(0, 1000, 200), 2);
    assert_near(frames[0], rate_frames_of(0, 800, 200), 5);
    assert_near(frames[1], rate_frames_of(0, 100, 200), 20);
    assert_near(frames[2], rate_frames_of(0, 100, 200), 20);

    /* What it does not send is not kept for it. */
    for (int i = 0; i < 3; i++) {
        rate_load_end(&load, i);
    }
    qtest_clock_step(net->nic->qts, LONG_NS);
    g_assert_cmpint(rate_set(net->nic, 0, 200, 100, 0), ==, VANE_OK);
    rate_load_run(&load, 3, 100, frames);
    rate_load_run(&load, 3, 200, frames);
    assert_near(frames[0], rate_frames_of(0, 200, 200), 3);
    assert_near(frames[1], rate_frames_of(0, 400, 200), 10);
    assert_near(frames[2], rate_frames_of(0, 400, 200), 10);
    net_free(net);
}

/* A share of a group; and none is needed at a port that is fast enough. */
static void rate_test_group_share(void)
{
    Net *net = net_new();
    uint64_t frames[3];
    Load load;

    rate_load_init(&load, net);
    rate_port_speed(net->nic, 1000);
    g_assert_cmpint(rate_group_set(net->nic, 1, 0, 700), ==, VANE_OK);
    for (int i = 1; i < 3; i++) {
        g_assert_cmpint(rate_set(net->nic, i, 0, 0, 1), ==, VANE_OK);
    }
    rate_load_run(&load, 3, 50, frames);
    rate_load_run(&load, 3, 200, frames);
    assert_near(frames[0], rate_frames_of(0, 100, 200), 20);
    assert_near(frames[1], rate_frames_of(0, 450, 200), 10);
    assert_near(frames[2], rate_frames_of(0, 450, 200), 10);

    /* A faster port is none that anybody waits for. */
    rate_port_speed(net->nic, 100000);
    for (int i = 0; i < 3; i++) {
        rate_load_fill(&load, i);
        txq_wait(&net->txq[i]);
    }
    net_free(net);
}

static Nic *rate_nic_new(void)
{
    Nic *nic = nic_new();

    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    return nic;
}

/* What is refused changes nothing; an older driver's body says no rates. */
static void rate_test_port_values(void)
{
    struct vane_cmd_port cmd = {
        .valid = cpu_to_le32(VANE_PORT_VALID_RATE | 1u << 31),
    };
    const size_t size_1_0 = offsetof(struct vane_cmd_port, tx_max);
    Nic *nic = rate_nic_new();

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
    nic_free(nic);
}

static int rate_group_get(Nic *nic, uint16_t group,
                          struct vane_cmd_rate_group *found)
{
    struct vane_cmd_rate_group ask = { .group = cpu_to_le16(group) };

    return command_answer(nic, VANE_CMD_RATE_GROUP_GET, &ask, sizeof(ask),
                          found, sizeof(*found));
}

static void rate_test_group_values(void)
{
    struct vane_cmd_rate_group group = {
        .group = cpu_to_le16(1), .tx_max = cpu_to_le32(10),
        .tx_share = cpu_to_le32(9), .name = "tenant",
    };
    struct vane_cmd_rate_group found;
    Nic *nic = rate_nic_new();

    g_assert_cmpuint(rd32(&nic->pf, VANE_REG_LIMIT_RATE_GROUPS), ==,
                     VANE_MAX_RATE_GROUPS);
    g_assert_cmpint(rate_group_set(nic, 0, 1, 0), ==, VANE_ERR_INVALID);
    g_assert_cmpint(rate_group_set(nic, VANE_MAX_RATE_GROUPS + 1, 1, 0), ==,
                    VANE_ERR_RANGE);
    g_assert_cmpint(rate_group_set(nic, 1, VANE_MAX_RATE + 1, 0), ==,
                    VANE_ERR_RANGE);
    g_assert_cmpint(rate_group_set(nic, 1, 10, 11), ==, VANE_ERR_RANGE);
    g_assert_cmpint(rate_group_set(nic, 1, 0, 11), ==, VANE_OK);
    g_assert_cmpint(command(nic, VANE_CMD_RATE_GROUP_SET, &group), ==,
                    VANE_OK);
    g_assert_cmpint(rate_group_get(nic, 1, &found), ==, VANE_OK);
    g_assert_cmpmem(&found, sizeof(found), &group, sizeof(group));
    g_assert_cmpint(rate_group_get(nic, VANE_MAX_RATE_GROUPS + 1, &found), ==,
                    VANE_ERR_RANGE);
    g_assert_cmpint(rate_group_get(nic, 0, &found), ==, VANE_ERR_INVALID);
    group.reserved1 = cpu_to_le32(1);
    g_assert_cmpint(command(nic, VANE_CMD_RATE_GROUP_SET, &group), ==,
                    VANE_ERR_INVALID);
    nic_free(nic);
}

/* A soft reset forgets it; without the feature there is nothing. */
static void rate_test_reset(void)
{
    const struct vane_cmd_rate_group none = { .group = cpu_to_le16(1) };
    struct vane_cmd_switch vepa = { .mode = cpu_to_le32(VANE_SWITCH_VEPA) };
    struct vane_cmd_rate_group found;
    struct vane_cmd_port cmd = {};
    Nic *nic = rate_nic_new();

    g_assert_cmpint(rate_set(nic, 0, 10, 10, 1), ==, VANE_OK);
    g_assert_cmpint(rate_group_set(nic, 1, 10, 10), ==, VANE_OK);
    wr32(&nic->pf, VANE_REG_PF_CTRL, VANE_PF_CTRL_RESET);
    fn_enable(&nic->pf, VANE_FEAT_VEB);
    mailbox_enable(nic);
    g_assert_cmpint(command_answer(nic, VANE_CMD_PORT_GET, &cmd, sizeof(cmd),
                                   &cmd, sizeof(cmd)), ==, VANE_OK);
    g_assert_cmpuint(cmd.tx_max | cmd.tx_share | cmd.rate_group, ==, 0);
    g_assert_cmpint(rate_set(nic, 0, 1, 0, 0), ==, VANE_ERR_UNSUPPORTED);
    g_assert_cmpint(rate_group_set(nic, 1, 1, 0), ==, VANE_ERR_UNSUPPORTED);
    g_assert_cmpint(rate_group_get(nic, 1, &found), ==, VANE_ERR_UNSUPPORTED);
    g_assert_cmpint(command(nic, VANE_CMD_SWITCH_SET, &vepa), ==,
                    VANE_ERR_UNSUPPORTED);
    wr32(&nic->pf, VANE_REG_PF_CTRL, VANE_PF_CTRL_RESET);
    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    g_assert_cmpint(rate_group_get(nic, 1, &found), ==, VANE_OK);
    g_assert_cmpmem(&found, sizeof(found), &none, sizeof(none));
    nic_free(nic);
}

/* One of the ways to stop queue 0 of VF 0; the last one only holds it up. */
static void rate_stop(Net *net, int how)
{
    Fn *vf = &net->vf[0];
    Txq *txq = &net->txq[0];

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
        rate_settle(net);
        g_assert_cmpuint(txq_head(txq), !=, txq->tail);
        config_writew(net->nic, vf->rid, PCI_COMMAND,
                      PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
        break;
    }
}

/* Queues go while they are parked, and whoever is left goes on. */
static void rate_test_stop(void)
{
    Net *net = net_new();
    Fn *vf = &net->vf[0];
    Txq *txq = &net->txq[0];
    Load load;

    rate_load_init(&load, net);
    g_assert_cmpint(rate_group_set(net->nic, 1, 1, 0), ==, VANE_OK);
    g_assert_cmpint(rate_set(net->nic, 0, 1, 1, 1), ==, VANE_OK);
    g_assert_cmpint(rate_set(net->nic, 1, 0, 0, 1), ==, VANE_OK);

    for (int how = 0; how < 5; how++) {
        rate_load_fill(&load, 0);
        rate_load_fill(&load, 1);
        rate_settle(net);
        g_assert_cmpuint(txq_head(txq), !=, txq->tail);
        rate_stop(net, how);
        rate_load_end(&load, 1);
        if (how < 4) {
            txq_new(txq, vf, 0);
        } else {
            rate_load_end(&load, 0);
        }
    }

    /* VFs go, time passes. */
    rate_load_fill(&load, 0);
    rate_load_fill(&load, 1);
    rate_settle(net);
    config_writew(net->nic, PF_RID, net->nic->sriov + PCI_SRIOV_CTRL, 0);
    qtest_clock_step(net->nic->qts, LONG_NS);
    rate_settle(net);
    net_free(net);
}

/* What is sent in vain counts too, and a shadow doorbell is not forgotten. */
static void rate_test_hostile(void)
{
    Net *net = net_new();
    Txq *txq = &net->txq[3];
    uint64_t frames[3], spoofed;
    Load load;

    /* A share does not help a VF that floods the switch with spoofed frames. */
    rate_load_init(&load, net);
    port_flags(net->nic, 0, 0);
    rate_port_speed(net->nic, 1000);
    g_assert_cmpint(rate_set(net->nic, 0, 0, 700, 0), ==, VANE_OK);
    rate_load_run(&load, 3, 100, frames);
    spoofed = counter(&net->vf[0], VANE_STAT_TX_DROP_SPOOF);
    rate_load_run(&load, 3, 200, frames);
    spoofed = counter(&net->vf[0], VANE_STAT_TX_DROP_SPOOF) - spoofed;
    g_assert_cmpuint(frames[0], ==, 0);
    assert_near(spoofed, rate_frames_of(0, 800, 200), 5);
    assert_near(frames[1], rate_frames_of(0, 100, 200), 20);
    assert_near(frames[2], rate_frames_of(0, 100, 200), 20);

    /* More in the shadow while the queue is parked, and no doorbell */
    rate_port_speed(net->nic, 25000);
    g_assert_cmpint(rate_set(net->nic, 3, 1, 0, 0), ==, VANE_OK);
    wr32(&net->vf[3], VANE_TXQ(0) + VANE_TXQ_CTRL, 0);
    txq_setup(txq, &net->vf[3], 0, 0, true);
    g_assert_cmphex(txq_enable(txq), ==, VANE_Q_STATE_ENABLED);
    for (int i = 0; i < QUEUE_SIZE; i++) {
        txq_desc(txq, load.addr | VANE_TXD_EOP, RATE_FRAME);
        if (i == QUEUE_SIZE / 2) {
            txq_ring(txq);
            rate_settle(net);
            g_assert_cmpuint(txq_head(txq), ==, BURST / RATE_WIRE + 1);
        }
    }
    qtest_writel(net->nic->qts, txq->shadow, txq->tail);
    rate_load_end(&load, 3);
    qtest_clock_step(net->nic->qts, LONG_NS);
    rate_settle(net);
    g_assert_cmphex(qtest_readl(net->nic->qts, txq->shadow + 4), ==,
                    txq->tail);
    net_free(net);
}

/* How many frames of @descs descriptors a burst has room for */
static uint32_t rate_burst_frames(Net *net, int i, uint64_t addr, uint32_t len,
                                  int descs)
{
    Txq *txq = &net->txq[i];
    uint32_t frames = 0;

    for (;;) {
        for (int n = 0; n < descs; n++) {
            txq_desc(txq, addr | (n == descs - 1 ? VANE_TXD_EOP : 0),
                     field_put(VANE_TXD_LEN, len));
        }
        txq_ring(txq);
        rate_settle(net);
        if (txq_head(txq) != txq->tail) {
            return frames;
        }
        frames++;
    }
}

/* A frame costs what the wire takes for it, and no drop more than a frame. */
static void rate_test_cost(void)
{
    Net *net = net_new();
    uint8_t frame[60];
    uint64_t addr;
    Load load;

    rate_load_init(&load, net);
    for (int i = 0; i < 3; i++) {
        g_assert_cmpint(rate_set(net->nic, i, 1, 0, 0), ==, VANE_OK);
    }
    addr = alloc(net->nic, 64 * KiB);
    make_frame(frame, VF_MAC(2), 0, 0x88b5, sizeof(frame));
    qtest_memwrite(net->nic->qts, addr, frame, sizeof(frame));

    g_assert_cmpuint(rate_burst_frames(net, 0, addr, 14, 1), ==,
                     BURST / 84 + 1);
    g_assert_cmpuint(rate_burst_frames(net, 1, addr, 0, VANE_TX_MAX_DESC), ==,
                     BURST / (VANE_MAX_FRAME + 24) + 1);

    /* A priority tag gives way to the port's. */
    port_up(net->nic, 2, VF_MAC(2), ETH_P_VLAN, 100, 0);
    make_frame(frame, 0x77, VF_MAC(2), ETH_P_VLAN, sizeof(frame));
    stw_be_p(frame + 14, 0x2000);
    stw_be_p(frame + 16, 0x88b5);
    qtest_memwrite(net->nic->qts, addr, frame, sizeof(frame));
    g_assert_cmpuint(rate_burst_frames(net, 2, addr, 1024, 1), ==,
                     BURST / (1024 + 24) + 1);
    net_free(net);
}

/* The channel tag is a part of what the wire takes. */
static void rate_test_channel_cost(void)
{
    Net *net = net_new();
    Load load;

    rate_load_init(&load, net);
    for (int i = 0; i < 2; i++) {
        struct vane_cmd_port cmd = {
            .port = cpu_to_le16(i),
            .valid = cpu_to_le32(VANE_PORT_VALID_CHANNEL),
            .channel = cpu_to_le16(10 + i),
        };

        g_assert_cmpint(rate_set(net->nic, i, 1, 0, 0), ==, VANE_OK);
        g_assert_cmpint(command(net->nic, VANE_CMD_PORT_SET, &cmd), ==,
                        VANE_OK);
    }
    switch_mode(net->nic, VANE_SWITCH_VNTAG);
    g_assert_cmpuint(rate_burst_frames(net, 0, load.addr, 60, 1), ==,
                     BURST / (60 + VANE_VNTAG_SIZE + 24) + 1);
    switch_mode(net->nic, VANE_SWITCH_ETAG);
    g_assert_cmpuint(rate_burst_frames(net, 1, load.addr, 60, 1), ==,
                     BURST / (60 + VANE_ETAG_SIZE + 24) + 1);
    net_free(net);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/rate/max", rate_test_max);
    qtest_add_func("/vane/rate/group", rate_test_group);
    qtest_add_func("/vane/rate/share", rate_test_share);
    qtest_add_func("/vane/rate/group-share", rate_test_group_share);
    qtest_add_func("/vane/rate/port-values", rate_test_port_values);
    qtest_add_func("/vane/rate/group-values", rate_test_group_values);
    qtest_add_func("/vane/rate/reset", rate_test_reset);
    qtest_add_func("/vane/rate/stop", rate_test_stop);
    qtest_add_func("/vane/rate/hostile", rate_test_hostile);
    qtest_add_func("/vane/rate/cost", rate_test_cost);
    qtest_add_func("/vane/rate/channel-cost", rate_test_channel_cost);
    return g_test_run();
}
