/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: devlink ports; under the devlink instance lock.
 */
#ifndef VANE_PF_PORT_H
#define VANE_PF_PORT_H

#include <net/devlink.h>

#include "vf.h"

struct vane_pf;

/**
 * struct vane_ports - ports in devlink
 * @phys: the physical one, registered as long as there is a netdev
 * @vfs: those of VFs; under the device lock and the devlink instance lock
 * @num_vfs: number of registered ones
 */
struct vane_ports {
	struct devlink_port phys;
	struct vane_vf_port *vfs;
	u16 num_vfs;
};

int vane_port_add(struct vane_pf *pf);
void vane_port_del(struct vane_pf *pf);
int vane_port_add_vfs(struct vane_pf *pf);
void vane_port_del_vfs(struct vane_pf *pf);

#endif /* VANE_PF_PORT_H */
