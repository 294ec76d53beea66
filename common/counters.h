/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE core: counters of queues and device.
 */
#ifndef VANE_COUNTERS_H
#define VANE_COUNTERS_H

#include <net/netdev_queues.h>

#include "vane_hw.h"

struct vane_net;

extern const struct netdev_stat_ops vane_counters_stat_ops;
void vane_counters_init_queues(struct vane_net *vn);
void vane_counters_init_device(struct vane_net *vn);
void vane_counters_set_live(struct vane_net *vn, bool live);
u64 vane_counters_read(struct vane_net *vn, enum vane_stat stat);

#endif /* VANE_COUNTERS_H */
