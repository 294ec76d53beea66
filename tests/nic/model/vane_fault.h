/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: faults, counters, the driver's mistakes (vane_fault.c).
 */
#ifndef HW_NET_VANE_FAULT_H
#define HW_NET_VANE_FAULT_H

#include "vane_dma.h"

/* What the outside may know of a function (QOM property "x-counters"). */
typedef struct VaneCounters {
    uint64_t mmio_reads;
    uint64_t mmio_writes;
    uint64_t doorbells;
    uint64_t interrupts;
    uint64_t guest_errors;
    VaneDmaCounter dma[VANE_DMA_COUNT];
} VaneCounters;

/* Run-time faults: QOM properties of the PF. */
typedef struct VaneFaults {
    uint32_t drop_doorbells;
    uint32_t mbox_skip;
    uint32_t mbox_drop;
    uint32_t command_drop;
    uint32_t symbol_errors;
    uint32_t mbox_delay_ms;
    uint32_t cpl_corrupt;
    uint32_t dma_error;
    int32_t function;           /* -1 any, a VF's index, or VANE_PORT_PF */
    bool queue_hang;
    bool dead;
} VaneFaults;

void vane_guest_error(VaneFunction *fn, const char *fmt, ...)
    G_GNUC_PRINTF(2, 3);
/*
 * An enable was refused. That of a disabled function is no mistake: its driver
 * may not know yet of a reset that it did not order.
 */
void vane_enable_refused(VaneFunction *fn, const char *what, uint32_t index,
                         enum vane_error error);
/* Each true answer uses up one of a counted fault. */
bool vane_fault_drop_doorbell(VaneFunction *fn);
bool vane_fault_spare_message(VaneFunction *fn);
bool vane_fault_drop_message(VaneFunction *fn);
bool vane_fault_drop_command(VaneFunction *fn);
bool vane_fault_symbol(VaneFunction *fn);
bool vane_fault_corrupt_completion(VaneFunction *fn);
bool vane_fault_dma(VaneFunction *fn);
bool vane_fault_queue_hang(const VaneFunction *fn);
bool vane_fault_dead(const VaneFunction *fn);
/* Milliseconds by which a response is late; 0 for none. */
uint32_t vane_fault_response_delay(const VaneFunction *fn);
/* Adds the properties of the faults (PF), or of the counters (PF and VF). */
void vane_fault_class_init(ObjectClass *klass);
void vane_counters_class_init(ObjectClass *klass);

#endif /* HW_NET_VANE_FAULT_H */
