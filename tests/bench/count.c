/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TCG plugin that counts, for the bench: instructions of the guest's kernel by
 * place, and accesses to registers of devices by region.
 *
 * The guest marks points in time by an instruction that does nothing else
 * (MARK). The first mark starts the counting; each further one writes what was
 * counted since the mark before it:
 *
 *   mark N
 *   i ADDRESS COUNT            instructions executed in 16 bytes of code
 *   r REGION COUNT             reads of a region of registers
 *   w REGION COUNT             writes
 *
 * The kernel's functions start at multiples of 16 bytes, so no more is needed to
 * tell one from the other.
 */
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <qemu-plugin.h>

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

/* nopl MARK(%rax) */
static const uint8_t mark_code[] = { 0x0f, 0x1f, 0x80, 0x4e, 0x41, 0x56, 0x7a };

#define KERNEL_START    0xffffffff80000000ull
#define CODE_SHIFT      4

/* Where code is: the kernel's own, and its modules'. */
static const struct {
    uint64_t start;
    uint64_t size;
} windows[] = {
    { 0xffffffff81000000ull, 64 * 1024 * 1024 },
    { 0xffffffffc0000000ull, 64 * 1024 * 1024 },
};

#define WINDOWS G_N_ELEMENTS(windows)

typedef struct Region {
    uint64_t reads;
    uint64_t writes;
} Region;

static struct qemu_plugin_scoreboard *board[WINDOWS];
static uint64_t *before[WINDOWS];
static GHashTable *regions;
static FILE *out;
static unsigned marks;
static bool many_cpus;
static GMutex lock;

static size_t slots(unsigned w)
{
    return windows[w].size >> CODE_SHIFT;
}

static void on_access(unsigned int cpu, qemu_plugin_meminfo_t info,
                      uint64_t vaddr, void *opaque)
{
    struct qemu_plugin_hwaddr *hwaddr = qemu_plugin_get_hwaddr(info, vaddr);
    const char *name;
    Region *region;

    if (!hwaddr || !qemu_plugin_hwaddr_is_io(hwaddr)) {
        return;
    }
    name = qemu_plugin_hwaddr_device_name(hwaddr);
    g_mutex_lock(&lock);
    region = g_hash_table_lookup(regions, name);
    if (!region) {
        region = g_new0(Region, 1);
        g_hash_table_insert(regions, g_strdup(name), region);
    }
    if (qemu_plugin_mem_is_store(info)) {
        region->writes++;
    } else {
        region->reads++;
    }
    g_mutex_unlock(&lock);
}

static void write_regions(void)
{
    GHashTableIter it;
    gpointer name, value;

    g_hash_table_iter_init(&it, regions);
    while (g_hash_table_iter_next(&it, &name, &value)) {
        Region *region = value;

        if (region->reads) {
            fprintf(out, "r %s %" PRIu64 "\n", (char *)name, region->reads);
        }
        if (region->writes) {
            fprintf(out, "w %s %" PRIu64 "\n", (char *)name, region->writes);
        }
        region->reads = 0;
        region->writes = 0;
    }
}

static void write_code(void)
{
    for (unsigned w = 0; w < WINDOWS; w++) {
        uint64_t *now = qemu_plugin_scoreboard_find(board[w], 0);

        for (size_t i = 0; i < slots(w); i++) {
            if (now[i] != before[w][i]) {
                fprintf(out, "i %" PRIx64 " %" PRIu64 "\n",
                        windows[w].start + (i << CODE_SHIFT),
                        now[i] - before[w][i]);
                before[w][i] = now[i];
            }
        }
    }
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);

static void start(qemu_plugin_id_t id)
{
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
}

static void on_mark(unsigned int cpu, void *opaque)
{
    /* What was translated before does not count. */
    if (!marks++) {
        qemu_plugin_reset((qemu_plugin_id_t)(uintptr_t)opaque, start);
        return;
    }
    fprintf(out, "mark %u\n", marks - 1);
    write_code();
    write_regions();
    fflush(out);
}

/* Processors that take turns, in one thread, have one counter between them. */
static void on_instruction(unsigned int cpu, void *counter)
{
    ++*(uint64_t *)counter;
}

static void count_instruction(struct qemu_plugin_insn *insn)
{
    uint64_t vaddr = qemu_plugin_insn_vaddr(insn);

    for (unsigned w = 0; w < WINDOWS; w++) {
        uint64_t at = vaddr - windows[w].start;

        if (at >= windows[w].size) {
            continue;
        }
        /*
         * An inline addition is faster, but with thread=single QEMU 10.0
         * multiplies a constant of the block by the size of a scoreboard's
         * entry, which spoils code of every processor but the first.
         */
        if (many_cpus) {
            uint64_t *counts = qemu_plugin_scoreboard_find(board[w], 0);

            qemu_plugin_register_vcpu_insn_exec_cb(
                insn, on_instruction, QEMU_PLUGIN_CB_NO_REGS,
                &counts[at >> CODE_SHIFT]);
        } else {
            qemu_plugin_u64 counter = {
                .score = board[w],
                .offset = (at >> CODE_SHIFT) * sizeof(uint64_t),
            };

            qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(
                insn, QEMU_PLUGIN_INLINE_ADD_U64, counter, 1);
        }
    }
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint8_t code[sizeof(mark_code)];

        if (qemu_plugin_insn_vaddr(insn) < KERNEL_START) {
            if (qemu_plugin_insn_data(insn, code, sizeof(code)) ==
                sizeof(code) && !memcmp(code, mark_code, sizeof(code))) {
                qemu_plugin_register_vcpu_insn_exec_cb(
                    insn, on_mark, QEMU_PLUGIN_CB_NO_REGS,
                    (void *)(uintptr_t)id);
            }
        } else if (marks) {
            count_instruction(insn);
            qemu_plugin_register_vcpu_mem_cb(insn, on_access,
                                             QEMU_PLUGIN_CB_NO_REGS,
                                             QEMU_PLUGIN_MEM_RW, NULL);
        }
    }
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id,
                                           const qemu_info_t *info, int argc,
                                           char **argv)
{
    if (argc != 1 || !g_str_has_prefix(argv[0], "out=")) {
        fprintf(stderr, "count: out=FILE is needed\n");
        return -1;
    }
    out = fopen(argv[0] + strlen("out="), "w");
    if (!out) {
        fprintf(stderr, "count: cannot write %s\n", argv[0]);
        return -1;
    }
    many_cpus = info->system.max_vcpus > 1;
    regions = g_hash_table_new(g_str_hash, g_str_equal);
    for (unsigned w = 0; w < WINDOWS; w++) {
        board[w] = qemu_plugin_scoreboard_new(slots(w) * sizeof(uint64_t));
        before[w] = g_new0(uint64_t, slots(w));
    }
    start(id);
    return 0;
}
