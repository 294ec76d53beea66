/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: registers, bring-up, vectors, mailbox, SR-IOV and resets without a
 * guest.
 */
#include "qemu/osdep.h"
#include "vane-qtest.h"

#define FEATURES_FUNCTION   ((uint64_t)UINT32_MAX)

static uint64_t vane_guest_errors(Nic *nic)
{
    QDict *rsp = qtest_qmp(nic->qts, "{'execute': 'qom-get', 'arguments': "
                           "{'path': '/machine/peripheral/nic',"
                           " 'property': 'x-guest-errors'}}");
    uint64_t errors = qdict_get_int(rsp, "return");

    qobject_unref(rsp);
    return errors;
}

static void vane_check_identity(const Fn *fn, int vf)
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

static void vane_test_reset_values(void)
{
    Nic *nic = nic_new();
    Fn vf;

    vane_check_identity(&nic->pf, -1);
    g_assert_cmpuint(rd32(&nic->pf, VANE_REG_PF_NUM_VFS), ==, 0);
    g_assert_cmphex(rd32(&nic->pf, VANE_REG_PORT_LINK), ==,
                    VANE_PORT_LINK_UP);
    g_assert_cmpuint(rd32(&nic->pf, VANE_REG_LIMIT_FILTERS), ==,
                     VANE_MAX_FILTERS);
    g_assert_cmpuint(rd32(&nic->pf, VANE_REG_LIMIT_LISTS), ==,
                     VANE_MAX_LISTS);
    vfs_enable(nic, 3);
    vf_init(nic, &vf, 2);
    vane_check_identity(&vf, 2);
    g_assert_cmpuint(vane_guest_errors(nic), ==, 0);
    nic_free(nic);
}

typedef struct Capability {
    uint16_t id;
    uint16_t offset;
} Capability;

static unsigned vane_capability_count(const Fn *fn)
{
    uint16_t at = config_readw(fn->nic, fn->rid, PCI_CAPABILITY_LIST) & 0xff;
    unsigned count = 0;

    for (; at; at = config_readw(fn->nic, fn->rid, at) >> 8) {
        count++;
    }
    for (at = PCI_CFG_SPACE_SIZE; at;
         at = PCI_EXT_CAP_NEXT(config_readl(fn->nic, fn->rid, at))) {
        count++;
    }
    return count;
}

static void vane_check_config_space(const Fn *fn, const Capability *caps,
                                    unsigned num_caps, unsigned vectors)
{
    Nic *nic = fn->nic;
    uint16_t exp = config_capability(nic, fn->rid, PCI_CAP_ID_EXP);
    uint16_t aer = config_ext_capability(nic, fn->rid, PCI_EXT_CAP_ID_ERR);

    g_assert_cmphex(config_readl(nic, fn->rid, PCI_CLASS_REVISION), ==,
                    PCI_CLASS_NETWORK_ETHERNET << 16 | VANE_PCI_REVISION);
    g_assert_cmphex(config_readw(nic, fn->rid, PCI_SUBSYSTEM_VENDOR_ID), ==,
                    VANE_PCI_SUBSYSTEM_VENDOR_ID);
    g_assert_cmphex(config_readw(nic, fn->rid, PCI_SUBSYSTEM_ID), ==,
                    VANE_PCI_SUBSYSTEM_ID);
    g_assert_cmphex(config_readw(nic, fn->rid, PCI_INTERRUPT_LINE) >> 8, ==,
                    0);
    g_assert_cmphex(config_readl(nic, fn->rid, PCI_ROM_ADDRESS), ==, 0);

    for (unsigned i = 0; i < num_caps; i++) {
        g_assert_cmphex(caps[i].offset < PCI_CFG_SPACE_SIZE ?
                        config_capability(nic, fn->rid, caps[i].id) :
                        config_ext_capability(nic, fn->rid, caps[i].id), ==,
                        caps[i].offset);
    }
    g_assert_cmpuint(vane_capability_count(fn), ==, num_caps);

    g_assert_cmphex(config_readw(nic, fn->rid, exp + PCI_EXP_FLAGS), ==, 2);
    g_assert_true(config_readl(nic, fn->rid, exp + PCI_EXP_DEVCAP) &
                  PCI_EXP_DEVCAP_FLR);
    g_assert_cmpuint(PCI_EXT_CAP_VER(config_readl(nic, fn->rid, aer)), ==, 2);
    g_assert_cmpuint(config_readw(nic, fn->rid, fn->msix + PCI_MSIX_FLAGS), ==,
                     vectors - 1);
    g_assert_cmphex(config_readl(nic, fn->rid, fn->msix + PCI_MSIX_TABLE), ==,
                    VANE_BLK_MSIX_TABLE);
    g_assert_cmphex(config_readl(nic, fn->rid, fn->msix + PCI_MSIX_PBA), ==,
                    VANE_BLK_MSIX_PBA);
}

/* What the datasheet says of configuration space, section 1. */
static void vane_test_config_space(void)
{
    static const Capability pf_caps[] = {
        { PCI_CAP_ID_PM, VANE_PF_CAP_PM },
        { PCI_CAP_ID_EXP, VANE_PF_CAP_PCIE },
        { PCI_CAP_ID_MSIX, VANE_PF_CAP_MSIX },
        { PCI_CAP_ID_VPD, VANE_PF_CAP_VPD },
        { PCI_EXT_CAP_ID_ERR, VANE_PF_CAP_AER },
        { PCI_EXT_CAP_ID_ARI, VANE_PF_CAP_ARI },
        { PCI_EXT_CAP_ID_DSN, VANE_PF_CAP_DSN },
        { PCI_EXT_CAP_ID_SRIOV, VANE_PF_CAP_SRIOV },
    };
    static const Capability vf_caps[] = {
        { PCI_CAP_ID_EXP, VANE_VF_CAP_PCIE },
        { PCI_CAP_ID_MSIX, VANE_VF_CAP_MSIX },
        { PCI_EXT_CAP_ID_ERR, VANE_VF_CAP_AER },
        { PCI_EXT_CAP_ID_ARI, VANE_VF_CAP_ARI },
    };
    Nic *nic = nic_new();
    uint64_t size;
    Fn vf;

    g_assert_cmphex(config_readl(nic, PF_RID, PCI_VENDOR_ID), ==,
                    VANE_PCI_VENDOR_ID | VANE_PCI_DEVICE_ID_PF << 16);
    vane_check_config_space(&nic->pf, pf_caps, ARRAY_SIZE(pf_caps),
                            VANE_MAX_VECTORS_PF);
    config_writel(nic, PF_RID, PCI_BASE_ADDRESS_0, UINT32_MAX);
    size = config_readl(nic, PF_RID, PCI_BASE_ADDRESS_0);
    g_assert_cmphex(size, ==, (uint32_t)-VANE_PF_BAR_SIZE |
                    PCI_BASE_ADDRESS_MEM_TYPE_64 |
                    PCI_BASE_ADDRESS_MEM_PREFETCH);
    config_writel(nic, PF_RID, PCI_BASE_ADDRESS_0, PF_BAR);

    vfs_enable(nic, 1);
    vf_init(nic, &vf, 0);
    g_assert_cmphex(config_readl(nic, vf.rid, PCI_VENDOR_ID), ==, UINT32_MAX);
    g_assert_cmphex(config_readw(nic, PF_RID, nic->sriov + PCI_SRIOV_VF_DID),
                    ==, VANE_PCI_DEVICE_ID_VF);
    vane_check_config_space(&vf, vf_caps, ARRAY_SIZE(vf_caps),
                            VANE_DEF_VECTORS_VF);
    for (int bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
        g_assert_cmphex(config_readl(nic, vf.rid,
                                     PCI_BASE_ADDRESS_0 + 4 * bar), ==, 0);
    }
    g_assert_cmpuint(vane_guest_errors(nic), ==, 0);
    nic_free(nic);
}

static uint32_t vane_vpd_read(Nic *nic, uint16_t at)
{
    config_writew(nic, PF_RID, VANE_PF_CAP_VPD + PCI_VPD_ADDR, at);
    g_assert_cmphex(config_readw(nic, PF_RID, VANE_PF_CAP_VPD + PCI_VPD_ADDR),
                    ==, PCI_VPD_ADDR_F | (at & ~3));
    return config_readl(nic, PF_RID, VANE_PF_CAP_VPD + PCI_VPD_DATA);
}

/* A field of the read-only resource, which ends at @end */
static const uint8_t *vane_vpd_field(const uint8_t *at, const uint8_t *end,
                                     const char *keyword)
{
    while (at < end && memcmp(at, keyword, 2)) {
        at += 3 + at[2];
    }
    g_assert_true(at < end);
    return at;
}

static void vane_vpd_field_is(const uint8_t *at, const uint8_t *end,
                              const char *keyword, const char *value)
{
    const uint8_t *field = vane_vpd_field(at, end, keyword);

    g_assert_cmpmem(field + 3, field[2], value, strlen(value));
}

static void vane_test_vpd(void)
{
    static const char name[] = "VANE SR-IOV Ethernet controller";
    Nic *nic = nic_new();
    const uint8_t *ro, *end, *rv;
    uint8_t vpd[256], sum = 0;

    for (int i = 0; i < sizeof(vpd); i += 4) {
        stl_le_p(vpd + i, vane_vpd_read(nic, i));
    }
    g_assert_cmphex(vpd[0], ==, 0x82);
    g_assert_cmpmem(vpd + 3, lduw_le_p(vpd + 1), name, strlen(name));
    ro = vpd + 3 + strlen(name);
    g_assert_cmphex(ro[0], ==, 0x90);
    end = ro + 3 + lduw_le_p(ro + 1);
    g_assert_cmphex(*end, ==, 0x78);
    vane_vpd_field_is(ro + 3, end, "PN", "VANE-256");
    vane_vpd_field_is(ro + 3, end, "SN", "525400123456");
    vane_vpd_field_is(ro + 3, end, "MN", "1234");
    vane_vpd_field_is(ro + 3, end, "V0", "PCIe 16GT/s x16");
    rv = vane_vpd_field(ro + 3, end, "RV");
    for (const uint8_t *at = vpd; at <= rv + 3; at++) {
        sum += *at;
    }
    g_assert_cmphex(sum, ==, 0);
    for (const uint8_t *at = end + 1; at < vpd + sizeof(vpd); at++) {
        g_assert_cmphex(*at, ==, 0);
    }
    g_assert_cmphex(vane_vpd_read(nic, PCI_VPD_ADDR_MASK), ==, 0);
    g_assert_cmphex(vane_vpd_read(nic, 3), ==, ldl_le_p(vpd));

    /* Writes end, and nothing is written. */
    config_writel(nic, PF_RID, VANE_PF_CAP_VPD + PCI_VPD_DATA, 0);
    config_writew(nic, PF_RID, VANE_PF_CAP_VPD + PCI_VPD_ADDR, PCI_VPD_ADDR_F);
    g_assert_cmphex(config_readw(nic, PF_RID, VANE_PF_CAP_VPD + PCI_VPD_ADDR),
                    ==, 0);
    g_assert_cmphex(vane_vpd_read(nic, 0), ==, ldl_le_p(vpd));
    nic_free(nic);
}

static void vane_test_access_rules(void)
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
    g_assert_cmpuint(vane_guest_errors(nic), ==, errors);

    /* Ignored, and counted: read-only, unknown bit, no register, narrow */
    wr32(pf, VANE_REG_MAGIC, 1);
    g_assert_cmphex(rd32(pf, VANE_REG_MAGIC), ==, VANE_MAGIC);
    g_assert_cmpuint(vane_guest_errors(nic), ==, ++errors);
    wr32(pf, VANE_REG_CTRL, VANE_CTRL_ENABLE | 1u << 31);
    g_assert_cmphex(rd32(pf, VANE_REG_CTRL), ==, 0);
    g_assert_cmpuint(vane_guest_errors(nic), ==, ++errors);
    g_assert_cmphex(rd32(pf, VANE_BLK_FUNC + 0xff0), ==, 0);
    g_assert_cmpuint(vane_guest_errors(nic), ==, ++errors);
    wr32(pf, VANE_BLK_FUNC + 0xff0, 1);
    g_assert_cmpuint(vane_guest_errors(nic), ==, ++errors);
    g_assert_cmphex(qtest_readb(nic->qts, pf->bar + VANE_REG_MAGIC), ==, 0xff);
    g_assert_cmphex(qtest_readw(nic->qts, pf->bar + VANE_REG_MAGIC), ==,
                    0xffff);
    g_assert_cmpuint(vane_guest_errors(nic), >, errors);
    errors = vane_guest_errors(nic);
    wr32(pf, VANE_REG_MAX_FRAME, VANE_MAX_FRAME + 1);
    wr32(pf, VANE_REG_MAX_FRAME, 63);
    g_assert_cmpuint(rd32(pf, VANE_REG_MAX_FRAME), ==, VANE_MAX_FRAME);
    g_assert_cmpuint(vane_guest_errors(nic), ==, errors + 2);
    nic_free(nic);
}

static void vane_set_dead(Nic *nic, bool dead)
{
    QDict *rsp = qtest_qmp(nic->qts, "{ 'execute': 'qom-set', 'arguments': "
                           "{ 'path': '/machine/peripheral/nic', "
                           "'property': 'x-fault-dead', 'value': %i } }", dead);

    g_assert_true(qdict_haskey(rsp, "return"));
    qobject_unref(rsp);
}

/* When an enable of a vector, or of the PF's queues, is refused */
static void vane_test_enable_refused(void)
{
    static const uint64_t bad[] = {
        0, MEMORY_START + 8, 1ull << VANE_DMA_ADDR_BITS, PF_BAR, 0x8000000000,
    };
    Nic *nic = nic_new();
    Fn *pf = &nic->pf;
    uint64_t block = alloc(nic, 64);
    Fn vf;

    vfs_enable(nic, 1);
    vf_init(nic, &vf, 0);
    for (int i = 0; i < 2; i++) {
        const Fn *fn = i ? &vf : pf;
        uint32_t vec = VANE_VEC(1);

        wr64(fn, vec + VANE_VEC_SB_ADDR, block);
        wr32(fn, vec + VANE_VEC_CTRL, VANE_VEC_CTRL_ENABLE);
        g_assert_cmphex(rd32(fn, vec + VANE_VEC_CTRL), ==, 0);
        fn_enable_all(fn);
        for (int b = 0; b < ARRAY_SIZE(bad); b++) {
            wr64(fn, vec + VANE_VEC_SB_ADDR, bad[b]);
            wr32(fn, vec + VANE_VEC_CTRL, VANE_VEC_CTRL_ENABLE);
            g_assert_cmphex(rd32(fn, vec + VANE_VEC_CTRL), ==, 0);
        }
        wr64(fn, vec + VANE_VEC_SB_ADDR, block);
        wr32(fn, vec + VANE_VEC_CTRL, VANE_VEC_CTRL_ENABLE);
        g_assert_cmphex(rd32(fn, vec + VANE_VEC_CTRL), ==,
                        VANE_VEC_CTRL_ENABLE);
    }
    for (int b = 0; b < 3; b++) {
        wr64(pf, VANE_REG_RQ_BASE, bad[b]);
        wr32(pf, VANE_REG_RQ_SIZE, VANE_RQ_LOG2_MIN);
        wr32(pf, VANE_REG_RQ_CTRL, VANE_Q_CTRL_ENABLE);
        g_assert_cmphex(rd32(pf, VANE_REG_RQ_STATE), ==,
                        field_put(VANE_Q_STATE_ERROR, VANE_ERROR_ALIGN));
    }
    nic_free(nic);
}

/* Speed and width of the PCIe link */
static void vane_test_pcie_link(void)
{
    Nic *nic = nic_new();

    vfs_enable(nic, 1);
    for (int i = 0; i < 2; i++) {
        uint16_t rid = PF_RID + i;
        uint8_t cap = config_capability(nic, rid, PCI_CAP_ID_EXP);
        uint32_t link = config_readl(nic, rid, cap + PCI_EXP_LNKCAP);

        g_assert_cmphex(link & PCI_EXP_LNKCAP_SLS, ==,
                        PCI_EXP_LNKCAP_SLS_16_0GB);
        g_assert_cmphex(link & PCI_EXP_LNKCAP_MLW, ==, 16 << 4);
        link = config_readw(nic, rid, cap + PCI_EXP_LNKSTA);
        g_assert_cmphex(link & PCI_EXP_LNKSTA_CLS, ==,
                        PCI_EXP_LNKCAP_SLS_16_0GB);
        g_assert_cmphex(link & PCI_EXP_LNKSTA_NLW, ==, 16 << 4);
    }
    nic_free(nic);
}

/* Accesses that the MSI-X structures do not have; a device that is dead */
static void vane_test_msix_access(void)
{
    Nic *nic = nic_new();
    Fn vf;

    vfs_enable(nic, 2);
    vf_init(nic, &vf, 1);
    for (int i = 0; i < 2; i++) {
        const Fn *fn = i ? &vf : &nic->pf;
        uint64_t entry = fn->bar + VANE_BLK_MSIX_TABLE;

        wr64(fn, VANE_BLK_MSIX_TABLE, 0x123456789abcdef0);
        g_assert_cmphex(rd64(fn, VANE_BLK_MSIX_TABLE), ==, 0x123456789abcdef0);
        qtest_writeb(nic->qts, entry, 0xff);
        qtest_writew(nic->qts, entry + 2, 0xffff);
        g_assert_cmphex(qtest_readb(nic->qts, entry), ==, 0);
        g_assert_cmphex(qtest_readw(nic->qts, entry + 2), ==, 0);
        g_assert_cmphex(rd64(fn, VANE_BLK_MSIX_TABLE), ==, 0x123456789abcdef0);
        vane_set_dead(nic, true);
        g_assert_cmphex(rd64(fn, VANE_BLK_MSIX_TABLE), ==, UINT64_MAX);
        g_assert_cmphex(rd64(fn, VANE_BLK_MSIX_PBA), ==, UINT64_MAX);
        g_assert_cmphex(rd32(fn, VANE_REG_MAGIC), ==, UINT32_MAX);
        wr64(fn, VANE_BLK_MSIX_TABLE, 0);
        vane_set_dead(nic, false);
        g_assert_cmphex(rd64(fn, VANE_BLK_MSIX_TABLE), ==, 0x123456789abcdef0);
    }
    nic_free(nic);
}

static void vane_test_features(void)
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

typedef struct BadRegister {
    uint32_t reg, size;
    uint64_t value;
    enum vane_error error;
} BadRegister;

static const BadRegister bad_tx[] = {
    { VANE_TXQ_SIZE, 4, VANE_RING_LOG2_MIN - 1, VANE_ERROR_SIZE },
    { VANE_TXQ_SIZE, 4, VANE_RING_LOG2_MAX + 1, VANE_ERROR_SIZE },
    { VANE_TXQ_SIZE, 4, UINT32_MAX - 1, VANE_ERROR_SIZE },
    { VANE_TXQ_BASE, 8, 0, VANE_ERROR_ALIGN },
    { VANE_TXQ_HEAD_ADDR, 8, 0, VANE_ERROR_ALIGN },
    { VANE_TXQ_BASE, 8, MEMORY_START + 32, VANE_ERROR_ALIGN },
    { VANE_TXQ_BASE, 8, 1ull << VANE_DMA_ADDR_BITS, VANE_ERROR_ALIGN },
    { VANE_TXQ_BASE, 8, (1ull << VANE_DMA_ADDR_BITS) - VANE_RING_ALIGN,
      VANE_ERROR_ALIGN },
    { VANE_TXQ_HEAD_ADDR, 8, MEMORY_START + 4, VANE_ERROR_ALIGN },
    { VANE_TXQ_SHADOW, 8, MEMORY_START + 4, VANE_ERROR_ALIGN },
    { VANE_TXQ_VECTOR, 4, VANE_MAX_VECTORS_PF, VANE_ERROR_VECTOR },
};

static const BadRegister bad_rx[] = {
    { VANE_RXQ_BUF_SIZE, 4, VANE_RING_LOG2_MAX + 1, VANE_ERROR_SIZE },
    { VANE_RXQ_CPL_SIZE, 4, QUEUE_LOG2 - 1, VANE_ERROR_SIZE },
    { VANE_RXQ_BUF_SIZE, 4, QUEUE_LOG2 + 1, VANE_ERROR_SIZE },
    { VANE_RXQ_BUF_LEN, 4, 0, VANE_ERROR_SIZE },
    { VANE_RXQ_BUF_LEN, 4, VANE_RX_BUF_MIN - 16, VANE_ERROR_SIZE },
    { VANE_RXQ_BUF_LEN, 4, VANE_RX_BUF_MAX + 16, VANE_ERROR_SIZE },
    { VANE_RXQ_BUF_LEN, 4, 2056, VANE_ERROR_SIZE },
    { VANE_RXQ_BUF_BASE, 8, 0, VANE_ERROR_ALIGN },
    { VANE_RXQ_CPL_BASE, 8, 0, VANE_ERROR_ALIGN },
    { VANE_RXQ_BUF_BASE, 8, MEMORY_START + 8, VANE_ERROR_ALIGN },
    { VANE_RXQ_CPL_BASE, 8, MEMORY_START + 8, VANE_ERROR_ALIGN },
    { VANE_RXQ_SHADOW, 8, MEMORY_START + 4, VANE_ERROR_ALIGN },
    { VANE_RXQ_VECTOR, 4, VANE_MAX_VECTORS_PF, VANE_ERROR_VECTOR },
};

static void vane_bad_register(const Fn *fn, uint32_t queue,
                              const BadRegister *bad)
{
    if (bad->size == 8) {
        wr64(fn, queue + bad->reg, bad->value);
    } else {
        wr32(fn, queue + bad->reg, bad->value);
    }
}

static void vane_test_queue_errors(void)
{
    Nic *nic = nic_new();
    Fn *pf = &nic->pf;
    Txq txq;
    Rxq rxq;

    txq_setup(&txq, pf, 0, 0, false);
    g_assert_cmpuint(field_get(txq_enable(&txq), VANE_Q_STATE_ERROR), ==,
                     VANE_ERROR_DISABLED);
    fn_enable_all(pf);
    for (int i = 0; i < ARRAY_SIZE(bad_tx); i++) {
        txq_setup(&txq, pf, 0, 0, false);
        vane_bad_register(pf, VANE_TXQ(0), &bad_tx[i]);
        g_assert_cmphex(txq_enable(&txq), ==,
                        field_put(VANE_Q_STATE_ERROR, bad_tx[i].error));
    }
    for (int i = 0; i < ARRAY_SIZE(bad_rx); i++) {
        rxq_setup(&rxq, pf, 0, 0, sizeof(struct vane_rx_cpl), false);
        vane_bad_register(pf, VANE_RXQ(0), &bad_rx[i]);
        g_assert_cmphex(rxq_enable(&rxq), ==,
                        field_put(VANE_Q_STATE_ERROR, bad_rx[i].error));
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
static void vane_test_vector(void)
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
    nic_free(nic);
}

/* Moderated: not before the time has come */
static void vane_test_moderation(void)
{
    Nic *nic = nic_new();
    Fn *pf = &nic->pf;
    uint64_t block, message;

    qtest_clock_step(nic->qts, 1000);
    fn_enable_all(pf);
    block = vector_enable(pf, 0, &message);
    mailbox_enable(nic);
    wait_for(events(pf, block) == 1);
    wr32(pf, VANE_DB_VEC(0), 0);
    wait_for(qtest_readl(nic->qts, message) == 0x5a00);
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

/* 256 VFs, the last on the next bus; and again with other numbers. */
static void vane_test_sriov(void)
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
        vane_check_identity(&vf, last);
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

/* FLR of a VF stops that VF only. */
static void vane_test_flr(void)
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
    nic_free(nic);
}

/* Loss of bus master is told, and the queue waits. */
static void vane_test_bus_master(void)
{
    Nic *nic = nic_new();
    struct vane_rq_slot rq;
    Txq txq;
    Fn vf;

    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    vfs_enable(nic, 4);
    vf_init(nic, &vf, 3);
    fn_enable_all(&vf);
    txq_new(&txq, &vf, 0);
    config_writew(nic, vf.rid, PCI_COMMAND, PCI_COMMAND_MEMORY);
    rq_next(nic, &rq);
    g_assert_cmphex(le32_to_cpu(rq.notice), ==, VANE_NOTICE_BUS_MASTER);
    txq_desc(&txq, MEMORY_START | VANE_TXD_EOP, 60);
    txq_ring(&txq);
    g_assert_cmphex(rd32(&vf, VANE_TXQ(0) + VANE_TXQ_STATE), ==,
                    VANE_Q_STATE_ENABLED);
    g_assert_cmpuint(txq_head(&txq), ==, 0);
    config_writew(nic, vf.rid, PCI_COMMAND,
                  PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    txq_wait(&txq);
    nic_free(nic);
}

/* FLR of the PF ends SR-IOV. */
static void vane_test_flr_pf(void)
{
    Nic *nic = nic_new();
    uint32_t generation;
    Fn vf;

    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    vfs_enable(nic, 4);
    vf_init(nic, &vf, 3);
    generation = rd32(&nic->pf, VANE_REG_GENERATION);
    flr(&nic->pf);
    config_writel(nic, PF_RID, PCI_BASE_ADDRESS_0, PF_BAR);
    config_writew(nic, PF_RID, PCI_COMMAND,
                  PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    g_assert_cmpuint(rd32(&nic->pf, VANE_REG_GENERATION), ==, generation + 1);
    g_assert_cmpuint(rd32(&nic->pf, VANE_REG_PF_NUM_VFS), ==, 0);
    g_assert_cmphex(rd32(&nic->pf, VANE_REG_RQ_STATE), ==, 0);
    g_assert_cmphex(config_readl(nic, vf.rid, PCI_VENDOR_ID), ==,
                    UINT32_MAX);
    nic_free(nic);
}

/* Soft reset of the device: VFs stay, and are told. */
static void vane_test_soft_reset(void)
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

    qtest_add_func("/vane/reset-values", vane_test_reset_values);
    qtest_add_func("/vane/config-space", vane_test_config_space);
    qtest_add_func("/vane/vpd", vane_test_vpd);
    qtest_add_func("/vane/access-rules", vane_test_access_rules);
    qtest_add_func("/vane/msix-access", vane_test_msix_access);
    qtest_add_func("/vane/enable-refused", vane_test_enable_refused);
    qtest_add_func("/vane/pcie-link", vane_test_pcie_link);
    qtest_add_func("/vane/features", vane_test_features);
    qtest_add_func("/vane/queue-errors", vane_test_queue_errors);
    qtest_add_func("/vane/vector", vane_test_vector);
    qtest_add_func("/vane/moderation", vane_test_moderation);
    qtest_add_func("/vane/sr-iov", vane_test_sriov);
    qtest_add_func("/vane/flr", vane_test_flr);
    qtest_add_func("/vane/bus-master", vane_test_bus_master);
    qtest_add_func("/vane/flr-pf", vane_test_flr_pf);
    qtest_add_func("/vane/soft-reset", vane_test_soft_reset);
    return g_test_run();
}
