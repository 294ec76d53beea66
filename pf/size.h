/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: the size of a VF, its vectors and queue pairs.
 */
#ifndef VANE_PF_SIZE_H
#define VANE_PF_SIZE_H

#include <linux/netlink.h>
#include <linux/types.h>

#include "vane_hw.h"

struct vane_pf;

/* Vector 0, and one of a queue pair */
#define VANE_MIN_VECTORS_VF		2

/* What the PF leaves to the VFs */
#define VANE_VFS_QUEUES			(VANE_TOTAL_QUEUES - VANE_MAX_QUEUES_PF)
#define VANE_VFS_VECTORS		(VANE_TOTAL_VECTORS - \
					 VANE_MAX_VECTORS_PF)

int vane_size_set(struct vane_pf *pf, u16 index, u16 vectors,
		  struct netlink_ext_ack *extack);
int vane_size_set_unbound(struct vane_pf *pf, u16 index, u16 vectors,
			  struct netlink_ext_ack *extack);

#endif /* VANE_PF_SIZE_H */
