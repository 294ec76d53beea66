/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: BAR 0 as a table. A bank is an array of equal elements (one, for a
 * plain block) which begin at an offset and follow each other at a stride; its
 * registers are rows that name the bits a driver may write and either a field
 * of the element or functions.
 */
#ifndef HW_NET_VANE_REGS_H
#define HW_NET_VANE_REGS_H

#include "vane.h"

typedef struct VaneReg {
    const char *name;
    uint32_t offset;            /* in the element */
    uint8_t size;               /* 4 or 8 bytes */
    bool write_only;
    bool any_time;              /* even while the element is locked */
    bool has_field;             /* the value is in the element */
    bool octets;                /* 4, in that order; else a host integer */
    size_t field;
    uint64_t writable;          /* bits; 0 for a read-only register */
    uint64_t (*read)(VaneFunction *fn, uint32_t i);
    /* Called when the bits and the lock allow the write */
    void (*write)(VaneFunction *fn, uint32_t i, uint64_t value);
} VaneReg;

typedef struct VaneBank {
    uint32_t base;
    uint32_t stride;
    const VaneReg *regs;
    size_t num_regs;
    bool pf_only;
    uint32_t (*count)(const VaneFunction *fn);
    void *(*element)(VaneFunction *fn, uint32_t i);
    bool (*locked)(const VaneFunction *fn, uint32_t i);
} VaneBank;

extern const VaneBank vane_banks[];
extern const size_t vane_num_banks;

#endif /* HW_NET_VANE_REGS_H */
