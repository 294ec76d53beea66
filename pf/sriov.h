/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: VFs from enabling SR-IOV to disabling it; process context, no
 * locks held unless said.
 */
#ifndef VANE_PF_SRIOV_H
#define VANE_PF_SRIOV_H

#include <linux/bitmap.h>
#include <linux/netlink.h>
#include <linux/pci.h>

#include "vane_hw.h"

struct vane_pf;

/**
 * struct vane_sriov - VFs as the PCI core has them
 * @ignore_users: devlink parameter: VFs may go although they are in use;
 *	guarded by the devlink instance lock
 * @masters: VFs that mastered the bus before a reset, from its beginning to its
 *	end
 */
struct vane_sriov {
	bool ignore_users;
	DECLARE_BITMAP(masters, VANE_MAX_VFS);
};

void vane_sriov_release(struct vane_pf *pf);
int vane_sriov_check_unused(struct vane_pf *pf, struct netlink_ext_ack *extack);
u32 vane_sriov_get_total_msix(struct pci_dev *pdev);
int vane_sriov_set_msix_count(struct pci_dev *vfdev, int count);
int vane_sriov_configure(struct pci_dev *pdev, int num_vfs);
void vane_sriov_unplug(struct vane_pf *pf);
int vane_sriov_adopt(struct vane_pf *pf);
void vane_sriov_save(struct vane_pf *pf);
void vane_sriov_restore(struct vane_pf *pf);

#endif /* VANE_PF_SRIOV_H */
