// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: detection of malicious drivers of VFs.
 *
 * The device stops a queue whose driver breaks a rule, and tells the PF. One such
 * error may be a mistake, and it harms that VF only. Many of them keep the device
 * and this driver busy, so the administrator may have the VF reset or cut off.
 *
 * A window of time begins with the first error after the last window. When the
 * limit of errors is reached in a window, the VF's record is clear again.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/netlink.h>
#include <linux/pci.h>
#include <linux/ratelimit.h>
#include <linux/string.h>

#include "command.h"
#include "mdd.h"
#include "pf.h"
#include "vf.h"

#define VANE_MDD_DEF_LIMIT		16
#define VANE_MDD_DEF_WINDOW		60

static const char * const vane_mdd_action_names[] = {
	[VANE_MDD_REPORT] = "report",
	[VANE_MDD_RESET] = "reset",
	[VANE_MDD_QUARANTINE] = "quarantine",
};

static_assert(ARRAY_SIZE(vane_mdd_action_names) == VANE_NUM_MDD_ACTIONS);

/**
 * vane_mdd_action_name() - what the administrator calls an action
 * @action: the action
 *
 * Context: Any.
 * Return: its name.
 */
const char *vane_mdd_action_name(enum vane_mdd_action action)
{
	return vane_mdd_action_names[action];
}

/**
 * vane_mdd_find_action() - an action by name
 * @name: the name
 *
 * Context: Any.
 * Return: enum vane_mdd_action, or -EINVAL if there is none.
 */
int vane_mdd_find_action(const char *name)
{
	return match_string(vane_mdd_action_names,
			    ARRAY_SIZE(vane_mdd_action_names), name);
}

/**
 * vane_mdd_init() - what is done unless the administrator wants something else
 * @pf: the PF
 *
 * Context: Any; nobody else knows the PF yet.
 */
void vane_mdd_init(struct vane_pf *pf)
{
	pf->mdd.action = VANE_MDD_REPORT;
	pf->mdd.limit = VANE_MDD_DEF_LIMIT;
	pf->mdd.window = VANE_MDD_DEF_WINDOW;
}

/* Whether this error of the VF, which is being counted, is one too many */
static bool vane_mdd_is_too_much(const struct vane_mdd *mdd,
				 struct vane_vf_mdd *record)
{
	if (!record->in_window ||
	    time_after(jiffies, record->window_start + mdd->window * HZ)) {
		record->window_start = jiffies;
		record->in_window = 0;
	}
	record->in_window++;
	return record->in_window >= mdd->limit;
}

static int vane_mdd_quarantine(struct vane_pf *pf, u16 index)
{
	struct vane_vf_config config = pf->vfs[index].config;
	int err;

	config.quarantined = true;
	err = vane_vf_configure(pf, index, &config, VANE_PORT_VALID_FLAGS);
	if (!vane_command_is_lost(err))
		return err;
	/* The device is reset then, and configured again */
	pf->vfs[index].config.quarantined = true;
	return 0;
}

static int vane_mdd_reset(struct vane_pf *pf, u16 index)
{
	struct vane_vf_mdd *record = &pf->vfs[index].mdd;
	int err;

	err = vane_vf_reset(pf, index);
	/* The device is reset then, and the VF with it */
	if (vane_command_is_lost(err))
		err = 0;
	if (!err)
		record->resets++;
	return err;
}

/* The VF has reached the limit. If this fails, its next error may have it repeated. */
static void vane_mdd_act(struct vane_pf *pf, u16 index)
{
	struct pci_dev *pdev = pf->vdev.pdev;
	struct vane_vf *vf = &pf->vfs[index];
	int err;

	switch (pf->mdd.action) {
	case VANE_MDD_RESET:
		err = vane_mdd_reset(pf, index);
		if (!err && __ratelimit(&vf->sanctions))
			pci_warn(pdev, "VF %u: reset after %u errors of its driver within %u s\n",
				 index, vf->mdd.in_window, pf->mdd.window);
		break;
	case VANE_MDD_QUARANTINE:
		err = vane_mdd_quarantine(pf, index);
		if (!err)
			pci_warn(pdev, "VF %u: quarantined after %u errors of its driver within %u s\n",
				 index, vf->mdd.in_window, pf->mdd.window);
		break;
	default:
		err = 0;
		break;
	}
	if (!err)
		vf->mdd.in_window = 0;
	/* The VF may be being disabled */
	else if (err != -ENOENT && __ratelimit(&vf->sanctions))
		pci_warn(pdev, "VF %u: cannot %s it: %pe\n", index,
			 vane_mdd_action_name(pf->mdd.action), ERR_PTR(err));
}

/**
 * vane_mdd_note_error() - count an error of a VF's driver, and act on it
 * @pf: the PF
 * @index: index of the VF, which exists
 * @error: enum vane_error
 * @queue: queue that the device stopped, with VANE_RQ_QUEUE_TX
 *
 * Context: vane_pf.lock held. May sleep.
 */
void vane_mdd_note_error(struct vane_pf *pf, u16 index, u16 error, u16 queue)
{
	struct vane_vf *vf = &pf->vfs[index];
	struct vane_vf_mdd *record = &vf->mdd;

	lockdep_assert_held(&pf->lock);

	record->errors[min_t(u16, error, VANE_VF_ERROR_UNKNOWN)]++;
	record->last_error = error;
	record->last_queue = queue;
	/* There is no more to be done about it */
	if (vf->config.quarantined)
		return;
	if (vane_mdd_is_too_much(&pf->mdd, record))
		vane_mdd_act(pf, index);
}

/**
 * vane_mdd_release() - end the quarantine of a VF
 * @pf: the PF
 * @index: index of the VF, which exists
 * @extack: where an error is explained
 *
 * Its record is clear then.
 *
 * Context: vane_pf.lock held. May sleep.
 * Return: 0, also if it is in none, or an errno, nothing being changed.
 */
int vane_mdd_release(struct vane_pf *pf, u16 index,
		     struct netlink_ext_ack *extack)
{
	struct vane_vf *vf = &pf->vfs[index];
	struct vane_vf_config config = vf->config;
	int err;

	lockdep_assert_held(&pf->lock);

	if (config.quarantined) {
		config.quarantined = false;
		err = vane_vf_reconfigure(pf, index, &config,
					  VANE_PORT_VALID_FLAGS, extack);
		if (err)
			return err;
	}
	vf->mdd.in_window = 0;
	return 0;
}
