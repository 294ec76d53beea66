// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE mailbox: requests and notices of VFs, served by the PF in turns.
 *
 * What the device passes on is copied out of the receive queue at once, before
 * each turn, so that whose turn it is does not depend on the order in the queue. A
 * VF has at most one request and one notice waiting: it has one request
 * outstanding, unless it was reset, and notices add up.
 */
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "compat.h"
#include "mbox.h"
#include "turns.h"
#include "vane_mbox.h"

static void vane_mbox_serve_copy_request(struct vane_mbox_waiting *waiting,
					 const struct vane_rq_slot *slot,
					 u32 generation, u64 valid)
{
	waiting->has_request = true;
	waiting->generation = generation;
	waiting->len = min_t(u16, FIELD_GET(VANE_SLOT_LEN, valid),
			     sizeof(slot->msg));
	memcpy(&waiting->req, &slot->msg, waiting->len);
}

static void vane_mbox_serve_copy_notice(struct vane_mbox_waiting *waiting,
					const struct vane_rq_slot *slot,
					u32 generation)
{
	u32 notice = le32_to_cpu(slot->notice);

	waiting->has_notice = true;
	waiting->notice |= notice;
	waiting->notice_generation = generation;
	if (notice & VANE_NOTICE_QUEUE_ERROR) {
		waiting->error = le16_to_cpu(slot->error);
		waiting->queue = le16_to_cpu(slot->queue);
	}
}

/* Copy a slot, so that it cannot change any more; false if it must stay for now */
static bool vane_mbox_serve_copy(struct vane_mbox_pf *mbox,
				 const struct vane_rq_slot *slot, u64 valid)
{
	u32 generation = le32_to_cpu(slot->generation);
	u16 vf = le16_to_cpu(slot->vf);
	struct vane_mbox_waiting *waiting;

	if (vf >= VANE_MAX_VFS)
		return true;
	waiting = &mbox->turns->vfs[vf];
	switch (slot->type) {
	case VANE_RQ_REQUEST:
		/* No device passes it on while one waits, but that one has come first */
		if (waiting->has_request && waiting->generation == generation)
			return false;
		vane_mbox_serve_copy_request(waiting, slot, generation, valid);
		break;
	case VANE_RQ_NOTICE:
		vane_mbox_serve_copy_notice(waiting, slot, generation);
		break;
	default:
		return true;
	}
	vane_mbox_turns_add(mbox->turns, vf, jiffies);
	return true;
}

/*
 * Copy what has arrived, and return the slots to the device: all at once, as it may
 * fill those again immediately.
 */
static void vane_mbox_serve_collect(struct vane_mbox_pf *mbox)
{
	struct vane_rq_slot *slots = mbox->rq.slots;
	u16 returned = mbox->rq_head;
	struct vane_rq_slot *slot;
	u64 valid;

	for (;;) {
		slot = &slots[mbox->rq_head & (BIT(mbox->rq.log2) - 1)];
		valid = le64_to_cpu(READ_ONCE(slot->valid));
		if (!vane_mbox_pf_phase_matches(&mbox->rq, mbox->rq_head,
						valid))
			break;
		/* The rest of the slot was written before the phase */
		dma_rmb();
		if (!vane_mbox_serve_copy(mbox, slot, valid))
			break;
		mbox->rq_head++;
	}
	if (mbox->rq_head != returned)
		vane_mbox_pf_wr(mbox, VANE_REG_RQ_DB, mbox->rq_head);
}

/*
 * Whether a message of @generation is of the VF's latest one, which it may begin.
 * The first message of a VF begins one without a reset, as the VF may have
 * continued while the PF had no driver.
 */
static bool vane_mbox_serve_enter_generation(struct vane_mbox_pf *mbox,
					     struct vane_mbox_peer *peer,
					     u16 vf, u32 generation,
					     bool tells_reset)
{
	bool was_reset = peer->generation || tells_reset;

	if (generation == peer->generation)
		return true;
	/* From before a reset that is already known, so nobody waits for it */
	if (peer->generation && (s32)(generation - peer->generation) < 0)
		return false;

	peer->generation = generation;
	WRITE_ONCE(peer->state, VANE_MBOX_PEER_RESET);
	if (was_reset)
		mbox->ops->reset(mbox->ctx, vf);
	return true;
}

static void vane_mbox_serve_notice(struct vane_mbox_pf *mbox,
				   struct vane_mbox_peer *peer, u16 vf,
				   struct vane_mbox_waiting *waiting)
{
	u32 notice = waiting->notice;

	waiting->has_notice = false;
	waiting->notice = 0;
	if (!vane_mbox_serve_enter_generation(mbox, peer, vf,
					      waiting->notice_generation,
					      notice & VANE_NOTICE_RESET))
		return;
	if (notice & VANE_NOTICE_QUEUE_ERROR)
		mbox->ops->queue_error(mbox->ctx, vf, waiting->error,
				       waiting->queue);
}

static void vane_mbox_serve_request(struct vane_mbox_pf *mbox,
				    struct vane_mbox_peer *peer, u16 vf,
				    struct vane_mbox_waiting *waiting)
{
	u16 len;

	waiting->has_request = false;
	if (!vane_mbox_serve_enter_generation(mbox, peer, vf,
					      waiting->generation, false))
		return;
	len = vane_mbox_dispatch(mbox->ops, mbox->ctx, peer, vf,
				 &waiting->req, waiting->len, &mbox->rq_rsp);
	vane_mbox_pf_reply(mbox, vf, waiting->generation, &mbox->rq_rsp, len);
}

static void vane_mbox_serve_turn(struct vane_mbox_pf *mbox, u16 vf)
{
	struct vane_mbox_waiting *waiting = &mbox->turns->vfs[vf];
	struct vane_mbox_peer *peer = mbox->ops->peer(mbox->ctx, vf);

	if (!peer) {
		waiting->has_notice = false;
		waiting->has_request = false;
		waiting->notice = 0;
		return;
	}
	if (waiting->has_notice)
		vane_mbox_serve_notice(mbox, peer, vf, waiting);
	if (waiting->has_request)
		vane_mbox_serve_request(mbox, peer, vf, waiting);
}

/**
 * vane_mbox_pf_serve() - serve requests and notices that have arrived
 * @mbox: the PF's end, started
 * @budget: how many turns to serve
 *
 * To be called on VANE_EVENT_RQ.
 *
 * Context: Process context, one at a time; sleeps if a handler does, over which
 * no lock is held.
 * Return: how many turns were served; if @budget, there may be more.
 */
unsigned int vane_mbox_pf_serve(struct vane_mbox_pf *mbox, unsigned int budget)
{
	unsigned int n;
	u16 vf;

	for (n = 0; n < budget; n++) {
		vane_mbox_serve_collect(mbox);
		if (!vane_mbox_turns_take(mbox->turns, &vf))
			break;
		vane_mbox_serve_turn(mbox, vf);
	}
	return n;
}
EXPORT_SYMBOL_NS_GPL(vane_mbox_pf_serve, VANE_NS);

/**
 * vane_mbox_pf_drain() - serve all that has arrived, and nothing after it
 * @mbox: the PF's end, started; the device holds requests
 *
 * Later notices stay in the device for the next driver, as the receive queue is
 * disabled. Returns after the device has passed on the replies, if it responds.
 *
 * Context: Process context, nobody else serving; sleeps. Takes
 * vane_mbox_pf.sq_lock.
 */
void vane_mbox_pf_drain(struct vane_mbox_pf *mbox)
{
	vane_mbox_pf_wr(mbox, VANE_REG_RQ_CTRL, 0);
	vane_mbox_pf_rd(mbox, VANE_REG_RQ_STATE); /* its last slot is written */
	vane_mbox_pf_serve(mbox, VANE_MAX_VFS + BIT(mbox->rq.log2));
	vane_mbox_pf_settle(mbox);
}
EXPORT_SYMBOL_NS_GPL(vane_mbox_pf_drain, VANE_NS);
