/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: the link of the port.
 */
#ifndef VANE_PF_LINK_H
#define VANE_PF_LINK_H

#include <linux/workqueue.h>

#include "vane_mbox.h"

struct vane_pf;

/**
 * struct vane_link - the link of the port
 * @work: informs the VFs of a change
 * @up: the port has link
 * @speed: its speed, Mb/s
 * @flags: VANE_LINK_* as set by the user
 * @speeds: VANE_SPEED_* to advertise, or the one to use
 *
 * Guarded by vane_pf.lock.
 */
struct vane_link {
	struct work_struct work;
	bool up;
	u32 speed;
	u32 flags;
	u32 speeds;
};

bool vane_link_has_port(const struct vane_pf *pf);
int vane_link_get_state(struct vane_pf *pf, struct vane_cmd_link_state *state);
struct vane_cmd_link vane_link_wanted(const struct vane_pf *pf);
int vane_link_set(struct vane_pf *pf, u32 flags, u32 wanted_speeds);
void vane_link_init(struct vane_pf *pf);
void vane_link_replay(struct vane_pf *pf, struct vane_mbox_batch *batch);
int vane_link_adopt(struct vane_pf *pf);
void vane_link_work(struct work_struct *work);

#endif /* VANE_PF_LINK_H */
