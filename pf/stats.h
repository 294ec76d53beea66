/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: counters of the functions; process context, no locks held.
 */
#ifndef VANE_PF_STATS_H
#define VANE_PF_STATS_H

#include <linux/types.h>

struct vane_pf;

/**
 * struct vane_stats - counters of all VFs at once
 * @vfs: as the device wrote them last, VANE_STAT_COUNT each
 * @dma: address of that for the device
 * @next_vf: the VF after the one whose counters were read last, or 0
 * @time: when @vfs was written, in jiffies
 * @counted_vfs: VFs whose counters ethtool expects; guarded by its lock, rtnl
 *
 * The rest is guarded by vane_pf.lock.
 */
struct vane_stats {
	__le64 *vfs;
	dma_addr_t dma;
	u16 next_vf;
	unsigned long time;
	u16 counted_vfs;
};

int vane_stats_init(struct vane_pf *pf);
void vane_stats_exit(struct vane_pf *pf);
void vane_stats_get_vfs(struct vane_pf *pf, u16 num_vfs, u64 *counters);
int vane_stats_get(struct vane_pf *pf, u16 port, u64 *counters);

#endif /* VANE_PF_STATS_H */
