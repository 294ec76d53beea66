// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: the size of a VF, its vectors and queue pairs.
 */
#include <linux/jiffies.h>
#include <linux/pci.h>

#include "command.h"
#include "pf.h"
#include "size.h"
#include "vf.h"

/**
 * vane_size_set() - change the number of vectors and queues of a VF
 * @pf: the PF
 * @index: index of the VF, which has no driver or does not exist yet
 * @vectors: vectors, VANE_MIN_VECTORS_VF to VANE_MAX_VECTORS_VF
 * @extack: where an error is explained
 *
 * Context: vane_pf.lock held. May sleep.
 * Return: 0 or an errno.
 */
int vane_size_set(struct vane_pf *pf, u16 index, u16 vectors,
		  struct netlink_ext_ack *extack)
{
	struct vane_vf_config config;
	struct vane_vf *vf;
	int err;

	vf = vane_vf_get(pf, index);
	if (!vf)
		return -ENODEV;
	config = vf->config;
	config.vectors = vectors;
	config.queues = vectors - 1;
	err = vane_vf_configure(pf, index, &config, VANE_PORT_VALID_RESOURCES);
	if (err == -ENOSPC) {
		NL_SET_ERR_MSG_FMT(extack,
				   "Not enough queue pairs or vectors are left; all VFs share %u and %u",
				   VANE_VFS_QUEUES, VANE_VFS_VECTORS);
		return err;
	}
	if (err)
		goto explain;
	/* It takes effect at the function's next reset, so reset it now */
	err = vane_vf_reset(pf, index);
	/* A device that loses it is reset, and with it the VF */
	if (err && err != -ENOENT && !vane_command_is_lost(err))
		goto explain;
	return 0;

explain:
	return vane_command_explain(pf, extack, err, "change the size of VF %u",
				    index);
}

/**
 * vane_size_set_unbound() - change the size of a VF that has no driver
 * @pf: the PF
 * @index: index of the VF
 * @vectors: vectors, VANE_MIN_VECTORS_VF to VANE_MAX_VECTORS_VF
 * @extack: where an error is explained
 *
 * Context: The devlink instance lock held. May sleep. Takes the VF's device
 * lock, which it waits for a second at most, then vane_pf.lock.
 * Return: 0 or an errno; -EBUSY if the VF has a driver or its lock is held.
 */
int vane_size_set_unbound(struct vane_pf *pf, u16 index, u16 vectors,
			  struct netlink_ext_ack *extack)
{
	struct pci_dev *vfdev = vane_vf_get_vfdev(pf, index);
	int err;

	if (vfdev &&
	    !vane_vf_lock_device(vfdev, jiffies + VANE_VF_BUSY_TIMEOUT)) {
		NL_SET_ERR_MSG(extack,
			       "The VF is being bound to or unbound from a driver, try again");
		pci_dev_put(vfdev);
		return -EBUSY;
	}
	if (vfdev && vfdev->dev.driver) {
		NL_SET_ERR_MSG(extack, "The VF has a driver, unbind it first");
		err = -EBUSY;
		goto unlock_vf;
	}
	mutex_lock(&pf->lock);
	err = vane_size_set(pf, index, vectors, extack);
	mutex_unlock(&pf->lock);
unlock_vf:
	if (vfdev)
		device_unlock(&vfdev->dev);
	pci_dev_put(vfdev);
	return err;
}
