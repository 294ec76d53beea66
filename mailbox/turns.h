/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE mailbox: whose message the PF serves next.
 */
#ifndef VANE_MAILBOX_TURNS_H
#define VANE_MAILBOX_TURNS_H

#include <linux/types.h>

struct vane_mbox_turns;

void vane_mbox_turns_init(struct vane_mbox_turns *turns, unsigned long now);
void vane_mbox_turns_clear(struct vane_mbox_turns *turns);
void vane_mbox_turns_add(struct vane_mbox_turns *turns, u16 vf,
			 unsigned long now);
bool vane_mbox_turns_take(struct vane_mbox_turns *turns, u16 *vf);

#endif /* VANE_MAILBOX_TURNS_H */
