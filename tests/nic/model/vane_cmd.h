/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VANE: the PF's commands (vane_cmd.c).
 */
#ifndef HW_NET_VANE_CMD_H
#define HW_NET_VANE_CMD_H

#include "vane_types.h"

/*
 * A handler of a command: @req is the body, of the command's exact length;
 * @rsp is zeroed and takes the answer's body. Returns enum vane_status.
 */
typedef int VaneCmdHandler(VaneDevice *dev, const void *req, void *rsp);

/*
 * Executes the PF's command @msg; the body of its answer takes the
 * place of the command's, @answer is its length. Returns enum vane_status.
 */
int vane_cmd_execute(VaneDevice *dev, struct vane_msg *msg, uint32_t *answer);

#endif /* HW_NET_VANE_CMD_H */
