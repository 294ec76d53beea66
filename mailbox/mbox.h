/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VANE mailbox: what the files of the PF's end declare for each other.
 */
#ifndef VANE_MAILBOX_MBOX_H
#define VANE_MAILBOX_MBOX_H

#include <linux/types.h>

#include "vane_mbox.h"

static inline u32 vane_mbox_pf_rd(struct vane_mbox_pf *mbox, u32 reg)
{
	return mbox->io.rd32(mbox->io.ctx, reg);
}

static inline void vane_mbox_pf_wr(struct vane_mbox_pf *mbox, u32 reg, u32 val)
{
	mbox->io.wr32(mbox->io.ctx, reg, val);
}

/* Whether slot @index of a ring, free-running, carries this pass's phase */
static inline bool
vane_mbox_pf_phase_matches(const struct vane_mbox_ring *ring, u16 index,
			   u64 qword)
{
	bool odd_pass = index >> ring->log2 & 1;

	return !!(qword & VANE_SLOT_PHASE) != odd_pass;
}

void vane_mbox_pf_reply(struct vane_mbox_pf *mbox, u16 vf, u32 generation,
			const struct vane_msg *rsp, u16 len);
void vane_mbox_pf_settle(struct vane_mbox_pf *mbox);

#endif /* VANE_MAILBOX_MBOX_H */
