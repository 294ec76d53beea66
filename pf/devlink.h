/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: devlink; under the devlink instance lock.
 */
#ifndef VANE_PF_DEVLINK_H
#define VANE_PF_DEVLINK_H

#include <net/devlink.h>

struct vane_pf;

extern const struct devlink_ops vane_devlink_ops;

int vane_devlink_init(struct vane_pf *pf);
void vane_devlink_exit(struct vane_pf *pf);
int vane_devlink_start_netdev(struct vane_pf *pf);
void vane_devlink_unload(struct vane_pf *pf);

#endif /* VANE_PF_DEVLINK_H */
