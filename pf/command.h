/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE PF driver: commands to the device; under vane_pf.lock, unless the command
 * only reads.
 */
#ifndef VANE_PF_COMMAND_H
#define VANE_PF_COMMAND_H

#include <linux/netlink.h>

#include "vane_mbox.h"

struct vane_pf;

int vane_command(struct vane_pf *pf, enum vane_cmd_op op, const void *req,
		 u16 req_len, void *rsp, u16 rsp_len);
int vane_command_batch_end(struct vane_pf *pf, struct vane_mbox_batch *batch);
__printf(4, 5)
int vane_command_explain(struct vane_pf *pf, struct netlink_ext_ack *extack,
			 int err, const char *fmt, ...);
__printf(3, 4)
int vane_command_tell(struct vane_pf *pf, int err, const char *fmt, ...);

/**
 * vane_command_is_lost() - whether a command did not reach the device
 * @err: its errno
 *
 * Context: Any.
 * Return: true if so; the device is or will be reset, and then configured anew.
 */
static inline bool vane_command_is_lost(int err)
{
	return err == -ENODEV || err == -ESHUTDOWN || err == -ETIMEDOUT;
}

#endif /* VANE_PF_COMMAND_H */
