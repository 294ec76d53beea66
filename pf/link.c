// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: the link of the port: its state and its settings.
 */
#include "command.h"
#include "link.h"
#include "pf.h"
#include "vf.h"

/* Settings of the device until it gets others */
#define VANE_LINK_DEFAULT_FLAGS	(VANE_LINK_AUTONEG | VANE_LINK_PAUSE_AUTONEG)

/**
 * vane_link_has_port() - whether the device lets its port be controlled
 * @pf: the PF
 *
 * Context: Any.
 * Return: true if so.
 */
bool vane_link_has_port(const struct vane_pf *pf)
{
	return pf->vdev.features & VANE_FEAT_PORT;
}

/**
 * vane_link_get_state() - ask the device for the state of the link
 * @pf: the PF
 * @state: where it goes
 *
 * Context: Process context; sleeps.
 * Return: 0 or an errno.
 */
int vane_link_get_state(struct vane_pf *pf, struct vane_cmd_link_state *state)
{
	return vane_command(pf, VANE_CMD_LINK_GET, NULL, 0, state,
			    sizeof(*state));
}

/**
 * vane_link_wanted() - link settings of the user, as the device takes them
 * @pf: the PF
 *
 * Context: vane_pf.lock held. Does not sleep.
 * Return: body of VANE_CMD_LINK_SET.
 */
struct vane_cmd_link vane_link_wanted(const struct vane_pf *pf)
{
	u32 flags = pf->link.flags;

	/* Kept by the driver while there is no autonegotiation. */
	if (!(flags & VANE_LINK_AUTONEG))
		flags &= ~VANE_LINK_PAUSE_AUTONEG;
	return (struct vane_cmd_link) {
		.flags = cpu_to_le32(flags),
		.speeds = cpu_to_le32(pf->link.speeds),
	};
}

/**
 * vane_link_set() - change the settings of the link
 * @pf: the PF
 * @flags: VANE_LINK_*
 * @wanted_speeds: VANE_SPEED_* to advertise, or the one to use
 *
 * Context: vane_pf.lock held. May sleep.
 * Return: 0, or an errno if nothing was changed.
 */
int vane_link_set(struct vane_pf *pf, u32 flags, u32 wanted_speeds)
{
	u32 old_speeds = pf->link.speeds;
	u32 old_flags = pf->link.flags;
	struct vane_cmd_link cmd;
	int err;

	lockdep_assert_held(&pf->lock);

	pf->link.flags = flags;
	pf->link.speeds = wanted_speeds;
	cmd = vane_link_wanted(pf);
	err = vane_command(pf, VANE_CMD_LINK_SET, &cmd, sizeof(cmd), NULL, 0);
	if (err) {
		pf->link.flags = old_flags;
		pf->link.speeds = old_speeds;
		err = vane_command_explain(pf, NULL, err, "set the link");
	}
	return err;
}

/**
 * vane_link_init() - set the default settings of the port
 * @pf: the PF, not known to anyone yet
 *
 * Context: Before anybody else knows the PF.
 */
void vane_link_init(struct vane_pf *pf)
{
	pf->link.flags = VANE_LINK_DEFAULT_FLAGS;
	pf->link.speeds = VANE_SPEED_ALL;
}

/* Read the state of the link; false if the device does not respond */
static bool vane_link_refresh(struct vane_pf *pf)
{
	u32 link = vane_rd32(&pf->vdev, VANE_REG_PORT_LINK);
	u32 speed = vane_rd32(&pf->vdev, VANE_REG_PORT_SPEED);

	lockdep_assert_held(&pf->lock);

	if (!vane_dev_alive(&pf->vdev))
		return false;
	pf->link.up = link & VANE_PORT_LINK_UP;
	pf->link.speed = speed;
	return true;
}

/**
 * vane_link_replay() - restore the link's settings after a reset of the device
 * @pf: the PF
 * @batch: where the command is added
 *
 * Context: vane_pf.lock held. May sleep.
 */
void vane_link_replay(struct vane_pf *pf, struct vane_mbox_batch *batch)
{
	struct vane_cmd_link cmd;

	vane_link_refresh(pf);
	/* A device has these after a reset, and maybe a link, which stays up */
	if (!vane_link_has_port(pf) ||
	    (pf->link.flags == VANE_LINK_DEFAULT_FLAGS &&
	     pf->link.speeds == VANE_SPEED_ALL))
		return;
	cmd = vane_link_wanted(pf);
	vane_mbox_batch_add(batch, VANE_CMD_LINK_SET, &cmd, sizeof(cmd), NULL,
			    0);
}

/**
 * vane_link_adopt() - take over the link as a former driver left it
 * @pf: the PF
 *
 * Context: Process context; may sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_link_adopt(struct vane_pf *pf)
{
	struct vane_cmd_link_state state;
	int err;

	mutex_lock(&pf->lock);
	vane_link_refresh(pf);
	mutex_unlock(&pf->lock);
	if (!vane_link_has_port(pf))
		return 0;
	/* The former driver may have died while the LED was blinking */
	vane_wr32(&pf->vdev, VANE_REG_PORT_LED, 0);
	err = vane_link_get_state(pf, &state);
	if (err)
		return err;
	mutex_lock(&pf->lock);
	pf->link.flags = le32_to_cpu(state.wanted.flags);
	pf->link.speeds = le32_to_cpu(state.wanted.speeds) & VANE_SPEED_ALL;
	mutex_unlock(&pf->lock);
	return 0;
}

/**
 * vane_link_work() - handle a change of the port's link
 * @work: vane_pf.link.work
 *
 * Context: Work item of vane_pf.wq; may sleep. Takes vane_pf.lock.
 */
void vane_link_work(struct work_struct *work)
{
	struct vane_pf *pf = container_of(work, struct vane_pf, link.work);
	bool known;

	mutex_lock(&pf->lock);
	known = vane_link_refresh(pf);
	mutex_unlock(&pf->lock);
	if (known)
		vane_vf_notify_status(pf, true);
}
