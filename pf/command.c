// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: commands to the device. A device that does not respond is
 * reset.
 */
#include "command.h"
#include "pf.h"

/**
 * vane_command() - send a command to the device and wait for its answer
 * @pf: the PF
 * @op: the command
 * @req: its body
 * @req_len: bytes of it
 * @rsp: where the answer's body goes, or NULL
 * @rsp_len: bytes of it
 *
 * As vane_mbox_command(), but resets a device that does not respond, and sends
 * nothing to one that is gone.
 *
 * Context: Process context; sleeps. vane_pf.lock held if the command is to agree
 * with what the driver stores.
 * Return: 0 or an errno.
 */
int vane_command(struct vane_pf *pf, enum vane_cmd_op op, const void *req,
		 u16 req_len, void *rsp, u16 rsp_len)
{
	int err;

	if (!vane_dev_alive(&pf->vdev))
		return -ENODEV;
	err = vane_mbox_command(&pf->mbox, op, req, req_len, rsp, rsp_len);
	if (err == -ETIMEDOUT) {
		vane_pf_set_reset_reason(pf, VANE_HEALTH_MBOX);
		vane_pf_queue_reset(pf);
	}
	return err;
}

/**
 * vane_command_batch_end() - wait for the commands of a batch
 * @pf: the PF
 * @batch: the batch
 *
 * As vane_mbox_batch_end(), but a device that does not answer is reset.
 *
 * Context: Process context; sleeps. vane_pf.lock held, unless the answers alone
 * are wanted.
 * Return: 0 or the first error.
 */
int vane_command_batch_end(struct vane_pf *pf, struct vane_mbox_batch *batch)
{
	int err = vane_mbox_batch_end(batch);

	if (err == -ETIMEDOUT) {
		vane_pf_set_reset_reason(pf, VANE_HEALTH_MBOX);
		vane_pf_queue_reset(pf);
	}
	return err;
}

/* What keeps a command from the device; NULL if it got there */
static const char *vane_command_obstacle(int err)
{
	if (err == -ENODEV)
		return "does not respond";
	return vane_command_is_lost(err) ? "is being reset; try again" : NULL;
}

/* The errno for the caller of a command */
static int vane_command_errno(int err)
{
	return vane_command_is_lost(err) && err != -ENODEV ? -EBUSY : err;
}

/**
 * vane_command_explain() - say why a command was not carried out
 * @pf: the PF
 * @extack: where that is said; without, it is in the log
 * @err: errno of vane_command() or vane_command_batch_end()
 * @fmt: what was to be done, for printk: "set the mode"
 *
 * A command that did not get to the device was not refused, and can be made again
 * when the device has been reset. The PF's driver does that by itself.
 *
 * Context: Any.
 * Return: errno for the caller of the command: -EBUSY where it can try again.
 */
int vane_command_explain(struct vane_pf *pf, struct netlink_ext_ack *extack,
			 int err, const char *fmt, ...)
{
	const char *obstacle = vane_command_obstacle(err);
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	if (!extack)
		vane_pf_refuse(pf, "cannot %pV: the device %s (%pe)", &vaf,
			       obstacle ?: "refused", ERR_PTR(err));
	else if (obstacle)
		NL_SET_ERR_MSG_FMT(extack, "The device %s", obstacle);
	else
		NL_SET_ERR_MSG_FMT(extack, "The device refused to %pV: %pe",
				   &vaf, ERR_PTR(err));
	va_end(args);
	return vane_command_errno(err);
}

/**
 * vane_command_tell() - say why a write to a file of sysfs failed
 * @pf: the PF
 * @err: errno of vane_command() or vane_command_batch_end()
 * @fmt: what was to be done, for printk: "enable 8 VFs"
 *
 * As vane_command_explain() without extack, but always in the log, see
 * vane_pf_tell().
 *
 * Context: Any.
 * Return: errno for the caller of the command: -EBUSY where it can try again.
 */
int vane_command_tell(struct vane_pf *pf, int err, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	vane_pf_tell(pf, "cannot %pV: the device %s (%pe)", &vaf,
		     vane_command_obstacle(err) ?: "refused", ERR_PTR(err));
	va_end(args);
	return vane_command_errno(err);
}
