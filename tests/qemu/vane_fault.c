/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: faults that a test switches on at run time, the counters that it
 * reads, and the record of the driver's mistakes. All are QOM properties:
 *
 *   qom-set /machine/peripheral/NIC fault-mbox-drop 3
 *   qom-get /machine/peripheral/NIC/vf[7] counters
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/log.h"
#include "trace.h"
#include "vane.h"

/* A driver that errs in a loop shall not fill the disk. */
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

static bool concerns(const VaneFunction *fn)
{
    int32_t function = fn->dev->faults.function;

    return function < 0 || function == fn->index;
}

static bool use_up(VaneFunction *fn, uint32_t *count, const char *name)
{
    if (!*count || !concerns(fn)) {
        return false;
    }
    (*count)--;
    trace_vane_fault(fn->index, name);
    return true;
}

bool vane_fault_drop_doorbell(VaneFunction *fn)
{
    return use_up(fn, &fn->dev->faults.drop_doorbells, "drop doorbell");
}

bool vane_fault_drop_message(VaneFunction *fn)
{
    return use_up(fn, &fn->dev->faults.mbox_drop, "drop message");
}

bool vane_fault_drop_command(VaneFunction *fn)
{
    return use_up(fn, &fn->dev->faults.command_drop, "drop command");
}

bool vane_fault_symbol(VaneFunction *fn)
{
    return use_up(fn, &fn->dev->faults.symbol_errors, "symbol error");
}

bool vane_fault_corrupt_completion(VaneFunction *fn)
{
    return use_up(fn, &fn->dev->faults.cpl_corrupt, "corrupt completion");
}

bool vane_fault_dma(VaneFunction *fn)
{
    return use_up(fn, &fn->dev->faults.dma_error, "DMA error");
}

bool vane_fault_queue_hang(const VaneFunction *fn)
{
    return fn->dev->faults.queue_hang && concerns(fn);
}

bool vane_fault_dead(const VaneFunction *fn)
{
    return fn->dev->faults.dead && concerns(fn);
}

uint32_t vane_fault_response_delay(const VaneFunction *fn)
{
    return concerns(fn) ? fn->dev->faults.mbox_delay_ms : 0;
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
    { "fault-drop-doorbells", "queue doorbells to lose",
      FAULT_COUNT, offsetof(VaneDevice, faults.drop_doorbells) },
    { "fault-mbox-drop", "mailbox requests and replies to lose",
      FAULT_COUNT, offsetof(VaneDevice, faults.mbox_drop) },
    { "fault-mbox-delay-ms", "time by which mailbox replies are late",
      FAULT_COUNT, offsetof(VaneDevice, faults.mbox_delay_ms) },
    { "fault-command-drop", "commands of the PF to lose",
      FAULT_COUNT, offsetof(VaneDevice, faults.command_drop) },
    { "fault-symbol-errors", "frames from the uplink to damage",
      FAULT_COUNT, offsetof(VaneDevice, faults.symbol_errors) },
    { "fault-cpl-corrupt", "receive completions to corrupt",
      FAULT_COUNT, offsetof(VaneDevice, faults.cpl_corrupt) },
    { "fault-dma-error", "DMA accesses to fail",
      FAULT_COUNT, offsetof(VaneDevice, faults.dma_error) },
    { "fault-queue-hang", "queues are not served",
      FAULT_BOOL, offsetof(VaneDevice, faults.queue_hang) },
    { "fault-dead", "registers read as ones, no DMA",
      FAULT_BOOL, offsetof(VaneDevice, faults.dead) },
    { "fault-function", "whom they befall: -1 all, a VF's index, 65535 the PF",
      FAULT_FUNCTION, offsetof(VaneDevice, faults.function) },
};

static const char *const fault_types[] = {
    [FAULT_COUNT] = "uint32",
    [FAULT_BOOL] = "bool",
    [FAULT_FUNCTION] = "int32",
};

static bool fault_visit(Visitor *v, const char *name, const Fault *fault,
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

static void fault_get(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    const Fault *fault = opaque;

    fault_visit(v, name, fault, (char *)VANE(obj) + fault->offset, errp);
}

static void fault_set(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    VaneDevice *dev = VANE(obj);
    const Fault *fault = opaque;

    if (!fault_visit(v, name, fault, (char *)dev + fault->offset, errp)) {
        return;
    }
    if (dev->bh) {
        vane_update_pf_ready(dev);
        vane_rings_resume(&dev->fn);
        for (uint32_t i = 0; i < dev->sriov.total_vfs; i++) {
            vane_rings_resume(&dev->sriov.slice[i].fn);
        }
    }
}

void vane_fault_class_init(ObjectClass *klass)
{
    for (int i = 0; i < ARRAY_SIZE(faults); i++) {
        const Fault *fault = &faults[i];

        object_class_property_add(klass, fault->name, fault_types[fault->kind],
                                  fault_get, fault_set, NULL, (void *)fault);
        object_class_property_set_description(klass, fault->name,
                                              fault->description);
    }
}

static const VaneFunction *object_function(Object *obj)
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

static bool visit_counters(Visitor *v, const Counter *list, size_t n,
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

static bool visit_dma(Visitor *v, const VaneDmaCounter *dma, Error **errp)
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
        ok = visit_counters(v, dma_counters, ARRAY_SIZE(dma_counters),
                            &dma[i], errp);
        visit_end_struct(v, NULL);
        if (!ok) {
            visit_end_struct(v, NULL);
            return false;
        }
    }
    visit_end_struct(v, NULL);
    return true;
}

static void counters_get(Object *obj, Visitor *v, const char *name,
                         void *opaque, Error **errp)
{
    const VaneCounters *c = &object_function(obj)->counters;

    if (!visit_start_struct(v, name, NULL, 0, errp)) {
        return;
    }
    if (visit_counters(v, counters, ARRAY_SIZE(counters), c, errp)) {
        visit_dma(v, c->dma, errp);
    }
    visit_end_struct(v, NULL);
}

/* Of the PF's object, the mistakes of all its functions. */
static void guest_errors_get(Object *obj, Visitor *v, const char *name,
                             void *opaque, Error **errp)
{
    const VaneFunction *fn = object_function(obj);
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
    object_class_property_add(klass, "counters", "VaneCounters", counters_get,
                              NULL, NULL, NULL);
    object_class_property_set_description(klass, "counters",
                                          "accesses, interrupts, DMA");
    object_class_property_add(klass, "guest-errors", "uint64",
                              guest_errors_get, NULL, NULL, NULL);
    object_class_property_set_description(klass, "guest-errors",
                                          "the driver's mistakes");
}
