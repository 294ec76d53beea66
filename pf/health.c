// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE PF driver: health, as devlink reports it.
 *
 * Trouble of the PF is noted where it shows, in any context, and cured at once
 * by a reset of the device: VFs depend on it. A work item tells devlink, whose
 * auto_recover therefore finds the device well again, or tries once more if
 * that reset failed. It takes the PF's device lock, under which reporters come
 * and go; but it only tries to, since whoever has that lock may be waiting for
 * this work item to end.
 *
 * Trouble that a VF's driver makes is the VF's alone. Nothing is done to it
 * unless the administrator says so.
 */
#include <linux/bitfield.h>
#include <linux/rtnetlink.h>
#include <net/devlink.h>

#include "pf.h"

/* Reports of one kind are no closer than this */
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

static const char *error_name(u32 error)
{
	return error < ARRAY_SIZE(error_names) ? error_names[error] : "unknown";
}

static struct vane_pf *pf_of(struct devlink_health_reporter *reporter)
{
	return devlink_health_reporter_priv(reporter);
}

/* Noting
 * ------
 */

/**
 * vane_health_note() - something is wrong
 * @pf: the PF
 * @trouble: what it concerns
 *
 * Any context.
 */
void vane_health_note(struct vane_pf *pf, enum vane_trouble trouble)
{
	set_bit(trouble, &pf->health.troubles);
	queue_delayed_work(pf->wq, &pf->health.work, VANE_HEALTH_DELAY);
}

/**
 * vane_health_blame() - say why the device is going to be reset
 * @pf: the PF
 * @trouble: what it concerns; noted after the reset
 *
 * Any context.
 */
void vane_health_blame(struct vane_pf *pf, enum vane_trouble trouble)
{
	set_bit(trouble, &pf->health.blamed);
}

/**
 * vane_health_note_blamed() - note what the device was reset for
 * @pf: the PF
 */
void vane_health_note_blamed(struct vane_pf *pf)
{
	unsigned int i;

	for (i = 0; i < VANE_NUM_TROUBLES; i++)
		if (test_and_clear_bit(i, &pf->health.blamed))
			vane_health_note(pf, i);
}

/**
 * vane_health_restart() - the device is as new, by other means than recovery
 * @pf: the PF
 *
 * Under the devlink instance lock.
 */
void vane_health_restart(struct vane_pf *pf)
{
	unsigned int i;

	WRITE_ONCE(pf->health.blamed, 0);
	WRITE_ONCE(pf->health.troubles, 0);
	for (i = 0; i < VANE_NUM_TROUBLES; i++)
		devlink_health_reporter_state_update(pf->health.reporters[i],
						     DEVLINK_HEALTH_REPORTER_STATE_HEALTHY);
}

/**
 * vane_health_note_vf() - the device stopped a queue of a VF
 * @pf: the PF
 * @index: index of the VF
 * @error: enum vane_error
 * @queue: queue, with VANE_RQ_QUEUE_TX
 *
 * Under vane_pf.lock.
 */
void vane_health_note_vf(struct vane_pf *pf, u16 index, u16 error, u16 queue)
{
	struct vane_vf *vf = &pf->vfs[index];

	lockdep_assert_held(&pf->lock);

	vf->errors++;
	vf->error = error;
	vf->error_queue = queue;
	set_bit(index, pf->health.vfs);
	queue_delayed_work(pf->wq, &pf->health.work, VANE_HEALTH_DELAY);
}

static bool read_queue(struct vane_pf *pf, struct vane_queue_state *queue,
		       u32 state, u32 head, u32 tail)
{
	queue->state = vane_rd32(&pf->vdev, state);
	queue->head = vane_rd32(&pf->vdev, head);
	queue->tail = vane_rd32(&pf->vdev, tail);
	return FIELD_GET(VANE_Q_STATE_ERROR, queue->state);
}

/**
 * vane_health_capture() - look at the queues before a reset clears them
 * @pf: the PF
 *
 * Blames queues which stopped with an error, or all of the device where nothing
 * else is to blame.
 */
void vane_health_capture(struct vane_pf *pf)
{
	struct vane_health *health = &pf->health;
	struct vane_dev *vdev = &pf->vdev;
	bool tx = false, rx = false;
	u16 q;

	mutex_lock(&health->lock);
	health->num_queues = vdev->max_queues;
	for (q = 0; q < health->num_queues; q++) {
		tx |= read_queue(pf, &health->tx[q],
				 VANE_TXQ(q) + VANE_TXQ_STATE,
				 VANE_TXQ(q) + VANE_TXQ_HEAD,
				 VANE_TXQ(q) + VANE_TXQ_TAIL);
		rx |= read_queue(pf, &health->rx[q],
				 VANE_RXQ(q) + VANE_RXQ_STATE,
				 VANE_RXQ(q) + VANE_RXQ_HEAD,
				 VANE_RXQ(q) + VANE_RXQ_TAIL);
	}
	mutex_unlock(&health->lock);

	/* What a dead device says is nothing */
	if (tx && vane_dev_alive(vdev))
		vane_health_blame(pf, VANE_TROUBLE_TX);
	if (rx && vane_dev_alive(vdev))
		vane_health_blame(pf, VANE_TROUBLE_RX);
	if (!health->blamed)
		vane_health_blame(pf, VANE_TROUBLE_FATAL);
}

/* Reporters of the PF
 * -------------------
 */

static int pf_recover(struct devlink_health_reporter *reporter, void *ctx,
		      struct netlink_ext_ack *extack)
{
	int err;

	err = vane_pf_recover(pf_of(reporter));
	if (err)
		NL_SET_ERR_MSG(extack, "The device does not come back");
	return err;
}

static void put_register(struct vane_pf *pf, struct devlink_fmsg *fmsg,
			 const char *name, u32 reg)
{
	devlink_fmsg_u32_pair_put(fmsg, name, vane_rd32(&pf->vdev, reg));
}

static int mbox_diagnose(struct devlink_health_reporter *reporter,
			 struct devlink_fmsg *fmsg,
			 struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = pf_of(reporter);
	struct vane_mbox_pf *mbox = &pf->mbox;
	u16 filled, collected;
	bool running;

	spin_lock_irq(&mbox->sq_lock);
	running = mbox->sq_running;
	filled = mbox->sq_tail;
	collected = mbox->sq_head;
	spin_unlock_irq(&mbox->sq_lock);

	put_register(pf, fmsg, "rq_state", VANE_REG_RQ_STATE);
	put_register(pf, fmsg, "rq_written", VANE_REG_RQ_HEAD);
	devlink_fmsg_u32_pair_put(fmsg, "rq_read", READ_ONCE(mbox->rq_head));
	put_register(pf, fmsg, "sq_state", VANE_REG_SQ_STATE);
	put_register(pf, fmsg, "sq_done", VANE_REG_SQ_HEAD);
	devlink_fmsg_bool_pair_put(fmsg, "sq_running", running);
	devlink_fmsg_u32_pair_put(fmsg, "sq_filled", filled);
	devlink_fmsg_u32_pair_put(fmsg, "sq_collected", collected);
	return 0;
}

static int mbox_dump(struct devlink_health_reporter *reporter,
		     struct devlink_fmsg *fmsg, void *ctx,
		     struct netlink_ext_ack *extack)
{
	return mbox_diagnose(reporter, fmsg, extack);
}

static void put_queues(struct devlink_fmsg *fmsg,
		       const struct vane_queue_state *queues, u16 num_queues)
{
	u16 q;

	devlink_fmsg_arr_pair_nest_start(fmsg, "queues");
	for (q = 0; q < num_queues; q++) {
		/* Those that were never used tell nothing */
		if (!queues[q].state)
			continue;
		devlink_fmsg_obj_nest_start(fmsg);
		devlink_fmsg_u32_pair_put(fmsg, "queue", q);
		devlink_fmsg_bool_pair_put(fmsg, "enabled",
					   queues[q].state &
					   VANE_Q_STATE_ENABLED);
		devlink_fmsg_string_pair_put(fmsg, "error",
					     error_name(FIELD_GET(VANE_Q_STATE_ERROR,
								  queues[q].state)));
		devlink_fmsg_u32_pair_put(fmsg, "head", queues[q].head);
		devlink_fmsg_u32_pair_put(fmsg, "tail", queues[q].tail);
		devlink_fmsg_obj_nest_end(fmsg);
	}
	devlink_fmsg_arr_pair_nest_end(fmsg);
}

static int tx_dump(struct devlink_health_reporter *reporter,
		   struct devlink_fmsg *fmsg, void *ctx,
		   struct netlink_ext_ack *extack)
{
	struct vane_health *health = &pf_of(reporter)->health;

	mutex_lock(&health->lock);
	put_queues(fmsg, health->tx, health->num_queues);
	mutex_unlock(&health->lock);
	return 0;
}

static int rx_dump(struct devlink_health_reporter *reporter,
		   struct devlink_fmsg *fmsg, void *ctx,
		   struct netlink_ext_ack *extack)
{
	struct vane_health *health = &pf_of(reporter)->health;

	mutex_lock(&health->lock);
	put_queues(fmsg, health->rx, health->num_queues);
	mutex_unlock(&health->lock);
	return 0;
}

/* The queues as they stand */
static int diagnose_queues(struct vane_pf *pf, struct devlink_fmsg *fmsg,
			   bool tx)
{
	struct vane_queue_state *queues;
	u16 q;

	queues = kcalloc(pf->vdev.max_queues, sizeof(*queues), GFP_KERNEL);
	if (!queues)
		return -ENOMEM;
	for (q = 0; q < pf->vdev.max_queues; q++) {
		if (tx)
			read_queue(pf, &queues[q], VANE_TXQ(q) + VANE_TXQ_STATE,
				   VANE_TXQ(q) + VANE_TXQ_HEAD,
				   VANE_TXQ(q) + VANE_TXQ_TAIL);
		else
			read_queue(pf, &queues[q], VANE_RXQ(q) + VANE_RXQ_STATE,
				   VANE_RXQ(q) + VANE_RXQ_HEAD,
				   VANE_RXQ(q) + VANE_RXQ_TAIL);
	}
	put_queues(fmsg, queues, pf->vdev.max_queues);
	kfree(queues);
	return 0;
}

static int tx_diagnose(struct devlink_health_reporter *reporter,
		       struct devlink_fmsg *fmsg,
		       struct netlink_ext_ack *extack)
{
	return diagnose_queues(pf_of(reporter), fmsg, true);
}

static int rx_diagnose(struct devlink_health_reporter *reporter,
		       struct devlink_fmsg *fmsg,
		       struct netlink_ext_ack *extack)
{
	return diagnose_queues(pf_of(reporter), fmsg, false);
}

static int fatal_diagnose(struct devlink_health_reporter *reporter,
			  struct devlink_fmsg *fmsg,
			  struct netlink_ext_ack *extack)
{
	struct vane_pf *pf = pf_of(reporter);

	put_register(pf, fmsg, "magic", VANE_REG_MAGIC);
	put_register(pf, fmsg, "state", VANE_REG_STATE);
	put_register(pf, fmsg, "generation", VANE_REG_GENERATION);
	put_register(pf, fmsg, "status", VANE_REG_STATUS);
	put_register(pf, fmsg, "pf_ctrl", VANE_REG_PF_CTRL);
	put_register(pf, fmsg, "num_vfs", VANE_REG_PF_NUM_VFS);
	devlink_fmsg_bool_pair_put(fmsg, "alive", vane_dev_alive(&pf->vdev));
	devlink_fmsg_bool_pair_put(fmsg, "running", READ_ONCE(pf->running));
	return 0;
}

static int fatal_dump(struct devlink_health_reporter *reporter,
		      struct devlink_fmsg *fmsg, void *ctx,
		      struct netlink_ext_ack *extack)
{
	return fatal_diagnose(reporter, fmsg, extack);
}

static const struct devlink_health_reporter_ops pf_reporter_ops[] = {
	[VANE_TROUBLE_MBOX] = {
		.name = "mailbox",
		.recover = pf_recover,
		.dump = mbox_dump,
		.diagnose = mbox_diagnose,
	},
	[VANE_TROUBLE_TX] = {
		.name = "tx",
		.recover = pf_recover,
		.dump = tx_dump,
		.diagnose = tx_diagnose,
	},
	[VANE_TROUBLE_RX] = {
		.name = "rx",
		.recover = pf_recover,
		.dump = rx_dump,
		.diagnose = rx_diagnose,
	},
	[VANE_TROUBLE_FATAL] = {
		.name = "fatal",
		.recover = pf_recover,
		.dump = fatal_dump,
		.diagnose = fatal_diagnose,
	},
};

static const char * const pf_messages[] = {
	[VANE_TROUBLE_MBOX] = "a command was not answered",
	[VANE_TROUBLE_TX] = "a transmit queue hung or stopped",
	[VANE_TROUBLE_RX] = "a receive queue stopped",
	[VANE_TROUBLE_FATAL] = "the device failed or was reset by another",
};

static_assert(ARRAY_SIZE(pf_reporter_ops) == VANE_NUM_TROUBLES);
static_assert(ARRAY_SIZE(pf_messages) == VANE_NUM_TROUBLES);

/* Reporters of VFs
 * ----------------
 */

static int vf_diagnose(struct devlink_health_reporter *reporter,
		       struct devlink_fmsg *fmsg,
		       struct netlink_ext_ack *extack)
{
	struct vane_vf_port *port = devlink_health_reporter_priv(reporter);
	struct vane_pf *pf = port->pf;
	struct vane_vf *vf;
	u64 errors = 0;
	u16 queue = 0;
	u16 error = 0;

	mutex_lock(&pf->lock);
	vf = vane_vf_get(pf, port->index);
	if (vf) {
		errors = vf->errors;
		error = vf->error;
		queue = vf->error_queue;
	}
	mutex_unlock(&pf->lock);

	devlink_fmsg_u64_pair_put(fmsg, "queue_errors", errors);
	if (!errors)
		return 0;
	devlink_fmsg_string_pair_put(fmsg, "last_error", error_name(error));
	devlink_fmsg_string_pair_put(fmsg, "direction",
				     queue & VANE_RQ_QUEUE_TX ? "tx" : "rx");
	devlink_fmsg_u32_pair_put(fmsg, "queue", queue & ~VANE_RQ_QUEUE_TX);
	return 0;
}

static int vf_dump(struct devlink_health_reporter *reporter,
		   struct devlink_fmsg *fmsg, void *ctx,
		   struct netlink_ext_ack *extack)
{
	struct vane_vf_port *port = devlink_health_reporter_priv(reporter);
	u64 counters[VANE_STAT_COUNT];
	int err;

	err = vf_diagnose(reporter, fmsg, extack);
	if (err)
		return err;
	/* Of the VF as it is when somebody looks, guest or not */
	if (vane_stats_get(port->pf, port->index, counters))
		return 0;
	devlink_fmsg_u64_pair_put(fmsg, "tx_drop_spoof",
				  counters[VANE_STAT_TX_DROP_SPOOF]);
	devlink_fmsg_u64_pair_put(fmsg, "tx_drop_malformed",
				  counters[VANE_STAT_TX_DROP_MALFORMED]);
	devlink_fmsg_u64_pair_put(fmsg, "mailbox_errors",
				  counters[VANE_STAT_MBOX_ERRORS]);
	return 0;
}

/* A context comes with the report, none with the administrator's word */
static int vf_recover(struct devlink_health_reporter *reporter, void *ctx,
		      struct netlink_ext_ack *extack)
{
	struct vane_vf_port *port = devlink_health_reporter_priv(reporter);
	const struct vane_cmd_target target = {
		.port = cpu_to_le16(port->index),
	};
	int err;

	if (ctx)
		return -EAGAIN;
	err = vane_pf_command(port->pf, VANE_CMD_VF_RESET, &target,
			      sizeof(target), NULL, 0);
	if (err)
		NL_SET_ERR_MSG(extack, "The device did not reset the VF");
	return err;
}

static const struct devlink_health_reporter_ops vf_reporter_ops = {
	.name = "malicious_driver",
	.recover = vf_recover,
	.dump = vf_dump,
	.diagnose = vf_diagnose,
};

/**
 * vane_health_add_vf() - make the reporter of a VF's port
 * @port: port, registered; under the devlink instance lock
 *
 * Return: 0 or an errno.
 */
int vane_health_add_vf(struct vane_vf_port *port)
{
	struct devlink_health_reporter *reporter;

	reporter = vane_port_health_reporter_create(&port->dl_port,
						    &vf_reporter_ops, port);
	if (IS_ERR(reporter))
		return PTR_ERR(reporter);
	port->reporter = reporter;
	return 0;
}

/**
 * vane_health_del_vf() - undo vane_health_add_vf()
 * @port: port, registered; under the PF's device lock and the devlink instance
 *	lock
 */
void vane_health_del_vf(struct vane_vf_port *port)
{
	devl_health_reporter_destroy(port->reporter);
}

/* Reporting
 * ---------
 */

static void report_vfs(struct vane_pf *pf)
{
	struct vane_vf_port *port;
	unsigned int i;

	for_each_set_bit(i, pf->health.vfs, VANE_MAX_VFS) {
		clear_bit(i, pf->health.vfs);
		if (i >= pf->num_vf_ports)
			continue;
		port = &pf->vf_ports[i];
		devlink_health_report(port->reporter,
				      "a queue was stopped by an error of the driver",
				      port);
	}
}

/**
 * vane_health_work() - tell devlink what was noted
 * @work: vane_health.work
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
	for (i = 0; i < VANE_NUM_TROUBLES; i++)
		if (test_and_clear_bit(i, &pf->health.troubles))
			devlink_health_report(pf->health.reporters[i],
					      pf_messages[i], pf);
	report_vfs(pf);
	device_unlock(dev);
}

/**
 * vane_health_init() - make the reporters of the PF
 * @pf: the PF
 *
 * Nothing is reported before vane_health_start(). Under the devlink instance
 * lock.
 *
 * Return: 0 or an errno.
 */
int vane_health_init(struct vane_pf *pf)
{
	struct devlink_health_reporter *reporter;
	unsigned int i;

	for (i = 0; i < VANE_NUM_TROUBLES; i++) {
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
 * vane_health_exit() - undo vane_health_init(), also half of it
 * @pf: the PF, under the devlink instance lock
 */
void vane_health_exit(struct vane_pf *pf)
{
	unsigned int i;

	for (i = 0; i < VANE_NUM_TROUBLES; i++) {
		if (pf->health.reporters[i])
			devl_health_reporter_destroy(pf->health.reporters[i]);
		pf->health.reporters[i] = NULL;
	}
}

/**
 * vane_health_start() - report from now on
 * @pf: the PF, whose devlink is registered
 */
void vane_health_start(struct vane_pf *pf)
{
	enable_delayed_work(&pf->health.work);
	queue_delayed_work(pf->wq, &pf->health.work, VANE_HEALTH_DELAY);
}

/**
 * vane_health_stop() - report no more
 * @pf: the PF, whose devlink is registered still
 */
void vane_health_stop(struct vane_pf *pf)
{
	disable_delayed_work_sync(&pf->health.work);
}
