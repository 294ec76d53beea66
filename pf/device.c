// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: the device as a whole: start, stop, recovery.
 */
#include <linux/pci.h>
#include <linux/rtnetlink.h>

#include "channel.h"
#include "command.h"
#include "device.h"
#include "filter.h"
#include "link.h"
#include "pf.h"
#include "rate.h"
#include "switch.h"
#include "vf.h"

/* Delay before a device that did not come up is tried again: initial, maximum */
#define VANE_DEVICE_RETRY_MIN		((unsigned long)HZ)
#define VANE_DEVICE_RETRY_MAX		(64UL * HZ)

/**
 * vane_device_serve() - serve the VFs' mailboxes, and tell the VFs
 * @pf: the PF, its mailbox started; it knows its VFs
 *
 * Context: Process context, serialised with vane_device_stop_mbox() by the owner.
 */
void vane_device_serve(struct vane_pf *pf)
{
	pf->serving = true;
	enable_work(&pf->serve_work);
	/* Notices may have come before, whose event found the work disabled */
	queue_work(pf->wq, &pf->serve_work);
	vane_wr32(&pf->vdev, VANE_REG_PF_CTRL, VANE_PF_CTRL_READY);
}

/*
 * From here on the device holds the VFs' requests. An event that is late must not
 * have them served, as the queues may have been started anew by then.
 */
static void vane_device_forbid_serving(struct vane_pf *pf)
{
	vane_wr32(&pf->vdev, VANE_REG_PF_CTRL, 0);
	if (pf->serving)
		disable_work(&pf->serve_work);
	pf->serving = false;
}

/**
 * vane_device_stop_mbox() - stop the mailbox
 * @pf: the PF
 *
 * Commands fail from now on.
 *
 * Context: Process context; may sleep. Not under vane_pf.lock, which the work
 * item takes that this waits for.
 */
void vane_device_stop_mbox(struct vane_pf *pf)
{
	vane_device_forbid_serving(pf);
	vane_mbox_pf_stop(&pf->mbox);
	flush_work(&pf->serve_work);
}

/**
 * vane_device_drain_mbox() - answer what the VFs have sent until now
 * @pf: the PF, whose VFs stay enabled without it
 *
 * A request that went with the driver would remain outstanding, and the VF could
 * send no other one before a reset. To be followed by vane_device_stop().
 *
 * Context: Process context; may sleep, for as long as a command may take if the
 * device does not respond. Takes vane_pf.lock.
 */
void vane_device_drain_mbox(struct vane_pf *pf)
{
	vane_device_forbid_serving(pf);
	flush_work(&pf->serve_work);
	if (vane_dev_alive(&pf->vdev))
		vane_mbox_pf_drain(&pf->mbox);
}

/**
 * vane_device_replay() - restore the configuration of a device that was reset
 * @pf: the PF
 *
 * Context: Process context; may sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_device_replay(struct vane_pf *pf)
{
	struct vane_mbox_batch batch;
	int err;

	mutex_lock(&pf->lock);
	vane_mbox_batch_begin(&batch, &pf->mbox);
	vane_link_replay(pf, &batch);
	vane_switch_replay(pf, &batch);
	vane_filter_replay(pf, &batch);
	vane_rate_replay(pf, &batch);
	vane_vf_replay(pf, &batch);
	vane_channel_replay(pf, &batch);
	err = vane_command_batch_end(pf, &batch);
	if (!err)
		err = vane_vf_send_status(pf, true);
	mutex_unlock(&pf->lock);
	return err;
}

/**
 * vane_device_start() - reset the device and start it, without the netdev
 * @pf: the PF, stopped
 *
 * It is configured as it was.
 *
 * Context: rtnl held, or the PF's device lock where there is no netdev. May
 * sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_device_start(struct vane_pf *pf)
{
	int err;

	vane_wr32(&pf->vdev, VANE_REG_PF_CTRL, VANE_PF_CTRL_RESET);
	err = vane_dev_enable(&pf->vdev);
	if (err)
		return err;
	err = vane_mbox_pf_start(&pf->mbox);
	if (err)
		goto disable_dev;
	err = vane_device_replay(pf);
	if (err)
		goto stop_mbox;
	vane_device_serve(pf);
	/* What a reset kept from the device can be done now */
	queue_work(pf->wq, &pf->assocs.work);
	return 0;

stop_mbox:
	vane_device_stop_mbox(pf);
disable_dev:
	vane_dev_disable(&pf->vdev);
	return err;
}

/**
 * vane_device_stop() - undo vane_device_start()
 * @pf: the PF
 *
 * Context: rtnl held, or the PF's device lock where there is no netdev any
 * more. May sleep. Not under vane_pf.lock, see vane_device_stop_mbox().
 */
void vane_device_stop(struct vane_pf *pf)
{
	vane_device_stop_mbox(pf);
	/*
	 * A device that does not respond now, but may do so later, still has
	 * addresses of memory that is about to be freed. Enabling it sets bus
	 * master again.
	 */
	vane_rd32(&pf->vdev, VANE_REG_STATE);
	if (!vane_dev_alive(&pf->vdev))
		pci_clear_master(pf->vdev.pdev);
	vane_dev_disable(&pf->vdev);
}

/* Whether the device is known to work; rtnl */
static bool vane_device_works(struct vane_pf *pf)
{
	struct vane_dev *vdev = &pf->vdev;
	u32 state = vane_rd32(vdev, VANE_REG_STATE);

	/* A device that is back has missed what was configured meanwhile */
	return pf->running && !test_bit(VANE_DEV_DEAD, &vdev->flags) &&
	       state & VANE_STATE_ENABLED;
}

static bool vane_device_retry_is_due(const struct vane_pf *pf)
{
	return pf->retry.wanted && time_after_eq(jiffies, pf->retry.time);
}

/**
 * vane_device_needs_reset() - whether a reset may bring the device back
 * @pf: the PF
 *
 * It may if the device responds, but was reset behind the driver's back, did not
 * respond before, or did not come up the last time.
 *
 * Context: rtnl held. Does not sleep.
 * Return: true if so.
 */
bool vane_device_needs_reset(struct vane_pf *pf)
{
	ASSERT_RTNL();

	if (!pf->running && !vane_device_retry_is_due(pf))
		return false;
	return !vane_device_works(pf) && vane_dev_alive(&pf->vdev);
}

/* Retry with growing delay, as the cause may have been a lack of memory */
static void vane_device_schedule_retry(struct vane_pf *pf, const char *what,
				       int err)
{
	struct vane_retry *retry = &pf->retry;

	retry->delay = retry->wanted ?
		       min(2 * retry->delay, VANE_DEVICE_RETRY_MAX) :
		       VANE_DEVICE_RETRY_MIN;
	retry->time = jiffies + retry->delay;
	retry->wanted = true;
	pci_err(pf->vdev.pdev, "cannot restart the %s: %pe, retrying in %lu s\n",
		what, ERR_PTR(err), retry->delay / HZ);
}

/*
 * Attach the netdev to the device, which is started. If there is no memory for its
 * rings, the VFs have the device all the same.
 */
static int vane_device_attach_netdev(struct vane_pf *pf)
{
	int err;

	err = vane_net_attach(pf->vdev.net);
	if (err) {
		vane_device_schedule_retry(pf, "interface of the PF", err);
		return err;
	}
	pf->retry.wanted = false;
	queue_work(pf->wq, &pf->filter.work);
	return 0;
}

/**
 * vane_device_retry_netdev() - attach the netdev if a reset could not
 * @pf: the PF
 *
 * Does nothing before the retry is due, or if the device itself needs a reset.
 *
 * Context: rtnl held. May sleep.
 * Return: true if the netdev has been attached.
 */
bool vane_device_retry_netdev(struct vane_pf *pf)
{
	ASSERT_RTNL();

	return pf->running && vane_device_retry_is_due(pf) &&
	       vane_device_works(pf) && !vane_device_attach_netdev(pf);
}

/**
 * vane_device_take_down() - stop the device, in whatever state it is
 * @pf: the PF
 *
 * The configuration is kept. The device is not brought up again before
 * vane_device_bring_up().
 *
 * Context: rtnl held. May sleep. Not under vane_pf.lock, see
 * vane_device_stop_mbox().
 */
void vane_device_take_down(struct vane_pf *pf)
{
	ASSERT_RTNL();

	pf->retry.wanted = false;
	if (!pf->running)
		return;
	pf->running = false;
	vane_net_detach(pf->vdev.net);
	vane_device_stop(pf);
}

/**
 * vane_device_bring_up() - reset the device and start it, configured as it was
 * @pf: the PF, taken down
 *
 * A failure is logged, and retried automatically: that of the netdev alone without
 * another reset, which the VFs would suffer from.
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_device_bring_up(struct vane_pf *pf)
{
	int err;

	ASSERT_RTNL();

	/* A reload failed, and only the next one creates a netdev */
	if (!pf->vdev.net)
		return -ENODEV;

	err = vane_device_start(pf);
	if (err) {
		vane_device_schedule_retry(pf, "device", err);
		return err;
	}
	pf->running = true;
	return vane_device_attach_netdev(pf);
}

/**
 * vane_device_reset() - reset a running or failed device, and bring it up
 * @pf: the PF
 *
 * Context: rtnl held. May sleep. Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_device_reset(struct vane_pf *pf)
{
	if (pf->running)
		vane_device_take_down(pf);
	return vane_device_bring_up(pf);
}

/**
 * vane_device_recover() - ensure that the device works, and its netdev
 * @pf: the PF
 *
 * Resets the device if it does not.
 *
 * Context: Process context; may sleep. Takes rtnl.
 * Return: 0 or an errno.
 */
int vane_device_recover(struct vane_pf *pf)
{
	int err = 0;

	rtnl_lock();
	if (!vane_device_works(pf))
		err = vane_device_reset(pf);
	else if (pf->retry.wanted)
		err = vane_device_attach_netdev(pf);
	rtnl_unlock();
	return err;
}
