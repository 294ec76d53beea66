/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: requests of VFs.
 */
#ifndef VANE_PF_VF_OPS_H
#define VANE_PF_VF_OPS_H

#include <linux/workqueue.h>

#include "vane_mbox.h"

extern const struct vane_mbox_pf_ops vane_vf_ops;

void vane_vf_ops_serve_work(struct work_struct *work);

#endif /* VANE_PF_VF_OPS_H */
