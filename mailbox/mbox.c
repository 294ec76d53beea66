// SPDX-License-Identifier: GPL-2.0-only
/*
 * VANE mailbox: transport of messages, for both ends.
 *
 * A VF has one request outstanding. The PF has two rings of slots: the device
 * fills the receive queue with requests and notices, and empties the send
 * queue of replies and commands.
 */
#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/string.h>

#include "compat.h"
#include "mbox.h"
#include "turns.h"
#include "vane_mbox.h"

/* The delay if an interrupt is lost, rather than the whole timeout */
#define MBOX_POLL_JIFFIES	msecs_to_jiffies(100)

/*
 * The VF's end
 */

/**
 * vane_mbox_vf_init() - set up the VF's end
 * @mbox: storage of it
 * @io: registers of the VF, copied
 *
 * Context: Process context, before anybody uses @mbox.
 */
void vane_mbox_vf_init(struct vane_mbox_vf *mbox,
		       const struct vane_mbox_io *io)
{
	mbox->io = *io;
	mbox->timeout = VANE_MBOX_REQUEST_TIMEOUT;
	mbox->generation = 0;
	mbox->seq = 0;
	mbox->outstanding = false;
	mutex_init(&mbox->lock);
	init_completion(&mbox->wake);
}
EXPORT_SYMBOL_NS_GPL(vane_mbox_vf_init, VANE_NS);

/**
 * vane_mbox_vf_destroy() - undo vane_mbox_vf_init()
 * @mbox: the VF's end; no request is under way
 *
 * Context: Process context, after the last request has returned.
 */
void vane_mbox_vf_destroy(struct vane_mbox_vf *mbox)
{
	mutex_destroy(&mbox->lock);
}
EXPORT_SYMBOL_NS_GPL(vane_mbox_vf_destroy, VANE_NS);

/**
 * vane_mbox_vf_start() - set the generation of the function
 * @mbox: the VF's end
 * @generation: GENERATION, as read after the owner has reset the function
 *
 * A request that finds another generation fails, so requests need not read it
 * when they start.
 *
 * Context: Any.
 */
void vane_mbox_vf_start(struct vane_mbox_vf *mbox, u32 generation)
{
	WRITE_ONCE(mbox->generation, generation);
}
EXPORT_SYMBOL_NS_GPL(vane_mbox_vf_start, VANE_NS);

/**
 * vane_mbox_vf_event() - make a waiting request check the mailbox again
 * @mbox: the VF's end
 *
 * To be called on VANE_EVENT_MBOX, and wherever a new generation is noticed.
 *
 * Context: Any.
 */
void vane_mbox_vf_event(struct vane_mbox_vf *mbox)
{
	complete(&mbox->wake);
}
EXPORT_SYMBOL_NS_GPL(vane_mbox_vf_event, VANE_NS);

static u32 vane_mbox_vf_rd(struct vane_mbox_vf *mbox, u32 reg)
{
	return mbox->io.rd32(mbox->io.ctx, reg);
}

/*
 * A mailbox that is idle too early has been reset; it gives no other sign of that.
 * Returns @err if there was no reset.
 */
static int vane_mbox_vf_reset_or(struct vane_mbox_vf *mbox, u32 gen, int err)
{
	u32 now = vane_mbox_vf_rd(mbox, VANE_REG_GENERATION);

	if (now == ~0U)
		return -ENODEV;
	return now == gen ? err : -ECONNRESET;
}

/*
 * Sleep until the mailbox has no request outstanding, be it because of a reset.
 * If a request was @just_sent, checking before the first event would be
 * pointless. Returns the state register or an errno.
 */
static int vane_mbox_vf_wait_idle(struct vane_mbox_vf *mbox, bool just_sent)
{
	unsigned long deadline = jiffies + mbox->timeout;
	unsigned long slice = min(mbox->timeout, MBOX_POLL_JIFFIES);
	bool expired;
	u32 state;

	for (;; just_sent = true) {
		if (just_sent)
			wait_for_completion_timeout(&mbox->wake, slice);
		/* Time first: a state that is read after the timeout is final */
		expired = time_after_eq(jiffies, deadline);
		state = vane_mbox_vf_rd(mbox, VANE_REG_MBOX_STATE);
		if (state == ~0U)
			return -ENODEV;
		if (!(state & VANE_MBOX_STATE_BUSY))
			break;
		if (expired)
			return -ETIMEDOUT;
	}
	mbox->outstanding = false;
	return state;
}

/* Both windows are accessed 64 bits at a time, which halves the cost */
static void vane_mbox_vf_write_window(struct vane_mbox_vf *mbox,
				      const struct vane_msg *msg,
				      unsigned int len)
{
	const __le64 *words = (const __le64 *)msg;
	unsigned int i;

	for (i = 0; i < DIV_ROUND_UP(len, 8); i++)
		mbox->io.wr64(mbox->io.ctx, VANE_REG_MBOX_REQ + i * 8,
			      le64_to_cpu(words[i]));
}

static void vane_mbox_vf_read_window(struct vane_mbox_vf *mbox,
				     struct vane_msg *msg, unsigned int from,
				     unsigned int to)
{
	__le64 *words = (__le64 *)msg;
	unsigned int i;

	for (i = from / 8; i < DIV_ROUND_UP(to, 8); i++)
		words[i] = cpu_to_le64(mbox->io.rd64(mbox->io.ctx,
						     VANE_REG_MBOX_RSP + i * 8));
}

/* Read the response window into @rsp, if it answers the last request */
static int vane_mbox_vf_read_reply(struct vane_mbox_vf *mbox,
				   enum vane_mbox_op op, u32 gen, void *rsp,
				   u16 rsp_len)
{
	struct vane_msg msg __aligned(8);
	u16 len;
	int err;

	vane_mbox_vf_read_window(mbox, &msg, 0, sizeof(msg.hdr));
	/* A reset clears the window, and no request has number 0 */
	if (le16_to_cpu(msg.hdr.seq) != mbox->seq ||
	    le16_to_cpu(msg.hdr.op) != op)
		return vane_mbox_vf_reset_or(mbox, gen, -EPROTO);

	err = vane_status_to_errno(le16_to_cpu(msg.hdr.status));
	if (err)
		return err;
	len = le16_to_cpu(msg.hdr.len);
	if (len < rsp_len || len > VANE_MSG_BODY_MAX)
		return -EPROTO;
	if (!rsp_len)
		return 0;

	vane_mbox_vf_read_window(mbox, &msg, sizeof(msg.hdr),
				 sizeof(msg.hdr) + rsp_len);
	/* A reset during the read leaves the contents undefined */
	err = vane_mbox_vf_reset_or(mbox, gen, 0);
	if (!err)
		memcpy(rsp, msg.body, rsp_len);
	return err;
}

/**
 * vane_mbox_request() - send a request to the PF and wait for its reply
 * @mbox: the VF's end
 * @op: opcode
 * @req: body of the request
 * @req_len: bytes of it
 * @rsp: where the body of the reply goes; unchanged on error
 * @rsp_len: bytes of it; the rest of a longer reply is ignored
 *
 * A request that timed out stays outstanding in the device: the next one waits
 * for it to end and drops its reply before it continues.
 *
 * Context: Process context; sleeps. Takes vane_mbox_vf.lock: requests of
 * several threads take turns.
 * Return: 0; what vane_status_to_errno() makes of the PF's answer; -EMSGSIZE
 * for a body that does not fit the window; -ENOTCONN while no PF serves;
 * -ETIMEDOUT; -ECONNRESET if the VF was reset meanwhile; -EPROTO for a reply too
 * short or to something else; -EIO if the device refused it; -ENODEV if it is gone.
 */
int vane_mbox_request(struct vane_mbox_vf *mbox, enum vane_mbox_op op,
		      const void *req, u16 req_len, void *rsp, u16 rsp_len)
{
	u32 gen = READ_ONCE(mbox->generation);
	struct vane_msg msg __aligned(8) = {};
	u32 status;
	int ret;

	if (req_len > VANE_MSG_BODY_MAX || rsp_len > VANE_MSG_BODY_MAX)
		return -EMSGSIZE;

	mutex_lock(&mbox->lock);

	status = vane_mbox_vf_rd(mbox, VANE_REG_STATUS);
	if (status == ~0U) {
		ret = -ENODEV;
		goto unlock;
	}
	if (!(status & VANE_STATUS_PF_READY)) {
		ret = -ENOTCONN;
		goto unlock;
	}
	if (mbox->outstanding) {
		ret = vane_mbox_vf_wait_idle(mbox, false);
		if (ret < 0)
			goto unlock;
	}

	if (!++mbox->seq)
		mbox->seq++;
	msg.hdr.op = cpu_to_le16(op);
	msg.hdr.len = cpu_to_le16(req_len);
	msg.hdr.seq = cpu_to_le16(mbox->seq);
	memcpy(msg.body, req, req_len);
	vane_mbox_vf_write_window(mbox, &msg, sizeof(msg.hdr) + req_len);

	/* An event from before the doorbell cannot be for this request */
	reinit_completion(&mbox->wake);
	mbox->outstanding = true;
	mbox->io.wr32(mbox->io.ctx, VANE_REG_MBOX_DB,
		      sizeof(msg.hdr) + req_len);

	ret = vane_mbox_vf_wait_idle(mbox, true);
	if (ret < 0)
		goto unlock;
	if (FIELD_GET(VANE_MBOX_STATE_ERROR, ret))
		ret = vane_mbox_vf_reset_or(mbox, gen, -EIO);
	else
		ret = vane_mbox_vf_read_reply(mbox, op, gen, rsp, rsp_len);

unlock:
	mutex_unlock(&mbox->lock);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(vane_mbox_request, VANE_NS);

/*
 * The PF's end
 */

/* Low half first, as the write takes effect with the high half */
static void vane_mbox_pf_wr64(struct vane_mbox_pf *mbox, u32 reg, u64 val)
{
	vane_mbox_pf_wr(mbox, reg, lower_32_bits(val));
	vane_mbox_pf_wr(mbox, reg + 4, upper_32_bits(val));
}

static u16 vane_mbox_pf_sq_index(struct vane_mbox_pf *mbox, u16 index)
{
	return index & (BIT(mbox->sq.log2) - 1);
}

static struct vane_sq_slot *vane_mbox_pf_sq_slot(struct vane_mbox_pf *mbox,
						 u16 index)
{
	struct vane_sq_slot *slots = mbox->sq.slots;

	return &slots[vane_mbox_pf_sq_index(mbox, index)];
}

/**
 * vane_mbox_pf_init() - set up the PF's end, stopped
 * @mbox: storage of it
 * @io: registers of the PF, copied
 * @ops: what the owner provides, not copied
 * @ctx: first argument of @ops
 * @rq: memory of the receive queue, VANE_MBOX_RQ_LOG2 or more
 * @sq: memory of the send queue, VANE_MBOX_SQ_LOG2 or less
 * @turns: memory of what waits to be served
 *
 * Context: Process context, before anybody uses @mbox.
 */
void vane_mbox_pf_init(struct vane_mbox_pf *mbox,
		       const struct vane_mbox_io *io,
		       const struct vane_mbox_pf_ops *ops, void *ctx,
		       const struct vane_mbox_ring *rq,
		       const struct vane_mbox_ring *sq,
		       struct vane_mbox_turns *turns)
{
	memset(mbox, 0, sizeof(*mbox));
	mbox->io = *io;
	mbox->ops = ops;
	mbox->ctx = ctx;
	mbox->timeout = VANE_MBOX_COMMAND_TIMEOUT;
	mbox->rq = *rq;
	mbox->sq = *sq;
	mbox->turns = turns;
	vane_mbox_turns_init(turns, jiffies);
	spin_lock_init(&mbox->sq_lock);
}
EXPORT_SYMBOL_NS_GPL(vane_mbox_pf_init, VANE_NS);

/**
 * vane_mbox_pf_start() - enable the queues
 * @mbox: the PF's end, stopped and not serving; the function is enabled
 *
 * Does not set VANE_PF_CTRL_READY: the owner does when it can serve.
 *
 * Context: Any, serialised with vane_mbox_pf_stop() by the owner. Takes
 * vane_mbox_pf.sq_lock.
 * Return: 0, or -EIO if the device refused a queue.
 */
int vane_mbox_pf_start(struct vane_mbox_pf *mbox)
{
	unsigned long flags;

	memset(mbox->rq.slots, 0, sizeof(struct vane_rq_slot) << mbox->rq.log2);
	memset(mbox->sq.slots, 0, sizeof(struct vane_sq_slot) << mbox->sq.log2);
	mbox->rq_head = 0;
	vane_mbox_turns_clear(mbox->turns);

	vane_mbox_pf_wr64(mbox, VANE_REG_RQ_BASE, mbox->rq.dma);
	vane_mbox_pf_wr(mbox, VANE_REG_RQ_SIZE, mbox->rq.log2);
	vane_mbox_pf_wr(mbox, VANE_REG_RQ_CTRL, VANE_Q_CTRL_ENABLE);
	vane_mbox_pf_wr64(mbox, VANE_REG_SQ_BASE, mbox->sq.dma);
	vane_mbox_pf_wr(mbox, VANE_REG_SQ_SIZE, mbox->sq.log2);
	vane_mbox_pf_wr(mbox, VANE_REG_SQ_CTRL, VANE_Q_CTRL_ENABLE);

	if (vane_mbox_pf_rd(mbox, VANE_REG_RQ_STATE) != VANE_Q_STATE_ENABLED ||
	    vane_mbox_pf_rd(mbox, VANE_REG_SQ_STATE) != VANE_Q_STATE_ENABLED) {
		vane_mbox_pf_wr(mbox, VANE_REG_SQ_CTRL, 0);
		vane_mbox_pf_wr(mbox, VANE_REG_RQ_CTRL, 0);
		return -EIO;
	}

	spin_lock_irqsave(&mbox->sq_lock, flags);
	mbox->sq_head = 0;
	mbox->sq_tail = 0;
	mbox->sq_announced = 0;
	mbox->sq_stuck = false;
	mbox->sq_running = true;
	spin_unlock_irqrestore(&mbox->sq_lock, flags);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vane_mbox_pf_start, VANE_NS);

/* One command of @entry's batch has ended. The caller clears the entry. */
static void vane_mbox_pf_end_command(struct vane_mbox_pf *mbox,
				     struct vane_mbox_inflight *entry, int err)
{
	struct vane_mbox_batch *batch = entry->batch;

	lockdep_assert_held(&mbox->sq_lock);

	if (err && !batch->err)
		batch->err = err;
	if (!--batch->pending)
		complete(&batch->done);
}

/* Detach the commands of @batch, or of all batches if NULL, from their waiters */
static void vane_mbox_pf_abandon(struct vane_mbox_pf *mbox,
				 struct vane_mbox_batch *batch, int err)
{
	struct vane_mbox_inflight *entry;
	u16 i;

	lockdep_assert_held(&mbox->sq_lock);

	for (i = mbox->sq_head; i != mbox->sq_tail; i++) {
		entry = &mbox->inflight[vane_mbox_pf_sq_index(mbox, i)];
		if (!entry->batch || (batch && entry->batch != batch))
			continue;
		vane_mbox_pf_end_command(mbox, entry, err);
		entry->batch = NULL;
	}
}

/**
 * vane_mbox_pf_stop() - disable the queues
 * @mbox: the PF's end
 *
 * Commands in flight and later ones fail with -ESHUTDOWN, including those of a
 * running vane_mbox_pf_serve(): the owner must make sure that it has returned
 * before the next start. When this returns, the device no longer uses the memory.
 *
 * Context: Any, serialised with vane_mbox_pf_start() by the owner. Takes
 * vane_mbox_pf.sq_lock.
 */
void vane_mbox_pf_stop(struct vane_mbox_pf *mbox)
{
	unsigned long flags;

	spin_lock_irqsave(&mbox->sq_lock, flags);
	mbox->sq_running = false;
	vane_mbox_pf_abandon(mbox, NULL, -ESHUTDOWN);
	spin_unlock_irqrestore(&mbox->sq_lock, flags);

	vane_mbox_pf_wr(mbox, VANE_REG_SQ_CTRL, 0);
	vane_mbox_pf_wr(mbox, VANE_REG_RQ_CTRL, 0);
	/* The read returns after the device has seen both writes */
	vane_mbox_pf_rd(mbox, VANE_REG_RQ_STATE);
}
EXPORT_SYMBOL_NS_GPL(vane_mbox_pf_stop, VANE_NS);

/* Result of the command in a slot that the device is done with */
static int vane_mbox_pf_take_response(const struct vane_sq_slot *slot, u64 done,
				      const struct vane_mbox_inflight *entry)
{
	int err = vane_status_to_errno(FIELD_GET(VANE_SLOT_STATUS, done));

	if (err)
		return err;
	if (!entry->rsp)
		return 0;
	if (FIELD_GET(VANE_SLOT_LEN, done) < entry->rsp_len)
		return -EPROTO;

	memcpy(entry->rsp, slot->msg.body, entry->rsp_len);
	return 0;
}

/* Reclaim the slots that the device is done with */
static void vane_mbox_pf_reap(struct vane_mbox_pf *mbox)
{
	struct vane_mbox_inflight *entry;
	struct vane_sq_slot *slot;
	u64 done;
	int err;

	lockdep_assert_held(&mbox->sq_lock);

	while (mbox->sq_head != mbox->sq_tail) {
		slot = vane_mbox_pf_sq_slot(mbox, mbox->sq_head);
		done = le64_to_cpu(READ_ONCE(slot->done));
		if (!vane_mbox_pf_phase_matches(&mbox->sq, mbox->sq_head, done))
			return;
		/* The answer was written before the phase */
		dma_rmb();

		entry = mbox->inflight + vane_mbox_pf_sq_index(mbox, mbox->sq_head);
		if (entry->batch) {
			err = vane_mbox_pf_take_response(slot, done, entry);
			vane_mbox_pf_end_command(mbox, entry, err);
		}
		entry->batch = NULL;
		mbox->sq_head++;
		mbox->sq_stuck = false;
	}
}

/*
 * What a waiter watches: whether the device completes a command, its own or
 * another's, within mbox->timeout.
 */
struct vane_mbox_watch {
	u16 head;
	unsigned long deadline;
};

/* Reclaim slots; true if the device is stuck, as all waiters notice from then on */
static bool vane_mbox_pf_reap_or_stick(struct vane_mbox_pf *mbox,
				       struct vane_mbox_watch *watch)
{
	/* Time first: a slot that is read after the timeout is final */
	bool expired = time_after_eq(jiffies, watch->deadline);

	vane_mbox_pf_reap(mbox);
	if (mbox->sq_head != watch->head) {
		watch->head = mbox->sq_head;
		watch->deadline = jiffies + mbox->timeout;
	} else if (expired) {
		mbox->sq_stuck = mbox->sq_head != mbox->sq_tail;
	}
	return mbox->sq_stuck;
}

static void vane_mbox_pf_ring_doorbell(struct vane_mbox_pf *mbox)
{
	lockdep_assert_held(&mbox->sq_lock);

	/* Slots that were filled before a stop are never sent */
	if (!mbox->sq_running || mbox->sq_announced == mbox->sq_tail)
		return;
	/* The slots must be visible before the index that passes them on */
	dma_wmb();
	vane_mbox_pf_wr(mbox, VANE_REG_SQ_DB, mbox->sq_tail);
	mbox->sq_announced = mbox->sq_tail;
}

/**
 * vane_mbox_pf_sq_event() - complete commands, and wake their waiters
 * @mbox: the PF's end
 *
 * To be called on VANE_EVENT_SQ.
 *
 * Context: Any. Takes vane_mbox_pf.sq_lock.
 */
void vane_mbox_pf_sq_event(struct vane_mbox_pf *mbox)
{
	unsigned long flags;

	spin_lock_irqsave(&mbox->sq_lock, flags);
	vane_mbox_pf_reap(mbox);
	spin_unlock_irqrestore(&mbox->sq_lock, flags);
}
EXPORT_SYMBOL_NS_GPL(vane_mbox_pf_sq_event, VANE_NS);

/*
 * Fill the next slot with @slot. -EAGAIN if the ring is full, -ETIMEDOUT if it is
 * stuck: each command would only wait for as long again, maybe under rtnl, which the
 * reset of the device needs.
 */
static int vane_mbox_pf_try_post(struct vane_mbox_pf *mbox,
				 const struct vane_sq_slot *slot,
				 unsigned int len,
				 const struct vane_mbox_inflight *entry,
				 struct vane_mbox_watch *watch)
{
	struct vane_sq_slot *dst;
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&mbox->sq_lock, flags);
	if (!mbox->sq_running) {
		err = -ESHUTDOWN;
		goto unlock;
	}
	if (vane_mbox_pf_reap_or_stick(mbox, watch)) {
		err = -ETIMEDOUT;
		goto unlock;
	}
	if ((u16)(mbox->sq_tail - mbox->sq_head) >> mbox->sq.log2) {
		vane_mbox_pf_ring_doorbell(mbox);
		err = -EAGAIN;
		goto unlock;
	}

	/* Except @done, whose old phase means that the slot is not done */
	dst = vane_mbox_pf_sq_slot(mbox, mbox->sq_tail);
	memcpy(dst, slot, offsetof(struct vane_sq_slot, done));
	memcpy(&dst->msg, &slot->msg, len);
	mbox->inflight[vane_mbox_pf_sq_index(mbox, mbox->sq_tail)] = *entry;
	mbox->sq_tail++;
	if (entry->batch)
		entry->batch->pending++;
	else
		vane_mbox_pf_ring_doorbell(mbox);
unlock:
	spin_unlock_irqrestore(&mbox->sq_lock, flags);
	return err;
}

/*
 * Fill the next slot with @slot, of whose message @len bytes are valid. The device
 * never waits, so a full ring has room again within a moment.
 */
static int vane_mbox_pf_post(struct vane_mbox_pf *mbox,
			     const struct vane_sq_slot *slot, unsigned int len,
			     const struct vane_mbox_inflight *entry)
{
	struct vane_mbox_watch watch = { .deadline = jiffies + mbox->timeout };
	int err;

	for (;;) {
		err = vane_mbox_pf_try_post(mbox, slot, len, entry, &watch);
		if (err != -EAGAIN)
			return err;
		usleep_range(50, 200);
	}
}

/**
 * vane_mbox_batch_begin() - open a batch of commands
 * @batch: storage of it, on the caller's stack
 * @mbox: the PF's end
 *
 * Context: Any.
 */
void vane_mbox_batch_begin(struct vane_mbox_batch *batch,
			   struct vane_mbox_pf *mbox)
{
	batch->mbox = mbox;
	batch->pending = 0;
	batch->err = 0;
	init_completion(&batch->done);
}
EXPORT_SYMBOL_NS_GPL(vane_mbox_batch_begin, VANE_NS);

/**
 * vane_mbox_batch_add() - post a command
 * @batch: batch that it belongs to
 * @op: the command
 * @req: body of it, copied
 * @req_len: bytes of it
 * @rsp: where the answer's body goes, or NULL; stays until the batch ends
 * @rsp_len: bytes that the answer must have, at least, if @rsp is given
 *
 * The device executes commands in the order in which they were added. An error is
 * kept and returned by vane_mbox_batch_end().
 *
 * Context: Process context; sleeps while the ring is full. Takes
 * vane_mbox_pf.sq_lock.
 */
void vane_mbox_batch_add(struct vane_mbox_batch *batch, enum vane_cmd_op op,
			 const void *req, u16 req_len, void *rsp, u16 rsp_len)
{
	const struct vane_mbox_inflight entry = {
		.batch = batch,
		.rsp = rsp,
		.rsp_len = rsp_len,
	};
	struct vane_mbox_pf *mbox = batch->mbox;
	struct vane_sq_slot slot = {
		.type = VANE_SQ_COMMAND,
		.flags = VANE_SQ_IRQ,
		.msg.hdr.op = cpu_to_le16(op),
		.msg.hdr.len = cpu_to_le16(req_len),
	};
	unsigned long flags;
	int err = -EMSGSIZE;

	if (req_len <= VANE_MSG_BODY_MAX) {
		memcpy(slot.msg.body, req, req_len);
		err = vane_mbox_pf_post(mbox, &slot,
					sizeof(slot.msg.hdr) + req_len, &entry);
	}
	if (!err)
		return;

	spin_lock_irqsave(&mbox->sq_lock, flags);
	if (!batch->err)
		batch->err = err;
	spin_unlock_irqrestore(&mbox->sq_lock, flags);
}
EXPORT_SYMBOL_NS_GPL(vane_mbox_batch_add, VANE_NS);

/**
 * vane_mbox_batch_end() - wait for the commands of a batch
 * @batch: the batch
 *
 * Gives up if the device completes no command, of this batch or another, for the
 * mailbox's timeout, or has not done so for another waiter.
 *
 * Context: Process context; sleeps. Takes vane_mbox_pf.sq_lock.
 * Return: 0, or the first error: what vane_status_to_errno() makes of the
 * device's answer; -EPROTO for an answer that is too short; -ETIMEDOUT;
 * -ESHUTDOWN if the mailbox is stopped; -EMSGSIZE for a body that is too long.
 */
int vane_mbox_batch_end(struct vane_mbox_batch *batch)
{
	struct vane_mbox_pf *mbox = batch->mbox;
	struct vane_mbox_watch watch = { .deadline = jiffies + mbox->timeout };
	unsigned long slice = min(mbox->timeout, MBOX_POLL_JIFFIES);
	unsigned long flags;
	bool stuck;

	spin_lock_irqsave(&mbox->sq_lock, flags);
	vane_mbox_pf_ring_doorbell(mbox);
	for (;;) {
		stuck = vane_mbox_pf_reap_or_stick(mbox, &watch);
		if (!batch->pending)
			break;
		if (stuck) {
			vane_mbox_pf_abandon(mbox, batch, -ETIMEDOUT);
			break;
		}
		spin_unlock_irqrestore(&mbox->sq_lock, flags);
		wait_for_completion_timeout(&batch->done, slice);
		spin_lock_irqsave(&mbox->sq_lock, flags);
	}
	spin_unlock_irqrestore(&mbox->sq_lock, flags);
	return batch->err;
}
EXPORT_SYMBOL_NS_GPL(vane_mbox_batch_end, VANE_NS);

/**
 * vane_mbox_command() - send a command to the device and wait for its answer
 * @mbox: the PF's end
 * @op: the command
 * @req: body of it
 * @req_len: bytes of it
 * @rsp: where the answer's body goes, or NULL; unchanged on error
 * @rsp_len: bytes that the answer must have, at least, if @rsp is given
 *
 * Context: Process context; sleeps. Takes vane_mbox_pf.sq_lock.
 * Return: as vane_mbox_batch_end().
 */
int vane_mbox_command(struct vane_mbox_pf *mbox, enum vane_cmd_op op,
		      const void *req, u16 req_len, void *rsp, u16 rsp_len)
{
	struct vane_mbox_batch batch;

	vane_mbox_batch_begin(&batch, mbox);
	vane_mbox_batch_add(&batch, op, req, req_len, rsp, rsp_len);
	return vane_mbox_batch_end(&batch);
}
EXPORT_SYMBOL_NS_GPL(vane_mbox_command, VANE_NS);

/**
 * vane_mbox_pf_reply() - answer a request
 * @mbox: the PF's end
 * @vf: the VF that sent it
 * @generation: its generation
 * @rsp: the reply, copied
 * @len: bytes of it, header included
 *
 * Context: Process context; sleeps while the ring is full. Takes
 * vane_mbox_pf.sq_lock.
 */
void vane_mbox_pf_reply(struct vane_mbox_pf *mbox, u16 vf, u32 generation,
			const struct vane_msg *rsp, u16 len)
{
	static const struct vane_mbox_inflight nobody;
	struct vane_sq_slot slot = {
		.vf = cpu_to_le16(vf),
		.type = VANE_SQ_REPLY,
		.generation = cpu_to_le32(generation),
	};

	memcpy(&slot.msg, rsp, len);
	vane_mbox_pf_post(mbox, &slot, len, &nobody);
}

/**
 * vane_mbox_pf_settle() - wait until the device has done all slots
 * @mbox: the PF's end
 *
 * Gives up if it does not respond.
 *
 * Context: Process context; sleeps. Takes vane_mbox_pf.sq_lock.
 */
void vane_mbox_pf_settle(struct vane_mbox_pf *mbox)
{
	struct vane_mbox_watch watch = { .deadline = jiffies + mbox->timeout };
	bool done;

	do {
		usleep_range(50, 200);
		spin_lock_irq(&mbox->sq_lock);
		done = vane_mbox_pf_reap_or_stick(mbox, &watch) ||
		       mbox->sq_head == mbox->sq_tail;
		spin_unlock_irq(&mbox->sq_lock);
	} while (!done);
}

MODULE_DESCRIPTION("VANE SR-IOV Ethernet: mailbox between VFs, PF and device");
MODULE_AUTHOR("The VANE project");
MODULE_LICENSE("GPL");
