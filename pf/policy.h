/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: which addresses a function may have, and how many;
 * under vane_pf.lock.
 */
#ifndef VANE_PF_POLICY_H
#define VANE_PF_POLICY_H

#include <linux/types.h>

struct vane_pf;

u32 vane_policy_filter_limit(const struct vane_pf *pf, u16 port);
int vane_policy_check_mac(struct vane_pf *pf, u16 index, const u8 *mac,
			  u16 *owner);
void vane_policy_revoke(struct vane_pf *pf, u16 index);
void vane_policy_revoke_mac(struct vane_pf *pf, u16 port, const u8 *mac,
			    bool station);

#endif /* VANE_PF_POLICY_H */
