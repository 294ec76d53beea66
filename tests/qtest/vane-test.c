/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: registers, bring-up, vectors, mailbox, SR-IOV and resets without a
 * guest.
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "vane-qtest.h"

#define FEATURES_FUNCTION   ((uint64_t)UINT32_MAX)

static uint64_t guest_errors(Nic *nic)
{
    QDict *rsp = qtest_qmp(nic->qts, "{'execute': 'qom-get', 'arguments': "
                           "{'path': '/machine/peripheral/nic',"
                           " 'property': 'guest-errors'}}");
    uint64_t errors = qdict_get_int(rsp, "return");

    qobject_unref(rsp);
    return errors;
}

static void check_identity(const Fn *fn, int vf)
{
    uint64_t features = rd64(fn, VANE_REG_FEATURES_DEV);
    uint32_t queues = vf < 0 ? VANE_MAX_QUEUES_PF : VANE_DEF_QUEUES_VF;
    uint32_t vectors = vf < 0 ? VANE_MAX_VECTORS_PF : VANE_DEF_VECTORS_VF;

    g_assert_cmphex(rd32(fn, VANE_REG_MAGIC), ==, VANE_MAGIC);
    g_assert_cmpuint(field_get(rd32(fn, VANE_REG_ABI), VANE_ABI_MAJOR), ==,
                     VANE_ABI_MAJOR_VERSION);
    g_assert_cmpuint(field_get(rd32(fn, VANE_REG_ABI), VANE_ABI_MINOR), ==,
                     VANE_ABI_MINOR_VERSION);
    g_assert_cmphex(rd32(fn, VANE_REG_FUNCTION), ==,
                    vf < 0 ? 0 : VANE_FUNCTION_IS_VF | vf);
    g_assert_cmphex(rd64(fn, VANE_REG_FEATURES_PF_MASK), ==, features);
    g_assert_cmpint(!!(features & VANE_FEAT_SWITCH), ==, vf < 0);
    g_assert_cmphex(rd32(fn, VANE_REG_LIMIT_QUEUES), ==,
                    field_put(VANE_LIMIT_QUEUES_TX, queues) |
                    field_put(VANE_LIMIT_QUEUES_RX, queues));
    g_assert_cmpuint(rd32(fn, VANE_REG_LIMIT_VECTORS), ==, vectors);
    g_assert_cmphex(rd32(fn, VANE_REG_LIMIT_RING), ==,
                    field_put(VANE_LIMIT_RING_MIN, VANE_RING_LOG2_MIN) |
                    field_put(VANE_LIMIT_RING_MAX, VANE_RING_LOG2_MAX));
    g_assert_cmpuint(rd32(fn, VANE_REG_LIMIT_FRAME), ==, VANE_MAX_FRAME);
    g_assert_cmpuint(rd32(fn, VANE_REG_LIMIT_TX), ==, VANE_TX_MAX_DESC);
    g_assert_cmpuint(rd32(fn, VANE_REG_MAX_FRAME), ==, VANE_MAX_FRAME);
    g_assert_cmphex(rd64(fn, VANE_REG_PERM_MAC), ==,
                    vf < 0 ? 0x563412005452 : 0);
    g_assert_cmphex(rd64(fn, VANE_REG_FEATURES_DRV), ==, 0);
    g_assert_cmphex(rd32(fn, VANE_REG_CTRL), ==, 0);
    g_assert_cmphex(rd32(fn, VANE_REG_STATE), ==, 0);
    g_assert_cmphex(rd32(fn, VANE_REG_EVENT_CAUSE), ==, 0);
    g_assert_cmphex(rd64(fn, VANE_REG_TEST), ==, UINT64_MAX);
    for (int n = 0; n < VANE_STAT_COUNT; n++) {
        g_assert_cmpuint(counter(fn, n), ==, 0);
    }
    for (int q = 0; q < queues; q++) {
        for (int reg = 0; reg <= VANE_TXQ_TAIL; reg += 4) {
            g_assert_cmphex(rd32(fn, VANE_TXQ(q) + reg), ==, 0);
        }
        for (int reg = 0; reg <= VANE_RXQ_OPT; reg += 4) {
            g_assert_cmphex(rd32(fn, VANE_RXQ(q) + reg), ==, 0);
        }
    }
}

static void test_reset_values(void)
{
    Nic *nic = nic_new();
    Fn vf;

    check_identity(&nic->pf, -1);
    g_assert_cmpuint(rd32(&nic->pf, VANE_REG_PF_NUM_VFS), ==, 0);
    g_assert_cmphex(rd32(&nic->pf, VANE_REG_PORT_LINK), ==,
                    VANE_PORT_LINK_UP);
    g_assert_cmpuint(rd32(&nic->pf, VANE_REG_LIMIT_FILTERS), ==,
                     VANE_MAX_FILTERS);
    g_assert_cmpuint(rd32(&nic->pf, VANE_REG_LIMIT_VIF_LISTS), ==,
                     VANE_MAX_VIF_LISTS);
    vfs_enable(nic, 3);
    vf_init(nic, &vf, 2);
    check_identity(&vf, 2);
    g_assert_cmpuint(guest_errors(nic), ==, 0);
    nic_free(nic);
}

static void test_access_rules(void)
{
    Nic *nic = nic_new();
    Fn *pf = &nic->pf;
    uint64_t errors = 0;

    /* By halves, and the complement */
    wr64(pf, VANE_REG_TEST, 0x0123456789abcdef);
    g_assert_cmphex(rd64(pf, VANE_REG_TEST), ==, ~0x0123456789abcdefull);
    wr32(pf, VANE_REG_TEST, 0x55555555);
    wr32(pf, VANE_REG_TEST + 4, 0xaaaaaaaa);
    g_assert_cmphex(rd32(pf, VANE_REG_TEST), ==, 0xaaaaaaaa);
    g_assert_cmphex(rd32(pf, VANE_REG_TEST + 4), ==, 0x55555555);
    g_assert_cmpuint(guest_errors(nic), ==, errors);

    /* Ignored, and counted: read-only, unknown bit, no register, narrow */
    wr32(pf, VANE_REG_MAGIC, 1);
    g_assert_cmphex(rd32(pf, VANE_REG_MAGIC), ==, VANE_MAGIC);
    g_assert_cmpuint(guest_errors(nic), ==, ++errors);
    wr32(pf, VANE_REG_CTRL, VANE_CTRL_ENABLE | 1u << 31);
    g_assert_cmphex(rd32(pf, VANE_REG_CTRL), ==, 0);
    g_assert_cmpuint(guest_errors(nic), ==, ++errors);
    g_assert_cmphex(rd32(pf, VANE_BLK_FUNC + 0xff0), ==, 0);
    g_assert_cmpuint(guest_errors(nic), ==, ++errors);
    wr32(pf, VANE_BLK_FUNC + 0xff0, 1);
    g_assert_cmpuint(guest_errors(nic), ==, ++errors);
    g_assert_cmphex(qtest_readb(nic->qts, pf->bar + VANE_REG_MAGIC), ==, 0xff);
    g_assert_cmphex(qtest_readw(nic->qts, pf->bar + VANE_REG_MAGIC), ==,
                    0xffff);
    g_assert_cmpuint(guest_errors(nic), >, errors);
    errors = guest_errors(nic);
    wr32(pf, VANE_REG_MAX_FRAME, VANE_MAX_FRAME + 1);
    wr32(pf, VANE_REG_MAX_FRAME, 63);
    g_assert_cmpuint(rd32(pf, VANE_REG_MAX_FRAME), ==, VANE_MAX_FRAME);
    g_assert_cmpuint(guest_errors(nic), ==, errors + 2);
    nic_free(nic);
}

static void test_features(void)
{
    Nic *nic = nic_new();
    Fn *pf = &nic->pf;
    uint64_t offered = rd64(pf, VANE_REG_FEATURES_DEV);
    uint64_t bit = 1ull << 63;

    g_assert_cmphex(offered & bit, ==, 0);
    wr64(pf, VANE_REG_FEATURES_DRV, offered | bit);
    wr32(pf, VANE_REG_CTRL, VANE_CTRL_ENABLE);
    g_assert_cmphex(rd32(pf, VANE_REG_STATE), ==,
                    field_put(VANE_STATE_ERROR, VANE_ERROR_FEATURES));
    fn_enable(pf, offered & FEATURES_FUNCTION);

    /* Fixed while enabled */
    wr64(pf, VANE_REG_FEATURES_DRV, offered);
    g_assert_cmphex(rd64(pf, VANE_REG_FEATURES_DRV), ==,
                    offered & FEATURES_FUNCTION);

    /* A register of a feature that was not asked for */
    wr32(pf, VANE_REG_CTRL, 0);
    g_assert_cmphex(rd32(pf, VANE_REG_STATE), ==, 0);
    fn_enable(pf, 0);
    wr32(pf, VANE_REG_RSS_CTRL, VANE_RSS_CTRL_ALL);
    g_assert_cmphex(rd32(pf, VANE_REG_RSS_CTRL), ==, 0);
    wr32(pf, VANE_RXQ(0) + VANE_RXQ_OPT, VANE_RXQ_OPT_ALL);
    g_assert_cmphex(rd32(pf, VANE_RXQ(0) + VANE_RXQ_OPT), ==, 0);
    nic_free(nic);
}

static void test_queue_errors(void)
{
    const struct {
        uint32_t reg, size;
        uint64_t value;
        enum vane_error error;
    } tx[] = {
        { VANE_TXQ_SIZE, 4, VANE_RING_LOG2_MIN - 1, VANE_ERROR_SIZE },
        { VANE_TXQ_SIZE, 4, VANE_RING_LOG2_MAX + 1, VANE_ERROR_SIZE },
        { VANE_TXQ_SIZE, 4, UINT32_MAX - 1, VANE_ERROR_SIZE },
        { VANE_TXQ_BASE, 8, MEMORY_START + 32, VANE_ERROR_ALIGN },
        { VANE_TXQ_BASE, 8, 1ull << VANE_DMA_ADDR_BITS, VANE_ERROR_ALIGN },
        { VANE_TXQ_BASE, 8, (1ull << VANE_DMA_ADDR_BITS) - VANE_RING_ALIGN,
          VANE_ERROR_ALIGN },
        { VANE_TXQ_HEAD_ADDR, 8, MEMORY_START + 4, VANE_ERROR_ALIGN },
        { VANE_TXQ_SHADOW, 8, MEMORY_START + 4, VANE_ERROR_ALIGN },
        { VANE_TXQ_VECTOR, 4, VANE_MAX_VECTORS_PF, VANE_ERROR_VECTOR },
    }, rx[] = {
        { VANE_RXQ_BUF_SIZE, 4, VANE_RING_LOG2_MAX + 1, VANE_ERROR_SIZE },
        { VANE_RXQ_CPL_SIZE, 4, QUEUE_LOG2 - 1, VANE_ERROR_SIZE },
        { VANE_RXQ_BUF_SIZE, 4, QUEUE_LOG2 + 1, VANE_ERROR_SIZE },
        { VANE_RXQ_BUF_LEN, 4, 0, VANE_ERROR_SIZE },
        { VANE_RXQ_BUF_LEN, 4, VANE_RX_BUF_MIN - 16, VANE_ERROR_SIZE },
        { VANE_RXQ_BUF_LEN, 4, VANE_RX_BUF_MAX + 16, VANE_ERROR_SIZE },
        { VANE_RXQ_BUF_LEN, 4, 2056, VANE_ERROR_SIZE },
        { VANE_RXQ_BUF_BASE, 8, MEMORY_START + 8, VANE_ERROR_ALIGN },
        { VANE_RXQ_CPL_BASE, 8, MEMORY_START + 8, VANE_ERROR_ALIGN },
        { VANE_RXQ_SHADOW, 8, MEMORY_START + 4, VANE_ERROR_ALIGN },
        { VANE_RXQ_VECTOR, 4, VANE_MAX_VECTORS_PF, VANE_ERROR_VECTOR },
    };
    Nic *nic = nic_new();
    Fn *pf = &nic->pf;
    Txq txq;
    Rxq rxq;

    txq_setup(&txq, pf, 0, 0, false);
    g_assert_cmpuint(field_get(txq_enable(&txq), VANE_Q_STATE_ERROR), ==,
                     VANE_ERROR_DISABLED);
    fn_enable_all(pf);
    for (int i = 0; i < ARRAY_SIZE(tx); i++) {
        txq_setup(&txq, pf, 0, 0, false);
        if (tx[i].size == 8) {
            wr64(pf, VANE_TXQ(0) + tx[i].reg, tx[i].value);
        } else {
            wr32(pf, VANE_TXQ(0) + tx[i].reg, tx[i].value);
        }
        g_assert_cmphex(txq_enable(&txq), ==,
                        field_put(VANE_Q_STATE_ERROR, tx[i].error));
    }
    for (int i = 0; i < ARRAY_SIZE(rx); i++) {
        rxq_setup(&rxq, pf, 0, 0, sizeof(struct vane_rx_cpl), false);
        if (rx[i].size == 8) {
            wr64(pf, VANE_RXQ(0) + rx[i].reg, rx[i].value);
        } else {
            wr32(pf, VANE_RXQ(0) + rx[i].reg, rx[i].value);
        }
        g_assert_cmphex(rxq_enable(&rxq), ==,
                        field_put(VANE_Q_STATE_ERROR, rx[i].error));
    }

    /* Registers are fixed while the queue runs. */
    txq_new(&txq, pf, 0);
    wr64(pf, VANE_TXQ(0) + VANE_TXQ_BASE, 0);
    g_assert_cmphex(rd64(pf, VANE_TXQ(0) + VANE_TXQ_BASE), ==, txq.ring);
    wr32(pf, VANE_REG_CTRL, 0);
    g_assert_cmphex(rd32(pf, VANE_TXQ(0) + VANE_TXQ_STATE), ==, 0);
    nic_free(nic);
}

/* Event count, arming before and after the event, moderation. */
static void test_vector(void)
{
    Nic *nic = nic_new();
    Fn *pf = &nic->pf;
    uint64_t block, message;
    uint32_t seen;

    qtest_clock_step(nic->qts, 1000);
    fn_enable_all(pf);
    block = vector_enable(pf, 0, &message);
    g_assert_cmpuint(events(pf, block), ==, 0);

    /* Each readiness of the mailbox is a STATUS event of the PF. */
    mailbox_enable(nic);
    wait_for(events(pf, block) == 1);
    g_assert_cmphex(qtest_readl(nic->qts, message), ==, 0);
    g_assert_cmphex(field_get(qtest_readq(nic->qts, block + 8),
                              VANE_SB_CAUSES), ==, VANE_EVENT_STATUS);
    g_assert_cmpuint(field_get(qtest_readq(nic->qts, block + 8),
                               VANE_SB_CAUSE_COUNT), ==, 1);

    /* Armed with an old count: at once, and once */
    wr32(pf, VANE_DB_VEC(0), 0);
    wait_for(qtest_readl(nic->qts, message) == 0x5a00);
    qtest_writel(nic->qts, message, 0);
    wr32(pf, VANE_REG_PF_CTRL, 0);
    wait_for((seen = events(pf, block)) == 2);
    g_assert_cmphex(qtest_readl(nic->qts, message), ==, 0);

    /* Armed with the count of now: with the next event */
    wr32(pf, VANE_DB_VEC(0), seen);
    g_assert_cmphex(qtest_readl(nic->qts, message), ==, 0);
    wr32(pf, VANE_REG_PF_CTRL, VANE_PF_CTRL_READY);
    wait_for(qtest_readl(nic->qts, message) == 0x5a00);
    g_assert_cmpuint(events(pf, block), ==, 3);
    g_assert_cmpuint(rd32(pf, VANE_VEC(0) + VANE_VEC_EVENTS), ==, 3);

    /* A cause that is set already counts each time that it is raised. */
    g_assert_cmpuint(field_get(qtest_readq(nic->qts, block + 8),
                               VANE_SB_CAUSE_COUNT), ==, 3);

    /* Moderated: not before the time has come */
    qtest_writel(nic->qts, message, 0);
    wr32(pf, VANE_VEC(0) + VANE_VEC_ITR, 1000);
    wr32(pf, VANE_DB_VEC(0), 0);
    g_assert_cmphex(qtest_readl(nic->qts, message), ==, 0);
    qtest_clock_step(nic->qts, 1000 * 1000 + 1);
    wait_for(qtest_readl(nic->qts, message) == 0x5a00);

    /* The causes that were seen are cleared by writing them. */
    g_assert_cmphex(rd32(pf, VANE_REG_EVENT_CAUSE), ==, VANE_EVENT_STATUS);
    wr32(pf, VANE_REG_EVENT_CAUSE, VANE_EVENT_STATUS);
    g_assert_cmphex(rd32(pf, VANE_REG_EVENT_CAUSE), ==, 0);

    /* Refused: no address, misaligned */
    wr32(pf, VANE_VEC(1) + VANE_VEC_CTRL, VANE_VEC_CTRL_ENABLE);
    g_assert_cmphex(rd32(pf, VANE_VEC(1) + VANE_VEC_CTRL), ==, 0);
    wr64(pf, VANE_VEC(1) + VANE_VEC_SB_ADDR, block + 8);
    wr32(pf, VANE_VEC(1) + VANE_VEC_CTRL, VANE_VEC_CTRL_ENABLE);
    g_assert_cmphex(rd32(pf, VANE_VEC(1) + VANE_VEC_CTRL), ==, 0);
    nic_free(nic);
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

static void test_mailbox(void)
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

    /* A second answer, and one of an earlier life, do nothing. */
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

    /* Often enough to take the rings round */
    fn_enable_all(&vf);
    for (int i = 0; i < 700; i++) {
        mbox_request(&vf, VANE_MBOX_VLAN_ADD, i, 16);
        rq_next(nic, &rq);
        g_assert_cmpuint(le16_to_cpu(rq.msg.hdr.seq), ==, i);
        g_assert_cmpint(mbox_reply(nic, &rq, VANE_OK), ==, VANE_OK);
    }
    nic_free(nic);
}

static void test_commands(void)
{
    Nic *nic = nic_new();
    struct vane_cmd_port port = { .port = cpu_to_le16(7) };
    struct vane_cmd_vif_list list = {}, found;
    struct vane_cmd_switch sw;
    struct vane_cmd_vlan vlan = {};
    uint64_t stats[VANE_STAT_COUNT];

    fn_enable_all(&nic->pf);
    mailbox_enable(nic);

    /* A port is configured before its VF exists; other commands wait. */
    port_up(nic, 7, 0x17, ETH_P_VLAN, 100, 1);
    port.port = cpu_to_le16(7);
    g_assert_cmpint(command_answer(nic, VANE_CMD_PORT_GET, &port, sizeof(port),
                                   &port, sizeof(port)), ==, VANE_OK);
    g_assert_cmpuint(port.mac[5], ==, 0x17);
    g_assert_cmpuint(le16_to_cpu(port.vlan_tci), ==, 100);
    g_assert_cmpuint(le16_to_cpu(port.queues), ==, VANE_DEF_QUEUES_VF);
    vlan.port = cpu_to_le16(7);
    g_assert_cmpint(command(nic, VANE_CMD_VLAN_ADD, &vlan), ==,
                    VANE_ERR_NOT_FOUND);
    vfs_enable(nic, 8);
    g_assert_cmpint(command(nic, VANE_CMD_VLAN_ADD, &vlan), ==, VANE_OK);
    vlan.vid = cpu_to_le16(4096);
    g_assert_cmpint(command(nic, VANE_CMD_VLAN_ADD, &vlan), ==,
                    VANE_ERR_RANGE);

    /* Refused whole */
    port.port = cpu_to_le16(6);
    port.valid = cpu_to_le32(VANE_PORT_VALID_MAC | VANE_PORT_VALID_VIF);
    g_assert_cmpint(command(nic, VANE_CMD_PORT_SET, &port), ==,
                    VANE_ERR_EXISTS);
    port.vif = cpu_to_le16(VANE_MAX_VIF + 1);
    g_assert_cmpint(command(nic, VANE_CMD_PORT_SET, &port), ==,
                    VANE_ERR_RANGE);
    port.vif = 0;
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
    port.port = cpu_to_le16(6);
    g_assert_cmpint(command_answer(nic, VANE_CMD_PORT_GET, &port, sizeof(port),
                                   &port, sizeof(port)), ==, VANE_OK);
    g_assert_cmpuint(port.mac[0] | port.mac[5], ==, 0);

    /* Unknown and short */
    g_assert_cmpint(command_answer(nic, 0, &port, 8, NULL, 0), ==,
                    VANE_ERR_UNSUPPORTED);
    g_assert_cmpint(command_answer(nic, 99, &port, 8, NULL, 0), ==,
                    VANE_ERR_UNSUPPORTED);
    g_assert_cmpint(command_answer(nic, VANE_CMD_PORT_SET, &port, 39, NULL, 0),
                    ==, VANE_ERR_LENGTH);

    /* Modes and lists */
    sw = (struct vane_cmd_switch) { .mode = cpu_to_le32(VANE_SWITCH_ETAG) };
    g_assert_cmpint(command(nic, VANE_CMD_SWITCH_SET, &sw), ==,
                    VANE_ERR_UNSUPPORTED);
    switch_mode(nic, VANE_SWITCH_VNTAG);
    g_assert_cmpint(command_answer(nic, VANE_CMD_SWITCH_GET, NULL, 0, &sw,
                                   sizeof(sw)), ==, VANE_OK);
    g_assert_cmpuint(le32_to_cpu(sw.mode), ==, VANE_SWITCH_VNTAG);
    for (int i = 0; i <= VANE_MAX_VIF_LISTS; i++) {
        list = (struct vane_cmd_vif_list) {
            .list = cpu_to_le16(10 + 2 * i), .pf = 1, .vfs = { i & 0xff },
        };
        g_assert_cmpint(command(nic, VANE_CMD_VIF_LIST_SET, &list), ==,
                        i < VANE_MAX_VIF_LISTS ? VANE_OK : VANE_ERR_NO_SPACE);
    }
    list = (struct vane_cmd_vif_list) { .list = cpu_to_le16(13) };
    g_assert_cmpint(command_answer(nic, VANE_CMD_VIF_LIST_GET, &list,
                                   sizeof(list), &found, sizeof(found)), ==,
                    VANE_OK);
    g_assert_cmpuint(le16_to_cpu(found.list), ==, 14);
    g_assert_cmpuint(found.pf, ==, 1);
    g_assert_cmpuint(found.vfs[0], ==, 2);
    g_assert_cmpint(command_answer(nic, VANE_CMD_STATS_GET, &vlan,
                                   sizeof(vlan), stats, sizeof(stats)), ==,
                    VANE_ERR_INVALID);
    vlan.vid = 0;
    g_assert_cmpint(command_answer(nic, VANE_CMD_STATS_GET, &vlan,
                                   sizeof(vlan), stats, sizeof(stats)), ==,
                    VANE_OK);

    /* VFs go, and with them what was set */
    vfs_enable(nic, 0);
    config_writew(nic, PF_RID, nic->sriov + PCI_SRIOV_CTRL, 0);
    port.port = cpu_to_le16(7);
    g_assert_cmpint(command_answer(nic, VANE_CMD_PORT_GET, &port, sizeof(port),
                                   &port, sizeof(port)), ==, VANE_OK);
    g_assert_cmpuint(port.mac[5], ==, 0);
    nic_free(nic);
}

/* Counters of many VFs, in records of as many as are asked for. */
static void test_vf_stats(void)
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
static void test_filters(void)
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

/* 256 VFs, the last on the next bus; and again with other numbers. */
static void test_sriov(void)
{
    static const uint16_t counts[] = { 256, 1, 255, 7, 256 };
    Nic *nic = nic_new();
    uint32_t generation = 0;
    Fn vf;

    g_assert_cmpuint(config_readw(nic, PF_RID,
                                  nic->sriov + PCI_SRIOV_TOTAL_VF), ==,
                     VANE_MAX_VFS);
    for (int i = 0; i < ARRAY_SIZE(counts); i++) {
        uint16_t last = counts[i] - 1;

        vfs_enable(nic, counts[i]);
        g_assert_cmpuint(rd32(&nic->pf, VANE_REG_PF_NUM_VFS), ==, counts[i]);
        for (int j = 0; j < counts[i]; j++) {
            g_assert_cmphex(qtest_readl(nic->qts, VF_BARS +
                                        (uint64_t)j * VANE_VF_BAR_SIZE +
                                        VANE_REG_FUNCTION), ==,
                            VANE_FUNCTION_IS_VF | j);
        }
        vf_init(nic, &vf, last);
        g_assert_cmphex(vf.rid, ==, PF_RID + 1 + last);
        check_identity(&vf, last);
        g_assert_cmphex(qtest_readl(nic->qts, VF_BARS + (uint64_t)counts[i] *
                                    VANE_VF_BAR_SIZE), !=, VANE_MAGIC);
        if (last == VANE_MAX_VFS - 1) {
            g_assert_cmphex(vf.rid, ==, 0x0200);
            g_assert_cmpuint(rd32(&vf, VANE_REG_GENERATION), >, generation);
            generation = rd32(&vf, VANE_REG_GENERATION);
        }
        config_writew(nic, PF_RID, nic->sriov + PCI_SRIOV_CTRL, 0);
        g_assert_cmphex(qtest_readl(nic->qts, VF_BARS), !=, VANE_MAGIC);
        g_assert_cmphex(config_readl(nic, vf.rid, PCI_VENDOR_ID), ==,
                        UINT32_MAX);
    }
    nic_free(nic);
}

static void flr(const Fn *fn)
{
    uint8_t exp = config_capability(fn->nic, fn->rid, PCI_CAP_ID_EXP);

    config_writew(fn->nic, fn->rid, exp + PCI_EXP_DEVCTL,
                  PCI_EXP_DEVCTL_BCR_FLR);
}

/* FLR of a VF stops that VF only; FLR of the PF ends SR-IOV. */
static void test_flr(void)
{
    Nic *nic = nic_new();
    struct vane_rq_slot rq;
    uint32_t generation;
    Fn vf[2];
    Txq txq[2];

    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    vfs_enable(nic, 256);
    for (int i = 0; i < 2; i++) {
        vf_init(nic, &vf[i], i ? 255 : 3);
        fn_enable_all(&vf[i]);
        txq_new(&txq[i], &vf[i], 2);
    }
    for (int i = 0; i < 2; i++) {
        generation = rd32(&vf[i], VANE_REG_GENERATION);
        flr(&vf[i]);
        g_assert_cmpuint(rd32(&vf[i], VANE_REG_GENERATION), ==,
                         generation + 1);
        g_assert_cmphex(rd32(&vf[i], VANE_REG_STATE), ==, 0);
        g_assert_cmphex(rd32(&vf[i], VANE_TXQ(2) + VANE_TXQ_STATE), ==, 0);
        g_assert_cmphex(rd64(&vf[i], VANE_TXQ(2) + VANE_TXQ_BASE), ==, 0);
        g_assert_cmphex(config_readw(nic, vf[i].rid, PCI_COMMAND), ==, 0);
        rq_next(nic, &rq);
        g_assert_cmpuint(le16_to_cpu(rq.vf), ==, i ? 255 : 3);
        g_assert_true(le32_to_cpu(rq.notice) & VANE_NOTICE_RESET);
        if (!i) {
            g_assert_cmphex(rd32(&vf[1], VANE_TXQ(2) + VANE_TXQ_STATE), ==,
                            VANE_Q_STATE_ENABLED);
        }
    }

    /* Loss of bus master is told, and the queue waits. */
    fn_init(nic, &vf[0], vf[0].rid, vf[0].bar);
    fn_enable_all(&vf[0]);
    txq_new(&txq[0], &vf[0], 0);
    config_writew(nic, vf[0].rid, PCI_COMMAND, PCI_COMMAND_MEMORY);
    rq_next(nic, &rq);
    g_assert_cmphex(le32_to_cpu(rq.notice), ==, VANE_NOTICE_BUS_MASTER);
    txq_desc(&txq[0], MEMORY_START | VANE_TXD_EOP, 60);
    txq_ring(&txq[0]);
    g_assert_cmphex(rd32(&vf[0], VANE_TXQ(0) + VANE_TXQ_STATE), ==,
                    VANE_Q_STATE_ENABLED);
    g_assert_cmpuint(txq_head(&txq[0]), ==, 0);
    config_writew(nic, vf[0].rid, PCI_COMMAND,
                  PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    txq_wait(&txq[0]);

    generation = rd32(&nic->pf, VANE_REG_GENERATION);
    flr(&nic->pf);
    config_writel(nic, PF_RID, PCI_BASE_ADDRESS_0, PF_BAR);
    config_writew(nic, PF_RID, PCI_COMMAND,
                  PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    g_assert_cmpuint(rd32(&nic->pf, VANE_REG_GENERATION), ==, generation + 1);
    g_assert_cmpuint(rd32(&nic->pf, VANE_REG_PF_NUM_VFS), ==, 0);
    g_assert_cmphex(rd32(&nic->pf, VANE_REG_RQ_STATE), ==, 0);
    g_assert_cmphex(config_readl(nic, vf[0].rid, PCI_VENDOR_ID), ==,
                    UINT32_MAX);
    nic_free(nic);
}

/* Soft reset of the device: VFs stay, and are told. */
static void test_soft_reset(void)
{
    Nic *nic = nic_new();
    struct vane_cmd_port port = { .port = cpu_to_le16(0) };
    uint32_t generation;
    Fn vf;

    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    port_up(nic, 0, 0x10, 0, 0, 0);
    vfs_enable(nic, 4);
    vf_init(nic, &vf, 0);
    fn_enable_all(&vf);
    generation = rd32(&vf, VANE_REG_GENERATION);
    wr32(&nic->pf, VANE_REG_PF_CTRL, VANE_PF_CTRL_RESET);
    g_assert_cmphex(rd32(&nic->pf, VANE_REG_PF_CTRL), ==, 0);
    g_assert_cmphex(rd32(&nic->pf, VANE_REG_STATE), ==, 0);
    g_assert_cmphex(rd32(&vf, VANE_REG_STATE), ==, 0);
    g_assert_cmpuint(rd32(&vf, VANE_REG_GENERATION), ==, generation + 1);
    g_assert_cmphex(rd32(&vf, VANE_REG_STATUS), ==,
                    VANE_STATUS_RESET_PENDING);
    wr32(&vf, VANE_REG_CTRL, VANE_CTRL_RESET);
    g_assert_cmphex(rd32(&vf, VANE_REG_STATUS), ==, 0);

    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    g_assert_cmphex(rd32(&vf, VANE_REG_STATUS), ==, VANE_STATUS_PF_READY);
    g_assert_cmpint(command_answer(nic, VANE_CMD_PORT_GET, &port, sizeof(port),
                                   &port, sizeof(port)), ==, VANE_OK);
    g_assert_cmpuint(port.mac[5], ==, 0);
    g_assert_cmphex(le32_to_cpu(port.flags), ==, VANE_PORT_FLAG_SPOOFCHK);
    nic_free(nic);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/reset-values", test_reset_values);
    qtest_add_func("/vane/access-rules", test_access_rules);
    qtest_add_func("/vane/features", test_features);
    qtest_add_func("/vane/queue-errors", test_queue_errors);
    qtest_add_func("/vane/vector", test_vector);
    qtest_add_func("/vane/mailbox", test_mailbox);
    qtest_add_func("/vane/commands", test_commands);
    qtest_add_func("/vane/vf-stats", test_vf_stats);
    qtest_add_func("/vane/filters", test_filters);
    qtest_add_func("/vane/sr-iov", test_sriov);
    qtest_add_func("/vane/flr", test_flr);
    qtest_add_func("/vane/soft-reset", test_soft_reset);
    return g_test_run();
}
