/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: the registers of BAR 0, in the order of vane_hw.h.
 */
#include "qemu/osdep.h"
#include "vane.h"
#include "vane_fault.h"
#include "vane_irq.h"
#include "vane_mbox.h"
#include "vane_regs.h"
#include "vane_ring.h"
#include "vane_rule.h"
#include "vane_sched.h"

#define FW_VERSION \
    (vane_put(VANE_FW_VERSION_MAJOR, 1) | vane_put(VANE_FW_VERSION_MINOR, 0) | \
     vane_put(VANE_FW_VERSION_PATCH, 0))


#define BITS32                  0xffffffffull
#define BITS64                  0xffffffffffffffffull

#define MEMBER(type, member) \
    .has_field = true, .field = offsetof(type, member)

static uint32_t vane_reg_one(const VaneFunction *fn)
{
    return 1;
}

static uint32_t vane_reg_queue_count(const VaneFunction *fn)
{
    return fn->queues;
}

static uint32_t vane_reg_vector_count(const VaneFunction *fn)
{
    return fn->vectors;
}

static void *vane_reg_function_element(VaneFunction *fn, uint32_t i)
{
    return fn;
}

static void *vane_reg_device_element(VaneFunction *fn, uint32_t i)
{
    return fn->dev;
}

/* No guest error on a disabled function: a reset may have cleared the bit. */
static void vane_reg_feature_missing(VaneFunction *fn, const char *name,
                                     uint64_t value)
{
    if (fn->enabled) {
        vane_guest_error(fn, "%s 0x%" PRIx64 " without its feature", name,
                         value);
    }
}

/*
 * Function block
 */

static bool vane_reg_function_locked(const VaneFunction *fn, uint32_t i)
{
    return fn->enabled;
}

static uint64_t vane_reg_magic_read(VaneFunction *fn, uint32_t i)
{
    return VANE_MAGIC;
}

static uint64_t vane_reg_abi_read(VaneFunction *fn, uint32_t i)
{
    return vane_put(VANE_ABI_MAJOR, VANE_ABI_MAJOR_VERSION) |
           vane_put(VANE_ABI_MINOR, VANE_ABI_MINOR_VERSION);
}

static uint64_t vane_reg_function_read(VaneFunction *fn, uint32_t i)
{
    return vane_is_pf(fn) ? 0 :
           VANE_FUNCTION_IS_VF | vane_put(VANE_FUNCTION_VF_INDEX, fn->index);
}

static uint64_t vane_reg_fw_version_read(VaneFunction *fn, uint32_t i)
{
    return FW_VERSION;
}

static uint64_t vane_reg_features_dev_read(VaneFunction *fn, uint32_t i)
{
    return vane_features_dev(fn);
}

static uint64_t vane_reg_ctrl_read(VaneFunction *fn, uint32_t i)
{
    return (fn->enabled ? VANE_CTRL_ENABLE : 0) |
           (fn->loopback ? VANE_CTRL_LOOPBACK : 0);
}

static void vane_reg_ctrl_write(VaneFunction *fn, uint32_t i, uint64_t value)
{
    if (value & VANE_CTRL_RESET) {
        vane_function_reset(fn);
        vane_notice(fn, VANE_NOTICE_RESET, VANE_ERROR_NONE, 0);
    } else if (value & VANE_CTRL_LOOPBACK &&
               !(fn->features_drv & VANE_FEAT_LOOPBACK)) {
        vane_reg_feature_missing(fn, "CTRL", value);
    } else {
        fn->loopback = value & VANE_CTRL_LOOPBACK;
        vane_function_enable(fn, value & VANE_CTRL_ENABLE);
        vane_sched_reroute(fn->dev);
    }
}

static uint64_t vane_reg_state_read(VaneFunction *fn, uint32_t i)
{
    return (fn->enabled ? VANE_STATE_ENABLED : 0) |
           vane_put(VANE_STATE_ERROR, fn->enable_error);
}

static void vane_reg_event_cause_write(VaneFunction *fn, uint32_t i,
                                       uint64_t value)
{
    fn->causes &= ~value;
}

static uint64_t vane_reg_limit_queues_read(VaneFunction *fn, uint32_t i)
{
    return vane_put(VANE_LIMIT_QUEUES_TX, fn->queues) |
           vane_put(VANE_LIMIT_QUEUES_RX, fn->queues);
}

static uint64_t vane_reg_limit_vectors_read(VaneFunction *fn, uint32_t i)
{
    return fn->vectors;
}

static uint64_t vane_reg_limit_ring_read(VaneFunction *fn, uint32_t i)
{
    return vane_put(VANE_LIMIT_RING_MIN, VANE_RING_LOG2_MIN) |
           vane_put(VANE_LIMIT_RING_MAX, VANE_RING_LOG2_MAX);
}

static uint64_t vane_reg_limit_frame_read(VaneFunction *fn, uint32_t i)
{
    return VANE_MAX_FRAME;
}

static uint64_t vane_reg_limit_tx_read(VaneFunction *fn, uint32_t i)
{
    return vane_put(VANE_LIMIT_TX_DESC, VANE_TX_MAX_DESC);
}

static uint64_t vane_reg_max_frame_read(VaneFunction *fn, uint32_t i)
{
    return fn->max_frame;
}

static void vane_reg_max_frame_write(VaneFunction *fn, uint32_t i,
                                     uint64_t value)
{
    if (value < VANE_LEAST_MAX_FRAME || value > VANE_MAX_FRAME) {
        vane_guest_error(fn, "MAX_FRAME %" PRIu64, value);
        return;
    }
    fn->max_frame = value;
    vane_sched_reroute(fn->dev);
}

static uint64_t vane_reg_mac_value(const uint8_t *mac)
{
    uint64_t value = 0;

    for (int i = 0; i < 6; i++) {
        value |= (uint64_t)mac[i] << 8 * i;
    }
    return value;
}

static uint64_t vane_reg_perm_mac_read(VaneFunction *fn, uint32_t i)
{
    return vane_is_pf(fn) ? vane_reg_mac_value(fn->dev->conf.macaddr.a) : 0;
}

static uint64_t vane_reg_test_read(VaneFunction *fn, uint32_t i)
{
    return ~fn->test;
}

static const VaneReg function_regs[] = {
    { "MAGIC", VANE_REG_MAGIC, 4, .read = vane_reg_magic_read },
    { "ABI", VANE_REG_ABI, 4, .read = vane_reg_abi_read },
    { "FUNCTION", VANE_REG_FUNCTION, 4, .read = vane_reg_function_read },
    { "FW_VERSION", VANE_REG_FW_VERSION, 4, .read = vane_reg_fw_version_read },
    { "FEATURES_DEV", VANE_REG_FEATURES_DEV, 8,
      .read = vane_reg_features_dev_read },
    { "FEATURES_PF_MASK", VANE_REG_FEATURES_PF_MASK, 8,
      MEMBER(VaneFunction, port.features) },
    { "FEATURES_DRV", VANE_REG_FEATURES_DRV, 8, .writable = BITS64,
      MEMBER(VaneFunction, features_drv) },
    { "CTRL", VANE_REG_CTRL, 4, .any_time = true,
      .writable = VANE_CTRL_ENABLE | VANE_CTRL_RESET | VANE_CTRL_LOOPBACK,
      .read = vane_reg_ctrl_read, .write = vane_reg_ctrl_write },
    { "STATE", VANE_REG_STATE, 4, .read = vane_reg_state_read },
    { "GENERATION", VANE_REG_GENERATION, 4, MEMBER(VaneFunction, generation) },
    { "EVENT_CAUSE", VANE_REG_EVENT_CAUSE, 4, .any_time = true,
      .writable = VANE_EVENT_ALL, MEMBER(VaneFunction, causes),
      .write = vane_reg_event_cause_write },
    { "LIMIT_QUEUES", VANE_REG_LIMIT_QUEUES, 4,
      .read = vane_reg_limit_queues_read },
    { "LIMIT_VECTORS", VANE_REG_LIMIT_VECTORS, 4,
      .read = vane_reg_limit_vectors_read },
    { "LIMIT_RING", VANE_REG_LIMIT_RING, 4, .read = vane_reg_limit_ring_read },
    { "LIMIT_FRAME", VANE_REG_LIMIT_FRAME, 4,
      .read = vane_reg_limit_frame_read },
    { "LIMIT_TX", VANE_REG_LIMIT_TX, 4, .read = vane_reg_limit_tx_read },
    { "MAX_FRAME", VANE_REG_MAX_FRAME, 4, .any_time = true, .writable = BITS32,
      .read = vane_reg_max_frame_read, .write = vane_reg_max_frame_write },
    { "PERM_MAC", VANE_REG_PERM_MAC, 8, .read = vane_reg_perm_mac_read },
    { "TEST", VANE_REG_TEST, 8, .any_time = true, .writable = BITS64,
      MEMBER(VaneFunction, test), .read = vane_reg_test_read },
};

/*
 * STATUS block
 */

static uint64_t vane_reg_status_read(VaneFunction *fn, uint32_t i)
{
    uint32_t ready = fn->dev->pf_ready ? VANE_STATUS_PF_READY : 0;

    if (vane_is_pf(fn)) {
        return ready | (fn->dev->link_up ? VANE_STATUS_LINK_UP : 0);
    }
    return ready | fn->status.bits;
}

static uint64_t vane_reg_status_speed_read(VaneFunction *fn, uint32_t i)
{
    return vane_is_pf(fn) ? fn->dev->speed : fn->status.speed;
}

static uint64_t vane_reg_status_max_frame_read(VaneFunction *fn, uint32_t i)
{
    return vane_is_pf(fn) ? VANE_MAX_FRAME : fn->status.max_frame;
}

static uint64_t vane_reg_status_mac_read(VaneFunction *fn, uint32_t i)
{
    return vane_is_pf(fn) ? vane_reg_perm_mac_read(fn, i) : fn->status.mac;
}

static const VaneReg status_regs[] = {
    { "STATUS", VANE_REG_STATUS - VANE_BLK_STATUS, 4,
      .read = vane_reg_status_read },
    { "STATUS_SPEED", VANE_REG_STATUS_SPEED - VANE_BLK_STATUS, 4,
      .read = vane_reg_status_speed_read },
    { "STATUS_CONFIG_GEN", VANE_REG_STATUS_CONFIG_GEN - VANE_BLK_STATUS, 4,
      MEMBER(VaneFunction, status.config_gen) },
    { "STATUS_MAX_FRAME", VANE_REG_STATUS_MAX_FRAME - VANE_BLK_STATUS, 4,
      .read = vane_reg_status_max_frame_read },
    { "STATUS_MAC", VANE_REG_STATUS_MAC - VANE_BLK_STATUS, 8,
      .read = vane_reg_status_mac_read },
};

/*
 * Windows of bytes: mailbox, RSS key and table
 */

#define WINDOW_READ(name, member)                                           \
static uint32_t name##_count(const VaneFunction *fn)                        \
{                                                                           \
    return sizeof(fn->member) / sizeof(uint32_t);                           \
}                                                                           \
                                                                            \
static uint64_t name##_read(VaneFunction *fn, uint32_t i)                   \
{                                                                           \
    return (uint32_t)ldl_le_p(fn->member + i * sizeof(uint32_t));           \
}

#define WINDOW(name, member, may_write)                                     \
WINDOW_READ(name, member)                                                   \
                                                                            \
static void name##_write(VaneFunction *fn, uint32_t i, uint64_t value)      \
{                                                                           \
    stl_le_p(fn->member + i * sizeof(uint32_t), value);                     \
}                                                                           \
                                                                            \
static const VaneReg name##_regs[] = {                                      \
    { #name, 0, 4, .writable = (may_write) ? BITS32 : 0,                    \
      .read = name##_read, .write = name##_write },                         \
}

WINDOW(mbox_req, mbox.request, true);
WINDOW(mbox_rsp, mbox.response, false);
WINDOW(rss_key, rss_key, true);
WINDOW_READ(rss_table, rss_table)

static void vane_reg_rss_table_write(VaneFunction *fn, uint32_t i,
                                     uint64_t value)
{
    size_t at = i * sizeof(uint32_t);

    if (at >= VANE_RSS_TABLE_SIZE &&
        !(fn->features_drv & VANE_FEAT_RSS_CONTEXT)) {
        vane_reg_feature_missing(fn, "RSS_TABLE", value);
        return;
    }
    stl_le_p(fn->rss_table + at, value);
}

static const VaneReg rss_table_regs[] = {
    { "rss_table", 0, 4, .writable = BITS32, .read = rss_table_read,
      .write = vane_reg_rss_table_write },
};

static void vane_reg_mbox_db_write(VaneFunction *fn, uint32_t i, uint64_t value)
{
    vane_mbox_doorbell(fn, value);
}

static uint64_t vane_reg_mbox_state_read(VaneFunction *fn, uint32_t i)
{
    return (fn->mbox.busy ? VANE_MBOX_STATE_BUSY : 0) |
           vane_put(VANE_MBOX_STATE_ERROR, fn->mbox.error);
}

static const VaneReg mbox_regs[] = {
    { "MBOX_DB", VANE_REG_MBOX_DB - VANE_REG_MBOX_DB, 4, .write_only = true,
      .writable = BITS32, .write = vane_reg_mbox_db_write },
    { "MBOX_STATE", VANE_REG_MBOX_STATE - VANE_REG_MBOX_DB, 4,
      .read = vane_reg_mbox_state_read },
};

/*
 * Doorbells
 */

static void vane_reg_txq_doorbell(VaneFunction *fn, uint32_t i, uint64_t value)
{
    fn->counters.doorbells++;
    if (!vane_fault_drop_doorbell(fn)) {
        vane_txq_doorbell(fn, i, value);
    }
}

static void vane_reg_rxq_doorbell(VaneFunction *fn, uint32_t i, uint64_t value)
{
    fn->counters.doorbells++;
    if (!vane_fault_drop_doorbell(fn)) {
        vane_rxq_doorbell(fn, i, value);
    }
}

static void vane_reg_vector_doorbell(VaneFunction *fn, uint32_t i,
                                     uint64_t value)
{
    vane_vector_arm(fn, i, value);
}

static const VaneReg queue_doorbells[] = {
    { "DB_TXQ", 0, 4, .write_only = true, .writable = VANE_DB_TX_TAIL,
      .write = vane_reg_txq_doorbell },
    { "DB_RXQ", VANE_DB_RXQ(0) - VANE_DB_TXQ(0), 4, .write_only = true,
      .writable = VANE_DB_RX_TAIL | VANE_DB_RX_CPL_HEAD,
      .write = vane_reg_rxq_doorbell },
};

static const VaneReg vector_doorbells[] = {
    { "DB_VEC", 0, 4, .write_only = true, .writable = BITS32,
      .write = vane_reg_vector_doorbell },
};

/*
 * Transmit queues
 */

static void *vane_reg_txq_element(VaneFunction *fn, uint32_t i)
{
    return &fn->txq[i];
}

static bool vane_reg_txq_locked(const VaneFunction *fn, uint32_t i)
{
    return fn->txq[i].enabled;
}

static uint64_t vane_reg_txq_ctrl_read(VaneFunction *fn, uint32_t i)
{
    return fn->txq[i].enabled ? VANE_Q_CTRL_ENABLE : 0;
}

static void vane_reg_txq_ctrl_write(VaneFunction *fn, uint32_t i,
                                    uint64_t value)
{
    if (!(value & VANE_Q_CTRL_ENABLE)) {
        vane_txq_disable(fn, i);
    } else if (!fn->txq[i].enabled) {
        vane_txq_enable(fn, i);
    }
}

static uint64_t vane_reg_txq_state_read(VaneFunction *fn, uint32_t i)
{
    return (fn->txq[i].enabled ? VANE_Q_STATE_ENABLED : 0) |
           vane_put(VANE_Q_STATE_ERROR, fn->txq[i].error);
}

static uint64_t vane_reg_txq_head_read(VaneFunction *fn, uint32_t i)
{
    return fn->txq[i].head;
}

static uint64_t vane_reg_txq_tail_read(VaneFunction *fn, uint32_t i)
{
    return fn->txq[i].tail;
}

static const VaneReg txq_regs[] = {
    { "TXQ_BASE", VANE_TXQ_BASE, 8, .writable = BITS64,
      MEMBER(VaneTxQueue, base) },
    { "TXQ_HEAD_ADDR", VANE_TXQ_HEAD_ADDR, 8, .writable = BITS64,
      MEMBER(VaneTxQueue, head_addr) },
    { "TXQ_SHADOW", VANE_TXQ_SHADOW, 8, .writable = BITS64,
      MEMBER(VaneTxQueue, shadow) },
    { "TXQ_SIZE", VANE_TXQ_SIZE, 4, .writable = BITS32,
      MEMBER(VaneTxQueue, size_log2) },
    { "TXQ_VECTOR", VANE_TXQ_VECTOR, 4, .writable = BITS32,
      MEMBER(VaneTxQueue, vector) },
    { "TXQ_CTRL", VANE_TXQ_CTRL, 4, .any_time = true,
      .writable = VANE_Q_CTRL_ENABLE,
      .read = vane_reg_txq_ctrl_read, .write = vane_reg_txq_ctrl_write },
    { "TXQ_STATE", VANE_TXQ_STATE, 4, .read = vane_reg_txq_state_read },
    { "TXQ_HEAD", VANE_TXQ_HEAD, 4, .read = vane_reg_txq_head_read },
    { "TXQ_TAIL", VANE_TXQ_TAIL, 4, .read = vane_reg_txq_tail_read },
};

/*
 * Receive queues
 */

static void *vane_reg_rxq_element(VaneFunction *fn, uint32_t i)
{
    return &fn->rxq[i];
}

static bool vane_reg_rxq_locked(const VaneFunction *fn, uint32_t i)
{
    return fn->rxq[i].enabled;
}

static uint64_t vane_reg_rxq_ctrl_read(VaneFunction *fn, uint32_t i)
{
    const VaneRxQueue *rxq = &fn->rxq[i];

    return (rxq->enabled ? VANE_Q_CTRL_ENABLE : 0) |
           (rxq->enabled && rxq->cpl32 ? VANE_RXQ_CTRL_CPL32 : 0);
}

static void vane_reg_rxq_ctrl_write(VaneFunction *fn, uint32_t i,
                                    uint64_t value)
{
    if (!(value & VANE_Q_CTRL_ENABLE)) {
        vane_rxq_disable(fn, i);
    } else if (!fn->rxq[i].enabled) {
        vane_rxq_enable(fn, i, value & VANE_RXQ_CTRL_CPL32);
    }
}

static uint64_t vane_reg_rxq_state_read(VaneFunction *fn, uint32_t i)
{
    return (fn->rxq[i].enabled ? VANE_Q_STATE_ENABLED : 0) |
           vane_put(VANE_Q_STATE_ERROR, fn->rxq[i].error);
}

static void vane_reg_rxq_opt_write(VaneFunction *fn, uint32_t i, uint64_t value)
{
    if ((value & VANE_RXQ_OPT_VLAN_STRIP &&
         !(fn->features_drv & VANE_FEAT_VLAN_STRIP)) ||
        (value & VANE_RXQ_OPT_GRO &&
         !(fn->features_drv & VANE_FEAT_HW_GRO))) {
        vane_reg_feature_missing(fn, "RXQ_OPT", value);
        return;
    }
    fn->rxq[i].opt = value;
}

static uint64_t vane_reg_rxq_head_read(VaneFunction *fn, uint32_t i)
{
    return fn->rxq[i].buf_head | (uint32_t)fn->rxq[i].cpl_tail << 16;
}

static uint64_t vane_reg_rxq_tail_read(VaneFunction *fn, uint32_t i)
{
    return vane_put(VANE_DB_RX_TAIL, fn->rxq[i].buf_tail) |
           vane_put(VANE_DB_RX_CPL_HEAD, fn->rxq[i].cpl_head);
}

static const VaneReg rxq_regs[] = {
    { "RXQ_BUF_BASE", VANE_RXQ_BUF_BASE, 8, .writable = BITS64,
      MEMBER(VaneRxQueue, buf_base) },
    { "RXQ_CPL_BASE", VANE_RXQ_CPL_BASE, 8, .writable = BITS64,
      MEMBER(VaneRxQueue, cpl_base) },
    { "RXQ_SHADOW", VANE_RXQ_SHADOW, 8, .writable = BITS64,
      MEMBER(VaneRxQueue, shadow) },
    { "RXQ_BUF_SIZE", VANE_RXQ_BUF_SIZE, 4, .writable = BITS32,
      MEMBER(VaneRxQueue, buf_size_log2) },
    { "RXQ_CPL_SIZE", VANE_RXQ_CPL_SIZE, 4, .writable = BITS32,
      MEMBER(VaneRxQueue, cpl_size_log2) },
    { "RXQ_BUF_LEN", VANE_RXQ_BUF_LEN, 4, .writable = BITS32,
      MEMBER(VaneRxQueue, buf_len) },
    { "RXQ_VECTOR", VANE_RXQ_VECTOR, 4, .writable = BITS32,
      MEMBER(VaneRxQueue, vector) },
    { "RXQ_CTRL", VANE_RXQ_CTRL, 4, .any_time = true,
      .writable = VANE_Q_CTRL_ENABLE | VANE_RXQ_CTRL_CPL32,
      .read = vane_reg_rxq_ctrl_read, .write = vane_reg_rxq_ctrl_write },
    { "RXQ_STATE", VANE_RXQ_STATE, 4, .read = vane_reg_rxq_state_read },
    { "RXQ_OPT", VANE_RXQ_OPT, 4, .any_time = true,
      .writable = VANE_RXQ_OPT_ALL, MEMBER(VaneRxQueue, opt),
      .write = vane_reg_rxq_opt_write },
    { "RXQ_HEAD", VANE_RXQ_HEAD, 4, .read = vane_reg_rxq_head_read },
    { "RXQ_TAIL", VANE_RXQ_TAIL, 4, .read = vane_reg_rxq_tail_read },
};

/*
 * Vectors
 */

static void *vane_reg_vector_element(VaneFunction *fn, uint32_t i)
{
    return &fn->vec[i];
}

static bool vane_reg_vector_locked(const VaneFunction *fn, uint32_t i)
{
    return fn->vec[i].enabled;
}

static void vane_reg_itr_write(VaneFunction *fn, uint32_t i, uint64_t value)
{
    if (value > VANE_VEC_ITR_MAX) {
        vane_guest_error(fn, "vector %u: ITR %" PRIu64, i, value);
        return;
    }
    fn->vec[i].itr_us = value;
}

static uint64_t vane_reg_vector_ctrl_read(VaneFunction *fn, uint32_t i)
{
    return fn->vec[i].enabled ? VANE_VEC_CTRL_ENABLE : 0;
}

static void vane_reg_vector_ctrl_write(VaneFunction *fn, uint32_t i,
                                       uint64_t value)
{
    vane_vector_enable(fn, i, value & VANE_VEC_CTRL_ENABLE);
}

static void vane_reg_vector_test_write(VaneFunction *fn, uint32_t i,
                                       uint64_t value)
{
    vane_event(fn, i, 1);
    vane_events_flush(fn->dev);
}

static const VaneReg vector_regs[] = {
    { "VEC_SB_ADDR", VANE_VEC_SB_ADDR, 8, .writable = BITS64,
      MEMBER(VaneVector, sb_addr) },
    { "VEC_ITR", VANE_VEC_ITR, 4, .any_time = true, .writable = BITS32,
      MEMBER(VaneVector, itr_us), .write = vane_reg_itr_write },
    { "VEC_CTRL", VANE_VEC_CTRL, 4, .any_time = true,
      .writable = VANE_VEC_CTRL_ENABLE,
      .read = vane_reg_vector_ctrl_read, .write = vane_reg_vector_ctrl_write },
    { "VEC_EVENTS", VANE_VEC_EVENTS, 4, MEMBER(VaneVector, events) },
    { "VEC_TEST", VANE_VEC_TEST, 4, .any_time = true, .write_only = true,
      .writable = BITS32, .write = vane_reg_vector_test_write },
};

/*
 * RSS, receive rules, counters
 */

static void vane_reg_rss_ctrl_write(VaneFunction *fn, uint32_t i,
                                    uint64_t value)
{
    if (value && !(fn->features_drv & VANE_FEAT_RSS)) {
        vane_reg_feature_missing(fn, "RSS_CTRL", value);
        return;
    }
    fn->rss_ctrl = value;
}

static const VaneReg rss_regs[] = {
    { "RSS_CTRL", VANE_REG_RSS_CTRL - VANE_BLK_RSS, 4, .any_time = true,
      .writable = VANE_RSS_CTRL_ALL, MEMBER(VaneFunction, rss_ctrl),
      .write = vane_reg_rss_ctrl_write },
};

static uint32_t vane_reg_rule_count(const VaneFunction *fn)
{
    return VANE_MAX_RULES;
}

static void *vane_reg_rule_element(VaneFunction *fn, uint32_t i)
{
    return &fn->rule[i];
}

static bool vane_reg_rule_locked(const VaneFunction *fn, uint32_t i)
{
    return test_bit(i, fn->rules_valid);
}

static void vane_reg_rule_ctrl_write(VaneFunction *fn, uint32_t i,
                                     uint64_t value)
{
    VaneRule *rule = &fn->rule[i];
    bool valid = value & VANE_RULE_CTRL_VALID;

    if (valid && !(fn->features_drv & VANE_FEAT_RULES)) {
        vane_reg_feature_missing(fn, "RULE_CTRL", value);
        return;
    }
    if (valid && !vane_rule_possible(fn, rule, value)) {
        vane_guest_error(fn, "rule %u: CTRL 0x%" PRIx64, i, value);
        valid = false;
    }
    rule->ctrl = valid ? value : 0;
    if (valid) {
        set_bit(i, fn->rules_valid);
    } else {
        clear_bit(i, fn->rules_valid);
    }
}

#define RULE_IP(name, offset, member, i) \
    { name, (offset) + 4 * (i), 4, .writable = BITS32, .octets = true, \
      MEMBER(VaneRule, member[4 * (i)]) }

static const VaneReg rule_regs[] = {
    { "RULE_CTRL", VANE_RULE_CTRL, 4, .any_time = true,
      .writable = VANE_RULE_CTRL_VALID | VANE_RULE_CTRL_ACTION |
                  VANE_RULE_CTRL_TARGET | VANE_RULE_CTRL_MATCH,
      MEMBER(VaneRule, ctrl), .write = vane_reg_rule_ctrl_write },
    { "RULE_PORTS", VANE_RULE_PORTS, 4, .writable = BITS32,
      MEMBER(VaneRule, ports) },
    { "RULE_ETHER", VANE_RULE_ETHER, 4, .writable = BITS32,
      MEMBER(VaneRule, ether) },
    { "RULE_PROTO", VANE_RULE_PROTO, 4, .writable = BITS32,
      MEMBER(VaneRule, proto) },
    { "RULE_DST_MAC", VANE_RULE_DST_MAC, 8, .writable = BITS64,
      MEMBER(VaneRule, dst_mac) },
    { "RULE_SRC_MAC", VANE_RULE_SRC_MAC, 8, .writable = BITS64,
      MEMBER(VaneRule, src_mac) },
    RULE_IP("RULE_SRC_IP0", VANE_RULE_SRC_IP, src_ip, 0),
    RULE_IP("RULE_SRC_IP1", VANE_RULE_SRC_IP, src_ip, 1),
    RULE_IP("RULE_SRC_IP2", VANE_RULE_SRC_IP, src_ip, 2),
    RULE_IP("RULE_SRC_IP3", VANE_RULE_SRC_IP, src_ip, 3),
    RULE_IP("RULE_DST_IP0", VANE_RULE_DST_IP, dst_ip, 0),
    RULE_IP("RULE_DST_IP1", VANE_RULE_DST_IP, dst_ip, 1),
    RULE_IP("RULE_DST_IP2", VANE_RULE_DST_IP, dst_ip, 2),
    RULE_IP("RULE_DST_IP3", VANE_RULE_DST_IP, dst_ip, 3),
};

static uint32_t vane_reg_stat_count(const VaneFunction *fn)
{
    return VANE_STAT_COUNT;
}

static uint64_t vane_reg_stat_read(VaneFunction *fn, uint32_t i)
{
    return fn->stats[i] - fn->stats_base[i];
}

static const VaneReg stat_regs[] = {
    { "STAT", 0, 8, .read = vane_reg_stat_read },
};

/*
 * PF block
 */

static uint64_t vane_reg_pf_ctrl_read(VaneFunction *fn, uint32_t i)
{
    return fn->dev->ctrl_ready ? VANE_PF_CTRL_READY : 0;
}

static void vane_reg_pf_ctrl_write(VaneFunction *fn, uint32_t i, uint64_t value)
{
    VaneDevice *dev = fn->dev;

    if (value & VANE_PF_CTRL_RESET) {
        vane_device_reset(dev);
    } else {
        dev->ctrl_ready = value & VANE_PF_CTRL_READY;
        vane_update_pf_ready(dev);
    }
}

static uint64_t vane_reg_pf_num_vfs_read(VaneFunction *fn, uint32_t i)
{
    return fn->dev->sriov.num_vfs;
}

static uint64_t vane_reg_port_link_read(VaneFunction *fn, uint32_t i)
{
    return fn->dev->link_up ? VANE_PORT_LINK_UP : 0;
}

static uint64_t vane_reg_limit_filters_read(VaneFunction *fn, uint32_t i)
{
    return VANE_MAX_FILTERS;
}

static uint64_t vane_reg_limit_lists_read(VaneFunction *fn, uint32_t i)
{
    return VANE_MAX_LISTS;
}

static uint64_t vane_reg_limit_rate_groups_read(VaneFunction *fn, uint32_t i)
{
    return VANE_MAX_RATE_GROUPS;
}

static const VaneReg pf_regs[] = {
    { "PF_CTRL", VANE_REG_PF_CTRL - VANE_BLK_PF, 4,
      .writable = VANE_PF_CTRL_RESET | VANE_PF_CTRL_READY,
      .read = vane_reg_pf_ctrl_read, .write = vane_reg_pf_ctrl_write },
    { "PF_NUM_VFS", VANE_REG_PF_NUM_VFS - VANE_BLK_PF, 4,
      .read = vane_reg_pf_num_vfs_read },
    { "PORT_LINK", VANE_REG_PORT_LINK - VANE_BLK_PF, 4,
      .read = vane_reg_port_link_read },
    { "PORT_SPEED", VANE_REG_PORT_SPEED - VANE_BLK_PF, 4,
      MEMBER(VaneDevice, speed) },
    { "LIMIT_FILTERS", VANE_REG_LIMIT_FILTERS - VANE_BLK_PF, 4,
      .read = vane_reg_limit_filters_read },
    { "LIMIT_LISTS", VANE_REG_LIMIT_LISTS - VANE_BLK_PF, 4,
      .read = vane_reg_limit_lists_read },
    { "LIMIT_RATE_GROUPS", VANE_REG_LIMIT_RATE_GROUPS - VANE_BLK_PF, 4,
      .read = vane_reg_limit_rate_groups_read },
    { "PORT_LED", VANE_REG_PORT_LED - VANE_BLK_PF, 4,
      .writable = VANE_PORT_LED_ON, MEMBER(VaneDevice, link.led) },
};

/* RQ and SQ have the same registers, SLOT_QUEUE_STRIDE apart. */
enum {
    SLOT_QUEUE_RQ,
    SLOT_QUEUE_SQ,
    SLOT_QUEUES,
};

static VaneSlotQueue *vane_reg_slot_queue(const VaneFunction *fn, uint32_t i)
{
    return i == SLOT_QUEUE_RQ ? &fn->dev->rq : &fn->dev->sq;
}

static uint32_t vane_reg_slot_queue_count(const VaneFunction *fn)
{
    return SLOT_QUEUES;
}

static void *vane_reg_slot_queue_element(VaneFunction *fn, uint32_t i)
{
    return vane_reg_slot_queue(fn, i);
}

static bool vane_reg_slot_queue_locked(const VaneFunction *fn, uint32_t i)
{
    return vane_reg_slot_queue(fn, i)->enabled;
}

static uint64_t vane_reg_slot_queue_ctrl_read(VaneFunction *fn, uint32_t i)
{
    return vane_reg_slot_queue(fn, i)->enabled ? VANE_Q_CTRL_ENABLE : 0;
}

static void vane_reg_slot_queue_ctrl_write(VaneFunction *fn, uint32_t i,
                                           uint64_t value)
{
    if (i == SLOT_QUEUE_RQ) {
        vane_rq_enable(fn->dev, value & VANE_Q_CTRL_ENABLE);
    } else {
        vane_sq_enable(fn->dev, value & VANE_Q_CTRL_ENABLE);
    }
}

static uint64_t vane_reg_slot_queue_state_read(VaneFunction *fn, uint32_t i)
{
    const VaneSlotQueue *queue = vane_reg_slot_queue(fn, i);

    return (queue->enabled ? VANE_Q_STATE_ENABLED : 0) |
           vane_put(VANE_Q_STATE_ERROR, queue->error);
}

static uint64_t vane_reg_slot_queue_head_read(VaneFunction *fn, uint32_t i)
{
    return vane_reg_slot_queue(fn, i)->head;
}

static void vane_reg_slot_queue_doorbell(VaneFunction *fn, uint32_t i,
                                         uint64_t value)
{
    if (i == SLOT_QUEUE_RQ) {
        vane_rq_doorbell(fn->dev, value);
    } else {
        vane_sq_doorbell(fn->dev, value);
    }
}

static const VaneReg slot_queue_regs[] = {
    { "SLOTS_BASE", VANE_REG_RQ_BASE - VANE_REG_RQ_BASE, 8, .writable = BITS64,
      MEMBER(VaneSlotQueue, base) },
    { "SLOTS_SIZE", VANE_REG_RQ_SIZE - VANE_REG_RQ_BASE, 4, .writable = BITS32,
      MEMBER(VaneSlotQueue, size_log2) },
    { "SLOTS_CTRL", VANE_REG_RQ_CTRL - VANE_REG_RQ_BASE, 4, .any_time = true,
      .writable = VANE_Q_CTRL_ENABLE, .read = vane_reg_slot_queue_ctrl_read,
      .write = vane_reg_slot_queue_ctrl_write },
    { "SLOTS_STATE", VANE_REG_RQ_STATE - VANE_REG_RQ_BASE, 4,
      .read = vane_reg_slot_queue_state_read },
    { "SLOTS_HEAD", VANE_REG_RQ_HEAD - VANE_REG_RQ_BASE, 4,
      .read = vane_reg_slot_queue_head_read },
    { "SLOTS_DB", VANE_REG_RQ_DB - VANE_REG_RQ_BASE, 4, .any_time = true,
      .write_only = true, .writable = VANE_REG_MASK(15, 0),
      .write = vane_reg_slot_queue_doorbell },
};

#define SLOT_QUEUE_STRIDE       (VANE_REG_SQ_BASE - VANE_REG_RQ_BASE)
#define SAME_DISTANCE(reg) \
    QEMU_BUILD_BUG_ON(VANE_REG_SQ_##reg - VANE_REG_RQ_##reg != \
                      SLOT_QUEUE_STRIDE)
SAME_DISTANCE(SIZE);
SAME_DISTANCE(CTRL);
SAME_DISTANCE(STATE);
SAME_DISTANCE(HEAD);
SAME_DISTANCE(DB);

#define REGS(table)             .regs = (table), .num_regs = ARRAY_SIZE(table)

/* Doorbells come first, as they are looked up most often. */
const VaneBank vane_banks[] = {
    { VANE_DB_TXQ(0), VANE_DB_TXQ(1) - VANE_DB_TXQ(0), REGS(queue_doorbells),
      .count = vane_reg_queue_count },
    { VANE_DB_VEC(0), VANE_DB_VEC(1) - VANE_DB_VEC(0), REGS(vector_doorbells),
      .count = vane_reg_vector_count },
    { VANE_BLK_FUNC, VANE_BLK_SIZE, REGS(function_regs), .count = vane_reg_one,
      .element = vane_reg_function_element,
      .locked = vane_reg_function_locked },
    { VANE_BLK_STATUS, VANE_BLK_SIZE, REGS(status_regs), .count = vane_reg_one,
      .element = vane_reg_function_element },
    { VANE_REG_MBOX_REQ, sizeof(uint32_t), REGS(mbox_req_regs),
      .count = mbox_req_count },
    { VANE_REG_MBOX_RSP, sizeof(uint32_t), REGS(mbox_rsp_regs),
      .count = mbox_rsp_count },
    { VANE_REG_MBOX_DB, 2 * sizeof(uint32_t), REGS(mbox_regs),
      .count = vane_reg_one },
    { VANE_TXQ(0), VANE_TXQ_STRIDE, REGS(txq_regs),
      .count = vane_reg_queue_count, .element = vane_reg_txq_element,
      .locked = vane_reg_txq_locked },
    { VANE_RXQ(0), VANE_RXQ_STRIDE, REGS(rxq_regs),
      .count = vane_reg_queue_count, .element = vane_reg_rxq_element,
      .locked = vane_reg_rxq_locked },
    { VANE_VEC(0), VANE_VEC_STRIDE, REGS(vector_regs),
      .count = vane_reg_vector_count, .element = vane_reg_vector_element,
      .locked = vane_reg_vector_locked },
    { VANE_BLK_RSS, sizeof(uint32_t), REGS(rss_regs), .count = vane_reg_one,
      .element = vane_reg_function_element },
    { VANE_REG_RSS_KEY, sizeof(uint32_t), REGS(rss_key_regs),
      .count = rss_key_count },
    { VANE_REG_RSS_TABLE, sizeof(uint32_t), REGS(rss_table_regs),
      .count = rss_table_count },
    { VANE_RULE(0), VANE_RULE_STRIDE, REGS(rule_regs),
      .count = vane_reg_rule_count, .element = vane_reg_rule_element,
      .locked = vane_reg_rule_locked },
    { VANE_BLK_STATS, sizeof(uint64_t), REGS(stat_regs),
      .count = vane_reg_stat_count },
    { VANE_BLK_PF, VANE_REG_RQ_BASE - VANE_BLK_PF, REGS(pf_regs),
      .pf_only = true, .count = vane_reg_one,
      .element = vane_reg_device_element },
    { VANE_REG_RQ_BASE, SLOT_QUEUE_STRIDE, REGS(slot_queue_regs),
      .pf_only = true, .count = vane_reg_slot_queue_count,
      .element = vane_reg_slot_queue_element,
      .locked = vane_reg_slot_queue_locked },
};

const size_t vane_num_banks = ARRAY_SIZE(vane_banks);
