/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: host memory as each function sees it. Every access carries the
 * requester ID of the function that it is for, and is counted by purpose.
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "hw/pci/pci_device.h"
#include "trace.h"
#include "vane.h"
#include "vane_dma.h"
#include "vane_fault.h"

/* Frames and rings lie in memory, never in the registers of a device. */
static const MemTxAttrs memory_only = { .memory = 1 };

/* VFs have no power state of their own, but share that of the PF. */
bool vane_device_in_d0(const VaneDevice *dev)
{
    const PCIDevice *pdev = &dev->parent_obj;

    return !dev->gone &&
           !(pci_get_word(pdev->config + pdev->pm_cap + PCI_PM_CTRL) &
             PCI_PM_CTRL_STATE_MASK);
}

bool vane_dma_allowed(const VaneFunction *fn)
{
    const PCIDevice *pdev = fn->pdev;

    return vane_function_present(fn) &&
           pci_get_word(pdev->config + PCI_COMMAND) & PCI_COMMAND_MASTER &&
           vane_device_in_d0(fn->dev) && !vane_fault_dead(fn);
}

/* Checks that come before the access on the bus. */
static bool vane_dma_begins(VaneFunction *fn, uint64_t addr, uint64_t len)
{
    if (!vane_dma_allowed(fn)) {
        trace_vane_dma_refused(fn->index, addr, len);
        return false;
    }
    if (len > (1ull << VANE_DMA_ADDR_BITS) ||
        addr > (1ull << VANE_DMA_ADDR_BITS) - len) {
        vane_guest_error(fn, "DMA at 0x%" PRIx64 " is beyond %d bits", addr,
                         VANE_DMA_ADDR_BITS);
        return false;
    }
    if (vane_fault_dma(fn)) {
        trace_vane_dma_failed(fn->index, addr, len);
        return false;
    }
    return true;
}

static bool vane_dma_ends(VaneFunction *fn, uint64_t addr, uint64_t len,
                          MemTxResult result)
{
    if (result != MEMTX_OK) {
        trace_vane_dma_failed(fn->index, addr, len);
        vane_guest_error(fn, "DMA at 0x%" PRIx64 " failed", addr);
        return false;
    }
    return true;
}

static bool vane_dma_read_counted(VaneFunction *fn, VaneDma purpose,
                                  uint64_t addr, uint64_t len,
                                  MemTxResult result)
{
    VaneDmaCounter *counter = &fn->counters.dma[purpose];

    counter->reads++;
    counter->read_bytes += len;
    return vane_dma_ends(fn, addr, len, result);
}

static bool vane_dma_write_counted(VaneFunction *fn, VaneDma purpose,
                                   uint64_t addr, uint64_t len,
                                   MemTxResult result)
{
    VaneDmaCounter *counter = &fn->counters.dma[purpose];

    counter->writes++;
    counter->write_bytes += len;
    return vane_dma_ends(fn, addr, len, result);
}

bool vane_dma_read(VaneFunction *fn, VaneDma purpose, uint64_t addr,
                   void *buf, size_t len)
{
    return vane_dma_begins(fn, addr, len) &&
           vane_dma_read_counted(fn, purpose, addr, len,
                                 pci_dma_rw(fn->pdev, addr, buf, len,
                                            DMA_DIRECTION_TO_DEVICE,
                                            memory_only));
}

bool vane_dma_write(VaneFunction *fn, VaneDma purpose, uint64_t addr,
                    const void *buf, size_t len)
{
    return vane_dma_begins(fn, addr, len) &&
           vane_dma_write_counted(fn, purpose, addr, len,
                                  pci_dma_rw(fn->pdev, addr, (void *)buf, len,
                                             DMA_DIRECTION_FROM_DEVICE,
                                             memory_only));
}

/*
 * An aligned load or store of 4 or 8 bytes by {ld,st}{l,q}_le_pci_dma is one
 * host access; pci_dma_rw() of more is a memmove() that a vCPU thread may see
 * in any order and in parts.
 */
bool vane_dma_read32_acquire(VaneFunction *fn, VaneDma purpose, uint64_t addr,
                             uint32_t *value)
{
    bool ok;

    ok = vane_dma_begins(fn, addr, sizeof(*value)) &&
         vane_dma_read_counted(fn, purpose, addr, sizeof(*value),
                               ldl_le_pci_dma(fn->pdev, addr, value,
                                              memory_only));
    /* Read what the driver stored before @value only after it. */
    smp_rmb();
    return ok;
}

bool vane_dma_write64_release(VaneFunction *fn, VaneDma purpose, uint64_t addr,
                              uint64_t value)
{
    /* What @value announces must be visible before it. */
    smp_wmb();
    return vane_dma_begins(fn, addr, sizeof(value)) &&
           vane_dma_write_counted(fn, purpose, addr, sizeof(value),
                                  stq_le_pci_dma(fn->pdev, addr, value,
                                                 memory_only));
}

bool vane_dma_write32_release(VaneFunction *fn, VaneDma purpose, uint64_t addr,
                              uint32_t value)
{
    /* What @value announces must be visible before it. */
    smp_wmb();
    return vane_dma_begins(fn, addr, sizeof(value)) &&
           vane_dma_write_counted(fn, purpose, addr, sizeof(value),
                                  stl_le_pci_dma(fn->pdev, addr, value,
                                                 memory_only));
}

bool vane_dma_map(VaneFunction *fn, VaneDma purpose, uint64_t addr, size_t len,
                  struct iovec *iov, unsigned *count, unsigned max)
{
    AddressSpace *as;
    uint64_t at = addr;
    size_t left = len;

    if (!vane_dma_begins(fn, addr, len)) {
        return false;
    }
    as = pci_get_address_space(fn->pdev);
    while (left) {
        hwaddr xlat, n = left;
        MemoryRegion *mr;

        mr = address_space_translate(as, at, &xlat, &n, false, memory_only);
        /* In a region that is not RAM, such as flash, @n may exceed its end. */
        if (!n || *count == max || !memory_region_is_ram(mr) ||
            !memory_access_is_direct(mr, false, memory_only)) {
            return vane_dma_read_counted(fn, purpose, at, 0,
                                         MEMTX_ACCESS_ERROR);
        }
        iov[*count].iov_base = (uint8_t *)memory_region_get_ram_ptr(mr) + xlat;
        iov[*count].iov_len = n;
        (*count)++;
        at += n;
        left -= n;
    }
    return vane_dma_read_counted(fn, purpose, addr, len, MEMTX_OK);
}
