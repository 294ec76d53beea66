/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE core: what is said of a device that does not behave.
 */
#ifndef VANE_REG_H
#define VANE_REG_H

#include <linux/types.h>

struct vane_dev;

void vane_queue_broken(struct vane_dev *vdev, const char *kind, u16 q);

#endif /* VANE_REG_H */
