/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: detection of malicious drivers of VFs; under vane_pf.lock.
 */
#ifndef VANE_PF_MDD_H
#define VANE_PF_MDD_H

#include <linux/types.h>

struct netlink_ext_ack;
struct vane_pf;

/* Bounds of struct vane_mdd */
#define VANE_MDD_MAX_LIMIT		100000
#define VANE_MDD_MAX_WINDOW		86400

/**
 * enum vane_mdd_action - what is done about a VF whose driver errs too often
 * @VANE_MDD_REPORT: no more than about any error: it is reported
 * @VANE_MDD_RESET: the VF is reset
 * @VANE_MDD_QUARANTINE: its link is down until the administrator intervenes
 * @VANE_NUM_MDD_ACTIONS: how many there are
 */
enum vane_mdd_action {
	VANE_MDD_REPORT,
	VANE_MDD_RESET,
	VANE_MDD_QUARANTINE,
	VANE_NUM_MDD_ACTIONS,
};

/**
 * struct vane_mdd - what is done about VFs whose drivers err
 * @action: what is done
 * @limit: after how many errors in a window, 1 to VANE_MDD_MAX_LIMIT
 * @window: length of a window in seconds, 1 to VANE_MDD_MAX_WINDOW
 */
struct vane_mdd {
	enum vane_mdd_action action;
	u32 limit;
	u32 window;
};

const char *vane_mdd_action_name(enum vane_mdd_action action);
int vane_mdd_find_action(const char *name);
void vane_mdd_init(struct vane_pf *pf);
void vane_mdd_note_error(struct vane_pf *pf, u16 index, u16 error, u16 queue);
int vane_mdd_release(struct vane_pf *pf, u16 index,
		     struct netlink_ext_ack *extack);

#endif /* VANE_PF_MDD_H */
