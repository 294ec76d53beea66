/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: port profiles; process context, no locks held unless said.
 */
#ifndef VANE_PF_PROFILE_H
#define VANE_PF_PROFILE_H

#include <linux/netlink.h>
#include <linux/xarray.h>

#include "vf.h"

struct vane_pf;

/* Port profiles that can exist at a time */
#define VANE_MAX_PROFILES		1024

/**
 * struct vane_profiles - the port profiles
 * @table: struct vane_vf_profile by a number, for dumps to go by
 * @count: entries of @table
 *
 * Guarded by vane_pf.lock.
 */
struct vane_profiles {
	struct xarray table;
	u32 count;
};

int vane_profile_check_name(const char *name, struct netlink_ext_ack *extack);
int vane_profile_set(struct vane_pf *pf, const struct vane_vf_profile *wanted,
		     struct netlink_ext_ack *extack);
int vane_profile_del(struct vane_pf *pf, const char *name,
		     struct netlink_ext_ack *extack);
struct vane_vf_profile *vane_profile_get(struct vane_pf *pf, const char *name);
int vane_profile_find(struct vane_pf *pf, const char *name, u32 *number);
bool vane_profile_is_of(const struct vane_vf_profile *profile,
			const struct vane_vf *vf);
void vane_profile_init(struct vane_pf *pf);
void vane_profile_exit(struct vane_pf *pf);

#endif /* VANE_PF_PROFILE_H */
