/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: accesses to BAR 0 (datasheet, "Access rules").
 */
#include "qemu/osdep.h"
#include "exec/memop.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "trace.h"
#include "vane.h"
#include "vane_dma.h"
#include "vane_fault.h"
#include "vane_mmio.h"
#include "vane_regs.h"
#include "vanevf.h"

typedef struct VaneRegRef {
    const VaneBank *bank;
    const VaneReg *reg;
    uint32_t index;             /* of the element */
    uint32_t offset;            /* in the register: 0, or 4 for a high half */
} VaneRegRef;

static bool vane_mmio_find_reg(VaneFunction *fn, hwaddr addr, VaneRegRef *ref)
{
    for (size_t b = 0; b < vane_num_banks; b++) {
        const VaneBank *bank = &vane_banks[b];
        uint32_t offset;

        if (addr < bank->base ||
            addr >= bank->base + (hwaddr)bank->stride * bank->count(fn) ||
            (bank->pf_only && !vane_is_pf(fn))) {
            continue;
        }
        offset = (addr - bank->base) % bank->stride;
        for (size_t r = 0; r < bank->num_regs; r++) {
            const VaneReg *reg = &bank->regs[r];

            if (offset >= reg->offset && offset < reg->offset + reg->size) {
                ref->bank = bank;
                ref->reg = reg;
                ref->index = (addr - bank->base) / bank->stride;
                ref->offset = offset - reg->offset;
                return true;
            }
        }
        return false;
    }
    return false;
}

static void *vane_mmio_field(VaneFunction *fn, const VaneRegRef *ref)
{
    return (char *)ref->bank->element(fn, ref->index) + ref->reg->field;
}

static uint64_t vane_mmio_reg_value(VaneFunction *fn, const VaneRegRef *ref)
{
    const VaneReg *reg = ref->reg;

    if (reg->write_only) {
        return 0;
    }
    if (reg->read) {
        return reg->read(fn, ref->index);
    }
    if (reg->octets) {
        return (uint32_t)ldl_le_p(vane_mmio_field(fn, ref));
    }
    return reg->size == 8 ? *(uint64_t *)vane_mmio_field(fn, ref) :
                            *(uint32_t *)vane_mmio_field(fn, ref);
}

static void vane_mmio_reg_set(VaneFunction *fn, const VaneRegRef *ref,
                              uint64_t value)
{
    const VaneReg *reg = ref->reg;
    const VaneBank *bank = ref->bank;

    if (!reg->writable || value & ~reg->writable) {
        vane_guest_error(fn, "%s[%u] takes no 0x%" PRIx64, reg->name,
                         ref->index, value);
    } else if (!reg->any_time && bank->locked &&
               bank->locked(fn, ref->index)) {
        vane_guest_error(fn, "%s[%u] written while enabled", reg->name,
                         ref->index);
    } else if (reg->write) {
        reg->write(fn, ref->index, value);
    } else if (reg->octets) {
        stl_le_p(vane_mmio_field(fn, ref), value);
    } else if (reg->size == 8) {
        *(uint64_t *)vane_mmio_field(fn, ref) = value;
    } else {
        *(uint32_t *)vane_mmio_field(fn, ref) = value;
    }
}

/* One register, or half of a 64-bit one; none of those acts on a write. */
static uint64_t vane_mmio_read_word(VaneFunction *fn, hwaddr addr,
                                    unsigned size)
{
    VaneRegRef ref;
    uint64_t value;

    if (!vane_mmio_find_reg(fn, addr, &ref)) {
        vane_guest_error(fn, "read of 0x%" HWADDR_PRIx, addr);
        return 0;
    }
    value = vane_mmio_reg_value(fn, &ref) >> 8 * ref.offset;
    trace_vane_read(fn->index, addr, size, value, ref.reg->name);
    return value & MAKE_64BIT_MASK(0, 8 * size);
}

static void vane_mmio_write_word(VaneFunction *fn, hwaddr addr, uint64_t value,
                                 unsigned size)
{
    VaneRegRef ref;

    if (!vane_mmio_find_reg(fn, addr, &ref)) {
        vane_guest_error(fn, "write of 0x%" PRIx64 " to 0x%" HWADDR_PRIx,
                         value, addr);
        return;
    }
    trace_vane_write(fn->index, addr, size, value, ref.reg->name);
    if (size < ref.reg->size) {
        value = deposit64(ref.reg->has_field ?
                          *(uint64_t *)vane_mmio_field(fn, &ref) : 0,
                          8 * ref.offset, 8 * size, value);
    }
    vane_mmio_reg_set(fn, &ref, value);
}

/* Does an 8-byte access hit one register, rather than two? */
static bool vane_mmio_is_qword(VaneFunction *fn, hwaddr addr)
{
    VaneRegRef ref;

    return vane_mmio_find_reg(fn, addr, &ref) && ref.reg->size == 8;
}

static bool vane_mmio_access_allowed(VaneFunction *fn, hwaddr addr,
                                     unsigned size)
{
    if ((size == 4 || size == 8) && addr % size == 0) {
        return true;
    }
    vane_guest_error(fn, "access of %u bytes at 0x%" HWADDR_PRIx, size, addr);
    return false;
}

static bool vane_mmio_function_answers(const VaneFunction *fn)
{
    return vane_function_present(fn) && vane_device_in_d0(fn->dev) &&
           !vane_fault_dead(fn);
}

static uint64_t vane_regs_read(void *opaque, hwaddr addr, unsigned size)
{
    VaneFunction *fn = opaque;

    if (!vane_mmio_function_answers(fn)) {
        return UINT64_MAX;
    }
    fn->counters.mmio_reads++;
    if (!vane_mmio_access_allowed(fn, addr, size)) {
        return UINT64_MAX;
    }
    if (size == 4 || vane_mmio_is_qword(fn, addr)) {
        return vane_mmio_read_word(fn, addr, size);
    }
    return vane_mmio_read_word(fn, addr, 4) |
           vane_mmio_read_word(fn, addr + 4, 4) << 32;
}

static void vane_regs_write(void *opaque, hwaddr addr, uint64_t value,
                            unsigned size)
{
    VaneFunction *fn = opaque;

    if (!vane_mmio_function_answers(fn)) {
        return;
    }
    fn->counters.mmio_writes++;
    if (!vane_mmio_access_allowed(fn, addr, size)) {
        return;
    }
    vane_enter(fn->dev);
    if (size == 4 || vane_mmio_is_qword(fn, addr)) {
        vane_mmio_write_word(fn, addr, value, size);
    } else {
        vane_mmio_write_word(fn, addr, extract64(value, 0, 32), 4);
        vane_mmio_write_word(fn, addr + 4, extract64(value, 32, 32), 4);
    }
    vane_leave(fn->dev);
}

/* Accesses of any size arrive here, so that invalid ones are counted. */
const MemoryRegionOps vane_regs_ops = {
    .read = vane_regs_read,
    .write = vane_regs_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 1,
        .max_access_size = 8,
        .unaligned = true,
    },
    .impl = {
        .min_access_size = 1,
        .max_access_size = 8,
        .unaligned = true,
    },
};

/*
 * The VFs' aperture
 */

/* The VF that answers at an offset, and the offset in its BAR. */
static VaneSlice *vane_mmio_aperture_slice(VaneDevice *dev, hwaddr *addr)
{
    VaneSriov *sriov = &dev->sriov;
    uint64_t index = *addr / sriov->stride;
    VaneSlice *slice = &sriov->slice[index];

    *addr %= sriov->stride;
    return sriov->memory && index < sriov->num_vfs &&
           *addr < VANE_VF_BAR_SIZE && vane_mmio_function_answers(&slice->fn) ?
           slice : NULL;
}

/* Table and pending bits of MSI-X are QEMU's own regions. */
static MemoryRegion *vane_mmio_aperture_msix(VaneSlice *slice, hwaddr *addr)
{
    PCIDevice *pdev = PCI_DEVICE(slice->vf);

    if (*addr >= VANE_BLK_MSIX_TABLE && *addr - VANE_BLK_MSIX_TABLE <
        memory_region_size(&pdev->msix_table_mmio)) {
        *addr -= VANE_BLK_MSIX_TABLE;
        return &pdev->msix_table_mmio;
    }
    if (*addr >= VANE_BLK_MSIX_PBA && *addr - VANE_BLK_MSIX_PBA <
        memory_region_size(&pdev->msix_pba_mmio)) {
        *addr -= VANE_BLK_MSIX_PBA;
        return &pdev->msix_pba_mmio;
    }
    return NULL;
}

static MemTxResult vane_mmio_aperture_read(void *opaque, hwaddr addr,
                                           uint64_t *value, unsigned size,
                                           MemTxAttrs attrs)
{
    VaneSlice *slice = vane_mmio_aperture_slice(opaque, &addr);
    MemoryRegion *msix;

    *value = UINT64_MAX;
    if (!slice) {
        return MEMTX_OK;
    }
    msix = vane_mmio_aperture_msix(slice, &addr);
    if (msix) {
        return memory_region_dispatch_read(msix, addr, value,
                                           size_memop(size) | MO_LE, attrs);
    }
    *value = vane_regs_read(&slice->fn, addr, size);
    return MEMTX_OK;
}

static MemTxResult vane_mmio_aperture_write(void *opaque, hwaddr addr,
                                            uint64_t value, unsigned size,
                                            MemTxAttrs attrs)
{
    VaneSlice *slice = vane_mmio_aperture_slice(opaque, &addr);
    MemoryRegion *msix;

    if (!slice) {
        return MEMTX_OK;
    }
    msix = vane_mmio_aperture_msix(slice, &addr);
    if (msix) {
        return memory_region_dispatch_write(msix, addr, value,
                                            size_memop(size) | MO_LE, attrs);
    }
    vane_regs_write(&slice->fn, addr, value, size);
    return MEMTX_OK;
}

const MemoryRegionOps vane_aperture_ops = {
    .read_with_attrs = vane_mmio_aperture_read,
    .write_with_attrs = vane_mmio_aperture_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 1,
        .max_access_size = 8,
        .unaligned = true,
    },
    .impl = {
        .min_access_size = 1,
        .max_access_size = 8,
        .unaligned = true,
    },
};
