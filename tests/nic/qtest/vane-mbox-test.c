/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: qtests of the mailbox, and of the PF's commands.
 */
#include "qemu/osdep.h"
#include "vane-qtest.h"

static Nic *mbox_commands_new(void)
{
    Nic *nic = nic_new();

    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    return nic;
}

static void mbox_request(const Fn *vf, uint16_t op, uint16_t seq, uint32_t len)
{
    struct vane_msg msg = {
        .hdr.op = cpu_to_le16(op),
        .hdr.len = cpu_to_le16(len - sizeof(struct vane_msg_hdr)),
        .hdr.seq = cpu_to_le16(seq),
    };

    memset(msg.body, 0xa5, sizeof(msg.body));
    for (int i = 0; i < sizeof(msg); i += 4) {
        wr32(vf, VANE_REG_MBOX_REQ + i, ldl_le_p((uint8_t *)&msg + i));
    }
    wr32(vf, VANE_REG_MBOX_DB, len);
}

static int mbox_reply(Nic *nic, const struct vane_rq_slot *rq, uint16_t status)
{
    struct vane_sq_slot slot = {
        .vf = rq->vf,
        .type = VANE_SQ_REPLY,
        .generation = rq->generation,
        .msg.hdr = rq->msg.hdr,
    };

    slot.msg.hdr.status = cpu_to_le16(status);
    slot.msg.hdr.len = cpu_to_le16(4);
    stl_le_p(slot.msg.body, 0x11223344);
    return sq_send(nic, &slot);
}

static uint64_t mbox_error(const Fn *vf)
{
    return field_get(rd32(vf, VANE_REG_MBOX_STATE), VANE_MBOX_STATE_ERROR);
}

static void mbox_test_mailbox(void)
{
    Nic *nic = nic_new();
    struct vane_rq_slot rq;
    uint64_t block;
    Fn vf;

    fn_enable_all(&nic->pf);
    vfs_enable(nic, 8);
    vf_init(nic, &vf, 5);

    /* A disabled function has no mailbox. */
    wr32(&vf, VANE_REG_MBOX_DB, 16);
    g_assert_cmpuint(mbox_error(&vf), ==, VANE_ERROR_DISABLED);
    fn_enable_all(&vf);
    block = vector_enable(&vf, 0, NULL);

    /* Before the PF serves: held. Out of range and twice: refused */
    wr32(&vf, VANE_REG_MBOX_DB, 4);
    g_assert_cmpuint(mbox_error(&vf), ==, VANE_ERROR_MSG);
    wr32(&vf, VANE_REG_MBOX_DB, VANE_MBOX_SIZE + 1);
    g_assert_cmpuint(mbox_error(&vf), ==, VANE_ERROR_MSG);
    mbox_request(&vf, VANE_MBOX_NEGOTIATE, 0x1234, 16);
    g_assert_true(rd32(&vf, VANE_REG_MBOX_STATE) & VANE_MBOX_STATE_BUSY);
    wr32(&vf, VANE_REG_MBOX_DB, 16);
    g_assert_cmpuint(mbox_error(&vf), ==, VANE_ERROR_BUSY);
    g_assert_cmpuint(counter(&vf, VANE_STAT_MBOX_ERRORS), ==, 4);

    mailbox_enable(nic);
    rq_next(nic, &rq);
    g_assert_cmpuint(rq.type, ==, VANE_RQ_REQUEST);
    g_assert_cmpuint(le16_to_cpu(rq.vf), ==, 5);
    g_assert_cmpuint(le32_to_cpu(rq.generation), ==,
                     rd32(&vf, VANE_REG_GENERATION));
    g_assert_cmpuint(field_get(le64_to_cpu(rq.valid), VANE_SLOT_LEN), ==, 16);
    g_assert_cmpuint(le16_to_cpu(rq.msg.hdr.seq), ==, 0x1234);
    g_assert_cmphex(rq.msg.body[7], ==, 0xa5);
    g_assert_cmphex(rd32(&vf, VANE_REG_MBOX_RSP), ==, 0);

    wr32(&vf, VANE_REG_EVENT_CAUSE, VANE_EVENT_ALL);
    g_assert_cmpint(mbox_reply(nic, &rq, VANE_OK), ==, VANE_OK);
    g_assert_false(rd32(&vf, VANE_REG_MBOX_STATE) & VANE_MBOX_STATE_BUSY);
    g_assert_cmphex(rd32(&vf, VANE_REG_MBOX_RSP + 8), ==, 0x11223344);
    g_assert_cmphex(rd32(&vf, VANE_REG_EVENT_CAUSE), ==, VANE_EVENT_MBOX);
    wait_for(events(&vf, block) > 0);
    nic_free(nic);
}

/* A second answer, and one of an earlier life, do nothing. */
static void mbox_test_stale(void)
{
    Nic *nic = mbox_commands_new();
    struct vane_rq_slot rq;
    Fn vf;

    vfs_enable(nic, 8);
    vf_init(nic, &vf, 5);
    fn_enable_all(&vf);
    mbox_request(&vf, VANE_MBOX_NEGOTIATE, 1, 16);
    rq_next(nic, &rq);
    g_assert_cmpint(mbox_reply(nic, &rq, VANE_OK), ==, VANE_OK);
    g_assert_cmpint(mbox_reply(nic, &rq, VANE_OK), ==, VANE_ERR_STALE);
    mbox_request(&vf, VANE_MBOX_NEGOTIATE, 1, 256);
    rq_next(nic, &rq);
    wr32(&vf, VANE_REG_CTRL, VANE_CTRL_RESET);
    g_assert_cmpint(mbox_reply(nic, &rq, VANE_OK), ==, VANE_ERR_STALE);
    rq_next(nic, &rq);
    g_assert_cmpuint(rq.type, ==, VANE_RQ_NOTICE);
    g_assert_cmphex(le32_to_cpu(rq.notice), ==, VANE_NOTICE_RESET);
    g_assert_cmpuint(le32_to_cpu(rq.generation), ==,
                     rd32(&vf, VANE_REG_GENERATION));
    nic_free(nic);
}

/* Often enough to take the rings round */
static void mbox_test_wrap(void)
{
    Nic *nic = mbox_commands_new();
    struct vane_rq_slot rq;
    Fn vf;

    vfs_enable(nic, 8);
    vf_init(nic, &vf, 5);
    fn_enable_all(&vf);
    for (int i = 0; i < 700; i++) {
        mbox_request(&vf, VANE_MBOX_VLAN_ADD, i, 16);
        rq_next(nic, &rq);
        g_assert_cmpuint(le16_to_cpu(rq.msg.hdr.seq), ==, i);
        g_assert_cmpint(mbox_reply(nic, &rq, VANE_OK), ==, VANE_OK);
    }
    nic_free(nic);
}

static struct vane_cmd_port mbox_port_get(Nic *nic, uint16_t port)
{
    struct vane_cmd_port cmd = { .port = cpu_to_le16(port) };

    g_assert_cmpint(command_answer(nic, VANE_CMD_PORT_GET, &cmd, sizeof(cmd),
                                   &cmd, sizeof(cmd)), ==, VANE_OK);
    return cmd;
}

/* A port is configured before its VF exists; other commands wait. */
static void mbox_test_port_early(void)
{
    Nic *nic = mbox_commands_new();
    struct vane_cmd_vlan vlan = { .port = cpu_to_le16(7) };
    struct vane_cmd_port port;

    port_up(nic, 7, 0x17, ETH_P_VLAN, 100, 1);
    port = mbox_port_get(nic, 7);
    g_assert_cmpuint(port.mac[5], ==, 0x17);
    g_assert_cmpuint(le16_to_cpu(port.vlan_tci), ==, 100);
    g_assert_cmpuint(le16_to_cpu(port.queues), ==, VANE_DEF_QUEUES_VF);
    g_assert_cmpint(command(nic, VANE_CMD_VLAN_ADD, &vlan), ==,
                    VANE_ERR_NOT_FOUND);
    vfs_enable(nic, 8);
    g_assert_cmpint(command(nic, VANE_CMD_VLAN_ADD, &vlan), ==, VANE_OK);
    vlan.vid = cpu_to_le16(4096);
    g_assert_cmpint(command(nic, VANE_CMD_VLAN_ADD, &vlan), ==,
                    VANE_ERR_RANGE);

    /* VFs go, and with them what was set */
    vfs_enable(nic, 0);
    config_writew(nic, PF_RID, nic->sriov + PCI_SRIOV_CTRL, 0);
    g_assert_cmpuint(mbox_port_get(nic, 7).mac[5], ==, 0);
    nic_free(nic);
}

/* A command of which one part is refused changes nothing. */
static void mbox_test_port_refused(void)
{
    Nic *nic = mbox_commands_new();
    struct vane_cmd_port port;

    port_up(nic, 7, 0x17, 0, 0, 1);
    port = mbox_port_get(nic, 7);
    port.port = cpu_to_le16(6);
    port.valid = cpu_to_le32(VANE_PORT_VALID_MAC | VANE_PORT_VALID_CHANNEL);
    g_assert_cmpint(command(nic, VANE_CMD_PORT_SET, &port), ==,
                    VANE_ERR_EXISTS);
    port.channel_high = cpu_to_le16(VANE_MAX_ECID / 65536 + 1);
    g_assert_cmpint(command(nic, VANE_CMD_PORT_SET, &port), ==,
                    VANE_ERR_RANGE);
    port.channel = 0;
    port.channel_high = 0;
    port.mac[0] |= 1;
    g_assert_cmpint(command(nic, VANE_CMD_PORT_SET, &port), ==,
                    VANE_ERR_INVALID);
    port.valid = cpu_to_le32(1u << 31);
    g_assert_cmpint(command(nic, VANE_CMD_PORT_SET, &port), ==,
                    VANE_ERR_INVALID);
    port.valid = cpu_to_le32(VANE_PORT_VALID_RESOURCES);
    port.queues = cpu_to_le16(VANE_MAX_QUEUES_VF + 1);
    g_assert_cmpint(command(nic, VANE_CMD_PORT_SET, &port), ==,
                    VANE_ERR_RANGE);
    port.port = cpu_to_le16(VANE_MAX_VFS);
    g_assert_cmpint(command(nic, VANE_CMD_PORT_GET, &port), ==,
                    VANE_ERR_NOT_FOUND);
    port = mbox_port_get(nic, 6);
    g_assert_cmpuint(port.mac[0] | port.mac[5], ==, 0);
    nic_free(nic);
}

/* Opcodes that there are not, and bodies that are too short */
static void mbox_test_command_form(void)
{
    Nic *nic = mbox_commands_new();
    struct vane_cmd_port port = {};

    g_assert_cmpint(command_answer(nic, 0, &port, 8, NULL, 0), ==,
                    VANE_ERR_UNSUPPORTED);
    g_assert_cmpint(command_answer(nic, 99, &port, 8, NULL, 0), ==,
                    VANE_ERR_UNSUPPORTED);
    g_assert_cmpint(command_answer(nic, VANE_CMD_PORT_SET, &port, 39, NULL, 0),
                    ==, VANE_ERR_LENGTH);
    nic_free(nic);
}

static void mbox_test_switch_mode(void)
{
    struct vane_cmd_switch sw = { .mode = cpu_to_le32(VANE_SWITCH_ETAG + 1) };
    Nic *nic = mbox_commands_new();

    g_assert_cmpint(command(nic, VANE_CMD_SWITCH_SET, &sw), ==,
                    VANE_ERR_UNSUPPORTED);
    switch_mode(nic, VANE_SWITCH_VNTAG);
    g_assert_cmpint(command_answer(nic, VANE_CMD_SWITCH_GET, NULL, 0, &sw,
                                   sizeof(sw)), ==, VANE_OK);
    g_assert_cmpuint(le32_to_cpu(sw.mode), ==, VANE_SWITCH_VNTAG);
    nic_free(nic);
}

static void mbox_test_lists(void)
{
    Nic *nic = mbox_commands_new();
    struct vane_cmd_list list, found;

    for (int i = 0; i <= VANE_MAX_LISTS; i++) {
        list = (struct vane_cmd_list) {
            .list = cpu_to_le16(10 + 2 * i), .list_high = 0x10, .pf = 1,
            .vfs = { i & 0xff },
        };
        g_assert_cmpint(command(nic, VANE_CMD_LIST_SET, &list), ==,
                        i < VANE_MAX_LISTS ? VANE_OK : VANE_ERR_NO_SPACE);
    }
    list = (struct vane_cmd_list) {
        .list = cpu_to_le16(13), .list_high = 0x10,
    };
    g_assert_cmpint(command_answer(nic, VANE_CMD_LIST_GET, &list,
                                   sizeof(list), &found, sizeof(found)), ==,
                    VANE_OK);
    g_assert_cmpuint(le16_to_cpu(found.list), ==, 14);
    g_assert_cmpuint(found.pf, ==, 1);
    g_assert_cmpuint(found.vfs[0], ==, 2);
    nic_free(nic);
}

static void mbox_test_stats_get(void)
{
    Nic *nic = mbox_commands_new();
    struct vane_cmd_target target = {
        .port = cpu_to_le16(7), .reserved = { cpu_to_le16(1) },
    };
    uint64_t stats[VANE_STAT_COUNT];

    vfs_enable(nic, 8);
    g_assert_cmpint(command_answer(nic, VANE_CMD_STATS_GET, &target,
                                   sizeof(target), stats, sizeof(stats)), ==,
                    VANE_ERR_INVALID);
    target.reserved[0] = 0;
    g_assert_cmpint(command_answer(nic, VANE_CMD_STATS_GET, &target,
                                   sizeof(target), stats, sizeof(stats)), ==,
                    VANE_OK);
    nic_free(nic);
}

/* Counters of many VFs, in records of as many as are asked for. */
static void mbox_test_vf_stats(void)
{
    Nic *nic = nic_new();
    struct vane_cmd_vf_stats cmd = {
        .first = cpu_to_le16(1),
        .count = cpu_to_le16(3),
        .counters = cpu_to_le16(VANE_MAX_VF_STATS),
    };
    uint64_t addr = alloc(nic, 4 * VANE_MAX_VF_STATS * sizeof(uint64_t));
    Fn vf;

    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    vfs_enable(nic, 3);
    vf_init(nic, &vf, 2);
    fn_enable_all(&vf);
    wr32(&vf, VANE_REG_MBOX_DB, 0);

    qtest_memset(nic->qts, addr, 0xff,
                 4 * VANE_MAX_VF_STATS * sizeof(uint64_t));
    cmd.addr = cpu_to_le64(addr);
    g_assert_cmpint(command(nic, VANE_CMD_VF_STATS_READ, &cmd), ==, VANE_OK);
    for (int i = 0; i < 4 * VANE_MAX_VF_STATS; i++) {
        uint64_t want = 0;

        if (i == VANE_MAX_VF_STATS + VANE_STAT_MBOX_ERRORS) {
            want = 1;
        } else if (i >= 3 * VANE_MAX_VF_STATS) {
            want = UINT64_MAX;
        }
        g_assert_cmphex(qtest_readq(nic->qts, addr + 8 * i), ==, want);
    }

    cmd.first = cpu_to_le16(2);
    cmd.count = cpu_to_le16(1);
    cmd.counters = cpu_to_le16(VANE_STAT_MBOX_ERRORS + 1);
    g_assert_cmpint(command(nic, VANE_CMD_VF_STATS_READ, &cmd), ==, VANE_OK);
    g_assert_cmphex(qtest_readq(nic->qts, addr + 8 * VANE_STAT_MBOX_ERRORS),
                    ==, 1);
    nic_free(nic);
}

static void mbox_test_vf_stats_refused(void)
{
    Nic *nic = mbox_commands_new();
    uint64_t addr = alloc(nic, VANE_MAX_VF_STATS * sizeof(uint64_t));
    struct vane_cmd_vf_stats cmd = {
        .count = cpu_to_le16(1),
        .counters = cpu_to_le16(1),
        .addr = cpu_to_le64(addr),
    };

    cmd.first = cpu_to_le16(VANE_MAX_VFS);
    g_assert_cmpint(command(nic, VANE_CMD_VF_STATS_READ, &cmd), ==,
                    VANE_ERR_RANGE);
    cmd.first = 0;
    cmd.counters = cpu_to_le16(VANE_MAX_VF_STATS + 1);
    g_assert_cmpint(command(nic, VANE_CMD_VF_STATS_READ, &cmd), ==,
                    VANE_ERR_RANGE);
    cmd.counters = cpu_to_le16(1);
    cmd.addr = cpu_to_le64(addr + 4);
    g_assert_cmpint(command(nic, VANE_CMD_VF_STATS_READ, &cmd), ==,
                    VANE_ERR_INVALID);
    cmd.addr = cpu_to_le64(UINT64_MAX & ~7ull);
    g_assert_cmpint(command(nic, VANE_CMD_VF_STATS_READ, &cmd), ==,
                    VANE_ERR_INTERNAL);
    cmd.addr = cpu_to_le64(addr);
    cmd.count = 0;
    g_assert_cmpint(command(nic, VANE_CMD_VF_STATS_READ, &cmd), ==,
                    VANE_ERR_INVALID);

    wr32(&nic->pf, VANE_REG_PF_CTRL, VANE_PF_CTRL_RESET);
    fn_enable(&nic->pf, VANE_FEAT_VEB);
    mailbox_enable(nic);
    cmd.count = cpu_to_le16(1);
    g_assert_cmpint(command(nic, VANE_CMD_VF_STATS_READ, &cmd), ==,
                    VANE_ERR_UNSUPPORTED);
    nic_free(nic);
}

/* Filters: all or none, and no more than there is room for. */
static void mbox_test_filters(void)
{
    Nic *nic = nic_new();
    struct vane_cmd_filter filter = {
        .port = cpu_to_le16(VANE_PORT_PF),
        .addrs.count = cpu_to_le16(VANE_MBOX_MAX_ADDRS),
    };
    struct vane_cmd_target target = { .port = cpu_to_le16(VANE_PORT_PF) };
    struct vane_cmd_switch sw;
    int n = 0;

    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    for (int i = 0; i < VANE_MAX_FILTERS; i += VANE_MBOX_MAX_ADDRS) {
        for (int j = 0; j < VANE_MBOX_MAX_ADDRS; j++, n++) {
            stw_be_p(filter.addrs.addr[j] + 4, n);
            filter.addrs.addr[j][0] = 2;
        }
        g_assert_cmpint(command(nic, VANE_CMD_FILTER_ADD, &filter), ==,
                        VANE_OK);
    }
    g_assert_cmpint(command(nic, VANE_CMD_FILTER_ADD, &filter), ==, VANE_OK);
    filter.addrs.addr[31][0] = 6;
    g_assert_cmpint(command(nic, VANE_CMD_FILTER_ADD, &filter), ==,
                    VANE_ERR_NO_SPACE);
    filter.addrs.count = cpu_to_le16(VANE_MBOX_MAX_ADDRS + 1);
    g_assert_cmpint(command(nic, VANE_CMD_FILTER_ADD, &filter), ==,
                    VANE_ERR_INVALID);
    g_assert_cmpint(command_answer(nic, VANE_CMD_SWITCH_GET, NULL, 0, &sw,
                                   sizeof(sw)), ==, VANE_OK);
    g_assert_cmpuint(le32_to_cpu(sw.filters), ==, VANE_MAX_FILTERS);
    g_assert_cmpint(command(nic, VANE_CMD_FILTER_CLEAR, &target), ==, VANE_OK);
    g_assert_cmpint(command_answer(nic, VANE_CMD_SWITCH_GET, NULL, 0, &sw,
                                   sizeof(sw)), ==, VANE_OK);
    g_assert_cmpuint(le32_to_cpu(sw.filters), ==, 0);
    nic_free(nic);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/mbox/mailbox", mbox_test_mailbox);
    qtest_add_func("/vane/mbox/stale", mbox_test_stale);
    qtest_add_func("/vane/mbox/wrap", mbox_test_wrap);
    qtest_add_func("/vane/mbox/port-early", mbox_test_port_early);
    qtest_add_func("/vane/mbox/port-refused", mbox_test_port_refused);
    qtest_add_func("/vane/mbox/command-form", mbox_test_command_form);
    qtest_add_func("/vane/mbox/switch-mode", mbox_test_switch_mode);
    qtest_add_func("/vane/mbox/lists", mbox_test_lists);
    qtest_add_func("/vane/mbox/stats-get", mbox_test_stats_get);
    qtest_add_func("/vane/mbox/vf-stats", mbox_test_vf_stats);
    qtest_add_func("/vane/mbox/vf-stats-refused",
                   mbox_test_vf_stats_refused);
    qtest_add_func("/vane/mbox/filters", mbox_test_filters);
    return g_test_run();
}
