/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: common code of the qtests. It is a driver in miniature: bus set-up, PF
 * and VF bring-up, queues, vectors and the PF's mailbox queues, without guest.
 *
 * QEMU serves rings in its main loop, so a test never expects an immediate
 * result: it waits for the result or, to check that something does not happen,
 * for the result of something later.
 */
#ifndef VANE_QTEST_H
#define VANE_QTEST_H

#include "qemu/bswap.h"
#include "qemu/units.h"
#include "libqtest.h"
#include "hw/pci/pci_ids.h"
#include "hw/pci/pci_regs.h"
#include "hw/net/vane/vane_hw.h"
#include "net/eth.h"
#include "qobject/qdict.h"

#define ECAM_BASE       0xb0000000ull
#define PF_BAR          0xc0000000ull
#define VF_BARS         0xc4000000ull
#define WINDOW_END      0xcfffffffull
#define MEMORY_START    (16 * MiB)
#define MEMORY_END      (112 * MiB)
#define ROOT_PORT       0x0020          /* bus 0, device 4 */
#define PF_RID          0x0100          /* bus 1, device 0 */
#define WAIT_US         (20 * G_USEC_PER_SEC)

#define QUEUE_LOG2      VANE_RING_LOG2_MIN
#define QUEUE_SIZE      (1u << QUEUE_LOG2)
#define BUF_LEN         2048

typedef struct Nic Nic;

typedef struct Fn {
    Nic *nic;
    uint64_t bar;
    uint16_t rid;
    uint8_t msix;               /* capability's offset in config space */
} Fn;

struct Nic {
    QTestState *qts;
    int uplink;
    uint64_t next;              /* free memory */
    uint64_t latency_ns;        /* if not 0: of the device, see nic_step() */
    uint16_t sriov;             /* capability's offset */
    Fn pf;
    uint64_t rq;
    uint64_t sq;
    uint16_t rq_head;
    uint16_t sq_tail;
};

typedef struct Txq {
    Fn *fn;
    uint32_t index;
    uint64_t ring;
    uint64_t head;
    uint64_t shadow;
    uint16_t tail;
} Txq;

typedef struct Rxq {
    Fn *fn;
    uint32_t index;
    uint64_t buf_ring;
    uint64_t cpl_ring;
    uint64_t shadow;
    uint64_t bufs;
    uint32_t cpl_size;
    uint16_t tail;
    uint16_t cpl;
} Rxq;

static inline uint64_t field_get(uint64_t value, uint64_t mask)
{
    return (value & mask) / (mask & -mask);
}

static inline uint64_t field_put(uint64_t mask, uint64_t value)
{
    return (value * (mask & -mask)) & mask;
}

/* Repeats @expression until it is true. */
#define wait_for(expression)                                            \
    do {                                                                \
        gint64 end_ = g_get_monotonic_time() + WAIT_US;                 \
        while (!(expression)) {                                         \
            if (g_get_monotonic_time() > end_) {                        \
                g_error("%s:%d: never: %s", __func__, __LINE__,         \
                        #expression);                                   \
            }                                                           \
        }                                                               \
    } while (0)

/*
 * Memory
 */

static inline uint64_t alloc(Nic *nic, size_t size)
{
    uint64_t addr = nic->next;

    nic->next = ROUND_UP(addr + size, 4096);
    g_assert_cmpuint(nic->next, <=, MEMORY_END);
    qtest_memset(nic->qts, addr, 0, size);
    return addr;
}

/*
 * Configuration space, by ECAM
 */

static inline uint64_t config_address(uint16_t rid, uint16_t reg)
{
    return ECAM_BASE + ((uint64_t)rid << 12) + reg;
}

static inline uint16_t config_readw(Nic *nic, uint16_t rid, uint16_t reg)
{
    return qtest_readw(nic->qts, config_address(rid, reg));
}

static inline uint32_t config_readl(Nic *nic, uint16_t rid, uint16_t reg)
{
    return qtest_readl(nic->qts, config_address(rid, reg));
}

static inline void config_writew(Nic *nic, uint16_t rid, uint16_t reg,
                                 uint16_t value)
{
    qtest_writew(nic->qts, config_address(rid, reg), value);
}

static inline void config_writel(Nic *nic, uint16_t rid, uint16_t reg,
                                 uint32_t value)
{
    qtest_writel(nic->qts, config_address(rid, reg), value);
}

static inline uint8_t config_capability(Nic *nic, uint16_t rid, uint8_t id)
{
    uint8_t at = config_readw(nic, rid, PCI_CAPABILITY_LIST) & 0xff;

    while (at && (config_readw(nic, rid, at) & 0xff) != id) {
        at = config_readw(nic, rid, at) >> 8;
    }
    g_assert_cmpuint(at, !=, 0);
    return at;
}

static inline uint16_t config_ext_capability(Nic *nic, uint16_t rid,
                                             uint16_t id)
{
    uint16_t at = PCI_CFG_SPACE_SIZE;

    while (at && PCI_EXT_CAP_ID(config_readl(nic, rid, at)) != id) {
        at = PCI_EXT_CAP_NEXT(config_readl(nic, rid, at));
    }
    g_assert_cmpuint(at, !=, 0);
    return at;
}

/*
 * Registers
 */

static inline uint32_t rd32(const Fn *fn, uint32_t reg)
{
    return qtest_readl(fn->nic->qts, fn->bar + reg);
}

static inline uint64_t rd64(const Fn *fn, uint32_t reg)
{
    return qtest_readq(fn->nic->qts, fn->bar + reg);
}

static inline void wr32(const Fn *fn, uint32_t reg, uint32_t value)
{
    qtest_writel(fn->nic->qts, fn->bar + reg, value);
}

static inline void wr64(const Fn *fn, uint32_t reg, uint64_t value)
{
    qtest_writeq(fn->nic->qts, fn->bar + reg, value);
}

static inline uint64_t counter(const Fn *fn, enum vane_stat n)
{
    return rd64(fn, VANE_STAT(n));
}

/*
 * Machine
 */

static inline void fn_init(Nic *nic, Fn *fn, uint16_t rid, uint64_t bar)
{
    fn->nic = nic;
    fn->rid = rid;
    fn->bar = bar;
    fn->msix = config_capability(nic, rid, PCI_CAP_ID_MSIX);
    config_writew(nic, rid, PCI_COMMAND,
                  PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static inline void bus_init(Nic *nic)
{
    QTestState *qts = nic->qts;

    /* MCH: PCIEXBAR */
    qtest_outl(qts, 0xcf8, 0x80000000 | 0x60);
    qtest_outl(qts, 0xcfc, ECAM_BASE | 1);
    /* Root port: buses 1 and 2, the prefetchable window */
    config_writel(nic, ROOT_PORT, PCI_PRIMARY_BUS, 2 << 16 | 1 << 8);
    config_writew(nic, ROOT_PORT, PCI_PREF_MEMORY_BASE, PF_BAR >> 16);
    config_writew(nic, ROOT_PORT, PCI_PREF_MEMORY_LIMIT,
                  (WINDOW_END >> 16) & 0xfff0);
    config_writew(nic, ROOT_PORT, PCI_COMMAND,
                  PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    /* PF and VF BAR 0 */
    config_writel(nic, PF_RID, PCI_BASE_ADDRESS_0, PF_BAR);
    config_writel(nic, PF_RID, PCI_BASE_ADDRESS_0 + 4, 0);
    nic->sriov = config_ext_capability(nic, PF_RID, PCI_EXT_CAP_ID_SRIOV);
    config_writel(nic, PF_RID, nic->sriov + PCI_SRIOV_BAR, VF_BARS);
    config_writel(nic, PF_RID, nic->sriov + PCI_SRIOV_BAR + 4, 0);
}

/*
 * With -global vane.latency-ns the device works only when the clock is stepped,
 * which here it is once.
 */
static inline void nic_step(Nic *nic)
{
    if (nic->latency_ns) {
        qtest_clock_step(nic->qts, nic->latency_ns);
    }
}

static inline uint64_t nic_latency(Nic *nic)
{
    QDict *rsp = qtest_qmp(nic->qts, "{ 'execute': 'qom-get', 'arguments': "
                           "{ 'path': '/machine/peripheral/nic', "
                           "'property': 'latency-ns' } }");
    uint64_t ns = qdict_get_int(rsp, "return");

    qobject_unref(rsp);
    return ns;
}

/* The NIC in a machine of these options, beside those that it needs. */
static inline Nic *nic_new_in(const char *machine)
{
    Nic *nic = g_new0(Nic, 1);
    int sockets[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets), ==, 0);
    nic->uplink = sockets[0];
    nic->next = MEMORY_START;
    nic->qts = qtest_initf(
        "%s -nodefaults -m 128 "
        "-device pcie-root-port,id=rp,bus=pcie.0,addr=4,chassis=1,"
        "bus-reserve=1 "
        "-netdev dgram,id=up,local.type=fd,local.str=%d "
        "-device vane,id=nic,bus=rp,addr=0,netdev=up,mac=52:54:00:12:34:56",
        machine, sockets[1]);
    close(sockets[1]);
    nic->latency_ns = nic_latency(nic);
    bus_init(nic);
    fn_init(nic, &nic->pf, PF_RID, PF_BAR);
    return nic;
}

static inline Nic *nic_new(void)
{
    return nic_new_in("-machine q35");
}

static inline void nic_free(Nic *nic)
{
    close(nic->uplink);
    qtest_quit(nic->qts);
    g_free(nic);
}

/*
 * Functions
 */

static inline void fn_enable(const Fn *fn, uint64_t features)
{
    wr64(fn, VANE_REG_FEATURES_DRV, features);
    wr32(fn, VANE_REG_CTRL, VANE_CTRL_ENABLE);
    g_assert_cmphex(rd32(fn, VANE_REG_STATE), ==, VANE_STATE_ENABLED);
}

/* All that the device offers. */
static inline void fn_enable_all(const Fn *fn)
{
    fn_enable(fn, rd64(fn, VANE_REG_FEATURES_PF_MASK));
}

static inline void vfs_enable(Nic *nic, uint16_t num_vfs)
{
    uint16_t cap = nic->sriov;

    config_writew(nic, PF_RID, cap + PCI_SRIOV_NUM_VF, num_vfs);
    config_writew(nic, PF_RID, cap + PCI_SRIOV_CTRL,
                  PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE |
                  PCI_SRIOV_CTRL_ARI);
}

static inline void vf_init(Nic *nic, Fn *fn, uint16_t index)
{
    fn_init(nic, fn, PF_RID + VANE_VF_OFFSET + index * VANE_VF_STRIDE,
            VF_BARS + (uint64_t)index * VANE_VF_BAR_SIZE);
}

static inline void flr(const Fn *fn)
{
    uint8_t exp = config_capability(fn->nic, fn->rid, PCI_CAP_ID_EXP);

    config_writew(fn->nic, fn->rid, exp + PCI_EXP_DEVCTL,
                  PCI_EXP_DEVCTL_BCR_FLR);
}

/*
 * Vectors. The message of vector v goes to a word of memory.
 */

static inline uint64_t vector_enable(Fn *fn, uint32_t v, uint64_t *message)
{
    Nic *nic = fn->nic;
    uint64_t block = alloc(nic, sizeof(struct vane_status_block));
    uint64_t entry = fn->bar + VANE_BLK_MSIX_TABLE + v * PCI_MSIX_ENTRY_SIZE;

    if (message) {
        *message = alloc(nic, 4);
        qtest_writel(nic->qts, entry + PCI_MSIX_ENTRY_LOWER_ADDR, *message);
        qtest_writel(nic->qts, entry + PCI_MSIX_ENTRY_UPPER_ADDR, 0);
        qtest_writel(nic->qts, entry + PCI_MSIX_ENTRY_DATA, 0x5a00 + v);
        qtest_writel(nic->qts, entry + PCI_MSIX_ENTRY_VECTOR_CTRL, 0);
        config_writew(nic, fn->rid, fn->msix + PCI_MSIX_FLAGS,
                      PCI_MSIX_FLAGS_ENABLE);
    }
    wr64(fn, VANE_VEC(v) + VANE_VEC_SB_ADDR, block);
    wr32(fn, VANE_VEC(v) + VANE_VEC_CTRL, VANE_VEC_CTRL_ENABLE);
    g_assert_cmphex(rd32(fn, VANE_VEC(v) + VANE_VEC_CTRL), ==,
                    VANE_VEC_CTRL_ENABLE);
    return block;
}

static inline uint32_t events(const Fn *fn, uint64_t block)
{
    return field_get(qtest_readq(fn->nic->qts, block), VANE_SB_EVENTS);
}

/*
 * The PF's mailbox queues
 */

#define SQ_LOG2     VANE_RING_LOG2_MIN

static inline void mailbox_enable(Nic *nic)
{
    Fn *pf = &nic->pf;

    nic->rq = alloc(nic, sizeof(struct vane_rq_slot) << VANE_RQ_LOG2_MIN);
    nic->sq = alloc(nic, sizeof(struct vane_sq_slot) << SQ_LOG2);
    nic->rq_head = 0;
    nic->sq_tail = 0;
    wr64(pf, VANE_REG_RQ_BASE, nic->rq);
    wr32(pf, VANE_REG_RQ_SIZE, VANE_RQ_LOG2_MIN);
    wr32(pf, VANE_REG_RQ_CTRL, VANE_Q_CTRL_ENABLE);
    g_assert_cmphex(rd32(pf, VANE_REG_RQ_STATE), ==, VANE_Q_STATE_ENABLED);
    wr64(pf, VANE_REG_SQ_BASE, nic->sq);
    wr32(pf, VANE_REG_SQ_SIZE, SQ_LOG2);
    wr32(pf, VANE_REG_SQ_CTRL, VANE_Q_CTRL_ENABLE);
    g_assert_cmphex(rd32(pf, VANE_REG_SQ_STATE), ==, VANE_Q_STATE_ENABLED);
    wr32(pf, VANE_REG_PF_CTRL, VANE_PF_CTRL_READY);
    g_assert_cmphex(rd32(pf, VANE_REG_STATUS) & VANE_STATUS_PF_READY, ==,
                    VANE_STATUS_PF_READY);
}

static inline bool phase_is(uint64_t word, uint64_t phase, uint16_t index,
                            uint32_t log2)
{
    return !!(word & phase) == !(index >> log2 & 1);
}

/* Sends a slot and waits for it: enum vane_status. */
static inline int sq_send(Nic *nic, struct vane_sq_slot *slot)
{
    uint16_t index = nic->sq_tail++;
    uint64_t addr = nic->sq + (index & ((1 << SQ_LOG2) - 1)) * sizeof(*slot);
    uint64_t done;

    slot->done = cpu_to_le64(index >> SQ_LOG2 & 1 ? VANE_SLOT_PHASE : 0);
    qtest_memwrite(nic->qts, addr, slot, sizeof(*slot));
    wr32(&nic->pf, VANE_REG_SQ_DB, nic->sq_tail);
    nic_step(nic);
    wait_for((done = qtest_readq(nic->qts, addr +
                                 offsetof(struct vane_sq_slot, done)),
              phase_is(done, VANE_SLOT_PHASE, index, SQ_LOG2)));
    qtest_memread(nic->qts, addr, slot, sizeof(*slot));
    return field_get(done, VANE_SLOT_STATUS);
}

static inline int command_answer(Nic *nic, enum vane_cmd_op op,
                                 const void *body, size_t len, void *answer,
                                 size_t answer_len)
{
    struct vane_sq_slot slot = {
        .type = VANE_SQ_COMMAND,
        .msg.hdr.op = cpu_to_le16(op),
        .msg.hdr.len = cpu_to_le16(len),
    };
    int status;

    if (len) {
        memcpy(slot.msg.body, body, len);
    }
    status = sq_send(nic, &slot);
    if (answer && status == VANE_OK) {
        g_assert_cmpuint(field_get(le64_to_cpu(slot.done), VANE_SLOT_LEN), ==,
                         answer_len);
        memcpy(answer, slot.msg.body, answer_len);
    }
    return status;
}

#define command(nic, op, body) \
    command_answer(nic, op, body, sizeof(*(body)), NULL, 0)

/* Waits for the next slot from a VF. */
static inline void rq_next(Nic *nic, struct vane_rq_slot *slot)
{
    uint16_t index = nic->rq_head++;
    uint64_t addr = nic->rq +
                    (index & ((1 << VANE_RQ_LOG2_MIN) - 1)) * sizeof(*slot);

    wait_for(phase_is(qtest_readq(nic->qts, addr +
                                  offsetof(struct vane_rq_slot, valid)),
                      VANE_SLOT_PHASE, index, VANE_RQ_LOG2_MIN));
    qtest_memread(nic->qts, addr, slot, sizeof(*slot));
    wr32(&nic->pf, VANE_REG_RQ_DB, nic->rq_head);
}

/* A port with link, with its last octet as MAC: 02:00:00:00:00:mac. */
static inline void port_up(Nic *nic, uint16_t port, uint8_t mac,
                           uint16_t vlan_proto, uint16_t vlan_tci,
                           uint16_t channel)
{
    struct vane_cmd_port cmd = {
        .port = cpu_to_le16(port),
        .valid = cpu_to_le32(VANE_PORT_VALID_MAC | VANE_PORT_VALID_VLAN |
                             VANE_PORT_VALID_CHANNEL | VANE_PORT_VALID_FLAGS),
        .mac = { 2, 0, 0, 0, 0, mac },
        .vlan_proto = cpu_to_le16(vlan_proto),
        .vlan_tci = cpu_to_le16(vlan_tci),
        .channel = cpu_to_le16(channel),
        .flags = cpu_to_le32(VANE_PORT_FLAG_LINK | VANE_PORT_FLAG_SPOOFCHK),
    };

    g_assert_cmpint(command(nic, VANE_CMD_PORT_SET, &cmd), ==, VANE_OK);
}

/* Flags of a port beside those that port_up() sets */
static inline void port_flags(Nic *nic, uint16_t port, uint32_t more)
{
    struct vane_cmd_port cmd = {
        .port = cpu_to_le16(port),
        .valid = cpu_to_le32(VANE_PORT_VALID_FLAGS),
        .flags = cpu_to_le32(VANE_PORT_FLAG_LINK | VANE_PORT_FLAG_SPOOFCHK |
                             more),
    };

    g_assert_cmpint(command(nic, VANE_CMD_PORT_SET, &cmd), ==, VANE_OK);
}

static inline void rx_mode(Nic *nic, uint16_t port, uint32_t mode)
{
    struct vane_cmd_rx_mode cmd = {
        .port = cpu_to_le16(port),
        .mode = cpu_to_le32(mode),
    };

    g_assert_cmpint(command(nic, VANE_CMD_RX_MODE, &cmd), ==, VANE_OK);
}

static inline int channel_set(Nic *nic, uint16_t port, uint32_t channel)
{
    struct vane_cmd_port cmd = {
        .port = cpu_to_le16(port),
        .valid = cpu_to_le32(VANE_PORT_VALID_CHANNEL),
        .channel = cpu_to_le16(channel & 0xffff),
        .channel_high = cpu_to_le16(channel >> 16),
    };

    return command(nic, VANE_CMD_PORT_SET, &cmd);
}

static inline void switch_mode(Nic *nic, enum vane_switch_mode mode)
{
    struct vane_cmd_switch cmd = { .mode = cpu_to_le32(mode) };

    g_assert_cmpint(command(nic, VANE_CMD_SWITCH_SET, &cmd), ==, VANE_OK);
}

/*
 * Queues
 */

static inline void txq_setup(Txq *txq, Fn *fn, uint32_t index, uint32_t vector,
                             bool shadow)
{
    Nic *nic = fn->nic;

    *txq = (Txq) {
        .fn = fn,
        .index = index,
        .ring = alloc(nic, QUEUE_SIZE * sizeof(struct vane_tx_desc)),
        .head = alloc(nic, sizeof(struct vane_head)),
        .shadow = shadow ? alloc(nic, sizeof(struct vane_shadow)) : 0,
    };
    wr64(fn, VANE_TXQ(index) + VANE_TXQ_BASE, txq->ring);
    wr64(fn, VANE_TXQ(index) + VANE_TXQ_HEAD_ADDR, txq->head);
    wr64(fn, VANE_TXQ(index) + VANE_TXQ_SHADOW, txq->shadow);
    wr32(fn, VANE_TXQ(index) + VANE_TXQ_SIZE, QUEUE_LOG2);
    wr32(fn, VANE_TXQ(index) + VANE_TXQ_VECTOR, vector);
}

static inline uint32_t txq_enable(const Txq *txq)
{
    wr32(txq->fn, VANE_TXQ(txq->index) + VANE_TXQ_CTRL, VANE_Q_CTRL_ENABLE);
    return rd32(txq->fn, VANE_TXQ(txq->index) + VANE_TXQ_STATE);
}

static inline void txq_new(Txq *txq, Fn *fn, uint32_t index)
{
    txq_setup(txq, fn, index, 0, false);
    g_assert_cmphex(txq_enable(txq), ==, VANE_Q_STATE_ENABLED);
}

/* Adds a descriptor; its doorbell comes later. */
static inline void txq_desc(Txq *txq, uint64_t addr, uint64_t ctrl)
{
    uint64_t at = txq->ring + (txq->tail++ % QUEUE_SIZE) *
                              sizeof(struct vane_tx_desc);

    qtest_writeq(txq->fn->nic->qts, at, addr);
    qtest_writeq(txq->fn->nic->qts, at + 8, ctrl);
}

static inline void txq_ring(const Txq *txq)
{
    wr32(txq->fn, VANE_DB_TXQ(txq->index), txq->tail);
}

static inline uint64_t txq_head(const Txq *txq)
{
    return qtest_readq(txq->fn->nic->qts, txq->head);
}

static inline void txq_wait(const Txq *txq)
{
    wait_for(txq_head(txq) == txq->tail);
}

/* Puts a frame of one descriptor into the queue. */
static inline void txq_put(Txq *txq, const void *frame, size_t len,
                           uint64_t flags, uint64_t ctrl)
{
    uint64_t addr = alloc(txq->fn->nic, len);

    qtest_memwrite(txq->fn->nic->qts, addr, frame, len);
    txq_desc(txq, addr | VANE_TXD_EOP | flags,
             ctrl | field_put(VANE_TXD_LEN, len));
    txq_ring(txq);
}

/* The same, and waits until it was read. */
static inline void txq_send(Txq *txq, const void *frame, size_t len,
                            uint64_t flags, uint64_t ctrl)
{
    txq_put(txq, frame, len, flags, ctrl);
    txq_wait(txq);
}

static inline void rxq_setup(Rxq *rxq, Fn *fn, uint32_t index, uint32_t vector,
                             uint32_t cpl_size, bool shadow)
{
    Nic *nic = fn->nic;

    *rxq = (Rxq) {
        .fn = fn,
        .index = index,
        .buf_ring = alloc(nic, QUEUE_SIZE * sizeof(struct vane_rx_buf)),
        .cpl_ring = alloc(nic, QUEUE_SIZE * cpl_size),
        .bufs = alloc(nic, QUEUE_SIZE * BUF_LEN),
        .shadow = shadow ? alloc(nic, sizeof(struct vane_shadow)) : 0,
        .cpl_size = cpl_size,
    };
    wr64(fn, VANE_RXQ(index) + VANE_RXQ_BUF_BASE, rxq->buf_ring);
    wr64(fn, VANE_RXQ(index) + VANE_RXQ_CPL_BASE, rxq->cpl_ring);
    wr64(fn, VANE_RXQ(index) + VANE_RXQ_SHADOW, rxq->shadow);
    wr32(fn, VANE_RXQ(index) + VANE_RXQ_BUF_SIZE, QUEUE_LOG2);
    wr32(fn, VANE_RXQ(index) + VANE_RXQ_CPL_SIZE, QUEUE_LOG2);
    wr32(fn, VANE_RXQ(index) + VANE_RXQ_BUF_LEN, BUF_LEN);
    wr32(fn, VANE_RXQ(index) + VANE_RXQ_VECTOR, vector);
}

static inline uint32_t rxq_enable(const Rxq *rxq)
{
    wr32(rxq->fn, VANE_RXQ(rxq->index) + VANE_RXQ_CTRL, VANE_Q_CTRL_ENABLE |
         (rxq->cpl_size == sizeof(struct vane_rx_cpl32) ?
          VANE_RXQ_CTRL_CPL32 : 0));
    return rd32(rxq->fn, VANE_RXQ(rxq->index) + VANE_RXQ_STATE);
}

static inline uint32_t rxq_tail_word(const Rxq *rxq)
{
    return field_put(VANE_DB_RX_TAIL, rxq->tail) |
           field_put(VANE_DB_RX_CPL_HEAD, rxq->cpl);
}

/* Posts @count buffers; the id is the index of the buffer plus 100. */
static inline void rxq_post(Rxq *rxq, uint32_t count)
{
    while (count--) {
        uint32_t i = rxq->tail++ % QUEUE_SIZE;

        qtest_writeq(rxq->fn->nic->qts, rxq->buf_ring + i * 8,
                     field_put(VANE_RXB_ADDR, (rxq->bufs + i * BUF_LEN) >>
                               VANE_RXB_ADDR_SHIFT) |
                     field_put(VANE_RXB_ID, i + 100));
    }
}

static inline void rxq_ring(const Rxq *rxq)
{
    wr32(rxq->fn, VANE_DB_RXQ(rxq->index), rxq_tail_word(rxq));
}

static inline void rxq_new(Rxq *rxq, Fn *fn, uint32_t index,
                           uint32_t cpl_size)
{
    rxq_setup(rxq, fn, index, 0, cpl_size, false);
    g_assert_cmphex(rxq_enable(rxq), ==, VANE_Q_STATE_ENABLED);
    rxq_post(rxq, QUEUE_SIZE);
    rxq_ring(rxq);
}

static inline uint64_t rxq_cpl_address(const Rxq *rxq)
{
    return rxq->cpl_ring + (rxq->cpl % QUEUE_SIZE) * rxq->cpl_size;
}

/* Is the next completion there? */
static inline bool rxq_ready(const Rxq *rxq)
{
    uint64_t last = rxq_cpl_address(rxq) + rxq->cpl_size - 8;

    return phase_is(qtest_readq(rxq->fn->nic->qts, last), VANE_RXC_PHASE,
                    rxq->cpl, QUEUE_LOG2);
}

/* Takes the next completion and returns the bytes that it has. */
static inline uint32_t rxq_next(Rxq *rxq, struct vane_rx_cpl32 *cpl,
                                void *data)
{
    QTestState *qts = rxq->fn->nic->qts;
    uint32_t len, i;

    wait_for(rxq_ready(rxq));
    memset(cpl, 0, sizeof(*cpl));
    qtest_memread(qts, rxq_cpl_address(rxq), cpl, rxq->cpl_size);
    cpl->base.data = le64_to_cpu(cpl->base.data);
    cpl->base.info = le64_to_cpu(cpl->base.info);
    cpl->gso = le64_to_cpu(cpl->gso);
    rxq->cpl++;
    len = field_get(cpl->base.data, VANE_RXC_LEN);
    i = field_get(cpl->base.info, VANE_RXC_BUF_ID) - 100;
    g_assert_cmpuint(i, <, QUEUE_SIZE);
    if (data) {
        qtest_memread(qts, rxq->bufs + i * BUF_LEN, data, len);
    }
    return len;
}

static inline uint64_t rxq_error(const Rxq *rxq)
{
    return field_get(rd32(rxq->fn, VANE_RXQ(rxq->index) + VANE_RXQ_STATE),
                     VANE_Q_STATE_ERROR);
}

static inline uint64_t txq_error(const Txq *txq)
{
    return field_get(rd32(txq->fn, VANE_TXQ(txq->index) + VANE_TXQ_STATE),
                     VANE_Q_STATE_ERROR);
}

/*
 * Uplink
 */

static inline void uplink_send(const Nic *nic, const void *frame, size_t len)
{
    g_assert_cmpint(send(nic->uplink, frame, len, 0), ==, len);
}

static inline size_t uplink_receive(const Nic *nic, void *frame, size_t size)
{
    GPollFD poll = { .fd = nic->uplink, .events = G_IO_IN };
    ssize_t len;

    g_assert_cmpint(g_poll(&poll, 1, WAIT_US / 1000), ==, 1);
    len = recv(nic->uplink, frame, size, 0);
    g_assert_cmpint(len, >, 0);
    return len;
}

/* A frame from and to 02:00:00:00:00:xx, or to all for @to 0xff. */
static inline size_t make_frame(uint8_t *frame, uint8_t to, uint8_t from,
                                uint16_t proto, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        frame[i] = i * 7 + from;
    }
    memset(frame, to == 0xff ? 0xff : 0, ETH_ALEN);
    if (to != 0xff) {
        frame[0] = 2;
        frame[5] = to;
    }
    memset(frame + ETH_ALEN, 0, ETH_ALEN);
    frame[6] = 2;
    frame[11] = from;
    stw_be_p(frame + 12, proto);
    return len;
}

#endif /* VANE_QTEST_H */
