/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: names of the types that several files know, and how fields and indices
 * of the hardware are computed with. The types themselves are in the headers of
 * their owners, those that PF and VFs consist of in vane.h.
 */
#ifndef HW_NET_VANE_TYPES_H
#define HW_NET_VANE_TYPES_H

#include "qom/object.h"
#include "vane_hw.h"

#define TYPE_VANE "vane"
OBJECT_DECLARE_SIMPLE_TYPE(VaneDevice, VANE)

typedef struct VaneFrame VaneFrame;
typedef struct VaneFunction VaneFunction;
typedef struct VaneRxQueue VaneRxQueue;
typedef struct VaneSlice VaneSlice;
typedef struct VaneSwitch VaneSwitch;
typedef struct VaneTxQueue VaneTxQueue;
typedef struct VaneVector VaneVector;
typedef struct VaneView VaneView;

/* Ask for and compose the fields that vane_hw.h gives as masks. */
static inline uint64_t vane_get(uint64_t value, uint64_t mask)
{
    return (value & mask) / (mask & -mask);
}

static inline uint64_t vane_put(uint64_t mask, uint64_t field)
{
    return (field * (mask & -mask)) & mask;
}

/*
 * Free-running indices count modulo 2^16: what is behind one, and how far it is
 * from one to another.
 */
static inline uint16_t vane_index_after(uint16_t index, uint32_t count)
{
    return (uint16_t)(index + count);
}

static inline uint16_t vane_index_distance(uint16_t from, uint16_t to)
{
    return (uint16_t)(to - from);
}

/* The largest value of a field, as a constant */
#define VANE_FIELD_MAX(mask)    ((mask) / ((mask) & -(mask)))

#endif /* HW_NET_VANE_TYPES_H */
