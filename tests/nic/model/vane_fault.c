/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: faults that a test injects at run time, the counters that it reads, and
 * the record of the driver's errors. All are QOM properties:
 *
 *   qom-set /machine/peripheral/NIC x-fault-mbox-drop 3
 *   qom-get /machine/peripheral/NIC/vf[7] x-counters
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/log.h"
#include "trace.h"
#include "vane.h"
#include "vane_fault.h"
#include "vane_ring.h"
#include "vanevf.h"

/* A driver that errs in a loop must not fill the disk. */
#define ERRORS_LOGGED_MAX 1000

void vane_guest_error(VaneFunction *fn, const char *fmt, ...)
{
    VaneDevice *dev = fn->dev;
    g_autofree char *message = NULL;
    va_list ap;

    va_start(ap, fmt);
    message = g_strdup_vprintf(fmt, ap);
    va_end(ap);

    fn->counters.guest_errors++;
    trace_vane_guest_error(fn->index, message);
    if (dev->errors_logged >= ERRORS_LOGGED_MAX) {
        return;
    }
    dev->errors_logged++;
    if (vane_is_pf(fn)) {
        qemu_log_mask(LOG_GUEST_ERROR, "vane: pf: %s\n", message);
    } else {
        qemu_log_mask(LOG_GUEST_ERROR, "vane: vf %u: %s\n", fn->index,
                      message);
    }
}

void vane_enable_refused(VaneFunction *fn, const char *what, uint32_t index,
                         enum vane_error error)
{
    if (error != VANE_ERROR_DISABLED) {
        vane_guest_error(fn, "%s %u not enabled: error %u", what, index,
                         error);
    }
}

static bool vane_fault_concerns(const VaneFunction *fn)
{
    int32_t function = fn->dev->faults.function;

    return function < 0 || function == fn->index;
}

static bool vane_fault_use_up(VaneFunction *fn, uint32_t *count,
                              const char *name)
{
    if (!*count || !vane_fault_concerns(fn)) {
        return false;
    }
    (*count)--;
    trace_vane_fault(fn->index, name);
    return true;
}

bool vane_fault_drop_doorbell(VaneFunction *fn)
{
    return vane_fault_use_up(fn, &fn->dev->faults.drop_doorbells,
                             "drop doorbell");
}

bool vane_fault_spare_message(VaneFunction *fn)
{
    return vane_fault_use_up(fn, &fn->dev->faults.mbox_skip, "spare message");
}

bool vane_fault_drop_message(VaneFunction *fn)
{
    return vane_fault_use_up(fn, &fn->dev->faults.mbox_drop, "drop message");
}

bool vane_fault_drop_command(VaneFunction *fn)
{
    return vane_fault_use_up(fn, &fn->dev->faults.command_drop, "drop command");
}

bool vane_fault_symbol(VaneFunction *fn)
{
    return vane_fault_use_up(fn, &fn->dev->faults.symbol_errors,
                             "symbol error");
}

bool vane_fault_corrupt_completion(VaneFunction *fn)
{
    return vane_fault_use_up(fn, &fn->dev->faults.cpl_corrupt,
                             "corrupt completion");
}

bool vane_fault_dma(VaneFunction *fn)
{
    return vane_fault_use_up(fn, &fn->dev->faults.dma_error, "DMA error");
}

bool vane_fault_queue_hang(const VaneFunction *fn)
{
    return fn->dev->faults.queue_hang && vane_fault_concerns(fn);
}

bool vane_fault_dead(const VaneFunction *fn)
{
    return fn->dev->faults.dead && vane_fault_concerns(fn);
}

uint32_t vane_fault_response_delay(const VaneFunction *fn)
{
    return vane_fault_concerns(fn) ? fn->dev->faults.mbox_delay_ms : 0;
}

typedef enum FaultKind {
    FAULT_COUNT,
    FAULT_BOOL,
    FAULT_FUNCTION,
} FaultKind;

typedef struct Fault {
    const char *name;
    const char *description;
    FaultKind kind;
    size_t offset;              /* in VaneDevice */
} Fault;

static const Fault faults[] = {
    { "x-fault-drop-doorbells", "queue doorbells to lose",
      FAULT_COUNT, offsetof(VaneDevice, faults.drop_doorbells) },
    { "x-fault-mbox-skip", "mailbox messages to spare from the two below",
      FAULT_COUNT, offsetof(VaneDevice, faults.mbox_skip) },
    { "x-fault-mbox-drop", "mailbox requests and replies to lose",
      FAULT_COUNT, offsetof(VaneDevice, faults.mbox_drop) },
    { "x-fault-mbox-delay-ms", "time by which mailbox replies are late",
      FAULT_COUNT, offsetof(VaneDevice, faults.mbox_delay_ms) },
    { "x-fault-command-drop", "commands of the PF to lose",
      FAULT_COUNT, offsetof(VaneDevice, faults.command_drop) },
    { "x-fault-symbol-errors", "frames from the uplink to damage",
      FAULT_COUNT, offsetof(VaneDevice, faults.symbol_errors) },
    { "x-fault-cpl-corrupt", "receive completions to corrupt",
      FAULT_COUNT, offsetof(VaneDevice, faults.cpl_corrupt) },
    { "x-fault-dma-error", "DMA accesses to fail",
      FAULT_COUNT, offsetof(VaneDevice, faults.dma_error) },
    { "x-fault-queue-hang", "queues are not served",
      FAULT_BOOL, offsetof(VaneDevice, faults.queue_hang) },
    { "x-fault-dead", "registers read as ones, no DMA",
      FAULT_BOOL, offsetof(VaneDevice, faults.dead) },
    { "x-fault-function",
      "function with the faults: -1 all, a VF's index, 65535 the PF",
      FAULT_FUNCTION, offsetof(VaneDevice, faults.function) },
};

static const char *const fault_types[] = {
    [FAULT_COUNT] = "uint32",
    [FAULT_BOOL] = "bool",
    [FAULT_FUNCTION] = "int32",
};

static bool vane_fault_visit(Visitor *v, const char *name, const Fault *fault,
                             void *value, Error **errp)
{
    switch (fault->kind) {
    case FAULT_COUNT:
        return visit_type_uint32(v, name, value, errp);
    case FAULT_BOOL:
        return visit_type_bool(v, name, value, errp);
    case FAULT_FUNCTION:
        return visit_type_int32(v, name, value, errp);
    }
    g_assert_not_reached();
}

static void vane_fault_get(Object *obj, Visitor *v, const char *name,
                           void *opaque, Error **errp)
{
    const Fault *fault = opaque;

    vane_fault_visit(v, name, fault, (char *)VANE(obj) + fault->offset, errp);
}

static void vane_fault_set(Object *obj, Visitor *v, const char *name,
                           void *opaque, Error **errp)
{
    VaneDevice *dev = VANE(obj);
    const Fault *fault = opaque;

    if (!vane_fault_visit(v, name, fault, (char *)dev + fault->offset, errp)) {
        return;
    }
    if (dev->bh) {
        bool answers = !vane_fault_dead(&dev->fn);

        /* Beneath these are our own registers, which then read as ones. */
        memory_region_set_enabled(&PCI_DEVICE(dev)->msix_table_mmio, answers);
        memory_region_set_enabled(&PCI_DEVICE(dev)->msix_pba_mmio, answers);
        vane_enter(dev);
        vane_update_pf_ready(dev);
        vane_rings_resume(&dev->fn);
        for (uint32_t i = 0; i < dev->sriov.total_vfs; i++) {
            vane_rings_resume(&dev->sriov.slice[i].fn);
        }
        vane_leave(dev);
    }
}

void vane_fault_class_init(ObjectClass *klass)
{
    for (int i = 0; i < ARRAY_SIZE(faults); i++) {
        const Fault *fault = &faults[i];

        object_class_property_add(klass, fault->name, fault_types[fault->kind],
                                  vane_fault_get, vane_fault_set, NULL,
                                  (void *)fault);
        object_class_property_set_description(klass, fault->name,
                                              fault->description);
    }
}

static const VaneFunction *vane_fault_object_function(Object *obj)
{
    VaneVF *vf = (VaneVF *)object_dynamic_cast(obj, TYPE_VANE_VF);

    return vf ? vf->fn : &VANE(obj)->fn;
}

typedef struct Counter {
    const char *name;
    size_t offset;
} Counter;

static const Counter counters[] = {
    { "mmio-reads", offsetof(VaneCounters, mmio_reads) },
    { "mmio-writes", offsetof(VaneCounters, mmio_writes) },
    { "doorbells", offsetof(VaneCounters, doorbells) },
    { "interrupts", offsetof(VaneCounters, interrupts) },
    { "guest-errors", offsetof(VaneCounters, guest_errors) },
};

static const Counter dma_counters[] = {
    { "reads", offsetof(VaneDmaCounter, reads) },
    { "read-bytes", offsetof(VaneDmaCounter, read_bytes) },
    { "writes", offsetof(VaneDmaCounter, writes) },
    { "write-bytes", offsetof(VaneDmaCounter, write_bytes) },
};

static const char *const dma_names[VANE_DMA_COUNT] = {
    [VANE_DMA_DESCRIPTOR] = "descriptor",
    [VANE_DMA_COMPLETION] = "completion",
    [VANE_DMA_PAYLOAD] = "payload",
    [VANE_DMA_HEAD] = "head",
    [VANE_DMA_STATUS] = "status-block",
    [VANE_DMA_SHADOW] = "shadow",
    [VANE_DMA_MAILBOX] = "mailbox",
};

static bool vane_fault_visit_counters(Visitor *v, const Counter *list, size_t n,
                                      const void *base, Error **errp)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t value = *(const uint64_t *)((const char *)base +
                                             list[i].offset);

        if (!visit_type_uint64(v, list[i].name, &value, errp)) {
            return false;
        }
    }
    return true;
}

static bool vane_fault_visit_dma(Visitor *v, const VaneDmaCounter *dma,
                                 Error **errp)
{
    if (!visit_start_struct(v, "dma", NULL, 0, errp)) {
        return false;
    }
    for (int i = 0; i < VANE_DMA_COUNT; i++) {
        bool ok;

        if (!visit_start_struct(v, dma_names[i], NULL, 0, errp)) {
            visit_end_struct(v, NULL);
            return false;
        }
        ok = vane_fault_visit_counters(v, dma_counters,
                                       ARRAY_SIZE(dma_counters), &dma[i], errp);
        visit_end_struct(v, NULL);
        if (!ok) {
            visit_end_struct(v, NULL);
            return false;
        }
    }
    visit_end_struct(v, NULL);
    return true;
}

static void vane_fault_counters_get(Object *obj, Visitor *v, const char *name,
                                    void *opaque, Error **errp)
{
    const VaneCounters *c = &vane_fault_object_function(obj)->counters;

    if (!visit_start_struct(v, name, NULL, 0, errp)) {
        return;
    }
    if (vane_fault_visit_counters(v, counters, ARRAY_SIZE(counters), c, errp)) {
        vane_fault_visit_dma(v, c->dma, errp);
    }
    visit_end_struct(v, NULL);
}

/* The PF's object has the errors of all its functions. */
static void vane_fault_guest_errors_get(Object *obj, Visitor *v,
                                        const char *name, void *opaque,
                                        Error **errp)
{
    const VaneFunction *fn = vane_fault_object_function(obj);
    uint64_t errors = fn->counters.guest_errors;

    if (vane_is_pf(fn) && fn->dev->sriov.slice) {
        for (uint32_t i = 0; i < fn->dev->sriov.total_vfs; i++) {
            errors += fn->dev->sriov.slice[i].fn.counters.guest_errors;
        }
    }
    visit_type_uint64(v, name, &errors, errp);
}

void vane_counters_class_init(ObjectClass *klass)
{
    object_class_property_add(klass, "x-counters", "VaneCounters",
                              vane_fault_counters_get, NULL, NULL, NULL);
    object_class_property_set_description(klass, "x-counters",
                                          "accesses, interrupts, DMA");
    object_class_property_add(klass, "x-guest-errors", "uint64",
                              vane_fault_guest_errors_get, NULL, NULL, NULL);
    object_class_property_set_description(klass, "x-guest-errors",
                                          "errors of the guest's driver");
}
