/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: DMA to every kind of address. QEMU's own memory map is the model: RAM
 * can be read and written, ROM can be read, and every other access ends in a
 * bus error, without an effect beyond the bad address.
 */
#include "qemu/osdep.h"
#include "vane-qtest.h"

#define FLASH_SIZE      (1 * MiB)
#define EDU_SLOT        5
#define EDU_BAR         0xd0000000ull

typedef struct Region {
    uint64_t start;
    uint64_t last;
    bool readable;
    bool writable;
} Region;

/* Pages of an IOMMU's address space, each somewhere in the machine's */
#define IOVA_BASE       (1 * GiB)
#define IOVA_PAGES      128
#define PAGE            4096ull

typedef struct Map {
    Nic *nic;
    GRand *rand;
    GArray *regions;
    bool translated;
    uint64_t page[IOVA_PAGES];
    uint32_t access[IOVA_PAGES];        /* 1 to read, 2 to write */
} Map;

/* Lines of "info mtree -f": 0000000000000000-000000000009ffff (prio 0, ram) */
static void dma_map_parse(Map *map)
{
    g_autofree char *text = qtest_hmp(map->nic->qts, "info mtree -f");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    bool wanted = false;

    map->regions = g_array_new(false, true, sizeof(Region));
    for (int i = 0; lines[i]; i++) {
        Region region = {};
        char kind[16], name[32];
        int prio;

        if (strstr(lines[i], "FlatView #")) {
            if (map->regions->len) {
                break;
            }
            wanted = false;
        }
        wanted |= !!strstr(lines[i], "AS \"memory\"");
        if (wanted && sscanf(lines[i], " %" SCNx64 "-%" SCNx64
                             " (prio %d, %15[^)]): %31s", &region.start,
                             &region.last, &prio, kind, name) == 5) {
            region.writable = g_str_equal(kind, "ram");
            /* The flash shows itself as "rom" where it cannot be written. */
            region.readable = region.writable ||
                              (g_str_equal(kind, "rom") &&
                               !g_str_has_prefix(name, "system.flash"));
            g_array_append_val(map->regions, region);
        }
    }
    g_assert_cmpuint(map->regions->len, >, 5);
}

/* Is all of it memory that may be read, or written? */
static bool dma_map_allows_physical(const Map *map, uint64_t addr, uint64_t len,
                                    bool write)
{
    while (len) {
        const Region *region = NULL;
        uint64_t n;

        for (guint i = 0; i < map->regions->len && !region; i++) {
            region = &g_array_index(map->regions, Region, i);
            if (addr < region->start || addr > region->last) {
                region = NULL;
            }
        }
        if (!region || !(write ? region->writable : region->readable)) {
            return false;
        }
        n = MIN(len, region->last - addr + 1);
        addr += n;
        len -= n;
    }
    return true;
}

static bool dma_map_allows(const Map *map, uint64_t addr, uint64_t len,
                           bool write)
{
    if (addr + len > 1ull << VANE_DMA_ADDR_BITS) {
        return false;
    }
    if (!map->translated) {
        return dma_map_allows_physical(map, addr, len, write);
    }
    while (len) {
        uint64_t page = (addr - IOVA_BASE) / PAGE;
        uint64_t n = MIN(len, PAGE - addr % PAGE);

        if (addr < IOVA_BASE || page >= IOVA_PAGES ||
            !(map->access[page] & (write ? 2 : 1)) ||
            !dma_map_allows_physical(map, map->page[page] + addr % PAGE, n,
                                     write)) {
            return false;
        }
        addr += n;
        len -= n;
    }
    return true;
}

/* Writes to memory as the device sees it, within a page. */
static void dma_map_poke(const Map *map, uint64_t addr, uint64_t value)
{
    if (map->translated) {
        addr = map->page[(addr - IOVA_BASE) / PAGE] + addr % PAGE;
    }
    qtest_writeq(map->nic->qts, addr, value);
}

/* Where something begins or ends, or in the middle of it. */
static uint64_t dma_map_pick_physical(Map *map)
{
    const Region *region;

    region = &g_array_index(map->regions, Region,
                            g_rand_int_range(map->rand, 0, map->regions->len));
    switch (g_rand_int_range(map->rand, 0, 3)) {
    case 0:
        return region->start;
    case 1:
        return region->last + 1;
    default:
        return region->start + (region->last - region->start) / 2;
    }
}

/* Memory of the test itself is no place for the device to write to. */
static bool dma_map_is_ours(const Map *map, uint64_t addr, uint64_t len)
{
    if (map->translated) {
        return false;
    }
    return addr < map->nic->next && addr + len > MEMORY_START;
}

static uint64_t dma_map_pick(Map *map, uint64_t len, uint64_t align)
{
    uint64_t addr;

    do {
        addr = map->translated ?
               IOVA_BASE + PAGE * g_rand_int_range(map->rand, 0,
                                                   IOVA_PAGES + 1) :
               dma_map_pick_physical(map);
        addr -= g_rand_int_range(map->rand, 0, len + 64);
        addr = (addr + (g_rand_int(map->rand) & 15)) & VANE_TXD_ADDR;
        addr -= addr % align;
    } while (dma_map_is_ours(map, addr, len));
    return addr;
}

/*
 * Accesses
 */

typedef struct Port {
    Fn *fn;
    Txq txq;
    Rxq rxq;
    uint8_t mac;
} Port;

/* A frame that port's receive queue gets from the uplink */
static void dma_port_gets(Map *map, Port *port, size_t len)
{
    uint8_t frame[BUF_LEN];

    make_frame(frame, port->mac, 0x55, 0x88b5, len);
    uplink_send(map->nic, frame, len);
}

static void dma_check(const char *what, uint64_t addr, uint64_t len,
                      bool allowed, uint64_t error)
{
    if (allowed != (error != VANE_ERROR_DMA)) {
        g_error("%s at 0x%" PRIx64 ", %" PRIu64 " bytes: error %" PRIu64
                ", but memory is %s", what, addr, len, error,
                allowed ? "there" : "not there");
    }
}

/* Starts the transmit queue anew, with a register of its own choice. */
static void dma_tx_start(Port *port, uint32_t reg, uint64_t value)
{
    const Txq *txq = &port->txq;
    uint32_t base = VANE_TXQ(txq->index);

    wr32(port->fn, base + VANE_TXQ_CTRL, 0);
    wr64(port->fn, base + VANE_TXQ_BASE, txq->ring);
    wr64(port->fn, base + VANE_TXQ_HEAD_ADDR, txq->head);
    wr64(port->fn, base + VANE_TXQ_SHADOW, 0);
    if (reg != VANE_TXQ_CTRL) {
        wr64(port->fn, base + reg, value);
    }
    qtest_writeq(port->fn->nic->qts, txq->head, 0);
    port->txq.tail = 0;
    g_assert_cmphex(txq_enable(txq), ==, VANE_Q_STATE_ENABLED);
}

/* Until the descriptor was read, or the queue stopped. */
static uint64_t dma_tx_end(const Port *port)
{
    const Fn *fn = port->fn;
    uint32_t base = VANE_TXQ(port->txq.index);

    wait_for(rd32(fn, base + VANE_TXQ_HEAD) == 1 ||
             !(rd32(fn, base + VANE_TXQ_STATE) & VANE_Q_STATE_ENABLED));
    /* The head is stored, and the shadow read, after that. */
    rd32(fn, VANE_REG_MAGIC);
    return txq_error(&port->txq);
}

static void dma_access_tx_payload(Map *map, Port *port)
{
    static const uint32_t lens[] = { 14, 60, 192, 193, 1514, 8192 };
    uint32_t len = lens[g_rand_int_range(map->rand, 0, ARRAY_SIZE(lens))];
    uint64_t addr = dma_map_pick(map, len, 1);

    dma_tx_start(port, VANE_TXQ_CTRL, 0);
    txq_desc(&port->txq, addr | VANE_TXD_EOP, len);
    txq_ring(&port->txq);
    dma_check("fragment", addr, len, dma_map_allows(map, addr, len, false),
              dma_tx_end(port));
}

static void dma_access_tx_ring(Map *map, Port *port)
{
    const uint64_t len = sizeof(struct vane_tx_desc);
    uint64_t addr = dma_map_pick(map, len, VANE_RING_ALIGN);

    if (!addr || addr > (1ull << VANE_DMA_ADDR_BITS) - len * QUEUE_SIZE) {
        return;
    }
    dma_tx_start(port, VANE_TXQ_BASE, addr);
    wr32(port->fn, VANE_DB_TXQ(port->txq.index), 1);
    dma_check("descriptor", addr, len, dma_map_allows(map, addr, len, false),
              dma_tx_end(port));
}

static void dma_access_tx_head(Map *map, Port *port)
{
    const uint64_t len = sizeof(struct vane_head);
    uint64_t addr = dma_map_pick(map, len, len);

    if (!addr) {
        return;
    }
    dma_tx_start(port, VANE_TXQ_HEAD_ADDR, addr);
    txq_desc(&port->txq, port->txq.ring | VANE_TXD_EOP, 13);
    txq_ring(&port->txq);
    dma_tx_end(port);
    /* A queue that runs has stored its head when it does the next frame. */
    if (dma_map_allows(map, addr, len, true)) {
        txq_desc(&port->txq, port->txq.ring | VANE_TXD_EOP, 13);
        txq_ring(&port->txq);
        wait_for(rd32(port->fn, VANE_TXQ(port->txq.index) + VANE_TXQ_HEAD) ==
                 2);
    } else {
        wait_for(txq_error(&port->txq));
    }
    dma_check("head", addr, len, dma_map_allows(map, addr, len, true),
              txq_error(&port->txq));
}

static void dma_access_tx_shadow(Map *map, Port *port)
{
    const uint64_t len = sizeof(struct vane_shadow);
    uint64_t addr = dma_map_pick(map, len, len);
    bool allowed = dma_map_allows(map, addr, len, true) &&
                   dma_map_allows(map, addr, len, false);

    if (!addr) {
        return;
    }
    /* A tail that is one of the ring's */
    if (allowed) {
        dma_map_poke(map, addr, 1);
    }
    dma_tx_start(port, VANE_TXQ_SHADOW, addr);
    txq_desc(&port->txq, port->txq.ring | VANE_TXD_EOP, 13);
    txq_ring(&port->txq);
    dma_tx_end(port);
    if (!allowed) {
        wait_for(txq_error(&port->txq));
    }
    dma_check("shadow", addr, len, allowed, txq_error(&port->txq));
}

static void dma_rx_start(Port *port, uint32_t reg, uint64_t value)
{
    Rxq *rxq = &port->rxq;
    uint32_t base = VANE_RXQ(rxq->index);

    wr32(port->fn, base + VANE_RXQ_CTRL, 0);
    wr64(port->fn, base + VANE_RXQ_BUF_BASE, rxq->buf_ring);
    wr64(port->fn, base + VANE_RXQ_CPL_BASE, rxq->cpl_ring);
    wr64(port->fn, base + VANE_RXQ_SHADOW, 0);
    if (reg != VANE_RXQ_CTRL) {
        wr64(port->fn, base + reg, value);
    }
    rxq->tail = 0;
    rxq->cpl = 0;
    g_assert_cmphex(rxq_enable(rxq), ==, VANE_Q_STATE_ENABLED);
    rxq_post(rxq, 1);
}

static uint64_t dma_rx_end(const Port *port)
{
    const Fn *fn = port->fn;
    uint32_t base = VANE_RXQ(port->rxq.index);

    wait_for(rd32(fn, base + VANE_RXQ_HEAD) >> 16 == 1 ||
             !(rd32(fn, base + VANE_RXQ_STATE) & VANE_Q_STATE_ENABLED));
    return rxq_error(&port->rxq);
}

static void dma_access_rx_payload(Map *map, Port *port)
{
    static const uint32_t lens[] = { 60, 192, 193, 1514 };
    uint32_t len = lens[g_rand_int_range(map->rand, 0, ARRAY_SIZE(lens))];
    uint64_t addr = dma_map_pick(map, len, 16);

    dma_rx_start(port, VANE_RXQ_CTRL, 0);
    qtest_writeq(map->nic->qts, port->rxq.buf_ring,
                 addr >> VANE_RXB_ADDR_SHIFT);
    rxq_ring(&port->rxq);
    dma_port_gets(map, port, len);
    dma_check("receive buffer", addr, len, dma_map_allows(map, addr, len, true),
              dma_rx_end(port));
}

static void dma_access_rx_ring(Map *map, Port *port)
{
    const uint64_t len = sizeof(struct vane_rx_buf);
    uint64_t addr = dma_map_pick(map, len, VANE_RING_ALIGN);
    bool allowed = dma_map_allows(map, addr, len, false);

    /* The bytes that are read there determine where the frame goes. */
    if (!addr || addr > (1ull << VANE_DMA_ADDR_BITS) - len * QUEUE_SIZE ||
        (allowed && !dma_map_allows(map, addr, len, true))) {
        return;
    }
    if (allowed) {
        dma_map_poke(map, addr, port->rxq.bufs >> VANE_RXB_ADDR_SHIFT);
    }
    dma_rx_start(port, VANE_RXQ_BUF_BASE, addr);
    rxq_ring(&port->rxq);
    dma_port_gets(map, port, 60);
    dma_check("buffer ring", addr, len, allowed, dma_rx_end(port));
}

static void dma_access_rx_completion(Map *map, Port *port)
{
    const uint64_t len = sizeof(struct vane_rx_cpl);
    uint64_t addr = dma_map_pick(map, len, VANE_RING_ALIGN);

    if (!addr || addr > (1ull << VANE_DMA_ADDR_BITS) - len * QUEUE_SIZE) {
        return;
    }
    dma_rx_start(port, VANE_RXQ_CPL_BASE, addr);
    rxq_ring(&port->rxq);
    dma_port_gets(map, port, 60);
    dma_check("completion", addr, len, dma_map_allows(map, addr, len, true),
              dma_rx_end(port));
}

static void dma_access_status_block(Map *map, Port *port)
{
    const uint64_t len = sizeof(struct vane_status_block);
    uint64_t addr = dma_map_pick(map, len, len);
    bool allowed = dma_map_allows(map, addr, len, true);

    if (!addr) {
        return;
    }
    wr64(port->fn, VANE_VEC(1) + VANE_VEC_SB_ADDR, addr);
    wr32(port->fn, VANE_VEC(1) + VANE_VEC_CTRL, VANE_VEC_CTRL_ENABLE);
    dma_check("status block", addr, len, allowed,
              rd32(port->fn, VANE_VEC(1) + VANE_VEC_CTRL) ? VANE_ERROR_NONE
                                                      : VANE_ERROR_DMA);
    wr32(port->fn, VANE_VEC(1) + VANE_VEC_CTRL, 0);
}

static void dma_port_init(Nic *nic, Port *port, Fn *fn, uint8_t mac)
{
    port->fn = fn;
    port->mac = mac;
    txq_setup(&port->txq, fn, 1, 0, false);
    rxq_setup(&port->rxq, fn, 0, 0, sizeof(struct vane_rx_cpl), false);
}

static void dma_map_run(Map *map, int rounds)
{
    static void (*const accesses[])(Map *, Port *) = {
        dma_access_tx_payload, dma_access_tx_payload, dma_access_tx_ring,
        dma_access_tx_head, dma_access_tx_shadow, dma_access_rx_payload,
        dma_access_rx_payload, dma_access_rx_ring, dma_access_rx_completion,
        dma_access_status_block,
    };
    Nic *nic = map->nic;
    Port port[2];
    Fn vf;

    fn_enable_all(&nic->pf);
    mailbox_enable(nic);
    port_up(nic, VANE_PORT_PF, 0x99, 0, 0, 0);
    port_up(nic, 0, 0x10, 0, 0, 0);
    vfs_enable(nic, 2);
    vf_init(nic, &vf, 0);
    fn_enable_all(&vf);
    dma_port_init(nic, &port[0], &nic->pf, 0x99);
    dma_port_init(nic, &port[1], &vf, 0x10);
    for (int i = 0; i < rounds; i++) {
        Port *to = &port[g_rand_int_range(map->rand, 0, 2)];

        accesses[g_rand_int_range(map->rand, 0, ARRAY_SIZE(accesses))](map,
                                                                       to);
    }
    g_assert_cmphex(rd32(&nic->pf, VANE_REG_MAGIC), ==, VANE_MAGIC);
    g_assert_cmphex(rd32(&vf, VANE_REG_MAGIC), ==, VANE_MAGIC);
}

static Map *dma_map_new(const char *machine)
{
    Map *map = g_new0(Map, 1);
    Nic *nic = nic_new_in(machine);
    uint16_t edu = EDU_SLOT << 3;

    map->nic = nic;
    map->rand = g_rand_new_with_seed(0x646d61);
    /* Registers of another device, beside our own */
    config_writel(nic, edu, PCI_BASE_ADDRESS_0, EDU_BAR);
    config_writew(nic, edu, PCI_COMMAND, PCI_COMMAND_MEMORY);
    vfs_enable(nic, 2);
    dma_map_parse(map);
    return map;
}

static void dma_map_free(Map *map)
{
    g_array_free(map->regions, true);
    g_rand_free(map->rand);
    nic_free(map->nic);
    g_free(map);
}

#define FLASH   "-blockdev null-co,node-name=flash,size=1048576,read-zeroes=on "
#define EDU     " -device edu,addr=5"

static void dma_test_physical(void)
{
    Map *map = dma_map_new(FLASH "-machine q35,pflash0=flash" EDU);
    uint64_t flash = 4 * GiB - FLASH_SIZE;

    /* The flash is mapped, but is not memory. */
    g_assert_cmphex(qtest_readl(map->nic->qts, flash), ==, 0);
    g_assert_false(dma_map_allows(map, flash, 4, false));
    g_assert_false(dma_map_allows(map, EDU_BAR, 4, false));
    g_assert_false(dma_map_allows(map, PF_BAR, 4, false));
    g_assert_false(dma_map_allows(map, VF_BARS, 4, false));
    g_assert_true(dma_map_allows(map, 0xc0000, 4, false));
    g_assert_false(dma_map_allows(map, 0xc0000, 4, true));
    g_assert_false(dma_map_allows(map, 0xf0000, 4, false));
    dma_map_run(map, 1500);
    dma_map_free(map);
}

/*
 * VT-d
 */

#define VTD_BASE        0xfed90000ull
#define VTD_GCMD        0x18
#define VTD_GSTS        0x1c
#define VTD_RTADDR      0x20
#define VTD_GCMD_SRTP   (1u << 30)
#define VTD_GCMD_TE     (1u << 31)
#define VTD_READ        1
#define VTD_WRITE       2
#define VTD_LARGE       (1 << 7)

static void dma_vtd_command(Nic *nic, uint32_t command)
{
    qtest_writel(nic->qts, VTD_BASE + VTD_GCMD, command);
    wait_for(qtest_readl(nic->qts, VTD_BASE + VTD_GSTS) & command);
}

/* The test's memory is where it is; from IOVA_BASE on pages are anywhere. */
static void dma_vtd_enable(Map *map)
{
    Nic *nic = map->nic;
    QTestState *qts = nic->qts;
    uint64_t root = alloc(nic, PAGE), context = alloc(nic, PAGE);
    uint64_t level4 = alloc(nic, PAGE), level3 = alloc(nic, PAGE);
    uint64_t low = alloc(nic, PAGE), high = alloc(nic, PAGE);
    uint64_t pages = alloc(nic, PAGE);

    qtest_writeq(qts, root + (PF_RID >> 8) * 16, context | 1);
    for (int devfn = 0; devfn < 3; devfn++) {
        qtest_writeq(qts, context + devfn * 16, level4 | 1);
        qtest_writeq(qts, context + devfn * 16 + 8, (devfn + 1) << 8 | 2);
    }
    qtest_writeq(qts, level4, level3 | VTD_READ | VTD_WRITE);
    qtest_writeq(qts, level3, low | VTD_READ | VTD_WRITE);
    qtest_writeq(qts, level3 + 8, high | VTD_READ | VTD_WRITE);
    for (uint64_t at = 0; at < 128 * MiB; at += 2 * MiB) {
        qtest_writeq(qts, low + at / (2 * MiB) * 8,
                     at | VTD_LARGE | VTD_READ | VTD_WRITE);
    }
    qtest_writeq(qts, high, pages | VTD_READ | VTD_WRITE);
    for (int i = 0; i < IOVA_PAGES; i++) {
        uint64_t page;

        do {
            page = dma_map_pick_physical(map) & ~(PAGE - 1);
            page -= PAGE * g_rand_int_range(map->rand, 0, 2);
            page &= (1ull << 38) - 1;
        } while (page >= MEMORY_START && page < MEMORY_END);
        /* Enough of it is memory for accesses to succeed. */
        if (i % 2) {
            page = MEMORY_END + PAGE * g_rand_int_range(map->rand, 0, 256);
        }
        map->page[i] = page;
        map->access[i] = g_rand_int_range(map->rand, 0, 8) ?
                         VTD_READ | VTD_WRITE :
                         g_rand_int_range(map->rand, 0, 4);
        qtest_writeq(qts, pages + i * 8, page | map->access[i]);
    }
    qtest_writeq(qts, VTD_BASE + VTD_RTADDR, root);
    dma_vtd_command(nic, VTD_GCMD_SRTP);
    dma_vtd_command(nic, VTD_GCMD_TE);
    map->translated = true;
}

static void dma_test_translated(void)
{
    Map *map = dma_map_new(FLASH "-machine q35,pflash0=flash "
                           "-device intel-iommu" EDU);

    dma_vtd_enable(map);
    dma_map_run(map, 1500);
    dma_map_free(map);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/vane/dma/physical", dma_test_physical);
    qtest_add_func("/vane/dma/translated", dma_test_translated);
    return g_test_run();
}
