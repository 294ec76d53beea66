/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: snapshots of registers and rings; under the devlink instance
 * lock.
 */
#ifndef VANE_PF_REGION_H
#define VANE_PF_REGION_H

#include <linux/types.h>

struct vane_pf;

#define VANE_NUM_REGIONS		2

int vane_region_init(struct vane_pf *pf);
void vane_region_exit(struct vane_pf *pf);

#endif /* VANE_PF_REGION_H */
