// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: health, as devlink reports it.
 *
 * An error of the PF is noted where it is detected, in any context, and a reset
 * of the device is queued immediately, as VFs depend on the device. A work item
 * reports the error to devlink. So auto_recover finds the device recovered, or
 * tries again if that reset failed. The work item takes the PF's device lock,
 * under which reporters come and go. It must use trylock, since the holder of
 * that lock may be waiting for the work item to end.
 *
 * An error of a VF's driver concerns that VF only. It is reported; mdd.c has what
 * else is done about it, if the administrator wants that.
 */
#include <linux/bitfield.h>
#include <linux/pci.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/devlink.h>

#include "command.h"
#include "device.h"
#include "filter.h"
#include "health.h"
#include "mdd.h"
#include "pf.h"
#include "stats.h"
#include "vf.h"

/* Minimum time between two reports of the same kind */
#define VANE_HEALTH_DELAY	(HZ / 10)

static const char * const error_names[] = {
	[VANE_ERROR_NONE] = "none",
	[VANE_ERROR_FEATURES] = "features",
	[VANE_ERROR_DISABLED] = "disabled",
	[VANE_ERROR_SIZE] = "size",
	[VANE_ERROR_ALIGN] = "alignment",
	[VANE_ERROR_VECTOR] = "vector",
	[VANE_ERROR_RESERVED] = "reserved bit",
	[VANE_ERROR_LENGTH] = "length",
	[VANE_ERROR_CHAIN] = "chain",
	[VANE_ERROR_INDEX] = "index",
	[VANE_ERROR_DMA] = "bus error",
	[VANE_ERROR_FEATURE_UNUSED] = "feature unused",
	[VANE_ERROR_BUSY] = "busy",
	[VANE_ERROR_MSG] = "message",
};

static const char *vane_health_error_name(u32 error)
{
	return error < ARRAY_SIZE(error_names) ? error_names[error] : "unknown";
}

static struct vane_pf *vane_health_pf(struct devlink_health_reporter *reporter)
{
	return devlink_health_reporter_priv(reporter);
}

/* Noting
 * ------
 */

/* Something is wrong. Any context. */
static void vane_health_report(struct vane_pf *pf,
			       enum vane_health_reporter reporter)
{
	set_bit(reporter, &pf->health.pending);
	queue_delayed_work(pf->wq, &pf->health.work, VANE_HEALTH_DELAY);
}

/* Note why the device was reset */
static void vane_health_report_reset_reasons(struct vane_pf *pf)
{
	unsigned int i;

	for (i = 0; i < VANE_NUM_HEALTH_REPORTERS; i++)
		if (test_and_clear_bit(i, &pf->reset_reasons))
			vane_health_report(pf, i);
}

/* The device came back after devlink was told that it had failed */
static void vane_health_report_recovered(struct vane_pf *pf)
{
	WRITE_ONCE(pf->health.recovered, true);
	queue_delayed_work(pf->wq, &pf->health.work, VANE_HEALTH_DELAY);
}

static void vane_health_set_healthy(struct vane_pf *pf)
{
	unsigned int i;

	for (i = 0; i < VANE_NUM_HEALTH_REPORTERS; i++)
		devlink_health_reporter_state_update(pf->health.reporters[i],
						     DEVLINK_HEALTH_REPORTER_STATE_HEALTHY);
}

/**
 * vane_health_restart() - the device was restarted other than by recovery
 * @pf: the PF
 *
 * Context: The devlink instance lock held. May sleep.
 */
void vane_health_restart(struct vane_pf *pf)
{
	WRITE_ONCE(pf->reset_reasons, 0);
	WRITE_ONCE(pf->health.pending, 0);
	WRITE_ONCE(pf->health.recovered, false);
	vane_health_set_healthy(pf);
}

/**
 * vane_health_report_vf() - the device stopped a queue of a VF
 * @pf: the PF
 * @index: index of the VF
 *
 * Context: Any.
 */
void vane_health_report_vf(struct vane_pf *pf, u16 index)
{
	set_bit(index, pf->health.vfs);
	queue_delayed_work(pf->wq, &pf->health.work, VANE_HEALTH_DELAY);
}

static bool vane_health_read_queue(struct vane_pf *pf,
				   struct vane_queue_state *queue, u32 state,
				   u32 head, u32 tail)
{
	queue->state = vane_rd32(&pf->vdev, state);
	queue->head = vane_rd32(&pf->vdev, head);
	queue->tail = vane_rd32(&pf->vdev, tail);
	return FIELD_GET(VANE_Q_STATE_ERROR, queue->state);
}

/*
 * Record the state of the queues before a reset clears it. Blames queues that
 * stopped with an error or, if there are none, the whole device.
 */
static void vane_health_capture(struct vane_pf *pf)
{
	struct vane_health *health = &pf->health;
	struct vane_dev *vdev = &pf->vdev;
	bool tx = false, rx = false;
	u16 q;

	mutex_lock(&health->lock);
	health->num_queues = vdev->max_queues;
	for (q = 0; q < health->num_queues; q++) {
		tx |= vane_health_read_queue(pf, &health->tx[q],
					     VANE_TXQ(q) + VANE_TXQ_STATE,
					     VANE_TXQ(q) + VANE_TXQ_HEAD,
					     VANE_TXQ(q) + VANE_TXQ_TAIL);
		rx |= vane_health_read_queue(pf, &health->rx[q],
					     VANE_RXQ(q) + VANE_RXQ_STATE,
					     VANE_RXQ(q) + VANE_RXQ_HEAD,
					     VANE_RXQ(q) + VANE_RXQ_TAIL);
	}
	mutex_unlock(&health->lock);

	/* The registers of a dead device mean nothing */
	if (tx && vane_dev_alive(vdev))
		vane_pf_set_reset_reason(pf, VANE_HEALTH_TX);
	if (rx && vane_dev_alive(vdev))
		vane_pf_set_reset_reason(pf, VANE_HEALTH_RX);
	if (!pf->reset_reasons)
		vane_pf_set_reset_reason(pf, VANE_HEALTH_FATAL);
}

/**
 * vane_health_reset_work() - reset the device
 * @work: vane_pf.reset_work
 *
 * After a failed attempt, waits until the retry is due.
 *
 * Context: Work item of vane_pf.wq; may sleep. Takes rtnl.
 */
void vane_health_reset_work(struct work_struct *work)
{
	struct vane_pf *pf =
		container_of(work, struct vane_pf, reset_work);
	struct pci_dev *pdev = pf->vdev.pdev;
	bool failed;

	rtnl_lock();
	if (pf->running) {
		pci_warn(pdev, "resetting the device\n");
		vane_health_capture(pf);
	} else if (!vane_device_needs_reset(pf)) {
		goto unlock;
	}
	failed = pf->retry.wanted;
	if (!vane_device_reset(pf)) {
		pci_info(pdev, "device recovered, %u VFs configured again\n",
			 pf->num_vfs);
		if (failed)
			vane_health_report_recovered(pf);
	}
unlock:
	rtnl_unlock();
	vane_health_report_reset_reasons(pf);
}

/**
 * vane_health_watch_work() - check the device periodically
 * @work: vane_pf.health.watch_work
 *
 * No interrupt reports a device that is gone, is back, or was reset behind the
 * driver's back.
 *
 * Context: Work item of vane_pf.wq. Takes rtnl if that is free.
 */
void vane_health_watch_work(struct work_struct *work)
{
	struct vane_pf *pf = container_of(to_delayed_work(work), struct vane_pf,
					  health.watch_work);
	struct vane_dev *vdev = &pf->vdev;

	vane_filter_retry(pf);
	/* Under rtnl, as the driver itself might be resetting the device */
	if (rtnl_trylock()) {
		vane_dev_check_events(vdev);
		if (vane_device_needs_reset(pf)) {
			if (pf->running)
				vane_pf_set_reset_reason(pf,
							 VANE_HEALTH_FATAL);
			vane_pf_queue_reset(pf);
		} else if (vane_device_retry_netdev(pf)) {
			pci_info(vdev->pdev, "the PF's interface has recovered\n");
			vane_health_report_recovered(pf);
		}
		rtnl_unlock();
	}
	/* Once, until a reset tries to bring it back */
	if (!vane_dev_alive(vdev) && !pf->health.not_responding)
		vane_health_report(pf, VANE_HEALTH_FATAL);
	pf->health.not_responding = !vane_dev_alive(vdev);
	queue_delayed_work(pf->wq, &pf->health.watch_work,
			   VANE_HEALTH_WATCH_PERIOD);
}

/* Reporters of the PF
 * -------------------
 */

static int vane_health_pf_recover(struct devlink_health_reporter *reporter,
				  void *ctx, struct netlink_ext_ack *extack)
{
	int err;

	err = vane_device_recover(vane_health_pf(reporter));
	if (err)
		NL_SET_ERR_MSG(extack,
			       "The device did not recover from its reset; see the kernel log");
	return err;
}

static void vane_health_put_register(struct vane_pf *pf,
				     struct devlink_fmsg *fmsg,
				     const char *name, u32 reg)
{
	devlink_fmsg_u32_pair_put(fmsg, name, vane_rd32(&pf->vdev, reg));
}

static int vane_health_mbox_diagnose(struct devlink_health_reporter *reporter,
				     struct devlink_fmsg *fmsg,
				     struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = vane_health_pf(reporter);
	struct vane_mbox_pf *mbox = &pf->mbox;
	u16 filled, collected;
	bool running;

	spin_lock_irq(&mbox->sq_lock);
	running = mbox->sq_running;
	filled = mbox->sq_tail;
	collected = mbox->sq_head;
	spin_unlock_irq(&mbox->sq_lock);

	vane_health_put_register(pf, fmsg, "rq_state", VANE_REG_RQ_STATE);
	vane_health_put_register(pf, fmsg, "rq_written", VANE_REG_RQ_HEAD);
	devlink_fmsg_u32_pair_put(fmsg, "rq_read", READ_ONCE(mbox->rq_head));
	vane_health_put_register(pf, fmsg, "sq_state", VANE_REG_SQ_STATE);
	vane_health_put_register(pf, fmsg, "sq_done", VANE_REG_SQ_HEAD);
	devlink_fmsg_bool_pair_put(fmsg, "sq_running", running);
	devlink_fmsg_u32_pair_put(fmsg, "sq_filled", filled);
	devlink_fmsg_u32_pair_put(fmsg, "sq_collected", collected);
	return 0;
}

static int vane_health_mbox_dump(struct devlink_health_reporter *reporter,
				 struct devlink_fmsg *fmsg, void *ctx,
				 struct netlink_ext_ack *extack)
{
	return vane_health_mbox_diagnose(reporter, fmsg, extack);
}

static void vane_health_put_queues(struct devlink_fmsg *fmsg,
				   const struct vane_queue_state *queues,
				   u16 num_queues)
{
	u32 error;
	u16 q;

	devlink_fmsg_arr_pair_nest_start(fmsg, "queues");
	for (q = 0; q < num_queues; q++) {
		/* Skip those that were never used */
		if (!queues[q].state)
			continue;
		devlink_fmsg_obj_nest_start(fmsg);
		devlink_fmsg_u32_pair_put(fmsg, "queue", q);
		devlink_fmsg_bool_pair_put(fmsg, "enabled",
					   queues[q].state &
					   VANE_Q_STATE_ENABLED);
		error = FIELD_GET(VANE_Q_STATE_ERROR, queues[q].state);
		devlink_fmsg_string_pair_put(fmsg, "error",
					     vane_health_error_name(error));
		devlink_fmsg_u32_pair_put(fmsg, "head", queues[q].head);
		devlink_fmsg_u32_pair_put(fmsg, "tail", queues[q].tail);
		devlink_fmsg_obj_nest_end(fmsg);
	}
	devlink_fmsg_arr_pair_nest_end(fmsg);
}

static int vane_health_tx_dump(struct devlink_health_reporter *reporter,
			       struct devlink_fmsg *fmsg, void *ctx,
			       struct netlink_ext_ack *extack)
{
	struct vane_health *health = &vane_health_pf(reporter)->health;

	mutex_lock(&health->lock);
	vane_health_put_queues(fmsg, health->tx, health->num_queues);
	mutex_unlock(&health->lock);
	return 0;
}

static int vane_health_rx_dump(struct devlink_health_reporter *reporter,
			       struct devlink_fmsg *fmsg, void *ctx,
			       struct netlink_ext_ack *extack)
{
	struct vane_health *health = &vane_health_pf(reporter)->health;

	mutex_lock(&health->lock);
	vane_health_put_queues(fmsg, health->rx, health->num_queues);
	mutex_unlock(&health->lock);
	return 0;
}

/* The current state of the queues */
static int vane_health_diagnose_queues(struct vane_pf *pf,
				       struct devlink_fmsg *fmsg, bool tx)
{
	struct vane_queue_state *queues;
	u16 q;

	queues = kcalloc(pf->vdev.max_queues, sizeof(*queues), GFP_KERNEL);
	if (!queues)
		return -ENOMEM;
	for (q = 0; q < pf->vdev.max_queues; q++) {
		if (tx)
			vane_health_read_queue(pf, &queues[q],
					       VANE_TXQ(q) + VANE_TXQ_STATE,
					       VANE_TXQ(q) + VANE_TXQ_HEAD,
					       VANE_TXQ(q) + VANE_TXQ_TAIL);
		else
			vane_health_read_queue(pf, &queues[q],
					       VANE_RXQ(q) + VANE_RXQ_STATE,
					       VANE_RXQ(q) + VANE_RXQ_HEAD,
					       VANE_RXQ(q) + VANE_RXQ_TAIL);
	}
	vane_health_put_queues(fmsg, queues, pf->vdev.max_queues);
	kfree(queues);
	return 0;
}

static int vane_health_tx_diagnose(struct devlink_health_reporter *reporter,
				   struct devlink_fmsg *fmsg,
				   struct netlink_ext_ack *extack)
{
	return vane_health_diagnose_queues(vane_health_pf(reporter), fmsg,
					   true);
}

static int vane_health_rx_diagnose(struct devlink_health_reporter *reporter,
				   struct devlink_fmsg *fmsg,
				   struct netlink_ext_ack *extack)
{
	return vane_health_diagnose_queues(vane_health_pf(reporter), fmsg,
					   false);
}

static int vane_health_fatal_diagnose(struct devlink_health_reporter *reporter,
				      struct devlink_fmsg *fmsg,
				      struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = vane_health_pf(reporter);

	vane_health_put_register(pf, fmsg, "magic", VANE_REG_MAGIC);
	vane_health_put_register(pf, fmsg, "state", VANE_REG_STATE);
	vane_health_put_register(pf, fmsg, "generation", VANE_REG_GENERATION);
	vane_health_put_register(pf, fmsg, "status", VANE_REG_STATUS);
	vane_health_put_register(pf, fmsg, "pf_ctrl", VANE_REG_PF_CTRL);
	vane_health_put_register(pf, fmsg, "num_vfs", VANE_REG_PF_NUM_VFS);
	devlink_fmsg_bool_pair_put(fmsg, "alive", vane_dev_alive(&pf->vdev));
	devlink_fmsg_bool_pair_put(fmsg, "running", READ_ONCE(pf->running));
	return 0;
}

static int vane_health_fatal_dump(struct devlink_health_reporter *reporter,
				  struct devlink_fmsg *fmsg, void *ctx,
				  struct netlink_ext_ack *extack)
{
	return vane_health_fatal_diagnose(reporter, fmsg, extack);
}

static const struct devlink_health_reporter_ops pf_reporter_ops[] = {
	[VANE_HEALTH_MBOX] = {
		.name = "mailbox",
		.recover = vane_health_pf_recover,
		.dump = vane_health_mbox_dump,
		.diagnose = vane_health_mbox_diagnose,
	},
	[VANE_HEALTH_TX] = {
		.name = "tx",
		.recover = vane_health_pf_recover,
		.dump = vane_health_tx_dump,
		.diagnose = vane_health_tx_diagnose,
	},
	[VANE_HEALTH_RX] = {
		.name = "rx",
		.recover = vane_health_pf_recover,
		.dump = vane_health_rx_dump,
		.diagnose = vane_health_rx_diagnose,
	},
	[VANE_HEALTH_FATAL] = {
		.name = "fatal",
		.recover = vane_health_pf_recover,
		.dump = vane_health_fatal_dump,
		.diagnose = vane_health_fatal_diagnose,
	},
};

static const char * const pf_messages[] = {
	[VANE_HEALTH_MBOX] = "a command was not answered",
	[VANE_HEALTH_TX] = "a transmit queue hung or stopped",
	[VANE_HEALTH_RX] = "a receive queue stopped",
	[VANE_HEALTH_FATAL] = "the device failed, or was reset by something other than its driver",
};

static_assert(ARRAY_SIZE(pf_reporter_ops) == VANE_NUM_HEALTH_REPORTERS);
static_assert(ARRAY_SIZE(pf_messages) == VANE_NUM_HEALTH_REPORTERS);

/* Reporters of VFs
 * ----------------
 */

/* What is known of a VF's errors; of a VF that is gone, nothing */
static bool vane_health_read_vf(struct vane_vf_port *port,
				struct vane_vf_mdd *record, bool *quarantined)
{
	struct vane_pf *pf = port->pf;
	struct vane_vf *vf;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, port->index);
	if (vf) {
		*record = vf->mdd;
		*quarantined = vf->config.quarantined;
	}
	mutex_unlock(&pf->lock);
	return vf;
}

static void vane_health_put_errors(struct devlink_fmsg *fmsg,
				   const struct vane_vf_mdd *record)
{
	u32 error;

	devlink_fmsg_pair_nest_start(fmsg, "errors");
	devlink_fmsg_obj_nest_start(fmsg);
	for (error = 0; error < ARRAY_SIZE(record->errors); error++)
		if (record->errors[error])
			devlink_fmsg_u64_pair_put(fmsg,
						  vane_health_error_name(error),
						  record->errors[error]);
	devlink_fmsg_obj_nest_end(fmsg);
	devlink_fmsg_pair_nest_end(fmsg);
}

static int vane_health_vf_diagnose(struct devlink_health_reporter *reporter,
				   struct devlink_fmsg *fmsg,
				   struct netlink_ext_ack *extack)
{
	struct vane_vf_port *port = devlink_health_reporter_priv(reporter);
	struct vane_vf_mdd record = {};
	bool quarantined = false;
	u64 sum = 0;
	u32 error;

	if (!vane_health_read_vf(port, &record, &quarantined))
		return 0;

	for (error = 0; error < ARRAY_SIZE(record.errors); error++)
		sum += record.errors[error];
	devlink_fmsg_bool_pair_put(fmsg, "quarantined", quarantined);
	devlink_fmsg_u64_pair_put(fmsg, "resets", record.resets);
	devlink_fmsg_u64_pair_put(fmsg, "refused_requests", record.refusals);
	devlink_fmsg_u64_pair_put(fmsg, "queue_errors", sum);
	if (!sum)
		return 0;
	vane_health_put_errors(fmsg, &record);
	devlink_fmsg_string_pair_put(fmsg, "last_error",
				     vane_health_error_name(record.last_error));
	devlink_fmsg_string_pair_put(fmsg, "direction",
				     record.last_queue & VANE_RQ_QUEUE_TX ?
				     "tx" : "rx");
	devlink_fmsg_u32_pair_put(fmsg, "queue",
				  record.last_queue & ~VANE_RQ_QUEUE_TX);
	return 0;
}

/* What the device counts of the violations of a VF */
static const struct {
	enum vane_stat stat;
	const char *name;
} vf_violations[] = {
	{ VANE_STAT_TX_DROP_SPOOF, "tx_drop_spoof" },
	{ VANE_STAT_TX_DROP_VLAN, "tx_drop_vlan" },
	{ VANE_STAT_TX_DROP_OVERSIZE, "tx_drop_oversize" },
	{ VANE_STAT_TX_DROP_MALFORMED, "tx_drop_malformed" },
	{ VANE_STAT_TX_DROP_CONTROL, "tx_drop_control" },
	{ VANE_STAT_MBOX_ERRORS, "mailbox_errors" },
};

static int vane_health_vf_dump(struct devlink_health_reporter *reporter,
			       struct devlink_fmsg *fmsg, void *ctx,
			       struct netlink_ext_ack *extack)
{
	struct vane_vf_port *port = devlink_health_reporter_priv(reporter);
	u64 counters[VANE_STAT_COUNT];
	unsigned int i;
	int err;

	err = vane_health_vf_diagnose(reporter, fmsg, extack);
	if (err)
		return err;
	/* Current state of the VF, whether or not a guest has it */
	if (vane_stats_get(port->pf, port->index, counters))
		return 0;
	for (i = 0; i < ARRAY_SIZE(vf_violations); i++)
		devlink_fmsg_u64_pair_put(fmsg, vf_violations[i].name,
					  counters[vf_violations[i].stat]);
	return 0;
}

/* A report has a context, a request of the administrator has none */
static int vane_health_vf_recover(struct devlink_health_reporter *reporter,
				  void *ctx, struct netlink_ext_ack *extack)
{
	struct vane_vf_port *port = devlink_health_reporter_priv(reporter);
	struct vane_pf *pf = port->pf;
	int err;

	if (ctx)
		return -EAGAIN;
	mutex_lock(&pf->lock);
	err = vane_vf_reset(pf, port->index);
	if (err)
		err = vane_command_explain(pf, extack, err, "reset VF %u",
					   port->index);
	else if (vane_vf_get(pf, port->index))
		err = vane_mdd_release(pf, port->index, extack);
	mutex_unlock(&pf->lock);
	return err;
}

static const struct devlink_health_reporter_ops vf_reporter_ops = {
	.name = "malicious_driver",
	.recover = vane_health_vf_recover,
	.dump = vane_health_vf_dump,
	.diagnose = vane_health_vf_diagnose,
};

/**
 * vane_health_add_vf() - create the reporter of a VF's port
 * @port: port, registered; under the devlink instance lock
 *
 * Context: The PF's device lock and the devlink instance lock held. May sleep.
 * Takes vane_pf.lock.
 * Return: 0 or an errno.
 */
int vane_health_add_vf(struct vane_vf_port *port)
{
	struct devlink_health_reporter *reporter;
	struct vane_vf_mdd record;
	bool quarantined = false;

	reporter = vane_port_health_reporter_create(&port->dl_port,
						    &vf_reporter_ops, port);
	if (IS_ERR(reporter))
		return PTR_ERR(reporter);
	port->reporter = reporter;
	/* devlink recovers only what it was told has failed */
	vane_health_read_vf(port, &record, &quarantined);
	if (quarantined)
		vane_health_report_vf(port->pf, port->index);
	return 0;
}

/**
 * vane_health_del_vf() - undo vane_health_add_vf()
 * @port: port, registered
 *
 * Context: The PF's device lock and the devlink instance lock held. May sleep.
 */
void vane_health_del_vf(struct vane_vf_port *port)
{
	devl_health_reporter_destroy(port->reporter);
}

/* Reporting
 * ---------
 */

static void vane_health_report_vfs(struct vane_pf *pf)
{
	struct vane_vf_port *port;
	unsigned int i;

	for_each_set_bit(i, pf->health.vfs, VANE_MAX_VFS) {
		clear_bit(i, pf->health.vfs);
		if (i >= pf->ports.num_vfs)
			continue;
		port = &pf->ports.vfs[i];
		devlink_health_report(port->reporter,
				      "a queue was stopped by an error of the driver",
				      port);
	}
}

/**
 * vane_health_work() - report to devlink what was noted
 * @work: vane_health.work
 *
 * Context: Work item of vane_pf.wq; may sleep. Takes the PF's device lock if
 * that is free, then the devlink instance lock.
 */
void vane_health_work(struct work_struct *work)
{
	struct vane_pf *pf = container_of(to_delayed_work(work),
					  struct vane_pf, health.work);
	struct device *dev = &pf->vdev.pdev->dev;
	unsigned int i;

	if (!device_trylock(dev)) {
		queue_delayed_work(pf->wq, &pf->health.work,
				   VANE_HEALTH_DELAY);
		return;
	}
	for (i = 0; i < VANE_NUM_HEALTH_REPORTERS; i++)
		if (test_and_clear_bit(i, &pf->health.pending))
			devlink_health_report(pf->health.reporters[i],
					      pf_messages[i], pf);
	if (xchg(&pf->health.recovered, false))
		vane_health_set_healthy(pf);
	vane_health_report_vfs(pf);
	device_unlock(dev);
}

/**
 * vane_health_init() - create the reporters of the PF
 * @pf: the PF
 *
 * Nothing is reported before vane_health_start().
 *
 * Context: The PF's device lock and the devlink instance lock held. May sleep.
 * Return: 0 or an errno.
 */
int vane_health_init(struct vane_pf *pf)
{
	struct devlink_health_reporter *reporter;
	unsigned int i;

	for (i = 0; i < VANE_NUM_HEALTH_REPORTERS; i++) {
		reporter = vane_health_reporter_create(priv_to_devlink(pf),
						       &pf_reporter_ops[i], pf);
		if (IS_ERR(reporter)) {
			vane_health_exit(pf);
			return PTR_ERR(reporter);
		}
		pf->health.reporters[i] = reporter;
	}
	return 0;
}

/**
 * vane_health_exit() - undo vane_health_init(), even if it failed
 * @pf: the PF, under the devlink instance lock
 *
 * Context: The PF's device lock and the devlink instance lock held. May sleep.
 */
void vane_health_exit(struct vane_pf *pf)
{
	unsigned int i;

	for (i = 0; i < VANE_NUM_HEALTH_REPORTERS; i++) {
		if (pf->health.reporters[i])
			devl_health_reporter_destroy(pf->health.reporters[i]);
		pf->health.reporters[i] = NULL;
	}
}

/**
 * vane_health_start() - start reporting
 * @pf: the PF, whose devlink is registered
 *
 * Context: The PF's device lock held.
 */
void vane_health_start(struct vane_pf *pf)
{
	enable_delayed_work(&pf->health.work);
	queue_delayed_work(pf->wq, &pf->health.work, VANE_HEALTH_DELAY);
}

/**
 * vane_health_stop() - stop reporting
 * @pf: the PF, whose devlink is registered still
 *
 * Context: The PF's device lock held, the devlink instance lock not: the work
 * item that this waits for takes it. May sleep.
 */
void vane_health_stop(struct vane_pf *pf)
{
	disable_delayed_work_sync(&pf->health.work);
}
