/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: the device as a whole.
 */
#ifndef VANE_PF_DEVICE_H
#define VANE_PF_DEVICE_H

#include <linux/types.h>

struct vane_pf;

/**
 * struct vane_retry - retry of a device that did not come up
 * @wanted: a retry is due at @time
 * @time: not before this time, in jiffies
 * @delay: from the last try to @time, in jiffies
 *
 * Guarded by rtnl.
 */
struct vane_retry {
	bool wanted;
	unsigned long time;
	unsigned long delay;
};

void vane_device_serve(struct vane_pf *pf);
void vane_device_stop_mbox(struct vane_pf *pf);
void vane_device_drain_mbox(struct vane_pf *pf);
int vane_device_replay(struct vane_pf *pf);
int vane_device_start(struct vane_pf *pf);
void vane_device_stop(struct vane_pf *pf);
bool vane_device_needs_reset(struct vane_pf *pf);
void vane_device_take_down(struct vane_pf *pf);
int vane_device_bring_up(struct vane_pf *pf);
int vane_device_reset(struct vane_pf *pf);
bool vane_device_retry_netdev(struct vane_pf *pf);
int vane_device_recover(struct vane_pf *pf);

#endif /* VANE_PF_DEVICE_H */
