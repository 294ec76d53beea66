/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: health, as devlink reports it.
 */
#ifndef VANE_PF_HEALTH_H
#define VANE_PF_HEALTH_H

#include <linux/bitmap.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <net/devlink.h>

#include "vane_hw.h"
#include "vf.h"

struct vane_pf;

/* How often the driver checks that the device is still present */
#define VANE_HEALTH_WATCH_PERIOD	HZ

/**
 * enum vane_health_reporter - what may be wrong with the PF
 * @VANE_HEALTH_MBOX: the device does not respond to a command
 * @VANE_HEALTH_TX: a transmit queue hangs or was stopped
 * @VANE_HEALTH_RX: a receive queue was stopped
 * @VANE_HEALTH_FATAL: the whole device
 * @VANE_NUM_HEALTH_REPORTERS: how many there are
 */
enum vane_health_reporter {
	VANE_HEALTH_MBOX,
	VANE_HEALTH_TX,
	VANE_HEALTH_RX,
	VANE_HEALTH_FATAL,
	VANE_NUM_HEALTH_REPORTERS,
};

/**
 * struct vane_queue_state - registers of a queue
 * @state: STATE
 * @head: HEAD
 * @tail: TAIL
 */
struct vane_queue_state {
	u32 state;
	u32 head;
	u32 tail;
};

/**
 * struct vane_health - errors that have not been reported to devlink yet
 * @work: reports them; enabled while devlink is registered
 * @reporters: by enum vane_health_reporter
 * @pending: enum vane_health_reporter still to be reported, as bits
 * @recovered: the device came back after a reset that had failed
 * @vfs: VFs that had a queue stopped
 * @watch_work: checks the device periodically
 * @not_responding: it did not answer the last time that @watch_work read it
 * @lock: guards the rest
 * @num_queues: entries in use of @tx and @rx
 * @tx: transmit queues before the last reset
 * @rx: receive queues, likewise
 */
struct vane_health {
	struct delayed_work work;
	struct devlink_health_reporter *reporters[VANE_NUM_HEALTH_REPORTERS];
	unsigned long pending;
	bool recovered;
	DECLARE_BITMAP(vfs, VANE_MAX_VFS);
	struct delayed_work watch_work;
	bool not_responding;
	struct mutex lock;	/* guards what follows */
	u16 num_queues;
	struct vane_queue_state tx[VANE_MAX_QUEUES_PF];
	struct vane_queue_state rx[VANE_MAX_QUEUES_PF];
};

void vane_health_restart(struct vane_pf *pf);
void vane_health_report_vf(struct vane_pf *pf, u16 index);
void vane_health_reset_work(struct work_struct *work);
void vane_health_watch_work(struct work_struct *work);
int vane_health_add_vf(struct vane_vf_port *port);
void vane_health_del_vf(struct vane_vf_port *port);
void vane_health_work(struct work_struct *work);
int vane_health_init(struct vane_pf *pf);
void vane_health_exit(struct vane_pf *pf);
void vane_health_start(struct vane_pf *pf);
void vane_health_stop(struct vane_pf *pf);

#endif /* VANE_PF_HEALTH_H */
